/*
 * words.c - the steps of a computation, and the sentence that tells it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Both are written from the entry's outcome and the policy in force alone, so
 * whoever has these writes the same.
 */
#include "engine/coherence.h"
#include "proof/explanation.h"
#include "engine/session.h"

/* ---- steps ---- */

static void
open_step(qfs_json_writer *w)
{
	qfs_json_open_object(w);
	qfs_json_key(w, "inputs");
	qfs_json_open_object(w);
}

static void
put_amount(qfs_json_writer *w, const char *name, qfs_amount a)
{
	qfs_json_key(w, name);
	qfs_json_put_amount(w, a);
}

/* Counts are texts as well, so that all inputs are. */
static void
put_number(qfs_json_writer *w, const char *name, int64_t n)
{
	uint8_t		digits[24];
	qfs_buf		buf;

	qfs_buf_init(&buf, digits, sizeof(digits));
	qfs_buf_int(&buf, n);
	qfs_json_key(w, name);
	qfs_json_put_text(w, qfs_buf_slice(&buf));
}

static void
put_rule(qfs_json_writer *w, const qfs_effect *effect)
{
	qfs_json_key(w, "rule");
	qfs_json_put_text(w, effect->rule);
}

static void
close_inputs(qfs_json_writer *w, const char *op)
{
	qfs_json_close(w);
	qfs_json_key(w, "op");
	qfs_json_put_text(w, qfs_slice_of(op));
}

static void
balance_step(qfs_json_writer *w, const qfs_effect *effect)
{
	open_step(w);
	put_amount(w, "add", effect->after.flx - effect->before.flx);
	put_amount(w, "before", effect->before.flx);
	close_inputs(w, "flx");
	put_amount(w, "result", effect->after.flx);
	qfs_json_close(w);
}

static void
coherence_step(qfs_json_writer *w, const qfs_effect *effect, qfs_amount alpha, qfs_amount quality)
{
	open_step(w);
	put_amount(w, "alpha", alpha);
	put_amount(w, "before", effect->before.coherence);
	put_amount(w, "quality", quality);
	close_inputs(w, "coherence");
	put_amount(w, "result", qfs_coherence_step(effect->before.coherence, quality, alpha));
	qfs_json_close(w);
}

static bool
rule_is(const qfs_effect *effect, const char *name)
{
	return qfs_slice_equal(effect->rule, qfs_slice_of(name));
}

static bool
rule_begins(const qfs_effect *effect, const char *prefix)
{
	size_t		len = strlen(prefix);

	return effect->rule.len >= len && memcmp(effect->rule.data, prefix, len) == 0;
}

/* The quality of the act behind an effect. */
static qfs_amount
quality_of(const qfs_explanation *x, const qfs_effect *effect)
{
	const qfs_amount *acts = x->policy.acts;
	qfs_amount	score = 0;
	qfs_slice	value;

	if (rule_is(effect, "PROFILE_COMPLETED"))
		return acts[QFS_PROFILE_COMPLETED];
	if (rule_is(effect, "MESSAGE_RECIPROCATED"))
		return acts[QFS_MESSAGE_RECIPROCATED];
	if (rule_is(effect, "FRAUD_BLOCKED"))
		return acts[QFS_FRAUD_BLOCKED];
	if (rule_begins(effect, "REFERRAL_TIER_"))
		return acts[effect->has_referrals ? QFS_REFERRAL_ACTIVATED_REFERRER : QFS_REFERRAL_ACTIVATED_REFEREE];
	if (qfs_json_member(x->subject->entry.outcome, "score", &value) && qfs_json_to_plain(value, &value))
		qfs_amount_parse(value, &score, NULL);
	return score;
}

/* The score of a content, as the sum that it is. */
static void
score_step(const qfs_explanation *x, qfs_json_writer *w)
{
	qfs_amount	features[QFS_FEATURES];
	qfs_slice	value;

	if (!qfs_json_member(x->subject->entry.payload, "features", &value) ||
		qfs_coherence_read(value, false, features, NULL) != QFS_OK)
		return;
	open_step(w);
	qfs_json_key(w, "features");
	qfs_json_open_object(w);
	for (int i = 0; i < QFS_FEATURES; i++)
		put_amount(w, qfs_feature_names[i], features[i]);
	qfs_json_close(w);
	qfs_json_key(w, "weights");
	qfs_json_open_object(w);
	for (int i = 0; i < QFS_FEATURES; i++)
		put_amount(w, qfs_feature_names[i], x->policy.weights[i]);
	qfs_json_close(w);
	close_inputs(w, "score");
	put_amount(w, "result", qfs_coherence_score(features, x->policy.weights));
	qfs_json_close(w);
}

