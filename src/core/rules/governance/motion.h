/*
 * motion.h - what a proposal asks for: changes of the policy, seats, or words alone.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_MOTION_H
#define QFS_MOTION_H

#include "engine/effects.h"
#include "engine/policy_key.h"
#include "rules/governance/seats.h"

/* Seats that one proposal may change; bytes of the changes of a policy. */
#define QFS_MOTION_SEATS 4
#define QFS_MOTION_MAX 8192

typedef struct qfs_motion_seat
{
	qfs_user_id account;
	int64_t		after;
	qfs_nod_record nod;			/* as it is before */
} qfs_motion_seat;

typedef struct qfs_motion
{
	qfs_track	track;
	bool		has_policy;
	qfs_slice	policy;			/* changes, as set_policy takes them */
	unsigned	seat_count;
	qfs_motion_seat seats[QFS_MOTION_SEATS];
} qfs_motion;

/*
 * Reads an action, which its schema has admitted.
 * Errors: PAYLOAD_INVALID for more than one kind of it, for one that its track
 * does not have, for an account that is named twice; KEY_FIXED, KEY_TRACK.
 */
extern qfs_status qfs_motion_read(const qfs_act *act, qfs_track track, qfs_slice action, qfs_motion *out);

/* The policy in force with its changes. */
typedef struct qfs_new_policy
{
	uint8_t		memory[QFS_POLICY_MAX + 1];
	qfs_slice	text;
	qfs_hash	hash;
	qfs_policy	policy;
} qfs_new_policy;

/*
 * Makes the policy that it would put in force now.
 * Errors: POLICY_INVALID if that cannot be: it does not parse, changes nothing
 * or what never changes, or has governance on with fewer holders than may pass
 * anything.
 */
extern qfs_status qfs_motion_policy(const qfs_act *act, const qfs_motion *motion, qfs_new_policy *out);

/* Leaves that it changes whose value in force is not the one in that policy. */
extern qfs_status qfs_motion_stale(const qfs_act *act, const qfs_motion *motion, int64_t base, int64_t *out);

/* Leaves that it changes and that do not become more restrictive. */
extern qfs_status qfs_motion_unrestricting(const qfs_act *act, const qfs_motion *motion, int64_t *out);

/* NOD_SHARE: what the largest share of all seats may be after it, and is, of the accounts that it names. */
typedef struct qfs_shares
{
	int64_t		bound;
	int64_t		observed;
} qfs_shares;

/*
 * "seats":[{"account","after","before","number","previous"}…]: what it makes
 * of each account, if it names some; previous: the entry before that changed it
 */
extern void qfs_motion_write_seats(qfs_json_writer *w, const qfs_motion *motion);

extern const qfs_guard qfs_guard_nod_share;
extern qfs_status qfs_motion_shares(const qfs_act *act, const qfs_motion *motion, int64_t power_percent, qfs_shares *out);

#endif
