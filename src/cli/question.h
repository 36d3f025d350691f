/*
 * question.h - what qfs-verify is asked about a ledger: the words of a question, and the entries that answer it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_CLI_QUESTION_H
#define QFS_CLI_QUESTION_H

#include "ledger_lines.h"
#include "sandbox/what_if.h"

/*
 * The JSON of an option, or the content of @FILE, in canonical form, whichever library wrote it; an exit for what is none.
 * The memory lives as long as the program.
 */
extern qfs_slice canonical_of(const char *option, const char *argument);

/* The number of an option; an exit for what is none. */
extern uint64_t number_of(const char *option, const char *text);

/* How many entries there are, if each has a line.  The file is where it begins, before and after. */
extern uint64_t count_lines(FILE *file);

/* An exit unless --expect, if it is given, looks like a hash; name: of what is expected */
extern void check_expected(const Options *options, const char *name);

/* An exit if there are options of qfs-verify ledger or proof: whoever gives these must not think that they were looked at. */
extern void refuse_proof(const Options *options);

/* The window of --from and --size; if they are left out, all entries, and the default of a what-if. */
extern void window_of(const Options *options, FILE *file, uint64_t *from, uint64_t *size);

/* Room for an answer; an exit if there is none. */
extern qfs_buf answer_room(size_t size);

/* Prints it.  Is its member with that name what --expect says, if it is given?  Else it says so. */
extern bool print_answer(const Options *options, qfs_slice answer, const char *name);

/* Takes the next entry. */
typedef qfs_status (*EntryTaker) (void *to, const qfs_entry *entry, qfs_error *err);

/*
 * Gives the entries of a file to whatever asks a what-if, up to its size; false after a fault, which is printed.  An exit for a
 * question that is wrong.
 */
extern bool feed_lines(const Options *options, FILE *file, const qfs_what_if *w, EntryTaker take, void *to);

/* The same for the what-if itself. */
extern bool ask_of_lines(const Options *options, FILE *file, qfs_what_if *w);

/* Exits with what is wrong with the question. */
extern void fail_question(const qfs_error *err) __attribute__((noreturn));

#endif
