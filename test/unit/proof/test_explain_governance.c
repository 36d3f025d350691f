/*
 * test_explain_governance.c - seats, proposals, votes and settlements explained: to auditors, to who acted, to strangers.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Nobody has to see an account to compute what came of a vote: a stranger
 * executes it over a few entries that everybody sees.
 */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>

#include "ledger/registry.h"
#include "proof/bundle.h"
#include "support/explaining.h"
#include "support/harness.h"
#include "support/second_hash.h"
#include "support/voting.h"

static sample s;
static explaining made;
static uint8_t changed[EXPLAINING_MAX];
static qfs_error said;

/* ---- explaining and verifying ---- */

static qfs_status
verify(qfs_slice text)
{
	static qfs_bundle bundle;
	test_memory memory = {0};
	qfs_vkey	vkey = test_vkey(SAMPLE_ORIGIN, QFS_NOTE_ED25519, 1);
	qfs_status	status;

	said = (qfs_error) {QFS_OK, ""};
	status = qfs_bundle_verify(text, &vkey, &qfs_registry_own, test_allocator(&memory), &bundle, &said);
	CHECK_UINT(memory.live, 0);
	return status;
}

/* reader: NULL = an auditor */
static qfs_status
explain(uint64_t seq, const qfs_user_id *reader)
{
	qfs_question q = {
		.topic = QFS_TOPIC_ENTRY,.seq = seq,.size = s.count,.has_subject = reader != NULL,.to_subject = reader != NULL
	};

	if (reader != NULL)
		q.subject = *reader;
	return explaining_make(&made, &s, &q, -1);
}

static unsigned
entry_count(void)
{
	unsigned	n = 0;

	while (second_item(second_member(made.bundle, "entries"), n).len > 0)
		n++;
	return n;
}

static bool
is_recorded(const char *word)
{
	for (unsigned n = 0;; n++)
	{
		qfs_slice	item = second_item(second_member(made.bundle, "recorded"), n);

		if (item.len == 0)
			return false;
		if (item.len == strlen(word) + 2 && memcmp(item.data + 1, word, strlen(word)) == 0)
			return true;
	}
}

static qfs_entry
entry_of(uint64_t seq)
{
	qfs_entry	entry;

	CHECK_STATUS(qfs_line_read(sample_line(&s, (unsigned) seq), &entry, NULL), QFS_OK);
	return entry;
}

/* One entry, explained to a reader; what was said is what a verifier finds. */
static void
check_entry(uint64_t seq, const qfs_user_id *reader)
{
	CHECK_STATUS(explain(seq, reader), QFS_OK);
	CHECK_DETAIL(&made.err, "");
	CHECK(entry_count() <= 12);
	CHECK_STATUS(verify(made.bundle), QFS_OK);
	CHECK_DETAIL(&said, "");
}

/*
 * Accounts are hidden, but for those of an entry that touched none.  What came
 * of it was computed all the same; a wallet's own signature says whose act it was.
 */
static void
check_stranger(const qfs_entry *entry, const qfs_rule *rule)
{
	bool		has_deposit = strcmp(rule->type, "PROPOSAL_CREATED") == 0;

	CHECK(made.x.is_whole || made.x.is_derived);
	CHECK(made.x.is_derived == (entry->account_count > 0 || has_deposit));
	CHECK_INT(is_recorded("conditions"), has_deposit);
	CHECK(!is_recorded("authority"));
}

/* Every entry that everybody sees, to an auditor, to its actor, and to somebody who was never there. */
static void
check_all(void)
{
	test_wallet stranger = test_wallet_of(99);

	for (unsigned i = 0; i < s.count; i++)
	{
		qfs_entry	entry = entry_of(i);
		const qfs_rule *rule = qfs_registry_find(&qfs_registry_own, entry.type);

		unit_row("entry %u, %.*s", i, (int) entry.type.len, (const char *) entry.type.data);
		check_entry(i, NULL);
		CHECK(!is_recorded("conditions") && !is_recorded("authority"));
		if (entry.has_actor)
		{
			check_entry(i, &entry.actor);
			CHECK(!is_recorded("conditions") && !is_recorded("authority"));
		}
		if (rule == NULL || !rule->is_public)
			continue;
		check_entry(i, &stranger.user);
		check_stranger(&entry, rule);
	}
}

/* ---- a ledger ---- */

static void
vote(uint8_t n, int64_t proposal, const char *choice)
{
	CHECK_STATUS(voting_vote(&s, n, proposal, choice), QFS_OK);
}

static void
wait_and_settle(int64_t block, int64_t proposal, const char *state)
{
	voting_wait_for(&s, block);
	CHECK(voting_settle(&s) > 0);
	CHECK_TEXT(qfs_slice_of(voting_tally(&s, proposal).state), state);
}

#define POLICY(more) "{\"governance\":{\"cooldown_blocks\":0,\"deposit\":\"0\",\"key_cooldown_epochs\":4,\"mode\":\"trial\"}" more "}"

