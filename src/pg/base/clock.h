/*
 * clock.h - the one place that asks what time it is.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_CLOCK_H
#define QFS_CLOCK_H

#include "datatype/timestamp.h"
#include "utils/timestamp.h"

/* Milliseconds since 1970-01-01 UTC. */
static inline int64
qfs_now_ms(void)
{
	return GetCurrentTimestamp() / 1000 +
		(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * (int64) SECS_PER_DAY * 1000;
}

#endif
