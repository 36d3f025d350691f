/*
 * test_access.c - the sessions of an account that have not ended: their digests, their record, and when they leave.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <sodium.h>
#include <stdio.h>

#include "engine/access.h"
#include "support/memory.h"

#define ID64 "abababababababababababababababababababababababababababababababab"
#define KEY43 "7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-8"
#define KNOWN(device, expires, operates, ttl) "{\"device\":" device ",\"expires_at\":" expires ",\"operator\":" operates \
	",\"session\":\"" ID64 "\",\"ttl_blocks\":" ttl "}"

/* What an independent program makes of the text. */
static const char *
digest_of(const char *text)
{
	static char digits[2][65];
	static unsigned turn;
	uint8_t		hash[32];

	turn = !turn;
	crypto_hash_sha256(hash, (const uint8_t *) text, strlen(text));
	return sodium_bin2hex(digits[turn], sizeof(digits[turn]), hash, sizeof(hash));
}

static const char *
written(const qfs_open_session *session)
{
	static char text[512];
	qfs_json_writer w;
	qfs_buf		buf;

	qfs_buf_init(&buf, text, sizeof(text) - 1);
	qfs_json_begin(&w, &buf);
	qfs_open_session_write(&w, session);
	CHECK_STATUS(qfs_json_end(&w, NULL), QFS_OK);
	text[buf.len] = '\0';
	return text;
}

/* ---- one session ---- */

static void
named(void)
{
	static const struct
	{
		bool		has_device;
		bool		operates;
		int64_t		expires_at;
		int64_t		ttl_blocks;
		const char *text;
	}			rows[] = {
		{false, false, 17000, 1, KNOWN("null", "17000", "false", "1")},
		{true, false, 17000, 1, KNOWN("\"" KEY43 "\"", "17000", "false", "1")},
		{false, true, QFS_INT_MAX, 5, KNOWN("null", "9007199254740991", "true", "5")},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_open_session session = {.has_device = rows[i].has_device,.operates = rows[i].operates,
			.expires_at = rows[i].expires_at,.ttl_blocks = rows[i].ttl_blocks
		};
		qfs_open_session again;

		unit_row("%s", rows[i].text);
		memset(&session.session, 0xAB, sizeof(session.session));
		/* Without a device its key counts for nothing. */
		memset(&session.device, 0xEF, sizeof(session.device));
		qfs_open_session_name(&session);
		CHECK(session.is_known);
		CHECK_TEXT(qfs_slice_of(written(&session)), rows[i].text);
		CHECK_HEX(session.digest.bytes, 32, digest_of(rows[i].text));
		CHECK(qfs_open_session_read(qfs_slice_of(rows[i].text), &again));
		CHECK(again.is_known && again.has_device == rows[i].has_device && again.operates == rows[i].operates);
		CHECK_INT(again.expires_at, rows[i].expires_at);
		CHECK_INT(again.ttl_blocks, rows[i].ttl_blocks);
		CHECK_HASH(&again.session, &session.session);
		CHECK_HASH(&again.digest, &session.digest);
		CHECK_TEXT(qfs_slice_of(written(&again)), rows[i].text);
	}
}

static void
digest_alone(void)
{
	qfs_open_session session;

	CHECK(qfs_open_session_read(QFS_LITERAL("\"" ID64 "\""), &session));
	CHECK(!session.is_known);
	CHECK_HEX(session.digest.bytes, 32, ID64);
}

