/*
 * schedule.h - the blocks in which a proposal opens, ends and comes into force.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Pure functions of integers; everything is counted in blocks.
 * Source: docs/format.md, "Numbers of governance".
 */
#ifndef QFS_SCHEDULE_H
#define QFS_SCHEDULE_H

#include "engine/policy_governance.h"

/* So often the end of a vote may move. */
#define QFS_EXTENSIONS_MAX 3

typedef struct qfs_schedule
{
	int64_t		opens;			/* the first block in which votes count */
	int64_t		ends;			/* the first in which they do not any more, and the tally is due */
	int64_t		enacts;			/* the first in which an execution is due: an epoch begins with it, but for an emergency */
} qfs_schedule;

/* Of a proposal that was made in this block.  epoch_blocks: of the policy, from 1 on */
extern void qfs_schedule_make(const qfs_terms *terms, bool emergency, int64_t block, int64_t epoch_blocks, qfs_schedule *out);

/* The block in which a proposal is executed whose vote ended with this one. */
extern int64_t qfs_schedule_enacts(const qfs_terms *terms, bool emergency, int64_t ends, int64_t epoch_blocks);

/*
 * The end of a vote whose verdict was turned in this block: late_blocks after
 * it, or as it was: the rest of the vote is as long anyway, or has been
 * extended as often as it may be.
 */
extern int64_t qfs_schedule_after_turn(const qfs_terms *terms, int64_t ends, int64_t block, int64_t extensions);

/*
 * The end of a vote whose tally comes with this block: late_blocks after it, if
 * nothing was appended for longer than that since the end, or as it was.
 */
extern int64_t qfs_schedule_after_silence(const qfs_terms *terms, int64_t ends, int64_t block, int64_t extensions);

#endif
