/*
 * sample.h - a small ledger in memory, grown with qfs_chain_append.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef UNIT_SAMPLE_H
#define UNIT_SAMPLE_H

#include "identity/server.h"
#include "ledger/chain.h"
#include "support/keys.h"
#include "support/memory.h"

#define SAMPLE_ORIGIN "ledger.example/main"
#define SAMPLE_OPERATOR "{\"via\":\"operator\"}"

/* Time of entry 0; every entry is a second later than the one before. */
#define SAMPLE_TIME INT64_C(1795376692000)

#define SAMPLE_MAX 32

/* Room for the auth that a test gives, a signature in it. */
#define SAMPLE_AUTH_MAX 9000

typedef struct sample_entry
{
	uint8_t    *bytes;
	size_t		len;
	qfs_seal	seal;
} sample_entry;

typedef struct sample
{
	test_memory memory;
	const qfs_registry *registry;	/* the product's, unless a test brings its own */
	qfs_memory_store *store;
	qfs_reducer reducer;
	qfs_chain	chain;
	qfs_tree	tree;			/* over `entry`; the chain itself does without */
	qfs_memory_store *recalled; /* what each entry says by itself: the same state, in the end */
	qfs_reducer recaller;
	bool		apart;			/* a test stores records itself: the two are not compared */
	unsigned	reads;			/* of the tree */
	int64_t		later;			/* ms that all entries from here on come later */
	qfs_error	err;			/* of the last append */
	qfs_entry	event;			/* the last one, as it was appended or refused */
	qfs_workspace space;		/* what the event points into */
	char		auth[SAMPLE_AUTH_MAX];
	char		sig[8400];
	unsigned	count;
	unsigned	room;
	sample_entry *entry;		/* SAMPLE_MAX at first; more as they are needed */
} sample;

/* Empty, without a genesis. */
extern void sample_open(sample *s);
extern void sample_close(sample *s);

/* From here on these rules judge, which must know the entries that are there. */
extern void sample_register(sample *s, const qfs_registry *registry);

/* Appends an act of the operator; a refused one leaves the ledger as it was. */
extern qfs_status sample_append(sample *s, const char *type, const char *payload);

/*
 * Appends with an auth of one's own, and an actor unless it is NULL.
 * auth: may have a member "sig", which is no part of it but the entry's own
 */
extern qfs_status sample_append_as(sample *s, const char *auth, const qfs_user_id *actor,
								   const char *type, const char *payload);

/* An append that is refused for this reason, and leaves every record as it was. */
extern void sample_refuse_as(sample *s, const char *auth, const qfs_user_id *actor, const char *type,
							 const char *payload, qfs_status want, const char *detail);

/*
 * The same of one of the system.
 * auth: NULL is the operator's
 */
extern void sample_refuse(sample *s, const char *auth, const char *type, const char *payload, qfs_status want,
						  const char *detail);

/* Entry 0 with key 1, and the default policy. */
extern void sample_genesis(sample *s);

/*
 * Nine entries and every rule:
 * 0 GENESIS (key 1), 1 EVENT_TYPE NOTED, 2 NOTED, 3 POLICY_CHANGED, 4 NOTED,
 * 5 KEY_ROTATED (key 2), 6 NOTED, 7 EVENT_TYPE FREE, 8 FREE
 */
extern void sample_ledger(sample *s);

/* The whole line of an entry. */
extern qfs_slice sample_line(const sample *s, unsigned seq);

/* The salt of entry seq: the same in every run. */
extern qfs_salt sample_salt(uint64_t seq);

/* The default policy with these changes. */
extern const char *sample_policy(const char *changes);

/* The server that the ledger is born in. */
extern const qfs_server sample_home;

/* A server as a payload has it, under a salt of such bytes. */
extern const char *sample_server(const qfs_server *server, uint8_t salt);

/* Payload of SERVER_CHANGED; reason: NULL is null. */
extern const char *sample_server_payload(unsigned changed, const char *reason, const qfs_server *server, uint8_t salt);

/* Payloads; as above, each call overwrites what the one before returned. */
extern const char *sample_genesis_payload(const char *origin, uint8_t key);
extern const char *sample_policy_payload(const char *changes);
extern const char *sample_rotation_payload(const qfs_hash *ledger, uint8_t from, uint8_t to);
extern const char *sample_endorsed_payload(const qfs_hash *ledger, uint8_t from,
										   const qfs_hash *checkpoint, const qfs_hash *token);

/* Entry 0 with key 1, the default policy, and a recovery key. */
extern void sample_recoverable(sample *s, uint8_t recovery);

/*
 * The recovery key `by` puts key `next->number` in force.
 * next: number, checkpoint, token and recovery, which is the one in force from then on
 * names_recovery: the payload names it, too
 */
extern const char *sample_recovery_payload(const qfs_hash *ledger, uint8_t by,
										   const qfs_signing_key_record *next, bool names_recovery);

/* A checkpoint of these entries by a key, as a note. */
extern void sample_checkpoint(qfs_buf *out, const char *origin, uint64_t size,
							  const qfs_hash *root, uint8_t key);

/* A digest of every record in the store. */
extern qfs_hash sample_state(const sample *s);

#endif
