/*
 * take_in.c - qfs-bridge in: what streams of Redis bring, into the ledger.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Plain XREAD after the position that the database has: no consumer group,
 * which would be a second opinion of how far the stream was taken.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/commands.h"
#include "bridge/log.h"
#include "bridge/metrics.h"
#include "bridge/stop.h"
#include "bridge/stream_lock.h"
#include "bridge/taker.h"
#include "bridge/usage.h"

/* How long a read waits for something new; also how often the tail, and the locks of others, are looked at. */
#define BLOCK_MS 1000
#define RETRY_BATCH "50"

static const Setting settings[] = {
	REDIS_SETTINGS,
	{"stream", SETTING_LIST, NULL, 0, 0},
	{"batch", SETTING_NUMBER, "500", 1, 1000},
	{NULL, SETTING_TEXT, NULL, 0, 0}
};

typedef struct Intake
{
	Database   *db;
	Redis	   *redis;
	const char *batch;
	Taker	   *takers;
	size_t		count;
} Intake;

/* ---- the loop ---- */

static FollowAnswer
open_streams(Intake *in)
{
	FollowAnswer answer = FOLLOW_ON;

	for (size_t n = 0; n < in->count && answer == FOLLOW_ON; n++)
		if (!in->takers[n].is_open)
			answer = taker_open(&in->takers[n]);
	return answer;
}

/* Is the server still there, and where it was?  One that was promoted may lack what another had taken, and Redis may lack it. */
static FollowAnswer
check_places(Intake *in)
{
	FollowAnswer answer = FOLLOW_ON;

	for (size_t n = 0; n < in->count && answer == FOLLOW_ON; n++)
	{
		if (!in->takers[n].is_open)
			continue;
		answer = taker_read_position(&in->takers[n]);
		if (answer == FOLLOW_ON)
			answer = taker_check_top(&in->takers[n]);
	}
	return answer;
}

/* XREAD of the streams that are ours; false if there is none. */
static bool
write_read(const Intake *in, RedisCommand *command)
{
	bool		any = false;

	redis_command_clear(command);
	redis_word(command, "XREAD");
	redis_word(command, "COUNT");
	redis_word(command, in->batch);
	redis_word(command, "BLOCK");
	redis_word(command, log_number(BLOCK_MS));
	redis_word(command, "STREAMS");
	for (size_t n = 0; n < in->count; n++)
		if (in->takers[n].is_open)
		{
			redis_word(command, in->takers[n].stream);
			any = true;
		}
	for (size_t n = 0; n < in->count; n++)
		if (in->takers[n].is_open)
			redis_word(command, in->takers[n].position);
	return any;
}

static Taker *
taker_of(const Intake *in, const char *stream)
{
	for (size_t n = 0; n < in->count; n++)
		if (strcmp(in->takers[n].stream, stream) == 0)
			return &in->takers[n];
	return NULL;
}

static FollowAnswer
take_all(const Intake *in, const redisReply *reply)
{
	FollowAnswer answer = FOLLOW_ON;

	for (size_t n = 0; n < reply->elements && answer == FOLLOW_ON; n++)
	{
		Taker	   *taker = taker_of(in, reply->element[n]->element[0]->str);

		answer = taker == NULL ? FOLLOW_AGAIN : taker_take(taker, reply->element[n]->element[1]);
	}
	return answer;
}

/* What comes next, or, where nothing does, a look at what else there is to see. */
static FollowAnswer
read_once(Intake *in)
{
	static RedisCommand command;
	redisReply *reply;
	FollowAnswer answer;

	if (!write_read(in, &command))
		return stop_sleep(BLOCK_MS) ? open_streams(in) : FOLLOW_ON;
	reply = redis_send(in->redis, &command);
	if (reply == NULL)
		return FOLLOW_AGAIN;
	if (reply->type == REDIS_REPLY_ARRAY && reply->elements > 0)
		answer = take_all(in, reply);
	else
	{
		answer = check_places(in);
		if (answer == FOLLOW_ON)
			answer = open_streams(in);
	}
	freeReplyObject(reply);
	return answer;
}

/* Locks end with the connection, and what was read may be another stream's by now. */
static FollowAnswer
run_session(Intake *in, Backoff *backoff)
{
	FollowAnswer answer;

	for (size_t n = 0; n < in->count; n++)
		in->takers[n].is_open = false;
	answer = open_streams(in);
	while (answer == FOLLOW_ON && !stop_requested())
	{
		answer = read_once(in);
		if (answer == FOLLOW_ON)
			backoff_reset(backoff);
		metrics_tick();
	}
	return answer;
}

