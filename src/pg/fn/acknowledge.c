/*
 * acknowledge.c - outcomes that are wrong, and count all the same, because somebody said so.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/tableam.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "ledger/registry.h"
#include "pg/append/draft.h"
#include "pg/append/operator_event.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/fn/acknowledge.h"
#include "text/json.h"

static void
add(Acknowledgement *a, uint64 seq)
{
	if (a->count == a->capacity)
	{
		a->capacity = Max(16, 2 * a->capacity);
		a->seqs = a->seqs == NULL ? palloc(a->capacity * sizeof(*a->seqs)) :
			repalloc(a->seqs, a->capacity * sizeof(*a->seqs));
	}
	a->seqs[a->count++] = seq;
}

/* What an entry has room for, as its schema says, and what its reasons may take. */
#define FAULTS_OF_ENTRY 100
#define REASONS_OF_ENTRY (QFS_PAYLOAD_MAX - 8192)

/* ---- those of the ledger ---- */

static void
add_those_of(Acknowledgement *a, const qfs_rule *rule, TupleDesc desc, HeapTuple row)
{
	void	   *json = palloc(LEDGER_JSON_MAX);
	LedgerEntry e;
	uint64_t	seq;

	if (qfs_ledger_decode(desc, row, json, &e, NULL) == QFS_OK)
		for (size_t n = 0; rule->acknowledges(&e.entry, n, &seq); n++)
			add(a, seq);
	pfree(json);
}

void
qfs_acknowledgement_begin(Acknowledgement *a, Relation ledger, Snapshot snapshot)
{
	memset(a, 0, sizeof(*a));
	a->ledger = ledger;
	a->snapshot = snapshot;
	a->context = CurrentMemoryContext;
}

