// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Plans made by hand, run by the kernel. Counts are compared with what this program itself did,
 * started as the command that is traced.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/limits.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include <bpf/bpf.h>

#include "plan.h"

enum { GLOBALS, COUNT, RING, NMAPS };
enum { ON_CALL, ON_BEGIN, ON_END, ON_EXIT, ON_BAD, NPROGRAMS };

static struct lang_map maps[NMAPS] = {
	[GLOBALS] = {.name = "",
		     .kind = LANG_MAP_GLOBALS,
		     .type = BPF_MAP_TYPE_ARRAY,
		     .key_size = 4,
		     .value_size = 48,
		     .max_entries = 1,
		     .map_flags = BPF_F_MMAPABLE},
	[COUNT] = {.name = "@calls",
		   .kind = LANG_MAP_COUNT,
		   .type = BPF_MAP_TYPE_PERCPU_ARRAY,
		   .key_size = 4,
		   .value_size = 8,
		   .max_entries = 1},
	[RING] = {.name = "",
		  .kind = LANG_MAP_RING,
		  .type = BPF_MAP_TYPE_RINGBUF,
		  .max_entries = 65536},
};

/* Calls of a system call that hardly anybody makes are counted. */
static struct bpf_insn on_call[] = {
	ISA_LDX(BPF_DW, 2, 1, 8),
	ISA_JMP_IMM(BPF_JNE, 2, SYS_sched_get_priority_max, 9),
	ISA_ST(BPF_W, ISA_REG_FP, -4, 0),
	ISA_MOV64_REG(2, ISA_REG_FP),
	ISA_ALU64_IMM(BPF_ADD, 2, -4),
	ISA_LD_MAP_FD(1, 0),
	ISA_CALL(BPF_FUNC_map_lookup_elem),
	ISA_JMP_IMM(BPF_JEQ, 0, 0, 2),
	ISA_MOV64_IMM(1, 1),
	ISA_ATOMIC(BPF_DW, BPF_ADD, 0, 1, 0),
	ISA_MOV64_IMM(0, 0),
	ISA_EXIT(),
};

/* One event of 8 bytes: number @event, payload @payload. */
#define SEND(event, payload)                                                                     \
	ISA_LD_MAP_FD(1, 0), ISA_MOV64_IMM(2, 16), ISA_MOV64_IMM(3, 0),                          \
		ISA_CALL(BPF_FUNC_ringbuf_reserve), ISA_JMP_IMM(BPF_JEQ, 0, 0, 5),               \
		ISA_ST(BPF_DW, 0, 0, event), ISA_ST(BPF_DW, 0, 8, payload), ISA_MOV64_REG(1, 0), \
		ISA_MOV64_IMM(2, 0), ISA_CALL(BPF_FUNC_ringbuf_submit), ISA_MOV64_IMM(0, 0),     \
		ISA_EXIT()

static struct bpf_insn on_begin[] = {SEND(0, 1)};
static struct bpf_insn on_end[] = {SEND(0, 2)};
static struct bpf_insn on_exit_now[] = {SEND(1, 7)};
/* Reads behind the stack. */
static struct bpf_insn on_bad[] = {ISA_LDX(BPF_DW, 0, ISA_REG_FP, 8), ISA_EXIT()};

static struct lang_reloc count_reloc = {.kind = LANG_RELOC_MAP, .insn = 5, .map = COUNT};
static struct lang_reloc ring_reloc = {.kind = LANG_RELOC_MAP, .insn = 0, .map = RING};

#define PROGRAM(n, code, relocs_, nrelocs_)                                                 \
	{                                                                                   \
		.name = n, .type = BPF_PROG_TYPE_RAW_TRACEPOINT, .insns = code,             \
		.ninsns = COUNT_OF(code), .relocs = relocs_, .nrelocs = nrelocs_, .line = 3 \
	}
static struct lang_program programs[NPROGRAMS] = {
	[ON_CALL] = PROGRAM("call", on_call, &count_reloc, 1),
	[ON_BEGIN] = PROGRAM("begin", on_begin, &ring_reloc, 1),
	[ON_END] = PROGRAM("end", on_end, &ring_reloc, 1),
	[ON_EXIT] = PROGRAM("exit", on_exit_now, &ring_reloc, 1),
	[ON_BAD] = PROGRAM("bad", on_bad, NULL, 0),
};

