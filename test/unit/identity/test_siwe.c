/*
 * test_siwe.c - sign-in messages: read, refused, written; device keys.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "identity/siwe.h"
#include "text/ids.h"

#define ADDRESS "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"
#define INVITATION " wants you to sign in with your Ethereum account:"
#define DEVICE_KEY "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define DEVICE "urn:qfs:device:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"

/* Every field there is, a line each. */
static const char *const full[] = {
	"https://example.com:8443" INVITATION,
	ADDRESS,
	"",
	"I accept: https://example.com/tos",
	"",
	"URI: https://example.com/login?a=b#c",
	"Version: 1",
	"Chain ID: 8453",
	"Nonce: 32891756abcXYZ",
	"Issued At: 2021-09-30T16:25:24.000Z",
	"Expiration Time: 2021-09-30T16:30:24.123Z",
	"Not Before: 2021-09-30T16:20:24.000Z",
	"Request ID: some-id%20:@1",
	"Resources:",
	"- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/",
	"- " DEVICE,
};

#define LINES ROWS(full)

/* Lines whose absence is not a fault, as they are optional. */
static bool
is_optional(size_t line)
{
	return line == 3 || (line >= 10 && line != 13);
}

/* Text under construction. */
typedef struct text
{
	uint8_t		memory[8192];
	qfs_buf		buf;
} text;

static void
join(text *t, const char *const *lines, size_t count)
{
	qfs_buf_init(&t->buf, t->memory, sizeof(t->memory));
	for (size_t i = 0; i < count; i++)
	{
		if (i > 0)
			qfs_buf_byte(&t->buf, '\n');
		qfs_buf_text(&t->buf, lines[i]);
	}
}

/* Parses from memory of exactly the size, for the sanitizer. */
static qfs_status
parse_bytes(qfs_slice message, qfs_error *err)
{
	uint8_t		exact[message.len + 1];
	qfs_siwe	siwe;
	qfs_status	status;

	memcpy(exact + 1, message.data, message.len);
	err->status = QFS_OK;
	status = qfs_siwe_parse((qfs_slice) {exact + 1, message.len}, &siwe, err);
	CHECK_STATUS(err->status, status);
	return status;
}

static qfs_status
parse_text(const text *t, qfs_error *err)
{
	return parse_bytes(qfs_buf_slice(&t->buf), err);
}

/* The full message with one line put in place of another; NULL removes it. */
static void
replace(text *t, size_t line, const char *with)
{
	const char *lines[LINES];
	size_t		count = 0;

	for (size_t i = 0; i < LINES; i++)
		if (i != line)
			lines[count++] = full[i];
		else if (with != NULL)
			lines[count++] = with;
	join(t, lines, count);
}

/* ---- what is read ---- */

static void
all_fields(void)
{
	text		t;
	qfs_siwe	m;
	char		address[QFS_ADDRESS_TEXT];
	qfs_buf		buf;

	join(&t, full, LINES);
	CHECK_STATUS(qfs_siwe_parse(qfs_buf_slice(&t.buf), &m, NULL), QFS_OK);
	qfs_buf_init(&buf, address, sizeof(address));
	qfs_address_write(&buf, &m.address);
	CHECK(m.has_scheme && m.has_statement && m.has_expiration_time && m.has_not_before &&
		  m.has_request_id && m.has_resources);
	CHECK_TEXT(m.scheme, "https");
	CHECK_TEXT(m.domain, "example.com:8443");
	CHECK_TEXT(qfs_buf_slice(&buf), ADDRESS);
	CHECK_TEXT(m.statement, "I accept: https://example.com/tos");
	CHECK_TEXT(m.uri, "https://example.com/login?a=b#c");
	CHECK_UINT(m.version, 1);
	CHECK_INT(m.chain_id, 8453);
	CHECK_TEXT(m.nonce, "32891756abcXYZ");
	CHECK_INT(m.issued_at, INT64_C(1633019124000));
	CHECK_INT(m.expiration_time, INT64_C(1633019424123));
	CHECK_INT(m.not_before, INT64_C(1633018824000));
	CHECK_TEXT(m.request_id, "some-id%20:@1");
	CHECK_UINT(m.resource_count, 2);
	CHECK_TEXT(m.resources[0], "ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/");
	CHECK_TEXT(m.resources[1], DEVICE);
}

#define HEAD "example.com" INVITATION "\n" ADDRESS "\n\n"
#define FIELDS "URI: https://example.com/login\nVersion: 1\nChain ID: 1\nNonce: 32891756\n" \
	"Issued At: 2021-09-30T16:25:24Z"

