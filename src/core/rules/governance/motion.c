/*
 * motion.c - what a proposal asks for: changes of the policy, seats, or words alone.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "rules/governance/motion.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/sha256.h"
#include "engine/account_part.h"
#include "rules/governance/tally.h"
#include "rules/system/policy_changed.h"

/* ---- reading ---- */

/* Does the track have keys of this class? */
static bool
admits(qfs_track track, qfs_key_class class)
{
	return track == QFS_TRACK_EMERGENCY ? class == QFS_CLASS_PARAMETER || class == QFS_CLASS_CONSTITUTION :
		class == (track == QFS_TRACK_CONSTITUTION ? QFS_CLASS_CONSTITUTION : QFS_CLASS_PARAMETER);
}

typedef struct key_check
{
	qfs_track	track;
	qfs_error  *err;
} key_check;

static qfs_status
check_key(void *context, qfs_slice name, qfs_slice value)
{
	const key_check *check = context;
	qfs_key_class class;

	(void) value;
	if (!qfs_policy_key_class(name, &class))
		return qfs_fail(check->err, QFS_POLICY_INVALID, "the key %v does not exist", name);
	if (class == QFS_CLASS_FIXED || class == QFS_CLASS_FORK)
		return qfs_fail(check->err, QFS_KEY_FIXED, "%v", name);
	if (!admits(check->track, class))
		return qfs_fail(check->err, QFS_KEY_TRACK, "%v is not for the track %s", name, qfs_track_names[check->track]);
	return QFS_OK;
}

static qfs_status
invalid(const qfs_act *act, const char *why)
{
	return qfs_fail(act->err, QFS_PAYLOAD_INVALID, "payload.action: %s", why);
}

static qfs_status
read_policy(const qfs_act *act, qfs_motion *out)
{
	key_check	check = {out->track, act->err};

	if (out->policy.len > QFS_MOTION_MAX)
		return invalid(act, "more than 8192 bytes");
	if (out->track == QFS_TRACK_TEXT)
		return invalid(act, "nothing, on the track of texts");
	return qfs_policy_leaves(out->policy, check_key, &check, act->err);
}

static qfs_status
read_seat(const qfs_act *act, qfs_slice value, qfs_motion *out)
{
	qfs_motion_seat *next = &out->seats[out->seat_count];
	qfs_slice	text;
	bool		found;
	qfs_status	status;

	if (!qfs_json_to_plain(qfs_json_member_or(value, "account", QFS_LITERAL("null")), &text))
		return invalid(act, "an account that is none");
	status = qfs_user_id_parse(text, &next->account, act->err);
	if (status == QFS_OK)
		status = qfs_nod_get(act, &next->account, &next->nod, &found);
	if (status != QFS_OK)
		return status;
	next->after = qfs_json_int_or(qfs_json_member_or(value, "nod", QFS_LITERAL("null")), 0);
	for (unsigned i = 0; i < out->seat_count; i++)
		if (memcmp(&out->seats[i].account, &next->account, sizeof(qfs_user_id)) == 0)
			return invalid(act, "an account that is named twice");
	out->seat_count++;
	return QFS_OK;
}

static qfs_status
read_seats(const qfs_act *act, qfs_slice seats, qfs_motion *out)
{
	qfs_json_iter iter = qfs_json_members(seats);
	qfs_slice	key;
	qfs_slice	value;
	qfs_status	status = QFS_OK;

	if (out->track != QFS_TRACK_CONSTITUTION)
		return qfs_fail(act->err, QFS_KEY_TRACK, "seats are not for the track %s", qfs_track_names[out->track]);
	while (status == QFS_OK && qfs_json_next(&iter, &key, &value))
	{
		/* The schema has counted them. */
		if (out->seat_count == QFS_MOTION_SEATS)
			return invalid(act, "more than four accounts");
		status = read_seat(act, value, out);
	}
	return status;
}

qfs_status
qfs_motion_read(const qfs_act *act, qfs_track track, qfs_slice action, qfs_motion *out)
{
	qfs_slice	seats;
	bool		has_seats = qfs_json_member(action, "nod", &seats);

	out->track = track;
	out->seat_count = 0;
	out->has_policy = qfs_json_member(action, "policy", &out->policy);
	if (out->has_policy && has_seats)
		return invalid(act, "policy or nod, not both");
	if (out->has_policy)
		return read_policy(act, out);
	if (has_seats)
		return read_seats(act, seats, out);
	return track == QFS_TRACK_TEXT ? QFS_OK : invalid(act, "what is to be done, but on the track of texts");
}

/* ---- policies ---- */

/* Whoever turns governance on must be as plural as the cap asks for: all of the power has to be somebody's. */
static qfs_status
check_electorate(const qfs_act *act, const qfs_policy *policy)
{
	qfs_electorate_record electorate;
	qfs_status	status;

	if (policy->governance.mode != QFS_MODE_ON)
		return QFS_OK;
	status = qfs_electorate_get(act, &electorate);
	if (status == QFS_OK && electorate.holders * policy->governance.power_percent < 100)
		return qfs_fail(act->err, QFS_POLICY_INVALID, "governance.mode: %i holders of at most %i percent never have all of the power",
						electorate.holders, policy->governance.power_percent);
	return status;
}

