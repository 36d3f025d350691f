/*
 * account_event.c - what functions for signed-in accounts share, and the ledger's own events.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "pg/append/account_event.h"
#include "pg/append/event.h"
#include "pg/append/operator_event.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/table/ledger_table.h"
#include "pg/table/opening.h"
#include "pg/table/row_insert.h"
#include "pg/table/row_write.h"
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

const qfs_session_record *
qfs_require_actor(void)
{
	const qfs_session_record *actor = qfs_actor();

	if (actor == NULL)
		qfs_actor_throw_missing("no token was given in this transaction");
	return actor;
}

/* ---- appending ---- */

/*
 * Is there anything of the application's that only the executor serves: another
 * trigger that sees inserts, or another index?
 */
static bool
is_watched(Relation ledger)
{
	const TriggerDesc *all = ledger->trigdesc;
	bool		ours = false;

	for (int i = 0; all != NULL && i < all->numtriggers; i++)
	{
		const Trigger *t = &all->triggers[i];

		if (!TRIGGER_FOR_INSERT(t->tgtype))
			continue;
		if (strcmp(t->tgname, "zzz_qfs_append") != 0 || t->tgenabled != TRIGGER_FIRES_ALWAYS)
			return true;
		ours = true;
	}
	return !ours || qfs_ledger_has_other_index(ledger);
}

static qfs_slice
copy(qfs_slice bytes)
{
	return (qfs_slice) {memcpy(palloc(bytes.len), bytes.data, bytes.len), bytes.len};
}

/* The executor's part is done here, the trigger's by qfs_event_append. */
static void
append_in(qfs_entry_memory *memory, Relation ledger, qfs_entry *event, qfs_slice signature)
{
	LedgerRow	row;

	row.values[LEDGER_TYPE - 1] = PointerGetDatum(qfs_text_of(event->type));
	row.values[LEDGER_PAYLOAD - 1] = qfs_jsonb_of(event->payload);
	qfs_row_write(ledger, qfs_event_append(ledger, memory, event, signature, &row), NULL);
	event->outcome = copy(event->outcome);
}

/* What the trigger does, and the executor around it. */
static int64
append_directly(Relation ledger, qfs_entry *event, qfs_slice signature)
{
	qfs_entry_memory *memory;

	PreventCommandIfReadOnly("an append to qfs.ledger");
	memory = qfs_entry_memory_take();
	PG_TRY();
	{
		append_in(memory, ledger, event, signature);
	}
	PG_FINALLY();
	{
		qfs_entry_memory_give(memory);
	}
	PG_END_TRY();
	CommandCounterIncrement();
	return (int64) event->seq;
}

/* The same, as anybody could. */
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
	qfs_param_bytes(&p, event->actor.bytes, sizeof(event->actor.bytes));
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

/* The executor's way, or ours where nothing is missed by it. */
static int64
append_either_way(Relation ledger, qfs_entry *event, qfs_slice signature)
{
	if (!is_watched(ledger))
		return append_directly(ledger, event, signature);
	return event->has_actor ? append_by_statement(event, signature) :
		qfs_append_operator_event((const char *) event->type.data, event->payload, NULL);
}

/* this_one: what else is to be known of the event */
static int64
append_expected(qfs_expected *this_one, qfs_entry *event, qfs_slice signature)
{
	Relation	ledger = table_open(qfs_table_oid("ledger"), RowExclusiveLock);
	int64		seq = 0;

	this_one->type = event->type;
	this_one->payload = event->payload;
	qfs_event_expect(this_one);
	PG_TRY();
	{
		seq = append_either_way(ledger, event, signature);
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
	qfs_expected this_one = {.by_ledger = false};
	int64		seq = append_expected(&this_one, &event, signature);

	if (outcome != NULL)
		*outcome = event.outcome;
	return seq;
}

int64
qfs_append_own_event(const char *type, qfs_slice payload)
{
	qfs_entry	event = {.type = qfs_slice_of(type), .payload = payload};
	qfs_expected this_one = {.by_ledger = true};

	return append_expected(&this_one, &event, QFS_LITERAL(""));
}
