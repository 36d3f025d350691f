/*
 * test_ethereum.c - personal_sign digests, and who signed.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <secp256k1_recovery.h>

#include "crypto/ethereum.h"
#include "crypto/keccak.h"

/* "Hello World" by the key 0x1234...1234, and the same with n - s. */
#define HELLO_R "68a020a209d3d56c46f38cc50a33f704f4a9a10a59377f8dd762ac66910e9b90"
#define HELLO_S "7e865ad05c4035ab5792787d4a0297a43617ae897930a6fe4d822b8faea52064"
#define HELLO_HIGH_S "8179a52fa3bfca54a86d8782b5fd685a84972e5d3617f93d725032fd219120dd"
#define HELLO_SIGNER "2e988a386a799f506693793c6a5af6b54dfaabfb"

#define ORDER "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
#define ORDER_LESS_1 "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140"
#define ORDER_PLUS_1 "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364142"
#define HALF_ORDER "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0"
#define HALF_PLUS_1 "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1"
#define ALL_ONES "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define FIVE "0000000000000000000000000000000000000000000000000000000000000005"
#define ONE "0000000000000000000000000000000000000000000000000000000000000001"
#define MAGIC "6492649264926492649264926492649264926492649264926492649264926492"

static qfs_slice
unhex(const char *text, uint8_t *memory)
{
	size_t		len = strlen(text) / 2;

	CHECK(qfs_hex_decode(qfs_slice_of(text), memory, len));
	return (qfs_slice) {memory, len};
}

/* ---- digests ---- */

static void
digests(void)
{
	static const struct
	{
		const char *message;
		const char *digest;
	}			rows[] = {
		{"Hello World", "a1de988600a42c4b4ab089b619297c17d53cffae5d5120d82d8a92d0bb3b78f2"},
		{"", "5f35dce98ba4fba25530a026ed80b2cecdaa31091ba4958b99b52ea1d068adad"},
		{"h\xC3\xA9llo \xE2\x82\xAC\xF0\x9F\x98\x80",
		"feae78b28bf791ee9015ef5c7b4d63a7af4f205c40eafd15b1c36bdf8c93781a"},
	};
	qfs_hash	hash;

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].message);
		qfs_personal_digest(qfs_slice_of(rows[i].message), &hash);
		CHECK_HEX(hash.bytes, sizeof(hash.bytes), rows[i].digest);
	}
}

/* The length is decimal and counts bytes; each number of digits occurs. */
static void
digest_of_every_length(void)
{
	uint8_t		text[64 + 1100];

	for (size_t len = 0; len <= 1100; len++)
	{
		qfs_buf		buf;
		qfs_hash	want;
		qfs_hash	got;
		size_t		start;

		unit_row("%zu bytes", len);
		qfs_buf_init(&buf, text, sizeof(text));
		qfs_buf_text(&buf, "\x19" "Ethereum Signed Message:\n");
		qfs_buf_uint(&buf, len);
		start = buf.len;
		for (size_t i = 0; i < len; i++)
			qfs_buf_byte(&buf, (uint8_t) (7 * i + len));
		qfs_keccak256(qfs_buf_slice(&buf), &want);
		qfs_personal_digest((qfs_slice) {text + start, len}, &got);
		CHECK_HASH(&got, &want);
	}
}

/* In pieces of any size the hash is the same. */
static void
keccak_in_pieces(void)
{
	uint8_t		text[300];
	qfs_slice	whole = {text, sizeof(text)};
	qfs_hash	keccak;
	qfs_hash	sha3;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t) (i * i + 1);
	qfs_keccak256(whole, &keccak);
	qfs_sha3_256(whole, &sha3);

	for (size_t piece = 1; piece <= sizeof(text); piece++)
	{
		qfs_keccak_state state;
		qfs_keccak_state copy;
		qfs_hash	got;

		unit_row("pieces of %zu bytes", piece);
		qfs_keccak_init(&state);
		for (size_t at = 0; at < sizeof(text); at += piece)
			qfs_keccak_add(&state, text + at,
						   sizeof(text) - at < piece ? sizeof(text) - at : piece);
		qfs_keccak_add(&state, NULL, 0);
		copy = state;
		qfs_keccak256_final(&state, &got);
		CHECK_HASH(&got, &keccak);
		qfs_sha3_256_final(&copy, &got);
		CHECK_HASH(&got, &sha3);
	}
}

