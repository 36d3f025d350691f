/*
 * rule.h - what rule files share: one event on its way through its rule.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_RULE_H
#define QFS_RULE_H

#include "text/json.h"
#include "engine/reduce.h"

/* One event on its way through its rule. */
typedef struct qfs_act
{
	qfs_reducer *reducer;
	const qfs_entry *event;
	qfs_auth	auth;			/* as the event carries it, checked */
	qfs_session_record session; /* via session: the one that authorized it */
	qfs_json_writer *outcome;	/* inside the outcome's object */
	qfs_error  *err;
} qfs_act;

typedef struct qfs_rule
{
	const char *type;
	const char *schema;			/* of the payload, canonical */
	unsigned	via;			/* who may append it: a set of qfs_via */
	qfs_status	(*apply) (qfs_act *act);

	/*
	 * Puts into the store what the entry, with the outcome that was recorded,
	 * says of records other than accounts and standings.  It needs none of
	 * the entries before; over all entries it gives what apply gives.
	 */
	qfs_status	(*recall) (qfs_act *act);
} qfs_rule;

extern const qfs_rule qfs_rule_genesis;
extern const qfs_rule qfs_rule_policy_changed;
extern const qfs_rule qfs_rule_event_type;
extern const qfs_rule qfs_rule_key_rotated;
extern const qfs_rule qfs_rule_login;
extern const qfs_rule qfs_rule_session_rotated;
extern const qfs_rule qfs_rule_session_revoked;
extern const qfs_rule qfs_rule_profile_update;
extern const qfs_rule qfs_rule_chat_key;
extern const qfs_rule qfs_rule_message;
extern const qfs_rule qfs_rule_referral_use;
extern const qfs_rule qfs_rule_content_created;
extern const qfs_rule qfs_rule_coherence_scored;

/* Puts a policy in force from this entry on, and says so in the outcome. */
extern qfs_status qfs_policy_enact(qfs_act *act, qfs_slice policy);

/*
 * Public keys by their number.
 * Errors: STATE_MISMATCH if there are none.
 */
extern qfs_status qfs_signing_key_get(qfs_store *store, int64_t number,
									  qfs_signing_key_record *out, qfs_error *err);

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