static int
run_forever(Intake *in)
{
	FollowAnswer answer = FOLLOW_AGAIN;
	Backoff		backoff = {0};

	while (answer != FOLLOW_HALT && !stop_requested() && database_connect(in->db) && redis_connect(in->redis))
	{
		answer = run_session(in, &backoff);
		if (answer == FOLLOW_AGAIN && !backoff_wait(&backoff))
			break;
	}
	return answer == FOLLOW_HALT ? EXIT_HALT : EXIT_STOPPED;
}

/* ---- once ---- */

/* All dead letters of one stream, from the first to the last. */
static FollowAnswer
retry_stream(Taker *taker)
{
	FollowAnswer answer = FOLLOW_ON;
	Retried		sum = {0};
	char		from[64] = "-";
	size_t		got = 1;

	while (answer == FOLLOW_ON && got > 0 && !stop_requested())
	{
		const char *const words[] = {"XRANGE", taker->dead, from, "+", "COUNT", RETRY_BATCH};
		redisReply *reply = redis_ask(taker->redis, 6, words);

		if (reply == NULL)
			return FOLLOW_AGAIN;
		got = reply->elements;
		if (got > 0)
		{
			snprintf(from, sizeof(from), "(%s", reply->element[got - 1]->element[0]->str);
			answer = taker_retry(taker, reply, &sum);
		}
		freeReplyObject(reply);
	}
	printf("%s: %ld taken, %ld were in the ledger, %ld stay\n", taker->dead, sum.taken, sum.seen, sum.refused);
	return answer;
}

static int
retry_dead(Intake *in)
{
	if (!database_try(in->db) || !redis_try(in->redis))
		return EXIT_HALT;
	for (size_t n = 0; n < in->count; n++)
	{
		bool		locked = false;

		if (!stream_lock(in->db, in->takers[n].dead, &locked))
			return EXIT_HALT;
		if (!locked)
		{
			log_event(LOG_ERROR, "stream_is_taken", "stream", in->takers[n].dead, "hint", "somebody retries these dead letters now", NULL);
			return EXIT_HALT;
		}
		if (retry_stream(&in->takers[n]) != FOLLOW_ON)
			return EXIT_HALT;
	}
	return EXIT_STOPPED;
}

/*
 * Without locks: a bridge that runs goes on.  A stream that has no position yet
 * gets one by being asked for it: that goes with the transaction, which nobody
 * commits.
 */
static int
check(Intake *in)
{
	if (!database_try(in->db) || !redis_try(in->redis) || !database_run(in->db, "BEGIN"))
		return EXIT_HALT;
	for (size_t n = 0; n < in->count; n++)
	{
		Taker	   *taker = &in->takers[n];
		StreamId	top;

		if (taker_read_position(taker) != FOLLOW_ON || taker_check_top(taker) != FOLLOW_ON ||
			!redis_stream_top(in->redis, taker->stream, &top))
			return EXIT_HALT;
		printf("%s: would go on after %s; the stream's top is %llu-%llu\n", taker->stream, taker->position,
			   (unsigned long long) top.ms, (unsigned long long) top.number);
	}
	return EXIT_STOPPED;
}

static void
make_takers(Intake *in, const Config *config)
{
	const char *const *streams;

	in->count = config_list(config, "stream", &streams);
	in->takers = allocate(in->count * sizeof(*in->takers));
	for (size_t n = 0; n < in->count; n++)
	{
		for (size_t k = 0; k < n; k++)
			if (strcmp(streams[n], streams[k]) == 0)
				fail_usage("the setting stream names %s twice", streams[n]);
		in->takers[n] = taker_new(in->db, in->redis, streams[n]);
	}
}

static int
run(const Config *config, const Options *options)
{
	Intake		in = {.db = database_new(config, "in"), .redis = redis_new(config), .batch = config_text(config, "batch")};
	int			code;

	make_takers(&in, config);
	code = options->check ? check(&in) : options->retry_dead ? retry_dead(&in) : run_forever(&in);
	database_close(in.db);
	redis_close(in.redis);
	return code;
}

const Command command_in = {
	"in", "what streams of Redis bring, into the ledger", settings, run
};
