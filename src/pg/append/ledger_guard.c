/*
 * ledger_guard.c - what keeps the ledger append-only: row, statement and DDL guards.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The guards stop everybody who obeys the server.  A superuser can remove
 * them; what such a person changes is found by qfs.verify() and by whoever
 * holds an older checkpoint.
 */
#include "pg/base/compat.h"

#include "catalog/namespace.h"
#include "commands/event_trigger.h"
#include "commands/extension.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/buf.h"
#include "pg/base/errors.h"
#include "pg/base/guc.h"
#include "pg/table/store_table.h"
#include "pg/base/version.h"

PG_FUNCTION_INFO_V1(qfs_sql_refuse_change);

/*
 * qfs.refuse_change(): trigger, BEFORE UPDATE OR DELETE (row and statement)
 * and BEFORE TRUNCATE on tables that only grow.
 */
Datum
qfs_sql_refuse_change(PG_FUNCTION_ARGS)
{
	TriggerData *td = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("qfs.refuse_change() is a trigger")));
	QFS_THROW(QFS_APPEND_ONLY, "%s of qfs.%s",
			  TRIGGER_FIRED_BY_UPDATE(td->tg_event) ? "UPDATE" :
			  TRIGGER_FIRED_BY_DELETE(td->tg_event) ? "DELETE" : "TRUNCATE",
			  RelationGetRelationName(td->tg_relation));
	PG_RETURN_NULL();
}

/*
 * Commands that touched an object of qfs's: one that is in its schemas, or was
 * (a member that was moved away), or hangs on one of its tables.  Allowed are
 * indexes for one's own queries (of plain columns, unless they are the
 * ledger's), AFTER triggers, comments, statistics and privileges.
 */
static const char ddl_query[] =
	"SELECT c.command_tag, c.object_identity"
	" FROM pg_catalog.pg_event_trigger_ddl_commands() c"
	" LEFT JOIN pg_catalog.pg_extension e ON e.extname OPERATOR(pg_catalog.=) 'qfs'::pg_catalog.name"
	" LEFT JOIN pg_catalog.pg_trigger t"
	"   ON c.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::pg_catalog.regclass"
	"  AND t.oid OPERATOR(pg_catalog.=) c.objid"
	" LEFT JOIN pg_catalog.pg_rewrite r"
	"   ON c.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass"
	"  AND r.oid OPERATOR(pg_catalog.=) c.objid"
	" LEFT JOIN pg_catalog.pg_policy p"
	"   ON c.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_policy'::pg_catalog.regclass"
	"  AND p.oid OPERATOR(pg_catalog.=) c.objid"
	" LEFT JOIN pg_catalog.pg_inherits i"
	"   ON c.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass"
	"  AND c.objid OPERATOR(pg_catalog.=) ANY (ARRAY[i.inhrelid, i.inhparent])"
	" LEFT JOIN pg_catalog.pg_index x"
	"   ON c.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass"
	"  AND x.indexrelid OPERATOR(pg_catalog.=) c.objid"
	" LEFT JOIN pg_catalog.pg_class k"
	"   ON k.oid OPERATOR(pg_catalog.=)"
	"      COALESCE(t.tgrelid, r.ev_class, p.polrelid, x.indrelid,"
	"               CASE WHEN i.inhrelid OPERATOR(pg_catalog.=) c.objid"
	"                    THEN i.inhparent ELSE i.inhrelid END)"
	" LEFT JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) k.relnamespace"
	" WHERE NOT c.in_extension"
	"   AND (COALESCE(n.nspname::pg_catalog.text, c.schema_name)"
	"        OPERATOR(pg_catalog.=) ANY (ARRAY['qfs', 'qfs_api'])"
	"        OR (c.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass"
	"            AND c.objid OPERATOR(pg_catalog.=) e.extnamespace)"
	"        OR EXISTS (SELECT FROM pg_catalog.pg_depend d"
	"                   WHERE d.classid OPERATOR(pg_catalog.=) c.classid"
	"                     AND d.objid OPERATOR(pg_catalog.=) c.objid"
	"                     AND d.deptype OPERATOR(pg_catalog.=) 'e'"
	"                     AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass"
	"                     AND d.refobjid OPERATOR(pg_catalog.=) e.oid))"
	/* what row_write.c cannot write an entry of */
	"   AND NOT (c.command_tag OPERATOR(pg_catalog.=) 'CREATE INDEX'"
	"            AND (k.relname OPERATOR(pg_catalog.=) 'ledger'::pg_catalog.name"
	"                 OR (x.indexprs IS NULL AND x.indpred IS NULL)))"
	"   AND c.command_tag OPERATOR(pg_catalog.<>) ALL (ARRAY['REINDEX', 'COMMENT',"
	"       'SECURITY LABEL', 'CREATE STATISTICS', 'ALTER STATISTICS'])"
	/* tgtype bit 2: BEFORE; one of our names may be OR REPLACE of our trigger */
	"   AND NOT (c.command_tag OPERATOR(pg_catalog.=) 'CREATE TRIGGER'"
	"            AND (t.tgtype OPERATOR(pg_catalog.&) 2::pg_catalog.int2)"
	"                OPERATOR(pg_catalog.=) 0::pg_catalog.int2"
	"            AND t.tgname::pg_catalog.text OPERATOR(pg_catalog.!~) '^zzz_qfs_')"
	" LIMIT 1";

