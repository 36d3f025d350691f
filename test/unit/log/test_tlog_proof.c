/*
 * test_tlog_proof.c - tlog-proof files: written, read, and what is refused.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <string.h>

#include "log/note.h"

#define HEADER "c2sp.org/tlog-proof@v1\n"
#define HASH "AAECAwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAP8=\n"

static uint8_t memory[8192];

static void
written(void)
{
	qfs_proof	path = {2, {{{0, 1, 2, 3,[31] = 0xFF}}, {{0, 1, 2, 3,[31] = 0xFF}}}};
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_tlog_proof_write(&buf, 17, &path, QFS_LITERAL("the note\n"));
	CHECK_TEXT(qfs_buf_slice(&buf), HEADER "index 17\n" HASH HASH "\nthe note\n");
	path.count = 0;
	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_tlog_proof_write(&buf, 0, &path, QFS_LITERAL("the note\n"));
	CHECK_TEXT(qfs_buf_slice(&buf), HEADER "index 0\n\nthe note\n");
}

static void
read_back(void)
{
	for (unsigned count = 0; count <= QFS_PROOF_MAX; count++)
	{
		qfs_tlog_proof proof;
		qfs_proof	path;
		qfs_buf		buf;

		unit_row("%u hashes", count);
		path.count = count;
		for (unsigned i = 0; i < count; i++)
			memset(&path.hashes[i], (int) (i + 1), sizeof(qfs_hash));
		qfs_buf_init(&buf, memory, sizeof(memory));
		qfs_tlog_proof_write(&buf, QFS_INT_MAX, &path, QFS_LITERAL("a\n\nb\n"));
		CHECK(!buf.overflow);
		CHECK_STATUS(qfs_tlog_proof_parse(qfs_buf_slice(&buf), &proof, NULL), QFS_OK);
		CHECK_UINT(proof.index, QFS_INT_MAX);
		CHECK_UINT(proof.path.count, count);
		CHECK(memcmp(proof.path.hashes, path.hashes, count * sizeof(qfs_hash)) == 0);
		CHECK_TEXT(proof.note, "a\n\nb\n");
	}
}

static void
too_many_hashes(void)
{
	qfs_tlog_proof proof;
	qfs_error	err;
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_buf_text(&buf, HEADER "index 0\n");
	for (int i = 0; i <= QFS_PROOF_MAX; i++)
		qfs_buf_text(&buf, HASH);
	qfs_buf_text(&buf, "\nnote\n");
	CHECK(!buf.overflow);
	CHECK_STATUS(qfs_tlog_proof_parse(qfs_buf_slice(&buf), &proof, &err), QFS_PROOF_SYNTAX);
	CHECK_DETAIL(&err, "not a hash of the path");
}

static void
accepted(void)
{
	static const struct
	{
		const char *text;
		uint64_t	index;
		unsigned	count;
		const char *note;
	}			rows[] = {
		{HEADER "index 5\n" HASH "\nnote\n", 5, 1, "note\n"},
		{HEADER "index 5\n+/ECAwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAP8=\n\nnote\n", 5, 1, "note\n"},
		{HEADER "extra +/+/\nindex 5\n\nnote\n", 5, 0, "note\n"},
		{HEADER "extra AAEC\nindex 5\n" HASH "\nnote\n", 5, 1, "note\n"},
		{HEADER "extra AA==\nindex 0\n\nnote\n", 0, 0, "note\n"},
		{HEADER "index 9223372036854775807\n\n", INT64_MAX, 0, ""},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_tlog_proof proof;

		unit_row("row %zu", i);
		CHECK_STATUS(qfs_tlog_proof_parse(qfs_slice_of(rows[i].text), &proof, NULL), QFS_OK);
		CHECK_UINT(proof.index, rows[i].index);
		CHECK_UINT(proof.path.count, rows[i].count);
		CHECK_TEXT(proof.note, rows[i].note);
	}
}

static void
refused(void)
{
	static const struct
	{
		const char *text;
		const char *detail;
	}			rows[] = {
		{"", "first line"},
		{"c2sp.org/tlog-proof@v1", "first line"},
		{"c2sp.org/tlog-proof@v2\nindex 5\n\nnote\n", "first line"},
		{" " HEADER "index 5\n\nnote\n", "first line"},
		{"c2sp.org/tlog-proof@v1\r\nindex 5\n\nnote\n", "first line"},
		{HEADER, "index is missing"},
		{HEADER "index 5", "index is missing"},
		{HEADER "extra AAEC\n", "index is missing"},
		{HEADER "\nindex 5\n\nnote\n", "not an index"},
		{HEADER "index \n\nnote\n", "not an index"},
		{HEADER "index 05\n\nnote\n", "not an index"},
		{HEADER "index -5\n\nnote\n", "not an index"},
		{HEADER "index 5 \n\nnote\n", "not an index"},
		{HEADER "index  5\n\nnote\n", "not an index"},
		{HEADER "index\n\nnote\n", "not an index"},
		{HEADER "Index 5\n\nnote\n", "not an index"},
		{HEADER "index 9223372036854775808\n\nnote\n", "not an index"},
		{HEADER HASH "index 5\n\nnote\n", "not an index"},
		{HEADER "extra AAEC\nextra AAEC\nindex 5\n\nnote\n", "not an index"},
		{HEADER "extra \nindex 5\n\nnote\n", "extra"},
		{HEADER "extra A\nindex 5\n\nnote\n", "extra"},
		{HEADER "extra A!EC\nindex 5\n\nnote\n", "extra"},
		{HEADER "extra AAEC \nindex 5\n\nnote\n", "extra"},
		{HEADER "extra \xAB\xAF\xAB\xAF\nindex 5\n\nnote\n", "extra"},
		{HEADER "index 5\n\xAB" "AECAwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAP8=\n\nnote\n",
		"not a hash of the path"},
		{HEADER "index 5\n\xAF" "AECAwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAP8=\n\nnote\n",
		"not a hash of the path"},
		{HEADER "index 5\nextra AAEC\n\nnote\n", "not a hash of the path"},
		{HEADER "index 5\n", "no blank line"},
		{HEADER "index 5\n" HASH, "no blank line"},
		{HEADER "index 5\n" HASH HASH, "no blank line"},
		{HEADER "index 5\nAAEC\n\nnote\n", "not a hash of the path"},
		{HEADER "index 5\n " HASH "\nnote\n", "not a hash of the path"},
		{HEADER "index 5\n" HASH "note\n\n", "not a hash of the path"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_tlog_proof proof;
		qfs_error	err = {QFS_OK, ""};

		unit_row("row %zu: %s", i, rows[i].text);
		CHECK_STATUS(qfs_tlog_proof_parse(qfs_slice_of(rows[i].text), &proof, &err),
					 QFS_PROOF_SYNTAX);
		CHECK_DETAIL(&err, rows[i].detail);
	}
}

static const unit_case cases[] = {
	CASE(written),
	CASE(read_back),
	CASE(too_many_hashes),
	CASE(accepted),
	CASE(refused),
	NO_MORE_CASES
};

const unit_suite suite_tlog_proof = {"tlog_proof", cases};
