/*
 * test_amount.c - exact quantities, against arithmetic in decimal digits.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include "text/amount.h"

#define MAX_TEXT "340282366920938463463.374607431768211455"
#define AMOUNT_MAX (~(qfs_amount) 0)

static qfs_amount
amount(const char *text)
{
	qfs_amount	a = 0;

	CHECK_STATUS(qfs_amount_parse(qfs_slice_of(text), &a, NULL), QFS_OK);
	return a;
}

static void
check_amount(qfs_amount got, const char *want)
{
	uint8_t		memory[QFS_AMOUNT_TEXT];
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_amount_write(&buf, got);
	CHECK_TEXT(qfs_buf_slice(&buf), want);
}

/* ---- text ---- */

static void
read_and_written(void)
{
	static const struct
	{
		const char *text;
		const char *written;
	}			rows[] = {
		{"0", "0.000000000000000000"},
		{"0.0", "0.000000000000000000"},
		{"0.000000000000000001", "0.000000000000000001"},
		{"1", "1.000000000000000000"},
		{"007", "7.000000000000000000"},
		{"0.5", "0.500000000000000000"},
		{"12.345", "12.345000000000000000"},
		{"999999999999999999.999999999999999999", "999999999999999999.999999999999999999"},
		{"18446744073709551615", "18446744073709551615.000000000000000000"},
		{"340282366920938463463", "340282366920938463463.000000000000000000"},
		{"340282366920938463463.3", "340282366920938463463.300000000000000000"},
		{MAX_TEXT, MAX_TEXT},
		{"0000000000000000000000000000000000000000001.5", "1.500000000000000000"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].text);
		check_amount(amount(rows[i].text), rows[i].written);
		CHECK(amount(rows[i].written) == amount(rows[i].text));
	}
	CHECK(amount(MAX_TEXT) == AMOUNT_MAX);
	CHECK(amount("0.000000000000000001") == 1);
	CHECK(amount("1") == QFS_AMOUNT_ONE);
	CHECK(amount("18446744073709551615") == qfs_amount_of(UINT64_MAX));
}

static void
not_read(void)
{
	static const struct
	{
		const char *text;
		qfs_status	status;
	}			rows[] = {
		{"", QFS_AMOUNT_SYNTAX}, {".", QFS_AMOUNT_SYNTAX}, {".5", QFS_AMOUNT_SYNTAX},
		{"5.", QFS_AMOUNT_SYNTAX}, {"1.2.3", QFS_AMOUNT_SYNTAX}, {"1..2", QFS_AMOUNT_SYNTAX},
		{"-1", QFS_AMOUNT_SYNTAX}, {"+1", QFS_AMOUNT_SYNTAX}, {" 1", QFS_AMOUNT_SYNTAX},
		{"1 ", QFS_AMOUNT_SYNTAX}, {"1e3", QFS_AMOUNT_SYNTAX}, {"1,5", QFS_AMOUNT_SYNTAX},
		{"0x1", QFS_AMOUNT_SYNTAX}, {"1/", QFS_AMOUNT_SYNTAX}, {"1:", QFS_AMOUNT_SYNTAX},
		{"NaN", QFS_AMOUNT_SYNTAX}, {"\xD9\xA1", QFS_AMOUNT_SYNTAX},
		{"0.0000000000000000001", QFS_AMOUNT_SYNTAX},
		{"0.0000000000000000000", QFS_AMOUNT_SYNTAX},
		{"340282366920938463463.374607431768211456", QFS_AMOUNT_OVERFLOW},
		{"340282366920938463463.4", QFS_AMOUNT_OVERFLOW},
		{"340282366920938463464", QFS_AMOUNT_OVERFLOW},
		{"1000000000000000000000", QFS_AMOUNT_OVERFLOW},
		{"340282366920938463463374607431768211455", QFS_AMOUNT_OVERFLOW},
		{"340282366920938463463374607431768211456", QFS_AMOUNT_OVERFLOW},
		{"99999999999999999999999999999999999999999999999999", QFS_AMOUNT_OVERFLOW},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_amount	a = 77;

		unit_row("%s", rows[i].text);
		CHECK_STATUS(qfs_amount_parse(qfs_slice_of(rows[i].text), &a, NULL), rows[i].status);
		CHECK(a == 77);
	}
}

