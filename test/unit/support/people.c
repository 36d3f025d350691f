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
#include "support/second_hash.h"

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

void
people_ring(sample *s)
{
	static person people[13];

	people_ledger(s, NULL);
	people[0] = people_join(s, 1, 0);
	for (uint8_t n = 1; n <= 12; n += 2)
	{
		for (uint8_t m = n; m < n + 2; m++)
		{
			people[m] = people_join(s, (uint8_t) (m + 1), 0);
			CHECK_STATUS(people_profile(s, &people[m], 1), QFS_OK);
			CHECK_STATUS(people_chat_key(s, &people[m], (uint8_t) (m + 1)), QFS_OK);
			CHECK_STATUS(people_use(s, &people[m], &people[0]), QFS_OK);
		}
		CHECK_STATUS(people_write(s, &people[n], &people[n + 1], 1), QFS_OK);
		CHECK_STATUS(people_write(s, &people[n + 1], &people[n], 1), QFS_OK);
	}
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

qfs_ties
people_ties(const sample *s, const person *p)
{
	qfs_ties	none = {.user = p->wallet.user};
	const qfs_ties *record;

	for (size_t n = 0; (record = qfs_memory_store_record(s->store, &qfs_kind_ties, n)) != NULL; n++)
		if (memcmp(&record->user, &p->wallet.user, sizeof(record->user)) == 0)
			return *record;
	return none;
}

int64_t
people_last(const sample *s, const person *p, const qfs_kind *kind)
{
	const void *record;

	for (size_t n = 0; (record = qfs_memory_store_record(s->store, kind, n)) != NULL; n++)
		if (memcmp(people_field(kind, record, "user"), &p->wallet.user, sizeof(qfs_user_id)) == 0)
			return *(const int64_t *) people_field(kind, record, "last_entry");
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

/* Takes a member and the comma beside it out of a text. */
static void
cut(char *text, const char *name)
{
	char		key[32];
	qfs_slice	value = second_member(qfs_slice_of(text), name);
	char	   *from;
	char	   *to;

	if (value.len == 0)
		return;
	snprintf(key, sizeof(key), "\"%s\":", name);
	from = text + ((const char *) value.data - text) - strlen(key);
	to = from + strlen(key) + value.len;
	if (*to == ',')
		to++;
	else if (from[-1] == ',')
		from--;
	memmove(from, to, strlen(to) + 1);
}

void
people_outcome(const sample *s, const char *format,...)
{
	static char got[QFS_PART_MAX + 1];
	static char want[QFS_PART_MAX + 1];
	qfs_slice	outcome = s->event.outcome;
	qfs_hash	policy = {{0}};
	va_list		arguments;

	va_start(arguments, format);
	vsnprintf(want, sizeof(want), format, arguments);
	va_end(arguments);
	CHECK(qfs_json_member_hex(outcome, "policy", policy.bytes, QFS_HASH_LEN));
	CHECK_HASH(&policy, &s->reducer.ledger.policy);
	snprintf(got, sizeof(got), "%.*s", (int) outcome.len, outcome.data);
	cut(got, "policy");
	cut(got, "read");
	if (strstr(want, "\"result\":{") == NULL &&
		second_member(second_member(qfs_slice_of(got), "result"), "thread").len > 0)
		cut(got, "result");
	CHECK_TEXT(qfs_slice_of(got), want);
}

/* ---- parts of accounts ---- */

/* Wallets up to this number are called by it. */
#define NUMBERED 9

static const char *
user_of(int n)
{
	static char names[NUMBERED + 1][QFS_USER_ID_TEXT + 1];

	if (names[n][0] == '\0')
		memcpy(names[n], test_wallet_of((uint8_t) n).user_name, sizeof(names[n]));
	return names[n];
}

/* An amount's digits without the zeros at their end; 0 = it is no amount. */
static int
amount_digits(const char *text)
{
	int			len = (int) strspn(text, "0123456789");

	if (len == 0 || text[len] != '.' || strspn(text + len + 1, "0123456789") != 18)
		return 0;
	len += 19;
	while (text[len - 1] == '0')
		len--;
	return text[len - 1] == '.' ? len - 1 : len;
}

/* A value in short: accounts by their numbers, amounts without quotes and zeros. */
static void
put_short(qfs_buf *out, qfs_slice value)
{
	for (size_t i = 0; i < value.len; i++)
	{
		const char *at = (const char *) value.data + i;
		int			n = 1;
		int			amount = *at == '"' ? amount_digits(at + 1) : 0;

		while (n <= NUMBERED && value.len - i >= QFS_USER_ID_TEXT && memcmp(at, user_of(n), QFS_USER_ID_TEXT) != 0)
			n++;
		if (amount > 0)
		{
			qfs_buf_bytes(out, at + 1, (size_t) amount);
			i += strcspn(at + 1, "\"") + 1;
		}
		else if (value.len - i >= QFS_USER_ID_TEXT && n <= NUMBERED)
		{
			qfs_buf_byte(out, '#');
			qfs_buf_int(out, n);
			i += QFS_USER_ID_TEXT - 1;
		}
		else
			qfs_buf_byte(out, (uint8_t) *at);
	}
}

/* The text between quotes. */
static qfs_slice
unquoted(qfs_slice text)
{
	return CHECK(text.len >= 2) ? (qfs_slice) {text.data + 1, text.len - 2} : text;
}

static void
put_rules(qfs_buf *out, qfs_slice rules)
{
	qfs_slice	rule;

	for (unsigned n = 0; (rule = second_item(rules, n)).len > 0; n++)
	{
		qfs_buf_byte(out, n > 0 ? ',' : ' ');
		qfs_buf_slice_add(out, unquoted(rule));
	}
}

/* The members that changed, in the order of the state. */
static void
put_changes(qfs_buf *out, qfs_slice state, qfs_slice was)
{
	static const char *const members[] = {
		"chat_key", "coherence", "created", "created_at", "event_nonce", "flx", "guard", "points", "profile",
		"profile_version", "received", "referrals", "referrer", "sent", "sessions", "settled", "used"
	};
	unsigned	told = 0;

	for (size_t i = 0; i < ROWS(members); i++)
	{
		qfs_slice	before = second_member(was, members[i]);

		if (before.len == 0)
			continue;
		told++;
		qfs_buf_byte(out, ' ');
		qfs_buf_text(out, members[i]);
		qfs_buf_byte(out, ' ');
		put_short(out, before);
		qfs_buf_text(out, "->");
		put_short(out, second_member(state, members[i]));
		CHECK(!qfs_slice_equal(before, second_member(state, members[i])));
	}
	CHECK(second_item(was, told).len == 0);
}

static void
put_part(qfs_buf *out, const sample *s, qfs_slice part)
{
	qfs_slice	previous = second_member(part, "previous");
	qfs_slice	was = second_member(part, "was");
	char		policy[24];

	snprintf(policy, sizeof(policy), "%lld", (long long) s->reducer.ledger.policy_seq);
	CHECK_TEXT(second_member(part, "policy"), policy);
	put_short(out, unquoted(second_member(part, "account")));
	qfs_buf_byte(out, ' ');
	qfs_buf_slice_add(out, unquoted(second_member(part, "kind")));
	qfs_buf_byte(out, ' ');
	qfs_buf_slice_add(out, previous);
	put_rules(out, second_member(part, "rules"));
	if (!qfs_slice_equal(previous, QFS_LITERAL("null")))
		put_changes(out, second_member(part, "state"), was);
	else
	{
		CHECK_TEXT(was, "{}");
		qfs_buf_byte(out, ' ');
		put_short(out, second_member(part, "state"));
	}
}

void
people_touched(const sample *s, const char *format,...)
{
	static char got[QFS_PARTS_MAX];
	static char want[QFS_PARTS_MAX];
	qfs_slice	part;
	qfs_buf		out;
	va_list		arguments;

	va_start(arguments, format);
	vsnprintf(want, sizeof(want), format, arguments);
	va_end(arguments);
	qfs_buf_init(&out, got, sizeof(got));
	for (unsigned n = 0; (part = second_item(s->event.accounts, n)).len > 0; n++)
	{
		if (n > 0)
			qfs_buf_text(&out, "; ");
		put_part(&out, s, part);
	}
	CHECK_TEXT(qfs_buf_slice(&out), want);
}

/* Are all members of an object among these, and in this order?  Nothing is no object without members. */
static void
check_members(qfs_slice object, const char *const *names, unsigned count)
{
	const uint8_t *last = NULL;
	unsigned	found = 0;

	for (unsigned n = 0; n < count; n++)
	{
		qfs_slice	value = second_member(object, names[n]);

		if (value.len == 0)
			continue;
		CHECK(last == NULL || last < value.data);
		last = value.data;
		found++;
	}
	CHECK(object.len == 0 || (object.data[0] == '{' && found > 0));
	CHECK(object.len == 0 || second_item(object, found).len == 0);
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

void
people_read(const sample *s, const char *want)
{
	static char got[QFS_PART_MAX];
	static const char *const kinds[] = {"access", "nonce", "standing", "ties"};
	const char *users[NUMBERED];
	qfs_slice	read = second_member(s->event.outcome, "read");
	qfs_slice	previous;
	qfs_buf		out;

	for (int number = 1; number <= NUMBERED; number++)
		users[number - 1] = user_of(number);
	qsort(users, NUMBERED, sizeof(users[0]), compare_texts);
	check_members(read, users, NUMBERED);
	qfs_buf_init(&out, got, sizeof(got));
	for (int number = 1; number <= NUMBERED; number++)
	{
		qfs_slice	account = second_member(read, user_of(number));

		check_members(account, kinds, ROWS(kinds));
		for (size_t kind = 0; kind < ROWS(kinds); kind++)
		{
			if ((previous = second_member(account, kinds[kind])).len == 0)
				continue;
			if (out.len > 0)
				qfs_buf_text(&out, "; ");
			qfs_buf_byte(&out, '#');
			qfs_buf_int(&out, number);
			qfs_buf_byte(&out, ' ');
			qfs_buf_text(&out, kinds[kind]);
			qfs_buf_byte(&out, ' ');
			qfs_buf_slice_add(&out, previous);
		}
	}
	CHECK_TEXT(qfs_buf_slice(&out), want);
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
