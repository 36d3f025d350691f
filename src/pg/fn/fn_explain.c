/*
 * fn_explain.c - SQL functions that explain: an entry, with all that proves it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The ledger is the witness, core does the rest.  What leaves here has been
 * executed over its own entries, as qfs-verify will do it.
 */
#include "pg/base/compat.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "pg/append/actor.h"
#include "pg/base/args.h"
#include "pg/fn/checkpoint.h"
#include "pg/base/errors.h"
#include "proof/explanation.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/table/ledger_table.h"
#include "pg/table/store_table.h"

/* ---- the ledger as a source of entries ---- */

typedef struct LedgerWitness
{
	qfs_witness base;			/* first: core gets a pointer to it */
	LedgerReader reader;
	uint64		size;
} LedgerWitness;

static qfs_status
give_line(qfs_witness *witness, uint64_t seq, qfs_slice *out, qfs_error *err)
{
	LedgerWitness *w = (LedgerWitness *) witness;
	HeapTuple	row = qfs_ledger_row(&w->reader, seq);
	qfs_slice	line;
	uint8_t    *copy;

	CHECK_FOR_INTERRUPTS();
	if (row == NULL)
		return qfs_fail(err, QFS_ENTRY_UNKNOWN, "entry %u", seq);
	/* It lies in memory for the longest of entries, and there may be a thousand. */
	line = qfs_ledger_line(&w->reader, row);
	copy = palloc(line.len);
	memcpy(copy, line.data, line.len);
	pfree((void *) line.data);
	heap_freetuple(row);
	*out = (qfs_slice) {copy, line.len};
	return QFS_OK;
}

static qfs_status
give_proof(qfs_witness *witness, uint64_t seq, qfs_proof *out, qfs_error *err)
{
	LedgerWitness *w = (LedgerWitness *) witness;

	CHECK_FOR_INTERRUPTS();
	return qfs_inclusion_proof(&w->reader.tree, seq, w->size, out, err);
}

/* Each looks one row up, and not by its content in the ledger. */
static qfs_status
find(qfs_witness *witness, qfs_lookup lookup, uint64_t at, qfs_slice name, const qfs_hash *hash,
	 int64_t *seq, qfs_error *err)
{
	static const char *const queries[] = {
		[QFS_FIND_POLICY] = "SELECT max(p.seq) FROM qfs.policy p WHERE p.seq < $1 AND p.seq > 0",
		[QFS_FIND_ROTATION] = "SELECT min(k.seq) FROM qfs.signing_key k WHERE k.seq >= $1 AND k.number > 0",
		[QFS_FIND_TYPE] = "SELECT t.seq FROM qfs.event_type t WHERE t.type = $2 AND t.seq < $1",
		[QFS_FIND_CONTENT] = "SELECT c.seq FROM qfs.content c"
		" WHERE c.content OPERATOR(qfs.=) ($3)::qfs.hash AND c.seq < $1",
		[QFS_FIND_DEVICE] = "SELECT min(s.seq) FROM qfs.device d JOIN qfs.session s"
		" ON s.user_id OPERATOR(qfs.=) d.user_id AND s.device OPERATOR(qfs.=) d.device"
		" WHERE d.device OPERATOR(qfs.=) ($3)::qfs.hash AND s.seq < $1"
	};
	Oid			types[] = {INT8OID, TEXTOID, BYTEAOID};
	Datum		values[3] = {Int64GetDatum((int64) at)};
	char		nulls[] = {' ', name.data ? ' ' : 'n', hash ? ' ' : 'n', '\0'};
	bool		isnull = true;

	if (name.data != NULL)
		values[1] = PointerGetDatum(qfs_text_of(name));
	if (hash != NULL)
		values[2] = qfs_bytes_datum(hash, sizeof(*hash));
	SPI_connect();
	if (SPI_execute_with_args(queries[lookup], lengthof(types), types, values, nulls, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "qfs: records could not be read");
	*seq = -1;
	if (SPI_processed > 0)
	{
		Datum		value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);

		if (!isnull)
			*seq = DatumGetInt64(value);
	}
	SPI_finish();
	return QFS_OK;
}

/* Bundles may be larger than what palloc gives. */
static void *
allocate(void *context, size_t size)
{
	return MemoryContextAllocHuge(context, size);
}

static void
release(void *context, void *memory)
{
	pfree(memory);
}

/* ---- explaining ---- */

