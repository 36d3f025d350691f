/*
 * test_tally.c - how much a vote weighs, and what votes come to.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include "engine/policy.h"
#include "rules/governance/tally.h"

/* The defaults of the tracks, as far as a verdict reads them. */
static const qfs_terms parameter = {.approval = 20,.majority = 66,.quorum = 30,.power_percent = 25,.veto_percent = 34};
static const qfs_terms constitution = {.approval = 51,.majority = 66,.quorum = 66,.power_percent = 25,.veto_percent = 34};
static const qfs_terms emergency = {.approval = 80,.majority = 80,.quorum = 80,.power_percent = 25,.veto_percent = 34};

static qfs_verdict
verdict_of(const qfs_terms *terms, const qfs_counts *counts)
{
	qfs_verdict v;

	memset(&v, 0xA5, sizeof(v));
	qfs_tally_verdict(terms, counts, &v);
	return v;
}

static bool
passes(const qfs_terms *terms, const qfs_counts *counts)
{
	bool		passes = qfs_tally_passes(terms, counts);

	CHECK_INT(verdict_of(terms, counts).blocked == NULL, passes);
	return passes;
}

static void
terms_of_the_default(void)
{
	static const struct
	{
		qfs_track	track;
		const qfs_terms *want;
	}			rows[] = {
		{QFS_TRACK_CONSTITUTION, &constitution}, {QFS_TRACK_EMERGENCY, &emergency}, {QFS_TRACK_PARAMETER, &parameter},
		{QFS_TRACK_TEXT, &parameter},
	};
	qfs_policy	policy;

	CHECK_STATUS(qfs_policy_parse(qfs_policy_default(), &policy, NULL), QFS_OK);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_terms	terms;

		unit_row("%s", qfs_track_names[rows[i].track]);
		qfs_terms_of(&policy, rows[i].track, &terms);
		CHECK_INT(terms.approval, rows[i].want->approval);
		CHECK_INT(terms.majority, rows[i].want->majority);
		CHECK_INT(terms.quorum, rows[i].want->quorum);
		CHECK_INT(terms.power_percent, rows[i].want->power_percent);
		CHECK_INT(terms.veto_percent, rows[i].want->veto_percent);
	}
}

/* ---- power ---- */

static void
powers(void)
{
	static const struct
	{
		int64_t		nod;
		int64_t		total;
		int64_t		percent;
		int64_t		want;
	}			rows[] = {
		/* Nobody decides alone: 97, 1, 1, 1 have 28 of the 30 that they would need. */
		{97, 100, 25, 25}, {1, 100, 25, 1},
		{24, 100, 25, 24}, {25, 100, 25, 25}, {26, 100, 25, 25}, {100, 100, 25, 25},
		{0, 100, 25, 0}, {0, 0, 25, 0},
		/* Rounded down: of 3 NOD at 25 percent nobody has a vote. */
		{1, 3, 25, 0}, {1, 4, 25, 1}, {2, 7, 25, 1}, {2, 8, 25, 2}, {50, 99, 25, 24}, {1, 100, 1, 1}, {1, 99, 1, 0},
		{34, 100, 34, 34}, {40, 101, 34, 34}, {100, 100, 100, 100},
		{QFS_NOD_MAX, QFS_NOD_MAX, 25, QFS_NOD_MAX / 4},
		{QFS_NOD_MAX, QFS_NOD_MAX, 100, QFS_NOD_MAX},
		{QFS_NOD_MAX - 1, QFS_NOD_MAX, 1, QFS_NOD_MAX / 100},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%lld of %lld at %lld", (long long) rows[i].nod, (long long) rows[i].total, (long long) rows[i].percent);
		CHECK_INT(qfs_nod_power(rows[i].nod, rows[i].total, rows[i].percent), rows[i].want);
	}
}

/* Four at 25 percent decide, together, whatever they hold; three never reach all of the power. */
static void
as_plural_as_the_cap(void)
{
	for (int64_t total = 0; total <= 400; total++)
	{
		int64_t		most = qfs_nod_power(total, total, 25);

		unit_row("%lld", (long long) total);
		CHECK(4 * most <= total && total - 4 * most < 4);
		CHECK(100 * 3 * most <= 75 * total);
		for (int64_t nod = 0; nod <= total; nod++)
			CHECK_INT(qfs_nod_power(nod, total, 25), nod < most ? nod : most);
	}
}

/* ---- verdicts ---- */

/* Bound and observed of each guard, in their order. */
typedef struct numbers
{
	int64_t		bound[QFS_VERDICT_GUARDS];
	int64_t		observed[QFS_VERDICT_GUARDS];
} numbers;

