/*
 * main.c - qfs-verify: the offline verifier.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include <errno.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "text/json.h"
#include "text/utf8.h"
#include "crypto/keccak.h"
#include "base/status.h"

static const char help[] =
"qfs-verify checks what a qfs ledger says, without the database.\n"
"\n"
"Usage:\n"
"  qfs-verify ledger EXPORT.jsonl [--key VKEY] [--checkpoint FILE]...\n"
"                                 [--depth hashes|signatures|replay] [--sessions]\n"
"                                 [--state]\n"
"  qfs-verify proof FILE.tlog-proof --entry LINE --key VKEY\n"
"  qfs-verify bundle EXPLANATION.json --key VKEY\n"
"\n"
"Options:\n"
"  --key VKEY         key that you trust, as qfs.vkey() printed it\n"
"  --checkpoint FILE  checkpoint that the ledger must agree with\n"
"  --depth DEPTH      how deep to look (default: replay)\n"
"  --entry LINE       canonical line of the entry that is proved, or @FILE\n"
"  --sessions         print the sessions that are active at the last entry\n"
"  --state            print the last entry's hash, and the hash of the state that results,\n"
"                     as qfs.head() and qfs.state_hash() give them\n"
"  --json             one JSON object a line\n"
"  --quiet            faults only\n"
"  --help, --version\n"
"\n"
"A file named - is standard input.\n"
"Exit code: 0 sound, 1 a fault was found, 2 wrong usage or an unreadable file.\n";

void
fail_usage(const char *format,...)
{
	va_list		args;

	fputs("qfs-verify: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("\nTry qfs-verify --help.\n", stderr);
	exit(EXIT_USAGE);
}

static void *
allocate(void *context, size_t size)
{
	(void) context;
	return malloc(size);
}

static void
release(void *context, void *memory)
{
	(void) context;
	free(memory);
}

qfs_allocator
heap_allocator(void)
{
	return (qfs_allocator) {allocate, release, NULL};
}

static void
print_json_string(const char *text)
{
	uint8_t		memory[2 * QFS_DETAIL_MAX * 3];
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_json_write_string(&buf, qfs_slice_of(text));
	fwrite(buf.data, 1, buf.len, stdout);
}

/* A detail may repeat bytes of a file that is no text; what we say is UTF-8. */
static void
make_text(char *detail)
{
	if (qfs_utf8_check(qfs_slice_of(detail)))
		return;
	for (; *detail; detail++)
		if ((unsigned char) *detail >= 0x80)
			*detail = '?';
}

void
print_fault(const Options *options, int64_t seq, const qfs_error *given)
{
	qfs_error	copy = *given;
	const qfs_error *fault = &copy;

	make_text(copy.detail);
	if (options->json)
	{
		printf("{\"code\":\"%s\",\"detail\":", qfs_status_code(fault->status));
		print_json_string(fault->detail);
		if (seq >= 0)
			printf(",\"seq\":%lld", (long long) seq);
		puts("}");
	}
	else if (seq >= 0)
		printf("fault: entry %lld: %s: %s (%s)\n", (long long) seq,
			   qfs_status_code(fault->status), qfs_status_message(fault->status), fault->detail);
	else
		printf("fault: %s: %s (%s)\n", qfs_status_code(fault->status),
			   qfs_status_message(fault->status), fault->detail);
}

qfs_slice
read_small_file(const char *path)
{
	size_t		capacity = 2 * QFS_NOTE_MAX;
	uint8_t    *data = malloc(capacity);
	FILE	   *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	size_t		len;

	if (data == NULL)
		fail_usage("there is no memory");
	if (file == NULL)
		fail_usage("%s: %s", path, strerror(errno));
	len = fread(data, 1, capacity, file);
	if (ferror(file))
		fail_usage("%s: %s", path, strerror(errno));
	if (len == capacity)
		fail_usage("%s is too long to be a note or a proof", path);
	if (file != stdin)
		fclose(file);
	/* psql ends its output with a line end of its own. */
	if (len >= 2 && data[len - 1] == '\n' && data[len - 2] == '\n')
		len--;
	return (qfs_slice) {data, len};
}

qfs_vkey
parse_key(const char *text)
{
	qfs_vkey	vkey;
	qfs_error	err;

	if (qfs_vkey_parse(qfs_slice_of(text), &vkey, &err) != QFS_OK)
		fail_usage("--key: %s (%s)", qfs_status_message(err.status), err.detail);
	return vkey;
}

/* Value of an option: what follows it. */
static const char *
value_of(char **argv, int argc, int *i)
{
	if (*i + 1 >= argc)
		fail_usage("%s needs a value", argv[*i]);
	return argv[++*i];
}

static Options
parse_options(int argc, char **argv)
{
	Options		o = {.depth = "replay"};

	for (int i = 2; i < argc; i++)
	{
		if (strcmp(argv[i], "--key") == 0)
			o.key = value_of(argv, argc, &i);
		else if (strcmp(argv[i], "--entry") == 0)
			o.entry = value_of(argv, argc, &i);
		else if (strcmp(argv[i], "--depth") == 0)
			o.depth = value_of(argv, argc, &i);
		else if (strcmp(argv[i], "--checkpoint") == 0)
		{
			if (o.checkpoint_count == CHECKPOINTS_MAX)
				fail_usage("more than %d checkpoints", CHECKPOINTS_MAX);
			o.checkpoints[o.checkpoint_count++] = value_of(argv, argc, &i);
		}
		else if (strcmp(argv[i], "--sessions") == 0)
			o.sessions = true;
		else if (strcmp(argv[i], "--state") == 0)
			o.state = true;
		else if (strcmp(argv[i], "--json") == 0)
			o.json = true;
		else if (strcmp(argv[i], "--quiet") == 0)
			o.quiet = true;
		else if (argv[i][0] == '-' && argv[i][1] != '\0')
			fail_usage("unknown option %s", argv[i]);
		else if (o.file != NULL)
			fail_usage("one file, please: %s and %s were given", o.file, argv[i]);
		else
			o.file = argv[i];
	}
	if (o.file == NULL)
		fail_usage("which file?");
	return o;
}

int
main(int argc, char **argv)
{
	Options		options;

	if (argc >= 2 && strcmp(argv[1], "--help") == 0)
	{
		fputs(help, stdout);
		return EXIT_SOUND;
	}
	if (argc >= 2 && strcmp(argv[1], "--version") == 0)
	{
		puts("qfs-verify " QFS_VERSION);
		return EXIT_SOUND;
	}
	if (argc < 2)
		fail_usage("what shall be verified: ledger, proof or bundle?");
	if (sodium_init() < 0 || !qfs_keccak_self_test())
		fail_usage("the cryptography does not pass its self-test");

	options = parse_options(argc, argv);
	if (strcmp(argv[1], "ledger") == 0)
		return verify_ledger(&options);
	if (strcmp(argv[1], "proof") == 0)
		return verify_proof(&options);
	if (strcmp(argv[1], "bundle") == 0)
		return verify_bundle(&options);
	fail_usage("unknown command %s", argv[1]);
}
