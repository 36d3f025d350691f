/*
 * taker.c - one incoming stream: where it stands, and taking what it brings.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The database appends a batch and moves the position in one transaction, or
 * refuses some events and does neither.  Those are kept among the dead letters
 * first, then the batch is taken without them.  Whatever ends the bridge in
 * between, what follows begins at the position: a dead letter that is there
 * already has its id, and Redis refuses it.
 */
#include "bridge/taker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/letter.h"
#include "bridge/log.h"
#include "bridge/metrics.h"
#include "bridge/stream_lock.h"
#include "bridge/usage.h"

/* Of the array that goes to the database with one statement. */
#define STATEMENT_BYTES (4 * 1024 * 1024)

Taker
taker_new(Database *db, Redis *redis, const char *stream)
{
	size_t		size = strlen(stream) + sizeof(STREAM_DEAD);
	Taker		taker = {.db = db, .redis = redis, .stream = stream, .dead = allocate(size)};

	stream_check_name(stream, strlen(STREAM_DEAD));
	snprintf(taker.dead, size, "%s" STREAM_DEAD, stream);
	return taker;
}

/* ---- where it stands ---- */

FollowAnswer
taker_read_position(Taker *t)
{
	PGresult   *result = database_query(t->db, "SELECT qfs.position_of($1)", 1, &t->stream);

	if (result == NULL)
		return FOLLOW_AGAIN;
	snprintf(t->position, sizeof(t->position), "%s", PQgetvalue(result, 0, 0));
	PQclear(result);
	return FOLLOW_ON;
}

FollowAnswer
taker_open(Taker *t)
{
	bool		locked = false;
	FollowAnswer answer;

	if (!stream_lock(t->db, t->stream, &locked))
		return FOLLOW_AGAIN;
	if (!locked && !t->waits)
		log_event(LOG_WARN, "stream_is_taken", "stream", t->stream,
				  "hint", "another bridge takes from this stream; this one takes over when it ends", NULL);
	t->waits = !locked;
	if (!locked)
		return FOLLOW_ON;
	answer = taker_read_position(t);
	if (answer == FOLLOW_ON)
		answer = taker_check_top(t);
	t->is_open = answer == FOLLOW_ON;
	if (t->is_open)
		log_event(LOG_INFO, "taking", "stream", t->stream, "after", t->position, NULL);
	return answer;
}

static FollowAnswer
halt_for_tail(const Taker *t, StreamId top)
{
	char		last[48];
	char		hint[512];

	snprintf(last, sizeof(last), "%llu-%llu", (unsigned long long) top.ms, (unsigned long long) top.number);
	snprintf(hint, sizeof(hint), "the ledger has all up to the position, Redis has lost what came after its top: let the producers send again "
			 "what they have not seen appended, then %sXSETID %s %s, and start again",
			 top.ms == 0 && top.number == 0 ? "make the stream (XGROUP CREATE … MKSTREAM), " : "", t->stream, t->position);
	log_event(LOG_ERROR, "redis_lost_its_tail", "stream", t->stream, "position", t->position, "top", last, "hint", hint, NULL);
	return FOLLOW_HALT;
}

FollowAnswer
taker_check_top(Taker *t)
{
	StreamId	position;
	StreamId	top;

	if (!redis_stream_top(t->redis, t->stream, &top))
	{
		if (!redis_error_is(t->redis, "WRONGTYPE"))
			return FOLLOW_AGAIN;
		log_event(LOG_ERROR, "key_is_no_stream", "stream", t->stream,
				  "hint", "the key holds another kind of value: choose another stream", NULL);
		return FOLLOW_HALT;
	}
	if (!stream_id_read(t->position, &position))
		return FOLLOW_AGAIN;
	if (stream_id_compare(position, top) > 0)
		return halt_for_tail(t, top);
	metrics_gauge("qfs_bridge_behind_ms", "From the last event that was dealt with to the stream's top, by their ids.", t->stream,
				  (int64_t) (top.ms - position.ms));
	return FOLLOW_ON;
}

/* ---- a batch ---- */

typedef struct Batch
{
	Letter	   *letters;
	size_t		count;
	Text		ids;
	Text		events;
} Batch;

