/*
 * test_reduce_store.c - the reducer over a store that fails, lies or changes.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "support/failing_store.h"
#include "support/signin.h"

static sample s;

/* Every call that a rule makes, failing in turn, is the rule's own answer. */
static void
failing_calls(void)
{
	static const char *const types[] = {
		"GENESIS", "POLICY_CHANGED", "EVENT_TYPE", "KEY_ROTATED", "SERVER_CHANGED", "NOTED"
	};

	for (size_t i = 0; i < ROWS(types); i++)
	{
		unsigned	fail_at = 1;
		qfs_status	status;

		do
		{
			failing_store store;
			const char *payload = "{\"text\":\"x\"}";

			sample_open(&s);
			s.apart = true;
			store = failing_store_over(s.reducer.store, 0);
			s.reducer.store = &store.base;
			if (i > 0)
				sample_ledger(&s);
			if (i == 0)
				payload = sample_genesis_payload(SAMPLE_ORIGIN, 1);
			else if (i == 1)
				payload = sample_policy_payload("{\"nonce_ttl_ms\":5000}");
			else if (i == 2)
				payload = "{\"by\":\"operator\",\"schema\":{},\"type\":\"NEXT\"}";
			else if (i == 3)
				payload = sample_rotation_payload(&s.entry[0].seal.hash, 2, 3);
			else if (i == 4)
				payload = sample_server_payload(QFS_SERVER_VERSION, NULL, &(qfs_server) {
					.system = sample_home.system,.database = sample_home.database,.timeline = 1,.version = 150013
				}, 1);
			/* As at the start of a transaction: what is remembered is looked up. */
			qfs_reducer_forget(&s.reducer);
			store.calls = 0;
			store.fail_at = fail_at;
			unit_row("%s, call %u", types[i], fail_at);
			s.err = (qfs_error) {QFS_OK, ""};
			status = sample_append(&s, types[i], payload);
			if (status != QFS_OK)
			{
				CHECK_STATUS(status, QFS_NO_MEMORY);
				CHECK_STATUS(s.err.status, QFS_NO_MEMORY);
			}
			else
				CHECK_UINT(store.calls, fail_at - 1);
			sample_close(&s);
			fail_at++;
		} while (status != QFS_OK && fail_at < 50);
		CHECK(fail_at > 3 && fail_at < 50);
	}
}

/* A type that an account appends, by wallet 3 after its first sign-in. */
static qfs_status
append_by_account(int number, const qfs_hash *session)
{
	static signin in;
	test_wallet wallet = test_wallet_of(3);
	const char *payload;

	switch (number)
	{
		case 0:
			signin_make(&in, 4, 0, signin_now(&s), 2);
			return signin_append(&s, &in);
		case 1:
			signin_make(&in, 3, 50, signin_now(&s), 2);
			return signin_append(&s, &in);
		case 2:
			return sample_append_as(&s, signin_signed(&s, session, &wallet, 50, 1, "POSTED", "{}"),
									&wallet.user, "POSTED", "{}");
		case 3:
			payload = signin_naming("{\"nonce\":\"%s\"}", session);
			return sample_append_as(&s, signin_acting(&s, session, &wallet, "SESSION_ROTATED", payload), &wallet.user,
									"SESSION_ROTATED", payload);
		default:
			payload = signin_naming("{\"reason\":\"user_logout\",\"session\":\"%s\"}", session);
			return sample_append_as(&s, signin_acting(&s, session, &wallet, "SESSION_REVOKED", payload), &wallet.user,
									"SESSION_REVOKED", payload);
	}
}

