/*
 * sha256.h - SHA-256 (FIPS 180-4).
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * libcrypto does the work through its low-level calls: they keep their state
 * on our stack, so hashing needs no heap, no context object and cannot fail.
 */
#ifndef QFS_SHA256_H
#define QFS_SHA256_H

/* The low-level calls are deprecated, not gone, since OpenSSL 3.0. */
#ifndef OPENSSL_API_COMPAT
#define OPENSSL_API_COMPAT 0x10100000L
#endif
#include <openssl/sha.h>

#include "base/assert.h"
#include "base/types.h"

typedef SHA256_CTX qfs_sha256_state;

static inline void
qfs_sha256_init(qfs_sha256_state *state)
{
	SHA256_Init(state);
}

static inline void
qfs_sha256_add(qfs_sha256_state *state, const void *bytes, size_t len)
{
	QFS_ASSERT(bytes != NULL || len == 0);
	SHA256_Update(state, bytes, len);
}

static inline void
qfs_sha256_final(qfs_sha256_state *state, qfs_hash *out)
{
	SHA256_Final(out->bytes, state);
}

static inline void
qfs_sha256(qfs_slice bytes, qfs_hash *out)
{
	qfs_sha256_state state;

	qfs_sha256_init(&state);
	qfs_sha256_add(&state, bytes.data, bytes.len);
	qfs_sha256_final(&state, out);
}

#endif
