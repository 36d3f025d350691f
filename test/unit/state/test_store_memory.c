/*
 * test_store_memory.c - records in memory: found again, replaced, never half stored.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "support/memory.h"
#include "text/ids.h"

/* Two key fields, one of each type, and two of JSON. */
typedef struct thing
{
	char		name[QFS_TYPE_MAX + 1];
	int64_t		number;
	qfs_hash	hash;
	qfs_slice	first;
	qfs_slice	second;
	int64_t		amount;
} thing;

static const qfs_field thing_fields[] = {
	QFS_FIELD(thing, name, QFS_FIELD_NAME),
	QFS_FIELD(thing, number, QFS_FIELD_INT),
	QFS_FIELD(thing, hash, QFS_FIELD_HASH),
	QFS_FIELD(thing, first, QFS_FIELD_JSON),
	QFS_FIELD(thing, second, QFS_FIELD_JSON),
	QFS_FIELD(thing, amount, QFS_FIELD_INT),
};
static const qfs_kind thing_kind = {
	.name = "thing",.size = sizeof(thing),.fields = thing_fields,
	.field_count = ROWS(thing_fields),.keys = 2
};

/* Found by its hash. */
typedef struct token
{
	qfs_hash	hash;
	int64_t		number;
} token;

static const qfs_field token_fields[] = {
	QFS_FIELD(token, hash, QFS_FIELD_HASH),
	QFS_FIELD(token, number, QFS_FIELD_INT),
};
static const qfs_kind token_kind = {
	.name = "token",.size = sizeof(token),.fields = token_fields,
	.field_count = ROWS(token_fields),.keys = 1
};

/* A key of every type that can be one, and fields that may be absent. */
typedef struct card
{
	qfs_user_id user;
	qfs_address address;
	bool		flag;
	char		text[QFS_TEXT_MAX + 1];
	bool		has_number;
	int64_t		number;
	bool		has_name;
	char		name[QFS_TYPE_MAX + 1];
	bool		has_hash;
	qfs_hash	hash;
} card;

static const qfs_field card_fields[] = {
	QFS_FIELD(card, user, QFS_FIELD_USER),
	QFS_FIELD(card, address, QFS_FIELD_ADDRESS),
	QFS_FIELD(card, flag, QFS_FIELD_BOOL),
	QFS_FIELD(card, text, QFS_FIELD_TEXT),
	QFS_OPTIONAL(card, number, QFS_FIELD_INT),
	QFS_OPTIONAL(card, name, QFS_FIELD_NAME),
	QFS_OPTIONAL(card, hash, QFS_FIELD_HASH),
};
static const qfs_kind card_kind = QFS_KIND("card", card, card_fields, 4, false);

static test_memory memory;
static qfs_memory_store *store;
static qfs_store *base;

static void
open_store(void)
{
	memory = (test_memory) {0};
	store = qfs_memory_store_create(test_allocator(&memory));
	base = qfs_memory_store_base(store);
}

static void
close_store(void)
{
	qfs_memory_store_destroy(store);
	CHECK_UINT(memory.live, 0);
}

static thing
make(const char *name, int64_t number, const char *first, const char *second)
{
	thing		t = {.number = number,.first = qfs_slice_of(first),.second = qfs_slice_of(second),
	.amount = 7 * number};

	strcpy(t.name, name);
	memset(&t.hash, (int) number, sizeof(t.hash));
	return t;
}

static qfs_status
put(const thing *t)
{
	return base->put(base, &thing_kind, t, NULL);
}

/* Is the stored record this one? */
static void
check_stored(const thing *want)
{
	thing		got = {.number = want->number};
	bool		found = false;

	strcpy(got.name, want->name);
	CHECK_STATUS(base->get(base, &thing_kind, &got, &found, NULL), QFS_OK);
	if (!CHECK(found))
		return;
	CHECK_TEXT(qfs_slice_of(got.name), want->name);
	CHECK_INT(got.number, want->number);
	CHECK_INT(got.amount, want->amount);
	CHECK_HASH(&got.hash, &want->hash);
	CHECK_SLICE(got.first, want->first);
	CHECK_SLICE(got.second, want->second);
}

static void
check_absent(const char *name, int64_t number)
{
	thing		got = {.number = number,.amount = 99};
	bool		found = true;

	strcpy(got.name, name);
	CHECK_STATUS(base->get(base, &thing_kind, &got, &found, NULL), QFS_OK);
	CHECK(!found);
	/* What was asked with is left alone. */
	CHECK_INT(got.amount, 99);
}

