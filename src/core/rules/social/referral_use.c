/*
 * referral_use.c - REFERRAL_USE: an account says who invited it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Whether the guards let it or not, the entry is recorded, so that everybody
 * can see why.
 */
#include "base/status.h"
#include "rules/social/referral.h"
#include "rules/social/settlement.h"

/* A use that was not let through. */
typedef struct block_record
{
	int64_t		seq;			/* key: the entry */
	qfs_user_id referee;
	qfs_user_id referrer;
	char		guard[QFS_TYPE_MAX + 1];	/* the first that blocked it */
} block_record;

static const qfs_field block_fields[] = {
	QFS_FIELD(block_record, seq, QFS_FIELD_INT),
	QFS_FIELD(block_record, referee, QFS_FIELD_USER),
	QFS_FIELD(block_record, referrer, QFS_FIELD_USER),
	QFS_FIELD(block_record, guard, QFS_FIELD_NAME),
};

static const qfs_kind block_kind =
QFS_KIND("referral_block", block_record, block_fields, 1, false);

static qfs_amount
quality(const qfs_story *story, const qfs_effect *effect)
{
	(void) effect;
	return story->policy->acts[QFS_FRAUD_BLOCKED];
}

static const qfs_change used = {.name = "REFERRAL_USED"};
static bool
blame(const qfs_story *story, qfs_slice more, const qfs_standing *recorded, bool other, qfs_standing *standing)
{
	(void) more;
	(void) recorded;
	(void) other;
	qfs_story_coherent_act(story, standing, QFS_FRAUD_BLOCKED);
	return true;
}

static const char *const fraud_reads[] = {"coherence.acts.FRAUD_BLOCKED", "coherence.alpha", NULL};
static const qfs_change fraud = {.name = "FRAUD_BLOCKED",.apply = blame,.quality = quality,
	.reads = fraud_reads,.moves = QFS_MOVES(QFS_ASSET_COHERENCE)};
static const qfs_change *const changes[] = {&used, &fraud, QFS_SETTLEMENT_CHANGES, NULL};

static const qfs_guard self_referral = {.name = "SELF_REFERRAL",.relation = QFS_AT_MOST,.unit = "accounts",
	.principle = QFS_NO_SELF_DEALING,.severity = QFS_STOPS_ACT};
static const qfs_guard already_referred = {.name = "ALREADY_REFERRED",.relation = QFS_AT_MOST,.unit = "referrers",
	.principle = QFS_FINAL_ONCE_CAST,.severity = QFS_STOPS_ACT};
static const qfs_guard referrer_not_older = {.name = "REFERRER_NOT_OLDER",.relation = QFS_BELOW,.unit = "entries",.of_other = true,
	.principle = QFS_EARNED_BEFORE,.severity = QFS_STOPS_ACT};
static const qfs_guard duplicate_device = {.name = "DUPLICATE_DEVICE",.relation = QFS_AT_MOST,.unit = "devices",
	.principle = QFS_NO_SELF_DEALING,.severity = QFS_STOPS_ACT};
static const qfs_guard window_closed = {.name = "WINDOW_CLOSED",.relation = QFS_AT_MOST,.unit = "blocks",.key = "referral.window_blocks",
	.principle = QFS_EARNED_BEFORE,.severity = QFS_STOPS_ACT};

static const qfs_guard *const guards[] = {
	&self_referral, &already_referred, &referrer_not_older, &duplicate_device, &window_closed,
	QFS_SETTLEMENT_GUARDS, NULL
};

/* Errors: REFERRAL_CODE. */
static qfs_status
find_referrer(qfs_act *act, qfs_user_id *out)
{
	qfs_store  *store = act->reducer->store;
	qfs_referral_code_record record;
	qfs_slice	value;
	qfs_slice	code;
	bool		found = false;
	qfs_status	status = QFS_OK;

	memset(&record, 0, sizeof(record));
	if (!qfs_json_member(act->event->payload, "code", &value))
		value = QFS_LITERAL("\"\"");
	if (qfs_json_to_plain(value, &code) && code.len == QFS_REFERRAL_CODE_LEN)
	{
		memcpy(record.code, code.data, code.len);
		status = store->get(store, &qfs_kind_referral_code, &record, &found, act->err);
	}
	if (status == QFS_OK && !found)
		return qfs_fail(act->err, QFS_REFERRAL_CODE, "%v", value);
	*out = record.user;
	return status;
}

