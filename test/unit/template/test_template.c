/*
 * test_template.c - the sandbox: templates, what they ask and what comes of it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "crypto/keccak.h"
#include "ledger/registry.h"
#include "template/survey.h"
#include "template/template_run.h"
#include "support/asking.h"
#include "support/people.h"
#include "support/second_hash.h"
#include "support/voting.h"

static sample s;

/* ---- asking ---- */

/* As qfs-verify does: entries twice, the policy in force comes of the first time. */
static qfs_status
feed(const char *template, const char *params, uint64_t size, qfs_allocator allocator, qfs_error *err)
{
	static qfs_survey survey;
	static qfs_template_run run;
	static uint8_t policy[QFS_POLICY_MAX];
	qfs_template_question question = {.template = qfs_slice_of(template),.params = qfs_slice_of(params),.size = size};
	qfs_entry	entry;
	qfs_buf		out;
	qfs_status	status;

	/* What is not initialised must not matter. */
	memset(&survey, 0xA5, sizeof(survey));
	memset(&run, 0xA5, sizeof(run));
	status = qfs_survey_begin(&survey, &qfs_registry_own, size, allocator, err);
	for (unsigned n = 0; status == QFS_OK && n < size; n++)
	{
		CHECK_STATUS(qfs_line_read(sample_line(&s, n), &entry, NULL), QFS_OK);
		status = qfs_survey_entry(&survey, &entry, err);
	}
	if (status == QFS_OK && CHECK_STATUS(qfs_survey_policy(&survey, &question.policy, err), QFS_OK))
	{
		memcpy(policy, question.policy.data, question.policy.len);
		question.policy.data = policy;
		question.from = survey.from;
	}
	qfs_survey_end(&survey);
	if (status != QFS_OK)
		return status;
	status = qfs_template_run_begin(&run, &qfs_registry_own, &question, allocator, err);
	for (unsigned n = 0; status == QFS_OK && n < size; n++)
	{
		CHECK_STATUS(qfs_line_read(sample_line(&s, n), &entry, NULL), QFS_OK);
		status = qfs_template_run_entry(&run, &entry, err);
	}
	qfs_buf_init(&out, asking_answer, QFS_TEMPLATE_RUN_MAX);
	if (status == QFS_OK)
		status = qfs_template_run_finish(&run, &out, err);
	asking_answer[out.len] = '\0';
	qfs_template_run_end(&run);
	if (status == QFS_OK)
		CHECK_STATUS(qfs_json_check(qfs_slice_of(asking_answer), NULL), QFS_OK);
	return status;
}

static qfs_status
ask(const char *template, const char *params, qfs_error *err)
{
	test_memory memory = {0};
	qfs_status	status;

	*err = (qfs_error) {QFS_OK, ""};
	status = feed(template, params, s.count, test_allocator(&memory), err);
	CHECK_UINT(memory.live, 0);
	return status;
}

static void
asked(const char *template, const char *params)
{
	qfs_error	err;

	CHECK_STATUS(ask(template, params, &err), QFS_OK);
	CHECK_DETAIL(&err, "");
}

#define CHECK_MEMBER(way, want) \
	unit_check_slice(asking_member(way), qfs_slice_of(want), __FILE__, __LINE__)

static const char *
print(const char *format, unsigned long long n)
{
	static char text[64];

	snprintf(text, sizeof(text), format, n);
	return text;
}

/* ---- sybil_ring ---- */

/* What the default tiers pay for so many activations. */
static unsigned
paid(unsigned referrals)
{
	unsigned	sum = 0;

	for (unsigned n = 1; n <= referrals && n <= 100; n++)
		sum += n <= 5 ? 100 : n <= 20 ? 80 : n <= 50 ? 50 : 20;
	return sum;
}

static void
rings(void)
{
	static const unsigned sizes[] = {1, 2, 5, 6, 12, 13, 50, 100, 101, 200};
	char		params[32];

	CHECK_UINT(paid(12), 1060);
	people_ledger(&s, NULL);
	for (size_t i = 0; i < ROWS(sizes); i++)
	{
		unsigned	n = sizes[i];
		unsigned	rewarded = n < 100 ? n : 100;

		unit_row("%u wallets", n);
		snprintf(params, sizeof(params), "{\"wallets\":%u}", n);
		asked("sybil_ring", params);
		CHECK_MEMBER("result.ring.earned.FLX", print("\"%llu.000000000000000000\"", paid(n)));
		CHECK_MEMBER("result.ring.earned.points", print("\"%llu\"", 20 * rewarded));
		CHECK_MEMBER("result.ring.earned.referrals", print("\"%llu\"", rewarded));
		CHECK_MEMBER("result.ring.earned.NOD", "\"0\"");
		CHECK_MEMBER("result.ring.wallets", print("%llu", n));
		/* A sign-in, a profile, a chat key and a message of each, and a use of all but the first. */
		CHECK_MEMBER("result.ring.acts", print("%llu", 5 * n + 4));
		CHECK_MEMBER("result.ring.refused", "{}");
		CHECK_MEMBER("result.ring.blocked", n > 100 ? print("{\"REFERRAL_CAP\":%llu}", n - 100) : "{}");
		CHECK_MEMBER("changes", "{}");
		CHECK_MEMBER("from", print("%llu", s.count));
	}
	sample_close(&s);
}

