/*
 * fn_concern.c - SQL functions that tell whom entries concern, and an account what concerns it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Whom an entry concerns core says (engine/visibility.h); here are the rows.
 */
#include "pg/base/compat.h"

#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "ledger/registry.h"
#include "pg/append/account_event.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/fn/reader.h"
#include "pg/table/ledger_table.h"

/* Rows of the ledger, one after the other, read when somebody is in them. */
typedef struct Rows
{
	LedgerReader ledger;
	SysScanDesc scan;
	HeapTuple	row;
	LedgerEntry *decoded;
	void	   *json;
} Rows;

static void
rows_open(Rows *rows, uint64 from)
{
	rows->decoded = palloc(sizeof(*rows->decoded));
	rows->json = palloc(LEDGER_JSON_MAX);
	qfs_ledger_table_open(&rows->ledger, GetActiveSnapshot());
	rows->scan = qfs_ledger_scan(&rows->ledger, from);
}

static bool
rows_next(Rows *rows)
{
	CHECK_FOR_INTERRUPTS();
	rows->row = qfs_ledger_scan_next(rows->scan);
	return rows->row != NULL;
}

static uint64
rows_seq(Rows *rows)
{
	return (uint64) qfs_ledger_row_int(&rows->ledger, rows->row, LEDGER_SEQ);
}

static void
rows_close(Rows *rows)
{
	qfs_ledger_scan_end(rows->scan);
	qfs_ledger_table_close(&rows->ledger);
}

/* The row as an entry, valid until the next one. */
static qfs_entry *
rows_entry(Rows *rows)
{
	qfs_error	err;

	memset(&rows->decoded->entry, 0, sizeof(rows->decoded->entry));
	QFS_TRY(qfs_ledger_decode(RelationGetDescr(rows->ledger.rel), rows->row, rows->json, rows->decoded, &err), &err);
	return &rows->decoded->entry;
}

static bool
column_has(Rows *rows, int column, qfs_slice words)
{
	bool		isnull;
	Datum		value = heap_getattr(rows->row, column, RelationGetDescr(rows->ledger.rel), &isnull);
	qfs_slice	bytes;

	if (isnull)
		return false;
	bytes = qfs_varlena_of(value);
	return memmem(bytes.data, bytes.len, words.data, words.len) != NULL;
}

/*
 * Can the row have to do with an account, or with any if user is NULL?  A jsonb
 * holds texts as they are: where an account's name is not among its bytes, the
 * account is not in it.  Most rows need no more than this look.
 */
static bool
row_may_name(Rows *rows, const qfs_user_id *user)
{
	bool		isnull;
	Datum		actor = heap_getattr(rows->row, LEDGER_ACTOR, RelationGetDescr(rows->ledger.rel), &isnull);
	char		memory[QFS_USER_ID_TEXT];
	qfs_buf		name;

	if (!isnull && (user == NULL || memcmp(DatumGetPointer(actor), user, sizeof(*user)) == 0))
		return true;
	qfs_buf_init(&name, memory, sizeof(memory));
	if (user != NULL)
		qfs_user_id_write(&name, user);
	else
		qfs_buf_text(&name, "user_");
	return column_has(rows, LEDGER_PAYLOAD, qfs_buf_slice(&name)) || column_has(rows, LEDGER_ACCOUNTS, qfs_buf_slice(&name));
}

/* ---- whom entries concern ---- */

/* Did the entry begin or end sessions of the account? */
static bool
changes_access(const qfs_entry *entry, const qfs_user_id *user)
{
	for (unsigned i = 0; i < entry->account_count; i++)
	{
		const qfs_account_part *part = &entry->account_parts[i];

		if (qfs_slice_equal(part->kind, qfs_slice_of(qfs_account_kind_names[QFS_ACCESS])) &&
			memcmp(&part->account, user, sizeof(*user)) == 0)
			return true;
	}
	return false;
}

