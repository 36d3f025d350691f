/*
 * merkle.c - the RFC 6962 tree: hashes, roots, inclusion and consistency.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "log/merkle.h"

#include <string.h>

#include "base/assert.h"
#include "base/status.h"
#include "crypto/sha256.h"

/* A size has 64 bits, and a step of a proof halves what is left of it. */
_Static_assert(QFS_PROOF_MAX >= 64, "room for the longest proof");
_Static_assert(QFS_TREE_LEVELS < 64, "a bit for each level");

void
qfs_leaf_hash(qfs_slice entry, qfs_hash *out)
{
	qfs_sha256_state state;

	qfs_sha256_init(&state);
	qfs_sha256_add(&state, "\x00", 1);
	qfs_sha256_add(&state, entry.data, entry.len);
	qfs_sha256_final(&state, out);
}

void
qfs_node_hash(const qfs_hash *left, const qfs_hash *right, qfs_hash *out)
{
	uint8_t		text[1 + 2 * QFS_HASH_LEN] = {0x01};

	memcpy(text + 1, left->bytes, QFS_HASH_LEN);
	memcpy(text + 1 + QFS_HASH_LEN, right->bytes, QFS_HASH_LEN);
	qfs_sha256((qfs_slice) {text, sizeof(text)}, out);
}

unsigned
qfs_nodes_completed(uint64_t seq)
{
	unsigned	n = 0;

	while (seq & 1)
	{
		n++;
		seq >>= 1;
	}
	return n;
}

uint64_t
qfs_node_row(unsigned level, uint64_t index)
{
	QFS_ASSERT(level <= QFS_TREE_LEVELS && index < UINT64_MAX >> level);
	return ((index + 1) << level) - 1;
}

/* Level of the largest complete tree that fits into n leaves; n > 0. */
static unsigned
log2_floor(uint64_t n)
{
	unsigned	level = 0;

	QFS_ASSERT(n > 0);
	while (n >>= 1)
		level++;
	return level;
}

/* The split of RFC 6962: the largest power of two smaller than n; n > 1. */
static uint64_t
split(uint64_t n)
{
	QFS_ASSERT(n > 1);
	return UINT64_C(1) << log2_floor(n - 1);
}

static qfs_status
peak(qfs_frontier *f, unsigned level, qfs_hash **out, qfs_error *err)
{
	QFS_ASSERT(level < QFS_ROWS(f->peak) && (f->size >> level & 1));
	QFS_ASSERT((f->known >> level & 1) || f->tree != NULL);
	*out = &f->peak[level];
	if (!(f->known >> level & 1))
	{
		qfs_status	status = f->tree->node(f->tree, level, (f->size >> level) - 1, *out, err);

		if (status != QFS_OK)
			return status;
		f->known |= UINT64_C(1) << level;
	}
	return QFS_OK;
}

void
qfs_frontier_init(qfs_frontier *f, uint64_t size, qfs_tree *tree)
{
	f->size = size;
	f->known = 0;
	f->tree = tree;
}

void
qfs_frontier_set_leaf(qfs_frontier *f, const qfs_hash *leaf)
{
	QFS_ASSERT(f->size & 1);
	f->peak[0] = *leaf;
	f->known |= 1;
}

qfs_status
qfs_frontier_append(qfs_frontier *f, const qfs_hash *leaf,
					qfs_hash nodes[QFS_TREE_LEVELS], unsigned *count, qfs_error *err)
{
	qfs_hash	carry = *leaf;
	unsigned	level;

	QFS_ASSERT(f->size < QFS_TREE_MAX);
	QFS_ASSERT((f->known & ~f->size) == 0);
	for (level = 0; f->size >> level & 1; level++)
	{
		qfs_hash   *left;
		qfs_status	status = peak(f, level, &left, err);

		if (status != QFS_OK)
			return status;
		qfs_node_hash(left, &carry, &carry);
		nodes[level] = carry;
	}
	*count = level;
	f->known = (f->known >> level | 1) << level;
	f->peak[level] = carry;
	f->size++;
	QFS_ASSERT(*count == qfs_nodes_completed(f->size - 1) && *count <= QFS_TREE_LEVELS);
	QFS_ASSERT((f->known & ~f->size) == 0);
	return QFS_OK;
}

