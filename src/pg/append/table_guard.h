/*
 * table_guard.h - the guard of every table of qfs's but the ledger.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_TABLE_GUARD_H
#define QFS_TABLE_GUARD_H

#include "utils/relcache.h"

/*
 * The next row that a statement inserts into this table is our own: for
 * triggers of the application's, which are told of statements alone.
 */
extern void qfs_table_guard_permit(Relation rel);
extern void qfs_table_guard_end(void);

#endif