/* The same acts by people who are there, with signatures: they earn the same. */
static void
as_it_would_be(void)
{
	static person people[8];
	const qfs_standing *record;
	qfs_amount	flx = 0;
	qfs_amount	coherence = 0;
	char		want[64];

	people_ledger(&s, NULL);
	for (uint8_t n = 0; n < 8; n++)
	{
		people[n] = people_join(&s, (uint8_t) (n + 1), (uint8_t) (n + 1));
		CHECK_STATUS(people_profile(&s, &people[n], 1), QFS_OK);
		CHECK_STATUS(people_chat_key(&s, &people[n], (uint8_t) (n + 1)), QFS_OK);
		if (n > 0)
			CHECK_STATUS(people_use(&s, &people[n], &people[0]), QFS_OK);
	}
	for (uint8_t n = 0; n < 8; n++)
		CHECK_STATUS(people_write(&s, &people[n], &people[(n + 1) % 8], 1), QFS_OK);
	for (size_t n = 0; (record = qfs_memory_store_record(s.store, &qfs_kind_standing, n)) != NULL; n++)
	{
		flx += record->flx;
		coherence += record->coherence;
	}
	CHECK_AMOUNT(flx, "660.000000000000000000");
	/* In a ledger in which others have earned as much. */
	asked("sybil_ring", "{\"wallets\":7}");
	CHECK_MEMBER("result.ring.earned.FLX", "\"660.000000000000000000\"");
	snprintf(want, sizeof(want), "\"%s\"", people_amount_text(coherence));
	CHECK_MEMBER("result.ring.earned.coherence", want);
	sample_close(&s);
}

/* What the rules refuse or withhold they refuse and withhold here. */
static void
ring_refused(void)
{
	static const struct
	{
		const char *policy;
		const char *flx;
		const char *blocked;
		const char *refused;
	}			rows[] = {
		{PEOPLE_POLICY(",\"referral\":{\"cap\":5}"), "500", "{\"REFERRAL_CAP\":7}", "{}"},
		{PEOPLE_POLICY(",\"referral\":{\"flx_cap\":\"250\"}"), "200", "{\"FLX_PER_USER_CAP\":10}", "{}"},
		{PEOPLE_POLICY(",\"limits\":{\"messages_per_minute\":0}"), "0", "{}", "{\"QFS_RATE_LIMIT\":13}"},
		{PEOPLE_POLICY(",\"limits\":{\"threads_per_day\":0}"), "0", "{}", "{\"QFS_RATE_LIMIT\":13}"},
		/* Nobody is there, so nobody's code is known, and nobody has a session. */
		{PEOPLE_POLICY(",\"limits\":{\"logins_per_minute\":0}"), "0", "{}",
		"{\"QFS_RATE_LIMIT\":13,\"QFS_SESSION_ENDED\":51}"},
		{PEOPLE_POLICY(",\"referral\":{\"activation\":[]}"), "1060", "{}", "{}"},
		{PEOPLE_POLICY(",\"referral\":{\"window_blocks\":0}"), "1060", "{}", "{}"},
		/* Devices have signed. */
		{PEOPLE_POLICY(",\"signed\":\"all\""), "1060", "{}", "{}"},
		{PEOPLE_POLICY(",\"signed\":\"none\",\"signed_types\":[\"MESSAGE\"]"), "1060", "{}", "{}"},
		{PEOPLE_POLICY(",\"coherence\":{\"alpha\":\"1\"}"), "1060", "{}", "{}"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		char		want[64];

		unit_row("%s", rows[i].policy + sizeof(PEOPLE_POLICY("")) - 2);
		people_ledger(&s, rows[i].policy);
		asked("sybil_ring", "{\"wallets\":12}");
		snprintf(want, sizeof(want), "\"%s.000000000000000000\"", rows[i].flx);
		CHECK_MEMBER("result.ring.earned.FLX", want);
		CHECK_MEMBER("result.ring.blocked", rows[i].blocked);
		CHECK_MEMBER("result.ring.refused", rows[i].refused);
		sample_close(&s);
	}
}

/* Where nobody can sign in the ring brings a place of its own, and says so. */
static void
ring_without_a_place(void)
{
	sample_open(&s);
	sample_genesis(&s);
	asked("sybil_ring", "{\"wallets\":12}");
	CHECK_MEMBER("changes", "{\"auth\":{\"domains\":[\"sandbox.invalid\"],\"uris\":[\"https://sandbox.invalid\"]}}");
	CHECK_MEMBER("result.ring.earned.FLX", "\"1060.000000000000000000\"");
	CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", sample_policy_payload("{\"auth\":{\"chain_ids\":[]}}")), QFS_OK);
	asked("sybil_ring", "{\"wallets\":12}");
	CHECK_MEMBER("changes", "{\"auth\":{\"chain_ids\":[1],\"domains\":[\"sandbox.invalid\"],\"uris\":[\"https://sandbox.invalid\"]}}");
	CHECK_MEMBER("result.ring.earned.FLX", "\"1060.000000000000000000\"");
	sample_close(&s);
}