static void
no_session(void)
{
	static const char *const rows[] = {
		"null", "7", "[]", "{}", "\"\"", "\"" ID64 "0\"", "\"ABababababababababababababababababababababababababababababababab\"",
		"{\"device\":null,\"expires_at\":17000,\"operator\":false,\"session\":\"" ID64 "\"}",
		"{\"device\":null,\"expires_at\":17000,\"operator\":false,\"session\":\"" ID64 "\",\"ttl_blocks\":1,\"x\":1}",
		KNOWN("7", "17000", "false", "1"), KNOWN("\"\"", "17000", "false", "1"), KNOWN("\"" KEY43 "=\"", "17000", "false", "1"),
		KNOWN("null", "\"17000\"", "false", "1"), KNOWN("null", "null", "false", "1"),
		KNOWN("null", "17000", "0", "1"), KNOWN("null", "17000", "null", "1"), KNOWN("null", "17000", "\"true\"", "1"),
		KNOWN("null", "17000", "false", "true"), KNOWN("null", "17000", "false", "\"1\""),
		"{\"device\":null,\"expires_at\":17000,\"operator\":false,\"session\":\"ab\",\"ttl_blocks\":1}",
	};
	qfs_open_session session;

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i]);
		CHECK_STATUS(qfs_json_check(qfs_slice_of(rows[i]), NULL), QFS_OK);
		CHECK(!qfs_open_session_read(qfs_slice_of(rows[i]), &session));
	}
}

/* ---- the list ---- */

/* Session number n: it is over after n seconds. */
static qfs_open_session
session_of(uint8_t n)
{
	qfs_open_session session = {.expires_at = 1000 * n,.ttl_blocks = n};

	memset(&session.session, n, sizeof(session.session));
	qfs_open_session_name(&session);
	return session;
}

static qfs_access
access_of(unsigned count)
{
	qfs_access	access = {.last_entry = 7};

	memset(&access.user, 0xA1, sizeof(access.user));
	for (unsigned i = 0; i < count; i++)
		access.sessions[access.count++] = session_of((uint8_t) (i + 1));
	return access;
}

static const char *
digests(const qfs_access *access)
{
	static char text[4096];
	qfs_json_writer w;
	qfs_buf		buf;

	qfs_buf_init(&buf, text, sizeof(text) - 1);
	qfs_json_begin(&w, &buf);
	qfs_access_write_digests(&w, access);
	CHECK_STATUS(qfs_json_end(&w, NULL), QFS_OK);
	text[buf.len] = '\0';
	return text;
}

/* As many as there may be, in the record and in a part. */
static void
stored(void)
{
	test_memory memory = {0};
	qfs_memory_store *store = qfs_memory_store_create(test_allocator(&memory));
	qfs_store  *base = qfs_memory_store_base(store);
	qfs_access	none;
	bool		found = true;

	memset(&none, 0xA5, sizeof(none));
	CHECK_STATUS(qfs_access_get(base, &(qfs_user_id) {{0}}, &none, &found, NULL), QFS_OK);
	CHECK(!found && none.count == 0 && none.last_entry == -1);
	for (unsigned count = 0; count <= QFS_SESSIONS_MAX; count++)
	{
		qfs_access	access = access_of(count);
		qfs_access	again;
		qfs_access	of_part;

		unit_row("%u sessions", count);
		CHECK_STATUS(qfs_access_put(base, &access, NULL), QFS_OK);
		CHECK_STATUS(qfs_access_get(base, &access.user, &again, &found, NULL), QFS_OK);
		CHECK(found);
		CHECK_UINT(again.count, count);
		CHECK_INT(again.last_entry, 7);
		for (unsigned i = 0; i < count && i < again.count; i++)
			CHECK_TEXT(qfs_slice_of(written(&again.sessions[i])), written(&access.sessions[i]));
		/* From a part, digests are all that is known; and they are stored as that. */
		CHECK(qfs_access_read_digests(qfs_slice_of(digests(&access)), &of_part));
		CHECK_UINT(of_part.count, count);
		of_part.user = access.user;
		of_part.last_entry = 8;
		CHECK_STATUS(qfs_access_put(base, &of_part, NULL), QFS_OK);
		CHECK_STATUS(qfs_access_get(base, &access.user, &again, &found, NULL), QFS_OK);
		CHECK_UINT(again.count, count);
		CHECK_INT(again.last_entry, 8);
		for (unsigned i = 0; i < count && i < again.count; i++)
		{
			CHECK(!again.sessions[i].is_known);
			CHECK_HASH(&again.sessions[i].digest, &access.sessions[i].digest);
		}
	}
	qfs_memory_store_destroy(store);
	CHECK_UINT(memory.live, 0);
}

