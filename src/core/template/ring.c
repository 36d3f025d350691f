/*
 * ring.c - a ring of invented wallets, and what it earns.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "template/ring.h"

#include "base/sorted.h"
#include "base/status.h"
#include "crypto/ed25519.h"
#include "crypto/keccak.h"
#include "identity/device.h"
#include "rules/social/message_hash.h"
#include "rules/social/referral.h"
#include "sandbox/leaves.h"
#include "text/base64.h"

/* ---- wallets that nobody has ---- */

typedef struct invented
{
	qfs_address address;
	qfs_user_id user;
	qfs_hash	device;			/* Ed25519 */
	qfs_hash	chat;			/* X25519 */
} invented;

/* SHA3-256 of "qfs:sandbox:v1:<what>:<n>:<turn>". */
static void
invent(const char *what, unsigned n, unsigned turn, qfs_hash *out)
{
	uint8_t		memory[96];
	qfs_buf		text;

	qfs_buf_init(&text, memory, sizeof(memory));
	qfs_buf_text(&text, "qfs:sandbox:v1:");
	qfs_buf_text(&text, what);
	qfs_buf_byte(&text, ':');
	qfs_buf_uint(&text, n);
	qfs_buf_byte(&text, ':');
	qfs_buf_uint(&text, turn);
	qfs_sha3_256(qfs_buf_slice(&text), out);
}

/* The first turn that gives a key: of Ed25519 one in sixteen does, of X25519 every other. */
#define TURNS 4096

static qfs_status
invent_key(const char *what, unsigned n, qfs_status (*check) (qfs_slice key, qfs_error *err), qfs_hash *out, qfs_error *err)
{
	for (unsigned turn = 0; turn < TURNS; turn++)
	{
		invent(what, n, turn, out);
		if (check((qfs_slice) {out->bytes, sizeof(out->bytes)}, NULL) == QFS_OK)
			return QFS_OK;
	}
	return qfs_fail(err, QFS_INTERNAL, "no %s key for wallet %u", what, (uint64_t) n);
}

static qfs_status
invent_wallet(unsigned n, invented *out, qfs_error *err)
{
	qfs_hash	hash;
	qfs_status	status;

	invent("wallet", n, 0, &hash);
	memcpy(out->address.bytes, hash.bytes, sizeof(out->address.bytes));
	qfs_user_id_of(&out->address, &out->user);
	status = invent_key("device", n, qfs_ed25519_key_check, &out->device, err);
	return status == QFS_OK ? invent_key("chat", n, qfs_x25519_key_check, &out->chat, err) : status;
}

/* ---- where they sign in ---- */

#define PLACE_DOMAIN "sandbox.invalid"
#define PLACE_URI "https://sandbox.invalid"

static bool
is_empty(qfs_slice list)
{
	return qfs_json_length(list) == 0;
}

qfs_status
qfs_ring_changes(const qfs_policy *policy, qfs_buf *out, qfs_error *err)
{
	qfs_leaves	leaves;

	qfs_leaves_begin(&leaves, out);
	if (is_empty(policy->chain_ids))
		qfs_leaves_put(&leaves, QFS_LITERAL("auth.chain_ids"), QFS_LITERAL("[1]"));
	if (is_empty(policy->domains))
		qfs_leaves_put(&leaves, QFS_LITERAL("auth.domains"), QFS_LITERAL("[\"" PLACE_DOMAIN "\"]"));
	if (is_empty(policy->uris))
		qfs_leaves_put(&leaves, QFS_LITERAL("auth.uris"), QFS_LITERAL("[\"" PLACE_URI "\"]"));
	return qfs_leaves_end(&leaves, err);
}

/* The first item of a list that is not empty. */
static qfs_slice
first_of(qfs_slice list)
{
	qfs_json_iter iter = qfs_json_members(list);
	qfs_slice	item = QFS_LITERAL("null");
	qfs_slice	key;

	(void) qfs_json_next(&iter, &key, &item);
	return item;
}

