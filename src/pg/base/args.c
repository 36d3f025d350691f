/*
 * args.c - arguments and results of SQL functions.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

#include "pg/base/args.h"
#include "pg/base/errors.h"

qfs_slice
qfs_varlena_of(Datum value)
{
	struct varlena *bytes = PG_DETOAST_DATUM_PACKED(value);

	return (qfs_slice) {(const uint8_t *) VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)};
}

qfs_slice
qfs_varlena_arg(FunctionCallInfo fcinfo, int n)
{
	return qfs_varlena_of(PG_GETARG_DATUM(n));
}

qfs_slice
qfs_optional_arg(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? QFS_LITERAL("") : qfs_varlena_arg(fcinfo, n);
}

uint64
qfs_count_arg(FunctionCallInfo fcinfo, int n, const char *name)
{
	int64		value = PG_GETARG_INT64(n);

	if (value < 0)
		QFS_THROW(QFS_ARGUMENT, "%s is %i", name, (int64_t) value);
	return (uint64) value;
}

text *
qfs_text_of(qfs_slice bytes)
{
	return cstring_to_text_with_len((const char *) bytes.data, (int) bytes.len);
}

bytea *
qfs_bytea_of(qfs_slice bytes)
{
	return (bytea *) qfs_text_of(bytes);
}

static Oid
hash_type(void)
{
	Oid			oid = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("hash"),
									  ObjectIdGetDatum(get_namespace_oid("qfs", false)));

	if (!OidIsValid(oid))
		elog(ERROR, "qfs: type qfs.hash is missing");
	return oid;
}

ArrayType *
qfs_hashes_of(const qfs_hash *hashes, unsigned count)
{
	Datum	   *items = palloc(sizeof(Datum) * Max(count, 1));

	for (unsigned i = 0; i < count; i++)
		items[i] = PointerGetDatum(&hashes[i]);
	return construct_array(items, (int) count, hash_type(), sizeof(qfs_hash), false, TYPALIGN_CHAR);
}
