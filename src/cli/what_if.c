/*
 * what_if.c - qfs-verify what-if: what would have come of an exported ledger under another policy.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * It prints the answer, a line that is the same for whoever has the entries.
 * Whether the export is sound, qfs-verify ledger says.
 */
#include <stdlib.h>

#include "base/status.h"
#include "commands.h"
#include "ledger/registry.h"
#include "ledger_lines.h"
#include "sandbox/what_if.h"

/* ---- the question ---- */

/* The text itself, or the content of @FILE. */
static qfs_slice
text_of(const char *argument)
{
	return argument[0] == '@' ? read_file(argument + 1, QFS_ACTIONS_TEXT_MAX, "a question") : qfs_slice_of(argument);
}

/* As it is hashed, whichever library wrote it. */
static qfs_slice
canonical(const char *option, const char *argument)
{
	qfs_slice	text = text_of(argument);
	size_t		room = JSON_SORT_ROOM * text.len;
	qfs_buf		sorted;
	qfs_error	err;

	qfs_buf_init(&sorted, malloc(room + 1), room);
	if (sorted.data == NULL)
		fail_usage("there is no memory");
	if (json_sort(text, &sorted, &err) != QFS_OK)
		fail_usage("%s: %s (%s)", option, qfs_status_message(err.status), err.detail);
	return qfs_buf_slice(&sorted);
}

static uint64_t
number_of(const char *option, const char *text)
{
	uint64_t	n;

	if (!qfs_decimal_decode(qfs_slice_of(text), &n))
		fail_usage("%s is the number of an entry, not %s", option, text);
	return n;
}

/* How many entries there are, if each has a line. */
static uint64_t
count_lines(FILE *file)
{
	LineReader *reader = calloc(1, sizeof(*reader));
	uint64_t	count = 0;

	if (reader == NULL)
		fail_usage("there is no memory");
	reader->file = file;
	while (next_line_of(reader))
		count += !is_blank(line_of(reader));
	free(reader);
	rewind(file);
	return count;
}

static qfs_what_if_question
question_of(const Options *options, FILE *file)
{
	qfs_what_if_question question = {
		.changes = canonical("--changes", options->changes != NULL ? options->changes : "{}"),
		.actions = canonical("--actions", options->actions != NULL ? options->actions : "[]")
	};

	question.size = options->size != NULL ? number_of("--size", options->size) : count_lines(file);
	question.from = options->from != NULL ? number_of("--from", options->from) : qfs_what_if_from(question.size);
	return question;
}

static void
fail_question(const qfs_error *err)
{
	fail_usage("%s: %s (%s)", qfs_status_code(err->status), qfs_status_message(err->status), err->detail);
}

/* ---- the ledger ---- */

typedef struct Asking
{
	const Options *options;
	qfs_what_if *what_if;
	bool		found;			/* a fault, after which there is no answer */
} Asking;

static void
ask_of_line(void *context, LedgerLines *l, qfs_entry *entry, const qfs_error *fault)
{
	Asking	   *a = context;
	qfs_what_if *w = a->what_if;
	qfs_error	err;

	l->next = w->next;
	/* What comes after the size has no say. */
	if (a->found || w->next == w->question.size)
		return;
	if (entry != NULL && qfs_what_if_entry(w, entry, &err) == QFS_OK)
	{
		l->next = w->next;
		return;
	}
	/* Where the window begins it is the question that may be wrong. */
	if (entry != NULL && w->next == w->question.from && !w->has_begun && entry->seq == w->next)
		fail_question(&err);
	print_fault(a->options, (int64_t) w->next, entry != NULL ? &err : fault);
	l->found = a->found = true;
}

/* ---- the answer ---- */

static int
compare(const Options *options, qfs_slice answer)
{
	qfs_slice	value;
	qfs_slice	run;

	if (options->expect == NULL ||
		(qfs_json_member(answer, "run_hash", &value) && qfs_json_to_plain(value, &run) &&
		 qfs_slice_is(run, options->expect)))
		return EXIT_SOUND;
	fputs("qfs-verify: not reproduced: the run_hash is another one\n", stderr);
	return EXIT_FAULT;
}

/* Prints it. */
static int
answer(const Options *options, qfs_what_if *w)
{
	qfs_error	err;
	qfs_buf		line;

	qfs_buf_init(&line, malloc(QFS_WHAT_IF_MAX), QFS_WHAT_IF_MAX);
	if (line.data == NULL)
		fail_usage("there is no memory");
	if (qfs_what_if_finish(w, &line, &err) != QFS_OK)
		fail_question(&err);
	printf("%.*s\n", (int) line.len, (const char *) line.data);
	return compare(options, qfs_buf_slice(&line));
}

/* Whoever gives these must not think that they were looked at. */
static void
refuse_others(const Options *options)
{
	if (options->checkpoint_count > 0 || options->key != NULL)
		fail_usage("--checkpoint and --key belong to qfs-verify ledger, which says whether the export is sound");
	if (options->entry != NULL)
		fail_usage("--entry belongs to qfs-verify proof");
}

/* Found out before all entries are read. */
static void
check_expected(const Options *options)
{
	qfs_hash	run;

	if (options->expect != NULL && !qfs_hex_decode(qfs_slice_of(options->expect), run.bytes, sizeof(run.bytes)))
		fail_usage("--expect is a run_hash: 64 digits, 0 to 9 and a to f");
}

int
what_if(const Options *options)
{
	qfs_what_if *w = malloc(sizeof(*w));
	Asking		asking = {.options = options,.what_if = w};
	qfs_what_if_question question;
	qfs_error	err;
	FILE	   *file;
	int			code;

	refuse_others(options);
	check_expected(options);
	if (w == NULL)
		fail_usage("there is no memory");
	file = open_twice(options->file);
	question = question_of(options, file);
	if (qfs_what_if_begin(w, &qfs_registry_own, &question, heap_allocator(), &err) != QFS_OK)
		fail_question(&err);
	read_lines(options, file, ask_of_line, &asking);
	code = asking.found ? EXIT_FAULT : answer(options, w);
	qfs_what_if_end(w);
	free(w);
	return code;
}
