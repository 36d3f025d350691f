/*
 * key_rotated.c - KEY_ROTATED: new signing keys, endorsed by the outgoing one.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The endorsement is what lets somebody who trusts the first key follow the
 * ledger through rotations without asking its operator again.
 */
#include <sodium.h>

#include "engine/rule.h"
#include "base/status.h"

static const qfs_field fields[] = {
	QFS_FIELD(qfs_signing_key_record, number, QFS_FIELD_INT),
	QFS_FIELD(qfs_signing_key_record, seq, QFS_FIELD_INT),
	QFS_FIELD(qfs_signing_key_record, checkpoint, QFS_FIELD_HASH),
	QFS_FIELD(qfs_signing_key_record, token, QFS_FIELD_HASH),
};

const qfs_kind qfs_kind_signing_key =
QFS_KIND("signing_key", qfs_signing_key_record, fields, 1, true);

qfs_status
qfs_signing_key_get(qfs_store *store, int64_t number, qfs_signing_key_record *out, qfs_error *err)
{
	bool		found;
	qfs_status	status;

	out->number = number;
	status = store->get(store, &qfs_kind_signing_key, out, &found, err);
	if (status == QFS_OK && !found)
		return qfs_fail(err, QFS_STATE_MISMATCH, "signing key %i is missing", number);
	return status;
}

static qfs_status
read_keys(qfs_slice keys, qfs_signing_key_record *out, qfs_error *err)
{
	if (!qfs_json_member_hex(keys, "checkpoint", out->checkpoint.bytes, QFS_HASH_LEN) ||
		!qfs_json_member_hex(keys, "token", out->token.bytes, QFS_HASH_LEN))
		return qfs_fail(err, QFS_PAYLOAD_INVALID,
						"payload.keys: 64 lower-case hexadecimal digits each");
	return QFS_OK;
}

qfs_status
qfs_signing_key_enact(qfs_act *act, int64_t number, qfs_slice keys)
{
	qfs_reducer *r = act->reducer;
	qfs_signing_key_record record = {.number = number, .seq = (int64_t) act->event->seq};
	qfs_status	status = read_keys(keys, &record, act->err);

	if (status == QFS_OK)
		status = r->store->put(r->store, &qfs_kind_signing_key, &record, act->err);
	if (status != QFS_OK)
		return status;
	r->ledger.key_number = number;
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

qfs_status
qfs_rotation_read(qfs_slice payload, qfs_signing_key_record *next, qfs_error *err)
{
	qfs_slice	keys;

	if (!qfs_json_member(payload, "keys", &keys))
		return qfs_fail(err, QFS_PAYLOAD_INVALID, "payload.keys: missing");
	return read_keys(keys, next, err);
}

bool
qfs_rotation_endorsed(const qfs_hash *ledger, const qfs_hash *current, qfs_slice payload,
					  const qfs_signing_key_record *next)
{
	uint8_t		signature[crypto_sign_BYTES];
	uint8_t		message[QFS_ROTATION_MESSAGE];
	qfs_buf		buf;

	if (!qfs_json_member_hex(payload, "signature", signature, sizeof(signature)))
		return false;
	qfs_buf_init(&buf, message, sizeof(message));
	qfs_rotation_message(ledger, &next->checkpoint, &next->token, &buf);
	return crypto_sign_verify_detached(signature, message, buf.len, current->bytes) == 0;
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
	if (!qfs_rotation_endorsed(&r->ledger.ledger, &current.checkpoint, act->event->payload, next))
		return qfs_fail(act->err, QFS_SIGNATURE_INVALID, "key %i did not sign key %i",
						current.number, next->number);
	return QFS_OK;
}

static qfs_status
apply(qfs_act *act)
{
	qfs_signing_key_record next = {.number = act->reducer->ledger.key_number + 1};
	qfs_slice	keys;
	qfs_status	status;

	qfs_json_member(act->event->payload, "keys", &keys);
	status = read_keys(keys, &next, act->err);
	if (status == QFS_OK)
		status = check_endorsement(act, &next);
	if (status == QFS_OK)
		status = qfs_signing_key_enact(act, next.number, keys);
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
	qfs_signing_key_record next = {.number = act->reducer->ledger.key_number + 1};
	qfs_slice	value = {NULL, 0};
	qfs_slice	keys;
	int64_t		number = -1;
	qfs_status	status;

	if (!qfs_json_member(act->event->outcome, "number", &value) || !qfs_json_to_int(value, &number) ||
		number != next.number)
		return qfs_fail(act->err, QFS_OUTCOME_MISMATCH, "entry %u puts key %i in force, key %i is next",
						act->event->seq, number, next.number);
	qfs_json_member(act->event->payload, "keys", &keys);
	status = read_keys(keys, &next, act->err);
	if (status == QFS_OK)
		status = check_endorsement(act, &next);
	return status == QFS_OK ? qfs_signing_key_enact(act, next.number, keys) : status;
}

const qfs_rule qfs_rule_key_rotated = {
	.type = "KEY_ROTATED",
	.schema = "{\"properties\":{"
	"\"keys\":{\"properties\":{"
	"\"checkpoint\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"},"
	"\"token\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"}},"
	"\"required\":[\"checkpoint\",\"token\"],\"type\":\"object\"},"
	"\"signature\":{\"maxLength\":128,\"minLength\":128,\"type\":\"string\"}},"
	"\"required\":[\"keys\",\"signature\"],\"type\":\"object\"}",
	.via = QFS_VIA_OPERATOR,
	.apply = apply,
	.recall = recall,
};
