/*
 * fuzz_agenda.c - holders who propose, vote and change seats, an operator who changes the policy, and time that goes by: what is due is always settled.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Two bytes of the input are a step: what is done, and by whom, to what.  Every
 * step may be refused.  A settlement never is: after each step whatever is due
 * is settled, and in the end, when nobody does anything any more, nothing is
 * left on the agenda, after as many settlements as its proposals can need.
 * Signatures are not checked here; what they are over is for other tests.
 */
#include <stdio.h>
#include <stdlib.h>

#include "engine/outcome.h"
#include "fuzz.h"
#include "ledger/registry.h"
#include "ledger/state_hash.h"
#include "support/harness.h"
#include "support/voting.h"

#define STEPS_MAX 60
#define WALLETS 6
#define PROPOSALS_MAX 64

/* A proposal is tallied after each of three silences, once more, and executed. */
#define SETTLEMENTS_OF_ONE (QFS_EXTENSIONS_MAX + 2)

static sample s;
static test_wallet wallets[WALLETS];
static int64_t nonces[WALLETS];

static struct
{
	int64_t		seq;
	char		payload[1024];
}			proposals[PROPOSALS_MAX];
static unsigned proposal_count;
static unsigned settlements;

/* ---- what is done ---- */

/* %s: the account of the step's wallet, and the one after it. */
static const struct
{
	const char *track;
	const char *action;
}			motions[] = {
	{"parameter", "{\"policy\":{\"referral\":{\"cap\":50}}}"},
	{"parameter", "{\"policy\":{\"referral\":{\"cap\":60,\"points\":1}}}"},
	{"parameter", "{\"policy\":{\"referral\":{\"flx_cap\":\"100\"}}}"},
	{"parameter", "{\"policy\":{\"limits\":{\"events_per_minute\":0,\"logins_per_minute\":0}}}"},
	{"parameter", "{\"policy\":{\"signed\":\"all\",\"signed_types\":[\"VOTE_CAST\"]}}"},
	{"text", "{}"},
	{"constitution", "{\"policy\":{\"governance\":{\"mode\":\"on\"}}}"},
	{"constitution", "{\"policy\":{\"governance\":{\"mode\":\"off\"}}}"},
	{"constitution", "{\"policy\":{\"governance\":{\"agenda\":1,\"key_cooldown_epochs\":0,\"threshold_percent\":25}}}"},
	{"constitution", "{\"policy\":{\"governance\":{\"deposit\":\"1\"}}}"},
	{"constitution", "{\"policy\":{\"operators\":[\"%s\"]}}"},
	{"constitution", "{\"nod\":[{\"account\":\"%s\",\"nod\":0}]}"},
	{"constitution", "{\"nod\":[{\"account\":\"%s\",\"nod\":20},{\"account\":\"%s\",\"nod\":21}]}"},
	{"constitution", "{\"nod\":[{\"account\":\"%s\",\"nod\":1000000000}]}"},
	{"emergency", "{\"policy\":{\"referral\":{\"cap\":1}}}"},
	{"emergency", "{\"policy\":{\"limits\":{\"events_per_minute\":1},\"operators\":[]}}"},
};

/* Parts of the object governance and of the rest, as the operator changes them. */
static const char *const policies[] = {
	"{\"governance\":{\"cooldown_blocks\":0,\"deposit\":\"0\",\"mode\":\"trial\"}}",
	"{}",
	"{\"governance\":{\"deposit\":\"0\",\"mode\":\"off\"}}",
	"{\"governance\":{\"cooldown_blocks\":0,\"deposit\":\"0\",\"mode\":\"trial\"},\"referral\":{\"cap\":80}}",
	"{\"governance\":{\"cooldown_blocks\":0,\"deposit\":\"0\",\"mode\":\"trial\"},\"referral\":{\"tiers\":[{\"flx\":\"101\",\"to\":100}]}}",
	"{\"governance\":{\"agenda\":1,\"cooldown_blocks\":0,\"deposit\":\"0\",\"grace_blocks\":512,\"late_blocks\":10000,\"mode\":\"trial\"}}",
	("{\"governance\":{\"cooldown_blocks\":0,\"deposit\":\"0\",\"late_blocks\":1,\"mode\":\"trial\",\"tracks\":{\"parameter\":{\"approval\":0,"
	 "\"quorum\":0,\"review_blocks\":0,\"timelock_blocks\":0,\"voting_blocks\":10},\"text\":{\"approval\":0,\"quorum\":0,\"review_blocks\":0}},"
	 "\"veto_percent\":50}}"),
	"{\"governance\":{\"cooldown_blocks\":0,\"deposit\":\"0\",\"mode\":\"trial\",\"power_percent\":1,\"tracks\":{\"emergency\":{\"voting_blocks\":100000}}}}",
};

