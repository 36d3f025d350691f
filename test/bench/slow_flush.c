/*
 * slow_flush.c - a library to preload: every fdatasync takes longer.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * QFS_FLUSH_US microseconds are slept after the real call, which gives a disk
 * with a slow flush whatever disk there is.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

int
fdatasync(int fd)
{
	static int	(*real) (int);
	static long delay = -1;
	int			result;

	if (real == NULL)
		real = (int (*) (int)) dlsym(RTLD_NEXT, "fdatasync");
	if (delay < 0)
		delay = getenv("QFS_FLUSH_US") ? atol(getenv("QFS_FLUSH_US")) : 0;
	result = real(fd);
	if (delay > 0)
		usleep((useconds_t) delay);
	return result;
}
