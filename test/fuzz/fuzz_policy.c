/*
 * fuzz_policy.c - policies: what is read merges with itself to itself.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/policy.h"
#include "fuzz.h"

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
