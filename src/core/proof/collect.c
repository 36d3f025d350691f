/*
 * collect.c - which entries the outcome of an entry rests on.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Accounts: the parts of the entry and its outcome name, for each account and
 * kind that its rule changed or looked at, the last entry that touched it
 * before.  That one's part tells all of the kind, so nothing that matters can
 * be left out without a gap that shows.
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
add(qfs_explanation *x, uint64_t seq, qfs_evidence **out, qfs_error *err)
{
	unsigned	place = place_of(x->evidence, x->count, seq);
	qfs_evidence *next = &x->evidence[place];
	qfs_status	status;

	*out = next;
	if (place < x->count && next->entry.seq == seq)
		return QFS_OK;
	if (x->count == QFS_EXPLAIN_MAX)
		return qfs_fail(err, QFS_EXPLAIN_LIMIT, "entry %u", x->question.seq);
	memmove(next + 1, next, (x->count - place) * sizeof(*next));
	memset(next, 0, sizeof(*next));
	x->count++;
	status = x->source->line(x->source, seq, &next->line, err);
	if (status == QFS_OK)
		status = qfs_line_read(next->line, &next->entry, err);
	if (status != QFS_OK)
		return status;
	if (next->entry.seq != seq)
		return qfs_fail(err, QFS_BUNDLE_INCOMPLETE, "entry %u", seq);
	qfs_entry_hash(&next->entry, &next->hash);
	QFS_ASSERT(x->count <= QFS_EXPLAIN_MAX);
	QFS_ASSERT(place == 0 || x->evidence[place - 1].entry.seq < seq);
	QFS_ASSERT(place + 1 == x->count || x->evidence[place + 1].entry.seq > seq);
	return QFS_OK;
}

/* Is it shown who did what, and what came of it? */
static bool
is_told(const qfs_entry *entry)
{
	for (int part = 0; part < QFS_PARTS; part++)
		if (!entry->parts[part].shown)
			return false;
	return true;
}

/* Is all there that there is of an entry whose payload was erased? */
static bool
is_told_but_erased(const qfs_explanation *x, const qfs_entry *entry)
{
	return qfs_entry_lacks_payload(entry) && qfs_registry_erases(x->registry, entry->type);
}

/* Is all there that the ledger has of it? */
static bool
is_shown_as_a_whole(const qfs_explanation *x, const qfs_entry *entry)
{
	return entry->is_full || (qfs_entry_is_erased(entry) && qfs_registry_erases(x->registry, entry->type));
}

/* One whose act matters. */
static qfs_status
add_act(qfs_explanation *x, uint64_t seq, qfs_error *err)
{
	qfs_evidence *e;
	qfs_status	status = add(x, seq, &e, err);

	if (status != QFS_OK)
		return status;
	e->needs_act = true;
	if (!is_told(&e->entry))
		return qfs_fail(err, QFS_BUNDLE_INCOMPLETE, "act, payload, signature and outcome of entry %u", seq);
	return QFS_OK;
}

/* An entry as the bundle shows it. */
static qfs_entry
as_shown(const qfs_evidence *evidence)
{
	qfs_entry	entry = evidence->entry;
	bool		any = false;

	for (unsigned i = 0; i < entry.account_count; i++)
	{
		any |= evidence->needs[i];
		if (!evidence->needs[i])
			qfs_entry_hide_account(&entry, i);
	}
	for (int part = 0; part < QFS_PARTS && !evidence->needs_act; part++)
		qfs_entry_hide(&entry, (qfs_part) part);
	if (!any && !(evidence->needs_act && entry.account_count == 0))
		qfs_entry_hide_accounts(&entry);
	return entry;
}

/* ---- the accounts of the entry ---- */

static int
place_of_part(const qfs_entry *entry, const qfs_user_id *user, qfs_account_kind kind)
{
	for (unsigned i = 0; i < entry->account_count; i++)
	{
		const qfs_account_part *part = &entry->account_parts[i];

		if (part->part.shown && memcmp(&part->account, user, sizeof(*user)) == 0 &&
			qfs_slice_equal(part->kind, qfs_slice_of(qfs_account_kind_names[kind])))
			return (int) i;
	}
	return -1;
}

const qfs_account_part *
qfs_evidence_part(const qfs_entry *entry, const qfs_user_id *user, qfs_account_kind kind)
{
	int			place = place_of_part(entry, user, kind);

	return place < 0 ? NULL : &entry->account_parts[place];
}

/* Whoever gets the bundle. */
static qfs_reader
reader_of(const qfs_explanation *x)
{
	return (qfs_reader) {
		.all = !x->question.to_subject,
		.has_user = x->question.has_subject,
		.user = x->question.subject,
	};
}

