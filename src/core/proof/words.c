/*
 * words.c - the sentence that tells an explanation.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * What is asked of any entry is told here; what a type brings of its own, its
 * rule tells.
 */
#include "proof/explanation.h"

qfs_story
qfs_explain_story(const qfs_explanation *x)
{
	return (qfs_story) {
		.entry = &x->subject->entry,
		.policy = &x->policy,
		.has_subject = x->question.has_subject,
		.subject = x->question.subject,
	};
}

const qfs_change *
qfs_explain_change(const qfs_explanation *x, const qfs_rule *rule, qfs_topic topic)
{
	qfs_json_iter iter = qfs_effects_of(x->subject->entry.outcome);
	qfs_effect	effect;
	bool		found;

	while (qfs_effect_next(&iter, &effect, &found, NULL) == QFS_OK && found)
	{
		const qfs_change *change = qfs_change_called(rule->changes, effect.rule);

		if (change != NULL && change->tell != NULL && change->topic == topic)
			return change;
	}
	return NULL;
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
			qfs_buf_text(out, "Your coherence went ");
		qfs_buf_text(out, comma);
		qfs_buf_text(out, "from ");
		qfs_say_amount(out, effect.before.coherence);
		qfs_buf_text(out, " to ");
		qfs_say_amount(out, effect.after.coherence);
		qfs_buf_text(out, " by ");
		qfs_buf_slice_add(out, effect.rule);
		comma = ", then ";
	}
	qfs_buf_text(out, *comma == '\0' ? "Your coherence did not change in entry " : " in entry ");
	qfs_buf_int(out, (int64_t) x->subject->entry.seq);
	qfs_buf_text(out, ".");
}

static void
tell_session(const qfs_explanation *x, qfs_buf *out)
{
	qfs_story	story = qfs_explain_story(x);
	const qfs_session_record *s = &x->session;

	qfs_buf_text(out, "Entry ");
	qfs_buf_int(out, (int64_t) x->subject->entry.seq);
	qfs_buf_text(out, " was appended by ");
	qfs_say_account(&story, out, &s->user, false);
	qfs_say_word(&story, out);
	qfs_buf_text(out, ", in the session that began with entry ");
	qfs_buf_int(out, s->seq);
	qfs_buf_text(out, ": active in the blocks ");
	qfs_buf_int(out, s->issued_block);
	qfs_buf_text(out, " to ");
	qfs_buf_int(out, s->issued_block + s->ttl_blocks - 1);
	qfs_buf_text(out, ", it was block ");
	qfs_buf_int(out, qfs_block_at(x->reducer, x->subject->entry.at));
	qfs_buf_text(out, ", and no entry before had ended it.");
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
	qfs_buf_int(out, n);
	qfs_buf_text(out, n == 1 ? " entry touched you, entry " : " entries touched you, from entry ");
	qfs_buf_int(out, (int64_t) first);
	if (n > 1)
	{
		qfs_buf_text(out, " to entry ");
		qfs_buf_int(out, (int64_t) x->question.seq);
	}
	qfs_buf_text(out, x->question.from == 0 ? ", since your account was created." : ".");
}

static void
tell_entry(const qfs_explanation *x, qfs_buf *out)
{
	qfs_story	story = qfs_explain_story(x);
	const qfs_entry *entry = &x->subject->entry;
	qfs_json_iter iter = qfs_effects_of(entry->outcome);
	const char *comma = ": ";
	qfs_effect	effect;
	bool		found;

	qfs_buf_text(out, "Entry ");
	qfs_buf_int(out, (int64_t) entry->seq);
	qfs_buf_text(out, " is ");
	qfs_buf_slice_add(out, entry->type);
	qfs_buf_text(out, " by ");
	if (entry->has_actor)
		qfs_say_account(&story, out, &entry->actor, false);
	else
		qfs_buf_text(out, "the ledger itself");
	qfs_say_word(&story, out);
	while (qfs_effect_next(&iter, &effect, &found, NULL) == QFS_OK && found)
	{
		qfs_buf_text(out, comma);
		qfs_buf_slice_add(out, effect.rule);
		qfs_buf_text(out, " of ");
		qfs_say_account(&story, out, &effect.user, false);
		comma = ", ";
	}
	qfs_buf_text(out, ".");
}

/* A topic that types or changes bring: what the entry did, else the entry itself. */
static void
tell_topic(const qfs_explanation *x, qfs_topic topic, qfs_buf *out)
{
	const qfs_rule *rule = qfs_registry_find(x->registry, x->subject->entry.type);
	const qfs_change *change = rule == NULL ? NULL : qfs_explain_change(x, rule, topic);
	qfs_story	story = qfs_explain_story(x);

	if (change != NULL)
		change->tell(&story, out);
	else if (rule != NULL && rule->topic == topic && rule->tell != NULL)
		rule->tell(&story, out);
	else if (topic == QFS_TOPIC_ENTRY)
		tell_entry(x, out);
}

void
qfs_explain_narrative(const qfs_explanation *x, qfs_buf *out)
{
	switch (x->question.topic)
	{
		case QFS_TOPIC_ENTRY:
		case QFS_TOPIC_REWARD:
		case QFS_TOPIC_MESSAGE:
			tell_topic(x, x->question.topic, out);
			break;
		case QFS_TOPIC_COHERENCE:
			tell_coherence(x, out);
			break;
		case QFS_TOPIC_SESSION:
			tell_session(x, out);
			break;
		case QFS_TOPIC_STATEMENT:
			tell_statement(x, out);
			break;
		case QFS_TOPICS:
			break;
	}
}
