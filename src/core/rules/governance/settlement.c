/*
 * settlement.c - what the ledger itself appends when it is due.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "rules/governance/settlement.h"

#include "base/assert.h"
#include "base/status.h"
#include "engine/payload.h"

/* ---- what is due ---- */

/* The first item of the agenda, if its block has come. */
static const qfs_agenda_item *
first_due(const qfs_reducer *r, int64_t at, const qfs_agenda *agenda)
{
	return agenda->count > 0 && agenda->items[0].block <= qfs_block_at(r, at) ? &agenda->items[0] : NULL;
}

/* Of a claim {"claim","policy"?}, of a proposal {"policy"?,"proposal"}. */
static qfs_status
write_payload(const qfs_agenda_item *item, qfs_slice policy, qfs_buf *payload, qfs_error *err)
{
	bool		of_claim = item->kind == QFS_AGENDA_DORMANCY;
	qfs_json_writer w;

	qfs_json_begin(&w, payload);
	qfs_json_open_object(&w);
	if (of_claim)
		qfs_claim_write(&w, item->seq);
	if (policy.len > 0)
	{
		qfs_json_key(&w, "policy");
		qfs_json_put_value(&w, policy);
	}
	if (!of_claim)
		qfs_json_put_member_int(&w, "proposal", item->seq);
	qfs_json_close(&w);
	return qfs_json_end(&w, err);
}

static qfs_status
write_execution(const qfs_act *act, const qfs_agenda_item *item, qfs_buf *payload)
{
	qfs_execution plan;
	qfs_ballot_box box;
	qfs_status	status = qfs_ballot_box_get(act->reducer->store, item->seq, &box, act->err);

	if (status == QFS_OK)
		status = qfs_execution_plan(act, &box, &plan);
	return status == QFS_OK ? write_payload(item, qfs_execution_policy(&plan), payload, act->err) : status;
}

static qfs_status
write_dormancy(const qfs_act *act, const qfs_agenda_item *item, qfs_buf *payload)
{
	qfs_dormancy plan;
	qfs_status	status = qfs_dormancy_plan(act, &plan);

	return status == QFS_OK ? write_payload(item, plan.policy, payload, act->err) : status;
}

static qfs_status
write_next(const qfs_act *act, const qfs_agenda_item *item, qfs_buf *payload)
{
	switch (item->kind)
	{
		case QFS_AGENDA_EXECUTION:
			return write_execution(act, item, payload);
		case QFS_AGENDA_DORMANCY:
			return write_dormancy(act, item, payload);
		default:
			return write_payload(item, (qfs_slice) {NULL, 0}, payload, act->err);
	}
}

static const char *const types[] = {
	[QFS_AGENDA_TALLY] = "PROPOSAL_TALLIED",[QFS_AGENDA_EXECUTION] = "PROPOSAL_EXECUTED",
	[QFS_AGENDA_DORMANCY] = "DORMANCY_SETTLED"
};

qfs_status
qfs_settlement_next(qfs_reducer *r, int64_t at, const char **type, qfs_buf *payload, qfs_error *err)
{
	qfs_entry	event = {.at = at};
	qfs_act		act = {.reducer = r,.event = &event,.err = err};
	const qfs_agenda_item *item;
	qfs_agenda	agenda;
	qfs_status	status = qfs_reducer_refresh(r, err);

	*type = NULL;
	if (status != QFS_OK || !qfs_reducer_is_due(r, at))
		return status;
	status = qfs_agenda_get(r->store, &agenda, err);
	item = status == QFS_OK ? first_due(r, at, &agenda) : NULL;
	if (item == NULL)
		return status;
	*type = types[item->kind];
	return write_next(&act, item, payload);
}

/* ---- for its rules ---- */

const qfs_guard qfs_guard_policy_valid = {.name = "POLICY_VALID",.relation = QFS_AT_MOST,.unit = "faults",
	.principle = QFS_SOUND_POLICY,.severity = QFS_STOPS_PROPOSAL};

bool
qfs_settlement_is_of_the_change(qfs_status status)
{
	return status == QFS_POLICY_INVALID || status == QFS_RULES_UNKNOWN || status == QFS_KEY_FIXED || status == QFS_KEY_TRACK;
}

static qfs_status
fail_due(const qfs_act *act, const qfs_agenda_item *item)
{
	if (item->kind == QFS_AGENDA_DORMANCY)
		return qfs_fail(act->err, QFS_SETTLEMENT_WRONG, "the claim of entry %i is to be settled first", item->seq);
	return qfs_fail(act->err, QFS_SETTLEMENT_WRONG, "proposal %i is to be %s first", item->seq,
					item->kind == QFS_AGENDA_EXECUTION ? "executed" : "tallied");
}