/* A holder has fewer from here on. */
static qfs_status
give_back(uint8_t n, int64_t nod)
{
	return voting_act(&s, n, "NOD_CHANGED", voting_seats(n, nod));
}

/* Does the last entry say that it came to nothing? */
static void
check_blocked(const char *guard)
{
	qfs_json_iter iter = qfs_guards_of(s.event.outcome);
	qfs_slice	item;
	qfs_slice	name = {NULL, 0};

	CHECK(qfs_outcome_is_blocked(s.event.outcome) && qfs_guard_next_block(&iter, &item, &name));
	CHECK_TEXT(name, guard);
}

/* A proposal of wallet n that a guard blocks. */
static void
propose_blocked(uint8_t n, const char *track, const char *action, const char *guard)
{
	CHECK_STATUS(voting_act(&s, n, "PROPOSAL_CREATED", voting_proposal(track, action)), QFS_OK);
	check_blocked(guard);
}

static int64_t cap;			/* changes the referral cap */
static int64_t seat;			/* gives wallet 5 seats */
static int64_t words;			/* words alone */
static int64_t stale;			/* fails, because the operator changes the same */
static int64_t greedy;			/* fails, because its share would be too large by then */

/* All that comes to nothing, and an emergency. */
static void
begin_history(void)
{
	int64_t		urgent;

	voting_four(&s, "");
	people_policy(&s, POLICY(""));
	cap = voting_propose(&s, 1, "parameter", HALVE);
	seat = voting_propose(&s, 2, "constitution", voting_seat_action(5, 20));
	words = voting_propose(&s, 3, "text", "{}");
	stale = voting_propose(&s, 4, "parameter", "{\"policy\":{\"limits\":{\"messages_per_minute\":20}}}");
	CHECK_STATUS(voting_act(&s, 4, "PROPOSAL_CANCELLED", voting_withdrawal(stale)), QFS_OK);
	stale = voting_propose(&s, 4, "parameter", "{\"policy\":{\"limits\":{\"threads_per_day\":20}}}");
	propose_blocked(1, "parameter", HALVE, "PROPOSER_OPEN");
	propose_blocked(3, "constitution", voting_seat_action(3, 60), "PROPOSER_OPEN");
	propose_blocked(1, "emergency", "{\"policy\":{\"limits\":{\"messages_per_minute\":1000}}}", "EMERGENCY_SCOPE");
	vote(1, cap, "yes");
	check_blocked("VOTE_OPENS");
	CHECK_STATUS(voting_appoint(&s, 6, 10), QFS_OK);
	CHECK_STATUS(voting_appoint(&s, 3, 30), QFS_OK);
	urgent = voting_propose(&s, 1, "emergency", "{\"policy\":{\"limits\":{\"messages_per_minute\":5}}}");
	voting_agree(&s, 4, urgent);
	CHECK_INT(voting_settle(&s), 2);
	CHECK_TEXT(qfs_slice_of(voting_tally(&s, urgent).state), "EXECUTED");
}

/* Votes of all kinds; the last one turns the verdict, late. */
static void
vote_on_all(void)
{
	voting_wait_for(&s, VOTING_REVIEW + 1);
	vote(1, cap, "yes");
	vote(2, cap, "no");
	vote(2, cap, "yes");
	check_blocked("VOTE_ONCE");
	vote(6, cap, "yes");
	check_blocked("VOTE_POWER");
	CHECK_STATUS(give_back(2, 24), QFS_OK);
	CHECK_STATUS(give_back(2, 23), QFS_OK);
	check_blocked("NOD_EPOCH");
	vote(1, words, "yes");
	vote(2, words, "abstain");
	vote(3, words, "yes");
	vote(1, stale, "yes");
	vote(2, stale, "yes");
	voting_wait_for(&s, 600);
	for (uint8_t n = 1; n <= 4; n++)
		vote(n, seat, n == 4 ? "veto" : "yes");
	voting_wait_for(&s, 700);
	vote(3, cap, "yes");
	CHECK_INT(voting_tally(&s, cap).extensions, 1);
}

/* The outage prolongs one; the operator overtakes another. */
static void
settle_first(void)
{
	wait_and_settle(845, words, "ADOPTED");
	CHECK_TEXT(qfs_slice_of(voting_tally(&s, stale).state), "QUEUED");
	wait_and_settle(1200, cap, "OPEN");
	CHECK_INT(voting_tally(&s, cap).extensions, 2);
	vote(4, cap, "abstain");
	wait_and_settle(voting_tally(&s, cap).ends, cap, "QUEUED");
	people_policy(&s, POLICY(",\"limits\":{\"messages_per_minute\":5,\"threads_per_day\":7}"));
	wait_and_settle(1536, stale, "FAILED");
	greedy = voting_propose(&s, 4, "constitution", voting_seat_action(4, 25 + 2));
	wait_and_settle(voting_tally(&s, cap).enacts, cap, "EXECUTED");
}

/* All who may vote say yes. */
static void
pass(int64_t proposal)
{
	voting_agree(&s, 4, proposal);
	wait_and_settle(voting_tally(&s, proposal).ends, proposal, "QUEUED");
}

