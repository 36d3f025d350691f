/*
 * note.h - signed notes, checkpoints and tlog-proof files.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Source: C2SP signed-note v1.0.0, tlog-checkpoint v1.0.0,
 * tlog-cosignature v1.0.1, tlog-proof.
 */
#ifndef QFS_NOTE_H
#define QFS_NOTE_H

#include "base/buf.h"
#include "log/merkle.h"

#define QFS_ORIGIN_MAX 255

/* Bytes of a note's text, without signatures; and of a whole note. */
#define QFS_NOTE_BODY_MAX 4096
#define QFS_NOTE_MAX 65536

/* Bytes of an Ed25519 secret key as libsodium holds it (seed, then public key). */
#define QFS_SECRET_LEN 64

typedef enum qfs_note_algorithm
{
	QFS_NOTE_ED25519 = 0x01,	/* the log itself */
	QFS_NOTE_COSIGNATURE = 0x04 /* a witness: timestamped Ed25519 */
} qfs_note_algorithm;

/* A note verifier key. */
typedef struct qfs_vkey
{
	char		name[QFS_ORIGIN_MAX + 1];
	uint8_t		id[4];			/* SHA-256(name || 0x0A || algorithm || key)[:4] */
	qfs_note_algorithm algorithm;
	qfs_hash	key;			/* Ed25519 public key */
} qfs_vkey;

/* A checkpoint note, cut up; the slices point into the note. */
typedef struct qfs_checkpoint
{
	qfs_slice	origin;
	uint64_t	size;
	qfs_hash	root;
	qfs_slice	body;			/* what is signed, with its last line end */
	qfs_slice	signatures;		/* the lines after the blank one */
} qfs_checkpoint;

typedef enum qfs_note_verdict
{
	QFS_NOTE_ABSENT,			/* no signature by this key */
	QFS_NOTE_BAD,
	QFS_NOTE_GOOD
} qfs_note_verdict;

/* 1 to 255 printable ASCII characters, no space, no plus.  Errors: ORIGIN_INVALID. */
extern qfs_status qfs_origin_check(qfs_slice origin, qfs_error *err);

/* name: passed qfs_origin_check */
extern void qfs_vkey_make(qfs_slice name, qfs_note_algorithm algorithm, const qfs_hash *key,
						  qfs_vkey *out);
extern void qfs_vkey_write(qfs_buf *out, const qfs_vkey *vkey);

/* Errors: VKEY_SYNTAX, also if the id is not that of the key; ED25519_KEY. */
extern qfs_status qfs_vkey_parse(qfs_slice text, qfs_vkey *out, qfs_error *err);

/* Origin, size and root: the three lines that are signed. */
extern void qfs_checkpoint_write(qfs_buf *out, qfs_slice origin, uint64_t size,
								 const qfs_hash *root);

/* A signature line over a body; Ed25519 is deterministic. */
extern void qfs_note_sign(qfs_buf *out, const qfs_vkey *vkey,
						  const uint8_t secret[QFS_SECRET_LEN], qfs_slice body);

/* Errors: NOTE_SYNTAX. */
extern qfs_status qfs_checkpoint_parse(qfs_slice note, qfs_checkpoint *out, qfs_error *err);

/*
 * Looks for the key's signature.  BAD wins over GOOD if there are two.
 * line: gets the good signature line, with its line end; may be NULL
 */
extern qfs_note_verdict qfs_note_verify(const qfs_checkpoint *checkpoint, const qfs_vkey *vkey,
										qfs_slice *line);

/* A tlog-proof file, cut up. */
typedef struct qfs_tlog_proof
{
	uint64_t	index;
	qfs_proof	path;
	qfs_slice	note;
} qfs_tlog_proof;

extern void qfs_tlog_proof_write(qfs_buf *out, uint64_t index, const qfs_proof *path,
								 qfs_slice note);

/* Errors: PROOF_SYNTAX. */
extern qfs_status qfs_tlog_proof_parse(qfs_slice text, qfs_tlog_proof *out, qfs_error *err);

#endif
