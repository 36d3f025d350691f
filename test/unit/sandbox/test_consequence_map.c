/*
 * test_consequence_map.c - what a change of the policy reaches, how many entries differ through it, and who may make it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "crypto/keccak.h"
#include "engine/policy.h"
#include "ledger/registry.h"
#include "support/asking.h"
#include "support/people.h"
#include "support/second_hash.h"
#include "support/voting.h"

static sample s;

/* ---- asking ---- */

static qfs_status
ask(const char *changes, uint64_t from, int64_t proposal, qfs_error *err)
{
	qfs_map_question question = {.changes = qfs_slice_of(changes),.size = s.count,.from = from,.proposal = proposal};

	return asking_map(&s, &question, err);
}

static void
asked(const char *changes, uint64_t from)
{
	qfs_error	err;

	unit_row("%s", changes);
	CHECK_STATUS(ask(changes, from, -1, &err), QFS_OK);
	CHECK_DETAIL(&err, "");
}

#define CHECK_MEMBER(way, want) \
	unit_check_slice(asking_member(way), qfs_slice_of(want), __FILE__, __LINE__)

/* An item of a list of the answer with this member; empty: none. */
static qfs_slice
item_with(const char *list, const char *member, const char *value)
{
	char		quoted[128];
	qfs_slice	all = asking_member(list);
	qfs_slice	item;

	snprintf(quoted, sizeof(quoted), "\"%s\"", value);
	for (unsigned n = 0; (item = second_item(all, n)).len > 0; n++)
		if (qfs_slice_is(second_member(item, member), quoted))
			break;
	return item;
}

/* The weight of an edge, as text; "none": it is not there. */
static const char *
weight(const char *from, const char *kind, const char *to)
{
	static char text[24];
	char		want[256];
	qfs_slice	all = asking_member("edges");
	qfs_slice	edge;

	snprintf(want, sizeof(want), "{\"from\":\"%s\",\"kind\":\"%s\",\"to\":\"%s\",\"weight\":", from, kind, to);
	for (unsigned n = 0; (edge = second_item(all, n)).len > 0; n++)
		if (edge.len > strlen(want) && memcmp(edge.data, want, strlen(want)) == 0)
		{
			snprintf(text, sizeof(text), "%.*s", (int) (edge.len - strlen(want) - 1), (const char *) edge.data + strlen(want));
			return text;
		}
	return "none";
}

#define CHECK_WEIGHT(from, kind, to, want) \
	unit_check_slice(qfs_slice_of(weight(from, kind, to)), qfs_slice_of(want), __FILE__, __LINE__)

/* ---- the graph ---- */

/* graph_hash is of what is shown. */
static void
check_hash(void)
{
	static uint8_t memory[QFS_GRAPH_MAX];
	char		quoted[67];
	qfs_hash	hash;
	qfs_buf		text;

	qfs_buf_init(&text, memory, sizeof(memory));
	qfs_buf_text(&text, "{\"edges\":");
	qfs_buf_slice_add(&text, asking_member("edges"));
	qfs_buf_text(&text, ",\"nodes\":");
	qfs_buf_slice_add(&text, asking_member("nodes"));
	qfs_buf_byte(&text, '}');
	qfs_sha3_256(qfs_buf_slice(&text), &hash);
	qfs_buf_init(&text, quoted, sizeof(quoted) - 1);
	qfs_buf_byte(&text, '"');
	qfs_buf_hex(&text, hash.bytes, sizeof(hash.bytes));
	qfs_buf_byte(&text, '"');
	quoted[text.len] = '\0';
	CHECK_MEMBER("graph_hash", quoted);
}

