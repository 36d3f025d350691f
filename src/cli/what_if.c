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

	window_of(options, file, &question.from, &question.size);
	return question;
}

/* ---- the answer ---- */

static int
answer(const Options *options, qfs_what_if *w)
{
	qfs_buf		line = answer_room(QFS_WHAT_IF_MAX);
	qfs_error	err;

	if (qfs_what_if_finish(w, &line, &err) != QFS_OK)
		fail_question(&err);
	return print_answer(options, qfs_buf_slice(&line), "run_hash") ? EXIT_SOUND : EXIT_FAULT;
}

static void
refuse_others(const Options *options)
{
	refuse_proof(options);
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
