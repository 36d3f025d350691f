/*
 * test_explain_governance.c - seats, proposals, votes and settlements explained: to auditors, to who acted, to strangers.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Nobody has to see an account to compute what came of a vote: a stranger
 * executes it over a few entries that everybody sees.
 */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>

#include "ledger/registry.h"
#include "proof/bundle.h"
#include "support/explaining.h"
#include "support/harness.h"
#include "support/second_hash.h"
#include "support/voting.h"

static const int64_t four[] = {25, 25, 25, 25};

static sample s;
static explaining made;
static qfs_error said;

/* ---- explaining and verifying ---- */

static qfs_status
verify(qfs_slice text)
{
	static qfs_bundle bundle;
	test_memory memory = {0};
	qfs_vkey	vkey = test_vkey(SAMPLE_ORIGIN, QFS_NOTE_ED25519, 1);
	qfs_status	status;

	said = (qfs_error) {QFS_OK, ""};
	status = qfs_bundle_verify(text, &vkey, &qfs_registry_own, test_allocator(&memory), &bundle, &said);
	CHECK_UINT(memory.live, 0);
	return status;
}

/* reader: NULL = an auditor */
static qfs_status
explain(uint64_t seq, const qfs_user_id *reader)
{
	qfs_question q = {
		.topic = QFS_TOPIC_ENTRY,.seq = seq,.size = s.count,.has_subject = reader != NULL,.to_subject = reader != NULL
	};

	if (reader != NULL)
		q.subject = *reader;
	return explaining_make(&made, &s, &q, -1);
}

static unsigned
entry_count(void)
{
	unsigned	n = 0;

	while (second_item(second_member(made.bundle, "entries"), n).len > 0)
		n++;
	return n;
}

static bool
is_recorded(const char *word)
{
	for (unsigned n = 0;; n++)
	{
		qfs_slice	item = second_item(second_member(made.bundle, "recorded"), n);

		if (item.len == 0)
			return false;
		if (item.len == strlen(word) + 2 && memcmp(item.data + 1, word, strlen(word)) == 0)
			return true;
	}
}

static qfs_entry
entry_of(uint64_t seq)
{
	qfs_entry	entry;

	CHECK_STATUS(qfs_line_read(sample_line(&s, (unsigned) seq), &entry, NULL), QFS_OK);
	return entry;
}

/* One entry, explained to a reader; what was said is what a verifier finds. */
static void
check_entry(uint64_t seq, const qfs_user_id *reader)
{
	CHECK_STATUS(explain(seq, reader), QFS_OK);
	CHECK_DETAIL(&made.err, "");
	CHECK(entry_count() <= 16);
	CHECK_STATUS(verify(made.bundle), QFS_OK);
	CHECK_DETAIL(&said, "");
}

/*
 * Accounts are hidden, but for those of an entry that touched none.  What came
 * of it was computed all the same; a wallet's own signature says whose act it was.
 */
static void
check_stranger(const qfs_entry *entry, const qfs_rule *rule)
{
	bool		has_deposit = strcmp(rule->type, "PROPOSAL_CREATED") == 0;

	CHECK(made.x.is_whole || made.x.is_derived);
	CHECK(made.x.is_derived == (entry->account_count > 0 || has_deposit));
	CHECK_INT(is_recorded("conditions"), has_deposit);
	CHECK(!is_recorded("authority"));
}

/* Every entry that everybody sees, to an auditor, to its actor, and to somebody who was never there. */
static void
check_all(void)
{
	test_wallet stranger = test_wallet_of(99);

	for (unsigned i = 0; i < s.count; i++)
	{
		qfs_entry	entry = entry_of(i);
		const qfs_rule *rule = qfs_registry_find(&qfs_registry_own, entry.type);

		unit_row("entry %u, %.*s", i, (int) entry.type.len, (const char *) entry.type.data);
		check_entry(i, NULL);
		CHECK(!is_recorded("conditions") && !is_recorded("authority"));
		if (entry.has_actor)
		{
			check_entry(i, &entry.actor);
			CHECK(!is_recorded("conditions") && !is_recorded("authority"));
		}
		if (rule == NULL || !rule->is_public)
			continue;
		check_entry(i, &stranger.user);
		check_stranger(&entry, rule);
	}
}

/* ---- a ledger ---- */

/* A proposal of wallet n; its number. */
static int64_t
propose(uint8_t n, const char *track, const char *action, char payload[512])
{
	int64_t		proposal = people_next(&s);

	snprintf(payload, 512, "%s", voting_proposal(track, action));
	CHECK_STATUS(voting_act(&s, n, "PROPOSAL_CREATED", payload), QFS_OK);
	return proposal;
}

