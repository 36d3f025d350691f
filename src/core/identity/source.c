/*
 * source.c - where an event came from: a stream, and its id there.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "identity/source.h"

bool
qfs_stream_name_fits(qfs_slice name)
{
	if (name.len < 1 || name.len > QFS_STREAM_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] <= ' ' || name.data[i] > '~' || name.data[i] == '"' || name.data[i] == '\\')
			return false;
	return true;
}

/* As qfs_decimal_decode, up to 2^64 - 1. */
static bool
read_number(qfs_slice text, uint64_t *out)
{
	uint64_t	n = 0;

	if (text.len == 0 || (text.len > 1 && text.data[0] == '0'))
		return false;
	for (size_t i = 0; i < text.len; i++)
	{
		uint64_t	digit = (uint64_t) text.data[i] - '0';

		if (digit > 9 || n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*out = n;
	return true;
}

bool
qfs_stream_id_read(qfs_slice text, qfs_stream_id *out)
{
	size_t		dash = 0;

	while (dash < text.len && text.data[dash] != '-')
		dash++;
	return dash < text.len && read_number((qfs_slice) {text.data, dash}, &out->ms) &&
		read_number((qfs_slice) {text.data + dash + 1, text.len - dash - 1}, &out->number);
}

void
qfs_stream_id_write(qfs_buf *out, qfs_stream_id id)
{
	qfs_buf_uint(out, id.ms);
	qfs_buf_byte(out, '-');
	qfs_buf_uint(out, id.number);
}

int
qfs_stream_id_compare(qfs_stream_id a, qfs_stream_id b)
{
	if (a.ms != b.ms)
		return a.ms < b.ms ? -1 : 1;
	return a.number < b.number ? -1 : a.number > b.number;
}

bool
qfs_stream_source_read(qfs_slice object, qfs_stream_source *out)
{
	qfs_slice	value;
	qfs_slice	id;
	qfs_slice	stream;

	if (!qfs_json_member(object, "id", &value) || !qfs_json_to_plain(value, &id) || !qfs_stream_id_read(id, &out->id) ||
		(out->id.ms == 0 && out->id.number == 0))
		return false;
	if (!qfs_json_member(object, "stream", &value) || !qfs_json_to_plain(value, &stream) || !qfs_stream_name_fits(stream))
		return false;
	memset(out->stream, 0, sizeof(out->stream));
	memcpy(out->stream, stream.data, stream.len);
	return true;
}

void
qfs_stream_source_write(qfs_json_writer *w, const qfs_stream_source *source)
{
	uint8_t		memory[QFS_STREAM_ID_MAX];
	qfs_buf		id;

	qfs_buf_init(&id, memory, sizeof(memory));
	qfs_stream_id_write(&id, source->id);
	qfs_json_open_object(w);
	qfs_json_key(w, "id");
	qfs_json_put_text(w, qfs_buf_slice(&id));
	qfs_json_key(w, "stream");
	qfs_json_put_text(w, qfs_slice_of(source->stream));
	qfs_json_close(w);
}
