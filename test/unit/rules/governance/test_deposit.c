/*
 * test_deposit.c - FLX that a proposer holds, and loses to a veto.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "engine/outcome.h"
#include "support/voting.h"

static sample s;
static person ann;

/* Ann, whose wallet is 1, has 100 FLX for each of so many whom she invited. */
static void
gather(int64_t deposit, uint8_t invited)
{
	char		policy[512];

	voting_four(&s, "");
	snprintf(policy, sizeof(policy), PEOPLE_POLICY(",\"governance\":{\"cooldown_blocks\":0,\"deposit\":\"%lld\",\"mode\":\"trial\"},"
			 "\"referral\":{\"activation\":[\"profile\"]}"), (long long) deposit);
	people_policy(&s, policy);
	ann = people_join(&s, 1, 0);
	for (uint8_t n = 0; n < invited; n++)
	{
		person		other = people_join(&s, (uint8_t) (20 + n), (uint8_t) (20 + n));

		CHECK_STATUS(people_use(&s, &other, &ann), QFS_OK);
		CHECK_STATUS(people_profile(&s, &other, 1), QFS_OK);
	}
	CHECK_AMOUNT(people_standing(&s, &ann).flx, invited == 0 ? "0.000000000000000000" : invited == 1 ? "100.000000000000000000" :
				 "200.000000000000000000");
}

static void
try(const char *track, const char *action)
{
	CHECK_STATUS(voting_act(&s, 1, "PROPOSAL_CREATED", voting_proposal(track, action)), QFS_OK);
}

static void
at_the_bound(void)
{
	gather(100, 1);
	try("text", "{}");
	voting_guard_amount(&s, "DEPOSIT", "100", "100", false);
	CHECK(!qfs_outcome_is_blocked(s.event.outcome));
	sample_close(&s);

	gather(101, 1);
	try("text", "{}");
	voting_guard_amount(&s, "DEPOSIT", "101", "100", true);
	CHECK(qfs_outcome_is_blocked(s.event.outcome));
	sample_close(&s);

	/* Who never had any, without a sign-in even. */
	gather(1, 0);
	try("text", "{}");
	voting_guard_amount(&s, "DEPOSIT", "1", "0", true);
	CHECK_STATUS(voting_act(&s, 2, "PROPOSAL_CREATED", voting_proposal("text", "{}")), QFS_OK);
	voting_guard_amount(&s, "DEPOSIT", "1", "0", true);
	sample_close(&s);

	gather(0, 0);
	CHECK_STATUS(voting_act(&s, 2, "PROPOSAL_CREATED", voting_proposal("text", "{}")), QFS_OK);
	voting_guard_amount(&s, "DEPOSIT", "0", "0", false);
	CHECK(!qfs_outcome_is_blocked(s.event.outcome));
	sample_close(&s);
}

/* What an open one holds is not there for an emergency, and the other way round. */
static void
held(void)
{
	int64_t		proposal;

	gather(100, 1);
	proposal = voting_propose(&s, 1, "text", "{}");
	try("emergency", HALVE);
	voting_guard_amount(&s, "DEPOSIT", "100", "0", true);
	CHECK_AMOUNT(people_standing(&s, &ann).flx, "100.000000000000000000");
	/* It is free as soon as the proposal has ended, whatever the policy asks for by then. */
	voting_wait_for(&s, 840);
	CHECK_INT(voting_settle(&s), 1);
	voting_stands(&s, proposal, "REJECTED", "TALLY_QUORUM");
	voting_propose(&s, 1, "emergency", HALVE);
	voting_guard_amount(&s, "DEPOSIT", "100", "100", false);
	try("text", "{}");
	voting_guard_amount(&s, "DEPOSIT", "100", "0", true);
	sample_close(&s);

	gather(100, 2);
	voting_propose(&s, 1, "text", "{}");
	voting_guard_amount(&s, "DEPOSIT", "100", "200", false);
	voting_propose(&s, 1, "emergency", HALVE);
	voting_guard_amount(&s, "DEPOSIT", "100", "100", false);
	sample_close(&s);
}

/* While it is queued it is held still. */
static void
held_while_queued(void)
{
	int64_t		proposal;

	gather(100, 1);
	proposal = voting_propose(&s, 1, "parameter", HALVE);
	voting_wait_for(&s, 500);
	voting_agree(&s, 3, proposal);
	voting_wait_for(&s, 840);
	CHECK_INT(voting_settle(&s), 1);
	try("emergency", "{\"policy\":{\"referral\":{\"points\":1}}}");
	voting_guard_amount(&s, "DEPOSIT", "100", "0", true);
	voting_wait_for(&s, 1536);
	CHECK_INT(voting_settle(&s), 1);
	CHECK_AMOUNT(people_standing(&s, &ann).flx, "100.000000000000000000");
	voting_propose(&s, 1, "text", "{}");
	voting_guard_amount(&s, "DEPOSIT", "100", "100", false);
	sample_close(&s);
}

