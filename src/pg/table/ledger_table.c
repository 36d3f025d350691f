/*
 * ledger_table.c - the table qfs.ledger: its columns, and rows found by seq.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/skey.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "pg/base/args.h"
#include "pg/base/clock.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/base/version.h"
#include "pg/table/entry_columns.h"
#include "pg/table/ledger_table.h"

Oid
qfs_table_oid(const char *name)
{
	Oid			oid;

	qfs_version_check();
	oid = get_relname_relid(name, get_namespace_oid("qfs", false));
	if (!OidIsValid(oid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table qfs.%s does not exist", name),
				 errhint("Run CREATE EXTENSION qfs.")));
	return oid;
}

/* Node (level, index) is in the row that completed it. */
static qfs_status
read_node(qfs_tree *tree, unsigned level, uint64_t index, qfs_hash *out, qfs_error *err)
{
	LedgerReader *reader = (LedgerReader *) tree;
	uint64		seq = qfs_node_row(level, index);
	HeapTuple	row = qfs_ledger_row(reader, seq);
	bytea	   *nodes;
	Datum		value;
	bool		isnull;

	if (row == NULL)
		return qfs_fail(err, QFS_ENTRY_UNKNOWN, "entry %u is missing", (uint64_t) seq);
	if (level == 0)
	{
		qfs_ledger_row_hash(reader, row, LEDGER_HASH, out);
		heap_freetuple(row);
		return QFS_OK;
	}
	value = heap_getattr(row, LEDGER_NODES, RelationGetDescr(reader->rel), &isnull);
	nodes = isnull ? NULL : DatumGetByteaPP(value);
	if (nodes == NULL || VARSIZE_ANY_EXHDR(nodes) < level * QFS_HASH_LEN)
		return qfs_fail(err, QFS_NODES_MISMATCH, "entry %u", (uint64_t) seq);
	memcpy(out->bytes, VARDATA_ANY(nodes) + (level - 1) * QFS_HASH_LEN, QFS_HASH_LEN);
	heap_freetuple(row);
	return QFS_OK;
}

void
qfs_ledger_table_open(LedgerReader *reader, Snapshot snapshot)
{
	qfs_ledger_table_open_rel(reader, table_open(qfs_table_oid("ledger"), AccessShareLock), snapshot);
	reader->owns_rel = true;
}

void
qfs_ledger_table_open_rel(LedgerReader *reader, Relation rel, Snapshot snapshot)
{
	reader->tree.node = read_node;
	reader->rel = rel;
	reader->index = NULL;
	reader->snapshot = snapshot;
	reader->owns_rel = false;
}

void
qfs_ledger_table_close(LedgerReader *reader)
{
	if (reader->index != NULL)
		index_close(reader->index, AccessShareLock);
	if (reader->owns_rel)
		table_close(reader->rel, AccessShareLock);
}

static SysScanDesc
begin_scan(LedgerReader *reader, StrategyNumber strategy, RegProcedure comparison, uint64 seq)
{
	ScanKeyData key;

	/* In a long batch most rows need no look into the table at all. */
	if (reader->index == NULL)
		reader->index = index_open(QFS_PRIMARY_KEY_INDEX(reader->rel), AccessShareLock);
	ScanKeyInit(&key, LEDGER_SEQ, strategy, comparison, Int64GetDatum((int64) seq));
	return systable_beginscan_ordered(reader->rel, reader->index, reader->snapshot, 1, &key);
}

/* Looks for the last entry among those from `from` on; false = there is none. */
static bool
last_entry(LedgerReader *reader, uint64 from, LedgerHead *out)
{
	SysScanDesc scan = begin_scan(reader, BTGreaterEqualStrategyNumber, F_INT8GE, from);
	HeapTuple	row = systable_getnext_ordered(scan, BackwardScanDirection);
	bool		found = HeapTupleIsValid(row);

	if (found)
	{
		out->size = (uint64) qfs_ledger_row_int(reader, row, LEDGER_SEQ) + 1;
		out->at = qfs_ledger_row_int(reader, row, LEDGER_AT);
		qfs_ledger_row_hash(reader, row, LEDGER_HASH, &out->hash);
	}
	systable_endscan_ordered(scan);
	return found;
}

