/*
 * test_server_changed.c - SERVER_CHANGED: what the ledger alone can check of it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "rules/system/server_changed.h"
#include "support/sample.h"

static sample s;

static void
open_ledger(void)
{
	sample_open(&s);
	sample_genesis(&s);
}

static qfs_server
home_with(int64_t timeline, int64_t version)
{
	return (qfs_server) {sample_home.system, sample_home.database, timeline, version};
}

static const qfs_server_record *
in_force(void)
{
	return qfs_memory_store_record(s.store, &qfs_kind_server, 0);
}

static void
check_in_force(const qfs_server *server, int64_t seq)
{
	const qfs_server_record *record = in_force();

	CHECK(record != NULL && qfs_memory_store_record(s.store, &qfs_kind_server, 1) == NULL);
	CHECK_INT(record->number, 0);
	CHECK_INT(record->seq, seq);
	CHECK_UINT(qfs_server_compare(record, server), 0);
}

static void
changes(void)
{
	static const struct
	{
		unsigned	changed;
		const char *reason;
		qfs_server	server;
		const char *outcome;
	}			rows[] = {
		{QFS_SERVER_TIMELINE, NULL, {7, 16384, 2, 150012}, "{\"result\":{\"previous\":0}}"},
		{QFS_SERVER_VERSION, NULL, {7, 16384, 2, 150013}, "{\"result\":{\"previous\":1}}"},
		{QFS_SERVER_TIMELINE | QFS_SERVER_VERSION, NULL, {7, 16384, 4, 180001}, "{\"result\":{\"previous\":2}}"},
		{QFS_SERVER_DATABASE, "a copy", {7, 16999, 4, 180001}, "{\"result\":{\"previous\":3}}"},
		{QFS_SERVER_RECOVERY | QFS_SERVER_TIMELINE, "to noon", {7, 16999, 5, 180001}, "{\"result\":{\"previous\":4}}"},
		{QFS_SERVER_DATABASE | QFS_SERVER_RECOVERY | QFS_SERVER_TIMELINE | QFS_SERVER_VERSION, "x", {7, 17000, 6, 180002},
		"{\"result\":{\"previous\":5}}"},
		{QFS_SERVER_DATABASE | QFS_SERVER_SYSTEM, "moved", {8, 17000, 6, 180002}, "{\"result\":{\"previous\":6}}"},
		{QFS_SERVER_DATABASE | QFS_SERVER_SYSTEM | QFS_SERVER_TIMELINE | QFS_SERVER_VERSION, "upgraded", {9, 17000, 1, 190000},
		"{\"result\":{\"previous\":7}}"},
	};

	open_ledger();
	check_in_force(&sample_home, 0);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%zu", i);
		CHECK_STATUS(sample_append(&s, "SERVER_CHANGED",
								   sample_server_payload(rows[i].changed, rows[i].reason, &rows[i].server, (uint8_t) (i + 1))), QFS_OK);
		CHECK_TEXT(s.event.outcome, rows[i].outcome);
		check_in_force(&rows[i].server, (int64_t) i + 1);
	}
	sample_close(&s);
}

static void
check_refused(const char *payload, const char *detail)
{
	unit_row("%s", payload);
	CHECK_STATUS(qfs_json_check(qfs_slice_of(payload), NULL), QFS_OK);
	sample_refuse(&s, NULL, "SERVER_CHANGED", payload, QFS_PAYLOAD_INVALID, detail);
}

/* What is said does not fit what was recorded before. */
static void
contradictions(void)
{
	static const struct
	{
		unsigned	changed;
		const char *reason;
		int64_t		timeline;
		int64_t		version;
		const char *detail;
	}			rows[] = {
		{QFS_SERVER_TIMELINE, NULL, 1, 150012, "the timeline was 1 and is 1"},
		{QFS_SERVER_VERSION, NULL, 1, 150012, "the version was 150012 and is 150012"},
		{QFS_SERVER_VERSION, NULL, 2, 150013, "the timeline was 1 and is 2"},
		{QFS_SERVER_TIMELINE, NULL, 2, 150011, "the version was 150012 and is 150011"},
		{QFS_SERVER_DATABASE, "x", 2, 150012, "the timeline was 1 and is 2"},
		{QFS_SERVER_SYSTEM, "x", 1, 150012, "another system has another database"},
		{QFS_SERVER_SYSTEM | QFS_SERVER_TIMELINE, "x", 2, 150012, "another system has another database"},
		{QFS_SERVER_RECOVERY, "x", 1, 150012, "onto another timeline"},
		{QFS_SERVER_RECOVERY | QFS_SERVER_DATABASE, "x", 1, 150012, "onto another timeline"},
		{QFS_SERVER_RECOVERY | QFS_SERVER_DATABASE | QFS_SERVER_SYSTEM | QFS_SERVER_TIMELINE, "x", 2, 150012, "of the same system"},
		{QFS_SERVER_TIMELINE, "x", 2, 150012, "payload.reason"},
		{QFS_SERVER_VERSION, "x", 1, 150013, "payload.reason"},
		{QFS_SERVER_DATABASE, NULL, 1, 150012, "payload.reason"},
		{QFS_SERVER_RECOVERY | QFS_SERVER_TIMELINE, NULL, 2, 150012, "payload.reason"},
		{QFS_SERVER_SYSTEM | QFS_SERVER_DATABASE, NULL, 1, 150012, "payload.reason"},
		{0, NULL, 1, 150012, "payload.changed: too few"},
		{QFS_SERVER_DATABASE, "", 1, 150012, "payload.reason: too short"},
	};

	open_ledger();
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_server	server = home_with(rows[i].timeline, rows[i].version);

		check_refused(sample_server_payload(rows[i].changed, rows[i].reason, &server, 1), rows[i].detail);
	}
	/* A salt is drawn anew, or two records could be told to be of one server. */
	check_refused(sample_server_payload(QFS_SERVER_VERSION, NULL, &(qfs_server) {1, 1, 1, 150013}, 0), "payload.server.salt: that of entry 0");
	sample_close(&s);
}

