/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * `skep` and its commands. To add a command: a file with its run function, a row in the table of
 * main.c, a man page; tests/cli compares its help with the page.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <skep/kit_log.h>
#include <skep/kit_options.h>

struct cli_command {
	const char *name;
	const char *summary;
	/* @argv[0] is the command's name. @log is where messages go. Returns the exit status. */
	int (*run)(int argc, char **argv, struct kit_log *log);
};

/* The command called @name, or NULL. */
const struct cli_command *cli_command(const char *name);

/* Prints the text of --help to standard output. Returns the exit status. */
int cli_print_help(const struct kit_options *options);

/* skep's own help, with the table of commands. Returns the exit status. */
int cli_print_commands(void);

/* The version, to standard output. Returns the exit status. */
int cli_print_version(void);

/* Parses; on error says what is wrong and where help is. Returns 0 or the exit status. */
int cli_parse(const struct kit_options *options, int argc, char **argv, int *first,
	      const struct kit_log *log);

int cli_trace(int argc, char **argv, struct kit_log *log);
int cli_help(int argc, char **argv, struct kit_log *log);

#endif
