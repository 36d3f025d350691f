/*
 * script.c - an exported ledger, in an attacker's hands.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "support/script.h"

#include <sodium.h>

#include "ledger/registry.h"
#include "support/harness.h"
#include "support/second_hash.h"

static void
set_line(script *l, unsigned n, qfs_slice line)
{
	if (!CHECK(n < SCRIPT_MAX && line.len <= SCRIPT_LINE_MAX))
		return;
	memmove(l->line[n].bytes, line.data, line.len);
	l->line[n].len = line.len;
}

void
script_of(const sample *s, script *out)
{
	out->count = s->count;
	for (unsigned i = 0; i < s->count; i++)
		set_line(out, i, sample_line(s, i));
}

qfs_slice
script_line(const script *l, unsigned n)
{
	return (qfs_slice) {l->line[n].bytes, l->line[n].len};
}

void
script_insert(script *l, unsigned at, qfs_slice line)
{
	uint8_t		copy[SCRIPT_LINE_MAX];

	/* It may be a line that moves. */
	memcpy(copy, line.data, line.len);
	CHECK(l->count < SCRIPT_MAX);
	memmove(&l->line[at + 1], &l->line[at], (l->count - at) * sizeof(l->line[0]));
	l->count++;
	set_line(l, at, (qfs_slice) {copy, line.len});
}

void
script_remove(script *l, unsigned at)
{
	l->count--;
	memmove(&l->line[at], &l->line[at + 1], (l->count - at) * sizeof(l->line[0]));
}

void
script_swap(script *l, unsigned a, unsigned b)
{
	uint8_t		copy[SCRIPT_LINE_MAX];
	size_t		len = l->line[a].len;

	memcpy(copy, l->line[a].bytes, len);
	set_line(l, a, script_line(l, b));
	set_line(l, b, (qfs_slice) {copy, len});
}

/* Where a text begins in a line; it has to be there. */
static size_t
find(const script *l, unsigned at, const char *text)
{
	qfs_slice	line = script_line(l, at);
	size_t		len = strlen(text);
	size_t		i = 0;

	while (i + len < line.len && memcmp(line.data + i, text, len) != 0)
		i++;
	CHECK(i + len < line.len);
	return i;
}

void
script_edit(script *l, unsigned at, const char *from, const char *to)
{
	uint8_t		edited[SCRIPT_LINE_MAX];
	qfs_slice	line = script_line(l, at);
	size_t		start = find(l, at, from);
	size_t		end = start + strlen(from);
	qfs_buf		buf;

	qfs_buf_init(&buf, edited, sizeof(edited));
	qfs_buf_bytes(&buf, line.data, start);
	qfs_buf_text(&buf, to);
	qfs_buf_bytes(&buf, line.data + end, line.len - end);
	CHECK(!buf.overflow);
	set_line(l, at, qfs_buf_slice(&buf));
}

void
script_digit(script *l, unsigned at, const char *after)
{
	uint8_t    *digit = l->line[at].bytes + find(l, at, after) + strlen(after);

	*digit = *digit == '0' ? '1' : '0';
}

void
script_relink(script *l, unsigned from)
{
	for (unsigned i = from; i < l->count; i++)
	{
		uint8_t    *prev = l->line[i].bytes + find(l, i, "\"prev\":\"") + strlen("\"prev\":\"");
		char		digits[65];
		qfs_hash	hash;

		if (i == 0)
			continue;
		hash = second_hash(script_line(l, i - 1));
		sodium_bin2hex(digits, sizeof(digits), hash.bytes, sizeof(hash.bytes));
		memcpy(prev, digits, 64);
	}
}

qfs_hash
script_root(const script *l)
{
	qfs_frontier f;
	qfs_hash	root;

	qfs_frontier_init(&f, 0, NULL);
	for (unsigned i = 0; i < l->count; i++)
	{
		qfs_hash	nodes[QFS_TREE_LEVELS];
		qfs_hash	leaf;
		unsigned	count;

		leaf = second_hash(script_line(l, i));
		qfs_frontier_append(&f, &leaf, nodes, &count, NULL);
	}
	qfs_frontier_root(&f, &root, NULL);
	return root;
}

void
script_begin(qfs_audit *audit, qfs_audit_depth depth, test_memory *memory, fault_list *faults)
{
	qfs_allocator allocator = memory != NULL ? test_allocator(memory) : (qfs_allocator) {0};
	qfs_hash	zeros = {{0}};

	CHECK_STATUS(qfs_audit_begin(audit, &qfs_registry_own, depth, 0, &zeros, 0, NULL, allocator,
								 fault_collect, faults, NULL), QFS_OK);
}

static bool
is_acknowledged(void *context, uint64_t seq)
{
	const script_audit *how = context;

	if (how->asked != NULL)
		++*how->asked;
	return seq == how->acknowledged;
}

void
script_verify(const script *l, const script_audit *how, fault_list *faults)
{
	static qfs_audit audit;
	test_memory memory = {0};
	qfs_checkpoint checkpoint;
	bool		compared = how->note.len == 0;

	if (!compared && !CHECK_STATUS(qfs_checkpoint_parse(how->note, &checkpoint, NULL), QFS_OK))
		return;
	script_begin(&audit, how->depth, &memory, faults);
	audit.trusted = how->trusted;
	if (how->acknowledged != 0)
		qfs_audit_acknowledge(&audit, is_acknowledged, (void *) how);
	for (unsigned i = 0; i < l->count; i++)
	{
		CHECK_STATUS(qfs_audit_line(&audit, script_line(l, i)), QFS_OK);
		if (!compared && !how->late && audit.chain.frontier.size == checkpoint.size)
		{
			CHECK_STATUS(qfs_audit_checkpoint(&audit, &checkpoint), QFS_OK);
			compared = true;
		}
	}
	if (!compared)
		CHECK_STATUS(qfs_audit_checkpoint(&audit, &checkpoint), QFS_OK);
	CHECK_STATUS(qfs_audit_finish(&audit), QFS_OK);
	CHECK_UINT(audit.faults + audit.acknowledged, faults->count);
	qfs_audit_end(&audit);
	CHECK_UINT(memory.live, 0);
}
