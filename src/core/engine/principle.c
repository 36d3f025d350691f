/*
 * principle.c - what guards are there for.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/principle.h"

const qfs_principle_row qfs_principles[QFS_PRINCIPLES] = {
	[QFS_A_WAY_BACK] = {
		"A_WAY_BACK", "A ledger that nobody governs comes back to its operator, slowly and in the open.",
		"docs/governance.md#what-each-guard-means"
	},
	[QFS_BOUNDED_REWARD] = {
		"BOUNDED_REWARD", "No account is rewarded without end.", "docs/social.md#referrals"
	},
	[QFS_EARNED_BEFORE] = {
		"EARNED_BEFORE", "What counts is what somebody had and did before it was asked for.", "docs/governance.md#who-votes"
	},
	[QFS_FINAL_ONCE_CAST] = {
		"FINAL_ONCE_CAST", "Who has chosen has chosen: once, and for ever.", "docs/governance.md#what-each-guard-means"
	},
	[QFS_NOBODY_DECIDES_ALONE] = {
		"NOBODY_DECIDES_ALONE", "It takes enough of those who vote, of all, and of several.", "docs/governance.md#who-votes"
	},
	[QFS_NO_RETROACTION] = {
		"NO_RETROACTION", "What was decided under other circumstances is not carried out under these.",
		"docs/governance.md#a-proposals-way"
	},
	[QFS_NO_SELF_DEALING] = {
		"NO_SELF_DEALING", "Nobody rewards itself, by itself or by a device that it shares.", "docs/social.md#referrals"
	},
	[QFS_ORDERLY_AGENDA] = {
		"ORDERLY_AGENDA", "What is to be decided stays so little that people can follow it.",
		"docs/governance.md#what-each-guard-means"
	},
	[QFS_RESTRAINT_IN_HASTE] = {
		"RESTRAINT_IN_HASTE", "What is decided in haste takes away and gives nobody anything.",
		"docs/governance.md#what-can-be-changed-and-by-whom"
	},
	[QFS_SOUND_POLICY] = {
		"SOUND_POLICY", "No vote puts a policy in force that could not be read.", "docs/policy.md#governance"
	},
	[QFS_TIME_TO_REACT] = {
		"TIME_TO_REACT", "Nothing comes faster than people can look at it.", "docs/governance.md#a-proposals-way"
	}
};
