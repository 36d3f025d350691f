/*
 * consequence_map.c - qfs-verify consequence-map: what a change of the policy reaches, and what it would have done to an exported ledger.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * It prints the answer, a line that is the same for whoever has the entries.
 * Whether the export is sound, qfs-verify ledger says.
 */
#include <stdlib.h>

#include "base/status.h"
#include "commands.h"
#include "engine/outcome.h"
#include "ledger/registry.h"
#include "question.h"
#include "sandbox/consequence_map.h"

/* ---- the question ---- */

/* A proposal of the ledger, and what its entry says of it; the memory lives as long as the program. */
typedef struct Subject
{
	int64_t		seq;			/* -1: changes of one's own */
	qfs_slice	changes;
	qfs_slice	simulation;		/* that the proposer has named; empty: none */
} Subject;

static bool
is_proposal(const qfs_entry *entry, uint64_t seq)
{
	return entry->seq == seq && qfs_slice_is(entry->type, "PROPOSAL_CREATED") && !qfs_outcome_is_blocked(entry->outcome);
}

/* Looks for it without judging the others; an exit if there is none. */
static Subject
find_proposal(FILE *file, uint64_t seq)
{
	LineReader *reader = calloc(1, sizeof(*reader));
	Reading    *reading = malloc(sizeof(*reading));
	Subject		subject = {.seq = (int64_t) seq};

	if (reader == NULL || reading == NULL)
		fail_usage("there is no memory");
	reader->file = file;
	while (next_line_of(reader))
		if (!is_blank(line_of(reader)) && read_line(line_of(reader), reading) == QFS_OK && is_proposal(&reading->entry, seq))
		{
			qfs_slice	action = qfs_json_member_or(reading->entry.payload, "action", QFS_LITERAL("{}"));

			/* What was read stays, so neither is freed. */
			subject.changes = qfs_json_member_or(action, "policy", QFS_LITERAL("{}"));
			subject.simulation = qfs_json_member_or(reading->entry.payload, "simulation", (qfs_slice) {NULL, 0});
			rewind(file);
			return subject;
		}
	fail_usage("--proposal: entry %llu is no proposal", (unsigned long long) seq);
}

static Subject
subject_of(const Options *options, FILE *file)
{
	if (options->proposal == NULL)
		return (Subject) {.seq = -1,.changes = canonical_of("--changes", options->changes)};
	return find_proposal(file, number_of("--proposal", options->proposal));
}

/* Is the question the one that the proposer has answered: of a ledger that has been as long, and with nothing else? */
static bool
is_simulated(const Options *options, const Subject *subject, FILE *file, uint64_t *size, uint64_t *from)
{
	int64_t		of;
	int64_t		window;

	if (options->size != NULL || options->from != NULL || subject->simulation.len == 0 ||
		!qfs_json_member_count(subject->simulation, "size", &of) ||
		!qfs_json_member_count(subject->simulation, "window", &window) || of < 1 || (uint64_t) of > count_lines(file))
		return false;
	*size = (uint64_t) of;
	*from = window < of ? (uint64_t) (of - window) : 1;
	return true;
}

static qfs_map_question
question_of(const Options *options, const Subject *subject, FILE *file)
{
	qfs_map_question question = {.changes = subject->changes,.proposal = subject->seq};

	if (is_simulated(options, subject, file, &question.size, &question.from))
		return question;
	window_of(options, file, &question.from, &question.size);
	return question;
}

static void
refuse_others(const Options *options)
{
	refuse_proof(options);
	if (options->actions != NULL || options->template != NULL || options->params != NULL)
		fail_usage("--actions, --template and --params belong to qfs-verify what-if");
	if ((options->changes == NULL) == (options->proposal == NULL))
		fail_usage("a map of what? --changes or --proposal");
}

/* ---- the answer ---- */

/* Is the run the one that the proposer has named, if there is one and nobody asks otherwise?  Else it says so. */
static bool
is_reproduced(const Options *options, const Subject *subject, qfs_slice answer)
{
	qfs_slice	what_if = qfs_json_member_or(answer, "what_if", QFS_LITERAL("{}"));

	if (options->size != NULL || options->from != NULL || subject->simulation.len == 0 ||
		qfs_slice_equal(qfs_json_member_or(what_if, "run_hash", QFS_LITERAL("null")),
						qfs_json_member_or(subject->simulation, "run", QFS_LITERAL("\"\""))))
		return true;
	fputs("qfs-verify: not reproduced: the proposal names another run_hash\n", stderr);
	return false;
}

static int
answer(const Options *options, const Subject *subject, qfs_consequence_map *m)
{
	qfs_buf		line = answer_room(QFS_CONSEQUENCE_MAP_MAX);
	qfs_error	err;
	bool		expected;

	if (qfs_consequence_map_finish(m, NULL, &line, &err) != QFS_OK)
		fail_question(&err);
	expected = print_answer(options, qfs_buf_slice(&line), "graph_hash");
	return is_reproduced(options, subject, qfs_buf_slice(&line)) && expected ? EXIT_SOUND : EXIT_FAULT;
}

int
consequence_map(const Options *options)
{
	qfs_consequence_map *m = malloc(sizeof(*m));
	qfs_map_question question;
	Subject		subject;
	qfs_error	err;
	FILE	   *file;
	int			code;

	refuse_others(options);
	check_expected(options, "graph_hash");
	if (m == NULL)
		fail_usage("there is no memory");
	file = open_twice(options->file);
	subject = subject_of(options, file);
	question = question_of(options, &subject, file);
	if (qfs_consequence_map_begin(m, &qfs_registry_own, &question, heap_allocator(), &err) != QFS_OK)
		fail_question(&err);
	code = ask_of_lines(options, file, &m->what_if) ? answer(options, &subject, m) : EXIT_FAULT;
	qfs_consequence_map_end(m);
	free(m);
	return code;
}
