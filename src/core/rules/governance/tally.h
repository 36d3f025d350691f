/*
 * tally.h - how much a holder's vote weighs, and what the votes of a proposal come to.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Pure functions of integers.  Power is counted in whole NOD, shares in
 * hundredths of one: 100 times a power, against percent times another.
 * Source: docs/format.md, "Numbers of governance".
 */
#ifndef QFS_TALLY_H
#define QFS_TALLY_H

#include "engine/policy_governance.h"
#include "engine/rule.h"

/* All NOD of a ledger: hundredths of them are integers that every JSON implementation holds. */
#define QFS_NOD_MAX INT64_C(1000000000000)

/* Votes of a proposal, in NOD.  Together they are at most the total. */
typedef struct qfs_counts
{
	int64_t		total;			/* of all holders, at the proposal's entry; at most QFS_NOD_MAX */
	int64_t		yes;
	int64_t		no;
	int64_t		abstain;
	int64_t		veto;
} qfs_counts;

/* In the order in which they are evaluated and recorded. */
extern const qfs_guard qfs_guard_tally_veto;
extern const qfs_guard qfs_guard_tally_quorum;
extern const qfs_guard qfs_guard_tally_approval;
extern const qfs_guard qfs_guard_tally_majority;

#define QFS_TALLY_GUARDS &qfs_guard_tally_veto, &qfs_guard_tally_quorum, &qfs_guard_tally_approval, &qfs_guard_tally_majority
#define QFS_VERDICT_GUARDS 4

typedef struct qfs_verdict
{
	struct
	{
		const qfs_guard *guard;
		int64_t		bound;
		int64_t		observed;
	}			guards[QFS_VERDICT_GUARDS];
	unsigned	count;
	const qfs_guard *blocked;	/* the first that blocks; NULL: it passes */
} qfs_verdict;

/* The power of an account that holds nod of a total, with a cap at power_percent of it, rounded down. */
extern int64_t qfs_nod_power(int64_t nod, int64_t total, int64_t power_percent);

/* All votes, whatever they say. */
extern int64_t qfs_tally_cast(const qfs_counts *counts);

/* What the votes come to.  All guards are evaluated, whatever the first one says. */
extern void qfs_tally_verdict(const qfs_terms *terms, const qfs_counts *counts, qfs_verdict *out);

/* Would the proposal pass with these votes? */
extern bool qfs_tally_passes(const qfs_terms *terms, const qfs_counts *counts);

/*
 * Of an emergency: does it pass, whatever is still cast?  That is so if it
 * passes now, and would if all who have not voted cast a veto, which is the
 * worst for every guard.
 */
extern bool qfs_tally_is_decided(const qfs_terms *terms, const qfs_counts *counts);

#endif
