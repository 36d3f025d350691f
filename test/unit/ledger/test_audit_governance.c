/*
 * test_audit_governance.c - votes and settlements of an exported ledger, in the hands of whoever runs the server.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include "support/script.h"
#include "support/voting.h"

static const char *const depths[] = {"hashes", "signatures", "replay"};

static sample s;

/* 2 to 5 seats, 6 a proposal, 7 to 9 votes, 10 its tally, 11 its execution, 12 an event. */
static void
open_ledger(void)
{
	int64_t		proposal;

	voting_four(&s, "");
	proposal = voting_propose(&s, 1, "parameter", HALVE);
	voting_wait_for(&s, 500);
	CHECK_STATUS(voting_vote(&s, 1, proposal, "yes"), QFS_OK);
	CHECK_STATUS(voting_vote(&s, 2, proposal, "yes"), QFS_OK);
	CHECK_STATUS(voting_vote(&s, 3, proposal, "no"), QFS_OK);
	voting_wait_for(&s, 840);
	CHECK_INT(voting_settle(&s), 1);
	voting_wait_for(&s, 1536);
	CHECK_INT(voting_settle(&s), 1);
	CHECK_STATUS(sample_append(&s, "EVENT_TYPE", "{\"by\":\"operator\",\"schema\":{},\"type\":\"NOTED\"}"), QFS_OK);
	CHECK_UINT(s.count, 13);
}

/* Codes that a verification at this depth finds. */
static void
check_faults(const script *l, int depth, const char *want)
{
	script_audit how = {.depth = (qfs_audit_depth) depth};
	fault_list	faults = {.count = 0};

	script_verify(l, &how, &faults);
	CHECK_TEXT(qfs_slice_of(faults.text), want);
}

/* ---- lines that were changed, with all hashes made anew ---- */

static void
edited(void)
{
	static script l;
	static const struct
	{
		unsigned	line;
		const char *from;
		const char *to;
		const char *want[3];
	}			rows[] = {
		{6, "A proposal", "a proposal", {"", "6 SIGNATURE_MISMATCH 7 PROPOSAL_UNKNOWN 8 PROPOSAL_UNKNOWN 9 PROPOSAL_UNKNOWN 10 SETTLEMENT_WRONG 11 SETTLEMENT_WRONG", "6 SIGNATURE_MISMATCH 7 PROPOSAL_UNKNOWN 8 PROPOSAL_UNKNOWN 9 PROPOSAL_UNKNOWN 10 SETTLEMENT_WRONG 11 SETTLEMENT_WRONG"}},
		{7, "\"choice\":\"yes\"", "\"choice\":\"no\"", {"", "7 SIGNATURE_MISMATCH 11 SETTLEMENT_WRONG", "7 SIGNATURE_MISMATCH 8 OUTCOME_MISMATCH 9 OUTCOME_MISMATCH 10 OUTCOME_MISMATCH 11 SETTLEMENT_WRONG"}},
		{9, "\"yes\":50}", "\"yes\":75}", {"", "", "9 OUTCOME_MISMATCH"}},
		{9, "\"power\":25", "\"power\":50", {"", "", "9 OUTCOME_MISMATCH"}},
		{9, "\"previous\":8", "\"previous\":7", {"", "", "9 OUTCOME_MISMATCH"}},
		{10, "\"QUEUED\"", "\"REJECTED\"", {"", "", "10 OUTCOME_MISMATCH"}},
		{10, "\"enacts\":1536", "\"enacts\":1024", {"", "", "10 OUTCOME_MISMATCH"}},
		{10, "1536,6,\"execute\"", "9999,6,\"execute\"", {"", "", "10 OUTCOME_MISMATCH"}},
		{10, "{\"via\":\"ledger\"}", "{\"via\":\"operator\"}", {"", "10 FORBIDDEN 11 SETTLEMENT_WRONG 12 SETTLEMENT_DUE", "10 FORBIDDEN 11 SETTLEMENT_WRONG 12 SETTLEMENT_DUE"}},
		{11, "\"cap\":50", "\"cap\":49", {"", "11 SETTLEMENT_WRONG 12 SETTLEMENT_DUE", "11 SETTLEMENT_WRONG 12 SETTLEMENT_DUE"}},
		{11, "\"EXECUTED\"", "\"FAILED\"", {"", "", "11 OUTCOME_MISMATCH"}},
		{11, "\"proposal\":6}", "\"proposal\":5}", {"", "11 SETTLEMENT_WRONG 12 SETTLEMENT_DUE", "11 SETTLEMENT_WRONG 12 SETTLEMENT_DUE"}},
		{2, "\"nod\":25", "\"nod\":26", {"", "", "2 OUTCOME_MISMATCH 3 OUTCOME_MISMATCH 4 OUTCOME_MISMATCH 5 OUTCOME_MISMATCH 6 OUTCOME_MISMATCH 10 OUTCOME_MISMATCH "
			"11 OUTCOME_MISMATCH"}},
	};

	open_ledger();
	script_of(&s, &l);
	check_faults(&l, QFS_AUDIT_REPLAY, "");
	sample_close(&s);
	for (size_t i = 0; i < ROWS(rows); i++)
		for (int depth = 0; depth < 3; depth++)
		{
			unit_row("line %u, %s, %s", rows[i].line, rows[i].to, depths[depth]);
			open_ledger();
			script_of(&s, &l);
			script_edit(&l, rows[i].line, rows[i].from, rows[i].to);
			script_relink(&l, rows[i].line + 1);
			check_faults(&l, depth, rows[i].want[depth]);
			sample_close(&s);
		}
}

