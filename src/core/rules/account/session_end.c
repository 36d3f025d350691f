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

/* ---- rotation: the session that asks for it ends, another begins ---- */

/* The sign-in that a session follows from; -1 if its beginning is not known. */
static qfs_status
find_login(qfs_act *act, const qfs_hash *session, int64_t *login)
{
	qfs_store  *store = act->reducer->store;
	qfs_session_record last = {.session = *session};
	bool		found;
	qfs_status	status = store->get(store, &qfs_kind_session, &last, &found, act->err);

	*login = status == QFS_OK && found ? last.login : -1;
	return status;
}

static qfs_status
rotate(qfs_act *act)
{
	qfs_reducer *r = act->reducer;
	qfs_session_record next = act->session;
	qfs_hash	displaced;
	bool		has_displaced;
	qfs_hash	nonce;
	qfs_status	status;

	status = qfs_payload_hash(act, "nonce", &nonce);
	if (status != QFS_OK)
		return status;
	status = find_login(act, &act->session.session, &next.login);
	if (status != QFS_OK)
		return status;
	next.seq = (int64_t) act->event->seq;
	next.issued_block = qfs_block_at(r, act->event->at);
	/* Its place is free before the next one takes it: none has to end besides, however few there may be by now. */
	status = qfs_session_close(act, &next.user, &act->session.session);
	if (status == QFS_OK)
		status = qfs_session_start(act, &next, &nonce, QFS_SESSIONS_MAX, &displaced, &has_displaced);
	if (status == QFS_OK)
		status = qfs_session_end(act, &act->session.session, "rotated");
	if (status != QFS_OK)
		return status;
	qfs_effects_change(act->fx, &next.user, QFS_ACCESS, &rotated, "");

	qfs_json_key(act->result, "ended");
	qfs_json_put_hex(act->result, act->session.session.bytes, QFS_HASH_LEN);
	qfs_session_write_result(r, act->result, &next, NULL);
	return QFS_OK;
}

/* The session that an entry ended. */
static qfs_status
read_ended(qfs_act *act, qfs_hash *out)
{
	if (!qfs_json_member_hex(qfs_result_of(act->event->outcome), "ended", out->bytes, QFS_HASH_LEN))
		return qfs_fail(act->err, QFS_OUTCOME_MISMATCH, "entry %u ended no session", act->event->seq);
	return QFS_OK;
}

static qfs_status
recall_rotation(qfs_act *act)
{
	qfs_store  *store = act->reducer->store;
	qfs_session_record last;
	qfs_session_record next;
	qfs_hash	nonce;
	bool		found = false;
	qfs_status	status;

	memset(&last, 0, sizeof(last));
	memset(&next, 0, sizeof(next));
	status = qfs_payload_hash(act, "nonce", &nonce);
	if (status == QFS_OK)
		status = read_ended(act, &last.session);
	if (status == QFS_OK)
		status = store->get(store, &qfs_kind_session, &last, &found, act->err);
	/* The session that follows has the device of the one before, if that is known. */
	if (status != QFS_OK || !found)
		return status;
	next.user = act->event->actor;
	next.login = last.login;
	next.has_device = last.has_device;
	next.device = last.device;
	status = qfs_session_end(act, &last.session, "rotated");
	return status == QFS_OK ? qfs_session_recall(act, &next, &nonce) : status;
}

const qfs_rule qfs_rule_session_rotated = {
	.type = "SESSION_ROTATED",
	.schema = "{\"properties\":{\"nonce\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"}},"
	"\"required\":[\"nonce\"],\"type\":\"object\"}",
	.via = QFS_VIA_SESSION,
	.changes = rotation_changes,
	.apply = rotate,
	.recall = recall_rotation,
};

/* ---- revocation: any active session of the account, or an operator ---- */

