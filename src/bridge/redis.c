/*
 * redis.c - a connection to a Redis primary that comes back.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "bridge/redis.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/log.h"
#include "bridge/stop.h"
#include "bridge/usage.h"

/* Of connecting, and of each answer; a read that blocks asks for less. */
#define TIMEOUT_SECONDS 5
#define PASSWORD_MAX 512
#define ERROR_MAX 512

struct Redis
{
	const char *address;		/* as the setting says */
	char	   *host;			/* NULL: a socket */
	int			port;
	const char *user;
	const char *password_file;
	const char *database;
	redisContext *context;
	Backoff		backoff;
	char		error[ERROR_MAX];
};

static void
read_address(Redis *redis)
{
	const char *colon = strrchr(redis->address, ':');
	char	   *end;

	if (redis->address[0] == '/')
		return;
	if (colon == NULL || colon == redis->address)
		fail_usage("the setting redis is host:port, [IPv6]:port, or the path of a socket");
	redis->port = (int) strtol(colon + 1, &end, 10);
	if (*end != '\0' || redis->port < 1 || redis->port > 65535)
		fail_usage("the setting redis ends with a port from 1 to 65535");
	redis->host = duplicate(redis->address[0] == '[' ? redis->address + 1 : redis->address);
	redis->host[colon - redis->address - (redis->address[0] == '[' ? 2 : 0)] = '\0';
}

Redis *
redis_new(const Config *config)
{
	Redis	   *redis = allocate(sizeof(*redis));

	redis->address = config_text(config, "redis");
	redis->user = config_text(config, "redis_user");
	redis->password_file = config_text(config, "redis_password_file");
	redis->database = config_text(config, "redis_database");
	read_address(redis);
	return redis;
}

void
redis_close(Redis *redis)
{
	if (redis->context != NULL)
		redisFree(redis->context);
	redis->context = NULL;
}

static void
lose(Redis *redis, const char *event)
{
	const char *error = redis->context == NULL ? "out of memory" :
		redis->context->err == REDIS_ERR_IO && errno == EAGAIN ? "no answer in time" : redis->context->errstr;

	log_event(LOG_WARN, event, "redis", redis->address, "error", error, NULL);
	redis->error[0] = '\0';
	redis_close(redis);
}

/* The file is read at each connection, so that a password can be changed. */
static bool
read_password(const Redis *redis, char password[PASSWORD_MAX])
{
	FILE	   *file = fopen(redis->password_file, "r");
	bool		found;

	if (file == NULL)
	{
		log_event(LOG_WARN, "redis_password_unreadable", "file", redis->password_file, "error", strerror(errno), NULL);
		return false;
	}
	found = fgets(password, PASSWORD_MAX, file) != NULL;
	fclose(file);
	if (!found)
		log_event(LOG_WARN, "redis_password_unreadable", "file", redis->password_file, "error", "it is empty", NULL);
	else
		password[strcspn(password, "\r\n")] = '\0';
	return found;
}

static bool
ask_and_forget(Redis *redis, int count, const char *const *words)
{
	redisReply *reply = redis_ask(redis, count, words);

	if (reply != NULL)
		freeReplyObject(reply);
	return reply != NULL;
}

static bool
sign_in(Redis *redis)
{
	char		password[PASSWORD_MAX];
	bool		good;

	if (redis->password_file[0] == '\0')
		return true;
	if (!read_password(redis, password))
		return false;
	if (redis->user[0] != '\0')
		good = ask_and_forget(redis, 3, (const char *const[]) {"AUTH", redis->user, password});
	else
		good = ask_and_forget(redis, 2, (const char *const[]) {"AUTH", password});
	return good;
}

/* A replica lags behind, and takes nothing. */
static bool
check_primary(Redis *redis)
{
	redisReply *reply = redis_ask(redis, 1, (const char *const[]) {"ROLE"});
	bool		good;

	if (reply == NULL)
		return false;
	good = reply->type == REDIS_REPLY_ARRAY && reply->elements > 0 && reply->element[0]->type == REDIS_REPLY_STRING &&
		strcmp(reply->element[0]->str, "master") == 0;
	freeReplyObject(reply);
	if (!good)
		log_event(LOG_WARN, "redis_is_no_primary", "redis", redis->address,
				  "hint", "the setting redis has to name the primary; after a failover, the new one", NULL);
	return good;
}

static redisContext *
connect_once(const Redis *redis)
{
	struct timeval timeout = {TIMEOUT_SECONDS, 0};

	return redis->host != NULL ? redisConnectWithTimeout(redis->host, redis->port, timeout) :
		redisConnectUnixWithTimeout(redis->address, timeout);
}

bool
redis_try(Redis *redis)
{
	if (redis->context != NULL)
		return true;
	redis->context = connect_once(redis);
	if (redis->context == NULL || redis->context->err != 0)
	{
		lose(redis, "redis_unreachable");
		return false;
	}
	redisSetTimeout(redis->context, (struct timeval) {TIMEOUT_SECONDS, 0});
	if (sign_in(redis) && ask_and_forget(redis, 2, (const char *const[]) {"SELECT", redis->database}) &&
		check_primary(redis))
	{
		log_event(LOG_INFO, "redis_connected", "redis", redis->address, NULL);
		return true;
	}
	redis_close(redis);
	return false;
}

