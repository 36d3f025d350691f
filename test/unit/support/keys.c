/*
 * keys.c - Ed25519 keys that are the same in every run, and lines made with them.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "support/keys.h"

#include <sodium.h>
#include <stdio.h>

#include "support/harness.h"

test_key
test_key_of(uint8_t n)
{
	uint8_t		seed[crypto_sign_SEEDBYTES];
	test_key	key;

	memset(seed, n, sizeof(seed));
	crypto_sign_seed_keypair(key.public.bytes, key.secret, seed);
	return key;
}

qfs_vkey
test_vkey(const char *name, qfs_note_algorithm algorithm, uint8_t n)
{
	test_key	key = test_key_of(n);
	qfs_vkey	vkey;

	qfs_vkey_make(qfs_slice_of(name), algorithm, &key.public, &vkey);
	return vkey;
}

void
test_signature_line(qfs_buf *out, const char *name, const void *field, size_t len)
{
	char		text[4096];

	sodium_bin2base64(text, sizeof(text), field, len, sodium_base64_VARIANT_ORIGINAL);
	qfs_buf_text(out, "\xE2\x80\x94 ");
	qfs_buf_text(out, name);
	qfs_buf_byte(out, ' ');
	qfs_buf_text(out, text);
	CHECK(!out->overflow);
}

void
test_cosign(qfs_buf *out, const char *name, uint8_t n, uint64_t time, qfs_slice body)
{
	qfs_vkey	vkey = test_vkey(name, QFS_NOTE_COSIGNATURE, n);
	test_key	key = test_key_of(n);
	char		message[8192];
	uint8_t		field[76];
	int			len;

	len = snprintf(message, sizeof(message), "cosignature/v1\ntime %llu\n%.*s",
				   (unsigned long long) time, (int) body.len, (const char *) body.data);
	memcpy(field, vkey.id, 4);
	for (int i = 0; i < 8; i++)
		field[4 + i] = (uint8_t) (time >> 8 * (7 - i));
	crypto_sign_detached(field + 12, NULL, (const uint8_t *) message, (unsigned long long) len,
						 key.secret);
	test_signature_line(out, name, field, sizeof(field));
	qfs_buf_byte(out, '\n');
}
