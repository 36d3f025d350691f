/*
 * test_proposal.c - who may propose what, and when.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/voting.h"

#define NO_COOLDOWN ",\"cooldown_blocks\":0"
#define SIMULATED(run) "{\"action\":{},\"simulation\":{\"run\":\"" run "\",\"size\":1,\"window\":1},\"text\":\"" VOTING_TEXT \
	"\",\"title\":\"t\",\"track\":\"text\"}"

static sample s;

/* A proposal that a guard blocks: it is recorded, and nobody can vote on it. */
static void
check_blocked(uint8_t wallet, const char *payload)
{
	int64_t		proposal = people_next(&s);

	CHECK_STATUS(voting_act(&s, wallet, "PROPOSAL_CREATED", payload), QFS_OK);
	CHECK(qfs_outcome_is_blocked(s.event.outcome));
	voting_refuse(&s, wallet, "VOTE_CAST", voting_ballot(proposal, payload, "yes"), QFS_PROPOSAL_UNKNOWN, "");
}

/* ---- when it is voted on ---- */

/* The rows of the specification, through proposals. */
static void
windows(void)
{
	static const struct
	{
		int64_t		block;
		const char *track;
		const char *action;
		const char *want;
	}			rows[] = {
		{936, "parameter", HALVE, "\"schedule\":{\"enacts\":2048,\"ends\":1776,\"opens\":1056}"},
		{1000, "parameter", HALVE, "\"schedule\":{\"enacts\":2560,\"ends\":1840,\"opens\":1120}"},
		{1481, "parameter", HALVE, "\"schedule\":{\"enacts\":3072,\"ends\":2321,\"opens\":1601}"},
		{1000, "text", "{}", "\"schedule\":{\"enacts\":2560,\"ends\":1840,\"opens\":1120}"},
		{1000, "constitution", "{\"policy\":{\"governance\":{\"agenda\":11}}}",
		"\"schedule\":{\"enacts\":4608,\"ends\":3560,\"opens\":1512}"},
		{1000, "emergency", HALVE, "\"schedule\":{\"enacts\":1060,\"ends\":1060,\"opens\":1000}"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s at block %lld", rows[i].track, (long long) rows[i].block);
		voting_four(&s, "");
		voting_wait_for(&s, rows[i].block);
		voting_propose(&s, 1, rows[i].track, rows[i].action);
		voting_said(&s, rows[i].want);
		sample_close(&s);
	}
}

/* Everything that a proposal leaves, and what it was made over. */
static void
whole_outcome(void)
{
	voting_four(&s, NO_COOLDOWN);
	voting_wait_for(&s, 936);
	voting_propose(&s, 1, "parameter", HALVE);
	voting_said(&s, "{\"agenda\":{\"items\":[[1776,6,\"tally\"]],\"previous\":null},\"base\":1,\"result\":\"");
	voting_said(&s, "\"snapshot\":{\"electorate\":5,\"emergency\":null,\"holders\":4,\"previous\":null,\"seat\":2,\"total\":100}");
	voting_said(&s, "\"terms\":{\"approval\":20,\"deposit\":\"0.000000000000000000\",\"grace_blocks\":5120,\"late_blocks\":240,"
				"\"majority\":66,\"power_percent\":25,\"quorum\":30,\"review_blocks\":120,\"timelock_blocks\":240,"
				"\"veto_percent\":34,\"voting_blocks\":720}");
	voting_propose(&s, 2, "text", "{}");
	voting_said(&s, "\"agenda\":{\"items\":[[1776,6,\"tally\"],[1776,7,\"tally\"]],\"previous\":6}");
	voting_propose(&s, 2, "emergency", HALVE);
	voting_said(&s, "\"agenda\":{\"items\":[[996,8,\"tally\"],[1776,6,\"tally\"],[1776,7,\"tally\"]],\"previous\":7}");
	voting_said(&s, "\"previous\":7,\"seat\":3");
	sample_close(&s);
}

/* ---- guards ---- */

static void
power(void)
{
	static const int64_t seats[] = {25, 24, 51};

	voting_ledger(&s, ",\"threshold_percent\":25", 3, seats);
	voting_propose(&s, 1, "text", "{}");
	voting_guard(&s, "PROPOSER_POWER", 2500, 2500, false);
	check_blocked(2, voting_proposal("text", "{}"));
	sample_close(&s);

	voting_ledger(&s, ",\"threshold_percent\":25", 3, seats);
	CHECK_STATUS(voting_act(&s, 2, "PROPOSAL_CREATED", voting_proposal("text", "{}")), QFS_OK);
	voting_guard(&s, "PROPOSER_POWER", 2500, 2400, true);
	sample_close(&s);

	voting_ledger(&s, ",\"threshold_percent\":0", 3, seats);
	voting_propose(&s, 2, "text", "{}");
	voting_guard(&s, "PROPOSER_POWER", 0, 2400, false);
	sample_close(&s);
}

/* One that is open or queued, and an emergency besides. */
static void
one_at_a_time(void)
{
	int64_t		proposal;

	voting_four(&s, NO_COOLDOWN);
	proposal = voting_propose(&s, 1, "parameter", HALVE);
	voting_guard(&s, "PROPOSER_OPEN", 0, 0, false);
	check_blocked(1, voting_proposal("text", "{}"));
	CHECK_STATUS(voting_act(&s, 1, "PROPOSAL_CREATED", voting_proposal("text", "{}")), QFS_OK);
	voting_guard(&s, "PROPOSER_OPEN", 0, 1, true);
	voting_propose(&s, 1, "emergency", "{\"policy\":{\"referral\":{\"points\":5}}}");
	voting_guard(&s, "PROPOSER_OPEN", 0, 0, false);
	check_blocked(1, voting_proposal("emergency", "{\"policy\":{\"referral\":{\"points\":4}}}"));

	/* It holds its place while it is queued, and no longer. */
	voting_wait_for(&s, VOTING_REVIEW);
	voting_settle(&s);
	CHECK_STATUS(voting_vote(&s, 1, proposal, "yes"), QFS_OK);
	CHECK_STATUS(voting_vote(&s, 2, proposal, "yes"), QFS_OK);
	voting_wait_for(&s, voting_tally(&s, proposal).ends);
	CHECK_INT(voting_settle(&s), 1);
	voting_stands(&s, proposal, "QUEUED", "");
	check_blocked(1, voting_proposal("text", "{}"));
	voting_wait_for(&s, voting_tally(&s, proposal).enacts);
	CHECK_INT(voting_settle(&s), 1);
	voting_propose(&s, 1, "text", "{}");
	sample_close(&s);
}

static void
cooldown(void)
{
	int64_t		proposal;
	int64_t		block;

	voting_four(&s, "");
	block = voting_block(&s);
	proposal = voting_propose(&s, 1, "text", "{}");
	voting_guard(&s, "PROPOSER_COOLDOWN", 120, 120, false);
	CHECK_STATUS(voting_act(&s, 1, "PROPOSAL_CANCELLED", voting_withdrawal(proposal)), QFS_OK);
	voting_wait_for(&s, block + 119);
	check_blocked(1, voting_proposal("text", "{}"));
	check_blocked(1, voting_proposal("emergency", HALVE));
	CHECK_STATUS(voting_act(&s, 1, "PROPOSAL_CREATED", voting_proposal("text", "{}")), QFS_OK);
	voting_guard(&s, "PROPOSER_COOLDOWN", 120, 119, true);
	/* It is the proposer's alone; and what was blocked does not count. */
	voting_propose(&s, 2, "text", "{}");
	voting_wait_for(&s, block + 120);
	voting_propose(&s, 1, "text", "{}");
	voting_guard(&s, "PROPOSER_COOLDOWN", 120, 120, false);
	sample_close(&s);
}

/* After an emergency as after any other. */
static void
cooldown_of_an_emergency(void)
{
	int64_t		block;

	voting_four(&s, "");
	block = voting_block(&s);
	voting_propose(&s, 1, "emergency", HALVE);
	CHECK_STATUS(voting_act(&s, 1, "PROPOSAL_CREATED", voting_proposal("text", "{}")), QFS_OK);
	voting_guard(&s, "PROPOSER_COOLDOWN", 120, voting_block(&s) - block, true);
	sample_close(&s);
}

static void
full_agenda(void)
{
	voting_four(&s, ",\"agenda\":1,\"cooldown_blocks\":0");
	voting_propose(&s, 1, "text", "{}");
	voting_guard(&s, "AGENDA_FULL", 1, 0, false);
	CHECK_STATUS(voting_act(&s, 2, "PROPOSAL_CREATED", voting_proposal("text", "{}")), QFS_OK);
	voting_guard(&s, "AGENDA_FULL", 1, 1, true);
	for (uint8_t n = 1; n <= 4; n++)
	{
		voting_propose(&s, n, "emergency", HALVE);
		voting_guard(&s, "AGENDA_FULL", 5, n, false);
	}
	CHECK_STATUS(voting_appoint(&s, 5, 25), QFS_OK);
	CHECK_STATUS(voting_act(&s, 5, "PROPOSAL_CREATED", voting_proposal("emergency", HALVE)), QFS_OK);
	voting_guard(&s, "AGENDA_FULL", 5, 5, true);
	sample_close(&s);
}

/* All places there are, and all of them due at once. */
static void
fullest_agenda(void)
{
	int64_t		seats[17];
	int64_t		first;

	for (unsigned n = 0; n < ROWS(seats); n++)
		seats[n] = 1000000000;
	voting_ledger(&s, NO_COOLDOWN, ROWS(seats), seats);
	first = people_next(&s);
	for (uint8_t n = 1; n <= 12; n++)
		voting_propose(&s, n, "text", "{}");
	check_blocked(13, voting_proposal("text", "{}"));
	for (uint8_t n = 13; n <= 16; n++)
		voting_propose(&s, n, "emergency", HALVE);
	check_blocked(17, voting_proposal("emergency", HALVE));
	voting_wait_for(&s, 2000);
	voting_refuse(&s, 17, "PROPOSAL_CREATED", voting_proposal("text", "{}"), QFS_SETTLEMENT_DUE, "");
	CHECK_INT(voting_settle(&s), 16);
	voting_said(&s, "\"previous\":");
	/* All of them slept: they go on for so long, and are rejected then. */
	voting_stands(&s, first, "OPEN", "");
	voting_wait_for(&s, voting_tally(&s, first).ends);
	CHECK_INT(voting_settle(&s), 16);
	voting_said(&s, "\"agenda\":{\"items\":[],");
	voting_stands(&s, first, "REJECTED", "TALLY_QUORUM");
	sample_close(&s);
}

static void
key_cooldown(void)
{
	int64_t		proposal;

	voting_four(&s, NO_COOLDOWN ",\"key_cooldown_epochs\":4");
	proposal = voting_propose(&s, 1, "parameter", HALVE);
	voting_guard(&s, "KEY_COOLDOWN", 0, 3, false);
	voting_wait_for(&s, VOTING_REVIEW);
	CHECK_STATUS(voting_vote(&s, 1, proposal, "yes"), QFS_OK);
	CHECK_STATUS(voting_vote(&s, 2, proposal, "yes"), QFS_OK);
	voting_wait_for(&s, VOTING_REVIEW + VOTING_BLOCKS);
	CHECK_INT(voting_settle(&s), 1);
	voting_wait_for(&s, 1536);
	CHECK_INT(voting_settle(&s), 1);
	/* Executed in epoch 3: not again before epoch 7, to which a proposal of block 1993 leads. */
	voting_wait_for(&s, 1992);
	CHECK_STATUS(voting_act(&s, 1, "PROPOSAL_CREATED", voting_proposal("parameter", "{\"policy\":{\"referral\":{\"cap\":60}}}")), QFS_OK);
	CHECK(qfs_outcome_is_blocked(s.event.outcome));
	voting_guard(&s, "KEY_COOLDOWN", 7, 6, true);
	voting_said(&s, "\"keys\":{\"referral.cap\":");
	/* Other keys are free, and an emergency does not wait. */
	voting_propose(&s, 2, "parameter", "{\"policy\":{\"referral\":{\"points\":20}}}");
	voting_guard(&s, "KEY_COOLDOWN", 0, 6, false);
	voting_propose(&s, 2, "emergency", "{\"policy\":{\"referral\":{\"cap\":40}}}");
	voting_no_guard(&s, "KEY_COOLDOWN");
	voting_wait_for(&s, 1993);
	voting_propose(&s, 1, "parameter", "{\"policy\":{\"referral\":{\"cap\":60,\"points\":30}}}");
	voting_guard(&s, "KEY_COOLDOWN", 7, 7, false);
	sample_close(&s);
}

/* An emergency takes away; it gives nobody anything. */
static void
emergencies(void)
{
	static const struct
	{
		const char *changes;
		int64_t		enlarging;
	}			rows[] = {
		{"{\"limits\":{\"events_per_minute\":0}}", 0},
		{"{\"limits\":{\"events_per_minute\":999,\"logins_per_minute\":9,\"messages_per_minute\":59,\"threads_per_day\":9}}", 0},
		{"{\"limits\":{\"events_per_minute\":1001}}", 1},
		{"{\"limits\":{\"events_per_minute\":1001,\"logins_per_minute\":11,\"messages_per_minute\":59}}", 2},
		{"{\"referral\":{\"cap\":0}}", 0},
		{"{\"referral\":{\"cap\":99}}", 0},
		{"{\"referral\":{\"points\":9,\"window_blocks\":999}}", 0},
		{"{\"referral\":{\"points\":11}}", 1},
		{"{\"referral\":{\"window_blocks\":1001}}", 1},
		{"{\"referral\":{\"tiers\":[{\"flx\":\"99\",\"to\":5},{\"flx\":\"80\",\"to\":20},{\"flx\":\"0\",\"to\":50},{\"flx\":\"20\",\"to\":100}]}}", 0},
		{"{\"referral\":{\"tiers\":[{\"flx\":\"100\",\"to\":6},{\"flx\":\"80\",\"to\":20},{\"flx\":\"50\",\"to\":50},{\"flx\":\"20\",\"to\":100}]}}", 1},
		{"{\"referral\":{\"tiers\":[{\"flx\":\"100\",\"to\":5},{\"flx\":\"80\",\"to\":20},{\"flx\":\"50\",\"to\":50},{\"flx\":\"20.1\",\"to\":100}]}}", 1},
		{"{\"referral\":{\"tiers\":[{\"flx\":\"20\",\"to\":100}]}}", 1},
		{"{\"operators\":[]}", -1},
		{"{\"governance\":{\"mode\":\"off\"}}", 1},
		{"{\"governance\":{\"tracks\":{\"emergency\":{\"quorum\":90}},\"veto_percent\":25}}", 2},
		{"{\"referral\":{\"flx_cap\":\"999999\"}}", 1},
		{"{\"auth\":{\"domains\":[\"evil.example\"]}}", 1},
		{"{\"signed\":\"all\"}", 1},
		{"{\"evaluators\":[\"%s\"]}", 1},
		{"{\"operators\":[\"%s\"],\"referral\":{\"cap\":1}}", 1},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		char		changes[512];
		char		action[600];

		unit_row("%s", rows[i].changes);
		voting_four(&s, NO_COOLDOWN);
		snprintf(changes, sizeof(changes), rows[i].changes, test_wallet_of(9).user_name);
		snprintf(action, sizeof(action), "{\"policy\":%s}", changes);
		if (rows[i].enlarging < 0)
			voting_refuse(&s, 1, "PROPOSAL_CREATED", voting_proposal("emergency", action), QFS_POLICY_INVALID, "it changes nothing");
		else
		{
			CHECK_STATUS(voting_act(&s, 1, "PROPOSAL_CREATED", voting_proposal("emergency", action)), QFS_OK);
			voting_guard(&s, "EMERGENCY_SCOPE", 0, rows[i].enlarging, rows[i].enlarging > 0);
			CHECK_INT(qfs_outcome_is_blocked(s.event.outcome), rows[i].enlarging > 0);
		}
		sample_close(&s);
	}
}

/* Those who operate and evaluate may become fewer. */
static void
emergency_dismisses(void)
{
	char		changes[1024];
	char		action[1024];
	test_wallet eight = test_wallet_of(8);
	test_wallet nine = test_wallet_of(9);

	voting_four(&s, NO_COOLDOWN);
	snprintf(changes, sizeof(changes), "{\"evaluators\":[\"%s\"],\"governance\":{\"deposit\":\"0\",\"mode\":\"trial\"},\"operators\":[\"%s\",\"%s\"]}",
			 eight.user_name, eight.user_name, nine.user_name);
	people_policy(&s, changes);
	snprintf(action, sizeof(action), "{\"policy\":{\"evaluators\":[],\"operators\":[\"%s\"]}}", nine.user_name);
	voting_propose(&s, 1, "emergency", action);
	voting_guard(&s, "EMERGENCY_SCOPE", 0, 0, false);
	/* One for another is no fewer. */
	snprintf(action, sizeof(action), "{\"policy\":{\"evaluators\":[\"%s\"]}}", nine.user_name);
	check_blocked(2, voting_proposal("emergency", action));
	sample_close(&s);
}

static void
shares(void)
{
	char		action[1024];

	voting_four(&s, "");
	/* 33 of 133 are a quarter at most, 34 of 134 are more. */
	voting_propose(&s, 1, "constitution", voting_seat_action(5, 33));
	voting_guard(&s, "NOD_SHARE", 3325, 3300, false);
	CHECK_STATUS(voting_act(&s, 2, "PROPOSAL_CREATED", voting_proposal("constitution", voting_seat_action(5, 34))), QFS_OK);
	voting_guard(&s, "NOD_SHARE", 3350, 3400, true);
	CHECK(qfs_outcome_is_blocked(s.event.outcome));
	/* To withdraw a seat leaves nobody of those it names with more. */
	voting_propose(&s, 3, "constitution", voting_seat_action(4, 0));
	voting_guard(&s, "NOD_SHARE", 1875, 0, false);
	/* The largest of several, after all of them. */
	snprintf(action, sizeof(action), "{\"nod\":[{\"account\":\"%s\",\"nod\":30},{\"account\":\"%s\",\"nod\":20},{\"account\":\"%s\",\"nod\":20}]}",
			 test_wallet_of(1).user_name, test_wallet_of(5).user_name, test_wallet_of(6).user_name);
	voting_propose(&s, 4, "constitution", action);
	voting_guard(&s, "NOD_SHARE", 25 * 145, 3000, false);
	sample_close(&s);
}

/* ---- what is no proposal ---- */

static void
refused_actions(void)
{
	static const struct
	{
		const char *track;
		const char *action;
		qfs_status	want;
		const char *detail;
	}			rows[] = {
		{"parameter", "{\"policy\":{\"block_ms\":1000}}", QFS_KEY_FIXED, "block_ms"},
		{"parameter", "{\"policy\":{\"epoch_blocks\":1}}", QFS_KEY_FIXED, "epoch_blocks"},
		{"parameter", "{\"policy\":{\"visibility\":\"public\"}}", QFS_KEY_FIXED, "visibility"},
		{"constitution", "{\"policy\":{\"governance\":{\"power_percent\":20}}}", QFS_KEY_FIXED, "governance.power_percent"},
		{"emergency", "{\"policy\":{\"visibility\":\"parties\"}}", QFS_KEY_FIXED, "visibility"},
		{"emergency", "{\"policy\":{\"referral\":{\"cap\":1},\"visibility\":\"parties\"}}", QFS_KEY_FIXED, "visibility"},
		{"parameter", "{\"policy\":{\"operators\":[]}}", QFS_KEY_TRACK, "operators is not for the track parameter"},
		{"parameter", "{\"policy\":{\"evaluators\":[]}}", QFS_KEY_TRACK, "evaluators"},
		{"parameter", "{\"policy\":{\"governance\":{\"agenda\":1}}}", QFS_KEY_TRACK, "governance.agenda"},
		{"parameter", "{\"policy\":{\"governance\":{\"mode\":\"on\"}}}", QFS_KEY_TRACK, "governance.mode"},
		{"parameter", "{\"policy\":{\"governance\":{\"tracks\":{\"text\":{\"quorum\":1}}}}}", QFS_KEY_TRACK, "governance.tracks.text.quorum"},
		{"constitution", HALVE, QFS_KEY_TRACK, "referral.cap is not for the track constitution"},
		{"constitution", "{\"policy\":{\"governance\":{\"agenda\":1},\"limits\":{\"events_per_minute\":1}}}", QFS_KEY_TRACK, "limits"},
		{"parameter", "{\"nod\":[{\"account\":\"%s\",\"nod\":1}]}", QFS_KEY_TRACK, "seats are not for the track parameter"},
		{"text", "{\"nod\":[{\"account\":\"%s\",\"nod\":1}]}", QFS_KEY_TRACK, "seats are not for the track text"},
		{"emergency", "{\"nod\":[{\"account\":\"%s\",\"nod\":1}]}", QFS_KEY_TRACK, "seats"},
		{"parameter", "{\"policy\":{\"referral\":{\"cap\":100}}}", QFS_POLICY_INVALID, "it changes nothing"},
		{"parameter", "{\"policy\":{}}", QFS_POLICY_INVALID, "it changes nothing"},
		{"constitution", "{\"policy\":{\"governance\":{\"mode\":\"trial\"}}}", QFS_POLICY_INVALID, "it changes nothing"},
		{"parameter", "{\"policy\":{\"referral\":{\"cap\":-1}}}", QFS_POLICY_INVALID, "cap"},
		{"parameter", "{\"policy\":{\"referral\":{\"cap\":101}}}", QFS_POLICY_INVALID, "the cap is 101"},
		{"parameter", "{\"policy\":{\"referral\":{\"cap\":\"50\"}}}", QFS_POLICY_INVALID, "cap"},
		{"parameter", "{\"policy\":{\"referral\":50}}", QFS_POLICY_INVALID, "referral"},
		{"parameter", "{\"policy\":{\"referral\":{\"cap\":{\"a\":1}}}}", QFS_POLICY_INVALID, "referral.cap"},
		{"parameter", "{\"policy\":{\"referral.cap\":50}}", QFS_POLICY_INVALID, "referral.cap"},
		{"parameter", "{\"policy\":{\"nonsense\":1}}", QFS_POLICY_INVALID, "nonsense"},
		{"parameter", "{\"policy\":{\"rules\":99}}", QFS_RULES_UNKNOWN, "99"},
		{"parameter", "{\"policy\":{\"coherence\":{\"trust\":{\"VERIFIED\":\"0.8\"}}}}", QFS_POLICY_INVALID, "trust"},
		{"parameter", "{\"policy\":{\"auth\":{\"domains\":[\"no domain\"]}}}", QFS_POLICY_INVALID, "auth.domains"},
		{"constitution", "{\"policy\":{\"governance\":{\"veto_percent\":51}}}", QFS_POLICY_INVALID, "veto_percent"},
		{"constitution", "{\"policy\":{\"governance\":{\"tracks\":{\"text\":{\"majority\":50}}}}}", QFS_POLICY_INVALID, "majority"},
		{"constitution", "{\"policy\":{\"governance\":{\"operator_keys\":[\"governance.*\"]}}}", QFS_POLICY_INVALID, "operator_keys"},
		{"parameter", "{}", QFS_PAYLOAD_INVALID, "payload.action"},
		{"constitution", "{}", QFS_PAYLOAD_INVALID, "payload.action"},
		{"emergency", "{}", QFS_PAYLOAD_INVALID, "payload.action"},
		{"text", HALVE, QFS_PAYLOAD_INVALID, "payload.action"},
		{"constitution", "{\"nod\":[{\"account\":\"%s\",\"nod\":1}],\"policy\":{\"operators\":[]}}", QFS_PAYLOAD_INVALID, "not both"},
		{"constitution", "{\"nod\":[]}", QFS_PAYLOAD_INVALID, "payload.action.nod"},
		{"constitution", "{\"nod\":[{\"account\":\"%s\",\"nod\":-1}]}", QFS_PAYLOAD_INVALID, "nod"},
		{"constitution", "{\"nod\":[{\"account\":\"%s\",\"nod\":1000000001}]}", QFS_PAYLOAD_INVALID, "nod"},
		{"constitution", "{\"nod\":[{\"account\":\"%s\",\"nod\":0}]}", QFS_PAYLOAD_INVALID, "has 0 already"},
		{"constitution", "{\"nod\":[{\"account\":\"%s\",\"nod\":1},{\"account\":\"%s\",\"nod\":2}]}", QFS_PAYLOAD_INVALID, "twice"},
		{"constitution", "{\"nod\":[{\"account\":\"user_0000000000000000000000000000000000000000000000000000000000000zzz\",\"nod\":1}]}",
		QFS_USER_ID_SYNTAX, ""},
		{"constitution", "{\"nod\":[{\"account\":\"%s\",\"nod\":1},"
			"{\"account\":\"user_0000000000000000000000000000000000000000000000000000000000000zzz\",\"nod\":1}]}", QFS_USER_ID_SYNTAX, ""},
		{"text", "{\"anything\":1}", QFS_PAYLOAD_INVALID, "anything"},
		{"text", "[]", QFS_PAYLOAD_INVALID, "payload.action"},
		{"nonsense", "{}", QFS_PAYLOAD_INVALID, "payload.track"},
	};

	voting_four(&s, "");
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		char		action[1024];
		test_wallet nine = test_wallet_of(9);

		unit_row("%s, %s", rows[i].track, rows[i].action);
		snprintf(action, sizeof(action), rows[i].action, nine.user_name, nine.user_name);
		voting_refuse(&s, 1, "PROPOSAL_CREATED", voting_proposal(rows[i].track, action), rows[i].want, rows[i].detail);
	}
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
		{"{\"action\":{},\"text\":\"" VOTING_TEXT "\",\"track\":\"text\"}", "payload.title"},
		{"{\"action\":{},\"text\":\"" VOTING_TEXT "\",\"title\":\"\",\"track\":\"text\"}", "payload.title"},
		{"{\"action\":{},\"text\":\"abc\",\"title\":\"t\",\"track\":\"text\"}", "payload.text"},
		/* What looks as long as a hash and is none. */
		{"{\"action\":{},\"text\":\"zz718b6b1d9c4e08a58937def39d2f3812991c026f6545bbc8f2c558c37cc883\",\"title\":\"t\",\"track\":\"text\"}", "text"},
		{"{\"action\":{},\"text\":\"4A718b6b1d9c4e08a58937def39d2f3812991c026f6545bbc8f2c558c37cc883\",\"title\":\"t\",\"track\":\"text\"}", "text"},
		{SIMULATED("zz718b6b1d9c4e08a58937def39d2f3812991c026f6545bbc8f2c558c37cc883"), "run"},
		{SIMULATED("abc"), "payload.simulation.run"},
		{"{\"action\":{},\"more\":1,\"text\":\"" VOTING_TEXT "\",\"title\":\"t\",\"track\":\"text\"}", "more"},
		{"{\"text\":\"" VOTING_TEXT "\",\"title\":\"t\",\"track\":\"text\"}", "payload.action"},
	};

	voting_four(&s, "");
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].payload);
		voting_refuse(&s, 1, "PROPOSAL_CREATED", rows[i].payload, QFS_PAYLOAD_INVALID, rows[i].detail);
	}
	CHECK_STATUS(voting_act(&s, 1, "PROPOSAL_CREATED", SIMULATED(VOTING_TEXT)), QFS_OK);
	sample_close(&s);
}

