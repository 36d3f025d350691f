/*
 * event.h - an event becomes an entry: who acts, what the rules compute, the row.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_EVENT_H
#define QFS_EVENT_H

#include "ledger/chain.h"
#include "pg/append/entry_memory.h"
#include "pg/table/ledger_table.h"

/* A row of qfs.ledger, by column number less 1. */
typedef struct LedgerRow
{
	Datum		values[LEDGER_COLUMNS];
	bool		nulls[LEDGER_COLUMNS];
} LedgerRow;

/*
 * Appends an event to the chain, and returns the row that has to be stored then.
 * memory:    of this entry
 * event:     type, actor and payload; the rest is computed, in that memory
 * signature: auth value that the caller gave; empty if there is none
 * row:       type and payload; the rest is computed
 * What the server has become is to be recorded before: append/server.h.
 * Errors: FORBIDDEN, NO_SESSION, TYPE_FUNCTION, AUTH_INVALID, ACTOR_MISMATCH, NO_GENESIS, NOT_VERIFIED,
 *         those of the chain lock and of the type's rule.
 */
extern HeapTuple qfs_event_append(Relation ledger, qfs_entry_memory *memory, qfs_entry *event,
								  qfs_slice signature, LedgerRow *row);

/* An event that a function of ours is about to append; a trigger may append others meanwhile. */
typedef struct qfs_expected
{
	qfs_slice	type;
	qfs_slice	payload;
	bool		by_ledger;		/* the ledger itself appends it, whoever acts */
	int64		at;				/* the time that it was made for; 0: it is now */
	int64_t		wallet_nonce;	/* the actor's wallet signed it with this nonce, whoever brings it; 0: it did not */
	const qfs_stream_source *source;	/* a stream brings it, to a role that may take from streams; NULL: none does */
	struct qfs_expected *outer;
} qfs_expected;

/*
 * Between the two, exactly this event may be of a type whose entries have a
 * part beside the ledger, or are the ledger's own; or it is what a stream
 * brings, which is neither.  The caller sees to it that the second follows,
 * whatever happens.
 */
extern void qfs_event_expect(qfs_expected *event);
extern void qfs_event_expect_no_more(const qfs_expected *event);

/*
 * What is due by the agenda comes before an event: settle.h, which stands upon
 * this file, and says here once how that is done.
 */
typedef int64 (*qfs_settler) (Relation ledger, qfs_chain *chain, int64 *at);
extern qfs_settler qfs_event_settler;

/* A qfs_fault_report that throws the first fault there is. */
extern qfs_status qfs_throw_fault(void *context, uint64_t seq, const qfs_error *fault);

/* Column nodes of a row. */
extern bytea *qfs_nodes_bytea(const qfs_seal *seal);

#endif