/* What a vote has changed rests for a while; seats come and go; in the end governance is on. */
static void
settle_rest(void)
{
	int64_t		again;
	int64_t		on;

	propose_blocked(3, "parameter", "{\"policy\":{\"referral\":{\"cap\":40}}}", "KEY_COOLDOWN");
	voting_wait_for(&s, 2150);
	voting_agree(&s, 4, greedy);
	wait_and_settle(2561, seat, "QUEUED");
	again = voting_propose(&s, 1, "parameter", "{\"policy\":{\"referral\":{\"cap\":40}}}");
	voting_wait_for(&s, 2800);
	pass(again);
	wait_and_settle(3584, seat, "EXECUTED");
	on = voting_propose(&s, 2, "constitution", "{\"policy\":{\"governance\":{\"mode\":\"on\"}}}");
	wait_and_settle(4101, greedy, "QUEUED");
	CHECK_TEXT(qfs_slice_of(voting_tally(&s, again).state), "EXECUTED");
	CHECK_STATUS(voting_appoint(&s, 5, 0), QFS_OK);
	CHECK_STATUS(voting_appoint(&s, 6, 0), QFS_OK);
	voting_wait_for(&s, 4120);
	voting_agree(&s, 4, on);
	wait_and_settle(5632, greedy, "FAILED");
	wait_and_settle(6161, on, "QUEUED");
	wait_and_settle(7680, on, "EXECUTED");
	CHECK_STATUS(give_back(1, 20), QFS_OK);
	CHECK_INT((int64_t) s.reducer.policy.governance.mode, QFS_MODE_ON);
}

static void
open_history(void)
{
	begin_history();
	vote_on_all();
	settle_first();
	settle_rest();
}

/* From proposals to what they change, one way or the other. */
static void
everything(void)
{
	open_history();
	check_all();
	sample_close(&s);
}

/* ---- what is said ---- */

/* Does the text have the other one in it? */
static bool
has(qfs_slice text, const char *part)
{
	size_t		len = strlen(part);

	for (size_t i = 0; i + len <= text.len; i++)
		if (memcmp(text.data + i, part, len) == 0)
			return true;
	return false;
}

