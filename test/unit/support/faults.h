/*
 * faults.h - what a verification reported, as text that a table can hold.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef UNIT_FAULTS_H
#define UNIT_FAULTS_H

#include "base/types.h"

/* "seq CODE" for each fault, without QFS_, a space between two; "" = sound. */
typedef struct fault_list
{
	char		text[4096];
	char		detail[QFS_DETAIL_MAX]; /* of the last one */
	unsigned	count;
	unsigned	stop_at;		/* the fault that is answered with NO_MEMORY; 0 = none */
} fault_list;

/* A qfs_fault_report; its context is a fault_list. */
extern qfs_status fault_collect(void *context, uint64_t seq, const qfs_error *fault);

#endif
