/*
 * policy_changed.c - POLICY_CHANGED: new parameters, from the next entry on.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "rules/system/policy_changed.h"

#include "base/assert.h"
#include "base/status.h"
#include "engine/payload.h"
#include "engine/policy_key.h"
#include "state/governance.h"

qfs_status
qfs_policy_enact(qfs_act *act, qfs_slice policy, const qfs_hash *hash)
{
	qfs_reducer *r = act->reducer;
	qfs_policy_record record = {.seq = (int64_t) act->event->seq, .policy = policy};
	qfs_status	status;

	status = r->store->put(r->store, &qfs_kind_policy, &record, act->err);
	if (status != QFS_OK)
		return status;

	r->ledger.policy_seq = record.seq;
	r->ledger.policy = *hash;
	status = r->store->put(r->store, &qfs_kind_ledger, &r->ledger, act->err);
	if (status != QFS_OK)
		return status;
	qfs_reducer_forget(r);

	qfs_json_key(act->result, "policy");
	qfs_json_put_hex(act->result, r->ledger.policy.bytes, sizeof(r->ledger.policy.bytes));
	return QFS_OK;
}

qfs_status
qfs_policy_replace(qfs_act *act, qfs_slice policy)
{
	int64_t		previous = act->reducer->ledger.policy_seq;
	qfs_hash	hash;
	qfs_status	status = qfs_reducer_read_policy(act->reducer, policy, &hash, act->err);

	if (status == QFS_OK)
		status = qfs_policy_enact(act, policy, &hash);
	if (status != QFS_OK)
		return status;
	qfs_json_put_member_int(act->result, "previous", previous);
	return QFS_OK;
}

/* ---- what the operator may change ---- */

/* Does what a vote decided of the key still hold? */
static qfs_status
check_votes(const qfs_act *act, const qfs_policy *policy, qfs_slice name)
{
	qfs_store  *store = act->reducer->store;
	qfs_policy_key_record vote = {.seq = 0};
	int64_t		until;
	bool		found;
	qfs_status	status;

	QFS_ASSERT(name.len <= QFS_TYPE_MAX);
	memcpy(vote.key, name.data, name.len);
	status = store->get(store, &qfs_kind_policy_key, &vote, &found, act->err);
	if (status != QFS_OK || !found)
		return status;
	until = vote.epoch + policy->governance.key_cooldown_epochs;
	if (qfs_epoch_at(act->reducer, act->event->at) < until)
		return qfs_fail(act->err, QFS_POLICY_GOVERNED, "%v was decided by a vote, in entry %i, and stays so until epoch %i",
						name, vote.seq, until);
	return QFS_OK;
}

/* Every key whose value becomes another one; of a policy without "governance" the default counts. */
static qfs_status
check_keys(const qfs_act *act, const qfs_policy *from, const qfs_policy *to)
{
	qfs_slice	name;
	qfs_slice	before;
	qfs_slice	after;
	qfs_key_class ignored;
	qfs_status	status = QFS_OK;

	for (size_t n = 0; status == QFS_OK && qfs_policy_key_at(n, &name, &ignored); n++)
	{
		if (qfs_policy_leaf(from->text, name, &before) && qfs_policy_leaf(to->text, name, &after) &&
			qfs_slice_equal(before, after))
			continue;
		if (!qfs_policy_key_is_operators(from, name))
			return qfs_fail(act->err, QFS_POLICY_GOVERNED, "governance.operator_keys does not list %v", name);
		status = check_votes(act, from, name);
	}
	return status;
}

qfs_status
qfs_policy_check_governed(const qfs_act *act, const qfs_policy *from, const qfs_policy *to)
{
	if (from != NULL && from->governance.mode == QFS_MODE_ON)
		return check_keys(act, from, to);
	if (to->governance.mode == QFS_MODE_ON)
		return qfs_fail(act->err, QFS_POLICY_GOVERNED, "governance.mode: \"on\" comes by an executed proposal alone");
	return QFS_OK;
}

/* ---- the rule ---- */

qfs_status
qfs_policy_read_next(const qfs_registry *registry, const qfs_policy *in_force, qfs_slice policy, qfs_policy *out,
					 qfs_error *err)
{
	qfs_status	status = qfs_policy_parse(policy, out, err);

	if (status == QFS_OK)
		status = qfs_rules_check(registry, out, err);
	return status == QFS_OK ? qfs_policy_check_change(in_force, out, err) : status;
}

static qfs_status
apply(qfs_act *act)
{
	qfs_slice	policy;
	qfs_policy	parsed;
	qfs_status	status = qfs_payload_value(act, "policy", &policy);

	if (status == QFS_OK)
		status = qfs_policy_read_next(act->reducer->registry, &act->reducer->policy, policy, &parsed, act->err);
	if (status == QFS_OK)
		status = qfs_policy_check_governed(act, &act->reducer->policy, &parsed);
	return status == QFS_OK ? qfs_policy_replace(act, policy) : status;
}

static qfs_status
recall(qfs_act *act)
{
	qfs_slice	policy;
	qfs_status	status = qfs_payload_value(act, "policy", &policy);

	return status == QFS_OK ? qfs_policy_replace(act, policy) : status;
}

static const char *const reads[] = {
	"governance.key_cooldown_epochs", "governance.mode", "governance.operator_keys", NULL
};

const qfs_rule qfs_rule_policy_changed = {
	.type = "POLICY_CHANGED",
	.schema = "{\"properties\":{\"policy\":{\"additionalProperties\":true,\"type\":\"object\"}},"
	"\"required\":[\"policy\"],\"type\":\"object\"}",
	.via = QFS_VIA_OPERATOR,
	.apply = apply,
	.recall = recall,
	.is_public = true,
	.enacts = QFS_ENACTS_POLICY,
	.reads = reads,
};
