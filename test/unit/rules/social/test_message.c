/*
 * test_message.c - chat keys, the order of messages, answers that count, and limits.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <sodium.h>
#include <stdio.h>

#include "ledger/registry.h"
#include "state/records.h"
#include "support/people.h"

#define MINUTE 60000
#define DAY 86400000

static sample s;
static person ann;
static person bob;
static person cid;

/* Three accounts, all with chat keys: the entries 4 to 9. */
static void
meet(const char *policy)
{
	people_ledger(&s, policy);
	ann = people_join(&s, 1, 0);
	bob = people_join(&s, 2, 0);
	cid = people_join(&s, 3, 0);
	CHECK_STATUS(people_chat_key(&s, &ann, 1), QFS_OK);
	CHECK_STATUS(people_chat_key(&s, &bob, 2), QFS_OK);
	CHECK_STATUS(people_chat_key(&s, &cid, 3), QFS_OK);
}

static void
refused(const person *from, const char *payload, qfs_status want, const char *detail)
{
	sample_refuse_as(&s, from->auth, &from->wallet.user, "MESSAGE", payload, want, detail);
}

/* Goes on when the next window of this length begins. */
static void
wait_for_window(int64_t length)
{
	people_wait(&s, length - signin_now(&s) % length);
}

/* Goes on with this block. */
static void
wait_for_block(int64_t block)
{
	people_wait(&s, SAMPLE_TIME + block * PEOPLE_BLOCK - signin_now(&s));
}

/* It touched nobody. */
static void
no_effect(void)
{
	people_outcome(&s, "{\"status\":\"OK\"}");
	people_touched(&s, "%s", "");
}

#define TIES(received, sent) "{\"guard\":null,\"received\":" received ",\"referrer\":null,\"sent\":" sent \
	",\"settled\":null,\"used\":null}"

/* A message between two that never wrote before: the ties of both begin. */
static void
first_message(const person *from, const person *to)
{
	people_outcome(&s, "{\"result\":{\"thread\":{\"answered\":null,\"messages\":[%s],\"previous\":null}},\"status\":\"OK\"}",
				   memcmp(&from->wallet.user, &to->wallet.user, sizeof(qfs_user_id)) < 0 ? "1,0" : "0,1");
	people_touched(&s, "#%d ties null MESSAGE_FIRST_SENT " TIES("false", "true")
				   "; #%d ties null MESSAGE_FIRST_RECEIVED " TIES("true", "false"), from->number, to->number);
}

/* ---- chat keys ---- */

static void
chat_keys(void)
{
	char		before[80] = "null";
	qfs_standing standing;
	uint8_t		secret[32];
	uint8_t		key[32];

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	for (uint8_t n = 1; n <= 3; n++)
	{
		char		after[80];

		unit_row("key %d", n);
		CHECK_STATUS(people_chat_key(&s, &ann, n), QFS_OK);
		/* It replaces the one before. */
		standing = people_standing(&s, &ann);
		memset(secret, n, sizeof(secret));
		crypto_scalarmult_base(key, secret);
		CHECK(standing.has_chat_key && memcmp(standing.chat_key.bytes, key, sizeof(key)) == 0);
		sodium_bin2hex(after + 1, sizeof(after) - 1, key, sizeof(key));
		after[0] = '"';
		strcat(after, "\"");
		people_outcome(&s, "{\"status\":\"OK\"}");
		people_touched(&s, "#1 standing %d CHAT_KEY_PUBLISHED chat_key %s->%s", 3 + n, before, after);
		people_read(&s, "#1 access 4");
		memcpy(before, after, sizeof(before));
	}
	sample_close(&s);
}

