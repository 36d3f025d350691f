/*
 * test_governance.c - from a proposal to what it changes.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "log/line.h"
#include "support/second_hash.h"
#include "support/voting.h"

static sample s;

/* Passed by three of four, in force with the epoch after. */
static void
passes(void)
{
	char		payload[512];
	int64_t		proposal;

	voting_four(&s, "");
	snprintf(payload, sizeof(payload), "%s", voting_proposal("parameter", HALVE));
	proposal = people_next(&s);
	CHECK_STATUS(voting_act(&s, 1, "PROPOSAL_CREATED", payload), QFS_OK);
	voting_wait_for(&s, VOTING_REVIEW + 1);
	CHECK_STATUS(voting_act(&s, 1, "VOTE_CAST", voting_ballot(proposal, payload, "yes")), QFS_OK);
	CHECK_STATUS(voting_act(&s, 2, "VOTE_CAST", voting_ballot(proposal, payload, "yes")), QFS_OK);
	CHECK_STATUS(voting_act(&s, 3, "VOTE_CAST", voting_ballot(proposal, payload, "no")), QFS_OK);
	CHECK_INT(voting_tally(&s, proposal).yes, 50);
	CHECK_INT(voting_tally(&s, proposal).voters, 3);
	voting_wait_for(&s, VOTING_REVIEW + VOTING_BLOCKS + 1);
	voting_refuse(&s, 4, "VOTE_CAST", voting_ballot(proposal, payload, "no"), QFS_SETTLEMENT_DUE, "");
	CHECK_INT(voting_settle(&s), 1);
	CHECK_TEXT(qfs_slice_of(voting_tally(&s, proposal).state), "QUEUED");
	CHECK_INT(s.reducer.policy.referral_cap, 100);
	voting_execute(&s, proposal);
	CHECK_TEXT(qfs_slice_of(voting_tally(&s, proposal).state), "EXECUTED");
	CHECK_INT(s.reducer.policy.referral_cap, 50);
	sample_close(&s);
}

/* ---- from trial to on, and back ---- */

#define MODE(word) "{\"policy\":{\"governance\":{\"mode\":\"" word "\"}}}"

static void
carry(int64_t proposal, uint8_t voters)
{
	voting_wait_for(&s, voting_tally(&s, proposal).ends - 1);
	voting_settle(&s);
	voting_agree(&s, voters, proposal);
	voting_wait_for(&s, voting_tally(&s, proposal).ends);
	CHECK(voting_settle(&s) > 0);
}

/* The operator cannot bring it; four holders can, and from then on seats are theirs to give. */
static void
on_and_off(void)
{
	int64_t		proposal;

	voting_four(&s, ",\"cooldown_blocks\":0");
	proposal = voting_propose(&s, 1, "constitution", MODE("on"));
	carry(proposal, 3);
	voting_execute(&s, proposal);
	CHECK_INT(s.reducer.policy.governance.mode, QFS_MODE_ON);

	/* Seats: not by the operator any more; fewer by their holder; else by votes. */
	sample_refuse(&s, NULL, "NOD_CHANGED", voting_seats(5, 10), QFS_POLICY_GOVERNED, "seats, by proposals");
	sample_refuse(&s, NULL, "NOD_CHANGED", voting_seats(1, 0), QFS_POLICY_GOVERNED, "seats, by proposals");
	CHECK_STATUS(voting_act(&s, 1, "NOD_CHANGED", voting_seats(1, 20)), QFS_OK);
	proposal = voting_propose(&s, 2, "constitution", voting_seat_action(5, 25));
	carry(proposal, 4);
	voting_execute(&s, proposal);
	voting_stands(&s, proposal, "EXECUTED", "");
	voting_propose(&s, 5, "text", "{}");

	/* The policy: its own keys alone. */
	sample_refuse(&s, NULL, "POLICY_CHANGED", sample_policy_payload("{}"), QFS_POLICY_GOVERNED, "");
	proposal = voting_propose(&s, 3, "constitution", MODE("trial"));
	carry(proposal, 4);
	voting_execute(&s, proposal);
	CHECK_INT(s.reducer.policy.governance.mode, QFS_MODE_TRIAL);
	CHECK_STATUS(voting_appoint(&s, 6, 10), QFS_OK);
	people_policy(&s, "{}");
	sample_close(&s);
}

