/*
 * actor.c - the account that this transaction acts for.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "access/xact.h"
#include "utils/guc.h"

#include "pg/append/actor.h"
#include "pg/base/errors.h"

static struct
{
	bool		is_set;
	int			level;			/* nesting level of the (sub)transaction that set it */
	qfs_session_record session;
	/* Of the whole transaction: no savepoint takes these back. */
	bool		has_acted;		/* it acted for an account */
	bool		is_request;		/* it came over HTTP */
	bool		set_aside;		/* with a token that has ended */
	/* Of one command: PostgREST's settings said that it did not come over HTTP. */
	bool		has_asked;
	CommandId	asked_at;
	qfs_error	why;
} state;

const qfs_session_record *
qfs_actor(void)
{
	return state.is_set ? &state.session : NULL;
}

void
qfs_actor_lend(const qfs_session_record *session)
{
	state.session = *session;
	state.level = GetCurrentTransactionNestLevel();
	state.is_set = true;
}

void
qfs_actor_set(const qfs_session_record *session)
{
	qfs_actor_lend(session);
	state.has_acted = true;
}

void
qfs_actor_clear(void)
{
	state.is_set = false;
}

void
qfs_actor_mark_request(void)
{
	state.is_request = true;
}

void
qfs_actor_set_aside(const qfs_error *why)
{
	state.set_aside = true;
	state.why = *why;
}

void
qfs_actor_blame_token(void)
{
	if (state.set_aside)
		qfs_throw(&state.why);
}

void
qfs_actor_throw_missing(const char *detail)
{
	qfs_actor_blame_token();
	QFS_THROW(QFS_NO_SESSION, "%s", detail);
}

/*
 * PostgREST sets these for each request, before it calls anything.  Whoever
 * sets one by hand takes away from what the own role may do, and gains nothing;
 * so a command that appends many rows asks once.
 */
static bool
came_over_http(void)
{
	static const char *const names[] = {
		"request.method", "request.path", "request.headers", "request.jwt.claims"
	};

	if (state.is_request)
		return true;
	if (state.has_asked && state.asked_at == GetCurrentCommandId(false))
		return false;
	for (size_t i = 0; i < lengthof(names); i++)
	{
		const char *value = GetConfigOption(names[i], true, false);

		/* Once set, it is empty rather than missing in later transactions. */
		if (value != NULL && value[0] != '\0')
			return true;
	}
	state.has_asked = true;
	state.asked_at = GetCurrentCommandId(false);
	return false;
}

void
qfs_actor_check_role_acts(void)
{
	if (state.is_set)
		QFS_THROW(QFS_FORBIDDEN, "this transaction acts for an account, not for its role");
	if (state.has_acted)
		qfs_actor_throw_missing("this transaction acted for an account, and does not act for its role any more");
	if (came_over_http())
		qfs_actor_throw_missing("a request over HTTP acts for the account of its token, not for its role");
}

static void
on_transaction(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		state.is_set = state.has_acted = state.is_request = state.set_aside = state.has_asked = false;
}

/* Who was authenticated in a savepoint that is rolled back was not authenticated. */
static void
on_subtransaction(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *arg)
{
	int			level = GetCurrentTransactionNestLevel();

	state.has_asked = false;
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
