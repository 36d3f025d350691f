/*
 * explain.c - why an entry has the outcome that it has, with all that proves it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "proof/explanation.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/keccak.h"
#include "engine/event_signature.h"
#include "engine/permission.h"
#include "engine/session.h"

static const char *const topics[] = {
	[QFS_TOPIC_ENTRY] = "entry",[QFS_TOPIC_REWARD] = "reward",[QFS_TOPIC_COHERENCE] = "coherence",
	[QFS_TOPIC_SESSION] = "session",[QFS_TOPIC_MESSAGE] = "message",[QFS_TOPIC_STATEMENT] = "statement"
};

_Static_assert(QFS_ROWS(topics) == QFS_TOPICS, "each topic has its word");

bool
qfs_topic_parse(qfs_slice word, qfs_topic *out)
{
	for (size_t i = 0; i < QFS_TOPICS; i++)
		if (qfs_slice_equal(word, qfs_slice_of(topics[i])))
		{
			*out = (qfs_topic) i;
			return true;
		}
	return false;
}

const char *
qfs_topic_name(qfs_topic topic)
{
	return topics[topic];
}

/* ---- begin and end ---- */

qfs_status
qfs_explain_begin(qfs_explanation *x, const qfs_registry *registry, const qfs_question *question,
				  qfs_source *source, qfs_allocator allocator, qfs_error *err)
{
	memset(x, 0, sizeof(*x));
	x->question = *question;
	x->source = source;
	x->registry = registry;
	x->allocator = allocator;
	x->policy_seq = -1;
	x->memory = qfs_memory_store_create(allocator);
	x->reducer = allocator.allocate(allocator.context, sizeof(*x->reducer));
	/* add() moves them up by one to make room. */
	x->evidence = allocator.allocate(allocator.context, (QFS_EXPLAIN_MAX + 1) * sizeof(*x->evidence));
	if (x->memory == NULL || x->reducer == NULL || x->evidence == NULL)
	{
		qfs_explain_end(x);
		return qfs_fail(err, QFS_NO_MEMORY, "for an explanation");
	}
	qfs_reducer_init(x->reducer, registry, qfs_memory_store_base(x->memory), true);
	x->reducer->knows_agenda = false;
	return QFS_OK;
}

void
qfs_explain_end(qfs_explanation *x)
{
	if (x->memory != NULL)
		qfs_memory_store_destroy(x->memory);
	if (x->reducer != NULL)
		x->allocator.release(x->allocator.context, x->reducer);
	if (x->evidence != NULL)
		x->allocator.release(x->allocator.context, x->evidence);
	x->memory = NULL;
	x->reducer = NULL;
	x->evidence = NULL;
}

/* ---- execution ---- */

/* Does the entry say that this policy was in force?  Acts of an operator's role name none, but for derivable ones. */
static bool
names_policy(const qfs_explanation *x)
{
	const qfs_entry *entry = &x->subject->entry;
	qfs_account_change change;
	qfs_hash	policy;

	if (qfs_json_member_hex(entry->outcome, "policy", policy.bytes, sizeof(policy.bytes)))
		return memcmp(&policy, &x->policy_hash, sizeof(policy)) == 0;
	for (unsigned i = 0; i < entry->account_count; i++)
		if (entry->account_parts[i].part.shown &&
			qfs_account_part_parse(entry->account_parts[i].part.value, entry->seq, &change, NULL) == QFS_OK)
			return change.policy == x->policy_seq;
	return false;
}

/* An entry that is not executed would not show that a policy was left out. */
static qfs_status
check_policy(const qfs_explanation *x, qfs_error *err)
{
	const qfs_entry *entry = &x->subject->entry;
	qfs_slice	policy;

	if (x->question.topic == QFS_TOPIC_ENTRY || names_policy(x))
		return QFS_OK;
	if (entry->parts[QFS_PART_OUTCOME].shown && entry->account_count == 0 &&
		!qfs_json_member(entry->outcome, "policy", &policy))
		return qfs_fail(err, QFS_EXPLAIN_TOPIC, "%s of entry %u", topics[x->question.topic], entry->seq);
	return qfs_fail(err, QFS_BUNDLE_INCOMPLETE, "the policy in force at entry %u", entry->seq);
}

