/*
 * people.c - accounts that write profiles, invite each other and exchange messages.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "support/people.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/sha256.h"
#include "rules/social/referral.h"
#include "support/harness.h"

/* ---- coming and going ---- */

void
people_ledger(sample *s, const char *policy)
{
	signin_ledger(s, policy != NULL ? policy : PEOPLE_POLICY(""));
}

void
people_policy(sample *s, const char *policy)
{
	CHECK_STATUS(sample_append(s, "POLICY_CHANGED", sample_policy_payload(policy)), QFS_OK);
}

void
people_wait(sample *s, int64_t ms)
{
	s->later += ms;
}

void
people_return(sample *s, person *p, uint8_t d)
{
	static uint8_t nonce;

	p->session = signin_session(s, p->number, d, ++nonce);
	snprintf(p->auth, sizeof(p->auth), "%s", signin_auth(&p->session));
}

person
people_join(sample *s, uint8_t n, uint8_t d)
{
	person		p;

	memset(&p, 0, sizeof(p));
	p.number = n;
	p.wallet = test_wallet_of(n);
	qfs_referral_code(&p.wallet.user, p.code);
	people_return(s, &p, d);
	return p;
}

qfs_status
people_append(sample *s, const person *p, const char *type, const char *payload)
{
	s->err = (qfs_error) {QFS_OK, ""};
	return sample_append_as(s, signin_acting(s, &p->session, &p->wallet, type, payload), &p->wallet.user, type, payload);
}

void
people_forget(sample *s)
{
	/* The time of an entry is counted from their number. */
	s->later += 1000 * (int64_t) s->count;
	while (s->count > 0)
		free(s->entry[--s->count].bytes);
}

int64_t
people_next(const sample *s)
{
	return (int64_t) s->chain.frontier.size;
}

/* ---- payloads ---- */

const char *
people_profile_payload(int64_t version)
{
	static char text[160];
	uint8_t		commitment[32];
	char		digits[65];

	memset(commitment, (int) version, sizeof(commitment));
	sodium_bin2hex(digits, sizeof(digits), commitment, sizeof(commitment));
	snprintf(text, sizeof(text), "{\"commitment\":\"%s\",\"version\":%lld}", digits, (long long) version);
	return text;
}

const char *
people_thread(const person *a, const person *b)
{
	static char digits[65];
	bool		in_order = strcmp(a->wallet.user_name, b->wallet.user_name) < 0;
	uint8_t		bytes[14 + 64] = "qfs:thread:v1";
	qfs_hash	hash;

	memcpy(bytes + 14, (in_order ? a : b)->wallet.user.bytes, 32);
	memcpy(bytes + 46, (in_order ? b : a)->wallet.user.bytes, 32);
	qfs_sha256((qfs_slice) {bytes, sizeof(bytes)}, &hash);
	sodium_bin2hex(digits, sizeof(digits), hash.bytes, sizeof(hash.bytes));
	return digits;
}

const char *
people_message_payload(const person *from, const person *to, int64_t seq)
{
	static char text[512];

	snprintf(text, sizeof(text), "{\"alg\":\"x25519-hkdf-aes256gcm\",\"hash\":\"%064llx\","
			 "\"recipient\":\"%s\",\"seq\":%lld,\"size\":100,\"thread\":\"%s\"}",
			 (unsigned long long) seq, to->wallet.user_name, (long long) seq, people_thread(from, to));
	return text;
}

/* ---- acts ---- */

qfs_status
people_profile(sample *s, const person *p, int64_t version)
{
	return people_append(s, p, "PROFILE_UPDATE", people_profile_payload(version));
}

