/*
 * siwe.h - Sign-In with Ethereum messages: read, written, and their grammar.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Source: EIP-4361 (status Final), RFC 3986 for URIs, RFC 3339 for times.
 * Nothing is copied: a parsed message is slices of the text that was parsed.
 */
#ifndef QFS_SIWE_H
#define QFS_SIWE_H

#include "text/ids.h"

/* Limits that EIP-4361 leaves to us; in bytes, which are all ASCII. */
#define QFS_SIWE_MAX 4096
#define QFS_SIWE_STATEMENT_MAX 512
#define QFS_SIWE_URI_MAX 2048
#define QFS_SIWE_NONCE_MIN 8
#define QFS_SIWE_NONCE_MAX 64
#define QFS_SIWE_RESOURCES_MAX 16

/* ---- messages ---- */

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

/* ---- device keys ---- */

/* A resource "urn:qfs:device:" and 43 characters of base64url names an Ed25519 key. */
#define QFS_DEVICE_RESOURCE_LEN 58

extern void qfs_device_resource_write(qfs_buf *out, const qfs_hash *key);

/*
 * Looks for the device key among the resources of a message.
 * named: whether there is one; without one, key is left alone
 * Errors: DEVICE_KEY_SYNTAX for a malformed one or two of them, ED25519_KEY.
 */
extern qfs_status qfs_siwe_device(const qfs_siwe *message, qfs_hash *key, bool *named,
								  qfs_error *err);

/* ---- URIs ---- */

/* An authority, cut up: [userinfo "@"] host [":" port]. */
typedef struct qfs_authority
{
	bool		has_userinfo;
	qfs_slice	userinfo;
	qfs_slice	host;			/* may be empty; an IP literal keeps its brackets */
	bool		has_port;
	qfs_slice	port;			/* digits, may be empty */
} qfs_authority;

/* Each says whether the text is one.  Source: RFC 3986, appendix A. */
extern bool qfs_uri_is_scheme(qfs_slice text);
extern bool qfs_uri_authority(qfs_slice text, qfs_authority *out);
extern bool qfs_uri_is_uri(qfs_slice text);

/* Is a URI another one, or does it go on from it with "/", "?" or "#"? */
extern bool qfs_uri_is_below(qfs_slice uri, qfs_slice base);

/*
 * Is the text made of unreserved characters, sub-delims and those in `extra`?
 * escapes: with "%" and two hexadecimal digits among them
 */
extern bool qfs_uri_is_made_of(qfs_slice text, const char *extra, bool escapes);

/* ---- times ---- */

/*
 * Reads an RFC 3339 date-time into milliseconds since 1970-01-01 UTC.  Finer
 * fractions are cut off; a leap second counts as the second after it, and is
 * one only at the end of a month in UTC.
 * Errors: TIME_SYNTAX.
 */
extern qfs_status qfs_time_parse(qfs_slice text, int64_t *out, qfs_error *err);

/* Writes 2026-01-31T12:00:00.000Z.  Errors: TIME_SYNTAX outside of years 0 to 9999. */
extern qfs_status qfs_time_write(int64_t at, qfs_buf *out, qfs_error *err);

#endif
