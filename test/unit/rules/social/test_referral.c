/*
 * test_referral.c - codes, the guards of their use, activation and rewards.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "engine/coherence.h"
#include "ledger/registry.h"
#include "rules/social/referral.h"
#include "support/people.h"
#include "support/second_hash.h"

static sample s;

/* ---- codes ---- */

/*
 * Of ids that are four bytes and then one byte, 28 times.  Made with
 *   printf user_<id>:QFS_REF_V1 | openssl dgst -sha3-256
 * and Python's divmod(int(digest[:32], 16), 59), the same as with Python's hashlib.
 */
static void
codes(void)
{
	static const struct
	{
		uint8_t		first[4];
		uint8_t		rest;
		const char *want;
	}			rows[] = {
		{{0, 0, 0, 0}, 0, "C1uxtpAzU0e5Rrkq0k4uWz"},
		{{0xFF, 0xFF, 0xFF, 0xFF}, 0xFF, "1aSY11sfFcxyQWXBeYqRpx"},
		{{0x11, 0x11, 0x11, 0x11}, 0x11, "0HYt2MsKTcGtqrfQtr57JU"},
		{{0, 0, 0, 0x11}, 0, "0709rbdAZbjbfsWhpqGqEo"},
		{{0, 0, 0x0B, 0x99}, 0, "00mCBdv49Y3RkkQX45QQ4E"},
		{{0, 0, 0x13, 0x6A}, 0, "000TuH14tNjAsL0eZsaTz6"},
		/* Not far from the highest that 128 bits can make, N4ZHkf6HFM5voCq1yM6RxQ. */
		{{0, 0, 0x3A, 0xCB}, 0, "N4Xw1URczZFKKUmxGU1x1u"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		char		code[QFS_REFERRAL_CODE_LEN + 1];
		qfs_user_id user;

		unit_row("%s", rows[i].want);
		memset(&user, rows[i].rest, sizeof(user));
		memcpy(&user, rows[i].first, 4);
		memset(code, '#', sizeof(code));
		qfs_referral_code(&user, code);
		CHECK_SLICE(((qfs_slice) {(const uint8_t *) code, QFS_REFERRAL_CODE_LEN}), qfs_slice_of(rows[i].want));
		CHECK(code[QFS_REFERRAL_CODE_LEN] == '#');
	}
}

/* An account has its code from its first sign-in on, and one only. */
static void
codes_of_accounts(void)
{
	const qfs_referral_code_record *record;
	person		ann;

	people_ledger(&s, NULL);
	people_record(&s, &qfs_kind_referral_code, 0, 0);
	ann = people_join(&s, 1, 0);
	people_return(&s, &ann, 0);
	record = people_record(&s, &qfs_kind_referral_code, 0, 1);
	CHECK_TEXT(qfs_slice_of(record->code), ann.code);
	CHECK(memcmp(&record->user, &ann.wallet.user, sizeof(record->user)) == 0);
	sample_close(&s);
}

static void
codes_unknown(void)
{
	person		ann;
	person		bob;
	test_wallet nobody = test_wallet_of(99);
	char		code[QFS_REFERRAL_CODE_LEN + 1] = {0};
	char		payloads[6][96];

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	bob = people_join(&s, 2, 0);
	qfs_referral_code(&nobody.user, code);
	snprintf(payloads[0], sizeof(payloads[0]), "{\"code\":\"%s\"}", code);
	snprintf(payloads[1], sizeof(payloads[1]), "{\"code\":\"%s0\"}", ann.code);
	snprintf(payloads[2], sizeof(payloads[2]), "{\"code\":\"%.21s\"}", ann.code);
	snprintf(payloads[3], sizeof(payloads[3]), "{\"code\":\" %.21s\"}", ann.code);
	snprintf(payloads[4], sizeof(payloads[4]), "{\"code\":\"%.20s\\n\"}", ann.code);
	snprintf(payloads[5], sizeof(payloads[5]), "{\"code\":\"%.21s%c\"}", ann.code, ann.code[21] == 'a' ? 'b' : 'a');
	for (size_t i = 0; i < ROWS(payloads); i++)
	{
		unit_row("%s", payloads[i]);
		/* The detail repeats it. */
		sample_refuse_as(&s, bob.auth, &bob.wallet.user, "REFERRAL_USE", payloads[i], QFS_REFERRAL_CODE, "\"");
	}
	sample_refuse_as(&s, bob.auth, &bob.wallet.user, "REFERRAL_USE", "{}", QFS_PAYLOAD_INVALID, "payload.code: missing");
	sample_refuse_as(&s, bob.auth, &bob.wallet.user, "REFERRAL_USE", "{\"code\":\"\"}", QFS_PAYLOAD_INVALID, "too short");
	sample_refuse_as(&s, bob.auth, &bob.wallet.user, "REFERRAL_USE", "{\"code\":7}", QFS_PAYLOAD_INVALID, "wrong type");
	sample_refuse_as(&s, SAMPLE_OPERATOR, NULL, "REFERRAL_USE", payloads[0], QFS_NO_SESSION, "");
	CHECK_STATUS(people_use(&s, &bob, &ann), QFS_OK);
	sample_close(&s);
}

/* ---- guards of the use ---- */

/* What the six guards are expected to say, in their order. */
typedef struct verdicts
{
	bool		self;
	bool		already;
	long		referee_created;
	long		referrer_created;
	bool		foreign_device;
	long		cap;
	long		referrals;
	long		window;
	long		age;
} verdicts;

#define TEXT(held) ((held) ? "BLOCK" : "PASS")

static const char *
guards_text(const verdicts *v)
{
	static char text[1024];

	snprintf(text, sizeof(text), GUARD("SELF_REFERRAL", "0", "%d", "%s") ","
			 GUARD("ALREADY_REFERRED", "0", "%d", "%s") ","
			 GUARD("REFERRER_NOT_OLDER", "%ld", "%ld", "%s") ","
			 GUARD("DUPLICATE_DEVICE", "0", "%d", "%s") ","
			 GUARD("REFERRAL_CAP", "%ld", "%ld", "%s") ","
			 GUARD("WINDOW_CLOSED", "%ld", "%ld", "%s"),
			 v->self, TEXT(v->self), v->already, TEXT(v->already),
			 v->referee_created, v->referrer_created, TEXT(v->referrer_created >= v->referee_created),
			 v->foreign_device, TEXT(v->foreign_device), v->cap, v->referrals, TEXT(v->referrals >= v->cap),
			 v->window, v->age, TEXT(v->age > v->window));
	return text;
}

/* The ties of somebody who was invited and has done nothing else. */
#define TIED "{\"guard\":null,\"received\":false,\"referrer\":\"#%d\",\"sent\":false,\"settled\":null,\"used\":%ld}"

/* It touched the referee's ties alone, and they began. */
static void
check_used(const person *p, const person *referrer, const verdicts *v)
{
	long		seq = (long) people_next(&s);

	CHECK_STATUS(people_use(&s, p, referrer), QFS_OK);
	people_outcome(&s, "{\"guards\":[%s],\"result\":{\"referrer\":\"%s\"},\"status\":\"OK\"}",
				   guards_text(v), referrer->wallet.user_name);
	if (p->session.bytes[0] == 0 || !signin_record(&s, &p->session)->has_device)
		people_touched(&s, "#%d ties null REFERRAL_USED " TIED, p->number, referrer->number, seq);
	else
		CHECK_INT(people_last(&s, p, &qfs_kind_ties), seq);
}

/* The entry is recorded, with the n-th of these blocks, and the referee's referral is as before. */
static void
check_blocked(const person *p, const person *referrer, const verdicts *v, size_t n, const char *guard)
{
	const qfs_kind *kind = qfs_rule_referral_use.kind;
	int64_t		seq = people_next(&s);
	qfs_ties	before = people_ties(&s, p);
	qfs_ties	after;
	const void *record;

	CHECK_STATUS(people_use(&s, p, referrer), QFS_OK);
	people_outcome(&s, "{\"guards\":[%s],\"result\":{\"referrer\":\"%s\"},\"status\":\"BLOCKED\"}",
				   guards_text(v), referrer->wallet.user_name);
	after = people_ties(&s, p);
	CHECK(before.last_entry == after.last_entry && before.has_referrer == after.has_referrer);
	record = people_record(&s, kind, n, n + 1);
	if (record == NULL)
		return;
	CHECK_INT(*(const int64_t *) people_field(kind, record, "seq"), seq);
	CHECK(memcmp(people_field(kind, record, "referee"), &p->wallet.user, sizeof(qfs_user_id)) == 0);
	CHECK(memcmp(people_field(kind, record, "referrer"), &referrer->wallet.user, sizeof(qfs_user_id)) == 0);
	CHECK_TEXT(qfs_slice_of(people_field(kind, record, "guard")), guard);
}

/* What the last use did to its referee, if anything: a fraud costs coherence. */
static void
check_fraud(const person *p, int previous, const char *moved)
{
	/* Before it the device signed, if there is one. */
	if (signin_record(&s, &p->session)->has_device)
		CHECK(people_last(&s, p, &qfs_kind_standing) == people_next(&s) - 1);
	else
		people_touched(&s, "#%d standing %d FRAUD_BLOCKED%s", p->number, previous, moved);
}

static void
used(void)
{
	qfs_ties	ties;
	person		ann;
	person		bob;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	bob = people_join(&s, 2, 0);
	check_used(&bob, &ann, &(verdicts) {.referee_created = 5,.referrer_created = 4,.cap = 100,.window = 1000});
	people_read(&s, "#1 standing 4; #2 access 5; #2 standing 5");
	ties = people_ties(&s, &bob);
	CHECK(ties.has_referrer && memcmp(&ties.referrer, &ann.wallet.user, sizeof(ties.referrer)) == 0);
	CHECK(ties.has_used && !ties.has_settled && !ties.has_guard);
	CHECK_INT(ties.used, 6);
	people_record(&s, qfs_rule_referral_use.kind, 0, 0);
	/* It touched the referee alone. */
	CHECK_INT(people_last(&s, &bob, &qfs_kind_ties), 6);
	CHECK_INT(people_last(&s, &bob, &qfs_kind_standing), 5);
	CHECK_INT(people_last(&s, &ann, &qfs_kind_standing), 4);
	CHECK_INT(people_last(&s, &ann, &qfs_kind_ties), -1);
	sample_close(&s);
}

static void
self_referral(void)
{
	verdicts	v = {.self = true,.referee_created = 4,.referrer_created = 4,.cap = 100,.window = 1000};
	person		ann;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	check_blocked(&ann, &ann, &v, 0, "SELF_REFERRAL");
	check_fraud(&ann, 4, "");
	CHECK_STATUS(people_profile(&s, &ann, 1), QFS_OK);
	check_blocked(&ann, &ann, &v, 1, "SELF_REFERRAL");
	check_fraud(&ann, 6, " coherence 0.03->0.027");
	/* Each attempt costs. */
	check_blocked(&ann, &ann, &v, 2, "SELF_REFERRAL");
	check_fraud(&ann, 7, " coherence 0.027->0.0243");
	people_read(&s, "#1 access 4; #1 ties null");
	people_record(&s, &qfs_kind_ties, 0, 0);
	sample_close(&s);
}

static void
already_referred(void)
{
	verdicts	v = {.already = true,.referee_created = 6,.referrer_created = 4,.cap = 100,.window = 1000};
	qfs_ties	ties;
	person		ann;
	person		bob;
	person		cid;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	bob = people_join(&s, 2, 0);
	cid = people_join(&s, 3, 0);
	CHECK_STATUS(people_use(&s, &cid, &ann), QFS_OK);
	check_blocked(&cid, &ann, &v, 0, "ALREADY_REFERRED");
	v.referrer_created = 5;
	check_blocked(&cid, &bob, &v, 1, "ALREADY_REFERRED");
	/* A blocked use that is no fraud touches nobody. */
	people_touched(&s, "%s", "");
	people_read(&s, "#2 standing 5; #3 access 6; #3 standing 6; #3 ties 7");
	ties = people_ties(&s, &cid);
	CHECK(memcmp(&ties.referrer, &ann.wallet.user, sizeof(ties.referrer)) == 0);
	CHECK_INT(ties.used, 7);
	sample_close(&s);
}

/* Whoever came first invites; so nobody is a referrer of their referrers. */
static void
rings(void)
{
	verdicts	v = {.referee_created = 4,.referrer_created = 5,.cap = 100,.window = 1000};
	person		ann;
	person		bob;
	person		cid;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	bob = people_join(&s, 2, 0);
	cid = people_join(&s, 3, 0);
	/* of two, first the wrong way round */
	check_blocked(&ann, &bob, &v, 0, "REFERRER_NOT_OLDER");
	check_used(&bob, &ann, &(verdicts) {.referee_created = 5,.referrer_created = 4,.cap = 100,.window = 1000});
	check_blocked(&ann, &bob, &v, 1, "REFERRER_NOT_OLDER");
	/* of three */
	check_used(&cid, &bob, &(verdicts) {.referee_created = 6,.referrer_created = 5,.cap = 100,.window = 1000});
	v.referrer_created = 6;
	check_blocked(&ann, &cid, &v, 2, "REFERRER_NOT_OLDER");
	people_record(&s, &qfs_kind_ties, 0, 2);
	/* Signing in once more makes nobody younger. */
	people_return(&s, &ann, 0);
	v.age = 0;
	check_blocked(&ann, &cid, &v, 3, "REFERRER_NOT_OLDER");
	sample_close(&s);
}

static void
duplicate_device(void)
{
	verdicts	v = {.referee_created = 5,.referrer_created = 4,.foreign_device = true,.cap = 100,.window = 1000};
	const qfs_device_record *device;
	test_key	key = test_key_of(50);
	person		ann;
	person		bob;
	person		cid;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 50);
	bob = people_join(&s, 2, 50);
	device = people_record(&s, &qfs_kind_device, 0, 1);
	CHECK_HASH(&device->device, &key.public);
	CHECK(memcmp(&device->user, &ann.wallet.user, sizeof(device->user)) == 0);
	CHECK_STATUS(people_profile(&s, &bob, 1), QFS_OK);
	check_blocked(&bob, &ann, &v, 0, "DUPLICATE_DEVICE");
	people_touched(&s, "#2 nonce 6 EVENT_SIGNED event_nonce 1->2; #2 standing 6 FRAUD_BLOCKED coherence 0.03->0.027");

	/* It is the device that counts, not whose code it is; its first account may use it. */
	cid = people_join(&s, 3, 50);
	v = (verdicts) {.referee_created = 8,.referrer_created = 5,.foreign_device = true,.cap = 100,.window = 1000};
	check_blocked(&cid, &bob, &v, 1, "DUPLICATE_DEVICE");
	people_touched(&s, "#3 nonce null EVENT_SIGNED {\"event_nonce\":1}; #3 standing 8 FRAUD_BLOCKED");
	people_return(&s, &cid, 51);
	v.foreign_device = false;
	check_used(&cid, &bob, &v);
	people_touched(&s, "#3 nonce 9 EVENT_SIGNED event_nonce 1->2; #3 ties null REFERRAL_USED " TIED, 2, 11L);
	people_record(&s, &qfs_kind_device, 1, 2);
	sample_close(&s);
}

