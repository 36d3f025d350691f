/*
 * test_governance.c - from a proposal to what it changes.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "support/voting.h"

static const int64_t four[] = {25, 25, 25, 25};
static const char halve[] = "{\"policy\":{\"referral\":{\"cap\":50}}}";

static sample s;

/* Passed by three of four, in force with the epoch after. */
static void
passes(void)
{
	char		payload[512];
	int64_t		proposal;

	voting_ledger(&s, "", 4, four);
	snprintf(payload, sizeof(payload), "%s", voting_proposal("parameter", halve));
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
	voting_wait_for(&s, voting_tally(&s, proposal).enacts);
	CHECK_INT(voting_settle(&s), 1);
	CHECK_TEXT(qfs_slice_of(voting_tally(&s, proposal).state), "EXECUTED");
	CHECK_STATUS(qfs_reducer_refresh(&s.reducer, NULL), QFS_OK);
	CHECK_INT(s.reducer.policy.referral_cap, 50);
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(passes),
	NO_MORE_CASES
};

const unit_suite suite_governance = {"governance", cases};
