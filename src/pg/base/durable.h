/*
 * durable.h - waiting until what is visible cannot be lost.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_DURABLE_H
#define QFS_DURABLE_H

/*
 * Returns once every commit that is visible now is on the local disk, and where
 * the server's own synchronous_commit and synchronous_standby_names want it,
 * whatever the session, its role or its database has set.  Waits for
 * qfs.sign_timeout at most.
 * Errors: SIGN_STANDBY in recovery, SIGN_WAIT if the time is over or the wait is
 *         cancelled.
 */
extern void qfs_wait_durable(void);

#endif
