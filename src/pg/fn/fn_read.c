/*
 * fn_read.c - SQL functions that read the ledger: head, roots, proofs, lines, tiles.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * They read through the active snapshot, so a query sees one ledger however
 * many of them it calls.
 */
#include "pg/base/compat.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/table/ledger_table.h"

/* Opens the ledger and reads its head. */
static void
open_ledger(LedgerReader *reader, LedgerHead *head)
{
	qfs_ledger_table_open(reader, GetActiveSnapshot());
	qfs_ledger_head(reader, 0, head);
}

static void
check_size(uint64 size, const LedgerHead *head)
{
	if (size > head->size)
		QFS_THROW(QFS_SIZE_UNKNOWN, "size %u was asked for, it has %u entries",
				  (uint64_t) size, (uint64_t) head->size);
}

/* qfs.head() -> seq, hash, at, size */
PG_FUNCTION_INFO_V1(qfs_sql_head);
Datum
qfs_sql_head(PG_FUNCTION_ARGS)
{
	LedgerHead	head;
	TupleDesc	desc;
	Datum		values[4];
	bool		nulls[4] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "qfs.head() has no row type");
	qfs_ledger_head_seen(GetActiveSnapshot(), &head);

	nulls[0] = nulls[1] = nulls[2] = head.size == 0;
	values[0] = Int64GetDatum((int64) head.size - 1);
	values[1] = qfs_hash_datum(&head.hash);
	values[2] = Int64GetDatum(head.at);
	values[3] = Int64GetDatum((int64) head.size);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/* qfs.root(size) -> qfs.hash */
PG_FUNCTION_INFO_V1(qfs_sql_root);
Datum
qfs_sql_root(PG_FUNCTION_ARGS)
{
	uint64		size = qfs_count_arg(fcinfo, 0, "size");
	qfs_hash   *out = palloc(sizeof(qfs_hash));
	LedgerReader reader;
	LedgerHead	head;
	qfs_error	err;

	open_ledger(&reader, &head);
	check_size(size, &head);
	QFS_TRY(qfs_tree_root(&reader.tree, size, out, &err), &err);
	qfs_ledger_table_close(&reader);
	PG_RETURN_POINTER(out);
}

typedef qfs_status (*ProofFunction) (qfs_tree *tree, uint64_t from, uint64_t size,
									 qfs_proof *out, qfs_error *err);

static Datum
prove(FunctionCallInfo fcinfo, const char *first, const char *second, ProofFunction function)
{
	uint64		from = qfs_count_arg(fcinfo, 0, first);
	uint64		size = qfs_count_arg(fcinfo, 1, second);
	qfs_proof	proof;
	LedgerReader reader;
	LedgerHead	head;
	qfs_error	err;

	open_ledger(&reader, &head);
	check_size(size, &head);
	QFS_TRY(function(&reader.tree, from, size, &proof, &err), &err);
	qfs_ledger_table_close(&reader);
	PG_RETURN_ARRAYTYPE_P(qfs_hashes_of(proof.hashes, proof.count));
}

/* qfs.inclusion_proof(seq, size) -> qfs.hash[] */
PG_FUNCTION_INFO_V1(qfs_sql_inclusion_proof);
Datum
qfs_sql_inclusion_proof(PG_FUNCTION_ARGS)
{
	return prove(fcinfo, "seq", "size", qfs_inclusion_proof);
}

/* qfs.consistency_proof(old, new) -> qfs.hash[] */
PG_FUNCTION_INFO_V1(qfs_sql_consistency_proof);
Datum
qfs_sql_consistency_proof(PG_FUNCTION_ARGS)
{
	return prove(fcinfo, "old", "new", qfs_consistency_proof);
}

/* Opens the ledger and finds the row of an entry. */
static HeapTuple
open_at(LedgerReader *reader, uint64 seq)
{
	HeapTuple	row;

	qfs_ledger_table_open(reader, GetActiveSnapshot());
	row = qfs_ledger_row(reader, seq);
	if (row == NULL)
		QFS_THROW(QFS_ENTRY_UNKNOWN, "entry %u", (uint64_t) seq);
	return row;
}

/* qfs.entry_head(seq) -> text */
PG_FUNCTION_INFO_V1(qfs_sql_entry_head);
Datum
qfs_sql_entry_head(PG_FUNCTION_ARGS)
{
	uint8		memory[QFS_HEAD_MAX];
	qfs_buf		head;
	LedgerReader reader;
	HeapTuple	row = open_at(&reader, qfs_count_arg(fcinfo, 0, "seq"));

	qfs_buf_init(&head, memory, sizeof(memory));
	qfs_ledger_head_bytes(&reader, row, &head);
	qfs_ledger_table_close(&reader);
	PG_RETURN_TEXT_P(qfs_text_of(qfs_buf_slice(&head)));
}

/* qfs.entry(seq) -> text */
PG_FUNCTION_INFO_V1(qfs_sql_entry);
Datum
qfs_sql_entry(PG_FUNCTION_ARGS)
{
	LedgerReader reader;
	HeapTuple	row = open_at(&reader, qfs_count_arg(fcinfo, 0, "seq"));
	text	   *line = qfs_text_of(qfs_ledger_line(&reader, row));

	qfs_ledger_table_close(&reader);
	PG_RETURN_TEXT_P(line);
}

