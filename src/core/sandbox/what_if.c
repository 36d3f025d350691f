/*
 * what_if.c - what would have come of a window of a ledger under another policy.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "sandbox/what_if.h"

#include "base/status.h"
#include "crypto/keccak.h"
#include "ledger/state_hash.h"
#include "sandbox/holdings.h"

uint64_t
qfs_what_if_from(uint64_t size)
{
	return size > QFS_WHAT_IF_WINDOW + 1 ? size - QFS_WHAT_IF_WINDOW : 1;
}

/* ---- the question ---- */

static qfs_status
check_window(const qfs_what_if_question *question, qfs_error *err)
{
	if (question->size == 0)
		return qfs_fail(err, QFS_SIZE_UNKNOWN, "without an entry there is no policy to change");
	if (question->from == 0)
		return qfs_fail(err, QFS_SIZE_UNKNOWN, "the window cannot begin at entry 0, before which no policy is in force");
	if (question->from > question->size)
		return qfs_fail(err, QFS_SIZE_UNKNOWN, "the window begins at entry %u, the size is %u", question->from, question->size);
	return QFS_OK;
}

static qfs_status
check_actions(qfs_what_if_question *question, qfs_error *err)
{
	if (question->actions.len == 0)
		question->actions = QFS_LITERAL("[]");
	if (question->actions.len > QFS_ACTIONS_TEXT_MAX)
		return qfs_fail(err, QFS_ENTRY_TOO_LARGE, "the actions have %u bytes, %u are the most", (uint64_t) question->actions.len,
						(uint64_t) QFS_ACTIONS_TEXT_MAX);
	return qfs_actions_check(question->actions, err);
}

qfs_status
qfs_what_if_begin(qfs_what_if *w, const qfs_registry *registry, const qfs_what_if_question *question,
				  qfs_allocator allocator, qfs_error *err)
{
	qfs_status	status;

	w->registry = registry;
	w->allocator = allocator;
	w->question = *question;
	w->direct.memory = NULL;
	w->cumulative.memory = NULL;
	w->consequences = NULL;
	w->has_begun = false;
	w->next = 0;
	w->at = 0;
	memset(&w->head, 0, sizeof(w->head));
	qfs_findings_init(&w->findings);
	status = check_window(question, err);
	if (status == QFS_OK)
		status = qfs_changes_read(question->changes, &w->changes, err);
	if (status == QFS_OK)
		status = check_actions(&w->question, err);
	return status == QFS_OK ? qfs_direct_begin(&w->direct, registry, &w->changes, allocator, err) : status;
}

void
qfs_what_if_end(qfs_what_if *w)
{
	qfs_direct_end(&w->direct);
	qfs_cumulative_end(&w->cumulative);
}

/* ---- entries ---- */

static qfs_status
check_entry(const qfs_what_if *w, const qfs_entry *entry, qfs_error *err)
{
	if (entry->seq != w->next)
		return qfs_fail(err, QFS_SEQ_GAP, "entry %u was expected, entry %u was found", w->next, entry->seq);
	if (entry->seq >= w->question.size)
		return qfs_fail(err, QFS_SIZE_UNKNOWN, "there are more than %u entries", w->question.size);
	if (!entry->is_full && !qfs_entry_is_erased(entry))
		return qfs_fail(err, QFS_ENTRY_INCOMPLETE, "entry %u does not show all of its parts", entry->seq);
	if (memcmp(&entry->prev, &w->head, sizeof(w->head)) != 0)
		return qfs_fail(err, QFS_LINK_BROKEN, "entry %u names %h as the hash of the one before", entry->seq, entry->prev.bytes);
	return QFS_OK;
}

/* Before the first entry of the window: which policy is changed, and may it be? */
static qfs_status
begin_window(qfs_what_if *w, qfs_error *err)
{
	qfs_reducer *recorded = &w->direct.recorded;
	qfs_status	status = qfs_reducer_refresh(recorded, err);

	if (status == QFS_OK && !recorded->open)
		return qfs_fail(err, QFS_NO_GENESIS, "no policy is in force");
	if (status == QFS_OK)
		status = qfs_changes_check(&w->changes, w->registry, &recorded->policy, &w->after, err);
	if (status != QFS_OK)
		return status;
	w->before = recorded->ledger.policy;
	w->has_begun = true;
	return qfs_cumulative_begin(&w->cumulative, w->registry, w->direct.memory, &w->changes, w->allocator, err);
}

