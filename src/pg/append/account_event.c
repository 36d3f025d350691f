/*
 * account_event.c - what functions for signed-in accounts share.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "pg/append/account_event.h"
#include "pg/append/direct_append.h"
#include "pg/append/event.h"
#include "pg/append/server.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/table/ledger_table.h"
#include "pg/table/opening.h"
#include "pg/table/row_insert.h"
#include "pg/table/store_table.h"

/* Nobody signs in before genesis, nor in a copy that was not verified. */
static void
throw_closed(void)
{
	LedgerHead	head;

	qfs_ledger_head_seen(GetActiveSnapshot(), &head);
	qfs_ledger_throw_closed(head.size, "nobody can sign in yet");
}

qfs_reducer *
qfs_open_reducer(void)
{
	qfs_reducer *r = qfs_table_reducer();

	if (!r->open)
		throw_closed();
	return r;
}

bool
qfs_policy_is_public(void)
{
	const qfs_reducer *r = qfs_table_reducer();

	return r->open && r->policy.is_public;
}

bool
qfs_policy_page_errors(void)
{
	const qfs_reducer *r = qfs_table_reducer();

	return r->open && r->policy.page_errors;
}

const qfs_session_record *
qfs_require_actor(void)
{
	const qfs_session_record *actor = qfs_actor();

	if (actor == NULL)
		qfs_actor_throw_missing("no token was given in this transaction");
	return actor;
}

/* ---- appending ---- */

/* By an INSERT, as anybody could. */
static int64
append_by_statement(qfs_entry *event, qfs_slice signature)
{
	static const char query[] =
		"INSERT INTO qfs.ledger (type, actor, payload, auth) VALUES ($1, ($2)::qfs.user_id, $3, $4)"
		" RETURNING seq, outcome";
	static SPIPlanPtr plan = NULL;
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext spi;
	qfs_params	p = {0};
	int64		seq;

	qfs_param_text(&p, event->type);
	if (event->has_actor)
		qfs_param_bytes(&p, event->actor.bytes, sizeof(event->actor.bytes));
	else
		qfs_param_null(&p, BYTEAOID);
	qfs_param(&p, JSONBOID, qfs_jsonb_of(event->payload));
	if (signature.len > 0)
		qfs_param(&p, JSONBOID, qfs_jsonb_of(signature));
	else
		qfs_param_null(&p, JSONBOID);
	SPI_connect();
	if (!qfs_row_insert(&plan, query, &p))
		QFS_THROW(QFS_ENTRY_LOST, "the %v entry", event->type);
	seq = DatumGetInt64(qfs_row_returned(1));
	spi = MemoryContextSwitchTo(caller);
	event->outcome = qfs_jsonb_canonical(DatumGetJsonbP(qfs_row_returned(2)));
	MemoryContextSwitchTo(spi);
	SPI_finish();
	return seq;
}

qfs_slice
qfs_signature_arg(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? QFS_LITERAL("") : qfs_jsonb_canonical(PG_GETARG_JSONB_P(n));
}

int64
qfs_append_expected(qfs_entry *event, qfs_slice signature, qfs_expected *this_one)
{
	Relation	ledger = table_open(qfs_table_oid("ledger"), RowExclusiveLock);
	int64		seq = 0;

	qfs_server_settle();
	qfs_event_expect(this_one);
	PG_TRY();
	{
		seq = qfs_ledger_is_watched(ledger) ? append_by_statement(event, signature) :
			qfs_append_directly(ledger, event, signature);
	}
	PG_FINALLY();
	{
		qfs_event_expect_no_more(this_one);
	}
	PG_END_TRY();
	table_close(ledger, NoLock);
	return seq;
}

int64
qfs_append_account_event(const char *type, const qfs_user_id *actor, qfs_slice payload, qfs_slice signature,
						 qfs_slice *outcome)
{
	qfs_entry	event = {.type = qfs_slice_of(type), .has_actor = true, .actor = *actor, .payload = payload};
	qfs_expected this_one = {.type = event.type, .payload = payload};
	int64		seq = qfs_append_expected(&event, signature, &this_one);

	if (outcome != NULL)
		*outcome = event.outcome;
	return seq;
}
