/*
 * durable.h - waiting until what is visible cannot be lost.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_DURABLE_H
#define QFS_DURABLE_H

#include "access/xlogdefs.h"

/* The end of the WAL: every commit that is visible now is before it. */
extern XLogRecPtr qfs_durable_mark(void);

/*
 * Flushes the WAL up to here, and waits for the standbys that the server's own
 * synchronous_commit and synchronous_standby_names want, for wait_ms at most.
 * False: some of them do not have it.
 */
extern bool qfs_durable_reach(XLogRecPtr end, int wait_ms);

/*
 * Returns once every commit that is visible now is on the local disk, and where
 * the server's own synchronous_commit and synchronous_standby_names want it,
 * whatever the session, its role or its database has set.  Waits for
 * qfs.sign_timeout at most.  Not for standbys.
 * Errors: SIGN_WAIT if the time is over or the wait is
 *         cancelled.
 */
extern void qfs_wait_durable(void);

#endif
