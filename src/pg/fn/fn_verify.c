/*
 * fn_verify.c - qfs.verify, and what follows a restore: rebuild and post_restore.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * src/core/ledger/audit.c finds the faults; here rows are fed to it, and the records
 * of its replay are compared with, or written to, the state tables.
 */
#include "pg/base/compat.h"

#include "access/table.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "ledger/audit.h"
#include "ledger/registry.h"
#include "ledger/state_hash.h"
#include "pg/append/append.h"
#include "pg/append/guard.h"
#include "pg/append/server.h"
#include "pg/base/allocator.h"
#include "pg/base/args.h"
#include "pg/base/clock.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/fn/acknowledge.h"
#include "pg/fn/stream_position.h"
#include "pg/fn/verify_tables.h"
#include "pg/table/ledger_erase.h"
#include "pg/table/ledger_table.h"
#include "pg/table/off_ledger.h"
#include "pg/table/opening.h"
#include "pg/table/store_table.h"
#include "rules/account/signin_message.h"

/*
 * Rows before entry 0 are no entries, and a walk from 0 does not meet them.
 * No trigger lets one in.
 */
static void
audit_negative_rows(qfs_audit *audit, LedgerReader *reader, qfs_rows_met *met)
{
	SysScanDesc scan = qfs_ledger_scan(reader, (uint64) PG_INT64_MIN);
	HeapTuple	row;
	int64		seq;

	while ((row = qfs_ledger_scan_next(scan)) != NULL && (seq = qfs_ledger_row_int(reader, row, LEDGER_SEQ)) < 0)
	{
		qfs_error	fault;

		qfs_rows_met_add(met, row);
		qfs_fail(&fault, QFS_ENTRY_FORMAT, "a row has the number %i", seq);
		if (qfs_audit_fault(audit, (uint64) seq, &fault) != QFS_OK)
			break;
		CHECK_FOR_INTERRUPTS();
	}
	qfs_ledger_scan_end(scan);
}

/* Feeds the rows from..to to an audit, and adds them to those met; stops early if the report wants it. */
static void
audit_rows_met(qfs_audit *audit, LedgerReader *reader, uint64 from, uint64 to, qfs_rows_met *met)
{
	MemoryContext per_row = AllocSetContextCreate(CurrentMemoryContext, "qfs verify",
												  ALLOCSET_DEFAULT_SIZES);
	TupleDesc	desc = RelationGetDescr(reader->rel);
	void	   *json = palloc(LEDGER_JSON_MAX);
	SysScanDesc scan = qfs_ledger_scan(reader, from);
	qfs_status	status = QFS_OK;
	HeapTuple	row;

	if (from == 0)
		audit_negative_rows(audit, reader, met);
	while (status == QFS_OK && (row = qfs_ledger_scan_next(scan)) != NULL &&
		   (uint64) qfs_ledger_row_int(reader, row, LEDGER_SEQ) <= to)
	{
		MemoryContext old = MemoryContextSwitchTo(per_row);
		LedgerEntry e;
		qfs_error	fault;

		qfs_rows_met_add(met, row);
		if (qfs_ledger_decode(desc, row, json, &e, &fault) != QFS_OK)
			status = qfs_audit_unreadable(audit, (uint64) qfs_ledger_row_int(reader, row, LEDGER_SEQ), &fault);
		else
		{
			qfs_stored_entry	record = {
				.entry = &e.entry,.hash = &e.hash,
				.nodes = e.nodes,.count = e.count
			};

			status = qfs_audit_record(audit, &record);
		}
		MemoryContextSwitchTo(old);
		MemoryContextReset(per_row);
		CHECK_FOR_INTERRUPTS();
	}
	qfs_ledger_scan_end(scan);
	MemoryContextDelete(per_row);
}

static void
audit_rows(qfs_audit *audit, LedgerReader *reader, uint64 from, uint64 to)
{
	qfs_rows_met met = {0};

	audit_rows_met(audit, reader, from, to, &met);
}

/* ---- the state tables against a replay ---- */