static void
optional_fields(void)
{
	qfs_siwe	m;

	CHECK_STATUS(qfs_siwe_parse(QFS_LITERAL(HEAD "\n" FIELDS), &m, NULL), QFS_OK);
	CHECK(!m.has_scheme && !m.has_statement && !m.has_expiration_time && !m.has_not_before &&
		  !m.has_request_id && !m.has_resources);
	CHECK_UINT(m.resource_count, 0);

	/* An empty statement is not an absent one. */
	CHECK_STATUS(qfs_siwe_parse(QFS_LITERAL(HEAD "\n\n" FIELDS), &m, NULL), QFS_OK);
	CHECK(m.has_statement);
	CHECK_UINT(m.statement.len, 0);

	/* So with the request id and the resources. */
	CHECK_STATUS(qfs_siwe_parse(QFS_LITERAL(HEAD "\n" FIELDS "\nRequest ID: \nResources:"), &m,
								NULL), QFS_OK);
	CHECK(m.has_request_id && m.has_resources);
	CHECK_UINT(m.request_id.len, 0);
	CHECK_UINT(m.resource_count, 0);
}

/* Other forms that are right. */
static void
accepted(void)
{
	static const struct
	{
		size_t		line;
		const char *text;
	}			rows[] = {
		{0, "example.com" INVITATION},
		{0, "localhost:3000" INVITATION},
		{0, "127.0.0.1" INVITATION},
		{0, "[2001:db8::1]:80" INVITATION},
		{0, "http://[::1]" INVITATION},
		{0, "xn--exmple-cua.com" INVITATION},
		{0, "a+b-c.d://example.com" INVITATION},
		{1, "0x0000000000000000000000000000000000000000"},
		{1, "0x52908400098527886E0F7030069857D2E4169EE7"},
		{3, "azAZ09-._~:/?#[]@!$&'()*+,;= "},
		{3, " "},
		{3, "URI: https://example.com/login"},
		{5, "URI: a:"},
		{5, "URI: did:key:z6Mk#x"},
		{7, "Chain ID: 0"},
		{7, "Chain ID: 0001"},
		{7, "Chain ID: 9007199254740991"},
		{8, "Nonce: abcdefgh"},
		{8, "Nonce: 0123456789012345678901234567890123456789012345678901234567890123"},
		{9, "Issued At: 2021-09-30t16:25:24z"},
		{12, "Request ID: "},
		{14, "- urn:x:y"},
		{14, "- " DEVICE},
	};
	text		t;
	qfs_error	err;

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].text);
		replace(&t, rows[i].line, rows[i].text);
		CHECK_STATUS(parse_text(&t, &err), QFS_OK);
	}
}

/* ---- what is refused ---- */

