/*
 * test_time.c - times of RFC 3339.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "text/time.h"

static void
times(void)
{
	static const struct
	{
		const char *text;
		int64_t		at;
	}			rows[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"1970-01-01T00:00:00.001Z", 1},
		{"1969-12-31T23:59:59.999Z", -1},
		{"2001-09-09T01:46:40Z", INT64_C(1000000000000)},
		{"0000-01-01T00:00:00Z", INT64_C(-62167219200000)},
		{"9999-12-31T23:59:59.999Z", INT64_C(253402300799999)},
		{"2000-02-29T12:00:00Z", INT64_C(951825600000)},
		/* RFC 3339, 5.8 */
		{"1985-04-12T23:20:50.52Z", INT64_C(482196050520)},
		{"1996-12-19T16:39:57-08:00", INT64_C(851042397000)},
		{"1990-12-31T23:59:60Z", INT64_C(662688000000)},
		{"1990-12-31T15:59:60-08:00", INT64_C(662688000000)},
		{"1937-01-01T12:00:27.87+00:20", INT64_C(-1041337172130)},
		/* letters of either case, offsets of either sign */
		{"2021-09-30t16:25:24z", INT64_C(1633019124000)},
		{"2021-09-30T16:25:24-00:00", INT64_C(1633019124000)},
		{"2021-09-30T16:25:24+00:00", INT64_C(1633019124000)},
		{"2021-10-01T16:24:24+23:59", INT64_C(1633019124000)},
		{"2021-09-29T16:26:24-23:59", INT64_C(1633019124000)},
		{"0000-01-01T00:00:00+23:59", INT64_C(-62167305540000)},
		{"9999-12-31T23:59:59-23:59", INT64_C(253402387139000)},
		/* fractions are cut off, not rounded */
		{"1970-01-01T00:00:00.9Z", 900},
		{"1970-01-01T00:00:00.0009999Z", 0},
		{"1970-01-01T00:00:00.123456789012345678901234567890Z", 123},
		{"1969-12-31T23:59:59.9999Z", -1},
		{"1970-01-01T00:00:00.5+00:00", 500},
		/* leap seconds count as the second after */
		{"2016-12-31T23:59:60Z", INT64_C(1483228800000)},
		{"2016-12-31T23:59:60.5Z", INT64_C(1483228800500)},
		{"2017-01-01T08:59:60+09:00", INT64_C(1483228800000)},
		{"2015-06-30T23:59:60Z", INT64_C(1435708800000)},
		{"2015-06-30T16:29:60-07:30", INT64_C(1435708800000)},
		{"2015-02-28T23:59:60Z", INT64_C(1425168000000)},
	};
	int64_t		at;

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].text);
		at = 12345;
		CHECK_STATUS(qfs_time_parse(qfs_slice_of(rows[i].text), &at, NULL), QFS_OK);
		CHECK_INT(at, rows[i].at);
	}
}

