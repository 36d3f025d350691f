/*
 * test_audit_sessions.c - sign-ins and signed events, verified from an export.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "support/script.h"
#include "support/second_hash.h"
#include "support/signin.h"

static sample s;
static signin in;

static const char *const depths[] = {"hashes", "signatures", "replay"};

#define ROTATION "{\"nonce\":\"%s\"}"
#define REVOCATION "{\"reason\":\"device_lost\",\"session\":\"%s\"}"

/*
 * 4 LOGIN of wallet 3 with device 50, 5 and 6 POSTED, signed, 7 LOGIN of
 * wallet 4, 8 SESSION_ROTATED by wallet 3, 9 LOGIN of wallet 3,
 * 10 SESSION_REVOKED: the one that the rotation began, 11 NOTED
 */
static void
append(unsigned number, qfs_hash *sessions)
{
	test_wallet wallet = test_wallet_of(3);
	const char *payload = "{\"n\":5}";

	switch (number)
	{
		case 4:
			sessions[0] = signin_session(&s, 3, 50, 1);
			break;
		case 5:
			CHECK_STATUS(sample_append_as(&s, signin_signed(&s, &sessions[0], &wallet, 50, 1, "POSTED", payload),
										  &wallet.user, "POSTED", payload), QFS_OK);
			break;
		case 6:
			CHECK_STATUS(sample_append_as(&s, signin_acting(&s, &sessions[0], &wallet, "POSTED", "{}"), &wallet.user,
										  "POSTED", "{}"), QFS_OK);
			break;
		case 7:
			sessions[1] = signin_session(&s, 4, 0, 2);
			break;
		case 8:
			payload = signin_naming(ROTATION, &s.entry[0].seal.hash);
			CHECK_STATUS(sample_append_as(&s, signin_acting(&s, &sessions[0], &wallet, "SESSION_ROTATED", payload),
										  &wallet.user, "SESSION_ROTATED", payload), QFS_OK);
			CHECK(qfs_json_member_hex(second_member(s.event.outcome, "result"), "session", sessions[2].bytes, QFS_HASH_LEN));
			break;
		case 9:
			sessions[3] = signin_session(&s, 3, 0, 3);
			break;
		case 10:
			CHECK_STATUS(sample_append_as(&s, signin_auth(&sessions[3]), &wallet.user, "SESSION_REVOKED",
										  signin_naming(REVOCATION, &sessions[2])), QFS_OK);
			break;
		case 11:
			CHECK_STATUS(sample_append(&s, "NOTED", "{}"), QFS_OK);
			break;
	}
}

#define LAST 11

static void
open_ledger(qfs_hash *sessions)
{
	signin_ledger(&s, NULL);
	for (unsigned i = 4; i <= LAST; i++)
		append(i, sessions);
	CHECK_UINT(s.count, LAST + 1);
}

static void
check_faults(const script *l, const char *const want[3])
{
	for (int depth = 0; depth < 3; depth++)
	{
		script_audit how = {.depth = (qfs_audit_depth) depth};
		fault_list	faults = {.count = 0};

		unit_row("%s", depths[depth]);
		script_verify(l, &how, &faults);
		CHECK_TEXT(qfs_slice_of(faults.text), want[depth]);
	}
}

/* ---- a sound ledger ---- */

static void
sound(void)
{
	static const char *const none[] = {"", "", ""};
	qfs_hash	sessions[4];
	static script l;

	open_ledger(sessions);
	script_of(&s, &l);
	check_faults(&l, none);
	sample_close(&s);
}

/* Whether the lists of sessions are alike, in any order. */
static void
check_active(qfs_audit *audit, const qfs_hash *sessions, const char *want)
{
	const qfs_session_record *record;
	size_t		position = 0;
	unsigned	count = 0;

	while ((record = qfs_audit_next_session(audit, &position)) != NULL)
	{
		bool		known = false;

		for (const char *c = want; *c != '\0'; c++)
			known |= memcmp(&record->session, &sessions[*c - '0'], sizeof(qfs_hash)) == 0;
		CHECK(known);
		count++;
	}
	CHECK_UINT(count, strlen(want));
	CHECK(qfs_audit_next_session(audit, &position) == NULL);
}

