/*
 * test_policy_key.c - keys of a policy: their names, values and classes, and who may change them.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "engine/policy.h"
#include "engine/policy_key.h"
#include "engine/policy_text.h"

static uint8_t memory[QFS_POLICY_MAX];

/* The default with these changes. */
static qfs_slice
merged(const char *changes)
{
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, sizeof(memory));
	CHECK_STATUS(qfs_json_check(qfs_slice_of(changes), NULL), QFS_OK);
	CHECK_STATUS(qfs_policy_merge(qfs_policy_default(), qfs_slice_of(changes), &buf, NULL), QFS_OK);
	return qfs_buf_slice(&buf);
}

/* ---- names ---- */

/* What a walk has seen: names and values in a row. */
typedef struct seen
{
	char		text[8192];
	size_t		len;
	unsigned	count;
	unsigned	stop;			/* fails there; 0: nowhere */
} seen;

static qfs_status
see(void *context, qfs_slice name, qfs_slice value)
{
	seen	   *s = context;
	int			len = snprintf(s->text + s->len, sizeof(s->text) - s->len, "%.*s=%.*s\n", (int) name.len,
							   (const char *) name.data, (int) value.len, (const char *) value.data);

	CHECK(len > 0 && s->len + (size_t) len < sizeof(s->text));
	s->len += (size_t) len;
	return ++s->count == s->stop ? QFS_RATE_LIMIT : QFS_OK;
}

/* The table has every leaf of the whole default policy, each leaf is in the table, and both have one order. */
static void
both_ways(void)
{
	static seen leaves;
	static char keys[8192];
	qfs_slice	whole = merged("{\"governance\":{}}");
	qfs_slice	name;
	qfs_slice	value;
	qfs_key_class key_class;
	size_t		len = 0;
	size_t		n;

	leaves = (seen) {.len = 0};
	CHECK_STATUS(qfs_policy_leaves(whole, see, &leaves, NULL), QFS_OK);
	for (n = 0; qfs_policy_key_at(n, &name, &key_class); n++)
	{
		qfs_key_class found;

		unit_row("%.*s", (int) name.len, (const char *) name.data);
		CHECK(name.len <= QFS_TYPE_MAX);
		CHECK(qfs_policy_key_class(name, &found) && found == key_class);
		if (!CHECK(qfs_policy_leaf(whole, name, &value)))
			return;
		CHECK(qfs_json_type_of(value) != QFS_JSON_OBJECT);
		len += (size_t) snprintf(keys + len, sizeof(keys) - len, "%.*s=%.*s\n", (int) name.len, (const char *) name.data,
								 (int) value.len, (const char *) value.data);
	}
	CHECK_UINT(n, leaves.count);
	CHECK_UINT(n, 76);
	CHECK_TEXT(((qfs_slice) {(const uint8_t *) leaves.text, leaves.len}), keys);
	CHECK(!qfs_policy_key_at(SIZE_MAX, &name, &key_class));
}

/* Each class but "parameter" names what it has. */
static void
classes(void)
{
	static const struct
	{
		const char *begins;
		qfs_key_class key_class;
		unsigned	count;
	}			rows[] = {
		{"block_ms", QFS_CLASS_FIXED, 1}, {"epoch_blocks", QFS_CLASS_FIXED, 1}, {"visibility", QFS_CLASS_FORK, 1},
		{"governance.power_percent", QFS_CLASS_FORK, 1}, {"operators", QFS_CLASS_CONSTITUTION, 1},
		{"evaluators", QFS_CLASS_CONSTITUTION, 1}, {"governance.", QFS_CLASS_CONSTITUTION, 35}, {"", QFS_CLASS_PARAMETER, 35},
	};
	unsigned	counts[ROWS(rows)] = {0};
	qfs_slice	name;
	qfs_key_class key_class;

	for (size_t n = 0; qfs_policy_key_at(n, &name, &key_class); n++)
	{
		size_t		row = 0;

		/* The first that it begins with. */
		while (strncmp((const char *) name.data, rows[row].begins, strlen(rows[row].begins)) != 0)
			row++;
		unit_row("%.*s", (int) name.len, (const char *) name.data);
		CHECK_INT(key_class, rows[row].key_class);
		counts[row]++;
	}
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].begins);
		CHECK_UINT(counts[i], rows[i].count);
	}
	CHECK_TEXT(qfs_slice_of(qfs_key_class_names[QFS_CLASS_FIXED]), "fixed");
	CHECK_TEXT(qfs_slice_of(qfs_key_class_names[QFS_CLASS_FORK]), "fork");
	CHECK_TEXT(qfs_slice_of(qfs_key_class_names[QFS_CLASS_CONSTITUTION]), "constitution");
	CHECK_TEXT(qfs_slice_of(qfs_key_class_names[QFS_CLASS_PARAMETER]), "parameter");
}