static void
check_verdict(const qfs_terms *terms, const qfs_counts *counts, const char *want, const numbers *n)
{
	static const char *const names[] = {"TALLY_VETO", "TALLY_QUORUM", "TALLY_APPROVAL", "TALLY_MAJORITY"};
	qfs_verdict v = verdict_of(terms, counts);

	CHECK_INT(qfs_tally_passes(terms, counts), want == NULL);
	if (CHECK((v.blocked == NULL) == (want == NULL)) && want != NULL)
		CHECK_TEXT(qfs_slice_of(v.blocked->name), want);
	CHECK_UINT(v.count, QFS_VERDICT_GUARDS);
	for (int i = 0; i < QFS_VERDICT_GUARDS; i++)
	{
		CHECK_TEXT(qfs_slice_of(v.guards[i].guard->name), names[i]);
		CHECK_INT(v.guards[i].bound, n->bound[i]);
		CHECK_INT(v.guards[i].observed, n->observed[i]);
	}
}

static void
verdicts(void)
{
	static const struct
	{
		const qfs_terms *terms;
		qfs_counts	counts;		/* total, yes, no, abstain, veto */
		const char *want;		/* the first guard that blocks; NULL: it passes */
		numbers		n;
	}			rows[] = {
		{&parameter, {100, 20, 10, 0, 0}, NULL, {{1020, 3000, 2000, 1980}, {0, 3000, 2000, 2000}}},
		{&parameter, {100, 19, 0, 11, 0}, "TALLY_APPROVAL", {{1020, 3000, 2000, 1254}, {0, 3000, 1900, 1900}}},
		{&parameter, {100, 0, 1, 29, 0}, "TALLY_APPROVAL", {{1020, 3000, 2000, 66}, {0, 3000, 0, 0}}},
		{&parameter, {1000, 329, 170, 0, 0}, "TALLY_MAJORITY", {{16966, 30000, 20000, 32934}, {0, 49900, 32900, 32900}}},
		{&parameter, {100, 33, 17, 0, 0}, NULL, {{1700, 3000, 2000, 3300}, {0, 5000, 3300, 3300}}},
		{&parameter, {100, 40, 0, 0, 20}, NULL, {{2040, 3000, 2000, 3960}, {2000, 6000, 4000, 4000}}},
		{&parameter, {100, 40, 0, 0, 21}, "TALLY_VETO", {{2074, 3000, 2000, 4026}, {2100, 6100, 4000, 4000}}},
		{&constitution, {100, 50, 16, 0, 0}, "TALLY_APPROVAL", {{2244, 6600, 5100, 4356}, {0, 6600, 5000, 5000}}},
		{&constitution, {100, 51, 15, 0, 0}, NULL, {{2244, 6600, 5100, 4356}, {0, 6600, 5100, 5100}}},
		{&emergency, {100, 79, 1, 0, 0}, "TALLY_APPROVAL", {{2720, 8000, 8000, 6400}, {0, 8000, 7900, 7900}}},
		{&emergency, {100, 80, 0, 0, 0}, NULL, {{2720, 8000, 8000, 6400}, {0, 8000, 8000, 8000}}},
		/* Nobody voted; nobody could. */
		{&parameter, {100, 0, 0, 0, 0}, "TALLY_QUORUM", {{1, 3000, 2000, 0}, {0, 0, 0, 0}}},
		{&parameter, {0, 0, 0, 0, 0}, "TALLY_APPROVAL", {{1, 0, 1, 0}, {0, 0, 0, 0}}},
		/* One hundredth of a NOD is what each bound is exact to. */
		{&parameter, {100, 29, 0, 0, 0}, "TALLY_QUORUM", {{986, 3000, 2000, 1914}, {0, 2900, 2900, 2900}}},
		{&parameter, {101, 30, 0, 0, 0}, "TALLY_QUORUM", {{1020, 3030, 2020, 1980}, {0, 3000, 3000, 3000}}},
		{&parameter, {100, 0, 0, 30, 0}, "TALLY_APPROVAL", {{1020, 3000, 2000, 0}, {0, 3000, 0, 0}}},
		{&parameter, {100, 33, 0, 0, 17}, "TALLY_VETO", {{1700, 3000, 2000, 3300}, {1700, 5000, 3300, 3300}}},
		/* A veto is a share of all that was cast, abstentions too. */
		{&parameter, {100, 40, 0, 2, 21}, "TALLY_MAJORITY", {{2142, 3000, 2000, 4026}, {2100, 6300, 4000, 4000}}},
		/* Everything blocks: the first one names the state's guard. */
		{&parameter, {100, 0, 0, 0, 1}, "TALLY_VETO", {{34, 3000, 2000, 66}, {100, 100, 0, 0}}},
		/* A tie. */
		{&parameter, {100, 50, 50, 0, 0}, "TALLY_MAJORITY", {{3400, 3000, 2000, 6600}, {0, 10000, 5000, 5000}}},
		/* The most that there can be. */
		{&parameter, {QFS_NOD_MAX, QFS_NOD_MAX, 0, 0, 0}, NULL,
			{{34 * QFS_NOD_MAX, 30 * QFS_NOD_MAX, 20 * QFS_NOD_MAX, 66 * QFS_NOD_MAX},
		{0, 100 * QFS_NOD_MAX, 100 * QFS_NOD_MAX, 100 * QFS_NOD_MAX}}},
		{&parameter, {QFS_NOD_MAX, 0, 0, 0, QFS_NOD_MAX}, "TALLY_VETO",
			{{34 * QFS_NOD_MAX, 30 * QFS_NOD_MAX, 20 * QFS_NOD_MAX, 66 * QFS_NOD_MAX},
		{100 * QFS_NOD_MAX, 100 * QFS_NOD_MAX, 0, 0}}},
		{&emergency, {QFS_NOD_MAX, QFS_NOD_MAX / 5 * 4 - 1, 1, 0, 0}, "TALLY_APPROVAL",
			{{34 * (QFS_NOD_MAX / 5 * 4), 80 * QFS_NOD_MAX, 80 * QFS_NOD_MAX, 80 * (QFS_NOD_MAX / 5 * 4)},
		{0, 80 * QFS_NOD_MAX, 80 * QFS_NOD_MAX - 100, 80 * QFS_NOD_MAX - 100}}},
	};

	CHECK(100 * QFS_NOD_MAX <= QFS_INT_MAX);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		const qfs_counts *c = &rows[i].counts;

		unit_row("%lld: %lld, %lld, %lld, %lld", (long long) c->total, (long long) c->yes, (long long) c->no,
				 (long long) c->abstain, (long long) c->veto);
		check_verdict(rows[i].terms, c, rows[i].want, &rows[i].n);
	}
}

