/*
 * keyfile.h - the ledger's secret keys, which live in a file and nowhere else.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The file holds a 32-byte seed a line (key_line.h): one for each ledger of the
 * cluster and for each rotation.  From a seed, crypto_kdf derives a key a
 * purpose.  Which line belongs to a ledger is found by the public key that the
 * ledger has recorded, so a line too many does no harm.
 */
#ifndef QFS_KEYFILE_H
#define QFS_KEYFILE_H

#include "log/note.h"

typedef enum qfs_key_purpose
{
	QFS_KEY_CHECKPOINT = 1,
	QFS_KEY_TOKEN = 2,
	QFS_KEY_NONCE = 3
} qfs_key_purpose;

typedef struct qfs_key_pair
{
	qfs_hash	public_key;
	uint8_t		secret[QFS_SECRET_LEN];
} qfs_key_pair;

/* What signs session tokens, and what sign-in nonces are recognized by. */
typedef struct qfs_session_keys
{
	qfs_key_pair token;
	uint8_t		nonce[QFS_HASH_LEN];	/* of HMAC-SHA256 */
} qfs_session_keys;

/* Public keys of a seed that was added to the file. */
typedef struct qfs_public_keys
{
	qfs_hash	checkpoint;
	qfs_hash	token;
} qfs_public_keys;

/*
 * Adds a random seed to the file, which is made if it is not there; it is on
 * disk when this returns.  One transaction at a time may do it.  Should it be
 * rolled back, the seed stays until this database adds the next one.
 * Errors: KEY_FILE.
 */
extern void qfs_keyfile_add(qfs_public_keys *out);

/* A ledger, by the hash of its genesis, and which checkpoint keys it has or had in force. */
typedef struct qfs_prepared_for
{
	const qfs_hash *ledger;
	bool		(*is_in_force) (const qfs_hash *checkpoint);
} qfs_prepared_for;

/*
 * Adds a seed that no transaction has put in force yet, instead of the one that
 * this database prepared before and did not use; gives its SHA-256, by which it
 * is asked for.  No rollback takes it back.
 * Errors: KEY_FILE.
 */
extern void qfs_keyfile_prepare(const qfs_prepared_for *prepared, qfs_hash *digest);

/*
 * Public keys of the seed that was prepared and has this digest.
 * Errors: KEY_FILE, KEY_UNPREPARED.
 */
extern void qfs_keyfile_prepared(const qfs_prepared_for *prepared, const qfs_hash *digest,
								 qfs_public_keys *out);

/*
 * The checkpoint key whose public half is `checkpoint`.  The caller wipes it
 * with sodium_memzero.
 * Errors: KEY_FILE, KEY_MISSING.
 */
extern void qfs_keyfile_find(const qfs_hash *checkpoint, qfs_key_pair *out);

/*
 * The session keys of the seed whose token key is `token`; palloc'd, and wiped
 * at the latest when the memory context goes, error or not.
 * Errors: KEY_FILE, KEY_MISSING.
 */
extern qfs_session_keys *qfs_keyfile_session(const qfs_hash *token);

#endif
