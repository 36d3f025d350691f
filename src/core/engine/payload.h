/*
 * payload.h - members of an event's payload, or an error that names the member.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The rule's schema has admitted the payload, so most of what fails here
 * cannot; but what a rule reads it has read.
 */
#ifndef QFS_PAYLOAD_H
#define QFS_PAYLOAD_H

#include "engine/rule.h"

/* Each: PAYLOAD_INVALID, naming the member, if it is absent or not of that kind. */
extern qfs_status qfs_payload_value(const qfs_act *act, const char *name, qfs_slice *out);
extern qfs_status qfs_payload_int(const qfs_act *act, const char *name, int64_t *out);

/* A string without escapes, of at most QFS_TYPE_MAX bytes, NUL-terminated and filled up with NULs. */
extern qfs_status qfs_payload_name(const qfs_act *act, const char *name, char out[QFS_TYPE_MAX + 1]);

/* What a string denotes is appended; a buffer that is too small overflows. */
extern qfs_status qfs_payload_text(const qfs_act *act, const char *name, qfs_buf *out);

/* The inside of a string without escapes. */
extern qfs_status qfs_payload_plain(const qfs_act *act, const char *name, qfs_slice *out);

/* 64 lower-case hexadecimal digits. */
extern qfs_status qfs_payload_hash(const qfs_act *act, const char *name, qfs_hash *out);

/* Errors: USER_ID_SYNTAX, too. */
extern qfs_status qfs_payload_user(const qfs_act *act, const char *name, qfs_user_id *out);

#endif
