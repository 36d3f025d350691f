/*
 * second_hash.c - heads, commitments and hashes of lines, computed by a second road.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "support/second_hash.h"

#include <sodium.h>
#include <stdio.h>

#include "support/harness.h"
#include "support/naive_tree.h"

/* ---- canonical text ---- */

/* Where the value ends that begins at a place: by its quotes and brackets alone. */
static size_t
end_of(qfs_slice text, size_t at)
{
	unsigned	depth = 0;
	bool		quoted = false;

	for (; at < text.len; at++)
	{
		uint8_t		c = text.data[at];

		if (quoted && c == '\\')
			at++;
		else if (c == '"')
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (depth == 0 && (c == ',' || c == ':' || c == ']' || c == '}'))
			break;
		else if (c == '[' || c == '{')
			depth++;
		else if (c == ']' || c == '}')
			depth--;
	}
	return at;
}

static qfs_slice
part_of(qfs_slice text, size_t from, size_t to)
{
	return (qfs_slice) {text.data + from, to - from};
}

/* Moves on to the next member or item; false past the last.  at: 1 at first */
static bool
next(qfs_slice text, size_t *at, qfs_slice *name, qfs_slice *value)
{
	size_t		end = end_of(text, *at);

	if (end == *at)
		return false;
	*name = (qfs_slice) {NULL, 0};
	if (text.data[end] == ':')
	{
		*name = part_of(text, *at + 1, end - 1);
		*at = end + 1;
		end = end_of(text, *at);
	}
	*value = part_of(text, *at, end);
	*at = end < text.len && text.data[end] == ',' ? end + 1 : end;
	return true;
}

qfs_slice
second_member(qfs_slice object, const char *name)
{
	qfs_slice	key;
	qfs_slice	value;
	size_t		at = 1;

	while (object.len > 0 && object.data[0] == '{' && next(object, &at, &key, &value))
		if (qfs_slice_equal(key, qfs_slice_of(name)))
			return value;
	return (qfs_slice) {NULL, 0};
}

qfs_slice
second_item(qfs_slice list, unsigned n)
{
	qfs_slice	key;
	qfs_slice	value;
	size_t		at = 1;

	while (next(list, &at, &key, &value))
		if (n-- == 0)
			return value;
	return (qfs_slice) {NULL, 0};
}

/* ---- commitments ---- */

static void
read_digits(qfs_slice value, size_t skip, uint8_t *out, size_t len)
{
	size_t		got = 0;

	if (!CHECK(value.len == 2 * len + skip + 2))
		return;
	CHECK(sodium_hex2bin(out, len, (const char *) value.data + 1 + skip, 2 * len, NULL, &got, NULL) == 0);
	CHECK_UINT(got, len);
}

qfs_salt
second_salt(const qfs_salt *entry, const char *name, const uint8_t *account)
{
	crypto_hash_sha256_state state;
	uint8_t		hash[32];
	qfs_salt	salt;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, (const uint8_t *) "\003", 1);
	crypto_hash_sha256_update(&state, entry->bytes, 16);
	crypto_hash_sha256_update(&state, (const uint8_t *) name, strlen(name));
	if (account != NULL)
	{
		crypto_hash_sha256_update(&state, (const uint8_t *) "\0", 1);
		crypto_hash_sha256_update(&state, account, 32);
	}
	crypto_hash_sha256_final(&state, hash);
	memcpy(salt.bytes, hash, 16);
	return salt;
}

qfs_hash
second_commitment(const qfs_salt *salt, qfs_slice part)
{
	crypto_hash_sha256_state state;
	qfs_hash	hash;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, (const uint8_t *) "\002", 1);
	crypto_hash_sha256_update(&state, salt->bytes, 16);
	crypto_hash_sha256_update(&state, part.data, part.len);
	crypto_hash_sha256_final(&state, hash.bytes);
	return hash;
}

/*
 * The commitment of what stands at a part's place.
 * salt: the entry's, of a full line; else NULL
 */
