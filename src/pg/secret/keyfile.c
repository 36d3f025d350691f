/*
 * keyfile.c - the ledger's secret keys, which live in a file and nowhere else.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Errors name neither the path nor the content to the client: the server log
 * has the path.
 */
#include "pg/base/compat.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/pg_database.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "storage/lock.h"

#include "crypto/sha256.h"
#include "pg/base/errors.h"
#include "pg/base/guc.h"
#include "pg/secret/key_line.h"
#include "pg/secret/keyfile.h"

/* More lines than anyone rotates keys. */
#define SEEDS_MAX 1024
#define FILE_MAX ((size_t) QFS_KEY_LINE_MAX * SEEDS_MAX)

/* crypto_kdf contexts are 8 characters. */
static const char kdf_context[crypto_kdf_CONTEXTBYTES] = {'q', 'f', 's', '-', 'k', 'e', 'y', '1'};

typedef struct Seeds
{
	size_t		count;
	qfs_key_line lines[SEEDS_MAX];
} Seeds;

/* Everything secret is in here, and wiped when its context goes, error or not. */
typedef struct Secrets
{
	Seeds		seeds;
	size_t		len;			/* of what text holds, or has held */
	char		text[FILE_MAX + 1];	/* one more, to see that a file is longer */
	MemoryContextCallback wipe;
} Secrets;

/* What was used of it: nearly all of it never is. */
static void
wipe_secrets(void *secrets)
{
	Secrets    *s = secrets;

	/* A seed that could not be read to its end is not counted. */
	sodium_memzero(s->seeds.lines, Min(s->seeds.count + 1, SEEDS_MAX) * sizeof(qfs_key_line));
	sodium_memzero(s->text, s->len);
	s->seeds.count = s->len = 0;
}

static Secrets *
make_secrets(void)
{
	Secrets    *s = palloc(sizeof(Secrets));

	s->seeds.count = s->len = 0;
	s->wipe.func = wipe_secrets;
	s->wipe.arg = s;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &s->wipe);
	return s;
}

static const char *
file_path(void)
{
	return is_absolute_path(qfs_key_file) ? qfs_key_file : psprintf("%s/%s", DataDir, qfs_key_file);
}

/* The cause for everybody; path and errno, where there is one, for the operator. */
static void
throw_key_file(const char *cause)
{
	int			saved = errno;
	const char *path = file_path();

	errno = saved;
	/* LOG alone would reach a client that sets client_min_messages to it. */
	ereport(LOG_SERVER_ONLY,
			(errcode_for_file_access(),
			 saved != 0 ? errmsg("qfs key file \"%s\" %s: %m", path, cause) :
			 errmsg("qfs key file \"%s\" %s", path, cause),
			 errhint("It must be the file that belongs to this ledger, owned by the server's user, mode 0600. "
					 "Restore it from your backup, or correct qfs.key_file.")));
	QFS_THROW(QFS_KEY_FILE, "it %s", cause);
}

/* Ours alone to read, and a file. */
static void
check_permissions(int fd)
{
	struct stat st;

	errno = 0;
	if (fstat(fd, &st) != 0)
		throw_key_file("cannot be examined");
	if (!S_ISREG(st.st_mode))
		throw_key_file("is not a regular file");
	if (st.st_uid != geteuid())
		throw_key_file("does not belong to the server's user");
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		throw_key_file("can be read by others; its mode must be 0600");
}

static void
parse_seeds(Secrets *s)
{
	qfs_slice	rest = {(const uint8_t *) s->text, s->len};

	errno = 0;
	while (rest.len > 0)
	{
		const uint8_t *end = memchr(rest.data, '\n', rest.len);
		size_t		len = end != NULL ? end - rest.data : 0;

		if (end == NULL || s->seeds.count == SEEDS_MAX ||
			!qfs_key_line_parse((qfs_slice) {rest.data, len}, &s->seeds.lines[s->seeds.count]))
			throw_key_file("is damaged");
		s->seeds.count++;
		qfs_slice_skip(&rest, len + 1);
	}
}

/* may_be_missing: a file that is not there holds no seeds */
static void
read_file(Secrets *s, bool may_be_missing)
{
	/* Opening a FIFO would wait for its other end. */
	int			fd = OpenTransientFile(file_path(), O_RDONLY | O_NONBLOCK);
	ssize_t		n;

	if (fd < 0 && errno == ENOENT && may_be_missing)
		return;
	if (fd < 0)
		throw_key_file("cannot be opened");
	check_permissions(fd);
	while (s->len < sizeof(s->text) && (n = read(fd, s->text + s->len, sizeof(s->text) - s->len)) != 0)
	{
		if (n < 0)
			throw_key_file("cannot be read");
		s->len += (size_t) n;
	}
	CloseTransientFile(fd);
	parse_seeds(s);
}

