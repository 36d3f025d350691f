/*
 * effects_write.c - what an entry says of accounts and guards: its parts, and its outcome.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/effects.h"

#include "base/assert.h"

/* ---- the parts of accounts ---- */

/* The side that was changed as the n-th. */
static const qfs_side *
touched(const qfs_effects *fx, unsigned n)
{
	for (unsigned i = 0; i < fx->account_count; i++)
		for (int kind = 0; kind < QFS_ACCOUNT_KINDS; kind++)
			if (fx->accounts[i].sides[kind].looked && fx->accounts[i].sides[kind].touch == n)
				return &fx->accounts[i].sides[kind];
	return NULL;
}

qfs_status
qfs_effects_write_accounts(const qfs_effects *fx, qfs_buf *out, qfs_error *err)
{
	qfs_json_writer w;

	qfs_json_begin(&w, out);
	qfs_json_open_array(&w);
	for (unsigned n = 1; n <= fx->touches; n++)
	{
		const qfs_side *side = touched(fx, n);

		QFS_ASSERT(side != NULL);
		qfs_account_part_write(&w, &side->change);
	}
	qfs_json_close(&w);
	return qfs_json_end(&w, err);
}

/* ---- the outcome ---- */

static void
write_guards(qfs_json_writer *w, const qfs_effects *fx)
{
	if (fx->guard_count == 0)
		return;
	qfs_json_key(w, "guards");
	qfs_json_open_array(w);
	for (unsigned i = 0; i < fx->guard_count; i++)
		qfs_guard_write(w, fx->guards[i].guard, fx->guards[i].bound, fx->guards[i].observed);
	qfs_json_close(w);
}

/* ---- what was looked at ---- */

typedef struct looked_at
{
	unsigned	count;
	const qfs_side *list[QFS_EFFECT_ACCOUNTS * QFS_ACCOUNT_KINDS];
} looked_at;

static bool
comes_before(const qfs_side *a, const qfs_side *b)
{
	int			order = memcmp(&a->change.before.user, &b->change.before.user, sizeof(qfs_user_id));

	return order != 0 ? order < 0 : a->change.kind < b->change.kind;
}

/* Sorted by account and kind. */
static void
collect(const qfs_effects *fx, looked_at *out)
{
	out->count = 0;
	for (unsigned i = 0; i < fx->account_count; i++)
		for (int kind = 0; kind < QFS_ACCOUNT_KINDS; kind++)
		{
			const qfs_side *side = &fx->accounts[i].sides[kind];
			unsigned	n = out->count;

			if (!side->looked || side->touch > 0)
				continue;
			for (; n > 0 && comes_before(side, out->list[n - 1]); n--)
				out->list[n] = out->list[n - 1];
			out->list[n] = side;
			out->count++;
		}
}

static void
write_read(qfs_json_writer *w, const qfs_side *side)
{
	qfs_json_open_object(w);
	qfs_json_key(w, "account");
	qfs_json_put_user(w, &side->change.before.user);
	qfs_json_key(w, "kind");
	qfs_json_put_text(w, qfs_slice_of(qfs_account_kind_names[side->change.kind]));
	qfs_json_key(w, "previous");
	if (side->change.before.last_entry < 0)
		qfs_json_put_null(w);
	else
		qfs_json_put_int(w, side->change.before.last_entry);
	qfs_json_close(w);
}

static void
write_reads(qfs_json_writer *w, const qfs_effects *fx)
{
	looked_at	all;

	collect(fx, &all);
	if (all.count == 0)
		return;
	qfs_json_key(w, "read");
	qfs_json_open_array(w);
	for (unsigned i = 0; i < all.count; i++)
		write_read(w, all.list[i]);
	qfs_json_close(w);
}

qfs_status
qfs_effects_write_outcome(const qfs_effects *fx, qfs_slice result, qfs_buf *out, qfs_error *err)
{
	qfs_json_writer w;

	qfs_json_begin(&w, out);
	qfs_json_open_object(&w);
	write_guards(&w, fx);
	if (fx->account_count > 0)
	{
		qfs_json_key(&w, "policy");
		qfs_json_put_hex(&w, fx->policy.bytes, sizeof(fx->policy.bytes));
	}
	write_reads(&w, fx);
	if (result.len > 0)
	{
		qfs_json_key(&w, "result");
		qfs_json_put_value(&w, result);
	}
	if (fx->act->rule != NULL && fx->account_count > 0)
	{
		qfs_json_key(&w, "status");
		qfs_json_put_text(&w, fx->blocked ? QFS_LITERAL("BLOCKED") : QFS_LITERAL("OK"));
	}
	qfs_json_close(&w);
	return qfs_json_end(&w, err);
}
