/*
 * verify_bundle.c - qfs-verify bundle: an explanation, without the database.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include <stdlib.h>

#include "commands.h"
#include "json_sort.h"
#include "ledger/registry.h"
#include "proof/bundle.h"
#include "transport.h"

static void
print_json(const qfs_bundle *bundle)
{
	printf("{\"entries\":%u,\"seq\":%llu,\"size\":%llu,\"sound\":true,\"topic\":\"%s\"}\n", bundle->entries,
		   (unsigned long long) bundle->seq, (unsigned long long) bundle->size,
		   qfs_topic_name(bundle->topic));
}

/* What the rules could not be asked about, by name: the bundle says it, and it has been verified to be all. */
static void
print_recorded(qfs_slice text)
{
	qfs_json_iter iter = qfs_json_members(qfs_json_member_or(text, "recorded", QFS_LITERAL("[]")));
	const char *comma = "note:  taken as recorded: ";
	qfs_slice	key;
	qfs_slice	value;
	qfs_slice	word;

	while (qfs_json_next(&iter, &key, &value))
		if (qfs_json_to_plain(value, &word))
		{
			printf("%s%.*s", comma, (int) word.len, (const char *) word.data);
			comma = ", ";
		}
	if (strcmp(comma, ", ") == 0)
		putchar('\n');
}

static void
print_text(const qfs_bundle *bundle, qfs_slice text)
{
	printf("sound: %s of entry %llu of %s, from %u entries and the checkpoint of %llu\n",
		   qfs_topic_name(bundle->topic), (unsigned long long) bundle->seq, bundle->origin, bundle->entries,
		   (unsigned long long) bundle->size);
	printf("%.*s\n", (int) bundle->narrative_len, (const char *) bundle->narrative);
	if (bundle->topic == QFS_TOPIC_STATEMENT)
		puts("note:  that no later entry touched the account is not proved");
	else if (bundle->topic == QFS_TOPIC_COHERENCE)
		puts("note:  that no later entry moved the coherence is not proved");
	print_recorded(text);
	puts("note:  what the answer rests on is taken as the ledger recorded it, each entry of it can be explained in\n"
		 "       turn; qfs-verify ledger runs all of them once more");
}

int
verify_bundle(const Options *options)
{
	qfs_allocator allocator = heap_allocator();
	qfs_slice	text;
	qfs_buf		canonical;
	static qfs_bundle bundle;
	qfs_error	err;
	qfs_vkey	key;

	refuse_question(options);
	if (options->checkpoint_count > 0)
		fail_usage("--checkpoint belongs to qfs-verify ledger: an explanation brings its own");
	if (options->entry != NULL)
		fail_usage("--entry belongs to qfs-verify proof: an explanation brings its own entries");
	if (options->key == NULL)
		fail_usage("an explanation is checked with --key");
	key = parse_key(options->key);
	text = read_file(options->file, QFS_BUNDLE_MAX, "an explanation");
	check_json_bytes(options->file, text);
	qfs_buf_init(&canonical, malloc(JSON_SORT_ROOM * text.len + 1), JSON_SORT_ROOM * text.len);
	if (canonical.data == NULL)
		fail_usage("there is no memory");
	if (json_sort(text, &canonical, &err) != QFS_OK ||
		qfs_bundle_verify(qfs_buf_slice(&canonical), &key, &qfs_registry_own, allocator, &bundle, &err) != QFS_OK)
	{
		print_fault(options, -1, &err);
		return EXIT_FAULT;
	}
	if (options->json)
		print_json(&bundle);
	else if (!options->quiet)
		print_text(&bundle, qfs_buf_slice(&canonical));
	return EXIT_SOUND;
}
