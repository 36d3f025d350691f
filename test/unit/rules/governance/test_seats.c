/*
 * test_seats.c - who gives seats, who may hold fewer, and when.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "support/voting.h"

static sample s;

static qfs_electorate_record
electorate(void)
{
	qfs_store  *store = qfs_memory_store_base(s.store);
	qfs_electorate_record record = {.number = 0};
	bool		found;

	CHECK_STATUS(store->get(store, &qfs_kind_electorate, &record, &found, NULL), QFS_OK);
	return record;
}

static void
check_electorate(int64_t holders, int64_t total)
{
	qfs_electorate_record record = electorate();

	CHECK_INT(record.holders, holders);
	CHECK_INT(record.total, total);
	CHECK_INT(record.seq, people_next(&s) - 1);
}

/* ---- by the operator ---- */

static void
appointed(void)
{
	static const struct
	{
		uint8_t		wallet;
		int64_t		nod;
		const char *want;
		int64_t		holders;
		int64_t		total;
	}			rows[] = {
		{1, 10, "{\"before\":0,\"electorate\":{\"holders\":1,\"previous\":null,\"total\":10},\"number\":1,\"previous\":null}", 1, 10},
		{2, 5, "{\"before\":0,\"electorate\":{\"holders\":2,\"previous\":2,\"total\":15},\"number\":1,\"previous\":null}", 2, 15},
		{1, 20, "{\"before\":10,\"electorate\":{\"holders\":2,\"previous\":3,\"total\":25},\"number\":2,\"previous\":2}", 2, 25},
		{2, 0, "{\"before\":5,\"electorate\":{\"holders\":1,\"previous\":4,\"total\":20},\"number\":2,\"previous\":3}", 1, 20},
		{2, 1, "{\"before\":0,\"electorate\":{\"holders\":2,\"previous\":5,\"total\":21},\"number\":3,\"previous\":5}", 2, 21},
		{1, 0, "{\"before\":20,\"electorate\":{\"holders\":1,\"previous\":6,\"total\":1},\"number\":3,\"previous\":4}", 1, 1},
		{2, 0, "{\"before\":1,\"electorate\":{\"holders\":0,\"previous\":7,\"total\":0},\"number\":4,\"previous\":6}", 0, 0},
		{3, 1000000000, "{\"before\":0,\"electorate\":{\"holders\":1,\"previous\":8,\"total\":1000000000},\"number\":1,\"previous\":null}", 1, 1000000000},
	};

	voting_ledger(&s, "", 0, NULL);
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%d: %lld", rows[i].wallet, (long long) rows[i].nod);
		CHECK_STATUS(voting_appoint(&s, rows[i].wallet, rows[i].nod), QFS_OK);
		voting_said(&s, rows[i].want);
		voting_no_guard(&s, "NOD_EPOCH");
		check_electorate(rows[i].holders, rows[i].total);
	}
	sample_close(&s);
}

/* Before there is governance, too: whoever starts with it needs seats. */
static void
appointed_while_off(void)
{
	voting_ledger(&s, "", 0, NULL);
	people_policy(&s, "{}");
	CHECK_STATUS(voting_appoint(&s, 1, 10), QFS_OK);
	sample_close(&s);
}

static void
refused(void)
{
	static const struct
	{
		const char *payload;
		qfs_status	want;
		const char *detail;
	}			rows[] = {
		{"{\"account\":\"%s\",\"nod\":25,\"reason\":\"r\"}", QFS_PAYLOAD_INVALID, "payload.nod: it is 25 already"},
		{"{\"account\":\"%s\",\"nod\":-1,\"reason\":\"r\"}", QFS_PAYLOAD_INVALID, "payload.nod"},
		{"{\"account\":\"%s\",\"nod\":1000000001,\"reason\":\"r\"}", QFS_PAYLOAD_INVALID, "payload.nod"},
		{"{\"account\":\"%s\",\"nod\":\"1\",\"reason\":\"r\"}", QFS_PAYLOAD_INVALID, "payload.nod"},
		{"{\"account\":\"%s\",\"nod\":1}", QFS_PAYLOAD_INVALID, "reason"},
		{"{\"account\":\"%s\",\"nod\":1,\"reason\":\"\"}", QFS_PAYLOAD_INVALID, "reason"},
		{"{\"account\":\"%s\",\"reason\":\"r\"}", QFS_PAYLOAD_INVALID, "nod"},
		{"{\"nod\":1,\"reason\":\"r\"}", QFS_PAYLOAD_INVALID, "account"},
		{"{\"account\":\"user_zz\",\"nod\":1,\"reason\":\"r\"}", QFS_PAYLOAD_INVALID, "account"},
		{"{\"account\":\"user_000000000000000000000000000000000000000000000000000000000000000Z\",\"nod\":1,\"reason\":\"r\"}", QFS_USER_ID_SYNTAX, ""},
	};

	voting_four(&s, "");
	for (size_t i = 0; i < ROWS(rows); i++)
	{
		char		payload[256];

		unit_row("%s", rows[i].payload);
		snprintf(payload, sizeof(payload), rows[i].payload, test_wallet_of(1).user_name);
		sample_refuse(&s, NULL, "NOD_CHANGED", payload, rows[i].want, rows[i].detail);
	}
	sample_close(&s);
}

