/*
 * test_dormancy.c - the operator claims that nobody governs: when it may, what ends it, and what comes of it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "engine/outcome.h"
#include "ledger/registry.h"
#include "proof/bundle.h"
#include "support/explaining.h"
#include "support/voting.h"

#define LEDGER "{\"via\":\"ledger\"}"
#define ON "{\"policy\":{\"governance\":{\"mode\":\"on\"}}}"

/* The last vote is in epoch 4; a hundred epochs after a claim in epoch 14 it is settled. */
#define DORMANT ",\"cooldown_blocks\":0,\"dormant_epochs\":10"
#define FIRST_BLOCK (INT64_C(14) * 512)
#define DUE_BLOCK (INT64_C(114) * 512)

static sample s;

/* ---- on the way there ---- */

/* Governance is on, by a vote of three in epoch 4. */
static void
govern(const char *more)
{
	int64_t		proposal;

	voting_four(&s, more);
	proposal = voting_propose(&s, 1, "constitution", ON);
	voting_queue(&s, proposal);
	voting_execute(&s, proposal);
	CHECK_INT(voting_in_force(&s)->governance.mode, QFS_MODE_ON);
}

/* The entry of a claim that stands. */
static int64_t
claim(void)
{
	int64_t		seq = people_next(&s);
	char		item[64];

	CHECK_STATUS(sample_append(&s, "DORMANCY_CLAIMED", "{}"), QFS_OK);
	snprintf(item, sizeof(item), ",%lld,\"dormancy\"]", (long long) seq);
	voting_said(&s, item);
	return seq;
}

/* The last entry ended it, and nothing comes of it. */
static void
check_ended(int64_t seq)
{
	char		text[64];

	snprintf(text, sizeof(text), "\"claim\":%lld", (long long) seq);
	voting_said(&s, text);
	voting_said(&s, "{\"agenda\":{\"items\":[");
	voting_wait_for(&s, DUE_BLOCK);
	(void) voting_settle(&s);
	CHECK_INT(voting_in_force(&s)->governance.mode, QFS_MODE_ON);
}

/* ---- claims ---- */

static void
too_early(void)
{
	govern(DORMANT);
	voting_wait_for(&s, FIRST_BLOCK - 1);
	CHECK_STATUS(sample_append(&s, "DORMANCY_CLAIMED", "{}"), QFS_OK);
	voting_guard(&s, "DORMANCY", 14, 13, true);
	voting_guard(&s, "CLAIM_OPEN", 0, 0, false);
	voting_said(&s, "{\"agenda\":{\"items\":[],\"previous\":11},\"vote\":7}");
	voting_wait_for(&s, FIRST_BLOCK);
	CHECK_INT(claim(), 13);
	voting_guard(&s, "DORMANCY", 14, 14, false);
	voting_said(&s, "{\"agenda\":{\"items\":[[58368,13,\"dormancy\"]],\"previous\":11},\"vote\":7}");
	/* One at a time. */
	CHECK_STATUS(sample_append(&s, "DORMANCY_CLAIMED", "{}"), QFS_OK);
	voting_guard(&s, "CLAIM_OPEN", 0, 1, true);
	sample_close(&s);
}

static void
not_there(void)
{
	test_wallet one = test_wallet_of(1);

	voting_four(&s, DORMANT);
	voting_wait_for(&s, 100000);
	sample_refuse(&s, NULL, "DORMANCY_CLAIMED", "{}", QFS_DORMANCY_VOID, "governance.mode");
	sample_close(&s);
	govern(",\"cooldown_blocks\":0,\"dormant_epochs\":0");
	voting_wait_for(&s, 100000);
	sample_refuse(&s, NULL, "DORMANCY_CLAIMED", "{}", QFS_DORMANCY_VOID, "governance.dormant_epochs is 0");
	sample_close(&s);
	govern(DORMANT);
	voting_wait_for(&s, FIRST_BLOCK);
	sample_refuse(&s, NULL, "DORMANCY_CLAIMED", "{\"claim\":1}", QFS_PAYLOAD_INVALID, "claim");
	sample_refuse(&s, LEDGER, "DORMANCY_CLAIMED", "{}", QFS_FORBIDDEN, "");
	voting_refuse(&s, 1, "DORMANCY_CLAIMED", "{}", QFS_NO_SESSION, "");
	sample_refuse_as(&s, LEDGER, &one.user, "DORMANCY_SETTLED", "{\"claim\":1}", QFS_ACTOR_MISMATCH, "");
	sample_close(&s);
}

