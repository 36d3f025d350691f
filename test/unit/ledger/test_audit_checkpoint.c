/*
 * test_audit_checkpoint.c - checkpoints and trusted keys against a ledger.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include "support/script.h"

static sample s;
static uint8_t memory[1024];

/* A checkpoint of the first entries of the sample. */
static qfs_slice
note_of(const char *origin, uint64_t size, uint8_t key)
{
	qfs_hash	root = {{0}};
	qfs_buf		note;

	if (size <= s.count)
		CHECK_STATUS(qfs_tree_root(&s.tree, size, &root, NULL), QFS_OK);
	qfs_buf_init(&note, memory, sizeof(memory));
	sample_checkpoint(&note, origin, size, &root, key);
	return qfs_buf_slice(&note);
}

/* What a verification finds in these lines, the same at every depth. */
static void
check_faults(const script *l, const script_audit *how, const char *want)
{
	for (int depth = 0; depth < 3; depth++)
	{
		script_audit at_depth = *how;
		fault_list	faults = {.count = 0};

		at_depth.depth = (qfs_audit_depth) depth;
		script_verify(l, &at_depth, &faults);
		CHECK_TEXT(qfs_slice_of(faults.text), want);
	}
}

/* Key 1 is in force up to entry 5, which hands over to key 2. */
static void
checkpoints(void)
{
	static const struct
	{
		const char *origin;
		uint64_t	size;
		uint8_t		key;
		bool		late;
		const char *want;
	}			rows[] = {
		{SAMPLE_ORIGIN, 1, 1, false, ""},
		{SAMPLE_ORIGIN, 5, 1, false, ""},
		{SAMPLE_ORIGIN, 6, 2, false, ""},
		{SAMPLE_ORIGIN, 9, 2, false, ""},
		{SAMPLE_ORIGIN, 9, 2, true, ""},
		{SAMPLE_ORIGIN, 5, 2, false, "5 CHECKPOINT_KEY"},
		{SAMPLE_ORIGIN, 6, 1, false, "6 CHECKPOINT_KEY"},
		{SAMPLE_ORIGIN, 9, 1, false, "9 CHECKPOINT_KEY"},
		{SAMPLE_ORIGIN, 9, 7, false, "9 CHECKPOINT_KEY"},
		{SAMPLE_ORIGIN, 10, 2, false, "10 CHECKPOINT_SIZE"},
		{SAMPLE_ORIGIN, 0, 2, false, "0 CHECKPOINT_SIZE"},
		{SAMPLE_ORIGIN, 5, 1, true, "5 CHECKPOINT_SIZE"},
		{"ledger.example/mai", 9, 2, false, "9 CHECKPOINT_ORIGIN"},
		{"ledger.example/main2", 9, 2, false, "9 CHECKPOINT_ORIGIN"},
		{"stranger.example/main", 9, 2, false, "9 CHECKPOINT_ORIGIN"},
	};
	static script l;

	sample_open(&s);
	sample_ledger(&s);
	script_of(&s, &l);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		script_audit how = {.note = note_of(rows[i].origin, rows[i].size, rows[i].key),
		.late = rows[i].late};

		unit_row("size %llu by key %d for %s", (unsigned long long) rows[i].size, rows[i].key,
				 rows[i].origin);
		check_faults(&l, &how, rows[i].want);
	}
	sample_close(&s);
}

/* Signed by the right key, but over something else. */
static void
wrong_roots(void)
{
	qfs_hash	root = {{1}};
	script_audit how;
	uint8_t    *digit;
	qfs_buf		note;
	static script l;

	sample_open(&s);
	sample_ledger(&s);
	script_of(&s, &l);
	qfs_buf_init(&note, memory, sizeof(memory));
	sample_checkpoint(&note, SAMPLE_ORIGIN, s.count, &root, 2);
	how = (script_audit) {.note = qfs_buf_slice(&note)};
	check_faults(&l, &how, "9 CHECKPOINT_ROOT");

	/* The root of another size. */
	CHECK_STATUS(qfs_tree_root(&s.tree, 8, &root, NULL), QFS_OK);
	qfs_buf_init(&note, memory, sizeof(memory));
	sample_checkpoint(&note, SAMPLE_ORIGIN, s.count, &root, 2);
	check_faults(&l, &how, "9 CHECKPOINT_ROOT");

	/* The genuine signature under another root. */
	how.note = note_of(SAMPLE_ORIGIN, 9, 2);
	digit = &memory[strlen(SAMPLE_ORIGIN) + 4];
	*digit = *digit == 'A' ? 'B' : 'A';
	check_faults(&l, &how, "9 SIGNATURE_INVALID");
	sample_close(&s);
}

