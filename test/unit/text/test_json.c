/*
 * test_json.c - the strict reader: what is canonical JSON and what is not.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "text/json.h"

/* Text that may hold NUL, as two columns. */
#define T(s) (s), sizeof(s) - 1

typedef struct verdict
{
	const char *text;
	size_t		len;
	qfs_status	status;
} verdict;

/*
 * Checks every row from memory of exactly its size, so that a read past the
 * end is seen by the sanitizer.
 */
static void
check_rows(const verdict *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		uint8_t		exact[rows[i].len + 1];
		uint8_t    *text = exact + 1;
		qfs_error	err = {QFS_OK, ""};

		unit_row("row %zu: %s", i, rows[i].text);
		memcpy(text, rows[i].text, rows[i].len);
		CHECK_STATUS(qfs_json_check((qfs_slice) {text, rows[i].len}, &err), rows[i].status);
		CHECK_STATUS(err.status, rows[i].status);
		if (rows[i].status != QFS_OK)
			CHECK_DETAIL(&err, "byte ");
	}
}

static void
values(void)
{
	static const verdict rows[] = {
		{T("true"), QFS_OK},
		{T("false"), QFS_OK},
		{T("null"), QFS_OK},
		{T("\"\""), QFS_OK},
		{T("[]"), QFS_OK},
		{T("{}"), QFS_OK},
		{T("[true,false,null,0,\"a\",[],{}]"), QFS_OK},
		{T("{\"a\":[{\"b\":{}}],\"c\":[[]]}"), QFS_OK},
		{T("{\"\":1,\"a\":{\"\":1}}"), QFS_OK},
		{T(""), QFS_JSON_SYNTAX},
		{T(" "), QFS_JSON_SYNTAX},
		{T("True"), QFS_JSON_SYNTAX},
		{T("tru"), QFS_JSON_SYNTAX},
		{T("trux"), QFS_JSON_SYNTAX},
		{T("truee"), QFS_JSON_SYNTAX},
		{T("fals"), QFS_JSON_SYNTAX},
		{T("nul"), QFS_JSON_SYNTAX},
		{T("nil"), QFS_JSON_SYNTAX},
		{T("NaN"), QFS_JSON_SYNTAX},
		{T("Infinity"), QFS_JSON_SYNTAX},
		{T("-Infinity"), QFS_JSON_SYNTAX},
		{T("undefined"), QFS_JSON_SYNTAX},
		{T("'a'"), QFS_JSON_SYNTAX},
		{T("1 "), QFS_JSON_SYNTAX},
		{T("1\n"), QFS_JSON_SYNTAX},
		{T("1\0"), QFS_JSON_SYNTAX},
		{T("{}{}"), QFS_JSON_SYNTAX},
		{T("1,2"), QFS_JSON_SYNTAX},
		{T("\xEF\xBB\xBF" "1"), QFS_JSON_SYNTAX},
		{T("/**/1"), QFS_JSON_SYNTAX},
	};

	check_rows(rows, ROWS(rows));
}