/* ---- recovery ---- */

static void
vectors(void)
{
	static const struct
	{
		const char *name;
		const char *message;
		const char *signature;
	}			rows[] = {
		{"v 27", "Hello World", HELLO_R HELLO_S "1b"},
		{"v 0", "Hello World", HELLO_R HELLO_S "00"},
		{"compact, even y", "Hello World", HELLO_R HELLO_S},
		{"compact, odd y", "It's a small(er) world",
			"9328da16089fcba9bececa81663203989f2df5fe1faa6291a45381c81bd17f76"
		"939c6d6b623b42da56557e5e734a43dc83345ddfadec52cbe24d0cc64f550793"},
		{"v 28", "It's a small(er) world",
			"9328da16089fcba9bececa81663203989f2df5fe1faa6291a45381c81bd17f76"
		"139c6d6b623b42da56557e5e734a43dc83345ddfadec52cbe24d0cc64f5507931c"},
	};
	uint8_t		memory[QFS_SIGNATURE_LEN];
	qfs_address address;
	qfs_error	err;

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].name);
		CHECK_STATUS(qfs_personal_recover(qfs_slice_of(rows[i].message),
										  unhex(rows[i].signature, memory), &address, &err), QFS_OK);
		CHECK_HEX(address.bytes, sizeof(address.bytes), HELLO_SIGNER);
	}
	CHECK(qfs_ethereum_self_test());
}

static void
refusals(void)
{
	static const struct
	{
		const char *name;
		const char *signature;
		qfs_status	status;
		const char *detail;
	}			rows[] = {
		{"high-s twin", HELLO_R HELLO_HIGH_S "1c", QFS_SIGNATURE_HIGH_S, "s is " HELLO_HIGH_S},
		{"high-s twin, v 1", HELLO_R HELLO_HIGH_S "01", QFS_SIGNATURE_HIGH_S, "s is "},
		{"s of n/2 + 1", HELLO_R HALF_PLUS_1 "1b", QFS_SIGNATURE_HIGH_S, "s is "},
		{"s of n - 1", HELLO_R ORDER_LESS_1 "1b", QFS_SIGNATURE_HIGH_S, "s is "},
		{"compact s of n/2 + 1", HELLO_R HALF_PLUS_1, QFS_SIGNATURE_HIGH_S, "s is "},
		{"s of n", HELLO_R ORDER "1b", QFS_SIGNATURE_RANGE, "s"},
		{"s of n + 1", HELLO_R ORDER_PLUS_1 "1b", QFS_SIGNATURE_RANGE, "s"},
		{"s all ones", HELLO_R ALL_ONES "1b", QFS_SIGNATURE_RANGE, "s"},
		{"s zero", HELLO_R ZERO "1b", QFS_SIGNATURE_RANGE, "s"},
		{"compact s zero", HELLO_R ZERO, QFS_SIGNATURE_RANGE, "s"},
		{"r zero", ZERO HELLO_S "1b", QFS_SIGNATURE_RANGE, "r"},
		{"r of n", ORDER HELLO_S "1b", QFS_SIGNATURE_RANGE, "r"},
		{"r of n + 1", ORDER_PLUS_1 HELLO_S "1b", QFS_SIGNATURE_RANGE, "r"},
		{"r all ones", ALL_ONES HELLO_S, QFS_SIGNATURE_RANGE, "r"},
		{"r and s zero", ZERO ZERO "1b", QFS_SIGNATURE_RANGE, "r"},
		{"no point has this r", FIVE HELLO_S "1b", QFS_SIGNATURE_NO_KEY, "r is " FIVE},
		{"no point has this r, compact", FIVE HELLO_S, QFS_SIGNATURE_NO_KEY, "r is "},
		{"recovery id 2", HELLO_R HELLO_S "02", QFS_SIGNATURE_RECOVERY_ID, "it is 2"},
		{"recovery id 3", HELLO_R HELLO_S "03", QFS_SIGNATURE_RECOVERY_ID, "it is 3"},
		{"recovery id 2 as 29", HELLO_R HELLO_S "1d", QFS_SIGNATURE_RECOVERY_ID, "it is 29"},
		{"recovery id 3 as 30", HELLO_R HELLO_S "1e", QFS_SIGNATURE_RECOVERY_ID, "it is 30"},
		{"EIP-155, chain 1", HELLO_R HELLO_S "25", QFS_SIGNATURE_RECOVERY_ID, "it is 37"},
		{"nothing", "", QFS_CONTRACT_WALLET, "0 bytes"},
		{"cut short", HELLO_R, QFS_CONTRACT_WALLET, "32 bytes; was it cut short?"},
		{"two signatures", HELLO_R HELLO_S "1b" HELLO_R HELLO_S "1b", QFS_CONTRACT_WALLET, "130 bytes"},
		{"ERC-6492", HELLO_R HELLO_S "1b" MAGIC, QFS_CONTRACT_WALLET, "97 bytes"},
		{"ERC-6492 of 64 bytes", HELLO_R MAGIC, QFS_CONTRACT_WALLET, "64 bytes"},
		{"ERC-6492 of 65 bytes", HELLO_R "00" MAGIC, QFS_CONTRACT_WALLET, "65 bytes"},
	};
	uint8_t		memory[160];
	qfs_address address;

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_error	err = {QFS_OK, ""};

		unit_row("%s", rows[i].name);
		CHECK_STATUS(qfs_personal_recover(QFS_LITERAL("Hello World"),
										  unhex(rows[i].signature, memory), &address, &err),
					 rows[i].status);
		CHECK_DETAIL(&err, rows[i].detail);
	}
}

