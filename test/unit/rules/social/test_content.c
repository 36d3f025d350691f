/*
 * test_content.c - contents and who may score them.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <sodium.h>
#include <stdio.h>

#include "ledger/registry.h"
#include "state/records.h"
#include "support/people.h"

#define FEATURES "{\"clarity\":\"0.6\",\"contradiction\":\"1\",\"hsmf\":\"0.5\",\"logic\":\"0.8\"," \
	"\"signal\":\"0.7\",\"topic\":\"0.9\"}"

static sample s;
static person ann;
static person eve;

/* ann writes, eve evaluates: the entries 4 to 6. */
static void
meet(void)
{
	char		policy[512];

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	eve = people_join(&s, 2, 0);
	snprintf(policy, sizeof(policy), PEOPLE_POLICY(",\"evaluators\":[\"%s\"]"), eve.wallet.user_name);
	people_policy(&s, policy);
}

/* Content number n: its hash is the byte n, 32 times. */
static const char *
content(uint8_t n)
{
	static char digits[65];
	uint8_t		bytes[32];

	memset(bytes, n, sizeof(bytes));
	sodium_bin2hex(digits, sizeof(digits), bytes, sizeof(bytes));
	return digits;
}

static const char *
creation(uint8_t n)
{
	static char text[256];

	snprintf(text, sizeof(text), "{\"content\":\"%s\",\"kind\":\"text/plain\",\"size\":123}", content(n));
	return text;
}

static const char *
scoring(uint8_t n, const char *features)
{
	static char text[512];

	snprintf(text, sizeof(text), "{\"content\":\"%s\",\"features\":%s}", content(n), features);
	return text;
}

static void
refused(const person *p, const char *type, const char *payload, qfs_status want, const char *detail)
{
	sample_refuse_as(&s, p->auth, &p->wallet.user, type, payload, want, detail);
}

static const void *
field(const char *name)
{
	return people_field(qfs_rule_content_created.kind, people_record(&s, qfs_rule_content_created.kind, 0, 1), name);
}

/* ---- creation ---- */

static void
created(void)
{
	const void *record;

	meet();
	CHECK_STATUS(people_append(&s, &ann, "CONTENT_CREATED", creation(7)), QFS_OK);
	people_outcome(&s, "{\"status\":\"OK\"}");
	people_touched(&s, "%s", "");
	people_read(&s, "#1 access 4");
	record = people_record(&s, qfs_rule_content_created.kind, 0, 1);
	if (record == NULL)
		return;
	CHECK_HEX(field("content"), QFS_HASH_LEN, content(7));
	CHECK(memcmp(field("author"), &ann.wallet.user, sizeof(qfs_user_id)) == 0);
	CHECK_TEXT(qfs_slice_of(field("kind")), "text/plain");
	CHECK_INT(*(const int64_t *) field("size"), 123);
	CHECK_INT(*(const int64_t *) field("seq"), 7);
	CHECK(!qfs_field_present(&qfs_rule_content_created.kind->fields[5], record));
	/* Whoever is first is its author. */
	refused(&ann, "CONTENT_CREATED", creation(7), QFS_CONTENT_EXISTS, "by entry 7");
	refused(&eve, "CONTENT_CREATED", creation(7), QFS_CONTENT_EXISTS, "by entry 7");
	CHECK_STATUS(people_append(&s, &eve, "CONTENT_CREATED", creation(8)), QFS_OK);
	sample_close(&s);
}

static void
creations_refused(void)
{
	static const struct
	{
		const char *kind;
		const char *size;
		const char *detail;		/* NULL: it is good */
	}			rows[] = {
		{"x", "0", NULL},
		{"x", "9007199254740991", NULL},
		{"123456789012345678901234567890123456789012345678901234567890123", "1", NULL},
		{"1234567890123456789012345678901234567890123456789012345678901234", "1", "payload.kind: too long"},
		/* 63 characters are too much if they are not bytes. */
		{"\xC3\xA9" "23456789012345678901234567890123456789012345678901234567890123", "1", "payload.kind: at most 63 bytes"},
		{"", "1", "payload.kind: too short"},
		{"a\\nb", "1", "payload.kind: at most 63 bytes without escapes"},
		{"x", "-1", "payload.size: too small"},
		{"x", "\"1\"", "payload.size: wrong type"},
		{"x", "null", "payload.size: wrong type"},
	};

	meet();
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		char		payload[256];

		unit_row("%s, %s", rows[i].kind, rows[i].size);
		snprintf(payload, sizeof(payload), "{\"content\":\"%s\",\"kind\":\"%s\",\"size\":%s}", content((uint8_t) i),
				 rows[i].kind, rows[i].size);
		if (rows[i].detail == NULL)
			CHECK_STATUS(people_append(&s, &ann, "CONTENT_CREATED", payload), QFS_OK);
		else
			refused(&ann, "CONTENT_CREATED", payload, QFS_PAYLOAD_INVALID, rows[i].detail);
	}
	refused(&ann, "CONTENT_CREATED", "{\"content\":\"000000000000000000000000000000000000000000000000000000000000000A\","
			"\"kind\":\"x\",\"size\":1}", QFS_PAYLOAD_INVALID, "payload.content: 64 lower-case");
	refused(&ann, "CONTENT_CREATED", "{\"content\":\"00\",\"kind\":\"x\",\"size\":1}", QFS_PAYLOAD_INVALID,
			"payload.content: too short");
	sample_refuse_as(&s, SAMPLE_OPERATOR, NULL, "CONTENT_CREATED", creation(9), QFS_NO_SESSION, "");
	sample_close(&s);
}

/* ---- evaluation ---- */

