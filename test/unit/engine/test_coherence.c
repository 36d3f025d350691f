/*
 * test_coherence.c - scores, steps, trust levels and the holographic model.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Numbers that social.md does not give were computed with Python's integers.
 */
#include "suites.h"

#include <stdio.h>

#include "engine/coherence.h"
#include "support/people.h"

#define ONE QFS_AMOUNT_ONE
#define ALPHA (ONE / 10)
#define MAX (~(qfs_amount) 0)

/* ---- steps ---- */

static void
steps(void)
{
	static const struct
	{
		const char *c;
		const char *q;
		const char *alpha;
		const char *want;
	}			rows[] = {
		{"0", "0", "0.1", "0.000000000000000000"},
		{"0", "1", "0.1", "0.100000000000000000"},
		{"0.1", "1", "0.1", "0.190000000000000000"},
		{"0.19", "1", "0.1", "0.271000000000000000"},
		{"0", "0.3", "0.1", "0.030000000000000000"},
		{"0.03", "0.6", "0.1", "0.087000000000000000"},
		{"1", "0", "0.1", "0.900000000000000000"},
		{"1", "1", "0.1", "1.000000000000000000"},
		{"0.5", "0.5", "0.1", "0.500000000000000000"},
		/* Rounded down, once. */
		{"0.000000000000000001", "0", "0.1", "0.000000000000000000"},
		{"0.000000000000000009", "0.000000000000000009", "0.1", "0.000000000000000009"},
		{"0.000000000000000001", "0.000000000000000002", "0.5", "0.000000000000000001"},
		{"0.123456789012345678", "0.987654321098765432", "0.333333333333333333", "0.411522633041152262"},
		/* A weight of 0 or 1 */
		{"0.7", "0.2", "0", "0.700000000000000000"},
		{"0.7", "0.2", "1", "0.200000000000000000"},
		{"1", "1", "1", "1.000000000000000000"},
		{"1", "1", "0.000000000000000001", "1.000000000000000000"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("from %s by %s, weight %s", rows[i].c, rows[i].q, rows[i].alpha);
		CHECK_AMOUNT(qfs_coherence_step(people_amount(rows[i].c), people_amount(rows[i].q),
										people_amount(rows[i].alpha)), rows[i].want);
	}
}

/* Where many acts of one quality lead: close to it, from either side, and never past it. */
static void
limits_of_steps(void)
{
	qfs_amount	up = 0;
	qfs_amount	down = ONE;

	for (int i = 0; i < 1000; i++)
	{
		qfs_amount	higher = qfs_coherence_step(up, ONE, ALPHA);
		qfs_amount	lower = qfs_coherence_step(down, 0, ALPHA);

		CHECK(i < 378 ? higher > up && lower < down : higher == up && lower == down);
		up = higher;
		down = lower;
	}
	CHECK_AMOUNT(up, "0.999999999999999991");
	CHECK_AMOUNT(down, "0.000000000000000000");
}

/* ---- scores ---- */

/* In the order of their names: clarity, contradiction, hsmf, logic, signal, topic. */
static void
scores(void)
{
	static const struct
	{
		const char *features[QFS_FEATURES];
		const char *weights[QFS_FEATURES];
		const char *want;
	}			rows[] = {
		{{"0.6", "1", "0.5", "0.8", "0.7", "0.9"}, {"0.08", "0.12", "0.2", "0.2", "0.16", "0.24"}, "0.756000000000000000"},
		{{"0.6", "1", "0", "0.8", "0.7", "0.9"}, {"0.1", "0.15", "0", "0.25", "0.2", "0.3"}, "0.820000000000000000"},
		{{"0", "0", "0", "0", "0", "0"}, {"1", "1", "1", "1", "1", "1"}, "0.000000000000000000"},
		{{"1", "1", "1", "1", "1", "1"}, {"0", "0", "0", "0", "0", "0"}, "0.000000000000000000"},
		{{"1", "1", "1", "1", "1", "1"}, {"0.08", "0.12", "0.2", "0.2", "0.16", "0.24"}, "1.000000000000000000"},
		/* Clamped. */
		{{"1", "1", "1", "1", "1", "1"}, {"1", "1", "1", "1", "1", "1"}, "1.000000000000000000"},
		{{"0.5", "0.500000000000000001", "0", "0", "0", "0"}, {"1", "1", "1", "1", "1", "1"}, "1.000000000000000000"},
		{{"0.5", "0.499999999999999999", "0", "0", "0", "0"}, {"1", "1", "1", "1", "1", "1"}, "0.999999999999999999"},
		/* The sum is rounded, not its parts. */
		{{"0.000000000000000001", "0.000000000000000001", "0.000000000000000001", "0.000000000000000001",
				"0.000000000000000001", "0.000000000000000001"}, {"0.2", "0.2", "0.2", "0.2", "0.2", "0.2"},
		"0.000000000000000001"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_amount	features[QFS_FEATURES];
		qfs_amount	weights[QFS_FEATURES];

		unit_row("score %zu", i);
		for (int k = 0; k < QFS_FEATURES; k++)
		{
			features[k] = people_amount(rows[i].features[k]);
			weights[k] = people_amount(rows[i].weights[k]);
		}
		CHECK_AMOUNT(qfs_coherence_score(features, weights), rows[i].want);
	}
}

/* Each feature has the weight of its own name. */
static void
each_feature(void)
{
	static const char *const names[] = {"clarity", "contradiction", "hsmf", "logic", "signal", "topic"};
	static const char *const want[] = {"0.08", "0.12", "0.2", "0.2", "0.16", "0.24"};
	qfs_policy	policy;

	CHECK_STATUS(qfs_policy_parse(qfs_policy_default(), &policy, NULL), QFS_OK);
	for (int i = 0; i < QFS_FEATURES; i++)
	{
		qfs_amount	features[QFS_FEATURES];
		char		text[64];

		unit_row("%s", names[i]);
		CHECK_TEXT(qfs_slice_of(qfs_feature_names[i]), names[i]);
		snprintf(text, sizeof(text), "{\"%s\":\"1\"}", names[i]);
		CHECK_STATUS(qfs_coherence_read(qfs_slice_of(text), true, features, NULL), QFS_OK);
		CHECK(qfs_coherence_score(features, policy.weights) == people_amount(want[i]));
	}
	CHECK(qfs_feature_names[QFS_FEATURES] == NULL);
}

/* ---- features ---- */

#define FEATURES "\"clarity\":\"0.6\",\"contradiction\":\"1\",\"hsmf\":\"0.5\",\"logic\":\"0.8\",\"signal\":\"0.7\""

static void
features_read(void)
{
	static const char *const want[] = {"0.6", "1", "0.5", "0.8", "0.7", "0.000000000000000001"};
	qfs_amount	out[QFS_FEATURES];

	CHECK_STATUS(qfs_coherence_read(QFS_LITERAL("{" FEATURES ",\"topic\":\"0.000000000000000001\"}"), false, out, NULL),
				 QFS_OK);
	for (int i = 0; i < QFS_FEATURES; i++)
		CHECK(out[i] == people_amount(want[i]));
	memset(out, 0xFF, sizeof(out));
	CHECK_STATUS(qfs_coherence_read(QFS_LITERAL("{}"), true, out, NULL), QFS_OK);
	for (int i = 0; i < QFS_FEATURES; i++)
		CHECK(out[i] == 0);
}

static void
features_refused(void)
{
	static const struct
	{
		const char *text;
		const char *detail;
	}			rows[] = {
		{"[]", "not an object"},
		{"null", "not an object"},
		{"\"0.5\"", "not an object"},
		{"{}", "clarity is missing"},
		{"{" FEATURES "}", "topic is missing"},
		{"{" FEATURES ",\"topic\":null}", "topic: null is not a decimal string from 0 to 1"},
		{"{" FEATURES ",\"topic\":1}", "topic: 1 is not"},
		{"{" FEATURES ",\"topic\":\"\"}", "topic: \"\" is not"},
		{"{" FEATURES ",\"topic\":\"1.000000000000000001\"}", "topic: \"1.000000000000000001\" is not"},
		{"{" FEATURES ",\"topic\":\"2\"}", "topic: \"2\" is not"},
		{"{" FEATURES ",\"topic\":\"-0.1\"}", "topic: \"-0.1\" is not"},
		{"{" FEATURES ",\"topic\":\".5\"}", "topic: \".5\" is not"},
		{"{" FEATURES ",\"topic\":\"0.5\\n\"}", "topic: \"0.5\\n\" is not"},
		{"{" FEATURES ",\"topic\":\"0.0000000000000000001\"}", "topic: \"0.0000000000000000001\" is not"},
		{"{" FEATURES ",\"topic\":\"1\",\"truth\":\"1\"}", "\"truth\" is not a feature"},
		{"{\"Clarity\":\"1\"," FEATURES ",\"topic\":\"1\"}", "\"Clarity\" is not a feature"},
		{"{\"\":\"1\"," FEATURES ",\"topic\":\"1\"}", "\"\" is not a feature"},
		{"{" FEATURES ",\"topi\":\"1\",\"topic\":\"1\"}", "\"topi\" is not a feature"},
		{"{" FEATURES ",\"topic\":\"1\",\"topics\":\"1\"}", "\"topics\" is not a feature"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_amount	out[QFS_FEATURES];
		qfs_error	err = {QFS_OK, ""};

		unit_row("%s", rows[i].text);
		CHECK_STATUS(qfs_json_check(qfs_slice_of(rows[i].text), NULL), QFS_OK);
		CHECK_STATUS(qfs_coherence_read(qfs_slice_of(rows[i].text), false, out, &err), QFS_FEATURES_INVALID);
		CHECK_DETAIL(&err, rows[i].detail);
	}
}

/* ---- trust ---- */

static void
trust(void)
{
	static const struct
	{
		const char *c;
		const char *want;
	}			rows[] = {
		{"0", "UNKNOWN"}, {"0.499999999999999999", "UNKNOWN"},
		{"0.5", "VERIFIED"}, {"0.699999999999999999", "VERIFIED"},
		{"0.7", "TRUSTED"}, {"0.899999999999999999", "TRUSTED"},
		{"0.9", "AUTHORITY"}, {"1", "AUTHORITY"},
	};
	qfs_policy	policy;

	CHECK_STATUS(qfs_policy_parse(qfs_policy_default(), &policy, NULL), QFS_OK);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].c);
		CHECK_TEXT(qfs_slice_of(qfs_trust_level(&policy, people_amount(rows[i].c))), rows[i].want);
	}
	/* A level that begins where the next one does is skipped. */
	policy.trust[0] = policy.trust[1] = policy.trust[2] = 0;
	CHECK_TEXT(qfs_slice_of(qfs_trust_level(&policy, 0)), "AUTHORITY");
}

