/*
 * outcome.c - what the outcome that was recorded says.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/outcome.h"

#include "base/status.h"

qfs_slice
qfs_result_of(qfs_slice outcome)
{
	return qfs_json_member_or(outcome, "result", QFS_LITERAL("{}"));
}

/* ---- what was looked at ---- */

static bool
comes_after(const qfs_read *a, const qfs_read *b)
{
	int			order = memcmp(&a->user, &b->user, sizeof(qfs_user_id));

	return order != 0 ? order > 0 : a->kind > b->kind;
}

/* The kinds of an account; every record comes after the one before it. */
static bool
read_kinds(qfs_slice kinds, const qfs_user_id *user, uint64_t seq, qfs_reads *out)
{
	qfs_json_iter iter = qfs_json_members(kinds);
	qfs_slice	name;
	qfs_slice	value;

	if (qfs_json_type_of(kinds) != QFS_JSON_OBJECT || qfs_json_length(kinds) == 0)
		return false;
	while (qfs_json_next(&iter, &name, &value))
	{
		qfs_read	next = {.user = *user};

		if (!qfs_json_to_plain(name, &name) || !qfs_account_kind_parse(name, &next.kind) ||
			!qfs_previous_read(value, seq, &next.previous) ||
			(out->count > 0 && !comes_after(&next, &out->list[out->count - 1])))
			return false;
		out->list[out->count++] = next;
	}
	return true;
}

static bool
read_accounts(qfs_slice accounts, uint64_t seq, qfs_reads *out)
{
	qfs_json_iter iter = qfs_json_members(accounts);
	qfs_slice	name;
	qfs_slice	kinds;
	qfs_user_id user;

	if (qfs_json_type_of(accounts) != QFS_JSON_OBJECT || qfs_json_length(accounts) == 0 ||
		qfs_json_length(accounts) > QFS_EFFECT_ACCOUNTS)
		return false;
	while (qfs_json_next(&iter, &name, &kinds))
		if (!qfs_json_to_plain(name, &name) || qfs_user_id_parse(name, &user, NULL) != QFS_OK ||
			!read_kinds(kinds, &user, seq, out))
			return false;
	return true;
}

qfs_status
qfs_reads_parse(qfs_slice outcome, uint64_t seq, qfs_reads *out, qfs_error *err)
{
	qfs_slice	read;

	out->count = 0;
	if (!qfs_json_member(outcome, "read", &read) || read_accounts(read, seq, out))
		return QFS_OK;
	return qfs_fail(err, QFS_OUTCOME_MISMATCH, "what entry %u says it looked at is not of the form: %v", seq, read);
}

/* ---- guards ---- */

qfs_json_iter
qfs_guards_of(qfs_slice outcome)
{
	return qfs_json_members(qfs_json_member_or(outcome, "guards", QFS_LITERAL("[]")));
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
qfs_outcome_first_block(qfs_slice outcome, qfs_slice *name)
{
	qfs_json_iter iter = qfs_guards_of(outcome);
	qfs_slice	guard;

	return qfs_guard_next_block(&iter, &guard, name);
}

bool
qfs_outcome_is_blocked(qfs_slice outcome)
{
	qfs_slice	value;

	return qfs_json_member(outcome, "status", &value) &&
		qfs_slice_equal(value, QFS_LITERAL("\"BLOCKED\""));
}
