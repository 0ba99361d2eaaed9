// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * `skep trace`: options, then script -> compiler -> runner, and what each of them says.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/abi.h>
#include <skep/kit_output.h>
#include <skep/lang.h>
#include <skep/trace.h>
#include <skep/trace_list.h>
#include <skep/trace_world.h>

#include "cli/cli.h"
#include "cli/script.h"

struct settings {
	struct kit_strings programs, dumps;
	const char *command, *output;
	int64_t pid;
	int format, buffering, verbose;
	bool list, quiet, dry_run, allow_unsafe, version, help;
};

static const char *const formats[] = {"text", "json", NULL};
static const char *const bufferings[] = {"line", "full", "none", NULL};
static const enum kit_output_buffering buffering_of[] = {KIT_OUTPUT_LINE, KIT_OUTPUT_FULL,
							 KIT_OUTPUT_NONE};

#define NOPTIONS 24

static struct kit_options describe(struct settings *s, struct kit_option *table)
{
	static const struct kit_option_example examples[] = {
		{"skep trace -e 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }'",
		 "System calls by program, shown on Ctrl-C."},
		{"skep trace -c 'ls /usr' -e 'tracepoint:syscalls:sys_enter_openat /pid == cpid/ "
		 "{ @[str(args.filename)] = count(); }'",
		 "The files that a command opens."},
	};
	const struct kit_option rows[] = {
		{.section = "Script"},
		{'e', NULL, KIT_OPTION_STRINGS, &s->programs, .arg = "PROGRAM",
		 .help = "The script itself; several are joined by newlines."},
		{'l', NULL, KIT_OPTION_FLAG, &s->list,
		 .help = "List the probes that match PATTERN, or all; with -v their arguments "
			 "too."},
		{0, "unsafe", KIT_OPTION_FLAG, &s->allow_unsafe,
		 .help = "Allow system(), which runs commands."},
		{.section = "What is traced"},
		{'c', "cmd", KIT_OPTION_STRING, &s->command, .arg = "COMMAND",
		 .help = "Start COMMAND once everything is attached, and end with it. Its pid is "
			 "`cpid`; user-space probes fire in it only."},
		{'p', "pid", KIT_OPTION_INT, &s->pid, .arg = "PID", .min = 1, .max = INT_MAX,
		 .help = "User-space probes fire in this process only; end with it."},
		{.section = "Output"},
		{'f', "format", KIT_OPTION_ENUM, &s->format, .arg = "FORMAT", .choices = formats,
		 .help = "text (the default) or json, one object a line."},
		{'o', "output", KIT_OPTION_STRING, &s->output, .arg = "FILE",
		 .help = "Write results to FILE."},
		{'B', "buffer", KIT_OPTION_ENUM, &s->buffering, .arg = "MODE",
		 .choices = bufferings,
		 .help = "When output is written: line (the default), full or none."},
		{'q', "quiet", KIT_OPTION_FLAG, &s->quiet,
		 .help = "Say nothing but results, lost events and errors."},
		{'v', "verbose", KIT_OPTION_COUNT, &s->verbose,
		 .help = "Say how each probe is attached and how large programs are."},
		{.section = "Looking inside"},
		{0, "dry-run", KIT_OPTION_FLAG, &s->dry_run,
		 .help = "Compile, load and attach, then end."},
		{'d', NULL, KIT_OPTION_STRINGS, &s->dumps, .arg = "STAGE",
		 .help = "Show what a stage of the compiler made: ast, types, ir, opt, ra, asm, "
			 "plan, or all; several separated by commas."},
		{.section = "Other"},
		{'V', "version", KIT_OPTION_FLAG, &s->version, .help = "Print the version."},
		{'h', "help", KIT_OPTION_FLAG, &s->help, .help = "Print this help."},
	};

