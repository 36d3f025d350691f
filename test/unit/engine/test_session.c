/*
 * test_session.c - sessions: names, blocks, rotation, revocation, limits.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <sodium.h>
#include <stdio.h>

#include "crypto/sha256.h"
#include "engine/session.h"
#include "support/people.h"
#include "support/second_hash.h"

#define BLOCK 17000

static sample s;

static const char *
digits_of(const qfs_hash *hash)
{
	static char digits[65];

	sodium_bin2hex(digits, sizeof(digits), hash->bytes, sizeof(hash->bytes));
	return digits;
}

/* {"nonce":…} of a SESSION_ROTATED: the byte n, 32 times. */
static const char *
rotation(uint8_t n)
{
	static char payload[128];
	qfs_hash	nonce;

	memset(&nonce, n, sizeof(nonce));
	snprintf(payload, sizeof(payload), "{\"nonce\":\"%s\"}", digits_of(&nonce));
	return payload;
}

static const char *
revocation(const qfs_hash *session, const char *reason)
{
	static char payload[256];

	snprintf(payload, sizeof(payload), "{\"reason\":\"%s\",\"session\":\"%s\"}", reason,
			 digits_of(session));
	return payload;
}

/* Digest of a session in its account's part, of what the session's record says. */
static const char *
digest(const qfs_hash *session)
{
	static char out[65];
	const qfs_session_record *record = signin_record(&s, session);
	char		device[48] = "null";
	char		text[512];
	uint8_t		hash[32];

	if (record->has_device)
	{
		device[0] = '"';
		sodium_bin2base64(device + 1, 44, record->device.bytes, QFS_HASH_LEN,
						  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
		strcat(device, "\"");
	}
	snprintf(text, sizeof(text), "{\"device\":%s,\"expires_at\":%lld,\"operator\":%s,\"session\":\"%s\","
			 "\"ttl_blocks\":%lld}", device,
			 (long long) (SAMPLE_TIME + (record->issued_block + record->ttl_blocks) * BLOCK),
			 record->operates ? "true" : "false", digits_of(session), (long long) record->ttl_blocks);
	crypto_hash_sha256(hash, (const uint8_t *) text, strlen(text));
	return sodium_bin2hex(out, sizeof(out), hash, sizeof(hash));
}

static qfs_hash
rotate(const qfs_hash *session, uint8_t wallet, uint8_t nonce)
{
	test_wallet actor = test_wallet_of(wallet);
	qfs_hash	next = {{0}};

	if (CHECK_STATUS(sample_append_as(&s, signin_acting(&s, session, &actor, "SESSION_ROTATED", rotation(nonce)),
									  &actor.user, "SESSION_ROTATED", rotation(nonce)), QFS_OK))
		CHECK(qfs_json_member_hex(second_member(s.event.outcome, "result"), "session", next.bytes, QFS_HASH_LEN));
	return next;
}

/* Can this session post for this wallet? */
static qfs_status
post(const qfs_hash *session, uint8_t wallet)
{
	test_wallet actor = test_wallet_of(wallet);

	return sample_append_as(&s, signin_acting(&s, session, &actor, "POSTED", "{}"), &actor.user, "POSTED", "{}");
}

/* ---- names and blocks ---- */

static void
names(void)
{
	static const struct
	{
		bool		operates;
		uint8_t		device;
		int64_t		block;
	}			rows[] = {{false, 0, 0}, {false, 50, 0}, {true, 0, 0}, {true, 51, INT64_C(9007199254740991)}};
	test_wallet wallet = test_wallet_of(3);

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_session_record session = {.user = wallet.user,.issued_block = rows[i].block,
			.operates = rows[i].operates,.has_device = rows[i].device != 0,.seq = 77,.ttl_blocks = 88
		};
		qfs_hash	nonce;
		qfs_hash	want;
		char		device[46] = "null";
		char		text[512];

		unit_row("name %zu", i);
		memset(&nonce, 0xAB, sizeof(nonce));
		if (session.has_device)
		{
			session.device = test_key_of(rows[i].device).public;
			device[0] = '"';
			sodium_bin2base64(device + 1, 44, session.device.bytes, QFS_HASH_LEN,
							  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
			strcat(device, "\"");
		}
		snprintf(text, sizeof(text), "{\"actor\":\"%s\",\"device\":%s,\"issued_block\":%lld,"
				 "\"nonce\":\"%s\",\"scope\":[\"account\"%s]}", wallet.user_name, device,
				 (long long) rows[i].block, digits_of(&nonce), rows[i].operates ? ",\"operator\"" : "");
		qfs_sha256(qfs_slice_of(text), &want);
		qfs_session_name(&session, &nonce);
		CHECK_HASH(&session.session, &want);
	}
}

static void
blocks(void)
{
	qfs_session_record session = {.issued_block = 5,.ttl_blocks = 10};

	signin_ledger(&s, NULL);
	CHECK_STATUS(qfs_reducer_refresh(&s.reducer, NULL), QFS_OK);
	CHECK_INT(qfs_block_at(&s.reducer, SAMPLE_TIME), 0);
	CHECK_INT(qfs_block_at(&s.reducer, SAMPLE_TIME + BLOCK - 1), 0);
	CHECK_INT(qfs_block_at(&s.reducer, SAMPLE_TIME + BLOCK), 1);
	CHECK_INT(qfs_block_at(&s.reducer, SAMPLE_TIME + 1000 * (int64_t) BLOCK), 1000);

	CHECK_INT(qfs_session_expires_at(&s.reducer, &session), SAMPLE_TIME + 15 * BLOCK);
	CHECK(!qfs_session_is_active(&s.reducer, &session, SAMPLE_TIME + 5 * BLOCK - 1));
	CHECK(qfs_session_is_active(&s.reducer, &session, SAMPLE_TIME + 5 * BLOCK));
	CHECK(qfs_session_is_active(&s.reducer, &session, SAMPLE_TIME + 15 * BLOCK - 1));
	CHECK(!qfs_session_is_active(&s.reducer, &session, SAMPLE_TIME + 15 * BLOCK));
	session.has_ended = true;
	CHECK(!qfs_session_is_active(&s.reducer, &session, SAMPLE_TIME + 5 * BLOCK));
	sample_close(&s);
}

static void
scopes(void)
{
	static const char *const want[] = {"[\"account\"]", "[\"account\",\"operator\"]"};

	for (int operates = 0; operates < 2; operates++)
	{
		qfs_session_record session = {.operates = operates};
		uint8_t		memory[64];
		qfs_json_writer w;
		qfs_buf		buf;

		qfs_buf_init(&buf, memory, sizeof(memory));
		qfs_json_begin(&w, &buf);
		qfs_session_write_scope(&w, &session);
		CHECK_STATUS(qfs_json_end(&w, NULL), QFS_OK);
		CHECK_TEXT(qfs_buf_slice(&buf), want[operates]);
	}
}

/* A session lasts to the last millisecond of its last block, and no longer. */
static void
expiry(void)
{
	test_wallet wallet = test_wallet_of(3);
	qfs_hash	session;
	int64_t		end;

	signin_ledger(&s, "{\"auth\":{\"chain_ids\":[1],\"domains\":[\"app.example\"],"
				  "\"uris\":[\"https://app.example\"]},\"ttl_blocks\":3}");
	s.later = 7 * BLOCK;
	session = signin_session(&s, 3, 0, 1);
	end = SAMPLE_TIME + 10 * BLOCK;
	s.later += end - 1 - signin_now(&s);
	CHECK_STATUS(post(&session, 3), QFS_OK);
	s.later += end - signin_now(&s);
	sample_refuse_as(&s, signin_auth(&session), &wallet.user, "POSTED", "{}", QFS_SESSION_ENDED,
					 "it was good for 3 blocks");
	sample_refuse_as(&s, signin_auth(&session), &wallet.user, "SESSION_ROTATED", rotation(9),
					 QFS_SESSION_ENDED, "it was good for 3 blocks");
	sample_close(&s);
}

/* What the policy says later changes later sessions only. */
static void
ttl_changes(void)
{
	qfs_hash	before;
	qfs_hash	after;

	signin_ledger(&s, NULL);
	before = signin_session(&s, 3, 0, 1);
	CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", sample_policy_payload(
							   "{\"auth\":{\"chain_ids\":[1],\"domains\":[\"app.example\"],"
							   "\"uris\":[\"https://app.example\"]},\"ttl_blocks\":2}")), QFS_OK);
	after = signin_session(&s, 3, 0, 2);
	CHECK_INT(signin_record(&s, &before)->ttl_blocks, 1000);
	CHECK_INT(signin_record(&s, &after)->ttl_blocks, 2);
	s.later = 2 * BLOCK;
	CHECK_STATUS(post(&after, 3), QFS_SESSION_ENDED);
	CHECK_STATUS(post(&before, 3), QFS_OK);
	sample_close(&s);
}

