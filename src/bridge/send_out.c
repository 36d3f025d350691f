/*
 * send_out.c - qfs-bridge out: the entries of the ledger into a stream of Redis.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Entry n has the id <n+1>-0 (0-0 is no id), so Redis itself refuses one that
 * is there, and one that is out of order; where to go on is the stream's top.
 * What is in the stream is the ledger's beginning, or the bridge stops: the
 * entry at the top is compared with the ledger's each time it connects.
 *
 * A batch goes as one transaction of Redis: of a batch that fails nothing is
 * there, so that no entry can follow one that is missing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/commands.h"
#include "bridge/follow.h"
#include "bridge/log.h"
#include "bridge/metrics.h"
#include "bridge/redis.h"
#include "bridge/stop.h"
#include "bridge/stream_lock.h"
#include "bridge/usage.h"

#define BATCH_ENTRIES 500
#define WAIT_FOR_LOCK_MS 1000

static const Setting settings[] = {
	REDIS_SETTINGS,
	{"stream", SETTING_TEXT, NULL, 0, 0},
	{"keep", SETTING_NUMBER, "0", 0, 2000000000},
	{NULL, SETTING_TEXT, NULL, 0, 0}
};

typedef struct Sender
{
	Database   *db;
	Redis	   *redis;
	const char *stream;
	long		keep;			/* how many entries about the stream keeps; 0: all */
	bool		waits;			/* for the stream's lock, which was logged */
} Sender;

/* The stream's last entry. */
typedef struct Top
{
	bool		exists;			/* the stream has ever had an entry */
	bool		is_there;		/* and one is still there */
	StreamId	last;			/* highest id it ever had */
	StreamId	id;				/* of the entry that is there */
	char		hash[65];
} Top;

static FollowAnswer
halt(const Sender *s, const char *event, int64_t entry, const char *hint)
{
	log_event(LOG_ERROR, event, "stream", s->stream, "entry", log_number(entry), "hint", hint, NULL);
	return FOLLOW_HALT;
}

/* A key that is no stream stays so until somebody acts. */
static FollowAnswer
refused(const Sender *s)
{
	if (redis_error_is(s->redis, "WRONGTYPE"))
		return halt(s, "key_is_no_stream", -1, "the key holds another kind of value: choose another stream");
	return FOLLOW_AGAIN;
}

static const char *
field(const redisReply *fields, const char *name)
{
	for (size_t i = 0; i + 1 < fields->elements; i += 2)
		if (strcmp(fields->element[i]->str, name) == 0)
			return fields->element[i + 1]->str;
	return "";
}

static FollowAnswer
read_top(Sender *s, Top *top)
{
	const char *const words[] = {"XREVRANGE", s->stream, "+", "-", "COUNT", "1"};
	redisReply *reply;

	memset(top, 0, sizeof(*top));
	if (!redis_stream_top(s->redis, s->stream, &top->last))
		return refused(s);
	top->exists = top->last.ms != 0 || top->last.number != 0;
	reply = redis_ask(s->redis, 6, words);
	if (reply == NULL)
		return refused(s);
	top->is_there = reply->elements == 1 && stream_id_read(reply->element[0]->element[0]->str, &top->id);
	if (top->is_there)
		snprintf(top->hash, sizeof(top->hash), "%s", field(reply->element[0]->element[1], "hash"));
	freeReplyObject(reply);
	return FOLLOW_ON;
}

/* Is what the stream has this ledger's beginning? */
static FollowAnswer
compare_top(Sender *s, const Top *top)
{
	int64_t		seq = (int64_t) top->id.ms - 1;

	if (top->last.number != 0 || top->id.number != 0 || top->id.ms < 1 || top->last.ms > INT64_MAX / 2)
		return halt(s, "stream_is_not_ours", -1, "ids of an outgoing stream are <entry + 1>-0: choose another stream");
	switch (follow_find(s->db, seq, top->hash))
	{
		case ENTRY_THERE:
			return FOLLOW_ON;
		case ENTRY_ANOTHER:
			return halt(s, "stream_of_another_history", seq,
						"the stream's last entry is not this ledger's: it is of another ledger, or this one lost entries; "
						"compare them, then give this ledger a stream of its own");
		case ENTRY_UNKNOWN:
			break;
	}
	return FOLLOW_AGAIN;
}

