/*
 * test_login.c - sign-ins: what is refused, and what a good one leaves behind.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <sodium.h>
#include <stdio.h>

#include "crypto/sha256.h"
#include "rules/account/signin_message.h"
#include "support/people.h"
#include "support/signin.h"

/* The time that everything here happens at. */
#define NOW (SAMPLE_TIME + 4000)

static sample s;
static signin in;

/* ---- what a message must say ---- */

/* Checks the message in `in` against the usual policy. */
static qfs_status
check_at(int64_t at, qfs_login *login, qfs_error *err)
{
	static qfs_policy policy;

	*err = (qfs_error) {QFS_OK, ""};
	CHECK_STATUS(qfs_policy_parse(qfs_slice_of(sample_policy(SIGNIN_POLICY)), &policy, NULL), QFS_OK);
	return qfs_login_check(qfs_slice_of(in.message), &policy, at, login, err);
}

static void
check_fields(qfs_status want, const char *detail)
{
	qfs_login	login;
	qfs_error	err;

	signin_write(&in);
	CHECK_STATUS(check_at(NOW, &login, &err), want);
	if (want != QFS_OK)
		CHECK_DETAIL(&err, detail);
}

static void
good(void)
{
	qfs_login	login;
	qfs_error	err;
	test_key	device = test_key_of(50);
	qfs_hash	zeros = {{0}};

	signin_make(&in, 3, 50, NOW, 7);
	CHECK_STATUS(check_at(NOW, &login, &err), QFS_OK);
	CHECK(memcmp(&login.user, &in.wallet.user, sizeof(login.user)) == 0);
	CHECK_HEX(login.nonce.bytes, 32, in.nonce);
	CHECK(login.has_device);
	CHECK_HASH(&login.device, &device.public);
	CHECK_INT(qfs_nonce_issued_at(&login.nonce), NOW);
	CHECK_STATUS(qfs_login_check_signer(qfs_slice_of(in.message), qfs_slice_of(in.signature), &login,
										&err), QFS_OK);

	signin_make(&in, 3, 0, NOW, 7);
	CHECK_STATUS(check_at(NOW, &login, &err), QFS_OK);
	CHECK(!login.has_device);
	CHECK_HASH(&login.device, &zeros);
}

