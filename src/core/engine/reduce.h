/*
 * reduce.h - the reducer: what an event does, given the entries before it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * entry = input + outcome.  The outcome is a function of the event and of the
 * records in the store, and of nothing else.  One rule a type; the same object
 * code runs in the trigger, in replay and in qfs-verify.
 */
#ifndef QFS_REDUCE_H
#define QFS_REDUCE_H

#include "identity/auth_value.h"
#include "log/entry.h"
#include "engine/policy.h"
#include "state/records.h"

/* Every kind of record, for whoever compares or rebuilds them; ends with NULL. */
extern const qfs_kind *const qfs_kinds[];

/* Schemas up to this size are remembered from one event to the next. */
#define QFS_SCHEMA_REMEMBERED 4096

/*
 * A reducer over a store.  It remembers the parsed policy and the last custom
 * type, so its owner calls qfs_reducer_forget whenever records may have
 * changed behind its back.
 */
typedef struct qfs_reducer
{
	qfs_store  *store;
	bool		check_signatures;	/* false: trust them, for a faster replay */
	bool		fresh;			/* ledger and policy below are those in the store */
	bool		open;			/* there is a genesis */
	qfs_ledger_record ledger;
	bool		has_policy;		/* policy below is the one with hash `parsed` */
	qfs_hash	parsed;
	qfs_policy	policy;
	uint8_t		policy_text[QFS_POLICY_MAX];	/* what policy points to */
	bool		has_type;		/* type below is the one in the store */
	qfs_event_type_record type;
	uint8_t		schema[QFS_SCHEMA_REMEMBERED];	/* what type.schema points to */
	uint8_t		message[QFS_ENTRY_MAX + 512];	/* what a device has signed */
} qfs_reducer;

extern void qfs_reducer_init(qfs_reducer *r, qfs_store *store, bool check_signatures);
extern void qfs_reducer_forget(qfs_reducer *r);

/* Reads the ledger's record and the policy in force, if that is needed. */
extern qfs_status qfs_reducer_refresh(qfs_reducer *r, qfs_error *err);

/*
 * Computes the outcome of an event and stores what it changes.
 * event:   everything but outcome and prev
 * outcome: empty; gets a canonical object
 * On an error nothing was stored.
 */
extern qfs_status qfs_reduce(qfs_reducer *r, const qfs_entry *event,
							 qfs_buf *outcome, qfs_error *err);

/*
 * Stores what a recorded entry says, outcome and all, without the entries
 * before it: recalling every entry of a ledger gives the state that reducing
 * every entry gives.  Signatures inside the entry are checked, if signatures
 * are; whether the outcome is right is not.
 * Errors: those of payloads, auth values and signatures; OUTCOME_MISMATCH for
 *         an outcome that no rule writes.
 */
extern qfs_status qfs_recall(qfs_reducer *r, const qfs_entry *entry, qfs_error *err);

/* To be called with entry 0's hash, once it is known. */
extern qfs_status qfs_reducer_name_ledger(qfs_reducer *r, const qfs_hash *hash, qfs_error *err);

#endif
