/*
 * direct_append.c - an event appended past the executor.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "access/xact.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "miscadmin.h"

#include "pg/append/direct_append.h"
#include "pg/append/event.h"
#include "pg/base/args.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/table/ledger_table.h"
#include "pg/table/row_write.h"

bool
qfs_ledger_is_watched(Relation ledger)
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

int64
qfs_append_directly(Relation ledger, qfs_entry *event, qfs_slice signature)
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
