/*
 * referral.c - referral codes, and the moment in which a referral activates.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "rules/social/referral.h"

#include "crypto/keccak.h"
#include "base/status.h"

/* ---- records ---- */

static const qfs_field device_fields[] = {
	QFS_FIELD(qfs_device_record, device, QFS_FIELD_HASH),
	QFS_FIELD(qfs_device_record, user, QFS_FIELD_USER),
};

const qfs_kind qfs_kind_device = QFS_KIND("device", qfs_device_record, device_fields, 1, false);

static const qfs_field code_fields[] = {
	QFS_FIELD(qfs_referral_code_record, code, QFS_FIELD_NAME),
	QFS_FIELD(qfs_referral_code_record, user, QFS_FIELD_USER),
};

const qfs_kind qfs_kind_referral_code =
QFS_KIND("referral_code", qfs_referral_code_record, code_fields, 1, false);

static const qfs_field referral_fields[] = {
	QFS_FIELD(qfs_referral_record, referee, QFS_FIELD_USER),
	QFS_FIELD(qfs_referral_record, referrer, QFS_FIELD_USER),
	QFS_FIELD(qfs_referral_record, seq, QFS_FIELD_INT),
	QFS_OPTIONAL(qfs_referral_record, settled, QFS_FIELD_INT),
	QFS_OPTIONAL(qfs_referral_record, guard, QFS_FIELD_NAME),
};

const qfs_kind qfs_kind_referral =
QFS_KIND("referral", qfs_referral_record, referral_fields, 1, false);

/* ---- codes ---- */

void
qfs_referral_code(const qfs_user_id *user, char *out)
{
	/* Without I, O and l, which look like others. */
	static const char digits[] = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
	uint8_t		text[QFS_USER_ID_TEXT + 16];
	qfs_uint128 n = 0;
	qfs_buf		buf;
	qfs_hash	hash;

	qfs_buf_init(&buf, text, sizeof(text));
	qfs_user_id_write(&buf, user);
	qfs_buf_text(&buf, ":QFS_REF_V1");
	qfs_sha3_256(qfs_buf_slice(&buf), &hash);
	for (int i = 0; i < 16; i++)
		n = n << 8 | hash.bytes[i];
	for (int i = QFS_REFERRAL_CODE_LEN - 1; i >= 0; i--)
		out[i] = digits[qfs_divide_small(&n, sizeof(digits) - 1)];
}

qfs_status
qfs_referral_begin(qfs_reducer *r, const qfs_user_id *user, qfs_error *err)
{
	qfs_referral_code_record record = {.user = *user};

	qfs_referral_code(user, record.code);
	return r->store->put(r->store, &qfs_kind_referral_code, &record, err);
}

qfs_status
qfs_device_claim(qfs_reducer *r, const qfs_hash *device, const qfs_user_id *user, qfs_error *err)
{
	qfs_device_record record = {.device = *device};
	bool		found;
	qfs_status	status = r->store->get(r->store, &qfs_kind_device, &record, &found, err);

	if (status != QFS_OK || found)
		return status;
	record.user = *user;
	return r->store->put(r->store, &qfs_kind_device, &record, err);
}

/* ---- activation ---- */

static qfs_status
has_profile(qfs_effects *fx, const qfs_user_id *user, bool *out)
{
	qfs_store  *store = fx->act->reducer->store;
	qfs_profile_record profile = {.user = *user};

	return store->get(store, &qfs_kind_profile, &profile, out, fx->act->err);
}

/* Has the account done all that the policy asks for? */
static qfs_status
is_complete(qfs_effects *fx, const qfs_user_id *user, bool *out)
{
	qfs_store  *store = fx->act->reducer->store;
	qfs_slice	wanted = fx->act->reducer->policy.activation;
	qfs_activity_record activity = {.user = *user};
	bool		found;
	qfs_status	status = store->get(store, &qfs_kind_activity, &activity, &found, fx->act->err);

	*out = !(qfs_policy_lists(wanted, QFS_LITERAL("message_sent")) && !activity.sent) &&
		!(qfs_policy_lists(wanted, QFS_LITERAL("message_received")) && !activity.received);
	if (status == QFS_OK && *out && qfs_policy_lists(wanted, QFS_LITERAL("profile")))
		status = has_profile(fx, user, out);
	return status;
}

/* The tier of the index-th activation, counted from 1; the last one if there are more. */
static unsigned
find_tier(const qfs_policy *policy, int64_t index)
{
	unsigned	n = 0;

	while (n + 1 < policy->tier_count && policy->tiers[n].to < index)
		n++;
	return n;
}

/* Guards of a reward. */
static const char cap[] = "REFERRAL_CAP";
static const char balance[] = "FLX_PER_USER_CAP";

/* What their effects' rules begin with; the number of the tier, or the guard, follows. */
static const char tier_rule[] = "REFERRAL_TIER_";
static const char withheld_rule[] = "REWARD_WITHHELD_";

/* The guard that keeps the reward back, or NULL. */
static const char *
blocking_guard(qfs_effects *fx, const qfs_standing *referrer, qfs_amount flx)
{
	const qfs_policy *policy = &fx->act->reducer->policy;
	bool		capped;
	bool		full;

	capped = qfs_guard_count(fx, cap, referrer->referrals >= policy->referral_cap,
							 policy->referral_cap, referrer->referrals);
	full = qfs_guard_amount(fx, balance, referrer->flx + flx > policy->flx_cap,
							policy->flx_cap, referrer->flx + flx);
	return capped ? cap : full ? balance : NULL;
}

