/*
 * sample.c - a small ledger in memory, grown with qfs_chain_append.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "support/sample.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/sha256.h"
#include "ledger/registry.h"
#include "ledger/state_hash.h"
#include "rules/system/key_rotated.h"
#include "rules/system/server_changed.h"
#include "support/harness.h"
#include "support/second_hash.h"

static qfs_status
read_entry(qfs_tree *tree, unsigned level, uint64_t index, qfs_hash *out, qfs_error *err)
{
	sample	   *s = (sample *) (void *) ((uint8_t *) tree - offsetof(sample, tree));
	uint64_t	row = qfs_node_row(level, index);

	s->reads++;
	if (row >= s->count || level > s->entry[row].seal.count)
		return qfs_fail(err, QFS_ENTRY_UNKNOWN, "entry %u", row);
	*out = level == 0 ? s->entry[row].seal.hash : s->entry[row].seal.nodes[level - 1];
	return QFS_OK;
}

/* Over every entry, recalling gives what reducing gave. */
static void
recall(sample *s)
{
	qfs_error	err = {QFS_OK, ""};

	s->recaller.check_signatures = s->reducer.check_signatures;
	CHECK_STATUS(qfs_recall(&s->recaller, &s->event, &err), QFS_OK);
	CHECK_DETAIL(&err, "");
	if (s->event.seq == 0)
		CHECK_STATUS(qfs_reducer_name_ledger(&s->recaller, &s->chain.head, &err), QFS_OK);
}

static void
compare_states(sample *s)
{
	qfs_hash	reduced;
	qfs_hash	recalled;

	CHECK_STATUS(qfs_state_of_memory(s->store, s->registry, test_allocator(&s->memory), &reduced, NULL), QFS_OK);
	CHECK_STATUS(qfs_state_of_memory(s->recalled, s->registry, test_allocator(&s->memory), &recalled, NULL), QFS_OK);
	CHECK_HASH(&recalled, &reduced);
}

void
sample_open(sample *s)
{
	qfs_hash	zeros = {{0}};

	memset(s, 0, sizeof(*s));
	s->room = SAMPLE_MAX;
	s->entry = calloc(s->room, sizeof(*s->entry));
	s->tree.node = read_entry;
	s->registry = &qfs_registry_own;
	s->store = qfs_memory_store_create(test_allocator(&s->memory));
	/* What is not initialised must not matter. */
	memset(&s->reducer, 0xA5, sizeof(s->reducer));
	qfs_reducer_init(&s->reducer, s->registry, qfs_memory_store_base(s->store), true);
	s->recalled = qfs_memory_store_create(test_allocator(&s->memory));
	memset(&s->recaller, 0xA5, sizeof(s->recaller));
	qfs_reducer_init(&s->recaller, s->registry, qfs_memory_store_base(s->recalled), true);
	qfs_chain_init(&s->chain, 0, &zeros, 0, NULL, &s->reducer);
}

void
sample_register(sample *s, const qfs_registry *registry)
{
	s->registry = s->reducer.registry = s->recaller.registry = registry;
}

void
sample_close(sample *s)
{
	if (!s->apart)
		compare_states(s);
	for (unsigned i = 0; i < s->count; i++)
		free(s->entry[i].bytes);
	free(s->entry);
	s->entry = NULL;
	qfs_memory_store_destroy(s->recalled);
	qfs_memory_store_destroy(s->store);
	CHECK_UINT(s->memory.live, 0);
}

qfs_salt
sample_salt(uint64_t seq)
{
	qfs_salt	salt;

	for (size_t i = 0; i < sizeof(salt.bytes); i++)
		salt.bytes[i] = (uint8_t) (31 * seq + i);
	return salt;
}

/* Takes the member "sig" out of an auth; "null" if it has none. */
static void
split_auth(sample *s, const char *auth)
{
	static const char key[] = "\"sig\":";
	const char *at = strstr(auth, key);
	const char *end = at;

	snprintf(s->auth, sizeof(s->auth), "%s", auth);
	snprintf(s->sig, sizeof(s->sig), "null");
	if (at == NULL)
		return;
	end = strstr(at, ",\"via\"");
	if (!CHECK(end != NULL))
		return;
	snprintf(s->sig, sizeof(s->sig), "%.*s", (int) (end - at - (long) strlen(key)), at + strlen(key));
	snprintf(s->auth + (at - auth), sizeof(s->auth) - (size_t) (at - auth), "%s", end + 1);
}

