/*
 * test_settlement.c - what the ledger tallies and executes by itself, and that nobody else does.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "engine/outcome.h"
#include "support/voting.h"

#define NO_COOLDOWN ",\"cooldown_blocks\":0"
#define LEDGER "{\"via\":\"ledger\"}"

/* What an operator keeps who changes something else. */
#define TRIAL "\"governance\":{\"cooldown_blocks\":0,\"deposit\":\"0\",\"mode\":\"trial\"}"

static sample s;

/* ---- verdicts, as votes come to them ---- */

/* Seats of so much power, none above the cap; how many. */
static unsigned
spread(int64_t power, int64_t most, int64_t *seats, unsigned n)
{
	for (; power > 0; n++)
	{
		seats[n] = power < most ? power : most;
		power -= seats[n];
	}
	return n;
}

static void
verdicts(void)
{
	static const char *const choices[] = {"yes", "no", "abstain", "veto"};
	static const struct
	{
		const char *track;
		int64_t		total;
		int64_t		counts[4];	/* yes, no, abstain, veto */
		const char *guard;		/* "": it passes */
		int64_t		bound;
		int64_t		observed;
	}			rows[] = {
		{"parameter", 100, {20, 10, 0, 0}, "", 0, 0},
		{"parameter", 100, {19, 0, 11, 0}, "TALLY_APPROVAL", 2000, 1900},
		{"parameter", 100, {0, 1, 29, 0}, "TALLY_APPROVAL", 2000, 0},
		{"parameter", 1000, {329, 170, 0, 0}, "TALLY_MAJORITY", 32934, 32900},
		{"parameter", 100, {33, 17, 0, 0}, "", 0, 0},
		{"parameter", 100, {40, 0, 0, 20}, "", 0, 0},
		{"parameter", 100, {40, 0, 0, 21}, "TALLY_VETO", 2074, 2100},
		{"constitution", 100, {50, 16, 0, 0}, "TALLY_APPROVAL", 5100, 5000},
		{"constitution", 100, {51, 15, 0, 0}, "", 0, 0},
		{"emergency", 100, {79, 1, 0, 0}, "TALLY_APPROVAL", 8000, 7900},
		{"emergency", 100, {80, 0, 0, 0}, "", 0, 0},
		/* One off, on the other side of each bound. */
		{"parameter", 100, {20, 9, 0, 0}, "TALLY_QUORUM", 3000, 2900},
		{"parameter", 100, {20, 0, 10, 0}, "", 0, 0},
		{"parameter", 100, {0, 0, 30, 0}, "TALLY_APPROVAL", 2000, 0},
		{"parameter", 100, {50, 50, 0, 0}, "TALLY_MAJORITY", 6600, 5000},
		{"text", 100, {20, 10, 0, 0}, "", 0, 0},
		{"text", 100, {19, 11, 0, 0}, "TALLY_APPROVAL", 2000, 1900},
		{"constitution", 100, {51, 14, 0, 0}, "TALLY_QUORUM", 6600, 6500},
		{"constitution", 100, {66, 34, 0, 0}, "", 0, 0},
		{"constitution", 100, {65, 35, 0, 0}, "TALLY_MAJORITY", 6600, 6500},
		{"emergency", 100, {80, 20, 0, 0}, "", 0, 0},
		{"parameter", 100, {0, 0, 0, 0}, "TALLY_QUORUM", 3000, 0},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		const char *action = strcmp(rows[i].track, "constitution") == 0 ? "{\"policy\":{\"governance\":{\"agenda\":11}}}" :
			strcmp(rows[i].track, "text") == 0 ? "{}" : HALVE;
		int64_t		seats[20];
		const char *choice[20];
		unsigned	n = 0;
		unsigned	voters;
		int64_t		left = rows[i].total;
		int64_t		proposal;

		unit_row("%s, %lld: %lld, %lld, %lld, %lld", rows[i].track, (long long) rows[i].total, (long long) rows[i].counts[0],
				 (long long) rows[i].counts[1], (long long) rows[i].counts[2], (long long) rows[i].counts[3]);
		for (int c = 0; c < 4; c++)
		{
			unsigned	from = n;

			n = spread(rows[i].counts[c], rows[i].total / 4, seats, n);
			left -= rows[i].counts[c];
			for (; from < n; from++)
				choice[from] = choices[c];
		}
		voters = n;
		n = spread(left, rows[i].total / 4, seats, n);
		voting_ledger(&s, NO_COOLDOWN, n, seats);
		proposal = voting_propose(&s, 1, rows[i].track, action);
		voting_wait_for(&s, voting_tally(&s, proposal).ends - 1);
		for (unsigned v = 0; v < voters && voting_settle(&s) == 0; v++)
			CHECK_STATUS(voting_vote(&s, (uint8_t) (v + 1), proposal, choice[v]), QFS_OK);
		/* The end may have moved. */
		while (strcmp(voting_tally(&s, proposal).state, "OPEN") == 0)
		{
			voting_wait_for(&s, voting_tally(&s, proposal).ends);
			voting_settle(&s);
		}
		if (rows[i].guard[0] == '\0')
			voting_stands(&s, proposal, strcmp(rows[i].track, "text") == 0 ? "ADOPTED" :
						  strcmp(rows[i].track, "emergency") == 0 ? "EXECUTED" : "QUEUED", "");
		else
		{
			voting_guard(&s, rows[i].guard, rows[i].bound, rows[i].observed, true);
			voting_stands(&s, proposal, "REJECTED", rows[i].guard);
		}
		sample_close(&s);
	}
}

