/*
 * test_permission.c - who may append what.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <sodium.h>
#include <stdio.h>

#include "identity/auth_value.h"
#include "support/signin.h"

static sample s;

/* Wallet 9 is made an operator by the policy. */
#define OPERATOR 9

static void
open_ledger(void)
{
	static char changes[1024];
	test_wallet operator = test_wallet_of(OPERATOR);

	snprintf(changes, sizeof(changes), "{\"auth\":{\"chain_ids\":[1],\"domains\":[\"app.example\"],"
			 "\"uris\":[\"https://app.example\"]},\"operators\":[\"%s\"]}", operator.user_name);
	signin_ledger(&s, changes);
}

/* Everybody's word on every kind of type. */
static void
matrix(void)
{
	enum
	{
		DATABASE, WALLET, ACCOUNT, OPERATING, WHO
	};
	static const struct
	{
		const char *type;
		qfs_status	want[WHO];
	}			rows[] = {
		{"POSTED", {QFS_NO_SESSION, QFS_NO_SESSION, QFS_OK, QFS_OK}},
		{"NOTED", {QFS_OK, QFS_NO_SESSION, QFS_FORBIDDEN, QFS_OK}},
		{"EVENT_TYPE", {QFS_OK, QFS_NO_SESSION, QFS_FORBIDDEN, QFS_FORBIDDEN}},
		{"POLICY_CHANGED", {QFS_OK, QFS_NO_SESSION, QFS_FORBIDDEN, QFS_FORBIDDEN}},
		{"KEY_ROTATED", {QFS_OK, QFS_NO_SESSION, QFS_FORBIDDEN, QFS_FORBIDDEN}},
		{"SESSION_ROTATED", {QFS_NO_SESSION, QFS_NO_SESSION, QFS_OK, QFS_OK}},
		{"LOGIN", {QFS_NO_SESSION, QFS_OK, QFS_FORBIDDEN, QFS_FORBIDDEN}},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
		for (int who = 0; who < WHO; who++)
		{
			static signin in;
			test_wallet wallet = test_wallet_of(who == OPERATING ? OPERATOR : 3);
			const char *auth = SAMPLE_OPERATOR;
			const char *payload = "{}";
			bool		is_type;
			qfs_hash	session;

			unit_row("%s by %d", rows[i].type, who);
			open_ledger();
			session = signin_session(&s, who == OPERATING ? OPERATOR : 3, 0, 1);
			if (who == WALLET)
				auth = SIGNIN_WALLET;
			else if (who != DATABASE)
				auth = signin_auth(&session);
			is_type = strcmp(rows[i].type, "EVENT_TYPE") == 0;
			if (is_type)
				payload = "{\"by\":\"operator\",\"schema\":{},\"type\":\"NEXT\"}";
			else if (strcmp(rows[i].type, "POLICY_CHANGED") == 0)
				payload = sample_policy_payload("{}");
			else if (strcmp(rows[i].type, "KEY_ROTATED") == 0)
				payload = sample_rotation_payload(&s.entry[0].seal.hash, 1, 2);
			else if (strcmp(rows[i].type, "SESSION_ROTATED") == 0)
				payload = "{\"nonce\":\"" "0000000000000000000000000000000000000000000000000000000000000001\"}";
			else if (strcmp(rows[i].type, "LOGIN") == 0)
			{
				signin_make(&in, who == OPERATING ? OPERATOR : 3, 0, signin_now(&s), 2);
				payload = in.payload;
				auth = who == WALLET ? in.auth : auth;
			}
			if (rows[i].want[who] == QFS_OK)
				CHECK_STATUS(sample_append_as(&s, auth, who == DATABASE ? NULL : &wallet.user,
											  rows[i].type, payload), QFS_OK);
			else
				sample_refuse_as(&s, auth, who == DATABASE ? NULL : &wallet.user, rows[i].type, payload,
								 rows[i].want[who], rows[i].type);
			sample_close(&s);
		}
}

/* What a stream brings is of an application's type; the account's own word counts from wherever it comes. */
static void
streams(void)
{
#define SOURCE "\"source\":{\"id\":\"7-0\",\"stream\":\"in\"}"
	static const char brought[] = "{" SOURCE ",\"via\":\"operator\"}";
	test_wallet mine = test_wallet_of(3);
	char		own[256];
	qfs_hash	session;

	open_ledger();
	session = signin_session(&s, 3, 0, 1);
	snprintf(own, sizeof(own), "%.*s," SOURCE ",\"via\":\"session\"}", (int) strcspn(signin_auth(&session), ","), signin_auth(&session));
	CHECK_STATUS(sample_append_as(&s, brought, NULL, "NOTED", "{}"), QFS_OK);
	CHECK_STATUS(sample_append_as(&s, brought, &mine.user, "NOTED", "{}"), QFS_OK);
	CHECK_STATUS(sample_append_as(&s, own, &mine.user, "POSTED", "{}"), QFS_OK);
	sample_refuse_as(&s, brought, &mine.user, "POSTED", "{}", QFS_NO_SESSION, "POSTED");
	sample_refuse_as(&s, brought, NULL, "EVENT_TYPE", "{\"by\":\"operator\",\"schema\":{},\"type\":\"NEXT\"}", QFS_FORBIDDEN, "streams");
	sample_refuse_as(&s, brought, NULL, "POLICY_CHANGED", sample_policy_payload("{}"), QFS_FORBIDDEN, "streams");
	sample_refuse_as(&s, brought, NULL, "KEY_ROTATED", sample_rotation_payload(&s.entry[0].seal.hash, 1, 2), QFS_FORBIDDEN, "streams");
	sample_close(&s);
}

/* An account acts for itself: neither for another one nor for nobody. */
static void
actors(void)
{
	test_wallet mine = test_wallet_of(3);
	test_wallet other = test_wallet_of(4);
	qfs_hash	session;

	open_ledger();
	session = signin_session(&s, 3, 0, 1);
	signin_session(&s, 4, 0, 2);
	sample_refuse_as(&s, signin_auth(&session), &other.user, "POSTED", "{}", QFS_ACTOR_MISMATCH, "");
	sample_refuse_as(&s, signin_auth(&session), NULL, "POSTED", "{}", QFS_ACTOR_MISMATCH, "");
	CHECK_STATUS(sample_append_as(&s, signin_auth(&session), &mine.user, "POSTED", "{}"), QFS_OK);
	sample_close(&s);
}

/* What stands in the field of an actor that an event does not have is nobody. */
static void
nobody(void)
{
	static uint8_t memory[2][4096];
	static signin in;
	static char auth[128];
	static char sig[256];
	qfs_hash	session;

	open_ledger();
	s.apart = true;
	session = signin_session(&s, 3, 0, 1);
	strcpy(auth, signin_auth(&session));
	signin_make(&in, 3, 0, signin_now(&s), 2);
	snprintf(sig, sizeof(sig), "\"%.200s\"", in.signature);
	for (int login = 0; login < 2; login++)
	{
		qfs_entry	event = {.seq = s.count,.at = signin_now(&s),.actor = in.wallet.user,
			.type = qfs_slice_of(login ? "LOGIN" : "POSTED"),
			.auth = qfs_slice_of(login ? "{\"via\":\"wallet\"}" : auth),
			.payload = qfs_slice_of(login ? in.payload : "{}"),
		.sig = qfs_slice_of(login ? sig : "null")};
		qfs_buf		outcome;
		qfs_buf		accounts;

		qfs_buf_init(&outcome, memory[0], sizeof(memory[0]));
		qfs_buf_init(&accounts, memory[1], sizeof(memory[1]));
		CHECK_STATUS(qfs_reduce(&s.reducer, &event, &outcome, &accounts, NULL), QFS_ACTOR_MISMATCH);
		event.has_actor = true;
		qfs_buf_init(&outcome, memory[0], sizeof(memory[0]));
		qfs_buf_init(&accounts, memory[1], sizeof(memory[1]));
		CHECK_STATUS(qfs_reduce(&s.reducer, &event, &outcome, &accounts, NULL), QFS_OK);
	}
	sample_close(&s);
}

/* What has no room in an entry is refused before anything comes of it: it is not counted, say. */
static void
too_large(void)
{
	static char large[QFS_PAYLOAD_MAX + 2];
	test_wallet wallet = test_wallet_of(3);
	qfs_hash	session;

	open_ledger();
	session = signin_session(&s, 3, 0, 1);
	memset(large, 'x', QFS_PAYLOAD_MAX + 1);
	memcpy(large, "{\"a\":\"", 6);
	memcpy(large + QFS_PAYLOAD_MAX - 1, "\"}", 3);
	sample_refuse_as(&s, signin_auth(&session), &wallet.user, "POSTED", large, QFS_ENTRY_TOO_LARGE,
					 "its part payload has 65536 bytes");
	sample_refuse_as(&s, signin_auth(&session), &wallet.user, "POSTED", "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
					 "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}", QFS_JSON_DEPTH, "its part payload has more than 30 levels");
	CHECK_STATUS(sample_append_as(&s, signin_auth(&session), &wallet.user, "POSTED", "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
								  "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}"), QFS_OK);
	sample_close(&s);
}

/* The session must have begun as an operator's, and the account must still be one. */
static void
operators_come_and_go(void)
{
	static char changes[1024];
	test_wallet wallet = test_wallet_of(3);
	const char *auth;
	qfs_hash	before;
	qfs_hash	session;

	signin_ledger(&s, NULL);
	before = signin_session(&s, 3, 0, 1);
	CHECK(!signin_record(&s, &before)->operates);
	snprintf(changes, sizeof(changes), "{\"auth\":{\"chain_ids\":[1],\"domains\":[\"app.example\"],"
			 "\"uris\":[\"https://app.example\"]},\"operators\":[\"%s\"]}", wallet.user_name);
	CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", sample_policy_payload(changes)), QFS_OK);
	sample_refuse_as(&s, signin_auth(&before), &wallet.user, "NOTED", "{}", QFS_FORBIDDEN, "NOTED");

	session = signin_session(&s, 3, 0, 2);
	CHECK(signin_record(&s, &session)->operates);
	auth = signin_auth(&session);
	CHECK_STATUS(sample_append_as(&s, auth, &wallet.user, "NOTED", "{}"), QFS_OK);
	CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", sample_policy_payload(SIGNIN_POLICY)), QFS_OK);
	sample_refuse_as(&s, auth, &wallet.user, "NOTED", "{}", QFS_FORBIDDEN, "NOTED");
	CHECK_STATUS(sample_append_as(&s, auth, &wallet.user, "POSTED", "{}"), QFS_OK);
	sample_close(&s);
}

/* ---- events that a device signs ---- */

static void
signed_events(void)
{
	test_wallet wallet = test_wallet_of(3);
	test_wallet other = test_wallet_of(4);
	char		zeros[512];
	const char *payload = "{\"text\":\"it's \\\"mine\\\" \xC3\xA9\"}";
	const char *auth;
	qfs_hash	session;
	qfs_hash	foreign;
	qfs_hash	bare;

	open_ledger();
	session = signin_session(&s, 3, 50, 1);
	foreign = signin_session(&s, 4, 51, 2);
	bare = signin_session(&s, 3, 0, 3);

	CHECK_STATUS(sample_append_as(&s, signin_signed(&s, &session, &wallet, 50, 1, "POSTED", payload),
								  &wallet.user, "POSTED", payload), QFS_OK);
	/* The nonce counts up, with gaps, for the account and not for the session. */
	auth = signin_signed(&s, &session, &wallet, 50, 1, "POSTED", payload);
	sample_refuse_as(&s, auth, &wallet.user, "POSTED", payload, QFS_EVENT_NONCE, "it is 1, the last one was 1");
	CHECK_STATUS(sample_append_as(&s, signin_signed(&s, &session, &wallet, 50, 40, "POSTED", payload),
								  &wallet.user, "POSTED", payload), QFS_OK);
	auth = signin_signed(&s, &session, &wallet, 50, 39, "POSTED", payload);
	sample_refuse_as(&s, auth, &wallet.user, "POSTED", payload, QFS_EVENT_NONCE, "it is 39, the last one was 40");
	CHECK_STATUS(sample_append_as(&s, signin_signed(&s, &foreign, &other, 51, 1, "POSTED", payload),
								  &other.user, "POSTED", payload), QFS_OK);

	/* Whose device? */
	auth = signin_signed(&s, &session, &wallet, 51, 41, "POSTED", payload);
	sample_refuse_as(&s, auth, &wallet.user, "POSTED", payload, QFS_EVENT_KEY, "another device");
	auth = signin_signed(&s, &bare, &wallet, 50, 41, "POSTED", payload);
	sample_refuse_as(&s, auth, &wallet.user, "POSTED", payload, QFS_EVENT_KEY, "no device");
	/* No device is not the key of zeros. */
	strcpy(zeros, auth);
	memset(zeros + strlen("{\"key\":\""), 'A', 43);
	sample_refuse_as(&s, zeros, &wallet.user, "POSTED", payload, QFS_EVENT_KEY, "no device");

	/* Signed is every part of the message. */
	auth = signin_signed(&s, &session, &wallet, 50, 41, "POSTED", "{}");
	sample_refuse_as(&s, auth, &wallet.user, "POSTED", payload, QFS_SIGNATURE_MISMATCH, "");
	auth = signin_signed(&s, &session, &wallet, 50, 41, "NOTED", payload);
	sample_refuse_as(&s, auth, &wallet.user, "POSTED", payload, QFS_SIGNATURE_MISMATCH, "");
	auth = signin_signed(&s, &session, &other, 50, 41, "POSTED", payload);
	sample_refuse_as(&s, auth, &wallet.user, "POSTED", payload, QFS_SIGNATURE_MISMATCH, "");
	CHECK_STATUS(sample_append_as(&s, signin_signed(&s, &session, &wallet, 50, 41, "POSTED", payload),
								  &wallet.user, "POSTED", payload), QFS_OK);
	sample_close(&s);
}

/* A signature for one ledger is none for another. */
static void
signed_for_another_ledger(void)
{
	static char auth[512];
	test_wallet wallet = test_wallet_of(3);
	qfs_hash	session;
	qfs_hash	genesis;

	open_ledger();
	session = signin_session(&s, 3, 50, 1);
	genesis = s.entry[0].seal.hash;
	s.entry[0].seal.hash.bytes[31] ^= 1;
	strcpy(auth, signin_signed(&s, &session, &wallet, 50, 1, "POSTED", "{}"));
	s.entry[0].seal.hash = genesis;
	sample_refuse_as(&s, auth, &wallet.user, "POSTED", "{}", QFS_SIGNATURE_MISMATCH, "");
	sample_close(&s);
}

/* One bit of the signature or of the nonce that it covers. */
static void
altered_signatures(void)
{
	static char auth[512];
	test_wallet wallet = test_wallet_of(3);
	qfs_hash	session;

	open_ledger();
	session = signin_session(&s, 3, 50, 1);
	for (unsigned bit = 0; bit < 512; bit += 7)
	{
		uint8_t		signature[crypto_sign_BYTES + 2];
		char	   *sig;
		size_t		len;

		unit_row("bit %u", bit);
		strcpy(auth, signin_signed(&s, &session, &wallet, 50, 1, "POSTED", "{}"));
		sig = strstr(auth, "\"sig\":\"") + 7;
		CHECK(sodium_base642bin(signature, sizeof(signature), sig, 86, NULL, &len, NULL,
								sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0);
		signature[bit / 8] ^= (uint8_t) (1 << bit % 8);
		sodium_bin2base64(sig, 87, signature, crypto_sign_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
		sig[86] = '"';
		CHECK(sample_append_as(&s, auth, &wallet.user, "POSTED", "{}") != QFS_OK);
		CHECK(s.err.status == QFS_SIGNATURE_MISMATCH || s.err.status == QFS_SIGNATURE_NOT_CANONICAL);
	}
	strcpy(auth, signin_signed(&s, &session, &wallet, 50, 1, "POSTED", "{}"));
	*(strstr(auth, "\"nonce\":1") + 8) = '2';
	sample_refuse_as(&s, auth, &wallet.user, "POSTED", "{}", QFS_SIGNATURE_MISMATCH, "");
	CHECK_UINT(s.count, 5);
	sample_close(&s);
}

#define POLICY_SIGNED(more) "{\"auth\":{\"chain_ids\":[1],\"domains\":[\"app.example\"]," \
	"\"uris\":[\"https://app.example\"]}," more "}"

/* Who has to sign what, by policy.signed and policy.signed_types; NULL: nobody is refused. */
static void
who_must_sign(void)
{
	static const struct
	{
		const char *policy;
		const char *posted[2];		/* detail for POSTED: of a session without a device, with one */
		const char *revoked[2];		/* the same for SESSION_REVOKED, of qfs's own types */
	}			rows[] = {
		{"\"signed\":\"none\"", {NULL, NULL}, {NULL, NULL}},
		{"\"signed\":\"devices\"", {NULL, "POSTED"}, {NULL, "SESSION_REVOKED"}},
		{"\"nonce_ttl_ms\":300000", {NULL, "POSTED"}, {NULL, "SESSION_REVOKED"}},
		{"\"signed\":\"all\"", {"POSTED: the session has no device", "POSTED"},
		{"SESSION_REVOKED: the session has no device", "SESSION_REVOKED"}},
		{"\"signed\":\"none\",\"signed_types\":[\"POSTED\"]", {"POSTED: the session has no device", "POSTED"}, {NULL, NULL}},
		{"\"signed\":\"devices\",\"signed_types\":[\"SESSION_REVOKED\"]", {NULL, "POSTED"},
		{"SESSION_REVOKED: the session has no device", "SESSION_REVOKED"}},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
		for (uint8_t device = 0; device < 2; device++)
		{
			static char changes[256];
			static char payload[256];
			static char auth[512];
			test_wallet wallet = test_wallet_of(3);
			const char *const types[] = {"POSTED", "SESSION_REVOKED"};
			const char *const payloads[] = {"{}", payload};
			const char *const details[] = {rows[i].posted[device], rows[i].revoked[device]};
			qfs_hash	session;

			unit_row("%s, %u devices", rows[i].policy, (unsigned) device);
			snprintf(changes, sizeof(changes), POLICY_SIGNED("%s"), rows[i].policy);
			signin_ledger(&s, changes);
			session = signin_session(&s, 3, device == 0 ? 0 : 50, 1);
			strcpy(payload, signin_naming("{\"reason\":\"user_logout\",\"session\":\"%s\"}", &session));
			for (int n = 0; n < 2; n++)
			{
				strcpy(auth, signin_auth(&session));
				if (details[n] != NULL)
					sample_refuse_as(&s, auth, &wallet.user, types[n], payloads[n], QFS_EVENT_UNSIGNED, details[n]);
				/* A signature is good whoever asks for it, if there is a device to make it. */
				if (device > 0)
					strcpy(auth, signin_signed(&s, &session, &wallet, 50, n + 1, types[n], payloads[n]));
				if (device > 0 || details[n] == NULL)
					CHECK_STATUS(sample_append_as(&s, auth, &wallet.user, types[n], payloads[n]), QFS_OK);
			}
			sample_close(&s);
		}
}

/* The policy of its time judges an event: what could be left out before must not be now, and the other way. */
static void
signing_changes(void)
{
	test_wallet wallet = test_wallet_of(3);
	qfs_hash	bare;
	qfs_hash	session;

	signin_ledger(&s, POLICY_SIGNED("\"signed\":\"none\""));
	bare = signin_session(&s, 4, 0, 2);
	session = signin_session(&s, 3, 50, 1);
	CHECK_STATUS(sample_append_as(&s, signin_auth(&session), &wallet.user, "POSTED", "{}"), QFS_OK);
	CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", sample_policy_payload(POLICY_SIGNED("\"signed\":\"all\""))), QFS_OK);
	sample_refuse_as(&s, signin_auth(&session), &wallet.user, "POSTED", "{}", QFS_EVENT_UNSIGNED, "POSTED");
	wallet = test_wallet_of(4);
	sample_refuse_as(&s, signin_auth(&bare), &wallet.user, "POSTED", "{}", QFS_EVENT_UNSIGNED, "no device");
	/* To sign in, and to read, needs no device. */
	bare = signin_session(&s, 4, 0, 3);
	CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", sample_policy_payload(POLICY_SIGNED("\"signed\":\"devices\""))), QFS_OK);
	CHECK_STATUS(sample_append_as(&s, signin_auth(&bare), &wallet.user, "POSTED", "{}"), QFS_OK);
	sample_close(&s);
}

