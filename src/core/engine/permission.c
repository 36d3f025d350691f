/*
 * permission.c - who may append what.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/permission.h"

#include "base/status.h"
#include "engine/event_signature.h"
#include "engine/session.h"

bool
qfs_permission_operates(const qfs_act *act)
{
	return act->session.operates && qfs_account_operates(act->reducer, &act->event->actor);
}

static qfs_status
check_sig(qfs_act *act)
{
	bool		is_shown = act->event->sig.len > 0;
	bool		has_sig = is_shown && qfs_json_type_of(act->event->sig) != QFS_JSON_NULL;

	/* One that was erased cannot be asked. */
	if (!is_shown || has_sig == (act->auth.is_signed || act->auth.via == QFS_VIA_WALLET))
		return QFS_OK;
	return qfs_fail(act->err, QFS_AUTH_INVALID, has_sig ? "a signature that auth does not speak of" :
					"the signature that auth speaks of is missing");
}

static qfs_status
check_wallet(qfs_act *act)
{
	const qfs_rule *rule = act->rule;
	qfs_status	status;

	if (act->auth.via != QFS_VIA_WALLET)
		return QFS_OK;
	/* Of an application's type a wallet's signature is no part, whatever the type is. */
	status = qfs_permission_allow(act, rule != NULL ? rule->via : QFS_VIA_SESSION);
	if (status != QFS_OK || act->auth.is_signed == rule->must_sign)
		return status;
	return qfs_fail(act->err, QFS_AUTH_INVALID, rule->must_sign ? "%v: its wallet signs the event, with a nonce" :
					"%v: its wallet signs the payload's message, without a nonce", act->event->type);
}

qfs_status
qfs_permission_check_signer(qfs_act *act)
{
	qfs_status	status = check_sig(act);

	return status == QFS_OK ? check_wallet(act) : status;
}

qfs_status
qfs_permission_establish(qfs_act *act)
{
	qfs_status	status = qfs_auth_read(act->event->auth, &act->auth, act->err);

	if (status == QFS_OK)
		status = qfs_permission_check_signer(act);
	if (status == QFS_OK && act->auth.via == QFS_VIA_SESSION)
		status = qfs_session_authorize(act);
	if (status == QFS_OK && act->auth.via == QFS_VIA_WALLET && act->auth.is_signed)
		status = qfs_event_check_wallet(act);
	return status;
}

qfs_status
qfs_permission_allow(qfs_act *act, unsigned allowed)
{
	const qfs_entry *event = act->event;

	if (allowed & act->auth.via)
		return QFS_OK;
	if (act->auth.via == QFS_VIA_LEDGER || allowed == QFS_VIA_LEDGER)
		return qfs_fail(act->err, QFS_FORBIDDEN, allowed == QFS_VIA_LEDGER ? "%v is the ledger's own to append" :
						"%v is not the ledger's own to append", event->type);
	if (act->auth.via != QFS_VIA_SESSION)
		return qfs_fail(act->err, QFS_NO_SESSION, "%v is appended by accounts", event->type);
	if (!(allowed & QFS_VIA_OPERATOR) || !qfs_permission_operates(act))
		return qfs_fail(act->err, QFS_FORBIDDEN, "%v is not for accounts to append", event->type);
	return QFS_OK;
}

qfs_status
qfs_permission_check(qfs_act *act, unsigned allowed)
{
	qfs_status	status = qfs_permission_establish(act);

	return status == QFS_OK ? qfs_permission_allow(act, allowed) : status;
}

qfs_status
qfs_permission_presume(qfs_act *act, unsigned allowed)
{
	qfs_status	status = qfs_auth_read(act->event->auth, &act->auth, act->err);

	if (status == QFS_OK)
		status = qfs_permission_check_signer(act);
	if (status == QFS_OK && act->auth.via == QFS_VIA_SESSION && act->rule->must_sign && !act->auth.is_signed)
		return qfs_fail(act->err, QFS_EVENT_UNSIGNED, "%v", act->event->type);
	act->session.operates = act->auth.via == QFS_VIA_SESSION;
	return status == QFS_OK ? qfs_permission_allow(act, allowed) : status;
}
