/*
 * actor.c - the account that this transaction acts for.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "access/xact.h"

#include "pg/append/actor.h"

static struct
{
	bool		is_set;
	int			level;			/* nesting level of the (sub)transaction that set it */
	qfs_session_record session;
} state;

const qfs_session_record *
qfs_actor(void)
{
	return state.is_set ? &state.session : NULL;
}

void
qfs_actor_set(const qfs_session_record *session)
{
	state.session = *session;
	state.level = GetCurrentTransactionNestLevel();
	state.is_set = true;
}

void
qfs_actor_clear(void)
{
	state.is_set = false;
}

static void
on_transaction(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		state.is_set = false;
}

/* Who was authenticated in a savepoint that is rolled back was not authenticated. */
static void
on_subtransaction(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *arg)
{
	int			level = GetCurrentTransactionNestLevel();

	if (!state.is_set || state.level != level)
		return;
	if (event == SUBXACT_EVENT_ABORT_SUB)
		state.is_set = false;
	else if (event == SUBXACT_EVENT_COMMIT_SUB)
		state.level = level - 1;
}

void
qfs_actor_register_callbacks(void)
{
	RegisterXactCallback(on_transaction, NULL);
	RegisterSubXactCallback(on_subtransaction, NULL);
}
