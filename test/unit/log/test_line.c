/*
 * test_line.c - lines of entries, full and partial: written, read, and nothing else accepted.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <sodium.h>
#include <stdio.h>

#include "log/entry.h"
#include "support/second_hash.h"
#include "text/json.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define USER "user_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b9"
#define SALT "000102030405060708090a0b0c0d0e0f"
#define ACT "{\"actor\":\"" USER "\",\"auth\":{\"via\":\"wallet\"},\"type\":\"SAID\"}"
#define OUTCOME "{\"status\":\"OK\"}"
#define PAYLOAD "{\"a\":[1,\"x\"]}"
#define SIG "\"0xab\""
#define NONCE "{\"account\":\"" USER "\",\"kind\":\"nonce\",\"state\":{\"event_nonce\":7}}"
#define TIES "{\"account\":\"" USER "\",\"kind\":\"ties\",\"state\":{}}"

static const char full[] =
	"{\"accounts\":[" NONCE "," TIES "],\"act\":" ACT ",\"at\":1795376692123,\"outcome\":" OUTCOME ",\"payload\":" PAYLOAD
	",\"prev\":\"" ZEROS "\",\"salt\":\"" SALT "\",\"seq\":5,\"sig\":" SIG ",\"v\":2}";

/* The same entry: act and sig hidden, and the second account. */
static char partial[2048];

/* Nothing of it is shown. */
static char head[1024];

static uint8_t memory[QFS_LINE_MAX];

static const char *
hex(const uint8_t *bytes, size_t len)
{
	static char text[6][65];
	static unsigned turn;

	turn = (turn + 1) % 6;
	return sodium_bin2hex(text[turn], sizeof(text[turn]), bytes, len);
}

/* A part as a partial line shows it. */
static const char *
shown(const char *name, const uint8_t *account, const char *part)
{
	static char text[3][512];
	static unsigned turn;
	qfs_salt	entry;
	qfs_salt	salt;

	sodium_hex2bin(entry.bytes, sizeof(entry.bytes), SALT, 32, NULL, NULL, NULL);
	salt = second_salt(&entry, name, account);
	turn = (turn + 1) % 3;
	snprintf(text[turn], sizeof(text[turn]), "{\"part\":%s,\"salt\":\"%s\"}", part, hex(salt.bytes, sizeof(salt.bytes)));
	return text[turn];
}

static const char *
commitment(const char *name, const uint8_t *account, const char *part)
{
	qfs_salt	entry;
	qfs_salt	salt;
	qfs_hash	hash;

	sodium_hex2bin(entry.bytes, sizeof(entry.bytes), SALT, 32, NULL, NULL, NULL);
	salt = second_salt(&entry, name, account);
	hash = second_commitment(&salt, qfs_slice_of(part));
	return hex(hash.bytes, sizeof(hash.bytes));
}

static void
prepare(void)
{
	uint8_t		account[32];

	sodium_hex2bin(account, sizeof(account), &USER[5], 64, NULL, NULL, NULL);
	snprintf(partial, sizeof(partial), "{\"accounts\":[%s,\"%s\"],\"act\":\"%s\",\"at\":1795376692123,\"outcome\":%s,"
			 "\"payload\":%s,\"prev\":\"" ZEROS "\",\"seq\":5,\"sig\":\"%s\",\"v\":2}",
			 shown("nonce", account, NONCE), commitment("ties", account, TIES), commitment("act", NULL, ACT),
			 shown("outcome", NULL, OUTCOME), shown("payload", NULL, PAYLOAD), commitment("sig", NULL, SIG));
	snprintf(head, sizeof(head), "%s", second_head(qfs_slice_of(full)));
}

/* ---- good lines ---- */

static void
check_written(const qfs_entry *entry, const char *want)
{
	static uint8_t again[QFS_LINE_MAX];
	qfs_buf		out;

	qfs_buf_init(&out, again, sizeof(again));
	CHECK_STATUS(qfs_line_write(entry, &out, NULL), QFS_OK);
	CHECK_TEXT(qfs_buf_slice(&out), want);
}

