/*
 * nod_changed.c - NOD_CHANGED: an account gets seats, or holds fewer from here on.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The operator appoints the first ones, until governance is on; whoever holds
 * some may hold fewer at any time; anything else is for proposals.
 */
#include "base/status.h"
#include "engine/effects.h"
#include "engine/payload.h"
#include "engine/permission.h"
#include "rules/governance/claim.h"
#include "rules/governance/seats.h"
#include "rules/governance/tally.h"
#include "rules/governance/telling.h"

/* A holder's own change: not before, the epoch that it is. */
static const qfs_guard nod_epoch = {.name = "NOD_EPOCH",.relation = QFS_AT_LEAST,.unit = "epochs",
	.principle = QFS_TIME_TO_REACT,.severity = QFS_STOPS_ACT};
static const qfs_guard *const guards[] = {&nod_epoch, NULL};

typedef struct nod_change
{
	qfs_user_id account;
	int64_t		after;
	qfs_nod_record nod;			/* before */
} nod_change;

static bool
is_holders(const qfs_act *act, const nod_change *change)
{
	return act->event->has_actor && memcmp(&act->event->actor, &change->account, sizeof(change->account)) == 0;
}

/* May whoever acts change it so? */
static qfs_status
check_authority(const qfs_act *act, const nod_change *change)
{
	if (is_holders(act, change))
		return change->after < change->nod.nod ? QFS_OK :
			qfs_fail(act->err, QFS_FORBIDDEN, "a holder of %i may hold fewer, not %i", change->nod.nod, change->after);
	if (act->auth.via != QFS_VIA_OPERATOR && !qfs_permission_operates(act))
		return qfs_fail(act->err, QFS_FORBIDDEN, "the seats are another account's");
	if (act->reducer->policy.governance.mode == QFS_MODE_ON)
		return qfs_fail(act->err, QFS_POLICY_GOVERNED, "seats, by proposals");
	return QFS_OK;
}

static qfs_status
read_change(const qfs_act *act, nod_change *out)
{
	bool		found;
	qfs_status	status = qfs_payload_user(act, "account", &out->account);

	if (status == QFS_OK)
		status = qfs_payload_int(act, "nod", &out->after);
	if (status == QFS_OK)
		status = qfs_nod_get(act, &out->account, &out->nod, &found);
	if (status == QFS_OK && out->after == out->nod.nod)
		return qfs_fail(act->err, QFS_PAYLOAD_INVALID, "payload.nod: it is %i already", out->after);
	return status == QFS_OK ? check_authority(act, out) : status;
}

static void
write_change(qfs_json_writer *w, const nod_change *change, int64_t number)
{
	qfs_json_put_member_int(w, "number", number);
	qfs_json_key(w, "previous");
	qfs_previous_write(w, change->nod.changes > 0 ? change->nod.seq : -1);
}

/* "agenda", if a holder's own change ends a claim that nobody governs; *claim: that one. */
static qfs_status
end_claim(const qfs_act *act, const nod_change *change, int64_t *claim)
{
	qfs_agenda	agenda;
	qfs_status	status = QFS_OK;

	*claim = QFS_NO_CLAIM;
	if (!is_holders(act, change))
		return QFS_OK;
	status = qfs_agenda_get(act->reducer->store, &agenda, act->err);
	if (status == QFS_OK)
		*claim = qfs_claim_end(act, &agenda);
	if (*claim == QFS_NO_CLAIM)
		return status;
	qfs_agenda_write(act->result, &agenda);
	return qfs_agenda_put(act, &agenda);
}

static qfs_status
change_seats(qfs_act *act, const nod_change *change, int64_t claim)
{
	qfs_nod_record nod = change->nod;
	qfs_electorate_record before;
	qfs_electorate_record electorate;
	qfs_status	status = qfs_electorate_get(act, &before);

	electorate = before;
	if (status == QFS_OK)
		status = qfs_electorate_change(act, &electorate, change->nod.nod, change->after);
	if (status == QFS_OK && electorate.total > QFS_NOD_MAX)
		return qfs_fail(act->err, QFS_PAYLOAD_INVALID, "payload.nod: all seats together would be %i", electorate.total);
	if (status == QFS_OK)
		status = qfs_nod_change(act, &nod, change->after);
	if (status != QFS_OK)
		return status;
	qfs_json_put_member_int(act->result, "before", change->nod.nod);
	qfs_claim_write(act->result, claim);
	qfs_electorate_write(act->result, &electorate, &before);
	write_change(act->result, change, nod.changes);
	return qfs_electorate_put(act, &electorate);
}

