/*
 * session_end.c - SESSION_ROTATED and SESSION_REVOKED: how sessions end.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "base/status.h"
#include "engine/effects.h"
#include "engine/payload.h"
#include "engine/session.h"

static const qfs_change rotated = {.name = "SESSION_ROTATED"};
static const qfs_change revoked = {.name = "SESSION_REVOKED"};
static const qfs_change *const rotation_changes[] = {&rotated, NULL};
static const qfs_change *const revocation_changes[] = {&revoked, NULL};

static qfs_status
end_session(qfs_act *act, qfs_session_record *session, qfs_slice reason)
{
	qfs_store  *store = act->reducer->store;

	session->has_ended = true;
	session->ended = (int64_t) act->event->seq;
	session->has_reason = true;
	memset(session->reason, 0, sizeof(session->reason));
	memcpy(session->reason, reason.data, reason.len);
	return store->put(store, &qfs_kind_session, session, act->err);
}

/* Either way the account is touched, so that its chain tells of the end. */
static qfs_status
touch_account(qfs_effects *fx, qfs_act *act, const qfs_user_id *user, const qfs_change *change)
{
	unsigned	account;
	qfs_status	status;

	qfs_effects_init(fx, act);
	status = qfs_effects_look(fx, user, &account);
	if (status != QFS_OK)
		return status;
	qfs_effects_touch(fx, account, change);
	return qfs_effects_store(fx);
}

/* ---- rotation: the session that asks for it ends, another begins ---- */

static qfs_status
rotate(qfs_act *act)
{
	qfs_reducer *r = act->reducer;
	qfs_session_record next = act->session;
	qfs_effects fx;
	qfs_hash	nonce;
	qfs_status	status;

	status = qfs_payload_hash(act, "nonce", &nonce);
	if (status != QFS_OK)
		return status;
	next.seq = (int64_t) act->event->seq;
	next.issued_block = qfs_block_at(r, act->event->at);
	status = qfs_session_start(r, &next, &nonce, act->err);
	if (status == QFS_OK)
		status = end_session(act, &act->session, QFS_LITERAL("rotated"));
	if (status == QFS_OK)
		status = touch_account(&fx, act, &next.user, &rotated);
	if (status != QFS_OK)
		return status;

	qfs_effects_write_list(&fx);
	qfs_json_key(act->outcome, "ended");
	qfs_json_put_hex(act->outcome, act->session.session.bytes, QFS_HASH_LEN);
	qfs_json_key(act->outcome, "expires_at");
	qfs_json_put_int(act->outcome, qfs_session_expires_at(r, &next));
	qfs_json_key(act->outcome, "issued_block");
	qfs_json_put_int(act->outcome, next.issued_block);
	qfs_effects_write_policy(&fx);
	qfs_json_key(act->outcome, "scope");
	qfs_session_write_scope(act->outcome, &next);
	qfs_json_key(act->outcome, "session");
	qfs_json_put_hex(act->outcome, next.session.bytes, QFS_HASH_LEN);
	return QFS_OK;
}

/* Ends the session that an entry ended; nothing, if its beginning is not known. */
static qfs_status
recall_end(qfs_act *act, qfs_session_record *session, bool *found, qfs_slice reason)
{
	qfs_store  *store = act->reducer->store;
	qfs_status	status;

	memset(session, 0, sizeof(*session));
	if (!qfs_json_member_hex(act->event->outcome, "ended", session->session.bytes, QFS_HASH_LEN))
		return qfs_fail(act->err, QFS_OUTCOME_MISMATCH, "entry %u ended no session", act->event->seq);
	status = store->get(store, &qfs_kind_session, session, found, act->err);
	return status == QFS_OK && *found ? end_session(act, session, reason) : status;
}

static qfs_status
recall_rotation(qfs_act *act)
{
	qfs_session_record last;
	qfs_session_record next;
	qfs_hash	nonce;
	bool		found;
	qfs_status	status;

	status = qfs_payload_hash(act, "nonce", &nonce);
	if (status == QFS_OK)
		status = recall_end(act, &last, &found, QFS_LITERAL("rotated"));
	/* The session that follows has the device of the one before. */
	if (status != QFS_OK || !found)
		return status;
	memset(&next, 0, sizeof(next));
	next.user = act->event->actor;
	next.has_device = last.has_device;
	next.device = last.device;
	return qfs_session_recall(act, &next, &nonce);
}

const qfs_rule qfs_rule_session_rotated = {
	.type = "SESSION_ROTATED",
	.schema = "{\"properties\":{\"nonce\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"}},"
	"\"required\":[\"nonce\"],\"type\":\"object\"}",
	.via = QFS_VIA_SESSION,
	.changes = rotation_changes,
	.apply = rotate,
	.recall = recall_rotation,
	.opens = QFS_RENEWS_SESSION,
	.reach = QFS_REACH_SESSION,
	.actor_reach = QFS_REACH_SESSION,
};

/* ---- revocation: any active session of the account, or an operator ---- */

static qfs_status
revoke(qfs_act *act)
{
	qfs_reducer *r = act->reducer;
	bool		by_operator = act->auth.via == QFS_VIA_OPERATOR;
	qfs_session_record session;
	qfs_slice	reason;
	qfs_effects fx;
	qfs_hash	id;
	qfs_status	status;

	status = qfs_payload_hash(act, "session", &id);
	if (status == QFS_OK)
		status = qfs_payload_plain(act, "reason", &reason);
	if (status != QFS_OK)
		return status;
	if (qfs_slice_equal(reason, QFS_LITERAL("admin")) != by_operator)
		return qfs_fail(act->err, QFS_FORBIDDEN, "the reason \"admin\" is the operator's, and the operator's only one");

	status = qfs_session_find_active(r, &id, act->event->at, &session, act->err);
	if (status == QFS_SESSION_ENDED)
		return qfs_fail(act->err, QFS_SESSION_UNKNOWN, "%h", id.bytes);
	if (status != QFS_OK)
		return status;
	if (!by_operator && memcmp(&session.user, &act->event->actor, sizeof(session.user)) != 0)
		return qfs_fail(act->err, QFS_SESSION_FOREIGN, "the actor has no such session");
	status = end_session(act, &session, reason);
	if (status == QFS_OK)
		status = touch_account(&fx, act, &session.user, &revoked);
	if (status != QFS_OK)
		return status;

	qfs_effects_write_list(&fx);
	qfs_json_key(act->outcome, "ended");
	qfs_json_put_hex(act->outcome, id.bytes, sizeof(id.bytes));
	qfs_effects_write_policy(&fx);
	return QFS_OK;
}

static qfs_status
recall_revocation(qfs_act *act)
{
	qfs_session_record session;
	qfs_slice	reason;
	bool		found;
	qfs_status	status = qfs_payload_plain(act, "reason", &reason);

	return status == QFS_OK ? recall_end(act, &session, &found, reason) : status;
}

const qfs_rule qfs_rule_session_revoked = {
	.type = "SESSION_REVOKED",
	.schema = "{\"properties\":{"
	"\"reason\":{\"enum\":[\"admin\",\"compromised\",\"device_lost\",\"user_logout\"]},"
	"\"session\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"}},"
	"\"required\":[\"reason\",\"session\"],\"type\":\"object\"}",
	.via = QFS_VIA_SESSION | QFS_VIA_OPERATOR,
	.changes = revocation_changes,
	.apply = revoke,
	.recall = recall_revocation,
	.reach = QFS_REACH_SESSION,
	.actor_reach = QFS_REACH_SESSION,
	.session_member = "session",
};
