/*
 * actions.c - what would happen if accounts did something now.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "sandbox/actions.h"

#include "base/status.h"
#include "engine/access.h"
#include "engine/event_signature.h"
#include "identity/auth_value.h"
#include "text/schema.h"

/* ---- their form ---- */

static const char schema[] =
	"{\"items\":{\"properties\":{"
	"\"actor\":{\"maxLength\":69,\"minLength\":69,\"type\":\"string\"},"
	"\"payload\":{\"additionalProperties\":true,\"type\":\"object\"},"
	"\"session\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"},"
	"\"type\":{\"maxLength\":63,\"minLength\":1,\"type\":\"string\"}},"
	"\"required\":[\"actor\",\"payload\",\"type\"],\"type\":\"object\"},"
	"\"maxItems\":100,\"type\":\"array\"}";

typedef struct action
{
	qfs_user_id actor;
	qfs_slice	type;
	qfs_slice	payload;
	bool		has_session;
	qfs_hash	session;
} action;

static qfs_status
read_action(qfs_slice item, action *out, qfs_error *err)
{
	qfs_slice	value = qfs_json_member_or(item, "actor", QFS_LITERAL("\"\""));
	qfs_slice	actor;

	if (!qfs_json_to_plain(value, &actor))
		actor = value;
	out->payload = qfs_json_member_or(item, "payload", QFS_LITERAL("{}"));
	/* What is spelled with escapes is no type, and will be refused as such. */
	value = qfs_json_member_or(item, "type", QFS_LITERAL("\"\""));
	if (!qfs_json_to_plain(value, &out->type))
		out->type = value;
	out->has_session = qfs_json_member(item, "session", &value);
	if (out->has_session && !qfs_json_member_hex(item, "session", out->session.bytes, sizeof(out->session.bytes)))
		return qfs_fail(err, QFS_PAYLOAD_INVALID, "actions: %v is no session", value);
	return qfs_user_id_parse(actor, &out->actor, err);
}

qfs_status
qfs_actions_check(qfs_slice actions, qfs_error *err)
{
	qfs_json_iter iter;
	qfs_slice	key;
	qfs_slice	item;
	action		ignored;
	qfs_status	status = qfs_json_check(actions, err);

	_Static_assert(QFS_ACTIONS_MAX == 100, "the schema counts them");
	if (status == QFS_OK)
		status = qfs_schema_validate(qfs_slice_of(schema), actions, "actions", QFS_PAYLOAD_INVALID, err);
	if (status != QFS_OK)
		return status;
	iter = qfs_json_members(actions);
	while (status == QFS_OK && qfs_json_next(&iter, &key, &item))
		status = read_action(item, &ignored, err);
	return status;
}

/* ---- by whose word ---- */

/* The session that was named, or the last one that is active; NULL: there is none. */
static const qfs_open_session *
find_session(const action *a, qfs_access *access, int64_t at)
{
	if (a->has_session)
		return qfs_access_find(access, &a->session);
	qfs_access_expire(access, at);
	for (unsigned n = access->count; n > 0; n--)
		if (access->sessions[n - 1].is_known)
			return &access->sessions[n - 1];
	return NULL;
}

/* May, and does, the wallet sign by itself, as there is no session that could? */
static bool
is_wallets(const qfs_rule *rule, const action *a, const qfs_open_session *session)
{
	if (rule == NULL || !(rule->via & QFS_VIA_WALLET))
		return false;
	if (!(rule->via & QFS_VIA_SESSION) || session == NULL)
		return !a->has_session;
	return rule->must_sign && !session->has_device;
}

static qfs_status
next_nonce(qfs_store *store, const qfs_user_id *user, int64_t *out, qfs_error *err)
{
	qfs_nonce	nonce = {.user = *user};
	bool		found;
	qfs_status	status = store->get(store, &qfs_kind_nonce, &nonce, &found, err);

	*out = (found ? nonce.event_nonce : 0) + 1;
	return status;
}

static qfs_status
find_auth(const qfs_stage *stage, const qfs_rule *rule, const action *a, qfs_auth *out, qfs_error *err)
{
	qfs_store  *store = stage->reducer->store;
	const qfs_open_session *session;
	qfs_access	access;
	bool		found;
	qfs_status	status = qfs_access_get(store, &a->actor, &access, &found, err);

	if (status != QFS_OK)
		return status;
	session = find_session(a, &access, stage->at);
	memset(out, 0, sizeof(*out));
	out->via = is_wallets(rule, a, session) ? QFS_VIA_WALLET : QFS_VIA_SESSION;
	if (out->via == QFS_VIA_WALLET)
		out->is_signed = rule->must_sign;
	else if (session != NULL)
	{
		out->session = session->session;
		out->is_signed = session->has_device &&
			qfs_event_must_be_signed(&stage->reducer->policy, rule, a->type, session->has_device);
		out->key = session->device;
	}
	else if (a->has_session)
		out->session = a->session;
	return out->is_signed ? next_nonce(store, &a->actor, &out->nonce, err) : QFS_OK;
}

