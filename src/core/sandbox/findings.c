/*
 * findings.c - what a what-if has found of its window, counted.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "sandbox/findings.h"

#include "base/sorted.h"
#include "base/status.h"

/* ---- refusals ---- */

/* The first code after one, among those that were found; NULL: there is none.  after: NULL: the first of all */
static const char *
next_code(const qfs_refusals *refusals, const char *after, qfs_status *out)
{
	const char *next = NULL;

	for (int n = 0; n < QFS_STATUS_COUNT; n++)
	{
		const char *code = qfs_status_code((qfs_status) n);

		if (refusals->count[n] == 0 || (after != NULL && strcmp(code, after) <= 0) ||
			(next != NULL && strcmp(code, next) >= 0))
			continue;
		next = code;
		*out = (qfs_status) n;
	}
	return next;
}

void
qfs_refusals_write(qfs_json_writer *w, const qfs_refusals *refusals)
{
	const char *code = NULL;
	qfs_status	status = QFS_OK;

	qfs_json_open_object(w);
	while ((code = next_code(refusals, code, &status)) != NULL)
		qfs_json_put_member_int(w, code, (int64_t) refusals->count[status]);
	qfs_json_close(w);
}

/* ---- verdicts ---- */

void
qfs_findings_init(qfs_findings *findings)
{
	findings->same = 0;
	findings->bounds = 0;
	memset(&findings->refused, 0, sizeof(findings->refused));
	findings->row_count = 0;
	findings->entry_count = 0;
}

/* By guard, rule, from and to, as they are named. */
static int
compare_rows(const void *first, const void *second)
{
	const qfs_verdict_row *a = first;
	const qfs_verdict_row *b = second;
	int			order = strcmp(a->guard, b->guard);

	if (order == 0)
		order = strcmp(a->rule, b->rule);
	if (order == 0)
		order = (int) a->from - (int) b->from;
	return order != 0 ? order : (int) a->to - (int) b->to;
}

/* Counts one more of a row, which is put where it belongs if it is the first. */
static qfs_status
count_row(qfs_findings *findings, const qfs_verdict_row *row, qfs_error *err)
{
	bool		found;
	size_t		place = qfs_sorted_place(findings->rows, findings->row_count, sizeof(*row), row, compare_rows, &found);

	if (found)
	{
		findings->rows[place].count++;
		return QFS_OK;
	}
	if (findings->row_count == QFS_FINDING_ROWS_MAX)
		return qfs_fail(err, QFS_INTERNAL, "more than %u kinds of verdicts", (uint64_t) QFS_FINDING_ROWS_MAX);
	qfs_sorted_insert(findings->rows, findings->row_count++, sizeof(*row), place, row);
	return QFS_OK;
}

/* The rule's own name of a guard, which stays; NULL: the rule does not list it. */
static const char *
name_of(const qfs_rule *rule, qfs_slice guard)
{
	for (const qfs_guard *const *g = rule->guards; g != NULL && *g != NULL; g++)
		if (qfs_slice_is(guard, (*g)->name))
			return (*g)->name;
	return NULL;
}

static qfs_status
add_verdicts(qfs_findings *findings, const qfs_rule *rule, const qfs_difference *difference, qfs_error *err)
{
	qfs_status	status = QFS_OK;

	for (unsigned n = 0; n < difference->guard_count && status == QFS_OK; n++)
	{
		const qfs_guard_difference *guard = &difference->guards[n];
		qfs_verdict_row row = {.guard = name_of(rule, guard->guard),.rule = rule->type,.from = guard->from,.to = guard->to,.count = 1};

		if (guard->from != guard->to && row.guard != NULL)
			status = count_row(findings, &row, err);
	}
	return status;
}

qfs_status
qfs_findings_add(qfs_findings *findings, const qfs_rule *rule, uint64_t seq, const qfs_difference *difference,
				 qfs_error *err)
{
	findings->same += difference->same;
	findings->bounds += difference->bounds;
	if (difference->same || difference->bounds)
		return QFS_OK;
	if (findings->entry_count < QFS_FINDING_ENTRIES_MAX)
		findings->entries[findings->entry_count++] = seq;
	if (difference->refused != QFS_OK)
		findings->refused.count[difference->refused]++;
	return rule != NULL ? add_verdicts(findings, rule, difference, err) : QFS_OK;
}

/* ---- what is told ---- */

static void
write_row(qfs_json_writer *w, const qfs_verdict_row *row)
{
	qfs_json_open_object(w);
	qfs_json_put_member_int(w, "count", (int64_t) row->count);
	qfs_json_key(w, "from");
	qfs_json_put_text(w, qfs_slice_of(qfs_verdict_names[row->from]));
	qfs_json_key(w, "guard");
	qfs_json_put_text(w, qfs_slice_of(row->guard));
	qfs_json_key(w, "rule");
	qfs_json_put_text(w, qfs_slice_of(row->rule));
	qfs_json_key(w, "to");
	qfs_json_put_text(w, qfs_slice_of(qfs_verdict_names[row->to]));
	qfs_json_close(w);
}

void
qfs_findings_write(qfs_json_writer *w, const qfs_findings *findings)
{
	qfs_json_open_object(w);
	qfs_json_put_member_int(w, "bounds", (int64_t) findings->bounds);
	qfs_json_key(w, "entries");
	qfs_json_open_array(w);
	for (unsigned n = 0; n < findings->entry_count; n++)
		qfs_json_put_int(w, (int64_t) findings->entries[n]);
	qfs_json_close(w);
	qfs_json_key(w, "refused");
	qfs_refusals_write(w, &findings->refused);
	qfs_json_put_member_int(w, "same", (int64_t) findings->same);
	qfs_json_key(w, "verdicts");
	qfs_json_open_array(w);
	for (unsigned n = 0; n < findings->row_count; n++)
		write_row(w, &findings->rows[n]);
	qfs_json_close(w);
	qfs_json_close(w);
}
