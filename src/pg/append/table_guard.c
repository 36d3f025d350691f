/*
 * table_guard.c - the guard of every table of qfs's but the ledger.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * State follows from the ledger, and what is beside it is committed to there:
 * nobody writes either by a statement, whatever rights over tables he has.  We
 * write past the executor (row_write.c), where no trigger looks.  Only what a
 * dump brings along is inserted, into a ledger that is closed.
 */
#include "pg/base/compat.h"

#include "commands/trigger.h"
#include "miscadmin.h"
#include "replication/logicalworker.h"
#include "utils/acl.h"
#include "utils/rel.h"

#include "pg/append/table_guard.h"
#include "pg/base/errors.h"
#include "pg/table/opening.h"

static Oid	permitted = InvalidOid;

void
qfs_table_guard_permit(Relation rel)
{
	permitted = RelationGetRelid(rel);
}

void
qfs_table_guard_end(void)
{
	permitted = InvalidOid;
}

static const char *
verb(TriggerEvent event)
{
	return TRIGGER_FIRED_BY_INSERT(event) ? "INSERT into" :
		TRIGGER_FIRED_BY_UPDATE(event) ? "UPDATE of" :
		TRIGGER_FIRED_BY_DELETE(event) ? "DELETE from" : "TRUNCATE of";
}

/* Is it a row of a dump, from somebody who may restore, and the ledger closed? */
static bool
may_restore(const TriggerData *td)
{
	return TRIGGER_FIRED_BY_INSERT(td->tg_event) && td->tg_trigger->tgnargs == 1 &&
		!qfs_ledger_is_open() &&
		has_privs_of_role(GetUserId(), td->tg_relation->rd_rel->relowner);
}

/* Once, and by the row that it was given for. */
static bool
use_permit(const TriggerData *td)
{
	if (permitted != RelationGetRelid(td->tg_relation) || !TRIGGER_FIRED_BY_INSERT(td->tg_event))
		return false;
	qfs_table_guard_end();
	return true;
}

PG_FUNCTION_INFO_V1(qfs_sql_refuse_write);

/*
 * qfs.refuse_write(): trigger, BEFORE INSERT OR UPDATE OR DELETE (row), and
 * BEFORE UPDATE OR DELETE OR TRUNCATE (statement).  With the argument
 * 'dumped', rows may be inserted while the ledger is closed.
 */
Datum
qfs_sql_refuse_write(PG_FUNCTION_ARGS)
{
	TriggerData *td = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("qfs.refuse_write() is a trigger")));
	if (use_permit(td) || may_restore(td))
		return PointerGetDatum(td->tg_trigtuple);
	if (IsLogicalWorker())
		QFS_THROW(QFS_NOT_REPLICATED, "%s qfs.%s", verb(td->tg_event),
				  RelationGetRelationName(td->tg_relation));
	QFS_THROW(QFS_TABLE_GUARDED, "%s qfs.%s", verb(td->tg_event),
			  RelationGetRelationName(td->tg_relation));
}
