/*
 * commands.h - the commands of qfs-verify: each returns the exit code.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_CLI_COMMANDS_H
#define QFS_CLI_COMMANDS_H

#include "common.h"

extern int	verify_ledger(const Options *options);
extern int	verify_proof(const Options *options);
extern int	verify_bundle(const Options *options);
extern int	what_if(const Options *options);
extern int	consequence_map(const Options *options);

/* What-if with a --template. */
extern int	run_template(const Options *options);

#endif
