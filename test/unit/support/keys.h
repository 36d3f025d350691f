/*
 * keys.h - Ed25519 keys that are the same in every run, and lines made with them.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef UNIT_KEYS_H
#define UNIT_KEYS_H

#include "log/note.h"

typedef struct test_key
{
	qfs_hash	public;
	uint8_t		secret[QFS_SECRET_LEN];
} test_key;

/* Key number n: its seed is the byte n, 32 times. */
extern test_key test_key_of(uint8_t n);

/* The verifier key of key n under a name. */
extern qfs_vkey test_vkey(const char *name, qfs_note_algorithm algorithm, uint8_t n);

/* A signature line over any field, well formed or not, without its line end. */
extern void test_signature_line(qfs_buf *out, const char *name, const void *field, size_t len);

/* A line of cosignature/v1 by key n, made as the specification says. */
extern void test_cosign(qfs_buf *out, const char *name, uint8_t n, uint64_t time, qfs_slice body);

#endif
