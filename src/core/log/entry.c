/*
 * entry.c - one ledger entry: its head, and how that commits to its parts.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "log/entry.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/sha256.h"
#include "log/line.h"
#include "log/merkle.h"
#include "text/json.h"

qfs_status
qfs_type_check(qfs_slice type, qfs_error *err)
{
	bool		good = type.len >= 1 && type.len <= QFS_TYPE_MAX &&
		type.data[0] >= 'A' && type.data[0] <= 'Z';

	for (size_t i = 1; good && i < type.len; i++)
	{
		uint8_t		c = type.data[i];

		good = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
	}
	if (!good)
		return qfs_fail(err, QFS_TYPE_SYNTAX, "\"%v\"", type);
	return QFS_OK;
}

const char *const qfs_part_names[QFS_PARTS] = {
	[QFS_PART_ACT] = "act",[QFS_PART_OUTCOME] = "outcome",[QFS_PART_PAYLOAD] = "payload",[QFS_PART_SIG] = "sig"
};

void
qfs_act_write(const qfs_entry *entry, qfs_buf *out)
{
	qfs_buf_text(out, "{\"actor\":\"");
	if (entry->has_actor)
		qfs_user_id_write(out, &entry->actor);
	else
		qfs_buf_text(out, "system");
	qfs_buf_text(out, "\",\"auth\":");
	qfs_buf_slice_add(out, entry->auth);
	qfs_buf_text(out, ",\"type\":\"");
	qfs_buf_slice_add(out, entry->type);
	qfs_buf_text(out, "\"}");
}

/* ---- commitments ---- */

/* name: of the part; of an account's part its kind, then 0x00 and the user id */
static void
derive_salt(const qfs_salt *entry, qfs_slice name, const qfs_user_id *account, qfs_salt *out)
{
	uint8_t		memory[1 + sizeof(entry->bytes) + QFS_TYPE_MAX + 1 + sizeof(account->bytes)];
	qfs_buf		text;
	qfs_hash	hash;

	qfs_buf_init(&text, memory, sizeof(memory));
	qfs_buf_byte(&text, 0x03);
	qfs_buf_bytes(&text, entry->bytes, sizeof(entry->bytes));
	qfs_buf_slice_add(&text, name);
	if (account != NULL)
	{
		qfs_buf_byte(&text, 0x00);
		qfs_buf_bytes(&text, account->bytes, sizeof(account->bytes));
	}
	QFS_ASSERT(!text.overflow);
	qfs_sha256(qfs_buf_slice(&text), &hash);
	memcpy(out->bytes, hash.bytes, sizeof(out->bytes));
}

void
qfs_part_commit(qfs_shown *part)
{
	qfs_sha256_state state;
	uint8_t		before[1 + sizeof(part->salt.bytes)] = {0x02};

	QFS_ASSERT(part->shown && part->value.len > 0);
	memcpy(before + 1, part->salt.bytes, sizeof(part->salt.bytes));
	qfs_sha256_init(&state);
	qfs_sha256_add(&state, before, sizeof(before));
	qfs_sha256_add(&state, part->value.data, part->value.len);
	qfs_sha256_final(&state, &part->commitment);
}

void
qfs_part_commit_by(qfs_shown *part, const qfs_salt *entry, qfs_slice name, const qfs_user_id *account)
{
	derive_salt(entry, name, account, &part->salt);
	qfs_part_commit(part);
}

/* The root of the tree whose leaves' data are the commitments. */
void
qfs_accounts_commit(qfs_entry *entry)
{
	qfs_frontier tree;
	qfs_hash	nodes[QFS_TREE_LEVELS];
	unsigned	count;
	qfs_hash	leaf;
	bool		grew = true;

	qfs_frontier_init(&tree, 0, NULL);
	for (unsigned i = 0; i < entry->account_count && grew; i++)
	{
		const qfs_hash *commitment = &entry->account_parts[i].part.commitment;

		qfs_leaf_hash((qfs_slice) {commitment->bytes, sizeof(commitment->bytes)}, &leaf);
		grew = qfs_frontier_append(&tree, &leaf, nodes, &count, NULL) == QFS_OK;
	}
	grew = grew && qfs_frontier_root(&tree, &entry->accounts_root, NULL) == QFS_OK;
	/* A tree that began empty has no node that it would have to read. */
	QFS_ASSERT(grew);
	(void) grew;
}

/* ---- a full entry ---- */

