/*
 * test_merkle_large.c - trees as large as a ledger can get.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * All leaves are equal, so that a node depends on its level alone and a tree
 * of 2^62 leaves fits into a test.
 */
#include "suites.h"

#include "log/merkle.h"
#include "support/naive_tree.h"

typedef struct equal_tree
{
	qfs_tree	base;
	uint64_t	size;
} equal_tree;

static qfs_status
read_equal(qfs_tree *tree, unsigned level, uint64_t index, qfs_hash *out, qfs_error *err)
{
	uint64_t	row = qfs_node_row(level, index);

	if (row >= ((equal_tree *) tree)->size || level > qfs_nodes_completed(row))
		return qfs_fail(err, QFS_INTERNAL, "there is no node %u of level %u", index, (uint64_t) level);
	*out = naive_equal_root(UINT64_C(1) << level);
	return QFS_OK;
}

static const uint64_t sizes[] = {
	(UINT64_C(1) << 31) - 1,
	(UINT64_C(1) << 32) + 1,
	UINT64_C(1234567890123),
	QFS_INT_MAX,
	QFS_INT_MAX + 1,
	UINT64_C(0x2AAAAAAAAAAAAAAA),
	(UINT64_C(1) << 62) - 1,
	UINT64_C(1) << 62,
};

static void
check_inclusion(equal_tree *t, uint64_t seq, uint64_t size)
{
	qfs_hash	leaf = naive_leaf(0);
	qfs_hash	root = naive_equal_root(size);
	qfs_proof	want = naive_equal_path(seq, size);
	qfs_proof	got;

	CHECK_STATUS(qfs_inclusion_proof(&t->base, seq, size, &got, NULL), QFS_OK);
	CHECK_UINT(got.count, want.count);
	CHECK(memcmp(got.hashes, want.hashes, want.count * sizeof(qfs_hash)) == 0);
	CHECK(qfs_verify_inclusion(&leaf, seq, size, got.hashes, got.count, &root));
	CHECK(!qfs_verify_inclusion(&leaf, seq, size, got.hashes, got.count - 1, &root));
}

static void
check_consistency(equal_tree *t, uint64_t old, uint64_t size)
{
	qfs_hash	old_root = naive_equal_root(old);
	qfs_hash	new_root = naive_equal_root(size);
	qfs_proof	want = naive_equal_consistency(old, size);
	qfs_proof	got;

	CHECK_STATUS(qfs_consistency_proof(&t->base, old, size, &got, NULL), QFS_OK);
	CHECK_UINT(got.count, want.count);
	CHECK(memcmp(got.hashes, want.hashes, want.count * sizeof(qfs_hash)) == 0);
	CHECK(qfs_verify_consistency(old, size, got.hashes, got.count, &old_root, &new_root));
	CHECK(!qfs_verify_consistency(old, size, got.hashes, got.count, &new_root, &old_root));
}

static void
roots_and_proofs(void)
{
	for (size_t i = 0; i < ROWS(sizes); i++)
	{
		uint64_t	size = sizes[i];
		uint64_t	places[] = {0, 1, size / 3, size / 2 - 1, size / 2, size - 2, size - 1};
		equal_tree	t = {{read_equal}, size};
		qfs_hash	want = naive_equal_root(size);
		qfs_hash	root;

		CHECK_STATUS(qfs_tree_root(&t.base, size, &root, NULL), QFS_OK);
		CHECK_HASH(&root, &want);
		for (size_t p = 0; p < ROWS(places); p++)
		{
			unit_row("%llu of %llu", (unsigned long long) places[p], (unsigned long long) size);
			check_inclusion(&t, places[p], size);
			if (places[p] > 0)
				check_consistency(&t, places[p], size);
		}
	}
}

/* The leaf that completes a tree of 2^62 completes 62 nodes. */
static void
longest_carry(void)
{
	uint64_t	size = (UINT64_C(1) << QFS_TREE_LEVELS) - 1;
	equal_tree	t = {{read_equal}, size};
	qfs_hash	leaf = naive_leaf(0);
	qfs_hash	nodes[QFS_TREE_LEVELS];
	unsigned	count;
	qfs_frontier f;
	qfs_hash	root;
	qfs_hash	want;

	qfs_frontier_init(&f, size, &t.base);
	CHECK_STATUS(qfs_frontier_append(&f, &leaf, nodes, &count, NULL), QFS_OK);
	CHECK_UINT(count, QFS_TREE_LEVELS);
	for (unsigned level = 1; level <= count; level++)
	{
		want = naive_equal_root(UINT64_C(1) << level);
		CHECK_HASH(&nodes[level - 1], &want);
	}
	CHECK_STATUS(qfs_frontier_root(&f, &root, NULL), QFS_OK);
	want = naive_equal_root(UINT64_C(1) << QFS_TREE_LEVELS);
	CHECK_HASH(&root, &want);
}

/* Sizes that an attacker makes up end the loops like any other. */
static void
absurd_sizes(void)
{
	qfs_hash	leaf = naive_leaf(0);
	qfs_hash	hashes[QFS_PROOF_MAX + 6];

	for (size_t i = 0; i < ROWS(hashes); i++)
		hashes[i] = leaf;
	for (unsigned count = 0; count <= ROWS(hashes); count++)
	{
		CHECK(!qfs_verify_inclusion(&leaf, UINT64_MAX - 1, UINT64_MAX, hashes, count, &leaf));
		CHECK(!qfs_verify_inclusion(&leaf, UINT64_MAX, UINT64_MAX, hashes, count, &leaf));
		CHECK(!qfs_verify_inclusion(&leaf, 0, UINT64_MAX, hashes, count, &leaf));
		CHECK(!qfs_verify_consistency(1, UINT64_MAX, hashes, count, &leaf, &leaf));
		CHECK(!qfs_verify_consistency(UINT64_MAX - 1, UINT64_MAX, hashes, count, &leaf, &leaf));
		CHECK(!qfs_verify_consistency(UINT64_MAX, 1, hashes, count, &leaf, &leaf));
	}
}

static const unit_case cases[] = {
	CASE(roots_and_proofs),
	CASE(longest_carry),
	CASE(absurd_sizes),
	NO_MORE_CASES
};

const unit_suite suite_merkle_large = {"merkle_large", cases};
