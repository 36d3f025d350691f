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

/* An account begins with its wallet's first sign-in. */
typedef struct qfs_account_record
{
	qfs_user_id user;			/* key */
	qfs_address wallet;
} qfs_account_record;

/*
 * What the rules remember of an account is in four records, a part of an
 * entry each (engine/account_part.h).  last_entry is the last entry that
 * touched that kind of it.
 */

/*
 * What whoever sees its profile may see.  Strangers see it as it was when the
 * last epoch ended: so says last_entry if epoch has ended, and else
 * before_epoch.  These two follow from which entries touched it and are in no
 * part.
 */
typedef struct qfs_standing
{
	qfs_user_id user;			/* key */
	int64_t		last_entry;
	bool		has_before_epoch;
	int64_t		before_epoch;	/* the last entry that touched it before that epoch */
	int64_t		epoch;			/* in which last_entry lies */
	bool		has_chat_key;
	qfs_hash	chat_key;		/* X25519, in force */
	qfs_amount	coherence;		/* 0 to 1 */
	int64_t		created;		/* entry of the first sign-in */
	int64_t		created_at;		/* its time */
	qfs_amount	flx;			/* balance */
	int64_t		points;			/* genesis points */
	bool		has_profile;
	qfs_hash	profile;		/* commitment: SHA-256(salt || JCS(content)), which is not on the ledger */
	int64_t		profile_version;	/* counted from 1; 0: there is none */
	int64_t		referrals;		/* activated ones, as the referrer */
} qfs_standing;

/* Whom it is tied to, and how. */
typedef struct qfs_ties
{
	qfs_user_id user;			/* key */
	int64_t		last_entry;
	bool		has_guard;
	char		guard[QFS_TYPE_MAX + 1];	/* what blocked the reward of its referral */
	bool		received;		/* a message */
	bool		has_referrer;
	qfs_user_id referrer;		/* who invited it */
	bool		sent;			/* a message */
	bool		has_settled;
	int64_t		settled;		/* entry that rewarded its referral, or blocked the reward */
	bool		has_used;
	int64_t		used;			/* entry that used the referrer's code */
} qfs_ties;

/* Sessions that have not ended; in an entry's part they are digests. */
typedef struct qfs_access_record
{
	qfs_user_id user;			/* key */
	int64_t		last_entry;
	qfs_slice	sessions;		/* engine/access.h */
} qfs_access_record;

/* The number of its last signed event. */
typedef struct qfs_nonce
{
	qfs_user_id user;			/* key */
	int64_t		last_entry;
	int64_t		event_nonce;	/* 0 before the first */
} qfs_nonce;

/* A session, by its id; it is never forgotten. */
typedef struct qfs_session_record
{
	qfs_hash	session;		/* key */
	qfs_user_id user;
	int64_t		seq;			/* entry that started it: LOGIN or SESSION_ROTATED */
	int64_t		login;			/* the sign-in: that entry, or that of the session that it follows */
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

/* A sign-in, by its entry. */
typedef struct qfs_login_record
{
	int64_t		seq;			/* key: LOGIN */
	qfs_user_id user;
	int64_t		nonce_at;		/* when its nonce was made, ms since 1970 */
} qfs_login_record;

/* How often an account has done something in a window of time. */
typedef struct qfs_rate_record
{
	qfs_user_id user;			/* key */
	char		what[QFS_TYPE_MAX + 1]; /* key */
	int64_t		window;			/* number of the window */
	int64_t		count;
} qfs_rate_record;

/* ---- what accounts do ---- */

/* The account that first signed in with a device key. */
typedef struct qfs_device_record
{
	qfs_hash	device;			/* key */
	qfs_user_id user;
} qfs_device_record;

/* Whose code it is. */
typedef struct qfs_referral_code_record
{
	char		code[QFS_TYPE_MAX + 1]; /* key */
	qfs_user_id user;
} qfs_referral_code_record;

extern const qfs_kind qfs_kind_ledger;
extern const qfs_kind qfs_kind_policy;
extern const qfs_kind qfs_kind_signing_key;
extern const qfs_kind qfs_kind_server;
extern const qfs_kind qfs_kind_event_type;
extern const qfs_kind qfs_kind_account;
extern const qfs_kind qfs_kind_session;
extern const qfs_kind qfs_kind_login;
extern const qfs_kind qfs_kind_rate;
extern const qfs_kind qfs_kind_standing;
extern const qfs_kind qfs_kind_ties;
extern const qfs_kind qfs_kind_access;
extern const qfs_kind qfs_kind_nonce;
extern const qfs_kind qfs_kind_device;
extern const qfs_kind qfs_kind_referral_code;

/*
 * The policy that an entry put in force; the text is the store's until its next call.
 * Errors: STATE_MISMATCH if there is none.
 */
extern qfs_status qfs_policy_get(qfs_store *store, int64_t seq, qfs_slice *out, qfs_error *err);

/*
 * Public keys by their number.
 * Errors: STATE_MISMATCH if there are none.
 */
extern qfs_status qfs_signing_key_get(qfs_store *store, int64_t number,
									  qfs_signing_key_record *out, qfs_error *err);

#endif
