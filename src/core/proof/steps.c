/*
 * steps.c - the steps of a computation, one after the other.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/coherence.h"
#include "proof/explanation.h"

static void
balance_step(qfs_json_writer *w, const qfs_effect *effect)
{
	bool		falls = effect->after.flx < effect->before.flx;

	qfs_step_open(w);
	if (!falls)
		qfs_step_amount(w, "add", effect->after.flx - effect->before.flx);
	qfs_step_amount(w, "before", effect->before.flx);
	if (falls)
		qfs_step_amount(w, "less", effect->before.flx - effect->after.flx);
	qfs_step_op(w, "flx");
	qfs_step_amount(w, "result", effect->after.flx);
	qfs_step_close(w);
}

static void
count_step(qfs_json_writer *w, const char *op, int64_t before, int64_t after)
{
	qfs_step_open(w);
	qfs_step_count(w, "add", after - before);
	qfs_step_count(w, "before", before);
	qfs_step_op(w, op);
	qfs_step_count(w, "result", after);
	qfs_step_close(w);
}

static void
coherence_step(qfs_json_writer *w, const qfs_effect *effect, qfs_amount alpha, qfs_amount quality)
{
	qfs_step_open(w);
	qfs_step_amount(w, "alpha", alpha);
	qfs_step_amount(w, "before", effect->before.coherence);
	qfs_step_amount(w, "quality", quality);
	qfs_step_op(w, "coherence");
	qfs_step_amount(w, "result", qfs_coherence_step(effect->before.coherence, quality, alpha));
	qfs_step_close(w);
}

static void
effect_steps(const qfs_story *story, const qfs_change *change, const qfs_effect *effect, qfs_json_writer *w)
{
	if (change != NULL && change->steps != NULL)
		change->steps(effect, w);
	if (effect->after.flx != effect->before.flx)
		balance_step(w, effect);
	if (effect->after.points != effect->before.points)
		count_step(w, "points", effect->before.points, effect->after.points);
	if (effect->after.referrals != effect->before.referrals)
		count_step(w, "referrals", effect->before.referrals, effect->after.referrals);
	if (effect->after.coherence != effect->before.coherence)
		coherence_step(w, effect, story->policy->alpha,
					   change != NULL && change->quality != NULL ? change->quality(story, effect) : 0);
}

void
qfs_explain_steps(const qfs_explanation *x, qfs_json_writer *w)
{
	const qfs_rule *rule = qfs_registry_rule(x->registry, x->subject->entry.type, x->policy.rules);
	qfs_story	story = qfs_explain_story(x);

	if (!qfs_topic_executes(x->question.topic))
		return;
	if (rule != NULL && rule->steps != NULL)
		rule->steps(&story, w);
	for (unsigned i = 0; i < story.effect_count; i++)
		effect_steps(&story, qfs_explain_named(x, qfs_slice_of(story.effects[i].rule)),
					 &story.effects[i], w);
}