static void
chat_keys_refused(void)
{
	static const struct
	{
		const char *payload;
		qfs_status	status;
		const char *detail;
	}			rows[] = {
		{"{}", QFS_PAYLOAD_INVALID, "payload.key: missing"},
		{"{\"key\":7}", QFS_PAYLOAD_INVALID, "payload.key: wrong type"},
		{"{\"key\":\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ\"}", QFS_PAYLOAD_INVALID, "payload.key: too short"},
		{"{\"key\":\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\"}", QFS_PAYLOAD_INVALID, "payload.key: too long"},
		/* Bits that no byte needs, the other alphabet, and what is no base64 at all. */
		{"{\"key\":\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQF\"}", QFS_X25519_KEY, "is not 32 bytes in base64url"},
		{"{\"key\":\"+QEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\"}", QFS_X25519_KEY, "is not 32 bytes in base64url"},
		{"{\"key\":\"\\n123456789012345678901234567890123456789012\"}", QFS_X25519_KEY, "is not 32 bytes in base64url"},
		{"{\"key\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}", QFS_X25519_KEY, "small order"},
		{"{\"key\":\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}", QFS_X25519_KEY, "small order"},
		{"{\"key\":\"7v_______________________________________38\"}", QFS_X25519_KEY, "2^255 - 19"},
		{"{\"key\":\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\",\"kind\":1}", QFS_PAYLOAD_INVALID, "unknown member"},
	};

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].payload);
		sample_refuse_as(&s, ann.auth, &ann.wallet.user, "CHAT_KEY", rows[i].payload, rows[i].status, rows[i].detail);
	}
	sample_refuse_as(&s, SAMPLE_OPERATOR, NULL, "CHAT_KEY", "{\"key\":\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\"}",
					 QFS_NO_SESSION, "");
	sample_close(&s);
}

/* ---- messages ---- */

static int64_t
thread_int(const char *name)
{
	const void *record = people_record(&s, qfs_rule_message.kind, 0, 1);

	return record == NULL ? -1 : *(const int64_t *) people_field(qfs_rule_message.kind, record, name);
}

static void
written(void)
{
	qfs_ties	ties;
	const person *first;
	const person *second;
	const void *record;
	bool		in_order;

	meet(NULL);
	in_order = memcmp(&ann.wallet.user, &bob.wallet.user, sizeof(qfs_user_id)) < 0;
	first = in_order ? &ann : &bob;
	second = in_order ? &bob : &ann;

	CHECK_STATUS(people_write(&s, first, second, 1), QFS_OK);
	first_message(first, second);
	people_read(&s, first == &ann ? "#1 access 4; #1 standing 7; #2 standing 8" : "#1 standing 7; #2 access 5; #2 standing 8");
	record = people_record(&s, qfs_rule_message.kind, 0, 1);
	CHECK(memcmp(people_field(qfs_rule_message.kind, record, "first"), &first->wallet.user, sizeof(qfs_user_id)) == 0);
	CHECK(memcmp(people_field(qfs_rule_message.kind, record, "second"), &second->wallet.user, sizeof(qfs_user_id)) == 0);
	CHECK_HEX(people_field(qfs_rule_message.kind, record, "thread"), QFS_HASH_LEN, people_thread(&ann, &bob));
	CHECK(*(const bool *) people_field(qfs_rule_message.kind, record, "by_first"));
	CHECK_INT(thread_int("first_seq"), 1);
	CHECK_INT(thread_int("second_seq"), 0);
	CHECK_INT(thread_int("last_entry"), 10);

	CHECK_STATUS(people_write(&s, first, second, 2), QFS_OK);
	no_effect();
	CHECK_STATUS(people_write(&s, second, first, 1), QFS_OK);
	record = people_record(&s, qfs_rule_message.kind, 0, 1);
	CHECK(!*(const bool *) people_field(qfs_rule_message.kind, record, "by_first"));
	CHECK_INT(thread_int("first_seq"), 2);
	CHECK_INT(thread_int("second_seq"), 1);
	CHECK_INT(thread_int("last_entry"), 12);

	/* Who wrote and who was written to. */
	CHECK_STATUS(people_write(&s, &cid, &ann, 1), QFS_OK);
	ties = people_ties(&s, &ann);
	CHECK(ties.sent && ties.received);
	ties = people_ties(&s, &bob);
	CHECK(ties.sent && ties.received);
	ties = people_ties(&s, &cid);
	CHECK(ties.sent && !ties.received);
	people_record(&s, &qfs_kind_ties, 0, 3);
	sample_close(&s);
}

