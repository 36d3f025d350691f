/*
 * test_reduce.c - the reducer: what all events have in common, GENESIS, POLICY_CHANGED.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "crypto/sha256.h"
#include "engine/rule.h"
#include "ledger/registry.h"
#include "support/sample.h"
#include "text/schema.h"

static sample s;

/* ---- the registry ---- */

static void
kinds(void)
{
	const qfs_kind *kind;
	size_t		count = 0;

	for (; (kind = qfs_registry_kind(&qfs_registry_own, count)) != NULL; count++)
	{
		unit_row("%s", kind->name);
		CHECK(kind->keys >= 1 && kind->keys < kind->field_count);
		for (unsigned i = 0; i < kind->field_count; i++)
			CHECK(kind->fields[i].offset < kind->size);
		for (size_t other = 0; other < count; other++)
			CHECK(strcmp(qfs_registry_kind(&qfs_registry_own, other)->name, kind->name) != 0);
		CHECK(kind->field_count <= 32);
	}
	/* The memory store has room for as many kinds and fields. */
	CHECK(count >= 4 && count <= 32);
}

static void
rules(void)
{
	static const qfs_rule *const all[] = {
		&qfs_rule_genesis, &qfs_rule_policy_changed, &qfs_rule_event_type, &qfs_rule_key_rotated,
		&qfs_rule_login, &qfs_rule_session_rotated, &qfs_rule_session_revoked
	};

	for (size_t i = 0; i < ROWS(all); i++)
	{
		unit_row("%s", all[i]->type);
		CHECK_STATUS(qfs_type_check(qfs_slice_of(all[i]->type), NULL), QFS_OK);
		CHECK(qfs_registry_find(&qfs_registry_own, qfs_slice_of(all[i]->type)) != NULL);
		CHECK_STATUS(qfs_json_check(qfs_slice_of(all[i]->schema), NULL), QFS_OK);
		CHECK_STATUS(qfs_schema_check(qfs_slice_of(all[i]->schema), NULL), QFS_OK);
	}
	CHECK(qfs_registry_find(&qfs_registry_own, QFS_LITERAL("GENESI")) == NULL);
	CHECK(qfs_registry_find(&qfs_registry_own, QFS_LITERAL("GENESISS")) == NULL);
	CHECK(qfs_registry_find(&qfs_registry_own, QFS_LITERAL("")) == NULL);
}

/* ---- before and at the genesis ---- */

static void
nothing_before_genesis(void)
{
	static const char *const types[] = {"POLICY_CHANGED", "EVENT_TYPE", "KEY_ROTATED", "NOTED", "x"};

	sample_open(&s);
	for (size_t i = 0; i < ROWS(types); i++)
	{
		unit_row("%s", types[i]);
		sample_refuse(&s, SAMPLE_OPERATOR, types[i], "{}", QFS_NO_GENESIS, types[i]);
	}
	CHECK(!s.reducer.open);
	sample_close(&s);
}

static void
genesis(void)
{
	test_key	key = test_key_of(1);
	const qfs_ledger_record *ledger;
	const qfs_policy_record *policy;
	const qfs_signing_key_record *keys;
	qfs_hash	hash;
	char		digits[65] = "";
	char		outcome[128];

	sample_open(&s);
	sample_genesis(&s);
	qfs_sha256(qfs_policy_default(), &hash);
	for (int i = 0; i < QFS_HASH_LEN; i++)
		snprintf(digits + 2 * i, 3, "%02x", hash.bytes[i]);
	snprintf(outcome, sizeof(outcome), "{\"result\":{\"policy\":\"%s\"}}", digits);
	CHECK_TEXT(s.event.outcome, outcome);

	ledger = qfs_memory_store_record(s.store, &qfs_kind_ledger, 0);
	CHECK_INT(ledger->number, 0);
	CHECK_INT(ledger->genesis_at, SAMPLE_TIME);
	CHECK_HASH(&ledger->ledger, &s.entry[0].seal.hash);
	CHECK_INT(ledger->policy_seq, 0);
	CHECK_INT(ledger->key_number, 0);
	policy = qfs_memory_store_record(s.store, &qfs_kind_policy, 0);
	CHECK_INT(policy->seq, 0);
	CHECK_SLICE(policy->policy, qfs_policy_default());
	keys = qfs_memory_store_record(s.store, &qfs_kind_signing_key, 0);
	CHECK_INT(keys->number, 0);
	CHECK_INT(keys->seq, 0);
	CHECK_HASH(&keys->checkpoint, &key.public);
	CHECK_HASH(&keys->token, &key.public);
	CHECK(s.reducer.open);
	sample_close(&s);
}

