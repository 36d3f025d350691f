/*
 * ed25519.c - device signatures, and which public keys may be used at all.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "crypto/ed25519.h"

#include <sodium.h>
#include <string.h>

#include "base/assert.h"
#include "base/status.h"

_Static_assert(QFS_ED25519_KEY_LEN == crypto_sign_PUBLICKEYBYTES &&
			   QFS_ED25519_SIGNATURE_LEN == crypto_sign_BYTES, "what libsodium reads");

/* Both little-endian: order of the base point, and the field's 2^255 - 19. */
static const uint8_t order[32] = {
	0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10
};
static const uint8_t prime[32] = {
	0xED, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
	0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F
};

/* Everything here is public, so comparisons may take as long as they take. */
static bool
is_below(const uint8_t a[32], const uint8_t b[32])
{
	for (int i = 31; i >= 0; i--)
		if (a[i] != b[i])
			return a[i] < b[i];
	return false;
}

/* ---- Ed25519 ---- */

/*
 * crypto_core_ed25519_is_valid_point does the whole of it, for keys and for
 * R: canonical, on the curve, not of small order, in the subgroup of prime
 * order.  The verifying function itself checks only the first three.
 */
static bool
is_point(const uint8_t *bytes)
{
	return crypto_core_ed25519_is_valid_point(bytes) == 1;
}

qfs_status
qfs_ed25519_key_check(qfs_slice key, qfs_error *err)
{
	if (key.len != QFS_ED25519_KEY_LEN)
		return qfs_fail(err, QFS_ED25519_KEY, "it has %u bytes", (uint64_t) key.len);
	if (!is_point(key.data))
		return qfs_fail(err, QFS_ED25519_KEY, "it is %h", key.data);
	return QFS_OK;
}

/*
 * What decides is checked here, whatever libsodium does by itself: a version
 * may compare R as bytes or multiply by the cofactor first, and a build for
 * compatibility with its own past takes any S.  With A and R of prime order
 * all of them give one answer.
 */
qfs_status
qfs_ed25519_verify(qfs_slice message, qfs_slice signature, qfs_slice key, qfs_error *err)
{
	qfs_status	status;

	if (signature.len != QFS_ED25519_SIGNATURE_LEN)
		return qfs_fail(err, QFS_SIGNATURE_LENGTH, "this one has %u", (uint64_t) signature.len);
	status = qfs_ed25519_key_check(key, err);
	if (status != QFS_OK)
		return status;
	if (!is_below(signature.data + 32, order))
		return qfs_fail(err, QFS_SIGNATURE_NOT_CANONICAL, "S is %h", signature.data + 32);
	QFS_ASSERT(message.data != NULL || message.len == 0);
	if (crypto_sign_verify_detached(signature.data, message.data, message.len, key.data) != 0 ||
		!is_point(signature.data))
		return qfs_fail(err, QFS_SIGNATURE_MISMATCH, "the key is %h", key.data);
	return QFS_OK;
}

/* The base point and the point of order 2: CVE-2025-69277 lets it pass as of prime order. */
bool
qfs_ed25519_self_test(void)
{
	static const uint8_t mixed[32] = {
		0x95, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99,
		0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99
	};

	return !is_point(mixed);
}

/* ---- X25519 ---- */

/*
 * The canonical u of small order: 0 and 1, the two of order 8, and -1, which
 * is one on the twist.  With any of them the shared secret is zero.
 */
static const uint8_t small_order[][32] = {
	{0},
	{1},
	{
		0xE0, 0xEB, 0x7A, 0x7C, 0x3B, 0x41, 0xB8, 0xAE, 0x16, 0x56, 0xE3, 0xFA, 0xF1, 0x9F, 0xC4, 0x6A,
		0xDA, 0x09, 0x8D, 0xEB, 0x9C, 0x32, 0xB1, 0xFD, 0x86, 0x62, 0x05, 0x16, 0x5F, 0x49, 0xB8, 0x00
	},
	{
		0x5F, 0x9C, 0x95, 0xBC, 0xA3, 0x50, 0x8C, 0x24, 0xB1, 0xD0, 0xB1, 0x55, 0x9C, 0x83, 0xEF, 0x5B,
		0x04, 0x44, 0x5C, 0xC4, 0x58, 0x1C, 0x8E, 0x86, 0xD8, 0x22, 0x4E, 0xDD, 0xD0, 0x9F, 0x11, 0x57
	},
	{
		0xEC, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
		0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F
	},
};

qfs_status
qfs_x25519_key_check(qfs_slice key, qfs_error *err)
{
	if (key.len != QFS_X25519_KEY_LEN)
		return qfs_fail(err, QFS_X25519_KEY, "it has %u bytes", (uint64_t) key.len);
	if (!is_below(key.data, prime))
		return qfs_fail(err, QFS_X25519_KEY, "it is not below 2^255 - 19: %h", key.data);
	for (size_t i = 0; i < QFS_ROWS(small_order); i++)
		if (memcmp(key.data, small_order[i], QFS_X25519_KEY_LEN) == 0)
			return qfs_fail(err, QFS_X25519_KEY, "it is of small order: %h", key.data);
	return QFS_OK;
}
