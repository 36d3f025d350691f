/*
 * changed_store.h - records as another store has them, but every policy with changes.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A reducer over it judges by the changed policy, whichever is in force, and
 * finds a proposal's base with the same changes.  The records below stay as
 * they are; what is put goes there unchanged.
 */
#ifndef QFS_CHANGED_STORE_H
#define QFS_CHANGED_STORE_H

#include "sandbox/changes.h"

typedef struct qfs_changed_store
{
	qfs_store	base;			/* first: the rules get a pointer to it */
	qfs_store  *under;
	const qfs_changes *changes;
	uint8_t		policy[QFS_POLICY_MAX]; /* the one that was read last */
} qfs_changed_store;

/* Store and changes stay the caller's. */
extern void qfs_changed_store_init(qfs_changed_store *store, qfs_store *under, const qfs_changes *changes);

#endif
