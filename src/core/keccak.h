/*
 * keccak.h - Keccak-256 (Ethereum) and SHA3-256 (FIPS 202).
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Our own, because no C library of Debian 12 has Keccak-256.
 */
#ifndef QFS_KECCAK_H
#define QFS_KECCAK_H

#include "qfs.h"

extern void qfs_keccak256(qfs_slice bytes, qfs_hash *out);
extern void qfs_sha3_256(qfs_slice bytes, qfs_hash *out);

/* Known answers at the lengths where padding goes wrong; false = do not run. */
extern bool qfs_keccak_self_test(void);

#endif
