/*
 * claim.c - the operator's claim that nobody governs any more, and what ends it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "rules/governance/claim.h"

#include "engine/outcome.h"
#include "rules/governance/trail.h"

int64_t
qfs_claim_on(const qfs_agenda *agenda)
{
	for (unsigned i = 0; i < agenda->count; i++)
		if (agenda->items[i].kind == QFS_AGENDA_DORMANCY)
			return agenda->items[i].seq;
	return QFS_NO_CLAIM;
}

static bool
has_ended(const qfs_act *act)
{
	qfs_slice	claim;

	return qfs_json_member(qfs_result_of(act->event->outcome), "claim", &claim);
}

int64_t
qfs_claim_end(const qfs_act *act, qfs_agenda *agenda)
{
	int64_t		claim = qfs_claim_on(agenda);

	if (claim == QFS_NO_CLAIM || (!act->reducer->knows_agenda && !has_ended(act)))
		return QFS_NO_CLAIM;
	qfs_agenda_remove(agenda, claim);
	return claim;
}

void
qfs_claim_write(qfs_json_writer *w, int64_t claim)
{
	if (claim == QFS_NO_CLAIM)
		return;
	qfs_json_put_member_int(w, "claim", claim);
}

qfs_status
qfs_claim_recall(const qfs_act *act)
{
	return has_ended(act) ? qfs_agenda_recall(act) : QFS_OK;
}

void
qfs_claim_say(const qfs_story *story, qfs_buf *out)
{
	int64_t		claim = qfs_trail_int(qfs_result_of(story->entry->outcome), "claim");

	if (claim < 0)
		return;
	qfs_buf_text(out, " That ends the claim of entry ");
	qfs_buf_int(out, claim);
	qfs_buf_text(out, " that nobody governs.");
}
