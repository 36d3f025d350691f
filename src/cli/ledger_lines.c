/*
 * ledger_lines.c - the lines of an exported ledger, as whichever library wrote them.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "ledger_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/status.h"

FILE *
open_twice(const char *path)
{
	FILE	   *file = open_file(path);
	FILE	   *copy;
	char		block[65536];
	size_t		len;

	if (fseek(file, 0, SEEK_CUR) == 0)
		return file;
	copy = tmpfile();
	if (copy == NULL)
		fail_usage("a temporary file: %s", strerror(errno));
	while ((len = fread(block, 1, sizeof(block), file)) > 0)
		if (fwrite(block, 1, len, copy) != len)
			fail_usage("a temporary file: %s", strerror(errno));
	if (ferror(file))
		fail_usage("%s: %s", path, strerror(errno));
	rewind(copy);
	return copy;
}

qfs_status
read_line(qfs_slice line, Reading *reading)
{
	qfs_status	status = qfs_line_read(line, &reading->entry, &reading->fault);
	qfs_buf		sorted;

	if (status != QFS_JSON_SYNTAX && status != QFS_JSON_NUMBER && line.len <= QFS_LINE_MAX)
		return status;
	qfs_buf_init(&sorted, reading->room, sizeof(reading->room));
	if (json_sort(line, &sorted, NULL) != QFS_OK)
		return status;
	return qfs_line_read(qfs_buf_slice(&sorted), &reading->entry, &reading->fault);
}

/* ---- progress, on a terminal ---- */

typedef struct Progress
{
	bool		shown;
	uint64_t	total;			/* bytes; 0 = unknown */
	uint64_t	done;
	int			percent;
} Progress;

static Progress
begin_progress(const Options *options, FILE *file)
{
	Progress	p = {.percent = -1};
	struct stat st;

	p.shown = !options->quiet && !options->json && isatty(STDERR_FILENO);
	if (fstat(fileno(file), &st) == 0 && S_ISREG(st.st_mode))
		p.total = (uint64_t) st.st_size;
	p.shown = p.shown && p.total > 0;
	return p;
}

static void
show_progress(Progress *p, size_t bytes)
{
	int			percent;

	p->done += bytes;
	if (!p->shown)
		return;
	percent = (int) (p->done * 100 / p->total);
	if (percent == p->percent)
		return;
	p->percent = percent;
	fprintf(stderr, "\r[%-50.*s] %3d%%", percent / 2,
			"##################################################", percent);
}

static void
end_progress(const Progress *p)
{
	if (p->shown && p->percent >= 0)
		fputs("\r\033[K", stderr);
}

/* ---- the whole file ---- */

/* Of a file on its way; what was found in the ledger before that remains found. */
#define FAIL_LINE(lines, hint, ...) \
	fail_transport((lines)->path, (lines)->found ? EXIT_FAULT : EXIT_USAGE, hint, __VA_ARGS__)

static bool
is_all_zero(const LineReader *reader)
{
	for (size_t i = 0; i < reader->len; i++)
		if (reader->line[i] != 0)
			return false;
	return reader->len > 0;
}

/* Do two entries meet on this line, with that between them? */
static bool
holds_meeting(qfs_slice line, const char *between)
{
	char		text[32];
	size_t		len = (size_t) snprintf(text, sizeof(text), "}%s{\"accounts\":", between);

	for (size_t i = 0; i + len <= line.len; i++)
		if (line.data[i] == '}' && memcmp(line.data + i, text, len) == 0)
			return true;
	return false;
}

/* Line ends that are no line ends, or none at all. */
static void
check_line_ends(const LedgerLines *l)
{
	const LineReader *r = &l->reader;
	qfs_slice	line = line_of(r);
	unsigned long long number = r->number;

	if (number == 1 && holds_meeting(line, "\r"))
		FAIL_LINE(l, "Convert it: tr '\\r' '\\n'.", "its lines end in CR");
	if (line.len == r->whole && line.len > 0 && line.data[line.len - 1] == '\r')
		FAIL_LINE(l, "Take the CR away: tr -d '\\r'.", "line %llu ends in CR LF", number);
	if (is_all_zero(r))
		FAIL_LINE(l, "Fetch it again.", "line %llu is %llu bytes of zero", number, (unsigned long long) r->whole);
	if (number == 1 && r->ended && line.len == 1 && (line.data[0] == '{' || line.data[0] == '['))
		FAIL_LINE(l, "Write a line an entry: jq -c .", "its first entry goes over several lines");
	if (number == 1 && (holds_meeting(line, "") || holds_meeting(line, " ") || holds_meeting(line, ",")))
		FAIL_LINE(l, "Export with psql -At: a line an entry.", "its line ends are lost, all entries are on one line");
}

/*
 * Blank lines between entries of which none is missing are one fault of a
 * file's; where they stand in an entry's place they are another.
 */
static void
check_blank_lines(LedgerLines *l, qfs_status status)
{
	static const qfs_slice nothing = {(const uint8_t *) "", 0};
	qfs_entry	entry;
	qfs_error	fault;

	if (status == QFS_OK && l->blank > 0 && l->reading.entry.seq == l->next)
		FAIL_LINE(l, "Take the blank lines away: grep .", "line %llu is blank",
				  (unsigned long long) l->reader.number - 1);
	for (; l->blank > 0 && qfs_line_read(nothing, &entry, &fault) != QFS_OK; l->blank--)
		l->take(l->context, l, NULL, &fault);
}

static void
check_line(LedgerLines *l)
{
	const LineReader *r = &l->reader;
	qfs_slice	line = line_of(r);
	qfs_status	status;

	check_line_ends(l);
	if (!r->ended && r->whole == line.len && json_is_cut_off(line))
		FAIL_LINE(l, "Fetch it again.", "it is cut off, line %llu ends after %llu bytes",
				  (unsigned long long) r->number, (unsigned long long) r->whole);
	status = r->whole == line.len ? read_line(line, &l->reading) :
		qfs_fail(&l->reading.fault, QFS_ENTRY_TOO_LARGE, "%u bytes", r->whole);
	check_blank_lines(l, status);
	l->take(l->context, l, status == QFS_OK ? &l->reading.entry : NULL, &l->reading.fault);
}

void
read_lines(const Options *options, FILE *file, LineTaker take, void *context)
{
	Progress	progress = begin_progress(options, file);
	LedgerLines *l = calloc(1, sizeof(*l));

	if (l == NULL)
		fail_usage("there is no memory");
	l->path = options->file;
	l->take = take;
	l->context = context;
	l->reader.file = file;
	while (next_line_of(&l->reader))
	{
		show_progress(&progress, (size_t) l->reader.whole + 1);
		if (l->reader.number == 1)
			check_first_bytes(options->file, first_bytes_of(&l->reader));
		if (is_blank(line_of(&l->reader)))
			l->blank++;
		else
			check_line(l);
	}
	end_progress(&progress);
	if (ferror(file))
		fail_usage("%s: %s", options->file, strerror(errno));
	if (l->reader.number == 1)
		check_first_bytes(options->file, (qfs_slice) {l->reader.line, 0});
	if (l->blank > 0)
		FAIL_LINE(l, "Take the blank lines away: grep .", "%llu blank lines follow its last entry",
				  (unsigned long long) l->blank);
	free(l);
}
