/*
 * test_actions.c - what would happen now, and what then happens.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <sodium.h>
#include <stdio.h>

#include "support/asking.h"
#include "support/people.h"
#include "support/second_hash.h"
#include "support/voting.h"

static sample s;

static char actions[65536];

static qfs_status
ask(qfs_error *err)
{
	qfs_what_if_question question = {
		.changes = QFS_LITERAL("{}"),.actions = qfs_slice_of(actions),.size = s.count,.from = s.count
	};

	return asking(&s, NULL, &question, err);
}

static void
ask_one(const test_wallet *actor, const char *type, const char *payload)
{
	qfs_error	err;

	snprintf(actions, sizeof(actions), "[{\"actor\":\"%s\",\"payload\":%s,\"type\":\"%s\"}]", actor->user_name, payload, type);
	CHECK_STATUS(ask(&err), QFS_OK);
	CHECK_SLICE(asking_member("actions"), qfs_slice_of(actions));
	CHECK(asking_member("steps.1").len == 0);
}

/* Of the entry that was appended last, the parts that are its actor's. */
static const char *
own_parts(const test_wallet *actor)
{
	static char text[QFS_PARTS_MAX];
	const char *comma = "";
	qfs_slice	part;
	qfs_buf		out;

	qfs_buf_init(&out, text, sizeof(text) - 1);
	qfs_buf_byte(&out, '[');
	for (unsigned n = 0; (part = second_item(s.event.accounts, n)).len > 0; n++)
	{
		qfs_slice	account = second_member(part, "account");

		if (account.len != QFS_USER_ID_TEXT + 2 || memcmp(account.data + 1, actor->user_name, QFS_USER_ID_TEXT) != 0)
			continue;
		qfs_buf_text(&out, comma);
		qfs_buf_slice_add(&out, part);
		comma = ",";
	}
	qfs_buf_byte(&out, ']');
	text[out.len] = '\0';
	return text;
}

/* Step n said what has come of it, at the same time as the entry before. */
static void
check_came(unsigned n, const test_wallet *actor, qfs_status status)
{
	char		way[32];
	char		code[96];

	snprintf(code, sizeof(code), "\"%s\"", qfs_status_code(status));
	snprintf(way, sizeof(way), "steps.%u.error", n);
	CHECK_SLICE(asking_member(way), qfs_slice_of(status == QFS_OK ? "null" : code));
	snprintf(way, sizeof(way), "steps.%u.outcome", n);
	CHECK_SLICE(asking_member(way), status == QFS_OK ? s.event.outcome : QFS_LITERAL("null"));
	snprintf(way, sizeof(way), "steps.%u.accounts", n);
	CHECK_SLICE(asking_member(way), qfs_slice_of(status == QFS_OK ? own_parts(actor) : "[]"));
}

/* What comes next comes at the time of the entry before. */
static void
at_once(void)
{
	s.later -= 1000;
}

/* Somebody asks, and then does it. */
static qfs_status
ask_and_do(const person *p, const char *type, const char *payload)
{
	qfs_status	status;

	unit_row("#%d %s %s", p->number, type, payload);
	ask_one(&p->wallet, type, payload);
	at_once();
	status = people_append(&s, p, type, payload);
	check_came(0, &p->wallet, status);
	if (status != QFS_OK)
		s.later += 1000;
	return status;
}