/* Of what is shown of a part. */
static qfs_status
check_limit(const qfs_entry *entry, const char *name, qfs_slice value, size_t limit, qfs_error *err)
{
	if (value.len > limit)
		return qfs_fail(err, QFS_ENTRY_TOO_LARGE, "entry %u: its part %s has %u bytes, %u are the most", entry->seq,
						name, (uint64_t) value.len, (uint64_t) limit);
	/* Each level has two brackets, so most values are too short to be deep. */
	if (value.len > 2 * QFS_PART_DEPTH_MAX && qfs_json_depth(value) > QFS_PART_DEPTH_MAX)
		return qfs_fail(err, QFS_JSON_DEPTH, "entry %u: its part %s has more than %u levels", entry->seq, name,
						(uint64_t) QFS_PART_DEPTH_MAX);
	return QFS_OK;
}

qfs_status
qfs_event_limit(const qfs_entry *event, qfs_error *err)
{
	qfs_status	status = check_limit(event, qfs_part_names[QFS_PART_PAYLOAD], event->payload, QFS_PAYLOAD_MAX, err);

	return status == QFS_OK ?
		check_limit(event, qfs_part_names[QFS_PART_SIG], event->sig, QFS_PART_MAX, err) : status;
}

qfs_status
qfs_parts_limit(const qfs_entry *entry, qfs_error *err)
{
	size_t		total = 0;
	qfs_status	status = QFS_OK;

	for (int i = 0; i < QFS_PARTS && status == QFS_OK; i++)
	{
		total += entry->parts[i].value.len;
		status = check_limit(entry, qfs_part_names[i], entry->parts[i].value,
							 i == QFS_PART_PAYLOAD ? QFS_PAYLOAD_MAX : QFS_PART_MAX, err);
	}
	for (unsigned i = 0; i < entry->account_count && status == QFS_OK; i++)
	{
		total += entry->account_parts[i].part.value.len;
		status = check_limit(entry, "of an account", entry->account_parts[i].part.value, QFS_PART_MAX, err);
	}
	if (status == QFS_OK && total > QFS_PARTS_MAX)
		return qfs_fail(err, QFS_ENTRY_TOO_LARGE, "entry %u: its parts have %u bytes together, %u are the most",
						entry->seq, (uint64_t) total, (uint64_t) QFS_PARTS_MAX);
	return status;
}

qfs_status
qfs_account_part_read(qfs_entry *entry, qfs_slice value, qfs_account_part **out, qfs_error *err)
{
	qfs_account_part *next = &entry->account_parts[entry->account_count];
	qfs_slice	kind;

	if (entry->account_count == QFS_ACCOUNT_PARTS_MAX)
		return qfs_fail(err, QFS_ENTRY_FORMAT, "more than %u parts of accounts", (uint64_t) QFS_ACCOUNT_PARTS_MAX);
	if (!qfs_json_member_user(value, "account", &next->account) ||
		!qfs_json_member(value, "kind", &kind) || !qfs_json_to_plain(kind, &kind) || kind.len == 0 ||
		kind.len > QFS_TYPE_MAX)
		return qfs_fail(err, QFS_ENTRY_FORMAT, "a part of an account without account or kind");
	for (unsigned i = 0; i < entry->account_count; i++)
		if (entry->account_parts[i].part.shown && qfs_slice_equal(entry->account_parts[i].kind, kind) &&
			memcmp(&entry->account_parts[i].account, &next->account, sizeof(next->account)) == 0)
			return qfs_fail(err, QFS_ENTRY_FORMAT, "two parts of one account and kind, %v", kind);
	next->kind = kind;
	next->part = (qfs_shown) {.shown = true,.value = value};
	entry->account_count++;
	*out = next;
	return QFS_OK;
}

static qfs_status
commit_accounts(qfs_entry *entry, qfs_error *err)
{
	qfs_json_iter iter = qfs_json_members(entry->accounts);
	qfs_account_part *part;
	qfs_slice	key;
	qfs_slice	value;

	entry->lists_accounts = true;
	entry->account_count = 0;
	while (qfs_json_next(&iter, &key, &value))
	{
		qfs_status	status = qfs_account_part_read(entry, value, &part, err);

		if (status != QFS_OK)
			return status;
		qfs_part_commit_by(&part->part, &entry->salt, part->kind, &part->account);
	}
	qfs_accounts_commit(entry);
	return QFS_OK;
}

qfs_status
qfs_entry_commit(qfs_entry *entry, qfs_buf *act, qfs_error *err)
{
	qfs_status	status;

	QFS_ASSERT(act->len == 0);
	qfs_act_write(entry, act);
	if (act->overflow)
		return qfs_fail(err, QFS_ENTRY_TOO_LARGE, "entry %u: its part act", entry->seq);
	entry->is_full = true;
	entry->parts[QFS_PART_ACT].value = qfs_buf_slice(act);
	entry->parts[QFS_PART_OUTCOME].value = entry->outcome;
	entry->parts[QFS_PART_PAYLOAD].value = entry->payload;
	entry->parts[QFS_PART_SIG].value = entry->sig;
	for (int i = 0; i < QFS_PARTS; i++)
	{
		entry->parts[i].shown = true;
		qfs_part_commit_by(&entry->parts[i], &entry->salt, qfs_slice_of(qfs_part_names[i]), NULL);
	}
	status = commit_accounts(entry, err);
	return status == QFS_OK ? qfs_parts_limit(entry, err) : status;
}