static void
genesis_refused(void)
{
	static const char k[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	static const struct
	{
		const char *payload;	/* %1$s: 64 digits, %2$s: a policy, %3$s: a server */
		qfs_status	status;
		const char *detail;
	}			rows[] = {
		{"{}", QFS_PAYLOAD_INVALID, "payload.format: missing"},
		{"[]", QFS_PAYLOAD_INVALID, "payload: must be an object"},
		{"{\"format\":1,\"keys\":{\"checkpoint\":\"%1$s\",\"token\":\"%1$s\"},\"origin\":\"o\","
			"\"policy\":%2$s,\"server\":%3$s}", QFS_PAYLOAD_INVALID, "payload.format: not the value"},
		{"{\"extra\":1,\"format\":2,\"keys\":{\"checkpoint\":\"%1$s\",\"token\":\"%1$s\"},\"origin\":\"o\","
			"\"policy\":%2$s,\"server\":%3$s}", QFS_PAYLOAD_INVALID, "payload.extra: unknown member"},
		{"{\"format\":2,\"keys\":{\"checkpoint\":\"%1$s\"},\"origin\":\"o\","
			"\"policy\":%2$s,\"server\":%3$s}", QFS_PAYLOAD_INVALID, "payload.keys.token: missing"},
		{"{\"format\":2,\"keys\":{\"checkpoint\":\"%1$s0\",\"token\":\"%1$s\"},\"origin\":\"o\","
			"\"policy\":%2$s,\"server\":%3$s}", QFS_PAYLOAD_INVALID, "payload.keys.checkpoint: too long"},
		{"{\"format\":2,\"keys\":{\"checkpoint\":\"%1$.63s\",\"token\":\"%1$s\"},\"origin\":\"o\","
			"\"policy\":%2$s,\"server\":%3$s}", QFS_PAYLOAD_INVALID, "payload.keys.checkpoint: too short"},
		{"{\"format\":2,\"keys\":{\"checkpoint\":\"%1$.63sG\",\"token\":\"%1$s\"},\"origin\":\"o\","
			"\"policy\":%2$s,\"server\":%3$s}", QFS_PAYLOAD_INVALID, "hexadecimal"},
		{"{\"format\":2,\"keys\":{\"checkpoint\":\"%1$s\",\"token\":\"%1$.63sF\"},\"origin\":\"o\","
			"\"policy\":%2$s,\"server\":%3$s}", QFS_PAYLOAD_INVALID, "hexadecimal"},
		{"{\"format\":2,\"keys\":{\"checkpoint\":\"%1$s\",\"token\":\"%1$s\"},\"origin\":\"\","
			"\"policy\":%2$s,\"server\":%3$s}", QFS_PAYLOAD_INVALID, "payload.origin: too short"},
		{"{\"format\":2,\"keys\":{\"checkpoint\":\"%1$s\",\"token\":\"%1$s\"},\"origin\":\"a b\","
			"\"policy\":%2$s,\"server\":%3$s}", QFS_ORIGIN_INVALID, "a b"},
		{"{\"format\":2,\"keys\":{\"checkpoint\":\"%1$s\",\"token\":\"%1$s\"},\"origin\":\"a+b\","
			"\"policy\":%2$s,\"server\":%3$s}", QFS_ORIGIN_INVALID, "a+b"},
		{"{\"format\":2,\"keys\":{\"checkpoint\":\"%1$s\",\"token\":\"%1$s\"},\"origin\":\"a\\\\b\","
			"\"policy\":%2$s,\"server\":%3$s}", QFS_ORIGIN_INVALID, "escape"},
		{"{\"format\":2,\"keys\":{\"checkpoint\":\"%1$s\",\"token\":\"%1$s\"},\"origin\":\"o\","
			"\"policy\":{},\"server\":%3$s}", QFS_POLICY_INVALID, "policy."},
		{"{\"format\":2,\"keys\":{\"checkpoint\":\"%1$s\",\"token\":\"%1$s\"},\"origin\":\"o\","
			"\"policy\":[],\"server\":%3$s}", QFS_PAYLOAD_INVALID, "payload.policy: wrong type"},
		{"{\"format\":2,\"keys\":{\"checkpoint\":\"%1$s\",\"token\":\"%1$s\"},\"origin\":\"o\","
			"\"policy\":%2$s}", QFS_PAYLOAD_INVALID, "payload.server: missing"},
		{"{\"format\":2,\"keys\":{\"checkpoint\":\"%1$s\",\"token\":\"%1$s\"},\"origin\":\"o\","
			"\"policy\":%2$s,\"server\":{}}", QFS_PAYLOAD_INVALID, "payload.server.database: missing"},
		{"{\"format\":2,\"keys\":{\"checkpoint\":\"%1$s\",\"token\":\"%1$s\"},\"origin\":\"o\","
			"\"policy\":%2$s,\"server\":{\"database\":\"%1$s\",\"salt\":\"%1$.32s\",\"system\":\"%1$s\","
			"\"timeline\":0,\"version\":150000}}", QFS_PAYLOAD_INVALID, "payload.server.timeline: too small"},
	};

	sample_open(&s);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		char		payload[4096];

		snprintf(payload, sizeof(payload), rows[i].payload, k, sample_policy("{}"), sample_server(&sample_home, 0));
		unit_row("%s", payload);
		CHECK_STATUS(qfs_json_check(qfs_slice_of(payload), NULL), QFS_OK);
		sample_refuse(&s, SAMPLE_OPERATOR, "GENESIS", payload, rows[i].status, rows[i].detail);
	}
	/* None of them left a trace: the real one goes through. */
	sample_genesis(&s);
	sample_refuse(&s, SAMPLE_OPERATOR, "GENESIS", sample_genesis_payload("o", 1),
				  QFS_GENESIS_EXISTS, "entry 1");
	sample_close(&s);
}

