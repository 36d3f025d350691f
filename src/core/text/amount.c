/*
 * amount.c - exact quantities: unsigned 128-bit integers at scale 10^18.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "text/amount.h"

#include "base/assert.h"
#include "base/status.h"

#define AMOUNT_MAX (~(qfs_amount) 0)

static qfs_status
overflow(qfs_error *err)
{
	return qfs_fail(err, QFS_AMOUNT_OVERFLOW, "the largest is 340282366920938463463.374607431768211455");
}

/* ---- text ---- */

/* a * 10 + digit, if it fits. */
static bool
append_digit(qfs_amount *a, unsigned digit)
{
	if (*a > AMOUNT_MAX / 10 || (*a == AMOUNT_MAX / 10 && digit > AMOUNT_MAX % 10))
		return false;
	*a = *a * 10 + digit;
	return true;
}

qfs_status
qfs_amount_parse(qfs_slice text, qfs_amount *out, qfs_error *err)
{
	qfs_amount	a = 0;
	bool		point = false;
	unsigned	before = 0;
	unsigned	after = 0;

	for (size_t i = 0; i < text.len; i++)
	{
		uint8_t		c = text.data[i];

		if (c == '.' && !point && before > 0)
		{
			point = true;
			continue;
		}
		if (c < '0' || c > '9' || (point && after == QFS_AMOUNT_DIGITS))
			return qfs_fail(err, QFS_AMOUNT_SYNTAX, "\"%v\"", text);
		if (!append_digit(&a, (unsigned) (c - '0')))
			return overflow(err);
		if (point)
			after++;
		else
			before++;
	}
	if (before == 0 || (point && after == 0))
		return qfs_fail(err, QFS_AMOUNT_SYNTAX, "\"%v\"", text);
	for (; after < QFS_AMOUNT_DIGITS; after++)
		if (!append_digit(&a, 0))
			return overflow(err);
	*out = a;
	return QFS_OK;
}

void
qfs_amount_write(qfs_buf *out, qfs_amount a)
{
	uint8_t		digits[QFS_AMOUNT_TEXT];
	size_t		at = sizeof(digits);
	qfs_uint128 rest = a;

	for (int i = 0; i < QFS_AMOUNT_DIGITS; i++)
		digits[--at] = (uint8_t) ('0' + qfs_divide_small(&rest, 10));
	digits[--at] = '.';
	do
	{
		QFS_ASSERT(at > 0);
		digits[--at] = (uint8_t) ('0' + qfs_divide_small(&rest, 10));
	}
	while (rest != 0);
	qfs_buf_bytes(out, digits + at, sizeof(digits) - at);
}

void
qfs_json_put_amount(qfs_json_writer *w, qfs_amount a)
{
	uint8_t		text[QFS_AMOUNT_TEXT];
	qfs_buf		buf;

	qfs_buf_init(&buf, text, sizeof(text));
	qfs_amount_write(&buf, a);
	QFS_ASSERT(!buf.overflow);
	qfs_json_put_text(w, qfs_buf_slice(&buf));
}

/* ---- arithmetic ---- */

qfs_status
qfs_amount_add(qfs_amount a, qfs_amount b, qfs_amount *out, qfs_error *err)
{
	if (a > AMOUNT_MAX - b)
		return overflow(err);
	*out = a + b;
	return QFS_OK;
}

qfs_status
qfs_amount_sub(qfs_amount a, qfs_amount b, qfs_amount *out, qfs_error *err)
{
	if (a < b)
		return qfs_fail(err, QFS_AMOUNT_UNDERFLOW, "less is there than is taken away");
	*out = a - b;
	return QFS_OK;
}

/* 256 bits, the high half first. */
typedef struct wide
{
	qfs_amount	high;
	qfs_amount	low;
} wide;

static wide
multiply(qfs_amount a, qfs_amount b)
{
	const qfs_amount mask = UINT64_MAX;
	qfs_amount	a0 = a & mask;
	qfs_amount	a1 = a >> 64;
	qfs_amount	b0 = b & mask;
	qfs_amount	b1 = b >> 64;
	qfs_amount	low = a0 * b0;
	qfs_amount	middle = a1 * b0 + (low >> 64);
	qfs_amount	carry = a0 * b1 + (middle & mask);

	return (wide) {
		.high = a1 * b1 + (middle >> 64) + (carry >> 64),
		.low = carry << 64 | (low & mask)
	};
}

/*
 * Long division, a bit at a time.
 * divisor: not zero
 * Returns false if the quotient has more than 128 bits.
 */
static bool
divide(wide n, qfs_amount divisor, qfs_amount *quotient)
{
	qfs_amount	remainder = n.high;

	QFS_ASSERT(divisor != 0);
	if (n.high >= divisor)
		return false;
	*quotient = 0;
	for (int i = 127; i >= 0; i--)
	{
		bool		top = remainder >> 127;

		remainder = remainder << 1 | (n.low >> i & 1);
		*quotient <<= 1;
		if (top || remainder >= divisor)
		{
			remainder -= divisor;
			*quotient |= 1;
		}
		QFS_ASSERT(remainder < divisor);
	}
	return true;
}

qfs_status
qfs_amount_mul(qfs_amount a, qfs_amount b, qfs_amount *out, qfs_error *err)
{
	return divide(multiply(a, b), QFS_AMOUNT_ONE, out) ? QFS_OK : overflow(err);
}

qfs_status
qfs_amount_div(qfs_amount a, qfs_amount b, qfs_amount *out, qfs_error *err)
{
	if (b == 0)
		return qfs_fail(err, QFS_AMOUNT_DIVISION, "");
	return divide(multiply(a, QFS_AMOUNT_ONE), b, out) ? QFS_OK : overflow(err);
}
