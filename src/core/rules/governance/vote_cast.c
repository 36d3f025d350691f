/*
 * vote_cast.c - VOTE_CAST: a holder votes, once.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Its outcome has the count after it and names the vote before it, so nothing
 * is ever summed up again, and whoever follows the chain sees each vote once.
 */
#include "base/assert.h"
#include "base/status.h"
#include "engine/account_part.h"
#include "engine/effects.h"
#include "engine/payload.h"
#include "rules/governance/ballot_box.h"
#include "rules/governance/claim.h"
#include "rules/governance/seats.h"
#include "rules/governance/telling.h"

static const qfs_guard vote_opens = {.name = "VOTE_OPENS",.relation = QFS_AT_LEAST,.unit = "blocks",
	.principle = QFS_TIME_TO_REACT,.severity = QFS_STOPS_ACT};
static const qfs_guard vote_once = {.name = "VOTE_ONCE",.relation = QFS_AT_MOST,.unit = "votes",
	.principle = QFS_FINAL_ONCE_CAST,.severity = QFS_STOPS_ACT};
static const qfs_guard vote_power = {.name = "VOTE_POWER",.relation = QFS_AT_LEAST,.unit = "NOD",
	.principle = QFS_EARNED_BEFORE,.severity = QFS_STOPS_ACT};
static const qfs_guard *const guards[] = {&vote_opens, &vote_once, &vote_power, NULL};

/* One on its way. */
typedef struct ballot
{
	qfs_ballot_box box;
	char		choice[QFS_TYPE_MAX + 1];
	qfs_nod_record nod;			/* the voter's */
	int64_t		power;
	int64_t		block;
} ballot;

static qfs_status
check_action(const qfs_act *act, const ballot *b)
{
	qfs_hash	action;
	qfs_hash	ignored;
	qfs_slice	reason;
	qfs_status	status = qfs_payload_hash(act, "action", &action);

	if (status == QFS_OK && qfs_json_member(act->event->payload, "reason", &reason))
		status = qfs_payload_hash(act, "reason", &ignored);
	if (status == QFS_OK && memcmp(&action, &b->box.proposal.action, sizeof(action)) != 0)
		return qfs_fail(act->err, QFS_PROPOSAL_ACTION, "proposal %i is %h", b->box.proposal.seq,
						b->box.proposal.action.bytes);
	return status;
}

/* What it weighs: the seats at the proposal's entry, up to the cap. */
static qfs_status
weigh(const qfs_act *act, ballot *b)
{
	const qfs_proposal_record *proposal = &b->box.proposal;
	int64_t		nod;
	bool		found;
	qfs_status	status = qfs_nod_get(act, &act->event->actor, &b->nod, &found);

	if (status == QFS_OK && !found)
		return qfs_fail(act->err, QFS_SEAT_NONE, "user_%h", act->event->actor.bytes);
	if (status == QFS_OK)
		status = qfs_nod_at(act, &b->nod, proposal->seq, &nod);
	if (status == QFS_OK)
		b->power = qfs_nod_power(nod, proposal->total, b->box.terms.power_percent);
	return status;
}

static qfs_status
read_ballot(const qfs_act *act, ballot *b)
{
	qfs_status	status;

	if (act->reducer->policy.governance.mode == QFS_MODE_OFF)
		return qfs_fail(act->err, QFS_GOVERNANCE_OFF, "a vote");
	status = qfs_ballot_box_read(act, &b->box);
	if (status == QFS_OK && !qfs_is_state(&b->box.tally, QFS_PROPOSAL_OPEN))
		return qfs_fail(act->err, QFS_PROPOSAL_STATE, "proposal %i is %s", b->box.proposal.seq, b->box.tally.state);
	if (status == QFS_OK)
		status = check_action(act, b);
	if (status == QFS_OK)
		status = qfs_payload_name(act, "choice", b->choice);
	b->block = qfs_block_at(act->reducer, act->event->at);
	return status == QFS_OK ? weigh(act, b) : status;
}

