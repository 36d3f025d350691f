/*
 * libraries.c - what MemorySanitizer has to know about libraries that it does not see into.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Linked with --wrap for each of these functions: what they read must be
 * initialised, what they write is from then on.
 */
#include <sanitizer/msan_interface.h>
#include <secp256k1_recovery.h>
#include <sodium.h>

#include "crypto/sha256.h"

#define READS(memory, len) __msan_check_mem_is_initialized((memory), (len))
#define WRITES(memory, len) __msan_unpoison((memory), (len))

/* WRAP(result, name, (parameters), (arguments), before, after) */
#define WRAP(type, name, parameters, arguments, before, after) \
	extern type __real_##name parameters; \
	extern type __wrap_##name parameters; \
	type __wrap_##name parameters \
	{ \
		type		result; \
		before; \
		result = __real_##name arguments; \
		after; \
		return result; \
	}

/* ---- libcrypto ---- */

WRAP(int, SHA256_Init, (SHA256_CTX *c), (c),, WRITES(c, sizeof(*c)))
WRAP(int, SHA256_Update, (SHA256_CTX *c, const void *data, size_t len), (c, data, len), READS(data, len), WRITES(c, sizeof(*c)))
WRAP(int, SHA256_Final, (unsigned char *md, SHA256_CTX *c), (md, c),, WRITES(md, 32))

/* ---- libsodium ---- */

WRAP(int, crypto_auth_hmacsha256, (unsigned char *out, const unsigned char *in, unsigned long long len, const unsigned char *k),
	 (out, in, len, k), READS(in, len), WRITES(out, 32))
WRAP(int, crypto_box_seed_keypair, (unsigned char *pk, unsigned char *sk, const unsigned char *seed), (pk, sk, seed),
	 READS(seed, 32), WRITES(pk, 32); WRITES(sk, 32))
WRAP(int, crypto_core_ed25519_add, (unsigned char *r, const unsigned char *p, const unsigned char *q), (r, p, q),
	 READS(p, 32); READS(q, 32), WRITES(r, 32))
WRAP(int, crypto_core_ed25519_is_valid_point, (const unsigned char *p), (p), READS(p, 32),)
WRAP(int, crypto_hash_sha256, (unsigned char *out, const unsigned char *in, unsigned long long len), (out, in, len), READS(in, len), WRITES(out, 32))
WRAP(int, crypto_hash_sha256_init, (crypto_hash_sha256_state *s), (s),, WRITES(s, sizeof(*s)))
WRAP(int, crypto_hash_sha256_update, (crypto_hash_sha256_state *s, const unsigned char *in, unsigned long long len), (s, in, len),
	 READS(in, len), WRITES(s, sizeof(*s)))
WRAP(int, crypto_hash_sha256_final, (crypto_hash_sha256_state *s, unsigned char *out), (s, out),, WRITES(out, 32))
WRAP(int, crypto_hash_sha512, (unsigned char *out, const unsigned char *in, unsigned long long len), (out, in, len), READS(in, len), WRITES(out, 64))
WRAP(int, crypto_hash_sha512_init, (crypto_hash_sha512_state *s), (s),, WRITES(s, sizeof(*s)))
WRAP(int, crypto_hash_sha512_update, (crypto_hash_sha512_state *s, const unsigned char *in, unsigned long long len), (s, in, len),
	 READS(in, len), WRITES(s, sizeof(*s)))
WRAP(int, crypto_hash_sha512_final, (crypto_hash_sha512_state *s, unsigned char *out), (s, out),, WRITES(out, 64))
WRAP(int, crypto_scalarmult, (unsigned char *q, const unsigned char *n, const unsigned char *p), (q, n, p), READS(n, 32); READS(p, 32), WRITES(q, 32))
WRAP(int, crypto_scalarmult_base, (unsigned char *q, const unsigned char *n), (q, n), READS(n, 32), WRITES(q, 32))
WRAP(int, crypto_scalarmult_ed25519_base_noclamp, (unsigned char *q, const unsigned char *n), (q, n), READS(n, 32), WRITES(q, 32))
WRAP(int, crypto_sign_detached, (unsigned char *sig, unsigned long long *len, const unsigned char *m, unsigned long long mlen, const unsigned char *sk),
	 (sig, len, m, mlen, sk), READS(m, mlen); READS(sk, 64), WRITES(sig, 64))
WRAP(int, crypto_sign_verify_detached, (const unsigned char *sig, const unsigned char *m, unsigned long long mlen, const unsigned char *pk),
	 (sig, m, mlen, pk), READS(sig, 64); READS(m, mlen); READS(pk, 32),)
