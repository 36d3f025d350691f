/*
 * rate.c - how often an account may do something.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Counted by recorded time, so that a replay reaches the same verdict.
 */
#include "engine/rate.h"

#include "base/assert.h"
#include "base/status.h"

qfs_status
qfs_rate_check(qfs_reducer *r, const qfs_user_id *user, const char *what,
			   int64_t at, int64_t window_ms, int64_t limit, qfs_rate_record *out, qfs_error *err)
{
	int64_t		window = at / window_ms;
	bool		found;
	qfs_status	status;

	memset(out, 0, sizeof(*out));
	out->user = *user;
	memcpy(out->what, what, strlen(what));
	status = r->store->get(r->store, &qfs_kind_rate, out, &found, err);
	if (status != QFS_OK)
		return status;
	if (!found || out->window != window)
		out->count = 0;
	out->window = window;
	if (out->count >= limit)
		return qfs_fail(err, QFS_RATE_LIMIT, "%i %s; again in %i seconds", limit, what,
						((window + 1) * window_ms - at) / 1000 + 1);
	return QFS_OK;
}

qfs_status
qfs_rate_count(qfs_reducer *r, const qfs_rate_record *checked, qfs_error *err)
{
	qfs_rate_record next = *checked;

	QFS_ASSERT(next.count >= 0 && next.count < INT64_MAX);
	next.count++;
	return r->store->put(r->store, &qfs_kind_rate, &next, err);
}

qfs_status
qfs_rate_recall(qfs_reducer *r, const qfs_user_id *user, const char *what, int64_t at,
				int64_t window_ms, qfs_error *err)
{
	qfs_rate_record rate;
	qfs_status	status = qfs_rate_check(r, user, what, at, window_ms, INT64_MAX, &rate, err);

	return status == QFS_OK ? qfs_rate_count(r, &rate, err) : status;
}
