/*
 * test_what_if.c - what would have come of a ledger under another policy.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "crypto/keccak.h"
#include "crypto/sha256.h"
#include "ledger/registry.h"
#include "ledger/state_hash.h"
#include "support/asking.h"
#include "support/people.h"
#include "support/script.h"
#include "support/voting.h"

static sample s;

/* What is fed instead of the sample's own lines; or NULL. */
static const script *lines;

/* ---- asking ---- */

static qfs_status
ask(const char *changes, uint64_t from, uint64_t size, qfs_error *err)
{
	qfs_what_if_question question = {.changes = qfs_slice_of(changes),.size = size,.from = from};

	return asking(&s, lines, &question, err);
}

/* An answer that is there; its members are found in what it was asked of. */
static void
asked(const char *changes, uint64_t from)
{
	qfs_error	err;

	CHECK_STATUS(ask(changes, from, s.count, &err), QFS_OK);
	CHECK_DETAIL(&err, "");
}

#define CHECK_MEMBER(way, want) \
	unit_check_slice(asking_member(way), qfs_slice_of(want), __FILE__, __LINE__)

static const char *
number(uint64_t n)
{
	static char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long) n);
	return text;
}

/* In lower-case hexadecimal digits, as a JSON string. */
static const char *
quoted(const qfs_hash *hash)
{
	static char text[67];
	qfs_buf		buf;

	qfs_buf_init(&buf, text, sizeof(text) - 1);
	qfs_buf_byte(&buf, '"');
	qfs_buf_hex(&buf, hash->bytes, sizeof(hash->bytes));
	qfs_buf_byte(&buf, '"');
	text[buf.len] = '\0';
	return text;
}

/* ---- identity ---- */

/* Without changes nothing is otherwise, wherever the window begins. */
static void
check_identity(void)
{
	qfs_hash	state;

	CHECK_STATUS(qfs_state_of_memory(s.store, s.registry, test_allocator(&s.memory), &state, NULL), QFS_OK);
	for (uint64_t from = 1; from <= s.count; from++)
	{
		qfs_slice	before;

		unit_row("from %llu", (unsigned long long) from);
		asked("{}", from);
		CHECK_MEMBER("direct.same", number(s.count - from));
		CHECK_MEMBER("direct.bounds", "0");
		CHECK_MEMBER("direct.entries", "[]");
		CHECK_MEMBER("direct.refused", "{}");
		CHECK_MEMBER("direct.verdicts", "[]");
		CHECK_MEMBER("cumulative.accounts", "0");
		CHECK_MEMBER("cumulative.first", "null");
		CHECK_MEMBER("cumulative.refused", "{}");
		CHECK_MEMBER("cumulative.follows", "{}");
		CHECK_MEMBER("cumulative.state", quoted(&state));
		before = asking_member("policy.before");
		CHECK_SLICE(asking_member("policy.after"), before);
		CHECK_MEMBER("head", quoted(&s.chain.head));
		CHECK_MEMBER("ledger", quoted(&s.entry[0].seal.hash));
		CHECK_MEMBER("size", number(s.count));
		CHECK_MEMBER("from", number(from));
	}
}

/* 2 to 5 seats, 6 a proposal, 7 to 9 votes, 10 its tally, 11 its execution, 12 an event. */
static void
open_governed(void)
{
	int64_t		proposal;

	voting_four(&s, "");
	proposal = voting_propose(&s, 1, "parameter", HALVE);
	voting_queue(&s, proposal);
	voting_execute(&s, proposal);
	CHECK_STATUS(sample_append(&s, "EVENT_TYPE", "{\"by\":\"operator\",\"schema\":{},\"type\":\"NOTED\"}"), QFS_OK);
	CHECK_UINT(s.count, 13);
}

static void
identity(void)
{
	sample_open(&s);
	sample_ledger(&s);
	check_identity();
	sample_close(&s);
	people_ring(&s);
	check_identity();
	sample_close(&s);
	open_governed();
	check_identity();
	sample_close(&s);
}

/* ---- known answers ---- */