static qfs_status
simulate(qfs_what_if *w, const qfs_entry *entry, qfs_error *err)
{
	const qfs_rule *rule = qfs_registry_find(w->registry, entry->type);
	qfs_difference difference;
	qfs_status	status = w->has_begun ? QFS_OK : begin_window(w, err);

	if (status == QFS_OK)
		status = qfs_direct_judge(&w->direct, entry, &difference, err);
	if (status == QFS_OK)
		status = qfs_findings_add(&w->findings, rule, entry->seq, &difference, err);
	if (status == QFS_OK && w->consequences != NULL)
		qfs_consequences_count(w->consequences, rule, &difference);
	return status == QFS_OK ?
		qfs_cumulative_entry(&w->cumulative, entry, &difference, w->direct.is_wrong, err) : status;
}

qfs_status
qfs_what_if_entry(qfs_what_if *w, const qfs_entry *entry, qfs_error *err)
{
	qfs_hash	hash;
	qfs_status	status = check_entry(w, entry, err);

	if (status == QFS_OK && entry->seq >= w->question.from)
		status = simulate(w, entry, err);
	if (status != QFS_OK)
		return status;
	qfs_entry_hash(entry, &hash);
	status = qfs_direct_follow(&w->direct, entry, &hash, err);
	if (entry->seq == 0)
		w->ledger = hash;
	w->head = hash;
	w->at = entry->at;
	w->next++;
	return status;
}

/* ---- the answer ---- */

static void
put_member_hash(qfs_json_writer *out, const char *name, const qfs_hash *hash)
{
	qfs_json_key(out, name);
	qfs_json_put_hex(out, hash->bytes, sizeof(hash->bytes));
}

static qfs_status
write_cumulative(const qfs_what_if *w, const qfs_hash *state, qfs_buf *text, qfs_error *err)
{
	const qfs_cumulative *c = &w->cumulative;
	qfs_json_writer out;
	qfs_status	status;

	qfs_json_begin(&out, text);
	qfs_json_open_object(&out);
	qfs_json_put_member_int(&out, "accounts", (int64_t) qfs_holdings_differing(w->direct.memory, c->memory));
	qfs_json_key(&out, "first");
	if (c->differs)
		qfs_json_put_int(&out, (int64_t) c->first);
	else
		qfs_json_put_null(&out);
	qfs_json_key(&out, "follows");
	qfs_refusals_write(&out, &c->follows);
	qfs_json_key(&out, "refused");
	qfs_refusals_write(&out, &c->causes);
	put_member_hash(&out, "state", state);
	qfs_json_key(&out, "tokens");
	status = qfs_holdings_write(w->direct.memory, c->memory, &out, err);
	qfs_json_close(&out);
	return status == QFS_OK ? qfs_json_end(&out, err) : status;
}

/* What is taken on trust or not computed at all, so that nobody reads more into the numbers. */
static void
write_unplayed(const qfs_what_if *w, qfs_json_writer *out)
{
	qfs_json_key(out, "unplayed");
	qfs_json_open_array(out);
	qfs_json_put_text(out, QFS_LITERAL("behaviour"));
	qfs_json_put_text(out, QFS_LITERAL("off_ledger"));
	if (w->changes.has_operators)
		qfs_json_put_text(out, QFS_LITERAL("operators"));
	qfs_json_put_text(out, QFS_LITERAL("signatures"));
	qfs_json_close(out);
}

static void
write_policies(const qfs_what_if *w, qfs_json_writer *out)
{
	qfs_json_key(out, "policy");
	qfs_json_open_object(out);
	put_member_hash(out, "after", &w->after);
	put_member_hash(out, "before", &w->before);
	qfs_json_close(out);
}

/* What the answer is made of. */
typedef struct texts
{
	qfs_slice	cumulative;
	qfs_slice	steps;
} texts;

