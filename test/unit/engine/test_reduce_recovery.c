/*
 * test_reduce_recovery.c - KEY_ROTATED by the recovery key: who may put keys in force when the file is lost.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <sodium.h>

#include "ledger/registry.h"
#include "rules/system/key_rotated.h"
#include "support/sample.h"

/* The recovery key that these ledgers begin with, and the one that follows it. */
#define RECOVERY 9
#define SUCCESSOR 8

static sample s;

static void
open_ledger(void)
{
	sample_open(&s);
	sample_recoverable(&s, RECOVERY);
}

static const qfs_hash *
ledger(void)
{
	return &s.entry[0].seal.hash;
}

/* Key `key` as the next, of this number; its token key is another one. */
static qfs_signing_key_record
keys_of(int64_t number, uint8_t key, uint8_t recovery)
{
	return (qfs_signing_key_record) {
		.number = number,
		.checkpoint = test_key_of(key).public,
		.token = test_key_of((uint8_t) (key + 100)).public,
		.has_recovery = true,
		.recovery = test_key_of(recovery).public
	};
}

static const char *
recovery_to(int64_t number, uint8_t key)
{
	qfs_signing_key_record next = keys_of(number, key, RECOVERY);

	return sample_recovery_payload(ledger(), RECOVERY, &next, false);
}

static void
check_taken(const char *payload)
{
	s.err = (qfs_error) {QFS_OK, ""};
	CHECK_STATUS(sample_append(&s, "KEY_ROTATED", payload), QFS_OK);
	CHECK_DETAIL(&s.err, "");
}

static void
check_in_force(int64_t number, uint8_t key, uint8_t recovery)
{
	qfs_hash	checkpoint = test_key_of(key).public;
	qfs_hash	recovery_key = test_key_of(recovery).public;
	const qfs_ledger_record *state = qfs_memory_store_record(s.store, &qfs_kind_ledger, 0);
	const qfs_signing_key_record *record = qfs_memory_store_record(s.store, &qfs_kind_signing_key,
																	(size_t) number);

	CHECK_INT(state->key_number, number);
	CHECK_INT(record->number, number);
	CHECK_HASH(&record->checkpoint, &checkpoint);
	CHECK(record->has_recovery);
	CHECK_HASH(&record->recovery, &recovery_key);
}

/* Both forms, one after the other; a recovery key is in force until it names the next one. */
static void
recoveries(void)
{
	qfs_signing_key_record next;

	open_ledger();
	check_in_force(0, 1, RECOVERY);
	check_taken(recovery_to(1, 2));
	CHECK_TEXT(s.event.outcome, "{\"result\":{\"number\":1}}");
	check_in_force(1, 2, RECOVERY);
	check_taken(sample_rotation_payload(ledger(), 2, 3));
	check_in_force(2, 3, RECOVERY);
	next = keys_of(3, 4, SUCCESSOR);
	check_taken(sample_recovery_payload(ledger(), RECOVERY, &next, true));
	check_in_force(3, 4, SUCCESSOR);
	check_taken(sample_rotation_payload(ledger(), 4, 5));
	check_in_force(4, 5, SUCCESSOR);
	next = keys_of(5, 6, RECOVERY);
	sample_refuse(&s, NULL, "KEY_ROTATED", sample_recovery_payload(ledger(), RECOVERY, &next, false), QFS_SIGNATURE_INVALID,
				  "the recovery key did not sign key 5");
	sample_refuse(&s, NULL, "KEY_ROTATED", sample_recovery_payload(ledger(), RECOVERY, &next, true), QFS_SIGNATURE_INVALID,
				  "the recovery key did not sign key 5");
	next = keys_of(5, 6, SUCCESSOR);
	check_taken(sample_recovery_payload(ledger(), SUCCESSOR, &next, false));
	check_in_force(5, 6, SUCCESSOR);
	sample_close(&s);
}

/* The payload with these digits in place of those of a member. */
static const char *
exchanged(const char *payload, const char *member, const char *digits)
{
	static char text[1024];
	char		opening[32];

	snprintf(opening, sizeof(opening), "\"%s\":\"", member);
	strcpy(text, payload);
	memcpy(strstr(text, opening) + strlen(opening), digits, strlen(digits));
	return text;
}

static const char *
digits_of(uint8_t key)
{
	static char text[65];
	test_key	pair = test_key_of(key);

	sodium_bin2hex(text, sizeof(text), pair.public.bytes, sizeof(pair.public.bytes));
	return text;
}

