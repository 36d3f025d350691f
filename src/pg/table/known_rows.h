/*
 * known_rows.h - what a backend remembers of its tables.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Which table a kind has, until something happens to a table; records of rare
 * kinds, as long; all other records as long as the chain lock is held, because
 * then nobody else can change them.
 */
#ifndef QFS_KNOWN_ROWS_H
#define QFS_KNOWN_ROWS_H

#include "pg/base/compat.h"

#include "storage/itemptr.h"
#include "utils/relcache.h"

#include "state/store.h"

/* A row that was looked up or written. */
typedef struct KnownRow
{
	bool		exists;
	ItemPointerData place;		/* of one that exists */
	void	   *record;			/* of one that doesn't, the key counts */
	bool		whole;			/* and of one that does, all of it but what points elsewhere */
} KnownRow;

/*
 * Counts, from 1, how often something may have happened to a table: whoever
 * remembers what rests on rare records, or which table it was, compares.
 */
extern uint64 qfs_table_changes(void);

/* Is it qfs.ledger?  Errors: as qfs_table_oid. */
extern bool qfs_ledger_is(Relation rel);

/* The table of a kind. */
extern Oid	qfs_known_table(const qfs_kind *kind);

/* The row with the record's key, or NULL: then it has to be looked up. */
extern const KnownRow *qfs_known_row(const qfs_kind *kind, const void *record);

/* place: NULL if there is no such row */
extern void qfs_know_row(const qfs_kind *kind, const void *record, ItemPointer place);

/* Rows of a kind may have changed. */
extern void qfs_forget_rows(const qfs_kind *kind);

/* Those of kinds that are not rare: is the chain lock held?  Either way, begins with none. */
extern void qfs_know_rows(bool locked);

/* To be called once, when the library is loaded. */
extern void qfs_known_rows_register_callbacks(void);

#endif
