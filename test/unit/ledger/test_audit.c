/*
 * test_audit.c - attacks on an exported ledger, and the codes that answer them.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include "ledger/registry.h"
#include "support/script.h"

static sample s;

/* ---- what an attacker does to the lines ---- */

static void
nothing(script *l)
{
	(void) l;
}

static void
payload_byte(script *l)
{
	script_edit(l, 4, "second", "Second");
}

static void
payload_byte_of_last(script *l)
{
	script_edit(l, 8, "null", "true");
}

/* A digit of the token key: the genesis is another one, and so is the ledger. */
static void
genesis_byte(script *l)
{
	script_digit(l, 0, "\"at\":1");
}

/* Half of all numbers are on the curve, and of those an eighth of prime order: this is none. */
static void
genesis_key(script *l)
{
	script_digit(l, 0, "\"token\":\"");
}

static void
broken_json(script *l)
{
	script_edit(l, 4, "\"payload\"", "'payload\"");
}

static void
spaced(script *l)
{
	script_edit(l, 4, ",\"payload\"", ", \"payload\"");
}

static void
unknown_format(script *l)
{
	script_edit(l, 4, "\"v\":2", "\"v\":1");
}

static void
half_a_line(script *l)
{
	l->line[8].len /= 2;
}

static void
empty_line(script *l)
{
	l->line[4].len = 0;
}

static void
line_removed(script *l)
{
	script_remove(l, 4);
}

static void
registration_removed(script *l)
{
	script_remove(l, 1);
}

static void
head_removed(script *l)
{
	script_remove(l, 0);
}

static void
tail_removed(script *l)
{
	l->count = 8;
}

static void
most_removed(script *l)
{
	l->count = 3;
}

static void
all_removed(script *l)
{
	l->count = 0;
}

static void
line_inserted(script *l)
{
	script_insert(l, 4, script_line(l, 4));
	script_edit(l, 4, "second", "forged");
}

static void
garbage_inserted(script *l)
{
	script_insert(l, 4, QFS_LITERAL("garbage"));
}

static void
neighbours_swapped(script *l)
{
	script_swap(l, 6, 7);
}

static void
lines_swapped(script *l)
{
	script_swap(l, 2, 4);
}

static void
line_duplicated(script *l)
{
	script_insert(l, 5, script_line(l, 4));
}

static void
last_duplicated(script *l)
{
	script_insert(l, 9, script_line(l, 8));
}

static void
genesis_duplicated(script *l)
{
	script_insert(l, 9, script_line(l, 0));
}

static void
genesis_repeated_at_once(script *l)
{
	script_insert(l, 1, script_line(l, 0));
}

/* After a rotation it must not bring the first key back. */
static void
genesis_repeated_late(script *l)
{
	script_insert(l, 7, script_line(l, 0));
}

static void
rotation_duplicated(script *l)
{
	script_insert(l, 7, script_line(l, 5));
}

/* Another suffix, linked as it should be. */
static void
forked(script *l)
{
	script_edit(l, 6, "third", "other");
	script_edit(l, 8, "null", "true");
	script_relink(l, 7);
}

static void
rehashed(script *l)
{
	script_edit(l, 2, "first", "forged");
	script_relink(l, 3);
}

static void
rehashed_from_genesis(script *l)
{
	script_edit(l, 0, "\"at\":1795376692000", "\"at\":1795376691000");
	script_relink(l, 1);
}

static void
linked_to_something(script *l)
{
	script_edit(l, 0, "\"prev\":\"0", "\"prev\":\"1");
	script_relink(l, 1);
}

static void
outcome_forged(script *l)
{
	script_edit(l, 5, "{\"number\":1}", "{\"number\":2}");
	script_relink(l, 6);
}

static void
outcome_invented(script *l)
{
	script_edit(l, 4, "\"outcome\":{}", "\"outcome\":{\"reward\":\"1000\"}");
	script_relink(l, 5);
}

static void
outcome_dropped(script *l)
{
	script_edit(l, 5, "{\"result\":{\"number\":1}}", "{}");
	script_relink(l, 6);
}

static void
rotation_forged(script *l)
{
	script_digit(l, 5, "\"signature\":\"");
	script_relink(l, 6);
}

static void
payload_misfit(script *l)
{
	script_edit(l, 4, "{\"text\":\"second\"}", "{\"text\":2}");
	script_relink(l, 5);
}

