/*
 * ledger_trigger.c - BEFORE INSERT on qfs.ledger: an event becomes an entry.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A row of type, actor and payload is an event: everything else is computed.
 * A row that brings any computed column is a recorded entry (import, restore,
 * logical replication): a ledger that is closed takes it, everything is checked
 * and nothing is stamped anew.
 */
#include "pg/base/compat.h"

#include "access/htup_details.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "replication/logicalworker.h"
#include "utils/acl.h"
#include "utils/fmgrprotos.h"
#include "utils/snapmgr.h"

#include "ledger/registry.h"
#include "pg/append/append.h"
#include "pg/append/event.h"
#include "pg/append/server.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/table/ledger_erase.h"
#include "pg/table/known_rows.h"
#include "pg/table/ledger_table.h"
#include "pg/table/opening.h"
#include "pg/table/store_table.h"

/*
 * A BEFORE trigger that fires after ours could change the entry once it is
 * hashed, or swallow it once its effects are stored.  Triggers fire in the
 * order of their names, which is the order of this array.
 */
static void
refuse_triggers_behind(const TriggerData *td)
{
	const TriggerDesc *all = td->tg_relation->trigdesc;
	bool		behind = false;

	for (int i = 0; i < all->numtriggers; i++)
	{
		const Trigger *t = &all->triggers[i];

		if (t->tgoid == td->tg_trigger->tgoid)
			behind = true;
		else if (behind && t->tgenabled != TRIGGER_DISABLED &&
				 TRIGGER_TYPE_MATCHES(t->tgtype, TRIGGER_TYPE_ROW, TRIGGER_TYPE_BEFORE,
									  TRIGGER_TYPE_INSERT))
			QFS_THROW(QFS_TRIGGER_BETWEEN, "\"%v\" fires after \"%s\"",
					  qfs_slice_of(t->tgname), td->tg_trigger->tgname);
	}
}

static bool
is_set(HeapTuple row, TupleDesc desc, int column)
{
	bool		isnull;

	heap_getattr(row, column, desc, &isnull);
	return !isnull;
}

static bool
is_recorded(HeapTuple row, TupleDesc desc)
{
	return is_set(row, desc, LEDGER_SEQ) || is_set(row, desc, LEDGER_AT) ||
		is_set(row, desc, LEDGER_SIG) || is_set(row, desc, LEDGER_OUTCOME) ||
		is_set(row, desc, LEDGER_ACCOUNTS) || is_set(row, desc, LEDGER_SALT) ||
		is_set(row, desc, LEDGER_PREV) || is_set(row, desc, LEDGER_HASH) || is_set(row, desc, LEDGER_NODES);
}

/* ---- an event ---- */

static void
read_event(const LedgerRow *row, qfs_entry_memory *memory, qfs_entry *out, qfs_slice *signature)
{
	qfs_buf		json;
	qfs_error	err;

#define VALUE(column) row->values[(column) - 1]
#define IS_NULL(column) row->nulls[(column) - 1]

	if (IS_NULL(LEDGER_TYPE))
		QFS_THROW(QFS_ARGUMENT, "type is null");
	out->type = qfs_varlena_of(VALUE(LEDGER_TYPE));
	QFS_TRY(qfs_type_check(out->type, &err), &err);

	out->has_actor = !IS_NULL(LEDGER_ACTOR);
	if (out->has_actor)
		memcpy(&out->actor, DatumGetPointer(VALUE(LEDGER_ACTOR)), sizeof(out->actor));

	if (IS_NULL(LEDGER_PAYLOAD))
		QFS_THROW(QFS_PAYLOAD_INVALID, "payload is null");
	qfs_buf_init(&json, memory->json, sizeof(memory->json));
	QFS_TRY(qfs_jsonb_write(&json, DatumGetJsonbP(VALUE(LEDGER_PAYLOAD)), 1, &err), &err);
	if (json.overflow)
		QFS_THROW(QFS_ENTRY_TOO_LARGE, "the payload alone is longer");
	out->payload = qfs_buf_slice(&json);
	if (qfs_json_type_of(out->payload) != QFS_JSON_OBJECT)
		QFS_THROW(QFS_PAYLOAD_INVALID, "payload is not an object");

	*signature = (qfs_slice) {json.data + json.len, 0};
	if (!IS_NULL(LEDGER_AUTH))
	{
		QFS_TRY(qfs_jsonb_write(&json, DatumGetJsonbP(VALUE(LEDGER_AUTH)), 1, &err), &err);
		if (json.overflow)
			QFS_THROW(QFS_AUTH_INVALID, "it is too long");
		signature->len = json.len - out->payload.len;
	}
#undef VALUE
#undef IS_NULL
}

