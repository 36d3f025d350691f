/*
 * test_vote.c - who votes on what, what it weighs, and ends that move.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "engine/outcome.h"
#include "support/failing_store.h"
#include "support/voting.h"

#define NO_COOLDOWN ",\"cooldown_blocks\":0"

static sample s;

/* ---- guards ---- */

static void
opens(void)
{
	int64_t		proposal;

	voting_four(&s, "");
	proposal = voting_propose(&s, 1, "text", "{}");
	voting_wait_for(&s, 119);
	CHECK_STATUS(voting_vote(&s, 1, proposal, "yes"), QFS_OK);
	CHECK(qfs_outcome_is_blocked(s.event.outcome));
	voting_guard(&s, "VOTE_OPENS", 120, 119, true);
	CHECK_INT(voting_tally(&s, proposal).voters, 0);
	voting_wait_for(&s, 120);
	CHECK_STATUS(voting_vote(&s, 1, proposal, "yes"), QFS_OK);
	voting_guard(&s, "VOTE_OPENS", 120, 120, false);
	voting_guard(&s, "VOTE_ONCE", 0, 0, false);
	voting_guard(&s, "VOTE_POWER", 1, 25, false);
	CHECK_INT(voting_tally(&s, proposal).voters, 1);
	sample_close(&s);
}

/* The last block in which it counts, and the first in which there is nothing left to vote on. */
static void
ends(void)
{
	int64_t		proposal;

	voting_four(&s, "");
	proposal = voting_propose(&s, 1, "text", "{}");
	voting_wait_for(&s, 839);
	CHECK_STATUS(voting_vote(&s, 1, proposal, "no"), QFS_OK);
	CHECK(!qfs_outcome_is_blocked(s.event.outcome));
	voting_wait_for(&s, 840);
	voting_refuse(&s, 2, "VOTE_CAST", voting_ballot(proposal, voting_payload(proposal), "no"), QFS_SETTLEMENT_DUE, "");
	CHECK_INT(voting_settle(&s), 1);
	voting_refuse(&s, 2, "VOTE_CAST", voting_ballot(proposal, voting_payload(proposal), "no"), QFS_PROPOSAL_STATE, "is REJECTED");
	sample_close(&s);
}

static void
once(void)
{
	static const char *const again[] = {"yes", "no", "abstain", "veto"};
	qfs_tally_record tally;
	int64_t		proposal;

	voting_four(&s, NO_COOLDOWN);
	proposal = voting_propose(&s, 1, "text", "{}");
	voting_wait_for(&s, VOTING_REVIEW);
	CHECK_STATUS(voting_vote(&s, 1, proposal, "yes"), QFS_OK);
	voting_said(&s, "\"tally\":{\"abstain\":0,\"ends\":840,\"extensions\":0,\"no\":0,\"previous\":null,\"veto\":0,\"voters\":1,\"yes\":25},"
			 "\"voter\":{\"power\":25,\"previous\":null,\"seat\":2}");
	for (size_t i = 0; i < ROWS(again); i++)
	{
		unit_row("%s", again[i]);
		CHECK_STATUS(voting_vote(&s, 1, proposal, again[i]), QFS_OK);
		CHECK(qfs_outcome_is_blocked(s.event.outcome));
		voting_guard(&s, "VOTE_ONCE", 0, 1, true);
		tally = voting_tally(&s, proposal);
		CHECK_INT(tally.yes, 25);
		CHECK_INT(tally.no + tally.abstain + tally.veto, 0);
		CHECK_INT(tally.voters, 1);
		CHECK_INT(tally.last, 7);
	}
	/* Each vote names the one before it on this, and the voter's own before on whatever. */
	CHECK_STATUS(voting_vote(&s, 2, proposal, "veto"), QFS_OK);
	voting_said(&s, "\"previous\":7,\"veto\":25,\"voters\":2,\"yes\":25},\"voter\":{\"power\":25,\"previous\":null,\"seat\":3}");
	proposal = voting_propose(&s, 2, "text", "{}");
	voting_wait_for(&s, 2 * VOTING_REVIEW + 1);
	CHECK_STATUS(voting_vote(&s, 1, proposal, "abstain"), QFS_OK);
	voting_said(&s, "\"tally\":{\"abstain\":25,");
	voting_said(&s, "\"voter\":{\"power\":25,\"previous\":7,\"seat\":2}");
	sample_close(&s);
}

