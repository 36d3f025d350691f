/*
 * test_explain.c - explanations: what they rest on, what they say, and that nothing else verifies.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include <stdio.h>
#include <stdlib.h>

#include "ledger/registry.h"
#include "proof/bundle.h"
#include "suites.h"
#include "support/explaining.h"
#include "support/harness.h"
#include "support/people.h"
#include "support/second_hash.h"

static sample s;
static person ann;
static person bob;

static explaining made;
static uint8_t changed[EXPLAINING_MAX];
static test_memory memory;

/* ---- explaining and verifying ---- */

static qfs_status
explain(const qfs_question *q, qfs_slice *out)
{
	qfs_status	status = explaining_make(&made, &s, q, -1);

	*out = made.bundle;
	return status;
}

static qfs_error said;

static qfs_status
verify_with(qfs_slice text, const char *origin, uint8_t key)
{
	static qfs_bundle bundle;
	qfs_vkey	vkey = test_vkey(origin, QFS_NOTE_ED25519, key);
	qfs_status	status;

	said = (qfs_error) {QFS_OK, ""};
	status = qfs_bundle_verify(text, &vkey, &qfs_registry_own, test_allocator(&memory), &bundle, &said);
	CHECK_UINT(memory.live, 0);
	return status;
}

static qfs_status
verify(qfs_slice text)
{
	return verify_with(text, SAMPLE_ORIGIN, 1);
}

static qfs_question
about(uint64_t seq, qfs_topic topic, const person *subject)
{
	qfs_question q = {.topic = topic,.seq = seq,.size = s.count};

	q.has_subject = subject != NULL;
	if (q.has_subject)
		q.subject = subject->wallet.user;
	return q;
}

/* Ann invites Bob, who does everything; the reward is paid in the last entry. */
static void
open_history(void)
{
	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	bob = people_join(&s, 2, 50);
	CHECK_STATUS(people_profile(&s, &ann, 1), QFS_OK);
	CHECK_STATUS(people_chat_key(&s, &ann, 1), QFS_OK);
	CHECK_STATUS(people_use(&s, &bob, &ann), QFS_OK);
	CHECK_STATUS(people_profile(&s, &bob, 1), QFS_OK);
	CHECK_STATUS(people_chat_key(&s, &bob, 2), QFS_OK);
	CHECK_STATUS(people_write(&s, &ann, &bob, 1), QFS_OK);
	CHECK_STATUS(people_write(&s, &bob, &ann, 1), QFS_OK);
}

static uint64_t reward(void) { return s.count - 1; }

/* ---- what they say ---- */

static void
check_entries(void)
{
	qfs_slice	text;

	for (unsigned i = 0; i < s.count; i++)
	{
		qfs_question q = about(i, QFS_TOPIC_ENTRY, NULL);

		unit_row("entry %u", i);
		CHECK_STATUS(explain(&q, &text), QFS_OK);
		CHECK_STATUS(verify(text), QFS_OK);
		CHECK_DETAIL(&said, "");
	}
}

static void
every_entry(void)
{
	open_history();
	check_entries();
	sample_close(&s);
}

/* Types of an operator's, and a key that follows: whoever trusts the first one verifies what the second one signs. */
static void
after_a_rotation(void)
{
	qfs_slice	text;

	sample_open(&s);
	sample_ledger(&s);
	for (unsigned i = 0; i < s.count; i++)
	{
		qfs_question q = about(i, QFS_TOPIC_ENTRY, NULL);

		unit_row("entry %u", i);
		CHECK_STATUS(explain(&q, &text), QFS_OK);
		CHECK_STATUS(verify(text), QFS_OK);
		CHECK_STATUS(verify_with(text, SAMPLE_ORIGIN, 2), QFS_OK);
		CHECK_STATUS(verify_with(text, SAMPLE_ORIGIN, 3), QFS_KEY_UNTRUSTED);
	}
	sample_close(&s);
}

/* Where the ledger lived before, the entry says that recorded it: it may be any, and not genesis alone. */
static void
other_servers(void)
{
	qfs_server	home = sample_home;

	sample_open(&s);
	sample_genesis(&s);
	for (uint8_t i = 1; i <= 3; i++)
	{
		home.version++;
		CHECK_STATUS(sample_append(&s, "SERVER_CHANGED", sample_server_payload(QFS_SERVER_VERSION, NULL, &home, i)), QFS_OK);
	}
	check_entries();
	sample_close(&s);
}

