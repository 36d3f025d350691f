/*
 * votes.c - what the last of many votes on a proposal costs, against the first.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 *   votes N       prints: microseconds of processor time of the first votes, and of those after N
 *
 * Two ledgers in memory take turns: one has no vote yet, the other has N.  What
 * is measured is the rule, from the event to its outcome and its records;
 * signatures are taken on trust, and nothing is hashed or stored on a disk.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/harness.h"
#include "support/voting.h"

/* Votes that are compared. */
#define COMPARED 2000

static sample ledgers[2];
static char payload[512];
static int64_t proposal;

static void
fail(const char *what, const qfs_error *err)
{
	fprintf(stderr, "%s: %s\n", what, err->detail);
	exit(1);
}

static qfs_user_id
voter_of(unsigned n)
{
	qfs_user_id user;

	crypto_hash_sha256(user.bytes, (const uint8_t *) &n, sizeof(n));
	return user;
}

/* A seat, as if an entry had given it before the proposal. */
static void
seat(sample *s, unsigned n)
{
	qfs_store  *store = s->reducer.store;
	qfs_nod_record nod = {.user = voter_of(n),.nod = 1,.seq = 1,.changes = 1};
	qfs_error	err;

	if (store->put(store, &qfs_kind_nod, &nod, &err) != QFS_OK)
		fail("a seat", &err);
}

/* The nth vote; its time. */
static double
vote(sample *s, const char *ballot, unsigned n)
{
	static uint8_t memory[2][QFS_PAYLOAD_MAX];
	qfs_entry	event = {
		.seq = 1000 + n,.at = signin_now(s),.has_actor = true,.actor = voter_of(n),.type = QFS_LITERAL("VOTE_CAST"),
		.payload = qfs_slice_of(ballot),.auth = QFS_LITERAL("{\"nonce\":1,\"via\":\"wallet\"}"),.sig = QFS_LITERAL("\"0x00\"")
	};
	clock_t		begin = clock();
	qfs_buf		outcome;
	qfs_buf		accounts;
	qfs_error	err;

	qfs_buf_init(&outcome, memory[0], sizeof(memory[0]));
	qfs_buf_init(&accounts, memory[1], sizeof(memory[1]));
	for (int part = 0; part < QFS_PARTS; part++)
		event.parts[part].shown = true;
	if (qfs_reduce(&s->reducer, &event, &outcome, &accounts, &err) != QFS_OK)
		fail("a vote", &err);
	return (double) (clock() - begin) / CLOCKS_PER_SEC;
}

static void
open_ledger(sample *s, unsigned votes)
{
	static const int64_t one[] = {1};

	voting_ledger(s, ",\"threshold_percent\":0", 1, one);
	snprintf(payload, sizeof(payload), "%s", voting_proposal("parameter", "{\"policy\":{\"referral\":{\"cap\":50}}}"));
	proposal = people_next(s);
	if (voting_act(s, 1, "PROPOSAL_CREATED", payload) != QFS_OK)
		fail("a proposal", &s->err);
	voting_wait_for(s, VOTING_REVIEW + 1);
	s->reducer.check_signatures = false;
	for (unsigned n = 0; n < votes + COMPARED; n++)
		seat(s, n);
}

int
main(int argc, char **argv)
{
	unsigned	before = argc == 2 ? (unsigned) strtoul(argv[1], NULL, 10) : 0;
	double		times[2] = {0, 0};
	char		ballot[256];

	if (before == 0)
		return 2;
	open_ledger(&ledgers[0], 0);
	open_ledger(&ledgers[1], before);
	snprintf(ballot, sizeof(ballot), "%s", voting_ballot(proposal, payload, "abstain"));
	for (unsigned n = 0; n < before; n++)
		(void) vote(&ledgers[1], ballot, n);
	for (unsigned n = 0; n < COMPARED; n++)
	{
		times[0] += vote(&ledgers[0], ballot, n);
		times[1] += vote(&ledgers[1], ballot, before + n);
	}
	printf("%.2f %.2f\n", 1e6 * times[0] / COMPARED, 1e6 * times[1] / COMPARED);
	return 0;
}