/* ---- what it weighs ---- */

/* Seats as they were at the proposal's entry, whatever has become of them. */
static void
changed_seats(void)
{
	static const int64_t seats[] = {20, 20, 20, 20, 20};
	static const struct
	{
		uint8_t		wallet;
		int64_t		power;
	}			rows[] = {{1, 25}, {2, 20}, {3, 20}, {4, 20}, {5, 20}, {6, 0}};
	int64_t		proposal;

	voting_ledger(&s, NO_COOLDOWN, 5, seats);
	for (int64_t n = 1; n <= 5; n++)
		CHECK_STATUS(voting_appoint(&s, 1, 20 + n), QFS_OK);
	proposal = voting_propose(&s, 1, "text", "{}");
	CHECK_STATUS(voting_appoint(&s, 6, 20), QFS_OK);
	CHECK_STATUS(voting_appoint(&s, 2, 1), QFS_OK);
	CHECK_STATUS(voting_appoint(&s, 3, 0), QFS_OK);
	for (int64_t n = 1; n <= 40; n++)
		CHECK_STATUS(voting_appoint(&s, 4, 100 + n), QFS_OK);
	for (int64_t n = 1; n <= 9; n++)
		CHECK_STATUS(voting_appoint(&s, 1, n), QFS_OK);
	voting_wait_for(&s, VOTING_REVIEW);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("wallet %d", rows[i].wallet);
		CHECK_STATUS(voting_vote(&s, rows[i].wallet, proposal, "yes"), QFS_OK);
		voting_guard(&s, "VOTE_POWER", 1, rows[i].power, rows[i].power == 0);
	}
	CHECK_INT(voting_tally(&s, proposal).yes, 105);
	CHECK_INT(voting_tally(&s, proposal).voters, 5);
	sample_close(&s);
}

/* Nobody decides alone: 97, 1, 1 and 1 have 28 of the 30 that they need. */
static void
capped(void)
{
	static const int64_t seats[] = {97, 1, 1, 1};
	int64_t		proposal;

	voting_ledger(&s, "", 4, seats);
	proposal = voting_propose(&s, 1, "parameter", HALVE);
	voting_wait_for(&s, VOTING_REVIEW);
	CHECK_STATUS(voting_vote(&s, 1, proposal, "yes"), QFS_OK);
	voting_guard(&s, "VOTE_POWER", 1, 25, false);
	for (uint8_t n = 2; n <= 4; n++)
		CHECK_STATUS(voting_vote(&s, n, proposal, "yes"), QFS_OK);
	CHECK_INT(voting_tally(&s, proposal).yes, 28);
	voting_wait_for(&s, 840);
	CHECK_INT(voting_settle(&s), 1);
	voting_guard(&s, "TALLY_QUORUM", 3000, 2800, true);
	voting_stands(&s, proposal, "REJECTED", "TALLY_QUORUM");
	sample_close(&s);
}

/* Of three seats a quarter is none. */
static void
too_few_seats(void)
{
	static const int64_t seats[] = {1, 1, 1};
	int64_t		proposal;

	voting_ledger(&s, "", 3, seats);
	proposal = voting_propose(&s, 1, "text", "{}");
	voting_wait_for(&s, VOTING_REVIEW);
	CHECK_STATUS(voting_vote(&s, 1, proposal, "yes"), QFS_OK);
	voting_guard(&s, "VOTE_POWER", 1, 0, true);
	sample_close(&s);
}

/* ---- what it costs ---- */

