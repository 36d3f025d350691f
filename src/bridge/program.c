/*
 * program.c - running another program, for a while at most.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE				/* pipe2 */
#endif

#include "bridge/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdbool.h>

#include "bridge/stop.h"

/* In the child: what follows must be safe after fork(). */
static void
become(const char *const *arguments, int out)
{
	int			null = open("/dev/null", O_RDONLY);

	/* A group of its own: a terminal's signal stops us after the step at hand, and a timeout ends all of it. */
	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
		_exit(127);
	execvp(arguments[0], (char *const *) arguments);
	dprintf(STDERR_FILENO, "%s: %s", arguments[0], strerror(errno));
	_exit(127);
}

/* The end of what comes, until nobody can say anything any more; false: the time is over. */
static bool
listen_to(int in, int64_t end, char output[PROGRAM_OUTPUT])
{
	struct pollfd one = {.fd = in, .events = POLLIN};
	size_t		length = 0;

	output[0] = '\0';
	for (;;)
	{
		int64_t		left = end - monotonic_ms();
		char		some[256];
		ssize_t		got;

		if (left <= 0)
			return false;
		if (poll(&one, 1, (int) left) <= 0)
			continue;
		got = read(in, some, sizeof(some));
		if (got <= 0)
			return true;
		if (length + (size_t) got >= PROGRAM_OUTPUT)
		{
			size_t		surplus = length + (size_t) got + 1 - PROGRAM_OUTPUT;

			memmove(output, output + surplus, length - surplus);
			length -= surplus;
		}
		memcpy(output + length, some, (size_t) got);
		length += (size_t) got;
		output[length] = '\0';
	}
}

int
program_run(const char *const *arguments, long timeout_ms, char output[PROGRAM_OUTPUT])
{
	int64_t		end = monotonic_ms() + timeout_ms;
	int			status = -1;
	int			ends[2];
	bool		in_time;
	pid_t		pid;

	output[0] = '\0';
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	pid = fork();
	if (pid == 0)
		become(arguments, ends[1]);
	close(ends[1]);
	if (pid < 0)
	{
		close(ends[0]);
		return -1;
	}
	setpgid(pid, pid);
	in_time = listen_to(ends[0], end, output);
	close(ends[0]);
	if (!in_time)
		kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!in_time)
		snprintf(output, PROGRAM_OUTPUT, "it took longer than %ld s", timeout_ms / 1000);
	return in_time && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
