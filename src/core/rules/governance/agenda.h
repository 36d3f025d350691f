/*
 * agenda.h - what the ledger is going to settle, and in which block.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * One entry tells all of it: each that changes it has, in its result, first
 *
 *     "agenda":{"items":[[block,seq,"tally"|"execute"|"dormancy"]…],"previous":seq|null}
 *
 * with the items sorted and the entry that changed it before.
 */
#ifndef QFS_AGENDA_H
#define QFS_AGENDA_H

#include "engine/rule.h"
#include "state/governance.h"

typedef enum qfs_agenda_kind
{
	QFS_AGENDA_TALLY,			/* of a proposal that is open */
	QFS_AGENDA_EXECUTION,		/* of one that passed */
	QFS_AGENDA_DORMANCY			/* of a claim that nobody governs */
} qfs_agenda_kind;

/* A proposal is there as long as it is open or queued, a claim until it is ended or settled; each once. */
typedef struct qfs_agenda_item
{
	int64_t		block;			/* from which on it is due */
	int64_t		seq;			/* entry of the proposal or the claim */
	qfs_agenda_kind kind;
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

/* The item of a proposal or a claim; NULL: there is none. */
extern const qfs_agenda_item *qfs_agenda_find(const qfs_agenda *agenda, int64_t seq);

/* Puts an item in its place, which its entry may have had another one before; there is room. */
extern void qfs_agenda_set(qfs_agenda *agenda, const qfs_agenda_item *item);
extern void qfs_agenda_remove(qfs_agenda *agenda, int64_t seq);

/* Writes it as the member of a result. */
extern void qfs_agenda_write(qfs_json_writer *w, const qfs_agenda *agenda);

/* Stores it as the one that this entry left. */
extern qfs_status qfs_agenda_put(const qfs_act *act, const qfs_agenda *agenda);

/* The one that a recorded entry left; false: its result has none, or none of the form. */
extern bool qfs_agenda_told(const qfs_entry *entry, qfs_agenda *out);

/* Stores the one that the recorded entry left, if its result has one. */
extern qfs_status qfs_agenda_recall(const qfs_act *act);

#endif