static void
failing_calls_of_accounts(void)
{
	for (int i = 0; i < 5; i++)
	{
		unsigned	fail_at = 1;
		qfs_status	status;

		do
		{
			failing_store store;
			qfs_hash	session;

			signin_ledger(&s, NULL);
			s.apart = true;
			session = signin_session(&s, 3, 50, 1);
			store = failing_store_over(s.reducer.store, fail_at);
			s.reducer.store = &store.base;
			qfs_reducer_forget(&s.reducer);
			unit_row("event %d, call %u", i, fail_at);
			s.err = (qfs_error) {QFS_OK, ""};
			status = append_by_account(i, &session);
			CHECK_STATUS(s.err.status, status);
			if (status != QFS_OK)
				CHECK_STATUS(status, QFS_NO_MEMORY);
			else
				CHECK_UINT(store.calls, fail_at - 1);
			sample_close(&s);
			fail_at++;
		} while (status != QFS_OK && fail_at < 50);
		CHECK(fail_at > 5 && fail_at < 50);
	}
}

static qfs_status
put(const qfs_kind *kind, const void *record)
{
	qfs_store  *store = qfs_memory_store_base(s.store);

	return store->put(store, kind, record, NULL);
}

/* A state table that somebody emptied is a fault, not a crash. */
static void
missing_records(void)
{
	qfs_ledger_record ledger = {.policy_seq = 7,.policy = {{1}},.key_number = 3};
	qfs_policy_record policy = {.seq = 7,.policy = qfs_policy_default()};

	sample_open(&s);
	s.apart = true;
	CHECK_STATUS(put(&qfs_kind_ledger, &ledger), QFS_OK);
	CHECK_STATUS(sample_append(&s, "NOTED", "{}"), QFS_STATE_MISMATCH);
	CHECK_DETAIL(&s.err, "policy of entry 7");
	CHECK_STATUS(put(&qfs_kind_policy, &policy), QFS_OK);
	CHECK_STATUS(sample_append(&s, "NOTED", "{}"), QFS_TYPE_UNKNOWN);
	CHECK_STATUS(sample_append(&s, "KEY_ROTATED", sample_rotation_payload(&ledger.ledger, 1, 2)),
				 QFS_STATE_MISMATCH);
	CHECK_DETAIL(&s.err, "signing key 3");
	sample_close(&s);

	policy.policy = QFS_LITERAL("{}");
	sample_open(&s);
	s.apart = true;
	CHECK_STATUS(put(&qfs_kind_ledger, &ledger), QFS_OK);
	CHECK_STATUS(put(&qfs_kind_policy, &policy), QFS_OK);
	CHECK_STATUS(sample_append(&s, "NOTED", "{}"), QFS_POLICY_INVALID);
	sample_close(&s);
}

/*
 * An aborted transaction takes its policy with it, and another transaction
 * writes another one under the same number.
 */
static void
policy_that_was_rolled_back(void)
{
	static const char *const changes[] = {"{\"nonce_ttl_ms\":2000}", "{\"nonce_ttl_ms\":3000}"};
	sample		branch;

	sample_open(&s);
	sample_open(&branch);
	sample_genesis(&s);
	sample_genesis(&branch);
	CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", sample_policy_payload(changes[0])), QFS_OK);
	CHECK_STATUS(sample_append(&branch, "POLICY_CHANGED", sample_policy_payload(changes[1])), QFS_OK);
	CHECK_STATUS(qfs_reducer_refresh(&s.reducer, NULL), QFS_OK);
	CHECK_INT(s.reducer.policy.nonce_ttl_ms, 2000);

	s.reducer.store = qfs_memory_store_base(branch.store);
	CHECK_STATUS(qfs_reducer_refresh(&s.reducer, NULL), QFS_OK);
	CHECK_INT(s.reducer.policy.nonce_ttl_ms, 2000);
	qfs_reducer_forget(&s.reducer);
	CHECK_STATUS(qfs_reducer_refresh(&s.reducer, NULL), QFS_OK);
	CHECK_INT(s.reducer.policy.nonce_ttl_ms, 3000);
	sample_close(&s);
	sample_close(&branch);
}