/* Several guards block: all of them are there, the first names the state. */
static void
all_guards(void)
{
	int64_t		proposal;

	voting_four(&s, "");
	proposal = voting_propose(&s, 1, "parameter", HALVE);
	voting_wait_for(&s, VOTING_REVIEW);
	CHECK_STATUS(voting_vote(&s, 1, proposal, "veto"), QFS_OK);
	voting_wait_for(&s, 840);
	CHECK_INT(voting_settle(&s), 1);
	voting_guard(&s, "TALLY_SILENCE", 1080, 840, false);
	voting_guard(&s, "TALLY_VETO", 850, 2500, true);
	voting_guard(&s, "TALLY_QUORUM", 3000, 2500, true);
	voting_guard(&s, "TALLY_APPROVAL", 2000, 0, true);
	voting_guard(&s, "TALLY_MAJORITY", 1650, 0, true);
	voting_said(&s, "{\"agenda\":{\"items\":[],\"previous\":6},\"enacts\":1536,\"state\":\"REJECTED\",\"tally\":{");
	voting_stands(&s, proposal, "REJECTED", "TALLY_VETO");
	sample_close(&s);
}

/* ---- nobody's to give or forge ---- */

static void
check_wrong(const char *type, const char *payload, const char *detail)
{
	sample_refuse(&s, LEDGER, type, payload, QFS_SETTLEMENT_WRONG, detail);
}

static void
by_hand(void)
{
	test_wallet one = test_wallet_of(1);
	person		ann;
	int64_t		proposal;

	voting_four(&s, "");
	people_policy(&s, PEOPLE_POLICY("," TRIAL));
	ann = people_join(&s, 1, 1);
	proposal = people_next(&s);
	CHECK_STATUS(people_append(&s, &ann, "PROPOSAL_CREATED", voting_proposal("text", "{}")), QFS_OK);
	voting_wait_for(&s, 841);
	CHECK_INT(proposal, 8);
	sample_refuse(&s, NULL, "PROPOSAL_TALLIED", "{\"proposal\":8}", QFS_FORBIDDEN, "the ledger's own");
	sample_refuse_as(&s, signin_acting(&s, &ann.session, &ann.wallet, "PROPOSAL_TALLIED", "{\"proposal\":8}"), &one.user,
					 "PROPOSAL_TALLIED", "{\"proposal\":8}", QFS_FORBIDDEN, "the ledger's own");
	voting_refuse(&s, 1, "PROPOSAL_TALLIED", "{\"proposal\":8}", QFS_FORBIDDEN, "the ledger's own");
	sample_refuse_as(&s, LEDGER, &one.user, "PROPOSAL_TALLIED", "{\"proposal\":8}", QFS_ACTOR_MISMATCH, "");
	sample_refuse(&s, NULL, "PROPOSAL_EXECUTED", "{\"proposal\":8}", QFS_FORBIDDEN, "the ledger's own");
	CHECK_INT(voting_settle(&s), 1);
	sample_close(&s);
}

