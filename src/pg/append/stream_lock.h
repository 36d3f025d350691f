/*
 * stream_lock.h - one reader, or writer, of a stream at a time.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_STREAM_LOCK_H
#define QFS_STREAM_LOCK_H

#include "base/buf.h"

/*
 * Takes the lock of the stream of this name for the session, which has it until
 * it ends; no rollback gives it back.  False: another session has it.
 */
extern bool qfs_stream_lock(qfs_slice stream);

/* Does this session have it? */
extern bool qfs_stream_is_locked(qfs_slice stream);

#endif