/* run: NULL: without it */
static qfs_status
write_answer(const qfs_what_if *w, const texts *parts, const qfs_hash *run, qfs_buf *answer, qfs_error *err)
{
	qfs_json_writer out;

	qfs_json_begin(&out, answer);
	qfs_json_open_object(&out);
	qfs_json_key(&out, "actions");
	qfs_json_put_value(&out, w->question.actions);
	qfs_json_key(&out, "changes");
	qfs_json_put_value(&out, w->changes.all);
	qfs_json_key(&out, "cumulative");
	qfs_json_put_value(&out, parts->cumulative);
	qfs_json_key(&out, "direct");
	qfs_findings_write(&out, &w->findings);
	qfs_json_put_member_int(&out, "from", (int64_t) w->question.from);
	put_member_hash(&out, "head", &w->head);
	put_member_hash(&out, "ledger", &w->ledger);
	qfs_json_key(&out, "mode");
	qfs_json_put_text(&out, QFS_LITERAL("SIMULATION"));
	write_policies(w, &out);
	if (run != NULL)
		put_member_hash(&out, "run_hash", run);
	qfs_json_put_member_int(&out, "size", (int64_t) w->question.size);
	qfs_json_key(&out, "steps");
	qfs_json_put_value(&out, parts->steps);
	write_unplayed(w, &out);
	qfs_json_put_member_int(&out, "v", 1);
	qfs_json_close(&out);
	return qfs_json_end(&out, err);
}

/* First without its hash, which is that of the rest. */
static qfs_status
write_hashed(const qfs_what_if *w, const texts *parts, qfs_buf *answer, qfs_error *err)
{
	qfs_hash	run;
	qfs_status	status = write_answer(w, parts, NULL, answer, err);

	if (status != QFS_OK)
		return status;
	qfs_sha3_256(qfs_buf_slice(answer), &run);
	answer->len = 0;
	return write_answer(w, parts, &run, answer, err);
}

/* How the window ended; before anything is done after it. */
static qfs_status
tell_window(qfs_what_if *w, qfs_slice *out, qfs_error *err)
{
	qfs_buf		text;
	qfs_hash	state;
	qfs_status	status = qfs_state_of_memory(w->cumulative.memory, w->registry, w->allocator, &state, err);

	qfs_buf_init(&text, w->text, sizeof(w->text));
	if (status == QFS_OK)
		status = write_cumulative(w, &state, &text, err);
	*out = qfs_buf_slice(&text);
	return status;
}

/* memory: of QFS_STEPS_MAX bytes */
static qfs_status
answer_in(qfs_what_if *w, void *memory, qfs_buf *answer, qfs_error *err)
{
	qfs_stage	stage = {
		.reducer = &w->cumulative.reducer,.undo = w->cumulative.memory,.seq = w->next,.at = w->at,.space = &w->cumulative.space
	};
	qfs_buf		steps;
	texts		parts;
	qfs_status	status = tell_window(w, &parts.cumulative, err);

	qfs_buf_init(&steps, memory, QFS_STEPS_MAX);
	if (status == QFS_OK)
		status = qfs_actions_run(&stage, w->question.actions, &steps, err);
	parts.steps = qfs_buf_slice(&steps);
	return status == QFS_OK ? write_hashed(w, &parts, answer, err) : status;
}

qfs_status
qfs_what_if_finish(qfs_what_if *w, qfs_buf *answer, qfs_error *err)
{
	void	   *memory;
	qfs_status	status = QFS_OK;

	if (w->next != w->question.size)
		return qfs_fail(err, QFS_SIZE_UNKNOWN, "there are %u entries, the question is about %u", w->next, w->question.size);
	if (!w->has_begun)
		status = begin_window(w, err);
	if (status != QFS_OK)
		return status;
	memory = w->allocator.allocate(w->allocator.context, QFS_STEPS_MAX);
	if (memory == NULL)
		return qfs_fail(err, QFS_NO_MEMORY, "for the steps");
	status = answer_in(w, memory, answer, err);
	w->allocator.release(w->allocator.context, memory);
	return status;
}
