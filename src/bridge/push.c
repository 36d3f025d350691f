/*
 * push.c - tells sockets that there is something new: qfs-bridge push.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A channel of nginx's nchan is a session; its message is the numbers of the
 * entries that concern the session's account, [117,118], and nothing of what is
 * in them: the client asks qfs_api.since().  [] says: look for yourself, which
 * all channels are told when the program starts, because of what was appended
 * while it was not there there is no list.  A channel is deleted, and its
 * sockets closed, when its session ends.
 *
 * What nginx did not take is offered again until it does, in the same order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge/commands.h"
#include "bridge/database.h"
#include "bridge/follow.h"
#include "bridge/http.h"
#include "bridge/log.h"
#include "bridge/metrics.h"
#include "bridge/session_clock.h"
#include "bridge/stop.h"
#include "bridge/usage.h"

/* Entries of one question to the database, and accounts. */
#define STEP_ENTRIES 500
#define PAGE_ACCOUNTS "1000"

#define PUBLISH_TIMEOUT_MS 5000L
#define URL_MAX 1024

/*
 * Somebody may have been let in just before the session ended, and be there
 * just after its channel went: it goes once more, this much later.
 */
#define SECOND_CLOSE_MS 5000

static const Setting settings[] = {
	{"publisher", SETTING_TEXT, "http://127.0.0.1:8081/push/", 0, 0},
	{NULL, SETTING_TEXT, NULL, 0, 0}
};

typedef struct Pusher
{
	Database   *db;
	Http	   *http;
	const char *publisher;		/* URL that a session is appended to */
	SessionClock clock;
	int64_t		next;			/* first entry that nobody was told of; -1: has not begun */
	Head		seen;			/* the last durable head */
	char		woken[80];		/* the last account whose sessions were told to look; empty: none yet */
	bool		all_woken;
	PGresult   *rows;			/* what is to be told, up to entry `told_to`, from row `row` on; NULL: nothing */
	int			row;
	int64_t		told_to;
} Pusher;

enum
{
	TELL_SESSION, TELL_NUMBERS, TELL_ENDED, TELL_BEGAN
};

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- nginx ---- */

/* One request about a session's channel; 0: there was no answer. */
static long
ask(Pusher *p, const char *method, const char *session, const char *body)
{
	static const char *const headers[] = {"Content-Type: application/json", NULL};
	char		url[URL_MAX];
	HttpAnswer	answer;
	HttpRequest request = {
		.method = method,.url = url,.headers = body != NULL ? headers : NULL,
		.body = body,.length = body != NULL ? strlen(body) : 0,.timeout_ms = PUBLISH_TIMEOUT_MS
	};

	snprintf(url, sizeof(url), "%s%s", p->publisher, session);
	return http_send(p->http, &request, &answer) ? answer.status : 0;
}

static bool
refused(const char *method, long status)
{
	if (status != 0)
		log_event(LOG_WARN, "publish_refused", "method", method, "status", log_number(status), NULL);
	metrics_count("qfs_bridge_push_failures_total", "Requests that nginx did not take; they are repeated.", NULL, 1);
	return false;
}

/* 201: somebody listens; 202: nobody does. */
static bool
publish(Pusher *p, const char *session, const char *numbers)
{
	long		status = ask(p, "POST", session, numbers);

	if (status != 201 && status != 202)
		return refused("POST", status);
	metrics_count("qfs_bridge_push_published_total", "Messages that nginx took, a message a session.", NULL, 1);
	metrics_count("qfs_bridge_push_heard_total", "Of these, to sessions with a socket.", NULL, status == 201);
	return true;
}

/* 404: nobody has listened. */
static bool
close_channel(Pusher *p, const char *session)
{
	long		status = ask(p, "DELETE", session, NULL);

	if (status != 200 && status != 202 && status != 204 && status != 404)
		return refused("DELETE", status);
	metrics_count("qfs_bridge_push_closed_total", "Channels of sessions that ended.", NULL, 1);
	return true;
}

/* Closes the channels of sessions that are over. */
static bool
close_expired(Pusher *p)
{
	const SessionEnd *end;

	while ((end = session_clock_over(&p->clock, now_ms())) != NULL)
	{
		if (!close_channel(p, end->session))
			return false;
		session_clock_remove(&p->clock);
	}
	metrics_gauge("qfs_bridge_push_sessions", "Sessions whose end is waited for.", NULL, (int64_t) p->clock.count);
	return true;
}

/* ---- at the start: all look for themselves ---- */

/* Remembers when a session is over, and tells its sockets to look. */
static bool
wake_session(Pusher *p, const char *session, int64_t expires_at)
{
	if (expires_at <= now_ms())
		return close_channel(p, session);
	if (!publish(p, session, "[]"))
		return false;
	session_clock_add(&p->clock, expires_at, session);
	return true;
}

/* The sessions of the accounts after p->woken. */
static bool
wake_page(Pusher *p)
{
	static const char sql[] =
		"SELECT user_id::text, session::text, expires_at FROM qfs.open_sessions($1, " PAGE_ACCOUNTS ")";
	const char *after = p->woken[0] != '\0' ? p->woken : NULL;
	PGresult   *rows = database_query(p->db, sql, 1, &after);
	bool		good = rows != NULL;

	p->all_woken = good && PQntuples(rows) == 0;
	for (int n = 0; good && n < PQntuples(rows) && !stop_requested(); n++)
		good = wake_session(p, PQgetvalue(rows, n, 1), strtoll(PQgetvalue(rows, n, 2), NULL, 10));
	if (good && PQntuples(rows) > 0)
		snprintf(p->woken, sizeof(p->woken), "%s", PQgetvalue(rows, PQntuples(rows) - 1, 0));
	PQclear(rows);
	return good;
}