/* All seats together are at most what hundredths of them can be counted of. */
static void
most(void)
{
	voting_ledger(&s, "", 0, NULL);
	for (int n = 0; n < 1000; n++)
	{
		char		payload[256];

		if (n % 100 == 99)
			people_forget(&s);
		snprintf(payload, sizeof(payload), "{\"account\":\"user_%064x\",\"nod\":1000000000,\"reason\":\"r\"}", n);
		CHECK_STATUS(sample_append(&s, "NOD_CHANGED", payload), QFS_OK);
	}
	check_electorate(1000, QFS_NOD_MAX);
	sample_refuse(&s, NULL, "NOD_CHANGED", voting_seats(1, 1), QFS_PAYLOAD_INVALID, "all seats together would be 1000000000001");
	sample_close(&s);
}

/* ---- by a holder ---- */

/* Less, at any time, once an epoch. */
static void
own_reduction(void)
{
	voting_four(&s, "");
	voting_wait_for(&s, 511);
	CHECK_STATUS(voting_act(&s, 1, "NOD_CHANGED", voting_seats(1, 24)), QFS_OK);
	voting_guard(&s, "NOD_EPOCH", 1, 0, true);
	voting_said(&s, "{\"number\":1,\"previous\":2}");
	CHECK_INT(electorate().total, 100);
	voting_wait_for(&s, 512);
	CHECK_STATUS(voting_act(&s, 1, "NOD_CHANGED", voting_seats(1, 24)), QFS_OK);
	voting_guard(&s, "NOD_EPOCH", 1, 1, false);
	voting_said(&s, "{\"before\":25,\"electorate\":{\"holders\":4,\"previous\":5,\"total\":99},\"number\":2,\"previous\":2}");
	voting_wait_for(&s, 1023);
	CHECK_STATUS(voting_act(&s, 1, "NOD_CHANGED", voting_seats(1, 23)), QFS_OK);
	voting_guard(&s, "NOD_EPOCH", 2, 1, true);
	voting_wait_for(&s, 1024);
	CHECK_STATUS(voting_act(&s, 1, "NOD_CHANGED", voting_seats(1, 0)), QFS_OK);
	check_electorate(3, 75);
	/* Who holds none can hold no less. */
	voting_wait_for(&s, 1536);
	voting_refuse(&s, 1, "NOD_CHANGED", voting_seats(1, 0), QFS_PAYLOAD_INVALID, "it is 0 already");
	voting_refuse(&s, 1, "NOD_CHANGED", voting_seats(1, 1), QFS_FORBIDDEN, "a holder of 0 may hold fewer, not 1");
	sample_close(&s);
}

static void
own_alone(void)
{
	voting_four(&s, "");
	voting_wait_for(&s, 512);
	voting_refuse(&s, 1, "NOD_CHANGED", voting_seats(1, 26), QFS_FORBIDDEN, "a holder of 25 may hold fewer, not 26");
	voting_refuse(&s, 1, "NOD_CHANGED", voting_seats(1, 25), QFS_PAYLOAD_INVALID, "it is 25 already");
	voting_refuse(&s, 1, "NOD_CHANGED", voting_seats(2, 0), QFS_FORBIDDEN, "another account's");
	voting_refuse(&s, 1, "NOD_CHANGED", voting_seats(5, 1), QFS_FORBIDDEN, "another account's");
	voting_refuse(&s, 9, "NOD_CHANGED", voting_seats(9, 1), QFS_FORBIDDEN, "a holder of 0");
	sample_refuse(&s, "{\"via\":\"ledger\"}", "NOD_CHANGED", voting_seats(1, 1), QFS_FORBIDDEN, "");
	sample_close(&s);
}

/* An operator of the policy gives seats with the wallet's signature or the device's, and cannot raise its own so. */
static void
by_operator_accounts(void)
{
	char		policy[512];
	person		nine;

	voting_four(&s, "");
	snprintf(policy, sizeof(policy), PEOPLE_POLICY(",\"governance\":{\"deposit\":\"0\",\"mode\":\"trial\"},\"operators\":[\"%s\"],\"signed\":\"none\""),
			 test_wallet_of(9).user_name);
	people_policy(&s, policy);
	nine = people_join(&s, 9, 1);
	CHECK_STATUS(sample_append_as(&s, nine.auth, &nine.wallet.user, "NOD_CHANGED", voting_seats(5, 10)), QFS_EVENT_UNSIGNED);
	CHECK_STATUS(people_append(&s, &nine, "NOD_CHANGED", voting_seats(5, 10)), QFS_OK);
	check_electorate(5, 110);
	CHECK_STATUS(people_append(&s, &nine, "NOD_CHANGED", voting_seats(9, 10)), QFS_FORBIDDEN);
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(appointed),
	CASE(appointed_while_off),
	CASE(refused),
	CASE(most),
	CASE(own_reduction),
	CASE(own_alone),
	CASE(by_operator_accounts),
	NO_MORE_CASES
};

const unit_suite suite_seats = {"seats", cases};
