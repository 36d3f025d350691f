/*
 * effects_write.c - the members of an outcome that say what an entry did to accounts.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/effects.h"

#include "base/assert.h"

static void
write_amounts(qfs_json_writer *w, const char *name, qfs_amount before, qfs_amount after)
{
	if (before == after)
		return;
	qfs_json_key(w, name);
	qfs_json_open_array(w);
	qfs_json_put_amount(w, before);
	qfs_json_put_amount(w, after);
	qfs_json_close(w);
}

static void
write_counts(qfs_json_writer *w, const char *name, int64_t before, int64_t after)
{
	if (before == after)
		return;
	qfs_json_key(w, name);
	qfs_json_open_array(w);
	qfs_json_put_int(w, before);
	qfs_json_put_int(w, after);
	qfs_json_close(w);
}

/* The entry that touched the account before; null if there is none. */
static void
write_previous(qfs_json_writer *w, const qfs_account_record *account)
{
	qfs_json_key(w, "previous");
	if (account->last_entry < 0)
		qfs_json_put_null(w);
	else
		qfs_json_put_int(w, account->last_entry);
}

/* Only what changed is listed. */
static void
write_effect(qfs_json_writer *w, const qfs_effects *fx, unsigned n)
{
	const qfs_standing *before = &fx->effects[n].before;
	const qfs_standing *after = &fx->effects[n].after;

	qfs_json_open_object(w);
	qfs_json_key(w, "account");
	qfs_json_put_user(w, &before->user);
	write_amounts(w, "coherence", before->coherence, after->coherence);
	write_counts(w, "points", before->points, after->points);
	write_previous(w, &fx->accounts[fx->effects[n].account].account);
	write_counts(w, "referrals", before->referrals, after->referrals);
	qfs_json_key(w, "rule");
	qfs_json_put_text(w, qfs_slice_of(fx->effects[n].rule));
	if (before->flx != after->flx)
	{
		qfs_json_key(w, "tokens");
		qfs_json_open_object(w);
		write_amounts(w, "FLX", before->flx, after->flx);
		qfs_json_close(w);
	}
	qfs_json_close(w);
}

static void
write_bound(qfs_json_writer *w, const char *name, bool is_amount, qfs_amount value)
{
	qfs_json_key(w, name);
	if (is_amount)
		qfs_json_put_amount(w, value);
	else
		qfs_json_put_int(w, (int64_t) value);
}

static void
write_guard(qfs_json_writer *w, const qfs_effects *fx, unsigned n)
{
	bool		is_amount = fx->guards[n].guard->is_amount;

	QFS_ASSERT(n < fx->guard_count && fx->misuse == NULL);
	qfs_json_open_object(w);
	write_bound(w, "bound", is_amount, fx->guards[n].bound);
	qfs_json_key(w, "guard");
	qfs_json_put_text(w, qfs_slice_of(fx->guards[n].guard->name));
	write_bound(w, "observed", is_amount, fx->guards[n].observed);
	qfs_json_key(w, "result");
	qfs_json_put_text(w, fx->guards[n].blocks ? QFS_LITERAL("BLOCK") : QFS_LITERAL("PASS"));
	qfs_json_close(w);
}

void
qfs_effects_write_list(const qfs_effects *fx)
{
	qfs_json_writer *w = fx->act->outcome;

	qfs_json_key(w, "effects");
	qfs_json_open_array(w);
	for (unsigned i = 0; i < fx->effect_count; i++)
		write_effect(w, fx, i);
	qfs_json_close(w);
}

static void
write_policy(qfs_act *act)
{
	const qfs_hash *policy = &act->reducer->ledger.policy;

	qfs_json_key(act->outcome, "policy");
	qfs_json_put_hex(act->outcome, policy->bytes, sizeof(policy->bytes));
}

void
qfs_effects_write_policy(const qfs_effects *fx)
{
	write_policy(fx->act);
}

static void
write_read(qfs_json_writer *w, const qfs_account_record *account)
{
	qfs_json_open_object(w);
	qfs_json_key(w, "account");
	qfs_json_put_user(w, &account->user);
	write_previous(w, account);
	qfs_json_close(w);
}

void
qfs_effects_write_actor(qfs_act *act, const qfs_account_record *actor)
{
	qfs_json_writer *w = act->outcome;

	write_policy(act);
	qfs_json_key(w, "read");
	qfs_json_open_array(w);
	write_read(w, actor);
	qfs_json_close(w);
}

/* Who rests on an account that it does not touch says where its chain stood. */
static void
write_reads(const qfs_effects *fx)
{
	qfs_json_writer *w = fx->act->outcome;
	bool		any = false;

	for (unsigned i = 0; i < fx->account_count; i++)
	{
		if (fx->accounts[i].touched)
			continue;
		if (!any)
		{
			qfs_json_key(w, "read");
			qfs_json_open_array(w);
		}
		any = true;
		write_read(w, &fx->accounts[i].account);
	}
	if (any)
		qfs_json_close(w);
}

void
qfs_effects_write(const qfs_effects *fx)
{
	qfs_json_writer *w = fx->act->outcome;

	qfs_effects_write_list(fx);
	qfs_json_key(w, "guards");
	qfs_json_open_array(w);
	for (unsigned i = 0; i < fx->guard_count; i++)
		write_guard(w, fx, i);
	qfs_json_close(w);
	qfs_effects_write_policy(fx);
	write_reads(fx);
}

void
qfs_effects_write_status(const qfs_effects *fx)
{
	qfs_json_key(fx->act->outcome, "status");
	qfs_json_put_text(fx->act->outcome, fx->blocked ? QFS_LITERAL("BLOCKED") : QFS_LITERAL("OK"));
}
