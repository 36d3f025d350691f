/*
 * ethereum.c - who signed it: EIP-191 digests and address recovery.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "crypto/ethereum.h"

#include <secp256k1_preallocated.h>
#include <secp256k1_recovery.h>
#include <stdalign.h>

#include "base/assert.h"
#include "base/buf.h"
#include "base/status.h"
#include "crypto/keccak.h"

#define SCALAR_LEN 32

/* Order of secp256k1, and half of it: the largest s that EIP-2 admits. */
static const uint8_t order[SCALAR_LEN] = {
	0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE,
	0xBA, 0xAE, 0xDC, 0xE6, 0xAF, 0x48, 0xA0, 0x3B, 0xBF, 0xD2, 0x5E, 0x8C, 0xD0, 0x36, 0x41, 0x41
};
static const uint8_t half_order[SCALAR_LEN] = {
	0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
	0x5D, 0x57, 0x6E, 0x73, 0x57, 0xA4, 0x50, 0x1D, 0xDF, 0xE9, 0x2F, 0x46, 0x68, 0x1B, 0x20, 0xA0
};

/* ---- digests ---- */

void
qfs_personal_digest(qfs_slice message, qfs_hash *out)
{
	uint8_t		prefix[64];
	qfs_buf		buf;
	qfs_keccak_state state;

	qfs_buf_init(&buf, prefix, sizeof(prefix));
	qfs_buf_text(&buf, "\x19" "Ethereum Signed Message:\n");
	qfs_buf_uint(&buf, message.len);
	QFS_ASSERT(!buf.overflow);

	qfs_keccak_init(&state);
	qfs_keccak_add(&state, buf.data, buf.len);
	qfs_keccak_add(&state, message.data, message.len);
	qfs_keccak256_final(&state, out);
}

/* ---- signatures ---- */

bool
qfs_signature_decode(qfs_slice text, uint8_t memory[QFS_SIGNATURE_READ_MAX], qfs_slice *out)
{
	if (text.len < 2 || memcmp(text.data, "0x", 2) != 0)
		return false;
	*out = (qfs_slice) {memory, (text.len - 2) / 2};
	return out->len <= QFS_SIGNATURE_READ_MAX &&
		qfs_hex_decode((qfs_slice) {text.data + 2, text.len - 2}, memory, out->len);
}

/* A signature in the form that the library takes. */
typedef struct parts
{
	uint8_t		rs[2 * SCALAR_LEN];
	int			recovery_id;	/* 0 or 1: the parity of the nonce point's y */
} parts;

/*
 * A contract decides what its signatures look like; ERC-6492 wraps those of
 * contracts that do not exist yet, and wants its suffix looked for first.
 */
static bool
is_of_a_key(qfs_slice signature)
{
	uint8_t		suffix[32];

	for (size_t i = 0; i < sizeof(suffix); i++)
		suffix[i] = i % 2 == 0 ? 0x64 : 0x92;
	return (signature.len == QFS_SIGNATURE_LEN || signature.len == QFS_SIGNATURE_COMPACT_LEN) &&
		memcmp(signature.data + signature.len - sizeof(suffix), suffix, sizeof(suffix)) != 0;
}

/*
 * Recovery ids 2 and 3 stand for an r that overflowed the order; Ethereum has
 * no v for them.  35 and above carry a chain id (EIP-155), in transactions.
 */
static qfs_status
split_signature(qfs_slice signature, parts *out, qfs_error *err)
{
	uint8_t		v;

	if (!is_of_a_key(signature))
		return qfs_fail(err, QFS_CONTRACT_WALLET, "the signature has %u bytes%s",
						(uint64_t) signature.len,
						signature.len < QFS_SIGNATURE_COMPACT_LEN ? "; was it cut short?" : "");

	memcpy(out->rs, signature.data, sizeof(out->rs));
	if (signature.len == QFS_SIGNATURE_COMPACT_LEN)
	{
		out->recovery_id = out->rs[SCALAR_LEN] >> 7;
		out->rs[SCALAR_LEN] &= 0x7F;
		return QFS_OK;
	}
	v = signature.data[QFS_SIGNATURE_LEN - 1];
	if (v > 1 && v != 27 && v != 28)
		return qfs_fail(err, QFS_SIGNATURE_RECOVERY_ID, "it is %u", (uint64_t) v);
	out->recovery_id = v >= 27 ? v - 27 : v;
	return QFS_OK;
}

/* Big-endian numbers of one length sort as their bytes do. */
static bool
is_scalar(const uint8_t *number)
{
	static const uint8_t zero[SCALAR_LEN];

	return memcmp(number, order, SCALAR_LEN) < 0 && memcmp(number, zero, SCALAR_LEN) != 0;
}

/*
 * (r, n - s) with the other parity recovers the same address, and the library
 * would do it: refused, so that a signature has one form.
 */
static qfs_status
check_range(const parts *signature, qfs_error *err)
{
	const uint8_t *r = signature->rs;
	const uint8_t *s = signature->rs + SCALAR_LEN;

	if (!is_scalar(r) || !is_scalar(s))
		return qfs_fail(err, QFS_SIGNATURE_RANGE, "%s", is_scalar(r) ? "s" : "r");
	if (memcmp(s, half_order, SCALAR_LEN) > 0)
		return qfs_fail(err, QFS_SIGNATURE_HIGH_S, "s is %h", s);
	return QFS_OK;
}

