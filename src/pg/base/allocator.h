/*
 * allocator.h - memory for core, out of a memory context.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_PG_ALLOCATOR_H
#define QFS_PG_ALLOCATOR_H

#include "utils/palloc.h"

#include "state/store_memory.h"

/* Gives pieces of any size, and none where there is no memory: core says so itself. */
extern qfs_allocator qfs_allocator_in(MemoryContext context);

#endif