static qfs_hash
commitment_at(qfs_slice value, const qfs_salt *salt, const char *name, const uint8_t *account)
{
	qfs_salt	own;
	qfs_hash	hash = {{0}};

	if (salt != NULL)
	{
		own = second_salt(salt, name, account);
		return second_commitment(&own, value);
	}
	if (value.len > 0 && value.data[0] == '{')
	{
		read_digits(second_member(value, "salt"), 0, own.bytes, 16);
		return second_commitment(&own, second_member(value, "part"));
	}
	read_digits(value, 0, hash.bytes, 32);
	return hash;
}

/* MTH of RFC 6962 over these data, each 32 bytes. */
static qfs_hash
root_of(const qfs_hash *data, unsigned count)
{
	uint8_t		leaf[33] = {0};
	unsigned	half = 1;
	qfs_hash	out;

	if (count == 0)
		crypto_hash_sha256(out.bytes, NULL, 0);
	else if (count == 1)
	{
		memcpy(leaf + 1, data->bytes, 32);
		crypto_hash_sha256(out.bytes, leaf, sizeof(leaf));
	}
	else
	{
		while (2 * half < count)
			half *= 2;
		out = naive_node(root_of(data, half), root_of(data + half, count - half));
	}
	return out;
}

static qfs_hash
accounts_at(qfs_slice value, const qfs_salt *salt)
{
	qfs_hash	commitments[64];
	unsigned	count = 0;
	qfs_slice	item;
	qfs_hash	root = {{0}};

	if (value.len > 0 && value.data[0] == '"')
	{
		read_digits(value, 0, root.bytes, 32);
		return root;
	}
	while ((item = second_item(value, count)).len > 0 && CHECK(count < ROWS(commitments)))
	{
		char		kind[64] = "";
		uint8_t		account[32] = {0};

		if (salt != NULL)
		{
			qfs_slice	name = second_member(item, "kind");

			read_digits(second_member(item, "account"), 5, account, 32);
			if (CHECK(name.len >= 2 && name.len < sizeof(kind)))
				memcpy(kind, name.data + 1, name.len - 2);
		}
		commitments[count++] = commitment_at(item, salt, kind, account);
	}
	return root_of(commitments, count);
}

static const char *
digits(char out[65], qfs_hash hash)
{
	return sodium_bin2hex(out, 65, hash.bytes, sizeof(hash.bytes));
}

const char *
second_head(qfs_slice line)
{
	static char text[1024];
	qfs_slice	given = second_member(line, "salt");
	qfs_slice	at = second_member(line, "at");
	qfs_slice	prev = second_member(line, "prev");
	qfs_slice	seq = second_member(line, "seq");
	qfs_salt	salt;
	const qfs_salt *s = given.len > 0 ? &salt : NULL;
	char		hex[5][65];

	if (s != NULL)
		read_digits(given, 0, salt.bytes, 16);
	snprintf(text, sizeof(text), "{\"accounts\":\"%s\",\"act\":\"%s\",\"at\":%.*s,\"outcome\":\"%s\","
			 "\"payload\":\"%s\",\"prev\":%.*s,\"seq\":%.*s,\"sig\":\"%s\",\"v\":2}",
			 digits(hex[0], accounts_at(second_member(line, "accounts"), s)),
			 digits(hex[1], commitment_at(second_member(line, "act"), s, "act", NULL)), (int) at.len, at.data,
			 digits(hex[2], commitment_at(second_member(line, "outcome"), s, "outcome", NULL)),
			 digits(hex[3], commitment_at(second_member(line, "payload"), s, "payload", NULL)),
			 (int) prev.len, prev.data, (int) seq.len, seq.data,
			 digits(hex[4], commitment_at(second_member(line, "sig"), s, "sig", NULL)));
	return text;
}

qfs_hash
second_hash(qfs_slice line)
{
	crypto_hash_sha256_state state;
	const char *head = second_head(line);
	qfs_hash	hash;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, (const uint8_t *) "\0", 1);
	crypto_hash_sha256_update(&state, (const uint8_t *) head, strlen(head));
	crypto_hash_sha256_final(&state, hash.bytes);
	return hash;
}
