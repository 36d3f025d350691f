/*
 * allocator.c - memory for core, out of a memory context.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "utils/memutils.h"

#include "pg/base/allocator.h"

static void *
allocate(void *context, size_t size)
{
	return MemoryContextAllocExtended(context, size, MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
}

static void
release(void *context, void *memory)
{
	pfree(memory);
}

qfs_allocator
qfs_allocator_in(MemoryContext context)
{
	return (qfs_allocator) {allocate, release, context};
}
