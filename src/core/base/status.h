/*
 * status.h - the words that belong to a status, and how a failure is filled in.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_STATUS_H
#define QFS_STATUS_H

#include "base/types.h"

/* Stable code such as "QFS_JSON_SYNTAX"; never NULL. */
extern const char *qfs_status_code(qfs_status status);

/* The status of a code, with or without "QFS_"; false if there is none. */
extern bool qfs_status_of_code(qfs_slice code, qfs_status *out);

/* Five-character SQLSTATE, one lower-case sentence, and what to do. */
extern const char *qfs_status_sqlstate(qfs_status status);
extern const char *qfs_status_message(qfs_status status);
extern const char *qfs_status_hint(qfs_status status);

/*
 * Record a failure and return its status, so that callers write
 * `return qfs_fail(err, QFS_X, "...");`.
 *
 * err:    may be NULL when the caller does not want the words
 * format: text in which
 *         %s is a C string, %u a uint64_t, %i an int64_t, %v a qfs_slice
 *         (shortened, control characters replaced), %h a pointer to 32 bytes
 */
extern qfs_status qfs_fail(qfs_error *err, qfs_status status, const char *format,...);

/* That it returns its status clang's analyzer does not see from another file. */
#ifdef __clang_analyzer__
#define qfs_fail(err, status, ...) ((void) (qfs_fail) ((err), (status), __VA_ARGS__), (status))
#endif

#endif