/* Early, for another, as the other kind, with more than belongs there. */
static void
forged(void)
{
	static char payload[QFS_SETTLEMENT_MAX];
	int64_t		first;
	int64_t		second;

	voting_four(&s, NO_COOLDOWN);
	first = voting_propose(&s, 1, "parameter", HALVE);
	voting_wait_for(&s, 10);
	second = voting_propose(&s, 2, "text", "{}");
	CHECK_INT(first, 6);
	CHECK_INT(second, 7);
	check_wrong("PROPOSAL_TALLIED", "{\"proposal\":6}", "nothing is due");
	check_wrong("PROPOSAL_EXECUTED", "{\"proposal\":6}", "nothing is due");
	voting_wait_for(&s, 839);
	check_wrong("PROPOSAL_TALLIED", "{\"proposal\":6}", "nothing is due");
	voting_agree(&s, 3, first);
	/* Both: the one that ends first is first. */
	voting_wait_for(&s, 1081);
	check_wrong("PROPOSAL_TALLIED", "{\"proposal\":6}", "proposal 7 is to be tallied first");
	check_wrong("PROPOSAL_TALLIED", "{\"proposal\":99}", "proposal 7 is to be tallied first");
	check_wrong("PROPOSAL_EXECUTED", "{\"proposal\":7}", "proposal 7 is to be tallied first");
	sample_refuse(&s, LEDGER, "PROPOSAL_TALLIED", "{\"policy\":{},\"proposal\":7}", QFS_PAYLOAD_INVALID, "policy");
	sample_refuse(&s, LEDGER, "PROPOSAL_TALLIED", "{}", QFS_PAYLOAD_INVALID, "proposal");
	CHECK_INT(voting_settle(&s), 2);
	/* Tallied: not again, and not executed before its time. */
	check_wrong("PROPOSAL_TALLIED", "{\"proposal\":6}", "nothing is due");
	check_wrong("PROPOSAL_EXECUTED", "{\"proposal\":6}", "nothing is due");
	voting_wait_for(&s, 1536);
	check_wrong("PROPOSAL_TALLIED", "{\"proposal\":6}", "proposal 6 is to be executed first");
	/* Without its policy, with that in force, with another. */
	check_wrong("PROPOSAL_EXECUTED", "{\"proposal\":6}", "it should be {");
	snprintf(payload, sizeof(payload), "{\"policy\":%.*s,\"proposal\":6}", (int) voting_in_force(&s)->text.len, voting_in_force(&s)->text.data);
	check_wrong("PROPOSAL_EXECUTED", payload, "it should be {");
	snprintf(payload, sizeof(payload), "{\"policy\":%s,\"proposal\":6}", sample_policy("{" TRIAL ",\"referral\":{\"cap\":49}}"));
	check_wrong("PROPOSAL_EXECUTED", payload, "it should be {");
	snprintf(payload, sizeof(payload), "{\"policy\":%s,\"proposal\":6}", sample_policy("{" TRIAL ",\"referral\":{\"cap\":50},\"signed\":\"none\"}"));
	check_wrong("PROPOSAL_EXECUTED", payload, "it should be {");
	snprintf(payload, sizeof(payload), "{\"policy\":%s,\"proposal\":6}", sample_policy("{" TRIAL ",\"referral\":{\"cap\":50}}"));
	CHECK_STATUS(sample_append_as(&s, LEDGER, NULL, "PROPOSAL_EXECUTED", payload), QFS_OK);
	CHECK_INT(voting_in_force(&s)->referral_cap, 50);
	/* And not again. */
	check_wrong("PROPOSAL_EXECUTED", payload, "nothing is due");
	sample_close(&s);
}

