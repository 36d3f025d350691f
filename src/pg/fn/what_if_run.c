/*
 * what_if_run.c - one run over the ledger's rows: its place among those that may run at once, and the entries that it is fed.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/base/guc.h"
#include "pg/fn/what_if_run.h"

/* ---- not too many at once ---- */

/* "qfs?", so that nobody else has such a tag. */
#define SLOT_KEY 0x7166733F

/*
 * A place of the cluster's.  Of the default lock method and with a field that
 * no advisory lock has: no SQL function takes or releases it.  An object's lock would
 * not be had on a standby.
 */
static LOCKTAG
slot_tag(int n)
{
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, InvalidOid, SLOT_KEY, (uint32) n, 7);
	tag.locktag_lockmethodid = DEFAULT_LOCKMETHOD;
	return tag;
}

void
qfs_run_start(WhatIfRun *run)
{
	for (int n = 0; n < qfs_what_if_slots; n++)
	{
		run->slot = slot_tag(n);
		if (LockAcquire(&run->slot, ExclusiveLock, false, true) == LOCKACQUIRE_OK)
		{
			run->records = AllocSetContextCreate(CurrentMemoryContext, "qfs what-if records", ALLOCSET_DEFAULT_SIZES);
			return;
		}
	}
	QFS_THROW(QFS_WHATIF_BUSY, "%i at once", (int64_t) qfs_what_if_slots);
}

/* ---- the entries ---- */

void
qfs_run_open(WhatIfRun *run)
{
	LedgerHead	head;

	qfs_ledger_table_open(&run->reader, GetActiveSnapshot());
	qfs_ledger_head(&run->reader, 0, &head);
	run->entries = head.size;
}

void
qfs_run_window(const WhatIfRun *run, FunctionCallInfo fcinfo, int from_arg, int size_arg, uint64_t *from, uint64_t *size)
{
	*size = PG_ARGISNULL(size_arg) ? run->entries : qfs_count_arg(fcinfo, size_arg, "size");
	*from = PG_ARGISNULL(from_arg) ? qfs_what_if_from(*size) : qfs_count_arg(fcinfo, from_arg, "from");
	if (*size > run->entries)
		QFS_THROW(QFS_SIZE_UNKNOWN, "%u was asked for, it has %u entries", *size, (uint64_t) run->entries);
	if (*size > (uint64) qfs_what_if_entries)
		QFS_THROW(QFS_WHATIF_LIMIT, "%u entries, %i are the most", *size, (int64_t) qfs_what_if_entries);
}

static void
check_memory(MemoryContext records)
{
	if (MemoryContextMemAllocated(records, true) / 1024 > (Size) qfs_what_if_memory)
		QFS_THROW(QFS_WHATIF_LIMIT, "its records take more than qfs.what_if_memory, %i kB", (int64_t) qfs_what_if_memory);
}

void
qfs_run_feed_to(WhatIfRun *run, const qfs_what_if *w, EntryTaker take, void *to)
{
	LedgerReader *reader = &run->reader;
	MemoryContext per_row = AllocSetContextCreate(CurrentMemoryContext, "qfs what-if", ALLOCSET_DEFAULT_SIZES);
	TupleDesc	desc = RelationGetDescr(reader->rel);
	void	   *json = palloc(LEDGER_JSON_MAX);
	SysScanDesc scan = qfs_ledger_scan(reader, 0);
	HeapTuple	row;

	while (w->next < w->question.size && (row = qfs_ledger_scan_next(scan)) != NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(per_row);
		LedgerEntry e;
		qfs_error	err;

		QFS_TRY(qfs_ledger_decode(desc, row, json, &e, &err), &err);
		QFS_TRY(take(to, &e.entry, &err), &err);
		MemoryContextSwitchTo(old);
		MemoryContextReset(per_row);
		CHECK_FOR_INTERRUPTS();
		if (w->next % 64 == 0)
			check_memory(run->records);
	}
	qfs_ledger_scan_end(scan);
	MemoryContextDelete(per_row);
	qfs_ledger_table_close(reader);
}

static qfs_status
take_what_if(void *to, const qfs_entry *entry, qfs_error *err)
{
	return qfs_what_if_entry(to, entry, err);
}

void
qfs_run_feed(WhatIfRun *run, qfs_what_if *w)
{
	qfs_run_feed_to(run, w, take_what_if, w);
}

void
qfs_run_end(WhatIfRun *run)
{
	MemoryContextDelete(run->records);
	LockRelease(&run->slot, ExclusiveLock, false);
}
