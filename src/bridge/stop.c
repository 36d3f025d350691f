/*
 * stop.c - a signal ends the program after the step at hand; waiting that knows of it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The handler writes into a pipe that every wait listens on, so that no signal
 * comes between a look at a flag and the wait.
 */
#include "bridge/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BACKOFF_FIRST_MS 100
#define BACKOFF_LAST_MS 10000

static volatile sig_atomic_t requested;
static int	wake[2] = {-1, -1};

static void
on_signal(int number)
{
	int			saved = errno;

	(void) number;
	requested = 1;
	/* A full pipe wakes as well. */
	if (write(wake[1], "", 1) < 0)
		errno = saved;
	errno = saved;
}

void
stop_install(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	if (pipe(wake) < 0 || fcntl(wake[1], F_SETFL, O_NONBLOCK) < 0 ||
		fcntl(wake[0], F_SETFD, FD_CLOEXEC) < 0 || fcntl(wake[1], F_SETFD, FD_CLOEXEC) < 0)
	{
		perror("qfs-bridge: pipe");
		exit(2);
	}
	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

bool
stop_requested(void)
{
	return requested != 0;
}

int64_t
monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool
stop_sleep(long ms)
{
	struct pollfd one = {.fd = wake[0], .events = POLLIN};
	int64_t		end = monotonic_ms() + ms;

	while (!stop_requested())
	{
		int64_t		left = end - monotonic_ms();

		if (left <= 0)
			return true;
		poll(&one, 1, (int) left);
	}
	return false;
}

bool
backoff_wait(Backoff *backoff)
{
	long		ms = backoff->next_ms > 0 ? backoff->next_ms : BACKOFF_FIRST_MS;

	backoff->next_ms = 2 * ms < BACKOFF_LAST_MS ? 2 * ms : BACKOFF_LAST_MS;
	return stop_sleep(ms);
}

void
backoff_reset(Backoff *backoff)
{
	backoff->next_ms = 0;
}