static void
refused(void)
{
	static const struct
	{
		size_t		line;
		const char *text;
		qfs_status	status;
		const char *detail;
	}			rows[] = {
		{0, "", QFS_SIWE_SYNTAX, "line 1 does not end"},
		{0, "example.com wants you to sign in with your ethereum account:", QFS_SIWE_SYNTAX, "line 1"},
		{0, "example.com Wants you to sign in with your Ethereum account:", QFS_SIWE_SYNTAX, "line 1"},
		{0, "example.com" INVITATION " ", QFS_SIWE_SYNTAX, "line 1 does not end"},
		{0, " example.com" INVITATION, QFS_SIWE_SYNTAX, "authority"},
		{0, "example.com/" INVITATION, QFS_SIWE_SYNTAX, "authority"},
		{0, "https:/example.com" INVITATION, QFS_SIWE_SYNTAX, "authority"},
		{0, "https://example.com/" INVITATION, QFS_SIWE_SYNTAX, "authority"},
		{0, "https://https://example.com" INVITATION, QFS_SIWE_SYNTAX, "authority"},
		{0, "exam ple.com" INVITATION, QFS_SIWE_SYNTAX, "authority"},
		{0, "ex\xC3\xA4mple.com" INVITATION, QFS_SIWE_SYNTAX, "authority"},
		{0, "example.com:80a" INVITATION, QFS_SIWE_SYNTAX, "authority"},
		{0, "example.com:80:80" INVITATION, QFS_SIWE_SYNTAX, "authority"},
		{0, "[::1" INVITATION, QFS_SIWE_SYNTAX, "authority"},
		{0, "://example.com" INVITATION, QFS_SIWE_SYNTAX, "scheme"},
		{0, "1http://example.com" INVITATION, QFS_SIWE_SYNTAX, "scheme"},
		{0, "ht_tp://example.com" INVITATION, QFS_SIWE_SYNTAX, "scheme"},
		{0, INVITATION, QFS_SIWE_DOMAIN, "the host is empty"},
		{0, "https://" INVITATION, QFS_SIWE_DOMAIN, "the host is empty"},
		{0, ":8080" INVITATION, QFS_SIWE_DOMAIN, "the host is empty"},
		{0, "user@example.com" INVITATION, QFS_SIWE_DOMAIN, "user name"},
		{0, "example.com@evil.example" INVITATION, QFS_SIWE_DOMAIN, "user name"},
		{0, "@example.com" INVITATION, QFS_SIWE_DOMAIN, "user name"},
		{1, "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2", QFS_SIWE_ADDRESS, "it should read " ADDRESS},
		{1, "0xC02AAA39B223FE8D0A0E5C4F27EAD9083C756CC2", QFS_SIWE_ADDRESS, "it should read " ADDRESS},
		{1, "0xc02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2", QFS_SIWE_ADDRESS, "line 2"},
		{1, "0XC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2", QFS_SIWE_SYNTAX, "line 2"},
		{1, "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc", QFS_SIWE_SYNTAX, "line 2"},
		{1, ADDRESS " ", QFS_SIWE_SYNTAX, "line 2"},
		{1, "", QFS_SIWE_SYNTAX, "line 2"},
		{2, " ", QFS_SIWE_SYNTAX, "line 3: an empty line"},
		{3, "a\"b", QFS_SIWE_SYNTAX, "line 4: the statement"},
		{3, "a%20b", QFS_SIWE_SYNTAX, "line 4: the statement"},
		{3, "caf\xC3\xA9", QFS_SIWE_SYNTAX, "line 4: the statement"},
		{4, " ", QFS_SIWE_SYNTAX, "line 5: an empty line"},
		{5, "URI: ", QFS_SIWE_SYNTAX, "line 6: not an RFC 3986 URI"},
		{5, "URI:https://example.com", QFS_SIWE_SYNTAX, "line 6: \"URI: \" must"},
		{5, "URI:  https://example.com", QFS_SIWE_SYNTAX, "line 6: not"},
		{5, "URI: https://example.com ", QFS_SIWE_SYNTAX, "line 6: not"},
		{5, "URI: example.com", QFS_SIWE_SYNTAX, "line 6: not"},
		{5, "URI: /login", QFS_SIWE_SYNTAX, "line 6: not"},
		{5, "URI: https://ex\xC3\xA4mple.com", QFS_SIWE_SYNTAX, "line 6: not"},
		{6, "Version: 2", QFS_SIWE_VERSION, "line 7: it says: \"2\""},
		{6, "Version: 01", QFS_SIWE_VERSION, "\"01\""},
		{6, "Version: ", QFS_SIWE_VERSION, "\"\""},
		{6, "Version: 1 ", QFS_SIWE_VERSION, "\"1 \""},
		{7, "Chain ID: ", QFS_SIWE_SYNTAX, "line 8: not a number"},
		{7, "Chain ID: 0x1", QFS_SIWE_SYNTAX, "line 8: not a number"},
		{7, "Chain ID: -1", QFS_SIWE_SYNTAX, "line 8: not a number"},
		{7, "Chain ID: 1:", QFS_SIWE_SYNTAX, "line 8: not a number"},
		{7, "Chain ID: 1/", QFS_SIWE_SYNTAX, "line 8: not a number"},
		{7, "Chain ID: 9007199254740992", QFS_SIWE_LIMIT, "line 8: the chain id"},
		{7, "Chain ID: 99999999999999999999999999", QFS_SIWE_LIMIT, "line 8: the chain id"},
		{8, "Nonce: abcdefg", QFS_SIWE_SYNTAX, "line 9: a nonce has 8"},
		{8, "Nonce: ", QFS_SIWE_SYNTAX, "line 9: a nonce has 8"},
		{8, "Nonce: abcdefg-", QFS_SIWE_SYNTAX, "line 9: a nonce is letters"},
		{8, "Nonce: abcd efgh", QFS_SIWE_SYNTAX, "line 9: a nonce is letters"},
		{8, "Nonce: 01234567890123456789012345678901234567890123456789012345678901234",
		QFS_SIWE_LIMIT, "the nonce has 65"},
		{9, "Issued At: ", QFS_TIME_SYNTAX, "too short"},
		{9, "Issued At: 2021-09-31T16:25:24.000Z", QFS_TIME_SYNTAX, "no such day"},
		{10, "Expiration Time: never", QFS_TIME_SYNTAX, "\"never\""},
		{11, "Not Before: 2021-09-30 16:25:24Z", QFS_TIME_SYNTAX, "no T"},
		{12, "Request ID: a b", QFS_SIWE_SYNTAX, "line 13: not a request id"},
		{12, "Request ID: a/b", QFS_SIWE_SYNTAX, "line 13: not a request id"},
		{12, "Request ID: %2", QFS_SIWE_SYNTAX, "line 13: not a request id"},
		{12, "Request ID: %gg", QFS_SIWE_SYNTAX, "line 13: not a request id"},
		{13, "Resources: ", QFS_SIWE_SYNTAX, "line 14: something follows"},
		{13, "Resources", QFS_SIWE_SYNTAX, "line 14: nothing may stand"},
		{14, "-  a:b", QFS_SIWE_SYNTAX, "line 15: not an RFC 3986 URI"},
		{14, "- ", QFS_SIWE_SYNTAX, "line 15: not an RFC 3986 URI"},
		{14, "a:b", QFS_SIWE_SYNTAX, "line 15: nothing may stand"},
		{14, "-a:b", QFS_SIWE_SYNTAX, "line 15: nothing may stand"},
		{15, "", QFS_SIWE_SYNTAX, "line 16: nothing may stand"},
	};
	text		t;
	qfs_error	err;

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("line %zu: %s", rows[i].line + 1, rows[i].text);
		replace(&t, rows[i].line, rows[i].text);
		CHECK_STATUS(parse_text(&t, &err), rows[i].status);
		CHECK_DETAIL(&err, rows[i].detail);
	}
}

