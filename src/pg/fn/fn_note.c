/*
 * fn_note.c - SQL functions around signed checkpoints: keys, notes, proofs, witnesses.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include <sodium.h>

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/snapmgr.h"

#include "engine/reduce.h"
#include "log/note.h"
#include "pg/append/actor.h"
#include "pg/base/args.h"
#include "pg/base/durable.h"
#include "pg/base/errors.h"
#include "pg/fn/checkpoint.h"
#include "pg/secret/keyfile.h"
#include "pg/table/ledger_table.h"
#include "pg/table/off_ledger.h"
#include "pg/table/opening.h"
#include "pg/table/own_row.h"
#include "pg/table/server_identity.h"
#include "pg/table/store_table.h"

/* ---- who signs ---- */

/* The last signing key that an entry below `size` put in force. */
typedef struct KeySearch
{
	int64		size;
	bool		found;
	qfs_signing_key_record key;
} KeySearch;

static void
consider_key(void *context, const qfs_kind *kind, const void *record)
{
	KeySearch  *search = context;
	const qfs_signing_key_record *key = record;

	/* Key 0 signs the empty ledger as well. */
	if (key->seq >= Max(search->size, 1) || (search->found && key->seq < search->key.seq))
		return;
	search->key = *key;
	search->found = true;
}

static void
copy_origin(void *origin, const qfs_kind *kind, const void *record)
{
	strlcpy(origin, ((const qfs_ledger_record *) record)->origin, QFS_ORIGIN_MAX + 1);
}

/* As the active snapshot sees it.  A ledger that is not open has none to sign with. */
static void
read_origin(const LedgerHead *head, char origin[QFS_ORIGIN_MAX + 1])
{
	origin[0] = '\0';
	qfs_table_store_visit(&qfs_kind_ledger, copy_origin, origin);
	if (origin[0] != '\0')
		return;
	qfs_ledger_throw_closed(head->size, "there is no key to sign with yet");
}

/* The key that signs, or has signed, the checkpoint of a size. */
static void
find_vkey(const LedgerHead *head, uint64 size, qfs_vkey *out)
{
	KeySearch	search = {.size = (int64) size};
	char		origin[QFS_ORIGIN_MAX + 1];

	read_origin(head, origin);
	qfs_table_store_visit(&qfs_kind_signing_key, consider_key, &search);
	if (!search.found)
		QFS_THROW(QFS_STATE_MISMATCH, "there is no signing key");
	qfs_vkey_make(qfs_slice_of(origin), QFS_NOTE_ED25519, &search.key.checkpoint, out);
}

uint64
qfs_size_arg(FunctionCallInfo fcinfo, int n, const LedgerHead *head)
{
	uint64		size = PG_ARGISNULL(n) ? head->size : qfs_count_arg(fcinfo, n, "size");

	if (size > head->size)
		QFS_THROW(QFS_SIZE_UNKNOWN, "size %u was asked for, it has %u entries",
				  (uint64_t) size, (uint64_t) head->size);
	return size;
}

/* qfs.vkey(size) -> text */
PG_FUNCTION_INFO_V1(qfs_sql_vkey);
Datum
qfs_sql_vkey(PG_FUNCTION_ARGS)
{
	uint8_t		text[QFS_ORIGIN_MAX + 64];
	LedgerReader reader;
	LedgerHead	head;
	qfs_vkey	vkey;
	qfs_buf		buf;

	qfs_ledger_table_open(&reader, GetActiveSnapshot());
	qfs_ledger_head(&reader, 0, &head);
	find_vkey(&head, qfs_size_arg(fcinfo, 0, &head), &vkey);
	qfs_ledger_table_close(&reader);

	qfs_buf_init(&buf, text, sizeof(text));
	qfs_vkey_write(&buf, &vkey);
	PG_RETURN_TEXT_P(qfs_text_of(qfs_buf_slice(&buf)));
}

/* ---- checkpoints ---- */

/*
 * A signature outlives a rollback.  Entries of a transaction are the last ones,
 * and the keys of a ledger that begins are entry 0's.
 */
static void
check_committed(LedgerReader *reader, uint64 size)
{
	HeapTuple	row = qfs_ledger_row(reader, Max(size, 1) - 1);

	if (row == NULL)
		return;
	if (TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(row->t_data)))
		QFS_THROW(QFS_SIGN_OWN, "size %u", (uint64_t) size);
	heap_freetuple(row);
}

static void
add_cosignatures(qfs_buf *note, uint64 size)
{
	Oid			types[] = {INT8OID};
	Datum		values[] = {Int64GetDatum((int64) size)};

	SPI_connect();
	if (SPI_execute_with_args("SELECT line FROM qfs.cosignature WHERE size = $1 ORDER BY vkey",
							  1, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "qfs: cosignatures could not be read");
	for (uint64 i = 0; i < SPI_processed; i++)
		qfs_buf_text(note, SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1));
	SPI_finish();
}

