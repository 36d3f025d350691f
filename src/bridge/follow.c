/*
 * follow.c - the loop of a follower: from entry to entry, up to the durable head.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "bridge/follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/log.h"
#include "bridge/metrics.h"
#include "bridge/stop.h"
#include "bridge/usage.h"

bool
follow_head(Database *db, Head *out)
{
	PGresult   *result = database_query(db, "SELECT size, hash::text FROM qfs.durable_head()", 0, NULL);

	if (result == NULL)
		return false;
	memset(out, 0, sizeof(*out));
	if (PQntuples(result) == 1 && !PQgetisnull(result, 0, 0))
	{
		out->size = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
		snprintf(out->hash, sizeof(out->hash), "%s", PQgetvalue(result, 0, 1));
	}
	PQclear(result);
	metrics_gauge("qfs_bridge_durable_entries", "Entries of the ledger that no crash takes back.", NULL, out->size);
	return true;
}

EntryFound
follow_find(Database *db, int64_t seq, const char *hash)
{
	const char *number = log_number(seq);
	PGresult   *result = database_query(db, "SELECT qfs.entry_hash($1), pg_is_in_recovery()", 1, &number);
	EntryFound	found = ENTRY_ANOTHER;

	if (result == NULL)
		return ENTRY_UNKNOWN;
	if (strcmp(PQgetvalue(result, 0, 0), hash) == 0)
		found = ENTRY_THERE;
	else if (PQgetisnull(result, 0, 0) && PQgetvalue(result, 0, 1)[0] == 't')
		found = ENTRY_UNKNOWN;
	PQclear(result);
	return found;
}

/* From entry to entry, as long as all goes well. */
static FollowAnswer
follow_session(const Follower *f, Backoff *backoff)
{
	FollowAnswer answer;
	int64_t		next = 0;
	Head		head;

	if (!follow_head(f->db, &head))
		return FOLLOW_AGAIN;
	answer = f->begin(f->context, &head, &next);
	while (answer == FOLLOW_ON && !stop_requested())
	{
		if (head.size > next)
			answer = f->step(f->context, &head, &next);
		else if (f->idle != NULL)
			answer = f->idle(f->context, &head);
		if (answer == FOLLOW_ON)
			backoff_reset(backoff);
		metrics_tick();
		if (answer != FOLLOW_ON || (head.size <= next && !stop_sleep(f->poll_ms)))
			break;
		if (!follow_head(f->db, &head))
			answer = FOLLOW_AGAIN;
	}
	return answer;
}

int
follow(const Follower *f)
{
	FollowAnswer answer = FOLLOW_AGAIN;
	Backoff		backoff = {0};

	while (answer != FOLLOW_HALT && !stop_requested() && database_connect(f->db))
	{
		answer = follow_session(f, &backoff);
		metrics_write();
		if (answer == FOLLOW_AGAIN && !backoff_wait(&backoff))
			break;
	}
	database_close(f->db);
	return answer == FOLLOW_HALT ? EXIT_HALT : EXIT_STOPPED;
}
