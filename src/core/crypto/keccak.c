/*
 * keccak.c - Keccak-f[1600] and the two hashes that differ in one padding byte.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Source: FIPS 202, section 3.2 (step mappings) and B.2 (padding).
 */
#include "crypto/keccak.h"

#include <string.h>

#include "base/assert.h"
#include "base/buf.h"

#define LANES 25
#define ROUNDS 24

/* Rate of both hashes: 1600 bits less twice the 256 bits of the result. */
#define RATE 136

static const uint64_t round_constant[] = {
	UINT64_C(0x0000000000000001), UINT64_C(0x0000000000008082),
	UINT64_C(0x800000000000808a), UINT64_C(0x8000000080008000),
	UINT64_C(0x000000000000808b), UINT64_C(0x0000000080000001),
	UINT64_C(0x8000000080008081), UINT64_C(0x8000000000008009),
	UINT64_C(0x000000000000008a), UINT64_C(0x0000000000000088),
	UINT64_C(0x0000000080008009), UINT64_C(0x000000008000000a),
	UINT64_C(0x000000008000808b), UINT64_C(0x800000000000008b),
	UINT64_C(0x8000000000008089), UINT64_C(0x8000000000008003),
	UINT64_C(0x8000000000008002), UINT64_C(0x8000000000000080),
	UINT64_C(0x000000000000800a), UINT64_C(0x800000008000000a),
	UINT64_C(0x8000000080008081), UINT64_C(0x8000000000008080),
	UINT64_C(0x0000000080000001), UINT64_C(0x8000000080008008)
};
_Static_assert(QFS_ROWS(round_constant) == ROUNDS, "a constant for each round");
_Static_assert(QFS_ROWS(((qfs_keccak_state *) NULL)->lanes) == LANES, "a state is what is permuted");

static inline uint64_t
rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

/*
 * The steps of a round, spelt out: with constant indices the compiler keeps the
 * lanes in registers, which makes a sign-in's thirty or so permutations cheap.
 */
#define EACH_COLUMN(step) step(0) step(1) step(2) step(3) step(4)
#define EACH_ROW(step) step(0) step(5) step(10) step(15) step(20)

#define PARITY(x) \
	column[x] = a[x] ^ a[(x) + 5] ^ a[(x) + 10] ^ a[(x) + 15] ^ a[(x) + 20];

#define THETA(x) \
	d = column[((x) + 4) % 5] ^ rotate(column[((x) + 1) % 5], 1); \
	a[x] ^= d; a[(x) + 5] ^= d; a[(x) + 10] ^= d; a[(x) + 15] ^= d; a[(x) + 20] ^= d;

/* rho and pi in one walk: a lane gets its predecessor, rotated */
#define MOVE(lane, offset) \
	next = a[lane]; a[lane] = rotate(moving, offset); moving = next;

#define CHI(y) \
	c0 = a[y]; c1 = a[(y) + 1]; \
	a[y] ^= ~c1 & a[(y) + 2]; \
	a[(y) + 1] ^= ~a[(y) + 2] & a[(y) + 3]; \
	a[(y) + 2] ^= ~a[(y) + 3] & a[(y) + 4]; \
	a[(y) + 3] ^= ~a[(y) + 4] & c0; \
	a[(y) + 4] ^= ~c0 & c1;

static void
permute(uint64_t lanes[LANES])
{
	uint64_t	a[LANES];

	memcpy(a, lanes, sizeof(a));
	for (int round = 0; round < ROUNDS; round++)
	{
		uint64_t	column[5];
		uint64_t	moving;
		uint64_t	next;
		uint64_t	d;
		uint64_t	c0;
		uint64_t	c1;

		EACH_COLUMN(PARITY)
		EACH_COLUMN(THETA)
		moving = a[1];
		MOVE(10, 1) MOVE(7, 3) MOVE(11, 6) MOVE(17, 10) MOVE(18, 15) MOVE(3, 21)
		MOVE(5, 28) MOVE(16, 36) MOVE(8, 45) MOVE(21, 55) MOVE(24, 2) MOVE(4, 14)
		MOVE(15, 27) MOVE(23, 41) MOVE(19, 56) MOVE(13, 8) MOVE(12, 25) MOVE(2, 43)
		MOVE(20, 62) MOVE(14, 18) MOVE(22, 39) MOVE(9, 61) MOVE(6, 20) MOVE(1, 44)
		EACH_ROW(CHI)
		/* iota */
		a[0] ^= round_constant[round];
	}
	memcpy(lanes, a, sizeof(a));
}