qfs_status
qfs_motion_policy(const qfs_act *act, const qfs_motion *motion, qfs_new_policy *out)
{
	const qfs_policy *base = &act->reducer->policy;
	qfs_buf		text;
	qfs_status	status;

	qfs_buf_init(&text, out->memory, sizeof(out->memory));
	status = qfs_policy_merge(base->text, motion->policy, &text, act->err);
	if (status != QFS_OK)
		return status;
	out->text = qfs_buf_slice(&text);
	if (qfs_slice_equal(out->text, base->text))
		return qfs_fail(act->err, QFS_POLICY_INVALID, "it changes nothing");
	status = qfs_policy_read_next(act->reducer->registry, base, out->text, &out->policy, act->err);
	if (status == QFS_OK)
		status = check_electorate(act, &out->policy);
	qfs_sha256(out->text, &out->hash);
	return status;
}

/* ---- leaves ---- */

typedef struct leaf_count
{
	qfs_slice	before;			/* policies */
	qfs_slice	now;
	int64_t		count;
} leaf_count;

static qfs_slice
leaf_of(qfs_slice policy, qfs_slice name)
{
	qfs_slice	value;

	return qfs_policy_leaf(policy, name, &value) ? value : QFS_LITERAL("null");
}

static qfs_status
count_stale(void *context, qfs_slice name, qfs_slice value)
{
	leaf_count *c = context;

	(void) value;
	c->count += !qfs_slice_equal(leaf_of(c->before, name), leaf_of(c->now, name));
	return QFS_OK;
}

static qfs_status
count_unrestricting(void *context, qfs_slice name, qfs_slice value)
{
	leaf_count *c = context;

	c->count += !qfs_policy_restricts(name, leaf_of(c->now, name), value);
	return QFS_OK;
}

qfs_status
qfs_motion_stale(const qfs_act *act, const qfs_motion *motion, int64_t base, int64_t *out)
{
	leaf_count	count = {.now = act->reducer->policy.text};
	qfs_status	status = qfs_policy_get(act->reducer->store, base, &count.before, act->err);

	if (status == QFS_OK)
		status = qfs_policy_leaves(motion->policy, count_stale, &count, act->err);
	*out = count.count;
	return status;
}

qfs_status
qfs_motion_unrestricting(const qfs_act *act, const qfs_motion *motion, int64_t *out)
{
	leaf_count	count = {.now = act->reducer->policy.text};
	qfs_status	status = qfs_policy_leaves(motion->policy, count_unrestricting, &count, act->err);

	*out = count.count;
	return status;
}

/* ---- seats ---- */

const qfs_guard qfs_guard_nod_share = {.name = "NOD_SHARE",.relation = QFS_AT_MOST,.unit = "NOD, times 100",
	.key = "governance.power_percent",.of_proposal = true,.principle = QFS_NOBODY_DECIDES_ALONE,.severity = QFS_STOPS_PROPOSAL};

qfs_status
qfs_motion_shares(const qfs_act *act, const qfs_motion *motion, int64_t power_percent, qfs_shares *out)
{
	qfs_electorate_record after;
	int64_t		largest = 0;
	qfs_status	status = qfs_electorate_get(act, &after);

	for (unsigned i = 0; i < motion->seat_count && status == QFS_OK; i++)
	{
		status = qfs_electorate_change(act, &after, motion->seats[i].nod.nod, motion->seats[i].after);
		if (motion->seats[i].after > largest)
			largest = motion->seats[i].after;
	}
	/* More than can be counted: nobody's share is small enough. */
	out->bound = status != QFS_OK || after.total > QFS_NOD_MAX ? 0 : power_percent * after.total;
	out->observed = 100 * largest;
	return status;
}

static void
write_seat(qfs_json_writer *w, const qfs_motion_seat *seat)
{
	qfs_json_open_object(w);
	qfs_json_key(w, "account");
	qfs_json_put_user(w, &seat->account);
	qfs_json_put_member_int(w, "after", seat->after);
	qfs_json_put_member_int(w, "before", seat->nod.nod);
	qfs_json_put_member_int(w, "number", seat->nod.changes + 1);
	qfs_json_key(w, "previous");
	qfs_previous_write(w, seat->nod.changes > 0 ? seat->nod.seq : -1);
	qfs_json_close(w);
}

void
qfs_motion_write_seats(qfs_json_writer *w, const qfs_motion *motion)
{
	if (motion->seat_count == 0)
		return;
	qfs_json_key(w, "seats");
	qfs_json_open_array(w);
	for (unsigned i = 0; i < motion->seat_count; i++)
		write_seat(w, &motion->seats[i]);
	qfs_json_close(w);
}