static void
put_parties(ReturnSetInfo *result, Rows *rows)
{
	const qfs_entry *entry = rows_entry(rows);
	qfs_user_id parties[QFS_PARTIES_MAX];
	unsigned	count = qfs_parties(&qfs_registry_own, entry, parties);

	for (unsigned i = 0; i < count; i++)
	{
		Datum		values[] = {
			Int64GetDatum((int64) rows_seq(rows)), PointerGetDatum(&parties[i]),
			BoolGetDatum(changes_access(entry, &parties[i]))
		};
		bool		nulls[] = {false, false, false};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/* qfs.parties_between(from, to) -> setof (seq, user_id, changes_access), of those that there are of the entries from..to */
PG_FUNCTION_INFO_V1(qfs_sql_parties_between);
Datum
qfs_sql_parties_between(PG_FUNCTION_ARGS)
{
	uint64		from = qfs_count_arg(fcinfo, 0, "from");
	int64		to = PG_GETARG_INT64(1);
	MemoryContext per_row = AllocSetContextCreate(CurrentMemoryContext, "qfs parties", ALLOCSET_DEFAULT_SIZES);
	Rows		rows;

	InitMaterializedSRF(fcinfo, 0);
	rows_open(&rows, from);
	while (rows_next(&rows) && (int64) rows_seq(&rows) <= to)
	{
		MemoryContext old = MemoryContextSwitchTo(per_row);

		if (row_may_name(&rows, NULL))
			put_parties((ReturnSetInfo *) fcinfo->resultinfo, &rows);
		MemoryContextSwitchTo(old);
		MemoryContextReset(per_row);
	}
	rows_close(&rows);
	MemoryContextDelete(per_row);
	return (Datum) 0;
}

/* ---- what concerns an account ---- */

/*
 * What one call does at most: entries it looks at, the same number whatever is
 * in them, so that where it stops tells nothing of what is not the caller's;
 * and bytes of lines after which it stops, which are.
 */
#define SINCE_ROWS 4096
#define SINCE_BYTES (1024 * 1024)

static bool
concerns(const qfs_entry *entry, const qfs_user_id *user)
{
	qfs_user_id parties[QFS_PARTIES_MAX];
	unsigned	count = qfs_parties(&qfs_registry_own, entry, parties);

	for (unsigned i = 0; i < count; i++)
		if (memcmp(&parties[i], user, sizeof(*user)) == 0)
			return true;
	return false;
}

/* Adds the line of the row as the reader sees it, if it concerns the account; false = it does not. */
static bool
put_concerning(StringInfo list, Rows *rows, const qfs_reader *reader)
{
	qfs_entry  *entry;
	qfs_buf		line;
	qfs_error	err;

	if (!row_may_name(rows, &reader->user))
		return false;
	entry = rows_entry(rows);
	if (!concerns(entry, &reader->user))
		return false;
	qfs_show_to(&qfs_registry_own, reader, entry);
	qfs_buf_init(&line, palloc(QFS_LINE_MAX), QFS_LINE_MAX);
	QFS_TRY(qfs_line_write(entry, &line, &err), &err);
	if (list->len > 0)
		appendStringInfoChar(list, ',');
	appendBinaryStringInfo(list, (const char *) line.data, (int) line.len);
	return true;
}

/* Fills list with at most `most` lines of the entries from..size; the entry to go on from. */
static uint64
collect(StringInfo list, uint64 from, uint64 size, int32 most, const qfs_reader *reader)
{
	MemoryContext per_row = AllocSetContextCreate(CurrentMemoryContext, "qfs since", ALLOCSET_DEFAULT_SIZES);
	uint64		next = from;
	Rows		rows;

	rows_open(&rows, from);
	while (next < size && next - from < SINCE_ROWS && most > 0 && list->len < SINCE_BYTES && rows_next(&rows))
	{
		MemoryContext old;

		/* The durable head may be ahead of what this statement sees. */
		if (rows_seq(&rows) != next)
			break;
		old = MemoryContextSwitchTo(per_row);
		most -= put_concerning(list, &rows, reader);
		next++;
		MemoryContextSwitchTo(old);
		MemoryContextReset(per_row);
	}
	rows_close(&rows);
	MemoryContextDelete(per_row);
	return next;
}

/* qfs.since(seq, max, size) -> jsonb: {"entries","head","next"} of the account that is signed in */
PG_FUNCTION_INFO_V1(qfs_sql_since);
Datum
qfs_sql_since(PG_FUNCTION_ARGS)
{
	uint64		size = PG_ARGISNULL(2) ? 0 : qfs_count_arg(fcinfo, 2, "size");
	uint64		from = PG_ARGISNULL(0) ? size : qfs_count_arg(fcinfo, 0, "seq");
	int32		most = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT32(1);
	qfs_reader	reader;
	StringInfoData list;
	StringInfoData json;
	uint64		next;

	qfs_require_actor();
	reader = qfs_reader_now();
	if (most < 1 || most > 1000)
		QFS_THROW(QFS_ARGUMENT, "max is not from 1 to 1000");
	if (from > size)
		QFS_THROW(QFS_SIZE_UNKNOWN, "seq is %u, and %u entries are durable", (uint64_t) from, (uint64_t) size);
	initStringInfo(&list);
	next = collect(&list, from, size, most, &reader);
	initStringInfo(&json);
	appendStringInfo(&json, "{\"entries\":[%s],\"head\":" UINT64_FORMAT ",\"next\":" UINT64_FORMAT "}", list.data, size, next);
	PG_RETURN_DATUM(qfs_jsonb_of((qfs_slice) {(const uint8_t *) json.data, (size_t) json.len}));
}
