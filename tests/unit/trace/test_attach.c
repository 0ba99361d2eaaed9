// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Every kind of attachment that this kernel has, with plans made by hand: programs count, or end
 * the run, and the counts are those of the calls that this program made.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/limits.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include <bpf/bpf.h>

#include <skep/kit_symbols.h>

#include "plan.h"

#define THREADS 4
#define CALLS	25000

enum { GLOBALS, COUNT, RING, NMAPS };

static struct lang_map maps[NMAPS] = {
	[GLOBALS] = {.name = "",
		     .kind = LANG_MAP_GLOBALS,
		     .type = BPF_MAP_TYPE_ARRAY,
		     .key_size = 4,
		     .value_size = 48,
		     .max_entries = 1,
		     .map_flags = BPF_F_MMAPABLE},
	[COUNT] = {.name = "@n",
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

static struct bpf_insn count_insns[] = {
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
static struct bpf_insn exit_insns[] = {
	ISA_LD_MAP_FD(1, 0),	       ISA_MOV64_IMM(2, 16),
	ISA_MOV64_IMM(3, 0),	       ISA_CALL(BPF_FUNC_ringbuf_reserve),
	ISA_JMP_IMM(BPF_JEQ, 0, 0, 5), ISA_ST(BPF_DW, 0, 0, 0),
	ISA_ST(BPF_DW, 0, 8, 0),       ISA_MOV64_REG(1, 0),
	ISA_MOV64_IMM(2, 0),	       ISA_CALL(BPF_FUNC_ringbuf_submit),
	ISA_MOV64_IMM(0, 0),	       ISA_EXIT(),
};
static struct lang_reloc relocs[] = {
	{.kind = LANG_RELOC_MAP, .insn = 3, .map = COUNT},
	{.kind = LANG_RELOC_MAP, .insn = 0, .map = RING},
};
static struct lang_event exit_event = {.kind = LANG_EVENT_EXIT, .size = 8};

static char self[PATH_MAX];

/* What is probed in the command. */
void test_attach_marked(int n);
void test_attach_other(int n);

__attribute__((noinline)) void test_attach_marked(int n)
{
	__asm__ volatile("" ::"r"(n));
}

__attribute__((noinline)) void test_attach_other(int n)
{
	__asm__ volatile("" ::"r"(n + 1));
}

static void *call_marked(void *arg)
{
	int i;

	for (i = 0; i < CALLS; i++)
		test_attach_marked(i);
	return NULL;
}

static void call_from_threads(void)
{
	pthread_t threads[THREADS];
	int i;

	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, call_marked, NULL);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static uint64_t offset_of(const char *name)
{
	struct kit_function fn;
	struct kit_elf *elf;

	assert_int_equal(kit_elf_open(&elf, self, NULL), 0);
	assert_int_equal(kit_elf_find(elf, name, &fn, NULL), 0);
	kit_elf_close(elf);
	return fn.offset;
}

/* A plan of one or two programs: program 0 counts, program 1 ends the run. */
struct plan {
	struct lang_program programs[2];
	struct lang_plan plan;
};

static void make_plan(struct plan *p, enum bpf_prog_type type, struct lang_attach *attaches,
		      uint32_t nattaches)
{
	static char name[16];

	snprintf(name, sizeof(name), "t%d", (int)getpid());
	*p = (struct plan){
		.programs = {{.type = type,
			      .insns = count_insns,
			      .ninsns = COUNT_OF(count_insns),
			      .relocs = &relocs[0],
			      .nrelocs = 1},
			     {.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
			      .insns = exit_insns,
			      .ninsns = COUNT_OF(exit_insns),
			      .relocs = &relocs[1],
			      .nrelocs = 1}},
		.plan = {.maps = maps,
			 .nmaps = NMAPS,
			 .globals = GLOBALS,
			 .ring = RING,
			 .start_offset = LANG_NONE,
			 .exit_offset = LANG_NONE,
			 .nprograms = 2,
			 .attaches = attaches,
			 .nattaches = nattaches,
			 .events = &exit_event,
			 .nevents = 1},
	};
	memcpy(p->programs[0].name, name, sizeof(name));
	p->plan.programs = p->programs;
}

static const struct lang_attach every_100ms = {.kind = LANG_ATTACH_INTERVAL,
					       .program = 1,
					       .probe = "interval:ms:100",
					       .period = 100000000,
					       .nprobes = 1};

static void require(bool have, const char *what)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, 4, 8, 1, NULL);

	if (fd >= 0)
		close(fd);
	if (fd >= 0 && have)
		return;
	print_message("# SKIP %s\n", fd < 0 ? "bpf(2) is not allowed here" : what);
	skip();
}

/* Runs the plan; with @argument this program is the command. To be freed: what was printed. */
static char *run(const struct lang_plan *plan, const char *argument, char **notes)
{
	struct trace_failure failure = {0};
	struct trace_options options = {0};
	struct capture c;
	char line[PATH_MAX + 32];
	char *text;
	size_t len;
	int code = -1;

	capture_open(&c, KIT_OUTPUT_TEXT);
	options.output = c.out;
	options.verbose = open_memstream(notes, &len);
	assert_non_null(options.verbose);
	if (argument) {
		snprintf(line, sizeof(line), "'%s' %s", self, argument);
		assert_int_equal(trace_command_start(&options.command, line, &failure), 0);
	}
	trace_run(plan, &options, &code, &failure);
	if (failure.text)
		print_message("# %s\n%s", failure.text, failure.log ? failure.log : "");
	assert_null(failure.text);
	assert_int_equal(code, 0);
	trace_command_end(options.command);
	fclose(options.verbose);
	text = capture_text(c.out_fd);
	capture_close(&c);
	return text;
}

static bool have_pmu(const char *name)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/type", name);
	return !access(path, R_OK);
}

