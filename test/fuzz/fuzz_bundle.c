/*
 * fuzz_bundle.c - explanations: of anybody, and of a ledger that lies.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Whoever changes a bundle is refused for its hashes, and nothing behind them
 * would be seen.  So it is the ledger that lies here: an input that does not
 * begin with a brace is a line with a question and lines with entries.  Tree,
 * checkpoint and signatures are made for them, with the keys of the tests, and
 * the entry in question gets the outcome that the rules give it over the
 * others.  What is explained of such a ledger must verify, and no byte of it
 * may be another one.
 */
#include <sodium.h>
#include <stdlib.h>

#include "engine/event_signature.h"
#include "fuzz.h"
#include "ledger/registry.h"
#include "proof/bundle.h"
#include "rules/system/key_rotated.h"
#include "support/explaining.h"
#include "support/harness.h"
#include "support/signin.h"
#include "text/base64.h"

#include "../../src/cli/json_sort.h"

static sample s;
static explaining made;
static explaining other;
static qfs_bundle bundle;

static qfs_status
verify(qfs_slice text, const qfs_vkey *key)
{
	test_memory memory = {0};
	qfs_error	err = {QFS_OK, ""};
	qfs_status	status = qfs_bundle_verify(text, key, &qfs_registry_own, test_allocator(&memory), &bundle, &err);

	PROPERTY(memory.live == 0);
	if (status != QFS_OK)
		fuzz_check_error(status, &err);
	return status;
}

/* ---- what must hold of a bundle that is accepted ---- */

static qfs_slice
member(qfs_slice object, const char *name)
{
	qfs_slice	value = {NULL, 0};

	PROPERTY(qfs_json_member(object, name, &value));
	return value;
}

/* The policy in force; which entry put it there, if several did, a bundle cannot prove. */
static qfs_slice
policy_of(qfs_slice text)
{
	qfs_slice	policy = member(text, "policy");

	return qfs_json_type_of(policy) == QFS_JSON_NULL ? policy : member(policy, "hash");
}

/* What the bundle says of the ledger; the rest is the question, and the entries that prove it. */
static void
same_claims(qfs_slice a, qfs_slice b)
{
	static const char *const names[] = {"guards", "result", "seq", "steps", "topic", "tx_id", "v"};

	PROPERTY(qfs_slice_equal(policy_of(a), policy_of(b)));	for (size_t i = 0; i < ROWS(names); i++)
		PROPERTY(qfs_slice_equal(member(a, names[i]), member(b, names[i])));
}

static void
same_body(qfs_slice a, qfs_slice b)
{
	static uint8_t memory[2][QFS_NOTE_MAX];
	qfs_slice	text[2] = {member(a, "checkpoint"), member(b, "checkpoint")};
	qfs_checkpoint checkpoint[2];
	qfs_buf		buf;

	for (int i = 0; i < 2; i++)
	{
		qfs_buf_init(&buf, memory[i], sizeof(memory[i]));
		PROPERTY(qfs_json_to_text(text[i], &buf) && !buf.overflow);
		PROPERTY(qfs_checkpoint_parse(qfs_buf_slice(&buf), &checkpoint[i], NULL) == QFS_OK);
	}
	PROPERTY(qfs_slice_equal(checkpoint[0].body, checkpoint[1].body));
}

/* The summary is of this bundle, whose lines are entries as we write them. */
static void
reads_well(qfs_slice text)
{
	static uint8_t memory[2][QFS_LINE_MAX];
	qfs_json_iter iter = qfs_json_members(member(text, "entries"));
	unsigned	count = 0;
	qfs_slice	key;
	qfs_slice	object;
	qfs_entry	entry;
	qfs_buf		line;
	qfs_buf		again;

	for (; qfs_json_next(&iter, &key, &object); count++)
	{
		qfs_buf_init(&line, memory[0], sizeof(memory[0]));
		qfs_buf_init(&again, memory[1], sizeof(memory[1]));
		PROPERTY(qfs_json_to_text(member(object, "line"), &line) && !line.overflow);
		PROPERTY(qfs_line_read(qfs_buf_slice(&line), &entry, NULL) == QFS_OK);
		PROPERTY(qfs_line_write(&entry, &again, NULL) == QFS_OK);
		PROPERTY(qfs_slice_equal(qfs_buf_slice(&again), qfs_buf_slice(&line)));
		PROPERTY(entry.seq < bundle.size);
	}
	PROPERTY(count == bundle.entries && bundle.seq < bundle.size);
	qfs_buf_init(&line, memory[0], sizeof(memory[0]));
	PROPERTY(qfs_json_to_text(member(text, "narrative"), &line));
	PROPERTY(qfs_slice_equal(qfs_buf_slice(&line), (qfs_slice) {bundle.narrative, bundle.narrative_len}));
}

