/*
 * entry_memory.c - memory for an entry in the making.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "utils/memutils.h"

#include "pg/append/entry_memory.h"

/* The piece that is not in use; to allocate 300 kB anew for each entry would take longer than to hash it. */
static qfs_entry_memory *spare = NULL;

qfs_entry_memory *
qfs_entry_memory_take(void)
{
	qfs_entry_memory *memory = spare;

	spare = NULL;
	return memory != NULL ? memory : MemoryContextAlloc(TopMemoryContext, sizeof(*memory));
}

void
qfs_entry_memory_give(qfs_entry_memory *memory)
{
	if (spare == NULL)
		spare = memory;
	else
		pfree(memory);
}
