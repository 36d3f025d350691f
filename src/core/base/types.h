/*
 * types.h - what every part of qfs shares: status codes, ids, limits, slices.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Rules of src/core: pure C11; no postgres.h, no stdio, no clock, no
 * randomness, no floating point, no locale, no writable globals.  The heap is
 * touched by the memory store alone, through an allocator that its owner
 * supplies.  A function that can fail returns a qfs_status and fills *err.
 */
#ifndef QFS_TYPES_H
#define QFS_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of SHA-256, SHA3-256, Keccak-256, an Ed25519 key, a user id. */
#define QFS_HASH_LEN 32
#define QFS_ADDRESS_LEN 20

/*
 * An entry: its payload, each other part of it, all parts together; its head,
 * which an entry bundle of C2SP holds; and its line, which has all of them.
 */
#define QFS_PAYLOAD_MAX 65535
#define QFS_PART_MAX 16384
#define QFS_PARTS_MAX 131072
#define QFS_HEAD_MAX 640
#define QFS_LINE_MAX (QFS_PARTS_MAX + 4096)

/* Parts of accounts: four accounts, each of four kinds. */
#define QFS_ACCOUNT_PARTS_MAX 16

/* Characters of an event type: [A-Z][A-Z0-9_]{0,62} */
#define QFS_TYPE_MAX 63

/* Deepest nesting of arrays and objects. */
#define QFS_JSON_DEPTH_MAX 32

/* Of a part: it is two levels down in a line that shows it with its salt. */
#define QFS_PART_DEPTH_MAX (QFS_JSON_DEPTH_MAX - 2)

/* Integers that every JSON implementation holds exactly: +-(2^53 - 1). */
#define QFS_INT_MAX INT64_C(9007199254740991)

/* The rows of a table. */
#define QFS_ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* Levels above the leaves of a tree of at most 2^62 leaves. */
#define QFS_TREE_LEVELS 62

typedef enum qfs_status
{
	QFS_OK = 0,
#define QFS_STATUS(name, sqlstate, message, hint) QFS_##name,
#include "base/status.def"
#undef QFS_STATUS
	QFS_STATUS_COUNT
} qfs_status;

/*
 * Aligned like any other member, so that records may lie anywhere.  For 32-bit
 * targets compilers have no __int128, but C23's type.
 */
#ifdef __SIZEOF_INT128__
typedef unsigned __int128 qfs_uint128 __attribute__((aligned(8)));
#else
typedef unsigned _BitInt(128) qfs_uint128 __attribute__((aligned(8)));
#endif

#define QFS_DETAIL_MAX 320

/* What went wrong: a status and one sentence that names what and why. */
typedef struct qfs_error
{
	qfs_status	status;
	char		detail[QFS_DETAIL_MAX]; /* NUL-terminated, may be empty */
} qfs_error;

/* Bytes that somebody else owns. */
typedef struct qfs_slice
{
	const uint8_t *data;
	size_t		len;
} qfs_slice;

typedef struct qfs_hash
{
	uint8_t		bytes[QFS_HASH_LEN];
} qfs_hash;

/* Random bytes that keep a commitment from being guessed. */
#define QFS_SALT_LEN 16
typedef struct qfs_salt
{
	uint8_t		bytes[QFS_SALT_LEN];
} qfs_salt;

/* Of an Ethereum account. */
typedef struct qfs_address
{
	uint8_t		bytes[QFS_ADDRESS_LEN];
} qfs_address;

/* user_id = SHA3-256 of the wallet address as lower-case text */
typedef struct qfs_user_id
{
	uint8_t		bytes[QFS_HASH_LEN];
} qfs_user_id;

#endif
