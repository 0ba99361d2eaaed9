// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The checker against a made-up system: types of expressions, inference over clauses, grouping of
 * attach points, and each of its errors once.
 */
#include "fake_world.h"
#include "parse_helper.h"

#include "lang/check/check.h"

struct run {
	struct fake_world fake;
	struct lang_context cx;
	struct lang_messages messages;
	struct script *script;
	struct checked *checked;
};

static void start(struct run *run, bool with_btf)
{
	memset(run, 0, sizeof(*run));
	assert_true(fake_world_open(&run->fake, with_btf));
	run->cx.arena = arena_new();
	assert_non_null(run->cx.arena);
	run->cx.file = "t";
	run->cx.world = &run->fake.world;
	run->cx.messages = &run->messages;
	run->cx.options = (struct lang_options){.max_strlen = 64, .max_map_keys = 16, .ncpus = 2};
}

static void check(struct run *run, const char *text)
{
	run->cx.text = text;
	run->cx.length = strlen(text);
	run->script = parse_script(&run->cx);
	assert_non_null(run->script);
	assert_int_equal(run->messages.nerrors, 0);
	run->checked = check_script(&run->cx, run->script);
}

static void finish(struct run *run)
{
	lang_messages_free(&run->messages);
	arena_free(run->cx.arena);
	fake_world_close(&run->fake);
}

static void start_checked(struct run *run, const char *text)
{
	start(run, true);
	check(run, text);
	for (size_t i = 0; i < run->messages.count; i++)
		print_error("%s: %s\n", run->messages.list[i].id, run->messages.list[i].text);
	assert_int_equal(run->messages.count, 0);
	assert_non_null(run->checked);
}

static const char *name_of(struct type type)
{
	static char buf[128];

	return type_name(type, buf, sizeof(buf));
}

static struct map_def *map_of(const struct run *run, const char *name)
{
	for (struct map_def *map = run->checked->maps; map; map = map->next)
		if (!strcmp(map->name, name))
			return map;
	fail_msg("no map %s", name);
	return NULL;
}

/* The probe's clause prints one expression: its type. */
static void assert_type(const char *probe, const char *expression, const char *expected)
{
	struct run run;
	char text[512];

	snprintf(text, sizeof(text), "%s { print(%s); }", probe, expression);
	start(&run, true);
	run.cx.options.cpid = 7;
	check(&run, text);
	if (!run.checked)
		fail_msg("%s: %s", text, run.messages.list[0].text);
	assert_int_equal(check_unit(&run.cx, run.checked, run.checked->units), 0);
	assert_string_equal(name_of(run.script->clauses->body->expr->args[0]->type), expected);
	finish(&run);
}

static void test_builtin_types(void **state)
{
	assert_type("BEGIN", "pid", "uint32");
	assert_type("BEGIN", "nsecs", "uint64");
	assert_type("BEGIN", "comm", "string[16]");
	assert_type("BEGIN", "probe", "probe");
	assert_type("BEGIN", "cpid", "int64");
	assert_type("BEGIN", "curtask", "struct task_struct *");
	assert_type("k:vfs_read", "func", "function");
	assert_type("k:vfs_read", "arg9", "uint64");
	assert_type("kr:vfs_read", "retval", "uint64");
	assert_type("fexit:vfs_read", "retval", "int64");
	assert_type("rt:sched_switch", "arg2", "uint64");
	assert_type("begin", "AF_INET6", "int64");
	assert_type("BEGIN", "TASK_GOOD", "int64");
}

static void test_field_types(void **state)
{
	assert_type("t:syscalls:sys_enter_openat", "args.dfd", "int32");
	assert_type("t:syscalls:sys_enter_openat", "args->mode", "uint16");
	assert_type("t:syscalls:sys_enter_openat", "args.filename", "int8 *");
	assert_type("t:syscalls:sys_enter_openat", "*args.filename", "int8");
	assert_type("t:syscalls:sys_enter_openat", "str(args.filename)", "string[64]");
	assert_type("t:syscalls:sys_enter_openat", "str(args.filename, 7)", "string[8]");
	assert_type("t:sched:sched_switch", "args.next_comm", "string[16]");
	assert_type("t:sched:sched_process_exec", "str(args.filename)", "string[64]");
	assert_type("t:net:net_addr", "args.saddr[3]", "uint8");
	assert_type("t:net:net_addr", "ntop(args.saddr)", "inet");
	assert_type("t:net:net_addr", "ntop(AF_INET6, args.saddr_v6)", "inet");
	assert_type("t:net:net_addr", "buf(args.saddr)", "buf[4]");
	assert_type("t:net:net_addr", "buf(args.saddr_v6, 5)", "buf[5]");
	assert_type("BEGIN", "buf(\"abc\")", "buf[3]");
}