/* The largest s that may be, and the smallest numbers, are in range. */
static void
bounds(void)
{
	static const char *const rows[] = {
		HELLO_R HALF_ORDER "1b", HELLO_R ONE "1b", HELLO_R HALF_ORDER, ONE HELLO_S "1b",
	};
	uint8_t		memory[QFS_SIGNATURE_LEN];
	qfs_address address;

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i]);
		CHECK_STATUS(qfs_personal_recover(QFS_LITERAL("Hello World"), unhex(rows[i], memory),
										  &address, NULL), QFS_OK);
	}
}

static void
every_v(void)
{
	uint8_t		memory[QFS_SIGNATURE_LEN];
	qfs_slice	signature = unhex(HELLO_R HELLO_S "1b", memory);

	for (int v = 0; v < 256; v++)
	{
		bool		good = v == 0 || v == 1 || v == 27 || v == 28;
		uint8_t		signer[QFS_ADDRESS_LEN];
		qfs_address address;
		qfs_status	status;

		unit_row("v %d", v);
		memory[QFS_SIGNATURE_LEN - 1] = (uint8_t) v;
		status = qfs_personal_recover(QFS_LITERAL("Hello World"), signature, &address, NULL);
		CHECK_STATUS(status, good ? QFS_OK : QFS_SIGNATURE_RECOVERY_ID);
		qfs_hex_decode(QFS_LITERAL(HELLO_SIGNER), signer, sizeof(signer));
		if (good)
			CHECK((memcmp(address.bytes, signer, sizeof(signer)) == 0) == (v % 27 == 0));
	}
}

static void
every_length(void)
{
	uint8_t		bytes[200];

	memset(bytes, 1, sizeof(bytes));
	for (size_t len = 0; len <= sizeof(bytes); len++)
	{
		qfs_address address;
		qfs_status	status = qfs_personal_recover(QFS_LITERAL("x"), (qfs_slice) {bytes, len},
												  &address, NULL);

		unit_row("%zu bytes", len);
		CHECK((status == QFS_CONTRACT_WALLET) == (len != 64 && len != 65));
	}
}

/* ---- our own keys ---- */

/* r || s || recovery id, by libsecp256k1; s is low. */
static void
sign(secp256k1_context *ctx, const uint8_t secret[32], const qfs_hash *digest, uint8_t out[65])
{
	secp256k1_ecdsa_recoverable_signature signature;
	int			id = 0;

	CHECK(secp256k1_ecdsa_sign_recoverable(ctx, &signature, digest->bytes, secret, NULL, NULL) == 1);
	CHECK(secp256k1_ecdsa_recoverable_signature_serialize_compact(ctx, out, &id, &signature) == 1);
	CHECK(id < 2);
	out[64] = (uint8_t) id;
}

