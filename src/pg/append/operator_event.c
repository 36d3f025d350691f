/*
 * operator_event.c - an event of the operator's, appended by a function.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "catalog/pg_type.h"

#include "pg/append/operator_event.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/table/row_insert.h"

int64_t
qfs_append_operator_event(const char *type, qfs_slice payload, qfs_hash *hash)
{
	static SPIPlanPtr plan = NULL;
	static const char query[] =
		"INSERT INTO qfs.ledger (type, payload) VALUES ($1, $2) RETURNING seq, hash";
	qfs_params	p = {0};
	int64		seq;

	qfs_param_text(&p, qfs_slice_of(type));
	qfs_param(&p, JSONBOID, qfs_jsonb_of(payload));
	SPI_connect();
	if (!qfs_row_insert(&plan, query, &p))
		QFS_THROW(QFS_ENTRY_LOST, "the %s entry", type);
	seq = DatumGetInt64(qfs_row_returned(1));
	if (hash != NULL)
		memcpy(hash, DatumGetPointer(qfs_row_returned(2)), sizeof(*hash));
	SPI_finish();
	return seq;
}
