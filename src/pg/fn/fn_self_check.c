/*
 * fn_self_check.c - qfs.self_check and qfs.rearm: are the guards in place, and putting them there.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "pg/append/guard.h"
#include "pg/base/errors.h"
#include "pg/manifest/manifest.h"

/* ---- qfs.self_check ---- */

static void
put_finding(void *context, const qfs_finding *finding)
{
	ReturnSetInfo *result = context;
	Datum		values[] = {CStringGetTextDatum(finding->code), CStringGetTextDatum(finding->detail)};
	bool		nulls[lengthof(values)] = {false};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* qfs.self_check() -> setof (code, detail) */
PG_FUNCTION_INFO_V1(qfs_sql_self_check);
Datum
qfs_sql_self_check(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, 0);
	qfs_manifest_compare(put_finding, fcinfo->resultinfo);
	return (Datum) 0;
}

/* qfs.knows_server() -> boolean */
PG_FUNCTION_INFO_V1(qfs_sql_knows_server);
Datum
qfs_sql_knows_server(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(qfs_manifest_knows_server());
}

/* ---- qfs.rearm ---- */

/* What was found in one pass, to be mended after it. */
typedef struct Findings
{
	qfs_finding *list;
	int			count;
	int			capacity;
} Findings;

static void
keep_finding(void *context, const qfs_finding *finding)
{
	Findings   *f = context;

	if (f->count == f->capacity)
	{
		f->capacity *= 2;
		f->list = repalloc(f->list, f->capacity * sizeof(*f->list));
	}
	f->list[f->count++] = *finding;
}

static Findings
find_all(void)
{
	Findings	f = {.capacity = 64};

	f.list = palloc(f.capacity * sizeof(*f.list));
	qfs_manifest_compare(keep_finding, &f);
	return f;
}

static bool
is_by_script(const qfs_finding *finding)
{
	return strcmp(finding->cure, QFS_CURE_BY_SCRIPT) == 0;
}

/* The object of a finding: what its detail begins with. */
static const char *
object_of(const qfs_finding *finding)
{
	const char *const ends[] = {" is missing", ": "};
	char	   *object = pstrdup(finding->detail);

	for (int i = 0; i < lengthof(ends); i++)
	{
		char	   *end = strstr(object, ends[i]);

		if (end != NULL)
			*end = '\0';
	}
	return object;
}

/* A function of which everything is wrong is made again once. */
static const char *
name_of_cure(const qfs_finding *finding)
{
	return is_by_script(finding) ? object_of(finding) : finding->detail;
}

static bool
run_cure(const qfs_finding *finding)
{
	int			level;
	bool		done;

	if (is_by_script(finding))
		return qfs_manifest_run_script(object_of(finding));
	level = qfs_manifest_settings("pg_catalog, pg_temp");
	SPI_connect();
	done = SPI_execute(finding->cure, false, 0) >= 0;
	SPI_finish();
	AtEOXact_GUC(true, level);
	return done;
}

/*
 * Mends one finding in a subtransaction, so that one that cannot be mended
 * keeps no other from it.
 * returns: NULL, or why it was not done
 */
static const char *
mend(const qfs_finding *finding)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	const char *volatile failure = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		int			level = qfs_guard_suspend();

		if (!run_cure(finding))
			failure = "it has no statement for it";
		qfs_guard_resume(level);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		failure = error->message;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return failure;
}

/* ---- what is said ---- */

static void
put_action(ReturnSetInfo *result, const qfs_finding *finding, bool mended, const char *action)
{
	Datum		values[] = {
		CStringGetTextDatum(finding->code), CStringGetTextDatum(finding->detail),
		BoolGetDatum(mended), CStringGetTextDatum(action)
	};
	bool		nulls[lengthof(values)] = {false};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static const char *
cure_text(const qfs_finding *finding)
{
	return is_by_script(finding) ? "by the installation script" : finding->cure;
}

/* A cure, and why it did not help: NULL for one that was carried out. */
typedef struct Tried
{
	const char *name;
	const char *failure;
} Tried;

static const Tried *
find_tried(List *cures, const char *name)
{
	ListCell   *cell;

	foreach(cell, cures)
	{
		const Tried *t = lfirst(cell);

		if (strcmp(t->name, name) == 0)
			return t;
	}
	return NULL;
}

static const Tried *
tried(List *cures, const qfs_finding *finding)
{
	return find_tried(cures, name_of_cure(finding));
}

/* An object whose body is somebody else's gets no owner, no privilege and no attribute back; it may lose some. */
static bool
is_held_back(List *cures, const qfs_finding *finding)
{
	const Tried *body = find_tried(cures, object_of(finding));

	return body != NULL && body->failure != NULL && !is_by_script(finding) &&
		strncmp(finding->cure, "REVOKE ", strlen("REVOKE ")) != 0;
}

static void
try_cure(ReturnSetInfo *result, const qfs_finding *finding, List **cures)
{
	Tried	   *t = palloc(sizeof(*t));

	t->name = name_of_cure(finding);
	t->failure = mend(finding);
	*cures = lappend(*cures, t);
	if (t->failure == NULL)
		put_action(result, finding, true, cure_text(finding));
	CommandCounterIncrement();
}

/*
 * One pass over what is found, bodies first: what one cure brings about, others
 * may have to finish, as when a function that was made again has yet to get its
 * owner.
 * cures: those that were tried, in this pass and before
 * returns: whether there was anything new to try
 */
static bool
mend_all(ReturnSetInfo *result, List **cures)
{
	Findings	f = find_all();
	int			before = list_length(*cures);

	for (int by_script = 1; by_script >= 0; by_script--)
		for (int i = 0; i < f.count; i++)
		{
			const qfs_finding *finding = &f.list[i];

			if (finding->cure != NULL && is_by_script(finding) == by_script &&
				tried(*cures, finding) == NULL && !is_held_back(*cures, finding))
				try_cure(result, finding, cures);
		}
	return list_length(*cures) > before;
}

/* What is left, with what somebody has to do about it. */
static void
put_rest(ReturnSetInfo *result, List *cures)
{
	Findings	f = find_all();

	for (int i = 0; i < f.count; i++)
	{
		const Tried *t = f.list[i].cure ? tried(cures, &f.list[i]) : NULL;
		const char *advice = f.list[i].advice ? f.list[i].advice : "Do it by hand.";

		put_action(result, &f.list[i], false,
				   t == NULL ? advice :
				   psprintf("%s: %s. %s", cure_text(&f.list[i]), t->failure ? t->failure : "it did not help", advice));
	}
}

#define MOST_PASSES 8

/* qfs.rearm() -> setof (code, detail, mended, action) */
PG_FUNCTION_INFO_V1(qfs_sql_rearm);
Datum
qfs_sql_rearm(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	List	   *cures = NIL;

	if (!superuser())
		QFS_THROW(QFS_FORBIDDEN, "qfs.rearm() is for superusers");
	InitMaterializedSRF(fcinfo, 0);
	for (int pass = 0; pass < MOST_PASSES && mend_all(result, &cures); pass++)
		;
	put_rest(result, cures);
	return (Datum) 0;
}
