/*
 * test_account_part.c - parts of accounts: each kind written and read back, and nothing else accepted.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "engine/account_part.h"

#define HEX8(s) s s s s s s s s
#define HEX64(s) HEX8(s) HEX8(s) HEX8(s) HEX8(s)
#define USER "user_" HEX64("a1")
#define OTHER "user_" HEX64("b2")

static char text[4096];

static const char *
written(const qfs_account_change *change)
{
	qfs_json_writer w;
	qfs_buf		buf;

	qfs_buf_init(&buf, text, sizeof(text) - 1);
	qfs_json_begin(&w, &buf);
	qfs_account_part_write(&w, change);
	CHECK_STATUS(qfs_json_end(&w, NULL), QFS_OK);
	text[buf.len] = '\0';
	CHECK_STATUS(qfs_json_check(qfs_buf_slice(&buf), NULL), QFS_OK);
	return text;
}

/* A change by one rule, of a kind that entry `previous` touched before; -1: none did. */
static qfs_account_change
change_of(qfs_account_kind kind, int64_t previous)
{
	static const qfs_user_id user = {{
		0xA1, 0xA1, 0xA1, 0xA1, 0xA1, 0xA1, 0xA1, 0xA1, 0xA1, 0xA1, 0xA1, 0xA1, 0xA1, 0xA1, 0xA1, 0xA1,
		0xA1, 0xA1, 0xA1, 0xA1, 0xA1, 0xA1, 0xA1, 0xA1, 0xA1, 0xA1, 0xA1, 0xA1, 0xA1, 0xA1, 0xA1, 0xA1
	}};
	qfs_account_change change;

	memset(&change, 0xA5, sizeof(change));
	change.kind = kind;
	change.policy = 3;
	change.rule_count = 1;
	memset(change.rules, 0, sizeof(change.rules));
	strcpy(change.rules[0], "RULE");
	qfs_account_state_init(kind, &user, &change.before);
	qfs_account_state_init(kind, &user, &change.after);
	change.before.last_entry = previous;
	return change;
}

#define BEGINNING(kind, state) "{\"account\":\"" USER "\",\"kind\":\"" kind "\",\"policy\":3,\"previous\":null," \
	"\"rules\":[\"RULE\"],\"state\":" state ",\"was\":{}}"
#define CHANGED(kind, state, was) "{\"account\":\"" USER "\",\"kind\":\"" kind "\",\"policy\":3,\"previous\":5," \
	"\"rules\":[\"RULE\"],\"state\":" state ",\"was\":" was "}"
#define STANDING0 "{\"chat_key\":null,\"coherence\":\"0.000000000000000000\",\"created\":0,\"created_at\":0," \
	"\"flx\":\"0.000000000000000000\",\"points\":0,\"profile\":null,\"profile_version\":0,\"referrals\":0}"
#define TIES0 "{\"guard\":null,\"received\":false,\"referrer\":null,\"sent\":false,\"settled\":null,\"used\":null}"

/* Nothing has touched it: counts are 0, what is true or false is false, lists are empty, the rest is null. */
static void
beginnings(void)
{
	static const char *const want[QFS_ACCOUNT_KINDS] = {
		[QFS_ACCESS] = BEGINNING("access", "{\"sessions\":[]}"),
		[QFS_NONCE] = BEGINNING("nonce", "{\"event_nonce\":0}"),
		[QFS_STANDING] = BEGINNING("standing", STANDING0),
		[QFS_TIES] = BEGINNING("ties", TIES0)
	};

	for (int kind = 0; kind < QFS_ACCOUNT_KINDS; kind++)
	{
		qfs_account_change change = change_of((qfs_account_kind) kind, -1);
		qfs_account_kind parsed;

		unit_row("%s", qfs_account_kind_names[kind]);
		CHECK_TEXT(qfs_slice_of(written(&change)), want[kind]);
		CHECK(qfs_account_kind_parse(qfs_slice_of(qfs_account_kind_names[kind]), &parsed));
		CHECK_INT(parsed, kind);
		CHECK(kind == 0 || strcmp(qfs_account_kind_names[kind - 1], qfs_account_kind_names[kind]) < 0);
	}
	{
		qfs_account_kind parsed;

		CHECK(!qfs_account_kind_parse(QFS_LITERAL("standings"), &parsed));
		CHECK(!qfs_account_kind_parse(QFS_LITERAL(""), &parsed));
		CHECK(!qfs_account_kind_parse(QFS_LITERAL("Ties"), &parsed));
	}
}

