/*
 * outcome.c - what the outcome that was recorded says.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/outcome.h"

#include "base/status.h"

static qfs_json_iter
members_of(qfs_slice outcome, const char *name)
{
	return qfs_json_members(qfs_json_member_or(outcome, name, QFS_LITERAL("[]")));
}

qfs_slice
qfs_result_of(qfs_slice outcome)
{
	return qfs_json_member_or(outcome, "result", QFS_LITERAL("{}"));
}

qfs_json_iter
qfs_reads_of(qfs_slice outcome)
{
	return members_of(outcome, "read");
}

qfs_status
qfs_read_next(qfs_json_iter *iter, qfs_read *out, bool *found, qfs_error *err)
{
	qfs_slice	key;
	qfs_slice	object;
	qfs_slice	account;
	qfs_slice	kind;
	qfs_slice	previous;

	*found = qfs_json_next(iter, &key, &object);
	if (!*found)
		return QFS_OK;
	out->previous = -1;
	if (!qfs_json_member(object, "account", &account) || !qfs_json_to_plain(account, &account) ||
		qfs_user_id_parse(account, &out->user, NULL) != QFS_OK ||
		!qfs_json_member(object, "kind", &kind) || !qfs_json_to_plain(kind, &kind) ||
		!qfs_account_kind_parse(kind, &out->kind) || !qfs_json_member(object, "previous", &previous) ||
		(qfs_json_type_of(previous) != QFS_JSON_NULL &&
		 (!qfs_json_to_int(previous, &out->previous) || out->previous < 0)))
		return qfs_fail(err, QFS_OUTCOME_MISMATCH, "what was read without account, kind or previous: %v", object);
	return QFS_OK;
}

qfs_json_iter
qfs_guards_of(qfs_slice outcome)
{
	return members_of(outcome, "guards");
}

bool
qfs_guard_next_block(qfs_json_iter *iter, qfs_slice *guard, qfs_slice *name)
{
	qfs_slice	key;
	qfs_slice	value;

	while (qfs_json_next(iter, &key, guard))
		if (qfs_json_member(*guard, "result", &value) &&
			qfs_slice_equal(value, QFS_LITERAL("\"BLOCK\"")) &&
			qfs_json_member(*guard, "guard", &value) && qfs_json_to_plain(value, name) &&
			name->len <= QFS_TYPE_MAX)
			return true;
	return false;
}

bool
qfs_outcome_is_blocked(qfs_slice outcome)
{
	qfs_slice	value;

	return qfs_json_member(outcome, "status", &value) &&
		qfs_slice_equal(value, QFS_LITERAL("\"BLOCKED\""));
}
