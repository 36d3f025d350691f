/*
 * test_json_write.c - the writer of canonical JSON, and that it and the reader agree.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include "text/json.h"

static uint8_t memory[8192];
static qfs_buf out;
static qfs_json_writer w;

static void
begin(void)
{
	qfs_buf_init(&out, memory, sizeof(memory));
	qfs_json_begin(&w, &out);
}

static void
every_kind_of_value(void)
{
	begin();
	qfs_json_open_object(&w);
	qfs_json_key(&w, "a");
	qfs_json_open_array(&w);
	qfs_json_put_int(&w, -QFS_INT_MAX);
	qfs_json_put_bool(&w, true);
	qfs_json_put_bool(&w, false);
	qfs_json_put_null(&w);
	qfs_json_open_object(&w);
	qfs_json_close(&w);
	qfs_json_open_array(&w);
	qfs_json_close(&w);
	qfs_json_close(&w);
	qfs_json_key(&w, "b");
	qfs_json_put_text(&w, QFS_LITERAL("x\"\n\x1f\xE2\x82\xAC"));
	qfs_json_key(&w, "c");
	qfs_json_put_hex(&w, (const uint8_t *) "\x01\xAB", 2);
	qfs_json_key(&w, "d");
	qfs_json_put_value(&w, QFS_LITERAL("{\"z\":[1,2]}"));
	qfs_json_key(&w, "e");
	qfs_json_open_array(&w);
	qfs_json_put_base64url(&w, (const uint8_t *) "\xFB\xFF\x01\xFE", 4);
	qfs_json_put_base64url(&w, NULL, 0);
	qfs_json_close(&w);
	qfs_json_put_member_int(&w, "f", -3);
	qfs_json_close(&w);
	CHECK_STATUS(qfs_json_end(&w, NULL), QFS_OK);
	CHECK_TEXT(qfs_buf_slice(&out),
			   "{\"a\":[-9007199254740991,true,false,null,{},[]],"
			   "\"b\":\"x\\\"\\n\\u001f\xE2\x82\xAC\",\"c\":\"01ab\",\"d\":{\"z\":[1,2]},\"e\":[\"-_8B_g\",\"\"],\"f\":-3}");
	CHECK_STATUS(qfs_json_check(qfs_buf_slice(&out), NULL), QFS_OK);
}

/* ---- misuse: each of these is a fault of a rule ---- */

static void
nothing_written(void)
{
}

static void
two_values(void)
{
	qfs_json_put_int(&w, 1);
	qfs_json_put_int(&w, 2);
}

static void
left_open(void)
{
	qfs_json_open_array(&w);
}

static void
closed_twice(void)
{
	qfs_json_open_array(&w);
	qfs_json_close(&w);
	qfs_json_close(&w);
}

static void
key_without_value(void)
{
	qfs_json_open_object(&w);
	qfs_json_key(&w, "a");
	qfs_json_close(&w);
}

static void
key_after_key(void)
{
	qfs_json_open_object(&w);
	qfs_json_key(&w, "a");
	qfs_json_key(&w, "b");
	qfs_json_put_int(&w, 1);
	qfs_json_close(&w);
}

static void
value_without_key(void)
{
	qfs_json_open_object(&w);
	qfs_json_put_int(&w, 1);
	qfs_json_close(&w);
}

static void
second_value_of_a_key(void)
{
	qfs_json_open_object(&w);
	qfs_json_key(&w, "a");
	qfs_json_put_int(&w, 1);
	qfs_json_put_int(&w, 2);
	qfs_json_close(&w);
}

static void
key_in_array(void)
{
	qfs_json_open_array(&w);
	qfs_json_key(&w, "a");
	qfs_json_close(&w);
}

static void
key_at_top(void)
{
	qfs_json_key(&w, "a");
	qfs_json_put_int(&w, 1);
}

static void
two_keys(const char *first, const char *second)
{
	qfs_json_open_object(&w);
	qfs_json_key(&w, first);
	qfs_json_put_int(&w, 1);
	qfs_json_key(&w, second);
	qfs_json_put_int(&w, 2);
	qfs_json_close(&w);
}

static void
keys_out_of_order(void)
{
	two_keys("b", "a");
}

static void
keys_equal(void)
{
	two_keys("a", "a");
}

static void
keys_out_of_utf16_order(void)
{
	two_keys("\xEF\xAC\xB3", "\xF0\x9F\x98\x80");
}

static void
escaped_keys_out_of_order(void)
{
	two_keys("a\"b", "a\"a");
}

static void
backslash_keys_out_of_order(void)
{
	two_keys("]", "\\u");
}

static void
too_deep(void)
{
	for (int i = 0; i <= QFS_JSON_DEPTH_MAX; i++)
		qfs_json_open_array(&w);
	for (int i = 0; i < QFS_JSON_DEPTH_MAX; i++)
		qfs_json_close(&w);
}

