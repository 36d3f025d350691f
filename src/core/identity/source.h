/*
 * source.h - where an event came from: a stream, and its id there.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 *     {"id":"1795376692123-0","stream":"qfs:ledger.example.org:in:0"}
 *
 * Ids are those of Redis Streams: two numbers below 2^64 in decimal, of which
 * the first counts first; 0-0 is before every id, and is none.
 * https://redis.io/docs/latest/develop/data-types/streams
 */
#ifndef QFS_SOURCE_H
#define QFS_SOURCE_H

#include "text/json.h"

/* Longest name of a stream, and longest id, in bytes. */
#define QFS_STREAM_MAX 200
#define QFS_STREAM_ID_MAX 41

typedef struct qfs_stream_id
{
	uint64_t	ms;
	uint64_t	number;
} qfs_stream_id;

typedef struct qfs_stream_source
{
	char		stream[QFS_STREAM_MAX + 1];
	qfs_stream_id id;
} qfs_stream_source;

/* Is it a name: 1 to QFS_STREAM_MAX printable characters of ASCII, without space, quotation mark and backslash? */
extern bool qfs_stream_name_fits(qfs_slice name);

/* False: it is not the one spelling of an id. */
extern bool qfs_stream_id_read(qfs_slice text, qfs_stream_id *out);

/* Needs room for QFS_STREAM_ID_MAX bytes. */
extern void qfs_stream_id_write(qfs_buf *out, qfs_stream_id id);

/* Less than, equal to, more than 0: as a is before, at, after b. */
extern int	qfs_stream_id_compare(qfs_stream_id a, qfs_stream_id b);

/*
 * Reads an object of the form above; false: it is none.
 * Members beside the two are the caller's to notice.
 */
extern bool qfs_stream_source_read(qfs_slice object, qfs_stream_source *out);

/* The value of the key that was written last. */
extern void qfs_stream_source_write(qfs_json_writer *w, const qfs_stream_source *source);

#endif
