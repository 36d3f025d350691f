/*
 * amount.h - exact quantities: unsigned 128-bit integers at scale 10^18.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Everything rounds down.  What does not fit is an error, never a wrap.
 */
#ifndef QFS_AMOUNT_H
#define QFS_AMOUNT_H

#include "base/assert.h"
#include "base/buf.h"
#include "text/json.h"

typedef qfs_uint128 qfs_amount;

/* 1, and the digits after the point. */
#define QFS_AMOUNT_DIGITS 18
#define QFS_AMOUNT_ONE ((qfs_amount) UINT64_C(1000000000000000000))

/* Longest text: 21 digits, a point and 18 digits. */
#define QFS_AMOUNT_TEXT 40

/*
 * Divides by a small number, which is not zero, and returns the remainder:
 * long division in digits of 32 bits, which needs no help of the compiler's
 * library, and so is the same code everywhere.
 */
static inline uint32_t
qfs_divide_small(qfs_uint128 *n, uint32_t divisor)
{
	qfs_uint128 quotient = 0;
	uint64_t	rest = 0;

	QFS_ASSERT(divisor != 0);
	for (int shift = 96; shift >= 0; shift -= 32)
	{
		rest = rest << 32 | (uint32_t) (*n >> shift);
		quotient = quotient << 32 | rest / divisor;
		rest %= divisor;
	}
	*n = quotient;
	QFS_ASSERT(rest < divisor);
	return (uint32_t) rest;
}

/* Whole units. */
static inline qfs_amount
qfs_amount_of(uint64_t n)
{
	return (qfs_amount) n * QFS_AMOUNT_ONE;
}

/*
 * Reads decimal digits with at most 18 after a point: "12", "0.5".
 * Errors: AMOUNT_SYNTAX, AMOUNT_OVERFLOW.
 */
extern qfs_status qfs_amount_parse(qfs_slice text, qfs_amount *out, qfs_error *err);

/* Writes exactly 18 digits after the point. */
extern void qfs_amount_write(qfs_buf *out, qfs_amount a);

/* The same as a JSON string. */
extern void qfs_json_put_amount(qfs_json_writer *w, qfs_amount a);

/* Errors: AMOUNT_OVERFLOW. */
extern qfs_status qfs_amount_add(qfs_amount a, qfs_amount b, qfs_amount *out, qfs_error *err);

/* Errors: AMOUNT_UNDERFLOW below zero. */
extern qfs_status qfs_amount_sub(qfs_amount a, qfs_amount b, qfs_amount *out, qfs_error *err);

/* floor(a * b / 10^18).  Errors: AMOUNT_OVERFLOW. */
extern qfs_status qfs_amount_mul(qfs_amount a, qfs_amount b, qfs_amount *out, qfs_error *err);

/* floor(a * 10^18 / b).  Errors: AMOUNT_DIVISION by zero, AMOUNT_OVERFLOW. */
extern qfs_status qfs_amount_div(qfs_amount a, qfs_amount b, qfs_amount *out, qfs_error *err);

#endif