/* The policy of the entry in question, while the store is as it was before it. */
static qfs_status
note_policy(qfs_explanation *x, qfs_error *err)
{
	const qfs_reducer *r = x->reducer;
	qfs_status	status;

	if (x->subject->entry.seq == 0)
		return QFS_OK;
	status = qfs_reducer_refresh(x->reducer, err);
	if (status != QFS_OK)
		return status;
	QFS_ASSERT(r->open && r->has_policy);
	x->policy_seq = r->ledger.policy_seq;
	x->policy_hash = r->ledger.policy;
	/* The entry itself may change it. */
	_Static_assert(sizeof(x->policy_text) == sizeof(r->policy_text), "room for it");
	memcpy(x->policy_text, r->policy_text, sizeof(x->policy_text));
	qfs_policy_copy(&r->policy, r->policy_text, x->policy_text, &x->policy);
	return check_policy(x, err);
}

/* ---- the store before the entry ---- */

/* A part with the details of the sessions that are told. */
static void
tell_known(const qfs_explanation *x, qfs_access *access)
{
	for (unsigned i = 0; i < access->count; i++)
		for (unsigned n = 0; n < x->session_count; n++)
			if (memcmp(&access->sessions[i].digest, &x->sessions[n].digest, sizeof(qfs_hash)) == 0)
				access->sessions[i] = x->sessions[n];
}

/* What an account was in this kind, as the entry that touched it last says. */
static qfs_status
put_state(qfs_explanation *x, const qfs_user_id *user, qfs_account_kind kind, int64_t previous, qfs_error *err)
{
	const qfs_evidence *e;
	const qfs_account_part *part;
	qfs_account_change change;
	qfs_status	status;

	/* What the question does not ask for was not collected. */
	e = previous < 0 ? NULL : qfs_evidence_find(x->evidence, x->count, (uint64_t) previous);
	part = e == NULL ? NULL : qfs_evidence_part(&e->entry, user, kind);
	if (part == NULL)
		return QFS_OK;
	status = qfs_account_part_parse(part->part.value, (uint64_t) previous, &change, err);
	if (status != QFS_OK)
		return status;
	if (kind == QFS_ACCESS)
		tell_known(x, &change.after.access);
	return qfs_account_state_put(x->reducer->store, kind, &change.after, err);
}

static qfs_status
put_states(qfs_explanation *x, qfs_error *err)
{
	const qfs_entry *subject = &x->subject->entry;
	qfs_account_change change;
	qfs_reads	reads;
	qfs_status	status = qfs_reads_parse(subject->outcome, subject->seq, &reads, err);

	for (unsigned i = 0; i < subject->account_count && status == QFS_OK; i++)
	{
		if (!subject->account_parts[i].part.shown)
			continue;
		status = qfs_account_part_parse(subject->account_parts[i].part.value, subject->seq, &change, err);
		if (status == QFS_OK)
			status = put_state(x, &change.after.user, change.kind, change.before.last_entry, err);
	}
	for (unsigned i = 0; i < reads.count && status == QFS_OK; i++)
		status = put_state(x, &reads.list[i].user, reads.list[i].kind, reads.list[i].previous, err);
	return status;
}

/* What follows from the entry itself, and needs nobody's word. */
static qfs_status
suppose(qfs_explanation *x, qfs_error *err)
{
	const qfs_rule *rule = qfs_registry_find(x->registry, x->subject->entry.type);
	qfs_act		act = {.reducer = x->reducer,.rule = rule,.event = &x->subject->entry,.session = x->session,.err = err};

	return rule == NULL || rule->suppose == NULL ? QFS_OK : rule->suppose(&act);
}

