/*
 * fn_stream.c - SQL functions of streams: their locks, and what they bring.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A stream is somebody else's queue, whose events become entries in its order,
 * each once: how far it was taken is a row that changes in the transaction that
 * appends.  The entries name their stream and id, so that the rows can be made
 * again.  docs/event-bridge.md.
 */
#include "pg/base/compat.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "engine/access.h"
#include "engine/session.h"
#include "pg/append/account_event.h"
#include "pg/append/actor.h"
#include "pg/append/append.h"
#include "pg/append/event.h"
#include "pg/append/stream_lock.h"
#include "pg/base/args.h"
#include "pg/base/clock.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/fn/stream_position.h"
#include "pg/table/batch.h"
#include "pg/table/own_row.h"
#include "pg/table/row_insert.h"

/* qfs.lock_stream(stream) -> boolean */
PG_FUNCTION_INFO_V1(qfs_sql_lock_stream);
Datum
qfs_sql_lock_stream(PG_FUNCTION_ARGS)
{
	qfs_actor_check_role_acts();
	PG_RETURN_BOOL(qfs_stream_lock(qfs_stream_arg(fcinfo, 0)));
}

/* ---- one event ---- */

/* JSON, however it is written, as canonical JSON. */
static qfs_slice
canonical_of(qfs_slice text)
{
	char	   *copy = pnstrdup((const char *) text.data, text.len);

	return qfs_jsonb_canonical(DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(copy))));
}

/* Text of a JSON string. */
static qfs_slice
text_of(qfs_slice value, const char *name)
{
	qfs_buf		text;

	qfs_buf_init(&text, palloc(value.len + 1), value.len + 1);
	if (!qfs_json_to_text(value, &text))
		QFS_THROW(QFS_STREAM_EVENT, "%s is no text", name);
	return qfs_buf_slice(&text);
}

static bool
text_member(qfs_slice object, const char *name, qfs_slice *out)
{
	qfs_slice	value;

	if (!qfs_json_member(object, name, &value))
		return false;
	*out = text_of(value, name);
	return true;
}

/* An event as streams bring it: type and actor as text, payload and auth canonical; what is not there has no length. */
typedef struct Brought
{
	qfs_slice	type;
	qfs_slice	actor;
	qfs_slice	payload;
	qfs_slice	auth;
} Brought;

/* An object of type, payload and perhaps actor and auth; nested: the latter two are JSON, and not its text. */
static void
read_members(qfs_slice object, bool nested, Brought *out)
{
	size_t		known = 2;
	qfs_slice	auth;

	if (qfs_json_type_of(object) != QFS_JSON_OBJECT)
		QFS_THROW(QFS_STREAM_EVENT, "an event is an object");
	if (!text_member(object, "type", &out->type))
		QFS_THROW(QFS_STREAM_EVENT, "type is missing");
	if (!qfs_json_member(object, "payload", &out->payload))
		QFS_THROW(QFS_STREAM_EVENT, "payload is missing");
	known += text_member(object, "actor", &out->actor);
	if (qfs_json_member(object, "auth", &auth))
	{
		out->auth = auth;
		known++;
	}
	if (qfs_json_length(object) != known)
		QFS_THROW(QFS_STREAM_EVENT, "there is something beside type, payload, actor and auth");
	if (nested)
		return;
	out->payload = canonical_of(text_of(out->payload, "payload"));
	if (out->auth.len > 0)
		out->auth = canonical_of(text_of(out->auth, "auth"));
}

/* The fields of an entry of the stream: each a member, and a string. */
static void
read_fields(Datum value, Brought *out)
{
	qfs_slice	bytes = qfs_varlena_of(value);
	qfs_slice	fields;
	qfs_slice	event;

	(void) pg_verifymbstr((const char *) bytes.data, (int) bytes.len, false);
	memset(out, 0, sizeof(*out));
	fields = canonical_of(bytes);
	if (qfs_json_type_of(fields) == QFS_JSON_OBJECT && text_member(fields, "event", &event))
	{
		if (qfs_json_length(fields) != 1)
			QFS_THROW(QFS_STREAM_EVENT, "there is a field beside event");
		read_members(canonical_of(event), true, out);
	}
	else
		read_members(fields, false, out);
}

