/*
 * effects.c - what an entry does to accounts, and which guards let it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/effects.h"

#include "base/assert.h"
#include "base/status.h"
#include "engine/coherence.h"

/* Large, and mostly unused: what is not said to be set is not read. */
void
qfs_effects_init(qfs_effects *fx, qfs_act *act)
{
	fx->act = act;
	fx->policy = act->reducer->ledger.policy;
	fx->policy_seq = act->reducer->ledger.policy_seq;
	fx->account_count = 0;
	fx->touches = 0;
	fx->effect_count = 0;
	fx->guard_count = 0;
	fx->blocked = false;
	fx->derives = false;
	fx->misuse = NULL;
}

/* ---- accounts ---- */

static void
misuse(qfs_effects *fx, const char *what)
{
	if (fx->misuse == NULL)
		fx->misuse = what;
}

static int
place_of(const qfs_effects *fx, const qfs_user_id *user)
{
	for (unsigned i = 0; i < fx->account_count; i++)
		if (memcmp(&fx->accounts[i].user, user, sizeof(*user)) == 0)
			return (int) i;
	return -1;
}

static qfs_status
enter(qfs_effects *fx, const qfs_user_id *user, int *place)
{
	*place = place_of(fx, user);
	if (*place >= 0)
		return QFS_OK;
	if (fx->account_count == QFS_EFFECT_ACCOUNTS)
		return qfs_fail(fx->act->err, QFS_INTERNAL, "an entry concerns more accounts than there is room for");
	*place = (int) fx->account_count++;
	fx->accounts[*place].user = *user;
	for (int kind = 0; kind < QFS_ACCOUNT_KINDS; kind++)
		fx->accounts[*place].sides[kind].looked = false;
	return QFS_OK;
}

/* Loads one kind of an account, or finds it among those that were loaded. */
static qfs_status
look(qfs_effects *fx, const qfs_user_id *user, qfs_account_kind kind, qfs_side **out)
{
	qfs_side   *side;
	int			place;
	qfs_status	status = enter(fx, user, &place);

	if (status != QFS_OK)
		return status;
	*out = side = &fx->accounts[place].sides[kind];
	if (side->looked)
		return QFS_OK;
	status = qfs_account_state_get(fx->act->reducer->store, kind, user, &side->change.before, &side->exists,
								   fx->act->err);
	if (status != QFS_OK)
		return status;
	side->looked = true;
	side->touch = 0;
	side->change.kind = kind;
	side->change.rule_count = 0;
	side->change.policy = fx->policy_seq;
	side->change.after = side->change.before;
	return QFS_OK;
}

qfs_status
qfs_effects_standing_or_new(qfs_effects *fx, const qfs_user_id *user, qfs_standing **out, bool *begins)
{
	qfs_side   *side;
	qfs_status	status = look(fx, user, QFS_STANDING, &side);

	if (status != QFS_OK)
		return status;
	*begins = !side->exists;
	*out = &side->change.after.standing;
	return QFS_OK;
}

qfs_status
qfs_effects_standing(qfs_effects *fx, const qfs_user_id *user, qfs_standing **out)
{
	bool		begins;
	qfs_status	status = qfs_effects_standing_or_new(fx, user, out, &begins);

	if (status == QFS_OK && begins)
		return qfs_fail(fx->act->err, QFS_ACCOUNT_UNKNOWN, "user_%h", user->bytes);
	return status;
}

qfs_status
qfs_effects_ties(qfs_effects *fx, const qfs_user_id *user, qfs_ties **out)
{
	qfs_side   *side;
	qfs_status	status = look(fx, user, QFS_TIES, &side);

	if (status == QFS_OK)
		*out = &side->change.after.ties;
	return status;
}

qfs_status
qfs_effects_access(qfs_effects *fx, const qfs_user_id *user, qfs_access **out)
{
	qfs_side   *side;
	qfs_status	status = look(fx, user, QFS_ACCESS, &side);

	if (status == QFS_OK)
		*out = &side->change.after.access;
	return status;
}

qfs_status
qfs_effects_nonce(qfs_effects *fx, const qfs_user_id *user, qfs_nonce **out)
{
	qfs_side   *side;
	qfs_status	status = look(fx, user, QFS_NONCE, &side);

	if (status == QFS_OK)
		*out = &side->change.after.nonce;
	return status;
}

/* ---- changes ---- */

const qfs_change qfs_change_event_signed = {.name = "EVENT_SIGNED"};