static void
put_and_get(void)
{
	thing		a = make("A", 1, "{}", "[1]");
	thing		b = make("A", 2, "", "7");
	thing		c = make("AA", 1, "null", "");

	open_store();
	check_absent("A", 1);
	CHECK_STATUS(put(&a), QFS_OK);
	check_stored(&a);
	check_absent("A", 2);
	check_absent("", 1);
	CHECK_STATUS(put(&b), QFS_OK);
	CHECK_STATUS(put(&c), QFS_OK);
	check_stored(&a);
	check_stored(&b);
	check_stored(&c);
	close_store();
}

/* The store keeps copies: what the caller does with his bytes is his affair. */
static void
copies(void)
{
	char		text[] = "{\"a\":1}";
	thing		t = make("A", 1, text, "{}");
	thing		want = make("A", 1, "{\"a\":1}", "{}");

	open_store();
	CHECK_STATUS(put(&t), QFS_OK);
	memset(text, '!', sizeof(text));
	memset(&t, '!', sizeof(t));
	check_stored(&want);
	close_store();
}

static void
replaced(void)
{
	thing		old = make("A", 1, "{\"old\":1}", "[1]");
	thing		next = make("A", 1, "{\"new\":[1,2,3]}", "");

	open_store();
	CHECK_STATUS(put(&old), QFS_OK);
	next.amount = -1;
	CHECK_STATUS(put(&next), QFS_OK);
	check_stored(&next);
	CHECK(qfs_memory_store_record(store, &thing_kind, 0) != NULL);
	CHECK(qfs_memory_store_record(store, &thing_kind, 1) == NULL);
	close_store();
}

/* Bytes behind a name's NUL are no part of the key. */
static void
rest_of_a_name(void)
{
	thing		a = make("A", 1, "{}", "{}");
	thing		b = a;

	memset(b.name + 2, 'x', sizeof(b.name) - 3);
	b.amount = 5;
	open_store();
	CHECK_STATUS(put(&a), QFS_OK);
	CHECK_STATUS(put(&b), QFS_OK);
	CHECK(qfs_memory_store_record(store, &thing_kind, 1) == NULL);
	a.amount = 5;
	check_stored(&a);
	close_store();
}

/* A record read from the store, put back with a part of its own JSON. */
static void
json_from_the_store(void)
{
	thing		t = make("A", 1, "{\"inner\":{\"x\":1}}", "[1]");
	thing		want = make("A", 1, "{\"x\":1}", "{\"inner\":{\"x\":1}}");
	bool		found;

	open_store();
	CHECK_STATUS(put(&t), QFS_OK);
	CHECK_STATUS(base->get(base, &thing_kind, &t, &found, NULL), QFS_OK);
	t.second = t.first;
	t.first = (qfs_slice) {t.first.data + 9, 7};
	CHECK_STATUS(put(&t), QFS_OK);
	check_stored(&want);

	/* And twice the same, unchanged. */
	CHECK_STATUS(base->get(base, &thing_kind, &t, &found, NULL), QFS_OK);
	CHECK_STATUS(put(&t), QFS_OK);
	check_stored(&want);
	close_store();
}

/* Growing moves the records, not what their JSON says. */
static void
thousands(void)
{
	const thing *before = NULL;

	open_store();
	for (int64_t i = 0; i < 20000; i++)
	{
		char		name[32];
		char		text[32];
		thing		t;

		snprintf(name, sizeof(name), "N%lld", (long long) (i % 100));
		snprintf(text, sizeof(text), "{\"n\":%lld}", (long long) i);
		t = make(name, i, text, "{}");
		/* Every record takes its second JSON out of the one before it. */
		if (before != NULL)
			t.second = before->first;
		CHECK_STATUS(put(&t), QFS_OK);
		before = qfs_memory_store_record(store, &thing_kind, (size_t) i);
	}
	for (int64_t i = 0; i < 20000; i++)
	{
		char		name[32];
		char		first[32];
		char		second[32];
		thing		want;

		snprintf(name, sizeof(name), "N%lld", (long long) (i % 100));
		snprintf(first, sizeof(first), "{\"n\":%lld}", (long long) i);
		snprintf(second, sizeof(second), "{\"n\":%lld}", (long long) (i - 1));
		want = make(name, i, first, i > 0 ? second : "{}");
		check_stored(&want);
		CHECK_INT(((const thing *) qfs_memory_store_record(store, &thing_kind, (size_t) i))->number, i);
	}
	check_absent("N0", 1);
	CHECK(qfs_memory_store_record(store, &thing_kind, 20000) == NULL);
	close_store();
}

