/*
 * policy.c - the parameters that the rules of a ledger use.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "policy.h"

#include "json.h"
#include "schema.h"
#include "status.h"

static const char defaults[] =
	"{"
	"\"block_ms\":17000,"
	"\"epoch_blocks\":512,"
	"\"visibility\":\"parties\""
	"}";

/* Ranges; additionalProperties is false, and every key is required. */
static const char schema[] =
	"{\"properties\":{"
	"\"block_ms\":{\"maximum\":86400000,\"minimum\":1000,\"type\":\"integer\"},"
	"\"epoch_blocks\":{\"maximum\":1000000,\"minimum\":1,\"type\":\"integer\"},"
	"\"visibility\":{\"enum\":[\"parties\",\"public\"]}"
	"},\"required\":[\"block_ms\",\"epoch_blocks\",\"visibility\"],"
	"\"type\":\"object\"}";

qfs_slice
qfs_policy_default(void)
{
	return qfs_slice_of(defaults);
}

/* Copies an object; where both sides have an object, goes into it. */
static qfs_status
merge(qfs_slice base, qfs_slice changes, qfs_buf *out, qfs_error *err)
{
	qfs_json_iter base_members = qfs_json_members(base);
	qfs_json_iter change_members = qfs_json_members(changes);
	qfs_slice	key;
	qfs_slice	value;
	qfs_slice	change_key = {NULL, 0};
	qfs_slice	change = {NULL, 0};
	bool		more = qfs_json_next(&change_members, &change_key, &change);
	const char *separator = "";

	qfs_buf_byte(out, '{');
	while (qfs_json_next(&base_members, &key, &value))
	{
		bool		replaced = more && qfs_slice_equal(key, change_key);
		qfs_status	status = QFS_OK;

		qfs_buf_text(out, separator);
		separator = ",";
		qfs_buf_slice_add(out, key);
		qfs_buf_byte(out, ':');
		if (!replaced)
			qfs_buf_slice_add(out, value);
		else if (qfs_json_type_of(value) == QFS_JSON_OBJECT &&
				 qfs_json_type_of(change) == QFS_JSON_OBJECT)
			status = merge(value, change, out, err);
		else
			qfs_buf_slice_add(out, change);
		if (status != QFS_OK)
			return status;
		if (replaced)
			more = qfs_json_next(&change_members, &change_key, &change);
	}
	/* Both sides are sorted, so a change that is left over has no base. */
	if (more)
		return qfs_fail(err, QFS_POLICY_INVALID, "the key %v does not exist", change_key);
	qfs_buf_byte(out, '}');
	return QFS_OK;
}

qfs_status
qfs_policy_merge(qfs_slice base, qfs_slice changes, qfs_buf *out, qfs_error *err)
{
	qfs_status	status;

	if (qfs_json_type_of(changes) != QFS_JSON_OBJECT)
		return qfs_fail(err, QFS_POLICY_INVALID, "not an object");
	status = merge(base, changes, out, err);
	if (status == QFS_OK && (out->overflow || out->len > QFS_POLICY_MAX))
		return qfs_fail(err, QFS_POLICY_INVALID, "longer than %u bytes", (uint64_t) QFS_POLICY_MAX);
	return status;
}

qfs_status
qfs_policy_parse(qfs_slice policy, qfs_policy *out, qfs_error *err)
{
	qfs_slice	value;
	qfs_status	status;

	status = qfs_schema_validate(qfs_slice_of(schema), policy, "policy", QFS_POLICY_INVALID, err);
	if (status != QFS_OK)
		return status;

	qfs_json_member(policy, "block_ms", &value);
	qfs_json_to_int(value, &out->block_ms);
	qfs_json_member(policy, "epoch_blocks", &value);
	qfs_json_to_int(value, &out->epoch_blocks);
	qfs_json_member(policy, "visibility", &value);
	out->is_public = qfs_slice_equal(value, QFS_LITERAL("\"public\""));
	return QFS_OK;
}
