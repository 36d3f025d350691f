/*
 * transport.c - what becomes of files on their way, told apart from what is done to ledgers.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "json_sort.h"
#include "transport.h"

void
fail_transport(const char *path, int exit_code, const char *hint, const char *format,...)
{
	va_list		args;

	fprintf(stderr, "qfs-verify: %s: ", strcmp(path, "-") == 0 ? "standard input" : path);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, ".\nThat happens to files on their way, and says nothing of the ledger.  %s\n", hint);
	exit(exit_code);
}

/* ---- files of another kind ---- */

static const struct
{
	const char *bytes;
	size_t		len;
	const char *what;
	const char *hint;
}			beginnings[] = {
#define BEGINNING(bytes, what, hint) {bytes, sizeof(bytes) - 1, what, hint}
	BEGINNING("\xEF\xBB\xBF", "it begins with a byte order mark", "Take its first three bytes away: tail -c +4."),
	BEGINNING("\xFF\xFE\0\0", "it is UTF-32, not UTF-8", "Convert it: iconv -f UTF-32 -t UTF-8."),
	BEGINNING("\xFF\xFE", "it is UTF-16, not UTF-8", "Convert it: iconv -f UTF-16 -t UTF-8."),
	BEGINNING("\xFE\xFF", "it is UTF-16, not UTF-8", "Convert it: iconv -f UTF-16 -t UTF-8."),
	BEGINNING("\x1F\x8B", "it is compressed with gzip", "Unpack it: gunzip -c FILE | qfs-verify ... -"),
	BEGINNING("\x28\xB5\x2F\xFD", "it is compressed with zstd", "Unpack it: zstd -dc FILE | qfs-verify ... -"),
	BEGINNING("\x04\x22\x4D\x18", "it is compressed with lz4", "Unpack it: lz4 -dc FILE | qfs-verify ... -"),
	BEGINNING("\xFD" "7zXZ", "it is compressed with xz", "Unpack it: xz -dc FILE | qfs-verify ... -"),
	BEGINNING("BZh", "it is compressed with bzip2", "Unpack it: bzip2 -dc FILE | qfs-verify ... -"),
	BEGINNING("PK\x03\x04", "it is a zip archive", "Unpack it."),
	BEGINNING("PGDMP", "it is an archive of pg_dump", "Restore it, and export the ledger with qfs.export()."),
	BEGINNING("HTTP/", "it begins with the headers of an HTTP answer", "Save the body alone: curl without -i."),
	BEGINNING("{\"code\":\"", "it is an error of the API in place of the file", "Read it, and fetch the file again."),
	BEGINNING("\"{\"\"", "it is CSV", "Export with psql -At, or COPY without a format."),
#undef BEGINNING
};

static bool
begins_with(qfs_slice text, const char *bytes, size_t len)
{
	return text.len >= len && memcmp(text.data, bytes, len) == 0;
}

static qfs_slice
without_space(qfs_slice text)
{
	while (text.len > 0 && isspace(text.data[0]))
	{
		text.data++;
		text.len--;
	}
	while (text.len > 0 && isspace(text.data[text.len - 1]))
		text.len--;
	return text;
}

bool
is_blank(qfs_slice line)
{
	return without_space(line).len == 0;
}

/* Every second byte of the first four is NUL: no text of ours has one. */
static bool
is_wide(qfs_slice start)
{
	return start.len >= 4 && (start.data[0] == 0) != (start.data[1] == 0) &&
		(start.data[0] == 0) == (start.data[2] == 0) && (start.data[1] == 0) == (start.data[3] == 0);
}

/* psql without -At heads its table with the column's name, which is a word. */
static bool
is_psql_table(qfs_slice start)
{
	const uint8_t *end = memchr(start.data, '\n', start.len);
	qfs_slice	head = without_space((qfs_slice) {start.data, end != NULL ? (size_t) (end - start.data) : start.len});

	if (head.len == 0 || end == NULL || end + 1 == start.data + start.len || end[1] != '-')
		return false;
	for (size_t i = 0; i < head.len; i++)
		if (!islower(head.data[i]) && head.data[i] != '_')
			return false;
	return true;
}