/* Calls of the store that a vote makes. */
static unsigned
calls_of(uint8_t wallet, int64_t proposal)
{
	failing_store store = failing_store_over(s.reducer.store, 0);

	s.reducer.store = &store.base;
	CHECK_STATUS(voting_vote(&s, wallet, proposal, "yes"), QFS_OK);
	s.reducer.store = store.inner;
	CHECK(!qfs_outcome_is_blocked(s.event.outcome));
	return store.calls;
}

/* The last of a hundred votes as much as the second: nothing is ever summed up again. */
static void
costs(void)
{
	int64_t		seats[100];
	int64_t		proposal;
	unsigned	second;

	for (size_t n = 0; n < ROWS(seats); n++)
		seats[n] = 10;
	voting_ledger(&s, NO_COOLDOWN, ROWS(seats), seats);
	proposal = voting_propose(&s, 1, "text", "{}");
	voting_wait_for(&s, 300);
	CHECK_STATUS(voting_vote(&s, 1, proposal, "no"), QFS_OK);
	second = calls_of(2, proposal);
	CHECK(second <= 12);
	for (uint8_t n = 3; n <= 99; n++)
		CHECK_STATUS(voting_vote(&s, n, proposal, n % 3 == 0 ? "no" : "abstain"), QFS_OK);
	CHECK_UINT(calls_of(100, proposal), second);
	sample_close(&s);
}

/* Seats of then are found by halves, however often they were changed since. */
static void
costs_of_changes(void)
{
	int64_t		proposal;
	unsigned	unchanged;

	voting_four(&s, NO_COOLDOWN);
	proposal = voting_propose(&s, 1, "text", "{}");
	for (int64_t n = 1; n <= 500; n++)
		CHECK_STATUS(voting_appoint(&s, 2, 25 + n), QFS_OK);
	voting_wait_for(&s, 300);
	CHECK_STATUS(voting_vote(&s, 1, proposal, "no"), QFS_OK);
	unchanged = calls_of(3, proposal);
	/* 501 changes: nine halves, and the one that it was. */
	CHECK(calls_of(2, proposal) <= unchanged + 10);
	voting_said(&s, "\"voter\":{\"power\":25,");
	sample_close(&s);
}

/* ---- what is no vote ---- */

