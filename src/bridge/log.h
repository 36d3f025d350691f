/*
 * log.h - one line an event on standard error, for people and for programs.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 *     2026-11-30T04:05:06.789Z level=warn event=database_lost error="server closed the connection"
 */
#ifndef QFS_BRIDGE_LOG_H
#define QFS_BRIDGE_LOG_H

#include <stdint.h>

typedef enum LogLevel
{
	LOG_INFO,
	LOG_WARN,					/* it goes on by itself, or somebody should look */
	LOG_ERROR					/* it does not go on */
} LogLevel;

/*
 * event: a word, the same for the same thing, so that it can be looked for
 * Then names and values, strings, in turn; NULL ends them.  What is no plain
 * word is quoted, control characters are escaped: one event is one line.
 */
#define log_event(level, event, ...) log_pairs(level, event, (const char *const[]) {__VA_ARGS__})

extern void log_pairs(LogLevel level, const char *event, const char *const *pairs);

/* A number as a value; the text lives until this was called four more times. */
extern const char *log_number(int64_t n);

#endif