static void
check_narrative(qfs_slice text, const char *want)
{
	qfs_slice	value = {NULL, 0};

	qfs_json_member(text, "narrative", &value);
	CHECK_TEXT(value, want);
}

static void
topics(void)
{
	qfs_question q;
	qfs_slice	text;

	open_history();
	q = about(reward(), QFS_TOPIC_REWARD, &ann);
	CHECK_STATUS(explain(&q, &text), QFS_OK);
	CHECK_STATUS(verify(text), QFS_OK);
	check_narrative(text, "\"You earned 100 FLX and 10 genesis points because user_c3f23ba3…, whom you invited,"
					" set a profile and exchanged messages.\"");
	q = about(reward(), QFS_TOPIC_REWARD, &bob);
	CHECK_STATUS(explain(&q, &text), QFS_OK);
	CHECK_STATUS(verify(text), QFS_OK);
	check_narrative(text, "\"You earned 10 genesis points because you, whom user_9f18b755… invited,"
					" set a profile and exchanged messages.\"");
	q = about(reward(), QFS_TOPIC_COHERENCE, &bob);
	CHECK_STATUS(explain(&q, &text), QFS_OK);
	CHECK_STATUS(verify(text), QFS_OK);
	q = about(reward(), QFS_TOPIC_SESSION, &bob);
	CHECK_STATUS(explain(&q, &text), QFS_OK);
	CHECK_STATUS(verify(text), QFS_OK);
	q = about(reward(), QFS_TOPIC_MESSAGE, &bob);
	CHECK_STATUS(explain(&q, &text), QFS_OK);
	CHECK_STATUS(verify(text), QFS_OK);
	q = about(reward(), QFS_TOPIC_STATEMENT, &ann);
	CHECK_STATUS(explain(&q, &text), QFS_OK);
	CHECK_STATUS(verify(text), QFS_OK);
	q.from = 7;
	CHECK_STATUS(explain(&q, &text), QFS_OK);
	CHECK_STATUS(verify(text), QFS_OK);
	sample_close(&s);
}

/* What "result" says of whose word the entry in question is. */
static void
check_word(qfs_slice text, const char *want, const char *sentence)
{
	qfs_slice	result = {NULL, 0};
	qfs_slice	value = {NULL, 0};

	CHECK(qfs_json_member(text, "result", &result) && qfs_json_member(result, "by", &value));
	CHECK_TEXT(value, want);
	if (sentence != NULL && qfs_json_member(text, "narrative", &value))
	{
		char		narrative[512];

		snprintf(narrative, sizeof(narrative), "%.*s", (int) value.len, (const char *) value.data);
		if (!CHECK(strstr(narrative, sentence) != NULL))
			printf("%s\n", narrative);
	}
	CHECK_STATUS(verify(text), QFS_OK);
}

