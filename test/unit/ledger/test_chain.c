/*
 * test_chain.c - the ledger as it grows, and as it is checked row by row.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>

#include "ledger/registry.h"
#include "support/faults.h"
#include "support/sample.h"
#include "support/second_hash.h"

static sample s;

/* ---- appending ---- */

static void
appended(void)
{
	qfs_hash	prev = {{0}};
	qfs_hash	root;
	qfs_hash	want;

	sample_open(&s);
	sample_ledger(&s);
	for (unsigned i = 0; i < s.count; i++)
	{
		qfs_entry	entry;
		qfs_hash	hash;

		unit_row("entry %u", i);
		CHECK_STATUS(qfs_line_read(sample_line(&s, i), &entry, NULL), QFS_OK);
		CHECK_UINT(entry.seq, i);
		CHECK_INT(entry.at, SAMPLE_TIME + 1000 * (int64_t) i);
		CHECK_HASH(&entry.prev, &prev);
		hash = second_hash(sample_line(&s, i));
		CHECK_HASH(&s.entry[i].seal.hash, &hash);
		CHECK_UINT(s.entry[i].seal.count, qfs_nodes_completed(i));
		prev = hash;
	}
	CHECK_HASH(&s.chain.head, &prev);
	CHECK_UINT(s.chain.frontier.size, s.count);
	CHECK_STATUS(qfs_frontier_root(&s.chain.frontier, &root, NULL), QFS_OK);
	CHECK_STATUS(qfs_tree_root(&s.tree, s.count, &want, NULL), QFS_OK);
	CHECK_HASH(&root, &want);
	sample_close(&s);
}

/* A clock that went back does not take the ledger with it. */
static void
time_never_decreases(void)
{
	static qfs_workspace space;
	static uint8_t memory[QFS_LINE_MAX];
	qfs_seal	seal;

	sample_open(&s);
	sample_ledger(&s);
	for (int64_t d = -2; d <= 2; d++)
	{
		int64_t		before = s.chain.at;
		qfs_entry	entry = {.at = before + d,.type = QFS_LITERAL("FREE"),
			.auth = QFS_LITERAL(SAMPLE_OPERATOR),.payload = QFS_LITERAL("{}"),.sig = QFS_LITERAL("null")
		};
		qfs_buf		line;

		unit_row("%lld ms later", (long long) d);
		qfs_buf_init(&line, memory, sizeof(memory));
		CHECK_STATUS(qfs_chain_append(&s.chain, &entry, &space, &seal, NULL), QFS_OK);
		CHECK_INT(entry.at, d > 0 ? before + d : before);
		CHECK_INT(s.chain.at, entry.at);
		CHECK_STATUS(qfs_line_write(&entry, &line, NULL), QFS_OK);
		CHECK_STATUS(qfs_line_read(qfs_buf_slice(&line), &entry, NULL), QFS_OK);
		CHECK_INT(entry.at, d > 0 ? before + d : before);
	}
	sample_close(&s);
}

/* A refused event leaves the chain where it was. */
static void
refused(void)
{
	static char large[QFS_PAYLOAD_MAX + 2];
	qfs_chain	before;

	sample_open(&s);
	sample_ledger(&s);
	before = s.chain;
	CHECK_STATUS(sample_append(&s, "UNKNOWN", "{}"), QFS_TYPE_UNKNOWN);
	CHECK_STATUS(sample_append(&s, "NOTED", "{}"), QFS_PAYLOAD_INVALID);
	memset(large, 'x', QFS_PAYLOAD_MAX + 1);
	memcpy(large, "{\"a\":\"", 6);
	memcpy(large + QFS_PAYLOAD_MAX - 1, "\"}", 3);
	CHECK_STATUS(sample_append(&s, "FREE", large), QFS_ENTRY_TOO_LARGE);
	CHECK_DETAIL(&s.err, "entry 9");
	CHECK(memcmp(&s.chain, &before, sizeof(before)) == 0);
	CHECK_STATUS(sample_append(&s, "FREE", "{}"), QFS_OK);
	CHECK_UINT(s.event.seq, 9);
	CHECK_HASH(&s.event.prev, &before.head);
	sample_close(&s);
}