/* Wallet 1 invites 12, of whom 5 may be rewarded: which entries judge by the cap, and what is paid. */
static void
ring(void)
{
	people_ring(&s);
	asked("{\"referral\":{\"cap\":5}}", 4);
	CHECK_MEMBER("cumulative.tokens.FLX", "[\"1060.000000000000000000\",\"500.000000000000000000\"]");
	CHECK_MEMBER("cumulative.tokens.points", "[\"240\",\"100\"]");
	CHECK_MEMBER("cumulative.tokens.referrals", "[\"12\",\"5\"]");
	CHECK_MEMBER("cumulative.tokens.NOD", "[\"0\",\"0\"]");
	/* Wallet 1 and the seven whose use or reward was blocked. */
	CHECK_MEMBER("cumulative.accounts", "8");
	CHECK_MEMBER("cumulative.refused", "{}");
	CHECK_MEMBER("cumulative.first", "34");
	CHECK_MEMBER("direct.verdicts", "[{\"count\":7,\"from\":\"PASS\",\"guard\":\"REFERRAL_CAP\",\"rule\":\"MESSAGE\",\"to\":\"BLOCK\"},"
				 "{\"count\":6,\"from\":\"PASS\",\"guard\":\"REFERRAL_CAP\",\"rule\":\"REFERRAL_USE\",\"to\":\"BLOCK\"}]");
	/* All 12 uses and the 6 messages that activate two each; in 8 of them the bound alone is another one. */
	CHECK_MEMBER("direct.same", number(s.count - 4 - 18));
	CHECK_MEMBER("direct.bounds", "8");
	CHECK_MEMBER("direct.entries", "[34,38,42,44,48,52,54,58,62,64]");
	CHECK_MEMBER("policy.before", quoted(&s.reducer.ledger.policy));
	sample_close(&s);
}

/* What is above the limit by itself, and what is refused as a number before it is missing. */
static void
limits(void)
{
	person		ann;
	person		bob;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	bob = people_join(&s, 2, 0);
	CHECK_STATUS(people_chat_key(&s, &ann, 1), QFS_OK);
	CHECK_STATUS(people_chat_key(&s, &bob, 2), QFS_OK);
	for (int64_t n = 1; n <= 6; n++)
	{
		/* Two a minute. */
		people_wait(&s, n % 2 == 1 ? 60000 - signin_now(&s) % 60000 : 0);
		CHECK_STATUS(people_write(&s, &ann, &bob, n), QFS_OK);
	}
	asked("{\"limits\":{\"messages_per_minute\":1}}", 1);
	CHECK_MEMBER("direct.refused", "{\"QFS_RATE_LIMIT\":3}");
	CHECK_MEMBER("direct.entries", "[9,11,13]");
	CHECK_MEMBER("direct.same", number(s.count - 1 - 3));
	CHECK_MEMBER("cumulative.refused", "{\"QFS_RATE_LIMIT\":1}");
	CHECK_MEMBER("cumulative.follows", "{\"QFS_MESSAGE_ORDER\":4}");
	CHECK_MEMBER("cumulative.first", "9");
	CHECK_MEMBER("cumulative.accounts", "0");
	sample_close(&s);
}

/* ---- policies that come into force in the window ---- */

static void
policy_changed(void)
{
	person		ann;
	person		bob;
	person		eve;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	bob = people_join(&s, 2, 0);
	eve = people_join(&s, 3, 0);
	people_policy(&s, PEOPLE_POLICY(",\"referral\":{\"cap\":2,\"points\":7}"));
	CHECK_STATUS(people_use(&s, &bob, &ann), QFS_OK);
	CHECK_STATUS(people_use(&s, &eve, &ann), QFS_OK);
	CHECK_STATUS(people_profile(&s, &eve, 1), QFS_OK);
	CHECK_STATUS(people_chat_key(&s, &eve, 3), QFS_OK);
	people_settle_in(&s, &bob, &eve);

	unit_row("the change holds, and so does what else came into force");
	asked("{\"referral\":{\"cap\":1}}", 4);
	CHECK_MEMBER("cumulative.tokens.points", "[\"28\",\"14\"]");
	CHECK_MEMBER("cumulative.tokens.referrals", "[\"2\",\"1\"]");
	CHECK_MEMBER("cumulative.refused", "{}");
	unit_row("what came into force is what was asked about");
	asked("{\"referral\":{\"points\":7}}", 4);
	CHECK_MEMBER("direct.same", number(s.count - 4));
	CHECK_MEMBER("cumulative.first", "null");
	sample_close(&s);
}

