/*
 * consequences.h - what of the rules is reached from keys of the policy, and how many entries differed through it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The part of the catalogue (engine/catalogue.h) behind the keys that changes
 * name: guards that they bound, rules that they set or these guards guard,
 * tokens that those rules move, principles that those guards protect.  It is
 * there before the first entry; each entry that differs under the changes
 * (sandbox/direct.h) is counted on every edge that it differs through.
 *
 * What an edge counts: docs/format.md, "Consequence map".
 */
#ifndef QFS_CONSEQUENCES_H
#define QFS_CONSEQUENCES_H

#include "engine/catalogue.h"
#include "sandbox/judgement.h"

/* Bytes that suffice for the edges and nodes, written. */
#define QFS_GRAPH_MAX 262144

/* Of a key that is fixed there is the node alone. */
typedef struct qfs_consequences
{
	qfs_map		map;
	uint64_t	weight[QFS_MAP_EDGES];	/* of the map's edges, in their order */
	char		proposal[24];	/* name of its node */
	qfs_map		catalogue;		/* that the map is a part of */
} qfs_consequences;

/*
 * The part that is reached; nothing is counted yet.
 * changes:  of a policy, canonical, as qfs_policy_merge takes them
 * proposal: of its number there is a node, from which the keys are changed; -1: none
 * Errors: POLICY_INVALID for what is no key; INTERNAL for more than a map holds.
 */
extern qfs_status qfs_consequences_begin(qfs_consequences *c, const qfs_registry *registry, qfs_slice changes,
										 int64_t proposal, qfs_error *err);

/* Counts an entry.  rule: its own; NULL: an application's type */
extern void qfs_consequences_count(qfs_consequences *c, const qfs_rule *rule, const qfs_difference *difference);

/*
 * Writes {"edges":[{"from","kind","to","weight"}…],"nodes":[{"class"?,"id","kind","refused"?}…]}, whose SHA3-256 is the
 * hash of the graph; class, refused: of keys that nobody can change.
 * governed: governance is on, so that nobody changes what is for a fork
 * out:      empty; QFS_GRAPH_MAX bytes suffice
 */
extern qfs_status qfs_consequences_write(const qfs_consequences *c, bool governed, qfs_buf *out, qfs_error *err);

#endif