static qfs_status
apply(qfs_act *act)
{
	int64_t		epoch = qfs_epoch_at(act->reducer, act->event->at);
	nod_change	change;
	int64_t		claim;
	qfs_status	status = read_change(act, &change);

	if (status == QFS_OK)
		status = end_claim(act, &change, &claim);
	if (status != QFS_OK)
		return status;
	act->fx->blocked = is_holders(act, &change) &&
		qfs_guard_count(act->fx, &nod_epoch, change.nod.epoch + 1, epoch);
	if (!act->fx->blocked)
		return change_seats(act, &change, claim);
	qfs_claim_write(act->result, claim);
	write_change(act->result, &change, change.nod.changes);
	return QFS_OK;
}

static qfs_status
recall(qfs_act *act)
{
	qfs_user_id account;
	int64_t		after;
	qfs_status	status = qfs_payload_user(act, "account", &account);

	if (status == QFS_OK)
		status = qfs_claim_recall(act);
	if (qfs_outcome_is_blocked(act->event->outcome))
		return status;
	if (status == QFS_OK)
		status = qfs_payload_int(act, "nod", &after);
	if (status == QFS_OK)
		status = qfs_nod_recall(act, &account, after, qfs_result_of(act->event->outcome));
	return status == QFS_OK ? qfs_electorate_recall(act) : status;
}

/* ---- its explanation ---- */

static qfs_status
rests(const qfs_entry *entry, qfs_grounds *grounds, qfs_error *err)
{
	qfs_status	status = qfs_grounds_add_named(grounds, qfs_result_of(entry->outcome), "previous", err);

	if (status == QFS_OK)
		status = qfs_trail_previous(entry, "agenda", grounds, err);
	return status == QFS_OK ? qfs_trail_previous(entry, "electorate", grounds, err) : status;
}

static void
steps(const qfs_story *story, qfs_json_writer *w)
{
	qfs_slice	result = qfs_result_of(story->entry->outcome);
	int64_t		total = qfs_trail_int(qfs_trail_member(result, "electorate"), "total");
	int64_t		after = qfs_trail_int(story->entry->payload, "nod");
	int64_t		before = qfs_trail_int(result, "before");

	if (qfs_outcome_is_blocked(story->entry->outcome))
		return;
	qfs_step_open(w);
	qfs_step_count(w, "after", after);
	qfs_step_count(w, "before", before);
	qfs_step_count(w, "total", total - after + before);
	qfs_step_op(w, "total");
	qfs_step_count(w, "result", total);
	qfs_step_close(w);
}

static void
tell(const qfs_story *story, qfs_buf *out)
{
	const qfs_entry *entry = story->entry;
	qfs_slice	result = qfs_result_of(entry->outcome);
	qfs_user_id account = {{0}};

	(void) qfs_json_member_user(entry->payload, "account", &account);
	qfs_say_account(story, out, &account, true);
	if (qfs_outcome_is_blocked(entry->outcome))
	{
		qfs_buf_text(out, " could not give seats back: ");
		qfs_say_guards(story, out);
		qfs_buf_text(out, ".");
		qfs_claim_say(story, out);
		return;
	}
	qfs_buf_text(out, qfs_story_is_subject(story, &account) ? " hold " : " holds ");
	qfs_buf_int(out, qfs_trail_int(entry->payload, "nod"));
	qfs_buf_text(out, " of ");
	qfs_buf_int(out, qfs_trail_int(qfs_trail_member(result, "electorate"), "total"));
	qfs_buf_text(out, " seats from here on, ");
	qfs_buf_int(out, qfs_trail_int(result, "before"));
	qfs_buf_text(out, " before");
	qfs_say_word(story, out);
	qfs_buf_text(out, ".");
	qfs_claim_say(story, out);
}

static const char *const reads[] = {"governance.mode", "operators", NULL};

const qfs_rule qfs_rule_nod_changed = {
	.type = "NOD_CHANGED",
	.schema = "{\"properties\":{"
	"\"account\":{\"maxLength\":69,\"minLength\":69,\"type\":\"string\"},"
	"\"nod\":{\"maximum\":1000000000,\"minimum\":0,\"type\":\"integer\"},"
	"\"reason\":{\"maxLength\":500,\"minLength\":1,\"type\":\"string\"}},"
	"\"required\":[\"account\",\"nod\",\"reason\"],\"type\":\"object\"}",
	.via = QFS_VIA_OPERATOR | QFS_VIA_SESSION | QFS_VIA_WALLET,
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
	.moves = QFS_MOVES(QFS_ASSET_NOD),
};