static void
policy_impossible(void)
{
	sample_open(&s);
	sample_genesis(&s);
	CHECK_STATUS(sample_append(&s, "EVENT_TYPE", "{\"by\":\"operator\",\"schema\":{},\"type\":\"NOTED\"}"), QFS_OK);
	CHECK_STATUS(sample_append(&s, "POLICY_CHANGED",
							   sample_policy_payload("{\"referral\":{\"cap\":50,\"tiers\":[{\"flx\":\"1\",\"to\":50}]}}")), QFS_OK);
	CHECK_STATUS(sample_append(&s, "NOTED", "{}"), QFS_OK);
	/* Tiers have to reach the cap. */
	asked("{\"referral\":{\"cap\":60}}", 1);
	CHECK_MEMBER("direct.refused", "{\"QFS_POLICY_INVALID\":2}");
	CHECK_MEMBER("direct.entries", "[2,3]");
	CHECK_MEMBER("cumulative.refused", "{\"QFS_POLICY_INVALID\":1}");
	CHECK_MEMBER("cumulative.follows", "{}");
	CHECK_MEMBER("cumulative.first", "2");
	sample_close(&s);
}

/* ---- what the ledger settles by itself ---- */

/* A proposal of the key that is asked about: its base has the changes, too, and after it they hold again. */
static void
executed(void)
{
	open_governed();
	asked("{\"referral\":{\"cap\":5}}", 2);
	CHECK_MEMBER("direct.same", number(s.count - 2));
	CHECK_MEMBER("cumulative.refused", "{}");
	CHECK_MEMBER("cumulative.follows", "{}");
	CHECK_MEMBER("cumulative.first", "null");
	unit_row("a proposal of what would be so already");
	asked("{\"referral\":{\"cap\":50}}", 2);
	CHECK_MEMBER("direct.refused", "{\"QFS_POLICY_INVALID\":1}");
	CHECK_MEMBER("direct.entries", "[6,11]");
	CHECK_MEMBER("cumulative.refused", "{\"QFS_POLICY_INVALID\":1}");
	CHECK_MEMBER("cumulative.follows", "{\"QFS_PROPOSAL_UNKNOWN\":3,\"QFS_SETTLEMENT_WRONG\":2}");
	sample_close(&s);
}

/* A vote sets the key that is asked about: for what comes after it the change holds, and not what was voted for. */
static void
holds_after(void)
{
	int64_t		proposal;

	voting_four(&s, "");
	proposal = voting_propose(&s, 1, "constitution", "{\"policy\":{\"governance\":{\"tracks\":{\"parameter\":{\"quorum\":50}}}}}");
	voting_queue(&s, proposal);
	voting_execute(&s, proposal);
	CHECK_UINT(s.count, 12);
	voting_propose(&s, 2, "parameter", HALVE);
	asked("{\"governance\":{\"tracks\":{\"parameter\":{\"quorum\":80}}}}", 6);
	/* Its terms say 80, not 50. */
	CHECK_MEMBER("direct.entries", "[12]");
	CHECK_MEMBER("direct.same", "6");
	CHECK_MEMBER("cumulative.first", "12");
	CHECK_MEMBER("cumulative.refused", "{}");
	CHECK_MEMBER("cumulative.follows", "{}");
	unit_row("what was voted for is so already, and executing it would change nothing");
	asked("{\"governance\":{\"tracks\":{\"parameter\":{\"quorum\":50}}}}", 7);
	CHECK_MEMBER("direct.entries", "[11]");
	CHECK_MEMBER("direct.verdicts", "[{\"count\":1,\"from\":\"PASS\",\"guard\":\"POLICY_VALID\",\"rule\":\"PROPOSAL_EXECUTED\",\"to\":\"BLOCK\"}]");
	CHECK_MEMBER("cumulative.first", "11");
	sample_close(&s);
}