/* To a stranger, who computes it all. */
static void
sentences(void)
{
	static const struct
	{
		unsigned	seq;
		const char *narrative;
		const char *step;
	}			rows[] = {
		{5, "user_76571ad8… holds 25 of 100 seats from here on, 0 before, on the word of an operator of the database.",
			"{\"inputs\":{\"after\":\"25\",\"before\":\"0\",\"total\":\"75\"},\"op\":\"total\",\"result\":\"100\"}"},
		{8, "user_c3f23ba3… made proposal 8 on the track constitution, signed by the wallet. Votes are taken from block 512 until block 2559; what passes comes into force with block 3584.",
			"{\"inputs\":{\"guard\":\"NOD_SHARE\",\"of\":\"120\",\"percent\":\"25\"},\"op\":\"bound\",\"result\":\"3000\"}"},
		{9, "user_ad4e57c0… made proposal 9 on the track text, signed by the wallet. Votes are taken from block 120 until block 839.",
			"{\"inputs\":{\"opens\":\"120\",\"voting_blocks\":\"720\"},\"op\":\"ends\",\"result\":\"840\"}"},
		{11, "user_76571ad8… took proposal 10 back before anybody could vote on it, signed by the wallet.", "[]"},
		{13, "user_9f18b755… could not make a proposal: PROPOSER_OPEN (bound 0, observed 1).",
			"{\"inputs\":{\"guard\":\"PROPOSER_POWER\",\"of\":\"25\",\"percent\":\"100\"},\"op\":\"observed\",\"result\":\"2500\"}"},
		{23, "user_76571ad8… voted yes on proposal 19 with a power of 25, signed by the wallet: by now 103 of 115 said yes, 0 no. Nothing that is cast later can turn that, so it is counted at once.",
			"{\"inputs\":{\"block\":\"1\",\"late_blocks\":\"0\"},\"op\":\"ends\",\"result\":\"1\"}"},
		{22, "user_ad4e57c0… voted yes on proposal 19 with a power of 28, signed by the wallet: by now 78 of 115 said yes, 0 no.",
			"{\"inputs\":{\"nod\":\"30\",\"percent\":\"25\",\"total\":\"115\"},\"op\":\"power\",\"result\":\"28\"}"},
		{28, "user_c3f23ba3… could not vote on proposal 7: VOTE_ONCE (bound 0, observed 1).",
			"[{\"inputs\":{\"nod\":\"25\",\"percent\":\"25\",\"total\":\"100\"},\"op\":\"power\",\"result\":\"25\"}]"},
		{29, "user_15974030… could not vote on proposal 7: VOTE_POWER (bound 1, observed 0).",
			"[{\"inputs\":{\"nod\":\"0\",\"percent\":\"25\",\"total\":\"100\"},\"op\":\"power\",\"result\":\"0\"}]"},
		{31, "user_c3f23ba3… could not give seats back: NOD_EPOCH (bound 1, observed 0).", "[]"},
		{41, "user_ad4e57c0… voted yes on proposal 7 with a power of 25, signed by the wallet: by now 50 of 100 said yes, 25 no. That turned the verdict late, so votes are taken until block 939.",
			"{\"inputs\":{\"block\":\"700\",\"late_blocks\":\"240\"},\"op\":\"ends\",\"result\":\"940\"}"},
		{42, "Passed: 50 of 100 said yes, 0 no, 25 abstained; 30 had to take part, 20 to agree, two thirds of those who decided.",
			"{\"inputs\":{\"guard\":\"TALLY_MAJORITY\",\"of\":\"50\",\"percent\":\"66\"},\"op\":\"bound\",\"result\":\"3300\"}"},
		{45, "user_76571ad8… voted abstain on proposal 7 with a power of 25, signed by the wallet: by now 50 of 100 said yes, 25 no, 25 abstained.",
			"{\"inputs\":{\"add\":\"25\",\"before\":\"0\"},\"op\":\"abstain\",\"result\":\"25\"}"},
		{46, "Passed: 50 of 100 said yes, 25 no, 25 abstained; 30 had to take part, 20 to agree, two thirds of those who decided.",
			"{\"inputs\":{\"ends\":\"1440\",\"epoch_blocks\":\"512\",\"timelock_blocks\":\"240\"},\"op\":\"enacts\",\"result\":\"2048\"}"},
		{48, "Failed: BASE_CHANGED (bound 0, observed 1). Nothing of proposal 12 comes into force.",
			"{\"inputs\":{\"enacts\":\"1536\",\"grace_blocks\":\"5120\"},\"op\":\"grace\",\"result\":\"6656\"}"},
		{50, "Executed: the policy that proposal 7 asked for is in force from the next entry on.", "\"op\":\"grace\""},
		{51, "user_ad4e57c0… could not make a proposal: KEY_COOLDOWN (bound 8, observed 7).", "\"op\":\"enacts\""},
		{63, "Executed: by proposal 8 user_6c05f5de… holds 20 of 135 seats from here on.",
			"{\"inputs\":{\"guard\":\"NOD_SHARE\",\"of\":\"20\",\"percent\":\"100\"},\"op\":\"observed\",\"result\":\"2000\"}"},
		{73, "Failed: NOD_SHARE (bound 2675, observed 2700). Nothing of proposal 49 comes into force.",
			"{\"inputs\":{\"guard\":\"NOD_SHARE\",\"of\":\"107\",\"percent\":\"25\"},\"op\":\"bound\",\"result\":\"2675\"}"},
	};
	test_wallet stranger = test_wallet_of(99);

	open_history();
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		char		want[512];

		unit_row("entry %u", rows[i].seq);
		snprintf(want, sizeof(want), "\"%s\"", rows[i].narrative);
		CHECK_STATUS(explain(rows[i].seq, &stranger.user), QFS_OK);
		CHECK_TEXT(second_member(made.bundle, "narrative"), want);
		CHECK(has(second_member(made.bundle, "steps"), rows[i].step));
	}
	CHECK_STATUS(explain(44, &stranger.user), QFS_OK);
	CHECK(has(second_member(made.bundle, "narrative"), "\"Prolonged: "));
	CHECK(has(second_member(made.bundle, "narrative"), "So votes are taken until block 1439.\""));
	sample_close(&s);
}

/* ---- devices, and a deposit ---- */

/*
 * Ann has invited Bob, which gave her 100 FLX; her device signs a proposal with
 * a deposit of 50.  Bob's device and two wallets veto it.
 */
static int64_t
open_deposits(void)
{
	static char payload[512];
	person		ann;
	person		bob;
	int64_t		proposal;

	people_ledger(&s, PEOPLE_POLICY(",\"governance\":{\"deposit\":\"50\",\"mode\":\"trial\"}"));
	ann = people_join(&s, 1, 51);
	bob = people_join(&s, 2, 52);
	CHECK_STATUS(people_profile(&s, &ann, 1), QFS_OK);
	CHECK_STATUS(people_chat_key(&s, &ann, 1), QFS_OK);
	CHECK_STATUS(people_use(&s, &bob, &ann), QFS_OK);
	people_settle_in(&s, &bob, &ann);
	for (uint8_t n = 1; n <= 4; n++)
		CHECK_STATUS(voting_appoint(&s, n, 25), QFS_OK);
	proposal = people_next(&s);
	snprintf(payload, sizeof(payload), "%s", voting_proposal("parameter", HALVE));
	CHECK_STATUS(people_append(&s, &ann, "PROPOSAL_CREATED", payload), QFS_OK);
	CHECK(!qfs_outcome_is_blocked(s.event.outcome));
	voting_wait_for(&s, VOTING_REVIEW + 1);
	CHECK_STATUS(people_append(&s, &bob, "VOTE_CAST", voting_ballot(proposal, payload, "veto")), QFS_OK);
	CHECK_STATUS(people_append(&s, &ann, "VOTE_CAST", voting_ballot(proposal, payload, "yes")), QFS_OK);
	CHECK_STATUS(voting_act(&s, 3, "VOTE_CAST", voting_ballot(proposal, payload, "veto")), QFS_OK);
	wait_and_settle(VOTING_REVIEW + VOTING_BLOCKS + 2, proposal, "REJECTED");
	CHECK_UINT(people_standing(&s, &ann).flx, people_amount("50"));
	return proposal;
}

