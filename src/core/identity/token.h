/*
 * token.h - session tokens: JWTs signed with Ed25519 (RFC 7519, RFC 8037).
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A token says which session speaks; whether that session is active, the
 * ledger says.  One of another form says which service gives advice, and
 * speaks for no account: neither is ever read as the other.  Only tokens in exactly the form that qfs writes are read, so
 * there is no algorithm to confuse and no spelling to choose.
 */
#ifndef QFS_TOKEN_H
#define QFS_TOKEN_H

#include "log/note.h"
#include "text/ids.h"

/* Longest token, in characters. */
#define QFS_TOKEN_MAX 2048

typedef struct qfs_token
{
	qfs_user_id user;			/* sub */
	qfs_hash	session;		/* jti */
	bool		operates;		/* role and scope */
	int64_t		issued_at;		/* iat, seconds since 1970 */
	int64_t		expires_at;		/* exp, the same */
} qfs_token;

/* Longest name of a service. */
#define QFS_SERVICE_MAX 63

/* A token of a program that gives advice: docs/aegis.md. */
typedef struct qfs_service_token
{
	qfs_slice	service;		/* sub, after "service_" */
	qfs_hash	id;				/* jti */
	int64_t		issued_at;		/* iat, seconds since 1970 */
	int64_t		expires_at;		/* exp, the same */
} qfs_service_token;

/* Key id: the RFC 7638 thumbprint of the key as a JWK, base64url. */
extern void qfs_token_key_id(qfs_buf *out, const qfs_hash *key);

/* {"keys":[…]} with this key: what a JWT library needs to check tokens. */
extern void qfs_token_jwks(qfs_buf *out, const qfs_hash *key);

/* origin: iss and aud; passed qfs_origin_check.  Errors: INTERNAL. */
extern qfs_status qfs_token_write(const qfs_token *token, qfs_slice origin, const qfs_hash *key,
								  const uint8_t secret[QFS_SECRET_LEN], qfs_buf *out,
								  qfs_error *err);

/*
 * Reads a token that this key signed for this origin.
 * now: seconds since 1970
 * Errors: TOKEN_INVALID, TOKEN_EXPIRED.
 */
extern qfs_status qfs_token_read(qfs_slice text, qfs_slice origin, const qfs_hash *key,
								 int64_t now, qfs_token *out, qfs_error *err);

/* Is it a name of a service: a small letter, then up to 62 small letters, digits, - and _? */
extern bool qfs_service_name_check(qfs_slice name);

/* token->service passed qfs_service_name_check; the rest as qfs_token_write. */
extern qfs_status qfs_service_token_write(const qfs_service_token *token, qfs_slice origin, const qfs_hash *key,
										  const uint8_t secret[QFS_SECRET_LEN], qfs_buf *out,
										  qfs_error *err);

/*
 * As qfs_token_read, of a service's token.
 * name: holds what out->service says
 * Errors: TOKEN_INVALID, TOKEN_EXPIRED.
 */
extern qfs_status qfs_service_token_read(qfs_slice text, qfs_slice origin, const qfs_hash *key, int64_t now,
										 char name[QFS_SERVICE_MAX], qfs_service_token *out, qfs_error *err);

#endif