static void
as_json(void)
{
	uint8_t		memory[64];
	qfs_json_writer w;
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_json_begin(&w, &buf);
	qfs_json_put_amount(&w, AMOUNT_MAX);
	CHECK_STATUS(qfs_json_end(&w, NULL), QFS_OK);
	CHECK_TEXT(qfs_buf_slice(&buf), "\"" MAX_TEXT "\"");
}

/* ---- arithmetic, naively: numbers of 80 decimal digits, the lowest first ---- */

#define DIGITS 80

typedef struct decimal
{
	uint8_t		digit[DIGITS];
} decimal;

static decimal
decimal_of(qfs_amount a)
{
	decimal		d = {{0}};

	/* Bit by bit, since a 32-bit target cannot divide so large a number. */
	for (int bit = 127; bit >= 0; bit--)
	{
		unsigned	carry = (unsigned) (a >> bit & 1);

		for (int i = 0; i < DIGITS; i++)
		{
			carry += 2u * d.digit[i];
			d.digit[i] = (uint8_t) (carry % 10);
			carry /= 10;
		}
	}
	return d;
}

static decimal
decimal_product(const decimal *a, const decimal *b)
{
	unsigned	sum[2 * DIGITS] = {0};
	decimal		d;

	for (int i = 0; i < DIGITS; i++)
		for (int j = 0; j < DIGITS; j++)
			sum[i + j] += (unsigned) a->digit[i] * b->digit[j];
	for (int i = 0; i < 2 * DIGITS - 1; i++)
	{
		sum[i + 1] += sum[i] / 10;
		sum[i] %= 10;
	}
	for (int i = 0; i < DIGITS; i++)
		d.digit[i] = (uint8_t) sum[i];
	return d;
}

static int
decimal_compare(const decimal *a, const decimal *b)
{
	for (int i = DIGITS - 1; i >= 0; i--)
		if (a->digit[i] != b->digit[i])
			return a->digit[i] < b->digit[i] ? -1 : 1;
	return 0;
}

/* Moves the point by 18 digits: up cuts off what is below one. */
static decimal
decimal_scaled(const decimal *a, bool up)
{
	decimal		d = {{0}};

	for (int i = 0; i + 18 < DIGITS; i++)
		d.digit[up ? i + 18 : i] = a->digit[up ? i : i + 18];
	return d;
}

static decimal
decimal_plus_one(decimal d)
{
	int			i = 0;

	while (d.digit[i] == 9)
		d.digit[i++] = 0;
	d.digit[i]++;
	return d;
}

/* floor(a * b / 10^18), digit by digit. */
static void
check_product(qfs_amount a, qfs_amount b)
{
	decimal		x = decimal_of(a);
	decimal		y = decimal_of(b);
	decimal		max = decimal_of(AMOUNT_MAX);
	decimal		product = decimal_product(&x, &y);
	decimal		want = decimal_scaled(&product, false);
	bool		fits = decimal_compare(&want, &max) <= 0;
	qfs_amount	got = 77;
	decimal		digits;

	CHECK_STATUS(qfs_amount_mul(a, b, &got, NULL), fits ? QFS_OK : QFS_AMOUNT_OVERFLOW);
	digits = decimal_of(got);
	CHECK(fits ? decimal_compare(&digits, &want) == 0 : got == 77);
}

/* q = floor(a * 10^18 / b) is the one with q * b <= a * 10^18 < (q + 1) * b. */
static void
check_quotient(qfs_amount a, qfs_amount b)
{
	decimal		x = decimal_of(a);
	decimal		y = decimal_of(b);
	decimal		max = decimal_of(AMOUNT_MAX);
	decimal		dividend = decimal_scaled(&x, true);
	decimal		limit = decimal_plus_one(max);
	decimal		product = decimal_product(&limit, &y);
	bool		fits = decimal_compare(&dividend, &product) < 0;
	qfs_amount	got = 77;
	decimal		q;
	decimal		next;

	CHECK_STATUS(qfs_amount_div(a, b, &got, NULL), fits ? QFS_OK : QFS_AMOUNT_OVERFLOW);
	if (!fits)
	{
		CHECK(got == 77);
		return;
	}
	q = decimal_of(got);
	next = decimal_plus_one(q);
	product = decimal_product(&q, &y);
	CHECK(decimal_compare(&product, &dividend) <= 0);
	product = decimal_product(&next, &y);
	CHECK(decimal_compare(&product, &dividend) > 0);
}