static void
misuse(void)
{
	static const unit_case rows[] = {
		CASE(nothing_written),
		CASE(two_values),
		CASE(left_open),
		CASE(closed_twice),
		CASE(key_without_value),
		CASE(key_after_key),
		CASE(value_without_key),
		CASE(second_value_of_a_key),
		CASE(key_in_array),
		CASE(key_at_top),
		CASE(keys_out_of_order),
		CASE(keys_equal),
		CASE(keys_out_of_utf16_order),
		CASE(escaped_keys_out_of_order),
		CASE(backslash_keys_out_of_order),
		CASE(too_deep),
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_error	err = {QFS_OK, ""};

		unit_row("%s", rows[i].name);
		begin();
		rows[i].run();
		CHECK_STATUS(qfs_json_end(&w, &err), QFS_INTERNAL);
		CHECK_STATUS(err.status, QFS_INTERNAL);
	}
}

static void
keys_in_order(void)
{
	static const char *const rows[][2] = {
		{"", "a"}, {"a", "b"}, {"a", "aa"}, {"B", "a"}, {"a\"a", "a\"b"}, {"\n", "\x0b"},
		{"\\", "]"}, {"\\", "\\\\"}, {"[", "\\"}, {"\xF0\x9F\x98\x80", "\xEF\xAC\xB3"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s, %s", rows[i][0], rows[i][1]);
		begin();
		two_keys(rows[i][0], rows[i][1]);
		CHECK_STATUS(qfs_json_end(&w, NULL), QFS_OK);
		CHECK_STATUS(qfs_json_check(qfs_buf_slice(&out), NULL), QFS_OK);
	}
}

static void
deepest(void)
{
	begin();
	for (int i = 0; i < QFS_JSON_DEPTH_MAX; i++)
		qfs_json_open_array(&w);
	for (int i = 0; i < QFS_JSON_DEPTH_MAX; i++)
		qfs_json_close(&w);
	CHECK_STATUS(qfs_json_end(&w, NULL), QFS_OK);
	CHECK_STATUS(qfs_json_check(qfs_buf_slice(&out), NULL), QFS_OK);
}

/* Whatever the size of the buffer, it is all or an error. */
static void
small_buffers(void)
{
	static const char want[] = "{\"first\":[1,22],\"second\":\"\\n\"}";

	for (size_t size = 0; size <= sizeof(want); size++)
	{
		uint8_t		exact[sizeof(want) + 1];
		qfs_error	err = {QFS_OK, ""};

		unit_row("%zu bytes", size);
		qfs_buf_init(&out, exact, size);
		qfs_json_begin(&w, &out);
		qfs_json_open_object(&w);
		qfs_json_key(&w, "first");
		qfs_json_open_array(&w);
		qfs_json_put_int(&w, 1);
		qfs_json_put_int(&w, 22);
		qfs_json_close(&w);
		qfs_json_key(&w, "second");
		qfs_json_put_text(&w, QFS_LITERAL("\n"));
		qfs_json_close(&w);
		if (size < sizeof(want) - 1)
			CHECK_STATUS(qfs_json_end(&w, &err), QFS_ENTRY_TOO_LARGE);
		else if (CHECK_STATUS(qfs_json_end(&w, &err), QFS_OK))
			CHECK_TEXT(qfs_buf_slice(&out), want);
	}
}

static void
strings(void)
{
	for (unsigned c = 1; c < 0x80; c++)
	{
		uint8_t		text[] = {'a', (uint8_t) c, 'b', (uint8_t) c};
		uint8_t		back[8];
		qfs_buf		buf;

		unit_row("character %02x", c);
		qfs_buf_init(&out, memory, sizeof(memory));
		qfs_json_write_string(&out, (qfs_slice) {text, sizeof(text)});
		CHECK_STATUS(qfs_json_check(qfs_buf_slice(&out), NULL), QFS_OK);
		qfs_buf_init(&buf, back, sizeof(back));
		CHECK(qfs_json_to_text(qfs_buf_slice(&out), &buf));
		CHECK_SLICE(qfs_buf_slice(&buf), ((qfs_slice) {text, sizeof(text)}));
	}
	qfs_buf_init(&out, memory, sizeof(memory));
	qfs_json_write_string(&out, (qfs_slice) {NULL, 0});
	CHECK_TEXT(qfs_buf_slice(&out), "\"\"");
}

static void
numbers(void)
{
	static const struct
	{
		const char *text;
		const char *want;		/* NULL: refused */
	}			rows[] = {
		{"0", "0"},
		{"-0", "0"},
		{"-0.000", "0"},
		{"0.0", "0"},
		{"1", "1"},
		{"-1", "-1"},
		{"1.0", "1"},
		{"1.", "1"},
		{"100", "100"},
		{"007", "7"},
		{"-12.00", "-12"},
		{"9007199254740991", "9007199254740991"},
		{"-9007199254740991.0", "-9007199254740991"},
		{"9007199254740992", NULL},
		{"-9007199254740992", NULL},
		{"18446744073709551617", NULL},
		{"1.5", NULL},
		{"1.01", NULL},
		{"0.0000000000000000000001", NULL},
		{"1.0x", NULL},
		{"1.0.0", NULL},
		{"1e2", NULL},
		{"+1", NULL},
		{".0", NULL},
		{"-", NULL},
		{"--1", NULL},
		{"", NULL},
		{"NaN", NULL},
		{"Infinity", NULL},
		{" 1", NULL},
		{"1 ", NULL},
		{"1/", NULL},
		{"1:", NULL},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		uint8_t		exact[strlen(rows[i].text) + 1];
		qfs_slice	text = {exact + 1, sizeof(exact) - 1};
		qfs_error	err;
		qfs_status	status;

		/* A copy of its size alone, at the end of which the sanitizer watches. */
		unit_row("\"%s\"", rows[i].text);
		memcpy(exact + 1, rows[i].text, text.len);
		qfs_buf_init(&out, memory, sizeof(memory));
		status = qfs_json_write_number(&out, text, &err);
		CHECK_STATUS(status, rows[i].want != NULL ? QFS_OK : QFS_JSON_NUMBER);
		CHECK_TEXT(qfs_buf_slice(&out), rows[i].want != NULL ? rows[i].want : "");
	}
}

/* ---- reader and writer agree ---- */

static void rewrite(qfs_slice value);

/* The writer takes names as C strings; a checked name holds no NUL. */
static void
rewrite_key(qfs_slice key)
{
	char		name[256];
	qfs_buf		buf;

	qfs_buf_init(&buf, name, sizeof(name));
	CHECK(qfs_json_to_text(key, &buf));
	qfs_buf_byte(&buf, 0);
	CHECK(!buf.overflow);
	qfs_json_key(&w, name);
}

static void
rewrite_members(qfs_slice value)
{
	qfs_json_iter iter = qfs_json_members(value);
	qfs_slice	key;
	qfs_slice	member;

	if (iter.object)
		qfs_json_open_object(&w);
	else
		qfs_json_open_array(&w);
	while (qfs_json_next(&iter, &key, &member))
	{
		if (iter.object)
			rewrite_key(key);
		rewrite(member);
	}
	qfs_json_close(&w);
}

/* Takes a value apart with the reader and puts it together with the writer. */
static void
rewrite(qfs_slice value)
{
	uint8_t		text[256];
	qfs_buf		buf;
	int64_t		n;

	switch (qfs_json_type_of(value))
	{
		case QFS_JSON_OBJECT:
		case QFS_JSON_ARRAY:
			rewrite_members(value);
			break;
		case QFS_JSON_STRING:
			qfs_buf_init(&buf, text, sizeof(text));
			CHECK(qfs_json_to_text(value, &buf));
			qfs_json_put_text(&w, qfs_buf_slice(&buf));
			break;
		case QFS_JSON_INTEGER:
			CHECK(qfs_json_to_int(value, &n));
			qfs_json_put_int(&w, n);
			break;
		case QFS_JSON_BOOLEAN:
			qfs_json_put_bool(&w, value.data[0] == 't');
			break;
		case QFS_JSON_NULL:
			qfs_json_put_null(&w);
			break;
	}
}

/* xorshift64*: the same sequence everywhere. */
static uint64_t
next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

/*
 * A text that was changed at random is refused or has one spelling: what the
 * reader accepts, the writer writes again byte for byte.
 */
static void
one_spelling(void)
{
	static const char *const seeds[] = {
		"{\"a\":[1,-2,30,\"x\\n\\u001f\\\"\",true],\"aa\":{\"\":null,\"b\":false},\"b\":\"\xC3\xA9\"}",
		"[[[]],{},{\"\\\\\":0,\"]\":\"\xF0\x9F\x98\x80\"},9007199254740991,\"\\u0001\"]",
		"{\"\xF0\x9F\x98\x80\":[0],\"\xEF\xAC\xB3\":{\"k\":\"\\b\\t\\n\\f\\r\"}}",
	};
	static const char alphabet[] = "{}[],:\"\\0123456789-.eEtrufalsn/\x01\x1f bxa\x80\xC3\xF0\xED\xA0\xBF";
	uint64_t	state = 88172645463325252;
	unsigned	accepted = 0;

	for (int round = 0; round < 30000; round++)
	{
		uint8_t		text[128];
		const char *seed = seeds[next_random(&state) % ROWS(seeds)];
		size_t		len = strlen(seed);
		qfs_slice	slice = {text, len};

		memcpy(text, seed, len);
		for (uint64_t n = 1 + next_random(&state) % 2; n > 0; n--)
			text[next_random(&state) % len] =
				(uint8_t) alphabet[next_random(&state) % (sizeof(alphabet) - 1)];
		if (qfs_json_check(slice, NULL) != QFS_OK)
			continue;
		accepted++;
		begin();
		rewrite(slice);
		CHECK_STATUS(qfs_json_end(&w, NULL), QFS_OK);
		CHECK_SLICE(qfs_buf_slice(&out), slice);
	}
	/* The property means something only where both answers occur. */
	CHECK(accepted > 500 && accepted < 25000);
}

static const unit_case cases[] = {
	CASE(every_kind_of_value),
	CASE(misuse),
	CASE(keys_in_order),
	CASE(deepest),
	CASE(small_buffers),
	CASE(strings),
	CASE(numbers),
	CASE(one_spelling),
	NO_MORE_CASES
};

const unit_suite suite_json_write = {"json_write", cases};
