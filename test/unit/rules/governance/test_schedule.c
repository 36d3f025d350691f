/*
 * test_schedule.c - the blocks in which a proposal opens, ends and comes into force.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include "engine/policy.h"
#include "rules/governance/schedule.h"

#define EPOCH 512

/* The defaults of the tracks, as far as a schedule reads them. */
static const qfs_terms parameter = {.review_blocks = 120,.voting_blocks = 720,.timelock_blocks = 240,.late_blocks = 240};
static const qfs_terms constitution = {.review_blocks = 512,.voting_blocks = 2048,.timelock_blocks = 1024,.late_blocks = 240};
static const qfs_terms emergency = {.review_blocks = 0,.voting_blocks = 60,.timelock_blocks = 0,.late_blocks = 240};

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
	CHECK_INT(policy.epoch_blocks, EPOCH);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_terms	terms;

		unit_row("%s", qfs_track_names[rows[i].track]);
		qfs_terms_of(&policy, rows[i].track, &terms);
		CHECK_INT(terms.review_blocks, rows[i].want->review_blocks);
		CHECK_INT(terms.voting_blocks, rows[i].want->voting_blocks);
		CHECK_INT(terms.timelock_blocks, rows[i].want->timelock_blocks);
		CHECK_INT(terms.late_blocks, rows[i].want->late_blocks);
	}
}

static void
windows(void)
{
	static const struct
	{
		const qfs_terms *terms;
		int64_t		block;
		qfs_schedule want;		/* opens, ends, enacts */
	}			rows[] = {
		{&parameter, 936, {1056, 1776, 2048}},
		{&parameter, 1000, {1120, 1840, 2560}},
		{&parameter, 1481, {1601, 2321, 3072}},
		{&parameter, 0, {120, 840, 1536}},
		/* The timelock ends with an epoch, and a block before and after. */
		{&parameter, 967, {1087, 1807, 2048}},
		{&parameter, 968, {1088, 1808, 2048}},
		{&parameter, 969, {1089, 1809, 2560}},
		{&constitution, 1000, {1512, 3560, 4608}},
		{&constitution, 1024, {1536, 3584, 4608}},
		{&constitution, 1025, {1537, 3585, 5120}},
		/* An emergency waits for nothing. */
		{&emergency, 1000, {1000, 1060, 1060}},
		{&emergency, 1024, {1024, 1084, 1084}},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_schedule s = {-1, -1, -1};

		unit_row("block %lld", (long long) rows[i].block);
		qfs_schedule_make(rows[i].terms, rows[i].terms == &emergency, rows[i].block, EPOCH, &s);
		CHECK_INT(s.opens, rows[i].want.opens);
		CHECK_INT(s.ends, rows[i].want.ends);
		CHECK_INT(s.enacts, rows[i].want.enacts);
	}
}

/* With an epoch, the first one whose beginning is not before the timelock's end; later only by as much as the vote ends later. */
static void
enacts_with_an_epoch(void)
{
	static const int64_t epochs[] = {1, 2, 7, 512, 100000};

	for (size_t i = 0; i < ROWS(epochs); i++)
		for (int64_t ends = 0; ends < 2000; ends++)
		{
			int64_t		enacts = qfs_schedule_enacts(&parameter, false, ends, epochs[i]);

			unit_row("ends %lld, epochs of %lld", (long long) ends, (long long) epochs[i]);
			CHECK_INT(enacts % epochs[i], 0);
			CHECK(enacts >= ends + 240 && enacts - epochs[i] < ends + 240);
			CHECK(enacts <= qfs_schedule_enacts(&parameter, false, ends + 1, epochs[i]));
			CHECK_INT(qfs_schedule_enacts(&parameter, true, ends, epochs[i]), ends);
		}
}

/* Blocks of a millisecond, since 1970, with the largest numbers of the policy. */
static void
far_away(void)
{
	static const qfs_terms slow = {.review_blocks = 100000,.voting_blocks = 100000,.timelock_blocks = 100000,.late_blocks = 10000};
	const int64_t block = QFS_INT_MAX;
	qfs_schedule s;

	qfs_schedule_make(&slow, false, block, QFS_INT_MAX, &s);
	CHECK_INT(s.ends, block + 200000);
	CHECK_INT(s.enacts, 2 * QFS_INT_MAX);
	CHECK_INT(qfs_schedule_after_silence(&slow, 0, block, 2), block + 10000);
}

/* ---- ends that move ---- */

static void
late_turns(void)
{
	static const struct
	{
		int64_t		block;
		int64_t		extensions;
		int64_t		want;
	}			rows[] = {
		{1056, 0, 1776}, {1535, 0, 1776}, {1536, 0, 1776}, {1537, 0, 1777}, {1775, 0, 2015},
		{1775, 2, 2015}, {1775, 3, 1776}, {1775, 4, 1776},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("block %lld, %lld extensions", (long long) rows[i].block, (long long) rows[i].extensions);
		CHECK_INT(qfs_schedule_after_turn(&parameter, 1776, rows[i].block, rows[i].extensions), rows[i].want);
	}
	/* An emergency's vote is shorter than late_blocks: each turn is a late one. */
	CHECK_INT(qfs_schedule_after_turn(&emergency, 1060, 1000, 0), 1240);
}

static void
silence(void)
{
	static const struct
	{
		int64_t		block;
		int64_t		extensions;
		int64_t		want;
	}			rows[] = {
		{1776, 0, 1776}, {1777, 0, 1776}, {2016, 0, 1776}, {2017, 0, 2257}, {900000, 0, 900240},
		{2017, 2, 2257}, {2017, 3, 1776}, {900000, 3, 1776},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("block %lld, %lld extensions", (long long) rows[i].block, (long long) rows[i].extensions);
		CHECK_INT(qfs_schedule_after_silence(&parameter, 1776, rows[i].block, rows[i].extensions), rows[i].want);
	}
}

static const unit_case cases[] = {
	CASE(terms_of_the_default),
	CASE(windows),
	CASE(enacts_with_an_epoch),
	CASE(far_away),
	CASE(late_turns),
	CASE(silence),
	NO_MORE_CASES
};

const unit_suite suite_schedule = {"schedule", cases};
