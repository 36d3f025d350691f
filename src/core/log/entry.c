/*
 * entry.c - one ledger entry: its canonical bytes and its hash.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "log/entry.h"

#include "base/assert.h"
#include "base/status.h"
#include "text/json.h"

qfs_status
qfs_type_check(qfs_slice type, qfs_error *err)
{
	bool		good = type.len >= 1 && type.len <= QFS_TYPE_MAX &&
		type.data[0] >= 'A' && type.data[0] <= 'Z';

	for (size_t i = 1; good && i < type.len; i++)
	{
		uint8_t		c = type.data[i];

		good = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
	}
	if (!good)
		return qfs_fail(err, QFS_TYPE_SYNTAX, "\"%v\"", type);
	return QFS_OK;
}

static bool
is_object(qfs_slice value)
{
	return qfs_json_type_of(value) == QFS_JSON_OBJECT;
}

qfs_status
qfs_entry_encode(const qfs_entry *entry, qfs_buf *out, qfs_error *err)
{
	QFS_ASSERT(out->len == 0);
	QFS_ASSERT(is_object(entry->auth) && is_object(entry->outcome) && is_object(entry->payload));
	qfs_buf_text(out, "{\"actor\":\"");
	if (entry->has_actor)
		qfs_user_id_write(out, &entry->actor);
	else
		qfs_buf_text(out, "system");
	qfs_buf_text(out, "\",\"at\":");
	qfs_buf_int(out, entry->at);
	qfs_buf_text(out, ",\"auth\":");
	qfs_buf_slice_add(out, entry->auth);
	qfs_buf_text(out, ",\"outcome\":");
	qfs_buf_slice_add(out, entry->outcome);
	qfs_buf_text(out, ",\"payload\":");
	qfs_buf_slice_add(out, entry->payload);
	qfs_buf_text(out, ",\"prev\":\"");
	qfs_buf_hex(out, entry->prev.bytes, sizeof(entry->prev.bytes));
	qfs_buf_text(out, "\",\"seq\":");
	qfs_buf_uint(out, entry->seq);
	qfs_buf_text(out, ",\"type\":\"");
	qfs_buf_slice_add(out, entry->type);
	qfs_buf_text(out, "\",\"v\":1}");

	if (out->overflow || out->len > QFS_ENTRY_MAX)
		return qfs_fail(err, QFS_ENTRY_TOO_LARGE, "entry %u", entry->seq);
	return QFS_OK;
}

/* "system" or a user id */
static qfs_status
decode_actor(qfs_slice value, qfs_entry *out, qfs_error *err)
{
	qfs_slice	text;

	if (!qfs_json_to_plain(value, &text))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "actor is not a user id");
	out->has_actor = !qfs_slice_equal(text, QFS_LITERAL("system"));
	if (!out->has_actor)
		return QFS_OK;
	return qfs_user_id_parse(text, &out->actor, err);
}

static bool
decode_count(qfs_slice value, int64_t *out)
{
	return qfs_json_to_int(value, out) && *out >= 0;
}

qfs_status
qfs_entry_decode(qfs_slice line, qfs_entry *out, qfs_error *err)
{
	enum
	{
		ACTOR, AT, AUTH, OUTCOME, PAYLOAD, PREV, SEQ, TYPE, V, FIELDS
	};
	static const char *const names[] = {
		[ACTOR] = "actor",[AT] = "at",[AUTH] = "auth",[OUTCOME] = "outcome",
		[PAYLOAD] = "payload",[PREV] = "prev",[SEQ] = "seq",[TYPE] = "type",[V] = "v"
	};
	_Static_assert(QFS_ROWS(names) == FIELDS, "a name for each field");
	qfs_slice	field[FIELDS];
	qfs_slice	key;
	qfs_slice	extra;
	qfs_json_iter iter;
	int64_t		seq;
	int64_t		version;
	qfs_status	status;

	if (line.len > QFS_ENTRY_MAX)
		return qfs_fail(err, QFS_ENTRY_TOO_LARGE, "%u bytes", (uint64_t) line.len);
	status = qfs_json_check(line, err);
	if (status != QFS_OK)
		return status;
	if (!is_object(line))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "not an object");

	iter = qfs_json_members(line);
	for (int i = 0; i < FIELDS; i++)
	{
		size_t		len = strlen(names[i]);

		if (!qfs_json_next(&iter, &key, &field[i]) ||
			key.len != len + 2 || memcmp(key.data + 1, names[i], len) != 0)
			return qfs_fail(err, QFS_ENTRY_FORMAT, "the member \"%s\" was expected", names[i]);
	}
	if (qfs_json_next(&iter, &key, &extra))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "the member %v is one too many", key);

	if (!qfs_json_to_int(field[V], &version) || version != 1)
		return qfs_fail(err, QFS_ENTRY_FORMAT, "v is not 1");
	if (!decode_count(field[SEQ], &seq))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "seq is not a count");
	out->seq = (uint64_t) seq;
	if (!decode_count(field[AT], &out->at))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "at is not a time");
	if (!qfs_json_member_hex(line, "prev", out->prev.bytes, sizeof(out->prev.bytes)))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "prev is not a hash");
	if (!is_object(field[AUTH]) || !is_object(field[OUTCOME]) || !is_object(field[PAYLOAD]))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "auth, outcome and payload must be objects");
	if (!qfs_json_to_plain(field[TYPE], &out->type))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "type is not a plain string");
	out->auth = field[AUTH];
	out->outcome = field[OUTCOME];
	out->payload = field[PAYLOAD];

	status = qfs_type_check(out->type, err);
	if (status == QFS_OK)
		status = decode_actor(field[ACTOR], out, err);
	return status;
}

static bool
member_is(qfs_slice object, const char *name, qfs_slice text)
{
	qfs_slice	value;
	qfs_slice	plain;

	return qfs_json_member(object, name, &value) && qfs_json_to_plain(value, &plain) &&
		qfs_slice_equal(plain, text);
}

bool
qfs_entry_concerns(const qfs_entry *entry, const qfs_user_id *user)
{
	uint8_t		memory[QFS_USER_ID_TEXT];
	qfs_buf		text;
	qfs_json_iter iter;
	qfs_slice	effects;
	qfs_slice	key;
	qfs_slice	effect;

	if (entry->has_actor && memcmp(&entry->actor, user, sizeof(*user)) == 0)
		return true;
	qfs_buf_init(&text, memory, sizeof(memory));
	qfs_user_id_write(&text, user);
	if (member_is(entry->payload, "recipient", qfs_buf_slice(&text)))
		return true;
	if (!qfs_json_member(entry->outcome, "effects", &effects))
		return false;
	iter = qfs_json_members(effects);
	while (qfs_json_next(&iter, &key, &effect))
		if (member_is(effect, "account", qfs_buf_slice(&text)))
			return true;
	return false;
}
