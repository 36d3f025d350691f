/*
 * manifest.c - compares what there is of qfs with what was installed.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "pg/base/kept_plan.h"
#include "pg/base/version.h"
#include "pg/manifest/manifest.h"

/* Of an object: its facts, in every major version or, from a line of its own, in one of them. */
typedef struct Installed
{
	int			major;			/* 0: any */
	const char *object;
	const char *facts;			/* NULL: it is not there */
} Installed;

static const Installed list[] = {
#define QFS_LISTED_MAJOR(major)
#define QFS_INSTALLED(object, facts) {0, object, facts},
#define QFS_INSTALLED_ON(major, object, facts) {major, object, facts},
#include "pg/manifest/manifest.def"
#undef QFS_LISTED_MAJOR
#undef QFS_INSTALLED
#undef QFS_INSTALLED_ON
};

static const int majors[] = {
#define QFS_LISTED_MAJOR(major) major,
#define QFS_INSTALLED(object, facts)
#define QFS_INSTALLED_ON(major, object, facts)
#include "pg/manifest/manifest.def"
#undef QFS_LISTED_MAJOR
#undef QFS_INSTALLED
#undef QFS_INSTALLED_ON
};

/* Both are made of the .sql files by the Makefile. */
static const char query[] =
	"WITH RECURSIVE now AS MATERIALIZED (\n"
#include "pg/manifest/describe.sql.inc"
	"),\n"
#include "pg/manifest/compare.sql.inc"
	;

bool
qfs_manifest_knows_server(void)
{
	for (int i = 0; i < lengthof(majors); i++)
		if (majors[i] == PG_VERSION_NUM / 10000)
			return true;
	return false;
}

int
qfs_manifest_settings(const char *search_path)
{
	const char *const settings[][2] = {
		{"search_path", search_path},
		{"quote_all_identifiers", "off"},
		{"bytea_output", "hex"},
		{"DateStyle", "ISO, MDY"},
		{"IntervalStyle", "postgres"},
		{"TimeZone", "UTC"},
		{"extra_float_digits", "1"},
		/* compiling would take longer than the query */
		{"jit", "off"}
	};
	int			level = NewGUCNestLevel();

	for (int i = 0; i < lengthof(settings); i++)
		(void) set_config_option(settings[i][0], settings[i][1], PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	return level;
}

/* Does a line of this major version's own stand for the i-th? */
static bool
is_overridden(int i)
{
	for (int j = 0; j < lengthof(list); j++)
		if (list[j].major == PG_VERSION_NUM / 10000 && strcmp(list[j].object, list[i].object) == 0)
			return true;
	return false;
}

/* The list of this major version, as two arrays of text. */
static void
list_here(Datum *objects, Datum *facts)
{
	Datum	   *names = palloc(lengthof(list) * sizeof(Datum));
	Datum	   *texts = palloc(lengthof(list) * sizeof(Datum));
	int			count = 0;

	for (int i = 0; i < lengthof(list); i++)
	{
		if (list[i].facts == NULL ||
			(list[i].major == 0 ? is_overridden(i) : list[i].major != PG_VERSION_NUM / 10000))
			continue;
		names[count] = CStringGetTextDatum(list[i].object);
		texts[count++] = CStringGetTextDatum(list[i].facts);
	}
	*objects = PointerGetDatum(construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT));
	*facts = PointerGetDatum(construct_array(texts, count, TEXTOID, -1, false, TYPALIGN_INT));
}

/* The value of a column in the memory context of the caller of SPI; NULL for null. */
static const char *
value_of(HeapTuple row, int column)
{
	char	   *value = SPI_getvalue(row, SPI_tuptable->tupdesc, column);

	return value == NULL ? NULL : memcpy(SPI_palloc(strlen(value) + 1), value, strlen(value) + 1);
}

void
qfs_manifest_compare(qfs_finding_visitor visit, void *context)
{
	static SPIPlanPtr plan;
	Oid			types[] = {TEXTARRAYOID, TEXTARRAYOID, BOOLOID};
	Datum		values[3];
	int			level;

	qfs_version_check();
	list_here(&values[0], &values[1]);
	values[2] = BoolGetDatum(qfs_manifest_knows_server());

	level = qfs_manifest_settings("pg_catalog, pg_temp");
	SPI_connect();
	/* Not read-only: what a repair in this transaction has changed is to be seen. */
	if (SPI_execute_plan(qfs_kept_plan(&plan, query, lengthof(types), types), values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "qfs: the comparison failed");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	row = SPI_tuptable->vals[i];
		qfs_finding finding = {
			.code = value_of(row, 1),.detail = value_of(row, 2),
			.cure = value_of(row, 3),.advice = value_of(row, 4)
		};

		visit(context, &finding);
	}
	SPI_finish();
	AtEOXact_GUC(true, level);
}