static void
auth_forged(script *l)
{
	script_edit(l, 4, "{\"via\":\"operator\"}", "{\"via\":\"nobody\"}");
	script_relink(l, 5);
}

static void
actor_forged(script *l)
{
	script_edit(l, 3, "\"system\"",
				"\"user_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b9\"");
	script_relink(l, 4);
}

static void
unregistered(script *l)
{
	script_edit(l, 4, "\"NOTED\"", "\"NOTET\"");
	script_relink(l, 5);
}

/* In the name of an account, by a session that never was, or its wallet. */
static void
in_the_name_of(script *l, const char *auth)
{
	script_edit(l, 4, "\"system\"",
				"\"user_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b9\"");
	script_edit(l, 4, "{\"via\":\"operator\"}", auth);
	script_relink(l, 5);
}

#define NO_SESSION_OF_ANYBODY "{\"session\":\"abababababababababababababababababababababababababababababababab\",\"via\":\"session\"}"

static void
unregistered_by_session(script *l)
{
	unregistered(l);
	in_the_name_of(l, NO_SESSION_OF_ANYBODY);
}

static void
unregistered_by_wallet(script *l)
{
	unregistered(l);
	script_edit(l, 4, "\"sig\":null", "\"sig\":\"0x\"");
	in_the_name_of(l, "{\"via\":\"wallet\"}");
}

static void
misfit_by_session(script *l)
{
	payload_misfit(l);
	in_the_name_of(l, NO_SESSION_OF_ANYBODY);
}

/* The salt is nobody's word, and changes every commitment. */
static void
salt_changed(script *l)
{
	script_digit(l, 4, "\"salt\":\"");
}

static void
salt_changed_and_linked(script *l)
{
	script_digit(l, 4, "\"salt\":\"");
	script_relink(l, 5);
}

/* The same entry, with one part as its commitment: it hashes as before. */
static void
payload_hidden(script *l)
{
	static uint8_t bytes[QFS_LINE_MAX];
	qfs_entry	entry;
	qfs_buf		out;

	CHECK_STATUS(qfs_line_read(script_line(l, 4), &entry, NULL), QFS_OK);
	qfs_entry_hide(&entry, QFS_PART_PAYLOAD);
	qfs_buf_init(&out, bytes, sizeof(bytes));
	CHECK_STATUS(qfs_line_write(&entry, &out, NULL), QFS_OK);
	script_remove(l, 4);
	script_insert(l, 4, qfs_buf_slice(&out));
}

/* An account that the entry has never touched gets something. */
static void
account_invented(script *l)
{
	script_edit(l, 4, "\"accounts\":[]", "\"accounts\":[{\"account\":"
				"\"user_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b9\",\"kind\":\"nonce\","
				"\"policy\":3,\"previous\":null,\"rules\":[\"EVENT_SIGNED\"],\"state\":{\"event_nonce\":1},\"was\":{}}]");
	script_relink(l, 5);
}

static void
second_genesis(script *l)
{
	script_insert(l, 9, script_line(l, 0));
	script_edit(l, 9, "\"seq\":0", "\"seq\":9");
	script_relink(l, 9);
}

static void
time_turned_back(script *l)
{
	script_edit(l, 4, "\"at\":1795376696000", "\"at\":1795376694999");
	script_relink(l, 5);
}

/* One lie is one fault: the entries after it are compared with each other again. */
static void
time_turned_forward(script *l)
{
	script_edit(l, 4, "\"at\":1795376696000", "\"at\":1795376699999");
	script_relink(l, 5);
}

static void
seq_forged(script *l)
{
	script_edit(l, 8, "\"seq\":8", "\"seq\":9");
}

static void
genesis_missing(script *l)
{
	script_edit(l, 0, "\"GENESIS\"", "\"GENESES\"");
	script_relink(l, 1);
}

/*
 * The genuine checkpoint is of size 9, by the key in force there, and the
 * verifier trusts the first key.  NULL: as at the depth before.
 */
