/*
 * rate.h - how often an account may do something.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_RATE_H
#define QFS_RATE_H

#include "reduce.h"

#define QFS_MINUTE_MS 60000

/*
 * Counts an act of an account against a limit of so many a window.  Windows
 * follow each other; those before are forgotten.
 * Errors: RATE_LIMIT, saying when the next window begins; nothing is stored then.
 */
extern qfs_status qfs_rate_check(qfs_reducer *r, const qfs_user_id *user, const char *what,
								 int64_t at, int64_t window_ms, int64_t limit, qfs_error *err);
extern qfs_status qfs_rate_count(qfs_reducer *r, const qfs_user_id *user, const char *what,
								 int64_t at, int64_t window_ms, qfs_error *err);

#endif
