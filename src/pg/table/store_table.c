/*
 * store_table.c - records in the state tables of schema qfs.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Columns follow the fields of the kind, so one piece of code serves every
 * table; there is no SQL, and therefore nothing that a search path, a rule or
 * an operator of somebody else's could change.
 */
#include "pg/base/compat.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_trigger.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "engine/reduce.h"
#include "ledger/registry.h"
#include "pg/base/amount_datum.h"
#include "pg/base/errors.h"
#include "pg/base/version.h"
#include "pg/table/known_rows.h"
#include "pg/table/row_write.h"
#include "pg/table/store_table.h"

#define FIELDS_MAX 32

/* ---- fields and columns ---- */

static Datum
field_to_datum(const qfs_field *field, const void *record)
{
	const char *p = (const char *) record + field->offset;

	switch (field->type)
	{
		case QFS_FIELD_INT:
			return Int64GetDatum(*(const int64_t *) p);
		case QFS_FIELD_BOOL:
			return BoolGetDatum(*(const bool *) p);
		case QFS_FIELD_AMOUNT:
			return qfs_amount_datum((const qfs_amount *) p);
		case QFS_FIELD_HASH:
		case QFS_FIELD_USER:
		case QFS_FIELD_ADDRESS:
			return PointerGetDatum(p);
		case QFS_FIELD_NAME:
		case QFS_FIELD_TEXT:
			return PointerGetDatum(cstring_to_text(p));
		case QFS_FIELD_JSON:
			return PointerGetDatum(cstring_to_text_with_len((const char *) ((const qfs_slice *) p)->data,
															((const qfs_slice *) p)->len));
	}
	pg_unreachable();
}

static void
datum_to_field(const qfs_field *field, Datum value, void *record)
{
	char	   *p = (char *) record + field->offset;

	switch (field->type)
	{
		case QFS_FIELD_INT:
			*(int64_t *) p = DatumGetInt64(value);
			break;
		case QFS_FIELD_BOOL:
			*(bool *) p = DatumGetBool(value);
			break;
		case QFS_FIELD_AMOUNT:
			*(qfs_amount *) p = qfs_amount_of_datum(value);
			break;
		case QFS_FIELD_HASH:
		case QFS_FIELD_USER:
		case QFS_FIELD_ADDRESS:
			memcpy(p, DatumGetPointer(value), qfs_field_size(field, record));
			break;
		case QFS_FIELD_NAME:
			memset(p, 0, QFS_TYPE_MAX + 1);
			text_to_cstring_buffer(DatumGetTextPP(value), p, QFS_TYPE_MAX + 1);
			break;
		case QFS_FIELD_TEXT:
			memset(p, 0, QFS_TEXT_MAX + 1);
			text_to_cstring_buffer(DatumGetTextPP(value), p, QFS_TEXT_MAX + 1);
			break;
		case QFS_FIELD_JSON:
			{
				/* A copy, because the row is not ours for longer than a moment. */
				text	   *json = DatumGetTextPCopy(value);

				*(qfs_slice *) p = (qfs_slice) {
					(const uint8_t *) VARDATA(json), VARSIZE(json) - VARHDRSZ
				};
				break;
			}
	}
}

static void
row_to_record(const qfs_kind *kind, TupleDesc desc, HeapTuple row, void *record)
{
	Datum		values[FIELDS_MAX];
	bool		nulls[FIELDS_MAX];

	heap_deform_tuple(row, desc, values, nulls);
	for (unsigned i = 0; i < kind->field_count; i++)
	{
		const qfs_field *field = &kind->fields[i];

		if (field->present != QFS_ALWAYS)
			*((bool *) record + field->present) = !nulls[i];
		else if (nulls[i])
			QFS_THROW(QFS_STATE_MISMATCH, "qfs.%s has a null in column %s",
					  kind->name, field->name);
		if (!nulls[i])
			datum_to_field(field, values[i], record);
	}
}

