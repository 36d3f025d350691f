/*
 * payload_erased.c - PAYLOAD_ERASED: what an entry asked for is gone, and that it was there is not.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The erased entry keeps its head, so that chain and tree stay what they are,
 * and what came of it.  Payload and signature are commitments from then on,
 * under a salt that is gone, too.
 *
 * A sign-in proves whose sessions they are that act: it stays until none does.
 */
#include "base/status.h"
#include "engine/access.h"
#include "engine/payload.h"
#include "state/records.h"

/* That an entry's payload was erased. */
typedef struct erasure_record
{
	int64_t		seq;			/* key: the entry */
	int64_t		by;				/* entry that says so */
} erasure_record;

static const qfs_field fields[] = {
	QFS_FIELD(erasure_record, seq, QFS_FIELD_INT),
	QFS_FIELD(erasure_record, by, QFS_FIELD_INT),
};

static const qfs_kind kind = QFS_KIND("erasure", erasure_record, fields, 1, false);

static bool
erases(const qfs_entry *entry, uint64_t *seq)
{
	int64_t		n;

	/* Never itself, nor what comes after it. */
	if (!qfs_json_member_count(entry->payload, "seq", &n) || (uint64_t) n >= entry->seq)
		return false;
	*seq = (uint64_t) n;
	return true;
}

/* ---- sign-ins ---- */

/* Does this session of an account follow from the sign-in, and act still? */
static qfs_status
check_session(const qfs_act *act, const qfs_open_session *open, const qfs_login_record *login)
{
	qfs_store  *store = act->reducer->store;
	qfs_session_record session = {.session = open->session};
	bool		found;
	qfs_status	status;

	if (open->expires_at <= act->event->at)
		return QFS_OK;
	status = store->get(store, &qfs_kind_session, &session, &found, act->err);
	if (status != QFS_OK || !found || session.login != login->seq)
		return status;
	return qfs_fail(act->err, QFS_LOGIN_OPEN, "entry %i: its session %h is active until %i", login->seq,
					open->session.bytes, open->expires_at);
}

/* Time is that of this entry.  Errors: LOGIN_OPEN. */
static qfs_status
check_login(const qfs_act *act, const qfs_login_record *login)
{
	int64_t		good_until = login->nonce_at + act->reducer->policy.nonce_ttl_ms;
	qfs_access	access;
	bool		found;
	qfs_status	status = qfs_access_get(act->reducer->store, &login->user, &access, &found, act->err);

	for (unsigned i = 0; i < access.count && status == QFS_OK; i++)
		status = check_session(act, &access.sessions[i], login);
	if (status == QFS_OK && act->event->at <= good_until)
		status = qfs_fail(act->err, QFS_LOGIN_OPEN, "entry %i: its nonce is good until %i", login->seq, good_until);
	return status;
}

/* Errors: LOGIN_OPEN. */
static qfs_status
check_over(const qfs_act *act, uint64_t seq)
{
	qfs_store  *store = act->reducer->store;
	qfs_login_record login = {.seq = (int64_t) seq};
	bool		found;
	qfs_status	status = store->get(store, &qfs_kind_login, &login, &found, act->err);

	return status == QFS_OK && found ? check_login(act, &login) : status;
}

/* Errors: PAYLOAD_INVALID, PAYLOAD_ERASED if it is gone already, LOGIN_OPEN. */
static qfs_status
apply(qfs_act *act)
{
	qfs_store  *store = act->reducer->store;
	erasure_record record = {.by = (int64_t) act->event->seq};
	erasure_record before;
	uint64_t	seq;
	bool		found;
	qfs_status	status;

	if (!erases(act->event, &seq))
		return qfs_fail(act->err, QFS_PAYLOAD_INVALID, "payload.seq: an entry before this one");
	record.seq = (int64_t) seq;
	before = record;
	status = store->get(store, &kind, &before, &found, act->err);
	if (status == QFS_OK && found)
		return qfs_fail(act->err, QFS_PAYLOAD_ERASED, "entry %u, by entry %i", seq, before.by);
	if (status == QFS_OK)
		status = check_over(act, seq);
	return status == QFS_OK ? store->put(store, &kind, &record, act->err) : status;
}

static const char *const reads[] = {"nonce_ttl_ms", NULL};

const qfs_rule qfs_rule_payload_erased = {
	.type = "PAYLOAD_ERASED",
	.schema = "{\"properties\":{"
	"\"reason\":{\"maxLength\":500,\"minLength\":1,\"type\":\"string\"},"
	"\"seq\":{\"maximum\":9007199254740991,\"minimum\":0,\"type\":\"integer\"}},"
	"\"required\":[\"reason\",\"seq\"],\"type\":\"object\"}",
	.via = QFS_VIA_OPERATOR,
	.kind = &kind,
	.apply = apply,
	.recall = apply,
	.erases = erases,
	.off_ledger = true,
	.reads = reads,
};
