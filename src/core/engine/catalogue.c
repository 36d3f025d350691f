/*
 * catalogue.c - the rules read aloud: which key bounds which guard, which guard
 * guards which rule, which rule moves which token.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/catalogue.h"

#include "base/assert.h"
#include "base/sorted.h"
#include "base/status.h"
#include "crypto/keccak.h"
#include "engine/policy_key.h"

const char *const qfs_node_kind_names[QFS_NODE_KINDS] = {
	[QFS_NODE_GUARD] = "guard",
	[QFS_NODE_KEY] = "key",
	[QFS_NODE_PRINCIPLE] = "principle",
	[QFS_NODE_PROPOSAL] = "proposal",
	[QFS_NODE_RULE] = "rule",
	[QFS_NODE_TOKEN] = "token"
};

const char *const qfs_edge_kind_names[QFS_EDGE_KINDS] = {
	[QFS_EDGE_BOUNDS] = "bounds",
	[QFS_EDGE_CHANGES] = "changes",
	[QFS_EDGE_GUARDS] = "guards",
	[QFS_EDGE_MOVES] = "moves",
	[QFS_EDGE_PROTECTS] = "protects",
	[QFS_EDGE_SETS] = "sets"
};

/* ---- the graph ---- */

static int
compare_nodes(const void *first, const void *second)
{
	const qfs_node *a = first;
	const qfs_node *b = second;
	size_t		len = a->name.len < b->name.len ? a->name.len : b->name.len;
	int			order = a->kind != b->kind ? (a->kind < b->kind ? -1 : 1) : memcmp(a->name.data, b->name.data, len);

	return order != 0 || a->name.len == b->name.len ? order : a->name.len < b->name.len ? -1 : 1;
}

static int
compare_edges(const void *first, const void *second)
{
	const qfs_edge *a = first;
	const qfs_edge *b = second;
	int			order = compare_nodes(&a->from, &b->from);

	if (order == 0)
		order = compare_nodes(&a->to, &b->to);
	return order != 0 ? order : (a->kind > b->kind) - (a->kind < b->kind);
}

qfs_status
qfs_map_add_node(qfs_map *map, qfs_node node, qfs_error *err)
{
	bool		found;
	size_t		place = qfs_sorted_place(map->nodes, map->node_count, sizeof(node), &node, compare_nodes, &found);

	if (found)
		return QFS_OK;
	if (map->node_count == QFS_MAP_NODES)
		return qfs_fail(err, QFS_INTERNAL, "a map of more than %u nodes", (uint64_t) QFS_MAP_NODES);
	qfs_sorted_insert(map->nodes, map->node_count++, sizeof(node), place, &node);
	return QFS_OK;
}

bool
qfs_map_has_node(const qfs_map *map, const qfs_node *node)
{
	bool		found;

	(void) qfs_sorted_place(map->nodes, map->node_count, sizeof(*node), node, compare_nodes, &found);
	return found;
}

static qfs_status
add_edge(qfs_map *map, const qfs_edge *edge, qfs_error *err)
{
	bool		found;
	size_t		place = qfs_sorted_place(map->edges, map->edge_count, sizeof(*edge), edge, compare_edges, &found);

	if (found)
		return QFS_OK;
	if (map->edge_count == QFS_MAP_EDGES)
		return qfs_fail(err, QFS_INTERNAL, "a map of more than %u edges", (uint64_t) QFS_MAP_EDGES);
	qfs_sorted_insert(map->edges, map->edge_count++, sizeof(*edge), place, edge);
	return QFS_OK;
}

qfs_status
qfs_map_add_edge(qfs_map *map, qfs_node from, qfs_edge_kind kind, qfs_node to, qfs_error *err)
{
	qfs_edge	edge = {from, to, kind};
	qfs_status	status = qfs_map_add_node(map, from, err);

	if (status == QFS_OK)
		status = qfs_map_add_node(map, to, err);
	return status == QFS_OK ? add_edge(map, &edge, err) : status;
}

