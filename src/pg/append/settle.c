/*
 * settle.c - what is due by the agenda comes before anything else.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "miscadmin.h"

#include "pg/append/own_event.h"
#include "pg/append/settle.h"
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
	return chain->reducer->open && *at >= chain->reducer->due_at;
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
	(void) qfs_append_own_event(ledger, type, qfs_buf_slice(&payload));
	pfree(payload.data);
}

static int64
settle_all(Relation ledger, qfs_chain *chain, int64 *at)
{
	int64		count = 0;

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
