/*
 * test_effects.c - what an entry does to accounts, how it is written, and the chain that it makes.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/people.h"
#include "support/second_hash.h"

static sample s;
static person ann;
static person bob;

/* What the rule below may do. */
static const qfs_change seen = {.name = "SEEN"};
static const qfs_change rule_name = {.name = "RULE_NAME"};
static const qfs_change first = {.name = "FIRST"};
static const qfs_change second = {.name = "SECOND"};
static const qfs_change third = {.name = "THIRD"};
static const qfs_change numbered = {.name = "NUMBERED_",.is_prefix = true};
static const qfs_change *const changes[] = {&seen, &rule_name, &first, &second, &third, &numbered, NULL};

static const qfs_guard counted = {.name = "COUNTED",.relation = QFS_AT_MOST};
static const qfs_guard one_too_many = {.name = "ONE_TOO_MANY",.relation = QFS_AT_MOST};
static const qfs_guard measured = {.name = "MEASURED",.relation = QFS_AT_MOST,.is_amount = true};
static const qfs_guard too_much = {.name = "TOO_MUCH",.relation = QFS_AT_MOST,.is_amount = true};
static const qfs_guard below = {.name = "BELOW",.relation = QFS_BELOW};
static const qfs_guard at_least = {.name = "AT_LEAST",.relation = QFS_AT_LEAST};
static const qfs_guard *const listed[] = {&counted, &one_too_many, &measured, &too_much, &below, &at_least, NULL};

static const qfs_rule rule = {.type = "TESTED",.guards = listed,.changes = changes};

/* An act of that rule, on a ledger with two accounts. */
static struct
{
	uint8_t		outcome[8192];
	uint8_t		accounts[8192];
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
	one.event.at = SAMPLE_TIME + 77000;
	one.event.type = QFS_LITERAL("TESTED");
	one.act = (qfs_act) {.reducer = &s.reducer,.rule = &rule,.event = &one.event,.fx = &one.fx,.err = &one.err};
	qfs_effects_init(&one.fx, &one.act);
}

/* Writes what came of it; people_outcome and people_touched look at the last one. */
static void
finish(void)
{
	qfs_buf		outcome;
	qfs_buf		accounts;

	qfs_buf_init(&outcome, one.outcome, sizeof(one.outcome));
	qfs_buf_init(&accounts, one.accounts, sizeof(one.accounts));
	CHECK_STATUS(qfs_effects_write_outcome(&one.fx, (qfs_slice) {NULL, 0}, &outcome, NULL), QFS_OK);
	CHECK_STATUS(qfs_effects_write_accounts(&one.fx, &accounts, NULL), QFS_OK);
	CHECK_STATUS(qfs_json_check(qfs_buf_slice(&outcome), NULL), QFS_OK);
	CHECK_STATUS(qfs_json_check(qfs_buf_slice(&accounts), NULL), QFS_OK);
	s.event.outcome = qfs_buf_slice(&outcome);
	s.event.accounts = qfs_buf_slice(&accounts);
}

static qfs_standing *
standing(const person *p)
{
	static qfs_standing none;
	qfs_standing *out = &none;

	CHECK_STATUS(qfs_effects_standing(&one.fx, &p->wallet.user, &out), QFS_OK);
	return out;
}

static qfs_ties *
ties(const person *p)
{
	static qfs_ties none;
	qfs_ties   *out = &none;

	CHECK_STATUS(qfs_effects_ties(&one.fx, &p->wallet.user, &out), QFS_OK);
	return out;
}

static void
change(const person *p, qfs_account_kind kind, const qfs_change *what)
{
	qfs_effects_change(&one.fx, &p->wallet.user, kind, what, "");
}

/* ---- accounts ---- */

static void
loaded(void)
{
	qfs_standing *a;
	qfs_standing *b;

	begin();
	a = standing(&ann);
	b = standing(&bob);
	CHECK(a != b);
	CHECK(standing(&ann) == a);
	CHECK(standing(&bob) == b);
	CHECK_UINT(one.fx.account_count, 2);
	CHECK_INT(a->created, 4);
	CHECK_INT(b->created, 5);
	CHECK_INT(a->created_at, SAMPLE_TIME + 4000);
	/* Nothing was earned yet. */
	CHECK(a->coherence == 0 && a->flx == 0 && a->points == 0 && a->referrals == 0);
	CHECK(!a->has_profile && !a->has_chat_key && a->profile_version == 0);
	CHECK(memcmp(&a->user, &ann.wallet.user, sizeof(qfs_user_id)) == 0);
	sample_close(&s);
}

