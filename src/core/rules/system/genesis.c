/*
 * genesis.c - GENESIS: entry 0, which names the ledger, its rules, its keys and its server.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "base/status.h"
#include "engine/payload.h"
#include "log/note.h"
#include "rules/system/key_rotated.h"
#include "rules/system/policy_changed.h"
#include "rules/system/server_changed.h"

/* Errors: ORIGIN_INVALID. */
static qfs_status
read_origin(const qfs_act *act, qfs_slice *out)
{
	qfs_slice	value;

	if (!qfs_json_member(act->event->payload, "origin", &value) || !qfs_json_to_plain(value, out))
		return qfs_fail(act->err, QFS_ORIGIN_INVALID, "it holds characters that need an escape");
	return qfs_origin_check(*out, act->err);
}

static qfs_status
apply(qfs_act *act)
{
	qfs_signing_key_record keys = {.number = 0};
	qfs_server_record server = {.number = 0};
	qfs_hash	hash;
	qfs_slice	policy;
	qfs_slice	origin;
	qfs_status	status = read_origin(act, &origin);

	if (status == QFS_OK)
		status = qfs_payload_value(act, "policy", &policy);
	if (status == QFS_OK)
		status = qfs_reducer_read_policy(act->reducer, policy, &hash, act->err);
	if (status == QFS_OK)
		status = qfs_policy_check_governed(act, NULL, &act->reducer->policy);
	if (status == QFS_OK)
		status = qfs_signing_keys_read(act->event->payload, &keys, act->err);
	if (status == QFS_OK)
		status = qfs_server_record_read(act->event->payload, &server, act->err);
	if (status != QFS_OK)
		return status;

	act->reducer->ledger = (qfs_ledger_record) {.genesis_at = act->event->at};
	memcpy(act->reducer->ledger.origin, origin.data, origin.len);
	status = qfs_signing_keys_enact(act, &keys);
	if (status == QFS_OK)
		status = qfs_server_enact(act, &server);
	if (status == QFS_OK)
		status = qfs_policy_enact(act, policy, &hash);
	return status;
}

const qfs_rule qfs_rule_genesis = {
	.type = "GENESIS",
	.schema = "{\"properties\":{"
	"\"format\":{\"const\":2},"
	"\"keys\":" QFS_SIGNING_KEYS_SCHEMA ","
	"\"origin\":{\"maxLength\":255,\"minLength\":1,\"type\":\"string\"},"
	"\"policy\":{\"additionalProperties\":true,\"type\":\"object\"},"
	"\"server\":" QFS_SERVER_SCHEMA "},"
	"\"required\":[\"format\",\"keys\",\"origin\",\"policy\",\"server\"],\"type\":\"object\"}",
	.via = QFS_VIA_OPERATOR,
	.apply = apply,
	.recall = apply,
	.is_public = true,
	.enacts = QFS_ENACTS_LEDGER | QFS_ENACTS_POLICY | QFS_ENACTS_KEYS,
};