static void
containers(void)
{
	static const verdict rows[] = {
		{T("["), QFS_JSON_SYNTAX},
		{T("[1"), QFS_JSON_SYNTAX},
		{T("[1,"), QFS_JSON_SYNTAX},
		{T("[1,]"), QFS_JSON_SYNTAX},
		{T("[,1]"), QFS_JSON_SYNTAX},
		{T("[1 ,2]"), QFS_JSON_SYNTAX},
		{T("[1, 2]"), QFS_JSON_SYNTAX},
		{T("[ ]"), QFS_JSON_SYNTAX},
		{T("[1;2]"), QFS_JSON_SYNTAX},
		{T("[1}"), QFS_JSON_SYNTAX},
		{T("]"), QFS_JSON_SYNTAX},
		{T("{"), QFS_JSON_SYNTAX},
		{T("{]"), QFS_JSON_SYNTAX},
		{T("{ }"), QFS_JSON_SYNTAX},
		{T("{\"a\""), QFS_JSON_SYNTAX},
		{T("{\"a\":"), QFS_JSON_SYNTAX},
		{T("{\"a\":1"), QFS_JSON_SYNTAX},
		{T("{\"a\":1,"), QFS_JSON_SYNTAX},
		{T("{\"a\":1,}"), QFS_JSON_SYNTAX},
		{T("{\"a\"=1}"), QFS_JSON_SYNTAX},
		{T("{\"a\" :1}"), QFS_JSON_SYNTAX},
		{T("{\"a\": 1}"), QFS_JSON_SYNTAX},
		{T("{\"a\":}"), QFS_JSON_SYNTAX},
		{T("{\"a\":1 }"), QFS_JSON_SYNTAX},
		{T("{\"a\":1]"), QFS_JSON_SYNTAX},
		{T("{a:1}"), QFS_JSON_SYNTAX},
		{T("{1:1}"), QFS_JSON_SYNTAX},
		{T("{null:1}"), QFS_JSON_SYNTAX},
		{T("{,\"a\":1}"), QFS_JSON_SYNTAX},
	};

	check_rows(rows, ROWS(rows));
}

static void
numbers(void)
{
	static const verdict rows[] = {
		{T("0"), QFS_OK},
		{T("-1"), QFS_OK},
		{T("10"), QFS_OK},
		{T("9007199254740991"), QFS_OK},
		{T("-9007199254740991"), QFS_OK},
		{T("9007199254740992"), QFS_JSON_NUMBER},
		{T("-9007199254740992"), QFS_JSON_NUMBER},
		{T("9223372036854775808"), QFS_JSON_NUMBER},
		{T("18446744073709551617"), QFS_JSON_NUMBER},
		{T("99999999999999999999999999999999999999999999"), QFS_JSON_NUMBER},
		{T("-0"), QFS_JSON_NUMBER},
		{T("-0.0"), QFS_JSON_NUMBER},
		{T("00"), QFS_JSON_NUMBER},
		{T("01"), QFS_JSON_NUMBER},
		{T("-01"), QFS_JSON_NUMBER},
		{T("1.0"), QFS_JSON_NUMBER},
		{T("0.5"), QFS_JSON_NUMBER},
		{T("1."), QFS_JSON_NUMBER},
		{T("1e2"), QFS_JSON_NUMBER},
		{T("1E2"), QFS_JSON_NUMBER},
		{T("0e0"), QFS_JSON_NUMBER},
		{T("[1.5]"), QFS_JSON_NUMBER},
		{T("-"), QFS_JSON_SYNTAX},
		{T("--1"), QFS_JSON_SYNTAX},
		{T("-a"), QFS_JSON_SYNTAX},
		{T("+1"), QFS_JSON_SYNTAX},
		{T(".5"), QFS_JSON_SYNTAX},
		{T("1a"), QFS_JSON_SYNTAX},
		{T("0x1"), QFS_JSON_SYNTAX},
		{T("1_0"), QFS_JSON_SYNTAX},
		{T("1:"), QFS_JSON_SYNTAX},
		{T("1/"), QFS_JSON_SYNTAX},
	};

	check_rows(rows, ROWS(rows));
}

