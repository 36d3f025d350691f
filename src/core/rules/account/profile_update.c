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

/* What was published is in the state itself. */
static bool
change(const qfs_story *story, qfs_slice more, const qfs_standing *recorded, bool other, qfs_standing *standing)
{
	(void) story;
	(void) more;
	(void) other;
	if (!recorded->has_profile || standing->profile_version == 0)
		return false;
	standing->profile = recorded->profile;
	standing->profile_version++;
	return true;
}

static bool
complete(const qfs_story *story, qfs_slice more, const qfs_standing *recorded, bool other, qfs_standing *standing)
{
	(void) more;
	(void) other;
	if (!recorded->has_profile || standing->profile_version != 0)
		return false;
	standing->has_profile = true;
	standing->profile = recorded->profile;
	standing->profile_version = 1;
	qfs_story_coherent_act(story, standing, QFS_PROFILE_COMPLETED);
	return true;
}

static const char *const completed_reads[] = {"coherence.acts.PROFILE_COMPLETED", "coherence.alpha", NULL};
static const qfs_change completed = {.name = "PROFILE_COMPLETED",.apply = complete,.quality = quality,
	.reads = completed_reads,.moves = QFS_MOVES(QFS_ASSET_COHERENCE)};
static const qfs_change changed = {.name = "PROFILE_CHANGED",.apply = change};

static const qfs_change *const changes[] = {&completed, &changed, QFS_SETTLEMENT_CHANGES, NULL};
static const qfs_guard *const guards[] = {QFS_SETTLEMENT_GUARDS, NULL};

static qfs_status
apply(qfs_act *act)
{
	const qfs_user_id *user = &act->event->actor;
	qfs_standing *standing;
	qfs_hash	commitment;
	int64_t		version;
	qfs_status	status = qfs_payload_hash(act, "commitment", &commitment);

	if (status == QFS_OK)
		status = qfs_payload_int(act, "version", &version);
	if (status == QFS_OK)
		status = qfs_effects_standing(act->fx, user, &standing);
	if (status != QFS_OK)
		return status;
	if (version != standing->profile_version + 1)
		return qfs_fail(act->err, QFS_PROFILE_VERSION, "it is %i, version %i is next", version,
						standing->profile_version + 1);
	standing->has_profile = true;
	standing->profile = commitment;
	standing->profile_version = version;
	if (version == 1)
		qfs_effects_coherent_act(act->fx, standing, QFS_PROFILE_COMPLETED);
	qfs_effects_change(act->fx, user, QFS_STANDING, version == 1 ? &completed : &changed, "");
	return qfs_referral_settle(act->fx, user);
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
	.off_ledger = true,
};
