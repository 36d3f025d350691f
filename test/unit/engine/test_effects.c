/*
 * test_effects.c - what an entry does to accounts, how it is written, and the chain that it makes.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "support/people.h"

static sample s;
static person ann;
static person bob;

/* What the rule below may do. */
static const qfs_change seen = {.name = "SEEN"};
static const qfs_change careless = {.name = "CARELESS"};
static const qfs_change rule_name = {.name = "RULE_NAME"};
static const qfs_change first = {.name = "FIRST"};
static const qfs_change second = {.name = "SECOND"};
static const qfs_change third = {.name = "THIRD"};
static const qfs_change numbered = {.name = "NUMBERED_",.is_prefix = true};
static const qfs_change *const changes[] = {&seen, &careless, &rule_name, &first, &second, &third, &numbered, NULL};

static const qfs_guard counted = {"COUNTED", QFS_AT_MOST, false};
static const qfs_guard one_too_many = {"ONE_TOO_MANY", QFS_AT_MOST, false};
static const qfs_guard measured = {"MEASURED", QFS_AT_MOST, true};
static const qfs_guard too_much = {"TOO_MUCH", QFS_AT_MOST, true};
static const qfs_guard below = {"BELOW", QFS_BELOW, false};
static const qfs_guard *const listed[] = {&counted, &one_too_many, &measured, &too_much, &below, NULL};

static const qfs_rule rule = {.type = "TESTED",.guards = listed,.changes = changes};

/* An act of that rule, on a ledger with two accounts. */
static struct
{
	uint8_t		bytes[8192];
	qfs_buf		buf;
	qfs_json_writer writer;
	qfs_entry	event;
	qfs_error	err;
	qfs_act		act;
	qfs_effects fx;
} one;

static void
begin(void)
{
	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	bob = people_join(&s, 2, 0);
	CHECK_STATUS(qfs_reducer_refresh(&s.reducer, NULL), QFS_OK);
	memset(&one, 0xA5, sizeof(one));
	one.err = (qfs_error) {QFS_OK, ""};
	one.event.seq = 77;
	one.event.type = QFS_LITERAL("TESTED");
	one.act = (qfs_act) {.reducer = &s.reducer,.rule = &rule,.event = &one.event,.outcome = &one.writer,.err = &one.err};
	qfs_buf_init(&one.buf, one.bytes, sizeof(one.bytes));
	qfs_json_begin(&one.writer, &one.buf);
	qfs_json_open_object(&one.writer);
	qfs_effects_init(&one.fx, &one.act);
}

/* Writes the outcome; people_outcome looks at the last one. */
static void
finish(void)
{
	qfs_effects_write(&one.fx);
	qfs_effects_write_status(&one.fx);
	qfs_json_close(&one.writer);
	CHECK_STATUS(qfs_json_end(&one.writer, NULL), QFS_OK);
	CHECK_STATUS(qfs_json_check(qfs_buf_slice(&one.buf), NULL), QFS_OK);
	s.event.outcome = qfs_buf_slice(&one.buf);
}

static unsigned
load(const person *p)
{
	unsigned	account = 99;

	CHECK_STATUS(qfs_effects_load(&one.fx, &p->wallet.user, &account), QFS_OK);
	return account;
}

/* ---- accounts ---- */

static void
loaded(void)
{
	unsigned	a;
	unsigned	b;

	begin();
	a = load(&ann);
	b = load(&bob);
	CHECK(a != b);
	CHECK_UINT(load(&ann), a);
	CHECK_UINT(load(&bob), b);
	CHECK_UINT(one.fx.account_count, 2);
	CHECK_INT(qfs_effects_account(&one.fx, a)->created, 4);
	CHECK_INT(qfs_effects_account(&one.fx, b)->created, 5);
	/* Nothing was earned yet. */
	CHECK(qfs_effects_standing(&one.fx, a)->coherence == 0 && qfs_effects_standing(&one.fx, a)->flx == 0);
	CHECK_INT(qfs_effects_standing(&one.fx, a)->points, 0);
	CHECK_INT(qfs_effects_standing(&one.fx, a)->referrals, 0);
	CHECK(memcmp(&qfs_effects_standing(&one.fx, a)->user, &ann.wallet.user, sizeof(qfs_user_id)) == 0);
	sample_close(&s);
}

