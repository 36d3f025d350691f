/*
 * effects.c - what an entry does to accounts, and which guards let it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/effects.h"

#include "base/assert.h"
#include "base/status.h"
#include "engine/coherence.h"

void
qfs_effects_init(qfs_effects *fx, qfs_act *act)
{
	fx->act = act;
	fx->account_count = 0;
	fx->effect_count = 0;
	fx->guard_count = 0;
	fx->blocked = false;
	fx->misuse = NULL;
}

/* ---- accounts ---- */

/* *known: there is such an account, and *account is its place */
static qfs_status
look(qfs_effects *fx, const qfs_user_id *user, unsigned *account, bool *known)
{
	qfs_store  *store = fx->act->reducer->store;
	qfs_error  *err = fx->act->err;
	unsigned	n = fx->account_count;
	qfs_status	status;

	*known = true;
	for (unsigned i = 0; i < n; i++)
		if (memcmp(&fx->accounts[i].account.user, user, sizeof(*user)) == 0)
		{
			*account = i;
			return QFS_OK;
		}
	if (n == QFS_EFFECT_ACCOUNTS)
		return qfs_fail(err, QFS_INTERNAL, "an entry concerns more accounts than there is room for");
	memset(&fx->accounts[n], 0, sizeof(fx->accounts[n]));
	fx->accounts[n].account.user = *user;
	fx->accounts[n].standing.user = *user;
	status = store->get(store, &qfs_kind_account, &fx->accounts[n].account, known, err);
	if (status != QFS_OK || !*known)
		return status;
	*account = n;
	fx->account_count++;
	return QFS_OK;
}

qfs_status
qfs_effects_look(qfs_effects *fx, const qfs_user_id *user, unsigned *account)
{
	bool		known;
	qfs_status	status = look(fx, user, account, &known);

	if (status == QFS_OK && !known)
		return qfs_fail(fx->act->err, QFS_ACCOUNT_UNKNOWN, "user_%h", user->bytes);
	return status;
}

qfs_status
qfs_effects_load(qfs_effects *fx, const qfs_user_id *user, unsigned *account)
{
	qfs_store  *store = fx->act->reducer->store;
	qfs_status	status = qfs_effects_look(fx, user, account);
	bool		found;

	if (status != QFS_OK || fx->accounts[*account].has_standing)
		return status;
	fx->accounts[*account].has_standing = true;
	/* An account that has earned nothing yet has no record. */
	return store->get(store, &qfs_kind_standing, &fx->accounts[*account].standing, &found, fx->act->err);
}

qfs_status
qfs_effects_look_or_begin(qfs_effects *fx, const qfs_account_record *account, unsigned *out, bool *begins)
{
	bool		known;
	qfs_status	status = look(fx, &account->user, out, &known);

	*begins = status == QFS_OK && !known;
	if (*begins)
	{
		*out = fx->account_count++;
		fx->accounts[*out].account = *account;
		fx->accounts[*out].account.last_entry = -1;
	}
	return status;
}

qfs_account_record *
qfs_effects_account(qfs_effects *fx, unsigned account)
{
	QFS_ASSERT(account < fx->account_count);
	return &fx->accounts[account].account;
}

const qfs_standing *
qfs_effects_standing(const qfs_effects *fx, unsigned account)
{
	QFS_ASSERT(account < fx->account_count);
	return &fx->accounts[account].standing;
}

/* ---- effects and guards ---- */

static bool
same_standing(const qfs_standing *a, const qfs_standing *b)
{
	return a->coherence == b->coherence && a->points == b->points && a->flx == b->flx &&
		a->referrals == b->referrals;
}

static void
misuse(qfs_effects *fx, const char *what)
{
	if (fx->misuse == NULL)
		fx->misuse = what;
}

static bool
makes_change(const qfs_rule *rule, const qfs_change *change)
{
	for (const qfs_change *const *c = rule->changes; c != NULL && *c != NULL; c++)
		if (*c == change)
			return true;
	return false;
}

/* Name of an effect: that of the change, and what follows it. */
static bool
name_effect(char name[QFS_TYPE_MAX + 1], const qfs_change *change, const char *more)
{
	qfs_buf		buf;

	memset(name, 0, QFS_TYPE_MAX + 1);
	qfs_buf_init(&buf, name, QFS_TYPE_MAX);
	qfs_buf_text(&buf, change->name);
	qfs_buf_text(&buf, more);
	return !buf.overflow && (change->is_prefix || *more == '\0');
}

void
qfs_effects_add(qfs_effects *fx, unsigned account, const qfs_change *change, const char *more,
				const qfs_standing *after)
{
	unsigned	n = fx->effect_count;

	QFS_ASSERT(account < fx->account_count);
	if (n == QFS_EFFECTS_MAX)
	{
		misuse(fx, "more effects than there is room for");
		return;
	}
	if (!makes_change(fx->act->rule, change) || !name_effect(fx->effects[n].rule, change, more))
	{
		misuse(fx, "an effect that the rule does not list");
		return;
	}
	fx->effect_count++;
	fx->effects[n].account = account;
	fx->effects[n].before = fx->accounts[account].standing;
	fx->effects[n].after = *after;
	fx->accounts[account].moved |= !same_standing(&fx->accounts[account].standing, after);
	fx->accounts[account].standing = *after;
	fx->accounts[account].touched = true;
}