static void
vote(uint8_t n, int64_t proposal, const char *payload, const char *choice)
{
	CHECK_STATUS(voting_act(&s, n, "VOTE_CAST", voting_ballot(proposal, payload, choice)), QFS_OK);
}

static void
wait_and_settle(int64_t block, int64_t proposal, const char *state)
{
	voting_wait_for(&s, block);
	CHECK(voting_settle(&s) > 0);
	CHECK_TEXT(qfs_slice_of(voting_tally(&s, proposal).state), state);
}

#define POLICY(more) "{\"governance\":{\"cooldown_blocks\":0,\"deposit\":\"0\",\"key_cooldown_epochs\":4,\"mode\":\"trial\"}" more "}"
#define HALVE "{\"policy\":{\"referral\":{\"cap\":50}}}"

static const char *
seat_action(uint8_t n, int64_t nod)
{
	static char text[256];
	test_wallet who = test_wallet_of(n);

	snprintf(text, sizeof(text), "{\"nod\":[{\"account\":\"%s\",\"nod\":%lld}]}", who.user_name, (long long) nod);
	return text;
}

/* A holder has fewer from here on. */
static qfs_status
give_back(uint8_t n, int64_t nod)
{
	test_wallet who = test_wallet_of(n);
	char		payload[256];

	snprintf(payload, sizeof(payload), "{\"account\":\"%s\",\"nod\":%lld,\"reason\":\"enough\"}", who.user_name,
			 (long long) nod);
	return voting_act(&s, n, "NOD_CHANGED", payload);
}

/* Does the last entry say that it came to nothing? */
static void
check_blocked(const char *guard)
{
	qfs_json_iter iter = qfs_guards_of(s.event.outcome);
	qfs_slice	item;
	qfs_slice	name = {NULL, 0};

	CHECK(qfs_outcome_is_blocked(s.event.outcome) && qfs_guard_next_block(&iter, &item, &name));
	CHECK_TEXT(name, guard);
}

static int64_t cap;			/* changes the referral cap */
static int64_t seat;			/* gives wallet 5 seats */
static int64_t text;			/* words alone */
static int64_t stale;			/* fails, because the operator changes the same */
static int64_t greedy;			/* fails, because its share would be too large by then */
static char cap_payload[512];
static char seat_payload[512];
static char text_payload[512];
static char stale_payload[512];
static char greedy_payload[512];

/* All that comes to nothing, and an emergency. */
static void
begin_history(void)
{
	char		payload[512];
	int64_t		urgent;

	voting_ledger(&s, "", 4, four);
	people_policy(&s, POLICY(""));
	cap = propose(1, "parameter", HALVE, cap_payload);
	seat = propose(2, "constitution", seat_action(5, 20), seat_payload);
	text = propose(3, "text", "{}", text_payload);
	stale = propose(4, "parameter", "{\"policy\":{\"limits\":{\"messages_per_minute\":20}}}", stale_payload);
	snprintf(payload, sizeof(payload), "{\"proposal\":%lld}", (long long) stale);
	CHECK_STATUS(voting_act(&s, 4, "PROPOSAL_CANCELLED", payload), QFS_OK);
	stale = propose(4, "parameter", "{\"policy\":{\"limits\":{\"threads_per_day\":20}}}", stale_payload);
	(void) propose(1, "parameter", HALVE, payload);
	check_blocked("PROPOSER_OPEN");
	(void) propose(3, "constitution", seat_action(3, 60), payload);
	check_blocked("PROPOSER_OPEN");
	(void) propose(1, "emergency", "{\"policy\":{\"limits\":{\"messages_per_minute\":1000}}}", payload);
	check_blocked("EMERGENCY_SCOPE");
	vote(1, cap, cap_payload, "yes");
	check_blocked("VOTE_OPENS");
	CHECK_STATUS(voting_appoint(&s, 6, 10), QFS_OK);
	CHECK_STATUS(voting_appoint(&s, 3, 30), QFS_OK);
	urgent = propose(1, "emergency", "{\"policy\":{\"limits\":{\"messages_per_minute\":5}}}", payload);
	for (uint8_t n = 1; n <= 4; n++)
		vote(n, urgent, payload, "yes");
	CHECK_INT(voting_settle(&s), 2);
	CHECK_TEXT(qfs_slice_of(voting_tally(&s, urgent).state), "EXECUTED");
}

