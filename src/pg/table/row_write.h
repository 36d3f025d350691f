/*
 * row_write.h - rows of qfs's own tables, found and written without the executor.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_ROW_WRITE_H
#define QFS_ROW_WRITE_H

#include "pg/base/compat.h"

#include "access/htup.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

/*
 * The row that a unique index of the table leads to, a copy, or NULL.
 * keys: one value for each of its first `count` columns
 */
extern HeapTuple qfs_row_find(Relation rel, Relation index, int count, const Datum *keys,
							  Snapshot snapshot);

/*
 * Is there a trigger of somebody else's that is to be told?
 * event: TRIGGER_TYPE_INSERT, _UPDATE or _DELETE
 */
extern bool qfs_row_is_watched(Relation rel, int16 event);

/* To be called before rows are written or deleted.  Errors: TRIGGER_UNSEEN. */
extern void qfs_row_refuse_watched(Relation rel, int16 event);

/*
 * To be called before a row is changed in a way that no subscriber takes: they follow an entry instead.
 * Errors: CHANGES_PUBLISHED.
 */
extern void qfs_row_refuse_published(Relation rel);

/*
 * Inserts a row with its index entries, or puts it in place of the one at
 * `place`; row->t_self is where it is then.  No trigger fires; the next command
 * sees the row.
 * Errors: INDEX_KIND, TRIGGER_UNSEEN; PostgreSQL's for what is not unique.
 */
extern void qfs_row_write(Relation rel, HeapTuple row, ItemPointer place);

#endif