/* ---- the entry ---- */

/* Is it known which sessions the actor had? */
static bool
knows_access(const qfs_explanation *x)
{
	const qfs_entry *entry = &x->subject->entry;

	for (unsigned i = 0; i < x->count && x->evidence[i].entry.seq < entry->seq; i++)
		if (qfs_evidence_part(&x->evidence[i].entry, &entry->actor, QFS_ACCESS) != NULL)
			return true;
	return false;
}

/* Is it shown which number its last signed event had? */
static bool
knows_nonce(const qfs_explanation *x)
{
	const qfs_entry *entry = &x->subject->entry;

	return qfs_evidence_part(entry, &entry->actor, QFS_NONCE) != NULL;
}

/* Does what is shown of the actor suffice to ask whether it may act? */
static bool
knows_actor(const qfs_explanation *x, const qfs_auth *auth)
{
	if (auth->via == QFS_VIA_SESSION)
		return knows_access(x);
	return !auth->is_signed || knows_nonce(x);
}

/* Whose authority it was; where that is not shown, that the signature is the key's. */
static qfs_status
authorize(qfs_explanation *x, qfs_error *err)
{
	const qfs_entry *entry = &x->subject->entry;
	qfs_act		act = {
		.reducer = x->reducer,.rule = qfs_registry_find(x->registry, entry->type),.event = entry,
		.fx = &x->fx,.err = err
	};
	qfs_status	status = qfs_auth_read(entry->auth, &act.auth, err);

	if (status != QFS_OK)
		return status;
	if (!knows_actor(x, &act.auth))
		return act.auth.is_signed ? qfs_event_signature_check(x->reducer, entry, &act.auth, err) : QFS_OK;
	qfs_effects_init(&x->fx, &act);
	status = qfs_permission_establish(&act);
	x->fx.act = NULL;
	x->has_session = status == QFS_OK && act.auth.via == QFS_VIA_SESSION;
	x->session = act.session;
	return status;
}

/* The rules once more, over what the evidence says. */
static qfs_status
execute(qfs_explanation *x, qfs_error *err)
{
	const qfs_entry *entry = &x->subject->entry;
	qfs_buf		outcome;
	qfs_buf		accounts;
	qfs_status	status = suppose(x, err);

	qfs_buf_init(&outcome, x->space.outcome, sizeof(x->space.outcome));
	qfs_buf_init(&accounts, x->space.accounts, sizeof(x->space.accounts));
	if (status == QFS_OK)
		status = qfs_reduce_with(x->reducer, entry, &x->fx, &outcome, &accounts, err);
	if (status != QFS_OK)
		return status;
	if (!qfs_slice_equal(qfs_buf_slice(&outcome), entry->outcome))
		return qfs_fail(err, QFS_OUTCOME_MISMATCH, "entry %u: it should be %v", entry->seq,
						qfs_buf_slice(&outcome));
	if (!qfs_slice_equal(qfs_buf_slice(&accounts), entry->accounts))
		return qfs_fail(err, QFS_OUTCOME_MISMATCH, "entry %u: of accounts it should say %v", entry->seq,
						qfs_buf_slice(&accounts));
	return QFS_OK;
}

/* Are policy, guards and result what they should be, and is it blocked if they say so? */
static bool
agrees(const qfs_explanation *x, qfs_slice outcome)
{
	qfs_slice	recorded = x->subject->entry.outcome;

	return names_policy(x) && qfs_slice_equal(qfs_result_of(outcome), qfs_result_of(recorded)) &&
		qfs_slice_equal(qfs_json_member_or(outcome, "guards", QFS_LITERAL("[]")),
						qfs_json_member_or(recorded, "guards", QFS_LITERAL("[]"))) &&
		x->fx.blocked == qfs_outcome_is_blocked(recorded);
}

