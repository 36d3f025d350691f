/*
 * test_state_hash.c - one hash of all records: of every field, and of nothing else.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include "crypto/sha256.h"
#include "engine/effects.h"
#include "engine/reduce.h"
#include "ledger/registry.h"
#include "ledger/state_hash.h"
#include "state/records.h"
#include "support/memory.h"
#include "support/sample.h"

static test_memory memory;
static qfs_memory_store *store;

static void
open_store(void)
{
	memory = (test_memory) {0};
	store = qfs_memory_store_create(test_allocator(&memory));
}

static void
close_store(void)
{
	qfs_memory_store_destroy(store);
	CHECK_UINT(memory.live, 0);
}

static void
put(const qfs_kind *kind, const void *record)
{
	qfs_store  *base = qfs_memory_store_base(store);

	CHECK_STATUS(base->put(base, kind, record, NULL), QFS_OK);
}

static qfs_hash
state(void)
{
	qfs_hash	out = {{0}};

	CHECK_STATUS(qfs_state_of_memory(store, &qfs_registry_own, test_allocator(&memory), &out, NULL), QFS_OK);
	return out;
}

static bool
same(qfs_hash a, qfs_hash b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

/* ---- lines ---- */

/* A field of each type, two of them optional. */
typedef struct thing
{
	int64_t		number;
	bool		yes;
	qfs_amount	amount;
	qfs_hash	hash;
	qfs_user_id user;
	qfs_address address;
	char		name[QFS_TYPE_MAX + 1];
	char		text[QFS_TEXT_MAX + 1];
	qfs_slice	json;
	bool		has_maybe;
	int64_t		maybe;
	bool		has_word;
	char		word[QFS_TYPE_MAX + 1];
} thing;

static const qfs_field thing_fields[] = {
	QFS_FIELD(thing, number, QFS_FIELD_INT),
	QFS_FIELD(thing, yes, QFS_FIELD_BOOL),
	QFS_FIELD(thing, amount, QFS_FIELD_AMOUNT),
	QFS_FIELD(thing, hash, QFS_FIELD_HASH),
	QFS_FIELD(thing, user, QFS_FIELD_USER),
	QFS_FIELD(thing, address, QFS_FIELD_ADDRESS),
	QFS_FIELD(thing, name, QFS_FIELD_NAME),
	QFS_FIELD(thing, text, QFS_FIELD_TEXT),
	QFS_FIELD(thing, json, QFS_FIELD_JSON),
	QFS_OPTIONAL(thing, maybe, QFS_FIELD_INT),
	QFS_OPTIONAL(thing, word, QFS_FIELD_NAME),
};
static const qfs_kind thing_kind = QFS_KIND("thing", thing, thing_fields, 1, false);

static thing
make(void)
{
	thing		t = {
		.number = -7,.yes = true,.amount = qfs_amount_of(3) + 5,.name = "A_NAME",
		.text = "a \"text\"\n",.json = QFS_LITERAL("{\"a\":[1]}"),.has_maybe = true,.maybe = 12
	};

	memset(&t.hash, 0xab, sizeof(t.hash));
	memset(&t.user, 0x01, sizeof(t.user));
	return t;
}

#define REPEAT8(s) s s s s s s s s
#define REPEAT32(s) REPEAT8(s) REPEAT8(s) REPEAT8(s) REPEAT8(s)

static void
every_type(void)
{
	uint8_t		bytes[1024];
	qfs_buf		line;
	thing		t = make();

	qfs_buf_init(&line, bytes, sizeof(bytes));
	CHECK_STATUS(qfs_state_line(&thing_kind, &t, &line, NULL), QFS_OK);
	CHECK_TEXT(qfs_buf_slice(&line),
			   "[\"thing\",-7,true,\"3.000000000000000005\",\"" REPEAT32("ab") "\",\"user_" REPEAT32("01") "\","
			   "\"0x0000000000000000000000000000000000000000\",\"A_NAME\",\"a \\\"text\\\"\\n\",{\"a\":[1]},12,null]");
}

/* Whatever differs, the digest does; what a text does not reach does not count. */
static void
every_field(void)
{
	static uint8_t work[QFS_STATE_LINE_MAX];
	thing		changed[12];
	qfs_hash	digest[12];

	for (unsigned i = 0; i < ROWS(changed); i++)
		changed[i] = make();
	changed[1].number++;
	changed[2].yes = false;
	changed[3].amount++;
	changed[4].hash.bytes[31]++;
	changed[5].user.bytes[0]++;
	changed[6].address.bytes[19]++;
	changed[7].name[5] = '\0';
	changed[8].text[0] = 'b';
	changed[9].json = QFS_LITERAL("{\"a\":[2]}");
	changed[10].has_maybe = false;
	changed[11].has_word = true;
	for (unsigned i = 0; i < ROWS(changed); i++)
	{
		unit_row("change %u", i);
		CHECK_STATUS(qfs_state_digest(&thing_kind, &changed[i], work, &digest[i], NULL), QFS_OK);
		for (unsigned j = 0; j < i; j++)
			CHECK(!same(digest[i], digest[j]));
	}
	unit_row("behind the end of a text");
	changed[0].name[20] = 'x';
	changed[0].word[0] = 'x';
	CHECK_STATUS(qfs_state_digest(&thing_kind, &changed[0], work, &digest[1], NULL), QFS_OK);
	CHECK(same(digest[0], digest[1]));
}

static void
too_long(void)
{
	static uint8_t json[QFS_STATE_LINE_MAX];
	static uint8_t work[QFS_STATE_LINE_MAX];
	thing		t = make();
	qfs_error	err;
	qfs_hash	out;

	memset(json, '1', sizeof(json));
	t.json = (qfs_slice) {json, sizeof(json)};
	CHECK_STATUS(qfs_state_digest(&thing_kind, &t, work, &out, &err), QFS_ENTRY_TOO_LARGE);
}

