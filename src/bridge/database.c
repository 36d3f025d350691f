/*
 * database.c - a connection to PostgreSQL that comes back.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "bridge/database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/log.h"
#include "bridge/stop.h"
#include "bridge/usage.h"

struct Database
{
	const char *conninfo;
	char		name[64];		/* application_name */
	PGconn	   *connection;
	unsigned	session;
	Backoff		backoff;
};

/* The parser's message may repeat a part of the string, which may be a password. */
static void
check_conninfo(const char *conninfo)
{
	char	   *error = NULL;
	PQconninfoOption *options = PQconninfoParse(conninfo, &error);

	if (options == NULL)
		fail_usage("the setting database is no connection string of libpq: name=value pairs, or a URI");
	PQconninfoFree(options);
	PQfreemem(error);
}

Database *
database_new(const Config *config, const char *command)
{
	Database   *db = allocate(sizeof(*db));

	db->conninfo = config_text(config, "database");
	snprintf(db->name, sizeof(db->name), "qfs-bridge %s", command);
	check_conninfo(db->conninfo);
	return db;
}

void
database_close(Database *db)
{
	PQfinish(db->connection);
	db->connection = NULL;
}

/* What the server notes is an event of ours. */
static void
on_notice(void *context, const PGresult *result)
{
	(void) context;
	log_event(LOG_INFO, "database_notice", "message", PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY), NULL);
}

/*
 * A connection that was cut off without a word is noticed within about 15
 * seconds: what the server has to hear, or has to say, is asked for again.
 * The setting, which comes later, can say otherwise.
 */
static PGconn *
connect_once(const Database *db)
{
	const char *const names[] = {"connect_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count",
		"tcp_user_timeout", "fallback_application_name", "dbname", NULL};
	const char *const values[] = {"5", "5", "3", "3", "15000", db->name, db->conninfo, NULL};

	return PQconnectdbParams(names, values, 1);
}

bool
database_try(Database *db)
{
	if (db->connection != NULL)
		return true;
	db->connection = connect_once(db);
	if (PQstatus(db->connection) != CONNECTION_OK)
	{
		log_event(LOG_WARN, "database_unreachable", "error", PQerrorMessage(db->connection), NULL);
		database_close(db);
		return false;
	}
	PQsetNoticeReceiver(db->connection, on_notice, NULL);
	db->session++;
	log_event(LOG_INFO, "database_connected", "database", PQdb(db->connection), "user", PQuser(db->connection), NULL);
	return true;
}

bool
database_connect(Database *db)
{
	while (!stop_requested())
	{
		if (database_try(db))
		{
			backoff_reset(&db->backoff);
			return true;
		}
		if (!backoff_wait(&db->backoff))
			break;
	}
	return false;
}

bool
database_is_connected(const Database *db)
{
	return db->connection != NULL;
}

unsigned
database_session(const Database *db)
{
	return db->session;
}

/* What to do about it, where the server does not say: whoever sets this up has most likely another role, or another database. */
static const char *
hint_of(const PGresult *result)
{
	const char *said = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (said != NULL || state == NULL)
		return said;
	if (strcmp(state, "42501") == 0)
		return "GRANT qfs_bridge to the role that connects; to send whole entries qfs_auditor, too";
	if (strcmp(state, "3F000") == 0 || strcmp(state, "42P01") == 0 || strcmp(state, "42883") == 0)
		return "the setting `database` has to lead to the database of the ledger, in which CREATE EXTENSION qfs was run";
	return NULL;
}

static void
note_failure(Database *db, const PGresult *result)
{
	if (PQstatus(db->connection) != CONNECTION_OK)
	{
		log_event(LOG_WARN, "database_lost", "error", PQerrorMessage(db->connection), NULL);
		database_close(db);
		return;
	}
	log_event(LOG_WARN, "database_refused", "sqlstate", PQresultErrorField(result, PG_DIAG_SQLSTATE),
			  "error", PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY),
			  "detail", PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL),
			  "hint", hint_of(result), NULL);
}

PGresult *
database_query(Database *db, const char *sql, int count, const char *const *values)
{
	PGresult   *result;
	ExecStatusType status;

	if (db->connection == NULL)
		return NULL;
	result = PQexecParams(db->connection, sql, count, NULL, values, NULL, NULL, 0);
	status = PQresultStatus(result);
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return result;
	note_failure(db, result);
	PQclear(result);
	return NULL;
}

bool
database_run(Database *db, const char *sql)
{
	PGresult   *result = database_query(db, sql, 0, NULL);

	PQclear(result);
	return result != NULL;
}
