/*
 * off_ledger.c - what is kept off the ledger, compared with what the ledger commits to.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Read without the executor: row security keeps these tables from everybody
 * who may verify.
 */
#include "pg/base/compat.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "base/status.h"
#include "log/merkle.h"
#include "log/note.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/table/batch.h"
#include "pg/table/ledger_table.h"
#include "pg/table/off_ledger.h"
#include "pg/table/published.h"
#include "pg/table/store_table.h"
#include "rules/account/profile_content.h"
#include "rules/social/message_hash.h"
#include "rules/social/thread.h"
#include "state/records.h"
#include "text/json.h"

typedef struct Comparison
{
	LedgerReader ledger;
	qfs_store  *state;
	uint64		size;			/* entries of the ledger */
	void	   *json;			/* memory for a ledger's row */
	qfs_fault_report report;
	void	   *context;
	qfs_status	answer;
} Comparison;

static void
tell(Comparison *c, int64 seq, const char *what)
{
	qfs_error	fault;

	qfs_fail(&fault, QFS_CONTENT_MISMATCH, "%s", what);
	c->answer = c->report(c->context, (uint64_t) seq, &fault);
}

/* ---- contents of profiles ---- */

static bool
commits_to(const qfs_standing *standing, Datum salt, Datum content)
{
	qfs_slice	bytes = qfs_varlena_of(salt);
	qfs_hash	hash;

	if (bytes.len != QFS_PROFILE_SALT)
		return false;
	qfs_profile_commit(bytes.data, qfs_varlena_of(content), &hash);
	return memcmp(&hash, &standing->profile, sizeof(hash)) == 0;
}

static void
compare_content(Comparison *c, const Datum *content, const bool *nulls)
{
	qfs_standing standing = {0};
	int64		version = DatumGetInt64(content[CONTENT_VERSION]);
	bool		found = false;
	qfs_error	err;

	if (!nulls[CONTENT_USER] && !nulls[CONTENT_VERSION])
	{
		standing.user = *(const qfs_user_id *) DatumGetPointer(content[CONTENT_USER]);
		QFS_TRY(c->state->get(c->state, &qfs_kind_standing, &standing, &found, &err), &err);
	}
	if (!found || !standing.has_profile)
		tell(c, 0, "qfs.profile_content has a row of an account without a profile");
	else if (version > standing.profile_version || nulls[CONTENT_SALT] != nulls[CONTENT_TEXT] ||
			 (version == standing.profile_version && !nulls[CONTENT_TEXT] &&
			  !commits_to(&standing, content[CONTENT_SALT], content[CONTENT_TEXT])))
		tell(c, standing.last_entry, "qfs.profile_content has not the content of the profile that is in force after the entry");
}

/* ---- envelopes of messages ---- */

static bool
member_is(qfs_slice payload, const char *name, qfs_slice text)
{
	qfs_slice	value;
	qfs_slice	plain;

	return qfs_json_member(payload, name, &value) && qfs_json_to_plain(value, &plain) &&
		qfs_slice_equal(plain, text);
}

static bool
member_is_hash(qfs_slice payload, const char *name, const void *hash)
{
	qfs_hash	value;

	return qfs_json_member_hex(payload, name, value.bytes, sizeof(value.bytes)) &&
		memcmp(&value, hash, sizeof(value)) == 0;
}

static bool
member_is_user(qfs_slice payload, const char *name, const qfs_user_id *user)
{
	char		memory[QFS_USER_ID_TEXT];
	qfs_buf		text;

	qfs_buf_init(&text, memory, sizeof(memory));
	qfs_user_id_write(&text, user);
	return member_is(payload, name, qfs_buf_slice(&text));
}

static bool
member_is_int(qfs_slice payload, const char *name, int64 number)
{
	qfs_slice	value;
	int64_t		found;

	return qfs_json_member(payload, name, &value) && qfs_json_to_int(value, &found) && found == number;
}

