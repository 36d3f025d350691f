/*
 * follow.h - the loop of a follower: from entry to entry, up to the durable head.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Nobody is told of an entry that a crash, or a failover to a synchronous
 * standby, could still take back.
 */
#ifndef QFS_BRIDGE_FOLLOW_H
#define QFS_BRIDGE_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "bridge/database.h"

/* The durable head, as qfs.durable_head() gives it. */
typedef struct Head
{
	int64_t		size;			/* number of entries; the last one is size - 1 */
	char		hash[65];		/* of the last one, lower-case hexadecimal; empty if there is none */
} Head;

typedef enum FollowAnswer
{
	FOLLOW_ON,					/* done */
	FOLLOW_AGAIN,				/* something failed and was logged: wait, connect, begin again */
	FOLLOW_HALT					/* it must not go on, which was logged: EXIT_HALT */
} FollowAnswer;

typedef struct Follower
{
	Database   *db;
	long		poll_ms;
	void	   *context;		/* is handed to each of these */
	/* After each connection: sets *next, the first entry that was not dealt with. */
	FollowAnswer (*begin) (void *context, const Head *head, int64_t *next);
	/* There are entries *next … head->size - 1: deals with some or all of them and sets *next. */
	FollowAnswer (*step) (void *context, const Head *head, int64_t *next);
	/* At each look that finds nothing new; may be NULL. */
	FollowAnswer (*idle) (void *context, const Head *head);
} Follower;

/* Asks for the durable head; false: the query failed, which was logged. */
extern bool follow_head(Database *db, Head *out);

/* Whether the ledger has an entry that somebody was told of. */
typedef enum EntryFound
{
	ENTRY_THERE,
	ENTRY_ANOTHER,				/* another one has its number, or none has: this is another history */
	ENTRY_UNKNOWN				/* the query failed, which was logged, or this is a standby that has not replayed it yet */
} EntryFound;

/* hash: as qfs.durable_head() gave it, or a stream has it */
extern EntryFound follow_find(Database *db, int64_t seq, const char *hash);

/* Runs until a signal or a halt; returns the program's exit code. */
extern int	follow(const Follower *follower);

#endif