/* Whoever holds seats and has never signed in is none of the ring. */
static void
ring_beside_holders(void)
{
	voting_four(&s, "");
	asked("sybil_ring", "{\"wallets\":12}");
	CHECK_MEMBER("result.ring.earned.FLX", "\"1060.000000000000000000\"");
	CHECK_MEMBER("result.ring.earned.NOD", "\"0\"");
	sample_close(&s);
}

/* ---- windows ---- */

/* Wallet 1 and as many others, whom it invites, two by two. */
static void
open_invited(uint8_t n)
{
	static person people[13];

	people[0] = people_join(&s, 1, 0);
	for (uint8_t m = 1; m <= n; m++)
	{
		people[m] = people_join(&s, (uint8_t) (m + 1), 0);
		CHECK_STATUS(people_profile(&s, &people[m], 1), QFS_OK);
		CHECK_STATUS(people_chat_key(&s, &people[m], (uint8_t) (m + 1)), QFS_OK);
		CHECK_STATUS(people_use(&s, &people[m], &people[0]), QFS_OK);
	}
	for (uint8_t m = 1; m <= n; m++)
		CHECK_STATUS(people_write(&s, &people[m], &people[m % 2 == 1 ? m + 1 : m - 1], 1), QFS_OK);
}

static const char *
kept(const char *way)
{
	static char text[65536];
	qfs_slice	value = asking_member(way);

	snprintf(text, sizeof(text), "%.*s", (int) value.len, value.data);
	return text;
}

/* A run is the what-if of the changes that it shows, but for what tells of entries. */
static void
check_what_if(const char *template, const char *params, const char *changes)
{
	static const char *const ways[][2] = {
		{"result.direct.same", "direct.same"}, {"result.direct.bounds", "direct.bounds"},
		{"result.direct.refused", "direct.refused"}, {"result.direct.verdicts", "direct.verdicts"},
		{"result.cumulative.refused", "cumulative.refused"}, {"result.cumulative.follows", "cumulative.follows"},
		{"result.cumulative.accounts", "cumulative.accounts"}, {"result.cumulative.tokens", "cumulative.tokens"},
		{"policy", "policy"}, {"head", "head"}, {"ledger", "ledger"}, {"size", "size"}, {"from", "from"},
		{"unplayed", "unplayed"}
	};
	qfs_what_if_question question = {.changes = qfs_slice_of(changes),.size = s.count,.from = 1};
	qfs_error	err;

	for (size_t i = 0; i < ROWS(ways); i++)
	{
		const char *value;

		unit_row("%s %s: %s", template, params, ways[i][0]);
		asked(template, params);
		CHECK_MEMBER("changes", changes);
		CHECK_MEMBER("params", params);
		value = kept(ways[i][0]);
		CHECK(*value != '\0');
		CHECK_STATUS(asking(&s, NULL, &question, &err), QFS_OK);
		CHECK_MEMBER(ways[i][1], value);
	}
}