static void
tier_step(qfs_json_writer *w, const qfs_effect *effect)
{
	open_step(w);
	put_number(w, "activated_before", effect->before.referrals);
	put_rule(w, effect);
	close_inputs(w, "tier");
	put_amount(w, "result", effect->after.flx - effect->before.flx);
	qfs_json_close(w);
}

static void
count_step(qfs_json_writer *w, const char *op, int64_t before, int64_t after)
{
	open_step(w);
	put_number(w, "add", after - before);
	put_number(w, "before", before);
	close_inputs(w, op);
	put_number(w, "result", after);
	qfs_json_close(w);
}

void
qfs_explain_steps(const qfs_explanation *x, qfs_json_writer *w)
{
	qfs_json_iter iter = qfs_effects_of(x->subject->entry.outcome);
	qfs_effect	effect;
	bool		found;

	if (!qfs_topic_executes(x->question.topic))
		return;
	if (qfs_slice_equal(x->subject->entry.type, QFS_LITERAL("COHERENCE_SCORED")))
		score_step(x, w);
	while (qfs_effect_next(&iter, &effect, &found, NULL) == QFS_OK && found)
	{
		if (effect.has_flx)
		{
			tier_step(w, &effect);
			balance_step(w, &effect);
		}
		if (effect.has_points)
			count_step(w, "points", effect.before.points, effect.after.points);
		if (effect.has_referrals)
			count_step(w, "referrals", effect.before.referrals, effect.after.referrals);
		if (effect.has_coherence)
			coherence_step(w, &effect, x->policy.alpha, quality_of(x, &effect));
	}
}

/* ---- the sentence ---- */

static void
say(qfs_buf *out, const char *text)
{
	qfs_buf_text(out, text);
}

static void
say_number(qfs_buf *out, int64_t n)
{
	qfs_buf_int(out, n);
}

/* An account by the beginning of its id; "you", if it is explained to it. */
static void
say_account(const qfs_explanation *x, qfs_buf *out, const qfs_user_id *user, bool begins)
{
	if (x->question.has_subject && memcmp(user, &x->question.subject, sizeof(*user)) == 0)
	{
		say(out, begins ? "You" : "you");
		return;
	}
	say(out, "user_");
	qfs_buf_hex(out, user->bytes, 4);
	say(out, "…");
}

/* An amount without the zeros at its end. */
static void
say_amount(qfs_buf *out, qfs_amount a)
{
	uint8_t		text[QFS_AMOUNT_TEXT];
	qfs_buf		buf;

	qfs_buf_init(&buf, text, sizeof(text));
	qfs_amount_write(&buf, a);
	while (buf.len > 0 && text[buf.len - 1] == '0')
		buf.len--;
	if (buf.len > 0 && text[buf.len - 1] == '.')
		buf.len--;
	qfs_buf_slice_add(out, qfs_buf_slice(&buf));
}

/* What a referral asks of the referee, as things done. */
static void
say_activation(const qfs_explanation *x, qfs_buf *out)
{
	qfs_slice	wanted = x->policy.activation;
	bool		profile = qfs_policy_lists(wanted, QFS_LITERAL("profile"));
	bool		sent = qfs_policy_lists(wanted, QFS_LITERAL("message_sent"));
	bool		received = qfs_policy_lists(wanted, QFS_LITERAL("message_received"));

	if (profile)
		say(out, " set a profile");
	if (profile && (sent || received))
		say(out, " and");
	if (sent || received)
		say(out, sent && received ? " exchanged messages" : sent ? " wrote a message" : " received a message");
}

/* The two sides of the settlement that the entry is explained for. */
typedef struct sides
{
	qfs_effect	referrer;
	qfs_effect	referee;
} sides;

/* The subject's own settlement, else the first. */
static bool
find_sides(const qfs_explanation *x, sides *out)
{
	qfs_json_iter iter = qfs_effects_of(x->subject->entry.outcome);
	bool		any = false;
	bool		second = false;
	sides		next;
	qfs_effect	effect;
	bool		found;

	while (qfs_effect_next(&iter, &effect, &found, NULL) == QFS_OK && found)
	{
		bool		mine;

		if (!rule_begins(&effect, "REFERRAL_TIER_") && !rule_begins(&effect, "REWARD_WITHHELD_"))
			continue;
		*(second ? &next.referee : &next.referrer) = effect;
		second = !second;
		if (second)
			continue;
		mine = x->question.has_subject &&
			(memcmp(&next.referrer.user, &x->question.subject, sizeof(qfs_user_id)) == 0 ||
			 memcmp(&next.referee.user, &x->question.subject, sizeof(qfs_user_id)) == 0);
		if (!any || mine)
			*out = next;
		any = true;
		if (mine)
			break;
	}
	return any;
}

