/*
 * policy_changed.h - putting a policy in force.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_POLICY_CHANGED_H
#define QFS_POLICY_CHANGED_H

#include "engine/rule.h"

/*
 * Puts a policy in force from this entry on, and says so in the outcome.
 * hash: as qfs_reducer_read_policy gave it, which has read the policy
 */
extern qfs_status qfs_policy_enact(qfs_act *act, qfs_slice policy, const qfs_hash *hash);

/*
 * Puts a policy in force in the place of another one, from the next entry on,
 * and says which entry put that in force.
 * Errors: POLICY_INVALID, RULES_UNKNOWN.
 */
extern qfs_status qfs_policy_replace(qfs_act *act, qfs_slice policy);

/*
 * Reads a policy that is to take the place of the one in force.
 * Errors: POLICY_INVALID, RULES_UNKNOWN, and those of qfs_policy_check_change.
 */
extern qfs_status qfs_policy_read_next(const qfs_registry *registry, const qfs_policy *in_force, qfs_slice policy,
									   qfs_policy *out, qfs_error *err);

/*
 * May the operator put this policy in force?  Governance "on" it cannot bring;
 * while it is on, it changes its own keys alone, and of these none that a vote
 * changed less than key_cooldown_epochs ago.
 * from: the policy in force; NULL: there is none yet
 * Errors: POLICY_GOVERNED, naming the key.
 */
extern qfs_status qfs_policy_check_governed(const qfs_act *act, const qfs_policy *from, const qfs_policy *to);

#endif
