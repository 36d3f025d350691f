/*
 * test_token.c - session tokens: written, read, and every other token refused.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <sodium.h>
#include <stdio.h>

#include "crypto/sha256.h"
#include "identity/token.h"
#include "support/keys.h"

#define ORIGIN "ledger.example/main"
#define ISSUED INT64_C(1795376692)
#define EXPIRES (ISSUED + 3600)

#define USER "user_0101010101010101010101010101010101010101010101010101010101010101"
#define SESSION "0202020202020202020202020202020202020202020202020202020202020202"

static char text[QFS_TOKEN_MAX + 1];

/* ---- tokens, put together once more ---- */

#define VARIANT sodium_base64_VARIANT_URLSAFE_NO_PADDING

static void
add_base64(char *out, const void *bytes, size_t len)
{
	sodium_bin2base64(out + strlen(out), sodium_base64_encoded_len(len, VARIANT), bytes, len, VARIANT);
}

static const char *
key_id(uint8_t key)
{
	static char id[64];
	test_key	pair = test_key_of(key);
	char		jwk[256] = "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"";
	qfs_hash	hash;

	add_base64(jwk, pair.public.bytes, QFS_HASH_LEN);
	strcat(jwk, "\"}");
	qfs_sha256(qfs_slice_of(jwk), &hash);
	id[0] = '\0';
	add_base64(id, hash.bytes, sizeof(hash.bytes));
	return id;
}

static const char *
header_of(uint8_t key)
{
	static char header[256];

	snprintf(header, sizeof(header), "{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"JWT\"}", key_id(key));
	return header;
}

static const char *
claims_of(const char *role, const char *scope)
{
	static char claims[1024];

	snprintf(claims, sizeof(claims), "{\"aud\":\"" ORIGIN "\",\"exp\":%lld,\"iat\":%lld,"
			 "\"iss\":\"" ORIGIN "\",\"jti\":\"" SESSION "\",\"role\":\"%s\",\"scope\":\"%s\","
			 "\"sub\":\"" USER "\"}", (long long) EXPIRES, (long long) ISSUED, role, scope);
	return claims;
}

static void
start(const char *header, const char *claims)
{
	text[0] = '\0';
	add_base64(text, header, strlen(header));
	strcat(text, ".");
	add_base64(text, claims, strlen(claims));
}

/* Any header and claims, honestly signed. */
static void
make(const char *header, const char *claims, uint8_t key)
{
	uint8_t		signature[crypto_sign_BYTES];

	start(header, claims);
	crypto_sign_detached(signature, NULL, (const uint8_t *) text, strlen(text), test_key_of(key).secret);
	strcat(text, ".");
	add_base64(text, signature, sizeof(signature));
}

static void
make_good(void)
{
	make(header_of(1), claims_of("qfs_user", "account"), 1);
}

static qfs_status
read_as(qfs_slice token, const char *origin, uint8_t key, int64_t now, qfs_token *out, qfs_error *err)
{
	test_key	pair = test_key_of(key);

	*err = (qfs_error) {QFS_OK, ""};
	return qfs_token_read(token, qfs_slice_of(origin), &pair.public, now, out, err);
}

static void
check(qfs_status want, const char *detail)
{
	qfs_token	token;
	qfs_error	err;

	CHECK_STATUS(read_as(qfs_slice_of(text), ORIGIN, 1, ISSUED, &token, &err), want);
	CHECK_STATUS(err.status, want);
	if (want != QFS_OK)
		CHECK_DETAIL(&err, detail);
}

/* ---- good ones ---- */

