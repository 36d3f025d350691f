/*
 * test_visibility.c - who sees what of an entry: every type, every reader.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "engine/visibility.h"
#include "ledger/registry.h"
#include "support/people.h"
#include "support/second_hash.h"

static sample s;
static person ann;
static person bob;
static person cid;

/* Ann has invited Bob, who writes with Cid; Cid scores what Bob wrote. */
static void
open_history(void)
{
	static const char content[] = "{\"content\":\"abababababababababababababababababababababababababababababababab\",";
	char		policy[512];
	char		payload[512];

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);	/* 4 */
	bob = people_join(&s, 2, 50);	/* 5 */
	cid = people_join(&s, 3, 0);	/* 6 */
	CHECK_STATUS(people_use(&s, &bob, &ann), QFS_OK);	/* 7 */
	CHECK_STATUS(people_chat_key(&s, &bob, 2), QFS_OK);	/* 8 */
	CHECK_STATUS(people_chat_key(&s, &cid, 3), QFS_OK);	/* 9 */
	CHECK_STATUS(people_profile(&s, &bob, 1), QFS_OK);	/* 10 */
	CHECK_STATUS(people_write(&s, &cid, &bob, 1), QFS_OK);	/* 11 */
	CHECK_STATUS(people_write(&s, &bob, &cid, 1), QFS_OK);	/* 12: settles */
	snprintf(policy, sizeof(policy), PEOPLE_POLICY(",\"evaluators\":[\"%s\"]"), cid.wallet.user_name);
	people_policy(&s, policy);	/* 13 */
	snprintf(payload, sizeof(payload), "%s\"kind\":\"text\",\"size\":1}", content);
	CHECK_STATUS(people_append(&s, &bob, "CONTENT_CREATED", payload), QFS_OK);	/* 14 */
	snprintf(payload, sizeof(payload), "%s\"features\":{\"clarity\":\"1\",\"contradiction\":\"1\",\"hsmf\":\"1\","
			 "\"logic\":\"1\",\"signal\":\"1\",\"topic\":\"1\"}}", content);
	CHECK_STATUS(people_append(&s, &cid, "COHERENCE_SCORED", payload), QFS_OK);	/* 15 */
	CHECK_STATUS(people_append(&s, &ann, "POSTED", "{}"), QFS_OK);	/* 16 */
	CHECK_STATUS(sample_append(&s, "NOTED", "{}"), QFS_OK);	/* 17 */
	CHECK_STATUS(sample_append(&s, "SESSION_REVOKED", signin_naming("{\"reason\":\"admin\",\"session\":\"%s\"}", &cid.session)),
				 QFS_OK);		/* 18 */
	CHECK_STATUS(sample_append(&s, "KEY_ROTATED", sample_rotation_payload(&s.entry[0].seal.hash, 1, 2)), QFS_OK);	/* 19 */
}

/* Whose account it is: its wallet's number. */
static int
number_of(const qfs_user_id *user)
{
	const person *const people[] = {&ann, &bob, &cid};

	for (int i = 0; i < 3; i++)
		if (memcmp(&people[i]->wallet.user, user, sizeof(*user)) == 0)
			return i + 1;
	return 0;
}

/* What the reader is shown of an entry: "act #1 standing #2 ties". */
static const char *
shown(unsigned seq, const qfs_reader *reader)
{
	static char text[256];
	static uint8_t memory[QFS_LINE_MAX];
	qfs_entry	entry;
	qfs_hash	hash;
	qfs_buf		line;
	size_t		len = 0;
	bool		any;

	CHECK_STATUS(qfs_line_read(sample_line(&s, seq), &entry, NULL), QFS_OK);
	any = qfs_sees_any(&qfs_registry_own, reader, &entry);
	qfs_show_to(&qfs_registry_own, reader, &entry);
	text[0] = '\0';
	/* All of them or none. */
	for (int part = 1; part < QFS_PARTS; part++)
		CHECK(entry.parts[part].shown == entry.parts[0].shown);
	if (entry.parts[QFS_PART_ACT].shown)
		len += (size_t) snprintf(text, sizeof(text), "act");
	for (unsigned i = 0; i < entry.account_count; i++)
		if (entry.account_parts[i].part.shown)
			len += (size_t) snprintf(text + len, sizeof(text) - len, "%s#%d %.*s", len > 0 ? " " : "",
									 number_of(&entry.account_parts[i].account), (int) entry.account_parts[i].kind.len,
									 entry.account_parts[i].kind.data);
	CHECK(any == (len > 0));
	/* It is the same entry, and the line says what the entry does. */
	qfs_buf_init(&line, memory, sizeof(memory));
	CHECK_STATUS(qfs_line_write(&entry, &line, NULL), QFS_OK);
	hash = second_hash(qfs_buf_slice(&line));
	CHECK_HASH(&hash, &s.entry[seq].seal.hash);
	if (len == 0)
		CHECK_TEXT(qfs_buf_slice(&line), second_head(sample_line(&s, seq)));
	return text;
}