static void
places(void)
{
	static const struct
	{
		const char *scheme;		/* NULL = none */
		const char *domain;
		const char *uri;
		const char *detail;		/* NULL = good */
	}			rows[] = {
		{NULL, "app.example", "https://app.example", NULL},
		{NULL, "app.example", "https://app.example/", NULL},
		{NULL, "app.example", "https://app.example/a/b?c#d", NULL},
		{NULL, "app.example", "https://app.example?next", NULL},
		{NULL, "app.example", "https://app.example#top", NULL},
		{NULL, "localhost:8080", "http://localhost:8080/login", NULL},
		{"https", "app.example", "https://app.example/x", NULL},
		{NULL, "evil.example", "https://app.example", "the domain is \"evil.example\""},
		{NULL, "app.example.evil", "https://app.example", "the domain is"},
		{NULL, "evil.app.example", "https://app.example", "the domain is"},
		{NULL, "app.exampl", "https://app.example", "the domain is"},
		{NULL, "APP.example", "https://app.example", "the domain is"},
		{NULL, "app.example:443", "https://app.example", "the domain is"},
		{NULL, "localhost", "http://localhost:8080/login", "the domain is"},
		{NULL, "localhost:8081", "http://localhost:8080/login", "the domain is"},
		{NULL, "app.example", "https://evil.example", "the URI is \"https://evil.example\""},
		{NULL, "app.example", "https://app.example.evil", "the URI is"},
		{NULL, "app.example", "https://app.example@evil.example", "the URI is"},
		{NULL, "app.example", "https://app.example:443/", "the URI is"},
		{NULL, "app.example", "http://app.example", "the URI is"},
		{NULL, "app.example", "HTTPS://app.example", "the URI is"},
		{NULL, "localhost:8080", "http://localhost:8080/", "the URI is"},
		{NULL, "localhost:8080", "http://localhost:8080/logins", "the URI is"},
		{"http", "app.example", "https://app.example/x", "does not begin with \"http://app.example\""},
		{"https", "localhost:8080", "https://app.example/x", "does not begin with"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s at %s", rows[i].domain, rows[i].uri);
		signin_prepare(&in, 3, 0, NOW, 7);
		in.fields.domain = qfs_slice_of(rows[i].domain);
		in.fields.uri = qfs_slice_of(rows[i].uri);
		in.fields.has_scheme = rows[i].scheme != NULL;
		if (rows[i].scheme != NULL)
			in.fields.scheme = qfs_slice_of(rows[i].scheme);
		check_fields(rows[i].detail != NULL ? QFS_LOGIN_DOMAIN : QFS_OK, rows[i].detail);
	}
}

static void
chains(void)
{
	static const int64_t good_ids[] = {1, 137};
	static const int64_t bad_ids[] = {0, 2, 10, 136, 1337, QFS_INT_MAX};

	for (size_t i = 0; i < ROWS(good_ids); i++)
	{
		signin_prepare(&in, 3, 0, NOW, 7);
		in.fields.chain_id = good_ids[i];
		check_fields(QFS_OK, NULL);
	}
	for (size_t i = 0; i < ROWS(bad_ids); i++)
	{
		unit_row("chain %lld", (long long) bad_ids[i]);
		signin_prepare(&in, 3, 0, NOW, 7);
		in.fields.chain_id = bad_ids[i];
		check_fields(QFS_LOGIN_CHAIN, "it is");
	}
}

/* Nobody signs in by a policy that names no application. */
static void
empty_lists(void)
{
	static const struct
	{
		const char *changes;
		qfs_status	want;
	}			rows[] = {
		{"{}", QFS_LOGIN_DOMAIN},
		{"{\"auth\":{\"domains\":[\"app.example\"]}}", QFS_LOGIN_DOMAIN},
		{"{\"auth\":{\"uris\":[\"https://app.example\"]}}", QFS_LOGIN_DOMAIN},
		{"{\"auth\":{\"chain_ids\":[],\"domains\":[\"app.example\"],\"uris\":[\"https://app.example\"]}}",
		QFS_LOGIN_CHAIN},
		{"{\"auth\":{\"domains\":[\"app.example\"],\"uris\":[\"https://app.example\"]}}", QFS_OK},
	};

	signin_make(&in, 3, 0, NOW, 7);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_policy	policy;
		qfs_login	login;

		unit_row("%s", rows[i].changes);
		CHECK_STATUS(qfs_policy_parse(qfs_slice_of(sample_policy(rows[i].changes)), &policy, NULL), QFS_OK);
		CHECK_STATUS(qfs_login_check(qfs_slice_of(in.message), &policy, NOW, &login, NULL), rows[i].want);
	}
}

static void
nonces(void)
{
	static const struct
	{
		int64_t		age;		/* of the nonce, in ms */
		qfs_status	want;
	}			rows[] = {
		{0, QFS_OK}, {1, QFS_OK}, {300000, QFS_OK}, {300001, QFS_NONCE_EXPIRED},
		{INT64_C(86400000), QFS_NONCE_EXPIRED}, {NOW, QFS_NONCE_EXPIRED}, {-1, QFS_NONCE_UNKNOWN},
		{-60000, QFS_NONCE_UNKNOWN},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%lld ms old", (long long) rows[i].age);
		signin_prepare(&in, 3, 0, NOW - rows[i].age, 7);
		in.fields.issued_at = NOW;
		check_fields(rows[i].want, rows[i].want == QFS_NONCE_UNKNOWN ? "from the future" : "300 seconds");
	}
}

static void
nonces_of_another_form(void)
{
	static const char *const rows[] = {
		"12345678", "01a2056b6fa0070707070707070707070707070707070707070707070707070",
		"01A2056B6FA00707070707070707070707070707070707070707070707070707",
		"01a2056b6fa0070707070707070707070707070707070707070707070707070g"
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i]);
		signin_prepare(&in, 3, 0, NOW, 7);
		in.fields.nonce = qfs_slice_of(rows[i]);
		check_fields(QFS_NONCE_UNKNOWN, "another form");
	}
}

