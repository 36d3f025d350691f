/*
 * main.c - qfs-verify: the offline verifier.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include <getopt.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "crypto/ed25519.h"
#include "crypto/keccak.h"

static const char help[] =
"qfs-verify checks what a qfs ledger says, without the database.\n"
"\n"
"Usage:\n"
"  qfs-verify ledger EXPORT.jsonl [--key VKEY] [--checkpoint FILE]...\n"
"                                 [--depth hashes|signatures|replay] [--sessions]\n"
"                                 [--state] [--strict]\n"
"  qfs-verify proof FILE.tlog-proof --entry LINE --key VKEY\n"
"  qfs-verify bundle EXPLANATION.json --key VKEY\n"
"  qfs-verify what-if EXPORT.jsonl [--changes JSON] [--actions JSON] [--from N] [--size N]\n"
"                                  [--expect RUN]\n"
"  qfs-verify what-if EXPORT.jsonl --template NAME [--params JSON] [--size N] [--expect RESULT]\n"
"  qfs-verify consequence-map EXPORT.jsonl (--changes JSON | --proposal N) [--from N] [--size N]\n"
"                                  [--expect HASH]\n"
"\n"
"Options, before or after the command and the file, as --key VKEY or --key=VKEY:\n"
"  --key VKEY         key that you trust, as qfs.vkey() printed it\n"
"  --checkpoint FILE  checkpoint that the ledger must agree with\n"
"  --depth DEPTH      how deep to look (default: replay)\n"
"  --entry LINE       line of the entry that is proved, or @FILE\n"
"  --changes JSON     changes of the policy, such as '{\"referral\":{\"cap\":50}}'\n"
"  --actions JSON     what accounts do at the end: [{\"actor\":…,\"payload\":…,\"type\":…}…]\n"
"  --template NAME    question that has a name: sybil_ring, change, … (docs/sandbox.md)\n"
"  --params JSON      its parameters: '{\"wallets\":12}'\n"
"                     (each of them may be @FILE)\n"
"  --from N           first entry that is put to the changed policy (default: the last 10,000)\n"
"  --size N           only the first N entries count (default: all)\n"
"  --proposal N       the changes that entry N proposes, of the entries that it names\n"
"  --expect HASH      run_hash of a what-if, result_hash of a --template or graph_hash of a map, as it must be\n"
"  --sessions         print the sessions that are active at the last entry\n"
"  --state            print the last entry's hash, and the hash of the state that results,\n"
"                     as qfs.head() and qfs.state_hash() give them\n"
"  --strict           outcomes that are wrong are faults, though they were acknowledged\n"
"  --json             one JSON object a line\n"
"  --quiet            faults only\n"
"  --help, --version\n"
"\n"
"A file named - is standard input.  After -- nothing is an option.\n"
"Exit code: 0 sound, 1 a fault was found or the answer is not the expected one, 2 wrong usage,\n"
"or a file that cannot be read or was damaged on its way.\n";

enum
{
	OPTION_KEY = 256,			/* no letter has such a number */
	OPTION_CHECKPOINT,
	OPTION_DEPTH,
	OPTION_ENTRY,
	OPTION_CHANGES,
	OPTION_ACTIONS,
	OPTION_TEMPLATE,
	OPTION_PARAMS,
	OPTION_FROM,
	OPTION_SIZE,
	OPTION_EXPECT,
	OPTION_PROPOSAL,
	OPTION_SESSIONS,
	OPTION_STATE,
	OPTION_STRICT,
	OPTION_JSON,
	OPTION_QUIET,
	OPTION_HELP,
	OPTION_VERSION
};

static const struct option option_names[] = {
	{"key", required_argument, NULL, OPTION_KEY},
	{"checkpoint", required_argument, NULL, OPTION_CHECKPOINT},
	{"depth", required_argument, NULL, OPTION_DEPTH},
	{"entry", required_argument, NULL, OPTION_ENTRY},
	{"changes", required_argument, NULL, OPTION_CHANGES},
	{"actions", required_argument, NULL, OPTION_ACTIONS},
	{"template", required_argument, NULL, OPTION_TEMPLATE},
	{"params", required_argument, NULL, OPTION_PARAMS},
	{"from", required_argument, NULL, OPTION_FROM},
	{"size", required_argument, NULL, OPTION_SIZE},
	{"expect", required_argument, NULL, OPTION_EXPECT},
	{"proposal", required_argument, NULL, OPTION_PROPOSAL},
	{"sessions", no_argument, NULL, OPTION_SESSIONS},
	{"state", no_argument, NULL, OPTION_STATE},
	{"strict", no_argument, NULL, OPTION_STRICT},
	{"json", no_argument, NULL, OPTION_JSON},
	{"quiet", no_argument, NULL, OPTION_QUIET},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{NULL, 0, NULL, 0}
};