/* Three lines of one entry, which hash alike. */
static void
read_and_written(void)
{
	const char *const lines[] = {full, partial, head};
	qfs_hash	want;

	prepare();
	want = second_hash(qfs_slice_of(full));
	for (size_t i = 0; i < ROWS(lines); i++)
	{
		qfs_entry	entry;
		qfs_hash	hash;

		unit_row("line %zu", i);
		memset(&entry, 0xA5, sizeof(entry));
		CHECK_STATUS(qfs_line_read(qfs_slice_of(lines[i]), &entry, NULL), QFS_OK);
		qfs_entry_hash(&entry, &hash);
		CHECK_HASH(&hash, &want);
		check_written(&entry, lines[i]);
		CHECK_UINT(entry.seq, 5);
		CHECK_INT(entry.at, INT64_C(1795376692123));
		CHECK(entry.is_full == (i == 0));
	}
}

static void
members(void)
{
	qfs_entry	entry;

	prepare();
	CHECK_STATUS(qfs_line_read(qfs_slice_of(full), &entry, NULL), QFS_OK);
	CHECK_HEX(entry.salt.bytes, sizeof(entry.salt.bytes), SALT);
	CHECK(entry.has_actor);
	CHECK_HEX(entry.actor.bytes, 32, &USER[5]);
	CHECK_TEXT(entry.type, "SAID");
	CHECK_TEXT(entry.auth, "{\"via\":\"wallet\"}");
	CHECK_TEXT(entry.payload, PAYLOAD);
	CHECK_TEXT(entry.outcome, OUTCOME);
	CHECK_TEXT(entry.sig, SIG);
	CHECK_TEXT(entry.accounts, "[" NONCE "," TIES "]");
	CHECK(entry.lists_accounts);
	CHECK_UINT(entry.account_count, 2);
	CHECK_TEXT(entry.account_parts[1].kind, "ties");
	CHECK_TEXT(entry.account_parts[1].part.value, TIES);
	CHECK_HEX(entry.account_parts[1].account.bytes, 32, &USER[5]);

	CHECK_STATUS(qfs_line_read(qfs_slice_of(partial), &entry, NULL), QFS_OK);
	CHECK(!entry.has_actor && entry.type.len == 0 && entry.auth.len == 0 && entry.sig.len == 0);
	CHECK(!entry.parts[QFS_PART_ACT].shown && !entry.parts[QFS_PART_SIG].shown);
	CHECK_TEXT(entry.payload, PAYLOAD);
	CHECK_TEXT(entry.outcome, OUTCOME);
	CHECK(entry.lists_accounts && entry.accounts.len == 0);
	CHECK_UINT(entry.account_count, 2);
	CHECK(entry.account_parts[0].part.shown && !entry.account_parts[1].part.shown);
	CHECK_TEXT(entry.account_parts[0].kind, "nonce");

	CHECK_STATUS(qfs_line_read(qfs_slice_of(head), &entry, NULL), QFS_OK);
	CHECK(!entry.lists_accounts && entry.account_count == 0);
	for (int part = 0; part < QFS_PARTS; part++)
		CHECK(!entry.parts[part].shown);
}

/* Where nobody was touched, a full line says so with an empty list and a partial one with the root of nothing. */
static void
no_accounts(void)
{
	static const char line[] =
		"{\"accounts\":[],\"act\":{\"actor\":\"system\",\"auth\":{},\"type\":\"A\"},\"at\":9007199254740991,"
		"\"outcome\":{},\"payload\":{},\"prev\":\"" ZEROS "\",\"salt\":\"" SALT "\",\"seq\":9007199254740991,"
		"\"sig\":null,\"v\":2}";
	qfs_entry	entry;
	qfs_hash	hash;
	qfs_hash	want = second_hash(qfs_slice_of(line));

	CHECK_STATUS(qfs_line_read(qfs_slice_of(line), &entry, NULL), QFS_OK);
	CHECK(!entry.has_actor && entry.lists_accounts && entry.account_count == 0);
	CHECK_UINT(entry.seq, QFS_INT_MAX);
	CHECK_INT(entry.at, QFS_INT_MAX);
	qfs_entry_hash(&entry, &hash);
	CHECK_HASH(&hash, &want);
	check_written(&entry, line);
}

/* ---- lines that are another entry's, or none ---- */

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

