/*
 * thread.h - two accounts that write to each other, as state has them.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_THREAD_H
#define QFS_THREAD_H

#include "state/store.h"
#include "text/ids.h"

/* The one with the lower id is first. */
typedef struct qfs_thread_record
{
	qfs_hash	thread;			/* key */
	qfs_user_id first;
	qfs_user_id second;
	int64_t		first_seq;		/* messages of each */
	int64_t		second_seq;
	bool		by_first;		/* the last one's sender */
	int64_t		last_entry;
	bool		has_answered;
	int64_t		answered;		/* epoch in which an answer last counted */
} qfs_thread_record;

extern const qfs_kind qfs_kind_thread;

#endif
