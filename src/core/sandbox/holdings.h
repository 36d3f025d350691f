/*
 * holdings.h - what all accounts have together, in two states.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_HOLDINGS_H
#define QFS_HOLDINGS_H

#include "state/store_memory.h"
#include "text/json.h"

/* How many accounts have something else in one state than in the other. */
extern uint64_t qfs_holdings_differing(const qfs_memory_store *actual, const qfs_memory_store *changed);

/*
 * Writes {"FLX":["a","b"],"NOD":…,"coherence":…,"points":…,"referrals":…}, the sums over all accounts
 * in both states: exact, and as decimal text, since counts may go beyond what JSON holds; amounts have 18 digits after the point.
 * Errors: AMOUNT_OVERFLOW.
 */
extern qfs_status qfs_holdings_write(const qfs_memory_store *actual, const qfs_memory_store *changed, qfs_json_writer *w,
								   qfs_error *err);

/* Writes {"FLX":"a",…}: the sums of what those have that are in the changed state and not in the actual one. */
extern qfs_status qfs_holdings_write_new(const qfs_memory_store *actual, const qfs_memory_store *changed, qfs_json_writer *w,
									   qfs_error *err);

#endif
