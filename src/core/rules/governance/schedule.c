/*
 * schedule.c - the blocks in which a proposal opens, ends and comes into force.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "rules/governance/schedule.h"

static int64_t
round_up(int64_t n, int64_t step)
{
	return (n + step - 1) / step * step;
}

int64_t
qfs_schedule_enacts(const qfs_terms *terms, bool emergency, int64_t ends, int64_t epoch_blocks)
{
	return emergency ? ends : round_up(ends + terms->timelock_blocks, epoch_blocks);
}

void
qfs_schedule_make(const qfs_terms *terms, bool emergency, int64_t block, int64_t epoch_blocks, qfs_schedule *out)
{
	out->opens = block + terms->review_blocks;
	out->ends = out->opens + terms->voting_blocks;
	out->enacts = qfs_schedule_enacts(terms, emergency, out->ends, epoch_blocks);
}

int64_t
qfs_schedule_after_turn(const qfs_terms *terms, int64_t ends, int64_t block, int64_t extensions)
{
	int64_t		late = block + terms->late_blocks;

	return extensions < QFS_EXTENSIONS_MAX && late > ends ? late : ends;
}

int64_t
qfs_schedule_after_silence(const qfs_terms *terms, int64_t ends, int64_t block, int64_t extensions)
{
	bool		was_silent = block > ends + terms->late_blocks;

	return extensions < QFS_EXTENSIONS_MAX && was_silent ? block + terms->late_blocks : ends;
}