/* What is recorded of a guard says what the verdict says. */
static void
each_guard_by_its_relation(void)
{
	const qfs_counts counts = {100, 0, 0, 0, 0};
	qfs_verdict v = verdict_of(&parameter, &counts);

	CHECK(!qfs_guard_blocks(v.guards[0].guard, (qfs_amount) v.guards[0].bound, (qfs_amount) v.guards[0].observed));
	for (int i = 0; i < 4; i++)
	{
		unit_row("%s", v.guards[i].guard->name);
		CHECK(!v.guards[i].guard->is_amount);
		CHECK_INT(qfs_guard_blocks(v.guards[i].guard, 5, 4), i != 0);
		CHECK_INT(qfs_guard_blocks(v.guards[i].guard, 5, 5), i == 0);
		CHECK_INT(qfs_guard_blocks(v.guards[i].guard, 5, 6), i == 0);
	}
}

/* ---- what holds of all votes ---- */

/* Terms at the edges of what the policy takes, and beyond them an approval of nothing. */
static const qfs_terms *const all_terms[] = {
	&parameter, &constitution, &emergency,
	&(const qfs_terms) {.approval = 0,.majority = 51,.quorum = 0,.veto_percent = 50},
	&(const qfs_terms) {.approval = 1,.majority = 51,.quorum = 1,.veto_percent = 25},
	&(const qfs_terms) {.approval = 50,.majority = 100,.quorum = 100,.veto_percent = 50},
	&(const qfs_terms) {.approval = 80,.majority = 100,.quorum = 80,.veto_percent = 25},
	&(const qfs_terms) {.approval = 80,.majority = 80,.quorum = 100,.veto_percent = 34},
};

typedef void (*on_counts) (const qfs_terms *terms, const qfs_counts *counts);

/* All votes that a total of up to `most` can come to. */
static void
each_vote(int64_t most, on_counts check)
{
	qfs_counts	c;

	for (size_t i = 0; i < ROWS(all_terms); i++)
		for (c.total = 0; c.total <= most; c.total++)
			for (c.yes = 0; c.yes <= c.total; c.yes++)
				for (c.no = 0; c.yes + c.no <= c.total; c.no++)
					for (c.abstain = 0; c.yes + c.no + c.abstain <= c.total; c.abstain++)
						for (c.veto = 0; c.yes + c.no + c.abstain + c.veto <= c.total; c.veto++)
							check(all_terms[i], &c);
}

static void
name_row(const qfs_terms *terms, const qfs_counts *c)
{
	unit_row("%lld, %lld, %lld percent of %lld: %lld, %lld, %lld, %lld", (long long) terms->quorum, (long long) terms->approval,
			 (long long) terms->majority, (long long) c->total, (long long) c->yes, (long long) c->no, (long long) c->abstain,
			 (long long) c->veto);
}