static qfs_status
judge(const qfs_act *act, const ballot *b, bool *blocks)
{
	qfs_store  *store = act->reducer->store;
	qfs_vote_record cast = {.proposal = b->box.proposal.seq,.user = act->event->actor};
	bool		found;
	qfs_status	status = store->get(store, &qfs_kind_vote, &cast, &found, act->err);

	if (status != QFS_OK)
		return status;
	*blocks = qfs_guard_count(act->fx, &vote_opens, b->box.proposal.opens, b->block);
	*blocks |= qfs_guard_count(act->fx, &vote_once, 0, found);
	*blocks |= qfs_guard_count(act->fx, &vote_power, 1, b->power);
	return QFS_OK;
}

/* ---- counting ---- */

static int64_t *
count_of(qfs_tally_record *tally, const char *choice)
{
	if (strcmp(choice, "yes") == 0)
		return &tally->yes;
	if (strcmp(choice, "no") == 0)
		return &tally->no;
	return strcmp(choice, "veto") == 0 ? &tally->veto : &tally->abstain;
}

static bool
passes(const qfs_ballot_box *box)
{
	qfs_counts	counts = qfs_counts_of(box);

	return qfs_tally_passes(&box->terms, &counts);
}

/* Does the vote move the end: because it turns the verdict late, or because nothing can turn it any more? */
static void
move_end(ballot *b, bool passed)
{
	qfs_tally_record *tally = &b->box.tally;
	qfs_counts	counts = qfs_counts_of(&b->box);
	int64_t		ends = tally->ends;

	if (b->box.track == QFS_TRACK_EMERGENCY)
		ends = qfs_tally_is_decided(&b->box.terms, &counts) ? b->block : ends;
	else if (passes(&b->box) != passed)
		ends = qfs_schedule_after_turn(&b->box.terms, ends, b->block, tally->extensions);
	tally->extensions += ends > tally->ends;
	tally->ends = ends;
}

static void
count(const qfs_act *act, ballot *b)
{
	qfs_tally_record *tally = &b->box.tally;
	bool		passed = passes(&b->box);

	*count_of(tally, b->choice) += b->power;
	tally->voters++;
	tally->has_last = true;
	tally->last = (int64_t) act->event->seq;
	move_end(b, passed);
}

/* ---- what comes of it ---- */

/* The voter's power, its vote before, on whatever, and its last seats. */
static void
write_voter(qfs_json_writer *w, const ballot *b)
{
	qfs_json_key(w, "voter");
	qfs_json_open_object(w);
	qfs_json_put_member_int(w, "power", b->power);
	qfs_json_key(w, "previous");
	qfs_previous_write(w, b->nod.has_vote ? b->nod.vote : -1);
	qfs_json_put_member_int(w, "seat", b->nod.seq);
	qfs_json_close(w);
}

/* Keeps in which epoch somebody has voted last, and the first vote of it. */
static qfs_status
note_voting(const qfs_act *act)
{
	qfs_store  *store = act->reducer->store;
	int64_t		first = qfs_epoch_at(act->reducer, act->event->at) * act->reducer->policy.epoch_blocks;
	qfs_electorate_record electorate;
	qfs_status	status = qfs_electorate_get(act, &electorate);

	if (status != QFS_OK || (electorate.has_vote && electorate.voted == first))
		return status;
	electorate.voted = first;
	electorate.has_vote = true;
	electorate.vote = (int64_t) act->event->seq;
	return store->put(store, &qfs_kind_electorate, &electorate, act->err);
}

