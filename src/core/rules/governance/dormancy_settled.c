/*
 * dormancy_settled.c - DORMANCY_SETTLED: no holder has acted, and governance is in trial again.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The ledger itself appends it.  It cannot fail, or the ledger would stand
 * still: where there is nothing to take back, it says so.
 */
#include "base/assert.h"
#include "base/status.h"
#include "engine/effects.h"
#include "engine/payload.h"
#include "rules/governance/settlement.h"
#include "rules/governance/telling.h"
#include "rules/system/policy_changed.h"

static const qfs_guard *const guards[] = {&qfs_guard_policy_valid, NULL};

static qfs_status
apply(qfs_act *act)
{
	qfs_dormancy plan;
	qfs_agenda	agenda;
	qfs_status	status = qfs_settlement_check(act, QFS_AGENDA_DORMANCY, "claim", &agenda);

	if (status == QFS_OK)
		status = qfs_dormancy_plan(act, &plan);
	if (status == QFS_OK)
		status = qfs_settlement_compare(act, &agenda, plan.policy);
	if (status != QFS_OK)
		return status;
	(void) qfs_guard_count(act->fx, &qfs_guard_policy_valid, 0, plan.policy.len == 0);
	qfs_agenda_remove(&agenda, agenda.items[0].seq);
	qfs_agenda_write(act->result, &agenda);
	status = qfs_agenda_put(act, &agenda);
	return status == QFS_OK && plan.policy.len > 0 ? qfs_policy_replace(act, plan.policy) : status;
}

static qfs_status
recall(qfs_act *act)
{
	qfs_slice	policy;
	qfs_status	status = qfs_agenda_recall(act);

	return status == QFS_OK && qfs_json_member(act->event->payload, "policy", &policy) ? qfs_policy_replace(act, policy) : status;
}

/* ---- its explanation ---- */

static qfs_status
rests(const qfs_entry *entry, qfs_grounds *grounds, qfs_error *err)
{
	qfs_status	status = qfs_grounds_add_named(grounds, entry->payload, "claim", err);

	return status == QFS_OK ? qfs_trail_previous(entry, "agenda", grounds, err) : status;
}

static void
tell(const qfs_story *story, qfs_buf *out)
{
	qfs_slice	policy;

	qfs_buf_text(out, "No holder of seats acted on the claim of entry ");
	qfs_buf_int(out, qfs_trail_int(story->entry->payload, "claim"));
	if (qfs_json_member(story->entry->payload, "policy", &policy))
		qfs_buf_text(out, ": governance is in trial from the next entry on, and the operator may change everything.");
	else
	{
		qfs_buf_text(out, ", and nothing comes of it: ");
		qfs_say_guards(story, out);
		qfs_buf_text(out, ".");
	}
}

static const char *const reads[] = {"governance.mode", NULL};

const qfs_rule qfs_rule_dormancy_settled = {
	.type = "DORMANCY_SETTLED",
	.schema = "{\"properties\":{"
	"\"claim\":{\"maximum\":9007199254740991,\"minimum\":0,\"type\":\"integer\"},"
	"\"policy\":{\"additionalProperties\":true,\"type\":\"object\"}},"
	"\"required\":[\"claim\"],\"type\":\"object\"}",
	.via = QFS_VIA_LEDGER,
	.guards = guards,
	.apply = apply,
	.recall = recall,
	.rests = rests,
	.derivable = true,
	.topic = QFS_TOPIC_ENTRY,
	.tell = tell,
	.is_public = true,
	.enacts = QFS_ENACTS_POLICY,
	.reads = reads,
};
