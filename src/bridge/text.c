/*
 * text.c - a text that grows.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "bridge/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/usage.h"

static void
make_room(Text *text, size_t more)
{
	size_t		needed = text->length + more + 1;
	size_t		room = text->room > 0 ? text->room : 256;

	if (needed <= text->room)
		return;
	while (room < needed)
		room *= 2;
	text->data = resize(text->data, room);
	text->room = room;
}

void
text_clear(Text *text)
{
	make_room(text, 0);
	text->length = 0;
	text->data[0] = '\0';
}

void
text_add(Text *text, const char *bytes, size_t length)
{
	make_room(text, length);
	memcpy(text->data + text->length, bytes, length);
	text->length += length;
	text->data[text->length] = '\0';
}

void
text_put(Text *text, const char *words)
{
	text_add(text, words, strlen(words));
}

void
text_json_string(Text *text, const char *bytes, size_t length)
{
	text_put(text, "\"");
	for (size_t i = 0; i < length; i++)
	{
		unsigned char c = (unsigned char) bytes[i];
		char		code[8];

		if (c < ' ')
		{
			snprintf(code, sizeof(code), "\\u%04x", c);
			text_put(text, code);
			continue;
		}
		if (c == '"' || c == '\\')
			text_put(text, "\\");
		text_add(text, bytes + i, 1);
	}
	text_put(text, "\"");
}

void
text_hex(Text *text, const char *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";

	make_room(text, 2 * length);
	for (size_t i = 0; i < length; i++)
	{
		unsigned char c = (unsigned char) bytes[i];

		text->data[text->length++] = digits[c >> 4];
		text->data[text->length++] = digits[c & 15];
	}
	text->data[text->length] = '\0';
}

void
text_free(Text *text)
{
	free(text->data);
	*text = (Text) {NULL, 0, 0};
}
