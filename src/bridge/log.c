/*
 * log.c - one line an event on standard error, for people and for programs.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "bridge/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 8192

/* A line in the making; what does not fit is cut off. */
typedef struct Line
{
	char		text[LINE_MAX_BYTES];
	size_t		length;
} Line;

static void
put(Line *line, const char *text, size_t length)
{
	/* Room is left for the end of the line. */
	size_t		room = sizeof(line->text) - 2 - line->length;

	if (length > room)
		length = room;
	memcpy(line->text + line->length, text, length);
	line->length += length;
}

static void
put_text(Line *line, const char *text)
{
	put(line, text, strlen(text));
}

static bool
is_word(const char *value)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:/+@-";

	return *value != '\0' && value[strspn(value, plain)] == '\0';
}

static void
put_escaped(Line *line, unsigned char c)
{
	char		code[8];

	if (c == '"' || c == '\\')
		put(line, "\\", 1);
	if (c >= ' ' && c != 0x7f)
		put(line, (const char *) &c, 1);
	else if (c == '\n')
		put_text(line, "\\n");
	else
	{
		snprintf(code, sizeof(code), "\\x%02x", c);
		put_text(line, code);
	}
}

static void
put_value(Line *line, const char *value)
{
	size_t		length = strlen(value);

	/* libpq ends its messages with a line end. */
	while (length > 0 && value[length - 1] == '\n')
		length--;
	if (is_word(value))
	{
		put(line, value, length);
		return;
	}
	put(line, "\"", 1);
	for (size_t i = 0; i < length; i++)
		put_escaped(line, (unsigned char) value[i]);
	put(line, "\"", 1);
}

static void
put_time(Line *line)
{
	struct timespec now;
	struct tm	utc;
	char		text[40];
	size_t		length;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	length = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text + length, sizeof(text) - length, ".%03ldZ", now.tv_nsec / 1000000);
	put_text(line, text);
}

void
log_pairs(LogLevel level, const char *event, const char *const *pairs)
{
	static const char *const names[] = {[LOG_INFO] = "info",[LOG_WARN] = "warn",[LOG_ERROR] = "error"};
	Line		line = {.length = 0};

	put_time(&line);
	put_text(&line, " level=");
	put_text(&line, names[level]);
	put_text(&line, " event=");
	put_text(&line, event);
	for (; *pairs != NULL; pairs += 2)
	{
		put_text(&line, " ");
		put_text(&line, pairs[0]);
		put_text(&line, "=");
		put_value(&line, pairs[1] != NULL ? pairs[1] : "");
	}
	line.text[line.length++] = '\n';
	/* In one call, so that lines of several programs do not mix; there is nobody to tell of a failure. */
	if (write(STDERR_FILENO, line.text, line.length) < 0)
		return;
}

const char *
log_number(int64_t n)
{
	static char texts[4][24];
	static unsigned turn;
	char	   *text = texts[turn++ % 4];

	snprintf(text, sizeof(texts[0]), "%lld", (long long) n);
	return text;
}
