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

#include "entry.h"
#include "json.h"
#include "policy.h"
#include "store.h"

/* How an actor was established: auth.via of an entry.  Bits, for sets. */
typedef enum qfs_via
{
	QFS_VIA_OPERATOR = 1		/* a database role that may operate the ledger */
} qfs_via;

/* What the ledger as a whole knows: one record, number 0. */
typedef struct qfs_ledger_record
{
	int64_t		number;			/* key, always 0 */
	int64_t		genesis_at;		/* entry 0's time; blocks count from it */
	qfs_hash	ledger;			/* entry 0's hash, which names the ledger */
	int64_t		policy_seq;		/* entry that put the policy in force */
	qfs_hash	policy;			/* SHA-256 of that policy */
	int64_t		key_number;		/* signing key in force */
} qfs_ledger_record;

/* A policy, by the entry that wrote it. */
typedef struct qfs_policy_record
{
	int64_t		seq;			/* key */
	qfs_slice	policy;
} qfs_policy_record;

/* Public keys of the ledger, counted from 0; in force from entry seq on. */
typedef struct qfs_signing_key_record
{
	int64_t		number;			/* key */
	int64_t		seq;
	qfs_hash	checkpoint;		/* Ed25519, signs checkpoints */
	qfs_hash	token;			/* Ed25519, signs session tokens */
} qfs_signing_key_record;

/* A custom event type. */
typedef struct qfs_event_type_record
{
	char		type[QFS_TYPE_MAX + 1]; /* key */
	int64_t		seq;			/* entry that registered it */
	char		by[QFS_TYPE_MAX + 1];	/* "operator" or "account" */
	qfs_slice	schema;
} qfs_event_type_record;

extern const qfs_kind qfs_kind_ledger;
extern const qfs_kind qfs_kind_policy;
extern const qfs_kind qfs_kind_signing_key;
extern const qfs_kind qfs_kind_event_type;

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
	bool		has_type;		/* type below is the one in the store */
	qfs_event_type_record type;
	uint8_t		schema[QFS_SCHEMA_REMEMBERED];	/* what type.schema points to */
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

/* To be called with entry 0's hash, once it is known. */
extern qfs_status qfs_reducer_name_ledger(qfs_reducer *r, const qfs_hash *hash, qfs_error *err);

/* ---- for rule files ---- */

/* One event on its way through its rule. */
typedef struct qfs_act
{
	qfs_reducer *reducer;
	const qfs_entry *event;
	qfs_json_writer *outcome;	/* inside the outcome's object */
	qfs_error  *err;
} qfs_act;

typedef struct qfs_rule
{
	const char *type;
	const char *schema;			/* of the payload, canonical */
	unsigned	via;			/* who may append it: a set of qfs_via */
	qfs_status	(*apply) (qfs_act *act);
} qfs_rule;

extern const qfs_rule qfs_rule_genesis;
extern const qfs_rule qfs_rule_policy_changed;
extern const qfs_rule qfs_rule_event_type;
extern const qfs_rule qfs_rule_key_rotated;

/* Puts a policy in force from this entry on, and says so in the outcome. */
extern qfs_status qfs_policy_enact(qfs_act *act, qfs_slice policy);

/* Puts signing keys in force from this entry on. */
extern qfs_status qfs_signing_key_enact(qfs_act *act, int64_t number, qfs_slice keys);

/* Is this a type of qfs's own? */
extern bool qfs_rule_exists(qfs_slice type);

/* Bytes of what the outgoing key signs to hand over to the next: docs/format.md. */
#define QFS_ROTATION_MESSAGE (20 + 3 * QFS_HASH_LEN)
extern void qfs_rotation_message(const qfs_hash *ledger, const qfs_hash *checkpoint,
								 const qfs_hash *token, qfs_buf *out);

/* The new keys of a KEY_ROTATED payload.  Errors: PAYLOAD_INVALID. */
extern qfs_status qfs_rotation_read(qfs_slice payload, qfs_signing_key_record *next,
									qfs_error *err);

/* Did the holder of the current key sign them? */
extern bool qfs_rotation_endorsed(const qfs_hash *ledger, const qfs_hash *current,
								  qfs_slice payload, const qfs_signing_key_record *next);

#endif
