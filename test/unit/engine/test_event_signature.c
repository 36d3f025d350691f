/*
 * test_event_signature.c - a type whose acts are signed, by the session's device or by the wallet.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The rules are the product's and three more: BALLOT is an account's to sign,
 * SEALED is a device's to sign alone, COUNTED is the ledger's own to append.
 */
#include "suites.h"

#include <sodium.h>
#include <stdio.h>

#include "engine/effects.h"
#include "ledger/registry.h"
#include "proof/bundle.h"
#include "support/explaining.h"
#include "support/people.h"
#include "support/second_hash.h"

#define PAYLOAD "{\"choice\":\"yes\"}"

static qfs_status
nothing(qfs_act *act)
{
	(void) act;
	return QFS_OK;
}

#define ANY_PAYLOAD .schema = "{}",.apply = nothing,.is_public = true

static const qfs_rule rule_ballot = {
	.type = "BALLOT",ANY_PAYLOAD,.via = QFS_VIA_SESSION | QFS_VIA_WALLET,.must_sign = true
};
static const qfs_rule rule_sealed = {.type = "SEALED",ANY_PAYLOAD,.via = QFS_VIA_SESSION,.must_sign = true};
static const qfs_rule rule_counted = {.type = "COUNTED",ANY_PAYLOAD,.via = QFS_VIA_LEDGER};

static const qfs_rule *const rules[] = {
#define RULE(name) &qfs_rule_##name,
#include "ledger/registry.def"
#undef RULE
	&rule_ballot, &rule_sealed, &rule_counted, NULL
};

static qfs_registry registry;
static sample s;

static void
open_ledger(const char *more)
{
	static char changes[512];

	registry = (qfs_registry) {rules, qfs_registry_own.kinds, qfs_registry_own.version};
	snprintf(changes, sizeof(changes), "{\"auth\":{\"chain_ids\":[1],\"domains\":[\"app.example\"],"
			 "\"uris\":[\"https://app.example\"]}%s}", more);
	signin_ledger(&s, changes);
	sample_register(&s, &registry);
}

/* The auth of an event that this wallet signed, of a text that is put together here once more. */
static const char *
by_wallet(uint8_t wallet, const char *origin, const qfs_hash *ledger, int64_t nonce, const char *type, const char *payload)
{
	static char auth[512];
	char		text[2048];
	char		digits[65];
	char		sig[131];
	uint8_t		signature[65];
	test_wallet who = test_wallet_of(wallet);
	int			len;

	sodium_bin2hex(digits, sizeof(digits), ledger->bytes, QFS_HASH_LEN);
	len = snprintf(text, sizeof(text), "%s asks for your signature.\n\nEvent: %s\nPayload: %s\nNonce: %lld\nLedger: %s",
				   origin, type, payload, (long long) nonce, digits);
	test_personal_sign(&who, (qfs_slice) {(uint8_t *) text, (size_t) len}, signature);
	sodium_bin2hex(sig, sizeof(sig), signature, sizeof(signature));
	snprintf(auth, sizeof(auth), "{\"nonce\":%lld,\"sig\":\"0x%s\",\"via\":\"wallet\"}", (long long) nonce, sig);
	return auth;
}

static const char *
signed_here(uint8_t wallet, int64_t nonce, const char *type, const char *payload)
{
	return by_wallet(wallet, SAMPLE_ORIGIN, &s.entry[0].seal.hash, nonce, type, payload);
}

/* ---- without a session ---- */

