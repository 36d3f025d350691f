/*
 * amount_datum.c - amounts as values of the domain qfs.amount.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "utils/builtins.h"

#include "pg/base/amount_datum.h"
#include "pg/base/errors.h"

Datum
qfs_amount_datum(const qfs_amount *a)
{
	char		text[QFS_AMOUNT_TEXT + 1];
	qfs_buf		buf;

	qfs_buf_init(&buf, text, QFS_AMOUNT_TEXT);
	qfs_amount_write(&buf, *a);
	text[buf.len] = '\0';
	return DirectFunctionCall3(numeric_in, CStringGetDatum(text),
							   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

qfs_amount
qfs_amount_of_datum(Datum value)
{
	char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out, value));
	qfs_amount	a;
	qfs_error	err;

	QFS_TRY(qfs_amount_parse(qfs_slice_of(text), &a, &err), &err);
	return a;
}