/* A nonce of the time of the acts; the rest is a hash. */
static void
invent_nonce(unsigned n, int64_t at, qfs_hash *out)
{
	invent("nonce", n, 0, out);
	for (int i = 0; i < 6; i++)
		out->bytes[i] = (uint8_t) ((uint64_t) at >> (40 - 8 * i));
}

/* ---- acts ---- */

/* What acts are written into: those of one wallet, or one message. */
typedef struct desk
{
	invented	wallets[QFS_RING_MAX + 1];
	uint8_t		acts[4 * QFS_SIWE_MAX];
	uint8_t		steps[QFS_STEPS_MAX];
	uint8_t		message[QFS_SIWE_MAX];
} desk;

/* Inside its payload, which comes first of what follows. */
static void
open_act(qfs_json_writer *w, const invented *actor)
{
	qfs_json_open_object(w);
	qfs_json_key(w, "actor");
	qfs_json_put_user(w, &actor->user);
	qfs_json_key(w, "payload");
	qfs_json_open_object(w);
}

static void
close_act(qfs_json_writer *w, const char *type)
{
	qfs_json_close(w);
	qfs_json_key(w, "type");
	qfs_json_put_text(w, qfs_slice_of(type));
	qfs_json_close(w);
}

/* The message that the wallet would sign. */
static qfs_status
write_message(const qfs_policy *policy, const invented *actor, const qfs_hash *nonce, int64_t at, qfs_buf *out, qfs_error *err)
{
	uint8_t		digits[2 * QFS_HASH_LEN];
	uint8_t		resource[QFS_DEVICE_RESOURCE_LEN];
	qfs_siwe	fields = {.address = actor->address,.version = 1,.issued_at = at,.has_resources = true,.resource_count = 1};
	qfs_buf		buf;

	(void) qfs_json_to_plain(first_of(policy->domains), &fields.domain);
	(void) qfs_json_to_plain(first_of(policy->uris), &fields.uri);
	fields.chain_id = qfs_json_int_or(first_of(policy->chain_ids), 0);
	qfs_buf_init(&buf, digits, sizeof(digits));
	qfs_buf_hex(&buf, nonce->bytes, sizeof(nonce->bytes));
	fields.nonce = qfs_buf_slice(&buf);
	qfs_buf_init(&buf, resource, sizeof(resource));
	qfs_device_resource_write(&buf, &actor->device);
	fields.resources[0] = qfs_buf_slice(&buf);
	return qfs_siwe_write(&fields, out, err);
}

static qfs_status
add_login(qfs_json_writer *w, desk *d, unsigned n, const qfs_stage *stage, qfs_error *err)
{
	const invented *actor = &d->wallets[n];
	qfs_hash	nonce;
	qfs_buf		message;
	qfs_status	status;

	invent_nonce(n, stage->at, &nonce);
	qfs_buf_init(&message, d->message, sizeof(d->message));
	status = write_message(&stage->reducer->policy, actor, &nonce, stage->at, &message, err);
	if (status != QFS_OK)
		return status;
	open_act(w, actor);
	qfs_json_key(w, "device_key");
	qfs_json_put_base64url(w, actor->device.bytes, sizeof(actor->device.bytes));
	qfs_json_key(w, "message");
	qfs_json_put_text(w, qfs_buf_slice(&message));
	qfs_json_key(w, "nonce");
	qfs_json_put_hex(w, nonce.bytes, sizeof(nonce.bytes));
	qfs_json_key(w, "wallet");
	qfs_json_put_address(w, &actor->address);
	close_act(w, "LOGIN");
	return QFS_OK;
}

static void
add_profile(qfs_json_writer *w, const invented *actor, unsigned n)
{
	qfs_hash	commitment;

	invent("profile", n, 0, &commitment);
	open_act(w, actor);
	qfs_json_key(w, "commitment");
	qfs_json_put_hex(w, commitment.bytes, sizeof(commitment.bytes));
	qfs_json_put_member_int(w, "version", 1);
	close_act(w, "PROFILE_UPDATE");
}

