// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The world on the running kernel. What it says is compared with another reading of the same
 * kernel: format files taken apart by sscanf(), record structures by libbpf, offsets of functions
 * by where this program is mapped.
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
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <bpf/btf.h>
#include <skep/btf.h>
#include <skep/trace_list.h>

#include "trace/tracefs.h"
#include "world_fixture.h"

static double ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static const struct lang_field *find(const struct lang_probe_info *info, const char *name)
{
	uint32_t i;

	for (i = 0; i < info->nfields; i++) {
		if (!strcmp(info->fields[i].name, name))
			return &info->fields[i];
	}
	fail_msg("no field %s", name);
	return NULL;
}

static void check(const struct lang_probe_info *info, const char *name, enum lang_field_kind kind,
		  uint32_t offset, uint32_t size, bool is_signed, int arg_index)
{
	const struct lang_field *f = find(info, name);

	assert_int_equal(f->kind, kind);
	assert_int_equal(f->offset, offset);
	assert_int_equal(f->size, size);
	assert_int_equal(f->is_signed, is_signed);
	assert_int_equal(f->arg_index, arg_index);
}

static void arguments_of_a_system_call(void **state)
{
	struct lang_probe_info info;

	need(tracefs);
	assert_int_equal(probe(LANG_TRACEPOINT, "syscalls", "sys_enter_openat", 0, &info), LANG_OK);
	assert_int_equal(info.syscall_nr, SYS_openat);
	assert_false(info.syscall_exit);
	check(&info, "common_type", LANG_FIELD_INT, 0, 2, false, -1);
	check(&info, "common_pid", LANG_FIELD_INT, 4, 4, true, -1);
	check(&info, "__syscall_nr", LANG_FIELD_INT, 8, 4, true, -1);
	check(&info, "dfd", LANG_FIELD_INT, 16, 4, true, 0);
	check(&info, "filename", LANG_FIELD_PTR, 24, 8, false, 1);
	check(&info, "flags", LANG_FIELD_INT, 32, 4, true, 2);
	check(&info, "mode", LANG_FIELD_INT, 40, 2, false, 3);
	assert_true(find(&info, "filename")->is_user);
	assert_string_equal(find(&info, "filename")->type_name, "const char *");

	assert_int_equal(probe(LANG_TRACEPOINT, "syscalls", "sys_exit_read", 0, &info), LANG_OK);
	assert_int_equal(info.syscall_nr, SYS_read);
	assert_true(info.syscall_exit);
	check(&info, "ret", LANG_FIELD_INT, 16, 8, true, -1);
	assert_int_equal(probe(LANG_TRACEPOINT, "syscalls", "sys_enter_read", 0, &info), LANG_OK);
	check(&info, "fd", LANG_FIELD_INT, 16, 4, false, 0);
	check(&info, "count", LANG_FIELD_INT, 32, 8, false, 2);
}

static void fields_of_the_scheduler(void **state)
{
	struct lang_probe_info info;

	need(tracefs);
	assert_int_equal(probe(LANG_TRACEPOINT, "sched", "sched_switch", 0, &info), LANG_OK);
	assert_int_equal(info.syscall_nr, -1);
	assert_int_equal(find(&info, "prev_comm")->kind, LANG_FIELD_CHARS);
	assert_int_equal(find(&info, "prev_comm")->size, 16);
	check(&info, "next_pid", LANG_FIELD_INT, find(&info, "next_comm")->offset + 16, 4, true,
	      -1);
	assert_int_equal(probe(LANG_TRACEPOINT, "sched", "sched_process_exec", 0, &info), LANG_OK);
	assert_int_equal(find(&info, "filename")->kind, LANG_FIELD_DATA_LOC);
	assert_int_equal(probe(LANG_TRACEPOINT, "raw_syscalls", "sys_enter", 0, &info), LANG_OK);
	check(&info, "id", LANG_FIELD_INT, 8, 8, true, 1);
	assert_int_equal(find(&info, "args")->arg_index, -1);
	assert_int_equal(find(&info, "args")->kind, LANG_FIELD_ARRAY);
	assert_int_equal(find(&info, "args")->size, 8);
	assert_int_equal(find(&info, "args")->count, 6);
}

