/*
 * row_write.h - rows of qfs's own tables, written without the executor.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_ROW_WRITE_H
#define QFS_ROW_WRITE_H

#include "pg/base/compat.h"

#include "access/htup.h"
#include "utils/relcache.h"

/*
 * Inserts a row with its index entries, or puts it in place of the one at
 * `place`; row->t_self is where it is then.  No trigger fires; the next command
 * sees the row.
 * Errors: INDEX_KIND; PostgreSQL's for what is not unique.
 */
extern void qfs_row_write(Relation rel, HeapTuple row, ItemPointer place);

#endif
