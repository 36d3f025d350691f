/*
 * test_reduce_keys.c - KEY_ROTATED: who may put the next key in force.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <sodium.h>

#include "ledger/registry.h"
#include "rules/system/key_rotated.h"
#include "support/sample.h"

static sample s;

static void
open_ledger(void)
{
	sample_open(&s);
	sample_genesis(&s);
}

static const qfs_hash *
ledger(void)
{
	return &s.entry[0].seal.hash;
}

/* Each key hands over to the next; any earlier one has no say any more. */
static void
rotations(void)
{
	open_ledger();
	for (uint8_t n = 1; n < 6; n++)
	{
		test_key	next = test_key_of((uint8_t) (n + 1));
		const qfs_signing_key_record *record;
		const qfs_ledger_record *state;

		unit_row("to key %d", n + 1);
		if (n > 1)
			sample_refuse(&s, NULL, "KEY_ROTATED", sample_rotation_payload(ledger(), (uint8_t) (n - 1), 9),
						  QFS_SIGNATURE_INVALID, "did not sign");
		CHECK_STATUS(sample_append(&s, "KEY_ROTATED",
								   sample_rotation_payload(ledger(), n, (uint8_t) (n + 1))), QFS_OK);
		CHECK_UINT(s.event.outcome.len, strlen("{\"result\":{\"number\":1}}"));
		CHECK_UINT(s.event.outcome.data[20], '0' + n);
		record = qfs_memory_store_record(s.store, &qfs_kind_signing_key, n);
		CHECK_INT(record->number, n);
		CHECK_INT(record->seq, n);
		CHECK_HASH(&record->checkpoint, &next.public);
		CHECK_HASH(&record->token, &next.public);
		state = qfs_memory_store_record(s.store, &qfs_kind_ledger, 0);
		CHECK_INT(state->key_number, n);
		CHECK_HASH(&state->ledger, ledger());
	}
	sample_close(&s);
}

/* One character of the payload at this place, changed to another digit. */
static const char *
changed(const char *payload, const char *after, size_t offset)
{
	static char text[1024];
	char	   *at;

	strcpy(text, payload);
	at = strstr(text, after) + strlen(after) + offset;
	*at = *at == '0' ? '1' : '0';
	return text;
}

/* The key at this place, exchanged for another that is good. */
static const char *
exchanged(const char *payload, const char *after)
{
	static const char other[] = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
	static char text[1024];

	strcpy(text, payload);
	memcpy(strstr(text, after) + strlen(after), other, strlen(other));
	return text;
}

static void
check_refused_by_either(const char *payload)
{
	qfs_status	status = sample_append(&s, "KEY_ROTATED", payload);

	CHECK(status == QFS_SIGNATURE_INVALID || status == QFS_ED25519_KEY);
}

static void
forged(void)
{
	qfs_hash	other = {{7}};
	const char *good;

	open_ledger();
	sample_refuse(&s, NULL, "KEY_ROTATED", sample_rotation_payload(ledger(), 3, 2), QFS_SIGNATURE_INVALID,
				  "key 0 did not sign key 1");
	sample_refuse(&s, NULL, "KEY_ROTATED", sample_rotation_payload(ledger(), 2, 2), QFS_SIGNATURE_INVALID, "did not sign");
	sample_refuse(&s, NULL, "KEY_ROTATED", sample_rotation_payload(&other, 1, 2), QFS_SIGNATURE_INVALID, "did not sign");
	good = sample_rotation_payload(ledger(), 1, 2);
	sample_refuse(&s, NULL, "KEY_ROTATED", exchanged(good, "\"checkpoint\":\""), QFS_SIGNATURE_INVALID, "did not sign");
	sample_refuse(&s, NULL, "KEY_ROTATED", exchanged(good, "\"token\":\""), QFS_SIGNATURE_INVALID, "did not sign");
	for (size_t i = 0; i < 64; i += 9)
	{
		unit_row("digit %zu", i);
		/* Of 16 numbers one is such a point. */
		check_refused_by_either(changed(good, "\"checkpoint\":\"", i));
		check_refused_by_either(changed(good, "\"token\":\"", i));
	}
	for (size_t i = 0; i < 128; i++)
	{
		unit_row("digit %zu of the signature", i);
		sample_refuse(&s, NULL, "KEY_ROTATED", changed(good, "\"signature\":\"", i), QFS_SIGNATURE_INVALID, "did not sign");
	}
	CHECK_STATUS(sample_append(&s, "KEY_ROTATED", good), QFS_OK);
	/* Once the key has changed, its own signature does not repeat the step. */
	sample_refuse(&s, NULL, "KEY_ROTATED", sample_rotation_payload(ledger(), 1, 2), QFS_SIGNATURE_INVALID,
				  "key 1 did not sign key 2");
	sample_close(&s);
}

