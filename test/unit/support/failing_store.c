/*
 * failing_store.c - a store in which one call fails.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "support/failing_store.h"

#include "base/status.h"

static qfs_status
answer(failing_store *f, qfs_error *err)
{
	if (++f->calls == f->fail_at)
		return qfs_fail(err, QFS_NO_MEMORY, "call %u", (uint64_t) f->calls);
	return QFS_OK;
}

static qfs_status
failing_get(qfs_store *store, const qfs_kind *kind, void *record, bool *found, qfs_error *err)
{
	failing_store *f = (failing_store *) store;
	qfs_status	status = answer(f, err);

	return status == QFS_OK ? f->inner->get(f->inner, kind, record, found, err) : status;
}

static qfs_status
failing_put(qfs_store *store, const qfs_kind *kind, const void *record, qfs_error *err)
{
	failing_store *f = (failing_store *) store;
	qfs_status	status = answer(f, err);

	return status == QFS_OK ? f->inner->put(f->inner, kind, record, err) : status;
}

failing_store
failing_store_over(qfs_store *inner, unsigned fail_at)
{
	return (failing_store) {{failing_get, failing_put}, inner, 0, fail_at};
}
