/*
 * entry.h - one ledger entry: its canonical bytes and its hash.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_ENTRY_H
#define QFS_ENTRY_H

#include "text/ids.h"

typedef struct qfs_entry
{
	uint64_t	seq;			/* leaf index, from 0 */
	int64_t		at;				/* milliseconds since 1970-01-01 UTC */
	qfs_slice	type;			/* plain characters, no quotes */
	bool		has_actor;		/* false: the ledger itself, "system" */
	qfs_user_id actor;
	qfs_slice	auth;			/* canonical objects; the entry is a level around them */
	qfs_slice	payload;
	qfs_slice	outcome;
	qfs_hash	prev;			/* hash of entry seq - 1; zeros for seq 0 */
} qfs_entry;

/* Errors: TYPE_SYNTAX unless [A-Z][A-Z0-9_]{0,62}. */
extern qfs_status qfs_type_check(qfs_slice type, qfs_error *err);

/*
 * Writes the canonical bytes (format 1, docs/format.md).
 * out: empty, with room for QFS_ENTRY_MAX bytes
 * Errors: ENTRY_TOO_LARGE.
 */
extern qfs_status qfs_entry_encode(const qfs_entry *entry, qfs_buf *out, qfs_error *err);

/*
 * Reads canonical bytes; the slices of *out point into them.
 * Errors: the JSON_ ones, ENTRY_FORMAT, ENTRY_TOO_LARGE, TYPE_SYNTAX, USER_ID_SYNTAX.
 */
extern qfs_status qfs_entry_decode(qfs_slice line, qfs_entry *out, qfs_error *err);

/*
 * Is the entry any of this account's business: did it act, is it the
 * recipient, or did the entry change it?
 */
extern bool qfs_entry_concerns(const qfs_entry *entry, const qfs_user_id *user);

#endif