/* Keeps the line of the last event, whose hash a second road has to give as well. */
static void
keep_line(sample *s)
{
	static uint8_t bytes[QFS_LINE_MAX];
	sample_entry *next = &s->entry[s->count];
	qfs_hash	again;
	qfs_buf		out;

	qfs_buf_init(&out, bytes, sizeof(bytes));
	CHECK_STATUS(qfs_line_write(&s->event, &out, NULL), QFS_OK);
	again = second_hash(qfs_buf_slice(&out));
	CHECK_HASH(&next->seal.hash, &again);
	next->bytes = malloc(out.len);
	memcpy(next->bytes, out.data, out.len);
	next->len = out.len;
}

qfs_status
sample_append_as(sample *s, const char *auth, const qfs_user_id *actor,
				 const char *type, const char *payload)
{
	sample_entry *next;
	qfs_status	status;

	if (s->count == s->room)
	{
		s->entry = realloc(s->entry, 2 * s->room * sizeof(*s->entry));
		memset(s->entry + s->room, 0, s->room * sizeof(*s->entry));
		s->room *= 2;
	}
	next = &s->entry[s->count];
	split_auth(s, auth);

	s->event = (qfs_entry) {.at = SAMPLE_TIME + 1000 * (int64_t) s->count + s->later,
		.type = qfs_slice_of(type),.auth = qfs_slice_of(s->auth),.payload = qfs_slice_of(payload),
		.sig = qfs_slice_of(s->sig),.salt = sample_salt(s->chain.frontier.size),.has_actor = actor != NULL
	};
	if (actor != NULL)
		s->event.actor = *actor;
	status = qfs_chain_append(&s->chain, &s->event, &s->space, &next->seal, &s->err);
	if (status != QFS_OK)
		return status;

	if (!s->apart)
		recall(s);
	keep_line(s);
	s->count++;
	return QFS_OK;
}

qfs_status
sample_append(sample *s, const char *type, const char *payload)
{
	return sample_append_as(s, SAMPLE_OPERATOR, NULL, type, payload);
}

void
sample_refuse_as(sample *s, const char *auth, const qfs_user_id *actor, const char *type, const char *payload,
				 qfs_status want, const char *detail)
{
	qfs_hash	before = sample_state(s);
	unsigned	count = s->count;
	uint64_t	size = s->chain.frontier.size;
	qfs_hash	after;

	s->err = (qfs_error) {QFS_OK, ""};
	CHECK_STATUS(sample_append_as(s, auth, actor, type, payload), want);
	CHECK_STATUS(s->err.status, want);
	CHECK_DETAIL(&s->err, detail);
	after = sample_state(s);
	CHECK_HASH(&after, &before);
	CHECK_UINT(s->count, count);
	CHECK_UINT(s->chain.frontier.size, size);
}

void
sample_refuse(sample *s, const char *auth, const char *type, const char *payload, qfs_status want,
			  const char *detail)
{
	sample_refuse_as(s, auth != NULL ? auth : SAMPLE_OPERATOR, NULL, type, payload, want, detail);
}

void
sample_genesis(sample *s)
{
	CHECK_STATUS(sample_append(s, "GENESIS",
							   sample_genesis_payload(SAMPLE_ORIGIN, 1)), QFS_OK);
}

void
sample_ledger(sample *s)
{
	sample_genesis(s);
	CHECK_STATUS(sample_append(s, "EVENT_TYPE",
							   "{\"by\":\"operator\",\"schema\":{\"properties\":{\"text\":{\"type\":\"string\"}},"
							   "\"required\":[\"text\"],\"type\":\"object\"},\"type\":\"NOTED\"}"), QFS_OK);
	CHECK_STATUS(sample_append(s, "NOTED", "{\"text\":\"first\"}"), QFS_OK);
	CHECK_STATUS(sample_append(s, "POLICY_CHANGED",
							   sample_policy_payload("{\"ttl_blocks\":10,\"visibility\":\"public\"}")),
				 QFS_OK);
	CHECK_STATUS(sample_append(s, "NOTED", "{\"text\":\"second\"}"), QFS_OK);
	CHECK_STATUS(sample_append(s, "KEY_ROTATED",
							   sample_rotation_payload(&s->entry[0].seal.hash, 1, 2)), QFS_OK);
	CHECK_STATUS(sample_append(s, "NOTED", "{\"text\":\"third\"}"), QFS_OK);
	CHECK_STATUS(sample_append(s, "EVENT_TYPE",
							   "{\"by\":\"operator\",\"schema\":{},\"type\":\"FREE\"}"), QFS_OK);
	CHECK_STATUS(sample_append(s, "FREE", "{\"a\":[1,{\"b\":null}]}"), QFS_OK);
}

