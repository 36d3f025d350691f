/*
 * fuzz_policy.c - policies: what is read merges with itself to itself.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/policy.h"
#include "engine/policy_key.h"
#include "fuzz.h"

/* A leaf of changes has a name that the table has. */
static qfs_status
leaf(void *context, qfs_slice name, qfs_slice value)
{
	qfs_key_class key_class;

	(void) context;
	PROPERTY(name.len <= QFS_TYPE_MAX && qfs_policy_key_class(name, &key_class));
	(void) qfs_policy_restricts(name, value, value);
	return QFS_OK;
}

/* Changes of the default policy: all of it is there, or it is refused. */
static void
changes(qfs_slice input)
{
	static uint8_t memory[QFS_POLICY_MAX];
	static uint8_t memory_again[QFS_POLICY_MAX];
	qfs_policy	policy;
	qfs_error	err;
	qfs_buf		out;
	qfs_buf		again;
	qfs_status	status;

	if (qfs_policy_leaves(input, leaf, NULL, &err) != QFS_OK)
		fuzz_check_error(err.status, &err);
	qfs_buf_init(&out, memory, sizeof(memory));
	status = qfs_policy_merge(qfs_policy_default(), input, &out, &err);
	if (status != QFS_OK)
	{
		fuzz_check_error(status, &err);
		return;
	}
	PROPERTY(!out.overflow && qfs_json_check(qfs_buf_slice(&out), NULL) == QFS_OK);
	qfs_buf_init(&again, memory_again, sizeof(memory_again));
	PROPERTY(qfs_policy_merge(qfs_buf_slice(&out), input, &again, NULL) == QFS_OK);
	PROPERTY(qfs_slice_equal(qfs_buf_slice(&out), qfs_buf_slice(&again)));
	status = qfs_policy_parse(qfs_buf_slice(&out), &policy, &err);
	if (status != QFS_OK)
		fuzz_check_error(status, &err);
	else
		PROPERTY(qfs_policy_check_change(&policy, &policy, NULL) == QFS_OK);
}

/* Every key has its value; the terms of each track are read as they are written. */
static void
governed(qfs_slice input, const qfs_policy *policy)
{
	qfs_key_class key_class;
	qfs_slice	name;
	qfs_slice	value;

	for (size_t n = 0; qfs_policy_key_at(n, &name, &key_class); n++)
	{
		PROPERTY(qfs_policy_leaf(input, name, &value) && qfs_json_type_of(value) != QFS_JSON_OBJECT);
		PROPERTY(key_class == QFS_CLASS_PARAMETER || !qfs_policy_key_is_operators(policy, name));
	}
	for (unsigned track = 0; track < QFS_TRACKS; track++)
	{
		uint8_t		memory[512];
		qfs_json_writer w;
		qfs_terms	terms;
		qfs_buf		buf;

		qfs_terms_of(policy, (qfs_track) track, &terms);
		qfs_buf_init(&buf, memory, sizeof(memory));
		qfs_json_begin(&w, &buf);
		qfs_terms_write(&w, &terms);
		PROPERTY(qfs_json_end(&w, NULL) == QFS_OK && qfs_terms_read(qfs_buf_slice(&buf), &terms));
	}
}

static void
whole(qfs_slice input)
{
	static uint8_t memory[QFS_POLICY_MAX];
	qfs_policy	policy;
	qfs_error	err;
	qfs_buf		out;
	qfs_status	status = qfs_policy_parse(input, &policy, &err);

	if (status != QFS_OK)
	{
		fuzz_check_error(status, &err);
		return;
	}
	PROPERTY(policy.block_ms > 0 && policy.epoch_blocks > 0 && policy.ttl_blocks > 0);
	PROPERTY(policy.alpha <= QFS_AMOUNT_ONE && policy.tier_count <= QFS_TIERS_MAX);
	for (int i = 0; i < QFS_COHERENT_ACTS; i++)
		PROPERTY(policy.acts[i] <= QFS_AMOUNT_ONE);
	for (unsigned i = 1; i < policy.tier_count; i++)
		PROPERTY(policy.tiers[i - 1].to < policy.tiers[i].to);
	qfs_buf_init(&out, memory, sizeof(memory));
	PROPERTY(qfs_policy_merge(input, input, &out, NULL) == QFS_OK);
	PROPERTY(qfs_slice_equal(qfs_buf_slice(&out), input));
	PROPERTY(qfs_policy_leaves(input, leaf, NULL, NULL) == QFS_OK);
	governed(input, &policy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	qfs_slice	input = {data, size};

	/* Its callers have read it as JSON. */
	if (size > QFS_POLICY_MAX || qfs_json_check(input, NULL) != QFS_OK)
		return 0;
	whole(input);
	if (qfs_json_type_of(input) == QFS_JSON_OBJECT)
		changes(input);
	return 0;
}