/* RFC 8037, appendix A.3. */
static void
thumbprint(void)
{
	qfs_hash	key;
	uint8_t		memory[64];
	qfs_buf		buf;

	CHECK(qfs_hex_decode(QFS_LITERAL("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
						 key.bytes, sizeof(key.bytes)));
	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_token_key_id(&buf, &key);
	CHECK_TEXT(qfs_buf_slice(&buf), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

static void
key_set(void)
{
	test_key	pair = test_key_of(1);
	uint8_t		memory[512];
	char		want[512];
	char		x[64] = "";
	qfs_buf		buf;

	add_base64(x, pair.public.bytes, QFS_HASH_LEN);
	snprintf(want, sizeof(want), "{\"keys\":[{\"alg\":\"EdDSA\",\"crv\":\"Ed25519\",\"kid\":\"%s\","
			 "\"kty\":\"OKP\",\"use\":\"sig\",\"x\":\"%s\"}]}", key_id(1), x);
	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_token_jwks(&buf, &pair.public);
	CHECK_TEXT(qfs_buf_slice(&buf), want);
}

static void
written_and_read(void)
{
	test_key	pair = test_key_of(1);

	for (int operates = 0; operates < 2; operates++)
	{
		qfs_token	token = {.operates = operates,.issued_at = ISSUED,.expires_at = EXPIRES};
		uint8_t		memory[QFS_TOKEN_MAX];
		qfs_token	got;
		qfs_error	err;
		qfs_buf		buf;

		unit_row(operates ? "operator" : "account");
		memset(&token.user, 1, sizeof(token.user));
		memset(&token.session, 2, sizeof(token.session));
		qfs_buf_init(&buf, memory, sizeof(memory));
		CHECK_STATUS(qfs_token_write(&token, QFS_LITERAL(ORIGIN), &pair.public, pair.secret, &buf, &err),
					 QFS_OK);
		make(header_of(1), operates ? claims_of("qfs_operator", "account operator") :
			 claims_of("qfs_user", "account"), 1);
		CHECK_TEXT(qfs_buf_slice(&buf), text);

		memset(&got, 0xA5, sizeof(got));
		CHECK_STATUS(read_as(qfs_buf_slice(&buf), ORIGIN, 1, ISSUED, &got, &err), QFS_OK);
		CHECK(memcmp(&got.user, &token.user, sizeof(got.user)) == 0);
		CHECK_HASH(&got.session, &token.session);
		CHECK(got.operates == token.operates);
		CHECK_INT(got.issued_at, ISSUED);
		CHECK_INT(got.expires_at, EXPIRES);
	}
}

static void
no_room(void)
{
	test_key	pair = test_key_of(1);
	qfs_token	token = {.issued_at = ISSUED,.expires_at = EXPIRES};
	uint8_t		memory[QFS_TOKEN_MAX];
	qfs_error	err;
	qfs_buf		buf;
	size_t		len;

	qfs_buf_init(&buf, memory, sizeof(memory));
	CHECK_STATUS(qfs_token_write(&token, QFS_LITERAL(ORIGIN), &pair.public, pair.secret, &buf, &err), QFS_OK);
	len = buf.len;
	for (size_t room = 0; room < len; room += 13)
	{
		qfs_buf_init(&buf, memory, room);
		CHECK_STATUS(qfs_token_write(&token, QFS_LITERAL(ORIGIN), &pair.public, pair.secret, &buf, &err),
					 QFS_INTERNAL);
	}
	qfs_buf_init(&buf, memory, len - 1);
	CHECK_STATUS(qfs_token_write(&token, QFS_LITERAL(ORIGIN), &pair.public, pair.secret, &buf, &err),
				 QFS_INTERNAL);
	qfs_buf_init(&buf, memory, len);
	CHECK_STATUS(qfs_token_write(&token, QFS_LITERAL(ORIGIN), &pair.public, pair.secret, &buf, &err), QFS_OK);
}

static void
expiry(void)
{
	qfs_token	token;
	qfs_error	err;

	make_good();
	CHECK_STATUS(read_as(qfs_slice_of(text), ORIGIN, 1, EXPIRES - 1, &token, &err), QFS_OK);
	CHECK_STATUS(read_as(qfs_slice_of(text), ORIGIN, 1, EXPIRES, &token, &err), QFS_TOKEN_EXPIRED);
	CHECK_STATUS(read_as(qfs_slice_of(text), ORIGIN, 1, EXPIRES + 9, &token, &err), QFS_TOKEN_EXPIRED);
	CHECK_DETAIL(&err, "9 seconds ago");
}

/* ---- bad ones ---- */

static void
other_ledgers(void)
{
	qfs_token	token;
	qfs_error	err;

	make_good();
	CHECK_STATUS(read_as(qfs_slice_of(text), "ledger.example/mai", 1, ISSUED, &token, &err), QFS_TOKEN_INVALID);
	CHECK_STATUS(read_as(qfs_slice_of(text), "ledger.example/main2", 1, ISSUED, &token, &err),
				 QFS_TOKEN_INVALID);
	CHECK_STATUS(read_as(qfs_slice_of(text), "", 1, ISSUED, &token, &err), QFS_TOKEN_INVALID);
	CHECK_STATUS(read_as(qfs_slice_of(text), ORIGIN, 2, ISSUED, &token, &err), QFS_TOKEN_INVALID);
	CHECK_DETAIL(&err, "the key in force did not sign it");
	/* The name of the right key does not help the wrong one. */
	make(header_of(1), claims_of("qfs_user", "account"), 2);
	check(QFS_TOKEN_INVALID, "the key in force did not sign it");
	make(header_of(2), claims_of("qfs_user", "account"), 1);
	check(QFS_TOKEN_INVALID, "its header or its claims");
}

/* The classics of JWT, all of them signed by the right key where there is a signature. */
static void
headers(void)
{
	static const char *const rows[] = {
		"{\"alg\":\"none\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
		"{\"alg\":\"HS256\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
		"{\"alg\":\"eddsa\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
		"{\"alg\":\"Ed25519\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
		"{\"alg\":\"EdDSA\",\"typ\":\"JWT\"}",
		"{\"alg\":\"EdDSA\",\"kid\":\"%s\"}",
		"{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"jwt\"}",
		"{\"alg\":\"EdDSA\",\"kid\":\"x%s\",\"typ\":\"JWT\"}",
		"{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"JWT\",\"x\":1}",
		"{\"alg\":\"EdDSA\",\"crit\":[\"b64\"],\"kid\":\"%s\",\"typ\":\"JWT\"}",
		"{\"alg\":\"EdDSA\",\"jwk\":{},\"kid\":\"%s\",\"typ\":\"JWT\"}",
		"{\"typ\":\"JWT\",\"alg\":\"EdDSA\",\"kid\":\"%s\"}",
		" {\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
		"", "{}"
	};
	uint8_t		mac[crypto_auth_hmacsha256_BYTES];
	test_key	pair = test_key_of(1);
	char		header[256];

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		snprintf(header, sizeof(header), rows[i], key_id(1));
		unit_row("%s", header);
		make(header, claims_of("qfs_user", "account"), 1);
		check(QFS_TOKEN_INVALID, "its header or its claims");
	}

	/* alg none, with no signature at all. */
	snprintf(header, sizeof(header), rows[0], key_id(1));
	start(header, claims_of("qfs_operator", "account operator"));
	strcat(text, ".");
	check(QFS_TOKEN_INVALID, "did not sign it");
	text[strlen(text) - 1] = '\0';
	check(QFS_TOKEN_INVALID, "form of a JWT");

	/* HS256 with the public key as the secret. */
	snprintf(header, sizeof(header), rows[1], key_id(1));
	start(header, claims_of("qfs_operator", "account operator"));
	crypto_auth_hmacsha256(mac, (const uint8_t *) text, strlen(text), pair.public.bytes);
	strcat(text, ".");
	add_base64(text, mac, sizeof(mac));
	check(QFS_TOKEN_INVALID, "did not sign it");
}

static void
claims(void)
{
#define AUD "\"aud\":\"" ORIGIN "\""
#define ISS "\"iss\":\"" ORIGIN "\""
#define TIMES "\"exp\":1795380292,\"iat\":1795376692"
#define JTI "\"jti\":\"" SESSION "\""
#define ROLE "\"role\":\"qfs_user\",\"scope\":\"account\""
#define SUB "\"sub\":\"" USER "\""
	static const char *const rows[] = {
		"{" AUD "," TIMES "," ISS "," JTI "," ROLE "," SUB ",\"x\":1}",
		"{" AUD "," TIMES "," ISS "," JTI ",\"nbf\":1," ROLE "," SUB "}",
		"{" AUD "," TIMES "," ISS "," JTI "," ROLE "}",
		"{" AUD "," TIMES "," ISS "," ROLE "," SUB "}",
		"{" AUD "," TIMES "," JTI "," ROLE "," SUB "}",
		"{" TIMES "," ISS "," JTI "," ROLE "," SUB "}",
		"{" AUD "," ISS "," JTI "," ROLE "," SUB "}",
		"{" AUD ",\"exp\":1795380292," ISS "," JTI "," ROLE "," SUB "}",
		"{" AUD ",\"iat\":1795376692," ISS "," JTI "," ROLE "," SUB "}",
		"{" ISS "," AUD "," TIMES "," JTI "," ROLE "," SUB "}",
		"{" AUD ",\"exp\":1795380292.0,\"iat\":1795376692," ISS "," JTI "," ROLE "," SUB "}",
		"{" AUD ",\"exp\":\"1795380292\",\"iat\":1795376692," ISS "," JTI "," ROLE "," SUB "}",
		"{" AUD ",\"exp\":99999999999999999999999999,\"iat\":1795376692," ISS "," JTI "," ROLE "," SUB "}",
		"{" AUD ",\"exp\":1e99,\"iat\":1795376692," ISS "," JTI "," ROLE "," SUB "}",
		"{" AUD "," TIMES "," ISS "," JTI ",\"role\":\"qfs_operator\",\"scope\":\"account\"," SUB "}",
		"{" AUD "," TIMES "," ISS "," JTI ",\"role\":\"qfs_user\",\"scope\":\"account operator\"," SUB "}",
		"{" AUD "," TIMES "," ISS "," JTI ",\"role\":\"postgres\",\"scope\":\"account\"," SUB "}",
		"{" AUD "," TIMES "," ISS "," JTI ",\"role\":\"qfs_user\",\"role\":\"qfs_operator\","
		"\"scope\":\"account\"," SUB "}",
		"{" AUD "," TIMES "," ISS ",\"jti\":\"02\"," ROLE "," SUB "}",
		"{" AUD "," TIMES "," ISS "," JTI "," ROLE ",\"sub\":\"user_01\"}",
		"{" AUD "," TIMES "," ISS "," JTI "," ROLE ",\"sub\":\"system\"}",
		"{\"aud\":[\"" ORIGIN "\"]," TIMES "," ISS "," JTI "," ROLE "," SUB "}",
		"{\"aud\":\"other.example\"," TIMES "," ISS "," JTI "," ROLE "," SUB "}",
		"{" AUD "," TIMES ",\"iss\":\"other.example\"," JTI "," ROLE "," SUB "}",
		"{" AUD "," TIMES "," ISS "," JTI "," ROLE "," SUB "} ",
		"{ " AUD "," TIMES "," ISS "," JTI "," ROLE "," SUB "}",
		"", "{}", "[]", "null", "garbage"
	};

	make(header_of(1), "{" AUD "," TIMES "," ISS "," JTI "," ROLE "," SUB "}", 1);
	check(QFS_OK, NULL);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i]);
		make(header_of(1), rows[i], 1);
		check(QFS_TOKEN_INVALID, "its ");
	}
}