static void
matrix(void)
{
	static const struct
	{
		unsigned	seq;
		const char *nobody;
		const char *by[3];		/* ann, bob, cid */
		const char *all;
	}			rows[] = {
		{0, "act", {"act", "act", "act"}, "act"},	/* GENESIS */
		{1, "act", {"act", "act", "act"}, "act"},	/* POLICY_CHANGED */
		{2, "act", {"act", "act", "act"}, "act"},	/* EVENT_TYPE */
		{4, "", {"act #1 access #1 standing", "", ""}, "act #1 access #1 standing"},
		/* Whom somebody has invited is known to whoever has. */
		{7, "", {"#2 ties", "act #2 nonce #2 ties", ""}, "act #2 nonce #2 ties"},
		{8, "", {"", "act #2 nonce #2 standing", ""}, "act #2 nonce #2 standing"},
		{10, "", {"", "act #2 nonce #2 standing", ""}, "act #2 nonce #2 standing"},
		{11, "", {"#2 ties", "act #2 ties", "act #3 ties"}, "act #3 ties #2 ties"},
		/* Sender and recipient see each other's standing, and the referrer's; the referrer, what it is paid for. */
		{12, "", {"#2 ties #1 standing", "act #2 nonce #2 ties #2 standing #1 standing", "act #3 ties #2 standing #1 standing"},
		"act #2 nonce #2 ties #3 ties #2 standing #1 standing"},
		{13, "act", {"act", "act", "act"}, "act"},
		{14, "", {"", "act #2 nonce", ""}, "act #2 nonce"},
		/* A score is its author's business. */
		{15, "", {"", "act #2 standing", "act #2 standing"}, "act #2 standing"},
		{16, "", {"act", "", ""}, "act"},
		{17, "", {"", "", ""}, "act"},
		/* What the ledger itself does to an account is that account's. */
		{18, "", {"", "", "act #3 access"}, "act #3 access"},
		{19, "act", {"act", "act", "act"}, "act"},	/* KEY_ROTATED */
	};
	const person *people[] = {&ann, &bob, &cid};

	open_history();
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_reader	reader = {.all = false};

		unit_row("entry %u, nobody", rows[i].seq);
		CHECK_TEXT(qfs_slice_of(shown(rows[i].seq, &reader)), rows[i].nobody);
		reader.all = true;
		unit_row("entry %u, everybody", rows[i].seq);
		CHECK_TEXT(qfs_slice_of(shown(rows[i].seq, &reader)), rows[i].all);
		reader = (qfs_reader) {.has_user = true};
		memset(&reader.user, 0x77, sizeof(reader.user));
		unit_row("entry %u, a stranger", rows[i].seq);
		CHECK_TEXT(qfs_slice_of(shown(rows[i].seq, &reader)), rows[i].nobody);
		for (int p = 0; p < 3; p++)
		{
			unit_row("entry %u, wallet %d", rows[i].seq, p + 1);
			reader.user = people[p]->wallet.user;
			CHECK_TEXT(qfs_slice_of(shown(rows[i].seq, &reader)), rows[i].by[p]);
		}
	}
	sample_close(&s);
}

/* A reader who is nobody has an id of zeros in its memory: that is nobody's. */
static void
nobody_is_nobody(void)
{
	qfs_reader	reader = {.all = false};

	open_history();
	reader.user = bob.wallet.user;
	CHECK_TEXT(qfs_slice_of(shown(12, &reader)), "");
	sample_close(&s);
}

