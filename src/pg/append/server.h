/*
 * server.h - the ledger records the server that it lives in.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_APPEND_SERVER_H
#define QFS_APPEND_SERVER_H

#include "pg/base/compat.h"

#include "identity/server.h"

/* This server under a new salt, for a payload. */
extern void qfs_server_draw(qfs_server_record *out);

/*
 * To be called before every event: if the server has changed since the last
 * one, an entry that says so comes first, whoever acts.
 * Errors: NOT_ADOPTED, those of an append.
 */
extern void qfs_server_settle(void);

/*
 * The ledger lives on here, if that has to be decided: records it with a
 * reason, plain text.  Returns the entry's number, or -1 if there is nothing to decide.
 * Errors: ARGUMENT if the reason is none; those of an append.
 */
extern int64 qfs_server_adopt(qfs_slice reason);

#endif
