/*
 * verify_ledger.c - qfs-verify ledger: an exported ledger, line by line.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The file is streamed, twice: memory grows with what the rules remember
 * (accounts, event types), not with the number of entries.
 */
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "commands.h"
#include "ledger/audit.h"
#include "ledger/registry.h"
#include "ledger/state_hash.h"
#include "ledger_lines.h"
#include "text/json.h"

static qfs_status
report(void *context, uint64_t seq, const qfs_error *fault)
{
	print_fault(context, (int64_t) seq, fault);
	return QFS_OK;
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

/* ---- the whole file ---- */

typedef struct Auditing
{
	qfs_audit  *audit;
	Checkpoints *checkpoints;
} Auditing;

static void
audit_line(void *context, LedgerLines *l, qfs_entry *entry, const qfs_error *fault)
{
	Auditing   *a = context;

	if (entry != NULL)
		qfs_audit_entry(a->audit, entry);
	else
		qfs_audit_unreadable(a->audit, a->audit->chain.frontier.size, fault);
	l->next = a->audit->chain.frontier.size;
	l->found = a->audit->faults > 0;
	check_reached(a->checkpoints, a->audit, false);
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

	refuse_question(options);
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
	file = open_twice(options->file);
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
	read_lines(options, file, audit_line, &(Auditing) {audit, &checkpoints});
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
