/*
 * token.c - session tokens: JWTs signed with Ed25519 (RFC 7519, RFC 8037).
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "identity/token.h"

#include <sodium.h>

#include "base/assert.h"
#include "base/status.h"
#include "crypto/ed25519.h"
#include "crypto/sha256.h"
#include "text/base64.h"
#include "text/json.h"

/* Header and claims are short: origin, two ids and some numbers. */
#define PART_MAX 1024

/* What a service's sub begins with; that of an account begins otherwise. */
#define SERVICE_PREFIX "service_"

/* RFC 7638 hashes these three members, in this order (RFC 8037, appendix A.3). */
static void
thumbprint(const qfs_hash *key, qfs_hash *out)
{
	uint8_t		memory[128];
	qfs_json_writer w;
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_json_begin(&w, &buf);
	qfs_json_open_object(&w);
	qfs_json_key(&w, "crv");
	qfs_json_put_text(&w, QFS_LITERAL("Ed25519"));
	qfs_json_key(&w, "kty");
	qfs_json_put_text(&w, QFS_LITERAL("OKP"));
	qfs_json_key(&w, "x");
	qfs_json_put_base64url(&w, key->bytes, sizeof(key->bytes));
	qfs_json_close(&w);
	QFS_ASSERT(qfs_json_ended(&w) && !buf.overflow);
	qfs_sha256(qfs_buf_slice(&buf), out);
}

void
qfs_token_key_id(qfs_buf *out, const qfs_hash *key)
{
	qfs_hash	id;

	thumbprint(key, &id);
	qfs_base64url_write(out, id.bytes, sizeof(id.bytes));
}

void
qfs_token_jwks(qfs_buf *out, const qfs_hash *key)
{
	qfs_json_writer w;
	qfs_hash	id;

	thumbprint(key, &id);
	qfs_json_begin(&w, out);
	qfs_json_open_object(&w);
	qfs_json_key(&w, "keys");
	qfs_json_open_array(&w);
	qfs_json_open_object(&w);
	qfs_json_key(&w, "alg");
	qfs_json_put_text(&w, QFS_LITERAL("EdDSA"));
	qfs_json_key(&w, "crv");
	qfs_json_put_text(&w, QFS_LITERAL("Ed25519"));
	qfs_json_key(&w, "kid");
	qfs_json_put_base64url(&w, id.bytes, sizeof(id.bytes));
	qfs_json_key(&w, "kty");
	qfs_json_put_text(&w, QFS_LITERAL("OKP"));
	qfs_json_key(&w, "use");
	qfs_json_put_text(&w, QFS_LITERAL("sig"));
	qfs_json_key(&w, "x");
	qfs_json_put_base64url(&w, key->bytes, sizeof(key->bytes));
	qfs_json_close(&w);
	qfs_json_close(&w);
	qfs_json_close(&w);
	QFS_ASSERT(qfs_json_ended(&w));
}

static void
write_header(qfs_buf *out, const qfs_hash *key)
{
	qfs_json_writer w;
	qfs_hash	id;

	thumbprint(key, &id);
	qfs_json_begin(&w, out);
	qfs_json_open_object(&w);
	qfs_json_key(&w, "alg");
	qfs_json_put_text(&w, QFS_LITERAL("EdDSA"));
	qfs_json_key(&w, "kid");
	qfs_json_put_base64url(&w, id.bytes, sizeof(id.bytes));
	qfs_json_key(&w, "typ");
	qfs_json_put_text(&w, QFS_LITERAL("JWT"));
	qfs_json_close(&w);
	QFS_ASSERT(qfs_json_ended(&w));
}

/* What the two kinds of tokens say in the same form. */
typedef struct token_claims
{
	const qfs_hash *id;
	int64_t		issued_at;		/* seconds */
	int64_t		expires_at;
	qfs_slice	role;
	qfs_slice	scope;
	qfs_slice	subject;
} token_claims;

