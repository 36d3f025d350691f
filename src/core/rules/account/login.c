/*
 * login.c - LOGIN: a wallet signs in; an account begins, a session starts.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The entry keeps the signed message, so that anybody can check that the wallet
 * wanted this session.  When the session is over, it may be erased: what others
 * go on from, the outcome says once more.
 */
#include "base/status.h"
#include "engine/payload.h"
#include "engine/rate.h"
#include "engine/session.h"
#include "rules/account/signin_message.h"
#include "rules/social/referral.h"
#include "text/base64.h"

/* A nonce that has been used. */
typedef struct login_nonce_record
{
	qfs_hash	nonce;			/* key */
	int64_t		seq;			/* entry that used it */
} login_nonce_record;

static const qfs_field nonce_fields[] = {
	QFS_FIELD(login_nonce_record, nonce, QFS_FIELD_HASH),
	QFS_FIELD(login_nonce_record, seq, QFS_FIELD_INT),
};

static const qfs_kind nonce_kind =
QFS_KIND("login_nonce", login_nonce_record, nonce_fields, 1, false);

static bool
begin_standing(const qfs_story *story, qfs_slice more, const qfs_standing *recorded, bool other,
			   qfs_standing *standing)
{
	(void) more;
	(void) recorded;
	(void) other;
	standing->created = (int64_t) story->entry->seq;
	standing->created_at = story->entry->at;
	return true;
}

static const qfs_change created_account = {.name = "ACCOUNT_CREATED",.apply = begin_standing};
static const qfs_change session_started = {.name = "SESSION_STARTED"};
static const qfs_change *const changes[] = {&created_account, &session_started, NULL};

/* ---- checks ---- */

/* Does a member say this?  "" for one that is absent. */
static bool
member_says(const qfs_act *act, const char *name, qfs_slice want)
{
	qfs_slice	value;
	qfs_slice	text;

	if (!qfs_json_member(act->event->payload, name, &value))
		return want.len == 0;
	return qfs_json_to_plain(value, &text) && qfs_slice_equal(text, want);
}

/* What the payload repeats of its message must be what the message says. */
static qfs_status
check_agreement(const qfs_act *act, const qfs_login *login)
{
	uint8_t		memory[128];
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_address_write(&buf, &login->message.address);
	if (!member_says(act, "wallet", qfs_buf_slice(&buf)))
		return qfs_fail(act->err, QFS_LOGIN_PAYLOAD, "wallet");
	if (!member_says(act, "nonce", login->message.nonce))
		return qfs_fail(act->err, QFS_LOGIN_PAYLOAD, "nonce");

	qfs_buf_init(&buf, memory, sizeof(memory));
	if (login->has_device)
		qfs_base64url_write(&buf, login->device.bytes, sizeof(login->device.bytes));
	if (!member_says(act, "device_key", qfs_buf_slice(&buf)))
		return qfs_fail(act->err, QFS_LOGIN_PAYLOAD, "device_key");

	if (!act->event->has_actor ||
		memcmp(&act->event->actor, &login->user, sizeof(login->user)) != 0)
		return qfs_fail(act->err, QFS_ACTOR_MISMATCH, "the actor is not the wallet's account");
	return QFS_OK;
}

static qfs_status
check_unused(const qfs_act *act, const qfs_login *login)
{
	qfs_store  *store = act->reducer->store;
	login_nonce_record used = {.nonce = login->nonce};
	bool		found;
	qfs_status	status = store->get(store, &nonce_kind, &used, &found, act->err);

	if (status == QFS_OK && found)
		return qfs_fail(act->err, QFS_NONCE_USED, "by entry %i", used.seq);
	return status;
}

/* The signed text.  Errors: SIWE_LIMIT. */
static qfs_status
read_message(const qfs_act *act, qfs_buf *message)
{
	qfs_status	status = qfs_payload_text(act, "message", message);

	if (status == QFS_OK && message->overflow)
		return qfs_fail(act->err, QFS_SIWE_LIMIT, "the message");
	return status;
}