/* Three holders never have all of the power where each counts as a quarter at most. */
static void
on_needs_four(void)
{
	static const int64_t three[] = {25, 25, 25};
	int64_t		proposal;

	voting_ledger(&s, "", 3, three);
	voting_refuse(&s, 1, "PROPOSAL_CREATED", voting_proposal("constitution", MODE("on")), QFS_POLICY_INVALID,
				  "3 holders of at most 25 percent never have all of the power");
	sample_close(&s);

	/* Nor when one leaves in between. */
	voting_four(&s, "");
	proposal = voting_propose(&s, 1, "constitution", MODE("on"));
	carry(proposal, 4);
	CHECK_STATUS(voting_appoint(&s, 4, 0), QFS_OK);
	voting_execute(&s, proposal);
	voting_guard(&s, "POLICY_VALID", 0, 1, true);
	voting_stands(&s, proposal, "FAILED", "POLICY_VALID");
	CHECK_INT(s.reducer.policy.governance.mode, QFS_MODE_TRIAL);
	sample_close(&s);
}

/* An electorate that has not shown that it reaches its quorum ties nobody's hands. */
static void
on_needs_a_quorum(void)
{
	static const int64_t seats[] = {97, 1, 1, 1};
	int64_t		proposal;

	voting_ledger(&s, "", 4, seats);
	proposal = voting_propose(&s, 1, "constitution", MODE("on"));
	carry(proposal, 4);
	voting_guard(&s, "TALLY_QUORUM", 6600, 2800, true);
	voting_stands(&s, proposal, "REJECTED", "TALLY_QUORUM");
	sample_close(&s);
}

/* ---- the chain of votes ---- */

/* From the last vote back each one is met once, and their powers sum up to the count. */
static void
chain_of_votes(void)
{
	static const char *const choices[] = {"yes", "no", "abstain", "veto"};
	int64_t		seats[40];
	qfs_tally_record tally;
	int64_t		sums[4] = {0};
	int64_t		votes = 0;
	int64_t		proposal;

	for (size_t n = 0; n < ROWS(seats); n++)
		seats[n] = (int64_t) n + 1;
	voting_ledger(&s, "", ROWS(seats), seats);
	proposal = voting_propose(&s, 40, "text", "{}");
	voting_wait_for(&s, 2 * VOTING_REVIEW);
	for (size_t n = 0; n < ROWS(seats); n++)
		CHECK_STATUS(voting_vote(&s, (uint8_t) (n + 1), proposal, choices[n % 4]), QFS_OK);
	tally = voting_tally(&s, proposal);
	CHECK_INT(tally.voters, ROWS(seats));
	for (int64_t seq = tally.last; seq >= 0; votes++)
	{
		qfs_entry	entry;
		qfs_slice	result;
		qfs_slice	choice;
		int64_t		power;

		CHECK_STATUS(qfs_line_read(sample_line(&s, (unsigned) seq), &entry, NULL), QFS_OK);
		CHECK_TEXT(entry.type, "VOTE_CAST");
		result = second_member(entry.outcome, "result");
		choice = second_member(entry.payload, "choice");
		power = qfs_json_int_or(second_member(second_member(result, "voter"), "power"), -1);
		CHECK(power > 0);
		for (size_t c = 0; c < ROWS(choices); c++)
			sums[c] += choice.len == strlen(choices[c]) + 2 && memcmp(choice.data + 1, choices[c], strlen(choices[c])) == 0 ? power : 0;
		seq = qfs_json_int_or(second_member(second_member(result, "tally"), "previous"), -1);
	}
	CHECK_INT(votes, tally.voters);
	CHECK_INT(sums[0], tally.yes);
	CHECK_INT(sums[1], tally.no);
	CHECK_INT(sums[2], tally.abstain);
	CHECK_INT(sums[3], tally.veto);
	CHECK_INT(tally.yes + tally.no + tally.abstain + tally.veto, 820);
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(passes),
	CASE(on_and_off),
	CASE(on_needs_four),
	CASE(on_needs_a_quorum),
	CASE(chain_of_votes),
	NO_MORE_CASES
};

const unit_suite suite_governance = {"governance", cases};
