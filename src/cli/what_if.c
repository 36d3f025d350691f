/*
 * what_if.c - qfs-verify what-if: what would have come of an exported ledger under another policy.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * It prints the answer, a line that is the same for whoever has the entries.
 * Whether the export is sound, qfs-verify ledger says.
 */
#include <stdlib.h>

#include "commands.h"
#include "ledger/registry.h"
#include "question.h"

/* ---- the question ---- */

static qfs_what_if_question
question_of(const Options *options, FILE *file)
{
	qfs_what_if_question question = {
		.changes = canonical_of("--changes", options->changes != NULL ? options->changes : "{}"),
		.actions = canonical_of("--actions", options->actions != NULL ? options->actions : "[]")
	};

	question.size = options->size != NULL ? number_of("--size", options->size) : count_lines(file);
	question.from = options->from != NULL ? number_of("--from", options->from) : qfs_what_if_from(question.size);
	return question;
}

/* ---- the answer ---- */

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
	return is_expected(options, qfs_buf_slice(&line), "run_hash") ? EXIT_SOUND : EXIT_FAULT;
}

/* Whoever gives these must not think that they were looked at. */
static void
refuse_others(const Options *options)
{
	if (options->checkpoint_count > 0 || options->key != NULL)
		fail_usage("--checkpoint and --key belong to qfs-verify ledger, which says whether the export is sound");
	if (options->entry != NULL)
		fail_usage("--entry belongs to qfs-verify proof");
	if (options->proposal != NULL)
		fail_usage("--proposal belongs to qfs-verify consequence-map");
	if (options->params != NULL && options->template == NULL)
		fail_usage("--params are those of a --template");
}

/* A question in its own words. */
static int
ask(const Options *options)
{
	qfs_what_if *w = malloc(sizeof(*w));
	qfs_what_if_question question;
	qfs_error	err;
	FILE	   *file;
	int			code;

	if (w == NULL)
		fail_usage("there is no memory");
	file = open_twice(options->file);
	question = question_of(options, file);
	if (qfs_what_if_begin(w, &qfs_registry_own, &question, heap_allocator(), &err) != QFS_OK)
		fail_question(&err);
	code = ask_of_lines(options, file, w) ? answer(options, w) : EXIT_FAULT;
	qfs_what_if_end(w);
	free(w);
	return code;
}

int
what_if(const Options *options)
{
	refuse_others(options);
	check_expected(options, options->template != NULL ? "result_hash" : "run_hash");
	return options->template != NULL ? run_template(options) : ask(options);
}