qfs_slice
sample_line(const sample *s, unsigned seq)
{
	return (qfs_slice) {s->entry[seq].bytes, s->entry[seq].len};
}

static void
hex(char *out, const uint8_t *bytes, size_t len)
{
	sodium_bin2hex(out, 2 * len + 1, bytes, len);
}

const char *
sample_policy(const char *changes)
{
	static char text[QFS_POLICY_MAX + 1];
	qfs_buf		buf;

	qfs_buf_init(&buf, text, sizeof(text) - 1);
	CHECK_STATUS(qfs_policy_merge(qfs_policy_default(), qfs_slice_of(changes), &buf, NULL), QFS_OK);
	text[buf.len] = '\0';
	return text;
}

const char *
sample_policy_payload(const char *changes)
{
	static char text[QFS_POLICY_MAX + 64];

	snprintf(text, sizeof(text), "{\"policy\":%s}", sample_policy(changes));
	return text;
}

const qfs_server sample_home = {.system = UINT64_C(7300000000000000001), .database = 16384, .timeline = 1, .version = 150012};

const char *
sample_server(const qfs_server *server, uint8_t salt)
{
	static char text[512];
	uint8_t		bytes[QFS_SERVER_SALT_LEN];
	qfs_server_record record = {0};
	qfs_json_writer w;
	qfs_buf		buf;

	memset(bytes, salt, sizeof(bytes));
	qfs_server_record_make(server, bytes, &record);
	qfs_buf_init(&buf, text, sizeof(text) - 1);
	qfs_json_begin(&w, &buf);
	qfs_server_record_write(&w, &record);
	CHECK_STATUS(qfs_json_end(&w, NULL), QFS_OK);
	text[buf.len] = '\0';
	return text;
}

const char *
sample_server_payload(unsigned changed, const char *reason, const qfs_server *server, uint8_t salt)
{
	static char text[1024];
	char		quoted[QFS_SERVER_REASON_MAX + 16] = "null";
	uint8_t		bytes[QFS_SERVER_SALT_LEN];
	qfs_server_record record = {0};
	qfs_json_writer w;
	qfs_buf		buf;

	if (reason != NULL)
		snprintf(quoted, sizeof(quoted), "\"%s\"", reason);
	memset(bytes, salt, sizeof(bytes));
	qfs_server_record_make(server, bytes, &record);
	qfs_buf_init(&buf, text, sizeof(text) - 1);
	qfs_json_begin(&w, &buf);
	qfs_server_changed_write(&w, changed, qfs_slice_of(quoted), &record);
	CHECK_STATUS(qfs_json_end(&w, NULL), QFS_OK);
	text[buf.len] = '\0';
	return text;
}

const char *
sample_genesis_payload(const char *origin, uint8_t key)
{
	static char text[QFS_POLICY_MAX + 1024];
	test_key	pair = test_key_of(key);
	char		digits[65];

	hex(digits, pair.public.bytes, sizeof(pair.public.bytes));
	snprintf(text, sizeof(text), "{\"format\":2,\"keys\":{\"checkpoint\":\"%s\",\"token\":\"%s\"},"
			 "\"origin\":\"%s\",\"policy\":%s,\"server\":%s}", digits, digits, origin, sample_policy("{}"),
			 sample_server(&sample_home, 0));
	return text;
}

const char *
sample_endorsed_payload(const qfs_hash *ledger, uint8_t from, const qfs_hash *checkpoint,
						const qfs_hash *token)
{
	static char text[1024];
	test_key	old = test_key_of(from);
	uint8_t		message[QFS_ROTATION_MESSAGE];
	uint8_t		signature[crypto_sign_BYTES];
	char		checkpoint_digits[65];
	char		token_digits[65];
	char		signature_digits[129];
	qfs_buf		buf;

	qfs_buf_init(&buf, message, sizeof(message));
	qfs_rotation_message(ledger, checkpoint, token, &buf);
	CHECK(!buf.overflow);
	CHECK_UINT(buf.len, QFS_ROTATION_MESSAGE);
	crypto_sign_detached(signature, NULL, message, buf.len, old.secret);
	hex(checkpoint_digits, checkpoint->bytes, sizeof(checkpoint->bytes));
	hex(token_digits, token->bytes, sizeof(token->bytes));
	hex(signature_digits, signature, sizeof(signature));
	snprintf(text, sizeof(text), "{\"keys\":{\"checkpoint\":\"%s\",\"token\":\"%s\"},"
			 "\"signature\":\"%s\"}", checkpoint_digits, token_digits, signature_digits);
	return text;
}

