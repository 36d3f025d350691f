/*
 * note.c - signed notes, checkpoints and tlog-proof files.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "log/note.h"

#include <sodium.h>

#include "base/assert.h"
#include "base/status.h"
#include "crypto/ed25519.h"
#include "crypto/sha256.h"
#include "text/base64.h"
#include "text/utf8.h"

/* Start of a signature line: an em dash and a space. */
static const char dash[] = "\xE2\x80\x94 ";

static const char proof_header[] = "c2sp.org/tlog-proof@v1";

#define KEY_ID_LEN 4
#define TIMESTAMP_LEN 8
#define SIGNATURE_LEN QFS_ED25519_SIGNATURE_LEN

/* Decoded signature field of the longest kind that we understand. */
#define FIELD_MAX (KEY_ID_LEN + TIMESTAMP_LEN + SIGNATURE_LEN)

/* The shortest base64 that holds a key id and a byte of a signature. */
#define FIELD_TEXT_MIN 8

_Static_assert(QFS_SECRET_LEN == crypto_sign_SECRETKEYBYTES &&
			   QFS_HASH_LEN == crypto_sign_PUBLICKEYBYTES, "keys as libsodium holds them");
_Static_assert(KEY_ID_LEN == sizeof(((qfs_vkey *) NULL)->id), "an id is copied whole");
_Static_assert(1 + QFS_HASH_LEN <= FIELD_MAX && KEY_ID_LEN + SIGNATURE_LEN <= FIELD_MAX,
			   "what write_base64 is given");
_Static_assert(FIELD_TEXT_MIN / 4 * 3 > KEY_ID_LEN, "an id, and a byte more");

/* ---- base64 and lines ---- */

static bool
read_base64_hash(qfs_slice text, qfs_hash *out)
{
	size_t		len;

	return qfs_base64_read_some(text, out->bytes, sizeof(out->bytes), &len) && len == sizeof(out->bytes);
}

static qfs_slice
after(qfs_slice text, size_t n)
{
	QFS_ASSERT(n <= text.len);
	return (qfs_slice) {text.data + n, text.len - n};
}

/* Is it base64, however long? */
static bool
is_base64(qfs_slice text)
{
	uint8_t		group[3];
	size_t		len = sizeof(group);

	if (text.len == 0 || text.len % 4 != 0)
		return false;
	for (; text.len > 0; text = after(text, 4))
		if (len != sizeof(group) ||
			!qfs_base64_read_some((qfs_slice) {text.data, 4}, group, sizeof(group), &len))
			return false;
	return true;
}

/* Cuts the next line off, without its line end; false if none ends. */
static bool
next_line(qfs_slice *rest, qfs_slice *line)
{
	const uint8_t *end = rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;

	if (end == NULL)
		return false;
	*line = (qfs_slice) {rest->data, (size_t) (end - rest->data)};
	rest->data = end + 1;
	rest->len -= line->len + 1;
	return true;
}

static bool
starts_with(qfs_slice text, const char *prefix)
{
	size_t		len = strlen(prefix);

	return text.len >= len && memcmp(text.data, prefix, len) == 0;
}

/* Splits at the first occurrence of c; false if there is none. */
static bool
split(qfs_slice text, uint8_t c, qfs_slice *left, qfs_slice *right)
{
	const uint8_t *at = text.len > 0 ? memchr(text.data, c, text.len) : NULL;

	if (at == NULL)
		return false;
	*left = (qfs_slice) {text.data, (size_t) (at - text.data)};
	*right = after(text, left->len + 1);
	return true;
}

/* ---- keys ---- */

qfs_status
qfs_origin_check(qfs_slice origin, qfs_error *err)
{
	if (origin.len == 0 || origin.len > QFS_ORIGIN_MAX)
		return qfs_fail(err, QFS_ORIGIN_INVALID, "%u bytes", (uint64_t) origin.len);
	for (size_t i = 0; i < origin.len; i++)
		if (origin.data[i] <= ' ' || origin.data[i] > '~' || origin.data[i] == '+')
			return qfs_fail(err, QFS_ORIGIN_INVALID, "\"%v\"", origin);
	return QFS_OK;
}