void
check_first_bytes(const char *path, qfs_slice start)
{
	qfs_slice	text = without_space(start);

	if (start.len == 0)
		fail_transport(path, EXIT_USAGE, "Fetch it again.", "it is empty");
	if (text.len == 0)
		fail_transport(path, EXIT_USAGE, "Fetch it again.", "it holds nothing but blank lines");
	for (size_t i = 0; i < QFS_ROWS(beginnings); i++)
		if (begins_with(start, beginnings[i].bytes, beginnings[i].len))
			fail_transport(path, EXIT_USAGE, beginnings[i].hint, "%s", beginnings[i].what);
	if (is_wide(start))
		fail_transport(path, EXIT_USAGE, "Convert it: iconv -f UTF-16 -t UTF-8.", "it is UTF-16, not UTF-8");
	if (text.data[0] == '<')
		fail_transport(path, EXIT_USAGE, "Look at what the server answered, and fetch it again.",
					   "it is HTML or XML, an error page perhaps");
	if (is_psql_table(start))
		fail_transport(path, EXIT_USAGE, "Export with psql -At.", "it is a table as psql shows it to people");
}

/* ---- whole files ---- */

static bool
has_carriage_return(qfs_slice text)
{
	return memchr(text.data, '\r', text.len) != NULL;
}

void
check_note_bytes(const char *path, qfs_slice text)
{
	static const char dash[] = "\xE2\x80\x94 ";
	size_t		last;

	check_first_bytes(path, text);
	if (has_carriage_return(text))
		fail_transport(path, EXIT_USAGE, "Take the CR away: tr -d '\\r'.", "its lines end in CR LF");
	if (text.data[text.len - 1] != '\n')
		fail_transport(path, EXIT_USAGE, "Fetch it again; in a shell, $(...) loses line ends.",
					   "it is cut off, its last line does not end");
	if (text.len >= 2 && text.data[text.len - 2] == '\n')
		fail_transport(path, EXIT_USAGE, "Take the blank lines away.", "blank lines follow its end");
	for (last = text.len - 1; last > 0 && text.data[last - 1] != '\n';)
		last--;
	if (!begins_with((qfs_slice) {text.data + last, text.len - last}, dash, sizeof(dash) - 1))
		fail_transport(path, EXIT_USAGE, "Fetch it again.", "it is cut off, it does not end with a signature");
}

void
check_json_bytes(const char *path, qfs_slice text)
{
	check_first_bytes(path, text);
	if (json_is_cut_off(text))
		fail_transport(path, EXIT_USAGE, "Fetch it again.", "it is cut off after %zu bytes", text.len);
}

void
check_entry_bytes(const char *path, qfs_slice line)
{
	check_first_bytes(path, line);
	if (line.data[line.len - 1] == '\r')
		fail_transport(path, EXIT_USAGE, "Take the CR away: tr -d '\\r'.", "its line ends in CR LF");
	if (line.data[line.len - 1] == '\n')
		fail_transport(path, EXIT_USAGE, "Take the blank lines away.", "blank lines follow the entry");
	check_json_bytes(path, line);
}

/* ---- lines ---- */

bool
next_line_of(LineReader *r)
{
	r->len = 0;
	r->whole = 0;
	r->ended = false;
	r->number++;
	while (!r->ended)
	{
		const uint8_t *start;
		const uint8_t *end;
		size_t		n;
		size_t		kept;

		if (r->at == r->filled)
		{
			n = fread(r->chunk, 1, sizeof(r->chunk), r->file);
			/* The chunk stays as it is, for who wants to see the beginning. */
			if (n == 0)
				return r->whole > 0;
			r->at = 0;
			r->filled = n;
		}
		start = r->chunk + r->at;
		end = memchr(start, '\n', r->filled - r->at);
		r->ended = end != NULL;
		n = r->ended ? (size_t) (end - start) : r->filled - r->at;
		kept = n < sizeof(r->line) - r->len ? n : sizeof(r->line) - r->len;
		memcpy(r->line + r->len, start, kept);
		r->len += kept;
		r->whole += n;
		r->at += n + (r->ended ? 1 : 0);
	}
	return true;
}

qfs_slice
first_bytes_of(const LineReader *r)
{
	/* A first line longer than the chunk has filled it anew, and has kept its own beginning. */
	if (r->whole >= sizeof(r->chunk))
		return line_of(r);
	return (qfs_slice) {r->chunk, r->filled};
}

qfs_slice
line_of(const LineReader *r)
{
	return (qfs_slice) {r->line, r->len};
}