static void
several_kinds(void)
{
	thing		t = make("A", 1, "{}", "{}");
	token		found_token = {.hash = {{1}}};
	bool		found = true;

	open_store();
	CHECK(qfs_memory_store_record(store, &token_kind, 0) == NULL);
	CHECK_STATUS(put(&t), QFS_OK);
	CHECK_STATUS(base->get(base, &token_kind, &found_token, &found, NULL), QFS_OK);
	CHECK(!found);
	CHECK(qfs_memory_store_record(store, &token_kind, 0) == NULL);
	for (int i = 0; i < 256; i++)
	{
		token		next = {.hash = {{1,[31] = (uint8_t) i}},.number = i};

		CHECK_STATUS(base->put(base, &token_kind, &next, NULL), QFS_OK);
	}
	for (int i = 0; i < 256; i++)
	{
		found_token = (token) {.hash = {{1,[31] = (uint8_t) i}}};
		CHECK_STATUS(base->get(base, &token_kind, &found_token, &found, NULL), QFS_OK);
		CHECK(found);
		CHECK_INT(found_token.number, i);
	}
	check_stored(&t);
	close_store();
}

static void
too_many_kinds(void)
{
	qfs_kind	kinds[33];
	token		t = {.number = 1};
	bool		found;
	qfs_error	err;

	open_store();
	for (int i = 0; i < 33; i++)
	{
		kinds[i] = token_kind;
		CHECK_STATUS(base->put(base, &kinds[i], &t, &err), i < 32 ? QFS_OK : QFS_INTERNAL);
	}
	CHECK_DETAIL(&err, "too many kinds");
	CHECK_STATUS(base->get(base, &kinds[32], &t, &found, &err), QFS_INTERNAL);
	CHECK_STATUS(base->get(base, &kinds[31], &t, &found, &err), QFS_OK);
	CHECK(found);
	close_store();
}

static void
too_many_fields(void)
{
	qfs_field	fields[33];
	token		t = {.number = 1};

	open_store();
	for (int i = 0; i < 33; i++)
		fields[i] = token_fields[1];
	for (unsigned count = 32; count <= 33; count++)
	{
		qfs_kind	kind = {.size = sizeof(token),.fields = fields,.field_count = count,.keys = 1};

		/* A shelf a kind: each stands at another place. */
		CHECK_STATUS(base->put(base, &kind, &t, NULL), count == 32 ? QFS_OK : QFS_INTERNAL);
		qfs_memory_store_destroy(store);
		store = qfs_memory_store_create(test_allocator(&memory));
		base = qfs_memory_store_base(store);
	}
	close_store();
}

/* ---- no memory ---- */

/* Puts that make the store allocate in every way: shelves, growth, JSON, again. */
static thing
step(unsigned n)
{
	static const char *const texts[] = {"{\"a\":1}", "[]", "{\"longer\":[1,2,3]}"};

	return make("A", n < 70 ? n : n - 70, texts[n % 3], texts[(n + n / 70) % 3]);
}

#define STEPS 140

/*
 * Whatever call fails, the put says so and changes nothing: the record that
 * was to be replaced is the old one, the new one is absent.
 */
static void
check_unchanged(unsigned n)
{
	thing		failed = step(n);

	if (n >= 70)
	{
		thing		old = step(n - 70);

		check_stored(&old);
	}
	else
		check_absent(failed.name, failed.number);
	CHECK((qfs_memory_store_record(store, &thing_kind, n < 70 ? n : 69) != NULL) == (n >= 70));
}