static void
times(void)
{
	enum
	{
		ISSUED, EXPIRES, NOT_BEFORE
	};
	static const struct
	{
		int			field;
		int64_t		later;		/* than now */
		const char *detail;		/* NULL = good */
	}			rows[] = {
		{ISSUED, 60000, NULL}, {ISSUED, 60001, "issued in the future"},
		{ISSUED, 3600000, "issued in the future"}, {ISSUED, -600000, NULL},
		{EXPIRES, 1, NULL}, {EXPIRES, 0, "expired"}, {EXPIRES, -1, "expired"}, {EXPIRES, -60000, "expired"},
		{NOT_BEFORE, 0, NULL}, {NOT_BEFORE, -1, NULL}, {NOT_BEFORE, 1, "not valid yet"},
		{NOT_BEFORE, 60000, "not valid yet"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		int64_t		time = NOW + rows[i].later;

		unit_row("field %d is %lld ms from now", rows[i].field, (long long) rows[i].later);
		signin_prepare(&in, 3, 0, NOW, 7);
		if (rows[i].field == ISSUED)
			in.fields.issued_at = time;
		in.fields.has_expiration_time = rows[i].field == EXPIRES;
		in.fields.expiration_time = time;
		in.fields.has_not_before = rows[i].field == NOT_BEFORE;
		in.fields.not_before = time;
		check_fields(rows[i].detail != NULL ? QFS_LOGIN_TIME : QFS_OK, rows[i].detail);
	}
}

/* Where several things are wrong, the one that is checked first is named. */
static void
order(void)
{
	static const qfs_status want[] = {QFS_LOGIN_DOMAIN, QFS_LOGIN_DOMAIN, QFS_LOGIN_CHAIN, QFS_NONCE_EXPIRED,
	QFS_LOGIN_TIME, QFS_DEVICE_KEY_SYNTAX, QFS_OK};

	for (size_t right = 0; right < ROWS(want); right++)
	{
		unit_row("the first %zu are right", right);
		signin_prepare(&in, 3, 50, right > 3 ? NOW : NOW - 300001, 7);
		in.fields.issued_at = right > 4 ? NOW : NOW + 60001;
		if (right < 1)
			in.fields.domain = QFS_LITERAL("evil.example");
		if (right < 2)
			in.fields.uri = QFS_LITERAL("https://evil.example");
		if (right < 3)
			in.fields.chain_id = 2;
		if (right < 6)
			in.fields.resources[0] = QFS_LITERAL("urn:qfs:device:short");
		check_fields(want[right], "");
	}
}

/* Puts another text in place of the first such one in the message. */
static void
edit_message(const char *from, const char *to)
{
	char	   *at = strstr(in.message, from);

	if (!CHECK(at != NULL))
		return;
	memmove(at + strlen(to), at + strlen(from), strlen(at + strlen(from)) + 1);
	memcpy(at, to, strlen(to));
}

/* Messages that no library writes: the parser has the first word. */
static void
forms(void)
{
	static const struct
	{
		const char *from;
		const char *to;
		qfs_status	want;
	}			rows[] = {
		{"Version: 1", "Version: 2", QFS_SIWE_VERSION},
		{"Version: 1\n", "", QFS_SIWE_SYNTAX},
		{" wants you to sign in", " wants you to sign  in", QFS_SIWE_SYNTAX},
		{"Chain ID: 1", "Chain ID: 1a", QFS_SIWE_SYNTAX},
		{"app.example wants", "me@app.example wants", QFS_SIWE_DOMAIN},
		{"urn:qfs:device:", "urn:qfs:device:A", QFS_DEVICE_KEY_SYNTAX},
		{"URI: https://app.example/login", "URI: app.example/login", QFS_SIWE_SYNTAX},
	};
	qfs_login	login;
	qfs_error	err;

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s for %s", rows[i].to, rows[i].from);
		signin_make(&in, 3, 50, NOW, 7);
		edit_message(rows[i].from, rows[i].to);
		CHECK_STATUS(check_at(NOW, &login, &err), rows[i].want);
	}
}

/* A letter of the address in the other case breaks its checksum. */
static void
broken_checksum(void)
{
	qfs_login	login;
	qfs_error	err;
	unsigned	letters = 0;

	signin_make(&in, 3, 0, NOW, 7);
	for (size_t i = 2; i < QFS_ADDRESS_TEXT; i++)
	{
		char	   *letter = strstr(in.message, in.wallet.name) + i;
		char		kept = *letter;

		if (kept >= '0' && kept <= '9')
			continue;
		unit_row("letter %zu", i);
		*letter ^= 0x20;
		CHECK_STATUS(check_at(NOW, &login, &err), QFS_SIWE_ADDRESS);
		*letter = kept;
		letters++;
	}
	CHECK(letters > 5);
}

