/*
 * assert.h - what a function relies on.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_ASSERT_H
#define QFS_ASSERT_H

#ifdef QFS_ASSERTIONS
#define QFS_ASSERT(condition) ((condition) ? (void) 0 : __builtin_trap())
#else
#define QFS_ASSERT(condition) ((void) sizeof(!(condition)))
#endif

#endif