static void
unknown(void)
{
	test_wallet nobody = test_wallet_of(99);
	unsigned	account;

	begin();
	CHECK_STATUS(qfs_effects_load(&one.fx, &nobody.user, &account), QFS_ACCOUNT_UNKNOWN);
	CHECK_DETAIL(&one.err, nobody.user_name);
	sample_close(&s);
}

static void
too_many(void)
{
	unsigned	account;
	person		other;

	begin();
	load(&ann);
	load(&bob);
	for (uint8_t n = 3; n <= 4; n++)
	{
		other = people_join(&s, n, 0);
		load(&other);
	}
	other = people_join(&s, 5, 0);
	CHECK_STATUS(qfs_effects_load(&one.fx, &other.wallet.user, &account), QFS_INTERNAL);
	/* Those that are there are still found. */
	CHECK_UINT(load(&bob), 1);
	sample_close(&s);
}

/* What was looked at and not loaded can be touched, and loaded later; its standing can't be changed before. */
static void
looked_at(void)
{
	unsigned	a = 99;
	qfs_standing after;

	begin();
	CHECK_STATUS(qfs_effects_look(&one.fx, &ann.wallet.user, &a), QFS_OK);
	qfs_effects_touch(&one.fx, a, &seen);
	CHECK_UINT(load(&ann), a);
	CHECK(one.fx.accounts[a].has_standing);
	sample_close(&s);

	begin();
	CHECK_STATUS(qfs_effects_look(&one.fx, &ann.wallet.user, &a), QFS_OK);
	after = *qfs_effects_standing(&one.fx, a);
	after.points++;
	qfs_effects_add(&one.fx, a, &careless, "", &after);
	CHECK_STATUS(qfs_effects_store(&one.fx), QFS_INTERNAL);
	sample_close(&s);
}

/* ---- the text ---- */

static void
nothing(void)
{
	begin();
	load(&ann);
	finish();
	people_outcome(&s, "{\"effects\":[],\"guards\":[],\"read\":[{\"account\":\"%s\",\"previous\":4}],\"status\":\"OK\"}",
				   ann.wallet.user_name);
	sample_close(&s);
}

