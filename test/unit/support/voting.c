/*
 * voting.c - holders who propose and vote with their wallets, and a ledger that settles.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "support/voting.h"

#include <sodium.h>
#include <stdio.h>

#include "engine/outcome.h"
#include "support/harness.h"

/* Of each wallet the last one used, in the ledger that was opened last. */
static int64_t nonces[256];

const char *
voting_auth(const sample *s, uint8_t wallet, int64_t nonce, const char *type, const char *payload)
{
	test_wallet who = test_wallet_of(wallet);

	return voting_sign(s, &who, nonce, type, payload);
}

const char *
voting_sign(const sample *s, const test_wallet *who, int64_t nonce, const char *type, const char *payload)
{
	static char auth[512];
	static char text[20000];
	char		digits[65];
	char		sig[131];
	uint8_t		signature[65];
	int			len;

	sodium_bin2hex(digits, sizeof(digits), s->entry[0].seal.hash.bytes, QFS_HASH_LEN);
	len = snprintf(text, sizeof(text), "%s asks for your signature.\n\nEvent: %s\nPayload: %s\nNonce: %lld\nLedger: %s",
				   SAMPLE_ORIGIN, type, payload, (long long) nonce, digits);
	test_personal_sign(who, (qfs_slice) {(uint8_t *) text, (size_t) len}, signature);
	sodium_bin2hex(sig, sizeof(sig), signature, sizeof(signature));
	snprintf(auth, sizeof(auth), "{\"nonce\":%lld,\"sig\":\"0x%s\",\"via\":\"wallet\"}", (long long) nonce, sig);
	return auth;
}

qfs_status
voting_appoint(sample *s, uint8_t wallet, int64_t nod)
{
	return sample_append(s, "NOD_CHANGED", voting_seats(wallet, nod));
}

/* The default policy with governance in trial, without a deposit, and with more of its object. */
static const char *
trial(const char *more)
{
	static char payload[QFS_POLICY_MAX + 64];
	char		changes[2048];
	qfs_buf		buf;

	snprintf(changes, sizeof(changes), "{\"governance\":{%s}}", more[0] == ',' ? more + 1 : more);
	qfs_buf_init(&buf, payload, sizeof(payload) - 1);
	qfs_buf_text(&buf, "{\"policy\":");
	CHECK_STATUS(qfs_policy_merge(qfs_slice_of(sample_policy("{\"governance\":{\"deposit\":\"0\",\"mode\":\"trial\"}}")),
								  qfs_slice_of(changes), &buf, NULL), QFS_OK);
	qfs_buf_byte(&buf, '}');
	payload[buf.len] = '\0';
	return payload;
}

void
voting_ledger(sample *s, const char *more, unsigned n, const int64_t *nod)
{
	memset(nonces, 0, sizeof(nonces));
	sample_open(s);
	sample_genesis(s);
	CHECK_STATUS(sample_append(s, "POLICY_CHANGED", trial(more)), QFS_OK);
	for (unsigned i = 0; i < n; i++)
		CHECK_STATUS(voting_appoint(s, (uint8_t) (i + 1), nod[i]), QFS_OK);
}

void
voting_four(sample *s, const char *more)
{
	static const int64_t four[] = {25, 25, 25, 25};

	voting_ledger(s, more, 4, four);
}

qfs_status
voting_act(sample *s, uint8_t wallet, const char *type, const char *payload)
{
	test_wallet who = test_wallet_of(wallet);
	qfs_status	status = sample_append_as(s, voting_auth(s, wallet, nonces[wallet] + 1, type, payload), &who.user, type, payload);

	nonces[wallet] += status == QFS_OK;
	return status;
}

void
voting_refuse(sample *s, uint8_t wallet, const char *type, const char *payload, qfs_status want, const char *detail)
{
	test_wallet who = test_wallet_of(wallet);

	sample_refuse_as(s, voting_auth(s, wallet, nonces[wallet] + 1, type, payload), &who.user, type, payload, want, detail);
}