typedef struct Comparison
{
	qfs_audit  *audit;
	qfs_store  *replay;
	uint64		seq;			/* of the last entry, to which the state belongs */
	size_t		rows;			/* of one table */
} Comparison;

static void
compare_record(void *context, const qfs_kind *kind, const void *record)
{
	Comparison *c = context;
	void	   *replayed = palloc(kind->size);
	qfs_error	err;
	bool		found;

	c->rows++;
	memcpy(replayed, record, kind->size);
	QFS_TRY(c->replay->get(c->replay, kind, replayed, &found, &err), &err);
	if (!found)
	{
		qfs_fail(&err, QFS_STATE_MISMATCH, "qfs.%s has a row that the ledger does not give", kind->name);
		qfs_audit_fault(c->audit, c->seq, &err);
	}
	for (unsigned i = 0; found && i < kind->field_count; i++)
		if (!qfs_field_equal(&kind->fields[i], record, replayed))
		{
			qfs_fail(&err, QFS_STATE_MISMATCH, "qfs.%s differs in column %s",
					 kind->name, kind->fields[i].name);
			qfs_audit_fault(c->audit, c->seq, &err);
		}
	pfree(replayed);
}

static void
compare_state(qfs_audit *audit)
{
	const qfs_kind *kind;
	Comparison	c = {audit, qfs_memory_store_base(audit->memory)};

	c.seq = audit->chain.frontier.size > 0 ? audit->chain.frontier.size - 1 : 0;
	for (size_t n = 0; (kind = qfs_registry_kind(&qfs_registry_own, n)) != NULL; n++)
	{
		size_t		expected = 0;
		qfs_error	err;

		while (qfs_memory_store_record(audit->memory, kind, expected) != NULL)
			expected++;
		c.rows = 0;
		qfs_table_store_visit(kind, compare_record, &c);
		if (c.rows >= expected)
			continue;
		qfs_fail(&err, QFS_STATE_MISMATCH, "qfs.%s has %u rows, the ledger gives %u",
				 kind->name, (uint64_t) c.rows, (uint64_t) expected);
		qfs_audit_fault(audit, c.seq, &err);
	}
}

/* ---- qfs.state_hash ---- */

/* Digests of the records met so far. */
typedef struct Digests
{
	qfs_hash   *list;
	size_t		count;
	size_t		capacity;
	void	   *memory;
} Digests;

static void
digest_record(void *context, const qfs_kind *kind, const void *record)
{
	Digests    *d = context;
	qfs_error	err;

	if (d->count == d->capacity)
	{
		d->capacity *= 2;
		d->list = repalloc_huge(d->list, d->capacity * sizeof(*d->list));
	}
	QFS_TRY(qfs_state_digest(kind, record, d->memory, &d->list[d->count++], &err), &err);
}

/* qfs.state_hash() -> qfs.hash */
PG_FUNCTION_INFO_V1(qfs_sql_state_hash);
Datum
qfs_sql_state_hash(PG_FUNCTION_ARGS)
{
	const qfs_kind *kind;
	Digests		d = {.capacity = 1024};
	qfs_hash   *out = palloc(sizeof(qfs_hash));

	d.list = palloc(d.capacity * sizeof(*d.list));
	d.memory = palloc(QFS_STATE_LINE_MAX);
	for (size_t n = 0; (kind = qfs_registry_kind(&qfs_registry_own, n)) != NULL; n++)
		qfs_table_store_visit(kind, digest_record, &d);
	qfs_state_hash(d.list, d.count, out);
	PG_RETURN_POINTER(out);
}

/* ---- qfs.verify ---- */

typedef struct VerifyReport
{
	ReturnSetInfo *result;
	Acknowledgement acknowledged;
} VerifyReport;

