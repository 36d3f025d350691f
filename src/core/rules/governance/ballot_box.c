/*
 * ballot_box.c - a proposal and how it stands.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "rules/governance/ballot_box.h"

#include "base/assert.h"
#include "base/status.h"
#include "engine/account_part.h"
#include "engine/outcome.h"
#include "engine/payload.h"

qfs_status
qfs_ballot_box_get(qfs_store *store, int64_t proposal, qfs_ballot_box *out, qfs_error *err)
{
	bool		found;
	qfs_status	status;

	out->tally = (qfs_tally_record) {.proposal = proposal};
	status = store->get(store, &qfs_kind_tally, &out->tally, &found, err);
	if (status == QFS_OK && !found)
		return qfs_fail(err, QFS_PROPOSAL_UNKNOWN, "entry %i", proposal);
	out->proposal = (qfs_proposal_record) {.seq = proposal};
	if (status == QFS_OK)
		status = store->get(store, &qfs_kind_proposal, &out->proposal, &found, err);
	if (status != QFS_OK)
		return status;
	if (!found || !qfs_track_find(out->proposal.track, &out->track) || !qfs_terms_read(out->proposal.terms, &out->terms))
		return qfs_fail(err, QFS_STATE_MISMATCH, "proposal %i has no terms", proposal);
	return QFS_OK;
}

qfs_status
qfs_ballot_box_read(const qfs_act *act, qfs_ballot_box *out)
{
	int64_t		proposal;
	qfs_status	status = qfs_payload_int(act, "proposal", &proposal);

	return status == QFS_OK ? qfs_ballot_box_get(act->reducer->store, proposal, out, act->err) : status;
}

qfs_status
qfs_tally_put(const qfs_act *act, const qfs_tally_record *tally)
{
	qfs_store  *store = act->reducer->store;

	return store->put(store, &qfs_kind_tally, tally, act->err);
}

qfs_status
qfs_tally_find(const qfs_act *act, qfs_tally_record *out)
{
	qfs_store  *store = act->reducer->store;
	bool		found;
	qfs_status	status;

	memset(out, 0, sizeof(*out));
	status = qfs_payload_int(act, "proposal", &out->proposal);
	return status == QFS_OK ? store->get(store, &qfs_kind_tally, out, &found, act->err) : status;
}

bool
qfs_is_state(const qfs_tally_record *tally, const char *state)
{
	return strcmp(tally->state, state) == 0;
}

static void
set_name(char out[QFS_TYPE_MAX + 1], qfs_slice name)
{
	QFS_ASSERT(name.len <= QFS_TYPE_MAX);
	memset(out, 0, QFS_TYPE_MAX + 1);
	memcpy(out, name.data, name.len);
}

void
qfs_set_state(qfs_tally_record *tally, qfs_slice state)
{
	set_name(tally->state, state);
}

void
qfs_set_guard(qfs_tally_record *tally, qfs_slice guard)
{
	tally->has_guard = true;
	set_name(tally->guard, guard);
}

void
qfs_set_settled(const qfs_act *act, qfs_tally_record *tally)
{
	tally->has_settled = true;
	tally->settled = (int64_t) act->event->seq;
}

qfs_counts
qfs_counts_of(const qfs_ballot_box *box)
{
	return (qfs_counts) {
		.total = box->proposal.total,.yes = box->tally.yes,.no = box->tally.no,
		.abstain = box->tally.abstain,.veto = box->tally.veto
	};
}

/* ---- in outcomes ---- */

void
qfs_tally_write(qfs_json_writer *w, const qfs_tally_record *tally, bool has_previous, int64_t previous)
{
	qfs_json_key(w, "tally");
	qfs_json_open_object(w);
	qfs_json_put_member_int(w, "abstain", tally->abstain);
	qfs_json_put_member_int(w, "ends", tally->ends);
	qfs_json_put_member_int(w, "extensions", tally->extensions);
	qfs_json_put_member_int(w, "no", tally->no);
	qfs_json_key(w, "previous");
	qfs_previous_write(w, has_previous ? previous : -1);
	qfs_json_put_member_int(w, "veto", tally->veto);
	qfs_json_put_member_int(w, "voters", tally->voters);
	qfs_json_put_member_int(w, "yes", tally->yes);
	qfs_json_close(w);
}

qfs_status
qfs_tally_recall(const qfs_act *act, qfs_tally_record *out)
{
	qfs_slice	value = qfs_json_member_or(qfs_result_of(act->event->outcome), "tally", QFS_LITERAL("null"));

	if (!qfs_json_member_count(value, "abstain", &out->abstain) || !qfs_json_member_count(value, "ends", &out->ends) ||
		!qfs_json_member_count(value, "extensions", &out->extensions) || !qfs_json_member_count(value, "no", &out->no) ||
		!qfs_json_member_count(value, "veto", &out->veto) || !qfs_json_member_count(value, "voters", &out->voters) ||
		!qfs_json_member_count(value, "yes", &out->yes))
		return qfs_fail(act->err, QFS_OUTCOME_MISMATCH, "entry %u counts %v", act->event->seq, value);
	return QFS_OK;
}
