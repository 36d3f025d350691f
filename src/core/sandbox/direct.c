/*
 * direct.c - which recorded entries would have been judged otherwise under a changed policy, each by itself.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "sandbox/direct.h"

#include "base/status.h"

qfs_status
qfs_direct_begin(qfs_direct *direct, const qfs_registry *registry, const qfs_changes *changes, qfs_allocator allocator,
				 qfs_error *err)
{
	direct->registry = registry;
	direct->changes = changes;
	direct->is_wrong = false;
	direct->memory = qfs_memory_store_create(allocator);
	if (direct->memory == NULL)
		return qfs_fail(err, QFS_NO_MEMORY, "for the state of the ledger");
	qfs_changed_store_init(&direct->store, qfs_memory_store_base(direct->memory), changes);
	qfs_reducer_init(&direct->recorded, registry, qfs_memory_store_base(direct->memory), false);
	qfs_reducer_init(&direct->changed, registry, &direct->store.base, false);
	return QFS_OK;
}

void
qfs_direct_end(qfs_direct *direct)
{
	if (direct->memory != NULL)
		qfs_memory_store_destroy(direct->memory);
	direct->memory = NULL;
}

/* A judgement that leaves no trace. */
static qfs_status
judge_alone(qfs_direct *direct, qfs_reducer *r, const qfs_changes *changes, const qfs_entry *entry,
			qfs_judging_space *space, qfs_judgement *out, qfs_error *err)
{
	qfs_status	status;

	qfs_memory_store_begin(direct->memory);
	status = qfs_judge(r, changes, entry, space, out, err);
	qfs_memory_store_end(direct->memory, false);
	/* It may have read a policy that is not in force after all, and that has no changes yet. */
	qfs_reducer_forget(r);
	r->has_policy &= memcmp(&r->parsed, &direct->recorded.ledger.policy, sizeof(r->parsed)) == 0;
	return status;
}

static bool
is_same(const qfs_judgement *a, const qfs_judgement *b)
{
	return a->refused == b->refused && qfs_slice_equal(a->outcome, b->outcome) &&
		qfs_slice_equal(a->accounts, b->accounts);
}

qfs_status
qfs_direct_judge(qfs_direct *direct, const qfs_entry *entry, qfs_difference *out, qfs_error *err)
{
	qfs_judgement recorded;
	qfs_judgement given;
	qfs_judgement changed;
	qfs_buf		parts;
	qfs_status	status;

	direct->is_wrong = false;
	qfs_buf_init(&parts, direct->parts, sizeof(direct->parts));
	qfs_judgement_recorded(entry, &parts, &recorded);
	status = judge_alone(direct, &direct->changed, direct->changes, entry, &direct->other, &changed, err);
	if (status != QFS_OK)
		return status;
	qfs_difference_of(&recorded, &changed, out);
	if (out->same)
		return QFS_OK;
	/* Is it the changes that it differs by, or is what was recorded not what the rules give? */
	status = judge_alone(direct, &direct->recorded, NULL, entry, &direct->given, &given, err);
	if (status != QFS_OK)
		return status;
	direct->is_wrong = !is_same(&recorded, &given);
	if (direct->is_wrong)
		qfs_difference_of(&given, &changed, out);
	return QFS_OK;
}

qfs_status
qfs_direct_follow(qfs_direct *direct, const qfs_entry *entry, const qfs_hash *hash, qfs_error *err)
{
	qfs_status	status = qfs_recall(&direct->recorded, entry, err);

	if (status == QFS_OK && entry->seq == 0)
		status = qfs_reducer_name_ledger(&direct->recorded, hash, err);
	/* The record of the ledger has changed behind its back, or another one. */
	qfs_reducer_forget(&direct->changed);
	return status;
}
