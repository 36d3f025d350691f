/*
 * test_audit_limits.c - the verifier itself: rows, parts of a ledger, odd ledgers, no memory.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "ledger/registry.h"
#include "support/script.h"

static sample s;

static void
depths(void)
{
	static const char *const wrong[] = {"", "hash", "hashess", "Hashes", "signature", "replay "};
	qfs_audit_depth depth;

	CHECK(qfs_audit_depth_parse(QFS_LITERAL("hashes"), &depth));
	CHECK_INT(depth, QFS_AUDIT_HASHES);
	CHECK(qfs_audit_depth_parse(QFS_LITERAL("signatures"), &depth));
	CHECK_INT(depth, QFS_AUDIT_SIGNATURES);
	CHECK(qfs_audit_depth_parse(QFS_LITERAL("replay"), &depth));
	CHECK_INT(depth, QFS_AUDIT_REPLAY);
	for (size_t i = 0; i < ROWS(wrong); i++)
		CHECK(!qfs_audit_depth_parse(qfs_slice_of(wrong[i]), &depth));
}

/* What the verifier knows after a ledger: who, and which key. */
static void
what_is_known(void)
{
	const qfs_kind *kind;
	static qfs_audit audit;
	test_memory memory = {0};
	test_key	key = test_key_of(2);
	fault_list	faults = {.count = 0};

	sample_open(&s);
	sample_ledger(&s);
	script_begin(&audit, QFS_AUDIT_REPLAY, &memory, &faults);
	CHECK_TEXT(qfs_slice_of(audit.origin), "");
	for (unsigned i = 0; i < s.count; i++)
		qfs_audit_line(&audit, sample_line(&s, i));
	CHECK_TEXT(qfs_slice_of(audit.origin), SAMPLE_ORIGIN);
	CHECK_HASH(&audit.ledger, &s.entry[0].seal.hash);
	CHECK_HASH(&audit.key.key, &key.public);
	CHECK_TEXT(qfs_slice_of(audit.key.name), SAMPLE_ORIGIN);
	CHECK_UINT(audit.chain.frontier.size, s.count);
	/* The replay has arrived at the records that the ledger itself has. */
	for (size_t k = 0; (kind = qfs_registry_kind(&qfs_registry_own, k)) != NULL; k++)
		for (size_t n = 0; n < 4; n++)
			CHECK((qfs_memory_store_record(audit.memory, kind, n) != NULL) ==
				  (qfs_memory_store_record(s.store, kind, n) != NULL));
	qfs_audit_end(&audit);
	/* Once more does no harm. */
	qfs_audit_end(&audit);
	CHECK_UINT(memory.live, 0);
	sample_close(&s);
}

/* From the middle, at depth hashes, with the tree that is there. */
static void
parts(void)
{
	sample_open(&s);
	sample_ledger(&s);
	for (unsigned from = 1; from <= s.count; from++)
	{
		static qfs_audit audit;
		fault_list	faults = {.count = 0};
		qfs_hash	root;
		qfs_hash	want;

		unit_row("from %u", from);
		CHECK_STATUS(qfs_audit_begin(&audit, &qfs_registry_own, QFS_AUDIT_HASHES, from, &s.entry[from - 1].seal.hash,
									 SAMPLE_TIME, &s.tree, (qfs_allocator) {0}, fault_collect,
									 &faults, NULL), QFS_OK);
		for (unsigned i = from; i < s.count; i++)
		{
			qfs_entry	entry;
			qfs_stored_entry	record = {.entry = &entry,
				.hash = &s.entry[i].seal.hash,.nodes = s.entry[i].seal.nodes,
			.count = s.entry[i].seal.count};

			CHECK_STATUS(qfs_line_read(sample_line(&s, i), &entry, NULL), QFS_OK);
			CHECK_STATUS(qfs_audit_record(&audit, &record), QFS_OK);
		}
		CHECK_TEXT(qfs_slice_of(faults.text), "");
		CHECK_STATUS(qfs_frontier_root(&audit.chain.frontier, &root, NULL), QFS_OK);
		CHECK_STATUS(qfs_tree_root(&s.tree, s.count, &want, NULL), QFS_OK);
		CHECK_HASH(&root, &want);
		qfs_audit_end(&audit);
	}
	sample_close(&s);
}

