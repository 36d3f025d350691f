/*
 * common.h - what the commands of qfs-verify share.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_CLI_COMMON_H
#define QFS_CLI_COMMON_H

#include <stdio.h>

#include "base/types.h"
#include "log/note.h"
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
	const char *changes;		/* of a policy, JSON; this and the seven below: NULL: not given */
	const char *actions;
	const char *template;
	const char *params;
	const char *from;
	const char *size;
	const char *expect;
	const char *proposal;
	const char *checkpoints[CHECKPOINTS_MAX];
	size_t		checkpoint_count;
	bool		sessions;		/* print those that are active at the end */
	bool		state;			/* print the hash of the state at the end */
	bool		strict;			/* what was acknowledged is a fault */
	bool		json;
	bool		quiet;			/* no progress, no closing line */
} Options;

/* Says what is wrong with the arguments or a file, and exits with EXIT_USAGE. */
extern void fail_usage(const char *format,...) __attribute__((noreturn, format(printf, 1, 2)));

/* An exit if there are options of qfs-verify what-if or consequence-map. */
extern void refuse_question(const Options *options);

/* One fault, on a line of its own; seq < 0 if it is about no entry. */
extern void print_fault(const Options *options, int64_t seq, const qfs_error *given);

/* A file to read, or standard input, which can be named once; an exit if it cannot be opened. */
extern FILE *open_file(const char *path);

/*
 * A whole file of at most limit bytes, or an exit; what: "a note", for who gives a longer one.
 * The memory lives as long as the program.
 */
extern qfs_slice read_file(const char *path, size_t limit, const char *what);

/* A note or a proof, without the line end that psql adds to one. */
extern qfs_slice read_note(const char *path);

/* malloc and free. */
extern qfs_allocator heap_allocator(void);

/* The key of --key, or an exit. */
extern qfs_vkey parse_key(const char *text);

#endif
