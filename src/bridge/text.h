/*
 * text.h - a text that grows.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_BRIDGE_TEXT_H
#define QFS_BRIDGE_TEXT_H

#include <stddef.h>

/* Begins as {0}. */
typedef struct Text
{
	char	   *data;			/* ends with a NUL that length does not count; NULL while nothing was added */
	size_t		length;
	size_t		room;
} Text;

/* Empties it; the memory stays. */
extern void text_clear(Text *text);

extern void text_add(Text *text, const char *bytes, size_t length);
extern void text_put(Text *text, const char *words);

/* A JSON string of these bytes, with its quotation marks; whether they are UTF-8 is not looked at. */
extern void text_json_string(Text *text, const char *bytes, size_t length);

/* Two hexadecimal digits a byte. */
extern void text_hex(Text *text, const char *bytes, size_t length);

extern void text_free(Text *text);

#endif