/* Of an account that has none of it yet, every kind but the standing begins. */
static void
kinds(void)
{
	qfs_access *access;
	qfs_nonce  *nonce;

	begin();
	CHECK_INT(ties(&ann)->last_entry, -1);
	CHECK(!ties(&ann)->has_referrer && !ties(&ann)->sent && !ties(&ann)->received);
	CHECK_STATUS(qfs_effects_nonce(&one.fx, &ann.wallet.user, &nonce), QFS_OK);
	CHECK_INT(nonce->last_entry, -1);
	CHECK_INT(nonce->event_nonce, 0);
	CHECK_STATUS(qfs_effects_access(&one.fx, &ann.wallet.user, &access), QFS_OK);
	CHECK_INT(access->last_entry, 4);
	CHECK_UINT(access->count, 1);
	CHECK_HASH(&access->sessions[0].session, &ann.session);
	CHECK_INT(access->sessions[0].expires_at, SAMPLE_TIME + 1000 * PEOPLE_BLOCK);
	/* All of it is one account. */
	CHECK_UINT(one.fx.account_count, 1);
	sample_close(&s);
}

static void
unknown(void)
{
	test_wallet nobody = test_wallet_of(99);
	qfs_standing *out;
	bool		begins = false;

	begin();
	CHECK_STATUS(qfs_effects_standing(&one.fx, &nobody.user, &out), QFS_ACCOUNT_UNKNOWN);
	CHECK_DETAIL(&one.err, nobody.user_name);
	/* It may be the one that begins. */
	CHECK_STATUS(qfs_effects_standing_or_new(&one.fx, &nobody.user, &out, &begins), QFS_OK);
	CHECK(begins);
	CHECK_INT(out->last_entry, -1);
	CHECK_STATUS(qfs_effects_standing_or_new(&one.fx, &ann.wallet.user, &out, &begins), QFS_OK);
	CHECK(!begins);
	sample_close(&s);
}

static void
too_many(void)
{
	qfs_standing *first_one;
	qfs_standing *out;
	person		other;

	begin();
	standing(&ann);
	first_one = standing(&bob);
	for (uint8_t n = 3; n <= 4; n++)
	{
		other = people_join(&s, n, 0);
		standing(&other);
	}
	other = people_join(&s, 5, 0);
	CHECK_STATUS(qfs_effects_standing(&one.fx, &other.wallet.user, &out), QFS_INTERNAL);
	/* Those that are there are still found. */
	CHECK(standing(&bob) == first_one);
	sample_close(&s);
}

/* ---- the text ---- */

static void
nothing(void)
{
	begin();
	standing(&ann);
	finish();
	people_outcome(&s, "{\"status\":\"OK\"}");
	people_touched(&s, "%s", "");
	people_read(&s, "#1 standing 4");
	CHECK_TEXT(s.event.accounts, "[]");
	sample_close(&s);
}

/* Who looks at nobody says nothing, of a policy neither. */
static void
nobody_at_all(void)
{
	begin();
	finish();
	CHECK_TEXT(s.event.outcome, "{}");
	CHECK_TEXT(s.event.accounts, "[]");
	sample_close(&s);
}

/* In the outcome, what was looked at is sorted by account, then by kind. */
static void
looked_at(void)
{
	qfs_access *access;

	begin();
	ties(&bob);
	standing(&bob);
	ties(&ann);
	standing(&ann);
	CHECK_STATUS(qfs_effects_access(&one.fx, &ann.wallet.user, &access), QFS_OK);
	finish();
	people_read(&s, "#1 access 4; #1 standing 4; #1 ties null; #2 standing 5; #2 ties null");
	/* What is touched is not read. */
	ties(&bob)->sent = true;
	change(&bob, QFS_TIES, &seen);
	finish();
	people_read(&s, "#1 access 4; #1 standing 4; #1 ties null; #2 standing 5");
	people_touched(&s, "#2 ties null SEEN {\"guard\":null,\"received\":false,\"referrer\":null,\"sent\":true,"
				   "\"settled\":null,\"used\":null}");
	sample_close(&s);
}

