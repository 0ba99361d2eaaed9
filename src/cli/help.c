// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* `skep help [COMMAND]`: the same text as `skep COMMAND --help`. */
#include "cli/cli.h"

int cli_help(int argc, char **argv, struct kit_log *log)
{
	char *asked[] = {argc > 1 ? argv[1] : NULL, (char *)"--help", NULL};
	const struct cli_command *command;

	if (argc < 2)
		return cli_print_commands();
	command = cli_command(argv[1]);
	if (!command) {
		kit_error(log, "there is no command '%s' (see `skep --help`)", argv[1]);
		return KIT_EXIT_USAGE;
	}
	/* Help of help is skep's own. */
	if (command->run == cli_help)
		return cli_print_commands();
	return command->run(2, asked, log);
}