static void
failing_allocations(void)
{
	unsigned	calls;

	open_store();
	for (unsigned n = 0; n < STEPS; n++)
	{
		thing		t = step(n);

		CHECK_STATUS(put(&t), QFS_OK);
	}
	calls = memory.calls;
	close_store();

	for (unsigned fail_at = 2; fail_at <= calls; fail_at++)
	{
		qfs_error	err = {QFS_OK, ""};

		unit_row("allocation %u fails", fail_at);
		open_store();
		memory.fail_at = fail_at;
		for (unsigned n = 0; n < STEPS; n++)
		{
			thing		t = step(n);
			unsigned	failures = memory.failures;
			qfs_status	status = base->put(base, &thing_kind, &t, &err);

			CHECK_STATUS(status, memory.failures > failures ? QFS_NO_MEMORY : QFS_OK);
			if (status != QFS_OK)
			{
				check_unchanged(n);
				/* There is memory again: the same put goes through. */
				CHECK_STATUS(put(&t), QFS_OK);
			}
			check_stored(&t);
		}
		CHECK_UINT(memory.failures, 1);
		CHECK_STATUS(err.status, QFS_NO_MEMORY);
		for (unsigned n = 70; n < STEPS; n++)
		{
			thing		t = step(n);

			check_stored(&t);
		}
		close_store();
	}
}

static void
no_memory_at_all(void)
{
	memory = (test_memory) {.fail_at = 1};
	CHECK(qfs_memory_store_create(test_allocator(&memory)) == NULL);
	CHECK_UINT(memory.live, 0);

	open_store();
	memory.fail_at = memory.calls + 1;
	memory.for_good = true;
	for (unsigned n = 0; n < 3; n++)
	{
		thing		t = step(n);

		CHECK_STATUS(put(&t), QFS_NO_MEMORY);
		check_absent(t.name, t.number);
	}
	CHECK(qfs_memory_store_record(store, &thing_kind, 0) == NULL);
	close_store();
}

/* ---- fields of every type ---- */

static card
make_card(uint8_t n)
{
	card		c;

	memset(&c, 0, sizeof(c));
	memset(&c.user, n, sizeof(c.user));
	memset(&c.address, n, sizeof(c.address));
	strcpy(c.text, "text");
	c.text[4] = (char) ('a' + n % 26);
	return c;
}

/* Each part of the key tells records apart; what is not in it does not. */
static void
keys_of_every_type(void)
{
	card		c[5];
	bool		found;

	open_store();
	for (int i = 0; i < 5; i++)
		c[i] = make_card(1);
	c[1].user.bytes[QFS_HASH_LEN - 1] ^= 1;
	c[2].address.bytes[QFS_ADDRESS_LEN - 1] ^= 1;
	c[3].flag = true;
	strcat(c[4].text, "!");
	for (int i = 0; i < 5; i++)
	{
		c[i].has_number = true;
		c[i].number = i;
		CHECK_STATUS(base->put(base, &card_kind, &c[i], NULL), QFS_OK);
	}
	for (int i = 0; i < 5; i++)
	{
		card		got = c[i];

		unit_row("card %d", i);
		got.has_number = false;
		got.number = 99;
		CHECK_STATUS(base->get(base, &card_kind, &got, &found, NULL), QFS_OK);
		CHECK(found && got.has_number);
		CHECK_INT(got.number, i);
	}
	CHECK(qfs_memory_store_record(store, &card_kind, 4) != NULL);
	CHECK(qfs_memory_store_record(store, &card_kind, 5) == NULL);
	close_store();
}

/* A field that is absent stays absent, comes and goes. */
static void
optional_fields(void)
{
	card		c = make_card(1);
	card		got = make_card(1);
	bool		found;

	open_store();
	CHECK_STATUS(base->put(base, &card_kind, &c, NULL), QFS_OK);
	got.has_number = got.has_name = got.has_hash = true;
	CHECK_STATUS(base->get(base, &card_kind, &got, &found, NULL), QFS_OK);
	CHECK(found && !got.has_number && !got.has_name && !got.has_hash);

	c.has_name = true;
	strcpy(c.name, "rotated");
	CHECK_STATUS(base->put(base, &card_kind, &c, NULL), QFS_OK);
	CHECK_STATUS(base->get(base, &card_kind, &got, &found, NULL), QFS_OK);
	CHECK(found && !got.has_number && got.has_name && !got.has_hash);
	CHECK_TEXT(qfs_slice_of(got.name), "rotated");
	c.has_name = false;
	CHECK_STATUS(base->put(base, &card_kind, &c, NULL), QFS_OK);
	CHECK_STATUS(base->get(base, &card_kind, &got, &found, NULL), QFS_OK);
	CHECK(found && !got.has_name);
	CHECK(qfs_memory_store_record(store, &card_kind, 1) == NULL);
	close_store();
}

