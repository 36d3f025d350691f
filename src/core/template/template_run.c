/*
 * template_run.c - a run of the sandbox: a template, its parameters, and a ledger of a size.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "template/template_run.h"

#include "base/status.h"
#include "crypto/keccak.h"
#include "sandbox/holdings.h"

/* ---- the question ---- */

/* What is wrong with the changes is wrong with what they were made of: the last of the parameters. */
static qfs_status
blame(const qfs_template_run *run, const qfs_error *why, qfs_error *err)
{
	const qfs_template *template = run->asked.template;

	if (template->param_count == 0)
		return qfs_fail(err, why->status, "%s", why->detail);
	return qfs_fail(err, why->status, "params.%s: %s", template->params[template->param_count - 1].name, why->detail);
}

/* May what the template makes come after the policy in force? */
static qfs_status
check_changes(qfs_template_run *run, const qfs_registry *registry, qfs_slice text, qfs_error *err)
{
	qfs_changes changes;
	qfs_hash	ignored;
	qfs_error	why;
	qfs_status	status = qfs_changes_read(text, &changes, &why);

	if (status == QFS_OK)
		status = qfs_changes_check(&changes, registry, &run->policy, &ignored, &why);
	return status == QFS_OK ? QFS_OK : blame(run, &why, err);
}

static qfs_status
make_question(qfs_template_run *run, const qfs_registry *registry, qfs_what_if_question *out, qfs_error *err)
{
	const qfs_template *template;
	qfs_buf		changes;
	qfs_status	status = qfs_template_find(run->question.template, &template, err);

	if (status == QFS_OK)
		status = qfs_template_read(template, run->question.params, &run->asked, err);
	if (status == QFS_OK)
		status = qfs_policy_parse(run->question.policy, &run->policy, err);
	if (status != QFS_OK)
		return status;
	run->asked.registry = registry;
	run->asked.policy = &run->policy;
	qfs_buf_init(&changes, run->changes, sizeof(run->changes));
	status = template->make(&run->asked, &changes, err);
	*out = (qfs_what_if_question) {
		.changes = qfs_buf_slice(&changes),.size = run->question.size,
		.from = qfs_template_has_window(template) ? run->question.from : run->question.size
	};
	return status == QFS_OK ? check_changes(run, registry, out->changes, err) : status;
}

qfs_status
qfs_template_run_begin(qfs_template_run *run, const qfs_registry *registry, const qfs_template_question *question, qfs_allocator allocator,
			  qfs_error *err)
{
	qfs_what_if_question asked;
	qfs_status	status;

	run->question = *question;
	run->allocator = allocator;
	run->what_if.direct.memory = NULL;
	run->what_if.cumulative.memory = NULL;
	status = make_question(run, registry, &asked, err);
	return status == QFS_OK ? qfs_what_if_begin(&run->what_if, registry, &asked, allocator, err) : status;
}

void
qfs_template_run_end(qfs_template_run *run)
{
	qfs_what_if_end(&run->what_if);
}

qfs_status
qfs_template_run_entry(qfs_template_run *run, const qfs_entry *entry, qfs_error *err)
{
	bool		begins = !run->what_if.has_begun && entry->seq == run->what_if.question.from;
	qfs_error	why;
	qfs_status	status = qfs_what_if_entry(&run->what_if, entry, &why);

	/* Another policy was in force where the window begins. */
	if (begins && (status == QFS_POLICY_INVALID || status == QFS_RULES_UNKNOWN))
		return blame(run, &why, err);
	if (status != QFS_OK && err != NULL)
		*err = why;
	return status;
}

/* ---- what is asked of the end ---- */

static qfs_status
run_ring(qfs_template_run *run, qfs_error *err)
{
	qfs_what_if *w = &run->what_if;
	qfs_stage	stage = {
		.reducer = &w->cumulative.reducer,.undo = w->cumulative.memory,.seq = w->next,.at = w->at,.space = &w->cumulative.space
	};

	return qfs_ring_run(&run->ring, (unsigned) run->asked.amount, &stage, run->allocator, err);
}