static void
write_claims(qfs_buf *out, const token_claims *claims, qfs_slice origin)
{
	qfs_json_writer w;

	qfs_json_begin(&w, out);
	qfs_json_open_object(&w);
	qfs_json_key(&w, "aud");
	qfs_json_put_text(&w, origin);
	qfs_json_put_member_int(&w, "exp", claims->expires_at);
	qfs_json_put_member_int(&w, "iat", claims->issued_at);
	qfs_json_key(&w, "iss");
	qfs_json_put_text(&w, origin);
	qfs_json_key(&w, "jti");
	qfs_json_put_hex(&w, claims->id->bytes, sizeof(claims->id->bytes));
	qfs_json_key(&w, "role");
	qfs_json_put_text(&w, claims->role);
	qfs_json_key(&w, "scope");
	qfs_json_put_text(&w, claims->scope);
	qfs_json_key(&w, "sub");
	qfs_json_put_text(&w, claims->subject);
	qfs_json_close(&w);
	QFS_ASSERT(qfs_json_ended(&w));
}

static void
write_session_claims(qfs_buf *out, const qfs_token *token, qfs_slice origin)
{
	char		memory[QFS_USER_ID_TEXT];
	qfs_buf		subject;

	qfs_buf_init(&subject, memory, sizeof(memory));
	qfs_user_id_write(&subject, &token->user);
	QFS_ASSERT(!subject.overflow);
	write_claims(out, &(token_claims) {
		.id = &token->session,.issued_at = token->issued_at,.expires_at = token->expires_at,.subject = qfs_buf_slice(&subject),
		.role = token->operates ? QFS_LITERAL("qfs_operator") : QFS_LITERAL("qfs_user"),
		.scope = token->operates ? QFS_LITERAL("account operator") : QFS_LITERAL("account")
	}, origin);
}

static void
write_service_claims(qfs_buf *out, const qfs_service_token *token, qfs_slice origin)
{
	char		memory[sizeof(SERVICE_PREFIX) + QFS_SERVICE_MAX];
	qfs_buf		subject;

	qfs_buf_init(&subject, memory, sizeof(memory));
	qfs_buf_slice_add(&subject, QFS_LITERAL(SERVICE_PREFIX));
	qfs_buf_slice_add(&subject, token->service);
	QFS_ASSERT(!subject.overflow);
	write_claims(out, &(token_claims) {
		.id = &token->id,.issued_at = token->issued_at,.expires_at = token->expires_at,.subject = qfs_buf_slice(&subject),
		.role = QFS_LITERAL("aegis_advisor"),.scope = QFS_LITERAL("advice")
	}, origin);
}

/* header.claims, which is what is signed */
static qfs_status
write_signing_input(const qfs_buf *claims, const qfs_hash *key, qfs_buf *out, qfs_error *err)
{
	uint8_t		memory[PART_MAX];
	qfs_buf		header;

	QFS_ASSERT(out->len == 0);
	qfs_buf_init(&header, memory, sizeof(memory));
	write_header(&header, key);
	qfs_base64url_write(out, header.data, header.len);
	qfs_buf_byte(out, '.');
	qfs_base64url_write(out, claims->data, claims->len);
	if (header.overflow || claims->overflow || out->overflow)
		return qfs_fail(err, QFS_INTERNAL, "a token does not fit");
	return QFS_OK;
}

static qfs_status
write_signed(const qfs_buf *claims, const qfs_hash *key, const uint8_t secret[QFS_SECRET_LEN],
			 qfs_buf *out, qfs_error *err)
{
	uint8_t		signature[crypto_sign_BYTES];
	qfs_status	status = write_signing_input(claims, key, out, err);

	if (status != QFS_OK)
		return status;
	crypto_sign_detached(signature, NULL, out->data, out->len, secret);
	qfs_buf_byte(out, '.');
	qfs_base64url_write(out, signature, sizeof(signature));
	if (out->overflow)
		return qfs_fail(err, QFS_INTERNAL, "a token does not fit");
	return QFS_OK;
}

