/*
 * wallet.c - a wallet for benchmarks, so that they need nobody else's software.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 *   wallet address N          its address; N is 1 to 255 and gives the key
 *   wallet sign N MESSAGE     personal_sign's signature of a message
 *   wallet accounts N         the user ids of N wallets, whose keys are hashes of numbers from 0 on
 *   wallet ballots N MESSAGE  the same, each with a tab and its signature of the message
 */
#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/ethereum.h"
#include "text/ids.h"

static int
print_address(const secp256k1_context *context, const uint8_t secret[32])
{
	char		text[QFS_ADDRESS_TEXT];
	uint8_t		key[65];
	size_t		len = sizeof(key);
	secp256k1_pubkey pubkey;
	qfs_address address;
	qfs_buf		buf;

	if (!secp256k1_ec_pubkey_create(context, &pubkey, secret))
		return 1;
	secp256k1_ec_pubkey_serialize(context, key, &len, &pubkey, SECP256K1_EC_UNCOMPRESSED);
	qfs_address_of_key(key + 1, &address);
	qfs_buf_init(&buf, text, sizeof(text));
	qfs_address_write(&buf, &address);
	printf("%.*s\n", (int) buf.len, text);
	return 0;
}

static int
print_signature(const secp256k1_context *context, const uint8_t secret[32], const char *message)
{
	secp256k1_ecdsa_recoverable_signature signature;
	uint8_t		bytes[65];
	char		hex[2 * sizeof(bytes) + 1];
	qfs_hash	digest;
	int			id;

	qfs_personal_digest(qfs_slice_of(message), &digest);
	if (!secp256k1_ecdsa_sign_recoverable(context, &signature, digest.bytes, secret, NULL, NULL))
		return 1;
	secp256k1_ecdsa_recoverable_signature_serialize_compact(context, bytes, &id, &signature);
	bytes[64] = (uint8_t) (27 + id);
	printf("0x%s\n", sodium_bin2hex(hex, sizeof(hex), bytes, sizeof(bytes)));
	return 0;
}

static int
print_user(const secp256k1_context *context, const uint8_t secret[32])
{
	char		text[QFS_USER_ID_TEXT];
	uint8_t		key[65];
	size_t		len = sizeof(key);
	secp256k1_pubkey pubkey;
	qfs_address address;
	qfs_user_id user;
	qfs_buf		buf;

	if (!secp256k1_ec_pubkey_create(context, &pubkey, secret))
		return 1;
	secp256k1_ec_pubkey_serialize(context, key, &len, &pubkey, SECP256K1_EC_UNCOMPRESSED);
	qfs_address_of_key(key + 1, &address);
	qfs_user_id_of(&address, &user);
	qfs_buf_init(&buf, text, sizeof(text));
	qfs_user_id_write(&buf, &user);
	printf("%.*s", (int) buf.len, text);
	return 0;
}

/* message: NULL = their accounts alone */
static int
print_many(const secp256k1_context *context, unsigned count, const char *message)
{
	uint8_t		secret[32];
	int			failed = 0;

	for (unsigned n = 0; n < count && failed == 0; n++)
	{
		crypto_hash_sha256(secret, (const uint8_t *) &n, sizeof(n));
		failed = print_user(context, secret);
		putchar(message != NULL ? '\t' : '\n');
		if (failed == 0 && message != NULL)
			failed = print_signature(context, secret, message);
	}
	return failed;
}

int
main(int argc, char **argv)
{
	secp256k1_context *context = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
	uint8_t		secret[32];

	if (argc < 3)
		return 2;
	if (strcmp(argv[1], "accounts") == 0 || strcmp(argv[1], "ballots") == 0)
		return print_many(context, (unsigned) atoi(argv[2]), argc > 3 ? argv[3] : NULL);
	memset(secret, atoi(argv[2]), sizeof(secret));
	return argc == 3 ? print_address(context, secret) : print_signature(context, secret, argv[3]);
}
