/*
 * server_changed.h - putting the identity of a server in force.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_SERVER_CHANGED_H
#define QFS_SERVER_CHANGED_H

#include "engine/rule.h"
#include "identity/server.h"

/* Records a server as the one from this entry on; sets its seq. */
extern qfs_status qfs_server_enact(qfs_act *act, qfs_server_record *server);

/* Characters of a reason. */
#define QFS_SERVER_REASON_MAX 500

/*
 * Writes the payload of SERVER_CHANGED.
 * changed: a set of qfs_server_change
 * reason:  canonical JSON, null where nobody had to decide
 */
extern void qfs_server_changed_write(qfs_json_writer *w, unsigned changed, qfs_slice reason,
									 const qfs_server_record *server);

#endif
