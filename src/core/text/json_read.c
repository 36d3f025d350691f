/*
 * json_read.c - canonical JSON: the strict reader and views into checked text.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Source: RFC 8785, sections 3.2.2 and 3.2.3; RFC 3629 for UTF-8.
 */
#include "text/json.h"

#include "base/status.h"

/* Text that is being read; `start` is kept for offsets in errors. */
typedef struct reader
{
	const uint8_t *start;
	const uint8_t *p;
	const uint8_t *end;
	qfs_error  *err;
} reader;

static qfs_status
fail_at(const reader *r, qfs_status status, const char *why)
{
	return qfs_fail(r->err, status, "byte %u: %s", (uint64_t) (r->p - r->start), why);
}

/*
 * Length of the UTF-8 character at p, or 0 if there is none: cut short,
 * overlong, a surrogate or above U+10FFFF.
 */
static unsigned
utf8_length(const uint8_t *p, const uint8_t *end)
{
	size_t		left = (size_t) (end - p);
	uint8_t		low = 0x80;
	uint8_t		high = 0xBF;
	unsigned	len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xC2 && p[0] <= 0xDF)
		len = 2;
	else if (p[0] >= 0xE0 && p[0] <= 0xEF)
	{
		len = 3;
		if (p[0] == 0xE0)
			low = 0xA0;
		else if (p[0] == 0xED)
			high = 0x9F;
	}
	else if (p[0] >= 0xF0 && p[0] <= 0xF4)
	{
		len = 4;
		if (p[0] == 0xF0)
			low = 0x90;
		else if (p[0] == 0xF4)
			high = 0x8F;
	}
	else
		return 0;

	if (left < len || p[1] < low || p[1] > high)
		return 0;
	for (unsigned i = 2; i < len; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	return len;
}

