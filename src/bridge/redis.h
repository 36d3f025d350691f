/*
 * redis.h - a connection to a Redis primary that comes back.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * https://redis.io/docs/latest/develop/data-types/streams; from Redis 6.2 on, where a range can begin behind an id.
 */
#ifndef QFS_BRIDGE_REDIS_H
#define QFS_BRIDGE_REDIS_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdint.h>

#include "bridge/config.h"

/* Settings of every command that speaks to Redis; a command's table has them among its own. */
#define REDIS_SETTINGS \
	{"redis", SETTING_TEXT, "127.0.0.1:6379", 0, 0}, \
	{"redis_user", SETTING_TEXT, "", 0, 0}, \
	{"redis_password_file", SETTING_TEXT, "", 0, 0}, \
	{"redis_database", SETTING_NUMBER, "0", 0, 1000000}

typedef struct Redis Redis;

/*
 * What to connect to: host:port, [IPv6]:port or the path of a socket; nothing
 * is connected yet.  A setting that cannot be used exits with EXIT_USAGE.
 */
extern Redis *redis_new(const Config *config);

/* One attempt, and only a primary will do; a failure is logged. */
extern bool redis_try(Redis *redis);

/* Connects, if it is not, however often it takes, with growing waits; false when a stop was asked for. */
extern bool redis_connect(Redis *redis);

/* A command of so many words, as they are, without formatting.  Begins as {0}. */
typedef struct RedisCommand
{
	int			count;
	int			room;
	const char **words;
	size_t	   *lengths;
} RedisCommand;

/* Forgets the words; the memory stays for the next ones. */
extern void redis_command_clear(RedisCommand *command);

extern void redis_word(RedisCommand *command, const char *word);
extern void redis_bytes(RedisCommand *command, const char *bytes, size_t length);

/*
 * Sends one command; the reply is the caller's to freeReplyObject.  NULL: it
 * failed, which was logged; redis_error tells.  A lost connection is closed.
 */
extern redisReply *redis_send(Redis *redis, const RedisCommand *command);

/* The same, of words. */
extern redisReply *redis_ask(Redis *redis, int count, const char *const *words);

/*
 * Several in one go: each is queued, then each reply is fetched, in their
 * order.  An error reply is the caller's to judge; NULL is a lost connection.
 */
extern void redis_queue(Redis *redis, const RedisCommand *command);
extern redisReply *redis_fetch(Redis *redis);

/* The error that Redis answered with last; empty if the connection was lost. */
extern const char *redis_error(const Redis *redis);

/* Does the last error begin with this word?  Redis' errors do: WRONGTYPE, READONLY, OOM, … */
extern bool redis_error_is(const Redis *redis, const char *word);

extern void redis_close(Redis *redis);

/* ---- ids of streams: <milliseconds>-<number> ---- */

typedef struct StreamId
{
	uint64_t	ms;
	uint64_t	number;
} StreamId;

/* False: it is no id. */
extern bool stream_id_read(const char *text, StreamId *out);

/* As memcmp. */
extern int	stream_id_compare(StreamId a, StreamId b);

/*
 * The highest id that the stream ever had, which stays when entries are
 * deleted; 0-0 if the key does not exist.  False: as redis_send; WRONGTYPE if
 * the key is something else.
 */
extern bool redis_stream_top(Redis *redis, const char *stream, StreamId *out);

#endif