/* What can be read, but is another entry: its hash tells. */
static void
other_entries(void)
{
	const struct
	{
		const char *line;
		const char *from;
		const char *to;
	}			rows[] = {
		{full, SALT, "000102030405060708090a0b0c0d0e1f"},
		{full, "\"SAID\"", "\"SAIC\""},
		{full, "\"event_nonce\":7", "\"event_nonce\":8"},
		{full, NONCE "," TIES, TIES "," NONCE},
		{full, "," TIES, ""},
		{full, NONCE "," TIES, ""},
		{full, SIG, "null"},
		/* Its commitment in place of the signature is another signature. */
		{full, SIG, "\"" ZEROS "\""},
		{full, "\"seq\":5", "\"seq\":6"},
		{full, "692123", "692124"},
		/* A part by another salt, and a commitment that is another's. */
		{partial, "\"salt\":\"", NULL},
		{partial, "\"act\":\"", NULL},
		{partial, "\"},\"", NULL},
		{partial, "\"event_nonce\":7", "\"event_nonce\":8"},
		{partial, "[1,\"x\"]", "[1,\"y\"]"},
		{head, "\"accounts\":\"", NULL},
		{head, "\"outcome\":\"", NULL},
		{head, "\"prev\":\"", NULL},
	};
	qfs_hash	want;

	prepare();
	want = second_hash(qfs_slice_of(full));
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_slice	line;
		qfs_entry	entry;
		qfs_hash	hash;
		qfs_hash	again;

		unit_row("row %zu: %s", i, rows[i].from);
		if (rows[i].to != NULL)
			line = edited(rows[i].line, rows[i].from, rows[i].to);
		else
		{
			uint8_t    *digit;

			line = edited(rows[i].line, rows[i].from, rows[i].from);
			digit = memory + (strstr(rows[i].line, rows[i].from) - rows[i].line) + strlen(rows[i].from);
			*digit = *digit == '0' ? '1' : '0';
		}
		CHECK_STATUS(qfs_line_read(line, &entry, NULL), QFS_OK);
		qfs_entry_hash(&entry, &hash);
		CHECK(memcmp(&hash, &want, sizeof(hash)) != 0);
		again = second_hash(line);
		CHECK_HASH(&hash, &again);
	}
}

typedef struct edit
{
	const char *from;
	const char *to;
	qfs_status	status;
	const char *detail;
} edit;

static void
check_refused(const char *line, const edit *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		qfs_slice	text = edited(line, rows[i].from, rows[i].to);
		qfs_entry	entry;
		qfs_error	err = {QFS_OK, ""};

		unit_row("row %zu: %s -> %s", i, rows[i].from, rows[i].to);
		CHECK_STATUS(qfs_line_read(text, &entry, &err), rows[i].status);
		CHECK_STATUS(err.status, rows[i].status);
		CHECK_DETAIL(&err, rows[i].detail);
	}
}