static bool
makes_change(const qfs_rule *rule, const qfs_change *change)
{
	if (change == &qfs_change_event_signed)
		return true;
	for (const qfs_change *const *c = rule == NULL ? NULL : rule->changes; c != NULL && *c != NULL; c++)
		if (*c == change)
			return true;
	return false;
}

/* Name of a part's rule: that of the change, and what follows it. */
static bool
name_change(char name[QFS_TYPE_MAX + 1], const qfs_change *change, const char *more)
{
	qfs_buf		buf;

	memset(name, 0, QFS_TYPE_MAX + 1);
	qfs_buf_init(&buf, name, QFS_TYPE_MAX);
	qfs_buf_text(&buf, change->name);
	qfs_buf_text(&buf, more);
	return !buf.overflow && (change->is_prefix || *more == '\0');
}

/* A change of a standing, from where the last one left it. */
static void
note_effect(qfs_effects *fx, const qfs_side *side, const char *rule)
{
	qfs_effect *next = &fx->effects[fx->effect_count];

	if (fx->effect_count == QFS_EFFECTS_MAX)
	{
		misuse(fx, "more effects than there is room for");
		return;
	}
	next->before = side->change.before.standing;
	for (unsigned i = 0; i < fx->effect_count; i++)
		if (memcmp(&fx->effects[i].after.user, &side->change.after.user, sizeof(qfs_user_id)) == 0)
			next->before = fx->effects[i].after;
	next->after = side->change.after.standing;
	memcpy(next->rule, rule, sizeof(next->rule));
	fx->effect_count++;
}

void
qfs_effects_change(qfs_effects *fx, const qfs_user_id *user, qfs_account_kind kind, const qfs_change *change,
				   const char *more)
{
	int			place = place_of(fx, user);
	qfs_side   *side;
	char	   *name;

	if (place < 0 || !fx->accounts[place].sides[kind].looked)
	{
		misuse(fx, "a change of what was not looked at");
		return;
	}
	side = &fx->accounts[place].sides[kind];
	if (side->change.rule_count == QFS_PART_RULES_MAX)
	{
		misuse(fx, "more changes of an account than there is room for");
		return;
	}
	name = side->change.rules[side->change.rule_count];
	if (!makes_change(fx->act->rule, change) || !name_change(name, change, more))
	{
		misuse(fx, "a change that the rule does not list");
		return;
	}
	side->change.rule_count++;
	if (side->touch == 0)
		side->touch = ++fx->touches;
	if (kind == QFS_STANDING)
		note_effect(fx, side, name);
}

void
qfs_effects_coherent_act(qfs_effects *fx, qfs_standing *standing, qfs_coherent_act act)
{
	const qfs_policy *policy = &fx->act->reducer->policy;

	standing->coherence = qfs_coherence_step(standing->coherence, policy->acts[act], policy->alpha);
}

/* ---- guards ---- */

static bool
has_guard(const qfs_rule *rule, const qfs_guard *guard)
{
	for (const qfs_guard *const *g = rule == NULL ? NULL : rule->guards; g != NULL && *g != NULL; g++)
		if (*g == guard)
			return true;
	return false;
}

