/*
 * json_view.c - canonical JSON: views into checked text.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "text/json.h"

#include "base/assert.h"
#include "text/base64.h"
#include "text/json_string.h"

qfs_json_type
qfs_json_type_of(qfs_slice value)
{
	QFS_ASSERT(qfs_json_is_whole(value));
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

unsigned
qfs_json_depth(qfs_slice value)
{
	unsigned	depth = 0;
	unsigned	deepest = 0;
	size_t		i = 0;

	while (i < value.len)
	{
		uint8_t		c = value.data[i];

		if (c == '"')
		{
			i += string_extent(value.data + i, value.len - i);
			continue;
		}
		if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
		if (depth > deepest)
			deepest = depth;
		i++;
	}
	return deepest;
}

qfs_json_iter
qfs_json_members(qfs_slice container)
{
	qfs_json_iter iter = {{NULL, 0}, false};
	qfs_json_type type = container.len > 0 ? qfs_json_type_of(container) : QFS_JSON_NULL;

	if (type == QFS_JSON_OBJECT || type == QFS_JSON_ARRAY)
	{
		iter.object = type == QFS_JSON_OBJECT;
		iter.rest = (qfs_slice) {container.data + 1, container.len - 2};
	}
	return iter;
}

bool
qfs_json_next(qfs_json_iter *iter, qfs_slice *key, qfs_slice *value)
{
	qfs_slice  *rest = &iter->rest;

	QFS_ASSERT(qfs_slice_sound(*rest));
	if (rest->len == 0)
		return false;
	*key = (qfs_slice) {NULL, 0};
	if (iter->object)
	{
		*key = (qfs_slice) {rest->data, string_extent(rest->data, rest->len)};
		QFS_ASSERT(qfs_json_is_whole(*key) && key->data[0] == '"');
		QFS_ASSERT(key->len < rest->len && rest->data[key->len] == ':');
		qfs_slice_skip(rest, key->len + 1);
	}
	*value = (qfs_slice) {rest->data, value_extent(rest->data, rest->len)};
	QFS_ASSERT(qfs_json_is_whole(*value));
	QFS_ASSERT(value->len == rest->len || rest->data[value->len] == ',');
	qfs_slice_skip(rest, value->len + 1);
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
	{
		QFS_ASSERT(n <= (INT64_MAX - (value.data[i] - '0')) / 10);
		n = n * 10 + (value.data[i] - '0');
	}
	*out = negative ? -n : n;
	return true;
}

qfs_slice
qfs_json_member_or(qfs_slice object, const char *name, qfs_slice otherwise)
{
	qfs_slice	value;

	return qfs_json_member(object, name, &value) ? value : otherwise;
}

int64_t
qfs_json_int_or(qfs_slice value, int64_t otherwise)
{
	int64_t		n;

	return qfs_json_to_int(value, &n) ? n : otherwise;
}

bool
qfs_json_member_count(qfs_slice object, const char *name, int64_t *out)
{
	qfs_slice	value;

	return qfs_json_member(object, name, &value) && qfs_json_to_int(value, out) && *out >= 0;
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
			byte = qfs_json_unescape(value.data + i, &taken);
		qfs_buf_byte(out, byte);
		i += taken;
		QFS_ASSERT(i < value.len);
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
				qfs_json_unescape(value.data + i, &taken);
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

bool
qfs_json_member_base64url(qfs_slice object, const char *name, uint8_t *out, size_t len)
{
	qfs_slice	value;
	qfs_slice	text;

	return qfs_json_member(object, name, &value) &&
		qfs_json_to_plain(value, &text) &&
		qfs_base64url_read(text, out, len);
}
