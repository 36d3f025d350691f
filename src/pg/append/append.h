/*
 * append.h - what a transaction that appends carries, from its first entry to its commit.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_APPEND_H
#define QFS_APPEND_H

#include "utils/rel.h"

#include "ledger/chain.h"
#include "pg/table/ledger_table.h"

extern void qfs_append_register_callbacks(void);

/* An append in the making. */
typedef struct qfs_appending
{
	LedgerReader reader;		/* what the chain reads the ledger with */
	qfs_tree   *outer;			/* what it read with before */
} qfs_appending;

/*
 * Takes the chain lock, if this transaction does not have it, and returns the
 * chain behind which the next entry goes.  The chain reads the ledger while it
 * is used, so qfs_append_end must follow, unless an error ends the statement.
 * An append may be made inside another one, before that has put its entry
 * behind the chain or after it.
 * Errors: SNAPSHOT_OLD, ENTRY_LOST.
 */
extern qfs_chain *qfs_append_begin(Relation ledger, qfs_appending *a);
extern void qfs_append_end(qfs_appending *a);

/* Takes the chain lock, so that what is read now stays in force until the end; returns the number of entries. */
extern uint64 qfs_append_lock(void);

/* Entries before the first one that this transaction has appended; without one, UINT64_MAX. */
extern uint64 qfs_append_start(void);

/*
 * Forgets what is known of the tables: rows were stored, or records changed,
 * in another way than through the chain.
 */
extern void qfs_append_forget(void);

/* True while qfs.import() runs: the first recorded entry is the next one, too. */
extern bool qfs_importing;

#endif
