/*
 * proposal_created.c - PROPOSAL_CREATED: a holder asks for something that the others are to vote on.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * What it asks for must be possible as things are; the guards then say whether
 * this holder may ask now.  One that they block is recorded, and comes to
 * nothing.
 */
#include "base/assert.h"
#include "base/status.h"
#include "crypto/sha256.h"
#include "engine/payload.h"
#include "rules/governance/ballot_box.h"
#include "rules/governance/claim.h"
#include "rules/governance/motion.h"
#include "rules/governance/telling.h"

/* Places that are kept for emergencies. */
#define EMERGENCY_PLACES 4

static const qfs_guard proposer_power = {.name = "PROPOSER_POWER",.relation = QFS_AT_LEAST,.unit = "NOD",.key = "governance.threshold_percent",
	.principle = QFS_ORDERLY_AGENDA,.severity = QFS_STOPS_ACT};
static const qfs_guard proposer_open = {.name = "PROPOSER_OPEN",.relation = QFS_AT_MOST,.unit = "proposals",
	.principle = QFS_ORDERLY_AGENDA,.severity = QFS_STOPS_ACT};
static const qfs_guard proposer_cooldown = {.name = "PROPOSER_COOLDOWN",.relation = QFS_AT_LEAST,.unit = "blocks",.key = "governance.cooldown_blocks",
	.principle = QFS_TIME_TO_REACT,.severity = QFS_STOPS_ACT};
static const qfs_guard agenda_full = {.name = "AGENDA_FULL",.relation = QFS_BELOW,.unit = "proposals",.key = "governance.agenda",
	.principle = QFS_ORDERLY_AGENDA,.severity = QFS_STOPS_ACT};
static const qfs_guard deposit = {.name = "DEPOSIT",.relation = QFS_AT_LEAST,.is_amount = true,.of_account = true,.unit = "FLX",.key = "governance.deposit",
	.principle = QFS_ORDERLY_AGENDA,.severity = QFS_STOPS_ACT};
static const qfs_guard key_cooldown = {.name = "KEY_COOLDOWN",.relation = QFS_AT_LEAST,.unit = "epochs",.key = "governance.key_cooldown_epochs",
	.principle = QFS_TIME_TO_REACT,.severity = QFS_STOPS_ACT};
static const qfs_guard emergency_scope = {.name = "EMERGENCY_SCOPE",.relation = QFS_AT_MOST,.unit = "keys",
	.principle = QFS_RESTRAINT_IN_HASTE,.severity = QFS_STOPS_ACT};
static const qfs_guard *const guards[] = {
	&proposer_power, &proposer_open, &proposer_cooldown, &agenda_full, &deposit, &key_cooldown, &emergency_scope,
	&qfs_guard_nod_share, NULL
};

/* One on its way. */
typedef struct draft
{
	qfs_track	track;
	qfs_terms	terms;
	qfs_schedule schedule;
	qfs_motion	motion;
	qfs_new_policy made;		/* of a motion that has one: the policy that it would put in force */
	qfs_agenda	agenda;
	int64_t		claim;			/* that nobody governs, which it ends; or QFS_NO_CLAIM */
	qfs_nod_record nod;			/* the proposer's */
	qfs_electorate_record electorate;
	bool		blocks;			/* a guard does */
} draft;

static bool
is_emergency(const draft *d)
{
	return d->track == QFS_TRACK_EMERGENCY;
}

/* ---- what is asked for ---- */

static qfs_status
read_track(const qfs_act *act, qfs_track *out)
{
	char		name[QFS_TYPE_MAX + 1];
	qfs_status	status = qfs_payload_name(act, "track", name);

	if (status == QFS_OK && !qfs_track_find(name, out))
		return qfs_fail(act->err, QFS_PAYLOAD_INVALID, "payload.track: %s", name);
	return status;
}