static void
free_batch(Batch *b)
{
	for (size_t n = 0; n < b->count; n++)
		letter_free(&b->letters[n]);
	free(b->letters);
	text_free(&b->ids);
	text_free(&b->events);
}

/* The arrays of the letters from one on, up to what a statement may carry; returns the first that is not among them. */
static size_t
put_arrays(Batch *b, size_t from)
{
	size_t		n;

	text_clear(&b->ids);
	text_clear(&b->events);
	for (n = from; n < b->count && b->events.length < STATEMENT_BYTES; n++)
	{
		text_put(&b->ids, n == from ? "{" : ",");
		text_put(&b->events, n == from ? "{" : ",");
		text_put(&b->ids, b->letters[n].id);
		letter_put(&b->letters[n], &b->events);
	}
	text_put(&b->ids, "}");
	text_put(&b->events, "}");
	return n;
}

static Letter *
letter_with_id(Batch *b, const char *id)
{
	for (size_t n = 0; n < b->count; n++)
		if (strcmp(b->letters[n].id, id) == 0)
			return &b->letters[n];
	return NULL;
}

static PGresult *
call(Taker *t, const char *sql, const Batch *b)
{
	const char *const values[] = {t->stream, b->ids.data, b->events.data};

	return database_query(t->db, sql, 3, values);
}

/* ---- dead letters ---- */

static bool
is_repeat(const Redis *redis)
{
	return strstr(redis_error(redis), "equal or smaller than the target stream top item") != NULL;
}

/* Is it there, and this one? */
static bool
is_kept(Taker *t, const Letter *letter, bool *kept)
{
	const char *const words[] = {"XRANGE", t->dead, letter->id, letter->id};
	redisReply *reply = redis_ask(t->redis, 4, words);

	if (reply == NULL)
		return false;
	*kept = reply->elements == 1 && strcmp(letter_of(reply->element[0], true).id, letter->id) == 0;
	freeReplyObject(reply);
	return true;
}

/* id: as XADD takes it; false: it is not there, and unless the dead letters have later ones, that was logged */
static bool
add_letter(Taker *t, const Letter *letter, const char *id)
{
	static RedisCommand command;
	redisReply *reply;
	bool		good;

	letter_command(letter, t->dead, id, &command);
	redis_queue(t->redis, &command);
	reply = redis_fetch(t->redis);
	if (reply == NULL)
		return false;
	good = reply->type != REDIS_REPLY_ERROR;
	freeReplyObject(reply);
	if (good || is_repeat(t->redis))
		return good;
	log_event(LOG_WARN, "redis_refused", "command", "XADD", "stream", t->dead, "error", redis_error(t->redis),
			  "hint", "the position stays where it is until dead letters can be written", NULL);
	redis_close(t->redis);
	return false;
}

/*
 * Keeps one that is dead; false: it is not there.  Redis refuses an id that is
 * not above the last one: then it is there, from a batch that was not finished,
 * or later ones are, and it goes behind them.
 */
static bool
keep_letter(Taker *t, const Letter *letter)
{
	bool		kept = add_letter(t, letter, letter->id);

	if (!kept && (!is_repeat(t->redis) || !is_kept(t, letter, &kept)))
		return false;
	if (!kept && !add_letter(t, letter, "*"))
		return false;
	log_event(LOG_WARN, "dead_letter", "stream", t->dead, "id", letter->id, "code", letter->code, "text", letter->text, NULL);
	metrics_count("qfs_bridge_dead_letters_total", "Events that the ledger refused.", t->stream, 1);
	return true;
}

/* ---- taking ---- */

/* Kills those that the database names. */
static bool
kill_refused(Batch *b, const PGresult *rows)
{
	for (int n = 0; n < PQntuples(rows); n++)
	{
		Letter	   *letter = letter_with_id(b, PQgetvalue(rows, n, 0));

		if (letter == NULL)
			return false;
		if (letter->code == NULL)
			letter_kill(letter, PQgetvalue(rows, n, 1), PQgetvalue(rows, n, 2));
	}
	return true;
}

