/*
 * event_signature.h - events that a session's device or an account's wallet signs.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_EVENT_SIGNATURE_H
#define QFS_EVENT_SIGNATURE_H

#include "engine/effects.h"

/* By how much the nonce of a signed event may be ahead of the entry's time, in ms: a day. */
#define QFS_EVENT_NONCE_AHEAD_MS INT64_C(86400000)

/* What a device signs: JCS({"actor","ledger","nonce","payload","type"}). */
extern void qfs_event_message(const qfs_hash *ledger, const qfs_entry *event, int64_t nonce,
							  qfs_buf *out);

/*
 * Did the key that an auth value names, or the actor's wallet, make the entry's signature?
 * auth: of an event that is signed
 * Errors: AUTH_INVALID, SIGNATURE_MISMATCH and its like; of a wallet those of qfs_wallet_act_signer.
 */
extern qfs_status qfs_event_signature_check(qfs_reducer *r, const qfs_entry *event, const qfs_auth *auth,
											qfs_error *err);

/* Do the type's rule, or NULL, or the policy in force ask the session's device for its signature? */
extern bool qfs_event_must_be_signed(const qfs_policy *policy, const qfs_rule *rule, qfs_slice type, bool has_device);

/*
 * Did the device of act->session sign the event, if there is a signature or must be one?
 * Errors: EVENT_UNSIGNED, EVENT_KEY, EVENT_NONCE, EVENT_NONCE_AHEAD, SIGNATURE_MISMATCH and its like.
 */
extern qfs_status qfs_event_check_device(qfs_act *act);

/*
 * Did the actor's wallet sign the event?  It needs no session.
 * Errors: ACTOR_MISMATCH, EVENT_NONCE, EVENT_NONCE_AHEAD, SIGNATURE_MISMATCH,
 *         those of qfs_wallet_act_signer.
 */
extern qfs_status qfs_event_check_wallet(qfs_act *act);

#endif
