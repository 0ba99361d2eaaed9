// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Format files of tracefs, well-formed and hostile, and globs. Built with the address sanitizer
 * where there is one, so that a read outside of the text fails here.
 */
#include <errno.h>
#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "trace/tracefs.h"
#include "trace/world_names.h"

/* What Linux 6.18 says of one event, and lines of others. */
static const char good[] =
	"name: sys_enter_openat\n"
	"ID: 782\n"
	"format:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"
	"\n"
	"\tfield:const char * filename;\toffset:24;\tsize:8;\tsigned:0;\n"
	"\tfield:char prev_comm[16];\toffset:32;\tsize:16;\tsigned:0;\n"
	"\tfield:char next_comm[TASK_COMM_LEN];\toffset:48;\tsize:16;\tsigned:0;\n"
	"\tfield:unsigned long args[6];\toffset:64;\tsize:48;\tsigned:0;\n"
	"\tfield:__data_loc char[] name;\toffset:112;\tsize:4;\tsigned:0;\n"
	"\tfield:__rel_loc u8[] path;\toffset:116;\tsize:4;\tsigned:0;\n"
	"\tfield:const char *const * argv;\toffset:120;\tsize:8;\tsigned:0;\n"
	"\tfield:unsigned long rest[];\toffset:128;\tsize:0;\tsigned:0;\n"
	"\tfield:void (*function)(void *);\toffset:128;\tsize:8;\tsigned:0;\n"
	"\n"
	"print fmt: \"field:int x;\\toffset:0;\", REC->x\n";

static void check_field(const struct trace_format_field *f, const char *name, const char *type,
			const char *elem, enum trace_format_kind kind, uint32_t offset,
			uint32_t size, uint32_t count)
{
	assert_string_equal(f->name, name);
	assert_string_equal(f->type, type);
	assert_string_equal(f->elem_type, elem);
	assert_int_equal(f->kind, kind);
	assert_int_equal(f->offset, offset);
	assert_int_equal(f->size, size);
	assert_int_equal(f->count, count);
}

static void fields_are_taken_apart(void **state)
{
	const struct trace_format_field *f;
	struct trace_format format;

	assert_int_equal(trace_format_parse(good, sizeof(good) - 1, &format), 0);
	assert_int_equal(format.nfields, 9);
	f = format.fields;
	check_field(&f[0], "common_type", "unsigned short", "unsigned short", TRACE_FORMAT_PLAIN, 0,
		    2, 1);
	assert_false(f[0].is_signed);
	assert_true(f[1].is_signed);
	check_field(&f[2], "filename", "const char *", "const char *", TRACE_FORMAT_PLAIN, 24, 8,
		    1);
	assert_true(f[2].pointer);
	check_field(&f[3], "prev_comm", "char[16]", "char", TRACE_FORMAT_ARRAY, 32, 16, 16);
	check_field(&f[4], "next_comm", "char[TASK_COMM_LEN]", "char", TRACE_FORMAT_ARRAY, 48, 16,
		    0);
	check_field(&f[5], "args", "unsigned long[6]", "unsigned long", TRACE_FORMAT_ARRAY, 64, 48,
		    6);
	check_field(&f[6], "name", "__data_loc char[]", "char", TRACE_FORMAT_DATA_LOC, 112, 4, 1);
	check_field(&f[7], "path", "__rel_loc u8[]", "u8", TRACE_FORMAT_REL_LOC, 116, 4, 1);
	check_field(&f[8], "argv", "const char *const *", "const char *const *", TRACE_FORMAT_PLAIN,
		    120, 8, 1);
	trace_format_free(&format);
}

/* Parses a copy without a byte to spare behind it. */
static int parse_exactly(const char *text, size_t len)
{
	struct trace_format format;
	char *copy = malloc(len ? len : 1);
	uint32_t i;
	int err;

	assert_non_null(copy);
	memcpy(copy, text, len);
	err = trace_format_parse(copy, len, &format);
	free(copy);
	if (err) {
		assert_true(err == -EBADMSG);
		assert_null(format.fields);
		return err;
	}
	for (i = 0; i < format.nfields; i++) {
		const struct trace_format_field *f = &format.fields[i];

		assert_true(*f->name && *f->type && *f->elem_type && f->size);
		assert_true(f->offset + f->size <= TRACE_FORMAT_MAX_RECORD);
	}
	trace_format_free(&format);
	return 0;
}