/* ---- what ends it ---- */

static int64_t open_proposal;

static qfs_status
propose(void)
{
	return voting_act(&s, 2, "PROPOSAL_CREATED", voting_proposal("text", "{}"));
}

static qfs_status
vote(void)
{
	return voting_vote(&s, 2, open_proposal, "no");
}

static qfs_status
cancel(void)
{
	return voting_act(&s, 4, "PROPOSAL_CANCELLED", voting_withdrawal(open_proposal));
}

/* Wallet 3 holds fewer: in the first epoch since its seats were changed, and once more. */
static qfs_status
give_back(int64_t nod)
{
	return voting_act(&s, 3, "NOD_CHANGED", voting_seats(3, nod));
}

static qfs_status
give_some_back(void)
{
	return give_back(20);
}

static qfs_status
give_more_back(void)
{
	return give_back(19);
}

static void
enter_text(void)
{
	open_proposal = voting_propose(&s, 4, "text", "{}");
}

static void
enter_and_open(void)
{
	enter_text();
	voting_wait_for(&s, voting_block(&s) + VOTING_REVIEW);
}

static void
give_back_before(void)
{
	CHECK_STATUS(give_some_back(), QFS_OK);
}

static void
open_other(void)
{
	open_proposal = voting_propose(&s, 2, "text", "{}");
}

/* Each by a wallet, without a session; those that are blocked, too. */
static void
ended(void)
{
	static const struct
	{
		const char *name;
		void		(*before) (void);
		qfs_status	(*act) (void);
		bool		blocked;
	}			rows[] = {
		{"a proposal", NULL, propose, false},
		{"a proposal that is blocked", open_other, propose, true},
		{"a vote", enter_and_open, vote, false},
		{"a vote that is blocked", enter_text, vote, true},
		{"a proposal that is taken back", enter_text, cancel, false},
		{"seats that are given back", NULL, give_some_back, false},
		{"seats that are given back too soon", give_back_before, give_more_back, true},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		int64_t		seq;

		unit_row("%s", rows[i].name);
		govern(DORMANT);
		voting_wait_for(&s, FIRST_BLOCK);
		if (rows[i].before != NULL)
			rows[i].before();
		seq = claim();
		CHECK_STATUS(rows[i].act(), QFS_OK);
		CHECK_INT(qfs_outcome_is_blocked(s.event.outcome), rows[i].blocked);
		check_ended(seq);
		sample_close(&s);
	}
}

/* Nobody else's act ends it: the operator's, a stranger's, that of an account whose seats were taken. */
static void
not_ended(void)
{
	govern(DORMANT);
	voting_wait_for(&s, FIRST_BLOCK);
	open_proposal = voting_propose(&s, 4, "text", "{}");
	CHECK_STATUS(give_back(0), QFS_OK);
	(void) claim();
	CHECK_STATUS(voting_vote(&s, 3, open_proposal, "yes"), QFS_OK);
	CHECK(qfs_outcome_is_blocked(s.event.outcome));
	voting_refuse(&s, 7, "PROPOSAL_CREATED", voting_proposal("text", "{}"), QFS_SEAT_NONE, "");
	/* The tally of the proposal comes first, and leaves the claim where it is. */
	voting_wait_for(&s, DUE_BLOCK - 1);
	while (voting_settle(&s) > 0)
		voting_wait_for(&s, voting_tally(&s, open_proposal).ends);
	CHECK_INT(voting_in_force(&s)->governance.mode, QFS_MODE_TRIAL);
	sample_close(&s);
}

/* ---- what comes of it ---- */