void
qfs_effects_touch(qfs_effects *fx, unsigned account, const qfs_change *change)
{
	qfs_standing same = fx->accounts[account].standing;

	qfs_effects_add(fx, account, change, "", &same);
}

void
qfs_effects_coherent_act(qfs_effects *fx, qfs_standing *standing, qfs_coherent_act act)
{
	const qfs_policy *policy = &fx->act->reducer->policy;

	standing->coherence = qfs_coherence_step(standing->coherence, policy->acts[act], policy->alpha);
}

static bool
has_guard(const qfs_rule *rule, const qfs_guard *guard)
{
	for (const qfs_guard *const *g = rule->guards; g != NULL && *g != NULL; g++)
		if (*g == guard)
			return true;
	return false;
}

static bool
blocks(const qfs_guard *guard, qfs_amount bound, qfs_amount observed)
{
	return guard->relation == QFS_AT_MOST ? observed > bound : observed >= bound;
}

/* What cannot be judged blocks; nothing is stored then anyway. */
static bool
judge(qfs_effects *fx, const qfs_guard *guard, bool is_amount, qfs_amount bound, qfs_amount observed)
{
	unsigned	n = fx->guard_count;

	if (n == QFS_GUARDS_MAX)
	{
		misuse(fx, "more guards than there is room for");
		return true;
	}
	if (!has_guard(fx->act->rule, guard) || guard->is_amount != is_amount)
	{
		misuse(fx, "a guard that the rule does not list");
		return true;
	}
	fx->guard_count++;
	fx->guards[n].guard = guard;
	fx->guards[n].bound = bound;
	fx->guards[n].observed = observed;
	fx->guards[n].blocks = blocks(guard, bound, observed);
	return fx->guards[n].blocks;
}

bool
qfs_guard_amount(qfs_effects *fx, const qfs_guard *guard, qfs_amount bound, qfs_amount observed)
{
	return judge(fx, guard, true, bound, observed);
}

bool
qfs_guard_count(qfs_effects *fx, const qfs_guard *guard, int64_t bound, int64_t observed)
{
	QFS_ASSERT(bound >= 0 && observed >= 0);
	return judge(fx, guard, false, (qfs_amount) bound, (qfs_amount) observed);
}

const qfs_guard *
qfs_guards_first_block(const qfs_effects *fx)
{
	for (unsigned i = 0; i < fx->guard_count; i++)
		if (fx->guards[i].blocks)
			return fx->guards[i].guard;
	return NULL;
}

/* ---- the end ---- */

qfs_status
qfs_effects_store(qfs_effects *fx)
{
	qfs_store  *store = fx->act->reducer->store;
	qfs_status	status = QFS_OK;

	if (fx->misuse != NULL)
		return qfs_fail(fx->act->err, QFS_INTERNAL, "%v: %s", fx->act->event->type, fx->misuse);
	for (unsigned i = 0; i < fx->account_count && status == QFS_OK; i++)
	{
		qfs_account_record account = fx->accounts[i].account;

		if (!fx->accounts[i].touched)
			continue;
		if (fx->accounts[i].moved && !fx->accounts[i].has_standing)
			return qfs_fail(fx->act->err, QFS_INTERNAL, "a standing is changed that was not loaded");
		account.last_entry = (int64_t) fx->act->event->seq;
		status = store->put(store, &qfs_kind_account, &account, fx->act->err);
		if (status == QFS_OK && fx->accounts[i].moved)
			status = store->put(store, &qfs_kind_standing, &fx->accounts[i].standing, fx->act->err);
	}
	return status;
}

qfs_status
qfs_effects_finish(qfs_effects *fx)
{
	qfs_status	status = qfs_effects_store(fx);

	if (status != QFS_OK)
		return status;
	qfs_effects_write(fx);
	qfs_effects_write_status(fx);
	return QFS_OK;
}

/* ---- effects that were recorded ---- */

static qfs_status
recall_effect(qfs_act *act, const qfs_effect *effect)
{
	qfs_store  *store = act->reducer->store;
	qfs_account_record account;
	qfs_standing standing;
	bool		found;
	qfs_status	status;

	memset(&account, 0, sizeof(account));
	memset(&standing, 0, sizeof(standing));
	account.user = standing.user = effect->user;
	status = store->get(store, &qfs_kind_account, &account, &found, act->err);
	account.last_entry = (int64_t) act->event->seq;
	if (status == QFS_OK)
		status = store->put(store, &qfs_kind_account, &account, act->err);
	if (status != QFS_OK ||
		!(effect->has_coherence || effect->has_points || effect->has_referrals || effect->has_flx))
		return status;
	status = store->get(store, &qfs_kind_standing, &standing, &found, act->err);
	if (effect->has_coherence)
		standing.coherence = effect->after.coherence;
	if (effect->has_points)
		standing.points = effect->after.points;
	if (effect->has_referrals)
		standing.referrals = effect->after.referrals;
	if (effect->has_flx)
		standing.flx = effect->after.flx;
	if (status == QFS_OK)
		status = store->put(store, &qfs_kind_standing, &standing, act->err);
	return status;
}

qfs_status
qfs_effects_recall(qfs_act *act)
{
	qfs_json_iter iter = qfs_effects_of(act->event->outcome);
	qfs_effect	effect;
	bool		found;
	qfs_status	status;

	while ((status = qfs_effect_next(&iter, &effect, &found, act->err)) == QFS_OK && found)
	{
		status = recall_effect(act, &effect);
		if (status != QFS_OK)
			break;
	}
	return status;
}
