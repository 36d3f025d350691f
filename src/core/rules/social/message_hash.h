/*
 * message_hash.h - names and commitments of end-to-end encrypted messages.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_MESSAGE_HASH_H
#define QFS_MESSAGE_HASH_H

#include "text/ids.h"

/* Bytes of an AES-GCM nonce, and of the shortest and longest body. */
#define QFS_MESSAGE_NONCE_LEN 12
#define QFS_MESSAGE_MIN 17
#define QFS_MESSAGE_MAX 65536

#define QFS_MESSAGE_ALG "x25519-hkdf-aes256gcm"

/* SHA-256("qfs:thread:v1\0" || lower user id || higher user id) */
extern void qfs_thread_name(const qfs_user_id *a, const qfs_user_id *b, qfs_hash *out);

typedef struct qfs_envelope
{
	qfs_user_id sender;
	qfs_user_id recipient;
	uint64_t	seq;			/* of the sender in the thread, from 1 */
	uint8_t		nonce[QFS_MESSAGE_NONCE_LEN];
	qfs_slice	body;			/* ciphertext and tag */
} qfs_envelope;

/*
 * SHA-256("qfs:message:v2\0" || thread || sender || recipient || u64be(seq) ||
 *         nonce || body)
 */
extern void qfs_message_hash(const qfs_envelope *envelope, qfs_hash *out);

#endif