/* What the guards look at. */
typedef struct facts
{
	qfs_user_id inviter;
	qfs_standing *referee;
	qfs_ties   *ties;			/* the referee's */
	qfs_standing *referrer;
	bool		foreign_device; /* the referee's device is another account's */
} facts;

static qfs_status
find_facts(qfs_act *act, facts *out)
{
	qfs_store  *store = act->reducer->store;
	qfs_device_record device = {.device = act->session.device};
	bool		found = false;
	qfs_status	status = find_referrer(act, &out->inviter);

	if (status == QFS_OK)
		status = qfs_effects_standing(act->fx, &act->event->actor, &out->referee);
	if (status == QFS_OK)
		status = qfs_effects_ties(act->fx, &act->event->actor, &out->ties);
	if (status == QFS_OK)
		status = qfs_effects_standing(act->fx, &out->inviter, &out->referrer);
	if (status == QFS_OK && act->session.has_device)
		status = store->get(store, &qfs_kind_device, &device, &found, act->err);
	out->foreign_device = found && memcmp(&device.user, &act->event->actor, sizeof(device.user)) != 0;
	return status;
}

/* Evaluates every guard; returns the first that blocks, or NULL. */
static const qfs_guard *
evaluate(qfs_act *act, const facts *f)
{
	const qfs_policy *policy = &act->reducer->policy;
	qfs_effects *fx = act->fx;
	int64_t		age = qfs_block_at(act->reducer, act->event->at) -
		qfs_block_at(act->reducer, f->referee->created_at);

	qfs_guard_count(fx, &self_referral, 0, f->referee == f->referrer);
	qfs_guard_count(fx, &already_referred, 0, f->ties->has_referrer);
	qfs_guard_count(fx, &referrer_not_older, f->referee->created, f->referrer->created);
	qfs_guard_count(fx, &duplicate_device, 0, f->foreign_device);
	qfs_guard_count(fx, &qfs_guard_referral_cap, policy->referral_cap, f->referrer->referrals);
	qfs_guard_count(fx, &window_closed, policy->window_blocks, age);
	return qfs_guards_first_block(fx);
}

static qfs_status
record_block(qfs_act *act, const facts *f, const qfs_guard *guard)
{
	qfs_store  *store = act->reducer->store;
	block_record record = {
		.seq = (int64_t) act->event->seq,
		.referee = act->event->actor,
		.referrer = f->inviter,
	};

	memcpy(record.guard, guard->name, strlen(guard->name));
	act->fx->blocked = true;
	if (f->referee == f->referrer || f->foreign_device)
	{
		qfs_effects_coherent_act(act->fx, f->referee, QFS_FRAUD_BLOCKED);
		qfs_effects_change(act->fx, &act->event->actor, QFS_STANDING, &fraud, "");
	}
	return store->put(store, &block_kind, &record, act->err);
}

static qfs_status
record_use(qfs_act *act, const facts *f)
{
	const qfs_user_id *referee = &act->event->actor;

	f->ties->has_referrer = true;
	f->ties->referrer = f->inviter;
	f->ties->has_used = true;
	f->ties->used = (int64_t) act->event->seq;
	qfs_effects_change(act->fx, referee, QFS_TIES, &used, "");
	/* The account may have done everything else before. */
	return qfs_referral_settle(act->fx, referee);
}

