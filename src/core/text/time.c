/*
 * time.c - RFC 3339 times and milliseconds since 1970, in whole numbers.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * No library call: those that exist ask the locale or a time-zone file.  The
 * calendar is the Gregorian one, carried back to year 0 as RFC 3339 does.
 */
#include "text/time.h"

#include "base/assert.h"
#include "base/status.h"

#define DAY_SECONDS 86400

/* Days from 0000-01-01 to 1970-01-01. */
#define EPOCH_DAYS 719528

/* Days before each month of a year that is not a leap year. */
static const int16_t month_start[] = {
	0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365
};
_Static_assert(QFS_ROWS(month_start) == 12 + 1, "a row for each month, and the end of the year");

/* The shortest form: 2026-01-31T12:00:00Z; what follows the seconds varies. */
#define TIME_MIN 20
#define FRACTION_AT 19

static bool
is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 1970-01-01 to the first day of a month, 1 to 12, of a year >= 0. */
static int64_t
days_to(int64_t year, int month)
{
	int64_t		leaps = (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;

	QFS_ASSERT(year >= 0 && month >= 1 && month <= 12);
	return 365 * year + leaps + month_start[month - 1] + (month > 2 && is_leap(year)) - EPOCH_DAYS;
}

static int
days_in(int64_t year, int month)
{
	QFS_ASSERT(month >= 1 && month <= 12);
	return month_start[month] - month_start[month - 1] + (month == 2 && is_leap(year));
}

/* `digits` digits at p, or -1. */
static int
read_number(const uint8_t *p, int digits)
{
	int			n = 0;

	for (int i = 0; i < digits; i++)
	{
		if (p[i] < '0' || p[i] > '9')
			return -1;
		n = n * 10 + (p[i] - '0');
	}
	return n;
}

static qfs_status
fail(qfs_slice text, const char *why, qfs_error *err)
{
	return qfs_fail(err, QFS_TIME_SYNTAX, "\"%v\": %s", text, why);
}

/* ---- reading ---- */

typedef struct parts
{
	int			year;
	int			month;
	int			day;
	int			hour;
	int			minute;
	int			second;			/* 60: a leap second */
	int			milliseconds;
	int			offset;			/* of the local time from UTC, in minutes */
} parts;

/* NULL, or what is wrong with the date. */
static const char *
read_date(const uint8_t *p, parts *out)
{
	out->year = read_number(p, 4);
	out->month = read_number(p + 5, 2);
	out->day = read_number(p + 8, 2);
	if (out->year < 0 || p[4] != '-' || out->month < 0 || p[7] != '-' || out->day < 0)
		return "the date is not written YYYY-MM-DD";
	if (out->month < 1 || out->month > 12)
		return "there is no such month";
	if (out->day < 1 || out->day > days_in(out->year, out->month))
		return "the month has no such day";
	return NULL;
}

static const char *
read_clock(const uint8_t *p, parts *out)
{
	out->hour = read_number(p, 2);
	out->minute = read_number(p + 3, 2);
	out->second = read_number(p + 6, 2);
	if (out->hour < 0 || p[2] != ':' || out->minute < 0 || p[5] != ':' || out->second < 0)
		return "the time of day is not written HH:MM:SS";
	if (out->hour > 23 || out->minute > 59 || out->second > 60)
		return "there is no such time of day";
	return NULL;
}

/* ".5" is 500; moves *at to what follows. */
static const char *
read_fraction(qfs_slice text, size_t *at, parts *out)
{
	int			unit = 100;
	size_t		start;

	out->milliseconds = 0;
	if (text.data[*at] != '.')
		return NULL;
	start = ++*at;
	for (; *at < text.len && text.data[*at] >= '0' && text.data[*at] <= '9'; ++*at)
	{
		out->milliseconds += unit * (text.data[*at] - '0');
		unit /= 10;
	}
	return *at > start ? NULL : "no digit follows the decimal point";
}

/* -00:00 is UTC as well: the time is known, the place is not. */
static const char *
read_offset(qfs_slice rest, parts *out)
{
	int			hours;
	int			minutes;

	out->offset = 0;
	if (rest.len == 1 && (rest.data[0] == 'Z' || rest.data[0] == 'z'))
		return NULL;
	if (rest.len != 6 || (rest.data[0] != '+' && rest.data[0] != '-') || rest.data[3] != ':')
		return "the offset is neither Z nor +HH:MM";
	hours = read_number(rest.data + 1, 2);
	minutes = read_number(rest.data + 4, 2);
	if (hours < 0 || minutes < 0)
		return "the offset is neither Z nor +HH:MM";
	if (hours > 23 || minutes > 59)
		return "there is no such offset";
	out->offset = rest.data[0] == '-' ? -(hours * 60 + minutes) : hours * 60 + minutes;
	return NULL;
}

static const char *
read_parts(qfs_slice text, parts *out)
{
	size_t		at = FRACTION_AT;
	const char *why;

	if (text.len < TIME_MIN)
		return "it is too short";
	if (text.data[10] != 'T' && text.data[10] != 't')
		return "no T stands between date and time";
	why = read_date(text.data, out);
	if (why == NULL)
		why = read_clock(text.data + 11, out);
	if (why == NULL)
		why = read_fraction(text, &at, out);
	if (why == NULL)
		why = read_offset((qfs_slice) {text.data + at, text.len - at}, out);
	return why;
}

/*
 * `seconds` is the second after the leap second.  A month begins there, the
 * local month or the one after it: an offset moves the day by one at most.
 * Source: RFC 3339, 5.7.
 */
static bool
ends_month(const parts *time, int64_t seconds)
{
	return seconds == DAY_SECONDS * days_to(time->year, time->month) ||
		seconds == DAY_SECONDS * (days_to(time->year, time->month) +
								  days_in(time->year, time->month));
}

qfs_status
qfs_time_parse(qfs_slice text, int64_t *out, qfs_error *err)
{
	parts		time;
	const char *why = read_parts(text, &time);
	int64_t		seconds;

	if (why != NULL)
		return fail(text, why, err);
	seconds = DAY_SECONDS * (days_to(time.year, time.month) + time.day - 1) +
		3600 * time.hour + 60 * (time.minute - time.offset) + time.second;
	if (time.second == 60 && !ends_month(&time, seconds))
		return fail(text, "there is no leap second", err);
	*out = 1000 * seconds + time.milliseconds;
	return QFS_OK;
}

/* ---- writing ---- */

static void
write_digits(qfs_buf *out, int64_t n, int digits)
{
	uint8_t		text[4];

	QFS_ASSERT(n >= 0 && digits > 0 && (size_t) digits <= sizeof(text));
	for (int i = digits; i > 0; n /= 10)
		text[--i] = (uint8_t) ('0' + n % 10);
	QFS_ASSERT(n == 0);
	qfs_buf_bytes(out, text, (size_t) digits);
}

/* days: since 1970, within years 0 to 9999 */
static void
write_date(qfs_buf *out, int64_t days)
{
	int64_t		year = (days + EPOCH_DAYS) / 366;	/* too early, by 21 at most */
	int			month = 1;

	while (days_to(year + 1, 1) <= days)
		year++;
	while (month < 12 && days_to(year, month + 1) <= days)
		month++;
	write_digits(out, year, 4);
	qfs_buf_byte(out, '-');
	write_digits(out, month, 2);
	qfs_buf_byte(out, '-');
	write_digits(out, days - days_to(year, month) + 1, 2);
}

qfs_status
qfs_time_write(int64_t at, qfs_buf *out, qfs_error *err)
{
	const int64_t day = INT64_C(1000) * DAY_SECONDS;
	int64_t		first = day * days_to(0, 1);
	int64_t		ms;

	if (at < first || at >= day * days_to(10000, 1))
		return qfs_fail(err, QFS_TIME_SYNTAX, "%i ms are outside of years 0 to 9999", at);
	ms = (at - first) % day;
	write_date(out, (at - ms) / day);
	qfs_buf_byte(out, 'T');
	write_digits(out, ms / 3600000, 2);
	qfs_buf_byte(out, ':');
	write_digits(out, ms / 60000 % 60, 2);
	qfs_buf_byte(out, ':');
	write_digits(out, ms / 1000 % 60, 2);
	qfs_buf_byte(out, '.');
	write_digits(out, ms % 1000, 3);
	qfs_buf_byte(out, 'Z');
	return QFS_OK;
}
