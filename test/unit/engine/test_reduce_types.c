/*
 * test_reduce_types.c - EVENT_TYPE, and events of types that it registered.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "support/sample.h"

static sample s;

static void
open_ledger(void)
{
	sample_open(&s);
	sample_genesis(&s);
}

static void
registered(void)
{
	const qfs_event_type_record *record;

	open_ledger();
	CHECK_STATUS(sample_append(&s, "EVENT_TYPE", "{\"by\":\"operator\",\"schema\":{\"type\":\"object\"},"
							   "\"type\":\"FIRST\"}"), QFS_OK);
	CHECK_TEXT(s.event.outcome, "{}");
	CHECK_STATUS(sample_append(&s, "EVENT_TYPE", "{\"by\":\"account\",\"schema\":{},\"type\":\"S\"}"),
				 QFS_OK);
	record = qfs_memory_store_record(s.store, &qfs_kind_event_type, 0);
	CHECK_TEXT(qfs_slice_of(record->type), "FIRST");
	CHECK_INT(record->seq, 1);
	CHECK_TEXT(qfs_slice_of(record->by), "operator");
	CHECK_TEXT(record->schema, "{\"type\":\"object\"}");
	record = qfs_memory_store_record(s.store, &qfs_kind_event_type, 1);
	CHECK_TEXT(qfs_slice_of(record->type), "S");
	CHECK_INT(record->seq, 2);
	CHECK_TEXT(qfs_slice_of(record->by), "account");
	CHECK_TEXT(record->schema, "{\"additionalProperties\":true,\"type\":\"object\"}");
	sample_close(&s);
}

static void
longest_name(void)
{
	char		payload[256];
	char		type[65] = "";

	open_ledger();
	memset(type, 'A', 64);
	snprintf(payload, sizeof(payload), "{\"by\":\"operator\",\"schema\":{},\"type\":\"%s\"}", type);
	sample_refuse(&s, NULL, "EVENT_TYPE", payload, QFS_PAYLOAD_INVALID, "payload.type: too long");

	type[63] = '\0';
	snprintf(payload, sizeof(payload), "{\"by\":\"operator\",\"schema\":{},\"type\":\"%s\"}", type);
	CHECK_STATUS(sample_append(&s, "EVENT_TYPE", payload), QFS_OK);
	CHECK_STATUS(sample_append(&s, type, "{\"a\":1}"), QFS_OK);
	type[62] = '\0';
	sample_refuse(&s, NULL, type, "{}", QFS_TYPE_UNKNOWN, type);
	sample_close(&s);
}

static void
not_registered(void)
{
	static const struct
	{
		const char *payload;
		qfs_status	status;
		const char *detail;
	}			rows[] = {
		{"{}", QFS_PAYLOAD_INVALID, "missing"},
		{"{\"by\":\"nobody\",\"schema\":{},\"type\":\"A\"}", QFS_PAYLOAD_INVALID, "payload.by: not one of"},
		{"{\"by\":\"operator\",\"schema\":[],\"type\":\"A\"}", QFS_PAYLOAD_INVALID, "payload.schema"},
		{"{\"by\":\"operator\",\"schema\":{},\"type\":1}", QFS_PAYLOAD_INVALID, "payload.type"},
		{"{\"by\":\"operator\",\"schema\":{},\"type\":\"A\",\"x\":1}", QFS_PAYLOAD_INVALID, "payload.x"},
		{"{\"by\":\"operator\",\"schema\":{},\"type\":\"\"}", QFS_PAYLOAD_INVALID, "payload.type: too short"},
		{"{\"by\":\"operator\",\"schema\":{},\"type\":\"a\"}", QFS_TYPE_SYNTAX, "\"a\""},
		{"{\"by\":\"operator\",\"schema\":{},\"type\":\"A\\n\"}", QFS_TYPE_SYNTAX, ""},
		{"{\"by\":\"operator\",\"schema\":{},\"type\":\"A\\\\\"}", QFS_TYPE_SYNTAX, ""},
		/* 63 characters, but of 126 bytes */
		{"{\"by\":\"operator\",\"schema\":{},\"type\":\""
			"\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84"
			"\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84"
			"\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84"
			"\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84"
			"\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84"
			"\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\xC3\x84\"}", QFS_TYPE_SYNTAX, ""},
		{"{\"by\":\"operator\",\"schema\":{\"x\":1},\"type\":\"A\"}", QFS_SCHEMA_INVALID, "schema.x"},
		{"{\"by\":\"operator\",\"schema\":{\"items\":1},\"type\":\"A\"}", QFS_SCHEMA_INVALID, "schema.items"},
		{"{\"by\":\"operator\",\"schema\":{\"required\":[\"n\"]},\"type\":\"A\"}", QFS_SCHEMA_INVALID, "schema.required.n: not among"},
		{"{\"by\":\"operator\",\"schema\":{\"properties\":{\"n\":{\"minLength\":65528,\"type\":\"string\"}},\"required\":[\"n\"]},\"type\":\"A\"}",
		QFS_SCHEMA_INVALID, "an entry has room for"},
		{"{\"by\":\"operator\",\"schema\":{},\"type\":\"GENESIS\"}", QFS_TYPE_EXISTS, "qfs's own"},
		{"{\"by\":\"operator\",\"schema\":{},\"type\":\"EVENT_TYPE\"}", QFS_TYPE_EXISTS, "qfs's own"},
		{"{\"by\":\"operator\",\"schema\":{},\"type\":\"VOTE_COUNTED\"}", QFS_TYPE_RESERVED, "VOTE_COUNTED"},
		{"{\"by\":\"account\",\"schema\":{},\"type\":\"AEGIS_\"}", QFS_TYPE_RESERVED, "AEGIS_"},
		{"{\"by\":\"account\",\"schema\":{},\"type\":\"NOD\"}", QFS_TYPE_RESERVED, "NOD"},
		{"{\"by\":\"account\",\"schema\":{},\"type\":\"KNOWN\"}", QFS_TYPE_EXISTS, "KNOWN, by entry 1"},
	};

	open_ledger();
	CHECK_STATUS(sample_append(&s, "EVENT_TYPE", "{\"by\":\"operator\",\"schema\":{},\"type\":\"KNOWN\"}"),
				 QFS_OK);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].payload);
		CHECK_STATUS(qfs_json_check(qfs_slice_of(rows[i].payload), NULL), QFS_OK);
		sample_refuse(&s, NULL, "EVENT_TYPE", rows[i].payload, rows[i].status, rows[i].detail);
	}
	sample_close(&s);
}

