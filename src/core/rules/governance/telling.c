/*
 * telling.c - steps and words that explanations of proposals, votes and settlements share.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "rules/governance/telling.h"

/* ---- what is told of ---- */

bool
qfs_told_read(const qfs_entry *entry, qfs_told *out)
{
	qfs_slice	result = qfs_result_of(entry->outcome);
	qfs_slice	track = qfs_json_member_or(entry->payload, "track", QFS_LITERAL("null"));

	out->proposal = (int64_t) entry->seq;
	out->emergency = qfs_slice_equal(track, QFS_LITERAL("\"emergency\""));
	out->total = qfs_trail_int(qfs_trail_member(result, "snapshot"), "total");
	return out->total >= 0 && qfs_terms_read(qfs_trail_member(result, "terms"), &out->terms);
}

bool
qfs_told_find(const qfs_story *story, qfs_told *out)
{
	const qfs_entry *entry = qfs_story_entry(story, qfs_trail_int(story->entry->payload, "proposal"));

	return entry != NULL && qfs_told_read(entry, out);
}

qfs_counts
qfs_told_counts(const qfs_story *story, const qfs_told *told)
{
	qfs_slice	tally = qfs_trail_member(qfs_result_of(story->entry->outcome), "tally");

	return (qfs_counts) {
		.total = told->total,.yes = qfs_trail_int(tally, "yes"),.no = qfs_trail_int(tally, "no"),
		.abstain = qfs_trail_int(tally, "abstain"),.veto = qfs_trail_int(tally, "veto")
	};
}

int64_t
qfs_told_seats_total(int64_t total, qfs_slice seats)
{
	qfs_json_iter iter = qfs_json_members(seats);
	qfs_slice	key;
	qfs_slice	item;

	while (qfs_json_next(&iter, &key, &item))
		total += qfs_trail_int(item, "after") - qfs_trail_int(item, "before");
	return total;
}

/* ---- steps ---- */

void
qfs_step_product(qfs_json_writer *w, const qfs_guard *guard, const char *op, int64_t percent, int64_t of, int64_t result)
{
	qfs_step_open(w);
	qfs_step_text(w, "guard", qfs_slice_of(guard->name));
	qfs_step_count(w, "of", of);
	qfs_step_count(w, "percent", percent);
	qfs_step_op(w, op);
	qfs_step_count(w, "result", result);
	qfs_step_close(w);
}

void
qfs_step_verdict(qfs_json_writer *w, const qfs_told *told, const qfs_counts *counts)
{
	const qfs_terms *terms = &told->terms;
	int64_t		cast = qfs_tally_cast(counts);
	const struct
	{
		int64_t		percent;
		int64_t		of;
		int64_t		observed;
	}			factors[QFS_VERDICT_GUARDS] = {
		{terms->veto_percent, cast, counts->veto},
		{terms->quorum, counts->total, cast},
		{terms->approval, counts->total, counts->yes},
		{terms->majority, cast - counts->abstain, counts->yes},
	};
	qfs_verdict verdict;

	qfs_tally_verdict(terms, counts, &verdict);
	for (unsigned i = 0; i < verdict.count; i++)
	{
		qfs_step_product(w, verdict.guards[i].guard, "bound", factors[i].percent, factors[i].of, verdict.guards[i].bound);
		qfs_step_product(w, verdict.guards[i].guard, "observed", 100, factors[i].observed, verdict.guards[i].observed);
	}
}

void
qfs_step_enacts(qfs_json_writer *w, const qfs_story *story, const qfs_told *told, int64_t ends, int64_t enacts)
{
	if (told->emergency)
		return;
	qfs_step_open(w);
	qfs_step_count(w, "ends", ends);
	qfs_step_count(w, "epoch_blocks", story->policy->epoch_blocks);
	qfs_step_count(w, "timelock_blocks", told->terms.timelock_blocks);
	qfs_step_op(w, "enacts");
	qfs_step_count(w, "result", enacts);
	qfs_step_close(w);
}

void
qfs_step_ends(qfs_json_writer *w, int64_t ends, int64_t late_blocks)
{
	qfs_step_open(w);
	qfs_step_count(w, "block", ends - late_blocks);
	qfs_step_count(w, "late_blocks", late_blocks);
	qfs_step_op(w, "ends");
	qfs_step_count(w, "result", ends);
	qfs_step_close(w);
}

/* The largest number of seats that one of them would have. */
static int64_t
largest_of(qfs_slice seats)
{
	qfs_json_iter iter = qfs_json_members(seats);
	qfs_slice	key;
	qfs_slice	item;
	int64_t		largest = 0;

	while (qfs_json_next(&iter, &key, &item))
	{
		int64_t		after = qfs_trail_int(item, "after");

		largest = after > largest ? after : largest;
	}
	return largest;
}

void
qfs_step_shares(qfs_json_writer *w, const qfs_guard *guard, int64_t power_percent, int64_t total, qfs_slice seats)
{
	int64_t		largest = largest_of(seats);

	qfs_step_product(w, guard, "bound", power_percent, total, total > QFS_NOD_MAX ? 0 : power_percent * total);
	qfs_step_product(w, guard, "observed", 100, largest, 100 * largest);
}

/* ---- words ---- */

static void
say_more(qfs_buf *out, int64_t n, const char *what)
{
	if (n == 0)
		return;
	qfs_buf_text(out, ", ");
	qfs_buf_int(out, n);
	qfs_buf_text(out, what);
}

void
qfs_say_counts(qfs_buf *out, const qfs_counts *counts)
{
	qfs_buf_int(out, counts->yes);
	qfs_buf_text(out, " of ");
	qfs_buf_int(out, counts->total);
	qfs_buf_text(out, " said yes, ");
	qfs_buf_int(out, counts->no);
	qfs_buf_text(out, " no");
	say_more(out, counts->abstain, " abstained");
	say_more(out, counts->veto, " vetoed");
}

void
qfs_say_proposal(qfs_buf *out, int64_t proposal)
{
	qfs_buf_text(out, "proposal ");
	qfs_buf_int(out, proposal);
}
