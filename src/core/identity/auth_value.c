/*
 * auth_value.c - how an actor was established: the auth value of an entry.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "identity/auth_value.h"

#include "base/assert.h"
#include "base/status.h"
#include "text/base64.h"
#include "text/json.h"

static bool
read_nonce(qfs_slice object, qfs_auth *out)
{
	qfs_slice	nonce;

	return qfs_json_member(object, "nonce", &nonce) && qfs_json_to_int(nonce, &out->nonce) && out->nonce > 0;
}

static bool
read_signer(qfs_slice object, qfs_auth *out)
{
	return qfs_json_member_base64url(object, "key", out->key.bytes, sizeof(out->key.bytes)) && read_nonce(object, out);
}

qfs_status
qfs_auth_read_signature(qfs_slice given, qfs_auth *out, qfs_slice *sig, qfs_error *err)
{
	if (qfs_json_type_of(given) != QFS_JSON_OBJECT || qfs_json_length(given) != 3 ||
		!read_signer(given, out) || !qfs_json_member(given, "sig", sig) ||
		!qfs_auth_sig_read(*sig, out->signature))
		return qfs_fail(err, QFS_AUTH_INVALID,
						"a signature is key (43 characters), nonce (from 1) and sig (86 characters)");
	out->is_signed = true;
	return QFS_OK;
}

bool
qfs_auth_sig_read(qfs_slice sig, uint8_t out[64])
{
	qfs_slice	text;

	return qfs_json_to_plain(sig, &text) && qfs_base64url_read(text, out, 64);
}

/* That of a role's event: most of an application's, and always the same. */
#define OF_OPERATOR QFS_LITERAL("{\"via\":\"operator\"}")

void
qfs_auth_write(qfs_buf *out, const qfs_auth *auth)
{
	static const char *const names[] = {
		[QFS_VIA_OPERATOR] = "operator",[QFS_VIA_WALLET] = "wallet",[QFS_VIA_SESSION] = "session",[QFS_VIA_LEDGER] = "ledger"
	};
	_Static_assert(QFS_ROWS(names) == QFS_VIA_LEDGER + 1, "a name for each way");
	qfs_json_writer w;

	QFS_ASSERT((auth->via & (QFS_VIA_SESSION | QFS_VIA_WALLET)) || !auth->is_signed);
	QFS_ASSERT((auth->via & (QFS_VIA_SESSION | QFS_VIA_OPERATOR)) || !auth->has_source);
	if (auth->via == QFS_VIA_OPERATOR && !auth->has_source)
	{
		qfs_buf_slice_add(out, OF_OPERATOR);
		return;
	}
	QFS_ASSERT((size_t) auth->via < QFS_ROWS(names) && names[auth->via] != NULL);
	qfs_json_begin(&w, out);
	qfs_json_open_object(&w);
	if (auth->is_signed && auth->via == QFS_VIA_SESSION)
	{
		qfs_json_key(&w, "key");
		qfs_json_put_base64url(&w, auth->key.bytes, sizeof(auth->key.bytes));
	}
	if (auth->is_signed)
	{
		qfs_json_put_member_int(&w, "nonce", auth->nonce);
	}
	if (auth->via == QFS_VIA_SESSION)
	{
		qfs_json_key(&w, "session");
		qfs_json_put_hex(&w, auth->session.bytes, sizeof(auth->session.bytes));
	}
	if (auth->has_source)
	{
		qfs_json_key(&w, "source");
		qfs_stream_source_write(&w, &auth->source);
	}
	qfs_json_key(&w, "via");
	qfs_json_put_text(&w, qfs_slice_of(names[auth->via]));
	qfs_json_close(&w);
	QFS_ASSERT(qfs_json_ended(&w));
}

/* Fills *out as well as it can; whether the text was right shows when it is written again. */
static void
read_members(qfs_slice auth, qfs_auth *out)
{
	qfs_slice	via = qfs_json_member_or(auth, "via", QFS_LITERAL("null"));
	qfs_slice	source;
	qfs_slice	key;

	if (qfs_slice_equal(via, QFS_LITERAL("\"session\"")))
	{
		out->via = QFS_VIA_SESSION;
		qfs_json_member_hex(auth, "session", out->session.bytes, sizeof(out->session.bytes));
		out->is_signed = qfs_json_member(auth, "key", &key) && read_signer(auth, out);
	}
	else if (qfs_slice_equal(via, QFS_LITERAL("\"wallet\"")))
	{
		out->via = QFS_VIA_WALLET;
		out->is_signed = read_nonce(auth, out);
	}
	else
		out->via = qfs_slice_equal(via, QFS_LITERAL("\"ledger\"")) ? QFS_VIA_LEDGER : QFS_VIA_OPERATOR;
	out->has_source = (out->via & (QFS_VIA_SESSION | QFS_VIA_OPERATOR)) && qfs_json_member(auth, "source", &source) &&
		qfs_stream_source_read(source, &out->source);
}

qfs_status
qfs_auth_read(qfs_slice auth, qfs_auth *out, qfs_error *err)
{
	uint8_t		memory[QFS_AUTH_MAX];
	qfs_buf		again;

	memset(out, 0, sizeof(*out));
	if (qfs_slice_equal(auth, OF_OPERATOR))
	{
		out->via = QFS_VIA_OPERATOR;
		return QFS_OK;
	}
	read_members(auth, out);
	qfs_buf_init(&again, memory, sizeof(memory));
	qfs_auth_write(&again, out);
	if (again.overflow || !qfs_slice_equal(qfs_buf_slice(&again), auth))
		return qfs_fail(err, QFS_AUTH_INVALID, "%v", auth);
	return QFS_OK;
}

const char *
qfs_auth_word(const qfs_auth *auth)
{
	switch (auth->via)
	{
		case QFS_VIA_LEDGER:
			return "ledger";
		case QFS_VIA_WALLET:
			return "wallet";
		case QFS_VIA_OPERATOR:
			return "operator";
		case QFS_VIA_SESSION:
			break;
	}
	return auth->is_signed ? "device" : "server";
}