static void
scored(void)
{
	const void *record;

	meet();
	CHECK_STATUS(people_append(&s, &ann, "CONTENT_CREATED", creation(7)), QFS_OK);
	CHECK_STATUS(people_append(&s, &eve, "COHERENCE_SCORED", scoring(7, FEATURES)), QFS_OK);
	/* 0.1 * 0.756, for the author; whoever scores gains nothing */
	people_outcome(&s, "{\"result\":{\"score\":\"0.756000000000000000\"},\"status\":\"OK\"}");
	people_touched(&s, "#1 standing 4 CONTENT_SCORED coherence 0->0.0756");
	people_read(&s, "#2 access 5");
	record = people_record(&s, qfs_rule_content_created.kind, 0, 1);
	CHECK(qfs_field_present(&qfs_rule_content_created.kind->fields[5], record));
	CHECK_AMOUNT(*(const qfs_amount *) field("score"), "0.756000000000000000");
	CHECK_AMOUNT(people_standing(&s, &ann).coherence, "0.075600000000000000");
	CHECK_INT(people_last(&s, &ann, &qfs_kind_standing), 8);
	CHECK_INT(people_last(&s, &eve, &qfs_kind_standing), 5);

	refused(&eve, "COHERENCE_SCORED", scoring(7, FEATURES), QFS_CONTENT_SCORED, content(7));
	/* A bad score moves an author back. */
	CHECK_STATUS(people_append(&s, &ann, "CONTENT_CREATED", creation(8)), QFS_OK);
	CHECK_STATUS(people_append(&s, &eve, "COHERENCE_SCORED", scoring(8, "{\"clarity\":\"0\",\"contradiction\":\"0\","
							   "\"hsmf\":\"0\",\"logic\":\"0\",\"signal\":\"0\",\"topic\":\"0\"}")), QFS_OK);
	CHECK_AMOUNT(people_standing(&s, &ann).coherence, "0.068040000000000000");
	sample_close(&s);
}

/* The weights are those in force, and a sum above one is one. */
static void
weights(void)
{
	char		policy[512];

	meet();
	snprintf(policy, sizeof(policy), PEOPLE_POLICY(",\"coherence\":{\"alpha\":\"0.5\",\"weights\":{\"clarity\":\"1\",\"topic\":\"0.5\"}},"
			 "\"evaluators\":[\"%s\"]"), eve.wallet.user_name);
	people_policy(&s, policy);
	CHECK_STATUS(people_append(&s, &ann, "CONTENT_CREATED", creation(7)), QFS_OK);
	CHECK_STATUS(people_append(&s, &eve, "COHERENCE_SCORED", scoring(7, FEATURES)), QFS_OK);
	people_outcome(&s, "{\"result\":{\"score\":\"1.000000000000000000\"},\"status\":\"OK\"}");
	people_touched(&s, "#1 standing 4 CONTENT_SCORED coherence 0->0.5");
	sample_close(&s);
}

static void
scorings_refused(void)
{
	char		payload[256];

	meet();
	CHECK_STATUS(people_append(&s, &ann, "CONTENT_CREATED", creation(7)), QFS_OK);
	CHECK_STATUS(people_append(&s, &eve, "CONTENT_CREATED", creation(8)), QFS_OK);
	refused(&ann, "COHERENCE_SCORED", scoring(8, FEATURES), QFS_FORBIDDEN, "not in policy.evaluators");
	/* Not even what exists is told to others. */
	refused(&ann, "COHERENCE_SCORED", scoring(9, FEATURES), QFS_FORBIDDEN, "not in policy.evaluators");
	refused(&eve, "COHERENCE_SCORED", scoring(8, FEATURES), QFS_FORBIDDEN, "nobody scores a content of their own");
	refused(&eve, "COHERENCE_SCORED", scoring(9, FEATURES), QFS_CONTENT_UNKNOWN, content(9));
	refused(&eve, "COHERENCE_SCORED", scoring(7, "{}"), QFS_FEATURES_INVALID, "clarity is missing");
	refused(&eve, "COHERENCE_SCORED", scoring(7, "{\"clarity\":\"1.1\",\"contradiction\":\"1\",\"hsmf\":\"0.5\","
			"\"logic\":\"0.8\",\"signal\":\"0.7\",\"topic\":\"0.9\"}"), QFS_FEATURES_INVALID, "clarity");
	refused(&eve, "COHERENCE_SCORED", scoring(7, "[]"), QFS_PAYLOAD_INVALID, "payload.features: wrong type");
	snprintf(payload, sizeof(payload), "{\"content\":\"%s\",\"features\":{},\"score\":\"1\"}", content(7));
	refused(&eve, "COHERENCE_SCORED", payload, QFS_PAYLOAD_INVALID, "unknown member");
	refused(&eve, "COHERENCE_SCORED", "{\"content\":\"000000000000000000000000000000000000000000000000000000000000000A\","
			"\"features\":{}}", QFS_PAYLOAD_INVALID, "payload.content: 64 lower-case");
	sample_refuse_as(&s, SAMPLE_OPERATOR, NULL, "COHERENCE_SCORED", scoring(7, FEATURES), QFS_NO_SESSION, "");
	/* Nobody evaluates any more. */
	people_policy(&s, PEOPLE_POLICY(""));
	refused(&eve, "COHERENCE_SCORED", scoring(7, FEATURES), QFS_FORBIDDEN, "not in policy.evaluators");
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(created),
	CASE(creations_refused),
	CASE(scored),
	CASE(weights),
	CASE(scorings_refused),
	NO_MORE_CASES
};

const unit_suite suite_content = {"content", cases};