static void
trusted_keys(void)
{
	static const struct
	{
		const char *name;
		uint8_t		trusted;
		uint64_t	size;		/* of the checkpoint; 0 = none */
		uint8_t		key;
		const char *want;
	}			rows[] = {
		{SAMPLE_ORIGIN, 1, 0, 0, ""},
		{SAMPLE_ORIGIN, 2, 0, 0, ""},
		{SAMPLE_ORIGIN, 1, 3, 1, ""},
		{SAMPLE_ORIGIN, 1, 9, 2, ""},
		{SAMPLE_ORIGIN, 2, 9, 2, ""},
		/* Whoever trusts the second key has no word for what came before it. */
		{SAMPLE_ORIGIN, 2, 3, 1, "3 CHECKPOINT_KEY"},
		{SAMPLE_ORIGIN, 9, 0, 0, "9 KEY_UNTRUSTED"},
		{SAMPLE_ORIGIN, 9, 9, 2, "9 CHECKPOINT_KEY 9 KEY_UNTRUSTED"},
		{SAMPLE_ORIGIN, 9, 9, 9, "9 CHECKPOINT_KEY 9 KEY_UNTRUSTED"},
		{"other.example/main", 1, 0, 0, "9 KEY_UNTRUSTED"},
	};
	static script l;

	sample_open(&s);
	sample_ledger(&s);
	script_of(&s, &l);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_vkey	trusted = test_vkey(rows[i].name, QFS_NOTE_ED25519, rows[i].trusted);
		script_audit how = {.trusted = &trusted};

		unit_row("row %zu", i);
		if (rows[i].size > 0)
			how.note = note_of(SAMPLE_ORIGIN, rows[i].size, rows[i].key);
		check_faults(&l, &how, rows[i].want);
	}
	sample_close(&s);
}

/*
 * A stranger (key 9) writes a ledger of the same origin and rotates to the
 * trusted key 1, whose public half everybody knows.  He cannot sign as key 1,
 * and what he signs as key 9 counts for nothing.
 */
static void
rotation_to_the_trusted_key(void)
{
	static const struct
	{
		uint64_t	size;
		uint8_t		key;
		const char *want;
	}			rows[] = {
		{1, 9, "1 CHECKPOINT_KEY"},
		{2, 9, "2 CHECKPOINT_KEY"},
		{3, 9, "3 CHECKPOINT_KEY"},
	};
	qfs_vkey	trusted = test_vkey(SAMPLE_ORIGIN, QFS_NOTE_ED25519, 1);
	static script l;

	sample_open(&s);
	CHECK_STATUS(sample_append(&s, "GENESIS", sample_genesis_payload(SAMPLE_ORIGIN, 9)), QFS_OK);
	CHECK_STATUS(sample_append(&s, "KEY_ROTATED",
							   sample_rotation_payload(&s.entry[0].seal.hash, 9, 1)), QFS_OK);
	CHECK_STATUS(sample_append(&s, "EVENT_TYPE", "{\"by\":\"operator\",\"schema\":{},\"type\":\"A\"}"),
				 QFS_OK);
	script_of(&s, &l);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		script_audit how = {.note = note_of(SAMPLE_ORIGIN, rows[i].size, rows[i].key),
		.trusted = &trusted};

		unit_row("checkpoint of size %llu", (unsigned long long) rows[i].size);
		check_faults(&l, &how, rows[i].want);
	}
	sample_close(&s);
}