static bool
is_subject(const qfs_explanation *x, const qfs_user_id *user)
{
	return x->question.has_subject && memcmp(user, &x->question.subject, sizeof(*user)) == 0;
}

/* Does the question ask for this kind of the account, and may whoever asks see it? */
static bool
is_asked(const qfs_explanation *x, const qfs_entry *subject, const qfs_user_id *user, qfs_account_kind kind)
{
	bool		is_actor = subject->has_actor && memcmp(user, &subject->actor, sizeof(*user)) == 0;
	qfs_reader	reader = reader_of(x);

	/* Whose authority it was is a question of everybody whom the entry concerns. */
	if (!qfs_topic_executes(x->question.topic))
		return is_actor && kind == QFS_ACCESS;
	if (!x->question.to_subject || is_subject(x, user))
		return true;
	/* Standings are what profiles show; but what everybody sees of an entry is no reason to ask for them. */
	return kind == QFS_STANDING && qfs_is_party(x->registry, &reader, subject);
}

/* Adds the entry that touched a kind of an account before the one in question. */
static qfs_status
add_previous(qfs_explanation *x, const qfs_entry *subject, const qfs_user_id *user, qfs_account_kind kind,
			 int64_t previous, bool is_shown, qfs_error *err)
{
	qfs_evidence *e;
	qfs_status	status;
	int			place;

	if (!is_shown && !is_asked(x, subject, user, kind))
	{
		x->is_whole = false;
		return QFS_OK;
	}
	if (previous < 0)
		return QFS_OK;
	status = add(x, (uint64_t) previous, &e, err);
	if (status != QFS_OK)
		return status;
	place = place_of_part(&e->entry, user, kind);
	if (place < 0)
		return qfs_fail(err, QFS_BUNDLE_INCOMPLETE, "the part %s of user_%h in entry %u",
						qfs_account_kind_names[kind], user->bytes, (uint64_t) previous);
	e->needs[place] = true;
	return QFS_OK;
}

/* What the entry touched, as far as it is shown: what it was before. */
static qfs_status
add_touched(qfs_explanation *x, const qfs_entry *subject, qfs_error *err)
{
	qfs_account_change change;
	qfs_status	status = QFS_OK;

	x->is_whole &= subject->is_full || subject->lists_accounts || subject->account_count > 0;
	for (unsigned i = 0; i < subject->account_count && status == QFS_OK; i++)
	{
		bool		is_shown = subject->account_parts[i].part.shown;

		x->is_whole &= is_shown;
		if (!is_shown)
			continue;
		status = qfs_account_part_parse(subject->account_parts[i].part.value, subject->seq, &change, err);
		if (status == QFS_OK)
			status = add_previous(x, subject, &change.after.user, change.kind, change.before.last_entry,
								  qfs_topic_executes(x->question.topic), err);
	}
	return status;
}

/* What it looked at. */
static qfs_status
add_read(qfs_explanation *x, const qfs_entry *subject, qfs_error *err)
{
	qfs_reads	reads;
	qfs_status	status = qfs_reads_parse(subject->outcome, subject->seq, &reads, err);

	for (unsigned i = 0; status == QFS_OK && i < reads.count; i++)
		status = add_previous(x, subject, &reads.list[i].user, reads.list[i].kind, reads.list[i].previous, false, err);
	return status;
}

static qfs_status
check_asked(const qfs_explanation *x, const qfs_entry *subject, qfs_error *err)
{
	qfs_auth	auth;
	qfs_status	status;

	if (!subject->parts[QFS_PART_ACT].shown)
		return qfs_topic_executes(x->question.topic) ? QFS_OK :
			qfs_fail(err, QFS_BUNDLE_INCOMPLETE, "the act of entry %u", subject->seq);
	status = qfs_auth_read(subject->auth, &auth, err);
	if (status == QFS_OK && !qfs_topic_executes(x->question.topic) && auth.via != QFS_VIA_SESSION)
		return qfs_fail(err, QFS_EXPLAIN_TOPIC, "no session appended entry %u", subject->seq);
	return status;
}

static qfs_status
add_accounts(qfs_explanation *x, const qfs_entry *subject, qfs_error *err)
{
	qfs_status	status = check_asked(x, subject, err);

	x->is_whole = subject->parts[QFS_PART_ACT].shown && subject->parts[QFS_PART_PAYLOAD].shown;
	if (status == QFS_OK)
		status = add_touched(x, subject, err);
	return status == QFS_OK ? add_read(x, subject, err) : status;
}

/* ---- the sessions in question ---- */

