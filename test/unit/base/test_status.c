/*
 * test_status.c - the words of every status, and how a detail is written.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

static bool
is_sqlstate(const char *s)
{
	return strlen(s) == 5 && strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5;
}

/* A line of status.def that forgets a column would leave a NULL. */
static void
every_status_has_words(void)
{
	for (int i = 0; i < QFS_STATUS_COUNT; i++)
	{
		const char *code = qfs_status_code((qfs_status) i);

		unit_row("%s", code);
		CHECK(strncmp(code, "QFS_", 4) == 0 && strlen(code) > 4);
		CHECK(is_sqlstate(qfs_status_sqlstate((qfs_status) i)));
		CHECK(strlen(qfs_status_message((qfs_status) i)) > 0);
		CHECK(qfs_status_message((qfs_status) i)[strlen(qfs_status_message((qfs_status) i)) - 1] != '.');
		if (i != QFS_OK)
			CHECK(strlen(qfs_status_hint((qfs_status) i)) > 0);
	}
}

/* PostgREST 12 retries 40001 for ever. */
static void
no_status_is_retried(void)
{
	for (int i = 0; i < QFS_STATUS_COUNT; i++)
		CHECK(strcmp(qfs_status_sqlstate((qfs_status) i), "40001") != 0);
}

static void
codes_are_unique(void)
{
	for (int i = 0; i < QFS_STATUS_COUNT; i++)
		for (int j = 0; j < i; j++)
			CHECK(strcmp(qfs_status_code((qfs_status) i), qfs_status_code((qfs_status) j)) != 0);
}

static void
known_words(void)
{
	CHECK_TEXT(qfs_slice_of(qfs_status_code(QFS_OK)), "QFS_OK");
	CHECK_TEXT(qfs_slice_of(qfs_status_sqlstate(QFS_OK)), "00000");
	CHECK_TEXT(qfs_slice_of(qfs_status_code(QFS_JSON_SYNTAX)), "QFS_JSON_SYNTAX");
	CHECK_TEXT(qfs_slice_of(qfs_status_sqlstate(QFS_SEQ_GAP)), "PT409");
	CHECK_TEXT(qfs_slice_of(qfs_status_message(QFS_INTERNAL)), "qfs has a fault of its own");
	CHECK_TEXT(qfs_slice_of(qfs_status_hint(QFS_JSON_DEPTH)), "Flatten the document.");
}

static void
formats(void)
{
	static const uint8_t bytes[QFS_HASH_LEN] = {0xAB, 0xCD,[31] = 0xEF};
	qfs_error	err;

	CHECK_STATUS(qfs_fail(&err, QFS_ARGUMENT, "nothing"), QFS_ARGUMENT);
	CHECK_STATUS(err.status, QFS_ARGUMENT);
	CHECK_TEXT(qfs_slice_of(err.detail), "nothing");

	qfs_fail(&err, QFS_ARGUMENT, "<%s> %u %u %i %i %i %% %v.", "a string",
			 (uint64_t) 0, UINT64_MAX, (int64_t) 0, INT64_MIN, INT64_MAX, QFS_LITERAL("a slice"));
	CHECK_TEXT(qfs_slice_of(err.detail),
			   "<a string> 0 18446744073709551615 0 -9223372036854775808 9223372036854775807 % a slice.");

	qfs_fail(&err, QFS_ARGUMENT, "%h", bytes);
	CHECK_TEXT(qfs_slice_of(err.detail),
			   "abcd0000000000000000000000000000000000000000000000000000000000ef");

	qfs_fail(&err, QFS_ARGUMENT, "(%v)", (qfs_slice) {NULL, 0});
	CHECK_TEXT(qfs_slice_of(err.detail), "()");
	CHECK_STATUS(qfs_fail(NULL, QFS_INTERNAL, "%s", "unwanted words"), QFS_INTERNAL);
}