void
qfs_ledger_head(LedgerReader *reader, uint64 hint, LedgerHead *out)
{
	memset(out, 0, sizeof(*out));
	/* A hint that was wrong finds nothing; then everything is looked at. */
	if (hint == 0 || !last_entry(reader, hint, out))
		last_entry(reader, 0, out);
}

void
qfs_ledger_head_seen(Snapshot snapshot, LedgerHead *out)
{
	static uint64 hint = 0;
	LedgerReader reader;

	qfs_ledger_table_open(&reader, snapshot);
	qfs_ledger_head(&reader, hint, out);
	qfs_ledger_table_close(&reader);
	hint = out->size > 0 ? out->size - 1 : 0;
}

int64
qfs_ledger_now(void)
{
	LedgerHead	head;

	qfs_ledger_head_seen(SnapshotSelf, &head);
	return Max(qfs_now_ms(), head.at);
}

bool
qfs_ledger_has_other_index(Relation ledger)
{
	/* The relation's own list: what RelationGetIndexList gives is a copy. */
	if (!ledger->rd_indexvalid)
		list_free(RelationGetIndexList(ledger));
	return list_length(ledger->rd_indexlist) > 1;
}

HeapTuple
qfs_ledger_row(LedgerReader *reader, uint64 seq)
{
	SysScanDesc scan = begin_scan(reader, BTEqualStrategyNumber, F_INT8EQ, seq);
	HeapTuple	row = systable_getnext_ordered(scan, ForwardScanDirection);
	HeapTuple	copy = HeapTupleIsValid(row) ? heap_copytuple(row) : NULL;

	systable_endscan_ordered(scan);
	return copy;
}

SysScanDesc
qfs_ledger_scan(LedgerReader *reader, uint64 from)
{
	return begin_scan(reader, BTGreaterEqualStrategyNumber, F_INT8GE, from);
}

HeapTuple
qfs_ledger_scan_next(SysScanDesc scan)
{
	HeapTuple	row = systable_getnext_ordered(scan, ForwardScanDirection);

	return HeapTupleIsValid(row) ? row : NULL;
}

void
qfs_ledger_scan_end(SysScanDesc scan)
{
	systable_endscan_ordered(scan);
}

int64
qfs_ledger_row_int(LedgerReader *reader, HeapTuple row, int column)
{
	bool		isnull;

	return DatumGetInt64(heap_getattr(row, column, RelationGetDescr(reader->rel), &isnull));
}

void
qfs_ledger_row_hash(LedgerReader *reader, HeapTuple row, int column, qfs_hash *out)
{
	bool		isnull;
	Datum		value = heap_getattr(row, column, RelationGetDescr(reader->rel), &isnull);

	/* Whoever owns the table can have it forget that it admits none. */
	if (isnull)
		QFS_THROW(QFS_ENTRY_INCOMPLETE, "a column is null");
	memcpy(out, DatumGetPointer(value), sizeof(*out));
}

/* ---- a row as an entry ---- */

/* One jsonb column, as canonical JSON. */
static qfs_status
read_json(Datum value, bool isnull, qfs_json_type type, qfs_buf *json, qfs_slice *out, qfs_error *err)
{
	size_t		start = json->len;
	qfs_status	status;

	if (isnull)
		return qfs_fail(err, QFS_ENTRY_INCOMPLETE, "auth, payload, outcome or accounts is null");
	status = qfs_jsonb_write_stored(json, value, 1, err);
	if (status != QFS_OK)
		return status;
	if (json->overflow)
		return qfs_fail(err, QFS_ENTRY_TOO_LARGE, "its JSON alone is longer");
	*out = (qfs_slice) {json->data + start, json->len - start};
	if (qfs_json_type_of(*out) != type)
		return qfs_fail(err, QFS_ENTRY_FORMAT, "auth, payload and outcome must be objects, accounts a list");
	return QFS_OK;
}