/* 4 LOGIN of wallet 1 with a device, 5 POSTED that it signs, 6 LOGIN of wallet 2 without one, 7 POSTED, 8 and 9 their messages. */
static void
whose_word(void)
{
	static const struct
	{
		uint64_t	seq;
		qfs_topic	topic;
		const char *by;
		const char *sentence;
	}			rows[] = {
		{0, QFS_TOPIC_ENTRY, "\"operator\"", "by the ledger itself, on the word of an operator of the database."},
		{4, QFS_TOPIC_ENTRY, "\"wallet\"", "is LOGIN by you, signed by the wallet: SESSION_STARTED of you, ACCOUNT_CREATED of you."},
		{5, QFS_TOPIC_ENTRY, "\"device\"", "is POSTED by you, signed by the session's device."},
		{5, QFS_TOPIC_SESSION, "\"device\"", "appended by you, signed by the session's device, in a session that was active"},
		{7, QFS_TOPIC_ENTRY, "\"server\"", ", on the server's word that the session asked for it."},
		{7, QFS_TOPIC_SESSION, "\"server\"", ", on the server's word that the session asked for it, in a session that was active"},
		{10, QFS_TOPIC_MESSAGE, "\"device\"", ", signed by the session's device."},
		{11, QFS_TOPIC_MESSAGE, "\"server\"", ", on the server's word that the session asked for it."},
		{8, QFS_TOPIC_STATEMENT, "\"device\"", NULL},
	};
	qfs_slice	text;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 50);
	CHECK_STATUS(people_append(&s, &ann, "POSTED", "{}"), QFS_OK);
	bob = people_join(&s, 2, 0);
	CHECK_STATUS(people_append(&s, &bob, "POSTED", "{}"), QFS_OK);
	CHECK_STATUS(people_chat_key(&s, &ann, 1), QFS_OK);
	CHECK_STATUS(people_chat_key(&s, &bob, 2), QFS_OK);
	CHECK_STATUS(people_write(&s, &ann, &bob, 1), QFS_OK);
	CHECK_STATUS(people_write(&s, &bob, &ann, 1), QFS_OK);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_question q = about(rows[i].seq, rows[i].topic, &ann);

		unit_row("entry %u, topic %d", (unsigned) rows[i].seq, (int) rows[i].topic);
		CHECK_STATUS(explain(&q, &text), QFS_OK);
		check_word(text, rows[i].by, rows[i].sentence);
	}
	sample_close(&s);
}

static void
no_topic(void)
{
	static const qfs_topic none[] = {QFS_TOPIC_REWARD, QFS_TOPIC_COHERENCE, QFS_TOPIC_SESSION, QFS_TOPIC_MESSAGE};
	qfs_slice	text;
	qfs_question q;
	qfs_topic	topic;

	open_history();
	for (size_t i = 0; i < ROWS(none); i++)
	{
		unit_row("%s", qfs_topic_name(none[i]));
		q = about(4, none[i], NULL);
		CHECK_STATUS(explain(&q, &text), QFS_EXPLAIN_TOPIC);
		CHECK(qfs_topic_parse(qfs_slice_of(qfs_topic_name(none[i])), &topic) && topic == none[i]);
	}
	q = about(0, QFS_TOPIC_STATEMENT, &ann);
	CHECK_STATUS(explain(&q, &text), QFS_EXPLAIN_TOPIC);
	q = about(s.count, QFS_TOPIC_ENTRY, NULL);
	CHECK_STATUS(explain(&q, &text), QFS_SIZE_UNKNOWN);
	CHECK(!qfs_topic_parse(QFS_LITERAL("nothing"), &topic));
	sample_close(&s);
}

/* ---- sessions that are over ---- */

/* Puts an entry into the ledger that no rule let through. */
static void
forge(qfs_entry *entry)
{
	static uint8_t act_bytes[1024];
	static uint8_t bytes[QFS_LINE_MAX];
	sample_entry *next = &s.entry[s.count];
	qfs_buf		act;
	qfs_buf		line;

	entry->seq = s.count;
	entry->at = SAMPLE_TIME + 1000 * (int64_t) s.count + s.later;
	entry->salt = sample_salt(s.count);
	entry->prev = s.chain.head;
	qfs_buf_init(&act, act_bytes, sizeof(act_bytes));
	CHECK_STATUS(qfs_entry_commit(entry, &act, NULL), QFS_OK);
	qfs_buf_init(&line, bytes, sizeof(bytes));
	CHECK_STATUS(qfs_line_write(entry, &line, NULL), QFS_OK);
	next->seal.hash = second_hash(qfs_buf_slice(&line));
	CHECK_STATUS(qfs_frontier_append(&s.chain.frontier, &next->seal.hash, next->seal.nodes, &next->seal.count, NULL),
				 QFS_OK);
	next->bytes = malloc(line.len);
	memcpy(next->bytes, line.data, line.len);
	next->len = line.len;
	s.count++;
}