/* A tree that cannot be read when a checkpoint is compared is a fault, too. */
static void
unreadable_tree(void)
{
	static qfs_audit audit;
	uint8_t		memory[1024];
	fault_list	faults = {.count = 0};
	qfs_checkpoint checkpoint;
	unsigned	count;
	qfs_hash	root;
	qfs_buf		note;

	sample_open(&s);
	sample_ledger(&s);
	count = s.count;
	CHECK_STATUS(qfs_tree_root(&s.tree, 6, &root, NULL), QFS_OK);
	qfs_buf_init(&note, memory, sizeof(memory));
	sample_checkpoint(&note, SAMPLE_ORIGIN, 6, &root, 1);
	CHECK_STATUS(qfs_checkpoint_parse(qfs_buf_slice(&note), &checkpoint, NULL), QFS_OK);
	CHECK_STATUS(qfs_audit_begin(&audit, &qfs_registry_own, QFS_AUDIT_HASHES, 6, &s.entry[5].seal.hash, SAMPLE_TIME,
								 &s.tree, (qfs_allocator) {0}, fault_collect, &faults, NULL), QFS_OK);
	/* Who starts in the middle knows origin and key from elsewhere. */
	strcpy(audit.origin, SAMPLE_ORIGIN);
	audit.key = test_vkey(SAMPLE_ORIGIN, QFS_NOTE_ED25519, 1);
	s.count = 2;
	CHECK_STATUS(qfs_audit_checkpoint(&audit, &checkpoint), QFS_OK);
	CHECK_TEXT(qfs_slice_of(faults.text), "6 ENTRY_UNKNOWN");
	s.count = count;
	CHECK_STATUS(qfs_audit_checkpoint(&audit, &checkpoint), QFS_OK);
	CHECK_UINT(faults.count, 1);
	qfs_audit_end(&audit);
	sample_close(&s);
}

/* A row without a canonical form is a fault, and the chain is taken up after it. */
static void
unreadable_rows(void)
{
	static qfs_audit audit;
	fault_list	faults = {.count = 0};
	qfs_error	fault;

	sample_open(&s);
	sample_ledger(&s);
	script_begin(&audit, QFS_AUDIT_HASHES, NULL, &faults);
	for (unsigned i = 0; i < s.count; i++)
		if (i == 4)
		{
			qfs_fail(&fault, QFS_JSON_NUMBER, "a fraction");
			CHECK_STATUS(qfs_audit_unreadable(&audit, i, &fault), QFS_OK);
		}
		else
			CHECK_STATUS(qfs_audit_line(&audit, sample_line(&s, i)), QFS_OK);
	CHECK_TEXT(qfs_slice_of(faults.text), "4 JSON_NUMBER");
	CHECK(!audit.chain.rooted);
	qfs_audit_end(&audit);
	sample_close(&s);
}

/* The reporter's answer ends every call that reports. */
static void
stopped(void)
{
	static qfs_audit audit;
	uint8_t		memory[1024];
	qfs_hash	zeros = {{0}};
	qfs_vkey	trusted = test_vkey(SAMPLE_ORIGIN, QFS_NOTE_ED25519, 9);
	fault_list	faults = {.stop_at = 1};
	qfs_checkpoint checkpoint;
	qfs_buf		note;

	sample_open(&s);
	sample_ledger(&s);
	qfs_buf_init(&note, memory, sizeof(memory));
	sample_checkpoint(&note, SAMPLE_ORIGIN, 1, &zeros, 1);
	CHECK_STATUS(qfs_checkpoint_parse(qfs_buf_slice(&note), &checkpoint, NULL), QFS_OK);

	script_begin(&audit, QFS_AUDIT_HASHES, NULL, &faults);
	CHECK_STATUS(qfs_audit_finish(&audit), QFS_NO_MEMORY);
	faults = (fault_list) {.stop_at = 1};
	CHECK_STATUS(qfs_audit_line(&audit, QFS_LITERAL("x")), QFS_NO_MEMORY);
	qfs_audit_end(&audit);

	faults = (fault_list) {.stop_at = 1};
	script_begin(&audit, QFS_AUDIT_HASHES, NULL, &faults);
	audit.trusted = &trusted;
	CHECK_STATUS(qfs_audit_line(&audit, sample_line(&s, 0)), QFS_OK);
	CHECK_STATUS(qfs_audit_checkpoint(&audit, &checkpoint), QFS_NO_MEMORY);
	faults = (fault_list) {.stop_at = 1};
	CHECK_STATUS(qfs_audit_finish(&audit), QFS_NO_MEMORY);
	faults = (fault_list) {.stop_at = 1};
	audit.trusted = NULL;
	CHECK_STATUS(qfs_audit_checkpoint(&audit, &checkpoint), QFS_NO_MEMORY);
	CHECK_TEXT(qfs_slice_of(faults.text), "1 CHECKPOINT_ROOT");
	CHECK_UINT(audit.faults, 3);
	qfs_audit_end(&audit);
	sample_close(&s);
}