/* Each change by itself, and no change at all: nothing else is written. */
static void
only_what_changed(void)
{
	static const struct
	{
		qfs_standing after;
		const char *change;
	}			rows[] = {
		{{.points = 0}, ""},
		{{.coherence = 1}, " coherence 0->0.000000000000000001"},
		{{.points = 10}, " points 0->10"},
		{{.referrals = 1}, " referrals 0->1"},
		{{.flx = 100 * QFS_AMOUNT_ONE}, " flx 0->100"},
		{{.profile_version = 2}, " profile_version 0->2"},
		{{.has_profile = true}, " profile null->\"0000000000000000000000000000000000000000000000000000000000000000\""},
		{{.has_chat_key = true}, " chat_key null->\"0000000000000000000000000000000000000000000000000000000000000000\""},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_standing *a;

		unit_row("change %zu", i);
		begin();
		a = standing(&ann);
		a->coherence = rows[i].after.coherence;
		a->points = rows[i].after.points;
		a->referrals = rows[i].after.referrals;
		a->flx = rows[i].after.flx;
		a->profile_version = rows[i].after.profile_version;
		a->has_profile = rows[i].after.has_profile;
		a->has_chat_key = rows[i].after.has_chat_key;
		change(&ann, QFS_STANDING, &rule_name);
		finish();
		people_outcome(&s, "{\"status\":\"OK\"}");
		people_touched(&s, "#1 standing 4 RULE_NAME%s", rows[i].change);
		people_read(&s, "");
		sample_close(&s);
	}
}

/* The second effect of an account begins where the first one ended; its part tells both. */
static void
one_after_the_other(void)
{
	begin();
	standing(&ann)->points = 7;
	change(&ann, QFS_STANDING, &first);
	standing(&bob)->referrals = 1;
	change(&bob, QFS_STANDING, &second);
	CHECK_INT(standing(&ann)->points, 7);
	standing(&ann)->points = 5;
	standing(&ann)->flx = 3;
	change(&ann, QFS_STANDING, &third);
	finish();
	people_touched(&s, "#1 standing 4 FIRST,THIRD flx 0->0.000000000000000003 points 0->5; "
				   "#2 standing 5 SECOND referrals 0->1");
	CHECK_UINT(one.fx.effect_count, 3);
	CHECK_TEXT(qfs_slice_of(one.fx.effects[0].rule), "FIRST");
	CHECK_INT(one.fx.effects[0].before.points, 0);
	CHECK_INT(one.fx.effects[0].after.points, 7);
	CHECK_INT(one.fx.effects[1].after.referrals, 1);
	CHECK_INT(one.fx.effects[2].before.points, 7);
	CHECK_INT(one.fx.effects[2].after.points, 5);
	CHECK(one.fx.effects[2].before.flx == 0 && one.fx.effects[2].after.flx == 3);
	sample_close(&s);
}

/* Parts are in the order of their first change, whatever was looked at first. */
static void
order_of_parts(void)
{
	begin();
	standing(&ann);
	ties(&ann);
	standing(&bob)->points = 1;
	change(&bob, QFS_STANDING, &first);
	ties(&ann)->received = true;
	change(&ann, QFS_TIES, &second);
	standing(&ann)->points = 2;
	change(&ann, QFS_STANDING, &third);
	change(&bob, QFS_STANDING, &third);
	finish();
	people_touched(&s, "#2 standing 5 FIRST,THIRD points 0->1; "
				   "#1 ties null SECOND {\"guard\":null,\"received\":true,\"referrer\":null,\"sent\":false,"
				   "\"settled\":null,\"used\":null}; #1 standing 4 THIRD points 0->2");
	/* Changes of ties are no effects, of which standings alone have some. */
	CHECK_UINT(one.fx.effect_count, 3);
	sample_close(&s);
}