/* It does not have the form. */
static void
malformed(void)
{
	static const struct
	{
		const char *payload;	/* %s: a server on timeline 2 */
		const char *detail;
	}			rows[] = {
		{"{}", "payload.changed: missing"},
		{"{\"changed\":[\"timeline\"],\"server\":%s}", "payload.reason: missing"},
		{"{\"changed\":[\"timeline\"],\"reason\":null}", "payload.server: missing"},
		{"{\"changed\":[\"timeline\"],\"reason\":null,\"server\":{}}", "payload.server.database: missing"},
		{"{\"changed\":[\"timeline\"],\"more\":1,\"reason\":null,\"server\":%s}", "payload.more: unknown member"},
		{"{\"changed\":[\"timeline\"],\"reason\":1,\"server\":%s}", "payload.reason: wrong type"},
		{"{\"changed\":\"timeline\",\"reason\":null,\"server\":%s}", "payload.changed: wrong type"},
		{"{\"changed\":[\"clock\"],\"reason\":null,\"server\":%s}", "payload.changed[0]"},
		{"{\"changed\":[\"timeline\",\"timeline\"],\"reason\":null,\"server\":%s}", "each name once"},
		{"{\"changed\":[\"timeline\",\"database\"],\"reason\":\"x\",\"server\":%s}", "in their order"},
	};
	qfs_server	next = home_with(2, sample_home.version);
	char		reason[QFS_SERVER_REASON_MAX + 2];

	open_ledger();
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		char		payload[1024];

		snprintf(payload, sizeof(payload), rows[i].payload, sample_server(&next, 1));
		check_refused(payload, rows[i].detail);
	}
	memset(reason, 'x', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	check_refused(sample_server_payload(QFS_SERVER_DATABASE, reason, &sample_home, 1), "payload.reason: too long");
	reason[QFS_SERVER_REASON_MAX] = '\0';
	CHECK_STATUS(sample_append(&s, "SERVER_CHANGED", sample_server_payload(QFS_SERVER_DATABASE, reason, &sample_home, 1)), QFS_OK);
	sample_close(&s);
}

/* No account's, and not without the record before. */
static void
not_for_accounts(void)
{
	qfs_server	next = home_with(2, sample_home.version);
	qfs_user_id user = {{1}};

	open_ledger();
	CHECK_STATUS(sample_append_as(&s, SAMPLE_OPERATOR, &user, "SERVER_CHANGED",
								  sample_server_payload(QFS_SERVER_TIMELINE, NULL, &next, 1)), QFS_ACTOR_MISMATCH);
	CHECK_STATUS(sample_append_as(&s, "{\"sig\":\"0x\",\"via\":\"wallet\"}", &user, "SERVER_CHANGED",
								  sample_server_payload(QFS_SERVER_TIMELINE, NULL, &next, 1)), QFS_NO_SESSION);
	CHECK_INT(in_force()->seq, 0);
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(changes),
	CASE(contradictions),
	CASE(malformed),
	CASE(not_for_accounts),
	NO_MORE_CASES
};

const unit_suite suite_server_changed = {"server_changed", cases};
