/*
 * token.h - what is counted of accounts, and what it is good for.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_TOKEN_H
#define QFS_TOKEN_H

#include "base/types.h"

typedef enum qfs_token
{
	QFS_TOKEN_COHERENCE,
	QFS_TOKEN_FLX,
	QFS_TOKEN_NOD,
	QFS_TOKEN_POINTS,
	QFS_TOKEN_REFERRALS,
	QFS_TOKENS
} qfs_token;

/* A set of them, as rules and changes say what they move. */
#define QFS_MOVES(token) (1u << (token))

typedef struct qfs_token_row
{
	const char *id;
	const char *unit;
	bool		transferable;	/* by its holder */
	const char *lowest;			/* of one account, as a decimal number */
	const char *highest;		/* the same, or the key of the policy that bounds it */
} qfs_token_row;

extern const qfs_token_row qfs_tokens[QFS_TOKENS];

#endif
