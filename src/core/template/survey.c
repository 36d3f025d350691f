/*
 * survey.c - what a template has to know of a ledger before a run.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "template/survey.h"

#include "base/status.h"
qfs_status
qfs_survey_begin(qfs_survey *survey, const qfs_registry *registry, uint64_t size, qfs_allocator allocator, qfs_error *err)
{
	qfs_what_if_question question = {.changes = QFS_LITERAL("{}"),.size = size,.from = size};

	survey->epoch_begin = 0;
	survey->epoch = 0;
	survey->from = size;
	return qfs_what_if_begin(&survey->what_if, registry, &question, allocator, err);
}

void
qfs_survey_end(qfs_survey *survey)
{
	qfs_what_if_end(&survey->what_if);
}

qfs_status
qfs_survey_entry(qfs_survey *survey, const qfs_entry *entry, qfs_error *err)
{
	qfs_reducer *r = &survey->what_if.direct.recorded;
	int64_t		epoch;
	qfs_status	status = qfs_what_if_entry(&survey->what_if, entry, err);

	if (status == QFS_OK)
		status = qfs_reducer_refresh(r, err);
	if (status != QFS_OK)
		return status;
	epoch = qfs_epoch_at(r, entry->at);
	if (epoch != survey->epoch)
		survey->epoch_begin = entry->seq;
	survey->epoch = epoch;
	if (entry->seq == qfs_what_if_from(survey->what_if.question.size))
		survey->from = survey->epoch_begin > 0 ? survey->epoch_begin : 1;
	return QFS_OK;
}

qfs_status
qfs_survey_policy(qfs_survey *survey, qfs_slice *out, qfs_error *err)
{
	const qfs_what_if *w = &survey->what_if;

	if (w->next != w->question.size)
		return qfs_fail(err, QFS_SIZE_UNKNOWN, "there are %u entries, the question is about %u", w->next, w->question.size);
	*out = w->direct.recorded.policy.text;
	return QFS_OK;
}
