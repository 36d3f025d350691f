/*
 * ethereum.h - who signed it: EIP-191 digests and address recovery.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * libsecp256k1 does the arithmetic, in a context that lies on our stack for
 * the time of one call: nothing to own, nothing on the heap, and callbacks of
 * ours in place of those that would abort the process.
 */
#ifndef QFS_ETHEREUM_H
#define QFS_ETHEREUM_H

#include "base/types.h"

/* Bytes of r || s || v, and of r || yParity and s as EIP-2098 packs them. */
#define QFS_SIGNATURE_LEN 65
#define QFS_SIGNATURE_COMPACT_LEN 64

/* Longest signature that is looked at, in bytes; contract wallets have long ones. */
#define QFS_SIGNATURE_READ_MAX 2048

/*
 * Reads "0x" and lower-case hexadecimal digits; *out is the bytes, in memory.
 * False: it is not written so, or longer.
 */
extern bool qfs_signature_decode(qfs_slice text, uint8_t memory[QFS_SIGNATURE_READ_MAX], qfs_slice *out);

/*
 * What personal_sign signs: Keccak-256 of "\x19Ethereum Signed Message:\n",
 * the number of bytes in decimal and the message, in this order.  The message
 * is hashed where it lies, so its length is not limited and nothing is copied.
 * Source: EIP-191, version 0x45.
 */
extern void qfs_personal_digest(qfs_slice message, qfs_hash *out);

/*
 * The address whose key signed a digest.
 * signature: 65 bytes with v in {0, 1, 27, 28}, or 64 bytes
 * Source: EIP-2 (low s), EIP-2098; ERC-1271 and ERC-6492 for what is refused.
 * Errors: CONTRACT_WALLET for any other length and for the ERC-6492 suffix,
 *         SIGNATURE_RECOVERY_ID, SIGNATURE_RANGE, SIGNATURE_HIGH_S,
 *         SIGNATURE_NO_KEY, ADDRESS_ZERO; INTERNAL if the library complains.
 */
extern qfs_status qfs_address_recover(const qfs_hash *digest, qfs_slice signature,
									  qfs_address *out, qfs_error *err);

/* The same for a message that personal_sign signed. */
extern qfs_status qfs_personal_recover(qfs_slice message, qfs_slice signature,
									   qfs_address *out, qfs_error *err);

/* The address of an uncompressed public key: X || Y, 32 bytes each, big-endian. */
extern void qfs_address_of_key(const uint8_t key[64], qfs_address *out);

/* Nobody has a key for it, and much code takes it for "none".  Errors: ADDRESS_ZERO. */
extern qfs_status qfs_address_nonzero(const qfs_address *address, qfs_error *err);

/* Recovers a known address with the library that is loaded; false = do not run. */
extern bool qfs_ethereum_self_test(void);

#endif
