/*
 * test_outcome.c - what an outcome says was looked at: every form of it read, and nothing else.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "engine/outcome.h"
#include "support/second_hash.h"

#define A1 "user_a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define B2 "user_b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2"
#define C3 "user_c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3"
#define D4 "user_d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4"
#define E5 "user_e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5"
#define NONCE "{\"nonce\":1}"
#define ALL "{\"access\":0,\"nonce\":1,\"standing\":12,\"ties\":null}"

/* The entry whose outcome it is. */
#define SEQ 13

static qfs_status
parse(const char *read, qfs_reads *out, qfs_error *err)
{
	static char outcome[4096];

	snprintf(outcome, sizeof(outcome), "{\"policy\":\"ab\",\"read\":%s,\"status\":\"OK\"}", read);
	return qfs_reads_parse(qfs_slice_of(outcome), SEQ, out, err);
}

/* "a1 standing 12; …" */
static const char *
told(const qfs_reads *reads)
{
	static char text[1024];
	size_t		len = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < reads->count; i++)
	{
		const qfs_read *read = &reads->list[i];

		for (size_t n = 1; n < sizeof(read->user.bytes); n++)
			CHECK_UINT(read->user.bytes[n], read->user.bytes[0]);
		len += (size_t) snprintf(text + len, sizeof(text) - len, "%s%02x %s %lld", i > 0 ? "; " : "", read->user.bytes[0],
								 qfs_account_kind_names[read->kind], (long long) read->previous);
	}
	return text;
}

static void
well_formed(void)
{
	static const struct
	{
		const char *read;
		const char *want;
	}			rows[] = {
		{"{\"" A1 "\":{\"access\":12}}", "a1 access 12"},
		{"{\"" A1 "\":{\"ties\":null}}", "a1 ties -1"},
		{"{\"" A1 "\":{\"access\":12,\"standing\":9,\"ties\":null},\"" B2 "\":{\"standing\":7}}",
		"a1 access 12; a1 standing 9; a1 ties -1; b2 standing 7"},
		{"{\"" A1 "\":" ALL ",\"" B2 "\":" ALL ",\"" C3 "\":" ALL ",\"" D4 "\":" ALL "}",
			"a1 access 0; a1 nonce 1; a1 standing 12; a1 ties -1; b2 access 0; b2 nonce 1; b2 standing 12; b2 ties -1; "
		"c3 access 0; c3 nonce 1; c3 standing 12; c3 ties -1; d4 access 0; d4 nonce 1; d4 standing 12; d4 ties -1"},
	};
	qfs_reads	reads;

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].read);
		CHECK_STATUS(qfs_json_check(qfs_slice_of(rows[i].read), NULL), QFS_OK);
		CHECK_STATUS(parse(rows[i].read, &reads, NULL), QFS_OK);
		CHECK_TEXT(qfs_slice_of(told(&reads)), rows[i].want);
	}
	/* An entry that looked at nothing says nothing of it; of one whose outcome is not shown nothing is known. */
	CHECK_STATUS(qfs_reads_parse(QFS_LITERAL("{\"status\":\"OK\"}"), SEQ, &reads, NULL), QFS_OK);
	CHECK_UINT(reads.count, 0);
	CHECK_STATUS(qfs_reads_parse((qfs_slice) {NULL, 0}, SEQ, &reads, NULL), QFS_OK);
	CHECK_UINT(reads.count, 0);
}

static void
malformed(void)
{
	static const char *const rows[] = {
		/* Where nothing was looked at there is no such member, and no account. */
		"{}",
		"{\"" A1 "\":{}}",
		"{\"" A1 "\":{\"access\":12},\"" B2 "\":{}}",
		/* Neither a list of records nor another value. */
		"[]",
		"[{\"account\":\"" A1 "\",\"kind\":\"access\",\"previous\":12}]",
		"null", "0", "true", "\"" A1 "\"",
		"{\"" A1 "\":[]}",
		"{\"" A1 "\":[12]}",
		"{\"" A1 "\":null}",
		"{\"" A1 "\":12}",
		"{\"" A1 "\":\"access\"}",
		/* Names of accounts. */
		"{\"system\":" NONCE "}",
		"{\"\":" NONCE "}",
		"{\"user_a1\":" NONCE "}",
		"{\"user_A1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1\":" NONCE "}",
		"{\"" A1 "a\":" NONCE "}",
		"{\"" A1 "\":" NONCE ",\"x\":" NONCE "}",
		"{\"\\n\":" NONCE "}",
		/* Kinds that there are, in their order, once. */
		"{\"" A1 "\":{\"accesses\":12}}",
		"{\"" A1 "\":{\"\":12}}",
		"{\"" A1 "\":{\"Access\":12}}",
		"{\"" A1 "\":{\"access\":12,\"more\":1}}",
		"{\"" A1 "\":{\"ties\":1,\"standing\":1}}",
		"{\"" A1 "\":{\"nonce\":1,\"nonce\":1}}",
		/* Accounts in their order, once, and no more than an entry can concern. */
		"{\"" B2 "\":" NONCE ",\"" A1 "\":" NONCE "}",
		"{\"" A1 "\":" NONCE ",\"" A1 "\":" NONCE "}",
		"{\"" A1 "\":" NONCE ",\"" B2 "\":" NONCE ",\"" C3 "\":" NONCE ",\"" D4 "\":" NONCE ",\"" E5 "\":" NONCE "}",
		/* The last entry that touched it is one before. */
		"{\"" A1 "\":{\"access\":13}}",
		"{\"" A1 "\":{\"access\":14}}",
		"{\"" A1 "\":{\"access\":9007199254740991}}",
		"{\"" A1 "\":{\"access\":-1}}",
		"{\"" A1 "\":{\"access\":\"12\"}}",
		"{\"" A1 "\":{\"access\":false}}",
		"{\"" A1 "\":{\"access\":[12]}}",
		"{\"" A1 "\":{\"access\":{\"previous\":12}}}",
		"{\"" A1 "\":{\"access\":12,\"standing\":13}}",
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_reads	reads;
		qfs_error	err;

		unit_row("%s", rows[i]);
		CHECK_STATUS(parse(rows[i], &reads, &err), QFS_OUTCOME_MISMATCH);
		CHECK_DETAIL(&err, "what entry 13 says it looked at is not of the form");
	}
}

static const unit_case cases[] = {
	CASE(well_formed),
	CASE(malformed),
	NO_MORE_CASES
};

const unit_suite suite_outcome = {"outcome", cases};
