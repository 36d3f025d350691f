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

/* What became of an account depends on the policy, and so does what everybody is to compute. */
static bool
names_policy(const qfs_effects *fx)
{
	return fx->account_count > 0 || (fx->act->rule != NULL && fx->act->rule->derivable);
}

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

static bool
is_read(const qfs_side *side)
{
	return side->looked && side->touch == 0;
}

static bool
has_read(const qfs_effects *fx, unsigned place)
{
	for (int kind = 0; kind < QFS_ACCOUNT_KINDS; kind++)
		if (is_read(&fx->accounts[place].sides[kind]))
			return true;
	return false;
}

/* Places of the accounts that were looked at, sorted by account; returns how many. */
static unsigned
sort_read(const qfs_effects *fx, unsigned places[QFS_EFFECT_ACCOUNTS])
{
	unsigned	count = 0;

	for (unsigned i = 0; i < fx->account_count; i++)
	{
		unsigned	n = count;

		if (!has_read(fx, i))
			continue;
		for (; n > 0 && memcmp(&fx->accounts[i].user, &fx->accounts[places[n - 1]].user, sizeof(qfs_user_id)) < 0; n--)
			places[n] = places[n - 1];
		places[n] = i;
		count++;
	}
	return count;
}

static void
write_account_key(qfs_json_writer *w, const qfs_user_id *user)
{
	char		name[QFS_USER_ID_TEXT + 1];
	qfs_buf		buf;

	qfs_buf_init(&buf, name, QFS_USER_ID_TEXT);
	qfs_user_id_write(&buf, user);
	name[QFS_USER_ID_TEXT] = '\0';
	qfs_json_key(w, name);
}

static void
write_read(qfs_json_writer *w, const qfs_effects *fx)
{
	unsigned	places[QFS_EFFECT_ACCOUNTS];
	unsigned	count = sort_read(fx, places);

	if (count == 0)
		return;
	qfs_json_key(w, "read");
	qfs_json_open_object(w);
	for (unsigned i = 0; i < count; i++)
	{
		const qfs_side *sides = fx->accounts[places[i]].sides;

		write_account_key(w, &fx->accounts[places[i]].user);
		qfs_json_open_object(w);
		for (int kind = 0; kind < QFS_ACCOUNT_KINDS; kind++)
			if (is_read(&sides[kind]))
			{
				qfs_json_key(w, qfs_account_kind_names[kind]);
				qfs_previous_write(w, sides[kind].change.before.last_entry);
			}
		qfs_json_close(w);
	}
	qfs_json_close(w);
}

qfs_status
qfs_effects_write_outcome(const qfs_effects *fx, qfs_slice result, qfs_buf *out, qfs_error *err)
{
	qfs_json_writer w;

	qfs_json_begin(&w, out);
	qfs_json_open_object(&w);
	write_guards(&w, fx);
	if (names_policy(fx))
	{
		qfs_json_key(&w, "policy");
		qfs_json_put_hex(&w, fx->policy.bytes, sizeof(fx->policy.bytes));
	}
	write_read(&w, fx);
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
