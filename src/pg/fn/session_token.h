/*
 * session_token.h - the session that a token speaks for.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_SESSION_TOKEN_H
#define QFS_SESSION_TOKEN_H

#include "engine/reduce.h"

/*
 * Checks a token, and that its session is active now.
 * Errors: TOKEN_INVALID, TOKEN_EXPIRED, SESSION_ENDED; thrown: NO_GENESIS,
 * NOT_VERIFIED.
 */
extern qfs_status qfs_session_of_token(qfs_slice text, qfs_session_record *session, qfs_error *err);

#endif
