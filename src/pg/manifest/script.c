/*
 * script.c - an object made again by its statement of the installation script.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The script lies beside the library and was installed with it, by root; what
 * it makes is then compared with the list like everything else.
 */
#include "pg/base/compat.h"

#include <sys/stat.h>

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"
#include "parser/parse_type.h"
#include "parser/parser.h"
#include "storage/fd.h"
#include "tcop/dest.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"

#include "pg/manifest/manifest.h"

/* ---- the script ---- */

/* The file, or NULL. */
static char *
read_script(void)
{
	char		share[MAXPGPATH];
	char		path[MAXPGPATH];
	struct stat about;
	FILE	   *file;
	char	   *text;

	get_share_path(my_exec_path, share);
	snprintf(path, sizeof(path), "%s/extension/qfs--" QFS_VERSION ".sql", share);
	file = AllocateFile(path, PG_BINARY_R);
	if (file == NULL)
		return NULL;
	if (fstat(fileno(file), &about) != 0)
		about.st_size = 0;
	text = palloc0(about.st_size + 1);
	if (fread(text, 1, about.st_size, file) != (size_t) about.st_size)
		text = NULL;
	FreeFile(file);
	return text;
}

/* As CREATE EXTENSION reads it: without psql's commands, and with the library's name. */
static char *
prepare_script(char *script)
{
	for (char *line = script; line != NULL && *line != '\0'; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (*line == '\\')
			memset(line, ' ', strcspn(line, "\n"));
	return TextDatumGetCString(DirectFunctionCall3Coll(replace_text, C_COLLATION_OID, CStringGetTextDatum(script),
													   CStringGetTextDatum("MODULE_PATHNAME"),
													   CStringGetTextDatum("$libdir/qfs")));
}

/* ---- which statement makes it? ---- */

/* Type and name as pg_identify_object() writes them; the script writes schemas, too. */
static const char *
function_object(const CreateFunctionStmt *stmt)
{
	StringInfoData name;
	ListCell   *cell;
	const char *separator = "";

	if (list_length(stmt->funcname) != 2)
		return "";
	initStringInfo(&name);
	appendStringInfo(&name, "function %s(",
					 quote_qualified_identifier(strVal(linitial(stmt->funcname)), strVal(lsecond(stmt->funcname))));
	foreach(cell, stmt->parameters)
	{
		const FunctionParameter *parameter = lfirst_node(FunctionParameter, cell);

		if (parameter->mode == FUNC_PARAM_OUT || parameter->mode == FUNC_PARAM_TABLE)
			continue;
		appendStringInfo(&name, "%s%s", separator,
						 format_type_be_qualified(typenameTypeId(NULL, parameter->argType)));
		separator = ",";
	}
	appendStringInfoChar(&name, ')');
	return name.data;
}

static const char *
statement_object(const Node *statement)
{
	if (IsA(statement, CreateFunctionStmt))
		return function_object((const CreateFunctionStmt *) statement);
	if (IsA(statement, ViewStmt))
	{
		const RangeVar *view = ((const ViewStmt *) statement)->view;

		return psprintf("view %s", quote_qualified_identifier(view->schemaname, view->relname));
	}
	if (IsA(statement, CreatePolicyStmt))
	{
		const CreatePolicyStmt *policy = (const CreatePolicyStmt *) statement;

		return psprintf("policy %s on %s", quote_identifier(policy->policy_name),
						quote_qualified_identifier(policy->table->schemaname, policy->table->relname));
	}
	if (IsA(statement, IndexStmt))
	{
		const IndexStmt *index = (const IndexStmt *) statement;

		return psprintf("index %s", quote_qualified_identifier(index->relation->schemaname,
															   index->idxname ? index->idxname : ""));
	}
	return "";
}

/* Types are looked up, so a statement of another name is left alone: its types may be gone. */
static bool
may_make(const Node *statement, const char *object)
{
	if (!IsA(statement, CreateFunctionStmt))
		return true;
	return list_length(((const CreateFunctionStmt *) statement)->funcname) == 2 &&
		strstr(object, strVal(lsecond(((const CreateFunctionStmt *) statement)->funcname))) != NULL;
}

/* ---- running it ---- */

/* location, len: where it is in the text; 0 = all of it */
static void
run(const char *text, int location, int len, Node *statement)
{
	PlannedStmt *planned = makeNode(PlannedStmt);

	planned->commandType = CMD_UTILITY;
	planned->canSetTag = false;
	planned->utilityStmt = statement;
	planned->stmt_location = location;
	planned->stmt_len = len;
	PushActiveSnapshot(GetTransactionSnapshot());
	ProcessUtility(planned, text, false, PROCESS_UTILITY_QUERY, NULL, NULL, None_Receiver, NULL);
	PopActiveSnapshot();
	CommandCounterIncrement();
}

/* A policy has no CREATE OR REPLACE. */
static void
drop_policy(const CreatePolicyStmt *policy)
{
	DropStmt   *drop = makeNode(DropStmt);
	List	   *name = list_make1(makeString(policy->table->schemaname));

	name = lappend(name, makeString(policy->table->relname));
	name = lappend(name, makeString(policy->policy_name));
	drop->removeType = OBJECT_POLICY;
	drop->objects = list_make1(name);
	drop->behavior = DROP_RESTRICT;
	drop->missing_ok = true;
	run("DROP POLICY", 0, 0, (Node *) drop);
}

static void
replace_by(const char *script, const RawStmt *raw)
{
	Node	   *statement = raw->stmt;

	if (IsA(statement, CreateFunctionStmt))
		((CreateFunctionStmt *) statement)->replace = true;
	else if (IsA(statement, ViewStmt))
		((ViewStmt *) statement)->replace = true;
	else if (IsA(statement, CreatePolicyStmt))
		drop_policy((const CreatePolicyStmt *) statement);
	run(script, raw->stmt_location, raw->stmt_len, statement);
}

bool
qfs_manifest_run_script(const char *object)
{
	char	   *script = read_script();
	bool		found = false;
	ListCell   *cell;
	int			level;

	if (script == NULL)
		return false;
	script = prepare_script(script);
	/* CREATE EXTENSION reads it with this path. */
	level = qfs_manifest_settings("qfs, pg_temp");
	foreach(cell, raw_parser(script, RAW_PARSE_DEFAULT))
	{
		const RawStmt *raw = lfirst_node(RawStmt, cell);

		if (!may_make(raw->stmt, object) || strcmp(statement_object(raw->stmt), object) != 0)
			continue;
		replace_by(script, raw);
		found = true;
	}
	AtEOXact_GUC(true, level);
	return found;
}