/* One byte is another one: it is refused, also by whoever computes the hash anew, unless it asks another question. */
static void
no_other_byte(qfs_slice text, const qfs_vkey *key, uint64_t where, uint8_t bits)
{
	static uint8_t changed[EXPLAINING_MAX];
	qfs_slice	copy = {changed, text.len};

	memcpy(changed, text.data, text.len);
	explaining_hash_anew(changed, text.len);
	PROPERTY(qfs_slice_equal(copy, text));
	changed[where % text.len] ^= bits;
	PROPERTY(verify(copy, key) != QFS_OK);
	explaining_hash_anew(changed, text.len);
	if (qfs_slice_equal(copy, text) || verify(copy, key) != QFS_OK)
		return;
	same_claims(text, copy);
	same_body(text, copy);
	PROPERTY(qfs_slice_equal(member(text, "entries"), member(copy, "entries")));
}

/* ---- an input as it is, in the order that a database prints it or in its own ---- */

static void
any_text(qfs_slice input)
{
	qfs_vkey	key = test_vkey(SAMPLE_ORIGIN, QFS_NOTE_ED25519, 1);
	uint8_t    *memory = malloc(JSON_SORT_ROOM * input.len);
	qfs_error	err;
	qfs_buf		out;
	qfs_slice	sorted;
	qfs_status	status;

	qfs_buf_init(&out, memory, JSON_SORT_ROOM * input.len);
	status = json_sort(input, &out, &err);
	sorted = qfs_buf_slice(&out);
	if (status != QFS_OK)
		fuzz_check_error(status, &err);
	else
	{
		/* What is canonical is sorted. */
		PROPERTY(qfs_json_check(input, NULL) != QFS_OK || qfs_slice_equal(sorted, input));
		if (verify(sorted, &key) == QFS_OK)
		{
			reads_well(sorted);
			no_other_byte(sorted, &key, input.len, 1);
		}
	}
	free(memory);
}

/* ---- a ledger that lies ---- */

/* A full entry is committed to anew; of another one what it says is kept. */
static void
put_line(uint64_t seq, qfs_entry *entry)
{
	static uint8_t memory[QFS_LINE_MAX];
	static uint8_t act_memory[QFS_PART_MAX];
	qfs_buf		line;
	qfs_buf		act;

	qfs_buf_init(&line, memory, sizeof(memory));
	qfs_buf_init(&act, act_memory, sizeof(act_memory));
	if ((entry->is_full && qfs_entry_commit(entry, &act, NULL) != QFS_OK) ||
		qfs_line_write(entry, &line, NULL) != QFS_OK)
		return;
	free(s.entry[seq].bytes);
	s.entry[seq].bytes = malloc(line.len);
	s.entry[seq].len = line.len;
	memcpy(s.entry[seq].bytes, line.data, line.len);
}

/* `object` with a text in place of a member's. */
static qfs_slice
with_text(qfs_slice object, const char *name, const char *text)
{
	static uint8_t memory[2 * QFS_PAYLOAD_MAX];
	qfs_slice	old;
	qfs_buf		out;

	if (!qfs_json_member(object, name, &old))
		return object;
	qfs_buf_init(&out, memory, sizeof(memory));
	qfs_buf_bytes(&out, object.data, (size_t) (old.data - object.data));
	qfs_buf_byte(&out, '"');
	qfs_buf_text(&out, text);
	qfs_buf_byte(&out, '"');
	qfs_buf_bytes(&out, old.data + old.len, (size_t) (object.data + object.len - old.data) - old.len);
	return out.overflow ? object : qfs_buf_slice(&out);
}

