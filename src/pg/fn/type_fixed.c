/*
 * type_fixed.c - qfs.hash, qfs.address, qfs.user_id: 32, 20 and 32 bytes.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Text forms are in src/core/text/ids.c.  Order and hash are those of the bytes, so
 * types of one length share their operators' code.
 */
#include "pg/base/compat.h"

#include "common/hashfn.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"

#include "pg/base/errors.h"
#include "text/ids.h"

static qfs_slice
cstring_arg(FunctionCallInfo fcinfo)
{
	return qfs_slice_of(PG_GETARG_CSTRING(0));
}

/* The text that `write` appends, NUL-terminated. */
#define RETURN_TEXT_FORM(size, write) \
	do { \
		char	   *text = palloc((size) + 1); \
		qfs_buf		buf; \
		qfs_buf_init(&buf, text, (size)); \
		write; \
		text[buf.len] = '\0'; \
		PG_RETURN_CSTRING(text); \
	} while (0)

PG_FUNCTION_INFO_V1(qfs_sql_hash_in);
Datum
qfs_sql_hash_in(PG_FUNCTION_ARGS)
{
	qfs_hash   *out = palloc(sizeof(qfs_hash));
	qfs_error	err;

	QFS_TRY(qfs_hash_parse(cstring_arg(fcinfo), out, &err), &err);
	PG_RETURN_POINTER(out);
}

PG_FUNCTION_INFO_V1(qfs_sql_hash_out);
Datum
qfs_sql_hash_out(PG_FUNCTION_ARGS)
{
	const qfs_hash *hash = (const qfs_hash *) PG_GETARG_POINTER(0);

	RETURN_TEXT_FORM(2 * QFS_HASH_LEN, qfs_buf_hex(&buf, hash->bytes, QFS_HASH_LEN));
}

PG_FUNCTION_INFO_V1(qfs_sql_user_id_in);
Datum
qfs_sql_user_id_in(PG_FUNCTION_ARGS)
{
	qfs_user_id *out = palloc(sizeof(qfs_user_id));
	qfs_error	err;

	QFS_TRY(qfs_user_id_parse(cstring_arg(fcinfo), out, &err), &err);
	PG_RETURN_POINTER(out);
}

PG_FUNCTION_INFO_V1(qfs_sql_user_id_out);
Datum
qfs_sql_user_id_out(PG_FUNCTION_ARGS)
{
	RETURN_TEXT_FORM(QFS_USER_ID_TEXT,
					 qfs_user_id_write(&buf, (const qfs_user_id *) PG_GETARG_POINTER(0)));
}

PG_FUNCTION_INFO_V1(qfs_sql_address_in);
Datum
qfs_sql_address_in(PG_FUNCTION_ARGS)
{
	qfs_address *out = palloc(sizeof(qfs_address));
	qfs_error	err;

	QFS_TRY(qfs_address_parse(cstring_arg(fcinfo), out, &err), &err);
	PG_RETURN_POINTER(out);
}

PG_FUNCTION_INFO_V1(qfs_sql_address_out);
Datum
qfs_sql_address_out(PG_FUNCTION_ARGS)
{
	RETURN_TEXT_FORM(QFS_ADDRESS_TEXT,
					 qfs_address_write(&buf, (const qfs_address *) PG_GETARG_POINTER(0)));
}

/* qfs.user_id(qfs.address): SHA3-256 of the address as lower-case text. */
PG_FUNCTION_INFO_V1(qfs_sql_address_user_id);
Datum
qfs_sql_address_user_id(PG_FUNCTION_ARGS)
{
	qfs_user_id *out = palloc(sizeof(qfs_user_id));

	qfs_user_id_of((const qfs_address *) PG_GETARG_POINTER(0), out);
	PG_RETURN_POINTER(out);
}

/* ---- what depends on the length alone ---- */

static Datum
from_message(FunctionCallInfo fcinfo, int len)
{
	void	   *out = palloc(len);

	pq_copymsgbytes((StringInfo) PG_GETARG_POINTER(0), out, len);
	PG_RETURN_POINTER(out);
}

static Datum
to_message(FunctionCallInfo fcinfo, int len)
{
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbytes(&buf, PG_GETARG_POINTER(0), len);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

static Datum
from_bytea(FunctionCallInfo fcinfo, int len, qfs_status fault)
{
	bytea	   *in = PG_GETARG_BYTEA_PP(0);
	void	   *out = palloc(len);

	if (VARSIZE_ANY_EXHDR(in) != len)
		QFS_THROW(fault, "%u bytes", (uint64_t) VARSIZE_ANY_EXHDR(in));
	memcpy(out, VARDATA_ANY(in), len);
	PG_RETURN_POINTER(out);
}

static Datum
to_bytea(FunctionCallInfo fcinfo, int len)
{
	bytea	   *out = palloc(VARHDRSZ + len);

	SET_VARSIZE(out, VARHDRSZ + len);
	memcpy(VARDATA(out), PG_GETARG_POINTER(0), len);
	PG_RETURN_BYTEA_P(out);
}

#define COMPARE(len) memcmp(PG_GETARG_POINTER(0), PG_GETARG_POINTER(1), (len))
#define FUNCTION(name, result) \
	PG_FUNCTION_INFO_V1(name); \
	Datum name(PG_FUNCTION_ARGS) { result; } \
	extern int	qfs_no_semicolon

#define OPERATORS(prefix, len) \
	FUNCTION(prefix##_recv, return from_message(fcinfo, len)); \
	FUNCTION(prefix##_send, return to_message(fcinfo, len)); \
	FUNCTION(prefix##_to_bytea, return to_bytea(fcinfo, len)); \
	FUNCTION(prefix##_eq, PG_RETURN_BOOL(COMPARE(len) == 0)); \
	FUNCTION(prefix##_ne, PG_RETURN_BOOL(COMPARE(len) != 0)); \
	FUNCTION(prefix##_lt, PG_RETURN_BOOL(COMPARE(len) < 0)); \
	FUNCTION(prefix##_le, PG_RETURN_BOOL(COMPARE(len) <= 0)); \
	FUNCTION(prefix##_gt, PG_RETURN_BOOL(COMPARE(len) > 0)); \
	FUNCTION(prefix##_ge, PG_RETURN_BOOL(COMPARE(len) >= 0)); \
	FUNCTION(prefix##_cmp, PG_RETURN_INT32(COMPARE(len))); \
	FUNCTION(prefix##_hash, \
			 return hash_any((const unsigned char *) PG_GETARG_POINTER(0), len)); \
	FUNCTION(prefix##_hash_extended, \
			 return hash_any_extended((const unsigned char *) PG_GETARG_POINTER(0), len, \
									  PG_GETARG_INT64(1)))

OPERATORS(qfs_sql_bytes32, QFS_HASH_LEN);
OPERATORS(qfs_sql_bytes20, QFS_ADDRESS_LEN);

FUNCTION(qfs_sql_hash_from_bytea, return from_bytea(fcinfo, QFS_HASH_LEN, QFS_HASH_SYNTAX));
FUNCTION(qfs_sql_user_id_from_bytea, return from_bytea(fcinfo, QFS_HASH_LEN, QFS_USER_ID_SYNTAX));
FUNCTION(qfs_sql_address_from_bytea, return from_bytea(fcinfo, QFS_ADDRESS_LEN, QFS_ADDRESS_SYNTAX));
