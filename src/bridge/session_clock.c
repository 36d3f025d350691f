/*
 * session_clock.c - sessions by the time at which they are over.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "bridge/session_clock.h"

#include <stdio.h>

#include "bridge/usage.h"

static void
swap(SessionEnd *a, SessionEnd *b)
{
	SessionEnd	kept = *a;

	*a = *b;
	*b = kept;
}

static void
make_room(SessionClock *clock)
{
	if (clock->count < clock->room)
		return;
	clock->room = clock->room == 0 ? 64 : 2 * clock->room;
	clock->ends = resize(clock->ends, clock->room * sizeof(*clock->ends));
}

void
session_clock_add(SessionClock *clock, int64_t at, const char *session)
{
	size_t		n = clock->count;

	make_room(clock);
	clock->count++;
	clock->ends[n].at = at;
	snprintf(clock->ends[n].session, sizeof(clock->ends[n].session), "%s", session);
	for (; n > 0 && clock->ends[(n - 1) / 2].at > clock->ends[n].at; n = (n - 1) / 2)
		swap(&clock->ends[n], &clock->ends[(n - 1) / 2]);
}

const SessionEnd *
session_clock_over(const SessionClock *clock, int64_t now)
{
	return clock->count > 0 && clock->ends[0].at <= now ? &clock->ends[0] : NULL;
}

/* The earlier of two children, or of one. */
static size_t
earlier_child(const SessionClock *clock, size_t n)
{
	size_t		child = 2 * n + 1;

	return child + 1 < clock->count && clock->ends[child + 1].at < clock->ends[child].at ? child + 1 : child;
}

void
session_clock_remove(SessionClock *clock)
{
	size_t		n = 0;

	clock->ends[0] = clock->ends[--clock->count];
	while (2 * n + 1 < clock->count)
	{
		size_t		child = earlier_child(clock, n);

		if (clock->ends[n].at <= clock->ends[child].at)
			break;
		swap(&clock->ends[n], &clock->ends[child]);
		n = child;
	}
}
