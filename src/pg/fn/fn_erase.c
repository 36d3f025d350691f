/*
 * fn_erase.c - qfs.erase_payload: what an entry asked for goes, and the entry stays.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "access/table.h"
#include "utils/snapmgr.h"

#include "ledger/registry.h"
#include "pg/append/actor.h"
#include "pg/append/append.h"
#include "pg/append/draft.h"
#include "pg/append/event.h"
#include "pg/append/operator_event.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/table/ledger_erase.h"
#include "pg/table/ledger_table.h"

/* What else keeps it the rule says.  Errors: ENTRY_UNKNOWN, PAYLOAD_KEPT. */
static void
check_erasable(uint64 seq)
{
	LedgerReader reader;
	HeapTuple	row;
	qfs_slice	type;
	bool		isnull;

	qfs_ledger_table_open(&reader, SnapshotSelf);
	row = qfs_ledger_row(&reader, seq);
	if (row == NULL)
		QFS_THROW(QFS_ENTRY_UNKNOWN, "entry %u", (uint64_t) seq);
	type = qfs_varlena_of(heap_getattr(row, LEDGER_TYPE, RelationGetDescr(reader.rel), &isnull));
	if (!qfs_registry_erases(&qfs_registry_own, type))
		QFS_THROW(QFS_PAYLOAD_KEPT, "entry %u is a %v", (uint64_t) seq, type);
	qfs_ledger_table_close(&reader);
}

static int64
append_erasure(uint64 seq, qfs_slice reason)
{
	qfs_expected this_one = {.type = QFS_LITERAL("PAYLOAD_ERASED")};
	volatile int64 by = 0;
	qfs_draft p;

	qfs_draft_begin(&p);
	qfs_draft_text(&p, "reason", reason);
	qfs_draft_int(&p, "seq", (int64_t) seq);
	this_one.payload = qfs_draft_end(&p);
	qfs_event_expect(&this_one);
	PG_TRY();
	{
		by = qfs_append_operator_event("PAYLOAD_ERASED", this_one.payload, NULL);
	}
	PG_FINALLY();
	{
		qfs_event_expect_no_more(&this_one);
	}
	PG_END_TRY();
	return by;
}

/* qfs.erase_payload(seq, reason) -> bigint */
PG_FUNCTION_INFO_V1(qfs_sql_erase_payload);
Datum
qfs_sql_erase_payload(PG_FUNCTION_ARGS)
{
	uint64		seq = qfs_count_arg(fcinfo, 0, "seq");
	Relation	ledger;
	int64		by;

	qfs_actor_check_role_acts();
	check_erasable(seq);
	by = append_erasure(seq, qfs_varlena_arg(fcinfo, 1));
	ledger = table_open(qfs_table_oid("ledger"), RowExclusiveLock);
	qfs_ledger_erase(ledger, seq);
	table_close(ledger, NoLock);
	PG_RETURN_INT64(by);
}
