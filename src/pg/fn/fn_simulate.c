/*
 * fn_simulate.c - SQL function of simulation: what would come of an act, if it were done now.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "ledger/registry.h"
#include "pg/append/account_event.h"
#include "pg/append/actor.h"
#include "pg/base/allocator.h"
#include "pg/base/args.h"
#include "pg/base/clock.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/table/ledger_table.h"
#include "pg/table/opening.h"
#include "pg/table/store_table.h"
#include "sandbox/actions.h"
#include "sandbox/overlay_store.h"

#define ANSWER_MAX (QFS_STEPS_MAX + QFS_POLICY_MAX + 512)

/* Bytes that actor and session add to an action. */
#define ACTOR_MAX 256

/* Errors: TYPE_SYNTAX, PAYLOAD_INVALID of what is no act of one's own. */
static void
check_action(qfs_slice action)
{
	qfs_slice	payload;
	qfs_slice	type;
	qfs_error	err;

	if (qfs_json_type_of(action) != QFS_JSON_OBJECT || qfs_json_length(action) != 2 ||
		!qfs_json_member(action, "payload", &payload) || !qfs_json_member(action, "type", &type))
		QFS_THROW(QFS_PAYLOAD_INVALID, "actions: an action is type and payload, and is the act of who asks");
	if (qfs_json_type_of(type) != QFS_JSON_STRING)
		QFS_THROW(QFS_PAYLOAD_INVALID, "type: must be a string");
	QFS_TRY(qfs_type_check((qfs_slice) {type.data + 1, type.len - 2}, &err), &err);
	if (qfs_json_type_of(payload) != QFS_JSON_OBJECT)
		QFS_THROW(QFS_PAYLOAD_INVALID, "payload: must be an object");
}

static void
put_action(qfs_json_writer *w, const qfs_session_record *actor, qfs_slice action)
{
	qfs_json_open_object(w);
	qfs_json_key(w, "actor");
	qfs_json_put_user(w, &actor->user);
	qfs_json_key(w, "payload");
	qfs_json_put_value(w, qfs_json_member_or(action, "payload", QFS_LITERAL("{}")));
	qfs_json_key(w, "session");
	qfs_json_put_hex(w, actor->session.bytes, sizeof(actor->session.bytes));
	qfs_json_key(w, "type");
	qfs_json_put_value(w, qfs_json_member_or(action, "type", QFS_LITERAL("\"\"")));
	qfs_json_close(w);
}

/*
 * [{"payload","type"}…] as acts of the account that is signed in, by its session.
 * Errors: TYPE_SYNTAX; PAYLOAD_INVALID, also for one that says itself who acts.
 */
static qfs_slice
actions_of(const qfs_session_record *actor, qfs_slice asked)
{
	qfs_json_iter iter = qfs_json_members(asked);
	qfs_json_writer w;
	qfs_buf		text;
	qfs_error	err;
	qfs_slice	key;
	qfs_slice	action;
	size_t		capacity;

	if (qfs_json_type_of(asked) != QFS_JSON_ARRAY || qfs_json_length(asked) > QFS_ACTIONS_MAX)
		QFS_THROW(QFS_PAYLOAD_INVALID, "actions: must be an array of at most %i", (int64_t) QFS_ACTIONS_MAX);
	if (asked.len > QFS_ACTIONS_TEXT_MAX)
		QFS_THROW(QFS_ENTRY_TOO_LARGE, "the actions have %u bytes, %u are the most", (uint64_t) asked.len, (uint64_t) QFS_ACTIONS_TEXT_MAX);
	capacity = asked.len + (qfs_json_length(asked) + 1) * ACTOR_MAX;
	qfs_buf_init(&text, palloc(capacity), capacity);
	qfs_json_begin(&w, &text);
	qfs_json_open_array(&w);
	while (qfs_json_next(&iter, &key, &action))
	{
		check_action(action);
		put_action(&w, actor, action);
	}
	qfs_json_close(&w);
	QFS_TRY(qfs_json_end(&w, &err), &err);
	QFS_TRY(qfs_actions_check(qfs_buf_slice(&text), &err), &err);
	return qfs_buf_slice(&text);
}

static void
put_policy(qfs_json_writer *w, const qfs_reducer *r)
{
	qfs_json_key(w, "policy");
	qfs_json_open_object(w);
	qfs_json_key(w, "hash");
	qfs_json_put_hex(w, r->ledger.policy.bytes, sizeof(r->ledger.policy.bytes));
	qfs_json_put_member_int(w, "seq", r->ledger.policy_seq);
	qfs_json_key(w, "text");
	qfs_json_put_value(w, r->policy.text);
	qfs_json_close(w);
}

/*
 * qfs.simulate(actions) -> jsonb
 *
 * {"at","next","policy":{"hash","seq","text"},"steps"}: what appends by the
 * account that is signed in, one after the other, would record, as
 * docs/format.md, "What-if", has steps; the entry that would come after them,
 * and the policy in force then.  The ledger is that of the snapshot; nothing is
 * written, and nobody is waited for.
 * Errors: NOT_VERIFIED, NO_GENESIS of a ledger that takes no events; TYPE_SYNTAX, PAYLOAD_INVALID of what is no act at all.
 */
PG_FUNCTION_INFO_V1(qfs_sql_simulate);
Datum
qfs_sql_simulate(PG_FUNCTION_ARGS)
{
	qfs_slice	asked = qfs_jsonb_canonical(PG_GETARG_JSONB_P(0));
	qfs_memory_store *memory = qfs_memory_store_create(qfs_allocator_in(CurrentMemoryContext));
	qfs_stage	stage = {.reducer = palloc(sizeof(qfs_reducer)),.undo = memory,.space = palloc(sizeof(qfs_judging_space))};
	qfs_slice	actions;
	qfs_overlay_store store;
	LedgerHead	head;
	qfs_json_writer w;
	qfs_buf		steps;
	qfs_buf		answer;
	qfs_error	err;

	qfs_ledger_head_seen(GetActiveSnapshot(), &head);
	if (!qfs_ledger_is_open())
		qfs_ledger_throw_closed(head.size, "an act was looked at before it");
	actions = actions_of(qfs_require_actor(), asked);
	if (memory == NULL)
		QFS_THROW(QFS_NO_MEMORY, "to simulate in");
	qfs_overlay_store_init(&store, qfs_snapshot_store(), memory);
	qfs_reducer_init(stage.reducer, &qfs_registry_own, &store.base, false);
	qfs_buf_init(&steps, palloc(QFS_STEPS_MAX), QFS_STEPS_MAX);
	stage.seq = head.size;
	stage.at = Max(head.at, qfs_now_ms());
	QFS_TRY(qfs_actions_run(&stage, actions, &steps, &err), &err);
	QFS_TRY(qfs_reducer_refresh(stage.reducer, &err), &err);

	qfs_buf_init(&answer, palloc(ANSWER_MAX), ANSWER_MAX);
	qfs_json_begin(&w, &answer);
	qfs_json_open_object(&w);
	qfs_json_put_member_int(&w, "at", stage.at);
	qfs_json_put_member_int(&w, "next", (int64_t) stage.seq);
	put_policy(&w, stage.reducer);
	qfs_json_key(&w, "steps");
	qfs_json_put_value(&w, qfs_buf_slice(&steps));
	qfs_json_close(&w);
	QFS_TRY(qfs_json_end(&w, &err), &err);
	qfs_memory_store_destroy(memory);
	PG_RETURN_DATUM(qfs_jsonb_of(qfs_buf_slice(&answer)));
}
