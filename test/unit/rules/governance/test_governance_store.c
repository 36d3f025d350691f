/*
 * test_governance_store.c - a store that fails while somebody proposes, votes and settles, and records that no ledger leads to.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include "support/failing_store.h"
#include "support/voting.h"

static sample s;
static int64_t proposal;

/* ---- one event of each kind, on a ledger in which it does as much as it can ---- */

static void
convene(void)
{
	voting_four(&s, ",\"cooldown_blocks\":0,\"key_cooldown_epochs\":0");
	s.apart = true;
	voting_propose(&s, 2, "emergency", "{\"policy\":{\"referral\":{\"cap\":80}}}");
}

static void
propose(void)
{
	proposal = voting_propose(&s, 1, "parameter", HALVE);
}

static void
propose_seats(void)
{
	proposal = voting_propose(&s, 1, "constitution", voting_seat_action(5, 20));
}

/* All but the last vote, in the last block for it. */
static void
vote(void)
{
	voting_wait_for(&s, 200);
	voting_settle(&s);
	voting_wait_for(&s, voting_tally(&s, proposal).ends - 1);
	CHECK_STATUS(voting_vote(&s, 1, proposal, "yes"), QFS_OK);
	CHECK_STATUS(voting_vote(&s, 2, proposal, "yes"), QFS_OK);
}

static void
vote_last(void)
{
	CHECK_STATUS(voting_vote(&s, 3, proposal, "yes"), QFS_OK);
	voting_wait_for(&s, voting_tally(&s, proposal).ends);
}

static void
tally(void)
{
	CHECK_INT(voting_settle(&s), 1);
	voting_wait_for(&s, voting_tally(&s, proposal).enacts);
}

/* The policy that it was proposed over is not the one in force any more. */
static void
change_policy(void)
{
	people_policy(&s, "{\"governance\":{\"cooldown_blocks\":0,\"deposit\":\"0\",\"mode\":\"trial\"},\"signed\":\"none\"}");
}

static qfs_status
appoint(void)
{
	return voting_appoint(&s, 1, 24);
}

static qfs_status
make_proposal(void)
{
	return voting_act(&s, 1, "PROPOSAL_CREATED", voting_proposal("parameter", HALVE));
}

static qfs_status
make_emergency(void)
{
	return voting_act(&s, 1, "PROPOSAL_CREATED", voting_proposal("emergency", HALVE));
}

static qfs_status
cancel(void)
{
	return voting_act(&s, 1, "PROPOSAL_CANCELLED", voting_withdrawal(proposal));
}

static qfs_status
vote_once_more(void)
{
	return voting_vote(&s, 3, proposal, "yes");
}

/* What is due is asked of the store, too. */
static qfs_status
settle(void)
{
	static uint8_t memory[QFS_SETTLEMENT_MAX + 1];
	const char *type;
	qfs_buf		payload;
	qfs_status	status;

	qfs_buf_init(&payload, memory, QFS_SETTLEMENT_MAX);
	status = qfs_settlement_next(&s.reducer, signin_now(&s), &type, &payload, &s.err);
	if (status != QFS_OK)
		return status;
	memory[payload.len] = '\0';
	qfs_reducer_forget(&s.reducer);
	return sample_append_as(&s, "{\"via\":\"ledger\"}", NULL, type, (const char *) memory);
}

static const struct
{
	const char *name;
	void		(*before[6]) (void);
	qfs_status	(*event) (void);
	const char *state;			/* of the proposal, in the end; or NULL */
}			events[] = {
	{"seats", {NULL}, appoint, NULL},
	{"a proposal", {NULL}, make_proposal, NULL},
	{"an emergency", {NULL}, make_emergency, NULL},
	{"one that is taken back", {propose}, cancel, "CANCELLED"},
	{"a vote that moves the end", {propose, vote}, vote_once_more, "OPEN"},
	{"a tally", {propose, vote, vote_last}, settle, "QUEUED"},
	{"an execution", {propose, vote, vote_last, tally}, settle, "EXECUTED"},
	{"an execution over another policy", {propose, change_policy, vote, vote_last, tally}, settle, "EXECUTED"},
	{"an execution of seats", {propose_seats, vote, vote_last, tally}, settle, "EXECUTED"},
};

/*
 * Every call that a rule makes, failing in turn, is the rule's own answer: above
 * all a settlement never takes what it could not read for something that
 * stands against the proposal.
 */
static void
failing_calls(void)
{
	for (size_t i = 0; i < ROWS(events); i++)
	{
		unsigned	fail_at = 1;
		qfs_status	status;

		do
		{
			failing_store store;

			convene();
			for (int k = 0; events[i].before[k] != NULL; k++)
				events[i].before[k] ();
			unit_row("%s, call %u", events[i].name, fail_at);
			store = failing_store_over(s.reducer.store, fail_at);
			s.reducer.store = &store.base;
			qfs_reducer_forget(&s.reducer);
			s.err = (qfs_error) {QFS_OK, ""};
			status = events[i].event();
			if (status != QFS_OK)
			{
				CHECK_STATUS(status, QFS_NO_MEMORY);
				CHECK_STATUS(s.err.status, QFS_NO_MEMORY);
			}
			else
				CHECK_UINT(store.calls, fail_at - 1);
			s.reducer.store = store.inner;
			if (status == QFS_OK && events[i].state != NULL)
				voting_stands(&s, proposal, events[i].state, "");
			sample_close(&s);
			fail_at++;
		} while (status != QFS_OK && fail_at < 60);
		CHECK(fail_at > 5 && fail_at < 60);
	}
}