static qfs_status
read_sig(Datum value, bool isnull, qfs_buf *json, qfs_slice *out, qfs_error *err)
{
	size_t		start = json->len;

	if (isnull)
		qfs_buf_text(json, "null");
	else
		qfs_json_write_string(json, qfs_varlena_of(value));
	*out = (qfs_slice) {json->data + start, json->len - start};
	return json->overflow ? qfs_fail(err, QFS_ENTRY_TOO_LARGE, "its JSON alone is longer") : QFS_OK;
}

static qfs_status
read_salt(Datum value, bool isnull, qfs_salt *out, qfs_error *err)
{
	qfs_slice	salt;

	if (isnull)
		return qfs_fail(err, QFS_ENTRY_INCOMPLETE, "a column is null");
	salt = qfs_varlena_of(value);
	if (salt.len != sizeof(out->bytes))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "salt has %u bytes", (uint64_t) salt.len);
	memcpy(out->bytes, salt.data, salt.len);
	return QFS_OK;
}

static void
read_nodes(Datum value, bool isnull, LedgerEntry *out)
{
	bytea	   *nodes;
	size_t		len;

	out->has_nodes = !isnull;
	out->count = LEDGER_NO_NODES;
	if (isnull)
		return;
	nodes = DatumGetByteaPP(value);
	len = VARSIZE_ANY_EXHDR(nodes);
	if (len % QFS_HASH_LEN != 0 || len > sizeof(out->nodes))
		return;
	out->count = (unsigned) (len / QFS_HASH_LEN);
	memcpy(out->nodes, VARDATA_ANY(nodes), len);
}

void
qfs_ledger_check_columns(Relation ledger)
{
	if (RelationGetDescr(ledger)->natts != LEDGER_COLUMNS)
		QFS_THROW(QFS_STATE_MISMATCH, "qfs.ledger has or had %i columns",
				  (int64_t) RelationGetDescr(ledger)->natts);
}

/* The table's own columns; one that somebody added behind them is left out. */
static void
deform(TupleDesc desc, HeapTuple row, Datum *values, bool *nulls)
{
	if (desc->natts == LEDGER_COLUMNS)
		heap_deform_tuple(row, desc, values, nulls);
	else
		for (int column = 1; column <= LEDGER_COLUMNS; column++)
			values[column - 1] = heap_getattr(row, column, desc, &nulls[column - 1]);
}