/*
 * What was dropped: everything of qfs's but a user's own index, publication or
 * trigger; a constraint trigger goes with a constraint of its name.
 */
static const char drop_query[] =
	"SELECT 'DROP', d.object_identity"
	" FROM pg_catalog.pg_event_trigger_dropped_objects() d"
	" WHERE NOT d.is_temporary"
	"   AND COALESCE(d.schema_name, d.address_names[1])"
	"       OPERATOR(pg_catalog.=) ANY (ARRAY['qfs', 'qfs_api'])"
	"   AND d.object_type OPERATOR(pg_catalog.<>) ALL (ARRAY['index', 'statistics object',"
	"       'publication relation', 'publication namespace'])"
	"   AND NOT (d.address_names[3] OPERATOR(pg_catalog.!~) '^zzz_qfs_'"
	"            AND EXISTS (SELECT FROM pg_catalog.pg_event_trigger_dropped_objects() t"
	"                        WHERE t.object_type OPERATOR(pg_catalog.=) 'trigger'"
	"                          AND t.address_names OPERATOR(pg_catalog.=) d.address_names))"
	" LIMIT 1";

/* Not read-only: that would not see the rows that the command wrote. */
static void
refuse_found(const char *query)
{
	SPI_connect();
	if (SPI_execute(query, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "qfs: a guard's query failed");
	if (SPI_processed > 0)
	{
		char	   *tag = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
		char	   *identity = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2);

		QFS_THROW(QFS_GUARDED, "%s: %v", tag ? tag : "DDL", qfs_slice_of(identity ? identity : "?"));
	}
	SPI_finish();
}

static void
refuse_name(const char *command, const char *name)
{
	if (strcmp(name, "qfs") == 0 || strcmp(name, "qfs_api") == 0)
		QFS_THROW(QFS_GUARDED, "%s: %s", command, name);
}

/*
 * Commands that take the guards themselves away are refused before they start,
 * by what the statement says.
 */
static void
refuse_statement(const Node *parsetree)
{
	const DropStmt *drop = (const DropStmt *) parsetree;
	ListCell   *cell;

	if (IsA(parsetree, AlterExtensionContentsStmt))
		refuse_name("ALTER EXTENSION", ((const AlterExtensionContentsStmt *) parsetree)->extname);
	if (!IsA(parsetree, DropStmt) ||
		(drop->removeType != OBJECT_EXTENSION && drop->removeType != OBJECT_SCHEMA))
		return;
	foreach(cell, drop->objects)
		refuse_name("DROP", strVal(lfirst(cell)));
}

static void
refuse_rewrite(void)
{
	refuse_found("SELECT 'ALTER', k.oid::pg_catalog.regclass::pg_catalog.text"
				 " FROM pg_catalog.pg_class k JOIN pg_catalog.pg_namespace n"
				 "   ON n.oid OPERATOR(pg_catalog.=) k.relnamespace"
				 " WHERE k.oid OPERATOR(pg_catalog.=) pg_catalog.pg_event_trigger_table_rewrite_oid()"
				 "   AND n.nspname OPERATOR(pg_catalog.=) 'qfs'");
}

/*
 * Before genesis, during a restore and in an extension script there is
 * nothing to guard yet, or the script is our own.  A state table that is not
 * where it belongs has just been moved, renamed or dropped; those of another
 * version are not ours to read, and to be guarded all the same.
 */
static bool
is_guarding(void)
{
	Oid			schema = get_namespace_oid("qfs", true);

	if (!qfs_ddl_guard || creating_extension)
		return false;
	return !OidIsValid(schema) || !qfs_version_fits() || !OidIsValid(get_relname_relid("ledger_state", schema)) ||
		qfs_ledger_has_state();
}

PG_FUNCTION_INFO_V1(qfs_sql_guard_ddl);

/*
 * qfs.guard_ddl(): event trigger, on ddl_command_start, ddl_command_end,
 * sql_drop and table_rewrite.
 */
Datum
qfs_sql_guard_ddl(PG_FUNCTION_ARGS)
{
	EventTriggerData *data = (EventTriggerData *) fcinfo->context;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("qfs.guard_ddl() is an event trigger")));
	if (!is_guarding())
		PG_RETURN_NULL();

	if (strcmp(data->event, "ddl_command_start") == 0)
		refuse_statement(data->parsetree);
	else if (strcmp(data->event, "ddl_command_end") == 0)
		refuse_found(ddl_query);
	else if (strcmp(data->event, "sql_drop") == 0)
		refuse_found(drop_query);
	else
		refuse_rewrite();
	PG_RETURN_NULL();
}