/* A ledger that says so all the same: what it would have recorded of a content of Bob's. */
static void
forge_content(void)
{
	static char outcome[512];
	qfs_entry	entry = {
		.type = QFS_LITERAL("CONTENT_CREATED"),.has_actor = true,.actor = bob.wallet.user,.auth = qfs_slice_of(bob.auth),
		.payload = QFS_LITERAL("{\"content\":\"abababababababababababababababababababababababababababababababab\","
							   "\"kind\":\"text\",\"size\":1}"),
		.sig = QFS_LITERAL("null"),.accounts = QFS_LITERAL("[]")
	};

	snprintf(outcome, sizeof(outcome), "{\"policy\":\"%s\",\"read\":{\"%s\":{\"access\":%lld}},\"status\":\"OK\"}",
			 signin_policy(&s), bob.wallet.user_name, (long long) people_last(&s, &bob, &qfs_kind_access));
	entry.outcome = qfs_slice_of(outcome);
	forge(&entry);
}

static void
ended_sessions(void)
{
	static const char *const how[] = {"revoked", "rotated away", "expired"};
	qfs_question q;
	qfs_slice	text;

	for (size_t i = 0; i < ROWS(how); i++)
	{
		char		payload[160];
		char		digits[65];

		unit_row("%s", how[i]);
		open_history();
		s.apart = true;
		for (int n = 0; n < 32; n++)
			sprintf(digits + 2 * n, "%02x", bob.session.bytes[n]);
		if (i == 0)
		{
			snprintf(payload, sizeof(payload), "{\"reason\":\"user_logout\",\"session\":\"%s\"}", digits);
			CHECK_STATUS(people_append(&s, &bob, "SESSION_REVOKED", payload), QFS_OK);
		}
		else if (i == 1)
		{
			snprintf(payload, sizeof(payload), "{\"nonce\":\"%s\"}", digits);
			CHECK_STATUS(people_append(&s, &bob, "SESSION_ROTATED", payload), QFS_OK);
		}
		else
			people_wait(&s, 2000 * PEOPLE_BLOCK);

		forge_content();
		q = about(s.count - 1, QFS_TOPIC_SESSION, NULL);
		CHECK_STATUS(explain(&q, &text), QFS_SESSION_ENDED);
		q = about(s.count - 1, QFS_TOPIC_ENTRY, NULL);
		CHECK_STATUS(explain(&q, &text), QFS_SESSION_ENDED);
		sample_close(&s);
	}
}

/* ---- what was changed ---- */

/* Puts a text in place of a part of another. */
static qfs_slice
replaced(qfs_slice text, size_t at, size_t len, const char *with)
{
	size_t		new_len = strlen(with);

	memcpy(changed, text.data, at);
	memcpy(changed + at, with, new_len);
	memcpy(changed + at + new_len, text.data + at + len, text.len - at - len);
	explaining_hash_anew(changed, text.len - len + new_len);
	return (qfs_slice) {changed, text.len - len + new_len};
}

/* Every bit of one byte of so many, all over the text. */
static void
bytes_flipped(void)
{
	qfs_question q;
	qfs_slice	text;
	unsigned	wrong = 0;
	unsigned	n = 0;

	open_history();
	q = about(reward(), QFS_TOPIC_REWARD, &ann);
	CHECK_STATUS(explain(&q, &text), QFS_OK);
	for (size_t i = 0; i < text.len; i += 3, n++)
	{
		memcpy(changed, text.data, text.len);
		changed[i] ^= (uint8_t) (1 << n % 8);
		if (verify((qfs_slice) {changed, text.len}) == QFS_OK)
			wrong++;
	}
	CHECK_UINT(wrong, 0);
	CHECK(n > 3000);
	/* Cut anywhere, or longer. */
	for (size_t len = 0; len < text.len; len += 97)
		CHECK(verify((qfs_slice) {text.data, len}) != QFS_OK);
	sample_close(&s);
}

