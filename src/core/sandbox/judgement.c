/*
 * judgement.c - what a reducer makes of a recorded entry, and how two judgements differ.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "sandbox/judgement.h"

#include "base/status.h"
#include "rules/governance/settlement.h"
#include "sandbox/moves.h"

bool
qfs_is_settlement(const qfs_rule *rule)
{
	return rule != NULL && rule->via == QFS_VIA_LEDGER;
}

bool
qfs_judging_failed(qfs_status status)
{
	return status == QFS_NO_MEMORY || status == QFS_STATE_MISMATCH || status == QFS_INTERNAL;
}

/* ---- judging ---- */

/* What was refused has been judged, too. */
static qfs_status
judged(qfs_status status, qfs_judgement *out)
{
	*out = (qfs_judgement) {.refused = status};
	return qfs_judging_failed(status) ? status : QFS_OK;
}

qfs_status
qfs_judge_event(qfs_reducer *r, const qfs_entry *event, qfs_judging_space *space, qfs_judgement *out, qfs_error *err)
{
	qfs_buf		outcome;
	qfs_buf		accounts;
	qfs_status	status;

	qfs_buf_init(&outcome, space->outcome, sizeof(space->outcome));
	qfs_buf_init(&accounts, space->accounts, sizeof(space->accounts));
	status = qfs_reduce(r, event, &outcome, &accounts, err);
	if (status != QFS_OK)
		return judged(status, out);
	*out = (qfs_judgement) {QFS_OK, qfs_buf_slice(&outcome), qfs_buf_slice(&accounts)};
	return QFS_OK;
}

qfs_status
qfs_judge_due(qfs_reducer *r, uint64_t seq, int64_t at, qfs_judging_space *space, qfs_judgement *out, qfs_error *err)
{
	qfs_entry	event = {
		.seq = seq,.at = at,.auth = QFS_LITERAL("{\"via\":\"ledger\"}"),.sig = QFS_LITERAL("null")
	};
	const char *type;
	qfs_buf		payload;
	qfs_status	status;

	qfs_buf_init(&payload, space->payload, sizeof(space->payload));
	status = qfs_settlement_next(r, at, &type, &payload, err);
	if (status == QFS_OK && type == NULL)
		status = qfs_fail(err, QFS_SETTLEMENT_WRONG, "nothing is due");
	if (status != QFS_OK)
		return judged(status, out);
	event.type = qfs_slice_of(type);
	event.payload = qfs_buf_slice(&payload);
	return qfs_judge_event(r, &event, space, out, err);
}

qfs_status
qfs_judge(qfs_reducer *r, const qfs_changes *changes, const qfs_entry *entry, qfs_judging_space *space, qfs_judgement *out,
		  qfs_error *err)
{
	const qfs_rule *rule = qfs_registry_find(r->registry, entry->type);
	qfs_entry	event = *entry;
	qfs_buf		payload;
	qfs_status	status = QFS_OK;

	if (qfs_is_settlement(rule))
		return qfs_judge_due(r, entry->seq, entry->at, space, out, err);
	qfs_buf_init(&payload, space->payload, sizeof(space->payload));
	if (changes != NULL && rule != NULL && (rule->enacts & QFS_ENACTS_POLICY))
		status = qfs_changes_of_payload(changes, entry->payload, &payload, &event.payload, err);
	return status == QFS_OK ? qfs_judge_event(r, &event, space, out, err) : judged(status, out);
}

void
qfs_judgement_recorded(const qfs_entry *entry, qfs_buf *accounts, qfs_judgement *out)
{
	const char *separator = "";

	*out = (qfs_judgement) {QFS_OK, entry->outcome, entry->accounts};
	if (entry->is_full)
		return;
	/* It has its parts one by one. */
	qfs_buf_byte(accounts, '[');
	for (unsigned n = 0; n < entry->account_count; n++)
	{
		qfs_buf_text(accounts, separator);
		separator = ",";
		qfs_buf_slice_add(accounts, entry->account_parts[n].part.value);
	}
	qfs_buf_byte(accounts, ']');
	out->accounts = qfs_buf_slice(accounts);
}

/* ---- guards ---- */

const char *const qfs_verdict_names[QFS_VERDICTS] = {
	[QFS_VERDICT_ABSENT] = "ABSENT",[QFS_VERDICT_BLOCK] = "BLOCK",[QFS_VERDICT_PASS] = "PASS"
};

/* A guard in one of two outcomes. */
typedef struct guard_at
{
	qfs_guard_verdict verdict;
	qfs_slice	name;			/* a JSON string */
	qfs_slice	bound;
	qfs_slice	observed;
} guard_at;

static guard_at
read_guard(qfs_slice guard)
{
	bool		passes = qfs_slice_is(qfs_json_member_or(guard, "result", QFS_LITERAL("")), "\"PASS\"");

	return (guard_at) {
		.verdict = passes ? QFS_VERDICT_PASS : QFS_VERDICT_BLOCK,
		.name = qfs_json_member_or(guard, "guard", QFS_LITERAL("")),
		.bound = qfs_json_member_or(guard, "bound", QFS_LITERAL("")),
		.observed = qfs_json_member_or(guard, "observed", QFS_LITERAL(""))
	};
}

