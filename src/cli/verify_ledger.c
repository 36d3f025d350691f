/*
 * verify_ledger.c - qfs-verify ledger: an exported ledger, line by line.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The file is streamed, twice: memory grows with what the rules remember
 * (accounts, event types), not with the number of entries.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/status.h"
#include "commands.h"
#include "json_sort.h"
#include "ledger/audit.h"
#include "ledger/registry.h"
#include "ledger/state_hash.h"
#include "text/json.h"
#include "transport.h"

static qfs_status
report(void *context, uint64_t seq, const qfs_error *fault)
{
	print_fault(context, (int64_t) seq, fault);
	return QFS_OK;
}

/* The input, to be read twice: what comes through a pipe is kept in a file meanwhile. */
static FILE *
open_input(const Options *options)
{
	FILE	   *file = open_file(options->file);
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
		fail_usage("%s: %s", options->file, strerror(errno));
	rewind(copy);
	return copy;
}

/* ---- a line, as whichever library wrote it ---- */

/* An entry, and the line in canonical form where it was in another. */
typedef struct Reading
{
	qfs_entry	entry;
	qfs_error	fault;
	uint8_t		room[JSON_SORT_ROOM * LINE_ROOM];
} Reading;

/*
 * Most lines are canonical, and are read as they are.  Of others the value
 * counts (docs/format.md), unless it is no JSON at all.
 * Errors, with reading->fault: those of qfs_line_read.
 */
static qfs_status
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

/* ---- outcomes that are wrong, and acknowledged by a later entry ---- */

/* Are these letters anywhere in it? */
static bool
contains(qfs_slice line, const char *letters)
{
	size_t		len = strlen(letters);
	const uint8_t *at = line.data;
	const uint8_t *end = line.data + line.len;

	while (at < end && (at = memchr(at, letters[0], (size_t) (end - at))) != NULL && (size_t) (end - at) >= len)
	{
		if (memcmp(at, letters, len) == 0)
			return true;
		at++;
	}
	return false;
}

typedef struct Acknowledged
{
	uint64_t   *seqs;
	size_t		count;
} Acknowledged;

static void
add_those_of(Acknowledged *a, const qfs_rule *rule, qfs_slice line, Reading *reading)
{
	uint64_t	seq;

	/* A type may be spelled with escapes. */
	if ((!contains(line, rule->type) && !contains(line, "\\u")) || read_line(line, reading) != QFS_OK ||
		!qfs_slice_equal(reading->entry.type, qfs_slice_of(rule->type)))
		return;
	for (size_t n = 0; rule->acknowledges(&reading->entry, n, &seq); n++)
	{
		a->seqs = realloc(a->seqs, (a->count + 1) * sizeof(*a->seqs));
		if (a->seqs == NULL)
			fail_usage("there is no memory");
		a->seqs[a->count++] = seq;
	}
}

static bool
is_acknowledged(void *context, uint64_t seq)
{
	const Acknowledged *a = context;

	for (size_t i = 0; i < a->count; i++)
		if (a->seqs[i] == seq)
			return true;
	return false;
}

/* They come later than what they acknowledge, so they are read first. */
static Acknowledged
read_acknowledged(FILE *file)
{
	Acknowledged a = {NULL, 0};
	LineReader *reader = calloc(1, sizeof(*reader));
	Reading    *reading = malloc(sizeof(*reading));

	if (reader == NULL || reading == NULL)
		fail_usage("there is no memory");
	reader->file = file;
	while (next_line_of(reader))
	{
		for (const qfs_rule *const *rule = qfs_registry_own.rules; *rule != NULL; rule++)
			if ((*rule)->acknowledges != NULL)
				add_those_of(&a, *rule, line_of(reader), reading);
	}
	free(reader);
	free(reading);
	rewind(file);
	return a;
}

/* ---- checkpoints, in the order of their sizes ---- */

typedef struct Checkpoints
{
	qfs_checkpoint *list;
	size_t		count;
	size_t		next;
} Checkpoints;

static int
compare_sizes(const void *a, const void *b)
{
	uint64_t	x = ((const qfs_checkpoint *) a)->size;
	uint64_t	y = ((const qfs_checkpoint *) b)->size;

	return (x > y) - (x < y);
}

