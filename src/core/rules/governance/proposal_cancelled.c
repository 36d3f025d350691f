/*
 * proposal_cancelled.c - PROPOSAL_CANCELLED: its proposer takes a proposal back, before anybody can vote.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "base/status.h"
#include "engine/outcome.h"
#include "rules/governance/ballot_box.h"
#include "rules/governance/claim.h"
#include "rules/governance/telling.h"

static qfs_status
check(const qfs_act *act, const qfs_ballot_box *box)
{
	int64_t		block = qfs_block_at(act->reducer, act->event->at);

	if (memcmp(&box->proposal.proposer, &act->event->actor, sizeof(qfs_user_id)) != 0)
		return qfs_fail(act->err, QFS_FORBIDDEN, "proposal %i is another account's", box->proposal.seq);
	if (!qfs_is_state(&box->tally, QFS_PROPOSAL_OPEN))
		return qfs_fail(act->err, QFS_PROPOSAL_STATE, "proposal %i is %s", box->proposal.seq, box->tally.state);
	if (block >= box->proposal.opens)
		return qfs_fail(act->err, QFS_PROPOSAL_STATE, "proposal %i is voted on since block %i", box->proposal.seq,
						box->proposal.opens);
	return QFS_OK;
}

static qfs_status
end(const qfs_act *act, qfs_tally_record *tally)
{
	qfs_set_state(tally, qfs_slice_of(QFS_PROPOSAL_CANCELLED));
	qfs_set_settled(act, tally);
	return qfs_tally_put(act, tally);
}

static qfs_status
apply(qfs_act *act)
{
	qfs_ballot_box box;
	qfs_agenda	agenda;
	int64_t		claim;
	qfs_status	status = qfs_ballot_box_read(act, &box);

	if (status == QFS_OK)
		status = check(act, &box);
	if (status == QFS_OK)
		status = qfs_agenda_get(act->reducer->store, &agenda, act->err);
	if (status != QFS_OK)
		return status;
	qfs_agenda_remove(&agenda, box.proposal.seq);
	/* It was a holder when it proposed. */
	claim = qfs_claim_end(act, &agenda);
	qfs_agenda_write(act->result, &agenda);
	qfs_claim_write(act->result, claim);
	status = qfs_agenda_put(act, &agenda);
	return status == QFS_OK ? end(act, &box.tally) : status;
}

static qfs_status
recall(qfs_act *act)
{
	qfs_tally_record tally;
	qfs_status	status = qfs_tally_find(act, &tally);

	if (status == QFS_OK)
		status = end(act, &tally);
	return status == QFS_OK ? qfs_agenda_recall(act) : status;
}

/* ---- its explanation ---- */

static qfs_status
rests(const qfs_entry *entry, qfs_grounds *grounds, qfs_error *err)
{
	qfs_status	status = qfs_grounds_add_named(grounds, entry->payload, "proposal", err);

	return status == QFS_OK ? qfs_trail_previous(entry, "agenda", grounds, err) : status;
}

static void
tell(const qfs_story *story, qfs_buf *out)
{
	qfs_say_account(story, out, &story->entry->actor, true);
	qfs_buf_text(out, " took ");
	qfs_say_proposal(out, qfs_trail_int(story->entry->payload, "proposal"));
	qfs_buf_text(out, " back before anybody could vote on it");
	qfs_say_word(story, out);
	qfs_buf_text(out, ".");
	qfs_claim_say(story, out);
}

const qfs_rule qfs_rule_proposal_cancelled = {
	.type = "PROPOSAL_CANCELLED",
	.schema = "{\"properties\":{\"proposal\":{\"maximum\":9007199254740991,\"minimum\":0,\"type\":\"integer\"}},"
	"\"required\":[\"proposal\"],\"type\":\"object\"}",
	.via = QFS_VIA_SESSION | QFS_VIA_WALLET,
	.must_sign = true,
	.apply = apply,
	.recall = recall,
	.rests = rests,
	.derivable = true,
	.topic = QFS_TOPIC_ENTRY,
	.tell = tell,
	.is_public = true,
};
