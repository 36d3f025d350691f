/*
 * merkle.h - the RFC 6962 tree: hashes, roots, inclusion and consistency.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Interior nodes are stored with the leaf that completes them, lowest level
 * first, so every node of the tree is one row away and nothing is ever
 * rewritten.  Node (level, index) covers the leaves
 * [index * 2^level, (index + 1) * 2^level); level 0 is the leaf hash itself.
 */
#ifndef QFS_MERKLE_H
#define QFS_MERKLE_H

#include "base/types.h"

/* Leaves that a tree can have. */
#define QFS_TREE_MAX (UINT64_C(1) << QFS_TREE_LEVELS)

/* Most hashes an inclusion or a consistency proof can have. */
#define QFS_PROOF_MAX 64

/* Where complete nodes are read from. */
typedef struct qfs_tree qfs_tree;
struct qfs_tree
{
	qfs_status	(*node) (qfs_tree *tree, unsigned level, uint64_t index,
						 qfs_hash *out, qfs_error *err);
};

typedef struct qfs_proof
{
	unsigned	count;
	qfs_hash	hashes[QFS_PROOF_MAX];
} qfs_proof;

/* SHA-256(0x00 || entry), and SHA-256(0x01 || left || right): RFC 6962, 2.1. */
extern void qfs_leaf_hash(qfs_slice entry, qfs_hash *out);
extern void qfs_node_hash(const qfs_hash *left, const qfs_hash *right, qfs_hash *out);

/* How many interior nodes the leaf completes: the trailing 1-bits of seq. */
extern unsigned qfs_nodes_completed(uint64_t seq);

/* The row and the place in its nodes (0 = lowest) that hold node (level, index). */
extern uint64_t qfs_node_row(unsigned level, uint64_t index);

/*
 * The right edge of a growing tree.  Peaks that are not known yet are read
 * from `tree` when they are first needed, so that starting from a large
 * ledger costs one or two reads.
 */
typedef struct qfs_frontier
{
	uint64_t	size;			/* leaves so far */
	uint64_t	known;			/* bit n: peak[n] holds the peak of level n */
	qfs_hash	peak[QFS_TREE_LEVELS + 1];
	qfs_tree   *tree;			/* may be NULL while all peaks are known */
} qfs_frontier;

extern void qfs_frontier_init(qfs_frontier *f, uint64_t size, qfs_tree *tree);

/* Saves reading the last leaf of a tree of odd size. */
extern void qfs_frontier_set_leaf(qfs_frontier *f, const qfs_hash *leaf);

/*
 * Appends a leaf.
 * Out: nodes: the interior nodes that it completes, lowest level first
 *      count: how many; at most QFS_TREE_LEVELS
 */
extern qfs_status qfs_frontier_append(qfs_frontier *f, const qfs_hash *leaf,
									  qfs_hash nodes[QFS_TREE_LEVELS], unsigned *count,
									  qfs_error *err);

extern qfs_status qfs_frontier_root(qfs_frontier *f, qfs_hash *out, qfs_error *err);

/* Root of the first `size` leaves; size 0 gives SHA-256 of nothing. */
extern qfs_status qfs_tree_root(qfs_tree *tree, uint64_t size, qfs_hash *out, qfs_error *err);

/*
 * Path of leaf seq in the tree of `size` leaves, leaf's sibling first.
 * Errors: SIZE_UNKNOWN unless seq < size.
 */
extern qfs_status qfs_inclusion_proof(qfs_tree *tree, uint64_t seq, uint64_t size,
									  qfs_proof *out, qfs_error *err);

/* Errors: SIZE_UNKNOWN unless old <= new. */
extern qfs_status qfs_consistency_proof(qfs_tree *tree, uint64_t old_size, uint64_t new_size,
										qfs_proof *out, qfs_error *err);

/* Source: RFC 9162, 2.1.3.2 and 2.1.4.2. */
extern bool qfs_verify_inclusion(const qfs_hash *leaf, uint64_t seq, uint64_t size,
								 const qfs_hash *proof, unsigned count, const qfs_hash *root);

/*
 * As in tlog-witness, an old size of 0 is consistent with anything, given an
 * empty proof and the empty root.
 */
extern bool qfs_verify_consistency(uint64_t old_size, uint64_t new_size,
								   const qfs_hash *proof, unsigned count,
								   const qfs_hash *old_root, const qfs_hash *new_root);

#endif
