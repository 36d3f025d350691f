/*
 * acknowledge.h - outcomes that are wrong, and count all the same, because somebody said so.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_ACKNOWLEDGE_H
#define QFS_ACKNOWLEDGE_H

#include "utils/rel.h"
#include "utils/snapshot.h"

#include "ledger/audit.h"
#include "pg/table/ledger_table.h"

typedef struct Acknowledgement
{
	Relation	ledger;			/* where its entries are looked for, once one is needed */
	Snapshot	snapshot;
	MemoryContext context;		/* of the lists */
	bool		is_read;
	uint64	   *seqs;			/* that entries of the ledger name */
	size_t		count;
	size_t		capacity;
	uint64	   *asked_seqs;		/* that the caller asks for */
	size_t		asked;
	bool	   *met;			/* for each of these: there is such a fault */
	qfs_slice  *payloads;		/* of the entries that name those */
	size_t		entries;		/* how many these are */
} Acknowledgement;

/*
 * What the entries of a ledger acknowledge, whether these are sound or not.
 * They are read, by a walk through the whole table, when an outcome is wrong,
 * and not before: most ledgers have none, and what says whether there are any
 * (an index, a table) would have to be believed.
 * ledger: open until the end of the audit
 */
extern void qfs_acknowledgement_begin(Acknowledgement *a, Relation ledger, Snapshot snapshot);

/*
 * And those of an argument, {"seq": "reason"}; empty = none.
 * Errors: ARGUMENT.
 */
extern void qfs_acknowledgement_ask(Acknowledgement *a, qfs_slice object);

/* One of either?  A qfs_is_acknowledged; context: the acknowledgement. */
extern bool qfs_acknowledgement_has(void *context, uint64_t seq);

/* To be called with each that a verification has met; says so to the client. */
extern void qfs_acknowledgement_met(Acknowledgement *a, uint64_t seq, const qfs_error *fault);

/*
 * Appends the entries that name those that were asked for: one, unless they are too many for it.
 * Errors: ARGUMENT for one that has no such fault; those of an append.
 */
extern void qfs_acknowledgement_append(const Acknowledgement *a);

#endif