/* The whole new content, on disk under another name, then in place of the old. */
static void
write_file(Secrets *s)
{
	char	   *temporary = psprintf("%s.new", file_path());
	qfs_buf		text;
	int			fd;

	qfs_buf_init(&text, s->text, FILE_MAX);
	for (size_t i = 0; i < s->seeds.count; i++)
		qfs_key_line_write(&text, &s->seeds.lines[i]);
	s->len = Max(s->len, text.len);

	unlink(temporary);			/* left behind by a crash */
	fd = OpenTransientFilePerm(temporary, O_WRONLY | O_CREAT | O_EXCL | PG_BINARY, 0600);
	if (fd < 0)
		throw_key_file("cannot be made");
	errno = 0;
	if (write(fd, text.data, text.len) != (ssize_t) text.len)
	{
		if (errno == 0)
			errno = ENOSPC;
		throw_key_file("cannot be written");
	}
	if (pg_fsync(fd) != 0)
		throw_key_file("cannot be flushed");
	CloseTransientFile(fd);
	if (durable_rename(temporary, file_path(), LOG_SERVER_ONLY) != 0)
		throw_key_file("cannot be put in place");
}

static void
derive_subkey(const qfs_hash *seed, qfs_key_purpose purpose, uint8_t subkey[QFS_HASH_LEN])
{
	crypto_kdf_derive_from_key(subkey, QFS_HASH_LEN, (uint64_t) purpose, kdf_context, seed->bytes);
}

static void
derive(const qfs_hash *seed, qfs_key_purpose purpose, qfs_key_pair *out)
{
	uint8_t		subkey[crypto_sign_SEEDBYTES];

	derive_subkey(seed, purpose, subkey);
	crypto_sign_seed_keypair(out->public_key.bytes, out->secret, subkey);
	sodium_memzero(subkey, sizeof(subkey));
}

static void
derive_public(const qfs_hash *seed, qfs_key_purpose purpose, qfs_hash *out)
{
	qfs_key_pair pair;

	derive(seed, purpose, &pair);
	*out = pair.public_key;
	sodium_memzero(&pair, sizeof(pair));
}

/* One writer of the file in the whole cluster, until the end of the transaction. */
static void
lock_file(void)
{
	LOCKTAG		tag;

	SET_LOCKTAG_OBJECT(tag, InvalidOid, DatabaseRelationId, InvalidOid, 1);
	LockAcquire(&tag, ExclusiveLock, false, false);
}

/* Which seeds of the file are dropped before it gets another one. */
typedef bool (*drop_test) (const qfs_key_line *line, const void *context);

static void
drop_seeds(Secrets *s, drop_test is_dropped, const void *context)
{
	size_t		count = s->seeds.count;

	s->seeds.count = 0;
	for (size_t i = 0; i < count; i++)
	{
		if (!is_dropped(&s->seeds.lines[i], context))
			s->seeds.lines[s->seeds.count++] = s->seeds.lines[i];
	}
	sodium_memzero(&s->seeds.lines[s->seeds.count], (count - s->seeds.count) * sizeof(qfs_key_line));
}

/*
 * Files know no transactions: a rotation that was rolled back has left its seed
 * here.  It goes when its database writes next.
 */
static bool
is_void(const qfs_key_line *line, const void *context)
{
	return qfs_key_line_is_void(line);
}

static void
derive_both(const qfs_hash *seed, qfs_public_keys *out)
{
	derive_public(seed, QFS_KEY_CHECKPOINT, &out->checkpoint);
	derive_public(seed, QFS_KEY_TOKEN, &out->token);
}

/* The file, to be written: without the seeds that were made in vain. */
static void
open_for_writing(Secrets *s)
{
	/* A standby must not grow seeds of its own. */
	PreventCommandIfReadOnly("the making of a key");
	lock_file();
	read_file(s, true);
	drop_seeds(s, is_void, NULL);
}

static qfs_key_line *
add_seed(Secrets *s)
{
	qfs_key_line *line;

	errno = 0;
	if (s->seeds.count == SEEDS_MAX)
		throw_key_file("is full");
	line = &s->seeds.lines[s->seeds.count++];
	crypto_kdf_keygen(line->seed.bytes);
	return line;
}

void
qfs_keyfile_add(qfs_public_keys *out)
{
	Secrets    *s = make_secrets();
	qfs_key_line *line;

	open_for_writing(s);
	line = add_seed(s);
	qfs_key_line_sign(line);
	write_file(s);
	derive_both(&line->seed, out);
	wipe_secrets(s);
}

/* ---- seeds that are prepared ---- */

static void
digest_seed(const qfs_hash *seed, qfs_hash *out)
{
	qfs_sha256((qfs_slice) {seed->bytes, sizeof(seed->bytes)}, out);
}

/* Prepared for this ledger, and not in force: another one takes its place. */
static bool
is_superseded(const qfs_key_line *line, const void *context)
{
	const qfs_prepared_for *prepared = context;
	qfs_hash	checkpoint;

	if (!qfs_key_line_is_prepared(line, prepared->ledger))
		return false;
	derive_public(&line->seed, QFS_KEY_CHECKPOINT, &checkpoint);
	return !prepared->is_in_force(&checkpoint);
}

void
qfs_keyfile_prepare(const qfs_prepared_for *prepared, qfs_hash *digest)
{
	Secrets    *s = make_secrets();
	qfs_key_line *line;

	open_for_writing(s);
	drop_seeds(s, is_superseded, prepared);
	line = add_seed(s);
	qfs_key_line_prepare(line, prepared->ledger);
	write_file(s);
	digest_seed(&line->seed, digest);
	wipe_secrets(s);
}

