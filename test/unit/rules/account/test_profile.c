/*
 * test_profile.c - what a profile may hold, its commitment, and its versions.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "rules/account/profile_content.h"
#include "state/records.h"
#include "support/people.h"

static sample s;
static uint8_t memory[QFS_PROFILE_MAX];
static qfs_error err;

static qfs_status
write(const qfs_profile *p, qfs_buf *out)
{
	err = (qfs_error) {QFS_OK, ""};
	qfs_buf_init(out, memory, sizeof(memory));
	return qfs_profile_write(p, out, &err);
}

/* n times the same character. */
static qfs_slice
repeated(const char *character, size_t n)
{
	static uint8_t text[4096];
	size_t		len = strlen(character);

	for (size_t i = 0; i < n; i++)
		memcpy(text + i * len, character, len);
	return (qfs_slice) {text, n * len};
}

/* ---- content ---- */

static void
contents(void)
{
	qfs_profile p = {.display_name = QFS_LITERAL("Ann"),.bio = QFS_LITERAL("")};
	qfs_buf		out;

	CHECK_STATUS(write(&p, &out), QFS_OK);
	CHECK_TEXT(qfs_buf_slice(&out), "{\"avatar\":null,\"bio\":\"\",\"display_name\":\"Ann\",\"links\":[]}");
	p = (qfs_profile) {
		.display_name = QFS_LITERAL("\xC3\x84nn\"\xF0\x9F\x98\x80"),
		.bio = QFS_LITERAL("one\ntwo\t\\ \x01"),
		.has_avatar = true,.avatar = QFS_LITERAL("ipfs://bafy/a.png"),
		.link_count = 2,.links = {QFS_LITERAL("https://b.example/?q=1#x"), QFS_LITERAL("https://a.example")}
	};
	CHECK_STATUS(write(&p, &out), QFS_OK);
	CHECK_TEXT(qfs_buf_slice(&out), "{\"avatar\":\"ipfs://bafy/a.png\",\"bio\":\"one\\ntwo\\t\\\\ \\u0001\","
			   "\"display_name\":\"\xC3\x84nn\\\"\xF0\x9F\x98\x80\","
			   "\"links\":[\"https://b.example/?q=1#x\",\"https://a.example\"]}");
	CHECK_STATUS(qfs_json_check(qfs_buf_slice(&out), NULL), QFS_OK);
}

/* SHA-256 of 32 salt bytes and the content, by Python's hashlib. */
static void
commitments(void)
{
	static const char content[] = "{\"avatar\":null,\"bio\":\"\",\"display_name\":\"Ann\",\"links\":[]}";
	uint8_t		salt[QFS_PROFILE_SALT];
	qfs_hash	hash;

	for (unsigned i = 0; i < sizeof(salt); i++)
		salt[i] = (uint8_t) i;
	qfs_profile_commit(salt, qfs_slice_of(content), &hash);
	CHECK_HEX(hash.bytes, sizeof(hash.bytes), "f3a1768bcba0d476386f85ea4179a183212ef147f3200d3a0288af591e1f4771");
	qfs_profile_commit(salt, QFS_LITERAL(""), &hash);
	CHECK_HEX(hash.bytes, sizeof(hash.bytes), "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd");
}

static void
names(void)
{
	static const struct
	{
		const char *character;
		size_t		count;
		bool		good;
	}			rows[] = {
		{"x", 0, false}, {"x", 1, false}, {"x", 2, true}, {"x", 50, true}, {"x", 51, false},
		/* Characters count, not bytes. */
		{"\xC3\xA9", 1, false}, {"\xC3\xA9", 2, true}, {"\xC3\xA9", 50, true}, {"\xC3\xA9", 51, false},
		{"\xF0\x9F\x98\x80", 1, false}, {"\xF0\x9F\x98\x80", 50, true}, {"\xF0\x9F\x98\x80", 51, false},
		/* No control characters, and no bytes that are no text. */
		{"\n", 5, false}, {"\x1F", 5, false}, {"\x7F", 5, false}, {" ", 5, true},
		{"\xFF", 5, false}, {"\xC3", 5, false}, {"\xED\xA0\x80", 5, false}, {"\xC0\x80", 5, false},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_profile p = {.display_name = repeated(rows[i].character, rows[i].count)};
		qfs_buf		out;

		unit_row("row %zu", i);
		CHECK_STATUS(write(&p, &out), rows[i].good ? QFS_OK : QFS_PROFILE_INVALID);
		if (!rows[i].good)
			CHECK_DETAIL(&err, "display_name has 2 to 50 characters");
	}
}