/* ---- states ---- */

static const qfs_policy_record policies[] = {
	{0, {(const uint8_t *) "{\"a\":1}", 7}},
	{12, {(const uint8_t *) "{}", 2}}
};

static void
put_others(void)
{
	qfs_ties	ties = {.last_entry = 5,.sent = true};
	qfs_standing standing = {
		.last_entry = 6,.has_before_epoch = true,.before_epoch = 3,.epoch = 2,.coherence = QFS_AMOUNT_ONE / 10 * 6,.created = 4,.created_at = 12,
		.points = 10,.flx = qfs_amount_of(100),.referrals = 1
	};
	qfs_access_record access = {.last_entry = 4,.sessions = QFS_LITERAL("[\"x\"]")};
	qfs_nonce	nonce = {.last_entry = 8,.event_nonce = 9};
	qfs_event_type_record type = {
		.type = "NOTE",.seq = 3,.by = "operator",.schema = QFS_LITERAL("{\"type\":\"object\"}")
	};
	qfs_session_record session = {.seq = 7,.login = 7,.ttl_blocks = 1000};

	memset(&ties.user, 1, sizeof(ties.user));
	put(&qfs_kind_ties, &ties);
	memset(&standing.user, 2, sizeof(standing.user));
	put(&qfs_kind_standing, &standing);
	access.user = nonce.user = standing.user;
	put(&qfs_kind_access, &access);
	put(&qfs_kind_nonce, &nonce);
	put(&qfs_kind_event_type, &type);
	session.user = ties.user;
	memset(&session.session, 0xab, sizeof(session.session));
	put(&qfs_kind_session, &session);
	session = (qfs_session_record) {
		.user = ties.user,.seq = 8,.login = 7,.ttl_blocks = 1000,.operates = true,
		.has_device = true,.has_ended = true,.ended = 9,.has_reason = true,.reason = "rotated"
	};
	memset(&session.session, 0xcd, sizeof(session.session));
	memset(&session.device, 0xef, sizeof(session.device));
	put(&qfs_kind_session, &session);
}

/* What Python's hashlib makes of the nine lines. */
static const char known[] = "6b158a842689948b88685f05a3883209656e1205e62b13b9c415c684edf978a4";

static void
known_state(void)
{
	qfs_hash	first;
	qfs_hash	second;

	open_store();
	first = state();
	CHECK_HEX(first.bytes, sizeof(first.bytes),
			  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	put(&qfs_kind_policy, &policies[0]);
	put(&qfs_kind_policy, &policies[1]);
	put_others();
	first = state();
	CHECK_HEX(first.bytes, sizeof(first.bytes), known);
	close_store();

	open_store();
	put_others();
	put(&qfs_kind_policy, &policies[1]);
	put(&qfs_kind_policy, &policies[0]);
	second = state();
	unit_row("in another order");
	CHECK(same(first, second));
	close_store();
}

/* Sorting, at sizes that a heap can get wrong. */
static void
any_order(void)
{
	qfs_hash	digests[40];
	qfs_hash	up;
	qfs_hash	down;

	for (unsigned n = 0; n <= ROWS(digests); n++)
	{
		unit_row("%u records", n);
		for (unsigned i = 0; i < n; i++)
			memset(&digests[i], (int) i / 2, sizeof(qfs_hash));
		qfs_sha256((qfs_slice) {digests->bytes, n * sizeof(qfs_hash)}, &up);
		for (unsigned i = 0; i < n; i++)
			memset(&digests[i], (int) (n - 1 - i) / 2, sizeof(qfs_hash));
		qfs_state_hash(digests, n, &down);
		CHECK(same(up, down));
		for (unsigned i = 0; i < n; i++)
			memset(&digests[i], (int) (i * 7 % 41) / 2, sizeof(qfs_hash));
		qfs_state_hash(digests, n, &up);
		for (unsigned i = 1; i < n; i++)
			CHECK(memcmp(&digests[i - 1], &digests[i], sizeof(qfs_hash)) <= 0);
	}
}

/* Every entry of a ledger that does something to records is seen in their hash. */
static void
grows_with_a_ledger(void)
{
	static sample s;
	qfs_hash	before;
	qfs_hash	after;

	sample_open(&s);
	sample_genesis(&s);
	store = s.store;
	before = state();
	CHECK_STATUS(sample_append(&s, "EVENT_TYPE", "{\"by\":\"operator\",\"schema\":{},\"type\":\"SAID\"}"), QFS_OK);
	after = state();
	CHECK(!same(before, after));
	CHECK_STATUS(sample_append(&s, "SAID", "{}"), QFS_OK);
	before = state();
	unit_row("a custom event of the operator leaves nothing behind");
	CHECK(same(before, after));
	sample_close(&s);
}

static void
no_memory(void)
{
	qfs_error	err;
	qfs_hash	out;
	unsigned	calls;

	open_store();
	put_others();
	calls = memory.calls;
	for (unsigned i = 1; i <= 2; i++)
	{
		unit_row("allocation %u", i);
		memory.fail_at = calls + i;
		CHECK_STATUS(qfs_state_of_memory(store, &qfs_registry_own, test_allocator(&memory), &out, &err), QFS_NO_MEMORY);
		calls = memory.calls;
	}
	memory.fail_at = 0;
	close_store();
}

static const unit_case cases[] = {
	CASE(every_type),
	CASE(every_field),
	CASE(too_long),
	CASE(known_state),
	CASE(any_order),
	CASE(grows_with_a_ledger),
	CASE(no_memory),
	NO_MORE_CASES
};

const unit_suite suite_state = {"state", cases};