static void
custom_events(void)
{
	qfs_user_id somebody = {{1}};

	open_ledger();
	sample_refuse(&s, NULL, "", "{}", QFS_TYPE_SYNTAX, "");
	CHECK_STATUS(sample_append(&s, "EVENT_TYPE",
							   "{\"by\":\"operator\",\"schema\":{\"properties\":{\"n\":{\"maximum\":9,"
							   "\"type\":\"integer\"}},\"required\":[\"n\"],\"type\":\"object\"},"
							   "\"type\":\"COUNTED\"}"), QFS_OK);
	CHECK_STATUS(sample_append(&s, "EVENT_TYPE", "{\"by\":\"account\",\"schema\":{},\"type\":\"THEIRS\"}"),
				 QFS_OK);
	CHECK_STATUS(sample_append(&s, "COUNTED", "{\"n\":9}"), QFS_OK);
	CHECK_TEXT(s.event.outcome, "{}");
	sample_refuse(&s, NULL, "COUNTED", "{\"n\":10}", QFS_PAYLOAD_INVALID, "payload.n: too large");
	sample_refuse(&s, NULL, "COUNTED", "{}", QFS_PAYLOAD_INVALID, "payload.n: missing");
	sample_refuse(&s, NULL, "COUNTED", "{\"m\":1,\"n\":1}", QFS_PAYLOAD_INVALID, "payload.m: unknown member");
	sample_refuse(&s, NULL, "COUNTE", "{\"n\":1}", QFS_TYPE_UNKNOWN, "COUNTE");
	sample_refuse(&s, NULL, "COUNTEDD", "{\"n\":1}", QFS_TYPE_UNKNOWN, "COUNTEDD");
	sample_refuse(&s, NULL, "counted", "{\"n\":1}", QFS_TYPE_SYNTAX, "counted");
	sample_refuse(&s, NULL, "THEIRS", "{}", QFS_NO_SESSION, "THEIRS is appended by accounts");
	CHECK_STATUS(sample_append_as(&s, "{}", NULL, "COUNTED", "{\"n\":1}"), QFS_AUTH_INVALID);
	CHECK_STATUS(sample_append_as(&s, "{}", &somebody, "THEIRS", "{}"), QFS_AUTH_INVALID);
	sample_close(&s);
}

