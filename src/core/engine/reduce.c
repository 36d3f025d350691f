/*
 * reduce.c - reducing: event type to rule, and what all events have in common.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/reduce.h"

#include "base/status.h"
#include "engine/effects.h"
#include "engine/event_signature.h"
#include "engine/permission.h"
#include "engine/rate.h"
#include "engine/rule.h"
#include "engine/session.h"
#include "text/schema.h"

static qfs_status
check_payload(const qfs_entry *event, qfs_slice schema, qfs_error *err)
{
	/* One that was erased cannot be asked. */
	if (event->payload.len == 0)
		return QFS_OK;
	/* Whatever a registered schema admits: this is what an entry can hold. */
	if (qfs_json_type_of(event->payload) != QFS_JSON_OBJECT)
		return qfs_fail(err, QFS_PAYLOAD_INVALID, "payload: must be an object");
	return qfs_schema_validate(schema, event->payload, "payload", QFS_PAYLOAD_INVALID, err);
}

/* No account's act. */
#define BY_NOBODY (QFS_VIA_OPERATOR | QFS_VIA_LEDGER)

/* A type of qfs's own. */
static qfs_status
apply_rule(const qfs_rule *rule, qfs_act *act)
{
	qfs_status	status = check_payload(act->event, qfs_slice_of(rule->schema), act->err);

	if (status == QFS_OK)
		status = act->fx->derives ? qfs_permission_presume(act, rule->via) : qfs_permission_check(act, rule->via);
	if (status == QFS_OK && act->event->has_actor && (act->auth.via & BY_NOBODY))
		status = qfs_fail(act->err, QFS_ACTOR_MISMATCH, "%v is an act of the ledger itself",
						  act->event->type);
	/* Whoever may write to a stream is no role of the database. */
	if (status == QFS_OK && act->auth.has_source && act->auth.via == QFS_VIA_OPERATOR)
		status = qfs_fail(act->err, QFS_FORBIDDEN, "%v is not for streams to bring", act->event->type);
	if (status == QFS_OK && rule->via == QFS_VIA_OPERATOR && act->auth.via != QFS_VIA_OPERATOR)
		status = qfs_fail(act->err, QFS_FORBIDDEN, "%v needs a role of the database",
						  act->event->type);
	if (status == QFS_OK)
		status = rule->apply(act);
	return status;
}

/*
 * Looks a registered type up.  Applications append many events of one type in
 * a row, and a type never changes, so the last one is remembered.
 */
static qfs_status
find_type(qfs_reducer *r, qfs_slice type, qfs_error *err)
{
	qfs_event_type_record *record = &r->type;
	qfs_status	status;
	bool		found;

	if (r->has_type && qfs_slice_equal(type, qfs_slice_of(record->type)))
		return QFS_OK;
	r->has_type = false;
	status = qfs_type_check(type, err);
	if (status != QFS_OK)
		return status;
	memset(record->type, 0, sizeof(record->type));
	memcpy(record->type, type.data, type.len);
	status = r->store->get(r->store, &qfs_kind_event_type, record, &found, err);
	if (status != QFS_OK)
		return status;
	if (!found)
		return qfs_fail(err, QFS_TYPE_UNKNOWN, "%v", type);

	/* The store's own bytes are ours only until its next call. */
	if (record->schema.len <= sizeof(r->schema))
	{
		memcpy(r->schema, record->schema.data, record->schema.len);
		record->schema.data = r->schema;
		r->has_type = true;
	}
	return QFS_OK;
}

/*
 * Who acts comes first: a fault of the type or the payload can be acknowledged,
 * and must not hide one of the authority.
 */
static qfs_status
check_custom(qfs_act *act)
{
	qfs_reducer *r = act->reducer;
	qfs_status	status = qfs_permission_establish(act);

	/* Whatever the type is, it is not the ledger's own. */
	if (status == QFS_OK && act->auth.via == QFS_VIA_LEDGER)
		status = qfs_permission_allow(act, QFS_VIA_SESSION);
	if (status == QFS_OK)
		status = find_type(r, act->event->type, act->err);
	if (status == QFS_OK)
		status = qfs_permission_allow(act, strcmp(r->type.by, "operator") == 0 ?
									  QFS_VIA_OPERATOR : QFS_VIA_SESSION);
	return status == QFS_OK ? check_payload(act->event, r->type.schema, act->err) : status;
}

/* A registered type: checked against its schema, without effect. */
static qfs_status
apply_custom(qfs_act *act)
{
	const qfs_entry *event = act->event;
	qfs_reducer *r = act->reducer;
	qfs_rate_record rate;
	qfs_status	status = check_custom(act);

	if (status != QFS_OK || act->auth.via != QFS_VIA_SESSION)
		return status;
	status = qfs_rate_check(r, &event->actor, QFS_RATE_EVENTS, event->at, QFS_MINUTE_MS,
							r->policy.events_per_minute, &rate, act->err);
	return status == QFS_OK ? qfs_rate_count(r, &rate, act->err) : status;
}

/* The rule of a type, in the version that the policy says; what opens a ledger finds no policy yet. */
static const qfs_rule *
rule_in_force(const qfs_reducer *r, qfs_slice type)
{
	return qfs_registry_rule(r->registry, type, r->open ? r->policy.rules : r->registry->version);
}

/* What the rule adds to the outcome is short: ids, numbers, lists of a few words. */
#define RESULT_MAX 4096

static qfs_status
apply(qfs_act *act)
{
	qfs_status	status;

	qfs_json_open_object(act->result);
	status = act->rule != NULL ? apply_rule(act->rule, act) : apply_custom(act);
	if (status == QFS_OK)
		status = qfs_effects_store(act->fx);
	if (status != QFS_OK)
		return status;
	qfs_json_close(act->result);
	return qfs_json_end(act->result, act->err);
}

