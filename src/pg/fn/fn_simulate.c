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
	size_t		capacity = payload.len + 6 * type.len + 512;

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

/*
 * qfs.simulate(type, payload) -> jsonb
 *
 * {"at","size","step"}: what an append by the account that is signed in
 * would record, as docs/format.md, "What-if", has a step.  The ledger is that of
 * the snapshot; nothing is written, and nobody is waited for.
 */
PG_FUNCTION_INFO_V1(qfs_sql_simulate);
Datum
qfs_sql_simulate(PG_FUNCTION_ARGS)
{
	const qfs_session_record *actor = qfs_require_actor();
	qfs_slice	action = action_of(actor, qfs_varlena_arg(fcinfo, 0), qfs_jsonb_canonical(PG_GETARG_JSONB_P(1)));
	qfs_reducer *reducer = palloc(sizeof(*reducer));
	qfs_memory_store *memory = qfs_memory_store_create(qfs_allocator_in(CurrentMemoryContext));
	qfs_overlay_store store;
	LedgerHead	head;
	qfs_stage	stage;
	qfs_buf		steps;
	qfs_error	err;
	StringInfoData json;

	if (memory == NULL)
		QFS_THROW(QFS_NO_MEMORY, "to simulate in");
	qfs_ledger_head_seen(GetActiveSnapshot(), &head);
	qfs_overlay_store_init(&store, qfs_snapshot_store(), memory);
	qfs_reducer_init(reducer, &qfs_registry_own, &store.base, false);
	stage = (qfs_stage) {.reducer = reducer,.undo = memory,.seq = head.size,.at = Max(head.at, qfs_now_ms()),
	.space = palloc(sizeof(qfs_judging_space))};
	qfs_buf_init(&steps, palloc(STEP_MAX), STEP_MAX);
	QFS_TRY(qfs_actions_run(&stage, action, &steps, &err), &err);
	qfs_memory_store_destroy(memory);

	initStringInfo(&json);
	appendStringInfo(&json, "{\"at\":" INT64_FORMAT ",\"size\":" UINT64_FORMAT ",\"step\":", stage.at, head.size);
	/* The one step, out of its list. */
	appendBinaryStringInfo(&json, (const char *) steps.data + 1, (int) steps.len - 2);
	appendStringInfoChar(&json, '}');
	PG_RETURN_DATUM(qfs_jsonb_of((qfs_slice) {(const uint8_t *) json.data, (size_t) json.len}));
}
