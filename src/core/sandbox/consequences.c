/*
 * consequences.c - what of the rules is reached from keys of the policy, and how many entries differed through it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "sandbox/consequences.h"

#include "base/status.h"
#include "engine/policy_key.h"

/* ---- what is reached ---- */

typedef struct seeding
{
	qfs_consequences *c;
	const qfs_node *proposal;	/* NULL: none */
	qfs_error  *err;
} seeding;

/* The node of a key, which has the name that stays. */
static const qfs_node *
find_key(const qfs_map *catalogue, qfs_slice name)
{
	for (size_t i = 0; i < catalogue->node_count; i++)
		if (catalogue->nodes[i].kind == QFS_NODE_KEY && qfs_slice_equal(catalogue->nodes[i].name, name))
			return &catalogue->nodes[i];
	return NULL;
}

static bool
is_fixed(qfs_slice name)
{
	qfs_key_class key_class;

	return qfs_policy_key_class(name, &key_class) && key_class == QFS_CLASS_FIXED;
}

static qfs_status
add_key(void *context, qfs_slice name, qfs_slice value)
{
	const seeding *s = context;
	const qfs_node *key = find_key(&s->c->catalogue, name);

	(void) value;
	if (key == NULL)
		return qfs_fail(s->err, QFS_INTERNAL, "the catalogue has no key %v", name);
	if (s->proposal == NULL || is_fixed(name))
		return qfs_map_add_node(&s->c->map, *key, s->err);
	return qfs_map_add_edge(&s->c->map, *s->proposal, QFS_EDGE_CHANGES, *key, s->err);
}

/* Does anything go on from the node: is it reached, and can it be changed? */
static bool
leads_on(const qfs_map *map, const qfs_node *node)
{
	return qfs_map_has_node(map, node) && !(node->kind == QFS_NODE_KEY && is_fixed(node->name));
}

/* Adds every edge that begins at a node that is there, until there is none to add. */
static qfs_status
reach(qfs_consequences *c, qfs_error *err)
{
	qfs_status	status = QFS_OK;
	size_t		before;

	do
	{
		before = c->map.edge_count;
		for (size_t i = 0; status == QFS_OK && i < c->catalogue.edge_count; i++)
		{
			const qfs_edge *edge = &c->catalogue.edges[i];

			if (leads_on(&c->map, &edge->from))
				status = qfs_map_add_edge(&c->map, edge->from, edge->kind, edge->to, err);
		}
	} while (status == QFS_OK && c->map.edge_count > before);
	return status;
}

qfs_status
qfs_consequences_begin(qfs_consequences *c, const qfs_registry *registry, qfs_slice changes, int64_t proposal,
					   qfs_error *err)
{
	seeding		s = {.c = c,.err = err};
	qfs_node	node = {.kind = QFS_NODE_PROPOSAL};
	qfs_buf		name;
	qfs_status	status = qfs_catalogue_read(registry, &c->catalogue, err);

	c->map.node_count = c->map.edge_count = 0;
	memset(c->weight, 0, sizeof(c->weight));
	if (status == QFS_OK && proposal >= 0)
	{
		qfs_buf_init(&name, c->proposal, sizeof(c->proposal));
		qfs_buf_int(&name, proposal);
		node.name = qfs_buf_slice(&name);
		s.proposal = &node;
		status = qfs_map_add_node(&c->map, node, err);
	}
	if (status == QFS_OK)
		status = qfs_policy_leaves(changes, add_key, &s, err);
	return status == QFS_OK ? reach(c, err) : status;
}

/* ---- what differs through it ---- */

/* An entry that differs. */
typedef struct counting
{
	const qfs_map *map;
	qfs_slice	rule;			/* name of its node */
	const qfs_difference *difference;
} counting;

/* Has a guard of that name another bound? */
static bool
has_bound(const counting *c, qfs_slice guard)
{
	for (unsigned n = 0; n < c->difference->guard_count; n++)
		if (c->difference->guards[n].bound && qfs_slice_equal(c->difference->guards[n].guard, guard))
			return true;
	return false;
}

static bool
has_moved(const counting *c, qfs_slice token)
{
	for (unsigned n = 0; n < QFS_ASSETS; n++)
		if ((c->difference->moved & QFS_MOVES(n)) != 0 && qfs_slice_is(token, qfs_assets[n].id))
			return true;
	return false;
}

