/*
 * session.c - sessions: their id, when they are active, what they authorize.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/session.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/ed25519.h"
#include "crypto/sha256.h"

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
	qfs_json_key(&w, "issued_block");
	qfs_json_put_int(&w, session->issued_block);
	qfs_json_key(&w, "nonce");
	qfs_json_put_hex(&w, nonce->bytes, sizeof(nonce->bytes));
	qfs_json_key(&w, "scope");
	qfs_session_write_scope(&w, session);
	qfs_json_close(&w);
	qfs_sha256(qfs_buf_slice(&buf), &session->session);
}

qfs_status
qfs_session_start(qfs_reducer *r, qfs_session_record *session, const qfs_hash *nonce,
				  qfs_error *err)
{
	qfs_session_record known;
	bool		found;
	qfs_status	status;

	qfs_session_name(session, nonce);
	known = *session;
	status = r->store->get(r->store, &qfs_kind_session, &known, &found, err);
	if (status == QFS_OK && found)
		return qfs_fail(err, QFS_NONCE_USED, "by entry %i, for a session of this block", known.seq);
	if (status == QFS_OK)
		status = r->store->put(r->store, &qfs_kind_session, session, err);
	return status;
}

qfs_status
qfs_session_account(qfs_reducer *r, const qfs_user_id *user, qfs_account_record *out, qfs_error *err)
{
	bool		found;
	qfs_status	status;

	*out = (qfs_account_record) {.user = *user};
	status = r->store->get(r->store, &qfs_kind_account, out, &found, err);
	if (status == QFS_OK && !found)
		return qfs_fail(err, QFS_STATE_MISMATCH, "a session without an account");
	return status;
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

qfs_status
qfs_session_find_active(qfs_reducer *r, const qfs_hash *id, int64_t at,
						qfs_session_record *out, qfs_error *err)
{
	bool		found;
	qfs_status	status;

	memset(out, 0, sizeof(*out));
	out->session = *id;
	status = r->store->get(r->store, &qfs_kind_session, out, &found, err);
	if (status != QFS_OK)
		return status;
	if (!found)
		return qfs_fail(err, QFS_SESSION_ENDED, "it never began");
	if (out->has_ended)
		return qfs_fail(err, QFS_SESSION_ENDED, "entry %i ended it", out->ended);
	if (!qfs_session_is_active(r, out, at))
		return qfs_fail(err, QFS_SESSION_ENDED, "it was good for %i blocks", out->ttl_blocks);
	return QFS_OK;
}

/* ---- signed events ---- */

void
qfs_event_message(const qfs_hash *ledger, const qfs_entry *event, int64_t nonce, qfs_buf *out)
{
	qfs_json_writer w;

	qfs_json_begin(&w, out);
	qfs_json_open_object(&w);
	qfs_json_key(&w, "actor");
	qfs_json_put_user(&w, &event->actor);
	qfs_json_key(&w, "ledger");
	qfs_json_put_hex(&w, ledger->bytes, sizeof(ledger->bytes));
	qfs_json_key(&w, "nonce");
	qfs_json_put_int(&w, nonce);
	qfs_json_key(&w, "payload");
	qfs_json_put_value(&w, event->payload);
	qfs_json_key(&w, "type");
	qfs_json_put_text(&w, event->type);
	qfs_json_close(&w);
}

/*
 * The largest nonce that an event may have.  Without one, a single signature of
 * a stolen device would leave the account's devices none to go on with.  A day
 * after the entry, for clocks that differ, so that milliseconds since 1970 do;
 * and always the one after the last, so that nothing stops those who count on.
 */
static int64_t
largest_nonce(const qfs_entry *event, const qfs_account_record *account)
{
	int64_t		by_time = event->at + QFS_EVENT_NONCE_AHEAD_MS;
	int64_t		by_count = account->event_nonce + 1;

	return by_time > by_count ? by_time : by_count;
}

static qfs_status
check_event_nonce(qfs_reducer *r, const qfs_entry *event, const qfs_auth *auth, qfs_error *err)
{
	qfs_account_record account;
	qfs_status	status = qfs_session_account(r, &event->actor, &account, err);

	if (status != QFS_OK)
		return status;
	if (auth->nonce <= account.event_nonce)
		return qfs_fail(err, QFS_EVENT_NONCE, "it is %i, the last one was %i",
						auth->nonce, account.event_nonce);
	if (auth->nonce > largest_nonce(event, &account))
		return qfs_fail(err, QFS_EVENT_NONCE_AHEAD, "it is %i, the last one was %i, this one may be up to %i",
						auth->nonce, account.event_nonce, largest_nonce(event, &account));
	return QFS_OK;
}