/* Errors: FORBIDDEN unless the reason is one that who asks may give. */
static qfs_status
read_reason(qfs_act *act, char out[QFS_TYPE_MAX + 1])
{
	bool		by_operator = act->auth.via == QFS_VIA_OPERATOR;
	qfs_status	status = qfs_payload_name(act, "reason", out);

	if (status == QFS_OK && (strcmp(out, "admin") == 0) != by_operator)
		return qfs_fail(act->err, QFS_FORBIDDEN,
						"the reason \"admin\" is the operator's, and the operator's only one");
	return status;
}

/* Whose session it is.  Errors: SESSION_UNKNOWN. */
static qfs_status
find_owner(qfs_act *act, const qfs_hash *id, qfs_user_id *out)
{
	qfs_store  *store = act->reducer->store;
	qfs_session_record session = {.session = *id};
	bool		found;
	qfs_status	status = store->get(store, &qfs_kind_session, &session, &found, act->err);

	if (status == QFS_OK && !found)
		return qfs_fail(act->err, QFS_SESSION_UNKNOWN, "%h", id->bytes);
	*out = session.user;
	return status;
}

/* Errors: SESSION_UNKNOWN, SESSION_FOREIGN. */
static qfs_status
close_session(qfs_act *act, const qfs_hash *id, qfs_user_id *owner)
{
	bool		by_operator = act->auth.via == QFS_VIA_OPERATOR;
	qfs_status	status = QFS_OK;

	*owner = act->event->actor;
	if (by_operator)
		status = find_owner(act, id, owner);
	if (status == QFS_OK)
		status = qfs_session_close(act, owner, id);
	if (status != QFS_SESSION_ENDED)
		return status;
	/* It is over, unless it is somebody else's. */
	status = find_owner(act, id, owner);
	if (status == QFS_OK && !by_operator && memcmp(owner, &act->event->actor, sizeof(*owner)) != 0)
		return qfs_fail(act->err, QFS_SESSION_FOREIGN, "the actor has no such session");
	return status == QFS_OK ? qfs_fail(act->err, QFS_SESSION_UNKNOWN, "%h", id->bytes) : status;
}

static qfs_status
revoke(qfs_act *act)
{
	char		reason[QFS_TYPE_MAX + 1];
	qfs_user_id owner;
	qfs_hash	id;
	qfs_status	status;

	status = qfs_payload_hash(act, "session", &id);
	if (status == QFS_OK)
		status = read_reason(act, reason);
	if (status == QFS_OK)
		status = close_session(act, &id, &owner);
	if (status == QFS_OK)
		status = qfs_session_end(act, &id, reason);
	if (status != QFS_OK)
		return status;
	qfs_effects_change(act->fx, &owner, QFS_ACCESS, &revoked, "");
	qfs_json_key(act->result, "ended");
	qfs_json_put_hex(act->result, id.bytes, sizeof(id.bytes));
	return QFS_OK;
}

static qfs_status
recall_revocation(qfs_act *act)
{
	char		reason[QFS_TYPE_MAX + 1];
	qfs_hash	ended;
	qfs_status	status = qfs_payload_name(act, "reason", reason);

	if (status == QFS_OK)
		status = read_ended(act, &ended);
	return status == QFS_OK ? qfs_session_end(act, &ended, reason) : status;
}

/* ---- its explanation ---- */

/*
 * Whose session it was, which an operator's entry has no actor to say: the
 * account's whose access it touched.  Applying the rule proves it, for the
 * session has to be among those that this access had before.
 */
static qfs_status
suppose(qfs_act *act)
{
	qfs_store  *store = act->reducer->store;
	const qfs_entry *event = act->event;
	qfs_session_record session = {.seq = -1,.login = -1};
	qfs_status	status = qfs_payload_hash(act, "session", &session.session);

	for (unsigned i = 0; i < event->account_count && status == QFS_OK; i++)
	{
		const qfs_account_part *part = &event->account_parts[i];

		session.user = part->account;
		if (qfs_slice_equal(part->kind, qfs_slice_of(qfs_account_kind_names[QFS_ACCESS])))
			status = store->put(store, &qfs_kind_session, &session, act->err);
	}
	return status;
}

static const char *const reads[] = {"operators", NULL};

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
	.suppose = suppose,
	.reads = reads,
};