/* Each change by itself, and no change at all: nothing else is written. */
static void
only_what_changed(void)
{
	static const struct
	{
		qfs_standing after;
		const char *before_previous;
		const char *points_and_referrals[2];
		const char *tokens;
	}			rows[] = {
		{{.points = 0}, "", {"", ""}, ""},
		{{.coherence = 1}, "\"coherence\":[\"0.000000000000000000\",\"0.000000000000000001\"],", {"", ""}, ""},
		{{.points = 10}, "", {"\"points\":[0,10],", ""}, ""},
		{{.referrals = 1}, "", {"", "\"referrals\":[0,1],"}, ""},
		{{.flx = 100 * QFS_AMOUNT_ONE}, "", {"", ""},
		",\"tokens\":{\"FLX\":[\"0.000000000000000000\",\"100.000000000000000000\"]}"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_standing after = rows[i].after;

		unit_row("change %zu", i);
		begin();
		after.user = ann.wallet.user;
		qfs_effects_add(&one.fx, load(&ann), &rule_name, "", &after);
		finish();
		people_outcome(&s, "{\"effects\":[{\"account\":\"%s\",%s%s\"previous\":4,%s\"rule\":\"RULE_NAME\"%s}],"
					   "\"guards\":[],\"status\":\"OK\"}", ann.wallet.user_name, rows[i].before_previous,
					   rows[i].points_and_referrals[0], rows[i].points_and_referrals[1], rows[i].tokens);
		sample_close(&s);
	}
}

/* The second effect of an account begins where the first one ended. */
static void
one_after_the_other(void)
{
	qfs_standing after;
	unsigned	a;
	unsigned	b;

	begin();
	a = load(&ann);
	b = load(&bob);
	after = *qfs_effects_standing(&one.fx, a);
	after.points = 7;
	qfs_effects_add(&one.fx, a, &first, "", &after);
	after = *qfs_effects_standing(&one.fx, b);
	after.referrals = 1;
	qfs_effects_add(&one.fx, b, &second, "", &after);
	after = *qfs_effects_standing(&one.fx, a);
	CHECK_INT(after.points, 7);
	after.points = 5;
	after.flx = 3;
	qfs_effects_add(&one.fx, a, &third, "", &after);
	finish();
	people_outcome(&s, "{\"effects\":["
				   "{\"account\":\"%s\",\"points\":[0,7],\"previous\":4,\"rule\":\"FIRST\"},"
				   "{\"account\":\"%s\",\"previous\":5,\"referrals\":[0,1],\"rule\":\"SECOND\"},"
				   "{\"account\":\"%s\",\"points\":[7,5],\"previous\":4,\"rule\":\"THIRD\","
				   "\"tokens\":{\"FLX\":[\"0.000000000000000000\",\"0.000000000000000003\"]}}],"
				   "\"guards\":[],\"status\":\"OK\"}",
				   ann.wallet.user_name, bob.wallet.user_name, ann.wallet.user_name);
	sample_close(&s);
}

static void
guards(void)
{
	begin();
	CHECK(!qfs_guard_count(&one.fx, &counted, 5, 4));
	CHECK(qfs_guard_count(&one.fx, &one_too_many, 5, 6));
	CHECK(!qfs_guard_amount(&one.fx, &measured, 5, 0));
	CHECK(qfs_guard_amount(&one.fx, &too_much, QFS_AMOUNT_ONE, ~(qfs_amount) 0));
	finish();
	/* Whether the entry is blocked is for the rule to say. */
	people_outcome(&s, "{\"effects\":[],\"guards\":["
				   GUARD("COUNTED", "5", "4", "PASS") ","
				   GUARD("ONE_TOO_MANY", "5", "6", "BLOCK") ","
				   GUARD("MEASURED", "\"0.000000000000000005\"", "\"0.000000000000000000\"", "PASS") ","
				   GUARD("TOO_MUCH", "\"1.000000000000000000\"",
						 "\"340282366920938463463.374607431768211455\"", "BLOCK")
				   "],\"status\":\"OK\"}");
	sample_close(&s);
}

/* The verdict follows from the relation. */
static void
relations(void)
{
	begin();
	CHECK(qfs_guards_first_block(&one.fx) == NULL);
	CHECK(!qfs_guard_count(&one.fx, &counted, 5, 5));
	CHECK(!qfs_guard_count(&one.fx, &below, 5, 4));
	CHECK(qfs_guards_first_block(&one.fx) == NULL);
	CHECK(qfs_guard_count(&one.fx, &below, 5, 5));
	CHECK(qfs_guard_count(&one.fx, &counted, 5, 6));
	CHECK(qfs_guards_first_block(&one.fx) == &below);
	sample_close(&s);
}

/* What follows the name of a change, where something may. */
static void
names(void)
{
	unsigned	a;

	begin();
	a = load(&ann);
	qfs_effects_add(&one.fx, a, &numbered, "12", qfs_effects_standing(&one.fx, a));
	finish();
	people_outcome(&s, "{\"effects\":[{\"account\":\"%s\",\"previous\":4,\"rule\":\"NUMBERED_12\"}],"
				   "\"guards\":[],\"status\":\"OK\"}", ann.wallet.user_name);
	sample_close(&s);
}

/* ---- what a rule may not do: nothing of the entry is stored ---- */

static void
refuse(const char *detail)
{
	unsigned	a = load(&ann);
	qfs_standing after = *qfs_effects_standing(&one.fx, a);

	after.points = 9;
	qfs_effects_add(&one.fx, a, &rule_name, "", &after);
	CHECK_STATUS(qfs_effects_store(&one.fx), QFS_INTERNAL);
	CHECK_DETAIL(&one.err, detail);
	CHECK_INT(people_standing(&s, &ann).points, 0);
	CHECK_INT(people_last(&s, &ann), 4);
	sample_close(&s);
}

static void
not_listed(void)
{
	static const qfs_guard stranger = {"COUNTED", QFS_AT_MOST, false};
	static const qfs_change other = {.name = "SEEN"};

	begin();
	CHECK(qfs_guard_count(&one.fx, &stranger, 5, 4));
	CHECK_UINT(one.fx.guard_count, 0);
	refuse("a guard that the rule does not list");

	begin();
	CHECK(qfs_guard_amount(&one.fx, &counted, 5, 4));
	refuse("a guard that the rule does not list");

	begin();
	qfs_effects_touch(&one.fx, load(&ann), &other);
	CHECK_UINT(one.fx.effect_count, 0);
	refuse("an effect that the rule does not list");

	begin();
	load(&ann);
	qfs_effects_add(&one.fx, 0, &seen, "MORE", qfs_effects_standing(&one.fx, 0));
	refuse("an effect that the rule does not list");

	begin();
	load(&ann);
	qfs_effects_add(&one.fx, 0, &numbered,
					"0123456789012345678901234567890123456789012345678901234567890123",
					qfs_effects_standing(&one.fx, 0));
	refuse("an effect that the rule does not list");
}

static void
full(void)
{
	begin();
	for (unsigned i = 0; i < QFS_GUARDS_MAX; i++)
		CHECK(!qfs_guard_count(&one.fx, &counted, 5, 4));
	CHECK(qfs_guard_count(&one.fx, &counted, 5, 4));
	CHECK_UINT(one.fx.guard_count, QFS_GUARDS_MAX);
	refuse("more guards than there is room for");

	begin();
	for (unsigned i = 0; i <= QFS_EFFECTS_MAX; i++)
		qfs_effects_touch(&one.fx, load(&ann), &seen);
	CHECK_UINT(one.fx.effect_count, QFS_EFFECTS_MAX);
	refuse("more effects than there is room for");
}

static void
blocked(void)
{
	begin();
	one.fx.blocked = true;
	finish();
	people_outcome(&s, "{\"effects\":[],\"guards\":[],\"status\":\"BLOCKED\"}");
	sample_close(&s);
}

/* ---- coherent acts ---- */

static void
coherent_acts(void)
{
	static const struct
	{
		qfs_coherent_act act;
		const char *want;
	}			rows[] = {
		{QFS_FRAUD_BLOCKED, "0.450000000000000000"},
		{QFS_MESSAGE_RECIPROCATED, "0.510000000000000000"},
		{QFS_PROFILE_COMPLETED, "0.480000000000000000"},
		{QFS_REFERRAL_ACTIVATED_REFEREE, "0.500000000000000000"},
		{QFS_REFERRAL_ACTIVATED_REFERRER, "0.550000000000000000"},
	};

	begin();
	CHECK_UINT(ROWS(rows), QFS_COHERENT_ACTS);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_standing standing = {.coherence = QFS_AMOUNT_ONE / 2,.points = 3};

		unit_row("act %zu", i);
		qfs_effects_coherent_act(&one.fx, &standing, rows[i].act);
		CHECK_AMOUNT(standing.coherence, rows[i].want);
		CHECK_INT(standing.points, 3);
	}
	sample_close(&s);
}

