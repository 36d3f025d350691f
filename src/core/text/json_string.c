/*
 * json_string.c - canonical JSON: escapes, and the order of names.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Source: RFC 8785, sections 3.2.2.2 and 3.2.3.
 */
#include "text/json_string.h"

#include "base/assert.h"
#include "text/json.h"

int
qfs_json_short_escape(uint8_t c)
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

uint8_t
qfs_json_unescape(const uint8_t *p, size_t *taken)
{
	QFS_ASSERT(p[0] == '\\');
	if (p[1] == 'u')
	{
		QFS_ASSERT(qfs_hex_value(p[4]) >= 0 && qfs_hex_value(p[5]) >= 0);
		*taken = 6;
		return (uint8_t) ((unsigned) qfs_hex_value(p[4]) << 4 | (unsigned) qfs_hex_value(p[5]));
	}
	QFS_ASSERT(qfs_json_short_escape(p[1]) >= 0);
	*taken = 2;
	return (uint8_t) qfs_json_short_escape(p[1]);
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
		c = qfs_json_unescape(p, &taken);
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
	QFS_ASSERT(taken <= name->len);
	qfs_slice_skip(name, taken);

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
