/*
 * config.c - the configuration file of one command.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "bridge/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/usage.h"

static const Setting shared[] = {
	{"database", SETTING_TEXT, "", 0, 0},
	{"metrics_file", SETTING_TEXT, "", 0, 0},
	{"poll_ms", SETTING_NUMBER, "20", 1, 60000},
	{NULL, SETTING_TEXT, NULL, 0, 0}
};

/* A setting and what the file says of it. */
typedef struct Entry
{
	const Setting *setting;
	const char **values;
	size_t		count;
} Entry;

struct Config
{
	const char *path;
	Entry	   *entries;
	size_t		count;
};

static size_t
count_of(const Setting *table)
{
	size_t		n = 0;

	while (table[n].name != NULL)
		n++;
	return n;
}

static void
add_table(Config *config, const Setting *table)
{
	for (; table->name != NULL; table++)
		config->entries[config->count++].setting = table;
}

static Entry *
find(const Config *config, const char *name)
{
	for (size_t i = 0; i < config->count; i++)
		if (strcmp(config->entries[i].setting->name, name) == 0)
			return &config->entries[i];
	return NULL;
}

static void
check_number(const Config *config, const Setting *s, const char *value, int line)
{
	char	   *end;
	long		n;

	errno = 0;
	n = strtol(value, &end, 10);
	if (end == value || *end != '\0' || errno != 0 || n < s->low || n > s->high)
		fail_usage("%s:%d: %s is a number from %ld to %ld", config->path, line, s->name, s->low, s->high);
}

static void
add_value(const Config *config, Entry *e, const char *value, int line)
{
	if (e->count > 0 && e->setting->kind != SETTING_LIST)
		fail_usage("%s:%d: %s was given before", config->path, line, e->setting->name);
	if (*value == '\0')
		fail_usage("%s:%d: %s has no value", config->path, line, e->setting->name);
	if (e->setting->kind == SETTING_NUMBER)
		check_number(config, e->setting, value, line);
	e->values = resize(e->values, (e->count + 1) * sizeof(*e->values));
	e->values[e->count++] = duplicate(value);
}

static char *
trim(char *text)
{
	size_t		length;

	while (isspace((unsigned char) *text))
		text++;
	length = strlen(text);
	while (length > 0 && isspace((unsigned char) text[length - 1]))
		text[--length] = '\0';
	return text;
}

/* What a line holds may be a password: messages repeat names alone. */
static void
take_line(const Config *config, char *text, int line)
{
	char	   *name = trim(text);
	char	   *equals = strchr(name, '=');
	Entry	   *e;

	if (*name == '\0' || *name == '#')
		return;
	if (equals == NULL)
		fail_usage("%s:%d: expected name = value", config->path, line);
	*equals = '\0';
	name = trim(name);
	e = find(config, name);
	if (e == NULL)
		fail_usage("%s:%d: this command has no setting %s", config->path, line, name);
	add_value(config, e, trim(equals + 1), line);
}

static void
take_file(const Config *config)
{
	FILE	   *file = fopen(config->path, "r");
	char	   *text = NULL;
	size_t		room = 0;
	ssize_t		length;
	int			line = 0;

	if (file == NULL)
		fail_usage("%s: %s", config->path, strerror(errno));
	while ((length = getline(&text, &room, file)) >= 0)
	{
		line++;
		if (strlen(text) != (size_t) length)
			fail_usage("%s:%d: there is a NUL byte", config->path, line);
		take_line(config, text, line);
	}
	if (ferror(file))
		fail_usage("%s: %s", config->path, strerror(errno));
	free(text);
	fclose(file);
}

static void
check_missing(const Config *config)
{
	for (size_t i = 0; i < config->count; i++)
	{
		const Entry *e = &config->entries[i];

		if (e->count == 0 && e->setting->fallback == NULL)
			fail_usage("%s: the setting %s is missing", config->path, e->setting->name);
	}
}

Config *
config_read(const char *path, const Setting *own)
{
	Config	   *config = allocate(sizeof(*config));

	config->path = path;
	config->entries = allocate((count_of(shared) + count_of(own)) * sizeof(*config->entries));
	add_table(config, shared);
	add_table(config, own);
	take_file(config);
	check_missing(config);
	return config;
}

/* A name that is in no table is a fault of the program. */
static const Entry *
known(const Config *config, const char *name)
{
	const Entry *e = find(config, name);

	if (e == NULL)
		abort();
	return e;
}

const char *
config_text(const Config *config, const char *name)
{
	const Entry *e = known(config, name);

	return e->count > 0 ? e->values[0] : e->setting->fallback;
}

long
config_number(const Config *config, const char *name)
{
	return strtol(config_text(config, name), NULL, 10);
}

size_t
config_list(const Config *config, const char *name, const char *const **values)
{
	const Entry *e = known(config, name);

	*values = e->values;
	return e->count;
}
