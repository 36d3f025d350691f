/*
 * signin.c - wallets that are the same in every run, what they sign, and a ledger they use.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "support/signin.h"

#include <secp256k1_recovery.h>
#include <sodium.h>
#include <stdio.h>

#include "crypto/ethereum.h"
#include "support/harness.h"
#include "support/second_hash.h"

/* ---- wallets ---- */

test_wallet
test_wallet_of(uint8_t n)
{
	uint8_t		secret[32];

	memset(secret, n, sizeof(secret));
	return test_wallet_of_key(secret);
}

test_wallet
test_wallet_of_key(const uint8_t secret[32])
{
	secp256k1_context *context = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
	secp256k1_pubkey key;
	uint8_t		bytes[65];
	size_t		len = sizeof(bytes);
	test_wallet wallet;
	qfs_buf		buf;

	memset(&wallet, 0, sizeof(wallet));
	memcpy(wallet.secret, secret, sizeof(wallet.secret));
	CHECK(secp256k1_ec_pubkey_create(context, &key, wallet.secret) == 1);
	secp256k1_ec_pubkey_serialize(context, bytes, &len, &key, SECP256K1_EC_UNCOMPRESSED);
	secp256k1_context_destroy(context);
	qfs_address_of_key(bytes + 1, &wallet.address);
	qfs_user_id_of(&wallet.address, &wallet.user);
	qfs_buf_init(&buf, wallet.name, QFS_ADDRESS_TEXT);
	qfs_address_write(&buf, &wallet.address);
	qfs_buf_init(&buf, wallet.user_name, QFS_USER_ID_TEXT);
	qfs_user_id_write(&buf, &wallet.user);
	return wallet;
}

void
test_personal_sign(const test_wallet *wallet, qfs_slice message, uint8_t out[65])
{
	secp256k1_context *context = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
	secp256k1_ecdsa_recoverable_signature signature;
	qfs_hash	digest;
	int			id;

	qfs_personal_digest(message, &digest);
	CHECK(secp256k1_ecdsa_sign_recoverable(context, &signature, digest.bytes, wallet->secret,
										   NULL, NULL) == 1);
	secp256k1_ecdsa_recoverable_signature_serialize_compact(context, out, &id, &signature);
	out[64] = (uint8_t) (27 + id);
	secp256k1_context_destroy(context);
}

/* ---- sign-ins ---- */

void
signin_prepare(signin *in, uint8_t wallet, uint8_t device, int64_t at, uint8_t nonce)
{
	memset(in, 0, sizeof(*in));
	in->wallet = test_wallet_of(wallet);
	memset(&in->nonce_bytes, nonce, sizeof(in->nonce_bytes));
	for (int i = 0; i < 6; i++)
		in->nonce_bytes.bytes[i] = (uint8_t) (at >> 8 * (5 - i));
	sodium_bin2hex(in->nonce, sizeof(in->nonce), in->nonce_bytes.bytes, QFS_HASH_LEN);
	in->fields = (qfs_siwe) {
		.domain = QFS_LITERAL("app.example"),
		.address = in->wallet.address,
		.uri = QFS_LITERAL("https://app.example/login"),
		.version = 1,
		.chain_id = 1,
		.nonce = qfs_slice_of(in->nonce),
		.issued_at = at,
	};
	if (device == 0)
		return;
	sodium_bin2base64(in->device, sizeof(in->device), test_key_of(device).public.bytes,
					  QFS_HASH_LEN, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	snprintf(in->resource, sizeof(in->resource), "urn:qfs:device:%s", in->device);
	in->fields.has_resources = true;
	in->fields.resource_count = 1;
	in->fields.resources[0] = qfs_slice_of(in->resource);
}

void
signin_write(signin *in)
{
	qfs_buf		buf;

	qfs_buf_init(&buf, in->message, QFS_SIWE_MAX);
	CHECK_STATUS(qfs_siwe_write(&in->fields, &buf, NULL), QFS_OK);
	in->message[buf.len] = '\0';
}

/* A message as a JSON string, which has line ends to escape and nothing else. */
static void
put_escaped(qfs_buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '\n')
			qfs_buf_text(out, "\\n");
		else
			qfs_buf_byte(out, (uint8_t) *text);
}

void
signin_payload(signin *in)
{
	qfs_buf		buf;

	qfs_buf_init(&buf, in->payload, sizeof(in->payload) - 1);
	qfs_buf_byte(&buf, '{');
	if (in->device[0] != '\0')
	{
		qfs_buf_text(&buf, "\"device_key\":\"");
		qfs_buf_text(&buf, in->device);
		qfs_buf_text(&buf, "\",");
	}
	qfs_buf_text(&buf, "\"message\":\"");
	put_escaped(&buf, in->message);
	qfs_buf_text(&buf, "\",\"nonce\":\"");
	qfs_buf_text(&buf, in->nonce);
	qfs_buf_text(&buf, "\",\"wallet\":\"");
	qfs_buf_text(&buf, in->wallet.name);
	qfs_buf_text(&buf, "\"}");
	CHECK(!buf.overflow);
	in->payload[buf.len] = '\0';
	snprintf(in->auth, sizeof(in->auth), "{\"sig\":\"%s\",\"via\":\"wallet\"}", in->signature);
}

void
signin_sign(signin *in)
{
	uint8_t		signature[65];

	test_personal_sign(&in->wallet, qfs_slice_of(in->message), signature);
	memcpy(in->signature, "0x", 2);
	sodium_bin2hex(in->signature + 2, sizeof(in->signature) - 2, signature, sizeof(signature));
	signin_payload(in);
}