static qfs_status
act(unsigned wallet, const char *type, const char *payload)
{
	static const char nobodys[] = "0000000000000000000000000000000000000000000000000000000000000000";
	char		auth[256];
	qfs_status	status;

	snprintf(auth, sizeof(auth), "{\"nonce\":%lld,\"sig\":\"0x%s%s1b\",\"via\":\"wallet\"}", (long long) nonces[wallet] + 1, nobodys, nobodys);
	status = sample_append_as(&s, auth, &wallets[wallet].user, type, payload);
	nonces[wallet] += status == QFS_OK;
	return status;
}

static qfs_status
propose(unsigned wallet, unsigned which)
{
	char		action[512];
	char		payload[1024];
	qfs_status	status;

	which %= ROWS(motions);
	snprintf(action, sizeof(action), motions[which].action, wallets[wallet].user_name, wallets[(wallet + 1) % WALLETS].user_name);
	snprintf(payload, sizeof(payload), "%s", voting_proposal(motions[which].track, action));
	status = act(wallet, "PROPOSAL_CREATED", payload);
	if (status == QFS_OK && !qfs_outcome_is_blocked(s.event.outcome) && proposal_count < PROPOSALS_MAX)
	{
		proposals[proposal_count].seq = people_next(&s) - 1;
		snprintf(proposals[proposal_count++].payload, sizeof(proposals[0].payload), "%s", payload);
	}
	return status;
}

/* One of the last four. */
static qfs_status
vote(unsigned wallet, unsigned back, unsigned choice)
{
	static const char *const choices[] = {"yes", "no", "abstain", "veto"};

	if (back >= proposal_count)
		return QFS_OK;
	back = proposal_count - 1 - back;
	return act(wallet, "VOTE_CAST", voting_ballot(proposals[back].seq, proposals[back].payload, choices[choice % 4]));
}

static qfs_status
cancel(unsigned wallet, unsigned back)
{
	char		payload[64];

	snprintf(payload, sizeof(payload), "{\"proposal\":%lld}",
			 (long long) (back < proposal_count ? proposals[proposal_count - 1 - back].seq : 1));
	return act(wallet, "PROPOSAL_CANCELLED", payload);
}

static qfs_status
change_seats(unsigned by, unsigned wallet, int64_t nod)
{
	char		payload[256];

	snprintf(payload, sizeof(payload), "{\"account\":\"%s\",\"nod\":%lld,\"reason\":\"r\"}", wallets[wallet].user_name, (long long) nod);
	return by == 0 ? sample_append(&s, "NOD_CHANGED", payload) : act(wallet, "NOD_CHANGED", payload);
}

/* Some blocks, a vote, three windows at once; or up to what is due next, a block before or after. */
static qfs_status
go_by(unsigned how)
{
	static const int64_t blocks[] = {1, 17, 60, 120, 240, 512, 720, 5121, 30000, 200000};
	qfs_agenda_record agenda = {.number = 0};
	qfs_store  *store = qfs_memory_store_base(s.store);
	bool		found;

	if (how < ROWS(blocks))
		people_wait(&s, blocks[how] * PEOPLE_BLOCK);
	else if (store->get(store, &qfs_kind_agenda, &agenda, &found, NULL) == QFS_OK && found && agenda.due != QFS_NEVER_DUE)
		voting_wait_for(&s, agenda.due + (int64_t) how % 3 - 1);
	return QFS_OK;
}

static qfs_status
step(unsigned what, unsigned how)
{
	unsigned	wallet = how % WALLETS;

	switch (what % 8)
	{
		case 0:
			return propose(wallet, how / WALLETS);
		case 1:
		case 2:
			return vote(wallet, how / WALLETS % 4, what / 8);
		case 3:
		case 4:
			return go_by(how % 16);
		case 5:
			return cancel(wallet, how / WALLETS % 4);
		case 6:
			return change_seats(what / 8 % 2, wallet, how / WALLETS);
		default:
			return sample_append(&s, "POLICY_CHANGED", sample_policy_payload(policies[how % ROWS(policies)]));
	}
}

/* ---- what holds of it ---- */

/* Nothing that is due is refused, and it comes to an end; nothing else is taken meanwhile. */
static void
settle(void)
{
	static uint8_t memory[QFS_SETTLEMENT_MAX + 1];
	const char *type;
	qfs_buf		payload;

	for (unsigned n = 0;; n++)
	{
		qfs_buf_init(&payload, memory, QFS_SETTLEMENT_MAX);
		PROPERTY(qfs_settlement_next(&s.reducer, signin_now(&s), &type, &payload, NULL) == QFS_OK);
		if (type == NULL)
			return;
		PROPERTY(n < QFS_AGENDA_MAX * SETTLEMENTS_OF_ONE);
		memory[payload.len] = '\0';
		PROPERTY(sample_append(&s, "NOTED", "{}") == QFS_SETTLEMENT_DUE);
		PROPERTY(sample_append_as(&s, "{\"via\":\"ledger\"}", NULL, type, (const char *) memory) == QFS_OK);
		settlements++;
	}
}

static const void *
record_of(const qfs_kind *kind, size_t n)
{
	return qfs_memory_store_record(s.store, kind, n);
}

