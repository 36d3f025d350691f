/*
 * fn_own.c - SQL functions that write one row of a table of qfs's: erasing, read marks, verification.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Behind functions of qfs and qfs_api, which say who may; granted to nobody.
 */
#include "pg/base/compat.h"

#include "pg/append/account_event.h"
#include "pg/base/clock.h"
#include "pg/base/errors.h"
#include "pg/table/off_ledger.h"
#include "pg/table/own_row.h"

/* ---- erasing ---- */

/* qfs.erase_own_profile() -> void */
PG_FUNCTION_INFO_V1(qfs_sql_erase_own_profile);
Datum
qfs_sql_erase_own_profile(PG_FUNCTION_ARGS)
{
	Datum		key = PointerGetDatum(&qfs_require_actor()->user);
	OwnRow		row;

	qfs_own_row_lock(&row, "profile_content", CONTENT_COLUMNS, 1, &key);
	if (!row.exists)
	{
		qfs_own_row_leave(&row);
		PG_RETURN_VOID();
	}
	row.nulls[CONTENT_SALT] = true;
	row.nulls[CONTENT_TEXT] = true;
	qfs_own_row_put(&row);
	PG_RETURN_VOID();
}

static bool
is_user(Datum value, const qfs_user_id *user)
{
	return memcmp(DatumGetPointer(value), user, sizeof(*user)) == 0;
}

/* qfs.erase_envelope(entry) -> bigint: the entry */
PG_FUNCTION_INFO_V1(qfs_sql_erase_envelope);
Datum
qfs_sql_erase_envelope(PG_FUNCTION_ARGS)
{
	const qfs_user_id *user = &qfs_require_actor()->user;
	Datum		key = PG_GETARG_DATUM(0);
	OwnRow		row;

	qfs_own_row_lock(&row, "message", MESSAGE_COLUMNS, 1, &key);
	/* Row security let the caller see it; this holds whoever calls. */
	if (!row.exists || !(is_user(qfs_own_row_value(&row, MESSAGE_SENDER), user) ||
						 is_user(qfs_own_row_value(&row, MESSAGE_RECIPIENT), user)))
		QFS_THROW(QFS_THREAD_UNKNOWN, "message of entry %i", DatumGetInt64(key));
	row.nulls[MESSAGE_BODY] = true;
	qfs_own_row_put(&row);
	PG_RETURN_DATUM(key);
}

/* ---- read marks ---- */

/* qfs.put_read_mark(thread, seq) -> bigint: the mark, which never goes back */
PG_FUNCTION_INFO_V1(qfs_sql_put_read_mark);
Datum
qfs_sql_put_read_mark(PG_FUNCTION_ARGS)
{
	enum {THREAD, USER, SEQ, COLUMNS};
	Datum		keys[] = {PG_GETARG_DATUM(THREAD), PointerGetDatum(&qfs_require_actor()->user)};
	int64		seq = PG_GETARG_INT64(1);
	OwnRow		row;

	qfs_own_row_lock(&row, "read_mark", COLUMNS, 2, keys);
	if (row.exists && DatumGetInt64(qfs_own_row_value(&row, SEQ)) >= seq)
	{
		seq = DatumGetInt64(qfs_own_row_value(&row, SEQ));
		qfs_own_row_leave(&row);
		PG_RETURN_INT64(seq);
	}
	qfs_own_row_set(&row, SEQ, Int64GetDatum(seq));
	qfs_own_row_put(&row);
	PG_RETURN_INT64(seq);
}

/* ---- verification ---- */

enum
{
	VERIFICATION_NUMBER, VERIFICATION_SIZE, VERIFICATION_HASH, VERIFICATION_AT,
	VERIFICATION_FAULTS, VERIFICATION_COLUMNS
};

static void
lock_verification(OwnRow *row)
{
	Datum		key = Int64GetDatum(0);

	qfs_own_row_lock(row, "verification", VERIFICATION_COLUMNS, 1, &key);
}

/* qfs.lock_verification() -> void: one verification at a time */
PG_FUNCTION_INFO_V1(qfs_sql_lock_verification);
Datum
qfs_sql_lock_verification(PG_FUNCTION_ARGS)
{
	OwnRow		row;

	lock_verification(&row);
	qfs_own_row_leave(&row);
	PG_RETURN_VOID();
}

/* qfs.put_verification(size, hash, faults) -> void */
PG_FUNCTION_INFO_V1(qfs_sql_put_verification);
Datum
qfs_sql_put_verification(PG_FUNCTION_ARGS)
{
	OwnRow		row;

	lock_verification(&row);
	qfs_own_row_set(&row, VERIFICATION_SIZE, PG_GETARG_DATUM(0));
	qfs_own_row_set(&row, VERIFICATION_HASH, PG_GETARG_DATUM(1));
	qfs_own_row_set(&row, VERIFICATION_AT, Int64GetDatum(qfs_now_ms()));
	qfs_own_row_set(&row, VERIFICATION_FAULTS, PG_GETARG_DATUM(2));
	row.nulls[VERIFICATION_HASH] = PG_ARGISNULL(1);
	qfs_own_row_put(&row);
	PG_RETURN_VOID();
}

/* qfs.add_guard_count(guard, blocked) -> void */
PG_FUNCTION_INFO_V1(qfs_sql_add_guard_count);
Datum
qfs_sql_add_guard_count(PG_FUNCTION_ARGS)
{
	enum {GUARD, BLOCKED, COLUMNS};
	Datum		key = PG_GETARG_DATUM(0);
	OwnRow		row;

	qfs_own_row_lock(&row, "guard_count", COLUMNS, 1, &key);
	qfs_own_row_set(&row, BLOCKED,
					Int64GetDatum(PG_GETARG_INT64(1) + (row.exists ? DatumGetInt64(qfs_own_row_value(&row, BLOCKED)) : 0)));
	qfs_own_row_put(&row);
	PG_RETURN_VOID();
}