/* Nobody who signs so has ever signed in. */
static void
wallet_acts(void)
{
	test_wallet wallet = test_wallet_of(7);
	test_wallet other = test_wallet_of(8);

	open_ledger("");
	CHECK_STATUS(sample_append_as(&s, signed_here(7, 7, "BALLOT", PAYLOAD), &wallet.user, "BALLOT", PAYLOAD), QFS_OK);
	people_touched(&s, "#7 nonce null EVENT_SIGNED {\"event_nonce\":7}");
	CHECK_TEXT(s.event.auth, "{\"nonce\":7,\"via\":\"wallet\"}");
	/* Once, and those after it. */
	sample_refuse_as(&s, signed_here(7, 7, "BALLOT", PAYLOAD), &wallet.user, "BALLOT", PAYLOAD, QFS_EVENT_NONCE,
					 "it is 7, the last one was 7");
	sample_refuse_as(&s, signed_here(7, 6, "BALLOT", PAYLOAD), &wallet.user, "BALLOT", PAYLOAD, QFS_EVENT_NONCE,
					 "it is 6, the last one was 7");
	sample_refuse_as(&s, signed_here(7, QFS_INT_MAX, "BALLOT", PAYLOAD), &wallet.user, "BALLOT", PAYLOAD,
					 QFS_EVENT_NONCE_AHEAD, "the last one was 7");
	CHECK_STATUS(sample_append_as(&s, signed_here(7, 8, "BALLOT", PAYLOAD), &wallet.user, "BALLOT", PAYLOAD), QFS_OK);
	people_touched(&s, "#7 nonce 4 EVENT_SIGNED event_nonce 7->8");
	/* Another account counts by itself. */
	CHECK_STATUS(sample_append_as(&s, signed_here(8, 1, "BALLOT", PAYLOAD), &other.user, "BALLOT", PAYLOAD), QFS_OK);
	sample_close(&s);
}

/* Another's name, another text: each part of it is signed. */
static void
wallet_signed_another(void)
{
	test_wallet wallet = test_wallet_of(7);
	test_wallet other = test_wallet_of(8);
	const qfs_hash elsewhere = {{1}};
	const qfs_hash *here;

	open_ledger("");
	here = &s.entry[0].seal.hash;
	CHECK_STATUS(sample_append_as(&s, signed_here(7, 1, "BALLOT", PAYLOAD), &wallet.user, "BALLOT", PAYLOAD), QFS_OK);
	sample_refuse_as(&s, signed_here(7, 2, "BALLOT", PAYLOAD), &other.user, "BALLOT", PAYLOAD, QFS_SIGNATURE_MISMATCH,
					 wallet.user_name);
	sample_refuse_as(&s, signed_here(7, 2, "BALLOT", PAYLOAD), NULL, "BALLOT", PAYLOAD, QFS_ACTOR_MISMATCH, "");
	sample_refuse_as(&s, signed_here(7, 2, "BALLOT", "{}"), &wallet.user, "BALLOT", PAYLOAD, QFS_SIGNATURE_MISMATCH, "");
	sample_refuse_as(&s, signed_here(7, 2, "SEALED", PAYLOAD), &wallet.user, "BALLOT", PAYLOAD, QFS_SIGNATURE_MISMATCH, "");
	sample_refuse_as(&s, by_wallet(7, SAMPLE_ORIGIN, &elsewhere, 2, "BALLOT", PAYLOAD), &wallet.user, "BALLOT", PAYLOAD,
					 QFS_SIGNATURE_MISMATCH, "");
	sample_refuse_as(&s, by_wallet(7, "ledger.example/other", here, 2, "BALLOT", PAYLOAD), &wallet.user, "BALLOT", PAYLOAD,
					 QFS_SIGNATURE_MISMATCH, "");
	{
		static char auth[512];

		snprintf(auth, sizeof(auth), "%s", signed_here(7, 2, "BALLOT", PAYLOAD));
		*(strstr(auth, "\"nonce\":2") + 8) = '3';
		sample_refuse_as(&s, auth, &wallet.user, "BALLOT", PAYLOAD, QFS_SIGNATURE_MISMATCH, "");
	}
	sample_refuse_as(&s, "{\"nonce\":2,\"sig\":\"0x00\",\"via\":\"wallet\"}", &wallet.user, "BALLOT", PAYLOAD,
					 QFS_CONTRACT_WALLET, "1 bytes");
	sample_refuse_as(&s, "{\"nonce\":2,\"via\":\"wallet\"}", &wallet.user, "BALLOT", PAYLOAD, QFS_AUTH_INVALID, "is missing");
	sample_close(&s);
}

