/*
 * test_ed25519.c - device signatures, and public keys of both curves.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <sodium.h>

#include "crypto/ed25519.h"

/* A point of order 8; it generates the other seven of small order. */
static const char order_8[] = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";

#define ORDER "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"
#define ORDER_LESS_1 "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"

static qfs_slice
unhex(const char *text, uint8_t *memory)
{
	size_t		len = strlen(text) / 2;

	CHECK(qfs_hex_decode(qfs_slice_of(text), memory, len));
	return (qfs_slice) {memory, len};
}

/* A key pair and the signature of its message, both changeable. */
typedef struct signed_message
{
	uint8_t		seed[32];
	uint8_t		key[32];
	uint8_t		secret[64];
	uint8_t		message[13];
	uint8_t		signature[64];
} signed_message;

static void
make(signed_message *m)
{
	memset(m->seed, 7, sizeof(m->seed));
	memcpy(m->message, "to be signed.", sizeof(m->message));
	crypto_sign_seed_keypair(m->key, m->secret, m->seed);
	crypto_sign_detached(m->signature, NULL, m->message, sizeof(m->message), m->secret);
}

static qfs_status
verify(const signed_message *m, qfs_error *err)
{
	return qfs_ed25519_verify((qfs_slice) {m->message, sizeof(m->message)},
							  (qfs_slice) {m->signature, sizeof(m->signature)},
							  (qfs_slice) {m->key, sizeof(m->key)}, err);
}

