/*
 * server.c - which server and which database a ledger lives in, as entries record it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "identity/server.h"

#include "base/status.h"
#include "crypto/sha256.h"

static const char *const names[QFS_SERVER_CHANGES] = {
	"database", "recovery", "system", "timeline", "version"
};

_Static_assert(QFS_SERVER_VERSION == 1 << (QFS_SERVER_CHANGES - 1), "a name for each change");

const char *
qfs_server_change_name(unsigned n)
{
	return n < QFS_SERVER_CHANGES ? names[n] : NULL;
}

/* ---- digests ---- */

/* SHA-256(domain || 0x00 || salt || number[0] || …), numbers big-endian. */
static void
digest(const char *domain, const uint8_t *salt, qfs_slice number, qfs_hash *out)
{
	qfs_sha256_state state;

	qfs_sha256_init(&state);
	qfs_sha256_add(&state, domain, strlen(domain) + 1);
	qfs_sha256_add(&state, salt, QFS_SERVER_SALT_LEN);
	qfs_sha256_add(&state, number.data, number.len);
	qfs_sha256_final(&state, out);
}

static void
make_digests(const qfs_server *server, const uint8_t *salt, qfs_hash *system, qfs_hash *database)
{
	uint8_t		number[12];

	for (int i = 0; i < 8; i++)
		number[i] = (uint8_t) (server->system >> 8 * (7 - i));
	for (int i = 0; i < 4; i++)
		number[8 + i] = (uint8_t) (server->database >> 8 * (3 - i));
	digest("qfs:system:v1", salt, (qfs_slice) {number, 8}, system);
	digest("qfs:database:v1", salt, (qfs_slice) {number, 12}, database);
}

void
qfs_server_record_make(const qfs_server *server, const uint8_t salt[QFS_SERVER_SALT_LEN], qfs_server_record *out)
{
	qfs_buf		digits;

	memset(out->salt, 0, sizeof(out->salt));
	qfs_buf_init(&digits, out->salt, 2 * QFS_SERVER_SALT_LEN);
	qfs_buf_hex(&digits, salt, QFS_SERVER_SALT_LEN);
	make_digests(server, salt, &out->system, &out->database);
	out->timeline = server->timeline;
	out->version = server->version;
}

unsigned
qfs_server_compare(const qfs_server_record *record, const qfs_server *server)
{
	uint8_t		salt[QFS_SERVER_SALT_LEN];
	qfs_hash	system;
	qfs_hash	database;
	unsigned	changed = 0;

	/* A salt that is none fits no server. */
	if (!qfs_hex_decode(qfs_slice_of(record->salt), salt, sizeof(salt)))
		memset(salt, 0, sizeof(salt));
	make_digests(server, salt, &system, &database);
	if (memcmp(&record->system, &system, sizeof(system)) != 0)
		changed |= QFS_SERVER_SYSTEM;
	if (memcmp(&record->database, &database, sizeof(database)) != 0)
		changed |= QFS_SERVER_DATABASE;
	if (record->timeline != server->timeline)
		changed |= QFS_SERVER_TIMELINE;
	if (record->version != server->version)
		changed |= QFS_SERVER_VERSION;
	return changed;
}

/* ---- in a payload ---- */

void
qfs_server_record_write(qfs_json_writer *w, const qfs_server_record *record)
{
	qfs_json_open_object(w);
	qfs_json_key(w, "database");
	qfs_json_put_hex(w, record->database.bytes, QFS_HASH_LEN);
	qfs_json_key(w, "salt");
	qfs_json_put_text(w, qfs_slice_of(record->salt));
	qfs_json_key(w, "system");
	qfs_json_put_hex(w, record->system.bytes, QFS_HASH_LEN);
	qfs_json_put_member_int(w, "timeline", record->timeline);
	qfs_json_put_member_int(w, "version", record->version);
	qfs_json_close(w);
}

qfs_status
qfs_server_record_read(qfs_slice payload, qfs_server_record *out, qfs_error *err)
{
	qfs_slice	empty = QFS_LITERAL("{}");
	qfs_slice	server = qfs_json_member_or(payload, "server", empty);
	uint8_t		salt[QFS_SERVER_SALT_LEN];
	qfs_buf		digits;

	if (!qfs_json_member_hex(server, "database", out->database.bytes, QFS_HASH_LEN) ||
		!qfs_json_member_hex(server, "salt", salt, sizeof(salt)) ||
		!qfs_json_member_hex(server, "system", out->system.bytes, QFS_HASH_LEN))
		return qfs_fail(err, QFS_PAYLOAD_INVALID,
						"payload.server: 64, 32 and 64 lower-case hexadecimal digits");
	memset(out->salt, 0, sizeof(out->salt));
	qfs_buf_init(&digits, out->salt, 2 * QFS_SERVER_SALT_LEN);
	qfs_buf_hex(&digits, salt, sizeof(salt));
	out->timeline = qfs_json_int_or(qfs_json_member_or(server, "timeline", empty), 0);
	out->version = qfs_json_int_or(qfs_json_member_or(server, "version", empty), 0);
	if (out->timeline <= 0 || out->version <= 0)
		return qfs_fail(err, QFS_PAYLOAD_INVALID, "payload.server: timeline and version are counts");
	return QFS_OK;
}