/* What follows of it without accounts. */
static qfs_status
derive(qfs_explanation *x, qfs_error *err)
{
	const qfs_entry *entry = &x->subject->entry;
	qfs_buf		outcome;
	qfs_status	status;

	qfs_buf_init(&outcome, x->space.outcome, sizeof(x->space.outcome));
	status = qfs_derive(x->reducer, entry, &x->fx, &outcome, err);
	if (status == QFS_OK && !agrees(x, qfs_buf_slice(&outcome)))
		return qfs_fail(err, QFS_OUTCOME_MISMATCH, "entry %u: policy, guards and result should be those of %v", entry->seq,
						qfs_buf_slice(&outcome));
	return status;
}

static qfs_status
examine(qfs_explanation *x, qfs_error *err)
{
	qfs_topic	topic = x->question.topic;
	qfs_status	status = note_policy(x, err);

	if (status == QFS_OK && topic == QFS_TOPIC_STATEMENT)
		status = qfs_explain_derive(x, err);
	if (status != QFS_OK || topic == QFS_TOPIC_STATEMENT)
		return status;
	status = put_states(x, err);
	if (status == QFS_OK && x->subject->entry.seq > 0 && x->subject->entry.parts[QFS_PART_ACT].shown)
		status = authorize(x, err);
	if (status != QFS_OK || !qfs_topic_executes(topic))
		return status;
	status = qfs_explain_derive(x, err);
	if (status != QFS_OK)
		return status;
	return x->is_whole ? execute(x, err) : x->is_derived ? derive(x, err) : QFS_OK;
}

/* Puts what is shown of accounts into the store. */
static qfs_status
recall_parts(qfs_explanation *x, const qfs_evidence *e, qfs_error *err)
{
	qfs_act		act = {.reducer = x->reducer,.event = &e->entry,.err = err};

	return qfs_effects_recall(&act);
}

qfs_status
qfs_explain_execute(qfs_explanation *x, qfs_error *err)
{
	qfs_status	status = QFS_OK;

	for (unsigned i = 0; i < x->count && status == QFS_OK; i++)
	{
		const qfs_evidence *e = &x->evidence[i];

		if (e == x->subject)
			status = examine(x, err);
		/* One that was executed has stored what comes of it; of the others, what is shown. */
		if (status == QFS_OK && e->needs_act && e != x->subject)
			status = qfs_recall(x->reducer, &e->entry, err);
		else if (status == QFS_OK && !(e == x->subject && x->is_whole && qfs_topic_executes(x->question.topic)))
			status = recall_parts(x, e, err);
		if (status == QFS_OK && e->entry.seq == 0)
			status = qfs_reducer_name_ledger(x->reducer, &e->hash, err);
	}
	return status;
}

qfs_status
qfs_explain_key(qfs_explanation *x, qfs_vkey *out, qfs_error *err)
{
	qfs_signing_key_record key;
	qfs_status	status = qfs_reducer_refresh(x->reducer, err);

	if (status == QFS_OK)
		status = qfs_signing_key_get(x->reducer->store, x->reducer->ledger.key_number, &key, err);
	if (status == QFS_OK)
		qfs_vkey_make(qfs_slice_of(x->reducer->ledger.origin), QFS_NOTE_ED25519, &key.checkpoint, out);
	return status;
}

/* ---- what the topic asks for ---- */

/* Is the topic one of the entry's type, or of something that it did? */
static bool
is_topic_of(const qfs_explanation *x, qfs_topic topic)
{
	const qfs_rule *rule = qfs_registry_find(x->registry, x->subject->entry.type);

	return (rule != NULL && rule->topic == topic) || qfs_explain_change(x, topic) != NULL;
}

