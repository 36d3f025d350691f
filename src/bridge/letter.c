/*
 * letter.c - an entry of an incoming stream: its fields, as the database takes them, and as a dead letter.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "bridge/letter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/usage.h"

static bool
is_named(const Letter *letter, size_t n, const char *name)
{
	const redisReply *field = letter->fields->element[n];

	return field->len == strlen(name) && memcmp(field->str, name, field->len) == 0;
}

Letter
letter_of(const redisReply *entry, bool dead)
{
	Letter		letter = {.id = entry->element[0]->str, .place = entry->element[0]->str, .fields = entry->element[1]};

	letter.count = letter.fields->elements;
	if (dead && letter.count >= 6 && is_named(&letter, letter.count - 6, LETTER_ID) &&
		is_named(&letter, letter.count - 4, LETTER_CODE) && is_named(&letter, letter.count - 2, LETTER_TEXT))
	{
		letter.count -= 6;
		letter.id = letter.fields->element[letter.count + 1]->str;
	}
	return letter;
}

void
letter_kill(Letter *letter, const char *code, const char *text)
{
	letter_free(letter);
	letter->code = duplicate(code);
	letter->text = duplicate(text);
}

void
letter_free(Letter *letter)
{
	free(letter->code);
	free(letter->text);
	letter->code = letter->text = NULL;
}

static size_t
size_of(const Letter *letter)
{
	size_t		size = 0;

	for (size_t n = 0; n < letter->count; n++)
		size += letter->fields->element[n]->len;
	return size;
}

/* Which of two would count, nobody should have to know. */
static const char *
field_twice(const Letter *letter)
{
	static const char *const names[] = {"event", "type", "payload", "actor", "auth"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		int			times = 0;

		for (size_t n = 0; n < letter->count; n += 2)
			times += is_named(letter, n, names[i]);
		if (times > 1)
			return names[i];
	}
	return NULL;
}

static void
check(Letter *letter)
{
	char		text[128];
	const char *twice;

	if (size_of(letter) > LETTER_MAX)
		letter_kill(letter, "QFS_ENTRY_TOO_LARGE", "the entry is larger than it may be");
	else if ((twice = field_twice(letter)) != NULL)
	{
		snprintf(text, sizeof(text), "what the stream brought is not an event (the field %s is there twice)", twice);
		letter_kill(letter, "QFS_STREAM_EVENT", text);
	}
}

static void
put_fields(const Letter *letter, Text *json)
{
	text_put(json, "{");
	for (size_t n = 0; n < letter->count; n++)
	{
		const redisReply *one = letter->fields->element[n];

		if (n > 0)
			text_put(json, n % 2 == 0 ? "," : ":");
		text_json_string(json, one->str, one->len);
	}
	text_put(json, "}");
}

void
letter_put(Letter *letter, Text *array)
{
	static Text json;

	if (letter->code == NULL)
		check(letter);
	if (letter->kept)
	{
		text_put(array, "NULL");
		return;
	}
	text_clear(&json);
	if (letter->code == NULL)
		put_fields(letter, &json);
	else
		text_put(&json, "{}");
	/* A bytea in hexadecimal, quoted as an element of an array. */
	text_put(array, "\"\\\\x");
	text_hex(array, json.data, json.length);
	text_put(array, "\"");
}

void
letter_command(const Letter *letter, const char *stream, const char *id, RedisCommand *command)
{
	redis_command_clear(command);
	redis_word(command, "XADD");
	redis_word(command, stream);
	redis_word(command, id);
	for (size_t n = 0; n < letter->count; n++)
		redis_bytes(command, letter->fields->element[n]->str, letter->fields->element[n]->len);
	redis_word(command, LETTER_ID);
	redis_word(command, letter->id);
	redis_word(command, LETTER_CODE);
	redis_word(command, letter->code);
	redis_word(command, LETTER_TEXT);
	redis_word(command, letter->text);
}
