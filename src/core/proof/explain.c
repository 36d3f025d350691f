/*
 * explain.c - why an entry has the outcome that it has, with all that proves it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "proof/explanation.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/keccak.h"
#include "engine/reduce.h"
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

/* Does the entry say that this policy was in force?  Acts of the operator name none. */
static bool
names_policy(const qfs_explanation *x)
{
	qfs_hash	policy;

	return qfs_json_member_hex(x->subject->entry.outcome, "policy", policy.bytes, sizeof(policy.bytes)) &&
		memcmp(&policy, &x->policy_hash, sizeof(policy)) == 0;
}

/* An entry that is not executed would not show that a policy was left out. */
static qfs_status
check_policy(const qfs_explanation *x, qfs_error *err)
{
	if (qfs_topic_executes(x->question.topic) || names_policy(x))
		return QFS_OK;
	return qfs_fail(err, QFS_BUNDLE_INCOMPLETE, "the policy in force at entry %u", x->subject->entry.seq);
}

/* The policy and the session of the entry in question, while the store is as it was before it. */
static qfs_status
note_ground(qfs_explanation *x, qfs_error *err)
{
	const qfs_entry *entry = &x->subject->entry;
	qfs_store  *store = qfs_memory_store_base(x->memory);
	qfs_auth	auth;
	qfs_policy_record record;
	bool		found;
	qfs_status	status;

	if (entry->seq == 0)
		return QFS_OK;
	status = qfs_reducer_refresh(x->reducer, err);
	if (status != QFS_OK)
		return status;
	x->policy_seq = record.seq = x->reducer->ledger.policy_seq;
	x->policy_hash = x->reducer->ledger.policy;
	status = store->get(store, &qfs_kind_policy, &record, &found, err);
	if (status != QFS_OK)
		return status;
	/* The reducer has read it a moment ago, and it is not longer than its own memory for it. */
	QFS_ASSERT(found && record.policy.len <= sizeof(x->policy_text));
	memcpy(x->policy_text, record.policy.data, record.policy.len);
	status = qfs_policy_parse((qfs_slice) {x->policy_text, record.policy.len}, &x->policy, err);
	if (status == QFS_OK)
		status = check_policy(x, err);
	if (status == QFS_OK)
		status = qfs_auth_read(entry->auth, &auth, err);
	if (status != QFS_OK || auth.via != QFS_VIA_SESSION || x->question.topic == QFS_TOPIC_STATEMENT)
		return status;
	x->has_session = true;
	return qfs_session_authorize(x->reducer, entry, &auth, &x->session, err);
}

/* The rules once more, over what the evidence says. */
static qfs_status
execute(qfs_explanation *x, qfs_error *err)
{
	const qfs_entry *entry = &x->subject->entry;
	qfs_buf		outcome;
	qfs_status	status;

	qfs_buf_init(&outcome, x->outcome, sizeof(x->outcome));
	status = qfs_reduce(x->reducer, entry, &outcome, err);
	if (status == QFS_OK && !qfs_slice_equal(qfs_buf_slice(&outcome), entry->outcome))
		return qfs_fail(err, QFS_OUTCOME_MISMATCH, "entry %u: it should be %v", entry->seq,
						qfs_buf_slice(&outcome));
	return status;
}

