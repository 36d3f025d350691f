/*
 * stream_lock.c - one bridge a stream.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "bridge/stream_lock.h"

bool
stream_lock(Database *db, const char *stream, bool *locked)
{
	PGresult   *result = database_query(db, "SELECT qfs.lock_stream($1)", 1, &stream);

	if (result == NULL)
		return false;
	*locked = PQntuples(result) == 1 && PQgetvalue(result, 0, 0)[0] == 't';
	PQclear(result);
	return true;
}
