/*
 * ballot_box.h - a proposal and how it stands.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_BALLOT_BOX_H
#define QFS_BALLOT_BOX_H

#include "rules/governance/agenda.h"
#include "rules/governance/schedule.h"
#include "rules/governance/tally.h"

/* States of a proposal. */
#define QFS_PROPOSAL_OPEN "OPEN"
#define QFS_PROPOSAL_QUEUED "QUEUED"
#define QFS_PROPOSAL_EXECUTED "EXECUTED"
#define QFS_PROPOSAL_FAILED "FAILED"
#define QFS_PROPOSAL_ADOPTED "ADOPTED"
#define QFS_PROPOSAL_REJECTED "REJECTED"
#define QFS_PROPOSAL_CANCELLED "CANCELLED"

typedef struct qfs_ballot_box
{
	qfs_proposal_record proposal;	/* its JSON is good until the next call of the store */
	qfs_track	track;
	qfs_terms	terms;
	qfs_tally_record tally;
} qfs_ballot_box;

/* The proposal of this number.  Errors: PROPOSAL_UNKNOWN, STATE_MISMATCH. */
extern qfs_status qfs_ballot_box_get(qfs_store *store, int64_t proposal, qfs_ballot_box *out, qfs_error *err);

/* The same of the one that the payload names. */
extern qfs_status qfs_ballot_box_read(const qfs_act *act, qfs_ballot_box *out);

extern qfs_status qfs_tally_put(const qfs_act *act, const qfs_tally_record *tally);

extern bool qfs_is_state(const qfs_tally_record *tally, const char *state);
extern void qfs_set_state(qfs_tally_record *tally, qfs_slice state);

/* The guard that it failed by. */
extern void qfs_set_guard(qfs_tally_record *tally, qfs_slice guard);

/* This entry ended it. */
extern void qfs_set_settled(const qfs_act *act, qfs_tally_record *tally);

/* The counts that the verdict is over. */
extern qfs_counts qfs_counts_of(const qfs_ballot_box *box);

/*
 * "tally":{"abstain","ends","extensions","no","previous","veto","voters","yes"}:
 * how it stands, and the entry that changed it before.
 */
extern void qfs_tally_write(qfs_json_writer *w, const qfs_tally_record *tally, bool has_previous, int64_t previous);

/* What the recorded entry says of it, into a record of whatever it was.  Errors: OUTCOME_MISMATCH. */
extern qfs_status qfs_tally_recall(const qfs_act *act, qfs_tally_record *out);

/* The payload's proposal, as its record has it or, where it is not there, as nothing but its number. */
extern qfs_status qfs_tally_find(const qfs_act *act, qfs_tally_record *out);

#endif
