/*
 * test_explain_parts.c - explanations over parts of accounts: how few entries they need, what they keep to themselves, and what a ledger that lies cannot say.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>

#include "ledger/registry.h"
#include "proof/bundle.h"
#include "support/explaining.h"
#include "support/harness.h"
#include "support/people.h"
#include "support/second_hash.h"

static sample s;
static person ann;
static person bob;
static person cid;
static person dan;
static explaining made;
static qfs_error said;

static qfs_status
verify(void)
{
	static qfs_bundle bundle;
	test_memory memory = {0};
	qfs_vkey	vkey = test_vkey(SAMPLE_ORIGIN, QFS_NOTE_ED25519, 1);
	qfs_status	status;

	said = (qfs_error) {QFS_OK, ""};
	status = qfs_bundle_verify(made.bundle, &vkey, &qfs_registry_own, test_allocator(&memory), &bundle, &said);
	CHECK_UINT(memory.live, 0);
	return status;
}

/* To an auditor, or to the subject. */
static qfs_status
explain(uint64_t seq, qfs_topic topic, const person *subject, bool to_subject)
{
	qfs_question q = {.topic = topic,.seq = seq,.size = s.count,.has_subject = subject != NULL,.to_subject = to_subject};

	if (subject != NULL)
		q.subject = subject->wallet.user;
	return explaining_make(&made, &s, &q, -1);
}

/* The numbers of a bundle's entries: "0 1 12". */
static const char *
numbers(void)
{
	static char text[1024];
	size_t		len = 0;
	qfs_slice	item;

	text[0] = '\0';
	for (unsigned n = 0; (item = second_item(second_member(made.bundle, "entries"), n)).len > 0; n++)
	{
		qfs_slice	line = second_member(item, "line");
		const char *seq = NULL;

		/* The line is a string in the bundle: its quotes are escaped.  A payload may have a number, too; the head's is last. */
		for (size_t i = 0; i + 8 < line.len; i++)
			if (memcmp(line.data + i, "\\\"seq\\\":", 8) == 0)
				seq = (const char *) line.data + i;
		if (CHECK(seq != NULL))
			len += (size_t) snprintf(text + len, sizeof(text) - len, "%s%ld", n > 0 ? " " : "", strtol(seq + 8, NULL, 10));
	}
	return text;
}

static bool
bundle_has(const char *text)
{
	size_t		len = strlen(text);

	for (size_t i = 0; i + len <= made.bundle.len; i++)
		if (memcmp(made.bundle.data + i, text, len) == 0)
			return true;
	return false;
}

/* ---- however long the histories are ---- */

#define TOUCHES 400

/*
 * Ann has invited Bob, Cid has invited Dan; all of them have been touched
 * often.  Bob's answer to Dan, which his device signs, settles both.
 * last: what of each account is looked at was left by another entry
 */