/* ---- the head ---- */

static void
put_hash(qfs_buf *out, qfs_slice name, const qfs_hash *hash)
{
	qfs_buf_slice_add(out, name);
	qfs_buf_hex(out, hash->bytes, sizeof(hash->bytes));
}

void
qfs_head_write(const qfs_entry *entry, qfs_buf *out)
{
	put_hash(out, QFS_LITERAL("{\"accounts\":\""), &entry->accounts_root);
	put_hash(out, QFS_LITERAL("\",\"act\":\""), &entry->parts[QFS_PART_ACT].commitment);
	qfs_buf_text(out, "\",\"at\":");
	qfs_buf_int(out, entry->at);
	put_hash(out, QFS_LITERAL(",\"outcome\":\""), &entry->parts[QFS_PART_OUTCOME].commitment);
	put_hash(out, QFS_LITERAL("\",\"payload\":\""), &entry->parts[QFS_PART_PAYLOAD].commitment);
	put_hash(out, QFS_LITERAL("\",\"prev\":\""), &entry->prev);
	qfs_buf_text(out, "\",\"seq\":");
	qfs_buf_uint(out, entry->seq);
	put_hash(out, QFS_LITERAL(",\"sig\":\""), &entry->parts[QFS_PART_SIG].commitment);
	qfs_buf_text(out, "\",\"v\":2}");
	QFS_ASSERT(!out->overflow);
}

void
qfs_entry_hash(const qfs_entry *entry, qfs_hash *out)
{
	uint8_t		memory[QFS_HEAD_MAX];
	qfs_buf		head;

	qfs_buf_init(&head, memory, sizeof(memory));
	qfs_head_write(entry, &head);
	qfs_leaf_hash(qfs_buf_slice(&head), out);
}

/* Are all parts of accounts shown, or are there none? */
static bool
shows_accounts(const qfs_entry *entry)
{
	qfs_entry	none = {.account_count = 0};

	for (unsigned i = 0; i < entry->account_count; i++)
		if (!entry->account_parts[i].part.shown)
			return false;
	qfs_accounts_commit(&none);
	return entry->account_count > 0 ||
		memcmp(&none.accounts_root, &entry->accounts_root, sizeof(qfs_hash)) == 0;
}

bool
qfs_entry_lacks_payload(const qfs_entry *entry)
{
	return entry->parts[QFS_PART_ACT].shown && entry->parts[QFS_PART_OUTCOME].shown &&
		!entry->parts[QFS_PART_PAYLOAD].shown && !entry->parts[QFS_PART_SIG].shown;
}

bool
qfs_entry_is_erased(const qfs_entry *entry)
{
	return qfs_entry_lacks_payload(entry) && shows_accounts(entry);
}

/* ---- what is not shown ---- */

static void
hide(qfs_shown *part)
{
	part->shown = false;
	part->value = (qfs_slice) {NULL, 0};
}

static qfs_slice *
slice_of(qfs_entry *entry, qfs_part part)
{
	switch (part)
	{
		case QFS_PART_ACT:
			return &entry->auth;
		case QFS_PART_OUTCOME:
			return &entry->outcome;
		case QFS_PART_PAYLOAD:
			return &entry->payload;
		default:
			return &entry->sig;
	}
}

void
qfs_entry_hide(qfs_entry *entry, qfs_part part)
{
	QFS_ASSERT((unsigned) part < QFS_PARTS);
	entry->is_full = false;
	hide(&entry->parts[part]);
	*slice_of(entry, part) = (qfs_slice) {NULL, 0};
	if (part == QFS_PART_ACT)
	{
		entry->type = (qfs_slice) {NULL, 0};
		entry->has_actor = false;
	}
}

void
qfs_entry_hide_account(qfs_entry *entry, unsigned n)
{
	QFS_ASSERT(entry->lists_accounts && n < entry->account_count);
	entry->is_full = false;
	entry->accounts = (qfs_slice) {NULL, 0};
	hide(&entry->account_parts[n].part);
}

void
qfs_entry_hide_accounts(qfs_entry *entry)
{
	entry->is_full = false;
	entry->accounts = (qfs_slice) {NULL, 0};
	entry->lists_accounts = false;
	entry->account_count = 0;
}
