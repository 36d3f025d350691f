/*
 * test_ids.c - user ids, wallet addresses, and the two hashes below them.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include "crypto/keccak.h"
#include "text/ids.h"

/* ---- Keccak-256 and SHA3-256 ---- */

/* The rate is 136 bytes: padding goes wrong next to its multiples. */
static void
keccak_vectors(void)
{
	static const struct
	{
		size_t		len;		/* of a run of the letter a */
		const char *hash;
	}			rows[] = {
		{0, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"},
		{135, "34367dc248bbd832f4e3e69dfaac2f92638bd0bbd18f2912ba4ef454919cf446"},
		{136, "a6c4d403279fe3e0af03729caada8374b5ca54d8065329a3ebcaeb4b60aa386e"},
		{137, "d869f639c7046b4929fc92a4d988a8b22c55fbadb802c0c66ebcd484f1915f39"},
		{271, "132f47effd6c8b1b299efa53fe68aece77ec8ae4eb2e294f668eec94f76001e1"},
		{272, "cf7fcd4f705ee749930d19ca84561a9bf62516bd90a471545fa2f49fdc7e63c8"},
		{273, "5a7b8187d2778e614097fac3097573de1fee4d972304d3360796a857029bb176"},
	};
	uint8_t		text[273];
	qfs_hash	hash;

	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%zu bytes", rows[i].len);
		qfs_keccak256((qfs_slice) {text, rows[i].len}, &hash);
		CHECK_HEX(hash.bytes, sizeof(hash.bytes), rows[i].hash);
	}
	qfs_keccak256(QFS_LITERAL("abc"), &hash);
	CHECK_HEX(hash.bytes, sizeof(hash.bytes),
			  "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
	qfs_keccak256((qfs_slice) {NULL, 0}, &hash);
	CHECK_HEX(hash.bytes, sizeof(hash.bytes), rows[0].hash);
}

static void
sha3_vectors(void)
{
	qfs_hash	hash;

	qfs_sha3_256(QFS_LITERAL(""), &hash);
	CHECK_HEX(hash.bytes, sizeof(hash.bytes),
			  "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a");
	qfs_sha3_256(QFS_LITERAL("abc"), &hash);
	CHECK_HEX(hash.bytes, sizeof(hash.bytes),
			  "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532");
}

/* However the bytes are handed over: at every pair of places around two blocks. */
static void
keccak_in_pieces(void)
{
	uint8_t		text[290];
	qfs_hash	want;
	qfs_hash	want_sha3;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t) (i * 7);
	qfs_keccak256((qfs_slice) {text, sizeof(text)}, &want);
	qfs_sha3_256((qfs_slice) {text, sizeof(text)}, &want_sha3);
	for (size_t a = 0; a <= sizeof(text); a += 5)
		for (size_t b = a; b <= sizeof(text); b++)
		{
			qfs_keccak_state state;
			qfs_keccak_state twin;
			qfs_hash	hash;

			unit_row("cut at %zu and %zu", a, b);
			qfs_keccak_init(&state);
			qfs_keccak_add(&state, text, a);
			qfs_keccak_add(&state, text + a, b - a);
			qfs_keccak_add(&state, text + b, sizeof(text) - b);
			twin = state;
			qfs_keccak256_final(&state, &hash);
			CHECK_HASH(&hash, &want);
			qfs_sha3_256_final(&twin, &hash);
			CHECK_HASH(&hash, &want_sha3);
		}
}

static void
self_test(void)
{
	CHECK(qfs_keccak_self_test());
}

/* ---- text forms ---- */

static void
hashes(void)
{
	static const char digits[] =
		"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	qfs_hash	hash;
	qfs_error	err;

	CHECK_STATUS(qfs_hash_parse(qfs_slice_of(digits), &hash, &err), QFS_OK);
	CHECK_HEX(hash.bytes, sizeof(hash.bytes), digits);
	CHECK_STATUS(qfs_hash_parse((qfs_slice) {(const uint8_t *) digits, 63}, &hash, &err),
				 QFS_HASH_SYNTAX);
	CHECK_DETAIL(&err, "63 characters");
	CHECK_STATUS(qfs_hash_parse((qfs_slice) {(const uint8_t *) digits, 65}, &hash, &err),
				 QFS_HASH_SYNTAX);
	CHECK_STATUS(qfs_hash_parse(QFS_LITERAL(
				 "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff"), &hash, &err),
				 QFS_HASH_SYNTAX);
	CHECK_STATUS(qfs_hash_parse(QFS_LITERAL(""), &hash, NULL), QFS_HASH_SYNTAX);
}