/* The sessions that an account had before the entry; *found = false: it says nothing of them. */
static qfs_status
find_access(const qfs_explanation *x, const qfs_entry *subject, const qfs_user_id *user, qfs_account_change *out,
			bool *found, qfs_error *err)
{
	const qfs_account_part *part;

	*found = false;
	for (unsigned i = x->count; i > 0; i--)
	{
		const qfs_entry *entry = &x->evidence[i - 1].entry;

		if (entry->seq >= subject->seq)
			continue;
		part = qfs_evidence_part(entry, user, QFS_ACCESS);
		if (part == NULL)
			continue;
		*found = true;
		return qfs_account_part_parse(part->part.value, entry->seq, out, err);
	}
	return QFS_OK;
}

/* all: every one of them matters; else the one that this entry was appended in */
static qfs_status
tell_sessions(qfs_explanation *x, const qfs_user_id *user, const qfs_access *access, const qfs_hash *only,
			  qfs_error *err)
{
	qfs_status	status = QFS_OK;

	for (unsigned i = 0; i < access->count && status == QFS_OK && x->session_count < QFS_SESSIONS_MAX; i++)
	{
		qfs_open_session *next = &x->sessions[x->session_count];
		bool		found;

		status = x->source->session(x->source, user, &access->sessions[i].digest, next, &found, err);
		if (status == QFS_OK && found &&
			(only == NULL || memcmp(&next->session, only, sizeof(*only)) == 0))
			x->session_count++;
	}
	return status;
}

/* The account whose sessions the entry changes, or else its actor. */
static qfs_status
add_sessions(qfs_explanation *x, const qfs_entry *subject, qfs_error *err)
{
	qfs_account_change access;
	qfs_user_id user = subject->actor;
	bool		changes = false;
	bool		found;
	qfs_auth	auth;
	qfs_status	status;

	if (!subject->parts[QFS_PART_ACT].shown)
		return QFS_OK;
	status = qfs_auth_read(subject->auth, &auth, err);
	for (unsigned i = 0; i < subject->account_count && qfs_topic_executes(x->question.topic); i++)
		if (subject->account_parts[i].part.shown &&
			qfs_slice_equal(subject->account_parts[i].kind, qfs_slice_of(qfs_account_kind_names[QFS_ACCESS])))
		{
			user = subject->account_parts[i].account;
			changes = true;
		}
	if (status != QFS_OK || (!changes && auth.via != QFS_VIA_SESSION))
		return status;
	status = find_access(x, subject, &user, &access, &found, err);
	if (status != QFS_OK || !found)
		return status;
	return tell_sessions(x, &user, &access.after.access, changes ? NULL : &auth.session, err);
}

/* ---- what else it rests on ---- */

/* What a rule names goes into the explanation. */
typedef struct collecting
{
	qfs_grounds grounds;		/* first: the rule gets a pointer to it */
	qfs_explanation *x;
} collecting;

static qfs_status
add_ground_of(qfs_grounds *grounds, int64_t seq, const qfs_entry **out, qfs_error *err)
{
	qfs_explanation *x = ((collecting *) (void *) grounds)->x;
	qfs_status	status;

	*out = NULL;
	if (seq < 0 || (uint64_t) seq >= x->question.seq)
		return QFS_OK;
	status = add_act(x, (uint64_t) seq, err);
	if (status == QFS_OK)
		*out = &qfs_evidence_find(x->evidence, x->count, (uint64_t) seq)->entry;
	return status;
}

/* An application's type is registered; of qfs's own, executing it may need more entries. */
static qfs_status
add_others(qfs_explanation *x, const qfs_entry *subject, qfs_error *err)
{
	const qfs_rule *rule = qfs_registry_find(x->registry, subject->type);
	collecting	adding = {.grounds = {.add = add_ground_of},.x = x};
	qfs_status	status = QFS_OK;
	int64_t		registered;

	if (!subject->parts[QFS_PART_ACT].shown)
		return QFS_OK;
	if (rule == NULL)
	{
		status = x->source->find_type(x->source, subject->type, subject->seq, &registered, err);
		return status == QFS_OK && registered >= 0 ? add_act(x, (uint64_t) registered, err) : status;
	}
	x->is_derived = !x->is_whole && rule->derivable && is_told(subject);
	return (x->is_whole || x->is_derived) && rule->rests != NULL ? rule->rests(subject, &adding.grounds, err) : QFS_OK;
}