/* What is no key's name has no class and no value. */
static void
no_keys(void)
{
	static const char *const names[] = {
		"", ".", "..", "auth", "auth.", ".auth", "auth.uri", "auth.uriss", "auth..uris", "auth.uris.", "auth.uris.x", "referral.tiers.0",
		"referral.tiers.flx", "governance", "governance.tracks", "governance.tracks.text", "governance.tracks.texts.quorum", "Operators",
		"operators.*", "limits.*", "rules.x", "block_ms\"",
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	};

	for (size_t i = 0; i < ROWS(names); i++)
	{
		qfs_key_class key_class;
		qfs_slice	value;

		unit_row("%s", names[i]);
		CHECK(!qfs_policy_key_class(qfs_slice_of(names[i]), &key_class));
		CHECK(!qfs_policy_leaf(qfs_policy_default(), qfs_slice_of(names[i]), &value));
	}
}

/* ---- values ---- */

static void
leaf(void)
{
	qfs_slice	given = merged("{\"governance\":{\"agenda\":3},\"referral\":{\"cap\":50}}");
	qfs_slice	value;

	CHECK(qfs_policy_leaf(given, QFS_LITERAL("governance.agenda"), &value));
	CHECK_TEXT(value, "3");
	CHECK(qfs_policy_leaf(given, QFS_LITERAL("referral.cap"), &value));
	CHECK_TEXT(value, "50");
	CHECK(qfs_policy_leaf(qfs_policy_default(), QFS_LITERAL("referral.tiers"), &value));
	CHECK_INT(qfs_json_type_of(value), QFS_JSON_ARRAY);
	/* Of a policy that leaves it out the default. */
	CHECK(qfs_policy_leaf(qfs_policy_default(), QFS_LITERAL("governance.agenda"), &value));
	CHECK_TEXT(value, "12");
	CHECK(qfs_policy_leaf(qfs_policy_default(), QFS_LITERAL("governance.tracks.emergency.voting_blocks"), &value));
	CHECK_TEXT(value, "60");
	/* A policy that is not whole has what it has. */
	CHECK(!qfs_policy_leaf(QFS_LITERAL("{\"governance\":{}}"), QFS_LITERAL("governance.agenda"), &value));
	CHECK(!qfs_policy_leaf(QFS_LITERAL("{}"), QFS_LITERAL("block_ms"), &value));
	CHECK(!qfs_policy_leaf(QFS_LITERAL("{\"auth\":{}}"), QFS_LITERAL("auth.uris"), &value));
	CHECK(!qfs_policy_leaf(QFS_LITERAL("{\"auth\":[]}"), QFS_LITERAL("auth.uris"), &value));
}

