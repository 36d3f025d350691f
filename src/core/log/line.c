/*
 * line.c - the line of an entry: written and read, full or partial.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "log/line.h"

#include "base/assert.h"
#include "base/status.h"
#include "text/json.h"

/* ---- writing ---- */

/* One that is not shown is its commitment; in a full line the salt goes without saying. */
static void
put_part(qfs_json_writer *w, const qfs_shown *part, bool bare)
{
	if (!part->shown)
		qfs_json_put_hex(w, part->commitment.bytes, sizeof(part->commitment.bytes));
	else if (bare)
		qfs_json_put_value(w, part->value);
	else
	{
		qfs_json_open_object(w);
		qfs_json_key(w, "part");
		qfs_json_put_value(w, part->value);
		qfs_json_key(w, "salt");
		qfs_json_put_hex(w, part->salt.bytes, sizeof(part->salt.bytes));
		qfs_json_close(w);
	}
}

static bool
shows_account(const qfs_entry *entry)
{
	for (unsigned i = 0; i < entry->account_count; i++)
		if (entry->account_parts[i].part.shown)
			return true;
	return false;
}

static void
put_accounts(qfs_json_writer *w, const qfs_entry *entry)
{
	qfs_json_key(w, "accounts");
	/* A list that shows nothing would be no head. */
	if (!entry->is_full && !shows_account(entry))
	{
		qfs_json_put_hex(w, entry->accounts_root.bytes, sizeof(entry->accounts_root.bytes));
		return;
	}
	qfs_json_open_array(w);
	for (unsigned i = 0; i < entry->account_count; i++)
		put_part(w, &entry->account_parts[i].part, entry->is_full);
	qfs_json_close(w);
}

static void
put_named(qfs_json_writer *w, const qfs_entry *entry, qfs_part part)
{
	qfs_json_key(w, qfs_part_names[part]);
	put_part(w, &entry->parts[part], entry->is_full);
}

qfs_status
qfs_line_write(const qfs_entry *entry, qfs_buf *out, qfs_error *err)
{
	qfs_json_writer w;

	QFS_ASSERT(out->len == 0);
	qfs_json_begin(&w, out);
	qfs_json_open_object(&w);
	put_accounts(&w, entry);
	put_named(&w, entry, QFS_PART_ACT);
	qfs_json_put_member_int(&w, "at", entry->at);
	put_named(&w, entry, QFS_PART_OUTCOME);
	put_named(&w, entry, QFS_PART_PAYLOAD);
	qfs_json_key(&w, "prev");
	qfs_json_put_hex(&w, entry->prev.bytes, sizeof(entry->prev.bytes));
	if (entry->is_full)
	{
		qfs_json_key(&w, "salt");
		qfs_json_put_hex(&w, entry->salt.bytes, sizeof(entry->salt.bytes));
	}
	qfs_json_put_member_int(&w, "seq", (int64_t) entry->seq);
	put_named(&w, entry, QFS_PART_SIG);
	qfs_json_put_member_int(&w, "v", 2);
	qfs_json_close(&w);
	if (out->overflow)
		return qfs_fail(err, QFS_ENTRY_TOO_LARGE, "entry %u", entry->seq);
	return qfs_json_end(&w, err);
}

/* ---- reading ---- */

enum
{
	ACCOUNTS, ACT, AT, OUTCOME, PAYLOAD, PREV, SALT, SEQ, SIG, V, MEMBERS
};

static const char *const member_names[] = {
	[ACCOUNTS] = "accounts",[ACT] = "act",[AT] = "at",[OUTCOME] = "outcome",[PAYLOAD] = "payload",
	[PREV] = "prev",[SALT] = "salt",[SEQ] = "seq",[SIG] = "sig",[V] = "v"
};

_Static_assert(QFS_ROWS(member_names) == MEMBERS, "a name for each member");

static bool
is_called(qfs_slice key, const char *name)
{
	size_t		len = strlen(name);

	return key.len == len + 2 && memcmp(key.data + 1, name, len) == 0;
}

/* The members of a line, in their order; salt is empty where there is none. */
static qfs_status
read_members(qfs_slice line, qfs_slice members[MEMBERS], qfs_error *err)
{
	qfs_json_iter iter = qfs_json_members(line);
	qfs_slice	key;
	qfs_slice	value;

	members[SALT] = (qfs_slice) {NULL, 0};
	for (int i = 0; i < MEMBERS; i++)
	{
		bool		there = qfs_json_next(&iter, &key, &value);

		if (there && i == SALT && !is_called(key, member_names[i]))
			i++;
		if (!there || !is_called(key, member_names[i]))
			return qfs_fail(err, QFS_ENTRY_FORMAT, "the member \"%s\" was expected", member_names[i]);
		members[i] = value;
	}
	if (qfs_json_next(&iter, &key, &value))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "the member %v is one too many", key);
	return QFS_OK;
}