static void test_record_types(void **state)
{
	assert_type("fentry:vfs_read", "args.task", "struct task_struct *");
	assert_type("fentry:vfs_read", "args.task->pid", "int32");
	assert_type("BEGIN", "curtask->comm", "string[16]");
	assert_type("BEGIN", "curtask.parent->parent->state", "int64");
	assert_type("BEGIN", "curtask->in.bytes[1]", "uint8");
	assert_type("BEGIN", "curtask->in.next", "int32 *");
	assert_type("BEGIN", "*curtask->in.next", "int32");
	assert_type("BEGIN", "curtask->narrow", "uint32");
	assert_type("BEGIN", "curtask->list[1].name", "string[8]");
	assert_type("BEGIN", "((struct inner *)0x1000)->name", "string[8]");
	assert_type("BEGIN", "(uint16)nsecs", "uint16");
	assert_type("BEGIN", "*(uint16 *)nsecs", "uint16");
	assert_type("BEGIN", "*nsecs", "uint64");
	assert_type("BEGIN", "curtask + 1", "struct task_struct *");
	assert_type("BEGIN", "(*curtask).pid", "int32");
	assert_type("rt:sched_switch", "args.task->pid", "int32");
}

static struct expr *printed(struct run *run)
{
	assert_int_equal(check_unit(&run->cx, run->checked, run->checked->units), 0);
	return run->script->clauses->body->expr->args[0];
}

static void test_members(void **state)
{
	struct run run;
	struct expr *e;

	start_checked(&run, "BEGIN { print(curtask->high); }");
	e = printed(&run);
	assert_int_equal(e->offset, 4);
	assert_int_equal(e->bit_offset, 3);
	assert_int_equal(e->bit_size, 5);
	finish(&run);
	start_checked(&run, "BEGIN { print(curtask->narrow); }");
	assert_int_equal(printed(&run)->offset, 32);
	finish(&run);
}

static void test_operator_types(void **state)
{
	assert_type("BEGIN", "pid - 1", "int64");
	assert_type("BEGIN", "nsecs - 1", "uint64");
	assert_type("BEGIN", "1 + 2", "int64");
	assert_type("BEGIN", "0xffffffffffffffff", "uint64");
	assert_type("BEGIN", "comm == \"sh\"", "int64");
	assert_type("BEGIN", "pid ? \"a\" : \"long\"", "string[5]");
	assert_type("BEGIN", "!pid", "int64");
	assert_type("BEGIN", "-nsecs", "int64");
	assert_type("BEGIN", "pid << 3", "int64");
	assert_type("BEGIN", "strftime(\"%H\", nsecs)", "timestamp");
	assert_type("BEGIN", "strlen(comm)", "int64");
}

static void assert_folds(const char *expression, int64_t expected)
{
	struct run run;
	char text[256];
	struct expr *e;

	snprintf(text, sizeof(text), "BEGIN { print(%s); }", expression);
	start_checked(&run, text);
	e = printed(&run);
	assert_true(e->is_const);
	assert_int_equal(e->const_value, expected);
	finish(&run);
}

static void test_folding(void **state)
{
	assert_folds("1 + 2 * 3", 7);
	assert_folds("-7 / 2", -3);
	assert_folds("-7 % 3", -1);
	assert_folds("~0", -1);
	assert_folds("-8 >> 1", -4);
	assert_folds("0xffffffffffffffff >> 63", 1);
	assert_folds("3 < 2 || 1", 1);
	assert_folds("1 ? 5 : 6", 5);
	assert_folds("(int8)255", -1);
	assert_folds("(uint8)-1", 255);
	assert_folds("AF_INET", 2);
	assert_folds("TASK_GOOD", 3);
	assert_folds("-9223372036854775808 / -1", INT64_MIN);
	assert_folds("ncpus", 2);
}

