/*
 * own_event.h - an event of the ledger itself, whoever is acting.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_OWN_EVENT_H
#define QFS_OWN_EVENT_H

#include "utils/rel.h"

#include "base/types.h"

/* Appends it; returns its number.  at: the time that it was made for; 0: it is now */
extern int64 qfs_append_own_event(Relation ledger, const char *type, qfs_slice payload, int64 at);

#endif
