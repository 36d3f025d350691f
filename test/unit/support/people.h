/*
 * people.h - accounts that write profiles, invite each other and exchange messages.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * What they append is put together here once more, with printf, so that no
 * test asks the core what the core should do.
 */
#ifndef UNIT_PEOPLE_H
#define UNIT_PEOPLE_H

#include "engine/effects.h"
#include "support/signin.h"
#include "text/amount.h"

/* Changes of the default policy: who may sign in, and more, as ",\"key\":value". */
#define PEOPLE_POLICY(more) "{\"auth\":{\"chain_ids\":[1],\"domains\":[\"app.example\"]," \
	"\"uris\":[\"https://app.example\"]}" more "}"

#define PEOPLE_BLOCK INT64_C(17000)
#define PEOPLE_EPOCH (512 * PEOPLE_BLOCK)

typedef struct person
{
	uint8_t		number;
	test_wallet wallet;
	qfs_hash	session;
	char		auth[128];
	char		code[23];		/* that others use to name this one as their referrer */
} person;

/* signin_ledger with PEOPLE_POLICY: four entries, and nobody there. */
extern void people_ledger(sample *s, const char *policy);
extern void people_policy(sample *s, const char *policy);

/* The next entry, and all after it, come so much later. */
extern void people_wait(sample *s, int64_t ms);

/* Wallet n signs in, with device key d unless it is 0. */
extern person people_join(sample *s, uint8_t n, uint8_t d);

/* Signs in once more. */
extern void people_return(sample *s, person *p, uint8_t d);

extern qfs_status people_append(sample *s, const person *p, const char *type, const char *payload);

/* ---- what they do; each returns how it ended ---- */

/* PROFILE_UPDATE with the byte `version` as commitment, 32 times. */
extern qfs_status people_profile(sample *s, const person *p, int64_t version);

/* CHAT_KEY with X25519 key n. */
extern qfs_status people_chat_key(sample *s, const person *p, uint8_t n);

/* MESSAGE number seq to somebody. */
extern qfs_status people_write(sample *s, const person *from, const person *to, int64_t seq);

/* REFERRAL_USE of somebody's code. */
extern qfs_status people_use(sample *s, const person *p, const person *referrer);

/* Profile, chat key and a message to each other: all of a default activation. */
extern void people_settle_in(sample *s, const person *p, const person *peer);

/* A ledger in which wallet 1 invites 12 others, who do all of that two by two; the last of each two activates both. */
extern void people_ring(sample *s);

/* ---- payloads; each call overwrites what the one before returned ---- */

extern const char *people_profile_payload(int64_t version);
extern const char *people_message_payload(const person *from, const person *to, int64_t seq);
extern const char *people_thread(const person *a, const person *b);

/* ---- what became of it ---- */

/* The standing of an account; zeros if it has none. */
extern qfs_standing people_standing(const sample *s, const person *p);

/* Whom the account is tied to; zeros if to nobody. */
extern qfs_ties people_ties(const sample *s, const person *p);

/* Seq of the last entry that touched this kind of the account; -1: none. */
extern int64_t people_last(const sample *s, const person *p, const qfs_kind *kind);

/* Record number n of a kind that has as many; NULL, and a failed check, if it has not. */
extern const void *people_record(const sample *s, const qfs_kind *kind, size_t n, size_t of);

/* The field of a record whose struct is a rule's own. */
extern const void *people_field(const qfs_kind *kind, const void *record, const char *name);

/* The seq that the next entry gets. */
extern int64_t people_next(const sample *s);

/*
 * The last outcome, but for "policy", which has to be the hash of the one in
 * force, for "read", and for the result of a message where the text has none.
 */
extern void people_outcome(const sample *s, const char *format,...)
			__attribute__((format(printf, 2, 3)));

/*
 * What the last entry touched, in its order: "#2 standing 4 RULE,RULE points
 * 0->10; …": the wallet's number, the kind, the entry before, the rules, and
 * the members that changed.  Amounts are without quotes and without the zeros
 * at their end.  Of a part that begins ("null") the whole state is there.
 */
extern void people_touched(const sample *s, const char *format,...)
			__attribute__((format(printf, 2, 3)));

/* What it looked at besides: "#1 standing 4; #2 ties null", sorted by number and kind; "" for nothing. */
extern void people_read(const sample *s, const char *want);

/* {"bound":…,"guard":…,"observed":…,"result":…} */
#define GUARD(name, bound, observed, result) \
	"{\"bound\":" bound ",\"guard\":\"" name "\",\"observed\":" observed ",\"result\":\"" result "\"}"

/* Forgets the entries, of which a sample has room for few; the chain goes on. */
extern void people_forget(sample *s);

/* ---- amounts ---- */

extern qfs_amount people_amount(const char *text);

/* Overwritten by the next call. */
extern const char *people_amount_text(qfs_amount a);

#define CHECK_AMOUNT(got, want) \
	unit_check_slice(qfs_slice_of(people_amount_text(got)), qfs_slice_of(want), __FILE__, __LINE__)

#endif