/* One event of the list: every field of its format file is where the file says. */
static unsigned int compare_with_file(const char *category, const char *event)
{
	char path[512], line[1024], decl[512], *name;
	unsigned int offset, size, is_signed, n = 0;
	bool is_syscall = !strcmp(category, "syscalls");
	struct lang_probe_info info;
	FILE *f;

	if (probe(LANG_TRACEPOINT, category, event, 0, &info) != LANG_OK)
		fail_msg("%s:%s", category, event);
	snprintf(path, sizeof(path), "%s/events/%s/%s/format", tracefs, category, event);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		const struct lang_field *field;

		if (sscanf(line, " field:%511[^;]; offset:%u; size:%u; signed:%u;", decl, &offset,
			   &size, &is_signed) != 4 ||
		    !size)
			continue;
		if (strchr(decl, '[') && decl[strlen(decl) - 1] == ']')
			*strchr(decl, '[') = '\0';
		name = strrchr(decl, ' ') + 1;
		assert_true(n < info.nfields);
		field = &info.fields[n++];
		if (strcmp(field->name, name) || field->offset != offset)
			fail_msg("%s:%s.%s is %s at %u", category, event, name, field->name,
				 field->offset);
		if (is_syscall ? field->size * field->count > size
			       : field->size * field->count != size)
			fail_msg("%s:%s.%s: size", category, event, name);
		if (!is_syscall && field->kind == LANG_FIELD_INT &&
		    field->is_signed != (is_signed == 1))
			fail_msg("%s:%s.%s: sign", category, event, name);
	}
	fclose(f);
	assert_int_equal(n, info.nfields);
	return n;
}

struct count {
	unsigned int n, fields;
	char last[512];
};

static int compare_each(void *arg, const char *target, const char *name)
{
	struct count *c = arg;

	c->n++;
	c->fields += compare_with_file(target, name);
	return 0;
}

static void all_fields_are_where_the_files_say(void **state)
{
	struct count c = {0};
	enum lang_reason reason;

	need(tracefs);
	assert_int_equal(world->probe_match(world->ctx, LANG_TRACEPOINT, "*", "*", compare_each, &c,
					    &reason),
			 0);
	assert_int_equal(reason, LANG_OK);
	assert_true(c.n > 100 && c.fields > 1000);
	print_message("# %u events, %u fields\n", c.n, c.fields);
}

/* The event's record as the compiler of the kernel laid it out. */
static int compare_with_struct(void *arg, const char *target, const char *name)
{
	struct count *c = arg;
	const struct btf *btf = *(struct btf **)c->last;
	char type_name[256];
	const struct btf_type *type;
	const struct btf_member *m;
	struct lang_probe_info info;
	int id;
	unsigned int i, j;

	snprintf(type_name, sizeof(type_name), "trace_event_raw_%s", name);
	id = btf__find_by_name_kind(btf, type_name, BTF_KIND_STRUCT);
	if (id < 0 || !strcmp(target, "raw_syscalls"))
		return 0;
	assert_int_equal(probe(LANG_TRACEPOINT, target, name, 0, &info), LANG_OK);
	type = btf__type_by_id(btf, (unsigned int)id);
	m = btf_members(type);
	for (i = 1; i < btf_vlen(type); i++) {
		const char *member = btf__name_by_offset(btf, m[i].name_off);

		for (j = 0; j < info.nfields; j++) {
			const struct lang_field *f = &info.fields[j];

			if (strcmp(f->name, member))
				continue;
			if (f->offset != m[i].offset / 8 ||
			    f->size * f->count != btf__resolve_size(btf, m[i].type))
				fail_msg("%s:%s.%s", target, name, member);
			c->fields++;
		}
	}
	c->n++;
	return 0;
}

