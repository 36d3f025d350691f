/*
 * proposal_executed.c - PROPOSAL_EXECUTED: what passed comes into force, or is found to be impossible by now.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * It cannot fail, or the ledger would stand still: whatever merge, parse or
 * limits say is a guard.
 */
#include "base/assert.h"
#include "base/status.h"
#include "engine/account_part.h"
#include "engine/payload.h"
#include "rules/governance/settlement.h"
#include "rules/governance/telling.h"
#include "rules/system/policy_changed.h"

static const qfs_guard execution_grace = {.name = "EXECUTION_GRACE",.relation = QFS_AT_MOST,.unit = "blocks",.key = "governance.grace_blocks",.of_proposal = true,
	.principle = QFS_NO_RETROACTION,.severity = QFS_STOPS_PROPOSAL};
static const qfs_guard base_changed = {.name = "BASE_CHANGED",.relation = QFS_AT_MOST,.unit = "keys",
	.principle = QFS_NO_RETROACTION,.severity = QFS_STOPS_PROPOSAL};
static const qfs_guard *const guards[] = {
	&execution_grace, &base_changed, &qfs_guard_policy_valid, &qfs_guard_nod_share, NULL
};

static void
judge(const qfs_act *act, const qfs_execution *plan)
{
	qfs_effects *fx = act->fx;

	(void) qfs_guard_count(fx, &execution_grace, plan->overdue_at, plan->block);
	if (plan->motion.has_policy)
		(void) qfs_guard_count(fx, &base_changed, 0, plan->stale);
	(void) qfs_guard_count(fx, &qfs_guard_policy_valid, 0, !plan->is_valid);
	if (plan->motion.seat_count > 0)
		(void) qfs_guard_count(fx, &qfs_guard_nod_share, plan->shares.bound, plan->shares.observed);
	QFS_ASSERT((qfs_guards_first_block(fx) != NULL) == qfs_execution_is_barred(plan));
}

/* ---- the policy ---- */

static qfs_status
remember_key(void *context, qfs_slice name, qfs_slice value)
{
	const qfs_act *act = context;
	qfs_store  *store = act->reducer->store;
	qfs_policy_key_record key = {
		.seq = (int64_t) act->event->seq,.epoch = qfs_epoch_at(act->reducer, act->event->at)
	};

	(void) value;
	QFS_ASSERT(name.len <= QFS_TYPE_MAX);
	memcpy(key.key, name.data, name.len);
	return store->put(store, &qfs_kind_policy_key, &key, act->err);
}

/* Puts it in force from the next entry on, as POLICY_CHANGED does. */
static qfs_status
enact(qfs_act *act, const qfs_motion *motion, qfs_slice policy)
{
	qfs_status	status = qfs_policy_leaves(motion->policy, remember_key, act, act->err);

	return status == QFS_OK ? qfs_policy_replace(act, policy) : status;
}

/* ---- seats ---- */

static qfs_status
change_seats(const qfs_act *act, const qfs_motion *motion, qfs_electorate_record *electorate)
{
	qfs_status	status = QFS_OK;

	for (unsigned i = 0; i < motion->seat_count && status == QFS_OK; i++)
	{
		qfs_nod_record nod = motion->seats[i].nod;

		status = qfs_electorate_change(act, electorate, nod.nod, motion->seats[i].after);
		if (status == QFS_OK)
			status = qfs_nod_change(act, &nod, motion->seats[i].after);
	}
	return status == QFS_OK ? qfs_electorate_put(act, electorate) : status;
}

/* The electorate as it is from here on: what a policy may be depends on it, too, and how plural the ledger's voters are. */
static qfs_status
settle_seats(const qfs_act *act, const qfs_motion *motion, bool fails)
{
	qfs_electorate_record before;
	qfs_electorate_record electorate;
	qfs_status	status = qfs_electorate_get(act, &before);

	electorate = before;
	if (status == QFS_OK && !fails && motion->seat_count > 0)
		status = change_seats(act, motion, &electorate);
	qfs_electorate_write(act->result, &electorate, &before);
	return status;
}

/* ---- the rule ---- */

static qfs_status
finish(const qfs_act *act, qfs_tally_record *tally, bool fails)
{
	qfs_set_state(tally, qfs_slice_of(fails ? QFS_PROPOSAL_FAILED : QFS_PROPOSAL_EXECUTED));
	qfs_set_settled(act, tally);
	return qfs_tally_put(act, tally);
}

static void
write_state(qfs_json_writer *w, const qfs_tally_record *tally)
{
	qfs_json_key(w, "state");
	qfs_json_put_text(w, qfs_slice_of(tally->state));
	qfs_json_put_member_int(w, "tally", tally->tallied);
}

