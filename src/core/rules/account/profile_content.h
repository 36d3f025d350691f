/*
 * profile_content.h - the content of a profile, which stays off the ledger.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_PROFILE_CONTENT_H
#define QFS_PROFILE_CONTENT_H

#include "base/buf.h"

#define QFS_PROFILE_SALT 32
#define QFS_PROFILE_LINKS 5

/* Bytes of the canonical content, at most. */
#define QFS_PROFILE_MAX 32768

typedef struct qfs_profile
{
	qfs_slice	display_name;	/* 2 to 50 characters */
	qfs_slice	bio;			/* up to 500 characters */
	bool		has_avatar;
	qfs_slice	avatar;			/* https: or ipfs: URI, up to 500 bytes */
	unsigned	link_count;
	qfs_slice	links[QFS_PROFILE_LINKS];	/* the same */
} qfs_profile;

/*
 * Writes {"avatar","bio","display_name","links"} as canonical JSON.
 * Errors: PROFILE_INVALID, naming the field.
 */
extern qfs_status qfs_profile_write(const qfs_profile *profile, qfs_buf *out, qfs_error *err);

/* SHA-256(salt || JCS(content)) */
extern void qfs_profile_commit(const uint8_t *salt, qfs_slice content, qfs_hash *out);

#endif