void
signin_make(signin *in, uint8_t wallet, uint8_t device, int64_t at, uint8_t nonce)
{
	signin_prepare(in, wallet, device, at, nonce);
	signin_write(in);
	signin_sign(in);
}

/* ---- in a ledger ---- */

void
signin_ledger(sample *s, const char *changes)
{
	sample_open(s);
	sample_genesis(s);
	CHECK_STATUS(sample_append(s, "POLICY_CHANGED",
							   sample_policy_payload(changes != NULL ? changes : SIGNIN_POLICY)),
				 QFS_OK);
	CHECK_STATUS(sample_append(s, "EVENT_TYPE",
							   "{\"by\":\"account\",\"schema\":{},\"type\":\"POSTED\"}"), QFS_OK);
	CHECK_STATUS(sample_append(s, "EVENT_TYPE",
							   "{\"by\":\"operator\",\"schema\":{},\"type\":\"NOTED\"}"), QFS_OK);
}

int64_t
signin_now(const sample *s)
{
	return SAMPLE_TIME + 1000 * (int64_t) s->count + s->later;
}

qfs_status
signin_append(sample *s, const signin *in)
{
	return sample_append_as(s, in->auth, &in->wallet.user, "LOGIN", in->payload);
}

qfs_hash
signin_session(sample *s, uint8_t wallet, uint8_t device, uint8_t nonce)
{
	static signin in;
	qfs_hash	session = {{0}};

	signin_make(&in, wallet, device, signin_now(s), nonce);
	if (CHECK_STATUS(signin_append(s, &in), QFS_OK))
		CHECK(qfs_json_member_hex(second_member(s->event.outcome, "result"), "session", session.bytes, QFS_HASH_LEN));
	return session;
}

const qfs_session_record *
signin_record(const sample *s, const qfs_hash *session)
{
	static const qfs_session_record none;
	const qfs_session_record *record;

	for (size_t n = 0; (record = qfs_memory_store_record(s->store, &qfs_kind_session, n)) != NULL; n++)
		if (memcmp(&record->session, session, sizeof(*session)) == 0)
			return record;
	CHECK(record != NULL);
	return &none;
}

const char *
signin_auth(const qfs_hash *session)
{
	static char text[128];
	char		digits[65];

	sodium_bin2hex(digits, sizeof(digits), session->bytes, sizeof(session->bytes));
	snprintf(text, sizeof(text), "{\"session\":\"%s\",\"via\":\"session\"}", digits);
	return text;
}

const char *
signin_naming(const char *format, const qfs_hash *session)
{
	static char payload[256];
	char		digits[65];

	sodium_bin2hex(digits, sizeof(digits), session->bytes, sizeof(session->bytes));
	snprintf(payload, sizeof(payload), format, digits);
	return payload;
}

const char *
signin_signed(const sample *s, const qfs_hash *session, const test_wallet *actor,
			  uint8_t device, int64_t nonce, const char *type, const char *payload)
{
	static char text[512];
	static char message[QFS_PAYLOAD_MAX + 512];
	test_key	key = test_key_of(device);
	uint8_t		signature[crypto_sign_BYTES];
	char		digits[65];
	char		key_text[44];
	char		signature_text[87];
	int			len;

	sodium_bin2hex(digits, sizeof(digits), s->entry[0].seal.hash.bytes, QFS_HASH_LEN);
	len = snprintf(message, sizeof(message),
				   "{\"actor\":\"%s\",\"ledger\":\"%s\",\"nonce\":%lld,\"payload\":%s,\"type\":\"%s\"}",
				   actor->user_name, digits, (long long) nonce, payload, type);
	crypto_sign_detached(signature, NULL, (const uint8_t *) message, (unsigned long long) len,
						 key.secret);

	sodium_bin2hex(digits, sizeof(digits), session->bytes, sizeof(session->bytes));
	sodium_bin2base64(key_text, sizeof(key_text), key.public.bytes, QFS_HASH_LEN,
					  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_bin2base64(signature_text, sizeof(signature_text), signature, sizeof(signature),
					  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	snprintf(text, sizeof(text),
			 "{\"key\":\"%s\",\"nonce\":%lld,\"session\":\"%s\",\"sig\":\"%s\",\"via\":\"session\"}",
			 key_text, (long long) nonce, digits, signature_text);
	return text;
}

/* The nonce after the last one that the account's device has signed. */
static int64_t
next_nonce(const sample *s, const qfs_user_id *user)
{
	const qfs_nonce *record;

	for (size_t n = 0; (record = qfs_memory_store_record(s->store, &qfs_kind_nonce, n)) != NULL; n++)
		if (memcmp(&record->user, user, sizeof(*user)) == 0)
			return record->event_nonce + 1;
	return 1;
}

const char *
signin_acting(const sample *s, const qfs_hash *session, const test_wallet *actor, const char *type,
			  const char *payload)
{
	const qfs_session_record *record = signin_record(s, session);
	uint8_t		device = 1;
	test_key	key = test_key_of(device);

	if (!record->has_device)
		return signin_auth(session);
	while (device < 100 && memcmp(&key.public, &record->device, sizeof(record->device)) != 0)
		key = test_key_of(++device);
	return signin_signed(s, session, actor, device, next_nonce(s, &actor->user), type, payload);
}

const char *
signin_policy(const sample *s)
{
	static char digits[2 * QFS_HASH_LEN + 1];

	sodium_bin2hex(digits, sizeof(digits), s->reducer.ledger.policy.bytes, QFS_HASH_LEN);
	return digits;
}