qfs_status
qfs_token_write(const qfs_token *token, qfs_slice origin, const qfs_hash *key,
				const uint8_t secret[QFS_SECRET_LEN], qfs_buf *out, qfs_error *err)
{
	uint8_t		memory[PART_MAX];
	qfs_buf		claims;

	qfs_buf_init(&claims, memory, sizeof(memory));
	write_session_claims(&claims, token, origin);
	return write_signed(&claims, key, secret, out, err);
}

qfs_status
qfs_service_token_write(const qfs_service_token *token, qfs_slice origin, const qfs_hash *key,
						const uint8_t secret[QFS_SECRET_LEN], qfs_buf *out, qfs_error *err)
{
	uint8_t		memory[PART_MAX];
	qfs_buf		claims;

	QFS_ASSERT(qfs_service_name_check(token->service));
	qfs_buf_init(&claims, memory, sizeof(memory));
	write_service_claims(&claims, token, origin);
	return write_signed(&claims, key, secret, out, err);
}

bool
qfs_service_name_check(qfs_slice name)
{
	if (name.len == 0 || name.len > QFS_SERVICE_MAX || name.data[0] < 'a' || name.data[0] > 'z')
		return false;
	for (size_t i = 0; i < name.len; i++)
	{
		uint8_t		c = name.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
	}
	return true;
}

/* ---- reading ---- */

static qfs_status
invalid(qfs_error *err, const char *why)
{
	return qfs_fail(err, QFS_TOKEN_INVALID, "%s", why);
}

/* Cuts header.claims from the signature, and the claims out of the middle. */
static bool
cut(qfs_slice text, qfs_slice *input, qfs_slice *claims, qfs_slice *signature)
{
	size_t		dots[2];
	size_t		count = 0;

	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] == '.')
		{
			if (count == 2)
				return false;
			dots[count++] = i;
		}
	if (count != 2)
		return false;
	*input = (qfs_slice) {text.data, dots[1]};
	*claims = (qfs_slice) {text.data + dots[0] + 1, dots[1] - dots[0] - 1};
	*signature = (qfs_slice) {text.data + dots[1] + 1, text.len - dots[1] - 1};
	return true;
}

static bool
read_times(qfs_slice claims, int64_t *issued_at, int64_t *expires_at)
{
	qfs_slice	value;

	return qfs_json_member(claims, "iat", &value) && qfs_json_to_int(value, issued_at) &&
		qfs_json_member(claims, "exp", &value) && qfs_json_to_int(value, expires_at);
}

/*
 * Takes from the claims what varies; whether all of it was in our form shows
 * when the token is written again.
 */
static bool
read_claims(qfs_slice claims, qfs_token *out)
{
	qfs_slice	value;
	qfs_slice	text;

	if (qfs_json_check(claims, NULL) != QFS_OK)
		return false;
	if (!qfs_json_member(claims, "sub", &value) || !qfs_json_to_plain(value, &text) ||
		qfs_user_id_parse(text, &out->user, NULL) != QFS_OK)
		return false;
	if (!qfs_json_member_hex(claims, "jti", out->session.bytes, sizeof(out->session.bytes)))
		return false;
	if (!read_times(claims, &out->issued_at, &out->expires_at))
		return false;
	out->operates = qfs_json_member(claims, "role", &value) &&
		qfs_slice_equal(value, QFS_LITERAL("\"qfs_operator\""));
	return true;
}

/* The same of a service's token; name holds what out->service says. */
static bool
read_service_claims(qfs_slice claims, char name[QFS_SERVICE_MAX], qfs_service_token *out)
{
	static const size_t prefix = sizeof(SERVICE_PREFIX) - 1;
	qfs_slice	value;
	qfs_slice	text;

	if (qfs_json_check(claims, NULL) != QFS_OK ||
		!qfs_json_member(claims, "sub", &value) || !qfs_json_to_plain(value, &text) ||
		text.len < prefix || memcmp(text.data, SERVICE_PREFIX, prefix) != 0)
		return false;
	text = (qfs_slice) {text.data + prefix, text.len - prefix};
	if (!qfs_service_name_check(text))
		return false;
	memcpy(name, text.data, text.len);
	out->service = (qfs_slice) {(const uint8_t *) name, text.len};
	return qfs_json_member_hex(claims, "jti", out->id.bytes, sizeof(out->id.bytes)) &&
		read_times(claims, &out->issued_at, &out->expires_at);
}