qfs_status
qfs_ledger_decode(TupleDesc desc, HeapTuple row, void *json, LedgerEntry *out, qfs_error *err)
{
	Datum		values[LEDGER_COLUMNS];
	bool		nulls[LEDGER_COLUMNS];
	qfs_entry  *entry = &out->entry;
	qfs_buf		act;
	qfs_status	status;
	bool		is_erased;

#define VALUE(column) values[(column) - 1]
#define IS_NULL(column) nulls[(column) - 1]

	deform(desc, row, values, nulls);
	qfs_buf_init(&out->json, json, LEDGER_JSON_MAX);

	if (IS_NULL(LEDGER_SEQ) || IS_NULL(LEDGER_AT) || IS_NULL(LEDGER_TYPE) ||
		IS_NULL(LEDGER_PREV) || IS_NULL(LEDGER_HASH))
		return qfs_fail(err, QFS_ENTRY_INCOMPLETE, "a column is null");
	entry->seq = (uint64_t) DatumGetInt64(VALUE(LEDGER_SEQ));
	entry->at = DatumGetInt64(VALUE(LEDGER_AT));
	entry->type = qfs_varlena_of(VALUE(LEDGER_TYPE));
	entry->has_actor = !IS_NULL(LEDGER_ACTOR);
	if (entry->has_actor)
		memcpy(&entry->actor, DatumGetPointer(VALUE(LEDGER_ACTOR)), sizeof(entry->actor));
	memcpy(&entry->prev, DatumGetPointer(VALUE(LEDGER_PREV)), sizeof(entry->prev));
	memcpy(&out->hash, DatumGetPointer(VALUE(LEDGER_HASH)), sizeof(out->hash));
	read_nodes(VALUE(LEDGER_NODES), IS_NULL(LEDGER_NODES), out);

	/* One that was not erased has the salt of all parts. */
	is_erased = IS_NULL(LEDGER_PAYLOAD) && IS_NULL(LEDGER_SIG) && !IS_NULL(LEDGER_SALT) &&
		qfs_varlena_of(VALUE(LEDGER_SALT)).len != sizeof(qfs_salt);
	status = qfs_type_check(entry->type, err);
	if (status == QFS_OK)
		status = read_json(VALUE(LEDGER_AUTH), IS_NULL(LEDGER_AUTH), QFS_JSON_OBJECT, &out->json, &entry->auth, err);
	if (status == QFS_OK)
		status = is_erased ? QFS_OK : read_json(VALUE(LEDGER_PAYLOAD), IS_NULL(LEDGER_PAYLOAD), QFS_JSON_OBJECT,
												&out->json, &entry->payload, err);
	if (status == QFS_OK)
		status = read_json(VALUE(LEDGER_OUTCOME), IS_NULL(LEDGER_OUTCOME), QFS_JSON_OBJECT, &out->json,
						   &entry->outcome, err);
	if (status == QFS_OK)
		status = read_json(VALUE(LEDGER_ACCOUNTS), IS_NULL(LEDGER_ACCOUNTS), QFS_JSON_ARRAY, &out->json,
						   &entry->accounts, err);
	if (status == QFS_OK && !is_erased)
		status = read_sig(VALUE(LEDGER_SIG), IS_NULL(LEDGER_SIG), &out->json, &entry->sig, err);
	if (status == QFS_OK && !is_erased)
		status = read_salt(VALUE(LEDGER_SALT), IS_NULL(LEDGER_SALT), &entry->salt, err);
	if (status != QFS_OK)
		return status;
	qfs_buf_init(&act, out->act, sizeof(out->act));
	if (!is_erased)
		return qfs_entry_commit(entry, &act, err);
	return qfs_erased_read(qfs_varlena_of(VALUE(LEDGER_SALT)), entry, &act, err);
#undef VALUE
#undef IS_NULL
}

qfs_slice
qfs_ledger_line(LedgerReader *reader, HeapTuple row)
{
	LedgerEntry *decoded = palloc(sizeof(*decoded));
	void	   *json = palloc(LEDGER_JSON_MAX);
	qfs_buf		line;
	qfs_error	err;

	qfs_buf_init(&line, palloc(QFS_LINE_MAX), QFS_LINE_MAX);
	QFS_TRY(qfs_ledger_decode(RelationGetDescr(reader->rel), row, json, decoded, &err), &err);
	QFS_TRY(qfs_line_write(&decoded->entry, &line, &err), &err);
	pfree(json);
	pfree(decoded);
	return qfs_buf_slice(&line);
}

void
qfs_ledger_head_bytes(LedgerReader *reader, HeapTuple row, qfs_buf *out)
{
	LedgerEntry *decoded = palloc(sizeof(*decoded));
	void	   *json = palloc(LEDGER_JSON_MAX);
	qfs_error	err;

	QFS_TRY(qfs_ledger_decode(RelationGetDescr(reader->rel), row, json, decoded, &err), &err);
	qfs_head_write(&decoded->entry, out);
	pfree(json);
	pfree(decoded);
}