qfs_status
qfs_event_signature_check(qfs_reducer *r, const qfs_entry *event, const qfs_auth *auth, qfs_error *err)
{
	qfs_buf		message;

	qfs_buf_init(&message, r->message, sizeof(r->message));
	qfs_event_message(&r->ledger.ledger, event, auth->nonce, &message);
	return qfs_ed25519_verify(qfs_buf_slice(&message),
							  (qfs_slice) {auth->signature, sizeof(auth->signature)},
							  (qfs_slice) {auth->key.bytes, sizeof(auth->key.bytes)}, err);
}

/* Does the policy in force ask the session's device for its signature? */
static bool
must_be_signed(const qfs_policy *policy, qfs_slice type, const qfs_session_record *session)
{
	return policy->signing == QFS_SIGNED_ALL || (policy->signing == QFS_SIGNED_DEVICES && session->has_device) ||
		qfs_policy_lists(policy->signed_types, type);
}

static qfs_status
check_event_signature(qfs_reducer *r, const qfs_entry *event, const qfs_auth *auth,
					  const qfs_session_record *session, qfs_error *err)
{
	qfs_status	status;

	if (!auth->is_signed)
		return must_be_signed(&r->policy, event->type, session) ?
			qfs_fail(err, QFS_EVENT_UNSIGNED, session->has_device ? "%v" : "%v: the session has no device",
					 event->type) : QFS_OK;
	if (!session->has_device || memcmp(&session->device, &auth->key, sizeof(auth->key)) != 0)
		return qfs_fail(err, QFS_EVENT_KEY, "%s", session->has_device ?
						"the session has another device" : "the session has no device");
	status = check_event_nonce(r, event, auth, err);
	if (status != QFS_OK || !r->check_signatures)
		return status;
	return qfs_event_signature_check(r, event, auth, err);
}

qfs_status
qfs_session_authorize(qfs_reducer *r, const qfs_entry *event, const qfs_auth *auth,
					  qfs_session_record *out, qfs_error *err)
{
	qfs_status	status = qfs_session_find_active(r, &auth->session, event->at, out, err);

	if (status != QFS_OK)
		return status;
	if (!event->has_actor || memcmp(&event->actor, &out->user, sizeof(out->user)) != 0)
		return qfs_fail(err, QFS_ACTOR_MISMATCH, "the session is not the actor's");
	return check_event_signature(r, event, auth, out, err);
}

/* ---- sessions that were recorded ---- */

qfs_status
qfs_session_recall(qfs_act *act, qfs_session_record *session, const qfs_hash *nonce)
{
	qfs_reducer *r = act->reducer;
	qfs_slice	outcome = act->event->outcome;
	qfs_slice	scope = {NULL, 0};
	qfs_slice	value;
	int64_t		expires_at;
	qfs_hash	id;

	if (!qfs_json_member(outcome, "expires_at", &value) || !qfs_json_to_int(value, &expires_at) ||
		!qfs_json_member(outcome, "issued_block", &value) ||
		!qfs_json_to_int(value, &session->issued_block) ||
		!qfs_json_member(outcome, "scope", &scope) ||
		!qfs_json_member_hex(outcome, "session", id.bytes, sizeof(id.bytes)))
		return qfs_fail(act->err, QFS_OUTCOME_MISMATCH, "entry %u names no session", act->event->seq);
	QFS_ASSERT(r->open);
	session->seq = (int64_t) act->event->seq;
	session->operates = qfs_policy_lists(scope, QFS_LITERAL("operator"));
	session->ttl_blocks = qfs_block_at(r, expires_at) - session->issued_block;
	qfs_session_name(session, nonce);
	if (memcmp(&id, &session->session, sizeof(id)) != 0)
		return qfs_fail(act->err, QFS_OUTCOME_MISMATCH, "the session of entry %u is %h",
						act->event->seq, session->session.bytes);
	return r->store->put(r->store, &qfs_kind_session, session, act->err);
}
