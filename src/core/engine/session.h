/*
 * session.h - sessions: their id, when they are active, what they authorize.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Time is logical: a block is a number of milliseconds since genesis, and a
 * session is active for a number of blocks, unless an entry ends it earlier.
 */
#ifndef QFS_SESSION_H
#define QFS_SESSION_H

#include "engine/effects.h"
#include "text/json.h"

/* First time, in ms since 1970, at which a session is over. */
extern int64_t qfs_session_expires_at(const qfs_reducer *r, const qfs_session_record *session);

/*
 * session_id = SHA-256(JCS({"actor","device","issued_block","nonce","scope"}))
 * session: user, issued_block, operates, device are read; session is set
 */
extern void qfs_session_name(qfs_session_record *session, const qfs_hash *nonce);

/*
 * Names a new session of the actor, stores it and adds it to the account's
 * access, from which those go that are over.
 * most: sessions that the account may have with it
 * displaced: the session that had to end because there would be too many; it
 *            is the caller's to end.  *has_displaced says if there is one.
 * Errors: NONCE_USED if there is one of that name, active or not: who could
 * use a nonce again would bring a session back that has ended.
 */
extern qfs_status qfs_session_start(qfs_act *act, qfs_session_record *session, const qfs_hash *nonce, int64_t most,
									qfs_hash *displaced, bool *has_displaced);

/* Takes a session out of its account's access.  Errors: SESSION_ENDED if it is not there. */
extern qfs_status qfs_session_close(qfs_act *act, const qfs_user_id *user, const qfs_hash *session);

/* Notes in the session's own record by what entry it ended, and why. */
extern qfs_status qfs_session_end(qfs_act *act, const qfs_hash *session, const char *reason);

/* ["account"], or ["account","operator"] */
extern void qfs_session_write_scope(qfs_json_writer *w, const qfs_session_record *session);

/*
 * "expires_at", "issued_block", "nonce", "scope" and "session", as the result of an entry that starts it.
 * nonce: NULL where the payload alone says it
 */
extern void qfs_session_write_result(const qfs_reducer *r, qfs_json_writer *w, const qfs_session_record *session,
									 const qfs_hash *nonce);

/* The device key in base64url, or null. */
extern void qfs_session_write_device(qfs_json_writer *w, const qfs_session_record *session);

/* Does the policy in force make the account an operator? */
extern bool qfs_account_operates(const qfs_reducer *r, const qfs_user_id *user);

/* Is it started, not over, and not ended by an entry? */
extern bool qfs_session_is_active(const qfs_reducer *r, const qfs_session_record *session, int64_t at);

/*
 * Looks a session up among those of an account that are active; seq of *out
 * stays unknown, -1.
 * Errors: SESSION_ENDED for one that is not active, or that does not exist;
 * ACTOR_MISMATCH for another account's.
 */
extern qfs_status qfs_session_find_active(qfs_reducer *r, const qfs_user_id *user, const qfs_hash *id,
										  int64_t at, qfs_session_record *out, qfs_error *err);

/*
 * May the session that act->auth names append the event for its actor?  Checks
 * the device's signature too, where there is one or must be one; act->session
 * is set.
 * Errors: SESSION_ENDED, ACTOR_MISMATCH, those of qfs_event_check_device.
 */
extern qfs_status qfs_session_authorize(qfs_act *act);

/*
 * Reads the session that an outcome of LOGIN or SESSION_ROTATED names; user,
 * device and nonce are the caller's.  act->begun is what access gets of it.
 * Errors: OUTCOME_MISMATCH.
 */
extern qfs_status qfs_session_recall(qfs_act *act, qfs_session_record *session, const qfs_hash *nonce);

#endif
