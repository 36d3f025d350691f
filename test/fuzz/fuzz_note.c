/*
 * fuzz_note.c - checkpoints and verifier keys: the parts of a note are the note.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "fuzz.h"
#include "support/keys.h"

static void
vkey(qfs_slice text)
{
	uint8_t		memory[512];
	qfs_vkey	key;
	qfs_error	err;
	qfs_buf		out;
	qfs_status	status = qfs_vkey_parse(text, &key, &err);

	if (status != QFS_OK)
	{
		fuzz_check_error(status, &err);
		return;
	}
	qfs_buf_init(&out, memory, sizeof(memory));
	qfs_vkey_write(&out, &key);
	PROPERTY(qfs_slice_equal(qfs_buf_slice(&out), text));
}

/* One more signature, of a key of ours: it is found, and nothing else changes. */
static void
signed_by_us(const qfs_checkpoint *checkpoint)
{
	static uint8_t memory[QFS_NOTE_MAX];
	test_key	pair = test_key_of(1);
	qfs_vkey	key = test_vkey("ledger.example/main", QFS_NOTE_ED25519, 1);
	qfs_note_verdict before = qfs_note_verify(checkpoint, &key, NULL);
	qfs_checkpoint again;
	qfs_buf		out;

	qfs_buf_init(&out, memory, sizeof(memory));
	qfs_buf_slice_add(&out, checkpoint->body);
	qfs_buf_byte(&out, '\n');
	qfs_buf_slice_add(&out, checkpoint->signatures);
	qfs_note_sign(&out, &key, pair.secret, checkpoint->body);
	if (out.overflow || qfs_checkpoint_parse(qfs_buf_slice(&out), &again, NULL) != QFS_OK)
		return;					/* one signature too many */
	PROPERTY(qfs_slice_equal(again.body, checkpoint->body));
	PROPERTY(qfs_note_verify(&again, &key, NULL) ==
			 (before == QFS_NOTE_BAD ? QFS_NOTE_BAD : QFS_NOTE_GOOD));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	qfs_slice	input = {data, size};
	uint8_t		memory[QFS_NOTE_BODY_MAX];
	qfs_vkey	log = test_vkey("ledger.example/main", QFS_NOTE_ED25519, 2);
	qfs_vkey	witness = test_vkey("witness.example", QFS_NOTE_COSIGNATURE, 3);
	qfs_checkpoint checkpoint;
	qfs_slice	line;
	qfs_error	err;
	qfs_buf		out;
	qfs_status	status;

	vkey(input);
	status = qfs_checkpoint_parse(input, &checkpoint, &err);
	if (status != QFS_OK)
	{
		fuzz_check_error(status, &err);
		return 0;
	}
	PROPERTY(checkpoint.body.data == data);
	PROPERTY(checkpoint.signatures.data == data + checkpoint.body.len + 1);
	PROPERTY(checkpoint.body.len + 1 + checkpoint.signatures.len == size);

	/* Lines of an extension may follow the three that we write. */
	qfs_buf_init(&out, memory, sizeof(memory));
	qfs_checkpoint_write(&out, checkpoint.origin, checkpoint.size, &checkpoint.root);
	PROPERTY(!out.overflow && out.len <= checkpoint.body.len);
	PROPERTY(memcmp(out.data, data, out.len) == 0);

	if (qfs_note_verify(&checkpoint, &log, &line) == QFS_NOTE_GOOD)
		PROPERTY(line.data >= checkpoint.signatures.data && line.data + line.len <= data + size);
	(void) qfs_note_verify(&checkpoint, &witness, &line);
	signed_by_us(&checkpoint);
	return 0;
}