/* ---- doing them ---- */

/* Number and state go on if it was taken. */
static qfs_status
end_step(qfs_stage *stage, const qfs_judgement *judgement, qfs_status status)
{
	bool		is_taken = status == QFS_OK && judgement->refused == QFS_OK;

	qfs_memory_store_end(stage->undo, is_taken);
	if (is_taken)
		stage->seq++;
	else
		qfs_reducer_forget(stage->reducer);
	return status;
}

static qfs_status
settle(qfs_stage *stage, qfs_error *err)
{
	qfs_judgement judgement = {.refused = QFS_OK};
	qfs_status	status = qfs_reducer_refresh(stage->reducer, err);

	while (status == QFS_OK && qfs_reducer_is_due(stage->reducer, stage->at))
	{
		qfs_memory_store_begin(stage->undo);
		status = end_step(stage, &judgement, qfs_judge_due(stage->reducer, stage->seq, stage->at, stage->space, &judgement, err));
		if (status == QFS_OK && judgement.refused != QFS_OK)
			return qfs_fail(err, QFS_INTERNAL, "what is due before entry %u cannot be settled", stage->seq);
		if (status == QFS_OK)
			status = qfs_reducer_refresh(stage->reducer, err);
	}
	return status;
}

static qfs_status
do_action(qfs_stage *stage, const action *a, qfs_judgement *out, qfs_error *err)
{
	uint8_t		memory[QFS_AUTH_MAX];
	qfs_entry	event = {
		.seq = stage->seq,.at = stage->at,.has_actor = true,.actor = a->actor,.type = a->type,.payload = a->payload
	};
	qfs_auth	auth;
	qfs_buf		buf;
	qfs_status	status = find_auth(stage, qfs_registry_find(stage->reducer->registry, a->type), a, &auth, err);

	if (status != QFS_OK)
		return status;
	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_auth_write(&buf, &auth);
	event.auth = qfs_buf_slice(&buf);
	event.sig = auth.is_signed || auth.via == QFS_VIA_WALLET ? QFS_LITERAL("\"\"") : QFS_LITERAL("null");
	status = qfs_event_limit(&event, err);
	if (status != QFS_OK)
	{
		*out = (qfs_judgement) {.refused = status};
		return QFS_OK;
	}
	qfs_memory_store_begin(stage->undo);
	return end_step(stage, out, qfs_judge_event(stage->reducer, &event, stage->space, out, err));
}

/* What is due, and then the action.  Under a policy that is none nothing is settled, and every action is refused. */
static qfs_status
step(qfs_stage *stage, const action *a, qfs_judgement *out, qfs_error *err)
{
	qfs_status	status = settle(stage, err);

	if (status == QFS_POLICY_INVALID)
	{
		*out = (qfs_judgement) {.refused = status};
		return QFS_OK;
	}
	return status == QFS_OK ? do_action(stage, a, out, err) : status;
}

/* ---- steps ---- */

/* What others have is not the actor's to know. */
static void
write_own_parts(qfs_json_writer *w, const qfs_user_id *actor, qfs_slice accounts)
{
	qfs_json_iter iter = qfs_json_members(accounts);
	qfs_user_id account;
	qfs_slice	key;
	qfs_slice	part;

	qfs_json_open_array(w);
	while (qfs_json_next(&iter, &key, &part))
		if (qfs_json_member_user(part, "account", &account) && memcmp(&account, actor, sizeof(account)) == 0)
			qfs_json_put_value(w, part);
	qfs_json_close(w);
}

static void
write_step(qfs_json_writer *w, const action *a, const qfs_judgement *judgement)
{
	qfs_json_open_object(w);
	qfs_json_key(w, "accounts");
	write_own_parts(w, &a->actor, judgement->accounts);
	qfs_json_key(w, "error");
	if (judgement->refused != QFS_OK)
		qfs_json_put_text(w, qfs_slice_of(qfs_status_code(judgement->refused)));
	else
		qfs_json_put_null(w);
	qfs_json_key(w, "outcome");
	if (judgement->refused != QFS_OK)
		qfs_json_put_null(w);
	else
		qfs_json_put_value(w, judgement->outcome);
	qfs_json_close(w);
}

qfs_status
qfs_actions_run(qfs_stage *stage, qfs_slice actions, qfs_buf *steps, qfs_error *err)
{
	qfs_json_iter iter = qfs_json_members(actions);
	qfs_judgement judgement;
	qfs_json_writer w;
	qfs_slice	key;
	qfs_slice	item;
	action		a;
	qfs_status	status = QFS_OK;

	qfs_json_begin(&w, steps);
	qfs_json_open_array(&w);
	while (status == QFS_OK && qfs_json_next(&iter, &key, &item))
	{
		status = read_action(item, &a, err);
		if (status == QFS_OK)
			status = step(stage, &a, &judgement, err);
		if (status == QFS_OK)
			write_step(&w, &a, &judgement);
	}
	qfs_json_close(&w);
	return status == QFS_OK ? qfs_json_end(&w, err) : status;
}
