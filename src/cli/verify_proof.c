/*
 * verify_proof.c - qfs-verify proof: one entry against a signed checkpoint.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include <stdlib.h>

#include "base/status.h"
#include "commands.h"
#include "json_sort.h"
#include "log/entry.h"
#include "transport.h"

/* As it is hashed, whichever library wrote it; what is no JSON stays as it is. */
static qfs_slice
canonical(qfs_slice line)
{
	size_t		room = JSON_SORT_ROOM * line.len;
	qfs_buf		sorted;

	qfs_buf_init(&sorted, malloc(room + 1), room);
	if (sorted.data == NULL)
		fail_usage("there is no memory");
	return json_sort(line, &sorted, NULL) == QFS_OK ? qfs_buf_slice(&sorted) : line;
}

/* The line itself, or the content of @FILE without its last line ends. */
static qfs_slice
entry_of(const char *argument)
{
	qfs_slice	line = qfs_slice_of(argument);

	if (argument[0] == '@')
		line = read_file(argument + 1, LINE_ROOM + 2, "an entry");
	/* psql ends its output with a line end of its own. */
	for (int ends = 0; ends < 2 && argument[0] == '@' && line.len > 0 && line.data[line.len - 1] == '\n'; ends++)
		line.len--;
	check_entry_bytes(argument[0] == '@' ? argument + 1 : "--entry", line);
	return canonical(line);
}

/* Everything that must hold; the first thing that does not is the answer. */
static qfs_status
check(qfs_slice file, qfs_slice line, const qfs_vkey *key, qfs_tlog_proof *proof,
	  qfs_checkpoint *checkpoint, qfs_error *err)
{
	qfs_entry	entry;
	qfs_hash	leaf;
	qfs_status	status;

	status = qfs_tlog_proof_parse(file, proof, err);
	if (status == QFS_OK)
		status = qfs_checkpoint_parse(proof->note, checkpoint, err);
	if (status == QFS_OK)
		status = qfs_line_read(line, &entry, err);
	if (status != QFS_OK)
		return status;

	if (!qfs_slice_equal(checkpoint->origin, qfs_slice_of(key->name)))
		return qfs_fail(err, QFS_CHECKPOINT_ORIGIN, "it is for \"%v\", the key is for \"%s\"",
						checkpoint->origin, key->name);
	switch (qfs_note_verify(checkpoint, key, NULL))
	{
		case QFS_NOTE_GOOD:
			break;
		case QFS_NOTE_BAD:
			return qfs_fail(err, QFS_SIGNATURE_INVALID, "of the checkpoint");
		case QFS_NOTE_ABSENT:
			return qfs_fail(err, QFS_CHECKPOINT_KEY, "at size %u", checkpoint->size);
	}
	if (entry.seq != proof->index)
		return qfs_fail(err, QFS_PROOF_INVALID, "it is for entry %u, the line is entry %u",
						proof->index, entry.seq);
	qfs_entry_hash(&entry, &leaf);
	if (!qfs_verify_inclusion(&leaf, proof->index, checkpoint->size,
							  proof->path.hashes, proof->path.count, &checkpoint->root))
		return qfs_fail(err, QFS_PROOF_INVALID, "entry %u in a ledger of %u entries",
						proof->index, checkpoint->size);
	return QFS_OK;
}

int
verify_proof(const Options *options)
{
	qfs_checkpoint checkpoint;
	qfs_tlog_proof proof;
	qfs_error	err;
	qfs_slice	file;
	qfs_vkey	key;

	refuse_question(options);
	/* Who gives another checkpoint must not think that it was looked at. */
	if (options->checkpoint_count > 0)
		fail_usage("--checkpoint belongs to qfs-verify ledger: a proof brings its own");
	if (options->key == NULL)
		fail_usage("a proof is checked with --key");
	if (options->entry == NULL)
		fail_usage("which entry? --entry LINE, or --entry @FILE");
	key = parse_key(options->key);
	file = read_note(options->file);
	check_note_bytes(options->file, file);
	if (check(file, entry_of(options->entry), &key, &proof, &checkpoint, &err) != QFS_OK)
	{
		print_fault(options, -1, &err);
		return EXIT_FAULT;
	}
	if (options->json)
		printf("{\"seq\":%llu,\"size\":%llu,\"sound\":true}\n",
			   (unsigned long long) proof.index, (unsigned long long) checkpoint.size);
	else if (!options->quiet)
		printf("sound: entry %llu is in the ledger %s of %llu entries\n",
			   (unsigned long long) proof.index, key.name, (unsigned long long) checkpoint.size);
	return EXIT_SOUND;
}
