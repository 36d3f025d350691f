/*
 * proposal_tallied.c - PROPOSAL_TALLIED: the ledger counts, when the time for votes is over.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Every vote has the count after it, so there is nothing left to sum up: the
 * verdict is four comparisons.
 */
#include "base/assert.h"
#include "base/status.h"
#include "engine/effects.h"
#include "engine/payload.h"
#include "rules/governance/settlement.h"
#include "rules/governance/telling.h"

/* Nothing was appended for so long after the end: an outage, or a clock put forward. */
static const qfs_guard tally_silence = {.name = "TALLY_SILENCE",.relation = QFS_AT_MOST,.unit = "blocks",.key = "governance.late_blocks",.of_proposal = true,
	.principle = QFS_TIME_TO_REACT,.severity = QFS_STOPS_ACT};
static const qfs_guard *const guards[] = {&tally_silence, QFS_TALLY_GUARDS, NULL};

/* The deposit of a proposal that was vetoed; the standing itself says how much there was to take. */
static bool
take(const qfs_story *story, qfs_slice more, const qfs_standing *recorded, bool other, qfs_standing *standing)
{
	bool		takes = recorded->flx <= standing->flx;

	(void) story;
	(void) more;
	(void) other;
	standing->flx = recorded->flx;
	return takes;
}

static const qfs_change deposit_burnt = {.name = "DEPOSIT_BURNT",.apply = take,
	.moves = QFS_MOVES(QFS_ASSET_FLX)};
static const qfs_change *const changes[] = {&deposit_burnt, NULL};

/* ---- silence ---- */

/* May a vote still turn the verdict?  Nothing turns that of an emergency that is decided. */
static bool
is_open_to_votes(const qfs_ballot_box *box)
{
	qfs_counts	counts = qfs_counts_of(box);

	return box->tally.extensions < QFS_EXTENSIONS_MAX &&
		!(box->track == QFS_TRACK_EMERGENCY && qfs_tally_is_decided(&box->terms, &counts));
}

/* Whoever was kept from voting gets the time to: the end moves.  *silent: it does. */
static void
judge_silence(const qfs_act *act, qfs_ballot_box *box, bool *silent)
{
	int64_t		block = qfs_block_at(act->reducer, act->event->at);
	qfs_tally_record *tally = &box->tally;

	*silent = is_open_to_votes(box) &&
		qfs_guard_count(act->fx, &tally_silence, tally->ends + box->terms.late_blocks, block);
	if (!*silent)
		return;
	tally->ends = qfs_schedule_after_silence(&box->terms, tally->ends, block, tally->extensions);
	tally->extensions++;
	tally->has_last = true;
	tally->last = (int64_t) act->event->seq;
}

/* ---- the verdict ---- */

static const qfs_guard *
judge(const qfs_act *act, const qfs_ballot_box *box)
{
	qfs_counts	counts = qfs_counts_of(box);
	qfs_verdict verdict;

	qfs_tally_verdict(&box->terms, &counts, &verdict);
	for (unsigned i = 0; i < verdict.count; i++)
		(void) qfs_guard_count(act->fx, verdict.guards[i].guard, verdict.guards[i].bound, verdict.guards[i].observed);
	return verdict.blocked;
}

static qfs_status
burn(const qfs_act *act, const qfs_ballot_box *box)
{
	const qfs_user_id *proposer = &box->proposal.proposer;
	qfs_amount	amount = box->terms.deposit;
	qfs_standing *standing;
	bool		begins;
	qfs_status	status = amount > 0 ? qfs_effects_standing_or_new(act->fx, proposer, &standing, &begins) : QFS_OK;

	/* It was checked that there was enough, and nothing but a veto takes FLX away. */
	if (status != QFS_OK || amount == 0 || begins)
		return status;
	standing->flx -= amount < standing->flx ? amount : standing->flx;
	qfs_effects_change(act->fx, proposer, QFS_STANDING, &deposit_burnt, "");
	return QFS_OK;
}