static void
order(void)
{
	meet(NULL);
	refused(&ann, people_message_payload(&ann, &bob, 2), QFS_MESSAGE_ORDER, "it is 2, number 1 is next");
	CHECK_STATUS(people_write(&s, &ann, &bob, 1), QFS_OK);
	/* replayed */
	refused(&ann, people_message_payload(&ann, &bob, 1), QFS_MESSAGE_ORDER, "it is 1, number 2 is next");
	/* skipped */
	refused(&ann, people_message_payload(&ann, &bob, 3), QFS_MESSAGE_ORDER, "it is 3, number 2 is next");
	refused(&ann, people_message_payload(&ann, &bob, QFS_INT_MAX), QFS_MESSAGE_ORDER, "number 2 is next");
	refused(&ann, people_message_payload(&ann, &bob, 0), QFS_PAYLOAD_INVALID, "payload.seq: too small");
	refused(&ann, people_message_payload(&ann, &bob, QFS_INT_MAX + 1), QFS_PAYLOAD_INVALID, "payload.seq");
	/* Each side counts by itself, in each thread. */
	refused(&bob, people_message_payload(&bob, &ann, 2), QFS_MESSAGE_ORDER, "it is 2, number 1 is next");
	CHECK_STATUS(people_write(&s, &bob, &ann, 1), QFS_OK);
	CHECK_STATUS(people_write(&s, &ann, &cid, 1), QFS_OK);
	CHECK_STATUS(people_write(&s, &ann, &bob, 2), QFS_OK);
	CHECK_STATUS(people_write(&s, &ann, &bob, 3), QFS_OK);
	refused(&ann, people_message_payload(&ann, &bob, 2), QFS_MESSAGE_ORDER, "it is 2, number 4 is next");
	refused(&bob, people_message_payload(&bob, &ann, 3), QFS_MESSAGE_ORDER, "it is 3, number 2 is next");
	sample_close(&s);
}

/* A payload with one thing changed. */
static const char *
edited(const char *from, const char *to)
{
	static char text[2048];
	const char *payload = people_message_payload(&ann, &bob, 1);
	const char *at = strstr(payload, from);

	if (!CHECK(at != NULL))
		return payload;
	snprintf(text, sizeof(text), "%.*s%s%s", (int) (at - payload), payload, to, at + strlen(from));
	return text;
}

static void
forms(void)
{
	char		right[65];
	char		wrong[65];
	char		name[70];

	meet(NULL);
	refused(&ann, edited("aes256gcm", "aes128gcm"), QFS_PAYLOAD_INVALID, "payload.alg");
	refused(&ann, edited("\"size\":100", "\"size\":16"), QFS_PAYLOAD_INVALID, "payload.size: too small");
	refused(&ann, edited("\"size\":100", "\"size\":65537"), QFS_PAYLOAD_INVALID, "payload.size: too large");
	refused(&ann, edited("\"size\":100", "\"sizes\":100"), QFS_PAYLOAD_INVALID, "payload");
	refused(&ann, edited("\"recipient\"", "\"plaintext\":\"hi\",\"recipient\""), QFS_PAYLOAD_INVALID, "unknown member");
	refused(&ann, edited("0000000001\"", "000000000A\""), QFS_PAYLOAD_INVALID, "payload.hash: 64 lower-case");
	refused(&ann, edited("0000000001\"", "00000000001\""), QFS_PAYLOAD_INVALID, "payload.hash: too long");

	snprintf(right, sizeof(right), "%s", people_thread(&ann, &bob));
	snprintf(wrong, sizeof(wrong), "%s", people_thread(&ann, &cid));
	refused(&ann, edited(right, wrong), QFS_MESSAGE_THREAD, right);
	snprintf(wrong, sizeof(wrong), "%s", right);
	wrong[63] = wrong[63] == '0' ? '1' : '0';
	refused(&ann, edited(right, wrong), QFS_MESSAGE_THREAD, right);
	wrong[63] = 'A';
	refused(&ann, edited(right, wrong), QFS_MESSAGE_THREAD, right);

	snprintf(name, sizeof(name), "%s", bob.wallet.user_name);
	name[68] = 'G';
	refused(&ann, edited(bob.wallet.user_name, name), QFS_USER_ID_SYNTAX, "");

	CHECK_STATUS(people_append(&s, &ann, "MESSAGE", edited("\"size\":100", "\"size\":17")), QFS_OK);
	sample_close(&s);
	meet(NULL);
	CHECK_STATUS(people_append(&s, &ann, "MESSAGE", edited("\"size\":100", "\"size\":65536")), QFS_OK);
	sample_refuse_as(&s, SAMPLE_OPERATOR, NULL, "MESSAGE", people_message_payload(&ann, &bob, 2), QFS_NO_SESSION, "");
	/* In the name of somebody else. */
	sample_refuse_as(&s, cid.auth, &ann.wallet.user, "MESSAGE", people_message_payload(&ann, &bob, 2),
					 QFS_ACTOR_MISMATCH, "");
	sample_close(&s);
}