/* Over no entries everything is declared, and nothing seen. */
static void
declared(void)
{
	people_ledger(&s, NULL);
	asked("{\"referral\":{\"cap\":5}}", s.count);
	CHECK_MEMBER("nodes", "[{\"id\":\"guard:REFERRAL_CAP\",\"kind\":\"guard\"},{\"id\":\"key:referral.cap\",\"kind\":\"key\"},"
				 "{\"id\":\"principle:BOUNDED_REWARD\",\"kind\":\"principle\"},{\"id\":\"rule:MESSAGE\",\"kind\":\"rule\"},"
				 "{\"id\":\"rule:PROFILE_UPDATE\",\"kind\":\"rule\"},{\"id\":\"rule:REFERRAL_USE\",\"kind\":\"rule\"},"
				 "{\"id\":\"token:FLX\",\"kind\":\"token\"},{\"id\":\"token:coherence\",\"kind\":\"token\"},"
				 "{\"id\":\"token:points\",\"kind\":\"token\"},{\"id\":\"token:referrals\",\"kind\":\"token\"}]");
	CHECK_WEIGHT("key:referral.cap", "bounds", "guard:REFERRAL_CAP", "0");
	CHECK_WEIGHT("guard:REFERRAL_CAP", "guards", "rule:REFERRAL_USE", "0");
	CHECK_WEIGHT("guard:REFERRAL_CAP", "protects", "principle:BOUNDED_REWARD", "0");
	CHECK_WEIGHT("rule:MESSAGE", "moves", "token:points", "0");
	CHECK_WEIGHT("guard:FLX_PER_USER_CAP", "guards", "rule:MESSAGE", "none");
	CHECK_MEMBER("proposal", "null");
	CHECK_MEMBER("v", "1");
	check_hash();

	unit_row("of nothing the empty map");
	asked("{}", s.count);
	CHECK_MEMBER("nodes", "[]");
	CHECK_MEMBER("graph_hash", "\"07d67da230b489edc205f176659b152e7f64345dc7c701dfeb9c7e026f7b5865\"");
	CHECK_MEMBER("tracks", "[]");
	CHECK_MEMBER("undo", "{}");
	unit_row("a key that no rule reads");
	asked("{\"page_errors\":\"on\"}", s.count);
	CHECK_MEMBER("nodes", "[{\"id\":\"key:page_errors\",\"kind\":\"key\"}]");
	CHECK_MEMBER("edges", "[]");
	sample_close(&s);
}

/* Every edge of the catalogue that begins at a node of the map is in it, and no other. */
static void
check_closed(void)
{
	static qfs_map catalogue;
	qfs_slice	edges = asking_member("edges");
	unsigned	want = 0;
	unsigned	got = 0;

	CHECK_STATUS(qfs_catalogue_read(&qfs_registry_own, &catalogue, NULL), QFS_OK);
	for (size_t i = 0; i < catalogue.edge_count; i++)
	{
		const qfs_edge *edge = &catalogue.edges[i];
		char		from[128];
		char		to[128];

		snprintf(from, sizeof(from), "%s:%.*s", qfs_node_kind_names[edge->from.kind], (int) edge->from.name.len, (const char *) edge->from.name.data);
		snprintf(to, sizeof(to), "%s:%.*s", qfs_node_kind_names[edge->to.kind], (int) edge->to.name.len, (const char *) edge->to.name.data);
		if (item_with("nodes", "id", from).len == 0)
			continue;
		want++;
		CHECK(strcmp(weight(from, qfs_edge_kind_names[edge->kind], to), "none") != 0);
		CHECK(item_with("nodes", "id", to).len > 0);
	}
	while (second_item(edges, got).len > 0)
		got++;
	CHECK_UINT(got, want);
}

static void
reached(void)
{
	static const char *const changes[] = {
		"{\"coherence\":{\"alpha\":\"0.2\"}}", "{\"governance\":{\"tracks\":{\"text\":{\"quorum\":50}}}}",
		"{\"limits\":{\"messages_per_minute\":9},\"referral\":{\"points\":3}}", "{\"signed\":\"all\"}", "{\"ttl_blocks\":9}"
	};

	people_ledger(&s, NULL);
	for (unsigned i = 0; i < ROWS(changes); i++)
	{
		asked(changes[i], s.count);
		check_closed();
		check_hash();
	}
	sample_close(&s);
}

