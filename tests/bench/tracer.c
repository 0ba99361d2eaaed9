// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Starting tracers and reading what the kernel says of their programs: see
 * tracer.h. A tracer's programs are found through its descriptors' fdinfo, so that
 * what others load meanwhile is never taken for its own.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tracer.h"

static int sys_bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

void tracer_start(struct tracer *t, char **argv, int out)
{
	*t = (struct tracer){.pid = fork()};
	if (t->pid == 0) {
		dup2(out, 1);
		if (out != 2)
			dup2(out, 2);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (t->pid < 0) {
		perror("fork");
		exit(2);
	}
}

static void add_program(struct tracer *t, unsigned int id)
{
	for (int i = 0; i < t->programs; i++)
		if (t->ids[i] == id)
			return;
	if (t->programs < TRACER_MAX_PROGRAMS)
		t->ids[t->programs++] = id;
}

int tracer_programs(struct tracer *t)
{
	char path[320], line[256];
	unsigned int id;
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", t->pid);
	dir = opendir(path);
	while (dir && (e = readdir(dir))) {
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", t->pid, e->d_name);
		f = fopen(path, "r");
		while (f && fgets(line, sizeof(line), f))
			if (sscanf(line, "prog_id: %u", &id) == 1)
				add_program(t, id);
		if (f)
			fclose(f);
	}
	if (dir)
		closedir(dir);
	return t->programs;
}

void tracer_stop(struct tracer *t)
{
	int status;

	kill(t->pid, SIGINT);
	while (waitpid(t->pid, &status, 0) < 0 && errno == EINTR)
		;
}

int program_stats(unsigned int id, int fd, struct program_stats *stats)
{
	struct bpf_prog_info info = {0};
	union bpf_attr attr = {.prog_id = id};
	int opened = -1, ret;

	if (id)
		opened = fd = sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr);
	if (fd < 0)
		return -1;
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	ret = sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
	*stats = (struct program_stats){
		.time_ns = info.run_time_ns,
		.runs = info.run_cnt,
		.insns = info.xlated_prog_len / 8,
		.jited = info.jited_prog_len,
	};
	if (opened >= 0)
		close(opened);
	return ret;
}

int stats_on(void)
{
	union bpf_attr attr = {.enable_stats.type = BPF_STATS_RUN_TIME};

	return sys_bpf(BPF_ENABLE_STATS, &attr);
}

unsigned int next_program(unsigned int id)
{
	union bpf_attr attr = {.start_id = id};

	return sys_bpf(BPF_PROG_GET_NEXT_ID, &attr) ? 0 : attr.next_id;
}

int attach_empty(const char *tracepoint, int *prog)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.insns = (uintptr_t)insns,
		.insn_cnt = sizeof(insns) / sizeof(*insns),
		.license = (uintptr_t) "GPL",
	};

	*prog = sys_bpf(BPF_PROG_LOAD, &attr);
	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.name = (uintptr_t)tracepoint;
	attr.raw_tracepoint.prog_fd = *prog;
	return *prog < 0 ? -1 : sys_bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
}

int split_commands(char **argv, char **commands[TRACER_MAX_COMMANDS])
{
	int n = 0;

	memset(commands, 0, TRACER_MAX_COMMANDS * sizeof(*commands));
	for (; *argv; argv++) {
		if (strcmp(*argv, "--")) {
			if (n && !commands[n - 1])
				commands[n - 1] = argv;
			continue;
		}
		if (n == TRACER_MAX_COMMANDS)
			return -1;
		n++;
		*argv = NULL;
	}
	for (int i = 0; i < n; i++)
		if (!commands[i])
			return -1;
	return n;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double median(double *v, int n)
{
	qsort(v, n, sizeof(*v), by_value);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static double clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

double now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

double cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

void print_json_command(char **argv)
{
	printf("\"command\": \"");
	for (char **arg = argv; *arg; arg++) {
		if (arg != argv)
			putchar(' ');
		for (const char *s = *arg; *s; s++) {
			if (*s == '"' || *s == '\\')
				putchar('\\');
			if ((unsigned char)*s < ' ')
				printf("\\u%04x", *s);
			else
				putchar(*s);
		}
	}
	printf("\"");
}