static void
bios(void)
{
	static const struct
	{
		const char *character;
		size_t		count;
		bool		good;
	}			rows[] = {
		{"x", 0, true}, {"x", 500, true}, {"x", 501, false},
		{"\xF0\x9F\x98\x80", 500, true}, {"\xF0\x9F\x98\x80", 501, false},
		{"\n", 500, true}, {"\xFF", 1, false}, {"\xED\xA0\x80", 1, false},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_profile p = {.display_name = QFS_LITERAL("Ann"),.bio = repeated(rows[i].character, rows[i].count)};
		qfs_buf		out;

		unit_row("row %zu", i);
		CHECK_STATUS(write(&p, &out), rows[i].good ? QFS_OK : QFS_PROFILE_INVALID);
		if (!rows[i].good)
			CHECK_DETAIL(&err, "bio has up to 500 characters");
	}
}

/* Wherever a URI may stand; `place` 0 is the avatar, then the links. */
static void
check_uri(qfs_slice uri, bool good)
{
	for (unsigned place = 0; place <= QFS_PROFILE_LINKS; place++)
	{
		qfs_profile p = {.display_name = QFS_LITERAL("Ann"),.link_count = QFS_PROFILE_LINKS};
		qfs_buf		out;

		for (unsigned i = 0; i < QFS_PROFILE_LINKS; i++)
			p.links[i] = QFS_LITERAL("https://good.example");
		p.has_avatar = place == 0;
		p.avatar = uri;
		if (place > 0)
			p.links[place - 1] = uri;
		CHECK_STATUS(write(&p, &out), good ? QFS_OK : QFS_PROFILE_INVALID);
		if (!good)
			CHECK_DETAIL(&err, place == 0 ? "avatar is not an https: or ipfs: URI of up to 500 bytes" :
						 "links is not an https: or ipfs: URI of up to 500 bytes");
	}
}

static void
uris(void)
{
	static const struct
	{
		const char *uri;
		bool		good;
	}			rows[] = {
		{"https://a.example", true}, {"https://a.example/x?y=%20#z", true}, {"ipfs://bafybeigdyr", true},
		{"ipfs:bafybeigdyr/a", true},
		{"", false}, {"https", false}, {"https:", false}, {"ipfs:", false},
		{"http://a.example", false}, {"ftp://a.example", false}, {"javascript:alert(1)", false},
		{"data:text/html,x", false}, {"httpsx://a.example", false}, {" https://a.example", false},
		{"HTTPS://a.example", false}, {"//a.example", false}, {"/a", false},
		{"https://a.example/ b", false}, {"https://a.example/\"", false}, {"https://a.example/<b>", false},
		{"https://a.example/%2", false}, {"https://a.example/\xC3\xA9", false}, {"https://a.example/\n", false},
	};
	char		longest[502];

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].uri);
		check_uri(qfs_slice_of(rows[i].uri), rows[i].good);
	}
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "https://", 8);
	unit_row("longest");
	check_uri((qfs_slice) {(const uint8_t *) longest, 500}, true);
	check_uri((qfs_slice) {(const uint8_t *) longest, 501}, false);
}