/* Is it the envelope that the entry commits to?  Of one that was erased, all but the body. */
static bool
fits(const qfs_entry *entry, const Datum *m, const bool *nulls)
{
	qfs_envelope envelope = {
		.sender = *(const qfs_user_id *) DatumGetPointer(m[MESSAGE_SENDER]),
		.recipient = *(const qfs_user_id *) DatumGetPointer(m[MESSAGE_RECIPIENT]),
		.seq = (uint64_t) DatumGetInt64(m[MESSAGE_SEQ])
	};
	qfs_slice	nonce = qfs_varlena_of(m[MESSAGE_NONCE]);
	qfs_hash	hash;

	if (!qfs_slice_equal(entry->type, QFS_LITERAL("MESSAGE")) || !entry->has_actor ||
		memcmp(&entry->actor, &envelope.sender, sizeof(entry->actor)) != 0 ||
		!member_is_user(entry->payload, "recipient", &envelope.recipient) ||
		!member_is_hash(entry->payload, "thread", DatumGetPointer(m[MESSAGE_THREAD])) ||
		!member_is_int(entry->payload, "seq", (int64) envelope.seq) ||
		!member_is(entry->payload, "alg", qfs_varlena_of(m[MESSAGE_ALG])) ||
		nonce.len != sizeof(envelope.nonce))
		return false;
	if (nulls[MESSAGE_BODY])
		return true;
	memcpy(envelope.nonce, nonce.data, nonce.len);
	envelope.body = qfs_varlena_of(m[MESSAGE_BODY]);
	qfs_message_hash(&envelope, &hash);
	return member_is_hash(entry->payload, "hash", &hash) &&
		member_is_int(entry->payload, "size", (int64) envelope.body.len);
}

static void
compare_envelope(Comparison *c, const Datum *message, const bool *nulls)
{
	int64		entry = nulls[MESSAGE_ENTRY] ? -1 : DatumGetInt64(message[MESSAGE_ENTRY]);
	HeapTuple	row = entry < 0 ? NULL : qfs_ledger_row(&c->ledger, (uint64) entry);
	LedgerEntry e;

	/* Whoever owns the table can have it forget that it admits none. */
	for (int i = 0; i < MESSAGE_COLUMNS; i++)
		if (nulls[i] && i != MESSAGE_BODY)
			row = NULL;
	if (row == NULL)
		tell(c, entry, "qfs.message has an envelope of an entry that is not there");
	else if (qfs_ledger_decode(RelationGetDescr(c->ledger.rel), row, c->json, &e, NULL) != QFS_OK ||
			 !fits(&e.entry, message, nulls))
		tell(c, entry, "qfs.message has not the envelope that the entry commits to");
}

/* ---- cosignatures ---- */

/* The body of our checkpoint of a size, in memory that has room for a note. */
static bool
write_body(Comparison *c, uint64 size, qfs_buf *note)
{
	qfs_ledger_record ledger = {.number = 0};
	qfs_store  *store = qfs_table_store();
	qfs_hash	root;
	bool		found;

	if (store->get(store, &qfs_kind_ledger, &ledger, &found, NULL) != QFS_OK || !found ||
		qfs_tree_root(&c->ledger.tree, size, &root, NULL) != QFS_OK)
		return false;
	qfs_buf_init(note, palloc(QFS_NOTE_MAX), QFS_NOTE_MAX);
	qfs_checkpoint_write(note, qfs_slice_of(ledger.origin), size, &root);
	return true;
}

/* Is it the one line that the witness has signed under our checkpoint of that size? */
static bool
cosigns(Comparison *c, uint64 size, qfs_slice witness, qfs_slice line)
{
	qfs_checkpoint checkpoint;
	qfs_slice	good;
	qfs_vkey	vkey;
	qfs_buf		note;

	if (qfs_vkey_parse(witness, &vkey, NULL) != QFS_OK || vkey.algorithm != QFS_NOTE_COSIGNATURE ||
		!write_body(c, size, &note))
		return false;
	qfs_buf_byte(&note, '\n');
	qfs_buf_bytes(&note, line.data, line.len);
	return !note.overflow && qfs_checkpoint_parse(qfs_buf_slice(&note), &checkpoint, NULL) == QFS_OK &&
		qfs_note_verify(&checkpoint, &vkey, &good) == QFS_NOTE_GOOD && qfs_slice_equal(good, line);
}

