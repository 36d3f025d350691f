/*
 * test_rate.c - how often an account may do something, by recorded time.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include "engine/rate.h"
#include "support/sample.h"

static sample s;

static qfs_status
check(uint8_t user, const char *what, int64_t at, int64_t limit)
{
	qfs_user_id id = {{user}};

	qfs_rate_record rate;

	s.err = (qfs_error) {QFS_OK, ""};
	return qfs_rate_check(&s.reducer, &id, what, at, 1000, limit, &rate, &s.err);
}

/* Whatever the limit is. */
static void
count_in(const qfs_user_id *id, const char *what, int64_t at, int64_t window_ms)
{
	qfs_rate_record rate;

	CHECK_STATUS(qfs_rate_check(&s.reducer, id, what, at, window_ms, INT64_MAX, &rate, NULL), QFS_OK);
	CHECK_STATUS(qfs_rate_count(&s.reducer, &rate, NULL), QFS_OK);
}

static void
count(uint8_t user, const char *what, int64_t at)
{
	qfs_user_id id = {{user}};

	count_in(&id, what, at, 1000);
}

static void
windows(void)
{
	sample_open(&s);
	s.apart = true;
	CHECK_STATUS(check(1, "calls", 5000, 1), QFS_OK);
	/* Asking does not count. */
	CHECK_STATUS(check(1, "calls", 5000, 1), QFS_OK);
	CHECK_STATUS(check(1, "calls", 5000, 0), QFS_RATE_LIMIT);
	count(1, "calls", 5000);
	count(1, "calls", 5999);
	CHECK_STATUS(check(1, "calls", 5999, 3), QFS_OK);
	CHECK_STATUS(check(1, "calls", 5999, 2), QFS_RATE_LIMIT);
	CHECK_DETAIL(&s.err, "2 calls; again in 1 seconds");
	CHECK_STATUS(check(1, "calls", 5000, 2), QFS_RATE_LIMIT);
	CHECK_STATUS(check(1, "calls", 6000, 1), QFS_OK);
	count(1, "calls", 6000);
	CHECK_STATUS(check(1, "calls", 6000, 1), QFS_RATE_LIMIT);
	CHECK_STATUS(check(1, "calls", 6000, 2), QFS_OK);
	/* Windows that nobody used are skipped. */
	CHECK_STATUS(check(1, "calls", 900000, 1), QFS_OK);
	sample_close(&s);
}

static void
apart(void)
{
	sample_open(&s);
	s.apart = true;
	count(1, "calls", 5000);
	CHECK_STATUS(check(1, "calls", 5000, 1), QFS_RATE_LIMIT);
	CHECK_STATUS(check(2, "calls", 5000, 1), QFS_OK);
	CHECK_STATUS(check(1, "call", 5000, 1), QFS_OK);
	CHECK_STATUS(check(1, "callss", 5000, 1), QFS_OK);
	count(2, "calls", 5000);
	count(1, "other", 5000);
	CHECK_STATUS(check(1, "calls", 5000, 2), QFS_OK);
	sample_close(&s);
}

static void
waiting(void)
{
	qfs_user_id id = {{1}};
	qfs_rate_record rate;

	sample_open(&s);
	s.apart = true;
	count_in(&id, "calls", 60000, QFS_MINUTE_MS);
	for (int64_t at = 60000; at < 120000; at += 7777)
	{
		int64_t		wait = (120000 - at) / 1000 + 1;
		char		text[32];
		qfs_buf		buf;

		unit_row("at %lld", (long long) at);
		CHECK_STATUS(qfs_rate_check(&s.reducer, &id, "calls", at, QFS_MINUTE_MS, 1, &rate, &s.err), QFS_RATE_LIMIT);
		qfs_buf_init(&buf, text, sizeof(text) - 1);
		qfs_buf_text(&buf, "again in ");
		qfs_buf_int(&buf, wait);
		qfs_buf_text(&buf, " seconds");
		text[buf.len] = '\0';
		CHECK_DETAIL(&s.err, text);
		/* Whoever waits for so long is welcome. */
		CHECK_STATUS(qfs_rate_check(&s.reducer, &id, "calls", at + wait * 1000, QFS_MINUTE_MS, 1, &rate, &s.err),
					 QFS_OK);
	}
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(windows),
	CASE(apart),
	CASE(waiting),
	NO_MORE_CASES
};

const unit_suite suite_rate = {"rate", cases};
