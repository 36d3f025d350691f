/*
 * asset.h - what is counted of accounts, and what it is good for.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Whoever reads the map of the rules knows these as tokens, which in the code
 * are what sessions are proven with (identity/token.h).
 */
#ifndef QFS_ASSET_H
#define QFS_ASSET_H

#include "state/store.h"

/* In the order of their ids. */
typedef enum qfs_asset
{
	QFS_ASSET_FLX,
	QFS_ASSET_NOD,
	QFS_ASSET_COHERENCE,
	QFS_ASSET_POINTS,
	QFS_ASSET_REFERRALS,
	QFS_ASSETS
} qfs_asset;

/* A set of them, as rules and changes say what they move. */
#define QFS_MOVES(asset) (1u << (asset))

typedef struct qfs_asset_row
{
	const char *id;
	const qfs_kind *kind;		/* of the record that an account has it in */
	size_t		offset;			/* in that, */
	bool		is_amount;		/* of an amount, else of a count: int64_t, never below zero */
	const char *unit;
	bool		transferable;	/* by its holder */
	const char *lowest;			/* of one account, as a decimal number */
	const char *highest;		/* the same, or the key of the policy that bounds it */
} qfs_asset_row;

extern const qfs_asset_row qfs_assets[QFS_ASSETS];

#endif
