/*
 * dormancy_claimed.c - DORMANCY_CLAIMED: the operator says that nobody governs any more.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * It changes nothing yet: for a hundred epochs any act of a holder ends it.
 */
#include "base/status.h"
#include "engine/account_part.h"
#include "engine/effects.h"
#include "rules/governance/claim.h"
#include "rules/governance/seats.h"
#include "rules/governance/telling.h"

static const qfs_guard dormancy = {.name = "DORMANCY",.relation = QFS_AT_LEAST,.unit = "epochs",.key = "governance.dormant_epochs",
	.principle = QFS_A_WAY_BACK,.severity = QFS_STOPS_ACT};
static const qfs_guard claim_open = {.name = "CLAIM_OPEN",.relation = QFS_AT_MOST,.unit = "claims",
	.principle = QFS_A_WAY_BACK,.severity = QFS_STOPS_ACT};
static const qfs_guard *const guards[] = {&dormancy, &claim_open, NULL};

static qfs_status
check_mode(const qfs_act *act)
{
	const qfs_governance *governance = &act->reducer->policy.governance;

	if (governance->mode != QFS_MODE_ON)
		return qfs_fail(act->err, QFS_DORMANCY_VOID, "governance.mode is not \"on\"");
	if (governance->dormant_epochs == 0)
		return qfs_fail(act->err, QFS_DORMANCY_VOID, "governance.dormant_epochs is 0");
	return QFS_OK;
}

static bool
judge(const qfs_act *act, const qfs_electorate_record *electorate, const qfs_agenda *agenda)
{
	const qfs_policy *policy = &act->reducer->policy;
	int64_t		voted = electorate->voted / policy->epoch_blocks;
	bool		blocks = qfs_guard_count(act->fx, &dormancy, voted + policy->governance.dormant_epochs,
										 qfs_epoch_at(act->reducer, act->event->at));

	return qfs_guard_count(act->fx, &claim_open, 0, qfs_claim_on(agenda) != QFS_NO_CLAIM) || blocks;
}

/* The first block of the epoch in which it is settled. */
static int64_t
due_block(const qfs_act *act)
{
	return (qfs_epoch_at(act->reducer, act->event->at) + QFS_CLAIM_EPOCHS) * act->reducer->policy.epoch_blocks;
}

static qfs_status
apply(qfs_act *act)
{
	qfs_electorate_record electorate;
	qfs_agenda	agenda;
	bool		blocked;
	qfs_status	status = check_mode(act);

	if (status == QFS_OK)
		status = qfs_electorate_get(act, &electorate);
	if (status == QFS_OK)
		status = qfs_agenda_get(act->reducer->store, &agenda, act->err);
	if (status != QFS_OK)
		return status;
	blocked = judge(act, &electorate, &agenda);
	if (!blocked)
		qfs_agenda_set(&agenda, &(qfs_agenda_item) {
					   .block = due_block(act),.seq = (int64_t) act->event->seq,.kind = QFS_AGENDA_DORMANCY
		});
	qfs_agenda_write(act->result, &agenda);
	qfs_json_key(act->result, "vote");
	qfs_previous_write(act->result, electorate.has_vote ? electorate.vote : -1);
	return blocked ? QFS_OK : qfs_agenda_put(act, &agenda);
}

/* The outcome of an entry that is no account's has no status: its guards tell. */
static bool
is_blocked(const qfs_entry *entry)
{
	qfs_slice	name;

	return qfs_outcome_first_block(entry->outcome, &name);
}

static qfs_status
recall(qfs_act *act)
{
	return is_blocked(act->event) ? QFS_OK : qfs_agenda_recall(act);
}

/* ---- its explanation ---- */

/* The vote tells the epoch in which somebody voted last. */
static qfs_status
rests(const qfs_entry *entry, qfs_grounds *grounds, qfs_error *err)
{
	qfs_status	status = qfs_grounds_add_named(grounds, qfs_result_of(entry->outcome), "vote", err);

	return status == QFS_OK ? qfs_trail_previous(entry, "agenda", grounds, err) : status;
}

/* The block in which the entry's own item is due; -1: it has none. */
static int64_t
due_of(const qfs_story *story)
{
	const qfs_agenda_item *item = NULL;
	qfs_agenda	agenda;

	if (qfs_agenda_told(story->entry, &agenda))
		item = qfs_agenda_find(&agenda, (int64_t) story->entry->seq);
	return item != NULL ? item->block : -1;
}

static void
tell(const qfs_story *story, qfs_buf *out)
{
	if (is_blocked(story->entry))
	{
		qfs_buf_text(out, "The operator could not claim that nobody governs: ");
		qfs_say_guards(story, out);
		qfs_buf_text(out, ".");
		return;
	}
	qfs_buf_text(out, "The operator claims that nobody governs: ");
	qfs_say_guards(story, out);
	qfs_buf_text(out, ". Unless a holder of seats acts before block ");
	qfs_buf_int(out, due_of(story));
	qfs_buf_text(out, ", governance is in trial from then on.");
}

static const char *const reads[] = {"governance.mode", NULL};

const qfs_rule qfs_rule_dormancy_claimed = {
	.type = "DORMANCY_CLAIMED",
	.schema = "{\"type\":\"object\"}",
	.via = QFS_VIA_OPERATOR,
	.guards = guards,
	.apply = apply,
	.recall = recall,
	.rests = rests,
	.derivable = true,
	.topic = QFS_TOPIC_ENTRY,
	.tell = tell,
	.is_public = true,
	.reads = reads,
};