static void
compare_cosignature(Comparison *c, const Datum *values, const bool *nulls)
{
	int64		size = nulls[COSIGNATURE_SIZE] ? -1 : DatumGetInt64(values[COSIGNATURE_SIZE]);

	if (size < 0 || (uint64) size > c->size || nulls[COSIGNATURE_VKEY] || nulls[COSIGNATURE_LINE] ||
		!cosigns(c, (uint64) size, qfs_varlena_of(values[COSIGNATURE_VKEY]),
				 qfs_varlena_of(values[COSIGNATURE_LINE])))
		tell(c, Max(size - 1, 0), "qfs.cosignature has a line that is no cosignature of the checkpoint of this entry");
}

/* ---- witnesses ---- */

static bool
is_witness(qfs_slice text)
{
	qfs_vkey	vkey;

	return qfs_vkey_parse(text, &vkey, NULL) == QFS_OK && vkey.algorithm == QFS_NOTE_COSIGNATURE;
}

static void
compare_witness(Comparison *c, const Datum *witness, const bool *nulls)
{
	if (nulls[WITNESS_VKEY] || nulls[WITNESS_ADDED_AT] || !is_witness(qfs_varlena_of(witness[WITNESS_VKEY])))
		tell(c, 0, "qfs.witness has a row that is no key of a witness");
}

/* ---- checkpoints that are published, and kept elsewhere ---- */

/* Has one of the ledger's keys signed it?  Which one of them has to, whoever reads the note finds out. */
static bool
is_signed(const qfs_checkpoint *checkpoint)
{
	qfs_signing_key_record key = {.number = 0};
	qfs_store  *store = qfs_table_store();
	qfs_slice	line;
	qfs_vkey	vkey;
	bool		found;

	for (; store->get(store, &qfs_kind_signing_key, &key, &found, NULL) == QFS_OK && found; key.number++)
	{
		qfs_vkey_make(checkpoint->origin, QFS_NOTE_ED25519, &key.checkpoint, &vkey);
		if (qfs_note_verify(checkpoint, &vkey, &line) == QFS_NOTE_GOOD)
			return true;
	}
	return false;
}

static bool
is_own_note(Comparison *c, uint64 size, qfs_slice note)
{
	qfs_checkpoint checkpoint;
	qfs_buf		body;

	return qfs_checkpoint_parse(note, &checkpoint, NULL) == QFS_OK && write_body(c, size, &body) &&
		qfs_slice_equal(qfs_buf_slice(&body), checkpoint.body) && is_signed(&checkpoint);
}

static void
compare_published(Comparison *c, const Datum *values, const bool *nulls)
{
	int64		size = nulls[PUBLISHED_SIZE] ? -1 : DatumGetInt64(values[PUBLISHED_SIZE]);

	if (size < 0 || (uint64) size > c->size || nulls[PUBLISHED_NOTE] || nulls[PUBLISHED_AT] ||
		!is_own_note(c, (uint64) size, qfs_varlena_of(values[PUBLISHED_NOTE])))
		tell(c, Max(size - 1, 0), "qfs.published_checkpoint has a note that is no checkpoint of this entry");
}

static void
compare_kept(Comparison *c, const Datum *values, const bool *nulls)
{
	int64		size = nulls[KEPT_SIZE] ? -1 : DatumGetInt64(values[KEPT_SIZE]);

	if (size < 0 || (uint64) size > c->size || nulls[KEPT_PLACE] || nulls[KEPT_AT])
		tell(c, Max(size - 1, 0), "qfs.kept_checkpoint has a checkpoint of a size that the ledger never had");
}

/* ---- marks of readers ---- */

/* Is it one of a party's, and not beyond the peer's last message? */
static bool
marks(const qfs_thread_record *thread, const qfs_user_id *user, int64 seq)
{
	bool		is_first = memcmp(user, &thread->first, sizeof(*user)) == 0;

	return seq >= 0 && (is_first || memcmp(user, &thread->second, sizeof(*user)) == 0) &&
		seq <= (is_first ? thread->second_seq : thread->first_seq);
}