static void
guards(void)
{
	begin();
	standing(&ann);
	CHECK(!qfs_guard_count(&one.fx, &counted, 5, 4));
	CHECK(qfs_guard_count(&one.fx, &one_too_many, 5, 6));
	CHECK(!qfs_guard_amount(&one.fx, &measured, 5, 0));
	CHECK(qfs_guard_amount(&one.fx, &too_much, QFS_AMOUNT_ONE, ~(qfs_amount) 0));
	finish();
	/* Whether the entry is blocked is for the rule to say. */
	people_outcome(&s, "{\"guards\":["
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
	CHECK(!qfs_guard_count(&one.fx, &at_least, 5, 5));
	CHECK(qfs_guards_first_block(&one.fx) == NULL);
	CHECK(qfs_guard_count(&one.fx, &below, 5, 5));
	CHECK(qfs_guard_count(&one.fx, &counted, 5, 6));
	CHECK(qfs_guard_count(&one.fx, &at_least, 5, 4));
	CHECK(qfs_guards_first_block(&one.fx) == &below);
	sample_close(&s);
}

/* What follows the name of a change, where something may; what a device signed, every rule may say. */
static void
names(void)
{
	qfs_nonce  *nonce;

	begin();
	standing(&ann);
	qfs_effects_change(&one.fx, &ann.wallet.user, QFS_STANDING, &numbered, "12");
	CHECK_STATUS(qfs_effects_nonce(&one.fx, &ann.wallet.user, &nonce), QFS_OK);
	nonce->event_nonce = 9;
	change(&ann, QFS_NONCE, &qfs_change_event_signed);
	finish();
	people_touched(&s, "#1 standing 4 NUMBERED_12; #1 nonce null EVENT_SIGNED {\"event_nonce\":9}");
	sample_close(&s);
}

/* ---- what a rule may not do: nothing of the entry is stored ---- */

static void
refuse(const char *detail)
{
	standing(&ann)->points = 9;
	change(&ann, QFS_STANDING, &rule_name);
	CHECK_STATUS(qfs_effects_store(&one.fx), QFS_INTERNAL);
	CHECK_DETAIL(&one.err, detail);
	CHECK_INT(people_standing(&s, &ann).points, 0);
	CHECK_INT(people_last(&s, &ann, &qfs_kind_standing), 4);
	sample_close(&s);
}

static void
not_listed(void)
{
	static const qfs_guard stranger = {.name = "COUNTED",.relation = QFS_AT_MOST};
	static const qfs_change other = {.name = "SEEN"};

	begin();
	CHECK(qfs_guard_count(&one.fx, &stranger, 5, 4));
	CHECK_UINT(one.fx.guard_count, 0);
	refuse("a guard that the rule does not list");

	begin();
	CHECK(qfs_guard_amount(&one.fx, &counted, 5, 4));
	refuse("a guard that the rule does not list");

	begin();
	standing(&ann);
	change(&ann, QFS_STANDING, &other);
	CHECK_UINT(one.fx.effect_count, 0);
	refuse("a change that the rule does not list");

	begin();
	standing(&ann);
	qfs_effects_change(&one.fx, &ann.wallet.user, QFS_STANDING, &seen, "MORE");
	refuse("a change that the rule does not list");

	begin();
	standing(&ann);
	qfs_effects_change(&one.fx, &ann.wallet.user, QFS_STANDING, &numbered,
					   "0123456789012345678901234567890123456789012345678901234567890123");
	refuse("a change that the rule does not list");
}

/* A change of what nobody looked at, and one that nobody named. */
static void
unsaid(void)
{
	begin();
	standing(&ann);
	change(&ann, QFS_TIES, &seen);
	refuse("a change of what was not looked at");

	begin();
	change(&bob, QFS_STANDING, &seen);
	refuse("a change of what was not looked at");

	begin();
	ties(&bob)->sent = true;
	refuse("a change of an account without its name");

	begin();
	standing(&bob)->created++;
	refuse("a change of an account without its name");
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
	standing(&ann);
	for (unsigned i = 0; i <= QFS_PART_RULES_MAX; i++)
		change(&ann, QFS_STANDING, &seen);
	CHECK_UINT(one.fx.effect_count, QFS_PART_RULES_MAX);
	refuse("more changes of an account than there is room for");

	begin();
	standing(&ann);
	standing(&bob);
	for (unsigned i = 0; i <= QFS_EFFECTS_MAX; i++)
		change(i % 2 ? &ann : &bob, QFS_STANDING, &seen);
	CHECK_UINT(one.fx.effect_count, QFS_EFFECTS_MAX);
	refuse("more effects than there is room for");
}

static void
blocked(void)
{
	begin();
	standing(&ann);
	one.fx.blocked = true;
	finish();
	people_outcome(&s, "{\"status\":\"BLOCKED\"}");
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
		qfs_standing half = {.coherence = QFS_AMOUNT_ONE / 2,.points = 3};

		unit_row("act %zu", i);
		qfs_effects_coherent_act(&one.fx, &half, rows[i].act);
		CHECK_AMOUNT(half.coherence, rows[i].want);
		CHECK_INT(half.points, 3);
	}
	sample_close(&s);
}

