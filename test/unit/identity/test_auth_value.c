/*
 * test_auth_value.c - the six forms of an auth value, with a source or without, and that there is no seventh.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "identity/auth_value.h"
#include "text/json.h"

#define S64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define A43 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define A86 A43 A43
#define SIG A43 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-w"
#define SIGNED(key, nonce, session) \
	"{\"key\":\"" key "\",\"nonce\":" nonce ",\"session\":\"" session "\",\"via\":\"session\"}"
#define SOURCE(id, stream) "\"source\":{\"id\":\"" id "\",\"stream\":\"" stream "\"}"
#define FROM(id, stream) "{" SOURCE(id, stream) ",\"via\":\"operator\"}"
#define T20 "abcdefghijklmnopqrst"
#define T200 T20 T20 T20 T20 T20 T20 T20 T20 T20 T20

static const char *const forms[] = {
	"{\"via\":\"operator\"}",
	"{\"via\":\"wallet\"}",
	"{\"session\":\"" S64 "\",\"via\":\"session\"}",
	SIGNED(A43, "1", S64),
	SIGNED("_-8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "9007199254740991", S64),
	FROM("1795376692123-0", "qfs:ledger.example.org:in:0"),
	"{\"session\":\"" S64 "\"," SOURCE("0-1", "~") ",\"via\":\"session\"}",
	"{\"key\":\"" A43 "\",\"nonce\":9007199254740991,\"session\":\"" S64 "\","
	SOURCE("18446744073709551615-18446744073709551615", T200) ",\"via\":\"session\"}",
	"{\"via\":\"ledger\"}",
	"{\"nonce\":9007199254740991,\"via\":\"wallet\"}",
};

static void
read_and_written(void)
{
	static const qfs_via via[] = {QFS_VIA_OPERATOR, QFS_VIA_WALLET, QFS_VIA_SESSION, QFS_VIA_SESSION,
	QFS_VIA_SESSION, QFS_VIA_OPERATOR, QFS_VIA_SESSION, QFS_VIA_SESSION, QFS_VIA_LEDGER, QFS_VIA_WALLET};

	for (size_t i = 0; i < ROWS(forms); i++)
	{
		uint8_t		memory[QFS_AUTH_MAX];
		qfs_auth	auth;
		qfs_buf		buf;

		unit_row("%s", forms[i]);
		memset(&auth, 0xA5, sizeof(auth));
		CHECK_STATUS(qfs_auth_read(qfs_slice_of(forms[i]), &auth, NULL), QFS_OK);
		CHECK_INT(auth.via, via[i]);
		CHECK(auth.is_signed == (i == 3 || i == 4 || i == 7 || i == 9));
		CHECK(auth.has_source == (i >= 5 && i < 8));
		qfs_buf_init(&buf, memory, sizeof(memory));
		qfs_auth_write(&buf, &auth);
		CHECK_TEXT(qfs_buf_slice(&buf), forms[i]);
	}
}

static void
fields(void)
{
	qfs_auth	auth;

	CHECK_STATUS(qfs_auth_read(qfs_slice_of(forms[4]), &auth, NULL), QFS_OK);
	CHECK_HEX(auth.session.bytes, 32, S64);
	CHECK_HEX(auth.key.bytes, 32, "ffef000000000000000000000000000000000000000000000000000000000000");
	CHECK_INT(auth.nonce, 9007199254740991);
	CHECK_STATUS(qfs_auth_read(qfs_slice_of(forms[5]), &auth, NULL), QFS_OK);
	CHECK_TEXT(qfs_slice_of(auth.source.stream), "qfs:ledger.example.org:in:0");
	CHECK(auth.source.id.ms == 1795376692123 && auth.source.id.number == 0);
	CHECK_STATUS(qfs_auth_read(qfs_slice_of(forms[7]), &auth, NULL), QFS_OK);
	CHECK(auth.source.id.ms == UINT64_MAX && auth.source.id.number == UINT64_MAX);
	CHECK_STATUS(qfs_auth_read(qfs_slice_of(forms[9]), &auth, NULL), QFS_OK);
	CHECK_INT(auth.nonce, 9007199254740991);
}

/* Which of two is before the other; each is read, and compared both ways. */
static void
stream_ids(void)
{
	static const char *const ascending[] = {
		"0-0", "0-1", "0-18446744073709551615", "1-0", "9-10", "10-9", "1795376692123-0", "18446744073709551615-0"
	};
	static const char *const none[] = {
		"", "-", "1", "1-", "-1", "01-0", "1-00", "1--1", "1-1-1", "+1-0", "1-0 ", " 1-0", "1-0x", "a-0",
		"18446744073709551616-0", "1-18446744073709551616", "99999999999999999999-0", "184467440737095516150-0"
	};
	qfs_stream_id a;
	qfs_stream_id b;

	for (size_t i = 0; i < ROWS(ascending); i++)
		for (size_t k = 0; k < ROWS(ascending); k++)
		{
			unit_row("%s, %s", ascending[i], ascending[k]);
			CHECK(qfs_stream_id_read(qfs_slice_of(ascending[i]), &a) && qfs_stream_id_read(qfs_slice_of(ascending[k]), &b));
			CHECK_INT(qfs_stream_id_compare(a, b), i < k ? -1 : i > k);
		}
	for (size_t i = 0; i < ROWS(none); i++)
	{
		unit_row("%s", none[i]);
		CHECK(!qfs_stream_id_read(qfs_slice_of(none[i]), &a));
	}
}