	_Static_assert(sizeof(rows) / sizeof(rows[0]) <= NOPTIONS, "table too small");
	memcpy(table, rows, sizeof(rows));
	return (struct kit_options){
		.program = "skep trace",
		.usage = "[OPTION]... {-e PROGRAM | FILE | -} [PARAMETER]...\n"
			 "       skep trace -l [-v] [PATTERN]...",
		.summary = "Compiles a script in bpftrace's language, lets the kernel run it, and "
			   "prints its answers. Parameters are $1, $2, ... in the script.",
		.options = table,
		.noptions = sizeof(rows) / sizeof(rows[0]),
		.examples = examples,
		.nexamples = sizeof(examples) / sizeof(examples[0]),
	};
}

/* --- settings of the compiler -------------------------------------------------- */

/* A number from the environment. Returns 0 or the exit status. */
static int from_environment(const char *name, uint32_t min, uint32_t max, uint32_t *number,
			    const struct kit_log *log)
{
	const char *text = getenv(name);
	unsigned long long n;
	char *end;

	if (!text || !*text)
		return 0;
	errno = 0;
	n = strtoull(text, &end, 0);
	if (errno || *end || *text == '-' || n < min || n > max) {
		kit_error(log, "%s: '%s' is not a whole number from %u to %u", name, text, min,
			  max);
		return KIT_EXIT_USAGE;
	}
	*number = (uint32_t)n;
	return 0;
}

static int add_stage(const char *word, size_t len, uint32_t *dump, const struct kit_log *log)
{
	int stage;

	if (len == 3 && !memcmp(word, "all", 3)) {
		*dump = (1u << LANG_STAGE_COUNT) - 1;
		return 0;
	}
	for (stage = 0; stage < LANG_STAGE_COUNT; stage++) {
		const char *name = lang_stage_name((enum lang_stage)stage);

		if (strlen(name) == len && !memcmp(name, word, len)) {
			*dump |= 1u << stage;
			return 0;
		}
	}
	kit_error(log,
		  "-d: there is no stage '%.*s': use ast, types, ir, opt, ra, asm, plan or all",
		  (int)len, word);
	return KIT_EXIT_USAGE;
}

static int parse_stages(const struct kit_strings *dumps, uint32_t *dump, const struct kit_log *log)
{
	const char *word;
	size_t i, len;
	int ret = 0;

	for (i = 0; i < dumps->n; i++) {
		for (word = dumps->items[i]; !ret; word += len + 1) {
			len = strcspn(word, ",");
			ret = add_stage(word, len, dump, log);
			if (!word[len])
				break;
		}
	}
	return ret;
}

static int compiler_options(const struct settings *s, struct lang_options *options,
			    const struct kit_log *log)
{
	int ncpus = libbpf_num_possible_cpus();
	int ret = from_environment("SKEP_MAX_STRLEN", 8, 4096, &options->max_strlen, log);

	if (!ret)
		ret = from_environment("SKEP_MAX_MAP_KEYS", 1, 1u << 24, &options->max_map_keys,
				       log);
	if (!ret)
		ret = from_environment("SKEP_RING_BYTES", 4096, 1u << 30, &options->ring_bytes,
				       log);
	options->allow_unsafe = s->allow_unsafe;
	options->pid = (int)s->pid;
	options->ncpus = ncpus > 0 ? (uint32_t)ncpus : 1;
	options->dump_file = stdout;
	return ret ? ret : parse_stages(&s->dumps, &options->dump, log);
}

/* --- saying what went wrong ---------------------------------------------------- */

static void say_failure(const struct trace_failure *failure, const struct kit_log *log)
{
	const char *p = failure->log, *end;

	kit_error(log, "%s", failure->text ? failure->text : "not enough memory");
	for (; p && *p; p = *end ? end + 1 : end) {
		end = strchrnul(p, '\n');
		kit_note(log, "%.*s", (int)(end - p), p);
	}
	if (failure->hint)
		kit_note(log, "%s", failure->hint);
}