static void
check_sum(qfs_amount a, qfs_amount b)
{
	qfs_amount	got = 77;

	/* The wrapped sum is smaller than each part exactly if it wrapped. */
	bool		fits = (qfs_amount) (a + b) >= a;

	CHECK_STATUS(qfs_amount_add(a, b, &got, NULL), fits ? QFS_OK : QFS_AMOUNT_OVERFLOW);
	CHECK(got == (fits ? a + b : 77));
	got = 77;
	CHECK_STATUS(qfs_amount_sub(a, b, &got, NULL), a >= b ? QFS_OK : QFS_AMOUNT_UNDERFLOW);
	CHECK(got == (a >= b ? a - b : 77));
}

static void
check_pair(qfs_amount a, qfs_amount b)
{
	check_sum(a, b);
	check_product(a, b);
	if (b != 0)
		check_quotient(a, b);
}

/* Every pair of the numbers around which carries and limits lie. */
static void
corners(void)
{
	qfs_amount	list[64];
	size_t		count = 0;
	qfs_amount	bases[] = {1, QFS_AMOUNT_ONE, (qfs_amount) 1 << 63, (qfs_amount) 1 << 64,
		(qfs_amount) 1 << 94, (qfs_amount) 1 << 127, AMOUNT_MAX / QFS_AMOUNT_ONE,
	AMOUNT_MAX / 2, AMOUNT_MAX - 1, qfs_amount_of(UINT64_MAX)};

	for (size_t i = 0; i < ROWS(bases); i++)
		for (int by = -1; by <= 1; by++)
			list[count++] = bases[i] + (qfs_amount) by;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++)
		{
			unit_row("corners %zu and %zu", i, j);
			check_pair(list[i], list[j]);
		}
}

static uint64_t
next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Of every size: a shift by 0 to 127 bits comes first. */
static qfs_amount
random_amount(uint64_t *state)
{
	qfs_amount	a = (qfs_amount) next_random(state) << 64 | next_random(state);

	return a >> next_random(state) % 128;
}

static void
random_pairs(void)
{
	uint64_t	state = UINT64_C(88172645463325252);

	for (int i = 0; i < 4000; i++)
	{
		qfs_amount	a = random_amount(&state);
		qfs_amount	b = random_amount(&state);

		unit_row("pair %d", i);
		check_pair(a, b);
	}
}

static void
known_results(void)
{
	qfs_amount	out;

	CHECK_STATUS(qfs_amount_mul(amount("1.5"), amount("2.5"), &out, NULL), QFS_OK);
	check_amount(out, "3.750000000000000000");
	CHECK_STATUS(qfs_amount_div(amount("1"), amount("3"), &out, NULL), QFS_OK);
	check_amount(out, "0.333333333333333333");
	CHECK_STATUS(qfs_amount_div(amount("2"), amount("3"), &out, NULL), QFS_OK);
	check_amount(out, "0.666666666666666666");
	/* What is less than a unit of the last place is nothing. */
	CHECK_STATUS(qfs_amount_mul(1, QFS_AMOUNT_ONE - 1, &out, NULL), QFS_OK);
	check_amount(out, "0.000000000000000000");
	CHECK_STATUS(qfs_amount_div(AMOUNT_MAX, QFS_AMOUNT_ONE, &out, NULL), QFS_OK);
	check_amount(out, MAX_TEXT);
	out = 77;
	CHECK_STATUS(qfs_amount_div(1, 0, &out, NULL), QFS_AMOUNT_DIVISION);
	CHECK_STATUS(qfs_amount_div(0, 0, &out, NULL), QFS_AMOUNT_DIVISION);
	CHECK(out == 77);
}

static const unit_case cases[] = {
	CASE(read_and_written),
	CASE(not_read),
	CASE(as_json),
	CASE(known_results),
	CASE(corners),
	CASE(random_pairs),
	NO_MORE_CASES
};

const unit_suite suite_amount = {"amount", cases};