static qfs_status
run_end(qfs_template_run *run, qfs_error *err)
{
	const qfs_what_if *w = &run->what_if;

	switch (run->asked.template->asks)
	{
		case QFS_ASKS_RING:
			return run_ring(run, err);
		case QFS_ASKS_ROLLBACK:
			return qfs_rollback_run(&run->rollback, w->registry, w->direct.memory, &run->policy, &w->changes, run->allocator,
									err);
		case QFS_ASKS_WINDOW:
		case QFS_ASKS_PROPOSALS:
			break;
	}
	return QFS_OK;
}

/* ---- the answer ---- */

/* Copies a member of the what-if's answer. */
static void
put_member(qfs_json_writer *out, const char *name, qfs_slice from)
{
	qfs_json_key(out, name);
	qfs_json_put_value(out, qfs_json_member_or(from, name, QFS_LITERAL("null")));
}

/* Sums of a few would tell what each of them has. */
static void
put_crowd_member(const qfs_template_run *run, qfs_json_writer *out, const char *name, qfs_slice from)
{
	int64_t		accounts = qfs_json_int_or(qfs_json_member_or(from, "accounts", QFS_LITERAL("0")), 0);

	if (run->policy.is_public || accounts >= QFS_TEMPLATE_RUN_CROWD)
	{
		put_member(out, name, from);
		return;
	}
	qfs_json_key(out, name);
	qfs_json_put_null(out);
}

static void
write_window(const qfs_template_run *run, qfs_json_writer *out, qfs_slice answer)
{
	qfs_slice	cumulative = qfs_json_member_or(answer, "cumulative", QFS_LITERAL("{}"));
	qfs_slice	direct = qfs_json_member_or(answer, "direct", QFS_LITERAL("{}"));

	qfs_json_key(out, "cumulative");
	qfs_json_open_object(out);
	put_crowd_member(run, out, "accounts", cumulative);
	put_member(out, "follows", cumulative);
	put_member(out, "refused", cumulative);
	put_crowd_member(run, out, "tokens", cumulative);
	qfs_json_close(out);
	qfs_json_key(out, "direct");
	qfs_json_open_object(out);
	put_member(out, "bounds", direct);
	put_member(out, "refused", direct);
	put_member(out, "same", direct);
	put_member(out, "verdicts", direct);
	qfs_json_close(out);
}

static qfs_status
write_ring(const qfs_template_run *run, qfs_json_writer *out, qfs_error *err)
{
	uint8_t		memory[512];
	const qfs_what_if *w = &run->what_if;
	qfs_json_writer earned;
	qfs_buf		text;
	qfs_status	status;

	qfs_buf_init(&text, memory, sizeof(memory));
	qfs_json_begin(&earned, &text);
	status = qfs_holdings_write_new(w->direct.memory, w->cumulative.memory, &earned, err);
	if (status == QFS_OK)
		status = qfs_json_end(&earned, err);
	if (status != QFS_OK)
		return status;
	qfs_json_key(out, "ring");
	qfs_ring_write(&run->ring, qfs_buf_slice(&text), out);
	return QFS_OK;
}

/* answer: of the what-if */
static qfs_status
write_result(const qfs_template_run *run, qfs_slice answer, qfs_buf *text, qfs_error *err)
{
	qfs_asks	asks = run->asked.template->asks;
	qfs_json_writer out;
	qfs_status	status = QFS_OK;

	qfs_json_begin(&out, text);
	qfs_json_open_object(&out);
	if (qfs_template_has_window(run->asked.template))
		write_window(run, &out, answer);
	if (asks == QFS_ASKS_RING)
		status = write_ring(run, &out, err);
	else if (asks == QFS_ASKS_ROLLBACK)
	{
		qfs_json_key(&out, "rollback");
		qfs_rollback_write(&run->rollback, &out);
	}
	else if (asks == QFS_ASKS_PROPOSALS)
	{
		qfs_json_key(&out, "proposals");
		qfs_fifty_write(&run->asked.fifty, &out);
	}
	qfs_json_close(&out);
	return status == QFS_OK ? qfs_json_end(&out, err) : status;
}