static void
quorum(void)
{
	open_governed();
	/* 75 of 100 take part. */
	asked("{\"governance\":{\"tracks\":{\"parameter\":{\"quorum\":80}}}}", 2);
	/* What a proposal is settled by is written where it is made. */
	CHECK_MEMBER("direct.entries", "[6]");
	CHECK_MEMBER("direct.same", number(s.count - 2 - 1));
	CHECK_MEMBER("cumulative.first", "6");
	CHECK_MEMBER("cumulative.refused", "{}");
	/* It is tallied and rejected; nothing is there to be executed. */
	CHECK_MEMBER("cumulative.follows", "{\"QFS_SETTLEMENT_WRONG\":1}");
	sample_close(&s);
}

/* What is due earlier than it was is settled before the entry that comes next. */
static void
due_before(void)
{
	int64_t		proposal;

	voting_four(&s, "");
	proposal = voting_propose(&s, 1, "parameter", HALVE);
	voting_wait_for(&s, 20);
	CHECK_STATUS(sample_append(&s, "EVENT_TYPE", "{\"by\":\"operator\",\"schema\":{},\"type\":\"NOTED\"}"), QFS_OK);
	voting_queue(&s, proposal);
	voting_execute(&s, proposal);
	CHECK_UINT(s.count, 13);
	asked("{\"governance\":{\"tracks\":{\"parameter\":{\"review_blocks\":0,\"voting_blocks\":10}}}}", 2);
	CHECK_MEMBER("direct.entries", "[6]");
	CHECK_MEMBER("cumulative.first", "6");
	/* Nobody had voted: it is rejected before entry 7, and what came later is about nothing. */
	CHECK_MEMBER("cumulative.refused", "{}");
	CHECK_MEMBER("cumulative.follows", "{\"QFS_PROPOSAL_STATE\":3,\"QFS_SETTLEMENT_WRONG\":2}");
	sample_close(&s);
	unit_row("it passes, and is executed later than it was");
	open_governed();
	asked("{\"governance\":{\"tracks\":{\"parameter\":{\"timelock_blocks\":100000}}}}", 2);
	CHECK_MEMBER("direct.entries", "[6]");
	CHECK_MEMBER("cumulative.follows", "{\"QFS_SETTLEMENT_WRONG\":1}");
	sample_close(&s);
}

/* ---- what is told besides ---- */

static void
operators(void)
{
	char		changes[160];
	qfs_hash	hash;
	char		policy[QFS_POLICY_MAX];

	people_ledger(&s, NULL);
	people_join(&s, 1, 0);
	snprintf(changes, sizeof(changes), "{\"operators\":[\"%s\"]}", test_wallet_of(1).user_name);
	asked(changes, 4);
	CHECK_MEMBER("changes", changes);
	CHECK_MEMBER("unplayed", "[\"behaviour\",\"off_ledger\",\"operators\",\"signatures\"]");
	CHECK_MEMBER("direct.same", "1");
	CHECK_MEMBER("cumulative.first", "null");
	CHECK_MEMBER("cumulative.state", quoted(&asking_recorded));
	/* The policy that such a proposal would make is named all the same. */
	snprintf(policy, sizeof(policy), "%.*s", (int) s.reducer.policy.text.len, s.reducer.policy.text.data);
	{
		char		whole[QFS_POLICY_MAX];
		char	   *at = strstr(policy, "\"operators\":[]");

		snprintf(whole, sizeof(whole), "%.*s\"operators\":[\"%s\"]%s", (int) (at - policy), policy, test_wallet_of(1).user_name,
				 at + strlen("\"operators\":[]"));
		qfs_sha256(qfs_slice_of(whole), &hash);
	}
	CHECK_MEMBER("policy.after", quoted(&hash));
	asked("{}", 4);
	CHECK_MEMBER("unplayed", "[\"behaviour\",\"off_ledger\",\"signatures\"]");
	sample_close(&s);
}

