/*
 * key_rotated.c - KEY_ROTATED: new signing keys, endorsed by the outgoing one.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The endorsement is what lets somebody who trusts the first key follow the
 * ledger through rotations without asking its operator again.
 */
#include "rules/system/key_rotated.h"

#include "base/status.h"
#include "crypto/ed25519.h"

static qfs_slice
slice_of(const qfs_hash *key)
{
	return (qfs_slice) {key->bytes, sizeof(key->bytes)};
}

/* A key with which anybody could sign, or libraries differ on, never comes into force. */
qfs_status
qfs_signing_keys_read(qfs_slice payload, qfs_signing_key_record *out, qfs_error *err)
{
	qfs_slice	keys;
	qfs_status	status;

	if (!qfs_json_member(payload, "keys", &keys))
		return qfs_fail(err, QFS_PAYLOAD_INVALID, "payload.keys: missing");
	if (!qfs_json_member_hex(keys, "checkpoint", out->checkpoint.bytes, QFS_HASH_LEN) ||
		!qfs_json_member_hex(keys, "token", out->token.bytes, QFS_HASH_LEN))
		return qfs_fail(err, QFS_PAYLOAD_INVALID,
						"payload.keys: 64 lower-case hexadecimal digits each");
	status = qfs_ed25519_key_check(slice_of(&out->checkpoint), err);
	return status == QFS_OK ? qfs_ed25519_key_check(slice_of(&out->token), err) : status;
}

qfs_status
qfs_signing_keys_enact(qfs_act *act, qfs_signing_key_record *keys)
{
	qfs_reducer *r = act->reducer;
	qfs_status	status;

	keys->seq = (int64_t) act->event->seq;
	status = r->store->put(r->store, &qfs_kind_signing_key, keys, act->err);
	if (status != QFS_OK)
		return status;
	r->ledger.key_number = keys->number;
	return r->store->put(r->store, &qfs_kind_ledger, &r->ledger, act->err);
}

void
qfs_rotation_message(const qfs_hash *ledger, const qfs_hash *checkpoint,
					 const qfs_hash *token, qfs_buf *out)
{
	qfs_buf_bytes(out, "qfs:key-rotation:v1", sizeof("qfs:key-rotation:v1"));
	qfs_buf_bytes(out, ledger->bytes, sizeof(ledger->bytes));
	qfs_buf_bytes(out, checkpoint->bytes, sizeof(checkpoint->bytes));
	qfs_buf_bytes(out, token->bytes, sizeof(token->bytes));
}

static bool
is_endorsed(const qfs_hash *ledger, const qfs_hash *current, qfs_slice payload,
			const qfs_signing_key_record *next)
{
	uint8_t		signature[QFS_ED25519_SIGNATURE_LEN];
	uint8_t		message[QFS_ROTATION_MESSAGE];
	qfs_buf		buf;

	if (!qfs_json_member_hex(payload, "signature", signature, sizeof(signature)))
		return false;
	qfs_buf_init(&buf, message, sizeof(message));
	qfs_rotation_message(ledger, &next->checkpoint, &next->token, &buf);
	return qfs_ed25519_verify(qfs_buf_slice(&buf), (qfs_slice) {signature, sizeof(signature)},
							  slice_of(current), NULL) == QFS_OK;
}

/* Did the key in force sign the keys that follow it? */
static qfs_status
check_endorsement(qfs_act *act, const qfs_signing_key_record *next)
{
	qfs_reducer *r = act->reducer;
	qfs_signing_key_record current;
	qfs_status	status;

	if (!r->check_signatures)
		return QFS_OK;
	status = qfs_signing_key_get(r->store, r->ledger.key_number, &current, act->err);
	if (status != QFS_OK)
		return status;
	if (!is_endorsed(&r->ledger.ledger, &current.checkpoint, act->event->payload, next))
		return qfs_fail(act->err, QFS_SIGNATURE_INVALID, "key %i did not sign key %i",
						current.number, next->number);
	return QFS_OK;
}

/* The keys that follow those in force, which endorse them. */
static qfs_status
read_next(qfs_act *act, qfs_signing_key_record *next)
{
	qfs_status	status;

	*next = (qfs_signing_key_record) {.number = act->reducer->ledger.key_number + 1};
	status = qfs_signing_keys_read(act->event->payload, next, act->err);
	return status == QFS_OK ? check_endorsement(act, next) : status;
}

static qfs_status
apply(qfs_act *act)
{
	qfs_signing_key_record next;
	qfs_status	status = read_next(act, &next);

	if (status == QFS_OK)
		status = qfs_signing_keys_enact(act, &next);
	if (status != QFS_OK)
		return status;

	qfs_json_key(act->outcome, "number");
	qfs_json_put_int(act->outcome, next.number);
	return QFS_OK;
}

/* Every rotation counts, so none may be missing before it. */
static qfs_status
recall(qfs_act *act)
{
	int64_t		expected = act->reducer->ledger.key_number + 1;
	qfs_signing_key_record next;
	qfs_slice	value = {NULL, 0};
	int64_t		number = -1;
	qfs_status	status;

	if (!qfs_json_member(act->event->outcome, "number", &value) || !qfs_json_to_int(value, &number) ||
		number != expected)
		return qfs_fail(act->err, QFS_OUTCOME_MISMATCH, "entry %u puts key %i in force, key %i is next",
						act->event->seq, number, expected);
	status = read_next(act, &next);
	return status == QFS_OK ? qfs_signing_keys_enact(act, &next) : status;
}

static bool
next_key(const qfs_hash *ledger, const qfs_hash *current, const qfs_entry *entry, qfs_hash *next)
{
	qfs_signing_key_record keys;

	if (qfs_signing_keys_read(entry->payload, &keys, NULL) != QFS_OK ||
		!is_endorsed(ledger, current, entry->payload, &keys))
		return false;
	*next = keys.checkpoint;
	return true;
}

const qfs_rule qfs_rule_key_rotated = {
	.type = "KEY_ROTATED",
	.schema = "{\"properties\":{"
	"\"keys\":" QFS_SIGNING_KEYS_SCHEMA ","
	"\"signature\":{\"maxLength\":128,\"minLength\":128,\"type\":\"string\"}},"
	"\"required\":[\"keys\",\"signature\"],\"type\":\"object\"}",
	.via = QFS_VIA_OPERATOR,
	.apply = apply,
	.recall = recall,
	.enacts = QFS_ENACTS_KEYS,
	.next_key = next_key,
};