/* Each entry removed, each added; the hash is made anew. */
static void
entries_removed(void)
{
	qfs_question q;
	qfs_slice	text;
	qfs_slice	list;
	qfs_slice	key;
	qfs_slice	item;
	qfs_json_iter iter;
	unsigned	removed = 0;

	open_history();
	q = about(reward(), QFS_TOPIC_REWARD, &ann);
	CHECK_STATUS(explain(&q, &text), QFS_OK);
	CHECK(qfs_json_member(text, "entries", &list));
	iter = qfs_json_members(list);
	while (qfs_json_next(&iter, &key, &item))
	{
		size_t		at = (size_t) (item.data - text.data);
		size_t		len = item.len;
		qfs_status	status;

		/* With the comma after it, or before. */
		if (text.data[at + len] == ',')
			len++;
		else
			at--, len++;
		status = verify(replaced(text, at, len, ""));
		CHECK(status == QFS_BUNDLE_INCOMPLETE || status == QFS_OUTCOME_MISMATCH || status == QFS_NO_GENESIS ||
			  status == QFS_BUNDLE_CLAIM);
		removed++;
	}
	/*
	 * The ledger, the policy, the entry; Bob's sign-in, whose session it was; his last signed event, which left his
	 * standing as well; Ann's key, which left hers; and her message, which left the ties of both, and the thread.
	 */
	CHECK_UINT(removed, 7);

	/* One that has nothing to do with it. */
	{
		qfs_question other = about(3, QFS_TOPIC_ENTRY, NULL);
		static char more[EXPLAINING_MAX];
		qfs_slice	copy;
		static uint8_t whole[EXPLAINING_MAX];

		memcpy(whole, text.data, text.len);
		copy = (qfs_slice) {whole, text.len};
		CHECK_STATUS(explain(&other, &text), QFS_OK);
		CHECK(qfs_json_member(text, "entries", &list));
		iter = qfs_json_members(list);
		while (qfs_json_next(&iter, &key, &item))
			snprintf(more, sizeof(more), ",%.*s", (int) item.len, (const char *) item.data);
		CHECK(qfs_json_member(copy, "entries", &list));
		iter = qfs_json_members(list);
		qfs_json_next(&iter, &key, &item);
		CHECK_STATUS(verify(replaced(copy, (size_t) (item.data - copy.data) + item.len, 0, more)),
					 QFS_BUNDLE_FORM);
	}
	sample_close(&s);
}

/* Each member says something else; the hash is made anew. */
static void
claims_changed(void)
{
	static const struct
	{
		const char *name;
		const char *with;
		qfs_status	status;
	}			rows[] = {
		{"guards", "[]", QFS_BUNDLE_CLAIM},
		{"narrative", "\"You earned nothing.\"", QFS_BUNDLE_CLAIM},
		{"policy", "null", QFS_BUNDLE_CLAIM},
		{"result", "{}", QFS_BUNDLE_CLAIM},
		{"steps", "[]", QFS_BUNDLE_CLAIM},
		{"subject", "null", QFS_BUNDLE_CLAIM},
		{"topic", "\"coherence\"", QFS_BUNDLE_CLAIM},
		{"topic", "\"message\"", QFS_BUNDLE_SURPLUS},
		{"topic", "\"gossip\"", QFS_BUNDLE_FORM},
		{"tx_id", "\"00\"", QFS_BUNDLE_CLAIM},
		{"v", "1", QFS_BUNDLE_FORM},
		{"reader", "\"subject\"", QFS_BUNDLE_SURPLUS},
		{"reader", "\"everybody\"", QFS_BUNDLE_FORM},
		{"recorded", "[]", QFS_BUNDLE_CLAIM},
		{"sessions", "[]", QFS_SESSION_ENDED},
		{"seq", "99", QFS_SIZE_UNKNOWN},
		{"seq", "0", QFS_BUNDLE_SURPLUS},
		{"from", "1", QFS_OK},
		{"checkpoint", "\"\"", QFS_NOTE_SYNTAX},
		{"entries", "{}", QFS_BUNDLE_FORM},
	};
	qfs_question q;
	qfs_slice	text;
	qfs_slice	value;

	open_history();
	q = about(reward(), QFS_TOPIC_REWARD, &ann);
	CHECK_STATUS(explain(&q, &text), QFS_OK);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s: %s", rows[i].name, rows[i].with);
		CHECK(qfs_json_member(text, rows[i].name, &value));
		CHECK_STATUS(verify(replaced(text, (size_t) (value.data - text.data), value.len, rows[i].with)),
					 rows[i].status);
	}
	/* The hash alone. */
	CHECK(qfs_json_member(text, "explanation_hash", &value));
	memcpy(changed, text.data, text.len);
	changed[value.data - text.data + 1] ^= 1;
	CHECK_STATUS(verify((qfs_slice) {changed, text.len}), QFS_BUNDLE_CLAIM);
	CHECK_DETAIL(&said, "explanation_hash");
	sample_close(&s);
}