/* Whose deposit it is sees it; to a stranger it is recorded, and nothing of the account is shown. */
static void
deposits(void)
{
	int64_t		proposal = open_deposits();
	test_wallet stranger = test_wallet_of(99);
	test_wallet ann = test_wallet_of(1);
	uint64_t	tally = s.count - 1;

	for (uint64_t seq = (uint64_t) proposal; seq < s.count; seq++)
	{
		qfs_entry	entry = entry_of(seq);
		bool		looks = seq == (uint64_t) proposal || seq == tally;

		unit_row("entry %u", (unsigned) seq);
		check_entry(seq, NULL);
		CHECK(made.x.is_whole);
		check_entry(seq, entry.has_actor ? &entry.actor : &ann.user);
		CHECK(made.x.is_whole);
		check_entry(seq, &stranger.user);
		CHECK(made.x.is_derived);
		CHECK_INT(is_recorded("conditions"), looks);
		/* What a device signed was signed by a key that nobody else knows to be the account's. */
		CHECK_INT(is_recorded("authority"), entry.has_actor && has(entry.auth, "\"session\""));
		CHECK(!has(made.bundle, "\\\"kind\\\":\\\"standing"));
	}
	check_entry(tally, &ann.user);
	CHECK_TEXT(second_member(made.bundle, "narrative"), "\"Rejected by TALLY_VETO: 25 of 100 said yes, 0 no, 50 vetoed;"
			   " 30 had to take part, 20 to agree, two thirds of those who decided. Its deposit is burnt.\"");
	CHECK(has(second_member(made.bundle, "steps"), "{\"inputs\":{\"before\":\"100.000000000000000000\",\"less\":\"50.000000000000000000\"},"
			  "\"op\":\"flx\",\"result\":\"50.000000000000000000\"}"));
	CHECK(has(second_member(made.bundle, "result"), "\"flx\":[\"100.000000000000000000\",\"50.000000000000000000\"]"));
	CHECK(has(second_member(made.bundle, "steps"), "{\"inputs\":{\"before\":\"100.000000000000000000\",\"less\":\"50.000000000000000000\"},"
			  "\"op\":\"flx\",\"result\":\"50.000000000000000000\"}"));
	sample_close(&s);
}

/* What else may be asked of such entries: what they did to a standing, and in which session they were appended. */
static void
other_topics(void)
{
	static const struct
	{
		qfs_topic	topic;
		uint64_t	after;		/* entries after the proposal */
		uint8_t		reader;
		qfs_status	status;
	}			rows[] = {
		{QFS_TOPIC_STATEMENT, 4, 1, QFS_OK}, {QFS_TOPIC_SESSION, 0, 1, QFS_OK}, {QFS_TOPIC_SESSION, 1, 2, QFS_OK},
		{QFS_TOPIC_SESSION, 3, 3, QFS_EXPLAIN_TOPIC}, {QFS_TOPIC_SESSION, 4, 1, QFS_EXPLAIN_TOPIC},
		{QFS_TOPIC_REWARD, 4, 1, QFS_EXPLAIN_TOPIC}, {QFS_TOPIC_MESSAGE, 1, 2, QFS_EXPLAIN_TOPIC},
	};
	uint64_t	proposal = (uint64_t) open_deposits();

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_question q = {
			.topic = rows[i].topic,.seq = proposal + rows[i].after,.size = s.count,.has_subject = true,.to_subject = true,
			.subject = test_wallet_of(rows[i].reader).user
		};

		unit_row("%s of entry %u", qfs_topic_name(q.topic), (unsigned) q.seq);
		CHECK_STATUS(explaining_make(&made, &s, &q, -1), rows[i].status);
		if (rows[i].status == QFS_OK)
			CHECK_STATUS(verify(made.bundle), QFS_OK);
	}
	sample_close(&s);
}

/* A deposit that was not there: the guard says so, to a stranger as well, and nothing comes of it. */
static void
deposit_missing(void)
{
	test_wallet stranger = test_wallet_of(99);

	voting_four(&s, "");
	people_policy(&s, "{\"governance\":{\"deposit\":\"50\",\"mode\":\"trial\"}}");
	CHECK_STATUS(voting_act(&s, 1, "PROPOSAL_CREATED", voting_proposal("parameter", HALVE)), QFS_OK);
	check_blocked("DEPOSIT");
	check_entry(s.count - 1, NULL);
	check_entry(s.count - 1, &stranger.user);
	/* Nobody sees what it had; but that it had too little, and came onto the agenda all the same, is seen. */
	explaining_forge(&s, s.count - 1, "\"observed\":\"0.000000000000000000\",\"result\":\"BLOCK\"",
					 "\"observed\":\"0.000000000000000000\",\"result\":\"PASS\"");
	CHECK_STATUS(explain(s.count - 1, &stranger.user), QFS_OUTCOME_MISMATCH);
	sample_close(&s);
}