/*
 * A publication of some columns alone would make events of another ledger's
 * entries, with the authority of the subscription's owner.  What a trigger of
 * the application's does where rows of its own arrive is this side's word.
 */
static void
refuse_replicated(void)
{
	if (IsLogicalWorker() && DatumGetInt32(DirectFunctionCall1(pg_trigger_depth, (Datum) 0)) <= 1)
		QFS_THROW(QFS_NOT_REPLICATED, "events, which rows without computed columns are, INSERT into qfs.ledger");
}

static HeapTuple
append_event(const TriggerData *td, qfs_entry_memory *memory)
{
	TupleDesc	desc = RelationGetDescr(td->tg_relation);
	qfs_slice	signature;
	qfs_entry	event;
	LedgerRow	row;

	refuse_replicated();
	qfs_ledger_check_columns(td->tg_relation);
	heap_deform_tuple(td->tg_trigtuple, desc, row.values, row.nulls);
	read_event(&row, memory, &event, &signature);
	qfs_server_settle();
	return qfs_event_append(td->tg_relation, memory, &event, signature, &row);
}

/* ---- a recorded entry ---- */

/*
 * A row of a restore or of a replica that was not opened: rows come in any
 * order, so each is checked by itself and against the neighbours that are
 * there already.  Of two neighbours the later one to arrive checks the link,
 * so a complete ledger is a linked one; qfs.post_restore() does the rest.
 */
static void
check_unordered(Relation rel, const LedgerEntry *e, const qfs_hash *computed)
{
	LedgerReader reader;
	uint64		seq = e->entry.seq;
	qfs_hash	hash = {{0}};
	HeapTuple	before;
	HeapTuple	after;

	if (memcmp(computed, &e->hash, sizeof(*computed)) != 0)
		QFS_THROW(QFS_HASH_MISMATCH, "entry %u", (uint64_t) seq);
	if (e->count != qfs_nodes_completed(seq))
		QFS_THROW(QFS_NODES_MISMATCH, "entry %u", (uint64_t) seq);

	qfs_ledger_table_open_rel(&reader, rel, SnapshotSelf);
	before = seq > 0 ? qfs_ledger_row(&reader, seq - 1) : NULL;
	after = qfs_ledger_row(&reader, seq + 1);
	if (before != NULL)
		qfs_ledger_row_hash(&reader, before, LEDGER_HASH, &hash);
	if ((before != NULL || seq == 0) && memcmp(&hash, &e->entry.prev, sizeof(hash)) != 0)
		QFS_THROW(QFS_LINK_BROKEN, "entry %u", (uint64_t) seq);
	if (after != NULL)
	{
		qfs_ledger_row_hash(&reader, after, LEDGER_PREV, &hash);
		if (memcmp(&hash, &e->hash, sizeof(hash)) != 0)
			QFS_THROW(QFS_LINK_BROKEN, "entry %u", (uint64_t) seq + 1);
	}
	qfs_ledger_table_close(&reader);
}

/* The next entry of a ledger that is imported, or follows another one. */
static void
check_next(qfs_chain *chain, const LedgerEntry *e, qfs_entry_memory *memory, qfs_seal *seal)
{
	qfs_stored_entry	record = {
		.entry = &e->entry,.hash = &e->hash,
		.nodes = e->has_nodes ? e->nodes : NULL,.count = e->count,
		.space = &memory->space,.seal = seal
	};

	qfs_chain_check(chain, &record, qfs_throw_fault, NULL);
}

