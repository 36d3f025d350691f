/*
 * known_rows.c - what a backend remembers of its tables.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/table/known_rows.h"

#include "utils/inval.h"
#include "utils/memutils.h"

#include "pg/table/ledger_table.h"

#define KINDS_MAX 32

/* An event looks at four accounts at most. */
#define ROWS_MAX 4

typedef struct KnownKind
{
	const qfs_kind *kind;
	Oid			table;			/* invalid = to be looked up */
	KnownRow	rows[ROWS_MAX];
	unsigned	count;
	unsigned	oldest;			/* the one to be forgotten first, once there are ROWS_MAX */
} KnownKind;

static uint64 changes = 1;
static KnownKind kinds[KINDS_MAX];
static int	kind_count = 0;
static bool chain_is_locked = false;

static KnownKind *
known(const qfs_kind *kind)
{
	KnownKind  *k;

	for (k = kinds; k < kinds + kind_count; k++)
		if (k->kind == kind)
			return k;
	if (kind_count == KINDS_MAX)
		elog(ERROR, "qfs: more kinds of records than there is room for");
	kind_count++;
	*k = (KnownKind) {.kind = kind};
	return k;
}

uint64
qfs_table_changes(void)
{
	return changes;
}

bool
qfs_ledger_is(Relation rel)
{
	static uint64 seen_at = 0;
	static Oid	ledger;
	/* Before the look, so that what happens meanwhile makes us look again. */
	uint64		now = qfs_table_changes();

	if (seen_at != now)
	{
		ledger = qfs_table_oid("ledger");
		seen_at = now;
	}
	return RelationGetRelid(rel) == ledger;
}

Oid
qfs_known_table(const qfs_kind *kind)
{
	KnownKind  *k = known(kind);

	if (!OidIsValid(k->table))
		k->table = qfs_table_oid(kind->name);
	return k->table;
}

/* ---- rows ---- */

static KnownRow *
find(KnownKind *k, const void *record)
{
	for (unsigned i = 0; i < k->count; i++)
		if (qfs_same_key(k->kind, record, k->rows[i].record))
			return &k->rows[i];
	return NULL;
}

const KnownRow *
qfs_known_row(const qfs_kind *kind, const void *record)
{
	return find(known(kind), record);
}

static bool
points_elsewhere(const qfs_kind *kind)
{
	for (unsigned i = 0; i < kind->field_count; i++)
		if (kind->fields[i].type == QFS_FIELD_JSON)
			return true;
	return false;
}

static KnownRow *
make_room(KnownKind *k)
{
	KnownRow   *row;

	if (k->count < ROWS_MAX)
	{
		row = &k->rows[k->count];
		if (row->record == NULL)
			row->record = MemoryContextAlloc(TopMemoryContext, k->kind->size);
		k->count++;
		return row;
	}
	row = &k->rows[k->oldest];
	k->oldest = (k->oldest + 1) % ROWS_MAX;
	return row;
}

void
qfs_know_row(const qfs_kind *kind, const void *record, ItemPointer place)
{
	KnownKind  *k = known(kind);
	KnownRow   *row;

	if (!chain_is_locked && !kind->rare)
		return;
	row = find(k, record);
	if (row == NULL)
		row = make_room(k);
	memcpy(row->record, record, kind->size);
	row->whole = !points_elsewhere(kind);
	row->exists = place != NULL;
	if (row->exists)
		row->place = *place;
}

void
qfs_forget_rows(const qfs_kind *kind)
{
	KnownKind  *k = known(kind);

	k->count = 0;
	k->oldest = 0;
}

void
qfs_know_rows(bool locked)
{
	chain_is_locked = locked;
	for (int i = 0; i < kind_count; i++)
		if (!kinds[i].kind->rare)
			qfs_forget_rows(kinds[i].kind);
}

/* Something happened to a table; which one does not matter, to look all up again is cheap. */
static void
forget_all(Datum arg, Oid relation)
{
	changes++;
	for (int i = 0; i < kind_count; i++)
	{
		kinds[i].table = InvalidOid;
		qfs_forget_rows(kinds[i].kind);
	}
}

void
qfs_known_rows_register_callbacks(void)
{
	CacheRegisterRelcacheCallback(forget_all, (Datum) 0);
}