static bool
keep_dead(Taker *t, Batch *b, size_t from, size_t to)
{
	for (size_t n = from; n < to; n++)
	{
		Letter	   *letter = &b->letters[n];

		if (letter->code != NULL && !letter->kept && !keep_letter(t, letter))
			return false;
		letter->kept = letter->code != NULL;
	}
	return true;
}

/*
 * Takes the letters from .. to - 1; another time, and another, as long as the
 * database refuses some of them, which are kept before.
 */
static bool
take_some(Taker *t, Batch *b, size_t from, size_t *to)
{
	for (;;)
	{
		PGresult   *rows;
		int			refused;
		bool		good;

		*to = put_arrays(b, from);
		rows = call(t, "SELECT id, code, message FROM qfs.take($1, $2, $3)", b);
		if (rows == NULL)
			return false;
		refused = PQntuples(rows);
		good = kill_refused(b, rows) && keep_dead(t, b, from, *to);
		PQclear(rows);
		if (!good || refused == 0)
			return good;
	}
}

static void
count_taken(const Taker *t, const Batch *b, size_t from, size_t to)
{
	int64_t		taken = 0;

	for (size_t n = from; n < to; n++)
		taken += b->letters[n].code == NULL;
	metrics_count("qfs_bridge_taken_total", "Events that became entries.", t->stream, taken);
}

static Batch
batch_of(const redisReply *entries, bool dead)
{
	Batch		b = {.letters = allocate(entries->elements * sizeof(Letter)), .count = entries->elements};

	for (size_t n = 0; n < b.count; n++)
		b.letters[n] = letter_of(entries->element[n], dead);
	return b;
}

FollowAnswer
taker_take(Taker *t, const redisReply *entries)
{
	Batch		b = batch_of(entries, false);
	size_t		from = 0;
	size_t		to = 0;

	while (from < b.count && take_some(t, &b, from, &to))
	{
		count_taken(t, &b, from, to);
		snprintf(t->position, sizeof(t->position), "%s", b.letters[to - 1].id);
		from = to;
	}
	free_batch(&b);
	return from == entries->elements ? FOLLOW_ON : FOLLOW_AGAIN;
}

/* ---- once more ---- */

static bool
remove_letter(Taker *t, const char *place)
{
	redisReply *reply = redis_ask(t->redis, 3, (const char *const[]) {"XDEL", t->dead, place});

	if (reply == NULL)
		return false;
	freeReplyObject(reply);
	return true;
}

/* Row n is this letter's: id, entry, code, message. */
static bool
settle(Taker *t, const Letter *letter, const PGresult *rows, int n, Retried *sum)
{
	if (PQgetisnull(rows, n, 1))
	{
		sum->refused++;
		log_event(LOG_WARN, "dead_letter_stays", "stream", t->dead, "id", letter->id,
				  "code", letter->code != NULL ? letter->code : PQgetvalue(rows, n, 2),
				  "text", letter->text != NULL ? letter->text : PQgetvalue(rows, n, 3), NULL);
		return true;
	}
	if (PQgetisnull(rows, n, 2))
		sum->taken++;
	else
		sum->seen++;
	log_event(LOG_INFO, "dead_letter_taken", "stream", t->dead, "id", letter->id, "entry", PQgetvalue(rows, n, 1), NULL);
	return remove_letter(t, letter->place);
}

/* Each has a row, in the order in which they were given. */
static bool
retry_some(Taker *t, Batch *b, size_t from, size_t *to, Retried *sum)
{
	PGresult   *rows;
	bool		good;

	*to = put_arrays(b, from);
	rows = call(t, "SELECT id, entry, code, message FROM qfs.take_dead($1, $2, $3)", b);
	good = rows != NULL && (size_t) PQntuples(rows) == *to - from;
	for (size_t n = from; good && n < *to; n++)
		good = settle(t, &b->letters[n], rows, (int) (n - from), sum);
	PQclear(rows);
	return good;
}

FollowAnswer
taker_retry(Taker *t, const redisReply *entries, Retried *sum)
{
	Batch		b = batch_of(entries, true);
	size_t		from = 0;
	size_t		to = 0;

	while (from < b.count && retry_some(t, &b, from, &to, sum))
		from = to;
	free_batch(&b);
	return from == entries->elements ? FOLLOW_ON : FOLLOW_AGAIN;
}
