/*
 * bundle.c - an explanation, checked by somebody who trusts a key and nothing else.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "proof/bundle.h"

#include "base/status.h"

/* A bundle on its way; the source of its own explanation. */
typedef struct reading
{
	qfs_source	source;			/* first: the explanation gets a pointer to it */
	const qfs_registry *registry;
	qfs_allocator allocator;
	qfs_slice	text;
	const qfs_vkey *trusted;
	qfs_evidence *entries;		/* in the order of their seq */
	qfs_proof  *proofs;			/* of each */
	unsigned	count;
	uint8_t    *lines;			/* what their lines point into */
	uint8_t    *note_bytes;
	qfs_slice	note;
	qfs_checkpoint checkpoint;
	qfs_question question;
	qfs_error  *err;
} reading;

static void *
allocate(const reading *r, size_t size)
{
	return r->allocator.allocate(r->allocator.context, size);
}

static void
release(const reading *r, void *memory)
{
	if (memory != NULL)
		r->allocator.release(r->allocator.context, memory);
}

/* ---- the bundle as a source of entries ---- */

static qfs_status
find_entry(const reading *r, uint64_t seq, const qfs_evidence **out, qfs_error *err)
{
	*out = qfs_evidence_find(r->entries, r->count, seq);
	return *out != NULL ? QFS_OK : qfs_fail(err, QFS_BUNDLE_INCOMPLETE, "entry %u", seq);
}

static qfs_status
give_line(qfs_source *source, uint64_t seq, qfs_slice *out, qfs_error *err)
{
	const reading *r = (const reading *) (void *) source;
	const qfs_evidence *found;
	qfs_status	status = find_entry(r, seq, &found, err);

	if (status == QFS_OK)
		*out = found->line;
	return status;
}

static qfs_status
give_proof(qfs_source *source, uint64_t seq, qfs_proof *out, qfs_error *err)
{
	const reading *r = (const reading *) (void *) source;
	const qfs_evidence *found;
	qfs_status	status = find_entry(r, seq, &found, err);

	if (status == QFS_OK)
		*out = r->proofs[found - r->entries];
	return status;
}

static qfs_status
find_type(qfs_source *source, qfs_slice type, uint64_t at, int64_t *seq, qfs_error *err)
{
	const reading *r = (const reading *) (void *) source;

	(void) err;
	*seq = -1;
	for (unsigned i = 0; i < r->count && r->entries[i].entry.seq < at && *seq < 0; i++)
	{
		const qfs_entry *entry = &r->entries[i].entry;
		const qfs_rule *rule = qfs_registry_find(r->registry, entry->type);
		qfs_slice	named;

		if (rule != NULL && (rule->enacts & QFS_ENACTS_TYPE) && qfs_json_member(entry->payload, "type", &named) &&
			qfs_json_to_plain(named, &named) && qfs_slice_equal(named, type))
			*seq = (int64_t) entry->seq;
	}
	return QFS_OK;
}

/* Of a policy: an entry that only may put one in force has one in its payload if it does. */
static bool
has_policy(const qfs_entry *entry)
{
	qfs_slice	policy;

	return qfs_json_member(entry->payload, "policy", &policy);
}

/* Does an entry put this in force?  The first one puts in force all there is, and does not count. */
static bool
enacts(const reading *r, const qfs_entry *entry, qfs_enacts what)
{
	const qfs_rule *rule = qfs_registry_find(r->registry, entry->type);

	return entry->seq > 0 && rule != NULL && (rule->enacts & (unsigned) what) != 0;
}

static qfs_status
find_policy(qfs_source *source, uint64_t at, int64_t *seq, qfs_error *err)
{
	const reading *r = (const reading *) (void *) source;

	(void) err;
	*seq = -1;
	for (unsigned i = 0; i < r->count && r->entries[i].entry.seq < at; i++)
		if (enacts(r, &r->entries[i].entry, QFS_ENACTS_POLICY) && has_policy(&r->entries[i].entry))
			*seq = (int64_t) r->entries[i].entry.seq;
	return QFS_OK;
}