/* ---- what is stored ---- */

static void
stored(void)
{
	qfs_standing after;
	unsigned	a;

	begin();
	s.apart = true;
	a = load(&ann);
	load(&bob);
	after = *qfs_effects_standing(&one.fx, a);
	after.points = 9;
	qfs_effects_add(&one.fx, a, &rule_name, "", &after);
	/* Until then a rule may still fail. */
	CHECK_INT(people_standing(&s, &ann).points, 0);
	CHECK_INT(people_last(&s, &ann), 4);
	CHECK_STATUS(qfs_effects_store(&one.fx), QFS_OK);
	CHECK_INT(people_standing(&s, &ann).points, 9);
	CHECK_INT(people_last(&s, &ann), 77);
	/* Who was only looked at is as before. */
	people_record(&s, &qfs_kind_standing, 0, 1);
	CHECK_INT(people_last(&s, &bob), 5);
	/* The text tells what was before, whenever it is written. */
	finish();
	people_outcome(&s, "{\"effects\":[{\"account\":\"%s\",\"points\":[0,9],\"previous\":4,\"rule\":\"RULE_NAME\"}],"
				   "\"guards\":[],\"read\":[{\"account\":\"%s\",\"previous\":5}],\"status\":\"OK\"}",
				   ann.wallet.user_name, bob.wallet.user_name);
	sample_close(&s);
}

