/*
 * fuzz_erased.c - a ledger whose lines show some of their parts, in every shape, and entries that say which payloads were erased.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The input says how many entries of one ledger there are, and then, two bytes
 * each, which parts of a line are left to their commitments.  Which ledgers are
 * sound is known without asking the verifier.  QFS_FUZZ_LEDGERS: a directory,
 * into which each is written, for another implementation to judge.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "fuzz.h"
#include "ledger/audit.h"
#include "ledger/registry.h"
#include "support/people.h"

/* What is left to its commitment: a bit for each part, for the root of accounts, and for the first of them. */
#define ERASED_PARTS (1U << QFS_PART_PAYLOAD | 1U << QFS_PART_SIG)
#define ALL_PARTS ((1U << QFS_PARTS) - 1)
#define ALL_ACCOUNTS (1U << QFS_PARTS)
#define AN_ACCOUNT (2U << QFS_PARTS)

static sample s;
static unsigned size;			/* how many of its entries there are */
static unsigned hidden[SAMPLE_MAX];

/* ---- the ledger ---- */

static void
append(qfs_status status)
{
	PROPERTY(status == QFS_OK);
}

static void
erase(unsigned seq)
{
	char		payload[64];

	snprintf(payload, sizeof(payload), "{\"reason\":\"asked for\",\"seq\":%u}", seq);
	append(sample_append(&s, "PAYLOAD_ERASED", payload));
}

/*
 * Types of both kinds, and events of both, by a role and in a session: 7, 8, 10, 13, 15 and 18.  Of 7, 8 and 15 a later entry says
 * that the payload was erased, and of two that nobody erases: a profile, and an entry that says so itself.
 */
static void
open_ledger(void)
{
	person		ann;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	append(sample_append(&s, "EVENT_TYPE", "{\"by\":\"account\",\"schema\":{},\"type\":\"SAID\"}"));
	append(sample_append(&s, "EVENT_TYPE", "{\"by\":\"operator\",\"schema\":{},\"type\":\"DONE\"}"));
	append(people_append(&s, &ann, "SAID", "{}"));
	append(sample_append(&s, "DONE", "{}"));
	append(people_profile(&s, &ann, 1));
	append(people_append(&s, &ann, "SAID", "{}"));
	erase(7);
	erase(8);
	append(sample_append(&s, "DONE", "{}"));
	erase(9);
	append(people_append(&s, &ann, "SAID", "{}"));
	erase(15);
	erase(11);
	append(sample_append(&s, "DONE", "{}"));
	PROPERTY(s.count == 19);
}

/* The entry that says that the payload of this one was erased; 0: none. */
static unsigned
erased_by(unsigned seq)
{
	static const unsigned by[SAMPLE_MAX] = {[7] = 11,[8] = 12,[9] = 14,[11] = 17,[15] = 16};

	return by[seq] < size ? by[seq] : 0;
}

/* ---- its lines ---- */

/* The line as it is left, which has the hash that it had. */
static qfs_slice
write_line(unsigned seq, uint8_t *memory)
{
	qfs_slice	whole = sample_line(&s, seq);
	qfs_entry	entry;
	qfs_hash	hash;
	qfs_buf		out;

	PROPERTY(qfs_line_read(whole, &entry, NULL) == QFS_OK);
	for (unsigned part = 0; part < QFS_PARTS; part++)
		if (hidden[seq] >> part & 1)
			qfs_entry_hide(&entry, (qfs_part) part);
	if (hidden[seq] & ALL_ACCOUNTS)
		qfs_entry_hide_accounts(&entry);
	else if (hidden[seq] & AN_ACCOUNT && entry.account_count > 0)
		qfs_entry_hide_account(&entry, 0);
	qfs_buf_init(&out, memory, QFS_LINE_MAX);
	PROPERTY(qfs_line_write(&entry, &out, NULL) == QFS_OK);
	PROPERTY(qfs_line_read(qfs_buf_slice(&out), &entry, NULL) == QFS_OK);
	qfs_entry_hash(&entry, &hash);
	PROPERTY(memcmp(&hash, &s.entry[seq].seal.hash, sizeof(hash)) == 0);
	return qfs_buf_slice(&out);
}