static qfs_status
find_rotation(qfs_source *source, uint64_t from, int64_t *seq, qfs_error *err)
{
	const reading *r = (const reading *) (void *) source;

	(void) err;
	*seq = -1;
	for (unsigned i = 0; i < r->count && *seq < 0; i++)
		if (r->entries[i].entry.seq >= from && enacts(r, &r->entries[i].entry, QFS_ENACTS_KEYS))
			*seq = (int64_t) r->entries[i].entry.seq;
	return QFS_OK;
}

/* The bundle's member "sessions" has the details of those that are told. */
static qfs_status
give_session(qfs_source *source, const qfs_user_id *user, const qfs_hash *digest, qfs_open_session *out,
			 bool *found, qfs_error *err)
{
	const reading *r = (const reading *) (void *) source;
	qfs_json_iter iter = qfs_json_members(qfs_json_member_or(r->text, "sessions", QFS_LITERAL("[]")));
	qfs_slice	key;
	qfs_slice	value;

	(void) user;
	(void) err;
	*found = false;
	while (!*found && qfs_json_next(&iter, &key, &value))
		*found = qfs_open_session_read(value, out) && out->is_known &&
			memcmp(&out->digest, digest, sizeof(*digest)) == 0;
	return QFS_OK;
}

/* ---- reading ---- */

static qfs_status
form(const reading *r, const char *what)
{
	return qfs_fail(r->err, QFS_BUNDLE_FORM, "%s", what);
}

static bool
member_text(qfs_slice object, const char *name, uint8_t *memory, size_t capacity, qfs_slice *out)
{
	qfs_slice	value;
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, capacity);
	if (!qfs_json_member(object, name, &value) || !qfs_json_to_text(value, &buf) || buf.overflow)
		return false;
	*out = qfs_buf_slice(&buf);
	return true;
}

static bool
member_count(qfs_slice object, const char *name, uint64_t *out)
{
	int64_t		n;

	if (!qfs_json_member_count(object, name, &n))
		return false;
	*out = (uint64_t) n;
	return true;
}

static qfs_status
read_question(reading *r)
{
	qfs_question *q = &r->question;
	qfs_slice	value;
	uint64_t	version;

	if (qfs_json_type_of(r->text) != QFS_JSON_OBJECT)
		return form(r, "it is not an object");
	if (!member_count(r->text, "v", &version) || version != 2)
		return form(r, "v is not 2");
	if (!qfs_json_member(r->text, "topic", &value) || !qfs_json_to_plain(value, &value) ||
		!qfs_topic_parse(value, &q->topic))
		return form(r, "topic is none");
	if (!member_count(r->text, "seq", &q->seq) || !member_count(r->text, "from", &q->from))
		return form(r, "seq or from is not a count");
	if (!qfs_json_member(r->text, "subject", &value))
		return form(r, "subject is missing");
	q->has_subject = qfs_json_type_of(value) != QFS_JSON_NULL;
	if (q->has_subject && (!qfs_json_to_plain(value, &value) ||
						   qfs_user_id_parse(value, &q->subject, NULL) != QFS_OK))
		return form(r, "subject is not an account");
	if (!qfs_json_member(r->text, "reader", &value) || !qfs_json_to_plain(value, &value))
		return form(r, "reader is missing");
	q->to_subject = qfs_slice_equal(value, QFS_LITERAL("subject"));
	if (!q->to_subject && !qfs_slice_equal(value, QFS_LITERAL("auditor")))
		return form(r, "reader is none");
	return QFS_OK;
}

static qfs_status
read_checkpoint(reading *r)
{
	qfs_status	status;

	r->note_bytes = allocate(r, QFS_NOTE_MAX);
	if (r->note_bytes == NULL)
		return qfs_fail(r->err, QFS_NO_MEMORY, "for a bundle");
	if (!member_text(r->text, "checkpoint", r->note_bytes, QFS_NOTE_MAX, &r->note))
		return form(r, "checkpoint is not a note");
	status = qfs_checkpoint_parse(r->note, &r->checkpoint, r->err);
	r->question.size = r->checkpoint.size;
	return status;
}

