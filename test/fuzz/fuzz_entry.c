/*
 * fuzz_entry.c - lines of entries: what is read is written again, byte for byte, and hides what it should.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/visibility.h"
#include "fuzz.h"
#include "ledger/registry.h"
#include "support/second_hash.h"
#include "text/json.h"

static qfs_slice
write_line(const qfs_entry *entry)
{
	static uint8_t memory[QFS_LINE_MAX];
	qfs_error	err;
	qfs_buf		out;

	qfs_buf_init(&out, memory, sizeof(memory));
	PROPERTY(qfs_line_write(entry, &out, &err) == QFS_OK);
	return qfs_buf_slice(&out);
}

/* With less of it shown it is the same entry, and a line that is read. */
static void
shows_less(const qfs_entry *less, const qfs_hash *hash)
{
	static uint8_t memory[QFS_LINE_MAX];
	qfs_slice	line = write_line(less);
	qfs_entry	again;
	qfs_hash	other;

	memcpy(memory, line.data, line.len);
	line.data = memory;
	PROPERTY(qfs_line_read(line, &again, NULL) == QFS_OK);
	qfs_entry_hash(&again, &other);
	PROPERTY(memcmp(&other, hash, sizeof(other)) == 0);
	PROPERTY(qfs_slice_equal(write_line(&again), line));
	other = second_hash(line);
	PROPERTY(memcmp(&other, hash, sizeof(other)) == 0);
}

/* A bit for each part, then for each account. */
static void
hides(const qfs_entry *whole, const qfs_hash *hash, size_t set)
{
	qfs_entry	entry = *whole;

	for (int part = 0; part < QFS_PARTS; part++)
		if (set >> part & 1)
			qfs_entry_hide(&entry, (qfs_part) part);
	for (unsigned n = 0; n < entry.account_count; n++)
		if (set >> QFS_PARTS >> n & 1)
			qfs_entry_hide_account(&entry, n);
	shows_less(&entry, hash);
	qfs_entry_hide_accounts(&entry);
	shows_less(&entry, hash);
}

/* Whoever reads it: who may see the act sees it, and nobody sees more than there was. */
static void
shows_to(const qfs_entry *whole, const qfs_hash *hash, const qfs_reader *reader)
{
	qfs_entry	entry = *whole;
	bool		sees = qfs_sees_act(&qfs_registry_own, reader, whole);

	qfs_show_to(&qfs_registry_own, reader, &entry);
	for (int part = 0; part < QFS_PARTS; part++)
		PROPERTY(entry.parts[part].shown == (sees && whole->parts[part].shown));
	shows_less(&entry, hash);
}

static void
shows_to_readers(const qfs_entry *whole, const qfs_hash *hash)
{
	qfs_reader	nobody = {.all = false};
	qfs_reader	auditor = {.all = true};
	qfs_reader	actor = {.has_user = whole->has_actor,.user = whole->actor};

	shows_to(whole, hash, &nobody);
	shows_to(whole, hash, &auditor);
	shows_to(whole, hash, &actor);
	if (whole->has_actor)
		PROPERTY(qfs_sees_act(&qfs_registry_own, &actor, whole));
	for (unsigned n = 0; n < whole->account_count; n++)
	{
		qfs_reader	touched = {.has_user = true,.user = whole->account_parts[n].account};

		if (!whole->account_parts[n].part.shown)
			continue;
		PROPERTY(qfs_sees_account(&qfs_registry_own, &touched, whole, n));
		shows_to(whole, hash, &touched);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	qfs_slice	input = {data, size};
	qfs_entry	entry;
	qfs_hash	hash;
	qfs_hash	again;
	qfs_error	err;
	qfs_status	status = qfs_line_read(input, &entry, &err);

	if (status != QFS_OK)
	{
		fuzz_check_error(status, &err);
		return 0;
	}
	PROPERTY(qfs_json_check(input, NULL) == QFS_OK);
	PROPERTY(qfs_slice_equal(write_line(&entry), input));
	qfs_entry_hash(&entry, &hash);
	again = second_hash(input);
	PROPERTY(memcmp(&hash, &again, sizeof(hash)) == 0);
	hides(&entry, &hash, size);
	shows_to_readers(&entry, &hash);
	return 0;
}
