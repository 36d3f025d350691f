/*
 * fn_what_if.c - qfs.what_if: what another policy would have led to.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * src/core/sandbox computes it; here rows are fed to it.  Nothing is written:
 * it runs in a read-only transaction, and on a standby.
 */
#include "pg/base/compat.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "ledger/registry.h"
#include "pg/base/allocator.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/base/guc.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/table/ledger_table.h"
#include "sandbox/what_if.h"

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

/* Takes a place until the end of the function, or of the transaction that fails.  Errors: WHATIF_BUSY. */
static LOCKTAG
take_slot(void)
{
	for (int n = 0; n < qfs_what_if_slots; n++)
	{
		LOCKTAG		tag = slot_tag(n);

		if (LockAcquire(&tag, ExclusiveLock, false, true) == LOCKACQUIRE_OK)
			return tag;
	}
	QFS_THROW(QFS_WHATIF_BUSY, "%i at once", (int64_t) qfs_what_if_slots);
}

/* ---- the entries ---- */

/* Errors: WHATIF_LIMIT. */
static void
check_memory(MemoryContext records)
{
	if (MemoryContextMemAllocated(records, true) / 1024 > (Size) qfs_what_if_memory)
		QFS_THROW(QFS_WHATIF_LIMIT, "its records take more than qfs.what_if_memory, %i kB", (int64_t) qfs_what_if_memory);
}

/* records: the context that core's memory comes from */
static void
feed(qfs_what_if *w, LedgerReader *reader, MemoryContext records)
{
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
		QFS_TRY(qfs_what_if_entry(w, &e.entry, &err), &err);
		MemoryContextSwitchTo(old);
		MemoryContextReset(per_row);
		CHECK_FOR_INTERRUPTS();
		if (w->next % 64 == 0)
			check_memory(records);
	}
	qfs_ledger_scan_end(scan);
	MemoryContextDelete(per_row);
}

/* Errors: SIZE_UNKNOWN, WHATIF_LIMIT. */
static qfs_what_if_question
question_of(FunctionCallInfo fcinfo, uint64 entries)
{
	qfs_what_if_question question = {
		.changes = qfs_jsonb_canonical(PG_GETARG_JSONB_P(0)),.actions = qfs_jsonb_canonical(PG_GETARG_JSONB_P(1))
	};

	question.size = PG_ARGISNULL(3) ? entries : qfs_count_arg(fcinfo, 3, "size");
	question.from = PG_ARGISNULL(2) ? qfs_what_if_from(question.size) : qfs_count_arg(fcinfo, 2, "from");
	if (question.size > entries)
		QFS_THROW(QFS_SIZE_UNKNOWN, "%u was asked for, it has %u entries", (uint64_t) question.size, (uint64_t) entries);
	if (question.size > (uint64) qfs_what_if_entries)
		QFS_THROW(QFS_WHATIF_LIMIT, "%u entries, %i are the most", (uint64_t) question.size, (int64_t) qfs_what_if_entries);
	return question;
}

/*
 * qfs.what_if(changes, actions, from, size) -> text
 *
 * from, size: may be null
 */
PG_FUNCTION_INFO_V1(qfs_sql_what_if);
Datum
qfs_sql_what_if(PG_FUNCTION_ARGS)
{
	qfs_what_if *w = palloc(sizeof(*w));
	qfs_what_if_question question;
	LedgerReader reader;
	LedgerHead	head;
	LOCKTAG		slot;
	MemoryContext records = AllocSetContextCreate(CurrentMemoryContext, "qfs what-if records", ALLOCSET_DEFAULT_SIZES);
	qfs_buf		answer;
	qfs_error	err;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		QFS_THROW(QFS_ARGUMENT, "changes and actions may be empty, but not null");
	qfs_ledger_table_open(&reader, GetActiveSnapshot());
	qfs_ledger_head(&reader, 0, &head);
	question = question_of(fcinfo, head.size);
	slot = take_slot();
	QFS_TRY(qfs_what_if_begin(w, &qfs_registry_own, &question, qfs_allocator_in(records),
							  &err), &err);
	feed(w, &reader, records);
	qfs_ledger_table_close(&reader);
	qfs_buf_init(&answer, palloc(QFS_WHAT_IF_MAX), QFS_WHAT_IF_MAX);
	QFS_TRY(qfs_what_if_finish(w, &answer, &err), &err);
	qfs_what_if_end(w);
	MemoryContextDelete(records);
	LockRelease(&slot, ExclusiveLock, false);
	PG_RETURN_TEXT_P(qfs_text_of(qfs_buf_slice(&answer)));
}