static qfs_status
check_topic(const qfs_explanation *x, qfs_error *err)
{
	const qfs_question *q = &x->question;
	const qfs_entry *entry = &x->subject->entry;
	bool		fits = true;

	switch (q->topic)
	{
		case QFS_TOPIC_ENTRY:
			break;
		case QFS_TOPIC_REWARD:
			fits = is_topic_of(x, q->topic);
			break;
		case QFS_TOPIC_COHERENCE:
			fits = q->has_subject && qfs_evidence_part(entry, &q->subject, QFS_STANDING) != NULL;
			break;
		case QFS_TOPIC_SESSION:
			fits = x->has_session;
			break;
		case QFS_TOPIC_MESSAGE:
			fits = x->has_session && is_topic_of(x, q->topic);
			break;
		case QFS_TOPIC_STATEMENT:
			fits = q->has_subject;
			break;
		case QFS_TOPICS:
			return qfs_fail(err, QFS_EXPLAIN_TOPIC, "none of entry %u", q->seq);
	}
	return fits ? QFS_OK : qfs_fail(err, QFS_EXPLAIN_TOPIC, "%s of entry %u", topics[q->topic], q->seq);
}

/* ---- writing ---- */

static void
put_hash(qfs_json_writer *w, const char *name, const qfs_hash *hash)
{
	qfs_json_key(w, name);
	qfs_json_put_hex(w, hash->bytes, sizeof(hash->bytes));
}

/* A member of a canonical object, or else this. */
static void
put_member(qfs_json_writer *w, const char *name, qfs_slice object, const char *otherwise)
{
	qfs_json_key(w, name);
	qfs_json_put_value(w, qfs_json_member_or(object, name, qfs_slice_of(otherwise)));
}

/* memory: for the line of an entry */
static qfs_status
write_entry(qfs_explanation *x, const qfs_evidence *e, uint8_t *memory, qfs_json_writer *w, qfs_error *err)
{
	qfs_proof	proof;
	qfs_buf		line;
	qfs_status	status = x->source->prove(x->source, e->entry.seq, &proof, err);

	qfs_buf_init(&line, memory, QFS_LINE_MAX);
	if (status == QFS_OK)
		status = qfs_line_write(&e->entry, &line, err);
	if (status != QFS_OK)
		return status;
	qfs_json_open_object(w);
	qfs_json_key(w, "line");
	qfs_json_put_text(w, qfs_buf_slice(&line));
	qfs_json_key(w, "proof");
	qfs_json_open_array(w);
	for (unsigned n = 0; n < proof.count; n++)
		qfs_json_put_hex(w, proof.hashes[n].bytes, sizeof(proof.hashes[n].bytes));
	qfs_json_close(w);
	qfs_json_close(w);
	return QFS_OK;
}

static qfs_status
write_entries(qfs_explanation *x, qfs_json_writer *w, qfs_error *err)
{
	uint8_t    *memory = x->allocator.allocate(x->allocator.context, QFS_LINE_MAX);
	qfs_status	status = QFS_OK;

	if (memory == NULL)
		return qfs_fail(err, QFS_NO_MEMORY, "for an explanation");
	qfs_json_key(w, "entries");
	qfs_json_open_array(w);
	for (unsigned i = 0; i < x->count && status == QFS_OK; i++)
		status = write_entry(x, &x->evidence[i], memory, w, err);
	qfs_json_close(w);
	x->allocator.release(x->allocator.context, memory);
	return status;
}

/* Null where it is not shown. */
static void
put_type(qfs_json_writer *w, const qfs_entry *entry)
{
	qfs_json_key(w, "type");
	if (entry->type.len > 0)
		qfs_json_put_text(w, entry->type);
	else
		qfs_json_put_null(w);
}

/* "by": whose word an entry is. */
static void
write_word(const qfs_entry *entry, qfs_json_writer *w)
{
	const char *word = qfs_story_word(entry);

	qfs_json_key(w, "by");
	/* No entry is explained that could not be appended. */
	if (word != NULL)
		qfs_json_put_text(w, qfs_slice_of(word));
	else
		qfs_json_put_null(w);
}

