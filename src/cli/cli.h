/*
 * cli.h - what the parts of qfs-verify share.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_CLI_H
#define QFS_CLI_H

#include <stdio.h>

#include "log/note.h"
#include "base/types.h"
#include "state/store_memory.h"

/* Exit codes. */
enum
{
	EXIT_SOUND = 0,
	EXIT_FAULT = 1,
	EXIT_USAGE = 2				/* wrong arguments, or a file that cannot be read */
};

#define CHECKPOINTS_MAX 1024

typedef struct Options
{
	const char *file;			/* "-" is standard input */
	const char *key;			/* NULL: none given */
	const char *entry;
	const char *depth;
	const char *checkpoints[CHECKPOINTS_MAX];
	size_t		checkpoint_count;
	bool		sessions;		/* print those that are active at the end */
	bool		state;			/* print the hash of the state at the end */
	bool		json;
	bool		quiet;			/* no progress, no closing line */
} Options;

/* Says what is wrong with the arguments or a file, and exits with EXIT_USAGE. */
extern void fail_usage(const char *format,...) __attribute__((noreturn, format(printf, 1, 2)));

/* One fault, on a line of its own; seq < 0 if it is about no entry. */
extern void print_fault(const Options *options, int64_t seq, const qfs_error *given);

/* A whole file, at most QFS_NOTE_MAX * 2 bytes; the caller frees data. */
extern qfs_slice read_small_file(const char *path);

/* malloc and free. */
extern qfs_allocator heap_allocator(void);

/* The key of --key, or an exit. */
extern qfs_vkey parse_key(const char *text);

extern int	verify_ledger(const Options *options);
extern int	verify_proof(const Options *options);
extern int	verify_bundle(const Options *options);

#endif