/* ---- the holographic model ---- */

static void
models(void)
{
	static const struct
	{
		const char *in[7];		/* s_res, s_flx, s_psi_sync, f_atr, s_chr, lambda1, lambda2 */
		const char *out[8];		/* action_cost, c_holo, chr, flx, res, psi, atr, total */
	}			rows[] = {
		{{"10", "5", "0", "10", "900", "1", "1"},
			{"25.000000000000000000", "0.062500000000000000", "56.250000000000000000", "125.000000000000000000",
		"0.625000000000000000", "0.000000000000000000", "0.625000000000000000", "182.500000000000000000"}},
		{{"100", "50", "75", "3", "7", "0.5", "0.25"},
			{"146.750000000000000000", "0.004424778761061946", "0.030973451327433622", "7337.500000000000000000",
		"0.442477876106194600", "225.000000000000000000", "0.013274336283185838", "7562.986725663716814060"}},
		{{"0", "0", "0", "0", "0", "0", "0"},
			{"0.000000000000000000", "1.000000000000000000", "0.000000000000000000", "0.000000000000000000",
		"0.000000000000000000", "0.000000000000000000", "0.000000000000000000", "0.000000000000000000"}},
		{{"0", "0", "0", "0", "340282366920938463463.374607431768211455", "0", "0"},
			{"0.000000000000000000", "1.000000000000000000", "340282366920938463463.374607431768211455", "0.000000000000000000",
				"0.000000000000000000", "0.000000000000000000", "0.000000000000000000",
		"340282366920938463463.374607431768211455"}},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_hsmf	m;
		qfs_amount *in[] = {&m.s_res, &m.s_flx, &m.s_psi_sync, &m.f_atr, &m.s_chr, &m.lambda1, &m.lambda2};
		const qfs_amount *out[] = {&m.action_cost, &m.c_holo, &m.chr, &m.flx, &m.res, &m.psi, &m.atr, &m.total};

		unit_row("model %zu", i);
		memset(&m, 0xA5, sizeof(m));
		for (size_t k = 0; k < ROWS(in); k++)
			*in[k] = people_amount(rows[i].in[k]);
		CHECK_STATUS(qfs_hsmf_compute(&m, NULL), QFS_OK);
		for (size_t k = 0; k < ROWS(out); k++)
			CHECK_AMOUNT(*out[k], rows[i].out[k]);
	}
}

