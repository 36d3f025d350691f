/*
 * chat_key.c - CHAT_KEY: an account publishes the key that others encrypt to.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "base/status.h"
#include "crypto/ed25519.h"
#include "engine/effects.h"
#include "engine/payload.h"
#include "state/records.h"

static const qfs_change published = {.name = "CHAT_KEY_PUBLISHED"};
static const qfs_change *const changes[] = {&published, NULL};

/* Errors: X25519_KEY. */
static qfs_status
read_key(qfs_act *act, qfs_hash *out)
{
	qfs_slice	value;
	qfs_status	status = qfs_payload_value(act, "key", &value);

	if (status != QFS_OK)
		return status;
	if (!qfs_json_member_base64url(act->event->payload, "key", out->bytes, sizeof(out->bytes)))
		return qfs_fail(act->err, QFS_X25519_KEY, "%v is not 32 bytes in base64url", value);
	return qfs_x25519_key_check((qfs_slice) {out->bytes, sizeof(out->bytes)}, act->err);
}

static qfs_status
apply(qfs_act *act)
{
	qfs_store  *store = act->reducer->store;
	qfs_chat_key_record record = {.user = act->event->actor, .seq = (int64_t) act->event->seq};
	qfs_effects fx;
	unsigned	account;
	qfs_status	status = read_key(act, &record.key);

	qfs_effects_init(&fx, act);
	if (status == QFS_OK)
		status = qfs_effects_look(&fx, &act->event->actor, &account);
	if (status == QFS_OK)
		status = store->put(store, &qfs_kind_chat_key, &record, act->err);
	if (status != QFS_OK)
		return status;
	qfs_effects_touch(&fx, account, &published);
	return qfs_effects_finish(&fx);
}

static qfs_status
recall(qfs_act *act)
{
	qfs_store  *store = act->reducer->store;
	qfs_chat_key_record record = {.user = act->event->actor, .seq = (int64_t) act->event->seq};
	qfs_status	status = read_key(act, &record.key);

	return status == QFS_OK ? store->put(store, &qfs_kind_chat_key, &record, act->err) : status;
}

const qfs_rule qfs_rule_chat_key = {
	.type = "CHAT_KEY",
	.schema = "{\"properties\":{\"key\":{\"maxLength\":43,\"minLength\":43,\"type\":\"string\"}},"
	"\"required\":[\"key\"],\"type\":\"object\"}",
	.via = QFS_VIA_SESSION,
	.changes = changes,
	.apply = apply,
	.recall = recall,
};