static void
own_device(void)
{
	person		ann;
	person		bob;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 50);
	bob = people_join(&s, 2, 51);
	people_return(&s, &bob, 51);
	check_used(&bob, &ann, &(verdicts) {.referee_created = 5,.referrer_created = 4,.cap = 100,.window = 1000});
	sample_close(&s);
}

/* The window is open up to its last block. */
static void
window(void)
{
	for (int late = 0; late < 2; late++)
	{
		verdicts	v = {.referee_created = 5,.referrer_created = 4,.cap = 100,.window = 3,.age = 3 + late};
		person		ann;
		person		bob;

		unit_row("%d blocks late", late);
		people_ledger(&s, PEOPLE_POLICY(",\"referral\":{\"window_blocks\":3}"));
		ann = people_join(&s, 1, 0);
		/* The last millisecond of block 7, so that ages are in blocks and not in time. */
		people_wait(&s, SAMPLE_TIME + 8 * PEOPLE_BLOCK - 1 - signin_now(&s));
		bob = people_join(&s, 2, 0);
		people_wait(&s, SAMPLE_TIME + (late ? 11 : 10) * PEOPLE_BLOCK - signin_now(&s));
		if (late)
			check_blocked(&bob, &ann, &v, 0, "WINDOW_CLOSED");
		else
			check_used(&bob, &ann, &v);
		sample_close(&s);
	}
}

