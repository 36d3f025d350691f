/*
 * seeds.c - writes the inputs that fuzzing starts from: seeds DIRECTORY.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
/*
 * The unit tests' ledgers, people and messages, one file each in
 * DIRECTORY/<target>; scripts/check-fuzz adds the texts of their tables.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/visibility.h"
#include "identity/token.h"
#include "ledger/registry.h"
#include "support/explaining.h"
#include "support/harness.h"
#include "support/people.h"

static const char *directory;
static unsigned count;

static void
seed(const char *target, qfs_slice bytes)
{
	char		path[4096];
	FILE	   *file;

	snprintf(path, sizeof(path), "%s/%s/seed-%03u", directory, target, count++);
	file = fopen(path, "wb");
	if (file == NULL || fwrite(bytes.data, 1, bytes.len, file) != bytes.len || fclose(file) != 0)
	{
		perror(path);
		exit(1);
	}
}

/* An event as fuzz_event.c takes it. */
static void
seed_event(char who, char type, qfs_slice payload)
{
	static uint8_t memory[QFS_PAYLOAD_MAX + 2];
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_buf_byte(&buf, (uint8_t) who);
	qfs_buf_byte(&buf, (uint8_t) type);
	qfs_buf_slice_add(&buf, payload);
	seed("event", qfs_buf_slice(&buf));
}

/* The line as others see it: a part less, an account less, and none of it. */
static void
seed_partial(const qfs_entry *whole)
{
	static uint8_t memory[QFS_LINE_MAX];

	for (int shown = -1; shown <= QFS_PARTS; shown++)
	{
		qfs_entry	entry = *whole;
		qfs_buf		line;

		for (int part = 0; part < QFS_PARTS; part++)
			if (part != shown)
				qfs_entry_hide(&entry, (qfs_part) part);
		if (shown < QFS_PARTS)
			qfs_entry_hide_accounts(&entry);
		else if (entry.account_count > 1)
			qfs_entry_hide_account(&entry, 0);
		qfs_buf_init(&line, memory, sizeof(memory));
		CHECK_STATUS(qfs_line_write(&entry, &line, NULL), QFS_OK);
		seed("entry", qfs_buf_slice(&line));
	}
}

static void
seed_ledger(const sample *s)
{
	static uint8_t memory[SAMPLE_MAX * QFS_LINE_MAX];
	qfs_buf		export;

	qfs_buf_init(&export, memory, sizeof(memory));
	for (unsigned i = 0; i < s->count; i++)
	{
		qfs_slice	line = sample_line(s, i);
		qfs_entry	entry;

		seed("entry", line);
		seed("json", line);
		CHECK_STATUS(qfs_line_read(line, &entry, NULL), QFS_OK);
		seed_partial(&entry);
		seed("json", entry.payload);
		seed("json", entry.outcome);
		seed("auth", entry.auth);
		/* Who could have sent it, of every type: the fuzzer finds out which. */
		for (char who = 0x20; who < 0x24; who++)
			seed_event(who, (char) (0x40 + (int) i % 16), entry.payload);
		qfs_buf_slice_add(&export, line);
		qfs_buf_byte(&export, '\n');
		seed("ledger", qfs_buf_slice(&export));
	}
}

/* A line as a reader may see it. */
static void
add_shown(qfs_buf *out, qfs_slice line, const qfs_user_id *user)
{
	static uint8_t memory[QFS_LINE_MAX];
	qfs_reader	reader = {.has_user = true,.user = *user};
	qfs_entry	entry;
	qfs_buf		shown;

	CHECK_STATUS(qfs_line_read(line, &entry, NULL), QFS_OK);
	qfs_show_to(&qfs_registry_own, &reader, &entry);
	qfs_buf_init(&shown, memory, sizeof(memory));
	CHECK_STATUS(qfs_line_write(&entry, &shown, NULL), QFS_OK);
	qfs_buf_slice_add(out, qfs_buf_slice(&shown));
}

