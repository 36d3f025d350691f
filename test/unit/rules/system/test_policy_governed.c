/*
 * test_policy_governed.c - what of a policy is the operator's to change, and what is decided by votes.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "crypto/sha256.h"
#include "state/governance.h"
#include "state/records.h"
#include "support/sample.h"

static sample s;

/* A ledger on which a vote has put the default policy with these changes in force: here by hand. */
static void
governed(const char *changes)
{
	static uint8_t text[QFS_POLICY_MAX];
	qfs_store  *store;
	qfs_policy_record policy = {.seq = 0};
	qfs_ledger_record ledger;
	size_t		len;

	sample_open(&s);
	sample_genesis(&s);
	s.apart = true;
	store = qfs_memory_store_base(s.store);
	len = strlen(sample_policy(changes));
	memcpy(text, sample_policy(changes), len);
	policy.policy = (qfs_slice) {text, len};
	ledger = *(const qfs_ledger_record *) qfs_memory_store_record(s.store, &qfs_kind_ledger, 0);
	qfs_sha256(policy.policy, &ledger.policy);
	CHECK_STATUS(store->put(store, &qfs_kind_policy, &policy, NULL), QFS_OK);
	CHECK_STATUS(store->put(store, &qfs_kind_ledger, &ledger, NULL), QFS_OK);
	qfs_reducer_forget(&s.reducer);
}

/* In this epoch a vote changed the key. */
static void
voted(const char *key, int64_t epoch)
{
	qfs_store  *store = qfs_memory_store_base(s.store);
	qfs_policy_key_record record = {.seq = 0,.epoch = epoch};

	memcpy(record.key, key, strlen(key));
	CHECK_STATUS(store->put(store, &qfs_kind_policy_key, &record, NULL), QFS_OK);
}

/* The policy in force with such changes of the operator's. */
static const char *
changed(const char *changes)
{
	static char payload[QFS_POLICY_MAX + 64];
	static uint8_t text[QFS_POLICY_MAX];
	qfs_buf		buf;

	CHECK_STATUS(qfs_reducer_refresh(&s.reducer, NULL), QFS_OK);
	qfs_buf_init(&buf, text, sizeof(text));
	CHECK_STATUS(qfs_policy_merge(s.reducer.policy.text, qfs_slice_of(changes), &buf, NULL), QFS_OK);
	(void) snprintf(payload, sizeof(payload), "{\"policy\":%.*s}", (int) buf.len, (const char *) text);
	return payload;
}

#define ON "\"mode\":\"on\""

/* Each leaf that is not the operator's by the default list, changed to another value that is in range. */
static void
not_the_operators(void)
{
	static const struct
	{
		const char *changes;
		const char *leaf;
	}			rows[] = {
		{"{\"coherence\":{\"acts\":{\"FRAUD_BLOCKED\":\"0.1\"}}}", "coherence.acts.FRAUD_BLOCKED"},
		{"{\"coherence\":{\"trust\":{\"VERIFIED\":\"0.4\"}}}", "coherence.trust.VERIFIED"},
		{"{\"evaluators\":[\"user_0101010101010101010101010101010101010101010101010101010101010101\"]}", "evaluators"},
		{"{\"operators\":[\"user_0101010101010101010101010101010101010101010101010101010101010101\"]}", "operators"},
		{"{\"governance\":{\"agenda\":11}}", "governance.agenda"},
		{"{\"governance\":{\"mode\":\"off\"}}", "governance.mode"},
		{"{\"governance\":{\"mode\":\"trial\"}}", "governance.mode"},
		{"{\"governance\":{\"operator_keys\":[\"referral.*\"]}}", "governance.operator_keys"},
		{"{\"governance\":{\"power_percent\":20}}", "governance.power_percent"},
		{"{\"governance\":{\"tracks\":{\"text\":{\"quorum\":29}}}}", "governance.tracks.text.quorum"},
		{"{\"page_errors\":\"on\"}", "page_errors"},
		{"{\"referral\":{\"cap\":50}}", "referral.cap"},
		{"{\"referral\":{\"flx_cap\":\"999999\"}}", "referral.flx_cap"},
		{"{\"referral\":{\"tiers\":[{\"flx\":\"100\",\"to\":100}]}}", "referral.tiers"},
		{"{\"sessions_max\":3}", "sessions_max"},
		{"{\"signed\":\"all\"}", "signed"},
		{"{\"signed_types\":[\"NOTED\"]}", "signed_types"},
		{"{\"ttl_blocks\":999}", "ttl_blocks"},
		{"{\"visibility\":\"public\"}", "visibility"},
		{"{\"limits\":{\"threads_per_day\":9},\"referral\":{\"cap\":50}}", "referral.cap"},
	};

	governed("{\"governance\":{" ON "}}");
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].changes);
		sample_refuse(&s, SAMPLE_OPERATOR, "POLICY_CHANGED", changed(rows[i].changes), QFS_POLICY_GOVERNED, rows[i].leaf);
	}
	sample_close(&s);
}

