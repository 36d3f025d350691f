/*
 * wallet_tool.c - the wallet functions of src/core, a line of text each.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * For comparisons with programs in other languages.  Reads lines "command
 * argument ...", where an argument is bytes in hexadecimal, and answers each
 * with one line: a result, or a status code and its detail.
 *
 *   keccak bytes, sha3 bytes, digest message       a hash
 *   recover message signature                      an address
 *   ed25519 message signature key                  "good"
 *   ed25519-key key, x25519 key                    "good"
 *   siwe message                                   the fields, as JSON
 *   rewrite message                                the message, written anew
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/status.h"
#include "crypto/ed25519.h"
#include "crypto/ethereum.h"
#include "crypto/keccak.h"
#include "identity/siwe.h"
#include "text/ids.h"
#include "text/json.h"

#define ARGUMENTS_MAX 3
#define BYTES_MAX 65536

static void
put_slice(qfs_slice text)
{
	fwrite(text.data, 1, text.len, stdout);
	putchar('\n');
}

static void
put_hex(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		printf("%02x", bytes[i]);
	putchar('\n');
}

static void
put_failure(qfs_status status, const qfs_error *err)
{
	printf("%s %s\n", qfs_status_code(status), err->detail);
}

/* ---- commands ---- */

static void
hash_with(void (*hash) (qfs_slice bytes, qfs_hash *out), const qfs_slice *arguments)
{
	qfs_hash	out;

	hash(arguments[0], &out);
	put_hex(out.bytes, sizeof(out.bytes));
}

static void
keccak(const qfs_slice *arguments)
{
	hash_with(qfs_keccak256, arguments);
}

static void
sha3(const qfs_slice *arguments)
{
	hash_with(qfs_sha3_256, arguments);
}

static void
digest(const qfs_slice *arguments)
{
	hash_with(qfs_personal_digest, arguments);
}

static void
recover(const qfs_slice *arguments)
{
	uint8_t		text[QFS_ADDRESS_TEXT];
	qfs_address address;
	qfs_buf		buf;
	qfs_error	err = {QFS_OK, ""};
	qfs_status	status = qfs_personal_recover(arguments[0], arguments[1], &address, &err);

	qfs_buf_init(&buf, text, sizeof(text));
	qfs_address_write(&buf, &address);
	if (status == QFS_OK)
		put_slice(qfs_buf_slice(&buf));
	else
		put_failure(status, &err);
}

static void
put_verdict(qfs_status status, const qfs_error *err)
{
	if (status == QFS_OK)
		puts("good");
	else
		put_failure(status, err);
}

static void
ed25519(const qfs_slice *arguments)
{
	qfs_error	err = {QFS_OK, ""};

	put_verdict(qfs_ed25519_verify(arguments[0], arguments[1], arguments[2], &err), &err);
}

static void
ed25519_key(const qfs_slice *arguments)
{
	qfs_error	err = {QFS_OK, ""};

	put_verdict(qfs_ed25519_key_check(arguments[0], &err), &err);
}

static void
x25519(const qfs_slice *arguments)
{
	qfs_error	err = {QFS_OK, ""};

	put_verdict(qfs_x25519_key_check(arguments[0], &err), &err);
}

static void
put_text(qfs_json_writer *w, const char *name, bool present, qfs_slice text)
{
	if (!present)
		return;
	qfs_json_key(w, name);
	qfs_json_put_text(w, text);
}

static void
put_int(qfs_json_writer *w, const char *name, bool present, int64_t n)
{
	if (!present)
		return;
	qfs_json_key(w, name);
	qfs_json_put_int(w, n);
}

static void
put_resources(qfs_json_writer *w, const qfs_siwe *m)
{
	if (!m->has_resources)
		return;
	qfs_json_key(w, "resources");
	qfs_json_open_array(w);
	for (unsigned i = 0; i < m->resource_count; i++)
		qfs_json_put_text(w, m->resources[i]);
	qfs_json_close(w);
}

