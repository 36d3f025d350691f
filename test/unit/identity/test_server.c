/*
 * test_server.c - which server a ledger lives in: digests, differences, the member of a payload.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "identity/server.h"
#include "support/sample.h"

static qfs_server_record
record_of(const qfs_server *server, uint8_t salt)
{
	qfs_server_record out = {0};
	uint8_t		bytes[QFS_SERVER_SALT_LEN];

	memset(bytes, salt, sizeof(bytes));
	qfs_server_record_make(server, bytes, &out);
	return out;
}

/* What Python's hashlib makes of it. */
static void
digests(void)
{
	qfs_server_record record = record_of(&sample_home, 7);

	CHECK_TEXT(qfs_slice_of(record.salt), "07070707070707070707070707070707");
	CHECK_HEX(record.system.bytes, QFS_HASH_LEN, "13edceeac33cd932b38238050100b236fc1dc62a807ed3e2e8b2b21fe38a74a9");
	CHECK_HEX(record.database.bytes, QFS_HASH_LEN, "4bc1bc628f3220951361e6a2c8be8f4f92f72bcf446be1a66450c3102ea8e1e1");
	CHECK_INT(record.timeline, 1);
	CHECK_INT(record.version, 150012);
}

static void
differences(void)
{
	static const struct
	{
		qfs_server	other;
		unsigned	changed;
	}			rows[] = {
		{{UINT64_C(7300000000000000001), 16384, 1, 150012}, 0},
		{{UINT64_C(7300000000000000001), 16385, 1, 150012}, QFS_SERVER_DATABASE},
		{{UINT64_C(7300000000000000001), 16384 << 8, 1, 150012}, QFS_SERVER_DATABASE},
		{{UINT64_C(7300000000000000001), 16384, 2, 150012}, QFS_SERVER_TIMELINE},
		{{UINT64_C(7300000000000000001), 16384, 1, 150013}, QFS_SERVER_VERSION},
		{{UINT64_C(7300000000000000000), 16384, 1, 150012}, QFS_SERVER_SYSTEM | QFS_SERVER_DATABASE},
		{{UINT64_C(7300000000000000001) ^ UINT64_C(1) << 63, 16384, 3, 180000},
		QFS_SERVER_SYSTEM | QFS_SERVER_DATABASE | QFS_SERVER_TIMELINE | QFS_SERVER_VERSION},
	};

	for (unsigned salt = 0; salt < 256; salt += 51)
		for (size_t i = 0; i < ROWS(rows); i++)
		{
			qfs_server_record record = record_of(&sample_home, (uint8_t) salt);

			unit_row("%zu, salt %u", i, salt);
			CHECK_UINT(qfs_server_compare(&record, &rows[i].other), rows[i].changed);
		}
}

/* A record that somebody has written by hand fits no server. */
static void
spoilt_record(void)
{
	qfs_server_record record = record_of(&sample_home, 7);

	record.salt[3] = 'X';
	CHECK_UINT(qfs_server_compare(&record, &sample_home), QFS_SERVER_SYSTEM | QFS_SERVER_DATABASE);
	record = record_of(&sample_home, 7);
	record.salt[30] = '\0';
	CHECK_UINT(qfs_server_compare(&record, &sample_home), QFS_SERVER_SYSTEM | QFS_SERVER_DATABASE);
	record = record_of(&sample_home, 7);
	record.database.bytes[31] ^= 1;
	CHECK_UINT(qfs_server_compare(&record, &sample_home), QFS_SERVER_DATABASE);
	record = record_of(&sample_home, 7);
	record.system.bytes[0] ^= 1;
	CHECK_UINT(qfs_server_compare(&record, &sample_home), QFS_SERVER_SYSTEM);
}