static const struct attack
{
	const char *name;
	void		(*attack) (script *l);
	const char *want[3];		/* hashes, signatures, replay */
}			attacks[] = {
	{"nothing", nothing, {""}},
	{"a byte of a payload", payload_byte, {"4 LINK_BROKEN 9 CHECKPOINT_ROOT"}},
	{"a byte of the last payload", payload_byte_of_last, {"9 CHECKPOINT_ROOT"}},
	{"a byte of the genesis", genesis_byte, {"0 LINK_BROKEN 9 CHECKPOINT_KEY",
	"0 LINK_BROKEN 5 SIGNATURE_INVALID 9 CHECKPOINT_KEY"}},
	{"a key of the genesis", genesis_key, {"0 LINK_BROKEN 9 CHECKPOINT_KEY",
		"0 ED25519_KEY 0 LINK_BROKEN 1 NO_GENESIS 2 NO_GENESIS 3 NO_GENESIS 4 NO_GENESIS 5 NO_GENESIS 6 NO_GENESIS "
	"7 NO_GENESIS 8 NO_GENESIS 9 CHECKPOINT_KEY"}},
	{"another salt", salt_changed, {"4 LINK_BROKEN 9 CHECKPOINT_ROOT"}},
	{"another salt, re-hashed", salt_changed_and_linked, {"9 CHECKPOINT_ROOT"}},
	{"a payload hidden", payload_hidden, {"4 ENTRY_INCOMPLETE 9 CHECKPOINT_ROOT"}},
	{"an account invented", account_invented, {"9 CHECKPOINT_ROOT", NULL,
	"4 OUTCOME_MISMATCH 9 CHECKPOINT_ROOT"}},
	{"broken JSON", broken_json, {"4 JSON_SYNTAX 9 CHECKPOINT_ROOT"}},
	{"a space", spaced, {"4 JSON_SYNTAX 9 CHECKPOINT_ROOT"}},
	{"another format", unknown_format, {"4 ENTRY_FORMAT 9 CHECKPOINT_ROOT"}},
	{"half a line", half_a_line, {"8 JSON_SYNTAX 9 CHECKPOINT_ROOT"}},
	{"an empty line", empty_line, {"4 JSON_SYNTAX 9 CHECKPOINT_ROOT"}},
	{"a line removed", line_removed, {"4 SEQ_GAP 9 CHECKPOINT_ROOT"}},
	{"a registration removed", registration_removed, {"1 SEQ_GAP 9 CHECKPOINT_ROOT",
	"1 SEQ_GAP 2 TYPE_UNKNOWN 4 TYPE_UNKNOWN 6 TYPE_UNKNOWN 9 CHECKPOINT_ROOT"}},
	{"the head removed", head_removed, {"0 SEQ_GAP 9 CHECKPOINT_ORIGIN 9 KEY_UNTRUSTED",
		"0 SEQ_GAP 1 NO_GENESIS 2 NO_GENESIS 3 NO_GENESIS 4 NO_GENESIS 5 NO_GENESIS 6 NO_GENESIS "
	"7 NO_GENESIS 8 NO_GENESIS 9 CHECKPOINT_ORIGIN 9 KEY_UNTRUSTED"}},
	{"the tail removed", tail_removed, {"9 CHECKPOINT_SIZE"}},
	{"most removed", most_removed, {"9 CHECKPOINT_SIZE"}},
	{"all removed", all_removed, {"9 CHECKPOINT_ORIGIN 0 NO_GENESIS"}},
	{"a line inserted", line_inserted, {"4 SEQ_GAP 4 LINK_BROKEN 9 CHECKPOINT_ROOT"}},
	{"garbage inserted", garbage_inserted, {"4 JSON_SYNTAX 4 SEQ_GAP 9 CHECKPOINT_ROOT"}},
	{"neighbours swapped", neighbours_swapped, {"6 SEQ_GAP 6 SEQ_GAP 9 CHECKPOINT_ROOT"}},
	{"lines swapped", lines_swapped, {"2 SEQ_GAP 3 SEQ_GAP 2 SEQ_GAP 9 CHECKPOINT_ROOT"}},
	{"a line duplicated", line_duplicated, {"4 SEQ_GAP"}},
	{"the last duplicated", last_duplicated, {"8 SEQ_GAP"}},
	{"the genesis duplicated", genesis_duplicated, {"0 SEQ_GAP"}},
	{"the genesis at once", genesis_repeated_at_once, {"0 SEQ_GAP"}},
	{"the genesis again, late", genesis_repeated_late, {"0 SEQ_GAP"}},
	{"a rotation duplicated", rotation_duplicated, {"5 SEQ_GAP"}},
	{"a forked suffix", forked, {"9 CHECKPOINT_ROOT"}},
	{"re-hashed", rehashed, {"9 CHECKPOINT_ROOT"}},
	{"re-hashed from the genesis", rehashed_from_genesis, {"9 CHECKPOINT_KEY",
	"5 SIGNATURE_INVALID 9 CHECKPOINT_KEY"}},
	{"linked to something", linked_to_something, {"0 LINK_BROKEN 9 CHECKPOINT_KEY",
	"0 LINK_BROKEN 5 SIGNATURE_INVALID 9 CHECKPOINT_KEY"}},
	{"a forged outcome", outcome_forged, {"9 CHECKPOINT_ROOT", NULL,
	"5 OUTCOME_MISMATCH 9 CHECKPOINT_ROOT"}},
	{"an invented outcome", outcome_invented, {"9 CHECKPOINT_ROOT", NULL,
	"4 OUTCOME_MISMATCH 9 CHECKPOINT_ROOT"}},
	{"a dropped outcome", outcome_dropped, {"9 CHECKPOINT_ROOT", NULL,
	"5 OUTCOME_MISMATCH 9 CHECKPOINT_ROOT"}},
	{"a forged rotation", rotation_forged, {"9 CHECKPOINT_KEY",
	"5 SIGNATURE_INVALID 9 CHECKPOINT_KEY"}},
	{"a payload that does not fit", payload_misfit, {"9 CHECKPOINT_ROOT",
	"4 PAYLOAD_INVALID 9 CHECKPOINT_ROOT"}},
	{"a forged auth", auth_forged, {"9 CHECKPOINT_ROOT", "4 AUTH_INVALID 9 CHECKPOINT_ROOT"}},
	{"a forged actor", actor_forged, {"9 CHECKPOINT_ROOT", "3 ACTOR_MISMATCH 9 CHECKPOINT_ROOT"}},
	{"an unregistered type", unregistered, {"9 CHECKPOINT_ROOT",
	"4 TYPE_UNKNOWN 9 CHECKPOINT_ROOT"}},
	{"a second genesis", second_genesis, {"9 TIME_BACKWARD", "9 TIME_BACKWARD 9 GENESIS_EXISTS"}},
	{"time turned back", time_turned_back, {"4 TIME_BACKWARD 9 CHECKPOINT_ROOT"}},
	{"time turned forward", time_turned_forward, {"5 TIME_BACKWARD 9 CHECKPOINT_ROOT"}},
	{"a forged seq", seq_forged, {"8 SEQ_GAP 9 CHECKPOINT_SIZE"}},
	{"no genesis", genesis_missing, {"9 CHECKPOINT_KEY",
		"0 NO_GENESIS 1 NO_GENESIS 2 NO_GENESIS 3 NO_GENESIS 4 NO_GENESIS 5 NO_GENESIS 6 NO_GENESIS "
	"7 NO_GENESIS 8 NO_GENESIS 9 CHECKPOINT_KEY"}},
};