static qfs_status
apply(qfs_act *act)
{
	const qfs_guard *guard;
	facts		f;
	qfs_status	status = find_facts(act, &f);

	if (status != QFS_OK)
		return status;
	guard = evaluate(act, &f);
	qfs_json_key(act->result, "referrer");
	qfs_json_put_user(act->result, &f.inviter);
	return guard == NULL ? record_use(act, &f) : record_block(act, &f, guard);
}

/* ---- recorded uses ---- */

static qfs_status
recall_block(qfs_act *act, const qfs_user_id *referrer)
{
	qfs_store  *store = act->reducer->store;
	block_record record;
	qfs_slice	name;

	memset(&record, 0, sizeof(record));
	record.seq = (int64_t) act->event->seq;
	record.referee = act->event->actor;
	record.referrer = *referrer;
	if (!qfs_outcome_first_block(act->event->outcome, &name))
		return qfs_fail(act->err, QFS_OUTCOME_MISMATCH, "no guard blocked entry %u", act->event->seq);
	memcpy(record.guard, name.data, name.len);
	return store->put(store, &block_kind, &record, act->err);
}

static bool
read_referrer(const qfs_entry *entry, qfs_user_id *out)
{
	return qfs_json_member_user(qfs_result_of(entry->outcome), "referrer", out);
}

static qfs_status
recall(qfs_act *act)
{
	qfs_user_id referrer;

	if (!read_referrer(act->event, &referrer))
		return qfs_fail(act->err, QFS_OUTCOME_MISMATCH, "entry %u names no referrer", act->event->seq);
	return qfs_outcome_is_blocked(act->event->outcome) ? recall_block(act, &referrer) : QFS_OK;
}

/* ---- its explanation ---- */

/* Was the device that of another account, as its guard found? */
static bool
found_foreign_device(const qfs_entry *entry)
{
	qfs_json_iter iter = qfs_guards_of(entry->outcome);
	qfs_slice	guard;
	qfs_slice	name;

	while (qfs_guard_next_block(&iter, &guard, &name))
		if (qfs_slice_equal(name, qfs_slice_of(duplicate_device.name)))
			return true;
	return false;
}

/*
 * The code follows from the account that it names; whose device a key was
 * first is taken as it was recorded.
 */
static qfs_status
suppose(qfs_act *act)
{
	qfs_device_record device = {.device = act->session.device};
	qfs_user_id referrer;
	qfs_status	status;

	if (!read_referrer(act->event, &referrer))
		return qfs_fail(act->err, QFS_OUTCOME_MISMATCH, "entry %u names no referrer", act->event->seq);
	status = qfs_referral_begin(act->reducer, &referrer, act->err);
	if (status != QFS_OK || !found_foreign_device(act->event))
		return status;
	/* Somebody: not the actor, whose id is no hash of zeros. */
	return act->reducer->store->put(act->reducer->store, &qfs_kind_device, &device, act->err);
}

static void
tell(const qfs_story *story, qfs_buf *out)
{
	const qfs_entry *entry = story->entry;
	bool		blocked = qfs_outcome_is_blocked(entry->outcome);
	qfs_user_id referrer;

	memset(&referrer, 0, sizeof(referrer));
	(void) read_referrer(entry, &referrer);
	qfs_say_account(story, out, &entry->actor, true);
	qfs_buf_text(out, blocked ? " could not use the referral code of " : " used the referral code of ");
	qfs_say_account(story, out, &referrer, false);
	if (blocked)
	{
		qfs_buf_text(out, ": ");
		qfs_say_guards(story, out);
	}
	qfs_buf_text(out, ".");
}

const qfs_rule qfs_rule_referral_use = {
	.type = "REFERRAL_USE",
	.schema = "{\"properties\":{\"code\":{\"maxLength\":64,\"minLength\":1,\"type\":\"string\"}},"
	"\"required\":[\"code\"],\"type\":\"object\"}",
	.via = QFS_VIA_SESSION,
	.kind = &block_kind,
	.guards = guards,
	.changes = changes,
	.apply = apply,
	.recall = recall,
	.suppose = suppose,
	.topic = QFS_TOPIC_REWARD,
	.tell = tell,
};
