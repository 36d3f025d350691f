/*
 * naive_tree.h - the tree of RFC 6962 as its section 2.1 defines it, recursively.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Slow, over libsodium's SHA-256 instead of libcrypto's, and written from the
 * definitions alone: what src/core computes in another way must agree.
 */
#ifndef UNIT_NAIVE_TREE_H
#define UNIT_NAIVE_TREE_H

#include "log/merkle.h"

/* Leaves of the tree that the tests grow; leaf n is the entry "leaf n". */
#define NAIVE_LEAVES 131

extern qfs_hash naive_leaf(uint64_t n);
extern qfs_hash naive_node(qfs_hash left, qfs_hash right);

/* MTH(D[low:high]) */
extern qfs_hash naive_root(unsigned low, unsigned high);

/* PATH(m, D[n]) and PROOF(m, D[n]) */
extern qfs_proof naive_path(unsigned m, unsigned n);
extern qfs_proof naive_consistency(unsigned m, unsigned n);

/* Does the proof, put together by the same recursion, give these roots? */
extern bool naive_path_holds(qfs_hash leaf, uint64_t m, uint64_t n,
							 const qfs_hash *proof, unsigned count, qfs_hash root);
extern bool naive_consistency_holds(uint64_t m, uint64_t n, const qfs_hash *proof,
									unsigned count, qfs_hash old_root, qfs_hash new_root);

/* The same for trees of any size whose leaves are all equal. */
extern qfs_hash naive_equal_root(uint64_t n);
extern qfs_proof naive_equal_path(uint64_t m, uint64_t n);
extern qfs_proof naive_equal_consistency(uint64_t m, uint64_t n);

#endif
