/*
 * effect.c - what an entry does to accounts, and which guards let it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "effect.h"

#include "coherence.h"
#include "status.h"

static const qfs_field fields[] = {
	QFS_FIELD(qfs_standing, user, QFS_FIELD_USER),
	QFS_FIELD(qfs_standing, coherence, QFS_FIELD_AMOUNT),
	QFS_FIELD(qfs_standing, points, QFS_FIELD_INT),
	QFS_FIELD(qfs_standing, flx, QFS_FIELD_AMOUNT),
	QFS_FIELD(qfs_standing, referrals, QFS_FIELD_INT),
};

const qfs_kind qfs_kind_standing = QFS_KIND("standing", qfs_standing, fields, 1, false);

void
qfs_effects_init(qfs_effects *fx, qfs_act *act)
{
	fx->act = act;
	fx->account_count = 0;
	fx->effect_count = 0;
	fx->guard_count = 0;
	fx->blocked = false;
}

/* ---- accounts ---- */

qfs_status
qfs_effects_load(qfs_effects *fx, const qfs_user_id *user, unsigned *account)
{
	qfs_store  *store = fx->act->reducer->store;
	qfs_error  *err = fx->act->err;
	unsigned	n = fx->account_count;
	bool		found;
	qfs_status	status;

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
	status = store->get(store, &qfs_kind_account, &fx->accounts[n].account, &found, err);
	if (status == QFS_OK && !found)
		return qfs_fail(err, QFS_ACCOUNT_UNKNOWN, "user_%h", user->bytes);
	/* An account that has earned nothing yet has no record. */
	if (status == QFS_OK)
		status = store->get(store, &qfs_kind_standing, &fx->accounts[n].standing, &found, err);
	*account = n;
	fx->account_count++;
	return status;
}

qfs_account_record *
qfs_effects_account(qfs_effects *fx, unsigned account)
{
	return &fx->accounts[account].account;
}

const qfs_standing *
qfs_effects_standing(const qfs_effects *fx, unsigned account)
{
	return &fx->accounts[account].standing;
}

/* ---- effects and guards ---- */

void
qfs_effects_add(qfs_effects *fx, unsigned account, const char *rule, const qfs_standing *after)
{
	unsigned	n = fx->effect_count++;

	fx->effects[n].account = account;
	memset(fx->effects[n].rule, 0, sizeof(fx->effects[n].rule));
	memcpy(fx->effects[n].rule, rule, strlen(rule));
	fx->effects[n].before = fx->accounts[account].standing;
	fx->effects[n].after = *after;
	fx->accounts[account].standing = *after;
	fx->accounts[account].touched = true;
}

void
qfs_effects_coherent_act(qfs_effects *fx, qfs_standing *standing, qfs_coherent_act act)
{
	const qfs_policy *policy = &fx->act->reducer->policy;

	standing->coherence = qfs_coherence_step(standing->coherence, policy->acts[act], policy->alpha);
}

bool
qfs_guard_amount(qfs_effects *fx, const char *name, bool blocks,
				 qfs_amount bound, qfs_amount observed)
{
	unsigned	n = fx->guard_count++;

	fx->guards[n].name = name;
	fx->guards[n].blocks = blocks;
	fx->guards[n].is_amount = true;
	fx->guards[n].bound = bound;
	fx->guards[n].observed = observed;
	return blocks;
}

bool
qfs_guard_count(qfs_effects *fx, const char *name, bool blocks, int64_t bound, int64_t observed)
{
	qfs_guard_amount(fx, name, blocks, (qfs_amount) bound, (qfs_amount) observed);
	fx->guards[fx->guard_count - 1].is_amount = false;
	return blocks;
}

/* ---- the end ---- */

qfs_status
qfs_effects_store(qfs_effects *fx)
{
	qfs_store  *store = fx->act->reducer->store;
	qfs_status	status = QFS_OK;

	for (unsigned i = 0; i < fx->account_count && status == QFS_OK; i++)
	{
		qfs_account_record account = fx->accounts[i].account;

		if (!fx->accounts[i].touched)
			continue;
		account.last_entry = (int64_t) fx->act->event->seq;
		status = store->put(store, &qfs_kind_account, &account, fx->act->err);
		if (status == QFS_OK)
			status = store->put(store, &qfs_kind_standing, &fx->accounts[i].standing, fx->act->err);
	}
	return status;
}

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
	qfs_json_key(w, "previous");
	qfs_json_put_int(w, fx->accounts[fx->effects[n].account].account.last_entry);
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
	qfs_json_open_object(w);
	write_bound(w, "bound", fx->guards[n].is_amount, fx->guards[n].bound);
	qfs_json_key(w, "guard");
	qfs_json_put_text(w, qfs_slice_of(fx->guards[n].name));
	write_bound(w, "observed", fx->guards[n].is_amount, fx->guards[n].observed);
	qfs_json_key(w, "result");
	qfs_json_put_text(w, fx->guards[n].blocks ? QFS_LITERAL("BLOCK") : QFS_LITERAL("PASS"));
	qfs_json_close(w);
}

void
qfs_effects_write(const qfs_effects *fx)
{
	qfs_json_writer *w = fx->act->outcome;
	const qfs_hash *policy = &fx->act->reducer->ledger.policy;

	qfs_json_key(w, "effects");
	qfs_json_open_array(w);
	for (unsigned i = 0; i < fx->effect_count; i++)
		write_effect(w, fx, i);
	qfs_json_close(w);
	qfs_json_key(w, "guards");
	qfs_json_open_array(w);
	for (unsigned i = 0; i < fx->guard_count; i++)
		write_guard(w, fx, i);
	qfs_json_close(w);
	qfs_json_key(w, "policy");
	qfs_json_put_hex(w, policy->bytes, sizeof(policy->bytes));
}

void
qfs_effects_write_status(const qfs_effects *fx)
{
	qfs_json_key(fx->act->outcome, "status");
	qfs_json_put_text(fx->act->outcome, fx->blocked ? QFS_LITERAL("BLOCKED") : QFS_LITERAL("OK"));
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