/* Changes of so many bytes: addresses, one beside the other. */
static const char *
long_action(size_t len)
{
	static char action[12000];
	const size_t around = strlen("{\"auth\":{\"uris\":[]}}");
	size_t		left = len - around;
	size_t		at = (size_t) snprintf(action, sizeof(action), "{\"policy\":{\"auth\":{\"uris\":[");

	for (unsigned n = 0; left > 0; n++)
	{
		/* Quotes, and a comma but for the last. */
		size_t		next = left > 2051 + 60 ? 2000 : left - 2;

		at += (size_t) snprintf(action + at, sizeof(action) - at, "\"https://a.example/%0*u\"", (int) (next - strlen("https://a.example/")), n);
		left -= next + 2;
		if (left > 0)
		{
			action[at++] = ',';
			left--;
		}
	}
	snprintf(action + at, sizeof(action) - at, "]}}}");
	return action;
}

static void
longest(void)
{
	voting_four(&s, NO_COOLDOWN);
	voting_refuse(&s, 1, "PROPOSAL_CREATED", voting_proposal("parameter", long_action(8193)), QFS_PAYLOAD_INVALID, "8192 bytes");
	voting_refuse(&s, 1, "PROPOSAL_CREATED", voting_proposal("parameter", long_action(9216)), QFS_PAYLOAD_INVALID, "8192 bytes");
	voting_propose(&s, 1, "parameter", long_action(8192));
	CHECK_INT(strlen(long_action(8192)), 8192 + strlen("{\"policy\":}"));
	sample_close(&s);
}

