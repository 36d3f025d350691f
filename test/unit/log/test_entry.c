/*
 * test_entry.c - the head of an entry, the parts it commits to, and what is hidden of them.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "log/entry.h"
#include "support/second_hash.h"
#include "text/json.h"

#define USER_A1 "user_a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define STANDING "{\"account\":\"" USER_A1 "\",\"kind\":\"standing\",\"policy\":0,\"previous\":3,\"rules\":[\"X\"]," \
	"\"state\":{\"points\":10},\"was\":{\"points\":0}}"
#define NONCE "{\"account\":\"" USER_A1 "\",\"kind\":\"nonce\",\"policy\":0,\"previous\":null,\"rules\":[\"Y\"]," \
	"\"state\":{\"event_nonce\":1},\"was\":{}}"

static uint8_t act_memory[QFS_PART_MAX];
static uint8_t line_memory[2 * QFS_LINE_MAX];

/* The entry of the known answers in docs/format.md. */
static qfs_entry
known(uint64_t seq, const char *accounts)
{
	qfs_entry	entry = {
		.seq = seq,.at = INT64_C(1795376692123),.type = QFS_LITERAL("ORDER_PLACED"),
		.auth = QFS_LITERAL("{\"via\":\"operator\"}"),.payload = QFS_LITERAL("{\"note\":\"é€😀\",\"order\":1001}"),
		.sig = QFS_LITERAL("null"),.outcome = QFS_LITERAL("{}"),.accounts = qfs_slice_of(accounts)
	};

	for (int i = 0; i < QFS_SALT_LEN; i++)
		entry.salt.bytes[i] = (uint8_t) i;
	return entry;
}

static void
commit(qfs_entry *entry)
{
	qfs_buf		act;

	qfs_buf_init(&act, act_memory, sizeof(act_memory));
	CHECK_STATUS(qfs_entry_commit(entry, &act, NULL), QFS_OK);
}

static qfs_slice
line_of(const qfs_entry *entry)
{
	qfs_buf		out;

	qfs_buf_init(&out, line_memory, sizeof(line_memory));
	CHECK_STATUS(qfs_line_write(entry, &out, NULL), QFS_OK);
	return qfs_buf_slice(&out);
}