/* ---- payloads ---- */

const char *
voting_seats(uint8_t wallet, int64_t nod)
{
	static char text[256];

	snprintf(text, sizeof(text), "{\"account\":\"%s\",\"nod\":%lld,\"reason\":\"founder\"}", test_wallet_of(wallet).user_name,
			 (long long) nod);
	return text;
}

const char *
voting_proposal(const char *track, const char *action)
{
	static char text[12000];

	snprintf(text, sizeof(text), "{\"action\":%s,\"text\":\"" VOTING_TEXT "\",\"title\":\"A proposal\",\"track\":\"%s\"}", action,
			 track);
	return text;
}

const char *
voting_seat_action(uint8_t wallet, int64_t nod)
{
	static char text[256];

	snprintf(text, sizeof(text), "{\"nod\":[{\"account\":\"%s\",\"nod\":%lld}]}", test_wallet_of(wallet).user_name, (long long) nod);
	return text;
}

const char *
voting_ballot(int64_t proposal, const char *payload, const char *choice)
{
	static char text[256];
	uint8_t		hash[32];
	char		digits[65];

	crypto_hash_sha256(hash, (const uint8_t *) payload, strlen(payload));
	sodium_bin2hex(digits, sizeof(digits), hash, sizeof(hash));
	snprintf(text, sizeof(text), "{\"action\":\"%s\",\"choice\":\"%s\",\"proposal\":%lld}", digits, choice, (long long) proposal);
	return text;
}

const char *
voting_withdrawal(int64_t proposal)
{
	static char text[64];

	snprintf(text, sizeof(text), "{\"proposal\":%lld}", (long long) proposal);
	return text;
}

/* ---- proposals that are voted on ---- */

/* More than an agenda has places. */
#define REMEMBERED 32

static struct
{
	int64_t		proposal;
	char		payload[12000];
}			entered[REMEMBERED];
static unsigned entered_count;

/* With a payload of one's own for a proposal, which later votes are on; its number. */
static int64_t
enter(sample *s, uint8_t wallet, const char *payload)
{
	unsigned	n = entered_count++ % REMEMBERED;

	snprintf(entered[n].payload, sizeof(entered[n].payload), "%s", payload);
	entered[n].proposal = people_next(s);
	CHECK_STATUS(voting_act(s, wallet, "PROPOSAL_CREATED", entered[n].payload), QFS_OK);
	CHECK(!qfs_outcome_is_blocked(s->event.outcome));
	return entered[n].proposal;
}

int64_t
voting_propose(sample *s, uint8_t wallet, const char *track, const char *action)
{
	return enter(s, wallet, voting_proposal(track, action));
}

const char *
voting_payload(int64_t proposal)
{
	for (unsigned back = 1; back <= REMEMBERED && back <= entered_count; back++)
		if (entered[(entered_count - back) % REMEMBERED].proposal == proposal)
			return entered[(entered_count - back) % REMEMBERED].payload;
	CHECK(proposal < 0);
	return "";
}

qfs_status
voting_vote(sample *s, uint8_t wallet, int64_t proposal, const char *choice)
{
	return voting_act(s, wallet, "VOTE_CAST", voting_ballot(proposal, voting_payload(proposal), choice));
}

void
voting_agree(sample *s, uint8_t n, int64_t proposal)
{
	for (uint8_t wallet = 1; wallet <= n; wallet++)
		CHECK_STATUS(voting_vote(s, wallet, proposal, "yes"), QFS_OK);
}

void
voting_queue(sample *s, int64_t proposal)
{
	voting_wait_for(s, voting_tally(s, proposal).ends - 1);
	voting_agree(s, 3, proposal);
	/* The end may have moved. */
	voting_wait_for(s, voting_tally(s, proposal).ends);
	CHECK_INT(voting_settle(s), 1);
	voting_stands(s, proposal, "QUEUED", "");
}

