/*
 * publish.c - checkpoints of the durable head, kept outside of the database.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Two of them at once do no harm: both publish the same notes, and no place
 * lets one take another's place.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/commands.h"
#include "bridge/database.h"
#include "bridge/follow.h"
#include "bridge/log.h"
#include "bridge/metrics.h"
#include "bridge/place.h"
#include "bridge/stop.h"
#include "bridge/usage.h"

/* How often it looks what is due. */
#define TICK_MS 1000L

/* After a failure a place waits, each time twice as long. */
#define FIRST_PAUSE_MS 1000
#define LONGEST_PAUSE_MS 300000

static const Setting settings[] = {
	{"every_seconds", SETTING_NUMBER, "60", 0, 86400},	/* 0: once, and ends */
	{"directory", SETTING_LIST, "", 0, 0},
	{"git", SETTING_LIST, "", 0, 0},	/* a clone, which is pushed to its origin */
	{"git_seconds", SETTING_NUMBER, "30", 1, 3600},	/* for one command of git */
	{"witness", SETTING_LIST, "", 0, 0},	/* NAME URL */
	{"bucket", SETTING_TEXT, "", 0, 0},
	{"bucket_region", SETTING_TEXT, "us-east-1", 0, 0},
	{"bucket_key_file", SETTING_TEXT, "", 0, 0},
	{"bucket_lock_mode", SETTING_TEXT, "", 0, 0},
	{"bucket_retain_days", SETTING_NUMBER, "3650", 1, 36500},
	{NULL, SETTING_TEXT, NULL, 0, 0}
};

typedef struct Publisher
{
	Database   *db;
	Place	   *places;
	int			count;
	int64_t		every_ms;
	int64_t		due;			/* when to publish next, by monotonic_ms() */
	Note		note;			/* size 0: none yet */
	char		hash[65];		/* of the last entry under it */
} Publisher;

/* ---- what is published ---- */

static void
take_text(char **text, const PGresult *result, int column)
{
	free(*text);
	*text = duplicate(PQgetvalue(result, 0, column));
}

/* Reads the note that is published, with the cosignatures that there are by now. */
static bool
read_note(Publisher *p)
{
	PGresult   *result = database_query(p->db,
										"SELECT n.size, n.own, n.cosigned, encode(sha256(convert_to(n.cosigned, 'UTF8')), 'hex'),"
										" encode(sha256(convert_to(n.cosigned, 'UTF8')), 'base64'), qfs.entry_hash(n.size - 1) FROM"
										" (SELECT p.size, p.note AS own, p.note || coalesce((SELECT string_agg(c.line, '' ORDER BY c.vkey)"
										" FROM qfs.cosignature c WHERE c.size = p.size), '') AS cosigned FROM qfs.published_checkpoint p) n",
										0, NULL);
	bool		found = result != NULL && PQntuples(result) == 1;

	if (found)
	{
		p->note.size = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
		take_text(&p->note.own, result, 1);
		take_text(&p->note.cosigned, result, 2);
		snprintf(p->note.sha256, sizeof(p->note.sha256), "%s", PQgetvalue(result, 0, 3));
		snprintf(p->note.checksum, sizeof(p->note.checksum), "%s", PQgetvalue(result, 0, 4));
		snprintf(p->hash, sizeof(p->hash), "%s", PQgetvalue(result, 0, 5));
	}
	PQclear(result);
	return found;
}

static bool
publish(Publisher *p)
{
	int64_t		before = p->note.size;

	/* Why not, the database has logged: synchronous standbys are missing, the key file is, … */
	if (!database_run(p->db, "SELECT qfs.publish_checkpoint()") || !read_note(p))
	{
		metrics_count("qfs_bridge_publish_failures_total", "Attempts to publish a checkpoint that failed.", NULL, 1);
		return false;
	}
	metrics_gauge("qfs_bridge_published_entries", "Entries under the published checkpoint.", NULL, p->note.size);
	if (p->note.size != before)
		log_event(LOG_INFO, "published", "size", log_number(p->note.size), NULL);
	return true;
}

/* ---- places ---- */

static bool
remember(Publisher *p, const Place *place)
{
	const char *values[] = {log_number(p->note.size), place->name};
	PGresult   *result = database_query(p->db, "SELECT qfs.checkpoint_kept($1, $2)", 2, values);

	PQclear(result);
	return result != NULL;
}

