/*
 * main.c - qfs-bridge: options and commands.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/commands.h"
#include "bridge/log.h"
#include "bridge/metrics.h"
#include "bridge/stop.h"
#include "bridge/usage.h"

static const Command *const commands[] = {&command_in, &command_out, &command_push, &command_publish};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

enum
{
	OPTION_CONFIG = 256,		/* no letter has such a number */
	OPTION_CHECK,
	OPTION_RETRY_DEAD,
	OPTION_HELP,
	OPTION_VERSION
};

static const struct option option_names[] = {
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"retry-dead", no_argument, NULL, OPTION_RETRY_DEAD},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{NULL, 0, NULL, 0}
};

static void
print_help(void)
{
	puts("qfs-bridge carries events into a qfs ledger, and its entries out.\n"
		 "\n"
		 "Usage:\n"
		 "  qfs-bridge COMMAND --config FILE [--check]\n"
		 "\n"
		 "Commands:");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-9s %s\n", commands[i]->name, commands[i]->summary);
	puts("\n"
		 "Options:\n"
		 "  --config FILE  lines name = value; man qfs-bridge lists the names\n"
		 "  --check        connect, say what would be done, and do nothing\n"
		 "  --retry-dead   of in: take the dead letters once more, and end\n"
		 "  --help, --version\n"
		 "\n"
		 "A signal stops it after the step at hand.\n"
		 "Exit code: 0 stopped or done, 1 it must not go on, 2 wrong usage or configuration.");
}

static const Command *
find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	fail_usage("unknown command %s", name);
}

/* Exits: a text that cannot be written was not written. */
static void
finish_text(void)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		fail_usage("the text could not be written");
	exit(EXIT_STOPPED);
}

static void
take_word(const char *word, const Command **command)
{
	if (*command != NULL)
		fail_usage("one command, please: %s and %s were given", (*command)->name, word);
	*command = find_command(word);
}

/* What getopt_long did not take; as qfs-verify tells it. */
static void
refuse_option(int option, const char *text)
{
	int			length = (int) strcspn(text, "=");

	if (option == 0)
		fail_usage("unknown option %.*s", length, text);
	if (option < OPTION_CONFIG)
		fail_usage("unknown option -%c", option);
	fail_usage("%.*s takes no value", length, text);
}

static void
take_option(int option, Options *o)
{
	switch (option)
	{
		case OPTION_CONFIG:
			o->config = optarg;
			break;
		case OPTION_CHECK:
			o->check = true;
			break;
		case OPTION_RETRY_DEAD:
			o->retry_dead = true;
			break;
		case OPTION_HELP:
			print_help();
			finish_text();
			break;
		case OPTION_VERSION:
			puts("qfs-bridge " QFS_VERSION);
			finish_text();
			break;
	}
}

static const Command *
parse_arguments(int argc, char **argv, Options *o)
{
	const Command *command = NULL;
	int			option;

	opterr = 0;
	/* "-": words come as option 1, whatever POSIXLY_CORRECT says; ":": a missing value as ':'. */
	while ((option = getopt_long(argc, argv, "-:", option_names, NULL)) != -1)
	{
		if (option == 1)
			take_word(optarg, &command);
		else if (option == ':')
			fail_usage("%s needs a value", argv[optind - 1]);
		else if (option == '?')
			refuse_option(optopt, argv[optind - 1]);
		else
			take_option(option, o);
	}
	while (optind < argc)
		take_word(argv[optind++], &command);
	if (command == NULL)
		fail_usage("which command?");
	if (o->config == NULL)
		fail_usage("which configuration?  --config FILE");
	if (o->retry_dead && command != &command_in)
		fail_usage("--retry-dead is an option of in");
	return command;
}

int
main(int argc, char **argv)
{
	Options		options = {0};
	const Command *command = parse_arguments(argc, argv, &options);
	const Config *config = config_read(options.config, command->settings);
	int			code;

	stop_install();
	log_event(LOG_INFO, "started", "command", command->name, "version", QFS_VERSION, NULL);
	/* A look leaves the numbers of the one that runs alone. */
	if (!options.check && !options.retry_dead)
		metrics_open(config, command->name);
	code = command->run(config, &options);
	metrics_write();
	log_event(code == EXIT_STOPPED ? LOG_INFO : LOG_ERROR, "stopped", "code", log_number(code), NULL);
	return code;
}