/* Lanes are little-endian whatever the machine is. */
static uint64_t
load_lane(const uint8_t *bytes)
{
	uint64_t	lane = 0;

	for (int b = 7; b >= 0; b--)
		lane = lane << 8 | bytes[b];
	return lane;
}

static void
mix_byte(qfs_keccak_state *state, unsigned position, uint8_t byte)
{
	state->lanes[position / 8] ^= (uint64_t) byte << 8 * (position % 8);
}

void
qfs_keccak_init(qfs_keccak_state *state)
{
	memset(state, 0, sizeof(*state));
}

/* Whole lanes where a lane begins, single bytes elsewhere. */
void
qfs_keccak_add(qfs_keccak_state *state, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	QFS_ASSERT(state->filled < RATE);
	QFS_ASSERT(bytes != NULL || len == 0);
	while (len > 0)
	{
		unsigned	taken = state->filled % 8 == 0 && len >= 8 ? 8 : 1;

		if (taken == 8)
			state->lanes[state->filled / 8] ^= load_lane(p);
		else
			mix_byte(state, state->filled, *p);
		p += taken;
		len -= taken;
		state->filled += taken;
		if (state->filled == RATE)
		{
			permute(state->lanes);
			state->filled = 0;
		}
	}
	QFS_ASSERT(state->filled < RATE);
}

static void
finish(qfs_keccak_state *state, uint8_t padding, qfs_hash *out)
{
	QFS_ASSERT(state->filled < RATE);
	mix_byte(state, state->filled, padding);
	mix_byte(state, RATE - 1, 0x80);
	permute(state->lanes);
	for (int i = 0; i < QFS_HASH_LEN; i++)
		out->bytes[i] = (uint8_t) (state->lanes[i / 8] >> 8 * (i % 8));
}

void
qfs_keccak256_final(qfs_keccak_state *state, qfs_hash *out)
{
	finish(state, 0x01, out);
}

void
qfs_sha3_256_final(qfs_keccak_state *state, qfs_hash *out)
{
	finish(state, 0x06, out);
}

void
qfs_keccak256(qfs_slice bytes, qfs_hash *out)
{
	qfs_keccak_state state;

	qfs_keccak_init(&state);
	qfs_keccak_add(&state, bytes.data, bytes.len);
	qfs_keccak256_final(&state, out);
}

void
qfs_sha3_256(qfs_slice bytes, qfs_hash *out)
{
	qfs_keccak_state state;

	qfs_keccak_init(&state);
	qfs_keccak_add(&state, bytes.data, bytes.len);
	qfs_sha3_256_final(&state, out);
}

bool
qfs_keccak_self_test(void)
{
	static const struct
	{
		uint8_t		len;
		const char *keccak256;
	}			known[] = {
		{0, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"},
		{135, "34367dc248bbd832f4e3e69dfaac2f92638bd0bbd18f2912ba4ef454919cf446"},
		{136, "a6c4d403279fe3e0af03729caada8374b5ca54d8065329a3ebcaeb4b60aa386e"},
		{137, "d869f639c7046b4929fc92a4d988a8b22c55fbadb802c0c66ebcd484f1915f39"},
	};
	static const char empty_sha3[] =
		"a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a";
	uint8_t		text[137];
	qfs_hash	want;
	qfs_hash	got;

	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < QFS_ROWS(known); i++)
	{
		qfs_keccak256((qfs_slice) {text, known[i].len}, &got);
		if (!qfs_hex_decode(qfs_slice_of(known[i].keccak256), want.bytes, QFS_HASH_LEN) ||
			memcmp(&got, &want, sizeof(got)) != 0)
			return false;
	}
	qfs_sha3_256((qfs_slice) {text, 0}, &got);
	return qfs_hex_decode(qfs_slice_of(empty_sha3), want.bytes, QFS_HASH_LEN) &&
		memcmp(&got, &want, sizeof(got)) == 0;
}