/* ---- the curve ---- */

/* libsecp256k1 0.2 and 0.5 want 208 bytes; a version that wants more is told no. */
#define CONTEXT_MAX 2048

typedef struct curve
{
	alignas(max_align_t) uint8_t memory[CONTEXT_MAX];
	secp256k1_context *context;
	const char *complaint;		/* what the library held against a call, or NULL */
} curve;

/*
 * In place of the library's own callbacks, which abort.  It goes on after this
 * one returns and promises not to crash; what it then answers is not used.
 */
static void
note_complaint(const char *message, void *data)
{
	*(const char **) data = message;
}

static bool
curve_open(curve *c)
{
	c->complaint = NULL;
	if (secp256k1_context_preallocated_size(SECP256K1_CONTEXT_NONE) > sizeof(c->memory))
		return false;
	c->context = secp256k1_context_preallocated_create(c->memory, SECP256K1_CONTEXT_NONE);
	if (c->context == NULL)
		return false;
	secp256k1_context_set_illegal_callback(c->context, note_complaint, &c->complaint);
	secp256k1_context_set_error_callback(c->context, note_complaint, &c->complaint);
	return true;
}

/* The signer's public key as 0x04 || X || Y; false = there is none. */
static bool
recover_key(curve *c, const qfs_hash *digest, const parts *signature, uint8_t out[65])
{
	secp256k1_ecdsa_recoverable_signature parsed;
	secp256k1_pubkey key;
	size_t		len = 65;

	QFS_ASSERT(signature->recovery_id == 0 || signature->recovery_id == 1);
	return secp256k1_ecdsa_recoverable_signature_parse_compact(c->context, &parsed, signature->rs,
															   signature->recovery_id) == 1 &&
		secp256k1_ecdsa_recover(c->context, &key, &parsed, digest->bytes) == 1 &&
		secp256k1_ec_pubkey_serialize(c->context, out, &len, &key,
									  SECP256K1_EC_UNCOMPRESSED) == 1 &&
		len == 65;
}

void
qfs_address_of_key(const uint8_t key[64], qfs_address *out)
{
	qfs_hash	hash;

	qfs_keccak256((qfs_slice) {key, 64}, &hash);
	memcpy(out->bytes, hash.bytes + QFS_HASH_LEN - QFS_ADDRESS_LEN, QFS_ADDRESS_LEN);
}

qfs_status
qfs_address_nonzero(const qfs_address *address, qfs_error *err)
{
	static const qfs_address zero;

	if (memcmp(address, &zero, sizeof(zero)) == 0)
		return qfs_fail(err, QFS_ADDRESS_ZERO, "");
	return QFS_OK;
}

qfs_status
qfs_address_recover(const qfs_hash *digest, qfs_slice signature, qfs_address *out, qfs_error *err)
{
	parts		split;
	curve		c;
	uint8_t		key[65];
	bool		found;
	qfs_status	status;

	status = split_signature(signature, &split, err);
	if (status == QFS_OK)
		status = check_range(&split, err);
	if (status != QFS_OK)
		return status;

	if (!curve_open(&c))
		return qfs_fail(err, QFS_INTERNAL, "this libsecp256k1 needs a larger context");
	found = recover_key(&c, digest, &split, key);
	secp256k1_context_preallocated_destroy(c.context);
	if (c.complaint != NULL)
		return qfs_fail(err, QFS_INTERNAL, "libsecp256k1: %s", c.complaint);
	if (!found)
		return qfs_fail(err, QFS_SIGNATURE_NO_KEY, "r is %h", split.rs);
	qfs_address_of_key(key + 1, out);
	return qfs_address_nonzero(out, err);
}

qfs_status
qfs_personal_recover(qfs_slice message, qfs_slice signature, qfs_address *out, qfs_error *err)
{
	qfs_hash	digest;

	qfs_personal_digest(message, &digest);
	return qfs_address_recover(&digest, signature, out, err);
}

bool
qfs_ethereum_self_test(void)
{
	/* "Hello World" by the key 0x1234567890...1234 */
	static const char known[] =
		"68a020a209d3d56c46f38cc50a33f704f4a9a10a59377f8dd762ac66910e9b90"
		"7e865ad05c4035ab5792787d4a0297a43617ae897930a6fe4d822b8faea520641b";
	static const char signer[] = "2e988a386a799f506693793c6a5af6b54dfaabfb";
	uint8_t		signature[QFS_SIGNATURE_LEN];
	qfs_address want;
	qfs_address got;

	return qfs_hex_decode(qfs_slice_of(known), signature, sizeof(signature)) &&
		qfs_hex_decode(qfs_slice_of(signer), want.bytes, sizeof(want.bytes)) &&
		qfs_personal_recover(QFS_LITERAL("Hello World"),
							 (qfs_slice) {signature, sizeof(signature)}, &got, NULL) == QFS_OK &&
		memcmp(&got, &want, sizeof(got)) == 0;
}
