// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What targets have in common. Counters are atomic words of the process; what is logged in
 * signal handlers as well. See target.h.
 */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#define TARGET __attribute__((noinline, noclone, visibility("default")))

enum { CODES = 17, OTHER_CODE = 16 }; /* si_code -8 … 7; all others (SI_KERNEL) are one */

void (*target_inside)(void);

static atomic_long calls, returns, ppids, libcalls;
static atomic_long signals[65][CODES];
static bool some[65];
static int truth_fd = -1, signals_fd = -1;

TARGET long target_call(long i)
{
	/* Without this, the first instruction has a lock prefix, on which the kernel cannot
	 * place a uprobe. */
	__asm__ volatile("nop");
	atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
	if (target_inside)
		target_inside();
	atomic_fetch_add_explicit(&returns, 1, memory_order_relaxed);
	return i + 1;
}

void target_ppid(void)
{
	getppid();
	target_count_ppids(1);
}

void target_work(long n)
{
	for (long i = 0; i < n; i++) {
		target_need(target_call(i) == i + 1, "target_call's result");
		target_ppid();
	}
}

void target_count_ppids(long n)
{
	atomic_fetch_add_explicit(&ppids, n, memory_order_relaxed);
}

void target_count_lib(long n)
{
	atomic_fetch_add_explicit(&libcalls, n, memory_order_relaxed);
}

static int open_log(const char *variable)
{
	const char *path = getenv(variable);
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;

	target_need(!path || fd >= 0, variable);
	return fd;
}

void target_begin(void)
{
	static const int unexpected[] = {SIGHUP,  SIGQUIT, SIGTRAP,  SIGUSR1, SIGUSR2,
					 SIGALRM, SIGTERM, SIGCONT,  SIGURG,  SIGVTALRM,
					 SIGPROF, SIGIO,   SIGWINCH, SIGSYS,  SIGPIPE};

	truth_fd = open_log("SKEP_TRUTH");
	signals_fd = open_log("SKEP_SIGNALS");
	for (size_t i = 0; i < sizeof(unexpected) / sizeof(unexpected[0]); i++)
		target_watch(unexpected[i]);
	/* Where Yama lets only ancestors trace. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
}

void target_ready(void)
{
	const char *ready = getenv("SKEP_READY"), *go = getenv("SKEP_GO");
	char text[16];
	int fd, len;

	if (!ready || !go)
		return;
	len = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	fd = open(ready, O_WRONLY | O_CLOEXEC);
	target_need(fd >= 0 && write(fd, text, (size_t)len) == len, ready);
	close(fd);
	fd = open(go, O_RDONLY | O_CLOEXEC);
	target_need(fd >= 0 && read(fd, text, 1) == 1, go);
	close(fd);
	unsetenv("SKEP_READY");
	unsetenv("SKEP_GO");
}

void target_child(void)
{
	calls = returns = ppids = libcalls = 0;
	for (int s = 0; s < 65; s++)
		for (int c = 0; c < CODES; c++)
			signals[s][c] = 0;
}

static void write_truth(pid_t pid, long ncalls, long nreturns, long nppids, long nlib)
{
	char text[80];
	int len = snprintf(text, sizeof(text), "%d %ld %ld %ld %ld\n", (int)pid, ncalls, nreturns,
			   nppids, nlib);

	if (truth_fd >= 0)
		target_need(write(truth_fd, text, (size_t)len) == len, "SKEP_TRUTH");
}

void target_charge(pid_t pid, long ncalls, long nppids)
{
	write_truth(pid, ncalls, ncalls, nppids, 0);
	calls -= ncalls;
	returns -= ncalls;
	ppids -= nppids;
}

static void write_signal(int signo, int code)
{
	char text[64];
	long n = signals[signo][code];
	int len;

	if (some[signo])
		len = snprintf(text, sizeof(text), "%d %d some\n", signo, code);
	else
		len = snprintf(text, sizeof(text), "%d %d %ld\n", signo, code, n);
	target_need(write(signals_fd, text, (size_t)len) == len, "SKEP_SIGNALS");
}

int target_end(int status)
{
	fflush(stdout);
	write_truth(getpid(), calls, returns, ppids, libcalls);
	for (int s = 0; signals_fd >= 0 && s < 65; s++)
		for (int c = 0; c < CODES; c++)
			if (signals[s][c])
				write_signal(s, c);
	return status;
}

void target_log(int signo, siginfo_t *info, void *context)
{
	int code = info->si_code >= -8 && info->si_code < 8 ? info->si_code + 8 : OTHER_CODE;

	atomic_fetch_add(&signals[signo][code], 1);
}

void target_watch(int signo)
{
	struct sigaction action = {.sa_sigaction = target_log, .sa_flags = SA_SIGINFO | SA_RESTART};

	target_need(!sigaction(signo, &action, NULL), "sigaction");
}

void target_log_some(int signo)
{
	some[signo] = true;
}

void target_again(char *argv[4], char text[16], char *program, const char *word, long number)
{
	snprintf(text, 16, "%ld", number);
	argv[0] = program;
	argv[1] = (char *)word;
	argv[2] = text;
	argv[3] = NULL;
}

void target_need(bool worked, const char *what)
{
	if (worked)
		return;
	/* No perror(): this may be a process whose memory another one uses. */
	dprintf(2, "target: %s failed: errno %d\n", what, errno);
	_exit(99);
}
