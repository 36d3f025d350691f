/*
 * test_catalogue.c - the map of keys, guards, rules, tokens and principles.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>
#include <string.h>

#include "crypto/keccak.h"
#include "engine/catalogue.h"
#include "engine/policy_key.h"
#include "ledger/registry.h"

static qfs_map map;
static uint8_t memory[262144];

static qfs_node
node(qfs_node_kind kind, const char *name)
{
	return (qfs_node) {kind, qfs_slice_of(name)};
}

static void
add(qfs_node from, qfs_edge_kind kind, qfs_node to)
{
	CHECK_STATUS(qfs_map_add_edge(&map, from, kind, to, NULL), QFS_OK);
}

static bool
has_edge(qfs_node from, qfs_edge_kind kind, qfs_node to)
{
	for (size_t i = 0; i < map.edge_count; i++)
		if (map.edges[i].kind == kind && map.edges[i].from.kind == from.kind && map.edges[i].to.kind == to.kind &&
			qfs_slice_equal(map.edges[i].from.name, from.name) && qfs_slice_equal(map.edges[i].to.name, to.name))
			return true;
	return false;
}

/* How many edges of a kind begin at a node. */
static unsigned
count_from(qfs_node from, qfs_edge_kind kind)
{
	unsigned	count = 0;

	for (size_t i = 0; i < map.edge_count; i++)
		count += map.edges[i].kind == kind && map.edges[i].from.kind == from.kind &&
			qfs_slice_equal(map.edges[i].from.name, from.name);
	return count;
}

static void
read_own(void)
{
	CHECK_STATUS(qfs_catalogue_read(&qfs_registry_own, &map, NULL), QFS_OK);
}

/* All that is said of it, in memory. */
static void
write_own(qfs_buf *text)
{
	qfs_json_writer w;

	qfs_buf_init(text, memory, sizeof(memory));
	qfs_json_begin(&w, text);
	CHECK_STATUS(qfs_catalogue_write(&w, &qfs_registry_own, &map, NULL), QFS_OK);
	CHECK_STATUS(qfs_json_end(&w, NULL), QFS_OK);
}

static void
check_map_hash(const char *want)
{
	qfs_hash	hash;

	CHECK_STATUS(qfs_map_hash(&map, &hash, NULL), QFS_OK);
	CHECK_HEX(hash.bytes, sizeof(hash.bytes), want);
}

/* ---- the form ---- */

static void
empty(void)
{
	map.node_count = map.edge_count = 0;
	check_map_hash("07d67da230b489edc205f176659b152e7f64345dc7c701dfeb9c7e026f7b5865");
}

/* Added in no order, and some of it twice. */
static void
known_answer(void)
{
	static const char *const tokens[] = {"referrals", "FLX", "points", "coherence"};
	qfs_node	cap = node(QFS_NODE_GUARD, "REFERRAL_CAP");
	qfs_node	message = node(QFS_NODE_RULE, "MESSAGE");

	map.node_count = map.edge_count = 0;
	for (unsigned i = 0; i < ROWS(tokens); i++)
		add(message, QFS_EDGE_MOVES, node(QFS_NODE_TOKEN, tokens[i]));
	add(cap, QFS_EDGE_GUARDS, node(QFS_NODE_RULE, "REFERRAL_USE"));
	add(cap, QFS_EDGE_GUARDS, message);
	add(cap, QFS_EDGE_GUARDS, message);
	add(node(QFS_NODE_KEY, "referral.cap"), QFS_EDGE_BOUNDS, cap);
	CHECK_UINT(map.node_count, 8);
	CHECK_UINT(map.edge_count, 7);
	check_map_hash("8c7e1207e9852466d516ab0c7193cc28b48e2da08d8c8c17d95d5108d07262d8");
}

/* Names of which one begins with the other. */
static void
order(void)
{
	map.node_count = map.edge_count = 0;
	CHECK_STATUS(qfs_map_add_node(&map, node(QFS_NODE_KEY, "ab"), NULL), QFS_OK);
	CHECK_STATUS(qfs_map_add_node(&map, node(QFS_NODE_KEY, "a"), NULL), QFS_OK);
	CHECK_STATUS(qfs_map_add_node(&map, node(QFS_NODE_TOKEN, "a"), NULL), QFS_OK);
	CHECK_STATUS(qfs_map_add_node(&map, node(QFS_NODE_GUARD, "b"), NULL), QFS_OK);
	CHECK_STATUS(qfs_map_add_node(&map, node(QFS_NODE_KEY, "a"), NULL), QFS_OK);
	CHECK_UINT(map.node_count, 4);
	CHECK_TEXT(map.nodes[0].name, "b");
	CHECK_TEXT(map.nodes[1].name, "a");
	CHECK_TEXT(map.nodes[2].name, "ab");
	CHECK_INT(map.nodes[3].kind, QFS_NODE_TOKEN);
}