static void
malformed(void)
{
#define K "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	static const struct
	{
		const char *payload;
		qfs_status	status;
		const char *detail;
	}			rows[] = {
		{"{}", QFS_PAYLOAD_INVALID, "payload.keys: missing"},
		{"{\"keys\":{\"checkpoint\":\"" K "\",\"token\":\"" K "\"}}", QFS_PAYLOAD_INVALID,
		"payload.signature: missing"},
		{"{\"keys\":{\"checkpoint\":\"" K "\"},\"signature\":\"" K K "\"}", QFS_PAYLOAD_INVALID,
		"payload.keys.token: missing"},
		{"{\"keys\":{\"checkpoint\":\"" K "\",\"token\":\"" K "0\"},\"signature\":\"" K K "\"}",
		QFS_PAYLOAD_INVALID, "payload.keys.token: too long"},
		{"{\"keys\":{\"checkpoint\":\"" K "\",\"token\":\"" K "\"},\"signature\":\"" K "\"}",
		QFS_PAYLOAD_INVALID, "payload.signature: too short"},
		{"{\"keys\":{\"checkpoint\":\"" K "\",\"token\":\"" K "\"},\"signature\":\"" K K "0\"}",
		QFS_PAYLOAD_INVALID, "payload.signature: too long"},
		{"{\"keys\":{\"checkpoint\":\"X123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\","
			"\"token\":\"" K "\"},\"signature\":\"" K K "\"}", QFS_PAYLOAD_INVALID, "hexadecimal"},
		{"{\"keys\":{\"checkpoint\":\"" K "\",\"token\":"
			"\"0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef\"},"
			"\"signature\":\"" K K "\"}", QFS_PAYLOAD_INVALID, "hexadecimal"},
		{"{\"keys\":{\"checkpoint\":\"" K "\",\"token\":\"" K "\"},"
			"\"signature\":\"" K "g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}",
		QFS_SIGNATURE_INVALID, "did not sign"},
		{"{\"keys\":{\"checkpoint\":\"" K "\",\"token\":\"" K "\"},\"signature\":\"" K K "\"}",
		QFS_SIGNATURE_INVALID, "did not sign"},
	};

	open_ledger();
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].payload);
		sample_refuse(&s, NULL, "KEY_ROTATED", rows[i].payload, rows[i].status, rows[i].detail);
	}
	sample_close(&s);
}

/*
 * Keys with which anybody can sign, or on which verifiers differ, are never
 * put in force, though the key in force vouches for them.
 */
