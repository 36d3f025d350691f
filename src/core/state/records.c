/*
 * records.c - what the rules remember: the fields of each record, and its kind.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "state/records.h"

#include "base/status.h"

static const qfs_field ledger_fields[] = {
	QFS_FIELD(qfs_ledger_record, number, QFS_FIELD_INT),
	QFS_FIELD(qfs_ledger_record, genesis_at, QFS_FIELD_INT),
	QFS_FIELD(qfs_ledger_record, ledger, QFS_FIELD_HASH),
	QFS_FIELD(qfs_ledger_record, origin, QFS_FIELD_TEXT),
	QFS_FIELD(qfs_ledger_record, policy_seq, QFS_FIELD_INT),
	QFS_FIELD(qfs_ledger_record, policy, QFS_FIELD_HASH),
	QFS_FIELD(qfs_ledger_record, key_number, QFS_FIELD_INT),
};

const qfs_kind qfs_kind_ledger =
QFS_KIND("ledger_state", qfs_ledger_record, ledger_fields, 1, true);

static const qfs_field policy_fields[] = {
	QFS_FIELD(qfs_policy_record, seq, QFS_FIELD_INT),
	QFS_FIELD(qfs_policy_record, policy, QFS_FIELD_JSON),
};

const qfs_kind qfs_kind_policy =
QFS_KIND("policy", qfs_policy_record, policy_fields, 1, true);

static const qfs_field signing_key_fields[] = {
	QFS_FIELD(qfs_signing_key_record, number, QFS_FIELD_INT),
	QFS_FIELD(qfs_signing_key_record, seq, QFS_FIELD_INT),
	QFS_FIELD(qfs_signing_key_record, checkpoint, QFS_FIELD_HASH),
	QFS_FIELD(qfs_signing_key_record, token, QFS_FIELD_HASH),
	QFS_OPTIONAL(qfs_signing_key_record, recovery, QFS_FIELD_HASH),
};

const qfs_kind qfs_kind_signing_key =
QFS_KIND("signing_key", qfs_signing_key_record, signing_key_fields, 1, true);

static const qfs_field server_fields[] = {
	QFS_FIELD(qfs_server_record, number, QFS_FIELD_INT),
	QFS_FIELD(qfs_server_record, seq, QFS_FIELD_INT),
	QFS_FIELD(qfs_server_record, database, QFS_FIELD_HASH),
	QFS_FIELD(qfs_server_record, salt, QFS_FIELD_NAME),
	QFS_FIELD(qfs_server_record, system, QFS_FIELD_HASH),
	QFS_FIELD(qfs_server_record, timeline, QFS_FIELD_INT),
	QFS_FIELD(qfs_server_record, version, QFS_FIELD_INT),
};

const qfs_kind qfs_kind_server =
QFS_KIND("server", qfs_server_record, server_fields, 1, true);

static const qfs_field event_type_fields[] = {
	QFS_FIELD(qfs_event_type_record, type, QFS_FIELD_NAME),
	QFS_FIELD(qfs_event_type_record, seq, QFS_FIELD_INT),
	QFS_FIELD(qfs_event_type_record, by, QFS_FIELD_NAME),
	QFS_FIELD(qfs_event_type_record, schema, QFS_FIELD_JSON),
};

const qfs_kind qfs_kind_event_type =
QFS_KIND("event_type", qfs_event_type_record, event_type_fields, 1, true);

static const qfs_field account_fields[] = {
	QFS_FIELD(qfs_account_record, user, QFS_FIELD_USER),
	QFS_FIELD(qfs_account_record, wallet, QFS_FIELD_ADDRESS),
};

const qfs_kind qfs_kind_account =
QFS_KIND("account", qfs_account_record, account_fields, 1, false);

/* After the key and what says which entries touched it in the order of their names, in which an entry's part has them. */

static const qfs_field standing_fields[] = {
	QFS_FIELD(qfs_standing, user, QFS_FIELD_USER),
	QFS_FIELD(qfs_standing, last_entry, QFS_FIELD_INT),
	QFS_OPTIONAL(qfs_standing, before_epoch, QFS_FIELD_INT),
	QFS_FIELD(qfs_standing, epoch, QFS_FIELD_INT),
	QFS_OPTIONAL(qfs_standing, chat_key, QFS_FIELD_HASH),
	QFS_FIELD(qfs_standing, coherence, QFS_FIELD_AMOUNT),
	QFS_FIELD(qfs_standing, created, QFS_FIELD_INT),
	QFS_FIELD(qfs_standing, created_at, QFS_FIELD_INT),
	QFS_FIELD(qfs_standing, flx, QFS_FIELD_AMOUNT),
	QFS_FIELD(qfs_standing, points, QFS_FIELD_INT),
	QFS_OPTIONAL(qfs_standing, profile, QFS_FIELD_HASH),
	QFS_FIELD(qfs_standing, profile_version, QFS_FIELD_INT),
	QFS_FIELD(qfs_standing, referrals, QFS_FIELD_INT),
};

const qfs_kind qfs_kind_standing =
QFS_KIND("standing", qfs_standing, standing_fields, 1, false);

