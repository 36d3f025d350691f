/*
 * seats.c - NOD: who has how much of it, and had at an entry.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "rules/governance/seats.h"

#include "base/assert.h"
#include "base/status.h"
#include "engine/account_part.h"
#include "engine/outcome.h"

qfs_status
qfs_nod_get(const qfs_act *act, const qfs_user_id *user, qfs_nod_record *out, bool *found)
{
	qfs_store  *store = act->reducer->store;

	memset(out, 0, sizeof(*out));
	out->user = *user;
	return store->get(store, &qfs_kind_nod, out, found, act->err);
}

qfs_status
qfs_electorate_get(const qfs_act *act, qfs_electorate_record *out)
{
	qfs_store  *store = act->reducer->store;
	bool		found;

	memset(out, 0, sizeof(*out));
	return store->get(store, &qfs_kind_electorate, out, &found, act->err);
}

/*
 * One that is not there is an earlier one: a bundle has those alone that came
 * after the entry in question, and the one in force at it.
 */
static qfs_status
get_change(const qfs_act *act, const qfs_user_id *user, int64_t number, qfs_nod_change_record *out, bool *found)
{
	qfs_store  *store = act->reducer->store;

	*out = (qfs_nod_change_record) {.user = *user,.number = number};
	return store->get(store, &qfs_kind_nod_change, out, found, act->err);
}

qfs_status
qfs_nod_at(const qfs_act *act, const qfs_nod_record *nod, int64_t seq, int64_t *out)
{
	qfs_nod_change_record change;
	int64_t		low = 0;
	int64_t		high = nod->changes;
	bool		found;
	qfs_status	status = QFS_OK;

	*out = nod->nod;
	if (nod->seq <= seq)
		return QFS_OK;
	/* Change `low` is of that entry or before; `high` + 1 is not. */
	while (low < high && status == QFS_OK)
	{
		int64_t		middle = low + (high - low + 1) / 2;

		status = get_change(act, &nod->user, middle, &change, &found);
		if (found && change.seq > seq)
			high = middle - 1;
		else
			low = middle;
	}
	*out = 0;
	if (status != QFS_OK || low == 0)
		return status;
	status = get_change(act, &nod->user, low, &change, &found);
	if (status == QFS_OK && !found)
		return qfs_fail(act->err, QFS_STATE_MISMATCH, "change %i of the seats of user_%h is missing", low, nod->user.bytes);
	*out = change.nod;
	return status;
}

qfs_status
qfs_electorate_change(const qfs_act *act, qfs_electorate_record *electorate, int64_t before, int64_t after)
{
	if (before > electorate->total || (before > 0 && electorate->holders == 0))
		return qfs_fail(act->err, QFS_STATE_MISMATCH, "of %i seats of %i holders one account has %i", electorate->total,
						electorate->holders, before);
	electorate->total += after - before;
	electorate->holders += (after > 0) - (before > 0);
	return QFS_OK;
}

static qfs_status
put_change(const qfs_act *act, qfs_nod_record *nod)
{
	qfs_store  *store = act->reducer->store;
	qfs_nod_change_record change = {
		.user = nod->user,.number = nod->changes,.seq = nod->seq,.nod = nod->nod
	};
	qfs_status	status = store->put(store, &qfs_kind_nod_change, &change, act->err);

	return status == QFS_OK ? store->put(store, &qfs_kind_nod, nod, act->err) : status;
}

qfs_status
qfs_nod_change(const qfs_act *act, qfs_nod_record *nod, int64_t after)
{
	nod->nod = after;
	nod->seq = (int64_t) act->event->seq;
	nod->epoch = qfs_epoch_at(act->reducer, act->event->at);
	nod->changes++;
	return put_change(act, nod);
}

qfs_status
qfs_electorate_put(const qfs_act *act, qfs_electorate_record *electorate)
{
	qfs_store  *store = act->reducer->store;

	electorate->has_seq = true;
	electorate->seq = (int64_t) act->event->seq;
	return store->put(store, &qfs_kind_electorate, electorate, act->err);
}

void
qfs_electorate_write(qfs_json_writer *w, const qfs_electorate_record *electorate, const qfs_electorate_record *before)
{
	qfs_json_key(w, "electorate");
	qfs_json_open_object(w);
	qfs_json_put_member_int(w, "holders", electorate->holders);
	qfs_json_key(w, "previous");
	qfs_previous_write(w, before->has_seq ? before->seq : -1);
	qfs_json_put_member_int(w, "total", electorate->total);
	qfs_json_close(w);
}

/* ---- recorded ---- */

static qfs_status
mismatch(const qfs_act *act, qfs_slice value)
{
	return qfs_fail(act->err, QFS_OUTCOME_MISMATCH, "entry %u says of seats %v", act->event->seq, value);
}

qfs_status
qfs_electorate_recall(const qfs_act *act)
{
	qfs_electorate_record electorate;
	qfs_slice	value;
	qfs_status	status;

	if (!qfs_json_member(qfs_result_of(act->event->outcome), "electorate", &value))
		return QFS_OK;
	status = qfs_electorate_get(act, &electorate);
	if (status != QFS_OK)
		return status;
	if (!qfs_json_member_count(value, "holders", &electorate.holders) ||
		!qfs_json_member_count(value, "total", &electorate.total))
		return mismatch(act, value);
	return qfs_electorate_put(act, &electorate);
}

qfs_status
qfs_nod_recall(const qfs_act *act, const qfs_user_id *user, int64_t after, qfs_slice item)
{
	qfs_nod_record nod;
	bool		found;
	qfs_status	status = qfs_nod_get(act, user, &nod, &found);

	if (status != QFS_OK)
		return status;
	if (!qfs_json_member_count(item, "number", &nod.changes) || nod.changes == 0)
		return mismatch(act, item);
	nod.changes--;
	return qfs_nod_change(act, &nod, after);
}
