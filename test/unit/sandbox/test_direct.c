/*
 * test_direct.c - which entries a key of the policy decides, each by itself.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "support/asking.h"
#include "support/people.h"

static sample s;

/* What differs, a line an entry: "6 REFERRAL_USE REFERRAL_CAP PASS BLOCK", "8 MESSAGE RATE_LIMIT", "4 LOGIN". */
static char told[4096];

static void
tell(void *context, const qfs_entry *entry, const qfs_difference *difference)
{
	qfs_buf    *out = context;

	qfs_buf_uint(out, entry->seq);
	qfs_buf_byte(out, ' ');
	qfs_buf_slice_add(out, entry->type);
	if (difference->refused != QFS_OK)
	{
		qfs_buf_byte(out, ' ');
		qfs_buf_text(out, qfs_status_code(difference->refused));
	}
	for (unsigned n = 0; n < difference->guard_count; n++)
	{
		const qfs_guard_difference *guard = &difference->guards[n];

		qfs_buf_byte(out, ' ');
		qfs_buf_slice_add(out, guard->guard);
		qfs_buf_text(out, guard->bound ? " bound " : " ");
		qfs_buf_text(out, qfs_verdict_names[guard->from]);
		qfs_buf_byte(out, ' ');
		qfs_buf_text(out, qfs_verdict_names[guard->to]);
	}
	qfs_buf_text(out, difference->bounds ? " alone\n" : "\n");
}

static void
check_told(const char *asked, const char *want)
{
	static qfs_changes changes;
	qfs_buf		out;

	unit_row("%s", asked);
	qfs_buf_init(&out, told, sizeof(told) - 1);
	CHECK_STATUS(qfs_changes_read(qfs_slice_of(asked), &changes, NULL), QFS_OK);
	asking_direct(&s, &changes, tell, &out);
	told[out.len] = '\0';
	CHECK_TEXT(qfs_slice_of(told), want);
}

/* 4 to 6 sign-ins, 7 and 8 profile and chat key of the second, 9 its use, 10 and 11 those of the third, 12 and 13 messages. */
static void
keys(void)
{
	person		ann;
	person		bob;
	person		eve;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	bob = people_join(&s, 2, 0);
	eve = people_join(&s, 3, 0);
	CHECK_STATUS(people_profile(&s, &bob, 1), QFS_OK);
	CHECK_STATUS(people_chat_key(&s, &bob, 2), QFS_OK);
	CHECK_STATUS(people_use(&s, &bob, &ann), QFS_OK);
	CHECK_STATUS(people_profile(&s, &eve, 1), QFS_OK);
	CHECK_STATUS(people_chat_key(&s, &eve, 3), QFS_OK);
	CHECK_STATUS(people_write(&s, &bob, &eve, 1), QFS_OK);
	CHECK_STATUS(people_write(&s, &eve, &bob, 1), QFS_OK);

	check_told("{}", "");
	check_told("{\"referral\":{\"cap\":50}}", "9 REFERRAL_USE REFERRAL_CAP bound PASS PASS alone\n"
			   "13 MESSAGE REFERRAL_CAP bound PASS PASS alone\n");
	check_told("{\"referral\":{\"cap\":0}}", "9 REFERRAL_USE REFERRAL_CAP bound PASS BLOCK\n"
			   "13 MESSAGE REFERRAL_CAP bound PASS BLOCK\n");
	check_told("{\"referral\":{\"points\":3}}", "13 MESSAGE\n");
	check_told("{\"referral\":{\"window_blocks\":7}}", "9 REFERRAL_USE WINDOW_CLOSED bound PASS PASS alone\n");
	/* Who needs to do nothing more is activated as soon as it is looked at: guards are reached that were not. */
	check_told("{\"referral\":{\"activation\":[]}}", "9 REFERRAL_USE REFERRAL_CAP ABSENT PASS FLX_PER_USER_CAP ABSENT PASS\n"
			   "12 MESSAGE REFERRAL_CAP ABSENT PASS FLX_PER_USER_CAP ABSENT PASS\n");
	check_told("{\"coherence\":{\"alpha\":\"0.2\"}}", "7 PROFILE_UPDATE\n10 PROFILE_UPDATE\n13 MESSAGE\n");
	check_told("{\"auth\":{\"domains\":[\"other.example\"]}}", "4 LOGIN QFS_LOGIN_DOMAIN\n5 LOGIN QFS_LOGIN_DOMAIN\n"
			   "6 LOGIN QFS_LOGIN_DOMAIN\n");
	check_told("{\"ttl_blocks\":7}", "4 LOGIN\n5 LOGIN\n6 LOGIN\n");
	check_told("{\"evaluators\":[\"user_" "0000000000000000000000000000000000000000000000000000000000000000\"]}", "");
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(keys),
	NO_MORE_CASES
};

const unit_suite suite_direct = {"direct", cases};
