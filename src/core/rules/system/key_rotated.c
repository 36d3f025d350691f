/*
 * key_rotated.c - KEY_ROTATED: new signing keys, endorsed by the outgoing one or the recovery key.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The endorsement is what lets somebody who trusts the first key follow the
 * ledger through rotations without asking its operator again.  The recovery
 * key, which genesis may name and which is in no file of the server, endorses
 * where the outgoing one is lost; it alone names the recovery key that follows.
 */
#include "rules/system/key_rotated.h"

#include "base/status.h"
#include "crypto/ed25519.h"

static qfs_slice
slice_of(const qfs_hash *key)
{
	return (qfs_slice) {key->bytes, sizeof(key->bytes)};
}

/* A recovery key that signs anything else is in the key file, and lost with it. */
qfs_status
qfs_recovery_key_check(const qfs_signing_key_record *keys, qfs_error *err)
{
	if (!keys->has_recovery)
		return QFS_OK;
	if (memcmp(&keys->recovery, &keys->checkpoint, sizeof(qfs_hash)) == 0 ||
		memcmp(&keys->recovery, &keys->token, sizeof(qfs_hash)) == 0)
		return qfs_fail(err, QFS_RECOVERY_KEY, "%h also signs checkpoints or tokens", &keys->recovery);
	return qfs_ed25519_key_check(slice_of(&keys->recovery), err);
}