/* Four more holders than a proposal may name. */
static void
too_many_seats(void)
{
	char		action[1024] = "{\"nod\":[";

	voting_four(&s, "");
	for (uint8_t n = 5; n < 10; n++)
		snprintf(action + strlen(action), sizeof(action) - strlen(action), "{\"account\":\"%s\",\"nod\":1}%s", test_wallet_of(n).user_name,
				 n < 9 ? "," : "]}");
	voting_refuse(&s, 1, "PROPOSAL_CREATED", voting_proposal("constitution", action), QFS_PAYLOAD_INVALID, "payload.action.nod");
	sample_close(&s);
}

/* ---- whose act it is ---- */

static void
nobodys(void)
{
	voting_four(&s, "");
	voting_refuse(&s, 5, "PROPOSAL_CREATED", voting_proposal("text", "{}"), QFS_SEAT_NONE, test_wallet_of(5).user_name);
	sample_refuse(&s, NULL, "PROPOSAL_CREATED", voting_proposal("text", "{}"), QFS_NO_SESSION, "");
	sample_refuse(&s, "{\"via\":\"ledger\"}", "PROPOSAL_CREATED", voting_proposal("text", "{}"), QFS_FORBIDDEN, "");
	/* Who had a seat and has none proposes nothing. */
	CHECK_STATUS(voting_appoint(&s, 4, 0), QFS_OK);
	voting_refuse(&s, 4, "PROPOSAL_CREATED", voting_proposal("text", "{}"), QFS_SEAT_NONE, "");
	sample_close(&s);
}