/* Every character below U+0080, in every spelling: one of them is canonical. */
static void
escapes(void)
{
	for (unsigned c = 0; c < 0x80; c++)
	{
		static const char short_of[] = "btn?fr";
		char		raw[] = {'"', (char) c, '"'};
		char		lower[16];
		char		upper[16];
		char		letter[] = {'"', '\\', (char) c, '"'};
		bool		has_short = c == '"' || c == '\\' || (c >= 8 && c <= 13 && c != 11);
		bool		has_long = c < 0x20 && c != 0 && !has_short;
		bool		is_letter = c != 0 && strchr("\"\\bfnrt", (int) c) != NULL;
		qfs_status	plain = c < 0x20 || has_short ? QFS_JSON_SYNTAX : QFS_OK;
		qfs_status	escaped = c == 0 ? QFS_JSON_TEXT : has_long ? QFS_OK : QFS_JSON_SYNTAX;

		unit_row("character %02x", c);
		CHECK_STATUS(qfs_json_check((qfs_slice) {(uint8_t *) raw, 3}, NULL), plain);
		snprintf(lower, sizeof(lower), "\"\\u%04x\"", c);
		snprintf(upper, sizeof(upper), "\"\\u%04X\"", c);
		CHECK_STATUS(qfs_json_check(qfs_slice_of(lower), NULL), escaped);
		CHECK_STATUS(qfs_json_check(qfs_slice_of(upper), NULL),
					 strcmp(lower, upper) == 0 ? escaped : QFS_JSON_SYNTAX);
		CHECK_STATUS(qfs_json_check((qfs_slice) {(uint8_t *) letter, 4}, NULL),
					 is_letter ? QFS_OK : QFS_JSON_SYNTAX);
		if (c >= 8 && c <= 13 && c != 11)
		{
			char		text[] = {'"', '\\', short_of[c - 8], '"'};

			CHECK_STATUS(qfs_json_check((qfs_slice) {(uint8_t *) text, 4}, NULL), QFS_OK);
		}
	}
}

static void
malformed_escapes(void)
{
	static const verdict rows[] = {
		{T("\""), QFS_JSON_SYNTAX},
		{T("\"a"), QFS_JSON_SYNTAX},
		{T("[\"a"), QFS_JSON_SYNTAX},
		{T("{\"a"), QFS_JSON_SYNTAX},
		{T("{\"a\":\""), QFS_JSON_SYNTAX},
		{T("\"\\"), QFS_JSON_SYNTAX},
		{T("\"\\\""), QFS_JSON_SYNTAX},
		{T("\"\\/\""), QFS_JSON_SYNTAX},
		{T("\"\\u\""), QFS_JSON_SYNTAX},
		{T("\"\\u0"), QFS_JSON_SYNTAX},
		{T("\"\\u001"), QFS_JSON_SYNTAX},
		{T("\"\\u001\""), QFS_JSON_SYNTAX},
		{T("\"\\u001f"), QFS_JSON_SYNTAX},
		{T("\"\\u001g\""), QFS_JSON_SYNTAX},
		{T("\"\\u00g1\""), QFS_JSON_SYNTAX},
		{T("\"\\u001F\""), QFS_JSON_SYNTAX},
		{T("\"\\U001f\""), QFS_JSON_SYNTAX},
		{T("\"\\u011f\""), QFS_JSON_SYNTAX},
		{T("\"\\u101f\""), QFS_JSON_SYNTAX},
		{T("\"\\u20ac\""), QFS_JSON_SYNTAX},
		{T("\"\\ud83d\\ude00\""), QFS_JSON_SYNTAX},
		{T("\"\\ud800\""), QFS_JSON_SYNTAX},
		{T("\"\\udfff\""), QFS_JSON_SYNTAX},
		{T("\"\0\""), QFS_JSON_SYNTAX},
		{T("\"a\\u0000b\""), QFS_JSON_TEXT},
		{T("{\"\\u0000\":1}"), QFS_JSON_TEXT},
		{T("{\"\\x\":1}"), QFS_JSON_SYNTAX},
		{T("\"\x7f\""), QFS_OK},
		{T("\"</script>\xE2\x80\xA8\xE2\x80\xA9\""), QFS_OK},
	};

	check_rows(rows, ROWS(rows));
}

