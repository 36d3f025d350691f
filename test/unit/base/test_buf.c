/*
 * test_buf.c - bytes into fixed memory, numbers and hexadecimal digits.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

static void
writes(void)
{
	uint8_t		memory[64];
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, sizeof(memory));
	CHECK_UINT(buf.len, 0);
	qfs_buf_text(&buf, "ab");
	qfs_buf_byte(&buf, 'c');
	qfs_buf_bytes(&buf, NULL, 0);
	qfs_buf_slice_add(&buf, QFS_LITERAL("de"));
	qfs_buf_uint(&buf, 0);
	qfs_buf_uint(&buf, UINT64_MAX);
	qfs_buf_int(&buf, INT64_MIN);
	qfs_buf_hex(&buf, (const uint8_t *) "\x00\x9F\xFF", 3);
	CHECK(!buf.overflow);
	CHECK_TEXT(qfs_buf_slice(&buf), "abcde018446744073709551615-9223372036854775808009fff");
}

/* What does not fit is dropped whole, and so is all that follows. */
static void
overflow(void)
{
	uint8_t		memory[8] = {'.', '.', '.', '.', '.', '.', '.', '.'};
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, 4);
	qfs_buf_text(&buf, "abcd");
	CHECK(!buf.overflow);
	CHECK_TEXT(qfs_buf_slice(&buf), "abcd");
	qfs_buf_byte(&buf, 'e');
	CHECK(buf.overflow);

	qfs_buf_init(&buf, memory, 4);
	qfs_buf_text(&buf, "abc");
	qfs_buf_text(&buf, "de");
	CHECK(buf.overflow);
	qfs_buf_byte(&buf, 'f');
	CHECK_TEXT(qfs_buf_slice(&buf), "abc");
	CHECK(memcmp(memory + 4, "....", 4) == 0);

	qfs_buf_init(&buf, NULL, 0);
	qfs_buf_text(&buf, "");
	CHECK(!buf.overflow);
	qfs_buf_text(&buf, "a");
	CHECK(buf.overflow);
}

static void
words(void)
{
	static const struct
	{
		qfs_slice	slice;
		const char *text;
		bool		same;
	}			rows[] = {
		{{NULL, 0}, "", true},
		{{NULL, 0}, "a", false},
		{{(const uint8_t *) "abc", 3}, "abc", true},
		{{(const uint8_t *) "abc", 3}, "abd", false},
		{{(const uint8_t *) "abc", 3}, "ab", false},
		{{(const uint8_t *) "abc", 3}, "abcd", false},
		{{(const uint8_t *) "abc", 2}, "abc", false},
		{{(const uint8_t *) "abc", 3}, "", false},
		{{(const uint8_t *) "abc\0d", 5}, "abc", false},
		{{(const uint8_t *) "\xFF", 1}, "\xFF", true}
	};

	for (size_t i = 0; i < QFS_ROWS(rows); i++)
	{
		unit_row("row %zu", i);
		CHECK(qfs_slice_is(rows[i].slice, rows[i].text) == rows[i].same);
	}
}

static void
slices(void)
{
	CHECK(qfs_slice_equal((qfs_slice) {NULL, 0}, QFS_LITERAL("")));
	CHECK(qfs_slice_equal(QFS_LITERAL("abc"), qfs_slice_of("abc")));
	CHECK(!qfs_slice_equal(QFS_LITERAL("abc"), QFS_LITERAL("abd")));
	CHECK(!qfs_slice_equal(QFS_LITERAL("abc"), QFS_LITERAL("ab")));
	CHECK_UINT(QFS_LITERAL("a\0b").len, 3);
}

static void
hex(void)
{
	static const struct
	{
		const char *text;
		bool		good;
	}			rows[] = {
		{"0123abef", true},
		{"0123ABEF", false},
		{"0123abe", false},
		{"0123abef0", false},
		{"0123abeg", false},
		{"g123abef", false},
		{"0123ab f", false},
		{"0123ab/f", false},
		{"0123ab:f", false},
		{"0123ab`f", false},
		{"", false},
	};
	uint8_t		out[4];

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].text);
		CHECK(qfs_hex_decode(qfs_slice_of(rows[i].text), out, sizeof(out)) == rows[i].good);
	}
	CHECK(qfs_hex_decode(QFS_LITERAL("00ff7f80"), out, sizeof(out)));
	CHECK(memcmp(out, "\x00\xFF\x7F\x80", 4) == 0);
	CHECK(qfs_hex_decode(QFS_LITERAL(""), out, 0));
}

static void
decimal(void)
{
	static const struct
	{
		const char *text;
		bool		good;
		uint64_t	n;
	}			rows[] = {
		{"0", true, 0},
		{"7", true, 7},
		{"10", true, 10},
		{"9223372036854775807", true, INT64_MAX},
		{"9223372036854775808", false, 0},
		{"9999999999999999999", false, 0},
		{"10000000000000000000", false, 0},
		{"18446744073709551617", false, 0},
		{"00", false, 0},
		{"01", false, 0},
		{"-1", false, 0},
		{"+1", false, 0},
		{" 1", false, 0},
		{"1 ", false, 0},
		{"1:", false, 0},
		{"1/", false, 0},
		{"1.0", false, 0},
		{"", false, 0},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		uint64_t	n = 99;

		unit_row("\"%s\"", rows[i].text);
		CHECK(qfs_decimal_decode(qfs_slice_of(rows[i].text), &n) == rows[i].good);
		if (rows[i].good)
			CHECK_UINT(n, rows[i].n);
	}
}

static const unit_case cases[] = {
	CASE(writes),
	CASE(overflow),
	CASE(words),
	CASE(slices),
	CASE(hex),
	CASE(decimal),
	NO_MORE_CASES
};

const unit_suite suite_buf = {"buf", cases};
