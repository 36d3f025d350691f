/*
 * fn_pure.c - SQL functions that look at their arguments alone.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "utils/builtins.h"

#include "crypto/ed25519.h"
#include "crypto/ethereum.h"
#include "crypto/keccak.h"
#include "crypto/sha256.h"
#include "engine/policy.h"
#include "log/merkle.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"
#include "text/base64.h"

/* qfs.canonical(jsonb) -> text */
PG_FUNCTION_INFO_V1(qfs_sql_canonical);
Datum
qfs_sql_canonical(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(qfs_text_of(qfs_jsonb_canonical(PG_GETARG_JSONB_P(0))));
}

/* qfs.sha256_jcs(jsonb) -> qfs.hash */
PG_FUNCTION_INFO_V1(qfs_sql_sha256_jcs);
Datum
qfs_sql_sha256_jcs(PG_FUNCTION_ARGS)
{
	qfs_hash   *out = palloc(sizeof(qfs_hash));

	qfs_sha256(qfs_jsonb_canonical(PG_GETARG_JSONB_P(0)), out);
	PG_RETURN_POINTER(out);
}

typedef void (*HashFunction) (qfs_slice bytes, qfs_hash *out);

static Datum
hash_argument(FunctionCallInfo fcinfo, HashFunction function)
{
	qfs_hash   *out = palloc(sizeof(qfs_hash));

	function(qfs_varlena_arg(fcinfo, 0), out);
	PG_RETURN_POINTER(out);
}

/* qfs.keccak256(bytea) -> qfs.hash */
PG_FUNCTION_INFO_V1(qfs_sql_keccak256);
Datum
qfs_sql_keccak256(PG_FUNCTION_ARGS)
{
	return hash_argument(fcinfo, qfs_keccak256);
}

/* qfs.sha3_256(bytea) -> qfs.hash */
PG_FUNCTION_INFO_V1(qfs_sql_sha3_256);
Datum
qfs_sql_sha3_256(PG_FUNCTION_ARGS)
{
	return hash_argument(fcinfo, qfs_sha3_256);
}

/* qfs.base64url(bytea) -> text */
PG_FUNCTION_INFO_V1(qfs_sql_base64url);
Datum
qfs_sql_base64url(PG_FUNCTION_ARGS)
{
	qfs_slice	bytes = qfs_varlena_arg(fcinfo, 0);
	size_t		size = QFS_BASE64URL_LEN(bytes.len);
	text	   *out = palloc(VARHDRSZ + size);
	qfs_buf		buf;

	qfs_buf_init(&buf, VARDATA(out), size);
	qfs_base64url_write(&buf, bytes.data, bytes.len);
	SET_VARSIZE(out, VARHDRSZ + buf.len);
	PG_RETURN_TEXT_P(out);
}

/* qfs.leaf_hash(text) -> qfs.hash */
PG_FUNCTION_INFO_V1(qfs_sql_leaf_hash);
Datum
qfs_sql_leaf_hash(PG_FUNCTION_ARGS)
{
	return hash_argument(fcinfo, qfs_leaf_hash);
}

/* qfs.node_hash(qfs.hash, qfs.hash) -> qfs.hash */
PG_FUNCTION_INFO_V1(qfs_sql_node_hash);
Datum
qfs_sql_node_hash(PG_FUNCTION_ARGS)
{
	qfs_hash   *out = palloc(sizeof(qfs_hash));

	qfs_node_hash(qfs_hash_arg(fcinfo, 0), qfs_hash_arg(fcinfo, 1), out);
	PG_RETURN_POINTER(out);
}

/* A proof that is no proof (nulls, two dimensions) verifies nothing. */
static bool
proof_arg(FunctionCallInfo fcinfo, int n, qfs_proof *out)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(n);

	if (ARR_HASNULL(array) || ARR_NDIM(array) > 1)
		return false;
	out->count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	if (out->count > QFS_PROOF_MAX)
		return false;
	memcpy(out->hashes, ARR_DATA_PTR(array), out->count * sizeof(qfs_hash));
	return true;
}

/* qfs.verify_inclusion(leaf, seq, size, proof, root) -> boolean */
PG_FUNCTION_INFO_V1(qfs_sql_verify_inclusion);
Datum
qfs_sql_verify_inclusion(PG_FUNCTION_ARGS)
{
	uint64		seq = qfs_count_arg(fcinfo, 1, "seq");
	uint64		size = qfs_count_arg(fcinfo, 2, "size");
	qfs_proof	proof;

	PG_RETURN_BOOL(proof_arg(fcinfo, 3, &proof) &&
				   qfs_verify_inclusion(qfs_hash_arg(fcinfo, 0), seq, size,
										proof.hashes, proof.count, qfs_hash_arg(fcinfo, 4)));
}

/* qfs.verify_consistency(old, new, proof, old_root, new_root) -> boolean */
PG_FUNCTION_INFO_V1(qfs_sql_verify_consistency);
Datum
qfs_sql_verify_consistency(PG_FUNCTION_ARGS)
{
	uint64		old_size = qfs_count_arg(fcinfo, 0, "old");
	uint64		new_size = qfs_count_arg(fcinfo, 1, "new");
	qfs_proof	proof;

	PG_RETURN_BOOL(proof_arg(fcinfo, 2, &proof) &&
				   qfs_verify_consistency(old_size, new_size, proof.hashes, proof.count,
										  qfs_hash_arg(fcinfo, 3), qfs_hash_arg(fcinfo, 4)));
}

/* qfs.default_policy() -> jsonb */
PG_FUNCTION_INFO_V1(qfs_sql_default_policy);
Datum
qfs_sql_default_policy(PG_FUNCTION_ARGS)
{
	return qfs_jsonb_of(qfs_policy_default());
}

/* qfs.recover_personal_sign(message, signature) -> qfs.address */
PG_FUNCTION_INFO_V1(qfs_sql_recover_personal_sign);
Datum
qfs_sql_recover_personal_sign(PG_FUNCTION_ARGS)
{
	qfs_address *out = palloc(sizeof(qfs_address));
	qfs_error	err;

	QFS_TRY(qfs_personal_recover(qfs_varlena_arg(fcinfo, 0), qfs_varlena_arg(fcinfo, 1), out, &err), &err);
	PG_RETURN_POINTER(out);
}

/* qfs.ed25519_verify(message, signature, key) -> boolean; malformed input is an error */
PG_FUNCTION_INFO_V1(qfs_sql_ed25519_verify);
Datum
qfs_sql_ed25519_verify(PG_FUNCTION_ARGS)
{
	qfs_error	err;
	qfs_status	status = qfs_ed25519_verify(qfs_varlena_arg(fcinfo, 0), qfs_varlena_arg(fcinfo, 1),
											qfs_varlena_arg(fcinfo, 2), &err);

	if (status != QFS_OK && status != QFS_SIGNATURE_MISMATCH)
		qfs_throw(&err);
	PG_RETURN_BOOL(status == QFS_OK);
}