/* Is it an error that the kernel's engine might not have made? */
static bool may_be_the_engine(const struct lang_messages *messages)
{
	static const char *const ids[] = {"no-tracepoint", "no-raw-tracepoint", "no-function",
					  "no-btf",	   "probe-unsupported", "unknown-type"};
	size_t i, j;

	for (i = 0; i < messages->count; i++)
		for (j = 0; j < sizeof(ids) / sizeof(*ids); j++)
			if (!strcmp(messages->list[i].id, ids[j]))
				return true;
	return false;
}

static int compile(const struct script *script, struct lang_world *world,
		   const struct lang_options *options, struct lang_plan **plan,
		   const struct kit_log *log)
{
	struct lang_messages messages = {0};
	int err = lang_compile(script->name, script->text, script->len, world, options, plan,
			       &messages);
	size_t i;

	fflush(stdout);
	for (i = 0; i < messages.count; i++)
		lang_message_print(&messages.list[i], stderr);
	if (err && abi_engine_limits() && may_be_the_engine(&messages))
		kit_note(log, "%s", abi_engine_limits());
	lang_messages_free(&messages);
	if (err == -ENOMEM)
		kit_error(log, "not enough memory to compile the script");
	else if (err && err != -EINVAL)
		kit_error(log, "the script could not be compiled: %s", kit_errno_text(err));
	return err ? KIT_EXIT_FAILURE : 0;
}

/* --- running -------------------------------------------------------------------- */

static int run(const struct settings *s, const struct script *script, const struct lang_plan *plan,
	       struct trace_command *command, const struct kit_log *log)
{
	struct kit_output_opts output = KIT_OUTPUT_OPTS_DEFAULT;
	struct trace_failure failure = {0};
	struct trace_options options = {
		.script_name = script->name,
		.script = script->text,
		.script_len = script->len,
		.dry_run = s->dry_run,
		.allow_unsafe = s->allow_unsafe,
		.pid = (pid_t)s->pid,
		.command = command,
		.verbose = s->verbose ? stderr : NULL,
	};
	int err, closed, code = 0;

	output.path = s->output;
	output.format = s->format ? KIT_OUTPUT_JSON : KIT_OUTPUT_TEXT;
	output.buffering = buffering_of[s->buffering];
	output.quiet = s->quiet;
	err = kit_output_open(&options.output, &output);
	if (err) {
		kit_error(log, "cannot write %s: %s", s->output ? s->output : "the output",
			  kit_errno_text(err));
		return KIT_EXIT_FAILURE;
	}
	err = trace_run(plan, &options, &code, &failure);
	closed = kit_output_close(options.output);
	if (failure.text) {
		say_failure(&failure, log);
		code = KIT_EXIT_FAILURE;
	} else if ((err && err != -EPIPE) || (closed && closed != -EPIPE)) {
		kit_error(log, "cannot write %s: %s", s->output ? s->output : "the output",
			  kit_errno_text(err ? err : closed));
		code = KIT_EXIT_FAILURE;
	}
	trace_failure_free(&failure);
	return code;
}

/* The command is started first: the compiler wants its pid. */
static int start(const struct settings *s, struct trace_command **command, struct lang_options *o,
		 const struct kit_log *log)
{
	struct trace_failure failure = {0};

	if (s->pid && kill((pid_t)s->pid, 0) && errno == ESRCH) {
		kit_error(log, "there is no process %lld", (long long)s->pid);
		return KIT_EXIT_FAILURE;
	}
	if (!s->command)
		return 0;
	if (trace_command_start(command, s->command, &failure)) {
		say_failure(&failure, log);
		trace_failure_free(&failure);
		return KIT_EXIT_FAILURE;
	}
	o->cpid = trace_command_pid(*command);
	return 0;
}

static int trace_script(const struct settings *s, const struct script *script,
			struct lang_options *options, const struct kit_log *log)
{
	struct trace_command *command = NULL;
	struct lang_world *world = NULL;
	struct lang_plan *plan = NULL;
	int ret;