/* The wallet that is named signs the message, whatever it says. */
static void
sign_message(qfs_entry *entry)
{
	static uint8_t memory[QFS_PAYLOAD_MAX];
	static char digits[1 + 2 + 2 * 65 + 2] = "\"0x";
	qfs_slice	value;
	qfs_slice	name;
	uint8_t		signature[65];
	qfs_buf		message;

	qfs_buf_init(&message, memory, sizeof(memory));
	if (!qfs_json_member(entry->payload, "message", &value) || !qfs_json_to_text(value, &message) ||
		!qfs_json_member(entry->payload, "wallet", &name) || !qfs_json_to_plain(name, &name))
		return;
	for (uint8_t n = 1; n < 4; n++)
	{
		test_wallet wallet = test_wallet_of(n);

		if (!qfs_slice_equal(name, qfs_slice_of(wallet.name)))
			continue;
		test_personal_sign(&wallet, qfs_buf_slice(&message), signature);
		sodium_bin2hex(digits + 3, sizeof(digits) - 3, signature, sizeof(signature));
		strcat(digits, "\"");
		entry->sig = qfs_slice_of(digits);
	}
}

/* The key before signs the keys that are named: key 1 in these ledgers, key 9 where it recovers. */
static void
sign_rotation(qfs_entry *entry, const qfs_hash *ledger)
{
	qfs_slice	by;
	bool		recovers = qfs_json_member(entry->payload, "by", &by);
	test_key	pair = test_key_of(recovers ? 9 : 1);
	uint8_t		memory[QFS_RECOVERY_MESSAGE];
	uint8_t		signature[crypto_sign_BYTES];
	char		digits[2 * sizeof(signature) + 1];
	qfs_signing_key_record next;
	qfs_buf		message;

	if (qfs_signing_keys_read(entry->payload, &next, NULL) != QFS_OK)
		return;
	qfs_buf_init(&message, memory, sizeof(memory));
	next.number = 1;
	if (!next.has_recovery)
		next.recovery = pair.public;
	if (recovers)
		qfs_recovery_message(ledger, &next, &message);
	else
		qfs_rotation_message(ledger, &next.checkpoint, &next.token, &message);
	crypto_sign_detached(signature, NULL, message.data, message.len, pair.secret);
	sodium_bin2hex(digits, sizeof(digits), signature, sizeof(signature));
	entry->payload = with_text(entry->payload, "signature", digits);
}