static const qfs_field ties_fields[] = {
	QFS_FIELD(qfs_ties, user, QFS_FIELD_USER),
	QFS_FIELD(qfs_ties, last_entry, QFS_FIELD_INT),
	QFS_OPTIONAL(qfs_ties, guard, QFS_FIELD_NAME),
	QFS_FIELD(qfs_ties, received, QFS_FIELD_BOOL),
	QFS_OPTIONAL(qfs_ties, referrer, QFS_FIELD_USER),
	QFS_FIELD(qfs_ties, sent, QFS_FIELD_BOOL),
	QFS_OPTIONAL(qfs_ties, settled, QFS_FIELD_INT),
	QFS_OPTIONAL(qfs_ties, used, QFS_FIELD_INT),
};

const qfs_kind qfs_kind_ties =
QFS_KIND("ties", qfs_ties, ties_fields, 1, false);

static const qfs_field access_fields[] = {
	QFS_FIELD(qfs_access_record, user, QFS_FIELD_USER),
	QFS_FIELD(qfs_access_record, last_entry, QFS_FIELD_INT),
	QFS_FIELD(qfs_access_record, sessions, QFS_FIELD_JSON),
};

const qfs_kind qfs_kind_access =
QFS_KIND("access", qfs_access_record, access_fields, 1, false);

static const qfs_field nonce_fields[] = {
	QFS_FIELD(qfs_nonce, user, QFS_FIELD_USER),
	QFS_FIELD(qfs_nonce, last_entry, QFS_FIELD_INT),
	QFS_FIELD(qfs_nonce, event_nonce, QFS_FIELD_INT),
};

const qfs_kind qfs_kind_nonce =
QFS_KIND("nonce", qfs_nonce, nonce_fields, 1, false);

static const qfs_field session_fields[] = {
	QFS_FIELD(qfs_session_record, session, QFS_FIELD_HASH),
	QFS_FIELD(qfs_session_record, user, QFS_FIELD_USER),
	QFS_FIELD(qfs_session_record, seq, QFS_FIELD_INT),
	QFS_FIELD(qfs_session_record, login, QFS_FIELD_INT),
	QFS_FIELD(qfs_session_record, issued_block, QFS_FIELD_INT),
	QFS_FIELD(qfs_session_record, ttl_blocks, QFS_FIELD_INT),
	QFS_FIELD(qfs_session_record, operates, QFS_FIELD_BOOL),
	QFS_OPTIONAL(qfs_session_record, device, QFS_FIELD_HASH),
	QFS_OPTIONAL(qfs_session_record, ended, QFS_FIELD_INT),
	QFS_OPTIONAL(qfs_session_record, reason, QFS_FIELD_NAME),
};

const qfs_kind qfs_kind_session =
QFS_KIND("session", qfs_session_record, session_fields, 1, false);

static const qfs_field login_fields[] = {
	QFS_FIELD(qfs_login_record, seq, QFS_FIELD_INT),
	QFS_FIELD(qfs_login_record, user, QFS_FIELD_USER),
	QFS_FIELD(qfs_login_record, nonce_at, QFS_FIELD_INT),
};

const qfs_kind qfs_kind_login =
QFS_KIND("login", qfs_login_record, login_fields, 1, false);

static const qfs_field rate_fields[] = {
	QFS_FIELD(qfs_rate_record, user, QFS_FIELD_USER),
	QFS_FIELD(qfs_rate_record, what, QFS_FIELD_NAME),
	QFS_FIELD(qfs_rate_record, window, QFS_FIELD_INT),
	QFS_FIELD(qfs_rate_record, count, QFS_FIELD_INT),
};

const qfs_kind qfs_kind_rate =
QFS_KIND("rate", qfs_rate_record, rate_fields, 2, false);

static const qfs_field device_fields[] = {
	QFS_FIELD(qfs_device_record, device, QFS_FIELD_HASH),
	QFS_FIELD(qfs_device_record, user, QFS_FIELD_USER),
};

const qfs_kind qfs_kind_device =
QFS_KIND("device", qfs_device_record, device_fields, 1, false);

static const qfs_field referral_code_fields[] = {
	QFS_FIELD(qfs_referral_code_record, code, QFS_FIELD_NAME),
	QFS_FIELD(qfs_referral_code_record, user, QFS_FIELD_USER),
};

const qfs_kind qfs_kind_referral_code =
QFS_KIND("referral_code", qfs_referral_code_record, referral_code_fields, 1, false);

qfs_status
qfs_policy_get(qfs_store *store, int64_t seq, qfs_slice *out, qfs_error *err)
{
	qfs_policy_record record = {.seq = seq};
	bool		found;
	qfs_status	status = store->get(store, &qfs_kind_policy, &record, &found, err);

	if (status == QFS_OK && !found)
		return qfs_fail(err, QFS_STATE_MISMATCH, "the policy of entry %i is missing", seq);
	*out = record.policy;
	return status;
}

qfs_status
qfs_signing_key_get(qfs_store *store, int64_t number, qfs_signing_key_record *out, qfs_error *err)
{
	bool		found;
	qfs_status	status;

	out->number = number;
	status = store->get(store, &qfs_kind_signing_key, out, &found, err);
	if (status == QFS_OK && !found)
		return qfs_fail(err, QFS_STATE_MISMATCH, "signing key %i is missing", number);
	return status;
}
