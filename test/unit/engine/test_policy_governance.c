/*
 * test_policy_governance.c - the object "governance" of a policy, and the terms of a proposal.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "crypto/sha256.h"
#include "engine/policy.h"
#include "engine/policy_text.h"
#include "support/people.h"

static uint8_t memory[QFS_POLICY_MAX + 64];

/* The default with these changes. */
static qfs_slice
merged(const char *changes)
{
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, sizeof(memory));
	CHECK_STATUS(qfs_json_check(qfs_slice_of(changes), NULL), QFS_OK);
	CHECK_STATUS(qfs_policy_merge(qfs_policy_default(), qfs_slice_of(changes), &buf, NULL), QFS_OK);
	return qfs_buf_slice(&buf);
}

/* ---- absent ---- */

/* Mode and numbers of a policy that says nothing. */
static void
check_defaults(const qfs_governance *g)
{
	static const qfs_track_numbers tracks[QFS_TRACKS] = {
		[QFS_TRACK_CONSTITUTION] = {.quorum = 66,.approval = 51,.majority = 66,.review_blocks = 512,.voting_blocks = 2048,.timelock_blocks = 1024},
		[QFS_TRACK_EMERGENCY] = {.quorum = 80,.approval = 80,.majority = 80,.review_blocks = 0,.voting_blocks = 60,.timelock_blocks = 0},
		[QFS_TRACK_PARAMETER] = {.quorum = 30,.approval = 20,.majority = 66,.review_blocks = 120,.voting_blocks = 720,.timelock_blocks = 240},
		[QFS_TRACK_TEXT] = {.quorum = 30,.approval = 20,.majority = 66,.review_blocks = 120,.voting_blocks = 720,.timelock_blocks = 240}
	};

	CHECK_INT(g->mode, QFS_MODE_OFF);
	CHECK_INT(g->agenda, 12);
	CHECK_INT(g->cooldown_blocks, 120);
	CHECK(g->deposit == qfs_amount_of(100));
	CHECK_INT(g->dormant_epochs, 3000);
	CHECK_INT(g->grace_blocks, 5120);
	CHECK_INT(g->key_cooldown_epochs, 2);
	CHECK_INT(g->late_blocks, 240);
	CHECK_TEXT(g->operator_keys, "[\"auth.chain_ids\",\"auth.domains\",\"auth.uris\",\"limits.*\",\"nonce_ttl_ms\"]");
	CHECK_INT(g->power_percent, 25);
	CHECK_INT(g->threshold_percent, 1);
	CHECK_INT(g->veto_percent, 34);
	for (size_t i = 0; i < QFS_TRACKS; i++)
	{
		unit_row("%s", qfs_track_names[i]);
		CHECK_INT(g->tracks[i].approval, tracks[i].approval);
		CHECK_INT(g->tracks[i].majority, tracks[i].majority);
		CHECK_INT(g->tracks[i].quorum, tracks[i].quorum);
		CHECK_INT(g->tracks[i].review_blocks, tracks[i].review_blocks);
		CHECK_INT(g->tracks[i].timelock_blocks, tracks[i].timelock_blocks);
		CHECK_INT(g->tracks[i].voting_blocks, tracks[i].voting_blocks);
	}
	CHECK(qfs_track_names[QFS_TRACKS] == NULL);
}

static void
defaults(void)
{
	qfs_policy	policy;
	qfs_slice	value;

	CHECK(!qfs_json_member(qfs_policy_default(), "governance", &value));
	CHECK_STATUS(qfs_json_check(qfs_slice_of(qfs_governance_default_text), NULL), QFS_OK);
	CHECK_STATUS(qfs_policy_parse(qfs_policy_default(), &policy, NULL), QFS_OK);
	CHECK(!policy.governance.is_given);
	check_defaults(&policy.governance);
	CHECK_STATUS(qfs_policy_parse(merged("{\"governance\":{}}"), &policy, NULL), QFS_OK);
	CHECK(policy.governance.is_given);
	check_defaults(&policy.governance);
}

