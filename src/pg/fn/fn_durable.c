/*
 * fn_durable.c - SQL functions for whoever tells others of entries: how far that may go, and what is kept elsewhere.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "access/htup_details.h"
#include "access/xlog.h"
#include "funcapi.h"
#include "utils/snapmgr.h"

#include "pg/append/durable_head.h"
#include "pg/base/args.h"
#include "pg/base/clock.h"
#include "pg/base/errors.h"
#include "pg/base/guc.h"
#include "pg/fn/checkpoint.h"
#include "pg/table/off_ledger.h"
#include "pg/table/own_row.h"
#include "pg/table/published.h"
#include "pg/table/server_identity.h"

#define LONGEST_WAIT_MS 60000

static int
wait_arg(FunctionCallInfo fcinfo, int n)
{
	int32		wait_ms = PG_ARGISNULL(n) ? 0 : PG_GETARG_INT32(n);

	if (wait_ms < 0 || wait_ms > LONGEST_WAIT_MS)
		QFS_THROW(QFS_ARGUMENT, "wait_ms is %i; it runs from 0 to %i", (int64_t) wait_ms, (int64_t) LONGEST_WAIT_MS);
	return wait_ms;
}

/* qfs.durable_head(wait_ms) -> seq, hash, size */
PG_FUNCTION_INFO_V1(qfs_sql_durable_head);
Datum
qfs_sql_durable_head(PG_FUNCTION_ARGS)
{
	LedgerHead	head;
	TupleDesc	desc;
	Datum		values[3];
	bool		nulls[3] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "qfs.durable_head() has no row type");
	qfs_durable_head(wait_arg(fcinfo, 0), &head);

	nulls[0] = nulls[1] = head.size == 0;
	values[0] = Int64GetDatum((int64) head.size - 1);
	values[1] = qfs_hash_datum(&head.hash);
	values[2] = Int64GetDatum((int64) head.size);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/* ---- published checkpoints ---- */

/* Signs the durable head: the row as it is to be. */
static void
set_note(OwnRow *row, LedgerReader *reader, const LedgerHead *visible, const LedgerHead *durable)
{
	qfs_slice	note;

	if (durable->size == 0)
		QFS_THROW(QFS_SIGN_WAIT, "no entry is known to be durable");
	note = qfs_sign_durable(reader, visible, durable->size);
	qfs_own_row_set(row, PUBLISHED_SIZE, Int64GetDatum((int64) durable->size));
	qfs_own_row_set(row, PUBLISHED_NOTE, PointerGetDatum(qfs_text_of(note)));
	qfs_own_row_set(row, PUBLISHED_AT, Int64GetDatum(qfs_now_ms()));
}

/* The note of the row, with the cosignatures that have come in since. */
static qfs_slice
published_note(const OwnRow *row)
{
	qfs_slice	stored = qfs_varlena_of(qfs_own_row_value(row, PUBLISHED_NOTE));
	qfs_buf		note;

	qfs_buf_init(&note, palloc(QFS_NOTE_MAX), QFS_NOTE_MAX);
	qfs_buf_bytes(&note, stored.data, stored.len);
	return qfs_add_cosignatures(&note, (uint64) DatumGetInt64(qfs_own_row_value(row, PUBLISHED_SIZE)));
}

/* qfs.publish_checkpoint() -> text */
PG_FUNCTION_INFO_V1(qfs_sql_publish_checkpoint);
Datum
qfs_sql_publish_checkpoint(PG_FUNCTION_ARGS)
{
	Datum		key = Int64GetDatum(0);
	LedgerReader reader;
	LedgerHead	visible;
	LedgerHead	durable;
	qfs_slice	note;
	bool		is_newer;
	OwnRow		row;

	if (RecoveryInProgress())
		QFS_THROW(QFS_READ_ONLY, "the primary publishes; qfs.checkpoint() gives here what it has published last");
	qfs_ledger_table_open(&reader, GetActiveSnapshot());
	qfs_ledger_head(&reader, 0, &visible);
	qfs_own_row_lock(&row, "published_checkpoint", PUBLISHED_COLUMNS, 1, &key);
	/* A copy that nobody has decided on publishes nothing, not even what it has from the other one. */
	qfs_server_check();
	qfs_durable_head(qfs_sign_timeout, &durable);
	/* Never back: somebody else may have published meanwhile. */
	is_newer = !row.exists || DatumGetInt64(qfs_own_row_value(&row, PUBLISHED_SIZE)) < (int64) durable.size;
	if (is_newer)
		set_note(&row, &reader, &visible, &durable);
	note = published_note(&row);
	if (is_newer)
		qfs_own_row_put(&row);
	else
		qfs_own_row_leave(&row);
	qfs_ledger_table_close(&reader);
	PG_RETURN_TEXT_P(qfs_text_of(note));
}

/* ---- checkpoints that are kept elsewhere ---- */

/* It stands in metrics and logs, so it is printable ASCII, and nothing in it ends a quoted string. */
static void
check_place(qfs_slice place)
{
	bool		is_good = place.len >= 1 && place.len <= KEPT_PLACE_MAX;

	for (size_t i = 0; is_good && i < place.len; i++)
		is_good = place.data[i] >= ' ' && place.data[i] <= '~' && place.data[i] != '"' && place.data[i] != '\\';
	if (!is_good)
		QFS_THROW(QFS_ARGUMENT, "place is 1 to %i characters of printable ASCII, without quotation marks and backslashes",
				  (int64_t) KEPT_PLACE_MAX);
}

/* qfs.checkpoint_kept(size, place) -> void */
PG_FUNCTION_INFO_V1(qfs_sql_checkpoint_kept);
Datum
qfs_sql_checkpoint_kept(PG_FUNCTION_ARGS)
{
	uint64		size = qfs_count_arg(fcinfo, 0, "size");
	Datum		place = PG_GETARG_DATUM(1);
	LedgerHead	head;
	OwnRow		row;

	check_place(qfs_varlena_of(place));
	if (RecoveryInProgress())
		QFS_THROW(QFS_READ_ONLY, "the primary remembers which checkpoints are kept");
	qfs_ledger_head_seen(GetActiveSnapshot(), &head);
	if (size > head.size)
		QFS_THROW(QFS_SIZE_UNKNOWN, "size %u was kept, it has %u entries", (uint64_t) size, (uint64_t) head.size);
	qfs_own_row_lock(&row, "kept_checkpoint", KEPT_COLUMNS, 1, &place);
	if (row.exists && DatumGetInt64(qfs_own_row_value(&row, KEPT_SIZE)) >= (int64) size)
	{
		qfs_own_row_leave(&row);
		PG_RETURN_VOID();
	}
	qfs_own_row_set(&row, KEPT_SIZE, Int64GetDatum((int64) size));
	qfs_own_row_set(&row, KEPT_AT, Int64GetDatum(qfs_now_ms()));
	qfs_own_row_put(&row);
	PG_RETURN_VOID();
}