/* Did the wallet sign it? */
static qfs_status
check_signer(const qfs_act *act, const qfs_buf *message, const qfs_login *login)
{
	qfs_slice	signature;

	if (!act->reducer->check_signatures)
		return QFS_OK;
	/* What is no plain text is no signature either. */
	if (!qfs_json_to_plain(act->event->sig, &signature))
		signature = QFS_LITERAL("");
	return qfs_login_check_signer(qfs_buf_slice(message), signature, login, act->err);
}

/* ---- sign-ins whose message was erased ---- */

static bool
is_erased(const qfs_act *act)
{
	return act->event->payload.len == 0;
}

/*
 * What the message said, as far as the outcome says it again.
 * login: message.address is read, if the account begins, and no other member of it
 */
static bool
read_result(const qfs_act *act, qfs_login *login)
{
	qfs_slice	result = qfs_result_of(act->event->outcome);
	qfs_slice	value;
	qfs_user_id user;

	memset(login, 0, sizeof(*login));
	login->user = act->event->actor;
	login->has_device = qfs_json_member(result, "device", &value);
	if (!act->event->has_actor ||
		(login->has_device &&
		 !qfs_json_member_base64url(result, "device", login->device.bytes, sizeof(login->device.bytes))) ||
		!qfs_json_member_hex(result, "nonce", login->nonce.bytes, sizeof(login->nonce.bytes)))
		return false;
	if (!qfs_slice_equal(qfs_json_member_or(result, "created", QFS_LITERAL("null")), QFS_LITERAL("true")))
		return true;
	if (!qfs_json_member(result, "wallet", &value) || !qfs_json_to_plain(value, &value) ||
		qfs_address_parse(value, &login->message.address, NULL) != QFS_OK)
		return false;
	qfs_user_id_of(&login->message.address, &user);
	return memcmp(&user, &login->user, sizeof(user)) == 0;
}

static qfs_status
read_erased(const qfs_act *act, qfs_login *login)
{
	if (!read_result(act, login))
		return qfs_fail(act->err, QFS_OUTCOME_MISMATCH, "entry %u names no nonce, or no wallet of its actor",
						act->event->seq);
	return QFS_OK;
}

/* ---- what may be refused ---- */

/* message: memory for the message's text, which login points into */
static qfs_status
check_message(const qfs_act *act, qfs_buf *message, qfs_login *login)
{
	qfs_status	status = read_message(act, message);

	if (status == QFS_OK)
		status = qfs_login_check(qfs_buf_slice(message), &act->reducer->policy, act->event->at, login, act->err);
	return status == QFS_OK ? check_agreement(act, login) : status;
}

static qfs_status
check_erased(const qfs_act *act, qfs_login *login)
{
	qfs_status	status = read_erased(act, login);

	return status == QFS_OK ? qfs_nonce_check(&login->nonce, &act->reducer->policy, act->event->at, act->err) : status;
}

static qfs_status
check(qfs_act *act, qfs_buf *message, qfs_login *login, qfs_rate_record *rate)
{
	qfs_reducer *r = act->reducer;
	const qfs_entry *event = act->event;
	qfs_status	status = is_erased(act) ? check_erased(act, login) : check_message(act, message, login);

	if (status == QFS_OK)
		status = check_unused(act, login);
	if (status == QFS_OK && !is_erased(act))
		status = check_signer(act, message, login);
	if (status == QFS_OK)
		status = qfs_rate_check(r, &login->user, QFS_RATE_LOGINS, event->at, QFS_MINUTE_MS,
								r->policy.logins_per_minute, rate, act->err);
	return status;
}

/* ---- effects ---- */

/* What a sign-in leads to. */
typedef struct begun
{
	qfs_session_record session;
	bool		created;		/* the account, too */
	bool		has_displaced;	/* a session, as there would be too many */
	qfs_hash	displaced;
} begun;

