/*
 * chain.c - the ledger as it grows: link, outcome, hash, tree nodes.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "ledger/chain.h"

#include "base/assert.h"
#include "base/status.h"
#include "text/json.h"

void
qfs_chain_init(qfs_chain *chain, uint64_t size, const qfs_hash *head, int64_t at,
			   qfs_tree *tree, qfs_reducer *reducer)
{
	qfs_frontier_init(&chain->frontier, size, tree);
	/* The last leaf of an odd tree is its lowest peak: no need to read it. */
	if (size & 1)
		qfs_frontier_set_leaf(&chain->frontier, head);
	chain->head = *head;
	chain->at = at;
	chain->reducer = reducer;
	chain->compare_outcomes = true;
	chain->rooted = true;
	chain->linked = true;
	chain->memory = NULL;
	chain->is_acknowledged = NULL;
	chain->acknowledgements = NULL;
}

/* Moves the chain past an entry. */
static qfs_status
advance(qfs_chain *chain, const qfs_entry *entry, qfs_seal *seal, qfs_error *err)
{
	/* For the assertion alone. */
	const uint64_t size __attribute__((unused)) = chain->frontier.size;
	qfs_status	status = QFS_OK;

	seal->count = 0;
	if (chain->rooted)
		status = qfs_frontier_append(&chain->frontier, &seal->hash, seal->nodes,
									 &seal->count, err);
	/* A tree with a hole cannot grow; the entries still follow each other. */
	chain->rooted &= status == QFS_OK;
	if (!chain->rooted)
		chain->frontier.size++;
	QFS_ASSERT(chain->frontier.size == size + 1 && seal->count <= QFS_TREE_LEVELS);
	chain->head = seal->hash;
	chain->at = entry->at;
	if (status == QFS_OK && entry->seq == 0 && chain->reducer != NULL)
		status = qfs_reducer_name_ledger(chain->reducer, &seal->hash, err);
	return status;
}

static qfs_status
reduce(qfs_chain *chain, const qfs_entry *entry, qfs_workspace *space, qfs_buf *outcome, qfs_buf *accounts,
	   qfs_error *err)
{
	qfs_buf_init(outcome, space->outcome, sizeof(space->outcome));
	qfs_buf_init(accounts, space->accounts, sizeof(space->accounts));
	return qfs_reduce(chain->reducer, entry, outcome, accounts, err);
}

qfs_status
qfs_chain_append(qfs_chain *chain, qfs_entry *entry, qfs_workspace *space, qfs_seal *seal, qfs_error *err)
{
	qfs_buf		outcome;
	qfs_buf		accounts;
	qfs_buf		act;
	qfs_status	status;

	/* What appends has no hole behind it. */
	QFS_ASSERT(chain->rooted && chain->linked && chain->reducer != NULL);
	entry->seq = chain->frontier.size;
	entry->prev = chain->head;
	if (entry->at < chain->at)
		entry->at = chain->at;

	status = qfs_event_limit(entry, err);
	if (status == QFS_OK)
		status = reduce(chain, entry, space, &outcome, &accounts, err);
	if (status != QFS_OK)
		return status;
	entry->outcome = qfs_buf_slice(&outcome);
	entry->accounts = qfs_buf_slice(&accounts);
	qfs_buf_init(&act, space->act, sizeof(space->act));
	status = qfs_entry_commit(entry, &act, err);
	if (status != QFS_OK)
		return status;
	/* What is appended can be read again; of a row that somebody has written nobody knows. */
	QFS_ASSERT(qfs_json_check(entry->payload, NULL) == QFS_OK && qfs_json_check(entry->outcome, NULL) == QFS_OK &&
			   qfs_json_check(entry->accounts, NULL) == QFS_OK);
	qfs_entry_hash(entry, &seal->hash);
	return advance(chain, entry, seal, err);
}