/* In the order of the result's members. */
static qfs_status
execute(qfs_act *act, const qfs_execution *plan, qfs_ballot_box *box, qfs_agenda *agenda)
{
	bool		fails = qfs_execution_is_barred(plan);
	qfs_status	status;

	qfs_agenda_remove(agenda, box->proposal.seq);
	qfs_agenda_write(act->result, agenda);
	qfs_json_put_member_int(act->result, "base", box->proposal.base);
	status = qfs_agenda_put(act, agenda);
	if (status == QFS_OK)
		status = settle_seats(act, &plan->motion, fails);
	if (status == QFS_OK && !fails && plan->motion.has_policy)
		status = enact(act, &plan->motion, plan->made.text);
	/* Of one that fails, too: what it would have made of them is what it failed by. */
	qfs_motion_write_seats(act->result, &plan->motion);
	if (fails)
		qfs_set_guard(&box->tally, qfs_slice_of(qfs_guards_first_block(act->fx)->name));
	if (status == QFS_OK)
		status = finish(act, &box->tally, fails);
	write_state(act->result, &box->tally);
	return status;
}

static qfs_status
apply(qfs_act *act)
{
	qfs_execution plan;
	qfs_ballot_box box;
	qfs_agenda	agenda;
	qfs_status	status = qfs_settlement_begin(act, QFS_AGENDA_EXECUTION, &agenda, &box);

	if (status == QFS_OK)
		status = qfs_execution_plan(act, &box, &plan);
	if (status == QFS_OK)
		status = qfs_settlement_compare(act, &agenda, qfs_execution_policy(&plan));
	if (status != QFS_OK)
		return status;
	judge(act, &plan);
	return execute(act, &plan, &box, &agenda);
}

/* ---- recorded ---- */

static qfs_status
recall_seats(qfs_act *act, qfs_slice seats)
{
	qfs_json_iter iter = qfs_json_members(seats);
	qfs_slice	key;
	qfs_slice	item;
	qfs_slice	after;
	qfs_user_id account;
	int64_t		nod;
	qfs_status	status = QFS_OK;

	while (status == QFS_OK && qfs_json_next(&iter, &key, &item))
	{
		if (!qfs_json_member_user(item, "account", &account) || !qfs_json_member(item, "after", &after) ||
			!qfs_json_to_int(after, &nod))
			return qfs_fail(act->err, QFS_OUTCOME_MISMATCH, "entry %u seats %v", act->event->seq, item);
		status = qfs_nod_recall(act, &account, nod, item);
	}
	return status == QFS_OK ? qfs_electorate_recall(act) : status;
}

/*
 * The leaves that it changed are those of the proposal, whose entry is before
 * it; an explanation that does not have that one does not ask for them.
 */
static qfs_status
recall_keys(qfs_act *act)
{
	uint8_t		memory[QFS_MOTION_MAX + 1024];
	qfs_store  *store = act->reducer->store;
	qfs_proposal_record proposal = {.seq = 0};
	qfs_slice	changes;
	bool		found = false;
	qfs_status	status = qfs_payload_int(act, "proposal", &proposal.seq);

	if (status == QFS_OK)
		status = store->get(store, &qfs_kind_proposal, &proposal, &found, act->err);
	if (status != QFS_OK || !found || proposal.change.len > sizeof(memory))
		return status;
	/* The store's own bytes are ours only until its next call. */
	memcpy(memory, proposal.change.data, proposal.change.len);
	if (!qfs_json_member((qfs_slice) {memory, proposal.change.len}, "policy", &changes))
		return QFS_OK;
	return qfs_policy_leaves(changes, remember_key, act, act->err);
}

static qfs_status
recall_policy(qfs_act *act, qfs_slice policy)
{
	qfs_status	status = recall_keys(act);

	return status == QFS_OK ? qfs_policy_replace(act, policy) : status;
}

static qfs_status
recall(qfs_act *act)
{
	qfs_slice	result = qfs_result_of(act->event->outcome);
	qfs_slice	policy;
	qfs_slice	seats;
	qfs_slice	guard;
	bool		fails = qfs_outcome_first_block(act->event->outcome, &guard);
	qfs_tally_record tally;
	qfs_status	status = qfs_tally_find(act, &tally);

	if (fails)
		qfs_set_guard(&tally, guard);
	if (status == QFS_OK)
		status = finish(act, &tally, fails);
	if (status == QFS_OK)
		status = qfs_agenda_recall(act);
	if (status == QFS_OK && !fails && qfs_json_member(result, "seats", &seats))
		status = recall_seats(act, seats);
	return status == QFS_OK && qfs_json_member(act->event->payload, "policy", &policy) ? recall_policy(act, policy) : status;
}

/* ---- its explanation ---- */