/* Votes of all kinds; the last one turns the verdict, late. */
static void
vote_on_all(void)
{
	voting_wait_for(&s, VOTING_REVIEW + 1);
	vote(1, cap, cap_payload, "yes");
	vote(2, cap, cap_payload, "no");
	vote(2, cap, cap_payload, "yes");
	check_blocked("VOTE_ONCE");
	vote(6, cap, cap_payload, "yes");
	check_blocked("VOTE_POWER");
	CHECK_STATUS(give_back(2, 24), QFS_OK);
	CHECK_STATUS(give_back(2, 23), QFS_OK);
	check_blocked("NOD_EPOCH");
	vote(1, text, text_payload, "yes");
	vote(2, text, text_payload, "abstain");
	vote(3, text, text_payload, "yes");
	vote(1, stale, stale_payload, "yes");
	vote(2, stale, stale_payload, "yes");
	voting_wait_for(&s, 600);
	for (uint8_t n = 1; n <= 4; n++)
		vote(n, seat, seat_payload, n == 4 ? "veto" : "yes");
	voting_wait_for(&s, 700);
	vote(3, cap, cap_payload, "yes");
	CHECK_INT(voting_tally(&s, cap).extensions, 1);
}

/* The outage prolongs one; the operator overtakes another. */
static void
settle_first(void)
{
	wait_and_settle(845, text, "ADOPTED");
	CHECK_TEXT(qfs_slice_of(voting_tally(&s, stale).state), "QUEUED");
	wait_and_settle(1200, cap, "OPEN");
	CHECK_INT(voting_tally(&s, cap).extensions, 2);
	vote(4, cap, cap_payload, "abstain");
	wait_and_settle(voting_tally(&s, cap).ends, cap, "QUEUED");
	people_policy(&s, POLICY(",\"limits\":{\"messages_per_minute\":5,\"threads_per_day\":7}"));
	wait_and_settle(1536, stale, "FAILED");
	greedy = propose(4, "constitution", seat_action(4, 25 + 2), greedy_payload);
	wait_and_settle(voting_tally(&s, cap).enacts, cap, "EXECUTED");
}

/* All who may vote say yes. */
static void
pass(int64_t proposal, const char *payload)
{
	for (uint8_t n = 1; n <= 4; n++)
		vote(n, proposal, payload, "yes");
	wait_and_settle(voting_tally(&s, proposal).ends, proposal, "QUEUED");
}

/* What a vote has changed rests for a while; seats come and go; in the end governance is on. */
static void
settle_rest(void)
{
	char		payload[512];
	int64_t		again;
	int64_t		on;

	(void) propose(1, "parameter", "{\"policy\":{\"referral\":{\"cap\":40}}}", payload);
	check_blocked("KEY_COOLDOWN");
	voting_wait_for(&s, 2150);
	for (uint8_t n = 1; n <= 4; n++)
		vote(n, greedy, greedy_payload, "yes");
	wait_and_settle(2561, seat, "QUEUED");
	again = propose(1, "parameter", "{\"policy\":{\"referral\":{\"cap\":40}}}", payload);
	voting_wait_for(&s, 2800);
	pass(again, payload);
	wait_and_settle(3584, seat, "EXECUTED");
	on = propose(2, "constitution", "{\"policy\":{\"governance\":{\"mode\":\"on\"}}}", payload);
	wait_and_settle(4101, greedy, "QUEUED");
	CHECK_TEXT(qfs_slice_of(voting_tally(&s, again).state), "EXECUTED");
	CHECK_STATUS(voting_appoint(&s, 5, 0), QFS_OK);
	CHECK_STATUS(voting_appoint(&s, 6, 0), QFS_OK);
	voting_wait_for(&s, 4120);
	for (uint8_t n = 1; n <= 4; n++)
		vote(n, on, payload, "yes");
	wait_and_settle(5632, greedy, "FAILED");
	wait_and_settle(6161, on, "QUEUED");
	wait_and_settle(7680, on, "EXECUTED");
	CHECK_STATUS(give_back(1, 20), QFS_OK);
	CHECK_INT((int64_t) s.reducer.policy.governance.mode, QFS_MODE_ON);
}

/* From proposals to what they change, one way or the other. */
static void
everything(void)
{
	begin_history();
	vote_on_all();
	settle_first();
	settle_rest();
	check_all();
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(everything),
	NO_MORE_CASES
};

const unit_suite suite_explain_governance = {"explain_governance", cases};