static void
utf8(void)
{
	static const verdict rows[] = {
		{T("\"\xC2\x80\""), QFS_OK},
		{T("\"\xDF\xBF\""), QFS_OK},
		{T("\"\xE0\xA0\x80\""), QFS_OK},
		{T("\"\xED\x9F\xBF\""), QFS_OK},
		{T("\"\xEE\x80\x80\""), QFS_OK},
		{T("\"\xEF\xBF\xBF\""), QFS_OK},
		{T("\"\xF0\x90\x80\x80\""), QFS_OK},
		{T("\"\xF4\x8F\xBF\xBF\""), QFS_OK},
		/* a continuation byte that continues nothing */
		{T("\"\x80\""), QFS_JSON_TEXT},
		{T("\"\xBF\""), QFS_JSON_TEXT},
		/* overlong: two, three and four bytes for what fits into fewer */
		{T("\"\xC0\x80\""), QFS_JSON_TEXT},
		{T("\"\xC0\xA2\""), QFS_JSON_TEXT},
		{T("\"\xC1\xBF\""), QFS_JSON_TEXT},
		{T("\"\xE0\x80\x80\""), QFS_JSON_TEXT},
		{T("\"\xE0\x9F\xBF\""), QFS_JSON_TEXT},
		{T("\"\xF0\x80\x80\x80\""), QFS_JSON_TEXT},
		{T("\"\xF0\x8F\xBF\xBF\""), QFS_JSON_TEXT},
		/* surrogates, alone and as a pair */
		{T("\"\xED\xA0\x80\""), QFS_JSON_TEXT},
		{T("\"\xED\xBF\xBF\""), QFS_JSON_TEXT},
		{T("\"\xED\xA0\xBD\xED\xB8\x80\""), QFS_JSON_TEXT},
		/* above U+10FFFF */
		{T("\"\xF4\x90\x80\x80\""), QFS_JSON_TEXT},
		{T("\"\xF5\x80\x80\x80\""), QFS_JSON_TEXT},
		{T("\"\xF8\x88\x80\x80\x80\""), QFS_JSON_TEXT},
		{T("\"\xFE\""), QFS_JSON_TEXT},
		{T("\"\xFF\""), QFS_JSON_TEXT},
		/* cut short, by the quote and by the end of the text */
		{T("\"\xC2\""), QFS_JSON_TEXT},
		{T("\"\xE2\x82\""), QFS_JSON_TEXT},
		{T("\"\xF0\x9F\x98\""), QFS_JSON_TEXT},
		{T("\"\xE2\x82x\""), QFS_JSON_TEXT},
		{T("\"\xF0\x9Fxx\""), QFS_JSON_TEXT},
		{T("\"\xF0\x9F\x98x\""), QFS_JSON_TEXT},
		{T("\"\xE2x\x82\""), QFS_JSON_TEXT},
		{T("\"\xC2"), QFS_JSON_TEXT},
		/* whole, where the string is not */
		{T("\"\xC3\xA9"), QFS_JSON_SYNTAX},
		{T("\"\xE2\x82\xAC"), QFS_JSON_SYNTAX},
		{T("\"\xF0\x9F\x98\x80"), QFS_JSON_SYNTAX},
		{T("\"\xE2\x82"), QFS_JSON_TEXT},
		{T("\"\xF0\x9F\x98"), QFS_JSON_TEXT},
		{T("{\"\xFF\":1}"), QFS_JSON_TEXT},
	};

	check_rows(rows, ROWS(rows));
}