static void
full_refused(void)
{
	static const edit rows[] = {
		/* Members: one too few, one too many, other names, another order. */
		{"\"act\":" ACT ",", "", QFS_ENTRY_FORMAT, "\"act\" was expected"},
		{"\"at\":1795376692123,", "", QFS_ENTRY_FORMAT, "\"at\" was expected"},
		{"\"outcome\":" OUTCOME ",", "", QFS_ENTRY_FORMAT, "\"outcome\" was expected"},
		{"\"payload\":" PAYLOAD ",", "", QFS_ENTRY_FORMAT, "\"payload\" was expected"},
		{"\"prev\":\"" ZEROS "\",", "", QFS_ENTRY_FORMAT, "\"prev\" was expected"},
		{"\"seq\":5,", "", QFS_ENTRY_FORMAT, "\"seq\" was expected"},
		{"\"sig\":" SIG ",", "", QFS_ENTRY_FORMAT, "\"sig\" was expected"},
		{",\"v\":2}", "}", QFS_ENTRY_FORMAT, "\"v\" was expected"},
		{"{\"accounts\":[" NONCE "," TIES "],", "{", QFS_ENTRY_FORMAT, "\"accounts\" was expected"},
		{"\"v\":2", "\"v\":2,\"w\":1", QFS_ENTRY_FORMAT, "\"w\" is one too many"},
		{"{\"accounts\"", "{\"a\":1,\"accounts\"", QFS_ENTRY_FORMAT, "\"accounts\" was expected"},
		{"\"at\":", "\"as\":1,\"at\":", QFS_ENTRY_FORMAT, "\"at\" was expected"},
		{"\"at\":", "\"atx\":", QFS_ENTRY_FORMAT, "\"at\" was expected"},
		{"\"salt\":", "\"sal\":", QFS_ENTRY_FORMAT, "\"seq\" was expected"},
		{"\"accounts\"", "\"bccounts\"", QFS_JSON_SYNTAX, "sorted"},
		{"\"act\":", "\"act\":1,\"act\":", QFS_JSON_SYNTAX, "unique"},
		/* No name has a second spelling. */
		{"\"act\":", "\"\\u0061ct\":", QFS_JSON_SYNTAX, "another canonical spelling"},
		{"\"act\":", "\"ac\\t\":", QFS_JSON_SYNTAX, "sorted"},
		{"\"outcome\":", "\"outcome\\n\":", QFS_ENTRY_FORMAT, "\"outcome\" was expected"},
		/* The head. */
		{"\"v\":2", "\"v\":1", QFS_ENTRY_FORMAT, "v is not 2"},
		{"\"v\":2", "\"v\":3", QFS_ENTRY_FORMAT, "v is not 2"},
		{"\"v\":2", "\"v\":\"2\"", QFS_ENTRY_FORMAT, "v is not 2"},
		{"\"at\":1795376692123", "\"at\":-1", QFS_ENTRY_FORMAT, "at is not a time"},
		{"\"at\":1795376692123", "\"at\":\"1\"", QFS_ENTRY_FORMAT, "at is not a time"},
		{"\"at\":1795376692123", "\"at\":1.5", QFS_JSON_NUMBER, "byte"},
		{"1795376692123", "9007199254740992", QFS_JSON_NUMBER, "too large"},
		{"\"seq\":5", "\"seq\":-5", QFS_ENTRY_FORMAT, "seq is not a count"},
		{"\"seq\":5", "\"seq\":true", QFS_ENTRY_FORMAT, "seq is not a count"},
		{"\"seq\":5", "\"seq\":05", QFS_JSON_NUMBER, "byte"},
		{"\"prev\":\"0", "\"prev\":\"", QFS_ENTRY_FORMAT, "prev is not a hash"},
		{"\"prev\":\"0", "\"prev\":\"A", QFS_ENTRY_FORMAT, "prev is not a hash"},
		{"\"salt\":\"0", "\"salt\":\"", QFS_ENTRY_FORMAT, "salt is not 16 bytes"},
		{"\"salt\":\"0", "\"salt\":\"00", QFS_ENTRY_FORMAT, "salt is not 16 bytes"},
		{"\"salt\":\"000102030405060708090a", "\"salt\":\"000102030405060708090A", QFS_ENTRY_FORMAT, "salt is not 16 bytes"},
		{"\"salt\":\"" SALT "\"", "\"salt\":null", QFS_ENTRY_FORMAT, "salt is not 16 bytes"},
		/* The act. */
		{ACT, "null", QFS_ENTRY_FORMAT, "act is not an actor, an auth and a type"},
		{ACT, "[]", QFS_ENTRY_FORMAT, "act is not an actor, an auth and a type"},
		{ACT, "\"" ZEROS "\"", QFS_ENTRY_FORMAT, "act is not an actor, an auth and a type"},
		{"\"actor\":\"" USER "\",", "", QFS_ENTRY_FORMAT, "act is not an actor, an auth and a type"},
		{",\"type\":\"SAID\"", "", QFS_ENTRY_FORMAT, "act is not an actor, an auth and a type"},
		{"\"type\":\"SAID\"", "\"type\":\"SAID\",\"w\":1", QFS_ENTRY_FORMAT, "act is not an actor, an auth and a type"},
		{"{\"via\":\"wallet\"}", "[]", QFS_ENTRY_FORMAT, "act is not an actor, an auth and a type"},
		{"\"actor\":\"" USER "\"", "\"actor\":null", QFS_ENTRY_FORMAT, "actor is not a user id"},
		{"\"actor\":\"" USER "\"", "\"actor\":\"syste\\n\"", QFS_ENTRY_FORMAT, "actor is not a user id"},
		{"\"actor\":\"" USER "\"", "\"actor\":\"\"", QFS_USER_ID_SYNTAX, "0 characters"},
		{"\"actor\":\"" USER "\"", "\"actor\":\"System\"", QFS_USER_ID_SYNTAX, "System"},
		{"\"SAID\"", "1", QFS_ENTRY_FORMAT, "type is not a plain string"},
		{"\"SAID\"", "\"A\\tB\"", QFS_ENTRY_FORMAT, "type is not a plain string"},
		{"\"SAID\"", "\"said\"", QFS_TYPE_SYNTAX, "said"},
		{"\"SAID\"", "\"\"", QFS_TYPE_SYNTAX, ""},
		/* The other parts: a commitment is none of them. */
		{OUTCOME, "null", QFS_ENTRY_FORMAT, "outcome and payload must be objects"},
		{OUTCOME, "\"" ZEROS "\"", QFS_ENTRY_FORMAT, "outcome and payload must be objects"},
		{PAYLOAD, "\"x\"", QFS_ENTRY_FORMAT, "outcome and payload must be objects"},
		{PAYLOAD, "[]", QFS_ENTRY_FORMAT, "outcome and payload must be objects"},
		{SIG, "7", QFS_ENTRY_FORMAT, "sig must be a string or null"},
		{SIG, "{\"part\":null,\"salt\":\"" SALT "\"}", QFS_ENTRY_FORMAT, "sig must be a string or null"},
		/* Accounts. */
		{"[" NONCE "," TIES "]", "\"" ZEROS "\"", QFS_ENTRY_FORMAT, "accounts is neither a list nor a root"},
		{"[" NONCE "," TIES "]", "null", QFS_ENTRY_FORMAT, "accounts is neither a list nor a root"},
		{"[" NONCE "," TIES "]", "{}", QFS_ENTRY_FORMAT, "accounts is neither a list nor a root"},
		{TIES, "\"" ZEROS "\"", QFS_ENTRY_FORMAT, "without account or kind"},
		{TIES, "{\"part\":" TIES ",\"salt\":\"" SALT "\"}", QFS_ENTRY_FORMAT, "without account or kind"},
		{TIES, NONCE, QFS_ENTRY_FORMAT, "two parts of one account and kind"},
		/* The text. */
		{"\"x\"", "\"\xFF\"", QFS_JSON_TEXT, "UTF-8"},
		{"\"x\"", "\"\\u0000\"", QFS_JSON_TEXT, "U+0000"},
		{",\"at\"", ", \"at\"", QFS_JSON_SYNTAX, "byte"},
		{"\"v\":2}", "\"v\":2}\n", QFS_JSON_SYNTAX, "something follows"},
		{"\"v\":2}", "\"v\":2}\r", QFS_JSON_SYNTAX, "something follows"},
		{"\"v\":2}", "\"v\":2", QFS_JSON_SYNTAX, "ends too early"},
	};

	check_refused(full, rows, ROWS(rows));
}

