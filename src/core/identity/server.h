/*
 * server.h - which server and which database a ledger lives in, as entries record it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * docs/format.md, "Server".  What would tell clusters apart to a stranger is
 * recorded as salted digests; whoever knows the server recomputes them.
 */
#ifndef QFS_SERVER_H
#define QFS_SERVER_H

#include "state/records.h"
#include "text/json.h"

/* A server and a database of it, as they are. */
typedef struct qfs_server
{
	uint64_t	system;			/* system identifier of the cluster */
	uint32_t	database;		/* oid */
	int64_t		timeline;
	int64_t		version;		/* server_version_num */
} qfs_server;

/* What may have changed: a set, in the order of the names. */
typedef enum qfs_server_change
{
	QFS_SERVER_DATABASE = 1,
	QFS_SERVER_RECOVERY = 2,	/* the way between two timelines cannot be a promotion */
	QFS_SERVER_SYSTEM = 4,
	QFS_SERVER_TIMELINE = 8,
	QFS_SERVER_VERSION = 16
} qfs_server_change;

#define QFS_SERVER_CHANGES 5

/* After these somebody has to say that this is the living copy, and why. */
#define QFS_SERVER_DECIDED (QFS_SERVER_DATABASE | QFS_SERVER_RECOVERY | QFS_SERVER_SYSTEM)

/* Names of the set's members, in their order; NULL past the last.  change: 1 << n */
extern const char *qfs_server_change_name(unsigned n);

/* Records a server under a salt; number and seq stay. */
extern void qfs_server_record_make(const qfs_server *server, const uint8_t salt[QFS_SERVER_SALT_LEN],
								   qfs_server_record *out);

/*
 * What differs between the record and a server: all but QFS_SERVER_RECOVERY,
 * which the server alone knows.  Another system is another database, too.
 */
extern unsigned qfs_server_compare(const qfs_server_record *record, const qfs_server *server);

/* The schema of the member "server" of a payload. */
#define QFS_SERVER_SCHEMA "{\"properties\":{" \
	"\"database\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"}," \
	"\"salt\":{\"maxLength\":32,\"minLength\":32,\"type\":\"string\"}," \
	"\"system\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"}," \
	"\"timeline\":{\"maximum\":4294967295,\"minimum\":1,\"type\":\"integer\"}," \
	"\"version\":{\"maximum\":2147483647,\"minimum\":1,\"type\":\"integer\"}}," \
	"\"required\":[\"database\",\"salt\",\"system\",\"timeline\",\"version\"],\"type\":\"object\"}"

/* Writes the value of that member, and reads it from a payload; number and seq stay.  Errors: PAYLOAD_INVALID. */
extern void qfs_server_record_write(qfs_json_writer *w, const qfs_server_record *record);
extern qfs_status qfs_server_record_read(qfs_slice payload, qfs_server_record *out, qfs_error *err);

#endif
