/*
 * seats.h - NOD: who has how much of it, and had at an entry.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_SEATS_H
#define QFS_SEATS_H

#include "engine/rule.h"
#include "state/governance.h"

/* What a record says where there is none: no seats, never changed. */
extern qfs_status qfs_nod_get(const qfs_act *act, const qfs_user_id *user, qfs_nod_record *out, bool *found);
extern qfs_status qfs_electorate_get(const qfs_act *act, qfs_electorate_record *out);

/* What an account had at an entry: at most 40 reads, one where nothing has changed since. */
extern qfs_status qfs_nod_at(const qfs_act *act, const qfs_nod_record *nod, int64_t seq, int64_t *out);

/* The electorate with another number of seats of an account.  Errors: STATE_MISMATCH: they were none of its. */
extern qfs_status qfs_electorate_change(const qfs_act *act, qfs_electorate_record *electorate, int64_t before, int64_t after);

/* Stores a change that this entry makes, but for the electorate: the record as it is from here on. */
extern qfs_status qfs_nod_change(const qfs_act *act, qfs_nod_record *nod, int64_t after);

/* Stores the electorate that this entry leaves. */
extern qfs_status qfs_electorate_put(const qfs_act *act, qfs_electorate_record *electorate);

/* "electorate":{"holders":n,"previous":seq|null,"total":n} as it is, with the entry that changed it before. */
extern void qfs_electorate_write(qfs_json_writer *w, const qfs_electorate_record *electorate, const qfs_electorate_record *before);

/* Stores what the recorded entry says of it, if it does.  Errors: OUTCOME_MISMATCH. */
extern qfs_status qfs_electorate_recall(const qfs_act *act);

/*
 * Stores what an item says that was recorded: {"account"?,"after"?,"before":n,"number":n,"previous":seq|null}.
 * user, after: from the payload, where it has them
 * Errors: OUTCOME_MISMATCH.
 */
extern qfs_status qfs_nod_recall(const qfs_act *act, const qfs_user_id *user, int64_t after, qfs_slice item);

#endif