/* ---- what is stored ---- */

static void
stored(void)
{
	begin();
	s.apart = true;
	standing(&ann)->points = 9;
	standing(&bob);
	change(&ann, QFS_STANDING, &rule_name);
	/* Until then a rule may still fail. */
	CHECK_INT(people_standing(&s, &ann).points, 0);
	CHECK_INT(people_last(&s, &ann, &qfs_kind_standing), 4);
	CHECK_STATUS(qfs_effects_store(&one.fx), QFS_OK);
	CHECK_INT(people_standing(&s, &ann).points, 9);
	CHECK_INT(people_last(&s, &ann, &qfs_kind_standing), 77);
	CHECK(!people_standing(&s, &ann).has_before_epoch);
	/* Who was only looked at is as before, and so are the other kinds. */
	CHECK_INT(people_last(&s, &bob, &qfs_kind_standing), 5);
	CHECK_INT(people_last(&s, &ann, &qfs_kind_access), 4);
	people_record(&s, &qfs_kind_ties, 0, 0);
	/* The text tells what was before, whenever it is written. */
	finish();
	people_touched(&s, "#1 standing 4 RULE_NAME points 0->9");
	people_read(&s, "#2 standing 5");
	sample_close(&s);
}

/* ---- what strangers see ---- */

/* The standing of Ann after the last entry, which is the latest of an epoch that began after entry `before`; -1: after none. */
static void
touched_in(int64_t epoch, int64_t before)
{
	qfs_standing got = people_standing(&s, &ann);

	unit_row("entry %d", (int) people_next(&s) - 1);
	CHECK_INT(got.last_entry, people_next(&s) - 1);
	CHECK_INT(got.epoch, epoch);
	CHECK_INT(got.has_before_epoch ? got.before_epoch : -1, before);
}

/* The sample recalls each entry, too, and compares. */
static void
epochs(void)
{
	int64_t		last;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	touched_in(0, -1);
	CHECK_STATUS(people_chat_key(&s, &ann, 1), QFS_OK);
	touched_in(0, -1);
	last = people_next(&s) - 1;
	people_wait(&s, PEOPLE_EPOCH);
	people_return(&s, &ann, 0);
	CHECK_STATUS(people_chat_key(&s, &ann, 2), QFS_OK);
	touched_in(1, last);
	CHECK_STATUS(people_profile(&s, &ann, 1), QFS_OK);
	touched_in(1, last);
	last = people_next(&s) - 1;
	people_wait(&s, 3 * PEOPLE_EPOCH);
	people_return(&s, &ann, 0);
	CHECK_STATUS(people_chat_key(&s, &ann, 3), QFS_OK);
	touched_in(4, last);
	/* Of a policy these two are those of genesis. */
	people_policy(&s, "{\"ttl_blocks\":900}");
	CHECK_STATUS(people_chat_key(&s, &ann, 4), QFS_OK);
	touched_in(4, last);
	sample_close(&s);
}

/* ---- the chains of an account's entries, one for each kind ---- */

static const char *const kind_names[] = {"\"access\"", "\"nonce\"", "\"standing\"", "\"ties\""};

#define KINDS 4