/* After each entry the replay knows what was known when it was appended. */
static void
every_prefix(void)
{
	static const char *const active[] = {"", "", "", "", "0", "0", "0", "01", "12", "123", "13", "13"};
	static qfs_audit audit;
	static sample replayed;
	qfs_hash	state[LAST + 1];
	qfs_hash	sessions[4] = {{{0}}};
	fault_list	faults = {.count = 0};
	test_memory memory = {0};

	signin_ledger(&s, NULL);
	for (unsigned i = 4; i <= LAST; i++)
	{
		append(i, sessions);
		state[i] = sample_state(&s);
	}
	script_begin(&audit, QFS_AUDIT_REPLAY, &memory, &faults);
	for (unsigned i = 0; i <= LAST; i++)
	{
		unit_row("entry %u", i);
		CHECK_STATUS(qfs_audit_line(&audit, sample_line(&s, i)), QFS_OK);
		replayed.store = audit.memory;
		replayed.registry = s.registry;
		if (i >= 4)
		{
			qfs_hash	got = sample_state(&replayed);

			CHECK_HASH(&got, &state[i]);
		}
		check_active(&audit, sessions, active[i]);
	}
	CHECK_TEXT(qfs_slice_of(faults.text), "");
	qfs_audit_end(&audit);
	CHECK_UINT(memory.live, 0);
	sample_close(&s);
}

/* Sessions run out without an entry that says so: the last one's time decides. */
static void
run_out(void)
{
	static qfs_audit audit;
	qfs_hash	sessions[4] = {{{0}}};
	fault_list	faults = {.count = 0};
	test_memory memory = {0};

	open_ledger(sessions);
	s.later = 1000 * 17000;
	CHECK_STATUS(sample_append(&s, "NOTED", "{}"), QFS_OK);
	script_begin(&audit, QFS_AUDIT_SIGNATURES, &memory, &faults);
	for (unsigned i = 0; i <= LAST; i++)
		CHECK_STATUS(qfs_audit_line(&audit, sample_line(&s, i)), QFS_OK);
	check_active(&audit, sessions, "13");
	CHECK_STATUS(qfs_audit_line(&audit, sample_line(&s, LAST + 1)), QFS_OK);
	check_active(&audit, sessions, "");
	CHECK_TEXT(qfs_slice_of(faults.text), "");
	qfs_audit_end(&audit);
	sample_close(&s);
}

/* ---- forgeries by whoever holds the server ---- */

/* A wallet never signed this: the server wrote it all the same. */
static void
forged_login(void)
{
	static const char *const want[] = {"", "4 LOGIN_SIGNER 5 SESSION_ENDED", "4 LOGIN_SIGNER 5 SESSION_ENDED"};
	static signin other;
	static script l;
	qfs_hash	session;

	signin_ledger(&s, NULL);
	s.reducer.check_signatures = false;
	signin_make(&other, 4, 0, signin_now(&s), 1);
	signin_make(&in, 3, 0, signin_now(&s), 1);
	strcpy(in.signature, other.signature);
	signin_payload(&in);
	CHECK_STATUS(signin_append(&s, &in), QFS_OK);
	CHECK(qfs_json_member_hex(second_member(s.event.outcome, "result"), "session", session.bytes, QFS_HASH_LEN));
	CHECK_STATUS(sample_append_as(&s, signin_auth(&session), &in.wallet.user, "POSTED", "{}"), QFS_OK);
	CHECK_STATUS(sample_append(&s, "NOTED", "{}"), QFS_OK);
	script_of(&s, &l);
	check_faults(&l, want);
	sample_close(&s);
}

/* The message was signed, but says something else now. */
static void
altered_login(void)
{
	static const char *const want[] = {"", "4 LOGIN_SIGNER", "4 LOGIN_SIGNER"};
	static script l;

	signin_ledger(&s, NULL);
	s.reducer.check_signatures = false;
	signin_make(&in, 3, 0, signin_now(&s), 1);
	*strstr(in.message, "/login") = '#';
	signin_payload(&in);
	CHECK_STATUS(signin_append(&s, &in), QFS_OK);
	script_of(&s, &l);
	check_faults(&l, want);
	sample_close(&s);
}

/*
 * The device signed another payload, or another device signed this one.  In a
 * replay the next event of the account is told as well: its part of the nonce
 * names an entry that did nothing.
 */