static qfs_status
put_vote(const qfs_act *act, const qfs_tally_record *tally, qfs_nod_record *nod, const char *choice, int64_t power)
{
	qfs_store  *store = act->reducer->store;
	qfs_vote_record vote = {
		.proposal = tally->proposal,.user = act->event->actor,.power = power,.seq = (int64_t) act->event->seq
	};
	qfs_status	status = qfs_tally_put(act, tally);

	memcpy(vote.choice, choice, sizeof(vote.choice));
	nod->has_vote = true;
	nod->vote = vote.seq;
	if (status == QFS_OK)
		status = store->put(store, &qfs_kind_vote, &vote, act->err);
	if (status == QFS_OK)
		status = store->put(store, &qfs_kind_nod, nod, act->err);
	return status == QFS_OK ? note_voting(act) : status;
}

/* The agenda changes if the end has moved, or if there was a claim that nobody governs. */
static qfs_status
change_agenda(const qfs_act *act, const ballot *b, bool moved)
{
	qfs_agenda	agenda;
	int64_t		claim = QFS_NO_CLAIM;
	qfs_status	status = qfs_agenda_get(act->reducer->store, &agenda, act->err);

	/* Whoever has given its seats back since may vote, but holds none. */
	if (status == QFS_OK && (b->nod.nod > 0 || !act->fx->blocked))
		claim = qfs_claim_end(act, &agenda);
	if (status != QFS_OK || (!moved && claim == QFS_NO_CLAIM))
		return status;
	if (moved)
		qfs_agenda_set(&agenda, &(qfs_agenda_item) {.block = b->box.tally.ends,.seq = b->box.proposal.seq});
	qfs_agenda_write(act->result, &agenda);
	qfs_claim_write(act->result, claim);
	return qfs_agenda_put(act, &agenda);
}

static qfs_status
apply(qfs_act *act)
{
	ballot		b;
	qfs_tally_record before;
	qfs_status	status = read_ballot(act, &b);

	if (status == QFS_OK)
		status = judge(act, &b, &act->fx->blocked);
	if (status != QFS_OK)
		return status;
	before = b.box.tally;
	if (!act->fx->blocked)
		count(act, &b);
	status = change_agenda(act, &b, b.box.tally.ends != before.ends);
	qfs_tally_write(act->result, &b.box.tally, before.has_last, before.last);
	write_voter(act->result, &b);
	return status == QFS_OK && !act->fx->blocked ? put_vote(act, &b.box.tally, &b.nod, b.choice, b.power) : status;
}

static qfs_status
recall(qfs_act *act)
{
	qfs_slice	voter = qfs_json_member_or(qfs_result_of(act->event->outcome), "voter", QFS_LITERAL("null"));
	qfs_slice	value;
	char		choice[QFS_TYPE_MAX + 1];
	qfs_tally_record tally;
	qfs_nod_record nod;
	int64_t		power;
	bool		found;
	qfs_status	status = qfs_payload_name(act, "choice", choice);

	if (status == QFS_OK && qfs_outcome_is_blocked(act->event->outcome))
		return qfs_claim_recall(act);
	if (status != QFS_OK)
		return status;
	if (!qfs_json_member(voter, "power", &value) || !qfs_json_to_int(value, &power))
		return qfs_fail(act->err, QFS_OUTCOME_MISMATCH, "entry %u has no power", act->event->seq);
	status = qfs_tally_find(act, &tally);
	if (status == QFS_OK)
		status = qfs_tally_recall(act, &tally);
	if (status == QFS_OK)
		status = qfs_nod_get(act, &act->event->actor, &nod, &found);
	if (status != QFS_OK)
		return status;
	tally.has_last = true;
	tally.last = (int64_t) act->event->seq;
	status = put_vote(act, &tally, &nod, choice, power);
	return status == QFS_OK ? qfs_agenda_recall(act) : status;
}

/* ---- its explanation ---- */

/*
 * The vote before tells the count, the agenda before where the end moves.  The
 * voter's seats lead down to those at the proposal's entry, its votes to the
 * first before that: none between them is one on this proposal.
 */
