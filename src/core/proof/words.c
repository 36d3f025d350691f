/*
 * words.c - the sentence that tells an explanation.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * What is asked of any entry is told here; what a type brings of its own, its
 * rule tells.
 */
#include "proof/explanation.h"

static const qfs_entry *
find_shown(const void *context, int64_t seq)
{
	const qfs_explanation *x = context;
	const qfs_evidence *found = qfs_evidence_find(x->evidence, x->count, (uint64_t) seq);

	return found != NULL && found->needs_act ? &found->entry : NULL;
}

qfs_story
qfs_explain_story(const qfs_explanation *x)
{
	return (qfs_story) {
		.entry = &x->subject->entry,
		.effects = x->effects,
		.effect_count = x->effect_count,
		.policy = &x->policy,
		.has_subject = x->question.has_subject,
		.subject = x->question.subject,
		.find = find_shown,
		.context = x,
	};
}

bool
qfs_explain_considers(const qfs_explanation *x, const qfs_rule *rule)
{
	return qfs_registry_rule(x->registry, qfs_slice_of(rule->type), x->policy.rules) == rule;
}

const qfs_change *
qfs_explain_named(const qfs_explanation *x, qfs_slice name)
{
	const qfs_entry *entry = &x->subject->entry;
	const qfs_change *found = NULL;

	for (const qfs_rule *const *rule = x->registry->rules; *rule != NULL && found == NULL; rule++)
		if (qfs_explain_considers(x, *rule) &&
			(entry->type.len == 0 || qfs_slice_equal(entry->type, qfs_slice_of((*rule)->type))))
			found = qfs_change_called((*rule)->changes, name);
	return found;
}

const qfs_change *
qfs_explain_change(const qfs_explanation *x, qfs_topic topic)
{
	for (unsigned i = 0; i < x->effect_count; i++)
	{
		const qfs_change *change = qfs_explain_named(x, qfs_slice_of(x->effects[i].rule));

		if (change != NULL && change->tell != NULL && change->topic == topic)
			return change;
	}
	return NULL;
}

static void
tell_coherence(const qfs_explanation *x, qfs_buf *out)
{
	const char *comma = "";

	for (unsigned i = 0; i < x->effect_count; i++)
	{
		const qfs_effect *effect = &x->effects[i];

		if (memcmp(&effect->after.user, &x->question.subject, sizeof(qfs_user_id)) != 0 ||
			effect->after.coherence == effect->before.coherence)
			continue;
		if (*comma == '\0')
			qfs_buf_text(out, "Your coherence went ");
		qfs_buf_text(out, comma);
		qfs_buf_text(out, "from ");
		qfs_say_amount(out, effect->before.coherence);
		qfs_buf_text(out, " to ");
		qfs_say_amount(out, effect->after.coherence);
		qfs_buf_text(out, " by ");
		qfs_buf_text(out, effect->rule);
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
	qfs_buf_text(out, ", in a session that was active in the blocks ");
	qfs_buf_int(out, s->issued_block);
	qfs_buf_text(out, " to ");
	qfs_buf_int(out, s->issued_block + s->ttl_blocks - 1);
	qfs_buf_text(out, ": it was block ");
	qfs_buf_int(out, qfs_block_at(x->reducer, x->subject->entry.at));
	qfs_buf_text(out, ", and no entry before had ended it.");
}

static void
tell_statement(const qfs_explanation *x, qfs_buf *out)
{
	unsigned	n = 0;
	uint64_t	first = x->question.seq;

	for (unsigned i = x->count; i > 0; i--)
	{
		const qfs_entry *entry = &x->evidence[i - 1].entry;

		if (!qfs_explain_is_stated(x, entry))
			continue;
		n++;
		first = entry->seq;
	}
	qfs_buf_int(out, n);
	qfs_buf_text(out, n == 1 ? " entry changed your standing, entry " : " entries changed your standing, from entry ");
	qfs_buf_int(out, (int64_t) first);
	if (n > 1)
	{
		qfs_buf_text(out, " to entry ");
		qfs_buf_int(out, (int64_t) x->question.seq);
	}
	qfs_buf_text(out, x->question.from == 0 ? ", since your account was created." : ".");
}

/* What the entry did to accounts, as its parts say. */
static void
say_changes(const qfs_story *story, const qfs_entry *entry, qfs_buf *out)
{
	const char *comma = ": ";
	qfs_account_change change;

	for (unsigned i = 0; i < entry->account_count; i++)
	{
		if (!entry->account_parts[i].part.shown ||
			qfs_account_part_parse(entry->account_parts[i].part.value, entry->seq, &change, NULL) != QFS_OK ||
			change.kind == QFS_NONCE)
			continue;
		for (unsigned n = 0; n < change.rule_count; n++)
		{
			qfs_buf_text(out, comma);
			qfs_buf_text(out, change.rules[n]);
			qfs_buf_text(out, " of ");
			qfs_say_account(story, out, &change.after.user, false);
			comma = ", ";
		}
	}
}

static void
tell_entry(const qfs_explanation *x, qfs_buf *out)
{
	qfs_story	story = qfs_explain_story(x);
	const qfs_entry *entry = &x->subject->entry;

	qfs_buf_text(out, "Entry ");
	qfs_buf_int(out, (int64_t) entry->seq);
	if (entry->parts[QFS_PART_ACT].shown)
	{
		qfs_buf_text(out, " is ");
		qfs_buf_slice_add(out, entry->type);
		qfs_buf_text(out, " by ");
		if (entry->has_actor)
			qfs_say_account(&story, out, &entry->actor, false);
		else
			qfs_buf_text(out, "the ledger itself");
		qfs_say_word(&story, out);
	}
	else
		qfs_buf_text(out, " is somebody else's act");
	say_changes(&story, entry, out);
	qfs_buf_text(out, ".");
}

/* A topic that types or changes bring: what the entry did, else the entry itself. */
static void
tell_topic(const qfs_explanation *x, qfs_topic topic, qfs_buf *out)
{
	const qfs_rule *rule = qfs_registry_find(x->registry, x->subject->entry.type);
	const qfs_change *change = qfs_explain_change(x, topic);
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
