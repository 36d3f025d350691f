/*
 * governance_tool.c - the numbers of governance in src/core, a line of text each.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * For comparisons with programs in other languages.  Reads lines "command
 * number ...", and answers each with one line.
 *
 *   power nod total power_percent                           power
 *   verdict approval majority quorum veto_percent           "name bound observed PASS|BLOCK" of each guard, the first that
 *           total yes no abstain veto                       blocks or "-", "decided" or "open"
 *   schedule review voting timelock emergency               opens ends enacts
 *            block epoch_blocks
 *   turn late_blocks ends block extensions                  ends
 *   silence late_blocks ends block extensions               ends
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/governance/schedule.h"
#include "rules/governance/tally.h"

#define ARGUMENTS_MAX 9

static void
power(const int64_t *in)
{
	printf("%" PRId64 "\n", qfs_nod_power(in[0], in[1], in[2]));
}

static void
verdict(const int64_t *in)
{
	const qfs_terms terms = {.approval = in[0],.majority = in[1],.quorum = in[2],.veto_percent = in[3]};
	const qfs_counts counts = {in[4], in[5], in[6], in[7], in[8]};
	qfs_verdict v;

	qfs_tally_verdict(&terms, &counts, &v);
	for (unsigned i = 0; i < v.count; i++)
		printf("%s %" PRId64 " %" PRId64 " %s ", v.guards[i].guard->name, v.guards[i].bound, v.guards[i].observed,
			   qfs_guard_blocks(v.guards[i].guard, (qfs_amount) v.guards[i].bound, (qfs_amount) v.guards[i].observed) ?
			   "BLOCK" : "PASS");
	printf("%s %s\n", v.blocked == NULL ? "-" : v.blocked->name, qfs_tally_is_decided(&terms, &counts) ? "decided" : "open");
}

static void
schedule(const int64_t *in)
{
	const qfs_terms terms = {.review_blocks = in[0],.voting_blocks = in[1],.timelock_blocks = in[2]};
	qfs_schedule s;

	qfs_schedule_make(&terms, in[3] != 0, in[4], in[5], &s);
	printf("%" PRId64 " %" PRId64 " %" PRId64 "\n", s.opens, s.ends, s.enacts);
}

static void
turn(const int64_t *in)
{
	const qfs_terms terms = {.late_blocks = in[0]};

	printf("%" PRId64 "\n", qfs_schedule_after_turn(&terms, in[1], in[2], in[3]));
}

static void
silence(const int64_t *in)
{
	const qfs_terms terms = {.late_blocks = in[0]};

	printf("%" PRId64 "\n", qfs_schedule_after_silence(&terms, in[1], in[2], in[3]));
}

static const struct
{
	const char *name;
	int			arguments;
	void		(*run) (const int64_t *in);
}			commands[] = {
	{"power", 3, power},
	{"verdict", 9, verdict},
	{"schedule", 6, schedule},
	{"turn", 4, turn},
	{"silence", 4, silence},
};

/* Returns how many numbers there are; negative if one is none. */
static int
read_numbers(int64_t *out)
{
	int			n = 0;

	for (char *word = strtok(NULL, " "); word != NULL; word = strtok(NULL, " "))
	{
		char	   *end;

		if (n == ARGUMENTS_MAX)
			return -1;
		out[n++] = strtoll(word, &end, 10);
		if (*end != '\0')
			return -1;
	}
	return n;
}

static bool
run_line(char *line)
{
	int64_t		in[ARGUMENTS_MAX];
	const char *name = strtok(line, " ");
	int			given = name == NULL ? -1 : read_numbers(in);

	for (size_t i = 0; given >= 0 && i < QFS_ROWS(commands); i++)
		if (strcmp(commands[i].name, name) == 0 && commands[i].arguments == given)
		{
			commands[i].run(in);
			return true;
		}
	return false;
}

int
main(void)
{
	static char line[1024];

	while (fgets(line, sizeof(line), stdin) != NULL)
	{
		line[strcspn(line, "\n")] = '\0';
		if (!run_line(line))
		{
			fprintf(stderr, "governance_tool: not understood: %.60s\n", line);
			return 2;
		}
	}
	return 0;
}
