/*
 * commands.h - the commands of qfs-bridge.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_BRIDGE_COMMANDS_H
#define QFS_BRIDGE_COMMANDS_H

#include <stdbool.h>

#include "bridge/config.h"

typedef struct Options
{
	const char *config;
	bool		check;			/* connect, say what would be done, and do nothing */
	bool		retry_dead;		/* of in: once, what lies in the dead letters */
} Options;

typedef struct Command
{
	const char *name;
	const char *summary;
	const Setting *settings;	/* its own, beside those of config.h */
	int			(*run) (const Config *config, const Options *options);	/* returns the exit code */
} Command;

extern const Command command_in;
extern const Command command_out;
extern const Command command_push;
extern const Command command_publish;

#endif
