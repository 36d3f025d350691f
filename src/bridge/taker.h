/*
 * taker.h - one incoming stream: where it stands, and taking what it brings.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_BRIDGE_TAKER_H
#define QFS_BRIDGE_TAKER_H

#include "bridge/database.h"
#include "bridge/follow.h"
#include "bridge/redis.h"

typedef struct Taker
{
	Database   *db;
	Redis	   *redis;
	const char *stream;
	char	   *dead;			/* the stream of its dead letters */
	char		position[48];	/* id of the last event that was dealt with */
	bool		is_open;		/* the lock is ours, the position known */
	bool		waits;			/* for the lock, which was logged */
} Taker;

extern Taker taker_new(Database *db, Redis *redis, const char *stream);

/* Tries to take the stream's lock, and reads its position; FOLLOW_ON, also if another connection has the lock. */
extern FollowAnswer taker_open(Taker *taker);

/* Reads the position alone. */
extern FollowAnswer taker_read_position(Taker *taker);

/* Has Redis still what was taken?  FOLLOW_HALT, with what to do, if its stream ends before the position. */
extern FollowAnswer taker_check_top(Taker *taker);

/* Deals with the entries that XREAD gave, in their order: each becomes an entry of the ledger or a dead letter. */
extern FollowAnswer taker_take(Taker *taker, const redisReply *entries);

/* What became of dead letters that were tried once more. */
typedef struct Retried
{
	long		taken;
	long		seen;			/* the ledger had them already */
	long		refused;		/* again; they stay */
} Retried;

/* Tries dead letters that XRANGE gave once more; those that the ledger has then go. */
extern FollowAnswer taker_retry(Taker *taker, const redisReply *entries, Retried *sum);

#endif