static Checkpoints
read_checkpoints(const Options *options)
{
	Checkpoints c = {calloc(options->checkpoint_count + 1, sizeof(qfs_checkpoint)), 0, 0};

	if (c.list == NULL)
		fail_usage("there is no memory");
	for (size_t i = 0; i < options->checkpoint_count; i++)
	{
		qfs_slice	note = read_note(options->checkpoints[i]);
		qfs_error	err;

		check_note_bytes(options->checkpoints[i], note);
		if (qfs_checkpoint_parse(note, &c.list[i], &err) != QFS_OK)
			fail_usage("%s: %s (%s)", options->checkpoints[i], qfs_status_message(err.status), err.detail);
		if (c.list[i].size == 0)
			fail_usage("%s: a checkpoint of size 0 says nothing", options->checkpoints[i]);
		c.count++;
	}
	qsort(c.list, c.count, sizeof(*c.list), compare_sizes);
	return c;
}

/* Those that the ledger has just reached, or at the end all that are left. */
static void
check_reached(Checkpoints *c, qfs_audit *audit, bool at_end)
{
	while (c->next < c->count &&
		   (at_end || c->list[c->next].size <= audit->chain.frontier.size))
		qfs_audit_checkpoint(audit, &c->list[c->next++]);
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

/* The lines of a file, on their way to the verifier. */
typedef struct Lines
{
	const Options *options;
	qfs_audit  *audit;
	LineReader	reader;
	Reading		reading;		/* of this line */
	uint64_t	blank;			/* lines before this one that hold nothing */
} Lines;

/* Of a file on its way; what was found in the ledger before that remains found. */
#define FAIL_LINE(lines, hint, ...) \
	fail_transport((lines)->options->file, \
				   (lines)->audit->faults > 0 ? EXIT_FAULT : EXIT_USAGE, hint, __VA_ARGS__)

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
check_line_ends(const Lines *l)
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
check_blank_lines(Lines *l, qfs_status status)
{
	static const qfs_slice nothing = {(const uint8_t *) "", 0};

	if (l->blank == 0)
		return;
	if (status == QFS_OK && l->reading.entry.seq == l->audit->chain.frontier.size)
		FAIL_LINE(l, "Take the blank lines away: grep .", "line %llu is blank",
				  (unsigned long long) l->reader.number - 1);
	for (; l->blank > 0; l->blank--)
		qfs_audit_line(l->audit, nothing);
}

static void
check_line(Lines *l)
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
	if (status == QFS_OK)
		qfs_audit_entry(l->audit, &l->reading.entry);
	else
		qfs_audit_unreadable(l->audit, l->audit->chain.frontier.size, &l->reading.fault);
}

