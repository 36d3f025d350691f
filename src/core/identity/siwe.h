/*
 * siwe.h - Sign-In with Ethereum messages: read and written.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Source: EIP-4361 (status Final).
 * Nothing is copied: a parsed message is slices of the text that was parsed.
 */
#ifndef QFS_SIWE_H
#define QFS_SIWE_H

#include "base/buf.h"

/* Limits that EIP-4361 leaves to us; in bytes, which are all ASCII. */
#define QFS_SIWE_MAX 4096
#define QFS_SIWE_STATEMENT_MAX 512
#define QFS_SIWE_URI_MAX 2048
#define QFS_SIWE_NONCE_MIN 8
#define QFS_SIWE_NONCE_MAX 64
#define QFS_SIWE_RESOURCES_MAX 16

/* The fields of a message.  What is optional has a flag; times are in ms since 1970. */
typedef struct qfs_siwe
{
	bool		has_scheme;
	qfs_slice	scheme;			/* of the page's origin, without "://" */
	qfs_slice	domain;			/* host and optional port; never a user name */
	qfs_address address;
	bool		has_statement;
	qfs_slice	statement;		/* may be empty, which is not the same as absent */
	qfs_slice	uri;
	unsigned	version;		/* 1 */
	int64_t		chain_id;		/* 0 to QFS_INT_MAX */
	qfs_slice	nonce;
	int64_t		issued_at;
	bool		has_expiration_time;
	int64_t		expiration_time;
	bool		has_not_before;
	int64_t		not_before;
	bool		has_request_id;
	qfs_slice	request_id;		/* may be empty */
	bool		has_resources;	/* the list may be empty, too */
	unsigned	resource_count;
	qfs_slice	resources[QFS_SIWE_RESOURCES_MAX];	/* URIs */
} qfs_siwe;

/*
 * Reads a message, strictly: the fields in their order, each once, no line
 * end after the last one.  Refused although the grammar admits it: what is
 * over a limit, a domain with a user name or without a host, an address that
 * is not written with its EIP-55 checksum, a leap second that never was.
 * Errors: SIWE_SYNTAX, naming the line; SIWE_LIMIT, SIWE_DOMAIN, SIWE_ADDRESS,
 *         SIWE_VERSION, TIME_SYNTAX.
 */
extern qfs_status qfs_siwe_parse(qfs_slice message, qfs_siwe *out, qfs_error *err);

/*
 * Writes the message with these fields, ready to be signed.
 * out: empty, with room for QFS_SIWE_MAX bytes
 * The result has been parsed again and gave the same fields, so no field can
 * smuggle in another.
 * Errors: those of qfs_siwe_parse.
 */
extern qfs_status qfs_siwe_write(const qfs_siwe *fields, qfs_buf *out, qfs_error *err);

#endif