static void
windows(void)
{
	people_ledger(&s, PEOPLE_POLICY(",\"visibility\":\"public\""));
	open_invited(12);
	check_what_if("change", "{\"key\":\"referral.cap\",\"value\":5}", "{\"referral\":{\"cap\":5}}");
	check_what_if("change", "{\"key\":\"governance.tracks.text.quorum\",\"value\":5}",
				  "{\"governance\":{\"tracks\":{\"text\":{\"quorum\":5}}}}");
	check_what_if("change", "{\"key\":\"referral.activation\",\"value\":[]}", "{\"referral\":{\"activation\":[]}}");
	check_what_if("alpha", "{\"value\":\"0.25\"}", "{\"coherence\":{\"alpha\":\"0.25\"}}");
	check_what_if("alpha", "{\"value\":1}", "{\"coherence\":{\"alpha\":\"1\"}}");
	check_what_if("limits", "{\"factor\":\"0.05\"}",
				  "{\"limits\":{\"events_per_minute\":50,\"logins_per_minute\":0,\"messages_per_minute\":3,\"threads_per_day\":0}}");
	check_what_if("reward_times", "{\"factor\":2}",
				  "{\"referral\":{\"tiers\":[{\"flx\":\"200\",\"to\":5},{\"flx\":\"160\",\"to\":20},{\"flx\":\"100\",\"to\":50},{\"flx\":\"40\",\"to\":100}]}}");
	asked("reward_times", "{\"factor\":2}");
	CHECK_MEMBER("result.cumulative.tokens.FLX", "[\"1060.000000000000000000\",\"2120.000000000000000000\"]");
	CHECK_MEMBER("result.cumulative.tokens.points", "[\"240\",\"240\"]");
	asked("reward_times", "{\"factor\":\"0.001\"}");
	CHECK_MEMBER("result.cumulative.tokens.FLX", "[\"1060.000000000000000000\",\"1.060000000000000000\"]");
	/* Times one nothing is otherwise, not even the policy. */
	asked("reward_times", "{\"factor\":1}");
	CHECK_MEMBER("result.direct.same", print("%llu", s.count - 1));
	asked("limits", "{\"factor\":\"1.0\"}");
	CHECK_MEMBER("result.direct.same", print("%llu", s.count - 1));
	CHECK_SLICE(asking_member("policy.after"), asking_member("policy.before"));
	sample_close(&s);
}

/* What few have is not told, unless everybody may read everything; the rest is the same. */
static void
crowds(void)
{
	static const struct
	{
		const char *policy;
		uint8_t		invited;
		const char *accounts;
		const char *flx;
	}			rows[] = {
		{PEOPLE_POLICY(""), 3, "null", ""},
		{PEOPLE_POLICY(""), 4, "5", "[\"400.000000000000000000\",\"0.000000000000000000\"]"},
		{PEOPLE_POLICY(",\"visibility\":\"public\""), 2, "3", "[\"200.000000000000000000\",\"0.000000000000000000\"]"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%u invited", rows[i].invited);
		people_ledger(&s, rows[i].policy);
		open_invited(rows[i].invited & ~1U);
		if (rows[i].invited % 2 == 1)
			people_join(&s, 9, 0);
		asked("change", "{\"key\":\"referral.cap\",\"value\":0}");
		CHECK_MEMBER("result.cumulative.accounts", rows[i].accounts);
		CHECK_SLICE(second_member(second_member(asking_member("result.cumulative"), "tokens"), "FLX"), qfs_slice_of(rows[i].flx));
		/* Neither numbers of entries nor the state. */
		CHECK(asking_member("result.direct.entries").len == 0);
		CHECK(asking_member("result.cumulative.first").len == 0);
		CHECK(asking_member("result.cumulative.state").len == 0);
		sample_close(&s);
	}
}

/* The window begins with the epoch in which entry size - 10,000 is, or with entry 1. */
static void
epochs(void)
{
	static qfs_survey survey;
	test_memory memory = {0};
	qfs_entry	entry;

	people_ledger(&s, NULL);
	for (int n = 0; n < 3; n++)
	{
		people_wait(&s, PEOPLE_EPOCH);
		CHECK_STATUS(sample_append(&s, "NOTED", "{}"), QFS_OK);
		CHECK_STATUS(sample_append(&s, "NOTED", "{}"), QFS_OK);
	}
	CHECK_UINT(s.count, 10);
	for (uint64_t at = 1; at < 10; at++)
	{
		unit_row("entry %u", (unsigned) at);
		/* As if 10,000 more were to come. */
		CHECK_STATUS(qfs_survey_begin(&survey, &qfs_registry_own, QFS_WHAT_IF_WINDOW + at, test_allocator(&memory), NULL), QFS_OK);
		for (unsigned n = 0; n < s.count; n++)
		{
			CHECK_STATUS(qfs_line_read(sample_line(&s, n), &entry, NULL), QFS_OK);
			CHECK_STATUS(qfs_survey_entry(&survey, &entry, NULL), QFS_OK);
		}
		CHECK_UINT(survey.from, at < 4 ? 1 : at / 2 * 2);
		qfs_survey_end(&survey);
	}
	sample_close(&s);
}

/* ---- rollback ---- */

static void
rollbacks(void)
{
	static const struct
	{
		const char *changes;
		const char *want;
	}			rows[] = {
		{"{\"referral\":{\"cap\":5}}", "{\"inverse\":{\"referral\":{\"cap\":100}},\"refused\":null,\"restored\":true}"},
		{"{\"coherence\":{\"alpha\":\"0.5\"},\"referral\":{\"activation\":[],\"points\":0}}",
			"{\"inverse\":{\"coherence\":{\"alpha\":\"0.1\"},\"referral\":{\"activation\":[\"message_received\",\"message_sent\",\"profile\"],"
		"\"points\":10}},\"refused\":null,\"restored\":true}"},
		{"{}", "{\"inverse\":{},\"refused\":null,\"restored\":true}"},
		{"{\"visibility\":\"public\"}", "{\"inverse\":{\"visibility\":\"parties\"},\"refused\":null,\"restored\":true}"},
		/* A policy that left governance out has it from then on, if only with the default: no change takes it out again. */
		{"{\"governance\":{\"mode\":\"trial\"}}", "{\"inverse\":{\"governance\":{\"mode\":\"off\"}},\"refused\":null,\"restored\":false}"},
	};
	char		params[256];

	people_ledger(&s, NULL);
	open_invited(2);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].changes);
		snprintf(params, sizeof(params), "{\"changes\":%s}", rows[i].changes);
		asked("rollback", params);
		CHECK_MEMBER("changes", rows[i].changes);
		CHECK_MEMBER("result.rollback", rows[i].want);
	}
	sample_close(&s);
}

