/*
 * effects.c - what an entry does to accounts, and which guards let it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/effects.h"

#include "engine/coherence.h"
#include "base/status.h"

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
qfs_effects_load_or_begin(qfs_effects *fx, const qfs_account_record *account, unsigned *out, bool *begins)
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
	return &fx->accounts[account].account;
}

const qfs_standing *
qfs_effects_standing(const qfs_effects *fx, unsigned account)
{
	return &fx->accounts[account].standing;
}

/* ---- effects and guards ---- */

static bool
same_standing(const qfs_standing *a, const qfs_standing *b)
{
	return a->coherence == b->coherence && a->points == b->points && a->flx == b->flx &&
		a->referrals == b->referrals;
}

void
qfs_effects_add(qfs_effects *fx, unsigned account, const char *rule, const qfs_standing *after)
{
	unsigned	n = fx->effect_count++;

	fx->effects[n].account = account;
	memset(fx->effects[n].rule, 0, sizeof(fx->effects[n].rule));
	memcpy(fx->effects[n].rule, rule, strlen(rule));
	fx->effects[n].before = fx->accounts[account].standing;
	fx->effects[n].after = *after;
	fx->accounts[account].moved |= !same_standing(&fx->accounts[account].standing, after);
	fx->accounts[account].standing = *after;
	fx->accounts[account].touched = true;
}

void
qfs_effects_touch(qfs_effects *fx, unsigned account, const char *rule)
{
	qfs_standing same = fx->accounts[account].standing;

	qfs_effects_add(fx, account, rule, &same);
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
		if (fx->accounts[i].moved && !fx->accounts[i].has_standing)
			return qfs_fail(fx->act->err, QFS_INTERNAL, "a standing is changed that was not loaded");
		account.last_entry = (int64_t) fx->act->event->seq;
		status = store->put(store, &qfs_kind_account, &account, fx->act->err);
		if (status == QFS_OK && fx->accounts[i].moved)
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

static qfs_json_iter
members_of(qfs_slice outcome, const char *name)
{
	qfs_slice	list;

	if (!qfs_json_member(outcome, name, &list))
		list = QFS_LITERAL("[]");
	return qfs_json_members(list);
}

qfs_json_iter
qfs_effects_of(qfs_slice outcome)
{
	return members_of(outcome, "effects");
}

qfs_json_iter
qfs_reads_of(qfs_slice outcome)
{
	return members_of(outcome, "read");
}

static bool
read_pair(qfs_slice object, const char *name, qfs_slice *before, qfs_slice *after)
{
	qfs_slice	pair;
	qfs_slice	key;
	qfs_json_iter iter;

	if (!qfs_json_member(object, name, &pair) || qfs_json_type_of(pair) != QFS_JSON_ARRAY ||
		qfs_json_length(pair) != 2)
		return false;
	iter = qfs_json_members(pair);
	return qfs_json_next(&iter, &key, before) && qfs_json_next(&iter, &key, after);
}

static bool
read_counts(qfs_slice object, const char *name, int64_t *before, int64_t *after)
{
	qfs_slice	b;
	qfs_slice	a;

	return read_pair(object, name, &b, &a) && qfs_json_to_int(b, before) && qfs_json_to_int(a, after);
}

static bool
read_amounts(qfs_slice object, const char *name, qfs_amount *before, qfs_amount *after)
{
	qfs_slice	b;
	qfs_slice	a;

	return read_pair(object, name, &b, &a) && qfs_json_to_plain(b, &b) && qfs_json_to_plain(a, &a) &&
		qfs_amount_parse(b, before, NULL) == QFS_OK && qfs_amount_parse(a, after, NULL) == QFS_OK;
}

static bool
read_previous(qfs_slice object, int64_t *out)
{
	qfs_slice	value;

	*out = -1;
	if (!qfs_json_member(object, "previous", &value))
		return false;
	return qfs_json_type_of(value) == QFS_JSON_NULL || (qfs_json_to_int(value, out) && *out >= 0);
}

qfs_status
qfs_effect_read(qfs_slice object, qfs_effect *out, qfs_error *err)
{
	qfs_slice	value;
	qfs_slice	text;

	memset(out, 0, sizeof(*out));
	if (!qfs_json_member(object, "account", &value) || !qfs_json_to_plain(value, &text) ||
		qfs_user_id_parse(text, &out->user, NULL) != QFS_OK || !read_previous(object, &out->previous))
		return qfs_fail(err, QFS_OUTCOME_MISMATCH, "an effect without account or previous: %v", object);
	out->rule = QFS_LITERAL("");
	if (qfs_json_member(object, "rule", &value) &&
		(!qfs_json_to_plain(value, &out->rule) || out->rule.len > QFS_TYPE_MAX))
		return qfs_fail(err, QFS_OUTCOME_MISMATCH, "an effect of the rule %v", value);
	out->before.user = out->after.user = out->user;
	out->has_coherence = read_amounts(object, "coherence", &out->before.coherence, &out->after.coherence);
	out->has_points = read_counts(object, "points", &out->before.points, &out->after.points);
	out->has_referrals = read_counts(object, "referrals", &out->before.referrals, &out->after.referrals);
	out->has_flx = qfs_json_member(object, "tokens", &value) &&
		read_amounts(value, "FLX", &out->before.flx, &out->after.flx);
	return QFS_OK;
}

qfs_status
qfs_effect_next(qfs_json_iter *iter, qfs_effect *out, bool *found, qfs_error *err)
{
	qfs_slice	key;
	qfs_slice	object;

	*found = qfs_json_next(iter, &key, &object);
	return *found ? qfs_effect_read(object, out, err) : QFS_OK;
}

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
