/*
 * siwe.c - Sign-In with Ethereum messages: read and written.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * No field can hold a line feed, so the grammar is one of lines.
 */
#include "identity/siwe.h"

#include "base/assert.h"
#include "base/status.h"
#include "text/ids.h"
#include "text/time.h"
#include "text/uri.h"

static const char invitation[] = " wants you to sign in with your Ethereum account:";

#define LABEL_URI "URI: "
#define LABEL_VERSION "Version: "
#define LABEL_CHAIN_ID "Chain ID: "
#define LABEL_NONCE "Nonce: "
#define LABEL_ISSUED_AT "Issued At: "
#define LABEL_EXPIRATION_TIME "Expiration Time: "
#define LABEL_NOT_BEFORE "Not Before: "
#define LABEL_REQUEST_ID "Request ID: "
#define LABEL_RESOURCES "Resources:"
#define LABEL_RESOURCE "- "

/* ---- lines ---- */

/* A message that is being read, with the line that comes next. */
typedef struct reader
{
	qfs_slice	line;
	bool		present;		/* false: the message has ended */
	uint64_t	number;			/* of the line, from 1 */
	qfs_slice	rest;			/* what follows its line end */
	bool		more;			/* there was a line end */
	qfs_error  *err;
} reader;

static void
next_line(reader *r)
{
	const uint8_t *end = r->rest.len > 0 ? memchr(r->rest.data, '\n', r->rest.len) : NULL;

	r->present = r->more;
	r->more = end != NULL;
	r->number++;
	r->line = r->rest;
	if (end == NULL)
	{
		r->rest.len = 0;
		return;
	}
	r->line.len = (size_t) (end - r->line.data);
	r->rest = (qfs_slice) {end + 1, r->rest.len - r->line.len - 1};
}

static void
begin(reader *r, qfs_slice message, qfs_error *err)
{
	*r = (reader) {.rest = message,.more = true,.err = err};
	next_line(r);
}

static qfs_status
fail_at(const reader *r, qfs_status status, const char *why)
{
	return qfs_fail(r->err, status, "line %u: %s", r->number, why);
}

static qfs_status
expected(const reader *r, const char *what)
{
	return qfs_fail(r->err, QFS_SIWE_SYNTAX, "line %u: \"%s\" must stand here%s", r->number, what,
					r->present ? "" : ", but the message ends");
}

/* Takes the next line if it begins with the label. */
static bool
take(reader *r, const char *label, qfs_slice *value)
{
	size_t		len = strlen(label);

	if (!r->present || r->line.len < len || memcmp(r->line.data, label, len) != 0)
		return false;
	*value = (qfs_slice) {r->line.data + len, r->line.len - len};
	QFS_ASSERT(memchr(value->data, '\n', value->len) == NULL);
	next_line(r);
	return true;
}

/* An error about a line that was taken already. */
static qfs_status
fail_taken(const reader *r, qfs_status status, const char *why, qfs_slice value)
{
	return qfs_fail(r->err, status, "line %u: %s: \"%v\"", r->number - 1, why, value);
}

static qfs_status
take_empty(reader *r)
{
	if (!r->present || r->line.len != 0)
		return fail_at(r, QFS_SIWE_SYNTAX, "an empty line must stand here");
	next_line(r);
	return QFS_OK;
}

/* ---- the lines before the fields ---- */

/*
 * The grammar's domain may have a user name in front and no host behind.  A
 * person reads "bank.example@evil.example" wrongly, and no page has such an
 * origin: refused here, as a matter of policy.
 */
static qfs_status
check_domain(const reader *r, qfs_slice domain)
{
	qfs_uri_authority authority;

	if (!qfs_uri_read_authority(domain, &authority))
		return fail_at(r, QFS_SIWE_SYNTAX, "the domain is not an RFC 3986 authority");
	if (authority.has_userinfo)
		return fail_at(r, QFS_SIWE_DOMAIN, "there is a user name in it");
	if (authority.host.len == 0)
		return fail_at(r, QFS_SIWE_DOMAIN, "the host is empty");
	return QFS_OK;
}

/* [scheme "://"] domain; a domain has no slash, so "://" decides. */
static qfs_status
read_origin(reader *r, qfs_siwe *out)
{
	qfs_slice	origin = {r->line.data, r->line.len - (sizeof(invitation) - 1)};
	const uint8_t *colon = origin.len > 0 ? memchr(origin.data, ':', origin.len) : NULL;
	size_t		len = colon != NULL ? (size_t) (colon - origin.data) : 0;

	out->domain = origin;
	if (colon != NULL && origin.len - len >= 3 && memcmp(colon, "://", 3) == 0)
	{
		out->has_scheme = true;
		out->scheme = (qfs_slice) {origin.data, len};
		out->domain = (qfs_slice) {colon + 3, origin.len - len - 3};
		if (!qfs_uri_is_scheme(out->scheme))
			return fail_at(r, QFS_SIWE_SYNTAX, "the scheme is not an RFC 3986 scheme");
	}
	return check_domain(r, out->domain);
}