static void test_inference(void **state)
{
	struct run run;
	struct map_def *map;

	start_checked(&run, "END { print(@b); }"
			    "t:sched:sched_switch /@start[args.next_pid]/ { @b = @start[1]; }"
			    "k:vfs_read { @start[tid] = nsecs; @s[comm, pid] = \"ab\"; @n++; }"
			    "k:vfs_write { @s[\"a name of more than 16\", 3] = comm; @n += 2; }"
			    "k:vfs_open { @h[func] = hist(arg0, 2); @p = 0; @p = -1; @p *= 2; }");
	map = map_of(&run, "@b");
	assert_string_equal(name_of(map->value), "uint64");
	assert_int_equal(map->index, 0);
	assert_true(map->keys_known);
	assert_int_equal(map->nkeys, 0);
	map = map_of(&run, "@start");
	assert_string_equal(name_of(map->value), "uint64");
	assert_string_equal(name_of(map->keys[0]), "int64");
	map = map_of(&run, "@s");
	assert_int_equal(map->nkeys, 2);
	assert_string_equal(name_of(map->keys[0]), "string[23]");
	assert_string_equal(name_of(map->value), "string[16]");
	map = map_of(&run, "@n");
	assert_string_equal(name_of(map->value), "int64");
	assert_true(map->counter_only);
	assert_false(map_of(&run, "@p")->counter_only);
	map = map_of(&run, "@h");
	assert_string_equal(name_of(map->value), "hist");
	assert_string_equal(name_of(map->keys[0]), "function");
	assert_int_equal(map->value.bits, 2);
	finish(&run);
}

static void test_variables(void **state)
{
	struct run run;

	start_checked(&run, "BEGIN { $a = \"x\"; $b = 1; $a = \"longer\"; $b += nsecs; $p = 0;"
			    " $p = curtask; }");
	assert_int_equal(check_unit(&run.cx, run.checked, run.checked->units), 0);
	assert_int_equal(run.checked->nvars, 3);
	assert_string_equal(run.checked->vars->name, "$a");
	assert_string_equal(name_of(run.checked->vars->type), "string[7]");
	assert_string_equal(name_of(run.checked->vars->next->type), "int64");
	assert_string_equal(name_of(run.checked->vars->next->next->type), "struct task_struct *");
	assert_ptr_equal(run.script->clauses->body->target->var, run.checked->vars);
	finish(&run);
}

static void test_params(void **state)
{
	const char *params[] = {"12", "-3", "text"};
	struct run run;

	start(&run, false);
	run.cx.options.params = params;
	run.cx.options.nparams = 3;
	check(&run, "BEGIN { @a = $1; @b = $2; @c = str($3); @d = $4; @e = str($9); @f = $#; }");
	assert_non_null(run.checked);
	assert_int_equal(check_unit(&run.cx, run.checked, run.checked->units), 0);
	assert_int_equal(run.script->clauses->body->expr->const_value, 12);
	assert_int_equal(run.script->clauses->body->next->expr->const_value, -3);
	assert_string_equal(run.script->clauses->body->next->next->expr->text, "text");
	assert_string_equal(name_of(map_of(&run, "@c")->value), "string[5]");
	assert_string_equal(name_of(map_of(&run, "@e")->value), "string[1]");
	finish(&run);
}

/* Units as "probe,probe raw; probe": their probes' full names. */
static void assert_units(struct run *run, const char *text, const char *expected)
{
	char buf[2048] = "";
	size_t used = 0;

	check(run, text);
	if (!run->checked)
		fail_msg("%s: %s", text, run->messages.list[0].text);
	for (struct unit *unit = run->checked->units; unit; unit = unit->next) {
		for (uint32_t i = 0; i < unit->nprobes; i++)
			used += (size_t)snprintf(buf + used, sizeof(buf) - used, "%s%s",
						 i ? "," : "", unit->probes[i]->full);
		used += (size_t)snprintf(buf + used, sizeof(buf) - used, "%s%s",
					 unit->probes[0]->use_raw ? " raw" : "",
					 unit->next ? "; " : "");
	}
	assert_string_equal(buf, expected);
	finish(run);
}

