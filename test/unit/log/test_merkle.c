/*
 * test_merkle.c - nodes, roots and proofs against the definition of the tree.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include "log/merkle.h"
#include "support/naive_tree.h"

/* Trees of 0 to SIZES leaves are compared in every way there is. */
#define SIZES 130

/* ---- what a table of entries holds ---- */

typedef struct rows_tree
{
	qfs_tree	base;
	uint64_t	size;			/* rows that exist */
	unsigned	reads;
	unsigned	fail_at;		/* the read that fails; 0 = none */
	struct
	{
		qfs_hash	leaf;
		unsigned	count;
		qfs_hash	nodes[QFS_TREE_LEVELS];
	}			row[SIZES + 1];
} rows_tree;

static qfs_status
read_row(qfs_tree *tree, unsigned level, uint64_t index, qfs_hash *out, qfs_error *err)
{
	rows_tree  *t = (rows_tree *) tree;
	uint64_t	row = qfs_node_row(level, index);

	t->reads++;
	if (t->reads == t->fail_at)
		return qfs_fail(err, QFS_NO_MEMORY, "read %u", (uint64_t) t->reads);
	if (row >= t->size || level > t->row[row].count)
		return qfs_fail(err, QFS_INTERNAL, "there is no node %u of level %u", index, (uint64_t) level);
	*out = level == 0 ? t->row[row].leaf : t->row[row].nodes[level - 1];
	return QFS_OK;
}

/* The rows of a tree of SIZES + 1 leaves, of which `size` can be read. */
static rows_tree *
rows(uint64_t size)
{
	static rows_tree t;

	if (t.base.node == NULL)
	{
		qfs_frontier f;

		t.base.node = read_row;
		qfs_frontier_init(&f, 0, NULL);
		for (uint64_t i = 0; i <= SIZES; i++)
		{
			t.row[i].leaf = naive_leaf(i);
			qfs_frontier_append(&f, &t.row[i].leaf, t.row[i].nodes, &t.row[i].count, NULL);
		}
	}
	t.size = size;
	t.reads = 0;
	t.fail_at = 0;
	return &t;
}

/* ---- hashes ---- */