/* What a session may do as an operator, its device signs, too. */
static void
operators_sign(void)
{
	static char changes[512];
	test_wallet wallet = test_wallet_of(3);
	qfs_hash	session;

	snprintf(changes, sizeof(changes), POLICY_SIGNED("\"operators\":[\"%s\"]"), wallet.user_name);
	signin_ledger(&s, changes);
	session = signin_session(&s, 3, 50, 1);
	sample_refuse_as(&s, signin_auth(&session), &wallet.user, "NOTED", "{}", QFS_EVENT_UNSIGNED, "NOTED");
	CHECK_STATUS(sample_append_as(&s, signin_signed(&s, &session, &wallet, 50, 1, "NOTED", "{}"),
								  &wallet.user, "NOTED", "{}"), QFS_OK);
	/* The role qfs_operator has no session. */
	CHECK_STATUS(sample_append(&s, "NOTED", "{}"), QFS_OK);
	sample_close(&s);
}

/* A reducer that trusts signatures still counts nonces and compares keys. */
static void
signatures_unchecked(void)
{
	static char auth[512];
	test_wallet wallet = test_wallet_of(3);
	qfs_hash	session;

	open_ledger();
	s.apart = true;
	session = signin_session(&s, 3, 50, 1);
	s.reducer.check_signatures = false;
	strcpy(auth, signin_signed(&s, &session, &wallet, 50, 7, "POSTED", "{}"));
	CHECK_STATUS(sample_append_as(&s, auth, &wallet.user, "POSTED", "{\"other\":1}"), QFS_OK);
	sample_refuse_as(&s, auth, &wallet.user, "POSTED", "{\"other\":1}", QFS_EVENT_NONCE, "it is 7");
	strcpy(auth, signin_signed(&s, &session, &wallet, 51, 8, "POSTED", "{}"));
	sample_refuse_as(&s, auth, &wallet.user, "POSTED", "{}", QFS_EVENT_KEY, "another device");
	sample_close(&s);
}