static struct lang_format format;
static struct lang_data_field field = {.data = LANG_DATA_UINT, .size = 8};
static struct lang_event events[] = {
	{.kind = LANG_EVENT_PRINTF, .format = &format, .fields = &field, .nfields = 1, .size = 8},
	{.kind = LANG_EVENT_EXIT, .size = 8},
};

static struct lang_plan plan_of(struct lang_attach *attaches, uint32_t n)
{
	return (struct lang_plan){
		.maps = maps,
		.nmaps = NMAPS,
		.start_offset = LANG_NONE,
		.exit_offset = LANG_NONE,
		.globals = GLOBALS,
		.ring = RING,
		.programs = programs,
		.nprograms = ON_BAD,
		.attaches = attaches,
		.nattaches = n,
		.events = events,
		.nevents = COUNT_OF(events),
	};
}

static char self[PATH_MAX];

static void require_bpf(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, 4, 8, 1, NULL);

	if (fd < 0) {
		print_message("# SKIP bpf(2) is not allowed here\n");
		skip();
	}
	close(fd);
}

/* Runs @plan with this program making @calls calls as its command. */
static int run(const struct lang_plan *plan, const char *calls, struct capture *c,
	       struct trace_failure *failure, int *code)
{
	struct trace_options options = {.output = c->out};
	char line[PATH_MAX + 32];
	int err = 0;

	if (calls) {
		snprintf(line, sizeof(line), "'%s' %s", self, calls);
		err = trace_command_start(&options.command, line, failure);
	}
	if (!err)
		err = trace_run(plan, &options, code, failure);
	trace_command_end(options.command);
	return err;
}

static struct lang_attach count_attaches[] = {
	{.kind = LANG_ATTACH_BEGIN, .program = ON_BEGIN, .probe = "BEGIN", .nprobes = 1},
	{.kind = LANG_ATTACH_RAW_TP,
	 .program = ON_CALL,
	 .probe = "rawtracepoint:sys_enter",
	 .name = "sys_enter",
	 .nprobes = 1},
	{.kind = LANG_ATTACH_END, .program = ON_END, .probe = "END", .nprobes = 1},
};

static void test_counts(void **state)
{
	struct lang_plan plan = plan_of(count_attaches, 3);
	struct trace_failure failure = {0};
	struct capture c;
	int code = -1;

	require_bpf();
	capture_open(&c, KIT_OUTPUT_TEXT);
	assert_int_equal(run(&plan, "12345", &c, &failure, &code), 0);
	assert_null(failure.text);
	assert_int_equal(code, 0);
	assert_output(&c, "event 1\nevent 2\n\n\n@calls: 12345\n");
	capture_close(&c);
}

static void test_exit_ends(void **state)
{
	struct lang_attach attaches[] = {
		{.kind = LANG_ATTACH_INTERVAL,
		 .program = ON_EXIT,
		 .probe = "interval:ms:1",
		 .period = 1000000,
		 .nprobes = 1},
		{.kind = LANG_ATTACH_END, .program = ON_END, .probe = "END", .nprobes = 1},
	};
	struct lang_plan plan = plan_of(attaches, 2);
	struct trace_failure failure = {0};
	struct capture c;
	int code = -1;

	require_bpf();
	capture_open(&c, KIT_OUTPUT_JSON);
	assert_int_equal(run(&plan, NULL, &c, &failure, &code), 0);
	assert_int_equal(code, 7);
	assert_output(&c, "{\"type\": \"attached_probes\", \"data\": {\"probes\": 2}}\n"
			  "{\"type\": \"printf\", \"data\": \"event 2\\n\"}\n");
	capture_close(&c);
}

static void test_verifier_says_why(void **state)
{
	struct lang_attach attach = {.kind = LANG_ATTACH_RAW_TP,
				     .program = ON_BAD,
				     .probe = "rawtracepoint:sys_exit",
				     .name = "sys_exit",
				     .nprobes = 1};
	struct lang_plan plan = plan_of(&attach, 1);
	struct trace_failure failure = {0};
	struct capture c;
	int code = -1;

	require_bpf();
	plan.nprograms = NPROGRAMS;
	capture_open(&c, KIT_OUTPUT_TEXT);
	assert_int_equal(run(&plan, "1", &c, &failure, &code), -EACCES);
	assert_non_null(strstr(failure.text, "rawtracepoint:sys_exit (line 3)"));
	assert_non_null(strstr(failure.log, "invalid"));
	trace_failure_free(&failure);
	capture_close(&c);
}

