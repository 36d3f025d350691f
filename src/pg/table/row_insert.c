/*
 * row_insert.c - a row by an INSERT, as anybody could: triggers fire, the caller's rights count.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "catalog/pg_type.h"

#include "pg/base/args.h"
#include "pg/base/kept_plan.h"
#include "pg/table/row_insert.h"

static void
add(qfs_params *p, Oid type, Datum value, char null)
{
	if (p->count == QFS_PARAMS_MAX)
		elog(ERROR, "qfs: a statement has more than %d parameters", QFS_PARAMS_MAX);
	p->types[p->count] = type;
	p->values[p->count] = value;
	p->nulls[p->count] = null;
	p->count++;
}

void
qfs_param(qfs_params *p, Oid type, Datum value)
{
	add(p, type, value, ' ');
}

void
qfs_param_null(qfs_params *p, Oid type)
{
	add(p, type, (Datum) 0, 'n');
}

void
qfs_param_int(qfs_params *p, int64 n)
{
	qfs_param(p, INT8OID, Int64GetDatum(n));
}

void
qfs_param_text(qfs_params *p, qfs_slice utf8)
{
	qfs_param(p, TEXTOID, PointerGetDatum(qfs_text_of(utf8)));
}

void
qfs_param_bytes(qfs_params *p, const void *bytes, size_t len)
{
	qfs_param(p, BYTEAOID, qfs_bytes_datum(bytes, len));
}

bool
qfs_row_insert(SPIPlanPtr *plan, const char *query, qfs_params *p)
{
	int			result = SPI_execute_plan(qfs_kept_plan(plan, query, p->count, p->types),
										  p->values, p->nulls, false, 0);

	return (result == SPI_OK_INSERT || result == SPI_OK_INSERT_RETURNING) && SPI_processed == 1;
}

Datum
qfs_row_returned(int n)
{
	bool		isnull;

	return SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, n, &isnull);
}