void
qfs_vkey_make(qfs_slice name, qfs_note_algorithm algorithm, const qfs_hash *key, qfs_vkey *out)
{
	uint8_t		prefix[2] = {'\n', (uint8_t) algorithm};
	qfs_sha256_state state;
	qfs_hash	hash;

	QFS_ASSERT(qfs_origin_check(name, NULL) == QFS_OK);
	QFS_ASSERT(algorithm == QFS_NOTE_ED25519 || algorithm == QFS_NOTE_COSIGNATURE);
	memset(out, 0, sizeof(*out));
	memcpy(out->name, name.data, name.len < QFS_ORIGIN_MAX ? name.len : QFS_ORIGIN_MAX);
	out->algorithm = algorithm;
	out->key = *key;

	qfs_sha256_init(&state);
	qfs_sha256_add(&state, name.data, name.len);
	qfs_sha256_add(&state, prefix, sizeof(prefix));
	qfs_sha256_add(&state, key->bytes, sizeof(key->bytes));
	qfs_sha256_final(&state, &hash);
	memcpy(out->id, hash.bytes, KEY_ID_LEN);
}

void
qfs_vkey_write(qfs_buf *out, const qfs_vkey *vkey)
{
	uint8_t		key[1 + QFS_HASH_LEN];

	key[0] = (uint8_t) vkey->algorithm;
	memcpy(key + 1, vkey->key.bytes, QFS_HASH_LEN);
	qfs_buf_text(out, vkey->name);
	qfs_buf_byte(out, '+');
	qfs_buf_hex(out, vkey->id, KEY_ID_LEN);
	qfs_buf_byte(out, '+');
	qfs_base64_write(out, key, sizeof(key));
}

qfs_status
qfs_vkey_parse(qfs_slice text, qfs_vkey *out, qfs_error *err)
{
	qfs_slice	name;
	qfs_slice	rest;
	qfs_slice	id_text;
	qfs_slice	key_text;
	uint8_t		id[KEY_ID_LEN];
	uint8_t		key[1 + QFS_HASH_LEN];
	qfs_hash	public_key;
	size_t		len;

	if (!split(text, '+', &name, &rest) || !split(rest, '+', &id_text, &key_text) ||
		qfs_origin_check(name, NULL) != QFS_OK ||
		!qfs_hex_decode(id_text, id, sizeof(id)))
		return qfs_fail(err, QFS_VKEY_SYNTAX, "\"%v\"", text);
	if (!qfs_base64_read_some(key_text, key, sizeof(key), &len) || len != sizeof(key))
		return qfs_fail(err, QFS_VKEY_SYNTAX, "the key is not 33 bytes of base64");
	if (key[0] != QFS_NOTE_ED25519 && key[0] != QFS_NOTE_COSIGNATURE)
		return qfs_fail(err, QFS_VKEY_SYNTAX, "algorithm %u is not supported", (uint64_t) key[0]);

	memcpy(public_key.bytes, key + 1, sizeof(public_key.bytes));
	qfs_vkey_make(name, key[0], &public_key, out);
	if (memcmp(out->id, id, sizeof(id)) != 0)
		return qfs_fail(err, QFS_VKEY_SYNTAX, "the key id is not that of the key");
	return qfs_ed25519_key_check((qfs_slice) {public_key.bytes, sizeof(public_key.bytes)}, err);
}

/* ---- checkpoints ---- */

void
qfs_checkpoint_write(qfs_buf *out, qfs_slice origin, uint64_t size, const qfs_hash *root)
{
	QFS_ASSERT(origin.len > 0 && memchr(origin.data, '\n', origin.len) == NULL);
	qfs_buf_slice_add(out, origin);
	qfs_buf_byte(out, '\n');
	qfs_buf_uint(out, size);
	qfs_buf_byte(out, '\n');
	qfs_base64_write(out, root->bytes, sizeof(root->bytes));
	qfs_buf_byte(out, '\n');
}

void
qfs_note_sign(qfs_buf *out, const qfs_vkey *vkey, const uint8_t secret[QFS_SECRET_LEN],
			  qfs_slice body)
{
	uint8_t		field[KEY_ID_LEN + SIGNATURE_LEN];

	QFS_ASSERT(body.len > 0 && body.data[body.len - 1] == '\n');
	memcpy(field, vkey->id, KEY_ID_LEN);
	crypto_sign_detached(field + KEY_ID_LEN, NULL, body.data, body.len, secret);
	qfs_buf_text(out, dash);
	qfs_buf_text(out, vkey->name);
	qfs_buf_byte(out, ' ');
	qfs_base64_write(out, field, sizeof(field));
	qfs_buf_byte(out, '\n');
}

/*
 * "— name base64", the base64 of a key id and at least one byte more.  The
 * id alone is read: the rest may be as long as an algorithm wants it to be.
 */
