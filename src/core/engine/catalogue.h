/*
 * catalogue.h - the rules read aloud: which key bounds which guard, which guard
 * guards which rule, which rule moves which token.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A graph, made of the registry that the code runs on.  docs/token-guard-map.md
 * has its form; nodes are sorted by their id, edges by (from, to, kind).
 */
#ifndef QFS_CATALOGUE_H
#define QFS_CATALOGUE_H

#include "engine/rule.h"

/* In the order of their names, so that ids are sorted by kind first. */
typedef enum qfs_node_kind
{
	QFS_NODE_GUARD,
	QFS_NODE_KEY,
	QFS_NODE_PRINCIPLE,
	QFS_NODE_PROPOSAL,			/* in no catalogue: whoever asks about one adds it */
	QFS_NODE_RULE,
	QFS_NODE_TOKEN,
	QFS_NODE_KINDS
} qfs_node_kind;

extern const char *const qfs_node_kind_names[QFS_NODE_KINDS];

/* Its id is "kind:name". */
typedef struct qfs_node
{
	qfs_node_kind kind;
	qfs_slice	name;
} qfs_node;

/* In the order of their names. */
typedef enum qfs_edge_kind
{
	QFS_EDGE_BOUNDS,			/* key to guard */
	QFS_EDGE_CHANGES,			/* proposal to key; in no catalogue either */
	QFS_EDGE_GUARDS,			/* guard to rule */
	QFS_EDGE_MOVES,				/* rule to token */
	QFS_EDGE_PROTECTS,			/* guard to principle */
	QFS_EDGE_SETS,				/* key to rule */
	QFS_EDGE_KINDS
} qfs_edge_kind;

extern const char *const qfs_edge_kind_names[QFS_EDGE_KINDS];

typedef struct qfs_edge
{
	qfs_node	from;
	qfs_node	to;
	qfs_edge_kind kind;
} qfs_edge;

#define QFS_MAP_NODES 256
#define QFS_MAP_EDGES 1024

typedef struct qfs_map
{
	size_t		node_count;
	size_t		edge_count;
	qfs_node	nodes[QFS_MAP_NODES];
	qfs_edge	edges[QFS_MAP_EDGES];
} qfs_map;

/* The events of applications' types, all together, are a rule of this name. */
#define QFS_APPLICATION_RULE "*"

/*
 * Whatever is in the registry.  The map points into it.
 * Errors: INTERNAL for more than a map holds.
 */
extern qfs_status qfs_catalogue_read(const qfs_registry *registry, qfs_map *out, qfs_error *err);

/* One more, in its place; what is there already stays alone.  Errors: INTERNAL. */
extern qfs_status qfs_map_add_node(qfs_map *map, qfs_node node, qfs_error *err);

/* The same of an edge, with the nodes that it joins. */
extern qfs_status qfs_map_add_edge(qfs_map *map, qfs_node from, qfs_edge_kind kind, qfs_node to, qfs_error *err);

/* Is it there? */
extern bool qfs_map_has_node(const qfs_map *map, const qfs_node *node);

/* A member that is the id of a node. */
extern void qfs_node_put_id(qfs_json_writer *w, const char *member, const qfs_node *node);

/* SHA3-256 of {"edges":[{"from","kind","to"}…],"nodes":[{"id","kind"}…]}, canonical. */
extern qfs_status qfs_map_hash(const qfs_map *map, qfs_hash *out, qfs_error *err);

/*
 * The map, with its hash, and of each node what the registry says:
 * {"edges","guards","keys","map_hash","nodes","principles","rules","tokens"}
 * map: room for it
 * Errors: those of qfs_catalogue_read.
 */
extern qfs_status qfs_catalogue_write(qfs_json_writer *w, const qfs_registry *registry, qfs_map *map, qfs_error *err);

#endif
