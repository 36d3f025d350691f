/*
 * test_entry.c - canonical bytes of an entry: written, read, and nothing else accepted.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include "log/entry.h"
#include "text/json.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define USER "user_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b9"

static const char by_system[] =
	"{\"actor\":\"system\",\"at\":1795376692123,\"auth\":{\"via\":\"operator\"},\"outcome\":{},"
	"\"payload\":{\"a\":[1,\"x\"]},\"prev\":\"" ZEROS "\",\"seq\":0,\"type\":\"GENESIS\",\"v\":1}";

static const char by_user[] =
	"{\"actor\":\"" USER "\",\"at\":9007199254740991,\"auth\":{},\"outcome\":{\"n\":-1},\"payload\":{},"
	"\"prev\":\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\","
	"\"seq\":9007199254740991,\"type\":\"A\",\"v\":1}";

/* Room for an entry that is one byte too long. */
static uint8_t memory[QFS_ENTRY_MAX + 1];

static void
types(void)
{
	static const struct
	{
		const char *type;
		qfs_status	status;
	}			rows[] = {
		{"A", QFS_OK},
		{"Z", QFS_OK},
		{"A_0Z9", QFS_OK},
		{"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ01234567890", QFS_OK},
		{"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ012345678901", QFS_TYPE_SYNTAX},
		{"", QFS_TYPE_SYNTAX},
		{"a", QFS_TYPE_SYNTAX},
		{"_A", QFS_TYPE_SYNTAX},
		{"0A", QFS_TYPE_SYNTAX},
		{"@A", QFS_TYPE_SYNTAX},
		{"[A", QFS_TYPE_SYNTAX},
		{"Aa", QFS_TYPE_SYNTAX},
		{"A A", QFS_TYPE_SYNTAX},
		{"A-A", QFS_TYPE_SYNTAX},
		{"A/", QFS_TYPE_SYNTAX},
		{"A:", QFS_TYPE_SYNTAX},
		{"A@", QFS_TYPE_SYNTAX},
		{"A[", QFS_TYPE_SYNTAX},
		{"A\xC3\x84", QFS_TYPE_SYNTAX},
		{"A\n", QFS_TYPE_SYNTAX},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("\"%s\"", rows[i].type);
		CHECK_STATUS(qfs_type_check(qfs_slice_of(rows[i].type), NULL), rows[i].status);
	}
}

static void
written(void)
{
	qfs_entry	entry = {
		.seq = 0,.at = INT64_C(1795376692123),.type = QFS_LITERAL("GENESIS"),
		.auth = QFS_LITERAL("{\"via\":\"operator\"}"),
		.payload = QFS_LITERAL("{\"a\":[1,\"x\"]}"),.outcome = QFS_LITERAL("{}")
	};
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, sizeof(memory));
	CHECK_STATUS(qfs_entry_encode(&entry, &buf, NULL), QFS_OK);
	CHECK_TEXT(qfs_buf_slice(&buf), by_system);

	entry.seq = QFS_INT_MAX;
	entry.at = QFS_INT_MAX;
	entry.type = QFS_LITERAL("A");
	entry.has_actor = true;
	qfs_user_id_parse(QFS_LITERAL(USER), &entry.actor, NULL);
	entry.auth = entry.payload = QFS_LITERAL("{}");
	entry.outcome = QFS_LITERAL("{\"n\":-1}");
	for (int i = 0; i < QFS_HASH_LEN; i++)
		entry.prev.bytes[i] = (uint8_t) (i % 16 * 17);
	qfs_buf_init(&buf, memory, sizeof(memory));
	CHECK_STATUS(qfs_entry_encode(&entry, &buf, NULL), QFS_OK);
	CHECK_TEXT(qfs_buf_slice(&buf), by_user);
}