/* What was written before there was governance keeps its hash: here that of the default. */
static void
same_hash(void)
{
	qfs_hash	hash;

	qfs_sha256(qfs_policy_default(), &hash);
	CHECK_HEX(hash.bytes, sizeof(hash.bytes), "603ee09ff04c8d3af4d9b59907464af4ebd10b124f3f3bce2f95a6a7e85bcd24");
	CHECK_SLICE(merged("{}"), qfs_policy_default());
}

/* ---- merged ---- */

/* The defaults come where the key belongs, and only if it is wanted. */
static void
places(void)
{
	static const struct
	{
		const char *base;
		const char *changes;
		const char *before;		/* the object, and what is behind it */
		const char *behind;
	}			rows[] = {
		{"{}", "{\"governance\":{}}", "{", "}"},
		{"{\"a\":1}", "{\"governance\":{}}", "{\"a\":1,", "}"},
		{"{\"z\":1}", "{\"governance\":{}}", "{", ",\"z\":1}"},
		{"{\"a\":1,\"z\":1}", "{\"a\":2,\"governance\":{},\"z\":3}", "{\"a\":2,", ",\"z\":3}"},
		{"{\"governancd\":1,\"governancf\":2}", "{\"governance\":{}}", "{\"governancd\":1,", ",\"governancf\":2}"},
		{"{\"governanc\":1,\"governance_\":2}", "{\"governance\":{}}", "{\"governanc\":1,", ",\"governance_\":2}"},
	};
	static char want[4096];

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_buf		out;

		unit_row("%s with %s", rows[i].base, rows[i].changes);
		qfs_buf_init(&out, memory, sizeof(memory));
		CHECK_STATUS(qfs_policy_merge(qfs_slice_of(rows[i].base), qfs_slice_of(rows[i].changes), &out, NULL), QFS_OK);
		(void) snprintf(want, sizeof(want), "%s\"governance\":%s%s", rows[i].before, qfs_governance_default_text, rows[i].behind);
		CHECK_TEXT(qfs_buf_slice(&out), want);
		CHECK_STATUS(qfs_json_check(qfs_buf_slice(&out), NULL), QFS_OK);
	}
}

/* What the base has stays, but for what changes. */
static void
given(void)
{
	static uint8_t first[QFS_POLICY_MAX];
	qfs_slice	base = merged("{\"governance\":{\"agenda\":3,\"mode\":\"trial\"}}");
	qfs_policy	policy;
	qfs_buf		out;

	memcpy(first, base.data, base.len);
	base.data = first;
	qfs_buf_init(&out, memory, sizeof(memory));
	CHECK_STATUS(qfs_policy_merge(base, QFS_LITERAL("{\"governance\":{\"tracks\":{\"text\":{\"quorum\":7}}}}"), &out, NULL), QFS_OK);
	CHECK_STATUS(qfs_policy_parse(qfs_buf_slice(&out), &policy, NULL), QFS_OK);
	CHECK_INT(policy.governance.agenda, 3);
	CHECK_INT(policy.governance.mode, QFS_MODE_TRIAL);
	CHECK_INT(policy.governance.tracks[QFS_TRACK_TEXT].quorum, 7);
	CHECK_INT(policy.governance.tracks[QFS_TRACK_PARAMETER].quorum, 30);
	qfs_buf_init(&out, memory, sizeof(memory));
	CHECK_STATUS(qfs_policy_merge(base, QFS_LITERAL("{\"block_ms\":2000}"), &out, NULL), QFS_OK);
	CHECK_STATUS(qfs_policy_parse(qfs_buf_slice(&out), &policy, NULL), QFS_OK);
	CHECK_INT(policy.governance.agenda, 3);
}

