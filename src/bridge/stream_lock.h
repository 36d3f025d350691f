/*
 * stream_lock.h - one bridge a stream.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_BRIDGE_STREAM_LOCK_H
#define QFS_BRIDGE_STREAM_LOCK_H

#include <stdbool.h>

#include "bridge/database.h"

/*
 * Tries to take the lock of this stream for the present connection, which has
 * it until it ends.  False: the query failed, which was logged.
 * locked: false if another connection has it
 */
extern bool stream_lock(Database *db, const char *stream, bool *locked);

#endif
