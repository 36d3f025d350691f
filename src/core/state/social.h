/*
 * social.h - records that more than one of the social rules reads.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_SOCIAL_H
#define QFS_SOCIAL_H

#include "state/records.h"

/* Digits of a referral code. */
#define QFS_REFERRAL_CODE_LEN 22

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

extern const qfs_kind qfs_kind_profile;
extern const qfs_kind qfs_kind_chat_key;
extern const qfs_kind qfs_kind_activity;
extern const qfs_kind qfs_kind_device;
extern const qfs_kind qfs_kind_referral_code;

/* Kinds that one rule file alone reads. */
extern const qfs_kind qfs_kind_thread;
extern const qfs_kind qfs_kind_referral;
extern const qfs_kind qfs_kind_referral_block;
extern const qfs_kind qfs_kind_content;

#endif