static qfs_status
read_proof(const reading *r, qfs_slice value, qfs_proof *out)
{
	qfs_json_iter iter = qfs_json_members(value);
	qfs_slice	key;
	qfs_slice	hash;

	out->count = 0;
	if (qfs_json_type_of(value) != QFS_JSON_ARRAY || qfs_json_length(value) > QFS_PROOF_MAX)
		return form(r, "a proof is not a list of hashes");
	while (qfs_json_next(&iter, &key, &hash))
		if (!qfs_json_to_plain(hash, &hash) ||
			!qfs_hex_decode(hash, out->hashes[out->count++].bytes, QFS_HASH_LEN))
			return form(r, "a proof is not a list of hashes");
	return QFS_OK;
}

/* One entry: canonical, in its turn, and in the tree. */
static qfs_status
read_entry(reading *r, qfs_slice object, uint8_t **memory, size_t left)
{
	qfs_evidence *out = &r->entries[r->count];
	qfs_proof  *proof = &r->proofs[r->count];
	qfs_slice	value;
	qfs_status	status;

	if (qfs_json_type_of(object) != QFS_JSON_OBJECT || qfs_json_length(object) != 2 ||
		!qfs_json_member(object, "proof", &value))
		return form(r, "an entry is not a line and a proof");
	status = read_proof(r, value, proof);
	if (status != QFS_OK)
		return status;
	if (!member_text(object, "line", *memory, left, &out->line))
		return form(r, "a line is not a text");
	*memory += out->line.len;
	status = qfs_line_read(out->line, &out->entry, r->err);
	if (status != QFS_OK)
		return status;
	if (r->count > 0 && out->entry.seq <= r->entries[r->count - 1].entry.seq)
		return form(r, "entries are not in the order of their numbers");
	qfs_entry_hash(&out->entry, &out->hash);
	if (!qfs_verify_inclusion(&out->hash, out->entry.seq, r->checkpoint.size, proof->hashes,
							  proof->count, &r->checkpoint.root))
		return qfs_fail(r->err, QFS_PROOF_INVALID, "entry %u in a ledger of %u entries",
						out->entry.seq, r->checkpoint.size);
	return QFS_OK;
}

static qfs_status
read_entries(reading *r)
{
	qfs_slice	list;
	qfs_slice	key;
	qfs_slice	object;
	qfs_json_iter iter;
	uint8_t    *memory;
	uint64_t	length;

	if (!qfs_json_member(r->text, "entries", &list) || qfs_json_type_of(list) != QFS_JSON_ARRAY)
		return form(r, "entries is not a list");
	length = qfs_json_length(list);
	if (length > QFS_EXPLAIN_MAX)
		return qfs_fail(r->err, QFS_EXPLAIN_LIMIT, "the bundle has %u entries", length);
	r->entries = allocate(r, (size_t) (length + 1) * sizeof(*r->entries));
	r->proofs = allocate(r, (size_t) (length + 1) * sizeof(*r->proofs));
	memory = r->lines = allocate(r, list.len);
	if (r->entries == NULL || r->proofs == NULL || r->lines == NULL)
		return qfs_fail(r->err, QFS_NO_MEMORY, "for a bundle");
	iter = qfs_json_members(list);
	while (qfs_json_next(&iter, &key, &object))
	{
		qfs_status	status = read_entry(r, object, &memory, list.len - (size_t) (memory - r->lines));

		if (status != QFS_OK)
			return status;
		r->count++;
	}
	return QFS_OK;
}

/* ---- checking ---- */

/* Entry 0 says which ledger it is; nobody else does. */
static qfs_status
check_origin(const reading *r, const qfs_vkey *key)
{
	if (!qfs_slice_equal(r->checkpoint.origin, qfs_slice_of(key->name)))
		return qfs_fail(r->err, QFS_CHECKPOINT_ORIGIN, "it is for \"%v\", the entries are of \"%s\"",
						r->checkpoint.origin, key->name);
	return QFS_OK;
}

