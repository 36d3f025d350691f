/*
 * asset.c - what is counted of accounts, and what it is good for.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/asset.h"

#include "state/governance.h"
#include "state/records.h"

#define AMOUNT(member) &qfs_kind_standing, offsetof(qfs_standing, member), true
#define COUNT(member) &qfs_kind_standing, offsetof(qfs_standing, member), false

const qfs_asset_row qfs_assets[QFS_ASSETS] = {
	[QFS_ASSET_FLX] = {"FLX", AMOUNT(flx), "FLX, with 18 decimals", false, "0", "referral.flx_cap"},
	[QFS_ASSET_NOD] = {"NOD", &qfs_kind_nod, offsetof(qfs_nod_record, nod), false, "seats", false, "0", "1000000000"},
	[QFS_ASSET_COHERENCE] = {"coherence", AMOUNT(coherence), "of 1", false, "0", "1"},
	[QFS_ASSET_POINTS] = {"points", COUNT(points), "genesis points", false, "0", "9007199254740991"},
	[QFS_ASSET_REFERRALS] = {"referrals", COUNT(referrals), "accounts", false, "0", "referral.cap"}
};
