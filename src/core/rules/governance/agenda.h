/*
 * agenda.h - what the ledger is going to settle, and in which block.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * One entry tells all of it: each that changes it has, in its result, first
 *
 *     "agenda":{"items":[[block,proposal,"tally"|"execute"]…],"previous":seq|null}
 *
 * with the items sorted and the entry that changed it before.
 */
#ifndef QFS_AGENDA_H
#define QFS_AGENDA_H

#include "engine/rule.h"
#include "state/governance.h"

/* A proposal is there as long as it is open or queued, once. */
typedef struct qfs_agenda_item
{
	int64_t		block;			/* from which on it is due */
	int64_t		proposal;
	bool		executes;		/* it passed; else it is to be tallied */
} qfs_agenda_item;

typedef struct qfs_agenda
{
	bool		has_last;
	int64_t		last;			/* entry that changed it last */
	unsigned	count;
	qfs_agenda_item items[QFS_AGENDA_MAX];	/* in the order in which they are settled */
} qfs_agenda;

/* Errors: STATE_MISMATCH. */
extern qfs_status qfs_agenda_get(qfs_store *store, qfs_agenda *out, qfs_error *err);

/* The item of a proposal; NULL: it is neither open nor queued. */
extern const qfs_agenda_item *qfs_agenda_find(const qfs_agenda *agenda, int64_t proposal);

/* Puts an item in its place, which its proposal may have had another one before; there is room. */
extern void qfs_agenda_set(qfs_agenda *agenda, const qfs_agenda_item *item);
extern void qfs_agenda_remove(qfs_agenda *agenda, int64_t proposal);

/* Writes it as the member of a result. */
extern void qfs_agenda_write(qfs_json_writer *w, const qfs_agenda *agenda);

/* Stores it as the one that this entry left. */
extern qfs_status qfs_agenda_put(const qfs_act *act, const qfs_agenda *agenda);

/* Stores the one that the recorded entry left, if its result has one. */
extern qfs_status qfs_agenda_recall(const qfs_act *act);

#endif