static void
sign_checkpoint(qfs_buf *note, const qfs_vkey *vkey, uint64 size, const qfs_hash *root)
{
	qfs_key_pair pair;
	qfs_slice	body;

	qfs_checkpoint_write(note, qfs_slice_of(vkey->name), size, root);
	body = qfs_buf_slice(note);
	qfs_buf_byte(note, '\n');
	qfs_keyfile_find(&vkey->key, &pair);
	qfs_note_sign(note, vkey, pair.secret, body);
	sodium_memzero(&pair, sizeof(pair));
}

qfs_slice
qfs_make_checkpoint(LedgerReader *reader, const LedgerHead *head, uint64 size)
{
	qfs_buf		note;
	qfs_vkey	vkey;
	qfs_hash	root;
	qfs_error	err;

	find_vkey(head, size, &vkey);
	qfs_server_check();
	check_committed(reader, size);
	QFS_TRY(qfs_tree_root(&reader->tree, size, &root, &err), &err);
	qfs_buf_init(&note, palloc(QFS_NOTE_MAX), QFS_NOTE_MAX);
	qfs_wait_durable();
	sign_checkpoint(&note, &vkey, size, &root);
	add_cosignatures(&note, size);
	if (note.overflow)
		QFS_THROW(QFS_INTERNAL, "a checkpoint has too many cosignatures");
	return qfs_buf_slice(&note);
}

/* qfs.check_key_file() -> void */
PG_FUNCTION_INFO_V1(qfs_sql_check_key_file);
Datum
qfs_sql_check_key_file(PG_FUNCTION_ARGS)
{
	LedgerReader reader;
	LedgerHead	head;
	qfs_key_pair pair;
	qfs_vkey	vkey;

	qfs_ledger_table_open(&reader, GetActiveSnapshot());
	qfs_ledger_head(&reader, 0, &head);
	find_vkey(&head, head.size, &vkey);
	qfs_ledger_table_close(&reader);
	qfs_keyfile_find(&vkey.key, &pair);
	sodium_memzero(&pair, sizeof(pair));
	PG_RETURN_VOID();
}

/* qfs.checkpoint(size) -> text */
PG_FUNCTION_INFO_V1(qfs_sql_checkpoint);
Datum
qfs_sql_checkpoint(PG_FUNCTION_ARGS)
{
	LedgerReader reader;
	LedgerHead	head;
	qfs_slice	note;

	qfs_ledger_table_open(&reader, GetActiveSnapshot());
	qfs_ledger_head(&reader, 0, &head);
	note = qfs_make_checkpoint(&reader, &head, qfs_size_arg(fcinfo, 0, &head));
	qfs_ledger_table_close(&reader);
	PG_RETURN_TEXT_P(qfs_text_of(note));
}

/* qfs.tlog_proof(seq, size) -> text */
PG_FUNCTION_INFO_V1(qfs_sql_tlog_proof);
Datum
qfs_sql_tlog_proof(PG_FUNCTION_ARGS)
{
	LedgerReader reader;
	LedgerHead	head;
	qfs_proof	path;
	qfs_slice	note;
	qfs_buf		file;
	qfs_error	err;
	uint64		seq;
	uint64		size;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	seq = qfs_count_arg(fcinfo, 0, "seq");
	qfs_ledger_table_open(&reader, GetActiveSnapshot());
	qfs_ledger_head(&reader, 0, &head);
	size = qfs_size_arg(fcinfo, 1, &head);
	QFS_TRY(qfs_inclusion_proof(&reader.tree, seq, size, &path, &err), &err);
	note = qfs_make_checkpoint(&reader, &head, size);
	qfs_ledger_table_close(&reader);

	qfs_buf_init(&file, palloc(2 * QFS_NOTE_MAX), 2 * QFS_NOTE_MAX);
	qfs_tlog_proof_write(&file, seq, &path, note);
	PG_RETURN_TEXT_P(qfs_text_of(qfs_buf_slice(&file)));
}

/* ---- witnesses ---- */

