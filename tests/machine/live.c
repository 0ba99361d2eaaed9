// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Counts in other processes, with the least that a session needs: the programs are a few bytes of
 * machine code. For the tests beside this file.
 *
 *   live [-n] [-o FILE] [-s NR]... [-u FILE:OFFSET]... [-r FILE:OFFSET]...
 *        (-c COMMAND [ARG]... | -p PID [SECONDS])
 *
 * Prints (to FILE) "enter N", "exit N" of all system calls, "sNR N N" of single ones,
 * "FILE:OFFSET N" of function entries or returns, "missed N". With -c the command's output and
 * exit status are passed on; with -p the target is let go after SECONDS (0: with its end).
 * -n: children are not followed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "machine/inject/target.h"
#include "machine/session.h"

#define COUNTERS 64

static struct machine_session session;
static uint64_t *counts;
static int ncounts;
static char names[COUNTERS][300];
static FILE *report;

static void die(const char *what, int err)
{
	fprintf(stderr, "live: %s: %s\n", what, strerror(-err));
	exit(99);
}

/* movabs $counter, %rax; lock incq (%rax); xor %eax, %eax; ret */
static void count_into(_Atomic machine_list *where, int i)
{
	uint8_t code[17] = {0x48, 0xb8, [10] = 0xf0, 0x48, 0xff, 0x00, 0x31, 0xc0, 0xc3};
	uint64_t *counter = &counts[i];
	uint32_t prog = (uint32_t)i;
	uint64_t offset;
	int err;

	memcpy(code + 2, &counter, 8);
	err = machine_session_code(&session, code, sizeof(code), &offset);
	if (!err) {
		session.ctl_rw->progs[i].type = 1;
		session.ctl_rw->progs[i].code = offset;
		err = machine_session_list(&session, where, &prog, 1);
	}
	if (err)
		die("program", err);
}

static int counter(const char *name)
{
	if (ncounts == COUNTERS)
		die("counters", -ENOSPC);
	snprintf(names[ncounts], sizeof(names[0]), "%s", name);
	return ncounts++;
}

static void hook_function(char *place, bool is_return, uint32_t hook)
{
	struct machine_hook *it = &session.ctl_rw->hooks[hook];
	char *colon = strrchr(place, ':');
	const char *why = NULL;
	struct stat st;
	int err;

	if (!colon)
		die(place, -EINVAL);
	count_into(is_return ? &it->ret : &it->entry, counter(place));
	*colon = '\0';
	if (stat(place, &st))
		die(place, -errno);
	err = machine_hook_function(&session, st.st_dev, st.st_ino, strtoull(colon + 1, NULL, 0),
				    hook, is_return, 0, &why);
	if (err)
		die(why ? why : "hook", err);
	*colon = ':';
}

static void hook_syscall(const char *number)
{
	unsigned long nr = strtoul(number, NULL, 0);
	char name[16];

	snprintf(name, sizeof(name), "s%lu", nr);
	count_into(&session.ctl_rw->sys_enter[nr % MACHINE_SYSCALLS], counter(name));
	count_into(&session.ctl_rw->sys_exit[nr % MACHINE_SYSCALLS], counter(name));
}

static void refused(enum machine_refusal why, int err)
{
	fprintf(stderr, "live: refused: %s (%s)\n", machine_refusal_text(why), strerror(-err));
	machine_targets_close(&session);
	exit(98);
}

static int run(char **argv)
{
	pid_t pid = fork();
	struct pollfd end;
	enum machine_refusal why;
	int status, err = 0;

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execvp(argv[0], argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	why = machine_target_launch(&session, pid, &err);
	if (why) {
		kill(pid, SIGKILL);
		refused(why, err);
	}
	end = (struct pollfd){(int)syscall(SYS_pidfd_open, pid, 0), POLLIN, 0};
	while (poll(&end, 1, -1) <= 0)
		;
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void attach(pid_t pid, double seconds)
{
	struct timespec a, b;
	struct pollfd end;
	enum machine_refusal why;
	int err = 0;

	clock_gettime(CLOCK_MONOTONIC, &a);
	why = machine_target_attach(&session, pid, &err);
	clock_gettime(CLOCK_MONOTONIC, &b);
	if (why)
		refused(why, err);
	fprintf(report, "attached_us %ld\n",
		(b.tv_sec - a.tv_sec) * 1000000 + (b.tv_nsec - a.tv_nsec) / 1000);
	fflush(report);
	end = (struct pollfd){(int)syscall(SYS_pidfd_open, pid, 0), POLLIN, 0};
	poll(&end, 1, seconds > 0 ? (int)(seconds * 1000) : -1);
}

int main(int argc, char **argv)
{
	struct machine_target_options options = {.follow = true};
	char *functions[32];
	bool returns[32];
	uint32_t map, n = 0;
	uint64_t missed = 0;
	int c, err, status = 0;
	char mode = 0;

	report = stdout;
	err = machine_session_open(&session);
	if (!err)
		err = machine_map_create(session.ctl_rw, session.alloc, 2, 4, 8 * COUNTERS, 1, 0,
					 &map);
	if (err)
		die("session", err);
	counts = (uint64_t *)((uint8_t *)session.data + session.ctl->maps[map].values);
	counter("enter");
	counter("exit");
	while (!mode && (c = getopt(argc, argv, "+no:s:u:r:c:p:")) != -1) {
		if (c == 'n') {
			options.follow = false;
		} else if (c == 'o') {
			report = fopen(optarg, "we");
		} else if (c == 's') {
			hook_syscall(optarg);
		} else if (c == 'u' || c == 'r') {
			returns[n] = c == 'r';
			functions[n++ % 32] = optarg;
		} else if (c == 'c' || c == 'p') {
			mode = (char)c;
		} else {
			return 99;
		}
	}
	if (!mode || !report)
		return 99;
	count_into(&session.ctl_rw->tp_sys_enter, 0);
	count_into(&session.ctl_rw->tp_sys_exit, 1);
	err = machine_targets_open(&session, &options);
	if (!err)
		err = machine_hook_syscalls(&session);
	if (err)
		die("targets", err);
	for (uint32_t i = 0; i < n; i++)
		hook_function(functions[i], returns[i], i);
	if (mode == 'c')
		status = run(argv + optind - 1);
	else
		attach(atoi(optarg), optind < argc ? atof(argv[optind]) : 0);
	/* Before the slots are freed. */
	for (int i = 1; i < MACHINE_TARGETS; i++)
		missed += session.data->targets[i].missed;
	machine_targets_close(&session);
	for (int i = 0; i < ncounts; i++)
		fprintf(report, "%s %llu\n", names[i], (unsigned long long)counts[i]);
	fprintf(report, "missed %llu\n", (unsigned long long)missed);
	machine_session_close(&session);
	return status;
}