static const char *const bad_keys[] = {
	"0100000000000000000000000000000000000000000000000000000000000000",	/* the neutral element */
	"0100000000000000000000000000000000000000000000000000000000000080",	/* and with a sign */
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",	/* order 2 */
	"0000000000000000000000000000000000000000000000000000000000000000",	/* order 4 */
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",	/* order 8 */
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",	/* 1, not below p */
	"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",	/* 3, not below p */
	"9599999999999999999999999999999999999999999999999999999999999999",	/* base and order 2 */
	"0200000000000000000000000000000000000000000000000000000000000000",	/* off the curve */
	"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

static void
unusable_keys(void)
{
	open_ledger();
	for (size_t i = 0; i < ROWS(bad_keys); i++)
	{
		test_key	good = test_key_of(2);
		qfs_hash	bad;
		const qfs_hash *pairs[][2] = {{&bad, &good.public}, {&good.public, &bad}, {&bad, &bad}};

		CHECK(qfs_hex_decode(qfs_slice_of(bad_keys[i]), bad.bytes, sizeof(bad.bytes)));
		for (size_t k = 0; k < ROWS(pairs); k++)
		{
			const char *payload = sample_endorsed_payload(ledger(), 1, pairs[k][0], pairs[k][1]);
			qfs_signing_key_record next;

			unit_row("%s", payload);
			CHECK_STATUS(qfs_signing_keys_read(qfs_slice_of(payload), &next, NULL), QFS_ED25519_KEY);
			sample_refuse(&s, NULL, "KEY_ROTATED", payload, QFS_ED25519_KEY, bad_keys[i]);
		}
	}
	sample_close(&s);
}

/* The same for the keys that a ledger begins with. */
static void
unusable_first_keys(void)
{
	static const char good[] = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

	sample_open(&s);
	for (size_t i = 0; i < 2 * ROWS(bad_keys); i++)
	{
		const char *bad = bad_keys[i / 2];
		char		payload[4096];

		snprintf(payload, sizeof(payload), "{\"format\":2,\"keys\":{\"checkpoint\":\"%s\",\"token\":\"%s\"},"
				 "\"origin\":\"o\",\"policy\":%s,\"server\":%s}", i % 2 ? good : bad, i % 2 ? bad : good,
				 sample_policy("{}"), sample_server(&sample_home, 0));
		unit_row("%s", payload);
		CHECK_STATUS(sample_append(&s, "GENESIS", payload), QFS_ED25519_KEY);
		CHECK_DETAIL(&s.err, bad);
	}
	sample_close(&s);
}

/* A key that got in all the same endorses nothing: any signature would be one of the neutral element. */
static void
endorsed_by_no_key(void)
{
#define NEXT "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
	qfs_signing_key_record keys = {.checkpoint = {{1}}};
	qfs_hash	ledger_hash = {{1}};
	/* R = B, S = 1: 1 B = R + h A, whatever h is. */
	qfs_entry	entry = {.payload = QFS_LITERAL("{\"keys\":{\"checkpoint\":\"" NEXT "\",\"token\":\"" NEXT "\"},"
												"\"signature\":\""
												"5866666666666666666666666666666666666666666666666666666666666666"
												"0100000000000000000000000000000000000000000000000000000000000000\"}")};

	CHECK(!qfs_rule_key_rotated.follow(&ledger_hash, &entry, &keys));
	CHECK_INT(keys.number, 0);
#undef NEXT
}

/* The verifier reads payloads that no schema has been over yet. */
static void
unchecked_payloads(void)
{
	static const char *const rows[] = {
		"{}",
		"{\"keys\":1}",
		"{\"keys\":{}}",
		"{\"keys\":{\"checkpoint\":\"" K "\"}}",
		"{\"keys\":{\"token\":\"" K "\"}}",
		"{\"keys\":{\"checkpoint\":1,\"token\":\"" K "\"}}",
		"{\"keys\":{\"checkpoint\":\"" K "\",\"recovery\":1,\"token\":\"" K "\"}}",
		"{\"keys\":{\"checkpoint\":\"" K "\",\"recovery\":\"\",\"token\":\"" K "\"}}",
	};
	static const char *const unsigned_payloads[] = {
		"{\"keys\":{\"checkpoint\":\"" K "\",\"token\":\"" K "\"}}",
		"{\"keys\":{\"checkpoint\":\"" K "\",\"token\":\"" K "\"},\"signature\":1}",
		"{\"by\":\"recovery\",\"keys\":{\"checkpoint\":\"" K "\",\"token\":\"" K "\"},\"signature\":1}",
	};
	qfs_signing_key_record next;
	test_key	key = test_key_of(1);

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i]);
		CHECK_STATUS(qfs_signing_keys_read(qfs_slice_of(rows[i]), &next, NULL), QFS_PAYLOAD_INVALID);
	}
	CHECK_STATUS(qfs_signing_keys_read(QFS_LITERAL("{\"keys\":{\"checkpoint\":\"" K "\",\"token\":\"" K "\"}}"),
									   &next, NULL), QFS_OK);
	CHECK_HEX(next.token.bytes, sizeof(next.token.bytes), K);
	for (size_t i = 0; i < ROWS(unsigned_payloads); i++)
	{
		qfs_entry	entry = {.payload = qfs_slice_of(unsigned_payloads[i])};
		qfs_signing_key_record keys = {.checkpoint = key.public};

		CHECK(!qfs_rule_key_rotated.follow(&key.public, &entry, &keys));
	}
#undef K
}

/* What is signed, written out: a label with its NUL, the ledger, both keys. */
static void
message(void)
{
	qfs_hash	a;
	qfs_hash	b;
	qfs_hash	c;
	uint8_t		memory[QFS_ROTATION_MESSAGE];
	qfs_buf		buf;

	memset(&a, 1, sizeof(a));
	memset(&b, 2, sizeof(b));
	memset(&c, 3, sizeof(c));
	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_rotation_message(&a, &b, &c, &buf);
	CHECK(!buf.overflow);
	CHECK_UINT(buf.len, 20 + 96);
	CHECK(memcmp(memory, "qfs:key-rotation:v1", 20) == 0);
	CHECK(memcmp(memory + 20, &a, 32) == 0);
	CHECK(memcmp(memory + 52, &b, 32) == 0);
	CHECK(memcmp(memory + 84, &c, 32) == 0);
}

/* A faster replay trusts signatures that were checked before. */
static void
trusting_reducer(void)
{
	open_ledger();
	s.apart = true;
	s.reducer.check_signatures = false;
	CHECK_STATUS(sample_append(&s, "KEY_ROTATED", sample_rotation_payload(ledger(), 8, 2)), QFS_OK);
	sample_refuse(&s, NULL, "KEY_ROTATED", "{}", QFS_PAYLOAD_INVALID, "missing");
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(rotations),
	CASE(forged),
	CASE(malformed),
	CASE(unusable_keys),
	CASE(unusable_first_keys),
	CASE(endorsed_by_no_key),
	CASE(unchecked_payloads),
	CASE(message),
	CASE(trusting_reducer),
	NO_MORE_CASES
};

const unit_suite suite_reduce_keys = {"reduce_keys", cases};