static qfs_status
report_row(void *context, uint64_t seq, const qfs_error *fault)
{
	VerifyReport *verify = context;
	ReturnSetInfo *result = verify->result;
	Datum		values[3] = {
		Int64GetDatum((int64) seq),
		CStringGetTextDatum(qfs_status_code(fault->status)),
		CStringGetTextDatum(fault->detail)
	};
	bool		nulls[3] = {false};

	if (fault->status == QFS_OUTCOME_ACKNOWLEDGED)
	{
		qfs_acknowledgement_met(&verify->acknowledged, seq, fault);
		return QFS_OK;
	}
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	return QFS_OK;
}

static qfs_audit_depth
depth_arg(FunctionCallInfo fcinfo, int n)
{
	qfs_audit_depth depth;

	if (PG_ARGISNULL(n) || !qfs_audit_depth_parse(qfs_varlena_arg(fcinfo, n), &depth))
		QFS_THROW(QFS_ARGUMENT, "depth is hashes, signatures or replay");
	return depth;
}

/* Hash and time of the entry before `from`, where a partial check starts. */
static void
read_predecessor(LedgerReader *reader, uint64 from, LedgerHead *out)
{
	HeapTuple	row = from > 0 ? qfs_ledger_row(reader, from - 1) : NULL;

	memset(out, 0, sizeof(*out));
	if (row == NULL)
		return;
	qfs_ledger_row_hash(reader, row, LEDGER_HASH, &out->hash);
	out->at = qfs_ledger_row_int(reader, row, LEDGER_AT);
}

/* A missing entry is found at the next one; the last of a range has none in it. */
static void
check_end(qfs_audit *audit, uint64 size)
{
	qfs_error	fault;
	uint64		seen = audit->chain.frontier.size;

	if (seen >= size)
		return;
	qfs_fail(&fault, QFS_SEQ_GAP, "entry %u is missing", seen);
	qfs_audit_fault(audit, seen, &fault);
}

static qfs_status
report_through(void *audit, uint64_t seq, const qfs_error *fault)
{
	return qfs_audit_fault(audit, seq, fault);
}

static void
verify_beside(qfs_audit *audit, LedgerReader *reader, uint64 from, qfs_audit_depth depth, const qfs_rows_met *met)
{
	if (from == 0)
		qfs_verify_heap(audit, reader, met);
	if (depth != QFS_AUDIT_REPLAY)
		return;
	compare_state(audit);
	qfs_off_ledger_compare(reader->snapshot, qfs_memory_store_base(audit->memory), report_through, audit);
}

/* qfs.verify(from, to, depth) -> setof (seq, code, detail) */
PG_FUNCTION_INFO_V1(qfs_sql_verify);
Datum
qfs_sql_verify(PG_FUNCTION_ARGS)
{
	uint64		from = PG_ARGISNULL(0) ? 0 : qfs_count_arg(fcinfo, 0, "from");
	uint64		to = PG_ARGISNULL(1) ? PG_INT64_MAX : qfs_count_arg(fcinfo, 1, "to");
	qfs_audit_depth depth = depth_arg(fcinfo, 2);
	qfs_audit  *audit = palloc(sizeof(qfs_audit));
	VerifyReport report = {(ReturnSetInfo *) fcinfo->resultinfo};
	LedgerReader reader;
	LedgerHead	head;
	LedgerHead	before;
	qfs_rows_met met = {0};
	qfs_error	err;

	if (from > 0 && depth != QFS_AUDIT_HASHES)
		QFS_THROW(QFS_ARGUMENT, "a check deeper than hashes starts at entry 0");
	InitMaterializedSRF(fcinfo, 0);
	qfs_ledger_table_open(&reader, GetActiveSnapshot());
	qfs_ledger_head(&reader, 0, &head);
	if (from > head.size)
		QFS_THROW(QFS_SIZE_UNKNOWN, "entry %u was asked for, it has %u entries",
				  (uint64_t) from, (uint64_t) head.size);
	read_predecessor(&reader, from, &before);

	QFS_TRY(qfs_audit_begin(audit, &qfs_registry_own, depth, from, &before.hash, before.at, &reader.tree,
							qfs_allocator_in(CurrentMemoryContext), report_row,
							&report, &err), &err);
	if (depth != QFS_AUDIT_HASHES)
	{
		qfs_acknowledgement_begin(&report.acknowledged, reader.rel, GetActiveSnapshot());
		qfs_audit_acknowledge(audit, qfs_acknowledgement_has, &report.acknowledged);
	}
	audit_rows_met(audit, &reader, from, to, &met);
	check_end(audit, Min(to + 1, head.size));
	if (to + 1 >= head.size)
		qfs_audit_missing(audit);
	else if (qfs_audit_pending(audit) > 0)
		ereport(NOTICE, (errmsg_plural("%zu entry has no payload yet that an entry up to %llu accounts for: pending",
									   "%zu entries have no payload yet that an entry up to %llu accounts for: pending",
									   qfs_audit_pending(audit), qfs_audit_pending(audit), (unsigned long long) to)));
	/* Rows, state and contents are those of the head: an earlier end has none to compare with. */
	if (to + 1 >= head.size)
		verify_beside(audit, &reader, from, depth, &met);
	qfs_ledger_table_close(&reader);
	qfs_audit_end(audit);
	return (Datum) 0;
}