/* All members in their order, and the hash of all but itself. */
static void
form(void)
{
	static char rest[QFS_WHAT_IF_MAX];
	qfs_slice	run;
	qfs_hash	hash;
	size_t		until;

	people_ring(&s);
	asked("{\"referral\":{\"cap\":5}}", 60);
	CHECK_MEMBER("v", "1");
	CHECK_MEMBER("mode", "\"SIMULATION\"");
	CHECK_MEMBER("actions", "[]");
	CHECK_MEMBER("steps", "[]");
	CHECK_MEMBER("changes", "{\"referral\":{\"cap\":5}}");
	run = asking_member("run_hash");
	until = (size_t) ((const char *) run.data - asking_answer) - strlen("\"run_hash\":");
	snprintf(rest, sizeof(rest), "%.*s%s", (int) until, asking_answer, (const char *) run.data + run.len + 1);
	qfs_sha3_256(qfs_slice_of(rest), &hash);
	CHECK_SLICE(run, qfs_slice_of(quoted(&hash)));
	sample_close(&s);
}

/* Another size is another question, and what comes after it has no say. */
static void
pinned(void)
{
	static char before[QFS_WHAT_IF_MAX + 1];
	qfs_error	err;

	people_ledger(&s, NULL);
	people_join(&s, 1, 0);
	asked("{\"ttl_blocks\":10}", 2);
	strcpy(before, asking_answer);
	people_join(&s, 2, 0);
	CHECK_STATUS(ask("{\"ttl_blocks\":10}", 2, 5, &err), QFS_OK);
	CHECK_TEXT(qfs_slice_of(asking_answer), before);
	CHECK_STATUS(ask("{\"ttl_blocks\":10}", 2, 6, &err), QFS_OK);
	CHECK(strcmp(asking_answer, before) != 0);
	CHECK_UINT(qfs_what_if_from(0), 1);
	CHECK_UINT(qfs_what_if_from(1), 1);
	CHECK_UINT(qfs_what_if_from(10001), 1);
	CHECK_UINT(qfs_what_if_from(10002), 2);
	CHECK_UINT(qfs_what_if_from(14665), 4665);
	sample_close(&s);
}

/* ---- ledgers with a past ---- */

/* Of sign-ins and of applications' events the payload may be gone. */
static void
erased(void)
{
	static script l;
	static uint8_t line[SCRIPT_LINE_MAX];

	people_ledger(&s, NULL);
	people_join(&s, 1, 0);
	people_wait(&s, 20000000);
	CHECK_STATUS(sample_append(&s, "PAYLOAD_ERASED", "{\"reason\":\"asked for\",\"seq\":4}"), QFS_OK);
	script_of(&s, &l);
	lines = &l;
	{
		qfs_entry	entry;
		qfs_buf		buf;

		qfs_buf_init(&buf, line, sizeof(line));
		CHECK_STATUS(qfs_line_read(script_line(&l, 4), &entry, NULL), QFS_OK);
		qfs_entry_hide(&entry, QFS_PART_PAYLOAD);
		qfs_entry_hide(&entry, QFS_PART_SIG);
		CHECK_STATUS(qfs_line_write(&entry, &buf, NULL), QFS_OK);
		memcpy(l.line[4].bytes, line, buf.len);
		l.line[4].len = buf.len;
	}
	check_identity();
	asked("{\"ttl_blocks\":10}", 4);
	CHECK_MEMBER("direct.entries", "[4]");
	lines = NULL;
	sample_close(&s);
}

