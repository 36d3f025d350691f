/*
 * question.c - what qfs-verify is asked about a ledger: the words of a question, and the entries that answer it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "question.h"

#include <stdlib.h>

#include "base/status.h"

/* ---- its words ---- */

/* The text itself, or the content of @FILE. */
static qfs_slice
text_of(const char *argument)
{
	return argument[0] == '@' ? read_file(argument + 1, QFS_ACTIONS_TEXT_MAX, "a question") : qfs_slice_of(argument);
}

qfs_slice
canonical_of(const char *option, const char *argument)
{
	qfs_slice	text = text_of(argument);
	size_t		room = JSON_SORT_ROOM * text.len;
	qfs_buf		sorted;
	qfs_error	err;

	qfs_buf_init(&sorted, malloc(room + 1), room);
	if (sorted.data == NULL)
		fail_usage("there is no memory");
	if (json_sort(text, &sorted, &err) != QFS_OK)
		fail_usage("%s: %s (%s)", option, qfs_status_message(err.status), err.detail);
	return qfs_buf_slice(&sorted);
}

uint64_t
number_of(const char *option, const char *text)
{
	uint64_t	n;

	if (!qfs_decimal_decode(qfs_slice_of(text), &n))
		fail_usage("%s is the number of an entry, not %s", option, text);
	return n;
}

uint64_t
count_lines(FILE *file)
{
	LineReader *reader = calloc(1, sizeof(*reader));
	uint64_t	count = 0;

	if (reader == NULL)
		fail_usage("there is no memory");
	reader->file = file;
	while (next_line_of(reader))
		count += !is_blank(line_of(reader));
	free(reader);
	rewind(file);
	return count;
}

void
window_of(const Options *options, FILE *file, uint64_t *from, uint64_t *size)
{
	*size = options->size != NULL ? number_of("--size", options->size) : count_lines(file);
	*from = options->from != NULL ? number_of("--from", options->from) : qfs_what_if_from(*size);
}

void
refuse_proof(const Options *options)
{
	if (options->checkpoint_count > 0 || options->key != NULL)
		fail_usage("--checkpoint and --key belong to qfs-verify ledger, which says whether the export is sound");
	if (options->entry != NULL)
		fail_usage("--entry belongs to qfs-verify proof");
}

void
fail_question(const qfs_error *err)
{
	fail_usage("%s: %s (%s)", qfs_status_code(err->status), qfs_status_message(err->status), err->detail);
}

/* ---- the answer ---- */

/* Found out before all entries are read. */
void
check_expected(const Options *options, const char *name)
{
	qfs_hash	ignored;

	if (options->expect != NULL && !qfs_hex_decode(qfs_slice_of(options->expect), ignored.bytes, sizeof(ignored.bytes)))
		fail_usage("--expect is a %s: 64 digits, 0 to 9 and a to f", name);
}

qfs_buf
answer_room(size_t size)
{
	qfs_buf		room;

	qfs_buf_init(&room, malloc(size), size);
	if (room.data == NULL)
		fail_usage("there is no memory");
	return room;
}

bool
print_answer(const Options *options, qfs_slice answer, const char *name)
{
	qfs_slice	value;
	qfs_slice	hash;

	printf("%.*s\n", (int) answer.len, (const char *) answer.data);
	if (options->expect == NULL ||
		(qfs_json_member(answer, name, &value) && qfs_json_to_plain(value, &hash) && qfs_slice_is(hash, options->expect)))
		return true;
	fprintf(stderr, "qfs-verify: not reproduced: the %s is another one\n", name);
	return false;
}

/* ---- the ledger ---- */

typedef struct Asking
{
	const Options *options;
	const qfs_what_if *what_if;
	EntryTaker	take;
	void	   *to;
	bool		found;			/* a fault, after which there is no answer */
} Asking;

static void
ask_of_line(void *context, LedgerLines *l, qfs_entry *entry, const qfs_error *fault)
{
	Asking	   *a = context;
	const qfs_what_if *w = a->what_if;
	qfs_error	err;

	l->next = w->next;
	/* What comes after the size has no say. */
	if (a->found || w->next == w->question.size)
		return;
	if (entry != NULL && a->take(a->to, entry, &err) == QFS_OK)
	{
		l->next = w->next;
		return;
	}
	/* Where the window begins it is the question that may be wrong. */
	if (entry != NULL && w->next == w->question.from && !w->has_begun && entry->seq == w->next)
		fail_question(&err);
	print_fault(a->options, (int64_t) w->next, entry != NULL ? &err : fault);
	l->found = a->found = true;
}

bool
feed_lines(const Options *options, FILE *file, const qfs_what_if *w, EntryTaker take, void *to)
{
	Asking		asking = {.options = options,.what_if = w,.take = take,.to = to};

	read_lines(options, file, ask_of_line, &asking);
	return !asking.found;
}

static qfs_status
take_what_if(void *to, const qfs_entry *entry, qfs_error *err)
{
	return qfs_what_if_entry(to, entry, err);
}

bool
ask_of_lines(const Options *options, FILE *file, qfs_what_if *w)
{
	return feed_lines(options, file, w, take_what_if, w);
}