/* An active session of the account that has this device; the account's own device signs for it, whoever brings it. */
static void
find_session(const qfs_user_id *user, const qfs_hash *device, qfs_session_record *out)
{
	qfs_reducer *r = qfs_open_reducer();
	int64_t		now = qfs_now_ms();
	qfs_access	access;
	qfs_error	err;
	bool		found;

	QFS_TRY(qfs_access_get(r->store, user, &access, &found, &err), &err);
	qfs_access_expire(&access, now);
	for (unsigned n = 0; found && n < access.count; n++)
	{
		const qfs_open_session *one = &access.sessions[n];

		if (!one->is_known || !one->has_device || memcmp(&one->device, device, sizeof(*device)) != 0)
			continue;
		QFS_TRY(qfs_session_find_active(r, user, &one->session, now, out, &err), &err);
		return;
	}
	QFS_THROW(QFS_SESSION_ENDED, "no active session of the account has the device that signed");
}

/* Appends in the name of the account whose device signed; the rules check the signature. */
static int64
append_signed(qfs_entry *event, qfs_slice signature, qfs_expected *this_one)
{
	qfs_session_record session;
	qfs_auth	auth = {.via = QFS_VIA_SESSION};
	qfs_slice	sig;
	qfs_error	err;
	int64		seq;

	if (!event->has_actor)
		QFS_THROW(QFS_STREAM_EVENT, "auth is a device's signature, and actor, whose it is, is missing");
	QFS_TRY(qfs_auth_read_signature(signature, &auth, &sig, &err), &err);
	find_session(&event->actor, &auth.key, &session);
	/* An error ends the subtransaction, and the loan with it. */
	qfs_actor_lend(&session);
	seq = qfs_append_expected(event, signature, this_one);
	qfs_actor_clear();
	return seq;
}

/* What a stream brings, one or many: n of each belong together. */
typedef struct Batch
{
	qfs_slice	stream;
	int			count;
	Datum	   *ids;
	Datum	   *events;
	bool	   *dead;			/* the event is null: it was dealt with elsewhere */
	int64	   *entries;		/* what it became; -1: nothing so far */
	MemoryContext per_event;
} Batch;

static int64
append_one(const Batch *b, int n)
{
	qfs_stream_source source = {.id = qfs_stream_id_of(b->ids[n])};
	qfs_entry	event = {0};
	qfs_expected this_one = {.source = &source};
	Brought		brought;
	qfs_error	err;

	read_fields(b->events[n], &brought);
	memcpy(source.stream, b->stream.data, b->stream.len);
	event.type = this_one.type = brought.type;
	event.payload = this_one.payload = brought.payload;
	event.has_actor = brought.actor.len > 0 && !qfs_slice_equal(brought.actor, QFS_LITERAL("system"));
	if (event.has_actor)
		QFS_TRY(qfs_user_id_parse(brought.actor, &event.actor, &err), &err);
	return brought.auth.len > 0 ? append_signed(&event, brought.auth, &this_one) :
		qfs_append_expected(&event, QFS_LITERAL(""), &this_one);
}

/* ---- many ---- */

static void
read_batch(FunctionCallInfo fcinfo, Batch *b)
{
	bool	   *nulls;
	int			events;

	b->stream = qfs_stream_arg(fcinfo, 0);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false, TYPALIGN_INT, &b->ids, &nulls, &b->count);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(2), BYTEAOID, -1, false, TYPALIGN_INT, &b->events, &b->dead, &events);
	if (b->count != events || b->count < 1 || b->count > QFS_BATCH_MAX)
		QFS_THROW(QFS_ARGUMENT, "%i ids and %i events: there are as many of each, from 1 to %u",
				  (int64_t) b->count, (int64_t) events, (uint64_t) QFS_BATCH_MAX);
	b->entries = palloc(b->count * sizeof(*b->entries));
	for (int n = 0; n < b->count; n++)
	{
		if (nulls[n])
			QFS_THROW(QFS_ARGUMENT, "an id is null");
		b->entries[n] = -1;
	}
	b->per_event = AllocSetContextCreate(CurrentMemoryContext, "qfs stream event", ALLOCSET_DEFAULT_SIZES);
}

/*
 * Does the error say that the event is at fault, for ever or until somebody acts?
 * What says that the server, the ledger or the moment is, the whole call fails of.
 */
static bool
is_refusal(const ErrorData *error)
{
	const char *state = unpack_sql_state(error->sqlerrcode);

	/* HTTP 4xx: docs/errors.md */
	if (strncmp(state, "PT4", 3) == 0)
		return true;
	/* Data, integrity constraints and RAISE of the application's triggers, what is too large or too deep. */
	return strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0 || strncmp(state, "P0", 2) == 0 ||
		strncmp(state, "54", 2) == 0;
}

