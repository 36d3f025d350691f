/*
 * stream_position.c - how far streams were taken: table qfs.stream_position.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "pg/append/actor.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/fn/stream_position.h"
#include "pg/table/row_insert.h"

qfs_slice
qfs_stream_arg(FunctionCallInfo fcinfo, int n)
{
	qfs_slice	stream = qfs_varlena_arg(fcinfo, n);

	if (!qfs_stream_name_fits(stream))
		QFS_THROW(QFS_ARGUMENT, "a stream has a name of 1 to %u characters of ASCII, without space, quotation mark and backslash",
				  (uint64_t) QFS_STREAM_MAX);
	return stream;
}

qfs_stream_id
qfs_stream_id_of(Datum value)
{
	qfs_slice	text = qfs_varlena_of(value);
	qfs_stream_id id;

	if (!qfs_stream_id_read(text, &id))
		QFS_THROW(QFS_ARGUMENT, "%v is no id of a stream: <milliseconds>-<number>", text);
	return id;
}

Datum
qfs_stream_id_datum(qfs_stream_id id)
{
	uint8_t		memory[QFS_STREAM_ID_MAX];
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_stream_id_write(&buf, id);
	return PointerGetDatum(qfs_text_of(qfs_buf_slice(&buf)));
}

/* ---- what the ledger says ---- */

/*
 * Rows (stream, highest id) of one stream, or of all.  Looks at every entry.
 * The order of entries is not that of ids: dead letters were taken later.
 */
static void
find_highest(const qfs_slice *stream)
{
	static const char query[] =
		"SELECT DISTINCT ON (s.stream) s.stream, s.id"
		" FROM (SELECT l.auth OPERATOR(pg_catalog.#>>) '{source,stream}' AS stream,"
		"              l.auth OPERATOR(pg_catalog.#>>) '{source,id}' AS id"
		"       FROM qfs.ledger l WHERE l.auth OPERATOR(pg_catalog.?) 'source') s"
		" WHERE $1 IS NULL OR s.stream OPERATOR(pg_catalog.=) $1"
		" ORDER BY s.stream, pg_catalog.split_part(s.id, '-', 1)::pg_catalog.numeric DESC,"
		"   pg_catalog.split_part(s.id, '-', 2)::pg_catalog.numeric DESC";
	qfs_params	p = {0};

	if (stream != NULL)
		qfs_param_text(&p, *stream);
	else
		qfs_param_null(&p, TEXTOID);
	if (SPI_execute_with_args(query, p.count, p.types, p.values, p.nulls, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "qfs: the ledger could not be read");
}

/* Column n of row i of what SPI found. */
static Datum
found(const SPITupleTable *rows, uint64 i, int n)
{
	bool		isnull;

	return SPI_getbinval(rows->vals[i], rows->tupdesc, n, &isnull);
}

static qfs_stream_id
highest_of(qfs_slice stream)
{
	qfs_stream_id id = {0, 0};

	SPI_connect();
	find_highest(&stream);
	if (SPI_processed > 0)
		id = qfs_stream_id_of(found(SPI_tuptable, 0, 2));
	SPI_finish();
	return id;
}

/* ---- positions ---- */

/* Locks the row; one that is not there yet has no id. */
static void
open_row(qfs_slice stream, OwnRow *row)
{
	Datum		key = PointerGetDatum(qfs_text_of(stream));

	qfs_own_row_lock(row, "stream_position", POSITION_COLUMNS, 1, &key);
	if (!row->exists)
		qfs_own_row_set(row, POSITION_DEAD, Int64GetDatum(0));
}

qfs_stream_id
qfs_stream_position_open(qfs_slice stream, OwnRow *row)
{
	qfs_stream_id id;

	open_row(stream, row);
	if (row->exists)
		return qfs_stream_id_of(qfs_own_row_value(row, POSITION_ID));
	id = highest_of(stream);
	qfs_own_row_set(row, POSITION_ID, qfs_stream_id_datum(id));
	return id;
}

/* qfs.position_of(stream) -> text */
PG_FUNCTION_INFO_V1(qfs_sql_position_of);
Datum
qfs_sql_position_of(PG_FUNCTION_ARGS)
{
	qfs_slice	stream = qfs_stream_arg(fcinfo, 0);
	qfs_stream_id id;
	OwnRow		row;

	qfs_actor_check_role_acts();
	id = qfs_stream_position_open(stream, &row);
	if (row.exists)
		qfs_own_row_leave(&row);
	else
		qfs_own_row_put(&row);
	PG_RETURN_DATUM(qfs_stream_id_datum(id));
}

/* lower: also if the position is behind the id: what was refused in between is refused again */
static void
set_position(qfs_slice stream, Datum highest, bool lower)
{
	qfs_stream_id id = qfs_stream_id_of(highest);
	OwnRow		row;

	open_row(stream, &row);
	if (row.exists && !lower && qfs_stream_id_compare(qfs_stream_id_of(qfs_own_row_value(&row, POSITION_ID)), id) >= 0)
	{
		qfs_own_row_leave(&row);
		return;
	}
	qfs_own_row_set(&row, POSITION_ID, qfs_stream_id_datum(id));
	qfs_own_row_put(&row);
}

/* Returns how many streams entries name. */
static uint64
set_positions(bool lower)
{
	const SPITupleTable *rows;
	uint64		count;

	SPI_connect();
	find_highest(NULL);
	rows = SPI_tuptable;
	count = SPI_processed;
	for (uint64 i = 0; i < count; i++)
		set_position(qfs_varlena_of(found(rows, i, 1)), found(rows, i, 2), lower);
	SPI_finish();
	return count;
}

void
qfs_stream_positions_raise(void)
{
	(void) set_positions(false);
}

/* qfs.rebuild_positions() -> bigint */
PG_FUNCTION_INFO_V1(qfs_sql_rebuild_positions);
Datum
qfs_sql_rebuild_positions(PG_FUNCTION_ARGS)
{
	qfs_actor_check_role_acts();
	PG_RETURN_INT64((int64) set_positions(true));
}
