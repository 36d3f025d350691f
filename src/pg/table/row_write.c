/*
 * row_write.c - rows of qfs's own tables, written without the executor.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * As PostgreSQL writes its catalogs: a fraction of the cost, and nothing that a
 * search path, a rule or an operator of somebody else's could change.
 */
#include "pg/table/row_write.h"

#include "catalog/indexing.h"
#include "nodes/execnodes.h"
#include "utils/rel.h"

#include "base/buf.h"
#include "pg/base/errors.h"

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

void
qfs_row_write(Relation rel, HeapTuple row, ItemPointer place)
{
	CatalogIndexState indexes = CatalogOpenIndexes(rel);

	check_indexes(rel, indexes);
	if (place != NULL)
		CatalogTupleUpdateWithInfo(rel, place, row, indexes);
	else
		CatalogTupleInsertWithInfo(rel, row, indexes);
	CatalogCloseIndexes(indexes);
}
