/*
 * explaining.c - explanations of a sample's entries, as its ledger gives them.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "support/explaining.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/keccak.h"
#include "support/harness.h"
#include "support/second_hash.h"

/* ---- the sample as a source ---- */

static bool
is_given(const explaining *e, uint64_t seq)
{
	return seq < e->s->count && e->s->entry[seq].len > 0 && (int64_t) seq != e->hidden;
}

static qfs_status
give_line(qfs_source *source, uint64_t seq, qfs_slice *out, qfs_error *err)
{
	const explaining *e = (const explaining *) (void *) source;

	if (!is_given(e, seq))
		return qfs_fail(err, QFS_ENTRY_UNKNOWN, "entry %u", seq);
	*out = sample_line(e->s, (unsigned) seq);
	return QFS_OK;
}

static qfs_status
give_proof(qfs_source *source, uint64_t seq, qfs_proof *out, qfs_error *err)
{
	const explaining *e = (const explaining *) (void *) source;

	return qfs_inclusion_proof(&e->s->tree, seq, e->size, out, err);
}

/* By a second road: the text between its quotes. */
static bool
has_text(qfs_slice payload, const char *name, qfs_slice text)
{
	qfs_slice	value;

	return qfs_json_member(payload, name, &value) && value.len == text.len + 2 &&
		memcmp(value.data + 1, text.data, text.len) == 0;
}

/* The first entry of a type in a range that has the text, if there is one to have; the last one, if that is wanted. */
static int64_t
seek(const explaining *e, const char *type, uint64_t from, uint64_t to, const char *member, qfs_slice text,
	 bool last)
{
	int64_t		seq = -1;
	qfs_entry	entry;

	for (unsigned i = 0; i < e->s->count && (seq < 0 || last); i++)
		if (i >= from && i < to && is_given(e, i) && qfs_line_read(sample_line(e->s, i), &entry, NULL) == QFS_OK &&
			qfs_slice_equal(entry.type, qfs_slice_of(type)) &&
			(member == NULL || has_text(entry.payload, member, text)))
			seq = i;
	return seq;
}

static qfs_status
find_type(qfs_source *source, qfs_slice type, uint64_t at, int64_t *seq, qfs_error *err)
{
	const explaining *e = (const explaining *) (void *) source;

	(void) err;
	*seq = seek(e, "EVENT_TYPE", 0, at, "type", type, false);
	return QFS_OK;
}

/* What an execution puts in force is the first member of its payload. */
static bool
puts_policy(const qfs_entry *entry)
{
	static const char begin[] = "{\"policy\":{";

	return qfs_slice_equal(entry->type, QFS_LITERAL("POLICY_CHANGED")) ||
		(qfs_slice_equal(entry->type, QFS_LITERAL("PROPOSAL_EXECUTED")) && entry->payload.len > sizeof(begin) &&
		 memcmp(entry->payload.data, begin, sizeof(begin) - 1) == 0);
}

static qfs_status
find_policy(qfs_source *source, uint64_t at, int64_t *seq, qfs_error *err)
{
	const explaining *e = (const explaining *) (void *) source;
	qfs_entry	entry;

	(void) err;
	*seq = -1;
	for (unsigned i = 0; i < e->s->count && i < at; i++)
		if (is_given(e, i) && qfs_line_read(sample_line(e->s, i), &entry, NULL) == QFS_OK && puts_policy(&entry))
			*seq = i;
	return QFS_OK;
}

static qfs_status
find_rotation(qfs_source *source, uint64_t from, int64_t *seq, qfs_error *err)
{
	(void) err;
	*seq = seek((const explaining *) (void *) source, "KEY_ROTATED", from, UINT64_MAX, NULL, QFS_LITERAL(""), false);
	return QFS_OK;
}