static void
open_long_history(int64_t last[9])
{
	people_ledger(&s, PEOPLE_POLICY(",\"limits\":{\"messages_per_minute\":1000}"));
	ann = people_join(&s, 1, 0);
	cid = people_join(&s, 3, 0);
	bob = people_join(&s, 2, 50);
	dan = people_join(&s, 4, 0);
	for (int64_t n = 1; n <= TOUCHES; n++)
	{
		CHECK_STATUS(people_profile(&s, &ann, n), QFS_OK);
		CHECK_STATUS(people_profile(&s, &bob, n), QFS_OK);
		CHECK_STATUS(people_profile(&s, &cid, n), QFS_OK);
		CHECK_STATUS(people_profile(&s, &dan, n), QFS_OK);
	}
	CHECK_STATUS(people_chat_key(&s, &bob, 2), QFS_OK);
	CHECK_STATUS(people_chat_key(&s, &dan, 4), QFS_OK);
	CHECK_STATUS(people_use(&s, &dan, &cid), QFS_OK);
	last[0] = people_next(&s);	/* Dan's ties */
	CHECK_STATUS(people_write(&s, &dan, &bob, 1), QFS_OK);
	last[1] = people_next(&s);	/* Bob's ties */
	CHECK_STATUS(people_use(&s, &bob, &ann), QFS_OK);
	last[2] = people_next(&s);	/* the thread */
	CHECK_STATUS(people_write(&s, &dan, &bob, 2), QFS_OK);
	last[3] = people_next(&s);	/* the standings */
	CHECK_STATUS(people_profile(&s, &dan, TOUCHES + 1), QFS_OK);
	last[4] = people_next(&s);
	CHECK_STATUS(people_profile(&s, &bob, TOUCHES + 1), QFS_OK);
	last[5] = people_next(&s);
	CHECK_STATUS(people_profile(&s, &ann, TOUCHES + 1), QFS_OK);
	last[6] = people_next(&s);
	CHECK_STATUS(people_profile(&s, &cid, TOUCHES + 1), QFS_OK);
	last[7] = people_next(&s);	/* Bob's access */
	people_return(&s, &bob, 50);
	last[8] = people_next(&s);	/* Bob's nonce */
	CHECK_STATUS(people_append(&s, &bob, "POSTED", "{}"), QFS_OK);
	CHECK_STATUS(people_write(&s, &bob, &dan, 1), QFS_OK);
	CHECK_INT(people_standing(&s, &ann).points, 10);
	CHECK_INT(people_standing(&s, &cid).points, 10);
}

/* The ledger, the policy, the entry, and one entry for each account and kind: twelve, and no more. */
static void
twelve_entries(void)
{
	int64_t		last[9];
	char		want[256] = "0 1";
	uint64_t	reward;

	open_long_history(last);
	reward = s.count - 1;
	for (size_t i = 0; i < ROWS(last); i++)
		snprintf(want + strlen(want), sizeof(want) - strlen(want), " %d", (int) last[i]);
	snprintf(want + strlen(want), sizeof(want) - strlen(want), " %d", (int) reward);
	CHECK_STATUS(explain(reward, QFS_TOPIC_REWARD, &ann, false), QFS_OK);
	CHECK_TEXT(qfs_slice_of(numbers()), want);
	CHECK_UINT(made.x.count, 12);
	CHECK(made.bundle.len < 40000);
	CHECK(made.x.is_whole);
	CHECK_STATUS(verify(), QFS_OK);
	CHECK_DETAIL(&said, "");
	for (int p = 0; p < 4; p++)
	{
		const person *const people[] = {&ann, &bob, &cid, &dan};

		unit_row("to wallet %d", people[p]->number);
		CHECK_STATUS(explain(reward, QFS_TOPIC_REWARD, people[p], true), QFS_OK);
		CHECK(made.x.count <= 12);
		CHECK(made.bundle.len < 40000);
		CHECK_STATUS(verify(), QFS_OK);
		CHECK_DETAIL(&said, "");
	}
	/* A sign-in of an account as old as that, an act that its device signs, and the session of it. */
	CHECK_STATUS(explain((uint64_t) last[7], QFS_TOPIC_ENTRY, &bob, true), QFS_OK);
	CHECK(made.x.count <= 5);
	CHECK_STATUS(verify(), QFS_OK);
	CHECK_STATUS(explain((uint64_t) last[8], QFS_TOPIC_SESSION, &bob, true), QFS_OK);
	CHECK(made.x.count <= 5);
	CHECK_STATUS(verify(), QFS_OK);
	sample_close(&s);
}

/* ---- what is kept ---- */