const char *
sample_rotation_payload(const qfs_hash *ledger, uint8_t from, uint8_t to)
{
	test_key	next = test_key_of(to);

	return sample_endorsed_payload(ledger, from, &next.public, &next.public);
}

void
sample_recoverable(sample *s, uint8_t recovery)
{
	static char text[QFS_POLICY_MAX + 1024];
	test_key	first = test_key_of(1);
	test_key	second = test_key_of(recovery);
	char		digits[65];
	char		recovery_digits[65];

	hex(digits, first.public.bytes, sizeof(first.public.bytes));
	hex(recovery_digits, second.public.bytes, sizeof(second.public.bytes));
	snprintf(text, sizeof(text), "{\"format\":2,\"keys\":{\"checkpoint\":\"%s\",\"recovery\":\"%s\",\"token\":\"%s\"},"
			 "\"origin\":\"%s\",\"policy\":%s,\"server\":%s}", digits, recovery_digits, digits, SAMPLE_ORIGIN, sample_policy("{}"),
			 sample_server(&sample_home, 0));
	CHECK_STATUS(sample_append(s, "GENESIS", text), QFS_OK);
}

const char *
sample_recovery_payload(const qfs_hash *ledger, uint8_t by, const qfs_signing_key_record *next,
						bool names_recovery)
{
	static char text[1024];
	test_key	signer = test_key_of(by);
	uint8_t		message[QFS_RECOVERY_MESSAGE];
	uint8_t		signature[crypto_sign_BYTES];
	char		checkpoint[65];
	char		token[65];
	char		recovery[65];
	char		member[80] = "";
	char		signature_digits[129];
	qfs_buf		buf;

	qfs_buf_init(&buf, message, sizeof(message));
	qfs_recovery_message(ledger, next, &buf);
	CHECK(!buf.overflow);
	CHECK_UINT(buf.len, QFS_RECOVERY_MESSAGE);
	crypto_sign_detached(signature, NULL, message, buf.len, signer.secret);
	hex(checkpoint, next->checkpoint.bytes, sizeof(next->checkpoint.bytes));
	hex(token, next->token.bytes, sizeof(next->token.bytes));
	hex(recovery, next->recovery.bytes, sizeof(next->recovery.bytes));
	hex(signature_digits, signature, sizeof(signature));
	if (names_recovery)
		snprintf(member, sizeof(member), "\"recovery\":\"%s\",", recovery);
	snprintf(text, sizeof(text), "{\"by\":\"recovery\",\"keys\":{\"checkpoint\":\"%s\",%s\"token\":\"%s\"},"
			 "\"signature\":\"%s\"}", checkpoint, member, token, signature_digits);
	return text;
}

void
sample_checkpoint(qfs_buf *out, const char *origin, uint64_t size, const qfs_hash *root,
				  uint8_t key)
{
	qfs_vkey	vkey = test_vkey(origin, QFS_NOTE_ED25519, key);
	test_key	pair = test_key_of(key);
	size_t		start = out->len;
	qfs_slice	body;

	qfs_checkpoint_write(out, qfs_slice_of(origin), size, root);
	body = (qfs_slice) {out->data + start, out->len - start};
	qfs_buf_byte(out, '\n');
	qfs_note_sign(out, &vkey, pair.secret, body);
	CHECK(!out->overflow);
}

static void
add_field(qfs_sha256_state *digest, const qfs_field *field, const void *record)
{
	const uint8_t *at = (const uint8_t *) record + field->offset;
	bool		present = qfs_field_present(field, record);
	qfs_slice	json;

	qfs_sha256_add(digest, &present, sizeof(present));
	if (!present)
		return;
	if (field->type == QFS_FIELD_JSON)
	{
		memcpy(&json, at, sizeof(json));
		qfs_sha256_add(digest, json.data, json.len);
	}
	else
		qfs_sha256_add(digest, at, qfs_field_size(field, record));
	qfs_sha256_add(digest, ";", 1);
}

qfs_hash
sample_state(const sample *s)
{
	const qfs_kind *kind;
	qfs_sha256_state digest;
	qfs_hash	out;

	qfs_sha256_init(&digest);
	for (size_t k = 0; (kind = qfs_registry_kind(s->registry, k)) != NULL; k++)
	{
		const uint8_t *record;

		for (size_t n = 0; (record = qfs_memory_store_record(s->store, kind, n)) != NULL; n++)
			for (unsigned i = 0; i < kind->field_count; i++)
				add_field(&digest, &kind->fields[i], record);
		qfs_sha256_add(&digest, "|", 1);
	}
	qfs_sha256_final(&digest, &out);
	return out;
}