/* ---- however many votes ---- */

#define VOTERS 500

static test_wallet
voter_of(unsigned n)
{
	uint8_t		secret[32];

	memset(secret, 1 + n % 200, sizeof(secret));
	secret[0] = (uint8_t) (1 + n / 200);
	secret[31] = 0xff;
	return test_wallet_of_key(secret);
}

static void
check_small(uint64_t seq, unsigned most)
{
	test_wallet stranger = test_wallet_of(99);

	unit_row("entry %u", (unsigned) seq);
	check_entry(seq, &stranger.user);
	CHECK(entry_count() <= most);
	check_entry(seq, NULL);
	CHECK(entry_count() <= most);
}

/* The first vote, one in the middle, the last; the tally; the execution: a few entries each. */
static void
many_votes(void)
{
	char		appointment[256];
	int64_t		proposal;
	uint64_t	first;

	voting_four(&s, "");
	for (unsigned n = 0; n < VOTERS; n++)
	{
		test_wallet who = voter_of(n);

		snprintf(appointment, sizeof(appointment), "{\"account\":\"%s\",\"nod\":1,\"reason\":\"many\"}", who.user_name);
		CHECK_STATUS(sample_append(&s, "NOD_CHANGED", appointment), QFS_OK);
	}
	proposal = voting_propose(&s, 1, "parameter", HALVE);
	voting_wait_for(&s, voting_block(&s) + VOTING_REVIEW + 1);
	first = s.count;
	for (unsigned n = 0; n < VOTERS; n++)
	{
		test_wallet who = voter_of(n);
		const char *ballot = voting_ballot(proposal, voting_payload(proposal), n % 5 == 0 ? "no" : "yes");

		CHECK_STATUS(sample_append_as(&s, voting_sign(&s, &who, 1, "VOTE_CAST", ballot), &who.user, "VOTE_CAST", ballot), QFS_OK);
	}
	CHECK_INT(voting_tally(&s, proposal).voters, VOTERS);
	check_small(first, 12);
	check_small(first + VOTERS / 2, 12);
	check_small(first + VOTERS - 1, 12);
	wait_and_settle(voting_tally(&s, proposal).ends, proposal, "QUEUED");
	check_small(s.count - 1, 12);
	CHECK_TEXT(second_member(made.bundle, "narrative"), "\"Passed: 400 of 600 said yes, 100 no; 180 had to take part,"
			   " 120 to agree, two thirds of those who decided.\"");
	wait_and_settle(voting_tally(&s, proposal).enacts, proposal, "EXECUTED");
	check_small(s.count - 1, 12);
	sample_close(&s);
}

/* ---- what was changed ---- */

/* Puts a text in place of a part of another, and the hash of the explanation anew. */
static qfs_slice
replaced(qfs_slice text, size_t at, size_t len, qfs_slice with)
{
	memcpy(changed, text.data, at);
	memcpy(changed + at, with.data, with.len);
	memcpy(changed + at + with.len, text.data + at + len, text.len - at - len);
	explaining_hash_anew(changed, text.len - len + with.len);
	return (qfs_slice) {changed, text.len - len + with.len};
}

/* One proposal with three votes, tallied and executed: entries 6 to 11. */
static void
open_small(void)
{
	int64_t		proposal;

	voting_four(&s, "");
	proposal = voting_propose(&s, 1, "parameter", HALVE);
	voting_wait_for(&s, VOTING_REVIEW + 1);
	vote(1, proposal, "yes");
	vote(2, proposal, "yes");
	vote(3, proposal, "no");
	wait_and_settle(VOTING_REVIEW + VOTING_BLOCKS + 1, proposal, "QUEUED");
	wait_and_settle(voting_tally(&s, proposal).enacts, proposal, "EXECUTED");
	CHECK_UINT(s.count, 12);
}

/* Without any one of its entries nothing is sound. */
static void
left_out(void)
{
	test_wallet stranger = test_wallet_of(99);

	open_small();
	for (uint64_t seq = 2; seq < s.count; seq++)
	{
		qfs_slice	item;

		CHECK_STATUS(explain(seq, &stranger.user), QFS_OK);
		for (unsigned n = 0; (item = second_item(second_member(made.bundle, "entries"), n)).len > 0; n++)
		{
			size_t		at = (size_t) (item.data - made.bundle.data);
			bool		last = made.bundle.data[at + item.len] != ',';
			qfs_status	status;

			unit_row("entry %u without number %u", (unsigned) seq, n);
			status = verify(replaced(made.bundle, at - last, item.len + 1, QFS_LITERAL("")));
			CHECK(status == QFS_BUNDLE_INCOMPLETE || status == QFS_OUTCOME_MISMATCH || status == QFS_NO_GENESIS ||
				  status == QFS_BUNDLE_CLAIM || status == QFS_GOVERNANCE_OFF);
		}
	}
	sample_close(&s);
}

