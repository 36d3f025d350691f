/*
 * outcome.h - what an entry did to accounts, read from the outcome that was recorded.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_OUTCOME_H
#define QFS_OUTCOME_H

#include "state/records.h"
#include "text/json.h"

/* An effect of an outcome; where a pair is absent, both of it are 0. */
typedef struct qfs_effect
{
	qfs_user_id user;
	int64_t		previous;		/* -1: none */
	qfs_slice	rule;
	bool		has_coherence;
	bool		has_points;
	bool		has_referrals;
	bool		has_flx;
	qfs_standing before;		/* of those that are there */
	qfs_standing after;
} qfs_effect;

/* A walk over the effects of an outcome, over the accounts that it read, or over its guards. */
extern qfs_json_iter qfs_effects_of(qfs_slice outcome);
extern qfs_json_iter qfs_reads_of(qfs_slice outcome);
extern qfs_json_iter qfs_guards_of(qfs_slice outcome);

/* Reads one effect, or one account that was read.  Errors: OUTCOME_MISMATCH. */
extern qfs_status qfs_effect_read(qfs_slice object, qfs_effect *out, qfs_error *err);

/*
 * The next one; *found = false at the end.  Of a read, user and previous are set.
 * Errors: OUTCOME_MISMATCH for what no rule writes.
 */
extern qfs_status qfs_effect_next(qfs_json_iter *iter, qfs_effect *out, bool *found, qfs_error *err);

/* The first effect on an account in an outcome; false = there is none. */
extern bool qfs_effect_of(qfs_slice outcome, const qfs_user_id *user, qfs_effect *out);

/*
 * The next guard that blocked; false at the end.
 * guard: its object, with the members "bound", "guard", "observed" and "result"
 * name: its name
 */
extern bool qfs_guard_next_block(qfs_json_iter *iter, qfs_slice *guard, qfs_slice *name);

/* Did the entry record that what was asked for was not done? */
extern bool qfs_outcome_is_blocked(qfs_slice outcome);

#endif
