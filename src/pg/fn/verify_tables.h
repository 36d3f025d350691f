/*
 * verify_tables.h - what qfs.verify looks at beside the entries: the rows that hold them.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_VERIFY_TABLES_H
#define QFS_VERIFY_TABLES_H

#include "access/htup.h"

#include "ledger/audit.h"
#include "pg/table/ledger_table.h"

/* Rows that were met: how many, and a sum over where they are, whatever their order. */
typedef struct qfs_rows_met
{
	uint64		count;
	uint64		places;
} qfs_rows_met;

extern void qfs_rows_met_add(qfs_rows_met *met, HeapTuple row);

/*
 * A walk along the index meets every entry that the table shows, or the two
 * have come apart: an entry that the index hides, a row that nothing leads to.
 * met: the rows of a walk over the whole ledger
 * Reported: INDEX_MISMATCH.
 */
extern void qfs_verify_heap(qfs_audit *audit, LedgerReader *reader, const qfs_rows_met *met);

#endif