static const char *const depths[] = {"hashes", "signatures", "replay"};

static void
all_attacks(void)
{
	qfs_vkey	trusted = test_vkey(SAMPLE_ORIGIN, QFS_NOTE_ED25519, 1);
	uint8_t		memory[1024];
	qfs_hash	root;
	qfs_buf		note;

	sample_open(&s);
	sample_ledger(&s);
	CHECK_STATUS(qfs_tree_root(&s.tree, s.count, &root, NULL), QFS_OK);
	qfs_buf_init(&note, memory, sizeof(memory));
	sample_checkpoint(&note, SAMPLE_ORIGIN, s.count, &root, 2);
	for (size_t i = 0; i < ROWS(attacks); i++)
	{
		const char *want = "";

		for (int depth = 0; depth < 3; depth++)
		{
			static script l;
			script_audit how = {.depth = (qfs_audit_depth) depth,.note = qfs_buf_slice(&note),
			.trusted = &trusted};
			fault_list	faults = {.count = 0};

			if (attacks[i].want[depth] != NULL)
				want = attacks[i].want[depth];
			unit_row("%s, %s", attacks[i].name, depths[depth]);
			script_of(&s, &l);
			attacks[i].attack(&l);
			script_verify(&l, &how, &faults);
			CHECK_TEXT(qfs_slice_of(faults.text), want);
		}
	}
	sample_close(&s);
}

