/*
 * sorted.h - rows that are kept in ascending order, each once.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_SORTED_H
#define QFS_SORTED_H

#include "base/types.h"

/* Below, at or above 0, as memcmp. */
typedef int (*qfs_row_order) (const void *a, const void *b);

/*
 * Where a row is, or belongs, among count rows of size bytes; *found says which.
 * Looks from the end, where most belong.
 */
extern size_t qfs_sorted_place(const void *rows, size_t count, size_t size, const void *row, qfs_row_order order,
							   bool *found);

/* Puts a row into its place; there is room for one more. */
extern void qfs_sorted_insert(void *rows, size_t count, size_t size, size_t place, const void *row);

#endif