static void
append_range(const Batch *b, int from, volatile int *at, int to)
{
	for (*at = from; *at < to; (*at)++)
	{
		MemoryContext context = MemoryContextSwitchTo(b->per_event);

		CHECK_FOR_INTERRUPTS();
		if (!b->dead[*at])
			b->entries[*at] = append_one(b, *at);
		MemoryContextSwitchTo(context);
		MemoryContextReset(b->per_event);
	}
}

/* Rolls the subtransaction back in which an error was caught, and gives the error. */
static ErrorData *
roll_back(MemoryContext context, ResourceOwner owner)
{
	ErrorData  *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return error;
}

static void
release(MemoryContext context, ResourceOwner owner)
{
	ReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
}

/*
 * Appends from .. to - 1 in a subtransaction.  Returns to; or the number of the
 * first event that is refused, and the error, and nothing was appended.
 */
static int
try_range(const Batch *b, int from, int to, ErrorData **error)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile int at = from;

	*error = NULL;
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		append_range(b, from, &at, to);
		release(context, owner);
	}
	PG_CATCH();
	{
		*error = roll_back(context, owner);
	}
	PG_END_TRY();
	if (*error != NULL && !is_refusal(*error))
		ReThrowError(*error);
	return at;
}

/* ---- what was refused ---- */

/* The code of our form of detail, "CODE: what."; else the SQLSTATE. */
static char *
code_of(const ErrorData *error)
{
	if (error->detail != NULL && strncmp(error->detail, "QFS_", 4) == 0)
		return pnstrdup(error->detail, strcspn(error->detail, ":"));
	return pstrdup(unpack_sql_state(error->sqlerrcode));
}

static char *
text_of_error(const ErrorData *error)
{
	const char *detail = error->detail != NULL ? error->detail : "";

	if (strncmp(detail, "QFS_", 4) == 0)
		detail += strcspn(detail, ":") + (strchr(detail, ':') != NULL ? 2 : 0);
	if (*detail == '\0')
		return pstrdup(error->message);
	/* Ours and PostgreSQL's details end as sentences do. */
	return psprintf("%s (%.*s)", error->message, (int) (strlen(detail) - (detail[strlen(detail) - 1] == '.')), detail);
}

/* A row: id, entry, code, message. */
static void
put_row(ReturnSetInfo *result, Datum id, int64 seq, const char *code, const char *message)
{
	Datum		values[] = {id, Int64GetDatum(seq), (Datum) 0, (Datum) 0};
	bool		nulls[] = {false, seq < 0, code == NULL, message == NULL};

	if (code != NULL)
		values[2] = CStringGetTextDatum(code);
	if (message != NULL)
		values[3] = CStringGetTextDatum(message);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* ---- taking ---- */

/*
 * Appends all that are not refused, and tells of those that are; returns how
 * many.  What lies between two of them is appended twice, since the first time
 * went with the refused one; of a batch without any, all is appended once.
 */
static int
append_and_tell(const Batch *b, ReturnSetInfo *result)
{
	int			refused = 0;
	int			from = 0;

	while (from < b->count)
	{
		volatile int again;
		ErrorData  *error;
		int			at = try_range(b, from, b->count, &error);

		if (error == NULL)
			break;
		put_row(result, b->ids[at], -1, code_of(error), text_of_error(error));
		append_range(b, from, &again, at);
		refused++;
		from = at + 1;
	}
	return refused;
}

/* All or nothing: what is refused, somebody has to keep before the position goes past it. */
static bool
append_all(const Batch *b, ReturnSetInfo *result)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile int refused = 0;
	ErrorData  *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		refused = append_and_tell(b, result);
		if (refused == 0)
			release(context, owner);
	}
	PG_CATCH();
	{
		error = roll_back(context, owner);
	}
	PG_END_TRY();
	if (error != NULL)
		ReThrowError(error);
	if (refused == 0)
		return true;
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return false;
}

/* Each id is behind the one before, and the first behind the position. */
static void
check_order(const Batch *b, qfs_stream_id position)
{
	for (int n = 0; n < b->count; n++)
	{
		qfs_stream_id id = qfs_stream_id_of(b->ids[n]);

		if (qfs_stream_id_compare(id, position) <= 0)
			QFS_THROW(QFS_STREAM_SEEN, "%v of %v is not behind %v", qfs_varlena_of(b->ids[n]), b->stream,
					  qfs_varlena_of(qfs_stream_id_datum(position)));
		position = id;
	}
}

static void
check_lock(qfs_slice stream)
{
	if (!qfs_stream_lock(stream))
		QFS_THROW(QFS_STREAM_BUSY, "another session has the lock of %v", stream);
}

static int64
count_dead(const Batch *b)
{
	int64		count = 0;

	for (int n = 0; n < b->count; n++)
		count += b->dead[n];
	return count;
}

