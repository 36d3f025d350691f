/*
 * overlay_store.c - records over those of another store, which stay as they are.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "sandbox/overlay_store.h"

#include "base/status.h"

static qfs_status
get(qfs_store *store, const qfs_kind *kind, void *record, bool *found, qfs_error *err)
{
	qfs_overlay_store *s = (qfs_overlay_store *) store;
	qfs_store  *over = qfs_memory_store_base(s->over);
	qfs_status	status = over->get(over, kind, record, found, err);

	return status == QFS_OK && !*found ? s->under->get(s->under, kind, record, found, err) : status;
}

static qfs_status
put(qfs_store *store, const qfs_kind *kind, const void *record, qfs_error *err)
{
	qfs_overlay_store *s = (qfs_overlay_store *) store;
	qfs_store  *over = qfs_memory_store_base(s->over);

	return over->put(over, kind, record, err);
}

void
qfs_overlay_store_init(qfs_overlay_store *store, qfs_store *under, qfs_memory_store *over)
{
	store->base = (qfs_store) {get, put};
	store->under = under;
	store->over = over;
}
