/*
 * actor.h - the account that this transaction acts for.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Set by qfs.authenticate() after it has checked a token, kept in memory of
 * the backend, and gone at the end of the transaction.  No setting and no SQL
 * can put anything here.
 *
 * A role alone is the operator's authority only in a transaction that is
 * nobody else's: not once it has acted for an account, whatever savepoints and
 * sign-ins did since, and never in a request that came over HTTP, where it is
 * PostgREST that chose the role.
 */
#ifndef QFS_ACTOR_H
#define QFS_ACTOR_H

#include "engine/reduce.h"

/* The session of the account that is signed in, or NULL. */
extern const qfs_session_record *qfs_actor(void);

/* From here on the transaction acts for this account, and never again for a role. */
extern void qfs_actor_set(const qfs_session_record *session);

/* From here on the transaction acts for nobody. */
extern void qfs_actor_clear(void);

/*
 * The same for an event that is part of a sign-in: until qfs_actor_clear(),
 * after which the transaction is what it was.
 */
extern void qfs_actor_lend(const qfs_session_record *session);

/* The transaction is a request over HTTP, whatever becomes of the settings that say so. */
extern void qfs_actor_mark_request(void);

/* The request's token has ended: it acts for nobody, and this is why. */
extern void qfs_actor_set_aside(const qfs_error *why);

/*
 * Something is refused to nobody that some account might be given: if there was
 * a token, it is the token's end that the caller has to hear of.
 * Errors: why the request's token was set aside.
 */
extern void qfs_actor_blame_token(void);

/*
 * Nobody is signed in, and somebody has to be.
 * Errors: why the request's token was set aside; NO_SESSION with this detail.
 */
pg_noreturn extern void qfs_actor_throw_missing(const char *detail);

/*
 * Does the transaction act by the rights of its role, and for nobody else?
 * Errors: FORBIDDEN if it acts for an account, NO_SESSION if it did or if it is
 * a request over HTTP.
 */
extern void qfs_actor_check_role_acts(void);

extern void qfs_actor_register_callbacks(void);

#endif
