/*
 * policy_tool.c - what src/core makes of a policy's changes and keys, a line of text each.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * For comparisons with programs in other languages.  Reads lines of a command
 * and its arguments, with tabs between them, and answers each with one line.
 *
 *   default                         the default policy
 *   keys                            "name class" of every key, with commas between them
 *   changes JSON                    of the default policy: what becomes of it, or the status of what is wrong
 *   leaves JSON                     the names of their keys, with spaces between them, or the status
 *   parameters TEXT                 "yes": governance.operator_keys may hold it; else "no"
 *   restricts NAME BEFORE AFTER     "yes" or "no"; JSON
 */
#include <stdio.h>

#include "base/status.h"
#include "engine/policy_key.h"
#include "engine/policy.h"

#define ARGUMENTS_MAX 4

static void
print(qfs_slice text)
{
	(void) fwrite(text.data, 1, text.len, stdout);
}

static void
print_default(const qfs_slice *in)
{
	(void) in;
	print(qfs_policy_default());
	printf("\n");
}

static void
print_keys(const qfs_slice *in)
{
	qfs_slice	name;
	qfs_key_class key_class;

	(void) in;
	for (size_t n = 0; qfs_policy_key_at(n, &name, &key_class); n++)
	{
		printf("%s", n > 0 ? "," : "");
		print(name);
		printf(" %s", qfs_key_class_names[key_class]);
	}
	printf("\n");
}

static void
print_changes(const qfs_slice *in)
{
	static uint8_t memory[QFS_POLICY_MAX];
	qfs_policy	policy;
	qfs_buf		buf;
	qfs_status	status;

	qfs_buf_init(&buf, memory, sizeof(memory));
	status = qfs_policy_merge(qfs_policy_default(), in[0], &buf, NULL);
	if (status == QFS_OK)
		status = qfs_policy_parse(qfs_buf_slice(&buf), &policy, NULL);
	if (status == QFS_OK)
		print(policy.text);
	else
		printf("%s", qfs_status_code(status));
	printf("\n");
}

static qfs_status
append_name(void *context, qfs_slice name, qfs_slice value)
{
	qfs_buf    *names = context;

	(void) value;
	qfs_buf_text(names, names->len > 0 ? " " : "");
	qfs_buf_slice_add(names, name);
	return QFS_OK;
}

static void
print_leaves(const qfs_slice *in)
{
	static uint8_t memory[1 << 16];
	qfs_buf		names;
	qfs_status	status;

	qfs_buf_init(&names, memory, sizeof(memory));
	status = qfs_policy_leaves(in[0], append_name, &names, NULL);
	if (status == QFS_OK)
		print(qfs_buf_slice(&names));
	else
		printf("%s", qfs_status_code(status));
	printf("\n");
}

static void
print_parameters(const qfs_slice *in)
{
	printf("%s\n", qfs_policy_keys_are_parameters(in[0]) ? "yes" : "no");
}

static void
print_restricts(const qfs_slice *in)
{
	printf("%s\n", qfs_policy_restricts(in[0], in[1], in[2]) ? "yes" : "no");
}

static const struct
{
	const char *name;
	unsigned	arguments;
	void		(*answer) (const qfs_slice *in);
}			commands[] = {
	{"default", 0, print_default},
	{"keys", 0, print_keys},
	{"changes", 1, print_changes},
	{"leaves", 1, print_leaves},
	{"parameters", 1, print_parameters},
	{"restricts", 3, print_restricts},
};

/* The parts of a line between tabs; how many there are. */
static unsigned
split(char *line, qfs_slice out[ARGUMENTS_MAX])
{
	unsigned	count = 0;

	line[strcspn(line, "\n")] = '\0';
	for (char *rest = line; rest != NULL && count < ARGUMENTS_MAX; count++)
	{
		char	   *tab = strchr(rest, '\t');

		if (tab != NULL)
			*tab = '\0';
		out[count] = qfs_slice_of(rest);
		rest = tab != NULL ? tab + 1 : NULL;
	}
	return count;
}

int
main(void)
{
	static char line[1 << 16];

	while (fgets(line, sizeof(line), stdin) != NULL)
	{
		qfs_slice	parts[ARGUMENTS_MAX];
		unsigned	count = split(line, parts);
		size_t		n = 0;

		while (n < QFS_ROWS(commands) && !(count > 0 && qfs_slice_is(parts[0], commands[n].name) && count == commands[n].arguments + 1))
			n++;
		if (n == QFS_ROWS(commands))
		{
			fprintf(stderr, "policy_tool: not understood: %.60s\n", line);
			return 1;
		}
		commands[n].answer(parts + 1);
	}
	return 0;
}