static void
to_nobody(void)
{
	person		nobody;

	meet(NULL);
	refused(&ann, people_message_payload(&ann, &ann, 1), QFS_MESSAGE_SELF, "");
	memset(&nobody, 0, sizeof(nobody));
	nobody.wallet = test_wallet_of(99);
	refused(&ann, people_message_payload(&ann, &nobody, 1), QFS_ACCOUNT_UNKNOWN, nobody.wallet.user_name);
	sample_close(&s);
}

static void
without_keys(void)
{
	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	bob = people_join(&s, 2, 0);
	refused(&ann, people_message_payload(&ann, &bob, 1), QFS_CHAT_KEY_UNKNOWN, "the sender has none");
	CHECK_STATUS(people_chat_key(&s, &ann, 1), QFS_OK);
	refused(&ann, people_message_payload(&ann, &bob, 1), QFS_CHAT_KEY_UNKNOWN, "the recipient has none");
	refused(&bob, people_message_payload(&bob, &ann, 1), QFS_CHAT_KEY_UNKNOWN, "the sender has none");
	CHECK_STATUS(people_chat_key(&s, &bob, 2), QFS_OK);
	CHECK_STATUS(people_write(&s, &ann, &bob, 1), QFS_OK);
	sample_close(&s);
}

/* ---- answers ---- */

static void
check_answer(const person *p, const char *before, const char *after, int previous)
{
	people_outcome(&s, "{\"status\":\"OK\"}");
	people_touched(&s, "#%d standing %d MESSAGE_RECIPROCATED coherence %s->%s", p->number, previous, before, after);
}

