/*
 * published.c - the checkpoint that the primary has published.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/table/published.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "utils/rel.h"

#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/table/ledger_table.h"
#include "pg/table/row_write.h"

bool
qfs_published_read(Snapshot snapshot, Published *out)
{
	Relation	rel = table_open(qfs_table_oid("published_checkpoint"), AccessShareLock);
	Relation	index = index_open(QFS_PRIMARY_KEY_INDEX(rel), AccessShareLock);
	Datum		key = Int64GetDatum(0);
	HeapTuple	row = qfs_row_find(rel, index, 1, &key, snapshot);
	Datum		values[PUBLISHED_COLUMNS];
	bool		nulls[PUBLISHED_COLUMNS];

	if (RelationGetDescr(rel)->natts != PUBLISHED_COLUMNS)
		QFS_THROW(QFS_STATE_MISMATCH, "qfs.published_checkpoint has or had %i columns",
				  (int64_t) RelationGetDescr(rel)->natts);
	if (row != NULL)
	{
		heap_deform_tuple(row, RelationGetDescr(rel), values, nulls);
		/* Whoever owns the table can have it forget that it admits none. */
		if (nulls[PUBLISHED_SIZE] || nulls[PUBLISHED_NOTE])
			QFS_THROW(QFS_STATE_MISMATCH, "qfs.published_checkpoint has no size or no note");
		out->size = (uint64) DatumGetInt64(values[PUBLISHED_SIZE]);
		out->note = qfs_varlena_of(values[PUBLISHED_NOTE]);
	}
	index_close(index, AccessShareLock);
	table_close(rel, AccessShareLock);
	return row != NULL;
}
