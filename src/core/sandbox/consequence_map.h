/*
 * consequence_map.h - what a change of the policy reaches, and what it would have done to a window of the ledger.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A what-if (sandbox/what_if.h) of the changes without actions, the part of the
 * catalogue that they reach with what differed through it, and who may make
 * them.  The what-if is fed:
 *
 *     qfs_consequence_map_begin(&m, &qfs_registry_own, &question, allocator, &err);
 *     for each entry below question.size:  qfs_what_if_entry(&m.what_if, &entry, &err);
 *     qfs_consequence_map_finish(&m, NULL, &answer, &err);
 *     qfs_consequence_map_end(&m);
 *
 * Form of the answer: docs/format.md, "Consequence map".
 */
#ifndef QFS_CONSEQUENCE_MAP_H
#define QFS_CONSEQUENCE_MAP_H

#include "sandbox/what_if.h"

typedef struct qfs_map_question
{
	qfs_slice	changes;		/* of the policy, canonical, as qfs_policy_merge takes them; the caller's until the end */
	uint64_t	size;			/* as a what-if has them */
	uint64_t	from;
	int64_t		proposal;		/* the number of the one that asks for the changes; -1: none does */
} qfs_map_question;

typedef struct qfs_consequence_map
{
	qfs_map_question question;
	qfs_what_if what_if;
	qfs_consequences consequences;
	uint8_t		played[QFS_POLICY_MAX]; /* the changes without keys that are fixed */
	uint8_t		after[QFS_POLICY_MAX];	/* the policy that these make of the one in force at the end */
	uint8_t		undo[QFS_POLICY_MAX];	/* the changes that would make it what it was */
	uint8_t		graph[QFS_GRAPH_MAX];
} qfs_consequence_map;

/* Bytes that suffice for an answer: that of the what-if, the graph, and the changes several times over. */
#define QFS_CONSEQUENCE_MAP_MAX (QFS_WHAT_IF_MAX + QFS_GRAPH_MAX + 16 * QFS_POLICY_MAX)

/*
 * Whatever it returns, qfs_consequence_map_end may follow.
 * Errors: those of qfs_what_if_begin, but not KEY_FIXED: the map says it.
 */
extern qfs_status qfs_consequence_map_begin(qfs_consequence_map *m, const qfs_registry *registry,
											const qfs_map_question *question, qfs_allocator allocator, qfs_error *err);
extern void qfs_consequence_map_end(qfs_consequence_map *m);

/*
 * Writes the answer, once all entries below the size were there.
 * policy: over which it is told what keys have and who may change them; NULL: the one in force after the last entry
 * answer: empty; QFS_CONSEQUENCE_MAP_MAX bytes suffice
 * Errors: those of qfs_what_if_finish; POLICY_INVALID, RULES_UNKNOWN for changes that make none of that policy that
 *         could come after it.
 */
extern qfs_status qfs_consequence_map_finish(qfs_consequence_map *m, const qfs_policy *policy, qfs_buf *answer,
											 qfs_error *err);

#endif