/* What is kept off the ledger is named by hashes, which have to be some. */
static qfs_status
check_hashes(const qfs_act *act)
{
	qfs_hash	ignored;
	qfs_slice	simulation;
	qfs_status	status = qfs_payload_hash(act, "text", &ignored);

	if (status == QFS_OK && qfs_json_member(act->event->payload, "simulation", &simulation) &&
		!qfs_json_member_hex(simulation, "run", ignored.bytes, sizeof(ignored.bytes)))
		return qfs_fail(act->err, QFS_PAYLOAD_INVALID, "payload.simulation.run: 64 lower-case hexadecimal digits");
	return status;
}

static qfs_status
read_motion(const qfs_act *act, draft *d)
{
	qfs_slice	action;
	qfs_status	status = qfs_payload_value(act, "action", &action);

	if (status == QFS_OK)
		status = qfs_motion_read(act, d->track, action, &d->motion);
	if (status == QFS_OK && d->motion.has_policy)
		status = qfs_motion_policy(act, &d->motion, &d->made);
	for (unsigned i = 0; status == QFS_OK && i < d->motion.seat_count; i++)
		if (d->motion.seats[i].after == d->motion.seats[i].nod.nod)
			return qfs_fail(act->err, QFS_PAYLOAD_INVALID, "payload.action.nod: user_%h has %i already",
							d->motion.seats[i].account.bytes, d->motion.seats[i].after);
	return status;
}

static qfs_status
read_seat(const qfs_act *act, draft *d)
{
	bool		found;
	qfs_status	status = qfs_nod_get(act, &act->event->actor, &d->nod, &found);

	if (status == QFS_OK && d->nod.nod == 0)
		return qfs_fail(act->err, QFS_SEAT_NONE, "user_%h", act->event->actor.bytes);
	return status == QFS_OK ? qfs_electorate_get(act, &d->electorate) : status;
}

static qfs_status
read_draft(const qfs_act *act, draft *d)
{
	const qfs_policy *policy = &act->reducer->policy;
	qfs_status	status;

	if (policy->governance.mode == QFS_MODE_OFF)
		return qfs_fail(act->err, QFS_GOVERNANCE_OFF, "a proposal");
	status = read_seat(act, d);
	if (status == QFS_OK)
		status = read_track(act, &d->track);
	if (status == QFS_OK)
		status = check_hashes(act);
	if (status == QFS_OK)
		status = read_motion(act, d);
	if (status == QFS_OK)
		status = qfs_agenda_get(act->reducer->store, &d->agenda, act->err);
	if (status != QFS_OK)
		return status;
	d->claim = qfs_claim_end(act, &d->agenda);
	d->blocks = false;
	qfs_terms_of(policy, d->track, &d->terms);
	qfs_schedule_make(&d->terms, is_emergency(d), qfs_block_at(act->reducer, act->event->at), policy->epoch_blocks,
					  &d->schedule);
	return QFS_OK;
}

/* ---- guards ---- */

static int64_t
share(int64_t percent, int64_t total)
{
	return percent * total;
}

static bool
is_open(const draft *d, bool has, int64_t proposal)
{
	return has && qfs_agenda_find(&d->agenda, proposal) != NULL;
}

/* The last of either kind; -1: none. */
static int64_t
last_proposal(const qfs_nod_record *nod)
{
	int64_t		last = nod->has_proposal ? nod->proposal : -1;

	return nod->has_emergency && nod->emergency > last ? nod->emergency : last;
}

/* Blocks since the proposer's last one; without one, as many as there need be. */
static qfs_status
judge_cooldown(const qfs_act *act, draft *d)
{
	int64_t		bound = act->reducer->policy.governance.cooldown_blocks;
	int64_t		last = last_proposal(&d->nod);
	int64_t		observed = bound;
	qfs_ballot_box box;
	qfs_status	status = QFS_OK;

	if (last >= 0)
		status = qfs_ballot_box_get(act->reducer->store, last, &box, act->err);
	if (last >= 0 && status == QFS_OK)
		observed = qfs_block_at(act->reducer, act->event->at) - (box.proposal.opens - box.terms.review_blocks);
	if (status == QFS_OK)
		d->blocks |= qfs_guard_count(act->fx, &proposer_cooldown, bound, observed);
	return status;
}

