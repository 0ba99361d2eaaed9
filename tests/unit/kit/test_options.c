// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Options: every form that getopt users know, what is refused and how it is said, and the help.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <skep/kit_options.h>

static struct settings {
	bool quiet, listed;
	int verbose, format;
	int64_t pid;
	const char *output, *list, *record;
	struct kit_strings programs;
} s;

static const char *const formats[] = {"text", "json", NULL};

static const struct kit_option options[] = {
	{.section = "What to run"},
	{'e', "execute", KIT_OPTION_STRINGS, &s.programs, .arg = "PROGRAM",
	 .help = "Run this program. May be given several times."},
	{'l', "list", KIT_OPTION_STRING, &s.list, .arg = "GLOB", .optional_arg = true,
	 .given = &s.listed, .help = "List probes."},
	{'p', "pid", KIT_OPTION_INT, &s.pid, .arg = "PID", .min = 1, .max = 4194304,
	 .help = "Trace only the process with this number, and end when it ends."},
	{.section = "Output"},
	{'f', "format", KIT_OPTION_ENUM, &s.format, .arg = "text|json", .choices = formats,
	 .help = "Form of the output."},
	{'o', NULL, KIT_OPTION_STRING, &s.output, .arg = "FILE", .help = "Write to FILE."},
	{'q', "quiet", KIT_OPTION_FLAG, &s.quiet, .help = "Say less."},
	{'v', "verbose", KIT_OPTION_COUNT, &s.verbose, .help = "Say more."},
	{0, "a-very-long-option-name", KIT_OPTION_STRING, &s.output, .arg = "SOMETHING",
	 .help = "Too long for the column."},
	{0, "record", KIT_OPTION_STRING, &s.record, .arg = "FILE", .optional_arg = true,
	 .attached_arg = true, .help = "Print calls."},
};

static const struct kit_option_example examples[] = {
	{"skep trace -l 'vfs_*'", "List probes."},
};

static struct kit_options spec = {
	.program = "skep trace",
	.usage = "[OPTION]... FILE",
	.summary = "Trace.",
	.options = options,
	.noptions = sizeof(options) / sizeof(options[0]),
	.examples = examples,
	.nexamples = 1,
};

#define MAX_WORDS 16

struct line {
	char *argv[MAX_WORDS + 1];
	int argc, first;
	struct kit_buffer err;
};

static struct line line;

/* Parses words; NULL ends them. */
static int parse(const char *word, ...)
{
	va_list ap;

	kit_strings_free(&s.programs);
	s = (struct settings){0};
	kit_buffer_reset(&line.err);
	line.argc = 0;
	line.argv[line.argc++] = (char *)"trace";
	va_start(ap, word);
	for (; word; word = va_arg(ap, const char *)) {
		assert_true(line.argc < MAX_WORDS);
		line.argv[line.argc++] = (char *)word;
	}
	va_end(ap);
	line.argv[line.argc] = NULL;
	return kit_options_parse(&spec, line.argc, line.argv, &line.first, &line.err);
}

static void expect_operands(const char *expected)
{
	char text[256] = "";
	int i;

	for (i = line.first; i < line.argc; i++) {
		strncat(text, line.argv[i], sizeof(text) - strlen(text) - 1);
		strncat(text, " ", sizeof(text) - strlen(text) - 1);
	}
	assert_string_equal(text, expected);
}

static void test_forms(void **state)
{
	assert_int_equal(parse("-qvv", "-p5", "--format=json", "-o", "x", NULL), 0);
	assert_true(s.quiet && s.verbose == 2 && s.pid == 5 && s.format == 1);
	assert_string_equal(s.output, "x");
	expect_operands("");
	assert_int_equal(parse("--pid", "0x10", "-vo", "y", "--quiet", NULL), 0);
	assert_true(s.pid == 16 && s.verbose == 1 && s.quiet);
	assert_string_equal(s.output, "y");
	assert_int_equal(parse("-e", "one", "--execute", "--", "-e=x", NULL), 0);
	assert_int_equal(s.programs.n, 3);
	assert_string_equal(s.programs.items[1], "--");
	assert_string_equal(s.programs.items[2], "=x");
	assert_int_equal(parse("--format=", NULL), -EINVAL);
	assert_int_equal(parse(NULL, NULL), 0);
	assert_int_equal(line.first, 1);
}