static void every_cut_and_flip_is_survived(void **state)
{
	static const char bytes[] = {0, ' ', ';', ':', '[', ']', '*', '9', '\n', '_', (char)0xff};
	char text[sizeof(good)];
	size_t i, j;

	for (i = 0; i < sizeof(good); i++)
		parse_exactly(good, i);
	for (i = 0; i < sizeof(good) - 1; i++) {
		for (j = 0; j < sizeof(bytes); j++) {
			memcpy(text, good, sizeof(good));
			text[i] = bytes[j];
			parse_exactly(text, sizeof(good) - 1);
		}
	}
}

static void wrong_numbers_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"name: x\nID: 1\nformat:\n",
		"field:int x",
		"field:int x;",
		"field:int x;offset:;size:4;signed:1;",
		"field:int x;offset:0;size:-4;signed:1;",
		"field:int x;offset:0;",
		"field:int x;size:4;",
		"field:int x;offset:65533;size:4;signed:1;",
		"field:int x;offset:99999999999999999999;size:4;signed:1;",
		"field:int x;offset:0;size:4294967300;signed:1;",
		"field:__data_loc char[] x;offset:0;size:8;signed:0;",
		"field:;offset:0;size:4;signed:0;",
		"field: x;offset:0;size:4;signed:0;",
		"field:x;offset:0;size:4;signed:0;",
		"field:int 9x;offset:0;size:4;signed:0;",
		"field:int x];offset:0;size:4;signed:0;",
		"field:[4];offset:0;size:4;signed:0;",
		"field:__data_loc [] x;offset:0;size:4;signed:0;",
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (parse_exactly(bad[i], strlen(bad[i])) != -EBADMSG)
			fail_msg("accepted: %s", bad[i]);
	}
	assert_int_equal(parse_exactly("field:int x;offset:0;size:4", 27), 0);
}

static void too_much_is_refused(void **state)
{
	static const char line[] = "\tfield:int x;\toffset:0;\tsize:4;\tsigned:1;\n";
	size_t n = sizeof(line) - 1, i;
	char *text = malloc(n * (TRACE_FORMAT_MAX_FIELDS + 1));

	assert_non_null(text);
	for (i = 0; i <= TRACE_FORMAT_MAX_FIELDS; i++)
		memcpy(text + i * n, line, n);
	assert_int_equal(parse_exactly(text, n * TRACE_FORMAT_MAX_FIELDS), 0);
	assert_int_equal(parse_exactly(text, n * (TRACE_FORMAT_MAX_FIELDS + 1)), -EBADMSG);
	free(text);
	text = malloc(1 << 20);
	assert_non_null(text);
	memset(text, 'a', 1 << 20);
	assert_int_equal(parse_exactly(text, 1 << 20), -EBADMSG);
	free(text);
}

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void events_are_read_below_the_directory_only(void **state)
{
	char dir[] = "/tmp/skep-tracefs-XXXXXX", path[256];
	struct trace_format format;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "mkdir -p %s/events/cat/event", dir);
	assert_int_equal(system(path), 0);
	write_file(dir, "events/cat/event/id", "42\n");
	write_file(dir, "events/cat/event/format", good);
	assert_int_equal(trace_tracefs_id(dir, "cat", "event"), 42);
	assert_int_equal(trace_format_read(dir, "cat", "event", &format), 0);
	trace_format_free(&format);
	assert_int_equal(trace_tracefs_id(dir, "cat", "none"), -ENOENT);
	assert_int_equal(trace_tracefs_id(dir, "cat/event/..", "event"), -ENOENT);
	assert_int_equal(trace_tracefs_id(dir, "..", "event"), -ENOENT);
	assert_int_equal(trace_tracefs_id(dir, "cat", ""), -ENOENT);
	assert_int_equal(trace_tracefs_id(dir, "cat", "event/../event"), -ENOENT);
	assert_int_equal(trace_format_read(dir, ".", "cat", &format), -ENOENT);
	write_file(dir, "events/cat/event/id", "4x\n");
	assert_int_equal(trace_tracefs_id(dir, "cat", "event"), -EBADMSG);
	write_file(dir, "events/cat/event/id", "99999999999\n");
	assert_int_equal(trace_tracefs_id(dir, "cat", "event"), -EBADMSG);
	write_file(dir, "events/cat/event/id", "");
	assert_int_equal(trace_tracefs_id(dir, "cat", "event"), -EBADMSG);
	snprintf(path, sizeof(path), "rm -r %s", dir);
	assert_int_equal(system(path), 0);
}