/* Every member of every kind that has changed, and none that has not. */
static void
changes(void)
{
	qfs_account_change c = change_of(QFS_NONCE, 5);

	c.before.nonce.event_nonce = 7;
	c.after.nonce.event_nonce = 9;
	CHECK_TEXT(qfs_slice_of(written(&c)), CHANGED("nonce", "{\"event_nonce\":9}", "{\"event_nonce\":7}"));

	c = change_of(QFS_ACCESS, 5);
	c.before.access.count = 1;
	memset(&c.before.access.sessions[0].digest, 0xAB, 32);
	c.after.access.count = 2;
	memset(&c.after.access.sessions[0].digest, 0xAB, 32);
	memset(&c.after.access.sessions[1].digest, 0xCD, 32);
	CHECK_TEXT(qfs_slice_of(written(&c)), CHANGED("access", "{\"sessions\":[\"" HEX64("ab") "\",\"" HEX64("cd") "\"]}",
												  "{\"sessions\":[\"" HEX64("ab") "\"]}"));
	c.before = c.after;
	c.before.last_entry = 5;
	CHECK_TEXT(qfs_slice_of(written(&c)), CHANGED("access", "{\"sessions\":[\"" HEX64("ab") "\",\"" HEX64("cd") "\"]}", "{}"));

	c = change_of(QFS_TIES, 5);
	c.after.ties.has_guard = true;
	strcpy(c.after.ties.guard, "REFERRAL_CAP");
	c.after.ties.received = true;
	c.after.ties.has_referrer = true;
	memset(&c.after.ties.referrer, 0xB2, 32);
	c.after.ties.sent = true;
	c.after.ties.has_settled = true;
	c.after.ties.settled = 8;
	c.after.ties.has_used = true;
	c.after.ties.used = 5;
	CHECK_TEXT(qfs_slice_of(written(&c)),
			   CHANGED("ties", "{\"guard\":\"REFERRAL_CAP\",\"received\":true,\"referrer\":\"" OTHER "\",\"sent\":true,"
					   "\"settled\":8,\"used\":5}", TIES0));

	c = change_of(QFS_STANDING, 5);
	c.before.standing.created = c.after.standing.created = 4;
	c.after.standing.has_chat_key = true;
	memset(&c.after.standing.chat_key, 0x0F, 32);
	c.after.standing.coherence = QFS_AMOUNT_ONE / 10;
	c.after.standing.flx = qfs_amount_of(100) + 1;
	c.after.standing.points = 10;
	c.after.standing.profile_version = 2;
	CHECK_TEXT(qfs_slice_of(written(&c)),
			   CHANGED("standing", "{\"chat_key\":\"" HEX64("0f") "\",\"coherence\":\"0.100000000000000000\",\"created\":4,"
					   "\"created_at\":0,\"flx\":\"100.000000000000000001\",\"points\":10,\"profile\":null,"
					   "\"profile_version\":2,\"referrals\":0}",
					   "{\"chat_key\":null,\"coherence\":\"0.000000000000000000\",\"flx\":\"0.000000000000000000\","
					   "\"points\":0,\"profile_version\":0}"));
}

/* What was written is read, before and after; and written again. */
static void
read_back(void)
{
	static const char *const rows[] = {
		BEGINNING("access", "{\"sessions\":[]}"),
		BEGINNING("nonce", "{\"event_nonce\":9007199254740991}"),
		BEGINNING("standing", STANDING0),
		BEGINNING("ties", TIES0),
		CHANGED("access", "{\"sessions\":[]}", "{\"sessions\":[\"" HEX64("ab") "\"]}"),
		CHANGED("nonce", "{\"event_nonce\":9}", "{\"event_nonce\":7}"),
		CHANGED("standing", STANDING0, "{}"),
		CHANGED("standing", STANDING0, "{\"chat_key\":\"" HEX64("0f") "\",\"created\":4,\"flx\":\"1.000000000000000000\"}"),
		CHANGED("ties", TIES0, "{\"guard\":\"X\",\"received\":true,\"referrer\":\"" OTHER "\",\"sent\":true,\"settled\":8,\"used\":5}"),
		"{\"account\":\"" USER "\",\"kind\":\"nonce\",\"policy\":0,\"previous\":0,\"rules\":[],\"state\":{\"event_nonce\":1},\"was\":{}}",
		"{\"account\":\"" USER "\",\"kind\":\"nonce\",\"policy\":0,\"previous\":0,\"rules\":[\"A\",\"B\",\"C\",\"D\",\"E\",\"F\"],"
		"\"state\":{\"event_nonce\":1},\"was\":{}}",
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_account_change change;
		qfs_error	err = {QFS_OK, ""};

		unit_row("%s", rows[i]);
		memset(&change, 0xA5, sizeof(change));
		CHECK_STATUS(qfs_account_part_parse(qfs_slice_of(rows[i]), 9, &change, &err), QFS_OK);
		CHECK_DETAIL(&err, "");
		CHECK_INT(change.after.last_entry, 9);
		CHECK_TEXT(qfs_slice_of(written(&change)), rows[i]);
	}
	{
		qfs_account_change change;

		CHECK_STATUS(qfs_account_part_parse(qfs_slice_of(rows[7]), 9, &change, NULL), QFS_OK);
		CHECK_INT(change.before.last_entry, 5);
		CHECK_INT(change.policy, 3);
		CHECK(change.before.standing.has_chat_key && !change.after.standing.has_chat_key);
		CHECK(change.before.standing.flx == QFS_AMOUNT_ONE && change.after.standing.flx == 0);
		CHECK_INT(change.before.standing.created, 4);
		CHECK(!qfs_account_state_equal(QFS_STANDING, &change.before, &change.after));
		change.before = change.after;
		change.before.last_entry = 1;
		CHECK(qfs_account_state_equal(QFS_STANDING, &change.before, &change.after));
	}
}