static void records_are_laid_out_as_btf_says(void **state)
{
	struct btf *btf = btf__load_vmlinux_btf();
	enum lang_reason reason;
	struct count c = {0};

	need(tracefs && btf);
	memcpy(c.last, &btf, sizeof(btf));
	world->probe_match(world->ctx, LANG_TRACEPOINT, NULL, "*", compare_with_struct, &c,
			   &reason);
	print_message("# %u structures, %u members\n", c.n, c.fields);
	assert_true(c.n > 50 && c.fields > 200);
	btf__free(btf);
}

/* Without the right to read tracefs: records from BTF, and for system calls the reason. */
static void without_privilege(void **state)
{
	struct trace_world_options locked = {0};
	char dir[] = "/tmp/skep-locked-XXXXXX", path[64];
	struct lang_probe_info info;
	struct lang_world *w;
	enum lang_reason reason;
	int status;
	pid_t pid;

	need(geteuid() == 0 && world->btf(world->ctx));
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/events", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chmod(dir, 0700), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		locked.tracefs_dir = dir;
		if (setresuid(65534, 65534, 65534) || trace_world_open(&locked, &w))
			_exit(1);
		if (w->probe_open(w->ctx, LANG_TRACEPOINT, "syscalls", "sys_enter_openat", 0,
				  &info) != LANG_NO_PRIVILEGE)
			_exit(2);
		if (w->probe_match(w->ctx, LANG_TRACEPOINT, "*", "*", compare_each, NULL,
				   &reason) ||
		    reason != LANG_NO_PRIVILEGE)
			_exit(3);
		if (w->probe_open(w->ctx, LANG_TRACEPOINT, "sched", "sched_switch", 0, &info) !=
			    LANG_OK ||
		    info.nfields < 7)
			_exit(4);
		if (strcmp(info.fields[0].name, "prev_comm") || info.fields[0].offset != 8 ||
		    info.fields[0].kind != LANG_FIELD_CHARS || info.fields[0].size != 16)
			_exit(5);
		if (w->probe_open(w->ctx, LANG_TRACEPOINT, "sched", "sched_process_exec", 0,
				  &info) != LANG_OK ||
		    strcmp(info.fields[0].name, "filename") ||
		    info.fields[0].kind != LANG_FIELD_DATA_LOC)
			_exit(6);
		trace_world_close(w);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	rmdir(path);
	rmdir(dir);
}

static void probes_that_are_not_there(void **state)
{
	static const char *const bad[][2] = {
		{"sched", "no_such_event"},
		{"no_such_category", "sched_switch"},
		{"..", "sched"},
		{"sched", "../sched/sched_switch"},
		{"sched", ""},
		{"", "sched_switch"},
		{"sched", "sched_switch\n"},
		{NULL, "sched_switch"},
	};
	struct trace_world_options nowhere = {.tracefs_dir = "/nonexistent", .btf_dir = "/proc"};
	struct lang_probe_info info;
	struct lang_world *w;
	char name[8192];
	enum lang_reason reason;
	size_t i;

	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	need(tracefs);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(probe(LANG_TRACEPOINT, bad[i][0], bad[i][1], 0, &info),
				 LANG_NO_SUCH_PROBE);
	assert_int_equal(probe(LANG_TRACEPOINT, "sched", name, 0, &info), LANG_NO_SUCH_PROBE);
	assert_int_equal(probe(LANG_RAWTRACEPOINT, NULL, name, 0, &info), LANG_NO_SUCH_PROBE);
	assert_int_equal(probe(LANG_RAWTRACEPOINT, NULL, "no_such", 0, &info), LANG_NO_SUCH_PROBE);
	assert_int_equal(probe(LANG_UPROBE, "/bin/ls", name, 0, &info), LANG_NO_SUCH_SYMBOL);
	assert_int_equal(trace_world_open(&nowhere, &w), 0);
	assert_null(w->btf(w->ctx));
	assert_int_equal(w->probe_open(w->ctx, LANG_FENTRY, NULL, "vfs_read", 0, &info),
			 LANG_NO_BTF);
	assert_int_equal(
		w->probe_match(w->ctx, LANG_TRACEPOINT, "*", "*", compare_each, NULL, &reason), 0);
	assert_int_equal(reason, LANG_NO_TRACEFS);
	trace_world_close(w);
}

