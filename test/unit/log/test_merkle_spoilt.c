/*
 * test_merkle_spoilt.c - proofs that must not hold.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include "log/merkle.h"
#include "support/naive_tree.h"

/* Trees of 1 to SIZES leaves, every proof of them. */
#define SIZES 130

static void
flip(qfs_hash *hash)
{
	hash->bytes[7] ^= 0x10;
}

/* One that was changed, left out or put in, everywhere. */
static void
spoilt_hashes(const qfs_proof *good, bool (*holds) (const void *what, const qfs_proof *proof),
			  const void *what)
{
	qfs_proof	proof = *good;

	CHECK(holds(what, &proof));
	for (unsigned i = 0; i < good->count; i++)
	{
		flip(&proof.hashes[i]);
		CHECK(!holds(what, &proof));
		proof = *good;

		memmove(&proof.hashes[i], &proof.hashes[i + 1], (good->count - i - 1) * sizeof(qfs_hash));
		proof.count--;
		CHECK(!holds(what, &proof));
		proof = *good;
	}
	for (unsigned i = 0; i <= good->count; i++)
	{
		memmove(&proof.hashes[i + 1], &proof.hashes[i], (good->count - i) * sizeof(qfs_hash));
		proof.hashes[i] = good->hashes[i > 0 ? i - 1 : 0];
		proof.count++;
		CHECK(!holds(what, &proof));
		proof = *good;
	}
}

typedef struct inclusion
{
	qfs_hash	leaf;
	uint64_t	seq;
	uint64_t	size;
	qfs_hash	root;
} inclusion;

static bool
inclusion_holds(const void *what, const qfs_proof *proof)
{
	const inclusion *i = what;

	return qfs_verify_inclusion(&i->leaf, i->seq, i->size, proof->hashes, proof->count, &i->root);
}

/*
 * Another index, another size.  A path does not always bind the size (leaf 0
 * of 3 has the steps of leaf 0 of 4), so the definition says what must hold.
 */
static void
misplaced(const inclusion *good, const qfs_proof *proof)
{
	uint64_t	last = good->size <= 40 ? good->size + 2 : good->seq + 3;
	uint64_t	first = good->size <= 40 || good->seq < 3 ? 0 : good->seq - 3;
	inclusion	other = *good;

	for (other.seq = first; other.seq < last; other.seq++)
		CHECK(inclusion_holds(&other, proof) == (other.seq == good->seq));
	other.seq = good->seq;
	for (other.size = good->size > 3 ? good->size - 3 : 0; other.size < good->size + 4; other.size++)
		CHECK(inclusion_holds(&other, proof) ==
			  naive_path_holds(good->leaf, good->seq, other.size, proof->hashes, proof->count,
							   good->root));
}

static void
spoilt_inclusion(void)
{
	for (unsigned size = 1; size <= SIZES; size++)
		for (unsigned seq = 0; seq < size; seq++)
		{
			inclusion	good = {naive_leaf(seq), seq, size, naive_root(0, size)};
			qfs_proof	proof = naive_path(seq, size);
			inclusion	bad = good;

			unit_row("leaf %u of %u", seq, size);
			spoilt_hashes(&proof, inclusion_holds, &good);
			misplaced(&good, &proof);
			flip(&bad.leaf);
			CHECK(!inclusion_holds(&bad, &proof));
			bad = good;
			flip(&bad.root);
			CHECK(!inclusion_holds(&bad, &proof));
		}
}

typedef struct consistency
{
	uint64_t	old_size;
	uint64_t	new_size;
	qfs_hash	old_root;
	qfs_hash	new_root;
} consistency;

static bool
consistency_holds(const void *what, const qfs_proof *proof)
{
	const consistency *c = what;

	return qfs_verify_consistency(c->old_size, c->new_size, proof->hashes, proof->count,
								  &c->old_root, &c->new_root);
}

static void
other_sizes(const consistency *good, const qfs_proof *proof)
{
	for (int d = -2; d <= 2; d++)
		for (int e = -2; e <= 2; e++)
		{
			consistency other = *good;

			if ((int64_t) good->old_size + d < 0 || (int64_t) good->new_size + e < 0)
				continue;
			other.old_size += (uint64_t) (int64_t) d;
			other.new_size += (uint64_t) (int64_t) e;
			CHECK(consistency_holds(&other, proof) ==
				  naive_consistency_holds(other.old_size, other.new_size, proof->hashes,
										  proof->count, good->old_root, good->new_root));
		}
}

static void
spoilt_consistency(void)
{
	for (unsigned size = 1; size <= SIZES; size++)
		for (unsigned old = 1; old <= size; old++)
		{
			consistency good = {old, size, naive_root(0, old), naive_root(0, size)};
			qfs_proof	proof = naive_consistency(old, size);
			consistency bad = good;

			unit_row("%u to %u", old, size);
			spoilt_hashes(&proof, consistency_holds, &good);
			other_sizes(&good, &proof);
			flip(&bad.old_root);
			CHECK(!consistency_holds(&bad, &proof));
			bad = good;
			flip(&bad.new_root);
			CHECK(!consistency_holds(&bad, &proof));
			bad = (consistency) {old, size, good.new_root, good.old_root};
			CHECK(consistency_holds(&bad, &proof) == (old == size));
			bad = (consistency) {size, old, good.old_root, good.new_root};
			CHECK(consistency_holds(&bad, &proof) == (old == size));
		}
}

/* An old size of 0, as tlog-witness has it. */
static void
consistency_with_nothing(void)
{
	qfs_hash	empty = naive_root(0, 0);
	qfs_hash	root = naive_root(0, 5);

	CHECK(qfs_verify_consistency(0, 0, NULL, 0, &empty, &empty));
	CHECK(qfs_verify_consistency(0, 5, NULL, 0, &empty, &root));
	CHECK(!qfs_verify_consistency(0, 5, &root, 1, &empty, &root));
	CHECK(!qfs_verify_consistency(0, 5, NULL, 0, &root, &root));
	CHECK(!qfs_verify_consistency(0, 0, NULL, 0, &empty, &root));
	CHECK(!qfs_verify_consistency(0, 0, NULL, 0, &root, &root));
	CHECK(!qfs_verify_consistency(0, 0, &empty, 1, &empty, &empty));
	CHECK(!qfs_verify_consistency(5, 0, NULL, 0, &root, &empty));
	CHECK(!qfs_verify_inclusion(&root, 0, 0, NULL, 0, &root));
	/* Where a proof is needed, none at all is no proof. */
	CHECK(!qfs_verify_consistency(3, 5, NULL, 0, &root, &root));
	CHECK(!qfs_verify_consistency(4, 5, NULL, 0, &root, &root));
	CHECK(!qfs_verify_inclusion(&root, 3, 5, NULL, 0, &root));
}

static const unit_case cases[] = {
	CASE(spoilt_inclusion),
	CASE(spoilt_consistency),
	CASE(consistency_with_nothing),
	NO_MORE_CASES
};

const unit_suite suite_merkle_spoilt = {"merkle_spoilt", cases};