/* What has no place is said, and nothing is written past the end. */
static void
too_many(void)
{
	static char names[QFS_MAP_EDGES + 1][8];
	qfs_node	rule = node(QFS_NODE_RULE, "MESSAGE");
	qfs_error	err;

	map.node_count = map.edge_count = 0;
	for (unsigned i = 0; i < QFS_MAP_EDGES + 1; i++)
		snprintf(names[i], sizeof(names[i]), "%u", i);
	for (unsigned i = 0; i < QFS_MAP_NODES; i++)
		CHECK_STATUS(qfs_map_add_node(&map, node(QFS_NODE_KEY, names[i]), NULL), QFS_OK);
	CHECK_STATUS(qfs_map_add_node(&map, node(QFS_NODE_KEY, names[QFS_MAP_NODES]), &err), QFS_INTERNAL);
	CHECK_DETAIL(&err, "more than 256 nodes");
	CHECK_STATUS(qfs_map_add_edge(&map, node(QFS_NODE_KEY, "0"), QFS_EDGE_SETS, rule, &err), QFS_INTERNAL);

	/* As many edges as there are: from each of 32 keys to each of 32 rules. */
	map.node_count = map.edge_count = 0;
	for (unsigned i = 0; i < QFS_MAP_EDGES; i++)
		add(node(QFS_NODE_KEY, names[i / 32]), QFS_EDGE_SETS, node(QFS_NODE_RULE, names[i % 32]));
	CHECK_STATUS(qfs_map_add_edge(&map, node(QFS_NODE_KEY, "0"), QFS_EDGE_BOUNDS, node(QFS_NODE_RULE, "0"), &err), QFS_INTERNAL);
	CHECK_DETAIL(&err, "more than 1024 edges");
	CHECK_UINT(map.edge_count, QFS_MAP_EDGES);
}

/* The hash, which is made in pieces, is that of the text. */
static void
hash_of_text(void)
{
	static uint8_t together[sizeof(memory)];
	qfs_slice	edges = {NULL, 0};
	qfs_slice	nodes = {NULL, 0};
	qfs_hash	want;
	qfs_hash	got;
	qfs_buf		text;

	write_own(&text);
	CHECK(qfs_json_member(qfs_buf_slice(&text), "edges", &edges) && qfs_json_member(qfs_buf_slice(&text), "nodes", &nodes));
	qfs_buf_init(&text, together, sizeof(together));
	qfs_buf_text(&text, "{\"edges\":");
	qfs_buf_slice_add(&text, edges);
	qfs_buf_text(&text, ",\"nodes\":");
	qfs_buf_slice_add(&text, nodes);
	qfs_buf_byte(&text, '}');
	qfs_sha3_256(qfs_buf_slice(&text), &want);
	CHECK_STATUS(qfs_map_hash(&map, &got, NULL), QFS_OK);
	CHECK_HASH(&got, &want);
}

/* ---- the rules read aloud ---- */

static void
in_order(void)
{
	read_own();
	CHECK(map.node_count > 100 && map.edge_count > 200);
	for (size_t i = 1; i < map.node_count; i++)
		CHECK(map.nodes[i - 1].kind < map.nodes[i].kind || !qfs_slice_equal(map.nodes[i - 1].name, map.nodes[i].name));
	for (size_t i = 1; i < map.node_count; i++)
		CHECK(map.nodes[i - 1].kind <= map.nodes[i].kind);
	for (size_t i = 1; i < map.edge_count; i++)
		CHECK(map.edges[i - 1].from.kind <= map.edges[i].from.kind);
}