/* ---- a server that leaves a settlement out, and goes on ---- */

static void
left_out(void)
{
	static script l;
	int64_t		proposal;

	for (int execution = 0; execution < 2; execution++)
	{
		unit_row("%s", execution ? "an execution" : "a tally");
		voting_four(&s, "");
		CHECK_STATUS(sample_append(&s, "EVENT_TYPE", "{\"by\":\"operator\",\"schema\":{},\"type\":\"NOTED\"}"), QFS_OK);
		proposal = voting_propose(&s, 1, "parameter", HALVE);
		voting_wait_for(&s, 500);
		CHECK_STATUS(voting_vote(&s, 1, proposal, "yes"), QFS_OK);
		CHECK_STATUS(voting_vote(&s, 2, proposal, "yes"), QFS_OK);
		voting_wait_for(&s, 840);
		if (execution)
		{
			CHECK_INT(voting_settle(&s), 1);
			voting_wait_for(&s, 1536);
		}
		s.reducer.due_at = INT64_MAX;
		CHECK_STATUS(sample_append(&s, "NOTED", "{}"), QFS_OK);
		s.reducer.due_at = INT64_MAX;
		CHECK_STATUS(sample_append(&s, "NOTED", "{}"), QFS_OK);
		script_of(&s, &l);
		check_faults(&l, QFS_AUDIT_HASHES, "");
		/* Each entry from there on: nothing but the settlement would be taken. */
		check_faults(&l, QFS_AUDIT_SIGNATURES, execution ? "11 SETTLEMENT_DUE 12 SETTLEMENT_DUE" : "10 SETTLEMENT_DUE 11 SETTLEMENT_DUE");
		check_faults(&l, QFS_AUDIT_REPLAY, execution ? "11 SETTLEMENT_DUE 12 SETTLEMENT_DUE" : "10 SETTLEMENT_DUE 11 SETTLEMENT_DUE");
		sample_close(&s);
	}
}

static const unit_case cases[] = {
	CASE(edited),
	CASE(left_out),
	NO_MORE_CASES
};

const unit_suite suite_audit_governance = {"audit_governance", cases};
