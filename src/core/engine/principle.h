/*
 * principle.h - what guards are there for.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_PRINCIPLE_H
#define QFS_PRINCIPLE_H

/* In the order of their ids. */
typedef enum qfs_principle
{
	QFS_A_WAY_BACK,
	QFS_BOUNDED_REWARD,
	QFS_EARNED_BEFORE,
	QFS_FINAL_ONCE_CAST,
	QFS_NOBODY_DECIDES_ALONE,
	QFS_NO_RETROACTION,
	QFS_NO_SELF_DEALING,
	QFS_ORDERLY_AGENDA,
	QFS_RESTRAINT_IN_HASTE,
	QFS_SOUND_POLICY,
	QFS_TIME_TO_REACT,
	QFS_PRINCIPLES
} qfs_principle;

typedef struct qfs_principle_row
{
	const char *id;
	const char *sentence;
	const char *where;			/* file of the documentation, and heading */
} qfs_principle_row;

extern const qfs_principle_row qfs_principles[QFS_PRINCIPLES];

#endif
