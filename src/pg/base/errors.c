/*
 * errors.c - from a core status to an ereport: the only place that does it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "pg/base/errors.h"

void
qfs_throw(const qfs_error *err)
{
	const char *state = qfs_status_sqlstate(err->status);

	ereport(ERROR,
			(errcode(MAKE_SQLSTATE(state[0], state[1], state[2], state[3], state[4])),
			 errmsg_internal("%s", qfs_status_message(err->status)),
			 err->detail[0] != '\0' ?
			 errdetail_internal("%s: %s.", qfs_status_code(err->status), err->detail) :
			 errdetail_internal("%s", qfs_status_code(err->status)),
			 errhint("%s", qfs_status_hint(err->status))));
	pg_unreachable();
}
