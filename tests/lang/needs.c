// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What a case may need of the machine, one table of names and probes. Nothing is
 * concluded from a kernel's version. To add a need, add a probe and a row.
 */
#include "langtest.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static bool readable(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool have_root(const char *arg)
{
	return geteuid() == 0;
}

static bool have_user(const char *arg)
{
	return geteuid() != 0;
}

static bool have_btf(const char *arg)
{
	return access("/sys/kernel/btf/vmlinux", R_OK) == 0;
}

static bool have_pmu(const char *pmu)
{
	char path[256];

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/type", pmu);
	return exists(path);
}

static bool have_kprobe(const char *arg)
{
	return have_pmu("kprobe");
}

static bool have_uprobe(const char *arg)
{
	return have_pmu("uprobe");
}

static bool in_tracefs(const char *path)
{
	static const char *const roots[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
	char full[512];

	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++) {
		snprintf(full, sizeof(full), "%s/%s", roots[i], path);
		if (exists(full))
			return true;
	}
	return false;
}

static bool have_tracefs(const char *arg)
{
	return in_tracefs("events");
}

static bool have_tracepoint(const char *name)
{
	char path[256];
	const char *colon = strchr(name, ':');

	if (!colon)
		return false;
	snprintf(path, sizeof(path), "events/%.*s/%s", (int)(colon - name), name, colon + 1);
	return in_tracefs(path);
}

static bool have_ksym(const char *name)
{
	char line[512], symbol[256];
	bool found = false;
	FILE *f = fopen("/proc/kallsyms", "re");

	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%*s %*s %255s", symbol) == 1 && !strcmp(symbol, name);
	fclose(f);
	return found;
}

/* fentry patches a function's entry through ftrace's direct calls; where ftrace may not be used,
 * nobody may read which functions it could patch. */
static bool have_fentry(const char *arg)
{
	return have_btf(NULL) && have_ksym("register_ftrace_direct") &&
	       (readable("/sys/kernel/tracing/available_filter_functions") ||
		readable("/sys/kernel/debug/tracing/available_filter_functions"));
}

