/*
 * buf.c - numbers and hexadecimal digits, written and read.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "base/buf.h"

void
qfs_buf_uint(qfs_buf *buf, uint64_t n)
{
	uint8_t		digits[20];
	size_t		at = sizeof(digits);

	for (; n >= 100; n /= 100)
	{
		digits[--at] = (uint8_t) ('0' + n % 10);
		digits[--at] = (uint8_t) ('0' + n % 100 / 10);
	}
	do
		digits[--at] = (uint8_t) ('0' + n % 10);
	while ((n /= 10) != 0);
	qfs_buf_bytes(buf, digits + at, sizeof(digits) - at);
}

void
qfs_buf_int(qfs_buf *buf, int64_t n)
{
	if (n < 0)
		qfs_buf_byte(buf, '-');
	qfs_buf_uint(buf, n < 0 ? 0 - (uint64_t) n : (uint64_t) n);
}

/* Both digits of a byte at once: a head has twelve times 32 of them. */
#define PAIRS(h) h "0" h "1" h "2" h "3" h "4" h "5" h "6" h "7" h "8" h "9" h "a" h "b" h "c" h "d" h "e" h "f"
static const char hex_pairs[] =
	PAIRS("0") PAIRS("1") PAIRS("2") PAIRS("3") PAIRS("4") PAIRS("5") PAIRS("6") PAIRS("7")
	PAIRS("8") PAIRS("9") PAIRS("a") PAIRS("b") PAIRS("c") PAIRS("d") PAIRS("e") PAIRS("f");

void
qfs_buf_hex(qfs_buf *buf, const uint8_t *bytes, size_t len)
{
	uint8_t    *out;

	QFS_ASSERT(qfs_buf_sound(buf));
	QFS_ASSERT(bytes != NULL || len == 0);
	if (buf->overflow || len > (buf->capacity - buf->len) / 2)
	{
		buf->overflow = true;
		return;
	}
	out = buf->data + buf->len;
	for (size_t i = 0; i < len; i++)
		memcpy(out + 2 * i, &hex_pairs[2 * bytes[i]], 2);
	buf->len += 2 * len;
	QFS_ASSERT(qfs_buf_sound(buf));
}

bool
qfs_hex_decode(qfs_slice text, uint8_t *out, size_t len)
{
	QFS_ASSERT(qfs_slice_sound(text));
	if (text.len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++)
	{
		int			high = qfs_hex_value(text.data[2 * i]);
		int			low = qfs_hex_value(text.data[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t) (high << 4 | low);
	}
	return true;
}

bool
qfs_decimal_decode(qfs_slice text, uint64_t *out)
{
	uint64_t	n = 0;

	QFS_ASSERT(qfs_slice_sound(text));
	if (text.len == 0 || text.len > 19 || (text.len > 1 && text.data[0] == '0'))
		return false;
	for (size_t i = 0; i < text.len; i++)
	{
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		n = n * 10 + (uint64_t) (text.data[i] - '0');
	}
	if (n > INT64_MAX)
		return false;
	*out = n;
	return true;
}
