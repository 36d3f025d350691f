/*
 * own_row.c - one row of a table of qfs's that is not state, by its key.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/table/own_row.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/snapmgr.h"
#include "utils/typcache.h"

#include "pg/base/errors.h"
#include "pg/table/ledger_table.h"
#include "pg/table/row_write.h"

/* Two keys of one number wait for each other, and that is all. */
static uint16
lock_number(Relation index, int count, const Datum *keys)
{
	uint32		hash = 0;

	for (int i = 0; i < count; i++)
	{
		TypeCacheEntry *type = lookup_type_cache(index->rd_opcintype[i], TYPECACHE_HASH_PROC_FINFO);

		hash = hash_combine(hash, DatumGetUInt32(FunctionCall1Coll(&type->hash_proc_finfo,
																   index->rd_indcollation[i], keys[i])));
	}
	return (uint16) (hash ^ hash >> 16);
}

void
qfs_own_row_lock(OwnRow *row, const char *table, int columns, int key_count, const Datum *keys)
{
	Relation	index;
	HeapTuple	found;

	/* What is written without the executor, the executor does not look at. */
	PreventCommandIfReadOnly("a write to a table of qfs");
	row->rel = table_open(qfs_table_oid(table), RowExclusiveLock);
	if (RelationGetDescr(row->rel)->natts != columns || columns > OWN_ROW_COLUMNS)
		QFS_THROW(QFS_STATE_MISMATCH, "qfs.%s has %i columns", table,
				  (int64_t) RelationGetDescr(row->rel)->natts);
	index = index_open(QFS_PRIMARY_KEY_INDEX(row->rel), AccessShareLock);
	LockDatabaseObject(RelationRelationId, RelationGetRelid(row->rel),
					   lock_number(index, key_count, keys), ExclusiveLock);
	found = qfs_row_find(row->rel, index, key_count, keys, SnapshotSelf);
	index_close(index, NoLock);

	row->exists = found != NULL;
	for (int i = 0; i < columns; i++)
	{
		row->values[i] = i < key_count ? keys[i] : (Datum) 0;
		row->nulls[i] = i >= key_count;
	}
	if (!row->exists)
		return;
	row->place = found->t_self;
	heap_deform_tuple(found, RelationGetDescr(row->rel), row->values, row->nulls);
}

Datum
qfs_own_row_value(const OwnRow *row, int column)
{
	/* Whoever owns the table can have it forget that it admits none. */
	if (row->nulls[column])
		QFS_THROW(QFS_STATE_MISMATCH, "qfs.%s has a null in column %s", RelationGetRelationName(row->rel),
				  NameStr(TupleDescAttr(RelationGetDescr(row->rel), column)->attname));
	return row->values[column];
}

void
qfs_own_row_put(OwnRow *row)
{
	qfs_row_write(row->rel, heap_form_tuple(RelationGetDescr(row->rel), row->values, row->nulls),
				  row->exists ? &row->place : NULL);
	CommandCounterIncrement();
	qfs_own_row_leave(row);
}

void
qfs_own_row_leave(OwnRow *row)
{
	table_close(row->rel, NoLock);
}