static void
refused(void)
{
	const char *ballot;
	char		text[512];
	char		auth[512];
	test_wallet one = test_wallet_of(1);
	int64_t		proposal;
	int64_t		other;

	voting_four(&s, NO_COOLDOWN);
	proposal = voting_propose(&s, 1, "parameter", HALVE);
	other = voting_propose(&s, 2, "text", "{}");
	voting_wait_for(&s, VOTING_REVIEW + 1);
	/* On what was never proposed; on an entry that is none. */
	ballot = voting_ballot(999, voting_payload(proposal), "yes");
	voting_refuse(&s, 1, "VOTE_CAST", ballot, QFS_PROPOSAL_UNKNOWN, "entry 999");
	ballot = voting_ballot(2, voting_payload(proposal), "yes");
	voting_refuse(&s, 1, "VOTE_CAST", ballot, QFS_PROPOSAL_UNKNOWN, "entry 2");
	ballot = voting_ballot(9007199254740991, voting_payload(proposal), "yes");
	voting_refuse(&s, 1, "VOTE_CAST", ballot, QFS_PROPOSAL_UNKNOWN, "entry 9007199254740991");
	/* On other words than were proposed: one digit, another proposal's, those of the action alone. */
	ballot = voting_ballot(proposal, voting_proposal("parameter", "{\"policy\":{\"referral\":{\"cap\":51}}}"), "yes");
	voting_refuse(&s, 1, "VOTE_CAST", ballot, QFS_PROPOSAL_ACTION, "proposal 6 is ");
	ballot = voting_ballot(proposal, voting_payload(other), "yes");
	voting_refuse(&s, 1, "VOTE_CAST", ballot, QFS_PROPOSAL_ACTION, "");
	ballot = voting_ballot(proposal, HALVE, "yes");
	voting_refuse(&s, 1, "VOTE_CAST", ballot, QFS_PROPOSAL_ACTION, "");
	/* By nobody: who has no seats, the operator, the ledger. */
	ballot = voting_ballot(proposal, voting_payload(proposal), "yes");
	voting_refuse(&s, 9, "VOTE_CAST", ballot, QFS_SEAT_NONE, test_wallet_of(9).user_name);
	sample_refuse(&s, NULL, "VOTE_CAST", ballot, QFS_NO_SESSION, "");
	sample_refuse(&s, "{\"via\":\"ledger\"}", "VOTE_CAST", ballot, QFS_FORBIDDEN, "");
	sample_refuse(&s, voting_auth(&s, 1, 9, "VOTE_CAST", ballot), "VOTE_CAST", ballot, QFS_ACTOR_MISMATCH, "");
	/* In another's name; over another choice; with a nonce that was used, or is far ahead. */
	sample_refuse_as(&s, voting_auth(&s, 2, 9, "VOTE_CAST", ballot), &one.user, "VOTE_CAST", ballot, QFS_SIGNATURE_MISMATCH, "");
	snprintf(text, sizeof(text), "%s", voting_ballot(proposal, voting_payload(proposal), "no"));
	snprintf(auth, sizeof(auth), "%s", voting_auth(&s, 1, 9, "VOTE_CAST", text));
	ballot = voting_ballot(proposal, voting_payload(proposal), "yes");
	sample_refuse_as(&s, auth, &one.user, "VOTE_CAST", ballot, QFS_SIGNATURE_MISMATCH, "");
	sample_refuse_as(&s, voting_auth(&s, 1, 1, "VOTE_CAST", ballot), &one.user, "VOTE_CAST", ballot, QFS_EVENT_NONCE, "the last one was 1");
	sample_refuse_as(&s, voting_auth(&s, 1, signin_now(&s) + 90000000, "VOTE_CAST", ballot), &one.user, "VOTE_CAST", ballot,
					 QFS_EVENT_NONCE_AHEAD, "");
	sample_close(&s);
}

static void
refused_payloads(void)
{
	static const struct
	{
		const char *payload;
		const char *detail;
	}			rows[] = {
		{"{\"choice\":\"yes\",\"proposal\":6}", "payload.action"},
		{"{\"action\":\"" VOTING_TEXT "\",\"proposal\":6}", "payload.choice"},
		{"{\"action\":\"" VOTING_TEXT "\",\"choice\":\"yes\"}", "payload.proposal"},
		{"{\"action\":\"" VOTING_TEXT "\",\"choice\":\"maybe\",\"proposal\":6}", "payload.choice"},
		{"{\"action\":\"" VOTING_TEXT "\",\"choice\":\"YES\",\"proposal\":6}", "payload.choice"},
		{"{\"action\":\"" VOTING_TEXT "\",\"choice\":\"yes\",\"proposal\":\"6\"}", "payload.proposal"},
		{"{\"action\":\"" VOTING_TEXT "\",\"choice\":\"yes\",\"proposal\":-1}", "payload.proposal"},
		{"{\"action\":\"abc\",\"choice\":\"yes\",\"proposal\":6}", "payload.action"},
		{"{\"action\":\"zz718b6b1d9c4e08a58937def39d2f3812991c026f6545bbc8f2c558c37cc883\",\"choice\":\"yes\",\"proposal\":6}", "payload.action"},
		{"{\"action\":\"" VOTING_TEXT "\",\"choice\":\"yes\",\"proposal\":6,\"reason\":\"because\"}", "payload.reason"},
		{"{\"action\":\"" VOTING_TEXT "\",\"choice\":\"yes\",\"proposal\":6,\"reason\":"
		"\"zz718b6b1d9c4e08a58937def39d2f3812991c026f6545bbc8f2c558c37cc883\"}", "payload.reason"},
		{"{\"action\":\"" VOTING_TEXT "\",\"choice\":\"yes\",\"power\":100,\"proposal\":6}", "power"},
	};

	voting_four(&s, "");
	voting_propose(&s, 1, "parameter", HALVE);
	voting_wait_for(&s, VOTING_REVIEW);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].payload);
		voting_refuse(&s, 1, "VOTE_CAST", rows[i].payload, QFS_PAYLOAD_INVALID, rows[i].detail);
	}
	sample_close(&s);
}

