/*
 * common.c - what the commands of qfs-verify share: errors, faults, files, memory.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "common.h"
#include "text/json.h"
#include "text/utf8.h"

void
fail_usage(const char *format,...)
{
	va_list		args;

	fputs("qfs-verify: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("\nTry qfs-verify --help.\n", stderr);
	exit(EXIT_USAGE);
}

void
refuse_question(const Options *options)
{
	if (options->changes != NULL || options->actions != NULL || options->from != NULL || options->size != NULL ||
		options->expect != NULL || options->proposal != NULL || options->template != NULL || options->params != NULL)
		fail_usage("--changes, --actions, --from, --size, --expect, --proposal, --template and --params belong to qfs-verify what-if and consequence-map");
}

static void *
allocate(void *context, size_t size)
{
	(void) context;
	return malloc(size);
}

static void
release(void *context, void *memory)
{
	(void) context;
	free(memory);
}

qfs_allocator
heap_allocator(void)
{
	return (qfs_allocator) {allocate, release, NULL};
}

static void
print_json_string(const char *text)
{
	uint8_t		memory[2 * QFS_DETAIL_MAX * 3];
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_json_write_string(&buf, qfs_slice_of(text));
	fwrite(buf.data, 1, buf.len, stdout);
}

/* A detail may repeat bytes of a file that is no text; what we say is UTF-8. */
static void
make_text(char *detail)
{
	if (qfs_utf8_check(qfs_slice_of(detail)))
		return;
	for (; *detail; detail++)
		if ((unsigned char) *detail >= 0x80)
			*detail = '?';
}

void
print_fault(const Options *options, int64_t seq, const qfs_error *given)
{
	qfs_error	copy = *given;
	const qfs_error *fault = &copy;

	make_text(copy.detail);
	if (options->json)
	{
		printf("{\"code\":\"%s\",\"detail\":", qfs_status_code(fault->status));
		print_json_string(fault->detail);
		if (seq >= 0)
			printf(",\"seq\":%lld", (long long) seq);
		puts("}");
	}
	else if (seq >= 0)
		printf("%s: entry %lld: %s: %s (%s)\n",
			   fault->status == QFS_OUTCOME_ACKNOWLEDGED ? "acknowledged" : "fault", (long long) seq,
			   qfs_status_code(fault->status), qfs_status_message(fault->status), fault->detail);
	else
		printf("fault: %s: %s (%s)\n", qfs_status_code(fault->status),
			   qfs_status_message(fault->status), fault->detail);
}

FILE *
open_file(const char *path)
{
	static bool is_read;
	FILE	   *file;

	if (strcmp(path, "-") == 0)
	{
		if (is_read)
			fail_usage("standard input can be read once");
		is_read = true;
		return stdin;
	}
	file = fopen(path, "rb");
	if (file == NULL)
		fail_usage("%s: %s", path, strerror(errno));
	return file;
}

/* Twice the room, but not more than limit and one byte, which tells that there is more. */
static void
grow(uint8_t **data, size_t *capacity, size_t limit)
{
	*capacity = *capacity <= limit / 2 ? *capacity * 2 : limit + 1;
	*data = realloc(*data, *capacity);
	if (*data == NULL)
		fail_usage("there is no memory");
}

qfs_slice
read_file(const char *path, size_t limit, const char *what)
{
	FILE	   *file = open_file(path);
	size_t		capacity = 1 << 15;
	size_t		len = 0;
	uint8_t    *data = NULL;

	do
	{
		grow(&data, &capacity, limit);
		len += fread(data + len, 1, capacity - len, file);
	} while (len == capacity && len <= limit);
	if (ferror(file))
		fail_usage("%s: %s", path, strerror(errno));
	if (len > limit)
		fail_usage("%s is too long to be %s", path, what);
	if (file != stdin)
		fclose(file);
	return (qfs_slice) {data, len};
}

qfs_slice
read_note(const char *path)
{
	qfs_slice	note = read_file(path, 2 * QFS_NOTE_MAX, "a note or a proof");

	/* psql ends its output with a line end of its own. */
	if (note.len >= 2 && note.data[note.len - 1] == '\n' && note.data[note.len - 2] == '\n')
		note.len--;
	return note;
}

qfs_vkey
parse_key(const char *text)
{
	qfs_vkey	vkey;
	qfs_error	err;

	if (qfs_vkey_parse(qfs_slice_of(text), &vkey, &err) != QFS_OK)
		fail_usage("--key: %s (%s)", qfs_status_message(err.status), err.detail);
	return vkey;
}
