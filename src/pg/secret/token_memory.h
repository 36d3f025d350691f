/*
 * token_memory.h - tokens that this backend has checked before.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_TOKEN_MEMORY_H
#define QFS_TOKEN_MEMORY_H

#include "identity/token.h"

/*
 * qfs_token_read, but the signature of a token is checked once a backend: what
 * a token says depends on its text, the key and the origin alone.  That its
 * time has not come is checked always.
 * Errors: TOKEN_INVALID, TOKEN_EXPIRED.
 */
extern qfs_status qfs_token_recall(qfs_slice text, qfs_slice origin, const qfs_hash *key, int64_t now,
								   qfs_token *out, qfs_error *err);

#endif