static qfs_status
read_invitation(reader *r, qfs_siwe *out)
{
	size_t		len = sizeof(invitation) - 1;
	qfs_status	status;

	if (r->line.len < len || memcmp(r->line.data + r->line.len - len, invitation, len) != 0)
		return qfs_fail(r->err, QFS_SIWE_SYNTAX, "line 1 does not end with \"%s\"", invitation);
	status = read_origin(r, out);
	if (status == QFS_OK)
		next_line(r);
	return status;
}

/* EIP-55 in full: without its capitals an address has no check on typing errors. */
static qfs_status
read_address(reader *r, qfs_siwe *out)
{
	uint8_t		text[QFS_ADDRESS_TEXT];
	qfs_buf		buf;

	if (!r->present || qfs_address_parse(r->line, &out->address, NULL) == QFS_ADDRESS_SYNTAX)
		return fail_at(r, QFS_SIWE_SYNTAX, "0x and 40 hexadecimal digits must stand here");
	qfs_buf_init(&buf, text, sizeof(text));
	qfs_address_write(&buf, &out->address);
	if (!qfs_slice_equal(r->line, qfs_buf_slice(&buf)))
		return qfs_fail(r->err, QFS_SIWE_ADDRESS, "line %u: it should read %v", r->number,
						qfs_buf_slice(&buf));
	next_line(r);
	return QFS_OK;
}

static qfs_status
check_statement(const reader *r, qfs_slice statement)
{
	if (statement.len > QFS_SIWE_STATEMENT_MAX)
		return qfs_fail(r->err, QFS_SIWE_LIMIT, "the statement has %u bytes",
						(uint64_t) statement.len);
	if (!qfs_uri_is_made_of(statement, " :/?#[]@", false))
		return fail_at(r, QFS_SIWE_SYNTAX, "the statement holds a character that it may not hold");
	return QFS_OK;
}

/*
 * LF [statement LF] LF: two empty lines are an absent statement, three an
 * empty one.
 */
static qfs_status
read_statement(reader *r, qfs_siwe *out)
{
	qfs_status	status = take_empty(r);

	if (status != QFS_OK)
		return status;
	if (r->present && r->line.len > 0)
	{
		out->has_statement = true;
		out->statement = r->line;
		status = check_statement(r, r->line);
		next_line(r);
		return status == QFS_OK ? take_empty(r) : status;
	}
	status = take_empty(r);
	if (status == QFS_OK && r->present && r->line.len == 0)
	{
		out->has_statement = true;
		out->statement = r->line;
		next_line(r);
	}
	return status;
}

/* ---- the fields ---- */

static qfs_status
check_uri(const reader *r, qfs_slice uri)
{
	if (uri.len > QFS_SIWE_URI_MAX)
		return qfs_fail(r->err, QFS_SIWE_LIMIT, "line %u: the URI has %u bytes", r->number - 1,
						(uint64_t) uri.len);
	if (!qfs_uri_is_uri(uri))
		return fail_taken(r, QFS_SIWE_SYNTAX, "not an RFC 3986 URI", uri);
	return QFS_OK;
}

static qfs_status
read_uri(reader *r, qfs_siwe *out)
{
	if (!take(r, LABEL_URI, &out->uri))
		return expected(r, LABEL_URI);
	return check_uri(r, out->uri);
}

static qfs_status
read_version(reader *r, qfs_siwe *out)
{
	qfs_slice	version;

	if (!take(r, LABEL_VERSION, &version))
		return expected(r, LABEL_VERSION);
	if (!qfs_slice_equal(version, QFS_LITERAL("1")))
		return fail_taken(r, QFS_SIWE_VERSION, "it says", version);
	out->version = 1;
	return QFS_OK;
}

/* 1*DIGIT: the grammar admits zeros in front. */
static qfs_status
read_chain_id(reader *r, qfs_siwe *out)
{
	qfs_slice	digits;

	if (!take(r, LABEL_CHAIN_ID, &digits))
		return expected(r, LABEL_CHAIN_ID);
	if (digits.len == 0)
		return fail_taken(r, QFS_SIWE_SYNTAX, "not a number", digits);
	out->chain_id = 0;
	for (size_t i = 0; i < digits.len; i++)
	{
		if (digits.data[i] < '0' || digits.data[i] > '9')
			return fail_taken(r, QFS_SIWE_SYNTAX, "not a number", digits);
		out->chain_id = out->chain_id * 10 + (digits.data[i] - '0');
		if (out->chain_id > QFS_INT_MAX)
			return fail_taken(r, QFS_SIWE_LIMIT, "the chain id is above 2^53 - 1", digits);
	}
	return QFS_OK;
}

