/*
 * token_memory.c - tokens that this backend has checked before.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A pool of connections sees the same few tokens again and again, and an
 * Ed25519 signature costs as much to check as a message to append.
 */
#include "pg/base/compat.h"

#include "crypto/sha256.h"
#include "pg/secret/token_memory.h"

#define SLOTS 64

typedef struct Known
{
	bool		is_set;
	qfs_hash	name;			/* of text, origin and key */
	qfs_token	token;
} Known;

static Known known[SLOTS];

static void
name_token(qfs_slice text, qfs_slice origin, const qfs_hash *key, qfs_hash *out)
{
	qfs_sha256_state state;

	qfs_sha256_init(&state);
	qfs_sha256_add(&state, key->bytes, sizeof(key->bytes));
	qfs_sha256_add(&state, origin.data, origin.len);
	/* No origin has a zero byte, so nothing else hashes to the same. */
	qfs_sha256_add(&state, "", 1);
	qfs_sha256_add(&state, text.data, text.len);
	qfs_sha256_final(&state, out);
}

qfs_status
qfs_token_recall(qfs_slice text, qfs_slice origin, const qfs_hash *key, int64_t now,
				 qfs_token *out, qfs_error *err)
{
	qfs_hash	name;
	qfs_status	status;
	Known	   *slot;

	name_token(text, origin, key, &name);
	slot = &known[name.bytes[0] % SLOTS];
	if (slot->is_set && memcmp(&slot->name, &name, sizeof(name)) == 0 &&
		now < slot->token.expires_at)
	{
		*out = slot->token;
		return QFS_OK;
	}
	status = qfs_token_read(text, origin, key, now, out, err);
	if (status == QFS_OK)
		*slot = (Known) {true, name, *out};
	return status;
}