/* ---- what the registry says ---- */

/* What every act of a session depends on, whatever its rule, unless the rule asks for a signature itself. */
static const char *const session_reads[] = {"signed", "signed_types", NULL};

/* Events of applications' types: engine/reduce.c's own. */
static const char *const application_reads[] = {"limits.events_per_minute", NULL};

static qfs_node
node_of(qfs_node_kind kind, const char *name)
{
	return (qfs_node) {kind, qfs_slice_of(name)};
}

/* Is it the key that is meant: by its name, or one "*" in what is meant stands for anything? */
static bool
is_meant(const char *meant, qfs_slice key)
{
	const char *star = strchr(meant, '*');
	size_t		before = star == NULL ? 0 : (size_t) (star - meant);
	size_t		after = star == NULL ? 0 : strlen(star + 1);

	if (star == NULL)
		return qfs_slice_is(key, meant);
	return key.len >= before + after && memcmp(key.data, meant, before) == 0 &&
		memcmp(key.data + key.len - after, star + 1, after) == 0;
}

/* Edges to a node from each key that is meant. */
static qfs_status
add_keys(qfs_map *map, const char *meant, qfs_edge_kind kind, qfs_node to, qfs_error *err)
{
	qfs_node	key = {.kind = QFS_NODE_KEY};
	qfs_key_class ignored;
	qfs_status	status = QFS_OK;
	bool		any = false;

	for (size_t n = 0; status == QFS_OK && qfs_policy_key_at(n, &key.name, &ignored); n++)
		if (is_meant(meant, key.name))
		{
			any = true;
			status = qfs_map_add_edge(map, key, kind, to, err);
		}
	return status != QFS_OK || any ? status : qfs_fail(err, QFS_INTERNAL, "%s is no key of the policy", meant);
}

static qfs_status
add_reads(qfs_map *map, const char *const *reads, qfs_node rule, qfs_error *err)
{
	qfs_status	status = QFS_OK;

	for (; status == QFS_OK && reads != NULL && *reads != NULL; reads++)
		status = add_keys(map, *reads, QFS_EDGE_SETS, rule, err);
	return status;
}

static qfs_status
add_moves(qfs_map *map, qfs_node rule, unsigned moves, qfs_error *err)
{
	qfs_status	status = QFS_OK;

	for (unsigned asset = 0; status == QFS_OK && asset < QFS_ASSETS; asset++)
		if (moves & QFS_MOVES(asset))
			status = qfs_map_add_edge(map, rule, QFS_EDGE_MOVES, node_of(QFS_NODE_TOKEN, qfs_assets[asset].id), err);
	return status;
}

static qfs_status
add_guard(qfs_map *map, const qfs_guard *guard, qfs_node rule, qfs_error *err)
{
	qfs_node	node = node_of(QFS_NODE_GUARD, guard->name);
	qfs_status	status = qfs_map_add_edge(map, node, QFS_EDGE_GUARDS, rule, err);

	QFS_ASSERT(guard->principle < QFS_PRINCIPLES);
	if (status == QFS_OK)
		status = qfs_map_add_edge(map, node, QFS_EDGE_PROTECTS,
								  node_of(QFS_NODE_PRINCIPLE, qfs_principles[guard->principle].id), err);
	return status == QFS_OK && guard->key != NULL ? add_keys(map, guard->key, QFS_EDGE_BOUNDS, node, err) : status;
}