static void
add_chat_key(qfs_json_writer *w, const invented *actor)
{
	open_act(w, actor);
	qfs_json_key(w, "key");
	qfs_json_put_base64url(w, actor->chat.bytes, sizeof(actor->chat.bytes));
	close_act(w, "CHAT_KEY");
}

static void
add_use(qfs_json_writer *w, const invented *actor, const invented *inviter)
{
	char		code[QFS_REFERRAL_CODE_LEN];

	qfs_referral_code(&inviter->user, code);
	open_act(w, actor);
	qfs_json_key(w, "code");
	qfs_json_put_text(w, (qfs_slice) {(const uint8_t *) code, sizeof(code)});
	close_act(w, "REFERRAL_USE");
}

static void
add_message(qfs_json_writer *w, const invented *from, const invented *to, unsigned n)
{
	qfs_hash	commitment;
	qfs_hash	thread;

	invent("message", n, 0, &commitment);
	qfs_thread_name(&from->user, &to->user, &thread);
	open_act(w, from);
	qfs_json_key(w, "alg");
	qfs_json_put_text(w, QFS_LITERAL(QFS_MESSAGE_ALG));
	qfs_json_key(w, "hash");
	qfs_json_put_hex(w, commitment.bytes, sizeof(commitment.bytes));
	qfs_json_key(w, "recipient");
	qfs_json_put_user(w, &to->user);
	qfs_json_put_member_int(w, "seq", 1);
	qfs_json_put_member_int(w, "size", 100);
	qfs_json_key(w, "thread");
	qfs_json_put_hex(w, thread.bytes, sizeof(thread.bytes));
	close_act(w, "MESSAGE");
}

/* ---- what comes of them ---- */

static int
compare_blocks(const void *a, const void *b)
{
	return strcmp(((const qfs_ring_blocks *) a)->guard, ((const qfs_ring_blocks *) b)->guard);
}

static qfs_status
count_block(qfs_ring *ring, qfs_slice guard, qfs_error *err)
{
	qfs_ring_blocks row = {.count = 1};
	bool		found;
	size_t		place;

	QFS_ASSERT(guard.len <= QFS_TYPE_MAX);
	memcpy(row.guard, guard.data, guard.len);
	place = qfs_sorted_place(ring->blocks, ring->block_count, sizeof(row), &row, compare_blocks, &found);
	if (found)
	{
		ring->blocks[place].count++;
		return QFS_OK;
	}
	if (ring->block_count == QFS_RING_BLOCKS_MAX)
		return qfs_fail(err, QFS_INTERNAL, "more than %u guards blocked", (uint64_t) QFS_RING_BLOCKS_MAX);
	qfs_sorted_insert(ring->blocks, ring->block_count++, sizeof(row), place, &row);
	return QFS_OK;
}

static qfs_status
count_step(qfs_ring *ring, qfs_slice step, qfs_error *err)
{
	qfs_slice	code;
	qfs_slice	guard;
	qfs_slice	name;
	qfs_json_iter guards = qfs_guards_of(qfs_json_member_or(step, "outcome", QFS_LITERAL("null")));
	qfs_status	refused;
	qfs_status	status = QFS_OK;

	ring->acts++;
	if (qfs_json_to_plain(qfs_json_member_or(step, "error", QFS_LITERAL("null")), &code) &&
		qfs_status_of_code(code, &refused))
		ring->refused.count[refused]++;
	while (status == QFS_OK && qfs_guard_next_block(&guards, &guard, &name))
		status = count_block(ring, name, err);
	return status;
}