static bool differs_through_key(const counting *c, const qfs_node *key);

static bool
differs_through(const counting *c, const qfs_edge *edge)
{
	switch (edge->kind)
	{
		case QFS_EDGE_BOUNDS:
			return has_bound(c, edge->to.name);
		case QFS_EDGE_CHANGES:
			return differs_through_key(c, &edge->to);
		case QFS_EDGE_GUARDS:
			return qfs_slice_equal(edge->to.name, c->rule) && has_bound(c, edge->from.name);
		case QFS_EDGE_MOVES:
			return qfs_slice_equal(edge->from.name, c->rule) && has_moved(c, edge->to.name);
		case QFS_EDGE_PROTECTS:
			return has_bound(c, edge->from.name);
		case QFS_EDGE_SETS:
			return qfs_slice_equal(edge->to.name, c->rule) && !c->difference->bounds;
		case QFS_EDGE_KINDS:
			break;
	}
	return false;
}

static bool
differs_through_key(const counting *c, const qfs_node *key)
{
	for (size_t i = 0; i < c->map->edge_count; i++)
	{
		const qfs_edge *edge = &c->map->edges[i];

		if (edge->from.kind == QFS_NODE_KEY && qfs_slice_equal(edge->from.name, key->name) && differs_through(c, edge))
			return true;
	}
	return false;
}

void
qfs_consequences_count(qfs_consequences *c, const qfs_rule *rule, const qfs_difference *difference)
{
	counting	counted = {
		.map = &c->map,.rule = qfs_slice_of(rule != NULL ? rule->type : QFS_APPLICATION_RULE),.difference = difference
	};

	if (difference->same)
		return;
	for (size_t i = 0; i < c->map.edge_count; i++)
		c->weight[i] += differs_through(&counted, &c->map.edges[i]);
}

/* ---- writing ---- */

static void
put_text(qfs_json_writer *w, const char *member, const char *text)
{
	qfs_json_key(w, member);
	qfs_json_put_text(w, qfs_slice_of(text));
}

static void
put_edge(qfs_json_writer *w, const qfs_edge *edge, uint64_t weight)
{
	qfs_json_open_object(w);
	qfs_node_put_id(w, "from", &edge->from);
	put_text(w, "kind", qfs_edge_kind_names[edge->kind]);
	qfs_node_put_id(w, "to", &edge->to);
	qfs_json_put_member_int(w, "weight", (int64_t) weight);
	qfs_json_close(w);
}

static bool
is_refused(const qfs_node *node, bool governed, qfs_key_class *key_class)
{
	return node->kind == QFS_NODE_KEY && qfs_policy_key_class(node->name, key_class) &&
		(*key_class == QFS_CLASS_FIXED || (*key_class == QFS_CLASS_FORK && governed));
}

static void
put_node(qfs_json_writer *w, const qfs_node *node, bool governed)
{
	qfs_key_class key_class;
	bool		refused = is_refused(node, governed, &key_class);

	qfs_json_open_object(w);
	if (refused)
		put_text(w, "class", qfs_key_class_names[key_class]);
	qfs_node_put_id(w, "id", node);
	put_text(w, "kind", qfs_node_kind_names[node->kind]);
	if (refused)
		put_text(w, "refused", "KEY_FIXED");
	qfs_json_close(w);
}

qfs_status
qfs_consequences_write(const qfs_consequences *c, bool governed, qfs_buf *out, qfs_error *err)
{
	qfs_json_writer w;

	qfs_json_begin(&w, out);
	qfs_json_open_object(&w);
	qfs_json_key(&w, "edges");
	qfs_json_open_array(&w);
	for (size_t i = 0; i < c->map.edge_count; i++)
		put_edge(&w, &c->map.edges[i], c->weight[i]);
	qfs_json_close(&w);
	qfs_json_key(&w, "nodes");
	qfs_json_open_array(&w);
	for (size_t i = 0; i < c->map.node_count; i++)
		put_node(&w, &c->map.nodes[i], governed);
	qfs_json_close(&w);
	qfs_json_close(&w);
	return qfs_json_end(&w, err);
}