static void
write_session(const qfs_explanation *x, qfs_json_writer *w)
{
	const qfs_session_record *s = &x->session;

	qfs_json_key(w, "session");
	qfs_json_open_object(w);
	qfs_json_put_member_int(w, "block", qfs_block_at(x->reducer, x->subject->entry.at));
	qfs_json_key(w, "device");
	qfs_session_write_device(w, s);
	qfs_json_put_member_int(w, "expires_at", qfs_session_expires_at(x->reducer, s));
	qfs_json_put_member_int(w, "issued_block", s->issued_block);
	qfs_json_key(w, "scope");
	qfs_session_write_scope(w, s);
	put_hash(w, "session", &s->session);
	qfs_json_put_member_int(w, "ttl_blocks", s->ttl_blocks);
	qfs_json_close(w);
}

/* The changes of the account's standing, the newest first, each with the entry that it is of. */
static void
write_statement(const qfs_explanation *x, qfs_json_writer *w)
{
	qfs_json_key(w, "statement");
	qfs_json_open_array(w);
	for (unsigned i = x->count; i > 0; i--)
	{
		const qfs_entry *entry = &x->evidence[i - 1].entry;

		if (!qfs_explain_is_stated(x, entry))
			continue;
		qfs_json_open_object(w);
		qfs_json_put_member_int(w, "at", entry->at);
		write_word(entry, w);
		qfs_json_key(w, "change");
		qfs_json_put_value(w, qfs_evidence_part(entry, &x->question.subject, QFS_STANDING)->part.value);
		qfs_json_put_member_int(w, "seq", (int64_t) entry->seq);
		put_type(w, entry);
		qfs_json_close(w);
	}
	qfs_json_close(w);
}

static void
put_amounts(qfs_json_writer *w, const char *name, qfs_amount before, qfs_amount after)
{
	if (before == after)
		return;
	qfs_json_key(w, name);
	qfs_json_open_array(w);
	qfs_json_put_amount(w, before);
	qfs_json_put_amount(w, after);
	qfs_json_close(w);
}

static void
put_counts(qfs_json_writer *w, const char *name, int64_t before, int64_t after)
{
	if (before == after)
		return;
	qfs_json_key(w, name);
	qfs_json_open_array(w);
	qfs_json_put_int(w, before);
	qfs_json_put_int(w, after);
	qfs_json_close(w);
}

/* What the entry did to the standings that are shown, each change of it, [before, after]. */
static void
write_effects(const qfs_explanation *x, qfs_json_writer *w)
{
	qfs_json_key(w, "effects");
	qfs_json_open_array(w);
	for (unsigned i = 0; i < x->effect_count; i++)
	{
		const qfs_effect *effect = &x->effects[i];

		qfs_json_open_object(w);
		qfs_json_key(w, "account");
		qfs_json_put_user(w, &effect->after.user);
		put_amounts(w, "coherence", effect->before.coherence, effect->after.coherence);
		put_amounts(w, "flx", effect->before.flx, effect->after.flx);
		put_counts(w, "points", effect->before.points, effect->after.points);
		put_counts(w, "referrals", effect->before.referrals, effect->after.referrals);
		qfs_json_key(w, "rule");
		qfs_json_put_text(w, qfs_slice_of(effect->rule));
		qfs_json_close(w);
	}
	qfs_json_close(w);
}

/* Those of the outcome; where that is not shown, those that follow from the standings. */
static void
write_guards(const qfs_explanation *x, qfs_json_writer *w)
{
	const qfs_entry *entry = &x->subject->entry;
	qfs_story	story = qfs_explain_story(x);
	bool		executes = qfs_topic_executes(x->question.topic);

	if (entry->parts[QFS_PART_OUTCOME].shown || !executes)
	{
		put_member(w, "guards", executes ? entry->outcome : QFS_LITERAL("{}"), "[]");
		return;
	}
	qfs_json_key(w, "guards");
	qfs_json_open_array(w);
	for (unsigned i = 0; i < x->effect_count; i++)
	{
		const qfs_change *change = qfs_explain_named(x, qfs_slice_of(x->effects[i].rule));

		if (change != NULL && change->judge != NULL &&
			x->effects[i].after.referrals != x->effects[i].before.referrals)
			change->judge(&story, &x->effects[i], w);
	}
	qfs_json_close(w);
}

