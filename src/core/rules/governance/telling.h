/*
 * telling.h - steps and words that explanations of proposals, votes and settlements share.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * They are written from the entry and from those that it rests on, which the
 * explanation shows.
 */
#ifndef QFS_TELLING_H
#define QFS_TELLING_H

#include "rules/governance/tally.h"
#include "rules/governance/trail.h"

/* What a proposal's entry says. */
typedef struct qfs_told
{
	int64_t		proposal;
	bool		emergency;
	int64_t		total;			/* NOD at its entry */
	qfs_terms	terms;
} qfs_told;

/* Of the entry itself, or of one that names it in its payload.  False: the explanation does not show it. */
extern bool qfs_told_read(const qfs_entry *entry, qfs_told *out);
extern bool qfs_told_find(const qfs_story *story, qfs_told *out);

/* The counts of the result's "tally". */
extern qfs_counts qfs_told_counts(const qfs_story *story, const qfs_told *told);

/* All NOD, if what is said of seats came about. */
extern int64_t qfs_told_seats_total(int64_t total, qfs_slice seats);

/* ---- steps ---- */

/* {"inputs":{"guard":"…","of":"…","percent":"…"},"op":"bound"|"observed","result":"…"}: a product of two. */
extern void qfs_step_product(qfs_json_writer *w, const qfs_guard *guard, const char *op, int64_t percent, int64_t of,
							 int64_t result);

/* The eight products of a verdict. */
extern void qfs_step_verdict(qfs_json_writer *w, const qfs_told *told, const qfs_counts *counts);

/* {"inputs":{"ends","epoch_blocks","timelock_blocks"},"op":"enacts","result"}; of an emergency none. */
extern void qfs_step_enacts(qfs_json_writer *w, const qfs_story *story, const qfs_told *told, int64_t ends, int64_t enacts);

/* {"inputs":{"block","late_blocks"},"op":"ends","result"}: the end has moved. */
extern void qfs_step_ends(qfs_json_writer *w, int64_t ends, int64_t late_blocks);

/* NOD_SHARE, of the seats in the result, after a total. */
extern void qfs_step_shares(qfs_json_writer *w, const qfs_guard *guard, int64_t power_percent, int64_t total, qfs_slice seats);

/* ---- words ---- */

/* "20 of 100 said yes, 10 no, 5 abstained, 3 vetoed" */
extern void qfs_say_counts(qfs_buf *out, const qfs_counts *counts);

/* "proposal 7" */
extern void qfs_say_proposal(qfs_buf *out, int64_t proposal);

#endif
