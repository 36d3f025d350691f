/*
 * utf8.c - is it UTF-8 (RFC 3629)?
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "text/utf8.h"

#include "base/assert.h"
#include "base/buf.h"

unsigned
qfs_utf8_length(const uint8_t *p, const uint8_t *end)
{
	size_t		left = (size_t) (end - p);
	uint8_t		low = 0x80;
	uint8_t		high = 0xBF;
	unsigned	len;

	QFS_ASSERT(p < end);
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

	QFS_ASSERT(qfs_slice_sound(text));
	while (i < text.len)
	{
		unsigned	len = qfs_utf8_length(text.data + i, text.data + text.len);

		if (len == 0)
			return false;
		i += len;
	}
	QFS_ASSERT(i == text.len);
	return true;
}