static void
partial_refused(void)
{
	static const edit rows[] = {
		/* Salts are of full lines, or of parts. */
		{"\"prev\":\"" ZEROS "\",", "\"prev\":\"" ZEROS "\",\"salt\":\"" SALT "\",", QFS_ENTRY_FORMAT, ""},
		{"\"v\":2", "\"v\":2,\"w\":1", QFS_ENTRY_FORMAT, "\"w\" is one too many"},
		/* Commitments. */
		{"\"act\":\"", "\"act\":\"A", QFS_ENTRY_FORMAT, "act is neither a part with its salt nor a commitment"},
		{"\"act\":\"", "\"act\":\"00", QFS_ENTRY_FORMAT, "act is neither a part with its salt nor a commitment"},
		{"\"sig\":\"", "\"sig\":null,\"sig\":\"", QFS_JSON_SYNTAX, "unique"},
		{"\"v\":2", "\"v\":1", QFS_ENTRY_FORMAT, "v is not 2"},
		/* Parts that are shown. */
		{"{\"part\":" OUTCOME ",", "{", QFS_ENTRY_FORMAT, "outcome is not shown as its part and its salt"},
		{"{\"part\":" OUTCOME ",", "{\"part\":" OUTCOME ",\"part\":" OUTCOME ",", QFS_JSON_SYNTAX, "unique"},
		{"{\"part\":" OUTCOME ",", "{\"paru\":" OUTCOME ",", QFS_ENTRY_FORMAT, "outcome is not shown as its part and its salt"},
		{"{\"part\":" OUTCOME ",", "{\"a\":1,\"part\":" OUTCOME ",", QFS_ENTRY_FORMAT,
		"outcome is not shown as its part and its salt"},
		{"{\"part\":" OUTCOME ",\"salt\":\"", "{\"part\":" OUTCOME ",\"salt\":\"0", QFS_ENTRY_FORMAT,
		"outcome is not shown as its part and its salt"},
		{"{\"part\":" OUTCOME ",\"salt\":\"", "{\"part\":" OUTCOME ",\"salt\":null,\"w\":\"", QFS_ENTRY_FORMAT,
		"outcome is not shown as its part and its salt"},
		{"{\"part\":" PAYLOAD ",", "{\"part\":[],", QFS_ENTRY_FORMAT, "outcome and payload must be objects"},
		{"{\"part\":" PAYLOAD ",", "{\"part\":null,", QFS_ENTRY_FORMAT, "outcome and payload must be objects"},
		/* Bare, as in a full line. */
		{"\"at\":1795376692123,\"outcome\":", "\"at\":1795376692123,\"outcome\":{},\"outcomf\":", QFS_ENTRY_FORMAT,
		"\"payload\" was expected"},
		{"\"at\":1795376692123,\"outcome\":{\"part\"", "\"at\":1795376692123,\"outcome\":{\"bart\"", QFS_ENTRY_FORMAT,
		"outcome is not shown"},
		/* Accounts: shown each once, or their root. */
		{"\"accounts\":[{\"part\"", "\"accounts\":[{\"bart\"", QFS_ENTRY_FORMAT, "an item of accounts is not shown"},
		{"\"accounts\":[", "\"accounts\":[7,", QFS_ENTRY_FORMAT, "an item of accounts is neither a part"},
		{"\"accounts\":[", "\"accounts\":[\"\",", QFS_ENTRY_FORMAT, "an item of accounts is neither a part"},
		{"\"accounts\":[", "\"accounts\":[null,", QFS_ENTRY_FORMAT, "an item of accounts is neither a part"},
		{"{\"part\":" NONCE, "{\"part\":\"x\"", QFS_ENTRY_FORMAT, "without account or kind"},
		{"\"accounts\":[", "\"accounts\":[{\"part\":" NONCE ",\"salt\":\"" SALT "\"},", QFS_ENTRY_FORMAT,
		"two parts of one account and kind, nonce"},
	};

	prepare();
	check_refused(partial, rows, ROWS(rows));
}