/* ---- who signed ---- */

#define N "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
#define HALF "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1"
#define ONE "0000000000000000000000000000000000000000000000000000000000000001"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"

static qfs_status
check_signature(const char *signature, qfs_error *err)
{
	qfs_login	login;

	CHECK_STATUS(check_at(NOW, &login, err), QFS_OK);
	return qfs_login_check_signer(qfs_slice_of(in.message), qfs_slice_of(signature), &login, err);
}

/* s becomes n - s, and v the other one: the same signature to a careless library. */
static void
make_high(char *signature)
{
	uint8_t		order[32];
	uint8_t		bytes[32];
	int			borrow = 0;

	CHECK(qfs_hex_decode(QFS_LITERAL(N), order, 32));
	CHECK(qfs_hex_decode((qfs_slice) {(uint8_t *) signature + 66, 64}, bytes, 32));
	for (int i = 31; i >= 0; i--)
	{
		int			difference = order[i] - bytes[i] - borrow;

		borrow = difference < 0;
		bytes[i] = (uint8_t) difference;
	}
	for (int i = 0; i < 32; i++)
		snprintf(signature + 66 + 2 * i, 3, "%02x", bytes[i]);
	strcpy(signature + 130, "1b");
}

static void
signatures(void)
{
	static const struct
	{
		const char *signature;
		qfs_status	want;
	}			rows[] = {
		{"", QFS_LOGIN_PAYLOAD}, {"0", QFS_LOGIN_PAYLOAD}, {"0X00", QFS_LOGIN_PAYLOAD},
		{"0x0", QFS_LOGIN_PAYLOAD}, {"0x0g", QFS_LOGIN_PAYLOAD}, {"0xAB", QFS_LOGIN_PAYLOAD},
		{"1x00", QFS_LOGIN_PAYLOAD}, {"0x", QFS_CONTRACT_WALLET}, {"0x00", QFS_CONTRACT_WALLET},
		{"0x" ZERO ZERO "1b", QFS_SIGNATURE_RANGE},
		{"0x" ONE ZERO "1b", QFS_SIGNATURE_RANGE},
		{"0x" ZERO ONE "1b", QFS_SIGNATURE_RANGE},
		{"0x" N ONE "1b", QFS_SIGNATURE_RANGE},
		{"0x" ONE N "1b", QFS_SIGNATURE_RANGE},
		{"0x" ONE HALF "1b", QFS_SIGNATURE_HIGH_S},
		{"0x" ONE ONE "1d", QFS_SIGNATURE_RECOVERY_ID},
	};
	qfs_error	err;

	signin_make(&in, 3, 0, NOW, 7);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].signature);
		CHECK_STATUS(check_signature(rows[i].signature, &err), rows[i].want);
		CHECK_STATUS(err.status, rows[i].want);
	}
}

/* A good signature, spoilt in one way at a time. */
static void
spoilt_signatures(void)
{
	static char text[8300];
	static const char *const last[] = {"02", "1a", "1d", "25", "26", "ff"};
	qfs_error	err;

	signin_make(&in, 3, 0, NOW, 7);
	CHECK_STATUS(check_signature(in.signature, &err), QFS_OK);
	for (size_t i = 0; i < ROWS(last); i++)
	{
		unit_row("v is %s", last[i]);
		strcpy(text, in.signature);
		strcpy(text + 130, last[i]);
		CHECK_STATUS(check_signature(text, &err), QFS_SIGNATURE_RECOVERY_ID);
	}
	/* v counted from 0 says the same. */
	strcpy(text, in.signature);
	strcpy(text + 130, in.signature[131] == 'b' ? "00" : "01");
	CHECK_STATUS(check_signature(text, &err), QFS_OK);
	/* The other parity is another key's. */
	strcpy(text + 130, in.signature[131] == 'b' ? "1c" : "1b");
	CHECK_STATUS(check_signature(text, &err), QFS_LOGIN_SIGNER);

	strcpy(text, in.signature);
	make_high(text);
	CHECK_STATUS(check_signature(text, &err), QFS_SIGNATURE_HIGH_S);
	strcpy(text, in.signature);
	text[126] = '\0';
	CHECK_STATUS(check_signature(text, &err), QFS_CONTRACT_WALLET);
	strcpy(text, in.signature);
	strcat(text, "00");
	CHECK_STATUS(check_signature(text, &err), QFS_CONTRACT_WALLET);
	strcpy(text, "0x");
	for (size_t len = 2; len < 2 + 4096; len += 2)
		strcpy(text + len, "00");
	CHECK_STATUS(check_signature(text, &err), QFS_CONTRACT_WALLET);
	strcat(text, "00");
	CHECK_STATUS(check_signature(text, &err), QFS_LOGIN_PAYLOAD);
}