qfs_status
qfs_explain_execute(qfs_explanation *x, qfs_error *err)
{
	qfs_status	status = QFS_OK;

	for (unsigned i = 0; i < x->count && status == QFS_OK; i++)
	{
		const qfs_evidence *e = &x->evidence[i];

		if (e == x->subject)
			status = note_ground(x, err);
		if (status != QFS_OK)
			break;
		if (e == x->subject && qfs_topic_executes(x->question.topic))
			status = execute(x, err);
		else if (e == x->subject && x->question.topic != QFS_TOPIC_STATEMENT)
			continue;
		else
			status = qfs_recall(x->reducer, &e->entry, err);
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
	const qfs_entry *entry = &x->subject->entry;
	const qfs_rule *rule = qfs_registry_find(x->registry, entry->type);

	return rule != NULL && (rule->topic == topic || qfs_explain_change(x, rule, topic) != NULL);
}

static qfs_status
check_topic(const qfs_explanation *x, qfs_error *err)
{
	const qfs_question *q = &x->question;
	const qfs_entry *entry = &x->subject->entry;
	qfs_effect	effect;
	bool		fits = true;

	switch (q->topic)
	{
		case QFS_TOPIC_ENTRY:
			break;
		case QFS_TOPIC_REWARD:
			fits = is_topic_of(x, q->topic);
			break;
		case QFS_TOPIC_COHERENCE:
			fits = q->has_subject && qfs_effect_of(entry->outcome, &q->subject, &effect);
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
			fits = false;
			break;
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

static void
put_count(qfs_json_writer *w, const char *name, int64_t n)
{
	qfs_json_key(w, name);
	qfs_json_put_int(w, n);
}

/* A member of a canonical object, or else this. */
static void
put_member(qfs_json_writer *w, const char *name, qfs_slice object, const char *otherwise)
{
	qfs_json_key(w, name);
	qfs_json_put_value(w, qfs_json_member_or(object, name, qfs_slice_of(otherwise)));
}

static qfs_status
write_entries(qfs_explanation *x, qfs_json_writer *w, qfs_error *err)
{
	qfs_status	status = QFS_OK;

	qfs_json_key(w, "entries");
	qfs_json_open_array(w);
	for (unsigned i = 0; i < x->count && status == QFS_OK; i++)
	{
		qfs_proof	proof;

		status = x->source->prove(x->source, x->evidence[i].entry.seq, &proof, err);
		if (status != QFS_OK)
			break;
		qfs_json_open_object(w);
		qfs_json_key(w, "line");
		qfs_json_put_text(w, x->evidence[i].line);
		qfs_json_key(w, "proof");
		qfs_json_open_array(w);
		for (unsigned n = 0; n < proof.count; n++)
			qfs_json_put_hex(w, proof.hashes[n].bytes, sizeof(proof.hashes[n].bytes));
		qfs_json_close(w);
		qfs_json_close(w);
	}
	qfs_json_close(w);
	return status;
}

/* "by": whose word an entry is. */
static void
write_word(const qfs_entry *entry, qfs_json_writer *w)
{
	qfs_auth	auth;

	/* It was read before: no entry is explained that could not be appended. */
	qfs_auth_read(entry->auth, &auth, NULL);
	qfs_json_key(w, "by");
	qfs_json_put_text(w, qfs_slice_of(qfs_auth_word(&auth)));
}

static void
write_session(const qfs_explanation *x, qfs_json_writer *w)
{
	const qfs_session_record *s = &x->session;

	qfs_json_key(w, "session");
	qfs_json_open_object(w);
	put_count(w, "block", qfs_block_at(x->reducer, x->subject->entry.at));
	qfs_json_key(w, "device");
	qfs_session_write_device(w, s);
	put_count(w, "expires_at", qfs_session_expires_at(x->reducer, s));
	put_count(w, "issued_block", s->issued_block);
	qfs_json_key(w, "scope");
	qfs_session_write_scope(w, s);
	put_hash(w, "session", &s->session);
	put_count(w, "started", s->seq);
	put_count(w, "ttl_blocks", s->ttl_blocks);
	qfs_json_close(w);
}

/* The effects on the account, the newest first, each with the entry that it is of. */
static void
write_statement(const qfs_explanation *x, qfs_json_writer *w)
{
	qfs_json_key(w, "statement");
	qfs_json_open_array(w);
	for (unsigned i = x->count; i > 0; i--)
	{
		const qfs_entry *entry = &x->evidence[i - 1].entry;
		qfs_json_iter iter = qfs_effects_of(entry->outcome);
		qfs_slice	key;
		qfs_slice	value;
		qfs_effect	effect;
		bool		found = entry->seq <= x->question.seq && entry->seq >= x->question.from &&
			qfs_effect_of(entry->outcome, &x->question.subject, &effect);

		if (!found)
			continue;
		qfs_json_open_object(w);
		put_count(w, "at", entry->at);
		write_word(entry, w);
		qfs_json_key(w, "effects");
		qfs_json_open_array(w);
		while (qfs_json_next(&iter, &key, &value))
			if (qfs_effect_read(value, &effect, NULL) == QFS_OK &&
				memcmp(&effect.user, &x->question.subject, sizeof(effect.user)) == 0)
				qfs_json_put_value(w, value);
		qfs_json_close(w);
		put_count(w, "seq", (int64_t) entry->seq);
		qfs_json_key(w, "type");
		qfs_json_put_text(w, entry->type);
		qfs_json_close(w);
	}
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
	put_count(w, "points", standing.points);
	put_count(w, "referrals", standing.referrals);
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
	put_count(w, "at", entry->at);
	write_word(entry, w);
	if (executed)
		put_member(w, "effects", entry->outcome, "[]");
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
	qfs_json_key(w, "type");
	qfs_json_put_text(w, entry->type);
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
	put_count(w, "seq", x->policy_seq);
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
	put_count(w, "from", (int64_t) q->from);
	put_member(w, "guards", qfs_topic_executes(q->topic) ? x->subject->entry.outcome : QFS_LITERAL("{}"), "[]");
	qfs_json_key(w, "narrative");
	qfs_json_put_text(w, qfs_buf_slice(&narrative));
	write_policy(x, w);
	status = write_result(x, w, err);
	if (status != QFS_OK)
		return status;
	put_count(w, "seq", (int64_t) q->seq);
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
	put_count(w, "v", 1);
	qfs_json_close(w);
	return qfs_json_end(w, err);
}

size_t
qfs_explain_size(const qfs_explanation *x, qfs_slice note)
{
	/* A string grows to twice its bytes at most: entries hold no control characters. */
	size_t		size = 2 * note.len + 16 * QFS_ENTRY_MAX;

	for (unsigned i = 0; i < x->count; i++)
		size += 4 * x->evidence[i].line.len + (QFS_PROOF_MAX + 1) * (2 * QFS_HASH_LEN + 4);
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
