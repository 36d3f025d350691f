/*
 * ed25519.h - device signatures, and which public keys may be used at all.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A ledger is verified again years later, with whatever library is there.
 * Libraries differ where a key or the point R has a part of small order or
 * another encoding: some compare R with S*B - h*A as they are, some multiply
 * the difference by the cofactor first (RFC 8032 allows both).  Nothing of
 * the kind passes here, so that what passes is good everywhere and always.
 * Every key that is registered and every signature that is verified comes
 * through the two functions below; docs/format.md states the rule, and
 * src/web/ed25519.mjs has the same.
 */
#ifndef QFS_ED25519_H
#define QFS_ED25519_H

#include "base/types.h"

#define QFS_ED25519_KEY_LEN 32
#define QFS_ED25519_SIGNATURE_LEN 64
#define QFS_X25519_KEY_LEN 32

/*
 * Is this an Ed25519 public key: canonical encoding, on the curve, not of
 * small order, and of prime order?  Every key that a generator makes is.
 * Source: RFC 8032, 5.1.3.
 * Errors: ED25519_KEY.
 */
extern qfs_status qfs_ed25519_key_check(qfs_slice key, qfs_error *err);

/*
 * Did the key sign the message?
 * signature: R || S, 64 bytes; R as a key has to be, S below the order of the
 *            base point
 * Source: RFC 8032, 5.1.7 (Ed25519: no prehash, no context).
 * Errors: SIGNATURE_LENGTH, ED25519_KEY, SIGNATURE_NOT_CANONICAL, SIGNATURE_MISMATCH.
 */
extern qfs_status qfs_ed25519_verify(qfs_slice message, qfs_slice signature, qfs_slice key,
									 qfs_error *err);

/*
 * Does the library tell points of prime order from others?  libsodium 1.0.20
 * and older do not, without the mending of CVE-2025-69277.
 */
extern bool qfs_ed25519_self_test(void);

/*
 * Is this an X25519 public key that has one encoding and gives a shared secret
 * that depends on the other side?  32 bytes, below 2^255 - 19 (X25519 itself
 * would ignore the top bit and reduce the rest), not of small order.
 * Source: RFC 7748, 5 and 6.1.
 * Errors: X25519_KEY.
 */
extern qfs_status qfs_x25519_key_check(qfs_slice key, qfs_error *err);

#endif