/* Lists that no rule has written: a row that somebody changed. */
static void
spoilt_records(void)
{
	static const char *const rows[] = {
		"", "x", "null", "{}", "[7]", "[null]", "[\"\"]", "[[]]", "[\"" ID64 "\",{}]", "[\"" ID64 "\"", "[ ]",
		"[\"" ID64 "\",\"" ID64 "\",\"" ID64 "\",\"" ID64 "\",\"" ID64 "\",\"" ID64 "\",\"" ID64 "\",\"" ID64 "\",\"" ID64
		"\",\"" ID64 "\",\"" ID64 "\",\"" ID64 "\",\"" ID64 "\",\"" ID64 "\",\"" ID64 "\",\"" ID64 "\",\"" ID64 "\"]"
	};
	test_memory memory = {0};
	qfs_memory_store *store = qfs_memory_store_create(test_allocator(&memory));
	qfs_store  *base = qfs_memory_store_base(store);

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_access_record record = {.user = {{1}},.sessions = qfs_slice_of(rows[i])};
		qfs_access	access;
		qfs_error	err = {QFS_OK, ""};
		bool		found;

		unit_row("%s", rows[i]);
		CHECK_STATUS(base->put(base, &qfs_kind_access, &record, NULL), QFS_OK);
		CHECK_STATUS(qfs_access_get(base, &record.user, &access, &found, &err), QFS_STATE_MISMATCH);
		CHECK_DETAIL(&err, "are no list of them");
	}
	qfs_memory_store_destroy(store);
}

/* In a part of an entry there are digests and nothing else. */
static void
no_digests(void)
{
	static const char *const rows[] = {
		"null", "{}", "\"" ID64 "\"", "[" KNOWN("null", "17000", "false", "1") "]", "[\"" ID64 "\",7]"
	};
	qfs_access	access;

	CHECK(qfs_access_read_digests(QFS_LITERAL("[]"), &access));
	CHECK(qfs_access_read_digests(QFS_LITERAL("[\"" ID64 "\"]"), &access));
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i]);
		CHECK(!qfs_access_read_digests(qfs_slice_of(rows[i]), &access));
	}
}

static void
found(void)
{
	qfs_access	access = access_of(3);
	qfs_open_session second = session_of(2);
	qfs_open_session ninth = session_of(9);

	CHECK(qfs_access_find(&access, &second.session) == &access.sessions[1]);
	CHECK(qfs_access_find(&access, &ninth.session) == NULL);
	/* Of what is not known nothing is said. */
	access.sessions[1].is_known = false;
	CHECK(qfs_access_find(&access, &second.session) == NULL);
}

static void
removed(void)
{
	for (unsigned n = 0; n < 3; n++)
	{
		qfs_access	access = access_of(3);
		unsigned	left = 0;

		unit_row("number %u", n);
		qfs_access_remove(&access, n);
		CHECK_UINT(access.count, 2);
		for (unsigned i = 0; i < 3; i++)
			if (i != n)
				CHECK_INT(access.sessions[left++].ttl_blocks, i + 1);
	}
}

/* At the millisecond in which they are over, not before; what is not known stays. */
static void
expired(void)
{
	for (int64_t at = 0; at <= 5000; at += 500)
	{
		qfs_access	access = access_of(4);
		unsigned	want = 0;

		unit_row("at %d", (int) at);
		qfs_access_expire(&access, at);
		for (int n = 1; n <= 4; n++)
			if (1000 * n > at)
				CHECK_INT(access.sessions[want++].ttl_blocks, n);
		CHECK_UINT(access.count, want);
	}
	{
		qfs_access	access = access_of(2);

		access.sessions[0].is_known = false;
		qfs_access_expire(&access, 10000);
		CHECK_UINT(access.count, 1);
	}
}

static const unit_case cases[] = {
	CASE(named),
	CASE(digest_alone),
	CASE(no_session),
	CASE(stored),
	CASE(spoilt_records),
	CASE(no_digests),
	CASE(found),
	CASE(removed),
	CASE(expired),
	NO_MORE_CASES
};

const unit_suite suite_access = {"access", cases};