/* Absent fields are left out; names are those of the siwe package. */
static qfs_status
write_fields(const qfs_siwe *m, qfs_buf *out, qfs_error *err)
{
	uint8_t		address[QFS_ADDRESS_TEXT];
	qfs_json_writer w;
	qfs_buf		buf;

	qfs_buf_init(&buf, address, sizeof(address));
	qfs_address_write(&buf, &m->address);
	qfs_json_begin(&w, out);
	qfs_json_open_object(&w);
	put_text(&w, "address", true, qfs_buf_slice(&buf));
	put_int(&w, "chainId", true, m->chain_id);
	put_text(&w, "domain", true, m->domain);
	put_int(&w, "expirationTime", m->has_expiration_time, m->expiration_time);
	put_int(&w, "issuedAt", true, m->issued_at);
	put_text(&w, "nonce", true, m->nonce);
	put_int(&w, "notBefore", m->has_not_before, m->not_before);
	put_text(&w, "requestId", m->has_request_id, m->request_id);
	put_resources(&w, m);
	put_text(&w, "scheme", m->has_scheme, m->scheme);
	put_text(&w, "statement", m->has_statement, m->statement);
	put_text(&w, "uri", true, m->uri);
	put_int(&w, "version", true, (int64_t) m->version);
	qfs_json_close(&w);
	return qfs_json_end(&w, err);
}

static void
siwe(const qfs_slice *arguments)
{
	uint8_t		memory[2 * QFS_SIWE_MAX];
	qfs_buf		buf;
	qfs_siwe	m;
	qfs_error	err = {QFS_OK, ""};
	qfs_status	status = qfs_siwe_parse(arguments[0], &m, &err);

	qfs_buf_init(&buf, memory, sizeof(memory));
	if (status == QFS_OK)
		status = write_fields(&m, &buf, &err);
	if (status == QFS_OK)
		put_slice(qfs_buf_slice(&buf));
	else
		put_failure(status, &err);
}

static void
rewrite(const qfs_slice *arguments)
{
	uint8_t		memory[QFS_SIWE_MAX];
	qfs_buf		buf;
	qfs_siwe	m;
	qfs_error	err = {QFS_OK, ""};
	qfs_status	status = qfs_siwe_parse(arguments[0], &m, &err);

	qfs_buf_init(&buf, memory, sizeof(memory));
	if (status == QFS_OK)
		status = qfs_siwe_write(&m, &buf, &err);
	if (status == QFS_OK)
		put_hex(buf.data, buf.len);
	else
		put_failure(status, &err);
}

/* ---- lines ---- */

static const struct
{
	const char *name;
	int			arguments;
	void		(*run) (const qfs_slice *arguments);
}			commands[] = {
	{"keccak", 1, keccak},
	{"sha3", 1, sha3},
	{"digest", 1, digest},
	{"recover", 2, recover},
	{"ed25519", 3, ed25519},
	{"ed25519-key", 1, ed25519_key},
	{"x25519", 1, x25519},
	{"siwe", 1, siwe},
	{"rewrite", 1, rewrite},
};

/* Cuts the next word off; words are separated by one space and may be empty. */
static char *
next_word(char **rest)
{
	char	   *word = *rest;
	char	   *space = word != NULL ? strchr(word, ' ') : NULL;

	*rest = space != NULL ? space + 1 : NULL;
	if (space != NULL)
		*space = '\0';
	return word;
}

/* Each argument in a block of exactly its size, so that a sanitizer sees reads past it. */
static bool
read_bytes(const char *hex, qfs_slice *out)
{
	size_t		len = hex != NULL ? strlen(hex) / 2 : 0;
	uint8_t    *bytes = malloc(len > 0 ? len : 1);

	if (hex == NULL || bytes == NULL || len > BYTES_MAX ||
		!qfs_hex_decode(qfs_slice_of(hex), bytes, len))
	{
		free(bytes);
		return false;
	}
	*out = (qfs_slice) {bytes, len};
	return true;
}

static bool
run_line(char *line)
{
	char	   *name = next_word(&line);
	qfs_slice	arguments[ARGUMENTS_MAX] = {{NULL, 0}};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
	{
		bool		read = true;

		if (strcmp(name, commands[i].name) != 0)
			continue;
		for (int a = 0; read && a < commands[i].arguments; a++)
			read = read_bytes(next_word(&line), &arguments[a]);
		if (read && line == NULL)
			commands[i].run(arguments);
		for (int a = 0; a < ARGUMENTS_MAX; a++)
			free((void *) (uintptr_t) arguments[a].data);
		return read && line == NULL;
	}
	return false;
}

int
main(void)
{
	static char line[3 * 2 * BYTES_MAX];

	if (sodium_init() < 0)
		return 2;
	while (fgets(line, sizeof(line), stdin) != NULL)
	{
		line[strcspn(line, "\n")] = '\0';
		if (!run_line(line))
		{
			fprintf(stderr, "wallet_tool: not understood: %.60s\n", line);
			return 2;
		}
	}
	return 0;
}
