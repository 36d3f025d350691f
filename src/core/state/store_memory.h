/*
 * store_memory.h - records in memory, for replay, audit and the verifier.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_STORE_MEMORY_H
#define QFS_STORE_MEMORY_H

#include "state/store.h"

/* Where memory comes from: malloc in a program, a memory context in a backend. */
typedef struct qfs_allocator
{
	void	   *(*allocate) (void *context, size_t size);	/* NULL = none left */
	void		(*release) (void *context, void *memory);
	void	   *context;
} qfs_allocator;

typedef struct qfs_memory_store qfs_memory_store;

/* Returns NULL if there is no memory. */
extern qfs_memory_store *qfs_memory_store_create(qfs_allocator allocator);
extern void qfs_memory_store_destroy(qfs_memory_store *store);

/* The store as the rules see it. */
extern qfs_store *qfs_memory_store_base(qfs_memory_store *store);

/*
 * From now on changes can be taken back, until qfs_memory_store_end keeps them
 * or takes them back.  Within the two, a put past the 64th fails with NO_MEMORY.
 */
extern void qfs_memory_store_begin(qfs_memory_store *store);
extern void qfs_memory_store_end(qfs_memory_store *store, bool keep);

/* Record number n of a kind in the order of creation, or NULL past the last. */
extern const void *qfs_memory_store_record(const qfs_memory_store *store,
										   const qfs_kind *kind, size_t n);

#endif
