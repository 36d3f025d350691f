/*
 * settlement.h - what the ledger itself appends when it is due.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * While something is due the reducer admits it and nothing else.  Whoever
 * appends asks here what it is; the rules compute it again, and compare.
 */
#ifndef QFS_SETTLEMENT_H
#define QFS_SETTLEMENT_H

#include "rules/governance/ballot_box.h"
#include "rules/governance/claim.h"
#include "rules/governance/motion.h"

/* Bytes of the longest payload: a policy, and a number. */
#define QFS_SETTLEMENT_MAX (QFS_POLICY_MAX + 64)

/*
 * The settlement that is due at a time: its type, which lives for ever, and its payload.
 * payload: with room for QFS_SETTLEMENT_MAX bytes; *type = NULL: nothing is due
 */
extern qfs_status qfs_settlement_next(qfs_reducer *r, int64_t at, const char **type, qfs_buf *payload, qfs_error *err);

/* ---- for its rules ---- */

/*
 * The agenda, whose first item is due.
 * Errors: SETTLEMENT_WRONG unless it is, and of this kind and the entry that
 * the payload names by a member.
 */
extern qfs_status qfs_settlement_check(const qfs_act *act, qfs_agenda_kind kind, const char *member, qfs_agenda *agenda);

/* The same of a proposal, with how it stands. */
extern qfs_status qfs_settlement_begin(const qfs_act *act, qfs_agenda_kind kind, qfs_agenda *agenda, qfs_ballot_box *box);

/*
 * The payload, computed again of the agenda's first item and of the policy that settling it puts in force; empty: none.
 * Errors: SETTLEMENT_WRONG unless it is the entry's.
 */
extern qfs_status qfs_settlement_compare(const qfs_act *act, const qfs_agenda *agenda, qfs_slice policy);

/* 1 if no policy, or none that may be, can be made of what is in force. */
extern const qfs_guard qfs_guard_policy_valid;

/* Does a status say that such a change of the policy cannot be made, and not that something could not be read? */
extern bool qfs_settlement_is_of_the_change(qfs_status status);

/* What executing a proposal would do now. */
typedef struct qfs_execution
{
	qfs_motion	motion;
	int64_t		overdue_at;		/* last block in which it may be */
	int64_t		block;			/* in which it is */
	int64_t		stale;			/* leaves that somebody has changed meanwhile */
	bool		is_valid;		/* governance is not off, and a policy that it makes is one */
	qfs_shares	shares;			/* of seats, if it changes some */
	qfs_new_policy made;
	uint8_t		change[QFS_MOTION_MAX + 1024];	/* what motion points to */
} qfs_execution;

/* Errors: those of the store; whatever else stands against it is told. */
extern qfs_status qfs_execution_plan(const qfs_act *act, const qfs_ballot_box *box, qfs_execution *out);

/* Does anything stand against it? */
extern bool qfs_execution_is_barred(const qfs_execution *plan);

/* The policy that it puts in force; empty: none. */
extern qfs_slice qfs_execution_policy(const qfs_execution *plan);

/* What settling a claim does: the policy in force, with governance in trial. */
typedef struct qfs_dormancy
{
	qfs_slice	policy;			/* empty: governance is not on, or no such policy can be made */
	qfs_new_policy made;
} qfs_dormancy;

/* Errors: those of the store. */
extern qfs_status qfs_dormancy_plan(const qfs_act *act, qfs_dormancy *out);

#endif