/* The number of programs of this name in the kernel. */
static unsigned int count_programs(const char *name)
{
	unsigned int n = 0;
	uint32_t id = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		struct bpf_prog_info info = {0};
		uint32_t len = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &len) && !strcmp(info.name, name))
			n++;
		close(fd);
	}
	return n;
}

static void test_all_or_nothing(void **state)
{
	struct lang_attach attaches[] = {
		count_attaches[1],
		{.kind = LANG_ATTACH_RAW_TP,
		 .program = ON_END,
		 .line = 9,
		 .probe = "rawtracepoint:no_such_thing",
		 .name = "no_such_thing",
		 .nprobes = 1},
	};
	struct lang_plan plan = plan_of(attaches, 2);
	struct trace_failure failure = {0};
	struct capture c;
	int code = -1, i;

	require_bpf();
	snprintf(programs[ON_CALL].name, sizeof(programs[ON_CALL].name), "c%d", (int)getpid());
	capture_open(&c, KIT_OUTPUT_TEXT);
	assert_int_equal(run(&plan, "1", &c, &failure, &code), -ENOENT);
	assert_string_equal(failure.text, "cannot attach rawtracepoint:no_such_thing (line 9): "
					  "No such file or directory");
	assert_non_null(failure.hint);
	/* The kernel frees a program some time after its last user went. */
	for (i = 0; i < 1000 && count_programs(programs[ON_CALL].name); i++)
		usleep(1000);
	assert_int_equal(count_programs(programs[ON_CALL].name), 0);
	trace_failure_free(&failure);
	capture_close(&c);
}

static void test_map_names(void **state)
{
	struct lang_map map = {.name = "@", .kind = LANG_MAP_COUNT};
	char name[16];

	trace_map_name(&map, name);
	assert_string_equal(name, "at_");
	map.name = "@a-very long name indeed";
	trace_map_name(&map, name);
	assert_string_equal(name, "at_a_very_long_");
}

static void test_commands(void **state)
{
	struct trace_failure failure = {0};
	struct trace_command *command = NULL;
	struct timespec ms = {.tv_nsec = 1000000};
	int status = 0, i;

	assert_int_equal(trace_command_start(&command, "/no/such/program x", &failure), -ENOENT);
	assert_non_null(strstr(failure.text, "'/no/such/program'"));
	trace_failure_free(&failure);
	assert_int_equal(trace_command_start(&command, "echo 'open", &failure), -EINVAL);
	trace_failure_free(&failure);
	assert_int_equal(trace_command_start(&command, "  ", &failure), -EINVAL);
	trace_failure_free(&failure);

	assert_int_equal(trace_command_start(&command, "sh -c 'exit '\"4\"2", &failure), 0);
	assert_true(trace_command_pid(command) > 0);
	nanosleep(&ms, NULL);
	/* It has not begun yet. */
	assert_false(trace_command_ended(command, NULL));
	assert_int_equal(trace_command_release(command, &failure), 0);
	for (i = 0; i < 5000 && !trace_command_ended(command, &status); i++)
		nanosleep(&ms, NULL);
	assert_int_equal(WEXITSTATUS(status), 42);
	trace_command_end(command);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_exit_ends),
		cmocka_unit_test(test_verifier_says_why),
		cmocka_unit_test(test_all_or_nothing),
		cmocka_unit_test(test_map_names),
		cmocka_unit_test(test_commands),
	};
	ssize_t len;
	int err, i;

	if (argc > 1) {
		for (i = atoi(argv[1]); i > 0; i--)
			syscall(SYS_sched_get_priority_max, 0);
		return 0;
	}
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len < 0 || lang_format_parse(&format, "event %d\n", 9, NULL))
		return 1;
	err = cmocka_run_group_tests(tests, NULL, NULL);
	lang_format_free(&format);
	return err;
}
