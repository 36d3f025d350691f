/*
 * guard.h - whether there is something to guard, and statements that are refused by what they say.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_GUARD_H
#define QFS_GUARD_H

#include "nodes/nodes.h"

typedef enum
{
	QFS_GUARD_NOTHING,			/* no ledger yet, our own script, or a superuser said so */
	QFS_GUARD_CLOSED,			/* entries that nobody has verified: a restore may be going on */
	QFS_GUARD_OPEN
} qfs_guard_state;

/* What the guards of this database have to do now. */
extern qfs_guard_state qfs_guard_now(void);

/*
 * For DDL of our own on our own objects: off until resumed, or until the
 * transaction or subtransaction is rolled back.
 */
extern int	qfs_guard_suspend(void);
extern void qfs_guard_resume(int level);

/*
 * Refuses what takes the guards themselves away, and what leaves no trace that
 * an event trigger could see afterwards.  Errors: GUARDED.
 */
extern void qfs_guard_statement(const Node *parsetree);

/*
 * Event triggers do not see commands on roles and on event triggers.  From now
 * on this backend does; one that has not loaded the library does not.
 */
extern void qfs_guard_install_hook(void);

#endif