/* While something is due nothing else is appended, by whomever. */
static void
nothing_else(void)
{
	char		payload[512];
	person		ann;
	int64_t		proposal;

	voting_four(&s, NO_COOLDOWN);
	people_policy(&s, PEOPLE_POLICY("," TRIAL));
	CHECK_STATUS(sample_append(&s, "EVENT_TYPE", "{\"by\":\"account\",\"schema\":{},\"type\":\"POSTED\"}"), QFS_OK);
	CHECK_STATUS(sample_append(&s, "EVENT_TYPE", "{\"by\":\"operator\",\"schema\":{},\"type\":\"NOTED\"}"), QFS_OK);
	ann = people_join(&s, 1, 0);
	proposal = voting_propose(&s, 2, "parameter", HALVE);
	voting_wait_for(&s, 839);
	voting_agree(&s, 3, proposal);
	voting_wait_for(&s, voting_tally(&s, proposal).ends);
	for (int settled = 0; settled < 2; settled++)
	{
		unit_row("%s", settled == 0 ? "to be tallied" : "to be executed");
		sample_refuse(&s, NULL, "NOTED", "{}", QFS_SETTLEMENT_DUE, "since ");
		sample_refuse(&s, NULL, "POLICY_CHANGED", sample_policy_payload("{}"), QFS_SETTLEMENT_DUE, "");
		sample_refuse(&s, NULL, "NOTHING_KNOWN", "{}", QFS_SETTLEMENT_DUE, "");
		sample_refuse_as(&s, ann.auth, &ann.wallet.user, "POSTED", "{}", QFS_SETTLEMENT_DUE, "");
		sample_refuse_as(&s, ann.auth, &ann.wallet.user, "PROFILE_UPDATE", people_profile_payload(1), QFS_SETTLEMENT_DUE, "");
		CHECK_STATUS(voting_appoint(&s, 5, 10), QFS_SETTLEMENT_DUE);
		snprintf(payload, sizeof(payload), "%s", voting_proposal("text", "{}"));
		voting_refuse(&s, 3, "PROPOSAL_CREATED", payload, QFS_SETTLEMENT_DUE, "");
		voting_refuse(&s, 2, "PROPOSAL_CANCELLED", voting_withdrawal(proposal), QFS_SETTLEMENT_DUE, "");
		CHECK_INT(voting_settle(&s), 1);
		CHECK_STATUS(sample_append(&s, "NOTED", "{}"), QFS_OK);
		voting_wait_for(&s, voting_tally(&s, proposal).enacts);
	}
	voting_stands(&s, proposal, "EXECUTED", "");
	sample_close(&s);
}

/* A server that has moved says so first: nothing can be appended before. */
static void
servers_first(void)
{
	qfs_server	moved = sample_home;
	int64_t		proposal;

	voting_four(&s, "");
	proposal = voting_propose(&s, 1, "text", "{}");
	voting_wait_for(&s, 840);
	moved.timeline++;
	CHECK_STATUS(sample_append(&s, "SERVER_CHANGED", sample_server_payload(QFS_SERVER_TIMELINE, NULL, &moved, 1)), QFS_OK);
	CHECK_INT(voting_settle(&s), 1);
	voting_stands(&s, proposal, "REJECTED", "TALLY_QUORUM");
	sample_close(&s);
}

/* ---- silence ---- */

static void
silent(void)
{
	int64_t		proposal;

	/* As late as that it is no silence. */
	voting_four(&s, "");
	proposal = voting_propose(&s, 1, "text", "{}");
	voting_wait_for(&s, 1080);
	CHECK_INT(voting_settle(&s), 1);
	voting_guard(&s, "TALLY_SILENCE", 1080, 1080, false);
	voting_stands(&s, proposal, "REJECTED", "TALLY_QUORUM");
	sample_close(&s);

	/* A block more: those who could not vote can, three times. */
	voting_four(&s, "");
	proposal = voting_propose(&s, 1, "text", "{}");
	for (int64_t n = 1; n <= 3; n++)
	{
		int64_t		block = voting_tally(&s, proposal).ends + 241;

		unit_row("silence %lld", (long long) n);
		voting_wait_for(&s, block);
		CHECK_INT(voting_settle(&s), 1);
		voting_guard(&s, "TALLY_SILENCE", block - 1, block, true);
		voting_no_guard(&s, "TALLY_QUORUM");
		voting_said(&s, "\"state\":\"OPEN\"");
		voting_stands(&s, proposal, "OPEN", "");
		CHECK_INT(voting_tally(&s, proposal).ends, block + 240);
		CHECK_INT(voting_tally(&s, proposal).extensions, n);
		CHECK_STATUS(voting_vote(&s, (uint8_t) n, proposal, "yes"), QFS_OK);
		CHECK(!qfs_outcome_is_blocked(s.event.outcome));
	}
	/* The last vote turned the verdict, but not the end, any more. */
	voting_wait_for(&s, voting_tally(&s, proposal).ends + 100000);
	CHECK_INT(voting_settle(&s), 1);
	voting_no_guard(&s, "TALLY_SILENCE");
	voting_stands(&s, proposal, "ADOPTED", "");
	sample_close(&s);
}

