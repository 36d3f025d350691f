/*
 * test_perturbation.c - the map of keys, guards, rules and tokens against the code: which rules a key decides, which tokens a rule moves.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Each key is given other values in ledgers in which every rule occurs, and
 * every entry is judged once more by itself.  The types whose entries differ
 * have to be those that the map says read the key: no fewer, and no more.
 */
#include "suites.h"

#include <stdio.h>

#include "engine/catalogue.h"
#include "engine/policy_key.h"
#include "ledger/registry.h"
#include "support/asking.h"
#include "support/voting.h"

/* Types of one or of all ledgers, as bits: the number of the rule in the registry; after the last, applications'. */
typedef uint64_t types;

static qfs_map map;
static sample s;

static unsigned
rule_number(qfs_slice type)
{
	unsigned	n = 0;

	while (qfs_registry_own.rules[n] != NULL && !qfs_slice_is(type, qfs_registry_own.rules[n]->type))
		n++;
	return n;
}

static const char *
rule_name(unsigned n)
{
	return qfs_registry_own.rules[n] != NULL ? qfs_registry_own.rules[n]->type : QFS_APPLICATION_RULE;
}

static unsigned
rule_count(void)
{
	return rule_number(QFS_LITERAL(QFS_APPLICATION_RULE));
}

/* ---- ledgers ---- */

#define EVERYBODY "\"auth\":{\"chain_ids\":[1],\"domains\":[\"app.example\"],\"uris\":[\"https://app.example\"]}"
#define FEATURES "{\"clarity\":\"0.6\",\"contradiction\":\"1\",\"hsmf\":\"0.5\",\"logic\":\"0.8\"," \
	"\"signal\":\"0.7\",\"topic\":\"0.9\"}"
#define CONTENT "0707070707070707070707070707070707070707070707070707070707070707"

static void
done(qfs_status status)
{
	CHECK_STATUS(status, QFS_OK);
	if (status != QFS_OK)
		printf("%s\n", s.err.detail);
}

/* Bob and Cid have done all that activates, but for a message, a profile, a code. */
static void
invite(void)
{
	person		ann = people_join(&s, 1, 0);
	person		bob = people_join(&s, 2, 0);
	person		cid = people_join(&s, 3, 0);
	person		dan = people_join(&s, 4, 0);

	people_return(&s, &ann, 0);
	done(people_append(&s, &ann, "POSTED", "{}"));
	done(people_append(&s, &ann, "SESSION_ROTATED", "{\"nonce\":\"" CONTENT "\"}"));
	/* In the message that answers. */
	done(people_use(&s, &bob, &ann));
	done(people_profile(&s, &bob, 1));
	done(people_chat_key(&s, &bob, 2));
	done(people_chat_key(&s, &cid, 3));
	done(people_chat_key(&s, &dan, 4));
	done(people_write(&s, &bob, &cid, 1));
	done(people_write(&s, &bob, &dan, 1));
	done(people_write(&s, &bob, &cid, 2));
	done(people_write(&s, &cid, &bob, 1));
	/* In the profile. */
	done(people_use(&s, &cid, &ann));
	done(people_profile(&s, &cid, 1));
	/* In the use of the code. */
	done(people_profile(&s, &dan, 1));
	done(people_write(&s, &dan, &bob, 1));
	done(people_use(&s, &dan, &ann));
}

static void
cheat(void)
{
	person		eve = people_join(&s, 5, 9);
	person		fay = people_join(&s, 6, 9);

	done(people_use(&s, &fay, &eve));
	done(people_append(&s, &fay, "POSTED", "{}"));
	done(people_append(&s, &fay, "POSTED", "{}"));
}

