/*
 * template_run.h - a run of the sandbox: a template, its parameters, and a ledger of a size.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * It is a what-if whose question the template writes, and is fed like one:
 *
 *     qfs_template_run_begin(&run, &qfs_registry_own, &question, allocator, &err);
 *     for each entry below question.size:  qfs_template_run_entry(&run, &entry, &err);
 *     qfs_template_run_finish(&run, &answer, &err);
 *     qfs_template_run_end(&run);
 *
 * Whoever asks gets the same bytes: nothing in the answer tells of an entry or
 * of somebody.  Form of the answer: docs/format.md, "Sandbox".
 */
#ifndef QFS_TEMPLATE_RUN_H
#define QFS_TEMPLATE_RUN_H

#include "template/rollback.h"
#include "template/template.h"
#include "sandbox/what_if.h"

/* Bytes that suffice for an answer. */
#define QFS_TEMPLATE_RUN_RESULT_MAX 262144
#define QFS_TEMPLATE_RUN_MAX (QFS_TEMPLATE_RUN_RESULT_MAX + 4 * QFS_POLICY_MAX)

/* Accounts that have to differ before sums tell of them, where not everybody reads every entry. */
#define QFS_TEMPLATE_RUN_CROWD 5

typedef struct qfs_template_question
{
	qfs_slice	template;		/* its name */
	qfs_slice	params;			/* canonical; the caller's until the end, and so are the others */
	uint64_t	size;			/* entries of the ledger that count, at least 1 */
	uint64_t	from;			/* first of the window, if it asks for one (template/survey.h) */
	qfs_slice	policy;			/* in force after entry size - 1 */
} qfs_template_question;

typedef struct qfs_template_run
{
	qfs_template_question question;
	qfs_allocator allocator;
	qfs_policy	policy;
	qfs_asked	asked;
	uint8_t		changes[QFS_POLICY_MAX];	/* that the template makes */
	qfs_what_if what_if;
	qfs_ring	ring;
	qfs_rollback rollback;
} qfs_template_run;

/*
 * Whatever it returns, qfs_template_run_end may follow.
 * Errors: TEMPLATE_UNKNOWN, TEMPLATE_PARAMS; KEY_FIXED; POLICY_INVALID and RULES_UNKNOWN for parameters that make a policy
 *         that could not come after the one in force, naming the parameter; those of qfs_what_if_begin.
 */
extern qfs_status qfs_template_run_begin(qfs_template_run *run, const qfs_registry *registry, const qfs_template_question *question,
								qfs_allocator allocator, qfs_error *err);
extern void qfs_template_run_end(qfs_template_run *run);

/* The next entry.  Errors: those of qfs_what_if_entry. */
extern qfs_status qfs_template_run_entry(qfs_template_run *run, const qfs_entry *entry, qfs_error *err);

/*
 * Writes the answer, once all entries below the size were there.
 * answer: empty; QFS_TEMPLATE_RUN_MAX bytes suffice
 * Errors: those of qfs_what_if_finish; STATE_MISMATCH if another policy is in force than the question says.
 */
extern qfs_status qfs_template_run_finish(qfs_template_run *run, qfs_buf *answer, qfs_error *err);

#endif
