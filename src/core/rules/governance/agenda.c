/*
 * agenda.c - what the ledger is going to settle, and in which block.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "rules/governance/agenda.h"

#include "base/assert.h"
#include "base/status.h"
#include "engine/account_part.h"
#include "engine/outcome.h"

/* Bytes of the items: two numbers and a word each. */
#define ITEMS_MAX (QFS_AGENDA_MAX * 64)

static const char *const words[] = {
	[QFS_AGENDA_TALLY] = "tally",[QFS_AGENDA_EXECUTION] = "execute",[QFS_AGENDA_DORMANCY] = "dormancy"
};

/* ---- the list ---- */

static bool
comes_before(const qfs_agenda_item *a, const qfs_agenda_item *b)
{
	return a->block != b->block ? a->block < b->block : a->seq < b->seq;
}

const qfs_agenda_item *
qfs_agenda_find(const qfs_agenda *agenda, int64_t seq)
{
	for (unsigned i = 0; i < agenda->count; i++)
		if (agenda->items[i].seq == seq)
			return &agenda->items[i];
	return NULL;
}

void
qfs_agenda_remove(qfs_agenda *agenda, int64_t seq)
{
	unsigned	kept = 0;

	for (unsigned i = 0; i < agenda->count; i++)
		if (agenda->items[i].seq != seq)
			agenda->items[kept++] = agenda->items[i];
	agenda->count = kept;
}

void
qfs_agenda_set(qfs_agenda *agenda, const qfs_agenda_item *item)
{
	unsigned	n;

	qfs_agenda_remove(agenda, item->seq);
	QFS_ASSERT(agenda->count < QFS_AGENDA_MAX);
	for (n = agenda->count++; n > 0 && comes_before(item, &agenda->items[n - 1]); n--)
		agenda->items[n] = agenda->items[n - 1];
	agenda->items[n] = *item;
}

/* ---- as text ---- */

static void
write_items(qfs_json_writer *w, const qfs_agenda *agenda)
{
	qfs_json_open_array(w);
	for (unsigned i = 0; i < agenda->count; i++)
	{
		qfs_json_open_array(w);
		qfs_json_put_int(w, agenda->items[i].block);
		qfs_json_put_int(w, agenda->items[i].seq);
		qfs_json_put_text(w, qfs_slice_of(words[agenda->items[i].kind]));
		qfs_json_close(w);
	}
	qfs_json_close(w);
}

void
qfs_agenda_write(qfs_json_writer *w, const qfs_agenda *agenda)
{
	qfs_json_key(w, "agenda");
	qfs_json_open_object(w);
	qfs_json_key(w, "items");
	write_items(w, agenda);
	qfs_json_key(w, "previous");
	qfs_previous_write(w, agenda->has_last ? agenda->last : -1);
	qfs_json_close(w);
}

static bool
read_kind(qfs_slice value, qfs_agenda_kind *out)
{
	qfs_slice	word;

	if (!qfs_json_to_plain(value, &word))
		return false;
	for (size_t n = 0; n < QFS_ROWS(words); n++)
		if (qfs_slice_is(word, words[n]))
		{
			*out = (qfs_agenda_kind) n;
			return true;
		}
	return false;
}

static bool
read_item(qfs_slice value, qfs_agenda_item *out)
{
	qfs_json_iter iter = qfs_json_members(value);
	qfs_slice	key;
	qfs_slice	block;
	qfs_slice	seq;
	qfs_slice	word;

	return qfs_json_next(&iter, &key, &block) && qfs_json_to_int(block, &out->block) &&
		qfs_json_next(&iter, &key, &seq) && qfs_json_to_int(seq, &out->seq) &&
		qfs_json_next(&iter, &key, &word) && read_kind(word, &out->kind) && iter.rest.len == 0;
}

/* Errors: none; false = they are not of the form, or not in their order. */
static bool
read_items(qfs_slice items, qfs_agenda *out)
{
	qfs_json_iter iter = qfs_json_members(items);
	qfs_slice	key;
	qfs_slice	value;

	out->count = 0;
	if (qfs_json_type_of(items) != QFS_JSON_ARRAY || qfs_json_length(items) > QFS_AGENDA_MAX)
		return false;
	while (qfs_json_next(&iter, &key, &value))
	{
		qfs_agenda_item *next = &out->items[out->count];

		if (!read_item(value, next) || qfs_agenda_find(out, next->seq) != NULL ||
			(out->count > 0 && !comes_before(next - 1, next)))
			return false;
		out->count++;
	}
	return true;
}

/* ---- the record ---- */

qfs_status
qfs_agenda_get(qfs_store *store, qfs_agenda *out, qfs_error *err)
{
	qfs_agenda_record record = {.number = 0};
	bool		found;
	qfs_status	status = store->get(store, &qfs_kind_agenda, &record, &found, err);

	out->count = 0;
	out->has_last = false;
	if (status != QFS_OK || !found)
		return status;
	out->has_last = true;
	out->last = record.last;
	if (qfs_json_check(record.items, NULL) != QFS_OK || !read_items(record.items, out))
		return qfs_fail(err, QFS_STATE_MISMATCH, "the agenda of entry %i is none: %v", record.last, record.items);
	return QFS_OK;
}

qfs_status
qfs_agenda_put(const qfs_act *act, const qfs_agenda *agenda)
{
	uint8_t		memory[ITEMS_MAX];
	qfs_store  *store = act->reducer->store;
	qfs_agenda_record record = {.number = 0,.last = (int64_t) act->event->seq};
	qfs_json_writer w;
	qfs_buf		items;
	qfs_status	status;

	qfs_buf_init(&items, memory, sizeof(memory));
	qfs_json_begin(&w, &items);
	write_items(&w, agenda);
	status = qfs_json_end(&w, act->err);
	record.items = qfs_buf_slice(&items);
	record.due = agenda->count > 0 ? agenda->items[0].block : QFS_NEVER_DUE;
	if (status == QFS_OK)
		status = store->put(store, &qfs_kind_agenda, &record, act->err);
	if (status == QFS_OK)
		qfs_reducer_note_due(act->reducer, record.due);
	return status;
}

bool
qfs_agenda_told(const qfs_entry *entry, qfs_agenda *out)
{
	qfs_slice	value;
	qfs_slice	items;

	out->has_last = false;
	return qfs_json_member(qfs_result_of(entry->outcome), "agenda", &value) &&
		qfs_json_member(value, "items", &items) && read_items(items, out);
}

qfs_status
qfs_agenda_recall(const qfs_act *act)
{
	qfs_agenda	agenda;
	qfs_slice	value;

	if (!qfs_json_member(qfs_result_of(act->event->outcome), "agenda", &value))
		return QFS_OK;
	if (!qfs_agenda_told(act->event, &agenda))
		return qfs_fail(act->err, QFS_OUTCOME_MISMATCH, "the agenda of entry %u is none: %v", act->event->seq, value);
	return qfs_agenda_put(act, &agenda);
}