/* Is it shown that the account's own wallet signed the event? */
static bool
is_wallets(const qfs_explanation *x)
{
	qfs_auth	auth;

	return qfs_story_auth(&x->subject->entry, &auth) && auth.via == QFS_VIA_WALLET && auth.is_signed;
}

/* What is taken as it was recorded: nobody to whom it is explained can know it. */
static void
write_recorded(const qfs_explanation *x, qfs_json_writer *w)
{
	bool		executes = qfs_topic_executes(x->question.topic);
	bool		by_session = x->subject->entry.has_actor || !x->subject->entry.parts[QFS_PART_ACT].shown;
	bool		looked = !x->is_derived || x->fx.account_count > 0;

	qfs_json_key(w, "recorded");
	qfs_json_open_array(w);
	if (executes && by_session && !x->has_session && !x->is_whole && !is_wallets(x))
		qfs_json_put_text(w, QFS_LITERAL("authority"));
	if (executes && !x->is_whole && looked)
		qfs_json_put_text(w, QFS_LITERAL("conditions"));
	if (executes)
	{
		qfs_json_put_text(w, QFS_LITERAL("first uses"));
		qfs_json_put_text(w, QFS_LITERAL("rates"));
	}
	/* Its payload was erased, and with it what it signed. */
	if (by_session && !x->subject->entry.parts[QFS_PART_SIG].shown && x->subject->entry.parts[QFS_PART_ACT].shown)
		qfs_json_put_text(w, QFS_LITERAL("signature"));
	qfs_json_close(w);
}

static void
write_sessions(const qfs_explanation *x, qfs_json_writer *w)
{
	qfs_json_key(w, "sessions");
	qfs_json_open_array(w);
	for (unsigned i = 0; i < x->session_count; i++)
		qfs_open_session_write(w, &x->sessions[i]);
	qfs_json_close(w);
}

/* What the account has after the last of the entries, as far as they tell. */
static qfs_status
write_standing(const qfs_explanation *x, qfs_json_writer *w, qfs_error *err)
{
	qfs_store  *store = qfs_memory_store_base(x->memory);
	qfs_standing standing = {.user = x->question.subject};
	bool		found;
	qfs_status	status = store->get(store, &qfs_kind_standing, &standing, &found, err);

	qfs_json_key(w, "standing");
	qfs_json_open_object(w);
	qfs_json_key(w, "coherence");
	qfs_json_put_amount(w, standing.coherence);
	qfs_json_key(w, "flx");
	qfs_json_put_amount(w, standing.flx);
	qfs_json_put_member_int(w, "points", standing.points);
	qfs_json_put_member_int(w, "referrals", standing.referrals);
	qfs_json_close(w);
	return status;
}

static qfs_status
write_result(const qfs_explanation *x, qfs_json_writer *w, qfs_error *err)
{
	const qfs_entry *entry = &x->subject->entry;
	bool		is_statement = x->question.topic == QFS_TOPIC_STATEMENT;
	bool		executed = qfs_topic_executes(x->question.topic);
	bool		is_known = x->question.has_subject && x->question.from == 0 &&
		(is_statement || x->question.topic == QFS_TOPIC_COHERENCE);
	qfs_status	status = QFS_OK;

	qfs_json_key(w, "result");
	qfs_json_open_object(w);
	qfs_json_put_member_int(w, "at", entry->at);
	write_word(entry, w);
	if (executed)
		write_effects(x, w);
	if (x->question.topic == QFS_TOPIC_MESSAGE)
	{
		qfs_json_key(w, "message");
		qfs_json_put_value(w, entry->payload);
	}
	if (x->question.topic == QFS_TOPIC_SESSION)
		write_session(x, w);
	if (is_known)
		status = write_standing(x, w, err);
	if (is_statement)
		write_statement(x, w);
	if (executed)
		put_member(w, "status", entry->outcome, "null");
	put_type(w, entry);
	qfs_json_close(w);
	return status;
}