qfs_status
people_chat_key(sample *s, const person *p, uint8_t n)
{
	uint8_t		secret[32];
	uint8_t		key[32];
	char		text[44];
	char		payload[64];

	memset(secret, n, sizeof(secret));
	crypto_scalarmult_base(key, secret);
	sodium_bin2base64(text, sizeof(text), key, sizeof(key), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	snprintf(payload, sizeof(payload), "{\"key\":\"%s\"}", text);
	return people_append(s, p, "CHAT_KEY", payload);
}

qfs_status
people_write(sample *s, const person *from, const person *to, int64_t seq)
{
	return people_append(s, from, "MESSAGE", people_message_payload(from, to, seq));
}

qfs_status
people_use(sample *s, const person *p, const person *referrer)
{
	char		payload[64];

	snprintf(payload, sizeof(payload), "{\"code\":\"%s\"}", referrer->code);
	return people_append(s, p, "REFERRAL_USE", payload);
}

void
people_settle_in(sample *s, const person *p, const person *peer)
{
	CHECK_STATUS(people_profile(s, p, 1), QFS_OK);
	CHECK_STATUS(people_chat_key(s, p, p->number), QFS_OK);
	CHECK_STATUS(people_write(s, p, peer, 1), QFS_OK);
	CHECK_STATUS(people_write(s, peer, p, 1), QFS_OK);
}

/* ---- records ---- */

qfs_standing
people_standing(const sample *s, const person *p)
{
	qfs_standing none = {.user = p->wallet.user};
	const qfs_standing *record;

	for (size_t n = 0; (record = qfs_memory_store_record(s->store, &qfs_kind_standing, n)) != NULL; n++)
		if (memcmp(&record->user, &p->wallet.user, sizeof(record->user)) == 0)
			return *record;
	return none;
}

int64_t
people_last(const sample *s, const person *p)
{
	const qfs_account_record *record;

	for (size_t n = 0; (record = qfs_memory_store_record(s->store, &qfs_kind_account, n)) != NULL; n++)
		if (memcmp(&record->user, &p->wallet.user, sizeof(record->user)) == 0)
			return record->last_entry;
	return -1;
}

const void *
people_record(const sample *s, const qfs_kind *kind, size_t n, size_t of)
{
	size_t		count = 0;

	while (qfs_memory_store_record(s->store, kind, count) != NULL)
		count++;
	CHECK_UINT(count, of);
	return n < count ? qfs_memory_store_record(s->store, kind, n) : NULL;
}

const void *
people_field(const qfs_kind *kind, const void *record, const char *name)
{
	for (unsigned i = 0; i < kind->field_count; i++)
		if (strcmp(kind->fields[i].name, name) == 0)
			return (const uint8_t *) record + kind->fields[i].offset;
	CHECK(name == NULL);
	return NULL;
}

/* ---- outcomes ---- */

/* Copies an outcome without its member "policy", which has to be the hash of the one in force. */
static size_t
without_policy(const sample *s, char *out)
{
	static const char key[] = "\"policy\":\"";
	qfs_slice	text = s->event.outcome;
	size_t		cut = sizeof(key) - 1 + 64 + 2;
	qfs_hash	policy = {{0}};
	size_t		i = 0;

	CHECK(qfs_json_member_hex(text, "policy", policy.bytes, QFS_HASH_LEN));
	CHECK_HASH(&policy, &s->reducer.ledger.policy);
	while (i + cut < text.len && memcmp(text.data + i, key, sizeof(key) - 1) != 0)
		i++;
	if (!CHECK(i + cut < text.len))
		return 0;
	memcpy(out, text.data, i);
	memcpy(out + i, text.data + i + cut, text.len - i - cut);
	return text.len - cut;
}

/* Takes a member and the comma before it out, unless the expectation speaks of it. */
static size_t
without(char *text, size_t len, const char *want, const char *name)
{
	char		key[32];
	qfs_slice	value;
	const char *at;
	size_t		cut;

	snprintf(key, sizeof(key), "\"%s\":", name);
	if (strstr(want, key) != NULL ||
		!qfs_json_member((qfs_slice) {(const uint8_t *) text, len}, name, &value))
		return len;
	at = (const char *) value.data - strlen(key) - 1;
	cut = value.len + strlen(key) + 1;
	memmove(text + (at - text), at + cut, len - cut - (size_t) (at - text));
	return len - cut;
}

void
people_outcome(const sample *s, const char *format,...)
{
	static char got[QFS_ENTRY_MAX];
	static char want[QFS_ENTRY_MAX];
	size_t		len = without_policy(s, got);
	va_list		arguments;

	va_start(arguments, format);
	vsnprintf(want, sizeof(want), format, arguments);
	va_end(arguments);
	len = without(got, len, want, "read");
	len = without(got, len, want, "thread");
	CHECK_TEXT(((qfs_slice) {(const uint8_t *) got, len}), want);
}

/* ---- amounts ---- */

qfs_amount
people_amount(const char *text)
{
	qfs_amount	a = 0;

	CHECK_STATUS(qfs_amount_parse(qfs_slice_of(text), &a, NULL), QFS_OK);
	return a;
}

const char *
people_amount_text(qfs_amount a)
{
	static char text[QFS_AMOUNT_TEXT + 1];
	qfs_buf		buf;

	qfs_buf_init(&buf, text, QFS_AMOUNT_TEXT);
	qfs_amount_write(&buf, a);
	text[buf.len] = '\0';
	return text;
}