/* What is no signature by this key, of this ledger, for this number and these keys. */
static void
forged(void)
{
	qfs_hash	other = {{7}};
	qfs_signing_key_record next = keys_of(1, 2, RECOVERY);
	const char *detail = "the recovery key did not sign key 1";

	open_ledger();
	sample_refuse(&s, NULL, "KEY_ROTATED", sample_recovery_payload(ledger(), 1, &next, false), QFS_SIGNATURE_INVALID, detail);
	sample_refuse(&s, NULL, "KEY_ROTATED", sample_recovery_payload(ledger(), 77, &next, false), QFS_SIGNATURE_INVALID, detail);
	sample_refuse(&s, NULL, "KEY_ROTATED", sample_recovery_payload(&other, RECOVERY, &next, false), QFS_SIGNATURE_INVALID, detail);
	sample_refuse(&s, NULL, "KEY_ROTATED", recovery_to(0, 2), QFS_SIGNATURE_INVALID, detail);
	sample_refuse(&s, NULL, "KEY_ROTATED", recovery_to(2, 2), QFS_SIGNATURE_INVALID, detail);
	sample_refuse(&s, NULL, "KEY_ROTATED", exchanged(recovery_to(1, 2), "checkpoint", digits_of(3)), QFS_SIGNATURE_INVALID, detail);
	sample_refuse(&s, NULL, "KEY_ROTATED", exchanged(recovery_to(1, 2), "token", digits_of(3)), QFS_SIGNATURE_INVALID, detail);
	for (size_t i = 0; i < 128; i++)
	{
		char		text[1024];
		char	   *at;

		unit_row("digit %zu of the signature", i);
		strcpy(text, recovery_to(1, 2));
		at = strstr(text, "\"signature\":\"") + strlen("\"signature\":\"") + i;
		*at = *at == '0' ? '1' : '0';
		sample_refuse(&s, NULL, "KEY_ROTATED", text, QFS_SIGNATURE_INVALID, detail);
	}
	check_taken(recovery_to(1, 2));
	/* The same signature is good once. */
	sample_refuse(&s, NULL, "KEY_ROTATED", recovery_to(1, 2), QFS_SIGNATURE_INVALID, "the recovery key did not sign key 2");
	sample_close(&s);
}

/* The recovery key that follows is signed for as well: none is exchanged, added or left out. */
static void
forged_successor(void)
{
	qfs_signing_key_record next = keys_of(1, 2, SUCCESSOR);

	open_ledger();
	sample_refuse(&s, NULL, "KEY_ROTATED", sample_recovery_payload(ledger(), RECOVERY, &next, false), QFS_SIGNATURE_INVALID, "did not sign");
	sample_refuse(&s, NULL, "KEY_ROTATED", sample_recovery_payload(ledger(), SUCCESSOR, &next, true), QFS_SIGNATURE_INVALID, "did not sign");
	sample_refuse(&s, NULL, "KEY_ROTATED", exchanged(sample_recovery_payload(ledger(), RECOVERY, &next, true), "recovery", digits_of(7)),
				  QFS_SIGNATURE_INVALID, "did not sign");
	next = keys_of(1, 2, RECOVERY);
	sample_refuse(&s, NULL, "KEY_ROTATED", exchanged(sample_recovery_payload(ledger(), RECOVERY, &next, true), "recovery", digits_of(SUCCESSOR)),
				  QFS_SIGNATURE_INVALID, "did not sign");
	/* To name the one in force says nothing new. */
	check_taken(sample_recovery_payload(ledger(), RECOVERY, &next, true));
	check_in_force(1, 2, RECOVERY);
	sample_close(&s);
}

/* The payload without its first member, "by". */
static const char *
unnamed(const char *payload)
{
	static char text[1024];

	snprintf(text, sizeof(text), "{%s", payload + strlen("{\"by\":\"recovery\","));
	return text;
}

