/*
 * voting.h - holders who propose and vote with their wallets, and a ledger that settles.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Nobody of them ever signs in.  What they sign is put together here once
 * more, with printf, so that no test asks the core what the core should do.
 */
#ifndef UNIT_VOTING_H
#define UNIT_VOTING_H

#include "rules/governance/settlement.h"
#include "support/people.h"

/* An action of the track parameter. */
#define HALVE "{\"policy\":{\"referral\":{\"cap\":50}}}"

#define VOTING_TEXT "42718b6b1d9c4e08a58937def39d2f3812991c026f6545bbc8f2c558c37cc883"

/* The blocks of the default parameter track, from the proposal on. */
#define VOTING_REVIEW 120
#define VOTING_BLOCKS 720

/* The auth of an act that the wallet, by its number or itself, signed for this ledger; overwritten by the next call. */
extern const char *voting_auth(const sample *s, uint8_t wallet, int64_t nonce, const char *type, const char *payload);
extern const char *voting_sign(const sample *s, const test_wallet *who, int64_t nonce, const char *type, const char *payload);

/*
 * 0 GENESIS, 1 POLICY_CHANGED: governance in trial, deposit nothing, and more
 * of the object as ",\"key\":value"; then NOD_CHANGED of wallets 1 to n.
 */
extern void voting_ledger(sample *s, const char *more, unsigned n, const int64_t *nod);

/* The same with four holders of 25 seats each. */
extern void voting_four(sample *s, const char *more);

/* Wallet n acts, with the nonce after its last one. */
extern qfs_status voting_act(sample *s, uint8_t wallet, const char *type, const char *payload);
extern void voting_refuse(sample *s, uint8_t wallet, const char *type, const char *payload, qfs_status want,
						  const char *detail);

/* Seats of wallet n, by the operator. */
extern qfs_status voting_appoint(sample *s, uint8_t wallet, int64_t nod);

/* ---- payloads; each call overwrites what the one before returned ---- */

/* Wallet n has so many seats. */
extern const char *voting_seats(uint8_t wallet, int64_t nod);

/* A proposal of these changes. */
extern const char *voting_proposal(const char *track, const char *action);

/* An action that gives seats to wallet n. */
extern const char *voting_seat_action(uint8_t wallet, int64_t nod);

/* A vote on a proposal whose payload is this. */
extern const char *voting_ballot(int64_t proposal, const char *payload, const char *choice);

/* A proposal is taken back. */
extern const char *voting_withdrawal(int64_t proposal);

/* ---- proposals that are voted on ---- */

/* A proposal that comes onto the agenda; its number. */
extern int64_t voting_propose(sample *s, uint8_t wallet, const char *track, const char *action);

/* The payload of one of the last proposals that were entered so. */
extern const char *voting_payload(int64_t proposal);

/* A vote on one of them. */
extern qfs_status voting_vote(sample *s, uint8_t wallet, int64_t proposal, const char *choice);

/* Wallets 1 to n say yes. */
extern void voting_agree(sample *s, uint8_t n, int64_t proposal);

/* Three say yes in the last block for it, and it is tallied: it waits for its execution. */
extern void voting_queue(sample *s, int64_t proposal);

/* It is executed, and nothing else is due with it. */
extern void voting_execute(sample *s, int64_t proposal);

/* ---- what came of it ---- */

/* The last entry judged by this guard, with these numbers, and it blocked or let pass. */
extern void voting_guard(const sample *s, const char *name, int64_t bound, int64_t observed, bool blocks);

/* The same of amounts, whole ones. */
extern void voting_guard_amount(const sample *s, const char *name, const char *bound, const char *observed, bool blocks);

/* The last entry did not judge by this guard. */
extern void voting_no_guard(const sample *s, const char *name);

/* The result of the last entry has this text. */
extern void voting_said(const sample *s, const char *text);

/* How a proposal stands; by which guard it was blocked, "" for none. */
extern void voting_stands(const sample *s, int64_t proposal, const char *state, const char *guard);

/* The policy in force. */
extern const qfs_policy *voting_in_force(sample *s);

/* Appends what is due, as the ledger itself does; how many that were. */
extern unsigned voting_settle(sample *s);

/* The next entry is the first one of this block, unless that has gone by. */
extern void voting_wait_for(sample *s, int64_t block);

/* Block of the next entry. */
extern int64_t voting_block(const sample *s);

/* The record of a proposal's tally. */
extern qfs_tally_record voting_tally(const sample *s, int64_t proposal);

#endif