/* ---- qfs.rebuild and qfs.post_restore ---- */

/* context: the acknowledgement */
static qfs_status
report_error(void *context, uint64_t seq, const qfs_error *fault)
{
	qfs_error	err;

	if (fault->status == QFS_OUTCOME_ACKNOWLEDGED)
	{
		qfs_acknowledgement_met(context, seq, fault);
		return QFS_OK;
	}

	qfs_fail(&err, fault->status, "entry %i: %s", (int64_t) seq, fault->detail);
	qfs_throw(&err);
	return fault->status;
}

/* Writes what the replay found in place of what the tables hold. */
static int64
write_state(qfs_audit *audit)
{
	const qfs_kind *kind;
	qfs_store  *tables = qfs_table_store();
	int64		written = 0;
	qfs_error	err;

	for (size_t k = 0; (kind = qfs_registry_kind(&qfs_registry_own, k)) != NULL; k++)
	{
		const void *record;

		qfs_table_store_clear(kind);
		CommandCounterIncrement();
		for (size_t n = 0; (record = qfs_memory_store_record(audit->memory, kind, n)) != NULL; n++)
		{
			QFS_TRY(tables->put(tables, kind, record, &err), &err);
			written++;
		}
	}
	return written;
}

/*
 * Replays the whole ledger and stores the state that results, under the chain
 * lock, so that nothing is appended in between.
 * asked: outcomes that shall count though they are wrong, {"seq": "reason"}
 * acknowledged: gets those, and those of the ledger
 * size: gets the number of entries
 */
static int64
replay_into_tables(qfs_slice asked, Acknowledgement *acknowledged, uint64 *size)
{
	Relation	rel = table_open(qfs_table_oid("ledger"), RowExclusiveLock);
	qfs_audit  *audit = palloc(sizeof(qfs_audit));
	qfs_hash	zero = {{0}};
	qfs_appending a;
	LedgerReader reader;
	qfs_error	err;
	int64		written;

	qfs_append_begin(rel, &a);
	qfs_append_end(&a);
	qfs_ledger_table_open_rel(&reader, rel, SnapshotSelf);
	QFS_TRY(qfs_audit_begin(audit, &qfs_registry_own, QFS_AUDIT_REPLAY, 0, &zero, 0, &reader.tree,
							qfs_allocator_in(CurrentMemoryContext), report_error, acknowledged, &err), &err);
	qfs_acknowledgement_begin(acknowledged, rel, SnapshotSelf);
	qfs_acknowledgement_ask(acknowledged, asked);
	qfs_audit_acknowledge(audit, qfs_acknowledgement_has, acknowledged);
	audit_rows(audit, &reader, 0, PG_INT64_MAX);
	qfs_audit_missing(audit);
	qfs_ledger_table_close(&reader);

	*size = audit->chain.frontier.size;
	written = write_state(audit);
	qfs_audit_end(audit);
	qfs_append_forget();
	table_close(rel, NoLock);
	return written;
}

