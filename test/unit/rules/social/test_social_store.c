/*
 * test_social_store.c - a store that fails while accounts deal with each other.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "support/failing_store.h"
#include "support/people.h"

static sample s;
static person ann;
static person bob;
static person cid;

/* ---- one event of each kind, on a ledger in which it does as much as it can ---- */

#define CONTENT "{\"content\":\"0000000000000000000000000000000000000000000000000000000000000000\","

static void
meet(void)
{
	char		policy[512];

	people_ledger(&s, NULL);
	s.apart = true;
	ann = people_join(&s, 1, 50);
	bob = people_join(&s, 2, 51);
	cid = people_join(&s, 3, 50);
	snprintf(policy, sizeof(policy), PEOPLE_POLICY(",\"evaluators\":[\"%s\"]"), cid.wallet.user_name);
	people_policy(&s, policy);
	CHECK_STATUS(people_chat_key(&s, &bob, 2), QFS_OK);
	CHECK_STATUS(people_chat_key(&s, &cid, 3), QFS_OK);
	CHECK_STATUS(people_write(&s, &cid, &bob, 1), QFS_OK);
}

static qfs_status
settle_by_profile(void)
{
	return people_profile(&s, &bob, 1);
}

static qfs_status
publish(void)
{
	return people_chat_key(&s, &ann, 1);
}

static qfs_status
settle_by_message(void)
{
	return people_write(&s, &bob, &cid, 1);
}

static qfs_status
settle_by_use(void)
{
	return people_use(&s, &bob, &ann);
}

static qfs_status
cheat(void)
{
	return people_use(&s, &cid, &ann);
}

static qfs_status
create(void)
{
	return people_append(&s, &bob, "CONTENT_CREATED", CONTENT "\"kind\":\"note\",\"size\":1}");
}

static qfs_status
evaluate(void)
{
	return people_append(&s, &cid, "COHERENCE_SCORED", CONTENT "\"features\":{\"clarity\":\"1\",\"contradiction\":\"1\","
						 "\"hsmf\":\"1\",\"logic\":\"1\",\"signal\":\"1\",\"topic\":\"1\"}}");
}

static const struct
{
	const char *name;
	qfs_status	(*before[3]) (void);
	qfs_status	(*event) (void);
}			events[] = {
	{"a profile that completes a referral", {settle_by_use, settle_by_message}, settle_by_profile},
	{"a key", {NULL}, publish},
	{"a message that completes a referral", {settle_by_use, settle_by_profile}, settle_by_message},
	{"a use that completes a referral", {settle_by_profile, settle_by_message}, settle_by_use},
	{"a use that is blocked", {NULL}, cheat},
	{"a content", {NULL}, create},
	{"a score", {create}, evaluate},
};

/* Every call that a rule makes, failing in turn, is the rule's own answer. */
static void
failing_calls(void)
{
	for (size_t i = 0; i < ROWS(events); i++)
	{
		unsigned	fail_at = 1;
		qfs_status	status;

		do
		{
			failing_store store;

			meet();
			for (int k = 0; events[i].before[k] != NULL; k++)
				CHECK_STATUS(events[i].before[k] (), QFS_OK);
			unit_row("%s, call %u", events[i].name, fail_at);
			store = failing_store_over(s.reducer.store, fail_at);
			s.reducer.store = &store.base;
			qfs_reducer_forget(&s.reducer);
			status = events[i].event();
			CHECK_STATUS(s.err.status, status);
			if (status != QFS_OK)
				CHECK_STATUS(status, QFS_NO_MEMORY);
			else
				CHECK_UINT(store.calls, fail_at - 1);
			s.reducer.store = store.inner;
			sample_close(&s);
			fail_at++;
		} while (status != QFS_OK && fail_at < 60);
		CHECK(fail_at > 5 && fail_at < 60);
	}
}

/* A referral whose referrer is no account, which no ledger leads to. */
static void
referrer_missing(void)
{
	qfs_ties	record = {.last_entry = 7,.received = true,.has_referrer = true,.referrer = {{9}},.has_used = true,.used = 7};
	qfs_store  *store;

	meet();
	record.user = bob.wallet.user;
	store = qfs_memory_store_base(s.store);
	CHECK_STATUS(store->put(store, &qfs_kind_ties, &record, NULL), QFS_OK);
	CHECK_STATUS(people_profile(&s, &bob, 1), QFS_OK);
	CHECK_STATUS(people_write(&s, &bob, &cid, 1), QFS_ACCOUNT_UNKNOWN);
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(failing_calls),
	CASE(referrer_missing),
	NO_MORE_CASES
};

const unit_suite suite_social_store = {"social_store", cases};