qfs_status
qfs_settlement_check(const qfs_act *act, qfs_agenda_kind kind, const char *member, qfs_agenda *agenda)
{
	const qfs_agenda_item *item;
	int64_t		seq;
	qfs_status	status = qfs_payload_int(act, member, &seq);

	if (status == QFS_OK)
		status = qfs_agenda_get(act->reducer->store, agenda, act->err);
	if (status != QFS_OK)
		return status;
	item = first_due(act->reducer, act->event->at, agenda);
	if (item == NULL)
		return qfs_fail(act->err, QFS_SETTLEMENT_WRONG, "nothing is due");
	return item->seq == seq && item->kind == kind ? QFS_OK : fail_due(act, item);
}

qfs_status
qfs_settlement_begin(const qfs_act *act, qfs_agenda_kind kind, qfs_agenda *agenda, qfs_ballot_box *box)
{
	qfs_status	status = qfs_settlement_check(act, kind, "proposal", agenda);

	return status == QFS_OK ? qfs_ballot_box_read(act, box) : status;
}

qfs_status
qfs_settlement_compare(const qfs_act *act, const qfs_agenda *agenda, qfs_slice policy)
{
	uint8_t		memory[QFS_SETTLEMENT_MAX];
	qfs_buf		payload;
	qfs_status	status;

	qfs_buf_init(&payload, memory, sizeof(memory));
	status = write_payload(&agenda->items[0], policy, &payload, act->err);
	if (status == QFS_OK && !qfs_slice_equal(qfs_buf_slice(&payload), act->event->payload))
		return qfs_fail(act->err, QFS_SETTLEMENT_WRONG, "it should be %v", qfs_buf_slice(&payload));
	return status;
}

/* ---- executions ---- */

static qfs_status
plan_policy(const qfs_act *act, const qfs_ballot_box *box, qfs_execution *out)
{
	qfs_status	status = qfs_motion_stale(act, &out->motion, box->proposal.base, &out->stale);

	return status == QFS_OK ? qfs_motion_policy(act, &out->motion, &out->made) : status;
}

/* What the proposal's bytes say is read where they stay as they are. */
static qfs_status
read_change(const qfs_act *act, const qfs_ballot_box *box, qfs_execution *out)
{
	qfs_slice	change = box->proposal.change;

	if (change.len > sizeof(out->change))
		return qfs_fail(act->err, QFS_STATE_MISMATCH, "proposal %i is too long", box->proposal.seq);
	memcpy(out->change, change.data, change.len);
	return qfs_motion_read(act, box->track, (qfs_slice) {out->change, change.len}, &out->motion);
}

qfs_status
qfs_execution_plan(const qfs_act *act, const qfs_ballot_box *box, qfs_execution *out)
{
	qfs_status	status;

	out->overdue_at = box->tally.enacts + box->terms.grace_blocks;
	out->block = qfs_block_at(act->reducer, act->event->at);
	out->stale = 0;
	/* Nothing that was voted on comes into force where nothing can be voted on. */
	out->is_valid = act->reducer->policy.governance.mode != QFS_MODE_OFF;
	status = read_change(act, box, out);
	if (status == QFS_OK && out->motion.has_policy)
		status = plan_policy(act, box, out);
	if (status == QFS_OK && out->motion.seat_count > 0)
		status = qfs_motion_shares(act, &out->motion, box->terms.power_percent, &out->shares);
	if (!qfs_settlement_is_of_the_change(status))
		return status;
	out->is_valid = false;
	return QFS_OK;
}

bool
qfs_execution_is_barred(const qfs_execution *plan)
{
	return plan->block > plan->overdue_at || plan->stale > 0 || !plan->is_valid ||
		(plan->motion.seat_count > 0 && plan->shares.observed > plan->shares.bound);
}

qfs_slice
qfs_execution_policy(const qfs_execution *plan)
{
	return plan->motion.has_policy && !qfs_execution_is_barred(plan) ? plan->made.text : (qfs_slice) {NULL, 0};
}

/* ---- claims that nobody governs ---- */

qfs_status
qfs_dormancy_plan(const qfs_act *act, qfs_dormancy *out)
{
	qfs_motion	to_trial = {
		.track = QFS_TRACK_CONSTITUTION,.has_policy = true,.policy = QFS_LITERAL("{\"governance\":{\"mode\":\"trial\"}}")
	};
	qfs_status	status;

	out->policy = (qfs_slice) {NULL, 0};
	/* A vote that had passed before has changed it meanwhile: nothing is claimed back. */
	if (act->reducer->policy.governance.mode != QFS_MODE_ON)
		return QFS_OK;
	status = qfs_motion_policy(act, &to_trial, &out->made);
	if (status == QFS_OK)
		out->policy = out->made.text;
	return qfs_settlement_is_of_the_change(status) ? QFS_OK : status;
}
