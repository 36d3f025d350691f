/*
 * permission.h - who may append what.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_PERMISSION_H
#define QFS_PERMISSION_H

#include "engine/rule.h"

/*
 * Is the actor established?  Fills in act->auth and act->session.
 * Errors: AUTH_INVALID, NO_SESSION for a wallet where none may sign, those of
 * qfs_session_authorize and of qfs_event_check_wallet.
 */
extern qfs_status qfs_permission_establish(qfs_act *act);

/*
 * May who was established append this type?
 * allowed: a set of qfs_via
 * Errors: NO_SESSION, FORBIDDEN.
 */
extern qfs_status qfs_permission_allow(qfs_act *act, unsigned allowed);

/* Both.  Errors: those of both. */
extern qfs_status qfs_permission_check(qfs_act *act, unsigned allowed);

/*
 * The same of a recorded entry of whose actor nothing else is shown: it had a
 * session, with an operator's rights if the type asks for them, and its nonce
 * was the next.  The signature has been checked before.
 * Errors: AUTH_INVALID, EVENT_UNSIGNED, NO_SESSION, FORBIDDEN.
 */
extern qfs_status qfs_permission_presume(qfs_act *act, unsigned allowed);

/*
 * Is there a signature exactly where auth, which was read, says that wallet or
 * device signed?  A wallet signs the message of a sign-in or else the event
 * itself, as the rule says: neither is taken for the other.
 * Errors: AUTH_INVALID, NO_SESSION.
 */
extern qfs_status qfs_permission_check_signer(qfs_act *act);

/* May the session that was established act as an operator: when it began, and still? */
extern bool qfs_permission_operates(const qfs_act *act);

#endif
