/*
 * full_disk.c - a library to preload: writes to files that are named fail, as on a full disk.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * While the file that QFS_FULL_DISK names exists, its content is a part of a
 * path: pwrite and pwritev to files whose path has it fail with ENOSPC.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static int
is_full(int fd)
{
	const char *control = getenv("QFS_FULL_DISK");
	char		part[64];
	char		link[64];
	char		path[1024];
	int			file = control != NULL ? open(control, O_RDONLY) : -1;
	ssize_t		n;
	ssize_t		len;

	if (file < 0)
		return 0;
	n = read(file, part, sizeof(part) - 1);
	close(file);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (n <= 0 || len <= 0)
		return 0;
	part[n] = path[len] = '\0';
	return strstr(path, part) != NULL;
}

#define REAL(name) \
	static __typeof__(&name) real; \
	if (real == NULL) \
		real = (__typeof__(&name)) dlsym(RTLD_NEXT, #name); \
	if (is_full(fd)) \
	{ \
		errno = ENOSPC; \
		return -1; \
	}

ssize_t
pwrite(int fd, const void *data, size_t n, off_t at)
{
	REAL(pwrite)
	return real(fd, data, n, at);
}

ssize_t
pwrite64(int fd, const void *data, size_t n, off64_t at)
{
	REAL(pwrite64)
	return real(fd, data, n, at);
}

ssize_t
pwritev(int fd, const struct iovec *parts, int n, off_t at)
{
	REAL(pwritev)
	return real(fd, parts, n, at);
}

ssize_t
pwritev64(int fd, const struct iovec *parts, int n, off64_t at)
{
	REAL(pwritev64)
	return real(fd, parts, n, at);
}