static void
begin_anew(Pusher *p, const Head *head)
{
	PQclear(p->rows);
	p->rows = NULL;
	p->next = head->size;
	p->seen = *head;
	p->woken[0] = '\0';
	p->all_woken = false;
	p->clock.count = 0;
}

/*
 * A server that lacks what was durable has lost it: there is nothing to follow
 * but what it has.  False: it cannot be told yet.
 */
static bool
compare_place(Pusher *p, const Head *head)
{
	EntryFound	found = p->seen.size > 0 ? follow_find(p->db, p->seen.size - 1, p->seen.hash) : ENTRY_THERE;

	if (found == ENTRY_ANOTHER)
	{
		log_event(LOG_ERROR, "ledger_of_another_history", "next", log_number(p->next), "durable", log_number(head->size),
				  "hint", "this server lacks entries that sockets may have been told of; all are told to look for themselves", NULL);
		begin_anew(p, head);
	}
	return found != ENTRY_UNKNOWN;
}

/* A page that failed in the middle is begun anew, so some are told twice to look, and none is left out. */
static FollowAnswer
begin(void *context, const Head *head, int64_t *next)
{
	Pusher	   *p = context;

	if (p->next < 0)
		begin_anew(p, head);
	else if (!compare_place(p, head))
		return FOLLOW_AGAIN;
	while (!p->all_woken && !stop_requested())
	{
		if (!wake_page(p))
			return FOLLOW_AGAIN;
	}
	*next = p->next;
	return FOLLOW_ON;
}

/* ---- new entries ---- */

/* What is new for each session: the numbers, or that an entry ended it. */
static bool
ask_channels(Pusher *p, int64_t size)
{
	static const char sql[] =
		"SELECT c.session::text, '[' || string_agg(c.seq::text, ',' ORDER BY c.seq) || ']', bool_or(c.ended),"
		" max(c.expires_at) FILTER (WHERE c.began)"
		" FROM qfs.channels($1, $2) c GROUP BY 1 ORDER BY min(c.seq)";
	char		from[32];
	char		to[32];
	const char *values[] = {from, to};

	p->told_to = size - p->next > STEP_ENTRIES ? p->next + STEP_ENTRIES - 1 : size - 1;
	snprintf(from, sizeof(from), "%lld", (long long) p->next);
	snprintf(to, sizeof(to), "%lld", (long long) p->told_to);
	p->rows = database_query(p->db, sql, 2, values);
	p->row = 0;
	return p->rows != NULL;
}

static bool
tell_session(Pusher *p)
{
	const char *session = PQgetvalue(p->rows, p->row, TELL_SESSION);

	if (PQgetvalue(p->rows, p->row, TELL_ENDED)[0] == 't')
	{
		if (!close_channel(p, session))
			return false;
		session_clock_add(&p->clock, now_ms() + SECOND_CLOSE_MS, session);
		return true;
	}
	if (!publish(p, session, PQgetvalue(p->rows, p->row, TELL_NUMBERS)))
		return false;
	if (!PQgetisnull(p->rows, p->row, TELL_BEGAN))
		session_clock_add(&p->clock, strtoll(PQgetvalue(p->rows, p->row, TELL_BEGAN), NULL, 10), session);
	return true;
}

static FollowAnswer
step(void *context, const Head *head, int64_t *next)
{
	Pusher	   *p = context;

	if (p->rows == NULL && !ask_channels(p, head->size))
		return FOLLOW_AGAIN;
	for (; p->row < PQntuples(p->rows); p->row++)
		if (!tell_session(p))
			return FOLLOW_AGAIN;
	PQclear(p->rows);
	p->rows = NULL;
	p->next = *next = p->told_to + 1;
	p->seen = *head;
	metrics_gauge("qfs_bridge_behind_entries", "Durable entries that nobody was told of yet.", NULL, head->size - p->next);
	return close_expired(p) ? FOLLOW_ON : FOLLOW_AGAIN;
}

static FollowAnswer
idle(void *context, const Head *head)
{
	(void) head;
	return close_expired(context) ? FOLLOW_ON : FOLLOW_AGAIN;
}

/* ---- the command ---- */

static int
check(Pusher *p)
{
	/* No session has this name. */
	static const char nobody[] = "0000000000000000000000000000000000000000000000000000000000000000";
	Head		head;
	long		status;

	if (!database_try(p->db) || !follow_head(p->db, &head))
		return EXIT_HALT;
	status = ask(p, "DELETE", nobody, NULL);
	if (status != 404)
	{
		if (status != 0)
			log_event(LOG_ERROR, "no_publisher", "url", p->publisher, "status", log_number(status), NULL);
		return EXIT_HALT;
	}
	printf("%s: would tell of entry %lld and those after it\n", p->publisher, (long long) head.size);
	return EXIT_STOPPED;
}

static int
run(const Config *config, const Options *options)
{
	Pusher		p = {
		.db = database_new(config, "push"),
		.http = http_new(),
		.publisher = config_text(config, "publisher"),
		.next = -1
	};
	Follower	follower = {
		.db = p.db,.poll_ms = config_number(config, "poll_ms"),.context = &p,
		.begin = begin,.step = step,.idle = idle
	};
	int			code;

	if (strlen(p.publisher) + SESSION_DIGITS >= URL_MAX)
		fail_usage("publisher is too long");
	code = options->check ? check(&p) : follow(&follower);
	PQclear(p.rows);
	free(p.clock.ends);
	http_free(p.http);
	database_close(p.db);
	return code;
}

const Command command_push = {
	"push", "tells the sockets of nginx which entries concern them", settings, run
};