/* Somebody else's signature, one over another text, and one that was used. */
static void
forged(void)
{
	const char *payload = voting_proposal("text", "{}");
	test_wallet one = test_wallet_of(1);
	char		auth[512];

	voting_four(&s, NO_COOLDOWN);
	sample_refuse_as(&s, voting_auth(&s, 2, 1, "PROPOSAL_CREATED", payload), &one.user, "PROPOSAL_CREATED", payload,
					 QFS_SIGNATURE_MISMATCH, test_wallet_of(2).user_name);
	sample_refuse_as(&s, voting_auth(&s, 1, 1, "VOTE_CAST", payload), &one.user, "PROPOSAL_CREATED", payload,
					 QFS_SIGNATURE_MISMATCH, "");
	snprintf(auth, sizeof(auth), "%s", voting_auth(&s, 1, 1, "PROPOSAL_CREATED", payload));
	CHECK_STATUS(sample_append_as(&s, auth, &one.user, "PROPOSAL_CREATED", payload), QFS_OK);
	sample_refuse_as(&s, auth, &one.user, "PROPOSAL_CREATED", payload, QFS_EVENT_NONCE, "");
	sample_close(&s);
}

static void
off(void)
{
	voting_four(&s, "");
	people_policy(&s, "{}");
	voting_refuse(&s, 1, "PROPOSAL_CREATED", voting_proposal("text", "{}"), QFS_GOVERNANCE_OFF, "a proposal");
	people_policy(&s, "{\"governance\":{\"mode\":\"off\"}}");
	voting_refuse(&s, 1, "PROPOSAL_CREATED", voting_proposal("text", "{}"), QFS_GOVERNANCE_OFF, "a proposal");
	sample_close(&s);
}

