/*
 * config.h - the configuration file of one command.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Lines `name = value`; `#` begins a comment line.  A name that the command
 * does not know, one that is there twice, or a value that is out of range ends
 * the program with the file's name and the line.
 */
#ifndef QFS_BRIDGE_CONFIG_H
#define QFS_BRIDGE_CONFIG_H

#include <stddef.h>

typedef enum SettingKind
{
	SETTING_TEXT,
	SETTING_NUMBER,
	SETTING_LIST				/* may be there several times */
} SettingKind;

typedef struct Setting
{
	const char *name;			/* NULL ends a table */
	SettingKind kind;
	const char *fallback;		/* value if the file has none; NULL: the file has to have one */
	long		low;			/* range of a number, its ends included */
	long		high;
} Setting;

typedef struct Config Config;

/*
 * own: the settings of the command; those that all commands have come on top:
 *   database      connection string of libpq; empty: its environment decides
 *   metrics_file  where Prometheus' text goes; empty: nowhere
 *   poll_ms       how often a follower looks for new entries
 * An error of the file exits with EXIT_USAGE.
 */
extern Config *config_read(const char *path, const Setting *own);

/* Values by name, in memory that lives as long as the program. */
extern const char *config_text(const Config *config, const char *name);
extern long config_number(const Config *config, const char *name);

/* Returns how many there are. */
extern size_t config_list(const Config *config, const char *name, const char *const **values);

#endif