static void
judge_contents(void)
{
	int64_t		login = people_next(&s);
	person		gil = people_join(&s, 7, 0);
	person		hal = people_join(&s, 8, 0);
	char		policy[512];
	char		erasure[64];
	static signin late;

	snprintf(policy, sizeof(policy), "{" EVERYBODY ",\"evaluators\":[\"%s\"]}", hal.wallet.user_name);
	people_policy(&s, policy);
	done(people_append(&s, &gil, "CONTENT_CREATED", "{\"content\":\"" CONTENT "\",\"kind\":\"text/plain\",\"size\":123}"));
	done(people_append(&s, &hal, "COHERENCE_SCORED", "{\"content\":\"" CONTENT "\",\"features\":" FEATURES "}"));
	done(people_append(&s, &gil, "SESSION_REVOKED", signin_naming("{\"reason\":\"user_logout\",\"session\":\"%s\"}", &gil.session)));
	/* Who took a while to sign. */
	signin_make(&late, 10, 0, signin_now(&s) - 5000, 77);
	done(signin_append(&s, &late));
	/* The nonce of one whose session is over is no good any more, so the sign-in may be erased. */
	people_wait(&s, 600000);
	snprintf(erasure, sizeof(erasure), "{\"reason\":\"asked for\",\"seq\":%lld}", (long long) login);
	done(sample_append(&s, "PAYLOAD_ERASED", erasure));
}

static void
social_ledger(void)
{
	people_ledger(&s, NULL);
	invite();
	cheat();
	judge_contents();
}

/* Governance in trial, one of each track, an execution, a board that turns it on, sleeps, and is claimed to. */
static void
governed_ledger(void)
{
	int64_t		proposal;

	voting_four(&s, ",\"cooldown_blocks\":0,\"dormant_epochs\":10,\"operator_keys\":[\"limits.*\"]");
	done(voting_act(&s, 4, "NOD_CHANGED", voting_seats(4, 20)));
	proposal = voting_propose(&s, 3, "parameter", HALVE);
	voting_queue(&s, proposal);
	voting_execute(&s, proposal);
	(void) voting_propose(&s, 1, "text", "{}");
	(void) voting_propose(&s, 2, "constitution", voting_seat_action(5, 5));
	(void) voting_propose(&s, 4, "emergency", "{\"policy\":{\"referral\":{\"points\":1}}}");
	(void) voting_propose(&s, 3, "parameter", "{\"policy\":{\"limits\":{\"threads_per_day\":11}}}");
}

/* The operator changes what is its own. */
static void
operate(const char *changes)
{
	static uint8_t policy[QFS_POLICY_MAX];
	static char payload[QFS_POLICY_MAX + 32];
	qfs_buf		buf;

	qfs_buf_init(&buf, policy, sizeof(policy));
	CHECK_STATUS(qfs_policy_merge(voting_in_force(&s)->text, qfs_slice_of(changes), &buf, NULL), QFS_OK);
	snprintf(payload, sizeof(payload), "{\"policy\":%.*s}", (int) buf.len, (const char *) buf.data);
	done(sample_append(&s, "POLICY_CHANGED", payload));
}

#define THREADS(n) "{\"limits\":{\"threads_per_day\":" #n "}}"

static void
dormant_ledger(void)
{
	int64_t		proposal;

	voting_four(&s, ",\"cooldown_blocks\":0,\"dormant_epochs\":10,\"operator_keys\":[\"limits.*\"]");
	proposal = voting_propose(&s, 1, "constitution", "{\"policy\":{\"governance\":{\"mode\":\"on\"}}}");
	voting_queue(&s, proposal);
	voting_execute(&s, proposal);
	done(voting_act(&s, 2, "PROPOSAL_CREATED", voting_proposal("text", "{}")));
	done(voting_act(&s, 2, "PROPOSAL_CANCELLED", voting_withdrawal(people_next(&s) - 1)));
	/* A vote decides what is the operator's, which may change it once that has worked for a while. */
	proposal = voting_propose(&s, 3, "parameter", "{\"policy\":" THREADS(11) "}");
	voting_queue(&s, proposal);
	voting_execute(&s, proposal);
	(void) voting_propose(&s, 4, "parameter", "{\"policy\":" THREADS(13) "}");
	voting_wait_for(&s, 20 * 512);
	(void) voting_settle(&s);
	operate(THREADS(12));
	voting_wait_for(&s, 40 * 512);
	(void) voting_settle(&s);
	done(sample_append(&s, "DORMANCY_CLAIMED", "{}"));
	voting_wait_for(&s, 140 * 512);
	CHECK(voting_settle(&s) > 0);
}