static void units_are(const char *text, const char *expected)
{
	struct run run;

	start(&run, true);
	assert_units(&run, text, expected);
}

static void test_units(void **state)
{
	units_are("BEGIN, END { @ = 1; }", "BEGIN; END");
	units_are("t:syscalls:sys_enter_* { @[probe] = count(); }",
		  "tracepoint:syscalls:sys_enter_openat,tracepoint:syscalls:sys_enter_read,"
		  "tracepoint:syscalls:sys_enter_write raw");
	units_are("t:syscalls:sys_*_read { @ = count(); }",
		  "tracepoint:syscalls:sys_enter_read raw; tracepoint:syscalls:sys_exit_read raw");
	units_are("t:syscalls:sys_enter_read, t:syscalls:sys_enter_write { @ = sum(args.count); }",
		  "tracepoint:syscalls:sys_enter_read,tracepoint:syscalls:sys_enter_write raw");
	units_are("t:raw_syscalls:sys_enter { @[args.id] = count(); }",
		  "tracepoint:raw_syscalls:sys_enter raw");
	units_are("t:raw_syscalls:sys_enter { @[args.id, args.args] = count(); }",
		  "tracepoint:raw_syscalls:sys_enter");
	units_are("t:sched:* { @ = count(); }",
		  "tracepoint:sched:sched_process_exec,tracepoint:sched:sched_switch,"
		  "tracepoint:sched:sched_wakeup raw");
	units_are("t:sched:sched_[sw]* { @[args.prev_pid] = count(); }",
		  "tracepoint:sched:sched_switch,tracepoint:sched:sched_wakeup");
	units_are("t:net:net_addr, t:sched:sched_wakeup { @[args.pid] = count(); }",
		  "tracepoint:net:net_addr; tracepoint:sched:sched_wakeup");
	units_are("t:net:net_* { @ = count(); }",
		  "tracepoint:net:net_addr raw; tracepoint:net:net_only");
	units_are("k:vfs_*, kr:vfs_read { @ = count(); }",
		  "kprobe:vfs_open,kprobe:vfs_read,kprobe:vfs_write; kretprobe:vfs_read");
	units_are("k:vfs_r*, k:vfs_w* { @[func] = count(); }", "kprobe:vfs_read; kprobe:vfs_write");
	units_are("f:vfs_read, kfunc:vfs_write { @ = count(); }",
		  "fentry:vfs_read; fentry:vfs_write");
	units_are("rt:sched_switch, rt:sched_wakeup { @ = count(); }",
		  "rawtracepoint:sched_switch,rawtracepoint:sched_wakeup");
	units_are("u:/bin/app:work* { @ = count(); }",
		  "uprobe:/bin/app:work,uprobe:/bin/app:worker");
}

static void test_units_without_features(void **state)
{
	struct run run;

	start(&run, true);
	run.fake.features = 0;
	assert_units(&run, "t:syscalls:sys_enter_read { @ = count(); }",
		     "tracepoint:syscalls:sys_enter_read");
}

static const struct probe *only_probe(struct run *run, const char *text)
{
	start_checked(run, text);
	assert_int_equal(run->checked->nprobes, 1);
	return run->checked->probes[0];
}

static void test_timers(void **state)
{
	static const struct {
		const char *spec;
		uint64_t period, freq;
	} cases[] = {
		{"interval:s:2", 2000000000, 0},
		{"i:ms:5", 5000000, 0},
		{"interval:us:7", 7000, 0},
		{"interval:hz:4", 250000000, 0},
		{"interval:1s", 1000000000, 0},
		{"interval:100ms", 100000000, 0},
		{"profile:hz:99", 0, 99},
		{"p:99hz", 0, 99},
		{"profile:ms:1", 1000000, 0},
		{"software:faults", 100, 0},
		{"s:cs:5", 5, 0},
		{"software:cpu-clock", 1000000, 0},
	};
	struct run run;
	char text[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct probe *probe;

		snprintf(text, sizeof(text), "%s { @ = count(); }", cases[i].spec);
		probe = only_probe(&run, text);
		assert_int_equal(probe->period, cases[i].period);
		assert_int_equal(probe->freq, cases[i].freq);
		finish(&run);
	}
}