/* What a proposal holds, as long as it is open or queued. */
static qfs_status
add_held(const qfs_act *act, const draft *d, bool has, int64_t proposal, qfs_amount *held)
{
	qfs_ballot_box box;
	qfs_status	status;

	if (!is_open(d, has, proposal))
		return QFS_OK;
	status = qfs_ballot_box_get(act->reducer->store, proposal, &box, act->err);
	if (status == QFS_OK)
		*held += box.terms.deposit;
	return status;
}

static qfs_status
judge_deposit(const qfs_act *act, draft *d)
{
	qfs_amount	held = 0;
	qfs_standing *standing;
	bool		begins;
	qfs_status	status = qfs_effects_standing_or_new(act->fx, &act->event->actor, &standing, &begins);

	if (status == QFS_OK)
		status = add_held(act, d, d->nod.has_proposal, d->nod.proposal, &held);
	if (status == QFS_OK)
		status = add_held(act, d, d->nod.has_emergency, d->nod.emergency, &held);
	if (status == QFS_OK)
		d->blocks |= qfs_guard_amount(act->fx, &deposit, d->terms.deposit,
									  standing->flx > held ? standing->flx - held : 0);
	return status;
}

/* The last change by vote of each leaf that it changes. */
typedef struct last_changes
{
	const qfs_act *act;
	qfs_json_writer *w;			/* {"leaf":seq…}; NULL: nobody asks */
	bool		any;
	int64_t		epoch;			/* the latest; -1: no vote has changed one */
} last_changes;

static qfs_status
note_key(void *context, qfs_slice name, qfs_slice value)
{
	last_changes *c = context;
	qfs_store  *store = c->act->reducer->store;
	qfs_policy_key_record key = {.seq = 0};
	bool		found;
	qfs_status	status;

	(void) value;
	QFS_ASSERT(name.len <= QFS_TYPE_MAX);
	memcpy(key.key, name.data, name.len);
	status = store->get(store, &qfs_kind_policy_key, &key, &found, c->act->err);
	if (status != QFS_OK || !found)
		return status;
	c->any = true;
	if (key.epoch > c->epoch)
		c->epoch = key.epoch;
	if (c->w == NULL)
		return QFS_OK;
	qfs_json_key(c->w, key.key);
	qfs_json_put_int(c->w, key.seq);
	return QFS_OK;
}

static qfs_status
judge_policy(const qfs_act *act, draft *d)
{
	const qfs_policy *policy = &act->reducer->policy;
	last_changes last = {.act = act,.epoch = -1};
	int64_t		enlarging;
	qfs_status	status;

	if (is_emergency(d))
	{
		status = qfs_motion_unrestricting(act, &d->motion, &enlarging);
		if (status == QFS_OK)
			d->blocks |= qfs_guard_count(act->fx, &emergency_scope, 0, enlarging);
		return status;
	}
	status = qfs_policy_leaves(d->motion.policy, note_key, &last, act->err);
	if (status == QFS_OK)
		d->blocks |= qfs_guard_count(act->fx, &key_cooldown,
									 last.any ? last.epoch + policy->governance.key_cooldown_epochs : 0,
									 d->schedule.enacts / policy->epoch_blocks);
	return status;
}

