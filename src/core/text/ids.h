/*
 * ids.h - text forms of user ids and wallet addresses.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_IDS_H
#define QFS_IDS_H

#include "text/json.h"

/* "user_" and 64 digits; "0x" and 40 digits */
#define QFS_USER_ID_TEXT 69
#define QFS_ADDRESS_TEXT 42

/* Errors: HASH_SYNTAX. */
extern qfs_status qfs_hash_parse(qfs_slice text, qfs_hash *out, qfs_error *err);

/* Errors: USER_ID_SYNTAX. */
extern qfs_status qfs_user_id_parse(qfs_slice text, qfs_user_id *out, qfs_error *err);
extern void qfs_user_id_write(qfs_buf *out, const qfs_user_id *id);
extern void qfs_json_put_user(qfs_json_writer *w, const qfs_user_id *id);

/* A member that must be a string: a user id. */
extern bool qfs_json_member_user(qfs_slice object, const char *name, qfs_user_id *out);

/*
 * Source: EIP-55.  All-lower and all-upper digits carry no checksum and pass.
 * Errors: ADDRESS_SYNTAX, ADDRESS_CHECKSUM.
 */
extern qfs_status qfs_address_parse(qfs_slice text, qfs_address *out, qfs_error *err);

/* Mixed case with the EIP-55 checksum. */
extern void qfs_address_write(qfs_buf *out, const qfs_address *address);
extern void qfs_json_put_address(qfs_json_writer *w, const qfs_address *address);

/* SHA3-256 of the address as 42 lower-case ASCII characters. */
extern void qfs_user_id_of(const qfs_address *address, qfs_user_id *out);

#endif