static void test_probe_names(void **state)
{
	struct run run;
	const struct probe *probe;

	probe = only_probe(&run, "k:vfs_read+8 { @ = count(); }");
	assert_string_equal(probe->full, "kprobe:vfs_read+8");
	assert_string_equal(probe->name, "vfs_read");
	assert_int_equal(probe->offset, 8);
	finish(&run);
	probe = only_probe(&run, "uprobe:/bin/app:0x20 { @ = count(); }");
	assert_string_equal(probe->full, "uprobe:/bin/app:0x20");
	assert_string_equal(probe->name, "");
	assert_int_equal(probe->offset, 0x20);
	finish(&run);
	start(&run, true);
	run.cx.options.pid = 42;
	check(&run, "u:work { @ = count(); }");
	assert_non_null(run.checked);
	assert_string_equal(run.checked->probes[0]->target, "/proc/42/exe");
	finish(&run);
}

/* One script for each id, which stands in brackets as in messages; @hint, when there, is part of
 * the hint. */
struct error_case {
	const char *id, *text, *hint;
};

static const struct error_case error_cases[] = {
	{"[unknown-provider]", "kprob:vfs_read { @ = 1; }", "'kprobe'"},
	{"[probe-type-later]", "usdt:/bin/app:x { @ = 1; }", NULL},
	{"[probe-form]", "interval { @ = 1; }", "interval:s:1"},
	{"[probe-form]", "uprobe:work { @ = 1; }", "uprobe:path:function"},
	{"[tracepoint-category]", "t:sched_switch { @ = 1; }", "tracepoint:sched:sched_switch"},
	{"[tracepoint-category]", "t:nothing { @ = 1; }", "category:event"},
	{"[timer-unit]", "interval:days:1 { @ = 1; }", "hz, s, ms"},
	{"[timer-value]", "interval:s:0 { @ = 1; }", NULL},
	{"[timer-value]", "profile:1parsec { @ = 1; }", NULL},
	{"[software-event]", "s:fault { @ = 1; }", "'faults'"},
	{"[software-count]", "s:faults:0 { @ = 1; }", NULL},
	{"[probe-offset]", "kr:vfs_read+4 { @ = 1; }", NULL},
	{"[offset-number]", "k:vfs_read+4x { @ = 1; }", NULL},
	{"[no-match]", "k:nothing* { @ = 1; }", NULL},
	{"[too-many-probes]", "t:many:* { @ = 1; }", "narrow"},
	{"[no-tracepoint]", "t:sched:sched_swich { @ = 1; }", "tracepoint:sched:sched_switch"},
	{"[no-raw-tracepoint]", "rt:nothing { @ = 1; }", NULL},
	{"[no-function]", "k:vfs_raed { @ = 1; }", "'vfs_read'"},
	{"[no-binary]", "u:/bin/none:x { @ = 1; }", "path"},
	{"[not-elf]", "u:/bin/script:x { @ = 1; }", NULL},
	{"[stripped]", "u:/bin/stripped:x { @ = 1; }", "symbols"},
	{"[no-symbol]", "u:/bin/app:wrk { @ = 1; }", "'work'"},
	{"[bad-offset]", "k:vfs_read+999 { @ = 1; }", NULL},
	{"[probe-unsupported]", "k:vfs_notrace { @ = 1; }", "CONFIG_KPROBES"},
	{"[param-number]", "BEGIN { @ = $1; }", "str($1)"},
	{"[unknown-name]", "BEGIN { @ = nsec; }", "'nsecs'"},
	{"[unknown-function]", "BEGIN { prinf(\"x\"); }", "'printf'"},
	{"[unknown-field]", "t:sched:sched_switch { @ = args.prev_pi; }", "'prev_pid'"},
	{"[unknown-field]", "t:syscalls:sys_exit_read { @ = args.nothing; }",
	 "it has __syscall_nr, ret"},
	{"[unknown-member]", "BEGIN { @ = curtask->stat; }", "'state'"},
	{"[unknown-type]", "BEGIN { @ = (struct nothing *)1; }", NULL},
	{"[unsafe]", "BEGIN { system(\"ls\"); }", "--unsafe"},
	{"[argument-count]", "BEGIN { @ = strlen(); }", "strlen(string)"},
	{"[argument-literal]", "BEGIN { time(pid); }", NULL},
	{"[argument-type]", "BEGIN { @ = strlen(pid); }", NULL},
	{"[argument-constant]", "BEGIN { @ = strncmp(comm, \"a\", pid); }", NULL},
	{"[argument-range]", "BEGIN { @ = strncmp(comm, \"a\", -1); }", NULL},
	{"[map-argument]", "BEGIN { clear(pid); }", "clear(@m)"},
	{"[format-literal]", "BEGIN { printf(comm); }", "%s"},
	{"[format]", "BEGIN { printf(\"%y\", 1); }", NULL},
	{"[format-count]", "BEGIN { printf(\"%d\"); }", NULL},
	{"[format-type]", "BEGIN { printf(\"%s\", pid); }", "%d"},
	{"[print-top]", "BEGIN { print(1, 2); }", NULL},
	{"[len-scalar]", "BEGIN { @a = 1; @b = len(@a); }", NULL},
	{"[length-range]", "k:vfs_read { @ = str(arg0, -1); }", NULL},
	{"[ntop-family]", "BEGIN { @ = ntop(3, 1); }", "AF_INET"},
	{"[ntop-size]", "BEGIN { @ = ntop(AF_INET6, 1); }", NULL},
	{"[aggregation-call]", "BEGIN { $x = count(); }", "@m = count()"},
	{"[hist-bits]", "BEGIN { @ = hist(1, 6); }", NULL},
	{"[lhist-step]", "BEGIN { @ = lhist(1, 0, 10, 0); }", NULL},
	{"[lhist-range]", "BEGIN { @ = lhist(1, 10, 10, 1); }", NULL},
	{"[lhist-buckets]", "BEGIN { @ = lhist(1, 0, 1001, 1); }", "step"},
	{"[string-size]",
	 "BEGIN { @ = \"0123456789012345678901234567890123456789012345678901234567890123\"; }",
	 NULL},
	{"[no-value]", "BEGIN { @ = exit(); }", NULL},
	{"[args-value]", "t:sched:sched_switch { @ = args; }", "args.name"},
	{"[condition]", "BEGIN /comm/ { @ = 1; }", NULL},
	{"[operand]", "BEGIN { @ = -comm; }", NULL},
	{"[operands]", "BEGIN { @ = comm == 1; }", "str("},
	{"[operands]", "BEGIN { @ = comm < \"x\"; }", "strncmp"},
	{"[div-zero]", "BEGIN { @ = pid / (1 - 1); }", NULL},
	{"[div-zero]", "BEGIN { @ = 1; @ %= 0; }", NULL},
	{"[branches]", "BEGIN { @ = pid ? 1 : comm; }", NULL},
	{"[cast]", "BEGIN { @ = (int8)comm; }", NULL},
	{"[not-a-record]", "k:vfs_read { @ = arg0.x; }", "cast"},
	{"[field-type]", "BEGIN { @ = curtask->load; }", NULL},
	{"[index-type]", "BEGIN { @ = comm[1]; }", NULL},
	{"[index-constant]", "t:net:net_addr { @ = args.saddr[pid]; }", NULL},
	{"[index-range]", "t:net:net_addr { @ = args.saddr[4]; }", NULL},
	{"[deref]", "BEGIN { @ = *(void *)1; }", "cast"},
	{"[builtin-provider]", "BEGIN { @ = arg0; }", "kprobe"},
	{"[arg-number]", "rt:sched_switch { @ = arg3; }", NULL},
	{"[void-retval]", "fexit:vfs_open { @ = retval; }", NULL},
	{"[no-command]", "BEGIN { @ = cpid; }", "-c"},
	{"[args-btf]", "rt:sched_wakeup { @ = args.p; }", "arg0"},
	{"[key-count]", "BEGIN { @[1] = 1; @[1, 2] = 1; }", NULL},
	{"[key-count]", "BEGIN { @ = 1; } END { delete(@, 1); }", NULL},
	{"[key-type]", "BEGIN { @[1] = 1; } END { @[comm] = 1; }", NULL},
	{"[key-kind]", "t:net:net_addr { @[args.saddr] = 1; }", NULL},
	{"[value-kind]", "BEGIN { $x = *curtask; }", NULL},
	{"[map-type]", "BEGIN { @ = count(); } END { @ = sum(1); }", NULL},
	{"[map-type]", "BEGIN { @ = hist(1); } END { @ = hist(1, 2); }", NULL},
	{"[var-type]", "BEGIN { $x = 1; $x = comm; }", NULL},
	{"[step-type]", "BEGIN { @ = count(); @++; }", NULL},
	{"[step-type]", "BEGIN { $s = comm; $s++; }", NULL},
	{"[compound-type]", "BEGIN { @ += comm; }", NULL},
	{"[map-unassigned]", "BEGIN { @start = 1; print(@star); }", "'@start'"},
	{"[map-untyped]", "BEGIN { @a = @b; @b = @a; }", NULL},
	{"[var-unassigned]", "BEGIN { $start = 1; print($star); }", "'$start'"},
	{"[aggregation-value]", "BEGIN { @c = count(); @d = @c + 1; }", "print()"},
	{"[unused-value]", "BEGIN { pid + 1; }", NULL},
	{"[sign-compare]", "t:sched:sched_switch { @ = args.prev_pid < nsecs; }", NULL},
	{"[never-negative]", "kr:vfs_read /retval < 0/ { @ = 1; }", "(int64)x"},
	{"[unknown-field]", "t:syscalls:sys_enter_read { @ = args.common_pid; }", NULL},
	{"[histogram-key]", "BEGIN { @[1] = hist(2); delete(@[1]); }", "clear(@m)"},
	{"[not-supported-yet]", "BEGIN { @ = kstack; }", NULL},
	{"[not-supported-yet]", "BEGIN { @ = bswap(1); }", NULL},
	{"[shift-range]", "BEGIN { @ = pid << 64; }", NULL},
};