static void
other_keys(void)
{
	qfs_question q;
	qfs_slice	text;
	qfs_slice	list;
	size_t		at;

	open_history();
	q = about(reward(), QFS_TOPIC_REWARD, &ann);
	CHECK_STATUS(explain(&q, &text), QFS_OK);
	CHECK_STATUS(verify_with(text, "other.example", 1), QFS_CHECKPOINT_ORIGIN);
	CHECK_STATUS(verify_with(text, SAMPLE_ORIGIN, 2), QFS_KEY_UNTRUSTED);

	/* A hash of a path. */
	CHECK(qfs_json_member(text, "entries", &list));
	at = (size_t) (list.data - text.data) + list.len - 5;
	memcpy(changed, text.data, text.len);
	changed[at] = changed[at] == '0' ? '1' : '0';
	CHECK_STATUS(verify((qfs_slice) {changed, text.len}), QFS_PROOF_INVALID);
	CHECK_STATUS(verify(QFS_LITERAL("[]")), QFS_BUNDLE_FORM);
	CHECK_STATUS(verify(QFS_LITERAL("{}")), QFS_BUNDLE_FORM);
	sample_close(&s);
}

/* Without the policy in force, an older one would be claimed. */
static void
policy_left_out(void)
{
	static const qfs_topic all[] = {
		QFS_TOPIC_ENTRY, QFS_TOPIC_REWARD, QFS_TOPIC_COHERENCE, QFS_TOPIC_SESSION, QFS_TOPIC_MESSAGE, QFS_TOPIC_STATEMENT
	};

	open_history();
	for (size_t i = 0; i < ROWS(all); i++)
	{
		qfs_question q = about(reward(), all[i], &bob);

		unit_row("%s", qfs_topic_name(all[i]));
		CHECK_STATUS(explaining_make(&made, &s, &q, 1),
					 all[i] == QFS_TOPIC_ENTRY ? QFS_OUTCOME_MISMATCH : QFS_BUNDLE_INCOMPLETE);
	}

	/* An act of the operator does not say which one was in force, so its explanation does not. */
	for (int64_t hidden = -1; hidden <= 1; hidden += 2)
	{
		qfs_question q = about(2, QFS_TOPIC_ENTRY, NULL);
		qfs_slice	policy = {NULL, 0};

		unit_row("an event type, without entry %d", (int) hidden);
		CHECK_STATUS(explaining_make(&made, &s, &q, hidden), QFS_OK);
		CHECK(qfs_json_member(made.bundle, "policy", &policy));
		CHECK_TEXT(policy, "null");
		CHECK_STATUS(verify(made.bundle), QFS_OK);
	}
	sample_close(&s);
}

/* More entries than there may be: the list alone is too long. */
static void
too_many(void)
{

	qfs_question q;
	qfs_slice	text;
	qfs_slice	list;
	static char many[2 * (QFS_EXPLAIN_MAX + 2)];


	open_history();
	q = about(reward(), QFS_TOPIC_REWARD, &ann);
	CHECK_STATUS(explain(&q, &text), QFS_OK);
	CHECK(qfs_json_member(text, "entries", &list));
	many[0] = '[';
	for (size_t i = 0; i <= QFS_EXPLAIN_MAX; i++)
	{
		many[1 + 2 * i] = '0';
		many[2 + 2 * i] = ',';
	}
	many[2 * (QFS_EXPLAIN_MAX + 1)] = ']';
	CHECK_STATUS(verify(replaced(text, (size_t) (list.data - text.data), list.len, many)), QFS_EXPLAIN_LIMIT);
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(every_entry), CASE(after_a_rotation), CASE(other_servers), CASE(topics), CASE(whose_word), CASE(no_topic), CASE(ended_sessions), CASE(bytes_flipped),
	CASE(entries_removed), CASE(claims_changed), CASE(other_keys), CASE(policy_left_out),
	CASE(too_many), NO_MORE_CASES
};
const unit_suite suite_explain = {"explain", cases};
