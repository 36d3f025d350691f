/*
 * ledger_lines.h - the lines of an exported ledger, as whichever library wrote them.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_CLI_LEDGER_LINES_H
#define QFS_CLI_LEDGER_LINES_H

#include "common.h"
#include "json_sort.h"
#include "log/entry.h"
#include "transport.h"

/* A file to be read twice: what comes through a pipe is kept in a file meanwhile. */
extern FILE *open_twice(const char *path);

/* An entry, and the line in canonical form where it was in another. */
typedef struct Reading
{
	qfs_entry	entry;
	qfs_error	fault;
	uint8_t		room[JSON_SORT_ROOM * LINE_ROOM];
} Reading;

/*
 * Most lines are canonical, and are read as they are.  Of others the value
 * counts (docs/format.md), unless it is no JSON at all.
 * Errors, with reading->fault: those of qfs_line_read.
 */
extern qfs_status read_line(qfs_slice line, Reading *reading);

typedef struct LedgerLines LedgerLines;

/* Takes a line: its entry, or NULL and why it is none.  Sets next and found. */
typedef void (*LineTaker) (void *context, LedgerLines *l, qfs_entry *entry, const qfs_error *fault);

/* The lines of a file, on their way to whoever takes them. */
struct LedgerLines
{
	const char *path;
	LineTaker	take;
	void	   *context;
	uint64_t	next;			/* seq of the entry that should come next */
	bool		found;			/* faults of the ledger: they remain, whatever becomes of the file */
	LineReader	reader;
	Reading		reading;		/* of this line */
	uint64_t	blank;			/* lines before this one that hold nothing */
};

/* Gives every line of a file; an exit for what became of the file on its way. */
extern void read_lines(const Options *options, FILE *file, LineTaker take, void *context);

#endif
