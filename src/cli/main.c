// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * skep: the options that are for all commands, and the table of commands.
 *
 * The seam is chosen here, before anything asks the kernel for something.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/abi.h>
#include <skep/lang_suggest.h>

#include "cli/cli.h"

static const struct cli_command commands[] = {
	{"trace", "Runs a tracing script in bpftrace's language.", cli_trace},
	{"help", "Shows the help of a command.", cli_help},
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

struct settings {
	bool help, version, record_given;
	const char *record, *fault;
	int engine;
};

static const char *const engines[] = {"auto", "kernel", "machine", NULL};
enum { ENGINE_AUTO };

static struct kit_options describe(struct settings *s, struct kit_option *table)
{
	const struct kit_option rows[] = {
		{'h', "help", KIT_OPTION_FLAG, &s->help, .help = "Print this help."},
		{'V', "version", KIT_OPTION_FLAG, &s->version, .help = "Print the version."},
		{0, "engine", KIT_OPTION_ENUM, &s->engine, .arg = "NAME", .choices = engines,
		 .help = "Who runs the programs: kernel, or machine, which needs no privilege and "
			 "runs them in the traced process; auto takes the kernel where it may "
			 "be used. Default: auto."},
		{0, "record", KIT_OPTION_STRING, &s->record, .arg = "FILE", .optional_arg = true,
		 .attached_arg = true, .given = &s->record_given,
		 .help = "Print every call of eBPF that is made, to FILE or to standard error."},
		{0, "fault", KIT_OPTION_STRING, &s->fault, .arg = "SPEC",
		 .help = "Make calls of eBPF fail, for tests: CALL[/SUBCALL]:N[+][:ERRNO]."},
	};

	memcpy(table, rows, sizeof(rows));
	return (struct kit_options){
		.program = "skep",
		.usage = "[OPTION]... COMMAND [ARGUMENT]...",
		.summary = "eBPF in one place. `skep help COMMAND` tells more about a command.",
		.options = table,
		.noptions = sizeof(rows) / sizeof(rows[0]),
		.stop_at_operand = true,
	};
}

const struct cli_command *cli_command(const char *name)
{
	size_t i;

	for (i = 0; i < NCOMMANDS; i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

int cli_print_help(const struct kit_options *options)
{
	struct kit_buffer text = {0};

	kit_options_help(options, &text);
	fputs(kit_buffer_string(&text), stdout);
	kit_buffer_free(&text);
	return fflush(stdout) ? KIT_EXIT_FAILURE : KIT_EXIT_OK;
}

int cli_print_commands(void)
{
	struct kit_option table[8];
	struct settings s = {0};
	struct kit_options options = describe(&s, table);
	size_t i;

	cli_print_help(&options);
	printf("\nCommands:\n");
	for (i = 0; i < NCOMMANDS; i++)
		printf("  %-8s %s\n", commands[i].name, commands[i].summary);
	return fflush(stdout) ? KIT_EXIT_FAILURE : KIT_EXIT_OK;
}

int cli_print_version(void)
{
	puts("skep " SKEP_VERSION);
	return fflush(stdout) ? KIT_EXIT_FAILURE : KIT_EXIT_OK;
}

int cli_parse(const struct kit_options *options, int argc, char **argv, int *first,
	      const struct kit_log *log)
{
	struct kit_buffer err = {0};
	int ret = kit_options_parse(options, argc, argv, first, &err);

	if (ret == -ENOMEM)
		kit_error(log, "not enough memory");
	else if (ret)
		kit_error(log, "%s", kit_buffer_string(&err));
	kit_buffer_free(&err);
	if (!ret)
		return 0;
	return ret == -ENOMEM ? KIT_EXIT_FAILURE : KIT_EXIT_USAGE;
}

static const struct cli_command *find_command(const char *name, const struct kit_log *log)
{
	const struct cli_command *command = cli_command(name);
	struct lang_suggest near = {.name = name};
	size_t i;

	if (command)
		return command;
	for (i = 0; i < NCOMMANDS; i++)
		lang_suggest_offer(&near, commands[i].name);
	if (near.best)
		kit_error(log, "there is no command '%s': did you mean '%s'?", name, near.best);
	else
		kit_error(log, "there is no command '%s' (see `skep --help`)", name);
	return NULL;
}

/* Opens the seam as the options say. Returns 0 or the exit status. */
static int open_seam(const struct settings *s, FILE **record, const struct kit_log *log)
{
	struct abi_options options = {.fault = s->fault, .engine = engines[s->engine]};
	char message[256] = "";

	if (s->record_given) {
		*record = s->record && *s->record ? fopen(s->record, "we") : stderr;
		if (!*record) {
			kit_error(log, "cannot write the record %s: %s", s->record,
				  strerror(errno));
			return KIT_EXIT_FAILURE;
		}
		options.record = *record;
	}
	if (abi_open(&options, message, sizeof(message))) {
		kit_error(log, "%s", message);
		return KIT_EXIT_USAGE;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct kit_log log = KIT_LOG_DEFAULT;
	struct kit_option table[8];
	struct settings s = {.engine = ENGINE_AUTO};
	struct kit_options options = describe(&s, table);
	const struct cli_command *command;
	FILE *record = NULL;
	int first, ret = cli_parse(&options, argc, argv, &first, &log);

	if (ret)
		return ret;
	if (s.version)
		return cli_print_version();
	if (s.help)
		return cli_print_commands();
	if (first >= argc) {
		kit_error(&log, "which command? (see `skep --help`)");
		return KIT_EXIT_USAGE;
	}
	command = find_command(argv[first], &log);
	if (!command)
		return KIT_EXIT_USAGE;
	ret = open_seam(&s, &record, &log);
	if (!ret)
		ret = command->run(argc - first, argv + first, &log);
	abi_close();
	if (record && record != stderr && fclose(record)) {
		kit_error(&log, "cannot write the record %s: %s", s.record, strerror(errno));
		ret = ret ? ret : KIT_EXIT_FAILURE;
	}
	return ret;
}
