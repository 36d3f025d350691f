/*
 * test_json_view.c - canonical JSON: the order of names, views into checked text.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include "text/json.h"

/* ---- the order against one that is written out in code units ---- */

static size_t
utf16(uint32_t c, uint16_t units[2])
{
	if (c < 0x10000)
	{
		units[0] = (uint16_t) c;
		return 1;
	}
	units[0] = (uint16_t) (0xD800 + ((c - 0x10000) >> 10));
	units[1] = (uint16_t) (0xDC00 + ((c - 0x10000) & 0x3FF));
	return 2;
}

static int
compare_units(uint32_t a, uint32_t b)
{
	uint16_t	x[2] = {0, 0};
	uint16_t	y[2] = {0, 0};

	utf16(a, x);
	utf16(b, y);
	for (int i = 0; i < 2; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

static size_t
utf8_of(uint32_t c, uint8_t *out)
{
	if (c < 0x80)
	{
		out[0] = (uint8_t) c;
		return 1;
	}
	if (c < 0x800)
	{
		out[0] = (uint8_t) (0xC0 | c >> 6);
		out[1] = (uint8_t) (0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000)
	{
		out[0] = (uint8_t) (0xE0 | c >> 12);
		out[1] = (uint8_t) (0x80 | (c >> 6 & 63));
		out[2] = (uint8_t) (0x80 | (c & 63));
		return 3;
	}
	out[0] = (uint8_t) (0xF0 | c >> 18);
	out[1] = (uint8_t) (0x80 | (c >> 12 & 63));
	out[2] = (uint8_t) (0x80 | (c >> 6 & 63));
	out[3] = (uint8_t) (0x80 | (c & 63));
	return 4;
}

/* Appends a character, plain or as the inside of a JSON string. */
static void
add_character(qfs_buf *out, uint32_t c, bool escaped)
{
	uint8_t		utf8_bytes[4];
	uint8_t		string[32];
	qfs_slice	text = {utf8_bytes, utf8_of(c, utf8_bytes)};
	qfs_buf		quoted;

	qfs_buf_init(&quoted, string, sizeof(string));
	qfs_json_write_string(&quoted, text);
	if (escaped)
		qfs_buf_bytes(out, string + 1, quoted.len - 2);
	else
		qfs_buf_slice_add(out, text);
	CHECK(!out->overflow);
}

/* The character after another one; 0 = after nothing. */
static qfs_slice
name_of(uint32_t before, uint32_t c, bool escaped, uint8_t memory[64])
{
	qfs_buf		out;

	qfs_buf_init(&out, memory, 64);
	if (before != 0)
		add_character(&out, before, escaped);
	add_character(&out, c, escaped);
	return qfs_buf_slice(&out);
}

static void
order_of_all_pairs(void)
{
	static const uint32_t points[] = {
		0x01, 0x08, 0x0A, 0x0B, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x2F, 0x41, 0x5B, 0x5C, 0x5D, 0x61,
		0x75, 0x7F, 0x80, 0xBF, 0xC0, 0xFF, 0x100, 0x7FF, 0x800, 0x83F, 0x840, 0xFFF, 0x1000, 0x20AC,
		0xD7FF, 0xE000, 0xFB33, 0xFFFE, 0xFFFF, 0x10000, 0x1003F, 0x10040, 0x103FF, 0x10400, 0x10800,
		0x11000, 0x1F600, 0x1F601, 0x20000, 0x3FFFF, 0x40000, 0x80000, 0xFFFFF, 0x100000, 0x10FFFF
	};
	static const uint32_t before[] = {0, 0x7A, 0x0A, 0x1F, 0xE9, 0x20AC, 0x1F600};

	for (size_t i = 0; i < ROWS(points); i++)
		for (size_t j = 0; j < ROWS(points); j++)
			for (size_t k = 0; k < 2 * ROWS(before); k++)
			{
				bool		escaped = k % 2;
				uint8_t		a[64];
				uint8_t		b[64];

				unit_row("U+%04X and U+%04X after U+%04X", points[i], points[j], before[k / 2]);
				CHECK_INT(qfs_json_compare_names(name_of(before[k / 2], points[i], escaped, a),
												 name_of(before[k / 2], points[j], escaped, b),
												 escaped),
						  compare_units(points[i], points[j]));
			}
	CHECK_INT(qfs_json_compare_names(QFS_LITERAL(""), QFS_LITERAL(""), false), 0);
	CHECK_INT(qfs_json_compare_names(QFS_LITERAL(""), QFS_LITERAL("\x01"), false), -1);
	CHECK_INT(qfs_json_compare_names(QFS_LITERAL("ab"), QFS_LITERAL("a"), false), 1);
}

/* ---- views ---- */

static void
types(void)
{
	CHECK_INT(qfs_json_type_of(QFS_LITERAL("{}")), QFS_JSON_OBJECT);
	CHECK_INT(qfs_json_type_of(QFS_LITERAL("[]")), QFS_JSON_ARRAY);
	CHECK_INT(qfs_json_type_of(QFS_LITERAL("\"\"")), QFS_JSON_STRING);
	CHECK_INT(qfs_json_type_of(QFS_LITERAL("true")), QFS_JSON_BOOLEAN);
	CHECK_INT(qfs_json_type_of(QFS_LITERAL("false")), QFS_JSON_BOOLEAN);
	CHECK_INT(qfs_json_type_of(QFS_LITERAL("null")), QFS_JSON_NULL);
	CHECK_INT(qfs_json_type_of(QFS_LITERAL("-1")), QFS_JSON_INTEGER);
}

static void
iteration(void)
{
	static const char text[] =
		"{\"a\":[1,\"],}\\\"\",{\"x\":\"}\"}],\"b,\":\"\",\"c\":{\"d\":{}},\"e\\\"\":-7}";
	static const char *const keys[] = {"\"a\"", "\"b,\"", "\"c\"", "\"e\\\"\""};
	static const char *const members[] = {"[1,\"],}\\\"\",{\"x\":\"}\"}]", "\"\"", "{\"d\":{}}", "-7"};
	static const char *const items[] = {"1", "\"],}\\\"\"", "{\"x\":\"}\"}"};
	qfs_json_iter iter = qfs_json_members(qfs_slice_of(text));
	qfs_slice	key;
	qfs_slice	value;

	CHECK_STATUS(qfs_json_check(qfs_slice_of(text), NULL), QFS_OK);
	CHECK(iter.object);
	for (size_t i = 0; i < ROWS(keys); i++)
	{
		CHECK(qfs_json_next(&iter, &key, &value));
		CHECK_TEXT(key, keys[i]);
		CHECK_TEXT(value, members[i]);
	}
	CHECK(!qfs_json_next(&iter, &key, &value));
	CHECK(!qfs_json_next(&iter, &key, &value));

	iter = qfs_json_members(qfs_slice_of(members[0]));
	CHECK(!iter.object);
	for (size_t i = 0; i < ROWS(items); i++)
	{
		CHECK(qfs_json_next(&iter, &key, &value));
		CHECK_UINT(key.len, 0);
		CHECK_TEXT(value, items[i]);
	}
	CHECK(!qfs_json_next(&iter, &key, &value));
}

static void
nothing_to_iterate(void)
{
	static const char *const rows[] = {"{}", "[]", "1", "\"a\"", "true", "null"};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_json_iter iter = qfs_json_members(qfs_slice_of(rows[i]));
		qfs_slice	key;
		qfs_slice	value;

		unit_row("%s", rows[i]);
		CHECK(!qfs_json_next(&iter, &key, &value));
		CHECK(!qfs_json_member(qfs_slice_of(rows[i]), "a", &value));
	}
}

static void
members(void)
{
	qfs_slice	object = QFS_LITERAL("{\"a\":1,\"ab\":{\"a\":2},\"b\":\"00ff\"}");
	qfs_slice	value;
	uint8_t		bytes[2];

	CHECK(qfs_json_member(object, "a", &value));
	CHECK_TEXT(value, "1");
	CHECK(qfs_json_member(object, "ab", &value));
	CHECK_TEXT(value, "{\"a\":2}");
	CHECK(!qfs_json_member(object, "", &value));
	CHECK(!qfs_json_member(object, "abc", &value));
	CHECK(!qfs_json_member(QFS_LITERAL("[\"a\"]"), "a", &value));

	CHECK(qfs_json_member_hex(object, "b", bytes, 2));
	CHECK_HEX(bytes, 2, "00ff");
	CHECK(!qfs_json_member_hex(object, "b", bytes, 1));
	CHECK(!qfs_json_member_hex(object, "a", bytes, 1));
	CHECK(!qfs_json_member_hex(object, "c", bytes, 2));
	CHECK(!qfs_json_member_hex(QFS_LITERAL("{\"b\":\"0\\\\f\"}"), "b", bytes, 2));

	object = QFS_LITERAL("{\"a\":1,\"b\":\"-_8\",\"c\":\"-_9\",\"d\":\"+/8\",\"e\":\"-_8=\",\"f\":\"-\\u005f8\"}");
	CHECK(qfs_json_member_base64url(object, "b", bytes, 2));
	CHECK_HEX(bytes, 2, "fbff");
	CHECK(!qfs_json_member_base64url(object, "b", bytes, 1));
	/* No string; another spelling; none. */
	for (const char *name = "acdefg"; *name != '\0'; name++)
		CHECK(!qfs_json_member_base64url(object, (char[]) {*name, '\0'}, bytes, 2));
}

static void
conversions(void)
{
	static const struct
	{
		const char *value;
		uint64_t	length;
		const char *text;		/* NULL: not a string */
		bool		plain;
	}			strings[] = {
		{"\"\"", 0, "", true},
		{"\"abc\"", 3, "abc", true},
		{"\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"", 3, "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", true},
		{"\"\\\"\\\\\\b\\t\\n\\f\\r\\u001f\\u000bx\"", 10, "\"\\\b\t\n\f\r\x1f\x0bx", false},
		{"[1,[2,3],{}]", 3, NULL, false},
		{"{\"a\":1,\"b\":[1,2,3]}", 2, NULL, false},
		{"[]", 0, NULL, false},
		{"{}", 0, NULL, false},
		{"17", 0, NULL, false},
		{"true", 0, NULL, false},
	};

	for (size_t i = 0; i < ROWS(strings); i++)
	{
		qfs_slice	value = qfs_slice_of(strings[i].value);
		uint8_t		memory[32];
		qfs_buf		buf;
		qfs_slice	inside;

		unit_row("%s", strings[i].value);
		CHECK_STATUS(qfs_json_check(value, NULL), QFS_OK);
		CHECK_UINT(qfs_json_length(value), strings[i].length);
		qfs_buf_init(&buf, memory, sizeof(memory));
		CHECK(qfs_json_to_text(value, &buf) == (strings[i].text != NULL));
		if (strings[i].text != NULL)
			CHECK_TEXT(qfs_buf_slice(&buf), strings[i].text);
		CHECK(qfs_json_to_plain(value, &inside) == strings[i].plain);
		if (strings[i].plain)
			CHECK_TEXT(inside, strings[i].text);
	}
}

static void
integers(void)
{
	int64_t		n = 99;

	CHECK(qfs_json_to_int(QFS_LITERAL("0"), &n));
	CHECK_INT(n, 0);
	CHECK(qfs_json_to_int(QFS_LITERAL("-12"), &n));
	CHECK_INT(n, -12);
	CHECK(qfs_json_to_int(QFS_LITERAL("9007199254740991"), &n));
	CHECK_INT(n, QFS_INT_MAX);
	CHECK(qfs_json_to_int(QFS_LITERAL("-9007199254740991"), &n));
	CHECK_INT(n, -QFS_INT_MAX);
	CHECK(!qfs_json_to_int(QFS_LITERAL("\"1\""), &n));
	CHECK(!qfs_json_to_int(QFS_LITERAL("true"), &n));
	CHECK(!qfs_json_to_int(QFS_LITERAL("null"), &n));
	CHECK(!qfs_json_to_int(QFS_LITERAL("{}"), &n));
	CHECK(!qfs_json_to_int((qfs_slice) {NULL, 0}, &n));
}

/* What counts or numbers something is not negative. */
static void
counts(void)
{
	qfs_slice	object = QFS_LITERAL("{\"a\":0,\"b\":9007199254740991,\"c\":-1,\"d\":\"1\",\"e\":null}");
	int64_t		n;

	CHECK(qfs_json_member_count(object, "a", &n));
	CHECK_INT(n, 0);
	CHECK(qfs_json_member_count(object, "b", &n));
	CHECK_INT(n, QFS_INT_MAX);
	CHECK(!qfs_json_member_count(object, "c", &n));
	CHECK(!qfs_json_member_count(object, "d", &n));
	CHECK(!qfs_json_member_count(object, "e", &n));
	CHECK(!qfs_json_member_count(object, "f", &n));
	CHECK(!qfs_json_member_count(QFS_LITERAL("[1]"), "a", &n));
	CHECK(!qfs_json_member_count((qfs_slice) {NULL, 0}, "a", &n));
}

static void
depths(void)
{
	static const struct
	{
		const char *value;
		unsigned	depth;
	}			rows[] = {
		{"1", 0}, {"null", 0}, {"\"[[{\"", 0}, {"\"\\\"[\"", 0}, {"{}", 1}, {"[]", 1}, {"[1,\"]\"]", 1},
		{"[[],[[]],[]]", 3}, {"{\"[\":{\"a\":[1]},\"b\":[]}", 3}, {"{\"a\":\"}\",\"b\":{}}", 2},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].value);
		CHECK_STATUS(qfs_json_check(qfs_slice_of(rows[i].value), NULL), QFS_OK);
		CHECK_UINT(qfs_json_depth(qfs_slice_of(rows[i].value)), rows[i].depth);
	}
}

/* Where no value is, there is nothing in it: parts that are not shown are so. */
static void
no_value(void)
{
	qfs_slice	nothing = {NULL, 0};
	qfs_json_iter iter = qfs_json_members(nothing);
	qfs_slice	key;
	qfs_slice	value;
	uint8_t		bytes[1];

	CHECK(!qfs_json_next(&iter, &key, &value));
	CHECK(!qfs_json_member(nothing, "a", &value));
	CHECK(!qfs_json_member_hex(nothing, "a", bytes, 1));
	CHECK_TEXT(qfs_json_member_or(nothing, "a", QFS_LITERAL("[]")), "[]");
	CHECK_UINT(qfs_json_depth(nothing), 0);
}

static const unit_case cases[] = {
	CASE(order_of_all_pairs),
	CASE(types),
	CASE(iteration),
	CASE(nothing_to_iterate),
	CASE(members),
	CASE(conversions),
	CASE(integers),
	CASE(counts),
	CASE(depths),
	CASE(no_value),
	NO_MORE_CASES
};

const unit_suite suite_json_view = {"json_view", cases};
