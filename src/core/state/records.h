/*
 * records.h - what the rules remember: one struct and one kind for each table.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Records that one rule file alone reads are in that file.
 */
#ifndef QFS_RECORDS_H
#define QFS_RECORDS_H

#include "text/ids.h"
#include "state/store.h"

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

extern const qfs_kind qfs_kind_account;
extern const qfs_kind qfs_kind_session;
extern const qfs_kind qfs_kind_login_nonce;
extern const qfs_kind qfs_kind_rate;

#endif
