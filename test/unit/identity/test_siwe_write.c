/*
 * test_siwe_write.c - sign-in messages written from fields; device keys.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include "identity/device.h"
#include "identity/siwe.h"
#include "text/ids.h"

#define DEVICE_KEY "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define DEVICE "urn:qfs:device:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"

/* The fewest fields, and all of them. */
static qfs_siwe
few_fields(void)
{
	qfs_siwe	m = {
		.domain = QFS_LITERAL("example.com"),
		.uri = QFS_LITERAL("https://example.com/login"),
		.version = 1,
		.chain_id = 1,
		.nonce = QFS_LITERAL("32891756"),
		.issued_at = INT64_C(1633019124001)
	};

	qfs_address_parse(QFS_LITERAL("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"), &m.address, NULL);
	return m;
}

static qfs_siwe
all_fields(void)
{
	qfs_siwe	m = few_fields();

	m.has_scheme = true;
	m.scheme = QFS_LITERAL("https");
	m.has_statement = true;
	m.statement = QFS_LITERAL("Hello");
	m.has_expiration_time = true;
	m.expiration_time = INT64_C(1633019424000);
	m.has_not_before = true;
	m.not_before = -1;
	m.has_request_id = true;
	m.request_id = QFS_LITERAL("r1");
	m.has_resources = true;
	m.resource_count = 2;
	m.resources[0] = QFS_LITERAL("a:b");
	m.resources[1] = QFS_LITERAL(DEVICE);
	return m;
}

static qfs_status
write_message(const qfs_siwe *fields, uint8_t memory[QFS_SIWE_MAX], qfs_slice *out, qfs_error *err)
{
	qfs_buf		buf;
	qfs_status	status;

	qfs_buf_init(&buf, memory, QFS_SIWE_MAX);
	status = qfs_siwe_write(fields, &buf, err);
	*out = qfs_buf_slice(&buf);
	return status;
}

static void
written(void)
{
	uint8_t		memory[QFS_SIWE_MAX];
	qfs_slice	text;
	qfs_siwe	m = few_fields();

	CHECK_STATUS(write_message(&m, memory, &text, NULL), QFS_OK);
	CHECK_TEXT(text, "example.com wants you to sign in with your Ethereum account:\n"
			   "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2\n\n\n"
			   "URI: https://example.com/login\nVersion: 1\nChain ID: 1\nNonce: 32891756\n"
			   "Issued At: 2021-09-30T16:25:24.001Z");

	m = all_fields();
	CHECK_STATUS(write_message(&m, memory, &text, NULL), QFS_OK);
	CHECK_TEXT(text, "https://example.com wants you to sign in with your Ethereum account:\n"
			   "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2\n\nHello\n\n"
			   "URI: https://example.com/login\nVersion: 1\nChain ID: 1\nNonce: 32891756\n"
			   "Issued At: 2021-09-30T16:25:24.001Z\nExpiration Time: 2021-09-30T16:30:24.000Z\n"
			   "Not Before: 1969-12-31T23:59:59.999Z\nRequest ID: r1\nResources:\n- a:b\n- " DEVICE);
}

/* What is written is read back, and written the same again. */
static void
empty_parts(void)
{
	uint8_t		memory[QFS_SIWE_MAX];
	uint8_t		again[QFS_SIWE_MAX];
	qfs_slice	text;
	qfs_slice	second;
	qfs_siwe	m = few_fields();
	qfs_siwe	parsed;

	m.has_statement = m.has_request_id = m.has_resources = true;
	CHECK_STATUS(write_message(&m, memory, &text, NULL), QFS_OK);
	CHECK_STATUS(qfs_siwe_parse(text, &parsed, NULL), QFS_OK);
	CHECK(parsed.has_statement && parsed.has_request_id && parsed.has_resources);
	CHECK_STATUS(write_message(&parsed, again, &second, NULL), QFS_OK);
	CHECK_SLICE(second, text);
}

/* A field that holds lines of its own must not become other fields. */
static void
smuggled_fields(void)
{
	static const char forged[] = "\n\nURI: https://evil.example\nVersion: 1\nChain ID: 1\n"
		"Nonce: 32891756\nIssued At: 2021-09-30T16:25:24.001Z\nRequest ID: x";
	uint8_t		memory[QFS_SIWE_MAX];
	qfs_slice	text;
	qfs_error	err;
	qfs_siwe	m;

	unit_row("statement");
	m = few_fields();
	m.has_statement = true;
	m.statement = qfs_slice_of(forged);
	CHECK_STATUS(write_message(&m, memory, &text, &err), QFS_SIWE_SYNTAX);

	unit_row("nonce that brings its own time: a message, but not this one");
	m = few_fields();
	m.nonce = QFS_LITERAL("32891756\nIssued At: 2021-09-30T16:25:24.001Z\nRequest ID: x");
	CHECK_STATUS(write_message(&m, memory, &text, &err), QFS_SIWE_SYNTAX);

	unit_row("request id that brings resources");
	m = few_fields();
	m.has_request_id = true;
	m.request_id = QFS_LITERAL("x\nResources:\n- " DEVICE);
	CHECK_STATUS(write_message(&m, memory, &text, &err), QFS_SIWE_SYNTAX);
	CHECK_DETAIL(&err, "read as another one");

	unit_row("resource that brings another");
	m = all_fields();
	m.resource_count = 1;
	m.resources[0] = QFS_LITERAL("a:b\n- " DEVICE);
	CHECK_STATUS(write_message(&m, memory, &text, &err), QFS_SIWE_SYNTAX);
	CHECK_DETAIL(&err, "read as another one");

	unit_row("resources without their list");
	m = all_fields();
	m.has_resources = false;
	CHECK(write_message(&m, memory, &text, &err) != QFS_OK);

	unit_row("domain that brings a scheme");
	m = few_fields();
	m.domain = QFS_LITERAL("http://example.com");
	CHECK_STATUS(write_message(&m, memory, &text, &err), QFS_SIWE_SYNTAX);
	CHECK_DETAIL(&err, "read as another one");

	unit_row("empty statement that the next line fills");
	m = few_fields();
	m.has_statement = true;
	m.statement = QFS_LITERAL("\n");
	CHECK(write_message(&m, memory, &text, &err) != QFS_OK);
}

