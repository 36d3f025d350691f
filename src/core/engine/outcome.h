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

/* Accounts that one entry touches or looks at. */
#define QFS_EFFECT_ACCOUNTS 4

/* What an entry looked at, and the last entry before that touched it; -1: none. */
typedef struct qfs_read
{
	qfs_user_id user;
	qfs_account_kind kind;
	int64_t		previous;
} qfs_read;

/* In the order of accounts, then of kinds. */
typedef struct qfs_reads
{
	unsigned	count;
	qfs_read	list[QFS_EFFECT_ACCOUNTS * QFS_ACCOUNT_KINDS];
} qfs_reads;

/*
 * Reads the member "read" of the outcome of entry seq:
 * {"user_…":{"access":seq|null,"standing":seq|null},"user_…":{…}}
 * Errors: OUTCOME_MISMATCH for what no rule writes.  Source: docs/format.md, "Outcome".
 */
extern qfs_status qfs_reads_parse(qfs_slice outcome, uint64_t seq, qfs_reads *out, qfs_error *err);

/* A walk over its guards. */
extern qfs_json_iter qfs_guards_of(qfs_slice outcome);

/*
 * The next guard that blocked; false at the end.
 * guard: its object, with the members "bound", "guard", "observed" and "result"
 * name: its name
 */
extern bool qfs_guard_next_block(qfs_json_iter *iter, qfs_slice *guard, qfs_slice *name);

/* The name of the first that blocked, which is what the entry failed by; false: none did. */
extern bool qfs_outcome_first_block(qfs_slice outcome, qfs_slice *name);

/* Did the entry record that what was asked for was not done? */
extern bool qfs_outcome_is_blocked(qfs_slice outcome);

#endif
