/*
 * visibility.h - who sees what of an entry: the one place that decides.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Heads are everybody's.  The rules of the house (types that are public) are
 * shown whole but for accounts.  An account sees what it acted in, and what its
 * rule says concerns it, with the standing of others there; of an entry that
 * touched it as neither its own parts, and the ties of whom it has invited.
 */
#ifndef QFS_VISIBILITY_H
#define QFS_VISIBILITY_H

#include "engine/account_part.h"
#include "engine/rule.h"

/* Whoever reads. */
typedef struct qfs_reader
{
	bool		all;			/* an auditor, or everybody where the policy is public */
	bool		has_user;		/* else nobody that is known */
	qfs_user_id user;
} qfs_reader;

/* Does the reader see act, payload, signature and outcome of an entry whose act is shown? */
extern bool qfs_sees_act(const qfs_registry *registry, const qfs_reader *reader, const qfs_entry *entry);

/* Does the entry concern the reader as one of its parties? */
extern bool qfs_is_party(const qfs_registry *registry, const qfs_reader *reader, const qfs_entry *entry);

/* Does the reader see part n of an account in it, which is shown? */
extern bool qfs_sees_account(const qfs_registry *registry, const qfs_reader *reader, const qfs_entry *entry, unsigned n);

/* Is there anything of an account in the entry that the reader sees, or its act? */
extern bool qfs_sees_any(const qfs_registry *registry, const qfs_reader *reader, const qfs_entry *entry);

/* Actor, the account that the payload names, those that were touched and who invited them. */
#define QFS_PARTIES_MAX (2 + 2 * QFS_ACCOUNT_PARTS_MAX)

/*
 * Those whom the entry concerns, each once: whoever sees more of it than
 * everybody does by being who they are.
 * out: room for QFS_PARTIES_MAX
 * Result: how many
 */
extern unsigned qfs_parties(const qfs_registry *registry, const qfs_entry *entry, qfs_user_id *out);

/* Hides what the reader does not see. */
extern void qfs_show_to(const qfs_registry *registry, const qfs_reader *reader, qfs_entry *entry);

#endif