static void
user_ids(void)
{
	static const char *const wrong[] = {
		"",
		"user_",
		"80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b9",
		"user_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b",
		"user_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b99",
		"User_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b9",
		"user-80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b9",
		"user_80D66F662193A580CA8CBB6C50E477C873ED4DB7F1A770F7B7D4F9C7687357B9",
		"user_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357bg",
	};
	static const char text[] =
		"user_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b9";
	uint8_t		memory[QFS_USER_ID_TEXT];
	qfs_user_id id;
	qfs_error	err;
	qfs_buf		buf;

	CHECK_STATUS(qfs_user_id_parse(qfs_slice_of(text), &id, &err), QFS_OK);
	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_user_id_write(&buf, &id);
	CHECK(!buf.overflow);
	CHECK_TEXT(qfs_buf_slice(&buf), text);

	for (size_t i = 0; i < ROWS(wrong); i++)
	{
		unit_row("%s", wrong[i]);
		CHECK_STATUS(qfs_user_id_parse(qfs_slice_of(wrong[i]), &id, &err), QFS_USER_ID_SYNTAX);
	}
}

static void
user_ids_in_objects(void)
{
	static const char object[] = "{\"a\":\"user_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b9\","
		"\"b\":\"user_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357bg\",\"c\":1}";
	qfs_user_id id;

	CHECK(qfs_json_member_user(qfs_slice_of(object), "a", &id));
	CHECK_HEX(id.bytes, sizeof(id.bytes), "80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b9");
	CHECK(!qfs_json_member_user(qfs_slice_of(object), "b", &id));
	CHECK(!qfs_json_member_user(qfs_slice_of(object), "c", &id));
	CHECK(!qfs_json_member_user(qfs_slice_of(object), "d", &id));
}

/* The vectors of EIP-55; the first four are all of one case and valid anyway. */
static const char *const checksummed[] = {
	"0x52908400098527886E0F7030069857D2E4169EE7",
	"0x8617E340B3D01FA5F11F306F4090FD50E238070D",
	"0xde709f2102306220921060314715629080e2fb77",
	"0x27b1fdb04752bbc536007a920d24acb045561c26",
	"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
	"0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
	"0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
	"0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
	"0x2e988A386a799F506693793c6A5AF6B54dfAaBfB",
	"0x71C7656EC7ab88b098defB751B7401B5f6d8976F",
};

static void
write_address(const qfs_address *address, char text[QFS_ADDRESS_TEXT + 1])
{
	qfs_buf		buf;

	qfs_buf_init(&buf, text, QFS_ADDRESS_TEXT);
	qfs_address_write(&buf, address);
	CHECK(!buf.overflow);
	CHECK_UINT(buf.len, QFS_ADDRESS_TEXT);
	text[QFS_ADDRESS_TEXT] = '\0';
}

static void
address_as_json(void)
{
	char		memory[QFS_ADDRESS_TEXT + 2];
	qfs_json_writer w;
	qfs_address address;
	qfs_buf		buf;

	CHECK_STATUS(qfs_address_parse(QFS_LITERAL("0x71c7656ec7ab88b098defb751b7401b5f6d8976f"), &address, NULL), QFS_OK);
	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_json_begin(&w, &buf);
	qfs_json_put_address(&w, &address);
	CHECK_STATUS(qfs_json_end(&w, NULL), QFS_OK);
	CHECK_TEXT(qfs_buf_slice(&buf), "\"0x71C7656EC7ab88b098defB751B7401B5f6d8976F\"");
}

