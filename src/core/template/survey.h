/*
 * survey.h - what a template has to know of a ledger before a run (template_run.h).
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Fed with entries from 0 on, as a what-if is.  A server that has the state in
 * tables looks it up instead.
 */
#ifndef QFS_SURVEY_H
#define QFS_SURVEY_H

#include "sandbox/what_if.h"

typedef struct qfs_survey
{
	qfs_what_if what_if;		/* without changes, and without a window */
	uint64_t	epoch_begin;	/* first entry of the epoch of the last entry */
	int64_t		epoch;
	uint64_t	from;			/* where the window begins */
} qfs_survey;

/* size: entries that will come.  Errors: SIZE_UNKNOWN for none; NO_MEMORY. */
extern qfs_status qfs_survey_begin(qfs_survey *survey, const qfs_registry *registry, uint64_t size, qfs_allocator allocator,
								   qfs_error *err);
extern void qfs_survey_end(qfs_survey *survey);

/* The next entry.  Errors: those of qfs_what_if_entry. */
extern qfs_status qfs_survey_entry(qfs_survey *survey, const qfs_entry *entry, qfs_error *err);

/*
 * The policy in force after the last one; it stays until qfs_survey_end.
 * survey->from is then the first entry, from 1, of the epoch in which entry
 * size - 10,000 is, or entry 1.
 * Errors: SIZE_UNKNOWN if there were fewer entries.
 */
extern qfs_status qfs_survey_policy(qfs_survey *survey, qfs_slice *out, qfs_error *err);

#endif
