/*
 * harness.h - cases in tables, checks that go on after a failure, one closing line.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef UNIT_HARNESS_H
#define UNIT_HARNESS_H

#include "base/buf.h"
#include "base/status.h"

typedef struct unit_case
{
	const char *name;
	void		(*run) (void);
} unit_case;

/* The cases of one module; the one after the last has no name. */
typedef struct unit_suite
{
	const char *name;
	const unit_case *cases;
} unit_suite;

#define CASE(function) {#function, function}
#define NO_MORE_CASES {NULL, NULL}

/*
 * Runs the cases whose "suite.case" contains the word, all of them for NULL,
 * and prints the closing line.  Returns the exit status: 1 if a check failed
 * or if there was nothing to run.
 */
extern int	unit_run(const unit_suite *const *suites, const char *word);

/* Names the row of a table that the checks from here on are about. */
extern void unit_row(const char *format,...) __attribute__((format(printf, 1, 2)));

/*
 * Each check prints the place, the row and the difference when it does not
 * hold, and says whether it held: a test may leave where going on is useless.
 */
#define CHECK(condition) \
	unit_check((condition), #condition, __FILE__, __LINE__)
#define CHECK_STATUS(got, want) \
	unit_check_status((got), (want), __FILE__, __LINE__)
#define CHECK_INT(got, want) \
	unit_check_int((got), (want), __FILE__, __LINE__)
#define CHECK_UINT(got, want) \
	unit_check_uint((got), (want), __FILE__, __LINE__)
#define CHECK_SLICE(got, want) \
	unit_check_slice((got), (want), __FILE__, __LINE__)
#define CHECK_TEXT(got, want) \
	unit_check_slice((got), qfs_slice_of(want), __FILE__, __LINE__)
#define CHECK_HASH(got, want) \
	unit_check_hash((got), (want), __FILE__, __LINE__)
#define CHECK_HEX(got, len, want) \
	unit_check_hex((got), (len), (want), __FILE__, __LINE__)
#define CHECK_DETAIL(err, part) \
	unit_check_detail((err), (part), __FILE__, __LINE__)

extern bool unit_check(bool held, const char *what, const char *file, int line);
extern bool unit_check_status(qfs_status got, qfs_status want, const char *file, int line);
extern bool unit_check_int(int64_t got, int64_t want, const char *file, int line);
extern bool unit_check_uint(uint64_t got, uint64_t want, const char *file, int line);
extern bool unit_check_slice(qfs_slice got, qfs_slice want, const char *file, int line);
extern bool unit_check_hash(const qfs_hash *got, const qfs_hash *want, const char *file, int line);
extern bool unit_check_hex(const uint8_t *got, size_t len, const char *want,
						   const char *file, int line);

/* The detail of an error holds this text. */
extern bool unit_check_detail(const qfs_error *err, const char *part, const char *file, int line);

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#endif
