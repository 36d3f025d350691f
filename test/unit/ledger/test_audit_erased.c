/*
 * test_audit_erased.c - the verifier over lines whose payload was erased.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include "ledger/registry.h"
#include "log/line.h"
#include "support/script.h"

static sample s;

/* What is left of a line; more: a part that goes besides. */
static qfs_slice
erased(qfs_slice line, int more, uint8_t *memory, size_t room)
{
	qfs_entry	entry;
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, room);
	CHECK_STATUS(qfs_line_read(line, &entry, NULL), QFS_OK);
	qfs_entry_hide(&entry, QFS_PART_PAYLOAD);
	qfs_entry_hide(&entry, QFS_PART_SIG);
	if (more >= 0)
		qfs_entry_hide(&entry, (qfs_part) more);
	CHECK_STATUS(qfs_line_write(&entry, &buf, NULL), QFS_OK);
	return qfs_buf_slice(&buf);
}

/* Faults of the sample with entry `number` erased, or of the whole one for -1. */
static void
check(int number, int more, const char *faults_expected, uint64_t count_erased)
{
	static qfs_audit audit;
	static uint8_t line[65536];
	test_memory memory = {0};
	fault_list	faults = {.count = 0};

	script_begin(&audit, QFS_AUDIT_REPLAY, &memory, &faults);
	for (unsigned i = 0; i < s.count; i++)
		qfs_audit_line(&audit, (int) i == number ? erased(sample_line(&s, i), more, line, sizeof(line)) : sample_line(&s, i));
	qfs_audit_finish(&audit);
	CHECK_TEXT(qfs_slice_of(faults.text), faults_expected);
	CHECK_UINT(audit.erased, count_erased);
	if (*faults_expected == '\0')
		CHECK_HASH(&audit.chain.head, &s.chain.head);
	qfs_audit_end(&audit);
	CHECK_UINT(memory.live, 0);
}

static void
an_applications(void)
{
	sample_open(&s);
	sample_ledger(&s);
	check(2, -1, "2 PAYLOAD_MISSING", 0);
	CHECK_STATUS(sample_append(&s, "PAYLOAD_ERASED", "{\"reason\":\"asked for\",\"seq\":2}"), QFS_OK);
	check(2, -1, "", 1);
	/* One that is there all the same. */
	check(-1, -1, "", 0);
	check(4, -1, "4 PAYLOAD_MISSING", 0);
	check(2, QFS_PART_OUTCOME, "2 ENTRY_INCOMPLETE", 0);
	check(2, QFS_PART_ACT, "2 ENTRY_INCOMPLETE", 0);
	sample_close(&s);
}

/* What qfs needs to go on is never taken. */
static void
the_ledgers_own(void)
{
	sample_open(&s);
	sample_ledger(&s);
	CHECK_STATUS(sample_append(&s, "PAYLOAD_ERASED", "{\"reason\":\"x\",\"seq\":3}"), QFS_OK);
	check(3, -1, "3 PAYLOAD_MISSING", 1);
	sample_close(&s);
}

static void
what_says_so(void)
{
	static const struct
	{
		const char *payload;
		qfs_status	status;
	}			bad[] = {
		{"{\"reason\":\"x\",\"seq\":9}", QFS_PAYLOAD_INVALID},	/* itself */
		{"{\"reason\":\"x\",\"seq\":10}", QFS_PAYLOAD_INVALID},
		{"{\"reason\":\"x\",\"seq\":-1}", QFS_PAYLOAD_INVALID},
		{"{\"reason\":\"x\",\"seq\":\"2\"}", QFS_PAYLOAD_INVALID},
		{"{\"reason\":\"\",\"seq\":2}", QFS_PAYLOAD_INVALID},
		{"{\"seq\":2}", QFS_PAYLOAD_INVALID},
		{"{\"more\":1,\"reason\":\"x\",\"seq\":2}", QFS_PAYLOAD_INVALID},
	};

	sample_open(&s);
	sample_ledger(&s);
	for (size_t i = 0; i < ROWS(bad); i++)
	{
		unit_row("%s", bad[i].payload);
		CHECK_STATUS(sample_append(&s, "PAYLOAD_ERASED", bad[i].payload), bad[i].status);
	}
	CHECK_STATUS(sample_append(&s, "PAYLOAD_ERASED", "{\"reason\":\"x\",\"seq\":2}"), QFS_OK);
	CHECK_STATUS(sample_append(&s, "PAYLOAD_ERASED", "{\"reason\":\"x\",\"seq\":2}"), QFS_PAYLOAD_ERASED);
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(an_applications),
	CASE(the_ledgers_own),
	CASE(what_says_so),
	NO_MORE_CASES
};

const unit_suite suite_audit_erased = {"audit_erased", cases};
