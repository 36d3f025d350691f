/*
 * session.c - sessions: their id, when they are active, what they authorize.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/session.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/sha256.h"
#include "engine/event_signature.h"

int64_t
qfs_session_expires_at(const qfs_reducer *r, const qfs_session_record *session)
{
	return r->ledger.genesis_at +
		(session->issued_block + session->ttl_blocks) * r->policy.block_ms;
}

void
qfs_session_write_scope(qfs_json_writer *w, const qfs_session_record *session)
{
	qfs_json_open_array(w);
	qfs_json_put_text(w, QFS_LITERAL("account"));
	if (session->operates)
		qfs_json_put_text(w, QFS_LITERAL("operator"));
	qfs_json_close(w);
}

void
qfs_session_write_result(const qfs_reducer *r, qfs_json_writer *w, const qfs_session_record *session,
						 const qfs_hash *nonce)
{
	qfs_json_put_member_int(w, "expires_at", qfs_session_expires_at(r, session));
	qfs_json_put_member_int(w, "issued_block", session->issued_block);
	if (nonce != NULL)
	{
		qfs_json_key(w, "nonce");
		qfs_json_put_hex(w, nonce->bytes, sizeof(nonce->bytes));
	}
	qfs_json_key(w, "scope");
	qfs_session_write_scope(w, session);
	qfs_json_key(w, "session");
	qfs_json_put_hex(w, session->session.bytes, sizeof(session->session.bytes));
}

void
qfs_session_write_device(qfs_json_writer *w, const qfs_session_record *session)
{
	if (session->has_device)
		qfs_json_put_base64url(w, session->device.bytes, sizeof(session->device.bytes));
	else
		qfs_json_put_null(w);
}

void
qfs_session_name(qfs_session_record *session, const qfs_hash *nonce)
{
	uint8_t		memory[512];
	qfs_json_writer w;
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_json_begin(&w, &buf);
	qfs_json_open_object(&w);
	qfs_json_key(&w, "actor");
	qfs_json_put_user(&w, &session->user);
	qfs_json_key(&w, "device");
	qfs_session_write_device(&w, session);
	qfs_json_put_member_int(&w, "issued_block", session->issued_block);
	qfs_json_key(&w, "nonce");
	qfs_json_put_hex(&w, nonce->bytes, sizeof(nonce->bytes));
	qfs_json_key(&w, "scope");
	qfs_session_write_scope(&w, session);
	qfs_json_close(&w);
	qfs_sha256(qfs_buf_slice(&buf), &session->session);
}

/* Errors: NONCE_USED. */
static qfs_status
check_new(qfs_act *act, const qfs_session_record *session)
{
	qfs_store  *store = act->reducer->store;
	qfs_session_record known = {.session = session->session};
	bool		found;
	qfs_status	status = store->get(store, &qfs_kind_session, &known, &found, act->err);

	if (status == QFS_OK && found)
		return qfs_fail(act->err, QFS_NONCE_USED, "by entry %i, for a session of this block", known.seq);
	return status;
}

/* A session as its account's access has it. */
static void
open_session(const qfs_reducer *r, const qfs_session_record *session, qfs_open_session *out)
{
	*out = (qfs_open_session) {
		.session = session->session,
		.has_device = session->has_device,
		.device = session->device,
		.operates = session->operates,
		.expires_at = qfs_session_expires_at(r, session),
		.ttl_blocks = session->ttl_blocks,
	};
	qfs_open_session_name(out);
}

qfs_status
qfs_session_start(qfs_act *act, qfs_session_record *session, const qfs_hash *nonce, int64_t most,
				  qfs_hash *displaced, bool *has_displaced)
{
	qfs_reducer *r = act->reducer;
	qfs_access *access;
	qfs_status	status;

	qfs_session_name(session, nonce);
	status = check_new(act, session);
	if (status == QFS_OK)
		status = qfs_effects_access(act->fx, &session->user, &access);
	if (status != QFS_OK)
		return status;
	qfs_access_expire(access, act->event->at);
	*has_displaced = access->count >= most;
	if (*has_displaced)
	{
		*displaced = access->sessions[0].session;
		qfs_access_remove(access, 0);
	}
	open_session(r, session, &access->sessions[access->count++]);
	return r->store->put(r->store, &qfs_kind_session, session, act->err);
}

qfs_status
qfs_session_close(qfs_act *act, const qfs_user_id *user, const qfs_hash *session)
{
	qfs_access *access;
	const qfs_open_session *found;
	qfs_status	status = qfs_effects_access(act->fx, user, &access);

	if (status != QFS_OK)
		return status;
	qfs_access_expire(access, act->event->at);
	found = qfs_access_find(access, session);
	if (found == NULL)
		return qfs_fail(act->err, QFS_SESSION_ENDED, "%h", session->bytes);
	qfs_access_remove(access, (unsigned) (found - access->sessions));
	return QFS_OK;
}

qfs_status
qfs_session_end(qfs_act *act, const qfs_hash *id, const char *reason)
{
	qfs_store  *store = act->reducer->store;
	qfs_session_record session = {.session = *id};
	bool		found;
	qfs_status	status = store->get(store, &qfs_kind_session, &session, &found, act->err);

	/* Of one whose beginning is not known, nothing is to be noted. */
	if (status != QFS_OK || !found)
		return status;
	session.has_ended = true;
	session.ended = (int64_t) act->event->seq;
	session.has_reason = true;
	memset(session.reason, 0, sizeof(session.reason));
	QFS_ASSERT(strlen(reason) <= QFS_TYPE_MAX);
	memcpy(session.reason, reason, strlen(reason));
	return store->put(store, &qfs_kind_session, &session, act->err);
}

