/*
 * rate.h - how often an account may do something.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_RATE_H
#define QFS_RATE_H

#include "engine/reducer.h"

#define QFS_MINUTE_MS 60000
#define QFS_DAY_MS 86400000

/* What is counted, as qfs.rate and the error name it. */
#define QFS_RATE_EVENTS "events a minute"
#define QFS_RATE_LOGINS "sign-ins a minute"
#define QFS_RATE_MESSAGES "messages a minute"
#define QFS_RATE_THREADS "new threads a day"

/*
 * May an account do this once more, with so many a window?  Windows follow
 * each other; those before are forgotten.
 * out: for qfs_rate_count, once the act cannot fail any more
 * Errors: RATE_LIMIT, saying when the next window begins.
 */
extern qfs_status qfs_rate_check(qfs_reducer *r, const qfs_user_id *user, const char *what,
								 int64_t at, int64_t window_ms, int64_t limit,
								 qfs_rate_record *out, qfs_error *err);

/* Stores that what was checked has happened. */
extern qfs_status qfs_rate_count(qfs_reducer *r, const qfs_rate_record *checked, qfs_error *err);

/* The same for an act that was recorded: it was let through then. */
extern qfs_status qfs_rate_recall(qfs_reducer *r, const qfs_user_id *user, const char *what,
								  int64_t at, int64_t window_ms, qfs_error *err);

#endif