/* A veto burns what the proposer was rewarded with. */
static void
vetoed_ledger(void)
{
	person		ann;
	person		bob;
	int64_t		proposal;

	voting_four(&s, "");
	people_policy(&s, PEOPLE_POLICY(",\"governance\":{\"cooldown_blocks\":0,\"deposit\":\"100\",\"mode\":\"trial\"},"
									"\"referral\":{\"activation\":[\"profile\"]}"));
	ann = people_join(&s, 1, 0);
	bob = people_join(&s, 20, 20);
	done(people_use(&s, &bob, &ann));
	done(people_profile(&s, &bob, 1));
	proposal = voting_propose(&s, 1, "text", "{}");
	voting_wait_for(&s, 500);
	done(voting_vote(&s, 1, proposal, "yes"));
	done(voting_vote(&s, 2, proposal, "veto"));
	voting_wait_for(&s, 840);
	CHECK_INT(voting_settle(&s), 1);
}

static void (*const ledgers[]) (void) = {social_ledger, governed_ledger, dormant_ledger, vetoed_ledger};

/* ---- what a change of the policy makes differ ---- */

static void
note_type(void *context, const qfs_entry *entry, const qfs_difference *difference)
{
	types	   *found = context;

	(void) difference;
	*found |= UINT64_C(1) << rule_number(entry->type);
}

static types
differing(const char *asked)
{
	static qfs_changes changes;
	qfs_hash	after;
	types		found = 0;

	CHECK_STATUS(qfs_changes_read(qfs_slice_of(asked), &changes, NULL), QFS_OK);
	/* Under what is no policy everything differs. */
	CHECK_STATUS(qfs_changes_check(&changes, &qfs_registry_own, voting_in_force(&s), &after, NULL), QFS_OK);
	asking_direct(&s, &changes, note_type, &found);
	return found;
}

/* Is the guard bound by what the key was when the proposal was made?  Then what it is now decides nothing there. */
static bool
is_of_proposal(qfs_slice name)
{
	for (const qfs_rule *const *rule = qfs_registry_own.rules; *rule != NULL; rule++)
		for (const qfs_guard *const *guard = (*rule)->guards; guard != NULL && *guard != NULL; guard++)
			if (qfs_slice_is(name, (*guard)->name))
				return (*guard)->of_proposal;
	return false;
}

/* The types that the map says read a key: it sets them, or bounds a guard of theirs as it is now. */
static types
declared(const char *key)
{
	types		found = 0;

	for (size_t i = 0; i < map.edge_count; i++)
	{
		const qfs_edge *edge = &map.edges[i];

		if (edge->from.kind != QFS_NODE_KEY || !qfs_slice_is(edge->from.name, key))
			continue;
		if (edge->kind == QFS_EDGE_SETS)
			found |= UINT64_C(1) << rule_number(edge->to.name);
		if (edge->kind != QFS_EDGE_BOUNDS || is_of_proposal(edge->to.name))
			continue;
		for (size_t g = 0; g < map.edge_count; g++)
			if (map.edges[g].kind == QFS_EDGE_GUARDS && qfs_slice_equal(map.edges[g].from.name, edge->to.name))
				found |= UINT64_C(1) << rule_number(map.edges[g].to.name);
	}
	return found;
}

/* ---- values ---- */

typedef struct perturbation
{
	const char *key;
	const char *changes;		/* that give it another value; keys of which it has several are there as often */
} perturbation;

#define GOVERNANCE(change) "{\"governance\":{" change "}}"
#define TRACK(track, change) "{\"governance\":{\"tracks\":{\"" track "\":{" change "}}}}"
#define ACTS(change) "{\"coherence\":{\"acts\":{" change "}}}"
#define WEIGHTS(change) "{\"coherence\":{\"weights\":{" change "}}}"
#define SESSION_TYPES "[\"CHAT_KEY\",\"COHERENCE_SCORED\",\"CONTENT_CREATED\",\"MESSAGE\",\"POSTED\",\"PROFILE_UPDATE\"," \
	"\"REFERRAL_USE\",\"SESSION_REVOKED\",\"SESSION_ROTATED\"]"