/* One that a later time has issued is not there yet. */
static void
unknown_and_early(void)
{
	test_wallet wallet = test_wallet_of(3);
	qfs_hash	nothing = {{9}};
	qfs_session_record early = {.session = {{8}},.user = wallet.user,.issued_block = 100,.ttl_blocks = 10};
	qfs_store  *store;

	signin_ledger(&s, NULL);
	s.apart = true;
	store = qfs_memory_store_base(s.store);
	sample_refuse_as(&s, signin_auth(&nothing), &wallet.user, "POSTED", "{}", QFS_SESSION_ENDED,
					 "it never began");
	CHECK_STATUS(store->put(store, &qfs_kind_session, &early, NULL), QFS_OK);
	sample_refuse_as(&s, signin_auth(&early.session), &wallet.user, "POSTED", "{}", QFS_SESSION_ENDED, "");
	sample_close(&s);
}

/* ---- rotation ---- */

static void
rotated(void)
{
	test_wallet wallet = test_wallet_of(3);
	const qfs_session_record *old;
	const qfs_session_record *new;
	test_key	device = test_key_of(50);
	char		text[512];
	char		want[512];
	char		ended[65];
	qfs_hash	nonce;
	qfs_hash	session;
	qfs_hash	expected;
	qfs_hash	next;
	char		device_text[44];
	char		digests[2][65];

	signin_ledger(&s, NULL);
	session = signin_session(&s, 3, 50, 1);
	s.later = 20 * BLOCK;
	next = rotate(&session, 3, 2);

	memset(&nonce, 2, sizeof(nonce));
	sodium_bin2base64(device_text, sizeof(device_text), device.public.bytes, QFS_HASH_LEN,
					  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	snprintf(text, sizeof(text), "{\"actor\":\"%s\",\"device\":\"%s\",\"issued_block\":20,"
			 "\"nonce\":\"%s\",\"scope\":[\"account\"]}", wallet.user_name, device_text,
			 digits_of(&nonce));
	qfs_sha256(qfs_slice_of(text), &expected);
	CHECK_HASH(&next, &expected);
	strcpy(ended, digits_of(&session));
	snprintf(want, sizeof(want), "{\"policy\":\"%s\",\"result\":{\"ended\":\"%s\",\"expires_at\":%lld,"
			 "\"issued_block\":20,\"scope\":[\"account\"],\"session\":\"%s\"},\"status\":\"OK\"}",
			 signin_policy(&s), ended, (long long) SAMPLE_TIME + 1020 * BLOCK, digits_of(&expected));
	CHECK_TEXT(s.event.outcome, want);
	strcpy(digests[0], digest(&session));
	strcpy(digests[1], digest(&next));
	people_touched(&s, "#3 nonce null EVENT_SIGNED {\"event_nonce\":1}; "
				   "#3 access 4 SESSION_ROTATED sessions [\"%s\"]->[\"%s\"]", digests[0], digests[1]);
	people_read(&s, "");

	old = signin_record(&s, &session);
	CHECK(old->has_ended && old->has_reason);
	CHECK_INT(old->ended, 5);
	CHECK_TEXT(qfs_slice_of(old->reason), "rotated");
	CHECK_INT(old->seq, 4);
	new = signin_record(&s, &next);
	CHECK(!new->has_ended && !new->has_reason && new->has_device);
	CHECK_HASH(&new->device, &device.public);
	CHECK_INT(new->seq, 5);
	CHECK_INT(new->issued_block, 20);
	CHECK_INT(new->ttl_blocks, 1000);

	CHECK_STATUS(post(&next, 3), QFS_OK);
	sample_refuse_as(&s, signin_auth(&session), &wallet.user, "POSTED", "{}", QFS_SESSION_ENDED,
					 "entry 5 ended it");
	sample_refuse_as(&s, signin_auth(&session), &wallet.user, "SESSION_ROTATED", rotation(3),
					 QFS_SESSION_ENDED, "entry 5 ended it");
	next = rotate(&next, 3, 4);
	CHECK_STATUS(post(&next, 3), QFS_OK);
	sample_close(&s);
}

/* A nonce that would bring an ended session back is refused. */
static void
rotated_with_an_old_nonce(void)
{
	test_wallet wallet = test_wallet_of(3);
	qfs_hash	first;
	qfs_hash	second;
	qfs_hash	third;

	signin_ledger(&s, NULL);
	first = signin_session(&s, 3, 0, 1);
	second = rotate(&first, 3, 2);
	third = rotate(&second, 3, 3);
	sample_refuse_as(&s, signin_auth(&third), &wallet.user, "SESSION_ROTATED", rotation(3),
					 QFS_NONCE_USED, "by entry 6");
	sample_refuse_as(&s, signin_auth(&third), &wallet.user, "SESSION_ROTATED", rotation(2),
					 QFS_NONCE_USED, "by entry 5");
	CHECK_STATUS(post(&third, 3), QFS_OK);
	sample_close(&s);
}

/* Nor do a sign-in and a rotation lead to one session: names differ, or the second is refused. */
static void
rotated_with_a_nonce_of_a_login(void)
{
	static signin in;
	test_wallet wallet = test_wallet_of(3);
	char		payload[128];
	qfs_hash	session;

	signin_ledger(&s, NULL);
	session = signin_session(&s, 3, 50, 1);
	signin_make(&in, 3, 50, signin_now(&s) - 1000, 1);
	snprintf(payload, sizeof(payload), "{\"nonce\":\"%s\"}", in.nonce);
	sample_refuse_as(&s, signin_acting(&s, &session, &wallet, "SESSION_ROTATED", payload), &wallet.user,
					 "SESSION_ROTATED", payload, QFS_NONCE_USED, "by entry 4, for a session of this block");

	signin_make(&in, 3, 50, signin_now(&s), 2);
	snprintf(payload, sizeof(payload), "{\"nonce\":\"%s\"}", in.nonce);
	CHECK_STATUS(sample_append_as(&s, signin_acting(&s, &session, &wallet, "SESSION_ROTATED", payload), &wallet.user,
								  "SESSION_ROTATED", payload), QFS_OK);
	sample_refuse_as(&s, in.auth, &wallet.user, "LOGIN", in.payload, QFS_NONCE_USED,
					 "by entry 5, for a session of this block");
	s.later = BLOCK;
	CHECK_STATUS(signin_append(&s, &in), QFS_OK);
	sample_close(&s);
}

static void
rotations_refused(void)
{
	static const struct
	{
		const char *payload;
		const char *detail;
	}			rows[] = {
		{"{}", "payload.nonce: missing"},
		{"{\"nonce\":1}", "payload.nonce: wrong type"},
		{"{\"nonce\":\"0\"}", "payload.nonce: too short"},
		{"{\"nonce\":\"000000000000000000000000000000000000000000000000000000000000000G\"}", "hexadecimal"},
		{"{\"nonce\":\"000000000000000000000000000000000000000000000000000000000000000A\"}", "hexadecimal"},
		{"{\"nonce\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"ttl\":1}",
		"payload.ttl: unknown member"},
	};
	test_wallet wallet = test_wallet_of(3);
	qfs_hash	session;

	signin_ledger(&s, NULL);
	session = signin_session(&s, 3, 0, 1);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].payload);
		sample_refuse_as(&s, signin_auth(&session), &wallet.user, "SESSION_ROTATED", rows[i].payload,
						 QFS_PAYLOAD_INVALID, rows[i].detail);
	}
	sample_close(&s);
}