/* A question as fuzz_bundle.c takes it, and the ledger: all of it, or what the subject may see. */
static void
seed_question(const sample *s, const qfs_question *q, unsigned subject)
{
	static uint8_t memory[SAMPLE_MAX * QFS_LINE_MAX];
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_buf_byte(&buf, (uint8_t) ('0' + q->topic));
	qfs_buf_byte(&buf, (uint8_t) ('@' + q->seq));
	qfs_buf_byte(&buf, (uint8_t) ('0' + subject + (q->to_subject ? 4 : 0)));
	/* From the beginning; what is changed and hidden later, the fuzzer finds. */
	qfs_buf_text(&buf, "@0000\n");
	for (unsigned i = 0; i < s->count; i++)
	{
		if (q->to_subject && q->topic % 2 == 0)
			add_shown(&buf, sample_line(s, i), &q->subject);
		else
			qfs_buf_slice_add(&buf, sample_line(s, i));
		qfs_buf_byte(&buf, '\n');
	}
	seed("bundle", qfs_buf_slice(&buf));
}

/* Whatever can be explained, to nobody and to three people; and the bundles of the last entry. */
static void
seed_bundles(sample *s)
{
	static explaining e;
	qfs_question q = {.size = s->count};

	for (q.seq = 0; q.seq < s->count; q.seq++)
		for (q.topic = QFS_TOPIC_ENTRY; q.topic <= QFS_TOPIC_STATEMENT; q.topic++)
			for (unsigned reader = 0; reader < 8; reader++)
			{
				unsigned	subject = reader % 4;

				q.has_subject = subject > 0;
				q.to_subject = reader > 4;
				if (reader == 4)
					continue;
				if (q.has_subject)
					q.subject = test_wallet_of((uint8_t) subject).user;
				if (explaining_make(&e, s, &q, -1) != QFS_OK)
					continue;
				seed_question(s, &q, subject);
				if (q.seq + 1 == s->count)
					seed("bundle", e.bundle);
			}
}

static void
seed_notes(const sample *s)
{
	static uint8_t memory[8192];
	static uint8_t proof_memory[16384];
	qfs_proof	proof = {.count = 3};
	qfs_buf		note;
	qfs_buf		file;
	qfs_vkey	key = test_vkey(SAMPLE_ORIGIN, QFS_NOTE_ED25519, 2);
	qfs_vkey	witness = test_vkey("witness.example", QFS_NOTE_COSIGNATURE, 3);

	for (unsigned i = 0; i < proof.count; i++)
		proof.hashes[i] = s->entry[i].seal.hash;
	for (uint64_t size = 1; size < 40; size = size * 3 + 1)
	{
		qfs_buf_init(&note, memory, sizeof(memory));
		sample_checkpoint(&note, SAMPLE_ORIGIN, size, &s->entry[1].seal.hash, 2);
		seed("note", qfs_buf_slice(&note));
		test_cosign(&note, "witness.example", 3, 1795376692, qfs_buf_slice(&note));
		qfs_buf_byte(&note, '\n');
		seed("note", qfs_buf_slice(&note));
		qfs_buf_init(&file, proof_memory, sizeof(proof_memory));
		qfs_tlog_proof_write(&file, size / 2, &proof, qfs_buf_slice(&note));
		seed("proof", qfs_buf_slice(&file));
	}
	qfs_buf_init(&note, memory, sizeof(memory));
	qfs_vkey_write(&note, &key);
	seed("note", qfs_buf_slice(&note));
	qfs_buf_init(&note, memory, sizeof(memory));
	qfs_vkey_write(&note, &witness);
	seed("note", qfs_buf_slice(&note));
}

static void
seed_tokens(const person *p)
{
	test_key	pair = test_key_of(1);
	uint8_t		memory[QFS_TOKEN_MAX];
	qfs_buf		buf;

	for (int operates = 0; operates < 2; operates++)
	{
		qfs_token	token = {.user = p->wallet.user,.session = p->session,.operates = operates,
			.issued_at = 1795376000,.expires_at = 1795379000
		};

		qfs_buf_init(&buf, memory, sizeof(memory));
		qfs_token_write(&token, QFS_LITERAL(SAMPLE_ORIGIN), &pair.public, pair.secret, &buf, NULL);
		seed("token", qfs_buf_slice(&buf));
	}
}

