/*
 * explaining.h - explanations of a sample's entries, as its ledger gives them.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * What core asks the ledger for is found by looking at every entry's text, so
 * that no test asks the core what the core should do.
 */
#ifndef UNIT_EXPLAINING_H
#define UNIT_EXPLAINING_H

#include "proof/explanation.h"
#include "support/sample.h"

#define EXPLAINING_MAX ((size_t) 4 << 20)

typedef struct explaining
{
	qfs_source source;		/* first: core gets a pointer to it */
	sample	   *s;
	uint64_t	size;			/* of the checkpoint */
	int64_t		hidden;			/* an entry that the ledger keeps to itself; -1 = none */
	qfs_vkey	key;			/* that signs */
	bool		is_ours;		/* it is a key of the tests; else key 1 signs in its place */
	qfs_explanation x;			/* ended, but for its flat members */
	uint8_t		note[4096];
	uint8_t		text[EXPLAINING_MAX];
	qfs_slice	bundle;
	test_memory memory;
	qfs_error	err;
} explaining;

/* Explains by all entries but `hidden`, under a checkpoint of q->size by the key in force. */
extern qfs_status explaining_make(explaining *e, sample *s, const qfs_question *q, int64_t hidden);

/* Computes explanation_hash of a text that was changed, as a liar would. */
extern void explaining_hash_anew(uint8_t *text, size_t len);

/*
 * Puts a text in place of another in an entry, as a ledger that lies: all
 * commitments and the tree are those of what it says now.
 */
extern void explaining_forge(sample *s, unsigned seq, const char *from, const char *to);

#endif
