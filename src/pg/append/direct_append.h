/*
 * direct_append.h - an event appended past the executor.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_DIRECT_APPEND_H
#define QFS_DIRECT_APPEND_H

#include "utils/relcache.h"

#include "log/entry.h"

/*
 * Is there anything of the application's that only the executor serves: another
 * trigger that sees inserts, or another index?
 */
extern bool qfs_ledger_is_watched(Relation ledger);

/*
 * What the trigger does, and the executor around it; returns the entry's number.
 * signature: empty if there is none
 * Errors: those of qfs_event_append.
 */
extern int64 qfs_append_directly(Relation ledger, qfs_entry *event, qfs_slice signature);

#endif
