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

/* The key is in the state itself. */
static bool
publish(const qfs_story *story, qfs_slice more, const qfs_standing *recorded, bool other, qfs_standing *standing)
{
	(void) story;
	(void) more;
	(void) other;
	standing->has_chat_key = recorded->has_chat_key;
	standing->chat_key = recorded->chat_key;
	return recorded->has_chat_key;
}

static const qfs_change published = {.name = "CHAT_KEY_PUBLISHED",.apply = publish};
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
	const qfs_user_id *user = &act->event->actor;
	qfs_standing *standing;
	qfs_hash	key;
	qfs_status	status = read_key(act, &key);

	if (status == QFS_OK)
		status = qfs_effects_standing(act->fx, user, &standing);
	if (status != QFS_OK)
		return status;
	standing->has_chat_key = true;
	standing->chat_key = key;
	qfs_effects_change(act->fx, user, QFS_STANDING, &published, "");
	return QFS_OK;
}

const qfs_rule qfs_rule_chat_key = {
	.type = "CHAT_KEY",
	.schema = "{\"properties\":{\"key\":{\"maxLength\":43,\"minLength\":43,\"type\":\"string\"}},"
	"\"required\":[\"key\"],\"type\":\"object\"}",
	.via = QFS_VIA_SESSION,
	.changes = changes,
	.apply = apply,
};