/* RFC 8032, 7.1: tests 1, 2 and 3. */
static void
vectors(void)
{
	static const struct
	{
		const char *key;
		const char *message;
		const char *signature;
	}			rows[] = {
		{"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
			"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
		"5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
		{"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
			"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
		"085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
		{"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
			"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
		"18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
	};
	uint8_t		key[32];
	uint8_t		message[2];
	uint8_t		signature[64];

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("test %zu", i + 1);
		CHECK_STATUS(qfs_ed25519_verify(unhex(rows[i].message, message),
										unhex(rows[i].signature, signature),
										unhex(rows[i].key, key), NULL), QFS_OK);
	}
}

static void
lengths(void)
{
	signed_message m;
	uint8_t		longer[100] = {0};

	make(&m);
	for (size_t len = 0; len <= sizeof(longer); len++)
	{
		qfs_slice	message = {m.message, sizeof(m.message)};
		qfs_error	err = {QFS_OK, ""};

		unit_row("%zu bytes", len);
		memcpy(longer, m.signature, sizeof(m.signature));
		CHECK_STATUS(qfs_ed25519_verify(message, (qfs_slice) {longer, len},
										(qfs_slice) {m.key, sizeof(m.key)}, &err),
					 len == 64 ? QFS_OK : QFS_SIGNATURE_LENGTH);
		memcpy(longer, m.key, sizeof(m.key));
		CHECK_STATUS(qfs_ed25519_verify(message, (qfs_slice) {m.signature, sizeof(m.signature)},
										(qfs_slice) {longer, len}, &err),
					 len == 32 ? QFS_OK : QFS_ED25519_KEY);
	}
}

static void
every_bit(void)
{
	signed_message m;

	make(&m);
	CHECK_STATUS(verify(&m, NULL), QFS_OK);
	for (unsigned bit = 0; bit < 8 * (sizeof(m.message) + sizeof(m.signature)); bit++)
	{
		uint8_t    *byte = bit / 8 < sizeof(m.message) ?
			&m.message[bit / 8] : &m.signature[bit / 8 - sizeof(m.message)];
		qfs_status	status;

		unit_row("bit %u of message and signature", bit);
		*byte ^= (uint8_t) (1 << bit % 8);
		status = verify(&m, NULL);
		CHECK(status == QFS_SIGNATURE_MISMATCH || status == QFS_SIGNATURE_NOT_CANONICAL);
		*byte ^= (uint8_t) (1 << bit % 8);
	}
	for (unsigned bit = 0; bit < 8 * sizeof(m.key); bit++)
	{
		qfs_status	status;

		unit_row("bit %u of the key", bit);
		m.key[bit / 8] ^= (uint8_t) (1 << bit % 8);
		status = verify(&m, NULL);
		CHECK(status == QFS_SIGNATURE_MISMATCH || status == QFS_ED25519_KEY);
		m.key[bit / 8] ^= (uint8_t) (1 << bit % 8);
	}
}

/* S and S + order both solve the equation; one of them is the signature. */
static void
canonical_s(void)
{
	static const struct
	{
		const char *s;
		qfs_status	status;
	}			rows[] = {
		{ORDER, QFS_SIGNATURE_NOT_CANONICAL},
		{ORDER_LESS_1, QFS_SIGNATURE_MISMATCH},
		{"0000000000000000000000000000000000000000000000000000000000000000", QFS_SIGNATURE_MISMATCH},
		{"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", QFS_SIGNATURE_NOT_CANONICAL},
		{"0000000000000000000000000000000000000000000000000000000000000020", QFS_SIGNATURE_NOT_CANONICAL},
	};
	signed_message m;
	uint8_t		order[32];
	unsigned	carry = 0;
	qfs_error	err;

	make(&m);
	unhex(ORDER, order);
	for (int i = 0; i < 32; i++)
	{
		carry += m.signature[32 + i] + order[i];
		m.signature[32 + i] = (uint8_t) carry;
		carry >>= 8;
	}
	CHECK_STATUS(verify(&m, &err), QFS_SIGNATURE_NOT_CANONICAL);
	CHECK_DETAIL(&err, "S is ");

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("S %s", rows[i].s);
		unhex(rows[i].s, m.signature + 32);
		CHECK_STATUS(verify(&m, NULL), rows[i].status);
	}
}

/* ---- keys that must not be ---- */

static void
small_order_keys(void)
{
	uint8_t		step[32];
	uint8_t		point[32];

	unhex(order_8, step);
	memcpy(point, step, sizeof(point));
	for (int i = 1; i <= 8; i++)
	{
		qfs_error	err;

		unit_row("%d times the point of order 8", i);
		CHECK_STATUS(qfs_ed25519_key_check((qfs_slice) {point, 32}, &err), QFS_ED25519_KEY);
		CHECK(crypto_core_ed25519_add(point, point, step) == 0);
	}
	CHECK(memcmp(point, step, sizeof(point)) == 0);
}

/* y of 2^255 - 19 and above has another encoding; with either sign of x. */
static void
non_canonical_keys(void)
{
	uint8_t		key[32];

	for (int i = 0; i < 19; i++)
		for (int sign = 0; sign < 2; sign++)
		{
			unit_row("y of p + %d, sign %d", i, sign);
			memset(key, 0xFF, sizeof(key));
			key[0] = (uint8_t) (0xED + i);
			key[31] = sign ? 0xFF : 0x7F;
			CHECK_STATUS(qfs_ed25519_key_check((qfs_slice) {key, 32}, NULL), QFS_ED25519_KEY);
		}
}

static void
keys_off_the_curve(void)
{
	unsigned	refused = 0;

	for (uint8_t i = 2; i < 102; i++)
	{
		uint8_t		key[32] = {i};

		refused += qfs_ed25519_key_check((qfs_slice) {key, 32}, NULL) == QFS_ED25519_KEY;
	}
	/* Half of all y have no x; of the rest, 7 of 8 are not of prime order. */
	CHECK(refused > 80 && refused < 100);
}

/*
 * A key with a part of order 8.  libsodium's own verification takes one in
 * eight of its signatures; where the cofactor is multiplied, all pass.
 */
static void
mixed_order_key(void)
{
	signed_message m;
	uint8_t		torsion[32];
	bool		found = false;

	make(&m);
	unhex(order_8, torsion);
	CHECK(crypto_core_ed25519_add(m.key, m.key, torsion) == 0);
	memcpy(m.secret + 32, m.key, sizeof(m.key));
	for (int i = 0; i < 200 && !found; i++)
	{
		m.message[0] = (uint8_t) i;
		crypto_sign_detached(m.signature, NULL, m.message, sizeof(m.message), m.secret);
		found = crypto_sign_verify_detached(m.signature, m.message, sizeof(m.message), m.key) == 0;
	}
	CHECK(found);
	CHECK_STATUS(verify(&m, NULL), QFS_ED25519_KEY);
}

/* ---- points R that must not be ---- */

/* S = r + hash(R, A, message) * a, for an R that need not be r times the base. */
static void
sign_with_r(signed_message *m, const uint8_t r_point[32], const uint8_t r[32])
{
	crypto_hash_sha512_state state;
	uint8_t		hash[64];
	uint8_t		h[32];
	uint8_t		a[32];

	crypto_hash_sha512(hash, m->seed, sizeof(m->seed));
	hash[0] &= 248;
	hash[31] = (uint8_t) ((hash[31] & 127) | 64);
	memset(hash + 32, 0, 32);
	crypto_core_ed25519_scalar_reduce(a, hash);

	memcpy(m->signature, r_point, 32);
	crypto_hash_sha512_init(&state);
	crypto_hash_sha512_update(&state, r_point, 32);
	crypto_hash_sha512_update(&state, m->key, sizeof(m->key));
	crypto_hash_sha512_update(&state, m->message, sizeof(m->message));
	crypto_hash_sha512_final(&state, hash);
	crypto_core_ed25519_scalar_reduce(h, hash);
	crypto_core_ed25519_scalar_mul(h, h, a);
	crypto_core_ed25519_scalar_add(m->signature + 32, h, r);
}

static void
points_r(void)
{
	signed_message m;
	uint8_t		r[32] = {42};
	uint8_t		none[32] = {0};
	uint8_t		identity[32] = {1};
	uint8_t		point[32];
	uint8_t		torsion[32];

	make(&m);
	unhex(order_8, torsion);
	CHECK(crypto_scalarmult_ed25519_base_noclamp(point, r) == 0);
	sign_with_r(&m, point, r);
	unit_row("R as it should be");
	CHECK_STATUS(verify(&m, NULL), QFS_OK);

	unit_row("R with a part of order 8, which the cofactor would hide");
	CHECK(crypto_core_ed25519_add(point, point, torsion) == 0);
	sign_with_r(&m, point, r);
	CHECK_STATUS(verify(&m, NULL), QFS_SIGNATURE_MISMATCH);

	unit_row("R of order 8");
	sign_with_r(&m, torsion, none);
	CHECK_STATUS(verify(&m, NULL), QFS_SIGNATURE_MISMATCH);

	unit_row("R the identity: the equation holds");
	sign_with_r(&m, identity, none);
	CHECK_STATUS(verify(&m, NULL), QFS_SIGNATURE_MISMATCH);

	unit_row("R the identity, not canonical");
	memset(point, 0xFF, sizeof(point));
	point[0] = 0xEE;
	point[31] = 0x7F;
	sign_with_r(&m, point, none);
	CHECK_STATUS(verify(&m, NULL), QFS_SIGNATURE_MISMATCH);
}

/* ---- X25519 ---- */

static void
x25519_keys(void)
{
	static const struct
	{
		const char *key;
		const char *detail;
	}			rows[] = {
		{"0000000000000000000000000000000000000000000000000000000000000000", "small order"},
		{"0100000000000000000000000000000000000000000000000000000000000000", "small order"},
		{"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", "small order"},
		{"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157", "small order"},
		{"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "small order"},
		{"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "2^255 - 19"},
		{"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "2^255 - 19"},
		{"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "2^255 - 19"},
		{"0900000000000000000000000000000000000000000000000000000000000080", "2^255 - 19"},
		{"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "2^255 - 19"},
	};
	uint8_t		key[40] = {0};
	uint8_t		secret[32] = {8,[31] = 64};
	uint8_t		shared[32];
	qfs_error	err;

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].key);
		CHECK_STATUS(qfs_x25519_key_check(unhex(rows[i].key, key), &err), QFS_X25519_KEY);
		CHECK_DETAIL(&err, rows[i].detail);
		if (strcmp(rows[i].detail, "small order") == 0)
			CHECK(crypto_scalarmult(shared, secret, key) == -1);
	}
	memset(key, 9, sizeof(key));
	for (size_t len = 0; len <= sizeof(key); len++)
	{
		unit_row("%zu bytes", len);
		CHECK_STATUS(qfs_x25519_key_check((qfs_slice) {key, len}, NULL),
					 len == 32 ? QFS_OK : QFS_X25519_KEY);
	}
}

static void
made_keys(void)
{
	for (unsigned i = 0; i < 300; i++)
	{
		uint8_t		seed[32] = {(uint8_t) i, (uint8_t) (i >> 8)};
		uint8_t		key[32];
		uint8_t		secret[64];

		unit_row("seed %u", i);
		crypto_box_seed_keypair(key, secret, seed);
		CHECK_STATUS(qfs_x25519_key_check((qfs_slice) {key, 32}, NULL), QFS_OK);
		crypto_sign_seed_keypair(key, secret, seed);
		CHECK_STATUS(qfs_ed25519_key_check((qfs_slice) {key, 32}, NULL), QFS_OK);
	}
}

static void
self_test(void)
{
	CHECK(qfs_ed25519_self_test());
}

static const unit_case cases[] = {
	CASE(self_test),
	CASE(vectors),
	CASE(lengths),
	CASE(every_bit),
	CASE(canonical_s),
	CASE(small_order_keys),
	CASE(non_canonical_keys),
	CASE(keys_off_the_curve),
	CASE(mixed_order_key),
	CASE(points_r),
	CASE(x25519_keys),
	CASE(made_keys),
	NO_MORE_CASES
};

const unit_suite suite_ed25519 = {"ed25519", cases};
