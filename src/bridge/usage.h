/*
 * usage.h - exit codes, and the end for wrong arguments or a wrong configuration.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_BRIDGE_USAGE_H
#define QFS_BRIDGE_USAGE_H

enum
{
	EXIT_STOPPED = 0,			/* a signal asked for it, or what was asked for once is done */
	EXIT_HALT = 1,				/* it must not go on; the last line of the log says why and what to do */
	EXIT_USAGE = 2				/* wrong arguments, or a configuration that cannot be used */
};

/* Says what is wrong, and exits with EXIT_USAGE. */
extern void fail_usage(const char *format,...) __attribute__((noreturn, format(printf, 1, 2)));

/* Memory, of zeros, or the end of the program: what follows this cannot be done in part. */
extern void *allocate(unsigned long size);
/* As realloc; what is new has no value yet. */
extern void *resize(void *memory, unsigned long size);
extern char *duplicate(const char *text);

#endif