static void
key_order(void)
{
	static const verdict rows[] = {
		{T("{\"a\":1,\"b\":2}"), QFS_OK},
		{T("{\"b\":1,\"a\":2}"), QFS_JSON_SYNTAX},
		{T("{\"a\":1,\"a\":1}"), QFS_JSON_SYNTAX},
		{T("{\"\":1,\"\":1}"), QFS_JSON_SYNTAX},
		{T("{\"a\":1,\"\":1}"), QFS_JSON_SYNTAX},
		{T("{\"a\":1,\"aa\":1,\"ab\":1}"), QFS_OK},
		{T("{\"aa\":1,\"a\":1}"), QFS_JSON_SYNTAX},
		{T("{\"B\":1,\"a\":1}"), QFS_OK},
		{T("{\"a\":1,\"B\":1}"), QFS_JSON_SYNTAX},
		{T("{\"1\":1,\"10\":1,\"9\":1}"), QFS_OK},
		{T("{\"a\":1,\"b\":{\"a\":1},\"c\":1}"), QFS_OK},
		{T("{\"a\":1,\"b\":2,\"a\":3}"), QFS_JSON_SYNTAX},
		/* U+1F600 begins with the surrogate D83D and sorts before U+FB33 */
		{T("{\"\xF0\x9F\x98\x80\":1,\"\xEF\xAC\xB3\":2}"), QFS_OK},
		{T("{\"\xEF\xAC\xB3\":1,\"\xF0\x9F\x98\x80\":2}"), QFS_JSON_SYNTAX},
		/* an escape stands for its character: 0A < 0B < 22 < 5C < 5D */
		{T("{\"\\n\":1,\"\\u000b\":2,\"\\\"\":3,\"\\\\\":4,\"]\":5}"), QFS_OK},
		{T("{\"\\u000b\":1,\"\\n\":2}"), QFS_JSON_SYNTAX},
		{T("{\"]\":1,\"\\\\\":2}"), QFS_JSON_SYNTAX},
		/* the example of RFC 8785, 3.2.3 */
		{T("{\"\\r\":1,\"1\":2,\"\xC2\x80\":3,\"\xC3\xB6\":4,\"\xE2\x82\xAC\":5,"
		   "\"\xF0\x9F\x98\x80\":6,\"\xEF\xAC\xB3\":7}"), QFS_OK},
	};

	check_rows(rows, ROWS(rows));
}

static void
nested(qfs_buf *out, unsigned levels, char open, char close)
{
	for (unsigned i = 0; i < levels; i++)
		qfs_buf_text(out, open == '[' ? "[" : i + 1 < levels ? "{\"a\":" : "{");
	for (unsigned i = 0; i < levels; i++)
		qfs_buf_byte(out, (uint8_t) close);
}

static void
depth(void)
{
	static const struct
	{
		unsigned	levels;
		qfs_status	status;
	}			rows[] = {
		{1, QFS_OK}, {31, QFS_OK}, {32, QFS_OK}, {33, QFS_JSON_DEPTH}, {5000, QFS_JSON_DEPTH}
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		static uint8_t memory[40000];
		qfs_buf		buf;
		qfs_error	err;

		unit_row("%u levels", rows[i].levels);
		qfs_buf_init(&buf, memory, sizeof(memory));
		nested(&buf, rows[i].levels, '[', ']');
		CHECK_STATUS(qfs_json_check(qfs_buf_slice(&buf), &err), rows[i].status);
		qfs_buf_init(&buf, memory, sizeof(memory));
		nested(&buf, rows[i].levels, '{', '}');
		CHECK(!buf.overflow);
		CHECK_STATUS(qfs_json_check(qfs_buf_slice(&buf), &err), rows[i].status);
	}
	CHECK_STATUS(qfs_json_check(QFS_LITERAL("[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
											"[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]"),
								NULL), QFS_OK);
}

static void
offsets_in_errors(void)
{
	qfs_error	err;

	qfs_json_check(QFS_LITERAL("[1,2,x]"), &err);
	CHECK_TEXT(qfs_slice_of(err.detail), "byte 5: a value was expected");
	qfs_json_check(QFS_LITERAL("\"ab\xFF\""), &err);
	CHECK_TEXT(qfs_slice_of(err.detail), "byte 3: not valid UTF-8");
}

static const unit_case cases[] = {
	CASE(values),
	CASE(containers),
	CASE(numbers),
	CASE(escapes),
	CASE(malformed_escapes),
	CASE(utf8),
	CASE(key_order),
	CASE(depth),
	CASE(offsets_in_errors),
	NO_MORE_CASES
};

const unit_suite suite_json = {"json", cases};
