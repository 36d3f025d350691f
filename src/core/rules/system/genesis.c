/*
 * genesis.c - GENESIS: entry 0, which names the ledger, its rules and its keys.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "log/note.h"
#include "engine/rule.h"
#include "base/status.h"

static qfs_status
apply(qfs_act *act)
{
	qfs_slice	payload = act->event->payload;
	qfs_policy	parsed;
	qfs_slice	policy;
	qfs_slice	keys;
	qfs_slice	value;
	qfs_slice	origin;
	qfs_status	status;

	qfs_json_member(payload, "keys", &keys);
	qfs_json_member(payload, "policy", &policy);
	qfs_json_member(payload, "origin", &value);
	if (!qfs_json_to_plain(value, &origin))
		return qfs_fail(act->err, QFS_ORIGIN_INVALID, "it holds characters that need an escape");
	status = qfs_origin_check(origin, act->err);
	if (status == QFS_OK)
		status = qfs_policy_parse(policy, &parsed, act->err);
	if (status != QFS_OK)
		return status;

	act->reducer->ledger = (qfs_ledger_record) {.genesis_at = act->event->at};
	memcpy(act->reducer->ledger.origin, origin.data, origin.len);
	status = qfs_signing_key_enact(act, 0, keys);
	if (status == QFS_OK)
		status = qfs_policy_enact(act, policy);
	return status;
}

const qfs_rule qfs_rule_genesis = {
	.type = "GENESIS",
	.schema = "{\"properties\":{"
	"\"format\":{\"const\":1},"
	"\"keys\":{\"properties\":{"
	"\"checkpoint\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"},"
	"\"token\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"}},"
	"\"required\":[\"checkpoint\",\"token\"],\"type\":\"object\"},"
	"\"origin\":{\"maxLength\":255,\"minLength\":1,\"type\":\"string\"},"
	"\"policy\":{\"additionalProperties\":true,\"type\":\"object\"}},"
	"\"required\":[\"format\",\"keys\",\"origin\",\"policy\"],\"type\":\"object\"}",
	.via = QFS_VIA_OPERATOR,
	.apply = apply,
	.recall = apply,
};