/* What a wallet signs as a sign-in is no act, and an act no sign-in; what no wallet signs, none signs. */
static void
forms(void)
{
	static signin in;
	static char auth[512];
	test_wallet wallet = test_wallet_of(7);

	open_ledger("");
	signin_make(&in, 7, 0, signin_now(&s), 1);
	sample_refuse_as(&s, in.auth, &wallet.user, "BALLOT", PAYLOAD, QFS_AUTH_INVALID, "BALLOT: its wallet signs the event");
	snprintf(auth, sizeof(auth), "{\"nonce\":1,\"sig\":\"%.200s\",\"via\":\"wallet\"}", in.signature);
	sample_refuse_as(&s, auth, &wallet.user, "LOGIN", in.payload, QFS_AUTH_INVALID, "LOGIN: its wallet signs the payload's message");
	sample_refuse_as(&s, signed_here(7, 1, "SEALED", PAYLOAD), &wallet.user, "SEALED", PAYLOAD, QFS_NO_SESSION, "SEALED");
	sample_refuse_as(&s, signed_here(7, 1, "POSTED", PAYLOAD), &wallet.user, "POSTED", PAYLOAD, QFS_NO_SESSION, "POSTED");
	sample_refuse_as(&s, signed_here(7, 1, "NOTED", PAYLOAD), &wallet.user, "NOTED", PAYLOAD, QFS_NO_SESSION, "NOTED");
	sample_refuse_as(&s, signed_here(7, 1, "COUNTED", PAYLOAD), &wallet.user, "COUNTED", PAYLOAD, QFS_FORBIDDEN, "COUNTED");
	sample_refuse_as(&s, signed_here(7, 1, "POLICY_CHANGED", sample_policy_payload("{}")), &wallet.user, "POLICY_CHANGED",
					 sample_policy_payload("{}"), QFS_NO_SESSION, "POLICY_CHANGED");
	CHECK_STATUS(signin_append(&s, &in), QFS_OK);
	sample_close(&s);
}

/* An operator who lets nobody sign in, nor do anything, does not stop it. */
static void
locked_out(void)
{
	test_wallet wallet = test_wallet_of(7);
	const char *shut = "{\"limits\":{\"events_per_minute\":0,\"logins_per_minute\":0}}";
	static signin in;

	open_ledger("");
	CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", sample_policy_payload(shut)), QFS_OK);
	signin_make(&in, 7, 0, signin_now(&s), 1);
	CHECK_STATUS(signin_append(&s, &in), QFS_LOGIN_DOMAIN);
	CHECK_STATUS(sample_append_as(&s, signed_here(7, 1, "BALLOT", PAYLOAD), &wallet.user, "BALLOT", PAYLOAD), QFS_OK);
	sample_close(&s);
}

/* ---- in a session ---- */

/* Whatever policy says, the device signs; wallet and device of an account count together. */
static void
must_sign(void)
{
	static const char *const policies[] = {"", ",\"signed\":\"none\"", ",\"signed\":\"all\""};
	test_wallet wallet = test_wallet_of(3);

	for (size_t i = 0; i < ROWS(policies); i++)
	{
		qfs_hash	session;
		qfs_hash	bare;

		unit_row("policy %s", policies[i]);
		open_ledger(policies[i]);
		session = signin_session(&s, 3, 50, 1);
		bare = signin_session(&s, 3, 0, 2);
		sample_refuse_as(&s, signin_auth(&session), &wallet.user, "BALLOT", PAYLOAD, QFS_EVENT_UNSIGNED, "BALLOT");
		sample_refuse_as(&s, signin_auth(&session), &wallet.user, "SEALED", PAYLOAD, QFS_EVENT_UNSIGNED, "SEALED");
		sample_refuse_as(&s, signin_auth(&bare), &wallet.user, "BALLOT", PAYLOAD, QFS_EVENT_UNSIGNED, "the session has no device");
		CHECK_STATUS(sample_append_as(&s, signin_signed(&s, &session, &wallet, 50, 1, "SEALED", PAYLOAD), &wallet.user,
									  "SEALED", PAYLOAD), QFS_OK);
		sample_refuse_as(&s, signed_here(3, 1, "BALLOT", PAYLOAD), &wallet.user, "BALLOT", PAYLOAD, QFS_EVENT_NONCE,
						 "it is 1, the last one was 1");
		CHECK_STATUS(sample_append_as(&s, signed_here(3, 2, "BALLOT", PAYLOAD), &wallet.user, "BALLOT", PAYLOAD), QFS_OK);
		sample_refuse_as(&s, signin_signed(&s, &session, &wallet, 50, 2, "BALLOT", PAYLOAD), &wallet.user, "BALLOT", PAYLOAD,
						 QFS_EVENT_NONCE, "it is 2, the last one was 2");
		CHECK_STATUS(sample_append_as(&s, signin_signed(&s, &session, &wallet, 50, 3, "BALLOT", PAYLOAD), &wallet.user,
									  "BALLOT", PAYLOAD), QFS_OK);
		sample_close(&s);
	}
}

