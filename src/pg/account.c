/*
 * account.c - what functions for signed-in accounts share.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "compat.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "account.h"
#include "args.h"
#include "errors.h"
#include "jsonb_canonical.h"
#include "kept_plan.h"
#include "ledger.h"
#include "store_table.h"

/* Nobody signs in before genesis, nor in a copy that was not verified. */
static void
throw_closed(void)
{
	LedgerReader reader;
	LedgerHead	head;

	ledger_open(&reader, GetActiveSnapshot());
	ledger_head(&reader, 0, &head);
	ledger_close(&reader);
	ledger_throw_not_open(head.size, "nobody can sign in yet");
}

qfs_reducer *
qfs_open_reducer(void)
{
	qfs_reducer *r = qfs_table_reducer();

	if (!r->open)
		throw_closed();
	return r;
}

const qfs_session_record *
qfs_require_actor(void)
{
	const qfs_session_record *actor = qfs_actor();

	if (actor == NULL)
		QFS_THROW(QFS_NO_SESSION, "no token was given in this transaction");
	return actor;
}

qfs_slice
qfs_append_account_event(const char *type, const qfs_user_id *actor, Datum payload)
{
	static const char query[] =
		"INSERT INTO qfs.ledger (type, actor, payload) VALUES ($1, ($2)::qfs.user_id, $3)"
		" RETURNING outcome";
	Oid			types[] = {TEXTOID, BYTEAOID, JSONBOID};
	MemoryContext caller = CurrentMemoryContext;
	Datum		values[] = {
		CStringGetTextDatum(type),
		bytes_datum(actor->bytes, sizeof(actor->bytes)),
		payload
	};
	static SPIPlanPtr plan = NULL;
	MemoryContext spi;
	qfs_buf		out;
	qfs_error	err;
	bool		isnull;

	SPI_connect();
	if (SPI_execute_plan(qfs_kept_plan(&plan, query, lengthof(types), types), values, NULL, false, 0) !=
		SPI_OK_INSERT_RETURNING || SPI_processed != 1)
		QFS_THROW(QFS_ENTRY_LOST, "the %s entry", type);
	spi = MemoryContextSwitchTo(caller);
	qfs_buf_init(&out, palloc(QFS_ENTRY_MAX), QFS_ENTRY_MAX);
	MemoryContextSwitchTo(spi);
	QFS_TRY(qfs_jsonb_write(&out, DatumGetJsonbP(SPI_getbinval(SPI_tuptable->vals[0],
															   SPI_tuptable->tupdesc, 1, &isnull)),
							0, &err), &err);
	SPI_finish();
	return qfs_buf_slice(&out);
}
