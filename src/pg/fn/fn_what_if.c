/*
 * fn_what_if.c - qfs.what_if, qfs.consequence_map: what another policy would have led to, and what of the rules it reaches.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * src/core/sandbox computes it; here arguments are read.
 */
#include "pg/base/compat.h"

#include "fmgr.h"
#include "utils/jsonb.h"

#include "ledger/registry.h"
#include "pg/base/allocator.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/fn/what_if_run.h"
#include "pg/table/store_table.h"
#include "sandbox/consequence_map.h"

/*
 * qfs.what_if(changes, actions, from, size) -> text
 *
 * from, size: may be null
 */
PG_FUNCTION_INFO_V1(qfs_sql_what_if);
Datum
qfs_sql_what_if(PG_FUNCTION_ARGS)
{
	enum {CHANGES, ACTIONS, FROM, SIZE};
	qfs_what_if *w = palloc(sizeof(*w));
	qfs_what_if_question question = {0};
	WhatIfRun	run;
	qfs_buf		answer;
	qfs_error	err;

	if (PG_ARGISNULL(CHANGES) || PG_ARGISNULL(ACTIONS))
		QFS_THROW(QFS_ARGUMENT, "changes and actions may be empty, but not null");
	question.changes = qfs_jsonb_canonical(PG_GETARG_JSONB_P(CHANGES));
	question.actions = qfs_jsonb_canonical(PG_GETARG_JSONB_P(ACTIONS));
	qfs_run_open(&run);
	qfs_run_window(&run, fcinfo, FROM, SIZE, &question.from, &question.size);
	qfs_run_start(&run);
	QFS_TRY(qfs_what_if_begin(w, &qfs_registry_own, &question, qfs_allocator_in(run.records), &err), &err);
	qfs_run_feed(&run, w);
	qfs_buf_init(&answer, palloc(QFS_WHAT_IF_MAX), QFS_WHAT_IF_MAX);
	QFS_TRY(qfs_what_if_finish(w, &answer, &err), &err);
	qfs_what_if_end(w);
	qfs_run_end(&run);
	PG_RETURN_TEXT_P(qfs_text_of(qfs_buf_slice(&answer)));
}

/*
 * qfs.consequence_map(changes, proposal, from, size, now) -> text
 *
 * proposal: the entry that proposes the changes, or null; from, size: may be null
 * now:      what keys have and who may change them is told of the policy in force now, not of the one after entry size - 1
 */
PG_FUNCTION_INFO_V1(qfs_sql_consequence_map);
Datum
qfs_sql_consequence_map(PG_FUNCTION_ARGS)
{
	enum {CHANGES, PROPOSAL, FROM, SIZE, NOW};
	qfs_consequence_map *m = palloc(sizeof(*m));
	qfs_map_question question = {.proposal = -1};
	WhatIfRun	run;
	qfs_buf		answer;
	qfs_error	err;

	if (PG_ARGISNULL(CHANGES) || PG_ARGISNULL(NOW))
		QFS_THROW(QFS_ARGUMENT, "changes may be empty, but not null, and now is true or false");
	question.changes = qfs_jsonb_canonical(PG_GETARG_JSONB_P(CHANGES));
	if (!PG_ARGISNULL(PROPOSAL))
		question.proposal = (int64_t) qfs_count_arg(fcinfo, PROPOSAL, "proposal");
	qfs_run_open(&run);
	qfs_run_window(&run, fcinfo, FROM, SIZE, &question.from, &question.size);
	qfs_run_start(&run);
	QFS_TRY(qfs_consequence_map_begin(m, &qfs_registry_own, &question, qfs_allocator_in(run.records), &err), &err);
	qfs_run_feed(&run, &m->what_if);
	qfs_buf_init(&answer, palloc(QFS_CONSEQUENCE_MAP_MAX), QFS_CONSEQUENCE_MAP_MAX);
	QFS_TRY(qfs_consequence_map_finish(m, PG_GETARG_BOOL(NOW) ? &qfs_table_reducer()->policy : NULL, &answer, &err), &err);
	qfs_consequence_map_end(m);
	qfs_run_end(&run);
	PG_RETURN_TEXT_P(qfs_text_of(qfs_buf_slice(&answer)));
}
