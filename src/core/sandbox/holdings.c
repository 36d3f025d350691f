/*
 * holdings.c - what all accounts have together, in two states.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "sandbox/holdings.h"

#include "engine/asset.h"
#include "state/governance.h"
#include "state/records.h"

/* Each begins with the account. */
static const qfs_kind *const kinds[] = {&qfs_kind_standing, &qfs_kind_nod};

_Static_assert(offsetof(qfs_standing, user) == 0 && offsetof(qfs_nod_record, user) == 0, "the account comes first");

/* ---- sums ---- */

/* A count is never below zero. */
static qfs_amount
value_of(const qfs_asset_row *asset, const void *record)
{
	const uint8_t *at = (const uint8_t *) record + asset->offset;
	qfs_amount	amount;
	int64_t		count;

	if (asset->is_amount)
	{
		memcpy(&amount, at, sizeof(amount));
		return amount;
	}
	memcpy(&count, at, sizeof(count));
	return (qfs_amount) (uint64_t) count;
}

static qfs_status
sum_of(const qfs_asset_row *asset, const qfs_memory_store *store, qfs_amount *out, qfs_error *err)
{
	const void *record;
	qfs_status	status = QFS_OK;

	*out = 0;
	for (size_t n = 0; status == QFS_OK && (record = qfs_memory_store_record(store, asset->kind, n)) != NULL; n++)
		status = qfs_amount_add(*out, value_of(asset, record), out, err);
	return status;
}

static void
put_sum(const qfs_asset_row *asset, qfs_json_writer *w, qfs_amount sum)
{
	char		digits[QFS_AMOUNT_TEXT];
	size_t		at = sizeof(digits);

	if (asset->is_amount)
	{
		qfs_json_put_amount(w, sum);
		return;
	}
	do
		digits[--at] = (char) ('0' + qfs_divide_small(&sum, 10));
	while (sum > 0);
	qfs_json_put_text(w, (qfs_slice) {(const uint8_t *) digits + at, sizeof(digits) - at});
}

static qfs_status
write_asset(const qfs_asset_row *asset, const qfs_memory_store *actual, const qfs_memory_store *changed, qfs_json_writer *w,
			qfs_error *err)
{
	qfs_amount	before;
	qfs_amount	after;
	qfs_status	status = sum_of(asset, actual, &before, err);

	if (status == QFS_OK)
		status = sum_of(asset, changed, &after, err);
	if (status != QFS_OK)
		return status;
	qfs_json_key(w, asset->id);
	qfs_json_open_array(w);
	put_sum(asset, w, before);
	put_sum(asset, w, after);
	qfs_json_close(w);
	return QFS_OK;
}

qfs_status
qfs_holdings_write(const qfs_memory_store *actual, const qfs_memory_store *changed, qfs_json_writer *w, qfs_error *err)
{
	qfs_status	status = QFS_OK;

	qfs_json_open_object(w);
	for (size_t i = 0; i < QFS_ASSETS && status == QFS_OK; i++)
		status = write_asset(&qfs_assets[i], actual, changed, w, err);
	qfs_json_close(w);
	return status;
}

/* ---- accounts ---- */

/* What an account has of one kind, in one state; zeros if there is no record of it. */
typedef union holding
{
	qfs_standing standing;
	qfs_nod_record nod;
} holding;

static bool
find(const qfs_memory_store *state, const qfs_kind *kind, const qfs_user_id *user, holding *out)
{
	/* Asking changes nothing, but the store as the rules see it is one that can be changed. */
	qfs_store  *store = qfs_memory_store_base((qfs_memory_store *) (uintptr_t) state);
	bool		found;

	memset(out, 0, sizeof(*out));
	memcpy(out, user, sizeof(*user));
	return store->get(store, kind, out, &found, NULL) == QFS_OK && found;
}

static bool
has_same(const qfs_memory_store *const states[2], const qfs_user_id *user)
{
	holding		a;
	holding		b;

	for (size_t i = 0; i < QFS_ASSETS; i++)
	{
		(void) find(states[0], qfs_assets[i].kind, user, &a);
		(void) find(states[1], qfs_assets[i].kind, user, &b);
		if (value_of(&qfs_assets[i], &a) != value_of(&qfs_assets[i], &b))
			return false;
	}
	return true;
}

/* Is the account in one of the lists before: of this state those of kinds before, of the state before all? */
static bool
was_seen(const qfs_memory_store *const states[2], size_t state, size_t kind, const qfs_user_id *user)
{
	holding		ignored;

	for (size_t s = 0; s <= state; s++)
		for (size_t k = 0; k < (s < state ? QFS_ROWS(kinds) : kind); k++)
			if (find(states[s], kinds[k], user, &ignored))
				return true;
	return false;
}

uint64_t
qfs_holdings_differing(const qfs_memory_store *actual, const qfs_memory_store *changed)
{
	const qfs_memory_store *const states[2] = {actual, changed};
	const qfs_user_id *user;
	uint64_t	count = 0;

	for (size_t s = 0; s < 2; s++)
		for (size_t k = 0; k < QFS_ROWS(kinds); k++)
			for (size_t n = 0; (user = qfs_memory_store_record(states[s], kinds[k], n)) != NULL; n++)
				count += !was_seen(states, s, k, user) && !has_same(states, user);
	return count;
}

/* ---- accounts that are new ---- */

static qfs_status
sum_of_new(const qfs_asset_row *asset, const qfs_memory_store *actual, const qfs_memory_store *changed, qfs_amount *out,
		   qfs_error *err)
{
	const void *record;
	holding		ignored;
	qfs_status	status = QFS_OK;

	*out = 0;
	for (size_t n = 0; status == QFS_OK && (record = qfs_memory_store_record(changed, asset->kind, n)) != NULL; n++)
		/* Seats may be held before a first sign-in. */
		if (!find(actual, &qfs_kind_standing, record, &ignored) && !find(actual, asset->kind, record, &ignored))
			status = qfs_amount_add(*out, value_of(asset, record), out, err);
	return status;
}

qfs_status
qfs_holdings_write_new(const qfs_memory_store *actual, const qfs_memory_store *changed, qfs_json_writer *w, qfs_error *err)
{
	qfs_amount	sum;
	qfs_status	status = QFS_OK;

	qfs_json_open_object(w);
	for (size_t i = 0; i < QFS_ASSETS && status == QFS_OK; i++)
	{
		status = sum_of_new(&qfs_assets[i], actual, changed, &sum, err);
		qfs_json_key(w, qfs_assets[i].id);
		put_sum(&qfs_assets[i], w, sum);
	}
	qfs_json_close(w);
	return status;
}