static int count_probe(void *arg, const char *target, const char *name)
{
	struct count *c = arg;
	char now[512];

	snprintf(now, sizeof(now), "%s:%s", target ? target : "", name);
	/* ' ' is below all letters, so that whole categories come before longer ones */
	assert_true(!c->n || strcmp(c->last, now) || !*now);
	memcpy(c->last, now, sizeof(now));
	c->n++;
	return 0;
}

static unsigned int match(enum lang_provider provider, const char *target, const char *name)
{
	enum lang_reason reason = LANG_NO_MEMORY;
	struct count c = {0};
	double t0 = ms();

	assert_int_equal(
		world->probe_match(world->ctx, provider, target, name, count_probe, &c, &reason),
		0);
	assert_int_equal(reason, LANG_OK);
	print_message("# %s:%s: %u in %.2f ms\n", target ? target : "", name, c.n, ms() - t0);
	return c.n;
}

static unsigned int expected_matches(const char *target, const char *name)
{
	char path[256], line[512], *colon;
	unsigned int n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/available_events", tracefs);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		colon = strchr(line, ':');
		*colon = '\0';
		n += !fnmatch(target, line, 0) && !fnmatch(name, colon + 1, 0);
	}
	fclose(f);
	return n;
}

static void wildcards_match_the_events(void **state)
{
	static const char *const globs[][2] = {
		{"*", "*"},
		{"sched", "*"},
		{"s*", "*_[e-s]*"},
		{"syscalls", "sys_enter_*at"},
		{"syscalls", "sys_e?it_read"},
		{"sched", "none*"},
		{"raw_syscalls", "sys_enter"},
	};
	size_t i;

	need(tracefs);
	for (i = 0; i < sizeof(globs) / sizeof(*globs); i++)
		assert_int_equal(match(LANG_TRACEPOINT, globs[i][0], globs[i][1]),
				 expected_matches(globs[i][0], globs[i][1]));
}

static void raw_tracepoints_have_typed_arguments(void **state)
{
	const struct btfr *btf = world->btf(world->ctx);
	struct lang_probe_info info;

	need(btf);
	assert_int_equal(probe(LANG_RAWTRACEPOINT, NULL, "sys_enter", 0, &info), LANG_OK);
	assert_int_equal(info.nargs, 2);
	assert_ptr_equal(info.btf, btf);
	assert_int_equal(btfr_kind(btf, info.btf_id), BTF_KIND_TYPEDEF);
	assert_string_equal(btfr_name(btf, info.btf_id), "btf_trace_sys_enter");
	assert_string_equal(info.fields[0].name, "regs");
	assert_string_equal(info.fields[0].type_name, "struct pt_regs *");
	assert_int_equal(info.fields[0].kind, LANG_FIELD_BTF);
	assert_string_equal(btfr_name(btf, btfr_ptr_target(btf, info.fields[0].btf_id)), "pt_regs");
	assert_string_equal(info.fields[1].type_name, "long int");
	assert_int_equal(info.fields[1].arg_index, 1);
	assert_true(info.fields[1].is_signed);
	assert_int_equal(probe(LANG_RAWTRACEPOINT, NULL, "sched_switch", 0, &info), LANG_OK);
	assert_string_equal(info.fields[2].name, "next");
	assert_true(match(LANG_RAWTRACEPOINT, NULL, "*") > 100);
	assert_int_equal(match(LANG_RAWTRACEPOINT, NULL, "sys_e*t*r"), 1);
}

