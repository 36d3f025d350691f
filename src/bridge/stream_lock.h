/*
 * stream_lock.h - names of streams, and one bridge a stream.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_BRIDGE_STREAM_LOCK_H
#define QFS_BRIDGE_STREAM_LOCK_H

#include <stdbool.h>

#include "bridge/database.h"

/* Longest name, in bytes; that of the dead letters ends with STREAM_DEAD, and counts. */
#define STREAM_NAME_MAX 200
#define STREAM_DEAD ":dead"

/* Exits with EXIT_USAGE if it is no name, as qfs.lock_stream takes it, or too long with so many bytes behind it. */
extern void stream_check_name(const char *name, size_t more);

/*
 * Tries to take the lock of this stream for the present connection, which has
 * it until it ends.  False: the query failed, which was logged.
 * locked: false if another connection has it
 */
extern bool stream_lock(Database *db, const char *stream, bool *locked);

#endif