static qfs_status
read_nonce(reader *r, qfs_siwe *out)
{
	if (!take(r, LABEL_NONCE, &out->nonce))
		return expected(r, LABEL_NONCE);
	for (size_t i = 0; i < out->nonce.len; i++)
	{
		uint8_t		c = out->nonce.data[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
			return fail_taken(r, QFS_SIWE_SYNTAX, "a nonce is letters and digits", out->nonce);
	}
	if (out->nonce.len < QFS_SIWE_NONCE_MIN)
		return fail_taken(r, QFS_SIWE_SYNTAX, "a nonce has 8 characters or more", out->nonce);
	if (out->nonce.len > QFS_SIWE_NONCE_MAX)
		return qfs_fail(r->err, QFS_SIWE_LIMIT, "the nonce has %u characters",
						(uint64_t) out->nonce.len);
	return QFS_OK;
}

static qfs_status
read_time(reader *r, const char *label, bool *present, int64_t *out)
{
	qfs_slice	text;

	*present = take(r, label, &text);
	return *present ? qfs_time_parse(text, out, r->err) : QFS_OK;
}

static qfs_status
read_times(reader *r, qfs_siwe *out)
{
	bool		issued;
	qfs_status	status = read_time(r, LABEL_ISSUED_AT, &issued, &out->issued_at);

	if (!issued)
		return expected(r, LABEL_ISSUED_AT);
	if (status == QFS_OK)
		status = read_time(r, LABEL_EXPIRATION_TIME, &out->has_expiration_time,
						   &out->expiration_time);
	if (status == QFS_OK)
		status = read_time(r, LABEL_NOT_BEFORE, &out->has_not_before, &out->not_before);
	return status;
}

static qfs_status
read_request_id(reader *r, qfs_siwe *out)
{
	out->has_request_id = take(r, LABEL_REQUEST_ID, &out->request_id);
	if (out->has_request_id && !qfs_uri_is_made_of(out->request_id, ":@", true))
		return fail_taken(r, QFS_SIWE_SYNTAX, "not a request id", out->request_id);
	return QFS_OK;
}

static qfs_status
read_resources(reader *r, qfs_siwe *out)
{
	qfs_slice	nothing;
	qfs_slice	uri;

	if (!take(r, LABEL_RESOURCES, &nothing))
		return QFS_OK;
	if (nothing.len > 0)
		return fail_taken(r, QFS_SIWE_SYNTAX, "something follows \"Resources:\"", nothing);
	out->has_resources = true;
	while (take(r, LABEL_RESOURCE, &uri))
	{
		qfs_status	status = check_uri(r, uri);

		if (status != QFS_OK)
			return status;
		if (out->resource_count == QFS_SIWE_RESOURCES_MAX)
			return fail_taken(r, QFS_SIWE_LIMIT, "there are too many resources", uri);
		out->resources[out->resource_count++] = uri;
	}
	QFS_ASSERT(out->resource_count <= QFS_SIWE_RESOURCES_MAX);
	return QFS_OK;
}

qfs_status
qfs_siwe_parse(qfs_slice message, qfs_siwe *out, qfs_error *err)
{
	static qfs_status (*const steps[]) (reader *r, qfs_siwe *out) = {
		read_invitation, read_address, read_statement, read_uri, read_version, read_chain_id,
		read_nonce, read_times, read_request_id, read_resources
	};
	reader		r;

	memset(out, 0, sizeof(*out));
	if (message.len > QFS_SIWE_MAX)
		return qfs_fail(err, QFS_SIWE_LIMIT, "the message has %u bytes", (uint64_t) message.len);
	begin(&r, message, err);
	for (size_t i = 0; i < QFS_ROWS(steps); i++)
	{
		qfs_status	status = steps[i] (&r, out);

		if (status != QFS_OK)
			return status;
	}
	if (r.present)
		return fail_at(&r, QFS_SIWE_SYNTAX, "nothing may stand here, not even an empty line");
	return QFS_OK;
}

/* ---- writing ---- */

static void
write_line(qfs_buf *out, const char *label, qfs_slice value)
{
	qfs_buf_byte(out, '\n');
	qfs_buf_text(out, label);
	qfs_buf_slice_add(out, value);
}

static qfs_status
write_time(qfs_buf *out, const char *label, bool present, int64_t at, qfs_error *err)
{
	if (!present)
		return QFS_OK;
	write_line(out, label, QFS_LITERAL(""));
	return qfs_time_write(at, out, err);
}

/* Everything up to the nonce. */
static void
write_head(const qfs_siwe *fields, qfs_buf *out)
{
	if (fields->has_scheme)
	{
		qfs_buf_slice_add(out, fields->scheme);
		qfs_buf_text(out, "://");
	}
	qfs_buf_slice_add(out, fields->domain);
	qfs_buf_text(out, invitation);
	qfs_buf_byte(out, '\n');
	qfs_address_write(out, &fields->address);
	qfs_buf_text(out, "\n\n");
	if (fields->has_statement)
	{
		qfs_buf_slice_add(out, fields->statement);
		qfs_buf_byte(out, '\n');
	}
	write_line(out, LABEL_URI, fields->uri);
	write_line(out, LABEL_VERSION, QFS_LITERAL(""));
	qfs_buf_uint(out, fields->version);
	write_line(out, LABEL_CHAIN_ID, QFS_LITERAL(""));
	qfs_buf_int(out, fields->chain_id);
	write_line(out, LABEL_NONCE, fields->nonce);
}

static void
write_tail(const qfs_siwe *fields, qfs_buf *out)
{
	if (fields->has_request_id)
		write_line(out, LABEL_REQUEST_ID, fields->request_id);
	if (fields->has_resources)
		write_line(out, LABEL_RESOURCES, QFS_LITERAL(""));
	for (unsigned i = 0; i < fields->resource_count; i++)
		write_line(out, LABEL_RESOURCE, fields->resources[i]);
}

static bool
same_optional(bool a_present, qfs_slice a, bool b_present, qfs_slice b)
{
	return a_present == b_present && (!a_present || qfs_slice_equal(a, b));
}

static bool
same_time(bool a_present, int64_t a, bool b_present, int64_t b)
{
	return a_present == b_present && (!a_present || a == b);
}

static bool
same_resources(const qfs_siwe *a, const qfs_siwe *b)
{
	if (a->has_resources != b->has_resources || a->resource_count != b->resource_count)
		return false;
	for (unsigned i = 0; i < a->resource_count; i++)
		if (!qfs_slice_equal(a->resources[i], b->resources[i]))
			return false;
	return true;
}

static bool
same_fields(const qfs_siwe *a, const qfs_siwe *b)
{
	return same_optional(a->has_scheme, a->scheme, b->has_scheme, b->scheme) &&
		qfs_slice_equal(a->domain, b->domain) &&
		memcmp(&a->address, &b->address, sizeof(a->address)) == 0 &&
		same_optional(a->has_statement, a->statement, b->has_statement, b->statement) &&
		qfs_slice_equal(a->uri, b->uri) &&
		a->version == b->version && a->chain_id == b->chain_id &&
		qfs_slice_equal(a->nonce, b->nonce) && a->issued_at == b->issued_at &&
		same_time(a->has_expiration_time, a->expiration_time,
				  b->has_expiration_time, b->expiration_time) &&
		same_time(a->has_not_before, a->not_before, b->has_not_before, b->not_before) &&
		same_optional(a->has_request_id, a->request_id, b->has_request_id, b->request_id) &&
		same_resources(a, b);
}

/* What was written must say what was meant, and no more. */
static qfs_status
check_written(const qfs_siwe *fields, qfs_slice message, qfs_error *err)
{
	qfs_siwe	parsed;
	qfs_status	status = qfs_siwe_parse(message, &parsed, err);

	if (status == QFS_OK && !same_fields(fields, &parsed))
		return qfs_fail(err, QFS_SIWE_SYNTAX, "a field would be read as another one");
	return status;
}

qfs_status
qfs_siwe_write(const qfs_siwe *fields, qfs_buf *out, qfs_error *err)
{
	qfs_status	status;

	QFS_ASSERT(out->len == 0);
	if (fields->resource_count > QFS_SIWE_RESOURCES_MAX)
		return qfs_fail(err, QFS_SIWE_LIMIT, "there are %u resources",
						(uint64_t) fields->resource_count);
	write_head(fields, out);
	status = write_time(out, LABEL_ISSUED_AT, true, fields->issued_at, err);
	if (status == QFS_OK)
		status = write_time(out, LABEL_EXPIRATION_TIME, fields->has_expiration_time,
							fields->expiration_time, err);
	if (status == QFS_OK)
		status = write_time(out, LABEL_NOT_BEFORE, fields->has_not_before, fields->not_before, err);
	if (status != QFS_OK)
		return status;
	write_tail(fields, out);
	if (out->overflow)
		return qfs_fail(err, QFS_SIWE_LIMIT, "the message is longer than %u bytes",
						(uint64_t) out->capacity);
	return check_written(fields, qfs_buf_slice(out), err);
}