/* Its own it changes at once, and what it leaves as it is it may write again. */
static void
the_operators(void)
{
	static const char *const changes[] = {
		"{\"auth\":{\"chain_ids\":[1,137],\"domains\":[\"app.example\"],\"uris\":[\"https://app.example\"]}}",
		"{\"limits\":{\"events_per_minute\":0,\"logins_per_minute\":0,\"messages_per_minute\":0,\"threads_per_day\":0}}",
		"{\"nonce_ttl_ms\":1000}",
		"{\"governance\":{\"agenda\":12," ON "},\"referral\":{\"cap\":100}}",
		"{}",
	};

	governed("{\"governance\":{" ON "}}");
	for (size_t i = 0; i < ROWS(changes); i++)
	{
		unit_row("%s", changes[i]);
		CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", changed(changes[i])), QFS_OK);
	}
	sample_close(&s);
	governed("{\"governance\":{" ON ",\"operator_keys\":[\"referral.cap\"]}}");
	CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", changed("{\"referral\":{\"cap\":50}}")), QFS_OK);
	sample_refuse(&s, SAMPLE_OPERATOR, "POLICY_CHANGED", changed("{\"nonce_ttl_ms\":1000}"), QFS_POLICY_GOVERNED, "nonce_ttl_ms");
	sample_close(&s);
}

/* A policy without the object means the defaults, and so "off". */
static void
left_out(void)
{
	static const char *const with[] = {"{\"governance\":{" ON "}}", "{\"governance\":{\"mode\":\"trial\"}}"};

	for (size_t i = 0; i < ROWS(with); i++)
	{
		unit_row("%s", with[i]);
		governed(with[i]);
		if (i == 0)
			sample_refuse(&s, SAMPLE_OPERATOR, "POLICY_CHANGED", sample_policy_payload("{}"), QFS_POLICY_GOVERNED, "governance.mode");
		else
			CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", sample_policy_payload("{}")), QFS_OK);
		sample_close(&s);
	}
}

/* What a vote changed stays for two epochs, or as long as the policy says; then it is the operator's again. */
static void
cools_down(void)
{
	static const struct
	{
		const char *policy;
		int64_t		epoch;		/* of now */
		bool		is_free;
	}			rows[] = {
		{"{\"governance\":{" ON "}}", 7, false},
		{"{\"governance\":{" ON "}}", 8, false},
		{"{\"governance\":{" ON "}}", 9, true},
		{"{\"governance\":{\"key_cooldown_epochs\":3," ON "}}", 9, false},
		{"{\"governance\":{\"key_cooldown_epochs\":3," ON "}}", 10, true},
		{"{\"governance\":{\"key_cooldown_epochs\":0," ON "}}", 7, true},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s in epoch %lld", rows[i].policy, (long long) rows[i].epoch);
		governed(rows[i].policy);
		voted("nonce_ttl_ms", 7);
		s.later = rows[i].epoch * 512 * INT64_C(17000);
		if (rows[i].is_free)
			CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", changed("{\"nonce_ttl_ms\":1000}")), QFS_OK);
		else
		{
			sample_refuse(&s, SAMPLE_OPERATOR, "POLICY_CHANGED", changed("{\"nonce_ttl_ms\":1000}"), QFS_POLICY_GOVERNED, "nonce_ttl_ms");
			/* It alone. */
			CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", changed("{\"limits\":{\"threads_per_day\":9}}")), QFS_OK);
		}
		sample_close(&s);
	}
}