WRAP(int, crypto_sign_seed_keypair, (unsigned char *pk, unsigned char *sk, const unsigned char *seed), (pk, sk, seed),
	 READS(seed, 32), WRITES(pk, 32); WRITES(sk, 64))
WRAP(int, sodium_base642bin, (unsigned char *const bin, const size_t max, const char *const text, const size_t len, const char *const ignore,
							  size_t *const bin_len, const char **const end, const int variant),
	 (bin, max, text, len, ignore, bin_len, end, variant), READS(text, len),
	 if (bin_len) { WRITES(bin_len, sizeof(*bin_len)); WRITES(bin, *bin_len); } if (end) WRITES(end, sizeof(*end)))
WRAP(char *, sodium_bin2base64, (char *const out, const size_t max, const unsigned char *const bin, const size_t len, const int variant),
	 (out, max, bin, len, variant), READS(bin, len), WRITES(out, sodium_base64_ENCODED_LEN(len, variant)))
WRAP(int, sodium_hex2bin, (unsigned char *const bin, const size_t max, const char *const text, const size_t len, const char *const ignore,
						   size_t *const bin_len, const char **const end),
	 (bin, max, text, len, ignore, bin_len, end), READS(text, len),
	 WRITES(bin, len / 2); if (bin_len) WRITES(bin_len, sizeof(*bin_len)); if (end) WRITES(end, sizeof(*end)))
WRAP(char *, sodium_bin2hex, (char *const out, const size_t max, const unsigned char *const bin, const size_t len), (out, max, bin, len),
	 READS(bin, len), WRITES(out, 2 * len + 1))

/* Those without a result. */
#define WRAP_VOID(name, parameters, arguments, before, after) \
	extern void __real_##name parameters; \
	extern void __wrap_##name parameters; \
	void __wrap_##name parameters { before; __real_##name arguments; after; }

WRAP_VOID(crypto_core_ed25519_scalar_add, (unsigned char *z, const unsigned char *x, const unsigned char *y), (z, x, y),
		  READS(x, 32); READS(y, 32), WRITES(z, 32))
WRAP_VOID(crypto_core_ed25519_scalar_mul, (unsigned char *z, const unsigned char *x, const unsigned char *y), (z, x, y),
		  READS(x, 32); READS(y, 32), WRITES(z, 32))
WRAP_VOID(crypto_core_ed25519_scalar_reduce, (unsigned char *r, const unsigned char *s), (r, s), READS(s, 64), WRITES(r, 32))

/* ---- libsecp256k1 ---- */

WRAP(int, secp256k1_ec_pubkey_create, (const secp256k1_context *c, secp256k1_pubkey *key, const unsigned char *secret), (c, key, secret),
	 READS(secret, 32), WRITES(key, sizeof(*key)))
WRAP(int, secp256k1_ec_pubkey_serialize, (const secp256k1_context *c, unsigned char *out, size_t *len, const secp256k1_pubkey *key, unsigned int flags),
	 (c, out, len, key, flags), READS(key, sizeof(*key)), WRITES(len, sizeof(*len)); WRITES(out, *len))
WRAP(int, secp256k1_ecdsa_recover, (const secp256k1_context *c, secp256k1_pubkey *key, const secp256k1_ecdsa_recoverable_signature *sig, const unsigned char *hash),
	 (c, key, sig, hash), READS(sig, sizeof(*sig)); READS(hash, 32), WRITES(key, sizeof(*key)))
WRAP(int, secp256k1_ecdsa_recoverable_signature_parse_compact,
	 (const secp256k1_context *c, secp256k1_ecdsa_recoverable_signature *sig, const unsigned char *in, int id), (c, sig, in, id),
	 READS(in, 64), WRITES(sig, sizeof(*sig)))
WRAP(int, secp256k1_ecdsa_recoverable_signature_serialize_compact,
	 (const secp256k1_context *c, unsigned char *out, int *id, const secp256k1_ecdsa_recoverable_signature *sig), (c, out, id, sig),
	 READS(sig, sizeof(*sig)), WRITES(out, 64); WRITES(id, sizeof(*id)))
WRAP(int, secp256k1_ecdsa_sign_recoverable,
	 (const secp256k1_context *c, secp256k1_ecdsa_recoverable_signature *sig, const unsigned char *hash, const unsigned char *secret,
	  secp256k1_nonce_function f, const void *data), (c, sig, hash, secret, f, data),
	 READS(hash, 32); READS(secret, 32), WRITES(sig, sizeof(*sig)))