/* qfs.take(stream, ids, events) -> table (id, entry, code, message) */
PG_FUNCTION_INFO_V1(qfs_sql_take);
Datum
qfs_sql_take(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	OwnRow		row;
	Batch		b;

	InitMaterializedSRF(fcinfo, 0);
	qfs_actor_check_role_acts();
	read_batch(fcinfo, &b);
	check_lock(b.stream);
	/* Outside of what may be rolled back, so that the lock is not given away in between. */
	(void) qfs_append_lock();
	check_order(&b, qfs_stream_position_open(b.stream, &row));
	if (!append_all(&b, result))
	{
		qfs_own_row_leave(&row);
		return (Datum) 0;
	}
	qfs_own_row_set(&row, POSITION_ID, qfs_stream_id_datum(qfs_stream_id_of(b.ids[b.count - 1])));
	qfs_own_row_set(&row, POSITION_DEAD, Int64GetDatum(DatumGetInt64(qfs_own_row_value(&row, POSITION_DEAD)) + count_dead(&b)));
	qfs_own_row_put(&row);
	return (Datum) 0;
}

/* ---- taking dead letters once more ---- */

/* What the events became before.  One look at the ledger for all of a batch. */
static void
find_taken(const Batch *b, Datum ids)
{
	static const char query[] =
		"SELECT u.n::pg_catalog.int4, l.seq FROM qfs.ledger l"
		" JOIN ROWS FROM (pg_catalog.unnest($2)) WITH ORDINALITY u(id, n)"
		"   ON (l.auth OPERATOR(pg_catalog.#>>) '{source,id}') OPERATOR(pg_catalog.=) u.id"
		" WHERE (l.auth OPERATOR(pg_catalog.#>>) '{source,stream}') OPERATOR(pg_catalog.=) $1";
	qfs_params	p = {0};

	qfs_param_text(&p, b->stream);
	qfs_param(&p, TEXTARRAYOID, ids);
	SPI_connect();
	if (SPI_execute_with_args(query, p.count, p.types, p.values, p.nulls, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "qfs: the ledger could not be read");
	for (uint64 n = 0; n < SPI_processed; n++)
	{
		bool		isnull;
		int32		number = DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[n], SPI_tuptable->tupdesc, 1, &isnull));

		b->entries[number - 1] = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[n], SPI_tuptable->tupdesc, 2, &isnull));
	}
	SPI_finish();
}

/* One letter of two was taken: the other one was, too. */
static void
note_taken(const Batch *b, int n)
{
	for (int k = n + 1; k < b->count; k++)
		if (qfs_slice_equal(qfs_varlena_of(b->ids[k]), qfs_varlena_of(b->ids[n])))
			b->entries[k] = b->entries[n];
}

/* One event by itself, and a row of what became of it. */
static void
retry_one(const Batch *b, int n, qfs_stream_id position, ReturnSetInfo *result)
{
	ErrorData  *error = NULL;

	if (qfs_stream_id_compare(qfs_stream_id_of(b->ids[n]), position) > 0)
		QFS_THROW(QFS_ARGUMENT, "%v of %v is not behind the position: it is still to be taken", qfs_varlena_of(b->ids[n]),
				  b->stream);
	(void) try_range(b, n, n + 1, &error);
	if (error != NULL)
	{
		put_row(result, b->ids[n], -1, code_of(error), text_of_error(error));
		return;
	}
	note_taken(b, n);
	put_row(result, b->ids[n], b->entries[n], NULL, NULL);
}

/* qfs.take_dead(stream, ids, events) -> table (id, entry, code, message) */
PG_FUNCTION_INFO_V1(qfs_sql_take_dead);
Datum
qfs_sql_take_dead(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	qfs_stream_id position;
	OwnRow		row;
	Batch		b;

	InitMaterializedSRF(fcinfo, 0);
	qfs_actor_check_role_acts();
	read_batch(fcinfo, &b);
	/* Nobody else appends what is looked for. */
	(void) qfs_append_lock();
	position = qfs_stream_position_open(b.stream, &row);
	qfs_own_row_leave(&row);
	find_taken(&b, PG_GETARG_DATUM(1));
	for (int n = 0; n < b.count; n++)
	{
		if (b.dead[n])
			QFS_THROW(QFS_ARGUMENT, "an event is null");
		if (b.entries[n] >= 0)
			put_row(result, b.ids[n], b.entries[n], "QFS_STREAM_SEEN", qfs_status_message(QFS_STREAM_SEEN));
		else
			retry_one(&b, n, position, result);
	}
	return (Datum) 0;
}