static void
name_tier(unsigned tier, char *out, size_t size)
{
	qfs_buf		buf;

	memset(out, 0, size);
	qfs_buf_init(&buf, out, size - 1);
	qfs_buf_text(&buf, tier_rule);
	qfs_buf_uint(&buf, tier + 1);
}

static void
reward(qfs_effects *fx, unsigned referrer, unsigned referee, unsigned tier)
{
	const qfs_policy *policy = &fx->act->reducer->policy;
	char		rule[QFS_TYPE_MAX + 1];
	qfs_standing after = *qfs_effects_standing(fx, referrer);

	name_tier(tier, rule, sizeof(rule));
	after.points += policy->referral_points;
	after.flx += policy->tiers[tier].flx;
	after.referrals++;
	qfs_effects_coherent_act(fx, &after, QFS_REFERRAL_ACTIVATED_REFERRER);
	qfs_effects_add(fx, referrer, rule, &after);

	after = *qfs_effects_standing(fx, referee);
	after.points += policy->referral_points;
	qfs_effects_coherent_act(fx, &after, QFS_REFERRAL_ACTIVATED_REFEREE);
	qfs_effects_add(fx, referee, rule, &after);
}

/* Both sides learn from their chain that the referral is settled, and why without a reward. */
static void
withhold(qfs_effects *fx, unsigned referrer, unsigned referee, const char *guard)
{
	char		rule[QFS_TYPE_MAX + 1] = {0};
	qfs_buf		buf;

	qfs_buf_init(&buf, rule, sizeof(rule) - 1);
	qfs_buf_text(&buf, withheld_rule);
	qfs_buf_text(&buf, guard);
	qfs_effects_touch(fx, referrer, rule);
	qfs_effects_touch(fx, referee, rule);
}

qfs_status
qfs_referral_settle(qfs_effects *fx, const qfs_user_id *user)
{
	qfs_reducer *r = fx->act->reducer;
	qfs_referral_record referral = {.referee = *user};
	const char *guard;
	unsigned	referrer;
	unsigned	referee;
	unsigned	tier;
	bool		is_due = false;
	qfs_status	status;

	status = r->store->get(r->store, &qfs_kind_referral, &referral, &is_due, fx->act->err);
	is_due = is_due && !referral.has_settled;
	if (status == QFS_OK && is_due)
		status = is_complete(fx, user, &is_due);
	if (status != QFS_OK || !is_due)
		return status;

	status = qfs_effects_load(fx, &referral.referrer, &referrer);
	if (status == QFS_OK)
		status = qfs_effects_load(fx, user, &referee);
	if (status != QFS_OK)
		return status;
	tier = find_tier(&r->policy, qfs_effects_standing(fx, referrer)->referrals + 1);
	guard = blocking_guard(fx, qfs_effects_standing(fx, referrer), r->policy.tiers[tier].flx);
	if (guard == NULL)
		reward(fx, referrer, referee, tier);
	else
	{
		referral.has_guard = true;
		memset(referral.guard, 0, sizeof(referral.guard));
		memcpy(referral.guard, guard, strlen(guard));
		withhold(fx, referrer, referee, guard);
	}
	referral.has_settled = true;
	referral.settled = (int64_t) fx->act->event->seq;
	return r->store->put(r->store, &qfs_kind_referral, &referral, fx->act->err);
}

/* ---- recorded settlements ---- */

/* Does the rule begin with this?  *rest gets what follows. */
static bool
follows(qfs_slice rule, const char *prefix, qfs_slice *rest)
{
	size_t		len = strlen(prefix);

	if (rule.len < len || memcmp(rule.data, prefix, len) != 0)
		return false;
	*rest = (qfs_slice) {rule.data + len, rule.len - len};
	return true;
}

/* guard: empty if the reward was paid */
static qfs_status
recall_settlement(qfs_act *act, const qfs_user_id *referee, qfs_slice guard)
{
	qfs_store  *store = act->reducer->store;
	qfs_referral_record referral;
	bool		found;
	qfs_status	status;

	memset(&referral, 0, sizeof(referral));
	referral.referee = *referee;
	status = store->get(store, &qfs_kind_referral, &referral, &found, act->err);
	/* The referrer of a referral of which nothing is known is not the referee of another. */
	if (status != QFS_OK || !found || referral.has_settled)
		return status;
	referral.has_settled = true;
	referral.settled = (int64_t) act->event->seq;
	referral.has_guard = guard.len > 0;
	memcpy(referral.guard, guard.data, guard.len);
	return store->put(store, &qfs_kind_referral, &referral, act->err);
}

/*
 * The effects of a settlement come in pairs, first the referrer's, then the
 * referee's.
 */
qfs_status
qfs_referral_recall(qfs_act *act)
{
	qfs_json_iter iter = qfs_effects_of(act->event->outcome);
	bool		second = false;
	qfs_effect	effect;
	bool		found;
	qfs_status	status;

	while ((status = qfs_effect_next(&iter, &effect, &found, act->err)) == QFS_OK && found)
	{
		qfs_slice	guard = QFS_LITERAL("");
		qfs_slice	rest;

		if (!follows(effect.rule, tier_rule, &rest) && !follows(effect.rule, withheld_rule, &guard))
			continue;
		if (second)
			status = recall_settlement(act, &effect.user, guard);
		if (status != QFS_OK)
			return status;
		second = !second;
	}
	return status;
}