static void
missing_lines(void)
{
	text		t;
	qfs_error	err;

	for (size_t i = 0; i < LINES; i++)
	{
		unit_row("without line %zu", i + 1);
		replace(&t, i, NULL);
		CHECK_STATUS(parse_text(&t, &err), is_optional(i) ? QFS_OK : QFS_SIWE_SYNTAX);
	}
	for (size_t count = 0; count < LINES; count++)
	{
		unit_row("the first %zu lines", count);
		join(&t, full, count);
		CHECK_STATUS(parse_text(&t, &err), count >= 10 ? QFS_OK : QFS_SIWE_SYNTAX);
	}
}

static void
repeated_lines(void)
{
	text		t;
	qfs_error	err;
	char		twice[256];

	for (size_t i = 0; i < LINES; i++)
	{
		unit_row("line %zu twice", i + 1);
		snprintf(twice, sizeof(twice), "%s\n%s", full[i], full[i]);
		replace(&t, i, twice);
		CHECK_STATUS(parse_text(&t, &err), i >= 14 ? QFS_OK : QFS_SIWE_SYNTAX);
	}
}

/* Two resources may change places, two empty lines as well, and nothing else. */
static void
reordered_lines(void)
{
	text		t;
	qfs_error	err;

	for (size_t i = 0; i < LINES; i++)
		for (size_t j = 0; j < i; j++)
		{
			const char *lines[LINES];
			bool		alike = j >= 14 || strcmp(full[i], full[j]) == 0;

			unit_row("lines %zu and %zu changed places", j + 1, i + 1);
			memcpy(lines, full, sizeof(full));
			lines[i] = full[j];
			lines[j] = full[i];
			join(&t, lines, LINES);
			CHECK_STATUS(parse_text(&t, &err), alike ? QFS_OK : QFS_SIWE_SYNTAX);
		}
}

/* Labels are case-sensitive, letter by letter. */
static void
label_case(void)
{
	text		t;
	qfs_error	err;
	char		line[256];

	for (size_t i = 5; i <= 13; i++)
		for (size_t c = 0; full[i][c] != ':'; c++)
		{
			strcpy(line, full[i]);
			if (line[c] == ' ')
				continue;
			line[c] ^= 0x20;
			unit_row("%s", line);
			replace(&t, i, line);
			CHECK_STATUS(parse_text(&t, &err), QFS_SIWE_SYNTAX);
		}
}

static void
line_ends(void)
{
	text		t;
	qfs_error	err;

	join(&t, full, LINES);
	qfs_buf_byte(&t.buf, '\n');
	CHECK_STATUS(parse_text(&t, &err), QFS_SIWE_SYNTAX);
	CHECK_DETAIL(&err, "line 17: nothing may stand here");

	for (size_t i = 0; i < LINES; i++)
	{
		char		line[256];

		unit_row("CR after line %zu", i + 1);
		snprintf(line, sizeof(line), "%s\r", full[i]);
		replace(&t, i, line);
		CHECK(parse_text(&t, &err) != QFS_OK);
	}
	CHECK_STATUS(parse_bytes(QFS_LITERAL(""), &err), QFS_SIWE_SYNTAX);
	CHECK_STATUS(parse_bytes(QFS_LITERAL("\n"), &err), QFS_SIWE_SYNTAX);
}

