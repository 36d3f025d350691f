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

#include "commands/event_trigger.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "nodes/parsenodes.h"

#include "base/buf.h"
#include "pg/append/guard.h"
#include "pg/base/errors.h"
#include "pg/base/kept_plan.h"

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
 * (a member that was moved away), or hangs on one of its tables or types; and
 * extensions whose schema is one of them.  Allowed are indexes for one's own
 * queries (of plain columns, unless they are the ledger's), AFTER triggers of
 * the two tables that are written by statements if there is one, comments,
 * statistics and privileges.
 */
static const char ddl_query[] =
	"SELECT c.command_tag, c.object_identity"
	/* Looked up one by one: there are few commands, and joins would read whole catalogs. */
	" FROM (SELECT f.*, CASE f.classid"
	"         WHEN 'pg_catalog.pg_trigger'::pg_catalog.regclass THEN"
	"           (SELECT t.tgrelid FROM pg_catalog.pg_trigger t WHERE t.oid OPERATOR(pg_catalog.=) f.objid)"
	"         WHEN 'pg_catalog.pg_rewrite'::pg_catalog.regclass THEN"
	"           (SELECT r.ev_class FROM pg_catalog.pg_rewrite r WHERE r.oid OPERATOR(pg_catalog.=) f.objid)"
	"         WHEN 'pg_catalog.pg_policy'::pg_catalog.regclass THEN"
	"           (SELECT p.polrelid FROM pg_catalog.pg_policy p WHERE p.oid OPERATOR(pg_catalog.=) f.objid)"
	"         WHEN 'pg_catalog.pg_class'::pg_catalog.regclass THEN"
	"           (SELECT x.indrelid FROM pg_catalog.pg_index x WHERE x.indexrelid OPERATOR(pg_catalog.=) f.objid)"
	"         END AS relation"
	"       FROM pg_catalog.pg_event_trigger_ddl_commands() f OFFSET 0) c"
	" CROSS JOIN LATERAL"
	"   (SELECT (SELECT n.nspname FROM pg_catalog.pg_class k JOIN pg_catalog.pg_namespace n"
	"              ON n.oid OPERATOR(pg_catalog.=) k.relnamespace"
	"            WHERE k.oid OPERATOR(pg_catalog.=) c.relation) AS schema,"
	"           (SELECT k.relname FROM pg_catalog.pg_class k"
	"            WHERE k.oid OPERATOR(pg_catalog.=) c.relation) AS name OFFSET 0) k"
	" WHERE (COALESCE(k.schema::pg_catalog.text, c.schema_name)"
	"        OPERATOR(pg_catalog.=) ANY (ARRAY['qfs', 'qfs_api', 'aegis'])"
	/* a schema, or whatever was a member and is one still */
	"        OR (c.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass"
	"            AND c.objid OPERATOR(pg_catalog.=)"
	"                (SELECT e.extnamespace FROM pg_catalog.pg_extension e"
	"                 WHERE e.extname OPERATOR(pg_catalog.=) 'qfs'::pg_catalog.name))"
	"        OR (SELECT true FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e"
	"              ON e.oid OPERATOR(pg_catalog.=) d.refobjid"
	"            WHERE d.classid OPERATOR(pg_catalog.=) c.classid"
	"              AND d.objid OPERATOR(pg_catalog.=) c.objid"
	"              AND d.deptype OPERATOR(pg_catalog.=) 'e'"
	"              AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass"
	"              AND e.extname OPERATOR(pg_catalog.=) 'qfs'::pg_catalog.name LIMIT 1)"
	/* a child of ours, or a parent */
	"        OR (c.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass"
	"            AND (SELECT true FROM pg_catalog.pg_inherits i, pg_catalog.pg_class r, pg_catalog.pg_namespace n"
	"                 WHERE ((i.inhrelid OPERATOR(pg_catalog.=) c.objid AND r.oid OPERATOR(pg_catalog.=) i.inhparent)"
	"                        OR (i.inhparent OPERATOR(pg_catalog.=) c.objid AND r.oid OPERATOR(pg_catalog.=) i.inhrelid))"
	"                   AND n.oid OPERATOR(pg_catalog.=) r.relnamespace"
	"                   AND n.nspname::pg_catalog.text OPERATOR(pg_catalog.=) ANY (ARRAY['qfs', 'qfs_api', 'aegis']) LIMIT 1))"
	/* another extension in a schema of ours */
	"        OR (c.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass"
	"            AND (SELECT true FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n"
	"                   ON n.oid OPERATOR(pg_catalog.=) e.extnamespace"
	"                 WHERE e.oid OPERATOR(pg_catalog.=) c.objid"
	"                   AND e.extname OPERATOR(pg_catalog.<>) 'qfs'::pg_catalog.name"
	"                   AND n.nspname::pg_catalog.text OPERATOR(pg_catalog.=) ANY (ARRAY['qfs', 'qfs_api', 'aegis'])))"
	/* a cast from or to a type of ours */
	"        OR (c.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_cast'::pg_catalog.regclass"
	"            AND (SELECT true FROM pg_catalog.pg_cast f, pg_catalog.pg_type y, pg_catalog.pg_namespace n"
	"                 WHERE f.oid OPERATOR(pg_catalog.=) c.objid"
	"                   AND y.oid OPERATOR(pg_catalog.=) ANY (ARRAY[f.castsource, f.casttarget])"
	"                   AND n.oid OPERATOR(pg_catalog.=) y.typnamespace"
	"                   AND n.nspname::pg_catalog.text OPERATOR(pg_catalog.=) ANY (ARRAY['qfs', 'qfs_api', 'aegis']) LIMIT 1)))"
	/* what row_write.c cannot write an entry of is an index with more than columns */
	"   AND NOT (c.command_tag OPERATOR(pg_catalog.=) 'CREATE INDEX'"
	"            AND (k.name OPERATOR(pg_catalog.=) 'ledger'::pg_catalog.name"
	"                 OR (SELECT x.indexprs IS NULL AND x.indpred IS NULL FROM pg_catalog.pg_index x"
	"                     WHERE x.indexrelid OPERATOR(pg_catalog.=) c.objid)))"
	"   AND c.command_tag OPERATOR(pg_catalog.<>) ALL (ARRAY['REINDEX', 'COMMENT',"
	"       'SECURITY LABEL', 'CREATE STATISTICS', 'ALTER STATISTICS'])"
	/* tgtype bits 2 and 64: BEFORE, INSTEAD OF; one of our names may be OR REPLACE of our trigger */
	"   AND NOT (c.command_tag OPERATOR(pg_catalog.=) 'CREATE TRIGGER'"
	"            AND k.schema OPERATOR(pg_catalog.=) 'qfs'::pg_catalog.name"
	"            AND k.name::pg_catalog.text OPERATOR(pg_catalog.=) ANY (ARRAY['ledger', 'message'])"
	"            AND (SELECT (t.tgtype OPERATOR(pg_catalog.&) 66::pg_catalog.int2) OPERATOR(pg_catalog.=) 0::pg_catalog.int2"
	"                        AND t.tgname::pg_catalog.text OPERATOR(pg_catalog.!~) '^zzz_qfs_'"
	"                 FROM pg_catalog.pg_trigger t WHERE t.oid OPERATOR(pg_catalog.=) c.objid))"
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
	"       OPERATOR(pg_catalog.=) ANY (ARRAY['qfs', 'qfs_api', 'aegis'])"
	"   AND d.object_type OPERATOR(pg_catalog.<>) ALL (ARRAY['index', 'statistics object',"
	"       'publication relation', 'publication namespace'])"
	"   AND NOT (d.address_names[3] OPERATOR(pg_catalog.!~) '^zzz_qfs_'"
	"            AND EXISTS (SELECT FROM pg_catalog.pg_event_trigger_dropped_objects() t"
	"                        WHERE t.object_type OPERATOR(pg_catalog.=) 'trigger'"
	"                          AND t.address_names OPERATOR(pg_catalog.=) d.address_names))"
	" LIMIT 1";

static const char rewrite_query[] =
	"SELECT 'ALTER', k.oid::pg_catalog.regclass::pg_catalog.text"
	" FROM pg_catalog.pg_class k JOIN pg_catalog.pg_namespace n"
	"   ON n.oid OPERATOR(pg_catalog.=) k.relnamespace"
	" WHERE k.oid OPERATOR(pg_catalog.=) pg_catalog.pg_event_trigger_table_rewrite_oid()"
	"   AND n.nspname OPERATOR(pg_catalog.=) 'qfs'";

/* Not read-only: that would not see the rows that the command wrote. */
static void
refuse_found(SPIPlanPtr *plan, const char *query)
{
	SPI_connect();
	if (SPI_execute_plan(qfs_kept_plan(plan, query, 0, NULL), NULL, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "qfs: a guard's query failed");
	if (SPI_processed > 0)
	{
		char	   *tag = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
		char	   *identity = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2);

		QFS_THROW(QFS_GUARDED, "%s: %v", tag ? tag : "DDL", qfs_slice_of(identity ? identity : "?"));
	}
	SPI_finish();
}

/*
 * Statements that make nothing but temporary objects, as sessions do all the
 * time: a table that inherits nothing, with its indexes, sequences and
 * constraints, or a view.
 */
static bool
makes_temporary(const Node *parsetree)
{
	const RangeVar *name = NULL;

	if (IsA(parsetree, CreateStmt) && ((const CreateStmt *) parsetree)->inhRelations == NIL)
		name = ((const CreateStmt *) parsetree)->relation;
	else if (IsA(parsetree, CreateTableAsStmt))
		name = ((const CreateTableAsStmt *) parsetree)->into->rel;
	else if (IsA(parsetree, ViewStmt))
		name = ((const ViewStmt *) parsetree)->view;
	return name != NULL && name->relpersistence == RELPERSISTENCE_TEMP;
}

/* What pg_restore --disable-triggers writes around the rows of a table. */
static bool
switches_all_triggers(const Node *parsetree)
{
	ListCell   *cell;

	if (!IsA(parsetree, AlterTableStmt))
		return false;
	foreach(cell, ((const AlterTableStmt *) parsetree)->cmds)
	{
		AlterTableType type = lfirst_node(AlterTableCmd, cell)->subtype;

		if (type != AT_DisableTrigAll && type != AT_EnableTrigAll)
			return false;
	}
	return true;
}

PG_FUNCTION_INFO_V1(qfs_sql_guard_ddl);

/*
 * qfs.guard_ddl(): event trigger, on ddl_command_start, ddl_command_end,
 * sql_drop and table_rewrite.
 */
Datum
qfs_sql_guard_ddl(PG_FUNCTION_ARGS)
{
	static SPIPlanPtr ddl_plan,
				drop_plan,
				rewrite_plan;
	EventTriggerData *data = (EventTriggerData *) fcinfo->context;
	qfs_guard_state state;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("qfs.guard_ddl() is an event trigger")));
	if (makes_temporary(data->parsetree))
		PG_RETURN_NULL();
	state = qfs_guard_now();
	if (state == QFS_GUARD_NOTHING ||
		(state == QFS_GUARD_CLOSED && switches_all_triggers(data->parsetree)))
		PG_RETURN_NULL();

	if (strcmp(data->event, "ddl_command_start") == 0)
		qfs_guard_statement(data->parsetree);
	else if (strcmp(data->event, "ddl_command_end") == 0)
		refuse_found(&ddl_plan, ddl_query);
	else if (strcmp(data->event, "sql_drop") == 0)
		refuse_found(&drop_plan, drop_query);
	else
		refuse_found(&rewrite_plan, rewrite_query);
	PG_RETURN_NULL();
}