static void
unwritable(void)
{
	uint8_t		memory[QFS_SIWE_MAX];
	uint8_t		little[300];
	qfs_buf		buf;
	qfs_slice	text;
	qfs_error	err;
	qfs_siwe	m = few_fields();

	m.version = 2;
	CHECK_STATUS(write_message(&m, memory, &text, &err), QFS_SIWE_VERSION);
	m = few_fields();
	m.chain_id = -1;
	CHECK_STATUS(write_message(&m, memory, &text, &err), QFS_SIWE_SYNTAX);
	m.chain_id = QFS_INT_MAX + 1;
	CHECK_STATUS(write_message(&m, memory, &text, &err), QFS_SIWE_LIMIT);
	m = few_fields();
	m.issued_at = INT64_MAX;
	CHECK_STATUS(write_message(&m, memory, &text, &err), QFS_TIME_SYNTAX);
	m = few_fields();
	m.domain = QFS_LITERAL("user@example.com");
	CHECK_STATUS(write_message(&m, memory, &text, &err), QFS_SIWE_DOMAIN);
	m = all_fields();
	m.resource_count = QFS_SIWE_RESOURCES_MAX + 1;
	CHECK_STATUS(write_message(&m, memory, &text, &err), QFS_SIWE_LIMIT);
	m = all_fields();
	qfs_buf_init(&buf, little, sizeof(little));
	CHECK_STATUS(qfs_siwe_write(&m, &buf, &err), QFS_SIWE_LIMIT);
	CHECK_DETAIL(&err, "longer than 300 bytes");
}

/* ---- device keys ---- */

static void
device_resource(void)
{
	uint8_t		memory[QFS_DEVICE_RESOURCE_LEN];
	qfs_siwe	m = all_fields();
	qfs_hash	key;
	qfs_buf		buf;
	bool		named = false;

	CHECK_STATUS(qfs_siwe_device(&m, &key, &named, NULL), QFS_OK);
	CHECK(named);
	CHECK_HEX(key.bytes, sizeof(key.bytes), DEVICE_KEY);

	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_device_resource_write(&buf, &key);
	CHECK(!buf.overflow);
	CHECK_TEXT(qfs_buf_slice(&buf), DEVICE);

	m.resource_count = 1;
	CHECK_STATUS(qfs_siwe_device(&m, &key, &named, NULL), QFS_OK);
	CHECK(!named);
}

static void
device_faults(void)
{
	static const struct
	{
		const char *resource;
		qfs_status	status;
	}			rows[] = {
		{DEVICE, QFS_DEVICE_KEY_SYNTAX},	/* the second one */
		{"urn:qfs:device:", QFS_DEVICE_KEY_SYNTAX},
		{"urn:qfs:device:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUR", QFS_DEVICE_KEY_SYNTAX},
		{DEVICE "A", QFS_DEVICE_KEY_SYNTAX},
		{DEVICE "AA", QFS_DEVICE_KEY_SYNTAX},
		{DEVICE "=", QFS_DEVICE_KEY_SYNTAX},
		{"urn:qfs:device:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo", QFS_DEVICE_KEY_SYNTAX},
		/* the last character holds two bits that belong to no byte */
		{"urn:qfs:device:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp", QFS_DEVICE_KEY_SYNTAX},
		{"urn:qfs:device:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", QFS_ED25519_KEY},
		{"urn:qfs:device:AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", QFS_ED25519_KEY},
		/* somebody else's names */
		{"URN:QFS:DEVICE:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", QFS_OK},
		{"urn:qfs:devices:x", QFS_OK},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_siwe	m = all_fields();
		qfs_hash	key;
		bool		named;

		unit_row("%s", rows[i].resource);
		m.resources[0] = qfs_slice_of(rows[i].resource);
		if (i > 0)
			m.resource_count = 1;
		CHECK_STATUS(qfs_siwe_device(&m, &key, &named, NULL), rows[i].status);
		if (rows[i].status == QFS_OK)
			CHECK(!named);
	}
}

static const unit_case cases[] = {
	CASE(written),
	CASE(empty_parts),
	CASE(smuggled_fields),
	CASE(unwritable),
	CASE(device_resource),
	CASE(device_faults),
	NO_MORE_CASES
};

const unit_suite suite_siwe_write = {"siwe_write", cases};