static qfs_status
rests(const qfs_entry *entry, qfs_grounds *grounds, qfs_error *err)
{
	qfs_slice	voter = qfs_trail_member(qfs_result_of(entry->outcome), "voter");
	int64_t		proposal = qfs_trail_int(entry->payload, "proposal");
	qfs_status	status = qfs_grounds_add_named(grounds, entry->payload, "proposal", err);

	if (status == QFS_OK)
		status = qfs_trail_previous(entry, "tally", grounds, err);
	if (status == QFS_OK)
		status = qfs_trail_previous(entry, "agenda", grounds, err);
	if (status == QFS_OK)
		status = qfs_trail_seats(&entry->actor, qfs_trail_int(voter, "seat"), proposal, grounds, err);
	return status == QFS_OK ? qfs_trail_votes(qfs_trail_int(voter, "previous"), proposal, grounds, err) : status;
}

/* The voter's seats at the proposal's entry, as the explanation shows them. */
static int64_t
seats_at(const qfs_story *story, int64_t proposal)
{
	qfs_slice	voter = qfs_trail_member(qfs_result_of(story->entry->outcome), "voter");
	int64_t		seq = qfs_trail_int(voter, "seat");
	const qfs_entry *entry;
	int64_t		nod;
	int64_t		previous;

	while ((entry = qfs_story_entry(story, seq)) != NULL && qfs_trail_seat(entry, &story->entry->actor, &nod, &previous))
	{
		if (seq <= proposal)
			return nod;
		seq = previous;
	}
	return 0;
}

static void
power_step(qfs_json_writer *w, const qfs_told *told, int64_t nod, int64_t power)
{
	qfs_step_open(w);
	qfs_step_count(w, "nod", nod);
	qfs_step_count(w, "percent", told->terms.power_percent);
	qfs_step_count(w, "total", told->total);
	qfs_step_op(w, "power");
	qfs_step_count(w, "result", power);
	qfs_step_close(w);
}

static qfs_slice
choice_of(const qfs_story *story)
{
	qfs_slice	choice = {NULL, 0};

	(void) (qfs_json_member(story->entry->payload, "choice", &choice) && qfs_json_to_plain(choice, &choice));
	return choice;
}

/* op: the choice */
static void
count_step(qfs_json_writer *w, const char *choice, int64_t add, int64_t after)
{
	qfs_step_open(w);
	qfs_step_count(w, "add", add);
	qfs_step_count(w, "before", after - add);
	qfs_step_op(w, choice);
	qfs_step_count(w, "result", after);
	qfs_step_close(w);
}

/* The end before it, as whoever wrote the count before says, or else the proposal. */
static int64_t
ends_before(const qfs_story *story, int64_t proposal)
{
	int64_t		previous = qfs_trail_int(qfs_trail_member(qfs_result_of(story->entry->outcome), "tally"), "previous");
	const qfs_entry *entry = qfs_story_entry(story, previous < 0 ? proposal : previous);

	return entry == NULL ? -1 :
		qfs_trail_int(qfs_trail_member(qfs_result_of(entry->outcome), previous < 0 ? "schedule" : "tally"), "ends");
}

/* Has it moved the end?  One that ends a claim changes the agenda, too. */
static bool
has_moved(const qfs_story *story, const qfs_told *told)
{
	qfs_slice	result = qfs_result_of(story->entry->outcome);

	return ends_before(story, told->proposal) != qfs_trail_int(qfs_trail_member(result, "tally"), "ends");
}

/* Of a vote that moved the end: why, and where to. */
static void
end_steps(const qfs_story *story, const qfs_told *told, qfs_json_writer *w)
{
	qfs_counts	counts = qfs_told_counts(story, told);
	qfs_slice	result = qfs_result_of(story->entry->outcome);

	if (!has_moved(story, told))
		return;
	qfs_step_verdict(w, told, &counts);
	qfs_step_ends(w, qfs_trail_int(qfs_trail_member(result, "tally"), "ends"),
				  told->emergency ? 0 : told->terms.late_blocks);
}