/* ---- tables ---- */

typedef struct StateTable
{
	Relation	rel;
	Relation	index;			/* the primary key's */
} StateTable;

static StateTable
open_table(const qfs_kind *kind, LOCKMODE mode)
{
	StateTable	t;
	Oid			index;

	qfs_version_check();
	t.rel = table_open(qfs_known_table(kind), mode);
	if (RelationGetDescr(t.rel)->natts != (int) kind->field_count ||
		kind->field_count > FIELDS_MAX)
		QFS_THROW(QFS_STATE_MISMATCH, "qfs.%s has %u columns, %u belong there", kind->name,
				  (uint64_t) RelationGetDescr(t.rel)->natts, (uint64_t) kind->field_count);
	index = QFS_PRIMARY_KEY_INDEX(t.rel);
	if (!OidIsValid(index))
		QFS_THROW(QFS_STATE_MISMATCH, "qfs.%s has no primary key", kind->name);
	t.index = index_open(index, AccessShareLock);
	return t;
}

/* The locks stay until the transaction ends, as a statement's do. */
static void
close_table(StateTable *t)
{
	index_close(t->index, NoLock);
	table_close(t->rel, NoLock);
}

/* ---- one row by its key ---- */

static HeapTuple
find_row(const StateTable *t, const qfs_kind *kind, const void *record, Snapshot snapshot)
{
	Datum		keys[FIELDS_MAX];

	for (unsigned i = 0; i < kind->keys; i++)
		keys[i] = field_to_datum(&kind->fields[i], record);
	return qfs_row_find(t->rel, t->index, (int) kind->keys, keys, snapshot);
}

/* Reads the row of a record's key, if there is one, and where it is. */
static bool
read_row(const qfs_kind *kind, void *record, Snapshot snapshot, ItemPointer place)
{
	StateTable	t = open_table(kind, AccessShareLock);
	HeapTuple	row = find_row(&t, kind, record, snapshot);

	if (row != NULL)
	{
		row_to_record(kind, RelationGetDescr(t.rel), row, record);
		*place = row->t_self;
		heap_freetuple(row);
	}
	close_table(&t);
	return row != NULL;
}

static qfs_status
table_get(qfs_store *store, const qfs_kind *kind, void *record, bool *found, qfs_error *err)
{
	const KnownRow *known = qfs_known_row(kind, record);
	ItemPointerData place;

	if (known != NULL && (known->whole || !known->exists))
	{
		*found = known->exists;
		if (*found)
			memcpy(record, known->record, kind->size);
		return QFS_OK;
	}
	*found = read_row(kind, record, SnapshotSelf, &place);
	qfs_know_row(kind, record, *found ? &place : NULL);
	return QFS_OK;
}

/* Finds the row that a record takes the place of; false = there is none. */
static bool
find_place(const StateTable *t, const qfs_kind *kind, const void *record, ItemPointer out)
{
	const KnownRow *known = qfs_known_row(kind, record);
	HeapTuple	row;

	if (known != NULL)
	{
		*out = known->place;
		return known->exists;
	}
	row = find_row(t, kind, record, SnapshotSelf);
	if (row != NULL)
		*out = row->t_self;
	return row != NULL;
}

static qfs_status
table_put(qfs_store *store, const qfs_kind *kind, const void *record, qfs_error *err)
{
	StateTable	t = open_table(kind, RowExclusiveLock);
	ItemPointerData place;
	bool		nulls[FIELDS_MAX] = {false};
	Datum		values[FIELDS_MAX];
	HeapTuple	row;

	for (unsigned i = 0; i < kind->field_count; i++)
	{
		nulls[i] = !qfs_field_present(&kind->fields[i], record);
		values[i] = nulls[i] ? (Datum) 0 : field_to_datum(&kind->fields[i], record);
	}
	row = heap_form_tuple(RelationGetDescr(t.rel), values, nulls);
	qfs_row_write(t.rel, row, find_place(&t, kind, record, &place) ? &place : NULL);
	qfs_know_row(kind, record, &row->t_self);
	heap_freetuple(row);
	/* Whoever remembers a record of this kind hears of it, at commit or rollback. */
	if (kind->rare)
		CacheInvalidateRelcache(t.rel);
	close_table(&t);
	/* So that the same event may change the record again. */
	CommandCounterIncrement();
	return QFS_OK;
}