/*
 * Root of leaves [low, high), low being a multiple of a power of two that is
 * at least high - low.
 */
static qfs_status
range_root(qfs_tree *tree, uint64_t low, uint64_t high, qfs_hash *out, qfs_error *err)
{
	bool		first = true;

	QFS_ASSERT(low < high);
	/* Peaks from the right, smallest first: each becomes the left sibling. */
	while (high > low)
	{
		unsigned	level = qfs_nodes_completed(~(high - low));
		qfs_hash	node;
		qfs_status	status;

		status = tree->node(tree, level, (high >> level) - 1, &node, err);
		if (status != QFS_OK)
			return status;
		if (first)
			*out = node;
		else
			qfs_node_hash(&node, out, out);
		first = false;
		high -= UINT64_C(1) << level;
	}
	return QFS_OK;
}

/* Of a tree without leaves: SHA-256 of nothing, which most entries have of their accounts. */
static const qfs_hash empty_root = {{
	0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
	0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55
}};

qfs_status
qfs_tree_root(qfs_tree *tree, uint64_t size, qfs_hash *out, qfs_error *err)
{
	if (size == 0)
	{
		*out = empty_root;
		return QFS_OK;
	}
	return range_root(tree, 0, size, out, err);
}

/* A frontier whose peaks are read as the nodes of a tree. */
typedef struct frontier_tree
{
	qfs_tree	base;
	qfs_frontier *f;
} frontier_tree;

static qfs_status
frontier_node(qfs_tree *tree, unsigned level, uint64_t index, qfs_hash *out, qfs_error *err)
{
	qfs_hash   *found;
	qfs_frontier *f = ((frontier_tree *) tree)->f;
	qfs_status	status;

	(void) index;
	/* range_root asks for peaks only. */
	QFS_ASSERT(index == (f->size >> level) - 1);
	status = peak(f, level, &found, err);
	if (status == QFS_OK)
		*out = *found;
	return status;
}

qfs_status
qfs_frontier_root(qfs_frontier *f, qfs_hash *out, qfs_error *err)
{
	frontier_tree tree = {{frontier_node}, f};

	return qfs_tree_root(&tree.base, f->size, out, err);
}

static void
reverse(qfs_proof *proof)
{
	for (unsigned i = 0; i < proof->count / 2; i++)
	{
		qfs_hash	swap = proof->hashes[i];

		proof->hashes[i] = proof->hashes[proof->count - 1 - i];
		proof->hashes[proof->count - 1 - i] = swap;
	}
}

qfs_status
qfs_inclusion_proof(qfs_tree *tree, uint64_t seq, uint64_t size,
					qfs_proof *out, qfs_error *err)
{
	uint64_t	low = 0;
	uint64_t	high = size;

	out->count = 0;
	if (seq >= size)
		return qfs_fail(err, QFS_SIZE_UNKNOWN, "entry %u is not among the first %u", seq, size);

	/* From the root down; the sibling of each step is one hash of the path. */
	while (high - low > 1)
	{
		uint64_t	middle = low + split(high - low);
		qfs_hash   *sibling;
		qfs_status	status;

		QFS_ASSERT(out->count < QFS_PROOF_MAX);
		sibling = &out->hashes[out->count++];
		if (seq < middle)
		{
			status = range_root(tree, middle, high, sibling, err);
			high = middle;
		}
		else
		{
			status = range_root(tree, low, middle, sibling, err);
			low = middle;
		}
		if (status != QFS_OK)
			return status;
	}
	/* A single leaf is left, the one that was asked for. */
	QFS_ASSERT(low == seq && high == seq + 1);
	reverse(out);
	return QFS_OK;
}