/* Neither key signs in the form of the other. */
static void
forms(void)
{
	qfs_signing_key_record next = keys_of(1, 2, SUCCESSOR);
	char		text[1024];

	open_ledger();
	sample_refuse(&s, NULL, "KEY_ROTATED", unnamed(recovery_to(1, 2)), QFS_SIGNATURE_INVALID, "key 0 did not sign key 1");
	sample_refuse(&s, NULL, "KEY_ROTATED", unnamed(sample_recovery_payload(ledger(), RECOVERY, &next, true)), QFS_PAYLOAD_INVALID,
				  "payload.keys.recovery: the recovery key alone names the next one");
	sample_refuse(&s, NULL, "KEY_ROTATED", sample_rotation_payload(ledger(), RECOVERY, 2), QFS_SIGNATURE_INVALID, "key 0 did not sign key 1");
	snprintf(text, sizeof(text), "{\"by\":\"recovery\",%s", sample_rotation_payload(ledger(), RECOVERY, 2) + 1);
	sample_refuse(&s, NULL, "KEY_ROTATED", text, QFS_SIGNATURE_INVALID, "the recovery key did not sign key 1");
	snprintf(text, sizeof(text), "{\"by\":\"recovery\",%s", sample_rotation_payload(ledger(), 1, 2) + 1);
	sample_refuse(&s, NULL, "KEY_ROTATED", text, QFS_SIGNATURE_INVALID, "the recovery key did not sign key 1");
	snprintf(text, sizeof(text), "{\"by\":\"checkpoint\",%s", sample_rotation_payload(ledger(), 1, 2) + 1);
	sample_refuse(&s, NULL, "KEY_ROTATED", text, QFS_PAYLOAD_INVALID, "payload.by");
	sample_close(&s);
}

/* Without such a key nobody recovers, whoever signs. */
static void
no_recovery_key(void)
{
	qfs_signing_key_record next = keys_of(1, 2, RECOVERY);

	sample_open(&s);
	sample_genesis(&s);
	sample_refuse(&s, NULL, "KEY_ROTATED", sample_recovery_payload(ledger(), RECOVERY, &next, false), QFS_NO_RECOVERY_KEY, "for key 1");
	sample_refuse(&s, NULL, "KEY_ROTATED", sample_recovery_payload(ledger(), 1, &next, false), QFS_NO_RECOVERY_KEY, "for key 1");
	sample_refuse(&s, NULL, "KEY_ROTATED", sample_recovery_payload(ledger(), RECOVERY, &next, true), QFS_NO_RECOVERY_KEY, "for key 1");
	sample_refuse(&s, NULL, "KEY_ROTATED", unnamed(sample_recovery_payload(ledger(), 1, &next, true)), QFS_PAYLOAD_INVALID, "payload.keys.recovery");
	CHECK(!((const qfs_signing_key_record *) qfs_memory_store_record(s.store, &qfs_kind_signing_key, 0))->has_recovery);
	sample_close(&s);
}

static qfs_status
append_genesis(const char *checkpoint, const char *recovery, const char *token)
{
	static char payload[4096];

	snprintf(payload, sizeof(payload), "{\"format\":2,\"keys\":{\"checkpoint\":\"%s\",\"recovery\":\"%s\",\"token\":\"%s\"},"
			 "\"origin\":\"o\",\"policy\":%s,\"server\":%s}", checkpoint, recovery, token, sample_policy("{}"),
			 sample_server(&sample_home, 0));
	unit_row("%s", payload);
	return sample_append(&s, "GENESIS", payload);
}

/* Keys with which anybody could sign. */
static void
unusable_keys(void)
{
	static const char *const bad_keys[] = {
		"0100000000000000000000000000000000000000000000000000000000000000",	/* the neutral element */
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",	/* order 8 */
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",	/* 1, not below p */
		"9599999999999999999999999999999999999999999999999999999999999999",	/* base and order 2 */
		"0200000000000000000000000000000000000000000000000000000000000000",	/* off the curve */
	};
	char		good[65];

	strcpy(good, digits_of(1));
	for (size_t i = 0; i < ROWS(bad_keys); i++)
	{
		qfs_signing_key_record next = keys_of(1, 2, SUCCESSOR);

		sample_open(&s);
		CHECK_STATUS(append_genesis(good, bad_keys[i], good), QFS_ED25519_KEY);
		CHECK_DETAIL(&s.err, bad_keys[i]);
		sample_recoverable(&s, RECOVERY);
		CHECK(qfs_hex_decode(qfs_slice_of(bad_keys[i]), next.recovery.bytes, QFS_HASH_LEN));
		sample_refuse(&s, NULL, "KEY_ROTATED", sample_recovery_payload(ledger(), RECOVERY, &next, true), QFS_ED25519_KEY, bad_keys[i]);
		next = keys_of(1, 2, RECOVERY);
		CHECK(qfs_hex_decode(qfs_slice_of(bad_keys[i]), next.checkpoint.bytes, QFS_HASH_LEN));
		sample_refuse(&s, NULL, "KEY_ROTATED", sample_recovery_payload(ledger(), RECOVERY, &next, false), QFS_ED25519_KEY, bad_keys[i]);
		sample_close(&s);
	}
	sample_open(&s);
	CHECK_STATUS(append_genesis(good, "X", good), QFS_PAYLOAD_INVALID);
	CHECK_STATUS(append_genesis(good, "X123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", good),
				 QFS_PAYLOAD_INVALID);
	sample_close(&s);
}