static void
forms(void)
{
	static const char *const rows[] = {
		"", ".", "..", "...", "a", "a.b", "a.b.c", "a.b.c.d", "a.b.c.d.e", " ", "Bearer a.b.c"
	};
	char		good[1024];

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("\"%s\"", rows[i]);
		strcpy(text, rows[i]);
		check(QFS_TOKEN_INVALID, "");
	}
	make_good();
	CHECK(strlen(text) < sizeof(good));
	memcpy(good, text, sizeof(good));
	strcat(text, ".");
	check(QFS_TOKEN_INVALID, "form of a JWT");
	snprintf(text, sizeof(text), "%s=", good);
	check(QFS_TOKEN_INVALID, "did not sign it");
	snprintf(text, sizeof(text), "%s ", good);
	check(QFS_TOKEN_INVALID, "did not sign it");
	snprintf(text, sizeof(text), " %s", good);
	check(QFS_TOKEN_INVALID, "did not sign it");
	strcpy(text, good);
	check(QFS_OK, NULL);
}

/* Another byte in place of any one; and any part cut off. */
static void
every_byte(void)
{
	static const uint8_t bytes[] = {0, '\n', ' ', '+', '-', '.', '/', '0', '=', 'A', 'B', '_', 'a', 'z', 0xAD, 0xDF};
	qfs_token	token;
	qfs_error	err;
	size_t		len;

	make_good();
	len = strlen(text);
	for (size_t at = 0; at < len; at++)
	{
		char		kept = text[at];

		unit_row("byte %zu", at);
		for (size_t i = 0; i < ROWS(bytes); i++)
		{
			if ((uint8_t) kept == bytes[i])
				continue;
			text[at] = (char) bytes[i];
			CHECK_STATUS(read_as((qfs_slice) {(uint8_t *) text, len}, ORIGIN, 1, ISSUED, &token, &err),
						 QFS_TOKEN_INVALID);
		}
		text[at] = kept;
		CHECK_STATUS(read_as((qfs_slice) {(uint8_t *) text, at}, ORIGIN, 1, ISSUED, &token, &err),
					 QFS_TOKEN_INVALID);
	}
	check(QFS_OK, NULL);
}