static void
window_by_default(void)
{
	verdicts	v = {.referee_created = 5,.referrer_created = 4,.cap = 100,.window = 1000,.age = 1001};
	person		ann;
	person		bob;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	bob = people_join(&s, 2, 0);
	people_wait(&s, SAMPLE_TIME + 1001 * PEOPLE_BLOCK - signin_now(&s));
	people_return(&s, &bob, 0);
	check_blocked(&bob, &ann, &v, 0, "WINDOW_CLOSED");
	sample_close(&s);
}

/* All that block are listed, and the first of them is the reason. */
static void
order_of_guards(void)
{
	verdicts	v = {.already = true,.referee_created = 5,.referrer_created = 6,.foreign_device = true,
	.cap = 0,.window = 0,.age = 1};
	person		ann;
	person		bob;
	person		cid;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 50);
	bob = people_join(&s, 2, 51);
	cid = people_join(&s, 3, 0);
	CHECK_STATUS(people_use(&s, &bob, &ann), QFS_OK);
	people_return(&s, &bob, 50);
	people_policy(&s, PEOPLE_POLICY(",\"referral\":{\"cap\":0,\"window_blocks\":0}"));
	people_wait(&s, SAMPLE_TIME + PEOPLE_BLOCK - signin_now(&s));
	check_blocked(&bob, &cid, &v, 0, "ALREADY_REFERRED");
	check_fraud(&bob, 5, "");

	v.self = true;
	v.referrer_created = 5;
	check_blocked(&bob, &bob, &v, 1, "SELF_REFERRAL");
	check_fraud(&bob, 10, "");

	/* Not referred: the next one in order, and so on to the last. */
	people_return(&s, &cid, 50);
	v = (verdicts) {.referee_created = 6,.referrer_created = 13,.foreign_device = true,.age = 1};
	ann = people_join(&s, 4, 52);
	check_blocked(&cid, &ann, &v, 2, "REFERRER_NOT_OLDER");
	check_fraud(&cid, 6, "");
	v.referrer_created = 5;
	check_blocked(&cid, &bob, &v, 3, "DUPLICATE_DEVICE");
	check_fraud(&cid, 14, "");
	people_return(&s, &cid, 53);
	v.foreign_device = false;
	check_blocked(&cid, &bob, &v, 4, "REFERRAL_CAP");
	people_policy(&s, PEOPLE_POLICY(",\"referral\":{\"window_blocks\":0}"));
	v.cap = 100;
	check_blocked(&cid, &bob, &v, 5, "WINDOW_CLOSED");
	people_policy(&s, PEOPLE_POLICY(""));
	v.window = 1000;
	check_used(&cid, &bob, &v);
	sample_close(&s);
}

