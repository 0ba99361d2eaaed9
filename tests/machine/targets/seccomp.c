// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * seccomp [before|threads]: installs a filter that allows the few calls which this program makes
 * from then on (and its libc for it), and kills the process at any other. With `before` the filter
 * is there before the harness comes: it stands in the way of getting in. With `threads` it comes
 * upon three more threads, which then work at the same time.
 */
#include "target.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { THREADS = 3, EACH = 10000 };

#define ALLOW(nr) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static atomic_bool filtered;
static atomic_int waiting, finished;

static void install(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(__NR_getppid),
		ALLOW(__NR_getpid),
		ALLOW(__NR_read),
		ALLOW(__NR_write),
		ALLOW(__NR_writev),
		ALLOW(__NR_fcntl),
		ALLOW(__NR_ioctl),
		ALLOW(__NR_open),
		ALLOW(__NR_openat),
		ALLOW(__NR_close),
		ALLOW(__NR_rt_sigreturn),
		ALLOW(__NR_exit_group),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog prog = {sizeof(code) / sizeof(code[0]), code};

	target_need(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
	target_need(
		!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &prog),
		"SECCOMP_SET_MODE_FILTER");
	filtered = true;
}

/* Never ends: that would take more calls than are allowed. */
static void *work(void *arg)
{
	target_ppid();
	waiting++;
	while (!filtered)
		;
	target_work(EACH);
	for (finished++; finished;)
		;
	return arg;
}

static void begin_threads(void)
{
	pthread_t thread;

	for (int t = 0; t < THREADS; t++)
		target_need(!pthread_create(&thread, NULL, work, NULL), "pthread_create");
	while (waiting < THREADS)
		;
}

int main(int argc, char **argv)
{
	static char buffer[BUFSIZ];
	bool before = argc == 2 && !strcmp(argv[1], "before");
	bool threads = argc == 2 && !strcmp(argv[1], "threads");

	/* So that output needs neither fstat nor memory. */
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	target_begin();
	if (before)
		install();
	target_ready();
	target_work(100);
	if (threads)
		begin_threads();
	if (!before)
		install();
	target_work(threads ? EACH : 500);
	while (threads && finished < THREADS)
		;
	puts("filtered");
	return target_end(47);
}
