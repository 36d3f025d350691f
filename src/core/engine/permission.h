/*
 * permission.h - who may append what.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_PERMISSION_H
#define QFS_PERMISSION_H

#include "engine/rule.h"

/*
 * Is the actor established, in a way that may append this type?  Fills in
 * act->auth and act->session.
 * allowed: a set of qfs_via
 * Errors: AUTH_INVALID, NO_SESSION, FORBIDDEN and those of qfs_session_authorize.
 */
extern qfs_status qfs_permission_check(qfs_act *act, unsigned allowed);

/* The event is accepted: the nonce of its signature, if it has one, is used up. */
extern qfs_status qfs_permission_used(qfs_act *act);

#endif