static void
forged_events(void)
{
	static const char *const want[] = {"", "5 SIGNATURE_MISMATCH", "5 SIGNATURE_MISMATCH 6 OUTCOME_MISMATCH"};
	test_wallet wallet = test_wallet_of(3);
	static script l;
	qfs_hash	session;

	signin_ledger(&s, NULL);
	s.reducer.check_signatures = false;
	session = signin_session(&s, 3, 50, 1);
	CHECK_STATUS(sample_append_as(&s, signin_signed(&s, &session, &wallet, 50, 1, "POSTED", "{\"n\":1}"),
								  &wallet.user, "POSTED", "{\"n\":2}"), QFS_OK);
	CHECK_STATUS(sample_append_as(&s, signin_signed(&s, &session, &wallet, 50, 2, "POSTED", "{}"),
								  &wallet.user, "POSTED", "{}"), QFS_OK);
	script_of(&s, &l);
	check_faults(&l, want);
	sample_close(&s);
}

/* ---- forgeries in an export, linked as they should be ---- */

static void
edited(void)
{
	static const struct
	{
		unsigned	line;
		const char *from;
		const char *to;
		const char *want[3];
	}			rows[] = {
		{6, "\"payload\":{}", "\"payload\":{\"a\":1}", {"", "6 SIGNATURE_MISMATCH", "6 SIGNATURE_MISMATCH 8 OUTCOME_MISMATCH"}},
		{5, "{\"n\":5}", "{\"n\":6}", {"", "5 SIGNATURE_MISMATCH", "5 SIGNATURE_MISMATCH 6 OUTCOME_MISMATCH"}},
		{5, "\"nonce\":1", "\"nonce\":2", {"", "5 SIGNATURE_MISMATCH", "5 SIGNATURE_MISMATCH 6 OUTCOME_MISMATCH"}},
		{4, "\"created\":true", "\"created\":false", {"", "", "4 OUTCOME_MISMATCH"}},
		{4, "\"issued_block\":0", "\"issued_block\":1", {"", "", "4 OUTCOME_MISMATCH"}},
		{4, "[\"account\"]", "[\"account\",\"operator\"]", {"", "", "4 OUTCOME_MISMATCH"}},
		{4, "{\"via\":\"wallet\"}", "{\"via\":\"operator\"}", {"",
			"4 AUTH_INVALID 5 SESSION_ENDED 6 SESSION_ENDED 8 SESSION_ENDED 10 SESSION_UNKNOWN",
			"4 AUTH_INVALID 5 SESSION_ENDED 6 SESSION_ENDED 8 SESSION_ENDED 9 OUTCOME_MISMATCH "
		"10 SESSION_UNKNOWN"}},
		{6, "\"auth\":{\"key\"", "\"auth\":{\"kez\"", {"", "6 AUTH_INVALID", "6 AUTH_INVALID 8 OUTCOME_MISMATCH"}},
		{6, "\"sig\":\"", "\"sig\":\"A", {"", "6 AUTH_INVALID", "6 AUTH_INVALID 8 OUTCOME_MISMATCH"}},
		{10, "\"sig\":null", "\"sig\":\"A\"", {"", "10 AUTH_INVALID", "10 AUTH_INVALID"}},
		/* What the parts of accounts say. */
		{4, "\"points\":0", "\"points\":5", {"", "", "4 OUTCOME_MISMATCH"}},
		{4, "\"sessions\":[", "\"sessions\":[\"x\",", {"", "", "4 OUTCOME_MISMATCH"}},
		{6, "\"previous\":5", "\"previous\":4", {"", "", "6 OUTCOME_MISMATCH"}},
		{6, "{\"event_nonce\":1}", "{}", {"", "", "6 OUTCOME_MISMATCH"}},
		/* Unsigned, of a session without a device: it is the server's word, whatever it is. */
		{10, "device_lost", "user_logout", {"", "", ""}},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
		for (int depth = 0; depth < 3; depth++)
		{
			static script l;
			script_audit how = {.depth = (qfs_audit_depth) depth};
			fault_list	faults = {.count = 0};
			qfs_hash	sessions[4];

			unit_row("%s, %s", rows[i].to, depths[depth]);
			open_ledger(sessions);
			script_of(&s, &l);
			script_edit(&l, rows[i].line, rows[i].from, rows[i].to);
			script_relink(&l, rows[i].line + 1);
			script_verify(&l, &how, &faults);
			CHECK_TEXT(qfs_slice_of(faults.text), rows[i].want[depth]);
			sample_close(&s);
		}
}

static const unit_case cases[] = {
	CASE(sound),
	CASE(every_prefix),
	CASE(run_out),
	CASE(forged_login),
	CASE(altered_login),
	CASE(forged_events),
	CASE(edited),
	NO_MORE_CASES
};

const unit_suite suite_audit_sessions = {"audit_sessions", cases};