/* qfs.rebuild() -> bigint */
PG_FUNCTION_INFO_V1(qfs_sql_rebuild);
Datum
qfs_sql_rebuild(PG_FUNCTION_ARGS)
{
	Acknowledgement acknowledged;
	uint64		size;

	if (!qfs_ledger_has_state())
		QFS_THROW(QFS_NOT_VERIFIED, "there is no state to rebuild");
	PG_RETURN_INT64(replay_into_tables(QFS_LITERAL("{}"), &acknowledged, &size));
}

/* Whatever guard is there and not enabled ALWAYS: a restore with --disable-triggers leaves them so. */
static const char disarmed_query[] =
	"SELECT pg_catalog.format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I',"
	"                         t.tgrelid::pg_catalog.regclass, t.tgname)"
	" FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.tgrelid"
	" WHERE c.relnamespace::pg_catalog.regnamespace::pg_catalog.text OPERATOR(pg_catalog.=) 'qfs'"
	"   AND pg_catalog.starts_with(t.tgname::pg_catalog.text, 'zzz_qfs_')"
	"   AND t.tgenabled OPERATOR(pg_catalog.<>) 'A'::pg_catalog.\"char\""
	" UNION ALL"
	" SELECT pg_catalog.format('ALTER EVENT TRIGGER %I ENABLE ALWAYS', e.evtname)"
	" FROM pg_catalog.pg_event_trigger e"
	" WHERE e.evtname OPERATOR(pg_catalog.=) ANY (ARRAY['qfs_guard_start', 'qfs_guard_end',"
	"                                                   'qfs_guard_drop', 'qfs_guard_rewrite']::pg_catalog.name[])"
	"   AND e.evtenabled OPERATOR(pg_catalog.<>) 'A'::pg_catalog.\"char\"";

static void
arm_guards(void)
{
	int			level = qfs_guard_suspend();
	SPITupleTable *commands;
	uint64		count;

	SPI_connect();
	if (SPI_execute(disarmed_query, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "qfs: the guards could not be read");
	commands = SPI_tuptable;
	count = SPI_processed;
	for (uint64 i = 0; i < count; i++)
		SPI_execute(SPI_getvalue(commands->vals[i], commands->tupdesc, 1), false, 0);
	SPI_finish();
	qfs_guard_resume(level);
}

/*
 * Entries ahead of the clock would keep time from passing until it has caught
 * up.  Time never decreases, so the last one tells.
 */
static void
check_time(bool accept)
{
	LedgerHead	head;
	int64		ahead;

	qfs_ledger_head_seen(SnapshotSelf, &head);
	ahead = head.at - qfs_now_ms();
	if (ahead > QFS_CLOCK_SKEW_MS && !accept)
		QFS_THROW(QFS_TIME_AHEAD, "entry %u is %i s ahead of it",
				  (uint64_t) (head.size - 1), (int64_t) (ahead / 1000));
}

/* A ledger that follows another one stays closed. */
static void
open_unless_following(uint64 size)
{
	char	   *subscription = qfs_ledger_subscription();

	if (subscription == NULL)
	{
		qfs_ledger_open(size);
		/* Who opens it has decided that it lives here. */
		(void) qfs_server_adopt(QFS_LITERAL("opened by qfs.post_restore()"));
	}
	else
		ereport(NOTICE,
				(errmsg("the ledger is verified, and follows the subscription \"%s\": it takes no events",
						subscription),
				 errhint("To open it, drop the subscription and call qfs.post_restore() again.")));
}

/*
 * What came before the entry that erased it, in a copy that was not open yet,
 * goes now.
 */
static void
follow_erasures(void)
{
	Relation	ledger = table_open(qfs_table_oid("ledger"), RowExclusiveLock);

	SPI_connect();
	if (SPI_execute("SELECT e.seq FROM qfs.erasure e ORDER BY e.seq", false, 0) != SPI_OK_SELECT)
		elog(ERROR, "qfs: erasures could not be read");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool		isnull;

		qfs_ledger_erase(ledger,
						 (uint64) DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull)));
	}
	SPI_finish();
	table_close(ledger, NoLock);
}

