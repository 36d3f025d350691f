/*
 * cumulative.h - a window of a ledger once more, under a changed policy.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Entries keep their numbers and times; those that are refused are left out,
 * and what they would have led to is missing from then on.  What the ledger
 * settles by itself it settles here when it is due here: in the place of a
 * settlement that was recorded, or before the entry that comes next, with that
 * entry's number.
 */
#ifndef QFS_CUMULATIVE_H
#define QFS_CUMULATIVE_H

#include "sandbox/findings.h"
#include "state/store_memory.h"

typedef struct qfs_cumulative
{
	const qfs_changes *changes;
	qfs_memory_store *memory;
	qfs_reducer reducer;
	qfs_refusals causes;		/* refused for what the changed policy says */
	qfs_refusals follows;		/* refused as something before it is missing, or is otherwise */
	bool		differs;
	uint64_t	first;			/* entry from which on it differs, in more than bounds of guards */
	uint8_t		policy[QFS_POLICY_MAX];
	uint8_t		parts[QFS_PARTS_MAX];
	qfs_judging_space space;
} qfs_cumulative;

/*
 * Starts from a copy of the state before the window, in which every policy has the changes.
 * changes: stay the caller's
 * Errors: NO_MEMORY, POLICY_INVALID if a policy cannot have them.
 */
extern qfs_status qfs_cumulative_begin(qfs_cumulative *c, const qfs_registry *registry, const qfs_memory_store *from,
									   const qfs_changes *changes, qfs_allocator allocator, qfs_error *err);
extern void qfs_cumulative_end(qfs_cumulative *c);

/* The policy in force becomes what these changes make of it; older ones stay.  Errors: those of qfs_cumulative_begin. */
extern qfs_status qfs_cumulative_change(qfs_cumulative *c, const qfs_changes *changes, qfs_error *err);

/*
 * The next entry of the window.
 * alone:    what became of it by itself: refused for the same reason there, it is a first cause
 * is_wrong: its recorded outcome is not what the rules give: it is followed as it was recorded
 * Errors: NO_MEMORY, STATE_MISMATCH, INTERNAL; those of qfs_recall for one that is wrong.
 */
extern qfs_status qfs_cumulative_entry(qfs_cumulative *c, const qfs_entry *entry, const qfs_difference *alone,
									   bool is_wrong, qfs_error *err);

#endif