/* What the digest of a session is of. */
static qfs_slice
session_text(const explaining *e, const qfs_session_record *record)
{
	static char text[512];
	int64_t		over = (record->issued_block + record->ttl_blocks) * e->s->reducer.policy.block_ms;
	char		device[48] = "null";
	char		digits[65];

	if (record->has_device)
	{
		device[0] = '"';
		sodium_bin2base64(device + 1, 44, record->device.bytes, QFS_HASH_LEN,
						  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
		strcat(device, "\"");
	}
	sodium_bin2hex(digits, sizeof(digits), record->session.bytes, QFS_HASH_LEN);
	snprintf(text, sizeof(text), "{\"device\":%s,\"expires_at\":%lld,\"operator\":%s,\"session\":\"%s\",\"ttl_blocks\":%lld}",
			 device, (long long) (SAMPLE_TIME + over), record->operates ? "true" : "false", digits,
			 (long long) record->ttl_blocks);
	return qfs_slice_of(text);
}

static qfs_status
give_session(qfs_source *source, const qfs_user_id *user, const qfs_hash *digest, qfs_open_session *out,
			 bool *found, qfs_error *err)
{
	const explaining *e = (const explaining *) (void *) source;
	const qfs_session_record *record;

	(void) err;
	*found = false;
	for (size_t n = 0; !*found && (record = qfs_memory_store_record(e->s->store, &qfs_kind_session, n)) != NULL; n++)
	{
		qfs_slice	text = session_text(e, record);
		qfs_hash	hash;

		crypto_hash_sha256(hash.bytes, text.data, text.len);
		*found = memcmp(&hash, digest, sizeof(hash)) == 0 && memcmp(&record->user, user, sizeof(*user)) == 0;
		if (*found)
			CHECK(qfs_open_session_read(text, out));
	}
	return QFS_OK;
}

/* ---- explaining ---- */

/* The number of the test key that is in force; 1 if it is none of ours. */
static uint8_t
find_key(explaining *e)
{
	for (uint8_t n = 1; n < 4; n++)
	{
		test_key	pair = test_key_of(n);

		e->is_ours = memcmp(&pair.public, &e->key.key, sizeof(pair.public)) == 0;
		if (e->is_ours)
			return n;
	}
	return 1;
}

static qfs_status
write(explaining *e)
{
	qfs_hash	root;
	qfs_buf		note;
	qfs_buf		text;
	qfs_status	status = qfs_explain_key(&e->x, &e->key, &e->err);

	if (status != QFS_OK)
		return status;
	CHECK_STATUS(qfs_tree_root(&e->s->tree, e->size, &root, &e->err), QFS_OK);
	qfs_buf_init(&note, e->note, sizeof(e->note));
	sample_checkpoint(&note, e->key.name, e->size, &root, find_key(e));
	qfs_buf_init(&text, e->text, sizeof(e->text));
	status = qfs_explain_write(&e->x, qfs_buf_slice(&note), &text, &e->err);
	if (status != QFS_OK)
		return status;
	CHECK(text.len <= qfs_explain_size(&e->x, qfs_buf_slice(&note)));
	e->bundle = qfs_buf_slice(&text);
	return QFS_OK;
}

qfs_status
explaining_make(explaining *e, sample *s, const qfs_question *q, int64_t hidden)
{
	qfs_status	status;

	e->source = (qfs_source) {give_line, give_proof, find_type, find_policy, give_session, find_rotation};
	e->s = s;
	e->size = q->size;
	e->hidden = hidden;
	e->bundle = (qfs_slice) {NULL, 0};
	e->err = (qfs_error) {QFS_OK, ""};
	CHECK_STATUS(qfs_explain_begin(&e->x, s->registry, q, &e->source, test_allocator(&e->memory), &e->err), QFS_OK);
	status = qfs_explain_collect(&e->x, &e->err);
	if (status == QFS_OK)
		status = qfs_explain_execute(&e->x, &e->err);
	if (status == QFS_OK)
		status = write(e);
	qfs_explain_end(&e->x);
	CHECK_UINT(e->memory.live, 0);
	return status;
}

void
explaining_hash_anew(uint8_t *text, size_t len)
{
	static const char key[] = "\"explanation_hash\":\"";
	static uint8_t without[EXPLAINING_MAX];
	size_t		cut = sizeof(key) - 1 + 64 + 2;
	size_t		at = 0;
	char		digits[65];
	qfs_hash	hash;

	while (at + cut < len && (text[at] != '"' || memcmp(text + at, key, sizeof(key) - 1) != 0))
		at++;
	if (len > sizeof(without) || at + cut >= len)
		return;
	memcpy(without, text, at);
	memcpy(without + at, text + at + cut, len - at - cut);
	qfs_sha3_256((qfs_slice) {without, len - cut}, &hash);
	sodium_bin2hex(digits, sizeof(digits), hash.bytes, sizeof(hash.bytes));
	memcpy(text + at + sizeof(key) - 1, digits, 64);
}

void
explaining_forge(sample *s, unsigned seq, const char *from, const char *to)
{
	static uint8_t bytes[QFS_LINE_MAX];
	qfs_slice	line = sample_line(s, seq);
	qfs_buf		out;
	size_t		at = 0;

	while (at + strlen(from) < line.len && memcmp(line.data + at, from, strlen(from)) != 0)
		at++;
	if (!CHECK(at + strlen(from) < line.len))
		return;
	qfs_buf_init(&out, bytes, sizeof(bytes));
	qfs_buf_bytes(&out, line.data, at);
	qfs_buf_text(&out, to);
	qfs_buf_bytes(&out, line.data + at + strlen(from), line.len - at - strlen(from));
	free(s->entry[seq].bytes);
	s->entry[seq].bytes = malloc(out.len);
	s->entry[seq].len = out.len;
	memcpy(s->entry[seq].bytes, out.data, out.len);
	qfs_frontier_init(&s->chain.frontier, 0, NULL);
	for (unsigned i = 0; i < s->count; i++)
	{
		qfs_seal   *seal = &s->entry[i].seal;

		seal->hash = second_hash(sample_line(s, i));
		CHECK_STATUS(qfs_frontier_append(&s->chain.frontier, &seal->hash, seal->nodes, &seal->count, NULL), QFS_OK);
	}
}
