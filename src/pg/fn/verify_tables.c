/*
 * verify_tables.c - the ledger's rows against their index.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The table is read as it lies there: no privilege, row security, rule or
 * child table changes what is seen.
 */
#include "pg/base/compat.h"

#include "access/heapam.h"
#include "access/table.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "base/status.h"
#include "pg/fn/verify_tables.h"

void
qfs_rows_met_add(qfs_rows_met *met, HeapTuple row)
{
	met->count++;
	met->places += hash_bytes_uint32_extended(ItemPointerGetBlockNumberNoCheck(&row->t_self),
											  ItemPointerGetOffsetNumberNoCheck(&row->t_self));
}

#define MOST_NAMED 100

/* Does the index lead to this very row? */
static bool
is_found(LedgerReader *reader, HeapTuple row, int64 seq)
{
	HeapTuple	found = qfs_ledger_row(reader, (uint64) seq);
	bool		same = found != NULL && ItemPointerEquals(&found->t_self, &row->t_self);

	if (found != NULL)
		heap_freetuple(found);
	return same;
}

/* returns: how many were named */
static uint64
name_rows(qfs_audit *audit, LedgerReader *reader)
{
	TableScanDesc scan = table_beginscan(reader->rel, reader->snapshot, 0, NULL);
	HeapTuple	row;
	uint64		named = 0;

	while (named < MOST_NAMED && (row = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		int64		seq = qfs_ledger_row_int(reader, row, LEDGER_SEQ);
		qfs_error	fault;

		CHECK_FOR_INTERRUPTS();
		if (is_found(reader, row, seq))
			continue;
		qfs_fail(&fault, QFS_INDEX_MISMATCH, "a row of entry %i is in the table, and the index does not lead to it", seq);
		qfs_audit_fault(audit, (uint64) seq, &fault);
		named++;
	}
	table_endscan(scan);
	return named;
}

void
qfs_verify_heap(qfs_audit *audit, LedgerReader *reader, const qfs_rows_met *met)
{
	TableScanDesc scan = table_beginscan(reader->rel, reader->snapshot, 0, NULL);
	qfs_rows_met there = {0};
	HeapTuple	row;
	qfs_error	fault;

	while ((row = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		qfs_rows_met_add(&there, row);
	}
	table_endscan(scan);
	if ((there.count == met->count && there.places == met->places) || name_rows(audit, reader) > 0)
		return;
	qfs_fail(&fault, QFS_INDEX_MISMATCH, "the table has %u rows, its index leads to %u", there.count, met->count);
	qfs_audit_fault(audit, met->count > 0 ? met->count - 1 : 0, &fault);
}
