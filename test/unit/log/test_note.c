/*
 * test_note.c - note keys, checkpoints, signatures and cosignatures.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>
#include <string.h>

#include "log/note.h"
#include "support/keys.h"

#define LOG "log.example/a"

/* What the checkpoints here sign; any 32 bytes do. */
static const qfs_hash root = {{0, 1, 2, 3,[31] = 0xFF}};

static uint8_t memory[QFS_NOTE_MAX + 4096];

/* ---- names and keys ---- */

static void
origins(void)
{
	static const char *const good[] = {
		"a", LOG, "ledger.example.org/main", "!\"#$%&'()*,-./:;<=>?@[\\]^_`{|}~"
	};
	static const char *const wrong[] = {
		"", " ", "a b", "a+b", "a\tb", "a\n", "\x7f", "\xC3\xA9", "\xC2\xA0"
	};
	char		long_name[QFS_ORIGIN_MAX + 2];
	qfs_error	err;

	for (size_t i = 0; i < ROWS(good); i++)
		CHECK_STATUS(qfs_origin_check(qfs_slice_of(good[i]), &err), QFS_OK);
	for (size_t i = 0; i < ROWS(wrong); i++)
	{
		unit_row("\"%s\"", wrong[i]);
		CHECK_STATUS(qfs_origin_check(qfs_slice_of(wrong[i]), &err), QFS_ORIGIN_INVALID);
	}
	memset(long_name, 'o', sizeof(long_name));
	CHECK_STATUS(qfs_origin_check((qfs_slice) {(uint8_t *) long_name, 255}, &err), QFS_OK);
	CHECK_STATUS(qfs_origin_check((qfs_slice) {(uint8_t *) long_name, 256}, &err),
				 QFS_ORIGIN_INVALID);
	CHECK_DETAIL(&err, "256 bytes");
}

/* Published keys: the id binds name, algorithm and key. */
static void
known_keys(void)
{
	static const char *const keys[] = {
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx",
	};

	for (size_t i = 0; i < ROWS(keys); i++)
	{
		qfs_vkey	vkey;
		qfs_error	err;
		qfs_buf		buf;

		unit_row("%s", keys[i]);
		CHECK_STATUS(qfs_vkey_parse(qfs_slice_of(keys[i]), &vkey, &err), QFS_OK);
		CHECK_INT(vkey.algorithm, QFS_NOTE_ED25519);
		CHECK(strncmp(keys[i], vkey.name, strlen(vkey.name)) == 0);
		qfs_buf_init(&buf, memory, sizeof(memory));
		qfs_vkey_write(&buf, &vkey);
		CHECK_TEXT(qfs_buf_slice(&buf), keys[i]);
	}
}

static void
made_keys(void)
{
	char		name[QFS_ORIGIN_MAX + 1];
	qfs_vkey	made;
	qfs_vkey	parsed;
	qfs_buf		buf;

	memset(name, 'n', QFS_ORIGIN_MAX);
	name[QFS_ORIGIN_MAX] = '\0';
	made = test_vkey(name, QFS_NOTE_COSIGNATURE, 7);
	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_vkey_write(&buf, &made);
	CHECK(!buf.overflow);
	CHECK_STATUS(qfs_vkey_parse(qfs_buf_slice(&buf), &parsed, NULL), QFS_OK);
	CHECK_TEXT(qfs_slice_of(parsed.name), name);
	CHECK_INT(parsed.algorithm, QFS_NOTE_COSIGNATURE);
	CHECK_HASH(&parsed.key, &made.key);
	CHECK(memcmp(parsed.id, made.id, sizeof(made.id)) == 0);
	/* The same bytes as a log's key are another key. */
	parsed = test_vkey(name, QFS_NOTE_ED25519, 7);
	CHECK(memcmp(parsed.id, made.id, sizeof(made.id)) != 0);
}