/* ---- as many as there may be ---- */

#define LIMITED(most) "{\"auth\":{\"chain_ids\":[1],\"domains\":[\"app.example\"],\"uris\":[\"https://app.example\"]}," \
	"\"limits\":{\"logins_per_minute\":100},\"sessions_max\":" most "}"

/* Lists of digests as people_touched writes them. */
static const char *
digests(const qfs_hash *sessions, size_t count)
{
	static char text[2][2048];
	static unsigned turn;
	size_t		len = 0;

	turn = !turn;
	len += (size_t) snprintf(text[turn], sizeof(text[turn]), "[");
	for (size_t i = 0; i < count; i++)
		len += (size_t) snprintf(text[turn] + len, sizeof(text[turn]) - len, "%s\"%s\"", i > 0 ? "," : "", digest(&sessions[i]));
	snprintf(text[turn] + len, sizeof(text[turn]) - len, "]");
	return text[turn];
}

static void
check_displaced(const qfs_hash *session, int64_t by)
{
	const qfs_session_record *record = signin_record(&s, session);
	char		want[128];
	char		detail[64];

	CHECK(record->has_ended && record->has_reason);
	CHECK_INT(record->ended, by);
	CHECK_TEXT(qfs_slice_of(record->reason), "displaced");
	snprintf(want, sizeof(want), "\"%s\"", digits_of(session));
	CHECK_TEXT(second_member(second_member(s.event.outcome, "result"), "displaced"), want);
	snprintf(detail, sizeof(detail), "entry %lld ended it", (long long) by);
	sample_refuse_as(&s, signin_auth(session), &record->user, "POSTED", "{}", QFS_SESSION_ENDED, detail);
}