/* ---- the ledger's own ---- */

static void
by_ledger(void)
{
	static const char ledger[] = "{\"via\":\"ledger\"}";
	test_wallet wallet = test_wallet_of(3);
	qfs_hash	session;

	open_ledger("");
	session = signin_session(&s, 3, 50, 1);
	CHECK_STATUS(sample_append_as(&s, ledger, NULL, "COUNTED", PAYLOAD), QFS_OK);
	sample_refuse_as(&s, ledger, &wallet.user, "COUNTED", PAYLOAD, QFS_ACTOR_MISMATCH, "act of the ledger itself");
	sample_refuse(&s, NULL, "COUNTED", PAYLOAD, QFS_FORBIDDEN, "COUNTED is the ledger's own to append");
	sample_refuse_as(&s, signin_signed(&s, &session, &wallet, 50, 1, "COUNTED", PAYLOAD), &wallet.user, "COUNTED", PAYLOAD,
					 QFS_FORBIDDEN, "COUNTED is the ledger's own to append");
	sample_refuse(&s, ledger, "BALLOT", PAYLOAD, QFS_FORBIDDEN, "BALLOT is not the ledger's own to append");
	sample_refuse(&s, ledger, "NOTED", "{}", QFS_FORBIDDEN, "NOTED is not the ledger's own");
	sample_refuse(&s, ledger, "POSTED", "{}", QFS_FORBIDDEN, "POSTED is not the ledger's own");
	/* Authority comes first: what follows could be acknowledged. */
	sample_refuse(&s, ledger, "UNHEARD_OF", "{}", QFS_FORBIDDEN, "UNHEARD_OF is not the ledger's own");
	sample_refuse_as(&s, signed_here(7, 1, "UNHEARD_OF", "{}"), &wallet.user, "UNHEARD_OF", "{}", QFS_NO_SESSION, "UNHEARD_OF");
	sample_refuse(&s, ledger, "POLICY_CHANGED", sample_policy_payload("{}"), QFS_FORBIDDEN, "not the ledger's own");
	sample_close(&s);
}

/* ---- recorded ones ---- */

/* Recalling looks at form and signature as reducing does, and can be told to trust the latter. */
static void
recalled(void)
{
	test_wallet wallet = test_wallet_of(7);
	test_wallet other = test_wallet_of(8);
	qfs_error	err;
	qfs_entry	entry;

	open_ledger("");
	s.apart = true;
	CHECK_STATUS(sample_append_as(&s, signed_here(7, 1, "BALLOT", PAYLOAD), &wallet.user, "BALLOT", PAYLOAD), QFS_OK);
	entry = s.event;
	CHECK_STATUS(qfs_recall(&s.recaller, &entry, NULL), QFS_OK);
	entry.payload = QFS_LITERAL("{\"choice\":\"no\"}");
	CHECK_STATUS(qfs_recall(&s.recaller, &entry, NULL), QFS_SIGNATURE_MISMATCH);
	s.recaller.check_signatures = false;
	CHECK_STATUS(qfs_recall(&s.recaller, &entry, NULL), QFS_OK);
	s.recaller.check_signatures = true;
	entry = s.event;
	entry.actor = other.user;
	CHECK_STATUS(qfs_recall(&s.recaller, &entry, NULL), QFS_SIGNATURE_MISMATCH);
	entry.has_actor = false;
	CHECK_STATUS(qfs_recall(&s.recaller, &entry, NULL), QFS_ACTOR_MISMATCH);
	entry = s.event;
	entry.auth = QFS_LITERAL("{\"via\":\"wallet\"}");
	CHECK_STATUS(qfs_recall(&s.recaller, &entry, &err), QFS_AUTH_INVALID);
	CHECK_DETAIL(&err, "with a nonce");
	entry = s.event;
	entry.type = QFS_LITERAL("SEALED");
	CHECK_STATUS(qfs_recall(&s.recaller, &entry, NULL), QFS_NO_SESSION);
	entry.type = QFS_LITERAL("POSTED");
	CHECK_STATUS(qfs_recall(&s.recaller, &entry, NULL), QFS_NO_SESSION);
	/* The ledger's own is nobody's. */
	CHECK_STATUS(sample_append_as(&s, "{\"via\":\"ledger\"}", NULL, "COUNTED", PAYLOAD), QFS_OK);
	entry = s.event;
	entry.has_actor = true;
	entry.actor = wallet.user;
	CHECK_STATUS(qfs_recall(&s.recaller, &entry, NULL), QFS_ACTOR_MISMATCH);
	sample_close(&s);
}

