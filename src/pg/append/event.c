/*
 * event.c - an event becomes an entry: who acts, what the rules compute, the row.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/snapmgr.h"

#include "ledger/registry.h"
#include "pg/append/actor.h"
#include "pg/append/append.h"
#include "pg/append/event.h"
#include "pg/base/args.h"
#include "pg/base/clock.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/table/entry_columns.h"
#include "pg/table/off_ledger.h"
#include "pg/table/opening.h"
#include "pg/table/server_identity.h"
#include "pg/table/store_table.h"

bytea *
qfs_nodes_bytea(const qfs_seal *seal)
{
	size_t		len = seal->count * sizeof(qfs_hash);
	bytea	   *nodes = palloc(VARHDRSZ + len);

	SET_VARSIZE(nodes, VARHDRSZ + len);
	memcpy(VARDATA(nodes), seal->nodes, len);
	return nodes;
}

qfs_settler qfs_event_settler = NULL;

static qfs_expected *expected;

void
qfs_event_expect(qfs_expected *event)
{
	event->outer = expected;
	expected = event;
}

void
qfs_event_expect_no_more(const qfs_expected *event)
{
	expected = event->outer;
}

static bool
is_expected(const qfs_entry *event)
{
	return expected != NULL && qfs_slice_equal(expected->type, event->type) &&
		qfs_slice_equal(expected->payload, event->payload);
}

/* Does the ledger itself append it? */
static bool
is_by_ledger(const qfs_entry *event)
{
	return is_expected(event) && expected->by_ledger;
}

/* The nonce with which the actor's wallet signed it; 0: it did not. */
static int64_t
wallet_nonce_of(const qfs_entry *event)
{
	return is_expected(event) ? expected->wallet_nonce : 0;
}

static bool
is_operator(void)
{
	Oid			operator = get_role_oid("qfs_operator", true);

	return OidIsValid(operator) && has_privs_of_role(GetUserId(), operator);
}

/* Where a stream that brings it has it; NULL: none does. */
static const qfs_stream_source *
source_of(const qfs_entry *event)
{
	return is_expected(event) ? expected->source : NULL;
}

/*
 * Who is appending?
 * rule: of the event's type; NULL if it is an application's
 */
static qfs_via
establish_via(const qfs_rule *rule, const qfs_entry *event)
{
	if (is_by_ledger(event))
		return rule != NULL && (rule->via & QFS_VIA_LEDGER) ? QFS_VIA_LEDGER : QFS_VIA_OPERATOR;
	if (wallet_nonce_of(event) > 0)
		return QFS_VIA_WALLET;
	if (qfs_actor() != NULL)
		return QFS_VIA_SESSION;
	/* Whoever brings it, the wallet has signed its message. */
	if (rule != NULL && rule->via == QFS_VIA_WALLET)
		return QFS_VIA_WALLET;
	qfs_actor_check_role_acts();
	/* Who may take from streams was asked by the function; what they may bring, the rules say. */
	if (source_of(event) != NULL)
		return QFS_VIA_OPERATOR;
	if (!superuser() && !is_operator())
		QFS_THROW(QFS_FORBIDDEN, "the role has not been granted qfs_operator");
	if (rule != NULL && rule->acknowledges != NULL && !superuser())
		QFS_THROW(QFS_FORBIDDEN, "only a superuser acknowledges a fault");
	return QFS_VIA_OPERATOR;
}

/*
 * Writes the auth value of an event, and finds its signature.
 * given: what came with it: of a device {"key","nonce","sig"}, of a wallet the
 *        signature itself; empty if nothing did
 */
static void
establish_auth(qfs_entry_memory *memory, const qfs_rule *rule, qfs_slice given, qfs_entry *event)
{
	qfs_auth	auth = {.via = establish_via(rule, event)};
	qfs_buf		buf;
	qfs_error	err;

	event->sig = QFS_LITERAL("null");
	auth.has_source = source_of(event) != NULL;
	if (auth.has_source)
		auth.source = *source_of(event);
	if (auth.via == QFS_VIA_SESSION)
		auth.session = qfs_actor()->session;
	if (given.len > 0 && (auth.via & (QFS_VIA_OPERATOR | QFS_VIA_LEDGER)))
		QFS_THROW(QFS_AUTH_INVALID, "auth is not the caller's to give");
	if (given.len > 0 && auth.via == QFS_VIA_SESSION)
		QFS_TRY(qfs_auth_read_signature(given, &auth, &event->sig, &err), &err);
	if (auth.via == QFS_VIA_WALLET)
	{
		event->sig = given.len > 0 ? given : event->sig;
		auth.nonce = wallet_nonce_of(event);
		auth.is_signed = auth.nonce > 0;
	}
	qfs_buf_init(&buf, memory->auth, sizeof(memory->auth));
	qfs_auth_write(&buf, &auth);
	event->auth = qfs_buf_slice(&buf);
}