void
voting_execute(sample *s, int64_t proposal)
{
	voting_wait_for(s, voting_tally(s, proposal).enacts);
	CHECK_INT(voting_settle(s), 1);
	CHECK_STATUS(qfs_reducer_refresh(&s->reducer, NULL), QFS_OK);
}

/* ---- what came of it ---- */

static bool
has_text(qfs_slice text, const char *part)
{
	size_t		len = strlen(part);

	for (size_t at = 0; at + len <= text.len; at++)
		if (memcmp(text.data + at, part, len) == 0)
			return true;
	return false;
}

/* What was looked for, and where it is not. */
static void
check_said(qfs_slice text, const char *part, bool wanted)
{
	if (has_text(text, part) != wanted)
		CHECK_SLICE(text, qfs_slice_of(part));
	else
		CHECK(true);
}

void
voting_guard(const sample *s, const char *name, int64_t bound, int64_t observed, bool blocks)
{
	char		want[256];

	snprintf(want, sizeof(want), GUARD("%s", "%lld", "%lld", "%s"), (long long) bound, name, (long long) observed,
			 blocks ? "BLOCK" : "PASS");
	check_said(s->event.outcome, want, true);
}

void
voting_guard_amount(const sample *s, const char *name, const char *bound, const char *observed, bool blocks)
{
	char		want[256];

	snprintf(want, sizeof(want), GUARD("%s", "\"%s.000000000000000000\"", "\"%s.000000000000000000\"", "%s"), bound, name, observed,
			 blocks ? "BLOCK" : "PASS");
	check_said(s->event.outcome, want, true);
}

void
voting_no_guard(const sample *s, const char *name)
{
	char		part[128];

	snprintf(part, sizeof(part), "\"guard\":\"%s\"", name);
	check_said(s->event.outcome, part, false);
}

void
voting_said(const sample *s, const char *text)
{
	check_said(qfs_result_of(s->event.outcome), text, true);
}

void
voting_stands(const sample *s, int64_t proposal, const char *state, const char *guard)
{
	qfs_tally_record tally = voting_tally(s, proposal);

	CHECK_TEXT(qfs_slice_of(tally.state), state);
	CHECK_TEXT(qfs_slice_of(tally.has_guard ? tally.guard : ""), guard);
}

const qfs_policy *
voting_in_force(sample *s)
{
	CHECK_STATUS(qfs_reducer_refresh(&s->reducer, NULL), QFS_OK);
	return &s->reducer.policy;
}

int64_t
voting_block(const sample *s)
{
	return (signin_now(s) - SAMPLE_TIME) / PEOPLE_BLOCK;
}

void
voting_wait_for(sample *s, int64_t block)
{
	int64_t		at = SAMPLE_TIME + block * PEOPLE_BLOCK;

	if (at > signin_now(s))
		people_wait(s, at - signin_now(s));
}

unsigned
voting_settle(sample *s)
{
	static uint8_t memory[QFS_SETTLEMENT_MAX + 1];
	const char *type;
	qfs_buf		payload;
	qfs_error	err;

	for (unsigned n = 0;; n++)
	{
		qfs_buf_init(&payload, memory, QFS_SETTLEMENT_MAX);
		CHECK_STATUS(qfs_settlement_next(&s->reducer, signin_now(s), &type, &payload, &err), QFS_OK);
		if (type == NULL || n == 100)
			return n;
		memory[payload.len] = '\0';
		CHECK_STATUS(sample_append_as(s, "{\"via\":\"ledger\"}", NULL, type, (const char *) memory), QFS_OK);
	}
}

qfs_tally_record
voting_tally(const sample *s, int64_t proposal)
{
	qfs_store  *store = qfs_memory_store_base(s->store);
	qfs_tally_record tally = {.proposal = proposal};
	bool		found;

	CHECK_STATUS(store->get(store, &qfs_kind_tally, &tally, &found, NULL), QFS_OK);
	CHECK(found);
	return tally;
}