/* Review, vote and execution of all that is there go by in one leap. */
static void
leap(void)
{
	int64_t		parameter;
	int64_t		constitution;
	int64_t		text;
	int64_t		emergency;

	voting_four(&s, NO_COOLDOWN);
	parameter = voting_propose(&s, 1, "parameter", HALVE);
	constitution = voting_propose(&s, 2, "constitution", "{\"policy\":{\"governance\":{\"agenda\":11}}}");
	text = voting_propose(&s, 3, "text", "{}");
	emergency = voting_propose(&s, 4, "emergency", "{\"policy\":{\"referral\":{\"points\":1}}}");
	voting_wait_for(&s, 20000);
	CHECK_INT(voting_settle(&s), 4);
	voting_stands(&s, parameter, "OPEN", "");
	voting_stands(&s, constitution, "OPEN", "");
	voting_stands(&s, text, "OPEN", "");
	voting_stands(&s, emergency, "OPEN", "");
	/* Nobody has lost a vote by it. */
	voting_agree(&s, 3, parameter);
	voting_agree(&s, 3, constitution);
	voting_agree(&s, 3, text);
	voting_agree(&s, 3, emergency);
	CHECK_STATUS(voting_vote(&s, 4, emergency, "yes"), QFS_OK);
	CHECK_INT(voting_settle(&s), 2);
	CHECK_INT(voting_in_force(&s)->referral_points, 1);
	voting_wait_for(&s, 20480);
	/* The timelock after block 20240 ends with the epoch that begins here. */
	CHECK_INT(voting_settle(&s), 4);
	voting_stands(&s, text, "ADOPTED", "");
	CHECK_INT(voting_in_force(&s)->referral_cap, 50);
	CHECK_INT(voting_in_force(&s)->governance.agenda, 12);
	voting_wait_for(&s, 21504);
	CHECK_INT(voting_settle(&s), 1);
	CHECK_INT(voting_in_force(&s)->governance.agenda, 11);
	sample_close(&s);
}

/* Tallied so late that what it was to change is due as well: both, one after the other. */
static void
tally_and_execution_together(void)
{
	int64_t		proposal;

	voting_four(&s, NO_COOLDOWN ",\"late_blocks\":1000");
	proposal = voting_propose(&s, 1, "parameter", HALVE);
	voting_wait_for(&s, VOTING_REVIEW);
	voting_agree(&s, 3, proposal);
	CHECK_INT(voting_tally(&s, proposal).ends, 1120);
	CHECK_INT(voting_tally(&s, proposal).enacts, 1536);
	voting_wait_for(&s, 2048);
	CHECK_INT(voting_settle(&s), 2);
	voting_stands(&s, proposal, "EXECUTED", "");
	CHECK_INT(voting_in_force(&s)->referral_cap, 50);
	sample_close(&s);
}

/* ---- execution ---- */

static void
grace(void)
{
	int64_t		proposal;

	voting_four(&s, ",\"grace_blocks\":512");
	proposal = voting_propose(&s, 1, "parameter", HALVE);
	voting_queue(&s, proposal);
	CHECK_INT(voting_tally(&s, proposal).enacts, 1536);
	voting_wait_for(&s, 2048);
	CHECK_INT(voting_settle(&s), 1);
	voting_guard(&s, "EXECUTION_GRACE", 2048, 2048, false);
	voting_guard(&s, "BASE_CHANGED", 0, 0, false);
	voting_guard(&s, "POLICY_VALID", 0, 0, false);
	voting_stands(&s, proposal, "EXECUTED", "");
	CHECK_INT(voting_in_force(&s)->referral_cap, 50);
	sample_close(&s);

	voting_four(&s, ",\"grace_blocks\":512");
	proposal = voting_propose(&s, 1, "parameter", HALVE);
	voting_queue(&s, proposal);
	voting_wait_for(&s, 2049);
	CHECK_INT(voting_settle(&s), 1);
	voting_guard(&s, "EXECUTION_GRACE", 2048, 2049, true);
	voting_said(&s, "\"state\":\"FAILED\"");
	voting_stands(&s, proposal, "FAILED", "EXECUTION_GRACE");
	CHECK_INT(voting_in_force(&s)->referral_cap, 100);
	sample_close(&s);
}