static void
steps(const qfs_story *story, qfs_json_writer *w)
{
	qfs_slice	result = qfs_result_of(story->entry->outcome);
	int64_t		power = qfs_trail_int(qfs_trail_member(result, "voter"), "power");
	qfs_slice	choice = choice_of(story);
	char		name[QFS_TYPE_MAX + 1] = "";
	qfs_told	told;

	if (!qfs_told_find(story, &told) || choice.len > QFS_TYPE_MAX)
		return;
	memcpy(name, choice.data, choice.len);
	power_step(w, &told, seats_at(story, told.proposal), power);
	if (qfs_outcome_is_blocked(story->entry->outcome))
		return;
	count_step(w, name, power, qfs_trail_int(qfs_trail_member(result, "tally"), name));
	end_steps(story, &told, w);
}

static void
say_end(const qfs_story *story, const qfs_told *told, qfs_buf *out)
{
	qfs_slice	result = qfs_result_of(story->entry->outcome);

	if (!has_moved(story, told))
		return;
	if (told->emergency)
	{
		qfs_buf_text(out, " Nothing that is cast later can turn that, so it is counted at once.");
		return;
	}
	qfs_buf_text(out, " That turned the verdict late, so votes are taken until block ");
	qfs_buf_int(out, qfs_trail_int(qfs_trail_member(result, "tally"), "ends") - 1);
	qfs_buf_text(out, ".");
}

static void
tell_blocked(const qfs_story *story, int64_t proposal, qfs_buf *out)
{
	qfs_say_account(story, out, &story->entry->actor, true);
	qfs_buf_text(out, " could not vote on ");
	qfs_say_proposal(out, proposal);
	qfs_buf_text(out, ": ");
	qfs_say_guards(story, out);
	qfs_buf_text(out, ".");
	qfs_claim_say(story, out);
}

static void
tell(const qfs_story *story, qfs_buf *out)
{
	qfs_slice	voter = qfs_trail_member(qfs_result_of(story->entry->outcome), "voter");
	int64_t		proposal = qfs_trail_int(story->entry->payload, "proposal");
	qfs_counts	counts;
	qfs_told	told;

	if (qfs_outcome_is_blocked(story->entry->outcome))
	{
		tell_blocked(story, proposal, out);
		return;
	}
	qfs_say_account(story, out, &story->entry->actor, true);
	qfs_buf_text(out, " voted ");
	qfs_buf_slice_add(out, choice_of(story));
	qfs_buf_text(out, " on ");
	qfs_say_proposal(out, proposal);
	qfs_buf_text(out, " with a power of ");
	qfs_buf_int(out, qfs_trail_int(voter, "power"));
	qfs_say_word(story, out);
	if (!qfs_told_find(story, &told))
		return;
	counts = qfs_told_counts(story, &told);
	qfs_buf_text(out, ": by now ");
	qfs_say_counts(out, &counts);
	qfs_buf_text(out, ".");
	say_end(story, &told, out);
	qfs_claim_say(story, out);
}

static const char *const reads[] = {"governance.mode", NULL};

const qfs_rule qfs_rule_vote_cast = {
	.type = "VOTE_CAST",
	.schema = "{\"properties\":{"
	"\"action\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"},"
	"\"choice\":{\"enum\":[\"abstain\",\"no\",\"veto\",\"yes\"]},"
	"\"proposal\":{\"maximum\":9007199254740991,\"minimum\":0,\"type\":\"integer\"},"
	"\"reason\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"}},"
	"\"required\":[\"action\",\"choice\",\"proposal\"],\"type\":\"object\"}",
	.via = QFS_VIA_SESSION | QFS_VIA_WALLET,
	.must_sign = true,
	.guards = guards,
	.apply = apply,
	.recall = recall,
	.rests = rests,
	.derivable = true,
	.steps = steps,
	.topic = QFS_TOPIC_ENTRY,
	.tell = tell,
	.is_public = true,
	.reads = reads,
};