/* What becomes of it: only what passed and changes something is queued. */
static qfs_status
decide(const qfs_act *act, qfs_ballot_box *box, qfs_agenda *agenda)
{
	bool		emergency = box->track == QFS_TRACK_EMERGENCY;
	qfs_tally_record *tally = &box->tally;
	const qfs_guard *blocked = judge(act, box);

	tally->has_tallied = true;
	tally->tallied = (int64_t) act->event->seq;
	qfs_set_state(tally, qfs_slice_of(blocked != NULL ? QFS_PROPOSAL_REJECTED :
									  box->track == QFS_TRACK_TEXT ? QFS_PROPOSAL_ADOPTED : QFS_PROPOSAL_QUEUED));
	if (blocked == NULL && box->track != QFS_TRACK_TEXT)
	{
		tally->enacts = qfs_schedule_enacts(&box->terms, emergency, tally->ends, act->reducer->policy.epoch_blocks);
		qfs_agenda_set(agenda, &(qfs_agenda_item) {
					   .block = tally->enacts,.seq = tally->proposal,.kind = QFS_AGENDA_EXECUTION
		});
		return QFS_OK;
	}
	qfs_agenda_remove(agenda, tally->proposal);
	qfs_set_settled(act, tally);
	if (blocked != NULL)
		qfs_set_guard(tally, qfs_slice_of(blocked->name));
	return blocked == &qfs_guard_tally_veto ? burn(act, box) : QFS_OK;
}

/* ---- the rule ---- */

static qfs_status
apply(qfs_act *act)
{
	qfs_json_writer *w = act->result;
	qfs_ballot_box box;
	qfs_tally_record before;
	qfs_agenda	agenda;
	bool		silent;
	qfs_status	status = qfs_settlement_begin(act, QFS_AGENDA_TALLY, &agenda, &box);

	if (status == QFS_OK)
		status = qfs_settlement_compare(act, &agenda, (qfs_slice) {NULL, 0});
	if (status != QFS_OK)
		return status;
	before = box.tally;
	judge_silence(act, &box, &silent);
	if (silent)
		qfs_agenda_set(&agenda, &(qfs_agenda_item) {.block = box.tally.ends,.seq = box.tally.proposal});
	else
		status = decide(act, &box, &agenda);
	qfs_agenda_write(w, &agenda);
	qfs_json_put_member_int(w, "enacts", box.tally.enacts);
	qfs_json_key(w, "state");
	qfs_json_put_text(w, qfs_slice_of(box.tally.state));
	qfs_tally_write(w, &box.tally, before.has_last, before.last);
	if (status == QFS_OK)
		status = qfs_agenda_put(act, &agenda);
	return status == QFS_OK ? qfs_tally_put(act, &box.tally) : status;
}

/* ---- recorded ---- */

static void
recall_decision(const qfs_act *act, qfs_tally_record *tally)
{
	qfs_slice	guard;

	tally->has_tallied = true;
	tally->tallied = (int64_t) act->event->seq;
	if (qfs_is_state(tally, QFS_PROPOSAL_QUEUED))
		return;
	qfs_set_settled(act, tally);
	if (qfs_outcome_first_block(act->event->outcome, &guard))
		qfs_set_guard(tally, guard);
}

static qfs_status
recall(qfs_act *act)
{
	qfs_slice	result = qfs_result_of(act->event->outcome);
	qfs_slice	state;
	qfs_slice	enacts;
	qfs_tally_record tally;
	qfs_status	status = qfs_tally_find(act, &tally);

	if (status == QFS_OK)
		status = qfs_tally_recall(act, &tally);
	if (status != QFS_OK)
		return status;
	if (!qfs_json_member(result, "state", &state) || !qfs_json_to_plain(state, &state) || state.len > QFS_TYPE_MAX ||
		!qfs_json_member(result, "enacts", &enacts) || !qfs_json_to_int(enacts, &tally.enacts))
		return qfs_fail(act->err, QFS_OUTCOME_MISMATCH, "entry %u decides nothing", act->event->seq);
	qfs_set_state(&tally, state);
	if (qfs_is_state(&tally, QFS_PROPOSAL_OPEN))
	{
		tally.has_last = true;
		tally.last = (int64_t) act->event->seq;
	}
	else
		recall_decision(act, &tally);
	status = qfs_tally_put(act, &tally);
	return status == QFS_OK ? qfs_agenda_recall(act) : status;
}

/* ---- its explanation ---- */

/* The last vote tells the count. */
static qfs_status
rests(const qfs_entry *entry, qfs_grounds *grounds, qfs_error *err)
{
	qfs_status	status = qfs_grounds_add_named(grounds, entry->payload, "proposal", err);

	if (status == QFS_OK)
		status = qfs_trail_previous(entry, "tally", grounds, err);
	return status == QFS_OK ? qfs_trail_previous(entry, "agenda", grounds, err) : status;
}