/* Foreign text must not forge a log line or break the encoding. */
static void
foreign_text(void)
{
	static const char x64[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
	static const struct
	{
		const char *text;
		const char *shown;
	}			rows[] = {
		{"a\nb\rc\x01\x1f\x7f|~ ", "a?b?c???|~ "},
		/* U+0080 to U+009F steer terminals, U+009B foremost; U+00A0 does not. */
		{"a\xC2\x80" "b\xC2\x9B" "c\xC2\x9F", "a?b?c?"},
		{"\xC2\xA0\xC2\xBF\xC3\x80", "\xC2\xA0\xC2\xBF\xC3\x80"},
		{"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"},
		{x64, x64},
	};
	uint8_t		text[70];
	qfs_error	err;

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_fail(&err, QFS_ARGUMENT, "%v", qfs_slice_of(rows[i].text));
		CHECK_TEXT(qfs_slice_of(err.detail), rows[i].shown);
	}

	/* Cut at 64 bytes, or before the character that crosses them. */
	for (size_t at = 61; at <= 64; at++)
	{
		char		want[80];

		unit_row("a character of 4 bytes at byte %zu", at);
		memset(text, 'x', sizeof(text));
		memcpy(text + at, "\xF0\x9F\x98\x80", 4);
		memset(want, 'x', at);
		strcpy(want + at, "...");
		qfs_fail(&err, QFS_ARGUMENT, "%v", (qfs_slice) {text, sizeof(text)});
		CHECK_TEXT(qfs_slice_of(err.detail), want);
	}
}

/* A full buffer ends with a whole character and a NUL. */
static void
overlong_details(void)
{
	char		text[QFS_DETAIL_MAX + 50];
	qfs_error	err;

	for (size_t pad = 0; pad < 4; pad++)
	{
		size_t		len;

		unit_row("%zu bytes before characters of 4 bytes", pad);
		memset(text, 'x', pad);
		for (size_t i = pad; i + 4 < sizeof(text); i += 4)
			memcpy(text + i, "\xF0\x9F\x98\x80", 5);
		qfs_fail(&err, QFS_ARGUMENT, "%s", text);
		len = strlen(err.detail);
		CHECK(len < QFS_DETAIL_MAX && len >= QFS_DETAIL_MAX - 8);
		CHECK_UINT((len - pad) % 4, 0);
	}

	memset(text, 'y', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	qfs_fail(&err, QFS_ARGUMENT, "%s%u%v%i", text, UINT64_MAX, QFS_LITERAL("z"), INT64_MIN);
	CHECK_UINT(strlen(err.detail), QFS_DETAIL_MAX - 1);
	CHECK_UINT(strspn(err.detail, "y"), QFS_DETAIL_MAX - 1);
}

/* Records and callers name a status by its code, with or without "QFS_". */
static void
found_by_code(void)
{
	qfs_status	found;

	for (unsigned i = QFS_OK + 1; i < QFS_STATUS_COUNT; i++)
	{
		const char *code = qfs_status_code((qfs_status) i);

		unit_row("%s", code);
		found = QFS_OK;
		CHECK(qfs_status_of_code(qfs_slice_of(code), &found));
		CHECK_UINT(found, i);
		found = QFS_OK;
		CHECK(qfs_status_of_code(qfs_slice_of(code + 4), &found));
		CHECK_UINT(found, i);
		CHECK(!qfs_status_of_code(qfs_slice_of(code + 1), &found));
	}
	CHECK(!qfs_status_of_code(QFS_LITERAL(""), &found));
	CHECK(!qfs_status_of_code(QFS_LITERAL("OK"), &found));
	CHECK(!qfs_status_of_code(QFS_LITERAL("QFS_"), &found));
	CHECK(!qfs_status_of_code(QFS_LITERAL("INTERNA"), &found));
	CHECK(!qfs_status_of_code(QFS_LITERAL("internal"), &found));
}

static const unit_case cases[] = {
	CASE(every_status_has_words),
	CASE(no_status_is_retried),
	CASE(codes_are_unique),
	CASE(known_words),
	CASE(formats),
	CASE(foreign_text),
	CASE(overlong_details),
	CASE(found_by_code),
	NO_MORE_CASES
};

const unit_suite suite_status = {"status", cases};