static void assert_message_id(const struct run *run, const char *id)
{
	char have[64];

	snprintf(have, sizeof(have), "[%s]", run->messages.list[0].id);
	assert_string_equal(have, id);
}

static void assert_error(struct run *run, const struct error_case *c)
{
	check(run, c->text);
	if (run->messages.count != 1)
		for (size_t i = 0; i < run->messages.count; i++)
			print_error("%s\n  %s: %s\n", c->text, run->messages.list[i].id,
				    run->messages.list[i].text);
	assert_int_equal(run->messages.count, 1);
	assert_message_id(run, c->id);
	if (c->hint &&
	    (!run->messages.list[0].hint || !strstr(run->messages.list[0].hint, c->hint)))
		fail_msg("%s: hint '%s' lacks '%s'", c->text,
			 run->messages.list[0].hint ? run->messages.list[0].hint : "", c->hint);
	assert_true(run->messages.list[0].is_warning == !!run->checked);
	finish(run);
}

static void test_errors(void **state)
{
	const char *params[] = {"text"};
	struct run run;

	for (size_t i = 0; i < sizeof(error_cases) / sizeof(error_cases[0]); i++) {
		start(&run, true);
		run.cx.options.params = params;
		run.cx.options.nparams = 1;
		assert_error(&run, &error_cases[i]);
	}
}