qfs_store *
qfs_table_store(void)
{
	static qfs_store store = {table_get, table_put};

	return &store;
}

/* Known rows are those of the trigger, which sees more. */
static qfs_status
snapshot_get(qfs_store *store, const qfs_kind *kind, void *record, bool *found, qfs_error *err)
{
	ItemPointerData ignored;

	*found = read_row(kind, record, GetActiveSnapshot(), &ignored);
	return QFS_OK;
}

static qfs_status
snapshot_put(qfs_store *store, const qfs_kind *kind, const void *record, qfs_error *err)
{
	return qfs_fail(err, QFS_INTERNAL, "a snapshot of qfs.%s takes no record", kind->name);
}

qfs_store *
qfs_snapshot_store(void)
{
	static qfs_store store = {snapshot_get, snapshot_put};

	return &store;
}

bool
qfs_ledger_has_state(void)
{
	qfs_ledger_record record = {.number = 0};
	/* Set for compilers that optimize at link time, and warn. */
	qfs_error	err = {.status = QFS_INTERNAL};
	bool		found;

	QFS_TRY(table_get(qfs_table_store(), &qfs_kind_ledger, &record, &found, &err), &err);
	return found;
}

/* ---- all rows ---- */

void
qfs_table_store_visit(const qfs_kind *kind, qfs_record_visitor visit, void *context)
{
	StateTable	t = open_table(kind, AccessShareLock);
	void	   *record = palloc(kind->size);
	TableScanDesc scan = table_beginscan(t.rel, GetActiveSnapshot(), 0, NULL);
	HeapTuple	row;

	while ((row = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		memset(record, 0, kind->size);
		row_to_record(kind, RelationGetDescr(t.rel), row, record);
		visit(context, kind, record);
	}
	table_endscan(scan);
	pfree(record);
	close_table(&t);
}

void
qfs_table_store_clear(const qfs_kind *kind)
{
	StateTable	t = open_table(kind, RowExclusiveLock);
	TableScanDesc scan = table_beginscan(t.rel, SnapshotSelf, 0, NULL);
	HeapTuple	row;

	qfs_row_refuse_watched(t.rel, TRIGGER_TYPE_DELETE);
	qfs_forget_rows(kind);
	while ((row = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		CatalogTupleDelete(t.rel, &row->t_self);
	}
	table_endscan(scan);
	if (kind->rare)
		CacheInvalidateRelcache(t.rel);
	close_table(&t);
}

/* ---- reducers that remember ---- */

/* Which table it was does not matter: to look a record up again is cheap. */
static void
forget_records(Datum reducer, Oid relation)
{
	qfs_reducer_forget((qfs_reducer *) DatumGetPointer(reducer));
}

void
qfs_table_reducer_init(qfs_reducer *reducer)
{
	qfs_reducer_init(reducer, &qfs_registry_own, qfs_table_store(), true);
	CacheRegisterRelcacheCallback(forget_records, PointerGetDatum(reducer));
}

qfs_reducer *
qfs_table_reducer(void)
{
	static qfs_reducer *reducer = NULL;
	qfs_error	err;

	if (reducer == NULL)
	{
		qfs_reducer *made = MemoryContextAlloc(TopMemoryContext, sizeof(qfs_reducer));

		qfs_table_reducer_init(made);
		reducer = made;
	}
	AcceptInvalidationMessages();
	QFS_TRY(qfs_reducer_refresh(reducer, &err), &err);
	return reducer;
}