/* The device signs the event, if it is one of ours. */
static void
sign_event(qfs_entry *entry, const qfs_hash *ledger)
{
	static uint8_t memory[2 * QFS_PAYLOAD_MAX];
	static char text[QFS_BASE64URL_LEN(crypto_sign_BYTES) + 3];
	uint8_t		signature[crypto_sign_BYTES];
	qfs_auth	auth;
	qfs_buf		message;

	if (qfs_auth_read(entry->auth, &auth, NULL) != QFS_OK || !auth.is_signed)
		return;
	qfs_buf_init(&message, memory, sizeof(memory));
	qfs_event_message(ledger, entry, auth.nonce, &message);
	for (uint8_t n = 1; n < 4 && !message.overflow; n++)
	{
		test_key	pair = test_key_of(n);

		if (memcmp(&pair.public, &auth.key, sizeof(auth.key)) != 0)
			continue;
		crypto_sign_detached(signature, NULL, message.data, message.len, pair.secret);
		text[0] = '"';
		sodium_bin2base64(text + 1, sizeof(text) - 2, signature, sizeof(signature), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
		strcat(text, "\"");
		entry->sig = qfs_slice_of(text);
	}
}

/* Puts the lines in their places, the first of each number. */
static void
place_lines(qfs_slice lines)
{
	qfs_entry	entry;

	while (lines.len > 0)
	{
		qfs_slice	line = fuzz_line(&lines);

		if (qfs_line_read(line, &entry, NULL) != QFS_OK || entry.seq >= SAMPLE_MAX ||
			s.entry[entry.seq].bytes != NULL)
			continue;
		put_line(entry.seq, &entry);
		if (entry.seq >= s.count)
			s.count = (unsigned) entry.seq + 1;
	}
}

/* The hash of an entry; of one that is missing, of nothing. */
static qfs_hash
hash_of(unsigned seq)
{
	qfs_slice	line = sample_line(&s, seq);
	qfs_entry	entry;
	qfs_hash	hash;

	if (line.len == 0)
		qfs_leaf_hash(line, &hash);
	else
	{
		PROPERTY(qfs_line_read(line, &entry, NULL) == QFS_OK);
		qfs_entry_hash(&entry, &hash);
	}
	return hash;
}

static void
sign_lines(void)
{
	qfs_hash	ledger;

	ledger = hash_of(0);
	for (unsigned i = 1; i < s.count; i++)
	{
		static uint8_t memory[QFS_LINE_MAX];
		qfs_slice	line = sample_line(&s, i);
		qfs_entry	entry;

		if (line.len == 0)
			continue;
		memcpy(memory, line.data, line.len);
		PROPERTY(qfs_line_read((qfs_slice) {memory, line.len}, &entry, NULL) == QFS_OK);
		if (!entry.is_full)
			continue;
		if (qfs_slice_equal(entry.type, QFS_LITERAL("LOGIN")))
			sign_message(&entry);
		else if (qfs_slice_equal(entry.type, QFS_LITERAL("KEY_ROTATED")))
			sign_rotation(&entry, &ledger);
		else
			sign_event(&entry, &ledger);
		put_line(i, &entry);
	}
}

/* The tree over the lines; one that is missing is the empty one, which is no entry. */
static void
plant_tree(void)
{
	qfs_frontier_init(&s.chain.frontier, 0, NULL);
	for (unsigned i = 0; i < s.count; i++)
	{
		qfs_seal   *seal = &s.entry[i].seal;

		seal->hash = hash_of(i);
		PROPERTY(qfs_frontier_append(&s.chain.frontier, &seal->hash, seal->nodes, &seal->count, NULL) == QFS_OK);
	}
}

/* What the rules said of the last entry that was executed: its memory was all zeros before. */
static qfs_slice
made_in(const uint8_t *memory, size_t size)
{
	return (qfs_slice) {memory, strnlen((const char *) memory, size)};
}

static qfs_slice
outcome_made(void)
{
	return made_in(made.x.space.outcome, sizeof(made.x.space.outcome));
}

static qfs_slice
accounts_made(void)
{
	return made_in(made.x.space.accounts, sizeof(made.x.space.accounts));
}

static bool
is_outcome(const qfs_entry *entry)
{
	return qfs_slice_equal(entry->outcome, outcome_made()) && qfs_slice_equal(entry->accounts, accounts_made());
}

/* The ledger records what the rules say, if that is what was wrong with it. */
static bool
record_outcome(const qfs_question *q)
{
	static uint8_t memory[QFS_LINE_MAX];
	qfs_slice	line = sample_line(&s, (unsigned) q->seq);
	qfs_entry	entry;

	if (made.err.status != QFS_OUTCOME_MISMATCH || qfs_json_check(outcome_made(), NULL) != QFS_OK ||
		qfs_json_check(accounts_made(), NULL) != QFS_OK)
		return false;
	memcpy(memory, line.data, line.len);
	PROPERTY(qfs_line_read((qfs_slice) {memory, line.len}, &entry, NULL) == QFS_OK);
	if (!entry.is_full)
		return false;
	entry.outcome = outcome_made();
	entry.accounts = accounts_made();
	put_line(q->seq, &entry);
	plant_tree();
	return true;
}

/* What the rules say over what is in the bundle is what it says, where nothing is hidden that they need. */
static void
is_executed(const qfs_question *q)
{
	qfs_entry	entry;

	PROPERTY(qfs_line_read(sample_line(&s, (unsigned) q->seq), &entry, NULL) == QFS_OK);
	PROPERTY(!qfs_topic_executes(q->topic) || !made.x.is_whole || is_outcome(&entry));
}

/* Whatever entry the ledger hides: it explains nothing, or says the same. */
static void
hides(const qfs_question *q, int64_t hidden)
{
	if (explaining_make(&other, &s, q, hidden) != QFS_OK)
		return;
	PROPERTY(verify(other.bundle, &other.key) == QFS_OK || !other.is_ours);
	same_claims(made.bundle, other.bundle);
}

static void
explained(const qfs_question *q, const uint8_t *dice)
{
	is_executed(q);
	/* A genesis or a rotation may name a key that we have not. */
	if (!made.is_ours)
		return;
	PROPERTY(verify(made.bundle, &made.key) == QFS_OK);
	PROPERTY(bundle.topic == q->topic && bundle.seq == q->seq && bundle.size == q->size);
	reads_well(made.bundle);
	if (dice[0] % 2 == 0)
		hides(q, dice[1] % s.count);
	else
		no_other_byte(made.bundle, &made.key, (uint64_t) (dice[1] << 8 | dice[2]), (uint8_t) (1 << dice[3] % 8));
}

/* topic, seq, subject, from: a character each */
static qfs_question
read_question(const uint8_t *bytes)
{
	qfs_question q = {.topic = bytes[0] % 6,.seq = bytes[1] % SAMPLE_MAX,.from = bytes[3] % SAMPLE_MAX,.size = s.count};

	q.has_subject = bytes[2] % 4 != 0;
	if (q.has_subject)
		q.subject = test_wallet_of(bytes[2] % 4).user;
	q.to_subject = q.has_subject && (bytes[2] & 4);
	return q;
}

static void
any_ledger(qfs_slice input)
{
	qfs_slice	rest = input;
	qfs_slice	first = fuzz_line(&rest);
	qfs_question q;
	qfs_status	status;

	if (first.len < 8 || rest.len == 0)
		return;
	sample_open(&s);
	s.apart = true;
	place_lines(rest);
	sign_lines();
	plant_tree();
	q = read_question(first.data);
	status = explaining_make(&made, &s, &q, -1);
	if (status != QFS_OK && record_outcome(&q))
		status = explaining_make(&made, &s, &q, -1);
	if (status == QFS_OK)
		explained(&q, first.data + 4);
	else
		fuzz_check_error(status, &made.err);
	sample_close(&s);
}

/* ---- mutations ---- */

static size_t
pick(unsigned *seed, size_t n)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 8) % n;
}

