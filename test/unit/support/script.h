/*
 * script.h - an exported ledger, in an attacker's hands.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef UNIT_SCRIPT_H
#define UNIT_SCRIPT_H

#include "ledger/audit.h"
#include "support/faults.h"
#include "support/sample.h"

#define SCRIPT_MAX 24
#define SCRIPT_LINE_MAX 8192

typedef struct script
{
	unsigned	count;
	struct
	{
		uint8_t		bytes[SCRIPT_LINE_MAX];
		size_t		len;
	}			line[SCRIPT_MAX];
} script;

/* The lines of a sample. */
extern void script_of(const sample *s, script *out);

/* A line of text, put in before the one with this number. */
extern void script_insert(script *l, unsigned at, qfs_slice line);
extern void script_remove(script *l, unsigned at);
extern void script_swap(script *l, unsigned a, unsigned b);
extern qfs_slice script_line(const script *l, unsigned n);

/* The first `from` in a line, replaced; nothing else is adapted. */
extern void script_edit(script *l, unsigned at, const char *from, const char *to);

/* The hexadecimal digit after a text becomes another one. */
extern void script_digit(script *l, unsigned at, const char *after);

/* Makes every entry from this line on name the hash of the one before it. */
extern void script_relink(script *l, unsigned from);

/* Root of the lines as they are. */
extern qfs_hash script_root(const script *l);

/* What a verification is given besides the lines. */
typedef struct script_audit
{
	qfs_audit_depth depth;
	qfs_slice	note;			/* a checkpoint; empty = none */
	const qfs_vkey *trusted;	/* or NULL */
	bool		late;			/* the checkpoint is compared at the end only */
	uint64_t	acknowledged;	/* an entry whose outcome counts though it is wrong; 0 = none */
	unsigned   *asked;			/* gets how often the audit wanted to know; or NULL */
} script_audit;

/*
 * Begins an audit before entry 0, by the rules of the product.
 * memory: what the replay lies in; NULL at depth hashes, which needs none
 */
extern void script_begin(qfs_audit *audit, qfs_audit_depth depth, test_memory *memory, fault_list *faults);

/* Verifies the lines as the offline verifier does. */
extern void script_verify(const script *l, const script_audit *how, fault_list *faults);

#endif
