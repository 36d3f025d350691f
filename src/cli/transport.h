/*
 * transport.h - what becomes of files on their way, told apart from what is done to ledgers.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Line ends, encodings, compression, an error page in the file's place, a file
 * that is cut off: none of it says anything of the ledger, so none of it is a
 * fault of the ledger.  Each has its sentence and its cure on standard error,
 * and the exit code of a file that cannot be used.
 */
#ifndef QFS_CLI_TRANSPORT_H
#define QFS_CLI_TRANSPORT_H

#include <stdio.h>

#include "base/types.h"

/* Says what became of the file, and exits with this code.  path: "-" is standard input */
extern void fail_transport(const char *path, int exit_code, const char *hint, const char *format,...)
			__attribute__((noreturn, format(printf, 4, 5)));

/* Is it a file of another kind, by its first bytes (some hundred will do)?  An exit if it is. */
extern void check_first_bytes(const char *path, qfs_slice start);

/* A whole checkpoint or proof: the same, and line ends, and whether its end is there. */
extern void check_note_bytes(const char *path, qfs_slice text);

/* A whole JSON text: the same. */
extern void check_json_bytes(const char *path, qfs_slice text);

/* One entry, without the line end that a file has: the same, and line ends. */
extern void check_entry_bytes(const char *path, qfs_slice line);

/* ---- a ledger, line by line ---- */

/* Other libraries make six bytes of one where they escape it, and put white space between tokens. */
#define LINE_ROOM (8 * QFS_LINE_MAX)

typedef struct LineReader
{
	FILE	   *file;
	uint64_t	number;			/* of this line, from 1 */
	uint64_t	whole;			/* bytes of this line, without its line end */
	size_t		len;			/* how many of them are in `line` */
	bool		ended;			/* a line end follows */
	size_t		at;				/* in `chunk` */
	size_t		filled;
	uint8_t		chunk[1 << 16];
	uint8_t		line[LINE_ROOM + 1];	/* what is longer is no entry, and is not kept */
} LineReader;

/* The next line; false at the end of the file, or where it cannot be read. */
extern bool next_line_of(LineReader *reader);

/* On the first line: the bytes that the file begins with, some kilobytes at most. */
extern qfs_slice first_bytes_of(const LineReader *reader);

/* The kept part of it. */
extern qfs_slice line_of(const LineReader *reader);

/* Nothing, or spaces. */
extern bool is_blank(qfs_slice line);

#endif
