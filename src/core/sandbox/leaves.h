/*
 * leaves.h - changes of a policy, written key by key.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A key is named with dots (engine/policy_key.h); "referral.cap" and 5 become
 * {"referral":{"cap":5}}.
 */
#ifndef QFS_LEAVES_H
#define QFS_LEAVES_H

#include "text/json.h"

typedef struct qfs_leaves
{
	qfs_json_writer json;
	size_t		len;			/* of the way below */
	char		way[QFS_TYPE_MAX + 1];	/* the objects that are open: "governance.tracks." */
} qfs_leaves;

/* out: empty; gets one object */
extern void qfs_leaves_begin(qfs_leaves *leaves, qfs_buf *out);

/* A key, in the order in which a policy has them, and its value, canonical. */
extern void qfs_leaves_put(qfs_leaves *leaves, qfs_slice name, qfs_slice value);

/* Errors: POLICY_INVALID if it did not fit; INTERNAL for keys in another order. */
extern qfs_status qfs_leaves_end(qfs_leaves *leaves, qfs_error *err);

#endif
