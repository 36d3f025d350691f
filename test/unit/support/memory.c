/*
 * memory.c - an allocator that counts, and that fails when it is told to.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "support/memory.h"

#include <stdlib.h>
#include <string.h>

static void *
allocate(void *context, size_t size)
{
	test_memory *m = context;
	void	   *memory;

	m->calls++;
	if (m->fail_at != 0 && (m->calls == m->fail_at || (m->for_good && m->calls > m->fail_at)))
	{
		m->failures++;
		return NULL;
	}
	memory = malloc(size);
	if (memory == NULL)
		abort();
	/* Whoever reads what was never written gets what looks wrong. */
	memset(memory, 0xA5, size);
	m->live++;
	return memory;
}

static void
release(void *context, void *memory)
{
	((test_memory *) context)->live--;
	free(memory);
}

qfs_allocator
test_allocator(test_memory *memory)
{
	return (qfs_allocator) {allocate, release, memory};
}