/* A first entry that names nobody leaves the verifier without an origin. */
static void
nameless_ledgers(void)
{
	static const char *const payloads[] = {
		"{}",
		"{\"keys\":{\"checkpoint\":\"%1$s\"}}",
		"{\"keys\":{\"checkpoint\":\"%1$s\"},\"origin\":1}",
		"{\"keys\":{\"checkpoint\":\"%1$s\"},\"origin\":\"a\\n\"}",
		"{\"keys\":{\"checkpoint\":\"%1$s\"},\"origin\":\"a b\"}",
		"{\"keys\":{\"checkpoint\":\"%1$s\"},\"origin\":\"\"}",
		"{\"origin\":\"ledger.example/main\"}",
		"{\"keys\":1,\"origin\":\"ledger.example/main\"}",
		"{\"keys\":{},\"origin\":\"ledger.example/main\"}",
		"{\"keys\":{\"checkpoint\":\"%1$.63s\"},\"origin\":\"ledger.example/main\"}",
	};
	static const char digits[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

	for (size_t i = 0; i < ROWS(payloads); i++)
	{
		char		line[1024];
		char		payload[512];
		static qfs_audit audit;
		fault_list	faults = {.count = 0};

		snprintf(payload, sizeof(payload), payloads[i], digits);
		snprintf(line, sizeof(line), "{\"accounts\":[],\"act\":{\"actor\":\"system\",\"auth\":{},\"type\":\"GENESIS\"},"
				 "\"at\":1,\"outcome\":{},\"payload\":%s,\"prev\":\"%064d\",\"salt\":\"%032d\",\"seq\":0,\"sig\":null,"
				 "\"v\":2}", payload, 0, 0);
		unit_row("%s", payload);
		script_begin(&audit, QFS_AUDIT_HASHES, NULL, &faults);
		CHECK_STATUS(qfs_audit_line(&audit, qfs_slice_of(line)), QFS_OK);
		CHECK_TEXT(qfs_slice_of(faults.text), "");
		CHECK_TEXT(qfs_slice_of(audit.origin), "");
		CHECK_TEXT(qfs_slice_of(audit.key.name), "");
		qfs_audit_end(&audit);
	}
}

/* ---- no memory ---- */

static unsigned
verify_with(test_memory *memory, fault_list *faults)
{
	static qfs_audit audit;
	qfs_hash	zeros = {{0}};
	qfs_error	err;

	if (qfs_audit_begin(&audit, &qfs_registry_own, QFS_AUDIT_REPLAY, 0, &zeros, 0, NULL, test_allocator(memory),
						fault_collect, faults, &err) != QFS_OK)
	{
		CHECK_STATUS(err.status, QFS_NO_MEMORY);
		CHECK_UINT(memory->live, 0);
		return 0;
	}
	for (unsigned i = 0; i < s.count; i++)
		CHECK_STATUS(qfs_audit_line(&audit, sample_line(&s, i)), QFS_OK);
	qfs_audit_end(&audit);
	CHECK_UINT(memory->live, 0);
	return s.count;
}

/* Whichever allocation fails, for once or for good: a fault, and on it goes. */
static void
failing_allocations(void)
{
	test_memory all = {0};
	fault_list	none = {.count = 0};

	sample_open(&s);
	sample_ledger(&s);
	CHECK_UINT(verify_with(&all, &none), s.count);
	CHECK_TEXT(qfs_slice_of(none.text), "");
	for (unsigned fail_at = 1; fail_at <= all.calls; fail_at++)
		for (int for_good = 0; for_good < 2; for_good++)
		{
			test_memory memory = {.fail_at = fail_at,.for_good = for_good};
			fault_list	faults = {.count = 0};

			unit_row("allocation %u fails%s", fail_at, for_good ? " and all that follow" : "");
			if (verify_with(&memory, &faults) > 0)
				CHECK(strstr(faults.text, "NO_MEMORY") != NULL);
			else
				CHECK_UINT(fail_at, 1);
		}
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(depths),
	CASE(what_is_known),
	CASE(parts),
	CASE(unreadable_tree),
	CASE(unreadable_rows),
	CASE(stopped),
	CASE(nameless_ledgers),
	CASE(failing_allocations),
	NO_MORE_CASES
};

const unit_suite suite_audit_limits = {"audit_limits", cases};
