/*
 * own_event.c - an event of the ledger itself, whoever is acting.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "pg/append/direct_append.h"
#include "pg/append/event.h"
#include "pg/append/operator_event.h"
#include "pg/append/own_event.h"

static int64
append(Relation ledger, const char *type, qfs_slice payload)
{
	qfs_entry	event = {.type = qfs_slice_of(type),.payload = payload};

	return qfs_ledger_is_watched(ledger) ? qfs_append_operator_event(type, payload, NULL) :
		qfs_append_directly(ledger, &event, QFS_LITERAL(""));
}

int64
qfs_append_own_event(Relation ledger, const char *type, qfs_slice payload, int64 at)
{
	qfs_expected this_one = {.type = qfs_slice_of(type),.payload = payload,.by_ledger = true,.at = at};
	int64 volatile seq = 0;

	qfs_event_expect(&this_one);
	PG_TRY();
	{
		seq = append(ledger, type, payload);
	}
	PG_FINALLY();
	{
		qfs_event_expect_no_more(&this_one);
	}
	PG_END_TRY();
	return seq;
}