/* Of what the code runs on nothing is missing. */
static void
complete(void)
{
	qfs_slice	name;
	qfs_key_class ignored;
	unsigned	keys = 0;

	read_own();
	for (; qfs_policy_key_at(keys, &name, &ignored); keys++)
		;
	CHECK(keys > 70);
	for (const qfs_rule *const *rule = qfs_registry_own.rules; *rule != NULL; rule++)
	{
		qfs_node	of_rule = node(QFS_NODE_RULE, (*rule)->type);

		unit_row("%s", (*rule)->type);
		for (const qfs_guard *const *guard = (*rule)->guards; guard != NULL && *guard != NULL; guard++)
		{
			qfs_node	of_guard = node(QFS_NODE_GUARD, (*guard)->name);

			CHECK(has_edge(of_guard, QFS_EDGE_GUARDS, of_rule));
			CHECK_UINT(count_from(of_guard, QFS_EDGE_PROTECTS), 1);
			CHECK((*guard)->unit != NULL);
			if ((*guard)->key != NULL && strchr((*guard)->key, '*') == NULL)
				CHECK(has_edge(node(QFS_NODE_KEY, (*guard)->key), QFS_EDGE_BOUNDS, of_guard));
		}
	}
	CHECK_UINT(count_from(node(QFS_NODE_KEY, "referral.cap"), QFS_EDGE_BOUNDS), 1);
	CHECK_UINT(count_from(node(QFS_NODE_RULE, "MESSAGE"), QFS_EDGE_MOVES), 4);
	/* A way with an asterisk is all keys of that way. */
	CHECK(has_edge(node(QFS_NODE_KEY, "governance.tracks.emergency.quorum"), QFS_EDGE_BOUNDS, node(QFS_NODE_GUARD, "TALLY_QUORUM")));
	CHECK(has_edge(node(QFS_NODE_KEY, "governance.tracks.text.quorum"), QFS_EDGE_BOUNDS, node(QFS_NODE_GUARD, "TALLY_QUORUM")));
	CHECK(!has_edge(node(QFS_NODE_KEY, "governance.tracks.text.majority"), QFS_EDGE_BOUNDS, node(QFS_NODE_GUARD, "TALLY_QUORUM")));
	CHECK(has_edge(node(QFS_NODE_KEY, "limits.events_per_minute"), QFS_EDGE_SETS, node(QFS_NODE_RULE, QFS_APPLICATION_RULE)));
	/* What signs itself is asked for nothing more. */
	CHECK(has_edge(node(QFS_NODE_KEY, "signed"), QFS_EDGE_SETS, node(QFS_NODE_RULE, "MESSAGE")));
	CHECK(!has_edge(node(QFS_NODE_KEY, "signed"), QFS_EDGE_SETS, node(QFS_NODE_RULE, "VOTE_CAST")));
	CHECK(!has_edge(node(QFS_NODE_KEY, "signed"), QFS_EDGE_SETS, node(QFS_NODE_RULE, "LOGIN")));
}

/* No principle is a word alone. */
static void
principles(void)
{
	read_own();
	for (unsigned i = 0; i < QFS_PRINCIPLES; i++)
	{
		unsigned	served = 0;

		unit_row("%s", qfs_principles[i].id);
		for (size_t e = 0; e < map.edge_count; e++)
			served += map.edges[e].kind == QFS_EDGE_PROTECTS && qfs_slice_is(map.edges[e].to.name, qfs_principles[i].id);
		CHECK(served > 0);
		CHECK(i == 0 || strcmp(qfs_principles[i - 1].id, qfs_principles[i].id) < 0);
	}
	for (unsigned i = 1; i < QFS_ASSETS; i++)
		CHECK(strcmp(qfs_assets[i - 1].id, qfs_assets[i].id) < 0);
}

static void
written(void)
{
	qfs_buf		text;
	qfs_slice	value;

	write_own(&text);
	CHECK_STATUS(qfs_json_check(qfs_buf_slice(&text), NULL), QFS_OK);
	CHECK(qfs_json_member(qfs_buf_slice(&text), "guards", &value) && qfs_json_length(value) == 29);
	CHECK(qfs_json_member(qfs_buf_slice(&text), "rules", &value) && qfs_json_length(value) == 24);
	CHECK(qfs_json_member(qfs_buf_slice(&text), "tokens", &value) && qfs_json_length(value) == QFS_ASSETS);
}

/* A rule that names what is no key is a fault of the code, and no edge that nobody misses. */
static void
unknown_key(void)
{
	static const char *const reads[] = {"referral.cup", NULL};
	static const qfs_rule rule = {.type = "MADE_UP",.via = QFS_VIA_OPERATOR,.reads = reads};
	static const qfs_rule *const rules[] = {&rule, NULL};
	const qfs_registry registry = {rules, qfs_registry_own.kinds, 1};
	qfs_error	err;

	CHECK_STATUS(qfs_catalogue_read(&registry, &map, &err), QFS_INTERNAL);
	CHECK_DETAIL(&err, "referral.cup is no key");
}

static const unit_case cases[] = {
	CASE(empty),
	CASE(known_answer),
	CASE(order),
	CASE(too_many),
	CASE(hash_of_text),
	CASE(in_order),
	CASE(complete),
	CASE(principles),
	CASE(written),
	CASE(unknown_key),
	NO_MORE_CASES
};

const unit_suite suite_catalogue = {"catalogue", cases};