static bool
read_signature_line(qfs_slice line, qfs_slice *name, uint8_t id[KEY_ID_LEN], qfs_slice *field)
{
	uint8_t		start[FIELD_TEXT_MIN / 4 * 3];
	size_t		len;

	if (!starts_with(line, dash) || !split(after(line, sizeof(dash) - 1), ' ', name, field) ||
		name->len == 0 || memchr(name->data, '+', name->len) != NULL ||
		field->len < FIELD_TEXT_MIN || !is_base64(*field))
		return false;
	if (!qfs_base64_read_some((qfs_slice) {field->data, FIELD_TEXT_MIN}, start, sizeof(start), &len) ||
		len <= KEY_ID_LEN)
		return false;
	memcpy(id, start, KEY_ID_LEN);
	return true;
}

static qfs_status
check_signature_lines(qfs_slice lines, qfs_error *err)
{
	qfs_slice	line;
	qfs_slice	name;
	qfs_slice	field;
	uint8_t		id[KEY_ID_LEN];

	if (lines.len == 0)
		return qfs_fail(err, QFS_NOTE_SYNTAX, "it is not signed");
	while (next_line(&lines, &line))
		if (!read_signature_line(line, &name, id, &field))
			return qfs_fail(err, QFS_NOTE_SYNTAX, "not a signature line: \"%v\"", line);
	if (lines.len > 0)
		return qfs_fail(err, QFS_NOTE_SYNTAX, "the last line does not end");
	return QFS_OK;
}

/* The text is signed; the split is at the last blank line. */
static bool
split_note(qfs_slice note, qfs_slice *body, qfs_slice *signatures)
{
	for (size_t i = note.len; i >= 2; i--)
		if (note.data[i - 1] == '\n' && note.data[i - 2] == '\n')
		{
			*body = (qfs_slice) {note.data, i - 1};
			*signatures = after(note, i);
			QFS_ASSERT(body->len + 1 + signatures->len == note.len);
			return true;
		}
	return false;
}

qfs_status
qfs_checkpoint_parse(qfs_slice note, qfs_checkpoint *out, qfs_error *err)
{
	qfs_slice	rest;
	qfs_slice	size;
	qfs_slice	root;
	qfs_slice	extension;

	if (note.len > QFS_NOTE_MAX)
		return qfs_fail(err, QFS_NOTE_SYNTAX, "it is longer than %u bytes", (uint64_t) QFS_NOTE_MAX);
	if (!split_note(note, &out->body, &out->signatures))
		return qfs_fail(err, QFS_NOTE_SYNTAX, "there is no blank line before signatures");
	if (out->body.len > QFS_NOTE_BODY_MAX)
		return qfs_fail(err, QFS_NOTE_SYNTAX, "the text is longer than %u bytes",
						(uint64_t) QFS_NOTE_BODY_MAX);
	if (!qfs_utf8_check(note))
		return qfs_fail(err, QFS_NOTE_SYNTAX, "it is not UTF-8");
	for (size_t i = 0; i < note.len; i++)
		if (note.data[i] < 0x20 && note.data[i] != '\n')
			return qfs_fail(err, QFS_NOTE_SYNTAX, "byte %u is a control character", (uint64_t) i);

	rest = out->body;
	if (!next_line(&rest, &out->origin) || !next_line(&rest, &size) || !next_line(&rest, &root))
		return qfs_fail(err, QFS_NOTE_SYNTAX, "origin, size and root are three lines");
	if (out->origin.len == 0)
		return qfs_fail(err, QFS_NOTE_SYNTAX, "the origin is empty");
	if (!qfs_decimal_decode(size, &out->size))
		return qfs_fail(err, QFS_NOTE_SYNTAX, "\"%v\" is not a size", size);
	if (!read_base64_hash(root, &out->root))
		return qfs_fail(err, QFS_NOTE_SYNTAX, "\"%v\" is not a root", root);
	while (next_line(&rest, &extension))
		if (extension.len == 0)
			return qfs_fail(err, QFS_NOTE_SYNTAX, "an extension line is empty");
	return check_signature_lines(out->signatures, err);
}

static uint64_t
read_u64(const uint8_t *p)
{
	uint64_t	n = 0;

	for (int i = 0; i < 8; i++)
		n = n << 8 | p[i];
	return n;
}

static bool
is_signed(qfs_slice message, const uint8_t *signature, const qfs_hash *key)
{
	return qfs_ed25519_verify(message, (qfs_slice) {signature, SIGNATURE_LEN},
							  (qfs_slice) {key->bytes, sizeof(key->bytes)}, NULL) == QFS_OK;
}

