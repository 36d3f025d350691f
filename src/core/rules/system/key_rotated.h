/*
 * key_rotated.h - the ledger's own keys: reading them, putting them in force, handing them over.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_KEY_ROTATED_H
#define QFS_KEY_ROTATED_H

#include "engine/rule.h"

/* The schema of the member "keys" of both payloads. */
#define QFS_SIGNING_KEYS_SCHEMA "{\"properties\":{" \
	"\"checkpoint\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"}," \
	"\"recovery\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"}," \
	"\"token\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"}}," \
	"\"required\":[\"checkpoint\",\"token\"],\"type\":\"object\"}"

/*
 * The keys of a payload of GENESIS or KEY_ROTATED, the recovery key only if it
 * is named there; number and seq stay.
 * Errors: PAYLOAD_INVALID, ED25519_KEY, RECOVERY_KEY.
 */
extern qfs_status qfs_signing_keys_read(qfs_slice payload, qfs_signing_key_record *out, qfs_error *err);

/* The recovery key, if there is one.  Errors: ED25519_KEY, RECOVERY_KEY. */
extern qfs_status qfs_recovery_key_check(const qfs_signing_key_record *keys, qfs_error *err);

/* Puts keys in force from this entry on; sets their seq. */
extern qfs_status qfs_signing_keys_enact(qfs_act *act, qfs_signing_key_record *keys);

/* Bytes of what the outgoing key signs to hand over to the next: docs/format.md. */
#define QFS_ROTATION_MESSAGE (20 + 3 * QFS_HASH_LEN)
extern void qfs_rotation_message(const qfs_hash *ledger, const qfs_hash *checkpoint,
								 const qfs_hash *token, qfs_buf *out);

/*
 * Bytes of what the recovery key signs to put others in force: docs/format.md.
 * next: as they will be in force, with their number and the recovery key from then on
 */
#define QFS_RECOVERY_MESSAGE (20 + 8 + 4 * QFS_HASH_LEN)
extern void qfs_recovery_message(const qfs_hash *ledger, const qfs_signing_key_record *next, qfs_buf *out);

#endif