/* And back to his own key, which key 1 never endorsed. */
static void
rotation_away_from_the_trusted_key(void)
{
	static const char *const want[] = {
		"3 CHECKPOINT_KEY", "2 SIGNATURE_INVALID 3 CHECKPOINT_KEY", "2 SIGNATURE_INVALID 3 CHECKPOINT_KEY"
	};
	qfs_vkey	trusted = test_vkey(SAMPLE_ORIGIN, QFS_NOTE_ED25519, 1);
	static script l;

	sample_open(&s);
	CHECK_STATUS(sample_append(&s, "GENESIS", sample_genesis_payload(SAMPLE_ORIGIN, 9)), QFS_OK);
	CHECK_STATUS(sample_append(&s, "KEY_ROTATED",
							   sample_rotation_payload(&s.entry[0].seal.hash, 9, 1)), QFS_OK);
	s.reducer.check_signatures = false;
	CHECK_STATUS(sample_append(&s, "KEY_ROTATED",
							   sample_rotation_payload(&s.entry[0].seal.hash, 9, 9)), QFS_OK);
	script_of(&s, &l);
	for (int depth = 0; depth < 3; depth++)
	{
		script_audit how = {.depth = (qfs_audit_depth) depth,.note = note_of(SAMPLE_ORIGIN, 3, 9),
		.trusted = &trusted};
		fault_list	faults = {.count = 0};

		script_verify(&l, &how, &faults);
		CHECK_TEXT(qfs_slice_of(faults.text), want[depth]);
	}
	sample_close(&s);
}

/* The trusted key, named by a rotation that nobody endorsed, was never in force. */
static void
unendorsed_rotation(void)
{
	static const char *const want[] = {
		"2 KEY_UNTRUSTED", "1 SIGNATURE_INVALID 2 KEY_UNTRUSTED", "1 SIGNATURE_INVALID 2 KEY_UNTRUSTED"
	};
	qfs_vkey	trusted = test_vkey(SAMPLE_ORIGIN, QFS_NOTE_ED25519, 1);
	static script l;

	sample_open(&s);
	CHECK_STATUS(sample_append(&s, "GENESIS", sample_genesis_payload(SAMPLE_ORIGIN, 9)), QFS_OK);
	s.reducer.check_signatures = false;
	CHECK_STATUS(sample_append(&s, "KEY_ROTATED",
							   sample_rotation_payload(&s.entry[0].seal.hash, 8, 1)), QFS_OK);
	script_of(&s, &l);
	for (int depth = 0; depth < 3; depth++)
	{
		script_audit how = {.depth = (qfs_audit_depth) depth,.trusted = &trusted};
		fault_list	faults = {.count = 0};

		script_verify(&l, &how, &faults);
		CHECK_TEXT(qfs_slice_of(faults.text), want[depth]);
	}
	sample_close(&s);
}

/* Key 9 recovers; whoever trusts key 1 follows, at every depth, to the key that is endorsed and to no other. */
static void
recovery(void)
{
	static const struct
	{
		uint8_t		by;
		uint8_t		note;
		const char *want[3];
	}			rows[] = {
		{9, 2, {"", "", ""}},
		{9, 1, {"2 CHECKPOINT_KEY", "2 CHECKPOINT_KEY", "2 CHECKPOINT_KEY"}},
		{8, 2, {"2 CHECKPOINT_KEY", "1 SIGNATURE_INVALID 2 CHECKPOINT_KEY", "1 SIGNATURE_INVALID 2 CHECKPOINT_KEY"}},
		{1, 2, {"2 CHECKPOINT_KEY", "1 SIGNATURE_INVALID 2 CHECKPOINT_KEY", "1 SIGNATURE_INVALID 2 CHECKPOINT_KEY"}},
	};
	qfs_vkey	trusted = test_vkey(SAMPLE_ORIGIN, QFS_NOTE_ED25519, 1);
	static script l;

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		test_key	key = test_key_of(2);
		test_key	recovery_key = test_key_of(9);
		qfs_signing_key_record next = {.number = 1,.checkpoint = key.public,.token = key.public,
		.has_recovery = true,.recovery = recovery_key.public};

		sample_open(&s);
		sample_recoverable(&s, 9);
		s.reducer.check_signatures = false;
		CHECK_STATUS(sample_append(&s, "KEY_ROTATED",
								   sample_recovery_payload(&s.entry[0].seal.hash, rows[i].by, &next, false)), QFS_OK);
		script_of(&s, &l);
		for (int depth = 0; depth < 3; depth++)
		{
			script_audit how = {.depth = (qfs_audit_depth) depth,.note = note_of(SAMPLE_ORIGIN, 2, rows[i].note),
			.trusted = &trusted};
			fault_list	faults = {.count = 0};

			unit_row("by %d, depth %d", rows[i].by, depth);
			script_verify(&l, &how, &faults);
			CHECK_TEXT(qfs_slice_of(faults.text), rows[i].want[depth]);
		}
		sample_close(&s);
	}
}