/* An entry holds an object, whatever a schema admits. */
static void
payload_is_an_object(void)
{
	static const struct
	{
		const char *schema;
		const char *payload;
	}			rows[] = {
		{"{\"type\":[\"integer\",\"object\"]}", "1"},
		{"{\"type\":[\"array\",\"object\"]}", "[]"},
		{"{\"enum\":[\"a\",{}]}", "\"a\""},
		{"{\"minimum\":1}", "null"},
		{"{\"minLength\":1}", "\"a\""},
		{"{}", "[]"},
		{"{}", "true"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		char		payload[256];

		unit_row("%s for %s", rows[i].payload, rows[i].schema);
		open_ledger();
		snprintf(payload, sizeof(payload), "{\"by\":\"operator\",\"schema\":%s,\"type\":\"A\"}",
				 rows[i].schema);
		CHECK_STATUS(sample_append(&s, "EVENT_TYPE", payload), QFS_OK);
		sample_refuse(&s, NULL, "A", rows[i].payload, QFS_PAYLOAD_INVALID, "payload: ");
		sample_close(&s);
	}
}

/* A type that admits one member, and no other. */
static void
register_type(const char *type, const char *member)
{
	static char payload[16384];

	snprintf(payload, sizeof(payload), "{\"by\":\"operator\",\"schema\":{\"properties\":{\"%s\":{}},"
			 "\"type\":\"object\"},\"type\":\"%s\"}", member, type);
	CHECK_STATUS(sample_append(&s, "EVENT_TYPE", payload), QFS_OK);
}

/* What the reducer remembers of one type is never taken for another's. */
static void
types_in_turn(void)
{
	static const char *const order[] = {"A", "A", "B", "B", "A", "B", "A"};

	open_ledger();
	register_type("A", "a");
	register_type("B", "b");
	for (size_t i = 0; i < ROWS(order); i++)
	{
		bool		is_a = order[i][0] == 'A';

		unit_row("event %zu", i);
		CHECK_STATUS(sample_append(&s, order[i], is_a ? "{\"a\":1}" : "{\"b\":1}"), QFS_OK);
		sample_refuse(&s, NULL, order[i], is_a ? "{\"b\":1}" : "{\"a\":1}", QFS_PAYLOAD_INVALID, "unknown member");
		/* A refused one in between is not remembered as known. */
		sample_refuse(&s, NULL, "C", "{}", QFS_TYPE_UNKNOWN, "C");
		sample_refuse(&s, NULL, "C", "{}", QFS_TYPE_UNKNOWN, "C");
	}
	sample_close(&s);
}

/* A schema of any size counts, whether it is remembered or not. */
static void
large_schemas(void)
{
	static char member[QFS_SCHEMA_REMEMBERED + 2];
	static char payload[QFS_SCHEMA_REMEMBERED + 32];
	size_t		around = strlen("{\"properties\":{\"\":{}},\"type\":\"object\"}");

	for (size_t len = QFS_SCHEMA_REMEMBERED - 1; len <= QFS_SCHEMA_REMEMBERED + 1; len++)
	{
		const qfs_event_type_record *record;

		unit_row("a schema of %zu bytes", len);
		open_ledger();
		memset(member, 'm', len - around);
		member[len - around] = '\0';
		register_type("LARGE", member);
		record = qfs_memory_store_record(s.store, &qfs_kind_event_type, 0);
		CHECK_UINT(record->schema.len, len);
		snprintf(payload, sizeof(payload), "{\"%s\":1}", member);
		for (int i = 0; i < 3; i++)
		{
			CHECK_STATUS(sample_append(&s, "LARGE", payload), QFS_OK);
			sample_refuse(&s, NULL, "LARGE", "{\"n\":1}", QFS_PAYLOAD_INVALID, "payload.n: unknown member");
		}
		sample_close(&s);
	}
}

static const unit_case cases[] = {
	CASE(registered),
	CASE(longest_name),
	CASE(not_registered),
	CASE(custom_events),
	CASE(payload_is_an_object),
	CASE(types_in_turn),
	CASE(large_schemas),
	NO_MORE_CASES
};

const unit_suite suite_reduce_types = {"reduce_types", cases};
