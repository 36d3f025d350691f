/*
 * changes.c - changes of a policy that a what-if asks about.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "sandbox/changes.h"

#include "base/status.h"
#include "crypto/sha256.h"
#include "engine/policy_key.h"
#include "rules/system/policy_changed.h"
#include "sandbox/leaves.h"

static qfs_status
refuse_fixed(void *context, qfs_slice name, qfs_slice value)
{
	qfs_key_class key_class;

	(void) value;
	if (qfs_policy_key_class(name, &key_class) && key_class == QFS_CLASS_FIXED)
		return qfs_fail(context, QFS_KEY_FIXED, "%v", name);
	return QFS_OK;
}

/* Writes an object in which a member has another value, or is not there if that is empty. */
static void
write_but(qfs_slice object, const char *name, qfs_slice instead, qfs_buf *out)
{
	qfs_json_iter iter = qfs_json_members(object);
	const char *separator = "";
	qfs_slice	plain;
	qfs_slice	key;
	qfs_slice	value;

	qfs_buf_byte(out, '{');
	while (qfs_json_next(&iter, &key, &value))
	{
		if (qfs_json_to_plain(key, &plain) && qfs_slice_is(plain, name))
			value = instead;
		if (value.len == 0)
			continue;
		qfs_buf_text(out, separator);
		separator = ",";
		qfs_buf_slice_add(out, key);
		qfs_buf_byte(out, ':');
		qfs_buf_slice_add(out, value);
	}
	qfs_buf_byte(out, '}');
}

qfs_status
qfs_changes_read(qfs_slice changes, qfs_changes *out, qfs_error *err)
{
	qfs_slice	value;
	qfs_buf		played;
	qfs_status	status;

	if (changes.len > sizeof(out->memory))
		return qfs_fail(err, QFS_POLICY_INVALID, "the changes have %u bytes, %u are the most", (uint64_t) changes.len,
						(uint64_t) sizeof(out->memory));
	status = qfs_json_check(changes, err);
	if (status == QFS_OK)
		status = qfs_policy_leaves(changes, refuse_fixed, err, err);
	if (status != QFS_OK)
		return status;
	out->all = changes;
	out->has_operators = qfs_json_member(changes, "operators", &value);
	qfs_buf_init(&played, out->memory, sizeof(out->memory));
	write_but(changes, "operators", (qfs_slice) {NULL, 0}, &played);
	out->played = qfs_buf_slice(&played);
	return QFS_OK;
}

qfs_status
qfs_changes_play(const qfs_changes *changes, qfs_slice policy, qfs_buf *out, qfs_error *err)
{
	return qfs_policy_merge(policy, changes->played, out, err);
}

qfs_status
qfs_changes_check(const qfs_changes *changes, const qfs_registry *registry, const qfs_policy *before, qfs_hash *after,
				  qfs_error *err)
{
	uint8_t		memory[QFS_POLICY_MAX];
	qfs_policy	policy;
	qfs_buf		text;
	qfs_status	status;

	qfs_buf_init(&text, memory, sizeof(memory));
	status = qfs_policy_merge(before->text, changes->all, &text, err);
	if (status == QFS_OK)
		status = qfs_policy_read_next(registry, before, qfs_buf_slice(&text), &policy, err);
	if (status == QFS_OK)
		qfs_sha256(qfs_buf_slice(&text), after);
	return status;
}

/* ---- what undoes them ---- */

typedef struct undoing
{
	const qfs_policy *policy;
	qfs_leaves	leaves;
} undoing;

/* What the key has now. */
static qfs_status
put_now(void *context, qfs_slice name, qfs_slice value)
{
	undoing    *u = context;

	(void) qfs_policy_leaf(u->policy->text, name, &value);
	qfs_leaves_put(&u->leaves, name, value);
	return QFS_OK;
}

qfs_status
qfs_changes_undo(const qfs_policy *policy, qfs_slice changes, qfs_buf *out, qfs_error *err)
{
	undoing		u = {.policy = policy};
	qfs_status	status;

	qfs_leaves_begin(&u.leaves, out);
	status = qfs_policy_leaves(changes, put_now, &u, err);
	return status == QFS_OK ? qfs_leaves_end(&u.leaves, err) : status;
}

/* ---- what others have ---- */

qfs_status
qfs_changes_of_payload(const qfs_changes *changes, qfs_slice payload, qfs_buf *buf, qfs_slice *out, qfs_error *err)
{
	uint8_t		memory[QFS_POLICY_MAX];
	qfs_buf		policy;
	qfs_slice	value;
	qfs_status	status;

	*out = payload;
	if (!qfs_json_member(payload, "policy", &value))
		return QFS_OK;
	qfs_buf_init(&policy, memory, sizeof(memory));
	status = qfs_changes_play(changes, value, &policy, err);
	if (status != QFS_OK)
		return status;
	write_but(payload, "policy", qfs_buf_slice(&policy), buf);
	if (buf->overflow)
		return qfs_fail(err, QFS_ENTRY_TOO_LARGE, "the payload with another policy");
	*out = qfs_buf_slice(buf);
	return QFS_OK;
}