bool
qfs_account_operates(const qfs_reducer *r, const qfs_user_id *user)
{
	return qfs_policy_lists_user(r->policy.operators, user);
}

bool
qfs_session_is_active(const qfs_reducer *r, const qfs_session_record *session, int64_t at)
{
	int64_t		block = qfs_block_at(r, at);

	return !session->has_ended && session->issued_block <= block &&
		block < session->issued_block + session->ttl_blocks;
}

/* Why a session of the account is not active, as well as its record tells. */
static qfs_status
say_why_ended(qfs_reducer *r, const qfs_user_id *user, const qfs_hash *id, int64_t at, qfs_error *err)
{
	qfs_session_record session = {.session = *id};
	bool		found;
	qfs_status	status = r->store->get(r->store, &qfs_kind_session, &session, &found, err);

	if (status != QFS_OK)
		return status;
	if (!found)
		return qfs_fail(err, QFS_SESSION_ENDED, "it never began");
	if (memcmp(&session.user, user, sizeof(*user)) != 0)
		return qfs_fail(err, QFS_ACTOR_MISMATCH, "the session is another account's");
	if (session.has_ended)
		return qfs_fail(err, QFS_SESSION_ENDED, "entry %i ended it", session.ended);
	if (qfs_session_is_active(r, &session, at))
		return qfs_fail(err, QFS_STATE_MISMATCH, "a session that its account has not: %h", id->bytes);
	return qfs_fail(err, QFS_SESSION_ENDED, "it was good for %i blocks", session.ttl_blocks);
}

/* The session of an account's access, as a record. */
static qfs_status
find_active(qfs_reducer *r, const qfs_access *access, const qfs_hash *id, int64_t at, qfs_session_record *out,
			qfs_error *err)
{
	const qfs_open_session *found = qfs_access_find(access, id);

	memset(out, 0, sizeof(*out));
	if (found == NULL || found->expires_at <= at)
		return say_why_ended(r, &access->user, id, at, err);
	out->session = *id;
	out->user = access->user;
	out->seq = out->login = -1;
	out->ttl_blocks = found->ttl_blocks;
	out->issued_block = qfs_block_at(r, found->expires_at) - found->ttl_blocks;
	out->operates = found->operates;
	out->has_device = found->has_device;
	out->device = found->device;
	return QFS_OK;
}

qfs_status
qfs_session_find_active(qfs_reducer *r, const qfs_user_id *user, const qfs_hash *id, int64_t at,
						qfs_session_record *out, qfs_error *err)
{
	qfs_access	access;
	bool		found;
	qfs_status	status = qfs_access_get(r->store, user, &access, &found, err);

	return status == QFS_OK ? find_active(r, &access, id, at, out, err) : status;
}

/* ---- what a session may do ---- */

qfs_status
qfs_session_authorize(qfs_act *act)
{
	const qfs_entry *event = act->event;
	qfs_access *access;
	qfs_status	status;

	if (!event->has_actor)
		return qfs_fail(act->err, QFS_ACTOR_MISMATCH, "a session acts for an account");
	status = qfs_effects_access(act->fx, &event->actor, &access);
	if (status == QFS_OK)
		status = find_active(act->reducer, access, &act->auth.session, event->at, &act->session, act->err);
	return status == QFS_OK ? qfs_event_check_device(act) : status;
}

/* ---- sessions that were recorded ---- */

qfs_status
qfs_session_recall(qfs_act *act, qfs_session_record *session, const qfs_hash *nonce)
{
	qfs_reducer *r = act->reducer;
	qfs_slice	result = qfs_result_of(act->event->outcome);
	qfs_slice	scope = {NULL, 0};
	qfs_slice	value;
	int64_t		expires_at;
	qfs_hash	id;

	if (!qfs_json_member(result, "expires_at", &value) || !qfs_json_to_int(value, &expires_at) ||
		!qfs_json_member(result, "issued_block", &value) ||
		!qfs_json_to_int(value, &session->issued_block) ||
		!qfs_json_member(result, "scope", &scope) ||
		!qfs_json_member_hex(result, "session", id.bytes, sizeof(id.bytes)))
		return qfs_fail(act->err, QFS_OUTCOME_MISMATCH, "entry %u names no session", act->event->seq);
	QFS_ASSERT(r->open);
	session->seq = (int64_t) act->event->seq;
	session->operates = qfs_policy_lists(scope, QFS_LITERAL("operator"));
	session->ttl_blocks = qfs_block_at(r, expires_at) - session->issued_block;
	qfs_session_name(session, nonce);
	if (memcmp(&id, &session->session, sizeof(id)) != 0)
		return qfs_fail(act->err, QFS_OUTCOME_MISMATCH, "the session of entry %u is %h",
						act->event->seq, session->session.bytes);
	act->has_begun = true;
	open_session(r, session, &act->begun);
	return r->store->put(r->store, &qfs_kind_session, session, act->err);
}