bool
redis_connect(Redis *redis)
{
	while (!stop_requested())
	{
		if (redis_try(redis))
		{
			backoff_reset(&redis->backoff);
			return true;
		}
		if (!backoff_wait(&redis->backoff))
			break;
	}
	return false;
}

/* ---- commands ---- */

void
redis_command_clear(RedisCommand *command)
{
	command->count = 0;
}

void
redis_bytes(RedisCommand *command, const char *bytes, size_t length)
{
	if (command->count == command->room)
	{
		command->room = command->room > 0 ? 2 * command->room : 16;
		command->words = resize(command->words, (size_t) command->room * sizeof(*command->words));
		command->lengths = resize(command->lengths, (size_t) command->room * sizeof(*command->lengths));
	}
	command->words[command->count] = bytes;
	command->lengths[command->count++] = length;
}

void
redis_word(RedisCommand *command, const char *word)
{
	redis_bytes(command, word, strlen(word));
}

void
redis_queue(Redis *redis, const RedisCommand *command)
{
	/* What fails here shows when the reply is fetched. */
	if (redis->context != NULL)
		redisAppendCommandArgv(redis->context, command->count, command->words, command->lengths);
}

redisReply *
redis_fetch(Redis *redis)
{
	void	   *reply = NULL;

	redis->error[0] = '\0';
	if (redis->context == NULL)
		return NULL;
	errno = 0;
	if (redisGetReply(redis->context, &reply) != REDIS_OK)
	{
		lose(redis, "redis_lost");
		return NULL;
	}
	if (((redisReply *) reply)->type == REDIS_REPLY_ERROR)
		snprintf(redis->error, sizeof(redis->error), "%s", ((redisReply *) reply)->str);
	return reply;
}

redisReply *
redis_send(Redis *redis, const RedisCommand *command)
{
	redisReply *reply;

	redis_queue(redis, command);
	reply = redis_fetch(redis);
	if (reply != NULL && reply->type == REDIS_REPLY_ERROR)
	{
		/* The first word is the command; the others may be secret. */
		log_event(LOG_WARN, "redis_refused", "command", command->words[0], "error", redis->error, NULL);
		freeReplyObject(reply);
		return NULL;
	}
	return reply;
}

redisReply *
redis_ask(Redis *redis, int count, const char *const *words)
{
	static RedisCommand command;

	redis_command_clear(&command);
	for (int i = 0; i < count; i++)
		redis_word(&command, words[i]);
	return redis_send(redis, &command);
}

const char *
redis_error(const Redis *redis)
{
	return redis->error;
}

bool
redis_error_is(const Redis *redis, const char *word)
{
	size_t		length = strlen(word);

	return strncmp(redis->error, word, length) == 0 && (redis->error[length] == ' ' || redis->error[length] == '\0');
}

/* ---- ids ---- */

/* Digits, and what is behind them. */
static bool
read_number(const char *text, uint64_t *out, char **end)
{
	errno = 0;
	*out = strtoull(text, end, 10);
	return text[0] >= '0' && text[0] <= '9' && errno == 0;
}

bool
stream_id_read(const char *text, StreamId *out)
{
	char	   *end;

	return read_number(text, &out->ms, &end) && *end == '-' && read_number(end + 1, &out->number, &end) && *end == '\0';
}

int
stream_id_compare(StreamId a, StreamId b)
{
	if (a.ms != b.ms)
		return a.ms < b.ms ? -1 : 1;
	return a.number < b.number ? -1 : a.number > b.number;
}

/* Of names and values, in turn. */
static const redisReply *
member(const redisReply *reply, const char *name)
{
	for (size_t i = 0; i + 1 < reply->elements; i += 2)
		if (reply->element[i]->type == REDIS_REPLY_STRING && strcmp(reply->element[i]->str, name) == 0)
			return reply->element[i + 1];
	return NULL;
}

static bool
key_exists(Redis *redis, const char *stream, bool *found)
{
	redisReply *reply = redis_ask(redis, 2, (const char *const[]) {"EXISTS", stream});

	if (reply == NULL)
		return false;
	*found = reply->integer != 0;
	freeReplyObject(reply);
	return true;
}

bool
redis_stream_top(Redis *redis, const char *stream, StreamId *out)
{
	redisReply *reply;
	const redisReply *top;
	bool		found;

	*out = (StreamId) {0, 0};
	if (!key_exists(redis, stream, &found) || !found)
		return redis->error[0] == '\0' && redis->context != NULL;
	reply = redis_ask(redis, 3, (const char *const[]) {"XINFO", "STREAM", stream});
	if (reply == NULL)
		return false;
	top = member(reply, "last-generated-id");
	found = top != NULL && top->type == REDIS_REPLY_STRING && stream_id_read(top->str, out);
	freeReplyObject(reply);
	if (!found)
		log_event(LOG_WARN, "redis_refused", "command", "XINFO", "error", "there is no last-generated-id", NULL);
	return found;
}