/* Computed by an independent program. */
static void
known_answers(void)
{
	static const char *const commitments[QFS_PARTS] = {
		[QFS_PART_ACT] = "b8c5b42fadab1a07d2b225307693960c3d004e61ef46ec7dfc4e45d1916faebc",
		[QFS_PART_OUTCOME] = "ce5b90686a4df4b8795152a838bfa07c8b9d2a0a3ea0e05eb5c63af5c8909abe",
		[QFS_PART_PAYLOAD] = "3853a8b7745e66ac2345dd462e60969ccc8a28463ad3da3ed9cfd853fe12e2e8",
		[QFS_PART_SIG] = "a50334bdd97d67e505f7782e5bf422722a9e8089593c6635cf3eb8fbd41ef899"
	};
	static const struct
	{
		uint64_t	seq;
		const char *accounts;
		const char *root;
		const char *hash;
	}			rows[] = {
		{7, "[]", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"f1b4e97ad13e8d93651498ad75e2860f06950ce9650460cc3bb7ce2d8beee21e"},
		{8, "[" STANDING "," NONCE "]", "b5589ddb32b2992ca647b976d6c605556fdafeb5111a1a3093200507d45b9e1c",
		"30f973701b3bbb745b5362d6ab8a5485eb58e7ac4d54e53064c219f0d2071f57"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_entry	entry = known(rows[i].seq, rows[i].accounts);
		qfs_hash	hash;
		qfs_hash	again;

		unit_row("seq %d", (int) rows[i].seq);
		commit(&entry);
		for (int part = 0; part < QFS_PARTS; part++)
			CHECK_HEX(entry.parts[part].commitment.bytes, QFS_HASH_LEN, commitments[part]);
		CHECK_HEX(entry.parts[QFS_PART_PAYLOAD].salt.bytes, QFS_SALT_LEN, "97ee5abcc002166a49525428990ee02c");
		CHECK_HEX(entry.accounts_root.bytes, QFS_HASH_LEN, rows[i].root);
		qfs_entry_hash(&entry, &hash);
		CHECK_HEX(hash.bytes, QFS_HASH_LEN, rows[i].hash);
		again = second_hash(line_of(&entry));
		CHECK_HASH(&hash, &again);
	}
}

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

/* Whose act it is stands in the act, as the rest does. */
static void
acts(void)
{
	qfs_entry	entry = known(1, "[]");
	qfs_buf		act;

	qfs_buf_init(&act, act_memory, sizeof(act_memory));
	qfs_act_write(&entry, &act);
	CHECK_TEXT(qfs_buf_slice(&act), "{\"actor\":\"system\",\"auth\":{\"via\":\"operator\"},\"type\":\"ORDER_PLACED\"}");
	entry.has_actor = true;
	memset(&entry.actor, 0xA1, sizeof(entry.actor));
	qfs_buf_init(&act, act_memory, sizeof(act_memory));
	qfs_act_write(&entry, &act);
	CHECK_TEXT(qfs_buf_slice(&act), "{\"actor\":\"" USER_A1 "\",\"auth\":{\"via\":\"operator\"},\"type\":\"ORDER_PLACED\"}");
}

/* ---- what is hidden ---- */

static bool
contains(qfs_slice text, const char *part)
{
	size_t		len = strlen(part);

	for (size_t i = 0; i + len <= text.len; i++)
		if (memcmp(text.data + i, part, len) == 0)
			return true;
	return false;
}

/*
 * Whatever is hidden of an entry, its hash stays, what is hidden is not in its
 * line, and the line that shows nothing is the head.
 */
static void
hidden(void)
{
	static const char *const secrets[] = {
		[QFS_PART_ACT] = "ORDER_PLACED",[QFS_PART_OUTCOME] = "\"outcome\":{\"part\":{}",[QFS_PART_PAYLOAD] = "1001",
		[QFS_PART_SIG] = "\"sig\":{\"part\":null"
	};
	static const char *const of_accounts[] = {"standing", "event_nonce"};
	qfs_entry	whole = known(8, "[" STANDING "," NONCE "]");
	qfs_hash	want;

	commit(&whole);
	qfs_entry_hash(&whole, &want);
	for (unsigned set = 0; set < 1 << (QFS_PARTS + 2); set++)
	{
		qfs_entry	entry = whole;
		qfs_hash	hash;
		qfs_slice	line;

		unit_row("hidden: %x", set);
		for (int part = 0; part < QFS_PARTS; part++)
			if (set >> part & 1)
				qfs_entry_hide(&entry, (qfs_part) part);
		for (unsigned n = 0; n < 2; n++)
			if (set >> QFS_PARTS >> n & 1)
				qfs_entry_hide_account(&entry, n);
		CHECK(entry.is_full == (set == 0));
		qfs_entry_hash(&entry, &hash);
		CHECK_HASH(&hash, &want);
		line = line_of(&entry);
		hash = second_hash(line);
		CHECK_HASH(&hash, &want);
		/* Of a part that is shown the commitment is not there: it follows. */
		for (int part = 0; part < QFS_PARTS && set > 0; part++)
			CHECK(contains(line, secrets[part]) == !(set >> part & 1));
		for (unsigned n = 0; n < 2; n++)
			CHECK(contains(line, of_accounts[n]) == !(set >> QFS_PARTS >> n & 1));
		/* The salt of all would tell the rest. */
		CHECK(contains(line, "000102030405060708090a0b0c0d0e0f") == (set == 0));
		if (set == (1 << (QFS_PARTS + 2)) - 1)
			CHECK_TEXT(line, second_head(line));
	}
}

static void
hidden_accounts(void)
{
	qfs_entry	entry = known(8, "[" STANDING "," NONCE "]");
	qfs_slice	line;

	commit(&entry);
	qfs_entry_hide_accounts(&entry);
	CHECK(!entry.is_full && !entry.lists_accounts && entry.account_count == 0);
	line = line_of(&entry);
	CHECK_TEXT(second_member(line, "accounts"),
			   "\"b5589ddb32b2992ca647b976d6c605556fdafeb5111a1a3093200507d45b9e1c\"");
	CHECK(contains(line, "ORDER_PLACED"));
}

/* What was hidden of the act is not to be had from the entry either. */
static void
hidden_act(void)
{
	qfs_entry	entry = known(7, "[]");

	entry.has_actor = true;
	commit(&entry);
	qfs_entry_hide(&entry, QFS_PART_ACT);
	CHECK(!entry.has_actor && entry.type.len == 0 && entry.auth.len == 0);
	CHECK(entry.payload.len > 0 && entry.outcome.len > 0 && entry.sig.len > 0);
	qfs_entry_hide(&entry, QFS_PART_PAYLOAD);
	qfs_entry_hide(&entry, QFS_PART_OUTCOME);
	qfs_entry_hide(&entry, QFS_PART_SIG);
	CHECK(entry.payload.len == 0 && entry.outcome.len == 0 && entry.sig.len == 0);
}

/* ---- limits ---- */

static char big[QFS_PARTS_MAX + 1];

/* A value of so many bytes, between these. */
static qfs_slice
filled(size_t at, size_t len, const char *begin, const char *end)
{
	char	   *text = big + at;

	if (!CHECK(at + len <= sizeof(big) && len >= strlen(begin) + strlen(end)))
		len = strlen(begin) + strlen(end);
	memset(text, 'x', len);
	memcpy(text, begin, strlen(begin));
	memcpy(text + len - strlen(end), end, strlen(end));
	return (qfs_slice) {(const uint8_t *) text, len};
}

static char list[QFS_PARTS_MAX + 64];

/* A list of n parts of accounts, of so many bytes together without commas and brackets. */
static qfs_slice
accounts_of(unsigned n, size_t bytes)
{
	size_t		at = 0;

	list[at++] = '[';
	for (unsigned i = 0; i < n; i++)
	{
		size_t		len = bytes / n + (i < bytes % n);
		char		begin[160];
		int			head;

		head = snprintf(begin, sizeof(begin), "{\"account\":\"" USER_A1 "\",\"kind\":\"k%02u\",\"x\":\"", i);
		if (!CHECK(len >= (size_t) head + 2))
			return QFS_LITERAL("[]");
		memset(list + at, 'y', len);
		memcpy(list + at, begin, (size_t) head);
		memcpy(list + at + len - 2, "\"}", 2);
		at += len;
		list[at++] = i + 1 < n ? ',' : ']';
	}
	return (qfs_slice) {(const uint8_t *) list, n > 0 ? at : 2};
}

/*
 * How the limits treat an entry: to whoever appends it, and to whoever reads
 * its line, full or with every part shown by its own salt.
 */
static void
check_size(qfs_entry *entry, qfs_status want, const char *detail)
{
	static uint8_t copy[QFS_LINE_MAX];
	qfs_error	err = {QFS_OK, ""};
	qfs_entry	again;
	qfs_hash	hash;
	qfs_buf		act;

	qfs_buf_init(&act, act_memory, sizeof(act_memory));
	CHECK_STATUS(qfs_entry_commit(entry, &act, &err), want);
	CHECK_DETAIL(&err, detail);
	for (int full = 0; full < 2; full++)
	{
		qfs_slice	line;

		entry->is_full = full;
		line = line_of(entry);
		memcpy(copy, line.data, line.len);
		CHECK_STATUS(qfs_line_read((qfs_slice) {copy, line.len}, &again, &err), want);
		if (want != QFS_OK)
			continue;
		qfs_entry_hash(&again, &hash);
		CHECK(again.is_full == full);
		CHECK_SLICE(line_of(&again), ((qfs_slice) {copy, line.len}));
	}
}

/* Each part as long as it may be, and one byte longer. */
static void
sizes_of_parts(void)
{
	for (int over = 0; over < 2; over++)
	{
		qfs_status	want = over ? QFS_ENTRY_TOO_LARGE : QFS_OK;
		size_t		limit = QFS_PART_MAX + (size_t) over;
		qfs_entry	entry;

		unit_row("%d bytes too many", over);
		entry = known(7, "[]");
		entry.payload = filled(0, QFS_PAYLOAD_MAX + (size_t) over, "{\"a\":\"", "\"}");
		check_size(&entry, want, over ? "its part payload has 65536 bytes, 65535 are the most" : "");
		entry = known(7, "[]");
		entry.outcome = filled(0, limit, "{\"a\":\"", "\"}");
		check_size(&entry, want, over ? "its part outcome has 16385 bytes, 16384 are the most" : "");
		entry = known(7, "[]");
		entry.sig = filled(0, limit, "\"", "\"");
		check_size(&entry, want, over ? "its part sig has 16385 bytes" : "");
		entry = known(7, "[]");
		entry.accounts = accounts_of(1, limit);
		check_size(&entry, want, over ? "its part of an account has 16385 bytes" : "");
	}
}

/* The act has room where it is put together. */
static void
size_of_the_act(void)
{
	static char auth[QFS_PART_MAX];
	size_t		around = strlen("{\"actor\":\"system\",\"auth\":,\"type\":\"ORDER_PLACED\"}");

	for (size_t over = 0; over < 2; over++)
	{
		qfs_entry	entry = known(7, "[]");
		qfs_error	err = {QFS_OK, ""};
		qfs_buf		act;

		unit_row("%zu bytes too many", over);
		entry.auth = filled(0, QFS_PART_MAX - around + over, "{\"a\":\"", "\"}");
		memcpy(auth, entry.auth.data, entry.auth.len);
		entry.auth.data = (const uint8_t *) auth;
		if (!over)
			check_size(&entry, QFS_OK, "");
		qfs_buf_init(&act, act_memory, sizeof(act_memory));
		CHECK_STATUS(qfs_entry_commit(&entry, &act, &err), over ? QFS_ENTRY_TOO_LARGE : QFS_OK);
		CHECK_DETAIL(&err, over ? "entry 7: its part act" : "");
	}
}

/* All of them full at once: together they reach the limit of an entry, and no entry passes it. */
static void
size_of_all(void)
{
	size_t		around = strlen("{\"actor\":\"system\",\"auth\":,\"type\":\"ORDER_PLACED\"}");
	size_t		others = QFS_PAYLOAD_MAX + 3 * QFS_PART_MAX;

	for (unsigned n = 2; n <= QFS_ACCOUNT_PARTS_MAX; n += 14)
		for (size_t over = 0; over < 2; over++)
		{
			qfs_entry	entry = known(7, "[]");
			size_t		at = 0;

			unit_row("%u accounts, %zu bytes too many", n, over);
			entry.payload = filled(at, QFS_PAYLOAD_MAX, "{\"a\":\"", "\"}");
			at += QFS_PAYLOAD_MAX;
			entry.outcome = filled(at, QFS_PART_MAX, "{\"a\":\"", "\"}");
			at += QFS_PART_MAX;
			entry.sig = filled(at, QFS_PART_MAX, "\"", "\"");
			at += QFS_PART_MAX;
			entry.auth = filled(at, QFS_PART_MAX - around, "{\"a\":\"", "\"}");
			entry.accounts = accounts_of(n, QFS_PARTS_MAX - others + over);
			check_size(&entry, over ? QFS_ENTRY_TOO_LARGE : QFS_OK,
					   over ? "its parts have 131073 bytes together, 131072 are the most" : "");
		}
}

/* A line that would not fit is none. */
static void
no_room_for_a_line(void)
{
	qfs_entry	entry = known(8, "[" STANDING "," NONCE "]");
	qfs_error	err;
	size_t		len;

	commit(&entry);
	len = line_of(&entry).len;
	for (size_t room = len - 3; room <= len; room++)
	{
		qfs_buf		out;

		unit_row("%zu bytes", room);
		qfs_buf_init(&out, line_memory, room);
		CHECK_STATUS(qfs_line_write(&entry, &out, &err), room < len ? QFS_ENTRY_TOO_LARGE : QFS_OK);
	}
}

/* Two levels of a line are above a part that it shows with its salt. */
static void
depth(void)
{
	for (unsigned levels = QFS_PART_DEPTH_MAX - 1; levels <= QFS_PART_DEPTH_MAX + 2; levels++)
	{
		bool		good = levels <= QFS_PART_DEPTH_MAX;
		char		payload[128] = "{\"a\":";
		qfs_error	err = {QFS_OK, ""};
		qfs_entry	entry = known(7, "[]");
		qfs_entry	again;
		qfs_buf		act;

		for (unsigned i = 1; i < levels; i++)
			strcat(payload, "[");
		for (unsigned i = 1; i < levels; i++)
			strcat(payload, "]");
		strcat(payload, "}");
		unit_row("%u levels", levels);
		CHECK_STATUS(qfs_json_check(qfs_slice_of(payload), NULL), levels <= 32 ? QFS_OK : QFS_JSON_DEPTH);
		entry.payload = qfs_slice_of(payload);
		qfs_buf_init(&act, act_memory, sizeof(act_memory));
		CHECK_STATUS(qfs_entry_commit(&entry, &act, &err), good ? QFS_OK : QFS_JSON_DEPTH);
		CHECK_DETAIL(&err, good ? "" : "entry 7: its part payload has more than 30 levels");
		CHECK_STATUS(qfs_line_read(line_of(&entry), &again, NULL), good ? QFS_OK : QFS_JSON_DEPTH);
		if (!good)
			continue;
		qfs_entry_hide(&entry, QFS_PART_SIG);
		CHECK_STATUS(qfs_line_read(line_of(&entry), &again, NULL), QFS_OK);
	}
}

/* ---- accounts that are none ---- */

static void
misfit_accounts(void)
{
	static const struct
	{
		const char *accounts;
		const char *detail;
	}			rows[] = {
		{"[1]", "without account or kind"},
		{"[\"x\"]", "without account or kind"},
		{"[null]", "without account or kind"},
		{"[[]]", "without account or kind"},
		{"[{}]", "without account or kind"},
		{"[{\"account\":\"" USER_A1 "\"}]", "without account or kind"},
		{"[{\"kind\":\"nonce\"}]", "without account or kind"},
		{"[{\"account\":\"system\",\"kind\":\"nonce\"}]", "without account or kind"},
		{"[{\"account\":\"" USER_A1 "\",\"kind\":1}]", "without account or kind"},
		{"[{\"account\":\"" USER_A1 "\",\"kind\":\"\"}]", "without account or kind"},
		{"[{\"account\":\"" USER_A1 "\",\"kind\":\"a\\nb\"}]", "without account or kind"},
		{"[{\"account\":\"" USER_A1 "\",\"kind\":\"1234567890123456789012345678901234567890123456789012345678901234\"}]",
		"without account or kind"},
		{"[" NONCE "," STANDING "," NONCE "]", "two parts of one account and kind, nonce"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_entry	entry = known(8, rows[i].accounts);
		qfs_error	err = {QFS_OK, ""};
		qfs_buf		act;

		unit_row("%s", rows[i].accounts);
		qfs_buf_init(&act, act_memory, sizeof(act_memory));
		CHECK_STATUS(qfs_entry_commit(&entry, &act, &err), QFS_ENTRY_FORMAT);
		CHECK_DETAIL(&err, rows[i].detail);
	}
	for (unsigned n = QFS_ACCOUNT_PARTS_MAX; n <= QFS_ACCOUNT_PARTS_MAX + 1; n++)
	{
		qfs_entry	entry = known(8, "[]");
		qfs_buf		act;

		unit_row("%u parts", n);
		entry.accounts = accounts_of(n, 200 * n);
		qfs_buf_init(&act, act_memory, sizeof(act_memory));
		CHECK_STATUS(qfs_entry_commit(&entry, &act, NULL), n > QFS_ACCOUNT_PARTS_MAX ? QFS_ENTRY_FORMAT : QFS_OK);
	}
}

static const unit_case cases[] = {
	CASE(known_answers),
	CASE(types),
	CASE(acts),
	CASE(hidden),
	CASE(hidden_accounts),
	CASE(hidden_act),
	CASE(sizes_of_parts),
	CASE(size_of_the_act),
	CASE(size_of_all),
	CASE(no_room_for_a_line),
	CASE(depth),
	CASE(misfit_accounts),
	NO_MORE_CASES
};

const unit_suite suite_entry = {"entry", cases};