qfs_status
qfs_consistency_proof(qfs_tree *tree, uint64_t old_size, uint64_t new_size,
					  qfs_proof *out, qfs_error *err)
{
	uint64_t	low = 0;
	uint64_t	high = new_size;
	qfs_status	status = QFS_OK;

	out->count = 0;
	if (old_size > new_size)
		return qfs_fail(err, QFS_SIZE_UNKNOWN, "the old size %u is larger than the new size %u",
						old_size, new_size);
	if (old_size == 0)
		return QFS_OK;

	/* SUBPROOF of RFC 6962, 2.1.2, from the root down to the old right edge. */
	while (high != old_size && status == QFS_OK)
	{
		uint64_t	middle = low + split(high - low);
		qfs_hash   *next;

		QFS_ASSERT(out->count < QFS_PROOF_MAX);
		next = &out->hashes[out->count++];
		if (old_size <= middle)
		{
			status = range_root(tree, middle, high, next, err);
			high = middle;
		}
		else
		{
			status = range_root(tree, low, middle, next, err);
			low = middle;
		}
	}
	/* The old tree itself need not be repeated when it is a complete one. */
	if (status == QFS_OK && low > 0)
	{
		QFS_ASSERT(out->count < QFS_PROOF_MAX);
		status = range_root(tree, low, high, &out->hashes[out->count++], err);
	}
	reverse(out);
	return status;
}

bool
qfs_verify_inclusion(const qfs_hash *leaf, uint64_t seq, uint64_t size,
					 const qfs_hash *proof, unsigned count, const qfs_hash *root)
{
	uint64_t	fn = seq;
	uint64_t	sn = size - 1;
	qfs_hash	r = *leaf;

	if (seq >= size)
		return false;
	for (unsigned i = 0; i < count; i++)
	{
		if (sn == 0)
			return false;
		if ((fn & 1) || fn == sn)
		{
			qfs_node_hash(&proof[i], &r, &r);
			while (!(fn & 1) && fn != 0)
			{
				fn >>= 1;
				sn >>= 1;
			}
		}
		else
			qfs_node_hash(&r, &proof[i], &r);
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && memcmp(&r, root, sizeof(r)) == 0;
}

bool
qfs_verify_consistency(uint64_t old_size, uint64_t new_size,
					   const qfs_hash *proof, unsigned count,
					   const qfs_hash *old_root, const qfs_hash *new_root)
{
	uint64_t	fn = old_size - 1;
	uint64_t	sn = new_size - 1;
	unsigned	next = 0;
	qfs_hash	fr;
	qfs_hash	sr;

	if (old_size == 0)
	{
		return count == 0 && memcmp(old_root, &empty_root, sizeof(empty_root)) == 0 &&
			(new_size > 0 || memcmp(new_root, &empty_root, sizeof(empty_root)) == 0);
	}
	if (old_size > new_size)
		return false;
	if (old_size == new_size)
		return count == 0 && memcmp(old_root, new_root, sizeof(*old_root)) == 0;

	while (fn & 1)
	{
		fn >>= 1;
		sn >>= 1;
	}
	/* A complete old tree is its own first hash. */
	if (fn == 0)
		fr = *old_root;
	else if (count > 0)
		fr = proof[next++];
	else
		return false;
	sr = fr;

	for (; next < count; next++)
	{
		if (sn == 0)
			return false;
		if ((fn & 1) || fn == sn)
		{
			qfs_node_hash(&proof[next], &fr, &fr);
			qfs_node_hash(&proof[next], &sr, &sr);
			while (!(fn & 1) && fn != 0)
			{
				fn >>= 1;
				sn >>= 1;
			}
		}
		else
			qfs_node_hash(&sr, &proof[next], &sr);
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && memcmp(&fr, old_root, sizeof(fr)) == 0 &&
		memcmp(&sr, new_root, sizeof(sr)) == 0;
}
