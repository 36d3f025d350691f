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

/* An outcome and parts of an account. */
#define STEP_MAX (QFS_PART_MAX + QFS_PARTS_MAX)

/* [{"actor","payload","session","type"}] of the account that is signed in. */
static qfs_slice
action_of(const qfs_session_record *actor, qfs_slice type, qfs_slice payload)
{
	qfs_json_writer w;
	qfs_buf		text;
	qfs_error	err;
	size_t		capacity = payload.len + type.len + 512;

	qfs_buf_init(&text, palloc(capacity), capacity);
	qfs_json_begin(&w, &text);
	qfs_json_open_array(&w);
	qfs_json_open_object(&w);
	qfs_json_key(&w, "actor");
	qfs_json_put_user(&w, &actor->user);
	qfs_json_key(&w, "payload");
	qfs_json_put_value(&w, payload);
	qfs_json_key(&w, "session");
	qfs_json_put_hex(&w, actor->session.bytes, sizeof(actor->session.bytes));
	qfs_json_key(&w, "type");
	qfs_json_put_text(&w, type);
	qfs_json_close(&w);
	qfs_json_close(&w);
	QFS_TRY(qfs_json_end(&w, &err), &err);
	QFS_TRY(qfs_actions_check(qfs_buf_slice(&text), &err), &err);
	return qfs_buf_slice(&text);
}

/* Memory is asked for by its length, so what is no type is no action either.  Errors: TYPE_SYNTAX, PAYLOAD_INVALID. */
static void
check_action(qfs_slice type, qfs_slice payload)
{
	qfs_error	err;

	QFS_TRY(qfs_type_check(type, &err), &err);
	if (qfs_json_type_of(payload) != QFS_JSON_OBJECT)
		QFS_THROW(QFS_PAYLOAD_INVALID, "payload: must be an object");
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
 * qfs.simulate(type, payload) -> jsonb
 *
 * {"at","next","policy":{"hash","seq","text"},"step"}: what an append by the
 * account that is signed in would record, as docs/format.md, "What-if", has a
 * step; the entry that would come after it, and the policy in force then.  The ledger is that of
 * the snapshot; nothing is written, and nobody is waited for.
 * Errors: NOT_VERIFIED, NO_GENESIS of a ledger that takes no events; TYPE_SYNTAX, PAYLOAD_INVALID of what is no act at all.
 */
PG_FUNCTION_INFO_V1(qfs_sql_simulate);
Datum
qfs_sql_simulate(PG_FUNCTION_ARGS)
{
	qfs_slice	type = qfs_varlena_arg(fcinfo, 0);
	qfs_slice	payload = qfs_jsonb_canonical(PG_GETARG_JSONB_P(1));
	qfs_memory_store *memory = qfs_memory_store_create(qfs_allocator_in(CurrentMemoryContext));
	qfs_stage	stage = {.reducer = palloc(sizeof(qfs_reducer)),.undo = memory,.space = palloc(sizeof(qfs_judging_space))};
	const qfs_session_record *actor;
	qfs_overlay_store store;
	LedgerHead	head;
	qfs_json_writer w;
	qfs_buf		steps;
	qfs_buf		answer;
	qfs_error	err;

	qfs_ledger_head_seen(GetActiveSnapshot(), &head);
	if (!qfs_ledger_is_open())
		qfs_ledger_throw_closed(head.size, "an act was looked at before it");
	actor = qfs_require_actor();
	check_action(type, payload);
	if (memory == NULL)
		QFS_THROW(QFS_NO_MEMORY, "to simulate in");
	qfs_overlay_store_init(&store, qfs_snapshot_store(), memory);
	qfs_reducer_init(stage.reducer, &qfs_registry_own, &store.base, false);
	qfs_buf_init(&steps, palloc(STEP_MAX), STEP_MAX);
	stage.seq = head.size;
	stage.at = Max(head.at, qfs_now_ms());
	QFS_TRY(qfs_actions_run(&stage, action_of(actor, type, payload), &steps, &err), &err);
	QFS_TRY(qfs_reducer_refresh(stage.reducer, &err), &err);

	qfs_buf_init(&answer, palloc(STEP_MAX + QFS_POLICY_MAX + 512), STEP_MAX + QFS_POLICY_MAX + 512);
	qfs_json_begin(&w, &answer);
	qfs_json_open_object(&w);
	qfs_json_put_member_int(&w, "at", stage.at);
	qfs_json_put_member_int(&w, "next", (int64_t) stage.seq);
	put_policy(&w, stage.reducer);
	/* The one step, out of its list. */
	qfs_json_key(&w, "step");
	qfs_json_put_value(&w, (qfs_slice) {steps.data + 1, steps.len - 2});
	qfs_json_close(&w);
	QFS_TRY(qfs_json_end(&w, &err), &err);
	qfs_memory_store_destroy(memory);
	PG_RETURN_DATUM(qfs_jsonb_of(qfs_buf_slice(&answer)));
}