/* ---- activation ---- */

/* What may complete a referral: U the use itself, P a profile, S a message sent, R one received. */
static void
act(const person *ann, const person *bob, const person *cid, char what)
{
	switch (what)
	{
		case 'U':
			CHECK_STATUS(people_use(&s, bob, ann), QFS_OK);
			break;
		case 'P':
			CHECK_STATUS(people_profile(&s, bob, 1), QFS_OK);
			break;
		case 'S':
			CHECK_STATUS(people_write(&s, bob, cid, 1), QFS_OK);
			break;
		case 'R':
			CHECK_STATUS(people_write(&s, cid, bob, 1), QFS_OK);
			break;
	}
}

/* bob has done nothing, ann invites, cid writes. */
static void
meet(const char *policy, person *ann, person *bob, person *cid)
{
	people_ledger(&s, policy);
	*ann = people_join(&s, 1, 0);
	*bob = people_join(&s, 2, 0);
	*cid = people_join(&s, 3, 0);
	CHECK_STATUS(people_chat_key(&s, bob, 2), QFS_OK);
	CHECK_STATUS(people_chat_key(&s, cid, 3), QFS_OK);
}

#define SETTLED_GUARDS GUARD("REFERRAL_CAP", "100", "0", "PASS") "," \
	GUARD("FLX_PER_USER_CAP", "\"1000000.000000000000000000\"", "\"100.000000000000000000\"", "PASS")

/* The last part of this kind of an account, as people_touched writes it, ends so. */
static void
check_part(const person *p, const char *kind, const char *want)
{
	qfs_slice	accounts = s.event.accounts;
	qfs_slice	part;
	qfs_slice	found = {NULL, 0};

	for (unsigned n = 0; (part = second_item(accounts, n)).len > 0; n++)
		if (memcmp(second_member(part, "account").data + 1, p->wallet.user_name, QFS_USER_ID_TEXT) == 0 &&
			qfs_slice_equal(second_member(part, "kind"), qfs_slice_of(kind)))
			found = part;
	if (!CHECK(found.len > 0))
		return;
	CHECK_TEXT(second_member(found, "was"), want);
}