static void test_refusals(void **state)
{
	static const struct {
		enum lang_reason reason;
		struct error_case c;
	} cases[] = {
		{LANG_NO_TRACEFS,
		 {"[no-tracefs]", "t:a:b { @ = 1; }",
		  "mount -t tracefs nodev /sys/kernel/tracing"}},
		{LANG_NO_TRACEFS, {"[no-tracefs]", "t:a:* { @ = 1; }", "mount"}},
		{LANG_NO_PRIVILEGE, {"[no-privilege]", "k:vfs_read { @ = 1; }", "CAP_PERFMON"}},
		{LANG_NO_MEMORY, {"[no-memory]", "k:vfs_read { @ = 1; }", NULL}},
		{LANG_NO_BTF, {"[no-btf]", "f:vfs_read { @ = 1; }", "BTF"}},
	};
	struct run run;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start(&run, true);
		run.fake.refusal = cases[i].reason;
		assert_error(&run, &cases[i].c);
	}
	start(&run, true);
	run.fake.features = 0;
	assert_error(&run, &(struct error_case){"[len-kernel]",
						"BEGIN { @a[1] = 1; @b = len(@a); }", NULL});
}

/* A script with more maps than are allowed. */
static void test_limit(void **state)
{
	char *text = malloc(16384);
	size_t used;
	struct run run;

	assert_non_null(text);
	used = (size_t)snprintf(text, 16384, "BEGIN { ");
	for (int i = 0; i < 520; i++)
		used += (size_t)snprintf(text + used, 16384 - used, "@m%d = 1; ", i);
	snprintf(text + used, 16384 - used, "}");
	start(&run, false);
	check(&run, text);
	assert_null(run.checked);
	assert_message_id(&run, "[limit]");
	finish(&run);
	free(text);
}

