/*
 * signin_message.h - what a sign-in message must say, before anything is appended.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The rule of LOGIN and the function that callers sign in with both ask here.
 */
#ifndef QFS_SIGNIN_MESSAGE_H
#define QFS_SIGNIN_MESSAGE_H

#include "engine/policy.h"
#include "identity/siwe.h"

/* How far a device's clock may be ahead of ours. */
#define QFS_CLOCK_SKEW_MS 60000

typedef struct qfs_login
{
	qfs_siwe	message;		/* points into the text */
	qfs_user_id user;
	qfs_hash	nonce;
	bool		has_device;
	qfs_hash	device;
} qfs_login;

/*
 * A nonce is 6 bytes of time (ms since 1970, big-endian), 10 random bytes and
 * a 16-byte MAC, written as 64 hexadecimal digits.
 */
extern int64_t qfs_nonce_issued_at(const qfs_hash *nonce);

/* Errors: NONCE_UNKNOWN for one from the future, NONCE_EXPIRED. */
extern qfs_status qfs_nonce_check(const qfs_hash *nonce, const qfs_policy *policy, int64_t at, qfs_error *err);

/*
 * The page that asks for the signature must be one of the application's: its
 * domain and URI are listed in the policy, and with a scheme they are one place.
 * Errors: LOGIN_DOMAIN.
 */
extern qfs_status qfs_login_check_place(const qfs_siwe *message, const qfs_policy *policy, qfs_error *err);

/*
 * Reads a message and checks it against the policy at a time.  Whether the
 * nonce is ours and unused, and who signed, is checked elsewhere.
 * Errors, in this order: those of qfs_siwe_parse, LOGIN_DOMAIN, LOGIN_CHAIN,
 * NONCE_UNKNOWN, NONCE_EXPIRED, LOGIN_TIME, DEVICE_KEY_SYNTAX.
 */
extern qfs_status qfs_login_check(qfs_slice text, const qfs_policy *policy, int64_t at,
								  qfs_login *out, qfs_error *err);

/*
 * Reads a message of which another check is not due: it was recorded.
 * Errors: those of qfs_siwe_parse, NONCE_UNKNOWN, DEVICE_KEY_SYNTAX.
 */
extern qfs_status qfs_login_read(qfs_slice text, qfs_login *out, qfs_error *err);

/*
 * Did the message's wallet sign it?
 * signature: "0x" and hexadecimal digits
 * Errors: LOGIN_SIGNER and those of qfs_personal_recover.
 */
extern qfs_status qfs_login_check_signer(qfs_slice text, qfs_slice signature,
										 const qfs_login *login, qfs_error *err);

#endif
