/*
 * json_read.c - canonical JSON: the strict reader.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Source: RFC 8785, sections 3.2.2 and 3.2.3.
 */
#include "text/json.h"

#include "base/assert.h"
#include "base/status.h"
#include "text/json_string.h"
#include "text/utf8.h"

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

/* A backslash and what follows; only the one canonical spelling passes. */
static qfs_status
check_escape(reader *r)
{
	int			high;
	int			low;
	int			value;

	if (r->end - r->p < 2)
		return fail_at(r, QFS_JSON_SYNTAX, "the string does not end");
	if (qfs_json_short_escape(r->p[1]) >= 0)
	{
		r->p += 2;
		return QFS_OK;
	}
	if (r->p[1] != 'u' || r->end - r->p < 6)
		return fail_at(r, QFS_JSON_SYNTAX, "unknown escape");

	high = qfs_hex_value(r->p[4]);
	low = qfs_hex_value(r->p[5]);
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
	QFS_ASSERT(*r->p == '"');
	r->p++;
	while (r->p < r->end && *r->p != '"')
	{
		unsigned	len = *r->p < 0x80 ? 1 : qfs_utf8_length(r->p, r->end);

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

	QFS_ASSERT(depth <= QFS_JSON_DEPTH_MAX);
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
	QFS_ASSERT(r->p <= r->end);
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

	QFS_ASSERT(qfs_slice_sound(text));
	if (status == QFS_OK && r.p != r.end)
		return fail_at(&r, QFS_JSON_SYNTAX, "something follows the value");
	/* What every view relies on. */
	QFS_ASSERT(status != QFS_OK || qfs_json_is_whole(text));
	return status;
}