static void
seed_messages(void)
{
	static signin in;

	for (uint8_t n = 1; n < 4; n++)
	{
		signin_make(&in, n, (uint8_t) (n - 1), SAMPLE_TIME, n);
		seed("siwe", qfs_slice_of(in.message));
		seed_event(0x21, 0x44, qfs_slice_of(in.payload));
	}
}

/* Lengths and lines as fuzz_erased.c takes them: nothing hidden, what was erased, and what nobody speaks of. */
static void
seed_shapes(void)
{
	static const char *const shapes[] = {"\x12", "\x12\x07\x0c", "\x12\x07\x0c\x08\x0c\x0f\x0c", "\x12\x03\xc0\x01\xc0", "\x12\x02\xc0\x04\x40", "\x0b\x03\xc0", "\x09\x07\x0c", "\x12\x04\x0c", "\x12\x0b\x0c", "\x12\x0d\x0c",
	"\x12\x07\x1c", "\x12\x08\x1c", "\x12\x09\x20", "\x12\x02\x10"};

	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
		seed("erased", qfs_slice_of(shapes[i]));
}

/*
 * Steps as fuzz_agenda.c takes them: "0x" proposes, "1x" says yes, "9x" no, "Ax" vetoes, "3x" waits, "7x" is the operator's policy.
 * x: a letter from 'A' on
 */
static void
seed_steps(const char *steps)
{
	uint8_t		bytes[300];
	size_t		len = 0;

	for (; steps[0] != '\0' && len < sizeof(bytes); steps += steps[2] == ' ' ? 3 : 2)
	{
		bytes[len++] = (uint8_t) (steps[0] == 'A' ? 25 : steps[0] - '0');
		bytes[len++] = (uint8_t) (steps[1] - 'A');
	}
	seed("agenda", (qfs_slice) {bytes, len});
	/* Of odd length it sleeps in the end. */
	bytes[len++] = 0;
	seed("agenda", (qfs_slice) {bytes, len});
}

/* Proposals that pass, fail and are vetoed; a policy that is another one by then; silence, and late votes. */
static void
seed_agendas(void)
{
	static const char *const inputs[] = {
		"0A 3D 1A 1B 1C 3K 3K",
		"0A 3D 1A 1B 1C 3K 7D 3K",
		/* Of no tier more than 100 FLX, while the operator gives 101. */
		"0M 3D 1A 1B 1C 3K 7E 3K",
		"0A 3D 1A 1B 1C 3K 7C 3K",
		"0_ 3D 1A 1B AC 3K",
		/* Seats for another, governance on, and off. */
		"0\x8c 3F 1A 1B 1C 1D 3K 3K 0A",
		"0e 3F 1A 1B 1C 1D 3K 3K 6A 7A",
		/* An emergency that is decided at once, and one that is slept through. */
		"0\x95 1A 1B 1C 1D 3A 0A 0B 0C 0D 3I 3I 3I 3I",
		"0\x95 3I 1A 1B 1C 1D",
		/* The last block for it, again and again. */
		"0_ 3D 1A 3M 1B 3M 9C 3M 9D 3K",
		"7G 0A 0B 3B 1A 1B 5A 3K 3K 3K",
		"7H 0A 0\x95 3J 3J 1A 1B 3J",
	};

	for (size_t i = 0; i < sizeof(inputs) / sizeof(*inputs); i++)
		seed_steps(inputs[i]);
}