static void
read_ledger(Acknowledgement *a)
{
	TupleDesc	desc = RelationGetDescr(a->ledger);
	TableScanDesc scan = table_beginscan(a->ledger, a->snapshot, 0, NULL);
	HeapTuple	row;

	while ((row = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		const qfs_rule *rule;
		bool		isnull;
		Datum		value = heap_getattr(row, LEDGER_TYPE, desc, &isnull);

		CHECK_FOR_INTERRUPTS();
		if (isnull)
			continue;
		rule = qfs_registry_find(&qfs_registry_own, qfs_varlena_of(value));
		if (rule != NULL && rule->acknowledges != NULL)
			add_those_of(a, rule, desc, row);
	}
	table_endscan(scan);
	a->is_read = true;
}

static bool
is_among(const uint64 *seqs, size_t count, uint64_t seq)
{
	for (size_t i = 0; i < count; i++)
		if (seqs[i] == seq)
			return true;
	return false;
}

bool
qfs_acknowledgement_has(void *context, uint64_t seq)
{
	Acknowledgement *a = context;

	if (is_among(a->asked_seqs, a->asked, seq))
		return true;
	if (!a->is_read)
	{
		MemoryContext old = MemoryContextSwitchTo(a->context);

		read_ledger(a);
		MemoryContextSwitchTo(old);
	}
	return is_among(a->seqs, a->count, seq);
}

/* ---- those of the caller ---- */

typedef struct Asked
{
	uint64		seq;
	qfs_slice	reason;			/* canonical JSON */
} Asked;

static int
compare_seqs(const void *a, const void *b)
{
	uint64		x = ((const Asked *) a)->seq;
	uint64		y = ((const Asked *) b)->seq;

	return (x > y) - (x < y);
}

static uint64
read_seq(qfs_slice key)
{
	qfs_slice	digits = {NULL, 0};
	uint64		seq = 0;

	if (!qfs_json_to_plain(key, &digits) || digits.len == 0 || digits.len > 15 ||
		strspn(pnstrdup((const char *) digits.data, digits.len), "0123456789") != digits.len)
		QFS_THROW(QFS_ARGUMENT, "acknowledge: %v is no number of an entry", key);
	for (size_t i = 0; i < digits.len; i++)
		seq = 10 * seq + (digits.data[i] - '0');
	return seq;
}

static Asked *
read_asked(qfs_slice object, size_t count)
{
	Asked	   *asked = palloc(count * sizeof(*asked));
	qfs_json_iter iter = qfs_json_members(object);
	qfs_slice	key;

	for (size_t i = 0; i < count && qfs_json_next(&iter, &key, &asked[i].reason); i++)
	{
		asked[i].seq = read_seq(key);
		if (qfs_json_type_of(asked[i].reason) != QFS_JSON_STRING || qfs_json_length(asked[i].reason) == 0)
			QFS_THROW(QFS_ARGUMENT, "acknowledge: entry %u needs a reason, a text", (uint64_t) asked[i].seq);
	}
	qsort(asked, count, sizeof(*asked), compare_seqs);
	return asked;
}

/* {"faults":[{"reason":"…","seq":n}…]} */
static qfs_slice
write_payload(const Asked *asked, size_t count)
{
	qfs_draft p;

	qfs_draft_begin(&p);
	qfs_json_key(&p.w, "faults");
	qfs_json_open_array(&p.w);
	for (size_t i = 0; i < count; i++)
	{
		qfs_json_open_object(&p.w);
		qfs_draft_value(&p, "reason", asked[i].reason);
		qfs_draft_int(&p, "seq", (int64_t) asked[i].seq);
		qfs_json_close(&p.w);
	}
	qfs_json_close(&p.w);
	return qfs_draft_end(&p);
}

/* How many of them the next entry names. */
static size_t
fit(const Asked *asked, size_t count)
{
	size_t		bytes = 0;
	size_t		n = 0;

	while (n < Min(count, FAULTS_OF_ENTRY))
	{
		bytes += asked[n].reason.len;
		if (n > 0 && bytes > REASONS_OF_ENTRY)
			break;
		n++;
	}
	return n;
}

void
qfs_acknowledgement_ask(Acknowledgement *a, qfs_slice object)
{
	Asked	   *asked;

	if (qfs_json_type_of(object) != QFS_JSON_OBJECT)
		QFS_THROW(QFS_ARGUMENT, "acknowledge is an object of reasons, by the number of the entry");
	a->asked = (size_t) qfs_json_length(object);
	if (a->asked == 0)
		return;
	asked = read_asked(object, a->asked);
	a->met = palloc0(a->asked * sizeof(bool));
	a->payloads = palloc(a->asked * sizeof(*a->payloads));
	for (size_t i = 0, n; i < a->asked; i += n)
	{
		n = fit(asked + i, a->asked - i);
		a->payloads[a->entries++] = write_payload(asked + i, n);
	}
	a->asked_seqs = palloc(a->asked * sizeof(*a->asked_seqs));
	for (size_t i = 0; i < a->asked; i++)
		a->asked_seqs[i] = asked[i].seq;
}

/* ---- what a verification meets ---- */

void
qfs_acknowledgement_met(Acknowledgement *a, uint64_t seq, const qfs_error *fault)
{
	for (size_t i = 0; i < a->asked; i++)
		a->met[i] |= a->asked_seqs[i] == seq;
	ereport(NOTICE,
			(errmsg("entry %llu: %s", (unsigned long long) seq, qfs_status_message(fault->status)),
			 errdetail("%s: %s.", qfs_status_code(fault->status), fault->detail)));
}

void
qfs_acknowledgement_append(const Acknowledgement *a)
{
	for (size_t i = 0; i < a->asked; i++)
		if (!a->met[i])
			QFS_THROW(QFS_ARGUMENT, "acknowledge: the outcome of entry %u is no fault",
					  (uint64_t) a->asked_seqs[i]);
	for (size_t i = 0; i < a->entries; i++)
		qfs_append_operator_event("FAULT_ACKNOWLEDGED", a->payloads[i], NULL);
}