/* A signature is for one message by one wallet. */
static void
foreign_signatures(void)
{
	static signin other;
	qfs_error	err;

	signin_make(&other, 4, 0, NOW, 7);
	signin_make(&in, 3, 0, NOW, 7);
	CHECK_STATUS(check_signature(other.signature, &err), QFS_LOGIN_SIGNER);
	in.wallet = other.wallet;
	signin_sign(&in);
	CHECK_STATUS(check_signature(in.signature, &err), QFS_LOGIN_SIGNER);
	CHECK_DETAIL(&err, other.wallet.name);

	signin_make(&in, 3, 0, NOW, 7);
	strcpy(other.signature, in.signature);
	signin_make(&in, 3, 0, NOW, 8);
	CHECK_STATUS(check_signature(other.signature, &err), QFS_LOGIN_SIGNER);
	/* Nor for the message with one more byte. */
	signin_make(&in, 3, 0, NOW, 7);
	edit_message("/login", "/login/");
	CHECK_STATUS(check_signature(other.signature, &err), QFS_LOGIN_SIGNER);
}

/* Every bit of r and s counts. */
static void
altered_signatures(void)
{
	qfs_error	err;

	signin_make(&in, 3, 0, NOW, 7);
	for (size_t at = 2; at < 130; at++)
	{
		char		text[200];

		unit_row("digit %zu", at);
		strcpy(text, in.signature);
		text[at] = text[at] == '0' ? '1' : '0';
		CHECK(check_signature(text, &err) != QFS_OK);
	}
}

/* ---- LOGIN, by the reducer ---- */

static void
refused(const qfs_user_id *actor, qfs_status want, const char *detail)
{
	sample_refuse_as(&s, in.auth, actor, "LOGIN", in.payload, want, detail);
}

static void
first_login(void)
{
	const qfs_account_record *account;
	const qfs_standing *standing;
	const qfs_access_record *access;
	const qfs_session_record *record;
	test_key	device = test_key_of(50);
	qfs_hash	digest;
	char		text[512];
	char		want[1024];
	char		digits[65];
	qfs_hash	session;

	signin_ledger(&s, NULL);
	s.later = 40 * 17000;
	signin_make(&in, 3, 50, signin_now(&s), 7);
	CHECK_STATUS(signin_append(&s, &in), QFS_OK);

	snprintf(text, sizeof(text), "{\"actor\":\"%s\",\"device\":\"%s\",\"issued_block\":40,"
			 "\"nonce\":\"%s\",\"scope\":[\"account\"]}", in.wallet.user_name, in.device, in.nonce);
	qfs_sha256(qfs_slice_of(text), &session);
	sodium_bin2hex(digits, sizeof(digits), session.bytes, sizeof(session.bytes));
	snprintf(want, sizeof(want), "{\"policy\":\"%s\",\"result\":{\"created\":true,\"device\":\"%s\",\"expires_at\":%lld,"
			 "\"issued_block\":40,\"nonce\":\"%s\",\"scope\":[\"account\"],\"session\":\"%s\",\"wallet\":\"%s\"},"
			 "\"status\":\"OK\"}", signin_policy(&s), in.device, (long long) SAMPLE_TIME + 1040 * 17000, in.nonce,
			 digits, in.wallet.name);
	CHECK_TEXT(s.event.outcome, want);
	/* The session that began, then the account. */
	snprintf(text, sizeof(text), "{\"device\":\"%s\",\"expires_at\":%lld,\"operator\":false,\"session\":\"%s\","
			 "\"ttl_blocks\":1000}", in.device, (long long) SAMPLE_TIME + 1040 * 17000, digits);
	crypto_hash_sha256(digest.bytes, (const uint8_t *) text, strlen(text));
	sodium_bin2hex(digits, sizeof(digits), digest.bytes, sizeof(digest.bytes));
	people_touched(&s, "#3 access null SESSION_STARTED {\"sessions\":[\"%s\"]}; #3 standing null ACCOUNT_CREATED "
				   "{\"chat_key\":null,\"coherence\":0,\"created\":4,\"created_at\":%lld,\"flx\":0,\"points\":0,"
				   "\"profile\":null,\"profile_version\":0,\"referrals\":0}", digits,
				   (long long) SAMPLE_TIME + 4000 + 40 * 17000);

	account = qfs_memory_store_record(s.store, &qfs_kind_account, 0);
	CHECK(memcmp(&account->user, &in.wallet.user, sizeof(account->user)) == 0);
	CHECK(memcmp(&account->wallet, &in.wallet.address, sizeof(account->wallet)) == 0);
	standing = qfs_memory_store_record(s.store, &qfs_kind_standing, 0);
	CHECK_INT(standing->created, 4);
	CHECK_INT(standing->created_at, SAMPLE_TIME + 4000 + 40 * 17000);
	CHECK_INT(standing->last_entry, 4);
	CHECK(qfs_memory_store_record(s.store, &qfs_kind_nonce, 0) == NULL);
	access = qfs_memory_store_record(s.store, &qfs_kind_access, 0);
	CHECK_INT(access->last_entry, 4);
	snprintf(want, sizeof(want), "[%s]", text);
	CHECK_TEXT(access->sessions, want);
	record = signin_record(&s, &session);
	CHECK(memcmp(&record->user, &in.wallet.user, sizeof(record->user)) == 0);
	CHECK_INT(record->seq, 4);
	CHECK_INT(record->login, 4);
	CHECK_INT(record->issued_block, 40);
	CHECK_INT(record->ttl_blocks, 1000);
	CHECK(!record->operates && !record->has_ended && !record->has_reason && record->has_device);
	CHECK_HASH(&record->device, &device.public);
	sample_close(&s);
}