/* The one that began first makes room; the others go on. */
static void
displaced(void)
{
	static const struct
	{
		const char *policy;
		unsigned	most;
	}			rows[] = {{LIMITED("1"), 1}, {LIMITED("2"), 2}, {LIMITED("16"), QFS_SESSIONS_MAX}};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_hash	sessions[QFS_SESSIONS_MAX + 2];
		unsigned	most = rows[i].most;

		unit_row("%u sessions", most);
		signin_ledger(&s, rows[i].policy);
		for (unsigned n = 0; n < most; n++)
		{
			sessions[n] = signin_session(&s, 3, 0, (uint8_t) (n + 1));
			CHECK(second_member(second_member(s.event.outcome, "result"), "displaced").len == 0);
		}
		for (unsigned n = most; n < most + 2; n++)
		{
			sessions[n] = signin_session(&s, 3, 0, (uint8_t) (n + 1));
			people_touched(&s, "#3 access %u SESSION_STARTED sessions %s->%s", 3 + n, digests(sessions + n - most, most),
						   digests(sessions + n - most + 1, most));
			check_displaced(&sessions[n - most], 4 + n);
		}
		CHECK_STATUS(post(&sessions[2], 3), QFS_OK);
		CHECK_STATUS(post(&sessions[most + 1], 3), QFS_OK);
		sample_close(&s);
	}
}