/* Waits for the children of this process, and returns whether one was a reaper. */
static bool wait_for_reaper(void)
{
	char path[64], name[32] = "";
	bool found = false;
	int pid, status;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	file = fopen(path, "r");
	while (file && fscanf(file, "%d", &pid) == 1) {
		FILE *comm;
		int i;

		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		/* It may just have been forked. */
		for (i = 0; i < 100 && strcmp(name, "skep: reaper\n"); i++) {
			comm = fopen(path, "r");
			if (comm && !fgets(name, sizeof(name), comm))
				name[0] = 0;
			if (comm)
				fclose(comm);
			usleep(1000);
		}
		found |= !strcmp(name, "skep: reaper\n");
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	if (file)
		fclose(file);
	return found;
}

static void assert_nothing_left(void)
{
	struct bpf_prog_info info;
	uint32_t id, len;
	char name[16];
	int fd, i, n = 1;

	snprintf(name, sizeof(name), "t%d", (int)getpid());
	for (i = 0; n && i < 1000; i++) {
		for (n = 0, id = 0; !bpf_prog_get_next_id(id, &id);) {
			fd = bpf_prog_get_fd_by_id(id);
			len = sizeof(info);
			memset(&info, 0, sizeof(info));
			if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len))
				n += !strcmp(info.name, name);
			if (fd >= 0)
				close(fd);
		}
		usleep(1000);
	}
	assert_int_equal(n, 0);
}

static void count_calls(enum lang_attach_kind kind)
{
	struct lang_attach attach = {.kind = kind,
				     .probe = "uprobe:self:marked",
				     .target = self,
				     .offset = offset_of("test_attach_marked"),
				     .nprobes = 1};
	char want[64];
	struct plan p;
	char *text, *notes;

	make_plan(&p, BPF_PROG_TYPE_KPROBE, &attach, 1);
	text = run(&p.plan, "threads", &notes);
	snprintf(want, sizeof(want), "\n\n@n: %d\n", THREADS * CALLS);
	assert_string_equal(text, want);
	assert_true(wait_for_reaper());
	assert_nothing_left();
	free(text);
	free(notes);
}

static void test_uprobe(void **state)
{
	require(have_pmu("uprobe"), "this kernel has no uprobes");
	count_calls(LANG_ATTACH_UPROBE);
}

static void test_uretprobe(void **state)
{
	require(have_pmu("uprobe"), "this kernel has no uprobes");
	count_calls(LANG_ATTACH_URETPROBE);
}

/* Two functions of one program, in whatever process calls them. */
static void test_many_uprobes(void **state)
{
	struct lang_attach attaches[] = {
		{.kind = LANG_ATTACH_UPROBE,
		 .probe = "uprobe:self:marked",
		 .target = self,
		 .offset = offset_of("test_attach_marked"),
		 .nprobes = 1},
		{.kind = LANG_ATTACH_UPROBE,
		 .probe = "uprobe:self:other",
		 .target = self,
		 .offset = offset_of("test_attach_other"),
		 .nprobes = 1},
		every_100ms,
	};
	struct plan p;
	char *text, *notes;
	pid_t pid;

	require(have_pmu("uprobe"), "this kernel has no uprobes");
	make_plan(&p, BPF_PROG_TYPE_KPROBE, attaches, 3);
	attaches[2].period *= 5;
	pid = fork();
	if (!pid) {
		int i;

		usleep(200000);
		for (i = 0; i < 1000; i++) {
			test_attach_marked(i);
			test_attach_other(i);
		}
		_exit(0);
	}
	text = run(&p.plan, NULL, &notes);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_string_equal(text, "\n\n@n: 2000\n");
	wait_for_reaper();
	assert_nothing_left();
	free(text);
	free(notes);
}