/* Entry 0 or none, whatever the store says. */
static void
late_genesis(void)
{
	qfs_entry	event = {.seq = 4,.type = QFS_LITERAL("GENESIS"),.auth = QFS_LITERAL(SAMPLE_OPERATOR),
	.sig = QFS_LITERAL("null")};
	uint8_t		memory[2][256];
	qfs_error	err;
	qfs_buf		outcome;
	qfs_buf		accounts;

	sample_open(&s);
	event.payload = qfs_slice_of(sample_genesis_payload("o", 1));
	qfs_buf_init(&outcome, memory[0], sizeof(memory[0]));
	qfs_buf_init(&accounts, memory[1], sizeof(memory[1]));
	CHECK_STATUS(qfs_reduce(&s.reducer, &event, &outcome, &accounts, &err), QFS_GENESIS_EXISTS);
	CHECK_DETAIL(&err, "entry 4");
	sample_close(&s);
}

/* A hash cannot name a ledger that has no genesis. */
static void
no_name_without_genesis(void)
{
	qfs_hash	hash = {{1}};

	sample_open(&s);
	CHECK_STATUS(qfs_reducer_name_ledger(&s.reducer, &hash, NULL), QFS_OK);
	CHECK(qfs_memory_store_record(s.store, &qfs_kind_ledger, 0) == NULL);
	qfs_reducer_forget(&s.reducer);
	sample_refuse(&s, SAMPLE_OPERATOR, "NOTED", "{}", QFS_NO_GENESIS, "NOTED");
	sample_close(&s);
}

/* ---- who may ---- */

static void
authority(void)
{
	static const char *const auths[] = {
		"{}", "{\"via\":\"operato\"}", "{\"via\":\"Operator\"}", "{\"via\":\"operator\",\"x\":1}",
		"{\"via\":[\"operator\"]}", "{\"vib\":\"operator\"}"
	};

	sample_open(&s);
	sample_genesis(&s);
	for (size_t i = 0; i < ROWS(auths); i++)
	{
		unit_row("%s", auths[i]);
		sample_refuse(&s, auths[i], "POLICY_CHANGED", sample_policy_payload("{}"),
					  QFS_AUTH_INVALID, auths[i]);
	}
	sample_close(&s);
}

/* What the ledger does itself is nobody's act. */
static void
actors(void)
{
	static const char *const types[] = {"GENESIS", "POLICY_CHANGED", "EVENT_TYPE", "KEY_ROTATED"};
	qfs_user_id somebody = {{1}};

	for (size_t i = 0; i < ROWS(types); i++)
	{
		static char payloads[4][QFS_POLICY_MAX];

		unit_row("%s", types[i]);
		sample_open(&s);
		if (i > 0)
			sample_genesis(&s);
		strcpy(payloads[0], sample_genesis_payload("o", 1));
		strcpy(payloads[1], sample_policy_payload("{}"));
		strcpy(payloads[2], "{\"by\":\"operator\",\"schema\":{},\"type\":\"A\"}");
		strcpy(payloads[3], sample_rotation_payload(&s.entry[0].seal.hash, 1, 2));
		CHECK_STATUS(sample_append_as(&s, SAMPLE_OPERATOR, &somebody, types[i], payloads[i]),
					 QFS_ACTOR_MISMATCH);
		CHECK_DETAIL(&s.err, types[i]);
		CHECK_STATUS(sample_append(&s, types[i], payloads[i]), QFS_OK);
		sample_close(&s);
	}
}