/* A lower limit ends nothing by itself: the next sign-in lets one end, a rotation none but its own. */
static void
limit_lowered(void)
{
	qfs_hash	sessions[5];

	signin_ledger(&s, LIMITED("3"));
	for (uint8_t n = 0; n < 3; n++)
		sessions[n] = signin_session(&s, 3, 0, (uint8_t) (n + 1));
	CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", sample_policy_payload(LIMITED("1"))), QFS_OK);
	sessions[3] = rotate(&sessions[2], 3, 9);
	people_touched(&s, "#3 access 6 SESSION_ROTATED sessions %s->%s", digests(sessions, 3),
				   digests((qfs_hash[]) {sessions[0], sessions[1], sessions[3]}, 3));
	CHECK_STATUS(post(&sessions[0], 3), QFS_OK);
	CHECK_STATUS(post(&sessions[1], 3), QFS_OK);
	sessions[4] = signin_session(&s, 3, 0, 10);
	check_displaced(&sessions[0], (int64_t) s.count - 1);
	CHECK_STATUS(post(&sessions[1], 3), QFS_OK);
	CHECK_STATUS(post(&sessions[3], 3), QFS_OK);
	CHECK_STATUS(post(&sessions[4], 3), QFS_OK);
	sample_close(&s);
}

/* What is over leaves at the next touch, and is in what was before; nobody is displaced for it. */
static void
over_and_gone(void)
{
	static const char *const how[] = {"a sign-in", "a rotation", "a revocation"};
	test_wallet wallet = test_wallet_of(3);

	for (int i = 0; i < 3; i++)
	{
		qfs_hash	sessions[3];
		qfs_hash	next;

		unit_row("%s", how[i]);
		signin_ledger(&s, LIMITED("2"));
		sessions[0] = signin_session(&s, 3, 0, 1);
		/* The last millisecond of the first one's last block, when the second has just begun. */
		s.later = 999 * BLOCK;
		sessions[1] = signin_session(&s, 3, 0, 2);
		s.later = SAMPLE_TIME + 1000 * BLOCK - 1 - (SAMPLE_TIME + 1000 * (int64_t) s.count);
		CHECK_STATUS(post(&sessions[0], 3), QFS_OK);
		s.later = SAMPLE_TIME + 1000 * BLOCK - (SAMPLE_TIME + 1000 * (int64_t) s.count);
		CHECK_STATUS(post(&sessions[0], 3), QFS_SESSION_ENDED);
		if (i == 0)
		{
			next = signin_session(&s, 3, 0, 3);
			people_touched(&s, "#3 access 5 SESSION_STARTED sessions %s->%s", digests(sessions, 2),
						   digests((qfs_hash[]) {sessions[1], next}, 2));
			CHECK(second_member(second_member(s.event.outcome, "result"), "displaced").len == 0);
		}
		else if (i == 1)
		{
			next = rotate(&sessions[1], 3, 3);
			people_touched(&s, "#3 access 5 SESSION_ROTATED sessions %s->%s", digests(sessions, 2), digests(&next, 1));
		}
		else
		{
			CHECK_STATUS(sample_append_as(&s, signin_auth(&sessions[1]), &wallet.user, "SESSION_REVOKED",
										  revocation(&sessions[1], "user_logout")), QFS_OK);
			people_touched(&s, "#3 access 5 SESSION_REVOKED sessions %s->[]", digests(sessions, 2));
		}
		/* Nothing ended it: it ran out. */
		CHECK(!signin_record(&s, &sessions[0])->has_ended);
		sample_close(&s);
	}
}

