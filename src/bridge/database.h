/*
 * database.h - a connection to PostgreSQL that comes back.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_BRIDGE_DATABASE_H
#define QFS_BRIDGE_DATABASE_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "bridge/config.h"

typedef struct Database Database;

/*
 * What to connect to, by the setting `database`; nothing is connected yet.
 * command: for application_name
 * A connection string that cannot be read exits with EXIT_USAGE.
 */
extern Database *database_new(const Config *config, const char *command);

/* One attempt; a failure is logged, without a password. */
extern bool database_try(Database *db);

/* Connects, if it is not, however often it takes, with growing waits; false when a stop was asked for. */
extern bool database_connect(Database *db);

extern bool database_is_connected(const Database *db);

/* How often it was connected: another number means another session, without the locks of the last. */
extern unsigned database_session(const Database *db);

/*
 * Runs one statement with text parameters; a NULL among them is null.  The
 * result is the caller's to PQclear.  NULL: it failed, which was logged; a
 * connection that is lost then is closed.
 */
extern PGresult *database_query(Database *db, const char *sql, int count, const char *const *values);

/* The same for a statement without parameters and without an answer. */
extern bool database_run(Database *db, const char *sql);

extern void database_close(Database *db);

#endif