static void
write_policy(const qfs_explanation *x, qfs_json_writer *w)
{
	qfs_json_key(w, "policy");
	if (!names_policy(x))
	{
		qfs_json_put_null(w);
		return;
	}
	qfs_json_open_object(w);
	put_hash(w, "hash", &x->policy_hash);
	qfs_json_put_member_int(w, "seq", x->policy_seq);
	qfs_json_close(w);
}

#define NARRATIVE_MAX 4096

/* hash: NULL while the hash itself is computed */
static qfs_status
write(qfs_explanation *x, qfs_slice note, const qfs_hash *hash, qfs_buf *out, qfs_error *err)
{
	const qfs_question *q = &x->question;
	uint8_t		memory[NARRATIVE_MAX];
	qfs_buf		narrative;
	qfs_json_writer writer;
	qfs_json_writer *w = &writer;
	qfs_status	status;

	qfs_buf_init(&narrative, memory, sizeof(memory));
	qfs_explain_narrative(x, &narrative);
	qfs_json_begin(w, out);
	qfs_json_open_object(w);
	qfs_json_key(w, "checkpoint");
	qfs_json_put_text(w, note);
	status = write_entries(x, w, err);
	if (status != QFS_OK)
		return status;
	if (hash != NULL)
		put_hash(w, "explanation_hash", hash);
	qfs_json_put_member_int(w, "from", (int64_t) q->from);
	write_guards(x, w);
	qfs_json_key(w, "narrative");
	qfs_json_put_text(w, qfs_buf_slice(&narrative));
	write_policy(x, w);
	qfs_json_key(w, "reader");
	qfs_json_put_text(w, q->to_subject ? QFS_LITERAL("subject") : QFS_LITERAL("auditor"));
	write_recorded(x, w);
	status = write_result(x, w, err);
	if (status != QFS_OK)
		return status;
	qfs_json_put_member_int(w, "seq", (int64_t) q->seq);
	write_sessions(x, w);
	qfs_json_key(w, "steps");
	qfs_json_open_array(w);
	qfs_explain_steps(x, w);
	qfs_json_close(w);
	qfs_json_key(w, "subject");
	if (q->has_subject)
		qfs_json_put_user(w, &q->subject);
	else
		qfs_json_put_null(w);
	qfs_json_key(w, "topic");
	qfs_json_put_text(w, qfs_slice_of(topics[q->topic]));
	put_hash(w, "tx_id", &x->subject->hash);
	qfs_json_put_member_int(w, "v", 2);
	qfs_json_close(w);
	return qfs_json_end(w, err);
}

size_t
qfs_explain_size(const qfs_explanation *x, qfs_slice note)
{
	/* A string grows to twice its bytes at most: entries hold no control characters. */
	size_t		size = 2 * note.len + 16 * QFS_PAYLOAD_MAX;

	for (unsigned i = 0; i < x->count; i++)
		size += 4 * x->evidence[i].line.len + 4096 + (QFS_PROOF_MAX + 1) * (2 * QFS_HASH_LEN + 4);
	return size;
}

qfs_status
qfs_explain_write(qfs_explanation *x, qfs_slice note, qfs_buf *out, qfs_error *err)
{
	qfs_hash	hash;
	qfs_status	status;

	QFS_ASSERT(x->subject != NULL && x->subject->entry.seq == x->question.seq);
	status = check_topic(x, err);

	if (status == QFS_OK)
		status = write(x, note, NULL, out, err);
	if (status != QFS_OK)
		return status;
	qfs_sha3_256(qfs_buf_slice(out), &hash);
	qfs_buf_init(out, out->data, out->capacity);
	return write(x, note, &hash, out, err);
}