/* ---- fifty_proposals ---- */

static void
fifty(void)
{
	people_ledger(&s, NULL);
	open_invited(2);
	asked("fifty_proposals", "{}");
	CHECK_MEMBER("result.proposals", "{\"conflicts\":[{\"key\":\"coherence.trust.TRUSTED\",\"value\":\"0.9\",\"with\":\"coherence.trust.AUTHORITY\"}],"
				 "\"executed\":49,\"made\":50}");
	CHECK_MEMBER("changes.coherence.trust", "{\"AUTHORITY\":\"0.7\",\"VERIFIED\":\"0\"}");
	CHECK_MEMBER("changes.limits", "{\"events_per_minute\":1000000,\"logins_per_minute\":0,\"messages_per_minute\":1000000,\"threads_per_day\":0}");
	/* It is there already, so it goes to the other end. */
	CHECK_MEMBER("changes.coherence.acts", "{\"FRAUD_BLOCKED\":\"1\",\"MESSAGE_RECIPROCATED\":\"1\",\"PROFILE_COMPLETED\":\"0\","
				 "\"REFERRAL_ACTIVATED_REFEREE\":\"1\",\"REFERRAL_ACTIVATED_REFERRER\":\"0\"}");
	/* What comes of all of them: nobody signs in, and who did begins no thread. */
	CHECK_MEMBER("result.direct.refused", "{\"QFS_RATE_LIMIT\":4}");
	/* Under a policy in which they are at other ends, others conflict. */
	people_policy(&s, PEOPLE_POLICY(",\"coherence\":{\"trust\":{\"AUTHORITY\":\"0.5\",\"TRUSTED\":\"0.5\",\"VERIFIED\":\"0.5\"}}"));
	asked("fifty_proposals", "{}");
	CHECK_MEMBER("result.proposals.made", "50");
	CHECK_MEMBER("result.proposals.conflicts", "[]");
	sample_close(&s);
}

/* ---- one question, one answer ---- */

/* The hash is that of the rest, and is another one of another question. */
static void
hashes(void)
{
	static char rest[QFS_TEMPLATE_RUN_MAX];
	static char before[QFS_TEMPLATE_RUN_MAX];
	test_memory memory = {0};
	qfs_slice	value;
	qfs_hash	hash;
	char		want[67] = "\"";
	qfs_buf		digits;
	size_t		until;

	people_ledger(&s, NULL);
	asked("sybil_ring", "{\"wallets\":3}");
	value = asking_member("result_hash");
	until = (size_t) ((const char *) value.data - asking_answer) - strlen("\"result_hash\":");
	snprintf(rest, sizeof(rest), "%.*s%s", (int) until, asking_answer, (const char *) value.data + value.len + 1);
	qfs_sha3_256(qfs_slice_of(rest), &hash);
	qfs_buf_init(&digits, want + 1, 64);
	qfs_buf_hex(&digits, hash.bytes, sizeof(hash.bytes));
	want[65] = '"';
	CHECK_MEMBER("result_hash", want);
	memcpy(before, asking_answer, strlen(asking_answer) + 1);
	unit_row("twice");
	asked("sybil_ring", "{\"wallets\":3}");
	CHECK_TEXT(qfs_slice_of(asking_answer), before);
	unit_row("of a ledger that has gone on");
	CHECK_STATUS(sample_append(&s, "NOTED", "{}"), QFS_OK);
	people_policy(&s, PEOPLE_POLICY(",\"referral\":{\"cap\":1}"));
	CHECK_STATUS(feed("sybil_ring", "{\"wallets\":3}", s.count - 2, test_allocator(&memory), NULL), QFS_OK);
	CHECK_TEXT(qfs_slice_of(asking_answer), before);
	unit_row("later");
	asked("sybil_ring", "{\"wallets\":3}");
	CHECK(strcmp(asking_answer, before) != 0);
	CHECK_MEMBER("result.ring.earned.referrals", "\"1\"");
	sample_close(&s);
}