/* Did the ledger ever use the trusted key, up to the checkpoint? */
static qfs_status
check_trust(const reading *r, const qfs_explanation *x)
{
	const qfs_signing_key_record *key;

	for (size_t n = 0; (key = qfs_memory_store_record(x->memory, &qfs_kind_signing_key, n)) != NULL; n++)
		if (memcmp(&key->checkpoint, &r->trusted->key, sizeof(qfs_hash)) == 0)
			return QFS_OK;
	return qfs_fail(r->err, QFS_KEY_UNTRUSTED, "%s", r->trusted->name);
}

static qfs_status
check_note(const reading *r, const qfs_vkey *key)
{
	switch (qfs_note_verify(&r->checkpoint, key, NULL))
	{
		case QFS_NOTE_GOOD:
			return QFS_OK;
		case QFS_NOTE_BAD:
			return qfs_fail(r->err, QFS_SIGNATURE_INVALID, "of the checkpoint of size %u", r->checkpoint.size);
		case QFS_NOTE_ABSENT:
			break;
	}
	return qfs_fail(r->err, QFS_CHECKPOINT_KEY, "at size %u", r->checkpoint.size);
}

/* Before anything that the bundle says is believed: the trusted key or a later one signed it. */
static qfs_status
check_first(const reading *r)
{
	qfs_status	status = QFS_OK;

	if (!qfs_slice_equal(r->checkpoint.origin, qfs_slice_of(r->trusted->name)))
		status = qfs_fail(r->err, QFS_CHECKPOINT_ORIGIN, "it is for \"%v\", the key is for \"%s\"",
						  r->checkpoint.origin, r->trusted->name);
	else if (qfs_note_verify(&r->checkpoint, r->trusted, NULL) == QFS_NOTE_BAD)
		status = qfs_fail(r->err, QFS_SIGNATURE_INVALID, "of the checkpoint of size %u", r->checkpoint.size);
	return status;
}

/* Is a line what the answer rests on of its entry, no more? */
static qfs_status
check_shown(const reading *r, const qfs_evidence *given, const qfs_evidence *needed, void *memory)
{
	qfs_buf		line;
	qfs_status	status;

	qfs_buf_init(&line, memory, QFS_LINE_MAX);
	status = qfs_line_write(&needed->entry, &line, r->err);
	if (status == QFS_OK && !qfs_slice_equal(qfs_buf_slice(&line), given->line))
		return qfs_fail(r->err, QFS_BUNDLE_SURPLUS, "entry %u shows more than its head and the parts in question",
						given->entry.seq);
	return status;
}

/* What is there must be what the answer rests on, no less and no more. */
static qfs_status
check_extent(const reading *r, const qfs_explanation *x)
{
	void	   *memory = allocate(r, QFS_LINE_MAX);
	qfs_status	status = QFS_OK;

	if (memory == NULL)
		return qfs_fail(r->err, QFS_NO_MEMORY, "for a bundle");
	for (unsigned i = 0; i < r->count && status == QFS_OK; i++)
	{
		if (i >= x->count || x->evidence[i].entry.seq != r->entries[i].entry.seq)
			status = qfs_fail(r->err, QFS_BUNDLE_SURPLUS, "entry %u", r->entries[i].entry.seq);
		else
			status = check_shown(r, &r->entries[i], &x->evidence[i], memory);
	}
	release(r, memory);
	return status;
}