static void test_several_errors(void **state)
{
	struct run run;

	start(&run, true);
	check(&run, "BEGIN { @a = nonsense; prinf(1); } k:nothing { @b = arg0; $x = $y; }");
	assert_null(run.checked);
	assert_int_equal(run.messages.nerrors, 3);
	finish(&run);
}

static void test_places(void **state)
{
	struct run run;

	start(&run, true);
	check(&run, "BEGIN { @[1] = 1; }\nEND {\n  @[comm] = 1; }");
	assert_null(run.checked);
	assert_int_equal(run.messages.list[0].line, 3);
	assert_non_null(strstr(run.messages.list[0].text, "line 1, column 9"));
	finish(&run);
}

/* A format is no value: its length is its own. */
static void test_long_format(void **state)
{
	struct run run;
	char text[512];

	snprintf(text, sizeof(text), "BEGIN { printf(\"%0200d%%s\", comm); time(\"%0200d\"); }", 0,
		 0);
	start_checked(&run, text);
	finish(&run);
}

/* The n-th allocation fails, for every n: an answer or none, never a crash. */
static int allocations_left = -1;

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *__wrap_calloc(size_t n, size_t size)
{
	if (!allocations_left)
		return NULL;
	if (allocations_left > 0)
		allocations_left--;
	return __real_calloc(n, size);
}

static bool check_with_memory(int allocations, const char *text)
{
	struct run run;
	bool done;

	start(&run, true);
	run.cx.text = text;
	run.cx.length = strlen(text);
	allocations_left = allocations;
	run.script = parse_script(&run.cx);
	if (run.script)
		run.checked = check_script(&run.cx, run.script);
	for (struct unit *unit = run.checked ? run.checked->units : NULL; unit; unit = unit->next)
		check_unit(&run.cx, run.checked, unit);
	allocations_left = -1;
	done = run.checked;
	finish(&run);
	return done;
}

static void test_no_memory(void **state)
{
	static const char text[] =
		"t:many:event_1*, t:sched:*, k:vfs_* { @[probe, comm] = hist(pid); }"
		"t:syscalls:sys_enter_openat { @s[str(args.filename)] = nsecs; $x = \"a\";"
		" printf(\"%s %d\", $x, args.flags); @[1, 2] = 3; @t = strftime(\"%H\", nsecs); }";
	static const char good[] = "t:many:event_1??, k:vfs_* { @[probe, comm] = hist(pid); }";
	int n = 0;

	for (int i = 0; i < 200; i++)
		assert_false(check_with_memory(i, text));
	while (!check_with_memory(n, good))
		assert_true(++n < 1000);
	assert_true(n > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_builtin_types),
		cmocka_unit_test(test_field_types),
		cmocka_unit_test(test_record_types),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_operator_types),
		cmocka_unit_test(test_folding),
		cmocka_unit_test(test_inference),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_units_without_features),
		cmocka_unit_test(test_timers),
		cmocka_unit_test(test_probe_names),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_several_errors),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_long_format),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests_name("lang/check", tests, NULL, NULL);
}