/* What the operator changes between proposal and execution. */
static void
base(void)
{
	static const struct
	{
		const char *changes;
		const char *then;		/* changed once more; or NULL */
		int64_t		stale;
		int64_t		cap;
		int64_t		points;
	}			rows[] = {
		{"{" TRIAL ",\"referral\":{\"cap\":80}}", NULL, 1, 80, 10},
		{"{" TRIAL ",\"referral\":{\"cap\":50}}", NULL, 1, 50, 10},
		{"{" TRIAL ",\"referral\":{\"cap\":80,\"points\":5}}", NULL, 2, 80, 5},
		/* Another key is nobody's business: it stays as it is now. */
		{"{" TRIAL ",\"referral\":{\"window_blocks\":77}}", NULL, 0, 50, 20},
		/* There and back. */
		{"{" TRIAL ",\"referral\":{\"cap\":80}}", "{" TRIAL "}", 0, 50, 20},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		int64_t		proposal;

		unit_row("%s", rows[i].changes);
		voting_four(&s, NO_COOLDOWN);
		proposal = voting_propose(&s, 1, "parameter", "{\"policy\":{\"referral\":{\"cap\":50,\"points\":20}}}");
		voting_queue(&s, proposal);
		people_policy(&s, rows[i].changes);
		if (rows[i].then != NULL)
			people_policy(&s, rows[i].then);
		voting_execute(&s, proposal);
		voting_guard(&s, "BASE_CHANGED", 0, rows[i].stale, rows[i].stale > 0);
		voting_stands(&s, proposal, rows[i].stale > 0 ? "FAILED" : "EXECUTED", rows[i].stale > 0 ? "BASE_CHANGED" : "");
		CHECK_INT(voting_in_force(&s)->referral_cap, rows[i].cap);
		CHECK_INT(voting_in_force(&s)->referral_points, rows[i].points);
		sample_close(&s);
	}
}

/* Two for one key: the second finds another value than it was proposed over. */
static void
two_for_one_key(void)
{
	int64_t		first;
	int64_t		second;

	voting_four(&s, NO_COOLDOWN);
	first = voting_propose(&s, 1, "parameter", HALVE);
	second = voting_propose(&s, 2, "parameter", "{\"policy\":{\"referral\":{\"cap\":60,\"points\":1}}}");
	voting_wait_for(&s, VOTING_REVIEW);
	voting_agree(&s, 3, first);
	voting_agree(&s, 3, second);
	voting_wait_for(&s, 840);
	CHECK_INT(voting_settle(&s), 2);
	voting_wait_for(&s, 1536);
	CHECK_INT(voting_settle(&s), 2);
	voting_guard(&s, "BASE_CHANGED", 0, 1, true);
	voting_stands(&s, first, "EXECUTED", "");
	voting_stands(&s, second, "FAILED", "BASE_CHANGED");
	CHECK_INT(voting_in_force(&s)->referral_cap, 50);
	CHECK_INT(voting_in_force(&s)->referral_points, 10);
	sample_close(&s);
}

/* Nothing that it changes was changed, and yet it fits no more. */
static void
no_policy_any_more(void)
{
	int64_t		proposal;

	voting_four(&s, NO_COOLDOWN);
	proposal = voting_propose(&s, 1, "parameter", "{\"policy\":{\"referral\":{\"flx_cap\":\"100\"}}}");
	voting_queue(&s, proposal);
	people_policy(&s, "{" TRIAL ",\"referral\":{\"tiers\":[{\"flx\":\"101\",\"to\":100}]}}");
	voting_execute(&s, proposal);
	voting_guard(&s, "BASE_CHANGED", 0, 0, false);
	voting_guard(&s, "POLICY_VALID", 0, 1, true);
	voting_stands(&s, proposal, "FAILED", "POLICY_VALID");
	sample_close(&s);
}