/* The sums that are kept are those of what they are kept of. */
static void
check_seats(void)
{
	const qfs_electorate_record *electorate = record_of(&qfs_kind_electorate, 0);
	const qfs_nod_record *nod;
	int64_t		total = 0;
	int64_t		holders = 0;

	for (size_t n = 0; (nod = record_of(&qfs_kind_nod, n)) != NULL; n++)
	{
		total += nod->nod;
		holders += nod->nod > 0;
	}
	PROPERTY(electorate != NULL && electorate->total == total && electorate->holders == holders);
}

static void
check_count(const qfs_tally_record *tally, const qfs_proposal_record *proposal)
{
	const qfs_vote_record *vote_cast;
	int64_t		sum = 0;
	int64_t		voters = 0;

	for (size_t n = 0; (vote_cast = record_of(&qfs_kind_vote, n)) != NULL; n++)
		if (vote_cast->proposal == tally->proposal)
		{
			PROPERTY(vote_cast->power > 0 && 4 * vote_cast->power <= proposal->total);
			sum += vote_cast->power;
			voters++;
		}
	PROPERTY(tally->yes + tally->no + tally->abstain + tally->veto == sum && tally->voters == voters);
	PROPERTY(sum <= proposal->total && tally->extensions <= QFS_EXTENSIONS_MAX);
}

/* Open and queued ones are on the agenda, with the block that their tally names, and nothing else is. */
static void
check_proposals(void)
{
	const qfs_tally_record *tally;
	const qfs_proposal_record *proposal;
	const qfs_agenda_item *item;
	qfs_agenda	agenda;
	unsigned	there = 0;

	PROPERTY(qfs_agenda_get(qfs_memory_store_base(s.store), &agenda, NULL) == QFS_OK);
	for (size_t n = 0; (tally = record_of(&qfs_kind_tally, n)) != NULL; n++)
	{
		proposal = record_of(&qfs_kind_proposal, n);
		PROPERTY(proposal != NULL && proposal->seq == tally->proposal);
		check_count(tally, proposal);
		item = qfs_agenda_find(&agenda, tally->proposal);
		PROPERTY((item != NULL) == (strcmp(tally->state, "OPEN") == 0 || strcmp(tally->state, "QUEUED") == 0));
		PROPERTY((item == NULL) == tally->has_settled);
		if (item == NULL)
			continue;
		there++;
		PROPERTY((item->kind == QFS_AGENDA_EXECUTION) == (strcmp(tally->state, "QUEUED") == 0));
		PROPERTY(item->block == (item->kind == QFS_AGENDA_EXECUTION ? tally->enacts : tally->ends));
	}
	PROPERTY(there == agenda.count);
}

static void
check_states(void)
{
	qfs_hash	reduced;
	qfs_hash	recalled;

	PROPERTY(qfs_state_of_memory(s.store, s.registry, test_allocator(&s.memory), &reduced, NULL) == QFS_OK);
	PROPERTY(qfs_state_of_memory(s.recalled, s.registry, test_allocator(&s.memory), &recalled, NULL) == QFS_OK);
	PROPERTY(memcmp(&reduced, &recalled, sizeof(reduced)) == 0);
}

/* From here on nobody does anything, and the ledger sleeps between one settlement and the next. */
static void
run_out(bool sleeps)
{
	unsigned	before = settlements;
	qfs_agenda	agenda;

	for (;;)
	{
		PROPERTY(qfs_agenda_get(qfs_memory_store_base(s.store), &agenda, NULL) == QFS_OK);
		if (agenda.count == 0)
			return;
		voting_wait_for(&s, agenda.items[0].block + (sleeps ? 20000 : 0));
		settle();
		PROPERTY(settlements > before && settlements - before <= QFS_AGENDA_MAX * SETTLEMENTS_OF_ONE);
	}
}

/* ---- a ledger for each input ---- */

static void
begin(void)
{
	if (wallets[0].user_name[0] == '\0')
		for (unsigned n = 0; n < WALLETS; n++)
			wallets[n] = test_wallet_of((uint8_t) (n + 1));
	memset(nonces, 0, sizeof(nonces));
	proposal_count = 0;
	settlements = 0;
	sample_open(&s);
	s.reducer.check_signatures = false;
	sample_genesis(&s);
	PROPERTY(sample_append(&s, "POLICY_CHANGED", sample_policy_payload(policies[0])) == QFS_OK);
	for (unsigned n = 0; n < 4; n++)
		PROPERTY(change_seats(0, n, 25) == QFS_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2 || size > 2 * STEPS_MAX)
		return -1;
	begin();
	for (size_t at = 0; at + 1 < size; at += 2)
	{
		qfs_status	status;

		settle();
		status = step(data[at], data[at + 1]);
		PROPERTY(status != QFS_SETTLEMENT_DUE);
		if (status != QFS_OK)
			fuzz_check_error(status, &s.err);
	}
	check_seats();
	check_proposals();
	run_out(size % 2 == 1);
	check_seats();
	check_proposals();
	check_states();
	sample_close(&s);
	return 0;
}