/* ---- weights ---- */

/* Wallet 1 invites 12: see test_what_if.c, whose numbers these are. */
static void
ring(void)
{
	people_ring(&s);
	asked("{\"referral\":{\"cap\":5}}", 4);
	/* All 12 uses, and the 6 messages that activate, have another bound. */
	CHECK_WEIGHT("key:referral.cap", "bounds", "guard:REFERRAL_CAP", "18");
	CHECK_WEIGHT("guard:REFERRAL_CAP", "guards", "rule:MESSAGE", "6");
	CHECK_WEIGHT("guard:REFERRAL_CAP", "guards", "rule:REFERRAL_USE", "12");
	CHECK_WEIGHT("guard:REFERRAL_CAP", "guards", "rule:PROFILE_UPDATE", "0");
	CHECK_WEIGHT("guard:REFERRAL_CAP", "protects", "principle:BOUNDED_REWARD", "18");
	/* Four of the messages reward fewer; no use rewards anybody yet. */
	CHECK_WEIGHT("rule:MESSAGE", "moves", "token:FLX", "4");
	CHECK_WEIGHT("rule:MESSAGE", "moves", "token:coherence", "4");
	CHECK_WEIGHT("rule:MESSAGE", "moves", "token:points", "4");
	CHECK_WEIGHT("rule:MESSAGE", "moves", "token:referrals", "4");
	CHECK_WEIGHT("rule:REFERRAL_USE", "moves", "token:referrals", "0");
	check_hash();

	unit_row("of a part of the ledger");
	asked("{\"referral\":{\"cap\":5}}", 50);
	CHECK_WEIGHT("key:referral.cap", "bounds", "guard:REFERRAL_CAP", "5");
	CHECK_WEIGHT("rule:MESSAGE", "moves", "token:FLX", "2");

	/* Nobody's reward but that of points. */
	asked("{\"referral\":{\"points\":3}}", 4);
	CHECK_WEIGHT("key:referral.points", "sets", "rule:MESSAGE", "6");
	CHECK_WEIGHT("key:referral.points", "sets", "rule:REFERRAL_USE", "0");
	CHECK_WEIGHT("rule:MESSAGE", "moves", "token:points", "6");
	CHECK_WEIGHT("rule:MESSAGE", "moves", "token:FLX", "0");
	sample_close(&s);
}

/* Of an entry that differs in a bound alone nothing else that the rule reads has a part in it. */
static void
bound_alone(void)
{
	people_ring(&s);
	asked("{\"referral\":{\"cap\":50,\"points\":3}}", 4);
	CHECK_WEIGHT("key:referral.cap", "bounds", "guard:REFERRAL_CAP", "18");
	CHECK_WEIGHT("key:referral.points", "sets", "rule:REFERRAL_USE", "0");
	CHECK_WEIGHT("key:referral.points", "sets", "rule:MESSAGE", "6");
	CHECK_WEIGHT("rule:MESSAGE", "moves", "token:points", "6");
	sample_close(&s);
}

/* What is refused moves nothing any more; other rules of the key have no part in it. */
static void
refused(void)
{
	people_ring(&s);
	asked("{\"limits\":{\"messages_per_minute\":0}}", 4);
	CHECK_WEIGHT("key:limits.messages_per_minute", "sets", "rule:MESSAGE", "12");
	/* Who answers has coherence, whom it activates points; the first message of two moves nothing. */
	CHECK_WEIGHT("rule:MESSAGE", "moves", "token:coherence", "6");
	CHECK_WEIGHT("rule:MESSAGE", "moves", "token:points", "6");
	sample_close(&s);
}