/* Puts acts to the rules, and counts. */
static qfs_status
do_acts(qfs_ring *ring, desk *d, qfs_slice acts, qfs_stage *stage, qfs_error *err)
{
	qfs_json_iter iter;
	qfs_slice	key;
	qfs_slice	step;
	qfs_buf		steps;
	qfs_status	status;

	qfs_buf_init(&steps, d->steps, sizeof(d->steps));
	status = qfs_actions_run(stage, acts, &steps, err);
	iter = qfs_json_members(qfs_buf_slice(&steps));
	while (status == QFS_OK && qfs_json_next(&iter, &key, &step))
		status = count_step(ring, step, err);
	return status;
}

/* A wallet comes, and uses the code of the first. */
static qfs_status
come(qfs_ring *ring, desk *d, unsigned n, qfs_stage *stage, qfs_error *err)
{
	qfs_json_writer w;
	qfs_buf		acts;
	qfs_status	status = invent_wallet(n, &d->wallets[n], err);

	/* The policy's places are those of the reducer. */
	if (status == QFS_OK)
		status = qfs_reducer_refresh(stage->reducer, err);
	qfs_buf_init(&acts, d->acts, sizeof(d->acts));
	qfs_json_begin(&w, &acts);
	qfs_json_open_array(&w);
	if (status == QFS_OK)
		status = add_login(&w, d, n, stage, err);
	if (status != QFS_OK)
		return status;
	add_profile(&w, &d->wallets[n], n);
	add_chat_key(&w, &d->wallets[n]);
	if (n > 0)
		add_use(&w, &d->wallets[n], &d->wallets[0]);
	qfs_json_close(&w);
	status = qfs_json_end(&w, err);
	return status == QFS_OK ? do_acts(ring, d, qfs_buf_slice(&acts), stage, err) : status;
}

/* It writes to the next one. */
static qfs_status
greet(qfs_ring *ring, desk *d, unsigned n, qfs_stage *stage, qfs_error *err)
{
	qfs_json_writer w;
	qfs_buf		acts;
	qfs_status	status;

	qfs_buf_init(&acts, d->acts, sizeof(d->acts));
	qfs_json_begin(&w, &acts);
	qfs_json_open_array(&w);
	add_message(&w, &d->wallets[n], &d->wallets[n == ring->wallets ? 0 : n + 1], n);
	qfs_json_close(&w);
	status = qfs_json_end(&w, err);
	return status == QFS_OK ? do_acts(ring, d, qfs_buf_slice(&acts), stage, err) : status;
}

qfs_status
qfs_ring_run(qfs_ring *ring, unsigned wallets, qfs_stage *stage, qfs_allocator allocator, qfs_error *err)
{
	desk	   *d = allocator.allocate(allocator.context, sizeof(*d));
	qfs_status	status = QFS_OK;

	QFS_ASSERT(wallets <= QFS_RING_MAX);
	memset(ring, 0, sizeof(*ring));
	ring->wallets = wallets;
	if (d == NULL)
		return qfs_fail(err, QFS_NO_MEMORY, "for a ring of wallets");
	for (unsigned n = 0; n <= wallets && status == QFS_OK; n++)
		status = come(ring, d, n, stage, err);
	for (unsigned n = 0; n <= wallets && status == QFS_OK; n++)
		status = greet(ring, d, n, stage, err);
	allocator.release(allocator.context, d);
	return status;
}

void
qfs_ring_write(const qfs_ring *ring, qfs_slice earned, qfs_json_writer *w)
{
	qfs_json_open_object(w);
	qfs_json_put_member_int(w, "acts", (int64_t) ring->acts);
	qfs_json_key(w, "blocked");
	qfs_json_open_object(w);
	for (unsigned n = 0; n < ring->block_count; n++)
		qfs_json_put_member_int(w, ring->blocks[n].guard, (int64_t) ring->blocks[n].count);
	qfs_json_close(w);
	qfs_json_key(w, "earned");
	qfs_json_put_value(w, earned);
	qfs_json_key(w, "refused");
	qfs_refusals_write(w, &ring->refused);
	qfs_json_put_member_int(w, "wallets", ring->wallets);
	qfs_json_close(w);
}
