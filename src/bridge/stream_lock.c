/*
 * stream_lock.c - names of streams, and one bridge a stream.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "bridge/stream_lock.h"

#include <string.h>

#include "bridge/usage.h"

void
stream_check_name(const char *name, size_t more)
{
	for (const char *c = name; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || *c == '"' || *c == '\\')
			fail_usage("the setting stream: a name has characters of ASCII, without space, quotation mark and backslash");
	if (strlen(name) + more > STREAM_NAME_MAX)
		fail_usage("the setting stream: a name has up to %d bytes", (int) (STREAM_NAME_MAX - more));
}

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
