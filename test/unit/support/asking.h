/*
 * asking.h - a what-if about a ledger in memory, and what it answers.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef UNIT_ASKING_H
#define UNIT_ASKING_H

#include "sandbox/consequence_map.h"
#include "support/script.h"

/* ---- each entry by itself ---- */

typedef void (*asking_visitor) (void *context, const qfs_entry *entry, const qfs_difference *difference);

/* Visits the entries of a sample, but for the first, that would be judged otherwise under a policy with changes. */
extern void asking_direct(const sample *s, const qfs_changes *changes, asking_visitor visit, void *context);

/* ---- a window of them ---- */

/* The last answer, and the hash of the state that was recorded, as it went on. */
extern char asking_answer[QFS_CONSEQUENCE_MAP_MAX + 1];
extern qfs_hash asking_recorded;

/*
 * Asks of a sample's entries, to the last one or the question's size.
 * lines: what is fed instead of the sample's own; or NULL
 */
extern qfs_status asking(const sample *s, const script *lines, const qfs_what_if_question *question, qfs_error *err);

/* The same with memory of one's own; the what-if is the caller's to end. */
extern qfs_status asking_feed(qfs_what_if *w, const sample *s, const script *lines, const qfs_what_if_question *question,
							  qfs_allocator allocator, qfs_error *err);

/* The same of a consequence map: *s is asked to its last entry, or to the question's size. */
extern qfs_status asking_map(const sample *s, const qfs_map_question *question, qfs_error *err);

/* The same with memory of one's own; the map is the caller's to end. */
extern qfs_status asking_map_feed(qfs_consequence_map *m, const sample *s, const qfs_map_question *question,
								  qfs_allocator allocator, qfs_error *err);

/* A member of the answer by its way, "direct.same"; numbers are places in lists, "steps.0.error". */
extern qfs_slice asking_member(const char *way);

#endif