/* ---- checking rows ---- */

/* A row of the ledger, as it is stored. */
typedef struct row
{
	qfs_entry	entry;
	qfs_hash	hash;
	unsigned	count;
	qfs_hash	nodes[QFS_TREE_LEVELS + 1];
	uint8_t		act[1024];
} row;

static void
commit(row *r)
{
	qfs_buf		act;

	qfs_buf_init(&act, r->act, sizeof(r->act));
	CHECK_STATUS(qfs_entry_commit(&r->entry, &act, NULL), QFS_OK);
}

/* Changes to a row whose number the table gives. */
static void
change_payload(row *r)
{
	r->entry.payload = QFS_LITERAL("{\"text\":\"forged\"}");
}

static void
change_outcome(row *r)
{
	r->entry.outcome = QFS_LITERAL("{\"n\":1}");
}

static void
change_hash(row *r)
{
	r->hash.bytes[0] ^= 1;
}

static void
change_prev(row *r)
{
	r->entry.prev.bytes[31] ^= 1;
}

static void
change_node(row *r)
{
	r->nodes[r->count - 1].bytes[5] ^= 1;
}

static void
lose_node(row *r)
{
	r->count--;
}

static void
invent_node(row *r)
{
	r->nodes[r->count++] = r->hash;
}

/* A column of bytes can hold more than a tree has levels. */
static void
invent_many_nodes(row *r)
{
	r->count = QFS_TREE_LEVELS + 1;
}

static void
turn_back_time(row *r)
{
	r->entry.at -= 1001;
}

static void
pass_time(row *r)
{
	r->entry.at += 1000;
}

static void
change_type(row *r)
{
	r->entry.type = QFS_LITERAL("UNKNOWN");
}

static void
change_seq(row *r)
{
	r->entry.seq += 2;
}

static void
repeat_seq(row *r)
{
	r->entry.seq--;
}

/* Checks the rows from `first` on, one of them changed; NULL: none. */
static void
check_rows(unsigned first, unsigned at, void (*change) (row *r), qfs_reducer *reducer,
		   fault_list *faults)
{
	qfs_hash	head = {{0}};
	qfs_chain	chain;

	if (first > 0)
		head = s.entry[first - 1].seal.hash;
	qfs_chain_init(&chain, first, &head, first > 0 ? SAMPLE_TIME + 1000 * (int64_t) (first - 1) : 0,
				   &s.tree, reducer);
	for (unsigned i = first; i < s.count; i++)
	{
		static qfs_workspace space;
		row			r = {.hash = s.entry[i].seal.hash,.count = s.entry[i].seal.count};
		qfs_stored_entry	record = {.entry = &r.entry,.hash = &r.hash,.nodes = r.nodes,.space = &space};
		qfs_status	status;

		CHECK_STATUS(qfs_line_read(sample_line(&s, i), &r.entry, NULL), QFS_OK);
		memcpy(r.nodes, s.entry[i].seal.nodes, r.count * sizeof(qfs_hash));
		if (change != NULL && i == at)
			change(&r);
		commit(&r);
		record.count = r.count;
		status = qfs_chain_check(&chain, &record, fault_collect, faults);
		CHECK_STATUS(status, faults->stop_at > 0 && faults->count == faults->stop_at ?
					 QFS_NO_MEMORY : QFS_OK);
		if (status != QFS_OK)
			return;
	}
}

