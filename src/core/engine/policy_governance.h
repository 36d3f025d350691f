/*
 * policy_governance.h - the numbers of a track that settle a proposal.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_POLICY_GOVERNANCE_H
#define QFS_POLICY_GOVERNANCE_H

#include "text/amount.h"

/* Every number that settles a proposal later, as it was when the proposal was made. */
typedef struct qfs_terms
{
	int64_t		approval;		/* percent of all power that has to say yes */
	int64_t		majority;		/* percent of what decides, yes, no and veto, that has to say yes */
	int64_t		quorum;			/* percent of all power that has to be cast */
	int64_t		review_blocks;
	int64_t		timelock_blocks;
	int64_t		voting_blocks;
	int64_t		grace_blocks;
	int64_t		late_blocks;
	int64_t		power_percent;	/* of the total: the most that one account votes with */
	int64_t		veto_percent;	/* of what is cast */
	qfs_amount	deposit;
} qfs_terms;

#endif