/* ---- revocation ---- */

static void
revoked(void)
{
	static const char *const reasons[] = {"user_logout", "device_lost", "compromised"};
	test_wallet wallet = test_wallet_of(3);

	for (size_t i = 0; i < ROWS(reasons); i++)
		for (int itself = 0; itself < 2; itself++)
		{
			const qfs_session_record *record;
			char		want[512];
			char		digests[2][65];
			qfs_hash	mine;
			qfs_hash	target;

			unit_row("%s, %s", reasons[i], itself ? "itself" : "another");
			signin_ledger(&s, NULL);
			mine = signin_session(&s, 3, 0, 1);
			target = itself ? mine : signin_session(&s, 3, 50, 2);
			CHECK_STATUS(sample_append_as(&s, signin_auth(&mine), &wallet.user, "SESSION_REVOKED",
										  revocation(&target, reasons[i])), QFS_OK);
			snprintf(want, sizeof(want), "{\"policy\":\"%s\",\"result\":{\"ended\":\"%s\"},\"status\":\"OK\"}",
					 signin_policy(&s), digits_of(&target));
			CHECK_TEXT(s.event.outcome, want);
			strcpy(digests[0], digest(&mine));
			strcpy(digests[1], digest(&target));
			if (itself)
				people_touched(&s, "#3 access 4 SESSION_REVOKED sessions [\"%s\"]->[]", digests[0]);
			else
				people_touched(&s, "#3 access 5 SESSION_REVOKED sessions [\"%s\",\"%s\"]->[\"%s\"]", digests[0],
							   digests[1], digests[0]);
			record = signin_record(&s, &target);
			CHECK(record->has_ended && record->has_reason);
			CHECK_INT(record->ended, s.count - 1);
			CHECK_TEXT(qfs_slice_of(record->reason), reasons[i]);
			CHECK_STATUS(post(&target, 3), QFS_SESSION_ENDED);
			CHECK_STATUS(post(&mine, 3), itself ? QFS_SESSION_ENDED : QFS_OK);
			sample_close(&s);
		}
}