static void
second_login(void)
{
	char		text[512];
	char		want[1024];
	char		digits[65];
	qfs_hash	session;

	signin_ledger(&s, NULL);
	signin_session(&s, 3, 50, 7);
	signin_make(&in, 3, 0, signin_now(&s), 8);
	CHECK_STATUS(signin_append(&s, &in), QFS_OK);
	snprintf(text, sizeof(text), "{\"actor\":\"%s\",\"device\":null,\"issued_block\":0,"
			 "\"nonce\":\"%s\",\"scope\":[\"account\"]}", in.wallet.user_name, in.nonce);
	qfs_sha256(qfs_slice_of(text), &session);
	sodium_bin2hex(digits, sizeof(digits), session.bytes, sizeof(session.bytes));
	snprintf(want, sizeof(want), "{\"policy\":\"%s\",\"read\":{\"%s\":{\"standing\":4}},"
			 "\"result\":{\"created\":false,\"expires_at\":%lld,\"issued_block\":0,"
			 "\"nonce\":\"%s\",\"scope\":[\"account\"],\"session\":\"%s\"},\"status\":\"OK\"}", signin_policy(&s),
			 in.wallet.user_name, (long long) SAMPLE_TIME + 1000 * 17000, in.nonce, digits);
	CHECK_TEXT(s.event.outcome, want);
	CHECK(qfs_memory_store_record(s.store, &qfs_kind_account, 1) == NULL);
	CHECK(qfs_memory_store_record(s.store, &qfs_kind_session, 1) != NULL);
	sample_close(&s);
}

/* Each of the reasons above holds for an entry too, and leaves no trace. */
static void
refused_logins(void)
{
	static signin other;

	signin_ledger(&s, NULL);
	signin_prepare(&in, 3, 0, signin_now(&s), 7);
	in.fields.domain = QFS_LITERAL("evil.example");
	signin_write(&in);
	signin_sign(&in);
	refused(&in.wallet.user, QFS_LOGIN_DOMAIN, "evil.example");

	signin_make(&in, 3, 0, signin_now(&s) - 300001, 7);
	refused(&in.wallet.user, QFS_NONCE_EXPIRED, "300 seconds");

	signin_make(&in, 3, 0, signin_now(&s), 7);
	signin_make(&other, 4, 0, signin_now(&s), 7);
	strcpy(in.signature, other.signature);
	signin_payload(&in);
	refused(&in.wallet.user, QFS_LOGIN_SIGNER, "signed");

	signin_make(&in, 3, 0, signin_now(&s), 7);
	refused(&other.wallet.user, QFS_ACTOR_MISMATCH, "not the wallet's account");
	refused(NULL, QFS_ACTOR_MISMATCH, "not the wallet's account");
	CHECK_STATUS(signin_append(&s, &in), QFS_OK);
	sample_close(&s);
}

