/*
 * stream_lock.h - one reader, or writer, of a stream at a time.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_STREAM_LOCK_H
#define QFS_STREAM_LOCK_H

#include "base/buf.h"

/*
 * Takes the lock of the stream of this name for the session, if it does not have
 * it yet, until it ends; no rollback gives it back.  False: another session has it.
 */
extern bool qfs_stream_lock(qfs_slice stream);

#endif