static qfs_status
judge(const qfs_act *act, draft *d)
{
	const qfs_governance *governance = &act->reducer->policy.governance;
	int64_t		places = governance->agenda + (is_emergency(d) ? EMERGENCY_PLACES : 0);
	bool		open = is_emergency(d) ? is_open(d, d->nod.has_emergency, d->nod.emergency) :
		is_open(d, d->nod.has_proposal, d->nod.proposal);
	qfs_shares	shares;
	qfs_status	status;

	d->blocks |= qfs_guard_count(act->fx, &proposer_power, share(governance->threshold_percent, d->electorate.total),
								 share(100, d->nod.nod));
	d->blocks |= qfs_guard_count(act->fx, &proposer_open, 0, open);
	status = judge_cooldown(act, d);
	d->blocks |= qfs_guard_count(act->fx, &agenda_full, places, d->agenda.count);
	if (status == QFS_OK)
		status = judge_deposit(act, d);
	if (status == QFS_OK && d->motion.has_policy)
		status = judge_policy(act, d);
	if (status == QFS_OK && d->motion.seat_count > 0)
	{
		status = qfs_motion_shares(act, &d->motion, governance->power_percent, &shares);
		d->blocks |= status == QFS_OK && qfs_guard_count(act->fx, &qfs_guard_nod_share, shares.bound, shares.observed);
	}
	return status;
}

/* ---- what comes of it ---- */

static void
put_previous(qfs_json_writer *w, const char *name, bool has, int64_t seq)
{
	qfs_json_key(w, name);
	qfs_previous_write(w, has ? seq : -1);
}

/* "keys", if a vote has changed one of them. */
static qfs_status
write_keys(const qfs_act *act, const draft *d)
{
	last_changes last = {.act = act};
	qfs_status	status;

	if (!d->motion.has_policy)
		return QFS_OK;
	status = qfs_policy_leaves(d->motion.policy, note_key, &last, act->err);
	if (status != QFS_OK || !last.any)
		return status;
	last.w = act->result;
	qfs_json_key(act->result, "keys");
	qfs_json_open_object(act->result);
	status = qfs_policy_leaves(d->motion.policy, note_key, &last, act->err);
	qfs_json_close(act->result);
	return status;
}

static void
write_schedule(qfs_json_writer *w, const qfs_schedule *schedule)
{
	qfs_json_key(w, "schedule");
	qfs_json_open_object(w);
	qfs_json_put_member_int(w, "enacts", schedule->enacts);
	qfs_json_put_member_int(w, "ends", schedule->ends);
	qfs_json_put_member_int(w, "opens", schedule->opens);
	qfs_json_close(w);
}

static void
write_snapshot(qfs_json_writer *w, const draft *d)
{
	qfs_json_key(w, "snapshot");
	qfs_json_open_object(w);
	put_previous(w, "electorate", d->electorate.has_seq, d->electorate.seq);
	put_previous(w, "emergency", d->nod.has_emergency, d->nod.emergency);
	qfs_json_put_member_int(w, "holders", d->electorate.holders);
	put_previous(w, "previous", d->nod.has_proposal, d->nod.proposal);
	qfs_json_put_member_int(w, "seat", d->nod.seq);
	qfs_json_put_member_int(w, "total", d->electorate.total);
	qfs_json_close(w);
}

static qfs_status
write_result(const qfs_act *act, const draft *d, const qfs_agenda *agenda)
{
	qfs_json_writer *w = act->result;
	qfs_status	status;

	qfs_agenda_write(w, agenda);
	qfs_json_put_member_int(w, "base", act->reducer->ledger.policy_seq);
	qfs_claim_write(w, d->claim);
	status = write_keys(act, d);
	if (d->motion.has_policy)
	{
		qfs_json_key(w, "result");
		qfs_json_put_hex(w, d->made.hash.bytes, sizeof(d->made.hash.bytes));
	}
	write_schedule(w, &d->schedule);
	qfs_motion_write_seats(w, &d->motion);
	write_snapshot(w, d);
	qfs_json_key(w, "terms");
	qfs_terms_write(w, &d->terms);
	return status;
}