/* The value of the next member after a random place; empty if there is none. */
static qfs_slice
pick_value(const uint8_t *data, size_t size, unsigned *seed)
{
	size_t		begin = pick(seed, size);
	size_t		end;
	unsigned	depth = 0;

	while (begin < size && !(begin > 0 && data[begin - 1] == ':' && data[begin] != '/'))
		begin++;
	for (end = begin; end < size; end++)
	{
		depth += data[end] == '{' || data[end] == '[';
		if (depth == 0 && memchr(",}]\n", data[end], 4) != NULL)
			break;
		depth -= data[end] == '}' || data[end] == ']';
	}
	return (qfs_slice) {data + begin, end - begin};
}

/* Puts one value in place of another, so that the text remains JSON. */
static size_t
transplant(uint8_t *data, size_t size, size_t max_size, unsigned *seed)
{
	static uint8_t out[1 << 20];
	qfs_slice	from = pick_value(data, size, seed);
	qfs_slice	to = pick_value(data, size, seed);
	size_t		new_size = size - to.len + from.len;
	size_t		head = (size_t) (to.data - data);

	if (from.len == 0 || to.len == 0 || new_size > max_size || new_size > sizeof(out))
		return size;
	memcpy(out, data, head);
	memcpy(out + head, from.data, from.len);
	memcpy(out + head + from.len, to.data + to.len, size - head - to.len);
	memcpy(data, out, new_size);
	return new_size;
}

extern size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
extern size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* Another question, another value, or whatever libFuzzer thinks of. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	if (size > 8 && *data != '{' && pick(&seed, 4) == 0)
		data[pick(&seed, 8)] = (uint8_t) ('0' + pick(&seed, 64));
	else if (size > 8 && pick(&seed, 2) == 0)
		return transplant(data, size, max_size, &seed);
	else
		return LLVMFuzzerMutate(data, size, max_size);
	return size;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	qfs_slice	input = {data, size};

	if (size > 0 && *data == '{')
		any_text(input);
	else
		any_ledger(input);
	return 0;
}
