/*
 * signin.h - wallets that are the same in every run, what they sign, and a ledger they use.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * libsecp256k1 and libsodium sign; what is signed is put together here once
 * more, with printf, so that no test asks the core what the core should do.
 */
#ifndef UNIT_SIGNIN_H
#define UNIT_SIGNIN_H

#include "identity/siwe.h"
#include "state/records.h"
#include "support/sample.h"

/* A wallet's word, with a signature that is none. */
#define SIGNIN_WALLET "{\"sig\":\"0x\",\"via\":\"wallet\"}"

/* The policy that signin_ledger puts in force, as changes of the default. */
#define SIGNIN_POLICY "{\"auth\":{\"chain_ids\":[1,137],\"domains\":[\"app.example\",\"localhost:8080\"]," \
	"\"uris\":[\"https://app.example\",\"http://localhost:8080/login\"]}}"

typedef struct test_wallet
{
	uint8_t		secret[32];
	qfs_address address;
	qfs_user_id user;
	char		name[QFS_ADDRESS_TEXT + 1];
	char		user_name[QFS_USER_ID_TEXT + 1];
} test_wallet;

/* Wallet number n: its private key is the byte n, 32 times. */
extern test_wallet test_wallet_of(uint8_t n);
extern test_wallet test_wallet_of_key(const uint8_t secret[32]);

/* personal_sign: r, s and v in {27, 28}. */
extern void test_personal_sign(const test_wallet *wallet, qfs_slice message, uint8_t out[65]);

/* A sign-in: what is said, the text of it, and the payload of its LOGIN. */
typedef struct signin
{
	test_wallet wallet;
	qfs_hash	nonce_bytes;
	qfs_siwe	fields;
	char		nonce[65];
	char		resource[64];
	char		device[44];		/* base64url; "" = none */
	char		message[2 * QFS_SIWE_MAX];
	char		signature[8300];	/* 0x… */
	char		payload[4 * QFS_SIWE_MAX];
	char		auth[SAMPLE_AUTH_MAX];	/* of its LOGIN, with the signature */
} signin;

/*
 * A good one, to be changed: issued at a time with a nonce of that time and of
 * this number.
 * device: number of an Ed25519 key; 0 = none
 */
extern void signin_prepare(signin *in, uint8_t wallet, uint8_t device, int64_t at, uint8_t nonce);

/* Writes the message of the fields. */
extern void signin_write(signin *in);

/* Signs the message as it is, and puts the payload together. */
extern void signin_sign(signin *in);

/* Payload and auth, of whatever the parts are now. */
extern void signin_payload(signin *in);

/* All of it. */
extern void signin_make(signin *in, uint8_t wallet, uint8_t device, int64_t at, uint8_t nonce);

/* ---- in a ledger ---- */

/*
 * 0 GENESIS, 1 POLICY_CHANGED with these changes (NULL: SIGNIN_POLICY),
 * 2 EVENT_TYPE POSTED by accounts, 3 EVENT_TYPE NOTED by the operator.
 */
extern void signin_ledger(sample *s, const char *changes);

/* Time of the next entry. */
extern int64_t signin_now(const sample *s);

/* Appends the LOGIN of its wallet. */
extern qfs_status signin_append(sample *s, const signin *in);

/* Wallet n signs in, with nonce n as well; returns the session. */
extern qfs_hash signin_session(sample *s, uint8_t wallet, uint8_t device, uint8_t nonce);

/* The record of a session; it has to be there. */
extern const qfs_session_record *signin_record(const sample *s, const qfs_hash *session);

/* The auth of a session; each call overwrites what the one before returned. */
extern const char *signin_auth(const qfs_hash *session);

/* A payload that names a session: format has %s where its digits belong; overwritten by the next call. */
extern const char *signin_naming(const char *format, const qfs_hash *session);

/* The same with a device's signature. */
extern const char *signin_signed(const sample *s, const qfs_hash *session, const test_wallet *actor,
								 uint8_t device, int64_t nonce, const char *type,
								 const char *payload);

/* The auth of a session of wallet n; signed by its device, if it has one of the numbers from 1 to 99. */
extern const char *signin_acting(const sample *s, const qfs_hash *session, const test_wallet *actor,
								 const char *type, const char *payload);

/* Hash of the policy in force, in digits; overwritten by the next call. */
extern const char *signin_policy(const sample *s);

#endif