/* What is longer than a policy may be is no policy. */
static void
too_long_by_then(void)
{
	static char changes[QFS_POLICY_MAX];
	static char action[QFS_POLICY_MAX];
	int64_t		proposal;
	size_t		at;

	voting_four(&s, NO_COOLDOWN);
	at = (size_t) snprintf(action, sizeof(action), "{\"policy\":{\"auth\":{\"uris\":[\"https://a.example\"");
	for (unsigned n = 0; n < 4; n++)
		at += (size_t) snprintf(action + at, sizeof(action) - at, ",\"https://a.example/%01900u\"", n);
	snprintf(action + at, sizeof(action) - at, "]}}}");
	proposal = voting_propose(&s, 1, "parameter", action);
	voting_queue(&s, proposal);
	/* The operator fills it up with something else. */
	at = (size_t) snprintf(changes, sizeof(changes), "{\"auth\":{\"domains\":[");
	for (unsigned n = 0; n < 40; n++)
		at += (size_t) snprintf(changes + at, sizeof(changes) - at, "%s\"%060u.%060u.%060u.example\"", n > 0 ? "," : "", n, n, n);
	snprintf(changes + at, sizeof(changes) - at, "]}," TRIAL "}");
	people_policy(&s, changes);
	voting_execute(&s, proposal);
	voting_guard(&s, "POLICY_VALID", 0, 1, true);
	voting_stands(&s, proposal, "FAILED", "POLICY_VALID");
	sample_close(&s);
}

/* Switched off in between: what is open is counted, and nothing comes of it. */
static void
off(void)
{
	int64_t		parameter;
	int64_t		text;
	int64_t		seats;

	voting_four(&s, NO_COOLDOWN);
	parameter = voting_propose(&s, 1, "parameter", HALVE);
	text = voting_propose(&s, 2, "text", "{}");
	seats = voting_propose(&s, 3, "constitution", voting_seat_action(5, 20));
	voting_wait_for(&s, 600);
	voting_agree(&s, 3, parameter);
	voting_agree(&s, 3, text);
	voting_agree(&s, 3, seats);
	people_policy(&s, "{\"governance\":{\"mode\":\"off\"}}");
	voting_wait_for(&s, 840);
	CHECK_INT(voting_settle(&s), 2);
	voting_stands(&s, text, "ADOPTED", "");
	voting_stands(&s, parameter, "QUEUED", "");
	voting_wait_for(&s, 1536);
	CHECK_INT(voting_settle(&s), 1);
	voting_stands(&s, parameter, "FAILED", "POLICY_VALID");
	CHECK_INT(voting_in_force(&s)->referral_cap, 100);
	voting_wait_for(&s, 2560);
	CHECK_INT(voting_settle(&s), 1);
	voting_wait_for(&s, 4096);
	CHECK_INT(voting_settle(&s), 1);
	voting_stands(&s, seats, "FAILED", "POLICY_VALID");
	sample_close(&s);
}

/* The terms of a proposal are those of its entry. */
static void
terms_stay(void)
{
	int64_t		proposal;

	voting_four(&s, NO_COOLDOWN);
	proposal = voting_propose(&s, 1, "parameter", HALVE);
	people_policy(&s, "{\"governance\":{\"deposit\":\"0\",\"grace_blocks\":512,\"late_blocks\":1,\"mode\":\"trial\",\"tracks\":{\"parameter\":{"
				  "\"approval\":100,\"majority\":100,\"quorum\":100,\"review_blocks\":9,\"timelock_blocks\":9,\"voting_blocks\":10}},"
				  "\"veto_percent\":25}}");
	voting_wait_for(&s, 601);
	CHECK_STATUS(voting_vote(&s, 1, proposal, "yes"), QFS_OK);
	CHECK_STATUS(voting_vote(&s, 2, proposal, "yes"), QFS_OK);
	CHECK_INT(voting_tally(&s, proposal).ends, 841);
	voting_wait_for(&s, 841);
	CHECK_INT(voting_settle(&s), 1);
	voting_guard(&s, "TALLY_QUORUM", 3000, 5000, false);
	voting_stands(&s, proposal, "QUEUED", "");
	CHECK_INT(voting_tally(&s, proposal).enacts, 1536);
	sample_close(&s);
}

/* ---- seats by votes ---- */