static void
longest(void)
{
	static char long_text[QFS_TOKEN_MAX + 2];
	qfs_token	token;
	qfs_error	err;

	/* Too long is said before anything is decoded. */
	memset(long_text, 'A', sizeof(long_text));
	long_text[100] = long_text[1000] = '.';
	CHECK_STATUS(read_as((qfs_slice) {(uint8_t *) long_text, QFS_TOKEN_MAX + 1}, ORIGIN, 1, ISSUED, &token,
						 &err), QFS_TOKEN_INVALID);
	CHECK_DETAIL(&err, "form of a JWT");
	/* Claims of more than fit into a token, honestly signed. */
	memset(long_text, 'x', 1100);
	long_text[1100] = '\0';
	make(header_of(1), long_text, 1);
	check(QFS_TOKEN_INVALID, "its claims");
}

/* ---- tokens of services ---- */

#define SERVICE "critic-2_b"

static const char *
service_claims(const char *role, const char *scope, const char *sub)
{
	static char claims[1024];

	snprintf(claims, sizeof(claims), "{\"aud\":\"" ORIGIN "\",\"exp\":%lld,\"iat\":%lld,"
			 "\"iss\":\"" ORIGIN "\",\"jti\":\"" SESSION "\",\"role\":\"%s\",\"scope\":\"%s\","
			 "\"sub\":\"%s\"}", (long long) EXPIRES, (long long) ISSUED, role, scope, sub);
	return claims;
}

