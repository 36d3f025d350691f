/*
 * policy.h - the parameters that the rules of a ledger use.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * One canonical JSON object, written whole into GENESIS and replaced only by a
 * POLICY_CHANGED entry.  docs/policy.md lists the keys and their ranges.
 */
#ifndef QFS_POLICY_H
#define QFS_POLICY_H

#include "buf.h"

/* Bytes of a complete policy. */
#define QFS_POLICY_MAX 16384

typedef struct qfs_policy
{
	int64_t		block_ms;		/* milliseconds a block */
	int64_t		epoch_blocks;	/* blocks an epoch */
	bool		is_public;		/* visibility "public": everyone reads every entry */
} qfs_policy;

/* Every key with its default value, as canonical JSON. */
extern qfs_slice qfs_policy_default(void);

/*
 * Writes `base` with the keys that `changes` gives in place of its own.
 * base, changes: canonical JSON objects
 * Errors: POLICY_INVALID for a key that base does not have.
 */
extern qfs_status qfs_policy_merge(qfs_slice base, qfs_slice changes, qfs_buf *out, qfs_error *err);

/* Reads a complete policy.  Errors: POLICY_INVALID, naming the key. */
extern qfs_status qfs_policy_parse(qfs_slice policy, qfs_policy *out, qfs_error *err);

#endif
