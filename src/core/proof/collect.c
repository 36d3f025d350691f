/*
 * collect.c - which entries the outcome of an entry rests on.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Accounts: each outcome names, for each account that its rule looked at, the
 * last entry that touched it before; from there "previous" leads through every
 * entry that ever did.  So nothing that matters of an account can be left out
 * without a gap that shows.
 */
#include "proof/explanation.h"

#include "base/assert.h"
#include "base/status.h"

/* Where an entry of this number is in a list that is in their order, or belongs. */
static unsigned
place_of(const qfs_evidence *list, unsigned count, uint64_t seq)
{
	unsigned	low = 0;
	unsigned	high = count;

	while (low < high)
	{
		unsigned	middle = low + (high - low) / 2;

		if (list[middle].entry.seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const qfs_evidence *
qfs_evidence_find(const qfs_evidence *list, unsigned count, uint64_t seq)
{
	unsigned	place = place_of(list, count, seq);

	return place < count && list[place].entry.seq == seq ? &list[place] : NULL;
}

/* Adds an entry, unless it is there; *out is valid until the next one is added. */
static qfs_status
add(qfs_explanation *x, uint64_t seq, const qfs_entry **out, qfs_error *err)
{
	const qfs_evidence *known;
	qfs_evidence next;
	unsigned	place;
	qfs_status	status;

	known = qfs_evidence_find(x->evidence, x->count, seq);
	if (known != NULL)
	{
		*out = &known->entry;
		return QFS_OK;
	}
	if (x->count == QFS_EXPLAIN_MAX)
		return qfs_fail(err, QFS_EXPLAIN_LIMIT, "entry %u", x->question.seq);
	status = x->source->line(x->source, seq, &next.line, err);
	if (status == QFS_OK)
		status = qfs_entry_decode(next.line, &next.entry, err);
	if (status != QFS_OK)
		return status;
	if (next.entry.seq != seq)
		return qfs_fail(err, QFS_BUNDLE_INCOMPLETE, "entry %u", seq);
	qfs_leaf_hash(next.line, &next.hash);
	place = place_of(x->evidence, x->count, seq);
	memmove(&x->evidence[place + 1], &x->evidence[place], (x->count - place) * sizeof(next));
	x->evidence[place] = next;
	x->count++;
	QFS_ASSERT(x->count <= QFS_EXPLAIN_MAX);
	QFS_ASSERT(place == 0 || x->evidence[place - 1].entry.seq < seq);
	QFS_ASSERT(place + 1 == x->count || x->evidence[place + 1].entry.seq > seq);
	*out = &x->evidence[place].entry;
	return QFS_OK;
}

static const qfs_rule *
rule_of(const qfs_explanation *x, const qfs_entry *entry)
{
	return qfs_registry_find(x->registry, entry->type);
}

/* ---- the chain of an account ---- */

#define WANTED_MAX 2

typedef struct wanted
{
	unsigned	count;
	struct
	{
		qfs_hash	session;
		bool		found;
	}			list[WANTED_MAX];
} wanted;

/* Errors: INTERNAL, for more than there is room for. */
static qfs_status
want(wanted *w, const qfs_hash *session, qfs_error *err)
{
	if (w->count == WANTED_MAX)
		return qfs_fail(err, QFS_INTERNAL, "an entry concerns more sessions than there is room for");
	w->list[w->count].session = *session;
	w->list[w->count++].found = false;
	return QFS_OK;
}

/* Does the entry begin one of the sessions?  One that was renewed in leads on to the one before. */
static bool
all_found(const qfs_explanation *x, wanted *w, const qfs_entry *entry)
{
	const qfs_rule *rule = rule_of(x, entry);
	qfs_hash	session;
	bool		all = true;

	for (unsigned i = 0; i < w->count; i++)
	{
		if (!w->list[i].found && rule != NULL && rule->opens != QFS_OPENS_NOTHING &&
			qfs_json_member_hex(entry->outcome, "session", session.bytes, sizeof(session.bytes)) &&
			memcmp(&session, &w->list[i].session, sizeof(session)) == 0)
		{
			w->list[i].found = rule->opens == QFS_OPENS_SESSION;
			if (!w->list[i].found &&
				!qfs_json_member_hex(entry->outcome, "ended", w->list[i].session.bytes, QFS_HASH_LEN))
				return false;
		}
		all &= w->list[i].found;
	}
	return all;
}

/* Does the account begin with the entry, as the effect on it says? */
static bool
creates(const qfs_explanation *x, const qfs_entry *entry, const qfs_effect *effect)
{
	const qfs_rule *rule = rule_of(x, entry);
	const qfs_change *change = rule == NULL ? NULL : qfs_change_called(rule->changes, effect->rule);

	return change != NULL && change->creates;
}

/* Adds the entries that touched an account, from entry seq backwards. */
static qfs_status
follow(qfs_explanation *x, const qfs_user_id *user, int64_t seq, qfs_reach reach, wanted *w,
	   qfs_error *err)
{
	const qfs_entry *entry = NULL;
	qfs_effect	effect;
	qfs_status	status;

	while (seq >= 0)
	{
		status = add(x, (uint64_t) seq, &entry, err);
		if (status != QFS_OK)
			return status;
		if (!qfs_effect_of(entry->outcome, user, &effect) || effect.previous >= seq)
			return qfs_fail(err, QFS_BUNDLE_INCOMPLETE, "entry %u did not touch user_%h", (uint64_t) seq,
							user->bytes);
		if (reach == QFS_REACH_ONE || (reach == QFS_REACH_SESSION && all_found(x, w, entry)))
			return QFS_OK;
		if (effect.previous < 0 && !creates(x, entry, &effect))
			return qfs_fail(err, QFS_BUNDLE_INCOMPLETE, "the sign-in that created user_%h", user->bytes);
		seq = effect.previous;
	}
	/* Unless nothing but the beginning was asked for. */
	if (reach == QFS_REACH_SESSION)
		return qfs_fail(err, QFS_BUNDLE_INCOMPLETE, "the sign-in behind a session of user_%h", user->bytes);
	return QFS_OK;
}

/* ---- the accounts of the entry ---- */

/* Of an application's own event nothing matters but that its actor was signed in. */
static qfs_reach
reach_of(const qfs_rule *rule, const qfs_entry *entry, const qfs_user_id *user, bool is_read)
{
	if (rule == NULL)
		return QFS_REACH_SESSION;
	return is_read && memcmp(user, &entry->actor, sizeof(*user)) == 0 ? rule->actor_reach : rule->reach;
}

static qfs_status
follow_all(qfs_explanation *x, const qfs_entry *subject, qfs_json_iter iter, bool is_read, const wanted *w,
		   qfs_error *err)
{
	const qfs_rule *rule = rule_of(x, subject);
	qfs_effect	effect;
	bool		found;
	qfs_status	status;

	while ((status = qfs_effect_next(&iter, &effect, &found, err)) == QFS_OK && found)
	{
		wanted		mine = *w;

		if (effect.previous >= (int64_t) subject->seq)
			return qfs_fail(err, QFS_OUTCOME_MISMATCH, "entry %u names a later one", subject->seq);
		status = follow(x, &effect.user, effect.previous, reach_of(rule, subject, &effect.user, is_read), &mine,
						err);
		if (status != QFS_OK)
			break;
	}
	return status;
}

/* What an entry says of the actor's chain, whether it touched the actor or not. */
static bool
find_actor(const qfs_entry *entry, int64_t *previous)
{
	qfs_json_iter iter = qfs_reads_of(entry->outcome);
	qfs_effect	effect;
	bool		found = qfs_effect_of(entry->outcome, &entry->actor, &effect);
	bool		more;

	while (!found && qfs_effect_next(&iter, &effect, &more, NULL) == QFS_OK && more)
		found = memcmp(&effect.user, &entry->actor, sizeof(effect.user)) == 0;
	if (found)
		*previous = effect.previous;
	return found;
}

/* That the session was not ended before: everything since the sign-in behind it. */
static qfs_status
follow_actor(qfs_explanation *x, const qfs_entry *subject, const qfs_auth *auth, qfs_error *err)
{
	wanted		w = {0};
	int64_t		previous;
	qfs_status	status;

	if (auth->via != QFS_VIA_SESSION)
		return qfs_fail(err, QFS_EXPLAIN_TOPIC, "no session appended entry %u", subject->seq);
	if (!subject->has_actor || !find_actor(subject, &previous) || previous >= (int64_t) subject->seq)
		return qfs_fail(err, QFS_OUTCOME_MISMATCH, "entry %u does not say what touched its actor before",
						subject->seq);
	status = want(&w, &auth->session, err);
	return status == QFS_OK ? follow(x, &subject->actor, previous, QFS_REACH_SESSION, &w, err) : status;
}

static qfs_status
follow_accounts(qfs_explanation *x, const qfs_entry *subject, qfs_error *err)
{
	const qfs_rule *rule = rule_of(x, subject);
	wanted		w = {0};
	qfs_hash	session;
	qfs_auth	auth;
	qfs_status	status = qfs_auth_read(subject->auth, &auth, err);

	if (status != QFS_OK)
		return status;
	if (!qfs_topic_executes(x->question.topic))
		return follow_actor(x, subject, &auth, err);
	if (auth.via == QFS_VIA_SESSION)
		status = want(&w, &auth.session, err);
	if (status == QFS_OK && rule != NULL && rule->session_member != NULL &&
		qfs_json_member_hex(subject->payload, rule->session_member, session.bytes, sizeof(session.bytes)))
		status = want(&w, &session, err);
	if (status != QFS_OK)
		return status;
	status = follow_all(x, subject, qfs_effects_of(subject->outcome), false, &w, err);
	return status == QFS_OK ? follow_all(x, subject, qfs_reads_of(subject->outcome), true, &w, err) : status;
}

/* ---- what else its rule names ---- */

/* The ground of an entry: what its rule asks for is collected. */
typedef struct collecting
{
	qfs_ground	ground;			/* first: the rule gets a pointer to it */
	qfs_explanation *x;
	const qfs_entry *subject;
} collecting;

static qfs_status
give_entry(qfs_ground *ground, uint64_t seq, qfs_error *err)
{
	collecting *c = (collecting *) (void *) ground;
	const qfs_entry *entry;

	return add(c->x, seq, &entry, err);
}

static qfs_status
give_found(qfs_ground *ground, const qfs_kind *names, qfs_slice value, qfs_error *err)
{
	collecting *c = (collecting *) (void *) ground;
	const qfs_rule *rule = qfs_registry_lookup(c->x->registry, names);
	const qfs_entry *entry;
	int64_t		seq;
	qfs_status	status;

	if (rule == NULL)
		return qfs_fail(err, QFS_INTERNAL, "no rule names records of %s", names->name);
	status = c->x->source->find(c->x->source, rule, value, c->subject->seq, &seq, err);
	return status == QFS_OK && seq >= 0 ? add(c->x, (uint64_t) seq, &entry, err) : status;
}

/* The device of the session that the entry was appended in, from what is collected. */
static bool
give_device(qfs_ground *ground, qfs_slice *out)
{
	const collecting *c = (const collecting *) (void *) ground;
	const qfs_rule *names = qfs_registry_lookup(c->x->registry, &qfs_kind_device);
	wanted		w = {0};
	qfs_auth	auth;

	if (names == NULL || qfs_auth_read(c->subject->auth, &auth, NULL) != QFS_OK ||
		auth.via != QFS_VIA_SESSION || want(&w, &auth.session, NULL) != QFS_OK)
		return false;
	for (unsigned i = c->x->count; i > 0; i--)
	{
		const qfs_entry *entry = &c->x->evidence[i - 1].entry;
		qfs_slice	value;

		if (entry->seq < c->subject->seq && all_found(c->x, &w, entry))
			return qfs_json_member(entry->payload, names->lookup->member, &value) &&
				qfs_json_to_plain(value, out);
	}
	return false;
}

static qfs_status
add_others(qfs_explanation *x, const qfs_entry *subject, qfs_error *err)
{
	collecting	c = {{give_entry, give_found, give_device}, x, subject};
	const qfs_rule *rule = rule_of(x, subject);

	if (rule == NULL)
		return give_found(&c.ground, &qfs_kind_event_type, subject->type, err);
	return rule->rests == NULL ? QFS_OK : rule->rests(subject, &c.ground, err);
}

/* ---- what every entry rests on ---- */

/* Entry 0, the policy in force, and every key up to the one that signs. */
static qfs_status
add_ground(qfs_explanation *x, qfs_error *err)
{
	const qfs_entry *entry;
	uint64_t	at = 1;
	int64_t		seq;
	qfs_status	status = add(x, 0, &entry, err);

	if (status == QFS_OK)
		status = x->source->find_policy(x->source, x->question.seq, &seq, err);
	if (status == QFS_OK && seq >= 0)
		status = add(x, (uint64_t) seq, &entry, err);
	while (status == QFS_OK)
	{
		status = x->source->find_rotation(x->source, at, &seq, err);
		if (status != QFS_OK || seq < 0 || (uint64_t) seq >= x->question.size)
			break;
		status = add(x, (uint64_t) seq, &entry, err);
		at = (uint64_t) seq + 1;
	}
	return status;
}

/* Adds the entries of a statement: back to the account's creation, or to what was asked for. */
static qfs_status
collect_statement(qfs_explanation *x, qfs_error *err)
{
	const qfs_user_id *user = &x->question.subject;
	int64_t		seq = (int64_t) x->question.seq;
	const qfs_entry *entry;
	qfs_effect	effect = {.previous = -1};
	qfs_status	status = QFS_OK;

	while (status == QFS_OK && seq >= 0 && (uint64_t) seq >= x->question.from)
	{
		status = add(x, (uint64_t) seq, &entry, err);
		if (status == QFS_OK &&
			(!qfs_effect_of(entry->outcome, user, &effect) || effect.previous >= seq))
			return qfs_fail(err, QFS_EXPLAIN_TOPIC, "entry %u did not touch user_%h", (uint64_t) seq,
							user->bytes);
		seq = effect.previous;
	}
	return status;
}

qfs_status
qfs_explain_collect(qfs_explanation *x, qfs_error *err)
{
	const qfs_question *q = &x->question;
	const qfs_entry *subject;
	qfs_status	status;

	if (q->seq >= q->size)
		return qfs_fail(err, QFS_SIZE_UNKNOWN, "entry %u is not among the first %u", q->seq, q->size);
	status = add(x, q->seq, &subject, err);
	if (status == QFS_OK && q->topic == QFS_TOPIC_STATEMENT)
		status = collect_statement(x, err);
	else if (status == QFS_OK)
	{
		qfs_entry	copy = *subject;

		status = follow_accounts(x, &copy, err);
		if (status == QFS_OK && qfs_topic_executes(q->topic))
			status = add_others(x, &copy, err);
	}
	if (status == QFS_OK)
		status = add_ground(x, err);
	if (status == QFS_OK)
		x->subject = qfs_evidence_find(x->evidence, x->count, q->seq);
	return status;
}
