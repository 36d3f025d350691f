/*
 * test_policy_social.c - the keys of a policy for coherence, referrals and chat.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "engine/policy.h"
#include "support/people.h"

static uint8_t memory[QFS_POLICY_MAX + 64];

/* The default with these changes. */
static qfs_status
parse(const char *changes, qfs_policy *out, qfs_error *err)
{
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, sizeof(memory));
	CHECK_STATUS(qfs_policy_merge(qfs_policy_default(), qfs_slice_of(changes), &buf, NULL), QFS_OK);
	*err = (qfs_error) {QFS_OK, ""};
	return qfs_policy_parse(qfs_buf_slice(&buf), out, err);
}

/* detail NULL: in range. */
static void
check(const char *changes, const char *detail)
{
	qfs_policy	policy;
	qfs_error	err;

	unit_row("%s", changes);
	CHECK_STATUS(qfs_json_check(qfs_slice_of(changes), NULL), QFS_OK);
	CHECK_STATUS(parse(changes, &policy, &err), detail != NULL ? QFS_POLICY_INVALID : QFS_OK);
	if (detail != NULL)
		CHECK_DETAIL(&err, detail);
}

/* ---- what social.md says ---- */

static void
defaults(void)
{
	static const char *const acts[] = {"0", "0.6", "0.3", "0.5", "1"};
	static const char *const trust[] = {"0.5", "0.7", "0.9"};
	static const char *const weights[] = {"0.08", "0.12", "0.2", "0.2", "0.16", "0.24"};
	static const int64_t to[] = {5, 20, 50, 100};
	static const char *const flx[] = {"100", "80", "50", "20"};
	qfs_policy	policy;

	CHECK_STATUS(qfs_policy_parse(qfs_policy_default(), &policy, NULL), QFS_OK);
	CHECK(policy.alpha == people_amount("0.1"));
	CHECK_UINT(ROWS(acts), QFS_COHERENT_ACTS);
	for (size_t i = 0; i < ROWS(acts); i++)
		CHECK(policy.acts[i] == people_amount(acts[i]));
	for (size_t i = 0; i < ROWS(trust); i++)
		CHECK(policy.trust[i] == people_amount(trust[i]));
	for (size_t i = 0; i < ROWS(weights); i++)
		CHECK(policy.weights[i] == people_amount(weights[i]));
	CHECK_UINT(policy.tier_count, ROWS(to));
	for (size_t i = 0; i < ROWS(to); i++)
	{
		CHECK_INT(policy.tiers[i].to, to[i]);
		CHECK(policy.tiers[i].flx == people_amount(flx[i]));
	}
	CHECK_INT(policy.referral_cap, 100);
	CHECK_INT(policy.referral_points, 10);
	CHECK_INT(policy.window_blocks, 1000);
	CHECK(policy.flx_cap == people_amount("1000000"));
	CHECK_TEXT(policy.activation, "[\"message_received\",\"message_sent\",\"profile\"]");
	CHECK_TEXT(policy.evaluators, "[]");
	CHECK_INT(policy.messages_per_minute, 60);
	CHECK_INT(policy.threads_per_day, 10);
}

