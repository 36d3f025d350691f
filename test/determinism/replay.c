/*
 * replay.c - an exported ledger, computed anew from its inputs alone.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 *   replay EXPORT.jsonl [BYTE]     prints: entries head root state, and on a second line: graph_hash run_hash
 *
 * Of each line it takes what somebody asked for: time, type, actor, auth,
 * payload and signature; and the salt.  Outcome, parts of accounts, links and
 * hashes are computed, not compared, so a build that computes something else
 * arrives at another head and another state.
 * The second line is of a consequence map of some changes over all entries,
 * as they were recorded.
 * With BYTE, memory comes from the top of an arena downwards and is filled
 * with that byte: neither the order of addresses nor what memory held before
 * may matter.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "ledger/chain.h"
#include "ledger/state_hash.h"
#include "base/status.h"
#include "ledger/registry.h"
#include "sandbox/consequence_map.h"

/* ---- memory ---- */

/* An arena is given out from its end; nothing is taken back. */
typedef struct arena
{
	uint8_t    *memory;
	size_t		left;
	int			fill;			/* -1: no arena, but malloc */
} arena;

#define ARENA_SIZE ((size_t) 256 << 20)

static void *
allocate(void *context, size_t size)
{
	arena	   *a = context;
	size_t		whole = (size + 15) / 16 * 16;

	if (a->fill < 0)
		return malloc(size);
	if (whole > a->left)
		return NULL;
	a->left -= whole;
	return memset(a->memory + a->left, a->fill, whole);
}

static void
release(void *context, void *memory)
{
	if (((arena *) context)->fill < 0)
		free(memory);
}

/* ---- the ledger ---- */

static void
fail(const char *what, uint64_t seq, const qfs_error *err)
{
	fprintf(stderr, "entry %llu: %s: %s (%s)\n", (unsigned long long) seq, what,
			qfs_status_code(err->status), err->detail);
	exit(1);
}

static void
append(qfs_chain *chain, qfs_slice line)
{
	static qfs_workspace space;
	qfs_entry	read;
	qfs_entry	entry;
	qfs_error	err;
	qfs_seal	seal;

	if (qfs_line_read(line, &read, &err) != QFS_OK)
		fail("cannot be read", chain->frontier.size, &err);
	if (!read.is_full)
	{
		qfs_fail(&err, QFS_ENTRY_INCOMPLETE, "its line does not show all of it");
		fail("cannot be computed", chain->frontier.size, &err);
	}
	entry = (qfs_entry) {.at = read.at,.type = read.type,.has_actor = read.has_actor,.actor = read.actor,
		.auth = read.auth,.payload = read.payload,.sig = read.sig,.salt = read.salt
	};
	if (qfs_chain_append(chain, &entry, &space, &seal, &err) != QFS_OK)
		fail("is refused", chain->frontier.size, &err);
}

static void
print_hash(const qfs_hash *hash)
{
	putchar(' ');
	for (size_t i = 0; i < sizeof(hash->bytes); i++)
		printf("%02x", hash->bytes[i]);
}

/* ---- a map ---- */

/* Of what social acts and proposals depend on. */
#define CHANGES "{\"coherence\":{\"alpha\":\"0.2\"},\"governance\":{\"threshold_percent\":2},\"referral\":{\"cap\":1}}"

static void
print_text(qfs_slice value)
{
	qfs_slice	text = QFS_LITERAL("-");

	(void) qfs_json_to_plain(value, &text);
	printf("%.*s", (int) text.len, (const char *) text.data);
}

static void
print_map(FILE *file, uint64_t size, qfs_allocator allocator, int fill)
{
	static qfs_consequence_map m;
	static uint8_t memory[QFS_CONSEQUENCE_MAP_MAX];
	qfs_map_question question = {.changes = QFS_LITERAL(CHANGES),.size = size,.from = 1,.proposal = -1};
	qfs_entry	entry;
	qfs_error	err;
	qfs_buf		answer;
	char	   *line = NULL;
	size_t		capacity = 0;
	ssize_t		len;

	memset(&m, fill, sizeof(m));
	rewind(file);
	if (qfs_consequence_map_begin(&m, &qfs_registry_own, &question, allocator, &err) != QFS_OK)
		fail("no map begins", size, &err);
	while ((len = getline(&line, &capacity, file)) > 0)
		if (qfs_line_read((qfs_slice) {(uint8_t *) line, (size_t) len - (line[len - 1] == '\n')}, &entry, &err) != QFS_OK ||
			qfs_what_if_entry(&m.what_if, &entry, &err) != QFS_OK)
			fail("is in no map", m.what_if.next, &err);
	qfs_buf_init(&answer, memory, sizeof(memory));
	if (qfs_consequence_map_finish(&m, NULL, &answer, &err) != QFS_OK)
		fail("the map has no end", size, &err);
	print_text(qfs_json_member_or(qfs_buf_slice(&answer), "graph_hash", QFS_LITERAL("null")));
	putchar(' ');
	print_text(qfs_json_member_or(qfs_json_member_or(qfs_buf_slice(&answer), "what_if", QFS_LITERAL("{}")), "run_hash", QFS_LITERAL("null")));
	putchar('\n');
	qfs_consequence_map_end(&m);
	free(line);
}

int
main(int argc, char **argv)
{
	static qfs_reducer reducer;
	static qfs_chain chain;
	arena		memory = {.fill = argc > 2 ? atoi(argv[2]) : -1};
	qfs_allocator allocator = {allocate, release, &memory};
	FILE	   *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
	qfs_memory_store *store;
	qfs_hash	zeros = {{0}};
	qfs_hash	root;
	qfs_hash	state;
	qfs_error	err;
	char	   *line = NULL;
	size_t		capacity = 0;
	ssize_t		len;

	if (file == NULL || (memory.fill >= 0 && (memory.memory = malloc(ARENA_SIZE)) == NULL))
		return 2;
	memory.left = ARENA_SIZE;
	store = qfs_memory_store_create(allocator);
	if (store == NULL)
		return 2;
	/* What is not initialised must not matter. */
	memset(&reducer, memory.fill, sizeof(reducer));
	memset(&chain, memory.fill, sizeof(chain));
	qfs_reducer_init(&reducer, &qfs_registry_own, qfs_memory_store_base(store), true);
	qfs_chain_init(&chain, 0, &zeros, 0, NULL, &reducer);

	while ((len = getline(&line, &capacity, file)) > 0)
		append(&chain, (qfs_slice) {(uint8_t *) line, (size_t) len - (line[len - 1] == '\n')});
	if (qfs_frontier_root(&chain.frontier, &root, &err) != QFS_OK ||
		qfs_state_of_memory(store, &qfs_registry_own, allocator, &state, &err) != QFS_OK)
		fail("cannot be summed up", chain.frontier.size, &err);
	printf("%llu", (unsigned long long) chain.frontier.size);
	print_hash(&chain.head);
	print_hash(&root);
	print_hash(&state);
	putchar('\n');
	print_map(file, chain.frontier.size, allocator, memory.fill);

	free(line);
	fclose(file);
	qfs_memory_store_destroy(store);
	free(memory.memory);
	return 0;
}
