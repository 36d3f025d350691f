/*
 * opening.c - is the ledger empty, closed or open?
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/table/opening.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/skey.h"
#include "access/table.h"
#include "catalog/pg_subscription.h"
#include "catalog/pg_subscription_rel.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "pg/base/clock.h"
#include "pg/base/errors.h"
#include "pg/table/known_rows.h"
#include "pg/table/ledger_table.h"
#include "pg/table/store_table.h"

/* How this database came to take events: one record, number 0. */
typedef struct opening_record
{
	int64_t		number;			/* key, always 0 */
	int64_t		size;			/* entries that there were */
	int64_t		at;				/* by the clock of the server */
} opening_record;

static const qfs_field fields[] = {
	QFS_FIELD(opening_record, number, QFS_FIELD_INT),
	QFS_FIELD(opening_record, size, QFS_FIELD_INT),
	QFS_FIELD(opening_record, at, QFS_FIELD_INT),
};

/* Not in the registry: it does not follow from the ledger. */
static const qfs_kind kind_opening =
QFS_KIND("opening", opening_record, fields, 1, true);

bool
qfs_ledger_is_open(void)
{
	static uint64 open_at = 0;
	uint64		now = qfs_table_changes();
	qfs_store  *store = qfs_table_store();
	opening_record record = {.number = 0};
	qfs_error	err;
	bool		found;

	/* Every entry asks more than once. */
	if (open_at == now)
		return true;
	err.status = QFS_INTERNAL;
	QFS_TRY(store->get(store, &kind_opening, &record, &found, &err), &err);
	if (!found || !qfs_ledger_has_state())
		return false;
	open_at = now;
	return true;
}

void
qfs_ledger_open(uint64 size)
{
	qfs_store  *store = qfs_table_store();
	opening_record record = {.size = (int64_t) size,.at = qfs_now_ms()};
	qfs_error	err;

	QFS_TRY(store->put(store, &kind_opening, &record, &err), &err);
}

char *
qfs_ledger_subscription(void)
{
	Relation	rel = table_open(SubscriptionRelRelationId, AccessShareLock);
	Oid			subscription = InvalidOid;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	row;

	ScanKeyInit(&key, Anum_pg_subscription_rel_srrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(qfs_table_oid("ledger")));
	scan = systable_beginscan(rel, InvalidOid, false, NULL, 1, &key);
	row = systable_getnext(scan);
	if (HeapTupleIsValid(row))
		subscription = ((Form_pg_subscription_rel) GETSTRUCT(row))->srsubid;
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return OidIsValid(subscription) ? get_subscription_name(subscription, true) : NULL;
}

void
qfs_ledger_throw_closed(uint64 size, const char *missing)
{
	char	   *subscription;

	if (size == 0)
		QFS_THROW(QFS_NO_GENESIS, "%s", missing);
	subscription = qfs_ledger_subscription();
	if (subscription != NULL)
		QFS_THROW(QFS_NOT_VERIFIED, "it has %u entries, and follows another ledger by the subscription \"%v\"",
				  (uint64_t) size, qfs_slice_of(subscription));
	QFS_THROW(QFS_NOT_VERIFIED, "it has %u entries", (uint64_t) size);
}
