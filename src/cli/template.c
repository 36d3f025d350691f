/*
 * template.c - qfs-verify what-if --template: a run of the sandbox over an exported ledger.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The file is read twice: first for the policy in force at its end, which the
 * template makes its question of.
 */
#include <stdlib.h>

#include "commands.h"
#include "ledger/registry.h"
#include "question.h"
#include "template/survey.h"
#include "template/template_run.h"

static qfs_status
look(void *to, const qfs_entry *entry, qfs_error *err)
{
	return qfs_survey_entry(to, entry, err);
}

static qfs_status
take(void *to, const qfs_entry *entry, qfs_error *err)
{
	return qfs_template_run_entry(to, entry, err);
}

/* The policy in force, and where the window begins.  False: a fault was found. */
static bool
survey(const Options *options, FILE *file, qfs_template_question *question)
{
	qfs_survey *s = malloc(sizeof(*s));
	qfs_error	err;
	uint8_t    *text = malloc(QFS_POLICY_MAX);
	qfs_slice	policy;
	bool		found;

	if (s == NULL || text == NULL)
		fail_usage("there is no memory");
	if (qfs_survey_begin(s, &qfs_registry_own, question->size, heap_allocator(), &err) != QFS_OK)
		fail_question(&err);
	found = !feed_lines(options, file, &s->what_if, look, s);
	rewind(file);
	if (!found)
	{
		if (qfs_survey_policy(s, &policy, &err) != QFS_OK)
			fail_question(&err);
		memcpy(text, policy.data, policy.len);
		question->policy = (qfs_slice) {text, policy.len};
		question->from = s->from;
	}
	qfs_survey_end(s);
	free(s);
	return !found;
}

static int
answer(const Options *options, qfs_template_run *run)
{
	qfs_buf		line = answer_room(QFS_TEMPLATE_RUN_MAX);
	qfs_error	err;

	if (qfs_template_run_finish(run, &line, &err) != QFS_OK)
		fail_question(&err);
	return print_answer(options, qfs_buf_slice(&line), "result_hash") ? EXIT_SOUND : EXIT_FAULT;
}

static int
ask(const Options *options, FILE *file, const qfs_template_question *question)
{
	qfs_template_run *run = malloc(sizeof(*run));
	qfs_error	err;
	int			code;

	if (run == NULL)
		fail_usage("there is no memory");
	if (qfs_template_run_begin(run, &qfs_registry_own, question, heap_allocator(), &err) != QFS_OK)
		fail_question(&err);
	code = feed_lines(options, file, &run->what_if, take, run) ? answer(options, run) : EXIT_FAULT;
	qfs_template_run_end(run);
	free(run);
	return code;
}

int
run_template(const Options *options)
{
	qfs_template_question question = {
		.template = qfs_slice_of(options->template),
		.params = canonical_of("--params", options->params != NULL ? options->params : "{}")
	};
	const qfs_template *ignored;
	qfs_error	err;
	FILE	   *file;

	if (options->changes != NULL || options->actions != NULL || options->from != NULL)
		fail_usage("--changes, --actions and --from are a question in its own words: a --template has its own");
	if (qfs_template_find(question.template, &ignored, &err) != QFS_OK)
		fail_question(&err);
	file = open_twice(options->file);
	question.size = options->size != NULL ? number_of("--size", options->size) : count_lines(file);
	return survey(options, file, &question) ? ask(options, file, &question) : EXIT_FAULT;
}