/* Each key is read into its own place. */
static void
read(void)
{
	qfs_policy	policy;
	qfs_error	err;

	CHECK_STATUS(parse("{\"coherence\":{\"acts\":{\"FRAUD_BLOCKED\":\"0.01\",\"MESSAGE_RECIPROCATED\":\"0.02\","
					   "\"PROFILE_COMPLETED\":\"0.03\",\"REFERRAL_ACTIVATED_REFEREE\":\"0.04\",\"REFERRAL_ACTIVATED_REFERRER\":\"0.05\"},"
					   "\"alpha\":\"0.06\",\"trust\":{\"AUTHORITY\":\"0.3\",\"TRUSTED\":\"0.2\",\"VERIFIED\":\"0.1\"},"
					   "\"weights\":{\"clarity\":\"0.11\",\"contradiction\":\"0.12\",\"hsmf\":\"0.13\",\"logic\":\"0.14\","
					   "\"signal\":\"0.15\",\"topic\":\"0.16\"}},"
					   "\"limits\":{\"messages_per_minute\":7,\"threads_per_day\":8},"
					   "\"referral\":{\"activation\":[],\"cap\":2,\"flx_cap\":\"9.5\",\"points\":3,"
					   "\"tiers\":[{\"flx\":\"9.5\",\"to\":1},{\"flx\":\"0\",\"to\":4}],\"window_blocks\":5}}", &policy, &err), QFS_OK);
	for (unsigned i = 0; i < QFS_COHERENT_ACTS; i++)
		CHECK(policy.acts[i] == (i + 1) * (QFS_AMOUNT_ONE / 100));
	for (unsigned i = 0; i < 3; i++)
		CHECK(policy.trust[i] == (i + 1) * (QFS_AMOUNT_ONE / 10));
	for (unsigned i = 0; i < QFS_FEATURES; i++)
		CHECK(policy.weights[i] == (i + 11) * (QFS_AMOUNT_ONE / 100));
	CHECK(policy.alpha == people_amount("0.06"));
	CHECK_INT(policy.messages_per_minute, 7);
	CHECK_INT(policy.threads_per_day, 8);
	CHECK_TEXT(policy.activation, "[]");
	CHECK_INT(policy.referral_cap, 2);
	CHECK_INT(policy.referral_points, 3);
	CHECK_INT(policy.window_blocks, 5);
	CHECK(policy.flx_cap == people_amount("9.5"));
	CHECK_UINT(policy.tier_count, 2);
	CHECK(policy.tiers[0].flx == people_amount("9.5") && policy.tiers[1].flx == 0);
	CHECK_INT(policy.tiers[1].to, 4);
}

/* ---- ranges ---- */

/* A key whose value is a decimal string from 0 to 1; %s is the value. */
static void
check_fraction(const char *format)
{
	static const struct
	{
		const char *value;
		bool		good;
	}			rows[] = {
		{"\"0\"", true}, {"\"1\"", true}, {"\"1.000000000000000000\"", true}, {"\"0.000000000000000001\"", true},
		{"\"1.000000000000000001\"", false}, {"\"2\"", false}, {"\"-0.1\"", false}, {"\"\"", false},
		{"\".5\"", false}, {"\"1e0\"", false}, {"\"0.0000000000000000001\"", false}, {"0", false}, {"1", false},
		{"null", false}, {"[\"1\"]", false}, {"\"0\\n\"", false},
		{"\"340282366920938463463.374607431768211456\"", false},
		{"\"00000000000000000000000000000000000000000\"", false},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		char		changes[256];

		snprintf(changes, sizeof(changes), format, rows[i].value);
		check(changes, rows[i].good ? NULL : "");
	}
}

static void
fractions(void)
{
	check_fraction("{\"coherence\":{\"alpha\":%s}}");
	check_fraction("{\"coherence\":{\"acts\":{\"FRAUD_BLOCKED\":%s}}}");
	check_fraction("{\"coherence\":{\"acts\":{\"MESSAGE_RECIPROCATED\":%s}}}");
	check_fraction("{\"coherence\":{\"acts\":{\"PROFILE_COMPLETED\":%s}}}");
	check_fraction("{\"coherence\":{\"acts\":{\"REFERRAL_ACTIVATED_REFEREE\":%s}}}");
	check_fraction("{\"coherence\":{\"acts\":{\"REFERRAL_ACTIVATED_REFERRER\":%s}}}");
	for (int i = 0; i < QFS_FEATURES; i++)
	{
		char		format[64];

		snprintf(format, sizeof(format), "{\"coherence\":{\"weights\":{\"%s\":%%s}}}", qfs_feature_names[i]);
		check_fraction(format);
	}
	/* Alone, so that the levels rise. */
	check_fraction("{\"coherence\":{\"trust\":{\"AUTHORITY\":\"1\",\"TRUSTED\":\"1\",\"VERIFIED\":%s}}}");
	check_fraction("{\"coherence\":{\"trust\":{\"AUTHORITY\":%s,\"TRUSTED\":\"0\",\"VERIFIED\":\"0\"}}}");
	check("{\"coherence\":{\"alpha\":\"1.1\"}}", "alpha: \"1.1\" is not an amount within its range");
	check("{\"coherence\":{\"acts\":{\"FRAUD_BLOCKED\":\"x\"}}}", "FRAUD_BLOCKED: \"x\" is not an amount");
	check("{\"coherence\":{\"weights\":{\"hsmf\":\"x\"}}}", "hsmf: \"x\" is not an amount");
}

