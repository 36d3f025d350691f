/*
 * changes.h - changes of a policy that a what-if asks about.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_CHANGES_H
#define QFS_CHANGES_H

#include "engine/rule.h"

/*
 * `operators` is asked about but not played: a session's id contains its
 * scope, so every later act of a sign-in that it touches would fail.
 */
typedef struct qfs_changes
{
	qfs_slice	all;			/* as they were asked about; the caller's bytes */
	qfs_slice	played;			/* those that are put over policies; in memory below or in `all` */
	bool		has_operators;
	uint8_t		memory[QFS_POLICY_MAX];
} qfs_changes;

/*
 * Reads changes as qfs_policy_merge takes them.
 * changes: canonical JSON; stays the caller's as long as *out is used
 * Errors: the JSON_ ones; POLICY_INVALID for what is no object, no key, or
 *         longer than a policy; KEY_FIXED for a key that nothing can change.
 */
extern qfs_status qfs_changes_read(qfs_slice changes, qfs_changes *out, qfs_error *err);

/* A policy with the changes that are played.  Errors: those of qfs_policy_merge. */
extern qfs_status qfs_changes_play(const qfs_changes *changes, qfs_slice policy, qfs_buf *out, qfs_error *err);

/*
 * The hash of the policy that all changes make of one in force.
 * Errors: POLICY_INVALID, RULES_UNKNOWN for a policy that could not come after it.
 */
extern qfs_status qfs_changes_check(const qfs_changes *changes, const qfs_registry *registry, const qfs_policy *before,
									qfs_hash *after, qfs_error *err);

/*
 * Writes the changes that give each of their keys the value that a policy has, so what undoes them in it.
 * changes: canonical, keys that something can change
 * out:     empty; QFS_POLICY_MAX bytes suffice
 * Errors: POLICY_INVALID for what is no key, or does not fit.
 */
extern qfs_status qfs_changes_undo(const qfs_policy *policy, qfs_slice changes, qfs_buf *out, qfs_error *err);

/*
 * A payload whose member "policy" has the changes.
 * payload: a canonical object; *out: payload itself if it has no such member,
 * else written into buf
 */
extern qfs_status qfs_changes_of_payload(const qfs_changes *changes, qfs_slice payload, qfs_buf *buf, qfs_slice *out,
										 qfs_error *err);

#endif
