/*
 * reducer.h - what a reducer knows: a store, the rules, the policy in force.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_REDUCER_H
#define QFS_REDUCER_H

#include "engine/policy.h"
#include "log/entry.h"
#include "state/records.h"

typedef struct qfs_registry qfs_registry;

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
	const qfs_registry *registry;	/* rules and kinds */
	bool		check_signatures;	/* false: trust them, for a faster replay */
	bool		knows_agenda;	/* false: entries that changed it may be missing, so what is due is not asked */
	bool		fresh;			/* ledger and policy below are those in the store */
	bool		open;			/* there is a genesis */
	qfs_ledger_record ledger;
	int64_t		due_at;			/* time from which on the ledger has something to settle; INT64_MAX: nothing */
	bool		has_policy;		/* policy below is the one with hash `parsed` */
	qfs_hash	parsed;
	qfs_policy	policy;
	uint8_t		policy_text[QFS_POLICY_MAX];	/* what policy points to */
	bool		has_type;		/* type below is the one in the store */
	qfs_event_type_record type;
	uint8_t		schema[QFS_SCHEMA_REMEMBERED];	/* what type.schema points to */
	uint8_t		message[QFS_PAYLOAD_MAX + 512];	/* what a device or a wallet has signed */
} qfs_reducer;

extern void qfs_reducer_init(qfs_reducer *r, const qfs_registry *registry, qfs_store *store,
							 bool check_signatures);
extern void qfs_reducer_forget(qfs_reducer *r);

/* Reads the ledger's record, the policy in force and what is due, if that is needed. */
extern qfs_status qfs_reducer_refresh(qfs_reducer *r, qfs_error *err);

/* Has the ledger something to settle at a time?  Refreshed reducer. */
static inline bool
qfs_reducer_is_due(const qfs_reducer *r, int64_t at)
{
	return r->open && at >= r->due_at;
}

/* To be called with the block in which something is due, once the agenda has changed. */
extern void qfs_reducer_note_due(qfs_reducer *r, int64_t block);

/*
 * Parses a policy that is put in force, once: the reducer knows it from then
 * on, and reads it from the store if another one is in force there after all.
 * hash: gets SHA-256 of its text
 * Errors: POLICY_INVALID, RULES_UNKNOWN.
 */
extern qfs_status qfs_reducer_read_policy(qfs_reducer *r, qfs_slice policy, qfs_hash *hash, qfs_error *err);

/* To be called with entry 0's hash, once it is known. */
extern qfs_status qfs_reducer_name_ledger(qfs_reducer *r, const qfs_hash *hash, qfs_error *err);

/* The block of a time in ms since 1970; refreshed reducer. */
extern int64_t qfs_block_at(const qfs_reducer *r, int64_t at);

/* The epoch of a time; a ledger's policies all have the same epochs. */
extern int64_t qfs_epoch_at(const qfs_reducer *r, int64_t at);

#endif