/* ---- taken back ---- */

static void
cancelled(void)
{
	const char *cancel;
	int64_t		proposal;
	int64_t		block;

	voting_four(&s, NO_COOLDOWN);
	block = voting_block(&s);
	proposal = voting_propose(&s, 1, "text", "{}");
	cancel = voting_withdrawal(proposal);
	voting_refuse(&s, 2, "PROPOSAL_CANCELLED", cancel, QFS_FORBIDDEN, "another account's");
	voting_refuse(&s, 1, "PROPOSAL_CANCELLED", "{\"proposal\":1}", QFS_PROPOSAL_UNKNOWN, "entry 1");
	voting_refuse(&s, 1, "PROPOSAL_CANCELLED", "{\"proposal\":9007199254740991}", QFS_PROPOSAL_UNKNOWN, "");
	sample_refuse(&s, NULL, "PROPOSAL_CANCELLED", cancel, QFS_NO_SESSION, "");
	voting_wait_for(&s, block + VOTING_REVIEW);
	voting_refuse(&s, 1, "PROPOSAL_CANCELLED", cancel, QFS_PROPOSAL_STATE, "is voted on since block");
	sample_close(&s);

	voting_four(&s, NO_COOLDOWN);
	block = voting_block(&s);
	proposal = voting_propose(&s, 1, "text", "{}");
	cancel = voting_withdrawal(proposal);
	voting_wait_for(&s, block + VOTING_REVIEW - 1);
	CHECK_STATUS(voting_act(&s, 1, "PROPOSAL_CANCELLED", cancel), QFS_OK);
	voting_said(&s, "{\"agenda\":{\"items\":[],\"previous\":");
	voting_stands(&s, proposal, "CANCELLED", "");
	voting_refuse(&s, 1, "PROPOSAL_CANCELLED", cancel, QFS_PROPOSAL_STATE, "is CANCELLED");
	voting_wait_for(&s, block + VOTING_REVIEW);
	voting_refuse(&s, 2, "VOTE_CAST", voting_ballot(proposal, voting_payload(proposal), "yes"), QFS_PROPOSAL_STATE, "is CANCELLED");
	voting_wait_for(&s, 5000);
	CHECK_INT(voting_settle(&s), 0);
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(windows),
	CASE(whole_outcome),
	CASE(power),
	CASE(one_at_a_time),
	CASE(cooldown),
	CASE(cooldown_of_an_emergency),
	CASE(full_agenda),
	CASE(fullest_agenda),
	CASE(key_cooldown),
	CASE(emergencies),
	CASE(emergency_dismisses),
	CASE(shares),
	CASE(refused_actions),
	CASE(refused_payloads),
	CASE(longest),
	CASE(too_many_seats),
	CASE(nobodys),
	CASE(forged),
	CASE(off),
	CASE(cancelled),
	NO_MORE_CASES
};

const unit_suite suite_proposal = {"proposal", cases};
