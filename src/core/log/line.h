/*
 * line.h - what entry.c and line.c share of parts and their commitments.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_LINE_H
#define QFS_LINE_H

#include "log/entry.h"

/* As heads and lines name them. */
extern const char *const qfs_part_names[QFS_PARTS];

/* commitment = SHA-256(0x02 || salt || value) of a part that is shown. */
extern void qfs_part_commit(qfs_shown *part);

/*
 * The same with the salt that an entry's gives: SHA-256(0x03 || salt || name)[:16].
 * account: of an account's part, whose name is its kind, 0x00 and the 32 bytes; else NULL
 */
extern void qfs_part_commit_by(qfs_shown *part, const qfs_salt *entry, qfs_slice name,
							   const qfs_user_id *account);

/* accounts_root, of account_parts: RFC 6962, each commitment the data of a leaf. */
extern void qfs_accounts_commit(qfs_entry *entry);

/* Adds an account's part that is shown.  Errors: ENTRY_FORMAT, for two of one account and kind, too. */
extern qfs_status qfs_account_part_read(qfs_entry *entry, qfs_slice value, qfs_account_part **out,
										qfs_error *err);

/* Are the parts that are shown as long and as deep as they may be?  Errors: ENTRY_TOO_LARGE, JSON_DEPTH. */
extern qfs_status qfs_parts_limit(const qfs_entry *entry, qfs_error *err);

#endif
