/*
 * settlement.c - the moment in which a referral activates, and what comes of it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "rules/social/settlement.h"

/* ---- what it does ---- */

/* Has the account done all that the policy asks for? */
static bool
is_complete(const qfs_policy *policy, const qfs_ties *ties, const qfs_standing *standing)
{
	qfs_slice	wanted = policy->activation;

	return !(qfs_policy_lists(wanted, QFS_LITERAL("message_sent")) && !ties->sent) &&
		!(qfs_policy_lists(wanted, QFS_LITERAL("message_received")) && !ties->received) &&
		!(qfs_policy_lists(wanted, QFS_LITERAL("profile")) && !standing->has_profile);
}

unsigned
qfs_referral_tier(const qfs_policy *policy, int64_t index)
{
	unsigned	n = 0;

	while (n + 1 < policy->tier_count && policy->tiers[n].to < index)
		n++;
	return n;
}

const qfs_guard qfs_guard_referral_cap = {.name = "REFERRAL_CAP",.relation = QFS_BELOW,.unit = "referrals",.key = "referral.cap",.of_other = true,
	.principle = QFS_BOUNDED_REWARD,.severity = QFS_STOPS_REWARD};
const qfs_guard qfs_guard_flx_cap = {.name = "FLX_PER_USER_CAP",.relation = QFS_AT_MOST,.is_amount = true,.unit = "FLX",.key = "referral.flx_cap",.of_other = true,
	.principle = QFS_BOUNDED_REWARD,.severity = QFS_STOPS_REWARD};

/* The first guard that keeps the reward back, or NULL. */
static const qfs_guard *
blocking_guard(qfs_effects *fx, const qfs_standing *referrer, qfs_amount flx)
{
	const qfs_policy *policy = &fx->act->reducer->policy;
	bool		capped = qfs_guard_count(fx, &qfs_guard_referral_cap, policy->referral_cap, referrer->referrals);
	bool		full = qfs_guard_amount(fx, &qfs_guard_flx_cap, policy->flx_cap, referrer->flx + flx);

	return capped ? &qfs_guard_referral_cap : full ? &qfs_guard_flx_cap : NULL;
}

/* The two that a referral is about. */
typedef struct pair
{
	qfs_standing *referrer;
	qfs_standing *referee;
	qfs_ties   *ties;			/* the referee's */
} pair;

/* Both sides, and the ties between them, tell of the settlement. */
static void
name_settlement(qfs_effects *fx, const pair *p, const qfs_change *change, const char *more)
{
	qfs_effects_change(fx, &p->referrer->user, QFS_STANDING, change, more);
	qfs_effects_change(fx, &p->referee->user, QFS_STANDING, change, more);
	qfs_effects_change(fx, &p->referee->user, QFS_TIES, change, more);
}

static void
reward(qfs_effects *fx, const pair *p, unsigned tier)
{
	const qfs_policy *policy = &fx->act->reducer->policy;
	char		number[24] = "";
	qfs_buf		buf;

	qfs_buf_init(&buf, number, sizeof(number) - 1);
	qfs_buf_uint(&buf, tier + 1);
	p->referrer->points += policy->referral_points;
	p->referrer->flx += policy->tiers[tier].flx;
	p->referrer->referrals++;
	qfs_effects_coherent_act(fx, p->referrer, QFS_REFERRAL_ACTIVATED_REFERRER);
	p->referee->points += policy->referral_points;
	qfs_effects_coherent_act(fx, p->referee, QFS_REFERRAL_ACTIVATED_REFEREE);
	name_settlement(fx, p, &qfs_change_rewarded, number);
}

static void
withhold(qfs_effects *fx, const pair *p, const qfs_guard *guard)
{
	p->ties->has_guard = true;
	memset(p->ties->guard, 0, sizeof(p->ties->guard));
	memcpy(p->ties->guard, guard->name, strlen(guard->name));
	name_settlement(fx, p, &qfs_change_withheld, guard->name);
}

/* *is_due: the account has a referral that is not settled, and has done all for it. */
static qfs_status
find_due(qfs_effects *fx, const qfs_user_id *user, pair *out, bool *is_due)
{
	qfs_status	status = qfs_effects_ties(fx, user, &out->ties);

	*is_due = status == QFS_OK && out->ties->has_referrer && !out->ties->has_settled;
	if (status != QFS_OK || !*is_due)
		return status;
	status = qfs_effects_standing(fx, user, &out->referee);
	if (status == QFS_OK)
		*is_due = is_complete(&fx->act->reducer->policy, out->ties, out->referee);
	if (status == QFS_OK && *is_due)
		status = qfs_effects_standing(fx, &out->ties->referrer, &out->referrer);
	return status;
}

