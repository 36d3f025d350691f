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

static void
write_claims(qfs_buf *out, const qfs_token *token, qfs_slice origin)
{
	qfs_json_writer w;

	qfs_json_begin(&w, out);
	qfs_json_open_object(&w);
	qfs_json_key(&w, "aud");
	qfs_json_put_text(&w, origin);
	qfs_json_put_member_int(&w, "exp", token->expires_at);
	qfs_json_put_member_int(&w, "iat", token->issued_at);
	qfs_json_key(&w, "iss");
	qfs_json_put_text(&w, origin);
	qfs_json_key(&w, "jti");
	qfs_json_put_hex(&w, token->session.bytes, sizeof(token->session.bytes));
	qfs_json_key(&w, "role");
	qfs_json_put_text(&w, token->operates ? QFS_LITERAL("qfs_operator") : QFS_LITERAL("qfs_user"));
	qfs_json_key(&w, "scope");
	qfs_json_put_text(&w, token->operates ? QFS_LITERAL("account operator") : QFS_LITERAL("account"));
	qfs_json_key(&w, "sub");
	qfs_json_put_user(&w, &token->user);
	qfs_json_close(&w);
	QFS_ASSERT(qfs_json_ended(&w));
}

/* header.claims, which is what is signed */
static qfs_status
write_signing_input(const qfs_token *token, qfs_slice origin, const qfs_hash *key,
					qfs_buf *out, qfs_error *err)
{
	uint8_t		memory[PART_MAX];
	qfs_buf		part;

	QFS_ASSERT(out->len == 0);
	qfs_buf_init(&part, memory, sizeof(memory));
	write_header(&part, key);
	qfs_base64url_write(out, part.data, part.len);
	qfs_buf_byte(out, '.');
	part.len = 0;
	write_claims(&part, token, origin);
	qfs_base64url_write(out, part.data, part.len);
	if (part.overflow || out->overflow)
		return qfs_fail(err, QFS_INTERNAL, "a token does not fit");
	return QFS_OK;
}

qfs_status
qfs_token_write(const qfs_token *token, qfs_slice origin, const qfs_hash *key,
				const uint8_t secret[QFS_SECRET_LEN], qfs_buf *out, qfs_error *err)
{
	uint8_t		signature[crypto_sign_BYTES];
	qfs_status	status = write_signing_input(token, origin, key, out, err);

	if (status != QFS_OK)
		return status;
	crypto_sign_detached(signature, NULL, out->data, out->len, secret);
	qfs_buf_byte(out, '.');
	qfs_base64url_write(out, signature, sizeof(signature));
	if (out->overflow)
		return qfs_fail(err, QFS_INTERNAL, "a token does not fit");
	return QFS_OK;
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
	if (!qfs_json_member(claims, "iat", &value) || !qfs_json_to_int(value, &out->issued_at) ||
		!qfs_json_member(claims, "exp", &value) || !qfs_json_to_int(value, &out->expires_at))
		return false;
	out->operates = qfs_json_member(claims, "role", &value) &&
		qfs_slice_equal(value, QFS_LITERAL("\"qfs_operator\""));
	return true;
}

qfs_status
qfs_token_read(qfs_slice text, qfs_slice origin, const qfs_hash *key, int64_t now,
			   qfs_token *out, qfs_error *err)
{
	uint8_t		memory[PART_MAX];
	uint8_t		rewritten[QFS_TOKEN_MAX];
	uint8_t		signature[crypto_sign_BYTES];
	qfs_slice	input;
	qfs_slice	claims_text;
	qfs_slice	signature_text;
	qfs_buf		again;
	size_t		len;

	if (text.len > QFS_TOKEN_MAX || !cut(text, &input, &claims_text, &signature_text))
		return invalid(err, "it does not have the form of a JWT");
	if (!qfs_base64url_read(signature_text, signature, sizeof(signature)) ||
		qfs_ed25519_verify(input, (qfs_slice) {signature, sizeof(signature)},
						   (qfs_slice) {key->bytes, sizeof(key->bytes)}, NULL) != QFS_OK)
		return invalid(err, "the key in force did not sign it");
	if (!qfs_base64url_read_some(claims_text, memory, sizeof(memory), &len) ||
		!read_claims((qfs_slice) {memory, len}, out))
		return invalid(err, "its claims are not ours");

	qfs_buf_init(&again, rewritten, sizeof(rewritten));
	if (write_signing_input(out, origin, key, &again, NULL) != QFS_OK ||
		!qfs_slice_equal(qfs_buf_slice(&again), input))
		return invalid(err, "its header or its claims are not those of this ledger");
	if (now >= out->expires_at)
		return qfs_fail(err, QFS_TOKEN_EXPIRED, "%i seconds ago", now - out->expires_at);
	return QFS_OK;
}
