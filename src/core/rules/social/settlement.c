/*
 * settlement.c - the moment in which a referral activates, and what comes of it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "rules/social/settlement.h"

/* ---- what it does ---- */

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

unsigned
qfs_referral_tier(const qfs_policy *policy, int64_t index)
{
	unsigned	n = 0;

	while (n + 1 < policy->tier_count && policy->tiers[n].to < index)
		n++;
	return n;
}

const qfs_guard qfs_guard_referral_cap = {"REFERRAL_CAP", QFS_BELOW, false};
const qfs_guard qfs_guard_flx_cap = {"FLX_PER_USER_CAP", QFS_AT_MOST, true};

/* The first guard that keeps the reward back, or NULL. */
static const qfs_guard *
blocking_guard(qfs_effects *fx, const qfs_standing *referrer, qfs_amount flx)
{
	const qfs_policy *policy = &fx->act->reducer->policy;
	bool		capped = qfs_guard_count(fx, &qfs_guard_referral_cap, policy->referral_cap, referrer->referrals);
	bool		full = qfs_guard_amount(fx, &qfs_guard_flx_cap, policy->flx_cap, referrer->flx + flx);

	return capped ? &qfs_guard_referral_cap : full ? &qfs_guard_flx_cap : NULL;
}

static void
reward(qfs_effects *fx, unsigned referrer, unsigned referee, unsigned tier)
{
	const qfs_policy *policy = &fx->act->reducer->policy;
	char		number[24] = "";
	qfs_standing after = *qfs_effects_standing(fx, referrer);
	qfs_buf		buf;

	qfs_buf_init(&buf, number, sizeof(number) - 1);
	qfs_buf_uint(&buf, tier + 1);
	after.points += policy->referral_points;
	after.flx += policy->tiers[tier].flx;
	after.referrals++;
	qfs_effects_coherent_act(fx, &after, QFS_REFERRAL_ACTIVATED_REFERRER);
	qfs_effects_add(fx, referrer, &qfs_change_rewarded, number, &after);

	after = *qfs_effects_standing(fx, referee);
	after.points += policy->referral_points;
	qfs_effects_coherent_act(fx, &after, QFS_REFERRAL_ACTIVATED_REFEREE);
	qfs_effects_add(fx, referee, &qfs_change_rewarded, number, &after);
}

/* Both sides learn from their chain that the referral is settled, and why without a reward. */
static void
withhold(qfs_effects *fx, unsigned referrer, unsigned referee, const qfs_guard *guard)
{
	qfs_effects_add(fx, referrer, &qfs_change_withheld, guard->name, qfs_effects_standing(fx, referrer));
	qfs_effects_add(fx, referee, &qfs_change_withheld, guard->name, qfs_effects_standing(fx, referee));
}

qfs_status
qfs_referral_settle(qfs_effects *fx, const qfs_user_id *user)
{
	qfs_reducer *r = fx->act->reducer;
	qfs_referral_record referral = {.referee = *user};
	const qfs_guard *guard;
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
	tier = qfs_referral_tier(&r->policy, qfs_effects_standing(fx, referrer)->referrals + 1);
	guard = blocking_guard(fx, qfs_effects_standing(fx, referrer), r->policy.tiers[tier].flx);
	if (guard == NULL)
		reward(fx, referrer, referee, tier);
	else
	{
		referral.has_guard = true;
		memset(referral.guard, 0, sizeof(referral.guard));
		memcpy(referral.guard, guard->name, strlen(guard->name));
		withhold(fx, referrer, referee, guard);
	}
	referral.has_settled = true;
	referral.settled = (int64_t) fx->act->event->seq;
	return r->store->put(r->store, &qfs_kind_referral, &referral, fx->act->err);
}

/* ---- recorded settlements ---- */

/* The effects of a settlement come in pairs, first the referrer's, then the referee's. */
typedef struct settlement
{
	qfs_effect	referrer;
	qfs_effect	referee;
	const qfs_change *change;
} settlement;

/* The next one of an outcome; *found = false at the end.  Errors: OUTCOME_MISMATCH. */
static qfs_status
next_settlement(qfs_json_iter *iter, settlement *out, bool *found, qfs_error *err)
{
	static const qfs_change *const settling[] = {QFS_SETTLEMENT_CHANGES, NULL};

	bool		second = false;
	qfs_effect	effect;
	qfs_status	status;

	while ((status = qfs_effect_next(iter, &effect, found, err)) == QFS_OK && *found)
	{
		out->change = qfs_change_called(settling, effect.rule);
		if (out->change == NULL)
			continue;
		if (second)
		{
			out->referee = effect;
			return QFS_OK;
		}
		out->referrer = effect;
		second = true;
	}
	return status;
}

