/*
 * fn_session.c - SQL functions around signing in: nonces, sign-in, tokens, sessions.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * What is checked here and nowhere else is what needs a secret: that a nonce
 * is ours, and that a token is.  The rest the rules decide, when the entry is
 * appended and in every replay.
 */
#include "pg/base/compat.h"

#include <sodium.h>

#include "access/xlog.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"

#include "engine/rule.h"
#include "engine/session.h"
#include "identity/device.h"
#include "identity/token.h"
#include "pg/append/account_event.h"
#include "pg/append/actor.h"
#include "pg/append/draft.h"
#include "pg/base/args.h"
#include "pg/base/clock.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/fn/session_token.h"
#include "pg/fn/wallet_signature.h"
#include "pg/secret/keyfile.h"
#include "pg/secret/token_memory.h"
#include "pg/table/ledger_table.h"
#include "pg/table/server_identity.h"
#include "rules/account/signin_message.h"
#include "text/base64.h"
#include "text/uri.h"

#define NONCE_TIME_LEN 6
#define NONCE_RANDOM_LEN 10
#define NONCE_SIGNED_LEN (NONCE_TIME_LEN + NONCE_RANDOM_LEN)
#define NONCE_MAC_LEN (QFS_HASH_LEN - NONCE_SIGNED_LEN)

static void
find_public_keys(const qfs_reducer *r, qfs_signing_key_record *public_keys)
{
	qfs_error	err;

	QFS_TRY(qfs_signing_key_get(r->store, r->ledger.key_number, public_keys, &err), &err);
}

/* The keys in force, from the file; the caller wipes them. */
static qfs_session_keys *
find_keys(const qfs_reducer *r)
{
	qfs_signing_key_record public_keys;

	find_public_keys(r, &public_keys);
	return qfs_keyfile_session(&public_keys.token);
}

/* ---- nonces ---- */

/*
 * Truncated HMAC-SHA256 over time and random bytes, and over the cluster and
 * the database that issue it, under the nonce key: a copy has the same key.
 */
