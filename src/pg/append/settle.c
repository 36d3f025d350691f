/*
 * settle.c - what is due by the agenda comes before anything else.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "access/table.h"
#include "miscadmin.h"

#include "pg/append/append.h"
#include "pg/append/event.h"
#include "pg/append/own_event.h"
#include "pg/append/server.h"
#include "pg/append/settle.h"
#include "pg/base/clock.h"
#include "pg/base/errors.h"
#include "rules/governance/settlement.h"

/* True while its entry is on its way. */
static bool settling = false;

/* Is something due?  Costs a comparison where the reducer knows, and nothing more where nothing is. */
static bool
is_due(qfs_chain *chain, int64 *at)
{
	qfs_error	err;

	if (*at < chain->at)
		*at = chain->at;
	QFS_TRY(qfs_reducer_refresh(chain->reducer, &err), &err);
	return qfs_reducer_is_due(chain->reducer, *at);
}

static void
settle_one(Relation ledger, qfs_chain *chain, int64 at)
{
	const char *type;
	qfs_error	err;
	qfs_buf		payload;

	qfs_buf_init(&payload, palloc(QFS_SETTLEMENT_MAX), QFS_SETTLEMENT_MAX);
	QFS_TRY(qfs_settlement_next(chain->reducer, at, &type, &payload, &err), &err);
	Assert(type != NULL);
	(void) qfs_append_own_event(ledger, type, qfs_buf_slice(&payload), at);
	pfree(payload.data);
}

static int64
settle_all(Relation ledger, qfs_chain *chain, int64 *at)
{
	int64		count = 0;

	/* The first one would be an entry of another server. */
	qfs_server_settle();
	for (; is_due(chain, at); count++)
	{
		CHECK_FOR_INTERRUPTS();
		settle_one(ledger, chain, *at);
	}
	return count;
}

int64
qfs_settle(Relation ledger, qfs_chain *chain, int64 *at)
{
	int64		count = 0;

	if (settling || !is_due(chain, at))
		return 0;
	settling = true;
	PG_TRY();
	{
		count = settle_all(ledger, chain, at);
	}
	PG_FINALLY();
	{
		settling = false;
	}
	PG_END_TRY();
	return count;
}

void
qfs_settle_register(void)
{
	qfs_event_settler = qfs_settle;
}

int64
qfs_settle_now(void)
{
	Relation	ledger = table_open(qfs_table_oid("ledger"), RowExclusiveLock);
	qfs_appending a;
	qfs_chain  *chain = qfs_append_begin(ledger, &a);
	int64		at = qfs_now_ms();
	int64		count = qfs_settle(ledger, chain, &at);

	qfs_append_end(&a);
	table_close(ledger, NoLock);
	return count;
}