/* ---- invented wallets ---- */

/* As docs/format.md says: anybody can make them. */
static void
invented(void)
{
	static qfs_template_run run;
	test_memory memory = {0};
	qfs_template_question question = {.template = QFS_LITERAL("sybil_ring"),.params = QFS_LITERAL("{\"wallets\":1}")};
	const qfs_account_record *account;
	qfs_entry	entry;
	qfs_hash	hash;
	uint8_t		policy[QFS_POLICY_MAX];
	static char answer[QFS_TEMPLATE_RUN_MAX];
	qfs_buf		out;

	people_ledger(&s, NULL);
	question.size = question.from = s.count;
	memcpy(policy, s.reducer.policy.text.data, s.reducer.policy.text.len);
	question.policy = (qfs_slice) {policy, s.reducer.policy.text.len};
	CHECK_STATUS(qfs_template_run_begin(&run, &qfs_registry_own, &question, test_allocator(&memory), NULL), QFS_OK);
	for (unsigned n = 0; n < s.count; n++)
	{
		CHECK_STATUS(qfs_line_read(sample_line(&s, n), &entry, NULL), QFS_OK);
		CHECK_STATUS(qfs_template_run_entry(&run, &entry, NULL), QFS_OK);
	}
	qfs_buf_init(&out, answer, sizeof(answer));
	CHECK_STATUS(qfs_template_run_finish(&run, &out, NULL), QFS_OK);
	for (unsigned n = 0; n < 2; n++)
	{
		account = qfs_memory_store_record(run.what_if.cumulative.memory, &qfs_kind_account, n);
		if (!CHECK(account != NULL))
			continue;
		qfs_sha3_256(qfs_slice_of(n == 0 ? "qfs:sandbox:v1:wallet:0:0" : "qfs:sandbox:v1:wallet:1:0"), &hash);
		CHECK(memcmp(account->wallet.bytes, hash.bytes, sizeof(account->wallet.bytes)) == 0);
	}
	CHECK(qfs_memory_store_record(run.what_if.cumulative.memory, &qfs_kind_account, 2) == NULL);
	/* The ledger itself knows nothing of them. */
	CHECK(qfs_memory_store_record(run.what_if.direct.memory, &qfs_kind_account, 0) == NULL);
	qfs_template_run_end(&run);
	CHECK_UINT(memory.live, 0);
	sample_close(&s);
}

/* ---- nonsense ---- */