/* What was proposed and decided, the policy that it was proposed under, and the seats that it changes. */
static qfs_status
rests(const qfs_entry *entry, qfs_grounds *grounds, qfs_error *err)
{
	static const char *const chains[] = {"agenda", "electorate", "seats"};
	qfs_slice	result = qfs_result_of(entry->outcome);
	qfs_status	status = qfs_grounds_add_named(grounds, entry->payload, "proposal", err);

	if (status == QFS_OK)
		status = qfs_grounds_add_named(grounds, result, "tally", err);
	if (status == QFS_OK)
		status = qfs_grounds_add_named(grounds, result, "base", err);
	for (size_t i = 0; i < QFS_ROWS(chains) && status == QFS_OK; i++)
		status = qfs_trail_previous(entry, chains[i], grounds, err);
	return status;
}

/* All seats together, after it; of one that failed, as they would be. */
static int64_t
total_after(const qfs_story *story, bool failed)
{
	qfs_slice	result = qfs_result_of(story->entry->outcome);
	int64_t		total = qfs_trail_int(qfs_trail_member(result, "electorate"), "total");

	return failed ? qfs_told_seats_total(total, qfs_trail_member(result, "seats")) : total;
}

static bool
has_failed(const qfs_story *story)
{
	qfs_slice	name;

	return qfs_outcome_first_block(story->entry->outcome, &name);
}

static void
steps(const qfs_story *story, qfs_json_writer *w)
{
	qfs_slice	result = qfs_result_of(story->entry->outcome);
	const qfs_entry *tally = qfs_story_entry(story, qfs_trail_int(result, "tally"));
	int64_t		enacts = tally == NULL ? -1 : qfs_trail_int(qfs_result_of(tally->outcome), "enacts");
	qfs_slice	seats;
	qfs_told	told;

	if (!qfs_told_find(story, &told))
		return;
	qfs_step_open(w);
	qfs_step_count(w, "enacts", enacts);
	qfs_step_count(w, "grace_blocks", told.terms.grace_blocks);
	qfs_step_op(w, "grace");
	qfs_step_count(w, "result", enacts + told.terms.grace_blocks);
	qfs_step_close(w);
	if (qfs_json_member(result, "seats", &seats))
		qfs_step_shares(w, &qfs_guard_nod_share, told.terms.power_percent, total_after(story, has_failed(story)), seats);
}

static void
say_seats(const qfs_story *story, qfs_slice result, qfs_buf *out)
{
	qfs_json_iter iter = qfs_json_members(qfs_trail_member(result, "seats"));
	const char *comma = "";
	qfs_slice	key;
	qfs_slice	item;
	qfs_user_id account;

	while (qfs_json_next(&iter, &key, &item))
	{
		if (!qfs_json_member_user(item, "account", &account))
			continue;
		qfs_buf_text(out, comma);
		comma = ", ";
		qfs_say_account(story, out, &account, false);
		qfs_buf_text(out, qfs_story_is_subject(story, &account) ? " hold " : " holds ");
		qfs_buf_int(out, qfs_trail_int(item, "after"));
	}
	qfs_buf_text(out, " of ");
	qfs_buf_int(out, total_after(story, false));
	qfs_buf_text(out, " seats from here on.");
}

static void
tell(const qfs_story *story, qfs_buf *out)
{
	qfs_slice	result = qfs_result_of(story->entry->outcome);
	int64_t		proposal = qfs_trail_int(story->entry->payload, "proposal");
	qfs_slice	seats;

	if (has_failed(story))
	{
		qfs_buf_text(out, "Failed: ");
		qfs_say_guards(story, out);
		qfs_buf_text(out, ". Nothing of ");
		qfs_say_proposal(out, proposal);
		qfs_buf_text(out, " comes into force.");
		return;
	}
	qfs_buf_text(out, "Executed: ");
	if (qfs_json_member(result, "seats", &seats))
	{
		qfs_buf_text(out, "by ");
		qfs_say_proposal(out, proposal);
		qfs_buf_text(out, " ");
		say_seats(story, result, out);
		return;
	}
	qfs_buf_text(out, "the policy that ");
	qfs_say_proposal(out, proposal);
	qfs_buf_text(out, " asked for is in force from the next entry on.");
}

/* Who turns governance on must be as plural as the cap asks for. */
static const char *const reads[] = {"governance.mode", "governance.power_percent", NULL};

const qfs_rule qfs_rule_proposal_executed = {
	.type = "PROPOSAL_EXECUTED",
	.schema = "{\"properties\":{"
	"\"policy\":{\"additionalProperties\":true,\"type\":\"object\"},"
	"\"proposal\":{\"maximum\":9007199254740991,\"minimum\":0,\"type\":\"integer\"}},"
	"\"required\":[\"proposal\"],\"type\":\"object\"}",
	.via = QFS_VIA_LEDGER,
	.guards = guards,
	.apply = apply,
	.recall = recall,
	.rests = rests,
	.derivable = true,
	.steps = steps,
	.topic = QFS_TOPIC_ENTRY,
	.tell = tell,
	.is_public = true,
	.enacts = QFS_ENACTS_POLICY,
	.reads = reads,
	.moves = QFS_MOVES(QFS_ASSET_NOD),
};
