/*
 * fn_catalogue.c - SQL function of the catalogue: the rules read aloud.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "fmgr.h"

#include "engine/catalogue.h"
#include "ledger/registry.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"

/* Several times what it has. */
#define CATALOGUE_MAX 262144

/*
 * qfs.catalogue() -> jsonb
 *
 * The same for every ledger that runs on this library: docs/token-guard-map.md.
 */
PG_FUNCTION_INFO_V1(qfs_sql_catalogue);
Datum
qfs_sql_catalogue(PG_FUNCTION_ARGS)
{
	qfs_map    *map = palloc(sizeof(*map));
	qfs_json_writer w;
	qfs_buf		text;
	qfs_error	err;

	qfs_buf_init(&text, palloc(CATALOGUE_MAX), CATALOGUE_MAX);
	qfs_json_begin(&w, &text);
	QFS_TRY(qfs_catalogue_write(&w, &qfs_registry_own, map, &err), &err);
	QFS_TRY(qfs_json_end(&w, &err), &err);
	PG_RETURN_DATUM(qfs_jsonb_of(qfs_buf_slice(&text)));
}
