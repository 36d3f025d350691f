/*
 * fn_sandbox.c - qfs.sandbox, qfs.sandbox_templates: questions that have a name.
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
#include "template/template_run.h"

static qfs_status
take(void *to, const qfs_entry *entry, qfs_error *err)
{
	return qfs_template_run_entry(to, entry, err);
}

/*
 * qfs.sandbox(template, params, policy, from, size) -> text
 *
 * policy: in force after entry size - 1, as qfs.policy has it
 * from:   where the window begins, if the template looks at one
 */
PG_FUNCTION_INFO_V1(qfs_sql_sandbox);
Datum
qfs_sql_sandbox(PG_FUNCTION_ARGS)
{
	enum {TEMPLATE, PARAMS, POLICY, FROM, SIZE};
	qfs_template_run *t = palloc(sizeof(*t));
	qfs_template_question question = {
		.template = qfs_varlena_arg(fcinfo, TEMPLATE),.params = qfs_jsonb_canonical(PG_GETARG_JSONB_P(PARAMS)),
		.policy = qfs_varlena_arg(fcinfo, POLICY)
	};
	WhatIfRun	run;
	qfs_buf		answer;
	qfs_error	err;

	qfs_run_open(&run);
	qfs_run_window(&run, fcinfo, FROM, SIZE, &question.from, &question.size);
	qfs_run_start(&run);
	QFS_TRY(qfs_template_run_begin(t, &qfs_registry_own, &question, qfs_allocator_in(run.records), &err), &err);
	qfs_run_feed_to(&run, &t->what_if, take, t);
	qfs_buf_init(&answer, palloc(QFS_TEMPLATE_RUN_MAX), QFS_TEMPLATE_RUN_MAX);
	QFS_TRY(qfs_template_run_finish(t, &answer, &err), &err);
	qfs_template_run_end(t);
	qfs_run_end(&run);
	PG_RETURN_TEXT_P(qfs_text_of(qfs_buf_slice(&answer)));
}

/* Bytes that suffice for what is told of the templates. */
#define TEMPLATES_MAX 16384

/* qfs.sandbox_templates() -> jsonb */
PG_FUNCTION_INFO_V1(qfs_sql_sandbox_templates);
Datum
qfs_sql_sandbox_templates(PG_FUNCTION_ARGS)
{
	qfs_json_writer w;
	qfs_buf		text;
	qfs_error	err;

	qfs_buf_init(&text, palloc(TEMPLATES_MAX), TEMPLATES_MAX);
	qfs_json_begin(&w, &text);
	qfs_templates_write(&w);
	QFS_TRY(qfs_json_end(&w, &err), &err);
	PG_RETURN_DATUM(qfs_jsonb_of(qfs_buf_slice(&text)));
}
