/*
 * direct.h - which recorded entries would have been judged otherwise under a changed policy, each by itself.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Every entry is put to the rules alone, under the policy in force at it with
 * the changes, over the state that was recorded before it; then it is followed
 * as it was recorded.  So there is no knock-on: what differs differs through
 * the changes and nothing else.  A test of which rules read a key needs no more:
 *
 *     qfs_direct_begin(&d, &qfs_registry_own, &changes, allocator, &err);
 *     for each entry, from 0:
 *         if (it is in the window)        qfs_direct_judge(&d, entry, &difference, &err);
 *         qfs_direct_follow(&d, entry, &hash, &err);
 *     qfs_direct_end(&d);
 *
 * and looks at difference.same and difference.guards.
 */
#ifndef QFS_DIRECT_H
#define QFS_DIRECT_H

#include "sandbox/changed_store.h"
#include "sandbox/judgement.h"
#include "state/store_memory.h"

typedef struct qfs_direct
{
	const qfs_registry *registry;
	const qfs_changes *changes;
	qfs_memory_store *memory;	/* the state that was recorded */
	qfs_reducer recorded;		/* over it, under the policy that was in force */
	qfs_changed_store store;
	qfs_reducer changed;		/* over the same, under the changed one */
	bool		is_wrong;		/* the entry judged last has an outcome that the rules do not give */
	uint8_t		parts[QFS_PARTS_MAX];	/* of accounts, of an entry whose payload was erased */
	qfs_judging_space given;	/* under the policy that was in force */
	qfs_judging_space other;	/* under the changed one */
} qfs_direct;

/*
 * Starts before entry 0.  Changes stay the caller's.
 * Errors: NO_MEMORY.
 */
extern qfs_status qfs_direct_begin(qfs_direct *direct, const qfs_registry *registry, const qfs_changes *changes,
								   qfs_allocator allocator, qfs_error *err);
extern void qfs_direct_end(qfs_direct *direct);

/*
 * How the next entry, which is not the first, would have been judged.
 * An entry whose recorded outcome is wrong, acknowledged or not, is compared
 * with what the rules give under the policy that was in force.
 * out: its names point into the entry and into *direct, until the next call
 * Errors: NO_MEMORY, STATE_MISMATCH, INTERNAL.
 */
extern qfs_status qfs_direct_judge(qfs_direct *direct, const qfs_entry *entry, qfs_difference *out, qfs_error *err);

/*
 * Goes on from the next entry as it was recorded.  Signatures are taken on trust.
 * hash: the entry's
 * Errors: those of qfs_recall.
 */
extern qfs_status qfs_direct_follow(qfs_direct *direct, const qfs_entry *entry, const qfs_hash *hash, qfs_error *err);

#endif