#define ALL_TRACKS(name, change) \
	{"governance.tracks.constitution." name, TRACK("constitution", change)}, \
	{"governance.tracks.emergency." name, TRACK("emergency", change)}, \
	{"governance.tracks.parameter." name, TRACK("parameter", change)}, \
	{"governance.tracks.text." name, TRACK("text", change)}

static const perturbation perturbations[] = {
	{"auth.chain_ids", "{\"auth\":{\"chain_ids\":[137]}}"},
	{"auth.domains", "{\"auth\":{\"domains\":[\"other.example\"]}}"},
	{"auth.uris", "{\"auth\":{\"uris\":[\"https://other.example\"]}}"},
	{"coherence.acts.FRAUD_BLOCKED", ACTS("\"FRAUD_BLOCKED\":\"0.05\"")},
	{"coherence.acts.MESSAGE_RECIPROCATED", ACTS("\"MESSAGE_RECIPROCATED\":\"0.05\"")},
	{"coherence.acts.PROFILE_COMPLETED", ACTS("\"PROFILE_COMPLETED\":\"0.05\"")},
	{"coherence.acts.REFERRAL_ACTIVATED_REFEREE", ACTS("\"REFERRAL_ACTIVATED_REFEREE\":\"0.05\"")},
	{"coherence.acts.REFERRAL_ACTIVATED_REFERRER", ACTS("\"REFERRAL_ACTIVATED_REFERRER\":\"0.05\"")},
	{"coherence.alpha", "{\"coherence\":{\"alpha\":\"0.35\"}}"},
	{"coherence.trust.AUTHORITY", "{\"coherence\":{\"trust\":{\"AUTHORITY\":\"0.99\"}}}"},
	{"coherence.trust.TRUSTED", "{\"coherence\":{\"trust\":{\"TRUSTED\":\"0.02\",\"VERIFIED\":\"0.01\"}}}"},
	{"coherence.trust.VERIFIED", "{\"coherence\":{\"trust\":{\"VERIFIED\":\"0.01\"}}}"},
	{"coherence.weights.clarity", WEIGHTS("\"clarity\":\"0.07\",\"hsmf\":\"0.21\"")},
	{"coherence.weights.contradiction", WEIGHTS("\"contradiction\":\"0.11\",\"hsmf\":\"0.21\"")},
	{"coherence.weights.hsmf", WEIGHTS("\"clarity\":\"0.09\",\"hsmf\":\"0.19\"")},
	{"coherence.weights.logic", WEIGHTS("\"hsmf\":\"0.21\",\"logic\":\"0.19\"")},
	{"coherence.weights.signal", WEIGHTS("\"hsmf\":\"0.21\",\"signal\":\"0.15\"")},
	{"coherence.weights.topic", WEIGHTS("\"hsmf\":\"0.21\",\"topic\":\"0.23\"")},
	{"evaluators", "{\"evaluators\":[]}"},
	{"governance.agenda", GOVERNANCE("\"agenda\":9")},
	{"governance.cooldown_blocks", GOVERNANCE("\"cooldown_blocks\":1")},
	{"governance.deposit", GOVERNANCE("\"deposit\":\"1\"")},
	{"governance.dormant_epochs", GOVERNANCE("\"dormant_epochs\":11")},
	{"governance.grace_blocks", GOVERNANCE("\"grace_blocks\":600")},
	{"governance.key_cooldown_epochs", GOVERNANCE("\"key_cooldown_epochs\":99")},
	{"governance.late_blocks", GOVERNANCE("\"late_blocks\":11")},
	{"governance.mode", GOVERNANCE("\"mode\":\"off\"")},
	{"governance.mode", GOVERNANCE("\"mode\":\"trial\"")},
	{"governance.mode", GOVERNANCE("\"mode\":\"on\"")},
	{"governance.operator_keys", GOVERNANCE("\"operator_keys\":[]")},
	{"governance.power_percent", GOVERNANCE("\"power_percent\":24")},
	{"governance.threshold_percent", GOVERNANCE("\"threshold_percent\":2")},
	ALL_TRACKS("approval", "\"approval\":85"),
	ALL_TRACKS("majority", "\"majority\":85"),
	ALL_TRACKS("quorum", "\"quorum\":85"),
	ALL_TRACKS("review_blocks", "\"review_blocks\":7"),
	ALL_TRACKS("timelock_blocks", "\"timelock_blocks\":77"),
	ALL_TRACKS("voting_blocks", "\"voting_blocks\":777"),
	{"governance.veto_percent", GOVERNANCE("\"veto_percent\":35")},
	{"limits.events_per_minute", "{\"limits\":{\"events_per_minute\":1}}"},
	{"limits.logins_per_minute", "{\"limits\":{\"logins_per_minute\":1}}"},
	{"limits.logins_per_minute", "{\"limits\":{\"logins_per_minute\":0}}"},
	{"limits.messages_per_minute", "{\"limits\":{\"messages_per_minute\":1}}"},
	{"limits.threads_per_day", "{\"limits\":{\"threads_per_day\":1}}"},
	{"nonce_ttl_ms", "{\"nonce_ttl_ms\":1000}"},
	{"nonce_ttl_ms", "{\"nonce_ttl_ms\":3600000}"},
	{"page_errors", "{\"page_errors\":\"on\"}"},
	{"referral.activation", "{\"referral\":{\"activation\":[\"profile\"]}}"},
	{"referral.activation", "{\"referral\":{\"activation\":[]}}"},
	{"referral.cap", "{\"referral\":{\"cap\":99}}"},
	{"referral.flx_cap", "{\"referral\":{\"flx_cap\":\"999\"}}"},
	{"referral.points", "{\"referral\":{\"points\":7}}"},
	{"referral.tiers", "{\"referral\":{\"tiers\":[{\"flx\":\"3\",\"to\":1},{\"flx\":\"2\",\"to\":100}]}}"},
	{"referral.window_blocks", "{\"referral\":{\"window_blocks\":77}}"},
	{"sessions_max", "{\"sessions_max\":1}"},
	{"signed", "{\"signed\":\"all\"}"},
	{"signed_types", "{\"signed_types\":" SESSION_TYPES "}"},
	{"ttl_blocks", "{\"ttl_blocks\":777}"},
	{"visibility", "{\"visibility\":\"public\"}"}
};