static void
wrong_times(void)
{
	static const struct
	{
		const char *text;
		const char *why;
	}			rows[] = {
		{"", "too short"},
		{"now", "too short"},
		{"infinity", "too short"},
		{"2021-09-30", "too short"},
		{"2021-09-30T16:25:24", "too short"},
		{"2021-09-30T16:25Z", "too short"},
		{"2021-09-30 16:25:24Z", "no T"},
		{"2021-09-30_16:25:24Z", "no T"},
		{"21-09-30T16:25:24.000Z", "no T"},
		{"02021-09-30T16:25:24Z", "no T"},
		{"+2021-09-30T16:25:24Z", "no T"},
		{"2021/09/30T16:25:24Z", "YYYY-MM-DD"},
		{"2021-0a-30T16:25:24Z", "YYYY-MM-DD"},
		{"-021-09-30T16:25:24Z", "YYYY-MM-DD"},
		{"2021-09- 3T16:25:24Z", "YYYY-MM-DD"},
		{"2021-00-30T16:25:24Z", "no such month"},
		{"2021-13-30T16:25:24Z", "no such month"},
		{"2021-09-00T16:25:24Z", "no such day"},
		{"2021-09-31T16:25:24Z", "no such day"},
		{"2021-01-32T16:25:24Z", "no such day"},
		{"2021-02-29T16:25:24Z", "no such day"},
		{"1900-02-29T16:25:24Z", "no such day"},
		{"2100-02-29T16:25:24Z", "no such day"},
		{"2000-02-30T16:25:24Z", "no such day"},
		{"2021-09-30T24:00:00Z", "no such time of day"},
		{"2021-09-30T16:60:00Z", "no such time of day"},
		{"2021-09-30T16:25:61Z", "no such time of day"},
		{"2021-09-30T16-25-24Z", "HH:MM:SS"},
		{"2021-09-30T1:25:024Z", "HH:MM:SS"},
		{"2021-09-30T16:25:2 Z", "HH:MM:SS"},
		{"2021-09-30T16:25:24.Z", "no digit"},
		{"2021-09-30T16:25:24.+00:00", "no digit"},
		{"2021-09-30T16:25:24,5Z", "neither Z"},
		{"2021-09-30T16:25:24.5", "neither Z"},
		{"2021-09-30T16:25:24ZZ", "neither Z"},
		{"2021-09-30T16:25:24Z ", "neither Z"},
		{"2021-09-30T16:25:24 Z", "neither Z"},
		{"2021-09-30T16:25:24UTC", "neither Z"},
		{"2021-09-30T16:25:24+0000", "neither Z"},
		{"2021-09-30T16:25:24+00", "neither Z"},
		{"2021-09-30T16:25:24+00:0", "neither Z"},
		{"2021-09-30T16:25:24+00:000", "neither Z"},
		{"2021-09-30T16:25:24+0a:00", "neither Z"},
		{"2021-09-30T16:25:24*00:00", "neither Z"},
		{"2021-09-30T16:25:24+00-00", "neither Z"},
		{"2021-09-30T16:25:24+24:00", "no such offset"},
		{"2021-09-30T16:25:24-00:60", "no such offset"},
		{"2021-09-30T16:25:60Z", "no leap second"},
		{"2021-09-30T12:59:60Z", "no leap second"},
		{"2021-09-29T23:59:60Z", "no leap second"},
		{"2021-09-30T23:59:60+01:00", "no leap second"},
		{"2021-10-02T08:59:60+09:00", "no leap second"},
	};
	int64_t		at;
	qfs_error	err;

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].text);
		CHECK_STATUS(qfs_time_parse(qfs_slice_of(rows[i].text), &at, &err), QFS_TIME_SYNTAX);
		CHECK_DETAIL(&err, rows[i].why);
	}
}

/* One day, read and written. */
static bool
is_day(int year, int month, int day, int64_t want)
{
	char		text[64];
	uint8_t		written[24];
	qfs_buf		buf;
	int64_t		at = 0;

	snprintf(text, sizeof(text), "%04d-%02d-%02dT00:00:00.000Z", year, month, day);
	qfs_buf_init(&buf, written, sizeof(written));
	return qfs_time_parse(qfs_slice_of(text), &at, NULL) == QFS_OK && at == want &&
		qfs_time_write(want, &buf, NULL) == QFS_OK &&
		qfs_slice_equal(qfs_buf_slice(&buf), qfs_slice_of(text));
}

/*
 * A calendar that only ever counts on, from year 0 to 9999: every day of a
 * cycle of 400 years, and both ends of every month.
 */
static void
every_day(void)
{
	static const int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t		want = INT64_C(-62167219200000);

	for (int year = 0; year <= 9999; year++)
	{
		bool		leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
		unsigned	wrong = 0;

		for (int month = 1; month <= 12; month++)
		{
			int			days = lengths[month - 1] + (month == 2 && leap);

			for (int day = 1; day <= days; day++)
			{
				if ((year >= 1800 && year < 2200) || day == 1 || day == days)
					wrong += !is_day(year, month, day, want);
				want += 86400000;
			}
		}
		unit_row("year %d", year);
		CHECK_UINT(wrong, 0);
	}
	CHECK_INT(want, INT64_C(253402300800000));
}

static void
written_times(void)
{
	static const struct
	{
		int64_t		at;
		const char *text;
	}			rows[] = {
		{0, "1970-01-01T00:00:00.000Z"},
		{-1, "1969-12-31T23:59:59.999Z"},
		{INT64_C(1633019124007), "2021-09-30T16:25:24.007Z"},
		{INT64_C(-62167219200000), "0000-01-01T00:00:00.000Z"},
		{INT64_C(253402300799999), "9999-12-31T23:59:59.999Z"},
		{INT64_C(-62167219200001), NULL},
		{INT64_C(253402300800000), NULL},
		{INT64_MIN, NULL},
		{INT64_MAX, NULL},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		uint8_t		memory[24];
		qfs_buf		buf;
		qfs_error	err;

		unit_row("%lld", (long long) rows[i].at);
		qfs_buf_init(&buf, memory, sizeof(memory));
		CHECK_STATUS(qfs_time_write(rows[i].at, &buf, &err),
					 rows[i].text != NULL ? QFS_OK : QFS_TIME_SYNTAX);
		CHECK_TEXT(qfs_buf_slice(&buf), rows[i].text != NULL ? rows[i].text : "");
	}
}

static const unit_case cases[] = {
	CASE(times),
	CASE(wrong_times),
	CASE(every_day),
	CASE(written_times),
	NO_MORE_CASES
};

const unit_suite suite_time = {"time", cases};