/* The operator changes everything while governance is off or tried out, but does not turn it on. */
static void
not_on(void)
{
	static const char *const modes[] = {"{}", "{\"governance\":{}}", "{\"governance\":{\"mode\":\"trial\"}}"};

	for (size_t i = 0; i < ROWS(modes); i++)
	{
		unit_row("%s", modes[i]);
		governed(modes[i]);
		voted("referral.cap", 0);
		sample_refuse(&s, SAMPLE_OPERATOR, "POLICY_CHANGED", changed("{\"governance\":{" ON "}}"), QFS_POLICY_GOVERNED, "governance.mode");
		CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", changed("{\"governance\":{\"mode\":\"trial\",\"power_percent\":20},"
					 "\"referral\":{\"cap\":50},\"visibility\":\"public\"}")), QFS_OK);
		CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", changed("{\"governance\":{\"mode\":\"off\"}}")), QFS_OK);
		sample_close(&s);
	}
}

/* What is wrong in itself is refused as it was before there was governance. */
static void
wrong(void)
{
	governed("{\"governance\":{" ON "}}");
	sample_refuse(&s, SAMPLE_OPERATOR, "POLICY_CHANGED", changed("{\"block_ms\":17001}"), QFS_POLICY_INVALID, "stay as genesis set them");
	sample_refuse(&s, SAMPLE_OPERATOR, "POLICY_CHANGED", changed("{\"rules\":2}"), QFS_RULES_UNKNOWN, "2");
	/* Rules first: whoever does not have them cannot say what a change of the rest would be. */
	sample_refuse(&s, SAMPLE_OPERATOR, "POLICY_CHANGED", changed("{\"block_ms\":17001,\"rules\":2}"), QFS_RULES_UNKNOWN, "2");
	sample_close(&s);
}

/* A ledger begins with "off" or "trial". */
static void
genesis(void)
{
	static const struct
	{
		const char *mode;
		qfs_status	status;
	}			rows[] = {{"off", QFS_OK}, {"trial", QFS_OK}, {"on", QFS_POLICY_GOVERNED}};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		static char payload[QFS_POLICY_MAX + 2048];
		const char *whole = sample_genesis_payload(SAMPLE_ORIGIN, 1);
		const char *at = strstr(whole, "\"policy\":") + strlen("\"policy\":");
		static uint8_t text[QFS_POLICY_MAX];
		qfs_buf		buf;
		char		change[64];

		unit_row("%s", rows[i].mode);
		/* In place of the default policy. */
		(void) snprintf(change, sizeof(change), "{\"governance\":{\"mode\":\"%s\"}}", rows[i].mode);
		qfs_buf_init(&buf, text, sizeof(text));
		CHECK_STATUS(qfs_policy_merge(qfs_policy_default(), qfs_slice_of(change), &buf, NULL), QFS_OK);
		(void) snprintf(payload, sizeof(payload), "%.*s%.*s%s", (int) (at - whole), whole, (int) buf.len, (const char *) text,
						at + qfs_policy_default().len);
		sample_open(&s);
		if (rows[i].status == QFS_OK)
			CHECK_STATUS(sample_append(&s, "GENESIS", payload), QFS_OK);
		else
			sample_refuse(&s, SAMPLE_OPERATOR, "GENESIS", payload, rows[i].status, "governance.mode");
		sample_close(&s);
	}
}

static const unit_case cases[] = {
	CASE(not_the_operators),
	CASE(the_operators),
	CASE(left_out),
	CASE(cools_down),
	CASE(not_on),
	CASE(wrong),
	CASE(genesis),
	NO_MORE_CASES
};

const unit_suite suite_policy_governed = {"policy_governed", cases};