/* An operator who signs his own forgery: only the replay finds him out. */
static void
signed_forgery(void)
{
	static const struct
	{
		void		(*attack) (script *l);
		const char *want[3];
	}			rows[] = {
		{outcome_forged, {"", "", "5 OUTCOME_MISMATCH"}},
		{outcome_invented, {"", "", "4 OUTCOME_MISMATCH"}},
		{account_invented, {"", "", "4 OUTCOME_MISMATCH"}},
		/* The operator draws the salts. */
		{salt_changed_and_linked, {"", "", ""}},
		{payload_misfit, {"", "4 PAYLOAD_INVALID", "4 PAYLOAD_INVALID"}},
		{auth_forged, {"", "4 AUTH_INVALID", "4 AUTH_INVALID"}},
		{time_turned_back, {"4 TIME_BACKWARD", "4 TIME_BACKWARD", "4 TIME_BACKWARD"}},
	};

	sample_open(&s);
	sample_ledger(&s);
	for (size_t i = 0; i < ROWS(rows); i++)
		for (int depth = 0; depth < 3; depth++)
		{
			static script l;
			uint8_t		memory[1024];
			script_audit how = {.depth = (qfs_audit_depth) depth};
			fault_list	faults = {.count = 0};
			qfs_hash	root;
			qfs_buf		note;

			unit_row("row %zu, %s", i, depths[depth]);
			script_of(&s, &l);
			rows[i].attack(&l);
			root = script_root(&l);
			qfs_buf_init(&note, memory, sizeof(memory));
			sample_checkpoint(&note, SAMPLE_ORIGIN, l.count, &root, 2);
			how.note = qfs_buf_slice(&note);
			script_verify(&l, &how, &faults);
			CHECK_TEXT(qfs_slice_of(faults.text), rows[i].want[depth]);
		}
	sample_close(&s);
}

/* Every byte of the export, changed: some fault or other, at every depth. */
static void
every_byte(void)
{
	uint8_t		memory[1024];
	qfs_hash	root;
	qfs_buf		note;

	sample_open(&s);
	sample_ledger(&s);
	CHECK_STATUS(qfs_tree_root(&s.tree, s.count, &root, NULL), QFS_OK);
	qfs_buf_init(&note, memory, sizeof(memory));
	sample_checkpoint(&note, SAMPLE_ORIGIN, s.count, &root, 2);
	for (unsigned n = 0; n < s.count; n++)
		for (size_t at = 0; at < s.entry[n].len; at++)
		{
			static script l;
			script_audit how = {.depth = QFS_AUDIT_HASHES,.note = qfs_buf_slice(&note)};
			fault_list	faults = {.count = 0};

			unit_row("line %u, byte %zu", n, at);
			script_of(&s, &l);
			l.line[n].bytes[at] ^= 1;
			script_verify(&l, &how, &faults);
			CHECK(faults.count > 0);
		}
	sample_close(&s);
}

/* An outcome that is wrong may be acknowledged; nothing else may. */
static void
acknowledged(void)
{
	static const struct
	{
		void		(*attack) (script *l);
		uint64_t	acknowledged;
		const char *want;
	}			rows[] = {
		{nothing, 4, ""},
		{outcome_invented, 4, "4 OUTCOME_ACKNOWLEDGED"}, {outcome_invented, 3, "4 OUTCOME_MISMATCH"},
		{payload_misfit, 4, "4 OUTCOME_ACKNOWLEDGED"}, {unregistered, 4, "4 OUTCOME_ACKNOWLEDGED"},
		{unregistered_by_session, 4, "4 SESSION_ENDED"}, {unregistered_by_wallet, 4, "4 NO_SESSION"},
		{misfit_by_session, 4, "4 SESSION_ENDED"},
		{auth_forged, 4, "4 AUTH_INVALID"}, {actor_forged, 3, "3 ACTOR_MISMATCH"},
		{rotation_forged, 5, "5 SIGNATURE_INVALID"}, {payload_byte, 4, "4 LINK_BROKEN"},
		{outcome_forged, 5, "5 OUTCOME_MISMATCH"}, /* of a rotation: which key would be next? */
	};

	sample_open(&s);
	sample_ledger(&s);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		static script l;
		unsigned	asked = 0;
		script_audit how = {.depth = QFS_AUDIT_REPLAY,.acknowledged = rows[i].acknowledged,.asked = &asked};
		fault_list	faults = {.count = 0};

		unit_row("row %zu", i);
		script_of(&s, &l);
		rows[i].attack(&l);
		script_verify(&l, &how, &faults);
		CHECK_TEXT(qfs_slice_of(faults.text), rows[i].want);
		/* Nobody looks for acknowledgements while every outcome is right. */
		CHECK_UINT(asked > 0, strstr(rows[i].want, "OUTCOME_") != NULL);
	}
	sample_close(&s);
}

