/*
 * referral.h - referral codes, and whose device a key was first.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_REFERRAL_H
#define QFS_REFERRAL_H

#include "engine/reducer.h"

/*
 * First 16 bytes of SHA3-256("<user_id>:QFS_REF_V1") as a big-endian number in
 * base 59, padded to 22 digits.
 * out: room for QFS_REFERRAL_CODE_LEN bytes; no NUL is written
 */
extern void qfs_referral_code(const qfs_user_id *user, char *out);

/* A new account gets its code, and a device key its first account. */
extern qfs_status qfs_referral_begin(qfs_reducer *r, const qfs_user_id *user, qfs_error *err);
extern qfs_status qfs_device_claim(qfs_reducer *r, const qfs_hash *device, const qfs_user_id *user,
								   qfs_error *err);

#endif