/* Only an answer to the peer's last message counts, and only the first of an epoch in a thread. */
static void
answers(void)
{
	meet(NULL);
	CHECK_STATUS(people_write(&s, &ann, &bob, 1), QFS_OK);
	first_message(&ann, &bob);
	CHECK_STATUS(people_write(&s, &ann, &bob, 2), QFS_OK);
	no_effect();
	CHECK_STATUS(people_write(&s, &bob, &ann, 1), QFS_OK);
	people_outcome(&s, "{\"result\":{\"thread\":{\"answered\":0,\"messages\":[%s],\"previous\":11}},\"status\":\"OK\"}",
				   memcmp(&ann.wallet.user, &bob.wallet.user, sizeof(qfs_user_id)) < 0 ? "2,1" : "1,2");
	people_touched(&s, "#2 ties 10 MESSAGE_FIRST_SENT sent false->true; "
				   "#1 ties 10 MESSAGE_FIRST_RECEIVED received false->true; "
				   "#2 standing 8 MESSAGE_RECIPROCATED coherence 0->0.06");
	people_read(&s, "#1 standing 7; #2 access 5");
	/* Neither side earns more in this epoch, */
	CHECK_STATUS(people_write(&s, &ann, &bob, 3), QFS_OK);
	no_effect();
	CHECK_STATUS(people_write(&s, &bob, &ann, 2), QFS_OK);
	no_effect();
	/* but other threads are others. */
	CHECK_STATUS(people_write(&s, &cid, &ann, 1), QFS_OK);
	people_touched(&s, "#3 ties null MESSAGE_FIRST_SENT " TIES("false", "true"));
	people_read(&s, "#1 standing 7; #1 ties 12; #3 access 6; #3 standing 9");
	CHECK_STATUS(people_write(&s, &ann, &cid, 1), QFS_OK);
	people_touched(&s, "#3 ties 15 MESSAGE_FIRST_RECEIVED received false->true; "
				   "#1 standing 7 MESSAGE_RECIPROCATED coherence 0->0.06");
	people_read(&s, "#1 access 4; #1 ties 12; #3 standing 9");
	CHECK_STATUS(people_write(&s, &cid, &bob, 1), QFS_OK);
	CHECK_STATUS(people_write(&s, &bob, &cid, 1), QFS_OK);
	check_answer(&bob, "0.06", "0.114", 12);
	sample_close(&s);
}

static void
answers_of_epochs(void)
{
	meet(NULL);
	CHECK_STATUS(people_write(&s, &ann, &bob, 1), QFS_OK);
	CHECK_STATUS(people_write(&s, &bob, &ann, 1), QFS_OK);
	/* The last block of epoch 0, and the first of epoch 1. */
	wait_for_block(511);
	CHECK_STATUS(people_write(&s, &ann, &bob, 2), QFS_OK);
	no_effect();
	CHECK_STATUS(people_write(&s, &bob, &ann, 2), QFS_OK);
	no_effect();
	wait_for_block(512);
	/* Whoever answers first in it; writing on without an answer does not count. */
	CHECK_STATUS(people_write(&s, &bob, &ann, 3), QFS_OK);
	no_effect();
	CHECK_STATUS(people_write(&s, &ann, &bob, 3), QFS_OK);
	check_answer(&ann, "0", "0.06", 7);
	CHECK_STATUS(people_write(&s, &bob, &ann, 4), QFS_OK);
	no_effect();
	/* Epochs in which nothing was said do not add up. */
	people_return(&s, &ann, 0);
	people_return(&s, &bob, 0);
	wait_for_block(7 * 512);
	people_return(&s, &ann, 0);
	people_return(&s, &bob, 0);
	CHECK_STATUS(people_write(&s, &ann, &bob, 4), QFS_OK);
	check_answer(&ann, "0.06", "0.114", 15);
	CHECK_STATUS(people_write(&s, &bob, &ann, 5), QFS_OK);
	no_effect();
	sample_close(&s);
}

/* ---- limits ---- */

static void
messages_a_minute(void)
{
	meet(PEOPLE_POLICY(",\"limits\":{\"messages_per_minute\":2}"));
	wait_for_window(MINUTE);
	CHECK_STATUS(people_write(&s, &ann, &bob, 1), QFS_OK);
	CHECK_STATUS(people_write(&s, &ann, &cid, 1), QFS_OK);
	refused(&ann, people_message_payload(&ann, &bob, 2), QFS_RATE_LIMIT, "2 messages a minute; again in 59 seconds");
	/* What is wrong for another reason is not called too fast. */
	refused(&ann, people_message_payload(&ann, &bob, 3), QFS_MESSAGE_ORDER, "number 2 is next");
	CHECK_STATUS(people_write(&s, &bob, &ann, 1), QFS_OK);
	wait_for_window(MINUTE);
	CHECK_STATUS(people_write(&s, &ann, &bob, 2), QFS_OK);
	CHECK_STATUS(people_write(&s, &ann, &bob, 3), QFS_OK);
	refused(&ann, people_message_payload(&ann, &bob, 4), QFS_RATE_LIMIT, "2 messages a minute");
	sample_close(&s);

	meet(PEOPLE_POLICY(",\"limits\":{\"messages_per_minute\":0}"));
	refused(&ann, people_message_payload(&ann, &bob, 1), QFS_RATE_LIMIT, "0 messages a minute");
	sample_close(&s);
}

