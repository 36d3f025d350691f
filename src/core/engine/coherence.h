/*
 * coherence.h - how coherent an account has acted, as a number from 0 to 1.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Amounts of scale 10^18.  Every sum is exact, and rounded down once.
 */
#ifndef QFS_COHERENCE_H
#define QFS_COHERENCE_H

#include "engine/policy.h"

/*
 * C' = floor(c * (1 - alpha) + q * alpha)
 * c, q, alpha: at most 1
 */
extern qfs_amount qfs_coherence_step(qfs_amount c, qfs_amount q, qfs_amount alpha);

/* floor(sum of weight * feature), at most 1.  weights, features: at most 1 each */
extern qfs_amount qfs_coherence_score(const qfs_amount *features, const qfs_amount *weights);

/*
 * An object with a decimal string from 0 to 1 for each feature.
 * optional: features that are absent count as 0
 * Errors: FEATURES_INVALID, naming the feature.
 */
extern qfs_status qfs_coherence_read(qfs_slice features, bool optional, qfs_amount *out, qfs_error *err);

/* "UNKNOWN", "VERIFIED", "TRUSTED" or "AUTHORITY" */
extern const char *qfs_trust_level(const qfs_policy *policy, qfs_amount c);

/* The inputs and results of the holographic model. */
typedef struct qfs_hsmf
{
	qfs_amount	s_res, s_flx, s_psi_sync, f_atr, s_chr, lambda1, lambda2;
	qfs_amount	action_cost, c_holo, chr, flx, res, psi, atr, total;
} qfs_hsmf;

/*
 * action_cost = s_res + lambda1 s_flx + lambda2 s_psi_sync + f_atr
 * c_holo = 1 / (1 + s_res + s_flx + s_psi_sync)
 * chr = s_chr c_holo, flx = s_flx action_cost, res = s_res c_holo,
 * psi = s_psi_sync f_atr, atr = f_atr c_holo, total = their sum
 * Errors: AMOUNT_OVERFLOW.
 */
extern qfs_status qfs_hsmf_compute(qfs_hsmf *m, qfs_error *err);

#endif