static void
applications(void)
{
	person		ann;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	for (unsigned n = 0; n < 3; n++)
		CHECK_STATUS(people_append(&s, &ann, "POSTED", "{}"), QFS_OK);
	asked("{\"limits\":{\"events_per_minute\":1}}", 1);
	CHECK_WEIGHT("key:limits.events_per_minute", "sets", "rule:*", "2");
	sample_close(&s);
}

/* Seats are in no part of an account. */
static void
seats(void)
{
	int64_t		proposal;

	voting_four(&s, "");
	/* 2 to 5: the operator gives seats, which it may not once governance is on. */
	asked("{\"governance\":{\"mode\":\"on\"}}", 2);
	CHECK_WEIGHT("key:governance.mode", "sets", "rule:NOD_CHANGED", "4");
	CHECK_WEIGHT("rule:NOD_CHANGED", "moves", "token:NOD", "4");

	proposal = voting_propose(&s, 1, "constitution", voting_seat_action(5, 5));
	voting_queue(&s, proposal);
	voting_execute(&s, proposal);
	/* Where nobody governs a proposal fails in the end, though it names what it would have made of seats. */
	asked("{\"governance\":{\"mode\":\"off\"}}", s.count - 1);
	CHECK_WEIGHT("key:governance.mode", "sets", "rule:PROPOSAL_EXECUTED", "1");
	CHECK_WEIGHT("rule:PROPOSAL_EXECUTED", "moves", "token:NOD", "1");
	sample_close(&s);
}

/* What a proposal was made with stays: its terms differ where it is made, and no bound of its tally does. */
static void
of_proposal(void)
{
	int64_t		proposal;

	voting_four(&s, "");
	proposal = voting_propose(&s, 1, "parameter", HALVE);
	voting_queue(&s, proposal);
	asked("{\"governance\":{\"tracks\":{\"parameter\":{\"quorum\":80}}}}", 2);
	CHECK_WEIGHT("key:governance.tracks.parameter.quorum", "sets", "rule:PROPOSAL_CREATED", "1");
	CHECK_WEIGHT("key:governance.tracks.parameter.quorum", "bounds", "guard:TALLY_QUORUM", "0");
	CHECK_WEIGHT("guard:TALLY_QUORUM", "guards", "rule:PROPOSAL_TALLIED", "0");
	sample_close(&s);
}

/* ---- proposals ---- */

static void
proposal_node(void)
{
	qfs_error	err;

	people_ring(&s);
	CHECK_STATUS(ask("{\"referral\":{\"cap\":5,\"points\":3}}", 4, 17, &err), QFS_OK);
	CHECK_MEMBER("proposal", "17");
	CHECK_SLICE(item_with("nodes", "id", "proposal:17"), QFS_LITERAL("{\"id\":\"proposal:17\",\"kind\":\"proposal\"}"));
	CHECK_WEIGHT("proposal:17", "changes", "key:referral.cap", "18");
	CHECK_WEIGHT("proposal:17", "changes", "key:referral.points", "12");
	check_hash();
	unit_row("one of words alone");
	CHECK_STATUS(ask("{}", 4, 0, &err), QFS_OK);
	CHECK_MEMBER("nodes", "[{\"id\":\"proposal:0\",\"kind\":\"proposal\"}]");
	CHECK_MEMBER("edges", "[]");
	sample_close(&s);
}

/* ---- what cannot be changed ---- */

static void
fixed(void)
{
	people_ring(&s);
	asked("{\"block_ms\":1000,\"referral\":{\"cap\":5}}", 4);
	CHECK_SLICE(item_with("nodes", "id", "key:block_ms"),
				QFS_LITERAL("{\"class\":\"fixed\",\"id\":\"key:block_ms\",\"kind\":\"key\",\"refused\":\"KEY_FIXED\"}"));
	CHECK_WEIGHT("key:referral.cap", "bounds", "guard:REFERRAL_CAP", "18");
	/* Nobody may propose both; the rest is played. */
	CHECK_MEMBER("tracks", "[]");
	CHECK_MEMBER("schedule", "{}");
	CHECK_MEMBER("keys.0", "{\"after\":1000,\"before\":17000,\"class\":\"fixed\",\"key\":\"block_ms\",\"who\":[]}");
	CHECK_MEMBER("undo", "{\"referral\":{\"cap\":100}}");
	CHECK_MEMBER("changes", "{\"block_ms\":1000,\"referral\":{\"cap\":5}}");
	CHECK_MEMBER("what_if.changes", "{\"referral\":{\"cap\":5}}");
	check_hash();
	sample_close(&s);
}

