// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The compiler as a whole: its dumps, its defaults, and memory that runs out anywhere. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <skep/lang.h>

#include "fake_world.h"

/* The allocation that fails, counted from 1; 0: none does. */
static unsigned int failing, allocations;

static int fails(void)
{
	return failing && ++allocations >= failing;
}

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

static const char script[] =
	"t:syscalls:sys_enter_openat, t:syscalls:sys_enter_read /pid == 7 || comm == \"x\"/ {\n"
	"  @[comm, probe] = count(); $s = str(1); @h = hist(pid); @t[$s] = 1;\n"
	"  printf(\"%s %d\\n\", $s, @n++); if (@n > 5) { exit(); } else { print(@h, 3); }\n"
	"}\n"
	"uprobe:/bin/app:work { @l = lhist(arg0, 0, 10, 1); join(arg1); time(); }\n"
	"interval:s:1 { clear(@h); @d = 1 / @n; }\n";

/* Compiles with all dumps into *dump (to be freed); the plan and messages are freed. */
static int compile(const char *text, uint32_t stages, char **dump)
{
	struct lang_options options = {.dump = stages, .ncpus = 2};
	struct lang_messages messages;
	struct lang_plan *plan = NULL;
	struct fake_world fake;
	size_t size;
	int err;

	assert_true(fake_world_open(&fake, true));
	options.dump_file = open_memstream(dump, &size);
	assert_non_null(options.dump_file);
	err = lang_compile("t", text, strlen(text), &fake.world, &options, &plan, &messages);
	assert_true(err ? !plan : !!plan);
	assert_true((err == -EINVAL) == (messages.nerrors > 0));
	lang_messages_free(&messages);
	lang_plan_free(plan);
	fclose(options.dump_file);
	fake_world_close(&fake);
	return err;
}

static void assert_dump(enum lang_stage stage, const char *text, const char *const *lines)
{
	char *dump = NULL;
	const char *at;

	assert_int_equal(compile(text, 1u << stage, &dump), 0);
	at = dump;
	for (; *lines; lines++) {
		const char *found = strstr(at, *lines);

		if (!found)
			fail_msg("no \"%s\" behind the lines before it in:\n%s", *lines, dump);
		at = found;
	}
	free(dump);
}

static void test_ast(void **state)
{
	static const char *const lines[] = {
		"script\n BEGIN\n  predicate\n   ==\n    builtin: pid\n    int: 7\n",
		"  +=\n   map: @x\n    int: 1\n    string: \"a\\n\"\n   -\n    int: -2\n    "
		"variable: $y\n",
		"  if\n   unary !\n    .comm\n     (struct task_struct *)\n",
		"   then\n    return\n   else\n    block\n     prefix ++\n      map: @\n",
		NULL,
	};
	char *dump = NULL;

	/* dumped before the checker refuses it */
	assert_int_equal(
		compile("BEGIN /pid == 7/ { @x[1, \"a\\n\"] += -2 - $y; "
			"if (!((struct task_struct *)1)->comm) { return } else { { ++@ } } }",
			1u << LANG_STAGE_AST, &dump),
		-EINVAL);
	for (size_t i = 0; lines[i]; i++)
		if (!strstr(dump, lines[i]))
			fail_msg("no \"%s\" in:\n%s", lines[i], dump);
	free(dump);
}

static void test_types(void **state)
{
	static const char *const lines[] = {
		"tracepoint:syscalls:sys_enter_openat\n",
		"builtin: pid :: uint32\n",
		"map: @ :: count\n",
		"builtin: comm :: string[16]\n",
		"variable: $s :: string[1024]\n",
		NULL,
	};

	assert_dump(LANG_STAGE_TYPES, script, lines);
}

static void test_plan(void **state)
{
	static const char *const lines[] = {
		"maps: 9\n",
		"@ count [string 16 @0, probe ",
		": percpu_hash, key ",
		"@h hist bits 0: percpu_array, key 4, value 8, entries 65\n",
		"@t value [string 1024 @0] = int 8 @0: hash, key 1024, value 8, entries 4096\n",
		"@n value = int 8 @0: in globals @",
		"@l lhist 0..10 step 1: percpu_array",
		"programs: ",
		"probes: ",
		"raw tracepoint sys_enter, for 2 probes",
		"uprobe:/bin/app:work: program ",
		"every 1000000000 ns",
		"events: 6\n",
		" printf (string 1024 @",
		"print map @h",
		"clear @h",
		"errors: ",
		"map full @",
		"division by zero",
		NULL,
	};

	assert_dump(LANG_STAGE_PLAN, script, lines);
}

static void test_stages(void **state)
{
	static const char *const names[] = {"ast", "types", "ir", "opt", "ra", "asm", "plan"};

	for (int i = 0; i < LANG_STAGE_COUNT; i++) {
		char *dump = NULL;

		assert_string_equal(lang_stage_name((enum lang_stage)i), names[i]);
		assert_int_equal(compile(script, 1u << i, &dump), 0);
		assert_true(strlen(dump) > 100);
		free(dump);
	}
	assert_null(lang_stage_name(LANG_STAGE_COUNT));
}

/* No dump, no options, no params: the defaults hold. */
static void test_defaults(void **state)
{
	struct lang_messages messages;
	struct lang_plan *plan;
	struct fake_world fake;

	assert_true(fake_world_open(&fake, false));
	assert_int_equal(
		lang_compile("t", script, strlen(script), &fake.world, NULL, &plan, &messages), 0);
	assert_string_equal(plan->maps[2].name, "@t");
	assert_int_equal(plan->maps[2].key_size, 1024);
	assert_int_equal(plan->maps[2].max_entries, 4096);
	lang_messages_free(&messages);
	lang_plan_free(plan);
	lang_plan_free(NULL);
	fake_world_close(&fake);
}

/* Every allocation from the n-th on fails, for every n: -ENOMEM, nothing leaked. */
static void sweep(const char *text, int expected)
{
	struct lang_options options = {.ncpus = 2};
	struct lang_messages messages;
	struct lang_plan *plan;
	struct fake_world fake;
	unsigned int n;
	int err = -ENOMEM;

	assert_true(fake_world_open(&fake, true));
	for (n = 1; err == -ENOMEM && n < 10000; n++) {
		failing = n;
		allocations = 0;
		err = lang_compile("t", text, strlen(text), &fake.world, &options, &plan,
				   &messages);
		failing = 0;
		lang_messages_free(&messages);
		lang_plan_free(plan);
	}
	assert_true(n > 2);
	assert_int_equal(err, expected);
	fake_world_close(&fake);
}

static void test_no_memory(void **state)
{
	sweep(script, 0);
	sweep("BEGIN { a b; @x = \"\\q\"; ", -EINVAL);
	sweep("BEGIN { @x = $y; foo(); } k:nope { }", -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ast),	 cmocka_unit_test(test_types),
		cmocka_unit_test(test_plan),	 cmocka_unit_test(test_stages),
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests_name("driver", tests, NULL, NULL);
}