static void
due(void)
{
	static char payload[QFS_SETTLEMENT_MAX];
	int64_t		before;
	int64_t		seq;

	govern(DORMANT);
	voting_wait_for(&s, FIRST_BLOCK);
	seq = claim();
	before = voting_in_force(&s)->governance.dormant_epochs;
	/* Its own keys the operator changes meanwhile. */
	snprintf(payload, sizeof(payload), "{\"policy\":%s}",
			 sample_policy("{\"governance\":{\"cooldown_blocks\":0,\"deposit\":\"0\",\"dormant_epochs\":10,\"mode\":\"on\"},\"nonce_ttl_ms\":200000}"));
	CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", payload), QFS_OK);
	voting_wait_for(&s, DUE_BLOCK - 1);
	sample_refuse(&s, LEDGER, "DORMANCY_SETTLED", "{\"claim\":13}", QFS_SETTLEMENT_WRONG, "nothing is due");
	CHECK_INT(voting_settle(&s), 0);
	voting_wait_for(&s, DUE_BLOCK);
	CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", payload), QFS_SETTLEMENT_DUE);
	snprintf(payload, sizeof(payload), "{\"claim\":%lld}", (long long) seq);
	sample_refuse(&s, NULL, "DORMANCY_SETTLED", payload, QFS_FORBIDDEN, "");
	sample_refuse(&s, LEDGER, "DORMANCY_SETTLED", payload, QFS_SETTLEMENT_WRONG, "it should be {");
	snprintf(payload, sizeof(payload), "{\"claim\":%lld,\"policy\":%.*s}", (long long) seq, (int) voting_in_force(&s)->text.len,
			 (const char *) voting_in_force(&s)->text.data);
	sample_refuse(&s, LEDGER, "DORMANCY_SETTLED", payload, QFS_SETTLEMENT_WRONG, "it should be {");
	sample_refuse(&s, LEDGER, "DORMANCY_SETTLED", "{\"claim\":1}", QFS_SETTLEMENT_WRONG, "is to be settled first");
	sample_refuse(&s, LEDGER, "PROPOSAL_TALLIED", "{\"proposal\":6}", QFS_SETTLEMENT_WRONG, "is to be settled first");
	CHECK_INT(voting_settle(&s), 1);
	voting_guard(&s, "POLICY_VALID", 0, 0, false);
	voting_said(&s, "{\"agenda\":{\"items\":[],\"previous\":12},\"policy\":\"");
	CHECK_INT(voting_in_force(&s)->governance.mode, QFS_MODE_TRIAL);
	CHECK_INT(voting_in_force(&s)->governance.dormant_epochs, before);
	CHECK_INT(voting_in_force(&s)->nonce_ttl_ms, 200000);
	/* And the operator may change everything. */
	people_policy(&s, "{\"referral\":{\"cap\":7}}");
	CHECK_INT(voting_in_force(&s)->referral_cap, 7);
	sample_close(&s);
}

/* What had passed before the claim is executed during it, and governance is not on any more: nothing is claimed back. */
static void
changed_meanwhile(void)
{
	static const char *const modes[] = {"off", "trial"};

	for (size_t i = 0; i < ROWS(modes); i++)
	{
		char		action[128];
		int64_t		proposal;

		unit_row("%s", modes[i]);
		govern(",\"cooldown_blocks\":0,\"dormant_epochs\":1,\"key_cooldown_epochs\":0,"
			   "\"tracks\":{\"constitution\":{\"timelock_blocks\":10000}}");
		snprintf(action, sizeof(action), "{\"policy\":{\"governance\":{\"mode\":\"%s\"}}}", modes[i]);
		proposal = voting_propose(&s, 1, "constitution", action);
		voting_queue(&s, proposal);
		voting_wait_for(&s, voting_block(&s) + 2 * 512);
		(void) claim();
		voting_execute(&s, proposal);
		voting_stands(&s, proposal, "EXECUTED", "");
		voting_said(&s, "\"dormancy\"");
		voting_wait_for(&s, voting_block(&s) + 100 * 512);
		CHECK_INT(voting_settle(&s), 1);
		voting_guard(&s, "POLICY_VALID", 0, 1, true);
		voting_said(&s, "{\"agenda\":{\"items\":[],\"previous\":");
		CHECK_INT(voting_in_force(&s)->governance.mode, i == 0 ? QFS_MODE_OFF : QFS_MODE_TRIAL);
		sample_close(&s);
	}
}