static void
addresses(void)
{
	for (size_t i = 0; i < ROWS(checksummed); i++)
	{
		char		lower[QFS_ADDRESS_TEXT + 1];
		char		upper[QFS_ADDRESS_TEXT + 1];
		char		written[QFS_ADDRESS_TEXT + 1];
		qfs_address address;
		qfs_address again;
		qfs_error	err;

		unit_row("%s", checksummed[i]);
		CHECK_STATUS(qfs_address_parse(qfs_slice_of(checksummed[i]), &address, &err), QFS_OK);
		write_address(&address, written);
		CHECK_TEXT(qfs_slice_of(written), checksummed[i]);

		for (size_t c = 0; c <= QFS_ADDRESS_TEXT; c++)
		{
			char		x = checksummed[i][c];

			lower[c] = x >= 'A' && x <= 'F' ? (char) (x + 32) : x;
			upper[c] = x >= 'a' && x <= 'f' ? (char) (x - 32) : x;
		}
		CHECK_STATUS(qfs_address_parse(qfs_slice_of(lower), &again, &err), QFS_OK);
		CHECK(memcmp(&again, &address, sizeof(address)) == 0);
		CHECK_STATUS(qfs_address_parse(qfs_slice_of(upper), &again, &err), QFS_OK);
		CHECK(memcmp(&again, &address, sizeof(address)) == 0);
	}
}

/* Each letter in the other case breaks a checksum of mixed case. */
static void
address_checksum(void)
{
	for (size_t i = 4; i < ROWS(checksummed); i++)
		for (size_t c = 2; c < QFS_ADDRESS_TEXT; c++)
		{
			char		text[QFS_ADDRESS_TEXT + 1];
			qfs_address address;
			qfs_error	err;

			strcpy(text, checksummed[i]);
			if (text[c] >= '0' && text[c] <= '9')
				continue;
			text[c] ^= 0x20;
			unit_row("%s", text);
			CHECK_STATUS(qfs_address_parse(qfs_slice_of(text), &address, &err),
						 QFS_ADDRESS_CHECKSUM);
		}
}

static void
address_syntax(void)
{
	static const char *const wrong[] = {
		"",
		"0x",
		"71c7656ec7ab88b098defb751b7401b5f6d8976f",
		"0x71c7656ec7ab88b098defb751b7401b5f6d8976",
		"0x71c7656ec7ab88b098defb751b7401b5f6d8976f0",
		"0X71c7656ec7ab88b098defb751b7401b5f6d8976f",
		"1x71c7656ec7ab88b098defb751b7401b5f6d8976f",
		"0x71c7656ec7ab88b098defb751b7401b5f6d8976g",
		"0x71c7656ec7ab88b098defb751b7401b5f6d8976G",
		" 0x71c7656ec7ab88b098defb751b7401b5f6d8976",
	};
	qfs_address address;
	qfs_error	err;

	for (size_t i = 0; i < ROWS(wrong); i++)
	{
		unit_row("%s", wrong[i]);
		CHECK_STATUS(qfs_address_parse(qfs_slice_of(wrong[i]), &address, &err),
					 QFS_ADDRESS_SYNTAX);
	}
}

static void
user_id_of_address(void)
{
	uint8_t		memory[QFS_USER_ID_TEXT];
	qfs_address address;
	qfs_user_id id;
	qfs_buf		buf;

	qfs_address_parse(QFS_LITERAL("0x71C7656EC7ab88b098defB751B7401B5f6d8976F"), &address, NULL);
	qfs_user_id_of(&address, &id);
	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_user_id_write(&buf, &id);
	CHECK_TEXT(qfs_buf_slice(&buf),
			   "user_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b9");
}

static const unit_case cases[] = {
	CASE(keccak_vectors),
	CASE(sha3_vectors),
	CASE(keccak_in_pieces),
	CASE(self_test),
	CASE(hashes),
	CASE(user_ids),
	CASE(user_ids_in_objects),
	CASE(addresses),
	CASE(address_as_json),
	CASE(address_checksum),
	CASE(address_syntax),
	CASE(user_id_of_address),
	NO_MORE_CASES
};

const unit_suite suite_ids = {"ids", cases};
