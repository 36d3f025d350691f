/*
 * keccak.h - Keccak-256 (Ethereum) and SHA3-256 (FIPS 202).
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Our own, because no C library of Debian 12 has Keccak-256.
 */
#ifndef QFS_KECCAK_H
#define QFS_KECCAK_H

#include "base/types.h"

extern void qfs_keccak256(qfs_slice bytes, qfs_hash *out);
extern void qfs_sha3_256(qfs_slice bytes, qfs_hash *out);

/*
 * The same in pieces, for input that does not lie in one place: init, any
 * number of adds, final.  The state is the caller's and needs no release.
 */
typedef struct qfs_keccak_state
{
	uint64_t	lanes[25];
	unsigned	filled;			/* bytes of the block in progress */
} qfs_keccak_state;

extern void qfs_keccak_init(qfs_keccak_state *state);
extern void qfs_keccak_add(qfs_keccak_state *state, const void *bytes, size_t len);
extern void qfs_keccak256_final(qfs_keccak_state *state, qfs_hash *out);
extern void qfs_sha3_256_final(qfs_keccak_state *state, qfs_hash *out);

/* Known answers at the lengths where padding goes wrong; false = do not run. */
extern bool qfs_keccak_self_test(void);

#endif
