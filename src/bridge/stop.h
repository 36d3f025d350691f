/*
 * stop.h - a signal ends the program after the step at hand; waiting that knows of it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_BRIDGE_STOP_H
#define QFS_BRIDGE_STOP_H

#include <stdbool.h>
#include <stdint.h>

/* SIGTERM and SIGINT ask to stop; a closed connection is an error of its call, not SIGPIPE. */
extern void stop_install(void);

extern bool stop_requested(void);

/* Milliseconds of a clock that only goes forward. */
extern int64_t monotonic_ms(void);

/* Waits so many milliseconds; false, at once, when a stop was asked for. */
extern bool stop_sleep(long ms);

/* A wait that grows from one failure to the next; {0} is none yet. */
typedef struct Backoff
{
	long		next_ms;
} Backoff;

/* Waits, from 100 ms doubling to 10 s; false when a stop was asked for. */
extern bool backoff_wait(Backoff *backoff);

/* It went well: the next failure waits briefly again. */
extern void backoff_reset(Backoff *backoff);

#endif
