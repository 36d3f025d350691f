/*
 * fuzz.h - what the fuzz targets share.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A target is a file fuzz_<name>.c with libFuzzer's entry point.  Not crashing
 * is the least: each target says what must hold of an input that is accepted.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "base/status.h"

extern int	LLVMFuzzerInitialize(int *argc, char ***argv);
extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the run, and libFuzzer keeps the input, unless the property holds. */
#define PROPERTY(holds) \
	do { if (!(holds)) fuzz_fail(#holds, __FILE__, __LINE__); } while (0)

extern void fuzz_fail(const char *what, const char *file, int line) __attribute__((noreturn));

/* The input up to the first line end, and what follows it; empty if there is none. */
extern qfs_slice fuzz_line(qfs_slice *rest);

/* What a function says when it refuses: the status that it returns, with words. */
extern void fuzz_check_error(qfs_status status, const qfs_error *err);

#endif