/* While something is due the ledger's own settlement of it comes first, but for what has to come before anything. */
static bool
is_admitted(const qfs_act *act)
{
	return !qfs_reducer_is_due(act->reducer, act->event->at) || qfs_rule_comes_first(act->rule) ||
		(act->rule != NULL && act->rule->via == QFS_VIA_LEDGER);
}

/* derives: accounts are not shown, nor written */
static qfs_status
reduce(qfs_reducer *r, const qfs_entry *event, bool derives, qfs_effects *fx, qfs_buf *outcome, qfs_buf *accounts,
	   qfs_error *err)
{
	uint8_t		memory[RESULT_MAX];
	qfs_buf		result;
	qfs_json_writer writer;
	qfs_act		act = {.reducer = r, .event = event, .fx = fx, .result = &writer, .err = err};
	qfs_status	status = qfs_reducer_refresh(r, err);
	bool		genesis;

	if (status != QFS_OK)
		return status;
	act.rule = rule_in_force(r, event->type);
	genesis = act.rule != NULL && (act.rule->enacts & QFS_ENACTS_LEDGER);
	if (genesis && (r->open || event->seq != 0))
		return qfs_fail(err, QFS_GENESIS_EXISTS, "entry %u", event->seq);
	if (!genesis && !r->open)
		return qfs_fail(err, QFS_NO_GENESIS, "an event of type %v came first", event->type);
	if (!is_admitted(&act))
		return qfs_fail(err, QFS_SETTLEMENT_DUE, "since %i ms", event->at - r->due_at);

	qfs_effects_init(fx, &act);
	fx->derives = derives;
	qfs_buf_init(&result, memory, sizeof(memory));
	qfs_json_begin(&writer, &result);
	status = apply(&act);
	if (status == QFS_OK && !derives)
		status = qfs_effects_write_accounts(fx, accounts, err);
	if (status == QFS_OK)
		status = qfs_effects_write_outcome(fx, result.len > 2 ? qfs_buf_slice(&result) : (qfs_slice) {NULL, 0},
										   outcome, err);
	fx->act = NULL;
	return status;
}

qfs_status
qfs_reduce_with(qfs_reducer *r, const qfs_entry *event, qfs_effects *fx, qfs_buf *outcome, qfs_buf *accounts,
				qfs_error *err)
{
	return reduce(r, event, false, fx, outcome, accounts, err);
}

qfs_status
qfs_derive(qfs_reducer *r, const qfs_entry *event, qfs_effects *fx, qfs_buf *outcome, qfs_error *err)
{
	return reduce(r, event, true, fx, outcome, NULL, err);
}

qfs_status
qfs_reduce(qfs_reducer *r, const qfs_entry *event, qfs_buf *outcome, qfs_buf *accounts, qfs_error *err)
{
	qfs_effects fx;

	return qfs_reduce_with(r, event, &fx, outcome, accounts, err);
}

/* ---- recorded entries ---- */

/* A role names an account in events of applications' types alone. */
static bool
has_its_actor(const qfs_act *act, bool custom)
{
	if (act->auth.via == QFS_VIA_OPERATOR && custom)
		return true;
	return act->event->has_actor != ((act->auth.via & BY_NOBODY) != 0);
}

static qfs_status
recall_auth(qfs_act *act, bool custom)
{
	qfs_reducer *r = act->reducer;
	qfs_status	status = qfs_auth_read(act->event->auth, &act->auth, act->err);

	if (status == QFS_OK && !has_its_actor(act, custom))
		return qfs_fail(act->err, QFS_ACTOR_MISMATCH, "entry %u", act->event->seq);
	if (status == QFS_OK)
		status = qfs_permission_check_signer(act);
	if (status == QFS_OK && act->auth.is_signed && r->check_signatures)
		status = qfs_event_signature_check(r, act->event, &act->auth, act->err);
	if (status == QFS_OK && custom && act->auth.via == QFS_VIA_SESSION)
		status = qfs_rate_recall(r, &act->event->actor, QFS_RATE_EVENTS, act->event->at,
								 QFS_MINUTE_MS, act->err);
	return status;
}

qfs_status
qfs_recall(qfs_reducer *r, const qfs_entry *entry, qfs_error *err)
{
	uint8_t		memory[256];
	qfs_buf		nowhere;
	qfs_json_writer writer;
	qfs_act		act = {.reducer = r, .event = entry, .result = &writer, .err = err};
	qfs_status	status = qfs_reducer_refresh(r, err);
	const qfs_rule *rule = status == QFS_OK ? rule_in_force(r, entry->type) : NULL;
	bool		genesis = rule != NULL && (rule->enacts & QFS_ENACTS_LEDGER);

	act.rule = rule;

	/* What the rules of policies and keys write while they put them in force. */
	qfs_buf_init(&nowhere, memory, sizeof(memory));
	qfs_json_begin(&writer, &nowhere);
	qfs_json_open_object(&writer);
	if (status == QFS_OK && r->open == genesis)
		return qfs_fail(err, r->open ? QFS_GENESIS_EXISTS : QFS_NO_GENESIS, "entry %u", entry->seq);
	if (status == QFS_OK)
		status = recall_auth(&act, rule == NULL);
	if (status == QFS_OK && rule != NULL)
		status = check_payload(entry, qfs_slice_of(rule->schema), err);
	if (status == QFS_OK && rule != NULL && rule->recall != NULL)
		status = rule->recall(&act);
	return status == QFS_OK ? qfs_effects_recall(&act) : status;
}
