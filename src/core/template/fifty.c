/*
 * fifty.c - many changes of a policy in a row, and which of them refuse each other.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "template/fifty.h"

#include "engine/policy_key.h"
#include "rules/system/policy_changed.h"
#include "sandbox/leaves.h"
#include "template/number.h"

/* ---- what may come after a policy ---- */

/* The policy `from` with one key changed, in out; false: there is none. */
static bool
change(const qfs_registry *registry, const qfs_policy *from, const qfs_proposed *p, uint8_t out[QFS_POLICY_MAX],
	   qfs_policy *to)
{
	uint8_t		memory[QFS_TYPE_MAX + QFS_FIFTY_VALUE_MAX + 64];
	qfs_leaves	leaves;
	qfs_buf		changes;
	qfs_buf		text;

	qfs_buf_init(&changes, memory, sizeof(memory));
	qfs_leaves_begin(&leaves, &changes);
	qfs_leaves_put(&leaves, p->name, (qfs_slice) {p->value, p->len});
	qfs_buf_init(&text, out, QFS_POLICY_MAX);
	return qfs_leaves_end(&leaves, NULL) == QFS_OK &&
		qfs_policy_merge(from->text, qfs_buf_slice(&changes), &text, NULL) == QFS_OK &&
		qfs_policy_read_next(registry, from, qfs_buf_slice(&text), to, NULL) == QFS_OK;
}

/* ---- how far a key goes ---- */

/* A key on its way to its ends. */
typedef struct search
{
	const qfs_registry *registry;
	const qfs_policy *policy;
	bool		is_amount;
	qfs_proposed *proposed;
	uint8_t    *memory;
} search;

/* Could the policy have this number there?  It is what is proposed then. */
static bool
is_possible(const search *s, qfs_amount n)
{
	qfs_policy	ignored;
	qfs_buf		value;

	qfs_buf_init(&value, s->proposed->value, sizeof(s->proposed->value));
	qfs_number_write(&value, n, s->is_amount);
	s->proposed->len = value.len;
	return change(s->registry, s->policy, s->proposed, s->memory, &ignored);
}

/*
 * The number that is furthest from one that is possible towards another,
 * halving what is between.
 */
static qfs_amount
furthest(const search *s, qfs_amount from, qfs_amount towards)
{
	qfs_amount	good = from;
	qfs_amount	bad = towards;

	if (is_possible(s, towards))
		return towards;
	while ((good < bad ? bad - good : good - bad) > 1)
	{
		qfs_amount	middle = good < bad ? good + ((bad - good) >> 1) : good - ((good - bad) >> 1);

		if (is_possible(s, middle))
			good = middle;
		else
			bad = middle;
	}
	return good;
}

/* Proposes one end of a key, or the other if it is there; false: it has no room. */
static bool
propose(const search *s, qfs_amount now, bool least)
{
	qfs_amount	most = s->is_amount ? QFS_POLICY_FLX_MAX : (qfs_amount) QFS_INT_MAX;

	for (int turn = 0; turn < 2; turn++, least = !least)
	{
		qfs_amount	end = furthest(s, now, least ? 0 : most);

		/* What was looked at last is not always what was found. */
		if (end != now)
			return is_possible(s, end);
	}
	return false;
}

/* ---- all of them ---- */

static void
make_all(qfs_fifty *f, const qfs_registry *registry, const qfs_policy *policy, qfs_key_class of)
{
	search		s = {.registry = registry,.policy = policy,.memory = f->text[0]};
	qfs_key_class class;
	qfs_slice	name;
	qfs_slice	value;
	qfs_amount	now;

	for (size_t n = 0; f->count < QFS_FIFTY_MAX && qfs_policy_key_at(n, &name, &class); n++)
	{
		if (class != of || !qfs_policy_leaf(policy->text, name, &value) || !qfs_number_read(value, &now, &s.is_amount))
			continue;
		s.proposed = &f->proposals[f->count];
		*s.proposed = (qfs_proposed) {.name = name,.with = -1};
		f->count += propose(&s, now, f->count % 2 == 0);
	}
}

/* The first of those that came into force with which it is not possible. */
static int
opponent(qfs_fifty *f, const qfs_registry *registry, const qfs_policy *policy, unsigned n)
{
	uint8_t		memory[QFS_POLICY_MAX];
	qfs_policy	other;
	qfs_policy	ignored;

	for (unsigned i = 0; i < n; i++)
		if (!f->proposals[i].conflicts && change(registry, policy, &f->proposals[i], memory, &other) &&
			!change(registry, &other, &f->proposals[n], f->text[1], &ignored))
			return (int) i;
	return -1;
}

static void
put_in_force(qfs_fifty *f, const qfs_registry *registry, const qfs_policy *policy)
{
	qfs_policy	states[2];
	const qfs_policy *now = policy;
	unsigned	next = 0;

	for (unsigned n = 0; n < f->count; n++)
	{
		qfs_proposed *p = &f->proposals[n];

		p->conflicts = !change(registry, now, p, f->text[next], &states[next]);
		if (p->conflicts)
			continue;
		now = &states[next];
		next = 1 - next;
	}
	/* What they were put in force in is free from here on. */
	for (unsigned n = 0; n < f->count; n++)
		if (f->proposals[n].conflicts)
			f->proposals[n].with = opponent(f, registry, policy, n);
}

/* As a policy has them. */
static qfs_status
write_changes(const qfs_fifty *f, qfs_buf *out, qfs_error *err)
{
	qfs_key_class ignored;
	qfs_leaves	leaves;
	qfs_slice	name;

	qfs_leaves_begin(&leaves, out);
	for (size_t k = 0; qfs_policy_key_at(k, &name, &ignored); k++)
		for (unsigned n = 0; n < f->count; n++)
			if (!f->proposals[n].conflicts && qfs_slice_equal(f->proposals[n].name, name))
				qfs_leaves_put(&leaves, name, (qfs_slice) {f->proposals[n].value, f->proposals[n].len});
	return qfs_leaves_end(&leaves, err);
}

qfs_status
qfs_fifty_make(qfs_fifty *f, const qfs_registry *registry, const qfs_policy *policy, qfs_buf *changes, qfs_error *err)
{
	f->count = 0;
	make_all(f, registry, policy, QFS_CLASS_PARAMETER);
	make_all(f, registry, policy, QFS_CLASS_CONSTITUTION);
	put_in_force(f, registry, policy);
	return write_changes(f, changes, err);
}

void
qfs_fifty_write(const qfs_fifty *f, qfs_json_writer *w)
{
	unsigned	executed = 0;

	qfs_json_open_object(w);
	qfs_json_key(w, "conflicts");
	qfs_json_open_array(w);
	for (unsigned n = 0; n < f->count; n++)
	{
		const qfs_proposed *p = &f->proposals[n];

		executed += !p->conflicts;
		if (!p->conflicts)
			continue;
		qfs_json_open_object(w);
		qfs_json_key(w, "key");
		qfs_json_put_text(w, p->name);
		qfs_json_key(w, "value");
		qfs_json_put_value(w, (qfs_slice) {p->value, p->len});
		qfs_json_key(w, "with");
		if (p->with >= 0)
			qfs_json_put_text(w, f->proposals[p->with].name);
		else
			qfs_json_put_null(w);
		qfs_json_close(w);
	}
	qfs_json_close(w);
	qfs_json_put_member_int(w, "executed", executed);
	qfs_json_put_member_int(w, "made", f->count);
	qfs_json_close(w);
}