static void
revoked_by_the_operator(void)
{
	test_wallet wallet = test_wallet_of(3);
	qfs_hash	session;

	signin_ledger(&s, NULL);
	session = signin_session(&s, 3, 0, 1);
	sample_refuse_as(&s, SAMPLE_OPERATOR, NULL, "SESSION_REVOKED", revocation(&session, "user_logout"),
					 QFS_FORBIDDEN, "the operator's only one");
	sample_refuse_as(&s, SAMPLE_OPERATOR, &wallet.user, "SESSION_REVOKED", revocation(&session, "admin"),
					 QFS_ACTOR_MISMATCH, "SESSION_REVOKED");
	sample_refuse_as(&s, signin_auth(&session), &wallet.user, "SESSION_REVOKED",
					 revocation(&session, "admin"), QFS_FORBIDDEN, "\"admin\" is the operator's");
	CHECK_STATUS(sample_append(&s, "SESSION_REVOKED", revocation(&session, "admin")), QFS_OK);
	/* An act of the ledger's own, that touches the account. */
	people_touched(&s, "#3 access 4 SESSION_REVOKED sessions [\"%s\"]->[]", digest(&session));
	CHECK_TEXT(qfs_slice_of(signin_record(&s, &session)->reason), "admin");
	CHECK_STATUS(post(&session, 3), QFS_SESSION_ENDED);
	sample_close(&s);
}

/* The account that lost its sessions signs in anew and ends the others. */
static void
locked_out(void)
{
	test_wallet wallet = test_wallet_of(3);
	qfs_hash	stolen;
	qfs_hash	mine;

	signin_ledger(&s, NULL);
	stolen = signin_session(&s, 3, 50, 1);
	mine = signin_session(&s, 3, 0, 2);
	CHECK_STATUS(sample_append_as(&s, signin_auth(&mine), &wallet.user, "SESSION_REVOKED",
								  revocation(&stolen, "compromised")), QFS_OK);
	CHECK_STATUS(post(&stolen, 3), QFS_SESSION_ENDED);
	sample_close(&s);
}

static void
revocations_refused(void)
{
	test_wallet wallet = test_wallet_of(3);
	test_wallet other = test_wallet_of(4);
	qfs_hash	nothing = {{9}};
	qfs_hash	short_lived;
	qfs_hash	session;
	qfs_hash	foreign;
	qfs_hash	ended;

	signin_ledger(&s, "{\"auth\":{\"chain_ids\":[1],\"domains\":[\"app.example\"],"
				  "\"uris\":[\"https://app.example\"]},\"ttl_blocks\":2}");
	short_lived = signin_session(&s, 3, 0, 1);
	s.later = 2 * BLOCK;
	session = signin_session(&s, 3, 0, 2);
	foreign = signin_session(&s, 4, 0, 3);
	ended = signin_session(&s, 3, 0, 4);
	ended = rotate(&ended, 3, 5);
	CHECK_STATUS(sample_append_as(&s, signin_auth(&session), &wallet.user, "SESSION_REVOKED",
								  revocation(&ended, "device_lost")), QFS_OK);

	sample_refuse_as(&s, signin_auth(&session), &wallet.user, "SESSION_REVOKED",
					 revocation(&foreign, "user_logout"), QFS_SESSION_FOREIGN, "the actor has no such session");
	sample_refuse_as(&s, signin_auth(&foreign), &other.user, "SESSION_REVOKED",
					 revocation(&session, "compromised"), QFS_SESSION_FOREIGN, "the actor has no such session");
	sample_refuse_as(&s, signin_auth(&session), &wallet.user, "SESSION_REVOKED",
					 revocation(&ended, "user_logout"), QFS_SESSION_UNKNOWN, digits_of(&ended));
	sample_refuse_as(&s, signin_auth(&session), &wallet.user, "SESSION_REVOKED",
					 revocation(&short_lived, "user_logout"), QFS_SESSION_UNKNOWN, digits_of(&short_lived));
	sample_refuse_as(&s, signin_auth(&session), &wallet.user, "SESSION_REVOKED",
					 revocation(&nothing, "user_logout"), QFS_SESSION_UNKNOWN, digits_of(&nothing));
	sample_refuse_as(&s, SAMPLE_OPERATOR, NULL, "SESSION_REVOKED",
					 revocation(&nothing, "admin"), QFS_SESSION_UNKNOWN, digits_of(&nothing));
	sample_refuse_as(&s, signin_auth(&ended), &wallet.user, "SESSION_REVOKED",
					 revocation(&session, "user_logout"), QFS_SESSION_ENDED, "ended it");
	sample_refuse_as(&s, SIGNIN_WALLET, &wallet.user, "SESSION_REVOKED",
					 revocation(&session, "user_logout"), QFS_NO_SESSION, "SESSION_REVOKED");

	sample_refuse_as(&s, signin_auth(&session), &wallet.user, "SESSION_REVOKED",
					 revocation(&session, "rotated"), QFS_PAYLOAD_INVALID, "payload.reason: not one of");
	sample_refuse_as(&s, signin_auth(&session), &wallet.user, "SESSION_REVOKED",
					 "{\"reason\":\"user_logout\"}", QFS_PAYLOAD_INVALID, "payload.session: missing");
	sample_refuse_as(&s, signin_auth(&session), &wallet.user, "SESSION_REVOKED",
					 "{\"reason\":\"user_logout\",\"session\":\""
					 "000000000000000000000000000000000000000000000000000000000000000G\"}",
					 QFS_PAYLOAD_INVALID, "hexadecimal");
	CHECK_STATUS(post(&session, 3), QFS_OK);
	sample_close(&s);
}

