/*
 * guard_statement.c - statements that are refused by what they say, and whether there is something to guard.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "access/heapam.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "base/buf.h"
#include "pg/append/guard.h"
#include "pg/base/errors.h"
#include "pg/base/guc.h"
#include "pg/base/kept_plan.h"
#include "pg/base/version.h"
#include "pg/table/store_table.h"

/* ---- is there something to guard? ---- */

/* By the heap: an index may be what is wrong. */
static bool
has_row(Oid table)
{
	Relation	rel = table_open(table, AccessShareLock);
	TableScanDesc scan = table_beginscan(rel, SnapshotSelf, 0, NULL);
	bool		found = heap_getnext(scan, ForwardScanDirection) != NULL;

	table_endscan(scan);
	table_close(rel, AccessShareLock);
	return found;
}

/*
 * A state table that is not where it belongs has just been moved, renamed or
 * dropped; those of another version are not ours to read, and to be guarded
 * all the same.
 */
qfs_guard_state
qfs_guard_now(void)
{
	Oid			schema;
	Oid			ledger;

	/* pg_upgrade makes the objects one by one, and puts them into the extension. */
	if (!qfs_ddl_guard || IsBinaryUpgrade || qfs_own_script_runs() ||
		!OidIsValid(get_extension_oid("qfs", true)))
		return QFS_GUARD_NOTHING;
	schema = get_namespace_oid("qfs", true);
	ledger = OidIsValid(schema) ? get_relname_relid("ledger", schema) : InvalidOid;
	if (!OidIsValid(ledger) || !OidIsValid(get_relname_relid("ledger_state", schema)) ||
		!qfs_version_fits() || qfs_ledger_has_state())
		return QFS_GUARD_OPEN;
	return has_row(ledger) ? QFS_GUARD_CLOSED : QFS_GUARD_NOTHING;
}