static void
head_refused(void)
{
	static const edit rows[] = {
		{"\"accounts\":\"", "\"accounts\":\"0", QFS_ENTRY_FORMAT, "accounts is neither a list nor a root"},
		{"\"v\":2", "\"v\":2,\"x\":0", QFS_ENTRY_FORMAT, "\"x\" is one too many"},
		{"{\"accounts\":", "{\"account\":1,\"accounts\":", QFS_ENTRY_FORMAT, "\"accounts\" was expected"},
		/* The head shows no type. */
		{"\"sig\":\"", "\"sif\":1,\"sig\":\"", QFS_ENTRY_FORMAT, "\"sig\" was expected"},
		{"\"seq\":5", "\"salt\":\"" SALT "\",\"seq\":5", QFS_ENTRY_FORMAT, "accounts is neither a list nor a root"},
		{"\"payload\":\"", "\"payload\":null,\"pbyload\":\"", QFS_ENTRY_FORMAT, "\"prev\" was expected"},
	};

	prepare();
	check_refused(head, rows, ROWS(rows));
}

/* A list that shows none would be a second spelling of the root. */
static void
lists_that_show_none(void)
{
	uint8_t		account[32];
	char		from[128];
	char		list[256];
	qfs_entry	entry;
	qfs_error	err;

	prepare();
	sodium_hex2bin(account, sizeof(account), &USER[5], 64, NULL, NULL, NULL);
	snprintf(from, sizeof(from), "\"accounts\":%.*s", (int) second_member(qfs_slice_of(head), "accounts").len,
			 second_member(qfs_slice_of(head), "accounts").data);
	snprintf(list, sizeof(list), "\"accounts\":[\"%s\",\"%s\"]", commitment("nonce", account, NONCE),
			 commitment("ties", account, TIES));
	CHECK_STATUS(qfs_line_read(edited(head, from, list), &entry, &err), QFS_ENTRY_FORMAT);
	CHECK_DETAIL(&err, "accounts shows none: its root belongs there");
	CHECK_STATUS(qfs_line_read(edited(head, from, "\"accounts\":[]"), &entry, &err), QFS_ENTRY_FORMAT);
	CHECK_DETAIL(&err, "accounts shows none: its root belongs there");
}