/* Ann invites Bob, who does everything with Cid; the reward is paid in entry 13. */
static void
open_history(void)
{
	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);	/* 4 */
	bob = people_join(&s, 2, 50);	/* 5 */
	cid = people_join(&s, 3, 0);	/* 6 */
	CHECK_STATUS(people_profile(&s, &ann, 1), QFS_OK);	/* 7 */
	CHECK_STATUS(people_use(&s, &bob, &ann), QFS_OK);	/* 8 */
	CHECK_STATUS(people_chat_key(&s, &bob, 2), QFS_OK);	/* 9 */
	CHECK_STATUS(people_chat_key(&s, &cid, 3), QFS_OK);	/* 10 */
	CHECK_STATUS(people_profile(&s, &bob, 1), QFS_OK);	/* 11 */
	CHECK_STATUS(people_write(&s, &cid, &bob, 1), QFS_OK);	/* 12 */
	CHECK_STATUS(people_write(&s, &bob, &cid, 1), QFS_OK);	/* 13 */
}

#define REWARD 13

static const char *
digits_of(const qfs_hash *hash)
{
	static char text[2][65];
	static unsigned turn;

	turn = !turn;
	for (int i = 0; i < QFS_HASH_LEN; i++)
		snprintf(text[turn] + 2 * i, 3, "%02x", hash->bytes[i]);
	return text[turn];
}

/* The referrer learns that it was paid, for whom and why: not where Bob signed in, nor to whom he wrote. */
static void
referrer(void)
{
	static const char *const secrets[] = {"MESSAGE\\\\", "recipient", "LOGIN", "PROFILE_UPDATE", "CHAT_KEY", "\\\"auth\\\":{\\\"key"};

	open_history();
	CHECK_STATUS(explain(REWARD, QFS_TOPIC_REWARD, &ann, true), QFS_OK);
	CHECK_TEXT(qfs_slice_of(numbers()), "0 1 7 12 13");
	CHECK_TEXT(second_member(made.bundle, "narrative"),
			   "\"You earned 100 FLX and 10 genesis points because user_c3f23ba3…, whom you invited,"
			   " set a profile and exchanged messages.\"");
	CHECK_TEXT(second_member(made.bundle, "recorded"), "[\"authority\",\"conditions\",\"first uses\",\"rates\"]");
	CHECK_TEXT(second_member(made.bundle, "sessions"), "[]");
	CHECK_TEXT(second_member(second_member(made.bundle, "result"), "type"), "null");
	CHECK_TEXT(second_member(second_member(made.bundle, "result"), "by"), "null");
	CHECK_STATUS(verify(), QFS_OK);
	CHECK_DETAIL(&said, "");
	for (size_t i = 0; i < ROWS(secrets); i++)
	{
		unit_row("%s", secrets[i]);
		CHECK(!bundle_has(secrets[i]));
	}
	CHECK(!bundle_has(digits_of(&bob.session)));
	CHECK(!bundle_has(digits_of(&cid.session)));
	CHECK(!bundle_has(cid.wallet.user_name));
	/* An auditor gets it all. */
	CHECK_STATUS(explain(REWARD, QFS_TOPIC_REWARD, &ann, false), QFS_OK);
	CHECK(bundle_has("recipient"));
	CHECK(bundle_has(cid.wallet.user_name));
	CHECK(made.x.is_whole);
	CHECK_TEXT(second_member(made.bundle, "recorded"), "[\"first uses\",\"rates\"]");
	CHECK_STATUS(verify(), QFS_OK);
	sample_close(&s);
}

/* Of each entry whatever a reader may see can be explained to it, verifies, and tells no session of others. */
static void
every_reader(void)
{
	const person *people[] = {&ann, &bob, &cid};

	open_history();
	for (unsigned seq = 0; seq < s.count; seq++)
		for (int topic = QFS_TOPIC_ENTRY; topic <= QFS_TOPIC_STATEMENT; topic++)
			for (int p = 0; p < 3; p++)
			{
				unit_row("entry %u, %s, to wallet %d", seq, qfs_topic_name((qfs_topic) topic), people[p]->number);
				if (explain(seq, (qfs_topic) topic, people[p], true) != QFS_OK)
				{
					CHECK(made.err.status == QFS_EXPLAIN_TOPIC || made.err.status == QFS_BUNDLE_INCOMPLETE);
					continue;
				}
				CHECK_STATUS(verify(), QFS_OK);
				CHECK_DETAIL(&said, "");
				for (int other = 0; other < 3 && seq != REWARD && seq != 12; other++)
					CHECK(other == p || !bundle_has(digits_of(&people[other]->session)));
			}
	sample_close(&s);
}