/* Number n from the end of a bundle's entries. */
static qfs_slice
item_before_end(unsigned n)
{
	return second_item(second_member(made.bundle, "entries"), entry_count() - 1 - n);
}

/* Another vote of the same ledger, sound in itself, in place of the one that the tally rests on. */
static void
swapped(void)
{
	static uint8_t other[65536];
	test_wallet stranger = test_wallet_of(99);
	qfs_slice	item;
	size_t		len;

	open_small();
	for (uint64_t seq = 7; seq < 9; seq++)
	{
		unit_row("vote %u", (unsigned) seq);
		CHECK_STATUS(explain(seq + 1, &stranger.user), QFS_OK);
		item = item_before_end(1);
		len = item.len;
		memcpy(other, item.data, len);
		CHECK(has(item, "VOTE_CAST"));
		CHECK_STATUS(explain(10, &stranger.user), QFS_OK);
		CHECK(has(item_before_end(1), "VOTE_CAST"));
		item = item_before_end(1);
		CHECK_STATUS(verify(replaced(made.bundle, (size_t) (item.data - made.bundle.data), item.len,
									 (qfs_slice) {other, len})), QFS_BUNDLE_INCOMPLETE);
		/* Besides the right one, which it comes before. */
		other[len] = ',';
		CHECK_STATUS(verify(replaced(made.bundle, (size_t) (item.data - made.bundle.data), 0, (qfs_slice) {other, len + 1})),
					 QFS_BUNDLE_SURPLUS);
	}
	sample_close(&s);
}

/* A ledger that lies, whose entries are sound: whoever has the explanation made computes something else. */
static void
forged(void)
{
	static const struct
	{
		unsigned	seq;
		const char *from;
		const char *to;
		qfs_status	status;
	}			rows[] = {
		{2, "\"before\":0", "\"before\":1", QFS_OUTCOME_MISMATCH},
		{5, "\"total\":100", "\"total\":90", QFS_OUTCOME_MISMATCH},
		{6, "\"opens\":120", "\"opens\":119", QFS_OUTCOME_MISMATCH},
		{6, "\"total\":100", "\"total\":10", QFS_OUTCOME_MISMATCH},
		{6, "\"observed\":2500", "\"observed\":2600", QFS_OUTCOME_MISMATCH},
		{8, "\"yes\":50", "\"yes\":75", QFS_OUTCOME_MISMATCH},
		{8, "\"power\":25", "\"power\":50", QFS_OUTCOME_MISMATCH},
		{8, "\"status\":\"OK\"", "\"status\":\"BLOCKED\"", QFS_OUTCOME_MISMATCH},
		{8, "\"ends\":840", "\"ends\":841", QFS_OUTCOME_MISMATCH},
		{8, "\"choice\":\"yes\"", "\"choice\":\"veto\"", QFS_SIGNATURE_MISMATCH},
		{9, "\"previous\":8,\"veto\":0", "\"previous\":7,\"veto\":0", QFS_OUTCOME_MISMATCH},
		{9, "\"previous\":8,\"veto\":0", "\"previous\":null,\"veto\":0", QFS_OUTCOME_MISMATCH},
		{9, "\"seat\":4", "\"seat\":3", QFS_SEAT_NONE},
		{10, "\"yes\":50", "\"yes\":75", QFS_OUTCOME_MISMATCH},
		{10, "\"bound\":3000", "\"bound\":2000", QFS_OUTCOME_MISMATCH},
		{10, "\"state\":\"QUEUED\"", "\"state\":\"REJECTED\"", QFS_OUTCOME_MISMATCH},
		{10, "\"previous\":9", "\"previous\":8", QFS_OUTCOME_MISMATCH},
		{10, "\"previous\":6", "\"previous\":null", QFS_OUTCOME_MISMATCH},
		{10, "{\"proposal\":6}", "{\"proposal\":7}", QFS_SETTLEMENT_WRONG},
		{11, "\"cap\":50", "\"cap\":5", QFS_SETTLEMENT_WRONG},
		{11, "\"state\":\"EXECUTED\"", "\"state\":\"FAILED\"", QFS_OUTCOME_MISMATCH},
		{11, "\"tally\":10", "\"tally\":9", QFS_OUTCOME_MISMATCH},
		{11, "\"base\":1", "\"base\":0", QFS_OUTCOME_MISMATCH},
		{11, "\"holders\":4", "\"holders\":5", QFS_OUTCOME_MISMATCH},
	};
	test_wallet stranger = test_wallet_of(99);

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%u: %s", rows[i].seq, rows[i].to);
		open_small();
		explaining_forge(&s, rows[i].seq, rows[i].from, rows[i].to);
		CHECK_STATUS(explain(rows[i].seq, &stranger.user), rows[i].status);
		CHECK_STATUS(explain(rows[i].seq, NULL), rows[i].status);
		sample_close(&s);
	}
}

