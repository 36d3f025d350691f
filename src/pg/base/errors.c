/*
 * errors.c - from a core status to an ereport: the only place that does it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "access/xact.h"
#include "miscadmin.h"

#include "pg/base/errors.h"

/*
 * Did somebody run into a guard who could take it away?  Whoever connected
 * counts, not the role that is in force: SET ROLE makes nobody harmless.
 */
static bool
superuser_at_guard(qfs_status status)
{
	return (status == QFS_APPEND_ONLY || status == QFS_TABLE_GUARDED || status == QFS_GUARDED) &&
		IsTransactionState() && superuser_arg(GetAuthenticatedUserId());
}

static int
sqlstate(qfs_status status)
{
	const char *state = qfs_status_sqlstate(status);

	return MAKE_SQLSTATE(state[0], state[1], state[2], state[3], state[4]);
}

void
qfs_throw(const qfs_error *err)
{
	bool		superuser = superuser_at_guard(err->status);

	ereport(ERROR,
			(errcode(sqlstate(err->status)),
			 errmsg_internal("%s", qfs_status_message(err->status)),
			 err->detail[0] != '\0' ?
			 errdetail_internal("%s: %s.", qfs_status_code(err->status), err->detail) :
			 errdetail_internal("%s", qfs_status_code(err->status)),
			 errhint("%s", qfs_status_hint(err->status)),
			 /* For the log alone, right after the code, where nothing can stand that somebody chose: qfs-tracker reads it. */
			 superuser ? errdetail_log("%s by a superuser: %s.", qfs_status_code(err->status), err->detail) : 0));
	pg_unreachable();
}

void
qfs_log(const qfs_error *err)
{
	ereport(LOG_SERVER_ONLY,
			(errcode(sqlstate(err->status)),
			 errmsg_internal("%s", qfs_status_message(err->status)),
			 errdetail_internal("%s: %s.", qfs_status_code(err->status), err->detail),
			 errhint("%s", qfs_status_hint(err->status)),
			 errhidestmt(true), errhidecontext(true)));
}
