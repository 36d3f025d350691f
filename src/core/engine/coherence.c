/*
 * coherence.c - how coherent an account has acted, as a number from 0 to 1.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/coherence.h"

#include "base/status.h"

/* floor(product / 10^18), as floor(floor(product / 10^9) / 10^9). */
static qfs_amount
descale(qfs_amount product)
{
	qfs_divide_small(&product, 1000000000);
	qfs_divide_small(&product, 1000000000);
	return product;
}

qfs_amount
qfs_coherence_step(qfs_amount c, qfs_amount q, qfs_amount alpha)
{
	/* Both products are at most 10^36; 128 bits hold 3 * 10^38. */
	return descale(c * (QFS_AMOUNT_ONE - alpha) + q * alpha);
}

qfs_amount
qfs_coherence_score(const qfs_amount *features, const qfs_amount *weights)
{
	qfs_amount	sum = 0;

	for (int i = 0; i < QFS_FEATURES; i++)
		sum += features[i] * weights[i];
	sum = descale(sum);
	return sum < QFS_AMOUNT_ONE ? sum : QFS_AMOUNT_ONE;
}

static bool
is_feature(qfs_slice key)
{
	for (int i = 0; i < QFS_FEATURES; i++)
		if (key.len == strlen(qfs_feature_names[i]) + 2 &&
			memcmp(key.data + 1, qfs_feature_names[i], key.len - 2) == 0)
			return true;
	return false;
}

qfs_status
qfs_coherence_read(qfs_slice features, bool optional, qfs_amount *out, qfs_error *err)
{
	qfs_json_iter iter = qfs_json_members(features);
	qfs_slice	key;
	qfs_slice	value;
	qfs_slice	text;

	if (qfs_json_type_of(features) != QFS_JSON_OBJECT)
		return qfs_fail(err, QFS_FEATURES_INVALID, "not an object");
	while (qfs_json_next(&iter, &key, &value))
		if (!is_feature(key))
			return qfs_fail(err, QFS_FEATURES_INVALID, "%v is not a feature", key);
	for (int i = 0; i < QFS_FEATURES; i++)
	{
		out[i] = 0;
		if (!qfs_json_member(features, qfs_feature_names[i], &value))
		{
			if (optional)
				continue;
			return qfs_fail(err, QFS_FEATURES_INVALID, "%s is missing", qfs_feature_names[i]);
		}
		if (!qfs_json_to_plain(value, &text) || qfs_amount_parse(text, &out[i], NULL) != QFS_OK ||
			out[i] > QFS_AMOUNT_ONE)
			return qfs_fail(err, QFS_FEATURES_INVALID, "%s: %v is not a decimal string from 0 to 1",
							qfs_feature_names[i], value);
	}
	return QFS_OK;
}

const char *
qfs_trust_level(const qfs_policy *policy, qfs_amount c)
{
	const char *level = "UNKNOWN";

	for (int i = 0; i < QFS_TRUST_LEVELS; i++)
		if (c >= policy->trust[i])
			level = qfs_trust_names[i];
	return level;
}

/* *sum += a * b */
static qfs_status
add_product(qfs_amount *sum, qfs_amount a, qfs_amount b, qfs_error *err)
{
	qfs_amount	product;
	qfs_status	status = qfs_amount_mul(a, b, &product, err);

	if (status == QFS_OK)
		status = qfs_amount_add(*sum, product, sum, err);
	return status;
}

/* *out = a * b, and *sum grows by it */
static qfs_status
product_and_sum(qfs_amount a, qfs_amount b, qfs_amount *out, qfs_amount *sum, qfs_error *err)
{
	qfs_status	status = qfs_amount_mul(a, b, out, err);

	if (status == QFS_OK)
		status = qfs_amount_add(*sum, *out, sum, err);
	return status;
}

qfs_status
qfs_hsmf_compute(qfs_hsmf *m, qfs_error *err)
{
	qfs_amount	tension = QFS_AMOUNT_ONE;
	qfs_status	status;

	status = qfs_amount_add(m->s_res, m->f_atr, &m->action_cost, err);
	if (status == QFS_OK)
		status = add_product(&m->action_cost, m->lambda1, m->s_flx, err);
	if (status == QFS_OK)
		status = add_product(&m->action_cost, m->lambda2, m->s_psi_sync, err);

	if (status == QFS_OK)
		status = qfs_amount_add(tension, m->s_res, &tension, err);
	if (status == QFS_OK)
		status = qfs_amount_add(tension, m->s_flx, &tension, err);
	if (status == QFS_OK)
		status = qfs_amount_add(tension, m->s_psi_sync, &tension, err);
	if (status == QFS_OK)
		status = qfs_amount_div(QFS_AMOUNT_ONE, tension, &m->c_holo, err);

	m->total = 0;
	if (status == QFS_OK)
		status = product_and_sum(m->s_chr, m->c_holo, &m->chr, &m->total, err);
	if (status == QFS_OK)
		status = product_and_sum(m->s_flx, m->action_cost, &m->flx, &m->total, err);
	if (status == QFS_OK)
		status = product_and_sum(m->s_res, m->c_holo, &m->res, &m->total, err);
	if (status == QFS_OK)
		status = product_and_sum(m->s_psi_sync, m->f_atr, &m->psi, &m->total, err);
	if (status == QFS_OK)
		status = product_and_sum(m->f_atr, m->c_holo, &m->atr, &m->total, err);
	return status;
}