static bool
fits(const qfs_key_line *line, const qfs_hash *ledger, const qfs_hash *digest)
{
	qfs_hash	own;

	if (!qfs_key_line_is_prepared(line, ledger))
		return false;
	digest_seed(&line->seed, &own);
	return memcmp(&own, digest, sizeof(own)) == 0;
}

void
qfs_keyfile_prepared(const qfs_prepared_for *prepared, const qfs_hash *digest, qfs_public_keys *out)
{
	Secrets    *s = make_secrets();
	bool		found = false;

	/* Nobody puts another one in its place before this transaction ends. */
	PreventCommandIfReadOnly("the making of a key");
	lock_file();
	read_file(s, false);
	for (size_t i = 0; i < s->seeds.count && !found; i++)
	{
		found = fits(&s->seeds.lines[i], prepared->ledger, digest);
		if (found)
			derive_both(&s->seeds.lines[i].seed, out);
	}
	wipe_secrets(s);
	if (!found)
		QFS_THROW(QFS_KEY_UNPREPARED, "%h", digest);
	if (prepared->is_in_force(&out->checkpoint))
		QFS_THROW(QFS_KEY_UNPREPARED, "%h was put in force before", digest);
}

/*
 * Which seed gave a public key last.  To derive a pair again only to compare it
 * would be a tenth of a sign-in.  The seed itself is not kept: its digest says
 * nothing about 256 random bits.
 */
static struct
{
	bool		is_known;
	qfs_key_purpose purpose;
	qfs_hash	seed_digest;
	qfs_hash	public_key;
}			last_fit;

/* The seed that gave this key last time, if the file still has it; the pair then needs no computation. */
static const qfs_hash *
recall_pair(const Secrets *s, qfs_key_purpose purpose, const qfs_hash *public_key, qfs_key_pair *out)
{
	qfs_hash	digest;

	if (!last_fit.is_known || last_fit.purpose != purpose ||
		memcmp(&last_fit.public_key, public_key, sizeof(*public_key)) != 0)
		return NULL;
	/* The newest seed is the likeliest. */
	for (size_t i = s->seeds.count; i-- > 0;)
	{
		const qfs_hash *seed = &s->seeds.lines[i].seed;

		digest_seed(seed, &digest);
		if (memcmp(&digest, &last_fit.seed_digest, sizeof(digest)) != 0)
			continue;
		/* libsodium's secret key is the seed of the pair, then the public key. */
		derive_subkey(seed, purpose, out->secret);
		memcpy(out->secret + crypto_sign_SEEDBYTES, public_key, sizeof(*public_key));
		out->public_key = *public_key;
		return seed;
	}
	return NULL;
}

static void
remember_pair(const qfs_hash *seed, qfs_key_purpose purpose, const qfs_hash *public_key)
{
	digest_seed(seed, &last_fit.seed_digest);
	last_fit.purpose = purpose;
	last_fit.public_key = *public_key;
	last_fit.is_known = true;
}

/* The key pair with this public half; returns the seed that it comes from. */
static const qfs_hash *
find_pair(const Secrets *s, qfs_key_purpose purpose, const qfs_hash *public_key, qfs_key_pair *out)
{
	const qfs_hash *seed = recall_pair(s, purpose, public_key, out);

	if (seed != NULL)
		return seed;
	for (size_t i = s->seeds.count; i-- > 0;)
	{
		seed = &s->seeds.lines[i].seed;
		derive(seed, purpose, out);
		if (memcmp(&out->public_key, public_key, sizeof(*public_key)) != 0)
			continue;
		remember_pair(seed, purpose, public_key);
		return seed;
	}
	sodium_memzero(out, sizeof(*out));
	QFS_THROW(QFS_KEY_MISSING, "none of its %u seeds fits", (uint64_t) s->seeds.count);
}

void
qfs_keyfile_find(const qfs_hash *checkpoint, qfs_key_pair *out)
{
	Secrets    *s = make_secrets();

	read_file(s, false);
	find_pair(s, QFS_KEY_CHECKPOINT, checkpoint, out);
	wipe_secrets(s);
}

typedef struct OwnedKeys
{
	qfs_session_keys keys;		/* first: whoever has them has this */
	MemoryContextCallback wipe;
} OwnedKeys;

static void
wipe_keys(void *keys)
{
	sodium_memzero(keys, sizeof(qfs_session_keys));
}

qfs_session_keys *
qfs_keyfile_session(const qfs_hash *token)
{
	Secrets    *s = make_secrets();
	OwnedKeys  *owned = palloc(sizeof(OwnedKeys));

	owned->wipe.func = wipe_keys;
	owned->wipe.arg = &owned->keys;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &owned->wipe);
	read_file(s, false);
	derive_subkey(find_pair(s, QFS_KEY_TOKEN, token, &owned->keys.token), QFS_KEY_NONCE,
				  owned->keys.nonce);
	wipe_secrets(s);
	return &owned->keys;
}