/* qfs.export(from, to) -> setof text */
PG_FUNCTION_INFO_V1(qfs_sql_export);
Datum
qfs_sql_export(PG_FUNCTION_ARGS)
{
	uint64		from = PG_ARGISNULL(0) ? 0 : qfs_count_arg(fcinfo, 0, "from");
	uint64		to = PG_ARGISNULL(1) ? PG_INT64_MAX : qfs_count_arg(fcinfo, 1, "to");
	MemoryContext per_row = AllocSetContextCreate(CurrentMemoryContext, "qfs export",
												  ALLOCSET_DEFAULT_SIZES);
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	LedgerReader reader;
	SysScanDesc scan;
	HeapTuple	row;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	qfs_ledger_table_open(&reader, GetActiveSnapshot());
	scan = qfs_ledger_scan(&reader, from);
	while ((row = qfs_ledger_scan_next(scan)) != NULL &&
		   (uint64) qfs_ledger_row_int(&reader, row, LEDGER_SEQ) <= to)
	{
		MemoryContext old = MemoryContextSwitchTo(per_row);
		Datum		value = PointerGetDatum(qfs_text_of(qfs_ledger_line(&reader, row)));
		bool		isnull = false;

		tuplestore_putvalues(result->setResult, result->setDesc, &value, &isnull);
		MemoryContextSwitchTo(old);
		MemoryContextReset(per_row);
		CHECK_FOR_INTERRUPTS();
	}
	qfs_ledger_scan_end(scan);
	qfs_ledger_table_close(&reader);
	MemoryContextDelete(per_row);
	return (Datum) 0;
}

/* ---- C2SP tlog-tiles ---- */

#define TILE_HEIGHT 8
#define TILE_WIDTH (1 << TILE_HEIGHT)

/* Is the tile there: is each of its hashes complete at the current size? */
static void
check_tile(int32 level, int64 n, int32 width, const LedgerHead *head)
{
	uint64		hashes;

	if (level < 0 || level >= QFS_TREE_LEVELS / TILE_HEIGHT || n < 0 || width < 1 ||
		width > TILE_WIDTH)
		QFS_THROW(QFS_TILE_UNKNOWN, "level %i, number %i, width %i",
				  (int64_t) level, (int64_t) n, (int64_t) width);
	hashes = head->size >> (TILE_HEIGHT * level);
	if ((uint64) n > hashes / TILE_WIDTH || (uint64) n * TILE_WIDTH + width > hashes)
		QFS_THROW(QFS_TILE_UNKNOWN, "level %i, number %i, width %i: the level has %u hashes",
				  (int64_t) level, (int64_t) n, (int64_t) width, (uint64_t) hashes);
}

/* qfs.tile(level, n, width) -> bytea */
PG_FUNCTION_INFO_V1(qfs_sql_tile);
Datum
qfs_sql_tile(PG_FUNCTION_ARGS)
{
	int32		level = PG_GETARG_INT32(0);
	int64		n = PG_GETARG_INT64(1);
	int32		width = PG_GETARG_INT32(2);
	qfs_hash	hashes[TILE_WIDTH];
	LedgerReader reader;
	LedgerHead	head;
	qfs_error	err;

	open_ledger(&reader, &head);
	check_tile(level, n, width, &head);
	for (int32 i = 0; i < width; i++)
		QFS_TRY(reader.tree.node(&reader.tree, TILE_HEIGHT * level,
								 (uint64) n * TILE_WIDTH + i, &hashes[i], &err), &err);
	qfs_ledger_table_close(&reader);
	PG_RETURN_BYTEA_P(qfs_bytea_of((qfs_slice) {(uint8_t *) hashes, width * sizeof(qfs_hash)}));
}

/* qfs.entry_bundle(n, width) -> bytea */
PG_FUNCTION_INFO_V1(qfs_sql_entry_bundle);
Datum
qfs_sql_entry_bundle(PG_FUNCTION_ARGS)
{
	int64		n = PG_GETARG_INT64(0);
	int32		width = PG_GETARG_INT32(1);
	StringInfoData out;
	LedgerReader reader;
	LedgerHead	head;
	SysScanDesc scan;

	open_ledger(&reader, &head);
	check_tile(0, n, width, &head);
	initStringInfo(&out);
	scan = qfs_ledger_scan(&reader, (uint64) n * TILE_WIDTH);
	for (int32 i = 0; i < width; i++)
	{
		HeapTuple	row = qfs_ledger_scan_next(scan);
		uint8		memory[QFS_HEAD_MAX];
		qfs_buf		head_bytes;

		if (row == NULL)
			QFS_THROW(QFS_ENTRY_UNKNOWN, "entry %u is missing", (uint64_t) n * TILE_WIDTH + i);
		qfs_buf_init(&head_bytes, memory, sizeof(memory));
		qfs_ledger_head_bytes(&reader, row, &head_bytes);
		appendStringInfoChar(&out, (char) (head_bytes.len >> 8));
		appendStringInfoChar(&out, (char) (head_bytes.len & 0xFF));
		appendBinaryStringInfo(&out, (const char *) memory, (int) head_bytes.len);
	}
	qfs_ledger_scan_end(scan);
	qfs_ledger_table_close(&reader);
	PG_RETURN_BYTEA_P(qfs_bytea_of((qfs_slice) {(uint8_t *) out.data, out.len}));
}