static qfs_status
start_session(qfs_act *act, const qfs_login *login, begun *out)
{
	qfs_reducer *r = act->reducer;
	qfs_status	status;

	out->session = (qfs_session_record) {
		.user = login->user,
		.seq = (int64_t) act->event->seq,
		.login = (int64_t) act->event->seq,
		.issued_block = qfs_block_at(r, act->event->at),
		.ttl_blocks = r->policy.ttl_blocks,
		.operates = qfs_account_operates(r, &login->user),
		.has_device = login->has_device,
		.device = login->device,
	};
	status = qfs_session_start(act, &out->session, &login->nonce, r->policy.sessions_max, &out->displaced,
							   &out->has_displaced);
	if (status == QFS_OK && out->has_displaced)
		status = qfs_session_end(act, &out->displaced, "displaced");
	if (status == QFS_OK)
		qfs_effects_change(act->fx, &login->user, QFS_ACCESS, &session_started, "");
	return status;
}

/* What is recorded of an account besides its parts. */
static qfs_status
store_account(qfs_act *act, const qfs_login *login)
{
	qfs_reducer *r = act->reducer;
	qfs_account_record account = {.user = login->user,.wallet = login->message.address};
	qfs_status	status = r->store->put(r->store, &qfs_kind_account, &account, act->err);

	return status == QFS_OK ? qfs_referral_begin(r, &login->user, act->err) : status;
}

/* The account begins with its first sign-in. */
static qfs_status
begin_account(qfs_act *act, const qfs_login *login, begun *out)
{
	qfs_standing *standing;
	qfs_status	status = qfs_effects_standing_or_new(act->fx, &login->user, &standing, &out->created);

	if (status != QFS_OK || !out->created)
		return status;
	standing->created = (int64_t) act->event->seq;
	standing->created_at = act->event->at;
	qfs_effects_change(act->fx, &login->user, QFS_STANDING, &created_account, "");
	return store_account(act, login);
}

/* What the message said and others go on from is here as well, since the payload may be erased. */
static void
write_result(qfs_act *act, const qfs_login *login, const begun *b)
{
	qfs_json_writer *w = act->result;

	qfs_json_key(w, "created");
	qfs_json_put_bool(w, b->created);
	if (login->has_device)
	{
		qfs_json_key(w, "device");
		qfs_session_write_device(w, &b->session);
	}
	if (b->has_displaced)
	{
		qfs_json_key(w, "displaced");
		qfs_json_put_hex(w, b->displaced.bytes, sizeof(b->displaced.bytes));
	}
	qfs_session_write_result(act->reducer, w, &b->session, &login->nonce);
	if (b->created)
	{
		qfs_json_key(w, "wallet");
		qfs_json_put_address(w, &login->message.address);
	}
}

/* That the nonce was used, and by whose sign-in. */
static qfs_status
store_login(qfs_act *act, const qfs_login *login)
{
	qfs_store  *store = act->reducer->store;
	login_nonce_record used = {.nonce = login->nonce,.seq = (int64_t) act->event->seq};
	qfs_login_record record = {
		.seq = used.seq,.user = login->user,.nonce_at = qfs_nonce_issued_at(&login->nonce)
	};
	qfs_status	status = store->put(store, &nonce_kind, &used, act->err);

	return status == QFS_OK ? store->put(store, &qfs_kind_login, &record, act->err) : status;
}

static qfs_status
apply(qfs_act *act)
{
	qfs_reducer *r = act->reducer;
	uint8_t		memory[QFS_SIWE_MAX];
	qfs_rate_record rate;
	qfs_login	login;
	qfs_buf		message;
	begun		b;
	qfs_status	status;

	qfs_buf_init(&message, memory, sizeof(memory));
	status = check(act, &message, &login, &rate);
	/* First what may still be refused. */
	if (status == QFS_OK)
		status = start_session(act, &login, &b);
	if (status != QFS_OK)
		return status;
	status = store_login(act, &login);
	if (status == QFS_OK)
		status = qfs_rate_count(r, &rate, act->err);
	if (status == QFS_OK)
		status = begin_account(act, &login, &b);
	if (status == QFS_OK && login.has_device)
		status = qfs_device_claim(r, &login.device, &login.user, act->err);
	if (status == QFS_OK)
		write_result(act, &login, &b);
	return status;
}

