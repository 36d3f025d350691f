/*
 * row_write.c - rows of qfs's own tables, found and written without the executor.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * As PostgreSQL writes its catalogs: a fraction of the cost, and nothing that a
 * search path, a rule or an operator of somebody else's could change.
 */
#include "pg/table/row_write.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/skey.h"
#include "catalog/indexing.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "nodes/execnodes.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "base/buf.h"
#include "pg/base/errors.h"

HeapTuple
qfs_row_find(Relation rel, Relation index, int count, const Datum *keys, Snapshot snapshot)
{
	ScanKeyData scan_keys[INDEX_MAX_KEYS];
	SysScanDesc scan;
	HeapTuple	row;

	for (int i = 0; i < count; i++)
		/* "=" of the type's own operator class, whatever the search path is. */
		ScanKeyEntryInitializeWithInfo(&scan_keys[i], 0, index->rd_index->indkey.values[i],
									   BTEqualStrategyNumber, InvalidOid, index->rd_indcollation[i],
									   &lookup_type_cache(index->rd_opcintype[i],
														  TYPECACHE_EQ_OPR_FINFO)->eq_opr_finfo,
									   keys[i]);
	scan = systable_beginscan_ordered(rel, index, snapshot, count, scan_keys);
	row = systable_getnext_ordered(scan, ForwardScanDirection);
	row = HeapTupleIsValid(row) ? heap_copytuple(row) : NULL;
	systable_endscan_ordered(scan);
	return row;
}

/*
 * PostgreSQL's functions for catalogs take it for granted that an index has
 * plain columns; of one that was put on our table they would read memory that
 * is not there.
 */
static void
check_indexes(Relation rel, CatalogIndexState indexes)
{
	for (int i = 0; i < indexes->ri_NumIndices; i++)
	{
		const IndexInfo *info = indexes->ri_IndexRelationInfo[i];

		if (info->ii_Expressions != NIL || info->ii_Predicate != NIL || info->ii_ExclusionOps != NULL)
			QFS_THROW(QFS_INDEX_KIND, "\"%v\" on qfs.%s",
					  qfs_slice_of(RelationGetRelationName(indexes->ri_IndexRelationDescs[i])),
					  RelationGetRelationName(rel));
	}
}

static const Trigger *
find_watcher(Relation rel, int16 event)
{
	const TriggerDesc *all = rel->trigdesc;

	for (int i = 0; all != NULL && i < all->numtriggers; i++)
	{
		const Trigger *t = &all->triggers[i];

		/* Internal ones are those of foreign keys: the keys never change. */
		if ((t->tgtype & event) != 0 && t->tgenabled != TRIGGER_DISABLED && !t->tgisinternal &&
			strncmp(t->tgname, "zzz_qfs_", strlen("zzz_qfs_")) != 0)
			return t;
	}
	return NULL;
}

bool
qfs_row_is_watched(Relation rel, int16 event)
{
	return find_watcher(rel, event) != NULL;
}

void
qfs_row_refuse_watched(Relation rel, int16 event)
{
	const Trigger *t = find_watcher(rel, event);

	if (t != NULL)
		QFS_THROW(QFS_TRIGGER_UNSEEN, "\"%v\" on qfs.%s", qfs_slice_of(t->tgname),
				  RelationGetRelationName(rel));
}

void
qfs_row_refuse_published(Relation rel)
{
	PublicationDesc published;

	RelationBuildPublicationDesc(rel, &published);
	if (published.pubactions.pubupdate)
		QFS_THROW(QFS_CHANGES_PUBLISHED, "qfs.%s", RelationGetRelationName(rel));
}

void
qfs_row_write(Relation rel, HeapTuple row, ItemPointer place)
{
	CatalogIndexState indexes;

	qfs_row_refuse_watched(rel, place != NULL ? TRIGGER_TYPE_UPDATE : TRIGGER_TYPE_INSERT);
	indexes = CatalogOpenIndexes(rel);

	check_indexes(rel, indexes);
	if (place != NULL)
		CatalogTupleUpdateWithInfo(rel, place, row, indexes);
	else
		CatalogTupleInsertWithInfo(rel, row, indexes);
	CatalogCloseIndexes(indexes);
}