/* A recovery key that is in the key file would be lost with it. */
static void
not_a_key_of_its_own(void)
{
	char		one[65];
	char		two[65];
	qfs_signing_key_record next;

	strcpy(one, digits_of(1));
	strcpy(two, digits_of(2));
	sample_open(&s);
	CHECK_STATUS(append_genesis(one, one, two), QFS_RECOVERY_KEY);
	CHECK_DETAIL(&s.err, one);
	CHECK_STATUS(append_genesis(two, one, one), QFS_RECOVERY_KEY);
	sample_close(&s);

	open_ledger();
	for (int which = 0; which < 2; which++)
	{
		next = keys_of(1, 2, SUCCESSOR);
		next.recovery = which == 0 ? next.checkpoint : next.token;
		sample_refuse(&s, NULL, "KEY_ROTATED", sample_recovery_payload(ledger(), RECOVERY, &next, true), QFS_RECOVERY_KEY, "also signs");
		next = keys_of(1, 2, RECOVERY);
		*(which == 0 ? &next.checkpoint : &next.token) = next.recovery;
		sample_refuse(&s, NULL, "KEY_ROTATED", sample_recovery_payload(ledger(), RECOVERY, &next, false), QFS_RECOVERY_KEY, "also signs");
		sample_refuse(&s, NULL, "KEY_ROTATED", sample_endorsed_payload(ledger(), 1, &next.checkpoint, &next.token), QFS_RECOVERY_KEY, "also signs");
	}
	sample_close(&s);
}

/* What is signed, written out: a label with its NUL, the ledger, the number, three keys. */
static void
message(void)
{
	qfs_hash	name;
	qfs_signing_key_record next = {.number = 0x0102030405060708,.has_recovery = true};
	uint8_t		memory[QFS_RECOVERY_MESSAGE];
	qfs_buf		buf;

	memset(&name, 1, sizeof(name));
	memset(&next.checkpoint, 2, sizeof(next.checkpoint));
	memset(&next.token, 3, sizeof(next.token));
	memset(&next.recovery, 4, sizeof(next.recovery));
	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_recovery_message(&name, &next, &buf);
	CHECK(!buf.overflow);
	CHECK_UINT(buf.len, 20 + 32 + 8 + 96);
	CHECK(memcmp(memory, "qfs:key-recovery:v1", 20) == 0);
	CHECK(memcmp(memory + 20, &name, 32) == 0);
	CHECK_HEX(memory + 52, 8, "0102030405060708");
	CHECK(memcmp(memory + 60, &next.checkpoint, 32) == 0);
	CHECK(memcmp(memory + 92, &next.token, 32) == 0);
	CHECK(memcmp(memory + 124, &next.recovery, 32) == 0);
}

/* A faster replay trusts signatures that were checked before, and nothing else. */
static void
trusting_reducer(void)
{
	qfs_signing_key_record next = keys_of(1, 2, RECOVERY);

	open_ledger();
	s.apart = true;
	s.reducer.check_signatures = false;
	next.checkpoint = next.recovery;
	sample_refuse(&s, NULL, "KEY_ROTATED", sample_recovery_payload(ledger(), 77, &next, false), QFS_RECOVERY_KEY, "also signs");
	next = keys_of(1, 2, RECOVERY);
	check_taken(sample_recovery_payload(ledger(), 77, &next, false));
	check_in_force(1, 2, RECOVERY);
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(recoveries),
	CASE(forged),
	CASE(forged_successor),
	CASE(forms),
	CASE(no_recovery_key),
	CASE(unusable_keys),
	CASE(not_a_key_of_its_own),
	CASE(message),
	CASE(trusting_reducer),
	NO_MORE_CASES
};

const unit_suite suite_reduce_recovery = {"reduce_recovery", cases};