/* Uses that a guard blocked, contents and scores: what was first is taken as it was recorded. */
static void
first_uses(void)
{
	static const char content[] = "{\"content\":\"abababababababababababababababababababababababababababababababab\",";
	char		text[512];

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 50);	/* 4 */
	bob = people_join(&s, 2, 0);	/* 5 */
	cid = people_join(&s, 3, 50);	/* 6, by Ann's device */
	CHECK_STATUS(people_use(&s, &cid, &bob), QFS_OK);	/* 7: blocked, a fraud */
	CHECK_STATUS(people_use(&s, &bob, &bob), QFS_OK);	/* 8: blocked, a fraud */
	CHECK_STATUS(people_use(&s, &ann, &cid), QFS_OK);	/* 9: blocked, it came first */
	snprintf(text, sizeof(text), PEOPLE_POLICY(",\"evaluators\":[\"%s\"]"), bob.wallet.user_name);
	people_policy(&s, text);	/* 10 */
	snprintf(text, sizeof(text), "%s\"kind\":\"text/plain\",\"size\":123}", content);
	CHECK_STATUS(people_append(&s, &ann, "CONTENT_CREATED", text), QFS_OK);	/* 11 */
	snprintf(text, sizeof(text), "%s\"features\":{\"clarity\":\"0.6\",\"contradiction\":\"1\",\"hsmf\":\"0.5\","
			 "\"logic\":\"0.8\",\"signal\":\"0.7\",\"topic\":\"0.9\"}}", content);
	CHECK_STATUS(people_append(&s, &bob, "COHERENCE_SCORED", text), QFS_OK);	/* 12 */
	for (unsigned seq = 7; seq < s.count; seq++)
		for (int reader = 0; reader < 4; reader++)
		{
			const person *people[] = {NULL, &ann, &bob, &cid};

			unit_row("entry %u, to %d", seq, reader);
			if (explain(seq, QFS_TOPIC_ENTRY, people[reader], reader > 0) != QFS_OK)
			{
				CHECK_DETAIL(&made.err, "");
				CHECK_STATUS(made.err.status, QFS_OK);
				continue;
			}
			CHECK(reader > 0 || made.x.is_whole);
			CHECK_STATUS(verify(), QFS_OK);
			CHECK_DETAIL(&said, "");
		}
	sample_close(&s);
}

/* Bob has three sessions, of which one followed another by rotation; an operator ends the second, the third, the first. */
static void
open_revocations(qfs_hash sessions[3])
{
	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);	/* 4 */
	bob = people_join(&s, 2, 50);	/* 5 */
	sessions[0] = bob.session;
	people_return(&s, &bob, 51);	/* 6 */
	sessions[1] = bob.session;
	people_return(&s, &bob, 0);	/* 7 */
	CHECK_STATUS(people_append(&s, &bob, "SESSION_ROTATED", signin_naming("{\"nonce\":\"%s\"}", &sessions[0])), QFS_OK);	/* 8 */
	CHECK(qfs_json_member_hex(second_member(second_member(sample_line(&s, 8), "outcome"), "result"), "session",
							  sessions[2].bytes, QFS_HASH_LEN));
	for (int i = 0; i < 3; i++)
		CHECK_STATUS(sample_append(&s, "SESSION_REVOKED",
								   signin_naming("{\"reason\":\"admin\",\"session\":\"%s\"}", &sessions[(i + 1) % 3])), QFS_OK);
}