static void
nonce_mac(const qfs_session_keys *keys, const uint8_t *nonce, uint8_t mac[NONCE_MAC_LEN])
{
	uint8_t		full[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;
	uint64		system = pg_hton64(GetSystemIdentifier());
	uint32		database = pg_hton32(MyDatabaseId);

	crypto_auth_hmacsha256_init(&state, keys->nonce, sizeof(keys->nonce));
	crypto_auth_hmacsha256_update(&state, nonce, NONCE_SIGNED_LEN);
	crypto_auth_hmacsha256_update(&state, (const uint8_t *) &system, sizeof(system));
	crypto_auth_hmacsha256_update(&state, (const uint8_t *) &database, sizeof(database));
	crypto_auth_hmacsha256_final(&state, full);
	memcpy(mac, full, NONCE_MAC_LEN);
	sodium_memzero(&state, sizeof(state));
}

/* A new nonce, in hexadecimal digits. */
static qfs_slice
make_nonce(const qfs_reducer *r, int64 now)
{
	qfs_session_keys *keys;
	qfs_hash	nonce;
	qfs_buf		digits;

	/* Nobody is asked to sign what leads to no session here. */
	qfs_server_check();
	keys = find_keys(r);
	for (int i = 0; i < NONCE_TIME_LEN; i++)
		nonce.bytes[i] = (uint8_t) (now >> 8 * (NONCE_TIME_LEN - 1 - i));
	randombytes_buf(nonce.bytes + NONCE_TIME_LEN, NONCE_RANDOM_LEN);
	nonce_mac(keys, nonce.bytes, nonce.bytes + NONCE_SIGNED_LEN);
	sodium_memzero(keys, sizeof(*keys));
	qfs_buf_init(&digits, palloc(2 * QFS_HASH_LEN), 2 * QFS_HASH_LEN);
	qfs_buf_hex(&digits, nonce.bytes, sizeof(nonce.bytes));
	return qfs_buf_slice(&digits);
}

/* qfs.nonce() -> text */
PG_FUNCTION_INFO_V1(qfs_sql_nonce);
Datum
qfs_sql_nonce(PG_FUNCTION_ARGS)
{
	qfs_reducer *r = qfs_open_reducer();

	PG_RETURN_TEXT_P(qfs_text_of(make_nonce(r, qfs_ledger_now())));
}

/* ---- challenges ---- */

/* Argument n, or the first of those that the policy lists under this name. */
static qfs_slice
place_arg(FunctionCallInfo fcinfo, int n, qfs_slice listed, const char *name)
{
	qfs_json_iter iter = qfs_json_members(listed);
	qfs_slice	key;
	qfs_slice	value;
	qfs_slice	first;

	if (!PG_ARGISNULL(n))
		return qfs_varlena_arg(fcinfo, n);
	if (!qfs_json_next(&iter, &key, &value) || !qfs_json_to_plain(value, &first))
		QFS_THROW(QFS_LOGIN_DOMAIN, "policy.auth.%s is empty", name);
	return first;
}

/* The resource that names the device key of argument n. */
static qfs_slice
device_arg(FunctionCallInfo fcinfo, int n)
{
	qfs_hash	device;
	qfs_buf		buf;

	if (!qfs_base64url_read(qfs_varlena_arg(fcinfo, n), device.bytes, sizeof(device.bytes)))
		QFS_THROW(QFS_DEVICE_KEY_SYNTAX, "a device key is 43 characters of base64url");
	qfs_buf_init(&buf, palloc(QFS_DEVICE_RESOURCE_LEN), QFS_DEVICE_RESOURCE_LEN);
	qfs_device_resource_write(&buf, &device);
	return qfs_buf_slice(&buf);
}

/*
 * Says which argument is wrong, where the message would only show on which
 * line.  Errors: SIWE_DOMAIN, ARGUMENT.
 */
static void
check_form(const qfs_siwe *fields)
{
	qfs_uri_authority domain;

	if (!qfs_uri_read_authority(fields->domain, &domain) || domain.has_userinfo || domain.host.len == 0)
		QFS_THROW(QFS_SIWE_DOMAIN, "domain is \"%v\"", fields->domain);
	if (!qfs_uri_is_uri(fields->uri))
		QFS_THROW(QFS_ARGUMENT, "uri is \"%v\", which is not an RFC 3986 URI", fields->uri);
	if (fields->has_statement && fields->statement.len > 0 &&
		memchr(fields->statement.data, '\n', fields->statement.len) != NULL)
		QFS_THROW(QFS_ARGUMENT, "statement has more than one line");
}

/* What the message says, but for its nonce. */
static void
read_challenge(FunctionCallInfo fcinfo, const qfs_policy *policy, qfs_siwe *out)
{
	*out = (qfs_siwe) {.version = 1};
	if (PG_ARGISNULL(0) || PG_ARGISNULL(2))
		QFS_THROW(QFS_ARGUMENT, "wallet and chain_id are needed");
	memcpy(&out->address, PG_GETARG_POINTER(0), sizeof(out->address));
	out->chain_id = (int64_t) qfs_count_arg(fcinfo, 2, "chain_id");
	out->domain = place_arg(fcinfo, 3, policy->domains, "domains");
	out->uri = place_arg(fcinfo, 4, policy->uris, "uris");
	out->has_statement = !PG_ARGISNULL(5);
	if (out->has_statement)
		out->statement = qfs_varlena_arg(fcinfo, 5);
	out->has_resources = !PG_ARGISNULL(1);
	if (out->has_resources)
		out->resources[out->resource_count++] = device_arg(fcinfo, 1);
	check_form(out);
}

/* qfs.challenge(wallet, device_key, chain_id, domain, uri, statement) -> text */
PG_FUNCTION_INFO_V1(qfs_sql_challenge);
Datum
qfs_sql_challenge(PG_FUNCTION_ARGS)
{
	qfs_reducer *r = qfs_open_reducer();
	uint8_t		memory[QFS_SIWE_MAX];
	qfs_siwe	fields;
	qfs_buf		buf;
	qfs_error	err;

	read_challenge(fcinfo, &r->policy, &fields);
	fields.issued_at = qfs_ledger_now();
	fields.nonce = make_nonce(r, fields.issued_at);
	qfs_buf_init(&buf, memory, sizeof(memory));
	QFS_TRY(qfs_siwe_write(&fields, &buf, &err), &err);
	/* Nobody is asked to sign what auth_login would refuse for its place. */
	QFS_TRY(qfs_login_check_place(&fields, &r->policy, &err), &err);
	PG_RETURN_TEXT_P(qfs_text_of(qfs_buf_slice(&buf)));
}

/* ---- signing in ---- */

static void
check_nonce_is_ours(const qfs_session_keys *keys, const qfs_hash *nonce)
{
	uint8_t		mac[NONCE_MAC_LEN];

	nonce_mac(keys, nonce->bytes, mac);
	if (sodium_memcmp(mac, nonce->bytes + NONCE_SIGNED_LEN, NONCE_MAC_LEN) != 0)
		QFS_THROW(QFS_NONCE_UNKNOWN, "its check digits are wrong");
}

static qfs_slice
login_payload(qfs_slice message, qfs_slice code, const qfs_login *login)
{
	qfs_draft p;

	qfs_draft_begin(&p);
	if (login->has_device)
		qfs_draft_base64url(&p, "device_key", login->device.bytes, sizeof(login->device.bytes));
	qfs_draft_text(&p, "message", message);
	qfs_draft_text(&p, "nonce", login->message.nonce);
	if (code.len > 0)
		qfs_draft_text(&p, "referral_code", code);
	qfs_draft_address(&p, "wallet", &login->message.address);
	return qfs_draft_end(&p);
}

/* The session that an outcome names, as it is stored now. */
static void
read_session(qfs_reducer *r, qfs_slice outcome, qfs_session_record *out)
{
	qfs_error	err;
	bool		found = false;

	memset(out, 0, sizeof(*out));
	if (qfs_json_member_hex(qfs_result_of(outcome), "session", out->session.bytes, sizeof(out->session.bytes)))
		QFS_TRY(r->store->get(r->store, &qfs_kind_session, out, &found, &err), &err);
	if (!found)
		QFS_THROW(QFS_INTERNAL, "a new session was not stored");
}

static void
put_token(qfs_draft *p, const qfs_reducer *r, const qfs_session_keys *keys,
		  const qfs_session_record *session)
{
	char		memory[QFS_TOKEN_MAX];
	qfs_token	token = {
		.user = session->user,.session = session->session,.operates = session->operates,
		.issued_at = qfs_now_ms() / 1000,
		.expires_at = qfs_session_expires_at(r, session) / 1000
	};
	qfs_buf		buf;
	qfs_error	err;

	qfs_buf_init(&buf, memory, sizeof(memory));
	QFS_TRY(qfs_token_write(&token, qfs_slice_of(r->ledger.origin), &keys->token.public_key,
							keys->token.secret, &buf, &err), &err);
	qfs_draft_text(p, "token", qfs_buf_slice(&buf));
}

/*
 * {"created","expires_at","session","token","user_id","wallet"} as jsonb.
 * keys:    wiped
 * created: left out if NULL
 */
static Datum
session_json(const qfs_reducer *r, qfs_session_keys *keys, const qfs_session_record *session,
			 const qfs_address *wallet, const bool *created)
{
	qfs_draft p;

	qfs_draft_begin(&p);
	if (created != NULL)
		qfs_draft_bool(&p, "created", *created);
	qfs_draft_int(&p, "expires_at", qfs_session_expires_at(r, session));
	qfs_draft_hash(&p, "session", &session->session);
	put_token(&p, r, keys, session);
	sodium_memzero(keys, sizeof(*keys));
	qfs_draft_user(&p, "user_id", &session->user);
	qfs_draft_address(&p, "wallet", wallet);
	return qfs_jsonb_of(qfs_draft_end(&p));
}

/* Who came with a code says so in an entry of its own, as the new session. */
static void
use_referral(const qfs_session_record *session, qfs_slice code, qfs_slice signature)
{
	qfs_draft p;

	qfs_draft_begin(&p);
	qfs_draft_text(&p, "code", code);
	qfs_actor_lend(session);
	qfs_append_account_event("REFERRAL_USE", &session->user, qfs_draft_end(&p), signature, NULL);
	qfs_actor_clear();
}

/* qfs_api.auth_login(message, signature, referral_code, auth) -> jsonb */
PG_FUNCTION_INFO_V1(qfs_sql_auth_login);
Datum
qfs_sql_auth_login(PG_FUNCTION_ARGS)
{
	qfs_slice	code = qfs_optional_arg(fcinfo, 2);
	qfs_slice	created;
	qfs_reducer *r = qfs_open_reducer();
	bool		is_new;
	qfs_session_keys *keys;
	qfs_session_record session;
	qfs_slice	message;
	qfs_slice	outcome;
	qfs_login	login;
	qfs_error	err;

	/* Not STRICT: who asks for nothing is told so, rather than given nulls. */
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		QFS_THROW(QFS_ARGUMENT, "message and signature are needed");
	if (code.len == 0 && !PG_ARGISNULL(3))
		QFS_THROW(QFS_ARGUMENT, "auth is for the use of a referral code, and there is none");
	message = qfs_varlena_arg(fcinfo, 0);
	QFS_TRY(qfs_login_check(message, &r->policy, qfs_ledger_now(), &login, &err), &err);
	keys = find_keys(r);
	check_nonce_is_ours(keys, &login.nonce);
	/* The wallet's word counts, not that of a token which came along. */
	qfs_actor_clear();
	qfs_append_account_event("LOGIN", &login.user,
							 login_payload(message, code, &login),
							 qfs_wallet_signature(qfs_varlena_arg(fcinfo, 1)), &outcome);
	read_session(r, outcome, &session);
	if (code.len > 0)
		use_referral(&session, code, qfs_signature_arg(fcinfo, 3));
	is_new = qfs_json_member(qfs_result_of(outcome), "created", &created) && qfs_slice_equal(created, QFS_LITERAL("true"));
	PG_RETURN_DATUM(session_json(r, keys, &session, &login.message.address, &is_new));
}

/* ---- the account that is signed in ---- */

qfs_status
qfs_session_of_token(qfs_slice text, qfs_session_record *session, qfs_error *err)
{
	qfs_reducer *r = qfs_open_reducer();
	int64		now = qfs_ledger_now();
	qfs_signing_key_record public_keys;
	qfs_token	token;
	qfs_status	status;

	find_public_keys(r, &public_keys);
	status = qfs_token_recall(text, qfs_slice_of(r->ledger.origin), &public_keys.token, now / 1000,
							  &token, err);
	if (status == QFS_OK)
		status = qfs_session_find_active(r, &token.user, &token.session, now, session, err);
	if (status == QFS_ACTOR_MISMATCH)
		return qfs_fail(err, QFS_TOKEN_INVALID, "its session is another account's");
	if (status != QFS_OK)
		return status;
	if (token.operates != session->operates ||
		(token.operates && !qfs_account_operates(r, &session->user)))
		return qfs_fail(err, QFS_TOKEN_INVALID, "its session does not give what it claims");
	return QFS_OK;
}

/* qfs.authenticate(token) -> qfs.user_id */
PG_FUNCTION_INFO_V1(qfs_sql_authenticate);
Datum
qfs_sql_authenticate(PG_FUNCTION_ARGS)
{
	qfs_user_id *user = palloc(sizeof(qfs_user_id));
	qfs_session_record session;
	qfs_error	err;

	QFS_TRY(qfs_session_of_token(qfs_varlena_arg(fcinfo, 0), &session, &err), &err);
	qfs_actor_set(&session);
	*user = session.user;
	PG_RETURN_POINTER(user);
}

/* qfs.current_user_id() -> qfs.user_id */
PG_FUNCTION_INFO_V1(qfs_sql_current_user_id);
Datum
qfs_sql_current_user_id(PG_FUNCTION_ARGS)
{
	const qfs_session_record *actor = qfs_actor();
	qfs_user_id *user;

	if (actor == NULL)
		PG_RETURN_NULL();
	user = palloc(sizeof(qfs_user_id));
	*user = actor->user;
	PG_RETURN_POINTER(user);
}

/* qfs.require_user_id() -> qfs.user_id: the same, or an error */
PG_FUNCTION_INFO_V1(qfs_sql_require_user_id);
Datum
qfs_sql_require_user_id(PG_FUNCTION_ARGS)
{
	qfs_user_id *user = palloc(sizeof(qfs_user_id));

	*user = qfs_require_actor()->user;
	PG_RETURN_POINTER(user);
}

/* qfs.current_session() -> qfs.hash */
PG_FUNCTION_INFO_V1(qfs_sql_current_session);
Datum
qfs_sql_current_session(PG_FUNCTION_ARGS)
{
	const qfs_session_record *actor = qfs_actor();
	qfs_hash   *session;

	if (actor == NULL)
		PG_RETURN_NULL();
	session = palloc(sizeof(qfs_hash));
	*session = actor->session;
	PG_RETURN_POINTER(session);
}

/* The nonce of a rotation: the caller's, or a random one. */
static void
read_rotation_nonce(FunctionCallInfo fcinfo, int n, qfs_hash *nonce)
{
	if (PG_ARGISNULL(n))
		randombytes_buf(nonce->bytes, sizeof(nonce->bytes));
	else if (!qfs_hex_decode(qfs_varlena_arg(fcinfo, n), nonce->bytes, sizeof(nonce->bytes)))
		QFS_THROW(QFS_ARGUMENT, "nonce is not 64 lower-case hexadecimal digits");
}

/* qfs_api.session_rotate(nonce, auth) -> jsonb */
PG_FUNCTION_INFO_V1(qfs_sql_session_rotate);
Datum
qfs_sql_session_rotate(PG_FUNCTION_ARGS)
{
	const qfs_session_record *actor = qfs_require_actor();
	qfs_reducer *r = qfs_open_reducer();
	qfs_account_record account;
	qfs_session_record session;
	bool		found;
	qfs_slice	outcome;
	qfs_error	err;
	qfs_hash	nonce;
	qfs_draft p;

	if (PG_ARGISNULL(0) && !PG_ARGISNULL(1))
		QFS_THROW(QFS_ARGUMENT, "what is signed holds the nonce: give it, too");
	account.user = actor->user;
	QFS_TRY(r->store->get(r->store, &qfs_kind_account, &account, &found, &err), &err);
	if (!found)
		QFS_THROW(QFS_STATE_MISMATCH, "a session without an account");
	read_rotation_nonce(fcinfo, 0, &nonce);
	qfs_draft_begin(&p);
	qfs_draft_hash(&p, "nonce", &nonce);
	qfs_append_account_event("SESSION_ROTATED", &actor->user, qfs_draft_end(&p), qfs_signature_arg(fcinfo, 1),
							 &outcome);
	read_session(r, outcome, &session);
	/* The rest of the transaction speaks for the new session. */
	qfs_actor_set(&session);
	PG_RETURN_DATUM(session_json(r, find_keys(r), &session, &account.wallet, NULL));
}

/* qfs.revoke_session(session, reason, auth) -> void */
PG_FUNCTION_INFO_V1(qfs_sql_revoke_session);
Datum
qfs_sql_revoke_session(PG_FUNCTION_ARGS)
{
	const qfs_session_record *actor = qfs_require_actor();
	qfs_draft p;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		QFS_THROW(QFS_ARGUMENT, "session and reason are needed");
	qfs_draft_begin(&p);
	qfs_draft_text(&p, "reason", qfs_varlena_arg(fcinfo, 1));
	qfs_draft_hash(&p, "session", qfs_hash_arg(fcinfo, 0));
	qfs_append_account_event("SESSION_REVOKED", &actor->user, qfs_draft_end(&p), qfs_signature_arg(fcinfo, 2), NULL);
	PG_RETURN_VOID();
}

/* qfs.jwks() -> text */
PG_FUNCTION_INFO_V1(qfs_sql_jwks);
Datum
qfs_sql_jwks(PG_FUNCTION_ARGS)
{
	qfs_signing_key_record public_keys;
	char		memory[512];
	qfs_buf		buf;

	find_public_keys(qfs_open_reducer(), &public_keys);
	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_token_jwks(&buf, &public_keys.token);
	PG_RETURN_TEXT_P(qfs_text_of(qfs_buf_slice(&buf)));
}