/* What the payload repeats must be what the message says. */
static void
disagreeing_payloads(void)
{
	static signin other;

	signin_ledger(&s, NULL);
	signin_make(&other, 4, 51, signin_now(&s), 8);

	signin_make(&in, 3, 50, signin_now(&s), 7);
	memcpy(in.wallet.name, other.wallet.name, sizeof(in.wallet.name));
	signin_payload(&in);
	refused(&in.wallet.user, QFS_LOGIN_PAYLOAD, "wallet");

	/* EIP-55 is the only way to write it here. */
	signin_make(&in, 3, 50, signin_now(&s), 7);
	for (char *c = in.wallet.name + 2; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'F')
			*c |= 0x20;
	signin_payload(&in);
	refused(&in.wallet.user, QFS_LOGIN_PAYLOAD, "wallet");

	signin_make(&in, 3, 50, signin_now(&s), 7);
	strcpy(in.nonce, other.nonce);
	signin_payload(&in);
	refused(&in.wallet.user, QFS_LOGIN_PAYLOAD, "nonce");

	signin_make(&in, 3, 50, signin_now(&s), 7);
	strcpy(in.device, other.device);
	signin_payload(&in);
	refused(&in.wallet.user, QFS_LOGIN_PAYLOAD, "device_key");
	in.device[0] = '\0';
	signin_payload(&in);
	refused(&in.wallet.user, QFS_LOGIN_PAYLOAD, "device_key");

	signin_make(&in, 3, 0, signin_now(&s), 7);
	strcpy(in.device, other.device);
	signin_payload(&in);
	refused(&in.wallet.user, QFS_LOGIN_PAYLOAD, "device_key");
	sample_close(&s);
}

static void
misfit_payloads(void)
{
	static const struct
	{
		const char *from;
		const char *to;
		const char *detail;
	}			rows[] = {
		/* The signature is no part of the payload. */
		{",\"wallet\"", ",\"signature\":\"0x\",\"wallet\"", "payload.signature: unknown member"},
		{"{\"message\"", "{\"massage\"", "payload.message: missing"},
		{",\"wallet\":\"", ",\"wallet\":\"0", "payload.wallet: too long"},
		{"\"nonce\":\"", "\"nonce\":\"0", "payload.nonce: too long"},
		{"{\"message\"", "{\"device_key\":\"AA\",\"message\"", "payload.device_key: too short"},
		{"{\"message\"", "{\"extra\":1,\"message\"", "payload.extra: unknown member"},
	};

	signin_ledger(&s, NULL);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		char	   *at;

		unit_row("%s", rows[i].to);
		signin_make(&in, 3, 0, signin_now(&s), 7);
		at = strstr(in.payload, rows[i].from);
		if (!CHECK(at != NULL))
			continue;
		memmove(at + strlen(rows[i].to), at + strlen(rows[i].from), strlen(at + strlen(rows[i].from)) + 1);
		memcpy(at, rows[i].to, strlen(rows[i].to));
		refused(&in.wallet.user, QFS_PAYLOAD_INVALID, rows[i].detail);
	}
	sample_close(&s);
}

/* What is no signature in the entry's part of that name, and none at all. */
static void
misfit_signatures(void)
{
	static const struct
	{
		const char *auth;
		qfs_status	status;
		const char *detail;
	}			rows[] = {
		{"{\"via\":\"wallet\"}", QFS_AUTH_INVALID, "the signature that auth speaks of is missing"},
		{"{\"sig\":null,\"via\":\"wallet\"}", QFS_AUTH_INVALID, "the signature that auth speaks of is missing"},
		{"{\"sig\":\"\",\"via\":\"wallet\"}", QFS_LOGIN_PAYLOAD, "the signature is not 0x"},
		{"{\"sig\":\"0x\\n\",\"via\":\"wallet\"}", QFS_LOGIN_PAYLOAD, "the signature is not 0x"},
		{"{\"sig\":\"0x\",\"via\":\"operator\"}", QFS_AUTH_INVALID, "a signature that auth does not speak of"},
	};

	signin_ledger(&s, NULL);
	signin_make(&in, 3, 0, signin_now(&s), 7);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].auth);
		sample_refuse_as(&s, rows[i].auth, &in.wallet.user, "LOGIN", in.payload, rows[i].status, rows[i].detail);
	}
	sample_close(&s);
}