/* Of what was hidden before nothing comes back, and nobody's part is guessed. */
static void
shown_twice(void)
{
	qfs_reader	auditor = {.all = true};
	qfs_reader	reader = {.has_user = true};
	qfs_entry	entry;

	open_history();
	reader.user = cid.wallet.user;
	CHECK_STATUS(qfs_line_read(sample_line(&s, 12), &entry, NULL), QFS_OK);
	qfs_entry_hide(&entry, QFS_PART_ACT);
	/* Who acted is not to be known: Cid is no party of what it does not see. */
	CHECK(!qfs_is_party(&qfs_registry_own, &reader, &entry));
	CHECK(!qfs_sees_act(&qfs_registry_own, &reader, &entry));
	qfs_show_to(&qfs_registry_own, &auditor, &entry);
	CHECK(!entry.parts[QFS_PART_ACT].shown && entry.parts[QFS_PART_PAYLOAD].shown);
	CHECK(entry.account_parts[0].part.shown);
	/* A payload that is gone names no recipient. */
	CHECK_STATUS(qfs_line_read(sample_line(&s, 12), &entry, NULL), QFS_OK);
	qfs_entry_hide(&entry, QFS_PART_PAYLOAD);
	CHECK(!qfs_is_party(&qfs_registry_own, &reader, &entry));
	reader.user = bob.wallet.user;
	CHECK(qfs_is_party(&qfs_registry_own, &reader, &entry));
	for (unsigned i = 0; i < entry.account_count; i++)
		qfs_entry_hide_account(&entry, i);
	for (unsigned i = 0; i < entry.account_count; i++)
		CHECK(!qfs_sees_account(&qfs_registry_own, &auditor, &entry, i));
	sample_close(&s);
}

static bool
is_among(const qfs_user_id *user, const qfs_user_id *parties, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (memcmp(&parties[i], user, sizeof(*user)) == 0)
			return true;
	return false;
}

/* Whom an entry concerns are those who see more of it than a stranger does, and nobody else. */
static void
parties(void)
{
	const person *const people[] = {&ann, &bob, &cid};
	/* By entry, in the order in which they are found: wallets' numbers. */
	static const struct
	{
		unsigned	seq;
		const char *who;
	}			rows[] = {
		{0, ""}, {1, ""}, {4, "1"}, {7, "21"}, {8, "2"}, {11, "321"}, {12, "231"}, {13, ""}, {14, "2"}, {15, "32"}, {16, "1"}, {17, ""}, {18, "3"}, {19, ""},
	};

	open_history();
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_user_id found[QFS_PARTIES_MAX];
		char		who[QFS_PARTIES_MAX + 1] = "";
		qfs_reader	stranger = {.has_user = true};
		qfs_entry	entry;
		unsigned	count;
		char		seen_by_stranger[256];

		unit_row("entry %u", rows[i].seq);
		CHECK_STATUS(qfs_line_read(sample_line(&s, rows[i].seq), &entry, NULL), QFS_OK);
		count = qfs_parties(&qfs_registry_own, &entry, found);
		for (unsigned n = 0; n < count; n++)
			who[n] = (char) ('0' + number_of(&found[n]));
		CHECK_TEXT(qfs_slice_of(who), rows[i].who);
		memset(&stranger.user, 0x77, sizeof(stranger.user));
		snprintf(seen_by_stranger, sizeof(seen_by_stranger), "%s", shown(rows[i].seq, &stranger));
		for (int p = 0; p < 3; p++)
		{
			qfs_reader	reader = {.has_user = true,.user = people[p]->wallet.user};

			unit_row("entry %u, wallet %d", rows[i].seq, p + 1);
			CHECK(is_among(&reader.user, found, count) == (strcmp(shown(rows[i].seq, &reader), seen_by_stranger) != 0));
		}
	}
	sample_close(&s);
}

/* What is not shown concerns nobody that it would name. */
static void
hidden_parties(void)
{
	qfs_user_id found[QFS_PARTIES_MAX];
	qfs_entry	entry;

	open_history();
	CHECK_STATUS(qfs_line_read(sample_line(&s, 16), &entry, NULL), QFS_OK);
	qfs_entry_hide(&entry, QFS_PART_ACT);
	CHECK(qfs_parties(&qfs_registry_own, &entry, found) == 0);
	CHECK_STATUS(qfs_line_read(sample_line(&s, 4), &entry, NULL), QFS_OK);
	qfs_entry_hide(&entry, QFS_PART_ACT);
	for (unsigned i = 0; i < entry.account_count; i++)
		qfs_entry_hide_account(&entry, i);
	CHECK(qfs_parties(&qfs_registry_own, &entry, found) == 0);
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(matrix),
	CASE(parties),
	CASE(hidden_parties),
	CASE(nobody_is_nobody),
	CASE(shown_twice),
	NO_MORE_CASES
};

const unit_suite suite_visibility = {"visibility", cases};
