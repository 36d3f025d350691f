/*
 * own_row.h - one row of a table of qfs's that is not state, by its key.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The one way in which they are written while the ledger is open: triggers
 * refuse every other.
 */
#ifndef QFS_OWN_ROW_H
#define QFS_OWN_ROW_H

#include "pg/base/compat.h"

#include "access/htup.h"
#include "utils/rel.h"

#define OWN_ROW_COLUMNS 10

typedef struct OwnRow
{
	Relation	rel;
	bool		exists;
	ItemPointerData place;		/* of one that exists */
	Datum		values[OWN_ROW_COLUMNS];	/* as they are, or null but for the key; the caller changes them */
	bool		nulls[OWN_ROW_COLUMNS];
} OwnRow;

/*
 * Opens table qfs.<table>, locks the key against other writers until the
 * transaction ends, and reads the row as it is now, whatever the snapshot.
 * keys: of the primary key, whose columns are the table's first
 * Errors: STATE_MISMATCH if the table has other columns than it should.
 */
extern void qfs_own_row_lock(OwnRow *row, const char *table, int columns, int key_count, const Datum *keys);

/* What a column, counted from 0, has that admits no null.  Errors: STATE_MISMATCH. */
extern Datum qfs_own_row_value(const OwnRow *row, int column);

/* Gives a column a value. */
static inline void
qfs_own_row_set(OwnRow *row, int column, Datum value)
{
	row->values[column] = value;
	row->nulls[column] = false;
}

/* Writes the row's values, and closes the table. */
extern void qfs_own_row_put(OwnRow *row);

/* Closes the table, and leaves the row as it is. */
extern void qfs_own_row_leave(OwnRow *row);

#endif