/* Its account's access says whose session an operator ended: to auditors and to the account, and to nobody else. */
static void
ended_by_an_operator(void)
{
	const person *readers[] = {NULL, &bob, &ann};
	qfs_hash	sessions[3];

	open_revocations(sessions);
	for (unsigned seq = 9; seq < s.count; seq++)
		for (size_t i = 0; i < ROWS(readers); i++)
		{
			bool		may_see = readers[i] != &ann;

			unit_row("entry %u, to %d", seq, readers[i] == NULL ? 0 : readers[i]->number);
			CHECK_STATUS(explain(seq, QFS_TOPIC_ENTRY, readers[i], readers[i] != NULL), QFS_OK);
			CHECK_DETAIL(&made.err, "");
			CHECK(made.x.is_whole == may_see);
			CHECK_STATUS(verify(), QFS_OK);
			CHECK_DETAIL(&said, "");
			CHECK_TEXT(second_member(made.bundle, "recorded"), may_see ? "[\"first uses\",\"rates\"]" :
					   "[\"authority\",\"conditions\",\"first uses\",\"rates\"]");
			for (int n = 0; n < 3; n++)
				CHECK(may_see || !bundle_has(digits_of(&sessions[n])));
			/* How they began is nobody's question. */
			CHECK(!bundle_has("wants you to sign in"));
		}
	sample_close(&s);
}

/* A statement follows the standing, and nothing else of the account. */
static void
statement(void)
{
	open_history();
	CHECK_STATUS(explain(REWARD, QFS_TOPIC_STATEMENT, &ann, true), QFS_OK);
	CHECK_TEXT(qfs_slice_of(numbers()), "0 1 4 7 13");
	CHECK_STATUS(verify(), QFS_OK);
	CHECK_TEXT(second_member(second_member(second_member(made.bundle, "result"), "standing"), "points"), "10");
	/* Uses and messages that changed ties alone are not among Bob's; 8 and 12 are missing. */
	CHECK_STATUS(explain(REWARD, QFS_TOPIC_STATEMENT, &bob, true), QFS_OK);
	CHECK_TEXT(qfs_slice_of(numbers()), "0 1 5 9 11 13");
	CHECK_STATUS(verify(), QFS_OK);
	CHECK_STATUS(explain(8, QFS_TOPIC_STATEMENT, &bob, true), QFS_EXPLAIN_TOPIC);
	CHECK_STATUS(explain(REWARD, QFS_TOPIC_STATEMENT, NULL, false), QFS_EXPLAIN_TOPIC);
	CHECK_DETAIL(&made.err, "of an account, and none is named");
	/* From some entry on; from one after the last there is nothing to state. */
	for (uint64_t from = 11; from <= REWARD + 1; from += 3)
	{
		qfs_question q = {.topic = QFS_TOPIC_STATEMENT,.seq = REWARD,.size = s.count,.has_subject = true,
			.subject = bob.wallet.user,.to_subject = true,.from = from
		};

		unit_row("from %u", (unsigned) from);
		CHECK_STATUS(explaining_make(&made, &s, &q, -1), from > REWARD ? QFS_EXPLAIN_TOPIC : QFS_OK);
		if (from > REWARD)
			continue;
		CHECK_TEXT(qfs_slice_of(numbers()), "0 1 11 13");
		CHECK_STATUS(verify(), QFS_OK);
	}
	sample_close(&s);
}

/* ---- a ledger that lies ---- */

