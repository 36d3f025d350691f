/*
 * naive_tree.c - the tree of RFC 6962 as its section 2.1 defines it, recursively.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "support/naive_tree.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

qfs_hash
naive_leaf(uint64_t n)
{
	char		entry[40];
	int			len = snprintf(entry, sizeof(entry), "%cleaf %llu", 0, (unsigned long long) n);
	qfs_hash	out;

	crypto_hash_sha256(out.bytes, (const uint8_t *) entry, (unsigned long long) len);
	return out;
}

qfs_hash
naive_node(qfs_hash left, qfs_hash right)
{
	uint8_t		text[1 + 2 * QFS_HASH_LEN] = {1};
	qfs_hash	out;

	memcpy(text + 1, left.bytes, QFS_HASH_LEN);
	memcpy(text + 1 + QFS_HASH_LEN, right.bytes, QFS_HASH_LEN);
	crypto_hash_sha256(out.bytes, text, sizeof(text));
	return out;
}

/* k, the largest power of two smaller than n */
static uint64_t
split_of(uint64_t n)
{
	uint64_t	k = 1;

	while (k * 2 < n)
		k *= 2;
	return k;
}

qfs_hash
naive_root(unsigned low, unsigned high)
{
	static bool known[NAIVE_LEAVES + 1][NAIVE_LEAVES + 1];
	static qfs_hash roots[NAIVE_LEAVES + 1][NAIVE_LEAVES + 1];
	unsigned	n = high - low;
	qfs_hash   *out = &roots[low][high];

	if (known[low][high])
		return *out;
	if (n == 0)
		crypto_hash_sha256(out->bytes, (const uint8_t *) "", 0);
	else if (n == 1)
		*out = naive_leaf(low);
	else
	{
		unsigned	middle = low + (unsigned) split_of(n);

		*out = naive_node(naive_root(low, middle), naive_root(middle, high));
	}
	known[low][high] = true;
	return *out;
}

static void
add(qfs_proof *proof, qfs_hash hash)
{
	proof->hashes[proof->count++] = hash;
}

static void
path(unsigned m, unsigned low, unsigned high, qfs_proof *out)
{
	unsigned	n = high - low;
	unsigned	k;

	if (n == 1)
		return;
	k = (unsigned) split_of(n);
	if (m < k)
	{
		path(m, low, low + k, out);
		add(out, naive_root(low + k, high));
	}
	else
	{
		path(m - k, low + k, high, out);
		add(out, naive_root(low, low + k));
	}
}

qfs_proof
naive_path(unsigned m, unsigned n)
{
	qfs_proof	out = {0};

	path(m, 0, n, &out);
	return out;
}

/* SUBPROOF(m, D[low:high], whole) */
static void
subproof(unsigned m, unsigned low, unsigned high, bool whole, qfs_proof *out)
{
	unsigned	n = high - low;
	unsigned	k;

	if (m == n)
	{
		if (!whole)
			add(out, naive_root(low, high));
		return;
	}
	k = (unsigned) split_of(n);
	if (m <= k)
	{
		subproof(m, low, low + k, whole, out);
		add(out, naive_root(low + k, high));
	}
	else
	{
		subproof(m - k, low + k, high, false, out);
		add(out, naive_root(low, low + k));
	}
}

qfs_proof
naive_consistency(unsigned m, unsigned n)
{
	qfs_proof	out = {0};

	if (m > 0)
		subproof(m, 0, n, true, &out);
	return out;
}

static bool
same(qfs_hash a, qfs_hash b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

/* PATH backwards; the last hash is the one next to the root. */
static bool
rebuild(uint64_t m, uint64_t n, const qfs_hash *proof, unsigned count, qfs_hash *hash)
{
	uint64_t	k;

	if (n == 1)
		return count == 0;
	k = split_of(n);
	if (count == 0 || !rebuild(m < k ? m : m - k, m < k ? k : n - k, proof, count - 1, hash))
		return false;
	*hash = m < k ? naive_node(*hash, proof[count - 1]) : naive_node(proof[count - 1], *hash);
	return true;
}

bool
naive_path_holds(qfs_hash leaf, uint64_t m, uint64_t n,
				 const qfs_hash *proof, unsigned count, qfs_hash root)
{
	return m < n && rebuild(m, n, proof, count, &leaf) && same(leaf, root);
}

/* SUBPROOF backwards, for the old and the new tree at once. */
static bool
rebuild_both(uint64_t m, uint64_t n, bool whole, const qfs_hash *proof, unsigned count,
			 qfs_hash old_root, qfs_hash *older, qfs_hash *newer)
{
	uint64_t	k;

	if (m == n)
	{
		if (count != (whole ? 0 : 1))
			return false;
		*older = *newer = whole ? old_root : proof[0];
		return true;
	}
	if (count == 0)
		return false;
	k = split_of(n);
	if (m <= k)
	{
		if (!rebuild_both(m, k, whole, proof, count - 1, old_root, older, newer))
			return false;
		*newer = naive_node(*newer, proof[count - 1]);
		return true;
	}
	if (!rebuild_both(m - k, n - k, false, proof, count - 1, old_root, older, newer))
		return false;
	*older = naive_node(proof[count - 1], *older);
	*newer = naive_node(proof[count - 1], *newer);
	return true;
}

bool
naive_consistency_holds(uint64_t m, uint64_t n, const qfs_hash *proof, unsigned count,
						qfs_hash old_root, qfs_hash new_root)
{
	qfs_hash	older;
	qfs_hash	newer;

	if (m == 0)
		return count == 0 && same(old_root, naive_root(0, 0)) &&
			(n > 0 || same(new_root, old_root));
	return m <= n && rebuild_both(m, n, true, proof, count, old_root, &older, &newer) &&
		same(older, old_root) && same(newer, new_root);
}

qfs_hash
naive_equal_root(uint64_t n)
{
	qfs_hash	complete = naive_leaf(0);
	qfs_hash	out = complete;
	bool		first = true;

	/* Trees of a power of two, from the smallest: each is left of the ones before. */
	for (; n > 0; n >>= 1)
	{
		if (n & 1)
		{
			out = first ? complete : naive_node(complete, out);
			first = false;
		}
		complete = naive_node(complete, complete);
	}
	return out;
}

static void
equal_path(uint64_t m, uint64_t n, qfs_proof *out)
{
	uint64_t	k;

	if (n == 1)
		return;
	k = split_of(n);
	equal_path(m < k ? m : m - k, m < k ? k : n - k, out);
	add(out, naive_equal_root(m < k ? n - k : k));
}

qfs_proof
naive_equal_path(uint64_t m, uint64_t n)
{
	qfs_proof	out = {0};

	equal_path(m, n, &out);
	return out;
}

static void
equal_subproof(uint64_t m, uint64_t n, bool whole, qfs_proof *out)
{
	uint64_t	k;

	if (m == n)
	{
		if (!whole)
			add(out, naive_equal_root(n));
		return;
	}
	k = split_of(n);
	equal_subproof(m <= k ? m : m - k, m <= k ? k : n - k, whole && m <= k, out);
	add(out, naive_equal_root(m <= k ? n - k : k));
}

qfs_proof
naive_equal_consistency(uint64_t m, uint64_t n)
{
	qfs_proof	out = {0};

	if (m > 0)
		equal_subproof(m, n, true, &out);
	return out;
}