static qfs_status
read_service(int64_t now, char name[QFS_SERVICE_MAX], qfs_service_token *out, qfs_error *err)
{
	test_key	pair = test_key_of(1);

	*err = (qfs_error) {QFS_OK, ""};
	return qfs_service_token_read(qfs_slice_of(text), QFS_LITERAL(ORIGIN), &pair.public, now, name, out, err);
}

static void
service(void)
{
	test_key	pair = test_key_of(1);
	qfs_service_token token = {.service = QFS_LITERAL(SERVICE),.issued_at = ISSUED,.expires_at = EXPIRES};
	uint8_t		memory[QFS_TOKEN_MAX];
	char		name[QFS_SERVICE_MAX];
	qfs_service_token got;
	qfs_error	err;
	qfs_buf		buf;

	memset(&token.id, 2, sizeof(token.id));
	qfs_buf_init(&buf, memory, sizeof(memory));
	CHECK_STATUS(qfs_service_token_write(&token, QFS_LITERAL(ORIGIN), &pair.public, pair.secret, &buf, &err), QFS_OK);
	make(header_of(1), service_claims("aegis_advisor", "advice", "service_" SERVICE), 1);
	CHECK_TEXT(qfs_buf_slice(&buf), text);

	memset(&got, 0xA5, sizeof(got));
	CHECK_STATUS(read_service(ISSUED, name, &got, &err), QFS_OK);
	CHECK_TEXT(got.service, SERVICE);
	CHECK_HASH(&got.id, &token.id);
	CHECK_INT(got.issued_at, ISSUED);
	CHECK_INT(got.expires_at, EXPIRES);
	CHECK_STATUS(read_service(EXPIRES + 9, name, &got, &err), QFS_TOKEN_EXPIRED);
	CHECK_DETAIL(&err, "9 seconds ago");
	/* It is no account's, and an account's is no service's. */
	check(QFS_TOKEN_INVALID, "its claims are not ours");
	make_good();
	CHECK_STATUS(read_service(ISSUED, name, &got, &err), QFS_TOKEN_INVALID);
	CHECK_DETAIL(&err, "its claims are not those of a service");
}

