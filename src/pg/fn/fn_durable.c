/*
 * fn_durable.c - SQL functions for whoever tells others of entries: how far that may go.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "access/htup_details.h"
#include "funcapi.h"

#include "pg/append/durable_head.h"
#include "pg/base/errors.h"

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