/* What guard n of the recorded outcome observed; as it was computed, if that is another guard. */
static qfs_amount
recorded(const qfs_effects *fx, unsigned n, const qfs_guard *guard, qfs_amount computed)
{
	qfs_json_iter iter = qfs_guards_of(fx->act->event->outcome);
	qfs_slice	key;
	qfs_slice	item;
	qfs_slice	value;
	qfs_amount	amount;
	int64_t		count;

	for (unsigned i = 0; i <= n; i++)
		if (!qfs_json_next(&iter, &key, &item))
			return computed;
	if (!qfs_json_member(item, "guard", &value) || !qfs_json_to_plain(value, &value) ||
		!qfs_slice_is(value, guard->name) || !qfs_json_member(item, "observed", &value))
		return computed;
	if (!guard->is_amount)
		return qfs_json_to_int(value, &count) && count >= 0 ? (qfs_amount) count : computed;
	return qfs_json_to_plain(value, &value) && qfs_amount_parse(value, &amount, NULL) == QFS_OK ? amount : computed;
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
	if (fx->derives && guard->of_account)
		observed = recorded(fx, n, guard, observed);
	fx->guard_count++;
	fx->guards[n].guard = guard;
	fx->guards[n].bound = bound;
	fx->guards[n].observed = observed;
	fx->guards[n].blocks = qfs_guard_blocks(guard, bound, observed);
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

/* A touch in the same epoch leaves what was before it; the first in a later one finds it in the last entry. */
static void
note_epoch(const qfs_act *act, const qfs_standing *before, qfs_standing *after)
{
	after->epoch = qfs_epoch_at(act->reducer, act->event->at);
	if (before->last_entry >= 0 && before->epoch == after->epoch)
	{
		after->has_before_epoch = before->has_before_epoch;
		after->before_epoch = before->before_epoch;
		return;
	}
	after->has_before_epoch = before->last_entry >= 0;
	after->before_epoch = after->has_before_epoch ? before->last_entry : 0;
}

/* Did the rule change what it did not name? */
static bool
is_silent(const qfs_side *side)
{
	return side->looked && side->touch == 0 &&
		!qfs_account_state_equal(side->change.kind, &side->change.before, &side->change.after);
}

qfs_status
qfs_effects_store(qfs_effects *fx)
{
	qfs_store  *store = fx->act->reducer->store;
	qfs_status	status = QFS_OK;

	for (unsigned i = 0; i < fx->account_count; i++)
		for (int kind = 0; kind < QFS_ACCOUNT_KINDS; kind++)
			if (is_silent(&fx->accounts[i].sides[kind]))
				misuse(fx, "a change of an account without its name");
	if (fx->misuse != NULL)
		return qfs_fail(fx->act->err, QFS_INTERNAL, "%v: %s", fx->act->event->type, fx->misuse);
	for (unsigned i = 0; i < fx->account_count && status == QFS_OK; i++)
		for (int kind = 0; kind < QFS_ACCOUNT_KINDS && status == QFS_OK; kind++)
		{
			qfs_side   *side = &fx->accounts[i].sides[kind];

			if (!side->looked || side->touch == 0)
				continue;
			side->change.after.last_entry = (int64_t) fx->act->event->seq;
			if (kind == QFS_STANDING)
				note_epoch(fx->act, &side->change.before.standing, &side->change.after.standing);
			status = qfs_account_state_put(store, (qfs_account_kind) kind, &side->change.after, fx->act->err);
		}
	return status;
}

/* ---- entries that were recorded ---- */

/*
 * A part has digests of sessions: those that the store knows, and the one that
 * the entry begins, are known in what is stored.
 */
static qfs_status
recall_sessions(qfs_act *act, qfs_access *access)
{
	qfs_access	stored;
	bool		found;
	qfs_status	status = qfs_access_get(act->reducer->store, &access->user, &stored, &found, act->err);

	if (status == QFS_OK && act->has_begun)
		stored.sessions[stored.count++] = act->begun;
	for (unsigned i = 0; status == QFS_OK && i < access->count; i++)
		for (unsigned n = 0; n < stored.count; n++)
			if (stored.sessions[n].is_known &&
				memcmp(&stored.sessions[n].digest, &access->sessions[i].digest, sizeof(qfs_hash)) == 0)
				access->sessions[i] = stored.sessions[n];
	return status;
}

/* An explanation that does not show how the ledger began knows no epochs, and needs none. */
static qfs_status
recall_epoch(qfs_act *act, qfs_standing *standing)
{
	qfs_account_state stored;
	bool		found;
	qfs_status	status = qfs_reducer_refresh(act->reducer, act->err);

	if (status == QFS_OK && act->reducer->open)
		status = qfs_account_state_get(act->reducer->store, QFS_STANDING, &standing->user, &stored, &found, act->err);
	if (status == QFS_OK && act->reducer->open)
		note_epoch(act, &stored.standing, standing);
	return status;
}

qfs_status
qfs_effects_recall(qfs_act *act)
{
	const qfs_entry *entry = act->event;
	qfs_account_change change;
	qfs_status	status = QFS_OK;

	for (unsigned i = 0; i < entry->account_count && status == QFS_OK; i++)
	{
		const qfs_shown *part = &entry->account_parts[i].part;

		if (!part->shown)
			continue;
		status = qfs_account_part_parse(part->value, entry->seq, &change, act->err);
		if (status == QFS_OK && change.kind == QFS_ACCESS)
			status = recall_sessions(act, &change.after.access);
		if (status == QFS_OK && change.kind == QFS_STANDING)
			status = recall_epoch(act, &change.after.standing);
		if (status == QFS_OK)
			status = qfs_account_state_put(act->reducer->store, change.kind, &change.after, act->err);
	}
	return status;
}