static void
nonsense(void)
{
	static const struct
	{
		const char *template;
		const char *params;
		qfs_status	want;
		const char *detail;
	}			rows[] = {
		{"", "{}", QFS_TEMPLATE_UNKNOWN, ""},
		{"sybil", "{}", QFS_TEMPLATE_UNKNOWN, "sybil"},
		{"SYBIL_RING", "{}", QFS_TEMPLATE_UNKNOWN, "SYBIL_RING"},
		{"sybil_ring", "", QFS_JSON_SYNTAX, ""},
		{"sybil_ring", "[]", QFS_TEMPLATE_PARAMS, "params: it must be an object; it is []"},
		{"sybil_ring", "null", QFS_TEMPLATE_PARAMS, "params: it must be an object; it is null"},
		{"sybil_ring", "{}", QFS_TEMPLATE_PARAMS, "params.wallets: it is missing, and may be 1 to 200"},
		{"sybil_ring", "{\"wallets\":0}", QFS_TEMPLATE_PARAMS, "params.wallets: it is out of range; it is 0, and may be 1 to 200"},
		{"sybil_ring", "{\"wallets\":201}", QFS_TEMPLATE_PARAMS, "it is 201, and may be 1 to 200"},
		{"sybil_ring", "{\"wallets\":-1}", QFS_TEMPLATE_PARAMS, "params.wallets: it is out of range; it is -1"},
		{"sybil_ring", "{\"wallets\":9007199254740991}", QFS_TEMPLATE_PARAMS, "params.wallets: it is out of range"},
		{"sybil_ring", "{\"wallets\":\"12\"}", QFS_TEMPLATE_PARAMS, "params.wallets: it must be an integer; it is \"12\""},
		{"sybil_ring", "{\"wallets\":[12]}", QFS_TEMPLATE_PARAMS, "params.wallets: it must be an integer"},
		{"sybil_ring", "{\"wallets\":null}", QFS_TEMPLATE_PARAMS, "params.wallets: it must be an integer"},
		{"sybil_ring", "{\"purses\":1,\"wallets\":12}", QFS_TEMPLATE_PARAMS, "params: sybil_ring has no parameter \"purses\""},
		{"sybil_ring", "{\"\\u0000\":1,\"wallets\":12}", QFS_JSON_TEXT, ""},
		{"fifty_proposals", "{\"count\":50}", QFS_TEMPLATE_PARAMS, "params: fifty_proposals has no parameter \"count\""},
		{"alpha", "{\"value\":2}", QFS_TEMPLATE_PARAMS, "params.value: it is out of range; it is 2, and may be 0 to 1"},
		{"alpha", "{\"value\":\"1.000000000000000001\"}", QFS_TEMPLATE_PARAMS, "params.value: it is out of range"},
		{"alpha", "{\"value\":\"0.0000000000000000001\"}", QFS_TEMPLATE_PARAMS, "a string of digits with at most 18 after the point"},
		{"alpha", "{\"value\":\"-0.1\"}", QFS_TEMPLATE_PARAMS, "params.value: it must be an integer, or a string of digits"},
		{"alpha", "{\"value\":true}", QFS_TEMPLATE_PARAMS, "params.value: it must be an integer, or a string of digits"},
		{"alpha", "{\"value\":\"340282366920938463464\"}", QFS_TEMPLATE_PARAMS, "params.value"},
		{"limits", "{\"factor\":1001}", QFS_TEMPLATE_PARAMS, "params.factor: it is out of range; it is 1001, and may be 0 to 1000"},
		{"limits", "{\"factor\":-9007199254740991}", QFS_TEMPLATE_PARAMS, "params.factor: it is out of range"},
		{"reward_times", "{\"factor\":{}}", QFS_TEMPLATE_PARAMS, "params.factor"},
		{"reward_times", "{\"value\":2}", QFS_TEMPLATE_PARAMS, "params: reward_times has no parameter \"value\""},
		{"change", "{\"key\":\"referral.cap\"}", QFS_TEMPLATE_PARAMS, "params.value: it is missing, and may be what the policy admits"},
		{"change", "{\"key\":\"referral\",\"value\":5}", QFS_TEMPLATE_PARAMS, "params.key: there is no such key, or it has no value of its own; it is \"referral\""},
		{"change", "{\"key\":\"\",\"value\":5}", QFS_TEMPLATE_PARAMS, "params.key: there is no such key"},
		{"change", "{\"key\":7,\"value\":5}", QFS_TEMPLATE_PARAMS, "params.key: it must be a string"},
		{"change", "{\"key\":\"block_ms\",\"value\":5}", QFS_TEMPLATE_PARAMS, "params.key: the key is fixed"},
		{"change", "{\"key\":\"referral.cap\",\"value\":{}}", QFS_TEMPLATE_PARAMS, "params.value: no key has an object"},
		{"change", "{\"key\":\"referral.cap\",\"value\":-1}", QFS_POLICY_INVALID, "params.value: policy.referral.cap"},
		{"change", "{\"key\":\"referral.cap\",\"value\":\"x\"}", QFS_POLICY_INVALID, "params.value: policy.referral.cap"},
		{"change", "{\"key\":\"rules\",\"value\":2}", QFS_RULES_UNKNOWN, "params.value"},
		{"change", "{\"key\":\"referral.cap\",\"value\":1.5}", QFS_JSON_NUMBER, ""},
		{"rollback", "{\"changes\":[]}", QFS_TEMPLATE_PARAMS, "params.changes: it must be an object"},
		{"rollback", "{\"changes\":{\"block_ms\":1000}}", QFS_KEY_FIXED, "params.changes: block_ms"},
		{"rollback", "{\"changes\":{\"referral\":{\"cup\":5}}}", QFS_POLICY_INVALID, "params.changes: the key referral.cup does not exist"},
		{"rollback", "{\"changes\":{\"referral\":{\"cap\":101}}}", QFS_POLICY_INVALID, "params.changes: policy.referral.tiers"},
	};
	qfs_error	err;

	people_ledger(&s, NULL);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s %s", rows[i].template, rows[i].params);
		CHECK_STATUS(ask(rows[i].template, rows[i].params, &err), rows[i].want);
		CHECK_STATUS(err.status, rows[i].want);
		CHECK_DETAIL(&err, rows[i].detail);
	}
	people_policy(&s, PEOPLE_POLICY(",\"limits\":{\"events_per_minute\":1001},\"referral\":{\"flx_cap\":\"1000\"}"));
	unit_row("a limit beyond what there may be");
	CHECK_STATUS(ask("limits", "{\"factor\":1000}", &err), QFS_POLICY_INVALID);
	CHECK_DETAIL(&err, "params.factor: policy.limits.events_per_minute");
	unit_row("a reward beyond what an account may have");
	CHECK_STATUS(ask("reward_times", "{\"factor\":\"10.1\"}", &err), QFS_POLICY_INVALID);
	CHECK_DETAIL(&err, "params.factor: ");
	asked("reward_times", "{\"factor\":\"10\"}");
	unit_row("what could not be where the window begins");
	people_policy(&s, PEOPLE_POLICY(",\"referral\":{\"tiers\":[{\"flx\":\"1\",\"to\":500}]}"));
	CHECK_STATUS(ask("change", "{\"key\":\"referral.cap\",\"value\":101}", &err), QFS_POLICY_INVALID);
	CHECK_DETAIL(&err, "params.value: policy.referral.tiers: they end at 100, the cap is 101");
	sample_close(&s);
}