/* The bundle as canonical text. */
static qfs_slice
explain(LedgerWitness *w, const LedgerHead *head, const qfs_question *question)
{
	qfs_allocator allocator = {allocate, release, CurrentMemoryContext};
	qfs_explanation *x = palloc(sizeof(qfs_explanation));
	qfs_slice	note;
	qfs_error	err;
	qfs_buf		out;
	size_t		capacity;

	w->base = (qfs_witness) {give_line, find, give_proof};
	w->size = question->size;
	if (question->seq >= head->size)
		QFS_THROW(QFS_ENTRY_UNKNOWN, "entry %u", question->seq);
	QFS_TRY(qfs_explain_begin(x, question, &w->base, allocator, &err), &err);
	QFS_TRY(qfs_explain_collect(x, &err), &err);
	QFS_TRY(qfs_explain_execute(x, &err), &err);
	note = qfs_make_checkpoint(&w->reader, head, question->size);
	capacity = qfs_explain_size(x, note);
	qfs_buf_init(&out, MemoryContextAllocHuge(CurrentMemoryContext, capacity), capacity);
	QFS_TRY(qfs_explain_write(x, note, &out, &err), &err);
	qfs_explain_end(x);
	return qfs_buf_slice(&out);
}

static void
open_witness(LedgerWitness *w, LedgerHead *head)
{
	qfs_ledger_table_open(&w->reader, GetActiveSnapshot());
	qfs_ledger_head(&w->reader, 0, head);
}

/* seq, topic, subject, size, from: arguments 0 to 4 */
static qfs_question
question_of(FunctionCallInfo fcinfo, const LedgerHead *head)
{
	qfs_question q = {0};
	qfs_slice	topic;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		QFS_THROW(QFS_ARGUMENT, "seq and topic must not be null");
	q.seq = qfs_count_arg(fcinfo, 0, "seq");
	topic = qfs_varlena_arg(fcinfo, 1);
	if (!qfs_topic_parse(topic, &q.topic))
		QFS_THROW(QFS_EXPLAIN_TOPIC, "\"%v\"", topic);
	q.has_subject = !PG_ARGISNULL(2);
	if (q.has_subject)
		memcpy(&q.subject, PG_GETARG_POINTER(2), sizeof(q.subject));
	q.size = qfs_size_arg(fcinfo, 3, head);
	if (!PG_ARGISNULL(4))
		q.from = qfs_count_arg(fcinfo, 4, "from");
	return q;
}

/* May whoever is signed in have this explained?  What concerns them, and what everyone may read. */
static void
require_concern(LedgerWitness *w, const qfs_question *q)
{
	const qfs_session_record *actor = qfs_actor();
	const qfs_reducer *r = qfs_table_reducer();
	qfs_entry	entry;
	qfs_slice	line;
	qfs_error	err;

	if (r->open && r->policy.is_public)
		return;
	if (actor == NULL)
		QFS_THROW(QFS_NO_SESSION, "an explanation is given to whom it concerns");
	if (q->topic == QFS_TOPIC_STATEMENT || q->topic == QFS_TOPIC_COHERENCE)
	{
		if (memcmp(&actor->user, &q->subject, sizeof(q->subject)) != 0)
			QFS_THROW(QFS_FORBIDDEN, "the account is not yours");
		return;
	}
	QFS_TRY(give_line(&w->base, q->seq, &line, &err), &err);
	QFS_TRY(qfs_entry_decode(line, &entry, &err), &err);
	if (!qfs_entry_concerns(&entry, &actor->user))
		QFS_THROW(QFS_FORBIDDEN, "entry %u does not concern you", q->seq);
}

/* own: to whom it concerns alone */
static Datum
answer(FunctionCallInfo fcinfo, bool own)
{
	LedgerWitness w;
	LedgerHead	head;
	qfs_question question;
	qfs_slice	text;

	open_witness(&w, &head);
	question = question_of(fcinfo, &head);
	if (own)
		require_concern(&w, &question);
	text = explain(&w, &head, &question);
	qfs_ledger_table_close(&w.reader);
	return qfs_jsonb_of(text);
}

/* qfs.explain(seq, topic, subject, size, from) -> jsonb */
PG_FUNCTION_INFO_V1(qfs_sql_explain);
Datum
qfs_sql_explain(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(answer(fcinfo, false));
}

/* qfs.explain_own(seq, topic, subject, size, from) -> jsonb */
PG_FUNCTION_INFO_V1(qfs_sql_explain_own);
Datum
qfs_sql_explain_own(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(answer(fcinfo, true));
}