static void
read_back(void)
{
	static const char *const lines[] = {by_system, by_user};

	for (size_t i = 0; i < ROWS(lines); i++)
	{
		qfs_entry	entry;
		qfs_error	err = {QFS_OK, ""};
		qfs_buf		buf;

		CHECK_STATUS(qfs_entry_decode(qfs_slice_of(lines[i]), &entry, &err), QFS_OK);
		CHECK(entry.has_actor == (i == 1));
		CHECK_UINT(entry.seq, i ? QFS_INT_MAX : 0);
		CHECK_INT(entry.at, i ? QFS_INT_MAX : INT64_C(1795376692123));
		CHECK_TEXT(entry.type, i ? "A" : "GENESIS");
		CHECK_TEXT(entry.auth, i ? "{}" : "{\"via\":\"operator\"}");
		CHECK_TEXT(entry.payload, i ? "{}" : "{\"a\":[1,\"x\"]}");
		CHECK_TEXT(entry.outcome, i ? "{\"n\":-1}" : "{}");
		CHECK_UINT(entry.prev.bytes[1], i ? 0x11 : 0);
		qfs_buf_init(&buf, memory, sizeof(memory));
		CHECK_STATUS(qfs_entry_encode(&entry, &buf, NULL), QFS_OK);
		CHECK_TEXT(qfs_buf_slice(&buf), lines[i]);
	}
}

/* The first `from` in the line, replaced. */
static qfs_slice
edited(const char *line, const char *from, const char *to)
{
	const char *at = strstr(line, from);
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, sizeof(memory));
	if (CHECK(at != NULL))
	{
		qfs_buf_bytes(&buf, line, (size_t) (at - line));
		qfs_buf_text(&buf, to);
		qfs_buf_text(&buf, at + strlen(from));
	}
	return qfs_buf_slice(&buf);
}