qfs_status
qfs_referral_settle(qfs_effects *fx, const qfs_user_id *user)
{
	const qfs_policy *policy = &fx->act->reducer->policy;
	const qfs_guard *guard;
	unsigned	tier;
	pair		p;
	bool		is_due;
	qfs_status	status = find_due(fx, user, &p, &is_due);

	if (status != QFS_OK || !is_due)
		return status;
	p.ties->has_settled = true;
	p.ties->settled = (int64_t) fx->act->event->seq;
	tier = qfs_referral_tier(policy, p.referrer->referrals + 1);
	guard = blocking_guard(fx, p.referrer, policy->tiers[tier].flx);
	if (guard == NULL)
		reward(fx, &p, tier);
	else
		withhold(fx, &p, guard);
	return QFS_OK;
}

/* ---- how it is explained ---- */

/* A settlement, as far as it is shown. */
typedef struct settlement
{
	qfs_user_id referee;
	qfs_user_id referrer;
	const qfs_effect *gained;	/* the referrer's effect; NULL: its standing is not shown */
	const qfs_effect *joined;	/* the referee's */
	const qfs_change *change;
} settlement;

static const qfs_change *const settling[] = {QFS_SETTLEMENT_CHANGES, NULL};

/* Does an effect name this account in this part of a settlement? */
static const qfs_effect *
effect_of(const qfs_story *story, const qfs_user_id *user, bool as_referrer)
{
	for (unsigned i = 0; i < story->effect_count; i++)
	{
		const qfs_effect *e = &story->effects[i];
		bool		gains = e->after.referrals != e->before.referrals;
		const qfs_change *change = qfs_change_called(settling, qfs_slice_of(e->rule));

		if (change != NULL && memcmp(&e->after.user, user, sizeof(*user)) == 0 &&
			(change == &qfs_change_withheld || gains == as_referrer))
			return e;
	}
	return NULL;
}

/* The n-th part of the entry, if it is the ties of a referee whose referral settled. */
static bool
read_settlement(const qfs_story *story, unsigned n, settlement *out)
{
	const qfs_account_part *part = &story->entry->account_parts[n];
	qfs_account_change change;

	out->change = NULL;
	if (!part->part.shown || !qfs_slice_equal(part->kind, qfs_slice_of(qfs_account_kind_names[QFS_TIES])) ||
		qfs_account_part_parse(part->part.value, story->entry->seq, &change, NULL) != QFS_OK)
		return false;
	for (unsigned i = 0; i < change.rule_count && out->change == NULL; i++)
		out->change = qfs_change_called(settling, qfs_slice_of(change.rules[i]));
	if (out->change == NULL)
		return false;
	out->referee = change.after.user;
	out->referrer = change.after.ties.referrer;
	out->gained = effect_of(story, &out->referrer, true);
	out->joined = effect_of(story, &out->referee, false);
	return true;
}

/* ---- what a change does to a standing ---- */

/* The tier that follows the name of the change, counted from 1; 0: it is none. */
static unsigned
tier_named(const qfs_policy *policy, qfs_slice more)
{
	uint64_t	n;

	return qfs_decimal_decode(more, &n) && n >= 1 && n <= policy->tier_count ? (unsigned) n : 0;
}

/* other: what the referee gets, else what the referrer gets */
static bool
apply_reward(const qfs_story *story, qfs_slice more, const qfs_standing *recorded, bool other,
			 qfs_standing *standing)
{
	const qfs_policy *policy = story->policy;
	unsigned	tier = tier_named(policy, more);

	(void) recorded;
	if (tier == 0 || (!other && qfs_referral_tier(policy, standing->referrals + 1) != tier - 1))
		return false;
	standing->points += policy->referral_points;
	if (!other)
	{
		standing->flx += policy->tiers[tier - 1].flx;
		standing->referrals++;
	}
	qfs_story_coherent_act(story, standing, other ? QFS_REFERRAL_ACTIVATED_REFEREE : QFS_REFERRAL_ACTIVATED_REFERRER);
	return true;
}

/* Both guards look at the referrer alone. */
static void
judge(const qfs_story *story, const qfs_effect *effect, qfs_json_writer *w)
{
	const qfs_policy *policy = story->policy;
	const qfs_standing *before = &effect->before;
	unsigned	tier = qfs_referral_tier(policy, before->referrals + 1);

	qfs_guard_write(w, &qfs_guard_referral_cap, (qfs_amount) policy->referral_cap, (qfs_amount) before->referrals);
	qfs_guard_write(w, &qfs_guard_flx_cap, policy->flx_cap, before->flx + policy->tiers[tier].flx);
}

/* ---- how it is told ---- */