/* A nonce that is far ahead of the time would leave the account's devices none to go on with. */
static void
signed_ahead(void)
{
	const int64_t day = 86400000;
	const int64_t last_of_all = INT64_C(9007199254740991);
	test_wallet wallet = test_wallet_of(3);
	char		detail[128];
	qfs_hash	session;
	int64_t		most;

	open_ledger();
	session = signin_session(&s, 3, 50, 1);
	CHECK_STATUS(sample_append_as(&s, signin_signed(&s, &session, &wallet, 50, 1, "POSTED", "{}"),
								  &wallet.user, "POSTED", "{}"), QFS_OK);
	most = SAMPLE_TIME + 1000 * (int64_t) s.count + day;
	snprintf(detail, sizeof(detail), "it is %lld, the last one was 1, this one may be up to %lld",
			 (long long) last_of_all, (long long) most);
	sample_refuse_as(&s, signin_signed(&s, &session, &wallet, 50, last_of_all, "POSTED", "{}"), &wallet.user,
					 "POSTED", "{}", QFS_EVENT_NONCE_AHEAD, detail);
	sample_refuse_as(&s, signin_signed(&s, &session, &wallet, 50, most + 1, "POSTED", "{}"), &wallet.user,
					 "POSTED", "{}", QFS_EVENT_NONCE_AHEAD, "");
	CHECK_STATUS(sample_append_as(&s, signin_signed(&s, &session, &wallet, 50, most, "POSTED", "{}"),
								  &wallet.user, "POSTED", "{}"), QFS_OK);

	/* Who signed with the largest one has not locked the others out: one more is always taken, but no two. */
	s.later = -1000;
	sample_refuse_as(&s, signin_signed(&s, &session, &wallet, 50, most + 2, "POSTED", "{}"), &wallet.user,
					 "POSTED", "{}", QFS_EVENT_NONCE_AHEAD, "");
	CHECK_STATUS(sample_append_as(&s, signin_signed(&s, &session, &wallet, 50, most + 1, "POSTED", "{}"),
								  &wallet.user, "POSTED", "{}"), QFS_OK);
	sample_close(&s);
}