/* The same with a reducer over an empty store. */
static void
replay_rows(unsigned at, void (*change) (row *r), fault_list *faults)
{
	test_memory memory = {0};
	qfs_memory_store *store = qfs_memory_store_create(test_allocator(&memory));
	qfs_reducer reducer;

	qfs_reducer_init(&reducer, &qfs_registry_own, qfs_memory_store_base(store), true);
	check_rows(0, at, change, &reducer, faults);
	qfs_memory_store_destroy(store);
}

static void
sound(void)
{
	fault_list	replay = {.count = 0};

	sample_open(&s);
	sample_ledger(&s);
	for (unsigned first = 0; first <= s.count; first++)
	{
		fault_list	faults = {.count = 0};

		unit_row("from %u", first);
		check_rows(first, 0, NULL, NULL, &faults);
		CHECK_TEXT(qfs_slice_of(faults.text), "");
	}
	replay_rows(0, NULL, &replay);
	CHECK_TEXT(qfs_slice_of(replay.text), "");
	sample_close(&s);
}

/* One change is one fault, or the two that it is seen by. */
static void
changed_rows(void)
{
	static const struct
	{
		const char *name;
		void		(*change) (row *r);
		unsigned	at;
		const char *hashes;		/* what a check without rules says */
		const char *replay;		/* what it says with them */
	}			rows[] = {
		{"payload", change_payload, 4, "4 HASH_MISMATCH", "4 HASH_MISMATCH"},
		{"payload of the last", change_payload, 8, "8 HASH_MISMATCH", "8 HASH_MISMATCH"},
		{"outcome", change_outcome, 4, "4 HASH_MISMATCH", "4 OUTCOME_MISMATCH 4 HASH_MISMATCH"},
		{"type", change_type, 6, "6 HASH_MISMATCH", "6 TYPE_UNKNOWN 6 HASH_MISMATCH"},
		{"time", pass_time, 4, "4 HASH_MISMATCH", "4 HASH_MISMATCH"},
		{"time back", turn_back_time, 4, "4 TIME_BACKWARD 4 HASH_MISMATCH",
		"4 TIME_BACKWARD 4 HASH_MISMATCH"},
		{"prev of entry 0", change_prev, 0, "0 LINK_BROKEN 0 HASH_MISMATCH",
		"0 LINK_BROKEN 0 HASH_MISMATCH"},
		{"prev", change_prev, 3, "2 LINK_BROKEN 3 HASH_MISMATCH", "2 LINK_BROKEN 3 HASH_MISMATCH"},
		{"hash", change_hash, 2, "2 HASH_MISMATCH 2 LINK_BROKEN 3 NODES_MISMATCH 7 NODES_MISMATCH",
		"2 HASH_MISMATCH 2 LINK_BROKEN 3 NODES_MISMATCH 7 NODES_MISMATCH"},
		{"node", change_node, 7, "7 NODES_MISMATCH", "7 NODES_MISMATCH"},
		{"node of one", change_node, 1, "1 NODES_MISMATCH", "1 NODES_MISMATCH"},
		{"node lost", lose_node, 3, "3 NODES_MISMATCH", "3 NODES_MISMATCH"},
		{"node invented", invent_node, 6, "6 NODES_MISMATCH", "6 NODES_MISMATCH"},
		{"nodes invented", invent_many_nodes, 7, "7 NODES_MISMATCH", "7 NODES_MISMATCH"},
		{"seq ahead", change_seq, 4, "4 SEQ_GAP 6 HASH_MISMATCH 5 SEQ_GAP 6 SEQ_GAP 6 LINK_BROKEN",
		"4 SEQ_GAP 6 HASH_MISMATCH 5 SEQ_GAP 6 SEQ_GAP 6 LINK_BROKEN"},
		{"seq again", repeat_seq, 4, "3 SEQ_GAP 4 SEQ_GAP", "3 SEQ_GAP 4 SEQ_GAP"},
	};

	sample_open(&s);
	sample_ledger(&s);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		fault_list	hashes = {.count = 0};
		fault_list	replay = {.count = 0};

		unit_row("%s", rows[i].name);
		check_rows(0, rows[i].at, rows[i].change, NULL, &hashes);
		CHECK_TEXT(qfs_slice_of(hashes.text), rows[i].hashes);
		replay_rows(rows[i].at, rows[i].change, &replay);
		CHECK_TEXT(qfs_slice_of(replay.text), rows[i].replay);
	}
	sample_close(&s);
}

