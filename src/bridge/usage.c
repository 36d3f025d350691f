/*
 * usage.c - exit codes, and the end for wrong arguments or a wrong configuration.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "bridge/usage.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
fail_usage(const char *format,...)
{
	va_list		args;

	fputs("qfs-bridge: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("\nTry qfs-bridge --help.\n", stderr);
	exit(EXIT_USAGE);
}

static void *
demand(void *memory)
{
	if (memory == NULL)
	{
		fputs("qfs-bridge: out of memory\n", stderr);
		abort();
	}
	return memory;
}

void *
allocate(unsigned long size)
{
	return demand(calloc(1, size > 0 ? size : 1));
}

void *
resize(void *memory, unsigned long size)
{
	return demand(realloc(memory, size));
}

char *
duplicate(const char *text)
{
	size_t		size = strlen(text) + 1;

	return memcpy(allocate(size), text, size);
}