static qfs_slice
state_of(const qfs_story *story)
{
	return qfs_json_member_or(qfs_result_of(story->entry->outcome), "state", QFS_LITERAL("null"));
}

static bool
is_prolonged(const qfs_story *story)
{
	return qfs_slice_equal(state_of(story), QFS_LITERAL("\"" QFS_PROPOSAL_OPEN "\""));
}

static void
steps(const qfs_story *story, qfs_json_writer *w)
{
	qfs_slice	result = qfs_result_of(story->entry->outcome);
	int64_t		ends = qfs_trail_int(qfs_trail_member(result, "tally"), "ends");
	qfs_counts	counts;
	qfs_told	told;

	if (!qfs_told_find(story, &told))
		return;
	if (is_prolonged(story))
	{
		qfs_step_ends(w, ends, told.terms.late_blocks);
		return;
	}
	counts = qfs_told_counts(story, &told);
	qfs_step_verdict(w, &told, &counts);
	if (qfs_slice_equal(state_of(story), QFS_LITERAL("\"" QFS_PROPOSAL_QUEUED "\"")))
		qfs_step_enacts(w, story, &told, ends, qfs_trail_int(result, "enacts"));
}

/* As many whole units as it takes to reach a percentage; of a yes at least one. */
static int64_t
units(int64_t percent, int64_t total, int64_t least)
{
	int64_t		n = (percent * total + 99) / 100;

	return n > least ? n : least;
}

/* "30 had to take part, 20 to agree, two thirds of those who decided." */
static void
say_terms(qfs_buf *out, const qfs_told *told)
{
	qfs_buf_int(out, units(told->terms.quorum, told->total, 0));
	qfs_buf_text(out, " had to take part, ");
	qfs_buf_int(out, units(told->terms.approval, told->total, 1));
	qfs_buf_text(out, " to agree, ");
	if (told->terms.majority == 66)
		qfs_buf_text(out, "two thirds");
	else
	{
		qfs_buf_int(out, told->terms.majority);
		qfs_buf_text(out, " percent");
	}
	qfs_buf_text(out, " of those who decided.");
}

static void
tell_prolonged(const qfs_story *story, qfs_buf *out)
{
	qfs_slice	tally = qfs_trail_member(qfs_result_of(story->entry->outcome), "tally");

	qfs_buf_text(out, "Prolonged: nothing was appended for too long after the vote had ended: ");
	qfs_say_guards(story, out);
	qfs_buf_text(out, ". So votes are taken until block ");
	qfs_buf_int(out, qfs_trail_int(tally, "ends") - 1);
	qfs_buf_text(out, ".");
}

static void
tell(const qfs_story *story, qfs_buf *out)
{
	qfs_counts	counts;
	qfs_slice	guard;
	bool		rejected = qfs_outcome_first_block(story->entry->outcome, &guard);
	qfs_told	told;

	if (is_prolonged(story))
	{
		tell_prolonged(story, out);
		return;
	}
	if (!qfs_told_find(story, &told))
		return;
	counts = qfs_told_counts(story, &told);
	qfs_buf_text(out, rejected ? "Rejected by " : "Passed");
	if (rejected)
		qfs_buf_slice_add(out, guard);
	qfs_buf_text(out, ": ");
	qfs_say_counts(out, &counts);
	qfs_buf_text(out, "; ");
	say_terms(out, &told);
	if (rejected && told.terms.deposit > 0 && qfs_slice_is(guard, qfs_guard_tally_veto.name))
		qfs_buf_text(out, " Its deposit is burnt.");
}

const qfs_rule qfs_rule_proposal_tallied = {
	.type = "PROPOSAL_TALLIED",
	.schema = "{\"properties\":{\"proposal\":{\"maximum\":9007199254740991,\"minimum\":0,\"type\":\"integer\"}},"
	"\"required\":[\"proposal\"],\"type\":\"object\"}",
	.via = QFS_VIA_LEDGER,
	.guards = guards,
	.changes = changes,
	.apply = apply,
	.recall = recall,
	.rests = rests,
	.derivable = true,
	.steps = steps,
	.topic = QFS_TOPIC_ENTRY,
	.tell = tell,
	.is_public = true,
};