static void
address_of_secret(secp256k1_context *ctx, const uint8_t secret[32], qfs_address *out)
{
	secp256k1_pubkey key;
	uint8_t		bytes[65];
	size_t		len = sizeof(bytes);

	CHECK(secp256k1_ec_pubkey_create(ctx, &key, secret) == 1);
	secp256k1_ec_pubkey_serialize(ctx, bytes, &len, &key, SECP256K1_EC_UNCOMPRESSED);
	qfs_address_of_key(bytes + 1, out);
}

static void
own_keys(void)
{
	secp256k1_context *ctx = secp256k1_context_create(SECP256K1_CONTEXT_NONE);

	for (unsigned i = 0; i < 200; i++)
	{
		uint8_t		seed[2] = {(uint8_t) i, (uint8_t) (i >> 8)};
		uint8_t		signature[QFS_SIGNATURE_LEN];
		qfs_address want;
		qfs_address got;
		qfs_hash	secret;
		qfs_hash	digest;

		unit_row("key %u", i);
		qfs_sha3_256((qfs_slice) {seed, sizeof(seed)}, &secret);
		qfs_personal_digest((qfs_slice) {seed, sizeof(seed)}, &digest);
		address_of_secret(ctx, secret.bytes, &want);
		sign(ctx, secret.bytes, &digest, signature);
		CHECK_STATUS(qfs_address_recover(&digest, (qfs_slice) {signature, 65}, &got, NULL), QFS_OK);
		CHECK(memcmp(&got, &want, sizeof(got)) == 0);

		signature[32] |= (uint8_t) (signature[64] << 7);
		CHECK_STATUS(qfs_address_recover(&digest, (qfs_slice) {signature, 64}, &got, NULL), QFS_OK);
		CHECK(memcmp(&got, &want, sizeof(got)) == 0);
	}
	secp256k1_context_destroy(ctx);
}

/* No bit of a signature or of a digest is ignored. */
static void
every_bit(void)
{
	uint8_t		memory[QFS_SIGNATURE_LEN];
	uint8_t		signer[QFS_ADDRESS_LEN];
	qfs_slice	signature = unhex(HELLO_R HELLO_S "1b", memory);
	qfs_address address;
	qfs_hash	digest;

	qfs_hex_decode(QFS_LITERAL(HELLO_SIGNER), signer, sizeof(signer));
	qfs_personal_digest(QFS_LITERAL("Hello World"), &digest);
	for (unsigned bit = 0; bit < 8 * (QFS_SIGNATURE_LEN + QFS_HASH_LEN); bit++)
	{
		uint8_t    *byte = bit / 8 < QFS_SIGNATURE_LEN ?
			&memory[bit / 8] : &digest.bytes[bit / 8 - QFS_SIGNATURE_LEN];

		unit_row("bit %u", bit);
		*byte ^= (uint8_t) (1 << bit % 8);
		CHECK(qfs_address_recover(&digest, signature, &address, NULL) != QFS_OK ||
			  memcmp(address.bytes, signer, sizeof(signer)) != 0);
		*byte ^= (uint8_t) (1 << bit % 8);
	}
	CHECK_STATUS(qfs_address_recover(&digest, signature, &address, NULL), QFS_OK);
	CHECK(memcmp(address.bytes, signer, sizeof(signer)) == 0);
}

/* Nobody can make a signature that recovers it, so the check is tested alone. */
static void
zero_address(void)
{
	qfs_address address = {{0}};

	CHECK_STATUS(qfs_address_nonzero(&address, NULL), QFS_ADDRESS_ZERO);
	for (int i = 0; i < QFS_ADDRESS_LEN; i++)
	{
		address.bytes[i] = 1;
		CHECK_STATUS(qfs_address_nonzero(&address, NULL), QFS_OK);
		address.bytes[i] = 0;
	}
}

static const unit_case cases[] = {
	CASE(digests),
	CASE(digest_of_every_length),
	CASE(keccak_in_pieces),
	CASE(vectors),
	CASE(refusals),
	CASE(bounds),
	CASE(every_v),
	CASE(every_length),
	CASE(own_keys),
	CASE(every_bit),
	CASE(zero_address),
	NO_MORE_CASES
};

const unit_suite suite_ethereum = {"ethereum", cases};