static void functions_have_typed_arguments(void **state)
{
	struct lang_probe_info info;
	enum lang_reason reason;

	need(world->btf(world->ctx));
	/* Where nobody may attach them they are described all the same. */
	reason = probe(LANG_FEXIT, NULL, "vfs_read", 0, &info);
	assert_true(reason == LANG_OK || reason == LANG_NOT_SUPPORTED);
	assert_int_equal(btfr_kind(info.btf, info.btf_id), BTF_KIND_FUNC);
	assert_int_equal(info.nargs, 4);
	assert_string_equal(info.fields[0].name, "file");
	assert_string_equal(info.fields[0].type_name, "struct file *");
	assert_string_equal(info.fields[1].type_name, "char *");
	assert_int_equal(info.fields[3].arg_index, 3);
	assert_non_null(info.retval);
	assert_int_equal(info.retval->size, sizeof(ssize_t));
	assert_null(info.module);
	assert_int_equal(probe(LANG_FENTRY, "vmlinux", "vfs_read", 0, &info), reason);
	assert_null(info.retval);
	assert_int_equal(probe(LANG_FENTRY, NULL, "no_such_function", 0, &info),
			 LANG_NO_SUCH_PROBE);
	assert_int_equal(probe(LANG_FENTRY, "no_module", "vfs_read", 0, &info), LANG_NO_SUCH_PROBE);
	assert_int_equal(probe(LANG_FENTRY, NULL, "vfs_read", 1, &info), LANG_BAD_OFFSET);
	assert_true(match(LANG_FENTRY, NULL, "*") > 1000);
	assert_true(match(LANG_FENTRY, NULL, "vfs_rea[a-e]") >= 1);
}