/* A reason is the hash of a text that is kept elsewhere. */
static void
with_reason(void)
{
	char		ballot[512];
	int64_t		proposal;

	voting_four(&s, "");
	proposal = voting_propose(&s, 1, "text", "{}");
	voting_wait_for(&s, VOTING_REVIEW);
	snprintf(ballot, sizeof(ballot), "%s", voting_ballot(proposal, voting_payload(proposal), "veto"));
	snprintf(ballot + strlen(ballot) - 1, sizeof(ballot) - strlen(ballot), ",\"reason\":\"" VOTING_TEXT "\"}");
	CHECK_STATUS(voting_act(&s, 1, "VOTE_CAST", ballot), QFS_OK);
	CHECK_INT(voting_tally(&s, proposal).veto, 25);
	sample_close(&s);
}

static void
off(void)
{
	int64_t		proposal;

	voting_four(&s, "");
	proposal = voting_propose(&s, 1, "text", "{}");
	voting_wait_for(&s, VOTING_REVIEW);
	people_policy(&s, "{\"governance\":{\"mode\":\"off\"}}");
	voting_refuse(&s, 1, "VOTE_CAST", voting_ballot(proposal, voting_payload(proposal), "yes"), QFS_GOVERNANCE_OFF, "a vote");
	sample_close(&s);
}

/* ---- whom the operator locks out ---- */

static void
locked_out(void)
{
	int64_t		proposal;

	voting_four(&s, "");
	proposal = voting_propose(&s, 1, "text", "{}");
	people_policy(&s, "{\"auth\":{\"chain_ids\":[],\"domains\":[],\"uris\":[]},\"governance\":{\"deposit\":\"0\",\"mode\":\"trial\"},"
				  "\"limits\":{\"events_per_minute\":0,\"logins_per_minute\":0,\"messages_per_minute\":0,\"threads_per_day\":0},"
				  "\"signed\":\"all\"}");
	voting_wait_for(&s, VOTING_REVIEW);
	voting_agree(&s, 4, proposal);
	CHECK_INT(voting_tally(&s, proposal).yes, 100);
	sample_close(&s);
}

/* ---- by a session ---- */

static void
by_device(void)
{
	person		ann;
	person		bob;
	int64_t		proposal;

	voting_four(&s, NO_COOLDOWN);
	people_policy(&s, PEOPLE_POLICY(",\"governance\":{\"cooldown_blocks\":0,\"deposit\":\"0\",\"mode\":\"trial\"},\"signed\":\"none\""));
	ann = people_join(&s, 1, 1);
	bob = people_join(&s, 2, 0);
	proposal = people_next(&s);
	CHECK_STATUS(people_append(&s, &ann, "PROPOSAL_CREATED", voting_proposal("text", "{}")), QFS_OK);
	voting_wait_for(&s, VOTING_REVIEW + 1);
	/* The unsigned act of a session is the server's word, whatever policy says. */
	CHECK_STATUS(people_append(&s, &bob, "VOTE_CAST", voting_ballot(proposal, voting_proposal("text", "{}"), "yes")), QFS_EVENT_UNSIGNED);
	CHECK_STATUS(people_append(&s, &bob, "PROPOSAL_CREATED", voting_proposal("text", "{}")), QFS_EVENT_UNSIGNED);
	CHECK_STATUS(people_append(&s, &bob, "PROPOSAL_CANCELLED", "{\"proposal\":6}"), QFS_EVENT_UNSIGNED);
	CHECK_STATUS(sample_append_as(&s, ann.auth, &ann.wallet.user, "VOTE_CAST", voting_ballot(proposal, voting_proposal("text", "{}"), "yes")),
				 QFS_EVENT_UNSIGNED);
	CHECK_STATUS(people_append(&s, &ann, "VOTE_CAST", voting_ballot(proposal, voting_proposal("text", "{}"), "yes")), QFS_OK);
	CHECK_INT(voting_tally(&s, proposal).yes, 25);
	/* Her wallet and her device are one account. */
	CHECK_STATUS(sample_append_as(&s, voting_auth(&s, 1, 3, "VOTE_CAST", voting_ballot(proposal, voting_proposal("text", "{}"), "yes")),
								  &ann.wallet.user, "VOTE_CAST", voting_ballot(proposal, voting_proposal("text", "{}"), "yes")), QFS_OK);
	voting_guard(&s, "VOTE_ONCE", 0, 1, true);
	sample_close(&s);
}

