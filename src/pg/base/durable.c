/*
 * durable.c - waiting until what is visible cannot be lost.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Entries become visible before they are flushed, and before a standby has
 * them.  SyncRepWaitForLSN is of no use here: it has no timeout, returns with a
 * warning when it is cancelled, and asks for what the session asks for.
 */
#include "pg/base/compat.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "access/xlog_internal.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "replication/syncrep.h"
#include "replication/walsender.h"
#include "storage/latch.h"
#include "utils/guc.h"

#include "pg/base/durable.h"
#include "pg/base/errors.h"
#include "pg/base/guc.h"

/* Nobody wakes us when a standby reports: we look again after so many milliseconds, each time twice as many. */
#define FIRST_PAUSE_MS 1
#define LONGEST_PAUSE_MS 50

/* ---- what the server asks for ---- */

/* The last line of the configuration files that sets it; the default if none does. */
static int
configured(struct config_enum *setting)
{
	static const char *const files[] = {NULL, PG_AUTOCONF_FILENAME};
	int			value = setting->boot_val;

	for (int i = 0; i < lengthof(files); i++)
	{
		ConfigVariable *head = NULL;
		ConfigVariable *tail = NULL;

		/* A file with an error is not in force either: what can be read of it has to do. */
		ParseConfigFile(files[i] != NULL ? files[i] : ConfigFileName, false, NULL, 0, 0, DEBUG3, &head, &tail);
		for (ConfigVariable *line = head; line != NULL; line = line->next)
		{
			if (line->name != NULL && pg_strcasecmp(line->name, setting->gen.name) == 0)
				(void) config_enum_lookup_by_name(setting, line->value, &value);
		}
		FreeConfigVariables(head);
	}
	return value;
}

/*
 * Where role, database or client have set something else, a backend no longer
 * knows the server's own value: then the files are read.
 */
static int
server_synchronous_commit(void)
{
	struct config_enum *setting = (struct config_enum *) QFS_FIND_SETTING("synchronous_commit");

	return setting->gen.reset_source <= PGC_S_ARGV ? setting->reset_val : configured(setting);
}

/* ---- where it is ---- */

static XLogRecPtr
position_of(const SyncRepStandbyData *standby, int level)
{
	switch (level)
	{
		case SYNCHRONOUS_COMMIT_REMOTE_WRITE:
			return standby->write;
		case SYNCHRONOUS_COMMIT_REMOTE_APPLY:
			return standby->apply;
		default:
			return standby->flush;
	}
}

/* How many of the standbys that count have everything up to `end`. */
static int
count_standbys(int level, XLogRecPtr end)
{
	SyncRepStandbyData *standbys;
	int			candidates = SyncRepGetCandidateStandbys(&standbys);
	int			count = 0;

	for (int i = 0; i < candidates; i++)
	{
		if (position_of(&standbys[i], level) >= end)
			count++;
	}
	pfree(standbys);
	return count;
}

/* FIRST n: the candidates are the n of highest priority.  ANY n: all of the list, of which n have to have it. */
static int
count_missing(int level, XLogRecPtr end)
{
	if (level <= SYNCHRONOUS_COMMIT_LOCAL_FLUSH)
		return 0;
	return Max(SyncRepConfig->num_sync - count_standbys(level, end), 0);
}

/* The end of the last record: at the start of a page the insert position lies behind the page's header. */
XLogRecPtr
qfs_durable_mark(void)
{
	XLogRecPtr	end = GetXLogInsertRecPtr();

	if (XLogSegmentOffset(end, wal_segment_size) == SizeOfXLogLongPHD)
		end -= SizeOfXLogLongPHD;
	else if (end % XLOG_BLCKSZ == SizeOfXLogShortPHD)
		end -= SizeOfXLogShortPHD;
	return end;
}

/* ---- waiting ---- */

static void
throw_wait(const char *why, int missing)
{
	QFS_THROW(QFS_SIGN_WAIT, "%s while %i of %i synchronous standbys did not have it",
			  why, (int64_t) missing, (int64_t) SyncRepConfig->num_sync);
}

/* A cancelled wait is told as what it is: nothing was signed. */
static void
check_cancelled(int missing)
{
	MemoryContext context = CurrentMemoryContext;

	PG_TRY();
	{
		CHECK_FOR_INTERRUPTS();
	}
	PG_CATCH();
	{
		if (geterrcode() != ERRCODE_QUERY_CANCELED)
			PG_RE_THROW();
		MemoryContextSwitchTo(context);
		FlushErrorState();
		throw_wait("the wait was cancelled", missing);
	}
	PG_END_TRY();
}

/* Milliseconds that went by; no more than `limit`. */
static int
pause_for(int limit)
{
	int			events = WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
								   limit, PG_WAIT_EXTENSION);

	ResetLatch(MyLatch);
	return (events & WL_TIMEOUT) != 0 ? limit : 0;
}

static void
check_interrupts(int missing)
{
	CHECK_FOR_INTERRUPTS();
}

/* Flushes, and waits for `limit` milliseconds at most; how many standbys are missing even then. */
static int
make_durable(XLogRecPtr end, int limit, void (*check) (int missing))
{
	bool		is_replicated = max_wal_senders > 0 && SyncRepConfig != NULL;
	int			level = is_replicated ? server_synchronous_commit() : SYNCHRONOUS_COMMIT_LOCAL_FLUSH;
	int			waited = 0;
	int			pause = FIRST_PAUSE_MS;
	int			missing;

	XLogFlush(end);
	while ((missing = count_missing(level, end)) > 0 && waited < limit)
	{
		waited += pause_for(Min(pause, limit - waited));
		pause = Min(2 * pause, LONGEST_PAUSE_MS);
		check(missing);
	}
	return missing;
}

bool
qfs_durable_reach(XLogRecPtr end, int wait_ms)
{
	return make_durable(end, wait_ms, check_interrupts) == 0;
}

void
qfs_wait_durable(void)
{
	int			missing = make_durable(qfs_durable_mark(), qfs_sign_timeout, check_cancelled);

	if (missing > 0)
		throw_wait("qfs.sign_timeout was over", missing);
}
