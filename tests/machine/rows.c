// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Targets for the live tests: each row does something that tracing could disturb, then prints
 * what it counted itself: "truth CALLS SYSCALLS", calls of counted() and getppid(2) in all its
 * processes. What else it prints and its exit status must not depend on being traced.
 *
 *   rows ROW [wait]        wait: go on when something can be read from stdin
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct truth {
	_Atomic long calls, syscalls;
};

static struct truth *truth;
static const char *self;

__attribute__((noinline)) long counted(long n);

__attribute__((noinline)) long counted(long n)
{
	truth->calls++;
	return n * 3 + 1;
}

static long (*volatile call)(long) = counted;

static void work(int n)
{
	for (int i = 0; i < n; i++) {
		if (call(i) != i * 3 + 1)
			abort();
		truth->syscalls++;
		if (syscall(SYS_getppid) < 0)
			abort();
	}
}

static void *in_thread(void *n)
{
	work((int)(long)n);
	return NULL;
}

static void row_plain(void)
{
	work(1000);
}

static void threads_of(size_t stack, int rounds)
{
	pthread_attr_t attr;
	pthread_t threads[8];

	pthread_attr_init(&attr);
	if (stack)
		pthread_attr_setstacksize(&attr, stack);
	for (int r = 0; r < rounds; r++) {
		for (int i = 0; i < 8; i++) {
			if (pthread_create(&threads[i], &attr, in_thread, (void *)(long)(50 + i)))
				abort();
		}
		for (int i = 0; i < 8; i++)
			pthread_join(threads[i], NULL);
	}
}

static void row_threads(void)
{
	threads_of(0, 20);
}

static void row_smallstack(void)
{
	threads_of(65536, 10);
}

static void row_fork(void)
{
	for (int i = 0; i < 10; i++) {
		int status;
		pid_t pid = fork();

		if (!pid) {
			work(100);
			/* A grandchild that outlives its parent's wait. */
			if (i == 5 && !fork())
				work(10);
			_exit(i);
		}
		work(10);
		waitpid(pid, &status, 0);
		printf("child %d\n", WEXITSTATUS(status));
	}
	usleep(50000);
}

static void row_exec(void)
{
	for (int i = 0; i < 5; i++) {
		int status;
		pid_t pid = fork();

		if (!pid) {
			execl("/nonexistent", "x", (char *)NULL);
			work(1);
			execl(self, self, "echo", (char *)NULL);
			_exit(9);
		}
		waitpid(pid, &status, 0);
		printf("exec %d\n", WEXITSTATUS(status));
	}
	work(10);
}

static void row_vfork(void)
{
	for (int i = 0; i < 10; i++) {
		int status;
		pid_t pid = vfork();

		if (!pid) {
			if (i % 2)
				execl(self, self, "echo", (char *)NULL);
			_exit(3);
		}
		waitpid(pid, &status, 0);
		printf("vfork %d\n", WEXITSTATUS(status));
		work(10);
	}
}

static sigjmp_buf segv_back;
static volatile sig_atomic_t signals[65];

static void on_segv(int number)
{
	signals[number]++;
	call(number);
	siglongjmp(segv_back, 1);
}

static void on_signal(int number)
{
	signals[number]++;
	call(number);
}

static void row_signals(void)
{
	struct sigaction act = {.sa_handler = on_segv};

	sigaction(SIGSEGV, &act, NULL);
	act.sa_handler = on_signal;
	sigaction(SIGSYS, &act, NULL);
	sigaction(SIGTRAP, &act, NULL);
	sigaction(SIGUSR1, &act, NULL);
	for (volatile int i = 0; i < 50; i++) {
		if (!sigsetjmp(segv_back, 1))
			*(volatile int *)8 = 1;
		raise(SIGSYS);
		raise(SIGTRAP);
		kill(getpid(), SIGUSR1);
		work(10);
	}
	printf("signals %d %d %d %d\n", (int)signals[SIGSEGV], (int)signals[SIGSYS],
	       (int)signals[SIGTRAP], (int)signals[SIGUSR1]);
}

static void row_blocked(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	threads_of(0, 3);
	sigprocmask(SIG_SETMASK, NULL, &all);
	printf("blocked %d\n", sigismember(&all, SIGTRAP) && sigismember(&all, SIGSYS));
}

static void row_seccomp(void)
{
	struct sock_filter allowed[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 5, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_writev, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_newfstatat, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {sizeof(allowed) / sizeof(allowed[0]), allowed};

	printf("filter\n");
	fflush(stdout);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		abort();
	work(1000);
}

static jmp_buf back;

__attribute__((noinline)) long jumper(long n);

__attribute__((noinline)) long jumper(long n)
{
	truth->calls++;
	if (n > 0)
		return jumper(n - 1) + 1;
	if (n == 0)
		longjmp(back, 1);
	return 0;
}

static void row_longjmp(void)
{
	volatile int jumps = 0;

	for (volatile int i = 0; i < 200; i++) {
		if (!setjmp(back))
			jumper(i % 10);
		else
			jumps++;
		work(1);
	}
	printf("jumps %d\n", jumps);
}

/* Blocks in calls that tracing interrupts; the time is not looked at. */
static void row_sleeper(void)
{
	for (int i = 0; i < 20; i++) {
		struct timespec ts = {0, 20000000};

		if (nanosleep(&ts, NULL))
			printf("nanosleep: %s\n", strerror(errno));
		if (poll(NULL, 0, 20) < 0)
			printf("poll: %s\n", strerror(errno));
		work(1);
	}
}

static void row_echo(void)
{
	printf("echo\n");
}

static const struct {
	const char *name;
	void (*run)(void);
} rows[] = {
	{"plain", row_plain},	  {"threads", row_threads}, {"smallstack", row_smallstack},
	{"fork", row_fork},	  {"exec", row_exec},	    {"vfork", row_vfork},
	{"signals", row_signals}, {"blocked", row_blocked}, {"seccomp", row_seccomp},
	{"longjmp", row_longjmp}, {"sleeper", row_sleeper}, {"echo", row_echo},
};

int main(int argc, char **argv)
{
	char c;

	self = argv[0];
	truth = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (argc < 2 || truth == MAP_FAILED)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 4096);
	if (argc > 2 && read(0, &c, 1) < 0)
		printf("read: %s\n", strerror(errno));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].name, argv[1]))
			continue;
		rows[i].run();
		if (rows[i].run != row_echo)
			printf("truth %ld %ld\n", truth->calls, truth->syscalls);
		fflush(stdout);
		return 40 + (int)i;
	}
	return 2;
}
