/*
 * opening.h - is the ledger empty, closed or open?
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Empty: genesis opens it.  Closed: it is being restored or imported, or
 * follows another one; recorded entries come in, each is checked, and no event
 * is taken.  Open: events, and no recorded entry.  Which of them it is belongs
 * to this database: it is in no dump.
 */
#ifndef QFS_OPENING_H
#define QFS_OPENING_H

#include "pg/base/compat.h"

/* Does it take events?  It has state, and was opened. */
extern bool qfs_ledger_is_open(void);

/* From now on it takes events; size: entries that were there before. */
extern void qfs_ledger_open(uint64 size);

/* The subscription that the ledger follows, palloc'd, or NULL. */
extern char *qfs_ledger_subscription(void);

/*
 * What is wrong with a ledger of this size that is not open: it has no genesis,
 * or entries that nobody has opened yet.
 * missing: what there is not before genesis
 * Errors: NO_GENESIS, NOT_VERIFIED.
 */
pg_noreturn extern void qfs_ledger_throw_closed(uint64 size, const char *missing);

#endif