/* Random bytes are drawn for many entries at a time. */
static void
draw_salt(qfs_salt *out)
{
	static qfs_salt block[64];
	static unsigned left = 0;

	if (left == 0)
	{
		if (!pg_strong_random(block, sizeof(block)))
			QFS_THROW(QFS_INTERNAL, "there are no random bytes");
		left = lengthof(block);
	}
	*out = block[--left];
}

/* What belongs to the event beside the ledger, only its function checks and stores; of the server, only the ledger knows. */
static void
refuse_without_function(const qfs_rule *rule, const qfs_entry *event)
{
	if (rule == NULL || (!rule->off_ledger && !rule->of_server) || (is_expected(event) && source_of(event) == NULL))
		return;
	QFS_THROW(QFS_TYPE_FUNCTION, "%v", event->type);
}

/* An account acts for itself: leaving the actor out means the same. */
static void
establish_actor(qfs_entry *out)
{
	const qfs_session_record *actor = is_by_ledger(out) || wallet_nonce_of(out) > 0 ? NULL : qfs_actor();

	if (actor == NULL)
		return;
	if (out->has_actor && memcmp(&out->actor, &actor->user, sizeof(out->actor)) != 0)
		QFS_THROW(QFS_ACTOR_MISMATCH, "the event names another account");
	out->has_actor = true;
	out->actor = actor->user;
}

static void
fill_in(const qfs_entry *entry, const qfs_seal *seal, LedgerRow *row)
{
	qfs_slice	sig;

	row->values[LEDGER_SEQ - 1] = Int64GetDatum((int64) entry->seq);
	row->values[LEDGER_AT - 1] = Int64GetDatum(entry->at);
	row->values[LEDGER_ACTOR - 1] = PointerGetDatum(&entry->actor);
	row->values[LEDGER_AUTH - 1] = qfs_jsonb_of(entry->auth);
	row->values[LEDGER_OUTCOME - 1] = qfs_jsonb_of(entry->outcome);
	row->values[LEDGER_ACCOUNTS - 1] = qfs_accounts_column(entry);
	row->values[LEDGER_SALT - 1] =
		PointerGetDatum(qfs_salt_column(entry));
	row->values[LEDGER_PREV - 1] = qfs_hash_datum(&entry->prev);
	row->values[LEDGER_HASH - 1] = qfs_hash_datum(&seal->hash);
	row->values[LEDGER_NODES - 1] = PointerGetDatum(qfs_nodes_bytea(seal));
	memset(row->nulls, false, sizeof(row->nulls));
	row->nulls[LEDGER_ACTOR - 1] = !entry->has_actor;
	row->nulls[LEDGER_SIG - 1] = !qfs_json_to_plain(entry->sig, &sig);
	if (!row->nulls[LEDGER_SIG - 1])
		row->values[LEDGER_SIG - 1] = PointerGetDatum(qfs_text_of(sig));
}

qfs_status
qfs_throw_fault(void *context, uint64_t seq, const qfs_error *fault)
{
	qfs_throw(fault);
	return fault->status;
}

/* Opens a ledger that begins; what was put beside it while it was empty, nothing commits to. */
static void
open_new(void)
{
	CommandCounterIncrement();
	qfs_off_ledger_compare(SnapshotSelf, qfs_table_store(), qfs_throw_fault, NULL);
	qfs_ledger_open(0);
}

/* Who records a server records this one. */
static void
check_recorded_server(void)
{
	if (qfs_server_changes() != 0)
		QFS_THROW(QFS_PAYLOAD_INVALID, "payload.server: it is not this server and this database");
}

/* A settlement is computed for a time, and is of that time. */
static int64
time_of(const qfs_entry *event)
{
	return is_by_ledger(event) && expected->at != 0 ? expected->at : qfs_now_ms();
}

HeapTuple
qfs_event_append(Relation ledger, qfs_entry_memory *memory, qfs_entry *event, qfs_slice signature, LedgerRow *row)
{
	const qfs_rule *rule = qfs_registry_find(&qfs_registry_own, event->type);
	qfs_appending a;
	qfs_seal	seal;
	qfs_error	err;
	qfs_chain  *chain;
	bool		opens;

	qfs_ledger_check_columns(ledger);
	establish_actor(event);
	refuse_without_function(rule, event);
	establish_auth(memory, rule, signature, event);
	draw_salt(&event->salt);

	chain = qfs_append_begin(ledger, &a);
	event->at = time_of(event);
	if (!qfs_rule_comes_first(rule))
		(void) qfs_event_settler(ledger, chain, &event->at);
	opens = chain->frontier.size == 0 && rule != NULL && (rule->enacts & QFS_ENACTS_LEDGER);
	if (!opens && !qfs_ledger_is_open())
		qfs_ledger_throw_closed(chain->frontier.size, "an entry was appended before it");
	QFS_TRY(qfs_chain_append(chain, event, &memory->space, &seal, &err), &err);
	if (opens)
		open_new();
	if (opens || (rule != NULL && rule->of_server))
		check_recorded_server();
	qfs_append_end(&a);
	fill_in(event, &seal, row);
	return heap_form_tuple(RelationGetDescr(ledger), row->values, row->nulls);
}
