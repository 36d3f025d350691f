/*
 * server_identity.h - is this the server that the ledger has recorded?
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A cluster is known by its system identifier, a database of it by its oid.
 * createdb -T makes another database of the same; pg_upgrade and initdb make
 * another cluster; a promotion makes a new timeline, and so does a recovery to
 * a target, which leaves behind what came after the target.
 */
#ifndef QFS_SERVER_IDENTITY_H
#define QFS_SERVER_IDENTITY_H

#include "pg/base/compat.h"

#include "identity/server.h"

/* What this server is; of a standby, system and database alone. */
extern void qfs_server_now(qfs_server *out);

/*
 * What differs from the record in force: a set of qfs_server_change.  To be
 * asked before every event, so it costs next to nothing where nothing has
 * changed since it was asked last.
 * Errors: STATE_MISMATCH if there is no record.
 */
extern unsigned qfs_server_changes(void);

/*
 * Is this where the ledger lives: is it open, and has somebody decided that it
 * lives on here, where that has to be decided?  Nothing is signed or issued before.
 * Errors: NO_GENESIS, NOT_VERIFIED, NOT_ADOPTED.
 */
extern void qfs_server_check(void);
pg_noreturn extern void qfs_server_throw(unsigned changed);

#endif