static bool
keep(Publisher *p, Place *place)
{
	if (place->kind->keep(place, p->db, &p->note) && remember(p, place))
	{
		place->kept = p->note.size;
		place->pause_ms = 0;
		log_event(LOG_INFO, "kept", "place", place->name, "size", log_number(p->note.size), NULL);
		metrics_gauge("qfs_bridge_kept_entries", "Entries under the newest checkpoint of a place.", place->name, place->kept);
		return true;
	}
	place->pause_ms = place->pause_ms == 0 ? FIRST_PAUSE_MS : 2 * place->pause_ms;
	if (place->pause_ms > LONGEST_PAUSE_MS)
		place->pause_ms = LONGEST_PAUSE_MS;
	place->due = monotonic_ms() + place->pause_ms;
	return false;
}

/* Each place that is due gets the note; false: one of them, or several, did not keep it. */
static bool
keep_everywhere(Publisher *p)
{
	bool		all = true;

	for (int i = 0; i < p->count && !stop_requested() && database_is_connected(p->db); i++)
	{
		Place	   *place = &p->places[i];

		if (place->kept >= p->note.size)
			continue;
		/* Cosignatures may have come in from the place before. */
		if (monotonic_ms() < place->due || !read_note(p) || !keep(p, place))
			all = false;
		metrics_tick();
	}
	return all && database_is_connected(p->db);
}

/* What the ledger knows of each place; a server that lost entries may know less than another did. */
static bool
read_kept(Publisher *p)
{
	for (int i = 0; i < p->count; i++)
	{
		const char *values[] = {p->places[i].name};
		PGresult   *result = database_query(p->db, "SELECT size FROM qfs.kept_checkpoint WHERE place = $1", 1, values);

		if (result == NULL)
			return false;
		p->places[i].kept = PQntuples(result) == 1 ? strtoll(PQgetvalue(result, 0, 0), NULL, 10) : -1;
		PQclear(result);
	}
	return true;
}

/*
 * Another server may not have what was published: then there are two
 * histories, and the places have both from now on.  False: it cannot be told yet.
 */
static bool
compare_history(Publisher *p)
{
	EntryFound	found = p->note.size > 0 ? follow_find(p->db, p->note.size - 1, p->hash) : ENTRY_THERE;

	static const char hint[] = "this server lacks entries under a checkpoint that was published: qfs-verify ledger --checkpoint tells "
		"which of those that are kept are not its own";

	if (found == ENTRY_ANOTHER)
	{
		log_event(LOG_ERROR, "ledger_of_another_history", "size", log_number(p->note.size), "hint", hint, NULL);
		p->note.size = 0;
	}
	return found != ENTRY_UNKNOWN;
}

/* ---- the command ---- */

static void
tick(Publisher *p)
{
	if (monotonic_ms() >= p->due && publish(p))
		p->due = monotonic_ms() + p->every_ms;
	if (p->note.size > 0)
		keep_everywhere(p);
	metrics_tick();
}

static int
run_always(Publisher *p)
{
	unsigned	session = 0;

	while (!stop_requested() && database_connect(p->db))
	{
		if (session != database_session(p->db) && compare_history(p) && read_kept(p))
			session = database_session(p->db);
		if (session == database_session(p->db))
			tick(p);
		if (!stop_sleep(TICK_MS))
			break;
	}
	return EXIT_STOPPED;
}

static int
run_once(Publisher *p)
{
	return database_try(p->db) && read_kept(p) && publish(p) && keep_everywhere(p) ? EXIT_STOPPED : EXIT_HALT;
}

static int
check(Publisher *p)
{
	if (!database_try(p->db) || !read_kept(p))
		return EXIT_HALT;
	for (int i = 0; i < p->count; i++)
		printf("%s: %lld entries are under the newest checkpoint there\n", p->places[i].name,
			   (long long) (p->places[i].kept < 0 ? 0 : p->places[i].kept));
	return EXIT_STOPPED;
}

/* The places of a configuration, witnesses first: what they sign is kept elsewhere, too. */
static Place *
read_places(const Config *config, int *count)
{
	Place	   *places = NULL;

	*count = 0;
	places_add_witnesses(config, &places, count);
	places_add_directories(config, &places, count);
	places_add_buckets(config, &places, count);
	places_add_repositories(config, &places, count);
	if (*count == 0)
		fail_usage("no place is configured: set directory, git, bucket or witness");
	return places;
}

static int
run(const Config *config, const Options *options)
{
	Publisher	p = {
		.db = database_new(config, "publish"),
		.every_ms = config_number(config, "every_seconds") * 1000
	};
	int			code;

	p.places = read_places(config, &p.count);
	code = options->check ? check(&p) : p.every_ms == 0 ? run_once(&p) : run_always(&p);
	database_close(p.db);
	return code;
}

const Command command_publish = {
	"publish", "checkpoints to witnesses, a directory, a git remote, a bucket", settings, run
};
