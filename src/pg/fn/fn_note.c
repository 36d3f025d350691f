/*
 * fn_note.c - SQL functions around signed checkpoints: keys, notes, proofs, witnesses.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include <sodium.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/snapmgr.h"

#include "log/note.h"
#include "pg/append/actor.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/fn/checkpoint.h"
#include "pg/secret/keyfile.h"
#include "pg/table/ledger_table.h"
#include "pg/table/off_ledger.h"
#include "pg/table/own_row.h"

/* ---- keys and checkpoints ---- */

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
	qfs_checkpoint_vkey(&head, qfs_size_arg(fcinfo, 0, &head), &vkey);
	qfs_ledger_table_close(&reader);

	qfs_buf_init(&buf, text, sizeof(text));
	qfs_vkey_write(&buf, &vkey);
	PG_RETURN_TEXT_P(qfs_text_of(qfs_buf_slice(&buf)));
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
	qfs_checkpoint_vkey(&head, head.size, &vkey);
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
	note = qfs_make_checkpoint(&reader, &head, qfs_signed_size_arg(fcinfo, 0, &head, 0));
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
	size = qfs_signed_size_arg(fcinfo, 1, &head, seq + 1);
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
	qfs_own_row_set(&row, ADDED_AT, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()));
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
	qfs_checkpoint_origin(&head, origin);
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
	qfs_own_row_set(&row, COSIGNATURE_LINE, PointerGetDatum(qfs_text_of(line)));
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
