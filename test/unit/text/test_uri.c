/*
 * test_uri.c - URIs of RFC 3986.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "text/uri.h"

static void
uris(void)
{
	/* The examples of RFC 3986, 1.1.2, and the corners of each rule. */
	static const char *const good[] = {
		"ftp://ftp.is.co.za/rfc/rfc1808.txt",
		"http://www.ietf.org/rfc/rfc2396.txt",
		"ldap://[2001:db8::7]/c=GB?objectClass?one",
		"mailto:John.Doe@example.com",
		"news:comp.infosystems.www.servers.unix",
		"tel:+1-816-555-1212",
		"telnet://192.0.2.16:80/",
		"urn:oasis:names:specification:docbook:dtd:xml:4.1.2",
		"a:",
		"a+-.9:",
		"a:/",
		"a:/b//c",
		"a:b//c",
		"a:b:c@d",
		"a://",
		"a:///b",
		"a://b",
		"a://b?",
		"a://b#",
		"a:?",
		"a:#",
		"a:?/?:@#/?:@",
		"a://u:p@h:1/x",
		"a://@h",
		"a://:p@h",
		"a://h:",
		"a://h:99999999999",
		"a://%41%5f/%aF",
		"a://1.2.3.4",
		"a://1.2.3.256",
		"a://01.2.3.4",
		"a://[::]",
		"a://[v1.a:b]",
		"a://[VfF.-._~!$&'()*+,;=:]",
		"a:%00",
	};
	static const char *const wrong[] = {
		"",
		"a",
		":",
		":b",
		"1a:b",
		"a_b:c",
		"//a/b",
		"/a",
		"?a",
		"#a",
		"a: ",
		"a:b c",
		"a:<b>",
		"a:\"b\"",
		"a:\\b",
		"a:^",
		"a:`",
		"a:{}",
		"a:|",
		"a:b\tc",
		"a:b\nc",
		"a:\x7F",
		"a:\xC3\xA9",
		"a:%",
		"a:%4",
		"a:%4g",
		"a:%g4",
		"a:[b]",
		"a:b?[",
		"a:b#c#d",
		"a://h/[",
		"a://u@v@h",
		"a://h:1:2",
		"a://h:x",
		"a://h:1x",
		"a://[::1",
		"a://::1]",
		"a://[]",
		"a://[::1]x",
		"a://[::1]:x",
		"a://x[::1]",
		"a://[1.2.3.4]",
		"a://[v1.]",
		"a://[v.a]",
		"a://[v1a]",
		"a://[vg.a]",
		"a://[v1.a%41]",
		"a://[v1.a/b]",
		"a://[fe80::1%25eth0]",
		"a://u[@h",
	};

	for (size_t i = 0; i < ROWS(good); i++)
	{
		unit_row("%s", good[i]);
		CHECK(qfs_uri_is_uri(qfs_slice_of(good[i])));
	}
	for (size_t i = 0; i < ROWS(wrong); i++)
	{
		unit_row("%s", wrong[i]);
		CHECK(!qfs_uri_is_uri(qfs_slice_of(wrong[i])));
	}
	CHECK(!qfs_uri_is_uri((qfs_slice) {(const uint8_t *) "a:\0b", 4}));
	CHECK(!qfs_uri_is_uri((qfs_slice) {NULL, 0}));
	/* The escape ends where the text ends, not where memory goes on. */
	CHECK(!qfs_uri_is_uri((qfs_slice) {(const uint8_t *) "a:%41", 4}));
}

static void
ipv6(void)
{
	static const char *const good[] = {
		"::", "::1", "1::", "1::2", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
		"1::3:4:5:6:7:8", "1:2:3::7:8", "abcd:EF01:2345:6789:abcd:ef01:2345:6789",
		"::ffff:192.0.2.1", "1:2:3:4:5:6:1.2.3.4", "1::1.2.3.4", "::1.2.3.4", "1:2:3:4:5::1.2.3.4",
		"::255.249.199.0", "::0.0.0.10",
	};
	static const char *const wrong[] = {
		"", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
		"::1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "1::2::3", ":1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:",
		"1:", ":1", "12345::", "g::", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:6::1.2.3.4", "1.2.3.4::",
		"::1.2.3.4:5", "::1.2.3", "::1.2.3.4.5", "::256.1.1.1", "::01.2.3.4", "::1.2.3.", "::.2.3.4",
		"::1..3.4", "::1.2.3.1234", "1.2.3.4", "::1 ", ":: ",
	};
	char		text[64];
	qfs_uri_authority a;

	for (size_t i = 0; i < ROWS(good); i++)
	{
		unit_row("%s", good[i]);
		snprintf(text, sizeof(text), "[%s]:8", good[i]);
		CHECK(qfs_uri_read_authority(qfs_slice_of(text), &a));
		CHECK_UINT(a.host.len, strlen(text) - 2);
		CHECK_TEXT(a.port, "8");
	}
	for (size_t i = 0; i < ROWS(wrong); i++)
	{
		unit_row("%s", wrong[i]);
		snprintf(text, sizeof(text), "[%s]", wrong[i]);
		CHECK(!qfs_uri_read_authority(qfs_slice_of(text), &a));
	}
}

static void
authorities(void)
{
	static const struct
	{
		const char *text;
		const char *userinfo;	/* NULL: none */
		const char *host;
		const char *port;		/* NULL: none */
	}			rows[] = {
		{"", NULL, "", NULL},
		{"h", NULL, "h", NULL},
		{"h:1", NULL, "h", "1"},
		{"h:", NULL, "h", ""},
		{":1", NULL, "", "1"},
		{"u@h", "u", "h", NULL},
		{"@h", "", "h", NULL},
		{"u:p:@h:1", "u:p:", "h", "1"},
		{"u@[::1]:1", "u", "[::1]", "1"},
		{"[::1]", NULL, "[::1]", NULL},
		{"a%20b!$&'()*+,;=-._~", NULL, "a%20b!$&'()*+,;=-._~", NULL},
	};
	qfs_uri_authority a;

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].text);
		CHECK(qfs_uri_read_authority(qfs_slice_of(rows[i].text), &a));
		CHECK(a.has_userinfo == (rows[i].userinfo != NULL));
		CHECK_TEXT(a.userinfo, rows[i].userinfo != NULL ? rows[i].userinfo : "");
		CHECK_TEXT(a.host, rows[i].host);
		CHECK(a.has_port == (rows[i].port != NULL));
		CHECK_TEXT(a.port, rows[i].port != NULL ? rows[i].port : "");
	}
}

static const unit_case cases[] = {
	CASE(uris),
	CASE(ipv6),
	CASE(authorities),
	NO_MORE_CASES
};

const unit_suite suite_uri = {"uri", cases};
