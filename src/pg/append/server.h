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
 * Appends SERVER_CHANGED, whoever acts; returns its number.
 * changed: what qfs_server_changes() has found, not nothing
 * reason:  a JSON string, where somebody had to decide; or null
 * Errors: those of an append.
 */
extern int64 qfs_server_record_change(unsigned changed, qfs_slice reason);

/*
 * The ledger lives on here, if that has to be decided: records it with a
 * reason, plain text.  Returns the entry's number, or -1 if there is nothing to decide.
 * Errors: ARGUMENT if the reason is none; those of an append.
 */
extern int64 qfs_server_adopt(qfs_slice reason);

#endif