/* Another connection has the lock: that is said once, and its end is waited for. */
static FollowAnswer
take_lock(Sender *s)
{
	bool		locked = false;

	while (stream_lock(s->db, s->stream, &locked))
	{
		if (locked)
		{
			s->waits = false;
			return FOLLOW_ON;
		}
		if (!s->waits)
			log_event(LOG_WARN, "stream_is_taken", "stream", s->stream,
					  "hint", "another bridge writes this stream; this one takes over when it ends", NULL);
		s->waits = true;
		metrics_tick();
		if (!stop_sleep(WAIT_FOR_LOCK_MS))
			break;
	}
	return FOLLOW_AGAIN;
}

/* Where to go on, if what the stream has is this ledger's. */
static FollowAnswer
find_next(Sender *s, int64_t *next)
{
	Top			top;
	FollowAnswer answer = read_top(s, &top);

	if (answer != FOLLOW_ON)
		return answer;
	if (top.exists && !top.is_there)
		return halt(s, "stream_was_emptied", (int64_t) top.last.ms - 1,
					"nothing is left to compare with the ledger: leave the last entry when trimming; DEL lets it begin with entry 0");
	if (top.exists)
		answer = compare_top(s, &top);
	*next = (int64_t) top.last.ms;
	return answer;
}

static FollowAnswer
begin(void *context, const Head *head, int64_t *next)
{
	Sender	   *s = context;
	FollowAnswer answer;

	(void) head;
	if (!redis_connect(s->redis))
		return FOLLOW_AGAIN;
	answer = take_lock(s);
	if (answer == FOLLOW_ON)
		answer = find_next(s, next);
	if (answer == FOLLOW_ON)
		log_event(LOG_INFO, "sending", "stream", s->stream, "next", log_number(*next), NULL);
	return answer;
}

/* ---- sending ---- */

static PGresult *
read_entries(Sender *s, int64_t from, int64_t count)
{
	const char *const values[] = {log_number(from), log_number(count)};

	return database_query(s->db, "SELECT seq, hash, line FROM qfs.outgoing($1, $2)", 2, values);
}

static void
queue_word(Redis *redis, const char *word)
{
	static RedisCommand command;

	redis_command_clear(&command);
	redis_word(&command, word);
	redis_queue(redis, &command);
}

static void
queue_entry(const Sender *s, const PGresult *rows, int n)
{
	static RedisCommand command;
	char		id[32];

	redis_command_clear(&command);
	snprintf(id, sizeof(id), "%lld-0", strtoll(PQgetvalue(rows, n, 0), NULL, 10) + 1);
	redis_word(&command, "XADD");
	redis_word(&command, s->stream);
	if (s->keep > 0)
	{
		redis_word(&command, "MAXLEN");
		redis_word(&command, "~");
		redis_word(&command, log_number(s->keep));
	}
	redis_word(&command, id);
	redis_word(&command, "seq");
	redis_word(&command, PQgetvalue(rows, n, 0));
	redis_word(&command, "hash");
	redis_word(&command, PQgetvalue(rows, n, 1));
	redis_word(&command, "entry");
	redis_bytes(&command, PQgetvalue(rows, n, 2), (size_t) PQgetlength(rows, n, 2));
	redis_queue(s->redis, &command);
}

/* Keeps the first thing that Redis had against the batch. */
static bool
is_good(const redisReply *reply, char why[512])
{
	const redisReply *bad = reply->type == REDIS_REPLY_ERROR ? reply : NULL;

	for (size_t i = 0; bad == NULL && i < reply->elements; i++)
		if (reply->element[i]->type == REDIS_REPLY_ERROR)
			bad = reply->element[i];
	if (bad != NULL && why[0] == '\0')
		snprintf(why, 512, "%s", bad->str);
	return bad == NULL;
}

