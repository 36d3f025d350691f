/*
 * place_witness.c - witnesses: add-checkpoint of c2sp.org/tlog-witness.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A witness cosigns a checkpoint that continues the last one that it has seen.
 */
#include "bridge/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/http.h"
#include "bridge/log.h"
#include "bridge/usage.h"

#define TIMEOUT_MS 10000L

/* An answer of before may have been lost, and another feeder may be at work. */
#define ATTEMPTS 3

/* A size has no more digits: 2^53 and less. */
#define DIGITS_MAX 16

typedef struct Witness
{
	char	   *key_name;		/* what stands before the first + of its key */
	char	   *url;			/* ends with /add-checkpoint */
	Http	   *http;
} Witness;

/* The only field of the only row, in memory that is to be freed; NULL: there is none, or a failure, which was logged. */
static char *
ask(Database *db, const char *sql, int count, const char *const *values)
{
	PGresult   *result = database_query(db, sql, count, values);
	char	   *answer = NULL;

	if (result != NULL && PQntuples(result) == 1 && !PQgetisnull(result, 0, 0))
		answer = duplicate(PQgetvalue(result, 0, 0));
	PQclear(result);
	return answer;
}

/* The size that the witness cosigned last, as far as the ledger knows. */
static char *
known_size(Database *db, const Witness *w)
{
	const char *values[] = {w->key_name};

	return ask(db,
			   "SELECT coalesce(max(c.size), 0) FROM qfs.witness w LEFT JOIN qfs.cosignature c USING (vkey)"
			   " WHERE split_part(w.vkey, '+', 1) = $1 HAVING count(*) > 0", 1, values);
}

static char *
make_request(Database *db, const Note *note, const char *old)
{
	const char *size = log_number(note->size);
	const char *values[] = {old, size, note->own};

	return ask(db,
			   "SELECT 'old ' || $1::bigint || E'\\n' ||"
			   " coalesce((SELECT string_agg(encode(h::bytea, 'base64') || E'\\n', '' ORDER BY n)"
			   " FROM unnest(qfs.consistency_proof($1::bigint, $2::bigint)) WITH ORDINALITY p(h, n)), '') || E'\\n' || $3::text",
			   3, values);
}

static bool
send_request(Witness *w, const char *request, HttpAnswer *answer)
{
	static const char *const headers[] = {"Content-Type: text/plain; charset=utf-8", NULL};
	HttpRequest post = {
		.method = "POST", .url = w->url, .headers = headers, .body = request, .length = strlen(request),
		.timeout_ms = TIMEOUT_MS
	};

	return http_send(w->http, &post, answer);
}

/* Everything that a body has to be for it to be told, or given to the database. */
static bool
is_text(const HttpAnswer *answer)
{
	return strlen(answer->body) == answer->length;
}

static bool
fail_status(Place *place, const HttpAnswer *answer)
{
	char		why[40];
	char		body[201];

	snprintf(why, sizeof(why), "the witness answered HTTP %ld", answer->status);
	snprintf(body, sizeof(body), "%.200s", is_text(answer) ? answer->body : "");
	return place_fail(place, why, body);
}

/* A 409 names the size that the witness has seen; NULL: it does not. */
static char *
seen_size(const HttpAnswer *answer)
{
	size_t		digits = strspn(answer->body, "0123456789");

	if (answer->content_type == NULL || strncmp(answer->content_type, "text/x.tlog.size", 16) != 0 ||
		digits == 0 || digits > DIGITS_MAX || !is_text(answer) || strcmp(answer->body + digits, "\n") != 0)
		return NULL;
	return strndup(answer->body, digits);
}

static bool
store(Place *place, Database *db, const Note *note, const HttpAnswer *answer)
{
	size_t		length = strlen(note->own) + answer->length + 1;
	char	   *text;
	char	   *count;
	const char *values[1];

	if (!is_text(answer))
		return place_fail(place, "its cosignature is no text", NULL);
	text = allocate(length);
	snprintf(text, length, "%s%s", note->own, answer->body);
	values[0] = text;
	count = ask(db, "SELECT qfs.add_cosignature($1)", 1, values);
	free(text);
	if (count == NULL)
		return place_fail(place, "its cosignature was not accepted", "the line above has the cause");
	free(count);
	return true;
}

typedef enum Turn
{
	TURN_DONE,
	TURN_AGAIN,					/* *old has changed */
	TURN_FAILED
} Turn;

static Turn
take_turn(Place *place, Database *db, const Note *note, char **old)
{
	Witness    *w = place->context;
	char	   *request = make_request(db, note, *old);
	const char *fault = request == NULL ? "no request could be made" : NULL;
	HttpAnswer	answer;

	if (fault == NULL && !send_request(w, request, &answer))
		fault = "the witness did not answer";
	free(request);
	if (fault != NULL)
	{
		place_fail(place, fault, "the line above has the cause");
		return TURN_FAILED;
	}
	if (answer.status == 200)
		return store(place, db, note, &answer) ? TURN_DONE : TURN_FAILED;
	free(*old);
	*old = answer.status == 409 ? seen_size(&answer) : NULL;
	if (*old != NULL && strtoll(*old, NULL, 10) <= note->size)
		return TURN_AGAIN;
	if (*old != NULL)
		place_fail(place, "the witness has seen more entries than there are", *old);
	else
		fail_status(place, &answer);
	return TURN_FAILED;
}

static bool
keep(Place *place, Database *db, const Note *note)
{
	char	   *old = known_size(db, place->context);
	Turn		turn = TURN_AGAIN;

	if (old == NULL)
		return place_fail(place, "the ledger does not know this witness", "SELECT qfs.add_witness('name+id+key')");
	for (int i = 0; turn == TURN_AGAIN && i < ATTEMPTS; i++)
		turn = take_turn(place, db, note, &old);
	free(old);
	return turn == TURN_DONE || (turn == TURN_AGAIN ? place_fail(place, "the witness answered HTTP 409 every time", NULL) : false);
}

static const PlaceKind kind = {"witness", keep};

/* witness = NAME URL */
static void
add_witness(const char *value, Place **places, int *count)
{
	size_t		length = strcspn(value, " \t");
	const char *url = value + length + strspn(value + length, " \t");
	Witness    *w = allocate(sizeof(*w));

	if (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)
		fail_usage("witness is its name, a space, and the URL of its add-checkpoint");
	w->key_name = duplicate(value);
	w->key_name[length] = '\0';
	w->url = duplicate(url);
	w->http = http_new();
	place_add(places, count, &kind, w->key_name)->context = w;
}

void
places_add_witnesses(const Config *config, Place **places, int *count)
{
	const char *const *values;
	size_t		n = config_list(config, "witness", &values);

	for (size_t i = 0; i < n; i++)
		add_witness(values[i], places, count);
}