/* ---- limits ---- */

/* Counted by the account, whatever the session; the operator has no limit. */
static void
event_rate(void)
{
	test_wallet wallet = test_wallet_of(3);
	qfs_hash	session;
	qfs_hash	second;
	qfs_hash	other;

	signin_ledger(&s, "{\"auth\":{\"chain_ids\":[1],\"domains\":[\"app.example\"],"
				  "\"uris\":[\"https://app.example\"]},\"limits\":{\"events_per_minute\":3}}");
	s.later = 60000 - signin_now(&s) % 60000;
	session = signin_session(&s, 3, 50, 1);
	second = signin_session(&s, 3, 0, 2);
	other = signin_session(&s, 4, 0, 3);
	CHECK_STATUS(post(&session, 3), QFS_OK);
	CHECK_STATUS(post(&second, 3), QFS_OK);
	CHECK_STATUS(post(&session, 3), QFS_OK);
	sample_refuse_as(&s, signin_auth(&second), &wallet.user, "POSTED", "{}", QFS_RATE_LIMIT,
					 "3 events a minute; again in");
	/* The nonce of a refused one is not used up. */
	sample_refuse_as(&s, signin_signed(&s, &session, &wallet, 50, 7, "POSTED", "{}"), &wallet.user, "POSTED",
					 "{}", QFS_RATE_LIMIT, "3 events a minute");
	CHECK_STATUS(post(&other, 4), QFS_OK);
	for (int i = 0; i < 5; i++)
		CHECK_STATUS(sample_append(&s, "NOTED", "{}"), QFS_OK);
	/* Ending a session is never too much. */
	CHECK_STATUS(sample_append_as(&s, signin_signed(&s, &session, &wallet, 50, 3, "SESSION_REVOKED",
														revocation(&second, "user_logout")),
								  &wallet.user, "SESSION_REVOKED", revocation(&second, "user_logout")), QFS_OK);
	s.later += 60000 - signin_now(&s) % 60000;
	CHECK_STATUS(sample_append_as(&s, signin_signed(&s, &session, &wallet, 50, 7, "POSTED", "{}"),
								  &wallet.user, "POSTED", "{}"), QFS_OK);
	sample_close(&s);
}

static void
event_rate_of_zero(void)
{
	test_wallet wallet = test_wallet_of(3);
	qfs_hash	session;

	signin_ledger(&s, "{\"auth\":{\"chain_ids\":[1],\"domains\":[\"app.example\"],"
				  "\"uris\":[\"https://app.example\"]},\"limits\":{\"events_per_minute\":0}}");
	session = signin_session(&s, 3, 0, 1);
	sample_refuse_as(&s, signin_auth(&session), &wallet.user, "POSTED", "{}", QFS_RATE_LIMIT, "0 events");
	CHECK_STATUS(sample_append(&s, "NOTED", "{}"), QFS_OK);
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(names),
	CASE(blocks),
	CASE(scopes),
	CASE(expiry),
	CASE(ttl_changes),
	CASE(unknown_and_early),
	CASE(rotated),
	CASE(rotated_with_an_old_nonce),
	CASE(rotated_with_a_nonce_of_a_login),
	CASE(rotations_refused),
	CASE(displaced),
	CASE(limit_lowered),
	CASE(over_and_gone),
	CASE(revoked),
	CASE(revoked_by_the_operator),
	CASE(locked_out),
	CASE(revocations_refused),
	CASE(event_rate),
	CASE(event_rate_of_zero),
	NO_MORE_CASES
};

const unit_suite suite_session = {"session", cases};