/* Nothing that a profile may hold is too long for the buffers of callers. */
static void
largest(void)
{
	char		uri[500];
	qfs_profile p = {.display_name = QFS_LITERAL("\xF0\x9F\x98\x80\xF0\x9F\x98\x80"),.bio = repeated("\x01", 500),
		.has_avatar = true,.link_count = QFS_PROFILE_LINKS
	};
	qfs_buf		out;

	memset(uri, 'x', sizeof(uri));
	memcpy(uri, "https://", 8);
	p.avatar = (qfs_slice) {(const uint8_t *) uri, sizeof(uri)};
	for (unsigned i = 0; i < QFS_PROFILE_LINKS; i++)
		p.links[i] = p.avatar;
	CHECK_STATUS(write(&p, &out), QFS_OK);
	CHECK(!out.overflow && out.len > 6000 && out.len < QFS_PROFILE_MAX);
}

/* ---- PROFILE_UPDATE ---- */

static void
versions(void)
{
	static const char *const rules[] = {"PROFILE_COMPLETED", "PROFILE_CHANGED", "PROFILE_CHANGED"};
	char		commitments[4][80] = {"null"};
	qfs_standing standing;
	person		ann;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	for (int version = 1; version <= 3; version++)
	{
		unit_row("version %d", version);
		for (int wrong = 0; wrong <= 5; wrong++)
		{
			char		detail[64];

			if (wrong == 0 || wrong == version)
				continue;
			snprintf(detail, sizeof(detail), "it is %d, version %d is next", wrong, version);
			sample_refuse_as(&s, ann.auth, &ann.wallet.user, "PROFILE_UPDATE", people_profile_payload(wrong),
							 QFS_PROFILE_VERSION, detail);
		}
		CHECK_STATUS(people_profile(&s, &ann, version), QFS_OK);
		/* Only the first one counts. */
		people_outcome(&s, "{\"status\":\"OK\"}");
		snprintf(commitments[version], sizeof(commitments[version]), "\"%.64s\"",
				 strstr(people_profile_payload(version), ":\"") + 2);
		people_touched(&s, "#1 standing %d %s%s profile %s->%s profile_version %d->%d", 3 + version, rules[version - 1],
					   version == 1 ? " coherence 0->0.03" : "", commitments[version - 1], commitments[version],
					   version - 1, version);
		people_read(&s, "#1 access 4; #1 ties null");
		standing = people_standing(&s, &ann);
		CHECK(standing.has_profile);
		CHECK_INT(standing.profile_version, version);
		CHECK_INT(standing.profile.bytes[0], version);
		CHECK_INT(standing.profile.bytes[31], version);
	}
	CHECK_AMOUNT(people_standing(&s, &ann).coherence, "0.030000000000000000");
	sample_close(&s);
}

static void
updates_refused(void)
{
	static const struct
	{
		const char *payload;
		const char *detail;
	}			rows[] = {
		{"{}", "payload.commitment: missing"},
		{"{\"commitment\":\"0000000000000000000000000000000000000000000000000000000000000000\"}", "payload.version: missing"},
		{"{\"commitment\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"version\":0}", "too small"},
		{"{\"commitment\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"version\":\"1\"}", "wrong type"},
		{"{\"commitment\":\"00\",\"version\":1}", "payload.commitment: too short"},
		{"{\"commitment\":\"000000000000000000000000000000000000000000000000000000000000000A\",\"version\":1}",
		"payload.commitment: 64 lower-case hexadecimal digits"},
		{"{\"bio\":\"\",\"commitment\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"version\":1}",
		"unknown member"},
	};
	person		ann;
	person		bob;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	bob = people_join(&s, 2, 0);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].payload);
		sample_refuse_as(&s, ann.auth, &ann.wallet.user, "PROFILE_UPDATE", rows[i].payload, QFS_PAYLOAD_INVALID,
						 rows[i].detail);
	}
	sample_refuse_as(&s, SAMPLE_OPERATOR, NULL, "PROFILE_UPDATE", people_profile_payload(1), QFS_NO_SESSION, "");
	sample_refuse_as(&s, bob.auth, &ann.wallet.user, "PROFILE_UPDATE", people_profile_payload(1), QFS_ACTOR_MISMATCH, "");
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(contents),
	CASE(commitments),
	CASE(names),
	CASE(bios),
	CASE(uris),
	CASE(largest),
	CASE(versions),
	CASE(updates_refused),
	NO_MORE_CASES
};

const unit_suite suite_profile = {"profile", cases};
