/*
 * auth_value.h - how an actor was established: the auth value of an entry.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 *     {"via":"operator"}                        a database role that operates the ledger
 *     {"via":"ledger"}                          the ledger itself, as its rules demand
 *     {"via":"wallet"}                          the wallet signed the payload's message
 *     {"nonce":n,"via":"wallet"}                the wallet signed the event (wallet_act.h)
 *     {"session":"<64 hex>","via":"session"}    an active session
 *     {"key":"…","nonce":n,"session":"…","via":"session"}
 *                                               and its device signed the event;
 *                                               key in base64url
 *
 * An operator's and a session's may have a member "source" beside: the event
 * came from that stream (source.h).
 *
 * The signature itself is a part of the entry by itself, which goes where the
 * payload goes that it is over.
 */
#ifndef QFS_AUTH_VALUE_H
#define QFS_AUTH_VALUE_H

#include "identity/source.h"

/* Bits, so that a rule can admit a set of them. */
typedef enum qfs_via
{
	QFS_VIA_OPERATOR = 1,
	QFS_VIA_WALLET = 2,
	QFS_VIA_SESSION = 4,
	QFS_VIA_LEDGER = 8
} qfs_via;

/* Longest auth value, in bytes. */
#define QFS_AUTH_MAX 512

typedef struct qfs_auth
{
	qfs_via		via;
	qfs_hash	session;		/* via session */
	bool		is_signed;		/* the event, by the session's device or the wallet */
	int64_t		nonce;			/* of one that is signed */
	qfs_hash	key;			/* of the device, Ed25519 */
	uint8_t		signature[64];	/* of one that a caller gives; else qfs_auth_sig_read has it */
	bool		has_source;
	qfs_stream_source	source;
} qfs_auth;

/* auth: canonical JSON.  Errors: AUTH_INVALID for anything but the forms above. */
extern qfs_status qfs_auth_read(qfs_slice auth, qfs_auth *out, qfs_error *err);

/* The one spelling; out needs room for QFS_AUTH_MAX bytes. */
extern void qfs_auth_write(qfs_buf *out, const qfs_auth *auth);

/*
 * Reads the signature that a caller gives with an event, {"key","nonce","sig"}
 * in canonical JSON, into the fields of *out; *sig is the entry's part.
 * Errors: AUTH_INVALID.
 */
extern qfs_status qfs_auth_read_signature(qfs_slice given, qfs_auth *out, qfs_slice *sig, qfs_error *err);

/* A device's signature as the part "sig" of an entry: a string, 86 characters of base64url. */
extern bool qfs_auth_sig_read(qfs_slice sig, uint8_t out[64]);

/*
 * Whose word the event is: "wallet" and "device" signed it; "server" says that
 * a session asked for it; "operator" did it; it follows from the "ledger".
 */
extern const char *qfs_auth_word(const qfs_auth *auth);

#endif