/* Escapes that decode to more bytes than a message has are not cut off. */
static void
message_too_long(void)
{
	size_t		len;

	signin_ledger(&s, NULL);
	signin_make(&in, 3, 0, signin_now(&s), 7);
	for (len = 0; len < 4096 * 3 / 2; len += 3)
		memcpy(in.message + len, "\xE2\x82\xAC", 4);
	signin_payload(&in);
	refused(&in.wallet.user, QFS_SIWE_LIMIT, "the message");
	sample_close(&s);
}

/* A nonce is good once, for any wallet and whatever else the message says. */
static void
used_nonces(void)
{
	static signin again;

	signin_ledger(&s, NULL);
	signin_make(&in, 3, 0, signin_now(&s), 7);
	CHECK_STATUS(signin_append(&s, &in), QFS_OK);
	refused(&in.wallet.user, QFS_NONCE_USED, "by entry 4");
	s.later += 100000;
	refused(&in.wallet.user, QFS_NONCE_USED, "by entry 4");

	signin_prepare(&again, 4, 50, signin_now(&s), 7);
	memcpy(again.nonce, in.nonce, sizeof(again.nonce));
	signin_write(&again);
	signin_sign(&again);
	sample_refuse_as(&s, again.auth, &again.wallet.user, "LOGIN", again.payload, QFS_NONCE_USED,
					 "by entry 4");
	sample_close(&s);
}

/* The sixth of a limit of five waits for the next minute; other wallets do not. */
static void
rate(void)
{
	uint8_t		nonce = 1;

	signin_ledger(&s, "{\"auth\":{\"chain_ids\":[1],\"domains\":[\"app.example\"],"
				  "\"uris\":[\"https://app.example\"]},\"limits\":{\"logins_per_minute\":5}}");
	/* To the beginning of a minute. */
	s.later = 60000 - signin_now(&s) % 60000;
	for (int i = 0; i < 5; i++)
		signin_session(&s, 3, 0, nonce++);
	signin_make(&in, 3, 0, signin_now(&s), nonce++);
	refused(&in.wallet.user, QFS_RATE_LIMIT, "5 sign-ins a minute; again in 56 seconds");
	signin_session(&s, 4, 0, nonce++);
	s.later += 60000 - signin_now(&s) % 60000;
	CHECK_STATUS(signin_append(&s, &in), QFS_OK);
	sample_close(&s);
}

/* Somebody else's signature does not count against a wallet. */
static void
rate_by_strangers(void)
{
	static signin other;

	signin_ledger(&s, "{\"auth\":{\"chain_ids\":[1],\"domains\":[\"app.example\"],"
				  "\"uris\":[\"https://app.example\"]},\"limits\":{\"logins_per_minute\":1}}");
	s.later = 60000 - signin_now(&s) % 60000;
	signin_make(&in, 3, 0, signin_now(&s), 7);
	signin_make(&other, 4, 0, signin_now(&s), 8);
	strcpy(in.signature, other.signature);
	signin_payload(&in);
	for (int i = 0; i < 3; i++)
		refused(&in.wallet.user, QFS_LOGIN_SIGNER, "signed");
	signin_session(&s, 3, 0, 9);
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(good),
	CASE(places),
	CASE(chains),
	CASE(empty_lists),
	CASE(nonces),
	CASE(nonces_of_another_form),
	CASE(times),
	CASE(order),
	CASE(forms),
	CASE(broken_checksum),
	CASE(signatures),
	CASE(spoilt_signatures),
	CASE(foreign_signatures),
	CASE(altered_signatures),
	CASE(first_login),
	CASE(second_login),
	CASE(refused_logins),
	CASE(disagreeing_payloads),
	CASE(misfit_payloads),
	CASE(misfit_signatures),
	CASE(message_too_long),
	CASE(used_nonces),
	CASE(rate),
	CASE(rate_by_strangers),
	NO_MORE_CASES
};

const unit_suite suite_login = {"login", cases};
