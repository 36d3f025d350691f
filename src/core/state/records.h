/*
 * records.h - what the rules remember: one struct and one kind for each table.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * All that more than one file reads.  Records of one rule alone are in its
 * file, and the rule names their kind.
 */
#ifndef QFS_RECORDS_H
#define QFS_RECORDS_H

#include "state/store.h"
#include "text/amount.h"
#include "text/ids.h"

/* Digits of a referral code. */
#define QFS_REFERRAL_CODE_LEN 22

/* ---- the ledger ---- */

/* What the ledger as a whole knows: one record, number 0. */
typedef struct qfs_ledger_record
{
	int64_t		number;			/* key, always 0 */
	int64_t		genesis_at;		/* entry 0's time; blocks count from it */
	qfs_hash	ledger;			/* entry 0's hash, which names the ledger */
	char		origin[QFS_TEXT_MAX + 1];	/* name of the ledger's note keys */
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
	bool		has_recovery;
	qfs_hash	recovery;		/* Ed25519, held offline: signs the keys that follow lost ones */
} qfs_signing_key_record;

/* Bytes of random salt in the record of a server. */
#define QFS_SERVER_SALT_LEN 16

/* The server and the database that the ledger lives in: one record, number 0.  identity/server.h */
typedef struct qfs_server_record
{
	int64_t		number;			/* key, always 0 */
	int64_t		seq;			/* entry that recorded it */
	qfs_hash	database;		/* digest */
	char		salt[QFS_TYPE_MAX + 1]; /* of both digests, in lower-case hexadecimal digits */
	qfs_hash	system;			/* digest */
	int64_t		timeline;
	int64_t		version;		/* of PostgreSQL, as server_version_num has it */
} qfs_server_record;

/* A custom event type. */
typedef struct qfs_event_type_record
{
	char		type[QFS_TYPE_MAX + 1]; /* key */
	int64_t		seq;			/* entry that registered it */
	char		by[QFS_TYPE_MAX + 1];	/* "operator" or "account" */
	qfs_slice	schema;
} qfs_event_type_record;

/* ---- accounts ---- */

/* An account: it begins with its wallet's first sign-in. */
typedef struct qfs_account_record
{
	qfs_user_id user;			/* key */
	qfs_address wallet;
	int64_t		created;		/* entry of the first sign-in */
	int64_t		created_at;		/* its time */
	int64_t		last_entry;		/* last entry that changed the account */
	int64_t		event_nonce;	/* of the last signed event; 0 before the first */
} qfs_account_record;

/* A session, by its id; it is never forgotten. */
typedef struct qfs_session_record
{
	qfs_hash	session;		/* key */
	qfs_user_id user;
	int64_t		seq;			/* entry that started it: LOGIN or SESSION_ROTATED */
	int64_t		issued_block;
	int64_t		ttl_blocks;
	bool		operates;		/* may act as an operator */
	bool		has_device;
	qfs_hash	device;			/* Ed25519 key that signs the account's events */
	bool		has_ended;
	int64_t		ended;			/* entry that ended it */
	bool		has_reason;
	char		reason[QFS_TYPE_MAX + 1];	/* "rotated", or as SESSION_REVOKED says */
} qfs_session_record;

/* How often an account has done something in a window of time. */
typedef struct qfs_rate_record
{
	qfs_user_id user;			/* key */
	char		what[QFS_TYPE_MAX + 1]; /* key */
	int64_t		window;			/* number of the window */
	int64_t		count;
} qfs_rate_record;

/* What an account has earned. */
typedef struct qfs_standing
{
	qfs_user_id user;			/* key */
	qfs_amount	coherence;		/* 0 to 1 */
	int64_t		points;			/* genesis points */
	qfs_amount	flx;			/* balance */
	int64_t		referrals;		/* activated ones, as the referrer */
} qfs_standing;

/* ---- what accounts do ---- */

/* The account that first signed in with a device key. */
typedef struct qfs_device_record
{
	qfs_hash	device;			/* key */
	qfs_user_id user;
} qfs_device_record;

/* An account's profile in force; its content is not on the ledger. */
typedef struct qfs_profile_record
{
	qfs_user_id user;			/* key */
	int64_t		version;		/* counted from 1 */
	qfs_hash	commitment;		/* SHA-256(salt || JCS(content)) */
	int64_t		seq;
} qfs_profile_record;

/* An account's X25519 key in force; those before are in the ledger. */
typedef struct qfs_chat_key_record
{
	qfs_user_id user;			/* key */
	qfs_hash	key;
	int64_t		seq;
} qfs_chat_key_record;

/* What an account has done of what a referral needs. */
typedef struct qfs_activity_record
{
	qfs_user_id user;			/* key */
	bool		sent;			/* a message */
	bool		received;
} qfs_activity_record;

/* Whose code it is. */
typedef struct qfs_referral_code_record
{
	char		code[QFS_TYPE_MAX + 1]; /* key */
	qfs_user_id user;
} qfs_referral_code_record;

/* Who invited an account. */
typedef struct qfs_referral_record
{
	qfs_user_id referee;		/* key */
	qfs_user_id referrer;
	int64_t		seq;			/* entry that used the code */
	bool		has_settled;
	int64_t		settled;		/* entry that rewarded it, or blocked the reward */
	bool		has_guard;
	char		guard[QFS_TYPE_MAX + 1];	/* what blocked the reward */
} qfs_referral_record;

extern const qfs_kind qfs_kind_ledger;
extern const qfs_kind qfs_kind_policy;
extern const qfs_kind qfs_kind_signing_key;
extern const qfs_kind qfs_kind_server;
extern const qfs_kind qfs_kind_event_type;
extern const qfs_kind qfs_kind_account;
extern const qfs_kind qfs_kind_session;
extern const qfs_kind qfs_kind_rate;
extern const qfs_kind qfs_kind_standing;
extern const qfs_kind qfs_kind_device;
extern const qfs_kind qfs_kind_profile;
extern const qfs_kind qfs_kind_chat_key;
extern const qfs_kind qfs_kind_activity;
extern const qfs_kind qfs_kind_referral_code;
extern const qfs_kind qfs_kind_referral;

/*
 * Public keys by their number.
 * Errors: STATE_MISMATCH if there are none.
 */
extern qfs_status qfs_signing_key_get(qfs_store *store, int64_t number,
									  qfs_signing_key_record *out, qfs_error *err);

#endif
