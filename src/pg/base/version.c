/*
 * version.c - do the SQL objects of this database and this library belong together?
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/rel.h"

#include "base/buf.h"
#include "pg/base/errors.h"
#include "pg/base/version.h"

/* Versions of the SQL objects that this library serves. */
static const char *const served[] = {QFS_VERSION};

/*
 * An update of the extension is another session's, and nothing tells of it but
 * the relation cache: an update script ends with 90_owner.sql, which writes
 * the row of every table anew.
 */
static bool is_known_to_fit = false;

static void
on_invalidation(Datum arg, Oid relation)
{
	is_known_to_fit = false;
}

void
qfs_version_register_callback(void)
{
	CacheRegisterRelcacheCallback(on_invalidation, (Datum) 0);
}

/* extversion of qfs; NULL if the extension is not installed. */
static char *
installed_version(void)
{
	Relation	rel = table_open(ExtensionRelationId, AccessShareLock);
	char	   *version = NULL;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	row;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum("qfs"));
	scan = systable_beginscan(rel, ExtensionNameIndexId, true, NULL, 1, &key);
	row = systable_getnext(scan);
	if (HeapTupleIsValid(row))
	{
		bool		isnull;
		Datum		value = heap_getattr(row, Anum_pg_extension_extversion, RelationGetDescr(rel), &isnull);

		version = isnull ? NULL : TextDatumGetCString(value);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return version;
}

static bool
is_served(const char *version)
{
	for (int i = 0; i < lengthof(served); i++)
		if (strcmp(version, served[i]) == 0)
			return true;
	return false;
}

bool
qfs_own_script_runs(void)
{
	return creating_extension && CurrentExtensionObject == get_extension_oid("qfs", true);
}

bool
qfs_version_fits(void)
{
	char	   *version;

	/* An update script runs between two versions. */
	if (is_known_to_fit || qfs_own_script_runs())
		return true;
	version = installed_version();
	is_known_to_fit = version != NULL && is_served(version);
	return version == NULL || is_known_to_fit;
}

void
qfs_version_check(void)
{
	if (!qfs_version_fits())
		QFS_THROW(QFS_VERSION_MISMATCH, "SQL objects %v, library %s",
				  qfs_slice_of(installed_version()), QFS_VERSION);
}

/* qfs.version() -> text */
PG_FUNCTION_INFO_V1(qfs_sql_version);
Datum
qfs_sql_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(QFS_VERSION));
}