int
qfs_guard_suspend(void)
{
	int			level = NewGUCNestLevel();

	(void) set_config_option("qfs.ddl_guard", "off", PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	return level;
}

void
qfs_guard_resume(int level)
{
	AtEOXact_GUC(true, level);
}

/* ---- names ---- */

static void
refuse(const char *command, const char *name)
{
	QFS_THROW(QFS_GUARDED, "%s: %v", command, qfs_slice_of(name));
}

static bool
is_schema_name(const char *name)
{
	return strcmp(name, "qfs") == 0 || strcmp(name, "qfs_api") == 0 || strcmp(name, "aegis") == 0;
}

/* The extension has the name of its schema. */
static void
refuse_schema_names(const char *command, List *names)
{
	ListCell   *cell;

	foreach(cell, names)
		if (is_schema_name(strVal(lfirst(cell))))
			refuse(command, strVal(lfirst(cell)));
}

static bool
is_own_role(const char *name)
{
	static const char *const names[] = {
		"qfs_owner", "qfs_anon", "qfs_user", "qfs_operator", "qfs_auditor", "qfs_monitor", "qfs_bridge", "aegis_readonly",
		"aegis_advisor"
	};

	for (int i = 0; name != NULL && i < lengthof(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static void
refuse_own_roles(const char *command, List *roles)
{
	ListCell   *cell;

	foreach(cell, roles)
	{
		const char *name = lfirst_node(RoleSpec, cell)->rolename;

		if (is_own_role(name))
			refuse(command, name);
	}
}

static void
refuse_owner_role(const char *command, const char *name)
{
	if (name != NULL && strcmp(name, "qfs_owner") == 0)
		refuse(command, name);
}

/* ---- roles that own something of qfs's, or were granted something ---- */

static bool
has_part_in_qfs(Oid role)
{
	static SPIPlanPtr plan;
	static const char query[] =
		"SELECT FROM pg_catalog.pg_shdepend s JOIN pg_catalog.pg_extension e"
		"   ON e.extname OPERATOR(pg_catalog.=) 'qfs'::pg_catalog.name"
		" WHERE s.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_authid'::pg_catalog.regclass"
		"   AND s.refobjid OPERATOR(pg_catalog.=) $1"
		"   AND s.dbid OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d"
		"        WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())"
		"   AND ((s.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass"
		"         AND s.objid OPERATOR(pg_catalog.=) e.extnamespace)"
		"        OR EXISTS (SELECT FROM pg_catalog.pg_depend d"
		"                   WHERE d.classid OPERATOR(pg_catalog.=) s.classid"
		"                     AND d.objid OPERATOR(pg_catalog.=) s.objid"
		"                     AND d.deptype OPERATOR(pg_catalog.=) 'e'"
		"                     AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass"
		"                     AND d.refobjid OPERATOR(pg_catalog.=) e.oid))";
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(role)};
	bool		found;

	SPI_connect();
	if (SPI_execute_plan(qfs_kept_plan(&plan, query, 1, types), values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "qfs: a guard's query failed");
	found = SPI_processed > 0;
	SPI_finish();
	return found;
}

static void
refuse_roles_with_part(const char *command, List *roles)
{
	ListCell   *cell;

	foreach(cell, roles)
	{
		Oid			role = get_rolespec_oid(lfirst_node(RoleSpec, cell), true);

		/* Whoever installed it owns event triggers and types besides; that is not all that he has. */
		if (OidIsValid(role) && !superuser_arg(role) && has_part_in_qfs(role))
			refuse(command, GetUserNameFromId(role, false));
	}
}

/* ---- statements that event triggers see ---- */

static void
refuse_default_privileges(const AlterDefaultPrivilegesStmt *stmt)
{
	ListCell   *cell;

	foreach(cell, stmt->options)
	{
		DefElem    *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, "schemas") == 0)
			refuse_schema_names("ALTER DEFAULT PRIVILEGES", (List *) option->arg);
		else if (strcmp(option->defname, "roles") == 0)
			refuse_own_roles("ALTER DEFAULT PRIVILEGES", (List *) option->arg);
	}
}

void
qfs_guard_statement(const Node *parsetree)
{
	const DropStmt *drop = (const DropStmt *) parsetree;

	if (IsA(parsetree, AlterExtensionContentsStmt))
		refuse_schema_names("ALTER EXTENSION",
							list_make1(makeString(((const AlterExtensionContentsStmt *) parsetree)->extname)));
	else if (IsA(parsetree, DropOwnedStmt))
		refuse_roles_with_part("DROP OWNED", ((const DropOwnedStmt *) parsetree)->roles);
	else if (IsA(parsetree, AlterDefaultPrivilegesStmt))
		refuse_default_privileges((const AlterDefaultPrivilegesStmt *) parsetree);
	else if (IsA(parsetree, DropStmt) &&
			 (drop->removeType == OBJECT_EXTENSION || drop->removeType == OBJECT_SCHEMA))
		refuse_schema_names("DROP", drop->objects);
}

/* ---- statements that they do not see ---- */

/* By the name: of the guards there are four, qfs_guard_… */
static void
refuse_guard_name(const char *name)
{
	if (strncmp(name, "qfs_guard_", strlen("qfs_guard_")) == 0)
		refuse("ALTER EVENT TRIGGER", name);
}

/* The owner gets no members, and qfs's roles become members of nothing. */
static void
refuse_membership(const GrantRoleStmt *stmt)
{
	ListCell   *cell;

	if (!stmt->is_grant)
		return;
	foreach(cell, stmt->granted_roles)
		refuse_owner_role("GRANT", lfirst_node(AccessPriv, cell)->priv_name);
	refuse_own_roles("GRANT", stmt->grantee_roles);
}

static void
refuse_new_member(const CreateRoleStmt *stmt)
{
	ListCell   *option;
	ListCell   *cell;

	foreach(option, stmt->options)
	{
		const DefElem *element = lfirst_node(DefElem, option);

		if (strcmp(element->defname, "addroleto") == 0)
			foreach(cell, (List *) element->arg)
				refuse_owner_role("CREATE ROLE", lfirst_node(RoleSpec, cell)->rolename);
		else if (strcmp(element->defname, "rolemembers") == 0 || strcmp(element->defname, "adminmembers") == 0)
			refuse_own_roles("CREATE ROLE", (List *) element->arg);
	}
}

static void
refuse_rename(const RenameStmt *stmt)
{
	if (stmt->renameType == OBJECT_EVENT_TRIGGER)
		refuse_guard_name(strVal(stmt->object));
	else if (stmt->renameType == OBJECT_ROLE && is_own_role(stmt->subname))
		refuse("ALTER ROLE", stmt->subname);
}

static void
refuse_unseen(const Node *parsetree)
{
	switch (nodeTag(parsetree))
	{
		case T_ReassignOwnedStmt:
			refuse_roles_with_part("REASSIGN OWNED", ((const ReassignOwnedStmt *) parsetree)->roles);
			break;
		case T_AlterEventTrigStmt:
			refuse_guard_name(((const AlterEventTrigStmt *) parsetree)->trigname);
			break;
		case T_AlterOwnerStmt:
			refuse_guard_name(strVal(((const AlterOwnerStmt *) parsetree)->object));
			break;
		case T_RenameStmt:
			refuse_rename((const RenameStmt *) parsetree);
			break;
		case T_GrantRoleStmt:
			refuse_membership((const GrantRoleStmt *) parsetree);
			break;
		case T_CreateRoleStmt:
			refuse_new_member((const CreateRoleStmt *) parsetree);
			break;
		case T_AlterRoleStmt:
			refuse_own_roles("ALTER ROLE", list_make1(((const AlterRoleStmt *) parsetree)->role));
			break;
		default:
			break;
	}
}

/* Is it one of those that refuse_unseen() looks at?  Whatever else is said costs no more than this. */
static bool
is_unseen(const Node *parsetree)
{
	switch (nodeTag(parsetree))
	{
		case T_ReassignOwnedStmt:
		case T_AlterEventTrigStmt:
		case T_RenameStmt:
		case T_GrantRoleStmt:
		case T_CreateRoleStmt:
		case T_AlterRoleStmt:
			return true;
		case T_AlterOwnerStmt:
			return ((const AlterOwnerStmt *) parsetree)->objectType == OBJECT_EVENT_TRIGGER;
		default:
			return false;
	}
}

static ProcessUtility_hook_type next_hook;

static void
guard_utility(PlannedStmt *statement, const char *query, bool read_only, ProcessUtilityContext context,
			  ParamListInfo params, QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *completion)
{
	if (is_unseen(statement->utilityStmt) && IsTransactionState() && qfs_guard_now() != QFS_GUARD_NOTHING)
		refuse_unseen(statement->utilityStmt);
	if (next_hook)
		next_hook(statement, query, read_only, context, params, environment, dest, completion);
	else
		standard_ProcessUtility(statement, query, read_only, context, params, environment, dest, completion);
}

void
qfs_guard_install_hook(void)
{
	next_hook = ProcessUtility_hook;
	ProcessUtility_hook = guard_utility;
}