static void
service_claims_bad(void)
{
	static const struct
	{
		const char *role;
		const char *scope;
		const char *sub;
		const char *why;
	}			rows[] = {
		{"qfs_operator", "advice", "service_" SERVICE, "its header or its claims"},
		{"aegis_readonly", "advice", "service_" SERVICE, "its header or its claims"},
		{"aegis_advisor", "account", "service_" SERVICE, "its header or its claims"},
		{"aegis_advisor", "advice", USER, "its claims are not those of a service"},
		{"aegis_advisor", "advice", "service_", "its claims are not those of a service"},
		{"aegis_advisor", "advice", "service_Critic", "its claims are not those of a service"},
		{"aegis_advisor", "advice", "servant_" SERVICE, "its claims are not those of a service"},
		{"aegis_advisor", "advice", SERVICE, "its claims are not those of a service"},
		{"aegis_advisor", "advice", "", "its claims are not those of a service"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		char		name[QFS_SERVICE_MAX];
		qfs_service_token got;
		qfs_error	err;

		unit_row("%s %s %s", rows[i].role, rows[i].scope, rows[i].sub);
		make(header_of(1), service_claims(rows[i].role, rows[i].scope, rows[i].sub), 1);
		CHECK_STATUS(read_service(ISSUED, name, &got, &err), QFS_TOKEN_INVALID);
		CHECK_DETAIL(&err, rows[i].why);
		check(QFS_TOKEN_INVALID, "its ");
	}
}

static void
service_names(void)
{
	static const char *const good[] = {"a", "critic", "a-b_c9", "a23456789012345678901234567890123456789012345678901234567890123"};
	static const char *const bad[] = {
		"", "A", "9a", "-a", "_a", "a b", "a.b", "a\n", "a\"b", "\xc3\xa4",
		"a234567890123456789012345678901234567890123456789012345678901234"
	};

	for (size_t i = 0; i < ROWS(good); i++)
		CHECK(qfs_service_name_check(qfs_slice_of(good[i])));
	for (size_t i = 0; i < ROWS(bad); i++)
		CHECK(!qfs_service_name_check(qfs_slice_of(bad[i])));
}

static const unit_case cases[] = {
	CASE(thumbprint),
	CASE(key_set),
	CASE(written_and_read),
	CASE(no_room),
	CASE(expiry),
	CASE(other_ledgers),
	CASE(headers),
	CASE(claims),
	CASE(forms),
	CASE(every_byte),
	CASE(longest),
	CASE(service),
	CASE(service_claims_bad),
	CASE(service_names),
	NO_MORE_CASES
};

const unit_suite suite_token = {"token", cases};
