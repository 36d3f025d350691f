/*
 * moves.c - which tokens two judgements of the same entry move differently.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "sandbox/moves.h"

#include "engine/asset.h"
#include "state/records.h"

/* ---- what standings have ---- */

/* What an asset is called in a standing; NULL: it is in none. */
static const char *
member_of(const qfs_asset_row *asset)
{
	for (unsigned n = 0; asset->kind == &qfs_kind_standing && n < asset->kind->field_count; n++)
		if (asset->kind->fields[n].offset == asset->offset)
			return asset->kind->fields[n].name;
	return NULL;
}

static bool
is_standing(qfs_slice part)
{
	return qfs_slice_is(qfs_json_member_or(part, "kind", QFS_LITERAL("")), "\"standing\"");
}

static qfs_slice
account_of(qfs_slice part)
{
	return qfs_json_member_or(part, "account", QFS_LITERAL(""));
}

/* The standing of an account among the parts of a judgement. */
static bool
find_standing(qfs_slice accounts, qfs_slice account, qfs_slice *out)
{
	qfs_json_iter iter = qfs_json_members(accounts);
	qfs_slice	key;

	while (qfs_json_next(&iter, &key, out))
		if (is_standing(*out) && qfs_slice_equal(account_of(*out), account))
			return true;
	return false;
}

static qfs_slice
value_after(qfs_slice part, const char *name)
{
	return qfs_json_member_or(qfs_json_member_or(part, "state", QFS_LITERAL("{}")), name, QFS_LITERAL("0"));
}

/* Before the entry: a standing that begins had nothing. */
static qfs_slice
value_before(qfs_slice part, const char *name)
{
	qfs_slice	value;

	if (qfs_json_member(qfs_json_member_or(part, "was", QFS_LITERAL("{}")), name, &value))
		return value;
	if (qfs_json_type_of(qfs_json_member_or(part, "previous", QFS_LITERAL("null"))) == QFS_JSON_NULL)
		return QFS_LITERAL("0");
	return value_after(part, name);
}

/* A count or an amount: 0, or "0.000000000000000000". */
static bool
is_zero(qfs_slice value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.data[i] >= '1' && value.data[i] <= '9')
			return false;
	return true;
}

static bool
is_same(qfs_slice a, qfs_slice b)
{
	return qfs_slice_equal(a, b) || (is_zero(a) && is_zero(b));
}

/* Has an account that the one touches another value after the other? */
static bool
differs(qfs_slice accounts, qfs_slice others, const char *name)
{
	qfs_json_iter iter = qfs_json_members(accounts);
	qfs_slice	other;
	qfs_slice	part;
	qfs_slice	key;

	while (qfs_json_next(&iter, &key, &part))
		if (is_standing(part) &&
			!is_same(value_after(part, name), find_standing(others, account_of(part), &other) ?
					 value_after(other, name) : value_before(part, name)))
			return true;
	return false;
}

/* ---- seats ---- */

/* What an outcome says of seats that it changed, which are in no part of an account.  Empty: it changed none. */
static qfs_slice
seats_of(const qfs_judgement *judgement)
{
	qfs_slice	result = qfs_result_of(judgement->outcome);
	qfs_slice	nothing = {NULL, 0};

	if (qfs_slice_is(qfs_json_member_or(result, "state", nothing), "\"EXECUTED\""))
		return qfs_json_member_or(result, "seats", nothing);
	return qfs_json_member_or(result, "before", nothing);
}

unsigned
qfs_moves_differing(const qfs_judgement *a, const qfs_judgement *b)
{
	unsigned	moved = qfs_slice_equal(seats_of(a), seats_of(b)) ? 0 : QFS_MOVES(QFS_ASSET_NOD);

	for (unsigned n = 0; n < QFS_ASSETS; n++)
	{
		const char *name = member_of(&qfs_assets[n]);

		if (name != NULL && (differs(a->accounts, b->accounts, name) || differs(b->accounts, a->accounts, name)))
			moved |= QFS_MOVES(n);
	}
	return moved;
}
