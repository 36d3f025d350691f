/*
 * policy_governance.h - the object "governance" of a policy: who decides, and by which numbers.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A policy may leave it out: then governance is off, with the default numbers.
 * docs/policy.md lists the keys and their ranges.
 */
#ifndef QFS_POLICY_GOVERNANCE_H
#define QFS_POLICY_GOVERNANCE_H

#include "text/amount.h"

typedef enum qfs_governance_mode
{
	QFS_MODE_OFF,
	QFS_MODE_TRIAL,		/* everything runs, and the operator changes what it wants */
	QFS_MODE_ON			/* the operator changes its own keys alone */
} qfs_governance_mode;

/* Ways of a proposal, in the order of their names. */
typedef enum qfs_track
{
	QFS_TRACK_CONSTITUTION,
	QFS_TRACK_EMERGENCY,
	QFS_TRACK_PARAMETER,
	QFS_TRACK_TEXT,
	QFS_TRACKS
} qfs_track;

/* Their names in that order, then NULL. */
extern const char *const qfs_track_names[QFS_TRACKS + 1];

/* The track of this name; false: there is none. */
extern bool qfs_track_find(const char *name, qfs_track *out);

/* Numbers of one track.  Percentages: of the total, of those who decided, of the total. */
typedef struct qfs_track_numbers
{
	int64_t		approval;
	int64_t		majority;
	int64_t		quorum;
	int64_t		review_blocks;	/* from the proposal until votes are taken */
	int64_t		timelock_blocks;	/* at least, from the end of the vote until it is executed */
	int64_t		voting_blocks;
} qfs_track_numbers;

typedef struct qfs_governance
{
	bool		is_given;		/* the policy has the object; else these are the defaults */
	qfs_governance_mode mode;
	int64_t		agenda;			/* proposals that may be open or queued */
	int64_t		cooldown_blocks;	/* between two proposals of an account */
	qfs_amount	deposit;		/* FLX that a proposer must hold, and loses to a veto */
	int64_t		dormant_epochs; /* without a vote until the operator may claim; 0: never */
	int64_t		grace_blocks;	/* after it was due, until a proposal is executed no more */
	int64_t		key_cooldown_epochs;	/* for which what a vote changed stays */
	int64_t		late_blocks;	/* before the end, in which a vote that turns the verdict moves the end */
	qfs_slice	operator_keys;	/* the operator's: names of keys, or what they begin with and ".*" */
	int64_t		power_percent;	/* of the total that one account's vote counts at most */
	int64_t		threshold_percent;	/* of the total that a proposer needs */
	qfs_track_numbers tracks[QFS_TRACKS];
	int64_t		veto_percent;	/* of those who voted, from which on a veto rejects */
} qfs_governance;

/* Every number that settles a proposal: those of its track and its policy when it was made. */
typedef struct qfs_terms
{
	int64_t		approval;
	qfs_amount	deposit;
	int64_t		grace_blocks;
	int64_t		late_blocks;
	int64_t		majority;
	int64_t		power_percent;
	int64_t		quorum;
	int64_t		review_blocks;
	int64_t		timelock_blocks;
	int64_t		veto_percent;
	int64_t		voting_blocks;
} qfs_terms;

/*
 * Reads the object of a policy that its schema has admitted.
 * Errors: POLICY_INVALID, naming the key.
 */
extern qfs_status qfs_governance_read(qfs_slice policy, qfs_governance *out, qfs_error *err);

/* An object of all members, the deposit with 18 digits after the point. */
extern void qfs_terms_write(qfs_json_writer *w, const qfs_terms *terms);

/* False: it is not of the form that is written. */
extern bool qfs_terms_read(qfs_slice value, qfs_terms *out);

#endif