/* Of all bytes, a statement may hold these. */
static void
statement_bytes(void)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;= ";
	size_t		start = strlen(full[0]) + 1 + strlen(full[1]) + 2;
	text		t;
	qfs_error	err;

	for (int c = 0; c < 256; c++)
	{
		unit_row("byte %d", c);
		join(&t, full, LINES);
		t.memory[start + 1] = (uint8_t) c;
		CHECK_STATUS(parse_text(&t, &err),
					 c != 0 && strchr(allowed, c) != NULL ? QFS_OK : QFS_SIWE_SYNTAX);
	}
}

/* Any byte anywhere: no crash, and no control character gets through. */
static void
any_byte(void)
{
	static const uint8_t bytes[] = {0x00, 0x09, 0x0D, 0x1F, 0x22, 0x5C, 0x7F, 0x80, 0xFF};
	text		t;
	qfs_error	err;

	join(&t, full, LINES);
	for (size_t at = 0; at < t.buf.len; at++)
		for (size_t b = 0; b < sizeof(bytes); b++)
		{
			uint8_t		kept = t.memory[at];

			unit_row("byte %d at %zu", bytes[b], at);
			t.memory[at] = bytes[b];
			CHECK(parse_text(&t, &err) != QFS_OK);
			t.memory[at] = kept;
		}
	CHECK_STATUS(parse_text(&t, &err), QFS_OK);
}

/* ---- limits ---- */

/* label, then `len` times the letter a. */
static void
replace_long(text *t, size_t line, const char *label, size_t len)
{
	static char long_line[6000];
	size_t		label_len = strlen(label);

	memcpy(long_line, label, label_len);
	memset(long_line + label_len, 'a', len);
	long_line[label_len + len] = '\0';
	replace(t, line, long_line);
}

static void
limits(void)
{
	static const struct
	{
		size_t		line;
		const char *label;
		size_t		counted;	/* characters of the label that count */
		size_t		max;
	}			rows[] = {
		{3, "", 0, QFS_SIWE_STATEMENT_MAX},
		{5, "URI: x:", 2, QFS_SIWE_URI_MAX},
		{8, "Nonce: ", 0, QFS_SIWE_NONCE_MAX},
		{14, "- x:", 2, QFS_SIWE_URI_MAX},
	};
	size_t		room;
	text		t;
	qfs_error	err;

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].label);
		replace_long(&t, rows[i].line, rows[i].label, rows[i].max - rows[i].counted);
		CHECK_STATUS(parse_text(&t, &err), QFS_OK);
		replace_long(&t, rows[i].line, rows[i].label, rows[i].max - rows[i].counted + 1);
		CHECK_STATUS(parse_text(&t, &err), QFS_SIWE_LIMIT);
	}

	/* The whole message: the request id has no limit of its own. */
	replace(&t, 12, "Request ID: ");
	room = QFS_SIWE_MAX - t.buf.len;
	replace_long(&t, 12, "Request ID: ", room);
	CHECK_UINT(t.buf.len, QFS_SIWE_MAX);
	CHECK_STATUS(parse_text(&t, &err), QFS_OK);
	replace_long(&t, 12, "Request ID: ", room + 1);
	CHECK_STATUS(parse_text(&t, &err), QFS_SIWE_LIMIT);
	CHECK_DETAIL(&err, "the message has");
}

static void
resource_limit(void)
{
	text		t;
	qfs_error	err;

	join(&t, full, 14);
	for (int i = 1; i <= QFS_SIWE_RESOURCES_MAX + 1; i++)
	{
		unit_row("%d resources", i);
		qfs_buf_text(&t.buf, "\n- x:y");
		CHECK_STATUS(parse_text(&t, &err),
					 i <= QFS_SIWE_RESOURCES_MAX ? QFS_OK : QFS_SIWE_LIMIT);
	}
	CHECK_DETAIL(&err, "too many resources");
}

static const unit_case cases[] = {
	CASE(all_fields),
	CASE(optional_fields),
	CASE(accepted),
	CASE(refused),
	CASE(missing_lines),
	CASE(repeated_lines),
	CASE(reordered_lines),
	CASE(label_case),
	CASE(line_ends),
	CASE(statement_bytes),
	CASE(any_byte),
	CASE(limits),
	CASE(resource_limit),
	NO_MORE_CASES
};

const unit_suite suite_siwe = {"siwe", cases};
