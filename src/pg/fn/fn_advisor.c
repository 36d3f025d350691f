/*
 * fn_advisor.c - SQL functions for services that give advice: their tokens.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Such a token is signed with the key that signs those of sessions, and has a
 * form of its own: it names no session, so nothing here makes anybody an actor.
 */
#include "pg/base/compat.h"

#include <sodium.h>

#include "engine/reduce.h"
#include "identity/token.h"
#include "pg/append/account_event.h"
#include "pg/base/args.h"
#include "pg/base/clock.h"
#include "pg/base/errors.h"
#include "pg/base/guc.h"
#include "pg/fn/bearer.h"
#include "pg/fn/service_token.h"
#include "pg/secret/keyfile.h"
#include "pg/table/ledger_table.h"
#include "pg/table/server_identity.h"

/* Longest life of a token, in seconds: 31 days. */
#define TTL_MAX (31 * 24 * 60 * 60)

static void
find_public_key(const qfs_reducer *r, qfs_signing_key_record *public_keys)
{
	qfs_error	err;

	QFS_TRY(qfs_signing_key_get(r->store, r->ledger.key_number, public_keys, &err), &err);
}

qfs_status
qfs_service_of_token(qfs_slice text, char name[QFS_SERVICE_MAX], qfs_service_token *out, qfs_error *err)
{
	qfs_reducer *r = qfs_open_reducer();
	qfs_signing_key_record public_keys;

	find_public_key(r, &public_keys);
	return qfs_service_token_read(text, qfs_slice_of(r->ledger.origin), &public_keys.token,
								  qfs_ledger_now() / 1000, name, out, err);
}

/* qfs.sign_advisor_token(service text, ttl bigint) -> text */
PG_FUNCTION_INFO_V1(qfs_sql_sign_advisor_token);
Datum
qfs_sql_sign_advisor_token(PG_FUNCTION_ARGS)
{
	qfs_reducer *r = qfs_open_reducer();
	int64		now = qfs_ledger_now() / 1000;
	uint64		ttl = qfs_count_arg(fcinfo, 1, "ttl");
	qfs_service_token token = {.service = qfs_varlena_arg(fcinfo, 0),.issued_at = now};
	char		memory[QFS_TOKEN_MAX];
	qfs_signing_key_record public_keys;
	qfs_session_keys *keys;
	qfs_buf		buf;
	qfs_error	err;
	qfs_status	status;

	if (!qfs_service_name_check(token.service))
		QFS_THROW(QFS_ARGUMENT, "a service has a name of small letters, digits, - and _, a letter first, up to %i characters",
				  (int64) QFS_SERVICE_MAX);
	if (ttl < 1 || ttl > TTL_MAX)
		QFS_THROW(QFS_ARGUMENT, "ttl is 1 to %i seconds", (int64) TTL_MAX);
	/* Nobody is given what this server would not take. */
	qfs_server_check();
	token.expires_at = now + (int64) ttl;
	randombytes_buf(token.id.bytes, sizeof(token.id.bytes));
	find_public_key(r, &public_keys);
	keys = qfs_keyfile_session(&public_keys.token);
	qfs_buf_init(&buf, memory, sizeof(memory));
	status = qfs_service_token_write(&token, qfs_slice_of(r->ledger.origin), &keys->token.public_key,
									 keys->token.secret, &buf, &err);
	sodium_memzero(keys, sizeof(*keys));
	QFS_TRY(status, &err);
	PG_RETURN_TEXT_P(qfs_text_of(qfs_buf_slice(&buf)));
}

/* qfs.advisor_of(header text) -> text */
PG_FUNCTION_INFO_V1(qfs_sql_advisor_of);
Datum
qfs_sql_advisor_of(PG_FUNCTION_ARGS)
{
	char		name[QFS_SERVICE_MAX];
	qfs_service_token token;
	qfs_slice	text;
	qfs_error	err;

	if (!qfs_find_bearer(qfs_optional_arg(fcinfo, 0), &text))
		QFS_THROW(QFS_TOKEN_INVALID, "no token of a service came with the request");
	QFS_TRY(qfs_service_of_token(text, name, &token, &err), &err);
	PG_RETURN_TEXT_P(qfs_text_of(token.service));
}

/* qfs.advice_stale() -> bigint, milliseconds */
PG_FUNCTION_INFO_V1(qfs_sql_advice_stale);
Datum
qfs_sql_advice_stale(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) qfs_advice_stale * 1000);
}
