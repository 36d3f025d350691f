/*
 * findings.h - what a what-if has found of its window, counted.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_FINDINGS_H
#define QFS_FINDINGS_H

#include "sandbox/judgement.h"

/* How many entries were refused, by the reason. */
typedef struct qfs_refusals
{
	uint64_t	count[QFS_STATUS_COUNT];
} qfs_refusals;

/* Writes {"QFS_…":n,…} of those that there are, in the order of their codes. */
extern void qfs_refusals_write(qfs_json_writer *w, const qfs_refusals *refusals);

/* Rows of verdicts: more than there are guards of all rules, times the ways in which a verdict can change. */
#define QFS_FINDING_ROWS_MAX 512

/* Entries that are named. */
#define QFS_FINDING_ENTRIES_MAX 100

/* Guards of a rule whose verdict became another one. */
typedef struct qfs_verdict_row
{
	const char *guard;
	const char *rule;			/* the type */
	qfs_guard_verdict from;
	qfs_guard_verdict to;
	uint64_t	count;			/* of guards, which may be several of one entry */
} qfs_verdict_row;

typedef struct qfs_findings
{
	uint64_t	same;			/* entries that do not differ */
	uint64_t	bounds;			/* entries that differ in bounds of guards alone */
	qfs_refusals refused;
	unsigned	row_count;
	qfs_verdict_row rows[QFS_FINDING_ROWS_MAX]; /* sorted */
	unsigned	entry_count;
	uint64_t	entries[QFS_FINDING_ENTRIES_MAX];	/* the first that differ in more than bounds */
} qfs_findings;

extern void qfs_findings_init(qfs_findings *findings);

/*
 * Adds an entry.
 * rule: its own; NULL: an application's type, which has no guards
 * Errors: INTERNAL for more rows than there can be.
 */
extern qfs_status qfs_findings_add(qfs_findings *findings, const qfs_rule *rule, uint64_t seq,
								   const qfs_difference *difference, qfs_error *err);

/* {"bounds","entries","refused","same","verdicts":[{"count","from","guard","rule","to"}…]} */
extern void qfs_findings_write(qfs_json_writer *w, const qfs_findings *findings);

#endif
