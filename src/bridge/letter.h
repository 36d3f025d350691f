/*
 * letter.h - an entry of an incoming stream: its fields, as the database takes them, and as a dead letter.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_BRIDGE_LETTER_H
#define QFS_BRIDGE_LETTER_H

#include <stdbool.h>

#include "bridge/redis.h"
#include "bridge/text.h"

/* What a dead letter has behind the fields that came: its id, the error's code and text. */
#define LETTER_ID "qfs_id"
#define LETTER_CODE "qfs_code"
#define LETTER_TEXT "qfs_text"

/* Longest event that the database is asked about, in bytes of its fields' JSON; what an entry can hold is far less. */
#define LETTER_MAX (1024 * 1024)

typedef struct Letter
{
	const char *id;				/* of the event */
	const char *place;			/* of the entry that was read: of a dead letter perhaps another one */
	const redisReply *fields;	/* names and values, in turn */
	size_t		count;			/* how many of both are the event's */
	char	   *code;			/* why it is dead; NULL: it is not */
	char	   *text;
	bool		kept;			/* it is among the dead letters */
} Letter;

/* Of one entry that XREAD or XRANGE gave; dead: from dead letters, whose last three fields are not the event's. */
extern Letter letter_of(const redisReply *entry, bool dead);

extern void letter_kill(Letter *letter, const char *code, const char *text);

extern void letter_free(Letter *letter);

/*
 * Appends an element of a bytea[] to an array in the making: the JSON object of
 * the fields; NULL of one that is kept.  Kills one that is no event, whatever
 * the database would say: too large, or a field is there twice; and lets the
 * database refuse it with the others, so that all are kept in their order.
 */
extern void letter_put(Letter *letter, Text *array);

/* The command that keeps it in a stream under this id, "*" for one of Redis' own; words point into the letter. */
extern void letter_command(const Letter *letter, const char *stream, const char *id, RedisCommand *command);

#endif