/* Looks at the parts of an entry; last[] is the last entry of each wallet's account and kind. */
static unsigned
follow(qfs_slice line, const person *people, size_t count, int64_t (*last)[KINDS])
{
	qfs_slice	accounts = second_member(line, "accounts");
	qfs_slice	seq = second_member(line, "seq");
	qfs_slice	part;
	unsigned	parts = 0;

	for (; (part = second_item(accounts, parts)).len > 0; parts++)
	{
		qfs_slice	name = second_member(part, "account");
		char		previous[24] = "null";
		size_t		n = 0;
		size_t		kind = 0;

		while (n < count && memcmp(name.data + 1, people[n].wallet.user_name, QFS_USER_ID_TEXT) != 0)
			n++;
		while (kind < KINDS && !qfs_slice_equal(second_member(part, "kind"), qfs_slice_of(kind_names[kind])))
			kind++;
		if (!CHECK(n < count && kind < KINDS))
			return parts;
		unit_row("entry %.*s", (int) seq.len, seq.data);
		if (last[n][kind] >= 0)
			snprintf(previous, sizeof(previous), "%lld", (long long) last[n][kind]);
		CHECK_TEXT(second_member(part, "previous"), previous);
		last[n][kind] = strtoll((const char *) seq.data, NULL, 10);
	}
	return parts;
}

static void
chains(void)
{
	static const qfs_kind *const kept[KINDS] = {
		&qfs_kind_access, &qfs_kind_nonce, &qfs_kind_standing, &qfs_kind_ties
	};
	person		people[4];
	int64_t		last[4][KINDS];
	unsigned	parts = 0;

	memset(last, 0xFF, sizeof(last));
	people_ledger(&s, NULL);
	/* The first has no device: nothing of it is signed. */
	for (uint8_t i = 0; i < 4; i++)
		people[i] = people_join(&s, (uint8_t) (i + 1), i);	/* access, standing */
	CHECK_STATUS(people_use(&s, &people[1], &people[0]), QFS_OK);	/* nonce, ties */
	CHECK_STATUS(people_use(&s, &people[1], &people[0]), QFS_OK);	/* blocked: nonce */
	CHECK_STATUS(people_use(&s, &people[3], &people[2]), QFS_OK);	/* nonce, ties */
	CHECK_STATUS(people_use(&s, &people[2], &people[2]), QFS_OK);	/* a fraud: nonce, standing */
	for (uint8_t i = 1; i < 4; i++)
		CHECK_STATUS(people_chat_key(&s, &people[i], i), QFS_OK);	/* nonce, standing */
	CHECK_STATUS(people_profile(&s, &people[1], 1), QFS_OK);	/* nonce, standing */
	CHECK_STATUS(people_profile(&s, &people[3], 1), QFS_OK);	/* the same */
	CHECK_STATUS(people_write(&s, &people[3], &people[1], 1), QFS_OK);	/* nonce, ties of both */
	/* Settles both: nonce, ties of both, and the standings of all four. */
	CHECK_STATUS(people_write(&s, &people[1], &people[3], 1), QFS_OK);
	CHECK_STATUS(people_write(&s, &people[1], &people[2], 1), QFS_OK);	/* nonce, ties of the recipient */
	CHECK_STATUS(people_profile(&s, &people[1], 2), QFS_OK);	/* nonce, standing */
	people_return(&s, &people[0], 0);	/* access */
	CHECK_STATUS(people_profile(&s, &people[0], 1), QFS_OK);	/* standing */

	for (unsigned i = 0; i < s.count; i++)
		parts += follow(sample_line(&s, i), people, 4, last);
	CHECK_UINT(parts, 4 * 2 + 2 + 1 + 2 + 2 + 3 * 2 + 2 * 2 + 3 + 7 + 2 + 2 + 1 + 1);
	for (size_t i = 0; i < 4; i++)
		for (size_t kind = 0; kind < KINDS; kind++)
		{
			unit_row("wallet %zu, %s", i + 1, kind_names[kind]);
			CHECK_INT(people_last(&s, &people[i], kept[kind]), last[i][kind]);
		}
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(loaded),
	CASE(kinds),
	CASE(unknown),
	CASE(too_many),
	CASE(nothing),
	CASE(nobody_at_all),
	CASE(looked_at),
	CASE(only_what_changed),
	CASE(one_after_the_other),
	CASE(order_of_parts),
	CASE(guards),
	CASE(relations),
	CASE(names),
	CASE(not_listed),
	CASE(unsaid),
	CASE(full),
	CASE(blocked),
	CASE(coherent_acts),
	CASE(stored),
	CASE(epochs),
	CASE(chains),
	NO_MORE_CASES
};

const unit_suite suite_effect = {"effect", cases};
