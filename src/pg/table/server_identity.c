/*
 * server_identity.c - is this the server that the ledger has recorded?
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/table/server_identity.h"

#include "access/timeline.h"
#include "access/xlog.h"
#include "access/xlog_internal.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"

#include "pg/base/errors.h"
#include "pg/table/ledger_table.h"
#include "pg/table/opening.h"
#include "pg/table/store_table.h"

/* That of the server which runs, which may be a minor version newer than the one that we were compiled for. */
static int64
server_version(void)
{
	static int64 version = 0;

	if (version == 0)
		version = strtol(GetConfigOption("server_version_num", false, false), NULL, 10);
	return version;
}

void
qfs_server_now(qfs_server *out)
{
	*out = (qfs_server) {.system = GetSystemIdentifier(),.database = MyDatabaseId};
	if (RecoveryInProgress())
		return;
	out->timeline = GetWALInsertionTimeLine();
	out->version = server_version();
}

/* ---- the way between two timelines ---- */

/* What PostgreSQL writes where a recovery ended with the WAL: xlogrecovery.c, getRecoveryStopReason. */
#define WITHOUT_TARGET "no recovery target specified"

/* A number and what follows it, both of which are passed by; false: something else is there. */
static bool
pass_number(char **at, int base, char after, unsigned long *out)
{
	char	   *end;

	*out = strtoul(*at, &end, base);
	if (end == *at || *end != after)
		return false;
	*at = end + 1;
	return true;
}

/* A line of a history file: the timeline that ended, where, and why.  NULL if it is none. */
static const char *
read_end(char *line, TimeLineID *timeline)
{
	char	   *at = line;
	unsigned long number;
	unsigned long high;
	unsigned long low;

	if (!pass_number(&at, 10, '\t', &number) || !pass_number(&at, 16, '/', &high) || !pass_number(&at, 16, '\t', &low))
		return NULL;
	*timeline = (TimeLineID) number;
	at[strcspn(at, "\n")] = '\0';
	return at;
}

/*
 * Did every timeline from `from` on, up to the one of this file, end without a
 * target?  What cannot be read is no promotion.
 */
static bool
ended_without_target(FILE *file, TimeLineID from)
{
	char		line[MAXPGPATH];
	bool		found = false;

	while (fgets(line, sizeof(line), file) != NULL)
	{
		TimeLineID	timeline;
		const char *reason;

		if (line[0] == '\n' || line[0] == '#')
			continue;
		reason = read_end(line, &timeline);
		if (reason != NULL && timeline < from)
			continue;
		if (reason != NULL && timeline == from)
			found = true;
		/* A target's name may have a line end in it: what follows is none of ours before `from`. */
		if (found && (reason == NULL || strcmp(reason, WITHOUT_TARGET) != 0))
			return false;
	}
	return found && !ferror(file);
}

/* Is the way from one timeline to the other one that promotions make? */
static bool
was_promoted(int64 from, int64 to)
{
	char		path[MAXPGPATH];
	bool		promoted;
	FILE	   *file;

	if (from >= to)
		return false;
	TLHistoryFilePath(path, (TimeLineID) to);
	file = AllocateFile(path, "r");
	if (file == NULL)
		return false;
	promoted = ended_without_target(file, (TimeLineID) from);
	FreeFile(file);
	return promoted;
}

/* ---- comparing ---- */

static void
read_record(qfs_server_record *out)
{
	qfs_store  *store = qfs_table_store();
	qfs_error	err = {.status = QFS_INTERNAL};
	bool		found;

	out->number = 0;
	QFS_TRY(store->get(store, &qfs_kind_server, out, &found, &err), &err);
	if (!found)
		QFS_THROW(QFS_STATE_MISMATCH, "the record of the server is missing");
}

static unsigned
compare(const qfs_server_record *record, const qfs_server *now)
{
	unsigned	changed = qfs_server_compare(record, now);

	/* A standby follows: which timeline it is on, and by which version, is its primary's matter. */
	if (now->timeline == 0)
		return changed & ~(QFS_SERVER_TIMELINE | QFS_SERVER_VERSION);
	/* Another system's timelines are others. */
	if ((changed & QFS_SERVER_TIMELINE) && !(changed & QFS_SERVER_SYSTEM) &&
		!was_promoted(record->timeline, now->timeline))
		changed |= QFS_SERVER_RECOVERY;
	return changed;
}

unsigned
qfs_server_changes(void)
{
	/* What there was nothing to say of the last time. */
	static qfs_server_record known;
	static int64 timeline = -1;
	qfs_server_record record;
	qfs_server	now;
	unsigned	changed;

	memset(&record, 0, sizeof(record));
	read_record(&record);
	qfs_server_now(&now);
	if (timeline == now.timeline && memcmp(&known, &record, sizeof(record)) == 0)
		return 0;
	changed = compare(&record, &now);
	if (changed == 0)
	{
		known = record;
		timeline = now.timeline;
	}
	return changed;
}

/* ---- refusing ---- */

static char *
names_of(unsigned changed)
{
	StringInfoData names;

	initStringInfo(&names);
	for (unsigned n = 0; n < QFS_SERVER_CHANGES; n++)
		if (changed & 1u << n)
			appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "", qfs_server_change_name(n));
	return names.data;
}

void
qfs_server_throw(unsigned changed)
{
	qfs_server_record record;

	read_record(&record);
	QFS_THROW(QFS_NOT_ADOPTED, "changed since entry %i: %s", record.seq, names_of(changed));
}

void
qfs_server_check(void)
{
	LedgerHead	head;
	unsigned	changed;

	if (!qfs_ledger_is_open())
	{
		qfs_ledger_head_seen(SnapshotSelf, &head);
		qfs_ledger_throw_closed(head.size, "nothing is signed yet");
	}
	changed = qfs_server_changes();
	if (changed & QFS_SERVER_DECIDED)
		qfs_server_throw(changed);
}