static void
forked(void)
{
	int64_t		proposal;

	voting_four(&s, "");
	asked("{\"visibility\":\"public\"}", s.count);
	CHECK_MEMBER("nodes", "[{\"id\":\"key:visibility\",\"kind\":\"key\"}]");
	CHECK_MEMBER("keys.0.who", "[\"operator\"]");
	CHECK_MEMBER("tracks", "[]");
	CHECK_MEMBER("governance", "\"trial\"");
	proposal = voting_propose(&s, 1, "constitution", "{\"policy\":{\"governance\":{\"mode\":\"on\"}}}");
	voting_queue(&s, proposal);
	voting_execute(&s, proposal);
	asked("{\"visibility\":\"public\"}", s.count);
	CHECK_MEMBER("nodes", "[{\"class\":\"fork\",\"id\":\"key:visibility\",\"kind\":\"key\",\"refused\":\"KEY_FIXED\"}]");
	CHECK_MEMBER("keys.0.who", "[]");
	CHECK_MEMBER("governance", "\"on\"");
	check_hash();
	sample_close(&s);
}

/* ---- who may change it, and back ---- */

static void
who(void)
{
	voting_four(&s, ",\"late_blocks\":11,\"operator_keys\":[\"limits.*\"]");
	asked("{\"limits\":{\"threads_per_day\":9},\"referral\":{\"cap\":50}}", s.count);
	CHECK_MEMBER("keys", "[{\"after\":9,\"before\":10,\"class\":\"parameter\",\"key\":\"limits.threads_per_day\",\"who\":[\"operator\",\"parameter\"]},"
				 "{\"after\":50,\"before\":100,\"class\":\"parameter\",\"key\":\"referral.cap\",\"who\":[\"operator\",\"parameter\"]}]");
	/* Both restrict. */
	CHECK_MEMBER("tracks", "[\"emergency\",\"parameter\"]");
	CHECK_MEMBER("schedule.parameter", "{\"grace_blocks\":5120,\"late_blocks\":11,\"review_blocks\":120,\"timelock_blocks\":240,\"voting_blocks\":720}");
	asked("{\"limits\":{\"threads_per_day\":101},\"referral\":{\"cap\":50}}", s.count);
	CHECK_MEMBER("tracks", "[\"parameter\"]");
	asked("{\"governance\":{\"agenda\":9},\"referral\":{\"cap\":50}}", s.count);
	CHECK_MEMBER("tracks", "[]");
	asked("{\"governance\":{\"agenda\":9}}", s.count);
	CHECK_MEMBER("tracks", "[\"constitution\"]");
	CHECK_MEMBER("keys.0.who", "[\"constitution\",\"operator\"]");
	asked("{\"evaluators\":[],\"referral\":{\"cap\":50}}", s.count);
	CHECK_MEMBER("tracks", "[\"emergency\"]");
	sample_close(&s);
}

/* While governance is on the operator has its own keys alone. */
static void
who_when_on(void)
{
	int64_t		proposal;

	voting_four(&s, ",\"operator_keys\":[\"limits.*\"]");
	proposal = voting_propose(&s, 1, "constitution", "{\"policy\":{\"governance\":{\"mode\":\"on\"}}}");
	voting_queue(&s, proposal);
	voting_execute(&s, proposal);
	asked("{\"evaluators\":[],\"limits\":{\"threads_per_day\":11},\"referral\":{\"cap\":50}}", s.count);
	CHECK_MEMBER("keys.0.who", "[\"constitution\"]");
	CHECK_MEMBER("keys.1.who", "[\"operator\",\"parameter\"]");
	CHECK_MEMBER("keys.2.who", "[\"parameter\"]");
	sample_close(&s);
}