/* Whoever empties the table of accounts has not made a nonce good again. */
static void
account_missing(void)
{
	test_wallet wallet = test_wallet_of(3);
	qfs_session_record session = {.session = {{7}},.user = wallet.user,.seq = 3,.ttl_blocks = 1000,
		.has_device = true,.device = test_key_of(50).public
	};
	qfs_store  *store;

	open_ledger();
	s.apart = true;
	store = qfs_memory_store_base(s.store);
	CHECK_STATUS(store->put(store, &qfs_kind_session, &session, NULL), QFS_OK);
	sample_refuse_as(&s, signin_signed(&s, &session.session, &wallet, 50, 1, "POSTED", "{}"), &wallet.user,
					 "POSTED", "{}", QFS_STATE_MISMATCH, "a session that its account has not");
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(matrix),
	CASE(streams),
	CASE(actors),
	CASE(nobody),
	CASE(too_large),
	CASE(operators_come_and_go),
	CASE(signed_events),
	CASE(signed_ahead),
	CASE(signed_for_another_ledger),
	CASE(altered_signatures),
	CASE(who_must_sign),
	CASE(signing_changes),
	CASE(operators_sign),
	CASE(signatures_unchecked),
	CASE(account_missing),
	NO_MORE_CASES
};

const unit_suite suite_authority = {"authority", cases};