/* A key with which anybody could sign, or libraries differ on, never comes into force. */
qfs_status
qfs_signing_keys_read(qfs_slice payload, qfs_signing_key_record *out, qfs_error *err)
{
	qfs_slice	keys;
	qfs_slice	recovery;
	qfs_status	status;

	if (!qfs_json_member(payload, "keys", &keys))
		return qfs_fail(err, QFS_PAYLOAD_INVALID, "payload.keys: missing");
	out->has_recovery = qfs_json_member(keys, "recovery", &recovery);
	out->recovery = (qfs_hash) {{0}};
	if (!qfs_json_member_hex(keys, "checkpoint", out->checkpoint.bytes, QFS_HASH_LEN) ||
		!qfs_json_member_hex(keys, "token", out->token.bytes, QFS_HASH_LEN) ||
		(out->has_recovery && !qfs_json_member_hex(keys, "recovery", out->recovery.bytes, QFS_HASH_LEN)))
		return qfs_fail(err, QFS_PAYLOAD_INVALID,
						"payload.keys: 64 lower-case hexadecimal digits each");
	status = qfs_ed25519_key_check(slice_of(&out->checkpoint), err);
	if (status == QFS_OK)
		status = qfs_ed25519_key_check(slice_of(&out->token), err);
	return status == QFS_OK ? qfs_recovery_key_check(out, err) : status;
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

void
qfs_recovery_message(const qfs_hash *ledger, const qfs_signing_key_record *next, qfs_buf *out)
{
	qfs_buf_bytes(out, "qfs:key-recovery:v1", sizeof("qfs:key-recovery:v1"));
	qfs_buf_bytes(out, ledger->bytes, sizeof(ledger->bytes));
	for (int shift = 56; shift >= 0; shift -= 8)
		qfs_buf_byte(out, (uint8_t) ((uint64_t) next->number >> shift));
	qfs_buf_bytes(out, next->checkpoint.bytes, sizeof(next->checkpoint.bytes));
	qfs_buf_bytes(out, next->token.bytes, sizeof(next->token.bytes));
	qfs_buf_bytes(out, next->recovery.bytes, sizeof(next->recovery.bytes));
}

/* Is it the recovery key that endorses? */
static bool
is_recovery(qfs_slice payload)
{
	qfs_slice	by;

	return qfs_json_member(payload, "by", &by);
}

/*
 * The keys that a payload has follow those in force: their number, and the
 * recovery key from then on.
 */
static qfs_status
read_next(const qfs_signing_key_record *current, qfs_slice payload, qfs_signing_key_record *next,
		  qfs_error *err)
{
	qfs_status	status;

	*next = (qfs_signing_key_record) {.number = current->number + 1};
	status = qfs_signing_keys_read(payload, next, err);
	if (status != QFS_OK)
		return status;
	if (!is_recovery(payload) && next->has_recovery)
		return qfs_fail(err, QFS_PAYLOAD_INVALID,
						"payload.keys.recovery: the recovery key alone names the next one");
	if (is_recovery(payload) && !current->has_recovery)
		return qfs_fail(err, QFS_NO_RECOVERY_KEY, "for key %i", next->number);
	if (next->has_recovery)
		return QFS_OK;
	next->has_recovery = current->has_recovery;
	next->recovery = current->recovery;
	return qfs_recovery_key_check(next, err);
}

/* Did a key in force sign the keys that follow it? */
static qfs_status
check_endorsement(const qfs_hash *ledger, const qfs_signing_key_record *current, qfs_slice payload,
				  const qfs_signing_key_record *next, qfs_error *err)
{
	uint8_t		signature[QFS_ED25519_SIGNATURE_LEN];
	uint8_t		message[QFS_RECOVERY_MESSAGE];
	bool		recovers = is_recovery(payload);
	qfs_buf		buf;

	_Static_assert(QFS_RECOVERY_MESSAGE >= QFS_ROTATION_MESSAGE, "either message has room");
	qfs_buf_init(&buf, message, sizeof(message));
	if (recovers)
		qfs_recovery_message(ledger, next, &buf);
	else
		qfs_rotation_message(ledger, &next->checkpoint, &next->token, &buf);
	if (qfs_json_member_hex(payload, "signature", signature, sizeof(signature)) &&
		qfs_ed25519_verify(qfs_buf_slice(&buf), (qfs_slice) {signature, sizeof(signature)},
						   slice_of(recovers ? &current->recovery : &current->checkpoint), NULL) == QFS_OK)
		return QFS_OK;
	if (recovers)
		return qfs_fail(err, QFS_SIGNATURE_INVALID, "the recovery key did not sign key %i", next->number);
	return qfs_fail(err, QFS_SIGNATURE_INVALID, "key %i did not sign key %i", current->number, next->number);
}

/* The keys that follow those in force, which endorse them. */
static qfs_status
succeed(qfs_act *act, qfs_signing_key_record *next)
{
	qfs_reducer *r = act->reducer;
	qfs_slice	payload = act->event->payload;
	qfs_signing_key_record current;
	qfs_status	status;

	status = qfs_signing_key_get(r->store, r->ledger.key_number, &current, act->err);
	if (status == QFS_OK)
		status = read_next(&current, payload, next, act->err);
	if (status != QFS_OK || !r->check_signatures)
		return status;
	return check_endorsement(&r->ledger.ledger, &current, payload, next, act->err);
}

static qfs_status
apply(qfs_act *act)
{
	qfs_signing_key_record next;
	qfs_status	status = succeed(act, &next);

	if (status == QFS_OK)
		status = qfs_signing_keys_enact(act, &next);
	if (status != QFS_OK)
		return status;

	qfs_json_put_member_int(act->result, "number", next.number);
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

	if (!qfs_json_member(qfs_result_of(act->event->outcome), "number", &value) || !qfs_json_to_int(value, &number) ||
		number != expected)
		return qfs_fail(act->err, QFS_OUTCOME_MISMATCH, "entry %u puts key %i in force, key %i is next",
						act->event->seq, number, expected);
	status = succeed(act, &next);
	return status == QFS_OK ? qfs_signing_keys_enact(act, &next) : status;
}

static bool
follow(const qfs_hash *ledger, const qfs_entry *entry, qfs_signing_key_record *keys)
{
	qfs_signing_key_record next;

	if (read_next(keys, entry->payload, &next, NULL) != QFS_OK ||
		check_endorsement(ledger, keys, entry->payload, &next, NULL) != QFS_OK)
		return false;
	*keys = next;
	return true;
}

const qfs_rule qfs_rule_key_rotated = {
	.type = "KEY_ROTATED",
	.schema = "{\"properties\":{"
	"\"by\":{\"const\":\"recovery\"},"
	"\"keys\":" QFS_SIGNING_KEYS_SCHEMA ","
	"\"signature\":{\"maxLength\":128,\"minLength\":128,\"type\":\"string\"}},"
	"\"required\":[\"keys\",\"signature\"],\"type\":\"object\"}",
	.via = QFS_VIA_OPERATOR,
	.apply = apply,
	.recall = recall,
	.is_public = true,
	.enacts = QFS_ENACTS_KEYS,
	.follow = follow,
};
