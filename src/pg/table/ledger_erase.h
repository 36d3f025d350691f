/*
 * ledger_erase.h - takes payload and signature out of a row of the ledger.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_LEDGER_ERASE_H
#define QFS_LEDGER_ERASE_H

#include "pg/base/compat.h"

#include "utils/rel.h"

/*
 * Takes payload and signature out of a row, if it is an entry of a type that
 * is erased and has them.  No trigger fires: this is the one change
 * of a row that there is.
 * Errors: ENTRY_UNKNOWN, CHANGES_PUBLISHED, INDEX_KIND, TRIGGER_UNSEEN.
 */
extern void qfs_ledger_erase(Relation ledger, uint64 seq);

#endif