static void
trust(void)
{
	check("{\"coherence\":{\"trust\":{\"TRUSTED\":\"0.5\"}}}", NULL);
	check("{\"coherence\":{\"trust\":{\"TRUSTED\":\"0.9\"}}}", NULL);
	check("{\"coherence\":{\"trust\":{\"TRUSTED\":\"0.499999999999999999\"}}}", "policy.coherence.trust: the levels do not rise");
	check("{\"coherence\":{\"trust\":{\"TRUSTED\":\"0.900000000000000001\"}}}", "policy.coherence.trust: the levels do not rise");
	check("{\"coherence\":{\"trust\":{\"AUTHORITY\":\"0\",\"TRUSTED\":\"0\",\"VERIFIED\":\"0\"}}}", NULL);
}

/* An integer from low to high. */
static void
check_integer(const char *format, int64_t low, int64_t high)
{
	char		changes[256];
	char		value[32];
	const struct
	{
		int64_t		n;
		const char *detail;
	}			rows[] = {{low, NULL}, {high, NULL}, {low - 1, "too small"}, {high + 1, "too large"}};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		snprintf(value, sizeof(value), "%lld", (long long) rows[i].n);
		snprintf(changes, sizeof(changes), format, value);
		check(changes, rows[i].detail);
	}
	snprintf(changes, sizeof(changes), format, "\"1\"");
	check(changes, "wrong type");
}

static void
integers(void)
{
	check_integer("{\"limits\":{\"messages_per_minute\":%s}}", 0, 1000000);
	check_integer("{\"limits\":{\"threads_per_day\":%s}}", 0, 1000000);
	check_integer("{\"referral\":{\"points\":%s}}", 0, 1000000);
	check_integer("{\"referral\":{\"window_blocks\":%s}}", 0, 1000000);
	check_integer("{\"referral\":{\"cap\":%s,\"tiers\":[{\"flx\":\"1\",\"to\":1000000}]}}", 0, 1000000);
	check_integer("{\"referral\":{\"cap\":0,\"tiers\":[{\"flx\":\"1\",\"to\":%s}]}}", 1, 1000000);
}

static void
activations(void)
{
	check("{\"referral\":{\"activation\":[]}}", NULL);
	check("{\"referral\":{\"activation\":[\"profile\"]}}", NULL);
	check("{\"referral\":{\"activation\":[\"profile\",\"message_sent\",\"message_received\"]}}", NULL);
	check("{\"referral\":{\"activation\":[\"profile\",\"profile\",\"profile\",\"profile\"]}}", "too many");
	check("{\"referral\":{\"activation\":[\"Profile\"]}}", "not one of");
	check("{\"referral\":{\"activation\":[\"\"]}}", "not one of");
	check("{\"referral\":{\"activation\":\"profile\"}}", "wrong type");
}