static void
not_merged(void)
{
	static const struct
	{
		const char *changes;
		const char *detail;
	}			rows[] = {
		{"{\"governance\":{\"modes\":\"on\"}}", "\"modes\""},
		{"{\"governance\":{\"tracks\":{\"other\":{}}}}", "\"other\""},
		{"{\"governance\":{\"tracks\":{\"text\":{\"deposit\":\"1\"}}}}", "\"deposit\""},
		{"{\"governances\":{}}", "\"governances\""},
		{"{\"governanc\":{},\"governance\":{}}", "\"governanc\""},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_error	err = {QFS_OK, ""};
		qfs_buf		out;

		unit_row("%s", rows[i].changes);
		qfs_buf_init(&out, memory, sizeof(memory));
		CHECK_STATUS(qfs_policy_merge(qfs_policy_default(), qfs_slice_of(rows[i].changes), &out, &err), QFS_POLICY_INVALID);
		CHECK_DETAIL(&err, rows[i].detail);
	}
}

/* A base that leaves no room for the defaults. */
static void
too_long(void)
{
	static char base[QFS_POLICY_MAX + 1];
	qfs_error	err = {QFS_OK, ""};
	qfs_buf		out;

	memset(base, 'x', QFS_POLICY_MAX);
	memcpy(base, "{\"a\":\"", 6);
	memcpy(base + QFS_POLICY_MAX - 2, "\"}", 3);
	qfs_buf_init(&out, memory, sizeof(memory));
	CHECK_STATUS(qfs_policy_merge(qfs_slice_of(base), QFS_LITERAL("{\"governance\":{}}"), &out, &err), QFS_POLICY_INVALID);
	CHECK_DETAIL(&err, "longer than 16384");
}

/* ---- ranges ---- */

/* A number on both of its edges, and one further. */
static void
check_range(const char *before, const char *key, const char *behind, int64_t least, int64_t most)
{
	for (int over = -1; over <= 1; over++)
		for (int top = 0; top < 2; top++)
		{
			qfs_error	err = {QFS_OK, ""};
			int64_t		n = top ? most + over : least - over;
			char		change[256];
			qfs_policy	policy;

			if (least == most)
				continue;
			(void) snprintf(change, sizeof(change), "{\"governance\":{%s\"%s\":%lld%s}}", before, key, (long long) n, behind);
			unit_row("%s", change);
			CHECK_STATUS(qfs_policy_parse(merged(change), &policy, &err), over > 0 ? QFS_POLICY_INVALID : QFS_OK);
			if (over > 0)
				CHECK_DETAIL(&err, top ? "too large" : "too small");
		}
}

