/*
 * time.h - RFC 3339 times and milliseconds since 1970.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_TIME_H
#define QFS_TIME_H

#include "base/buf.h"

/*
 * Reads an RFC 3339 date-time into milliseconds since 1970-01-01 UTC.  Finer
 * fractions are cut off; a leap second counts as the second after it, and is
 * one only at the end of a month in UTC.
 * Errors: TIME_SYNTAX.
 */
extern qfs_status qfs_time_parse(qfs_slice text, int64_t *out, qfs_error *err);

/* Writes 2026-01-31T12:00:00.000Z.  Errors: TIME_SYNTAX outside of years 0 to 9999. */
extern qfs_status qfs_time_write(int64_t at, qfs_buf *out, qfs_error *err);

#endif