/* The votes with so many more of each choice. */
static qfs_counts
with_more(const qfs_counts *c, int64_t yes, int64_t no, int64_t abstain, int64_t veto)
{
	return (qfs_counts) {c->total, c->yes + yes, c->no + no, c->abstain + abstain, c->veto + veto};
}

static bool
is_possible(const qfs_counts *c)
{
	return c->no >= 0 && c->abstain >= 0 && c->veto >= 0 && c->yes + c->no + c->abstain + c->veto <= c->total;
}

static void
check_more_yes(const qfs_terms *terms, const qfs_counts *c)
{
	const qfs_counts more[] = {
		with_more(c, 1, 0, 0, 0), with_more(c, 1, -1, 0, 0), with_more(c, 1, 0, -1, 0), with_more(c, 1, 0, 0, -1),
	};

	if (!passes(terms, c))
		return;
	name_row(terms, c);
	for (size_t i = 0; i < ROWS(more); i++)
		CHECK(!is_possible(&more[i]) || passes(terms, &more[i]));
}

static void
more_yes_never_harms(void)
{
	each_vote(12, check_more_yes);
}

static void
check_others_never_help(const qfs_terms *terms, const qfs_counts *c)
{
	const qfs_counts more[] = {with_more(c, 0, 1, 0, 0), with_more(c, 0, 0, 1, 0), with_more(c, 0, 0, 0, 1)};
	qfs_verdict v = verdict_of(terms, c);

	name_row(terms, c);
	/* Nobody's yes never passes, whoever abstains; nor does a tie, nor a minority. */
	if (c->yes <= c->no + c->veto)
		CHECK(v.blocked != NULL);
	/* Approval is nobody's to give but those who say yes; majority is not helped by those who do not. */
	for (size_t i = 0; i < ROWS(more); i++)
	{
		qfs_verdict w = verdict_of(terms, &more[i]);

		CHECK(w.guards[2].bound == v.guards[2].bound && w.guards[2].observed == v.guards[2].observed);
		CHECK(w.guards[3].bound >= v.guards[3].bound && w.guards[3].observed == v.guards[3].observed);
	}
}

static void
others_never_carry(void)
{
	each_vote(12, check_others_never_help);
}

/* ---- an emergency that is decided ---- */

static bool
stands_whatever_comes(const qfs_terms *terms, const qfs_counts *c)
{
	int64_t		left = c->total - c->yes - c->no - c->abstain - c->veto;
	bool		stands = true;

	for (int64_t yes = 0; yes <= left; yes++)
		for (int64_t no = 0; yes + no <= left; no++)
			for (int64_t abstain = 0; yes + no + abstain <= left; abstain++)
				for (int64_t veto = 0; yes + no + abstain + veto <= left; veto++)
				{
					qfs_counts	later = with_more(c, yes, no, abstain, veto);

					stands = stands && passes(terms, &later);
				}
	return stands;
}

static void
check_decided(const qfs_terms *terms, const qfs_counts *c)
{
	bool		is_decided = qfs_tally_is_decided(terms, c);

	name_row(terms, c);
	CHECK_INT(is_decided, stands_whatever_comes(terms, c));
	/* With an emergency's own numbers that is when enough have said yes. */
	if (terms == &emergency)
		CHECK_INT(is_decided, c->total > 0 && 100 * c->yes >= terms->approval * c->total);
}

static void
decided(void)
{
	static const struct
	{
		qfs_counts	counts;
		bool		want;
	}			rows[] = {
		{{100, 80, 0, 0, 0}, true}, {{100, 79, 1, 0, 0}, false}, {{100, 79, 0, 0, 0}, false}, {{100, 80, 0, 0, 20}, true},
		{{100, 80, 20, 0, 0}, true}, {{5, 4, 0, 0, 0}, true}, {{6, 4, 0, 0, 0}, false}, {{0, 0, 0, 0, 0}, false},
		{{QFS_NOD_MAX, QFS_NOD_MAX / 5 * 4, 0, 0, 0}, true}, {{QFS_NOD_MAX, QFS_NOD_MAX / 5 * 4 - 1, 0, 0, 0}, false},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("decided %zu", i);
		CHECK_INT(qfs_tally_is_decided(&emergency, &rows[i].counts), rows[i].want);
	}
	each_vote(9, check_decided);
}

static const unit_case cases[] = {
	CASE(terms_of_the_default),
	CASE(powers),
	CASE(as_plural_as_the_cap),
	CASE(verdicts),
	CASE(each_guard_by_its_relation),
	CASE(more_yes_never_harms),
	CASE(others_never_carry),
	CASE(decided),
	NO_MORE_CASES
};

const unit_suite suite_tally = {"tally", cases};
