/*
 * policy.h - the parameters that the rules of a ledger use.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * One canonical JSON object, written whole into GENESIS and replaced only by a
 * POLICY_CHANGED entry.  docs/policy.md lists the keys and their ranges.
 */
#ifndef QFS_POLICY_H
#define QFS_POLICY_H

#include "engine/policy_governance.h"
#include "engine/policy_value.h"

/* Bytes of a complete policy. */
#define QFS_POLICY_MAX 16384

/* Acts that move a coherence; the policy gives the quality of each. */
typedef enum qfs_coherent_act
{
	QFS_FRAUD_BLOCKED,
	QFS_MESSAGE_RECIPROCATED,
	QFS_PROFILE_COMPLETED,
	QFS_REFERRAL_ACTIVATED_REFEREE,
	QFS_REFERRAL_ACTIVATED_REFERRER,
	QFS_COHERENT_ACTS
} qfs_coherent_act;

/* What an account is called from a coherence on, from the lowest to the highest, then NULL; below, UNKNOWN. */
#define QFS_TRUST_LEVELS 3
extern const char *const qfs_trust_names[QFS_TRUST_LEVELS + 1];

/* What a content is scored by: the names of its features, in order, then NULL. */
#define QFS_FEATURES 6
extern const char *const qfs_feature_names[QFS_FEATURES + 1];

/* Activations up to the to-th are rewarded with this. */
typedef struct qfs_tier
{
	int64_t		to;
	qfs_amount	flx;
} qfs_tier;

#define QFS_TIERS_MAX 16

/* Which sessions' events must be signed by a device; those of the types in signed_types must, whatever it says. */
typedef enum qfs_signing
{
	QFS_SIGNED_NONE,
	QFS_SIGNED_DEVICES,			/* of sessions whose sign-in named a device */
	QFS_SIGNED_ALL				/* of every session: one without a device appends nothing */
} qfs_signing;

/* The lists are canonical arrays inside the text that was parsed. */
typedef struct qfs_policy
{
	qfs_slice	text;			/* all of it, as it was parsed */
	qfs_slice	chain_ids;		/* auth: EIP-155 chains that a sign-in message may name */
	qfs_slice	domains;		/* auth: and domains, host[:port] */
	qfs_slice	uris;			/* auth: and URIs, or what they begin with */
	int64_t		block_ms;		/* milliseconds a block */
	qfs_amount	alpha;			/* coherence: weight of an act against all before it */
	qfs_amount	acts[QFS_COHERENT_ACTS];	/* coherence: quality of each act */
	qfs_amount	trust[QFS_TRUST_LEVELS];	/* coherence from which on it has each name */
	qfs_amount	weights[QFS_FEATURES];	/* coherence: of the features of a content */
	int64_t		epoch_blocks;	/* blocks an epoch */
	qfs_slice	evaluators;		/* accounts that may score contents */
	qfs_governance governance;
	int64_t		events_per_minute;	/* limits: custom events of an account */
	int64_t		logins_per_minute;	/* limits: sign-ins of a wallet */
	int64_t		messages_per_minute;	/* limits: messages of an account */
	int64_t		threads_per_day;	/* limits: threads that an account begins */
	int64_t		nonce_ttl_ms;	/* how long a sign-in nonce is good */
	qfs_slice	operators;		/* accounts that may act as operators */
	bool		page_errors;	/* page_errors "on": the page may report errors of its own */
	qfs_slice	activation;		/* referral: what the referee must have done */
	int64_t		referral_cap;	/* referral: activations of one referrer */
	qfs_amount	flx_cap;		/* referral: FLX that one account may hold */
	int64_t		referral_points;	/* referral: genesis points for each side */
	qfs_tier	tiers[QFS_TIERS_MAX];	/* referral: FLX for the referrer */
	unsigned	tier_count;
	int64_t		window_blocks;	/* referral: how long after its first sign-in an account may use a code */
	int64_t		rules;			/* version of the rules that compute entries */
	int64_t		sessions_max;	/* sessions that an account can have; the oldest ends */
	qfs_signing signing;		/* signed: whose events must be signed by a device */
	qfs_slice	signed_types;	/* types whose events must be, besides */
	int64_t		ttl_blocks;		/* how long a session lasts */
	bool		is_public;		/* visibility "public": everyone reads every entry */
} qfs_policy;

/* Every key with its default value, as canonical JSON. */
extern qfs_slice qfs_policy_default(void);

/*
 * Writes `base` with the keys that `changes` gives in place of its own.  A
 * base without "governance" has the default of it, if changes has that key.
 * base, changes: canonical JSON objects
 * Errors: POLICY_INVALID for a key that base does not have.
 */
extern qfs_status qfs_policy_merge(qfs_slice base, qfs_slice changes, qfs_buf *out, qfs_error *err);

/*
 * Reads a complete policy; *out points into it.
 * Errors: POLICY_INVALID, naming the key.
 */
extern qfs_status qfs_policy_parse(qfs_slice policy, qfs_policy *out, qfs_error *err);

/*
 * A policy that was read, pointing into a copy of its text.
 * text: where it points to; copy: the same bytes
 */
extern void qfs_policy_copy(const qfs_policy *policy, const uint8_t *text, const uint8_t *copy, qfs_policy *out);

/*
 * What can never change after genesis, because blocks are counted with it.
 * Errors: POLICY_INVALID.
 */
extern qfs_status qfs_policy_check_change(const qfs_policy *from, const qfs_policy *to,
										  qfs_error *err);

/* Does governance.operator_keys list the key of this name (engine/policy_key.h), which is then the operator's? */
extern bool qfs_policy_key_is_operators(const qfs_policy *policy, qfs_slice name);

/* What settles a proposal of the track, if it is made under this policy. */
extern void qfs_terms_of(const qfs_policy *policy, qfs_track track, qfs_terms *out);

#endif
