/*
 * outcome.c - what an entry did to accounts, read from the outcome that was recorded.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/outcome.h"

#include "base/status.h"

static qfs_json_iter
members_of(qfs_slice outcome, const char *name)
{
	return qfs_json_members(qfs_json_member_or(outcome, name, QFS_LITERAL("[]")));
}

qfs_json_iter
qfs_effects_of(qfs_slice outcome)
{
	return members_of(outcome, "effects");
}

qfs_json_iter
qfs_reads_of(qfs_slice outcome)
{
	return members_of(outcome, "read");
}

qfs_json_iter
qfs_guards_of(qfs_slice outcome)
{
	return members_of(outcome, "guards");
}

static bool
read_pair(qfs_slice object, const char *name, qfs_slice *before, qfs_slice *after)
{
	qfs_slice	pair;
	qfs_slice	key;
	qfs_json_iter iter;

	if (!qfs_json_member(object, name, &pair) || qfs_json_type_of(pair) != QFS_JSON_ARRAY ||
		qfs_json_length(pair) != 2)
		return false;
	iter = qfs_json_members(pair);
	return qfs_json_next(&iter, &key, before) && qfs_json_next(&iter, &key, after);
}

static bool
read_counts(qfs_slice object, const char *name, int64_t *before, int64_t *after)
{
	qfs_slice	b;
	qfs_slice	a;

	return read_pair(object, name, &b, &a) && qfs_json_to_int(b, before) && qfs_json_to_int(a, after);
}

static bool
read_amounts(qfs_slice object, const char *name, qfs_amount *before, qfs_amount *after)
{
	qfs_slice	b;
	qfs_slice	a;

	return read_pair(object, name, &b, &a) && qfs_json_to_plain(b, &b) && qfs_json_to_plain(a, &a) &&
		qfs_amount_parse(b, before, NULL) == QFS_OK && qfs_amount_parse(a, after, NULL) == QFS_OK;
}

static bool
read_previous(qfs_slice object, int64_t *out)
{
	qfs_slice	value;

	*out = -1;
	if (!qfs_json_member(object, "previous", &value))
		return false;
	return qfs_json_type_of(value) == QFS_JSON_NULL || (qfs_json_to_int(value, out) && *out >= 0);
}

qfs_status
qfs_effect_read(qfs_slice object, qfs_effect *out, qfs_error *err)
{
	qfs_slice	value;
	qfs_slice	text;

	memset(out, 0, sizeof(*out));
	if (!qfs_json_member(object, "account", &value) || !qfs_json_to_plain(value, &text) ||
		qfs_user_id_parse(text, &out->user, NULL) != QFS_OK || !read_previous(object, &out->previous))
		return qfs_fail(err, QFS_OUTCOME_MISMATCH, "an effect without account or previous: %v", object);
	out->rule = QFS_LITERAL("");
	if (qfs_json_member(object, "rule", &value) &&
		(!qfs_json_to_plain(value, &out->rule) || out->rule.len > QFS_TYPE_MAX))
		return qfs_fail(err, QFS_OUTCOME_MISMATCH, "an effect of the rule %v", value);
	out->before.user = out->after.user = out->user;
	out->has_coherence = read_amounts(object, "coherence", &out->before.coherence, &out->after.coherence);
	out->has_points = read_counts(object, "points", &out->before.points, &out->after.points);
	out->has_referrals = read_counts(object, "referrals", &out->before.referrals, &out->after.referrals);
	out->has_flx = qfs_json_member(object, "tokens", &value) &&
		read_amounts(value, "FLX", &out->before.flx, &out->after.flx);
	return QFS_OK;
}

qfs_status
qfs_effect_next(qfs_json_iter *iter, qfs_effect *out, bool *found, qfs_error *err)
{
	qfs_slice	key;
	qfs_slice	object;

	*found = qfs_json_next(iter, &key, &object);
	return *found ? qfs_effect_read(object, out, err) : QFS_OK;
}

bool
qfs_effect_of(qfs_slice outcome, const qfs_user_id *user, qfs_effect *out)
{
	qfs_json_iter iter = qfs_effects_of(outcome);
	bool		found;

	while (qfs_effect_next(&iter, out, &found, NULL) == QFS_OK && found)
		if (memcmp(&out->user, user, sizeof(*user)) == 0)
			return true;
	return false;
}

bool
qfs_guard_next_block(qfs_json_iter *iter, qfs_slice *guard, qfs_slice *name)
{
	qfs_slice	key;
	qfs_slice	value;

	while (qfs_json_next(iter, &key, guard))
		if (qfs_json_member(*guard, "result", &value) &&
			qfs_slice_equal(value, QFS_LITERAL("\"BLOCK\"")) &&
			qfs_json_member(*guard, "guard", &value) && qfs_json_to_plain(value, name) &&
			name->len <= QFS_TYPE_MAX)
			return true;
	return false;
}

bool
qfs_outcome_is_blocked(qfs_slice outcome)
{
	qfs_slice	value;

	return qfs_json_member(outcome, "status", &value) &&
		qfs_slice_equal(value, QFS_LITERAL("\"BLOCKED\""));
}
