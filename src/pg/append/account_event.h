/*
 * account_event.h - what functions for signed-in accounts share.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_ACCOUNT_EVENT_H
#define QFS_ACCOUNT_EVENT_H

#include "fmgr.h"

#include "engine/reduce.h"
#include "pg/append/actor.h"
#include "pg/append/event.h"

/*
 * A reducer that reads what is committed now; for looking, not for appending.
 * Errors: NO_GENESIS.
 */
extern qfs_reducer *qfs_open_reducer(void);

/* Does the policy let everyone read every entry?  False where the ledger is not open. */
extern bool qfs_policy_is_public(void);

/* Does it let the page report its errors?  False where the ledger is not open. */
extern bool qfs_policy_page_errors(void);

/* The session that this transaction acts for.  Errors: NO_SESSION. */
extern const qfs_session_record *qfs_require_actor(void);

/* The device's signature in a jsonb argument of this number, canonical; empty if it is null. */
extern qfs_slice qfs_signature_arg(FunctionCallInfo fcinfo, int n);

/*
 * Appends an event of an account; returns the entry's number.
 * payload:   canonical
 * signature: of the session's device, {"key","nonce","sig"}; empty if there is none
 * outcome:   canonical, in the caller's memory; NULL if it is not asked for
 * Errors: those of an append.
 */
extern int64 qfs_append_account_event(const char *type, const qfs_user_id *actor, qfs_slice payload,
									  qfs_slice signature, qfs_slice *outcome);

/*
 * Appends an event that event.h expects; returns the entry's number, sets the
 * event's outcome.  event: type, payload, actor.  Errors: those of an append.
 */
extern int64 qfs_append_expected(qfs_entry *event, qfs_slice signature, qfs_expected *this_one);

#endif