bool
qfs_utf8_check(qfs_slice text)
{
	size_t		i = 0;

	while (i < text.len)
	{
		unsigned	len = utf8_length(text.data + i, text.data + text.len);

		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* The short escapes of RFC 8785, and what they stand for. */
static int
short_escape(uint8_t c)
{
	switch (c)
	{
		case '"':
		case '\\':
			return c;
		case 'b':
			return 0x08;
		case 't':
			return 0x09;
		case 'n':
			return 0x0A;
		case 'f':
			return 0x0C;
		case 'r':
			return 0x0D;
		default:
			return -1;
	}
}

/* A backslash and what follows; only the one canonical spelling passes. */
static qfs_status
check_escape(reader *r)
{
	int			high;
	int			low;
	int			value;

	if (r->end - r->p < 2)
		return fail_at(r, QFS_JSON_SYNTAX, "the string does not end");
	if (short_escape(r->p[1]) >= 0)
	{
		r->p += 2;
		return QFS_OK;
	}
	if (r->p[1] != 'u' || r->end - r->p < 6)
		return fail_at(r, QFS_JSON_SYNTAX, "unknown escape");

	high = hex_digit(r->p[4]);
	low = hex_digit(r->p[5]);
	if (r->p[2] != '0' || r->p[3] != '0' || high < 0 || low < 0)
		return fail_at(r, QFS_JSON_SYNTAX, "this character is not escaped in canonical JSON");
	value = high << 4 | low;
	if (value == 0)
		return fail_at(r, QFS_JSON_TEXT, "U+0000 is not allowed");
	if (value >= 0x20 || (value >= 0x08 && value <= 0x0D && value != 0x0B))
		return fail_at(r, QFS_JSON_SYNTAX, "this character has another canonical spelling");
	r->p += 6;
	return QFS_OK;
}

static qfs_status
check_string(reader *r)
{
	r->p++;
	while (r->p < r->end && *r->p != '"')
	{
		unsigned	len = utf8_length(r->p, r->end);

		if (len == 0)
			return fail_at(r, QFS_JSON_TEXT, "not valid UTF-8");
		if (*r->p < 0x20)
			return fail_at(r, QFS_JSON_SYNTAX, "a control character must be escaped");
		if (*r->p == '\\')
		{
			qfs_status	status = check_escape(r);

			if (status != QFS_OK)
				return status;
		}
		else
			r->p += len;
	}
	if (r->p == r->end)
		return fail_at(r, QFS_JSON_SYNTAX, "the string does not end");
	r->p++;
	return QFS_OK;
}

static bool
is_digit(const reader *r)
{
	return r->p < r->end && *r->p >= '0' && *r->p <= '9';
}

static qfs_status
check_number(reader *r)
{
	bool		negative = *r->p == '-';
	int64_t		n = 0;

	if (negative)
		r->p++;
	if (!is_digit(r))
		return fail_at(r, QFS_JSON_SYNTAX, "a value was expected");
	if (*r->p == '0')
	{
		r->p++;
		if (negative || is_digit(r))
			return fail_at(r, QFS_JSON_NUMBER, "leading or negative zero");
	}
	for (; is_digit(r); r->p++)
	{
		n = n * 10 + (*r->p - '0');
		if (n > QFS_INT_MAX)
			return fail_at(r, QFS_JSON_NUMBER, "the integer is too large");
	}
	if (r->p < r->end && (*r->p == '.' || *r->p == 'e' || *r->p == 'E'))
		return fail_at(r, QFS_JSON_NUMBER, "fractions and exponents are not allowed");
	return QFS_OK;
}

static qfs_status
check_word(reader *r, const char *word)
{
	size_t		len = strlen(word);

	if ((size_t) (r->end - r->p) < len || memcmp(r->p, word, len) != 0)
		return fail_at(r, QFS_JSON_SYNTAX, "a value was expected");
	r->p += len;
	return QFS_OK;
}

static qfs_status check_value(reader *r, unsigned depth);

/* A member's name and colon; it must sort after the name before it. */
static qfs_status
check_name(reader *r, qfs_slice *previous)
{
	const uint8_t *start = r->p;
	qfs_slice	name;
	qfs_status	status;

	if (r->p == r->end || *r->p != '"')
		return fail_at(r, QFS_JSON_SYNTAX, "a member's name was expected");
	status = check_string(r);
	if (status != QFS_OK)
		return status;

	name = (qfs_slice) {start + 1, (size_t) (r->p - start) - 2};
	if (previous->data != NULL && qfs_json_compare_names(*previous, name, true) >= 0)
		return fail_at(r, QFS_JSON_SYNTAX,
					   "names must be unique and sorted by UTF-16 code unit");
	*previous = name;

	if (r->p == r->end || *r->p != ':')
		return fail_at(r, QFS_JSON_SYNTAX, "a colon was expected");
	r->p++;
	return QFS_OK;
}

/* An object or an array, from its opening to its closing bracket. */
static qfs_status
check_container(reader *r, unsigned depth)
{
	bool		object = *r->p == '{';
	uint8_t		closing = object ? '}' : ']';
	qfs_slice	previous = {NULL, 0};

	if (depth == QFS_JSON_DEPTH_MAX)
		return fail_at(r, QFS_JSON_DEPTH, "too deep");
	r->p++;
	if (r->p < r->end && *r->p == closing)
	{
		r->p++;
		return QFS_OK;
	}
	for (;;)
	{
		qfs_status	status = object ? check_name(r, &previous) : QFS_OK;

		if (status == QFS_OK)
			status = check_value(r, depth + 1);
		if (status != QFS_OK)
			return status;
		if (r->p == r->end)
			return fail_at(r, QFS_JSON_SYNTAX, "the text ends too early");
		if (*r->p == closing)
		{
			r->p++;
			return QFS_OK;
		}
		if (*r->p != ',')
			return fail_at(r, QFS_JSON_SYNTAX, "a comma or a closing bracket was expected");
		r->p++;
	}
}

static qfs_status
check_value(reader *r, unsigned depth)
{
	if (r->p == r->end)
		return fail_at(r, QFS_JSON_SYNTAX, "a value was expected");
	switch (*r->p)
	{
		case '{':
		case '[':
			return check_container(r, depth);
		case '"':
			return check_string(r);
		case 't':
			return check_word(r, "true");
		case 'f':
			return check_word(r, "false");
		case 'n':
			return check_word(r, "null");
		default:
			return check_number(r);
	}
}

qfs_status
qfs_json_check(qfs_slice text, qfs_error *err)
{
	reader		r = {text.data, text.data, text.data + text.len, err};
	qfs_status	status = check_value(&r, 0);

	if (status == QFS_OK && r.p != r.end)
		return fail_at(&r, QFS_JSON_SYNTAX, "something follows the value");
	return status;
}

qfs_json_type
qfs_json_type_of(qfs_slice value)
{
	switch (value.data[0])
	{
		case '{':
			return QFS_JSON_OBJECT;
		case '[':
			return QFS_JSON_ARRAY;
		case '"':
			return QFS_JSON_STRING;
		case 't':
		case 'f':
			return QFS_JSON_BOOLEAN;
		case 'n':
			return QFS_JSON_NULL;
		default:
			return QFS_JSON_INTEGER;
	}
}

/* Length of the string that starts at p[0], with both quotes. */
static size_t
string_extent(const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len;
	const uint8_t *quote = p;

	/* From escape to escape, because memchr is faster than a loop can be. */
	for (const uint8_t *at = p + 1; at < end;)
	{
		const uint8_t *escape;

		if (quote < at)
			quote = memchr(at, '"', (size_t) (end - at));
		if (quote == NULL)
			break;
		escape = memchr(at, '\\', (size_t) (quote - at));
		if (escape == NULL)
			return (size_t) (quote - p) + 1;
		at = escape + 2;
	}
	return len;
}

/* Length of the value that starts at p[0]. */
static size_t
value_extent(const uint8_t *p, size_t len)
{
	unsigned	depth = 0;
	size_t		i = 0;

	while (i < len)
	{
		switch (p[i])
		{
			case '"':
				i += string_extent(p + i, len - i);
				break;
			case '{':
			case '[':
				depth++;
				i++;
				break;
			case '}':
			case ']':
				if (depth == 0)
					return i;
				depth--;
				i++;
				break;
			case ',':
				if (depth == 0)
					return i;
				i++;
				break;
			default:
				i++;
				break;
		}
		if (depth == 0 && i < len && (p[i] == ',' || p[i] == '}' || p[i] == ']'))
			return i;
	}
	return len;
}

qfs_json_iter
qfs_json_members(qfs_slice container)
{
	qfs_json_iter iter = {{NULL, 0}, false};
	qfs_json_type type = qfs_json_type_of(container);

	if (type == QFS_JSON_OBJECT || type == QFS_JSON_ARRAY)
	{
		iter.object = type == QFS_JSON_OBJECT;
		iter.rest = (qfs_slice) {container.data + 1, container.len - 2};
	}
	return iter;
}

static void
advance(qfs_slice *s, size_t n)
{
	if (n > s->len)
		n = s->len;
	s->data += n;
	s->len -= n;
}

bool
qfs_json_next(qfs_json_iter *iter, qfs_slice *key, qfs_slice *value)
{
	qfs_slice  *rest = &iter->rest;

	if (rest->len == 0)
		return false;
	*key = (qfs_slice) {NULL, 0};
	if (iter->object)
	{
		*key = (qfs_slice) {rest->data, string_extent(rest->data, rest->len)};
		advance(rest, key->len + 1);
	}
	*value = (qfs_slice) {rest->data, value_extent(rest->data, rest->len)};
	advance(rest, value->len + 1);
	return true;
}

bool
qfs_json_member(qfs_slice object, const char *name, qfs_slice *value)
{
	qfs_json_iter iter = qfs_json_members(object);
	size_t		len = strlen(name);
	qfs_slice	key;

	if (!iter.object)
		return false;
	while (qfs_json_next(&iter, &key, value))
		if (key.len == len + 2 && memcmp(key.data + 1, name, len) == 0)
			return true;
	return false;
}

bool
qfs_json_to_int(qfs_slice value, int64_t *out)
{
	bool		negative = value.len > 0 && value.data[0] == '-';
	int64_t		n = 0;

	if (value.len == 0 || qfs_json_type_of(value) != QFS_JSON_INTEGER)
		return false;
	for (size_t i = negative; i < value.len; i++)
		n = n * 10 + (value.data[i] - '0');
	*out = negative ? -n : n;
	return true;
}

bool
qfs_json_to_plain(qfs_slice value, qfs_slice *out)
{
	if (qfs_json_type_of(value) != QFS_JSON_STRING ||
		memchr(value.data, '\\', value.len) != NULL)
		return false;
	*out = (qfs_slice) {value.data + 1, value.len - 2};
	return true;
}

/*
 * The bytes of one escape, as UTF-8 (every escape stands for one byte), and
 * how many bytes of text it took.
 */
static uint8_t
unescape(const uint8_t *p, size_t *taken)
{
	if (p[1] == 'u')
	{
		*taken = 6;
		return (uint8_t) ((unsigned) hex_digit(p[4]) << 4 | (unsigned) hex_digit(p[5]));
	}
	*taken = 2;
	return (uint8_t) short_escape(p[1]);
}

bool
qfs_json_to_text(qfs_slice value, qfs_buf *out)
{
	if (qfs_json_type_of(value) != QFS_JSON_STRING)
		return false;
	for (size_t i = 1; i < value.len - 1;)
	{
		size_t		taken = 1;
		uint8_t		byte = value.data[i];

		if (byte == '\\')
			byte = unescape(value.data + i, &taken);
		qfs_buf_byte(out, byte);
		i += taken;
	}
	return true;
}

uint64_t
qfs_json_length(qfs_slice value)
{
	qfs_json_iter iter;
	qfs_slice	key;
	qfs_slice	item;
	uint64_t	n = 0;

	if (qfs_json_type_of(value) == QFS_JSON_STRING)
	{
		for (size_t i = 1; i < value.len - 1;)
		{
			size_t		taken = 1;

			if (value.data[i] == '\\')
				unescape(value.data + i, &taken);
			n += (value.data[i] & 0xC0) != 0x80;
			i += taken;
		}
		return n;
	}
	iter = qfs_json_members(value);
	while (qfs_json_next(&iter, &key, &item))
		n++;
	return n;
}

bool
qfs_json_member_hex(qfs_slice object, const char *name, uint8_t *out, size_t len)
{
	qfs_slice	value;
	qfs_slice	digits;

	return qfs_json_member(object, name, &value) &&
		qfs_json_to_plain(value, &digits) &&
		qfs_hex_decode(digits, out, len);
}

/*
 * Takes one character off the front of a name and returns its place in the
 * order of UTF-16: a character above U+FFFF starts with a surrogate, so it
 * sorts between U+D7FF and U+E000.
 */
static uint32_t
next_rank(qfs_slice *name, bool escaped)
{
	const uint8_t *p = name->data;
	size_t		taken = 1;
	uint32_t	c = p[0];

	if (escaped && c == '\\')
		c = unescape(p, &taken);
	else if (c >= 0xF0)
	{
		taken = 4;
		c = (c & 0x07u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
	}
	else if (c >= 0xE0)
	{
		taken = 3;
		c = (c & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
	}
	else if (c >= 0xC0)
	{
		taken = 2;
		c = (c & 0x1Fu) << 6 | (p[1] & 0x3Fu);
	}
	advance(name, taken);

	if (c >= 0x10000)
		return c - 0x10000 + 0xD800;
	if (c >= 0xE000)
		return c + 0x100000;
	return c;
}

int
qfs_json_compare_names(qfs_slice a, qfs_slice b, bool escaped)
{
	while (a.len > 0 && b.len > 0)
	{
		uint32_t	x = next_rank(&a, escaped);
		uint32_t	y = next_rank(&b, escaped);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return (a.len > 0) - (b.len > 0);
}