/* ---- the chain of an account's entries ---- */

/* Looks at the effects of an entry; last[] is the last entry of each wallet's account. */
static unsigned
follow(qfs_slice line, const person *people, size_t count, int64_t *last)
{
	int64_t		next[8];
	unsigned	effects = 0;
	qfs_slice	list;
	qfs_slice	key;
	qfs_slice	effect;
	qfs_entry	entry;
	qfs_json_iter iter;

	memcpy(next, last, count * sizeof(next[0]));
	CHECK_STATUS(qfs_entry_decode(line, &entry, NULL), QFS_OK);
	if (!qfs_json_member(entry.outcome, "effects", &list))
		return 0;
	iter = qfs_json_members(list);
	while (qfs_json_next(&iter, &key, &effect))
	{
		qfs_slice	value;
		qfs_slice	name;
		int64_t		previous = -1;
		size_t		n = 0;

		CHECK(qfs_json_member(effect, "account", &value) && qfs_json_to_plain(value, &name));
		while (n < count && !qfs_slice_equal(name, qfs_slice_of(people[n].wallet.user_name)))
			n++;
		if (!CHECK(n < count))
			return effects;
		CHECK(qfs_json_member(effect, "previous", &value));
		unit_row("entry %u", (unsigned) entry.seq);
		if (last[n] < 0)
			CHECK_TEXT(value, "null");
		else if (CHECK(qfs_json_to_int(value, &previous)))
			CHECK_INT(previous, last[n]);
		next[n] = (int64_t) entry.seq;
		effects++;
	}
	memcpy(last, next, count * sizeof(next[0]));
	return effects;
}

static void
chains(void)
{
	person		people[4];
	int64_t		last[4] = {-1, -1, -1, -1};
	unsigned	effects = 0;

	people_ledger(&s, NULL);
	for (uint8_t i = 0; i < 4; i++)
		people[i] = people_join(&s, (uint8_t) (i + 1), i);
	CHECK_STATUS(people_use(&s, &people[1], &people[0]), QFS_OK);
	CHECK_STATUS(people_use(&s, &people[1], &people[0]), QFS_OK);	/* blocked */
	CHECK_STATUS(people_use(&s, &people[3], &people[2]), QFS_OK);
	CHECK_STATUS(people_use(&s, &people[2], &people[2]), QFS_OK);	/* blocked as a fraud */
	for (uint8_t i = 1; i < 4; i++)
		CHECK_STATUS(people_chat_key(&s, &people[i], i), QFS_OK);
	CHECK_STATUS(people_profile(&s, &people[1], 1), QFS_OK);
	CHECK_STATUS(people_profile(&s, &people[3], 1), QFS_OK);
	CHECK_STATUS(people_write(&s, &people[3], &people[1], 1), QFS_OK);
	CHECK_STATUS(people_write(&s, &people[1], &people[3], 1), QFS_OK);	/* settles both */
	CHECK_STATUS(people_write(&s, &people[1], &people[2], 1), QFS_OK);
	CHECK_STATUS(people_profile(&s, &people[1], 2), QFS_OK);
	people_return(&s, &people[0], 0);
	CHECK_STATUS(people_profile(&s, &people[0], 1), QFS_OK);

	for (unsigned i = 0; i < s.count; i++)
		effects += follow(sample_line(&s, i), people, 4, last);
	CHECK_UINT(effects, 4 + 3 + 3 + 2 + 5 + 5 + 3);
	for (size_t i = 0; i < 4; i++)
	{
		unit_row("wallet %zu", i + 1);
		CHECK_INT(people_last(&s, &people[i]), last[i]);
	}
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(loaded),
	CASE(looked_at),
	CASE(unknown),
	CASE(too_many),
	CASE(nothing),
	CASE(only_what_changed),
	CASE(one_after_the_other),
	CASE(guards),
	CASE(relations),
	CASE(names),
	CASE(not_listed),
	CASE(full),
	CASE(blocked),
	CASE(coherent_acts),
	CASE(stored),
	CASE(chains),
	NO_MORE_CASES
};

const unit_suite suite_effect = {"effect", cases};