/* fnmatch(3) has the same rules, but for backslash and character classes. */
static void globs_match_as_the_shell_does(void **state)
{
	static const char *const globs[] = {
		"*",	  "?",		 "a*",	  "*a",	   "a*b*c",   "[a-c]x", "[!a-c]x",
		"[]]x",	  "[a]*[z]",	 "**a**", "a?c",   "",	      	"a[",
		"*[0-9]", "sys_*_[rw]*", "[^a]x", "x[a-]", "*ab*abc", "[z-a]",
	};
	static const char *const names[] = {
		"",   "a",	"b",	  "abc",   "ax",
		"dx", "]x",	"az",	  "a1z",   "a[",
		"a-", 	"x-",	  "ababc", "sys_enter_read",
		"xa", "aabbcc", "ababab", "5",
	};
	size_t i, j;

	for (i = 0; i < sizeof(globs) / sizeof(*globs); i++) {
		for (j = 0; j < sizeof(names) / sizeof(*names); j++) {
			if (trace_glob_match(globs[i], names[j]) != !fnmatch(globs[i], names[j], 0))
				fail_msg("%s with %s", globs[i], names[j]);
		}
	}
	assert_true(trace_glob_match(NULL, "x"));
	assert_true(trace_glob_is_pattern("a[b"));
	assert_false(trace_glob_is_pattern("a.b"));
	assert_false(trace_glob_is_pattern(NULL));
}

static void hostile_globs_end_soon(void **state)
{
	char glob[4001], name[4001];
	size_t i;

	for (i = 0; i < 4000; i += 2)
		memcpy(glob + i, "*a", 2);
	glob[4000] = '\0';
	glob[3999] = 'b';
	memset(name, 'a', 4000);
	name[4000] = '\0';
	assert_false(trace_glob_match(glob, name));
}

static void names_are_sorted_once_each(void **state)
{
	struct trace_names names = {0};

	assert_int_equal(trace_names_add(&names, "b", "x"), 0);
	assert_int_equal(trace_names_add(&names, "a", "y"), 0);
	assert_int_equal(trace_names_add(&names, NULL, "z"), 0);
	assert_int_equal(trace_names_add(&names, "a", "y"), 0);
	trace_names_sort(&names);
	assert_int_equal(names.n, 3);
	assert_string_equal(names.v[0].name, "z");
	assert_string_equal(names.v[1].name, "y");
	assert_string_equal(names.v[2].name, "x");
	assert_true(trace_names_have(&names, "b", "x"));
	assert_true(trace_names_have(&names, NULL, "z"));
	assert_false(trace_names_have(&names, "b", "z"));
	trace_names_free(&names);
	trace_names_sort(&names);
	assert_false(trace_names_have(&names, NULL, "z"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_taken_apart),
		cmocka_unit_test(every_cut_and_flip_is_survived),
		cmocka_unit_test(wrong_numbers_are_refused),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(events_are_read_below_the_directory_only),
		cmocka_unit_test(globs_match_as_the_shell_does),
		cmocka_unit_test(hostile_globs_end_soon),
		cmocka_unit_test(names_are_sorted_once_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