/* qfs.add_witness(vkey) -> void */
PG_FUNCTION_INFO_V1(qfs_sql_add_witness);
Datum
qfs_sql_add_witness(PG_FUNCTION_ARGS)
{
	enum {VKEY, ADDED_AT, COLUMNS};
	Datum		key = PG_GETARG_DATUM(0);
	OwnRow		row;
	qfs_vkey	vkey;
	qfs_error	err;

	qfs_actor_check_role_acts();
	QFS_TRY(qfs_vkey_parse(qfs_varlena_arg(fcinfo, 0), &vkey, &err), &err);
	if (vkey.algorithm != QFS_NOTE_COSIGNATURE)
		QFS_THROW(QFS_VKEY_SYNTAX, "a witness has a key of type 0x04, cosignature/v1");
	qfs_own_row_lock(&row, "witness", COLUMNS, 1, &key);
	if (row.exists)
	{
		qfs_own_row_leave(&row);
		PG_RETURN_VOID();
	}
	row.values[ADDED_AT] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
	row.nulls[ADDED_AT] = false;
	qfs_own_row_put(&row);
	PG_RETURN_VOID();
}

static void
check_own_checkpoint(const qfs_checkpoint *checkpoint)
{
	char		origin[QFS_ORIGIN_MAX + 1];
	uint8_t		text[QFS_NOTE_BODY_MAX];
	LedgerReader reader;
	LedgerHead	head;
	qfs_hash	root;
	qfs_buf		body;
	qfs_error	err;

	qfs_ledger_table_open(&reader, GetActiveSnapshot());
	qfs_ledger_head(&reader, 0, &head);
	read_origin(&head, origin);
	if (!qfs_slice_equal(checkpoint->origin, qfs_slice_of(origin)))
		QFS_THROW(QFS_NOTE_MISMATCH, "its origin is \"%v\"", checkpoint->origin);
	if (checkpoint->size > head.size)
		QFS_THROW(QFS_NOTE_MISMATCH, "its size is %u, the ledger has %u entries",
				  checkpoint->size, (uint64_t) head.size);
	QFS_TRY(qfs_tree_root(&reader.tree, checkpoint->size, &root, &err), &err);
	if (memcmp(&root, &checkpoint->root, sizeof(root)) != 0)
		QFS_THROW(QFS_NOTE_MISMATCH, "its root is not that of size %u", checkpoint->size);
	/* A cosignature is served under our own text, so it must be over that text. */
	qfs_buf_init(&body, text, sizeof(text));
	qfs_checkpoint_write(&body, qfs_slice_of(origin), checkpoint->size, &root);
	if (!qfs_slice_equal(qfs_buf_slice(&body), checkpoint->body))
		QFS_THROW(QFS_NOTE_MISMATCH, "it has extension lines");
	qfs_ledger_table_close(&reader);
}

static void
store_cosignature(uint64 size, const char *vkey, qfs_slice line)
{
	Datum		keys[] = {Int64GetDatum((int64) size), CStringGetTextDatum(vkey)};
	OwnRow		row;

	qfs_own_row_lock(&row, "cosignature", COSIGNATURE_COLUMNS, 2, keys);
	row.values[COSIGNATURE_LINE] = PointerGetDatum(qfs_text_of(line));
	row.nulls[COSIGNATURE_LINE] = false;
	qfs_own_row_put(&row);
}

/* qfs.add_cosignature(note) -> integer */
PG_FUNCTION_INFO_V1(qfs_sql_add_cosignature);
Datum
qfs_sql_add_cosignature(PG_FUNCTION_ARGS)
{
	qfs_checkpoint checkpoint;
	SPITupleTable *witnesses;
	uint64		count;
	qfs_error	err;
	int32		stored = 0;

	QFS_TRY(qfs_checkpoint_parse(qfs_varlena_arg(fcinfo, 0), &checkpoint, &err), &err);
	check_own_checkpoint(&checkpoint);

	SPI_connect();
	if (SPI_execute("SELECT vkey FROM qfs.witness", true, 0) != SPI_OK_SELECT)
		elog(ERROR, "qfs: witnesses could not be read");
	witnesses = SPI_tuptable;
	count = SPI_processed;
	for (uint64 i = 0; i < count; i++)
	{
		char	   *text = SPI_getvalue(witnesses->vals[i], witnesses->tupdesc, 1);
		qfs_note_verdict verdict;
		qfs_vkey	vkey;
		qfs_slice	line;

		QFS_TRY(qfs_vkey_parse(qfs_slice_of(text), &vkey, &err), &err);
		verdict = qfs_note_verify(&checkpoint, &vkey, &line);
		if (verdict == QFS_NOTE_BAD)
			QFS_THROW(QFS_SIGNATURE_INVALID, "the cosignature of %s", vkey.name);
		if (verdict == QFS_NOTE_ABSENT)
			continue;
		store_cosignature(checkpoint.size, text, line);
		stored++;
	}
	SPI_finish();
	if (stored == 0)
		QFS_THROW(QFS_WITNESS_UNKNOWN, "%u witnesses are configured", (uint64_t) count);
	PG_RETURN_INT32(stored);
}
