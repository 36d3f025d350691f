/*
 * assert.h - what a function relies on, said where it does.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * An assertion is about qfs itself: what a caller has promised, what a
 * function leaves behind, what holds between two of them.  What comes from
 * outside is not asserted but refused, with a status, in every build.
 *
 * With -DQFS_ASSERTIONS (sanitizers, fuzzing, a PostgreSQL with assertions) an
 * assertion that does not hold ends the program by a trap, where it stands.
 * Without, which is how qfs is shipped, the condition is compiled but not
 * computed, so it must not do anything.
 */
#ifndef QFS_ASSERT_H
#define QFS_ASSERT_H

#ifdef QFS_ASSERTIONS
/* A function, so that a stack shows what ended the program, and an object's symbols that it has assertions. */
static __attribute__((noinline, noreturn, cold, unused)) void
qfs_assert_failed(void)
{
	__builtin_trap();
}

#define QFS_ASSERT(condition) ((condition) ? (void) 0 : qfs_assert_failed())
#else
#define QFS_ASSERT(condition) ((void) (0 && (condition)))
#endif

#endif
