/*
 * session_clock.h - sessions by the time at which they are over.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_BRIDGE_SESSION_CLOCK_H
#define QFS_BRIDGE_SESSION_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SESSION_DIGITS 64

typedef struct SessionEnd
{
	int64_t		at;				/* milliseconds since 1970 */
	char		session[SESSION_DIGITS + 1];
} SessionEnd;

/* A binary heap, the earliest at its top; {0} is empty. */
typedef struct SessionClock
{
	SessionEnd *ends;
	size_t		count;
	size_t		room;
} SessionClock;

extern void session_clock_add(SessionClock *clock, int64_t at, const char *session);

/* The earliest, or NULL if none is over at this time; it stays until it is removed. */
extern const SessionEnd *session_clock_over(const SessionClock *clock, int64_t now);
extern void session_clock_remove(SessionClock *clock);

#endif