/* Keys that are given no other value here, and why. */
static const struct
{
	const char *key;
	const char *why;
}			left[] = {
	{"block_ms", "fixed"},
	{"epoch_blocks", "fixed"},
	{"operators", "a what-if does not play them: a session's id has its scope in it"},
	{"rules", "there is one version"}
};

static void
say(const char *key, const char *what, types which)
{
	for (unsigned n = 0; n <= rule_count(); n++)
		if (which & UINT64_C(1) << n)
			printf("%s: %s %s\n", key, rule_name(n), what);
}

/* Over all ledgers, and all values of a key that stand one behind the other. */
static types found[ROWS(perturbations)];

static void
play(void)
{
	for (unsigned l = 0; l < ROWS(ledgers); l++)
	{
		ledgers[l] ();
		for (unsigned i = 0; i < ROWS(perturbations); i++)
		{
			unit_row("%s", perturbations[i].changes);
			found[i] |= differing(perturbations[i].changes);
		}
		sample_close(&s);
	}
}

static void
reads(void)
{
	play();
	CHECK_STATUS(qfs_catalogue_read(&qfs_registry_own, &map, NULL), QFS_OK);
	for (unsigned i = 0; i < ROWS(perturbations); i++)
	{
		const char *key = perturbations[i].key;
		types		differ = 0;
		types		want = declared(key);

		if (i > 0 && strcmp(perturbations[i - 1].key, key) == 0)
			continue;
		for (unsigned n = i; n < ROWS(perturbations) && strcmp(perturbations[n].key, key) == 0; n++)
			differ |= found[n];
		unit_row("%s", key);
		CHECK((want & ~differ) == 0);
		say(key, "is said to read it, and does not differ", want & ~differ);
		CHECK((differ & ~want) == 0);
		say(key, "differs, and is not said to read it", differ & ~want);
	}
}

