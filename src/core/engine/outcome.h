/*
 * outcome.h - what an entry did to accounts, and why: effects, and the outcome that was recorded.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_OUTCOME_H
#define QFS_OUTCOME_H

#include "engine/account_part.h"
#include "text/json.h"

/* One change of a standing. */
typedef struct qfs_effect
{
	char		rule[QFS_TYPE_MAX + 1]; /* the change, and what follows its name */
	qfs_standing before;
	qfs_standing after;
} qfs_effect;

/* The member "result", what the type adds; an empty object where there is none. */
extern qfs_slice qfs_result_of(qfs_slice outcome);

/* What an entry looked at, and the last entry before that touched it; -1: none. */
typedef struct qfs_read
{
	qfs_user_id user;
	qfs_account_kind kind;
	int64_t		previous;
} qfs_read;

/*
 * The next of qfs_reads_of; *found = false at the end.
 * Errors: OUTCOME_MISMATCH for what no rule writes.
 */
extern qfs_status qfs_read_next(qfs_json_iter *iter, qfs_read *out, bool *found, qfs_error *err);

/* A walk over what an outcome says was looked at, or over its guards. */
extern qfs_json_iter qfs_reads_of(qfs_slice outcome);
extern qfs_json_iter qfs_guards_of(qfs_slice outcome);

/*
 * The next guard that blocked; false at the end.
 * guard: its object, with the members "bound", "guard", "observed" and "result"
 * name: its name
 */
extern bool qfs_guard_next_block(qfs_json_iter *iter, qfs_slice *guard, qfs_slice *name);

/* Did the entry record that what was asked for was not done? */
extern bool qfs_outcome_is_blocked(qfs_slice outcome);

#endif