static void
compare_mark(Comparison *c, const Datum *mark, const bool *nulls)
{
	qfs_thread_record thread = {0};
	bool		found = false;
	qfs_error	err;

	if (!nulls[MARK_THREAD] && !nulls[MARK_USER] && !nulls[MARK_SEQ])
	{
		thread.thread = *(const qfs_hash *) DatumGetPointer(mark[MARK_THREAD]);
		QFS_TRY(c->state->get(c->state, &qfs_kind_thread, &thread, &found, &err), &err);
	}
	if (!found)
		tell(c, 0, "qfs.read_mark has a mark of a thread that is not there");
	else if (!marks(&thread, (const qfs_user_id *) DatumGetPointer(mark[MARK_USER]), DatumGetInt64(mark[MARK_SEQ])))
		tell(c, thread.last_entry, "qfs.read_mark has a mark beyond the peer's messages in a thread, or of somebody else");
}

/* ---- results of batches ---- */

static void
compare_batch(Comparison *c, const Datum *batch, const bool *nulls)
{
	int64		seq;

	if (!qfs_batch_is_recorded(&c->ledger, c->json, batch, nulls, &seq))
		tell(c, seq, "qfs.batch has a result that the ledger does not give");
}

/* ---- all of them ---- */

static void
compare_rows(Comparison *c, const char *table, int columns,
			 void (*compare) (Comparison *c, const Datum *values, const bool *nulls))
{
	Relation	rel = table_open(qfs_table_oid(table), AccessShareLock);
	MemoryContext per_row = AllocSetContextCreate(CurrentMemoryContext, "qfs off the ledger",
												  ALLOCSET_DEFAULT_SIZES);
	TableScanDesc scan;
	HeapTuple	row;

	/* What somebody has added is not ours to read. */
	if (RelationGetDescr(rel)->natts != columns)
		tell(c, 0, psprintf("qfs.%s has or had other columns, and is not looked at", table));
	scan = table_beginscan(rel, c->ledger.snapshot, 0, NULL);
	while (c->answer == QFS_OK && RelationGetDescr(rel)->natts == columns &&
		   (row = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Datum		values[MESSAGE_COLUMNS];
		bool		nulls[MESSAGE_COLUMNS];
		MemoryContext old = MemoryContextSwitchTo(per_row);

		heap_deform_tuple(row, RelationGetDescr(rel), values, nulls);
		compare(c, values, nulls);
		MemoryContextSwitchTo(old);
		MemoryContextReset(per_row);
		CHECK_FOR_INTERRUPTS();
	}
	table_endscan(scan);
	MemoryContextDelete(per_row);
	table_close(rel, NoLock);
}

void
qfs_off_ledger_compare(Snapshot snapshot, qfs_store *state, qfs_fault_report report, void *context)
{
	Comparison	c = {.state = state,.report = report,.context = context,.answer = QFS_OK};
	LedgerHead	head;

	qfs_ledger_table_open(&c.ledger, snapshot);
	qfs_ledger_head(&c.ledger, 0, &head);
	c.size = head.size;
	c.json = palloc(LEDGER_JSON_MAX);
	compare_rows(&c, "profile_content", CONTENT_COLUMNS, compare_content);
	compare_rows(&c, "message", MESSAGE_COLUMNS, compare_envelope);
	compare_rows(&c, "cosignature", COSIGNATURE_COLUMNS, compare_cosignature);
	compare_rows(&c, "witness", WITNESS_COLUMNS, compare_witness);
	compare_rows(&c, "published_checkpoint", PUBLISHED_COLUMNS, compare_published);
	compare_rows(&c, "kept_checkpoint", KEPT_COLUMNS, compare_kept);
	compare_rows(&c, "read_mark", MARK_COLUMNS, compare_mark);
	compare_rows(&c, "batch", BATCH_COLUMNS, compare_batch);
	pfree(c.json);
	qfs_ledger_table_close(&c.ledger);
}