/* A cosignature is over a time and the whole checkpoint text. */
static bool
verify_cosignature(const uint8_t *timestamp, const uint8_t *signature, qfs_slice body,
				   const qfs_hash *key)
{
	uint8_t		message[QFS_NOTE_BODY_MAX + 64];
	qfs_buf		buf;

	qfs_buf_init(&buf, message, sizeof(message));
	qfs_buf_text(&buf, "cosignature/v1\ntime ");
	qfs_buf_uint(&buf, read_u64(timestamp));
	qfs_buf_byte(&buf, '\n');
	qfs_buf_slice_add(&buf, body);
	return !buf.overflow && is_signed(qfs_buf_slice(&buf), signature, key);
}

/* Does this signature field verify?  One of another length does not. */
static bool
verify_field(qfs_slice text, const qfs_vkey *vkey, qfs_slice body)
{
	uint8_t		field[FIELD_MAX];
	const uint8_t *rest = field + KEY_ID_LEN;
	size_t		len;

	if (!qfs_base64_read_some(text, field, sizeof(field), &len))
		return false;
	if (vkey->algorithm == QFS_NOTE_COSIGNATURE)
		return len == KEY_ID_LEN + TIMESTAMP_LEN + SIGNATURE_LEN &&
			verify_cosignature(rest, rest + TIMESTAMP_LEN, body, &vkey->key);
	return len == KEY_ID_LEN + SIGNATURE_LEN && is_signed(body, rest, &vkey->key);
}

qfs_note_verdict
qfs_note_verify(const qfs_checkpoint *checkpoint, const qfs_vkey *vkey, qfs_slice *good)
{
	qfs_note_verdict verdict = QFS_NOTE_ABSENT;
	qfs_slice	rest = checkpoint->signatures;
	qfs_slice	line;

	while (next_line(&rest, &line))
	{
		qfs_slice	name;
		qfs_slice	field;
		uint8_t		id[KEY_ID_LEN];

		if (!read_signature_line(line, &name, id, &field) ||
			!qfs_slice_equal(name, qfs_slice_of(vkey->name)) ||
			memcmp(id, vkey->id, KEY_ID_LEN) != 0)
			continue;
		if (!verify_field(field, vkey, checkpoint->body))
			return QFS_NOTE_BAD;
		verdict = QFS_NOTE_GOOD;
		if (good != NULL)
			*good = (qfs_slice) {line.data, line.len + 1};
	}
	return verdict;
}

/* ---- tlog-proof files ---- */

void
qfs_tlog_proof_write(qfs_buf *out, uint64_t index, const qfs_proof *path, qfs_slice note)
{
	QFS_ASSERT(path->count <= QFS_PROOF_MAX);
	qfs_buf_text(out, proof_header);
	qfs_buf_text(out, "\nindex ");
	qfs_buf_uint(out, index);
	qfs_buf_byte(out, '\n');
	for (unsigned i = 0; i < path->count; i++)
	{
		qfs_base64_write(out, path->hashes[i].bytes, QFS_HASH_LEN);
		qfs_buf_byte(out, '\n');
	}
	qfs_buf_byte(out, '\n');
	qfs_buf_slice_add(out, note);
}

qfs_status
qfs_tlog_proof_parse(qfs_slice text, qfs_tlog_proof *out, qfs_error *err)
{
	qfs_slice	rest = text;
	qfs_slice	line;

	if (!next_line(&rest, &line) || !qfs_slice_equal(line, qfs_slice_of(proof_header)))
		return qfs_fail(err, QFS_PROOF_SYNTAX, "the first line is not %s", proof_header);
	if (!next_line(&rest, &line))
		return qfs_fail(err, QFS_PROOF_SYNTAX, "the index is missing");
	if (starts_with(line, "extra "))
	{
		if (!is_base64(after(line, 6)))
			return qfs_fail(err, QFS_PROOF_SYNTAX, "\"%v\" is not base64 extra data", line);
		if (!next_line(&rest, &line))
			return qfs_fail(err, QFS_PROOF_SYNTAX, "the index is missing");
	}
	if (!starts_with(line, "index ") || !qfs_decimal_decode(after(line, 6), &out->index))
		return qfs_fail(err, QFS_PROOF_SYNTAX, "\"%v\" is not an index", line);

	out->path.count = 0;
	for (;;)
	{
		if (!next_line(&rest, &line))
			return qfs_fail(err, QFS_PROOF_SYNTAX, "there is no blank line after the path");
		if (line.len == 0)
			break;
		if (out->path.count == QFS_PROOF_MAX ||
			!read_base64_hash(line, &out->path.hashes[out->path.count]))
			return qfs_fail(err, QFS_PROOF_SYNTAX, "\"%v\" is not a hash of the path", line);
		out->path.count++;
	}
	QFS_ASSERT(out->path.count <= QFS_PROOF_MAX);
	out->note = rest;
	return QFS_OK;
}
