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

#include "text/base64.h"
#include "base/status.h"

/* How far the entries of an account are followed. */
typedef enum reach
{
	REACH_CREATION,				/* to the account's first entry */
	REACH_SESSION,				/* to the sign-in behind the sessions that are asked for */
	REACH_ONE					/* the last one alone */
} reach;

static const qfs_evidence *
find_evidence(const qfs_explanation *x, uint64_t seq, unsigned *place)
{
	unsigned	low = 0;
	unsigned	high = x->count;

	while (low < high)
	{
		unsigned	middle = (low + high) / 2;

		if (x->evidence[middle].entry.seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	*place = low;
	return low < x->count && x->evidence[low].entry.seq == seq ? &x->evidence[low] : NULL;
}

/* Adds an entry, unless it is there; *out is valid until the next one is added. */
static qfs_status
add(qfs_explanation *x, uint64_t seq, const qfs_entry **out, qfs_error *err)
{
	const qfs_evidence *known;
	qfs_evidence next;
	unsigned	place;
	qfs_status	status;

	known = find_evidence(x, seq, &place);
	if (known != NULL)
	{
		*out = &known->entry;
		return QFS_OK;
	}
	if (x->count == QFS_EXPLAIN_MAX)
		return qfs_fail(err, QFS_EXPLAIN_LIMIT, "entry %u", x->question.seq);
	status = x->witness->line(x->witness, seq, &next.line, err);
	if (status == QFS_OK)
		status = qfs_entry_decode(next.line, &next.entry, err);
	if (status != QFS_OK)
		return status;
	if (next.entry.seq != seq)
		return qfs_fail(err, QFS_BUNDLE_INCOMPLETE, "entry %u", seq);
	qfs_leaf_hash(next.line, &next.hash);
	memmove(&x->evidence[place + 1], &x->evidence[place], (x->count - place) * sizeof(next));
	x->evidence[place] = next;
	x->count++;
	*out = &x->evidence[place].entry;
	return QFS_OK;
}

static qfs_status
add_found(qfs_explanation *x, qfs_lookup lookup, uint64_t at, qfs_slice name, const qfs_hash *hash,
		  qfs_error *err)
{
	const qfs_entry *entry;
	int64_t		seq;
	qfs_status	status = x->witness->find(x->witness, lookup, at, name, hash, &seq, err);

	return status == QFS_OK && seq >= 0 ? add(x, (uint64_t) seq, &entry, err) : status;
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

static bool
is_type(const qfs_entry *entry, const char *type)
{
	return qfs_slice_equal(entry->type, qfs_slice_of(type));
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

static void
want(wanted *w, const qfs_hash *session)
{
	w->list[w->count].session = *session;
	w->list[w->count++].found = false;
}

/* Does the entry begin one of the sessions?  One that was rotated in leads on to the one before. */
static bool
all_found(wanted *w, const qfs_entry *entry)
{
	qfs_hash	session;
	bool		all = true;

	for (unsigned i = 0; i < w->count; i++)
	{
		if (!w->list[i].found &&
			qfs_json_member_hex(entry->outcome, "session", session.bytes, sizeof(session.bytes)) &&
			memcmp(&session, &w->list[i].session, sizeof(session)) == 0)
		{
			w->list[i].found = is_type(entry, "LOGIN");
			if (!w->list[i].found)
				qfs_json_member_hex(entry->outcome, "ended", w->list[i].session.bytes, QFS_HASH_LEN);
		}
		all &= w->list[i].found;
	}
	return all;
}

/* Adds the entries that touched an account, from entry seq backwards. */
static qfs_status
follow(qfs_explanation *x, const qfs_user_id *user, int64_t seq, reach how, wanted *w, qfs_error *err)
{
	const qfs_entry *entry;
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
		if (how == REACH_ONE || (how == REACH_SESSION && all_found(w, entry)))
			return QFS_OK;
		if (effect.previous < 0 && !qfs_slice_equal(effect.rule, QFS_LITERAL("ACCOUNT_CREATED")))
			return qfs_fail(err, QFS_BUNDLE_INCOMPLETE, "the sign-in that created user_%h", user->bytes);
		seq = effect.previous;
	}
	/* Unless nothing but the beginning was asked for. */
	if (how == REACH_SESSION)
		return qfs_fail(err, QFS_BUNDLE_INCOMPLETE, "the sign-in behind a session of user_%h", user->bytes);
	return QFS_OK;
}

/* ---- by type ---- */

static reach
reach_of(const qfs_entry *entry, const qfs_user_id *user, bool is_read)
{
	if (is_type(entry, "LOGIN"))
		return REACH_ONE;
	if (is_type(entry, "SESSION_ROTATED") || is_type(entry, "SESSION_REVOKED") || !qfs_rule_exists(entry->type))
		return REACH_SESSION;
	/* Of whom nothing matters but that it was signed in. */
	if (is_read && (is_type(entry, "CONTENT_CREATED") || is_type(entry, "COHERENCE_SCORED")) &&
		memcmp(user, &entry->actor, sizeof(*user)) == 0)
		return REACH_SESSION;
	return REACH_CREATION;
}

static qfs_status
follow_all(qfs_explanation *x, const qfs_entry *subject, qfs_json_iter iter, bool is_read, const wanted *w,
		   qfs_error *err)
{
	qfs_effect	effect;
	bool		found;
	qfs_status	status;

	while ((status = qfs_effect_next(&iter, &effect, &found, err)) == QFS_OK && found)
	{
		wanted		mine = *w;

		if (effect.previous >= (int64_t) subject->seq)
			return qfs_fail(err, QFS_OUTCOME_MISMATCH, "entry %u names a later one", subject->seq);
		status = follow(x, &effect.user, effect.previous, reach_of(subject, &effect.user, is_read), &mine, err);
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

	if (auth->via != QFS_VIA_SESSION)
		return qfs_fail(err, QFS_EXPLAIN_TOPIC, "no session appended entry %u", subject->seq);
	if (!subject->has_actor || !find_actor(subject, &previous) || previous >= (int64_t) subject->seq)
		return qfs_fail(err, QFS_OUTCOME_MISMATCH, "entry %u does not say what touched its actor before",
						subject->seq);
	want(&w, &auth->session);
	return follow(x, &subject->actor, previous, REACH_SESSION, &w, err);
}

static qfs_status
follow_accounts(qfs_explanation *x, const qfs_entry *subject, qfs_error *err)
{
	wanted		w = {0};
	qfs_hash	session;
	qfs_auth	auth;
	qfs_status	status = qfs_auth_read(subject->auth, &auth, err);

	if (status != QFS_OK)
		return status;
	if (!qfs_topic_executes(x->question.topic))
		return follow_actor(x, subject, &auth, err);
	if (auth.via == QFS_VIA_SESSION)
		want(&w, &auth.session);
	if (is_type(subject, "SESSION_REVOKED") &&
		qfs_json_member_hex(subject->payload, "session", session.bytes, sizeof(session.bytes)))
		want(&w, &session);
	status = follow_all(x, subject, qfs_effects_of(subject->outcome), false, &w, err);
	return status == QFS_OK ? follow_all(x, subject, qfs_reads_of(subject->outcome), true, &w, err) : status;
}

/* The message before in the thread: its outcome tells all of the thread. */
static qfs_status
add_message_before(qfs_explanation *x, const qfs_entry *subject, qfs_error *err)
{
	const qfs_entry *entry;
	qfs_slice	thread;
	qfs_slice	value;
	int64_t		previous;

	if (!qfs_json_member(subject->outcome, "thread", &thread) ||
		!qfs_json_member(thread, "previous", &value) || !qfs_json_to_int(value, &previous))
		return QFS_OK;
	if (previous < 0 || previous >= (int64_t) subject->seq)
		return qfs_fail(err, QFS_OUTCOME_MISMATCH, "entry %u names a later one", subject->seq);
	return add(x, (uint64_t) previous, &entry, err);
}

static bool
guard_blocks(const qfs_entry *entry, const char *name)
{
	qfs_slice	list = QFS_LITERAL("[]");
	qfs_slice	key;
	qfs_slice	guard;
	qfs_slice	value;
	qfs_json_iter iter;

	qfs_json_member(entry->outcome, "guards", &list);
	iter = qfs_json_members(list);
	while (qfs_json_next(&iter, &key, &guard))
		if (qfs_json_member(guard, "guard", &value) && qfs_json_to_plain(value, &value) &&
			qfs_slice_equal(value, qfs_slice_of(name)) && qfs_json_member(guard, "result", &value))
			return qfs_slice_equal(value, QFS_LITERAL("\"BLOCK\""));
	return false;
}

/* The device of the session that an entry was appended in, from what is collected. */
static bool
find_device(const qfs_explanation *x, const qfs_entry *subject, qfs_hash *out)
{
	wanted		w = {0};
	qfs_auth	auth;

	if (qfs_auth_read(subject->auth, &auth, NULL) != QFS_OK || auth.via != QFS_VIA_SESSION)
		return false;
	want(&w, &auth.session);
	for (unsigned i = x->count; i > 0; i--)
	{
		const qfs_entry *entry = &x->evidence[i - 1].entry;
		qfs_slice	value;

		if (entry->seq < subject->seq && all_found(&w, entry))
			return qfs_json_member(entry->payload, "device_key", &value) &&
				qfs_json_to_plain(value, &value) && qfs_base64url_read(value, out->bytes, sizeof(out->bytes));
	}
	return false;
}

static qfs_status
add_others(qfs_explanation *x, qfs_entry subject, qfs_error *err)
{
	static const qfs_slice none = {NULL, 0};
	qfs_hash	hash;

	if (is_type(&subject, "MESSAGE"))
		return add_message_before(x, &subject, err);
	if (is_type(&subject, "COHERENCE_SCORED") &&
		qfs_json_member_hex(subject.payload, "content", hash.bytes, sizeof(hash.bytes)))
		return add_found(x, QFS_FIND_CONTENT, subject.seq, none, &hash, err);
	if (is_type(&subject, "REFERRAL_USE") && guard_blocks(&subject, "DUPLICATE_DEVICE") &&
		find_device(x, &subject, &hash))
		return add_found(x, QFS_FIND_DEVICE, subject.seq, none, &hash, err);
	if (!qfs_rule_exists(subject.type))
		return add_found(x, QFS_FIND_TYPE, subject.seq, subject.type, NULL, err);
	return QFS_OK;
}

/* Entry 0, the policy in force, and every key up to the one that signs. */
static qfs_status
add_ground(qfs_explanation *x, qfs_error *err)
{
	static const qfs_slice none = {NULL, 0};
	const qfs_entry *entry;
	uint64_t	at = 1;
	qfs_status	status = add(x, 0, &entry, err);

	if (status == QFS_OK)
		status = add_found(x, QFS_FIND_POLICY, x->question.seq, none, NULL, err);
	while (status == QFS_OK)
	{
		int64_t		seq;

		status = x->witness->find(x->witness, QFS_FIND_ROTATION, at, none, NULL, &seq, err);
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
	unsigned	place;
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
			status = add_others(x, copy, err);
	}
	if (status == QFS_OK)
		status = add_ground(x, err);
	if (status == QFS_OK)
		x->subject = find_evidence(x, q->seq, &place);
	return status;
}
