/*
 * policy_value.c - values of a policy that its schema has admitted.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/policy_value.h"

#include "base/status.h"
#include "text/json.h"
#include "text/uri.h"

qfs_slice
qfs_policy_member(qfs_slice object, const char *name)
{
	return qfs_json_member_or(object, name, QFS_LITERAL("null"));
}

int64_t
qfs_policy_integer(qfs_slice object, const char *name)
{
	return qfs_json_int_or(qfs_policy_member(object, name), 0);
}

qfs_status
qfs_policy_read_amount(qfs_slice object, const char *name, qfs_amount most, qfs_amount *out, qfs_error *err)
{
	qfs_slice	value = qfs_policy_member(object, name);
	qfs_slice	text;

	if (!qfs_json_to_plain(value, &text) || qfs_amount_parse(text, out, NULL) != QFS_OK ||
		*out > most)
		return qfs_fail(err, QFS_POLICY_INVALID, "%s: %v is not an amount within its range",
						name, value);
	return QFS_OK;
}

qfs_status
qfs_policy_check_list(qfs_slice list, const char *name, const char *what, bool (*is_one) (qfs_slice text),
					  qfs_error *err)
{
	qfs_json_iter iter = qfs_json_members(list);
	qfs_slice	key;
	qfs_slice	item;
	qfs_slice	text;

	while (qfs_json_next(&iter, &key, &item))
		if (!qfs_json_to_plain(item, &text) || !is_one(text))
			return qfs_fail(err, QFS_POLICY_INVALID, "policy.%s: %v is not %s", name, item, what);
	return QFS_OK;
}

bool
qfs_policy_lists_any(qfs_slice list, bool (*covers) (qfs_slice item, qfs_slice text), qfs_slice text)
{
	qfs_json_iter iter = qfs_json_members(list);
	qfs_slice	key;
	qfs_slice	item;
	qfs_slice	plain;

	while (qfs_json_next(&iter, &key, &item))
		if (qfs_json_to_plain(item, &plain) && covers(plain, text))
			return true;
	return false;
}

bool
qfs_policy_lists(qfs_slice list, qfs_slice text)
{
	return qfs_policy_lists_any(list, qfs_slice_equal, text);
}

bool
qfs_policy_lists_user(qfs_slice list, const qfs_user_id *user)
{
	uint8_t		text[QFS_USER_ID_TEXT];
	qfs_buf		buf;

	qfs_buf_init(&buf, text, sizeof(text));
	qfs_user_id_write(&buf, user);
	return qfs_policy_lists(list, qfs_buf_slice(&buf));
}

static bool
begins(qfs_slice prefix, qfs_slice uri)
{
	return qfs_uri_is_below(uri, prefix);
}

bool
qfs_policy_lists_prefix(qfs_slice list, qfs_slice text)
{
	return qfs_policy_lists_any(list, begins, text);
}

bool
qfs_policy_lists_int(qfs_slice list, int64_t n)
{
	qfs_json_iter iter = qfs_json_members(list);
	qfs_slice	key;
	qfs_slice	item;
	int64_t		value;

	while (qfs_json_next(&iter, &key, &item))
		if (qfs_json_to_int(item, &value) && value == n)
			return true;
	return false;
}