static qfs_status
recall_settlement(qfs_act *act, const settlement *s)
{
	qfs_store  *store = act->reducer->store;
	size_t		prefix = strlen(s->change->name);
	qfs_referral_record referral;
	bool		found;
	qfs_status	status;

	memset(&referral, 0, sizeof(referral));
	referral.referee = s->referee.user;
	status = store->get(store, &qfs_kind_referral, &referral, &found, act->err);
	/* The referrer of a referral of which nothing is known is not the referee of another. */
	if (status != QFS_OK || !found || referral.has_settled)
		return status;
	referral.has_settled = true;
	referral.settled = (int64_t) act->event->seq;
	referral.has_guard = s->change == &qfs_change_withheld && s->referee.rule.len > prefix;
	if (referral.has_guard)
		memcpy(referral.guard, s->referee.rule.data + prefix, s->referee.rule.len - prefix);
	return store->put(store, &qfs_kind_referral, &referral, act->err);
}

qfs_status
qfs_referral_recall(qfs_act *act)
{
	qfs_json_iter iter = qfs_effects_of(act->event->outcome);
	settlement	s;
	bool		found;
	qfs_status	status;

	while ((status = next_settlement(&iter, &s, &found, act->err)) == QFS_OK && found)
	{
		status = recall_settlement(act, &s);
		if (status != QFS_OK)
			break;
	}
	return status;
}

/* ---- how it is explained ---- */

static qfs_amount
quality(const qfs_story *story, const qfs_effect *effect)
{
	return story->policy->acts[effect->has_referrals ? QFS_REFERRAL_ACTIVATED_REFERRER :
							   QFS_REFERRAL_ACTIVATED_REFEREE];
}

/* Which tier the referrer has reached. */
static void
steps(const qfs_effect *effect, qfs_json_writer *w)
{
	if (!effect->has_flx)
		return;
	qfs_step_open(w);
	qfs_step_count(w, "activated_before", effect->before.referrals);
	qfs_step_text(w, "rule", effect->rule);
	qfs_step_op(w, "tier");
	qfs_step_amount(w, "result", effect->after.flx - effect->before.flx);
	qfs_step_close(w);
}

/* The settlement that the entry is explained for: the subject's own, else the first. */
static bool
find_settlement(const qfs_story *story, settlement *out)
{
	qfs_json_iter iter = qfs_effects_of(story->entry->outcome);
	bool		any = false;
	settlement	next;
	bool		found;

	while (next_settlement(&iter, &next, &found, NULL) == QFS_OK && found)
	{
		bool		mine = qfs_story_is_subject(story, &next.referrer.user) ||
			qfs_story_is_subject(story, &next.referee.user);

		if (!any || mine)
			*out = next;
		any = true;
		if (mine)
			break;
	}
	return any;
}

/* What a referral asks of the referee, as things done. */
static void
say_activation(const qfs_story *story, qfs_buf *out)
{
	qfs_slice	wanted = story->policy->activation;
	bool		profile = qfs_policy_lists(wanted, QFS_LITERAL("profile"));
	bool		sent = qfs_policy_lists(wanted, QFS_LITERAL("message_sent"));
	bool		received = qfs_policy_lists(wanted, QFS_LITERAL("message_received"));

	if (profile)
		qfs_buf_text(out, " set a profile");
	if (profile && (sent || received))
		qfs_buf_text(out, " and");
	if (sent || received)
		qfs_buf_text(out, sent && received ? " exchanged messages" : sent ? " wrote a message" : " received a message");
}

/* … whom … invited, did what a referral asks for */
static void
say_referral(const qfs_story *story, qfs_buf *out, const settlement *s)
{
	qfs_say_account(story, out, &s->referee.user, false);
	qfs_buf_text(out, ", whom ");
	qfs_say_account(story, out, &s->referrer.user, false);
	qfs_buf_text(out, " invited,");
	say_activation(story, out);
}

static void
tell_paid(const qfs_story *story, qfs_buf *out, const settlement *s)
{
	bool		to_referee = qfs_story_is_subject(story, &s->referee.user);
	const qfs_effect *side = to_referee ? &s->referee : &s->referrer;

	qfs_say_account(story, out, &side->user, true);
	qfs_buf_text(out, " earned ");
	if (!to_referee)
	{
		qfs_say_amount(out, side->after.flx - side->before.flx);
		qfs_buf_text(out, " FLX and ");
	}
	qfs_buf_int(out, side->after.points - side->before.points);
	qfs_buf_text(out, " genesis points because ");
	say_referral(story, out, s);
	qfs_buf_text(out, ".");
}

static void
tell_withheld(const qfs_story *story, qfs_buf *out, const settlement *s)
{
	qfs_buf_text(out, "No reward was paid although ");
	say_referral(story, out, s);
	qfs_buf_text(out, ": ");
	qfs_say_guards(story, out);
	qfs_buf_text(out, ".");
}

static void
tell(const qfs_story *story, qfs_buf *out)
{
	settlement	s;

	if (!find_settlement(story, &s))
		return;
	if (s.change == &qfs_change_rewarded)
		tell_paid(story, out, &s);
	else
		tell_withheld(story, out, &s);
}

const qfs_change qfs_change_rewarded = {
	.name = "REFERRAL_TIER_",
	.is_prefix = true,
	.topic = QFS_TOPIC_REWARD,
	.quality = quality,
	.steps = steps,
	.tell = tell,
};

const qfs_change qfs_change_withheld = {
	.name = "REWARD_WITHHELD_",
	.is_prefix = true,
	.topic = QFS_TOPIC_REWARD,
	.tell = tell,
};
