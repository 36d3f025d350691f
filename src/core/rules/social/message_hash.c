/*
 * message_hash.c - names and commitments of end-to-end encrypted messages.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "rules/social/message_hash.h"

#include "crypto/sha256.h"

void
qfs_thread_name(const qfs_user_id *a, const qfs_user_id *b, qfs_hash *out)
{
	static const char tag[] = "qfs:thread:v1";
	bool		in_order = memcmp(a, b, sizeof(*a)) < 0;
	qfs_sha256_state state;

	qfs_sha256_init(&state);
	qfs_sha256_add(&state, tag, sizeof(tag));
	qfs_sha256_add(&state, in_order ? a : b, sizeof(*a));
	qfs_sha256_add(&state, in_order ? b : a, sizeof(*a));
	qfs_sha256_final(&state, out);
}

void
qfs_message_hash(const qfs_envelope *envelope, qfs_hash *out)
{
	static const char tag[] = "qfs:message:v2";
	uint8_t		seq[8];
	qfs_hash	thread;
	qfs_sha256_state state;

	for (int i = 0; i < 8; i++)
		seq[i] = (uint8_t) (envelope->seq >> (56 - 8 * i));
	qfs_thread_name(&envelope->sender, &envelope->recipient, &thread);
	qfs_sha256_init(&state);
	qfs_sha256_add(&state, tag, sizeof(tag));
	qfs_sha256_add(&state, thread.bytes, sizeof(thread.bytes));
	qfs_sha256_add(&state, &envelope->sender, sizeof(envelope->sender));
	qfs_sha256_add(&state, &envelope->recipient, sizeof(envelope->recipient));
	qfs_sha256_add(&state, seq, sizeof(seq));
	qfs_sha256_add(&state, envelope->nonce, sizeof(envelope->nonce));
	qfs_sha256_add(&state, envelope->body.data, envelope->body.len);
	qfs_sha256_final(&state, out);
}