static void
refused(void)
{
	static const char *const rows[] = {
		"{}", "[]", "null", "1", "\"operator\"", "{\"via\":null}", "{\"via\":\"\"}",
		"{\"via\":\"Operator\"}", "{\"via\":\"operators\"}", "{\"via\":\"wallet \"}", "{\"via\":[\"wallet\"]}",
		"{\"via\":\"system\"}", "{\"Via\":\"wallet\"}", "{\"via\":\"wallet\",\"x\":1}",
		"{\"via\":\"wal\\\"let\"}",
		/* What belongs to another form. */
		"{\"via\":\"session\"}",
		"{\"session\":\"" S64 "\",\"via\":\"operator\"}", "{\"session\":\"" S64 "\",\"via\":\"wallet\"}",
		"{\"session\":\"" S64 "\"}", "{\"session\":null,\"via\":\"session\"}",
		"{\"session\":\"" S64 "0\",\"via\":\"session\"}",
		"{\"session\":\"0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef\",\"via\":\"session\"}",
		"{\"session\":\"0123456789abcde\",\"via\":\"session\"}",
		"{\"key\":\"" A43 "\",\"nonce\":1,\"via\":\"wallet\"}",
		"{\"key\":\"" A43 "\",\"nonce\":1,\"via\":\"operator\"}",
		"{\"nonce\":1,\"via\":\"operator\"}", "{\"nonce\":1,\"via\":\"ledger\"}", "{\"session\":\"" S64 "\",\"via\":\"ledger\"}",
		"{\"nonce\":1,\"session\":\"" S64 "\",\"via\":\"wallet\"}", "{\"nonce\":0,\"via\":\"wallet\"}",
		"{\"nonce\":-1,\"via\":\"wallet\"}", "{\"nonce\":\"1\",\"via\":\"wallet\"}", "{\"nonce\":null,\"via\":\"wallet\"}",
		/* The signature itself is no part of it. */
		"{\"sig\":\"" A86 "\",\"via\":\"wallet\"}", "{\"sig\":null,\"via\":\"operator\"}",
		"{\"session\":\"" S64 "\",\"sig\":\"" A86 "\",\"via\":\"session\"}",
		"{\"key\":\"" A43 "\",\"nonce\":1,\"session\":\"" S64 "\",\"sig\":\"" A86 "\",\"via\":\"session\"}",
		/* Half of who signed. */
		"{\"key\":\"" A43 "\",\"session\":\"" S64 "\",\"via\":\"session\"}",
		"{\"nonce\":1,\"session\":\"" S64 "\",\"via\":\"session\"}",
		/* A key or a number that is not written as it should be. */
		SIGNED(A43, "0", S64), SIGNED(A43, "-1", S64), SIGNED(A43, "\"1\"", S64),
		SIGNED(A43, "null", S64), SIGNED(A43, "[1]", S64), SIGNED(A43, "true", S64),
		SIGNED(A43 "=", "1", S64), SIGNED(A43 "A", "1", S64), SIGNED("", "1", S64),
		SIGNED("+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "1", S64),
		SIGNED("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", "1", S64),
		SIGNED(A43, "1", ""),
		/* Where nothing came from. */
		"{\"source\":null,\"via\":\"operator\"}", "{\"source\":{},\"via\":\"operator\"}", "{\"source\":\"x\",\"via\":\"operator\"}",
		"{\"source\":{\"id\":\"1-0\"},\"via\":\"operator\"}", "{\"source\":{\"stream\":\"x\"},\"via\":\"operator\"}",
		"{\"source\":{\"id\":\"1-0\",\"more\":1,\"stream\":\"x\"},\"via\":\"operator\"}",
		"{\"source\":{\"id\":1,\"stream\":\"x\"},\"via\":\"operator\"}", "{\"source\":{\"id\":\"1-0\",\"stream\":1},\"via\":\"operator\"}",
		"{" SOURCE("1-0", "x") ",\"via\":\"wallet\"}", "{" SOURCE("1-0", "x") ",\"via\":\"ledger\"}",
		"{\"nonce\":1," SOURCE("1-0", "x") ",\"via\":\"wallet\"}", "{" SOURCE("1-0", "x") "}",
		FROM("0-0", "x"), FROM("1", "x"), FROM("01-0", "x"), FROM("1-*", "x"), FROM("18446744073709551616-0", "x"),
		FROM("1-0", ""), FROM("1-0", "a b"), FROM("1-0", "a\\\"b"), FROM("1-0", "a\\\\b"), FROM("1-0", "\xc3\xa9"), FROM("1-0", T200 "u"),
		FROM("1-0", "a\\u0001"), FROM("1-0", "\x7f"),
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_error	err = {QFS_OK, ""};
		qfs_auth	auth;

		unit_row("%s", rows[i]);
		CHECK_STATUS(qfs_json_check(qfs_slice_of(rows[i]), NULL), QFS_OK);
		CHECK_STATUS(qfs_auth_read(qfs_slice_of(rows[i]), &auth, &err), QFS_AUTH_INVALID);
		CHECK_STATUS(err.status, QFS_AUTH_INVALID);
	}
}

/* Another byte in place of any one is another value or none; never the same one. */
static void
every_byte(void)
{
	unsigned	read = 0;

	for (size_t i = 0; i < ROWS(forms); i++)
		for (size_t at = 0; forms[i][at] != '\0'; at++)
			for (unsigned byte = 0; byte < 256; byte++)
			{
				char		text[QFS_AUTH_MAX];
				uint8_t		memory[QFS_AUTH_MAX];
				qfs_slice	changed;
				qfs_auth	auth;
				qfs_buf		buf;

				snprintf(text, sizeof(text), "%s", forms[i]);
				text[at] = (char) byte;
				changed = (qfs_slice) {(uint8_t *) text, strlen(forms[i])};
				if (qfs_json_check(changed, NULL) != QFS_OK || qfs_auth_read(changed, &auth, NULL) != QFS_OK)
					continue;
				read++;
				qfs_buf_init(&buf, memory, sizeof(memory));
				qfs_auth_write(&buf, &auth);
				if (qfs_slice_equal(qfs_buf_slice(&buf), changed))
					continue;
				unit_row("form %zu, byte %zu is %u", i, at, byte);
				CHECK_SLICE(qfs_buf_slice(&buf), changed);
			}
	/* Digits and characters that stand for other bytes: plenty, so it was a test. */
	CHECK(read > 64 * 15);
}

/* ---- what a caller gives with an event ---- */

static void
given_signature(void)
{
	qfs_auth	auth = {.via = QFS_VIA_SESSION};
	qfs_slice	sig = {NULL, 0};

	CHECK_STATUS(qfs_auth_read_signature(QFS_LITERAL("{\"key\":\"" A43 "\",\"nonce\":7,\"sig\":\"" SIG "\"}"),
										 &auth, &sig, NULL), QFS_OK);
	CHECK(auth.is_signed);
	CHECK_INT(auth.nonce, 7);
	CHECK_INT(auth.via, QFS_VIA_SESSION);
	CHECK_UINT(auth.signature[0], 0);
	CHECK_UINT(auth.signature[63], 0xFB);
	/* What becomes the entry's part. */
	CHECK_TEXT(sig, "\"" SIG "\"");
}

/* A device's signature as the part of an entry. */
static void
signatures(void)
{
	static const char *const refused_ones[] = {
		"null", "\"\"", "7", "[]", "\"" A86 "==\"", "\"" A43 "\"", "\"" A86 "A\"", "\"0x" A43 A43 "\"",
		"\"" A43 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\"", "\"\\n" A43 A43 "\""
	};
	uint8_t		bytes[64];

	CHECK(qfs_auth_sig_read(QFS_LITERAL("\"" SIG "\""), bytes));
	CHECK_UINT(bytes[0], 0);
	CHECK_UINT(bytes[63], 0xFB);
	for (size_t i = 0; i < ROWS(refused_ones); i++)
	{
		unit_row("%s", refused_ones[i]);
		CHECK(!qfs_auth_sig_read(qfs_slice_of(refused_ones[i]), bytes));
	}
}

static void
given_refused(void)
{
	static const char *const rows[] = {
		"null", "[]", "\"\"", "{}", "{\"key\":\"" A43 "\",\"nonce\":7}",
		"{\"key\":\"" A43 "\",\"nonce\":7,\"sig\":\"" A86 "\",\"x\":1}",
		"{\"key\":\"" A43 "\",\"nonce\":7,\"sig\":\"" A86 "\",\"via\":\"session\"}",
		"{\"key\":\"" A43 "\",\"nonce\":0,\"sig\":\"" A86 "\"}",
		"{\"key\":\"" A43 "\",\"nonce\":\"7\",\"sig\":\"" A86 "\"}",
		"{\"key\":7,\"nonce\":7,\"sig\":\"" A86 "\"}",
		"{\"key\":\"" A43 "\",\"nonce\":7,\"sig\":null}",
		"{\"key\":\"" A43 "\",\"nonce\":7,\"sig\":\"" A43 "\"}",
		"{\"kez\":\"" A43 "\",\"nonce\":7,\"sig\":\"" A86 "\"}",
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_error	err = {QFS_OK, ""};
		qfs_auth	auth = {.via = QFS_VIA_SESSION};
		qfs_slice	sig;

		unit_row("%s", rows[i]);
		CHECK_STATUS(qfs_auth_read_signature(qfs_slice_of(rows[i]), &auth, &sig, &err), QFS_AUTH_INVALID);
		CHECK(!auth.is_signed);
		CHECK_DETAIL(&err, "a signature is key (43 characters)");
	}
}

static void
words(void)
{
	static const struct
	{
		qfs_auth	auth;
		const char *word;
	}			rows[] = {
		{{.via = QFS_VIA_OPERATOR}, "operator"},
		{{.via = QFS_VIA_LEDGER}, "ledger"},
		{{.via = QFS_VIA_WALLET}, "wallet"},
		{{.via = QFS_VIA_WALLET,.is_signed = true}, "wallet"},
		{{.via = QFS_VIA_SESSION}, "server"},
		{{.via = QFS_VIA_SESSION,.is_signed = true}, "device"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
		CHECK_TEXT(qfs_slice_of(qfs_auth_word(&rows[i].auth)), rows[i].word);
}

static const unit_case cases[] = {
	CASE(read_and_written),
	CASE(fields),
	CASE(stream_ids),
	CASE(refused),
	CASE(every_byte),
	CASE(given_signature),
	CASE(signatures),
	CASE(given_refused),
	CASE(words),
	NO_MORE_CASES
};

const unit_suite suite_auth = {"auth", cases};