/* ---- POLICY_CHANGED ---- */

/* One that has all its keys, and is longer than the memory for it. */
static const char *
long_policy(void)
{
	static char payload[2 * QFS_POLICY_MAX];
	const char *policy = sample_policy("{}");
	const char *end = strstr(policy, "\"uris\":[") + strlen("\"uris\":[");
	int			len = snprintf(payload, sizeof(payload), "{\"policy\":%.*s", (int) (end - policy), policy);

	for (int i = 0; i < 10; i++)
		len += snprintf(payload + len, sizeof(payload) - (size_t) len, "%s\"https://%d.example/%0*d\"", i > 0 ? "," : "",
						i, 2000, 0);
	snprintf(payload + len, sizeof(payload) - (size_t) len, "%s}", strchr(end, ']'));
	return payload;
}

static void
policy_changed(void)
{
	static const char changes[] =
		"{\"nonce_ttl_ms\":1000,\"ttl_blocks\":9,\"visibility\":\"public\"}";
	const qfs_policy_record *second;
	const qfs_ledger_record *ledger;

	sample_open(&s);
	sample_genesis(&s);
	CHECK_STATUS(qfs_reducer_refresh(&s.reducer, NULL), QFS_OK);
	CHECK_INT(s.reducer.policy.nonce_ttl_ms, 300000);
	CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", sample_policy_payload(changes)), QFS_OK);
	CHECK_STATUS(qfs_reducer_refresh(&s.reducer, NULL), QFS_OK);
	CHECK_INT(s.reducer.policy.nonce_ttl_ms, 1000);
	CHECK_INT(s.reducer.policy.ttl_blocks, 9);
	CHECK(s.reducer.policy.is_public);

	ledger = qfs_memory_store_record(s.store, &qfs_kind_ledger, 0);
	CHECK_INT(ledger->policy_seq, 1);
	CHECK_INT(ledger->genesis_at, SAMPLE_TIME);
	CHECK_HASH(&ledger->ledger, &s.entry[0].seal.hash);
	CHECK(qfs_memory_store_record(s.store, &qfs_kind_ledger, 1) == NULL);
	second = qfs_memory_store_record(s.store, &qfs_kind_policy, 1);
	CHECK_INT(second->seq, 1);
	CHECK_TEXT(second->policy, sample_policy(changes));
	sample_close(&s);
}

static void
policy_refused(void)
{
	static const struct
	{
		const char *payload;
		qfs_status	status;
		const char *detail;
	}			rows[] = {
		{"{}", QFS_PAYLOAD_INVALID, "payload.policy: missing"},
		{"{\"policy\":1}", QFS_PAYLOAD_INVALID, "payload.policy: wrong type"},
		{"{\"other\":1,\"policy\":{}}", QFS_PAYLOAD_INVALID, "payload.other: unknown"},
		{"{\"policy\":{}}", QFS_POLICY_INVALID, "missing"},
	};

	sample_open(&s);
	sample_genesis(&s);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].payload);
		sample_refuse(&s, SAMPLE_OPERATOR, "POLICY_CHANGED", rows[i].payload, rows[i].status,
					  rows[i].detail);
	}
	sample_refuse(&s, SAMPLE_OPERATOR, "POLICY_CHANGED", long_policy(), QFS_POLICY_INVALID, "16384");
	sample_refuse(&s, SAMPLE_OPERATOR, "POLICY_CHANGED", sample_policy_payload("{\"block_ms\":1}"),
				  QFS_POLICY_INVALID, "policy.block_ms: too small");
	/* Blocks are counted with these: another number would move every session. */
	sample_refuse(&s, SAMPLE_OPERATOR, "POLICY_CHANGED", sample_policy_payload("{\"block_ms\":17001}"),
				  QFS_POLICY_INVALID, "stay as genesis set them");
	sample_refuse(&s, SAMPLE_OPERATOR, "POLICY_CHANGED", sample_policy_payload("{\"epoch_blocks\":511}"),
				  QFS_POLICY_INVALID, "stay as genesis set them");
	CHECK_STATUS(qfs_reducer_refresh(&s.reducer, NULL), QFS_OK);
	CHECK_INT(s.reducer.policy.block_ms, 17000);
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(kinds),
	CASE(rules),
	CASE(nothing_before_genesis),
	CASE(genesis),
	CASE(genesis_refused),
	CASE(late_genesis),
	CASE(no_name_without_genesis),
	CASE(authority),
	CASE(actors),
	CASE(policy_changed),
	CASE(policy_refused),
	NO_MORE_CASES
};

const unit_suite suite_reduce = {"reduce", cases};