static void
change_names(void)
{
	static const char *const names[] = {"database", "recovery", "system", "timeline", "version"};

	for (unsigned n = 0; n < ROWS(names); n++)
		CHECK_TEXT(qfs_slice_of(qfs_server_change_name(n)), names[n]);
	CHECK(qfs_server_change_name(ROWS(names)) == NULL);
	CHECK_TEXT(qfs_slice_of(qfs_server_change_name(1)), "recovery");
	CHECK_UINT(QFS_SERVER_RECOVERY, 1 << 1);
}

static void
written_and_read(void)
{
	qfs_server_record want = record_of(&sample_home, 9);
	qfs_server_record got = {.number = 3,.seq = 4};
	char		payload[1024];

	snprintf(payload, sizeof(payload), "{\"server\":%s}", sample_server(&sample_home, 9));
	CHECK_STATUS(qfs_json_check(qfs_slice_of(payload), NULL), QFS_OK);
	CHECK_STATUS(qfs_server_record_read(qfs_slice_of(payload), &got, NULL), QFS_OK);
	CHECK_INT(got.number, 3);
	CHECK_INT(got.seq, 4);
	CHECK_HASH(&got.system, &want.system);
	CHECK_HASH(&got.database, &want.database);
	CHECK_TEXT(qfs_slice_of(got.salt), want.salt);
	CHECK_INT(got.timeline, want.timeline);
	CHECK_INT(got.version, want.version);
}

/* What no schema has looked at before. */
static void
unreadable(void)
{
	static const char k[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	static const struct
	{
		const char *payload;	/* %1$s: 64 digits */
		const char *detail;
	}			rows[] = {
		{"{}", "hexadecimal"},
		{"[]", "hexadecimal"},
		{"{\"server\":1}", "hexadecimal"},
		{"{\"server\":{\"database\":\"%1$s\",\"salt\":\"%1$.32s\",\"timeline\":1,\"version\":1}}", "hexadecimal"},
		{"{\"server\":{\"database\":\"%1$.63sF\",\"salt\":\"%1$.32s\",\"system\":\"%1$s\",\"timeline\":1,\"version\":1}}", "hexadecimal"},
		{"{\"server\":{\"database\":\"%1$s\",\"salt\":\"%1$.31s\",\"system\":\"%1$s\",\"timeline\":1,\"version\":1}}", "hexadecimal"},
		{"{\"server\":{\"database\":\"%1$s\",\"salt\":\"%1$.33s\",\"system\":\"%1$s\",\"timeline\":1,\"version\":1}}", "hexadecimal"},
		{"{\"server\":{\"database\":\"%1$s\",\"salt\":\"%1$.32s\",\"system\":null,\"timeline\":1,\"version\":1}}", "hexadecimal"},
		{"{\"server\":{\"database\":\"%1$s\",\"salt\":\"%1$.32s\",\"system\":\"%1$s\",\"timeline\":0,\"version\":1}}", "counts"},
		{"{\"server\":{\"database\":\"%1$s\",\"salt\":\"%1$.32s\",\"system\":\"%1$s\",\"timeline\":\"1\",\"version\":1}}", "counts"},
		{"{\"server\":{\"database\":\"%1$s\",\"salt\":\"%1$.32s\",\"system\":\"%1$s\",\"timeline\":1}}", "counts"},
		{"{\"server\":{\"database\":\"%1$s\",\"salt\":\"%1$.32s\",\"system\":\"%1$s\",\"timeline\":1,\"version\":-1}}", "counts"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_server_record record = {0};
		char		payload[512];
		qfs_error	err = {QFS_OK, ""};

		snprintf(payload, sizeof(payload), rows[i].payload, k);
		unit_row("%s", payload);
		CHECK_STATUS(qfs_server_record_read(qfs_slice_of(payload), &record, &err), QFS_PAYLOAD_INVALID);
		CHECK_DETAIL(&err, rows[i].detail);
	}
}

static const unit_case cases[] = {
	CASE(digests),
	CASE(differences),
	CASE(spoilt_record),
	CASE(change_names),
	CASE(written_and_read),
	CASE(unreadable),
	NO_MORE_CASES
};

const unit_suite suite_server = {"server", cases};