/* The guards that blocked. */
static void
say_guards(const qfs_explanation *x, qfs_buf *out)
{
	qfs_slice	list = QFS_LITERAL("[]");
	qfs_slice	key;
	qfs_slice	guard;
	qfs_slice	value;
	qfs_json_iter iter;
	bool		first = true;

	qfs_json_member(x->subject->entry.outcome, "guards", &list);
	iter = qfs_json_members(list);
	while (qfs_json_next(&iter, &key, &guard))
	{
		if (!qfs_json_member(guard, "result", &value) || !qfs_slice_equal(value, QFS_LITERAL("\"BLOCK\"")))
			continue;
		say(out, first ? "" : "; ");
		first = false;
		if (qfs_json_member(guard, "guard", &value) && qfs_json_to_plain(value, &value))
			qfs_buf_slice_add(out, value);
		say(out, " (bound ");
		if (qfs_json_member(guard, "bound", &value))
			qfs_buf_slice_add(out, value);
		say(out, ", observed ");
		if (qfs_json_member(guard, "observed", &value))
			qfs_buf_slice_add(out, value);
		say(out, ")");
	}
}

static void
tell_paid(const qfs_explanation *x, qfs_buf *out, const sides *s)
{
	bool		to_referee = x->question.has_subject &&
		memcmp(&s->referee.user, &x->question.subject, sizeof(qfs_user_id)) == 0;

	say_account(x, out, to_referee ? &s->referee.user : &s->referrer.user, true);
	say(out, " earned ");
	if (!to_referee)
	{
		say_amount(out, s->referrer.after.flx - s->referrer.before.flx);
		say(out, " FLX and ");
	}
	say_number(out, to_referee ? s->referee.after.points - s->referee.before.points :
			   s->referrer.after.points - s->referrer.before.points);
	say(out, " genesis points because ");
	say_account(x, out, &s->referee.user, false);
	say(out, ", whom ");
	say_account(x, out, &s->referrer.user, false);
	say(out, " invited,");
	say_activation(x, out);
	say(out, ".");
}

static void
tell_withheld(const qfs_explanation *x, qfs_buf *out, const sides *s)
{
	say(out, "No reward was paid although ");
	say_account(x, out, &s->referee.user, false);
	say(out, ", whom ");
	say_account(x, out, &s->referrer.user, false);
	say(out, " invited,");
	say_activation(x, out);
	say(out, ": ");
	say_guards(x, out);
	say(out, ".");
}

static void
tell_use(const qfs_explanation *x, qfs_buf *out)
{
	const qfs_entry *entry = &x->subject->entry;
	qfs_slice	value;
	bool		blocked = qfs_json_member(entry->outcome, "status", &value) &&
		qfs_slice_equal(value, QFS_LITERAL("\"BLOCKED\""));
	qfs_user_id referrer;

	memset(&referrer, 0, sizeof(referrer));
	if (qfs_json_member(entry->outcome, "referrer", &value) && qfs_json_to_plain(value, &value))
		qfs_user_id_parse(value, &referrer, NULL);
	say_account(x, out, &entry->actor, true);
	say(out, blocked ? " could not use the referral code of " : " used the referral code of ");
	say_account(x, out, &referrer, false);
	if (blocked)
	{
		say(out, ": ");
		say_guards(x, out);
	}
	say(out, ".");
}

static void
tell_reward(const qfs_explanation *x, qfs_buf *out)
{
	sides		s;

	if (!find_sides(x, &s))
		tell_use(x, out);
	else if (rule_begins(&s.referrer, "REFERRAL_TIER_"))
		tell_paid(x, out, &s);
	else
		tell_withheld(x, out, &s);
}

static void
tell_coherence(const qfs_explanation *x, qfs_buf *out)
{
	qfs_json_iter iter = qfs_effects_of(x->subject->entry.outcome);
	const char *comma = "";
	qfs_effect	effect;
	bool		found;

	while (qfs_effect_next(&iter, &effect, &found, NULL) == QFS_OK && found)
	{
		if (memcmp(&effect.user, &x->question.subject, sizeof(effect.user)) != 0 || !effect.has_coherence)
			continue;
		if (*comma == '\0')
			say(out, "Your coherence went ");
		say(out, comma);
		say(out, "from ");
		say_amount(out, effect.before.coherence);
		say(out, " to ");
		say_amount(out, effect.after.coherence);
		say(out, " by ");
		qfs_buf_slice_add(out, effect.rule);
		comma = ", then ";
	}
	say(out, *comma == '\0' ? "Your coherence did not change in entry " : " in entry ");
	say_number(out, (int64_t) x->subject->entry.seq);
	say(out, ".");
}