/* ---- recorded sign-ins ---- */

/* The message again, with the wallet's signature. */
static qfs_status
recall_message(qfs_act *act, qfs_buf *message, qfs_login *login)
{
	qfs_status	status;

	if (is_erased(act))
		return read_erased(act, login);
	status = read_message(act, message);
	if (status == QFS_OK)
		status = qfs_login_read(qfs_buf_slice(message), login, act->err);
	if (status == QFS_OK)
		status = check_agreement(act, login);
	return status == QFS_OK ? check_signer(act, message, login) : status;
}

/* The account that began, and the session that had to end. */
static qfs_status
recall_result(qfs_act *act, const qfs_login *login)
{
	qfs_slice	result = qfs_result_of(act->event->outcome);
	qfs_slice	created = qfs_json_member_or(result, "created", QFS_LITERAL("null"));
	qfs_hash	displaced;
	qfs_status	status = QFS_OK;

	if (qfs_slice_equal(created, QFS_LITERAL("true")))
		status = store_account(act, login);
	if (status == QFS_OK &&
		qfs_json_member_hex(result, "displaced", displaced.bytes, sizeof(displaced.bytes)))
		status = qfs_session_end(act, &displaced, "displaced");
	return status;
}

static qfs_status
recall(qfs_act *act)
{
	qfs_reducer *r = act->reducer;
	uint8_t		memory[QFS_SIWE_MAX];
	qfs_session_record session;
	qfs_login	login;
	qfs_buf		message;
	qfs_status	status;

	qfs_buf_init(&message, memory, sizeof(memory));
	status = recall_message(act, &message, &login);
	if (status != QFS_OK)
		return status;
	memset(&session, 0, sizeof(session));
	session.user = login.user;
	session.login = (int64_t) act->event->seq;
	session.has_device = login.has_device;
	session.device = login.device;
	status = qfs_session_recall(act, &session, &login.nonce);
	if (status == QFS_OK)
		status = store_login(act, &login);
	if (status == QFS_OK)
		status = qfs_rate_recall(r, &login.user, QFS_RATE_LOGINS, act->event->at, QFS_MINUTE_MS, act->err);
	if (status == QFS_OK)
		status = recall_result(act, &login);
	if (status == QFS_OK && login.has_device)
		status = qfs_device_claim(r, &login.device, &login.user, act->err);
	return status;
}

static const char *const reads[] = {
	"auth.chain_ids", "auth.domains", "auth.uris", "limits.logins_per_minute", "nonce_ttl_ms", "operators",
	"sessions_max", "ttl_blocks", NULL
};

const qfs_rule qfs_rule_login = {
	.type = "LOGIN",
	.schema = "{\"properties\":{"
	"\"device_key\":{\"maxLength\":43,\"minLength\":43,\"type\":\"string\"},"
	"\"message\":{\"maxLength\":4096,\"minLength\":1,\"type\":\"string\"},"
	"\"nonce\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"},"
	"\"referral_code\":{\"maxLength\":64,\"minLength\":1,\"type\":\"string\"},"
	"\"wallet\":{\"maxLength\":42,\"minLength\":42,\"type\":\"string\"}},"
	"\"required\":[\"message\",\"nonce\",\"wallet\"],\"type\":\"object\"}",
	.via = QFS_VIA_WALLET,
	.kind = &nonce_kind,
	.changes = changes,
	.apply = apply,
	.recall = recall,
	.erasable = true,
	.off_ledger = true,
	.reads = reads,
};