/* In each of the 24 orders the last act completes it, and none before. */
static void
every_order(void)
{
	static const char orders[24][5] = {
		"UPSR", "UPRS", "USPR", "USRP", "URPS", "URSP", "PUSR", "PURS", "PSUR", "PSRU", "PRUS", "PRSU",
		"SUPR", "SURP", "SPUR", "SPRU", "SRUP", "SRPU", "RUPS", "RUSP", "RPUS", "RPSU", "RSUP", "RSPU"
	};

	for (size_t i = 0; i < ROWS(orders); i++)
	{
		qfs_amount	coherence = 0;
		qfs_amount	after;
		qfs_ties	ties;
		person		ann;
		person		bob;
		person		cid;

		unit_row("%s", orders[i]);
		meet(NULL, &ann, &bob, &cid);
		for (int k = 0; k < 4; k++)
		{
			CHECK_INT(people_standing(&s, &ann).points, 0);
			CHECK_INT(people_standing(&s, &bob).points, 0);
			act(&ann, &bob, &cid, orders[i][k]);
			/* What bob's own act is worth. */
			if (orders[i][k] == 'P')
				coherence = qfs_coherence_step(coherence, people_amount("0.3"), QFS_AMOUNT_ONE / 10);
			if (orders[i][k] == 'S' && strchr(orders[i], 'R') < strchr(orders[i], 'S'))
				coherence = qfs_coherence_step(coherence, people_amount("0.6"), QFS_AMOUNT_ONE / 10);
		}
		after = qfs_coherence_step(coherence, people_amount("0.5"), QFS_AMOUNT_ONE / 10);
		check_part(&ann, "\"standing\"", "{\"coherence\":\"0.000000000000000000\",\"flx\":\"0.000000000000000000\","
				   "\"points\":0,\"referrals\":0}");
		if (orders[i][3] != 'U')
			CHECK_TEXT(second_member(s.event.outcome, "guards"), "[" SETTLED_GUARDS "]");

		CHECK_INT(people_standing(&s, &ann).points, 10);
		CHECK_INT(people_standing(&s, &ann).referrals, 1);
		CHECK_AMOUNT(people_standing(&s, &ann).flx, "100.000000000000000000");
		CHECK_AMOUNT(people_standing(&s, &ann).coherence, "0.100000000000000000");
		CHECK_INT(people_standing(&s, &bob).points, 10);
		CHECK_INT(people_standing(&s, &bob).referrals, 0);
		CHECK(people_standing(&s, &bob).flx == 0);
		CHECK(people_standing(&s, &bob).coherence == after);
		CHECK_INT(people_last(&s, &ann, &qfs_kind_standing), people_next(&s) - 1);
		ties = people_ties(&s, &bob);
		CHECK(ties.has_settled && !ties.has_guard);
		CHECK_INT(ties.settled, people_next(&s) - 1);
		CHECK_INT(people_last(&s, &bob, &qfs_kind_ties), people_next(&s) - 1);
		sample_close(&s);
	}
}

/* The use comes last: eight guards, and the use before the reward. */
static void
use_comes_last(void)
{
	verdicts	v = {.referee_created = 5,.referrer_created = 4,.cap = 100,.window = 1000};
	person		ann;
	person		bob;
	person		cid;

	meet(NULL, &ann, &bob, &cid);
	act(&ann, &bob, &cid, 'P');
	act(&ann, &bob, &cid, 'S');
	act(&ann, &bob, &cid, 'R');
	act(&ann, &bob, &cid, 'U');
	people_outcome(&s, "{\"guards\":[%s," SETTLED_GUARDS "],\"result\":{\"referrer\":\"%s\"},\"status\":\"OK\"}",
				   guards_text(&v), ann.wallet.user_name);
	/* bob's ties know what it sent (10) and received (11), his standing his profile (9). */
	people_touched(&s, "#2 ties 11 REFERRAL_USED,REFERRAL_TIER_1 referrer null->\"#1\" settled null->12 used null->12; "
				   "#1 standing 4 REFERRAL_TIER_1 coherence 0->0.1 flx 0->100 points 0->10 referrals 0->1; "
				   "#2 standing 9 REFERRAL_TIER_1 coherence 0.03->0.077 points 0->10");
	sample_close(&s);
}