/* Names the first member that is not what it should be. */
static qfs_status
compare(const reading *r, qfs_slice made)
{
	qfs_json_iter given = qfs_json_members(r->text);
	qfs_json_iter right = qfs_json_members(made);
	qfs_slice	key;
	qfs_slice	value;
	qfs_slice	right_key;
	qfs_slice	right_value;

	if (qfs_slice_equal(made, r->text))
		return QFS_OK;
	while (qfs_json_next(&right, &right_key, &right_value))
	{
		if (!qfs_json_next(&given, &key, &value) || !qfs_slice_equal(key, right_key))
			return qfs_fail(r->err, QFS_BUNDLE_FORM, "the member %v was expected", right_key);
		/* Of everything else together: the first thing that is wrong is told. */
		if (!qfs_slice_equal(value, right_value) && !qfs_slice_equal(key, QFS_LITERAL("\"explanation_hash\"")))
			return qfs_fail(r->err, QFS_BUNDLE_CLAIM, "%v: it should be %v", key, right_value);
	}
	if (qfs_json_next(&given, &key, &value))
		return qfs_fail(r->err, QFS_BUNDLE_FORM, "the member %v is one too many", key);
	return qfs_fail(r->err, QFS_BUNDLE_CLAIM, "explanation_hash");
}

/* Writes the bundle from its own entries, and compares. */
static qfs_status
check_claims(const reading *r, qfs_explanation *x)
{
	size_t		capacity = qfs_explain_size(x, r->note);
	void	   *memory = allocate(r, capacity);
	qfs_buf		made;
	qfs_status	status;

	if (memory == NULL)
		return qfs_fail(r->err, QFS_NO_MEMORY, "for a bundle");
	qfs_buf_init(&made, memory, capacity);
	status = qfs_explain_write(x, r->note, &made, r->err);
	if (status == QFS_OK)
		status = compare(r, qfs_buf_slice(&made));
	release(r, memory);
	return status;
}

static qfs_status
check(reading *r, qfs_explanation *x, qfs_bundle *out)
{
	qfs_vkey	key;
	qfs_buf		narrative;
	qfs_status	status = qfs_explain_collect(x, r->err);

	if (status == QFS_OK)
		status = check_extent(r, x);
	if (status == QFS_OK)
		status = qfs_explain_execute(x, r->err);
	if (status == QFS_OK)
		status = qfs_explain_key(x, &key, r->err);
	if (status == QFS_OK)
		status = check_origin(r, &key);
	if (status == QFS_OK)
		status = check_note(r, &key);
	if (status == QFS_OK)
		status = check_trust(r, x);
	if (status == QFS_OK)
		status = check_claims(r, x);
	if (status != QFS_OK)
		return status;
	qfs_buf_init(&narrative, out->narrative, sizeof(out->narrative));
	qfs_explain_narrative(x, &narrative);
	out->narrative_len = narrative.len;
	out->topic = r->question.topic;
	out->seq = r->question.seq;
	out->size = r->checkpoint.size;
	out->entries = r->count;
	memcpy(out->origin, key.name, sizeof(out->origin));
	return QFS_OK;
}

static qfs_status
verify(reading *r, qfs_explanation *x, qfs_bundle *out)
{
	qfs_status	status = qfs_json_check(r->text, r->err);

	if (status == QFS_OK)
		status = read_question(r);
	if (status == QFS_OK)
		status = read_checkpoint(r);
	if (status == QFS_OK)
		status = check_first(r);
	if (status == QFS_OK)
		status = read_entries(r);
	if (status == QFS_OK)
		status = qfs_explain_begin(x, r->registry, &r->question, &r->source, r->allocator, r->err);
	if (status != QFS_OK)
		return status;
	status = check(r, x, out);
	qfs_explain_end(x);
	return status;
}

qfs_status
qfs_bundle_verify(qfs_slice text, const qfs_vkey *key, const qfs_registry *registry,
				  qfs_allocator allocator, qfs_bundle *out, qfs_error *err)
{
	reading		r = {
		.source = {give_line, give_proof, find_type, find_policy, give_session, find_rotation},.registry = registry,.allocator = allocator,.text = text,.trusted = key,.err = err
	};
	qfs_explanation *x = allocate(&r, sizeof(*x));
	qfs_status	status;

	if (x == NULL)
		return qfs_fail(err, QFS_NO_MEMORY, "for a bundle");
	status = verify(&r, x, out);
	release(&r, x);
	release(&r, r.entries);
	release(&r, r.proofs);
	release(&r, r.lines);
	release(&r, r.note_bytes);
	return status;
}
