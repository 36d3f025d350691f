/*
 * payload.c - members of an event's payload, or an error that names the member.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/payload.h"

#include "base/status.h"

static qfs_status
invalid(const qfs_act *act, const char *name, const char *why)
{
	return qfs_fail(act->err, QFS_PAYLOAD_INVALID, "payload.%s: %s", name, why);
}

qfs_status
qfs_payload_value(const qfs_act *act, const char *name, qfs_slice *out)
{
	return qfs_json_member(act->event->payload, name, out) ? QFS_OK : invalid(act, name, "missing");
}

qfs_status
qfs_payload_int(const qfs_act *act, const char *name, int64_t *out)
{
	qfs_slice	value;
	qfs_status	status = qfs_payload_value(act, name, &value);

	if (status == QFS_OK && !qfs_json_to_int(value, out))
		return invalid(act, name, "must be an integer");
	return status;
}

qfs_status
qfs_payload_text(const qfs_act *act, const char *name, qfs_buf *out)
{
	qfs_slice	value;
	qfs_status	status = qfs_payload_value(act, name, &value);

	if (status == QFS_OK && !qfs_json_to_text(value, out))
		return invalid(act, name, "must be a string");
	return status;
}

qfs_status
qfs_payload_plain(const qfs_act *act, const char *name, qfs_slice *out)
{
	qfs_slice	value;
	qfs_status	status = qfs_payload_value(act, name, &value);

	if (status == QFS_OK && !qfs_json_to_plain(value, out))
		return invalid(act, name, "must be a string without escapes");
	return status;
}

qfs_status
qfs_payload_name(const qfs_act *act, const char *name, char out[QFS_TYPE_MAX + 1])
{
	qfs_slice	text;
	qfs_slice	value;

	memset(out, 0, QFS_TYPE_MAX + 1);
	if (!qfs_json_member(act->event->payload, name, &value) || !qfs_json_to_plain(value, &text) ||
		text.len > QFS_TYPE_MAX)
		return qfs_fail(act->err, QFS_PAYLOAD_INVALID, "payload.%s: at most %u bytes without escapes", name,
						(uint64_t) QFS_TYPE_MAX);
	memcpy(out, text.data, text.len);
	return QFS_OK;
}

qfs_status
qfs_payload_hash(const qfs_act *act, const char *name, qfs_hash *out)
{
	if (!qfs_json_member_hex(act->event->payload, name, out->bytes, sizeof(out->bytes)))
		return invalid(act, name, "64 lower-case hexadecimal digits");
	return QFS_OK;
}

qfs_status
qfs_payload_user(const qfs_act *act, const char *name, qfs_user_id *out)
{
	qfs_slice	text;
	qfs_status	status = qfs_payload_plain(act, name, &text);

	return status == QFS_OK ? qfs_user_id_parse(text, out, act->err) : status;
}
