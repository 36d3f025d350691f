/*
 * governance.h - what the rules remember of seats, proposals and votes: one struct and one kind for each table.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_STATE_GOVERNANCE_H
#define QFS_STATE_GOVERNANCE_H

#include "state/store.h"
#include "text/amount.h"

/* Nothing is due: later than every block. */
#define QFS_NEVER_DUE QFS_INT_MAX

/* What may be due one day: 12 proposals that are open or queued, as the policy may allow, 4 emergencies and a claim. */
#define QFS_AGENDA_MAX 17

/* The seats of an account, and what it did last. */
typedef struct qfs_nod_record
{
	qfs_user_id user;			/* key */
	int64_t		nod;			/* whole units */
	int64_t		seq;			/* entry that changed it last */
	int64_t		epoch;			/* of that entry */
	int64_t		changes;		/* how often it was changed */
	bool		has_proposal;
	int64_t		proposal;		/* its last one that came onto the agenda, emergencies apart */
	bool		has_emergency;
	int64_t		emergency;		/* the same of emergencies */
	bool		has_vote;
	int64_t		vote;			/* its last one, on whatever */
} qfs_nod_record;

/* Its changes, counted from 1: so seats at an entry are found by bisection. */
typedef struct qfs_nod_change_record
{
	qfs_user_id user;			/* key */
	int64_t		number;			/* key */
	int64_t		seq;
	int64_t		nod;			/* from that entry on */
} qfs_nod_change_record;

/* All seats together: one record, number 0. */
typedef struct qfs_electorate_record
{
	int64_t		number;			/* key, always 0 */
	int64_t		total;			/* NOD of all accounts */
	int64_t		holders;		/* accounts that have some */
	bool		has_seq;
	int64_t		seq;			/* entry that changed it last */
	int64_t		voted;			/* first block of the epoch in which somebody voted last */
	bool		has_vote;
	int64_t		vote;			/* the first vote of that epoch */
} qfs_electorate_record;

/* What was proposed: it never changes. */
typedef struct qfs_proposal_record
{
	int64_t		seq;			/* key: its entry, which names it */
	qfs_user_id proposer;
	char		track[QFS_TYPE_MAX + 1];
	qfs_hash	action;			/* SHA-256 of its canonical payload, which ballots name */
	qfs_slice	change;			/* the payload's action */
	qfs_slice	terms;			/* the track's numbers at that time */
	int64_t		base;			/* entry of the policy in force then */
	int64_t		opens;			/* block from which on votes count */
	int64_t		total;			/* NOD at that entry */
} qfs_proposal_record;

/* How it stands. */
typedef struct qfs_tally_record
{
	int64_t		proposal;		/* key */
	char		state[QFS_TYPE_MAX + 1];
	int64_t		ends;			/* block in which the tally is due */
	int64_t		enacts;			/* block in which the execution is */
	int64_t		yes;			/* power of those who voted so */
	int64_t		no;
	int64_t		abstain;
	int64_t		veto;
	int64_t		voters;
	bool		has_last;
	int64_t		last;			/* entry that changed the count or `ends` last: a vote, or a tally after silence */
	int64_t		extensions;		/* how often `ends` was moved */
	bool		has_tallied;
	int64_t		tallied;		/* entry that counted, at the end */
	bool		has_settled;
	int64_t		settled;		/* entry that ended it */
	bool		has_guard;
	char		guard[QFS_TYPE_MAX + 1];	/* that blocked it first */
} qfs_tally_record;

typedef struct qfs_vote_record
{
	int64_t		proposal;		/* key */
	qfs_user_id user;			/* key */
	char		choice[QFS_TYPE_MAX + 1];
	int64_t		power;
	int64_t		seq;
} qfs_vote_record;

/* A leaf of the policy that a vote has changed. */
typedef struct qfs_policy_key_record
{
	char		key[QFS_TYPE_MAX + 1];	/* key: its path, with dots */
	int64_t		seq;			/* entry that changed it last */
	int64_t		epoch;			/* of that entry */
} qfs_policy_key_record;

/* What the ledger is going to settle: one record, number 0. */
typedef struct qfs_agenda_record
{
	int64_t		number;			/* key, always 0 */
	int64_t		due;			/* block of the first item; QFS_NEVER_DUE: there is none */
	int64_t		last;			/* entry that changed it last */
	qfs_slice	items;			/* [[block,seq,"tally"|"execute"|"dormancy"]…], sorted */
} qfs_agenda_record;

extern const qfs_kind qfs_kind_nod;
extern const qfs_kind qfs_kind_nod_change;
extern const qfs_kind qfs_kind_electorate;
extern const qfs_kind qfs_kind_proposal;
extern const qfs_kind qfs_kind_tally;
extern const qfs_kind qfs_kind_vote;
extern const qfs_kind qfs_kind_policy_key;
extern const qfs_kind qfs_kind_agenda;

#endif