static void test_operands(void **state)
{
	assert_int_equal(parse("a", "-q", "b", "-p", "7", "-", "c", NULL), 0);
	assert_true(s.quiet && s.pid == 7);
	expect_operands("a b - c ");
	assert_int_equal(parse("a", "-q", "--", "-v", "b", NULL), 0);
	assert_int_equal(s.verbose, 0);
	expect_operands("a -v b ");
	spec.stop_at_operand = true;
	assert_int_equal(parse("-q", "ls", "-v", NULL), 0);
	spec.stop_at_operand = false;
	assert_int_equal(s.verbose, 0);
	expect_operands("ls -v ");
}

static void test_optional_argument(void **state)
{
	assert_int_equal(parse("-l", NULL), 0);
	assert_true(s.listed);
	assert_string_equal(s.list, "");
	assert_int_equal(parse("-l", "-v", NULL), 0);
	assert_string_equal(s.list, "");
	assert_int_equal(s.verbose, 1);
	assert_int_equal(parse("-l", "vfs*", NULL), 0);
	assert_string_equal(s.list, "vfs*");
	assert_int_equal(parse("--list=x", NULL), 0);
	assert_string_equal(s.list, "x");
	/* Only attached: the next word is another matter. */
	assert_int_equal(parse("--record", "word", NULL), 0);
	assert_string_equal(s.record, "");
	assert_int_equal(parse("--record=x", NULL), 0);
	assert_string_equal(s.record, "x");
	assert_int_equal(parse("-q", NULL), 0);
	assert_false(s.listed);
}

static void expect_error(const char *one, const char *two, const char *expected)
{
	assert_int_equal(parse(one, two, NULL), -EINVAL);
	assert_string_equal(kit_buffer_string(&line.err), expected);
}

static void test_errors(void **state)
{
	expect_error("--formt", "x", "unknown option '--formt'; did you mean '--format'?");
	expect_error("--xyzzy=3", NULL, "unknown option '--xyzzy'; 'skep trace --help' lists them");
	expect_error("-qz", NULL, "unknown option '-z'; 'skep trace --help' lists them");
	expect_error("-p", "0", "option -p, --pid: '0' is not a whole number from 1 to 4194304");
	expect_error("-p", "5x", "option -p, --pid: '5x' is not a whole number from 1 to 4194304");
	expect_error("--pid=99999999999999999999", NULL,
		     "option -p, --pid: '99999999999999999999' is not a whole number from 1 to "
		     "4194304");
	expect_error("--pid=", NULL,
		     "option -p, --pid: '' is not a whole number from 1 to 4194304");
	expect_error("-f", "jsno",
		     "option -f, --format: 'jsno' is none of text, json; did you mean "
		     "'json'?");
	expect_error("-o", NULL, "option -o: its argument FILE is missing");
	expect_error("--quiet=1", NULL, "option -q, --quiet: takes no argument");
}

static void test_help(void **state)
{
	struct kit_buffer out = {0};

	kit_options_help(&spec, &out);
	assert_string_equal(
		kit_buffer_string(&out),
		"Usage: skep trace [OPTION]... FILE\n"
		"Trace.\n"
		"\n"
		"What to run:\n"
		"  -e, --execute PROGRAM     Run this program. May be given several times.\n"
		"  -l, --list [GLOB]         List probes.\n"
		"  -p, --pid PID             Trace only the process with this number, and end\n"
		"                            when it ends.\n"
		"\n"
		"Output:\n"
		"  -f, --format text|json    Form of the output.\n"
		"  -o FILE                   Write to FILE.\n"
		"  -q, --quiet               Say less.\n"
		"  -v, --verbose             Say more.\n"
		"      --a-very-long-option-name SOMETHING\n"
		"                            Too long for the column.\n"
		"      --record[=FILE]       Print calls.\n"
		"\n"
		"Examples:\n"
		"  skep trace -l 'vfs_*'\n"
		"      List probes.\n");
	kit_buffer_free(&out);
}

static int teardown(void **state)
{
	kit_strings_free(&s.programs);
	kit_buffer_free(&line.err);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_operands),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_optional_argument),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
