/*
 * claim.h - the operator's claim that nobody governs any more, and what ends it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Where nobody has voted for long the operator may claim the ledger back: it is
 * told so long before it happens, and any act of a holder ends the claim.
 */
#ifndef QFS_CLAIM_H
#define QFS_CLAIM_H

#include "rules/governance/agenda.h"

/* Epochs in which a holder can still end it. */
#define QFS_CLAIM_EPOCHS 100

#define QFS_NO_CLAIM (-1)

/* The entry of the claim on the agenda, or QFS_NO_CLAIM. */
extern int64_t qfs_claim_on(const qfs_agenda *agenda);

/*
 * A holder has acted: takes the claim off the agenda, and gives its entry, or QFS_NO_CLAIM.
 * Where entries may be missing, the recorded outcome says whether there was one.
 */
extern int64_t qfs_claim_end(const qfs_act *act, qfs_agenda *agenda);

/* "claim":seq of what the act ends, if it ends one: then its result has the agenda, too. */
extern void qfs_claim_write(qfs_json_writer *w, int64_t claim);

/* Stores the agenda of a recorded entry that ended one, though it may have been blocked. */
extern qfs_status qfs_claim_recall(const qfs_act *act);

/* " That ends the claim of entry 7 that nobody governs.", of an entry that does. */
extern void qfs_claim_say(const qfs_story *story, qfs_buf *out);

#endif