/* Seventeen of them, all as commitments but one. */
static void
too_many_accounts(void)
{
	for (unsigned n = QFS_ACCOUNT_PARTS_MAX - 1; n <= QFS_ACCOUNT_PARTS_MAX; n++)
	{
		char		more[32 * 80] = "\"accounts\":[";
		qfs_entry	entry;
		qfs_error	err = {QFS_OK, ""};

		prepare();
		unit_row("%u more", n);
		/* The line has two. */
		for (unsigned i = 1; i < n; i++)
			strcat(more, "\"" ZEROS "\",");
		CHECK_STATUS(qfs_line_read(edited(partial, "\"accounts\":[", more), &entry, &err),
					 n < QFS_ACCOUNT_PARTS_MAX ? QFS_OK : QFS_ENTRY_FORMAT);
		CHECK_DETAIL(&err, n < QFS_ACCOUNT_PARTS_MAX ? "" : "more than 16 parts of accounts");
	}
}

static void
not_an_object(void)
{
	static const char *const rows[] = {"[]", "1", "null", "true", "\"x\"", "{}"};
	static uint8_t long_one[QFS_LINE_MAX + 1];
	qfs_entry	entry;
	qfs_error	err;

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i]);
		CHECK_STATUS(qfs_line_read(qfs_slice_of(rows[i]), &entry, NULL), QFS_ENTRY_FORMAT);
	}
	CHECK_STATUS(qfs_line_read(QFS_LITERAL(""), &entry, NULL), QFS_JSON_SYNTAX);
	memset(long_one, '[', sizeof(long_one));
	CHECK_STATUS(qfs_line_read((qfs_slice) {long_one, sizeof(long_one)}, &entry, &err), QFS_ENTRY_TOO_LARGE);
	CHECK_STATUS(qfs_line_read((qfs_slice) {long_one, sizeof(long_one) - 1}, &entry, &err), QFS_JSON_DEPTH);
}

/*
 * Every byte, replaced by every other: what is still a line is written again
 * in the same bytes, and hashes as the second road does; so no two lines that
 * show the same are one entry.
 */
static void
no_second_spelling(void)
{
	const char *const lines[] = {full, partial, head};
	static uint8_t again[QFS_LINE_MAX];

	prepare();
	for (size_t i = 0; i < ROWS(lines); i++)
	{
		qfs_slice	line = {memory, strlen(lines[i])};
		qfs_hash	want = second_hash(qfs_slice_of(lines[i]));
		unsigned	accepted = 0;

		memcpy(memory, lines[i], line.len);
		for (size_t at = 0; at < line.len; at++)
			for (unsigned byte = 0; byte < 256; byte++)
			{
				uint8_t		old = memory[at];
				qfs_entry	entry;
				qfs_hash	hash;
				qfs_hash	second;
				qfs_buf		buf;

				memory[at] = (uint8_t) byte;
				if (byte != old && qfs_line_read(line, &entry, NULL) == QFS_OK)
				{
					unit_row("line %zu, byte %zu is %02x", i, at, byte);
					accepted++;
					qfs_buf_init(&buf, again, sizeof(again));
					CHECK_STATUS(qfs_line_write(&entry, &buf, NULL), QFS_OK);
					CHECK_SLICE(qfs_buf_slice(&buf), line);
					qfs_entry_hash(&entry, &hash);
					second = second_hash(line);
					CHECK_HASH(&hash, &second);
					CHECK(memcmp(&hash, &want, sizeof(hash)) != 0);
				}
				memory[at] = old;
			}
		CHECK(accepted > line.len);
	}
}

static const unit_case cases[] = {
	CASE(read_and_written),
	CASE(members),
	CASE(no_accounts),
	CASE(other_entries),
	CASE(full_refused),
	CASE(partial_refused),
	CASE(head_refused),
	CASE(lists_that_show_none),
	CASE(too_many_accounts),
	CASE(not_an_object),
	CASE(no_second_spelling),
	NO_MORE_CASES
};

const unit_suite suite_line = {"line", cases};
