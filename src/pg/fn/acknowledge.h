/*
 * acknowledge.h - outcomes that are wrong, and count all the same, because somebody said so.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_ACKNOWLEDGE_H
#define QFS_ACKNOWLEDGE_H

#include "utils/snapshot.h"

#include "ledger/audit.h"
#include "pg/table/ledger_table.h"

typedef struct Acknowledgement
{
	uint64	   *seqs;			/* that entries of the ledger name; then `asked` of the caller's */
	size_t		count;
	size_t		capacity;
	size_t		asked;
	bool	   *met;			/* for each that was asked for: there is such a fault */
	qfs_slice  *payloads;		/* of the entries that name those */
	size_t		entries;		/* how many these are */
} Acknowledgement;

/* Those that the entries of a ledger name, whether these are sound or not. */
extern void qfs_acknowledgement_read(Acknowledgement *a, Relation ledger, Snapshot snapshot);

/*
 * And those of an argument, {"seq": "reason"}; empty = none.
 * Errors: ARGUMENT.
 */
extern void qfs_acknowledgement_ask(Acknowledgement *a, qfs_slice object);

/* To be called with each that a verification has met; says so to the client. */
extern void qfs_acknowledgement_met(Acknowledgement *a, uint64_t seq, const qfs_error *fault);

/*
 * Appends the entries that name those that were asked for: one, unless they are too many for it.
 * Errors: ARGUMENT for one that has no such fault; those of an append.
 */
extern void qfs_acknowledgement_append(const Acknowledgement *a);

#endif
