/*
 * test_overlay.c - acts that are tried over a store which stays as it is.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "ledger/registry.h"
#include "sandbox/actions.h"
#include "sandbox/overlay_store.h"
#include "support/failing_store.h"
#include "support/people.h"
#include "support/second_hash.h"

static sample s;
static char actions[4096];
static uint8_t memory[QFS_STEPS_MAX];

/* Tries the actions at the time of the next entry, over this store. */
static qfs_status
try(qfs_store *under, qfs_buf *steps, qfs_error *err)
{
	static qfs_reducer reducer;
	static qfs_judging_space space;
	test_memory over_memory = {0};
	qfs_memory_store *over = qfs_memory_store_create(test_allocator(&over_memory));
	qfs_overlay_store store;
	qfs_stage	stage = {.reducer = &reducer,.undo = over,.seq = (uint64_t) people_next(&s),.at = signin_now(&s),.space = &space};
	qfs_status	status;

	qfs_overlay_store_init(&store, under, over);
	qfs_reducer_init(&reducer, &qfs_registry_own, &store.base, false);
	qfs_buf_init(steps, memory, sizeof(memory));
	status = qfs_actions_run(&stage, qfs_slice_of(actions), steps, err);
	qfs_memory_store_destroy(over);
	CHECK_UINT(over_memory.live, 0);
	return status;
}

static void
ask(const person *p, const char *type, const char *payload)
{
	snprintf(actions, sizeof(actions), "[{\"actor\":\"%s\",\"payload\":%s,\"type\":\"%s\"}]", p->wallet.user_name, payload, type);
}

/* The outcome of the nth step. */
static qfs_slice
outcome_of(const qfs_buf *steps, unsigned n)
{
	return second_member(second_item(qfs_buf_slice(steps), n), "outcome");
}

/* What is tried is what is then recorded; trying it changes nothing. */
static void
as_recorded(void)
{
	person		ann;
	person		bob;
	qfs_hash	before;
	qfs_hash	after;
	qfs_error	err;
	qfs_buf		steps;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	bob = people_join(&s, 2, 9);
	before = sample_state(&s);
	ask(&ann, "PROFILE_UPDATE", people_profile_payload(1));
	CHECK_STATUS(try(s.reducer.store, &steps, &err), QFS_OK);
	after = sample_state(&s);
	CHECK_HASH(&after, &before);
	CHECK_STATUS(people_profile(&s, &ann, 1), QFS_OK);
	CHECK_SLICE(outcome_of(&steps, 0), s.event.outcome);

	snprintf(actions, sizeof(actions), "[{\"actor\":\"%s\",\"payload\":{\"code\":\"%s\"},\"type\":\"REFERRAL_USE\"}]", bob.wallet.user_name, ann.code);
	CHECK_STATUS(try(s.reducer.store, &steps, &err), QFS_OK);
	CHECK_STATUS(people_use(&s, &bob, &ann), QFS_OK);
	CHECK_SLICE(outcome_of(&steps, 0), s.event.outcome);
	sample_close(&s);
}

/* The second act is done over what the first has left, which is above. */
static void
one_after_the_other(void)
{
	person		ann;
	qfs_error	err;
	qfs_buf		steps;
	char		first[256];

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	snprintf(first, sizeof(first), "%s", people_profile_payload(1));
	snprintf(actions, sizeof(actions), "[{\"actor\":\"%s\",\"payload\":%s,\"type\":\"PROFILE_UPDATE\"},{\"actor\":\"%s\",\"payload\":%s,\"type\":\"PROFILE_UPDATE\"}]",
			 ann.wallet.user_name, first, ann.wallet.user_name, people_profile_payload(2));
	CHECK_STATUS(try(s.reducer.store, &steps, &err), QFS_OK);
	CHECK(outcome_of(&steps, 0).len > 4 && outcome_of(&steps, 1).len > 4);
	/* By itself the second is refused. */
	ask(&ann, "PROFILE_UPDATE", people_profile_payload(2));
	CHECK_STATUS(try(s.reducer.store, &steps, &err), QFS_OK);
	CHECK_TEXT(outcome_of(&steps, 0), "null");
	sample_close(&s);
}

/* A store below that fails is no answer. */
static void
failing(void)
{
	person		ann;
	qfs_error	err;
	qfs_buf		steps;
	unsigned	failed = 0;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	ask(&ann, "PROFILE_UPDATE", people_profile_payload(1));
	for (unsigned n = 1;; n++)
	{
		failing_store store = failing_store_over(s.reducer.store, n);
		qfs_status	status = try(&store.base, &steps, &err);

		if (status == QFS_OK)
			break;
		CHECK_STATUS(status, QFS_NO_MEMORY);
		failed++;
	}
	CHECK(failed > 3);
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(as_recorded),
	CASE(one_after_the_other),
	CASE(failing),
	NO_MORE_CASES
};

const unit_suite suite_overlay = {"overlay", cases};