/* qfs.post_restore(accept_time, acknowledge) -> bigint */
PG_FUNCTION_INFO_V1(qfs_sql_post_restore);
Datum
qfs_sql_post_restore(PG_FUNCTION_ARGS)
{
	bool		accept_time = !PG_ARGISNULL(0) && PG_GETARG_BOOL(0);
	qfs_slice	asked = PG_ARGISNULL(1) ? QFS_LITERAL("{}") : qfs_jsonb_canonical(PG_GETARG_JSONB_P(1));
	bool		acknowledges = !qfs_slice_equal(asked, QFS_LITERAL("{}"));
	Acknowledgement acknowledged;
	uint64		size;

	if ((accept_time || acknowledges) && !superuser())
		QFS_THROW(QFS_FORBIDDEN, "%s is for superusers", accept_time ? "accept_time" : "acknowledge");
	/* One that is open goes on with what is acknowledged. */
	if (qfs_ledger_is_open() && !acknowledges)
		QFS_THROW(QFS_GENESIS_EXISTS, "the ledger is open; qfs.verify() checks it, qfs.rebuild() rebuilds its state");
	arm_guards();
	replay_into_tables(asked, &acknowledged, &size);
	if (size == 0)
		QFS_THROW(QFS_NO_GENESIS, "there is nothing to verify");
	check_time(accept_time);
	follow_erasures();
	qfs_off_ledger_compare(SnapshotSelf, qfs_table_store(), report_error, &acknowledged);
	qfs_stream_positions_raise();
	if (!qfs_ledger_is_open())
		open_unless_following(size);
	qfs_acknowledgement_append(&acknowledged);
	PG_RETURN_INT64((int64) size);
}

/* ---- qfs.session_replay ---- */

static void
put_session(ReturnSetInfo *result, const qfs_session_record *session)
{
	Datum		values[] = {
		qfs_hash_datum(&session->session), PointerGetDatum(&session->user), Int64GetDatum(session->seq),
		Int64GetDatum(session->issued_block), Int64GetDatum(session->ttl_blocks),
		BoolGetDatum(session->operates), qfs_hash_datum(&session->device)
	};
	bool		nulls[lengthof(values)] = {false};

	nulls[6] = !session->has_device;
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* qfs.session_replay(upto_seq) -> setof sessions */
PG_FUNCTION_INFO_V1(qfs_sql_session_replay);
Datum
qfs_sql_session_replay(PG_FUNCTION_ARGS)
{
	uint64		upto = qfs_count_arg(fcinfo, 0, "upto_seq");
	qfs_audit  *audit = palloc(sizeof(qfs_audit));
	qfs_hash	zero = {{0}};
	const qfs_session_record *session;
	Acknowledgement acknowledged;
	size_t		position = 0;
	LedgerReader reader;
	qfs_error	err;

	InitMaterializedSRF(fcinfo, 0);
	qfs_ledger_table_open(&reader, GetActiveSnapshot());
	QFS_TRY(qfs_audit_begin(audit, &qfs_registry_own, QFS_AUDIT_REPLAY, 0, &zero, 0, &reader.tree,
							qfs_allocator_in(CurrentMemoryContext), report_error, &acknowledged, &err), &err);
	qfs_acknowledgement_begin(&acknowledged, reader.rel, GetActiveSnapshot());
	qfs_audit_acknowledge(audit, qfs_acknowledgement_has, &acknowledged);
	/* The entries were checked when they were appended. */
	audit->reducer.check_signatures = false;
	audit_rows(audit, &reader, 0, upto);
	qfs_ledger_table_close(&reader);
	if (audit->chain.frontier.size != upto + 1)
		QFS_THROW(QFS_ENTRY_UNKNOWN, "entry %u", (uint64_t) upto);

	while ((session = qfs_audit_next_session(audit, &position)) != NULL)
		put_session((ReturnSetInfo *) fcinfo->resultinfo, session);
	qfs_audit_end(audit);
	return (Datum) 0;
}
