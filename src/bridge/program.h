/*
 * program.h - running another program, for a while at most.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_BRIDGE_PROGRAM_H
#define QFS_BRIDGE_PROGRAM_H

/* What is kept of the end of what a program said, with a NUL. */
#define PROGRAM_OUTPUT 1024

/*
 * Runs a program found by PATH, without input, and returns its exit code; -1
 * if it could not be run, was killed by a signal, or took longer than that:
 * then it and what it has started are killed.
 * output: the end of what it said on standard output and error
 */
extern int	program_run(const char *const *arguments, long timeout_ms, char output[PROGRAM_OUTPUT]);

#endif