static void
read_lines(const Options *options, FILE *file, qfs_audit *audit, Checkpoints *checkpoints)
{
	Progress	progress = begin_progress(options, file);
	Lines	   *l = calloc(1, sizeof(*l));

	if (l == NULL)
		fail_usage("there is no memory");
	l->options = options;
	l->audit = audit;
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
		check_reached(checkpoints, audit, false);
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

static void
print_hash(const char *prefix, const qfs_hash *hash, const char *suffix)
{
	uint8_t		digits[2 * QFS_HASH_LEN];
	qfs_buf		buf;

	qfs_buf_init(&buf, digits, sizeof(digits));
	qfs_buf_hex(&buf, hash->bytes, sizeof(hash->bytes));
	printf("%s%.*s%s", prefix, (int) buf.len, (const char *) digits, suffix);
}

static void
print_root(qfs_audit *audit, const char *prefix, const char *suffix)
{
	qfs_error	err;
	qfs_hash	root;

	if (audit->chain.rooted && qfs_frontier_root(&audit->chain.frontier, &root, &err) == QFS_OK)
		print_hash(prefix, &root, suffix);
}

/* The last entry's hash, and what qfs.state_hash() says of a sound ledger's tables. */
static void
print_state(const Options *options, qfs_audit *audit)
{
	qfs_error	err;
	qfs_hash	hash;

	if (qfs_state_of_memory(audit->memory, &qfs_registry_own, heap_allocator(), &hash, &err) != QFS_OK)
		fail_usage("there is no memory");
	if (options->json)
	{
		print_hash("{\"head\":\"", &audit->chain.head, "\",");
		print_hash("\"state\":\"", &hash, "\"}\n");
	}
	else
	{
		print_hash("head:  ", &audit->chain.head, "\n");
		print_hash("state: ", &hash, "\n");
	}
}

static void
print_result(const Options *options, qfs_audit *audit, size_t checkpoints)
{
	unsigned long long entries = audit->chain.frontier.size;
	unsigned long long faults = audit->faults;
	unsigned long long acknowledged = audit->acknowledged;
	unsigned long long erased = audit->erased;

	if (options->json)
	{
		printf("{\"acknowledged\":%llu,\"checkpoints\":%zu,\"entries\":%llu,\"erased\":%llu,\"faults\":%llu",
			   acknowledged, checkpoints, entries, erased, faults);
		print_root(audit, ",\"root\":\"", "\"");
		printf(",\"sound\":%s}\n", faults == 0 ? "true" : "false");
		return;
	}
	if (options->quiet)
		return;
	if (faults > 0)
		printf("NOT SOUND: %llu faults in %llu entries\n", faults, entries);
	else
	{
		printf("sound: %llu entries of %s, depth %s, %zu checkpoints\n",
			   entries, audit->origin, options->depth, checkpoints);
		print_root(audit, "root:  ", "\n");
	}
	if (acknowledged > 0)
		printf("note:  %llu outcomes are not what the rules give, and were acknowledged\n", acknowledged);
	if (erased > 0)
		printf("note:  payloads erased, as entries say: %llu; neither schema nor signature of them can be checked\n", erased);
	if (checkpoints == 0)
		puts("note:  without a checkpoint nobody can tell whether entries are missing at the end,\n"
			 "       or whether the whole ledger was written anew");
	else if (options->key == NULL)
		puts("note:  without --key the checkpoints are only as good as the ledger's own word");
}

/* One JSON object a session, as qfs.session_replay() gives them. */
static void
print_sessions(qfs_audit *audit)
{
	const qfs_session_record *session;
	size_t		position = 0;

	while ((session = qfs_audit_next_session(audit, &position)) != NULL)
	{
		uint8_t		memory[512];
		qfs_json_writer w;
		qfs_buf		buf;

		qfs_buf_init(&buf, memory, sizeof(memory));
		qfs_json_begin(&w, &buf);
		qfs_json_open_object(&w);
		qfs_json_put_member_int(&w, "issued_block", session->issued_block);
		qfs_json_put_member_int(&w, "seq", session->seq);
		qfs_json_key(&w, "session");
		qfs_json_put_hex(&w, session->session.bytes, sizeof(session->session.bytes));
		qfs_json_put_member_int(&w, "ttl_blocks", session->ttl_blocks);
		qfs_json_close(&w);
		printf("%.*s\n", (int) buf.len, (const char *) buf.data);
	}
}

int
verify_ledger(const Options *options)
{
	qfs_audit  *audit = malloc(sizeof(qfs_audit));
	Checkpoints checkpoints = read_checkpoints(options);
	qfs_audit_depth depth;
	qfs_vkey	key;
	qfs_hash	zero = {{0}};
	qfs_error	err;
	Acknowledged acknowledged = {NULL, 0};
	uint64_t	faults;
	FILE	   *file;

	if (options->entry != NULL)
		fail_usage("--entry belongs to qfs-verify proof");
	if (!qfs_audit_depth_parse(qfs_slice_of(options->depth), &depth))
		fail_usage("--depth is hashes, signatures or replay");
	if (options->sessions && depth == QFS_AUDIT_HASHES)
		fail_usage("--sessions needs a depth beyond hashes");
	if (options->state && depth == QFS_AUDIT_HASHES)
		fail_usage("--state needs a depth beyond hashes");
	if (options->key != NULL)
		key = parse_key(options->key);
	file = open_input(options);
	if (audit == NULL ||
		qfs_audit_begin(audit, &qfs_registry_own, depth, 0, &zero, 0, NULL,
						heap_allocator(),
						report, (void *) (uintptr_t) options, &err) != QFS_OK)
		fail_usage("there is no memory");
	audit->trusted = options->key != NULL ? &key : NULL;

	if (depth != QFS_AUDIT_HASHES)
	{
		acknowledged = read_acknowledged(file);
		qfs_audit_acknowledge(audit, is_acknowledged, &acknowledged);
	}
	read_lines(options, file, audit, &checkpoints);
	check_reached(&checkpoints, audit, true);
	qfs_audit_finish(audit);
	if (options->sessions)
		print_sessions(audit);
	if (options->state)
		print_state(options, audit);
	print_result(options, audit, checkpoints.count);

	faults = audit->faults + (options->strict ? audit->acknowledged : 0);
	qfs_audit_end(audit);
	free(acknowledged.seqs);
	return faults == 0 ? EXIT_SOUND : EXIT_FAULT;
}