/* A thread counts for whoever begins it. */
static void
threads_a_day(void)
{
	person		dan;

	people_ledger(&s, PEOPLE_POLICY(",\"limits\":{\"threads_per_day\":1}"));
	wait_for_window(DAY);
	ann = people_join(&s, 1, 0);
	bob = people_join(&s, 2, 0);
	cid = people_join(&s, 3, 0);
	dan = people_join(&s, 4, 0);
	CHECK_STATUS(people_chat_key(&s, &ann, 1), QFS_OK);
	CHECK_STATUS(people_chat_key(&s, &bob, 2), QFS_OK);
	CHECK_STATUS(people_chat_key(&s, &cid, 3), QFS_OK);
	CHECK_STATUS(people_chat_key(&s, &dan, 4), QFS_OK);
	CHECK_STATUS(people_write(&s, &ann, &bob, 1), QFS_OK);
	refused(&ann, people_message_payload(&ann, &cid, 1), QFS_RATE_LIMIT, "1 new threads a day; again in 863");
	CHECK_STATUS(people_write(&s, &ann, &bob, 2), QFS_OK);
	/* Answering is not beginning. */
	CHECK_STATUS(people_write(&s, &bob, &ann, 1), QFS_OK);
	CHECK_STATUS(people_write(&s, &bob, &cid, 1), QFS_OK);
	refused(&bob, people_message_payload(&bob, &dan, 1), QFS_RATE_LIMIT, "1 new threads a day");
	CHECK_STATUS(people_write(&s, &cid, &ann, 1), QFS_OK);
	CHECK_STATUS(people_write(&s, &ann, &cid, 1), QFS_OK);
	people_forget(&s);
	wait_for_window(DAY);
	people_return(&s, &ann, 0);
	CHECK_STATUS(people_write(&s, &ann, &dan, 1), QFS_OK);
	sample_close(&s);
}

static void
limits_by_default(void)
{
	person		peers[11];

	people_ledger(&s, NULL);
	wait_for_window(DAY);
	ann = people_join(&s, 1, 0);
	CHECK_STATUS(people_chat_key(&s, &ann, 1), QFS_OK);
	for (uint8_t i = 0; i < 11; i++)
	{
		peers[i] = people_join(&s, (uint8_t) (10 + i), 0);
		CHECK_STATUS(people_chat_key(&s, &peers[i], (uint8_t) (10 + i)), QFS_OK);
	}
	people_forget(&s);
	for (int i = 0; i < 10; i++)
		CHECK_STATUS(people_write(&s, &ann, &peers[i], 1), QFS_OK);
	refused(&ann, people_message_payload(&ann, &peers[10], 1), QFS_RATE_LIMIT, "10 new threads a day");
	people_forget(&s);
	wait_for_window(MINUTE);
	/* Sixty within one minute, although entries are a second apart. */
	for (int i = 2; i <= 61; i++)
	{
		CHECK_STATUS(people_write(&s, &ann, &peers[0], i), QFS_OK);
		people_forget(&s);
		people_wait(&s, -900);
	}
	refused(&ann, people_message_payload(&ann, &peers[0], 62), QFS_RATE_LIMIT, "60 messages a minute");
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(chat_keys),
	CASE(chat_keys_refused),
	CASE(written),
	CASE(order),
	CASE(forms),
	CASE(to_nobody),
	CASE(without_keys),
	CASE(answers),
	CASE(answers_of_epochs),
	CASE(messages_a_minute),
	CASE(threads_a_day),
	CASE(limits_by_default),
	NO_MORE_CASES
};

const unit_suite suite_message = {"message", cases};