static void
as_it_comes(void)
{
	char		text[2048];
	person		ann;
	person		bob;
	person		eve;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 1);
	bob = people_join(&s, 2, 0);
	eve = people_join(&s, 3, 1);
	CHECK_STATUS(ask_and_do(&ann, "PROFILE_UPDATE", people_profile_payload(1)), QFS_OK);
	CHECK_STATUS(ask_and_do(&ann, "PROFILE_UPDATE", people_profile_payload(3)), QFS_PROFILE_VERSION);
	CHECK_STATUS(ask_and_do(&bob, "PROFILE_UPDATE", people_profile_payload(1)), QFS_OK);
	CHECK_STATUS(ask_and_do(&ann, "MESSAGE", people_message_payload(&ann, &bob, 1)), QFS_CHAT_KEY_UNKNOWN);
	CHECK_STATUS(people_chat_key(&s, &ann, 1), QFS_OK);
	CHECK_STATUS(people_chat_key(&s, &bob, 2), QFS_OK);
	snprintf(text, sizeof(text), "{\"code\":\"%s\"}", ann.code);
	CHECK_STATUS(ask_and_do(&bob, "REFERRAL_USE", text), QFS_OK);
	unit_row("a second time it is blocked, which is recorded");
	CHECK_STATUS(ask_and_do(&bob, "REFERRAL_USE", text), QFS_OK);
	CHECK_STATUS(ask_and_do(&eve, "REFERRAL_USE", text), QFS_OK);
	CHECK_STATUS(ask_and_do(&ann, "MESSAGE", people_message_payload(&ann, &bob, 1)), QFS_OK);
	CHECK_STATUS(ask_and_do(&bob, "MESSAGE", people_message_payload(&bob, &ann, 1)), QFS_OK);
	CHECK_STATUS(ask_and_do(&bob, "MESSAGE", people_message_payload(&bob, &ann, 1)), QFS_MESSAGE_ORDER);
	CHECK_STATUS(ask_and_do(&ann, "POSTED", "{}"), QFS_OK);
	CHECK_STATUS(ask_and_do(&ann, "NOTED", "{}"), QFS_FORBIDDEN);
	CHECK_STATUS(ask_and_do(&ann, "NOWHERE", "{}"), QFS_TYPE_UNKNOWN);
	CHECK_STATUS(ask_and_do(&ann, "POLICY_CHANGED", "{\"policy\":{}}"), QFS_FORBIDDEN);
	CHECK_STATUS(ask_and_do(&ann, "PROPOSAL_TALLIED", "{\"proposal\":1}"), QFS_FORBIDDEN);
	CHECK_STATUS(ask_and_do(&ann, "SESSION_REVOKED", signin_naming("{\"reason\":\"user_logout\",\"session\":\"%s\"}", &ann.session)), QFS_OK);
	unit_row("whose session has ended does nothing any more");
	ask_one(&ann.wallet, "POSTED", "{}");
	CHECK_SLICE(asking_member("steps.0.error"), QFS_LITERAL("\"QFS_SESSION_ENDED\""));
	sample_close(&s);
}

/* Several, each over what the ones before it have led to; who is refused leaves nothing. */
static void
in_a_row(void)
{
	qfs_status	statuses[4];
	qfs_buf		buf;
	qfs_error	err;
	person		ann;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 1);
	qfs_buf_init(&buf, actions, sizeof(actions) - 1);
	for (int64_t n = 0; n < 4; n++)
	{
		qfs_buf_text(&buf, n == 0 ? "[{\"actor\":\"" : ",{\"actor\":\"");
		qfs_buf_text(&buf, ann.wallet.user_name);
		qfs_buf_text(&buf, "\",\"payload\":");
		qfs_buf_text(&buf, people_profile_payload(n == 1 ? 9 : n == 0 ? 1 : n));
		qfs_buf_text(&buf, ",\"type\":\"PROFILE_UPDATE\"}");
	}
	qfs_buf_byte(&buf, ']');
	actions[buf.len] = '\0';
	CHECK_STATUS(ask(&err), QFS_OK);
	for (int64_t n = 0; n < 4; n++)
	{
		unit_row("step %d", (int) n);
		at_once();
		statuses[n] = people_profile(&s, &ann, n == 1 ? 9 : n == 0 ? 1 : n);
		check_came((unsigned) n, &ann.wallet, statuses[n]);
		if (statuses[n] != QFS_OK)
			s.later += 1000;
	}
	CHECK_STATUS(statuses[1], QFS_PROFILE_VERSION);
	CHECK_STATUS(statuses[3], QFS_OK);
	sample_close(&s);
}

/* Of several sessions the last one counts, unless one is named. */
static void
sessions(void)
{
	qfs_error	err;
	char		digits[2 * QFS_HASH_LEN + 1];
	qfs_buf		buf;
	person		ann;
	qfs_hash	first;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 1);
	first = ann.session;
	people_return(&s, &ann, 0);
	unit_row("the last one has no device, and signs nothing");
	ask_one(&ann.wallet, "POSTED", "{}");
	CHECK_SLICE(asking_member("steps.0.accounts"), QFS_LITERAL("[]"));
	unit_row("the one that is named");
	qfs_buf_init(&buf, digits, sizeof(digits) - 1);
	qfs_buf_hex(&buf, first.bytes, sizeof(first.bytes));
	digits[buf.len] = '\0';
	snprintf(actions, sizeof(actions), "[{\"actor\":\"%s\",\"payload\":{},\"session\":\"%s\",\"type\":\"POSTED\"}]", ann.wallet.user_name, digits);
	CHECK_STATUS(ask(&err), QFS_OK);
	ann.session = first;
	at_once();
	check_came(0, &ann.wallet, people_append(&s, &ann, "POSTED", "{}"));
	CHECK(asking_member("steps.0.accounts.0").len > 0);
	unit_row("somebody else's");
	snprintf(actions, sizeof(actions), "[{\"actor\":\"%s\",\"payload\":{},\"session\":\"%s\",\"type\":\"POSTED\"}]", test_wallet_of(2).user_name, digits);
	CHECK_STATUS(ask(&err), QFS_OK);
	CHECK_SLICE(asking_member("steps.0.error"), QFS_LITERAL("\"QFS_ACTOR_MISMATCH\""));
	sample_close(&s);
}