/* ---- late ---- */

static const int64_t ten[] = {10, 10, 10, 10, 10, 10, 10, 10, 10, 10};

static void
late_votes(void)
{
	static const struct
	{
		int64_t		block;
		const char *choice;
		int64_t		ends;
		int64_t		extensions;
	}			rows[] = {
		{300, "yes", 840, 0},
		{300, "yes", 840, 0},
		/* The third turns the verdict, as early as that it moves nothing. */
		{600, "yes", 840, 0},
		/* Late, without turning it. */
		{839, "no", 840, 0},
		/* 30 against 20 are less than two thirds. */
		{839, "no", 1079, 1},
		{1078, "yes", 1318, 2},
		{1317, "no", 1557, 3},
		/* At most three times. */
		{1556, "yes", 1557, 3},
		{1556, "no", 1557, 3},
	};
	int64_t		proposal;

	voting_ledger(&s, "", 10, ten);
	proposal = voting_propose(&s, 1, "text", "{}");
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("vote %zu", i + 1);
		voting_wait_for(&s, rows[i].block);
		CHECK_STATUS(voting_vote(&s, (uint8_t) (i + 1), proposal, rows[i].choice), QFS_OK);
		CHECK_INT(voting_tally(&s, proposal).ends, rows[i].ends);
		CHECK_INT(voting_tally(&s, proposal).extensions, rows[i].extensions);
	}
	voting_wait_for(&s, 1557);
	CHECK_INT(voting_settle(&s), 1);
	voting_stands(&s, proposal, "REJECTED", "TALLY_MAJORITY");
	sample_close(&s);
}

/* One block after late_blocks before the end it moves by one. */
static void
late_by_a_block(void)
{
	int64_t		proposal;

	voting_ledger(&s, "", 10, ten);
	proposal = voting_propose(&s, 1, "parameter", HALVE);
	voting_wait_for(&s, 601);
	CHECK_STATUS(voting_vote(&s, 1, proposal, "yes"), QFS_OK);
	CHECK_STATUS(voting_vote(&s, 2, proposal, "yes"), QFS_OK);
	CHECK_STATUS(voting_vote(&s, 3, proposal, "yes"), QFS_OK);
	voting_said(&s, "{\"agenda\":{\"items\":[[841,12,\"tally\"]],\"previous\":12}");
	CHECK_INT(voting_tally(&s, proposal).ends, 841);
	/* So does what it is in force from. */
	voting_wait_for(&s, 840);
	CHECK_INT(voting_settle(&s), 0);
	CHECK_STATUS(voting_vote(&s, 4, proposal, "yes"), QFS_OK);
	voting_wait_for(&s, 841);
	CHECK_INT(voting_settle(&s), 1);
	voting_stands(&s, proposal, "QUEUED", "");
	sample_close(&s);
}