/* No key is forgotten: each has a value above, or a reason for none. */
static void
all_keys(void)
{
	qfs_slice	name;
	qfs_key_class ignored;

	for (size_t n = 0; qfs_policy_key_at(n, &name, &ignored); n++)
	{
		unsigned	there = 0;

		unit_row("%.*s", (int) name.len, (const char *) name.data);
		for (unsigned i = 0; i < ROWS(perturbations); i++)
			there += qfs_slice_is(name, perturbations[i].key) && (i == 0 || strcmp(perturbations[i - 1].key, perturbations[i].key) != 0);
		for (unsigned i = 0; i < ROWS(left); i++)
			there += qfs_slice_is(name, left[i].key) && left[i].why[0] != '\0';
		CHECK_UINT(there, 1);
	}
}

/* ---- what rules move ---- */

/* Assets whose value an entry has changed in the standing of some account. */
static unsigned
moved_by(const qfs_entry *entry)
{
	qfs_json_iter parts = qfs_json_members(entry->accounts);
	unsigned	moved = 0;
	qfs_slice	key;
	qfs_slice	part;
	qfs_slice	kind;
	qfs_slice	was;
	qfs_slice	ignored;

	while (qfs_json_next(&parts, &key, &part))
	{
		if (!qfs_json_member(part, "kind", &kind) || !qfs_slice_is(kind, "\"standing\"") || !qfs_json_member(part, "was", &was))
			continue;
		for (unsigned n = 0; n < QFS_ASSETS; n++)
		{
			static const char *const members[QFS_ASSETS] = {
				[QFS_ASSET_COHERENCE] = "coherence",
				[QFS_ASSET_FLX] = "flx",
				[QFS_ASSET_NOD] = "nod",
				[QFS_ASSET_POINTS] = "points",
				[QFS_ASSET_REFERRALS] = "referrals"
			};

			if (qfs_json_type_of(was) == QFS_JSON_OBJECT && qfs_json_member(was, members[n], &ignored))
				moved |= QFS_MOVES(n);
		}
	}
	return moved;
}

/* What the map says that a rule moves, but for NOD, which is in no standing. */
static unsigned
said_to_move(const char *type)
{
	unsigned	said = 0;

	for (size_t i = 0; i < map.edge_count; i++)
		for (unsigned n = 0; n < QFS_ASSETS; n++)
			if (n != QFS_ASSET_NOD && map.edges[i].kind == QFS_EDGE_MOVES && qfs_slice_is(map.edges[i].from.name, type) &&
				qfs_slice_is(map.edges[i].to.name, qfs_assets[n].id))
				said |= QFS_MOVES(n);
	return said;
}

static void
moves(void)
{
	static unsigned moved[64];
	qfs_entry	entry;

	for (unsigned l = 0; l < ROWS(ledgers); l++)
	{
		ledgers[l] ();
		for (unsigned n = 0; n < s.count; n++)
		{
			CHECK_STATUS(qfs_line_read(sample_line(&s, n), &entry, NULL), QFS_OK);
			moved[rule_number(entry.type)] |= moved_by(&entry);
		}
		sample_close(&s);
	}
	CHECK_STATUS(qfs_catalogue_read(&qfs_registry_own, &map, NULL), QFS_OK);
	for (unsigned n = 0; n <= rule_count(); n++)
	{
		unit_row("%s", rule_name(n));
		CHECK_UINT(moved[n], said_to_move(rule_name(n)));
	}
}

static const unit_case cases[] = {
	CASE(all_keys),
	CASE(reads),
	CASE(moves),
	NO_MORE_CASES
};

const unit_suite suite_perturbation = {"perturbation", cases};