static bool
read_hex(qfs_slice value, uint8_t *out, size_t len)
{
	qfs_slice	text;

	return qfs_json_to_plain(value, &text) && qfs_hex_decode(text, out, len);
}

static bool
read_count(qfs_slice value, int64_t *out)
{
	return qfs_json_to_int(value, out) && *out >= 0;
}

static qfs_status
read_head(const qfs_slice members[MEMBERS], qfs_entry *out, qfs_error *err)
{
	int64_t		version;
	int64_t		seq;

	if (!qfs_json_to_int(members[V], &version) || version != 2)
		return qfs_fail(err, QFS_ENTRY_FORMAT, "v is not 2");
	if (!read_count(members[SEQ], &seq))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "seq is not a count");
	out->seq = (uint64_t) seq;
	if (!read_count(members[AT], &out->at))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "at is not a time");
	if (!read_hex(members[PREV], out->prev.bytes, sizeof(out->prev.bytes)))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "prev is not a hash");
	out->is_full = members[SALT].len > 0;
	if (out->is_full && !read_hex(members[SALT], out->salt.bytes, sizeof(out->salt.bytes)))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "salt is not 16 bytes in hexadecimal digits");
	return QFS_OK;
}

/* A part of a partial line: its commitment, or {"part","salt"}. */
static qfs_status
read_part(qfs_slice value, const char *name, qfs_shown *out, qfs_error *err)
{
	qfs_slice	salt;

	*out = (qfs_shown) {.shown = qfs_json_type_of(value) == QFS_JSON_OBJECT};
	if (!out->shown && !read_hex(value, out->commitment.bytes, sizeof(out->commitment.bytes)))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "%s is neither a part with its salt nor a commitment", name);
	if (!out->shown)
		return QFS_OK;
	if (qfs_json_length(value) != 2 || !qfs_json_member(value, "part", &out->value) ||
		!qfs_json_member(value, "salt", &salt) || !read_hex(salt, out->salt.bytes, sizeof(out->salt.bytes)))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "%s is not shown as its part and its salt", name);
	return QFS_OK;
}

static qfs_status
read_parts(const qfs_slice members[MEMBERS], qfs_entry *out, qfs_error *err)
{
	static const int place[QFS_PARTS] = {
		[QFS_PART_ACT] = ACT,[QFS_PART_OUTCOME] = OUTCOME,[QFS_PART_PAYLOAD] = PAYLOAD,[QFS_PART_SIG] = SIG
	};
	qfs_status	status = QFS_OK;

	for (int i = 0; i < QFS_PARTS && status == QFS_OK; i++)
	{
		qfs_slice	value = members[place[i]];

		if (out->is_full)
			out->parts[i] = (qfs_shown) {.shown = true,.value = value};
		else
			status = read_part(value, qfs_part_names[i], &out->parts[i], err);
	}
	return status;
}

/* {"actor","auth","type"}, and nothing else. */
static qfs_status
read_act(qfs_slice act, qfs_entry *out, qfs_error *err)
{
	qfs_slice	actor;
	qfs_slice	text;
	qfs_slice	type;
	qfs_status	status;

	if (qfs_json_length(act) != 3 || !qfs_json_member(act, "actor", &actor) ||
		!qfs_json_member(act, "auth", &out->auth) || !qfs_json_member(act, "type", &type) ||
		qfs_json_type_of(out->auth) != QFS_JSON_OBJECT)
		return qfs_fail(err, QFS_ENTRY_FORMAT, "act is not an actor, an auth and a type");
	if (!qfs_json_to_plain(type, &out->type))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "type is not a plain string");
	status = qfs_type_check(out->type, err);
	if (status != QFS_OK)
		return status;
	if (!qfs_json_to_plain(actor, &text))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "actor is not a user id");
	out->has_actor = !qfs_slice_equal(text, QFS_LITERAL("system"));
	return out->has_actor ? qfs_user_id_parse(text, &out->actor, err) : QFS_OK;
}

