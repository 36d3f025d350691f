/*
 * fn_wallet_act.c - SQL functions for events that a wallet signs by itself, without a session.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Whoever brings one, it is the wallet's: who asks is not looked at, and an
 * operator who lets nobody sign in does not stop it.
 */
#include "pg/base/compat.h"

#include "identity/wallet_act.h"
#include "ledger/registry.h"
#include "pg/append/account_event.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/fn/wallet_signature.h"

/* What is to be signed, or was: the first three arguments. */
typedef struct WalletAct
{
	qfs_slice	type;
	qfs_slice	payload;		/* canonical */
	int64_t		nonce;
} WalletAct;

/* Errors: WALLET_TYPE unless the type, in the rules that are in force, is a wallet's to sign. */
static void
check_type(const qfs_reducer *r, qfs_slice type)
{
	const qfs_rule *rule = qfs_registry_rule(r->registry, type, r->policy.rules);

	if (rule == NULL || !rule->must_sign || !(rule->via & QFS_VIA_WALLET))
		QFS_THROW(QFS_WALLET_TYPE, "the type is \"%v\"", type);
}

/* Errors: ARGUMENT, WALLET_TYPE, ENTRY_TOO_LARGE and those of what is no canonical JSON. */
static WalletAct
read_act(FunctionCallInfo fcinfo, const qfs_reducer *r)
{
	WalletAct	act;

	/* Not STRICT: who asks for nothing is told so, rather than given nulls. */
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		QFS_THROW(QFS_ARGUMENT, "type, payload and nonce are needed");
	act.type = qfs_varlena_arg(fcinfo, 0);
	act.nonce = PG_GETARG_INT64(2);
	if (act.nonce < 1 || act.nonce > QFS_INT_MAX)
		QFS_THROW(QFS_ARGUMENT, "nonce is from 1 to 2^53-1, not %i", act.nonce);
	check_type(r, act.type);
	act.payload = qfs_jsonb_canonical(PG_GETARG_JSONB_P(1));
	if (act.payload.len > QFS_PAYLOAD_MAX)
		QFS_THROW(QFS_ENTRY_TOO_LARGE, "its part payload has %u bytes", (uint64_t) act.payload.len);
	return act;
}

static qfs_slice
text_of(const qfs_reducer *r, const WalletAct *act)
{
	size_t		room = act->payload.len + QFS_WALLET_TEXT_MORE;
	qfs_buf		text;

	qfs_buf_init(&text, palloc(room), room);
	qfs_wallet_act_text(qfs_slice_of(r->ledger.origin), act->type, act->payload, act->nonce, &r->ledger.ledger, &text);
	return qfs_buf_slice(&text);
}

/* qfs.wallet_text(type, payload, nonce) -> text */
PG_FUNCTION_INFO_V1(qfs_sql_wallet_text);
Datum
qfs_sql_wallet_text(PG_FUNCTION_ARGS)
{
	const qfs_reducer *r = qfs_open_reducer();
	WalletAct	act = read_act(fcinfo, r);

	PG_RETURN_TEXT_P(qfs_text_of(text_of(r, &act)));
}

/* qfs.deliver(type, payload, nonce, sig) -> bigint */
PG_FUNCTION_INFO_V1(qfs_sql_deliver);
Datum
qfs_sql_deliver(PG_FUNCTION_ARGS)
{
	const qfs_reducer *r = qfs_open_reducer();
	WalletAct	act = read_act(fcinfo, r);
	qfs_entry	event = {.type = act.type, .has_actor = true, .payload = act.payload};
	qfs_expected this_one = {.type = act.type, .payload = act.payload, .wallet_nonce = act.nonce};
	qfs_slice	sig;
	qfs_error	err;

	if (PG_ARGISNULL(3))
		QFS_THROW(QFS_ARGUMENT, "sig is needed");
	sig = qfs_wallet_signature(qfs_varlena_arg(fcinfo, 3));
	/* The signature says whose it is; over another text, it is a stranger's. */
	QFS_TRY(qfs_wallet_act_signer(text_of(r, &act), sig, &event.actor, &err), &err);
	PG_RETURN_INT64(qfs_append_expected(&event, sig, &this_one));
}