/* Each operation of the model, with inputs under which it is the first that cannot hold its result. */
static void
models_overflow(void)
{
	const qfs_amount half = (qfs_amount) 1 << 127;
	const qfs_amount root = qfs_amount_of(UINT64_C(18446744073));	/* squared: just under the limit */
	const struct
	{
		const char *name;
		qfs_hsmf	m;
	}			rows[] = {
		{"s_res + f_atr", {.s_res = half,.f_atr = half}},
		{"lambda1 * s_flx", {.lambda1 = 2 * root,.s_flx = root}},
		{"+ lambda1 s_flx", {.f_atr = half,.lambda1 = ONE,.s_flx = half}},
		{"lambda2 * s_psi_sync", {.lambda2 = 2 * root,.s_psi_sync = root}},
		{"+ lambda2 s_psi_sync", {.f_atr = half,.lambda2 = ONE,.s_psi_sync = half}},
		{"1 + s_res", {.s_res = MAX - ONE + 1}},
		{"1 + s_res + s_flx", {.s_res = half,.s_flx = half - ONE}},
		{"1 + s_res + s_flx + s_psi_sync", {.s_flx = half,.s_psi_sync = half - ONE}},
		{"s_flx * action_cost", {.s_flx = 2 * root,.f_atr = root}},
		{"s_psi_sync * f_atr", {.s_psi_sync = 2 * root,.f_atr = root}},
		/* chr is half of the largest amount */
		{"total + flx", {.s_chr = MAX,.s_flx = ONE,.f_atr = half + 1}},
		{"total + psi", {.s_chr = MAX,.s_psi_sync = ONE,.f_atr = half + 1}},
		/* chr and flx are the largest amount together */
		{"total + res", {.s_chr = MAX,.s_res = ONE,.s_flx = ONE,
		.f_atr = people_amount("226854911280625642421.343860594824962125")}},
		{"total + atr", {.s_chr = MAX,.f_atr = 1}},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_hsmf	m = rows[i].m;
		qfs_error	err = {QFS_OK, ""};

		unit_row("%s", rows[i].name);
		CHECK_STATUS(qfs_hsmf_compute(&m, &err), QFS_AMOUNT_OVERFLOW);
	}
}

static const unit_case cases[] = {
	CASE(steps),
	CASE(limits_of_steps),
	CASE(scores),
	CASE(each_feature),
	CASE(features_read),
	CASE(features_refused),
	CASE(trust),
	CASE(models),
	CASE(models_overflow),
	NO_MORE_CASES
};

const unit_suite suite_coherence = {"coherence", cases};