/* What it says of Ann does not follow from what is shown: nobody has to see the rest to know. */
static void
lies(void)
{
	static const struct
	{
		unsigned	seq;
		const char *from;
		const char *to;
		const char *detail;
	}			rows[] = {
		/* The reward is not what the tier gives. */
		{REWARD, "\"flx\":\"100.", "\"flx\":\"900.", "what is named does not make the standing"},
		{REWARD, "\"flx\":\"100.000000000000000000\",\"points\":10", "\"flx\":\"100.000000000000000000\",\"points\":11", "what is named does not make the standing"},
		{REWARD, "\"referrals\":1", "\"referrals\":2", "what is named does not make the standing"},
		/* Another rule, one of another type, and none. */
		{REWARD, "[\"REFERRAL_TIER_1\"],\"state\":{\"chat_key\":null", "[\"REFERRAL_TIER_2\"],\"state\":{\"chat_key\":null",
		"what is named does not make the standing"},
		{REWARD, "[\"REFERRAL_TIER_1\"],\"state\":{\"chat_key\":null", "[\"REFERRAL_TIER_X\"],\"state\":{\"chat_key\":null",
		"what is named does not make the standing"},
		{REWARD, "[\"REFERRAL_TIER_1\"],\"state\":{\"chat_key\":null", "[\"GIFT\"],\"state\":{\"chat_key\":null",
		"what is named does not make the standing"},
		{REWARD, "[\"REFERRAL_TIER_1\"],\"state\":{\"chat_key\":null", "[],\"state\":{\"chat_key\":null",
		"what is named does not make the standing"},
		/* It was something else before. */
		{REWARD, "\"was\":{\"coherence\":\"0.030000000000000000\",\"flx\"", "\"was\":{\"coherence\":\"0.040000000000000000\",\"flx\"", "was not what entry 7 left"},
		{7, "\"points\":0,\"profile\":\"0101", "\"points\":5,\"profile\":\"0101", "was not what entry 7 left"},
		/* Another policy was in force. */
		{REWARD, "\"policy\":1,\"previous\":7", "\"policy\":0,\"previous\":7", "entry 1 put the policy in force, and not entry 0"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].to);
		open_history();
		s.apart = true;
		explaining_forge(&s, rows[i].seq, rows[i].from, rows[i].to);
		CHECK_STATUS(explain(REWARD, QFS_TOPIC_REWARD, &ann, true), QFS_OUTCOME_MISMATCH);
		CHECK_DETAIL(&made.err, rows[i].detail);
		sample_close(&s);
	}
}

/* An entry before that it names, and that has no such part, or comes later. */
static void
missing_parts(void)
{
	open_history();
	s.apart = true;
	explaining_forge(&s, REWARD, "\"policy\":1,\"previous\":7", "\"policy\":1,\"previous\":6");
	CHECK_STATUS(explain(REWARD, QFS_TOPIC_REWARD, &ann, true), QFS_BUNDLE_INCOMPLETE);
	CHECK_DETAIL(&made.err, "the part standing of");
	sample_close(&s);

	open_history();
	s.apart = true;
	explaining_forge(&s, REWARD, "\"policy\":1,\"previous\":7", "\"policy\":1,\"previous\":13");
	CHECK(explain(REWARD, QFS_TOPIC_REWARD, &ann, true) != QFS_OK);
	sample_close(&s);

	/* A beginning that is none: the account had something before. */
	open_history();
	s.apart = true;
	explaining_forge(&s, REWARD, "\"policy\":1,\"previous\":7", "\"policy\":1,\"previous\":null");
	CHECK(explain(REWARD, QFS_TOPIC_REWARD, &ann, true) != QFS_OK);
	sample_close(&s);
}

/* A statement whose entries do not go on from each other. */
static void
statement_lies(void)
{
	open_history();
	s.apart = true;
	explaining_forge(&s, 7, "\"coherence\":\"0.03", "\"coherence\":\"0.05");
	CHECK_STATUS(explain(REWARD, QFS_TOPIC_STATEMENT, &ann, true), QFS_OUTCOME_MISMATCH);
	sample_close(&s);
}