typedef int (*Command) (const Options *options);

static const struct
{
	const char *name;
	Command		run;
}			commands[] = {
	{"ledger", verify_ledger},
	{"proof", verify_proof},
	{"bundle", verify_bundle},
	{"what-if", what_if},
	{"consequence-map", consequence_map}
};

static Command
find_command(const char *name)
{
	for (size_t i = 0; i < QFS_ROWS(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return commands[i].run;
	fail_usage("unknown command %s", name);
}

/* Exits: a result that cannot be written is no result. */
static void
finish(int code)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		fail_usage("the result could not be written");
	exit(code);
}

/* What is neither option nor value: the command, then the file. */
static void
take_word(const char *word, Command *command, Options *o)
{
	if (*command == NULL)
		*command = find_command(word);
	else if (o->file == NULL)
		o->file = word;
	else
		fail_usage("one file, please: %s and %s were given", o->file, word);
}

static void
add_checkpoint(Options *o, const char *path)
{
	if (o->checkpoint_count == CHECKPOINTS_MAX)
		fail_usage("--checkpoint: more than %d of them", CHECKPOINTS_MAX);
	o->checkpoints[o->checkpoint_count++] = path;
}

/*
 * What getopt_long did not take.  option: what it told of it: 0 for a long name
 * that it does not know, an option's number, or a letter; text: the argument.
 */
static void
refuse_option(int option, const char *text)
{
	int			len = (int) strcspn(text, "=");

	if (option == 0)
		fail_usage("unknown option %.*s", len, text);
	if (option < OPTION_KEY)
		fail_usage("unknown option -%c", option);
	fail_usage("%.*s takes no value", len, text);
}

static void
take_option(int option, Options *o)
{
	switch (option)
	{
		case OPTION_KEY:
			o->key = optarg;
			break;
		case OPTION_CHECKPOINT:
			add_checkpoint(o, optarg);
			break;
		case OPTION_DEPTH:
			o->depth = optarg;
			break;
		case OPTION_ENTRY:
			o->entry = optarg;
			break;
		case OPTION_CHANGES:
			o->changes = optarg;
			break;
		case OPTION_ACTIONS:
			o->actions = optarg;
			break;
		case OPTION_TEMPLATE:
			o->template = optarg;
			break;
		case OPTION_PARAMS:
			o->params = optarg;
			break;
		case OPTION_FROM:
			o->from = optarg;
			break;
		case OPTION_SIZE:
			o->size = optarg;
			break;
		case OPTION_EXPECT:
			o->expect = optarg;
			break;
		case OPTION_PROPOSAL:
			o->proposal = optarg;
			break;
		case OPTION_SESSIONS:
			o->sessions = true;
			break;
		case OPTION_STATE:
			o->state = true;
			break;
		case OPTION_STRICT:
			o->strict = true;
			break;
		case OPTION_JSON:
			o->json = true;
			break;
		case OPTION_QUIET:
			o->quiet = true;
			break;
		case OPTION_HELP:
			fputs(help, stdout);
			finish(EXIT_SOUND);
			break;
		case OPTION_VERSION:
			puts("qfs-verify " QFS_VERSION);
			finish(EXIT_SOUND);
			break;
	}
}

static Options
parse_arguments(int argc, char **argv, Command *command)
{
	Options		o = {.depth = "replay"};
	int			option;

	opterr = 0;
	/* "-": words come as option 1, whatever POSIXLY_CORRECT says; ":": a missing value as ':'. */
	while ((option = getopt_long(argc, argv, "-:", option_names, NULL)) != -1)
	{
		if (option == 1)
			take_word(optarg, command, &o);
		else if (option == ':')
			fail_usage("%s needs a value", argv[optind - 1]);
		else if (option == '?')
			refuse_option(optopt, argv[optind - 1]);
		else
			take_option(option, &o);
	}
	while (optind < argc)
		take_word(argv[optind++], command, &o);
	if (*command == NULL)
		fail_usage("what shall be verified: ledger, proof or bundle? Or asked: what-if or consequence-map?");
	if (o.file == NULL)
		fail_usage("which file?");
	return o;
}

int
main(int argc, char **argv)
{
	Command		command = NULL;
	Options		options = parse_arguments(argc, argv, &command);

	if (sodium_init() < 0 || !qfs_keccak_self_test())
		fail_usage("the cryptography does not pass its self-test");
	if (!qfs_ed25519_self_test())
		fail_usage("libsodium takes Ed25519 keys that are not of prime order (CVE-2025-69277): update it");
	finish(command(&options));
}