/* What of the answer counts: that of the what-if, and what comes of it. */
typedef struct parts
{
	qfs_slice	answer;
	qfs_slice	result;
} parts;

/* hash: NULL: without it */
static qfs_status
write_answer(const qfs_template_run *run, const parts *p, const qfs_hash *hash, qfs_buf *text, qfs_error *err)
{
	qfs_json_writer out;

	qfs_json_begin(&out, text);
	qfs_json_open_object(&out);
	put_member(&out, "changes", p->answer);
	put_member(&out, "from", p->answer);
	put_member(&out, "head", p->answer);
	put_member(&out, "ledger", p->answer);
	put_member(&out, "mode", p->answer);
	qfs_json_key(&out, "params");
	qfs_json_put_value(&out, run->question.params);
	put_member(&out, "policy", p->answer);
	qfs_json_key(&out, "result");
	qfs_json_put_value(&out, p->result);
	if (hash != NULL)
	{
		qfs_json_key(&out, "result_hash");
		qfs_json_put_hex(&out, hash->bytes, sizeof(hash->bytes));
	}
	put_member(&out, "size", p->answer);
	qfs_json_key(&out, "template");
	qfs_json_put_text(&out, qfs_slice_of(run->asked.template->name));
	put_member(&out, "unplayed", p->answer);
	qfs_json_put_member_int(&out, "v", 1);
	qfs_json_close(&out);
	return qfs_json_end(&out, err);
}

/* memory: of QFS_WHAT_IF_MAX + QFS_TEMPLATE_RUN_RESULT_MAX bytes */
static qfs_status
answer_in(qfs_template_run *run, uint8_t *memory, qfs_buf *text, qfs_error *err)
{
	qfs_buf		answer;
	qfs_buf		result;
	qfs_hash	hash;
	parts		p;
	qfs_status	status;

	qfs_buf_init(&answer, memory, QFS_WHAT_IF_MAX);
	qfs_buf_init(&result, memory + QFS_WHAT_IF_MAX, QFS_TEMPLATE_RUN_RESULT_MAX);
	status = qfs_what_if_finish(&run->what_if, &answer, err);
	if (status == QFS_OK)
		status = qfs_reducer_refresh(&run->what_if.direct.recorded, err);
	if (status == QFS_OK && !qfs_slice_equal(run->what_if.direct.recorded.policy.text, run->question.policy))
		return qfs_fail(err, QFS_STATE_MISMATCH, "another policy is in force after entry %u", run->question.size - 1);
	if (status == QFS_OK)
		status = run_end(run, err);
	p.answer = qfs_buf_slice(&answer);
	if (status == QFS_OK)
		status = write_result(run, p.answer, &result, err);
	p.result = qfs_buf_slice(&result);
	if (status == QFS_OK)
		status = write_answer(run, &p, NULL, text, err);
	if (status != QFS_OK)
		return status;
	qfs_sha3_256(qfs_buf_slice(text), &hash);
	text->len = 0;
	return write_answer(run, &p, &hash, text, err);
}

qfs_status
qfs_template_run_finish(qfs_template_run *run, qfs_buf *answer, qfs_error *err)
{
	uint8_t    *memory = run->allocator.allocate(run->allocator.context, QFS_WHAT_IF_MAX + QFS_TEMPLATE_RUN_RESULT_MAX);
	qfs_status	status;

	if (memory == NULL)
		return qfs_fail(err, QFS_NO_MEMORY, "for the answer");
	status = answer_in(run, memory, answer, err);
	run->allocator.release(run->allocator.context, memory);
	return status;
}