/* ---- wallets that sign by themselves ---- */

static qfs_status
ask_and_act(uint8_t wallet, const char *type, const char *payload)
{
	test_wallet who = test_wallet_of(wallet);
	qfs_status	status;

	unit_row("#%d %s", wallet, type);
	ask_one(&who, type, payload);
	at_once();
	status = voting_act(&s, wallet, type, payload);
	check_came(0, &who, status);
	if (status != QFS_OK)
		s.later += 1000;
	return status;
}

static void
wallets(void)
{
	static char payload[1024];
	int64_t		proposal;

	voting_four(&s, "");
	snprintf(payload, sizeof(payload), "%s", voting_proposal("parameter", HALVE));
	proposal = people_next(&s);
	CHECK_STATUS(ask_and_act(1, "PROPOSAL_CREATED", payload), QFS_OK);
	CHECK_STATUS(ask_and_act(9, "PROPOSAL_CREATED", payload), QFS_SEAT_NONE);
	voting_wait_for(&s, 500);
	CHECK_STATUS(sample_append(&s, "EVENT_TYPE", "{\"by\":\"operator\",\"schema\":{},\"type\":\"NOTED\"}"), QFS_OK);
	CHECK_STATUS(ask_and_act(2, "VOTE_CAST", voting_ballot(proposal, payload, "yes")), QFS_OK);
	unit_row("a vote is final, which is recorded");
	CHECK_STATUS(ask_and_act(2, "VOTE_CAST", voting_ballot(proposal, payload, "no")), QFS_OK);
	CHECK_STATUS(ask_and_act(2, "PROPOSAL_CANCELLED", voting_withdrawal(proposal)), QFS_FORBIDDEN);
	CHECK_STATUS(ask_and_act(3, "NOD_CHANGED", voting_seats(3, 10)), QFS_OK);
	sample_close(&s);
}

/* A device signs where it has to: an act of its session that was not signed came to the same. */
static void
unsigned_acts(void)
{
	person		ann;

	people_ledger(&s, PEOPLE_POLICY(",\"signed\":\"none\""));
	ann = people_join(&s, 1, 1);
	ask_one(&ann.wallet, "PROFILE_UPDATE", people_profile_payload(1));
	at_once();
	check_came(0, &ann.wallet, sample_append_as(&s, signin_auth(&ann.session), &ann.wallet.user, "PROFILE_UPDATE", people_profile_payload(1)));
	sample_close(&s);
}

/* What its session cannot sign, as it has no device, the wallet can: also where the session is named. */
static void
without_a_device(void)
{
	test_wallet who = test_wallet_of(1);
	char		payload[1024];
	char		digits[65];
	qfs_error	err;
	person		ann;

	voting_four(&s, "");
	people_policy(&s, PEOPLE_POLICY(",\"governance\":{\"deposit\":\"0\",\"mode\":\"trial\"}"));
	ann = people_join(&s, 1, 0);
	snprintf(payload, sizeof(payload), "%s", voting_proposal("parameter", HALVE));
	sodium_bin2hex(digits, sizeof(digits), ann.session.bytes, sizeof(ann.session.bytes));
	snprintf(actions, sizeof(actions), "[{\"actor\":\"%s\",\"payload\":%s,\"session\":\"%s\",\"type\":\"PROPOSAL_CREATED\"}]", who.user_name,
			 payload, digits);
	CHECK_STATUS(ask(&err), QFS_OK);
	at_once();
	check_came(0, &who, voting_act(&s, 1, "PROPOSAL_CREATED", payload));
	sample_close(&s);
}

/* What is due comes first, with its own number. */
static void
due(void)
{
	test_wallet who = test_wallet_of(1);
	int64_t		proposal;

	voting_four(&s, "");
	proposal = voting_propose(&s, 1, "emergency", "{\"policy\":{\"referral\":{\"cap\":50}}}");
	voting_agree(&s, 3, proposal);
	/* The fourth vote makes all of them, and it is tallied at once. */
	CHECK_STATUS(voting_vote(&s, 4, proposal, "yes"), QFS_OK);
	ask_one(&who, "NOD_CHANGED", voting_seats(1, 10));
	at_once();
	CHECK(voting_settle(&s) > 0);
	at_once();
	check_came(0, &who, voting_act(&s, 1, "NOD_CHANGED", voting_seats(1, 10)));
	sample_close(&s);
}