/* The records that a proposal begins with. */
static qfs_status
put_proposal(const qfs_act *act, qfs_proposal_record *proposal, const qfs_schedule *schedule, qfs_nod_record *nod,
			 bool emergency)
{
	qfs_store  *store = act->reducer->store;
	qfs_tally_record tally = {.proposal = proposal->seq,.ends = schedule->ends,.enacts = schedule->enacts};
	qfs_status	status;

	qfs_set_state(&tally, qfs_slice_of(QFS_PROPOSAL_OPEN));
	*(emergency ? &nod->has_emergency : &nod->has_proposal) = true;
	*(emergency ? &nod->emergency : &nod->proposal) = proposal->seq;
	status = store->put(store, &qfs_kind_proposal, proposal, act->err);
	if (status == QFS_OK)
		status = qfs_tally_put(act, &tally);
	return status == QFS_OK ? store->put(store, &qfs_kind_nod, nod, act->err) : status;
}

/* All but what the outcome says: terms has to be kept until it is stored. */
static void
begin_proposal(const qfs_act *act, const char *track, qfs_proposal_record *out)
{
	*out = (qfs_proposal_record) {
		.seq = (int64_t) act->event->seq,.proposer = act->event->actor,
		.change = qfs_json_member_or(act->event->payload, "action", QFS_LITERAL("{}"))
	};
	QFS_ASSERT(strlen(track) <= QFS_TYPE_MAX);
	memcpy(out->track, track, strlen(track));
	qfs_sha256(act->event->payload, &out->action);
}

static qfs_status
enter(const qfs_act *act, draft *d, qfs_agenda *agenda)
{
	uint8_t		memory[512];
	qfs_proposal_record proposal;
	qfs_json_writer w;
	qfs_buf		terms;
	qfs_status	status;

	begin_proposal(act, qfs_track_names[d->track], &proposal);
	qfs_buf_init(&terms, memory, sizeof(memory));
	qfs_json_begin(&w, &terms);
	qfs_terms_write(&w, &d->terms);
	status = qfs_json_end(&w, act->err);
	proposal.terms = qfs_buf_slice(&terms);
	proposal.base = act->reducer->ledger.policy_seq;
	proposal.opens = d->schedule.opens;
	proposal.total = d->electorate.total;
	if (status == QFS_OK)
		status = put_proposal(act, &proposal, &d->schedule, &d->nod, is_emergency(d));
	return status == QFS_OK ? qfs_agenda_put(act, agenda) : status;
}

static qfs_status
apply(qfs_act *act)
{
	draft		d;
	qfs_agenda	agenda;
	qfs_status	status = read_draft(act, &d);

	if (status == QFS_OK)
		status = judge(act, &d);
	if (status != QFS_OK)
		return status;
	agenda = d.agenda;
	act->fx->blocked = d.blocks;
	if (!d.blocks)
		qfs_agenda_set(&agenda, &(qfs_agenda_item) {
					   .block = d.schedule.ends,.seq = (int64_t) act->event->seq
		});
	status = write_result(act, &d, &agenda);
	if (status == QFS_OK && d.claim != QFS_NO_CLAIM)
		status = qfs_agenda_put(act, &agenda);
	return status == QFS_OK && !d.blocks ? enter(act, &d, &agenda) : status;
}

/* ---- recorded ---- */

static qfs_status
recall(qfs_act *act)
{
	qfs_slice	result = qfs_result_of(act->event->outcome);
	qfs_slice	when = qfs_trail_member(result, "schedule");
	qfs_proposal_record proposal;
	qfs_schedule schedule;
	qfs_nod_record nod;
	qfs_track	track = QFS_TRACKS;
	bool		found;
	qfs_status	status = read_track(act, &track);

	if (status == QFS_OK && qfs_outcome_is_blocked(act->event->outcome))
		return qfs_claim_recall(act);
	if (status != QFS_OK)
		return status;
	begin_proposal(act, qfs_track_names[track], &proposal);
	if (!qfs_json_member_count(result, "base", &proposal.base) ||
		!qfs_json_member_count(when, "enacts", &schedule.enacts) || !qfs_json_member_count(when, "ends", &schedule.ends) ||
		!qfs_json_member_count(when, "opens", &proposal.opens) ||
		!qfs_json_member_count(qfs_trail_member(result, "snapshot"), "total", &proposal.total) ||
		!qfs_json_member(result, "terms", &proposal.terms))
		return qfs_fail(act->err, QFS_OUTCOME_MISMATCH, "entry %u makes no proposal", act->event->seq);
	status = qfs_nod_get(act, &act->event->actor, &nod, &found);
	if (status == QFS_OK)
		status = put_proposal(act, &proposal, &schedule, &nod, track == QFS_TRACK_EMERGENCY);
	return status == QFS_OK ? qfs_agenda_recall(act) : status;
}

