/*
 * second_hash.h - heads, commitments and hashes of lines, computed by a second road.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Written from docs/format.md, "Entry", over libsodium's SHA-256 and with
 * printf: what src/core computes must agree, and no test asks the core what
 * the core should do.
 */
#ifndef UNIT_SECOND_HASH_H
#define UNIT_SECOND_HASH_H

#include "base/buf.h"

/* The value of a member, as its text; empty if there is none.  object: canonical */
extern qfs_slice second_member(qfs_slice object, const char *name);

/* Item n of a list, or value n of an object, as its text; empty past the last. */
extern qfs_slice second_item(qfs_slice list, unsigned n);

/* SHA-256(0x03 || salt || name)[:16]; account: 32 bytes that follow the name and 0x00, or NULL */
extern qfs_salt second_salt(const qfs_salt *entry, const char *name, const uint8_t *account);

/* SHA-256(0x02 || salt || part) */
extern qfs_hash second_commitment(const qfs_salt *salt, qfs_slice part);

/* The head of a line, full or partial, NUL-terminated; overwritten by the next call. */
extern const char *second_head(qfs_slice line);

/* SHA-256(0x00 || head) */
extern qfs_hash second_hash(qfs_slice line);

#endif
