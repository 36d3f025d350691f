/*
 * store_table.h - records in the state tables of schema qfs.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_STORE_TABLE_H
#define QFS_STORE_TABLE_H

#include "engine/reduce.h"
#include "state/store.h"

/*
 * The store of the trigger.  Reads see what this transaction wrote and what
 * others committed, whatever its snapshot: the chain lock makes that exact.
 */
extern qfs_store *qfs_table_store(void);

/* The same tables as the active snapshot sees them, without a lock of anybody's; put fails. */
extern qfs_store *qfs_snapshot_store(void);

/*
 * Makes a reducer over that store, which lasts as long as the backend.  It
 * remembers records of rare kinds until a cache invalidation says that one may
 * have changed: every put of such a record sends one.
 */
extern void qfs_table_reducer_init(qfs_reducer *reducer);

/*
 * A reducer over that store, for looking and not for appending, with ledger and
 * policy as they are now.  The backend has one, which remembers the policy that
 * it has parsed.  `open` is false where the ledger is not.
 */
extern qfs_reducer *qfs_table_reducer(void);

/* Do the state tables know of a genesis?  They do unless they were lost in a dump. */
extern bool qfs_ledger_has_state(void);

/* Calls back for every record of a kind that the current snapshot sees. */
typedef void (*qfs_record_visitor) (void *context, const qfs_kind *kind, const void *record);
extern void qfs_table_store_visit(const qfs_kind *kind, qfs_record_visitor visit, void *context);

/* Removes all records of a kind. */
extern void qfs_table_store_clear(const qfs_kind *kind);

#endif
