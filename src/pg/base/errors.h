/*
 * errors.h - from a core status to an ereport: the only place that does it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_ERRORS_H
#define QFS_ERRORS_H

#include "base/status.h"

/* Message, "CODE: detail" and hint of the status; does not return. */
pg_noreturn extern void qfs_throw(const qfs_error *err);

/* Into the server log alone, without the statement; goes on. */
extern void qfs_log(const qfs_error *err);

/* Throws a failure found here: the format is that of qfs_fail. */
#define QFS_THROW(status, ...) \
	do { \
		qfs_error	qfs_throw_err; \
		qfs_fail(&qfs_throw_err, (status), __VA_ARGS__); \
		qfs_throw(&qfs_throw_err); \
	} while (0)

/* Runs a core call that fills `err`, and throws what it reports. */
#define QFS_TRY(call, err) \
	do { \
		if ((call) != QFS_OK) \
			qfs_throw(err); \
	} while (0)

#endif