/* An end that moves past an epoch moves what comes after it. */
static void
late_into_the_next_epoch(void)
{
	int64_t		proposal;

	voting_ledger(&s, "", 10, ten);
	voting_wait_for(&s, 968);
	proposal = voting_propose(&s, 1, "parameter", HALVE);
	voting_said(&s, "\"enacts\":2048,\"ends\":1808");
	voting_wait_for(&s, 1807);
	voting_agree(&s, 3, proposal);
	CHECK_INT(voting_tally(&s, proposal).ends, 2047);
	voting_wait_for(&s, 2047);
	CHECK_INT(voting_settle(&s), 1);
	voting_said(&s, "\"enacts\":2560");
	CHECK_INT(voting_tally(&s, proposal).enacts, 2560);
	sample_close(&s);
}

/* ---- emergencies ---- */

/* Decided with the vote that decides it: tallied and executed before anything else. */
static void
decided_at_once(void)
{
	static const int64_t seats[] = {25, 25, 25, 5, 20};
	int64_t		proposal;

	voting_ledger(&s, "", 5, seats);
	proposal = voting_propose(&s, 1, "emergency", HALVE);
	for (uint8_t n = 1; n <= 3; n++)
	{
		CHECK_STATUS(voting_vote(&s, n, proposal, "yes"), QFS_OK);
		CHECK_INT(voting_settle(&s), 0);
	}
	CHECK_INT(voting_tally(&s, proposal).ends, 60);
	CHECK_STATUS(voting_vote(&s, 4, proposal, "yes"), QFS_OK);
	voting_said(&s, "{\"agenda\":{\"items\":[[0,7,\"tally\"]],\"previous\":7}");
	voting_refuse(&s, 5, "VOTE_CAST", voting_ballot(proposal, voting_payload(proposal), "no"), QFS_SETTLEMENT_DUE, "");
	CHECK_INT(voting_settle(&s), 2);
	voting_stands(&s, proposal, "EXECUTED", "");
	CHECK_INT(voting_in_force(&s)->referral_cap, 50);
	sample_close(&s);
}

/* One NOD less is not enough, then or ever. */
static void
undecided(void)
{
	static const int64_t seats[] = {25, 25, 25, 4, 1, 20};
	int64_t		proposal;

	voting_ledger(&s, "", 6, seats);
	proposal = voting_propose(&s, 1, "emergency", HALVE);
	voting_agree(&s, 4, proposal);
	CHECK_STATUS(voting_vote(&s, 5, proposal, "no"), QFS_OK);
	CHECK_INT(voting_settle(&s), 0);
	voting_wait_for(&s, 60);
	CHECK_INT(voting_settle(&s), 1);
	voting_guard(&s, "TALLY_APPROVAL", 8000, 7900, true);
	voting_stands(&s, proposal, "REJECTED", "TALLY_APPROVAL");
	CHECK_INT(s.reducer.policy.referral_cap, 100);
	sample_close(&s);
}

/* What is decided stays so, though nothing is appended for long. */
static void
decided_and_slept(void)
{
	static const int64_t seats[] = {25, 25, 25, 5, 20};
	int64_t		proposal;

	voting_ledger(&s, "", 5, seats);
	proposal = voting_propose(&s, 1, "emergency", HALVE);
	voting_agree(&s, 4, proposal);
	voting_wait_for(&s, 1000);
	CHECK_INT(voting_settle(&s), 2);
	voting_stands(&s, proposal, "EXECUTED", "");
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(opens),
	CASE(ends),
	CASE(once),
	CASE(changed_seats),
	CASE(capped),
	CASE(too_few_seats),
	CASE(costs),
	CASE(costs_of_changes),
	CASE(refused),
	CASE(refused_payloads),
	CASE(with_reason),
	CASE(off),
	CASE(locked_out),
	CASE(by_device),
	CASE(late_votes),
	CASE(late_by_a_block),
	CASE(late_into_the_next_epoch),
	CASE(decided_at_once),
	CASE(undecided),
	CASE(decided_and_slept),
	NO_MORE_CASES
};

const unit_suite suite_vote = {"vote", cases};