static void
leaves(void)
{
	static const struct
	{
		const char *changes;
		const char *want;
	}			rows[] = {
		{"{}", ""},
		{"{\"referral\":{}}", ""},
		{"{\"referral\":{\"cap\":50}}", "referral.cap=50\n"},
		{"{\"referral\":{\"cap\":{}}}", ""},
		{"{\"block_ms\":\"x\"}", "block_ms=\"x\"\n"},
		{"{\"auth\":{\"uris\":[{\"a\":1}]},\"governance\":{\"agenda\":null,\"tracks\":{\"text\":{\"quorum\":1}}},\"rules\":2}",
			"auth.uris=[{\"a\":1}]\ngovernance.agenda=null\ngovernance.tracks.text.quorum=1\nrules=2\n"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		seen		s = {.len = 0};

		unit_row("%s", rows[i].changes);
		CHECK_STATUS(qfs_policy_leaves(qfs_slice_of(rows[i].changes), see, &s, NULL), QFS_OK);
		CHECK_TEXT(((qfs_slice) {(const uint8_t *) s.text, s.len}), rows[i].want);
	}
}

/* What ends a walk, after how many keys. */
static void
no_leaves(void)
{
	static const struct
	{
		const char *changes;
		const char *detail;
		unsigned	count;
	}			rows[] = {
		{"[]", "not an object", 0},
		{"7", "not an object", 0},
		{"{\"referral\":7}", "referral", 0},
		{"{\"governance\":7}", "governance", 0},
		{"{\"governance\":{\"tracks\":{\"text\":7}}}", "governance.tracks.text", 0},
		{"{\"auth.domains\":[]}", "auth.domains", 0},
		{"{\"auth\":{\"domains.x\":[]}}", "domains.x", 0},
		{"{\"auth\":{\"domains\":{\"x\":1}}}", "auth.domains.x", 0},
		{"{\"auth\":{\"domains\":{\"\":1}}}", "the key \"\" does not exist", 0},
		{"{\"\":1}", "does not exist", 0},
		{"{\"\":{\"rules\":1}}", "does not exist", 0},
		{"{\"rul\\\"es\":1}", "does not exist", 0},
		{"{\"block_ms\":1,\"zz\":1}", "zz", 1},
		{"{\"referral\":{\"cap\":1,\"caps\":2}}", "referral.caps", 1},
		{"{\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\":{\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\":1}}", "xxxx", 0},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		seen		s = {.len = 0};
		qfs_error	err = {QFS_OK, ""};

		unit_row("%s", rows[i].changes);
		CHECK_STATUS(qfs_policy_leaves(qfs_slice_of(rows[i].changes), see, &s, &err), QFS_POLICY_INVALID);
		CHECK_DETAIL(&err, rows[i].detail);
		CHECK_UINT(s.count, rows[i].count);
	}
	for (unsigned stop = 1; stop <= 2; stop++)
	{
		seen		s = {.stop = stop};

		unit_row("ended by the visitor at %u", stop);
		CHECK_STATUS(qfs_policy_leaves(QFS_LITERAL("{\"auth\":{\"domains\":[],\"uris\":[]},\"rules\":1}"), see, &s, NULL), QFS_RATE_LIMIT);
		CHECK_UINT(s.count, stop);
	}
}

/* ---- what an emergency may do ---- */

#define A "\"user_a\""
#define B "\"user_b\""
#define TIERS(flx1, to1, flx2, to2) "[{\"flx\":\"" flx1 "\",\"to\":" to1 "},{\"flx\":\"" flx2 "\",\"to\":" to2 "}]"

static void
restricts(void)
{
	static const struct
	{
		const char *name;
		const char *before;
		const char *after;
		bool		want;
	}			rows[] = {
		{"limits.events_per_minute", "10", "9", true},
		{"limits.events_per_minute", "10", "0", true},
		{"limits.events_per_minute", "10", "11", false},
		{"limits.logins_per_minute", "10", "9", true},
		{"limits.messages_per_minute", "10", "9", true},
		{"limits.threads_per_day", "10", "9", true},
		{"limits.threads_per_day", "10", "\"9\"", false},
		{"limits.threads_per_day", "10", "null", false},
		{"referral.cap", "100", "50", true},
		{"referral.cap", "100", "101", false},
		{"referral.points", "10", "0", true},
		{"referral.points", "10", "11", false},
		{"referral.window_blocks", "1000", "0", true},
		{"referral.window_blocks", "0", "1000", false},
		{"referral.flx_cap", "\"100\"", "\"50\"", false},
		{"referral.activation", "[\"profile\"]", "[]", false},
		{"referral.tiers", TIERS("100", "5", "80", "20"), TIERS("99.5", "5", "80", "20"), true},
		{"referral.tiers", TIERS("100", "5", "80", "20"), TIERS("0", "5", "0", "20"), true},
		{"referral.tiers", TIERS("100", "5", "80", "20"), TIERS("100", "5", "80.000000000000000001", "20"), false},
		{"referral.tiers", TIERS("100", "5", "80", "20"), TIERS("100", "6", "80", "20"), false},
		{"referral.tiers", TIERS("100", "5", "80", "20"), TIERS("100", "5", "80", "19"), false},
		{"referral.tiers", TIERS("100", "5", "80", "20"), TIERS("0", "5", "81", "20"), false},
		{"referral.tiers", TIERS("100", "5", "80", "20"), "[{\"flx\":\"80\",\"to\":20}]", false},
		{"referral.tiers", "[{\"flx\":\"80\",\"to\":20}]", TIERS("80", "5", "80", "20"), false},
		{"referral.tiers", TIERS("100", "5", "80", "20"), TIERS("x", "5", "80", "20"), false},
		{"referral.tiers", TIERS("100", "5", "80", "20"), "7", false},
		{"operators", "[" A "," B "]", "[" A "]", true},
		{"operators", "[" A "," B "]", "[]", true},
		{"operators", "[" A "]", "[" A "," B "]", false},
		{"operators", "[" A "]", "[" B "]", false},
		{"operators", "[" A "]", "{}", false},
		{"operators", "[" A "]", "[7]", false},
		{"evaluators", "[" A "," B "]", "[" B "]", true},
		{"evaluators", "[]", "[" B "]", false},
		{"signed_types", "[" A "," B "]", "[" B "]", false},
		{"nonce_ttl_ms", "10", "9", false},
		{"ttl_blocks", "10", "9", false},
		{"sessions_max", "10", "9", false},
		{"governance.threshold_percent", "10", "9", false},
		{"auth.chain_ids", "[1,2]", "[1]", false},
		{"limits", "10", "9", false},
		{"limits.", "10", "9", false},
		{"", "10", "9", false},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s from %s to %s", rows[i].name, rows[i].before, rows[i].after);
		CHECK(qfs_policy_restricts(qfs_slice_of(rows[i].name), qfs_slice_of(rows[i].before), qfs_slice_of(rows[i].after)) == rows[i].want);
	}
}

/* ---- the operator's ---- */

static void
operators(void)
{
	static const struct
	{
		const char *name;
		bool		by_default;
		bool		by_list;	/* of the list below */
	}			rows[] = {
		{"auth.chain_ids", true, false}, {"auth.domains", true, false}, {"auth.uris", true, false},
		{"limits.events_per_minute", true, false}, {"limits.threads_per_day", true, false}, {"nonce_ttl_ms", true, false},
		{"referral.cap", false, true}, {"referral.flx_cap", false, false}, {"coherence.alpha", false, true},
		{"coherence.acts.FRAUD_BLOCKED", false, true}, {"governance.mode", false, false}, {"operators", false, false},
		{"visibility", false, false}, {"limits", false, false}, {"limits.", false, false}, {"referral.ca", false, false}, {"", false, false},
	};
	qfs_policy	policy;

	CHECK_STATUS(qfs_policy_parse(qfs_policy_default(), &policy, NULL), QFS_OK);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s by default", rows[i].name);
		CHECK(qfs_policy_key_is_operators(&policy, qfs_slice_of(rows[i].name)) == rows[i].by_default);
	}
	CHECK_STATUS(qfs_policy_parse(merged("{\"governance\":{\"operator_keys\":[\"referral.cap\",\"coherence.*\"]}}"), &policy, NULL), QFS_OK);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s by the list", rows[i].name);
		CHECK(qfs_policy_key_is_operators(&policy, qfs_slice_of(rows[i].name)) == rows[i].by_list);
	}
}

static const unit_case cases[] = {
	CASE(both_ways),
	CASE(classes),
	CASE(no_keys),
	CASE(leaf),
	CASE(leaves),
	CASE(no_leaves),
	CASE(restricts),
	CASE(operators),
	NO_MORE_CASES
};

const unit_suite suite_policy_key = {"policy_key", cases};