/* ---- records ---- */

static void
put(const qfs_kind *kind, const void *record)
{
	qfs_store  *store = qfs_memory_store_base(s.store);

	CHECK_STATUS(store->put(store, kind, record, NULL), QFS_OK);
	qfs_reducer_forget(&s.reducer);
}

static qfs_proposal_record
proposed(void)
{
	qfs_store  *store = qfs_memory_store_base(s.store);
	qfs_proposal_record record = {.seq = proposal};
	bool		found;

	CHECK_STATUS(store->get(store, &qfs_kind_proposal, &record, &found, NULL), QFS_OK);
	CHECK(found);
	return record;
}

/* What passed and is by now for another track, or for none, or no key at all: it comes to nothing, and the ledger goes on. */
static void
of_another_class(void)
{
	static const char *const changes[] = {
		"{\"policy\":{\"visibility\":\"public\"}}", "{\"policy\":{\"operators\":[]}}", "{\"policy\":{\"gone\":1}}", "{\"policy\":{\"rules\":99}}"
	};

	for (size_t i = 0; i < ROWS(changes); i++)
	{
		qfs_proposal_record record;

		unit_row("%s", changes[i]);
		convene();
		propose();
		vote();
		vote_last();
		tally();
		record = proposed();
		record.change = qfs_slice_of(changes[i]);
		put(&qfs_kind_proposal, &record);
		CHECK_INT(voting_settle(&s), 1);
		voting_guard(&s, "POLICY_VALID", 0, 1, true);
		voting_stands(&s, proposal, "FAILED", "POLICY_VALID");
		sample_close(&s);
	}
}

/* Records that contradict each other are said to, by whoever meets them. */
static void
spoilt(void)
{
	static const char *const items[] = {
		"{}", "[[1]]", "[[1,2]]", "[[1,2,\"tally\",3]]", "[[1,2,\"nothing\"]]", "[[\"1\",2,\"tally\"]]", "[[2,1,\"tally\"],[1,2,\"tally\"]]",
		"[[1,2,\"tally\"],[1,2,\"execute\"]]", "[[1,2,\"tally\"],[1,2,\"tally\"]]", "not JSON",
		"[[1,1,\"tally\"],[1,2,\"tally\"],[1,3,\"tally\"],[1,4,\"tally\"],[1,5,\"tally\"],[1,6,\"tally\"],[1,7,\"tally\"],[1,8,\"tally\"],"
		"[1,9,\"tally\"],[1,10,\"tally\"],[1,11,\"tally\"],[1,12,\"tally\"],[1,13,\"tally\"],[1,14,\"tally\"],[1,15,\"tally\"],[1,16,\"tally\"],"
		"[1,17,\"tally\"],[1,18,\"tally\"]]",
	};
	qfs_proposal_record record;
	qfs_nod_record nod = {.user = test_wallet_of(3).user,.nod = 25,.seq = 99999,.changes = 3};

	for (size_t i = 0; i < ROWS(items); i++)
	{
		qfs_agenda_record agenda = {.due = QFS_NEVER_DUE,.last = 3,.items = qfs_slice_of(items[i])};

		unit_row("%s", items[i]);
		convene();
		put(&qfs_kind_agenda, &agenda);
		CHECK_STATUS(make_proposal(), QFS_STATE_MISMATCH);
		CHECK_DETAIL(&s.err, "the agenda of entry 3 is none");
		sample_close(&s);
	}
	unit_row("terms");
	convene();
	propose();
	record = proposed();
	record.terms = QFS_LITERAL("{}");
	put(&qfs_kind_proposal, &record);
	voting_wait_for(&s, 50);
	CHECK_STATUS(cancel(), QFS_STATE_MISMATCH);
	CHECK_DETAIL(&s.err, "has no terms");
	sample_close(&s);
	unit_row("seats of nobody");
	convene();
	put(&qfs_kind_electorate, &(qfs_electorate_record) {.total = 24,.holders = 4});
	CHECK_STATUS(appoint(), QFS_STATE_MISMATCH);
	CHECK_DETAIL(&s.err, "of 24 seats of 4 holders one account has 25");
	put(&qfs_kind_electorate, &(qfs_electorate_record) {.total = 100});
	CHECK_STATUS(appoint(), QFS_STATE_MISMATCH);
	sample_close(&s);
	unit_row("changes of seats");
	convene();
	propose();
	voting_wait_for(&s, 200);
	voting_settle(&s);
	voting_wait_for(&s, 300);
	voting_settle(&s);
	put(&qfs_kind_nod, &nod);
	CHECK_STATUS(vote_once_more(), QFS_STATE_MISMATCH);
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(failing_calls),
	CASE(of_another_class),
	CASE(spoilt),
	NO_MORE_CASES
};

const unit_suite suite_governance_store = {"governance_store", cases};
