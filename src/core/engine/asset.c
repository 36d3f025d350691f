/*
 * asset.c - what is counted of accounts, and what it is good for.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/asset.h"

const qfs_asset_row qfs_assets[QFS_ASSETS] = {
	[QFS_ASSET_COHERENCE] = {"coherence", "of 1", false, "0", "1"},
	[QFS_ASSET_FLX] = {"FLX", "FLX, with 18 decimals", false, "0", "referral.flx_cap"},
	[QFS_ASSET_NOD] = {"NOD", "seats", false, "0", "1000000000"},
	[QFS_ASSET_POINTS] = {"points", "genesis points", false, "0", "9007199254740991"},
	[QFS_ASSET_REFERRALS] = {"referrals", "accounts", false, "0", "referral.cap"}
};