/* ---- what is none ---- */

static void
malformed(void)
{
	static const struct
	{
		const char *part;
		const char *detail;
	}			rows[] = {
		{"{}", "without \"account\""},
		{"[]", "without \"account\""},
		{"7", "without \"account\""},
		{"{\"account\":\"" USER "\",\"kind\":\"nonce\",\"policy\":3,\"previous\":5,\"rules\":[],\"state\":{\"event_nonce\":1}}",
		"without \"was\""},
		{"{\"account\":\"" USER "\",\"kind\":\"nonce\",\"policy\":3,\"previous\":5,\"rules\":[],\"state\":{\"event_nonce\":1},"
		"\"was\":{},\"x\":1}", "with a member too many"},
		{"{\"account\":\"system\",\"kind\":\"nonce\",\"policy\":3,\"previous\":5,\"rules\":[],\"state\":{\"event_nonce\":1},\"was\":{}}",
		"is not of the form"},
		{"{\"account\":\"" USER "\",\"kind\":\"seat\",\"policy\":3,\"previous\":5,\"rules\":[],\"state\":{\"event_nonce\":1},\"was\":{}}",
		"is not of the form"},
		{"{\"account\":\"" USER "\",\"kind\":\"nonce\",\"policy\":null,\"previous\":5,\"rules\":[],\"state\":{\"event_nonce\":1},"
		"\"was\":{}}", "is not of the form"},
		{"{\"account\":\"" USER "\",\"kind\":\"nonce\",\"policy\":3,\"previous\":-1,\"rules\":[],\"state\":{\"event_nonce\":1},\"was\":{}}",
		"is not of the form"},
		/* An entry before this one. */
		{"{\"account\":\"" USER "\",\"kind\":\"nonce\",\"policy\":3,\"previous\":9,\"rules\":[],\"state\":{\"event_nonce\":1},\"was\":{}}",
		"is not of the form"},
		{"{\"account\":\"" USER "\",\"kind\":\"nonce\",\"policy\":3,\"previous\":\"5\",\"rules\":[],\"state\":{\"event_nonce\":1},"
		"\"was\":{}}", "is not of the form"},
		{"{\"account\":\"" USER "\",\"kind\":\"nonce\",\"policy\":3,\"previous\":5,\"rules\":{},\"state\":{\"event_nonce\":1},\"was\":{}}",
		"is not of the form"},
		{"{\"account\":\"" USER "\",\"kind\":\"nonce\",\"policy\":3,\"previous\":5,\"rules\":[7],\"state\":{\"event_nonce\":1},\"was\":{}}",
		"is not of the form"},
		{"{\"account\":\"" USER "\",\"kind\":\"nonce\",\"policy\":3,\"previous\":5,\"rules\":[\"A\\n\"],\"state\":{\"event_nonce\":1},"
		"\"was\":{}}", "is not of the form"},
		{"{\"account\":\"" USER "\",\"kind\":\"nonce\",\"policy\":3,\"previous\":5,\"rules\":[\"A\",\"B\",\"C\",\"D\",\"E\",\"F\",\"G\"],"
		"\"state\":{\"event_nonce\":1},\"was\":{}}", "is not of the form"},
		{"{\"account\":\"" USER "\",\"kind\":\"nonce\",\"policy\":3,\"previous\":5,"
		"\"rules\":[\"1234567890123456789012345678901234567890123456789012345678901234\"],\"state\":{\"event_nonce\":1},\"was\":{}}",
		"is not of the form"},
		/* The state has all members of its kind, and no other. */
		{CHANGED("nonce", "{}", "{}"), "\"state\" of nonce in entry 9 is not what the kind has"},
		{CHANGED("nonce", "[]", "{}"), "\"state\" of nonce"},
		{CHANGED("nonce", "{\"event_nonce\":\"1\"}", "{}"), "\"state\" of nonce"},
		{CHANGED("nonce", "{\"event_nonce\":null}", "{}"), "\"state\" of nonce"},
		{CHANGED("nonce", "{\"event_nonce\":1,\"points\":1}", "{}"), "\"state\" of nonce"},
		{CHANGED("nonce", STANDING0, "{}"), "\"state\" of nonce"},
		{CHANGED("standing", TIES0, "{}"), "\"state\" of standing"},
		{CHANGED("access", "{\"sessions\":[7]}", "{}"), "\"state\" of access"},
		{CHANGED("access", "{\"sessions\":null}", "{}"), "\"state\" of access"},
		{CHANGED("ties", "{\"guard\":null,\"received\":0,\"referrer\":null,\"sent\":false,\"settled\":null,\"used\":null}", "{}"),
		"\"state\" of ties"},
		{CHANGED("ties", "{\"guard\":null,\"received\":false,\"referrer\":\"x\",\"sent\":false,\"settled\":null,\"used\":null}", "{}"),
		"\"state\" of ties"},
		{CHANGED("ties", "{\"guard\":7,\"received\":false,\"referrer\":null,\"sent\":false,\"settled\":null,\"used\":null}", "{}"),
		"\"state\" of ties"},
		{CHANGED("standing", "{\"chat_key\":null,\"coherence\":\"0\",\"created\":0,\"created_at\":0,\"flx\":0,\"points\":0,"
		"\"profile\":null,\"profile_version\":0,\"referrals\":0}", "{}"), "\"state\" of standing"},
		/* What it was has some of them. */
		{CHANGED("nonce", "{\"event_nonce\":1}", "[]"), "\"was\" of nonce in entry 9 is not what the kind has"},
		{CHANGED("nonce", "{\"event_nonce\":1}", "{\"points\":1}"), "\"was\" of nonce"},
		{CHANGED("nonce", "{\"event_nonce\":1}", "{\"event_nonce\":null}"), "\"was\" of nonce"},
		{CHANGED("nonce", "{\"event_nonce\":1}", "{\"event_nonce\":0,\"x\":1}"), "\"was\" of nonce"},
		/* Where nothing was, it was nothing. */
		{"{\"account\":\"" USER "\",\"kind\":\"nonce\",\"policy\":3,\"previous\":null,\"rules\":[],\"state\":{\"event_nonce\":1},"
		"\"was\":{\"event_nonce\":0}}", "\"was\" of nonce"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_account_change change;
		qfs_error	err = {QFS_OK, ""};

		unit_row("%s", rows[i].part);
		CHECK_STATUS(qfs_json_check(qfs_slice_of(rows[i].part), NULL), QFS_OK);
		CHECK_STATUS(qfs_account_part_parse(qfs_slice_of(rows[i].part), 9, &change, &err), QFS_ENTRY_FORMAT);
		CHECK_DETAIL(&err, rows[i].detail);
	}
}

/* An amount has one spelling, with 18 digits after the point. */
static void
spellings(void)
{
	static const char *const amounts[] = {"1", "1.0", "01.000000000000000000", "+1.000000000000000000", "1.0000000000000000000"};
	char		part[1024];

	for (size_t i = 0; i < ROWS(amounts); i++)
	{
		qfs_account_change change;

		unit_row("%s", amounts[i]);
		snprintf(part, sizeof(part), CHANGED("standing", STANDING0, "{\"flx\":\"%s\"}"), amounts[i]);
		CHECK_STATUS(qfs_account_part_parse(qfs_slice_of(part), 9, &change, NULL), QFS_ENTRY_FORMAT);
	}
}

static const unit_case cases[] = {
	CASE(beginnings),
	CASE(changes),
	CASE(read_back),
	CASE(malformed),
	CASE(spellings),
	NO_MORE_CASES
};

const unit_suite suite_account_part = {"account_part", cases};