/* Checks the signature; gives what it signs and, in claims, the decoded claims. */
static qfs_status
open_token(qfs_slice text, const qfs_hash *key, uint8_t memory[PART_MAX], qfs_slice *input,
		   qfs_slice *claims, qfs_error *err)
{
	uint8_t		signature[crypto_sign_BYTES];
	qfs_slice	claims_text;
	qfs_slice	signature_text;
	size_t		len;

	if (text.len > QFS_TOKEN_MAX || !cut(text, input, &claims_text, &signature_text))
		return invalid(err, "it does not have the form of a JWT");
	if (!qfs_base64url_read(signature_text, signature, sizeof(signature)) ||
		qfs_ed25519_verify(*input, (qfs_slice) {signature, sizeof(signature)},
						   (qfs_slice) {key->bytes, sizeof(key->bytes)}, NULL) != QFS_OK)
		return invalid(err, "the key in force did not sign it");
	if (!qfs_base64url_read_some(claims_text, memory, PART_MAX, &len))
		return invalid(err, "its claims are not ours");
	*claims = (qfs_slice) {memory, len};
	return QFS_OK;
}

/* Is the token, written again with these claims, what was signed, and is its time not over? */
static qfs_status
check_again(const qfs_buf *claims, qfs_slice input, const qfs_hash *key, int64_t expires_at, int64_t now,
			qfs_error *err)
{
	uint8_t		rewritten[QFS_TOKEN_MAX];
	qfs_buf		again;

	qfs_buf_init(&again, rewritten, sizeof(rewritten));
	if (write_signing_input(claims, key, &again, NULL) != QFS_OK ||
		!qfs_slice_equal(qfs_buf_slice(&again), input))
		return invalid(err, "its header or its claims are not those of this ledger");
	if (now >= expires_at)
		return qfs_fail(err, QFS_TOKEN_EXPIRED, "%i seconds ago", now - expires_at);
	return QFS_OK;
}

qfs_status
qfs_token_read(qfs_slice text, qfs_slice origin, const qfs_hash *key, int64_t now,
			   qfs_token *out, qfs_error *err)
{
	uint8_t		memory[PART_MAX];
	uint8_t		again_memory[PART_MAX];
	qfs_slice	input;
	qfs_slice	claims;
	qfs_buf		again;
	qfs_status	status = open_token(text, key, memory, &input, &claims, err);

	if (status != QFS_OK)
		return status;
	if (!read_claims(claims, out))
		return invalid(err, "its claims are not ours");
	qfs_buf_init(&again, again_memory, sizeof(again_memory));
	write_session_claims(&again, out, origin);
	return check_again(&again, input, key, out->expires_at, now, err);
}

qfs_status
qfs_service_token_read(qfs_slice text, qfs_slice origin, const qfs_hash *key, int64_t now,
					   char name[QFS_SERVICE_MAX], qfs_service_token *out, qfs_error *err)
{
	uint8_t		memory[PART_MAX];
	uint8_t		again_memory[PART_MAX];
	qfs_slice	input;
	qfs_slice	claims;
	qfs_buf		again;
	qfs_status	status = open_token(text, key, memory, &input, &claims, err);

	if (status != QFS_OK)
		return status;
	if (!read_service_claims(claims, name, out))
		return invalid(err, "its claims are not those of a service that gives advice");
	qfs_buf_init(&again, again_memory, sizeof(again_memory));
	write_service_claims(&again, out, origin);
	return check_again(&again, input, key, out->expires_at, now, err);
}