	if (s->verbose)
		fprintf(stderr, "engine: %s\n", abi_engine_name());
	ret = start(s, &command, options, log);
	if (!ret && trace_world_open(NULL, &world)) {
		kit_error(log, "not enough memory");
		ret = KIT_EXIT_FAILURE;
	}
	if (!ret)
		ret = compile(script, world, options, &plan, log);
	if (!ret)
		ret = run(s, script, plan, command, log);
	trace_command_end(command);
	lang_plan_free(plan);
	trace_world_close(world);
	return ret;
}

/* --- listing -------------------------------------------------------------------- */

static const char *reason_text(enum lang_reason reason)
{
	switch (reason) {
	case LANG_NO_SUCH_FILE: return "no such file";
	case LANG_NOT_ELF: return "it is no program or library";
	case LANG_NO_SYMBOLS: return "it has no symbols";
	case LANG_NO_TRACEFS:
		return "tracefs is not mounted: `mount -t tracefs tracefs /sys/kernel/tracing`";
	case LANG_NO_PRIVILEGE: return "not permitted: run it as root";
	case LANG_NO_BTF: return "this kernel has no BTF";
	case LANG_NOT_SUPPORTED: return "this kernel does not have this kind of probe";
	default: return "no probe matches";
	}
}

static int list(const struct settings *s, const char *pattern, const struct kit_log *log)
{
	enum lang_reason reason = LANG_OK;
	struct lang_world *world = NULL;
	int n = trace_world_open(NULL, &world);

	if (!n)
		n = trace_list(world, pattern, s->verbose > 0, stdout, s->format != 0, &reason);
	if (fflush(stdout) && n >= 0)
		n = -errno;
	trace_world_close(world);
	if (n > 0 || n == -EPIPE)
		return KIT_EXIT_OK;
	if (n == -EINVAL)
		kit_error(log, "'%s' names no kind of probe", pattern ? pattern : "*");
	else if (n < 0)
		kit_error(log, "cannot list probes: %s", kit_errno_text(n));
	else
		kit_error(log, "%s: %s", pattern ? pattern : "*", reason_text(reason));
	return KIT_EXIT_FAILURE;
}

/* Every pattern must match something. */
static int list_all(const struct settings *s, char **patterns, size_t n, const struct kit_log *log)
{
	int ret = n ? 0 : list(s, NULL, log);
	size_t i;

	for (i = 0; i < n; i++) {
		if (list(s, *patterns[i] ? patterns[i] : NULL, log))
			ret = KIT_EXIT_FAILURE;
	}
	return ret;
}

/* --- the command ------------------------------------------------------------------ */

static int trace(const struct settings *s, char **operands, size_t n, struct kit_log *log)
{
	struct lang_options options = {0};
	struct script script = {0};
	int ret;

	if (!s->programs.n && !n) {
		kit_error(log, "no script: give -e PROGRAM, a FILE or - (see `skep trace --help`)");
		return KIT_EXIT_USAGE;
	}
	if (s->command && s->pid) {
		kit_error(log, "-c and -p exclude each other");
		return KIT_EXIT_USAGE;
	}
	ret = compiler_options(s, &options, log);
	if (ret)
		return ret;
	if (s->programs.n) {
		ret = script_join(&script, s->programs.items, s->programs.n, log);
	} else {
		ret = script_read(&script, operands[0], log);
		operands++;
		n--;
	}
	options.params = (const char *const *)operands;
	options.nparams = n;
	if (!ret)
		ret = trace_script(s, &script, &options, log);
	script_free(&script);
	return ret;
}

int cli_trace(int argc, char **argv, struct kit_log *log)
{
	struct kit_option table[NOPTIONS];
	struct settings s = {0};
	struct kit_options options = describe(&s, table);
	int first, ret = cli_parse(&options, argc, argv, &first, log);

	log->json = !ret && s.format;
	if (ret)
		;
	else if (s.help)
		ret = cli_print_help(&options);
	else if (s.version)
		ret = cli_print_version();
	else if (s.list)
		ret = list_all(&s, argv + first, (size_t)(argc - first), log);
	else
		ret = trace(&s, argv + first, (size_t)(argc - first), log);
	kit_strings_free(&s.programs);
	kit_strings_free(&s.dumps);
	return ret;
}
