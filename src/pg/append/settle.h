/*
 * settle.h - what is due by the agenda comes before anything else.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_SETTLE_H
#define QFS_SETTLE_H

#include "utils/rel.h"

#include "ledger/chain.h"

/* Every event is preceded by what is due, from here on. */
extern void qfs_settle_register(void);

/*
 * Appends whatever is due at a time, one entry after the other, under the
 * chain lock, which the caller has; returns how many.  What is appended inside
 * that is a settlement itself settles nothing.
 * *at: gets the time of the last of them, if that is later
 */
extern int64 qfs_settle(Relation ledger, qfs_chain *chain, int64 *at);

/*
 * Takes the chain lock and appends whatever is due now; returns how many.  For
 * whoever reads what the next event is made of: a settlement may change it.
 * The ledger is open.
 */
extern int64 qfs_settle_now(void);

#endif