/* A recovery names its number: the keys before it count, whichever form they came in. */
static void
recovery_after_rotations(void)
{
	test_key	key = test_key_of(4);
	test_key	recovery_key = test_key_of(9);
	test_key	successor = test_key_of(8);
	qfs_signing_key_record next = {.number = 3,.checkpoint = key.public,.token = key.public,
	.has_recovery = true,.recovery = successor.public};
	qfs_vkey	trusted = test_vkey(SAMPLE_ORIGIN, QFS_NOTE_ED25519, 1);
	static script l;

	sample_open(&s);
	sample_recoverable(&s, 9);
	CHECK_STATUS(sample_append(&s, "KEY_ROTATED", sample_rotation_payload(&s.entry[0].seal.hash, 1, 2)), QFS_OK);
	CHECK_STATUS(sample_append(&s, "KEY_ROTATED", sample_rotation_payload(&s.entry[0].seal.hash, 2, 3)), QFS_OK);
	CHECK_STATUS(sample_append(&s, "KEY_ROTATED",
							   sample_recovery_payload(&s.entry[0].seal.hash, 9, &next, true)), QFS_OK);
	key = test_key_of(5);
	next = (qfs_signing_key_record) {.number = 4,.checkpoint = key.public,.token = key.public,
	.has_recovery = true,.recovery = recovery_key.public};
	CHECK_STATUS(sample_append(&s, "KEY_ROTATED",
							   sample_recovery_payload(&s.entry[0].seal.hash, 8, &next, true)), QFS_OK);
	script_of(&s, &l);
	for (uint8_t size = 1; size <= 5; size++)
	{
		script_audit how = {.depth = QFS_AUDIT_HASHES,.note = note_of(SAMPLE_ORIGIN, size, size),.trusted = &trusted};

		unit_row("checkpoint of size %d", size);
		check_faults(&l, &how, "");
	}
	sample_close(&s);
}

/*
 * A line out of its turn names no keys: a forged genesis at the end does not
 * make the stranger's checkpoint good.
 */
static void
forged_genesis_late(void)
{
	qfs_vkey	trusted = test_vkey(SAMPLE_ORIGIN, QFS_NOTE_ED25519, 1);
	uint8_t		note_memory[1024];
	qfs_hash	root;
	qfs_buf		note;
	sample		other;
	static script l;

	sample_open(&s);
	sample_ledger(&s);
	script_of(&s, &l);
	sample_open(&other);
	CHECK_STATUS(sample_append(&other, "GENESIS", sample_genesis_payload(SAMPLE_ORIGIN, 9)), QFS_OK);
	script_insert(&l, 9, sample_line(&other, 0));
	CHECK_STATUS(qfs_tree_root(&s.tree, 9, &root, NULL), QFS_OK);
	qfs_buf_init(&note, note_memory, sizeof(note_memory));
	sample_checkpoint(&note, SAMPLE_ORIGIN, 9, &root, 9);
	check_faults(&l, &(script_audit) {.note = qfs_buf_slice(&note),.trusted = &trusted,.late = true},
				 "0 SEQ_GAP 9 CHECKPOINT_KEY");
	sample_close(&other);
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(checkpoints),
	CASE(wrong_roots),
	CASE(trusted_keys),
	CASE(rotation_to_the_trusted_key),
	CASE(rotation_away_from_the_trusted_key),
	CASE(unendorsed_rotation),
	CASE(recovery),
	CASE(recovery_after_rotations),
	CASE(forged_genesis_late),
	NO_MORE_CASES
};

const unit_suite suite_audit_checkpoint = {"audit_checkpoint", cases};
