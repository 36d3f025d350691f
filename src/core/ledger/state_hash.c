/*
 * state_hash.c - one hash of everything the rules remember: docs/format.md, "State".
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Digests of records are sorted, not the records: 32 bytes a record are all
 * that has to fit into memory.
 */
#include "ledger/state_hash.h"

#include "base/status.h"
#include "crypto/sha256.h"
#include "state/record_json.h"

/* ---- a record as a line ---- */

qfs_status
qfs_state_line(const qfs_kind *kind, const void *record, qfs_buf *out, qfs_error *err)
{
	qfs_json_writer w;

	qfs_json_begin(&w, out);
	qfs_json_open_array(&w);
	qfs_json_put_text(&w, qfs_slice_of(kind->name));
	for (unsigned i = 0; i < kind->field_count; i++)
		qfs_field_write(&w, &kind->fields[i], record);
	qfs_json_close(&w);
	return qfs_json_end(&w, err);
}

qfs_status
qfs_state_digest(const qfs_kind *kind, const void *record, void *memory, qfs_hash *out,
				 qfs_error *err)
{
	qfs_buf		line;
	qfs_status	status;

	qfs_buf_init(&line, memory, QFS_STATE_LINE_MAX);
	status = qfs_state_line(kind, record, &line, err);
	qfs_sha256(qfs_buf_slice(&line), out);
	return status;
}

/* ---- heapsort: neither a heap of the machine's nor recursion ---- */

static void
swap(qfs_hash *a, qfs_hash *b)
{
	qfs_hash	t = *a;

	*a = *b;
	*b = t;
}

/* Lets the hash at `top` sink until no child of it is larger. */
static void
sink(qfs_hash *heap, size_t top, size_t count)
{
	for (size_t child = 2 * top + 1; child < count; child = 2 * top + 1)
	{
		if (child + 1 < count && memcmp(&heap[child], &heap[child + 1], sizeof(*heap)) < 0)
			child++;
		if (memcmp(&heap[top], &heap[child], sizeof(*heap)) >= 0)
			return;
		swap(&heap[top], &heap[child]);
		top = child;
	}
}

static void
sort(qfs_hash *hashes, size_t count)
{
	for (size_t i = count / 2; i > 0; i--)
		sink(hashes, i - 1, count);
	for (size_t end = count; end > 1; end--)
	{
		swap(&hashes[0], &hashes[end - 1]);
		sink(hashes, 0, end - 1);
	}
}

void
qfs_state_hash(qfs_hash *digests, size_t count, qfs_hash *out)
{
	sort(digests, count);
	qfs_sha256((qfs_slice) {count > 0 ? digests->bytes : NULL, count * sizeof(*digests)}, out);
}

/* ---- of a memory store ---- */

static size_t
count_records(const qfs_memory_store *store, const qfs_registry *registry)
{
	const qfs_kind *kind;
	size_t		total = 0;

	for (size_t k = 0; (kind = qfs_registry_kind(registry, k)) != NULL; k++)
		for (size_t n = 0; qfs_memory_store_record(store, kind, n) != NULL; n++)
			total++;
	return total;
}

/* digests: room for all; memory: as qfs_state_digest wants it */
static qfs_status
digest_all(const qfs_memory_store *store, const qfs_registry *registry, qfs_hash *digests, void *memory,
		   qfs_error *err)
{
	const qfs_kind *kind;
	qfs_status	status = QFS_OK;

	for (size_t k = 0; (kind = qfs_registry_kind(registry, k)) != NULL; k++)
	{
		const void *record;

		for (size_t n = 0; status == QFS_OK &&
			 (record = qfs_memory_store_record(store, kind, n)) != NULL; n++)
			status = qfs_state_digest(kind, record, memory, digests++, err);
	}
	return status;
}

qfs_status
qfs_state_of_memory(const qfs_memory_store *store, const qfs_registry *registry, qfs_allocator allocator,
					qfs_hash *out, qfs_error *err)
{
	size_t		count = count_records(store, registry);
	void	   *memory = allocator.allocate(allocator.context, QFS_STATE_LINE_MAX);
	qfs_hash   *digests = allocator.allocate(allocator.context, (count + 1) * sizeof(*digests));
	qfs_status	status;

	if (memory == NULL || digests == NULL)
		status = qfs_fail(err, QFS_NO_MEMORY, "for the hash of %u records", (uint64_t) count);
	else
		status = digest_all(store, registry, digests, memory, err);
	if (status == QFS_OK)
		qfs_state_hash(digests, count, out);
	if (memory != NULL)
		allocator.release(allocator.context, memory);
	if (digests != NULL)
		allocator.release(allocator.context, digests);
	return status;
}