/* ---- explained ---- */

static void
check_explained(uint64_t seq, const qfs_user_id *reader, const char *story)
{
	static explaining made;
	static qfs_bundle bundle;
	qfs_question q = {.topic = QFS_TOPIC_ENTRY,.seq = seq,.size = s.count,.has_subject = reader != NULL,.to_subject = reader != NULL};
	test_memory memory = {0};
	qfs_vkey	vkey = test_vkey(SAMPLE_ORIGIN, QFS_NOTE_ED25519, 1);
	qfs_error	said = {QFS_OK, ""};

	if (reader != NULL)
		q.subject = *reader;
	CHECK_STATUS(explaining_make(&made, &s, &q, -1), QFS_OK);
	CHECK_DETAIL(&made.err, "");
	CHECK_STATUS(qfs_bundle_verify(made.bundle, &vkey, &qfs_registry_own, test_allocator(&memory), &bundle, &said), QFS_OK);
	CHECK_DETAIL(&said, "");
	CHECK(made.x.is_whole || made.x.is_derived);
	if (story == NULL)
		return;
	for (size_t at = 0; at + strlen(story) <= made.bundle.len; at++)
		if (memcmp(made.bundle.data + at, story, strlen(story)) == 0)
			return;
	CHECK_SLICE(made.bundle, qfs_slice_of(story));
}

/* To an auditor and to a stranger: what comes after a settlement that still had the claim on its agenda, too. */
static void
explained(void)
{
	test_wallet stranger = test_wallet_of(99);
	uint64_t	seqs[8];
	unsigned	n = 0;

	govern(",\"cooldown_blocks\":0,\"dormant_epochs\":1");
	enter_text();
	voting_wait_for(&s, voting_tally(&s, open_proposal).ends - 1);
	seqs[n++] = (uint64_t) claim();
	CHECK_STATUS(vote(), QFS_OK);
	seqs[n++] = s.count - 1;
	voting_wait_for(&s, voting_tally(&s, open_proposal).ends);
	CHECK_INT(voting_settle(&s), 1);
	enter_text();
	voting_wait_for(&s, voting_tally(&s, open_proposal).ends - 1);
	(void) claim();
	open_other();
	seqs[n++] = s.count - 1;
	voting_wait_for(&s, voting_block(&s) + 1);
	CHECK_INT(voting_settle(&s), 1);
	seqs[n++] = (uint64_t) claim();
	CHECK_STATUS(sample_append(&s, "DORMANCY_CLAIMED", "{}"), QFS_OK);
	seqs[n++] = s.count - 1;
	voting_wait_for(&s, voting_tally(&s, open_proposal).ends);
	CHECK_INT(voting_settle(&s), 1);
	CHECK_STATUS(give_some_back(), QFS_OK);
	seqs[n++] = s.count - 1;
	CHECK_STATUS(give_more_back(), QFS_OK);
	seqs[n++] = s.count - 1;
	(void) claim();
	voting_wait_for(&s, voting_block(&s) + 101 * 512);
	CHECK_INT(voting_settle(&s), 1);
	seqs[n++] = s.count - 1;
	CHECK_STATUS(sample_append(&s, "EVENT_TYPE", "{\"by\":\"account\",\"schema\":{},\"type\":\"POSTED\"}"), QFS_OK);
	for (unsigned i = 0; i < n; i++)
	{
		unit_row("entry %u", (unsigned) seqs[i]);
		check_explained(seqs[i], NULL, NULL);
		check_explained(seqs[i], &stranger.user, NULL);
	}
	check_explained(seqs[1], NULL, "That ends the claim of entry 13 that nobody governs.");
	check_explained(seqs[0], NULL, "The operator claims that nobody governs");
	check_explained(seqs[4], NULL, "The operator could not claim that nobody governs: ");
	check_explained(seqs[n - 1], NULL, "governance is in trial from the next entry on");
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(too_early), CASE(not_there), CASE(ended), CASE(not_ended), CASE(due), CASE(changed_meanwhile), CASE(explained),
	NO_MORE_CASES
};

const unit_suite suite_dormancy = {"dormancy", cases};
