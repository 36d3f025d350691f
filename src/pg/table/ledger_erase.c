/*
 * ledger_erase.c - takes payload and signature out of a row of the ledger.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/table/ledger_erase.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "utils/snapmgr.h"

#include "ledger/registry.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/table/entry_columns.h"
#include "pg/table/ledger_table.h"
#include "pg/table/row_write.h"

/* The row without what goes. */
static HeapTuple
without_payload(Relation ledger, HeapTuple row, const qfs_entry *entry)
{
	int			columns[] = {LEDGER_PAYLOAD, LEDGER_SIG, LEDGER_SALT};
	Datum		values[] = {(Datum) 0, (Datum) 0, PointerGetDatum(qfs_salt_column(entry))};
	bool		nulls[] = {true, true, false};

	return heap_modify_tuple_by_cols(row, RelationGetDescr(ledger), lengthof(columns), columns, values, nulls);
}

void
qfs_ledger_erase(Relation ledger, uint64 seq)
{
	void	   *json = palloc(LEDGER_JSON_MAX);
	LedgerEntry *e = palloc(sizeof(*e));
	LedgerReader reader;
	ItemPointerData place;
	HeapTuple	row;
	qfs_error	err;

	qfs_ledger_table_open_rel(&reader, ledger, SnapshotSelf);
	row = qfs_ledger_row(&reader, seq);
	qfs_ledger_table_close(&reader);
	if (row == NULL)
		QFS_THROW(QFS_ENTRY_UNKNOWN, "entry %u", (uint64_t) seq);
	QFS_TRY(qfs_ledger_decode(RelationGetDescr(ledger), row, json, e, &err), &err);
	/* Nor does anybody's word take what qfs needs to go on. */
	if (!e->entry.is_full || !qfs_registry_erases(&qfs_registry_own, e->entry.type))
		return;
	qfs_row_refuse_published(ledger);
	qfs_entry_hide(&e->entry, QFS_PART_PAYLOAD);
	qfs_entry_hide(&e->entry, QFS_PART_SIG);
	place = row->t_self;
	qfs_row_write(ledger, without_payload(ledger, row, &e->entry), &place);
	CommandCounterIncrement();
	pfree(e);
	pfree(json);
}