/* Sizes that are not there, and another policy than the one in force. */
static void
bad_questions(void)
{
	static qfs_template_run run;
	static char answer[QFS_TEMPLATE_RUN_MAX];
	test_memory memory = {0};
	qfs_template_question question = {
		.template = QFS_LITERAL("alpha"),.params = QFS_LITERAL("{\"value\":1}"),.policy = qfs_policy_default(),.from = 1
	};
	qfs_error	err;
	qfs_entry	entry;
	qfs_buf		out;

	people_ledger(&s, NULL);
	CHECK_STATUS(feed("alpha", "{\"value\":1}", 0, test_allocator(&memory), &err), QFS_SIZE_UNKNOWN);
	question.size = s.count;
	CHECK_STATUS(qfs_template_run_begin(&run, &qfs_registry_own, &question, test_allocator(&memory), &err), QFS_OK);
	for (unsigned n = 0; n < s.count; n++)
	{
		CHECK_STATUS(qfs_line_read(sample_line(&s, n), &entry, NULL), QFS_OK);
		CHECK_STATUS(qfs_template_run_entry(&run, &entry, &err), QFS_OK);
	}
	qfs_buf_init(&out, answer, sizeof(answer));
	CHECK_STATUS(qfs_template_run_finish(&run, &out, &err), QFS_STATE_MISMATCH);
	CHECK_DETAIL(&err, "another policy is in force after entry 3");
	qfs_template_run_end(&run);
	CHECK_UINT(memory.live, 0);
	sample_close(&s);
}

static void
no_memory(void)
{
	static const char *const questions[][2] = {
		{"sybil_ring", "{\"wallets\":1}"}, {"rollback", "{\"changes\":{\"referral\":{\"cap\":5}}}"}
	};
	test_memory memory;
	qfs_error	err;
	unsigned	calls;

	people_ledger(&s, NULL);
	for (size_t i = 0; i < ROWS(questions); i++)
	{
		memory = (test_memory) {0};
		CHECK_STATUS(feed(questions[i][0], questions[i][1], s.count, test_allocator(&memory), &err), QFS_OK);
		calls = memory.calls;
		CHECK(calls > 20);
		for (unsigned n = 1; n <= calls; n++)
		{
			unit_row("%s, allocation %u of %u", questions[i][0], n, calls);
			memory = (test_memory) {.fail_at = n};
			CHECK_STATUS(feed(questions[i][0], questions[i][1], s.count, test_allocator(&memory), &err), QFS_NO_MEMORY);
			CHECK_UINT(memory.live, 0);
		}
	}
	sample_close(&s);
}

/* ---- what there is ---- */

static void
listed(void)
{
	static char text[16384];
	qfs_json_writer w;
	qfs_buf		out;
	qfs_slice	before = {NULL, 0};
	qfs_slice	name;

	qfs_buf_init(&out, text, sizeof(text));
	qfs_json_begin(&w, &out);
	qfs_templates_write(&w);
	CHECK_STATUS(qfs_json_end(&w, NULL), QFS_OK);
	CHECK_STATUS(qfs_json_check(qfs_buf_slice(&out), NULL), QFS_OK);
	for (unsigned n = 0; n < 7; n++)
	{
		name = second_member(second_item(qfs_buf_slice(&out), n), "name");
		CHECK(n == 0 || qfs_json_compare_names(before, name, true) < 0);
		before = name;
	}
	CHECK(second_item(qfs_buf_slice(&out), 7).len == 0);
	CHECK_SLICE(second_item(qfs_buf_slice(&out), 6),
				QFS_LITERAL("{\"about\":\"Invented wallets that one of them invites, and that write to each other: what they earn under the policy in force.\","
							"\"name\":\"sybil_ring\",\"params\":[{\"about\":\"How many are invited\",\"name\":\"wallets\",\"range\":\"1 to 200\",\"type\":\"integer\"}],\"window\":false}"));
}

static const unit_case cases[] = {
	CASE(rings),
	CASE(as_it_would_be),
	CASE(ring_refused),
	CASE(ring_without_a_place),
	CASE(ring_beside_holders),
	CASE(windows),
	CASE(crowds),
	CASE(epochs),
	CASE(rollbacks),
	CASE(fifty),
	CASE(hashes),
	CASE(invented),
	CASE(nonsense),
	CASE(bad_questions),
	CASE(no_memory),
	CASE(listed),
	NO_MORE_CASES
};

const unit_suite suite_template = {"template", cases};
