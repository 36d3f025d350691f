/*
 * fn_governance.c - SQL functions of governance: settling, keys of the policy, descriptions of proposals.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "engine/policy_key.h"
#include "pg/append/settle.h"
#include "pg/base/args.h"
#include "pg/base/clock.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/table/opening.h"
#include "pg/table/own_row.h"
#include "pg/table/store_table.h"

/* Without the chain lock, which nobody who has nothing to settle should take from those who append. */
static bool
may_be_due(void)
{
	return qfs_reducer_is_due(qfs_table_reducer(), qfs_now_ms());
}

/*
 * qfs.settle() -> bigint
 *
 * Appends what is due, which any event would; for a ledger that nobody appends
 * to.  Returns how many entries that made.
 */
PG_FUNCTION_INFO_V1(qfs_sql_settle);
Datum
qfs_sql_settle(PG_FUNCTION_ARGS)
{
	/* Nothing is due in a ledger that is closed: it takes no events. */
	PG_RETURN_INT64(qfs_ledger_is_open() && may_be_due() ? qfs_settle_now() : 0);
}

/* The policy of an argument. */
static const qfs_policy *
policy_arg(FunctionCallInfo fcinfo, int n)
{
	qfs_policy *policy = palloc(sizeof(*policy));
	qfs_error	err;

	QFS_TRY(qfs_policy_parse(qfs_jsonb_canonical(PG_GETARG_JSONB_P(n)), policy, &err), &err);
	return policy;
}

/*
 * qfs.policy_key_list(policy) -> (key, class, value, is_operators), one row a key
 *
 * policy: a complete one, or null: the one in force
 * Errors: POLICY_INVALID.
 */
PG_FUNCTION_INFO_V1(qfs_sql_policy_key_list);
Datum
qfs_sql_policy_key_list(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const qfs_reducer *r = qfs_table_reducer();
	const qfs_policy *policy = PG_ARGISNULL(0) ? &r->policy : policy_arg(fcinfo, 0);
	qfs_slice	name;
	qfs_key_class class;

	InitMaterializedSRF(fcinfo, 0);
	if (!r->open)
		return (Datum) 0;
	for (size_t n = 0; qfs_policy_key_at(n, &name, &class); n++)
	{
		bool		nulls[4] = {false};
		Datum		values[4];
		qfs_slice	value;

		if (!qfs_policy_leaf(policy->text, name, &value))
			value = QFS_LITERAL("null");
		values[0] = PointerGetDatum(qfs_text_of(name));
		values[1] = CStringGetTextDatum(qfs_key_class_names[class]);
		values[2] = qfs_jsonb_of(value);
		values[3] = BoolGetDatum(qfs_policy_key_is_operators(policy, name));
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* qfs.put_proposal_text(seq, content) -> void: what a proposal's hash is of */
PG_FUNCTION_INFO_V1(qfs_sql_put_proposal_text);
Datum
qfs_sql_put_proposal_text(PG_FUNCTION_ARGS)
{
	enum {SEQ, CONTENT, COLUMNS};
	Datum		key = PG_GETARG_DATUM(SEQ);
	OwnRow		row;

	qfs_own_row_lock(&row, "proposal_text", COLUMNS, 1, &key);
	qfs_own_row_set(&row, CONTENT, PG_GETARG_DATUM(CONTENT));
	qfs_own_row_put(&row);
	PG_RETURN_VOID();
}