static void
refused(void)
{
	static const struct
	{
		const char *from;
		const char *to;
		qfs_status	status;
		const char *detail;
	}			rows[] = {
		{"{\"actor\":\"system\",", "{", QFS_ENTRY_FORMAT, "\"actor\" was expected"},
		{"\"actor\":\"system\",", "\"actor\":null,", QFS_ENTRY_FORMAT, "actor is not a user id"},
		{"\"system\"", "\"syste\\n\"", QFS_ENTRY_FORMAT, "actor is not a user id"},
		{"\"system\"", "\"\"", QFS_USER_ID_SYNTAX, "0 characters"},
		{"\"system\"", "\"System\"", QFS_USER_ID_SYNTAX, "System"},
		{"\"system\"", "\"user_80d6\"", QFS_USER_ID_SYNTAX, "user_80d6"},
		{"\"at\":1795376692123,", "", QFS_ENTRY_FORMAT, "\"at\" was expected"},
		{"\"at\":1795376692123", "\"at\":-1", QFS_ENTRY_FORMAT, "at is not a time"},
		{"\"at\":1795376692123", "\"at\":\"1\"", QFS_ENTRY_FORMAT, "at is not a time"},
		{"\"at\":1795376692123", "\"at\":1.5", QFS_JSON_NUMBER, "byte"},
		{"1795376692123", "9007199254740992", QFS_JSON_NUMBER, "too large"},
		{"\"auth\":{\"via\":\"operator\"},", "", QFS_ENTRY_FORMAT, "\"auth\" was expected"},
		{"{\"via\":\"operator\"}", "[]", QFS_ENTRY_FORMAT, "must be objects"},
		{"\"outcome\":{},", "", QFS_ENTRY_FORMAT, "\"outcome\" was expected"},
		{"\"outcome\":{}", "\"outcome\":null", QFS_ENTRY_FORMAT, "must be objects"},
		{"{\"a\":[1,\"x\"]}", "\"x\"", QFS_ENTRY_FORMAT, "must be objects"},
		{"\"payload\":{\"a\":[1,\"x\"]},", "", QFS_ENTRY_FORMAT, "\"payload\" was expected"},
		{"\"prev\":\"" ZEROS "\",", "", QFS_ENTRY_FORMAT, "\"prev\" was expected"},
		{"\"prev\":\"0", "\"prev\":\"", QFS_ENTRY_FORMAT, "prev is not a hash"},
		{"\"prev\":\"0", "\"prev\":\"A", QFS_ENTRY_FORMAT, "prev is not a hash"},
		{"\"seq\":0,", "", QFS_ENTRY_FORMAT, "\"seq\" was expected"},
		{"\"seq\":0", "\"seq\":-1", QFS_ENTRY_FORMAT, "seq is not a count"},
		{"\"seq\":0", "\"seq\":true", QFS_ENTRY_FORMAT, "seq is not a count"},
		{"\"seq\":0", "\"seq\":00", QFS_JSON_NUMBER, "byte"},
		{"\"type\":\"GENESIS\",", "", QFS_ENTRY_FORMAT, "\"type\" was expected"},
		{"\"GENESIS\"", "1", QFS_ENTRY_FORMAT, "type is not a plain string"},
		{"\"GENESIS\"", "\"A\\tB\"", QFS_ENTRY_FORMAT, "type is not a plain string"},
		{"\"GENESIS\"", "\"genesis\"", QFS_TYPE_SYNTAX, "genesis"},
		{"\"GENESIS\"", "\"\"", QFS_TYPE_SYNTAX, ""},
		{",\"v\":1}", "}", QFS_ENTRY_FORMAT, "\"v\" was expected"},
		{"\"v\":1", "\"v\":2", QFS_ENTRY_FORMAT, "v is not 1"},
		{"\"v\":1", "\"v\":0", QFS_ENTRY_FORMAT, "v is not 1"},
		{"\"v\":1", "\"v\":\"1\"", QFS_ENTRY_FORMAT, "v is not 1"},
		{"\"v\":1", "\"v\":1,\"w\":1", QFS_ENTRY_FORMAT, "\"w\" is one too many"},
		{"\"at\":", "\"as\":1,\"at\":", QFS_ENTRY_FORMAT, "\"at\" was expected"},
		{"\"at\":", "\"atx\":", QFS_ENTRY_FORMAT, "\"at\" was expected"},
		{"{\"actor\"", "{\"a\":1,\"actor\"", QFS_ENTRY_FORMAT, "\"actor\" was expected"},
		{"\"actor\"", "\"bctor\"", QFS_JSON_SYNTAX, "sorted"},
		{"\"x\"", "\"\xFF\"", QFS_JSON_TEXT, "UTF-8"},
		{"\"x\"", "\"\\u0000\"", QFS_JSON_TEXT, "U+0000"},
		{",\"at\"", ", \"at\"", QFS_JSON_SYNTAX, "byte"},
		{"\"v\":1}", "\"v\":1}\n", QFS_JSON_SYNTAX, "something follows"},
		{"\"v\":1}", "\"v\":1", QFS_JSON_SYNTAX, "ends too early"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_slice	line = edited(by_system, rows[i].from, rows[i].to);
		qfs_entry	entry;
		qfs_error	err = {QFS_OK, ""};

		unit_row("row %zu: %s -> %s", i, rows[i].from, rows[i].to);
		CHECK_STATUS(qfs_entry_decode(line, &entry, &err), rows[i].status);
		CHECK_STATUS(err.status, rows[i].status);
		CHECK_DETAIL(&err, rows[i].detail);
	}
}

static void
not_an_object(void)
{
	static const char *const rows[] = {"[]", "1", "null", "true", "\"x\""};
	qfs_entry	entry;

	for (size_t i = 0; i < ROWS(rows); i++)
		CHECK_STATUS(qfs_entry_decode(qfs_slice_of(rows[i]), &entry, NULL), QFS_ENTRY_FORMAT);
	CHECK_STATUS(qfs_entry_decode(QFS_LITERAL("{}"), &entry, NULL), QFS_ENTRY_FORMAT);
	CHECK_STATUS(qfs_entry_decode(QFS_LITERAL(""), &entry, NULL), QFS_JSON_SYNTAX);
}

/* The entry is a level itself: 31 are left for what it holds. */
static void
depth(void)
{
	for (int levels = 30; levels <= 32; levels++)
	{
		char		payload[128] = "{\"a\":";
		qfs_entry	entry;

		for (int i = 1; i < levels; i++)
			strcat(payload, "[");
		for (int i = 1; i < levels; i++)
			strcat(payload, "]");
		strcat(payload, "}");
		unit_row("%d levels", levels);
		CHECK_STATUS(qfs_json_check(qfs_slice_of(payload), NULL), QFS_OK);
		CHECK_STATUS(qfs_entry_decode(edited(by_system, "{\"a\":[1,\"x\"]}", payload), &entry, NULL),
					 levels < QFS_JSON_DEPTH_MAX ? QFS_OK : QFS_JSON_DEPTH);
	}
}

/* 65,535 bytes are an entry, 65,536 are not: for the writer and for the reader. */
static void
size_limit(void)
{
	static char payload[QFS_ENTRY_MAX + 1];
	size_t		around = strlen(by_system) - strlen("{\"a\":[1,\"x\"]}");

	for (size_t over = 0; over < 2; over++)
	{
		size_t		len = QFS_ENTRY_MAX + over - around;
		qfs_entry	entry;
		qfs_error	err = {QFS_OK, ""};
		qfs_buf		buf;

		unit_row("%zu bytes too many", over);
		memset(payload, 'x', len);
		memcpy(payload, "{\"a\":\"", 6);
		memcpy(payload + len - 2, "\"}", 2);
		qfs_entry_decode(qfs_slice_of(by_system), &entry, NULL);
		entry.payload = (qfs_slice) {(uint8_t *) payload, len};
		qfs_buf_init(&buf, memory, sizeof(memory));
		CHECK_STATUS(qfs_entry_encode(&entry, &buf, &err), over ? QFS_ENTRY_TOO_LARGE : QFS_OK);
		CHECK_UINT(buf.len, QFS_ENTRY_MAX + over);
		CHECK_STATUS(qfs_entry_decode(qfs_buf_slice(&buf), &entry, &err),
					 over ? QFS_ENTRY_TOO_LARGE : QFS_OK);
		qfs_buf_init(&buf, memory, QFS_ENTRY_MAX - 1 + over);
		CHECK_STATUS(qfs_entry_encode(&entry, &buf, &err), QFS_ENTRY_TOO_LARGE);
	}
}

/*
 * Every byte, replaced by every other: what is still an entry is written
 * again in the same bytes, so no two lines are one entry.
 */
static void
no_second_spelling(void)
{
	static const char *const lines[] = {by_system, by_user};
	static uint8_t again[QFS_ENTRY_MAX];

	for (size_t i = 0; i < ROWS(lines); i++)
	{
		qfs_slice	line = {memory, strlen(lines[i])};
		unsigned	accepted = 0;

		memcpy(memory, lines[i], line.len);
		for (size_t at = 0; at < line.len; at++)
			for (unsigned byte = 0; byte < 256; byte++)
			{
				uint8_t		old = memory[at];
				qfs_entry	entry;
				qfs_buf		buf;

				memory[at] = (uint8_t) byte;
				if (qfs_entry_decode(line, &entry, NULL) == QFS_OK)
				{
					unit_row("line %zu, byte %zu is %02x", i, at, byte);
					accepted++;
					qfs_buf_init(&buf, again, sizeof(again));
					CHECK_STATUS(qfs_entry_encode(&entry, &buf, NULL), QFS_OK);
					CHECK_SLICE(qfs_buf_slice(&buf), line);
				}
				memory[at] = old;
			}
		CHECK(accepted > line.len);
	}
}

static const unit_case cases[] = {
	CASE(types),
	CASE(written),
	CASE(read_back),
	CASE(refused),
	CASE(not_an_object),
	CASE(depth),
	CASE(size_limit),
	CASE(no_second_spelling),
	NO_MORE_CASES
};

const unit_suite suite_entry = {"entry", cases};
