/*
 * memory.h - an allocator that counts, and that fails when it is told to.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef UNIT_MEMORY_H
#define UNIT_MEMORY_H

#include "state/store_memory.h"

typedef struct test_memory
{
	unsigned	calls;			/* of allocate */
	unsigned	live;			/* allocated and not released yet */
	unsigned	fail_at;		/* the call that gets nothing, from 1; 0 = none */
	bool		for_good;		/* and every call after it */
	unsigned	failures;
} test_memory;

/* All zeros is an allocator that never fails. */
extern qfs_allocator test_allocator(test_memory *memory);

#endif
