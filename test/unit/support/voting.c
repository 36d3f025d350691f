/*
 * voting.c - holders who propose and vote with their wallets, and a ledger that settles.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "support/voting.h"

#include <sodium.h>
#include <stdio.h>

#include "support/harness.h"

/* Of each wallet the last one used, in the ledger that was opened last. */
static int64_t nonces[256];

const char *
voting_auth(const sample *s, uint8_t wallet, int64_t nonce, const char *type, const char *payload)
{
	static char auth[512];
	static char text[20000];
	char		digits[65];
	char		sig[131];
	uint8_t		signature[65];
	test_wallet who = test_wallet_of(wallet);
	int			len;

	sodium_bin2hex(digits, sizeof(digits), s->entry[0].seal.hash.bytes, QFS_HASH_LEN);
	len = snprintf(text, sizeof(text), "%s asks for your signature.\n\nEvent: %s\nPayload: %s\nNonce: %lld\nLedger: %s",
				   SAMPLE_ORIGIN, type, payload, (long long) nonce, digits);
	test_personal_sign(&who, (qfs_slice) {(uint8_t *) text, (size_t) len}, signature);
	sodium_bin2hex(sig, sizeof(sig), signature, sizeof(signature));
	snprintf(auth, sizeof(auth), "{\"nonce\":%lld,\"sig\":\"0x%s\",\"via\":\"wallet\"}", (long long) nonce, sig);
	return auth;
}

qfs_status
voting_appoint(sample *s, uint8_t wallet, int64_t nod)
{
	test_wallet who = test_wallet_of(wallet);
	char		payload[256];

	snprintf(payload, sizeof(payload), "{\"account\":\"%s\",\"nod\":%lld,\"reason\":\"founder\"}", who.user_name,
			 (long long) nod);
	return sample_append(s, "NOD_CHANGED", payload);
}

void
voting_ledger(sample *s, const char *more, unsigned n, const int64_t *nod)
{
	char		changes[2048];

	memset(nonces, 0, sizeof(nonces));
	sample_open(s);
	sample_genesis(s);
	snprintf(changes, sizeof(changes), "{\"governance\":{\"deposit\":\"0\",\"mode\":\"trial\"%s}}", more);
	CHECK_STATUS(sample_append(s, "POLICY_CHANGED", sample_policy_payload(changes)), QFS_OK);
	for (unsigned i = 0; i < n; i++)
		CHECK_STATUS(voting_appoint(s, (uint8_t) (i + 1), nod[i]), QFS_OK);
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

const char *
voting_proposal(const char *track, const char *action)
{
	static char text[12000];

	snprintf(text, sizeof(text), "{\"action\":%s,\"text\":\"" VOTING_TEXT "\",\"title\":\"A proposal\",\"track\":\"%s\"}", action,
			 track);
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
