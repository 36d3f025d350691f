/*
 * trail.h - what entries of governance say of each other: what an explanation follows.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The seats of an account and its votes are chains, each entry of which names
 * the one before.  Whoever follows one down to the proposal's entry has seen
 * all that happened since.
 */
#ifndef QFS_TRAIL_H
#define QFS_TRAIL_H

#include "engine/rule.h"

/* Adds the entries "previous" of a member of the result, and of each item of a list of them. */
extern qfs_status qfs_trail_previous(const qfs_entry *entry, const char *member, qfs_grounds *grounds, qfs_error *err);

/* Adds the seats of the account from entry seq down to the first that is not after entry `until`. */
extern qfs_status qfs_trail_seats(const qfs_user_id *user, int64_t seq, int64_t until, qfs_grounds *grounds, qfs_error *err);

/* Adds votes of an account, from entry seq down to the first that is before entry `until`. */
extern qfs_status qfs_trail_votes(int64_t seq, int64_t until, qfs_grounds *grounds, qfs_error *err);

/* A count in an object; -1: there is none, or it is null. */
extern int64_t qfs_trail_int(qfs_slice object, const char *name);

/* An object in another one; an empty one, if it is not there. */
extern qfs_slice qfs_trail_member(qfs_slice object, const char *name);

/*
 * What an entry made of the seats of an account, and the entry before that did; previous = -1: none.
 * False: it did nothing to them.
 */
extern bool qfs_trail_seat(const qfs_entry *entry, const qfs_user_id *user, int64_t *nod, int64_t *previous);

#endif
