/*
 * stream_lock.c - one reader, or writer, of a stream at a time.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A heavyweight lock of the session, so that the deadlock detector knows it.
 * Of the method of user locks: those of the default method go when any
 * transaction of the session is rolled back, and stay when the session ends
 * without one.  Of a tag that no advisory lock has, so that no SQL function but
 * ours can take it; a session that calls pg_advisory_unlock_all() has lost its
 * own.
 */
#include "pg/base/compat.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/lock.h"

#include "pg/append/stream_lock.h"

/* Two names of one hash could not be served at a time, and that is all. */
static LOCKTAG
stream_tag(qfs_slice stream)
{
	uint64		hash = hash_bytes_extended(stream.data, (int) stream.len, 0);

	return (LOCKTAG)
	{
		.locktag_field1 = MyDatabaseId,
		.locktag_field2 = (uint32) hash,
		.locktag_field3 = (uint32) (hash >> 32),
		.locktag_type = LOCKTAG_USERLOCK,
		.locktag_lockmethodid = USER_LOCKMETHOD
	};
}

bool
qfs_stream_lock(qfs_slice stream)
{
	LOCKTAG		tag = stream_tag(stream);

	if (QFS_LOCK_HELD_BY_ME(&tag, ExclusiveLock))
		return true;
	return LockAcquire(&tag, ExclusiveLock, true, true) != LOCKACQUIRE_NOT_AVAIL;
}