static qfs_status
add_rule(qfs_map *map, const qfs_rule *rule, qfs_error *err)
{
	qfs_node	node = node_of(QFS_NODE_RULE, rule->type);
	qfs_status	status = qfs_map_add_node(map, node, err);

	for (const qfs_guard *const *guard = rule->guards; status == QFS_OK && guard != NULL && *guard != NULL; guard++)
		status = add_guard(map, *guard, node, err);
	for (const qfs_change *const *change = rule->changes; status == QFS_OK && change != NULL && *change != NULL; change++)
	{
		status = add_reads(map, (*change)->reads, node, err);
		if (status == QFS_OK)
			status = add_moves(map, node, (*change)->moves, err);
	}
	if (status == QFS_OK)
		status = add_reads(map, rule->reads, node, err);
	if (status == QFS_OK && (rule->via & QFS_VIA_SESSION) && !rule->must_sign)
		status = add_reads(map, session_reads, node, err);
	return status == QFS_OK ? add_moves(map, node, rule->moves, err) : status;
}

/* Keys that no rule reads, tokens that none moves, too. */
static qfs_status
add_nodes(qfs_map *map, qfs_error *err)
{
	qfs_node	key = {.kind = QFS_NODE_KEY};
	qfs_key_class ignored;
	qfs_status	status = QFS_OK;

	for (size_t n = 0; status == QFS_OK && qfs_policy_key_at(n, &key.name, &ignored); n++)
		status = qfs_map_add_node(map, key, err);
	for (unsigned n = 0; status == QFS_OK && n < QFS_ASSETS; n++)
		status = qfs_map_add_node(map, node_of(QFS_NODE_TOKEN, qfs_assets[n].id), err);
	for (unsigned n = 0; status == QFS_OK && n < QFS_PRINCIPLES; n++)
		status = qfs_map_add_node(map, node_of(QFS_NODE_PRINCIPLE, qfs_principles[n].id), err);
	return status;
}

qfs_status
qfs_catalogue_read(const qfs_registry *registry, qfs_map *out, qfs_error *err)
{
	qfs_node	applications = node_of(QFS_NODE_RULE, QFS_APPLICATION_RULE);
	qfs_status	status;

	out->node_count = out->edge_count = 0;
	status = add_nodes(out, err);
	for (const qfs_rule *const *rule = registry->rules; status == QFS_OK && *rule != NULL; rule++)
		status = add_rule(out, *rule, err);
	if (status == QFS_OK)
		status = add_reads(out, application_reads, applications, err);
	return status == QFS_OK ? add_reads(out, session_reads, applications, err) : status;
}

/* ---- writing ---- */

void
qfs_node_put_id(qfs_json_writer *w, const char *member, const qfs_node *node)
{
	uint8_t		memory[QFS_TYPE_MAX + 16];
	qfs_buf		id;

	qfs_buf_init(&id, memory, sizeof(memory));
	qfs_buf_text(&id, qfs_node_kind_names[node->kind]);
	qfs_buf_byte(&id, ':');
	qfs_buf_slice_add(&id, node->name);
	qfs_json_key(w, member);
	qfs_json_put_text(w, qfs_buf_slice(&id));
}

static void
put_text(qfs_json_writer *w, const char *member, const char *text)
{
	qfs_json_key(w, member);
	if (text == NULL)
		qfs_json_put_null(w);
	else
		qfs_json_put_text(w, qfs_slice_of(text));
}

static void
put_edge(qfs_json_writer *w, const qfs_edge *edge)
{
	qfs_json_open_object(w);
	qfs_node_put_id(w, "from", &edge->from);
	put_text(w, "kind", qfs_edge_kind_names[edge->kind]);
	qfs_node_put_id(w, "to", &edge->to);
	qfs_json_close(w);
}

static void
put_node(qfs_json_writer *w, const qfs_node *node)
{
	qfs_json_open_object(w);
	qfs_node_put_id(w, "id", node);
	put_text(w, "kind", qfs_node_kind_names[node->kind]);
	qfs_json_close(w);
}

static void
put_edges(qfs_json_writer *w, const qfs_map *map)
{
	qfs_json_key(w, "edges");
	qfs_json_open_array(w);
	for (size_t i = 0; i < map->edge_count; i++)
		put_edge(w, &map->edges[i]);
	qfs_json_close(w);
}