/* What was proposed for 100 costs 100, though a deposit is 150 by now. */
static void
burnt(void)
{
	char		last[32];
	int64_t		proposal;

	gather(100, 2);
	proposal = voting_propose(&s, 1, "text", "{}");
	people_policy(&s, "{\"governance\":{\"cooldown_blocks\":0,\"deposit\":\"150\",\"mode\":\"trial\"}}");
	try("emergency", HALVE);
	voting_guard_amount(&s, "DEPOSIT", "150", "100", true);
	voting_wait_for(&s, 500);
	CHECK_STATUS(voting_vote(&s, 1, proposal, "yes"), QFS_OK);
	CHECK_STATUS(voting_vote(&s, 2, proposal, "veto"), QFS_OK);
	snprintf(last, sizeof(last), "%lld", (long long) people_last(&s, &ann, &qfs_kind_standing));
	voting_wait_for(&s, 840);
	CHECK_INT(voting_settle(&s), 1);
	voting_stands(&s, proposal, "REJECTED", "TALLY_VETO");
	people_touched(&s, "#1 standing %s DEPOSIT_BURNT flx 200->100", last);
	CHECK_AMOUNT(people_standing(&s, &ann).flx, "100.000000000000000000");
	sample_close(&s);
}

/* By a veto alone: whatever else rejects, the proposer keeps it. */
static void
kept(void)
{
	static const char *const choices[] = {"no", "abstain", "yes"};

	for (size_t i = 0; i < ROWS(choices); i++)
	{
		int64_t		proposal;

		unit_row("%s", choices[i]);
		gather(100, 1);
		proposal = voting_propose(&s, 1, "text", "{}");
		voting_wait_for(&s, 500);
		for (uint8_t n = 1; n <= 4; n++)
			CHECK_STATUS(voting_vote(&s, n, proposal, choices[i]), QFS_OK);
		voting_wait_for(&s, 840);
		CHECK_INT(voting_settle(&s), 1);
		people_touched(&s, "%s", "");
		CHECK_AMOUNT(people_standing(&s, &ann).flx, "100.000000000000000000");
		sample_close(&s);
	}
	/* A third of what was cast is a veto at 34 hundredths, not at 33. */
	for (int64_t veto = 33; veto <= 34; veto++)
	{
		const int64_t seats[] = {25, 25, 100 - 50 - veto, 25, veto - 25};
		int64_t		proposal;

		unit_row("%lld", (long long) veto);
		gather(100, 1);
		for (uint8_t n = 1; n <= 5; n++)
			if (n > 4 || seats[n - 1] != 25)
				CHECK_STATUS(voting_appoint(&s, n, seats[n - 1]), QFS_OK);
		proposal = voting_propose(&s, 1, "text", "{}");
		voting_wait_for(&s, 500);
		for (uint8_t n = 1; n <= 5; n++)
			CHECK_STATUS(voting_vote(&s, n, proposal, n >= 4 ? "veto" : "yes"), QFS_OK);
		voting_wait_for(&s, 840);
		CHECK_INT(voting_settle(&s), 1);
		voting_guard(&s, "TALLY_VETO", 3400, 100 * veto, veto == 34);
		CHECK_AMOUNT(people_standing(&s, &ann).flx, veto == 34 ? "0.000000000000000000" : "100.000000000000000000");
		sample_close(&s);
	}
}

/* Two of one proposer are vetoed with one settlement after the other: each its own. */
static void
both_burnt(void)
{
	int64_t		text;
	int64_t		emergency;

	gather(100, 2);
	text = voting_propose(&s, 1, "text", "{}");
	emergency = voting_propose(&s, 1, "emergency", HALVE);
	CHECK_STATUS(voting_vote(&s, 2, emergency, "veto"), QFS_OK);
	voting_wait_for(&s, 200);
	CHECK_INT(voting_settle(&s), 1);
	CHECK_AMOUNT(people_standing(&s, &ann).flx, "100.000000000000000000");
	voting_stands(&s, emergency, "REJECTED", "TALLY_VETO");
	CHECK_STATUS(voting_vote(&s, 2, text, "veto"), QFS_OK);
	voting_wait_for(&s, 840);
	CHECK_INT(voting_settle(&s), 1);
	CHECK_AMOUNT(people_standing(&s, &ann).flx, "0.000000000000000000");
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(at_the_bound),
	CASE(held),
	CASE(held_while_queued),
	CASE(burnt),
	CASE(kept),
	CASE(both_burnt),
	NO_MORE_CASES
};

const unit_suite suite_deposit = {"deposit", cases};