/* Where outcomes are not compared, state goes on from those that were acknowledged all the same. */
static void
acknowledged_signatures(void)
{
	static const struct
	{
		void		(*attack) (script *l);
		uint64_t	acknowledged;
		const char *want;
	}			rows[] = {
		{nothing, 4, ""}, {outcome_invented, 3, ""}, {outcome_invented, 4, "4 OUTCOME_ACKNOWLEDGED"},
		{payload_misfit, 3, "4 PAYLOAD_INVALID"}, {outcome_forged, 5, "5 OUTCOME_MISMATCH"},
	};

	sample_open(&s);
	sample_ledger(&s);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		static script l;
		script_audit how = {.depth = QFS_AUDIT_SIGNATURES,.acknowledged = rows[i].acknowledged};
		fault_list	faults = {.count = 0};

		unit_row("row %zu", i);
		script_of(&s, &l);
		rows[i].attack(&l);
		script_verify(&l, &how, &faults);
		CHECK_TEXT(qfs_slice_of(faults.text), rows[i].want);
	}
	sample_close(&s);
}

/* The event that says so: entries before it, in their order. */
static void
acknowledging(void)
{
	static const struct
	{
		const char *payload;
		qfs_status	want;
	}			rows[] = {
		{"{}", QFS_PAYLOAD_INVALID}, {"{\"faults\":[]}", QFS_PAYLOAD_INVALID},
		{"{\"faults\":[{\"seq\":1}]}", QFS_PAYLOAD_INVALID},
		{"{\"faults\":[{\"reason\":\"\",\"seq\":1}]}", QFS_PAYLOAD_INVALID},
		{"{\"faults\":[{\"reason\":\"x\",\"seq\":-1}]}", QFS_PAYLOAD_INVALID},
		{"{\"faults\":[{\"reason\":\"x\",\"seq\":9}]}", QFS_PAYLOAD_INVALID},
		{"{\"faults\":[{\"reason\":\"x\",\"seq\":3},{\"reason\":\"x\",\"seq\":3}]}", QFS_PAYLOAD_INVALID},
		{"{\"faults\":[{\"reason\":\"x\",\"seq\":4},{\"reason\":\"x\",\"seq\":3}]}", QFS_PAYLOAD_INVALID},
		{"{\"faults\":[{\"reason\":\"x\",\"seq\":3},{\"reason\":\"y\",\"seq\":8}]}", QFS_OK},
	};
	const qfs_rule *rule = qfs_registry_find(&qfs_registry_own, QFS_LITERAL("FAULT_ACKNOWLEDGED"));
	uint64_t	seq = 0;

	sample_open(&s);
	sample_ledger(&s);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("row %zu", i);
		CHECK_STATUS(sample_append(&s, "FAULT_ACKNOWLEDGED", rows[i].payload), rows[i].want);
	}
	CHECK(rule->acknowledges(&s.event, 0, &seq) && seq == 3);
	CHECK(rule->acknowledges(&s.event, 1, &seq) && seq == 8);
	CHECK(!rule->acknowledges(&s.event, 2, &seq));
	/* One that was put there by hand does not excuse itself, nor what is to come. */
	s.event.seq = 8;
	CHECK(rule->acknowledges(&s.event, 0, &seq) && !rule->acknowledges(&s.event, 1, &seq));
	CHECK_STATUS(sample_append(&s, "EVENT_TYPE", "{\"by\":\"operator\",\"schema\":{},\"type\":\"FAULT_MINE\"}"), QFS_TYPE_RESERVED);
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(all_attacks),
	CASE(signed_forgery),
	CASE(every_byte),
	CASE(acknowledged),
	CASE(acknowledged_signatures),
	CASE(acknowledging),
	NO_MORE_CASES
};

const unit_suite suite_audit = {"audit", cases};