static bool
same_hash(const qfs_hash *a, const qfs_hash *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* A check in progress: the first answer of `report` that is not OK sticks. */
typedef struct checking
{
	uint64_t	seq;
	qfs_fault_report report;
	void	   *context;
	qfs_status	answer;
} checking;

static void
tell(checking *c, uint64_t seq, const qfs_error *fault)
{
	if (c->answer == QFS_OK)
		c->answer = c->report(c->context, seq, fault);
}

/*
 * Is it the next one?  After a gap nothing is known of the entry before.
 */
static bool
check_position(qfs_chain *chain, const qfs_entry *entry, checking *c)
{
	qfs_error	fault;

	if (entry->seq == chain->frontier.size)
		return true;
	qfs_fail(&fault, QFS_SEQ_GAP, "entry %u was expected, entry %u was found",
			 chain->frontier.size, entry->seq);
	tell(c, entry->seq < chain->frontier.size ? entry->seq : chain->frontier.size, &fault);
	if (entry->seq < chain->frontier.size)
		return false;
	chain->frontier.size = entry->seq;
	chain->rooted = false;
	chain->linked = false;
	return true;
}

static void
check_link(const qfs_chain *chain, const qfs_entry *entry, checking *c)
{
	qfs_error	fault;

	if (entry->at < chain->at)
	{
		qfs_fail(&fault, QFS_TIME_BACKWARD, "%i comes after %i", entry->at, chain->at);
		tell(c, entry->seq, &fault);
	}
	if (!chain->linked || same_hash(&entry->prev, &chain->head))
		return;
	if (entry->seq == 0)
		qfs_fail(&fault, QFS_LINK_BROKEN, "entry 0 must name 32 zero bytes, not %h",
				 entry->prev.bytes);
	else
		qfs_fail(&fault, QFS_LINK_BROKEN, "entry %u has the hash %h, entry %u names %h",
				 entry->seq - 1, chain->head.bytes, entry->seq, entry->prev.bytes);
	tell(c, entry->seq > 0 ? entry->seq - 1 : 0, &fault);
}

/* An erased line has the parts of accounts one by one. */
static bool
says_of_accounts(const qfs_entry *entry, qfs_slice computed)
{
	qfs_json_iter iter = qfs_json_members(computed);
	qfs_slice	key;
	qfs_slice	value;
	unsigned	n = 0;

	if (entry->is_full)
		return qfs_slice_equal(computed, entry->accounts);
	for (; qfs_json_next(&iter, &key, &value); n++)
		if (n >= entry->account_count || !entry->account_parts[n].part.shown ||
			!qfs_slice_equal(value, entry->account_parts[n].part.value))
			return false;
	return n == entry->account_count;
}

/* Computes outcome and accounts; false = they are not the recorded ones, and fault says why. */
static bool
computes_same(qfs_chain *chain, const qfs_stored_entry *record, bool compare, qfs_error *fault)
{
	const qfs_entry *entry = record->entry;
	qfs_buf		outcome;
	qfs_buf		accounts;

	if (reduce(chain, entry, record->space, &outcome, &accounts, fault) != QFS_OK)
		return false;
	if (!compare)
		return true;
	if (!qfs_slice_equal(qfs_buf_slice(&outcome), entry->outcome))
		qfs_fail(fault, QFS_OUTCOME_MISMATCH, "recorded %v, computed %v", entry->outcome, qfs_buf_slice(&outcome));
	else if (!says_of_accounts(entry, qfs_buf_slice(&accounts)))
		qfs_fail(fault, QFS_OUTCOME_MISMATCH, "recorded of accounts %v, computed %v",
				 entry->is_full ? entry->accounts : QFS_LITERAL("otherwise"), qfs_buf_slice(&accounts));
	else
		return true;
	return false;
}

/*
 * What state that was changed by hand leads to: another outcome, or an event
 * that types, schemas or limits do not admit.  Who acted and what was signed is
 * not among it.
 */
static bool
is_outcome_fault(qfs_status status)
{
	return status == QFS_OUTCOME_MISMATCH || status == QFS_PAYLOAD_INVALID ||
		status == QFS_TYPE_UNKNOWN || status == QFS_TYPE_EXISTS || status == QFS_RATE_LIMIT;
}

/* Stores what was recorded; false = it cannot be followed. */
static bool
follow_recorded(qfs_chain *chain, const qfs_entry *entry)
{
	bool		follows;

	qfs_memory_store_begin(chain->memory);
	follows = qfs_recall(chain->reducer, entry, NULL) == QFS_OK;
	qfs_memory_store_end(chain->memory, follows);
	qfs_reducer_forget(chain->reducer);
	return follows;
}

/* What a recorded outcome is. */
typedef enum verdict
{
	RIGHT,						/* or nobody asks */
	WRONG,
	FOLLOWED					/* wrong, and state goes on from it */
} verdict;

/*
 * Runs the rule in a way that can be undone: state goes on from a wrong outcome
 * that was recorded, if that is all that is wrong and somebody has said so, and
 * from what was computed otherwise.
 */
static verdict
judge_acknowledged(qfs_chain *chain, const qfs_stored_entry *record, qfs_error *fault)
{
	bool		acknowledged;
	bool		same;

	qfs_memory_store_begin(chain->memory);
	same = computes_same(chain, record, true, fault);
	acknowledged = !same && is_outcome_fault(fault->status) &&
		chain->is_acknowledged(chain->acknowledgements, record->entry->seq);
	qfs_memory_store_end(chain->memory, !acknowledged);
	if (acknowledged)
	{
		qfs_reducer_forget(chain->reducer);
		return follow_recorded(chain, record->entry) ? FOLLOWED : WRONG;
	}
	return same || (!chain->compare_outcomes && fault->status == QFS_OUTCOME_MISMATCH) ? RIGHT : WRONG;
}

static verdict
judge_outcome(qfs_chain *chain, const qfs_stored_entry *record, qfs_error *fault)
{
	const qfs_entry *entry = record->entry;

	/* An application's event does the same, whatever it says; most others do not. */
	if (!entry->is_full && !qfs_registry_erases(chain->reducer->registry, entry->type))
	{
		qfs_fail(fault, QFS_PAYLOAD_MISSING, "entry %u is a %v", entry->seq, entry->type);
		return WRONG;
	}
	if (chain->is_acknowledged != NULL)
		return judge_acknowledged(chain, record, fault);
	return computes_same(chain, record, chain->compare_outcomes, fault) ? RIGHT : WRONG;
}

static void
check_outcome(qfs_chain *chain, const qfs_stored_entry *record, checking *c)
{
	qfs_error	fault;
	qfs_error	told;
	verdict		is = judge_outcome(chain, record, &fault);

	if (is == WRONG)
		tell(c, c->seq, &fault);
	if (is != FOLLOWED)
		return;
	qfs_fail(&told, QFS_OUTCOME_ACKNOWLEDGED, "%s, %s", qfs_status_code(fault.status), fault.detail);
	tell(c, c->seq, &told);
}

static void
check_hash(const qfs_stored_entry *record, const qfs_hash *computed, checking *c)
{
	qfs_error	fault;

	if (record->hash == NULL || same_hash(record->hash, computed))
		return;
	qfs_fail(&fault, QFS_HASH_MISMATCH, "recorded %h, computed %h",
			 record->hash->bytes, computed->bytes);
	tell(c, c->seq, &fault);
}

static void
check_nodes(const qfs_stored_entry *record, const qfs_seal *seal, checking *c)
{
	qfs_error	fault;

	if (record->nodes == NULL ||
		(record->count == seal->count &&
		 memcmp(record->nodes, seal->nodes, seal->count * sizeof(qfs_hash)) == 0))
		return;
	if (record->count > QFS_TREE_LEVELS)
		qfs_fail(&fault, QFS_NODES_MISMATCH, "what is stored are no hashes");
	else if (record->count != seal->count)
		qfs_fail(&fault, QFS_NODES_MISMATCH, "%u nodes are stored, %u belong there",
				 (uint64_t) record->count, (uint64_t) seal->count);
	else
		qfs_fail(&fault, QFS_NODES_MISMATCH, "one is not what the entries give");
	tell(c, c->seq, &fault);
}

qfs_status
qfs_chain_check(qfs_chain *chain, const qfs_stored_entry *record,
				qfs_fault_report report, void *context)
{
	const qfs_entry *entry = record->entry;
	checking	c = {entry->seq, report, context, QFS_OK};
	qfs_error	fault;
	qfs_hash	computed;
	qfs_seal	seal;

	if (!check_position(chain, entry, &c))
		return c.answer;
	check_link(chain, entry, &c);
	if (chain->reducer != NULL)
		check_outcome(chain, record, &c);
	qfs_entry_hash(entry, &computed);
	check_hash(record, &computed, &c);
	if (c.answer != QFS_OK)
		return c.answer;

	/* The entry after this one was linked to the hash that is stored. */
	seal.hash = record->hash != NULL ? *record->hash : computed;
	chain->linked = true;
	if (advance(chain, entry, &seal, &fault) != QFS_OK)
		tell(&c, entry->seq, &fault);
	else if (chain->rooted)
		check_nodes(record, &seal, &c);
	if (record->seal != NULL)
		*record->seal = seal;
	return c.answer;
}
