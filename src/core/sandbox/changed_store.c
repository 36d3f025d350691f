/*
 * changed_store.c - records as another store has them, but every policy with changes.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "sandbox/changed_store.h"

static qfs_status
get(qfs_store *store, const qfs_kind *kind, void *record, bool *found, qfs_error *err)
{
	qfs_changed_store *s = (qfs_changed_store *) store;
	qfs_policy_record *policy = record;
	qfs_status	status = s->under->get(s->under, kind, record, found, err);
	qfs_buf		text;

	if (status != QFS_OK || !*found || kind != &qfs_kind_policy)
		return status;
	qfs_buf_init(&text, s->policy, sizeof(s->policy));
	status = qfs_changes_play(s->changes, policy->policy, &text, err);
	policy->policy = qfs_buf_slice(&text);
	return status;
}

static qfs_status
put(qfs_store *store, const qfs_kind *kind, const void *record, qfs_error *err)
{
	qfs_changed_store *s = (qfs_changed_store *) store;

	return s->under->put(s->under, kind, record, err);
}

void
qfs_changed_store_init(qfs_changed_store *store, qfs_store *under, const qfs_changes *changes)
{
	store->base = (qfs_store) {get, put};
	store->under = under;
	store->changes = changes;
}