/* Keys of several objects, one of which the policy does not have: the defaults are what is in force. */
static void
undone(void)
{
	static uint8_t there[QFS_POLICY_MAX];
	static uint8_t back[QFS_POLICY_MAX];
	static const char changes[] = "{\"coherence\":{\"acts\":{\"FRAUD_BLOCKED\":\"0.1\"},\"alpha\":\"0.2\"},"
		"\"governance\":{\"tracks\":{\"emergency\":{\"quorum\":87},\"text\":{\"quorum\":44}},\"veto_percent\":35},\"ttl_blocks\":9}";
	qfs_slice	policy;
	qfs_buf		out;
	qfs_buf		again;

	people_ledger(&s, NULL);
	policy = voting_in_force(&s)->text;
	CHECK(second_member(policy, "governance").len == 0);
	asked(changes, s.count);
	CHECK_MEMBER("undo", "{\"coherence\":{\"acts\":{\"FRAUD_BLOCKED\":\"0\"},\"alpha\":\"0.1\"},"
				 "\"governance\":{\"tracks\":{\"emergency\":{\"quorum\":80},\"text\":{\"quorum\":30}},\"veto_percent\":34},\"ttl_blocks\":1000}");
	unit_row("there and back");
	qfs_buf_init(&out, there, sizeof(there));
	qfs_buf_init(&again, back, sizeof(back));
	CHECK_STATUS(qfs_policy_merge(policy, qfs_slice_of(changes), &out, NULL), QFS_OK);
	CHECK_STATUS(qfs_policy_merge(qfs_buf_slice(&out), asking_member("undo"), &again, NULL), QFS_OK);
	for (const char *const *name = (const char *const[]) {"coherence", "ttl_blocks", "referral", NULL}; *name != NULL; name++)
		CHECK_SLICE(second_member(qfs_buf_slice(&again), *name), second_member(policy, *name));
	sample_close(&s);
}

/* The policy in force at the end tells, not the one where the window begins. */
static void
at_the_end(void)
{
	people_ledger(&s, NULL);
	people_policy(&s, PEOPLE_POLICY(",\"referral\":{\"points\":7}"));
	asked("{\"referral\":{\"points\":3}}", 1);
	CHECK_MEMBER("keys.0.before", "7");
	CHECK_MEMBER("undo", "{\"referral\":{\"points\":7}}");
	sample_close(&s);
}

/* Or another one, which somebody gives who tells of a window that is over. */
static void
of_another_policy(void)
{
	static qfs_consequence_map m;
	qfs_map_question question = {.changes = QFS_LITERAL("{\"referral\":{\"points\":3}}"),.size = 4,.from = 1,.proposal = -1};
	test_memory memory = {0};
	qfs_buf		out;

	people_ledger(&s, NULL);
	people_policy(&s, PEOPLE_POLICY(",\"referral\":{\"points\":7}"));
	CHECK_STATUS(asking_map_feed(&m, &s, &question, test_allocator(&memory), NULL), QFS_OK);
	CHECK_MEMBER("keys.0.before", "10");
	qfs_buf_init(&out, asking_answer, sizeof(asking_answer) - 1);
	CHECK_STATUS(qfs_consequence_map_finish(&m, voting_in_force(&s), &out, NULL), QFS_OK);
	asking_answer[out.len] = '\0';
	CHECK_MEMBER("keys.0.before", "7");
	qfs_consequence_map_end(&m);
	sample_close(&s);
}

/* ---- what is wrong ---- */