static void test_profile(void **state)
{
	struct lang_attach attaches[] = {
		{.kind = LANG_ATTACH_PROFILE, .probe = "profile:hz:999", .freq = 999, .nprobes = 1},
		every_100ms,
	};
	struct plan p;
	char *text, *notes;
	int n = 0;

	require(true, "");
	make_plan(&p, BPF_PROG_TYPE_PERF_EVENT, attaches, 2);
	text = run(&p.plan, NULL, &notes);
	/* The interval's tick ends the run; each CPU has had about a hundred of the profile's. */
	assert_int_equal(sscanf(text, " @n: %d", &n), 1);
	assert_in_range(n, 20, 110 * sysconf(_SC_NPROCESSORS_ONLN));
	/* Clocks are quick to close: no process for that. */
	assert_false(wait_for_reaper());
	free(text);
	free(notes);
}

static void test_software(void **state)
{
	struct lang_attach attach = {.kind = LANG_ATTACH_SOFTWARE,
				     .probe = "software:page-faults:1",
				     .perf_config = PERF_COUNT_SW_PAGE_FAULTS,
				     .period = 1,
				     .nprobes = 1};
	struct plan p;
	char *text, *notes;
	int n = 0;

	require(true, "");
	make_plan(&p, BPF_PROG_TYPE_PERF_EVENT, &attach, 1);
	text = run(&p.plan, "faults", &notes);
	assert_int_equal(sscanf(text, " @n: %d", &n), 1);
	assert_true(n >= 1000);
	free(text);
	free(notes);
}

static const char *tracefs(void)
{
	if (!access("/sys/kernel/tracing/events", R_OK))
		return "/sys/kernel/tracing/events";
	return access("/sys/kernel/debug/tracing/events", R_OK)
		       ? NULL
		       : "/sys/kernel/debug/tracing/events";
}

/* A raw tracepoint that does not exist is opened as the tracepoint that the script named. */
static void test_tracepoint_fallback(void **state)
{
	struct lang_attach attach = {.kind = LANG_ATTACH_RAW_TP,
				     .probe =
					     "tracepoint:syscalls:sys_enter_sched_get_priority_max",
				     .name = "sys_enter_sched_get_priority_max",
				     .nprobes = 1};
	struct plan p;
	char *text, *notes;

	require(tracefs() != NULL, "tracefs is not mounted");
	make_plan(&p, BPF_PROG_TYPE_RAW_TRACEPOINT, &attach, 1);
	text = run(&p.plan, "calls", &notes);
	assert_string_equal(text, "\n\n@n: 777\n");
	assert_true(wait_for_reaper());
	assert_nothing_left();
	free(text);
	free(notes);
}

static void test_no_tracefs(void **state)
{
	struct lang_attach attach = {.kind = LANG_ATTACH_TRACEPOINT,
				     .probe = "tracepoint:../..:x",
				     .target = "../..",
				     .name = "x",
				     .line = 1,
				     .nprobes = 1};
	struct trace_failure failure = {0};
	struct trace_options options = {0};
	struct capture c;
	struct plan p;
	int code;

	require(true, "");
	make_plan(&p, BPF_PROG_TYPE_TRACEPOINT, &attach, 1);
	capture_open(&c, KIT_OUTPUT_TEXT);
	options.output = c.out;
	assert_true(trace_run(&p.plan, &options, &code, &failure) < 0);
	/* A name that leaves the directory is no name, whether tracefs is there or not. */
	assert_string_equal(failure.text, "cannot attach tracepoint:../..:x (line 1): "
					  "No such file or directory");
	trace_failure_free(&failure);
	capture_close(&c);
}

static int be_the_command(const char *what)
{
	volatile char *pages;
	int i;

	if (!strcmp(what, "threads"))
		call_from_threads();
	for (i = 0; !strcmp(what, "calls") && i < 777; i++)
		syscall(SYS_sched_get_priority_max, 0);
	if (!strcmp(what, "faults")) {
		pages = mmap(NULL, 1000 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);
		madvise((void *)pages, 1000 * 4096, MADV_NOHUGEPAGE);
		for (i = 0; i < 1000; i++)
			pages[i * 4096] = 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uprobe),	     cmocka_unit_test(test_uretprobe),
		cmocka_unit_test(test_many_uprobes), cmocka_unit_test(test_profile),
		cmocka_unit_test(test_software),     cmocka_unit_test(test_tracepoint_fallback),
		cmocka_unit_test(test_no_tracefs),
	};
	ssize_t len;

	if (argc > 1)
		return be_the_command(argv[1]);
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
