/*
 * event_signature.c - events that a session's device or an account's wallet signs.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/event_signature.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/ed25519.h"
#include "identity/wallet_act.h"

/* ---- nonces ---- */

/*
 * The largest nonce that an event may have.  Without one, a single signature of
 * a stolen device would leave the account's devices none to go on with.  A day
 * after the entry, for clocks that differ, so that milliseconds since 1970 do;
 * and always the one after the last, so that nothing stops those who count on.
 */
static int64_t
largest_nonce(const qfs_entry *event, const qfs_nonce *nonce)
{
	int64_t		by_time = event->at + QFS_EVENT_NONCE_AHEAD_MS;
	int64_t		by_count = nonce->event_nonce + 1;

	return by_time > by_count ? by_time : by_count;
}

/* The number of the signature has not been used yet, and is used up now. */
static qfs_status
take_event_nonce(qfs_act *act)
{
	qfs_nonce  *nonce;
	qfs_status	status = qfs_effects_nonce(act->fx, &act->event->actor, &nonce);

	if (status != QFS_OK)
		return status;
	if (act->auth.nonce <= nonce->event_nonce)
		return qfs_fail(act->err, QFS_EVENT_NONCE, "it is %i, the last one was %i", act->auth.nonce,
						nonce->event_nonce);
	if (act->auth.nonce > largest_nonce(act->event, nonce))
		return qfs_fail(act->err, QFS_EVENT_NONCE_AHEAD, "it is %i, the last one was %i, this one may be up to %i",
						act->auth.nonce, nonce->event_nonce, largest_nonce(act->event, nonce));
	nonce->event_nonce = act->auth.nonce;
	qfs_effects_change(act->fx, &act->event->actor, QFS_NONCE, &qfs_change_event_signed, "");
	return QFS_OK;
}

/* ---- signatures ---- */

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
	qfs_json_put_member_int(&w, "nonce", nonce);
	qfs_json_key(&w, "payload");
	qfs_json_put_value(&w, event->payload);
	qfs_json_key(&w, "type");
	qfs_json_put_text(&w, event->type);
	qfs_json_close(&w);
}

static qfs_status
check_device_signature(qfs_reducer *r, const qfs_entry *event, const qfs_auth *auth, qfs_error *err)
{
	uint8_t		signature[64];
	qfs_buf		message;

	if (!qfs_auth_sig_read(event->sig, signature))
		return qfs_fail(err, QFS_AUTH_INVALID, "sig is not the 86 characters of a device's signature");
	qfs_buf_init(&message, r->message, sizeof(r->message));
	qfs_event_message(&r->ledger.ledger, event, auth->nonce, &message);
	return qfs_ed25519_verify(qfs_buf_slice(&message), (qfs_slice) {signature, sizeof(signature)},
							  (qfs_slice) {auth->key.bytes, sizeof(auth->key.bytes)}, err);
}

static qfs_status
check_wallet_signature(qfs_reducer *r, const qfs_entry *event, const qfs_auth *auth, qfs_error *err)
{
	qfs_user_id signer;
	qfs_buf		text;
	qfs_status	status;

	_Static_assert(sizeof(r->message) >= QFS_PAYLOAD_MAX + QFS_WALLET_TEXT_MORE, "room for the text");
	qfs_buf_init(&text, r->message, sizeof(r->message));
	qfs_wallet_act_text(qfs_slice_of(r->ledger.origin), event->type, event->payload, auth->nonce, &r->ledger.ledger,
						&text);
	QFS_ASSERT(!text.overflow);
	status = qfs_wallet_act_signer(qfs_buf_slice(&text), event->sig, &signer, err);
	if (status != QFS_OK || memcmp(&signer, &event->actor, sizeof(signer)) == 0)
		return status;
	return qfs_fail(err, QFS_SIGNATURE_MISMATCH, "over this text it is one of user_%h", signer.bytes);
}

qfs_status
qfs_event_signature_check(qfs_reducer *r, const qfs_entry *event, const qfs_auth *auth, qfs_error *err)
{
	QFS_ASSERT(auth->is_signed);
	/* Of an entry whose payload was erased it is gone, and so is what it signed. */
	if (event->sig.len == 0)
		return QFS_OK;
	return auth->via == QFS_VIA_WALLET ? check_wallet_signature(r, event, auth, err) :
		check_device_signature(r, event, auth, err);
}

/* It is the next one of the account, and its signature is good. */
static qfs_status
check_signed(qfs_act *act)
{
	qfs_status	status = take_event_nonce(act);

	if (status != QFS_OK || !act->reducer->check_signatures)
		return status;
	return qfs_event_signature_check(act->reducer, act->event, &act->auth, act->err);
}

/* ---- whose they are ---- */

bool
qfs_event_must_be_signed(const qfs_policy *policy, const qfs_rule *rule, qfs_slice type, bool has_device)
{
	return policy->signing == QFS_SIGNED_ALL || (policy->signing == QFS_SIGNED_DEVICES && has_device) ||
		qfs_policy_lists(policy->signed_types, type) || (rule != NULL && rule->must_sign);
}

qfs_status
qfs_event_check_device(qfs_act *act)
{
	const qfs_session_record *session = &act->session;
	const qfs_auth *auth = &act->auth;
	qfs_slice	type = act->event->type;

	if (!auth->is_signed)
		return qfs_event_must_be_signed(&act->reducer->policy, act->rule, type, session->has_device) ?
			qfs_fail(act->err, QFS_EVENT_UNSIGNED, session->has_device ? "%v" : "%v: the session has no device",
					 type) : QFS_OK;
	if (!session->has_device || memcmp(&session->device, &auth->key, sizeof(auth->key)) != 0)
		return qfs_fail(act->err, QFS_EVENT_KEY, "%s", session->has_device ?
						"the session has another device" : "the session has no device");
	return check_signed(act);
}

qfs_status
qfs_event_check_wallet(qfs_act *act)
{
	if (!act->event->has_actor)
		return qfs_fail(act->err, QFS_ACTOR_MISMATCH, "a wallet acts for its account");
	return check_signed(act);
}