/* The policy that was in force is among the entries, though an older one would have let the act through as well. */
static void
policy_left_out(void)
{
	qfs_question q = {.topic = QFS_TOPIC_ENTRY,.has_subject = true,.to_subject = true,.subject = test_wallet_of(99).user};

	open_history();
	q.size = s.count;
	for (q.seq = 11; q.seq < 46; q.seq++)
	{
		unit_row("entry %u", (unsigned) q.seq);
		/* Two rest on that entry in another way, too. */
		CHECK_STATUS(explaining_make(&made, &s, &q, q.seq <= 25 ? 6 : 25),
					 q.seq == 25 || q.seq == 41 ? QFS_ENTRY_UNKNOWN : QFS_OUTCOME_MISMATCH);
	}
	sample_close(&s);
}

/* An unsigned vote in a session is the server's word alone: nobody counts it. */
static void
unsigned_vote(void)
{
	int64_t		proposal = open_deposits();
	unsigned	seq = (unsigned) proposal + 1;
	qfs_entry	entry = entry_of(seq);
	test_wallet stranger = test_wallet_of(99);
	char		from[1024];
	char		to[1024];
	const char *session;

	snprintf(from, sizeof(from), "%.*s", (int) entry.auth.len, (const char *) entry.auth.data);
	session = strstr(from, "\"session\"");
	CHECK(session != NULL);
	snprintf(to, sizeof(to), "{%s", session);
	explaining_forge(&s, seq, from, to);
	snprintf(from, sizeof(from), "%.*s", (int) entry_of(seq).sig.len, (const char *) entry_of(seq).sig.data);
	explaining_forge(&s, seq, from, "null");
	CHECK_STATUS(explain(seq, &stranger.user), QFS_EVENT_UNSIGNED);
	CHECK_STATUS(explain(seq, NULL), QFS_EVENT_UNSIGNED);
	sample_close(&s);
}

/* Has it voted before?  The last vote may be on something else; the chain of them tells. */
static void
voted_before(void)
{
	int64_t		first;
	int64_t		second;

	voting_four(&s, "");
	first = voting_propose(&s, 1, "parameter", HALVE);
	second = voting_propose(&s, 2, "text", "{}");
	voting_wait_for(&s, VOTING_REVIEW + 1);
	vote(3, first, "yes");
	vote(4, first, "no");
	vote(3, second, "yes");
	vote(3, first, "yes");
	check_blocked("VOTE_ONCE");
	check_all();
	explaining_forge(&s, s.count - 1, "\"observed\":1,\"result\":\"BLOCK\"", "\"observed\":0,\"result\":\"PASS\"");
	explaining_forge(&s, s.count - 1, "\"status\":\"BLOCKED\"", "\"status\":\"OK\"");
	explaining_forge(&s, s.count - 1, "\"yes\":25", "\"yes\":50");
	explaining_forge(&s, s.count - 1, "\"voters\":2", "\"voters\":3");
	CHECK_STATUS(explain(s.count - 1, NULL), QFS_OUTCOME_MISMATCH);
	sample_close(&s);
}

/* An operator may appoint from a session, which its device signs: a stranger takes it as recorded that it was one. */
static void
operators_session(void)
{
	char		changes[512];
	test_wallet ann = test_wallet_of(1);
	test_wallet stranger = test_wallet_of(99);
	person		operator;

	snprintf(changes, sizeof(changes), PEOPLE_POLICY(",\"governance\":{\"mode\":\"trial\"},\"operators\":[\"%s\"]"), ann.user_name);
	people_ledger(&s, changes);
	operator = people_join(&s, 1, 51);
	CHECK_STATUS(people_append(&s, &operator, "NOD_CHANGED", voting_seats(99, 25)), QFS_OK);
	check_entry(s.count - 1, NULL);
	check_entry(s.count - 1, &ann.user);
	CHECK(!is_recorded("authority"));
	check_entry(s.count - 1, &stranger.user);
	CHECK(made.x.is_derived && is_recorded("authority") && !is_recorded("conditions"));
	sample_close(&s);
}

/* Chains that do not go down come to an end all the same. */
static void
chains_that_turn(void)
{
	open_history();
	explaining_forge(&s, 34, "\"previous\":22,\"seat\"", "\"previous\":39,\"seat\"");
	CHECK_STATUS(explain(39, NULL), QFS_OK);
	explaining_forge(&s, 18, "\"previous\":4", "\"previous\":18");
	CHECK_STATUS(explain(39, NULL), QFS_STATE_MISMATCH);
	explaining_forge(&s, 41, "\"seat\":18", "\"seat\":1800");
	CHECK_STATUS(explain(41, NULL), QFS_OUTCOME_MISMATCH);
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(everything), CASE(sentences), CASE(deposits), CASE(other_topics), CASE(deposit_missing), CASE(many_votes), CASE(left_out), CASE(swapped), CASE(forged), CASE(policy_left_out),
	CASE(unsigned_vote), CASE(voted_before), CASE(operators_session), CASE(chains_that_turn),
	NO_MORE_CASES
};

const unit_suite suite_explain_governance = {"explain_governance", cases};