/* An operator's entry that ends another session than its account has, or not that. */
static void
revocation_lies(void)
{
	qfs_hash	sessions[3];
	char		digits[65];
	char		from[256];
	char		to[256];

	for (int i = 0; i < 3; i++)
	{
		unit_row("lie %d", i);
		open_revocations(sessions);
		s.apart = true;
		snprintf(digits, sizeof(digits), "%s", digits_of(&sessions[1]));
		if (i == 0)
		{
			/* One of another account, which is active. */
			snprintf(from, sizeof(from), "\"reason\":\"admin\",\"session\":\"%s\"", digits);
			snprintf(to, sizeof(to), "\"reason\":\"admin\",\"session\":\"%s\"", digits_of(&ann.session));
		}
		else if (i == 1)
		{
			/* It says that it ended another one. */
			snprintf(from, sizeof(from), "\"ended\":\"%s\"", digits);
			snprintf(to, sizeof(to), "\"ended\":\"%s\"", digits_of(&sessions[0]));
		}
		else
		{
			/* It touched an account that has no such session. */
			snprintf(from, sizeof(from), "{\"account\":\"%s\",\"kind\":\"access\",\"policy\":1,\"previous\":8", bob.wallet.user_name);
			snprintf(to, sizeof(to), "{\"account\":\"%s\",\"kind\":\"access\",\"policy\":1,\"previous\":4", ann.wallet.user_name);
		}
		explaining_forge(&s, 9, from, to);
		CHECK_STATUS(explain(9, QFS_TOPIC_ENTRY, NULL, false), i == 0 ? QFS_SESSION_UNKNOWN : QFS_OUTCOME_MISMATCH);
		sample_close(&s);
	}
}

/* ---- an auditor is shown all of the entry ---- */

/* part: of act, outcome, payload, sig; from QFS_PARTS on a part of accounts; the last one all of accounts.  False: there is no such part. */
static bool
keep_back(uint64_t seq, unsigned part)
{
	static uint8_t memory[2][QFS_LINE_MAX];
	sample_entry *stored = &s.entry[seq];
	qfs_entry	entry;
	qfs_buf		line;

	memcpy(memory[0], stored->bytes, stored->len);
	CHECK_STATUS(qfs_line_read((qfs_slice) {memory[0], stored->len}, &entry, NULL), QFS_OK);
	if (part > QFS_PARTS + entry.account_count)
		return false;
	if (part < QFS_PARTS)
		qfs_entry_hide(&entry, (qfs_part) part);
	else if (part < QFS_PARTS + entry.account_count)
		qfs_entry_hide_account(&entry, part - QFS_PARTS);
	else
		qfs_entry_hide_accounts(&entry);
	qfs_buf_init(&line, memory[1], sizeof(memory[1]));
	CHECK_STATUS(qfs_line_write(&entry, &line, NULL), QFS_OK);
	free(stored->bytes);
	stored->bytes = malloc(line.len);
	stored->len = line.len;
	memcpy(stored->bytes, line.data, line.len);
	return true;
}

/* Whoever has a full bundle could make one of it that says less, under the same signed root: that is none for an auditor. */
static void
less_for_auditors(void)
{
	static const qfs_topic topics[] = {QFS_TOPIC_ENTRY, QFS_TOPIC_REWARD, QFS_TOPIC_SESSION, QFS_TOPIC_MESSAGE};

	for (unsigned i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
		for (unsigned part = 0;; part++)
		{
			bool		any;

			unit_row("topic %u without part %u", i, part);
			open_history();
			s.apart = true;
			any = keep_back(REWARD, part);
			if (any)
			{
				CHECK_STATUS(explain(REWARD, topics[i], NULL, false), QFS_BUNDLE_INCOMPLETE);
				CHECK_DETAIL(&made.err, "entry 13 is not shown as a whole");
			}
			sample_close(&s);
			if (!any)
				break;
		}
}

static const unit_case cases[] = {
	CASE(twelve_entries),
	CASE(referrer),
	CASE(every_reader),
	CASE(first_uses),
	CASE(ended_by_an_operator),
	CASE(statement),
	CASE(lies),
	CASE(revocation_lies),
	CASE(missing_parts),
	CASE(statement_lies),
	CASE(less_for_auditors),
	NO_MORE_CASES
};

const unit_suite suite_explain_parts = {"explain_parts", cases};