/* What is shown must be of its form. */
static qfs_status
read_shown(qfs_entry *out, qfs_error *err)
{
	const qfs_shown *act = &out->parts[QFS_PART_ACT];

	out->outcome = out->parts[QFS_PART_OUTCOME].value;
	out->payload = out->parts[QFS_PART_PAYLOAD].value;
	out->sig = out->parts[QFS_PART_SIG].value;
	if ((out->outcome.len > 0 && qfs_json_type_of(out->outcome) != QFS_JSON_OBJECT) ||
		(out->payload.len > 0 && qfs_json_type_of(out->payload) != QFS_JSON_OBJECT))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "outcome and payload must be objects");
	if (out->sig.len > 0 && qfs_json_type_of(out->sig) != QFS_JSON_STRING &&
		qfs_json_type_of(out->sig) != QFS_JSON_NULL)
		return qfs_fail(err, QFS_ENTRY_FORMAT, "sig must be a string or null");
	return act->shown ? read_act(act->value, out, err) : QFS_OK;
}

/* One item of accounts. */
static qfs_status
read_account(qfs_slice value, qfs_entry *out, qfs_error *err)
{
	qfs_account_part *part;
	qfs_shown	read = {.shown = true,.value = value};
	qfs_status	status = out->is_full ? QFS_OK : read_part(value, "an item of accounts", &read, err);

	if (status != QFS_OK)
		return status;
	if (read.shown)
	{
		status = qfs_account_part_read(out, read.value, &part, err);
		if (status == QFS_OK)
			part->part = read;
		return status;
	}
	if (out->account_count == QFS_ACCOUNT_PARTS_MAX)
		return qfs_fail(err, QFS_ENTRY_FORMAT, "more than %u parts of accounts", (uint64_t) QFS_ACCOUNT_PARTS_MAX);
	out->account_parts[out->account_count++] = (qfs_account_part) {.part = read};
	return QFS_OK;
}

static qfs_status
read_accounts(qfs_slice value, qfs_entry *out, qfs_error *err)
{
	qfs_json_iter iter = qfs_json_members(value);
	qfs_slice	key;
	qfs_slice	item;
	qfs_status	status = QFS_OK;

	out->lists_accounts = qfs_json_type_of(value) == QFS_JSON_ARRAY;
	if (!out->lists_accounts && (out->is_full || !read_hex(value, out->accounts_root.bytes, QFS_HASH_LEN)))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "accounts is neither a list nor a root");
	if (out->is_full)
		out->accounts = value;
	while (status == QFS_OK && qfs_json_next(&iter, &key, &item))
		status = read_account(item, out, err);
	if (status == QFS_OK && !out->is_full && out->lists_accounts && !shows_account(out))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "accounts shows none: its root belongs there");
	return status;
}

/* The commitments that were not given are those of what is shown. */
static void
commit(qfs_entry *out)
{
	for (int i = 0; i < QFS_PARTS; i++)
	{
		if (out->is_full)
			qfs_part_commit_by(&out->parts[i], &out->salt, qfs_slice_of(qfs_part_names[i]), NULL);
		else if (out->parts[i].shown)
			qfs_part_commit(&out->parts[i]);
	}
	for (unsigned i = 0; i < out->account_count; i++)
	{
		qfs_account_part *part = &out->account_parts[i];

		if (out->is_full)
			qfs_part_commit_by(&part->part, &out->salt, part->kind, &part->account);
		else if (part->part.shown)
			qfs_part_commit(&part->part);
	}
	if (out->lists_accounts)
		qfs_accounts_commit(out);
}

qfs_status
qfs_line_read(qfs_slice line, qfs_entry *out, qfs_error *err)
{
	qfs_slice	members[MEMBERS];
	qfs_status	status;

	if (line.len > QFS_LINE_MAX)
		return qfs_fail(err, QFS_ENTRY_TOO_LARGE, "%u bytes", (uint64_t) line.len);
	status = qfs_json_check(line, err);
	if (status != QFS_OK)
		return status;
	if (qfs_json_type_of(line) != QFS_JSON_OBJECT)
		return qfs_fail(err, QFS_ENTRY_FORMAT, "not an object");
	memset(out, 0, sizeof(*out));
	status = read_members(line, members, err);
	if (status == QFS_OK)
		status = read_head(members, out, err);
	if (status == QFS_OK)
		status = read_parts(members, out, err);
	if (status == QFS_OK)
		status = read_accounts(members[ACCOUNTS], out, err);
	if (status == QFS_OK)
		status = read_shown(out, err);
	if (status == QFS_OK)
		status = qfs_parts_limit(out, err);
	if (status == QFS_OK)
		commit(out);
	return status;
}