/* Is nothing of the line wrong? */
static bool
is_sound(unsigned seq)
{
	unsigned	parts = hidden[seq] & ALL_PARTS;
	qfs_entry	entry;
	bool		is_custom;
	bool		lacks_accounts;

	PROPERTY(qfs_line_read(sample_line(&s, seq), &entry, NULL) == QFS_OK);
	is_custom = qfs_slice_equal(entry.type, QFS_LITERAL("SAID")) || qfs_slice_equal(entry.type, QFS_LITERAL("DONE"));
	lacks_accounts = entry.account_count > 0 && (hidden[seq] & (ALL_ACCOUNTS | AN_ACCOUNT)) != 0;
	/* The root of no accounts stands in the place of none, but makes the line a partial one. */
	if (parts == 0 && !lacks_accounts && !(hidden[seq] & ALL_ACCOUNTS))
		return true;
	return is_custom && parts == ERASED_PARTS && !lacks_accounts && erased_by(seq) > 0;
}

/* ---- the verdict ---- */

static uint64_t reported;

static qfs_status
report(void *context, uint64_t seq, const qfs_error *fault)
{
	(void) context;
	PROPERTY(seq < size);
	fuzz_check_error(fault->status, fault);
	reported++;
	return QFS_OK;
}

static void
write_file(qfs_slice bytes)
{
	static unsigned count;
	const char *directory = getenv("QFS_FUZZ_LEDGERS");
	char		path[4096];
	FILE	   *file;

	if (directory == NULL)
		return;
	snprintf(path, sizeof(path), "%s/ledger-%05u", directory, count++);
	file = fopen(path, "wb");
	PROPERTY(file != NULL && fwrite(bytes.data, 1, bytes.len, file) == bytes.len && fclose(file) == 0);
}

/* The lines, verified and written out; how many faults, and how many payloads were erased. */
static uint64_t
verify(qfs_audit_depth depth, uint64_t *erased)
{
	static qfs_audit audit;
	static const qfs_hash zeros;
	static uint8_t line[QFS_LINE_MAX];
	static uint8_t all[SAMPLE_MAX * 8192];
	test_memory memory = {0};
	qfs_buf		export;
	uint64_t	faults;

	reported = 0;
	qfs_buf_init(&export, all, sizeof(all));
	PROPERTY(qfs_audit_begin(&audit, &qfs_registry_own, depth, 0, &zeros, 0, NULL, test_allocator(&memory), report, NULL, NULL) == QFS_OK);
	for (unsigned i = 0; i < size; i++)
	{
		qfs_slice	text = write_line(i, line);

		qfs_buf_slice_add(&export, text);
		qfs_buf_byte(&export, '\n');
		PROPERTY(qfs_audit_line(&audit, text) == QFS_OK);
	}
	PROPERTY(qfs_audit_finish(&audit) == QFS_OK && !export.overflow);
	faults = audit.faults;
	*erased = audit.erased;
	PROPERTY(faults == reported);
	PROPERTY(memcmp(&audit.chain.head, &s.entry[size - 1].seal.hash, sizeof(qfs_hash)) == 0 || faults > 0);
	qfs_audit_end(&audit);
	PROPERTY(memory.live == 0);
	if (depth == QFS_AUDIT_REPLAY)
		write_file(qfs_buf_slice(&export));
	return faults;
}

/* Parts of any line; or, with bit 6, what erasing leaves of it; with bit 7, of one of those whose payload was. */
static void
hide(uint8_t what, uint8_t how)
{
	static const unsigned erasable[] = {7, 8, 15};
	unsigned	seq = how & 0x80 ? erasable[what % 3] : what % s.count;

	if (how & 0x40)
		hidden[seq] = ERASED_PARTS;
	else
		hidden[seq] ^= how & (ALL_PARTS | ALL_ACCOUNTS | AN_ACCOUNT);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint64_t	expected = 0;
	uint64_t	erased;
	bool		sound = true;

	if (s.count == 0)
		open_ledger();
	size = len > 0 ? data[0] % s.count + 1 : s.count;
	memset(hidden, 0, sizeof(hidden));
	for (size_t i = 1; i + 1 < len; i += 2)
		hide(data[i], data[i + 1]);
	for (unsigned i = 0; i < size; i++)
	{
		sound &= is_sound(i);
		expected += (hidden[i] & ALL_PARTS) == ERASED_PARTS;
	}
	PROPERTY((verify(QFS_AUDIT_REPLAY, &erased) == 0) == sound);
	PROPERTY(!sound || erased == expected);
	/* Whoever looks at hashes alone asks for what was erased as well. */
	PROPERTY(!sound || verify(QFS_AUDIT_HASHES, &erased) == 0);
	return 0;
}
