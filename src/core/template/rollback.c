/*
 * rollback.c - changes of a policy, and what undoes them.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "template/rollback.h"

#include "base/status.h"
#include "ledger/state_hash.h"
#include "rules/system/policy_changed.h"

/* ---- the inverse ---- */

static qfs_status
make_inverse(qfs_rollback *rollback, const qfs_policy *policy, const qfs_changes *changes, qfs_error *err)
{
	qfs_buf		text;
	qfs_status	status;

	qfs_buf_init(&text, rollback->text, sizeof(rollback->text));
	status = qfs_changes_undo(policy, changes->all, &text, err);
	return status == QFS_OK ? qfs_changes_read(qfs_buf_slice(&text), &rollback->inverse, err) : status;
}

/* May it come after the policy that the changes make? */
static qfs_status
check_inverse(qfs_rollback *rollback, const qfs_registry *registry, const qfs_policy *policy, const qfs_changes *changes,
			  qfs_error *err)
{
	uint8_t		memory[QFS_POLICY_MAX];
	qfs_policy	changed;
	qfs_hash	ignored;
	qfs_buf		text;
	qfs_status	status;

	qfs_buf_init(&text, memory, sizeof(memory));
	status = qfs_policy_merge(policy->text, changes->all, &text, err);
	if (status == QFS_OK)
		status = qfs_policy_read_next(registry, policy, qfs_buf_slice(&text), &changed, err);
	if (status == QFS_OK)
		rollback->refused = qfs_changes_check(&rollback->inverse, registry, &changed, &ignored, NULL);
	return status;
}

/* ---- there and back ---- */

static qfs_status
hash_of(const qfs_cumulative *c, const qfs_registry *registry, qfs_allocator allocator, qfs_hash *out, qfs_error *err)
{
	return qfs_state_of_memory(c->memory, registry, allocator, out, err);
}

static qfs_status
there_and_back(qfs_rollback *rollback, qfs_cumulative *c, const qfs_registry *registry, const qfs_changes *changes,
			   qfs_allocator allocator, qfs_error *err)
{
	qfs_hash	before;
	qfs_hash	after;
	qfs_status	status = hash_of(c, registry, allocator, &before, err);

	if (status == QFS_OK)
		status = qfs_cumulative_change(c, changes, err);
	if (status == QFS_OK)
		status = qfs_cumulative_change(c, &rollback->inverse, err);
	if (status == QFS_OK)
		status = hash_of(c, registry, allocator, &after, err);
	rollback->restored = status == QFS_OK && memcmp(&before, &after, sizeof(after)) == 0;
	return status;
}

/* c: memory that is the caller's */
static qfs_status
run_in(qfs_rollback *rollback, qfs_cumulative *c, const qfs_registry *registry, const qfs_memory_store *state,
	   const qfs_changes *changes, qfs_allocator allocator, qfs_error *err)
{
	qfs_changes none;
	qfs_status	status = qfs_changes_read(QFS_LITERAL("{}"), &none, err);

	if (status != QFS_OK)
		return status;
	status = qfs_cumulative_begin(c, registry, state, &none, allocator, err);
	if (status == QFS_OK)
		status = there_and_back(rollback, c, registry, changes, allocator, err);
	qfs_cumulative_end(c);
	return status;
}

qfs_status
qfs_rollback_run(qfs_rollback *rollback, const qfs_registry *registry, const qfs_memory_store *state,
				 const qfs_policy *policy, const qfs_changes *changes, qfs_allocator allocator, qfs_error *err)
{
	qfs_cumulative *c;
	qfs_status	status = make_inverse(rollback, policy, changes, err);

	rollback->restored = false;
	rollback->refused = QFS_OK;
	if (status == QFS_OK)
		status = check_inverse(rollback, registry, policy, changes, err);
	if (status != QFS_OK || rollback->refused != QFS_OK)
		return status;
	c = allocator.allocate(allocator.context, sizeof(*c));
	if (c == NULL)
		return qfs_fail(err, QFS_NO_MEMORY, "for another state");
	status = run_in(rollback, c, registry, state, changes, allocator, err);
	allocator.release(allocator.context, c);
	return status;
}

void
qfs_rollback_write(const qfs_rollback *rollback, qfs_json_writer *w)
{
	qfs_json_open_object(w);
	qfs_json_key(w, "inverse");
	qfs_json_put_value(w, rollback->inverse.all);
	qfs_json_key(w, "refused");
	if (rollback->refused != QFS_OK)
		qfs_json_put_text(w, qfs_slice_of(qfs_status_code(rollback->refused)));
	else
		qfs_json_put_null(w);
	qfs_json_key(w, "restored");
	qfs_json_put_bool(w, rollback->restored);
	qfs_json_close(w);
}
