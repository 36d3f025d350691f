/*
 * signin_message.c - what a sign-in message must say, before anything is appended.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "rules/account/signin_message.h"

#include "base/status.h"
#include "crypto/ethereum.h"
#include "identity/device.h"
#include "text/ids.h"
#include "text/uri.h"

#define NONCE_TIME_LEN 6

int64_t
qfs_nonce_issued_at(const qfs_hash *nonce)
{
	int64_t		at = 0;

	for (int i = 0; i < NONCE_TIME_LEN; i++)
		at = at << 8 | nonce->bytes[i];
	return at;
}

qfs_status
qfs_login_check_place(const qfs_siwe *message, const qfs_policy *policy, qfs_error *err)
{
	if (!qfs_policy_lists(policy->domains, message->domain))
		return qfs_fail(err, QFS_LOGIN_DOMAIN, "the domain is \"%v\"", message->domain);
	if (!qfs_policy_lists_prefix(policy->uris, message->uri))
		return qfs_fail(err, QFS_LOGIN_DOMAIN, "the URI is \"%v\"", message->uri);
	if (message->has_scheme)
	{
		uint8_t		memory[QFS_SIWE_MAX];
		qfs_buf		origin;

		qfs_buf_init(&origin, memory, sizeof(memory));
		qfs_buf_slice_add(&origin, message->scheme);
		qfs_buf_text(&origin, "://");
		qfs_buf_slice_add(&origin, message->domain);
		if (!qfs_uri_is_below(message->uri, qfs_buf_slice(&origin)))
			return qfs_fail(err, QFS_LOGIN_DOMAIN, "the URI does not begin with \"%v\"",
							qfs_buf_slice(&origin));
	}
	return QFS_OK;
}

static qfs_status
check_chain(const qfs_siwe *message, const qfs_policy *policy, qfs_error *err)
{
	if (!qfs_policy_lists_int(policy->chain_ids, message->chain_id))
		return qfs_fail(err, QFS_LOGIN_CHAIN, "it is %i", message->chain_id);
	return QFS_OK;
}

static qfs_status
read_nonce(const qfs_siwe *message, qfs_hash *out, qfs_error *err)
{
	if (!qfs_hex_decode(message->nonce, out->bytes, sizeof(out->bytes)))
		return qfs_fail(err, QFS_NONCE_UNKNOWN, "it has another form");
	return QFS_OK;
}

qfs_status
qfs_nonce_check(const qfs_hash *nonce, const qfs_policy *policy, int64_t at, qfs_error *err)
{
	int64_t		issued = qfs_nonce_issued_at(nonce);

	if (issued > at)
		return qfs_fail(err, QFS_NONCE_UNKNOWN, "it is from the future");
	if (at - issued > policy->nonce_ttl_ms)
		return qfs_fail(err, QFS_NONCE_EXPIRED, "it was good for %i seconds",
						policy->nonce_ttl_ms / 1000);
	return QFS_OK;
}

static qfs_status
check_time(const qfs_siwe *message, int64_t at, qfs_error *err)
{
	if (message->issued_at > at + QFS_CLOCK_SKEW_MS)
		return qfs_fail(err, QFS_LOGIN_TIME, "it was issued in the future");
	if (message->has_expiration_time && at >= message->expiration_time)
		return qfs_fail(err, QFS_LOGIN_TIME, "it has expired");
	if (message->has_not_before && at < message->not_before)
		return qfs_fail(err, QFS_LOGIN_TIME, "it is not valid yet");
	return QFS_OK;
}

/* Whose message it is: the device that it names, if any, and the wallet's account. */
static qfs_status
read_account(qfs_login *login, qfs_error *err)
{
	qfs_user_id_of(&login->message.address, &login->user);
	return qfs_siwe_device(&login->message, &login->device, &login->has_device, err);
}

qfs_status
qfs_login_check(qfs_slice text, const qfs_policy *policy, int64_t at,
				qfs_login *out, qfs_error *err)
{
	qfs_status	status;

	/* Without a device its key is zeros, so that records are alike on every machine. */
	memset(out, 0, sizeof(*out));
	status = qfs_siwe_parse(text, &out->message, err);
	if (status == QFS_OK)
		status = qfs_login_check_place(&out->message, policy, err);
	if (status == QFS_OK)
		status = check_chain(&out->message, policy, err);
	if (status == QFS_OK)
		status = read_nonce(&out->message, &out->nonce, err);
	if (status == QFS_OK)
		status = qfs_nonce_check(&out->nonce, policy, at, err);
	if (status == QFS_OK)
		status = check_time(&out->message, at, err);
	return status == QFS_OK ? read_account(out, err) : status;
}

qfs_status
qfs_login_read(qfs_slice text, qfs_login *out, qfs_error *err)
{
	qfs_status	status;

	memset(out, 0, sizeof(*out));
	status = qfs_siwe_parse(text, &out->message, err);
	if (status == QFS_OK)
		status = read_nonce(&out->message, &out->nonce, err);
	return status == QFS_OK ? read_account(out, err) : status;
}

qfs_status
qfs_login_check_signer(qfs_slice text, qfs_slice signature, const qfs_login *login,
					   qfs_error *err)
{
	uint8_t		memory[QFS_SIGNATURE_READ_MAX];
	qfs_slice	bytes;
	qfs_address signer;
	qfs_status	status;

	if (!qfs_signature_decode(signature, memory, &bytes))
		return qfs_fail(err, QFS_LOGIN_PAYLOAD, "the signature is not 0x and lower-case hexadecimal digits");
	status = qfs_personal_recover(text, bytes, &signer, err);
	if (status != QFS_OK)
		return status;
	if (memcmp(&signer, &login->message.address, sizeof(signer)) != 0)
	{
		uint8_t		name[QFS_ADDRESS_TEXT];
		qfs_buf		buf;

		qfs_buf_init(&buf, name, sizeof(name));
		qfs_address_write(&buf, &signer);
		return qfs_fail(err, QFS_LOGIN_SIGNER, "%v signed", qfs_buf_slice(&buf));
	}
	return QFS_OK;
}