static void
tell_session(const qfs_explanation *x, qfs_buf *out)
{
	const qfs_session_record *s = &x->session;

	say(out, "Entry ");
	say_number(out, (int64_t) x->subject->entry.seq);
	say(out, " was appended by ");
	say_account(x, out, &s->user, false);
	say(out, " in the session that began with entry ");
	say_number(out, s->seq);
	say(out, ": active in the blocks ");
	say_number(out, s->issued_block);
	say(out, " to ");
	say_number(out, s->issued_block + s->ttl_blocks - 1);
	say(out, ", it was block ");
	say_number(out, qfs_block_at(x->reducer, x->subject->entry.at));
	say(out, ", and no entry before had ended it.");
}

static void
tell_message(const qfs_explanation *x, qfs_buf *out)
{
	const qfs_entry *entry = &x->subject->entry;
	qfs_slice	value;
	qfs_user_id recipient;
	int64_t		n = 0;

	memset(&recipient, 0, sizeof(recipient));
	say_account(x, out, &entry->actor, true);
	say(out, " sent message ");
	if (qfs_json_member(entry->payload, "seq", &value) && qfs_json_to_int(value, &n))
		say_number(out, n);
	say(out, " to ");
	if (qfs_json_member(entry->payload, "recipient", &value) && qfs_json_to_plain(value, &value))
		qfs_user_id_parse(value, &recipient, NULL);
	say_account(x, out, &recipient, false);
	say(out, ": ");
	if (qfs_json_member(entry->payload, "size", &value) && qfs_json_to_int(value, &n))
		say_number(out, n);
	say(out, " bytes with the commitment ");
	if (qfs_json_member(entry->payload, "hash", &value) && qfs_json_to_plain(value, &value))
		qfs_buf_slice_add(out, value);
	say(out, ".");
}

static void
tell_statement(const qfs_explanation *x, qfs_buf *out)
{
	unsigned	n = 0;
	qfs_effect	effect;
	uint64_t	first = x->question.seq;

	for (unsigned i = x->count; i > 0; i--)
	{
		const qfs_entry *entry = &x->evidence[i - 1].entry;

		if (entry->seq > x->question.seq || entry->seq < x->question.from ||
			!qfs_effect_of(entry->outcome, &x->question.subject, &effect))
			continue;
		n++;
		first = entry->seq;
	}
	say_number(out, n);
	say(out, n == 1 ? " entry touched you, entry " : " entries touched you, from entry ");
	say_number(out, (int64_t) first);
	if (n > 1)
	{
		say(out, " to entry ");
		say_number(out, (int64_t) x->question.seq);
	}
	say(out, x->question.from == 0 ? ", since your account was created." : ".");
}

static void
tell_entry(const qfs_explanation *x, qfs_buf *out)
{
	const qfs_entry *entry = &x->subject->entry;
	qfs_json_iter iter = qfs_effects_of(entry->outcome);
	const char *comma = ": ";
	qfs_effect	effect;
	bool		found;

	say(out, "Entry ");
	say_number(out, (int64_t) entry->seq);
	say(out, " is ");
	qfs_buf_slice_add(out, entry->type);
	say(out, " by ");
	if (entry->has_actor)
		say_account(x, out, &entry->actor, false);
	else
		say(out, "the ledger itself");
	while (qfs_effect_next(&iter, &effect, &found, NULL) == QFS_OK && found)
	{
		say(out, comma);
		qfs_buf_slice_add(out, effect.rule);
		say(out, " of ");
		say_account(x, out, &effect.user, false);
		comma = ", ";
	}
	say(out, ".");
}

void
qfs_explain_narrative(const qfs_explanation *x, qfs_buf *out)
{
	switch (x->question.topic)
	{
		case QFS_TOPIC_ENTRY:
			tell_entry(x, out);
			break;
		case QFS_TOPIC_REWARD:
			tell_reward(x, out);
			break;
		case QFS_TOPIC_COHERENCE:
			tell_coherence(x, out);
			break;
		case QFS_TOPIC_SESSION:
			tell_session(x, out);
			break;
		case QFS_TOPIC_MESSAGE:
			tell_message(x, out);
			break;
		case QFS_TOPIC_STATEMENT:
			tell_statement(x, out);
			break;
	}
}
