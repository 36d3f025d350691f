/*
 * profile_update.c - PROFILE_UPDATE: an account commits to a profile.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The content stays off the ledger, where it can be erased; what is here is
 * SHA-256(salt || JCS(content)).
 */
#include "base/status.h"
#include "engine/payload.h"
#include "rules/social/settlement.h"

static qfs_amount
quality(const qfs_story *story, const qfs_effect *effect)
{
	(void) effect;
	return story->policy->acts[QFS_PROFILE_COMPLETED];
}

static const qfs_change completed = {.name = "PROFILE_COMPLETED",.quality = quality};
static const qfs_change changed = {.name = "PROFILE_CHANGED"};

static const qfs_change *const changes[] = {&completed, &changed, QFS_SETTLEMENT_CHANGES, NULL};
static const qfs_guard *const guards[] = {QFS_SETTLEMENT_GUARDS, NULL};

/* Errors: PAYLOAD_INVALID. */
static qfs_status
read_profile(qfs_act *act, qfs_profile_record *out)
{
	qfs_status	status = qfs_payload_hash(act, "commitment", &out->commitment);

	out->user = act->event->actor;
	out->seq = (int64_t) act->event->seq;
	return status == QFS_OK ? qfs_payload_int(act, "version", &out->version) : status;
}

/* Is it the next version?  Errors: PROFILE_VERSION. */
static qfs_status
check_version(qfs_act *act, const qfs_profile_record *profile)
{
	qfs_store  *store = act->reducer->store;
	qfs_profile_record last = {.user = act->event->actor};
	bool		found;
	qfs_status	status;

	status = store->get(store, &qfs_kind_profile, &last, &found, act->err);
	if (status == QFS_OK && profile->version != last.version + 1)
		return qfs_fail(act->err, QFS_PROFILE_VERSION, "it is %i, version %i is next",
						profile->version, last.version + 1);
	return status;
}

static qfs_status
apply(qfs_act *act)
{
	qfs_store  *store = act->reducer->store;
	qfs_profile_record profile;
	qfs_standing after;
	qfs_effects fx;
	unsigned	account;
	qfs_status	status = read_profile(act, &profile);

	qfs_effects_init(&fx, act);
	if (status == QFS_OK)
		status = check_version(act, &profile);
	if (status == QFS_OK)
		status = qfs_effects_load(&fx, &act->event->actor, &account);
	if (status == QFS_OK)
		status = store->put(store, &qfs_kind_profile, &profile, act->err);
	if (status != QFS_OK)
		return status;

	after = *qfs_effects_standing(&fx, account);
	if (profile.version == 1)
		qfs_effects_coherent_act(&fx, &after, QFS_PROFILE_COMPLETED);
	qfs_effects_add(&fx, account, profile.version == 1 ? &completed : &changed, "", &after);
	status = qfs_referral_settle(&fx, &act->event->actor);
	return status == QFS_OK ? qfs_effects_finish(&fx) : status;
}

static qfs_status
recall(qfs_act *act)
{
	qfs_store  *store = act->reducer->store;
	qfs_profile_record profile;
	qfs_status	status = read_profile(act, &profile);

	if (status == QFS_OK)
		status = store->put(store, &qfs_kind_profile, &profile, act->err);
	return status == QFS_OK ? qfs_referral_recall(act) : status;
}

const qfs_rule qfs_rule_profile_update = {
	.type = "PROFILE_UPDATE",
	.schema = "{\"properties\":{"
	"\"commitment\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"},"
	"\"version\":{\"maximum\":9007199254740991,\"minimum\":1,\"type\":\"integer\"}},"
	"\"required\":[\"commitment\",\"version\"],\"type\":\"object\"}",
	.via = QFS_VIA_SESSION,
	.guards = guards,
	.changes = changes,
	.apply = apply,
	.recall = recall,
	.off_ledger = true,
};