/* ---- explained ---- */

static explaining made;

static qfs_status
explain(uint64_t seq, const qfs_user_id *reader)
{
	qfs_question q = {.topic = QFS_TOPIC_ENTRY,.seq = seq,.size = s.count,.has_subject = reader != NULL,
	.to_subject = reader != NULL};

	if (reader != NULL)
		q.subject = *reader;
	return explaining_make(&made, &s, &q, -1);
}

static void
check_bundle(void)
{
	static qfs_bundle bundle;
	test_memory memory = {0};
	qfs_vkey	vkey = test_vkey(SAMPLE_ORIGIN, QFS_NOTE_ED25519, 1);
	qfs_error	err = {QFS_OK, ""};

	CHECK_STATUS(qfs_bundle_verify(made.bundle, &vkey, &registry, test_allocator(&memory), &bundle, &err), QFS_OK);
	CHECK_DETAIL(&err, "");
	CHECK_UINT(memory.live, 0);
}

/* To whom sees all of it, to the voter and to a stranger, who sees no part of the voter's account. */
static void
explained(void)
{
	static const char *const words[] = {"signed by the wallet", "signed by the wallet", "as the rules of the ledger demand"};
	static const char *const by[] = {"\"wallet\"", "\"wallet\"", "\"ledger\""};
	test_wallet wallet = test_wallet_of(7);
	test_wallet stranger = test_wallet_of(8);
	const qfs_user_id *readers[] = {NULL, &wallet.user, &stranger.user};
	int64_t		ahead;

	open_ledger("");
	/* More than a day ahead, as one after the other may be. */
	ahead = signin_now(&s) + 86400000;
	CHECK_STATUS(sample_append_as(&s, signed_here(7, ahead, "BALLOT", PAYLOAD), &wallet.user, "BALLOT", PAYLOAD), QFS_OK);
	s.later = -1000;
	CHECK_STATUS(sample_append_as(&s, signed_here(7, ahead + 1, "BALLOT", PAYLOAD), &wallet.user, "BALLOT", PAYLOAD), QFS_OK);
	CHECK_STATUS(sample_append_as(&s, "{\"via\":\"ledger\"}", NULL, "COUNTED", PAYLOAD), QFS_OK);
	for (unsigned i = 0; i < 3; i++)
		for (unsigned reader = 0; reader < 3; reader++)
		{
			qfs_slice	narrative;
			char		text[1024];

			unit_row("entry %u, reader %u", 4 + i, reader);
			if (!CHECK_STATUS(explain(4 + i, readers[reader]), QFS_OK))
			{
				CHECK_DETAIL(&made.err, "");
				continue;
			}
			narrative = second_member(made.bundle, "narrative");
			snprintf(text, sizeof(text), "%.*s", (int) narrative.len, (const char *) narrative.data);
			CHECK(strstr(text, words[i]) != NULL);
			CHECK_TEXT(second_member(second_member(made.bundle, "result"), "by"), by[i]);
			check_bundle();
		}
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(wallet_acts),
	CASE(wallet_signed_another),
	CASE(forms),
	CASE(locked_out),
	CASE(must_sign),
	CASE(by_ledger),
	CASE(recalled),
	CASE(explained),
	NO_MORE_CASES
};

const unit_suite suite_event_signature = {"event_signature", cases};