/* Contents and scores, events with a device's signature, sessions that end, keys that follow. */
static void
live_on(sample *s)
{
	static const char content[] = "{\"content\":\"abababababababababababababababababababababababababababababababab\",";
	char		text[512];
	char		digits[65];
	person		alice;
	person		bob;
	person		carol;

	people_ledger(s, NULL);
	alice = people_join(s, 1, 1);
	bob = people_join(s, 2, 0);
	/* By the device of somebody else, so that a guard blocks. */
	carol = people_join(s, 3, 1);
	CHECK_STATUS(people_use(s, &carol, &bob), QFS_OK);
	snprintf(text, sizeof(text), PEOPLE_POLICY(",\"evaluators\":[\"%s\"]"), bob.wallet.user_name);
	people_policy(s, text);
	snprintf(text, sizeof(text), "%s\"kind\":\"text/plain\",\"size\":123}", content);
	CHECK_STATUS(people_append(s, &alice, "CONTENT_CREATED", text), QFS_OK);
	snprintf(text, sizeof(text), "%s\"features\":{\"clarity\":\"0.6\",\"contradiction\":\"1\",\"hsmf\":\"0.5\","
			 "\"logic\":\"0.8\",\"signal\":\"0.7\",\"topic\":\"0.9\"}}", content);
	CHECK_STATUS(people_append(s, &bob, "COHERENCE_SCORED", text), QFS_OK);
	CHECK_STATUS(people_append(s, &bob, "POSTED", "{\"text\":\"first\"}"), QFS_OK);
	/* Alice's device signs. */
	CHECK_STATUS(people_append(s, &alice, "POSTED", "{\"n\":1}"), QFS_OK);
	CHECK_STATUS(sample_append(s, "KEY_ROTATED", sample_rotation_payload(&s->entry[0].seal.hash, 1, 2)), QFS_OK);
	sodium_bin2hex(digits, sizeof(digits), bob.session.bytes, sizeof(bob.session.bytes));
	snprintf(text, sizeof(text), "{\"nonce\":\"%s\"}", digits);
	CHECK_STATUS(people_append(s, &bob, "SESSION_ROTATED", text), QFS_OK);
	sodium_bin2hex(digits, sizeof(digits), alice.session.bytes, sizeof(alice.session.bytes));
	snprintf(text, sizeof(text), "{\"reason\":\"admin\",\"session\":\"%s\"}", digits);
	CHECK_STATUS(sample_append(s, "SESSION_REVOKED", text), QFS_OK);
}

/* A ledger whose recovery key, key 9, puts key 2 in force. */
static void
recover(sample *s)
{
	test_key	key = test_key_of(2);
	test_key	recovery = test_key_of(9);
	qfs_signing_key_record next = {.number = 1,.checkpoint = key.public,.token = key.public,
	.has_recovery = true,.recovery = recovery.public};

	sample_open(s);
	sample_recoverable(s, 9);
	CHECK_STATUS(sample_append(s, "KEY_ROTATED",
							   sample_recovery_payload(&s->entry[0].seal.hash, 9, &next, true)), QFS_OK);
}

int
main(int argc, char **argv)
{
	static sample s;
	person		alice;
	person		bob;

	if (argc != 2 || sodium_init() < 0)
		return 2;
	directory = argv[1];

	sample_open(&s);
	sample_ledger(&s);
	seed_ledger(&s);
	seed_bundles(&s);
	seed_notes(&s);
	sample_close(&s);

	people_ledger(&s, PEOPLE_POLICY(""));
	alice = people_join(&s, 1, 1);
	bob = people_join(&s, 2, 2);
	CHECK_STATUS(people_use(&s, &bob, &alice), QFS_OK);
	people_chat_key(&s, &bob, 2);
	people_settle_in(&s, &alice, &bob);
	seed_ledger(&s);
	seed_bundles(&s);
	seed_tokens(&alice);
	sample_close(&s);

	live_on(&s);
	seed_ledger(&s);
	seed_bundles(&s);
	sample_close(&s);

	recover(&s);
	seed_ledger(&s);
	seed_bundles(&s);
	sample_close(&s);

	seed("policy", qfs_policy_default());
	seed("policy", qfs_slice_of(sample_policy("{\"governance\":{}}")));
	seed_messages();
	seed_shapes();
	seed_agendas();
	return 0;
}
