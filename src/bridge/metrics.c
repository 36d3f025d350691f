/*
 * metrics.c - numbers for Prometheus, as a file for the node exporter's textfile collector.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "bridge/metrics.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bridge/log.h"
#include "bridge/stop.h"
#include "bridge/usage.h"

#define WRITE_EVERY_MS 5000

typedef struct Series
{
	const char *name;
	const char *help;
	bool		is_counter;
	char	   *stream;			/* "" is none */
	int64_t		value;
} Series;

static struct
{
	const char *file;
	const char *command;
	Series	   *series;
	size_t		count;
	int64_t		written_ms;
	bool		failing;		/* the last attempt to write failed, and was logged */
} state;

void
metrics_open(const Config *config, const char *command)
{
	state.file = config_text(config, "metrics_file");
	state.command = command;
	state.written_ms = monotonic_ms() - WRITE_EVERY_MS;
}

static Series *
find(const char *name, const char *help, const char *stream, bool is_counter)
{
	for (size_t i = 0; i < state.count; i++)
		if (strcmp(state.series[i].name, name) == 0 && strcmp(state.series[i].stream, stream) == 0)
			return &state.series[i];
	state.series = resize(state.series, (state.count + 1) * sizeof(*state.series));
	state.series[state.count] = (Series) {name, help, is_counter, duplicate(stream), 0};
	return &state.series[state.count++];
}

void
metrics_count(const char *name, const char *help, const char *stream, int64_t n)
{
	find(name, help, stream != NULL ? stream : "", true)->value += n;
}

void
metrics_gauge(const char *name, const char *help, const char *stream, int64_t n)
{
	find(name, help, stream != NULL ? stream : "", false)->value = n;
}

static void
put_label(FILE *out, const char *value)
{
	for (; *value; value++)
	{
		if (*value == '"' || *value == '\\')
			putc('\\', out);
		if (*value == '\n')
			fputs("\\n", out);
		else
			putc(*value, out);
	}
}

/* Those of one name stand together, under one head. */
static void
put_family(FILE *out, size_t first)
{
	const Series *head = &state.series[first];

	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", head->name, head->help, head->name,
			head->is_counter ? "counter" : "gauge");
	for (size_t i = first; i < state.count; i++)
	{
		const Series *s = &state.series[i];

		if (strcmp(s->name, head->name) != 0)
			continue;
		fprintf(out, "%s{command=\"%s\"", s->name, state.command);
		if (s->stream[0] != '\0')
		{
			fputs(",stream=\"", out);
			put_label(out, s->stream);
			putc('"', out);
		}
		fprintf(out, "} %lld\n", (long long) s->value);
	}
}

static bool
is_first_of_name(size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(state.series[i].name, state.series[n].name) == 0)
			return false;
	return true;
}

/* A reader finds the old file or the new one, whole. */
static bool
write_file(void)
{
	char		temporary[4096];
	FILE	   *out;
	bool		good;

	if (snprintf(temporary, sizeof(temporary), "%s.new", state.file) >= (int) sizeof(temporary))
	{
		errno = ENAMETOOLONG;
		return false;
	}
	out = fopen(temporary, "w");
	if (out == NULL)
		return false;
	for (size_t i = 0; i < state.count; i++)
		if (is_first_of_name(i))
			put_family(out, i);
	good = !ferror(out);
	good = fclose(out) == 0 && good;
	return good && rename(temporary, state.file) == 0;
}

void
metrics_write(void)
{
	bool		good;

	if (state.file == NULL || state.file[0] == '\0')
		return;
	metrics_gauge("qfs_bridge_alive_seconds", "When these numbers were written, seconds since 1970.", NULL,
				  (int64_t) time(NULL));
	state.written_ms = monotonic_ms();
	good = write_file();
	if (!good && !state.failing)
		log_event(LOG_WARN, "metrics_not_written", "file", state.file, "error", strerror(errno), NULL);
	state.failing = !good;
}

void
metrics_tick(void)
{
	if (monotonic_ms() - state.written_ms >= WRITE_EVERY_MS)
		metrics_write();
}