static void
put_nodes(qfs_json_writer *w, const qfs_map *map)
{
	qfs_json_key(w, "nodes");
	qfs_json_open_array(w);
	for (size_t i = 0; i < map->node_count; i++)
		put_node(w, &map->nodes[i]);
	qfs_json_close(w);
}

static void
hash_text(qfs_keccak_state *state, const char *text)
{
	qfs_keccak_add(state, text, strlen(text));
}

/* An edge, or else a node, behind those before it in their array. */
static qfs_status
hash_item(qfs_keccak_state *state, bool is_first, const qfs_edge *edge, const qfs_node *node, qfs_error *err)
{
	uint8_t		memory[512];
	qfs_buf		text;
	qfs_json_writer w;
	qfs_status	status;

	qfs_buf_init(&text, memory, sizeof(memory));
	qfs_json_begin(&w, &text);
	if (edge != NULL)
		put_edge(&w, edge);
	else
		put_node(&w, node);
	status = qfs_json_end(&w, err);
	if (!is_first)
		hash_text(state, ",");
	qfs_keccak_add(state, text.data, text.len);
	return status;
}

/* In pieces, since all of it may be longer than what a caller has room for. */
qfs_status
qfs_map_hash(const qfs_map *map, qfs_hash *out, qfs_error *err)
{
	qfs_keccak_state state;
	qfs_status	status = QFS_OK;

	qfs_keccak_init(&state);
	hash_text(&state, "{\"edges\":[");
	for (size_t i = 0; status == QFS_OK && i < map->edge_count; i++)
		status = hash_item(&state, i == 0, &map->edges[i], NULL, err);
	hash_text(&state, "],\"nodes\":[");
	for (size_t i = 0; status == QFS_OK && i < map->node_count; i++)
		status = hash_item(&state, i == 0, NULL, &map->nodes[i], err);
	hash_text(&state, "]}");
	qfs_sha3_256_final(&state, out);
	return status;
}

/* ---- what nodes are ---- */

static const char *const relations[] = {
	[QFS_AT_MOST] = "<=",
	[QFS_BELOW] = "<",
	[QFS_AT_LEAST] = ">="
};

static const char *const severities[] = {
	[QFS_STOPS_ACT] = "act",
	[QFS_STOPS_REWARD] = "reward",
	[QFS_STOPS_PROPOSAL] = "proposal"
};

/* The guard of a name: some rule lists it. */
static const qfs_guard *
find_guard(const qfs_registry *registry, qfs_slice name)
{
	for (const qfs_rule *const *rule = registry->rules; *rule != NULL; rule++)
		for (const qfs_guard *const *guard = (*rule)->guards; guard != NULL && *guard != NULL; guard++)
			if (qfs_slice_is(name, (*guard)->name))
				return *guard;
	return NULL;
}

static void
put_guard(qfs_json_writer *w, const qfs_guard *guard)
{
	qfs_json_open_object(w);
	put_text(w, "id", guard->name);
	put_text(w, "key", guard->key);
	put_text(w, "of", guard->of_proposal ? "proposal" : "now");
	qfs_json_key(w, "of_other");
	qfs_json_put_bool(w, guard->of_other);
	put_text(w, "principle", qfs_principles[guard->principle].id);
	put_text(w, "relation", relations[guard->relation]);
	put_text(w, "stops", severities[guard->severity]);
	put_text(w, "unit", guard->unit);
	qfs_json_close(w);
}

static void
put_guards(qfs_json_writer *w, const qfs_registry *registry, const qfs_map *map)
{
	qfs_json_key(w, "guards");
	qfs_json_open_array(w);
	for (size_t i = 0; i < map->node_count; i++)
		if (map->nodes[i].kind == QFS_NODE_GUARD)
			put_guard(w, find_guard(registry, map->nodes[i].name));
	qfs_json_close(w);
}

