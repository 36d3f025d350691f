/*
 * test_audit_erased.c - the verifier over lines whose payload was erased.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "ledger/registry.h"
#include "log/line.h"
#include "support/script.h"
#include "support/second_hash.h"
#include "support/signin.h"

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

static void
erase_line(script *l, unsigned n)
{
	static uint8_t line[SCRIPT_LINE_MAX];
	qfs_slice	left = erased(script_line(l, n), -1, line, sizeof(line));

	memcpy(l->line[n].bytes, left.data, l->line[n].len = left.len);
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

/* ---- sign-ins ---- */

/* A session and a nonce of the policy, in ms. */
#define SESSION_MS (1000 * INT64_C(17000))
#define NONCE_MS 300000

static qfs_hash
session_of_last(void)
{
	qfs_hash	session = {{0}};

	CHECK(qfs_json_member_hex(second_member(s.event.outcome, "result"), "session", session.bytes, QFS_HASH_LEN));
	return session;
}

static void
act(const qfs_hash *session, const char *type, const char *payload)
{
	test_wallet wallet = test_wallet_of(3);

	CHECK_STATUS(sample_append_as(&s, signin_acting(&s, session, &wallet, type, payload), &wallet.user, type, payload), QFS_OK);
}

#define ERASE_4 "{\"reason\":\"asked for\",\"seq\":4}"

static void
refused(const char *detail)
{
	sample_refuse(&s, NULL, "PAYLOAD_ERASED", ERASE_4, QFS_LOGIN_OPEN, detail);
}

/* 4 LOGIN of wallet 3 with device 50, 5 POSTED; its session. */
static qfs_hash
signed_in(void)
{
	qfs_hash	session;

	signin_ledger(&s, NULL);
	session = signin_session(&s, 3, 50, 1);
	act(&session, "POSTED", "{}");
	return session;
}

/* The sign-in goes when nothing rests on what its wallet signed any more; all that follows from it stays. */
static void
a_sign_in(void)
{
	qfs_hash	session = signed_in();

	refused("entry 4: its session ");
	act(&session, "SESSION_ROTATED", signin_naming("{\"nonce\":\"%s\"}", &s.entry[0].seal.hash));
	session = session_of_last();
	refused("entry 4: its session ");
	act(&session, "SESSION_REVOKED", signin_naming("{\"reason\":\"user_logout\",\"session\":\"%s\"}", &session));
	refused("entry 4: its nonce is good until ");
	check(4, -1, "4 PAYLOAD_MISSING", 0);
	s.later += NONCE_MS;
	CHECK_STATUS(sample_append(&s, "PAYLOAD_ERASED", ERASE_4), QFS_OK);
	check(4, -1, "", 1);
	check(4, QFS_PART_OUTCOME, "4 ENTRY_INCOMPLETE 5 SESSION_ENDED 6 SESSION_ENDED 7 SESSION_ENDED", 0);
	/* Nobody uses its device as a second account's, or its nonce again. */
	session = signin_session(&s, 4, 50, 2);
	check(4, -1, "", 1);
	sample_refuse(&s, NULL, "PAYLOAD_ERASED", ERASE_4, QFS_PAYLOAD_ERASED, "entry 4, by entry ");
	sample_close(&s);
}

/* Time is what the entries say: neither a session nor a nonce is over at its last millisecond. */
static void
by_recorded_time(void)
{
	int64_t		login;

	(void) signed_in();
	login = SAMPLE_TIME + 4000;
	/* Its block is the one of genesis. */
	s.later = SAMPLE_TIME + SESSION_MS - 1 - signin_now(&s);
	refused(" is active until 1795393692000");
	s.later += 1;
	CHECK_STATUS(sample_append(&s, "PAYLOAD_ERASED", ERASE_4), QFS_OK);
	check(4, -1, "", 1);
	sample_close(&s);

	signin_ledger(&s, "{\"auth\":{\"domains\":[\"app.example\"],\"uris\":[\"https://app.example\"]},\"ttl_blocks\":1}");
	(void) signin_session(&s, 3, 0, 1);
	s.later = login + NONCE_MS - signin_now(&s);
	refused("entry 4: its nonce is good until 1795376996000");
	s.later += 1;
	CHECK_STATUS(sample_append(&s, "PAYLOAD_ERASED", ERASE_4), QFS_OK);
	check(4, -1, "", 1);
	sample_close(&s);
}

