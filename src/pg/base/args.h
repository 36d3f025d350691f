/*
 * args.h - arguments and results of SQL functions.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_ARGS_H
#define QFS_ARGS_H

#include "fmgr.h"
#include "utils/array.h"

#include "base/buf.h"

/* The bytes of a text or bytea value, where they are if they are neither compressed nor elsewhere. */
extern qfs_slice qfs_varlena_of(Datum value);

/* The bytes of a text or bytea argument. */
extern qfs_slice qfs_varlena_arg(FunctionCallInfo fcinfo, int n);

/* The same of one that may be null, which is empty then. */
extern qfs_slice qfs_optional_arg(FunctionCallInfo fcinfo, int n);

/* A bigint argument that counts entries.  Errors: ARGUMENT if it is negative. */
extern uint64 qfs_count_arg(FunctionCallInfo fcinfo, int n, const char *name);

static inline const qfs_hash *
qfs_hash_arg(FunctionCallInfo fcinfo, int n)
{
	return (const qfs_hash *) PG_GETARG_POINTER(n);
}

extern text *qfs_text_of(qfs_slice bytes);
extern bytea *qfs_bytea_of(qfs_slice bytes);

/* A bytea parameter. */
static inline Datum
qfs_bytes_datum(const void *bytes, size_t len)
{
	return PointerGetDatum(qfs_bytea_of((qfs_slice) {bytes, len}));
}

/* qfs.hash[] */
extern ArrayType *qfs_hashes_of(const qfs_hash *hashes, unsigned count);

#endif