/* The same with a type: its name comes again, with another schema. */
static void
type_that_was_rolled_back(void)
{
	static const char *const schemas[] = {"{\"type\":\"object\"}", "{}"};
	sample		branch;

	sample_open(&s);
	sample_open(&branch);
	for (int i = 0; i < 2; i++)
	{
		sample	   *l = i == 0 ? &s : &branch;
		char		payload[128];

		snprintf(payload, sizeof(payload), "{\"by\":\"operator\",\"schema\":%s,\"type\":\"A\"}",
				 schemas[i]);
		sample_genesis(l);
		CHECK_STATUS(sample_append(l, "EVENT_TYPE", payload), QFS_OK);
	}
	CHECK_STATUS(sample_append(&s, "A", "{}"), QFS_OK);
	CHECK_STATUS(sample_append(&s, "A", "{\"a\":1}"), QFS_PAYLOAD_INVALID);
	s.reducer.store = qfs_memory_store_base(branch.store);
	qfs_reducer_forget(&s.reducer);
	CHECK_STATUS(sample_append(&s, "A", "{\"a\":1}"), QFS_OK);
	sample_close(&s);
	sample_close(&branch);
}

/* A genesis that was rolled back leaves a reducer that knows of none. */
static void
genesis_that_was_rolled_back(void)
{
	sample		empty;

	sample_open(&s);
	sample_open(&empty);
	sample_genesis(&s);
	s.reducer.store = qfs_memory_store_base(empty.store);
	qfs_reducer_forget(&s.reducer);
	CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", sample_policy_payload("{}")), QFS_NO_GENESIS);
	sample_close(&s);
	sample_close(&empty);
}

/* Whatever room outcome and accounts have, they are all there or an error. */
static void
small_outcome(void)
{
	static const char outcome_text[] = "{\"result\":{\"number\":1}}";

	for (size_t room = 0; room <= strlen(outcome_text); room++)
	{
		qfs_entry	event = {.seq = 1,.type = QFS_LITERAL("KEY_ROTATED"),
		.auth = QFS_LITERAL(SAMPLE_OPERATOR),.sig = QFS_LITERAL("null")};
		uint8_t		memory[2][32];
		qfs_error	err;
		qfs_buf		outcome;
		qfs_buf		accounts;

		unit_row("%zu bytes", room);
		sample_open(&s);
		s.apart = true;
		sample_genesis(&s);
		event.payload = qfs_slice_of(sample_rotation_payload(&s.entry[0].seal.hash, 1, 2));
		qfs_buf_init(&outcome, memory[0], room);
		qfs_buf_init(&accounts, memory[1], 2);
		CHECK_STATUS(qfs_reduce(&s.reducer, &event, &outcome, &accounts, &err),
					 room < strlen(outcome_text) ? QFS_ENTRY_TOO_LARGE : QFS_OK);
		sample_close(&s);
	}
	for (size_t room = 0; room < 2; room++)
	{
		qfs_entry	event = {.seq = 0,.type = QFS_LITERAL("GENESIS"),
		.auth = QFS_LITERAL(SAMPLE_OPERATOR),.sig = QFS_LITERAL("null")};
		uint8_t		memory[2][256];
		qfs_error	err;
		qfs_buf		outcome;
		qfs_buf		accounts;

		unit_row("%zu bytes for accounts", room);
		sample_open(&s);
		s.apart = true;
		event.payload = qfs_slice_of(sample_genesis_payload("o", 1));
		qfs_buf_init(&outcome, memory[0], sizeof(memory[0]));
		qfs_buf_init(&accounts, memory[1], room);
		CHECK_STATUS(qfs_reduce(&s.reducer, &event, &outcome, &accounts, &err), QFS_ENTRY_TOO_LARGE);
		sample_close(&s);
	}
}

static const unit_case cases[] = {
	CASE(failing_calls),
	CASE(failing_calls_of_accounts),
	CASE(missing_records),
	CASE(policy_that_was_rolled_back),
	CASE(type_that_was_rolled_back),
	CASE(genesis_that_was_rolled_back),
	CASE(small_outcome),
	NO_MORE_CASES
};

const unit_suite suite_reduce_store = {"reduce_store", cases};