static void
put_keys(qfs_json_writer *w)
{
	qfs_slice	name;
	qfs_key_class class;

	qfs_json_key(w, "keys");
	qfs_json_open_array(w);
	for (size_t n = 0; qfs_policy_key_at(n, &name, &class); n++)
	{
		qfs_json_open_object(w);
		put_text(w, "class", qfs_key_class_names[class]);
		qfs_json_key(w, "id");
		qfs_json_put_text(w, name);
		qfs_json_close(w);
	}
	qfs_json_close(w);
}

static void
put_principles(qfs_json_writer *w)
{
	qfs_json_key(w, "principles");
	qfs_json_open_array(w);
	for (size_t i = 0; i < QFS_PRINCIPLES; i++)
	{
		qfs_json_open_object(w);
		put_text(w, "id", qfs_principles[i].id);
		put_text(w, "sentence", qfs_principles[i].sentence);
		put_text(w, "where", qfs_principles[i].where);
		qfs_json_close(w);
	}
	qfs_json_close(w);
}

/* Who may append it: words in the order of the alphabet. */
static void
put_ways(qfs_json_writer *w, unsigned via)
{
	static const struct
	{
		unsigned	way;
		const char *name;
	}			ways[] = {
		{QFS_VIA_LEDGER, "ledger"}, {QFS_VIA_OPERATOR, "operator"}, {QFS_VIA_SESSION, "session"}, {QFS_VIA_WALLET, "wallet"}
	};

	qfs_json_key(w, "via");
	qfs_json_open_array(w);
	for (size_t i = 0; i < QFS_ROWS(ways); i++)
		if (via & ways[i].way)
			qfs_json_put_text(w, qfs_slice_of(ways[i].name));
	qfs_json_close(w);
}

/* The first of a type; later versions of it do not differ in this. */
static void
put_rules(qfs_json_writer *w, const qfs_registry *registry, const qfs_map *map)
{
	qfs_json_key(w, "rules");
	qfs_json_open_array(w);
	for (size_t i = 0; i < map->node_count; i++)
	{
		const qfs_rule *rule = map->nodes[i].kind == QFS_NODE_RULE ? qfs_registry_find(registry, map->nodes[i].name) : NULL;

		if (rule == NULL)
			continue;
		qfs_json_open_object(w);
		put_text(w, "id", rule->type);
		qfs_json_key(w, "public");
		qfs_json_put_bool(w, rule->is_public);
		qfs_json_key(w, "signed");
		qfs_json_put_bool(w, rule->must_sign);
		put_ways(w, rule->via);
		qfs_json_close(w);
	}
	qfs_json_close(w);
}

static void
put_tokens(qfs_json_writer *w)
{
	qfs_json_key(w, "tokens");
	qfs_json_open_array(w);
	for (size_t i = 0; i < QFS_ASSETS; i++)
	{
		qfs_json_open_object(w);
		put_text(w, "highest", qfs_assets[i].highest);
		put_text(w, "id", qfs_assets[i].id);
		put_text(w, "lowest", qfs_assets[i].lowest);
		qfs_json_key(w, "transferable");
		qfs_json_put_bool(w, qfs_assets[i].transferable);
		put_text(w, "unit", qfs_assets[i].unit);
		qfs_json_close(w);
	}
	qfs_json_close(w);
}

qfs_status
qfs_catalogue_write(qfs_json_writer *w, const qfs_registry *registry, qfs_map *map, qfs_error *err)
{
	qfs_hash	hash;
	qfs_status	status = qfs_catalogue_read(registry, map, err);

	if (status == QFS_OK)
		status = qfs_map_hash(map, &hash, err);
	if (status != QFS_OK)
		return status;
	qfs_json_open_object(w);
	put_edges(w, map);
	put_guards(w, registry, map);
	put_keys(w);
	qfs_json_key(w, "map_hash");
	qfs_json_put_hex(w, hash.bytes, sizeof(hash.bytes));
	put_nodes(w, map);
	put_principles(w);
	put_rules(w, registry, map);
	put_tokens(w);
	qfs_json_close(w);
	return QFS_OK;
}