static void
wrong(void)
{
	static const struct
	{
		const char *changes;
		qfs_status	want;
		const char *detail;
	}			cases[] = {
		{"{\"referral\":{\"cup\":5}}", QFS_POLICY_INVALID, "referral.cup does not exist"},
		{"{\"block_ms\":1000,\"referral\":{\"cup\":5}}", QFS_POLICY_INVALID, "referral.cup does not exist"},
		{"{\"referral\":{\"cap\":-1}}", QFS_POLICY_INVALID, "policy.referral.cap"},
		{"{\"referral\":{\"cap\":1.5}}", QFS_JSON_NUMBER, ""},
		{"[]", QFS_POLICY_INVALID, "not an object"},
		{"", QFS_JSON_SYNTAX, ""}
	};
	static char large[QFS_POLICY_MAX + 2];
	qfs_error	err;

	people_ledger(&s, NULL);
	for (unsigned i = 0; i < ROWS(cases); i++)
	{
		unit_row("%s", cases[i].changes);
		CHECK_STATUS(ask(cases[i].changes, 1, -1, &err), cases[i].want);
		CHECK_DETAIL(&err, cases[i].detail);
	}
	memset(large, '[', sizeof(large) - 1);
	CHECK_STATUS(ask(large, 1, -1, &err), QFS_POLICY_INVALID);
	CHECK_DETAIL(&err, "16385 bytes");
	unit_row("windows that are none");
	CHECK_STATUS(ask("{}", 0, -1, &err), QFS_SIZE_UNKNOWN);
	CHECK_STATUS(ask("{}", s.count + 1, -1, &err), QFS_SIZE_UNKNOWN);
	sample_close(&s);
}

/* A change that could come after the policy where the window begins, and could not after the one at the end. */
static void
impossible_at_the_end(void)
{
	qfs_error	err;

	sample_open(&s);
	sample_genesis(&s);
	CHECK_STATUS(sample_append(&s, "POLICY_CHANGED",
							   sample_policy_payload("{\"referral\":{\"cap\":50,\"tiers\":[{\"flx\":\"1\",\"to\":50}]}}")), QFS_OK);
	CHECK_STATUS(ask("{\"referral\":{\"cap\":60}}", 1, -1, &err), QFS_POLICY_INVALID);
	sample_close(&s);
}

static void
no_memory(void)
{
	static qfs_consequence_map m;
	qfs_map_question question = {.changes = QFS_LITERAL("{\"ttl_blocks\":10}"),.from = 2,.proposal = -1};
	test_memory memory = {0};
	unsigned	calls;
	qfs_error	err;

	people_ledger(&s, NULL);
	people_join(&s, 1, 1);
	question.size = s.count;
	CHECK_STATUS(asking_map_feed(&m, &s, &question, test_allocator(&memory), &err), QFS_OK);
	qfs_consequence_map_end(&m);
	calls = memory.calls;
	CHECK(calls > 20);
	for (unsigned n = 1; n <= calls; n++)
	{
		unit_row("allocation %u of %u", n, calls);
		memory = (test_memory) {.fail_at = n};
		CHECK_STATUS(asking_map_feed(&m, &s, &question, test_allocator(&memory), &err), QFS_NO_MEMORY);
		qfs_consequence_map_end(&m);
		CHECK_UINT(memory.live, 0);
	}
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(declared),
	CASE(reached),
	CASE(ring),
	CASE(bound_alone),
	CASE(refused),
	CASE(applications),
	CASE(seats),
	CASE(of_proposal),
	CASE(proposal_node),
	CASE(fixed),
	CASE(forked),
	CASE(who),
	CASE(who_when_on),
	CASE(undone),
	CASE(at_the_end),
	CASE(of_another_policy),
	CASE(wrong),
	CASE(impossible_at_the_end),
	CASE(no_memory),
	NO_MORE_CASES
};

const unit_suite suite_consequence_map = {"consequence_map", cases};