/* Another sign-in of the account, and another account's, are none of its business. */
static void
others_sessions(void)
{
	qfs_hash	session = signed_in();

	(void) signin_session(&s, 4, 0, 2);
	s.later += NONCE_MS;
	(void) signin_session(&s, 3, 50, 3);
	act(&session, "SESSION_REVOKED", signin_naming("{\"reason\":\"device_lost\",\"session\":\"%s\"}", &session));
	CHECK_STATUS(sample_append(&s, "PAYLOAD_ERASED", ERASE_4), QFS_OK);
	check(4, -1, "", 1);
	sample_refuse(&s, NULL, "PAYLOAD_ERASED", "{\"reason\":\"x\",\"seq\":6}", QFS_LOGIN_OPEN, "entry 6: its session ");
	sample_refuse(&s, NULL, "PAYLOAD_ERASED", "{\"reason\":\"x\",\"seq\":7}", QFS_LOGIN_OPEN, "entry 7: its session ");
	sample_close(&s);
}

/* An operator who leaves the rule out: entry 6 is made to name the sign-in, which is not over. */
static void
forged(void)
{
	static script l;
	script_audit how = {.depth = QFS_AUDIT_REPLAY};

	(void) signed_in();
	CHECK_STATUS(sample_append(&s, "NOTED", "{}"), QFS_OK);
	CHECK_STATUS(sample_append(&s, "PAYLOAD_ERASED", "{\"reason\":\"x\",\"seq\":6}"), QFS_OK);
	for (int erases = 0; erases < 2; erases++)
		for (int depth = QFS_AUDIT_SIGNATURES; depth < QFS_AUDIT_DEPTHS; depth++)
		{
			fault_list	faults = {.count = 0};

			script_of(&s, &l);
			script_edit(&l, 7, "\"seq\":6}", "\"seq\":4}");
			if (erases)
				erase_line(&l, 4);
			script_relink(&l, 5);
			how.depth = (qfs_audit_depth) depth;
			script_verify(&l, &how, &faults);
			CHECK_TEXT(qfs_slice_of(faults.text), "7 LOGIN_OPEN");
		}
	sample_close(&s);
}

/* What is left of a sign-in is judged: its outcome names the session that it began, by its own wallet, in its time. */
static void
what_is_left(void)
{
	static const struct
	{
		const char *from;
		const char *to;
		const char *faults;
	}			rows[] = {
		{"\"nonce\":\"01", "\"nonce\":\"00", "4 NONCE_EXPIRED 5 SESSION_ENDED 6 SESSION_ENDED"},
		{"\"wallet\":\"0x", "\"wallet\":\"1x", "4 OUTCOME_MISMATCH 5 SESSION_ENDED 6 SESSION_ENDED"},
		{"\"created\":true", "\"created\":false", "4 OUTCOME_MISMATCH"},
		{",\"wallet\":\"", ",\"xallet\":\"", "4 OUTCOME_MISMATCH 5 SESSION_ENDED 6 SESSION_ENDED"},
		{"\"device\":\"", "\"devicf\":\"", "4 OUTCOME_MISMATCH 5 SESSION_ENDED 6 SESSION_ENDED 7 LOGIN_OPEN"},
		{"\"scope\":[\"account\"]", "\"scope\":[\"operator\"]", "4 OUTCOME_MISMATCH"},
	};
	qfs_hash	session = signed_in();

	act(&session, "SESSION_REVOKED", signin_naming("{\"reason\":\"user_logout\",\"session\":\"%s\"}", &session));
	s.later += NONCE_MS;
	CHECK_STATUS(sample_append(&s, "PAYLOAD_ERASED", ERASE_4), QFS_OK);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		static script l;
		script_audit how = {.depth = QFS_AUDIT_REPLAY};
		fault_list	faults = {.count = 0};

		unit_row("%s", rows[i].to);
		script_of(&s, &l);
		/* The outcome is before the payload, which goes. */
		script_edit(&l, 4, rows[i].from, rows[i].to);
		erase_line(&l, 4);
		script_relink(&l, 5);
		script_verify(&l, &how, &faults);
		CHECK_TEXT(qfs_slice_of(faults.text), rows[i].faults);
	}
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(an_applications),
	CASE(the_ledgers_own),
	CASE(what_says_so),
	CASE(a_sign_in),
	CASE(by_recorded_time),
	CASE(others_sessions),
	CASE(forged),
	CASE(what_is_left),
	NO_MORE_CASES
};

const unit_suite suite_audit_erased = {"audit_erased", cases};