/* What the policy asks for, and nothing else, activates. */
static void
activations(void)
{
	static const struct
	{
		const char *policy;
		const char *missing;	/* all of it is needed; in this order */
		const char *others;		/* none of it is */
	}			rows[] = {
		{PEOPLE_POLICY(",\"referral\":{\"activation\":[]}"), "U", ""},
		{PEOPLE_POLICY(",\"referral\":{\"activation\":[\"profile\"]}"), "UP", "SR"},
		{PEOPLE_POLICY(",\"referral\":{\"activation\":[\"message_sent\"]}"), "US", "PR"},
		{PEOPLE_POLICY(",\"referral\":{\"activation\":[\"message_received\"]}"), "UR", "PS"},
		{PEOPLE_POLICY(",\"referral\":{\"activation\":[\"profile\",\"message_sent\"]}"), "USP", "R"},
		{PEOPLE_POLICY(",\"referral\":{\"activation\":[\"message_sent\",\"message_received\"]}"), "URS", "P"},
		{PEOPLE_POLICY(",\"referral\":{\"activation\":[\"message_received\",\"profile\",\"profile\"]}"), "UPR", "S"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		person		ann;
		person		bob;
		person		cid;

		unit_row("%s", rows[i].policy);
		meet(rows[i].policy, &ann, &bob, &cid);
		for (const char *what = rows[i].others; *what != '\0'; what++)
			act(&ann, &bob, &cid, *what);
		for (const char *what = rows[i].missing; *what != '\0'; what++)
		{
			CHECK_INT(people_standing(&s, &ann).referrals, 0);
			act(&ann, &bob, &cid, *what);
		}
		CHECK_INT(people_standing(&s, &ann).referrals, 1);
		sample_close(&s);
	}
}

/* A policy in force at the completing entry decides; nothing happens by itself. */
static void
activation_changes(void)
{
	person		ann;
	person		bob;
	person		cid;

	meet(NULL, &ann, &bob, &cid);
	act(&ann, &bob, &cid, 'U');
	act(&ann, &bob, &cid, 'P');
	people_policy(&s, PEOPLE_POLICY(",\"referral\":{\"activation\":[\"profile\"],\"points\":3}"));
	CHECK_INT(people_standing(&s, &ann).referrals, 0);
	CHECK_STATUS(people_profile(&s, &bob, 2), QFS_OK);
	CHECK_INT(people_standing(&s, &ann).referrals, 1);
	CHECK_INT(people_standing(&s, &ann).points, 3);
	CHECK_INT(people_standing(&s, &bob).points, 3);
	sample_close(&s);
}

/* Once and for all: whatever the referee does next, and whatever the policy says. */
static void
settled_once(void)
{
	qfs_standing before;
	person		ann;
	person		bob;
	person		cid;

	meet(NULL, &ann, &bob, &cid);
	for (const char *what = "UPSR"; *what != '\0'; what++)
		act(&ann, &bob, &cid, *what);
	before = people_standing(&s, &ann);
	CHECK_STATUS(people_profile(&s, &bob, 2), QFS_OK);
	CHECK_STATUS(people_write(&s, &bob, &cid, 2), QFS_OK);
	CHECK_STATUS(people_write(&s, &cid, &bob, 2), QFS_OK);
	people_policy(&s, PEOPLE_POLICY(",\"referral\":{\"activation\":[]}"));
	CHECK_STATUS(people_profile(&s, &bob, 3), QFS_OK);
	CHECK_STATUS(people_use(&s, &bob, &ann), QFS_OK);
	CHECK(people_standing(&s, &ann).coherence == before.coherence && people_standing(&s, &ann).flx == before.flx);
	CHECK_INT(people_standing(&s, &ann).points, 10);
	CHECK_INT(people_standing(&s, &bob).points, 10);
	sample_close(&s);
}

/* One message may settle the referrals of both sides, with two referrers. */
static void
both_sides_at_once(void)
{
	person		ann;
	person		bob;
	person		cid;
	person		dan;

	meet(NULL, &ann, &bob, &cid);
	dan = people_join(&s, 4, 0);	/* 9 */
	CHECK_STATUS(people_chat_key(&s, &dan, 4), QFS_OK);
	CHECK_STATUS(people_use(&s, &bob, &ann), QFS_OK);
	CHECK_STATUS(people_use(&s, &dan, &cid), QFS_OK);
	CHECK_STATUS(people_profile(&s, &bob, 1), QFS_OK);	/* 13 */
	CHECK_STATUS(people_profile(&s, &dan, 1), QFS_OK);	/* 14 */
	CHECK_STATUS(people_write(&s, &dan, &bob, 1), QFS_OK);	/* 15 */
	people_outcome(&s, "{\"status\":\"OK\"}");
	people_touched(&s, "#4 ties 12 MESSAGE_FIRST_SENT sent false->true; "
				   "#2 ties 11 MESSAGE_FIRST_RECEIVED received false->true");
	people_read(&s, "#2 standing 13; #4 access 9; #4 standing 14");
	CHECK_STATUS(people_write(&s, &bob, &dan, 1), QFS_OK);
	people_outcome(&s, "{\"guards\":[" SETTLED_GUARDS "," SETTLED_GUARDS "],\"status\":\"OK\"}");
	people_touched(&s, "#2 ties 15 MESSAGE_FIRST_SENT,REFERRAL_TIER_1 sent false->true settled null->16; "
				   "#4 ties 15 MESSAGE_FIRST_RECEIVED,REFERRAL_TIER_1 received false->true settled null->16; "
				   "#2 standing 13 MESSAGE_RECIPROCATED,REFERRAL_TIER_1 coherence 0.03->0.1283 points 0->10; "
				   "#1 standing 4 REFERRAL_TIER_1 coherence 0->0.1 flx 0->100 points 0->10 referrals 0->1; "
				   "#3 standing 8 REFERRAL_TIER_1 coherence 0->0.1 flx 0->100 points 0->10 referrals 0->1; "
				   "#4 standing 14 REFERRAL_TIER_1 coherence 0.03->0.077 points 0->10");
	people_read(&s, "#2 access 5");
	sample_close(&s);
}

/* The peer may be the referrer: the loop of two friends. */
static void
friends(void)
{
	person		ann;
	person		bob;

	people_ledger(&s, NULL);
	ann = people_join(&s, 1, 0);
	CHECK_STATUS(people_profile(&s, &ann, 1), QFS_OK);
	bob = people_join(&s, 2, 0);
	CHECK_STATUS(people_use(&s, &bob, &ann), QFS_OK);
	CHECK_STATUS(people_chat_key(&s, &ann, 1), QFS_OK);
	people_settle_in(&s, &bob, &ann);
	/* ann: profile, referral; then she answered, in the entry that completed it */
	CHECK_AMOUNT(people_standing(&s, &ann).coherence, "0.178300000000000000");
	CHECK_AMOUNT(people_standing(&s, &ann).flx, "100.000000000000000000");
	CHECK_INT(people_standing(&s, &ann).points, 10);
	CHECK_AMOUNT(people_standing(&s, &bob).coherence, "0.077000000000000000");
	CHECK_INT(people_standing(&s, &bob).points, 10);
	sample_close(&s);
}

/* ---- tiers and caps ---- */

#define PROFILE_ONLY "\"activation\":[\"profile\"]"

/* Number n comes, uses the code and sets a profile. */
static person
come(uint8_t n, const person *referrer)
{
	person		p = people_join(&s, n, 0);

	CHECK_STATUS(people_use(&s, &p, referrer), QFS_OK);
	CHECK_STATUS(people_profile(&s, &p, 1), QFS_OK);
	people_forget(&s);
	return p;
}

static bool
has_text(qfs_slice in, const char *text)
{
	size_t		len = strlen(text);

	for (size_t i = 0; i + len <= in.len; i++)
		if (memcmp(in.data + i, text, len) == 0)
			return true;
	return false;
}

static bool
outcome_has(const char *text)
{
	return has_text(s.event.outcome, text);
}

static void
tiers(void)
{
	static const struct
	{
		int			to;
		unsigned	flx;
	}			table[] = {{5, 100}, {20, 80}, {50, 50}, {100, 20}};
	qfs_ties	ties;
	size_t		tier = 0;
	uint64_t	balance = 0;
	char		rule[64];
	person		ann;
	person		early;
	person		late;

	people_ledger(&s, PEOPLE_POLICY(",\"referral\":{" PROFILE_ONLY "}"));
	ann = people_join(&s, 1, 0);
	/* They come while there is room, and complete too late. */
	early = people_join(&s, 200, 0);
	CHECK_STATUS(people_use(&s, &early, &ann), QFS_OK);
	people_forget(&s);
	for (int n = 1; n <= 100; n++)
	{
		unit_row("activation %d", n);
		if (n > table[tier].to)
			tier++;
		balance += table[tier].flx;
		come((uint8_t) (n + 1), &ann);
		snprintf(rule, sizeof(rule), "\"rules\":[\"REFERRAL_TIER_%zu\"]", tier + 1);
		CHECK(has_text(s.event.accounts, rule));
		CHECK(people_standing(&s, &ann).flx == qfs_amount_of(balance));
		CHECK_INT(people_standing(&s, &ann).points, 10 * n);
		CHECK_INT(people_standing(&s, &ann).referrals, n);
	}
	CHECK_AMOUNT(people_standing(&s, &ann).flx, "4200.000000000000000000");

	/* The 101st may not use the code, */
	late = people_join(&s, 201, 0);
	CHECK_STATUS(people_use(&s, &late, &ann), QFS_OK);
	CHECK(outcome_has(GUARD("REFERRAL_CAP", "100", "100", "BLOCK") "," GUARD("WINDOW_CLOSED", "1000", "0", "PASS")));
	CHECK(outcome_has("\"status\":\"BLOCKED\""));
	CHECK_STATUS(people_profile(&s, &late, 1), QFS_OK);
	CHECK_INT(people_standing(&s, &late).points, 0);

	/* and if it has used it before, nobody is rewarded; its profile counts all the same. */
	CHECK_STATUS(people_profile(&s, &early, 1), QFS_OK);
	people_outcome(&s, "{\"guards\":["
				   GUARD("REFERRAL_CAP", "100", "100", "BLOCK") ","
				   GUARD("FLX_PER_USER_CAP", "\"1000000.000000000000000000\"", "\"4220.000000000000000000\"", "PASS")
				   "],\"status\":\"OK\"}");
	check_part(&ann, "\"standing\"", "{}");
	check_part(&early, "\"standing\"", "{\"coherence\":\"0.000000000000000000\",\"profile\":null,\"profile_version\":0}");
	check_part(&early, "\"ties\"", "{\"guard\":null,\"settled\":null}");
	CHECK(has_text(s.event.accounts, "\"rules\":[\"PROFILE_COMPLETED\",\"REWARD_WITHHELD_REFERRAL_CAP\"]"));
	/* The last that completed its profile in time touched ann: 4 + 2 + 3 * 100. */
	CHECK(has_text(s.event.accounts, "\"previous\":306,\"rules\":[\"REWARD_WITHHELD_REFERRAL_CAP\"]"));
	CHECK_AMOUNT(people_standing(&s, &ann).flx, "4200.000000000000000000");
	CHECK_INT(people_standing(&s, &early).points, 0);
	ties = people_ties(&s, &early);
	CHECK(ties.has_settled && ties.has_guard);
	CHECK_TEXT(qfs_slice_of(ties.guard), "REFERRAL_CAP");

	/* A higher cap later does not bring it back. */
	people_policy(&s, PEOPLE_POLICY(",\"referral\":{" PROFILE_ONLY ",\"cap\":200,\"tiers\":[{\"flx\":\"1\",\"to\":200}]}"));
	CHECK_STATUS(people_profile(&s, &early, 2), QFS_OK);
	CHECK_INT(people_standing(&s, &ann).referrals, 100);
	come(202, &ann);
	CHECK_INT(people_standing(&s, &ann).referrals, 101);
	CHECK_AMOUNT(people_standing(&s, &ann).flx, "4201.000000000000000000");
	sample_close(&s);
}

/* A balance may reach the cap, and not pass it. */
static void
flx_cap(void)
{
	qfs_ties	ties;
	person		ann;
	person		bob;

	people_ledger(&s, PEOPLE_POLICY(",\"referral\":{" PROFILE_ONLY ",\"flx_cap\":\"200\"}"));
	ann = people_join(&s, 1, 0);
	come(2, &ann);
	come(3, &ann);
	CHECK(outcome_has(GUARD("FLX_PER_USER_CAP", "\"200.000000000000000000\"", "\"200.000000000000000000\"", "PASS")));
	bob = come(4, &ann);
	CHECK(outcome_has("\"guards\":[" GUARD("REFERRAL_CAP", "100", "2", "PASS") ","
					  GUARD("FLX_PER_USER_CAP", "\"200.000000000000000000\"", "\"300.000000000000000000\"", "BLOCK") "]"));
	CHECK_AMOUNT(people_standing(&s, &ann).flx, "200.000000000000000000");
	CHECK_INT(people_standing(&s, &ann).points, 20);
	CHECK_INT(people_standing(&s, &ann).referrals, 2);
	CHECK_INT(people_standing(&s, &bob).points, 0);
	ties = people_ties(&s, &bob);
	CHECK(ties.has_settled && ties.has_guard);
	CHECK_TEXT(qfs_slice_of(ties.guard), "FLX_PER_USER_CAP");
	/* Others go on. */
	come(5, &bob);
	CHECK_AMOUNT(people_standing(&s, &bob).flx, "100.000000000000000000");
	sample_close(&s);
}

/* One unit of the last place decides. */
static void
flx_cap_exactly(void)
{
	person		ann;

	people_ledger(&s, PEOPLE_POLICY(",\"referral\":{" PROFILE_ONLY ",\"flx_cap\":\"199.999999999999999999\"}"));
	ann = people_join(&s, 1, 0);
	come(2, &ann);
	come(3, &ann);
	CHECK_AMOUNT(people_standing(&s, &ann).flx, "100.000000000000000000");
	sample_close(&s);
}

/* A cap that was lowered afterwards: what was activated stays. */
static void
lower_cap(void)
{
	qfs_ties	ties;
	person		ann;
	person		bob;
	person		cid;

	people_ledger(&s, PEOPLE_POLICY(",\"referral\":{" PROFILE_ONLY "}"));
	ann = people_join(&s, 1, 0);
	come(2, &ann);
	come(3, &ann);
	bob = people_join(&s, 4, 0);
	CHECK_STATUS(people_use(&s, &bob, &ann), QFS_OK);
	people_policy(&s, PEOPLE_POLICY(",\"referral\":{" PROFILE_ONLY ",\"cap\":1,\"tiers\":[{\"flx\":\"7\",\"to\":1}]}"));
	CHECK_STATUS(people_profile(&s, &bob, 1), QFS_OK);
	CHECK(outcome_has("\"guards\":[" GUARD("REFERRAL_CAP", "1", "2", "BLOCK") ","
					  GUARD("FLX_PER_USER_CAP", "\"1000000.000000000000000000\"", "\"207.000000000000000000\"", "PASS") "]"));
	CHECK_INT(people_standing(&s, &ann).referrals, 2);

	/* Both caps at once: the first is the reason. */
	cid = people_join(&s, 5, 0);
	people_policy(&s, PEOPLE_POLICY(",\"referral\":{" PROFILE_ONLY "}"));
	CHECK_STATUS(people_use(&s, &cid, &ann), QFS_OK);
	people_policy(&s, PEOPLE_POLICY(",\"referral\":{" PROFILE_ONLY ",\"cap\":2,\"flx_cap\":\"199\","
									"\"tiers\":[{\"flx\":\"0\",\"to\":2}]}"));
	CHECK_STATUS(people_profile(&s, &cid, 1), QFS_OK);
	CHECK(outcome_has("\"guards\":[" GUARD("REFERRAL_CAP", "2", "2", "BLOCK") ","
					  GUARD("FLX_PER_USER_CAP", "\"199.000000000000000000\"", "\"200.000000000000000000\"", "BLOCK") "]"));
	ties = people_ties(&s, &cid);
	CHECK(ties.has_guard);
	CHECK_TEXT(qfs_slice_of(ties.guard), "REFERRAL_CAP");
	CHECK_AMOUNT(people_standing(&s, &ann).flx, "200.000000000000000000");
	sample_close(&s);
}

/* Sixteen tiers of one activation each: as many as a policy may have. */
static void
most_tiers(void)
{
	char		policy[1024];
	char		rule[64];
	int			len;
	person		ann;

	len = snprintf(policy, sizeof(policy), "%s", "{\"auth\":{\"chain_ids\":[1],\"domains\":[\"app.example\"],"
				   "\"uris\":[\"https://app.example\"]},\"referral\":{" PROFILE_ONLY ",\"cap\":16,\"tiers\":[");
	for (int i = 1; i <= 16; i++)
		len += snprintf(policy + len, sizeof(policy) - (size_t) len, "%s{\"flx\":\"%d\",\"to\":%d}", i > 1 ? "," : "", i, i);
	snprintf(policy + len, sizeof(policy) - (size_t) len, "]}}");
	people_ledger(&s, policy);
	ann = people_join(&s, 1, 0);
	for (int i = 1; i <= 16; i++)
	{
		unit_row("tier %d", i);
		come((uint8_t) (i + 1), &ann);
		snprintf(rule, sizeof(rule), "\"rules\":[\"REFERRAL_TIER_%d\"]", i);
		CHECK(has_text(s.event.accounts, rule));
	}
	CHECK_AMOUNT(people_standing(&s, &ann).flx, "136.000000000000000000");
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(codes),
	CASE(codes_of_accounts),
	CASE(codes_unknown),
	CASE(used),
	CASE(self_referral),
	CASE(already_referred),
	CASE(rings),
	CASE(duplicate_device),
	CASE(own_device),
	CASE(window),
	CASE(window_by_default),
	CASE(order_of_guards),
	CASE(every_order),
	CASE(use_comes_last),
	CASE(activations),
	CASE(activation_changes),
	CASE(settled_once),
	CASE(both_sides_at_once),
	CASE(friends),
	CASE(tiers),
	CASE(flx_cap),
	CASE(flx_cap_exactly),
	CASE(lower_cap),
	CASE(most_tiers),
	NO_MORE_CASES
};

const unit_suite suite_referral = {"referral", cases};