/* A vote has put in force what is no policy with the changes: every action is refused, and the question is not. */
static void
no_policy(void)
{
	test_wallet who = test_wallet_of(1);
	qfs_what_if_question question = {.changes = QFS_LITERAL("{\"referral\":{\"cap\":60}}"),.from = 1};
	qfs_error	err;
	int64_t		proposal;

	voting_four(&s, "");
	proposal = voting_propose(&s, 1, "parameter", "{\"policy\":{\"referral\":{\"cap\":50,\"tiers\":[{\"flx\":\"1\",\"to\":50}]}}}");
	voting_queue(&s, proposal);
	voting_execute(&s, proposal);
	snprintf(actions, sizeof(actions), "[{\"actor\":\"%s\",\"payload\":%s,\"type\":\"NOD_CHANGED\"}]", who.user_name, voting_seats(1, 10));
	question.actions = qfs_slice_of(actions);
	question.size = s.count;
	CHECK_STATUS(asking(&s, NULL, &question, &err), QFS_OK);
	CHECK_SLICE(asking_member("steps"), QFS_LITERAL("[{\"accounts\":[],\"error\":\"QFS_POLICY_INVALID\",\"outcome\":null}]"));
	sample_close(&s);
}

/* ---- what is no action ---- */

static void
refused(void)
{
	static const struct
	{
		const char *actions;
		qfs_status	want;
		const char *detail;
	}			rows[] = {
		{"[", QFS_JSON_SYNTAX, ""},
		{"{}", QFS_PAYLOAD_INVALID, "actions: wrong type"},
		{"[1]", QFS_PAYLOAD_INVALID, "actions[0]"},
		{"[{\"payload\":{},\"type\":\"POSTED\"}]", QFS_PAYLOAD_INVALID, "actor: missing"},
		{"[{\"actor\":\"%s\",\"type\":\"POSTED\"}]", QFS_PAYLOAD_INVALID, "payload: missing"},
		{"[{\"actor\":\"%s\",\"payload\":{}}]", QFS_PAYLOAD_INVALID, "type: missing"},
		{"[{\"actor\":\"%s\",\"payload\":[],\"type\":\"POSTED\"}]", QFS_PAYLOAD_INVALID, "payload: wrong type"},
		{"[{\"actor\":\"%s\",\"payload\":{},\"type\":\"\"}]", QFS_PAYLOAD_INVALID, "type: too short"},
		{"[{\"actor\":\"%s\",\"bypass_guards\":true,\"payload\":{},\"type\":\"POSTED\"}]", QFS_PAYLOAD_INVALID, "bypass_guards"},
		{"[{\"actor\":\"%s\",\"payload\":{},\"session\":\"1\",\"type\":\"POSTED\"}]", QFS_PAYLOAD_INVALID, "session: too short"},
		{"[{\"actor\":\"%s\",\"payload\":{},\"session\":\"" "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz\",\"type\":\"POSTED\"}]",
		QFS_PAYLOAD_INVALID, "is no session"},
		{"[{\"actor\":\"USER_0000000000000000000000000000000000000000000000000000000000000000\",\"payload\":{},\"type\":\"POSTED\"}]",
		QFS_USER_ID_SYNTAX, ""},
	};
	test_wallet who = test_wallet_of(1);
	qfs_error	err;
	qfs_buf		buf;

	people_ledger(&s, NULL);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		const char *at = strstr(rows[i].actions, "%s");

		unit_row("%s", rows[i].actions);
		if (at != NULL)
			snprintf(actions, sizeof(actions), "%.*s%s%s", (int) (at - rows[i].actions), rows[i].actions, who.user_name, at + 2);
		else
			snprintf(actions, sizeof(actions), "%s", rows[i].actions);
		CHECK_STATUS(ask(&err), rows[i].want);
		CHECK_DETAIL(&err, rows[i].detail);
	}
	for (int count = 100; count <= 101; count++)
	{
		unit_row("%d of them", count);
		qfs_buf_init(&buf, actions, sizeof(actions) - 1);
		for (int n = 0; n < count; n++)
		{
			qfs_buf_text(&buf, n == 0 ? "[{\"actor\":\"" : ",{\"actor\":\"");
			qfs_buf_text(&buf, who.user_name);
			qfs_buf_text(&buf, "\",\"payload\":{},\"type\":\"POSTED\"}");
		}
		qfs_buf_byte(&buf, ']');
		actions[buf.len] = '\0';
		CHECK_STATUS(ask(&err), count == 100 ? QFS_OK : QFS_PAYLOAD_INVALID);
		CHECK_DETAIL(&err, count == 100 ? "" : "too many");
	}
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(as_it_comes),
	CASE(in_a_row),
	CASE(sessions),
	CASE(wallets),
	CASE(unsigned_acts),
	CASE(without_a_device),
	CASE(due),
	CASE(no_policy),
	CASE(refused),
	NO_MORE_CASES
};

const unit_suite suite_actions = {"actions", cases};