/* Nodes are not part of a line, so an import leaves them to us. */
static HeapTuple
fill_in_nodes(const TriggerData *td, const qfs_seal *seal)
{
	int			column = LEDGER_NODES;
	Datum		value = PointerGetDatum(qfs_nodes_bytea(seal));
	bool		isnull = false;

	return heap_modify_tuple_by_cols(td->tg_trigtuple, RelationGetDescr(td->tg_relation), 1,
									 &column, &value, &isnull);
}

/*
 * Recorded entries are for a ledger that is closed, and for whoever may restore
 * one: what is recorded and not signed, nobody can judge.
 */
static void
check_door(const TriggerData *td)
{
	if (qfs_ledger_is_open())
		QFS_THROW(QFS_LEDGER_OPEN, "a row with computed columns");
	if (!has_privs_of_role(GetUserId(), td->tg_relation->rd_rel->relowner))
		QFS_THROW(QFS_FORBIDDEN, "recorded entries are for the owner of qfs.ledger and for superusers");
}

static void
decode(const TriggerData *td, qfs_entry_memory *memory, LedgerEntry *e)
{
	qfs_error	err;

	QFS_TRY(qfs_ledger_decode(RelationGetDescr(td->tg_relation), td->tg_trigtuple, memory->json, e, &err), &err);
	if (e->entry.seq > QFS_INT_MAX || e->entry.at < 0 || e->entry.at > QFS_INT_MAX)
		QFS_THROW(QFS_ENTRY_FORMAT, "seq and at are counts");
}

/* What was erased where the entry was made goes here, too: publications publish inserts alone. */
static void
follow_erasure(Relation ledger, const qfs_entry *entry)
{
	const qfs_rule *rule = qfs_registry_find(&qfs_registry_own, entry->type);
	uint64_t	seq;

	if (rule == NULL || rule->erases == NULL || !rule->erases(entry, &seq))
		return;
	qfs_ledger_erase(ledger, seq);
}

static HeapTuple
check_recorded(const TriggerData *td, qfs_entry_memory *memory)
{
	qfs_appending a;
	qfs_chain  *chain = qfs_append_begin(td->tg_relation, &a);
	LedgerEntry e;
	qfs_hash	computed;
	qfs_seal	seal;

	check_door(td);
	decode(td, memory, &e);
	if (qfs_importing || qfs_ledger_has_state())
	{
		check_next(chain, &e, memory, &seal);
		qfs_append_end(&a);
		follow_erasure(td->tg_relation, &e.entry);
		return e.has_nodes ? td->tg_trigtuple : fill_in_nodes(td, &seal);
	}
	qfs_entry_hash(&e.entry, &computed);
	check_unordered(td->tg_relation, &e, &computed);
	qfs_append_forget();
	qfs_append_end(&a);
	return td->tg_trigtuple;
}

PG_FUNCTION_INFO_V1(qfs_sql_ledger_append);

/*
 * qfs.ledger_append(): trigger, BEFORE INSERT FOR EACH ROW on qfs.ledger.
 */
Datum
qfs_sql_ledger_append(PG_FUNCTION_ARGS)
{
	TriggerData *td = (TriggerData *) fcinfo->context;
	qfs_entry_memory *memory;
	HeapTuple	volatile result = NULL;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(td->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(td->tg_event) || !TRIGGER_FIRED_BY_INSERT(td->tg_event) ||
		!qfs_ledger_is(td->tg_relation))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("qfs.ledger_append() is the BEFORE INSERT trigger of qfs.ledger")));

	refuse_triggers_behind(td);
	memory = qfs_entry_memory_take();
	PG_TRY();
	{
		result = is_recorded(td->tg_trigtuple, RelationGetDescr(td->tg_relation)) ?
			check_recorded(td, memory) : append_event(td, memory);
	}
	PG_FINALLY();
	{
		qfs_entry_memory_give(memory);
	}
	PG_END_TRY();
	return PointerGetDatum(result);
}