/* An outcome that no rule gives, acknowledged or not: it is followed, and is no difference that the changes make. */
static void
wrong(void)
{
	static script l;

	people_ledger(&s, NULL);
	people_join(&s, 1, 0);
	people_policy(&s, PEOPLE_POLICY(",\"ttl_blocks\":2000"));
	people_join(&s, 2, 0);
	script_of(&s, &l);
	script_edit(&l, 4, "\"points\":0", "\"points\":9");
	script_relink(&l, 5);
	lines = &l;
	for (uint64_t from = 3; from <= 6; from++)
	{
		unit_row("from %llu", (unsigned long long) from);
		asked("{}", from);
		CHECK_MEMBER("direct.same", number(s.count - from));
		CHECK_MEMBER("cumulative.first", "null");
		CHECK_MEMBER("cumulative.state", quoted(&asking_recorded));
		CHECK_MEMBER("cumulative.tokens.points", "[\"9\",\"9\"]");
	}
	asked("{\"ttl_blocks\":10}", 4);
	CHECK_MEMBER("direct.entries", "[4,6]");
	lines = NULL;
	sample_close(&s);
}

/* ---- what is refused ---- */

static void
bad_changes(void)
{
	static const struct
	{
		const char *changes;
		qfs_status	want;
		const char *detail;
	}			rows[] = {
		{"", QFS_JSON_SYNTAX, ""},
		{"{", QFS_JSON_SYNTAX, ""},
		{"{ }", QFS_JSON_SYNTAX, ""},
		{"[]", QFS_POLICY_INVALID, "not an object"},
		{"null", QFS_POLICY_INVALID, "not an object"},
		{"{\"referral\":{\"cup\":5}}", QFS_POLICY_INVALID, "the key referral.cup does not exist"},
		{"{\"referral\":5}", QFS_POLICY_INVALID, "the key referral does not exist, or has no value of its own"},
		{"{\"referral\":{\"cap\":{\"a\":5}}}", QFS_POLICY_INVALID, "the key referral.cap.a does not exist"},
		{"{\"nothing\":{}}", QFS_POLICY_INVALID, "the key \"nothing\" does not exist"},
		{"{\"block_ms\":1000}", QFS_KEY_FIXED, "block_ms"},
		{"{\"epoch_blocks\":512}", QFS_KEY_FIXED, "epoch_blocks"},
		{"{\"referral\":{\"cap\":-1}}", QFS_POLICY_INVALID, "policy.referral.cap"},
		{"{\"referral\":{\"cap\":1.5}}", QFS_JSON_NUMBER, ""},
		{"{\"referral\":{\"cap\":\"5\"}}", QFS_POLICY_INVALID, "policy.referral.cap"},
		{"{\"referral\":{\"cap\":101}}", QFS_POLICY_INVALID, "policy.referral.tiers: they end at 100, the cap is 101"},
		{"{\"operators\":[\"nobody\"]}", QFS_POLICY_INVALID, "operators"},
		{"{\"rules\":2}", QFS_RULES_UNKNOWN, "version 2"},
	};
	qfs_error	err;

	sample_open(&s);
	sample_ledger(&s);
	for (size_t i = 0; i < ROWS(rows); i++)
		/* With a window, and without entries in it. */
		for (uint64_t from = 1; from <= s.count; from += s.count - 1)
		{
			unit_row("%s from %u", rows[i].changes, (unsigned) from);
			CHECK_STATUS(ask(rows[i].changes, from, s.count, &err), rows[i].want);
			CHECK_STATUS(err.status, rows[i].want);
			CHECK_DETAIL(&err, rows[i].detail);
		}
	{
		static char long_one[QFS_POLICY_MAX + 16];

		memset(long_one, 'a', sizeof(long_one) - 1);
		unit_row("longer than a policy");
		CHECK_STATUS(ask(long_one, 1, s.count, &err), QFS_POLICY_INVALID);
		CHECK_DETAIL(&err, "16384 are the most");
	}
	sample_close(&s);
}

static void
bad_windows(void)
{
	static const struct
	{
		uint64_t	from;
		uint64_t	size;
		const char *detail;
	}			rows[] = {
		{0, 9, "cannot begin at entry 0"},
		{1, 0, "without an entry"},
		{10, 9, "begins at entry 10, the size is 9"},
		{UINT64_MAX, 9, "begins at entry 18446744073709551615"},
		{1, 10, "there are 9 entries, the question is about 10"},
		{1, UINT64_MAX, "there are 9 entries"},
	};
	qfs_error	err;

	sample_open(&s);
	sample_ledger(&s);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].detail);
		CHECK_STATUS(ask("{}", rows[i].from, rows[i].size, &err), QFS_SIZE_UNKNOWN);
		CHECK_DETAIL(&err, rows[i].detail);
	}
	sample_close(&s);
}