static void
seats(void)
{
	static char action[1024];
	char		want[1024];
	test_wallet one = test_wallet_of(1);
	test_wallet five = test_wallet_of(5);
	test_wallet six = test_wallet_of(6);
	int64_t		proposal;

	voting_four(&s, NO_COOLDOWN);
	snprintf(action, sizeof(action), "{\"nod\":[{\"account\":\"%s\",\"nod\":20},{\"account\":\"%s\",\"nod\":0},{\"account\":\"%s\",\"nod\":7}]}",
			 five.user_name, one.user_name, six.user_name);
	proposal = voting_propose(&s, 2, "constitution", action);
	voting_queue(&s, proposal);
	voting_execute(&s, proposal);
	voting_guard(&s, "NOD_SHARE", 25 * 102, 2000, false);
	voting_no_guard(&s, "BASE_CHANGED");
	snprintf(want, sizeof(want), "\"electorate\":{\"holders\":5,\"previous\":5,\"total\":102},\"seats\":["
			 "{\"account\":\"%s\",\"after\":20,\"before\":0,\"number\":1,\"previous\":null},"
			 "{\"account\":\"%s\",\"after\":0,\"before\":25,\"number\":2,\"previous\":2},"
			 "{\"account\":\"%s\",\"after\":7,\"before\":0,\"number\":1,\"previous\":null}],\"state\":\"EXECUTED\"",
			 five.user_name, one.user_name, six.user_name);
	voting_said(&s, want);
	voting_refuse(&s, 1, "PROPOSAL_CREATED", voting_proposal("text", "{}"), QFS_SEAT_NONE, "");
	voting_propose(&s, 5, "text", "{}");
	voting_said(&s, "\"holders\":5,\"previous\":null,\"seat\":11,\"total\":102}");
	sample_close(&s);
}

/* The share that did when it was proposed, a quarter of 133, is too large by now. */
static void
share_by_then(void)
{
	static const struct
	{
		int64_t		left;		/* of the 25 seats of another */
		bool		fails;
	}			rows[] = {{25, false}, {24, false}, {23, true}};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		int64_t		proposal;

		unit_row("%lld left", (long long) rows[i].left);
		voting_four(&s, NO_COOLDOWN);
		proposal = voting_propose(&s, 2, "constitution", voting_seat_action(5, 33));
		voting_queue(&s, proposal);
		if (rows[i].left < 25)
			CHECK_STATUS(voting_appoint(&s, 4, rows[i].left), QFS_OK);
		voting_execute(&s, proposal);
		voting_guard(&s, "NOD_SHARE", 25 * (75 + rows[i].left + 33), 3300, rows[i].fails);
		voting_stands(&s, proposal, rows[i].fails ? "FAILED" : "EXECUTED", rows[i].fails ? "NOD_SHARE" : "");
		sample_close(&s);
	}
}

/* Several to be executed in one block are, in the order of their numbers. */
static void
in_order(void)
{
	int64_t		first;
	int64_t		second;
	int64_t		third;

	voting_four(&s, NO_COOLDOWN);
	first = voting_propose(&s, 3, "parameter", HALVE);
	voting_wait_for(&s, 100);
	second = voting_propose(&s, 2, "parameter", "{\"policy\":{\"referral\":{\"points\":1}}}");
	third = voting_propose(&s, 1, "parameter", "{\"policy\":{\"limits\":{\"events_per_minute\":1}}}");
	voting_wait_for(&s, 300);
	voting_agree(&s, 3, third);
	voting_agree(&s, 3, first);
	voting_agree(&s, 3, second);
	voting_said(&s, "\"voters\":3");
	voting_wait_for(&s, 940);
	CHECK_INT(voting_settle(&s), 3);
	voting_said(&s, "\"items\":[[1536,6,\"execute\"],[1536,7,\"execute\"],[1536,8,\"execute\"]]");
	voting_wait_for(&s, 1536);
	CHECK_INT(voting_settle(&s), 3);
	voting_said(&s, "\"items\":[]");
	voting_stands(&s, third, "EXECUTED", "");
	CHECK_INT(voting_in_force(&s)->referral_cap, 50);
	CHECK_INT(voting_in_force(&s)->referral_points, 1);
	CHECK_INT(voting_in_force(&s)->events_per_minute, 1);
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(verdicts),
	CASE(all_guards),
	CASE(by_hand),
	CASE(forged),
	CASE(nothing_else),
	CASE(servers_first),
	CASE(silent),
	CASE(leap),
	CASE(tally_and_execution_together),
	CASE(grace),
	CASE(base),
	CASE(two_for_one_key),
	CASE(no_policy_any_more),
	CASE(too_long_by_then),
	CASE(off),
	CASE(terms_stay),
	CASE(seats),
	CASE(share_by_then),
	CASE(in_order),
	NO_MORE_CASES
};

const unit_suite suite_settlement = {"settlement", cases};
