/*
 * policy_changed.c - POLICY_CHANGED: new parameters, from the next entry on.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "rules/system/policy_changed.h"

#include "engine/payload.h"

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

static qfs_status
read_and_enact(qfs_act *act, qfs_slice policy)
{
	qfs_hash	hash;
	qfs_status	status = qfs_reducer_read_policy(act->reducer, policy, &hash, act->err);

	return status == QFS_OK ? qfs_policy_enact(act, policy, &hash) : status;
}

static qfs_status
apply(qfs_act *act)
{
	int64_t		previous = act->reducer->ledger.policy_seq;
	qfs_slice	policy;
	qfs_policy	parsed;
	qfs_status	status = qfs_payload_value(act, "policy", &policy);

	if (status == QFS_OK)
		status = qfs_policy_parse(policy, &parsed, act->err);
	if (status == QFS_OK)
		status = qfs_policy_check_change(&act->reducer->policy, &parsed, act->err);
	if (status == QFS_OK)
		status = read_and_enact(act, policy);
	if (status != QFS_OK)
		return status;
	qfs_json_key(act->result, "previous");
	qfs_json_put_int(act->result, previous);
	return QFS_OK;
}

static qfs_status
recall(qfs_act *act)
{
	qfs_slice	policy;
	qfs_status	status = qfs_payload_value(act, "policy", &policy);

	return status == QFS_OK ? read_and_enact(act, policy) : status;
}

const qfs_rule qfs_rule_policy_changed = {
	.type = "POLICY_CHANGED",
	.schema = "{\"properties\":{\"policy\":{\"additionalProperties\":true,\"type\":\"object\"}},"
	"\"required\":[\"policy\"],\"type\":\"object\"}",
	.via = QFS_VIA_OPERATOR,
	.apply = apply,
	.recall = recall,
	.is_public = true,
	.enacts = QFS_ENACTS_POLICY,
};