/* Entry 0, the policy in force, and every key up to the one that signs. */
static qfs_status
add_ground(qfs_explanation *x, qfs_error *err)
{
	uint64_t	at = 1;
	int64_t		seq;
	qfs_status	status = add_act(x, 0, err);

	if (status == QFS_OK)
		status = x->source->find_policy(x->source, x->question.seq, &seq, err);
	if (status == QFS_OK && seq >= 0)
		status = add_act(x, (uint64_t) seq, err);
	while (status == QFS_OK)
	{
		status = x->source->find_rotation(x->source, at, &seq, err);
		if (status != QFS_OK || seq < 0 || (uint64_t) seq >= x->question.size)
			break;
		status = add_act(x, (uint64_t) seq, err);
		at = (uint64_t) seq + 1;
	}
	return status;
}

bool
qfs_explain_is_stated(const qfs_explanation *x, const qfs_entry *entry)
{
	return entry->seq <= x->question.seq && entry->seq >= x->question.from &&
		qfs_evidence_part(entry, &x->question.subject, QFS_STANDING) != NULL;
}

/* Adds the entries of a statement: back to the account's creation, or to what was asked for. */
static qfs_status
collect_statement(qfs_explanation *x, qfs_error *err)
{
	const qfs_user_id *user = &x->question.subject;
	qfs_reader	reader = reader_of(x);
	int64_t		seq = (int64_t) x->question.seq;
	qfs_evidence *e;
	qfs_account_change change;
	qfs_status	status = QFS_OK;

	if (!x->question.has_subject)
		return qfs_fail(err, QFS_EXPLAIN_TOPIC, "a statement is one of an account, and none is named");
	if (x->question.from > x->question.seq)
		return qfs_fail(err, QFS_EXPLAIN_TOPIC, "a statement from entry %u to entry %u", x->question.from, x->question.seq);
	while (status == QFS_OK && seq >= 0 && (uint64_t) seq >= x->question.from)
	{
		int			place;

		status = add(x, (uint64_t) seq, &e, err);
		if (status != QFS_OK)
			break;
		place = place_of_part(&e->entry, user, QFS_STANDING);
		if (place < 0)
			return qfs_fail(err, QFS_EXPLAIN_TOPIC, "entry %u did not change the standing of user_%h",
							(uint64_t) seq, user->bytes);
		e->needs[place] = true;
		e->needs_act |= is_told(&e->entry) && qfs_sees_act(x->registry, &reader, &e->entry);
		status = qfs_account_part_parse(e->entry.account_parts[place].part.value, (uint64_t) seq, &change, err);
		seq = change.before.last_entry;
	}
	return status;
}

/* The entry in question, as far as whoever asks may see it. */
static qfs_status
add_subject(qfs_explanation *x, qfs_entry *out, qfs_error *err)
{
	qfs_reader	reader = reader_of(x);
	qfs_evidence *e;
	qfs_status	status = add(x, x->question.seq, &e, err);

	if (status != QFS_OK)
		return status;
	/* Whoever is shown all of it has to be: what is left out here would be missing in what is derived, and nothing else would. */
	if (reader.all && !is_shown_as_a_whole(x, &e->entry))
		return qfs_fail(err, QFS_BUNDLE_INCOMPLETE, "entry %u is not shown as a whole", x->question.seq);
	e->needs_act = (is_told(&e->entry) || is_told_but_erased(x, &e->entry)) && qfs_sees_act(x->registry, &reader, &e->entry);
	for (unsigned i = 0; i < e->entry.account_count; i++)
		e->needs[i] = qfs_sees_account(x->registry, &reader, &e->entry, i);
	*out = as_shown(e);
	return QFS_OK;
}

/* Of the entry alone, everything that was found in it. */
static qfs_status
collect_entry(qfs_explanation *x, qfs_error *err)
{
	qfs_entry	subject;
	qfs_status	status = add_subject(x, &subject, err);

	if (status == QFS_OK)
		status = add_accounts(x, &subject, err);
	if (status == QFS_OK)
		status = add_sessions(x, &subject, err);
	if (status == QFS_OK && qfs_topic_executes(x->question.topic))
		status = add_others(x, &subject, err);
	return status;
}

qfs_status
qfs_explain_collect(qfs_explanation *x, qfs_error *err)
{
	const qfs_question *q = &x->question;
	qfs_status	status;

	if (q->seq >= q->size)
		return qfs_fail(err, QFS_SIZE_UNKNOWN, "entry %u is not among the first %u", q->seq, q->size);
	status = q->topic == QFS_TOPIC_STATEMENT ? collect_statement(x, err) : collect_entry(x, err);
	if (status == QFS_OK)
		status = add_ground(x, err);
	if (status != QFS_OK)
		return status;
	/* What was collected is what is shown: nobody goes on from more than that. */
	for (unsigned i = 0; i < x->count; i++)
		x->evidence[i].entry = as_shown(&x->evidence[i]);
	x->subject = qfs_evidence_find(x->evidence, x->count, q->seq);
	return status;
}