/* ---- its explanation ---- */

/* The executions that changed its leaves last, and what they carried out, which says so. */
static qfs_status
add_keys(qfs_slice keys, qfs_grounds *grounds, qfs_error *err)
{
	qfs_json_iter iter = qfs_json_members(keys);
	qfs_status	status = QFS_OK;
	const qfs_entry *entry;
	qfs_slice	key;
	qfs_slice	value;
	int64_t		seq;

	while (status == QFS_OK && qfs_json_next(&iter, &key, &value))
	{
		if (!qfs_json_to_int(value, &seq))
			continue;
		status = grounds->add(grounds, seq, &entry, err);
		if (status == QFS_OK && entry != NULL)
			status = qfs_grounds_add_named(grounds, entry->payload, "proposal", err);
	}
	return status;
}

/* The agenda, the electorate, the proposer's seats and its proposals before, and the seats that it would change. */
static qfs_status
rests(const qfs_entry *entry, qfs_grounds *grounds, qfs_error *err)
{
	static const char *const named[] = {"electorate", "emergency", "previous", "seat"};
	qfs_slice	result = qfs_result_of(entry->outcome);
	qfs_slice	snapshot = qfs_trail_member(result, "snapshot");
	qfs_status	status = qfs_trail_previous(entry, "agenda", grounds, err);

	for (size_t i = 0; i < QFS_ROWS(named) && status == QFS_OK; i++)
		status = qfs_grounds_add_named(grounds, snapshot, named[i], err);
	if (status == QFS_OK)
		status = qfs_trail_previous(entry, "seats", grounds, err);
	return status == QFS_OK ? add_keys(qfs_trail_member(result, "keys"), grounds, err) : status;
}

/* Blocks: where it began, and how long it waits, and is voted on. */
static void
block_step(qfs_json_writer *w, const char *from_name, int64_t from, const char *wait_name, const char *op, int64_t result)
{
	qfs_step_open(w);
	qfs_step_count(w, from_name, from);
	qfs_step_count(w, wait_name, result - from);
	qfs_step_op(w, op);
	qfs_step_count(w, "result", result);
	qfs_step_close(w);
}

static void
schedule_steps(const qfs_story *story, const qfs_told *told, qfs_json_writer *w)
{
	qfs_slice	schedule = qfs_trail_member(qfs_result_of(story->entry->outcome), "schedule");
	int64_t		opens = qfs_trail_int(schedule, "opens");
	int64_t		ends = qfs_trail_int(schedule, "ends");

	block_step(w, "block", opens - told->terms.review_blocks, "review_blocks", "opens", opens);
	block_step(w, "opens", opens, "voting_blocks", "ends", ends);
	qfs_step_enacts(w, story, told, ends, qfs_trail_int(schedule, "enacts"));
}

/* The proposer's seats, as the entry says that changed them last. */
static int64_t
seats_of(const qfs_story *story)
{
	qfs_slice	snapshot = qfs_trail_member(qfs_result_of(story->entry->outcome), "snapshot");
	const qfs_entry *entry = qfs_story_entry(story, qfs_trail_int(snapshot, "seat"));
	int64_t		nod;
	int64_t		previous;

	return entry != NULL && qfs_trail_seat(entry, &story->entry->actor, &nod, &previous) ? nod : 0;
}

