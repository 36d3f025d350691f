/*
 * bundle.h - an explanation, checked by somebody who trusts a key and nothing else.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The form is that of docs/explain.md; qfs_explain_write makes it.
 */
#ifndef QFS_BUNDLE_H
#define QFS_BUNDLE_H

#include "proof/explanation.h"

/* Bytes of a bundle that is read at all: the longest that there can be is shorter. */
#define QFS_BUNDLE_MAX ((size_t) 256 << 20)

/* What a bundle that is sound has shown. */
typedef struct qfs_bundle
{
	qfs_topic	topic;
	uint64_t	seq;
	uint64_t	size;			/* of the checkpoint */
	unsigned	entries;
	char		origin[QFS_ORIGIN_MAX + 1];
	uint8_t		narrative[4096];
	size_t		narrative_len;
} qfs_bundle;

/*
 * text: the bundle as canonical JSON
 * key:  that the reader trusts: the one that signs the checkpoint, or one before it
 *
 * Checks that every entry is in the tree that the checkpoint signs, that a key
 * of the ledger's own line of keys signs it and the trusted one is in that
 * line, collects what the answer rests on, which must be what is there,
 * executes it, and compares every byte of what it then would say.
 * Errors: BUNDLE_FORM, BUNDLE_INCOMPLETE, BUNDLE_SURPLUS, BUNDLE_CLAIM,
 *         CHECKPOINT_ORIGIN, CHECKPOINT_KEY, KEY_UNTRUSTED, PROOF_INVALID,
 *         SIGNATURE_INVALID, OUTCOME_MISMATCH, and those of JSON, entries,
 *         notes and rules.
 */
extern qfs_status qfs_bundle_verify(qfs_slice text, const qfs_vkey *key, const qfs_registry *registry,
									qfs_allocator allocator, qfs_bundle *out, qfs_error *err);

#endif
