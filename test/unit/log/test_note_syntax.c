/*
 * test_note_syntax.c - notes that are refused, and what about a note is free.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <string.h>

#include "log/note.h"

#define ROOT "AAECAwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAP8="
#define DASH "\xE2\x80\x94 "
#define SIGNED "\n" DASH "log.example/a AAAAAAAA\n"
#define BODY "log.example/a\n5\n" ROOT "\n"

/* Text that may hold NUL, as two columns. */
#define T(s) (s), sizeof(s) - 1

static void
accepted(void)
{
	static const struct
	{
		const char *note;
		const char *body;
	}			rows[] = {
		{BODY SIGNED, BODY},
		{BODY "\n" DASH "log.example/a AAAAAAA=\n", BODY},
		{BODY SIGNED DASH "\xC3\xA9\xE2\x82\xAC AAECAwQFBgc=\n", BODY},
		{BODY "one more\n" SIGNED, BODY "one more\n"},
		{BODY "one\ntwo\n\xC3\xA9\n" SIGNED, BODY "one\ntwo\n\xC3\xA9\n"},
		/* A line that looks like a signature is text where a blank line follows. */
		{BODY DASH "a AAAAAAAA\n" SIGNED, BODY DASH "a AAAAAAAA\n"},
		/* An origin that is no key name: some logs have spaces in it. */
		{"go.sum database tree\n0\n" ROOT "\n" SIGNED, "go.sum database tree\n0\n" ROOT "\n"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_checkpoint checkpoint;
		qfs_error	err = {QFS_OK, ""};

		unit_row("row %zu: %s", i, rows[i].note);
		CHECK_STATUS(qfs_checkpoint_parse(qfs_slice_of(rows[i].note), &checkpoint, &err), QFS_OK);
		CHECK_TEXT(checkpoint.body, rows[i].body);
		CHECK_UINT(checkpoint.body.len + 1 + checkpoint.signatures.len, strlen(rows[i].note));
	}
}

static void
refused(void)
{
	static const struct
	{
		const char *note;
		size_t		len;
		const char *detail;
	}			rows[] = {
		{T(""), "no blank line"},
		{T("\n"), "no blank line"},
		{T(BODY), "no blank line"},
		{T(BODY DASH "log.example/a AAAAAAAA\n"), "no blank line"},
		{T("\n\n"), "three lines"},
		{T("\n\n" DASH "a AAAAAAAA\n"), "three lines"},
		{T("log.example/a\n" SIGNED), "three lines"},
		{T("log.example/a\n5\n" SIGNED), "three lines"},
		{T("\n5\n" ROOT "\n" SIGNED), "origin is empty"},
		{T("log.example/a\n\n" ROOT "\n" SIGNED), "not a size"},
		{T("log.example/a\n05\n" ROOT "\n" SIGNED), "not a size"},
		{T("log.example/a\n-5\n" ROOT "\n" SIGNED), "not a size"},
		{T("log.example/a\n+5\n" ROOT "\n" SIGNED), "not a size"},
		{T("log.example/a\n5 \n" ROOT "\n" SIGNED), "not a size"},
		{T("log.example/a\n0x5\n" ROOT "\n" SIGNED), "not a size"},
		{T("log.example/a\n9223372036854775808\n" ROOT "\n" SIGNED), "not a size"},
		{T("log.example/a\n5\n\n" SIGNED), "not a root"},
		{T("log.example/a\n5\n" ROOT " \n" SIGNED), "not a root"},
		{T("log.example/a\n5\nAAECAwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAP8\n" SIGNED), "not a root"},
		{T("log.example/a\n5\nAAECAwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n" SIGNED), "not a root"},
		{T("log.example/a\n5\nAAECAwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAP8A\n" SIGNED), "not a root"},
		{T("log.example/a\n5\nAAECAwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAP9=\n" SIGNED), "not a root"},
		{T("log.example/a\n5\nAAECAwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-_=\n" SIGNED), "not a root"},
		{T(BODY "\nmore\n" SIGNED), "extension line is empty"},
		{T(BODY "more\n\n" SIGNED), "extension line is empty"},
		{T(BODY "\n"), "not signed"},
		{T(BODY SIGNED "\n"), "extension line is empty"},
		{T(BODY "\n" DASH "log.example/a AAAAAAAA"), "does not end"},
		{T(BODY "\nlog.example/a AAAAAAAA\n"), "not a signature line"},
		{T(BODY "\n- log.example/a AAAAAAAA\n"), "not a signature line"},
		{T(BODY "\n\xE2\x80\x93 log.example/a AAAAAAAA\n"), "not a signature line"},
		{T(BODY "\n\xE2\x80\x94log.example/a AAAAAAAA\n"), "not a signature line"},
		{T(BODY "\n" DASH "\n"), "not a signature line"},
		{T(BODY "\n" DASH "log.example/a\n"), "not a signature line"},
		{T(BODY "\n" DASH "log.example/a \n"), "not a signature line"},
		{T(BODY "\n" DASH " AAAAAAAA\n"), "not a signature line"},
		{T(BODY "\n" DASH "log+a AAAAAAAA\n"), "not a signature line"},
		{T(BODY "\n" DASH "log.example/a  AAAAAAAA\n"), "not a signature line"},
		{T(BODY "\n" DASH "log.example/a AAAAAAAA \n"), "not a signature line"},
		{T(BODY "\n" DASH "log.example/a AAAAAAAA AAAAAAAA\n"), "not a signature line"},
		{T(BODY "\n" DASH "log.example/a AAAA\n"), "not a signature line"},
		{T(BODY "\n" DASH "log.example/a AAAAAA==\n"), "not a signature line"},
		{T(BODY "\n" DASH "log.example/a AAAAAAA\n"), "not a signature line"},
		{T(BODY "\n" DASH "log.example/a AAAAAAAAA\n"), "not a signature line"},
		{T(BODY "\n" DASH "log.example/a AAAA=AAA\n"), "not a signature line"},
		{T(BODY "\n" DASH "log.example/a AA==AAAAAAAA\n"), "not a signature line"},
		{T(BODY "\n" DASH "log.example/a AAAAAAB=\n"), "not a signature line"},
		{T(BODY "\n" DASH "log.example/a AAAA-AAA\n"), "not a signature line"},
		{T(BODY SIGNED "more\n"), "not a signature line"},
		{T("\x01log.example/a\n5\n" ROOT "\n" SIGNED), "byte 0 is a control character"},
		{T("log.example/a\r\n5\n" ROOT "\n" SIGNED), "control character"},
		{T("log.example/a\n5\n" ROOT "\n\r\n" DASH "a AAAAAAAA\n"), "no blank line"},
		{T(BODY SIGNED DASH "b AAAAAAAA\r\n"), "control character"},
		{T(BODY "a\tb\n" SIGNED), "control character"},
		{T(BODY "a\0b\n" SIGNED), "control character"},
		{T(BODY "a\x1f\n" SIGNED), "control character"},
		{T(BODY "a\xFF\n" SIGNED), "UTF-8"},
		{T(BODY "\xED\xA0\x80\n" SIGNED), "UTF-8"},
		{T(BODY SIGNED DASH "b\xC3 AAAAAAAA\n"), "UTF-8"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		uint8_t		exact[rows[i].len + 1];
		qfs_checkpoint checkpoint;
		qfs_error	err = {QFS_OK, ""};

		/* A copy of its size alone, at the end of which the sanitizer watches. */
		unit_row("row %zu: %s", i, rows[i].note);
		memcpy(exact + 1, rows[i].note, rows[i].len);
		CHECK_STATUS(qfs_checkpoint_parse((qfs_slice) {exact + 1, rows[i].len}, &checkpoint, &err),
					 QFS_NOTE_SYNTAX);
		CHECK_DETAIL(&err, rows[i].detail);
	}
}

/* Text and note may be as long as the limits and not a byte longer. */
static void
limits(void)
{
	static uint8_t memory[QFS_NOTE_MAX + 1];
	qfs_checkpoint checkpoint;
	qfs_error	err;

	for (size_t over = 0; over < 2; over++)
	{
		size_t		want = QFS_NOTE_BODY_MAX + over;
		qfs_buf		buf;

		unit_row("%zu bytes too many", over);
		qfs_buf_init(&buf, memory, sizeof(memory));
		qfs_buf_text(&buf, BODY);
		while (buf.len < want - 1)
			qfs_buf_byte(&buf, 'x');
		qfs_buf_byte(&buf, '\n');
		qfs_buf_text(&buf, SIGNED);
		CHECK_STATUS(qfs_checkpoint_parse(qfs_buf_slice(&buf), &checkpoint, &err),
					 over ? QFS_NOTE_SYNTAX : QFS_OK);
		if (over)
			CHECK_DETAIL(&err, "longer than 4096");

		qfs_buf_init(&buf, memory, sizeof(memory));
		qfs_buf_text(&buf, BODY SIGNED DASH);
		while (buf.len < QFS_NOTE_MAX + over - strlen(" AAAAAAAA\n"))
			qfs_buf_byte(&buf, 'n');
		qfs_buf_text(&buf, " AAAAAAAA\n");
		CHECK_UINT(buf.len, QFS_NOTE_MAX + over);
		CHECK_STATUS(qfs_checkpoint_parse(qfs_buf_slice(&buf), &checkpoint, &err),
					 over ? QFS_NOTE_SYNTAX : QFS_OK);
		if (over)
			CHECK_DETAIL(&err, "longer than 65536");
	}
}

static const unit_case cases[] = {
	CASE(accepted),
	CASE(refused),
	CASE(limits),
	NO_MORE_CASES
};

const unit_suite suite_note_syntax = {"note_syntax", cases};
