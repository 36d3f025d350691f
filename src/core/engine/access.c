/*
 * access.c - the sessions of an account that have not ended.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/access.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/sha256.h"
#include "text/base64.h"
#include "text/ids.h"

/* ---- one session ---- */

void
qfs_open_session_write(qfs_json_writer *w, const qfs_open_session *session)
{
	qfs_json_open_object(w);
	qfs_json_key(w, "device");
	if (session->has_device)
		qfs_json_put_base64url(w, session->device.bytes, sizeof(session->device.bytes));
	else
		qfs_json_put_null(w);
	qfs_json_put_member_int(w, "expires_at", session->expires_at);
	qfs_json_key(w, "operator");
	qfs_json_put_bool(w, session->operates);
	qfs_json_key(w, "session");
	qfs_json_put_hex(w, session->session.bytes, sizeof(session->session.bytes));
	qfs_json_put_member_int(w, "ttl_blocks", session->ttl_blocks);
	qfs_json_close(w);
}

void
qfs_open_session_name(qfs_open_session *session)
{
	uint8_t		memory[512];
	qfs_json_writer w;
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_json_begin(&w, &buf);
	qfs_open_session_write(&w, session);
	QFS_ASSERT(qfs_json_ended(&w) && !buf.overflow);
	qfs_sha256(qfs_buf_slice(&buf), &session->digest);
	session->is_known = true;
}

static bool
read_hash(qfs_slice value, qfs_hash *out)
{
	qfs_slice	text;

	return qfs_json_to_plain(value, &text) && qfs_hex_decode(text, out->bytes, sizeof(out->bytes));
}

static bool
read_device(qfs_slice value, qfs_open_session *out)
{
	qfs_slice	text;

	out->has_device = qfs_json_type_of(value) != QFS_JSON_NULL;
	return !out->has_device || (qfs_json_to_plain(value, &text) &&
								qfs_base64url_read(text, out->device.bytes, sizeof(out->device.bytes)));
}

static bool
read_boolean(qfs_slice value, bool *out)
{
	*out = qfs_slice_equal(value, QFS_LITERAL("true"));
	return qfs_json_type_of(value) == QFS_JSON_BOOLEAN;
}

/* The next member, if it is the one of this name. */
static bool
next_is(qfs_json_iter *iter, const char *name, qfs_slice *value)
{
	qfs_slice	key;

	return qfs_json_next(iter, &key, value) && qfs_slice_is((qfs_slice) {key.data + 1, key.len - 2}, name);
}

/* In the order of canonical text, one after the other. */
static bool
read_members(qfs_slice object, qfs_open_session *out)
{
	qfs_json_iter iter = qfs_json_members(object);
	qfs_slice	value;

	return next_is(&iter, "device", &value) && read_device(value, out) &&
		next_is(&iter, "expires_at", &value) && qfs_json_to_int(value, &out->expires_at) &&
		next_is(&iter, "operator", &value) && read_boolean(value, &out->operates) &&
		next_is(&iter, "session", &value) && read_hash(value, &out->session) &&
		next_is(&iter, "ttl_blocks", &value) && qfs_json_to_int(value, &out->ttl_blocks) &&
		iter.rest.len == 0;
}

bool
qfs_open_session_read(qfs_slice value, qfs_open_session *out)
{
	memset(out, 0, sizeof(*out));
	if (qfs_json_type_of(value) == QFS_JSON_STRING)
		return read_hash(value, &out->digest);
	if (qfs_json_type_of(value) != QFS_JSON_OBJECT || !read_members(value, out))
		return false;
	/* What was read is what qfs_open_session_write writes. */
	qfs_sha256(value, &out->digest);
	out->is_known = true;
	return true;
}

/* ---- the list ---- */

void
qfs_access_write_digests(qfs_json_writer *w, const qfs_access *access)
{
	qfs_json_open_array(w);
	for (unsigned i = 0; i < access->count; i++)
		qfs_json_put_hex(w, access->sessions[i].digest.bytes, QFS_HASH_LEN);
	qfs_json_close(w);
}

/* known: sessions may be there, not their digests alone */
static bool
read_list(qfs_slice list, bool known, qfs_access *out)
{
	qfs_json_iter iter = qfs_json_members(list);
	qfs_slice	key;
	qfs_slice	value;

	out->count = 0;
	if (qfs_json_type_of(list) != QFS_JSON_ARRAY || qfs_json_length(list) > QFS_SESSIONS_MAX)
		return false;
	while (qfs_json_next(&iter, &key, &value))
	{
		qfs_open_session *next = &out->sessions[out->count++];

		if (!qfs_open_session_read(value, next) || (next->is_known && !known))
			return false;
	}
	return true;
}

bool
qfs_access_read_digests(qfs_slice list, qfs_access *out)
{
	return read_list(list, false, out);
}

qfs_status
qfs_access_get(qfs_store *store, const qfs_user_id *user, qfs_access *out, bool *found, qfs_error *err)
{
	qfs_access_record record = {.user = *user};
	qfs_status	status = store->get(store, &qfs_kind_access, &record, found, err);

	out->user = *user;
	out->last_entry = -1;
	out->count = 0;
	if (status != QFS_OK || !*found)
		return status;
	out->last_entry = record.last_entry;
	if (qfs_json_check(record.sessions, NULL) != QFS_OK || !read_list(record.sessions, true, out))
		return qfs_fail(err, QFS_STATE_MISMATCH, "the sessions of user_%h are no list of them", user->bytes);
	return QFS_OK;
}

qfs_status
qfs_access_put(qfs_store *store, const qfs_access *access, qfs_error *err)
{
	uint8_t		memory[QFS_SESSIONS_TEXT];
	qfs_access_record record = {.user = access->user,.last_entry = access->last_entry};
	qfs_json_writer w;
	qfs_buf		buf;
	qfs_status	status;

	QFS_ASSERT(access->count <= QFS_SESSIONS_MAX);
	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_json_begin(&w, &buf);
	qfs_json_open_array(&w);
	for (unsigned i = 0; i < access->count; i++)
	{
		if (access->sessions[i].is_known)
			qfs_open_session_write(&w, &access->sessions[i]);
		else
			qfs_json_put_hex(&w, access->sessions[i].digest.bytes, QFS_HASH_LEN);
	}
	qfs_json_close(&w);
	status = qfs_json_end(&w, err);
	record.sessions = qfs_buf_slice(&buf);
	return status == QFS_OK ? store->put(store, &qfs_kind_access, &record, err) : status;
}

const qfs_open_session *
qfs_access_find(const qfs_access *access, const qfs_hash *session)
{
	for (unsigned i = 0; i < access->count; i++)
		if (access->sessions[i].is_known &&
			memcmp(&access->sessions[i].session, session, sizeof(*session)) == 0)
			return &access->sessions[i];
	return NULL;
}

void
qfs_access_remove(qfs_access *access, unsigned n)
{
	QFS_ASSERT(n < access->count);
	access->count--;
	memmove(&access->sessions[n], &access->sessions[n + 1], (access->count - n) * sizeof(*access->sessions));
}

void
qfs_access_expire(qfs_access *access, int64_t at)
{
	for (unsigned i = access->count; i > 0; i--)
		if (access->sessions[i - 1].is_known && access->sessions[i - 1].expires_at <= at)
			qfs_access_remove(access, i - 1);
}