static void put(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* The kernel that runs the tests need not have kprobes: a made-up one has. */
static void kprobes_are_found_by_kallsyms(void **state)
{
	char dir[] = "/tmp/skep-kprobe-XXXXXX", symbols[64], pmus[64], command[128];
	struct trace_world_options made_up = {.tracefs_dir = dir, .kallsyms = symbols};
	struct lang_world *real = world;
	struct lang_probe_info info;

	assert_non_null(mkdtemp(dir));
	snprintf(symbols, sizeof(symbols), "%s/kallsyms", dir);
	snprintf(pmus, sizeof(pmus), "%s/pmus", dir);
	made_up.pmu_dir = pmus;
	put(dir, "kallsyms",
	    "0000000000000000 T vfs_read\n0000000000000010 t vfs_write\n"
	    "0000000000000020 D jiffies\n0000000000000030 t vfs_read\n"
	    "ffffffffc0000000 t e1000_open\t[e1000]\ngarbage\n");
	assert_int_equal(trace_world_open(&made_up, &world), 0);
	assert_int_equal(probe(LANG_KPROBE, NULL, "vfs_read", 0, &info), LANG_NOT_SUPPORTED);
	snprintf(command, sizeof(command), "mkdir -p %s/kprobe", pmus);
	assert_int_equal(system(command), 0);
	put(pmus, "kprobe/type", "8\n");
	assert_int_equal(probe(LANG_KPROBE, NULL, "vfs_read", 4, &info), LANG_OK);
	assert_int_equal(probe(LANG_KRETPROBE, NULL, "vfs_read", 4, &info), LANG_BAD_OFFSET);
	assert_int_equal(probe(LANG_KPROBE, "e1000", "e1000_open", 0, &info), LANG_OK);
	assert_int_equal(probe(LANG_KPROBE, "vmlinux", "vfs_read", 0, &info), LANG_OK);
	assert_int_equal(probe(LANG_KPROBE, "e1000", "vfs_read", 0, &info), LANG_NO_SUCH_PROBE);
	assert_int_equal(probe(LANG_KPROBE, NULL, "jiffies", 0, &info), LANG_NO_SUCH_PROBE);
	assert_int_equal(match(LANG_KPROBE, NULL, "vfs_*"), 2);
	assert_int_equal(match(LANG_KPROBE, "e*", "*"), 1);
	trace_world_close(world);
	/* A wildcard leaves out what ftrace says cannot be traced. */
	put(dir, "available_filter_functions", "vfs_read\ne1000_open [e1000]\n");
	assert_int_equal(trace_world_open(&made_up, &world), 0);
	assert_int_equal(match(LANG_KPROBE, NULL, "*"), 2);
	assert_int_equal(probe(LANG_KPROBE, NULL, "vfs_write", 0, &info), LANG_OK);
	trace_world_close(world);
	world = real;
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

/* How long a wildcard over the running kernel's symbols takes, kprobes or not. */
static void all_symbols_are_listed_quickly(void **state)
{
	struct trace_world_options with_pmu = {.tracefs_dir = "/nonexistent"};
	struct lang_world *real = world;
	char dir[] = "/tmp/skep-pmu-XXXXXX", command[64];

	assert_non_null(mkdtemp(dir));
	snprintf(command, sizeof(command), "mkdir %s/kprobe", dir);
	assert_int_equal(system(command), 0);
	put(dir, "kprobe/type", "8\n");
	with_pmu.pmu_dir = dir;
	assert_int_equal(trace_world_open(&with_pmu, &world), 0);
	assert_true(match(LANG_KPROBE, NULL, "*") > 1000);
	match(LANG_KPROBE, NULL, "vfs_*");
	trace_world_close(world);
	world = real;
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

__attribute__((noinline)) int skep_world_target(int x);

__attribute__((noinline)) int skep_world_target(int x)
{
	__asm__ volatile("" : "+r"(x));
	return x * 3 + 1;
}

/* Where in its file the code at @address is, by the memory map. */
static uint64_t mapped_offset(const void *address)
{
	unsigned long long begin, end, offset;
	char line[512];
	FILE *f = fopen("/proc/self/maps", "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx-%llx %*s %llx", &begin, &end, &offset) == 3 &&
		    (uintptr_t)address >= begin && (uintptr_t)address < end) {
			fclose(f);
			return (uintptr_t)address - begin + offset;
		}
	}
	fclose(f);
	fail_msg("not mapped");
	return 0;
}

static void user_functions_are_where_they_are_mapped(void **state)
{
	char self[512] = {0}, text[] = "/tmp/skep-text-XXXXXX";
	struct lang_probe_info info;
	uint64_t offset = mapped_offset((const void *)skep_world_target);
	int fd;

	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	assert_int_equal(probe(LANG_UPROBE, self, "skep_world_target", 0, &info), LANG_OK);
	assert_int_equal(info.offset, offset);
	assert_string_equal(info.path, self);
	assert_int_equal(probe(LANG_UPROBE, self, "skep_world_target", 1, &info), LANG_OK);
	assert_int_equal(info.offset, offset + 1);
	assert_int_equal(probe(LANG_UPROBE, self, "", offset, &info), LANG_OK);
	assert_int_equal(info.offset, offset);
	assert_int_equal(probe(LANG_UPROBE, self, "skep_world_target", 100000, &info),
			 LANG_BAD_OFFSET);
	assert_int_equal(probe(LANG_UPROBE, self, "skep_world_target", UINT64_MAX, &info),
			 LANG_BAD_OFFSET);
	assert_int_equal(probe(LANG_UPROBE, self, "", UINT64_MAX, &info), LANG_BAD_OFFSET);
	assert_int_equal(probe(LANG_UPROBE, self, "no_such", 0, &info), LANG_NO_SUCH_SYMBOL);
	assert_int_equal(probe(LANG_UPROBE, "/no/such", "main", 0, &info), LANG_NO_SUCH_FILE);
	assert_int_equal(probe(LANG_UPROBE, "/no/such", "x", 0, &info), LANG_NO_SUCH_FILE);
	assert_int_equal(probe(LANG_UPROBE, NULL, "x", 0, &info), LANG_NO_SUCH_FILE);
	assert_int_equal(probe(LANG_UPROBE, "/tmp", "x", 0, &info), LANG_NOT_ELF);
	assert_int_equal(match(LANG_UPROBE, self, "skep_world_targe[t]"), 1);
	fd = mkstemp(text);
	assert_true(fd >= 0 && write(fd, "hello", 5) == 5);
	close(fd);
	assert_int_equal(probe(LANG_UPROBE, text, "x", 0, &info), LANG_NOT_ELF);
	unlink(text);
	assert_int_equal(probe(LANG_URETPROBE, self, "skep_world_target", 0, &info), LANG_OK);
	assert_int_equal(skep_world_target(1), 4);
}

/* What every kernel from 5.13 on has, for those who may load programs. */
static void features_of_this_kernel(void **state)
{
	struct utsname host;
	int major = 0, minor = 0, f;
	double t0;

	uname(&host);
	need(sscanf(host.release, "%d.%d", &major, &minor) == 2 && geteuid() == 0);
	need(major > 5 || (major == 5 && minor >= 13));
	need(world->btf(world->ctx));
	for (f = 0; f < LANG_FEAT_COUNT; f++) {
		t0 = ms();
		assert_true(world->feature(world->ctx, (enum lang_feature)f));
		print_message("# feature %d: %.2f ms\n", f, ms() - t0);
	}
	assert_false(world->feature(world->ctx, LANG_FEAT_COUNT));
}

static void lists_name_probes_as_scripts_do(void **state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	enum lang_reason reason;

	need(tracefs);
	assert_non_null(out);
	assert_int_equal(trace_list(world, "t:syscalls:sys_enter_close", true, out, false, &reason),
			 1);
	assert_int_equal(reason, LANG_OK);
	assert_int_equal(trace_list(world, "raw_syscalls:sys_enter", false, out, false, &reason),
			 -EINVAL);
	assert_int_equal(trace_list(world, "software:page*", false, out, false, &reason), 1);
	assert_int_equal(
		trace_list(world, "tracepoint:syscalls:sys_exit_clos?", true, out, true, &reason),
		1);
	assert_int_equal(trace_list(world, "tracepoint:sched", false, out, true, &reason),
			 (int)expected_matches("sched", "*"));
	assert_int_equal(trace_list(world, "u:/no/such:*", false, out, false, &reason), 0);
	assert_int_equal(reason, LANG_NO_SUCH_FILE);
	fclose(out);
	*strstr(text, "{\"type\": \"probe\", \"data\": {\"name\": \"tracepoint:sched:") = '\0';
	assert_string_equal(text, "tracepoint:syscalls:sys_enter_close\n"
				  "    int __syscall_nr\n"
				  "    unsigned int fd\n"
				  "software:page-faults:\n"
				  "{\"type\": \"probe\", \"data\": "
				  "{\"name\": \"tracepoint:syscalls:sys_exit_close\", \"args\": "
				  "[{\"type\": \"int\", \"name\": \"__syscall_nr\"}, "
				  "{\"type\": \"long\", \"name\": \"ret\"}]}}\n");
	free(text);
}

static void opening_costs_nothing(void **state)
{
	struct lang_probe_info info;
	struct lang_world *w;
	double t0 = ms(), t1;

	assert_int_equal(trace_world_open(NULL, &w), 0);
	assert_int_equal(w->probe_open(w->ctx, LANG_BEGIN, NULL, "", 0, &info), LANG_OK);
	trace_world_close(w);
	t1 = ms();
	assert_int_equal(trace_world_open(&options, &w), 0);
	w->btf(w->ctx);
	print_message("# empty world %.3f ms, btf %.2f ms", t1 - t0, ms() - t1);
	t1 = ms();
	w->probe_open(w->ctx, LANG_TRACEPOINT, "sched", "sched_switch", 0, &info);
	print_message(", one format %.3f ms\n", ms() - t1);
	trace_world_close(w);
	trace_world_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opening_costs_nothing),
		cmocka_unit_test(arguments_of_a_system_call),
		cmocka_unit_test(fields_of_the_scheduler),
		cmocka_unit_test(all_fields_are_where_the_files_say),
		cmocka_unit_test(records_are_laid_out_as_btf_says),
		cmocka_unit_test(without_privilege),
		cmocka_unit_test(probes_that_are_not_there),
		cmocka_unit_test(wildcards_match_the_events),
		cmocka_unit_test(raw_tracepoints_have_typed_arguments),
		cmocka_unit_test(functions_have_typed_arguments),
		cmocka_unit_test(kprobes_are_found_by_kallsyms),
		cmocka_unit_test(all_symbols_are_listed_quickly),
		cmocka_unit_test(user_functions_are_where_they_are_mapped),
		cmocka_unit_test(features_of_this_kernel),
		cmocka_unit_test(lists_name_probes_as_scripts_do),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