static qfs_amount
quality(const qfs_story *story, const qfs_effect *effect)
{
	return story->policy->acts[effect->after.referrals != effect->before.referrals ?
							   QFS_REFERRAL_ACTIVATED_REFERRER : QFS_REFERRAL_ACTIVATED_REFEREE];
}

/* Which tier the referrer has reached. */
static void
steps(const qfs_effect *effect, qfs_json_writer *w)
{
	if (effect->after.flx == effect->before.flx)
		return;
	qfs_step_open(w);
	qfs_step_count(w, "activated_before", effect->before.referrals);
	qfs_step_text(w, "rule", qfs_slice_of(effect->rule));
	qfs_step_op(w, "tier");
	qfs_step_amount(w, "result", effect->after.flx - effect->before.flx);
	qfs_step_close(w);
}

/* The settlement that the entry is explained for: the subject's own, else the first. */
static bool
find_settlement(const qfs_story *story, settlement *out)
{
	bool		any = false;
	settlement	next;

	for (unsigned i = 0; i < story->entry->account_count; i++)
	{
		bool		mine;

		if (!read_settlement(story, i, &next))
			continue;
		mine = qfs_story_is_subject(story, &next.referrer) || qfs_story_is_subject(story, &next.referee);
		if (any && !mine)
			continue;
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
	qfs_say_account(story, out, &s->referee, false);
	qfs_buf_text(out, ", whom ");
	qfs_say_account(story, out, &s->referrer, false);
	qfs_buf_text(out, " invited,");
	say_activation(story, out);
}

static void
tell_paid(const qfs_story *story, qfs_buf *out, const settlement *s)
{
	bool		to_referee = qfs_story_is_subject(story, &s->referee);
	const qfs_effect *side = to_referee ? s->joined : s->gained;

	qfs_say_account(story, out, to_referee ? &s->referee : &s->referrer, true);
	qfs_buf_text(out, " earned ");
	if (side == NULL)
		qfs_buf_text(out, "a reward");
	else
	{
		if (!to_referee)
		{
			qfs_say_amount(out, side->after.flx - side->before.flx);
			qfs_buf_text(out, " FLX and ");
		}
		qfs_buf_int(out, side->after.points - side->before.points);
		qfs_buf_text(out, " genesis points");
	}
	qfs_buf_text(out, " because ");
	say_referral(story, out, s);
	qfs_buf_text(out, ".");
}

/* The ties of the referee, which tell what kept the reward back. */
static bool
find_guard(const qfs_story *story, const qfs_user_id *referee, qfs_account_change *out)
{
	for (unsigned i = 0; i < story->entry->account_count; i++)
	{
		const qfs_account_part *part = &story->entry->account_parts[i];

		if (part->part.shown && memcmp(&part->account, referee, sizeof(*referee)) == 0 &&
			qfs_slice_equal(part->kind, qfs_slice_of(qfs_account_kind_names[QFS_TIES])))
			return qfs_account_part_parse(part->part.value, story->entry->seq, out, NULL) == QFS_OK &&
				out->after.ties.has_guard;
	}
	return false;
}

static void
tell_withheld(const qfs_story *story, qfs_buf *out, const settlement *s)
{
	qfs_account_change change;

	qfs_buf_text(out, "No reward was paid although ");
	say_referral(story, out, s);
	if (find_guard(story, &s->referee, &change))
	{
		qfs_buf_text(out, ": ");
		qfs_buf_text(out, change.after.ties.guard);
		qfs_buf_text(out, " kept it back");
	}
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

static const char *const reward_reads[] = {
	"coherence.acts.REFERRAL_ACTIVATED_REFEREE", "coherence.acts.REFERRAL_ACTIVATED_REFERRER", "coherence.alpha",
	"referral.activation", "referral.points", "referral.tiers", NULL
};

const qfs_change qfs_change_rewarded = {
	.name = "REFERRAL_TIER_",
	.is_prefix = true,
	.topic = QFS_TOPIC_REWARD,
	.apply = apply_reward,
	.quality = quality,
	.judge = judge,
	.steps = steps,
	.tell = tell,
	.reads = reward_reads,
	.moves = QFS_MOVES(QFS_ASSET_COHERENCE) | QFS_MOVES(QFS_ASSET_FLX) |
		QFS_MOVES(QFS_ASSET_POINTS) | QFS_MOVES(QFS_ASSET_REFERRALS),
};

/* What would be paid decides whether it is too much. */
static const char *const withheld_reads[] = {"referral.activation", "referral.tiers", NULL};

const qfs_change qfs_change_withheld = {
	.name = "REWARD_WITHHELD_",
	.is_prefix = true,
	.topic = QFS_TOPIC_REWARD,
	.judge = judge,
	.tell = tell,
	.reads = withheld_reads,
};
