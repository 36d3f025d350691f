/*
 * actor.h - the account that this transaction acts for.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Set by qfs.authenticate() after it has checked a token, kept in memory of
 * the backend, and gone at the end of the transaction.  No setting and no SQL
 * can put anything here.
 */
#ifndef QFS_ACTOR_H
#define QFS_ACTOR_H

#include "engine/reduce.h"

/* The session of the account that is signed in, or NULL. */
extern const qfs_session_record *qfs_actor(void);

extern void qfs_actor_set(const qfs_session_record *session);

/* From here on the transaction acts for nobody. */
extern void qfs_actor_clear(void);

extern void qfs_actor_register_callbacks(void);

#endif