/* Entries that are not the next ones of one ledger. */
static void
bad_entries(void)
{
	static qfs_what_if w;
	qfs_what_if_question question = {.changes = QFS_LITERAL("{}"),.size = 9,.from = 1};
	test_memory memory = {0};
	qfs_entry	entry[10];
	qfs_error	err;

	sample_open(&s);
	sample_ledger(&s);
	for (unsigned n = 0; n < 9; n++)
		CHECK_STATUS(qfs_line_read(sample_line(&s, n), &entry[n], NULL), QFS_OK);
	CHECK_STATUS(qfs_what_if_begin(&w, &qfs_registry_own, &question, test_allocator(&memory), &err), QFS_OK);
	CHECK_STATUS(qfs_what_if_entry(&w, &entry[1], &err), QFS_SEQ_GAP);
	CHECK_STATUS(qfs_what_if_entry(&w, &entry[0], &err), QFS_OK);
	CHECK_STATUS(qfs_what_if_entry(&w, &entry[0], &err), QFS_SEQ_GAP);
	CHECK_STATUS(qfs_what_if_entry(&w, &entry[2], &err), QFS_SEQ_GAP);
	entry[9] = entry[1];
	entry[9].prev.bytes[0] ^= 1;
	CHECK_STATUS(qfs_what_if_entry(&w, &entry[9], &err), QFS_LINK_BROKEN);
	entry[9] = entry[1];
	qfs_entry_hide(&entry[9], QFS_PART_OUTCOME);
	CHECK_STATUS(qfs_what_if_entry(&w, &entry[9], &err), QFS_ENTRY_INCOMPLETE);
	for (unsigned n = 1; n < 9; n++)
		CHECK_STATUS(qfs_what_if_entry(&w, &entry[n], &err), QFS_OK);
	entry[9] = entry[8];
	entry[9].seq = 9;
	CHECK_STATUS(qfs_what_if_entry(&w, &entry[9], &err), QFS_SIZE_UNKNOWN);
	qfs_what_if_end(&w);
	CHECK_UINT(memory.live, 0);
	sample_close(&s);
}

/* An answer that has no room, and memory that is not there: an error, and nothing is lost. */
static void
no_memory(void)
{
	static qfs_what_if w;
	qfs_what_if_question question = {.changes = QFS_LITERAL("{\"ttl_blocks\":10}"),.from = 2};
	test_memory memory = {0};
	unsigned	calls;
	qfs_error	err;

	people_ledger(&s, NULL);
	people_join(&s, 1, 1);
	people_join(&s, 2, 2);
	question.size = s.count;
	CHECK_STATUS(asking_feed(&w, &s, NULL, &question, test_allocator(&memory), &err), QFS_OK);
	qfs_what_if_end(&w);
	calls = memory.calls;
	CHECK(calls > 50);
	for (unsigned n = 1; n <= calls; n++)
	{
		unit_row("allocation %u of %u", n, calls);
		memory = (test_memory) {.fail_at = n};
		CHECK_STATUS(asking_feed(&w, &s, NULL, &question, test_allocator(&memory), &err), QFS_NO_MEMORY);
		CHECK_STATUS(err.status, QFS_NO_MEMORY);
		qfs_what_if_end(&w);
		CHECK_UINT(memory.live, 0);
		CHECK_UINT(memory.failures, 1);
	}
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(identity),
	CASE(ring),
	CASE(limits),
	CASE(policy_changed),
	CASE(policy_impossible),
	CASE(executed),
	CASE(holds_after),
	CASE(quorum),
	CASE(due_before),
	CASE(operators),
	CASE(form),
	CASE(pinned),
	CASE(erased),
	CASE(wrong),
	CASE(bad_changes),
	CASE(bad_windows),
	CASE(bad_entries),
	CASE(no_memory),
	NO_MORE_CASES
};

const unit_suite suite_what_if = {"what_if", cases};
