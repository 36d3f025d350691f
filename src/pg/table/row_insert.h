/*
 * row_insert.h - a row by an INSERT, as anybody could: triggers fire, the caller's rights count.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_ROW_INSERT_H
#define QFS_ROW_INSERT_H

#include "executor/spi.h"

#include "base/buf.h"

/* As many as the longest statement has. */
#define QFS_PARAMS_MAX 12

/* Parameters $1, $2, ... of a statement, each with its type.  Begins as {0}. */
typedef struct qfs_params
{
	int			count;
	Oid			types[QFS_PARAMS_MAX];
	Datum		values[QFS_PARAMS_MAX];
	char		nulls[QFS_PARAMS_MAX];
} qfs_params;

/* Each adds the next one. */
extern void qfs_param(qfs_params *p, Oid type, Datum value);
extern void qfs_param_null(qfs_params *p, Oid type);

/* bigint */
extern void qfs_param_int(qfs_params *p, int64 n);

/* text */
extern void qfs_param_text(qfs_params *p, qfs_slice utf8);

/* bytea, which the statement casts to what it is */
extern void qfs_param_bytes(qfs_params *p, const void *bytes, size_t len);

/*
 * Runs an INSERT of one row; SPI_tuptable has what it returns.  Needs SPI_connect.
 * plan: NULL at first; the statement is planned once a backend, and kept there
 * Returns whether there is a row: a trigger or a rule of the application's can
 * keep it away.
 */
extern bool qfs_row_insert(SPIPlanPtr *plan, const char *query, qfs_params *p);

/* Column n, counted from 1, of the row that the statement returned; valid until SPI_finish. */
extern Datum qfs_row_returned(int n);

#endif