/* Two that are absent are alike, whatever lies behind; one that is absent is like no value. */
static void
fields_compared(void)
{
	static const struct
	{
		bool		has_a;
		int64_t		a;
		bool		has_b;
		int64_t		b;
		bool		equal;
	}			rows[] = {
		{false, 1, false, 2, true}, {true, 1, true, 1, true}, {true, 1, true, 2, false},
		{false, 0, true, 0, false}, {true, 0, false, 0, false},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		card		a = make_card(1);
		card		b = make_card(1);

		unit_row("row %zu", i);
		a.has_number = rows[i].has_a;
		a.number = rows[i].a;
		b.has_number = rows[i].has_b;
		b.number = rows[i].b;
		CHECK(qfs_field_equal(&card_fields[4], &a, &b) == rows[i].equal);
		CHECK(qfs_field_present(&card_fields[4], &a) == rows[i].has_a);
		CHECK(qfs_field_present(&card_fields[0], &a));
	}
}

/* ---- changes that are taken back ---- */

/* Replaced, replaced again and created, over two growths of the shelf: as it was. */
static void
taken_back(void)
{
	thing		old = make("old", 1, "{\"a\":1}", "[1]");
	thing		later = make("old", 1, "{\"a\":2}", "[2]");
	thing		again = make("old", 1, "[]", "{}");

	open_store();
	for (int n = 2; n < 30; n++)
	{
		thing		t = make("old", n, "[]", "{}");

		CHECK_STATUS(put(&t), QFS_OK);
	}
	CHECK_STATUS(put(&old), QFS_OK);
	qfs_memory_store_begin(store);
	CHECK_STATUS(put(&later), QFS_OK);
	CHECK_STATUS(put(&again), QFS_OK);
	for (int n = 0; n < 40; n++)
	{
		thing		t = make("new", n, "[3]", "[4]");

		CHECK_STATUS(put(&t), QFS_OK);
	}
	check_stored(&again);
	qfs_memory_store_end(store, false);
	check_stored(&old);
	for (int n = 0; n < 40; n++)
		check_absent("new", n);
	CHECK(qfs_memory_store_record(store, &thing_kind, 29) == NULL);
	/* It goes on from there. */
	CHECK_STATUS(put(&later), QFS_OK);
	check_stored(&later);
	close_store();
}

static void
kept(void)
{
	thing		old = make("old", 1, "{\"a\":1}", "[1]");
	thing		later = make("old", 1, "{\"a\":2}", "[2]");
	thing		new = make("new", 2, "[]", "{}");

	open_store();
	CHECK_STATUS(put(&old), QFS_OK);
	qfs_memory_store_begin(store);
	CHECK_STATUS(put(&later), QFS_OK);
	CHECK_STATUS(put(&new), QFS_OK);
	qfs_memory_store_end(store, true);
	check_stored(&later);
	check_stored(&new);
	close_store();
}

/* A put without memory for what it replaces, or past the most, changes nothing. */
static void
not_noted(void)
{
	thing		old = make("old", 1, "{\"a\":1}", "[1]");
	thing		later = make("old", 1, "{\"a\":2}", "[2]");

	open_store();
	CHECK_STATUS(put(&old), QFS_OK);
	qfs_memory_store_begin(store);
	memory.fail_at = memory.calls + 3;
	CHECK_STATUS(put(&later), QFS_NO_MEMORY);
	memory.fail_at = 0;
	check_stored(&old);
	for (int n = 0; n < 64; n++)
	{
		thing		t = make("new", n, "[3]", "[4]");

		CHECK_STATUS(put(&t), QFS_OK);
	}
	CHECK_STATUS(put(&later), QFS_NO_MEMORY);
	check_stored(&old);
	qfs_memory_store_end(store, false);
	check_stored(&old);
	check_absent("new", 63);
	close_store();
}

static const unit_case cases[] = {
	CASE(put_and_get),
	CASE(copies),
	CASE(replaced),
	CASE(rest_of_a_name),
	CASE(json_from_the_store),
	CASE(thousands),
	CASE(several_kinds),
	CASE(too_many_kinds),
	CASE(too_many_fields),
	CASE(failing_allocations),
	CASE(no_memory_at_all),
	CASE(keys_of_every_type),
	CASE(optional_fields),
	CASE(fields_compared),
	CASE(taken_back),
	CASE(kept),
	CASE(not_noted),
	NO_MORE_CASES
};

const unit_suite suite_store_memory = {"store_memory", cases};
