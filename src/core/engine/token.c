/*
 * token.c - what is counted of accounts, and what it is good for.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/token.h"

const qfs_token_row qfs_tokens[QFS_TOKENS] = {
	[QFS_TOKEN_COHERENCE] = {"coherence", "of 1", false, "0", "1"},
	[QFS_TOKEN_FLX] = {"FLX", "FLX, with 18 decimals", false, "0", "referral.flx_cap"},
	[QFS_TOKEN_NOD] = {"NOD", "seats", false, "0", "1000000000"},
	[QFS_TOKEN_POINTS] = {"points", "genesis points", false, "0", "9007199254740991"},
	[QFS_TOKEN_REFERRALS] = {"referrals", "accounts", false, "0", "referral.cap"}
};