static void
malformed_keys(void)
{
	static const struct
	{
		const char *text;
		const char *detail;
	}			rows[] = {
		{"", "\"\""},
		{"example.com/foo", "example.com"},
		{"example.com/foo+530d903a", "example.com"},
		{"+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "+530d903a"},
		{"a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "a b"},
		{"example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "530D903A"},
		{"example.com/foo+530d903+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "530d903"},
		{"example.com/foo+530d903a0+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "530d903a0"},
		{"example.com/foo+530d903a+", "33 bytes"},
		{"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3Q==", "33 bytes"},
		{"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2kAA==", "33 bytes"},
		{"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n", "33 bytes"},
		{"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2_", "33 bytes"},
		/* With its top bit set, "+" is 0xAB: not base64, whatever a library thinks. */
		{"example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI\xABoO5xCFkkSx", "33 bytes"},
		{"example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "algorithm 2"},
		{"example.com/foo+530d903a+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "not that of the key"},
		{"example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "not that of the key"},
		{"example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "not that of the key"},
		{"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2l", "not that of the key"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_vkey	vkey;
		qfs_error	err = {QFS_OK, ""};

		unit_row("%s", rows[i].text);
		CHECK_STATUS(qfs_vkey_parse(qfs_slice_of(rows[i].text), &vkey, &err), QFS_VKEY_SYNTAX);
		CHECK_DETAIL(&err, rows[i].detail);
	}
}

/* In the form of a key, and none: for a log and for a witness. */
static void
unusable_keys(void)
{
	static const char *const rows[] = {
		"0100000000000000000000000000000000000000000000000000000000000000",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"9599999999999999999999999999999999999999999999999999999999999999",
		"0200000000000000000000000000000000000000000000000000000000000000",
		"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	static const qfs_note_algorithm algorithms[] = {QFS_NOTE_ED25519, QFS_NOTE_COSIGNATURE};

	for (size_t i = 0; i < ROWS(rows); i++)
		for (size_t k = 0; k < ROWS(algorithms); k++)
		{
			qfs_error	err = {QFS_OK, ""};
			qfs_vkey	vkey;
			qfs_hash	key;
			qfs_buf		buf;

			unit_row("%s, algorithm %d", rows[i], (int) algorithms[k]);
			CHECK(qfs_hex_decode(qfs_slice_of(rows[i]), key.bytes, sizeof(key.bytes)));
			qfs_vkey_make(QFS_LITERAL(LOG), algorithms[k], &key, &vkey);
			qfs_buf_init(&buf, memory, sizeof(memory));
			qfs_vkey_write(&buf, &vkey);
			CHECK_STATUS(qfs_vkey_parse(qfs_buf_slice(&buf), &vkey, &err), QFS_ED25519_KEY);
			CHECK_DETAIL(&err, rows[i]);
		}
}

/* The neutral element would sign everything: R = B and S = 1 solve its equation. */
static void
signed_by_no_key(void)
{
	static const uint8_t base[32] = {
		0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
		0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66
	};
	static const qfs_note_algorithm algorithms[] = {QFS_NOTE_ED25519, QFS_NOTE_COSIGNATURE};
	static const size_t signature_at[] = {4, 12};
	qfs_hash	neutral = {{1}};

	for (size_t i = 0; i < ROWS(algorithms); i++)
	{
		uint8_t		field[76] = {0};
		qfs_checkpoint checkpoint;
		qfs_vkey	vkey;
		qfs_buf		buf;

		unit_row("algorithm %d", (int) algorithms[i]);
		qfs_vkey_make(QFS_LITERAL(LOG), algorithms[i], &neutral, &vkey);
		memcpy(field, vkey.id, sizeof(vkey.id));
		memcpy(field + signature_at[i], base, sizeof(base));
		field[signature_at[i] + 32] = 1;
		qfs_buf_init(&buf, memory, sizeof(memory));
		qfs_checkpoint_write(&buf, QFS_LITERAL(LOG), 5, &root);
		qfs_buf_byte(&buf, '\n');
		test_signature_line(&buf, LOG, field, signature_at[i] + 64);
		qfs_buf_byte(&buf, '\n');
		CHECK_STATUS(qfs_checkpoint_parse(qfs_buf_slice(&buf), &checkpoint, NULL), QFS_OK);
		CHECK_INT(qfs_note_verify(&checkpoint, &vkey, NULL), QFS_NOTE_BAD);
	}
}

/* ---- sign, cut up, verify ---- */

static void
signed_text(qfs_buf *buf)
{
	qfs_vkey	vkey = test_vkey(LOG, QFS_NOTE_ED25519, 1);
	test_key	key = test_key_of(1);
	qfs_slice	body;

	qfs_buf_init(buf, memory, sizeof(memory));
	qfs_checkpoint_write(buf, QFS_LITERAL(LOG), 5, &root);
	body = qfs_buf_slice(buf);
	qfs_buf_byte(buf, '\n');
	qfs_note_sign(buf, &vkey, key.secret, body);
	CHECK(!buf->overflow);
}

static void
sign_and_verify(void)
{
	static const char body[] = LOG "\n5\nAAECAwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAP8=\n";
	qfs_vkey	vkey = test_vkey(LOG, QFS_NOTE_ED25519, 1);
	test_key	key = test_key_of(1);
	qfs_slice	line = {NULL, 0};
	uint8_t		again[256];
	qfs_checkpoint checkpoint;
	qfs_buf		buf;

	signed_text(&buf);
	CHECK_STATUS(qfs_checkpoint_parse(qfs_buf_slice(&buf), &checkpoint, NULL), QFS_OK);
	CHECK_TEXT(checkpoint.origin, LOG);
	CHECK_UINT(checkpoint.size, 5);
	CHECK_HASH(&checkpoint.root, &root);
	CHECK_TEXT(checkpoint.body, body);
	CHECK_INT(qfs_note_verify(&checkpoint, &vkey, &line), QFS_NOTE_GOOD);
	CHECK_SLICE(line, checkpoint.signatures);
	CHECK_INT(qfs_note_verify(&checkpoint, &vkey, NULL), QFS_NOTE_GOOD);

	/* The same key and text give the same bytes. */
	qfs_buf_init(&buf, again, sizeof(again));
	qfs_note_sign(&buf, &vkey, key.secret, qfs_slice_of(body));
	CHECK_SLICE(qfs_buf_slice(&buf), line);
}

static void
sizes(void)
{
	static const uint64_t rows[] = {0, 1, 10, QFS_INT_MAX, INT64_MAX};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_checkpoint checkpoint;
		qfs_buf		buf;

		qfs_buf_init(&buf, memory, sizeof(memory));
		qfs_checkpoint_write(&buf, QFS_LITERAL(LOG), rows[i], &root);
		qfs_buf_text(&buf, "\n\xE2\x80\x94 someone AAAAAAAA\n");
		CHECK_STATUS(qfs_checkpoint_parse(qfs_buf_slice(&buf), &checkpoint, NULL), QFS_OK);
		CHECK_UINT(checkpoint.size, rows[i]);
	}
}

/* Nothing can be changed in a note with one signature. */
static void
every_bit_counts(void)
{
	qfs_vkey	vkey = test_vkey(LOG, QFS_NOTE_ED25519, 1);
	qfs_buf		buf;

	signed_text(&buf);
	for (size_t i = 0; i < 8 * buf.len; i++)
	{
		qfs_checkpoint checkpoint;

		unit_row("bit %zu of byte %zu", i % 8, i / 8);
		buf.data[i / 8] ^= (uint8_t) (1 << i % 8);
		CHECK(qfs_checkpoint_parse(qfs_buf_slice(&buf), &checkpoint, NULL) != QFS_OK ||
			  qfs_note_verify(&checkpoint, &vkey, NULL) != QFS_NOTE_GOOD);
		buf.data[i / 8] ^= (uint8_t) (1 << i % 8);
	}
}

/* A body and the signature lines that a row asks for, in its letters. */
static void
note_of(const char *letters, qfs_buf *buf)
{
	qfs_vkey	vkey = test_vkey(LOG, QFS_NOTE_ED25519, 1);
	test_key	key = test_key_of(1);
	uint8_t		field[200] = {0};
	qfs_slice	body;

	memcpy(field, vkey.id, sizeof(vkey.id));
	qfs_buf_init(buf, memory, sizeof(memory));
	qfs_checkpoint_write(buf, QFS_LITERAL(LOG), 5, &root);
	body = qfs_buf_slice(buf);
	qfs_buf_byte(buf, '\n');
	for (const char *p = letters; *p; p++)
	{
		qfs_vkey	other = test_vkey(*p == 'n' ? "log.example/b" : LOG,
									  *p == 'c' ? QFS_NOTE_COSIGNATURE : QFS_NOTE_ED25519,
									  *p == 'k' ? 2 : 1);
		test_key	other_key = test_key_of(2);

		switch (*p)
		{
			case 'g':			/* good */
				qfs_note_sign(buf, &vkey, key.secret, body);
				break;
			case 'b':			/* by our key, over another text */
				qfs_note_sign(buf, &vkey, key.secret, QFS_LITERAL(LOG "\n6\n"));
				break;
			case 'f':			/* our key's id, another key's signature */
				qfs_note_sign(buf, &vkey, other_key.secret, body);
				break;
			case 'k':			/* another key of the same name */
				qfs_note_sign(buf, &other, other_key.secret, body);
				break;
			case 'n':			/* our key under another name */
			case 'c':			/* our key as a witness's */
				qfs_note_sign(buf, &other, key.secret, body);
				break;
			case 'i':			/* our name and id, and a field of other lengths */
			case 's':
			case 'l':
				test_signature_line(buf, LOG, field, *p == 'i' ? 5 : *p == 's' ? 67 : 200);
				qfs_buf_byte(buf, '\n');
				break;
			default:			/* a longer signature of somebody else: ML-DSA has 2,420 bytes */
				memset(field, 0xEE, 4);
				test_signature_line(buf, LOG, field, sizeof(field));
				qfs_buf_byte(buf, '\n');
				memcpy(field, vkey.id, sizeof(vkey.id));
				break;
		}
	}
}

static void
verdicts(void)
{
	static const struct
	{
		const char *lines;
		qfs_note_verdict verdict;
	}			rows[] = {
		{"g", QFS_NOTE_GOOD}, {"gg", QFS_NOTE_GOOD}, {"kncg", QFS_NOTE_GOOD},
		{"gknc", QFS_NOTE_GOOD}, {"xgx", QFS_NOTE_GOOD},
		{"k", QFS_NOTE_ABSENT}, {"n", QFS_NOTE_ABSENT}, {"c", QFS_NOTE_ABSENT},
		{"x", QFS_NOTE_ABSENT}, {"kncx", QFS_NOTE_ABSENT},
		{"b", QFS_NOTE_BAD}, {"f", QFS_NOTE_BAD}, {"i", QFS_NOTE_BAD}, {"s", QFS_NOTE_BAD},
		{"l", QFS_NOTE_BAD}, {"gb", QFS_NOTE_BAD}, {"bg", QFS_NOTE_BAD}, {"gf", QFS_NOTE_BAD},
		{"gl", QFS_NOTE_BAD}, {"lg", QFS_NOTE_BAD}, {"gi", QFS_NOTE_BAD}, {"kbk", QFS_NOTE_BAD},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_vkey	vkey = test_vkey(LOG, QFS_NOTE_ED25519, 1);
		qfs_checkpoint checkpoint;
		qfs_buf		buf;

		unit_row("%s", rows[i].lines);
		note_of(rows[i].lines, &buf);
		CHECK_STATUS(qfs_checkpoint_parse(qfs_buf_slice(&buf), &checkpoint, NULL), QFS_OK);
		CHECK_INT(qfs_note_verify(&checkpoint, &vkey, NULL), rows[i].verdict);
	}
}

/* Ours among forty others, wherever it stands. */
static void
many_signatures(void)
{
	for (size_t place = 0; place <= 40; place += 8)
	{
		qfs_vkey	vkey = test_vkey(LOG, QFS_NOTE_ED25519, 1);
		char		lines[42];
		qfs_slice	line = {NULL, 0};
		qfs_checkpoint checkpoint;
		qfs_buf		buf;

		unit_row("line %zu", place);
		memset(lines, 'k', sizeof(lines));
		lines[place] = 'g';
		lines[41] = '\0';
		note_of(lines, &buf);
		CHECK_STATUS(qfs_checkpoint_parse(qfs_buf_slice(&buf), &checkpoint, NULL), QFS_OK);
		CHECK_INT(qfs_note_verify(&checkpoint, &vkey, &line), QFS_NOTE_GOOD);
		CHECK_UINT((size_t) (line.data - checkpoint.signatures.data), place * line.len);
	}
}

/* ---- cosignature/v1 ---- */

static void
cosignatures(void)
{
	static const uint64_t times[] = {0, 1, 1795376692, UINT64_C(1) << 63, UINT64_MAX};
	qfs_vkey	witness = test_vkey("witness.example/w", QFS_NOTE_COSIGNATURE, 9);
	qfs_vkey	not_log = test_vkey("witness.example/w", QFS_NOTE_ED25519, 9);

	for (size_t i = 0; i < ROWS(times); i++)
	{
		uint8_t		body_memory[256];
		qfs_slice	line = {NULL, 0};
		qfs_checkpoint checkpoint;
		uint8_t    *digit;
		qfs_buf		body;
		qfs_buf		buf;

		unit_row("time %llu", (unsigned long long) times[i]);
		qfs_buf_init(&body, body_memory, sizeof(body_memory));
		qfs_checkpoint_write(&body, QFS_LITERAL(LOG), 5, &root);
		/* Extension lines are signed as well. */
		qfs_buf_text(&body, i % 2 ? "an extension\n" : "");
		qfs_buf_init(&buf, memory, sizeof(memory));
		qfs_buf_slice_add(&buf, qfs_buf_slice(&body));
		qfs_buf_byte(&buf, '\n');
		test_cosign(&buf, "witness.example/w", 9, times[i], qfs_buf_slice(&body));

		CHECK_STATUS(qfs_checkpoint_parse(qfs_buf_slice(&buf), &checkpoint, NULL), QFS_OK);
		CHECK_INT(qfs_note_verify(&checkpoint, &witness, &line), QFS_NOTE_GOOD);
		CHECK_SLICE(line, checkpoint.signatures);
		CHECK_INT(qfs_note_verify(&checkpoint, &not_log, NULL), QFS_NOTE_ABSENT);
		buf.data[strlen(LOG) + 1] = '6';
		CHECK_INT(qfs_note_verify(&checkpoint, &witness, NULL), QFS_NOTE_BAD);
		buf.data[strlen(LOG) + 1] = '5';
		/* Of the 104 digits, the 15th and the 16th hold the last byte of the time. */
		digit = &buf.data[buf.len - 1 - 104 + 14];
		*digit = *digit == 'A' ? 'B' : 'A';
		CHECK_INT(qfs_note_verify(&checkpoint, &witness, NULL), QFS_NOTE_BAD);
	}
}

/* A signature over the bare text does not become a cosignature. */
static void
cosignature_without_time(void)
{
	qfs_vkey	witness = test_vkey("witness.example/w", QFS_NOTE_COSIGNATURE, 9);
	test_key	key = test_key_of(9);
	qfs_checkpoint checkpoint;
	qfs_slice	body;
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_checkpoint_write(&buf, QFS_LITERAL(LOG), 5, &root);
	body = qfs_buf_slice(&buf);
	qfs_buf_byte(&buf, '\n');
	qfs_note_sign(&buf, &witness, key.secret, body);
	CHECK_STATUS(qfs_checkpoint_parse(qfs_buf_slice(&buf), &checkpoint, NULL), QFS_OK);
	CHECK_INT(qfs_note_verify(&checkpoint, &witness, NULL), QFS_NOTE_BAD);
}

static const unit_case cases[] = {
	CASE(origins),
	CASE(known_keys),
	CASE(made_keys),
	CASE(malformed_keys),
	CASE(unusable_keys),
	CASE(signed_by_no_key),
	CASE(sign_and_verify),
	CASE(sizes),
	CASE(every_bit_counts),
	CASE(verdicts),
	CASE(many_signatures),
	CASE(cosignatures),
	CASE(cosignature_without_time),
	NO_MORE_CASES
};

const unit_suite suite_note = {"note", cases};