static void
hashes(void)
{
	qfs_hash	a = naive_leaf(1);
	qfs_hash	b = naive_leaf(2);
	qfs_hash	want = naive_node(a, b);
	qfs_hash	got;

	qfs_leaf_hash(QFS_LITERAL("leaf 1"), &got);
	CHECK_HASH(&got, &a);
	qfs_node_hash(&a, &b, &got);
	CHECK_HASH(&got, &want);
	/* The result may take the place of an operand. */
	got = a;
	qfs_node_hash(&got, &b, &got);
	CHECK_HASH(&got, &want);
	got = b;
	qfs_node_hash(&a, &got, &got);
	CHECK_HASH(&got, &want);
	qfs_leaf_hash((qfs_slice) {NULL, 0}, &got);
	CHECK_HEX(got.bytes, sizeof(got.bytes),
			  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

static void
empty_tree(void)
{
	static const char empty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
	qfs_frontier f;
	qfs_hash	root;

	CHECK_STATUS(qfs_tree_root(NULL, 0, &root, NULL), QFS_OK);
	CHECK_HEX(root.bytes, sizeof(root.bytes), empty);
	qfs_frontier_init(&f, 0, NULL);
	CHECK_STATUS(qfs_frontier_root(&f, &root, NULL), QFS_OK);
	CHECK_HEX(root.bytes, sizeof(root.bytes), empty);
}

/* The tree that Certificate Transparency's own tests use, after each leaf. */
static void
known_roots(void)
{
	static const struct
	{
		const char *leaf;		/* hexadecimal */
		const char *root;
	}			steps[] = {
		{"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
		{"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
		{"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
		{"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
		{"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
		{"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
		{"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
		{"606162636465666768696a6b6c6d6e6f",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
	};
	qfs_frontier f;

	qfs_frontier_init(&f, 0, NULL);
	for (size_t i = 0; i < ROWS(steps); i++)
	{
		uint8_t		entry[16];
		size_t		len = strlen(steps[i].leaf) / 2;
		qfs_hash	nodes[QFS_TREE_LEVELS];
		unsigned	count;
		qfs_hash	hash;

		unit_row("after leaf %zu", i);
		CHECK(qfs_hex_decode(qfs_slice_of(steps[i].leaf), entry, len));
		qfs_leaf_hash((qfs_slice) {entry, len}, &hash);
		CHECK_STATUS(qfs_frontier_append(&f, &hash, nodes, &count, NULL), QFS_OK);
		CHECK_STATUS(qfs_frontier_root(&f, &hash, NULL), QFS_OK);
		CHECK_HEX(hash.bytes, sizeof(hash.bytes), steps[i].root);
	}
}

static void
places(void)
{
	CHECK_UINT(qfs_nodes_completed(0), 0);
	CHECK_UINT(qfs_nodes_completed(1), 1);
	CHECK_UINT(qfs_nodes_completed(6), 0);
	CHECK_UINT(qfs_nodes_completed(7), 3);
	CHECK_UINT(qfs_nodes_completed((UINT64_C(1) << 62) - 1), 62);
	CHECK_UINT(qfs_node_row(0, 5), 5);
	CHECK_UINT(qfs_node_row(1, 0), 1);
	CHECK_UINT(qfs_node_row(3, 2), 23);
	CHECK_UINT(qfs_node_row(62, 0), (UINT64_C(1) << 62) - 1);
}

/* ---- growing ---- */

/* Every stored node is MTH of the leaves that it covers. */
static void
nodes_are_as_defined(void)
{
	rows_tree  *t = rows(SIZES + 1);

	for (unsigned seq = 0; seq <= SIZES; seq++)
	{
		unit_row("leaf %u", seq);
		CHECK_UINT(t->row[seq].count, qfs_nodes_completed(seq));
		for (unsigned level = 1; level <= t->row[seq].count; level++)
		{
			qfs_hash	want = naive_root(seq + 1 - (1u << level), seq + 1);

			CHECK_HASH(&t->row[seq].nodes[level - 1], &want);
			CHECK_UINT(qfs_node_row(level, (seq + 1u) / (1u << level) - 1), seq);
		}
	}
}

static void
roots_are_as_defined(void)
{
	for (unsigned size = 0; size <= SIZES; size++)
	{
		rows_tree  *t = rows(size);
		qfs_hash	want = naive_root(0, size);
		qfs_frontier f;
		qfs_hash	root;

		unit_row("%u leaves", size);
		CHECK_STATUS(qfs_tree_root(&t->base, size, &root, NULL), QFS_OK);
		CHECK_HASH(&root, &want);
		qfs_frontier_init(&f, size, &t->base);
		CHECK_STATUS(qfs_frontier_root(&f, &root, NULL), QFS_OK);
		CHECK_HASH(&root, &want);
		/* What was read once is kept. */
		t->reads = 0;
		CHECK_STATUS(qfs_frontier_root(&f, &root, NULL), QFS_OK);
		CHECK_HASH(&root, &want);
		CHECK_UINT(t->reads, 0);
	}
}

/* A frontier that starts late reads what it needs and goes on the same. */
static void
start_anywhere(void)
{
	for (unsigned start = 0; start <= SIZES; start++)
	{
		rows_tree  *t = rows(start);
		qfs_frontier f;

		qfs_frontier_init(&f, start, &t->base);
		for (unsigned seq = start; seq <= SIZES; seq++)
		{
			qfs_hash	nodes[QFS_TREE_LEVELS];
			unsigned	count;

			unit_row("from %u, leaf %u", start, seq);
			if (!CHECK_STATUS(qfs_frontier_append(&f, &t->row[seq].leaf, nodes, &count, NULL), QFS_OK))
				break;
			CHECK_UINT(count, t->row[seq].count);
			CHECK(memcmp(nodes, t->row[seq].nodes, count * sizeof(qfs_hash)) == 0);
			/* One read for each new level that the first leaves complete. */
			if (seq == start)
				CHECK_UINT(t->reads, count);
		}
		/* Roots on the way must not depend on what is already known. */
		for (unsigned size = start; size <= SIZES && size < start + 9; size++)
		{
			qfs_hash	nodes[QFS_TREE_LEVELS];
			qfs_hash	want = naive_root(0, size);
			unsigned	count;
			qfs_hash	root;

			if (size == start)
				qfs_frontier_init(&f, start, &rows(start)->base);
			CHECK_STATUS(qfs_frontier_root(&f, &root, NULL), QFS_OK);
			CHECK_HASH(&root, &want);
			CHECK_STATUS(qfs_frontier_append(&f, &t->row[size].leaf, nodes, &count, NULL), QFS_OK);
		}
	}
}

/* Who knows the last leaf of an odd tree saves the read of it. */
static void
start_with_the_last_leaf(void)
{
	for (unsigned start = 1; start <= SIZES; start += 2)
	{
		rows_tree  *t = rows(start);
		qfs_hash	nodes[QFS_TREE_LEVELS];
		qfs_hash	want = naive_root(0, start + 1);
		unsigned	count;
		qfs_frontier f;
		qfs_hash	root;

		unit_row("from %u", start);
		qfs_frontier_init(&f, start, &t->base);
		qfs_frontier_set_leaf(&f, &t->row[start - 1].leaf);
		CHECK_STATUS(qfs_frontier_append(&f, &t->row[start].leaf, nodes, &count, NULL), QFS_OK);
		CHECK_UINT(t->reads, count - 1);
		CHECK(memcmp(nodes, t->row[start].nodes, count * sizeof(qfs_hash)) == 0);
		CHECK_STATUS(qfs_frontier_root(&f, &root, NULL), QFS_OK);
		CHECK_HASH(&root, &want);
	}
}

/* ---- proofs ---- */

static void
inclusion_proofs(void)
{
	for (unsigned size = 1; size <= SIZES; size++)
	{
		rows_tree  *t = rows(size);
		qfs_hash	root = naive_root(0, size);

		for (unsigned seq = 0; seq < size; seq++)
		{
			qfs_proof	want = naive_path(seq, size);
			qfs_proof	got;

			unit_row("leaf %u of %u", seq, size);
			CHECK_STATUS(qfs_inclusion_proof(&t->base, seq, size, &got, NULL), QFS_OK);
			CHECK_UINT(got.count, want.count);
			CHECK(memcmp(got.hashes, want.hashes, want.count * sizeof(qfs_hash)) == 0);
			CHECK(qfs_verify_inclusion(&t->row[seq].leaf, seq, size, got.hashes, got.count, &root));
		}
	}
}

static void
consistency_proofs(void)
{
	for (unsigned size = 0; size <= SIZES; size++)
	{
		rows_tree  *t = rows(size);
		qfs_hash	new_root = naive_root(0, size);

		for (unsigned old = 0; old <= size; old++)
		{
			qfs_proof	want = naive_consistency(old, size);
			qfs_hash	old_root = naive_root(0, old);
			qfs_proof	got;

			unit_row("%u to %u", old, size);
			CHECK_STATUS(qfs_consistency_proof(&t->base, old, size, &got, NULL), QFS_OK);
			CHECK_UINT(got.count, want.count);
			CHECK(memcmp(got.hashes, want.hashes, want.count * sizeof(qfs_hash)) == 0);
			CHECK(qfs_verify_consistency(old, size, got.hashes, got.count, &old_root, &new_root));
		}
	}
}

static void
sizes_that_never_were(void)
{
	rows_tree  *t = rows(SIZES);
	qfs_proof	proof;
	qfs_error	err;

	CHECK_STATUS(qfs_inclusion_proof(&t->base, 0, 0, &proof, &err), QFS_SIZE_UNKNOWN);
	CHECK_STATUS(qfs_inclusion_proof(&t->base, 5, 5, &proof, &err), QFS_SIZE_UNKNOWN);
	CHECK_STATUS(qfs_inclusion_proof(&t->base, UINT64_MAX, 5, &proof, &err), QFS_SIZE_UNKNOWN);
	CHECK_DETAIL(&err, "18446744073709551615");
	CHECK_UINT(proof.count, 0);
	CHECK_STATUS(qfs_consistency_proof(&t->base, 6, 5, &proof, &err), QFS_SIZE_UNKNOWN);
	CHECK_DETAIL(&err, "old size 6");
	CHECK_UINT(proof.count, 0);
}

/* A read that fails ends everything that needs it, with its status. */
static void
failing_reads(void)
{
	for (unsigned n = 1; n <= 12; n++)
	{
		rows_tree  *t = rows(107);
		qfs_hash	nodes[QFS_TREE_LEVELS];
		unsigned	count;
		qfs_frontier f;
		qfs_proof	proof;
		qfs_hash	root;
		qfs_error	err;

		unit_row("read %u fails", n);
		/* 107 = 64 + 32 + 8 + 2 + 1: five peaks, two of them needed by the next leaf */
		t->fail_at = n;
		CHECK_STATUS(qfs_tree_root(&t->base, 107, &root, &err), n <= 5 ? QFS_NO_MEMORY : QFS_OK);
		t->reads = 0;
		qfs_frontier_init(&f, 107, &t->base);
		CHECK_STATUS(qfs_frontier_root(&f, &root, &err), n <= 5 ? QFS_NO_MEMORY : QFS_OK);
		t->reads = 0;
		qfs_frontier_init(&f, 107, &t->base);
		CHECK_STATUS(qfs_frontier_append(&f, &root, nodes, &count, &err),
					 n <= 2 ? QFS_NO_MEMORY : QFS_OK);
		CHECK_UINT(f.size, n <= 2 ? 107 : 108);

		/* Siblings of leaf 70: 5 complete nodes, then a left one of 64, and 96..106 in 3 */
		t->reads = 0;
		CHECK_STATUS(qfs_inclusion_proof(&t->base, 70, 107, &proof, &err),
					 n <= 9 ? QFS_NO_MEMORY : QFS_OK);
		t->reads = 0;
		CHECK_STATUS(qfs_consistency_proof(&t->base, 70, 107, &proof, &err),
					 n <= 9 ? QFS_NO_MEMORY : QFS_OK);
	}
}

static const unit_case cases[] = {
	CASE(hashes),
	CASE(empty_tree),
	CASE(known_roots),
	CASE(places),
	CASE(nodes_are_as_defined),
	CASE(roots_are_as_defined),
	CASE(start_anywhere),
	CASE(start_with_the_last_leaf),
	CASE(inclusion_proofs),
	CASE(consistency_proofs),
	CASE(sizes_that_never_were),
	CASE(failing_reads),
	NO_MORE_CASES
};

const unit_suite suite_merkle = {"merkle", cases};