/* Who reads a fault learns which entry to look at. */
static void
words(void)
{
	static const struct
	{
		void		(*change) (row *r);
		unsigned	at;
		const char *detail;
	}			rows[] = {
		{change_payload, 4, "recorded "},
		{change_outcome, 4, "recorded "},
		{change_prev, 0, "recorded "},
		{turn_back_time, 4, "recorded "},
		{change_node, 7, "one is not what the entries give"},
		{lose_node, 3, "1 nodes are stored, 2 belong there"},
		{invent_node, 6, "1 nodes are stored, 0 belong there"},
		{invent_many_nodes, 7, "no hashes"},
		{repeat_seq, 4, "entry 4 was expected, entry 5 was found"},
		{change_seq, 4, "entry 6 has the hash"},
	};

	sample_open(&s);
	sample_ledger(&s);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		fault_list	faults = {.count = 0};

		unit_row("row %zu", i);
		check_rows(0, rows[i].at, rows[i].change, NULL, &faults);
		CHECK(strstr(faults.detail, rows[i].detail) != NULL);
	}
	sample_close(&s);
}

/* Whoever starts after an odd number of entries has the last leaf already. */
static void
reads_of_the_tree(void)
{
	sample_open(&s);
	sample_ledger(&s);
	for (unsigned first = 0; first < s.count; first++)
	{
		fault_list	faults = {.count = 0};
		qfs_entry	entry;
		qfs_stored_entry	record = {.entry = &entry};
		qfs_hash	head = {{0}};
		qfs_chain	chain;

		unit_row("after %u entries", first);
		qfs_chain_init(&chain, first, first > 0 ? &s.entry[first - 1].seal.hash : &head, 0,
					   &s.tree, NULL);
		CHECK_STATUS(qfs_line_read(sample_line(&s, first), &entry, NULL), QFS_OK);
		s.reads = 0;
		CHECK_STATUS(qfs_chain_check(&chain, &record, fault_collect, &faults), QFS_OK);
		CHECK_UINT(s.reads, first % 2 ? qfs_nodes_completed(first) - 1 : 0);
	}
	sample_close(&s);
}

/* Whoever is told may end the check, at any fault. */
static void
stopped(void)
{
	sample_open(&s);
	sample_ledger(&s);
	for (unsigned stop_at = 1; stop_at <= 4; stop_at++)
	{
		fault_list	faults = {.stop_at = stop_at};

		unit_row("at fault %u", stop_at);
		check_rows(0, 2, change_hash, NULL, &faults);
		CHECK_UINT(faults.count, stop_at);
	}
	for (unsigned stop_at = 1; stop_at <= 2; stop_at++)
	{
		fault_list	faults = {.stop_at = stop_at};

		unit_row("at fault %u of a row", stop_at);
		replay_rows(4, change_outcome, &faults);
		CHECK_UINT(faults.count, stop_at);
	}
	sample_close(&s);
}

/* What is not stored is not compared; what was computed is handed out. */
static void
bare_records(void)
{
	qfs_hash	zeros = {{0}};
	qfs_chain	chain;

	sample_open(&s);
	sample_ledger(&s);
	qfs_chain_init(&chain, 0, &zeros, 0, NULL, NULL);
	for (unsigned i = 0; i < s.count; i++)
	{
		fault_list	faults = {.count = 0};
		qfs_entry	entry;
		qfs_seal	seal;
		qfs_stored_entry	record = {.entry = &entry,.seal = &seal};

		unit_row("entry %u", i);
		CHECK_STATUS(qfs_line_read(sample_line(&s, i), &entry, NULL), QFS_OK);
		CHECK_STATUS(qfs_chain_check(&chain, &record, fault_collect, &faults), QFS_OK);
		CHECK_TEXT(qfs_slice_of(faults.text), "");
		CHECK_HASH(&seal.hash, &s.entry[i].seal.hash);
		CHECK_UINT(seal.count, s.entry[i].seal.count);
		CHECK(memcmp(seal.nodes, s.entry[i].seal.nodes, seal.count * sizeof(qfs_hash)) == 0);
	}
	sample_close(&s);
}

