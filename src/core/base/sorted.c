/*
 * sorted.c - rows that are kept in ascending order, each once.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "base/sorted.h"

#include <string.h>

#include "base/assert.h"

size_t
qfs_sorted_place(const void *rows, size_t count, size_t size, const void *row, qfs_row_order order, bool *found)
{
	const uint8_t *at = rows;
	size_t		place = count;

	while (place > 0 && order(at + (place - 1) * size, row) >= 0)
		place--;
	*found = place < count && order(at + place * size, row) == 0;
	return place;
}

void
qfs_sorted_insert(void *rows, size_t count, size_t size, size_t place, const void *row)
{
	uint8_t    *at = (uint8_t *) rows + place * size;

	QFS_ASSERT(place <= count);
	memmove(at + size, at, (count - place) * size);
	memcpy(at, row, size);
}