static void
tiers(void)
{
	char		changes[1024] = "{\"referral\":{\"tiers\":[";

	/* A reward that fits no balance, and amounts that are none. */
	check("{\"referral\":{\"flx_cap\":\"100\"}}", NULL);
	check("{\"referral\":{\"flx_cap\":\"99.999999999999999999\"}}", "flx: \"100\" is not an amount within its range");
	check("{\"referral\":{\"flx_cap\":\"1000000000000\"}}", NULL);
	check("{\"referral\":{\"flx_cap\":\"1000000000000.000000000000000001\"}}", "flx_cap");
	check("{\"referral\":{\"flx_cap\":1000}}", "wrong type");
	check("{\"referral\":{\"tiers\":[{\"flx\":\"x\",\"to\":100}]}}", "flx: \"x\" is not an amount");
	check("{\"referral\":{\"tiers\":[{\"flx\":1,\"to\":100}]}}", "wrong type");
	check("{\"referral\":{\"tiers\":[{\"flx\":\"1\"}]}}", "missing");
	check("{\"referral\":{\"tiers\":[{\"flx\":\"1\",\"from\":1,\"to\":100}]}}", "unknown member");
	/* They rise, and reach the cap. */
	check("{\"referral\":{\"tiers\":[{\"flx\":\"1\",\"to\":100}]}}", NULL);
	check("{\"referral\":{\"tiers\":[{\"flx\":\"1\",\"to\":99}]}}", "policy.referral.tiers: they end at 99, the cap is 100");
	check("{\"referral\":{\"tiers\":[{\"flx\":\"1\",\"to\":101}]}}", NULL);
	check("{\"referral\":{\"tiers\":[{\"flx\":\"1\",\"to\":50},{\"flx\":\"1\",\"to\":50},{\"flx\":\"1\",\"to\":100}]}}",
		  "policy.referral.tiers: 50 follows 50");
	check("{\"referral\":{\"tiers\":[{\"flx\":\"1\",\"to\":100},{\"flx\":\"1\",\"to\":50}]}}",
		  "policy.referral.tiers: 50 follows 100");
	check("{\"referral\":{\"cap\":101}}", "policy.referral.tiers: they end at 100, the cap is 101");
	/* There is one at least, even if nobody may be referred any more: those under way look at it. */
	check("{\"referral\":{\"cap\":0,\"tiers\":[]}}", "policy.referral.tiers: too few");
	check("{\"referral\":{\"tiers\":[]}}", "policy.referral.tiers: too few");

	for (int i = 1; i <= 16; i++)
		snprintf(changes + strlen(changes), sizeof(changes) - strlen(changes), "%s{\"flx\":\"1\",\"to\":%d}",
				 i > 1 ? "," : "", i + 100);
	strcat(changes, "]}}");
	check(changes, NULL);
	strcpy(changes + strlen(changes) - 3, ",{\"flx\":\"1\",\"to\":200}]}}");
	check(changes, "too many");
}

static void
evaluators(void)
{
	char		changes[256];
	test_wallet wallet = test_wallet_of(1);

	snprintf(changes, sizeof(changes), "{\"evaluators\":[\"%s\"]}", wallet.user_name);
	check(changes, NULL);
	snprintf(changes, sizeof(changes), "{\"evaluators\":[\"%s\"]}", wallet.name);
	check(changes, "policy.evaluators: \"0x");
	snprintf(changes, sizeof(changes), "{\"evaluators\":[\"%.68sG\"]}", wallet.user_name);
	check(changes, "policy.evaluators: \"user_");
	snprintf(changes, sizeof(changes), "{\"evaluators\":[\"%.63s\\n\"]}", wallet.user_name);
	check(changes, "policy.evaluators: \"user_");
	check("{\"evaluators\":[\"\"]}", "too short");
	check("{\"evaluators\":null}", "wrong type");
}

/* Every key of an object is required, and no other is taken. */
static void
whole(void)
{
	static const char *const objects[] = {"coherence", "limits", "referral"};

	for (size_t i = 0; i < ROWS(objects); i++)
	{
		qfs_slice	object;
		qfs_slice	key;
		qfs_slice	value;
		qfs_json_iter iter;

		CHECK(qfs_json_member(qfs_policy_default(), objects[i], &object));
		iter = qfs_json_members(object);
		while (qfs_json_next(&iter, &key, &value))
		{
			static uint8_t text[QFS_POLICY_MAX];
			qfs_slice	all = qfs_policy_default();
			qfs_policy	policy;
			qfs_error	err;
			qfs_buf		buf;
			size_t		end = (size_t) (value.data + value.len - all.data);
			size_t		start = (size_t) (key.data - all.data);

			unit_row("%s without %.*s", objects[i], (int) key.len, (const char *) key.data);
			/* One of the two commas goes with it. */
			if (all.data[end] == ',')
				end++;
			else
				start--;
			qfs_buf_init(&buf, text, sizeof(text));
			qfs_buf_bytes(&buf, all.data, start);
			qfs_buf_bytes(&buf, all.data + end, all.len - end);
			CHECK_STATUS(qfs_json_check(qfs_buf_slice(&buf), NULL), QFS_OK);
			CHECK_STATUS(qfs_policy_parse(qfs_buf_slice(&buf), &policy, &err), QFS_POLICY_INVALID);
			CHECK_DETAIL(&err, "missing");
		}
	}
}

static const unit_case cases[] = {
	CASE(defaults),
	CASE(read),
	CASE(fractions),
	CASE(trust),
	CASE(integers),
	CASE(activations),
	CASE(tiers),
	CASE(evaluators),
	CASE(whole),
	NO_MORE_CASES
};

const unit_suite suite_policy_social = {"policy_social", cases};
