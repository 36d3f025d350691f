/*
 * overlay_store.h - records over those of another store, which stay as they are.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * What is put lies in memory and is found before what is below: so that a few
 * acts can be tried on a ledger of any size.
 */
#ifndef QFS_OVERLAY_STORE_H
#define QFS_OVERLAY_STORE_H

#include "state/store_memory.h"

typedef struct qfs_overlay_store
{
	qfs_store	base;			/* first: the rules get a pointer to it */
	qfs_store  *under;
	qfs_memory_store *over;
} qfs_overlay_store;

/* Both stay the caller's; of the one below nothing but get is called. */
extern void qfs_overlay_store_init(qfs_overlay_store *store, qfs_store *under, qfs_memory_store *over);

#endif
