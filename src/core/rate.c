/*
 * rate.c - how often an account may do something.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Counted by recorded time, so that a replay reaches the same verdict.
 */
#include "rate.h"

#include "status.h"

/* How often an account has done something in a window of time. */
typedef struct rate_record
{
	qfs_user_id user;			/* key */
	char		what[QFS_TYPE_MAX + 1]; /* key */
	int64_t		window;			/* number of the window */
	int64_t		count;
} rate_record;

static const qfs_field rate_fields[] = {
	QFS_FIELD(rate_record, user, QFS_FIELD_USER),
	QFS_FIELD(rate_record, what, QFS_FIELD_NAME),
	QFS_FIELD(rate_record, window, QFS_FIELD_INT),
	QFS_FIELD(rate_record, count, QFS_FIELD_INT),
};

const qfs_kind qfs_kind_rate = QFS_KIND("rate", rate_record, rate_fields, 2, false);

static qfs_status
read_rate(qfs_reducer *r, const qfs_user_id *user, const char *what, int64_t window,
		  rate_record *out, qfs_error *err)
{
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
	return QFS_OK;
}

qfs_status
qfs_rate_check(qfs_reducer *r, const qfs_user_id *user, const char *what,
			   int64_t at, int64_t window_ms, int64_t limit, qfs_error *err)
{
	int64_t		window = at / window_ms;
	rate_record rate;
	qfs_status	status = read_rate(r, user, what, window, &rate, err);

	if (status == QFS_OK && rate.count >= limit)
		return qfs_fail(err, QFS_RATE_LIMIT, "%i %s; again in %i seconds", limit, what,
						((window + 1) * window_ms - at) / 1000 + 1);
	return status;
}

qfs_status
qfs_rate_count(qfs_reducer *r, const qfs_user_id *user, const char *what,
			   int64_t at, int64_t window_ms, qfs_error *err)
{
	rate_record rate;
	qfs_status	status = read_rate(r, user, what, at / window_ms, &rate, err);

	if (status != QFS_OK)
		return status;
	rate.count++;
	return r->store->put(r->store, &qfs_kind_rate, &rate, err);
}
