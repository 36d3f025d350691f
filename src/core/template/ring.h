/*
 * ring.h - a ring of invented wallets, and what it earns.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Wallet 0 invites wallets 1 to n.  Each signs in with a device of its own,
 * writes a profile, publishes a chat key and uses the code of wallet 0; then
 * each writes to the next, and the last to wallet 0.  All of it are acts like
 * anybody's, put to the rules (actions.h).  Their addresses and keys are hashes
 * (docs/format.md, "Sandbox"): nobody has a private key for them, so no append
 * would take what they do.
 */
#ifndef QFS_RING_H
#define QFS_RING_H

#include "sandbox/actions.h"
#include "sandbox/findings.h"

/* Wallets that are invited, at most. */
#define QFS_RING_MAX 200

/*
 * Where the policy admits no sign-in at all, since it names no domain, URI or
 * chain, writes the changes by which it admits that of the ring; else {}.
 * out: empty
 */
extern qfs_status qfs_ring_changes(const qfs_policy *policy, qfs_buf *out, qfs_error *err);

/* What has come of it. */
typedef struct qfs_ring_blocks
{
	char		guard[QFS_TYPE_MAX + 1];
	uint64_t	count;
} qfs_ring_blocks;

#define QFS_RING_BLOCKS_MAX 16

typedef struct qfs_ring
{
	unsigned	wallets;		/* that are invited */
	uint64_t	acts;
	qfs_refusals refused;
	unsigned	block_count;
	qfs_ring_blocks blocks[QFS_RING_BLOCKS_MAX];	/* guards that blocked, sorted by name */
} qfs_ring;

/*
 * Does all of it.
 * stage: as qfs_actions_run takes it; its reducer is under the policy in question
 * Errors: those of qfs_actions_run; INTERNAL.
 */
extern qfs_status qfs_ring_run(qfs_ring *ring, unsigned wallets, qfs_stage *stage, qfs_allocator allocator, qfs_error *err);

/* Members of an object: "acts":n,"blocked":{"<guard>":n},… ; see docs/format.md */
extern void qfs_ring_write(const qfs_ring *ring, qfs_slice earned, qfs_json_writer *w);

#endif