/* After a gap the nodes are unknown: none are handed out. */
static void
seal_after_a_gap(void)
{
	qfs_hash	zeros = {{0}};
	fault_list	faults = {.count = 0};
	qfs_seal	seal;
	qfs_entry	entry;
	qfs_stored_entry	record = {.entry = &entry,.seal = &seal};
	qfs_chain	chain;

	sample_open(&s);
	sample_ledger(&s);
	memset(&seal, 0xFF, sizeof(seal));
	CHECK_STATUS(qfs_line_read(sample_line(&s, 3), &entry, NULL), QFS_OK);
	qfs_chain_init(&chain, 0, &zeros, 0, NULL, NULL);
	CHECK_STATUS(qfs_chain_check(&chain, &record, fault_collect, &faults), QFS_OK);
	CHECK_TEXT(qfs_slice_of(faults.text), "0 SEQ_GAP");
	CHECK_HASH(&seal.hash, &s.entry[3].seal.hash);
	CHECK_UINT(seal.count, 0);
	sample_close(&s);
}

/*
 * A tree that cannot be read is a fault of the entry that needed it; what
 * follows is checked as far as it can be.
 */
static void
unreadable_tree(void)
{
	fault_list	faults = {.count = 0};
	qfs_entry	entry;
	qfs_stored_entry	record = {.entry = &entry};
	unsigned	count;
	qfs_chain	chain;

	sample_open(&s);
	sample_ledger(&s);
	count = s.count;
	CHECK_STATUS(qfs_line_read(sample_line(&s, 7), &entry, NULL), QFS_OK);
	qfs_chain_init(&chain, 7, &s.entry[6].seal.hash, 0, &s.tree, NULL);
	/* Entry 7 completes the node above that of entries 4 and 5, whose row is lost. */
	s.count = 5;
	CHECK_STATUS(qfs_chain_check(&chain, &record, fault_collect, &faults), QFS_OK);
	CHECK_TEXT(qfs_slice_of(faults.text), "7 ENTRY_UNKNOWN");
	CHECK_UINT(chain.frontier.size, 8);
	CHECK(!chain.rooted);
	s.count = count;
	CHECK_STATUS(qfs_line_read(sample_line(&s, 8), &entry, NULL), QFS_OK);
	CHECK_STATUS(qfs_chain_check(&chain, &record, fault_collect, &faults), QFS_OK);
	CHECK_TEXT(qfs_slice_of(faults.text), "7 ENTRY_UNKNOWN");
	CHECK_STATUS(qfs_line_read(sample_line(&s, 2), &entry, NULL), QFS_OK);
	entry.seq = 9;
	CHECK_STATUS(qfs_chain_check(&chain, &record, fault_collect, &faults), QFS_OK);
	CHECK_TEXT(qfs_slice_of(faults.text), "7 ENTRY_UNKNOWN 9 TIME_BACKWARD 8 LINK_BROKEN");
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(appended),
	CASE(time_never_decreases),
	CASE(refused),
	CASE(sound),
	CASE(changed_rows),
	CASE(words),
	CASE(reads_of_the_tree),
	CASE(stopped),
	CASE(bare_records),
	CASE(seal_after_a_gap),
	CASE(unreadable_tree),
	NO_MORE_CASES
};

const unit_suite suite_chain = {"chain", cases};