static void
numbers(void)
{
	static const struct
	{
		const char *key;
		int64_t		least;
		int64_t		most;
	}			rows[] = {
		{"agenda", 1, 12}, {"cooldown_blocks", 0, 100000}, {"dormant_epochs", 0, 100000}, {"grace_blocks", 512, 100000},
		{"key_cooldown_epochs", 0, 100}, {"late_blocks", 1, 10000}, {"power_percent", 1, 25}, {"threshold_percent", 0, 25},
		{"veto_percent", 25, 50},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
		check_range("", rows[i].key, "", rows[i].least, rows[i].most);
}

static void
tracks(void)
{
	static const struct
	{
		int64_t		least;
		int64_t		least_majority;
		int64_t		most;
	}			rows[QFS_TRACKS] = {
		[QFS_TRACK_CONSTITUTION] = {51, 51, 90},
		[QFS_TRACK_EMERGENCY] = {80, 80, 100},
		[QFS_TRACK_PARAMETER] = {0, 51, 100},
		[QFS_TRACK_TEXT] = {0, 51, 100}
	};
	char		before[64];

	for (size_t i = 0; i < QFS_TRACKS; i++)
	{
		(void) snprintf(before, sizeof(before), "\"tracks\":{\"%s\":{", qfs_track_names[i]);
		check_range(before, "approval", "}}", rows[i].least, rows[i].most);
		check_range(before, "majority", "}}", rows[i].least_majority, rows[i].most);
		check_range(before, "quorum", "}}", rows[i].least, rows[i].most);
		check_range(before, "review_blocks", "}}", 0, 100000);
		check_range(before, "timelock_blocks", "}}", 0, 100000);
		check_range(before, "voting_blocks", "}}", 10, 100000);
	}
}

/* detail NULL: in range. */
static void
values(void)
{
	static const struct
	{
		const char *changes;
		const char *detail;
	}			rows[] = {
		{"{\"mode\":\"off\"}", NULL},
		{"{\"mode\":\"trial\"}", NULL},
		{"{\"mode\":\"on\"}", NULL},
		{"{\"mode\":\"On\"}", "policy.governance.mode: not one of"},
		{"{\"mode\":true}", "policy.governance.mode: not one of"},
		{"{\"deposit\":\"0\"}", NULL},
		{"{\"deposit\":\"1000000000000\"}", NULL},
		{"{\"deposit\":\"1000000000000.000000000000000001\"}", "deposit"},
		{"{\"deposit\":\"-1\"}", "deposit"},
		{"{\"deposit\":\"x\"}", "deposit"},
		{"{\"deposit\":100}", "policy.governance.deposit: wrong type"},
		{"{\"operator_keys\":[]}", NULL},
		{"{\"operator_keys\":[\"referral.cap\",\"coherence.*\",\"coherence.acts.*\",\"rules\"]}", NULL},
		{"{\"operator_keys\":[\"limits\"]}", "policy.governance.operator_keys: \"limits\" is not a key of the class parameter"},
		{"{\"operator_keys\":[\"limits.\"]}", "operator_keys"},
		{"{\"operator_keys\":[\"limits.x\"]}", "operator_keys"},
		{"{\"operator_keys\":[\"limit.*\"]}", "operator_keys"},
		{"{\"operator_keys\":[\"lim*\"]}", "operator_keys"},
		{"{\"operator_keys\":[\"*\"]}", "operator_keys"},
		{"{\"operator_keys\":[\".*\"]}", "operator_keys"},
		{"{\"operator_keys\":[\"nonce_ttl_ms.*\"]}", "operator_keys"},
		{"{\"operator_keys\":[\"Limits.*\"]}", "operator_keys"},
		{"{\"operator_keys\":[\"\"]}", "too short"},
		{"{\"operator_keys\":[\"referral.cap\",\"operators\"]}", "policy.governance.operator_keys: \"operators\""},
		{"{\"operator_keys\":[\"evaluators\"]}", "operator_keys"},
		{"{\"operator_keys\":[\"governance.mode\"]}", "operator_keys"},
		{"{\"operator_keys\":[\"governance.*\"]}", "operator_keys"},
		{"{\"operator_keys\":[\"governance.tracks.*\"]}", "operator_keys"},
		{"{\"operator_keys\":[\"governance.power_percent\"]}", "operator_keys"},
		{"{\"operator_keys\":[\"visibility\"]}", "operator_keys"},
		{"{\"operator_keys\":[\"block_ms\"]}", "operator_keys"},
		{"{\"operator_keys\":[\"limits\\\\.*\"]}", "operator_keys"},
		{"{\"operator_keys\":\"limits.*\"}", "policy.governance.operator_keys: wrong type"},
		{"{\"operator_keys\":[7]}", "wrong type"},
		{"{\"tracks\":{\"text\":7}}", "policy.governance.tracks.text: wrong type"},
		{"{\"tracks\":{\"text\":{}}}", NULL},
		{"{\"agenda\":\"12\"}", "policy.governance.agenda: wrong type"},
		{"{\"agenda\":null}", "policy.governance.agenda: wrong type"},
		{"7", "policy.governance: wrong type"},
		{"null", "policy.governance: wrong type"},
		{"[]", "policy.governance: wrong type"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_error	err = {QFS_OK, ""};
		char		change[256];
		qfs_policy	policy;

		(void) snprintf(change, sizeof(change), "{\"governance\":%s}", rows[i].changes);
		unit_row("%s", change);
		CHECK_STATUS(qfs_policy_parse(merged(change), &policy, &err), rows[i].detail != NULL ? QFS_POLICY_INVALID : QFS_OK);
		if (rows[i].detail != NULL)
			CHECK_DETAIL(&err, rows[i].detail);
	}
}

/* The object is whole, or not there: no key of it may be missing, of itself or of a track. */
static void
incomplete(void)
{
	static const struct
	{
		const char *key;
		const char *of;
	}			rows[] = {
		{"\"agenda\":12,", ""}, {"\"cooldown_blocks\":120,", ""}, {"\"deposit\":\"100\",", ""}, {"\"dormant_epochs\":3000,", ""},
		{"\"grace_blocks\":5120,", ""}, {"\"key_cooldown_epochs\":2,", ""}, {"\"late_blocks\":240,", ""}, {"\"mode\":\"off\",", ""},
		{"\"operator_keys\":[\"auth.chain_ids\",\"auth.domains\",\"auth.uris\",\"limits.*\",\"nonce_ttl_ms\"],", ""},
		{"\"power_percent\":25,", ""}, {"\"threshold_percent\":1,", ""}, {",\"veto_percent\":34", ""},
		{"\"approval\":51,", "constitution"}, {"\"majority\":80,", "emergency"}, {"\"quorum\":30,", "parameter"},
		{",\"voting_blocks\":60", "emergency"}, {"\"timelock_blocks\":1024,", "constitution"}, {"\"review_blocks\":120,", "parameter"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_slice	whole = merged("{\"governance\":{}}");
		const char *text = (const char *) memory;
		const char *found;
		size_t		at;
		size_t		len = strlen(rows[i].key);
		qfs_error	err = {QFS_OK, ""};
		qfs_policy	policy;

		unit_row("without %s", rows[i].key);
		memory[whole.len] = '\0';
		found = strstr(strstr(text, "\"governance\""), rows[i].key);
		if (!CHECK(found != NULL))
			return;
		at = (size_t) (found - text);
		memmove(memory + at, memory + at + len, whole.len - at - len);
		whole.len -= len;
		CHECK_STATUS(qfs_json_check(whole, NULL), QFS_OK);
		CHECK_STATUS(qfs_policy_parse(whole, &policy, &err), QFS_POLICY_INVALID);
		CHECK_DETAIL(&err, "policy.governance");
		CHECK_DETAIL(&err, "missing");
		CHECK_DETAIL(&err, rows[i].of);
	}
}

/* The list of a policy that has the object goes along with its copy; the default's stays where it is. */
static void
copied(void)
{
	static uint8_t other[QFS_POLICY_MAX];
	qfs_slice	text = merged("{\"governance\":{\"operator_keys\":[\"rules\"]}}");
	qfs_policy	policy;
	qfs_policy	copy;

	memcpy(other, text.data, text.len);
	CHECK_STATUS(qfs_policy_parse(text, &policy, NULL), QFS_OK);
	qfs_policy_copy(&policy, text.data, other, &copy);
	CHECK(copy.governance.operator_keys.data >= other && copy.governance.operator_keys.data < other + text.len);
	CHECK_TEXT(copy.governance.operator_keys, "[\"rules\"]");
	text = merged("{}");
	CHECK_STATUS(qfs_policy_parse(text, &policy, NULL), QFS_OK);
	qfs_policy_copy(&policy, text.data, other, &copy);
	CHECK(copy.governance.operator_keys.data == policy.governance.operator_keys.data);
}

/* ---- terms ---- */

static qfs_slice
written(const qfs_terms *terms)
{
	static uint8_t bytes[512];
	qfs_json_writer w;
	qfs_buf		buf;

	qfs_buf_init(&buf, bytes, sizeof(bytes));
	qfs_json_begin(&w, &buf);
	qfs_terms_write(&w, terms);
	CHECK_STATUS(qfs_json_end(&w, NULL), QFS_OK);
	return qfs_buf_slice(&buf);
}

#define TERMS "{\"approval\":20,\"deposit\":\"100.000000000000000000\",\"grace_blocks\":5120,\"late_blocks\":240,\"majority\":66," \
	"\"power_percent\":25,\"quorum\":30,\"review_blocks\":120,\"timelock_blocks\":240,\"veto_percent\":34,\"voting_blocks\":720}"

/* Every number from where it belongs, and back. */
static void
terms(void)
{
	qfs_policy	policy;
	qfs_terms	made;
	qfs_terms	read;

	CHECK_STATUS(qfs_policy_parse(qfs_policy_default(), &policy, NULL), QFS_OK);
	qfs_terms_of(&policy, QFS_TRACK_TEXT, &made);
	CHECK_TEXT(written(&made), TERMS);
	for (size_t i = 0; i < QFS_TRACKS; i++)
	{
		unit_row("%s", qfs_track_names[i]);
		qfs_terms_of(&policy, (qfs_track) i, &made);
		CHECK(qfs_terms_read(written(&made), &read));
		CHECK_INT(read.approval, policy.governance.tracks[i].approval);
		CHECK_INT(read.majority, policy.governance.tracks[i].majority);
		CHECK_INT(read.quorum, policy.governance.tracks[i].quorum);
		CHECK_INT(read.review_blocks, policy.governance.tracks[i].review_blocks);
		CHECK_INT(read.timelock_blocks, policy.governance.tracks[i].timelock_blocks);
		CHECK_INT(read.voting_blocks, policy.governance.tracks[i].voting_blocks);
		CHECK(read.deposit == policy.governance.deposit);
		CHECK_INT(read.grace_blocks, policy.governance.grace_blocks);
		CHECK_INT(read.late_blocks, policy.governance.late_blocks);
		CHECK_INT(read.power_percent, policy.governance.power_percent);
		CHECK_INT(read.veto_percent, policy.governance.veto_percent);
	}
}

/* What is not of the form that is written: one thing replaced at a time. */
static void
not_terms(void)
{
	static const struct
	{
		const char *from;
		const char *to;
	}			rows[] = {
		{"\"approval\":20,", ""}, {"\"deposit\":\"100.000000000000000000\",", ""}, {",\"voting_blocks\":720", ""},
		{"\"approval\":20", "\"approval\":101"}, {"\"approval\":20", "\"approval\":-1"}, {"\"approval\":20", "\"approval\":\"20\""},
		{"\"grace_blocks\":5120", "\"grace_blocks\":100001"}, {"\"late_blocks\":240", "\"late_blocks\":null"},
		{"\"100.000000000000000000\"", "\"100\""}, {"\"100.000000000000000000\"", "\"0100.000000000000000000\""},
		{"\"100.000000000000000000\"", "\"1000000000001.000000000000000000\""}, {"\"100.000000000000000000\"", "100"},
		{"\"voting_blocks\":720", "\"voting_blocks\":720,\"z\":1"}, {TERMS, "[]"}, {TERMS, "null"}, {TERMS, "{}"},
	};

	static const char whole[] = TERMS;

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		const char *at = strstr(whole, rows[i].from);
		char		text[1024];
		qfs_terms	read;

		unit_row("%s for %s", rows[i].to, rows[i].from);
		if (!CHECK(at != NULL))
			return;
		(void) snprintf(text, sizeof(text), "%.*s%s%s", (int) (at - whole), whole, rows[i].to, at + strlen(rows[i].from));
		CHECK_STATUS(qfs_json_check(qfs_slice_of(text), NULL), QFS_OK);
		CHECK(!qfs_terms_read(qfs_slice_of(text), &read));
	}
}

static const unit_case cases[] = {
	CASE(defaults),
	CASE(same_hash),
	CASE(places),
	CASE(given),
	CASE(not_merged),
	CASE(too_long),
	CASE(numbers),
	CASE(tracks),
	CASE(values),
	CASE(incomplete),
	CASE(copied),
	CASE(terms),
	CASE(not_terms),
	NO_MORE_CASES
};

const unit_suite suite_policy_governance = {"policy_governance", cases};