static void
steps(const qfs_story *story, qfs_json_writer *w)
{
	int64_t		threshold = story->policy->governance.threshold_percent;
	int64_t		nod = seats_of(story);
	qfs_slice	seats;
	qfs_told	told;

	if (!qfs_told_read(story->entry, &told))
		return;
	qfs_step_product(w, &proposer_power, "bound", threshold, told.total, share(threshold, told.total));
	qfs_step_product(w, &proposer_power, "observed", 100, nod, share(100, nod));
	if (qfs_json_member(qfs_result_of(story->entry->outcome), "seats", &seats))
		qfs_step_shares(w, &qfs_guard_nod_share, told.terms.power_percent, qfs_told_seats_total(told.total, seats), seats);
	schedule_steps(story, &told, w);
}

static void
say_schedule(const qfs_story *story, qfs_buf *out)
{
	qfs_slice	schedule = qfs_trail_member(qfs_result_of(story->entry->outcome), "schedule");
	qfs_slice	track = qfs_json_member_or(story->entry->payload, "track", QFS_LITERAL("null"));

	qfs_buf_text(out, ". Votes are taken from block ");
	qfs_buf_int(out, qfs_trail_int(schedule, "opens"));
	qfs_buf_text(out, " until block ");
	qfs_buf_int(out, qfs_trail_int(schedule, "ends") - 1);
	if (!qfs_slice_equal(track, QFS_LITERAL("\"text\"")))
	{
		qfs_buf_text(out, "; what passes comes into force with block ");
		qfs_buf_int(out, qfs_trail_int(schedule, "enacts"));
	}
	qfs_buf_text(out, ".");
}

static void
tell(const qfs_story *story, qfs_buf *out)
{
	qfs_slice	track = QFS_LITERAL("");

	(void) (qfs_json_member(story->entry->payload, "track", &track) && qfs_json_to_plain(track, &track));
	qfs_say_account(story, out, &story->entry->actor, true);
	if (qfs_outcome_is_blocked(story->entry->outcome))
	{
		qfs_buf_text(out, " could not make a proposal: ");
		qfs_say_guards(story, out);
		qfs_buf_text(out, ".");
		qfs_claim_say(story, out);
		return;
	}
	qfs_buf_text(out, " made ");
	qfs_say_proposal(out, (int64_t) story->entry->seq);
	qfs_buf_text(out, " on the track ");
	qfs_buf_slice_add(out, track);
	qfs_say_word(story, out);
	say_schedule(story, out);
	qfs_claim_say(story, out);
}

static const char *const reads[] = {
	"governance.grace_blocks", "governance.late_blocks", "governance.mode", "governance.power_percent", "governance.tracks.*",
	"governance.veto_percent", NULL
};

const qfs_rule qfs_rule_proposal_created = {
	.type = "PROPOSAL_CREATED",
	.schema = "{\"properties\":{"
	"\"action\":{\"properties\":{"
	"\"nod\":{\"items\":{\"properties\":{"
	"\"account\":{\"maxLength\":69,\"minLength\":69,\"type\":\"string\"},"
	"\"nod\":{\"maximum\":1000000000,\"minimum\":0,\"type\":\"integer\"}},"
	"\"required\":[\"account\",\"nod\"],\"type\":\"object\"},\"maxItems\":4,\"minItems\":1,\"type\":\"array\"},"
	"\"policy\":{\"additionalProperties\":true,\"type\":\"object\"}},\"type\":\"object\"},"
	"\"simulation\":{\"properties\":{"
	"\"run\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"},"
	"\"size\":{\"maximum\":9007199254740991,\"minimum\":0,\"type\":\"integer\"},"
	"\"window\":{\"maximum\":9007199254740991,\"minimum\":0,\"type\":\"integer\"}},"
	"\"required\":[\"run\",\"size\",\"window\"],\"type\":\"object\"},"
	"\"text\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"},"
	"\"title\":{\"maxLength\":200,\"minLength\":1,\"type\":\"string\"},"
	"\"track\":{\"enum\":[\"constitution\",\"emergency\",\"parameter\",\"text\"]}},"
	"\"required\":[\"action\",\"text\",\"title\",\"track\"],\"type\":\"object\"}",
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
