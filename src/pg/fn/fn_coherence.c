/*
 * fn_coherence.c - SQL functions for the arithmetic of coherence and rewards.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "engine/coherence.h"
#include "pg/append/account_event.h"
#include "pg/base/amount_datum.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"
#include "rules/social/referral.h"
#include "rules/social/settlement.h"

/* An object of features or weights: decimal strings from 0 to 1. */
static void
fractions_arg(FunctionCallInfo fcinfo, int n, qfs_amount *out)
{
	qfs_error	err;

	QFS_TRY(qfs_coherence_read(qfs_jsonb_canonical(PG_GETARG_JSONB_P(n)), true, out, &err), &err);
}

/* An amount that is a fraction of one. */
static qfs_amount
fraction_arg(FunctionCallInfo fcinfo, int n, const char *name)
{
	qfs_amount	a = qfs_amount_of_datum(PG_GETARG_DATUM(n));

	if (a > QFS_AMOUNT_ONE)
		QFS_THROW(QFS_ARGUMENT, "%s is more than 1", name);
	return a;
}

/* qfs.coherence_score(features, weights) -> qfs.amount */
PG_FUNCTION_INFO_V1(qfs_sql_coherence_score);
Datum
qfs_sql_coherence_score(PG_FUNCTION_ARGS)
{
	qfs_amount	features[QFS_FEATURES];
	qfs_amount	weights[QFS_FEATURES];
	qfs_amount	score;

	fractions_arg(fcinfo, 0, features);
	fractions_arg(fcinfo, 1, weights);
	score = qfs_coherence_score(features, weights);
	PG_RETURN_DATUM(qfs_amount_datum(&score));
}

/* qfs.coherence_step(c, q, alpha) -> qfs.amount */
PG_FUNCTION_INFO_V1(qfs_sql_coherence_step);
Datum
qfs_sql_coherence_step(PG_FUNCTION_ARGS)
{
	qfs_amount	next = qfs_coherence_step(fraction_arg(fcinfo, 0, "c"), fraction_arg(fcinfo, 1, "q"),
										  fraction_arg(fcinfo, 2, "alpha"));

	PG_RETURN_DATUM(qfs_amount_datum(&next));
}

/* qfs.hsmf(s_res, s_flx, s_psi_sync, f_atr, s_chr, lambda1, lambda2) -> record */
PG_FUNCTION_INFO_V1(qfs_sql_hsmf);
Datum
qfs_sql_hsmf(PG_FUNCTION_ARGS)
{
	qfs_hsmf	m;
	qfs_amount *inputs[] = {&m.s_res, &m.s_flx, &m.s_psi_sync, &m.f_atr, &m.s_chr, &m.lambda1, &m.lambda2};
	const qfs_amount *outputs[] = {
		&m.action_cost, &m.c_holo, &m.chr, &m.flx, &m.res, &m.psi, &m.atr, &m.total
	};
	Datum		values[lengthof(outputs)];
	bool		nulls[lengthof(outputs)] = {false};
	TupleDesc	desc;
	qfs_error	err;

	for (int i = 0; i < lengthof(inputs); i++)
		*inputs[i] = qfs_amount_of_datum(PG_GETARG_DATUM(i));
	QFS_TRY(qfs_hsmf_compute(&m, &err), &err);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "qfs: hsmf has no row type");
	for (int i = 0; i < lengthof(outputs); i++)
		values[i] = qfs_amount_datum(outputs[i]);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/* qfs.trust_level(c) -> text */
PG_FUNCTION_INFO_V1(qfs_sql_trust_level);
Datum
qfs_sql_trust_level(PG_FUNCTION_ARGS)
{
	qfs_reducer *r = qfs_open_reducer();

	PG_RETURN_TEXT_P(cstring_to_text(qfs_trust_level(&r->policy, fraction_arg(fcinfo, 0, "c"))));
}

/* qfs.referral_tier(n) -> integer, both counted from 1 */
PG_FUNCTION_INFO_V1(qfs_sql_referral_tier);
Datum
qfs_sql_referral_tier(PG_FUNCTION_ARGS)
{
	const qfs_reducer *r = qfs_open_reducer();

	PG_RETURN_INT32((int32) qfs_referral_tier(&r->policy, (int64_t) qfs_count_arg(fcinfo, 0, "n")) + 1);
}

/* qfs.referral_code(user_id) -> text */
PG_FUNCTION_INFO_V1(qfs_sql_referral_code);
Datum
qfs_sql_referral_code(PG_FUNCTION_ARGS)
{
	char		code[QFS_REFERRAL_CODE_LEN];

	qfs_referral_code((const qfs_user_id *) PG_GETARG_POINTER(0), code);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(code, sizeof(code)));
}