/* MULTI, each entry, EXEC; what was refused in the middle makes Redis refuse all. */
static bool
send_batch(Sender *s, const PGresult *rows)
{
	int			count = PQntuples(rows);
	bool		good = true;
	char		why[512] = "";

	queue_word(s->redis, "MULTI");
	for (int n = 0; n < count; n++)
		queue_entry(s, rows, n);
	queue_word(s->redis, "EXEC");
	for (int n = 0; n < count + 2; n++)
	{
		redisReply *reply = redis_fetch(s->redis);

		if (reply == NULL)
			return false;
		good = is_good(reply, why) && good;
		freeReplyObject(reply);
	}
	if (!good)
	{
		log_event(LOG_WARN, "batch_refused", "stream", s->stream, "entry", PQgetvalue(rows, 0, 0), "error", why, NULL);
		redis_close(s->redis);
	}
	return good;
}

/* What was read is what was asked for, one after the other. */
static bool
is_gapless(const PGresult *rows, int64_t from)
{
	for (int n = 0; n < PQntuples(rows); n++)
		if (strtoll(PQgetvalue(rows, n, 0), NULL, 10) != from + n)
			return false;
	return PQntuples(rows) > 0;
}

static FollowAnswer
step(void *context, const Head *head, int64_t *next)
{
	Sender	   *s = context;
	int64_t		count = head->size - *next < BATCH_ENTRIES ? head->size - *next : BATCH_ENTRIES;
	PGresult   *rows = read_entries(s, *next, count);
	FollowAnswer answer = FOLLOW_AGAIN;

	if (rows == NULL)
		return FOLLOW_AGAIN;
	if (!is_gapless(rows, *next))
		answer = halt(s, "entry_missing", *next, "the ledger lacks an entry: SELECT * FROM qfs.verify()");
	else if (send_batch(s, rows))
	{
		*next += PQntuples(rows);
		metrics_count("qfs_bridge_sent_total", "Entries that were written to the stream.", s->stream, PQntuples(rows));
		metrics_gauge("qfs_bridge_behind_entries", "Durable entries that the stream does not have yet.", s->stream,
					  head->size - *next);
		answer = FOLLOW_ON;
	}
	PQclear(rows);
	return answer;
}

/* Whether Redis is still there shows when there is something to send. */
static FollowAnswer
idle(void *context, const Head *head)
{
	Sender	   *s = context;

	(void) head;
	metrics_gauge("qfs_bridge_behind_entries", "Durable entries that the stream does not have yet.", s->stream, 0);
	return FOLLOW_ON;
}

/* ---- the command ---- */

/* Without the lock: a bridge that runs goes on. */
static int
check(Sender *s)
{
	int64_t		next = 0;
	Head		head;

	if (!database_try(s->db) || !redis_try(s->redis) || !follow_head(s->db, &head) || find_next(s, &next) != FOLLOW_ON)
		return EXIT_HALT;
	printf("%s: would go on with entry %lld; %lld entries are durable\n", s->stream, (long long) next, (long long) head.size);
	return EXIT_STOPPED;
}

static int
run(const Config *config, const Options *options)
{
	Sender		s = {
		.db = database_new(config, "out"),
		.redis = redis_new(config),
		.stream = config_text(config, "stream"),
		.keep = config_number(config, "keep")
	};
	Follower	follower = {
		.db = s.db, .poll_ms = config_number(config, "poll_ms"), .context = &s,
		.begin = begin, .step = step, .idle = idle
	};
	int			code;

	stream_check_name(s.stream, 0);
	code = options->check ? check(&s) : follow(&follower);
	database_close(s.db);
	redis_close(s.redis);
	return code;
}

const Command command_out = {
	"out", "the entries of the ledger into a stream of Redis", settings, run
};
