/*
 * fuzz_siwe.c - sign-in messages: what is read is written again, with the same fields.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "fuzz.h"
#include "identity/device.h"
#include "identity/siwe.h"
#include "rules/account/signin_message.h"
#include "text/time.h"
#include "text/uri.h"

static bool
same_optional(bool has_a, qfs_slice a, bool has_b, qfs_slice b)
{
	return has_a == has_b && (!has_a || qfs_slice_equal(a, b));
}

static bool
same_time(bool has_a, int64_t a, bool has_b, int64_t b)
{
	return has_a == has_b && (!has_a || a == b);
}

static bool
same(const qfs_siwe *a, const qfs_siwe *b)
{
	bool		same_resources = a->has_resources == b->has_resources &&
		(!a->has_resources || a->resource_count == b->resource_count);

	for (unsigned i = 0; same_resources && a->has_resources && i < a->resource_count; i++)
		same_resources = qfs_slice_equal(a->resources[i], b->resources[i]);
	return same_resources &&
		same_optional(a->has_scheme, a->scheme, b->has_scheme, b->scheme) &&
		qfs_slice_equal(a->domain, b->domain) &&
		memcmp(&a->address, &b->address, sizeof(a->address)) == 0 &&
		same_optional(a->has_statement, a->statement, b->has_statement, b->statement) &&
		qfs_slice_equal(a->uri, b->uri) && a->version == b->version &&
		a->chain_id == b->chain_id && qfs_slice_equal(a->nonce, b->nonce) &&
		a->issued_at == b->issued_at &&
		same_time(a->has_expiration_time, a->expiration_time, b->has_expiration_time, b->expiration_time) &&
		same_time(a->has_not_before, a->not_before, b->has_not_before, b->not_before) &&
		same_optional(a->has_request_id, a->request_id, b->has_request_id, b->request_id);
}

/* A time that is read is written, and read as the same. */
static void
time_of(qfs_slice text)
{
	uint8_t		memory[32];
	qfs_error	err;
	qfs_buf		out;
	int64_t		at;
	int64_t		again;
	qfs_status	status = qfs_time_parse(text, &at, &err);

	if (status != QFS_OK)
	{
		fuzz_check_error(status, &err);
		return;
	}
	qfs_buf_init(&out, memory, sizeof(memory));
	/* An offset may lead out of the years that are written. */
	if (qfs_time_write(at, &out, NULL) != QFS_OK)
		return;
	PROPERTY(!out.overflow && qfs_time_parse(qfs_buf_slice(&out), &again, NULL) == QFS_OK);
	PROPERTY(again == at);
}

static void
message(qfs_slice text)
{
	uint8_t		memory[QFS_SIWE_MAX];
	uint8_t		memory_again[QFS_SIWE_MAX];
	qfs_siwe	fields;
	qfs_siwe	again;
	qfs_error	err;
	qfs_buf		out;
	qfs_buf		out_again;
	qfs_hash	device;
	bool		named;
	qfs_status	status = qfs_siwe_parse(text, &fields, &err);

	if (status != QFS_OK)
	{
		fuzz_check_error(status, &err);
		return;
	}
	PROPERTY(fields.version == 1 && fields.chain_id >= 0 && fields.chain_id <= QFS_INT_MAX);
	PROPERTY(fields.resource_count <= QFS_SIWE_RESOURCES_MAX || !fields.has_resources);
	if (fields.has_resources)
		for (unsigned i = 0; i < fields.resource_count; i++)
			PROPERTY(qfs_uri_is_uri(fields.resources[i]));
	status = qfs_siwe_device(&fields, &device, &named, &err);
	if (status != QFS_OK)
		fuzz_check_error(status, &err);

	/* Times have one spelling when we write them, which may be longer, or too far away. */
	qfs_buf_init(&out, memory, sizeof(memory));
	if (qfs_siwe_write(&fields, &out, NULL) != QFS_OK)
		return;
	PROPERTY(qfs_siwe_parse(qfs_buf_slice(&out), &again, NULL) == QFS_OK);
	PROPERTY(same(&fields, &again));
	qfs_buf_init(&out_again, memory_again, sizeof(memory_again));
	PROPERTY(qfs_siwe_write(&again, &out_again, NULL) == QFS_OK);
	PROPERTY(qfs_slice_equal(qfs_buf_slice(&out), qfs_buf_slice(&out_again)));
}

/* Nobody signs in with a message that is not for us. */
static void
login(qfs_slice text)
{
	static uint8_t merged[QFS_POLICY_MAX];
	static qfs_policy policy;
	qfs_login	login;
	qfs_error	err;
	qfs_status	status;

	if (policy.block_ms == 0)
	{
		qfs_buf		buf;

		qfs_buf_init(&buf, merged, sizeof(merged));
		PROPERTY(qfs_policy_merge(qfs_policy_default(),
			QFS_LITERAL("{\"auth\":{\"chain_ids\":[1],\"domains\":[\"app.example\"],\"uris\":[\"https://app.example\"]}}"),
								  &buf, NULL) == QFS_OK);
		PROPERTY(qfs_policy_parse(qfs_buf_slice(&buf), &policy, NULL) == QFS_OK);
	}
	status = qfs_login_check(text, &policy, INT64_C(1795376692000), &login, &err);
	if (status != QFS_OK)
	{
		fuzz_check_error(status, &err);
		return;
	}
	PROPERTY(qfs_slice_equal(login.message.domain, QFS_LITERAL("app.example")));
	PROPERTY(qfs_uri_is_below(login.message.uri, QFS_LITERAL("https://app.example")));
	PROPERTY(login.message.chain_id == 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	qfs_slice	input = {data, size};
	qfs_uri_authority authority;

	message(input);
	login(input);
	time_of(input);
	if (qfs_uri_read_authority(input, &authority))
		PROPERTY(authority.host.len <= size);
	if (qfs_uri_is_uri(input))
		PROPERTY(qfs_uri_is_below(input, input));
	return 0;
}