/* The kth guard of a name, or one that is absent. */
static guard_at
find_guard(qfs_slice outcome, qfs_slice name, unsigned k)
{
	qfs_json_iter iter = qfs_guards_of(outcome);
	qfs_slice	key;
	qfs_slice	value;

	while (qfs_json_next(&iter, &key, &value))
	{
		guard_at	guard = read_guard(value);

		if (qfs_slice_equal(guard.name, name) && k-- == 0)
			return guard;
	}
	return (guard_at) {.verdict = QFS_VERDICT_ABSENT,.name = name};
}

/* How many guards of that name come before the nth. */
static unsigned
place_of(qfs_slice outcome, qfs_slice name, unsigned n)
{
	qfs_json_iter iter = qfs_guards_of(outcome);
	unsigned	k = 0;
	qfs_slice	key;
	qfs_slice	value;

	while (n-- > 0 && qfs_json_next(&iter, &key, &value))
		k += qfs_slice_equal(read_guard(value).name, name);
	return k;
}

static void
add_guard(qfs_difference *out, const guard_at *from, const guard_at *to)
{
	qfs_guard_difference *difference = &out->guards[out->guard_count];
	bool		both = from->verdict != QFS_VERDICT_ABSENT && to->verdict != QFS_VERDICT_ABSENT;

	if (out->guard_count == QFS_ROWS(out->guards))
		return;
	difference->bound = both && !qfs_slice_equal(from->bound, to->bound);
	difference->observed = both && !qfs_slice_equal(from->observed, to->observed);
	difference->from = from->verdict;
	difference->to = to->verdict;
	if (from->verdict == to->verdict && !difference->bound && !difference->observed)
		return;
	if (!qfs_json_to_plain(from->name, &difference->guard))
		difference->guard = from->name;
	out->guard_count++;
}

/* Guards of the one, with those of the other in their places; then what the other has besides. */
static void
compare_guards(qfs_slice from, qfs_slice to, qfs_difference *out)
{
	qfs_json_iter iter = qfs_guards_of(from);
	guard_at	a;
	guard_at	b;
	qfs_slice	key;
	qfs_slice	value;

	for (unsigned n = 0; qfs_json_next(&iter, &key, &value); n++)
	{
		a = read_guard(value);
		b = find_guard(to, a.name, place_of(from, a.name, n));
		add_guard(out, &a, &b);
	}
	iter = qfs_guards_of(to);
	for (unsigned n = 0; qfs_json_next(&iter, &key, &value); n++)
	{
		b = read_guard(value);
		a = find_guard(from, b.name, place_of(to, b.name, n));
		if (a.verdict == QFS_VERDICT_ABSENT)
			add_guard(out, &a, &b);
	}
}

/* ---- the rest of an outcome ---- */

/* Names that are left out of a comparison. */
static bool
is_left_out(qfs_slice key, const char *const *names)
{
	for (; *names != NULL; names++)
		if (qfs_slice_is(key, *names))
			return true;
	return false;
}

/* The next member that counts; false: there is none. */
static bool
next_member(qfs_json_iter *iter, const char *const *names, qfs_slice *key, qfs_slice *value)
{
	while (qfs_json_next(iter, key, value))
		if (!is_left_out(*key, names))
			return true;
	return false;
}

/* Have two objects the same members, but for some? */
static bool
agree_but(qfs_slice a, qfs_slice b, const char *const *names)
{
	qfs_json_iter of_a = qfs_json_members(a);
	qfs_json_iter of_b = qfs_json_members(b);
	qfs_slice	key_a;
	qfs_slice	key_b;
	qfs_slice	value_a;
	qfs_slice	value_b;

	while (next_member(&of_a, names, &key_a, &value_a))
		if (!next_member(&of_b, names, &key_b, &value_b) || !qfs_slice_equal(key_a, key_b) ||
			!qfs_slice_equal(value_a, value_b))
			return false;
	return !next_member(&of_b, names, &key_b, &value_b);
}

/* Do they agree but for guards and hashes of policies: the one in force, one that comes into force, one that would? */
static bool
outcomes_agree(qfs_slice a, qfs_slice b)
{
	static const char *const apart[] = {"\"guards\"", "\"policy\"", "\"result\"", NULL};
	static const char *const hashes[] = {"\"policy\"", "\"result\"", NULL};

	return agree_but(a, b, apart) && agree_but(qfs_result_of(a), qfs_result_of(b), hashes);
}

void
qfs_difference_of(const qfs_judgement *from, const qfs_judgement *to, qfs_difference *out)
{
	bool		agree;

	*out = (qfs_difference) {.refused = to->refused};
	if (from->refused != QFS_OK || to->refused != QFS_OK)
	{
		out->same = from->refused == to->refused;
		out->moved = qfs_moves_differing(from, to);
		return;
	}
	compare_guards(from->outcome, to->outcome, out);
	out->moved = qfs_moves_differing(from, to);
	agree = outcomes_agree(from->outcome, to->outcome) && qfs_slice_equal(from->accounts, to->accounts);
	out->same = agree && out->guard_count == 0;
	out->bounds = agree && out->guard_count > 0;
	for (unsigned n = 0; n < out->guard_count; n++)
		out->bounds = out->bounds && out->guards[n].from == out->guards[n].to && !out->guards[n].observed;
}