static bool have_bpf_map(unsigned int type, unsigned int value_size, unsigned int entries)
{
	union bpf_attr attr = {.map_type = type,
			       .key_size = type == BPF_MAP_TYPE_RINGBUF ? 0 : 4,
			       .value_size = value_size,
			       .max_entries = entries};
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	struct rlimit before;
	int fd;

	/*
	 * Before Linux 5.11 maps count as locked memory, and what cases before this one
	 * used may not have been given back yet. The limit is put back, because raising
	 * it is skep's own business.
	 */
	getrlimit(RLIMIT_MEMLOCK, &before);
	setrlimit(RLIMIT_MEMLOCK, &all);
	fd = syscall(__NR_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
	if (fd >= 0)
		close(fd);
	setrlimit(RLIMIT_MEMLOCK, &before);
	return fd >= 0;
}

static bool have_bpf(const char *arg)
{
	return have_bpf_map(BPF_MAP_TYPE_ARRAY, 4, 1);
}

static bool have_ringbuf(const char *arg)
{
	return have_bpf_map(BPF_MAP_TYPE_RINGBUF, 0, 4096);
}

static bool have_cmd(const char *name)
{
	char path[512];
	const char *dirs = getenv("PATH") ?: "/usr/bin:/bin";

	for (; *dirs; dirs += strcspn(dirs, ":"), dirs += *dirs == ':') {
		snprintf(path, sizeof(path), "%.*s/%s", (int)strcspn(dirs, ":"), dirs, name);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/* More than one online processor. */
static bool have_smp(const char *arg)
{
	return sysconf(_SC_NPROCESSORS_ONLN) > 1;
}

/* A mount namespace of one's own, whose mounts are nobody else's: not in a plain chroot. */
static bool have_mounts(const char *arg)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

static bool have_file(const char *path)
{
	return exists(path);
}

/* The machine describes the tracepoints of system calls itself. */
static bool machine_tracepoint(const char *name)
{
	return !strncmp(name, "syscalls:", 9) || !strncmp(name, "raw_syscalls:sys_", 17);
}

static bool always(const char *arg)
{
	return true;
}

static bool never(const char *arg)
{
	return false;
}

static bool on_machine;

static const struct need {
	const char *name; /* one that ends in ':' takes an argument */
	bool (*probe)(const char *arg);
	const char *missing;
	bool (*machine)(const char *arg); /* on the machine; NULL: as elsewhere */
} needs[] = {
	{"root", have_root, "not root"},
	{"user", have_user, "root, and must not be"},
	{"bpf", have_bpf, "bpf(2) may not be used", always},
	{"ringbuf", have_ringbuf, "no ring buffer maps", always},
	{"btf", have_btf, "no /sys/kernel/btf/vmlinux", never},
	{"tp_btf", have_btf, "no /sys/kernel/btf/vmlinux", never},
	{"kprobe", have_kprobe, "the kernel has no kprobes", never},
	{"uprobe", have_uprobe, "the kernel has no uprobes", always},
	{"fentry", have_fentry, "the kernel has no BTF or no direct ftrace calls", never},
	{"tracefs", have_tracefs, "tracefs is not mounted", always},
	{"mounts", have_mounts, "mounts cannot be made private, as in a chroot"},
	{"smp", have_smp, "only one processor"},
	{"tp:", have_tracepoint, "no such tracepoint", machine_tracepoint},
	{"pmu:", have_pmu, "no such event source"},
	{"ksym:", have_ksym, "no such kernel symbol", never},
	{"cmd:", have_cmd, "no such command"},
	{"file:", have_file, "no such file"},
};

void needs_of_machine(void)
{
	on_machine = true;
}

void needs_list(void)
{
	for (size_t i = 0; i < sizeof(needs) / sizeof(*needs); i++)
		printf("%s\n", needs[i].name);
}

/* Sets *row; returns the word's argument, NULL when it is in no row. */
static const char *find_need(const char *word, const struct need **row)
{
	for (const struct need *n = needs; n < needs + sizeof(needs) / sizeof(*needs); n++) {
		size_t len = strlen(n->name);

		if (n->name[len - 1] == ':' ? strncmp(word, n->name, len) : strcmp(word, n->name))
			continue;
		*row = n;
		return word + len;
	}
	return NULL;
}

/* Returns 1 or 0, or -1 for a word that is in no row. */
static int need_met(const char *word, const struct need **row)
{
	const char *arg = find_need(word, row);

	if (!arg)
		return -1;
	return (on_machine && (*row)->machine ? (*row)->machine : (*row)->probe)(arg);
}

bool needs_kernel(const char *text)
{
	struct strings words = {0};
	bool kernel = false;

	strings_add_words(&words, text);
	for (size_t i = 0; i < words.len && !kernel; i++) {
		const struct need *row = NULL;

		kernel = on_machine && find_need(words.at[i], &row) && row->machine == never;
	}
	strings_free(&words);
	return kernel;
}

int needs_met(const char *text, const char **missing)
{
	static char said[256];
	struct strings words = {0};
	int met = 1;

	strings_add_words(&words, text);
	for (size_t i = 0; i < words.len && met == 1; i++) {
		const struct need *row = NULL;
		const char *word = words.at[i];
		bool not = *word == '!';

		met = need_met(word + not, &row);
		if (met >= 0)
			met ^= not ;
		if (met < 0)
			snprintf(said, sizeof(said), "no such need: %s", word);
		else if (!met && not )
			snprintf(said, sizeof(said), "has what must be missing: %s", word + 1);
		else if (!met)
			snprintf(said, sizeof(said), "%s (%s)", row->missing, word);
	}
	strings_free(&words);
	*missing = said;
	return met;
}
